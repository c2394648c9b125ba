//! The steps of a set-up as processes: order, conditions, stamps, limits, and what is told of them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hookrail_core::time::Timestamp;
use hookrail_device::handlers::record::Outcome;
use hookrail_device::setup::report::{Report, StepReport};
use hookrail_device::setup::run::{Options, SetupError, Site, Told, plan, run};
use hookrail_device::setup::{Definition, Phase};
use serde_json::Value;
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(120);

struct Project {
    folder: TempDir,
    definition: Definition,
}

impl Project {
    fn new(text: &str) -> Self {
        let definition = Definition::read(text, Path::new("hookrail.toml")).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), definition }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    fn run_with(
        &self,
        options: &Options,
        limit: Duration,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<Report, SetupError> {
        let stop = AtomicBool::new(false);
        let deadline = Instant::now() + limit;
        let site =
            Site { project: self.folder.path(), now: Timestamp::from_nanos(0), deadline, stop: &stop, by: "by hand" };
        run(&self.definition, Phase::Init, options, &site, tell)
    }

    fn run(&self) -> Report {
        self.run_with(&Options::default(), LONG, &mut |_| {}).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text(".hookrail/setup.init.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn outcomes(report: &Report) -> Vec<(&str, Outcome)> {
    report.steps.iter().map(|step| (step.step.as_str(), step.outcome)).collect()
}

fn step<'r>(report: &'r Report, name: &str) -> &'r StepReport {
    report.steps.iter().find(|step| step.step == name).unwrap()
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z')
}

#[test]
fn steps_run_in_order_and_parallel_ones_at_once() {
    // Each of the parallel two waits until it sees the other.
    let meet = |own: &str, other: &str| {
        format!("touch {own}; while ! test -e {other}; do sleep 0.01; done; echo {own} >>order")
    };
    let project = Project::new(&format!(
        r#"
        [[setup.init]]
        name = "first"
        run = "echo first >>order"
        [[setup.init]]
        name = "left"
        run = "{}"
        parallel = true
        [[setup.init]]
        name = "right"
        run = "{}"
        parallel = true
        [[setup.init]]
        name = "last"
        run = "echo last >>order"
        "#,
        meet("l", "r"),
        meet("r", "l")
    ));
    let mut seen = Vec::new();
    let report = project
        .run_with(&Options::default(), LONG, &mut |told| match told {
            Told::Started(step) => seen.push(format!("+{}", step.name)),
            Told::Over(report) => seen.push(format!("-{}", report.step)),
        })
        .unwrap();
    assert!(report.ok, "{}", report.summary());
    let order = project.text("order");
    assert!(order.starts_with("first\n") && order.ends_with("last\n") && order.lines().count() == 4, "{order}");
    assert_eq!(seen[..4], ["+first", "-first", "+left", "+right"]);
    assert_eq!(seen[6..], ["+last", "-last"]);
    assert_eq!(
        report.steps.iter().map(|step| step.step.as_str()).collect::<Vec<_>>(),
        ["first", "left", "right", "last"]
    );
}

#[test]
fn what_waits_for_a_failure_is_not_run_and_the_rest_is() {
    let project = Project::new(
        r#"
        [[setup.init]]
        name = "optional"
        run = "exit 1"
        required = false
        [[setup.init]]
        name = "build"
        run = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo line $i; done; echo it broke >&2; exit 7"
        [[setup.init]]
        name = "free"
        run = "true"
        after = "optional"
        [[setup.init]]
        name = "deploy"
        run = "touch deployed"
        after = "build"
        [[setup.init]]
        name = "last"
        run = "touch last"
        "#,
    );
    let report = project.run();
    assert!(!report.ok);
    use Outcome::{Failed, Skipped, Succeeded};
    let expected =
        [("optional", Failed), ("build", Failed), ("free", Succeeded), ("deploy", Skipped), ("last", Skipped)];
    assert_eq!(outcomes(&report), expected);
    assert!(!project.folder.path().join("deployed").exists() && !project.folder.path().join("last").exists());
    let build = step(&report, "build");
    assert_eq!((build.exit, build.last.len(), build.last.last().unwrap().as_str()), (Some(7), 15, "it broke"));
    assert!(build.told().starts_with("failed with exit code 7 after "), "{}", build.told());
    assert_eq!(step(&report, "last").told(), "was not run: build failed");
    let summary = report.summary();
    for part in [
        "hookrail setup init failed after ",
        "2 failed, 2 not run",
        "- build failed with exit code 7",
        "    it broke\n",
        "(it is not required)",
        "is in .hookrail/setup.init.log.",
    ] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    let log = project.text(".hookrail/setup.init.log");
    assert!(
        log.contains("    line 1\n")
            && log.contains("    it broke\n")
            && log.contains("--- last was not run: build failed: touch last\n"),
        "{log}"
    );
}

#[test]
fn a_failure_of_a_step_that_is_not_required_does_not_fail_the_whole() {
    let project = Project::new(
        "[[setup.init]]\nname = \"a\"\nrun = \"exit 1\"\nrequired = false\n[[setup.init]]\nname = \"b\"\nrun = [\"true\"]\n",
    );
    let report = project.run();
    assert!(report.ok);
    assert_eq!(outcomes(&report), [("a", Outcome::Failed), ("b", Outcome::Succeeded)]);
}

#[test]
fn a_step_that_is_not_needed_is_not_run() {
    let here = std::env::consts::OS;
    let other = if here == "linux" { "macos" } else { "linux" };
    let cases = [
        ("exists = \"there\"", None),
        ("exists = [\"there\", \"no\"]", Some("no is not there")),
        ("missing = [\"there\", \"no\"]", None),
        ("missing = \"there\"", Some("there is there")),
        (&format!("os = [\"{here}\", \"{other}\"]"), None),
        (&format!("os = \"{other}\""), Some(&*format!("it is for {other}, and this is {here}"))),
        ("run = \"test -e there\"", None),
        ("run = \"exit 4\"", Some("`exit 4` did not succeed")),
        ("exists = \"no\", run = \"touch ran\"", Some("no is not there")),
        // Looked at when its turn comes: the first step has made it by then.
        ("exists = \"made\"", None),
    ];
    let steps = cases.iter().enumerate().map(|(at, (condition, _))| {
        format!("[[setup.init]]\nname = \"s{at}\"\nrun = \"echo yes\"\nif = {{ {condition} }}\n")
    });
    let text: String =
        ["[[setup.init]]\nname = \"make\"\nrun = \"touch made\"\n".to_owned()].into_iter().chain(steps).collect();
    let project = Project::new(&text);
    project.write("there", "");
    let report = project.run();
    assert!(report.ok);
    for (at, (condition, why)) in cases.iter().enumerate() {
        let step = step(&report, &format!("s{at}"));
        let expected = if why.is_some() { Outcome::Unneeded } else { Outcome::Succeeded };
        assert_eq!((step.outcome, step.why.as_deref()), (expected, *why), "{condition}");
    }
    assert!(!project.folder.path().join("ran").exists(), "nothing is run to find out what is known already");
}

#[test]
fn a_step_is_done_once_for_its_inputs() {
    let text = r#"
        [[setup.init]]
        name = "packages"
        run = "echo x >>ran; mkdir -p out; ! test -e broken"
        inputs = ["lock"]
        outputs = ["out"]
        "#;
    let project = Project::new(text);
    project.write("lock", "1");
    let runs = |project: &Project, options: &Options| {
        let report = project.run_with(options, LONG, &mut |_| {}).unwrap();
        (report.steps[0].outcome, project.text("ran").lines().count())
    };
    let plain = Options::default();
    let planned = |project: &Project| {
        let planned = plan(&project.definition, Phase::Init, &Options::default(), project.folder.path()).unwrap();
        planned[0].runs
    };
    assert!(planned(&project) && project.text("ran").is_empty());
    assert_eq!(runs(&project, &plain), (Outcome::Succeeded, 1));
    assert!(!planned(&project));
    assert_eq!(runs(&project, &plain), (Outcome::Unneeded, 1));
    assert_eq!(runs(&project, &Options { force: true, ..Options::default() }), (Outcome::Succeeded, 2));
    project.write("lock", "2");
    project.write("broken", "");
    assert_eq!(runs(&project, &plain), (Outcome::Failed, 3), "its input has changed");
    assert_eq!(runs(&project, &plain), (Outcome::Failed, 4), "a failure is no success");
    fs::remove_file(project.folder.path().join("broken")).unwrap();
    assert_eq!(runs(&project, &plain), (Outcome::Succeeded, 5));
    assert_eq!(runs(&project, &plain), (Outcome::Unneeded, 5));
    fs::remove_dir(project.folder.path().join("out")).unwrap();
    assert_eq!(runs(&project, &plain), (Outcome::Succeeded, 6), "what it brought is gone");
    let other = Project {
        folder: project.folder,
        definition: Definition::read(&text.replace("echo x", "echo y"), Path::new("a")).unwrap(),
    };
    assert_eq!(runs(&other, &plain), (Outcome::Succeeded, 7), "it does something else now");
}

#[test]
fn only_what_is_asked_for_runs() {
    let project = Project::new(
        "[[setup.init]]\nname = \"a\"\nrun = \"exit 1\"\n[[setup.init]]\nname = \"bee\"\nrun = \"true\"\n",
    );
    let only = |name: &str| Options { only: vec![name.to_owned()], ..Options::default() };
    let report = project.run_with(&only("bee"), LONG, &mut |_| {}).unwrap();
    assert_eq!((report.ok, outcomes(&report)), (true, vec![("bee", Outcome::Succeeded)]));
    let error = project.run_with(&only("be"), LONG, &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "setup.init has no step \"be\"; did you mean \"bee\"?");
    let none = Project::new("");
    assert!(matches!(none.run_with(&Options::default(), LONG, &mut |_| {}), Err(SetupError::Nothing { .. })));
    assert!(!none.folder.path().join(".hookrail").exists());
}

#[test]
fn a_step_over_its_time_is_ended_with_all_that_it_started() {
    let project = Project::new(
        r#"
        [[setup.init]]
        name = "hang"
        run = "echo waiting; sleep 600 & echo $! >pid; wait"
        timeout = "300ms"
        [[setup.init]]
        name = "next"
        run = "true"
        "#,
    );
    let report = project.run();
    assert_eq!(outcomes(&report), [("hang", Outcome::TimedOut), ("next", Outcome::Skipped)]);
    let hang = step(&report, "hang");
    assert!(hang.told().contains("it took longer than 0.3 s") && hang.last == ["waiting"], "{}", hang.told());
    assert!(!is_alive(&project.text("pid")));

    // All together, as an agent limits them.
    let project = Project::new(
        "[[setup.init]]\nname = \"a\"\nrun = \"sleep 600\"\n[[setup.init]]\nname = \"b\"\nrun = \"true\"\nafter = \"a\"\n",
    );
    let report = project.run_with(&Options::default(), Duration::from_millis(300), &mut |_| {}).unwrap();
    assert_eq!(outcomes(&report), [("a", Outcome::TimedOut), ("b", Outcome::Skipped)]);
    assert!(step(&report, "a").told().contains("there was no time left"), "{}", report.summary());
}

#[test]
fn an_interruption_ends_what_runs_and_is_told() {
    let project = Project::new(
        "[[setup.init]]\nname = \"a\"\nrun = \"touch on; sleep 600\"\n[[setup.init]]\nname = \"b\"\nrun = \"true\"\n",
    );
    let stop = AtomicBool::new(false);
    let folder = project.folder.path();
    let site = Site {
        project: folder,
        now: Timestamp::from_nanos(0),
        deadline: Instant::now() + LONG,
        stop: &stop,
        by: "by hand",
    };
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            let deadline = Instant::now() + LONG;
            while !folder.join("on").exists() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            stop.store(true, Ordering::Relaxed);
        });
        run(&project.definition, Phase::Init, &Options::default(), &site, &mut |_| {}).unwrap()
    });
    assert!(!report.ok);
    assert_eq!(outcomes(&report), [("a", Outcome::Skipped), ("b", Outcome::Skipped)]);
    assert_eq!(step(&report, "a").why.as_deref(), Some("it was interrupted"));
}

#[test]
fn steps_have_their_folder_their_variables_and_no_input() {
    let project = Project::new(
        r#"
        [[setup.init]]
        name = "told"
        run = "pwd; echo $WORD $HOOKRAIL_HANDLER $HOOKRAIL_HANDLER_NAME $HOOKRAIL_EVENT; test $HOOKRAIL_PROJECT_DIR = \"$(dirname $PWD)\"; cat"
        folder = "web"
        env = { WORD = "of the step" }
        [[setup.init]]
        name = "program"
        run = ["./tool"]
        [[setup.init]]
        name = "nowhere"
        run = "true"
        folder = "none"
        "#,
    );
    fs::create_dir(project.folder.path().join("web")).unwrap();
    let report = project.run();
    assert_eq!(step(&report, "told").outcome, Outcome::Succeeded);
    let log = project.text(".hookrail/setup.init.log");
    assert!(log.contains("/web\n    of the step 1 told Setup\n"), "{log}");
    let program = step(&report, "program");
    assert!(
        program.outcome == Outcome::Missing && program.told().contains("/tool cannot be started"),
        "{}",
        program.told()
    );
    assert_eq!(step(&report, "nowhere").outcome, Outcome::Skipped);
    let report = project
        .run_with(&Options { only: vec!["nowhere".to_owned()], ..Options::default() }, LONG, &mut |_| {})
        .unwrap();
    assert!(step(&report, "nowhere").told().contains("there is no folder"), "{}", report.summary());
}

#[test]
fn the_log_is_added_to_the_same_as_json_and_without_secrets() {
    let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let project = Project::new(&format!(
        "[[setup.init]]\nname = \"leak\"\nrun = \"echo token {secret}; echo fine >&2; exit 1\"\nrequired = false\n[[setup.init]]\nname = \"b\"\nrun = \"true\"\n\
         [[setup.init]]\nname = \"c\"\nrun = \"true\"\nif = {{ run = \"test x = {secret}\" }}\n"
    ));
    let (first, second) = (project.run(), project.run());
    assert!(first.ok && second.ok);
    let log = project.text(".hookrail/setup.init.log");
    assert_eq!(log.matches("=== setup init began 1970-01-01T00:00:00.000000000Z, by hand\n").count(), 2);
    assert!(
        log.contains("[redacted:github-token") && log.contains("    fine\n") && log.contains("--- b succeeded in "),
        "{log}"
    );
    let events: Vec<Value> = project.lines();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["began", "step", "step", "step", "ended", "began", "step", "step", "step", "ended"]);
    assert_eq!(
        (&events[1]["step"], &events[1]["outcome"], &events[1]["exit"], &events[4]["ok"]),
        (&"leak".into(), &"failed".into(), &1.into(), &true.into())
    );
    let everything =
        log + &project.text(".hookrail/setup.init.jsonl") + &serde_json::to_string(&first).unwrap() + &first.summary();
    assert!(!everything.contains(&secret[4..]), "{everything}");
}

//! Set-up and maintenance through the real command and through the hook, as an agent without a person would see them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::rig::Rig;

const STEPS: &str = r#"
    [[setup.init]]
    name = "packages"
    run = "echo installing; touch packages"
    inputs = ["lock"]
    [[setup.init]]
    name = "build"
    run = "echo 'error: it is broken' >&2; test -e mended"
    [[setup.init]]
    name = "after"
    run = "touch after"
    [[setup.maintenance]]
    name = "clean"
    run = "rm -f packages"
"#;

fn rig(steps: &str) -> Rig {
    let rig = Rig::new();
    fs::write(rig.path("project").join("hookrail.toml"), steps).unwrap();
    rig
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn steps_run_without_any_agent_and_a_failure_is_told_plainly() {
    let rig = rig(STEPS);
    let project = rig.path("project");
    let failed = rig.run(rig.hookrail(&["setup", "init"]), b"");
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    for part in [
        "  packages started\n✓ packages succeeded in ",
        "✗ build failed with exit code 1 after ",
        "    error: it is broken\n",
        "✗ after was not run: build failed\n",
        "setup init failed after ",
        "What the steps printed is in .hookrail/setup.init.log\n",
    ] {
        assert!(failed.stdout.contains(part), "{part}: {failed:?}");
    }
    assert!(read(&project.join(".hookrail/setup.init.log")).contains("    installing\n"));
    assert!(project.join("packages").exists() && !project.join("after").exists());

    fs::write(project.join("mended"), "").unwrap();
    let said = rig.succeed(rig.hookrail(&["setup", "init", "--json"]), b"");
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let outcomes: Vec<&str> =
        report["steps"].as_array().unwrap().iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!((report["ok"].as_bool(), &outcomes[..]), (Some(true), &["unneeded", "succeeded", "succeeded"][..]));

    // A folder within the project is as good, and nothing is run to see what would be.
    fs::create_dir(project.join("deep")).unwrap();
    let mut dry = rig.hookrail(&["setup", "maintenance", "--dry-run"]);
    dry.current_dir(project.join("deep"));
    let said = rig.succeed(dry, b"");
    assert!(said.stdout.contains("clean") && said.stdout.contains("rm -f packages"), "{}", said.stdout);
    assert!(project.join("packages").exists());
    rig.succeed(rig.hookrail(&["setup", "maintenance"]), b"");
    assert!(!project.join("packages").exists());
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    for (steps, arguments, expected) in [
        ("[[setup.init]]\nname = \"a\"\nrunn = \"true\"\n", "init", "hookrail.toml:3:1: unknown field `runn`"),
        ("[[setup.init]]\nname = \"a\"\nrunn = \"true\"\n", "commands", "did you mean `run`?"),
        ("", "init", "declares no steps of setup.init"),
        ("", "commands", "declares no steps"),
        ("[[setup.init]]\nname = \"bee\"\nrun = \"true\"\n", "init --only be", "did you mean \"bee\"?"),
        ("[[setup.init]]\nname = \"a\"\nrun = \"hookrail setup init\"\n", "init", "a set-up of "),
    ] {
        let rig = rig(steps);
        let mut command = rig.hookrail(&["setup"]);
        command.args(arguments.split(' '));
        // So that a step can start it again.
        let own = crate::rig::binary("hookrail");
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", own.parent().unwrap().display()));
        let said = rig.run(command, b"");
        assert_eq!(said.status.code(), Some(1), "{steps}: {said:?}");
        assert!((said.stdout.clone() + &said.stderr).contains(expected), "{expected}: {said:?}");
    }
}

#[test]
fn command_files_are_printed_written_and_left_alone() {
    let rig = rig(STEPS);
    let folder = rig.path("project").join(".claude/commands");
    let said = rig.succeed(rig.hookrail(&["setup", "commands"]), b"");
    assert!(said.stdout.contains("==> .claude/commands/install-interactive.md\n---\ndescription: "), "{}", said.stdout);
    let said = rig.succeed(rig.hookrail(&["setup", "commands", "--write", "--dry-run"]), b"");
    assert!(said.stdout.contains("--- /dev/null\n+++ .claude/commands/install.md\n") && !folder.exists(), "{said:?}");
    rig.succeed(rig.hookrail(&["setup", "commands", "--write"]), b"");
    fs::write(folder.join("maintenance.md"), "mine\n").unwrap();
    let said = rig.run(rig.hookrail(&["setup", "commands", "--write"]), b"");
    assert!(!said.status.success() && said.stderr.contains("maintenance.md differs and stays"), "{said:?}");
    assert_eq!(read(&folder.join("maintenance.md")), "mine\n");
    assert!(read(&folder.join("install.md")).contains("`hookrail setup init`"));
    rig.succeed(rig.hookrail(&["setup", "commands", "--write", "--force"]), b"");
    assert!(read(&folder.join("maintenance.md")).contains("`hookrail setup maintenance`"));
}

/// What the hook says to an event of Claude Code in the rig's project.
fn fire(rig: &Rig, name: &str, mut fields: Value) -> Value {
    fields["hook_event_name"] = name.into();
    fields["session_id"] = "s-1".into();
    fields["cwd"] = rig.path("project").to_str().into();
    let said = rig.succeed(rig.hook("claude-code"), fields.to_string().as_bytes());
    if said.stdout.is_empty() { Value::Null } else { serde_json::from_str(&said.stdout).unwrap() }
}

#[test]
fn the_agents_own_event_runs_what_is_trusted_and_the_session_is_told() {
    let rig = rig(STEPS);
    let project = rig.path("project");
    fs::create_dir_all(rig.state()).unwrap();
    rig.succeed(rig.hookrail(&["handlers", "compile"]), b"");
    let context =
        |answer: &Value| answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap_or_default().to_owned();
    let start = || fire(&rig, "SessionStart", json!({"source": "startup"}));

    // Nobody trusts it yet: nothing runs, and it is said what to do.
    let told = fire(&rig, "Setup", json!({"trigger": "init"}))["systemMessage"].as_str().unwrap().to_owned();
    assert!(told.contains("no step was run") && told.contains("`hookrail handlers trust`"), "{told}");
    let started = start();
    assert!(context(&started).contains("not trusted by you yet"), "{started}");
    assert!(started["systemMessage"].as_str().unwrap().contains("`hookrail handlers trust`"), "{started}");
    assert!(!project.join(".hookrail").exists() && !project.join("packages").exists());
    assert_eq!(start(), Value::Null, "it is told once");

    let said = rig.succeed(rig.hookrail(&["handlers", "trust"]), b"");
    assert!(said.stdout.contains("4 steps"), "{}", said.stdout);
    let told = fire(&rig, "Setup", json!({"trigger": "init"}));
    assert!(told["systemMessage"].as_str().unwrap().contains("- build failed with exit code 1"), "{told}");
    let started = start();
    let summary = context(&started);
    for part in ["hookrail setup init failed", "- packages succeeded", "    error: it is broken", "- after was not run"]
    {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    assert!(started["systemMessage"].as_str().unwrap().contains("hookrail setup init failed"), "{started}");
    assert!(read(&project.join(".hookrail/setup.init.log")).contains(", for claude-code, session s-1\n"));

    assert_eq!(fire(&rig, "Setup", json!({"trigger": "other"})), Value::Null);
    let told = fire(&rig, "Setup", json!({"trigger": "maintenance"}));
    assert!(told["systemMessage"].as_str().unwrap().contains("- clean succeeded"), "{told}");
    assert!(start()["systemMessage"].is_null(), "a person is told of what needs them");

    let spool = read(&rig.state().join("spool/open.jsonl"));
    let records = spool.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let runs: Vec<(String, String)> = records
        .filter(|record| record["name"] == "handler")
        .map(|record| record["payload"].clone())
        .map(|run| (run["handler"].as_str().unwrap().to_owned(), run["outcome"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [
        ("setup:init.packages", "succeeded"),
        ("setup:init.build", "failed"),
        ("setup:init.after", "skipped"),
        ("setup:maintenance.clean", "succeeded"),
    ];
    assert_eq!(runs, expected.map(|(handler, outcome)| (handler.to_owned(), outcome.to_owned())));

    // A step that failed is named; that one takes its time is nothing to complain of.
    fs::write(rig.state().join("config.toml"), "[handlers]\nslow = \"0ms\"\n").unwrap();
    let said = rig.run(rig.hookrail(&["doctor", "--json"]), b"");
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "runs of handlers").unwrap();
    let detail = check["detail"].as_str().unwrap();
    assert!(detail.contains("setup:init.build 1 of 1 times, last failed") && !detail.contains(" takes "), "{detail}");
}

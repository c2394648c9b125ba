//! `hookrail init`, as a person runs it: the files work, are kept up to date, and are nobody's loss.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::device::{Device, Outcome};

/// A project of a kind: its name, its files, and a file that its lock rule keeps from being edited.
struct Sample {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    locked: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        name: "rust",
        files: &[
            ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
            ("src/main.rs", "fn main() {}\n"),
        ],
        locked: "Cargo.lock",
    },
    Sample {
        name: "go",
        files: &[("go.mod", "module example.org/shop\n\ngo 1.19\n"), ("main.go", "package main\n\nfunc main() {}\n")],
        locked: "go.sum",
    },
    Sample {
        name: "python",
        files: &[("pyproject.toml", "[project]\nname = \"shop\"\n[tool.ruff]\n"), ("uv.lock", ""), ("tests/a.py", "")],
        locked: "uv.lock",
    },
    Sample {
        name: "node",
        files: &[("package.json", r#"{"scripts":{"test":"node --test","lint":"node --check a.js"}}"#), ("a.js", "")],
        locked: "package-lock.json",
    },
    Sample { name: "plain", files: &[("Makefile", "test:\n\t@true\n")], locked: ".git/config" },
];

/// A device with a project in a folder of its home.
struct Place {
    device: Device,
    folder: PathBuf,
}

impl Place {
    fn new(sample: &Sample) -> Self {
        let device = Device::new();
        let folder = device.home().canonicalize().unwrap().join("shop");
        fs::create_dir_all(folder.join(".git")).unwrap();
        let place = Self { device, folder };
        sample.files.iter().for_each(|(path, text)| place.put(path, text));
        place
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap()
    }

    /// `hookrail` in the project's folder.
    fn run(&self, args: &[&str]) -> Outcome {
        Outcome::of(self.device.hookrail(args).current_dir(&self.folder).output().unwrap())
    }

    /// What it says as JSON; it must succeed.
    fn json(&self, args: &[&str]) -> Value {
        let outcome = self.run(&[args, &["--json"]].concat());
        assert_eq!(outcome.code, 0, "{args:?}: {}{}", outcome.out, outcome.err);
        serde_json::from_str(&outcome.out).unwrap()
    }

    /// The files of the project with their texts.
    fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(next) = folders.pop() {
            for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        found
    }
}

fn fates(report: &Value) -> BTreeMap<&str, &str> {
    let files = report["files"].as_array().unwrap();
    files.iter().map(|file| (file["path"].as_str().unwrap(), file["fate"].as_str().unwrap())).collect()
}

/// Has a program look at a file, which it must like; one that is not installed says nothing.
fn liked_by(program: &str, args: &[&str], file: &Path) {
    if let Ok(output) = Command::new(program).args(args).arg(file).stdout(Stdio::null()).output() {
        assert!(output.status.success(), "{program} {}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_is_written_works_in_every_kind_of_project() {
    for sample in SAMPLES {
        let place = Place::new(sample);
        let report = place.json(&["init", "--trust"]);
        assert_eq!((&report["kind"], &report["trust"]), (&sample.name.into(), &"trusted".into()), "{}", sample.name);
        assert!(report["files"].as_array().unwrap().iter().all(|file| file["fate"] == "created"), "{report}");

        // Every file is read, none has a mistake, none is passed over.
        let listed = place.json(&["handlers", "list"]);
        assert_eq!((&listed["mistakes"], &listed["passed_over"]), (&Value::Array(vec![]), &Value::Array(vec![])));
        let names: Vec<&str> =
            listed["handlers"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        for name in ["context", "memory", "backup", "summary", "stop-lint", "stop-test", "pre-tool-use-paths"] {
            assert!(names.contains(&name), "{}: {name} is not in {names:?}", sample.name);
        }
        for entry in fs::read_dir(place.folder.join(".claude/hooks")).unwrap() {
            let file = entry.unwrap().path();
            match file.extension().unwrap().to_str().unwrap() {
                "sh" => {
                    liked_by("sh", &["-n"], &file);
                    liked_by("shellcheck", &["--severity=style"], &file);
                }
                "py" => liked_by("python3", &["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"], &file),
                other => panic!("{other}"),
            }
        }
        liked_by("just", &["--list", "--justfile"], &place.folder.join("justfile"));

        // The agent is told where it is, kept from what is not written by hand, and told of what cannot be read.
        let told = |event: &str, payload: Value| {
            let tried = place.json(&["handlers", "test", event, &payload.to_string()]);
            assert_eq!(tried["failures"], Value::Array(vec![]), "{}: {tried}", sample.name);
            tried["reply"].to_string()
        };
        let edit = |file: &str| {
            let path = place.folder.join(file);
            serde_json::json!({"tool_name": "Edit", "tool_input": {"file_path": path}, "session_id": "s"})
        };
        let context = told("SessionStart", serde_json::json!({"source": "startup", "session_id": "s"}));
        assert!(context.contains("To test: "), "{}: {context}", sample.name);
        let denied = told("PreToolUse", edit(sample.locked));
        assert!(denied.contains("\"deny\"") && denied.contains("Instead: "), "{}: {denied}", sample.name);
        assert!(!told("PreToolUse", edit("src/a.txt")).contains("deny"), "{}", sample.name);
        place.put("broken.toml", "a = \n");
        let broken = told("PostToolUse", edit("broken.toml"));
        assert!(broken.contains("broken.toml: ") || !is_here("python3"), "{}: {broken}", sample.name);
        // Nothing was changed in this turn, so that nobody is held up.
        assert!(!told("Stop", serde_json::json!({"session_id": "s"})).contains("block"), "{}", sample.name);
        fs::remove_file(place.folder.join("broken.toml")).unwrap();

        // A second run changes nothing, and what was trusted stays so.
        let before = place.tree();
        let again = place.json(&["init"]);
        assert_eq!((&again["changed"], &again["trust"]), (&false.into(), &"trusted".into()), "{again}");
        assert_eq!(place.tree(), before, "{}", sample.name);
    }
}

fn is_here(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The examples that judge a turn, run as the dispatcher runs them: they find what is wrong, and only then hold the agent up.
#[test]
fn lint_and_test_find_what_is_wrong() {
    let place = Place::new(&SAMPLES[4]);
    place.run(&["init", "--trust"]);
    let run = |name: &str, files: &str| {
        let mut command = Command::new("sh");
        command.arg(format!(".claude/hooks/{name}")).current_dir(&place.folder).env("HOOKRAIL_FILES", files);
        Outcome::of(command.output().unwrap())
    };
    if is_here("shellcheck") {
        place.put("with space.sh", "#!/bin/sh\ncd $1\necho 'x\n");
        place.put("good.sh", "#!/bin/sh\necho x\n");
        let found = run("stop-lint.sh", "good.sh\nwith space.sh\ngone.sh");
        assert_eq!(found.code, 2, "{found:?}");
        assert!(found.err.contains("with space.sh"), "{found:?}");
        assert_eq!(run("stop-lint.sh", "good.sh\ngone.sh").code, 0);
        assert_eq!(run("stop-lint.sh", "gone.sh").code, 0);
    }
    if is_here("make") {
        assert_eq!(run("stop-test.sh", "").code, 0);
        place.put("Makefile", "test:\n\t@echo it is broken; false\n");
        let failed = run("stop-test.sh", "");
        assert_eq!((failed.code, failed.err.contains("it is broken")), (2, true), "{failed:?}");
    }
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let place = Place::new(&SAMPLES[0]);
    let before = place.tree();
    let shown = place.run(&["init", "--dry-run"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("+++ b/hookrail.toml") && shown.out.contains("Nothing was written"), "{}", shown.out);
    assert_eq!(place.tree(), before);
    assert!(!place.device.home().join(".hookrail").exists() && !place.device.home().join(".claude").exists());
}

#[test]
fn what_a_person_changed_is_kept_and_told() {
    let place = Place::new(&SAMPLES[0]);
    place.put("justfile", "mine:\n");
    let first = place.run(&["init"]);
    assert!(first.out.contains("new         hookrail.just"), "{}", first.out);
    assert!(first.out.contains("mod hookrail"), "{}", first.out);
    place.put("hookrail.toml", "# mine\n");
    fs::remove_file(place.folder.join(".claude/hooks/stop-test.sh")).unwrap();
    let kept = place.run(&["init", "--diff"]);
    assert!(kept.out.contains("kept        hookrail.toml (changed by you)"), "{}", kept.out);
    assert!(kept.out.contains("left out    .claude/hooks/stop-test.sh (deleted by you)"), "{}", kept.out);
    assert!(kept.out.contains("What `--force hookrail.toml` would change:"), "{}", kept.out);
    assert!(kept.out.contains("\n-# mine\n"), "{}", kept.out);
    assert_eq!((place.read("hookrail.toml"), place.read("justfile")), ("# mine\n".to_owned(), "mine:\n".to_owned()));
    assert!(!place.folder.join(".claude/hooks/stop-test.sh").exists());
    // The steps are the person's now, so the command files for ours are not written any more, and stay.
    let report = place.json(&["init"]);
    assert_eq!(fates(&report)[".claude/commands/install.md"], "dropped");

    let forced = place.json(&["init", "--force", "hookrail.toml"]);
    assert_eq!(fates(&forced)["hookrail.toml"], "overwritten");
    let wrong = place.run(&["init", "--force", "hookrail.tml"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("did you mean hookrail.toml?"), "{}", wrong.err);
}

#[test]
fn the_hook_is_registered_once() {
    let place = Place::new(&SAMPLES[0]);
    let local = ".claude/settings.local.json";
    let first = place.json(&["init"]);
    assert_eq!(fates(&first)[local], "created");
    let hooks: Value = serde_json::from_str(&place.read(local)).unwrap();
    assert!(hooks["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap().contains("hook"), "{hooks}");
    assert_eq!(fates(&place.json(&["init"]))[local], "current");
    let gone = place.run(&["uninstall", "claude-code", "--scope", "local"]);
    assert!(gone.code == 0 && !place.folder.join(local).exists(), "{}", gone.err);

    // Where all of a person's sessions have it, the project's need none of their own.
    assert_eq!(place.run(&["install", "claude-code"]).code, 0);
    assert!(!fates(&place.json(&["init"])).contains_key(local));
    let other = Place::new(&SAMPLES[0]);
    let none = other.json(&["init", "--hooks", "none"]);
    assert!(!fates(&none).contains_key(local));
    assert!(none["next"].to_string().contains("hookrail install claude-code"), "{none}");
    // For everybody, in the settings to which a rule was added before.
    other.run(&["init", "--hooks", "project"]);
    let shared: Value = serde_json::from_str(&other.read(".claude/settings.json")).unwrap();
    assert!(shared["hooks"]["Stop"].is_array() && shared["permissions"]["deny"].is_array(), "{shared}");
}

#[test]
fn settings_that_cannot_be_read_are_left_alone_and_told() {
    let place = Place::new(&SAMPLES[0]);
    place.put(".claude/settings.local.json", "{");
    place.put(".claude/settings.json", "[]");
    let told = place.run(&["init"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("note: the hook is not registered: "), "{}", told.out);
    assert!(told.out.contains("kept        .claude/settings.json (has no place for rules"), "{}", told.out);
    assert_eq!(
        (place.read(".claude/settings.local.json"), place.read(".claude/settings.json")),
        ("{".into(), "[]".into())
    );
    assert_eq!(place.run(&["init", "--hooks", "local"]).code, 1);
}

#[test]
fn a_home_folder_is_no_project() {
    let device = Device::new();
    let refused = device.run(&["init"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("is no project's folder"), "{}", refused.err);
    let missing = device.run(&["init", "nowhere"]);
    assert!(missing.code == 1 && missing.err.contains("nowhere"), "{}", missing.err);
}

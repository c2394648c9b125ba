//! An install of the older hooks, taken over by one command: a constructed one, with real processes, there and back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::devices::{ask, key};
use crate::rig::{Rig, Said};

const FOREIGN: &str = concat!("sk-", "ant-api03-old-key-of-the-bridge-0123456789");

/// An older install: its folder, its logs, its hooks by hand in the agents' settings, and what is another's beside them.
struct Old {
    rig: Rig,
    settings: PathBuf,
    codex: PathBuf,
    before: [String; 2],
}

fn line(n: u64, session: &str) -> String {
    json!({
        "schema_version": "1.0", "event_id": format!("e{n}"), "ts": format!("2026-11-20T10:00:{:02}.123Z", n % 60), "session_id": session,
        "run_id": "run-1", "worker": "w1", "event_type": "progress", "level": "info", "hash": format!("h{n}"), "data": {"step": n},
    })
    .to_string()
}

impl Old {
    fn new(key: &str) -> Self {
        let rig = Rig::new();
        let (install, logs) = (rig.path("home/zo"), rig.path("home/zo-logs"));
        fs::create_dir_all(&install).unwrap();
        fs::create_dir_all(logs.join("2026-11")).unwrap();
        fs::write(install.join("zo_report_event.py"), "print('old')\n").unwrap();
        let events: String = (0..40).map(|n| line(n, "old-1") + "\n").collect();
        fs::write(logs.join("2026-11/events.jsonl"), events).unwrap();
        fs::write(
            logs.join("mixed.jsonl"),
            format!("{}\nthis is no event\n{{\"schema_version\":\"7\"}}\n", line(99, "old-2")),
        )
        .unwrap();
        let old = format!(
            "ZO_EVENT_ENDPOINT=http://127.0.0.1:9/ingest python3 {}/zo_report_event.py --project-id shop --log-dir {} --api-key {key}",
            install.display(),
            logs.display()
        );
        let theirs = |command: &str| json!([{"matcher": "*", "hooks": [{"type": "command", "command": command}]}]);
        let settings = json!({
            "model": "opus",
            "hooks": {
                "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "/usr/bin/true"}, {"type": "command", "command": old}]}],
                "Stop": theirs("python3 $HOME/zo/zo_report_event.py stop"),
            },
        });
        let files = [rig.path("home/.claude/settings.json"), rig.path("home/.codex/hooks.json")];
        let texts =
            [serde_json::to_string_pretty(&settings).unwrap(), json!({"hooks": {"Stop": theirs(&old)}}).to_string()];
        for (file, text) in files.iter().zip(&texts) {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let [settings, codex] = files;
        Self { rig, settings, codex, before: texts }
    }

    fn migrate(&self, further: &[&str]) -> Said {
        let install = self.rig.path("home/zo");
        let mut command =
            self.rig.hookrail(&["migrate", "--install-dir", install.to_str().unwrap(), "--server", &self.rig.url()]);
        command.args(further);
        self.rig.run(command, b"")
    }

    fn texts(&self) -> [String; 2] {
        [&self.settings, &self.codex].map(|file| fs::read_to_string(file).unwrap())
    }

    fn logs(&self) -> usize {
        ["2026-11/events.jsonl", "mixed.jsonl"]
            .iter()
            .filter(|name| self.rig.path("home/zo-logs").join(name).exists())
            .count()
    }
}

#[test]
fn an_older_install_is_taken_over_and_given_back() {
    let mut old = Old::new(FOREIGN);
    old.rig.serve();
    let (send, read) = (key(&old.rig, "ingest"), key(&old.rig, "read"));
    let keyed = old.rig.path("key");
    fs::write(&keyed, &send).unwrap();

    // The plan changes nothing and shows no key.
    let dry = old.migrate(&["--dry-run"]);
    assert!(dry.status.success(), "{}", dry.stderr);
    assert!(
        dry.stdout.contains("-") && dry.stdout.contains("hookrail") && dry.stdout.contains("40 events"),
        "{}",
        dry.stdout
    );
    assert!(!dry.stdout.contains(FOREIGN) && !dry.stdout.contains(&send), "{}", dry.stdout);
    assert!(dry.stdout.contains("not carried over"), "the bridge's key is none of this server: {}", dry.stdout);
    assert_eq!(old.texts(), old.before);
    assert!(!old.rig.state().exists(), "a plan makes no folder");

    let said = old.migrate(&["--api-key-file", keyed.to_str().unwrap(), "--json"]);
    assert!(said.status.success(), "{}{}", said.stdout, said.stderr);
    assert!(!said.stdout.contains(&send) && !said.stdout.contains(FOREIGN));
    let done: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&done["done"]["imported"], &done["done"]["not_understood"]), (&json!(41), &json!(2)));
    assert_eq!((&done["key"]["state"], &done["label"]), (&json!("accepted"), &json!("shop")));
    let [claude, codex] = old.texts();
    for text in [&claude, &codex] {
        assert!(text.contains("hookrail") && !text.contains("zo_report_event") && !text.contains("ZO_EVENT"), "{text}");
    }
    assert!(claude.contains("/usr/bin/true") && claude.contains("\"model\": \"opus\""), "what is another's stays");
    let config = fs::read_to_string(old.rig.state().join("config.toml")).unwrap();
    assert!(config.contains(&send) && config.contains("source_app = \"shop\""), "{config}");
    let mode = |name: &str| fs::metadata(old.rig.state().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("config.toml"), mode("migration.json")), (0o600, 0o600));
    assert_eq!(old.logs(), 2, "the old folders are as they were");

    // Every event is there once, with its own time, also after a repetition and when an old hook posts one of them still.
    old.rig.succeed(old.rig.hookrail(&["ship", "--once"]), b"");
    let count = |session: &str| {
        let page = ask(&old.rig, &read, &format!("/api/v1/sessions/{session}/events?limit=500"));
        page["items"].as_array().unwrap().clone()
    };
    let events = count("old-1");
    assert_eq!(events.len(), 40);
    assert_eq!(events[0]["occurred_at"], "2026-11-20T10:00:00.123000000Z");
    assert_eq!(events[0]["payload"]["data"]["step"], 0);
    let posted = ureq::post(format!("{}/ingest", old.rig.url()))
        .header("x-api-key", &send)
        .header("content-type", "application/json")
        .send(line(7, "old-1").replace("\"e7\"", "\"another attempt\""));
    assert_eq!(posted.unwrap().status(), 202, "known");
    let again = old.migrate(&["--api-key-file", keyed.to_str().unwrap(), "--json"]);
    assert!(again.status.success(), "{}", again.stderr);
    old.rig.succeed(old.rig.hookrail(&["ship", "--once"]), b"");
    assert_eq!((count("old-1").len(), count("old-2").len()), (40, 1));
    assert_eq!(old.texts(), [claude, codex]);

    // Our hook in the old one's place records.
    let event = json!({"hook_event_name": "Stop", "session_id": "new", "cwd": old.rig.path("project")}).to_string();
    old.rig.succeed(old.rig.hook("claude-code"), event.as_bytes());
    old.rig.succeed(old.rig.hookrail(&["ship", "--once"]), b"");
    assert_eq!(count("new")[0]["source_app"], "shop");

    let undone = old.rig.run(old.rig.hookrail(&["migrate", "--undo"]), b"");
    assert!(undone.status.success(), "{}", undone.stderr);
    assert_eq!(old.texts(), old.before, "byte for byte");
    assert!(!old.rig.state().join("config.toml").exists(), "there were no settings before");
    let twice = old.rig.run(old.rig.hookrail(&["migrate", "--undo"]), b"");
    assert!(!twice.status.success() && twice.stderr.contains("nothing was migrated"), "{}", twice.stderr);
}

#[test]
fn what_changed_meanwhile_survives_the_way_back() {
    let mut old = Old::new(FOREIGN);
    old.rig.serve();
    assert!(old.migrate(&[]).status.success());
    let changed = old.texts()[0].replace("\"opus\"", "\"sonnet\"");
    fs::write(&old.settings, changed).unwrap();
    let undone = old.rig.run(old.rig.hookrail(&["migrate", "--undo"]), b"");
    assert!(undone.status.success(), "{}", undone.stderr);
    let [text, _] = old.texts();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["model"], "sonnet");
    assert!(text.matches("zo_report_event").count() == 2 && !text.contains("hookrail"), "{text}");
    assert!(text.contains("/usr/bin/true"));
}

#[test]
fn old_folders_go_only_when_all_of_it_is_on_the_server() {
    let mut old = Old::new(FOREIGN);
    // The server is away: everything but the removal is done, and nothing is lost.
    let away = old.migrate(&["--remove"]);
    assert!(!away.status.success() && away.stderr.contains("nothing was removed"), "{}", away.stderr);
    assert_eq!(old.logs(), 2);
    assert!(old.texts()[0].contains("hookrail"));
    old.rig.serve();
    let done = old.migrate(&["--remove", "--log-dir", old.rig.path("home/zo-logs").to_str().unwrap(), "--json"]);
    assert!(done.status.success(), "{}", done.stderr);
    assert_eq!(old.logs(), 1, "a log with lines that are not understood stays");
    assert!(!old.rig.path("home/zo").exists());
    assert_eq!(old.rig.all("/api/v1/sessions/old-1/events").len(), 40);
    // What is anything but an install is not removed.
    for folder in [old.rig.home(), old.rig.path("project"), PathBuf::from("/")] {
        let mut command = old.rig.hookrail(&["migrate", "--remove", "--install-dir"]);
        command.arg(&folder);
        let refused = old.rig.run(command, b"");
        assert!(!refused.status.success() && refused.stderr.contains("not removed"), "{folder:?}: {}", refused.stderr);
        assert!(folder.exists());
    }
    let undone = old.rig.run(old.rig.hookrail(&["migrate", "--undo"]), b"");
    assert!(undone.stdout.contains("not put back"), "{}{}", undone.stdout, undone.stderr);
    let [text, _] = old.texts();
    assert!(!text.contains("hookrail") && !text.contains("zo_report_event"), "{text}");
}

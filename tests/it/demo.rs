//! `hookrail demo`, as a newcomer runs it.

use std::fs;
use std::process::Command;

use crate::rig::{Rig, until};

/// What the demo left behind, in `HOME` and among the temporary files.
fn left(rig: &Rig) -> Vec<String> {
    let names = |folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names(rig.path("")).filter(|name| name.contains("demo")).chain(names(rig.home())).collect()
}

#[test]
fn once_plays_everything_and_leaves_nothing() {
    let rig = Rig::new();
    let said = rig.succeed(rig.hookrail(&["demo", "--once", "--no-open"]), b"");
    assert!(said.stderr.contains("Everything played is in the store"), "{}", said.stderr);
    assert_eq!(left(&rig), [] as [&str; 0]);
}

#[test]
fn stays_up_with_its_sessions_until_interrupted() {
    let rig = Rig::new();
    let (mut demo, said) = rig.start(rig.hookrail(&["demo", "--no-open", "--speed", "1000"]), b"");
    let url = until("the dashboard's address", || {
        let said = fs::read_to_string(said.with_extension("err")).unwrap();
        let line = said.lines().find_map(|line| line.strip_prefix("Dashboard: "))?.to_owned();
        Some(line)
    });
    until("everything to be played", || {
        assert!(
            demo.0.try_wait().unwrap().is_none(),
            "the demo ended: {}",
            fs::read_to_string(said.with_extension("err")).unwrap()
        );
        fs::read_to_string(said.with_extension("err"))
            .unwrap()
            .contains("Everything played is in the store")
            .then_some(())
    });
    let get = |path: &str| ureq::get(format!("{url}{path}")).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(get("").starts_with("<!doctype html>"), "the dashboard is there");
    let sessions: serde_json::Value = serde_json::from_str(&get("api/v1/sessions")).unwrap();
    let agents: Vec<_> =
        sessions["items"].as_array().unwrap().iter().map(|session| session["agent"].as_str().unwrap()).collect();
    assert!(agents.contains(&"claude-code"), "{agents:?}");

    // The page of the guard has something to show: verdicts, what was found, a report.
    let found = until("the scan", || {
        let found: serde_json::Value = serde_json::from_str(&get("api/v1/findings")).unwrap();
        let kinds: Vec<_> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["kind"].as_str().unwrap().to_owned())
            .collect();
        let is_there = |kind: &&str| kinds.iter().any(|found| found == kind);
        ["denied", "asked", "injection"].iter().all(is_there).then_some(kinds)
    });
    assert!(!found.iter().any(|kind| kind == "executed-despite-deny"), "{found:?}");
    let reports = until("the report", || {
        let reports: serde_json::Value = serde_json::from_str(&get("api/v1/reports")).unwrap();
        reports["items"].as_array().filter(|items| !items.is_empty()).cloned()
    });
    assert_eq!(reports[0]["rule"], "git.stash-drop");
    let verdicts = get("api/v1/verdicts");
    for rule in ["git.force-push", "secrets.read", "project.lock", "outputs.injection"] {
        assert!(verdicts.contains(rule), "{rule}: {verdicts}");
    }

    Command::new("kill").args(["-INT", &demo.0.id().to_string()]).status().unwrap();
    assert!(demo.finish("the demo to end").success());
    assert_eq!(left(&rig), [] as [&str; 0]);
}

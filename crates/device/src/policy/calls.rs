#![allow(clippy::unwrap_used)]
//! What other calls than commands are judged by, in both directions, and what the project itself and the recordings of real
//! agents must not set off.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hookrail_core::agents;
use hookrail_core::event::Agent;
use hookrail_core::policy::effects::Kind;
use hookrail_core::policy::{Snapshot, inspect};
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_nanos(1_800_000_000_000_000_000);

/// Files of the project that hold what they warn of: cases and examples.
const ON_PURPOSE: &[&str] = &[
    "crates/core/tests/secrets.rs",
    "crates/core/src/policy/inspect/miners.rs",
    "crates/core/src/redact/tests.rs",
    "crates/core/src/policy/steering/examples.jsonl",
    "crates/core/src/policy/steering/tasks.jsonl",
    "crates/core/src/policy/steering/unseen.jsonl",
    "crates/core/src/policy/suspicion/examples.jsonl",
    "crates/core/src/policy/suspicion/unseen.jsonl",
    "crates/core/src/policy/inspect/origins.rs",
    "crates/device/src/policy/packs/outputs.toml",
    "crates/device/src/policy/cases/calls.jsonl",
    "crates/device/src/policy/cases/unseen.jsonl",
    "crates/device/src/policy/cases/disguised.jsonl",
    "crates/device/src/policy/cases/blind.jsonl",
    "crates/device/src/policy/cases/blind-calls.jsonl",
    "crates/cli/demo/claude-code/guarded.jsonl",
];

/// Whether a file is the guard's own: its tables, rules, cases and its document are full of the words of those who mean harm.
fn is_of_guard(name: &str) -> bool {
    ["crates/core/src/policy/", "crates/core/src/redact/", "crates/device/src/policy/", "docs/policy.md"]
        .iter()
        .any(|of| name.starts_with(of))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn snapshot(home: &Home) -> Vec<u8> {
    compile(&Site::device(home), NOW).unwrap();
    fs::read(home.policy()).unwrap()
}

#[test]
fn other_calls_than_commands_are_decided_as_their_cases_say() {
    let home = tempfile::tempdir().unwrap();
    let bytes = snapshot(&Home::at(home.path()));
    let lines = include_str!("cases/calls.jsonl").lines();
    let cases: Vec<Case> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes = run(&cases, &Snapshot::read(&bytes).unwrap()).unwrap();
    let wrong: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.is_right())
        .map(|outcome| {
            let rule = outcome.verdict.as_ref().map_or("nothing", |verdict| verdict.rule.as_str());
            format!("{} ({}) is decided by {rule}", outcome.case.command, outcome.case.why)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let stopped = cases.iter().filter(|case| case.stops).count();
    assert!(stopped > 90 && cases.len() - stopped > 90, "{stopped} of {}", cases.len());
}

/// The calls that were written before the rules for them were looked at, or by somebody who knew none of them.
const UNSEEN: &[&str] = &[include_str!("cases/unseen.jsonl"), include_str!("cases/blind-calls.jsonl")];

/// The least share of the dangerous calls and prompts that is stopped or warned of, the same of what a tool gave back, which is told in
/// whatever words its author finds, and the greatest share of the harmless ones.
const UNSEEN_CAUGHT: f64 = 0.97;
const RESULTS_CAUGHT: f64 = 0.9;
const UNSEEN_ANNOYED: f64 = 0.005;

#[test]
fn calls_written_before_the_rules_were_looked_at_are_decided_as_they_say() {
    let home = tempfile::tempdir().unwrap();
    let bytes = snapshot(&Home::at(home.path()));
    let lines: Vec<&str> = UNSEEN.iter().flat_map(|text| text.lines()).collect();
    let cases: Vec<Case> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let open = |line: &&str| serde_json::from_str::<serde_json::Value>(line).unwrap().get("open").is_some();
    let outcomes = run(&cases, &Snapshot::read(&bytes).unwrap()).unwrap();
    let differs: Vec<&str> = outcomes
        .iter()
        .zip(&lines)
        .filter(|(outcome, line)| outcome.is_right() == open(line))
        .map(|(outcome, _)| outcome.case.command.as_str())
        .collect();
    assert!(differs.is_empty(), "wrong and not open, or open and right: {differs:#?}");
    let (dangerous, harmless): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.case.stops);
    assert!(dangerous.len() > 400 && harmless.len() > 400, "{} {}", dangerous.len(), harmless.len());
    let right = |of: &[&Outcome]| of.iter().filter(|outcome| outcome.is_right()).count() as f64 / of.len() as f64;
    let (results, calls): (Vec<_>, Vec<_>) =
        dangerous.into_iter().partition(|outcome| outcome.case.command.contains("\"output\":"));
    let (caught, told, annoyed) = (right(&calls), right(&results), 1.0 - right(&harmless));
    assert!(
        caught >= UNSEEN_CAUGHT && told >= RESULTS_CAUGHT && annoyed <= UNSEEN_ANNOYED,
        "{caught} {told} {annoyed}"
    );
}

#[test]
fn nothing_in_this_repository_is_taken_for_an_order_or_a_leak() {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    let mut alarms = Vec::new();
    let mut files = 0;
    for name in String::from_utf8(listed.stdout).unwrap().split('\0').filter(|name| !name.is_empty()) {
        let Ok(text) = fs::read_to_string(root().join(name)) else { continue };
        files += 1;
        if ON_PURPOSE.contains(&name) {
            continue;
        }
        for (call, of) in [
            (
                json!({"hook_event_name": "PostToolUse", "tool_name": "Read", "tool_response": {"file": {"content": text}}}),
                "read",
            ),
            (
                json!({"hook_event_name": "PreToolUse", "tool_name": "Write", "tool_input": {"file_path": name, "content": text}}),
                "written",
            ),
            (json!({"hook_event_name": "UserPromptSubmit", "prompt": text}), "pasted"),
            (
                json!({"hook_event_name": "PreToolUse", "tool_name": "Task", "tool_input": {"prompt": text}}),
                "told another agent",
            ),
        ] {
            let payload = call.to_string();
            let parsed = agents::parse(&Agent::ClaudeCode, &payload);
            let kinds =
                inspect(&parsed, &payload, &Desk).effects.into_iter().map(|effect| (effect.kind, effect.target));
            let alarm = |kind: &Kind| {
                matches!(
                    kind,
                    Kind::OutputSecret
                        | Kind::OutputInjection
                        | Kind::ContentSecret
                        | Kind::ContentCode
                        | Kind::ContentProtection
                        | Kind::CiUntrusted
                        | Kind::PromptSecret
                        | Kind::AgentOrders
                )
            };
            let kinds = kinds.filter(|(_, target)| !(target == "reads-as-order" && is_of_guard(name)));
            alarms.extend(kinds.filter(|(kind, _)| alarm(kind)).map(|found| format!("{name} {of}: {found:?}")));
        }
    }
    assert!(files > 100, "{files}");
    assert!(alarms.is_empty(), "{alarms:#?}");
}

/// How many of a file's dangerous calls are stopped and how many there are; the same of its harmless ones.
fn stopped(cases: &[Case]) -> [(usize, usize); 2] {
    let home = tempfile::tempdir().unwrap();
    let bytes = snapshot(&Home::at(home.path()));
    let outcomes = run(cases, &Snapshot::read(&bytes).unwrap()).unwrap();
    [true, false].map(|stops| {
        let of = || outcomes.iter().filter(move |outcome| outcome.case.stops == stops);
        (of().filter(|outcome| outcome.is_right() == stops).count(), of().count())
    })
}

fn cases(text: &str, apart: usize) -> Vec<Case> {
    text.lines().step_by(apart).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn calls_that_nobody_has_seen_are_stopped_where_they_are_dangerous_and_pass_where_they_are_not() {
    let unseen = cases(include_str!("../../../core/src/policy/suspicion/unseen.jsonl"), 1);
    let [(caught, dangerous), (annoyed, harmless)] = stopped(&unseen);
    assert!(dangerous >= 300 && harmless >= 400, "{dangerous}, {harmless}");
    assert!(caught * 100 >= dangerous * 95, "{caught} of {dangerous}");
    assert!(annoyed * 100 <= harmless, "{annoyed} of {harmless}");
}

#[test]
fn the_weights_tell_what_calls_they_were_learned_from() {
    // Some of them are enough.
    let learned = cases(include_str!("../../../core/src/policy/suspicion/examples.jsonl"), 8);
    let [(caught, dangerous), (annoyed, harmless)] = stopped(&learned);
    assert!(caught * 100 >= dangerous * 80, "{caught} of {dangerous}: learn them anew");
    assert!(annoyed * 100 <= harmless * 3, "{annoyed} of {harmless}: learn them anew");
}

#[test]
fn the_recordings_of_agents_set_off_what_they_should_and_no_more() {
    let home = tempfile::tempdir().unwrap();
    let bytes = snapshot(&Home::at(home.path()));
    let rules = Snapshot::read(&bytes).unwrap();
    let mut payloads = 0;
    let mut set_off = Vec::new();
    for file in recordings(&root().join("fixtures")) {
        let name = file.strip_prefix(root().join("fixtures")).unwrap().display().to_string();
        let agent =
            Agent::from(name.split('/').find(|part| Agent::KNOWN.iter().any(|known| known.as_str() == *part)).unwrap());
        let text = fs::read_to_string(&file).unwrap();
        let whole = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        for payload in if whole { vec![text.as_str()] } else { text.lines().collect() } {
            payloads += 1;
            let parsed = agents::parse(&agent, payload);
            let verdict = hookrail_core::policy::judge(&parsed, payload, &rules, &Desk, NOW).unwrap();
            set_off.extend(verdict.map(|verdict| format!("{name}: {}", verdict.rule)));
        }
    }
    assert!(payloads > 150, "{payloads}");
    assert_eq!(set_off, EXPECTED);
}

/// What in the recordings is rightly noticed: each asks for a folder of the home to be removed.
const EXPECTED: &[&str] = &[
    "claude-code/hooks/full-run-2.jsonl: filesystem.delete-folder-of-home",
    "claude-code/hooks/full-run-with-mcp-and-subagents.jsonl: filesystem.delete-folder-of-home",
    "claude-code/hooks/init.jsonl: filesystem.delete-folder-of-home",
    "claude-code/hooks/interactive-permission-prompt.jsonl: filesystem.delete-folder-of-home",
    "claude-code/hooks/maintenance-continue-compact.jsonl: filesystem.delete-folder-of-home",
    "claude-code/hooks/slash-command.jsonl: filesystem.delete-folder-of-home",
    "codex/hooks/exec-run.jsonl: filesystem.delete-folder-of-home",
];

fn recordings(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("history") && !path.ends_with("otlp") {
            found.extend(recordings(&path));
        } else if path.extension().is_some_and(|extension| extension == "json" || extension == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn calls_of_servers_that_are_not_approved_are_treated_as_the_file_says() {
    let call = |tool: &str, stops| {
        let command = json!({"tool": tool, "input": {}}).to_string();
        Case { command, stops, why: String::new() }
    };
    for (unapproved, stops, mode) in
        [("observe", false, "observe"), ("ask", true, "enforce"), ("deny", true, "enforce")]
    {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let own = format!("[mcp]\napproved = [\"github\", \"plugin_*\"]\nunapproved = \"{unapproved}\"\n");
        fs::write(folder.path().join(OWN_FILE), own).unwrap();
        let bytes = snapshot(&home);
        let cases =
            [call("mcp__github__x", false), call("mcp__plugin_slack_slack__x", false), call("mcp__shadow__x", true)];
        let outcomes = run(&cases, &Snapshot::read(&bytes).unwrap()).unwrap();
        assert!(outcomes[0].verdict.is_none() && outcomes[1].verdict.is_none(), "{outcomes:?}");
        let verdict = outcomes[2].verdict.as_ref().unwrap();
        assert_eq!((verdict.stops(), verdict.mode.as_str(), verdict.rule.as_str()), (stops, mode, "mcp.unapproved"));
        let rules = gather(&Site::device(&home)).unwrap();
        assert_eq!(approved(&rules.sheets).unwrap(), ["github", "plugin_*"]);
    }
    assert!(read("[mcp]\nunapproved = \"deny\"\n").is_err(), "without a list everything would be stopped");
    assert!(read("[mcp]\napproved = []\nunapproved = \"explode\"\n").is_err());
}

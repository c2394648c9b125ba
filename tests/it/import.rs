//! `hookrail import`: history into a real server, by real processes, whatever comes between.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use hookrail_benches::transcripts;
use serde_json::{Value, json};

use crate::rig::{Rig, root, until};

const MAIN: &str = "88742c15-ade1-4a61-84aa-25abde5880b0";
const CODEX: &str = "01a1fa78-11a0-7f13-aa1b-2c0d3dc7c49e";

fn recorded(agent: &str) -> PathBuf {
    root().join("fixtures/history").join(agent)
}

/// Imports and returns what `--json` tells.
#[track_caller]
fn import(rig: &Rig, agent: &str, path: &Path, more: &[&str]) -> Value {
    let mut command = rig.hookrail(&["import", agent, path.to_str().unwrap(), "--json"]);
    command.args(more).env("HOOKRAIL_SERVER", rig.url());
    serde_json::from_str(&rig.succeed(command, b"").stdout).unwrap()
}

/// What a person would look at after an import.
fn record(rig: &Rig) -> Value {
    let mut sessions = rig.all("/api/v1/sessions");
    sessions.sort_by_key(|session| session["id"].as_str().map(str::to_owned));
    let events = rig.all("/api/v1/events");
    let mut calls = Vec::new();
    for session in &sessions {
        let (id, agent) = (session["id"].as_str().unwrap(), session["agent"].as_str().unwrap());
        calls.push(rig.all(&format!("/api/v1/sessions/{id}/tools?agent={agent}")));
    }
    json!({ "sessions": sessions, "events": events.len(), "calls": calls })
}

#[test]
fn an_import_can_be_repeated_and_changes_nothing() {
    let mut rig = Rig::new();
    rig.serve();
    let first = import(&rig, "claude-code", &recorded("claude-code"), &[]);
    assert_eq!((&first["files"], &first["sessions"], &first["duplicates"]), (&json!(4), &json!(2), &json!(0)));
    let codex = import(&rig, "codex", &recorded("codex"), &[]);
    assert_eq!((&codex["sessions"], &codex["rejected"]), (&json!(1), &json!(0)));
    let events = first["events"].as_u64().unwrap() + codex["events"].as_u64().unwrap();
    let stored = record(&rig);
    assert_eq!(stored["events"], events);

    let remembered = import(&rig, "claude-code", &recorded("claude-code"), &[]);
    assert_eq!((&remembered["events"], &remembered["unchanged"]), (&json!(0), &json!(4)));
    for (agent, first) in [("claude-code", &first), ("codex", &codex)] {
        let again = import(&rig, agent, &recorded(agent), &["--again"]);
        assert_eq!((&again["events"], &again["duplicates"]), (&first["events"], &first["events"]), "{agent}");
    }
    assert_eq!(record(&rig), stored);

    // Titles, prompts and subagents are there.
    let title = |id: &str| rig.json(&format!("/api/v1/sessions/{id}"))["title"].clone();
    assert_eq!(title("0f2c7a52-0a56-4c7e-9a0a-6f6a1f7f5b01"), "Fix failing cart test");
    assert_eq!(title(CODEX), "list files");
    let prompts = rig.all(&format!("/api/v1/events?session_id={MAIN}&kind=prompt.reported"));
    let mut actors: Vec<Value> = rig
        .all(&format!("/api/v1/events?session_id={MAIN}"))
        .iter()
        .filter_map(|event| event["actor"].get("agent_type").cloned())
        .collect();
    actors.sort_by_key(ToString::to_string);
    actors.dedup();
    assert_eq!((prompts.len(), actors), (3, vec![json!("Explore"), json!("general-purpose")]));
}

/// Twenty sessions of the reference set, and what they come to whoever asks: exactly.
#[test]
fn the_usage_of_a_history_is_exact_however_it_is_written_down() {
    let mut rig = Rig::new();
    rig.serve();
    let sessions = 20;
    let totals = transcripts::totals(sessions);
    assert_eq!(transcripts::totals(transcripts::SESSIONS).cost_microusd, 194_100_000);
    let usage = |rig: &Rig, by: &str| -> Vec<Value> {
        let items = rig.json(&format!("/api/v1/usage?group_by={by}"))["items"].clone();
        items.as_array().unwrap().clone()
    };
    let sum = |items: &[Value], name: &str| items.iter().map(|item| item[name].as_u64().unwrap()).sum::<u64>();
    let holds = |rig: &Rig, how: &str| {
        for (by, groups) in [("model", 1), ("session", 20), ("repository", 10), ("day", 20)] {
            let items = usage(rig, by);
            assert_eq!(items.len(), groups, "{how}: {by}: {items:?}");
            let told = transcripts::Totals {
                input: sum(&items, "input_tokens"),
                output: sum(&items, "output_tokens"),
                cache_write: sum(&items, "cache_write_tokens"),
                cache_read: sum(&items, "cache_read_tokens"),
                cost_microusd: sum(&items, "cost_microusd"),
            };
            assert_eq!(told, totals, "{how}: by {by}");
        }
    };

    let folder = rig.path("project");
    transcripts::write(&folder, sessions).unwrap();
    let files = |folder: &Path| -> Vec<PathBuf> {
        let slugs = fs::read_dir(folder.join("projects")).unwrap().map(|slug| slug.unwrap().path());
        slugs.flat_map(|slug| fs::read_dir(slug).unwrap().map(|file| file.unwrap().path())).collect()
    };
    import(&rig, "claude-code", &folder, &[]);
    holds(&rig, "as written");
    import(&rig, "claude-code", &folder, &["--again"]);
    holds(&rig, "again");

    for (nth, file) in files(&folder).iter().enumerate() {
        let text = fs::read_to_string(file).unwrap();
        let changed = match nth % 5 {
            0 => text.replace("\":", "\" : ").replace('\n', "\r\n"),
            1 => text.lines().flat_map(|line| [line, "\n", line, "\n"]).collect(),
            2 => format!("\u{feff}{text}{}", &text[..700]),
            3 => text.lines().rev().map(|line| format!("{line}\n")).collect(),
            // A fork: the same entries in a session of its own.
            _ => {
                let session = file.file_stem().unwrap().to_str().unwrap();
                let fork = session.replace(&session[..8], "f0f0f0f0");
                let copy = text.replace(session, &fork);
                fs::write(file.with_file_name(format!("{fork}.jsonl")), copy).unwrap();
                text
            }
        };
        fs::write(file, changed).unwrap();
    }
    let again = import(&rig, "claude-code", &folder, &["--again"]);
    // A fork has its parent's entries as its own; what they cost is its parent's and counts once.
    let forked: usize = files(&folder)
        .iter()
        .filter(|file| file.file_name().unwrap().to_str().unwrap().starts_with("f0f0f0f0"))
        .map(|file| fs::read_to_string(file).unwrap().lines().count())
        .sum();
    let new = again["events"].as_u64().unwrap() - again["duplicates"].as_u64().unwrap();
    assert_eq!(new, forked as u64, "{again}");
    holds(&rig, "written down otherwise");

    // The calls and prompts of sessions no hook saw.
    let session = &rig.all("/api/v1/sessions")[0];
    assert_eq!((&session["prompts"], &session["tool_calls"]), (&json!(1), &json!(transcripts::REQUESTS)));
}

#[test]
fn a_dry_run_sends_nothing_and_tells_the_same() {
    let mut rig = Rig::new();
    rig.serve();
    let dry = import(&rig, "claude-code", &recorded("claude-code"), &["--dry-run"]);
    assert_eq!(rig.all("/api/v1/events"), Vec::<Value>::new());
    let real = import(&rig, "claude-code", &recorded("claude-code"), &[]);
    assert_eq!(dry, real);
}

#[test]
fn an_import_goes_on_where_a_file_ended() {
    let mut rig = Rig::new();
    rig.serve();
    let text = fs::read_to_string(recorded("claude-code").join(format!("{MAIN}.jsonl"))).unwrap();
    let (folder, half) = (rig.path("project"), text.len() / 2);
    let file = folder.join(format!("{MAIN}.jsonl"));
    // It ends within a line, which is being written.
    fs::write(&file, &text[..half]).unwrap();
    let first = import(&rig, "claude-code", &folder, &[]);
    assert_eq!(first["skipped"]["unfinished"], 1);
    OpenOptions::new().append(true).open(&file).unwrap().write_all(&text.as_bytes()[half..]).unwrap();
    let second = import(&rig, "claude-code", &folder, &[]);
    assert_eq!(second["duplicates"], 0);
    let lines = |told: &Value| told["lines"].as_u64().unwrap();
    assert_eq!(lines(&first) + lines(&second), text.lines().count() as u64);

    // A file written anew begins at its start, and so does a server that has nothing.
    fs::write(&file, format!("{}\n", text.lines().next().unwrap())).unwrap();
    assert_eq!(lines(&import(&rig, "claude-code", &folder, &[])), 1);
    fs::write(&file, &text).unwrap();
    rig.kill_server();
    fs::remove_dir_all(rig.path("data")).unwrap();
    fs::create_dir(rig.path("data")).unwrap();
    rig.serve();
    let anew = import(&rig, "claude-code", &folder, &[]);
    assert_eq!((lines(&anew), &anew["duplicates"]), (text.lines().count() as u64, &json!(0)));
}

#[test]
fn a_server_with_keys_is_not_sent_a_history_without_one() {
    let mut rig = Rig::new();
    rig.serve();
    let data = rig.path("data");
    let keys = |scope: &str| {
        let arguments = ["keys", "create", "--project", "default", "--scope", scope, "--data-dir"];
        let mut command = rig.hookrail(&arguments);
        command.arg(&data).arg("--json");
        let told: Value = serde_json::from_str(&rig.succeed(command, b"").stdout).unwrap();
        told["key"].as_str().unwrap().to_owned()
    };
    let key = keys("ingest");
    let import = |key: Option<&str>| {
        let mut command = rig.hookrail(&["import", "codex", recorded("codex").to_str().unwrap(), "--json"]);
        command.env("HOOKRAIL_SERVER", rig.url());
        if let Some(key) = key {
            command.env("HOOKRAIL_TOKEN", key);
        }
        rig.run(command, b"")
    };
    let refused = import(None);
    assert!(!refused.status.success() && refused.stderr.contains("asks for a key"), "{}", refused.stderr);
    let taken = import(Some(&key));
    assert!(taken.status.success(), "{}", taken.stderr);
    let told: Value = serde_json::from_str(&taken.stdout).unwrap();
    assert_eq!((&told["rejected"], &told["sessions"]), (&json!(0), &json!(1)));
    // It does not let us read, so it is believed to be the one that is remembered.
    let again: Value = serde_json::from_str(&import(Some(&key)).stdout).unwrap();
    assert_eq!((&again["events"], &again["unchanged"]), (&json!(0), &json!(1)));
}

/// Kills the server in the middle, again and again: nothing is missing and nothing is there twice.
#[test]
fn an_import_outlives_its_server() {
    let mut rig = Rig::new();
    let folder = rig.path("project");
    transcripts::write(&folder, 20).unwrap();
    rig.serve();
    let mut command = rig.hookrail(&["import", "claude-code", folder.to_str().unwrap(), "--json"]);
    command.env("HOOKRAIL_SERVER", rig.url());
    let (mut running, base) = rig.start(command, b"");
    for _ in 0..3 {
        rig.kill_server();
        rig.serve();
    }
    let status = running.finish("the import");
    let said = fs::read_to_string(base.with_extension("out")).unwrap();
    assert!(status.success(), "{said}{}", fs::read_to_string(base.with_extension("err")).unwrap());
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["events"], &told["sessions"]), (&json!(20 * transcripts::LINES), &json!(20)));
    let sessions = rig.all("/api/v1/sessions");
    assert_eq!(sessions.len(), 20);
    assert!(sessions.iter().all(|session| session["events"] == transcripts::LINES), "{sessions:?}");
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let rig = Rig::new();
    for (arguments, said) in [
        (vec!["import", "cursor", "."], "known are claude-code and codex"),
        (vec!["import", "claude-code", "/nowhere/at/all"], "cannot read /nowhere/at/all"),
        (vec!["import", "codex"], "there is no history of codex"),
        (vec!["import", "codex", ".", "--since", "yesterday"], "`yesterday` is no time"),
    ] {
        let told = rig.run(rig.hookrail(&arguments), b"");
        assert!(!told.status.success() && told.stderr.contains(said), "{arguments:?}: {}", told.stderr);
    }
}

/// A hook's payload of a session at work.
fn stop(session: &str, file: &Path, n: u32) -> String {
    let prompt = n.to_string();
    json!({"hook_event_name": "Stop", "session_id": session, "transcript_path": file, "prompt_id": prompt}).to_string()
}

/// How many events came from elsewhere than the hook.
fn told(rig: &Rig) -> usize {
    rig.all("/api/v1/events").iter().filter(|event| event["name"] != "Stop").count()
}

#[test]
fn a_live_transcript_is_left_alone_unless_asked_for() {
    let mut rig = Rig::new();
    rig.configure();
    rig.serve();
    let file = rig.path("project").join(format!("{MAIN}.jsonl"));
    fs::copy(recorded("claude-code").join(format!("{MAIN}.jsonl")), &file).unwrap();
    rig.succeed(rig.hook("claude-code"), stop(MAIN, &file, 1).as_bytes());
    rig.succeed(rig.ship_once(), b"");
    assert_eq!((rig.all("/api/v1/events").len(), told(&rig)), (1, 0));
}

#[test]
fn a_live_transcript_is_followed_where_that_is_wanted() {
    let mut rig = Rig::new();
    rig.configure();
    let config = rig.state().join("config.toml");
    fs::write(&config, format!("server = \"{}\"\nfollow_transcripts = true\n", rig.url())).unwrap();
    rig.serve();
    let file = rig.path("project").join(format!("{MAIN}.jsonl"));
    let text = fs::read_to_string(recorded("claude-code").join(format!("{MAIN}.jsonl"))).unwrap();
    let half = text.len() / 2;
    fs::write(&file, &text[..half]).unwrap();

    rig.succeed(rig.hook("claude-code"), stop("another", &file, 1).as_bytes());
    rig.succeed(rig.ship_once(), b"");
    assert_eq!(told(&rig), 0, "a file that does not carry the session's name");
    rig.succeed(rig.hook("claude-code"), stop(MAIN, &file, 2).as_bytes());
    until("the first half", || (told(&rig) > 10).then_some(()));
    OpenOptions::new().append(true).open(&file).unwrap().write_all(&text.as_bytes()[half..]).unwrap();
    until("the second half", || {
        let prompts = rig.all(&format!("/api/v1/events?session_id={MAIN}&kind=prompt.reported"));
        (prompts.len() == 3).then_some(())
    });
    let before = told(&rig);
    import(&rig, "claude-code", &file, &["--again"]);
    assert_eq!(told(&rig), before, "an import finds everything known");
}

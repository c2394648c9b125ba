//! Handlers with the real Codex, which takes less than Claude Code and fails a hook for a word that it does not know.

use std::fs;

use serde_json::Value;

use super::codex::{command, config, exec};
use super::script::{MARK, Script};
use super::witness::{Asked, service};
use super::{npm, responses};
use crate::http::Server;
use crate::rig::{Rig, Said};

/// A rig whose Codex has the hook and talks to the service, with these handlers of the person.
fn rig(handlers: &str, api: &Server) -> Rig {
    let mut rig = Rig::new();
    rig.serve();
    fs::create_dir_all(rig.state()).unwrap();
    fs::write(rig.state().join("hookrail.toml"), handlers).unwrap();
    let home = rig.home().join(".codex");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("config.toml"), config(&api.url())).unwrap();
    let mut install = rig.hookrail(&["install", "codex", "--scope", "user"]);
    install.env("HOOKRAIL_SERVER", rig.url());
    rig.succeed(install, b"");
    rig
}

fn api(scripts: Vec<Script>) -> (Server, Asked) {
    service(move |request| responses::answer(request, &scripts))
}

/// Runs a session; what it said, and the runs of handlers on the record: handler, event and outcome.
fn session(rig: &Rig, agents: &npm::Agents) -> (Said, Vec<(String, String, String)>) {
    let said = rig.succeed(command(rig, agents, &format!("{MARK}main Do the WORK")), b"");
    assert!(said.stdout.contains("All done."), "{said:?}");
    rig.succeed(rig.ship_once(), b"");
    let events = rig.all("/api/v1/events");
    let mut runs: Vec<&Value> = events.iter().filter(|event| event["kind"] == "handler.ran").collect();
    runs.sort_by_key(|event| event["occurred_at"].as_str().unwrap().to_owned());
    let text = |run: &Value, key: &str| run["payload"][key].as_str().unwrap().to_owned();
    let runs = runs.into_iter().map(|run| (text(run, "handler"), text(run, "on"), text(run, "outcome"))).collect();
    (said, runs)
}

#[test]
fn what_handlers_say_reaches_the_model_and_a_block_keeps_it_going_once() {
    let Some(agents) = npm::agents() else { return };
    let (api, asked) =
        api(vec![Script::new("main").then(&[exec("echo one >ran")]).then(&[exec("echo two >rewrite-me")])]);
    let rig = rig(
        r#"
        [[handler]]
        name = "begin"
        on = "SessionStart"
        run = "echo SAID-AT-THE-START"
        [[handler]]
        name = "prompt"
        on = "UserPromptSubmit"
        run = ["python3", "-c", "import json,sys; print(json.dumps({'hookSpecificOutput': {'hookEventName': 'UserPromptSubmit', 'additionalContext': 'SAID-OF ' + json.load(sys.stdin)['prompt'][-4:]}}))"]
        [[handler]]
        name = "rewrite"
        on = "PreToolUse"
        tools = "Bash"
        can_block = true
        run = '''grep -q rewrite-me || exit 0; echo '{"hookSpecificOutput":{"permissionDecision":"allow","updatedInput":{"command":"echo two >rewritten"}}}' '''
        [[handler]]
        name = "after"
        on = "PostToolUse"
        tools = "Bash"
        run = "echo FOUND-AFTER >&2; exit 2"
        [[handler]]
        name = "stop"
        on = "Stop"
        can_block = true
        run = "echo FIX-IT-FIRST >&2; exit 2"
        "#,
        &api,
    );
    let (_, runs) = session(&rig, agents);
    let asked = asked.all();
    let inputs: Vec<String> = asked.iter().map(|body| body["input"].to_string()).collect();
    assert!(inputs[0].contains("SAID-AT-THE-START") && inputs[0].contains("SAID-OF WORK"), "{}", inputs[0]);
    assert!(inputs[1].contains("FOUND-AFTER"), "{}", inputs[1]);
    let project = rig.path("project");
    assert!(project.join("ran").exists() && project.join("rewritten").exists() && !project.join("rewrite-me").exists());
    let told = inputs.iter().filter(|input| input.contains("FIX-IT-FIRST")).count();
    assert_eq!(told, 1, "the agent goes on once");
    let outcomes =
        |handler: &str| -> Vec<&str> { runs.iter().filter(|run| run.0 == handler).map(|run| run.2.as_str()).collect() };
    assert_eq!(outcomes("user:stop"), ["blocked", "held"]);
    assert_eq!((outcomes("user:begin"), outcomes("user:prompt")), (vec!["succeeded"], vec!["succeeded"]));
    assert_eq!((outcomes("user:rewrite").len(), outcomes("user:after").len()), (2, 2));
}

#[test]
fn what_it_would_fail_for_is_kept_from_it() {
    let Some(agents) = npm::agents() else { return };
    let (api, asked) = api(vec![Script::new("main").then(&[exec("echo one >ran")])]);
    let rig = rig(
        r#"
        [[handler]]
        name = "unknown"
        on = ["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop", "SessionEnd"]
        run = '''echo '{"no_such_key":1,"suppressOutput":true,"hookSpecificOutput":{"sessionTitle":"T","additionalContext":"SAID-ALL-THE-SAME"}}' '''
        [[handler]]
        name = "rubbish"
        on = "PreToolUse"
        run = "printf '{\"decision\":'"
        [[handler]]
        name = "ask"
        on = "PreToolUse"
        run = '''echo '{"hookSpecificOutput":{"permissionDecision":"ask","permissionDecisionReason":"unasked"}}' '''
        [[handler]]
        name = "hang"
        on = "PreToolUse"
        timeout = "200ms"
        run = "sleep 600"
        [[handler]]
        name = "last"
        on = "SessionEnd"
        run = "touch ended"
        "#,
        &api,
    );
    let (said, runs) = session(&rig, agents);
    let project = rig.path("project");
    assert!(project.join("ran").exists(), "the call ran");
    assert!(project.join("ended").exists());
    assert!(asked.holds("SAID-ALL-THE-SAME"));
    // It tells what becomes of each hook: none of the five at the session's own events has failed.
    let told = |end: &str| said.stderr.lines().filter(|line| line.starts_with("hook: ") && line.ends_with(end)).count();
    assert_eq!((told(" Completed"), told("")), (5, 10), "{}", said.stderr);
    let outcomes =
        |handler: &str| -> Vec<&str> { runs.iter().filter(|run| run.0 == handler).map(|run| run.2.as_str()).collect() };
    assert_eq!(outcomes("user:rubbish"), ["refused"]);
    assert_eq!((outcomes("user:ask"), outcomes("user:hang")), (vec!["refused"], vec!["timed_out"]));
    assert!(outcomes("user:unknown").iter().all(|outcome| *outcome == "refused"), "{runs:?}");
}

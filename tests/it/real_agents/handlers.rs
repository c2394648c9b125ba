//! Handlers with the real Claude Code: what they say is what the model is told, and nothing they do is in its way.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::claude_code::{self, bash};
use super::script::{MARK, Script};
use super::{messages, npm};
use crate::http::{Request, Server};
use crate::rig::{Rig, binary};

/// The service, and the bodies of all that was asked of it.
pub(super) fn service(scripts: Vec<Script>) -> (Server, Arc<Mutex<Vec<Value>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::start(move |request: &Request| {
        let body = request.json();
        // Requests without tools ask for titles and summaries, not for the next turn.
        if body["tools"].as_array().is_some_and(|tools| !tools.is_empty()) {
            seen.lock().unwrap().push(body["messages"].clone());
        }
        messages::answer(request, &scripts)
    });
    (server, asked)
}

/// A rig whose Claude Code has the hook, with these handlers of the person.
pub(super) fn rig(handlers: &str) -> Rig {
    let mut rig = Rig::new();
    rig.serve();
    fs::create_dir_all(rig.state()).unwrap();
    fs::write(rig.state().join("hookrail.toml"), handlers).unwrap();
    let mut install = rig.hookrail(&["install", "claude-code", "--scope", "user"]);
    install.env("HOOKRAIL_SERVER", rig.url());
    rig.succeed(install, b"");
    rig
}

/// Runs a session and gives its id; its result must be the script's.
pub(super) fn session(rig: &Rig, claude: Command) -> String {
    let said = rig.succeed(claude, b"");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["result"], "All done.", "{result}");
    rig.succeed(rig.ship_once(), b"");
    result["session_id"].as_str().unwrap().to_owned()
}

/// The runs of handlers that the server has of a session: handler, event and outcome.
pub(super) fn runs(rig: &Rig, session: &str) -> Vec<(String, String, String)> {
    let events = rig.all(&format!("/api/v1/sessions/{session}/events"));
    let runs = events.iter().filter(|event| event["kind"] == "handler.ran").map(|event| &event["payload"]);
    let text = |run: &Value, key: &str| run[key].as_str().unwrap().to_owned();
    runs.map(|run| (text(run, "handler"), text(run, "on"), text(run, "outcome"))).collect()
}

fn outcomes(runs: &[(String, String, String)], handler: &str) -> Vec<String> {
    runs.iter().filter(|run| run.0 == handler).map(|run| run.2.clone()).collect()
}

#[test]
fn what_handlers_say_is_in_the_request_that_the_model_receives() {
    let Some(agents) = npm::agents() else { return };
    // One in a shell, one in Python, one a compiled program.
    let rig = rig(&format!(
        r#"
        [[handler]]
        name = "begin"
        on = "SessionStart"
        run = "echo SAID-AT-THE-START; git rev-parse 2>/dev/null; true"
        [[handler]]
        name = "prompt"
        on = "UserPromptSubmit"
        run = ["python3", "-c", "import json,sys; print(json.dumps({{'hookSpecificOutput': {{'hookEventName': 'UserPromptSubmit', 'additionalContext': 'SAID-OF ' + json.load(sys.stdin)['prompt'][-4:]}}}}))"]
        [[handler]]
        name = "compiled"
        on = "PostToolUse"
        tools = "Bash"
        run = ["{}", "--version"]
        "#,
        binary("hookrail").display()
    ));
    let (api, asked) = service(vec![Script::new("main").then(&[bash("echo one")])]);
    let claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the WORK"));
    let session = session(&rig, claude);
    let asked = asked.lock().unwrap().clone();
    let first = asked[0].to_string();
    assert!(first.contains("SAID-AT-THE-START") && first.contains("SAID-OF WORK"), "{first}");
    assert!(asked[1].to_string().contains(concat!("hookrail ", env!("CARGO_PKG_VERSION"))), "{}", asked[1]);
    let runs = runs(&rig, &session);
    for (handler, event) in
        [("user:begin", "SessionStart"), ("user:prompt", "UserPromptSubmit"), ("user:compiled", "PostToolUse")]
    {
        assert!(runs.contains(&(handler.into(), event.into(), "succeeded".into())), "{runs:?}");
    }
}

#[test]
fn a_handler_of_a_trusted_project_blocks_the_end_of_a_turn_once_and_only_once() {
    let Some(agents) = npm::agents() else { return };
    let rig = rig("");
    let folder = rig.path("project").join(".claude/hooks");
    fs::create_dir_all(&folder).unwrap();
    let script =
        "#!/bin/bash\n# hookrail: can_block = true\n[[ -n $HOOKRAIL_SESSION ]] && echo 'FIX-IT-FIRST' >&2 && exit 2\n";
    fs::write(folder.join("stop-lint.bash"), script).unwrap();

    let run = |expected: &[&str]| {
        let (api, asked) = service(vec![Script::new("main").then(&[bash("echo one")])]);
        let claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
        let session = session(&rig, claude);
        let asked = asked.lock().unwrap().clone();
        let told = asked.iter().filter(|messages| messages.to_string().contains("FIX-IT-FIRST")).count();
        assert_eq!(outcomes(&runs(&rig, &session), "project:stop-lint"), expected, "{asked:?}");
        told
    };
    assert_eq!(run(&[]), 0, "nobody has trusted it");
    rig.succeed(rig.hookrail(&["handlers", "trust"]), b"");
    assert_eq!(run(&["blocked", "held"]), 1, "the agent goes on once");
    fs::write(folder.join("stop-lint.bash"), format!("{script}# changed\n")).unwrap();
    assert_eq!(run(&[]), 0, "what has changed is not trusted any more");
}

#[test]
fn handlers_that_misbehave_leave_the_session_unharmed() {
    let Some(agents) = npm::agents() else { return };
    let rig = rig(&format!(
        r#"
        [[handler]]
        name = "hang"
        on = "PreToolUse"
        run = "trap '' TERM; sleep 600 & wait; sleep 600"
        timeout = "200ms"
        can_block = true
        [[handler]]
        name = "flood"
        on = "PreToolUse"
        run = "yes"
        [[handler]]
        name = "rubbish"
        on = "PreToolUse"
        run = "printf '\\377\\376{{\"permissionDecision\":'; exit 1"
        [[handler]]
        name = "half"
        on = "PreToolUse"
        run = "printf '{{\"hookSpecificOutput\":{{\"permissionDecision\":\"deny\"'"
        can_block = true
        [[handler]]
        name = "daemon"
        on = "PreToolUse"
        run = "setsid sleep 30 & exit 0"
        [[handler]]
        name = "missing"
        on = "PreToolUse"
        run = ["./no-such-program"]
        [[handler]]
        name = "unasked"
        on = "PreToolUse"
        run = "exit 2"
        [[handler]]
        name = "agent"
        on = "UserPromptSubmit"
        run = "{} -p 'SCRIPT=inner Say something' --permission-mode bypassPermissions >/dev/null 2>&1"
        timeout = "100s"
        "#,
        agents.claude_code.display()
    ));
    let (api, _) = service(vec![
        Script::new("main").then(&[bash("echo one >ran")]),
        Script::new("inner").then(&[bash("echo two >inner")]),
    ]);
    let claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
    let session = session(&rig, claude);
    assert!(rig.path("project").join("ran").exists(), "the call ran");
    assert!(rig.path("project").join("inner").exists(), "the agent inside a handler ran too");
    let found = runs(&rig, &session);
    for (handler, outcome) in [
        ("user:hang", "timed_out"),
        ("user:flood", "flooded"),
        ("user:rubbish", "refused"),
        ("user:half", "refused"),
        ("user:daemon", "succeeded"),
        ("user:missing", "missing"),
        ("user:unasked", "refused"),
        ("user:agent", "succeeded"),
    ] {
        assert_eq!(outcomes(&found, handler), [outcome], "{handler}: {found:?}");
    }
    // The inner agent's session is recorded, and nobody handled it.
    let sessions = rig.all("/api/v1/sessions");
    let inner = sessions.iter().find(|other| other["id"] != session.as_str()).unwrap();
    assert_eq!(runs(&rig, inner["id"].as_str().unwrap()), []);
}

#[test]
fn a_variable_of_a_file_is_in_the_next_shell_and_an_edit_is_checked() {
    let Some(agents) = npm::agents() else { return };
    let rig = rig(r#"
        [[handler]]
        name = "env"
        on = "SessionStart"
        use = "environment"
        with = { allow = ["APP_*"] }
        [[handler]]
        name = "validate"
        on = "PostToolUse"
        tools = "Write|Edit"
        use = "validate"
        [handler.with.check]
        "*.py" = "python3 -m py_compile {}"
        "#);
    let project = rig.path("project");
    fs::write(project.join(".env"), "APP_WORD=\"of the $NONE file\"\n").unwrap();
    let file = project.join("a.py");
    let script = Script::new("main")
        .then(&[bash("printf %s \"$APP_WORD\" >word")])
        .then(&[("Write", json!({"file_path": &file, "content": "def broken(:\n"}))]);
    let (api, asked) = service(vec![script]);
    let claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
    session(&rig, claude);
    assert_eq!(fs::read_to_string(project.join("word")).unwrap(), "of the  file");
    let last = asked.lock().unwrap().last().unwrap().to_string();
    assert!(last.contains("SyntaxError") && last.contains("a.py"), "the model reads what was found: {last}");
}

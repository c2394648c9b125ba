//! Codex.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::compare::{Recorded, check};
use super::responses::SPAWNED;
use super::script::{MARK, Script};
use super::tee::Tee;
use super::{FORBIDDEN, RULE, denied, history, npm, responses};
use crate::rig::Rig;

pub(crate) fn exec(command: &str) -> (&'static str, Value) {
    ("exec_command", json!({"cmd": command}))
}

/// A session with calls in parallel, a failure, a patch, a denied command and a subagent with calls of its own.
fn scripts() -> Vec<Script> {
    let patch = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a.py\n+print('hi')\n*** End Patch\nEOF\n";
    let main = Script::new("main")
        .then(&[exec("echo one")])
        .then(&[exec("echo two"), exec("echo three")])
        .then(&[exec(patch)])
        .then(&[exec("exit 3")])
        .then(&[exec(&denied())])
        .then(&[("multi_agent_v1/spawn_agent", json!({"message": format!("{MARK}sub Look around.")}))])
        .then(&[("multi_agent_v1/wait_agent", json!({"targets": [SPAWNED], "timeout_ms": 60_000}))])
        .then(&[exec("cat a.py")]);
    let sub = Script::new("sub").then(&[exec("ls")]).then(&[exec("pwd")]);
    vec![main, sub]
}

/// Its settings, with `api` as the only model there is.
pub(crate) fn config(api: &str) -> String {
    format!(
        "model = \"gpt-5\"\nmodel_provider = \"scripted\"\n\n[model_providers.scripted]\nname = \"scripted\"\nbase_url = \"{api}/v1\"\nwire_api = \"responses\"\nenv_key = \"SCRIPTED_KEY\"\n"
    )
}

/// A whole session, which tells what becomes of each hook on its way.
pub(crate) fn command(rig: &Rig, agents: &npm::Agents, prompt: &str) -> Command {
    let mut codex = rig.command(&agents.codex);
    codex
        .args([
            "exec",
            "--dangerously-bypass-hook-trust",
            "--dangerously-bypass-approvals-and-sandbox",
            "--skip-git-repo-check",
            prompt,
        ])
        .env("SCRIPTED_KEY", "dummy");
    codex
}

#[test]
fn every_event_of_codex_is_recorded_once_and_a_deny_denies() {
    let Some(agents) = npm::agents() else { return };
    let mut rig = Rig::new();
    rig.serve();
    let project = rig.path("project");
    let api = responses::start(scripts());

    let home = rig.home().join(".codex");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("config.toml"), config(&api.url())).unwrap();
    let mut install = rig.hookrail(&["install", "codex", "--scope", "user"]);
    install.env("HOOKRAIL_SERVER", rig.url());
    rig.succeed(install, b"");
    let tee = Tee::new(rig.path("tee"));
    tee.register(&home.join("hooks.json"));

    let mut codex = command(&rig, agents, &format!("{MARK}main Do the work."));
    codex.env("HOOKRAIL_SERVER", rig.url());
    let said = rig.succeed(codex, b"");
    assert!(said.stdout.contains("All done."), "{}\n{}", said.stdout, said.stderr);

    rig.succeed(rig.ship_once(), b"");
    let seen = tee.seen();
    let names: Vec<&str> = seen.iter().filter_map(|event| event["hook_event_name"].as_str()).collect();
    for name in ["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"] {
        assert!(names.contains(&name), "the agent fired no {name}: {names:?}");
    }
    let session = seen[0]["session_id"].as_str().unwrap();
    let recorded = Recorded::read(&rig, session);
    check(&seen, &recorded);

    // Nine calls of the session's own agent, two of its subagent. Codex does not tell how a call that ran ended.
    assert_eq!(recorded.tools.len(), 11);
    assert_eq!(recorded.outcome("call_main_0_0"), "unknown");
    assert_eq!(recorded.outcome("call_main_4_0"), "denied");
    let [subagent] = recorded.subagents.as_slice() else { panic!("one subagent: {:?}", recorded.subagents) };
    assert_eq!((&subagent["tool_use_id"], &subagent["tool_calls"]), (&json!("call_main_5_0"), &json!(2)));
    assert!(!project.join(FORBIDDEN).exists(), "the denied command ran");
    let by = |event: &Value| event["verdict"]["rule"] == RULE && event["verdict"]["decision"] == "deny";
    assert!(recorded.events.iter().any(by), "the record names the rule");
    assert_eq!(fs::read_to_string(project.join("a.py")).unwrap(), "print('hi')\n", "the allowed ones did");

    let after = history::adds_only_what_hooks_did_not_tell(&rig, "codex", &recorded);
    assert_eq!(
        (after.outcome("call_main_0_0"), after.outcome("call_main_3_0")),
        (&json!("succeeded"), &json!("failed"))
    );
    assert!(after.session["output_tokens"].as_u64() > Some(0), "{}", after.session);
}

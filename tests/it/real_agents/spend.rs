//! A limit of spending, with the real agents: what they write down of the first request reaches it, and the second call does not run.

use std::fs;
use std::process::Command;

use super::claude_code::{self, bash};
use super::script::{MARK, Script};
use super::{codex, messages, npm, responses};
use crate::http::Server;
use crate::rig::Rig;

/// A limit that one request reaches.
const LIMIT: &str = "[[spend]]\nid = \"tiny\"\nper = \"session\"\nlimit = 0.000001\nmode = \"stop\"\n";

/// An agent with the hook and the limit, and no server: what is spent is counted on the device.
fn limited(agent: &str) -> Rig {
    let rig = Rig::new();
    fs::create_dir_all(rig.state()).unwrap();
    fs::write(rig.state().join("policy.toml"), LIMIT).unwrap();
    if agent == "codex" {
        fs::create_dir(rig.home().join(".codex")).unwrap();
    }
    rig.succeed(rig.hookrail(&["install", agent, "--scope", "user"]), b"");
    rig
}

/// A call that runs until the first request is counted, and one that makes a file.
fn script(call: impl Fn(&str) -> (&'static str, serde_json::Value)) -> Script {
    let counted = "for n in $(seq 600); do test -e ../home/.hookrail/spend/reached && break; sleep 0.1; done";
    Script::new("main").then(&[call(counted)]).then(&[call("touch made")])
}

#[track_caller]
fn is_stopped(rig: &Rig, agent: Command) {
    let said = rig.run(agent, b"");
    let stopped = rig.succeed(rig.hookrail(&["stopped", "--json"]), b"").stdout;
    assert!(!rig.path("project/made").exists(), "the second call ran: {said:?}");
    let lines: Vec<&str> = stopped.lines().collect();
    assert!(
        lines.len() == 1 && lines[0].contains("spend.tiny") && lines[0].contains("touch made"),
        "{stopped}{said:?}"
    );
}

#[test]
fn claude_code_is_stopped_by_a_limit_of_spending() {
    let Some(agents) = npm::agents() else { return };
    let rig = limited("claude-code");
    let scripts = vec![script(bash)];
    let api = Server::start(move |request| messages::answer(request, &scripts));
    let mut claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
    claude.args(["--permission-mode", "bypassPermissions"]);
    is_stopped(&rig, claude);
}

#[test]
fn codex_is_stopped_by_a_limit_of_spending() {
    let Some(agents) = npm::agents() else { return };
    let rig = limited("codex");
    let scripts = vec![script(codex::exec)];
    let api = Server::start(move |request| responses::answer(request, &scripts));
    fs::write(rig.home().join(".codex/config.toml"), codex::config(&api.url())).unwrap();
    is_stopped(&rig, codex::command(&rig, agents, &format!("{MARK}main Do the work.")));
}

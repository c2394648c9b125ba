//! What `hookrail init` writes, with the real Claude Code: nothing else is installed, and every handler does its part.

use std::fs;

use serde_json::json;

use super::claude_code::{self, bash};
use super::handlers::{runs, service, session};
use super::npm;
use super::script::{MARK, Script};
use crate::rig::Rig;

#[test]
fn a_project_is_ready_after_one_command() {
    let Some(agents) = npm::agents() else { return };
    let mut rig = Rig::new();
    rig.serve();
    let project = rig.path("project");
    fs::create_dir_all(&project).unwrap();
    fs::write(project.join("package.json"), r#"{"scripts":{"test":"echo SHOP-IS-BROKEN; exit 1"}}"#).unwrap();
    // The tests of a project that is not set up yet are nobody's matter.
    fs::create_dir(project.join("node_modules")).unwrap();
    let mut init = rig.hookrail(&["init", "--trust"]);
    init.env("HOOKRAIL_SERVER", rig.url());
    let said = rig.succeed(init, b"").stdout;
    assert!(said.contains("new         .claude/settings.local.json"), "{said}");

    let write = |name: &str, text: &str| ("Write", json!({"file_path": project.join(name), "content": text}));
    let (api, asked) = service(vec![
        Script::new("main")
            .then(&[write("package-lock.json", "{}")])
            .then(&[write("broken.toml", "a = \n"), write("a.js", "x\n")])
            .then(&[bash("echo one")]),
    ]);
    let claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
    let session = session(&rig, claude);
    let asked = asked.lock().unwrap().clone();
    assert!(asked[0].to_string().contains("To test: npm run test"), "{}", asked[0]);
    let last = asked.last().unwrap().to_string();
    for part in ["Not to be edited: package-lock.json", "broken.toml: ", "SHOP-IS-BROKEN"] {
        assert!(last.contains(part), "{part}: {last}");
    }
    assert!(!project.join("package-lock.json").exists() && project.join("a.js").exists());

    let runs = runs(&rig, &session);
    let count = |handler: &str, outcome: &str| runs.iter().filter(|run| run.0 == handler && run.2 == outcome).count();
    assert_eq!((count("project:stop-test", "blocked"), count("project:stop-test", "held")), (1, 1), "{runs:?}");
    assert_eq!(count("project:pre-tool-use-paths", "blocked"), 1, "{runs:?}");
    assert!(!runs.iter().any(|run| ["failed", "refused", "missing", "timed_out"].contains(&&*run.2)), "{runs:?}");
}

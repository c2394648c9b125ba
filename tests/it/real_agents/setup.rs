//! Set-up and maintenance with the real Claude Code: its own switches run the steps, and the model is told what came of them.

use std::fs;

use serde_json::json;

use super::claude_code::{self, bash};
use super::handlers::{rig, runs, service, session};
use super::npm;
use super::script::{MARK, Script};
use crate::rig::binary;

const STEPS: &str = r#"
    [[setup.init]]
    name = "packages"
    run = "echo installing; touch packages"
    inputs = []
    [[setup.init]]
    name = "optional"
    run = "echo THE-CAUSE >&2; exit 3"
    required = false
    [[setup.maintenance]]
    name = "clean"
    run = "rm packages"
"#;

#[test]
fn its_switches_run_the_steps_and_the_model_is_told() {
    let Some(agents) = npm::agents() else { return };
    let rig = rig("");
    let project = rig.path("project");
    fs::write(project.join("hookrail.toml"), STEPS).unwrap();
    // A session with this switch, and all that its model was told.
    let run = |switch: &str| {
        let (api, asked) = service(vec![Script::new("main").then(&[bash("echo one")])]);
        let prompt = format!("{MARK}main Do the work.");
        let mut claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &prompt);
        claude.arg(switch);
        let session = session(&rig, claude);
        let told = asked.lock().unwrap()[0].to_string();
        (runs(&rig, &session), told)
    };
    let run_of = |step: &str, outcome: &str| ("setup:".to_owned() + step, "Setup".to_owned(), outcome.to_owned());

    let (found, told) = run("--init");
    assert!(found.is_empty() && !project.join("packages").exists(), "nobody trusts it: {found:?}");
    assert!(
        told.contains("hookrail setup init: no step was run") && told.contains("hookrail handlers trust"),
        "{told}"
    );

    rig.succeed(rig.hookrail(&["handlers", "trust"]), b"");
    let (found, told) = run("--init");
    assert_eq!(found, [run_of("init.packages", "succeeded"), run_of("init.optional", "failed")]);
    assert!(project.join("packages").exists());
    for part in
        ["hookrail setup init succeeded", "- packages succeeded", "- optional failed with exit code 3", "THE-CAUSE"]
    {
        assert_eq!(told.matches(part).count(), 1, "{part}: {told}");
    }

    let (found, told) = run("--maintenance");
    assert_eq!(found, [run_of("maintenance.clean", "succeeded")]);
    assert!(told.contains("hookrail setup maintenance succeeded") && !project.join("packages").exists(), "{told}");

    // Without a prompt and without a model: the same steps, for whoever prepares a machine.
    let session = claude_code::command(&rig, &agents.claude_code, "http://127.0.0.1:9", "");
    let mut claude = rig.command(&agents.claude_code);
    claude.arg("--init-only").envs(session.get_envs().filter_map(|(name, value)| Some((name, value?))));
    rig.succeed(claude, b"");
    let log = fs::read_to_string(project.join(".hookrail/setup.init.log")).unwrap();
    assert_eq!(log.matches("=== setup init began ").count(), 2);
    assert!(log.contains("--- packages was not needed: its inputs are unchanged"), "{log}");
}

#[test]
fn its_command_leads_it_through_the_steps_and_asks_for_no_more_than_it_may() {
    let Some(agents) = npm::agents() else { return };
    let rig = rig("");
    let project = rig.path("project");
    fs::write(project.join("hookrail.toml"), STEPS).unwrap();
    rig.succeed(rig.hookrail(&["setup", "commands", "--write"]), b"");
    let results = json!({"file_path": project.join("install_results.md"), "content": "It is set up.\n"});
    let script = Script::new("main").then(&[bash("hookrail setup init")]).then(&[("Write", results)]);
    let (api, asked) = service(vec![script]);
    let program = binary("hookrail");
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("/install {MARK}main"));
    // Nobody is there to be asked: what the file does not allow is denied.
    claude.args(["--permission-mode", "default"]).env("PATH", path);
    session(&rig, claude);
    let asked = asked.lock().unwrap().clone();
    assert!(asked[0].to_string().contains("Do not do its steps by hand"), "{}", asked[0]);
    assert!(asked[1].to_string().contains("packages succeeded in"), "{}", asked[1]);
    assert!(project.join("packages").exists());
    assert_eq!(fs::read_to_string(project.join("install_results.md")).unwrap(), "It is set up.\n");
    // Other commands it may not run unasked.
    let (api, _) = service(vec![Script::new("other").then(&[bash("touch by-hand")])]);
    let mut claude = claude_code::command(&rig, &agents.claude_code, &api.url(), &format!("/install {MARK}other"));
    claude.args(["--permission-mode", "default"]);
    session(&rig, claude);
    assert!(!project.join("by-hand").exists(), "the steps are not done by hand");
}

//! The real agents exporting by OTLP beside their hooks: joined to the same session, calls and ledger.

use std::fs;

use serde_json::Value;

use super::claude_code::{bash, command};
use super::codex::exec;
use super::script::{MARK, Script};
use super::{messages, npm, responses};
use crate::rig::{Rig, until};

/// What hooks and telemetry together must have made of a session.
fn check(rig: &Rig, session: &str, calls: usize, how: &str) -> Value {
    let path = format!("/api/v1/sessions/{session}");
    let told = until(&format!("telemetry over {how}"), || {
        let told = rig.json(&format!("{path}/reconciliation"));
        let sources = told["sources"].as_array().unwrap().clone();
        let by = |name: &str| sources.iter().find(|source| source["source"] == name).cloned();
        let (hook, telemetry) = (by("hook")?, by("telemetry")?);
        let all = |source: &Value| source["tool_calls"].as_u64() == Some(calls as u64);
        (all(&hook) && all(&telemetry) && telemetry["model_requests"].as_u64() > Some(1)).then_some(told)
    });
    assert_eq!((told["tool_calls"].as_u64(), told["calls_no_hook_reported"].as_u64()), (Some(calls as u64), Some(0)));
    let tools = rig.all(&format!("{path}/tools"));
    let joined = tools.iter().all(|call| call["sources"].as_array().is_some_and(|sources| sources.len() == 2));
    assert!(joined && tools.len() == calls, "{how}: {tools:?}");
    assert!(tools.iter().all(|call| call["outcome"] == "succeeded"), "{how}: {tools:?}");
    let session = rig.json(&path);
    assert_eq!(session["prompts"], 1, "{how}: a prompt told twice is one: {session}");
    assert!(session["output_tokens"].as_u64() > Some(0) && session["requests"].as_u64() > Some(1), "{how}: {session}");
    session
}

#[test]
fn claude_code_exports_over_every_protocol() {
    let Some(agents) = npm::agents() else { return };
    for protocol in ["http/json", "http/protobuf", "grpc"] {
        let mut rig = Rig::new();
        rig.serve();
        let mut install = rig.hookrail(&["install", "claude-code", "--scope", "user"]);
        install.env("HOOKRAIL_SERVER", rig.url());
        rig.succeed(install, b"");
        let script = Script::new("main").then(&[bash("echo one")]).then(&[bash("echo two"), bash("echo three")]);
        let api = messages::start(vec![script]);
        let mut claude = command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
        claude
            .env("HOOKRAIL_SERVER", rig.url())
            .env("CLAUDE_CODE_ENABLE_TELEMETRY", "1")
            .env("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1")
            .env("OTEL_LOGS_EXPORTER", "otlp")
            .env("OTEL_METRICS_EXPORTER", "otlp")
            .env("OTEL_TRACES_EXPORTER", "otlp")
            .env("OTEL_LOG_USER_PROMPTS", "1")
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", rig.url());
        let said = rig.succeed(claude, b"");
        let result: Value = serde_json::from_str(&said.stdout).unwrap();
        rig.succeed(rig.ship_once(), b"");

        let id = result["session_id"].as_str().unwrap();
        let session = check(&rig, id, 3, protocol);
        // The cost is the agent's own word, to the millionth; counters, spans and log records of one request are one.
        let told = (result["total_cost_usd"].as_f64().unwrap() * 1e6).round();
        assert_eq!(session["cost_microusd"].as_f64(), Some(told), "{protocol}: {session}");
        assert_eq!(session["cost_estimated"], false, "{protocol}");
        for kind in ["hook.measured", "telemetry.span", "telemetry.metric", "tool.decided"] {
            let events = rig.json(&format!("/api/v1/sessions/{id}/events?kind={kind}"));
            assert!(!events["items"].as_array().unwrap().is_empty(), "{protocol}: no {kind}");
        }
    }
}

#[test]
fn codex_exports_and_tells_what_its_hooks_do_not() {
    let Some(agents) = npm::agents() else { return };
    for protocol in ["binary", "json"] {
        let mut rig = Rig::new();
        rig.serve();
        let script = Script::new("main").then(&[exec("echo one")]).then(&[exec("echo two")]);
        let api = responses::start(vec![script]);
        let home = rig.home().join(".codex");
        fs::create_dir(&home).unwrap();
        let (url, api) = (rig.url(), api.url());
        let config = format!(
            "model = \"gpt-5\"\nmodel_provider = \"scripted\"\n\n\
             [model_providers.scripted]\nname = \"scripted\"\nbase_url = \"{api}/v1\"\nwire_api = \"responses\"\nenv_key = \"SCRIPTED_KEY\"\n\n\
             [otel]\nlog_user_prompt = true\n\
             exporter = {{ otlp-http = {{ endpoint = \"{url}/v1/logs\", protocol = \"{protocol}\" }} }}\n"
        );
        fs::write(home.join("config.toml"), config).unwrap();
        let mut install = rig.hookrail(&["install", "codex", "--scope", "user"]);
        install.env("HOOKRAIL_SERVER", rig.url());
        rig.succeed(install, b"");
        let mut codex = rig.command(&agents.codex);
        codex
            .args(["exec", "--dangerously-bypass-hook-trust", "--dangerously-bypass-approvals-and-sandbox"])
            .args(["--skip-git-repo-check", "--json"])
            .arg(format!("{MARK}main Do the work."))
            .env("SCRIPTED_KEY", "dummy")
            .env("HOOKRAIL_SERVER", rig.url());
        rig.succeed(codex, b"");
        rig.succeed(rig.ship_once(), b"");

        let sessions = rig.all("/api/v1/sessions");
        let id = sessions[0]["id"].as_str().unwrap();
        // Codex's hooks do not say how a call ended; its telemetry does, which `check` asks for.
        let session = check(&rig, id, 2, protocol);
        assert!(
            session["cost_microusd"].as_i64() > Some(0) && session["cost_estimated"] == true,
            "{protocol}: {session}"
        );
    }
}

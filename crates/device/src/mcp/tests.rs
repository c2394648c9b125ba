#![allow(clippy::unwrap_used)]
use std::borrow::Cow;
use std::fs;
use std::path::Path;

use hookrail_core::event::Agent;
use hookrail_core::wire::{Content, Record};
use hookrail_hook::spool::Spool;
use serde_json::value::RawValue;

use super::*;

/// What must never be told of any entry, wherever it stands.
const SECRET: &str = "s3cr3t-Value-9";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn places(root: &Path) -> Places {
    Places { home: root.join("home"), project: root.join("shop"), claude_config_dir: None, codex_home: None }
}

fn lines(inventory: &Inventory, root: &Path) -> Vec<String> {
    let of = |server: &McpServer| {
        let project =
            server.project.as_deref().map(|path| path.replace(&root.display().to_string(), "")).unwrap_or_default();
        format!(
            "{} {} {project} {} {} {} {}",
            server.agent,
            server.scope,
            server.server,
            server.transport,
            server.origin.as_deref().unwrap_or("-"),
            if server.enabled { "on" } else { "off" },
        )
    };
    inventory.servers.iter().map(of).collect()
}

#[test]
fn servers_are_read_from_every_agents_own_settings_without_what_is_secret() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let other = root.join("other");
    fs::create_dir_all(&other).unwrap();
    let claude = serde_json::json!({
        "history": [SECRET],
        "mcpServers": {
            "github": {"type": "http", "url": format!("https://me:{SECRET}@api.githubcopilot.com/mcp/?k={SECRET}"), "headers": {"Authorization": SECRET}},
            "db": {"command": "npx", "args": ["-y", "@acme/mcp-postgres", "--key", SECRET], "env": {"KEY": SECRET}},
        },
        "projects": {
            root.join("shop").display().to_string(): {"mcpServers": {"local one": {"command": format!("/opt/{SECRET}/bin/tool"), "args": [SECRET]}}},
            other.display().to_string(): {"mcpServers": {}},
        },
    });
    write(&root.join("home/.claude.json"), &claude.to_string());
    write(&root.join("shop/.mcp.json"), r#"{"mcpServers":{"sse":{"type":"sse","url":"https://x.example/sse"}}}"#);
    write(&root.join("other/.mcp.json"), r#"{"mcpServers":{"githud":{"command":"node","args":["server.js"]}}}"#);
    let codex = format!(
        "[mcp_servers.docs]\ncommand = \"uvx\"\nargs = [\"mcp-docs\", \"{SECRET}\"]\nenabled = false\n[mcp_servers.docs.env]\nK = \"{SECRET}\"\n"
    );
    write(&root.join("home/.codex/config.toml"), &codex);
    write(
        &root.join("home/.cursor/mcp.json"),
        "{\n// mine\n\"mcpServers\":{\"linear\":{\"url\":\"https://mcp.linear.app/sse\"},},}",
    );
    write(
        &root.join("shop/.gemini/settings.json"),
        r#"{"theme":"x","mcpServers":{"g":{"httpUrl":"http://localhost:9/mcp"}}}"#,
    );
    let inventory = Inventory::look(&places(root), Some(&["github".to_owned(), "d*".to_owned()]));
    assert_eq!(
        lines(&inventory, root),
        [
            "claude-code local /shop local_one stdio tool on",
            "claude-code project /other githud stdio node on",
            "claude-code project /shop sse sse x.example on",
            "claude-code user  db stdio npx @acme/mcp-postgres on",
            "claude-code user  github http api.githubcopilot.com on",
            "codex user  docs stdio uvx mcp-docs off",
            "cursor user  linear http mcp.linear.app on",
            "gemini project /shop g http localhost:9 on",
        ]
    );
    let approved: Vec<_> = inventory.servers.iter().map(|server| server.approved == Some(true)).collect();
    assert_eq!(approved, [false, false, false, true, true, true, false, false]);
    assert_eq!(inventory.persons_own().into_iter().collect::<Vec<_>>(), ["db", "docs", "github", "linear"]);
    assert!(inventory.unread.is_empty());
    let told = serde_json::to_string(&inventory.report()).unwrap();
    assert!(!told.contains(SECRET), "{told}");
}

#[test]
fn what_could_not_be_read_is_not_empty() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("home/.claude.json"), "{ \"mcpServers\": ");
    write(&root.join("home/.codex/config.toml"), "[mcp_servers\n");
    fs::create_dir_all(root.join("home/.cursor/mcp.json")).unwrap();
    write(&root.join("home/.gemini/settings.json"), "");
    let inventory = Inventory::look(&places(root), None);
    assert!(inventory.servers.is_empty());
    let unread: Vec<&str> = inventory.unread.iter().map(|file| file.agent.as_str()).collect();
    assert_eq!(unread, ["claude-code", "codex", "cursor"]);
    assert!(inventory.unread.iter().all(|file| !file.reason.is_empty()));
    assert!(Inventory::look(&places(&root.join("nowhere")), None).unread.is_empty(), "what is not there is empty");
}

#[test]
fn a_server_that_is_called_and_not_configured_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("state"));
    let payload = |tool: &str| {
        format!(r#"{{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"{tool}","tool_input":{{}}}}"#)
    };
    for tool in ["mcp__github__x", "mcp__shadow__x", "mcp__shadow__y", "Bash"] {
        let content = Content::Json(Cow::Owned(RawValue::from_string(payload(tool)).unwrap()));
        let record = Record::new(Agent::ClaudeCode, &content);
        let line = serde_json::to_string(&record).unwrap() + "\n";
        Spool::at(home.spool()).append(line.as_bytes()).unwrap();
    }
    let known = McpServer { agent: "claude-code".into(), server: "github".into(), ..McpServer::default() };
    let inventory = Inventory { servers: vec![known], unread: Vec::new() };
    assert_eq!(inventory.seen_only(&home), [("claude-code".to_owned(), "shadow".to_owned())]);
}

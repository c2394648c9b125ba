//! Facts about agents that no single fixture shows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails, and says where")]

use hookrail_core::agents::{self, Payload};
use hookrail_core::event::{Actor, Agent, Family, Kind, Outcome};
use hookrail_core::policy::{Decision, Mode, Verdict};
use hookrail_core::time::Timestamp;
use hookrail_core::wire::{Content, MAX_PAYLOAD_BYTES, MAX_RECORD_BYTES, Record};
use serde_json::{Value, json};

fn parse(agent: &Agent, payload: &Value) -> agents::Parsed {
    agents::parse(agent, &payload.to_string())
}

fn mcp(server: Option<&str>, tool: &str) -> Family {
    Family::Mcp { server: server.map(str::to_owned), tool: tool.to_owned() }
}

#[test]
fn tools_belong_to_families() {
    let claude = |name: &str| parse(&Agent::ClaudeCode, &json!({"hook_event_name": "PreToolUse", "tool_name": name}));
    let codex = |name: &str| parse(&Agent::Codex, &json!({"hook_event_name": "PreToolUse", "tool_name": name}));
    let cursor = |name: &str| parse(&Agent::Cursor, &json!({"hook_event_name": "preToolUse", "tool_name": name}));
    let gemini = |name: &str| parse(&Agent::Gemini, &json!({"hook_event_name": "BeforeTool", "tool_name": name}));
    let copilot = |name: &str| parse(&Agent::Copilot, &json!({"toolName": name}));
    for (parsed, family) in [
        (claude("Bash"), Family::Shell),
        (claude("PowerShell"), Family::Shell),
        (claude("Read"), Family::FileRead),
        (claude("NotebookEdit"), Family::FileWrite),
        (claude("Grep"), Family::Search),
        (claude("WebFetch"), Family::Web),
        (claude("Task"), Family::Agent),
        (claude("AskUserQuestion"), Family::Other),
        (claude("ExitPlanMode"), Family::Other),
        (claude("mcp__github__create_issue"), mcp(Some("github"), "create_issue")),
        (claude("mcp__plugin_lint_server__run__all"), mcp(Some("plugin_lint_server"), "run__all")),
        (claude("mcp____x"), Family::Other),
        (claude("mcp__github__"), Family::Other),
        (claude("mcp__github"), Family::Other),
        (codex("apply_patch"), Family::FileWrite),
        (codex("spawn_agent"), Family::Agent),
        (codex("mcp__docs__search"), mcp(Some("docs"), "search")),
        (cursor("Shell"), Family::Shell),
        (cursor("MCP:create_issue"), mcp(None, "create_issue")),
        (cursor("MCP:"), Family::Other),
        (gemini("run_shell_command"), Family::Shell),
        (gemini("mcp_git_hub_create"), mcp(None, "git_hub_create")),
        (gemini("mcp_x"), Family::Other),
        (copilot("bash"), Family::Shell),
        (copilot("github-mcp-server-list_issues"), Family::Other),
    ] {
        assert_eq!(parsed.kind, Kind::ToolRequested);
        let tool = parsed.tool.unwrap();
        assert_eq!(tool.family, family, "{}", tool.name);
    }
}

#[test]
fn a_server_that_the_agent_names_is_believed() {
    let payload = json!({"hook_event_name": "PreToolUse", "tool_name": "mcp__my__server__run", "mcp_server": {"name": "my__server"}});
    assert_eq!(parse(&Agent::ClaudeCode, &payload).tool.unwrap().family, mcp(Some("my__server"), "run"));
    let payload = json!({"hook_event_name": "beforeMCPExecution", "tool_name": "run", "mcp_server_name": "docs"});
    let tool = parse(&Agent::Cursor, &payload).tool.unwrap();
    assert_eq!((tool.name.as_str(), tool.family), ("MCP:run", mcp(Some("docs"), "run")));
    // Without a name, Cursor's MCP hooks tell the URL or the command; a shell's command is none of a server's.
    let cursor = |name: &str, rest: serde_json::Value| {
        let mut payload = json!({"hook_event_name": name, "tool_name": "MCP:list_issues"});
        payload.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        parse(&Agent::Cursor, &payload).tool.unwrap()
    };
    let tool = cursor("beforeMCPExecution", json!({"url": "https://mcp.linear.app/sse"}));
    assert_eq!((tool.name.as_str(), tool.mcp_server()), ("MCP:list_issues", Some("mcp.linear.app")));
    let tool = cursor("afterMCPExecution", json!({"command": "npx -y mcp-linear"}));
    assert_eq!(tool.mcp_server(), Some("npx -y mcp-linear"));
    assert_eq!(cursor("preToolUse", json!({"command": "ls"})).mcp_server(), None);
    assert_eq!(cursor("preToolUse", json!({"mcp_server_name": "linear"})).mcp_server(), Some("linear"));
}

#[test]
fn an_agents_own_tools_for_mcp_take_the_server_from_their_input() {
    for (agent, name) in [
        (Agent::Codex, "list_mcp_resources"),
        (Agent::Codex, "list_mcp_resource_templates"),
        (Agent::Codex, "read_mcp_resource"),
        (Agent::ClaudeCode, "ListMcpResourcesTool"),
        (Agent::ClaudeCode, "ReadMcpResourceTool"),
    ] {
        for (input, server) in [
            (json!({"server": "platform-logs"}), Some("platform-logs")),
            (json!({}), None),
            (json!({"server": "  "}), None),
            (json!({"server": 42}), None),
            (json!(null), None),
        ] {
            let payload = json!({"hook_event_name": "PreToolUse", "tool_name": name, "tool_input": input});
            assert_eq!(parse(&agent, &payload).tool.unwrap().family, mcp(server, name), "{name} {input}");
        }
    }
    // The same names of another agent are tools like any other.
    let payload =
        json!({"hook_event_name": "BeforeTool", "tool_name": "read_mcp_resource", "tool_input": {"server": "x"}});
    assert_eq!(parse(&Agent::Gemini, &payload).tool.unwrap().family, Family::Other);
}

#[test]
fn only_an_id_tells_a_subagent() {
    for (payload, actor) in [
        (json!({"agent_type": "reviewer"}), Actor::Main),
        (json!({"agent_id": "", "agent_type": "reviewer"}), Actor::Main),
        (json!({"agent_id": "a1", "agent_type": ""}), Actor::Subagent { id: "a1".into(), agent_type: None }),
        (
            json!({"agent_id": "a1", "agent_type": "x"}),
            Actor::Subagent { id: "a1".into(), agent_type: Some("x".into()) },
        ),
    ] {
        assert_eq!(parse(&Agent::ClaudeCode, &payload).actor, actor, "{payload}");
        assert_eq!(parse(&Agent::Codex, &payload).actor, actor, "{payload}");
    }
}

#[test]
fn a_batch_says_what_it_can_tell_and_no_more() {
    let call = |id: &str, response: Value| json!({"tool_name": "X", "tool_use_id": id, "tool_response": response});
    let payload = json!({"hook_event_name": "PostToolBatch", "tool_calls": [
        call("ran", json!("hello")),
        call("blocks", json!([{"type": "text", "text": "3"}])),
        call("failed", json!("<tool_use_error>File has not been read yet.</tool_use_error>")),
        call("unasked", json!("This command requires approval")),
        call("ungranted", json!("Claude requested permissions to write to /tmp/x, but you haven't granted it yet.")),
        call("refused", json!("The user doesn't want to proceed with this tool use.")),
        {"tool_name": "X", "tool_response": "no id"},
        "no call",
        {"tool_name": "X", "tool_use_id": "silent"},
    ]});
    let batch = parse(&Agent::ClaudeCode, &payload).batch;
    let batch: Vec<(&str, Outcome)> = batch.iter().map(|call| (call.tool_use_id.as_str(), call.outcome)).collect();
    assert_eq!(
        batch,
        [
            ("ran", Outcome::Unknown),
            ("blocks", Outcome::Unknown),
            ("failed", Outcome::Failed),
            ("unasked", Outcome::Denied),
            ("ungranted", Outcome::Denied),
            ("refused", Outcome::Denied),
            ("silent", Outcome::Unknown),
        ]
    );
}

#[test]
fn codex_tells_of_failure_only_where_the_result_does() {
    for (response, kind, outcome) in [
        (json!("hi\n"), Kind::ToolSucceeded, Outcome::Unknown),
        (json!(""), Kind::ToolSucceeded, Outcome::Unknown),
        (json!("Chunk ID: 1\nProcess exited with code 0\nOutput:\nx"), Kind::ToolSucceeded, Outcome::Succeeded),
        (json!("Chunk ID: 1\nProcess exited with code 3\nOutput:\nx"), Kind::ToolFailed, Outcome::Failed),
        (json!("Output:\nProcess exited with code 3\n"), Kind::ToolSucceeded, Outcome::Unknown),
        (json!({"content": [], "isError": true}), Kind::ToolFailed, Outcome::Failed),
        (json!({"content": [], "isError": false}), Kind::ToolSucceeded, Outcome::Succeeded),
    ] {
        let payload = json!({"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_response": response});
        let parsed = parse(&Agent::Codex, &payload);
        assert_eq!((parsed.kind, parsed.outcome), (kind, Some(outcome)), "{response}");
    }
    for response in [json!({"agent_id": "a9"}), json!("{\"agent_id\":\"a9\",\"nickname\":null}")] {
        let payload = json!({"hook_event_name": "PostToolUse", "tool_name": "spawn_agent", "tool_response": response});
        assert_eq!(parse(&Agent::Codex, &payload).spawned.as_deref(), Some("a9"), "{response}");
    }
}

#[test]
fn cursor_running_the_hooks_of_claude_code_is_recognised_and_answered_as_cursor() {
    for payload in [
        json!({"hook_event_name": "preToolUse", "cursor_version": "3.9.14", "conversation_id": "c", "tool_name": "Shell"}),
        json!({"hook_event_name": "PreToolUse", "cursor_version": "3.9.14", "session_id": "c", "tool_name": "Shell"}),
        json!({"hook_event_name": "PreToolUse", "conversation_id": "c", "tool_name": "Shell"}),
    ] {
        let text = payload.to_string();
        let received = agents::parse_bytes(&Agent::ClaudeCode, None, text.as_bytes());
        assert_eq!((&received.agent, &received.parsed.kind), (&Agent::Cursor, &Kind::ToolRequested), "{payload}");
        assert_eq!(received.parsed.session_id.as_ref().unwrap().as_str(), "c");
        let verdict = Verdict::new(Decision::Deny, "r", "No");
        let reply = agents::reply(&received.agent, &received.parsed, Some(&verdict));
        assert!(reply.stdout.starts_with("{\"permission\":\"deny\""), "{}", reply.stdout);
    }
}

#[test]
fn a_subagent_of_cursor_is_tied_to_the_call_that_started_it() {
    let start = json!({"hook_event_name": "subagentStart", "conversation_id": "child", "parent_conversation_id": "parent",
        "subagent_id": "call_1", "subagent_type": "explore", "tool_call_id": "call_1"});
    let parsed = parse(&Agent::Cursor, &start);
    assert_eq!(parsed.session_id.unwrap().as_str(), "parent");
    assert_eq!(parsed.tool_use_id.unwrap().as_str(), "call_1");
    assert_eq!(parsed.spawned.as_deref(), Some("call_1"));
    let inner = json!({"hook_event_name": "preToolUse", "tool_name": "Read", "parent_tool_call_id": "call_1"});
    assert_eq!(parse(&Agent::Cursor, &inner).actor.subagent_id(), Some("call_1"));
}

#[test]
fn a_refusal_in_cursor_is_no_failure() {
    for (failure, kind, outcome) in [
        ("permission_denied", Kind::ToolDenied, Outcome::Denied),
        ("timeout", Kind::ToolFailed, Outcome::Failed),
        ("error", Kind::ToolFailed, Outcome::Failed),
    ] {
        let payload = json!({"hook_event_name": "postToolUseFailure", "tool_name": "Shell", "failure_type": failure});
        let parsed = parse(&Agent::Cursor, &payload);
        assert_eq!((parsed.kind, parsed.outcome, parsed.reason.as_deref()), (kind, Some(outcome), Some(failure)));
    }
}

#[test]
fn a_name_that_the_payload_lacks_can_be_told() {
    let text = json!({"sessionId": "s", "toolName": "bash", "toolArgs": "{}"}).to_string();
    assert_eq!(agents::parse(&Agent::Copilot, &text).name, "preToolUse");
    let told = agents::parse_named(&Agent::Copilot, Some("permissionRequest"), &text);
    assert_eq!((told.name.as_str(), told.kind), ("permissionRequest", Kind::PermissionRequested));
    let own = agents::parse_named(&Agent::ClaudeCode, Some("Stop"), "{\"hook_event_name\":\"Setup\"}");
    assert_eq!(own.kind, Kind::Setup);
    assert_eq!(agents::parse_named(&Agent::ClaudeCode, Some("Stop"), "{}").kind, Kind::TurnEnded);
}

#[test]
fn copilot_in_the_words_of_claude_code_is_read_and_answered_so() {
    let payload = json!({"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash", "tool_use_id": "t"});
    let parsed = parse(&Agent::Copilot, &payload);
    assert_eq!((parsed.kind.clone(), parsed.tool_use_id.as_ref().unwrap().as_str()), (Kind::ToolRequested, "t"));
    let verdict = Verdict::new(Decision::Ask, "r", "Why");
    let reply = agents::reply(&Agent::Copilot, &parsed, Some(&verdict));
    assert!(
        reply.stdout.contains("\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"ask\""),
        "{}",
        reply.stdout
    );
}

#[test]
fn a_rule_that_warns_tells_and_decides_nothing_and_one_that_observes_says_nothing() {
    let verdict = |mode| Verdict { mode, would: Some(Decision::Deny), ..Verdict::new(Decision::Allow, "r", "Mind it") };
    let name = |agent: &Agent| match agent {
        Agent::Gemini => "BeforeTool",
        Agent::Cursor | Agent::Copilot => "preToolUse",
        _ => "PreToolUse",
    };
    let context = r#"{"systemMessage":"Mind it [hookrail rule r]","hookSpecificOutput":{"hookEventName":"PreToolUse","additionalContext":"Mind it [hookrail rule r]"}}"#;
    for (agent, silent, told) in [
        (Agent::ClaudeCode, "", context),
        (Agent::Codex, "", context),
        (Agent::Cursor, "", r#"{"additional_context":"Mind it [hookrail rule r]"}"#),
        (Agent::Gemini, "{}", r#"{"systemMessage":"Mind it [hookrail rule r]"}"#),
        (Agent::Copilot, "", r#"{"additionalContext":"Mind it [hookrail rule r]"}"#),
    ] {
        let parsed = agents::parse_named(
            &agent,
            Some(name(&agent)),
            &json!({"toolName": "bash", "tool_name": "Bash", "hook_event_name": name(&agent), "toolArgs": "{}"})
                .to_string(),
        );
        let said = |mode| agents::reply(&agent, &parsed, Some(&verdict(mode))).stdout;
        assert_eq!((said(Mode::Observe).as_str(), said(Mode::Warn).as_str()), (silent, told), "{agent}");
    }
    for event in ["PermissionRequest", "UserPromptSubmit"] {
        let parsed = parse(&Agent::ClaudeCode, &json!({"hook_event_name": event}));
        let said = agents::reply(&Agent::ClaudeCode, &parsed, Some(&verdict(Mode::Warn))).stdout;
        assert!(!said.contains("decision") && !said.contains("block"), "{said}");
    }
}

#[test]
fn the_person_is_told_how_to_let_a_stopped_call_pass_once_and_the_agent_is_not() {
    let verdict = Verdict { code: Some("7f3a".to_owned()), ..Verdict::new(Decision::Deny, "r", "No") };
    let payload = json!({"hook_event_name": "PreToolUse", "tool_name": "Bash"});
    let said = agents::reply(&Agent::ClaudeCode, &parse(&Agent::ClaudeCode, &payload), Some(&verdict)).stdout;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["systemMessage"], "hookrail stopped this by r. To let it pass once: hookrail allow-once 7f3a");
    assert_eq!(said["hookSpecificOutput"]["permissionDecisionReason"], "No [hookrail rule r]");
}

#[test]
fn an_agent_nobody_knows_is_read_in_the_words_of_claude_code() {
    let newcomer = Agent::from("newcomer");
    let text = json!({"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash", "conversation_id": "c"})
        .to_string();
    let received = agents::parse_bytes(&newcomer, None, text.as_bytes());
    assert_eq!((received.agent, received.parsed.kind), (newcomer.clone(), Kind::ToolRequested));
    let unknown = parse(&newcomer, &json!({"hook_event_name": "Brainstorm", "session_id": "s"}));
    assert_eq!((unknown.name.as_str(), unknown.kind), ("Brainstorm", Kind::Unknown));
}

#[test]
fn an_event_that_a_later_version_adds_is_kept_by_its_name() {
    for agent in Agent::KNOWN {
        let name = if *agent == Agent::Copilot { "hookEventName" } else { "hook_event_name" };
        let parsed = parse(agent, &json!({name: "FromTheFuture", "session_id": "s", "sessionId": "s"}));
        assert_eq!((parsed.name.as_str(), parsed.kind), ("FromTheFuture", Kind::Unknown), "{agent}");
        assert_eq!(parsed.session_id.unwrap().as_str(), "s");
    }
}

#[test]
fn agents_with_a_clock_are_heard() {
    let stamp = Timestamp::parse("2026-11-20T09:00:12.345Z");
    assert_eq!(agents::stamped_at("{\"timestamp\":\"2026-11-20T09:00:12.345Z\"}"), stamp);
    assert_eq!(agents::stamped_at("{\"timestamp\":1795165212345}"), stamp);
    for none in ["{}", "{\"timestamp\":\"now\"}", "{\"timestamp\":18446744073709551615}", "{\"timestamp\":null}", "x"] {
        assert_eq!(agents::stamped_at(none), None, "{none}");
    }
}

#[test]
fn depth_beyond_what_a_tree_could_hold_is_kept_as_it_is() {
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    let text = format!("{{\"session_id\":\"s\",\"hook_event_name\":\"PreToolUse\",\"tool_input\":{deep}}}");
    let received = agents::parse_bytes(&Agent::ClaudeCode, None, text.as_bytes());
    assert_eq!(received.parsed.kind, Kind::ToolRequested);
    let content = Content::of(&received.payload);
    let line = serde_json::to_string(&Record::new(Agent::ClaudeCode, &content)).unwrap();
    let read: Record<'_> = serde_json::from_str(&line).unwrap();
    assert_eq!(read.payload.unwrap().get(), text);
    assert_eq!(read.parsed(), received.parsed);
}

#[test]
fn a_payload_of_64_mib_becomes_a_record_of_4() {
    let response = "line of output\\n".repeat((64 << 20) / 16);
    let text = format!(
        "{{\"session_id\":\"s\",\"hook_event_name\":\"PostToolUse\",\"tool_name\":\"Bash\",\"tool_use_id\":\"t\",\
         \"tool_response\":{{\"stdout\":\"{response}\"}},\"duration_ms\":7}}"
    );
    let received = agents::parse_bytes(&Agent::ClaudeCode, None, text.as_bytes());
    assert_eq!(received.payload.text(), text, "what is judged is whole");
    let content = Content::of(&received.payload);
    let line = serde_json::to_string(&Record::new(Agent::ClaudeCode, &content)).unwrap();
    assert!(line.len() < MAX_RECORD_BYTES);
    let read: Record<'_> = serde_json::from_str(&line).unwrap();
    assert!(read.payload.unwrap().get().len() <= MAX_PAYLOAD_BYTES);
    assert_eq!(read.parsed(), received.parsed);

    let torn = &text.as_bytes()[..text.len() - 1];
    let received = agents::parse_bytes(&Agent::ClaudeCode, None, torn);
    assert!(matches!(received.payload, Payload::Malformed(_)));
    let content = Content::of(&received.payload);
    let line = serde_json::to_string(&Record::new(Agent::ClaudeCode, &content)).unwrap();
    assert!(line.len() < MAX_RECORD_BYTES);
}

#[test]
fn cursor_says_who_is_signed_in() {
    let payload = json!({"hook_event_name": "stop", "conversation_id": "c", "user_email": "ana@example.com"});
    let identity = parse(&Agent::Cursor, &payload).identity.unwrap();
    assert_eq!(identity.person(), Some("ana@example.com"));
    let payload = json!({"hook_event_name": "stop", "conversation_id": "c", "user_email": null});
    assert_eq!(parse(&Agent::Cursor, &payload).identity, None);
}

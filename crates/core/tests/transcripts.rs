//! Transcripts: what their lines say, and that no way of writing them down changes a total.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails, and says where")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hookrail_core::agents::Parsed;
use hookrail_core::event::{Actor, Agent, Kind, Outcome};
use hookrail_core::ledger::{NanoUsd, Tokens};
use hookrail_core::transcript::{self, Identity, Reader, Skip};
use proptest::prelude::*;
use serde_json::{Value, json};

const MAIN: &str = "claude-code/88742c15-ade1-4a61-84aa-25abde5880b0.jsonl";
const SUBAGENT: &str = "claude-code/88742c15-ade1-4a61-84aa-25abde5880b0/subagents/agent-ac48377d3064f6eae.jsonl";
const BUILT: &str = "claude-code/0f2c7a52-0a56-4c7e-9a0a-6f6a1f7f5b01.jsonl";
const ROLLOUT: &str = "codex/rollout-2026-11-20T19-38-55-01a1fa78-11a0-7f13-aa1b-2c0d3dc7c49e.jsonl";

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/history").join(name)).unwrap()
}

fn agent(name: &str) -> Agent {
    if name.starts_with("codex") { Agent::Codex } else { Agent::ClaudeCode }
}

fn reader(agent: &Agent) -> Reader {
    Reader::new(agent, Some("by-name".into()), Some("Explore".into())).unwrap()
}

/// What a file comes to, however it is written down.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    /// The tokens of each request, as the ledger folds them: the largest that was told.
    requests: BTreeMap<(Option<String>, Option<String>), Tokens>,
    calls: BTreeMap<String, BTreeSet<Option<&'static str>>>,
    prompts: BTreeSet<(String, String)>,
    titles: BTreeSet<String>,
    models: BTreeSet<String>,
}

fn totals(agent: &Agent, text: &str) -> Totals {
    let mut totals = Totals::default();
    add(&mut totals, agent, text);
    totals
}

fn add(totals: &mut Totals, agent: &Agent, text: &str) {
    let mut reader = reader(agent);
    for line in text.split('\n') {
        let Ok(entry) = reader.line(line) else { continue };
        let parsed = transcript::parse(agent, None, &entry.payload);
        if let Some(told) = &parsed.model_use {
            let tokens = totals.requests.entry((told.message_id.clone(), told.request_id.clone())).or_default();
            if told.tokens.total() > tokens.total() {
                *tokens = told.tokens;
            }
            totals.models.insert(told.model.clone());
        }
        let calls = parsed.batch.iter().map(|call| (&call.tool_use_id, Some(call.outcome)));
        for (id, outcome) in parsed.tool_use_id.iter().map(|id| (id, parsed.outcome)).chain(calls) {
            totals.calls.entry(id.0.clone()).or_default().insert(outcome.map(Outcome::as_str));
        }
        if let Some(prompt) = parsed.prompt {
            totals.prompts.insert((format!("{:?}", entry.identity), prompt));
        }
        totals.titles.extend(parsed.title);
    }
}

fn sum(totals: &Totals) -> Tokens {
    let sum = |of: fn(&Tokens) -> u64| totals.requests.values().map(of).sum();
    Tokens {
        input: sum(|tokens| tokens.input),
        output: sum(|tokens| tokens.output),
        cache_read: sum(|tokens| tokens.cache_read),
        cache_write_5m: sum(|tokens| tokens.cache_write_5m),
        cache_write_1h: sum(|tokens| tokens.cache_write_1h),
        thinking: sum(|tokens| tokens.thinking),
    }
}

/// One line for each line of a file: what is sent of it, or why nothing.
fn told(name: &str) -> String {
    let agent = agent(name);
    let mut reader = reader(&agent);
    let mut out = String::new();
    for line in fixture(name).lines() {
        match reader.line(line) {
            Err(skip) => out.push_str(&format!("- {}", skip.as_str())),
            Ok(entry) => {
                let parsed = transcript::parse(&agent, None, &entry.payload);
                out.push_str(&format!("{} {}", parsed.kind, parsed.name));
                let actor = parsed.actor.subagent_id().map(str::to_owned);
                let tool = parsed.tool.map(|tool| format!("{}/{}", tool.name, tool.family.as_str()));
                let facts = [
                    ("actor", actor),
                    ("call", parsed.tool_use_id.map(|id| id.0)),
                    ("tool", tool),
                    ("outcome", parsed.outcome.map(|outcome| outcome.as_str().to_owned())),
                    ("prompt", parsed.prompt),
                    ("reason", parsed.reason),
                    ("spawned", parsed.spawned),
                    ("ms", parsed.duration_ms.map(|ms| ms.to_string())),
                    ("place", entry.place.map(|place| format!("{place:?}"))),
                    ("request", parsed.model_use.and_then(|told| told.request_id)),
                ];
                for (name, fact) in facts {
                    if let Some(fact) = fact {
                        out.push_str(&format!(" {name}={}", fact.replace('\n', "⏎")));
                    }
                }
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn the_recordings_are_understood_as_reviewed() {
    for name in [MAIN, SUBAGENT, BUILT, ROLLOUT] {
        let file = name.split('/').next_back().unwrap().split('.').next().unwrap();
        insta::with_settings!({prepend_module_to_snapshot => true}, {
            insta::assert_snapshot!(format!("told_{file}"), told(name));
        });
    }
}

#[test]
fn what_the_recordings_used_is_counted_once_for_each_request() {
    let main = totals(&Agent::ClaudeCode, &fixture(MAIN));
    let one = Tokens { input: 120, output: 30, cache_read: 900, cache_write_5m: 40, ..Tokens::default() };
    assert!(main.requests.values().all(|tokens| *tokens == one));
    let ids: BTreeSet<_> = fixture(MAIN)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["type"] == "assistant" && line["message"]["model"] != "<synthetic>")
        .map(|line| line["message"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(main.requests.len(), ids.len());

    let built = totals(&Agent::ClaudeCode, &fixture(BUILT));
    let used = Tokens { input: 12, output: 431, cache_read: 41_230, cache_write_1h: 812, ..Tokens::default() };
    assert_eq!((built.requests.len(), sum(&built)), (1, used));
    assert_eq!(built.titles, BTreeSet::from(["Fix failing cart test".to_owned()]));

    let codex = totals(&Agent::Codex, &fixture(ROLLOUT));
    let used = Tokens { input: 300, output: 100, cache_read: 200, thinking: 25, ..Tokens::default() };
    assert_eq!((codex.requests.len(), sum(&codex)), (5, used));
    assert_eq!((codex.prompts.len(), codex.models), (1, BTreeSet::from(["gpt-5".to_owned()])));
}

/// The line cut to what matters says the same as the line itself.
#[test]
fn cutting_a_line_changes_nothing_that_is_read_from_it() {
    for name in [MAIN, SUBAGENT, BUILT] {
        for line in fixture(name).lines() {
            // A reader of its own for each line: what a line before it told is not left out.
            let Ok(entry) = reader(&Agent::ClaudeCode).line(line) else { continue };
            let whole = transcript::parse(&Agent::ClaudeCode, None, line);
            let actor = match whole.actor {
                Actor::Subagent { id, .. } => Actor::Subagent { id, agent_type: Some("Explore".into()) },
                Actor::Main => Actor::Main,
            };
            let whole = Parsed { session_id: None, actor, ..whole };
            assert_eq!(transcript::parse(&Agent::ClaudeCode, None, &entry.payload), whole, "{line}");
            assert!(entry.payload.len() <= transcript::MAX_ENTRY_BYTES);
            assert!(serde_json::from_str::<Value>(&entry.payload).is_ok(), "{}", entry.payload);
        }
    }
}

#[test]
fn damage_and_repetition_change_no_total() {
    for name in [MAIN, SUBAGENT, BUILT, ROLLOUT] {
        let (agent, text) = (agent(name), fixture(name));
        let expected = totals(&agent, &text);
        let lines: Vec<&str> = text.lines().collect();
        let half = lines[lines.len() / 2];
        let huge = format!("{{\"type\":\"novelty\",\"uuid\":\"x\",\"filling\":\"{}\"}}", "x".repeat(3 << 20));
        let torn = &half[..half.len() / 2];
        for (how, changed) in [
            ("CRLF", text.replace('\n', "\r\n")),
            ("byte order mark", format!("\u{feff}{text}")),
            ("blank lines", text.replace('\n', "\n\n  \n")),
            ("no last line break", text.trim_end().to_owned()),
            ("cut off", format!("{text}{torn}")),
            ("damaged lines", format!("nonsense\n{{\"type\":\n[1]\n{text}{{}}\nnull\n")),
            ("unknown types", format!("{{\"type\":\"novelty\",\"new\":[{{}}]}}\n{text}")),
            ("a huge line", format!("{text}{huge}\n")),
            ("every line twice", lines.iter().flat_map(|line| [*line, "\n", *line, "\n"]).collect()),
            ("the file twice", format!("{text}{text}")),
        ] {
            assert_eq!(totals(&agent, &changed), expected, "{name}: {how}");
        }
    }
}

/// A fork is a file of its own, with the history copied.
#[test]
fn forked_sessions_change_no_total() {
    let text = fixture(MAIN);
    let fork = text.replace("88742c15-ade1-4a61-84aa-25abde5880b0", "99999999-ade1-4a61-84aa-25abde5880b0");
    let mut both = totals(&Agent::ClaudeCode, &text);
    let expected = both.requests.clone();
    let prompts = both.prompts.clone();
    add(&mut both, &Agent::ClaudeCode, &fork);
    assert_eq!((both.requests, both.prompts), (expected, prompts));

    // With ids of requests, without, and without ids of turns either, as older versions wrote.
    let text = fixture(ROLLOUT);
    let sums: String =
        text.lines().filter(|line| !line.contains("token_usage_record")).map(|line| format!("{line}\n")).collect();
    let older = sums.replace("\"turn_id\"", "\"other\"");
    let mut used = Vec::new();
    for text in [&text, &sums, &older] {
        let head = json!({"type":"session_meta","payload":{"id":"fork","forked_from_id":"01a1fa78-11a0-7f13-aa1b-2c0d3dc7c49e"}});
        let fork = format!("{head}\n{text}");
        let mut both = totals(&Agent::Codex, text);
        used.push(sum(&both));
        let expected = both.requests.clone();
        assert_eq!(expected.len(), 5);
        add(&mut both, &Agent::Codex, &fork);
        assert_eq!(both.requests, expected);
    }
    assert!(used.windows(2).all(|pair| pair[0] == pair[1]), "{used:?}");
}

/// Sums without what they grew by, as some versions of Codex write them.
#[test]
fn sums_of_tokens_are_taken_apart() {
    let count = |input: u64, output: u64| {
        let total = json!({"input_tokens": input, "cached_input_tokens": input / 2, "output_tokens": output,
            "total_tokens": input + output});
        json!({"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":total}}}).to_string()
    };
    let context = json!({"type":"turn_context","payload":{"turn_id":"t","model":"gpt-5"}}).to_string();
    let lines = [context, count(100, 10), count(100, 10), count(180, 30), count(180, 30), count(40, 4)];
    let totals = totals(&Agent::Codex, &lines.join("\n"));
    let used: Vec<(u64, u64, u64)> =
        totals.requests.values().map(|tokens| (tokens.input, tokens.cache_read, tokens.output)).collect();
    assert_eq!(BTreeSet::from_iter(used), BTreeSet::from([(50, 50, 10), (40, 40, 20), (20, 20, 4)]));
}

#[test]
fn a_message_in_several_forms_is_one() {
    let mut reader = reader(&Agent::Codex);
    let mut sent = Vec::new();
    for line in [
        json!({"type":"event_msg","payload":{"type":"user_message","message":"go on"}}),
        json!({"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"go on"}]}}),
        json!({"type":"event_msg","payload":{"type":"item_completed","item":{"type":"UserMessage","content":[{"type":"text","text":"go on"}]}}}),
        json!({"type":"event_msg","payload":{"type":"user_message","message":"go on"}}),
        json!({"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>x"}]}}),
    ] {
        sent.push(
            reader.line(&line.to_string()).map(|entry| transcript::parse(&Agent::Codex, None, &entry.payload).prompt),
        );
    }
    let again = Ok(Some("go on".to_owned()));
    assert_eq!(sent, [again.clone(), Err(Skip::Repeats), Err(Skip::Repeats), again, Err(Skip::Instructions)]);
}

#[test]
fn one_line_of_claude_code_tells_what_it_tells() {
    let parse = |line: &Value| transcript::parse(&Agent::ClaudeCode, None, &line.to_string());
    let user = |content: &str| json!({"type":"user","message":{"content":content}});
    for (line, kind, name, prompt) in [
        (user("fix it"), Kind::PromptReported, "user.prompt", Some("fix it")),
        (
            user(
                "<command-message>demo</command-message>\n<command-name>/demo</command-name>\n<command-args>x</command-args>",
            ),
            Kind::PromptReported,
            "user.prompt",
            Some("/demo x"),
        ),
        (user("<local-command-stdout>x</local-command-stdout>"), Kind::TranscriptEntry, "user.injected", None),
        (user("[Request interrupted by user]"), Kind::TranscriptEntry, "user.interrupted", None),
        (json!({"type":"user","isMeta":true,"message":{"content":"x"}}), Kind::TranscriptEntry, "user.meta", None),
        (
            json!({"type":"user","isCompactSummary":true,"message":{"content":"x"}}),
            Kind::TranscriptEntry,
            "user.compact_summary",
            None,
        ),
        (
            json!({"type":"user","origin":{"kind":"task-notification"},"message":{"content":"x"}}),
            Kind::TranscriptEntry,
            "user.injected",
            None,
        ),
        (
            json!({"type":"user","isSidechain":true,"agentId":"a","message":{"content":"x"}}),
            Kind::TranscriptEntry,
            "user.subagent",
            None,
        ),
        (json!({"type":"novelty","x":1}), Kind::TranscriptEntry, "novelty", None),
        (json!({"type":7,"message":[]}), Kind::TranscriptEntry, "", None),
        (json!([]), Kind::Malformed, "malformed", None),
    ] {
        let parsed = parse(&line);
        assert_eq!((parsed.kind, parsed.name.as_str(), parsed.prompt.as_deref()), (kind, name, prompt), "{line}");
    }

    let result =
        |text: &str, error: bool| json!({"type":"tool_result","tool_use_id":"t","content":text,"is_error":error});
    for (block, denial, outcome) in [
        (result("ok", false), Value::Null, Outcome::Succeeded),
        (result("no", true), Value::Null, Outcome::Failed),
        (result("The user doesn't want to proceed", true), Value::Null, Outcome::Denied),
        (result("no", true), json!("hook"), Outcome::Denied),
        (result("no [hookrail rule home.wipe]", true), Value::Null, Outcome::Denied),
    ] {
        let line = json!({"type":"user","toolDenialKind":denial,"message":{"content":[block]}});
        assert_eq!(parse(&line).outcome, Some(outcome), "{line}");
    }

    let context =
        json!({"type":"attachment","attachment":{"type":"session_context","content":"Signed in as ana@example.com."}});
    assert_eq!(parse(&context).identity.unwrap().email.as_deref(), Some("ana@example.com"));
}

/// Older versions wrote several blocks into one line, and what a line cost.
#[test]
fn a_line_may_hold_several_calls_and_a_cost() {
    let line = json!({"type":"assistant","costUSD":0.0125,"message":{"id":"m","model":"claude-3","content":[
        {"type":"text","text":"I look."},
        {"type":"tool_use","id":"one","name":"Bash","input":{}},
        {"type":"tool_use","id":"two","name":"mcp__github__get_issue","input":{}}],
        "usage":{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,"speed":"fast"}}});
    let parsed = transcript::parse(&Agent::ClaudeCode, None, &line.to_string());
    assert_eq!((parsed.kind, parsed.tool_use_id.unwrap().as_str()), (Kind::ToolReported, "one"));
    assert_eq!(parsed.batch.iter().map(|call| call.tool_use_id.as_str()).collect::<Vec<_>>(), ["two"]);
    assert_eq!(parsed.batch[0].tool.as_ref().unwrap().family.as_str(), "mcp");
    let told = parsed.model_use.unwrap();
    assert_eq!((told.told, told.fast, told.tokens.cache_write_5m), (Some(NanoUsd(12_500_000)), true, 7));
}

/// What says who an entry is survives a copy, a second reading and other spelling.
#[test]
fn entries_keep_their_identity() {
    let read = |agent: &Agent, text: &str| -> Vec<Identity> {
        let mut reader = reader(agent);
        text.lines().filter_map(|line| Some(reader.line(line).ok()?.identity)).collect()
    };
    let text = fixture(MAIN);
    let ids = read(&Agent::ClaudeCode, &text);
    let given = ids.iter().filter(|id| matches!(id, Identity::Given(_))).count();
    assert!(given > 30 && ids.len() - given <= 2, "{ids:?}");
    assert_eq!(read(&Agent::ClaudeCode, &spelled(&text, 7)), ids);
    let codex = read(&Agent::Codex, &fixture(ROLLOUT));
    assert!(
        codex.iter().all(|id| matches!(id, Identity::Within(within) if within.starts_with("01a1fa78"))),
        "{codex:?}"
    );
}

/// Reading on from where a file ended is reading it in one go.
#[test]
fn a_reader_can_be_kept_and_taken_up_again() {
    for name in [MAIN, ROLLOUT] {
        let (agent, text) = (agent(name), fixture(name));
        let mut straight = reader(&agent);
        let mut kept = straight.clone();
        for line in text.lines() {
            let stored = serde_json::to_string(&kept).unwrap();
            kept = serde_json::from_str(&stored).unwrap();
            assert_eq!(kept.line(line), straight.line(line));
        }
    }
}

/// The lines with their keys in another order and other white space, by a seed.
fn spelled(text: &str, seed: u64) -> String {
    text.lines().map(|line| spell(&serde_json::from_str(line).unwrap(), seed) + "\n").collect()
}

fn spell(value: &Value, seed: u64) -> String {
    let space = |n: u64| " ".repeat((seed.wrapping_mul(n + 1) % 3) as usize);
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by_key(|(key, _)| key.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte)));
            let fields: Vec<_> = fields
                .into_iter()
                .map(|(key, value)| format!("{}{}:{}{}", json!(key), space(1), space(2), spell(value, seed)))
                .collect();
            format!("{{{}{}{}}}", space(3), fields.join(&format!("{},{}", space(4), space(5))), space(6))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| spell(item, seed)).collect();
            format!("[{}]", items.join(&format!(",{}", space(7))))
        }
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn another_spelling_changes_no_total(seed in any::<u64>()) {
        for name in [MAIN, BUILT, ROLLOUT] {
            let (agent, text) = (agent(name), fixture(name));
            prop_assert_eq!(totals(&agent, &spelled(&text, seed)), totals(&agent, &text));
        }
    }

    #[test]
    fn no_line_is_too_strange(line in "\\PC{0,200}", known in proptest::sample::select(vec!["assistant", "user", "system", "attachment", "event_msg", "response_item"])) {
        for agent in [Agent::ClaudeCode, Agent::Codex] {
            let _ = reader(&agent).line(&line);
            transcript::parse(&agent, None, &line);
            let dressed = json!({"type": known, "message": line, "payload": line, "attachment": [line]}).to_string();
            if let Ok(entry) = reader(&agent).line(&dressed) {
                prop_assert!(serde_json::from_str::<Value>(&entry.payload).is_ok());
            }
        }
    }
}

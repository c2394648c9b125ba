//! Codex's rollouts. Source of what is said here: a recording of 0.169.0, `codex-rs/protocol` as documented for 0.155 to
//! 0.160, and what the accounting of ccusage (2026-06) knows of older ones.
//!
//! A line is `{timestamp, type, payload}` and says nothing of its session, turn or model: lines before it do. The reader
//! adds these beside `payload` (`turn_id`, else `thread`; `model`, `agent_id`, `agent_type`), so that a line can be read alone.
//!
//! Codex writes much twice: a message as an event and as an item of the conversation, sums of tokens with every change of
//! its limits. Newer versions also write one `token_usage_record` per request, which has the request's id and is believed
//! alone where there is one. `input_tokens` includes what was read from and written to the cache.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::agents::{self, Parsed};
use crate::event::{Actor, Agent, Kind, Outcome, SessionId, ToolUseId};
use crate::json;
use crate::ledger::{ModelUse, Tokens};

mod cut;

pub(super) use cut::{Carried, cut};

json::fields!(Line {
    kind = "type",
    timestamp = "timestamp",
    payload = "payload",
    id = "id",
    session_id = "session_id",
    agent_id = "agent_id",
    agent_type = "agent_type",
    turn_id = "turn_id",
    model = "model",
    thread = "thread",
});
json::fields!(Payload {
    kind = "type",
    id = "id",
    session_id = "session_id",
    thread_id = "thread_id",
    cwd = "cwd",
    model = "model",
    turn_id = "turn_id",
    role = "role",
    content = "content",
    summary = "summary",
    message = "message",
    text = "text",
    name = "name",
    namespace = "namespace",
    arguments = "arguments",
    input = "input",
    action = "action",
    call_id = "call_id",
    output = "output",
    item = "item",
    info = "info",
    usage = "usage",
    response_id = "response_id",
    source = "source",
    thread_source = "thread_source",
    forked_from = "forked_from_id",
    originator = "originator",
    version = "cli_version",
    provider = "model_provider",
    git = "git",
    effort = "effort",
    approval = "approval_policy",
    sandbox = "sandbox_policy",
    reason = "reason",
    status = "status",
    exit_code = "exit_code",
    success = "success",
    duration = "duration",
    duration_ms = "duration_ms",
    invocation = "invocation",
    error = "error",
    metadata = "internal_chat_message_metadata_passthrough",
});
json::fields!(Item {
    kind = "type",
    id = "id",
    content = "content",
    text = "text",
    server = "server",
    tool = "tool",
    status = "status",
    exit_code = "exit_code",
    duration = "duration",
});
json::fields!(Part { text = "text" });
json::fields!(Span { seconds = "secs", nanos = "nanos" });
json::fields!(Info { total = "total_token_usage", last = "last_token_usage" });
json::fields!(Usage {
    input = "input_tokens",
    cached = "cached_input_tokens",
    written = "cache_write_input_tokens",
    output = "output_tokens",
    reasoning = "reasoning_output_tokens",
    total = "total_tokens",
});
json::fields!(Old { metadata = "metadata" });
json::fields!(OldMetadata { exit_code = "exit_code" });

/// What a line says; `None` where it is no JSON object.
pub(super) fn parse(text: &str) -> Option<Parsed> {
    let line: Line<'_> = json::object(text)?;
    let payload: Payload<'_> = json::nested(line.payload);
    let kind = json::text(line.kind).unwrap_or_default();
    let word = json::text(payload.kind);
    let name = match &word {
        Some(word) => format!("{kind}.{word}"),
        None => kind.clone().into_owned(),
    };
    let parsed = Parsed::new(name, Kind::TranscriptEntry);
    let mut parsed = match (&*kind, &*word.unwrap_or_default()) {
        ("response_item", word) => response_item(&payload, word, parsed),
        ("event_msg", word) => event(&payload, word, parsed),
        ("compacted", _) => Parsed { kind: Kind::CompactionReported, ..parsed },
        _ => Parsed { reason: json::owned(payload.source), ..parsed },
    };
    parsed.actor = match json::owned(line.agent_id) {
        Some(id) => Actor::Subagent { id, agent_type: json::owned(line.agent_type) },
        None => Actor::Main,
    };
    if parsed.kind == Kind::PromptReported && parsed.actor != Actor::Main {
        // What the agent that spawned it asked of it.
        parsed.kind = Kind::TranscriptEntry;
        parsed.prompt = None;
    }
    parsed.session_id = json::owned(line.session_id.or(payload.session_id)).map(SessionId);
    parsed.cwd = json::owned(payload.cwd);
    parsed.turn_id = json::owned(line.turn_id.or(payload.turn_id));
    parsed.model = json::owned(line.model.or(payload.model));
    parsed.model_use = model_use(&line, &kind, &payload, &parsed).map(Box::new);
    Some(parsed)
}

fn response_item(payload: &Payload<'_>, word: &str, parsed: Parsed) -> Parsed {
    match word {
        "message" => match &*json::text(payload.role).unwrap_or_default() {
            "user" => prompt(texts(payload.content).into_owned(), parsed),
            "assistant" => Parsed { kind: Kind::MessageReceived, ..parsed },
            _ => parsed,
        },
        "reasoning" => Parsed { kind: Kind::ThoughtReceived, ..parsed },
        _ if word.ends_with("_call") && payload.call_id.is_some() => {
            // Arguments are the text of an object.
            let text = json::text(payload.arguments).unwrap_or_default();
            let arguments = serde_json::from_str::<&RawValue>(&text).ok();
            let plain = json::owned(payload.name).unwrap_or_else(|| word.trim_end_matches("_call").to_owned());
            let name = match json::text(payload.namespace) {
                Some(namespace) if namespace.starts_with("mcp__") => {
                    format!("{}__{plain}", namespace.trim_end_matches('_'))
                }
                _ => plain,
            };
            Parsed { tool: Some(agents::tool(&Agent::Codex, name, arguments)), ..call(payload.call_id, None, parsed) }
        }
        _ if word.ends_with("_call_output") => call(payload.call_id, Some(outcome(payload.output)), parsed),
        _ => parsed,
    }
}

fn event(payload: &Payload<'_>, word: &str, parsed: Parsed) -> Parsed {
    match word {
        "user_message" => prompt(json::owned(payload.message).unwrap_or_default(), parsed),
        "agent_message" => Parsed { kind: Kind::MessageReceived, ..parsed },
        "agent_reasoning" => Parsed { kind: Kind::ThoughtReceived, ..parsed },
        "context_compacted" => Parsed { kind: Kind::CompactionReported, ..parsed },
        "item_completed" => item(&json::nested(payload.item), parsed),
        "exec_command_end" | "mcp_tool_call_end" | "patch_apply_end" => {
            let ended = ended(payload.exit_code, payload.status.or(payload.success));
            let duration_ms = span(payload.duration);
            Parsed { duration_ms, ..call(payload.call_id, ended, parsed) }
        }
        _ => Parsed {
            reason: json::owned(payload.reason.or(payload.error).or(payload.message)),
            duration_ms: json::whole(payload.duration_ms),
            ..parsed
        },
    }
}

/// A finished item of the conversation, as newer versions write it.
fn item(item: &Item<'_>, parsed: Parsed) -> Parsed {
    let word = json::text(item.kind).unwrap_or_default();
    let parsed = Parsed { name: format!("{}.{word}", parsed.name), ..parsed };
    match &*word {
        "UserMessage" => prompt(texts(item.content).into_owned(), parsed),
        "AgentMessage" => Parsed { kind: Kind::MessageReceived, ..parsed },
        "Reasoning" => Parsed { kind: Kind::ThoughtReceived, ..parsed },
        "ContextCompaction" => Parsed { kind: Kind::CompactionReported, ..parsed },
        "CommandExecution" | "McpToolCall" | "FileChange" | "DynamicToolCall" => {
            let name = match (json::text(item.server), json::text(item.tool)) {
                (Some(server), Some(tool)) => Some(format!("mcp__{server}__{tool}")),
                _ => None,
            };
            let tool = name.map(|name| agents::tool(&Agent::Codex, name, None));
            let ended = ended(item.exit_code, item.status);
            Parsed { tool, duration_ms: span(item.duration), ..call(item.id, ended, parsed) }
        }
        _ => parsed,
    }
}

fn prompt(text: String, parsed: Parsed) -> Parsed {
    Parsed { kind: Kind::PromptReported, prompt: Some(text), ..parsed }
}

fn call(id: Option<&RawValue>, outcome: Option<Outcome>, parsed: Parsed) -> Parsed {
    match json::owned(id) {
        Some(id) => Parsed { kind: Kind::ToolReported, tool_use_id: Some(ToolUseId(id)), outcome, ..parsed },
        None => parsed,
    }
}

/// What the end of a call tells: its exit code, else Codex's own word.
fn ended(exit_code: Option<&RawValue>, status: Option<&RawValue>) -> Option<Outcome> {
    match exit_code.map(RawValue::get) {
        Some("0") => return Some(Outcome::Succeeded),
        Some("null") | None => {}
        Some(_) => return Some(Outcome::Failed),
    }
    match status?.get().trim_matches('"') {
        "completed" | "true" => Some(Outcome::Succeeded),
        "failed" | "false" => Some(Outcome::Failed),
        "declined" => Some(Outcome::Denied),
        _ => None,
    }
}

/// How the text given to the model begins that says that a call was refused.
pub(crate) const REFUSALS: [&str; 3] =
    ["Command blocked by PreToolUse hook", "exec command rejected by user", "patch rejected by user"];

/// What the text given to the model tells about a call.
fn outcome(output: Option<&RawValue>) -> Outcome {
    let text = json::text(output).unwrap_or_default();
    if REFUSALS.iter().any(|refusal| text.starts_with(refusal)) {
        return Outcome::Denied;
    }
    // Until late 2025 the text was itself an object, with the exit code in it.
    let old = text.starts_with('{').then(|| json::object::<Old<'_>>(&text)).flatten();
    let code = old.map(|old| json::nested::<OldMetadata<'_>>(old.metadata)).and_then(|old| old.exit_code);
    ended(code, None).unwrap_or_else(|| agents::codex_result(output))
}

/// The texts of a list of parts.
fn texts(content: Option<&RawValue>) -> Cow<'_, str> {
    let mut texts =
        json::elements(content).into_iter().filter_map(|part| json::text(json::nested::<Part<'_>>(Some(part)).text));
    let first = texts.next().unwrap_or_default();
    texts.fold(first, |all, text| Cow::Owned(format!("{all}\n{text}")))
}

fn span(raw: Option<&RawValue>) -> Option<u64> {
    let span: Span<'_> = json::nested(raw);
    Some(json::whole(span.seconds)?.saturating_mul(1000).saturating_add(json::whole(span.nanos)? / 1_000_000))
}

/// What a request used; of a sum only what it grew by.
fn model_use(line: &Line<'_>, kind: &str, payload: &Payload<'_>, parsed: &Parsed) -> Option<ModelUse> {
    let info: Info<'_> = json::nested(payload.info);
    let (usage, request_id) = match kind {
        "token_usage_record" => (payload.usage?, json::owned(payload.response_id)),
        "event_msg" => {
            // Older versions give a request no id. Turn (or the thread that began it) and sum tell it from others, also in
            // the copy that a fork has of it.
            let total = Sum::of(info.total);
            let within = parsed.turn_id.clone().or_else(|| json::owned(line.thread));
            (info.last?, within.map(|within| format!("{within}/{}", total.total)))
        }
        _ => return None,
    };
    let sum = Sum::of(Some(usage));
    let tokens = sum.tokens();
    let model = parsed.model.as_deref()?;
    (!tokens.is_zero()).then(|| ModelUse {
        request_id,
        query_source: parsed.actor.subagent_id().map(|_| "subagent".to_owned()),
        ..ModelUse::request(model, tokens)
    })
}

/// Tokens as Codex counts them: `input` is all that was given to the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Sum {
    input: u64,
    cached: u64,
    written: u64,
    output: u64,
    reasoning: u64,
    total: u64,
}

impl Sum {
    fn of(raw: Option<&RawValue>) -> Self {
        let usage: Usage<'_> = json::nested(raw);
        let number = |raw| json::whole(raw).unwrap_or(0);
        let (input, output) = (number(usage.input), number(usage.output));
        Self {
            input,
            cached: number(usage.cached),
            written: number(usage.written),
            output,
            reasoning: number(usage.reasoning),
            total: json::whole(usage.total).unwrap_or_else(|| input.saturating_add(output)),
        }
    }

    /// In classes that do not overlap.
    fn tokens(&self) -> Tokens {
        Tokens {
            input: self.input.saturating_sub(self.cached).saturating_sub(self.written),
            output: self.output,
            cache_read: self.cached,
            cache_write_5m: self.written,
            cache_write_1h: 0,
            thinking: self.reasoning,
        }
    }

    /// What a sum grew by; a sum that shrank began anew.
    fn since(&self, before: &Self) -> Self {
        if self.total < before.total || self.input < before.input || self.output < before.output {
            return *self;
        }
        Self {
            input: self.input - before.input,
            cached: self.cached.saturating_sub(before.cached),
            written: self.written.saturating_sub(before.written),
            output: self.output - before.output,
            reasoning: self.reasoning.saturating_sub(before.reasoning),
            total: self.total - before.total,
        }
    }
}

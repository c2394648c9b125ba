//! Claude Code's transcripts. Source of what is said here: recordings of 2.1.197, captures of 2.1.270 published by third
//! parties, and for older versions what the accounting of ccusage (2026-06) knows of them. Anthropic calls the format
//! internal and subject to change.
//!
//! One message of the API is several lines, one for each block of its content, which share `message.id` and `requestId`
//! and repeat `usage`; older versions wrote several blocks into one line. A fork copies lines with their `uuid`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::agents::{self, BatchCall, Parsed};
use crate::context::Identity;
use crate::event::{Actor, Agent, Kind, Outcome, SessionId, ToolUseId};
use crate::json;
use crate::ledger::{ModelUse, NanoUsd, Tokens};
use crate::mcp;

mod cut;

pub(super) use cut::{Carried, cut};

/// The model of entries the client made itself, without a request.
const SYNTHETIC: &str = "<synthetic>";

json::fields!(Line {
    kind = "type",
    subtype = "subtype",
    uuid = "uuid",
    timestamp = "timestamp",
    session_id = "sessionId",
    agent_id = "agentId",
    agent_type = "agentType",
    sidechain = "isSidechain",
    prompt_id = "promptId",
    request_id = "requestId",
    cwd = "cwd",
    branch = "gitBranch",
    version = "version",
    entrypoint = "entrypoint",
    message = "message",
    result = "toolUseResult",
    meta = "isMeta",
    compact_summary = "isCompactSummary",
    denial = "toolDenialKind",
    origin = "origin",
    prompt_source = "promptSource",
    permission_mode = "permissionMode",
    effort = "effort",
    attribution_agent = "attributionAgent",
    attribution_skill = "attributionSkill",
    attribution_plugin = "attributionPlugin",
    attribution_server = "attributionMcpServer",
    attribution_tool = "attributionMcpTool",
    cost = "costUSD",
    duration = "durationMs",
    messages = "messageCount",
    is_error = "isApiErrorMessage",
    error = "error",
    status = "apiErrorStatus",
    attachment = "attachment",
    compact = "compactMetadata",
    content = "content",
    level = "level",
    ai_title = "aiTitle",
    custom_title = "customTitle",
    agent_name = "agentName",
});
json::fields!(Message { id = "id", model = "model", content = "content", usage = "usage", stop = "stop_reason" });
json::fields!(Block {
    kind = "type",
    text = "text",
    thinking = "thinking",
    id = "id",
    name = "name",
    input = "input",
    tool_use_id = "tool_use_id",
    is_error = "is_error",
    content = "content",
});
json::fields!(Usage {
    input = "input_tokens",
    output = "output_tokens",
    write = "cache_creation_input_tokens",
    read = "cache_read_input_tokens",
    writes = "cache_creation",
    details = "output_tokens_details",
    speed = "speed",
    server = "server_tool_use",
});
json::fields!(Writes { five_minutes = "ephemeral_5m_input_tokens", hour = "ephemeral_1h_input_tokens" });
json::fields!(Details { thinking = "thinking_tokens" });
json::fields!(Told {
    agent_id = "agentId",
    agent_type = "agentType",
    status = "status",
    duration = "durationMs",
    total_duration = "totalDurationMs",
    tokens = "totalTokens",
    calls = "totalToolUseCount",
    model = "resolvedModel",
    interrupted = "interrupted",
});
json::fields!(Compact { trigger = "trigger", pre = "preTokens", post = "postTokens", duration = "durationMs" });
json::fields!(Origin { kind = "kind" });
json::fields!(Attachment { kind = "type", filename = "filename" });

/// What a line says; `None` where it is no JSON object.
pub(super) fn parse(text: &str) -> Option<Parsed> {
    let line: Line<'_> = json::object(text)?;
    let kind = json::text(line.kind).unwrap_or_default();
    let mut parsed = match &*kind {
        "assistant" => assistant(&line),
        "user" => user(&line),
        "system" => system(&line),
        "attachment" => attachment(&line),
        other => entry(other, None),
    };
    parsed.session_id = json::owned(line.session_id).map(SessionId);
    parsed.actor = match json::owned(line.agent_id) {
        Some(id) => Actor::Subagent { id, agent_type: json::owned(line.agent_type) },
        None => Actor::Main,
    };
    parsed.cwd = json::owned(line.cwd);
    parsed.turn_id = json::owned(line.prompt_id);
    parsed.title = json::owned(line.custom_title.or(line.ai_title).or(line.agent_name));
    Some(parsed)
}

/// An entry that is nothing more: `type`, or `type.subtype`.
fn entry(kind: &str, subtype: Option<&str>) -> Parsed {
    let name = match subtype {
        Some(subtype) => [kind, ".", subtype].concat(),
        None => kind.to_owned(),
    };
    Parsed::new(name, Kind::TranscriptEntry)
}

fn assistant(line: &Line<'_>) -> Parsed {
    let message: Message<'_> = json::nested(line.message);
    let mut calls = Vec::new();
    let (mut said, mut thought) = (false, false);
    for block in blocks(message.content) {
        match &*json::text(block.kind).unwrap_or_default() {
            "tool_use" | "server_tool_use" | "mcp_tool_use" => calls.extend(call(&block)),
            "text" => said = true,
            "thinking" | "redacted_thinking" => thought = true,
            _ => {}
        }
    }
    said |= json::is_text(message.content);
    let model = json::owned(message.model).filter(|model| model != SYNTHETIC);
    let (word, kind) = match () {
        () if !calls.is_empty() => ("tool_use", Kind::ToolReported),
        () if model.is_none() => ("synthetic", Kind::TranscriptEntry),
        () if said => ("text", Kind::MessageReceived),
        () if thought => ("thinking", Kind::ThoughtReceived),
        () => ("other", Kind::TranscriptEntry),
    };
    let mut parsed = with_calls(Parsed { kind, ..entry("assistant", Some(word)) }, calls);
    parsed.outcome = None;
    parsed.reason = json::owned(line.error);
    parsed.model_use = model.as_deref().and_then(|model| model_use(line, &message, model)).map(Box::new);
    parsed.model = model;
    parsed
}

fn user(line: &Line<'_>) -> Parsed {
    let message: Message<'_> = json::nested(line.message);
    let results: Vec<_> = blocks(message.content).into_iter().filter_map(|block| result(line, &block)).collect();
    if !results.is_empty() {
        return results_of(line, results);
    }
    let text = text_of(message.content);
    let prompt = prompt(line, &text);
    let mut parsed = match &prompt {
        Ok(_) => Parsed { kind: Kind::PromptReported, ..entry("user", Some("prompt")) },
        Err(word) => entry("user", Some(word)),
    };
    parsed.prompt = prompt.ok().map(Cow::into_owned);
    parsed.reason = json::owned(origin(line));
    parsed
}

fn results_of(line: &Line<'_>, results: Vec<BatchCall>) -> Parsed {
    let told: Told<'_> = json::nested(line.result);
    let parsed = Parsed { kind: Kind::ToolReported, ..entry("user", Some("tool_result")) };
    Parsed {
        duration_ms: json::whole(told.duration.or(told.total_duration)),
        spawned: json::owned(told.agent_id),
        reason: json::owned(line.denial),
        ..with_calls(parsed, results)
    }
}

fn system(line: &Line<'_>) -> Parsed {
    let subtype = json::text(line.subtype).unwrap_or_default();
    let parsed = entry("system", Some(&subtype).filter(|subtype| !subtype.is_empty()).map(|subtype| &**subtype));
    match &*subtype {
        "compact_boundary" => {
            let compact: Compact<'_> = json::nested(line.compact);
            Parsed {
                kind: Kind::CompactionReported,
                reason: json::owned(compact.trigger),
                duration_ms: json::whole(compact.duration),
                ..parsed
            }
        }
        _ => Parsed { duration_ms: json::whole(line.duration), reason: json::owned(line.error), ..parsed },
    }
}

fn attachment(line: &Line<'_>) -> Parsed {
    let attachment: Attachment<'_> = json::nested(line.attachment);
    let kind = json::text(attachment.kind).unwrap_or_default();
    let parsed = entry("attachment", Some(&kind));
    let email = line.attachment.filter(|_| kind == SESSION_CONTEXT).and_then(|raw| email(raw.get()));
    Parsed {
        reason: json::owned(attachment.filename),
        identity: email.map(|email| Box::new(Identity { email: Some(email), ..Identity::default() })),
        ..parsed
    }
}

/// The attachment that tells the model whose session it is: it holds the account's e-mail address.
const SESSION_CONTEXT: &str = "session_context";

/// The first e-mail address within the strings of a value.
fn email(json: &str) -> Option<String> {
    json::strings(json).find_map(|inside| {
        let text = json::unescape(&json[inside]).into_owned();
        let address = |c: char| c.is_ascii_alphanumeric() || "@.+-_%".contains(c);
        text.split(|c: char| !address(c)).map(|word| word.trim_matches(['.', '-', '_'])).find_map(|word| {
            let (name, host) = word.split_once('@')?;
            let is_host = host.contains('.') && !host.contains('@') && !host.starts_with('.');
            (!name.is_empty() && is_host).then(|| word.to_owned())
        })
    })
}

/// The blocks of a message's content; none where it is a text.
fn blocks<'a>(content: Option<&'a RawValue>) -> Vec<Block<'a>> {
    json::elements(content).into_iter().map(|block| json::nested(Some(block))).collect()
}

fn call(block: &Block<'_>) -> Option<BatchCall> {
    let tool_use_id = json::owned(block.id).map(ToolUseId)?;
    let tool = json::owned(block.name).map(|name| agents::tool(&Agent::ClaudeCode, name, block.input));
    Some(BatchCall { tool_use_id, tool, outcome: Outcome::Unknown })
}

/// A block that tells what came of a call.
fn result(line: &Line<'_>, block: &Block<'_>) -> Option<BatchCall> {
    let kind = json::text(block.kind)?;
    if !(kind == "tool_result" || kind.ends_with("_tool_result")) {
        return None;
    }
    let tool_use_id = json::owned(block.tool_use_id).map(ToolUseId)?;
    let text = text_of(block.content);
    let outcome = match agents::claude_code_refused(&text) {
        _ if json::is_set(line.denial) => Outcome::Denied,
        // Older versions do not tell a hook's refusal from an error, but our rules sign theirs.
        _ if super::is_true(block.is_error) && agents::is_our_refusal(&text) => Outcome::Denied,
        Some(outcome) => outcome,
        None if super::is_true(block.is_error) => Outcome::Failed,
        None => Outcome::Succeeded,
    };
    Some(BatchCall { tool_use_id, tool: None, outcome })
}

/// The first call is what the entry is about; what came with it in the same line is a batch.
fn with_calls(parsed: Parsed, calls: Vec<BatchCall>) -> Parsed {
    let mut calls = calls.into_iter();
    let Some(first) = calls.next() else { return parsed };
    Parsed {
        tool_use_id: Some(first.tool_use_id),
        tool: first.tool,
        outcome: Some(first.outcome),
        batch: calls.collect(),
        ..parsed
    }
}

/// A text, or the texts of a list of blocks.
fn text_of(content: Option<&RawValue>) -> Cow<'_, str> {
    if let Some(text) = json::text(content) {
        return text;
    }
    let mut texts = blocks(content).into_iter().filter_map(|block| json::text(block.text));
    let first = texts.next().unwrap_or_default();
    texts.fold(first, |all, text| Cow::Owned(format!("{all}\n{text}")))
}

/// What a person asked, or the word for what stands in a person's place: the client writes much else as the user.
fn prompt<'t>(line: &Line<'_>, text: &'t str) -> Result<Cow<'t, str>, &'static str> {
    if super::is_true(line.compact_summary) {
        return Err("compact_summary");
    }
    if super::is_true(line.meta) {
        return Err("meta");
    }
    if json::is_set(line.agent_id) || super::is_true(line.sidechain) {
        // The first entry of a subagent is what the agent that spawned it asked of it.
        return Err("subagent");
    }
    if json::text(origin(line)).is_some_and(|origin| origin != "human") {
        return Err("injected");
    }
    let text = text.trim();
    if let Some(command) = command(text) {
        return Ok(Cow::Owned(command));
    }
    match text {
        "" => Err("empty"),
        _ if text.starts_with(INTERRUPTED) => Err("interrupted"),
        _ if INJECTED.iter().any(|start| text.starts_with(start)) => Err("injected"),
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// How what the client puts into a conversation begins.
pub(crate) const INJECTED: [&str; 5] =
    ["<local-command-", "<bash-", "<task-notification>", "<system-reminder>", "Caveat: The messages below"];

/// How it begins where the client notes an interruption.
pub(crate) const INTERRUPTED: &str = "[Request interrupted by user";

fn origin<'a>(line: &Line<'a>) -> Option<&'a RawValue> {
    json::nested::<Origin<'_>>(line.origin).kind
}

/// A command as it was typed, which the client writes in tags of its own.
fn command(text: &str) -> Option<String> {
    let tag = |name: &str| -> Option<&str> {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside.trim())
    };
    if !text.starts_with("<command-") {
        return None;
    }
    let name = tag("command-name")?;
    match tag("command-args") {
        Some(args) if !args.is_empty() => Some(format!("{name} {args}")),
        _ => Some(name.to_owned()),
    }
}

/// What the request behind a message used; `None` where the line does not tell, or tells of nothing.
fn model_use(line: &Line<'_>, message: &Message<'_>, model: &str) -> Option<ModelUse> {
    let usage: Usage<'_> = json::nested(message.usage);
    let writes: Writes<'_> = json::nested(usage.writes);
    let number = |raw| json::whole(raw).unwrap_or(0);
    let (all, hour) = (number(usage.write), number(writes.hour));
    // Older versions give the sum alone; where both are given and differ, what nobody told the life of counts as short.
    let five_minutes = number(writes.five_minutes).max(all.saturating_sub(hour));
    let tokens = Tokens {
        input: number(usage.input),
        output: number(usage.output),
        cache_read: number(usage.read),
        cache_write_5m: five_minutes,
        cache_write_1h: hour,
        thinking: number(json::nested::<Details<'_>>(usage.details).thinking),
    };
    let told = line.cost.and_then(|raw| NanoUsd::from_dollars(raw.get()));
    (!tokens.is_zero() || told.is_some()).then(|| ModelUse {
        message_id: json::owned(message.id),
        request_id: json::owned(line.request_id),
        fast: json::text(usage.speed).is_some_and(|speed| speed == "fast"),
        told,
        sidechain: super::is_true(line.sidechain),
        query_source: json::is_set(line.agent_id).then(|| "subagent".to_owned()),
        skill: json::owned(line.attribution_skill),
        mcp_server: json::text(line.attribution_server).map(|server| mcp::raw(&server)),
        ..ModelUse::request(model, tokens)
    })
}

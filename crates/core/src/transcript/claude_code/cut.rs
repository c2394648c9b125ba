//! What of a transcript's line is worth sending.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Block, Compact, Details, Line, Message, SYNTHETIC, Told, Usage, Writes, blocks};
use crate::event::EventId;
use crate::json;
use crate::time::Timestamp;
use crate::transcript::write::{Object, list};
use crate::transcript::{Entry, Identity, MAX_ENTRY_BYTES, Place, Skip, fitting, hash, time};

/// What a transcript's lines tell those that come after them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::transcript) struct Carried {
    session: Option<String>,
    agent_type: Option<String>,
    at: Option<i64>,
    place: Place,
    version: Option<String>,
    /// The message whose usage was sent last, and a hash of that usage: the lines of one message repeat it.
    message: Option<(String, u64)>,
}

impl Carried {
    pub(in crate::transcript) fn new(session: Option<String>, agent_type: Option<String>) -> Self {
        Self { session, agent_type, ..Self::default() }
    }
}

json::fields!(Attached {
    kind = "type",
    filename = "filename",
    path = "path",
    display = "displayPath",
    name = "name",
    uri = "uri",
    server = "server",
    hook = "hookName",
    event = "hookEvent",
    call = "toolUseID",
    exit = "exitCode",
    duration = "durationMs",
    command = "command",
});

/// The agent's bookkeeping. `queue-operation` holds prompts that come again as prompts, `last-prompt` the last of them,
/// `cost-state` sums of what the messages tell one by one, `summary` (older versions) titles of other sessions.
fn bookkeeping(kind: &str) -> Option<Skip> {
    match kind {
        "last-prompt" | "cost-state" | "summary" | "progress" => Some(Skip::Repeats),
        "queue-operation"
        | "mode"
        | "permission-mode"
        | "atis-latch"
        | "bridge-session"
        | "frame-link"
        | "file-history-snapshot"
        | "file-history-delta" => Some(Skip::Bookkeeping),
        _ => None,
    }
}

/// What the client tells the model with every session or turn, whole system prompts among it.
fn instructions(attachment: &str) -> bool {
    attachment.ends_with("_listing")
        || attachment.ends_with("_delta")
        || attachment.ends_with("_reminder")
        || matches!(
            attachment,
            "prompt_snapshot"
                | "environment"
                | "model"
                | "date"
                | "command_permissions"
                | "output_style"
                | "nested_memory"
        )
}

/// The next line of a transcript.
pub(in crate::transcript) fn cut(carried: &mut Carried, text: &str) -> Result<Entry, Skip> {
    let line: Line<'_> = json::object(text).ok_or(Skip::NotJson)?;
    let at = time(line.timestamp).or_else(|| carried.at.map(Timestamp::from_nanos));
    carried.at = at.map(Timestamp::as_nanos);
    let kind = json::text(line.kind).unwrap_or_default();
    if let Some(skip) = bookkeeping(&kind) {
        return Err(skip);
    }
    if kind == "attachment" {
        let attached: Attached<'_> = json::nested(line.attachment);
        if json::text(attached.kind).is_some_and(|kind| instructions(&kind)) {
            return Err(Skip::Instructions);
        }
    }
    take(&mut carried.session, line.session_id);
    let place = carried.moved(&line);
    let payload = carried.write(&line, &kind, place.is_some(), text.len());
    let uuid = json::text(line.uuid).and_then(|uuid| uuid.parse::<EventId>().ok());
    Ok(Entry {
        identity: uuid.map_or(Identity::Content, Identity::Given),
        at,
        session: carried.session.clone(),
        payload: fitting(payload),
        place,
        skill: json::owned(line.attribution_skill),
    })
}

/// Takes over what a line tells, where it tells another text than those before it; says whether it did.
fn take(known: &mut Option<String>, told: Option<&RawValue>) -> bool {
    let Some(text) = json::text(told).filter(|text| known.as_deref() != Some(text)) else { return false };
    *known = Some(text.into_owned());
    true
}

impl Carried {
    /// The place, where the line tells another than the lines before it.
    fn moved(&mut self, line: &Line<'_>) -> Option<Place> {
        let moved = take(&mut self.place.cwd, line.cwd) | take(&mut self.place.branch, line.branch);
        moved.then(|| self.place.clone())
    }

    fn write(&mut self, line: &Line<'_>, kind: &str, moved: bool, length: usize) -> String {
        let mut out = String::with_capacity(length.min(MAX_ENTRY_BYTES));
        let mut object = Object::open(&mut out);
        object.raw("type", line.kind).raw("subtype", line.subtype);
        object.raw("isSidechain", line.sidechain).raw("agentId", line.agent_id);
        if json::is_set(line.agent_id) {
            match line.agent_type {
                Some(_) => object.raw("agentType", line.agent_type),
                None => object.text("agentType", self.agent_type.as_deref()),
            };
        }
        object.raw("promptId", line.prompt_id);
        if take(&mut self.version, line.version) {
            object.raw("version", line.version).raw("entrypoint", line.entrypoint);
        }
        if moved {
            object.raw("cwd", line.cwd).raw("gitBranch", line.branch);
        }
        object.raw("isMeta", line.meta).raw("isCompactSummary", line.compact_summary);
        object.raw("origin", line.origin).raw("promptSource", line.prompt_source);
        object.raw("toolDenialKind", line.denial).raw("permissionMode", line.permission_mode);
        object.raw("attributionAgent", line.attribution_agent).raw("attributionSkill", line.attribution_skill);
        object.raw("attributionPlugin", line.attribution_plugin).raw("attributionMcpServer", line.attribution_server);
        object.raw("attributionMcpTool", line.attribution_tool).raw("effort", line.effort);
        object.raw("costUSD", line.cost).raw("durationMs", line.duration).raw("messageCount", line.messages);
        object.raw("isApiErrorMessage", line.is_error).raw("error", line.error).raw("apiErrorStatus", line.status);
        object.raw("aiTitle", line.ai_title).raw("customTitle", line.custom_title).raw("agentName", line.agent_name);
        match kind {
            "assistant" => self.answer(&mut object, line),
            "user" => asked(&mut object, line),
            "attachment" => attached(&mut object, line.attachment),
            _ => {
                object.raw("content", line.content).raw("level", line.level);
            }
        }
        if let Some(compact) = line.compact {
            let compact: Compact<'_> = json::nested(Some(compact));
            object.with("compactMetadata", |out| {
                let mut object = Object::open(out);
                object.raw("trigger", compact.trigger).raw("preTokens", compact.pre).raw("postTokens", compact.post);
                object.raw("durationMs", compact.duration).close();
            });
        }
        object.close();
        out
    }

    fn answer(&mut self, object: &mut Object<'_>, line: &Line<'_>) {
        let message: Message<'_> = json::nested(line.message);
        let usage = self.news(&message);
        if usage.is_some() {
            object.raw("requestId", line.request_id);
        }
        object.with("message", |out| {
            let mut object = Object::open(out);
            object.raw("id", message.id).raw("model", message.model).raw("stop_reason", message.stop);
            content(&mut object, message.content);
            if let Some(usage) = usage {
                object.with("usage", |out| used(out, &usage));
            }
            object.close();
        });
    }

    /// The usage of a message, unless the line before told the same of it. What the client made itself used nothing.
    fn news<'a>(&mut self, message: &Message<'a>) -> Option<Usage<'a>> {
        let usage = message.usage.filter(|_| json::text(message.model).is_none_or(|model| model != SYNTHETIC))?;
        if let Some(id) = json::text(message.id) {
            let hash = hash(usage.get().bytes());
            if self.message.as_ref().is_some_and(|(last, told)| *last == id && *told == hash) {
                return None;
            }
            self.message = Some((id.into_owned(), hash));
        }
        Some(json::nested(Some(usage)))
    }
}

/// What a person asked, or what came of a call: the structured result says again what the content says, but for a few facts.
fn asked(object: &mut Object<'_>, line: &Line<'_>) {
    let message: Message<'_> = json::nested(line.message);
    object.with("message", |out| {
        let mut object = Object::open(out);
        content(&mut object, message.content);
        object.close();
    });
    let told: Told<'_> = json::nested(line.result);
    let facts = [told.agent_id, told.status, told.duration, told.total_duration, told.model, told.interrupted];
    if facts.into_iter().any(json::is_set) {
        object.with("toolUseResult", |out| {
            let mut object = Object::open(out);
            object.raw("agentId", told.agent_id).raw("agentType", told.agent_type).raw("status", told.status);
            object.raw("durationMs", told.duration).raw("totalDurationMs", told.total_duration);
            object.count("totalTokens", told.tokens).count("totalToolUseCount", told.calls);
            object.raw("resolvedModel", told.model).raw("interrupted", told.interrupted).close();
        });
    }
}

/// The content of a message: a text as it is, of blocks what they say. Signatures and images are left out.
fn content(object: &mut Object<'_>, raw: Option<&RawValue>) {
    if json::is_text(raw) {
        object.raw("content", raw);
        return;
    }
    object.with("content", |out| list(out, blocks(raw), |out, block| block_of(out, &block)));
}

fn block_of(out: &mut String, block: &Block<'_>) {
    let mut object = Object::open(out);
    object.raw("type", block.kind).raw("text", block.text).raw("thinking", block.thinking);
    object.raw("id", block.id).raw("name", block.name).raw("input", block.input);
    object.raw("tool_use_id", block.tool_use_id).raw("is_error", block.is_error);
    if block.content.is_some() {
        content(&mut object, block.content);
    }
    object.close();
}

/// The classes of tokens, without those that are nought.
fn used(out: &mut String, usage: &Usage<'_>) {
    let mut object = Object::open(out);
    object.count("input_tokens", usage.input).count("output_tokens", usage.output);
    object.count("cache_read_input_tokens", usage.read).count("cache_creation_input_tokens", usage.write);
    let writes: Writes<'_> = json::nested(usage.writes);
    if writes.hour.is_some_and(|hour| hour.get() != "0") {
        object.with("cache_creation", |out| {
            let mut object = Object::open(out);
            object.count("ephemeral_5m_input_tokens", writes.five_minutes);
            object.count("ephemeral_1h_input_tokens", writes.hour).close();
        });
    }
    let details: Details<'_> = json::nested(usage.details);
    if details.thinking.is_some_and(|thinking| thinking.get() != "0") {
        object.with("output_tokens_details", |out| {
            let mut object = Object::open(out);
            object.count("thinking_tokens", details.thinking).close();
        });
    }
    object.raw("speed", usage.speed.filter(|speed| speed.get() != "\"standard\"")).close();
}

/// An attachment: what it is and where it lies, never what it holds. The account's own note keeps its words.
fn attached(object: &mut Object<'_>, raw: Option<&RawValue>) {
    let attached: Attached<'_> = json::nested(raw);
    if json::text(attached.kind).is_some_and(|kind| kind == super::SESSION_CONTEXT) {
        object.raw("attachment", raw);
        return;
    }
    object.with("attachment", |out| {
        let mut object = Object::open(out);
        object.raw("type", attached.kind).raw("filename", attached.filename).raw("path", attached.path);
        object.raw("displayPath", attached.display).raw("name", attached.name).raw("uri", attached.uri);
        object.raw("server", attached.server).raw("hookName", attached.hook).raw("hookEvent", attached.event);
        object.raw("toolUseID", attached.call).raw("exitCode", attached.exit).raw("durationMs", attached.duration);
        object.raw("command", attached.command).close();
    });
}

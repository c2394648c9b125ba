//! What of a rollout's line is worth sending, with what only lines before it tell.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Info, Item, Line, Payload, Sum, texts};
use crate::json;
use crate::time::Timestamp;
use crate::transcript::write::Object;
use crate::transcript::{Entry, Identity, Place, Skip, fitting, hash, time};

/// How many of the last messages are remembered, to know a copy in another form: copies stand near each other.
const REMEMBERED: usize = 32;

/// What a rollout's lines tell those that come after them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::transcript) struct Carried {
    session: Option<String>,
    /// The thread, where it is a subagent of the session, and its kind.
    agent: Option<(String, Option<String>)>,
    /// The beginning of the file was read.
    begun: bool,
    at: Option<i64>,
    /// The thread whose history this is, in part: the one it was forked from, else itself.
    origin: Option<String>,
    cwd: Option<String>,
    turn: Option<String>,
    model: Option<String>,
    total: Sum,
    /// Whether requests are told one by one.
    records: bool,
    said: VecDeque<Said>,
}

/// A message, by a hash of its text, and in which forms it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said(u64, u8);

/// The forms of a message.
#[derive(Clone, Copy)]
enum Form {
    Event = 1,
    Item = 2,
    Finished = 4,
}

impl Carried {
    pub(in crate::transcript) fn new(session: Option<String>) -> Self {
        Self { session, ..Self::default() }
    }

    /// Whether a text was said before in another form.
    fn is_copy(&mut self, role: &str, text: &str, form: Form) -> bool {
        let form = form as u8;
        let hash = hash(role.bytes().chain([0]).chain(text.trim().bytes()));
        if let Some(said) = self.said.iter_mut().find(|said| said.0 == hash && said.1 & form == 0) {
            said.1 |= form;
            return true;
        }
        self.said.push_back(Said(hash, form));
        if self.said.len() > REMEMBERED {
            self.said.pop_front();
        }
        false
    }
}

json::fields!(Git { branch = "branch", commit = "commit_hash", remote = "repository_url" });
json::fields!(Spawned { subagent = "subagent" });
json::fields!(Subagent { thread = "thread_spawn", other = "other" });
json::fields!(Thread { parent = "parent_thread_id", role = "agent_role", nickname = "agent_nickname" });
json::fields!(Metadata { turn_id = "turn_id", kinds = "content_item_kinds" });

/// The next line of a rollout.
pub(in crate::transcript) fn cut(carried: &mut Carried, text: &str) -> Result<Entry, Skip> {
    let mut line: Line<'_> = json::object(text).ok_or(Skip::NotJson)?;
    let at = time(line.timestamp).or_else(|| carried.at.map(Timestamp::from_nanos));
    carried.at = at.map(Timestamp::as_nanos);
    let whole: &RawValue = serde_json::from_str(text).map_err(|_| Skip::NotJson)?;
    let mut kind = json::text(line.kind).unwrap_or_default();
    if line.payload.is_none() {
        // Until mid 2025 items and the head of the file stood alone, without an envelope.
        kind = if line.kind.is_none() && line.id.is_some() { "session_meta".into() } else { "response_item".into() };
        line.payload = Some(whole);
    }
    let payload: Payload<'_> = json::nested(line.payload);
    let place = match &*kind {
        "session_meta" => Some(carried.begin(&payload)?),
        _ => None,
    };
    carried.turn(&kind, &payload);
    let mut out = String::with_capacity(text.len().min(4096));
    let mut object = Object::open(&mut out);
    object.text("type", Some(&kind)).text("turn_id", carried.turn.as_deref());
    object.text("thread", carried.origin.as_deref().filter(|_| carried.turn.is_none()));
    object.text("model", carried.model.as_deref());
    if let Some((id, agent_type)) = &carried.agent {
        object.text("agent_id", Some(id)).text("agent_type", agent_type.as_deref());
    }
    let mut inner = String::new();
    carried.write(&kind, &payload, line.payload, &mut inner)?;
    object.with("payload", |out| out.push_str(&inner)).close();
    let within = carried.turn.clone().or_else(|| carried.origin.clone()).unwrap_or_default();
    Ok(Entry {
        identity: Identity::Within(within),
        at,
        session: carried.session.clone(),
        payload: fitting(out),
        place: place.or_else(|| carried.moved(&kind, &payload)),
        skill: None,
    })
}

impl Carried {
    /// The head of the file. A fork has its parent's after its own, which is history.
    fn begin(&mut self, payload: &Payload<'_>) -> Result<Place, Skip> {
        if std::mem::replace(&mut self.begun, true) {
            return Err(Skip::Repeats);
        }
        let thread = json::owned(payload.id);
        let spawned: Spawned<'_> = json::nested(payload.source);
        let subagent: Subagent<'_> = json::nested(spawned.subagent);
        let spawn: Thread<'_> = json::nested(subagent.thread);
        let session = json::owned(payload.session_id);
        // The session is the root thread; where only the parent is told, the parent stands for it.
        self.session = match (&session, &thread, json::owned(spawn.parent)) {
            (Some(session), Some(thread), Some(parent)) if session == thread => Some(parent),
            (None, Some(_), Some(parent)) => Some(parent),
            (Some(session), ..) => Some(session.clone()),
            (None, thread, None) => thread.clone().or(self.session.take()),
            (None, None, parent) => parent,
        };
        if thread.is_some() && thread != self.session {
            let kind = json::owned(spawn.role).or_else(|| json::owned(spawn.nickname));
            let kind = kind.or_else(|| json::owned(spawned.subagent)).or_else(|| json::owned(subagent.other));
            self.agent = thread.map(|thread| (thread, kind));
        }
        self.origin = json::owned(payload.forked_from).or_else(|| json::owned(payload.id)).or(self.session.clone());
        self.cwd = json::owned(payload.cwd);
        let git: Git<'_> = json::nested(payload.git);
        Ok(Place {
            cwd: self.cwd.clone(),
            branch: json::owned(git.branch),
            commit: json::owned(git.commit),
            remote: json::owned(git.remote),
        })
    }

    fn turn(&mut self, kind: &str, payload: &Payload<'_>) {
        let begins = kind == "turn_context"
            || kind == "event_msg" && json::text(payload.kind).is_some_and(|kind| kind.ends_with("_started"));
        if begins && let Some(turn) = json::owned(payload.turn_id) {
            self.turn = Some(turn);
        }
        if kind == "turn_context"
            && let Some(model) = json::owned(payload.model)
        {
            self.model = Some(model);
        }
    }

    /// The place, where a turn is at another than the one before.
    fn moved(&mut self, kind: &str, payload: &Payload<'_>) -> Option<Place> {
        let cwd = json::owned(payload.cwd).filter(|_| kind == "turn_context");
        if cwd.is_none() || cwd == self.cwd {
            return None;
        }
        self.cwd.clone_from(&cwd);
        Some(Place { cwd, ..Place::default() })
    }

    /// Writes the payload, or tells why there is nothing to write.
    fn write(
        &mut self,
        kind: &str,
        payload: &Payload<'_>,
        raw: Option<&RawValue>,
        out: &mut String,
    ) -> Result<(), Skip> {
        let word = json::text(payload.kind).unwrap_or_default();
        match (kind, &*word) {
            ("world_state", _) => return Err(Skip::Instructions),
            ("session_meta", _) => head(payload, out),
            ("turn_context", _) => context(payload, out),
            ("compacted", _) => Object::open(out).raw("message", payload.message).close(),
            ("token_usage_record", _) => {
                self.records = true;
                Object::open(out).raw("response_id", payload.response_id).raw("usage", payload.usage).close();
            }
            ("event_msg", "token_count") => self.counted(payload, out)?,
            ("event_msg", "item_completed") => self.finished(payload, out)?,
            ("event_msg", _) => self.event(&word, payload, raw, out)?,
            ("response_item", _) => self.item(&word, payload, raw, out)?,
            _ => out.push_str(raw.map_or("{}", RawValue::get)),
        }
        Ok(())
    }

    /// The sum of tokens, as what it grew by.
    fn counted(&mut self, payload: &Payload<'_>, out: &mut String) -> Result<(), Skip> {
        let info: Info<'_> = json::nested(payload.info);
        let total = info.total.map(|raw| Sum::of(Some(raw))).ok_or(Skip::Bookkeeping)?;
        let before = std::mem::replace(&mut self.total, total);
        if self.records || total == before {
            return Err(Skip::Repeats);
        }
        let grown = match info.last {
            Some(last) => Sum::of(Some(last)),
            None => total.since(&before),
        };
        Object::open(out)
            .raw("type", payload.kind)
            .with("info", |out| {
                Object::open(out)
                    .with("total_token_usage", |out| Object::open(out).number("total_tokens", total.total).close())
                    .with("last_token_usage", |out| usage(out, &grown))
                    .close();
            })
            .close();
        Ok(())
    }

    fn event(
        &mut self,
        word: &str,
        payload: &Payload<'_>,
        raw: Option<&RawValue>,
        out: &mut String,
    ) -> Result<(), Skip> {
        let said = json::text(payload.message.or(payload.text)).unwrap_or_default();
        let role = match word {
            "user_message" => Some("user"),
            "agent_message" => Some("assistant"),
            "agent_reasoning" => Some("thought"),
            _ => None,
        };
        if let Some(role) = role {
            if self.is_copy(role, &said, Form::Event) {
                return Err(Skip::Repeats);
            }
            Object::open(out).raw("type", payload.kind).text("message", Some(&said)).close();
            return Ok(());
        }
        match word {
            "thread_settings_applied" => return Err(Skip::Bookkeeping),
            "context_compacted" => return Err(Skip::Repeats),
            _ if word.ends_with("_delta") || word.ends_with("_begin") || word == "item_started" => {
                return Err(Skip::Repeats);
            }
            "exec_command_end" | "mcp_tool_call_end" | "patch_apply_end" => Object::open(out)
                .raw("type", payload.kind)
                .raw("call_id", payload.call_id)
                .raw("exit_code", payload.exit_code)
                .flag("success", payload.success)
                .raw("status", payload.status)
                .raw("invocation", payload.invocation)
                .raw("duration", payload.duration)
                .close(),
            _ => out.push_str(raw.map_or("{}", RawValue::get)),
        }
        Ok(())
    }

    fn finished(&mut self, payload: &Payload<'_>, out: &mut String) -> Result<(), Skip> {
        let item: Item<'_> = json::nested(payload.item);
        let word = json::text(item.kind).unwrap_or_default();
        let role = match &*word {
            "UserMessage" => "user",
            "AgentMessage" => "assistant",
            "Reasoning" => "thought",
            _ => "",
        };
        let said = texts(item.content);
        if !role.is_empty() && self.is_copy(role, &said, Form::Finished) {
            return Err(Skip::Repeats);
        }
        Object::open(out)
            .raw("type", payload.kind)
            .with("item", |out| {
                let mut object = Object::open(out);
                object.raw("type", item.kind).raw("id", item.id).raw("status", item.status);
                object.raw("server", item.server).raw("tool", item.tool);
                object.raw("exit_code", item.exit_code).raw("duration", item.duration);
                object.raw("content", item.content.filter(|_| !role.is_empty())).close();
            })
            .close();
        Ok(())
    }

    fn item(
        &mut self,
        word: &str,
        payload: &Payload<'_>,
        raw: Option<&RawValue>,
        out: &mut String,
    ) -> Result<(), Skip> {
        let role = match word {
            "message" => json::text(payload.role).unwrap_or_default().into_owned(),
            "reasoning" => "thought".to_owned(),
            "compaction" | "context_compaction" | "ghost_snapshot" => return Err(Skip::Bookkeeping),
            _ if word.ends_with("_call") || word.ends_with("_call_output") => {
                Object::open(out)
                    .raw("type", payload.kind)
                    .raw("name", payload.name)
                    .raw("namespace", payload.namespace)
                    .raw("call_id", payload.call_id)
                    .raw("status", payload.status)
                    .raw("arguments", payload.arguments)
                    .raw("input", payload.input)
                    .raw("action", payload.action)
                    .raw("output", payload.output)
                    .close();
                return Ok(());
            }
            _ => {
                out.push_str(raw.map_or("{}", RawValue::get));
                return Ok(());
            }
        };
        let said = match word {
            "reasoning" => texts(payload.summary),
            _ => texts(payload.content),
        };
        match &*role {
            "thought" if said.is_empty() => return Err(Skip::Opaque),
            "developer" | "system" => return Err(Skip::Instructions),
            "user" if !by_a_person(payload, &said) => return Err(Skip::Instructions),
            _ if self.is_copy(&role, &said, Form::Item) => return Err(Skip::Repeats),
            _ => {}
        }
        Object::open(out)
            .raw("type", payload.kind)
            .raw("role", payload.role)
            .raw("content", payload.content)
            .raw("summary", payload.summary)
            .close();
        Ok(())
    }
}

/// Whether a message in the user's place is a person's: Codex also puts what it tells the model there.
fn by_a_person(payload: &Payload<'_>, text: &str) -> bool {
    let metadata: Metadata<'_> = json::nested(payload.metadata);
    let mut kinds = json::elements(metadata.kinds).into_iter().filter_map(|kind| json::text(Some(kind))).peekable();
    if kinds.peek().is_some() {
        return kinds.any(|kind| kind.starts_with("user."));
    }
    let text = text.trim_start();
    let told = [
        "<environment_context>",
        "<user_instructions>",
        "<permissions",
        "<skill",
        "<turn_aborted>",
        "<collaboration_mode>",
        "<subagent_notification>",
        "<INSTRUCTIONS>",
        "# AGENTS.md instructions",
    ];
    !told.iter().any(|start| text.starts_with(start))
}

fn head(payload: &Payload<'_>, out: &mut String) {
    Object::open(out)
        .raw("id", payload.id)
        .raw("session_id", payload.session_id)
        .raw("forked_from_id", payload.forked_from)
        .raw("cwd", payload.cwd)
        .raw("originator", payload.originator)
        .raw("cli_version", payload.version)
        .raw("source", payload.source)
        .raw("thread_source", payload.thread_source)
        .raw("model_provider", payload.provider)
        .close();
}

fn context(payload: &Payload<'_>, out: &mut String) {
    Object::open(out)
        .raw("turn_id", payload.turn_id)
        .raw("cwd", payload.cwd)
        .raw("model", payload.model)
        .raw("effort", payload.effort)
        .raw("approval_policy", payload.approval)
        .raw("sandbox_policy", payload.sandbox)
        .close();
}

fn usage(out: &mut String, sum: &Sum) {
    Object::open(out)
        .number("input_tokens", sum.input)
        .number("cached_input_tokens", sum.cached)
        .number("cache_write_input_tokens", sum.written)
        .number("output_tokens", sum.output)
        .number("reasoning_output_tokens", sum.reasoning)
        .number("total_tokens", sum.total)
        .close();
}

//! Events for tests, and a plain account of what is stored to compare with.
#![allow(dead_code, clippy::unwrap_used, unreachable_pub, missing_docs)]

use hookrail_core::agents::{BatchCall, Parsed};
use hookrail_core::event::{Actor, Agent, Event, EventId, Family, Kind, Outcome, Tool};
use hookrail_core::mcp;
use hookrail_core::time::Timestamp;
use hookrail_store::events::{Append, Order, Reader, Writer};
use hookrail_store::model::{EventFilter, StoredEvent};
use hookrail_store::{Settings, Store};
use serde_json::value::RawValue;

/// 2026-11-20T12:00:00Z in nanoseconds: what the tests' clock starts at.
pub const NOON: i64 = 1_795_176_000_000_000_000;
pub const SECOND: i64 = 1_000_000_000;

pub fn clock() -> Timestamp {
    Timestamp::from_nanos(NOON + 600 * SECOND)
}

pub fn settings() -> Settings {
    Settings { clock, ..Settings::default() }
}

/// A numbered id that sorts by its number.
pub fn id(n: u64) -> EventId {
    EventId::v7(Timestamp::from_nanos(NOON), n)
}

/// An event `seconds` after noon.
pub fn event(n: u64, session: &str, kind: Kind, seconds: i64) -> Event {
    let name = match &kind {
        Kind::ToolRequested => "PreToolUse",
        Kind::ToolSucceeded => "PostToolUse",
        Kind::ToolFailed => "PostToolUseFailure",
        Kind::ToolBatch => "PostToolBatch",
        Kind::PromptSubmitted => "UserPromptSubmit",
        other => other.as_str(),
    }
    .to_owned();
    Event {
        id: id(n),
        occurred_at: Timestamp::from_nanos(NOON + seconds * SECOND),
        received_at: Timestamp::from_nanos(NOON + 300 * SECOND),
        agent: Agent::ClaudeCode,
        parsed: Box::new(Parsed {
            session_id: (!session.is_empty()).then(|| session.into()),
            ..Parsed::new(name, kind)
        }),
        verdict: None,
        user: None,
        device: None,
        source_app: None,
        context: None,
        redactions: Vec::new(),
        payload: RawValue::from_string(format!(r#"{{"n":{n},"text":"Payload of {session}"}}"#)).unwrap(),
    }
}

/// An event of a tool call.
pub fn tool(n: u64, session: &str, kind: Kind, seconds: i64, tool: &str, call: &str) -> Event {
    let mut event = event(n, session, kind, seconds);
    let family = match mcp::split(tool, None) {
        Some((server, tool)) => Family::Mcp { server: Some(server.to_owned()), tool: tool.to_owned() },
        None => Family::Shell,
    };
    event.parsed.tool = Some(Tool { name: tool.to_owned(), family });
    event.parsed.tool_use_id = Some(call.into());
    event.parsed.outcome = match event.parsed.kind {
        Kind::ToolSucceeded => Some(Outcome::Succeeded),
        Kind::ToolFailed => Some(Outcome::Failed),
        Kind::ToolDenied => Some(Outcome::Denied),
        _ => None,
    };
    event
}

/// What a batch event says of a call.
pub fn batch_call(call: &str, tool: &str, outcome: Outcome) -> BatchCall {
    let tool = Tool { name: tool.to_owned(), family: Family::Shell };
    BatchCall { tool_use_id: call.into(), tool: Some(tool), outcome }
}

pub fn by_subagent(mut event: Event, id: &str) -> Event {
    event.parsed.actor = Actor::Subagent { id: id.to_owned(), agent_type: Some("Explore".to_owned()) };
    event
}

pub fn stored(outcomes: &[Append]) -> usize {
    outcomes.iter().filter(|outcome| matches!(outcome, Append::Stored(_))).count()
}

/// All events of a list, page after page.
pub async fn all(reader: &Reader, filter: &EventFilter, order: Order, limit: usize) -> Vec<StoredEvent> {
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let page = reader.events(filter, order, limit, cursor.as_deref()).await.unwrap();
        assert!(page.items.len() <= limit);
        items.extend(page.items);
        match page.next {
            Some(next) => {
                assert_ne!(cursor.as_ref(), Some(&next), "a cursor must lead on");
                cursor = Some(next);
            }
            None => return items,
        }
    }
}

/// The SQLite store in memory with its writer.
pub fn memory() -> (Store, Writer) {
    let store = hookrail_store::open("sqlite::memory:", &settings()).unwrap();
    let writer = store.writer().unwrap();
    (store, writer)
}

/// A small generator of numbers for tests that want variety without proptest (xorshift64*).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// Events of a few sessions as they might arrive: varied kinds, tools, actors, times; every call once per step.
pub fn mixture(dice: &mut Dice, count: u64) -> Vec<Event> {
    let sessions = ["s-one", "s-two", "s-three", ""];
    (0..count)
        .map(|n| {
            let session = dice.pick(&sessions);
            let seconds = dice.below(300) as i64;
            let mut event = match dice.below(8) {
                0 => event(n, session, Kind::PromptSubmitted, seconds),
                1 => event(n, session, Kind::TurnEnded, seconds),
                2 => event(n, session, Kind::Notification, seconds),
                step => {
                    let kind = match step {
                        3 | 4 => Kind::ToolRequested,
                        5 | 6 => Kind::ToolSucceeded,
                        _ => Kind::ToolFailed,
                    };
                    let name = *dice.pick(&["Bash", "Read", "mcp__git__log"]);
                    tool(n, session, kind, seconds, name, &format!("call-{n}"))
                }
            };
            if dice.below(4) == 0 {
                event = by_subagent(event, &format!("sub-{}", dice.below(3)));
            }
            if event.parsed.kind == Kind::PromptSubmitted {
                event.parsed.prompt = Some(format!("prompt {n}"));
            }
            event.user = [None, Some("ada"), Some("grace")][dice.below(3) as usize].map(str::to_owned);
            event.device = [None, Some("laptop")][dice.below(2) as usize].map(str::to_owned);
            if dice.below(10) == 0 {
                event.agent = Agent::Codex;
            }
            event
        })
        .collect()
}

/// The time so many seconds after noon.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanos(NOON + seconds * SECOND)
}

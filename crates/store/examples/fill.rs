//! Fills a store with synthetic but realistic events and measures what the store costs: time per event, bytes per
//! byte of JSON, and the time of every kind of query.
//!
//! ```text
//! cargo run --release -p hookrail-store --example fill -- PATH EVENTS [BATCH] [normal]
//! ```
//!
//! An existing store is filled up to EVENTS; with none to add only the queries are measured. Only the time within
//! `append` counts as writing: making the events is the load, not the store.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use hookrail_core::agents::{BatchCall, Parsed};
use hookrail_core::event::{Agent, Event, EventId, Family, Kind, Outcome, Tool};
use hookrail_core::time::Timestamp;
use hookrail_store::events::{Order, Reader};
use hookrail_store::model::{EventFilter, SessionFilter};
use hookrail_store::{Settings, Store, Sync};
use serde_json::value::RawValue;

const SECOND: i64 = 1_000_000_000;
/// The last event's time: 2026-11-20T12:00:00Z.
const END: i64 = 1_795_176_000 * SECOND;
/// Sessions at work at the same time.
const ACTIVE: usize = 64;
/// Events of a session before it ends.
const PER_SESSION: u64 = 150;

fn clock() -> Timestamp {
    Timestamp::from_nanos(END)
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(path), Some(count)) = (args.next(), args.next().and_then(|n| n.parse::<u64>().ok())) else {
        println!("usage: fill PATH EVENTS [BATCH] [normal]");
        return;
    };
    let batch: u64 = args.next().and_then(|n| n.parse().ok()).unwrap_or(500);
    let sync = if args.next().as_deref() == Some("normal") { Sync::Normal } else { Sync::Full };
    let store = hookrail_store::open(&path, &Settings { sync, clock, ..Settings::default() }).unwrap();
    fill(&store, count, batch).await;
    let stats = store.events.stats().await.unwrap();
    println!(
        "{} events, {} sessions: {:.0} MB of JSON ({} bytes each) in {:.0} MB, ratio {:.3}",
        stats.events,
        stats.sessions,
        stats.payload_bytes as f64 / 1e6,
        stats.payload_bytes / stats.events.max(1),
        stats.stored_bytes as f64 / 1e6,
        stats.stored_bytes as f64 / stats.payload_bytes as f64
    );
    println!("resident after filling: {} KiB", resident());
    queries(&store.events).await;
    println!("resident: {} KiB", resident());
}

async fn fill(store: &Store, count: u64, batch: u64) {
    let present = store.events.stats().await.unwrap().events;
    if present >= count {
        return;
    }
    let mut writer = store.writer().unwrap();
    let mut load = Load::new(count, present);
    let (mut writing, mut commits) = (Duration::ZERO, Vec::new());
    let mut done = present;
    while done < count {
        let events: Vec<Event> = (0..batch.min(count - done)).map(|_| load.next()).collect();
        done += events.len() as u64;
        let begun = Instant::now();
        let appended = writer.append(events).unwrap();
        commits.push(begun.elapsed());
        writing += begun.elapsed();
        drop(appended);
        if done % 1_000_000 < batch {
            println!("{done}: {:.0} events/s so far", (done - present) as f64 / writing.as_secs_f64());
        }
    }
    let begun = Instant::now();
    writer.checkpoint().unwrap();
    println!(
        "{} events in batches of {batch}: {:.0} events/s; commit p50 {:.1} ms, p99 {:.1} ms; last checkpoint {:.0} ms",
        count - present,
        (count - present) as f64 / writing.as_secs_f64(),
        percentile(&mut commits, 0.5),
        percentile(&mut commits, 0.99),
        begun.elapsed().as_secs_f64() * 1e3
    );
}

fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}

/// Peak and present resident memory, where the system tells.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap_or("").replace(['\t', ' '], "");
    format!("{} {}", line("VmRSS"), line("VmHWM"))
}

/// Measures a query a number of times, each with another number.
macro_rules! measure {
    ($name:literal, $rounds:expr, |$n:ident| $query:expr) => {{
        let mut times = Vec::new();
        let mut found = 0;
        for $n in 0..$rounds {
            let begun = Instant::now();
            found += $query;
            times.push(begun.elapsed());
        }
        let (p50, p95) = (percentile(&mut times, 0.5), percentile(&mut times, 0.95));
        println!("{:<46} p50 {p50:7.2} ms   p95 {p95:7.2} ms   {:6.1} found", $name, found as f64 / f64::from($rounds));
    }};
}

async fn queries(reader: &Reader) {
    let events = reader.stats().await.unwrap().events as i64;
    let filter = |of: fn(&mut EventFilter)| {
        let mut filter = EventFilter::default();
        of(&mut filter);
        filter
    };
    let page = async |filter: &EventFilter, order, limit, cursor: Option<&str>| {
        reader.events(filter, order, limit, cursor).await.unwrap()
    };
    let any = EventFilter::default();
    measure!("events, newest page", 50, |_n| page(&any, Order::Newest, 50, None).await.items.len());
    measure!("events, newest page of 1000", 20, |_n| page(&any, Order::Newest, 1000, None).await.items.len());
    let mut cursor = None;
    measure!("events, pages of 50 on and on", 200, |_n| {
        let found = page(&any, Order::Newest, 50, cursor.as_deref()).await;
        cursor = found.next;
        found.items.len()
    });
    let failed = filter(|f| f.kind = Some("tool.failed".to_owned()));
    measure!("events, kind = tool.failed", 50, |_n| page(&failed, Order::Newest, 50, None).await.items.len());
    let rare = filter(|f| f.tool = Some("mcp__rare__tool".to_owned()));
    let mut cursor = None;
    measure!("events, a rare tool, page after page", 30, |_n| {
        let found = page(&rare, Order::Newest, 50, cursor.as_deref()).await;
        cursor = found.next;
        found.items.len()
    });
    let absent = filter(|f| f.user = Some("nobody".to_owned()));
    let mut cursor = None;
    measure!("events, a user that is not there", 30, |_n| {
        let found = page(&absent, Order::Newest, 50, cursor.as_deref()).await;
        cursor = found.next;
        found.items.len()
    });
    let text = filter(|f| f.q = Some("Zebra-Needle".to_owned()));
    let mut cursor = None;
    measure!("events, q, page after page", 30, |_n| {
        let found = page(&text, Order::Newest, 50, cursor.as_deref()).await;
        cursor = found.next;
        found.items.len()
    });
    let mut span = filter(|f| f.name = Some("UserPromptSubmit".to_owned()));
    measure!("events, name in an hour in the middle", 30, |n| {
        let from = END - SPAN / 2 - n as i64 * 3600 * SECOND;
        (span.since, span.until) =
            (Some(Timestamp::from_nanos(from)), Some(Timestamp::from_nanos(from + 3600 * SECOND)));
        page(&span, Order::Newest, 50, None).await.items.len()
    });
    let mut ids = Vec::new();
    let mut calls = Vec::new();
    for n in 0..50 {
        let found = reader.after(events * n / 50, 1).await.unwrap();
        ids.extend(found.iter().map(|event| event.id));
        calls.extend(found.into_iter().filter_map(|event| event.session_id.zip(Some(event.tool_use_id))));
    }
    measure!("event by id", 50, |n| usize::from(reader.event(&ids[n as usize % ids.len()]).await.unwrap().is_some()));
    measure!("events of a session, oldest first", 50, |n| {
        let session = calls[n as usize % calls.len()].0.clone();
        page(&EventFilter { session_id: Some(session), ..EventFilter::default() }, Order::Oldest, 50, None)
            .await
            .items
            .len()
    });
    measure!("events of a session, page of 1000", 50, |n| {
        let session = calls[n as usize % calls.len()].0.clone();
        let filter = EventFilter { session_id: Some(session), ..EventFilter::default() };
        page(&filter, Order::Oldest, 1000, None).await.items.len()
    });
    measure!("events of a tool call, session unknown", 30, |n| {
        let call = calls[n as usize % calls.len()].1.clone().unwrap_or_else(|| "none".to_owned());
        page(&EventFilter { tool_use_id: Some(call), ..EventFilter::default() }, Order::Newest, 50, None)
            .await
            .items
            .len()
    });
    measure!("sessions, newest page", 50, |_n| {
        reader.sessions(&SessionFilter::default(), 50, None).await.unwrap().items.len()
    });
    let searched = SessionFilter { q: Some("absent-title".to_owned()), ..SessionFilter::default() };
    measure!("sessions, q that is not there", 20, |_n| reader.sessions(&searched, 50, None).await.unwrap().items.len());
    measure!("session", 50, |n| {
        usize::from(reader.session(&calls[n as usize % calls.len()].0, None).await.unwrap().is_some())
    });
    measure!("tool calls of a session", 50, |n| {
        reader.tool_calls(&calls[n as usize % calls.len()].0, None, 50, None).await.unwrap().items.len()
    });
    measure!("subagents of a session", 50, |n| {
        reader.subagents(&calls[n as usize % calls.len()].0, None).await.unwrap().len()
    });
    let back = |seconds: i64| Timestamp::from_nanos(END - seconds * SECOND - 17 * SECOND);
    measure!("overview, 24 hours", 20, |_n| reader.overview(back(86_400), clock(), 60).await.unwrap().tools.len());
    measure!("overview, 7 days", 20, |_n| reader.overview(back(7 * 86_400), clock(), 60).await.unwrap().tools.len());
    measure!("overview, 90 days", 20, |_n| reader.overview(back(90 * 86_400), clock(), 60).await.unwrap().tools.len());
    measure!("tools, 7 days", 20, |_n| reader.tools(back(7 * 86_400), clock()).await.unwrap().len());
    measure!("stats", 20, |_n| reader.stats().await.unwrap().events as usize);
}

/// Events are spread over thirty days.
const SPAN: i64 = 30 * 86_400 * SECOND;

/// Numbers for variety (xorshift64*).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut text = format!("{:016x}{:016x}", self.next(), self.next());
        text.truncate(digits);
        text
    }

    fn uuid(&mut self) -> String {
        let n = self.hex(32);
        format!("{}-{}-{}-{}-{}", &n[..8], &n[8..12], &n[12..16], &n[16..20], &n[20..])
    }

    /// Words of a vocabulary of some thousand, the frequent ones more often, as in text and code.
    fn words(&mut self, count: u64) -> String {
        const SYLLABLES: [&str; 24] = [
            "con", "fig", "ser", "ver", "re", "quest", "to", "ken", "par", "se", "buf", "fer", "in", "dex", "test",
            "er", "ror", "str", "ing", "map", "lo", "ad", "pub", "fn",
        ];
        let mut text = String::new();
        for at in 0..count {
            if at > 0 {
                text.push_str([" ", " ", "_", "::", "/", ".", ", ", "\\n"][self.below(8) as usize]);
            }
            let word = self.below(60) * self.below(60);
            text.push_str(SYLLABLES[(word % 24) as usize]);
            text.push_str(SYLLABLES[(word / 24 % 24) as usize]);
            if self.below(6) == 0 {
                text.push_str(&self.below(10_000).to_string());
            }
        }
        text
    }
}

/// One session at work.
struct Session {
    id: String,
    project: String,
    prompt_id: String,
    user: usize,
    left: u64,
    fresh: bool,
    /// A call that was requested: its id, its tool and its input.
    open: Option<(String, usize, String, i64)>,
    /// A call that ended: its id, its input and result as the batch event repeats them, and what came of it.
    ended: Option<(String, String, Outcome)>,
}

/// The tools by how often they are used.
const TOOLS: [(&str, Family); 12] = [
    ("Bash", Family::Shell),
    ("Read", Family::FileRead),
    ("Edit", Family::FileWrite),
    ("Bash", Family::Shell),
    ("Read", Family::FileRead),
    ("Grep", Family::Search),
    ("Write", Family::FileWrite),
    ("Bash", Family::Shell),
    ("WebFetch", Family::Web),
    ("TodoWrite", Family::Other),
    ("Glob", Family::Search),
    ("Agent", Family::Agent),
];

struct Load {
    dice: Dice,
    sessions: Vec<Session>,
    at: i64,
    step: i64,
    made: u64,
}

impl Load {
    fn new(count: u64, present: u64) -> Self {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (present + 1));
        let sessions = (0..ACTIVE).map(|_| Self::session(&mut dice)).collect();
        let step = SPAN / count as i64;
        Self { dice, sessions, at: END - SPAN + step * present as i64, step, made: present }
    }

    fn session(dice: &mut Dice) -> Session {
        Session {
            id: dice.uuid(),
            project: format!("/home/dev/{}", dice.words(1).replace('/', "-")),
            prompt_id: dice.uuid(),
            user: dice.below(25) as usize,
            left: PER_SESSION / 2 + dice.below(PER_SESSION),
            fresh: true,
            open: None,
            ended: None,
        }
    }

    fn next(&mut self) -> Event {
        self.at += self.step;
        self.made += 1;
        let place = self.dice.below(ACTIVE as u64) as usize;
        if self.sessions[place].left == 0 {
            self.sessions[place] = Self::session(&mut self.dice);
        }
        let (dice, session) = (&mut self.dice, &mut self.sessions[place]);
        session.left -= 1;
        // Machines ship a little late, each at its own pace.
        let occurred_at = self.at - dice.below(3 * SECOND as u64) as i64;
        let mut parsed = Parsed {
            session_id: Some(session.id.as_str().into()),
            cwd: Some(session.project.clone()),
            turn_id: Some(session.prompt_id.clone()),
            ..Parsed::new("", Kind::PromptSubmitted)
        };
        let mut body = String::new();
        if session.fresh {
            session.fresh = false;
            session.prompt_id = dice.uuid();
            let prompt = dice.words(60);
            parsed.name = "UserPromptSubmit".to_owned();
            body = format!(r#""prompt":"{prompt}""#);
            parsed.prompt = Some(prompt);
        } else if let Some((call, tool, input, requested_at)) = session.open.take() {
            let failed = dice.below(12) == 0;
            let duration = ((occurred_at - requested_at) / 1_000_000).max(0) as u64 % 60_000 + dice.below(400);
            parsed.kind = if failed { Kind::ToolFailed } else { Kind::ToolSucceeded };
            parsed.outcome = Some(if failed { Outcome::Failed } else { Outcome::Succeeded });
            parsed.name = if failed { "PostToolUseFailure" } else { "PostToolUse" }.to_owned();
            parsed.duration_ms = Some(duration);
            let lines = 30 + dice.below(110);
            let (name, _) = &TOOLS[tool];
            let output = dice.words(lines);
            body = format!(
                r#""tool_name":"{name}","tool_input":{input},"tool_response":{{"stdout":"{output}","stderr":"","interrupted":false,"isImage":false}},"tool_use_id":"{call}","duration_ms":{duration}"#,
            );
            Self::tool(&mut parsed, tool, &call);
            let told = format!(
                r#"{{"tool_name":"{name}","tool_input":{input},"tool_use_id":"{call}","tool_response":"{output}"}}"#
            );
            let outcome = if failed { Outcome::Failed } else { Outcome::Unknown };
            session.ended = Some((call, told, outcome));
        } else if let Some((call, told, outcome)) = session.ended.take() {
            parsed.kind = Kind::ToolBatch;
            parsed.name = "PostToolBatch".to_owned();
            body = format!(r#""tool_calls":[{told}]"#);
            parsed.batch = vec![BatchCall { tool_use_id: call.as_str().into(), tool: None, outcome }];
        } else if dice.below(12) == 0 {
            parsed.kind = Kind::TurnEnded;
            parsed.name = "Stop".to_owned();
            session.fresh = true;
            let mut words = dice.words(90);
            if dice.below(2000) == 0 {
                words.push_str(" zebra-needle");
            }
            body = format!(
                r#""stop_hook_active":false,"last_assistant_message":"{words}","background_tasks":[],"session_crons":[]"#
            );
        } else {
            let tool = dice.below(TOOLS.len() as u64) as usize;
            let call = format!("toolu_{}", dice.hex(20));
            let input = format!(
                r#"{{"command":"{}","description":"{}","file_path":"{}/src/{}.rs"}}"#,
                dice.words(50),
                dice.words(8),
                session.project,
                dice.words(2).replace('/', "-")
            );
            parsed.kind = Kind::ToolRequested;
            parsed.name = "PreToolUse".to_owned();
            let name = if dice.below(300_000) == 0 { "mcp__rare__tool" } else { TOOLS[tool].0 };
            body.push_str(&format!(r#""tool_name":"{name}","tool_input":{input},"tool_use_id":"{call}""#));
            Self::tool(&mut parsed, tool, &call);
            if let (Some(tool), true) = (&mut parsed.tool, name.starts_with("mcp")) {
                name.clone_into(&mut tool.name);
            }
            session.open = Some((call, tool, input, occurred_at));
        }
        let payload = format!(
            r#"{{"session_id":"{id}","transcript_path":"/home/dev/.claude/projects/{project}/{id}.jsonl","cwd":"{project}","prompt_id":"{prompt}","permission_mode":"default","effort":{{"level":"high"}},"hook_event_name":"{name}",{body}}}"#,
            id = session.id,
            project = session.project,
            prompt = session.prompt_id,
            name = parsed.name,
        );
        Event {
            id: EventId::v7(Timestamp::from_nanos(occurred_at), dice.next()),
            occurred_at: Timestamp::from_nanos(occurred_at),
            received_at: Timestamp::from_nanos(self.at),
            agent: Agent::ClaudeCode,
            parsed: Box::new(parsed),
            verdict: None,
            user: Some(format!("user-{}", session.user)),
            device: Some(format!("device-{}", session.user)),
            source_app: None,
            context: None,
            redactions: Vec::new(),
            payload: RawValue::from_string(payload).unwrap(),
        }
    }

    fn tool(parsed: &mut Parsed, tool: usize, call: &str) {
        let (name, family) = &TOOLS[tool];
        parsed.tool = Some(Tool { name: (*name).to_owned(), family: family.clone() });
        parsed.tool_use_id = Some(call.into());
    }
}

//! What every backend of the store must do, run against each: SQLite in a file and in memory.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "conformance/artifacts.rs"]
mod artifacts;
mod common;
#[path = "conformance/names.rs"]
mod names;
#[path = "conformance/retention.rs"]
mod retention;

use std::path::Path;
use std::sync::Arc;

use artifacts::*;
use common::*;
use hookrail_core::event::{Agent, Kind, Outcome};
use hookrail_core::policy::{Decision, Verdict};
use hookrail_core::time::Timestamp;
use hookrail_store::bus::Live;
use hookrail_store::events::{Append, Order, Writer};
use hookrail_store::model::{EventFilter, SessionFilter, SessionState, StoredEvent};
use hookrail_store::names::{Named, ServerName};
use hookrail_store::{Store, StoreError};
use names::*;
use retention::*;

/// A backend under test: how to open it on a folder of its own.
type Open = fn(&Path) -> Store;

fn file(folder: &Path) -> Store {
    hookrail_store::open(&format!("sqlite:{}", folder.join("hookrail.db").display()), &settings()).unwrap()
}

fn in_memory(_: &Path) -> Store {
    hookrail_store::open("sqlite::memory:", &settings()).unwrap()
}

macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod sqlite_file { $(#[tokio::test] async fn $name() { super::$name(super::file).await; })+ }
        mod sqlite_memory { $(#[tokio::test] async fn $name() { super::$name(super::in_memory).await; })+ }
    };
}

conformance!(
    what_is_appended_comes_back_as_it_was,
    an_id_is_stored_once,
    one_step_of_a_call_told_twice_is_stored_once,
    a_failed_batch_changes_nothing,
    pages_are_the_full_scan_for_any_filter,
    a_session_is_listed_by_time_whatever_the_order_of_arrival,
    pages_are_stable_while_events_arrive,
    a_cursor_of_another_list_is_refused,
    sessions_show_what_happened,
    a_silent_session_is_ended_by_inference,
    an_idle_session_falls_asleep_and_wakes,
    calls_are_folded_from_their_events,
    a_question_for_permission_is_matched_where_certain,
    subagents_are_known_from_any_of_their_traces,
    the_overview_adds_up,
    single_events_are_kept_as_small_as_batches,
    retention_by_age_removes_the_oldest_and_their_sessions,
    retention_by_bytes_ends_below_the_limit,
    a_backup_is_complete,
    devices_and_settings_are_remembered,
    servers_are_called_as_the_project_calls_them,
    a_project_gives_only_so_many_names,
    a_model_may_title_a_session,
    artifacts_are_listed_and_go_with_their_events,
    there_is_one_writer,
);

fn start(open: Open) -> (tempfile::TempDir, Store, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let writer = store.writer().unwrap();
    (folder, store, writer)
}

fn json<T: serde::Serialize>(value: &T) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

async fn what_is_appended_comes_back_as_it_was(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut full = by_subagent(tool(1, "s", Kind::ToolSucceeded, 5, "Bash", "call"), "sub");
    full.verdict = Some(Verdict::new(Decision::Ask, "r", "because \"so\""));
    full.parsed.duration_ms = Some(0);
    (full.user, full.device, full.source_app) =
        (Some("ada".to_owned()), Some("laptop".to_owned()), Some("shop ü".to_owned()));
    let bare = event(2, "", Kind::from("some.future.kind"), -5);
    let appended = writer.append(vec![full, bare]).unwrap();
    assert_eq!(appended.outcomes, [Append::Stored(1), Append::Stored(2)]);
    for stored in &appended.stored {
        let found = store.events.event(&stored.id).await.unwrap().unwrap();
        assert_eq!(json(&found), json(&**stored));
        assert_eq!(store.events.seq_of(&stored.id).await.unwrap(), Some(stored.seq));
    }
    assert!(store.events.event(&id(99)).await.unwrap().is_none());
    let after: Vec<_> = store.events.after(1, 10).await.unwrap().iter().map(|event| event.seq).collect();
    assert_eq!(after, [2]);
    assert!(store.events.after(2, 10).await.unwrap().is_empty());
    let stats = store.events.stats().await.unwrap();
    assert_eq!((stats.events, stats.sessions), (2, 1));
    assert!(stats.payload_bytes > 0 && stats.stored_bytes > 0 && stats.oldest.is_some());
}

async fn an_id_is_stored_once(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let batch = |ids: &[u64]| ids.iter().map(|&n| event(n, "s", Kind::Notification, n as i64)).collect::<Vec<_>>();
    let first = writer.append(batch(&[1, 2, 1])).unwrap().outcomes;
    assert_eq!(first, [Append::Stored(1), Append::Stored(2), Append::Duplicate]);
    let second = writer.append(batch(&[2, 3])).unwrap().outcomes;
    assert_eq!(second, [Append::Duplicate, Append::Stored(3)]);
    assert_eq!(writer.append(batch(&[1, 2, 3])).unwrap().stored.len(), 0);
    assert_eq!(store.events.session("s", None).await.unwrap().unwrap().events, 3);
    assert_eq!(store.events.stats().await.unwrap().events, 3);
}

async fn one_step_of_a_call_told_twice_is_stored_once(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let pre = |n| tool(n, "s", Kind::ToolRequested, 1, "Bash", "call");
    let post = |n| tool(n, "s", Kind::ToolSucceeded, 2, "Bash", "call");
    assert_eq!(stored(&writer.append(vec![pre(1), pre(2), post(3)]).unwrap().outcomes), 2);
    assert_eq!(stored(&writer.append(vec![post(4), pre(5)]).unwrap().outcomes), 0);
    // Another session, another call, another event name, and details of a call are other things.
    let mut renamed = pre(6);
    renamed.parsed.name = "beforeToolUse".to_owned();
    let detail = |n| tool(n, "s", Kind::ToolDetail, 1, "Bash", "call");
    let others = vec![
        tool(7, "t", Kind::ToolRequested, 1, "Bash", "call"),
        tool(8, "s", Kind::ToolRequested, 1, "Bash", "call-2"),
        renamed,
        detail(9),
        detail(10),
        event(11, "s", Kind::ToolBatch, 3),
        event(12, "s", Kind::ToolBatch, 3),
    ];
    assert_eq!(stored(&writer.append(others).unwrap().outcomes), 7);
    let session = store.events.session("s", None).await.unwrap().unwrap();
    assert_eq!((session.tool_calls, session.tool_errors), (2, 0));
}

async fn a_failed_batch_changes_nothing(open: Open) {
    let (_folder, store, mut writer) = start(open);
    assert!(writer.append(Vec::new()).unwrap().outcomes.is_empty());
    writer.append(vec![event(1, "s", Kind::Notification, 1)]).unwrap();
    let before = json(&store.events.session("s", None).await.unwrap());
    assert_eq!(writer.append(vec![event(1, "s", Kind::TurnEnded, 9)]).unwrap().outcomes, [Append::Duplicate]);
    // Nor does a duplicate open a session.
    writer.append(vec![event(1, "other", Kind::TurnEnded, 9)]).unwrap();
    assert!(store.events.session("other", None).await.unwrap().is_none());
    assert_eq!(json(&store.events.session("s", None).await.unwrap()), before);
}

async fn pages_are_the_full_scan_for_any_filter(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut dice = Dice(7);
    let mut rest = mixture(&mut dice, 1500);
    let mut reference = Vec::new();
    store.meta.name_server(ServerName::new("git", "Versions", None, clock()).unwrap()).await.unwrap();
    while !rest.is_empty() {
        // Single events, small and large batches.
        let count = (*dice.pick(&[1usize, 1, 3, 40, 300])).min(rest.len());
        reference.extend(writer.append(rest.drain(..count).collect()).unwrap().stored);
    }
    for round in 0..60 {
        let mut wish = |of: &[&str]| -> Option<String> { (dice.below(4) == 0).then(|| (*dice.pick(of)).to_owned()) };
        let mut filter = EventFilter {
            session_id: wish(&["s-one", "s-two", "nowhere"]),
            agent: wish(&["claude-code", "codex"]),
            name: wish(&["PreToolUse", "UserPromptSubmit"]),
            kind: wish(&["tool.failed", "turn.ended"]),
            tool: wish(&["Bash", "mcp__git__log"]),
            server: wish(&["git", "Versions", "nowhere"]),
            tool_use_id: wish(&["call-1", "call-700", "call-701"]),
            outcome: wish(&["failed", "succeeded"]),
            user: wish(&["ada", "grace"]),
            device: wish(&["laptop"]),
            source_app: wish(&["none"]).filter(|_| round % 10 == 0),
            q: wish(&["PAYLOAD of s-t", "\"n\":77", "absent"]),
            ..EventFilter::default()
        };
        if dice.below(3) == 0 {
            filter.since = Some(Timestamp::from_nanos(NOON + dice.below(300) as i64 * SECOND));
        }
        if dice.below(3) == 0 {
            filter.until = Some(Timestamp::from_nanos(NOON + dice.below(300) as i64 * SECOND));
        }
        let names = store.names.now();
        let mut expected: Vec<StoredEvent> =
            reference.iter().filter(|event| filter.matches(event, &names)).map(|event| (**event).clone()).collect();
        expected.named(&names);
        if filter.session_id.is_some() {
            expected.sort_by_key(|event| (event.occurred_at, event.seq));
        }
        for order in [Order::Oldest, Order::Newest] {
            let limit = *dice.pick(&[1usize, 7, 50, 1000]);
            let limit = if expected.len() > 200 { limit.max(7) } else { limit };
            let found = all(&store.events, &filter, order, limit).await;
            let seqs: Vec<_> = found.iter().map(|event| event.seq).collect();
            let wanted: Vec<_> = expected.iter().map(|event| event.seq).collect();
            assert_eq!(seqs, wanted, "{order:?} {limit} {filter:?}");
            assert!(found.iter().zip(&expected).all(|(found, expected)| json(found) == json(expected)));
            expected.reverse();
        }
    }
}

async fn a_session_is_listed_by_time_whatever_the_order_of_arrival(open: Open) {
    let (_folder, store, mut writer) = start(open);
    for (n, seconds) in [(1, 30), (2, 10), (3, 20), (4, 10)] {
        writer.append(vec![event(n, "s", Kind::Notification, seconds)]).unwrap();
    }
    // Another agent's session of the same id is another session.
    let mut other = event(5, "s", Kind::Notification, 15);
    other.agent = Agent::Codex;
    writer.append(vec![other]).unwrap();
    let seqs = |filter: EventFilter, order| {
        let reader = store.events.clone();
        async move { all(&reader, &filter, order, 2).await.iter().map(|event| event.seq).collect::<Vec<_>>() }
    };
    let claude = EventFilter {
        session_id: Some("s".to_owned()),
        agent: Some("claude-code".to_owned()),
        ..EventFilter::default()
    };
    let any = EventFilter { agent: None, ..claude.clone() };
    assert_eq!(seqs(claude.clone(), Order::Oldest).await, [2, 4, 3, 1]);
    assert_eq!(seqs(claude, Order::Newest).await, [1, 3, 4, 2]);
    assert_eq!(seqs(any, Order::Oldest).await, [2, 4, 5, 3, 1]);
}

async fn pages_are_stable_while_events_arrive(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut dice = Dice(3);
    let reference = writer.append(mixture(&mut dice, 400)).unwrap().stored;
    let mut found = Vec::new();
    let mut cursor = None;
    for n in 10_000.. {
        let page = store.events.events(&EventFilter::default(), Order::Newest, 30, cursor.as_deref()).await.unwrap();
        found.extend(page.items.iter().map(|event| event.seq));
        // Enough to have the newest blocks written again.
        writer.append((0..40).map(|m| event(n * 100 + m, "s-one", Kind::Notification, 1)).collect()).unwrap();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<_> = reference.iter().rev().map(|event| event.seq).collect();
    assert_eq!(found, expected);
}

async fn a_cursor_of_another_list_is_refused(open: Open) {
    let (_folder, store, mut writer) = start(open);
    writer.append((0..3).map(|n| event(n, "s", Kind::Notification, 1)).collect()).unwrap();
    let reader = &store.events;
    let any = EventFilter::default();
    let cursor = reader.events(&any, Order::Newest, 1, None).await.unwrap().next.unwrap();
    let invalid = |error: StoreError| matches!(error, StoreError::Invalid(_));
    assert!(reader.events(&any, Order::Oldest, 1, Some(&cursor)).await.is_err_and(invalid));
    assert!(reader.sessions(&SessionFilter::default(), 1, Some(&cursor)).await.is_err_and(invalid));
    assert!(reader.tool_calls("s", None, 1, Some("x")).await.is_err_and(invalid));
    assert!(reader.events(&any, Order::Newest, 1, Some(&cursor)).await.is_ok());
}

async fn sessions_show_what_happened(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut started = event(1, "s", Kind::SessionStarted, 0);
    started.parsed.cwd = Some("/home/dev/shop".to_owned());
    let mut prompt = event(2, "s", Kind::PromptSubmitted, 1);
    prompt.parsed.prompt = Some("fix the build\nplease".to_owned());
    prompt.parsed.cwd = Some("/elsewhere".to_owned());
    prompt.parsed.model = Some("opus".to_owned());
    prompt.user = Some("ada".to_owned());
    let mut permission = event(4, "s", Kind::PermissionRequested, 3);
    permission.parsed.tool = tool(0, "s", Kind::ToolRequested, 0, "Bash", "x").parsed.tool;
    let states = [
        (started, SessionState::Idle),
        (prompt, SessionState::Working),
        (tool(3, "s", Kind::ToolRequested, 2, "Bash", "a"), SessionState::Working),
        (permission, SessionState::Waiting),
        (tool(5, "s", Kind::ToolFailed, 4, "Bash", "a"), SessionState::Working),
        (event(6, "s", Kind::TurnEnded, 5), SessionState::Idle),
        // What happened before the turn ended says nothing about now.
        (tool(7, "s", Kind::ToolRequested, 1, "Bash", "late"), SessionState::Idle),
        (event(8, "s", Kind::TurnFailed, 6), SessionState::Failed),
        (event(9, "s", Kind::SessionEnded, 7), SessionState::Ended),
    ];
    for (event, state) in states {
        let kind = event.parsed.kind.clone();
        writer.append(vec![event]).unwrap();
        let session = store.events.session("s", Some("claude-code")).await.unwrap().unwrap();
        assert_eq!(session.state, state, "after {kind}");
    }
    let session = store.events.session("s", None).await.unwrap().unwrap();
    assert_eq!(session.title.as_deref(), Some("fix the build"));
    assert_eq!(session.cwd.as_deref(), Some("/home/dev/shop"));
    assert_eq!((session.model.as_deref(), session.user.as_deref()), (Some("opus"), Some("ada")));
    assert_eq!((session.events, session.prompts, session.tool_calls, session.tool_errors), (9, 1, 2, 1));
    assert_eq!(session.ended_at, Some(Timestamp::from_nanos(NOON + 7 * SECOND)));
    assert!(!session.ended_inferred);
    writer.append(vec![event(10, "t", Kind::PromptSubmitted, 100)]).unwrap();
    let ids = |filter: SessionFilter| {
        let reader = store.events.clone();
        async move {
            let page = reader.sessions(&filter, 10, None).await.unwrap();
            page.items.into_iter().map(|session| session.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(ids(SessionFilter::default()).await, ["t", "s"]);
    assert_eq!(ids(SessionFilter { q: Some("BUILD".to_owned()), ..SessionFilter::default() }).await, ["s"]);
    assert_eq!(ids(SessionFilter { state: Some(SessionState::Working), ..SessionFilter::default() }).await, ["t"]);
    let since = Some(Timestamp::from_nanos(NOON + 50 * SECOND));
    assert_eq!(ids(SessionFilter { since, ..SessionFilter::default() }).await, ["t"]);
    assert_eq!(ids(SessionFilter { until: since, ..SessionFilter::default() }).await, ["s"]);
    let first = store.events.sessions(&SessionFilter::default(), 1, None).await.unwrap();
    let second = store.events.sessions(&SessionFilter::default(), 1, first.next.as_deref()).await.unwrap();
    assert_eq!((first.items[0].id.as_str(), second.items[0].id.as_str()), ("t", "s"));
    assert!(second.next.is_none());
}

async fn a_silent_session_is_ended_by_inference(open: Open) {
    let (_folder, store, mut writer) = start(open);
    writer.append(vec![event(1, "s", Kind::ToolRequested, -3 * 3600), event(2, "t", Kind::ToolRequested, 0)]).unwrap();
    let session = store.events.session("s", None).await.unwrap().unwrap();
    assert_eq!((session.state, session.ended_inferred, session.ended_at), (SessionState::Ended, true, None));
    let filter = SessionFilter { state: Some(SessionState::Ended), ..SessionFilter::default() };
    assert_eq!(store.events.sessions(&filter, 10, None).await.unwrap().items.len(), 1);
    let (since, until) = (NOON - 5 * 3600 * SECOND, NOON + 600 * SECOND);
    let (since, until) = (Timestamp::from_nanos(since), Timestamp::from_nanos(until));
    let counts = store.events.overview(since, until, 60).await.unwrap().sessions;
    assert_eq!((counts.ended, counts.working), (1, 1));
}

async fn an_idle_session_falls_asleep_and_wakes(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let at = |seconds: i64| Timestamp::from_nanos(NOON + seconds * SECOND);
    writer
        .append(vec![
            event(1, "idle", Kind::PromptSubmitted, -3600),
            event(2, "idle", Kind::TurnEnded, -3000),
            event(3, "busy", Kind::PromptSubmitted, -3000),
            event(4, "fresh", Kind::TurnEnded, -60),
            event(5, "gone", Kind::TurnEnded, -3 * 3600),
        ])
        .unwrap();
    let idle = store.events.idle(at(-1800), 10).await.unwrap();
    assert_eq!(idle.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["idle"]);
    let slept = hookrail_store::sleep::slept(&idle[0], at(-1200), at(0)).unwrap();
    let told: serde_json::Value = serde_json::from_str(slept.payload.get()).unwrap();
    assert_eq!((&told["prompts"], &told["active_ms"]), (&1.into(), &600_000.into()));
    // A second server that sees the same silence tells of it, too.
    writer.append(vec![slept.clone(), slept]).unwrap();
    let session = async || store.events.session("idle", None).await.unwrap().unwrap();
    assert_eq!((session().await.state, session().await.last_event_at), (SessionState::Asleep, at(-3000)));
    assert_eq!(store.events.idle(at(0), 10).await.unwrap().len(), 1, "only the fresh one can still fall asleep");
    // What happened before it fell asleep, what only tells of it, and its end wake nobody.
    let mut told = event(7, "idle", Kind::TelemetryLog, -600);
    told.parsed.source = hookrail_core::context::Source::Telemetry;
    writer.append(vec![event(6, "idle", Kind::Notification, -3100), told]).unwrap();
    assert_eq!(session().await.state, SessionState::Asleep);
    // What it does next wakes it once, and the waking stands before it.
    let appended = writer
        .append(vec![event(8, "idle", Kind::PromptSubmitted, -300), event(9, "idle", Kind::TurnEnded, -290)])
        .unwrap();
    assert_eq!((appended.outcomes.len(), appended.stored.len()), (2, 3));
    assert_eq!(session().await.state, SessionState::Idle);
    let filter = EventFilter { session_id: Some("idle".to_owned()), ..EventFilter::default() };
    let events = store.events.events(&filter, Order::Oldest, 20, None).await.unwrap().items;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds[3..], ["session.slept", "telemetry.log", "session.woke", "prompt.submitted", "turn.ended"]);
    assert_eq!(events[5].duration_ms, Some(2_700_000 - 1));
    writer.append(vec![event(10, "idle", Kind::TurnEnded, -200)]).unwrap();
    assert_eq!(session().await.events, 9);
    // Its end, told late by a device that was away, is its end.
    let fresh = store.events.idle(at(0), 10).await.unwrap();
    let slept = fresh.iter().filter_map(|it| hookrail_store::sleep::slept(it, at(1800), at(1800))).collect();
    writer.append(slept).unwrap();
    writer.append(vec![event(11, "fresh", Kind::SessionEnded, -30)]).unwrap();
    let state = store.events.session("fresh", None).await.unwrap().unwrap().state;
    assert_eq!(state, SessionState::Ended);
}

async fn calls_are_folded_from_their_events(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut batch = event(5, "s", Kind::ToolBatch, 9);
    batch.parsed.batch = vec![
        batch_call("ok", "Bash", Outcome::Unknown),
        batch_call("refused", "Write", Outcome::Denied),
        batch_call("unseen", "Edit", Outcome::Failed),
        // What the model is shown of a call the guard denied is the guard's own reason, in no fixed words.
        batch_call("guarded", "Bash", Outcome::Unknown),
    ];
    let mut measured = tool(2, "s", Kind::ToolSucceeded, 3, "Bash", "ok");
    measured.parsed.duration_ms = Some(1234);
    let mut denied = tool(6, "s", Kind::ToolRequested, 10, "Bash", "guarded");
    denied.verdict = Some(Verdict::new(Decision::Deny, "r", "no"));
    let events = vec![
        // The end before the beginning, the batch before the end.
        batch,
        measured,
        tool(1, "s", Kind::ToolRequested, 1, "Bash", "ok"),
        tool(3, "s", Kind::ToolRequested, 2, "Write", "refused"),
        tool(4, "s", Kind::ToolRequested, 4, "Read", "running"),
        denied,
    ];
    for event in events {
        writer.append(vec![event]).unwrap();
    }
    let page = store.events.tool_calls("s", None, 10, None).await.unwrap();
    let told: Vec<_> = page
        .items
        .iter()
        .map(|call| (call.tool_use_id.as_str(), call.tool.as_deref(), call.outcome, call.duration_ms))
        .collect();
    assert_eq!(
        told,
        [
            ("ok", Some("Bash"), Some(Outcome::Succeeded), Some(1234)),
            ("refused", Some("Write"), Some(Outcome::Denied), None),
            ("running", Some("Read"), None, None),
            ("unseen", Some("Edit"), Some(Outcome::Failed), None),
            ("guarded", Some("Bash"), Some(Outcome::Denied), None),
        ]
    );
    assert_eq!((page.items[0].request_event_id, page.items[0].result_event_id), (Some(id(1)), Some(id(2))));
    assert_eq!(page.items[1].result_event_id, Some(id(5)));
    let session = store.events.session("s", None).await.unwrap().unwrap();
    assert_eq!((session.tool_calls, session.tool_errors), (5, 3));
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.events.tool_calls("s", None, 2, cursor.as_deref()).await.unwrap();
        paged.extend(page.items.into_iter().map(|call| call.tool_use_id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, ["ok", "refused", "running", "unseen", "guarded"]);
}

async fn a_question_for_permission_is_matched_where_certain(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let ask = |n, seconds, name: &str| {
        let mut event = tool(n, "s", Kind::PermissionRequested, seconds, name, "");
        event.parsed.tool_use_id = None;
        event
    };
    // The question arrives before the call it is about.
    writer.append(vec![ask(1, 2, "Bash")]).unwrap();
    let calls = [("bash", "Bash"), ("read-1", "Read"), ("read-2", "Read")];
    let requests = calls.iter().zip(10..).map(|((call, name), n)| tool(n, "s", Kind::ToolRequested, 1, name, call));
    writer.append(requests.collect()).unwrap();
    writer.append(vec![ask(2, 2, "Read")]).unwrap();
    let asked: Vec<_> = store.events.tool_calls("s", None, 10, None).await.unwrap().items;
    let asked: Vec<_> = asked.iter().map(|call| (call.tool_use_id.as_str(), call.permission_asked)).collect();
    assert_eq!(asked, [("bash", true), ("read-1", false), ("read-2", false)]);
}

async fn subagents_are_known_from_any_of_their_traces(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut spawn = by_subagent(tool(1, "s", Kind::ToolSucceeded, 9, "Agent", "spawn"), "outer");
    spawn.parsed.spawned = Some("inner".to_owned());
    let events = vec![
        spawn,
        by_subagent(event(2, "s", Kind::SubagentEnded, 8), "inner"),
        by_subagent(tool(3, "s", Kind::ToolFailed, 7, "Bash", "x"), "inner"),
        by_subagent(event(4, "s", Kind::SubagentStarted, 6), "inner"),
    ];
    for event in events {
        writer.append(vec![event]).unwrap();
    }
    let subagents = store.events.subagents("s", None).await.unwrap();
    let inner = subagents.iter().find(|subagent| subagent.id == "inner").unwrap();
    assert_eq!((inner.parent_id.as_deref(), inner.tool_use_id.as_deref()), (Some("outer"), Some("spawn")));
    assert_eq!((inner.tool_calls, inner.tool_errors, inner.agent_type.as_deref()), (1, 1, Some("Explore")));
    assert_eq!(inner.started_at, Timestamp::from_nanos(NOON + 6 * SECOND));
    assert_eq!(inner.ended_at, Some(Timestamp::from_nanos(NOON + 8 * SECOND)));
    // Some agents give a call no id; it counts all the same.
    let mut nameless = by_subagent(tool(5, "s", Kind::ToolDenied, 8, "run", ""), "inner");
    nameless.parsed.tool_use_id = None;
    let mut request = by_subagent(tool(6, "s", Kind::ToolRequested, 7, "run", ""), "inner");
    request.parsed.tool_use_id = None;
    writer.append(vec![nameless, request]).unwrap();
    let counted = store.events.subagents("s", None).await.unwrap();
    let counted = counted.iter().find(|subagent| subagent.id == "inner").unwrap();
    assert_eq!((counted.tool_calls, counted.tool_errors), (2, 2));
    let outer = subagents.iter().find(|subagent| subagent.id == "outer").unwrap();
    assert_eq!((outer.parent_id.as_deref(), outer.tool_calls), (None, 1));
    assert_eq!(store.events.session("s", None).await.unwrap().unwrap().subagents, 2);
}

async fn the_overview_adds_up(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut dice = Dice(11);
    let mut events = mixture(&mut dice, 800);
    // Over ten days, so that every width of roll-up is read.
    for event in &mut events {
        let at = event.occurred_at.as_nanos() - dice.below(10 * 86_400) as i64 * SECOND;
        event.occurred_at = Timestamp::from_nanos(at);
        event.parsed.duration_ms = event.parsed.outcome.map(|_| dice.below(5000));
    }
    let copies = events.clone();
    for chunk in events.chunks(97) {
        writer.append(chunk.to_vec()).unwrap();
    }
    for (back, bars) in [(900, 60), (7200, 24), (86_400, 60), (3 * 86_400, 60), (30 * 86_400, 30)] {
        let (since, until) = (NOON + (300 - back) * SECOND, NOON + 300 * SECOND);
        let overview =
            store.events.overview(Timestamp::from_nanos(since), Timestamp::from_nanos(until), bars).await.unwrap();
        let (from, to) = (overview.since, overview.until);
        assert!(from.as_nanos() <= since && to.as_nanos() >= until && overview.series.len() <= bars + 2);
        let within: Vec<_> =
            copies.iter().filter(|event| event.occurred_at >= from && event.occurred_at < to).collect();
        assert_eq!(overview.events, within.len() as u64, "{back}");
        assert_eq!(overview.agents.iter().map(|agent| agent.events).sum::<u64>(), overview.events);
        let ends = |kind: Kind| within.iter().filter(|event| event.parsed.kind == kind).count() as u64;
        let sum = |of: fn(&hookrail_store::model::ToolUse) -> u64| overview.tools.iter().map(of).sum::<u64>();
        assert_eq!(sum(|tool| tool.succeeded), ends(Kind::ToolSucceeded));
        assert_eq!(sum(|tool| tool.failed), ends(Kind::ToolFailed));
        assert_eq!(overview.series.iter().map(|bar| bar.errors).sum::<u64>(), ends(Kind::ToolFailed));
        // Every event of the mixture is a call of its own.
        let calls = ends(Kind::ToolRequested) + ends(Kind::ToolSucceeded) + ends(Kind::ToolFailed);
        let counted: u64 = overview.series.iter().map(|bar| bar.tool_calls).sum();
        let alone = within.iter().filter(|event| event.parsed.session_id.is_none());
        let alone = alone.filter(|event| event.parsed.outcome.is_some()).count() as u64;
        assert_eq!(counted, calls - alone);
        let tools = store.events.tools(from, to).await.unwrap();
        assert_eq!(json(&tools), json(&overview.tools));
        assert!(tools.iter().all(|tool| tool.p50_ms <= tool.p95_ms && tool.error_rate <= 1.0));
    }
    let backwards = store.events.overview(Timestamp::from_nanos(NOON), Timestamp::from_nanos(0), 10).await;
    assert!(matches!(backwards, Err(StoreError::Invalid(_))));
}

async fn single_events_are_kept_as_small_as_batches(open: Open) {
    let sizes = [1usize, 500].map(|batch| {
        let (_folder, store, mut writer) = start(open);
        let mut dice = Dice(5);
        for chunk in mixture(&mut dice, 1500).chunks(batch) {
            writer.append(chunk.to_vec()).unwrap();
        }
        writer.checkpoint().unwrap();
        (store, writer, _folder)
    });
    let [single, batched] = sizes;
    let (single, batched) = (single.0.events.stats().await.unwrap(), batched.0.events.stats().await.unwrap());
    assert_eq!(single.events, batched.events);
    // The pages the tail once took are the whole difference, however many events there are.
    assert!(single.stored_bytes < batched.stored_bytes + 200_000, "{single:?} {batched:?}");
}

async fn a_backup_is_complete(open: Open) {
    let (folder, store, mut writer) = start(open);
    let mut dice = Dice(13);
    writer.append(mixture(&mut dice, 700)).unwrap();
    store.meta.set("color", Some("green")).await.unwrap();
    let path = folder.path().join("backup.db");
    writer.backup(&path).unwrap();
    assert!(matches!(writer.backup(&path), Err(StoreError::Invalid(_))));
    writer.append(vec![event(9999, "s", Kind::Notification, 1)]).unwrap();
    let copy = hookrail_store::open(&format!("sqlite:{}", path.display()), &settings()).unwrap();
    assert_eq!(copy.events.stats().await.unwrap().events, 700);
    assert_eq!(copy.meta.setting("color").await.unwrap().as_deref(), Some("green"));
    assert_eq!(all(&copy.events, &EventFilter::default(), Order::Oldest, 100).await.len(), 700);
    assert_eq!(copy.writer().unwrap().append(vec![event(9999, "s", Kind::Notification, 1)]).unwrap().stored.len(), 1);
}

async fn devices_and_settings_are_remembered(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let from = |n, device: &str, seconds| {
        let mut event = event(n, "s", Kind::Notification, seconds);
        event.device = Some(device.to_owned());
        event
    };
    writer.append(vec![from(1, "laptop", 200), from(2, "laptop", 290), from(3, "desk", 310)]).unwrap();
    writer.append(vec![from(1, "laptop", 0)]).unwrap();
    let mut devices = store.meta.devices().await.unwrap();
    devices.sort_by(|a, b| a.name.cmp(&b.name));
    let told: Vec<_> = devices.iter().map(|d| (d.name.as_str(), d.events, d.skew_ms)).collect();
    assert_eq!(told, [("desk", 1, -10_000), ("laptop", 2, 10_000)]);
    assert_eq!(store.meta.setting("k").await.unwrap(), None);
    store.meta.set("k", Some("v")).await.unwrap();
    store.meta.set("k", Some("w")).await.unwrap();
    assert_eq!(store.meta.setting("k").await.unwrap().as_deref(), Some("w"));
    store.meta.set("k", None).await.unwrap();
    assert_eq!(store.meta.setting("k").await.unwrap(), None);
    let instance = store.meta.instance().await.unwrap();
    assert!(instance.len() == 32 && instance == store.meta.instance().await.unwrap());
}

async fn there_is_one_writer(open: Open) {
    let (folder, store, _writer) = start(open);
    assert!(matches!(store.writer(), Err(StoreError::Invalid(_))));
    if folder.path().join("hookrail.db").exists() {
        assert!(matches!(file(folder.path()).writer(), Err(StoreError::Busy(_))));
    }
}

#[tokio::test]
async fn a_slow_subscriber_is_told_what_it_missed() {
    let bus = hookrail_store::bus::Bus::local(4, 1 << 20);
    let (_store, mut writer) = memory();
    let stored = writer.append((0..10).map(|n| event(n, "s", Kind::Notification, 1)).collect()).unwrap().stored;
    // The writer itself remembers its newest events.
    drop(writer);
    let mut slow = bus.subscribe();
    bus.publish(&stored[..2]);
    assert!(matches!(slow.recv().await, Some(Live::Event(event)) if event.seq == 1));
    bus.publish(&stored[2..]);
    assert!(matches!(slow.recv().await, Some(Live::Missed(5))));
    for seq in 7..=10 {
        assert!(matches!(slow.recv().await, Some(Live::Event(event)) if event.seq == seq));
    }
    // Bytes bound it as well.
    let small = hookrail_store::bus::Bus::local(100, 1);
    let mut slow = small.subscribe();
    small.publish(&stored);
    assert!(matches!(slow.recv().await, Some(Live::Missed(9))));
    let waiting = tokio::spawn(async move { (slow.recv().await.is_some(), slow.recv().await.is_none()) });
    drop(small);
    assert_eq!(waiting.await.unwrap(), (true, true));
    assert_eq!(Arc::strong_count(&stored[0]), 1, "nothing is kept where nobody listens");
}

#[tokio::test]
async fn what_is_stored_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(21);
    let events = mixture(&mut dice, 300);
    for chunk in events.chunks(70) {
        let store = file(folder.path());
        let mut writer = store.writer().unwrap();
        assert_eq!(stored(&writer.append(chunk.to_vec()).unwrap().outcomes), chunk.len());
        assert_eq!(stored(&writer.append(chunk.to_vec()).unwrap().outcomes), 0);
        // Dropping the writer frees its lock, as the end of its process would.
    }
    let store = file(folder.path());
    let found = all(&store.events, &EventFilter::default(), Order::Oldest, 1000).await;
    assert_eq!(found.iter().map(|event| event.id).collect::<Vec<_>>(), events.iter().map(|e| e.id).collect::<Vec<_>>());
}

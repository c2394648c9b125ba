//! What a project calls its MCP servers, and what a model calls its sessions.

use std::time::Duration;

use hookrail_core::event::{Family, Kind};
use hookrail_core::time::Timestamp;
use hookrail_store::StoreError;
use hookrail_store::events::{Order, Retention};
use hookrail_store::model::{EventFilter, SessionFilter};
use hookrail_store::names::{MAX_NAMES, ServerName};

use super::common::*;
use super::{Open, start};

pub(crate) async fn servers_are_called_as_the_project_calls_them(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let called = |n: u64, seconds: i64, server: &str, end: Kind| {
        let (name, call) = (format!("mcp__{server}__do"), format!("call-{n}"));
        let request = tool(2 * n, "s", Kind::ToolRequested, seconds, &name, &call);
        [request, tool(2 * n + 1, "s", end, seconds + 1, &name, &call)]
    };
    for (n, seconds, server, end) in [
        (1, 0, "claude_ai_Linear", Kind::ToolSucceeded),
        (2, 60, "plugin_linear_linear", Kind::ToolFailed),
        (3, 120, "github", Kind::ToolSucceeded),
        (4, 180, "github", Kind::ToolSucceeded),
        (5, 240, "github", Kind::ToolSucceeded),
    ] {
        // The end arrives in a batch of its own, and once more.
        let [request, end] = called(n, seconds, server, end);
        for event in [request, end.clone(), end] {
            writer.append(vec![event]).unwrap();
        }
    }
    // Whoever knows where a server's name ends is believed, whichever event tells it.
    let mut request = tool(20, "s", Kind::ToolRequested, 5, "mcp__my__tools__do", "call-10");
    request.parsed.tool.as_mut().unwrap().family = Family::Mcp { server: Some("my__tools".into()), tool: "do".into() };
    writer.append(vec![request]).unwrap();
    writer.append(vec![tool(21, "s", Kind::ToolSucceeded, 6, "mcp__my__tools__do", "call-10")]).unwrap();
    // A call without an id counts too.
    let mut bare = tool(30, "s", Kind::ToolRequested, 7, "mcp__my__do", "x");
    bare.parsed.tool_use_id = None;
    writer.append(vec![bare, event(40, "s", Kind::TurnEnded, 300)]).unwrap();

    let span = |from: i64, to: i64| (at(from), at(to));
    let servers = async |(since, until): (Timestamp, Timestamp)| {
        let found = store.events.servers(since, until).await.unwrap();
        let row = |s: hookrail_store::model::Server| (s.raw, s.display, s.calls, s.errors);
        found.into_iter().map(row).collect::<Vec<_>>()
    };
    let row = |raw: &str, display: &str, calls, errors| (raw.to_owned(), display.to_owned(), calls, errors);
    let guessed = [
        row("claude_ai_Linear", "Linear", 1, 0),
        row("github", "github", 3, 0),
        row("my", "my", 1, 0),
        row("my__tools", "my__tools", 1, 0),
        row("plugin_linear_linear", "linear (plugin)", 1, 1),
    ];
    assert_eq!(servers(span(0, 600)).await, guessed);
    // Of a part of the span, all are listed with what was used in it.
    let (since, until) = span(120, 240);
    let part = store.events.servers(since, until).await.unwrap();
    assert_eq!(part.iter().map(|s| s.calls).collect::<Vec<_>>(), [0, 2, 0, 0, 0]);
    assert_eq!(part[1].last_seen, Some(at(240)));

    for (raw, display) in [("plugin_*", "Linear"), ("github", "GitHub")] {
        let name = ServerName::new(raw, display, Some("ada"), clock()).unwrap();
        assert_eq!(store.meta.name_server(name.clone()).await.unwrap(), name);
    }
    // Every view has the names at once, on what was stored before.
    let listed = async |server: &str| {
        let filter = EventFilter { server: Some(server.to_owned()), ..EventFilter::default() };
        all(&store.events, &filter, Order::Oldest, 100).await.len()
    };
    for (server, count) in [
        ("Linear", 4),
        ("claude_ai_Linear", 2),
        ("plugin_linear_linear", 2),
        ("linear (plugin)", 0),
        ("GitHub", 6),
        ("github", 6),
        ("my__tools", 1),
        ("plugin_*", 0),
    ] {
        assert_eq!(listed(server).await, count, "{server}");
    }
    let calls = store.events.tool_calls("s", None, 100, None).await.unwrap().items;
    let shown: Vec<_> = calls.iter().map(|c| (c.mcp_server.as_deref(), c.mcp_server_name.as_deref())).collect();
    assert_eq!(shown[0], (Some("claude_ai_Linear"), Some("Linear")));
    assert!(
        shown.contains(&(Some("my__tools"), Some("my__tools"))) && shown.contains(&(Some("github"), Some("GitHub")))
    );
    let (since, until) = span(0, 600);
    let tools = store.events.tools(since, until).await.unwrap();
    assert_eq!((tools[0].tool.as_str(), tools[0].mcp_server_name.as_deref()), ("mcp__github__do", Some("GitHub")));
    let overview = store.events.overview(since, until, 10).await.unwrap();
    let merged: Vec<_> = overview.servers.iter().map(|s| (s.mcp_server_name.as_str(), s.calls, s.errors)).collect();
    assert_eq!(merged, [("GitHub", 3, 0), ("Linear", 2, 1), ("my", 1, 0), ("my__tools", 1, 0)]);
    let event = store.events.event(&id(6)).await.unwrap().unwrap();
    assert_eq!(event.mcp_server_name.as_deref(), Some("GitHub"));
    assert_eq!(store.events.after(0, 10).await.unwrap()[5].mcp_server_name.as_deref(), Some("GitHub"));

    // A name is changed, and taken back.
    let later = Timestamp::from_nanos(clock().as_nanos() + SECOND);
    let kept = store.meta.name_server(ServerName::new("github", "Hub", None, later).unwrap()).await.unwrap();
    assert_eq!((kept.created_at, kept.updated_at, &kept.by), (clock(), later, &None));
    assert_eq!(store.meta.server_names().await.unwrap().len(), 2);
    assert_eq!(store.meta.forget_server_name("github").await.unwrap(), Some(kept));
    assert_eq!(store.meta.forget_server_name("github").await.unwrap(), None);
    assert!(store.meta.forget_server_name("plugin_*").await.unwrap().is_some());
    assert_eq!(servers(span(0, 600)).await, guessed);
}

pub(crate) async fn a_project_gives_only_so_many_names(open: Open) {
    let (_folder, store, _writer) = start(open);
    let name = |n: usize| ServerName::new(&format!("server-{n}"), "one of many", None, clock()).unwrap();
    for n in 0..MAX_NAMES {
        store.meta.name_server(name(n)).await.unwrap();
    }
    assert!(matches!(store.meta.name_server(name(MAX_NAMES)).await, Err(StoreError::Invalid(_))));
    // One that is there can still be changed.
    store.meta.name_server(name(0)).await.unwrap();
}

pub(crate) async fn a_model_may_title_a_session(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut prompt = event(1, "s", Kind::PromptSubmitted, 0);
    prompt.parsed.prompt = Some("please mend the build".to_owned());
    writer.append(vec![prompt, event(2, "t", Kind::TurnEnded, 1)]).unwrap();
    let title = async |id: &str| {
        let session = store.events.session(id, None).await.unwrap().unwrap();
        (session.title, session.title_source)
    };
    assert_eq!(title("s").await, (Some("please mend the build".to_owned()), Some("prompt")));
    assert_eq!(title("t").await, (None, None));
    for (id, agent, there) in [("s", "claude-code", true), ("s", "codex", false), ("none", "claude-code", false)] {
        assert_eq!(store.meta.title_session(id, agent, "Mending the build", clock()).await.unwrap(), there);
    }
    assert_eq!(title("s").await, (Some("Mending the build".to_owned()), Some("model")));
    // It is found by that title, and not by the one it had.
    for (q, found) in [("Mending", 1), ("please mend", 0)] {
        let filter = SessionFilter { q: Some(q.to_owned()), ..SessionFilter::default() };
        assert_eq!(store.events.sessions(&filter, 10, None).await.unwrap().items.len(), found, "{q}");
    }
    // It goes with its session.
    let everything = Retention { max_age: Some(Duration::ZERO), ..Retention::default() };
    while writer.retain(&everything, Timestamp::from_nanos(i64::MAX)).unwrap().more {}
    assert!(store.events.session("s", None).await.unwrap().is_none());
    writer.append(vec![event(9, "new", Kind::TurnEnded, 1)]).unwrap();
    assert_eq!(title("new").await, (None, None));
}

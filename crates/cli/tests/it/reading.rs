//! The reading commands against an API whose answers are known to the last byte.

use std::time::{Duration, Instant};

use crate::device::Device;
use crate::fake::{Fake, answer, stream};

/// An event as the API shows it, with a field that this version does not know.
pub(crate) fn event(seq: i64, name: &str) -> String {
    serde_json::json!({
        "id": format!("01a1fa78-11a0-7f13-aa1b-{seq:012}"), "seq": seq, "session_id": "b247b6a5-da7d-463d-85af-e429919a032a",
        "agent": "claude-code", "name": name, "kind": "tool.requested", "occurred_at": "2026-11-20T19:38:55.123456789Z",
        "received_at": "2026-11-20T19:38:55.200000000Z", "actor": {"type": "main"}, "tool": "Bash", "tool_family": "shell",
        "mcp_server": null, "mcp_server_name": null,
        "tool_use_id": "toolu_1", "outcome": "succeeded", "duration_ms": 34, "verdict": null, "user": null,
        "device": "laptop", "source_app": "=1+1", "new_field": [1],
        "payload": {"tool_input": {"command": "echo \u{1b}[2J\"hi\", there"}},
    })
    .to_string()
}

/// Five events over three pages, one of them empty, newest first.
fn pages() -> Fake {
    Fake::start(|request| {
        let (items, next) =
            match request.line.split_once("cursor=").map(|(_, cursor)| cursor.split('&').next().unwrap()) {
                None => (5..6, "\"two\""),
                Some("two") => (1..1, "\"three\""),
                Some("three") => (1..5, "null"),
                Some(other) => panic!("unknown cursor {other}"),
            };
        let items: Vec<String> = items.rev().map(|seq| event(seq, "PostToolUse")).collect();
        answer("200 OK", &format!(r#"{{"items":[{}],"next":{next}}}"#, items.join(",")))
    })
}

#[test]
fn json_lines_are_the_answers_of_the_api() {
    let device = Device::new();
    let server = pages();
    for args in [&["export"][..], &["events", "--json"]] {
        let args: Vec<&str> = args.iter().copied().chain(["--server", server.url.as_str()]).collect();
        let outcome = device.run(&args);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        let expected: Vec<String> = (1..=5).rev().map(|seq| event(seq, "PostToolUse")).collect();
        assert_eq!(outcome.out.lines().collect::<Vec<_>>(), expected, "{args:?}");
    }
}

#[test]
fn a_limit_is_kept_across_pages() {
    let device = Device::new();
    let server = pages();
    let outcome = device.run(&["events", "--json", "-n", "3", "--server", &server.url]);
    assert_eq!(outcome.out.lines().count(), 3);
    assert!(server.requests()[0].line.contains("limit=3"), "{:?}", server.requests());
}

#[test]
fn csv_keeps_every_cell() {
    let device = Device::new();
    let server = pages();
    let file = device.home().join("out.csv");
    let outcome = device.run(&["export", "--format", "csv", "-o", file.to_str().unwrap(), "--server", &server.url]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{}", outcome.err);
    assert!(outcome.err.contains("Exported 5 events"), "{}", outcome.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 7, "a head, five rows and the end: {text}");
    let expected = "01a1fa78-11a0-7f13-aa1b-000000000005,5,b247b6a5-da7d-463d-85af-e429919a032a,claude-code,PostToolUse,\
        tool.requested,2026-11-20T19:38:55.123456789Z,2026-11-20T19:38:55.200000000Z,main,Bash,,,toolu_1,succeeded,34,,,\
        laptop,\"'=1+1\",\"{\"\"tool_input\"\":{\"\"command\"\":\"\"echo \\u001b[2J\\\"\"hi\\\"\", there\"\"}}\"";
    assert_eq!(lines[1], expected);
    assert_eq!(std::fs::read_dir(device.home()).unwrap().count(), 1, "nothing half written is left");
}

#[test]
fn an_export_that_breaks_off_leaves_no_file() {
    let device = Device::new();
    let server = Fake::start(|request| match request.line.contains("cursor=") {
        false => answer("200 OK", &format!(r#"{{"items":[{}],"next":"more"}}"#, event(1, "Stop"))),
        true => answer("500 Internal Server Error", "{}"),
    });
    let outcome = device.run(&["export", "-o", "out.jsonl", "--server", &server.url]);
    assert_eq!(outcome.code, 1);
    assert_eq!(std::fs::read_dir(device.home()).unwrap().count(), 0);
}

#[test]
fn a_table_shows_what_matters_and_cannot_drive_the_terminal() {
    let device = Device::new();
    let server = pages();
    let outcome = device.run(&["events", "--utc", "--server", &server.url]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    insta::assert_snapshot!("events", outcome.out);
    assert!(!outcome.out.contains('\u{1b}'));
}

#[test]
fn filters_are_sent_as_the_api_names_them() {
    let device = Device::new();
    let server = Fake::start(|request| {
        let sessions = r#"{"items":[{"id":"b247b6a5-da7d"},{"id":"xb247"}],"next":null}"#;
        let body =
            if request.line.starts_with("GET /api/v1/sessions?") { sessions } else { r#"{"items":[],"next":null}"# };
        answer("200 OK", body)
    });
    let outcome = device.run(&[
        "events",
        "--server",
        &server.url,
        "--session",
        "b247",
        "--kind",
        "tool.failed",
        "-g",
        "a b&c",
        "--since",
        "15m",
        "--source-app",
        "shop",
    ]);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, ""));
    assert!(outcome.err.contains("No events found"), "{}", outcome.err);
    let asked = server.requests().last().unwrap().line.clone();
    for part in
        ["session_id=b247b6a5-da7d", "kind=tool.failed", "q=a+b%26c", "since=15m", "source_app=shop", "limit=50"]
    {
        assert!(asked.contains(part), "{part} in {asked}");
    }
}

#[test]
fn half_an_id_that_fits_two_sessions_is_refused() {
    let device = Device::new();
    let server = Fake::start(|_| answer("200 OK", r#"{"items":[{"id":"b2-1"},{"id":"b2-2"}],"next":null}"#));
    let outcome = device.run(&["sessions", "b2", "--server", &server.url]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("b2-1, b2-2"), "{}", outcome.err);
}

#[test]
fn tail_resumes_after_a_broken_stream_and_prints_nothing_twice() {
    let device = Device::new();
    let message = |seq: i64| {
        format!("id: 01a1fa78-11a0-7f13-aa1b-{seq:012}\nevent: event\ndata: {}\n\n", event(seq, "PostToolUse"))
    };
    let server = Fake::start(move |request| {
        let resumes_after =
            |seq: i64| request.line.contains(&format!("last_event_id=01a1fa78-11a0-7f13-aa1b-{seq:012}"));
        if request.line.starts_with("GET /api/v1/events") {
            answer("200 OK", &format!(r#"{{"items":[{}],"next":null}}"#, event(1, "PreToolUse")))
        } else if resumes_after(1) {
            stream(&format!(": alive\n\n{}{}event: lagged\ndata: {{\"missed\":7}}\n\n", message(1), message(2)))
        } else if resumes_after(2) {
            stream(&format!("{}{}", message(3), "event: event\ndata: {\"cut off"))
        } else {
            // The end of the test: an error that no further attempt can change.
            answer("401 Unauthorized", "{}")
        }
    });
    let begin = Instant::now();
    let outcome = device.run(&["tail", "--utc", "--json", "--server", &server.url]);
    assert!(begin.elapsed() < Duration::from_secs(20));
    let expected = [event(1, "PreToolUse"), event(2, "PostToolUse"), event(3, "PostToolUse")];
    assert_eq!(outcome.out.lines().collect::<Vec<_>>(), expected);
    assert!(
        outcome.err.contains("7 events came too fast") && outcome.err.contains("HOOKRAIL_TOKEN"),
        "{}",
        outcome.err
    );
    assert_eq!(outcome.code, 1);
}

#[test]
fn a_line_of_tail_is_readable() {
    let device = Device::new();
    let server = pages();
    let outcome = device.run(&["tail", "--utc", "--no-follow", "-n", "1", "--server", &server.url]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    insta::assert_snapshot!("tail", outcome.out);
}

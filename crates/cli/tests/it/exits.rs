//! Exit codes, and what a person is told when something goes wrong.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Stdio;

use crate::device::{Device, feed};
use crate::fake::{Fake, answer};

/// The address of a server that is not there: its port was free a moment ago.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_wrong_command_line_is_2_and_help_is_0() {
    let device = Device::new();
    for (args, code) in
        [(&["--help"][..], 0), (&["--version"], 0), (&[], 2), (&["nonsense"], 2), (&["events", "--outcome", "odd"], 2)]
    {
        assert_eq!(device.run(args).code, code, "{args:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_1_with_a_hint() {
    let device = Device::new();
    let server = nobody();
    for command in ["events", "sessions", "tail", "export"] {
        let outcome = device.run(&[command, "--server", &server]);
        assert_eq!(outcome.code, 1, "{command}");
        assert!(outcome.err.starts_with("error: ") && outcome.err.contains(&server), "{}", outcome.err);
        assert!(outcome.err.contains("\nhint: ") && outcome.err.contains("hookrail serve"), "{}", outcome.err);
        assert_eq!(outcome.out, "");
    }
}

#[test]
fn a_server_that_asks_for_a_key_says_how_to_give_one() {
    let device = Device::new();
    let server = Fake::start(|_| answer("401 Unauthorized", r#"{"error":{"code":"unauthorized","message":"no"}}"#));
    let outcome = device.run(&["events", "--server", &server.url]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("HOOKRAIL_TOKEN"), "{}", outcome.err);
}

#[test]
fn the_words_of_the_server_reach_the_person() {
    let device = Device::new();
    let refusal = r#"{"error":{"code":"invalid","message":"`since` is no time","hint":"write it like 15m"}}"#;
    let server = Fake::start(move |_| answer("400 Bad Request", refusal));
    let outcome = device.run(&["events", "--server", &server.url, "--since", "soon"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (1, "error: `since` is no time\nhint: write it like 15m\n"));
}

#[test]
fn the_key_of_one_server_is_not_shown_to_another() {
    let device = Device::new();
    let server = Fake::start(|_| answer("200 OK", r#"{"items":[],"next":null}"#));
    let state = device.home().join(".hookrail");
    std::fs::create_dir(&state).unwrap();
    std::fs::write(state.join("config.toml"), "server = \"http://127.0.0.1:9\"\ntoken = \"hk_own\"\n").unwrap();
    device.run(&["events", "--server", &server.url]);
    std::fs::write(state.join("config.toml"), format!("server = \"{}\"\ntoken = \"hk_own\"\n", server.url)).unwrap();
    device.run(&["events"]);
    let shown: Vec<bool> = server.requests().iter().map(|request| request.head.contains("hk_own")).collect();
    assert_eq!(shown, [false, true]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let device = Device::new();
    let event = crate::reading::event(1, "PreToolUse");
    let page = format!(r#"{{"items":[{}],"next":null}}"#, vec![event; 150].join(","));
    let server = Fake::start(move |_| answer("200 OK", &page));
    let mut child = device
        .hookrail(&["export", "--server", &server.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn the_hook_is_reached_before_the_command_line_is_read() {
    let device = Device::new();
    let payload = br#"{"session_id":"s","hook_event_name":"Stop"}"#;
    for args in [&["hook", "claude-code"][..], &["hook", "claude-code", "--nonsense"]] {
        let outcome = feed(device.hookrail(args), payload);
        assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{}", outcome.err);
    }
    let spooled = std::fs::read_to_string(device.home().join(".hookrail/spool/open.jsonl")).unwrap();
    assert_eq!(spooled.lines().count(), 2, "{spooled}");
}

#[test]
fn a_server_that_others_can_reach_needs_a_key() {
    let device = Device::new();
    let outcome = device.run(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.err.contains("without a key") && outcome.err.contains("hint: set HOOKRAIL_TOKEN"),
        "{}",
        outcome.err
    );
}

#[test]
fn a_port_in_use_is_said_plainly() {
    let device = Device::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let outcome = device.run(&["serve", "--listen", &address]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.err.contains(&format!("{address} is in use")) && outcome.err.contains("--listen"),
        "{}",
        outcome.err
    );
}

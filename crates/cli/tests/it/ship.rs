//! `ship`: what it says and how it ends.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::device::{Device, feed};
use crate::fake::{Fake, answer};

/// A device with two events recorded.
fn device_with_events() -> Device {
    let device = Device::new();
    for event in
        [r#"{"session_id":"s","hook_event_name":"SessionStart"}"#, r#"{"session_id":"s","hook_event_name":"Stop"}"#]
    {
        let outcome = feed(device.hookrail(&["hook", "claude-code"]), event.as_bytes());
        assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{}", outcome.err);
    }
    device
}

#[test]
fn everything_recorded_is_delivered_once() {
    let device = device_with_events();
    let server = Fake::start(|_| answer("200 OK", r#"{"accepted":2,"duplicates":0,"rejected":[]}"#));
    let shipped = device.run(&["ship", "--once", "--json", "--server", &server.url]);
    assert_eq!(shipped.code, 0, "{}", shipped.err);
    let report: Value = serde_json::from_str(&shipped.out).unwrap();
    assert_eq!((&report["sent"], &report["rejected"], &report["error"]), (&2.into(), &0.into(), &Value::Null));
    let again = device.run(&["ship", "--once", "--server", &server.url]);
    assert_eq!((again.code, again.err.as_str()), (0, "Nothing to deliver\n"));
    let delivered = server.requests().into_iter().filter(|request| request.line == "POST /v1/events").count();
    assert_eq!(delivered, 1);
}

#[test]
fn a_device_without_a_server_is_told_so() {
    let device = device_with_events();
    let shipped = device.run(&["ship", "--once"]);
    assert_eq!(shipped.code, 1);
    assert!(shipped.err.contains("no server is configured") && shipped.err.contains("\nhint: "), "{}", shipped.err);
}

#[test]
fn a_server_that_refuses_the_key_ends_it_with_what_to_do() {
    let device = device_with_events();
    let server = Fake::start(|_| answer("401 Unauthorized", "{}"));
    let shipped = device.run(&["ship", "--once", "--json", "--server", &server.url]);
    assert_eq!(shipped.code, 1);
    let report: Value = serde_json::from_str(&shipped.out).unwrap();
    assert!(report["error"].as_str().unwrap().contains("key"), "{report}");
    assert!(shipped.err.starts_with("error: ") && shipped.err.contains("\nhint: "), "{}", shipped.err);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let device = device_with_events();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut ship = device.hookrail(&["ship", "--server", &url]).stderr(Stdio::piped()).spawn().unwrap();
    // It now waits for an answer that never comes.
    let _connection = silent.accept().unwrap();
    let pid = ship.id().to_string();
    let interrupt = || assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    interrupt();
    let mut said = String::new();
    BufReader::new(ship.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("Stopping"), "{said}");
    interrupt();
    assert_eq!(ship.wait().unwrap().code(), Some(130));
}

//! `send-event` as an agent's settings call it: whatever happens, exit code 0 and an empty standard output.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::device::{Device, Outcome, feed};
use crate::fake::{Fake, answer};

/// Sends an event from a project folder of the device.
fn send(device: &Device, extra: &[&str], env: &[(&str, &str)], input: &str) -> Outcome {
    let project = device.home().join("shop");
    std::fs::create_dir_all(&project).unwrap();
    let args = ["send-event", "--source-app", "shop", "--event-type", "PostToolUse"];
    let args: Vec<&str> = args.iter().chain(extra).copied().collect();
    let mut command = device.hookrail(&args);
    command.env("CLAUDE_PROJECT_DIR", &project).envs(env.iter().copied());
    let outcome = feed(command, input.as_bytes());
    assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{}", outcome.err);
    outcome
}

fn payload(transcript: &Path) -> Value {
    json!({
        "session_id": "s-1", "hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"},
        "tool_response": {"stdout": "a.py"}, "duration_ms": 12, "transcript_path": transcript,
    })
}

fn log(device: &Device) -> std::path::PathBuf {
    device.home().join("shop/.hookrail/logs/s-1/PostToolUse.jsonl")
}

#[test]
fn the_ancestors_shape_arrives_with_chat_and_summary() {
    let device = Device::new();
    let transcript = device.home().join("t.jsonl");
    std::fs::write(&transcript, "{\"type\":\"user\"}\nbroken\n{\"type\":\"assistant\"}\n").unwrap();
    let server = Fake::start(|_| answer("200 OK", "{}"));
    let payload = payload(&transcript);
    let env = [("OBSERVABILITY_URL", server.url.as_str()), ("OBSERVABILITY_TOKEN", "secret-1")];
    let outcome = send(&device, &["--add-chat", "--summarize"], &env, &payload.to_string());
    assert!(outcome.err.contains("1 lines of the transcript are not JSON"), "{}", outcome.err);

    let [request] = &server.requests()[..] else { panic!("one request: {:?}", server.requests()) };
    assert_eq!(request.line, "POST /events");
    assert!(request.head.contains("authorization: bearer secret-1"), "{}", request.head);
    let mut body: Value = serde_json::from_str(&request.body).unwrap();
    let timestamp = body.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert!(timestamp.as_u64().unwrap() > 1_600_000_000_000, "milliseconds: {timestamp}");
    let expected = json!({
        "source_app": "shop", "session_id": "s-1", "hook_event_type": "PostToolUse", "payload": payload,
        "chat": [{"type": "user"}, {"type": "assistant"}], "summary": "Bash ran `ls` in 12 ms",
    });
    assert_eq!(body, expected);
    let logged: Value = serde_json::from_str(&std::fs::read_to_string(log(&device)).unwrap()).unwrap();
    assert_eq!(logged, payload);
}

#[test]
fn the_flag_wins_and_nothing_is_attached_unasked() {
    let device = Device::new();
    let server = Fake::start(|_| answer("201 Created", "{}"));
    let door = format!("{}/own/door", server.url);
    let env = [("OBSERVABILITY_URL", "http://127.0.0.1:9"), ("HOOKRAIL_TOKEN", "hk_own")];
    let outcome = send(&device, &["--server-url", &door, "--no-log"], &env, &payload(Path::new("/none")).to_string());
    assert_eq!(outcome.err, "");
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(request.line, "POST /own/door");
    assert!(!request.head.contains("hk_own"), "the key of our server is not for this one");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert!(body.get("chat").is_none() && body.get("summary").is_none(), "{body}");
    assert!(!log(&device).exists());
}

#[test]
fn a_key_goes_neither_over_the_network_nor_into_the_log() {
    let device = Device::new();
    let server = Fake::start(|_| answer("200 OK", "{}"));
    // In two parts, so that this file holds nothing that looks like a key.
    let key = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let payload = json!({"session_id": "s-1", "tool_input": {"command": format!("export GITHUB_TOKEN={key}")}});
    send(&device, &["--server-url", &server.url, "--summarize"], &[], &payload.to_string());
    let sent = server.requests()[0].body.clone();
    let logged = std::fs::read_to_string(log(&device)).unwrap();
    for text in [sent, logged] {
        assert!(text.contains("export GITHUB_TOKEN=") && !text.contains(&key), "{text}");
    }
}

#[test]
fn nothing_makes_it_fail() {
    let device = Device::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{nobody}");
    let refusing = Fake::start(|_| answer("500 Internal Server Error", "no"));
    for (server, input, told) in [
        (nobody.as_str(), "{}", "cannot reach"),
        (refusing.url.as_str(), "{}", "500"),
        (refusing.url.as_str(), "not JSON", "not JSON"),
        (refusing.url.as_str(), "", "not JSON"),
        ("no address", "{}", "must begin with"),
    ] {
        let outcome = send(&device, &["--server-url", server], &[], input);
        assert!(outcome.err.contains(told), "{told}: {}", outcome.err);
    }
    for args in [&["send-event"][..], &["send-event", "--nonsense"]] {
        let outcome = device.run(args);
        assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{}", outcome.err);
    }
}

#[test]
fn a_log_in_the_way_does_not_stop_the_event() {
    let device = Device::new();
    let server = Fake::start(|_| answer("200 OK", "{}"));
    std::fs::create_dir_all(device.home().join("shop")).unwrap();
    std::fs::write(device.home().join("shop/.hookrail"), "a file").unwrap();
    let outcome = send(&device, &["--server-url", &server.url], &[], r#"{"session_id":"s-1"}"#);
    assert!(outcome.err.contains("cannot keep the session log"), "{}", outcome.err);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let device = Device::new();
    std::fs::create_dir(device.home().join(".hookrail")).unwrap();
    std::fs::write(device.home().join(".hookrail/config.toml"), "[timeouts]\nanswer = \"300ms\"\n").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let begin = Instant::now();
    let outcome = send(&device, &["--server-url", &url], &[], "{}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(outcome.err.contains("did not answer"), "{}", outcome.err);
}

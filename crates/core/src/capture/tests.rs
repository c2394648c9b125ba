use super::*;

fn metadata(payload: &str) -> String {
    Capture::Metadata.of(payload).into_owned()
}

#[test]
fn a_call_keeps_its_name_and_loses_its_words() {
    let call = r#"{"session_id":"s1","hook_event_name":"PreToolUse","cwd":"/home/dev/my shop","tool_name":"Bash",
        "tool_use_id":"t1","tool_input":{"command":"psql -c 'select 1'","timeout":5},"note":"from an agent of tomorrow"}"#;
    let kept = r#"{"session_id":"s1","hook_event_name":"PreToolUse","cwd":"/home/dev/my shop","tool_name":"Bash",
        "tool_use_id":"t1","tool_input":{"not_captured_bytes":44},"note":"[hookrail: 25 bytes not captured]"}"#;
    assert_eq!(metadata(call), kept);
    let inputs = Capture::Inputs.of(call).into_owned();
    assert!(inputs.contains("select 1") && !inputs.contains("tomorrow"), "{inputs}");
    assert!(matches!(Capture::Full.of(call), Cow::Borrowed(_)));
}

#[test]
fn a_smaller_level_wins_and_the_same_level_changes_nothing() {
    let event =
        r#"{"prompt":"fix it","tool_response":{"stdout":"out","exit_code":3,"error":"no"},"n":[["a b"],{"id":"x"}]}"#;
    let smallest = metadata(event);
    assert_eq!(
        smallest,
        r#"{"prompt":"[hookrail: 6 bytes not captured]","tool_response":{"exit_code":3,"error":"[hookrail: 4 bytes not captured]","not_captured_bytes":43},"n":[["[hookrail: 3 bytes not captured]"],{"id":"x"}]}"#
    );
    for level in Capture::ALL {
        assert_eq!(level.of(&smallest), smallest);
    }
    assert_eq!(Capture::Metadata.of(&Capture::Inputs.of(event)), smallest);
}

#[test]
fn how_a_call_went_is_told_by_what_is_left_of_its_text() {
    for (text, expected) in [
        ("Chunk ID: 1\nProcess exited with code 2\nOutput:\nsecret", "Process exited with code 2\nOutput:\n"),
        ("{\"output\":\"secret\",\"metadata\":{\"exit_code\":7}}", "Process exited with code 7\nOutput:\n"),
        ("<tool_use_error>secret", "<tool_use_error>"),
        ("Claude requested permissions to write to secret", "Permission to use "),
        ("anything else, secret", ""),
    ] {
        let gist = gist(text);
        assert_eq!(gist, format!("{expected}{}", mark(text.len())));
        assert!(!gist.contains("secret"));
    }
    let ours = gist("Deletes secret [hookrail rule fs.tree]");
    assert!(ours.ends_with("not captured] [hookrail rule fs.tree]") && !ours.contains("secret"), "{ours}");
}

#[test]
fn depth_and_damage_are_no_limit() {
    let deep = format!("{{\"a\":{}\"secret word\"{}}}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(!metadata(&deep).contains("secret"));
    let deep = format!("{{\"tool_input\":{}1{}}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(metadata(&deep), "{\"tool_input\":{\"not_captured_bytes\":600001}}");
    for torn in ["{\"prompt\":\"secret word", "{\"tool_input\":{\"a\":\"secret", "]}{\"", "{\"a\\", ""] {
        assert!(!metadata(torn).contains("secret"), "{torn}");
    }
}

//! Handlers through the real hook and dispatcher: what is built in, what is followed, what is told.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::rig::{Rig, Said, until};

/// A device with these handlers of its person, prepared.
fn device(handlers: &str) -> Rig {
    let rig = Rig::new();
    fs::create_dir_all(rig.state()).unwrap();
    fs::write(rig.state().join("hookrail.toml"), handlers).unwrap();
    rig.succeed(rig.hookrail(&["handlers", "compile"]), b"");
    rig
}

/// An event of Claude Code in the rig's project.
fn event(rig: &Rig, name: &str, mut fields: Value) -> Value {
    fields["hook_event_name"] = name.into();
    fields["session_id"] = "s-1".into();
    fields["cwd"] = rig.path("project").to_str().into();
    fields
}

/// What the hook says to an event; never a failure.
#[track_caller]
fn fire(rig: &Rig, event: &Value) -> Value {
    let said = rig.succeed(rig.hook("claude-code"), event.to_string().as_bytes());
    if said.stdout.is_empty() { Value::Null } else { serde_json::from_str(&said.stdout).unwrap() }
}

fn context(answer: &Value) -> &str {
    answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap_or_default()
}

/// The runs in the spool.
fn runs(rig: &Rig) -> Vec<Value> {
    let text = fs::read_to_string(rig.state().join("spool/open.jsonl")).unwrap_or_default();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.filter(|record| record["name"] == "handler").map(|record| record["payload"].clone()).collect()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn variables_of_a_file_reach_the_shell_and_their_values_nothing_else() {
    let rig = device(
        "[[handler]]\nname = \"env\"\non = \"SessionStart\"\nuse = \"environment\"\n[handler.with]\nallow = [\"APP_*\"]\n",
    );
    write(
        &rig.path("project").join(".env"),
        "APP_KEY='it is $5 \"a day\"'\nOTHER=hidden-value\nbroken line\nAPP_URL=https://$APP_KEY\n",
    );
    let target = rig.path("env.sh");
    let mut hook = rig.hook("claude-code");
    hook.env("CLAUDE_ENV_FILE", &target);
    let said = rig.succeed(hook, event(&rig, "SessionStart", json!({"source": "startup"})).to_string().as_bytes());
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    let told = context(&answer);
    assert!(
        told.contains("APP_KEY, APP_URL") && told.contains("1 others are not allowed") && told.contains("line 3"),
        "{told}"
    );
    let mut shell = rig.command("sh");
    shell.args(["-c", &format!(". {}; printf '%s|%s|%s' \"$APP_KEY\" \"$APP_URL\" \"$OTHER\"", target.display())]);
    assert_eq!(rig.succeed(shell, b"").stdout, "it is $5 \"a day\"|https://it is $5 \"a day\"|");
    for entry in ["spool/open.jsonl", "handlers/runs.jsonl"] {
        let kept = fs::read_to_string(rig.state().join(entry)).unwrap();
        assert!(!kept.contains("a day") && !kept.contains("hidden-value"), "{entry}: {kept}");
    }
    // An event without such a file is told, and is in nobody's way.
    fire(&rig, &event(&rig, "SessionStart", json!({"source": "resume"})));
    let failed = runs(&rig).pop().unwrap();
    assert!(
        failed["outcome"] == "failed" && failed["notes"][0].as_str().unwrap().contains("CLAUDE_ENV_FILE"),
        "{failed}"
    );
}

#[test]
fn what_the_agent_wrote_is_known_at_the_end_of_the_turn_and_remembered_in_the_next_session() {
    let rig = device(
        r#"
        [[handler]]
        name = "changed"
        on = "Stop"
        changed = "turn"
        paths = "*.rs"
        run = "printf %s \"$HOOKRAIL_FILES\" >files"
        [[handler]]
        name = "memory"
        on = "Stop"
        use = "memory"
        [[handler]]
        name = "context"
        on = "SessionStart"
        use = "context"
        with = { git = false, commands = ["echo issue 7"], files = ["PLAN.md", "none.md"] }
        "#,
    );
    let project = rig.path("project");
    write(&project.join("PLAN.md"), "first this\n");
    let edit = |file: &str, turn: &str| {
        let input = json!({"file_path": project.join(file)});
        fire(&rig, &event(&rig, "PostToolUse", json!({"tool_name": "Edit", "tool_input": input, "prompt_id": turn})));
    };
    let stop = |turn: &str, said: &str| {
        let answer = fire(&rig, &event(&rig, "Stop", json!({"prompt_id": turn, "last_assistant_message": said})));
        assert_eq!(answer, Value::Null);
    };
    edit("src/a.rs", "1");
    edit("notes.md", "1");
    stop("1", "We chose a list.");
    assert_eq!(fs::read_to_string(project.join("files")).unwrap(), "src/a.rs\n");
    fs::remove_file(project.join("files")).unwrap();
    edit("b.md", "2");
    stop("2", "And a map.");
    assert!(!project.join("files").exists(), "nothing like that changed in the second turn");

    let answer = fire(&rig, &event(&rig, "SessionStart", json!({"source": "compact"})));
    let told = context(&answer);
    for part in ["[notes.md, src/a.rs] We chose a list.", "[b.md] And a map.", "issue 7", "## PLAN.md\nfirst this"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.find("a list").unwrap() < told.find("a map").unwrap() && !told.contains("none.md"));
}

#[test]
fn an_edit_is_formatted_and_checked_and_what_is_found_is_told() {
    let rig = device(
        r#"
        [[handler]]
        name = "validate"
        on = "PostToolUse"
        tools = "Edit|Write"
        use = "validate"
        [handler.with.format]
        "*.txt" = "sed -i 's/ *$//' {}"
        [handler.with.check]
        "*.txt" = "! grep -n forbidden {}"
        "#,
    );
    let file = rig.path("project").join("it's $(a) name.txt");
    let edit = event(&rig, "PostToolUse", json!({"tool_name": "Write", "tool_input": {"file_path": &file}}));
    fs::write(&file, "fine\n").unwrap();
    assert_eq!(fire(&rig, &edit), Value::Null);
    fs::write(&file, "so so   \na forbidden word\n").unwrap();
    let answer = fire(&rig, &edit);
    let told = context(&answer);
    assert!(told.contains("was formatted") && told.contains("2:a forbidden word"), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "so so\na forbidden word\n");
}

#[test]
fn transcripts_are_kept_before_they_are_compacted_and_sessions_summed_up() {
    let rig = device(
        "[[handler]]\nname = \"backup\"\non = \"PreCompact\"\nuse = \"backup\"\nwith = { folder = \"kept\", keep = 2 }\n\
         [[handler]]\nname = \"summary\"\non = \"SessionEnd\"\nuse = \"summary\"\n",
    );
    let transcript = rig.path("t-1.jsonl");
    for round in 0..3 {
        let line = format!(
            r#"{{"type":"assistant","message":{{"id":"m{round}","usage":{{"output_tokens":3}},"content":[{{"type":"tool_use","name":"Bash"}}]}}}}"#
        );
        let before = fs::read_to_string(&transcript).unwrap_or_default();
        fs::write(&transcript, format!("{before}{line}\n")).unwrap();
        fire(&rig, &event(&rig, "PreCompact", json!({"trigger": "auto", "transcript_path": &transcript})));
    }
    let mut kept: Vec<_> =
        fs::read_dir(rig.path("project").join("kept")).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    let lines: Vec<usize> = kept.iter().map(|path| fs::read_to_string(path).unwrap().lines().count()).collect();
    assert_eq!(lines, [2, 3], "the newest two, whole");
    fire(&rig, &event(&rig, "SessionEnd", json!({"reason": "other", "transcript_path": &transcript})));
    let summary: Value =
        serde_json::from_str(&fs::read_to_string(rig.state().join("handlers/summaries.jsonl")).unwrap()).unwrap();
    assert_eq!(
        (&summary["tools"]["Bash"], &summary["output_tokens"], &summary["reason"]),
        (&json!(3), &json!(9), &json!("other"))
    );
}

#[test]
fn a_person_is_told_once_and_the_agent_does_not_wait_for_it() {
    let rig = Rig::new();
    let told = rig.path("told");
    // Whoever tells waits until it may: were the agent to wait for it, the hook would hang.
    let gate = rig.path("gate");
    let line = format!("while [ ! -e {} ]; do sleep 0.05; done; echo \"$1\" >>{}", gate.display(), told.display());
    fs::create_dir_all(rig.state()).unwrap();
    let ways = format!("with = {{ ways = [{{ command = [\"sh\", \"-c\", {}, \"sh\"] }}] }}", json!(line));
    fs::write(
        rig.state().join("hookrail.toml"),
        format!("[[handler]]\nname = \"tell\"\non = [\"Stop\", \"Notification\"]\nuse = \"notify\"\n{ways}\n"),
    )
    .unwrap();
    rig.succeed(rig.hookrail(&["handlers", "compile"]), b"");
    let stop = event(&rig, "Stop", json!({"prompt_id": "1", "last_assistant_message": "All is well.\nMore."}));
    fire(&rig, &stop);
    fire(&rig, &stop);
    assert!(!told.exists());
    fs::write(&gate, "").unwrap();
    until("the notification", || fs::read_to_string(&told).ok().filter(|text| text.ends_with('\n')));
    fire(
        &rig,
        &event(
            &rig,
            "Notification",
            json!({"notification_type": "idle_prompt", "message": "Claude waits", "prompt_id": "1"}),
        ),
    );
    let text = until("the second one", || fs::read_to_string(&told).ok().filter(|text| text.lines().count() == 2));
    assert_eq!(
        text,
        "claude-code has finished in project: All is well.\nclaude-code needs you in project: Claude waits\n"
    );
}

#[test]
fn an_input_put_in_the_place_of_another_is_judged_too() {
    let rig = device(
        r#"
        [[handler]]
        name = "rewrite"
        on = "PreToolUse"
        tools = "Bash"
        can_block = true
        run = ["sh", "rewrite.sh"]
        "#,
    );
    rig.succeed(rig.hookrail(&["policy", "compile"]), b"");
    let call = event(&rig, "PreToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "ls"}}));
    let rewrite = |to: &str| {
        let said = json!({"hookSpecificOutput": {"permissionDecision": "allow", "updatedInput": {"command": to}}});
        write(&rig.path("project").join("rewrite.sh"), &format!("cat <<'END'\n{said}\nEND\n"));
        fire(&rig, &call)["hookSpecificOutput"].clone()
    };
    let harmless = rewrite("ls -l");
    assert_eq!(
        (&harmless["permissionDecision"], &harmless["updatedInput"]["command"]),
        (&json!("allow"), &json!("ls -l"))
    );
    let harmful = rewrite("git push --force");
    assert_eq!((&harmful["permissionDecision"], &harmful["updatedInput"]), (&json!("deny"), &Value::Null), "{harmful}");
    assert!(harmful["permissionDecisionReason"].as_str().unwrap().contains("git.force-push"));
}

#[test]
fn an_untrusted_project_is_told_once_and_shown_to_who_asks() {
    let rig = device("");
    let project = rig.path("project");
    write(&project.join(".claude/hooks/session-start-hello.sh"), "touch ran; echo hello\n");
    let start = event(&rig, "SessionStart", json!({"source": "startup"}));
    let first = fire(&rig, &start);
    assert!(first["systemMessage"].as_str().unwrap().contains("hookrail handlers trust"), "{first}");
    assert_eq!(fire(&rig, &start), Value::Null, "once is enough");
    assert!(!project.join("ran").exists());
    let why = |rig: &Rig| -> Said { rig.succeed(rig.hookrail(&["handlers", "why", "SessionStart", "--json"]), b"") };
    let shown: Value = serde_json::from_str(&why(&rig).stdout).unwrap();
    assert_eq!(
        (&shown["trust"], &shown["handlers"][0]["runs"], &shown["handlers"][0]["matches"]),
        (&json!("untrusted"), &json!(false), &json!(true))
    );
    rig.succeed(rig.hookrail(&["handlers", "trust", project.to_str().unwrap()]), b"");
    assert_eq!(context(&fire(&rig, &start)), "hello");
    rig.succeed(rig.hookrail(&["handlers", "trust", "--revoke"]), b"");
    assert_eq!(fire(&rig, &start), Value::Null);
}

#[test]
fn the_doctor_names_who_fails_and_what_is_wrong() {
    let rig = device("[[handler]]\nname = \"bad\"\non = \"Stop\"\nrun = \"echo because >&2; exit 1\"\n");
    fire(&rig, &event(&rig, "Stop", json!({})));
    let checks = |rig: &Rig| -> Value {
        // The server is missing, so the doctor fails as a whole.
        serde_json::from_str(&rig.run(rig.hookrail(&["doctor", "--json"]), b"").stdout).unwrap()
    };
    let find = |report: &Value, name: &str| {
        report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone()
    };
    let report = checks(&rig);
    let runs = find(&report, "runs of handlers");
    assert!(
        runs["status"] == "warn"
            && runs["detail"].as_str().unwrap().contains("user:bad 1 of 1 times, last failed: because"),
        "{runs}"
    );
    assert_eq!(find(&report, "handlers")["status"], "ok");
    fs::write(rig.state().join("hookrail.toml"), "[[handler]]\nname = \"bad\"\non = \"Stopp\"\nrun = \"true\"\n")
        .unwrap();
    let wrong = find(&checks(&rig), "handlers");
    assert!(
        wrong["status"] == "fail" && wrong["detail"].as_str().unwrap().contains("did you mean \"Stop\""),
        "{wrong}"
    );
}

//! What is known of an event at every level of capture, over all recordings.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use hookrail_core::agents::Parsed;
use hookrail_core::capture::Capture;
use hookrail_core::context::Source;
use hookrail_core::event::Agent;
use hookrail_core::wire;

/// What an event says less what may vanish: the words of prompts, titles and reasons.
fn facts(source: Source, agent: &Agent, name: Option<&str>, payload: &str) -> Parsed {
    Parsed { prompt: None, title: None, reason: None, ..wire::parse(source, agent, name, payload) }
}

fn assert_kept(source: Source, agent: &Agent, name: Option<&str>, payload: &str, at: &str) {
    for level in Capture::ALL {
        let captured = level.of(payload);
        serde_json::from_str::<serde::de::IgnoredAny>(&captured).unwrap_or_else(|error| panic!("{at}: {error}"));
        assert_eq!(facts(source, agent, name, &captured), facts(source, agent, name, payload), "{at}: {captured}");
        assert_eq!(level.of(&captured), captured, "{at}: once is enough");
    }
}

#[test]
fn what_an_event_is_stays_at_every_level() {
    for fixture in common::all() {
        if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&fixture.payload).is_ok() {
            assert_kept(Source::Hook, &fixture.agent, None, &fixture.payload, &fixture.at);
        }
    }
}

#[test]
fn what_a_line_of_a_transcript_is_stays_at_every_level() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/history");
    let mut lines = 0;
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let at = path.display().to_string();
            let agent = if at.contains("codex") { Agent::Codex } else { Agent::ClaudeCode };
            for line in std::fs::read_to_string(&path).unwrap_or_default().lines().filter(|line| line.starts_with('{'))
            {
                lines += 1;
                assert_kept(Source::Transcript, &agent, None, line, &at);
            }
        }
    }
    assert!(lines > 50, "{lines}");
}

#[test]
fn no_prompt_input_or_output_stays_at_the_smallest_level() {
    let mut texts = 0;
    for fixture in common::all() {
        let Ok(payload) = serde_json::from_str::<serde_json::Value>(&fixture.payload) else { continue };
        let captured = Capture::Metadata.of(&fixture.payload).into_owned();
        for member in ["prompt", "tool_input", "tool_response", "last_assistant_message", "message", "text"] {
            let mut inside = Vec::new();
            strings(&payload[member], &mut inside);
            // Short words (a mode, an id, a path that is the folder too) are met elsewhere as well.
            for text in inside.into_iter().filter(|text| text.contains(' ') && text.len() > 12) {
                texts += 1;
                assert!(!captured.contains(text), "{}: {text}", fixture.at);
            }
        }
    }
    assert!(texts > 100, "{texts}");
}

fn strings<'a>(value: &'a serde_json::Value, out: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::String(text) => out.push(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        serde_json::Value::Object(members) => members.values().for_each(|member| strings(member, out)),
        _ => {}
    }
}

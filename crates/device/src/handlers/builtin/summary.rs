//! `use = "summary"`: what a session was, in a line, when it ends: tools, errors, tokens, time. Read from the transcript.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::PathBuf;

use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Task, append};

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The file that gets a line of JSON: relative to the project; `handlers/summaries.jsonl` of the state folder unless given.
    file: Option<PathBuf>,
    /// The size at which the file is put aside, in KiB; the one before is removed then.
    max_kib: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { file: None, max_kib: 1024 }
    }
}

/// What a session was.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Summary {
    session: String,
    reason: String,
    seconds: i64,
    prompts: u64,
    tools: BTreeMap<String, u64>,
    tool_errors: u64,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
}

pub(super) fn run(settings: &Settings, task: &Task) -> io::Result<String> {
    let lines = BufReader::new(File::open(task.text("transcript_path"))?).lines();
    let mut summary = summarise(lines.map_while(Result::ok));
    summary.session = task.text("session_id").to_owned();
    summary.reason = task.text("reason").to_owned();
    let own = || task.home.handlers().join("summaries.jsonl");
    let file = settings.file.as_ref().map_or_else(own, |file| task.project.join(file));
    append(&file, &serde_json::to_string(&summary)?, settings.max_kib << 10)?;
    Ok(String::new())
}

/// Counts. Claude Code writes a message once for each of its blocks, with the tokens of the whole message each time.
fn summarise(lines: impl Iterator<Item = String>) -> Summary {
    let mut summary = Summary::default();
    let mut used: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    let mut times: Option<(Timestamp, Timestamp)> = None;
    for line in lines {
        let Ok(entry) = serde_json::from_str::<Value>(&line) else { continue };
        if let Some(at) = entry["timestamp"].as_str().and_then(Timestamp::parse) {
            let (first, last) = times.unwrap_or((at, at));
            times = Some((first.min(at), last.max(at)));
        }
        let message = &entry["message"];
        let blocks = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        match entry["type"].as_str() {
            Some("assistant") => {
                let tokens =
                    ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
                let tokens = tokens.map(|name| message["usage"][name].as_u64().unwrap_or(0));
                let kept = used.entry(message["id"].as_str().unwrap_or_default().to_owned()).or_default();
                for (kept, token) in kept.iter_mut().zip(tokens) {
                    *kept = (*kept).max(token);
                }
                for block in blocks.iter().filter(|block| block["type"] == "tool_use") {
                    *summary.tools.entry(block["name"].as_str().unwrap_or("?").to_owned()).or_default() += 1;
                }
            }
            Some("user") => {
                let results = blocks.iter().filter(|block| block["type"] == "tool_result");
                let is_meta = entry["isMeta"] == true || entry["isCompactSummary"] == true;
                summary.prompts += u64::from(results.clone().count() == 0 && !is_meta);
                summary.tool_errors += results.filter(|block| block["is_error"] == true).count() as u64;
            }
            _ => {}
        }
    }
    for [input, output, read, written] in used.into_values() {
        summary.input_tokens += input;
        summary.output_tokens += output;
        summary.cache_read_tokens += read;
        summary.cache_write_tokens += written;
    }
    summary.seconds = times.map_or(0, |(first, last)| (last.as_nanos() - first.as_nanos()) / 1_000_000_000);
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_once_however_many_lines_it_has() {
        let lines = [
            r#"{"type":"user","timestamp":"2026-11-20T10:00:00Z","message":{"content":"do it"}}"#,
            r#"{"type":"assistant","message":{"id":"m1","usage":{"input_tokens":5,"output_tokens":1},"content":[{"type":"text","text":"x"}]}}"#,
            r#"{"type":"assistant","message":{"id":"m1","usage":{"input_tokens":5,"output_tokens":9},"content":[{"type":"tool_use","name":"Bash"}]}}"#,
            "no json",
            r#"{"type":"user","message":{"content":[{"type":"tool_result","is_error":true}]}}"#,
            r#"{"type":"assistant","timestamp":"2026-11-20T10:01:30Z","message":{"id":"m2","usage":{"cache_read_input_tokens":7},"content":[{"type":"tool_use","name":"Bash"}]}}"#,
        ];
        let summary = summarise(lines.into_iter().map(str::to_owned));
        let expected = Summary {
            seconds: 90,
            prompts: 1,
            tools: BTreeMap::from([("Bash".to_owned(), 2)]),
            tool_errors: 1,
            input_tokens: 5,
            output_tokens: 9,
            cache_read_tokens: 7,
            ..Summary::default()
        };
        assert_eq!(summary, expected);
    }
}

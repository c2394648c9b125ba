//! Events as an agent makes them: about 1 KB each, every id its own, no two contents alike.

use std::fmt::Write as _;

use hookrail_benches::random::Random;
use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;

/// Tool calls of one session.
const CALLS_PER_SESSION: u64 = 200;

const WORDS: [&str; 24] = [
    "src", "main", "error", "test", "build", "value", "result", "config", "handler", "parse", "let", "fn", "return",
    "index", "module", "warning", "cargo", "passed", "struct", "async", "await", "match", "Some", "None",
];
const TOOLS: [&str; 5] = ["Bash", "Read", "Edit", "Grep", "Write"];

/// Makes the payloads of one stream of sessions: a request and its result for each tool call.
pub(crate) struct Agent {
    random: Random,
    run: u64,
    made: u64,
}

impl Agent {
    /// A stream of its own for each `run`.
    pub(crate) fn new(run: u64) -> Self {
        Self { random: Random::new(run), run, made: 0 }
    }

    /// Adds the next payload to `out`, about 1 KB of JSON on one line.
    pub(crate) fn payload(&mut self, out: &mut String) {
        let call = self.made / 2;
        let session = call / CALLS_PER_SESSION;
        let tool = TOOLS[(call % TOOLS.len() as u64) as usize];
        let (run, is_request) = (self.run, self.made.is_multiple_of(2));
        self.made += 1;
        let name = if is_request { "PreToolUse" } else { "PostToolUse" };
        let _ = write!(
            out,
            "{{\"session_id\":\"{run:016x}-{session:06}\",\"transcript_path\":\"/home/dev/.claude/projects/-home-dev-shop/{run:016x}-{session:06}.jsonl\",\
             \"cwd\":\"/home/dev/shop\",\"permission_mode\":\"default\",\"hook_event_name\":\"{name}\",\"tool_name\":\"{tool}\",\
             \"tool_use_id\":\"toolu_{run:016x}{call:08x}\",\"tool_input\":{{\"command\":\""
        );
        self.words(out, if is_request { 110 } else { 10 });
        out.push_str("\",\"description\":\"Run it\"}");
        if !is_request {
            out.push_str(",\"tool_response\":{\"stdout\":\"");
            self.words(out, 95);
            let _ =
                write!(out, "\",\"stderr\":\"\",\"interrupted\":false}},\"duration_ms\":{}", self.random.below(5000));
        }
        out.push('}');
    }

    /// Words and numbers, as code and the output of programs are.
    fn words(&mut self, out: &mut String, count: usize) {
        for _ in 0..count {
            let pick = self.random.next();
            if pick.is_multiple_of(7) {
                let _ = write!(out, "{:x} ", pick >> 40);
            } else {
                out.push_str(WORDS[(pick >> 8) as usize % WORDS.len()]);
                out.push(' ');
            }
        }
    }
}

/// Makes records as the shipper sends them.
pub(crate) struct Device {
    agent: Agent,
    ids: Random,
    at: i64,
    step: i64,
}

impl Device {
    /// A device whose events happened from `start` on, `step` nanoseconds apart.
    pub(crate) fn new(run: u64, start: i64, step: i64) -> Self {
        Self { agent: Agent::new(run), ids: Random::new(!run), at: start, step }
    }

    /// A batch of `count` records, one per line.
    pub(crate) fn batch(&mut self, count: usize) -> String {
        let mut out = String::with_capacity(count * 1300);
        for _ in 0..count {
            let at = Timestamp::from_nanos(self.at);
            let id = EventId::v7(at, self.ids.next());
            let _ = write!(
                out,
                "{{\"v\":1,\"id\":\"{id}\",\"agent\":\"claude-code\",\"occurred_at\":\"{at}\",\"user\":\"dev\",\"device\":\"bench\",\"payload\":"
            );
            self.agent.payload(&mut out);
            out.push_str("}\n");
            self.at += self.step;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn events_are_json_of_about_a_kilobyte_and_all_different() {
        let batch = Device::new(7, 0, 1000).batch(1000);
        let mut ids = HashSet::new();
        let mut bytes = 0;
        for line in batch.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(ids.insert(record["id"].as_str().unwrap().to_owned()));
            bytes += record["payload"].to_string().len();
        }
        assert!((900_000..1_150_000).contains(&bytes), "{bytes}");
    }
}

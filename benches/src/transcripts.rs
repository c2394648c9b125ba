//! A history of Claude Code whose totals are known: the reference set of imports.
//!
//! Each session has a hundred requests of three lines: what the request was sent with (a prompt, or the result of a tool
//! call), and two blocks of its answer, which repeat `usage` under one message id as Claude Code writes it. A request uses
//! 10 input, 120 output, 500 cache-write (5 minutes) and 20,000 cache-read tokens.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::random::Random;

/// The model of every request.
pub const MODEL: &str = "claude-sonnet-4-5-20250929";

/// Requests of one session.
pub const REQUESTS: u64 = 100;

/// Lines of one session.
pub const LINES: u64 = 3 * REQUESTS;

/// Sessions of the whole reference set.
pub const SESSIONS: u64 = 200;

/// What so many sessions use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Tokens written to the cache of five minutes.
    pub cache_write: u64,
    /// Tokens read from the cache.
    pub cache_read: u64,
    /// Cost in micro-dollars at 3, 15, 3.75 and 0.30 dollars per million.
    pub cost_microusd: u64,
}

/// What so many sessions use.
pub const fn totals(sessions: u64) -> Totals {
    let requests = sessions * REQUESTS;
    let (input, output, cache_write, cache_read) = (10 * requests, 120 * requests, 500 * requests, 20_000 * requests);
    let cost_microusd = (input * 300 + output * 1500 + cache_write * 375 + cache_read * 30) / 100;
    Totals { input, output, cache_write, cache_read, cost_microusd }
}

/// Writes so many sessions as `projects/<slug>/<session>.jsonl` within `folder`; returns how many bytes they are.
///
/// # Errors
/// Where the files cannot be written.
pub fn write(folder: &Path, sessions: u64) -> io::Result<u64> {
    let mut bytes = 0;
    for session in 0..sessions {
        let slug = folder.join("projects").join(format!("-home-dev-project-{}", session % 10));
        fs::create_dir_all(&slug)?;
        let text = Session::new(session).text();
        bytes += text.len() as u64;
        fs::write(slug.join(format!("{}.jsonl", id(session, 0))), text)?;
    }
    Ok(bytes)
}

/// An id of the n-th thing of a session, in the form of a UUID.
fn id(session: u64, n: u64) -> String {
    let mut random = Random::new(session << 32 | n);
    let (a, b) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

struct Session {
    number: u64,
    random: Random,
    lines: u64,
    text: String,
}

const WORDS: [&str; 24] = [
    "src", "main", "error", "test", "build", "value", "result", "config", "handler", "parse", "let", "fn", "return",
    "index", "module", "warning", "cargo", "passed", "struct", "async", "await", "match", "Some", "None",
];

impl Session {
    fn new(number: u64) -> Self {
        Self { number, random: Random::new(number), lines: 0, text: String::with_capacity(400 << 10) }
    }

    fn text(mut self) -> String {
        for request in 0..REQUESTS {
            self.asked(request);
            self.block(request, &format!("{{\"type\":\"text\",\"text\":\"{}\"}}", Words(300)));
            let call = format!(
                "{{\"type\":\"tool_use\",\"id\":\"toolu_{}_{request}\",\"name\":\"Bash\",\"input\":{{\"command\":\"{}\",\"description\":\"{}\"}}}}",
                self.number,
                Words(150),
                Words(60),
            );
            self.block(request, &call);
        }
        self.text
    }

    /// What a request was sent with.
    fn asked(&mut self, request: u64) {
        let (message, result) = if request == 0 {
            (format!("\"{}\"", self.words(500)), String::new())
        } else {
            let output = self.words(260);
            let call = format!("toolu_{}_{}", self.number, request - 1);
            let block = format!(
                "[{{\"tool_use_id\":\"{call}\",\"type\":\"tool_result\",\"content\":\"{output}\",\"is_error\":false}}]"
            );
            let result = format!(
                "\"toolUseResult\":{{\"stdout\":\"{output}\",\"stderr\":\"\",\"interrupted\":false,\"isImage\":false}},"
            );
            (block, result)
        };
        let head = format!("\"promptId\":\"{}\",\"type\":\"user\"", id(self.number, 1));
        self.line(&format!("{head},\"message\":{{\"role\":\"user\",\"content\":{message}}},{result}"));
    }

    /// One block of an answer.
    fn block(&mut self, request: u64, block: &str) {
        let mut filled = String::with_capacity(block.len());
        let mut rest = block;
        while let Some((before, after)) = rest.split_once('\u{1}') {
            let (length, after) = after.split_once('\u{1}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(&self.words(length.parse().unwrap_or(0)));
            rest = after;
        }
        filled.push_str(rest);
        let number = self.number;
        self.line(&format!(
            "\"message\":{{\"id\":\"msg_{number}_{request}\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"{MODEL}\",\"content\":[{filled}],\"stop_reason\":\"tool_use\",\"stop_sequence\":null,\"usage\":{{\"input_tokens\":10,\"cache_creation_input_tokens\":500,\"cache_read_input_tokens\":20000,\"output_tokens\":120,\"server_tool_use\":{{\"web_search_requests\":0}},\"service_tier\":\"standard\",\"cache_creation\":{{\"ephemeral_5m_input_tokens\":500,\"ephemeral_1h_input_tokens\":0}}}}}},\"requestId\":\"req_{number}_{request}\",\"type\":\"assistant\","
        ));
    }

    fn line(&mut self, middle: &str) {
        self.lines += 1;
        let (session, uuid) = (id(self.number, 0), id(self.number, 1 + self.lines));
        let parent = match self.lines {
            1 => "null".to_owned(),
            line => format!("\"{}\"", id(self.number, line)),
        };
        let (minute, second, day) = (self.lines / 60, self.lines % 60, 1 + self.number % 28);
        let hour = self.number / 28;
        let _ = writeln!(
            self.text,
            "{{\"parentUuid\":{parent},\"isSidechain\":false,{middle}\"uuid\":\"{uuid}\",\"timestamp\":\"2026-10-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z\",\"userType\":\"external\",\"entrypoint\":\"cli\",\"cwd\":\"/home/dev/project-{}\",\"sessionId\":\"{session}\",\"version\":\"2.1.329\",\"gitBranch\":\"main\"}}",
            self.number % 10,
        );
    }

    /// About so many characters of words.
    fn words(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 8);
        while text.len() < length {
            text.push_str(WORDS[self.random.below(WORDS.len() as u64) as usize]);
            let number = self.random.below(10_000);
            let _ = write!(text, " {number} ");
        }
        text
    }
}

/// A place for so many characters of words in a format.
struct Words(usize);

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\u{1}{}\u{1}", self.0)
    }
}

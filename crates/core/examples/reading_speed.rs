//! How fast texts are looked through for secrets, and for orders that a tool's result gives an agent: in megabytes per second on one core.
//!
//! `cargo run --release -p hookrail-core --example reading_speed [FILE…]`; without files a text of code, logs and prose.

use std::hint::black_box;
use std::time::Instant;

use hookrail_core::policy::injection;
use hookrail_core::redact::{redact_json, redact_text};

const ROUNDS: usize = 15;
const SIZE: usize = 8 << 20;
/// Of a longer result only the beginning is looked at.
const RESULT: usize = 240 << 10;

const SAMPLE: &str = "test cart::rounds_after_discount ... ok\n\
    pub fn answer(request: &Request) -> Result<Response, Problem> { let slice = params.slice()?; Ok(page(slice)) }\n\
    2026-01-02T03:04:05Z INFO stored 12 events of session 8f3c2b1e-5d47-4a0e-9c86-2f1b7d9e4a10 in 3 ms\n\
    The quick brown fox asked whether a task can be skipped; nobody kept the monkey from the keyboard.\n\
    {\"type\":\"assistant\",\"usage\":{\"input_tokens\":12,\"output_tokens\":345},\"cwd\":\"/home/dev/shop\"}\n\
    commit 2f1b7d9e4a108f3c2b1e5d474a0e9c862f1b7d9e (HEAD -> main) Let the cart round after the discount\n";

fn measure(what: &str, bytes: usize, mut work: impl FnMut()) {
    let best = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    println!("{:>7.0} MB/s  {what}, {bytes} bytes", bytes as f64 / best.as_secs_f64() / 1e6);
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let mut texts: Vec<(String, String)> =
        files.iter().filter_map(|name| Some((name.clone(), std::fs::read_to_string(name).ok()?))).collect();
    if texts.is_empty() {
        texts.push(("sample".into(), SAMPLE.repeat(SIZE / SAMPLE.len())));
    }
    for unit in ["token=", "xtoken=", "token=a/", "password: \"a1", "api_key=\\\"", "--secret_key=xx", "token=abc1 "] {
        texts.push((format!("{unit:?} again and again"), unit.repeat((1 << 20) / unit.len())));
    }
    for (name, text) in &texts {
        let json = serde_json::to_string(&[text]).unwrap_or_default();
        println!("{name}: {} found", redact_text(text).replaced());
        measure("plain text", text.len(), || drop(black_box(redact_text(black_box(text)))));
        measure("as a string of JSON", json.len(), || drop(black_box(redact_json(black_box(&json)))));
        let result = &text[..text.floor_char_boundary(RESULT)];
        let result = serde_json::json!({ "tool_response": result }).to_string();
        let told = injection(&result).unwrap_or("clean");
        measure(&format!("for orders in a result ({told})"), result.len(), || {
            black_box(injection(black_box(&result)));
        });
    }
}

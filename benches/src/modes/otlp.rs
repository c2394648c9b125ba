//! Durable log records per second: exports as Claude Code makes them (JSON, its attributes, a mix of its events), each
//! sent when the one before was acknowledged.

use std::time::Instant;

use anyhow::bail;
use serde_json::{Value, json};

use super::{fresh_run, now};
use crate::client::Target;
use crate::figures::Times;

/// What to send.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Log records to send.
    #[arg(long, default_value_t = 200_000)]
    records: usize,
    /// Records of one export.
    #[arg(long, default_value_t = 500)]
    per_export: usize,
    /// Connections.
    #[arg(long, default_value_t = 4)]
    connections: usize,
}

/// Records of one session before the next begins.
const PER_SESSION: usize = 400;

pub(crate) async fn run(target: &Target, args: &Args) -> anyhow::Result<()> {
    let run = fresh_run();
    let exports = args.records.div_ceil(args.connections * args.per_export).max(1);
    let mut bytes = 0;
    let prepared: Vec<Vec<Vec<u8>>> = (0..args.connections)
        .map(|connection| {
            let first = |export: usize| (connection * exports + export) * args.per_export;
            (0..exports).map(|export| self::export(target, run, first(export), args.per_export)).collect()
        })
        .inspect(|exports: &Vec<Vec<u8>>| bytes += exports.iter().map(Vec::len).sum::<usize>())
        .collect();
    let records = exports * args.connections * args.per_export;
    let started = Instant::now();
    let senders: Vec<_> = prepared.into_iter().map(|exports| tokio::spawn(send(target.clone(), exports))).collect();
    let mut times = Times::default();
    for sender in senders {
        times.merge(sender.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "otlp: {records} log records in {seconds:.2} s = {:.0} records/s; {:.1} MB sent; {} connections × {} records; acknowledged: {}",
        records as f64 / seconds,
        bytes as f64 / 1e6,
        args.connections,
        args.per_export,
        times.told(),
    );
    Ok(())
}

async fn send(target: Target, exports: Vec<Vec<u8>>) -> anyhow::Result<Times> {
    let mut connection = target.connect().await?;
    let mut times = Times::default();
    for export in exports {
        let started = Instant::now();
        let answer = connection.ask(&export).await?;
        if answer.status != 200 || answer.body != b"{}" {
            bail!("the server answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        times.add(started.elapsed());
    }
    Ok(times)
}

fn export(target: &Target, run: u64, first: usize, count: usize) -> Vec<u8> {
    let records: Vec<Value> = (first..first + count).map(|number| record(run, number)).collect();
    let service = json!([
        {"key": "service.name", "value": {"stringValue": "claude-code"}},
        {"key": "service.version", "value": {"stringValue": "2.1.197"}},
        {"key": "os.type", "value": {"stringValue": "linux"}},
        {"key": "host.arch", "value": {"stringValue": "amd64"}},
    ]);
    let scope = json!({"name": "com.anthropic.claude_code.events", "version": "2.1.197"});
    let body = json!({"resourceLogs": [{
        "resource": {"attributes": service},
        "scopeLogs": [{"scope": scope, "logRecords": records}],
    }]});
    target.post("/v1/logs", "Content-Type: application/json\r\n", body.to_string().as_bytes())
}

/// One record: prompts, requests, decisions and results in the proportions of a working session.
fn record(run: u64, number: usize) -> Value {
    let session = format!("{run:016x}-{:08x}", number / PER_SESSION);
    let at = now() - 3_600_000_000_000 + number as i64 * 1_000_000;
    let call = format!("toolu_{run:x}_{}", number / 4);
    let (name, own) = match number % 4 {
        0 => (
            "api_request",
            vec![
                ("model", "claude-sonnet-4-5-20250929".to_owned()),
                ("input_tokens", "120".to_owned()),
                ("output_tokens", (number % 700).to_string()),
                ("cache_read_tokens", "41000".to_owned()),
                ("cache_creation_tokens", "700".to_owned()),
                ("cost_usd", "0.0153".to_owned()),
                ("duration_ms", "2300".to_owned()),
                ("request_id", format!("req_{run:x}_{number}")),
                ("speed", "normal".to_owned()),
            ],
        ),
        1 => (
            "tool_decision",
            vec![("tool_use_id", call), ("tool_name", "Bash".to_owned()), ("decision", "accept".to_owned())],
        ),
        2 => (
            "tool_result",
            vec![
                ("tool_use_id", call),
                ("tool_name", "Bash".to_owned()),
                ("success", "true".to_owned()),
                ("duration_ms", "28".to_owned()),
                ("tool_parameters", "{\"bash_command\":\"cargo\",\"full_command\":\"cargo test -p shop\"}".to_owned()),
            ],
        ),
        _ => (
            "hook_execution_complete",
            vec![
                ("hook_event", "PostToolUse".to_owned()),
                ("hook_name", "PostToolUse:Bash".to_owned()),
                ("num_hooks", "1".to_owned()),
                ("total_duration_ms", "3".to_owned()),
            ],
        ),
    };
    let common = [
        ("user.id", "8355a728b4b658f7a3b6d16fbdce003dc388b032a7df376826d10aa8f8fcf3fa".to_owned()),
        ("session.id", session),
        ("user.email", format!("dev{}@example.com", number / PER_SESSION % 20)),
        ("terminal.type", "non-interactive".to_owned()),
        ("event.name", name.to_owned()),
        ("event.sequence", number.to_string()),
        ("prompt.id", format!("prompt-{}", number / 40)),
    ];
    let attributes: Vec<Value> = common
        .into_iter()
        .chain(own)
        .map(|(key, value)| json!({"key": key, "value": {"stringValue": value}}))
        .collect();
    json!({
        "timeUnixNano": at.to_string(), "observedTimeUnixNano": at.to_string(),
        "body": {"stringValue": format!("claude_code.{name}")}, "attributes": attributes,
    })
}

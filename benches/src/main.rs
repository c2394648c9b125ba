//! `hookrail-load`: puts load on a running server and says what it took. The commands are in `docs/BENCHMARKS.md`.
//!
//! It shares the machine with the server it measures, so it does as little as it can while the clock runs: bodies are
//! made beforehand, and its HTTP client only writes prepared bytes and looks for the end of the answer.

mod client;
mod events;
mod figures;
mod modes;

use clap::{Parser, Subcommand};

/// Puts load on a hookrail server.
#[derive(Parser)]
#[command(name = "hookrail-load")]
struct Args {
    /// The server: host and port.
    #[arg(long, default_value = "127.0.0.1:4665")]
    server: String,
    /// The server's token.
    #[arg(long, env = "HOOKRAIL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(subcommand)]
    mode: Mode,
}

/// What to measure.
#[derive(Subcommand)]
enum Mode {
    /// Durable events per second by POST /v1/events, in compressed batches over a few connections.
    Batch(modes::batch::Args),
    /// Single POSTs per second to an agent's HTTP hook, over many connections.
    Hooks(modes::hooks::Args),
    /// The time to the acknowledgement of a commit while events come in at a fixed rate.
    AckLatency(modes::ack::Args),
    /// The time to each page of the API.
    Pages(modes::pages::Args),
    /// The time from a claim until everything that waited for it is stored.
    Claim(modes::claim::Args),
    /// Durable log records per second by POST /v1/logs, as Claude Code exports them.
    Otlp(modes::otlp::Args),
    /// The time `hookrail import` takes for the reference set, and what the server then says it cost.
    Import(modes::import::Args),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let target = client::Target::new(args.server, args.token);
    match args.mode {
        Mode::Batch(args) => modes::batch::run(&target, &args).await,
        Mode::Hooks(args) => modes::hooks::run(&target, &args).await,
        Mode::AckLatency(args) => modes::ack::run(&target, &args).await,
        Mode::Pages(args) => modes::pages::run(&target, &args).await,
        Mode::Claim(args) => modes::claim::run(&target, &args).await,
        Mode::Otlp(args) => modes::otlp::run(&target, &args).await,
        Mode::Import(args) => modes::import::run(&target, &args),
    }
}

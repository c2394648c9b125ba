//! `hookrail`: one executable, a role per command.

use std::process::ExitCode;

mod api;
mod commands;
mod connection;
mod csv;
mod env;
mod failure;
mod filters;
mod output;
mod redact_key;
mod rows;
mod sse;
mod summary;
mod transcript;

/// musl's own allocator has one lock for all threads, and makes a server twice as slow.
#[cfg(all(target_os = "linux", target_env = "musl"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The hook comes before everything else that could cost time or fail.
    if let Some(args) = commands::hook::asked_for(std::env::args_os()) {
        return commands::hook::run(args);
    }
    // And what the hook becomes, which an agent waits for just as much.
    if let Some(args) = commands::handlers::asked_for(std::env::args_os()) {
        return commands::handlers::serve(args);
    }
    match commands::Cli::from_args() {
        Ok(cli) => failure::report(cli.run()),
        Err(code) => code,
    }
}

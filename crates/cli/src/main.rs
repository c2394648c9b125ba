//! `hookrail`: one executable, a role per command.

use std::process::ExitCode;

// For its symbols, which the linker takes in the place of musl's.
#[cfg(all(target_env = "musl", target_arch = "x86_64"))]
use hookrail_memory as _;

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

/// What one thread decodes another one stores and gives back: an import takes a tenth less of the processor than with glibc's
/// allocator, and half of what it takes with musl's, which has one lock for all threads.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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

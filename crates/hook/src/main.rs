//! The program `hookrail-hook`: see [`hookrail_hook`].
#![cfg_attr(target_os = "linux", no_main)]

// musl copies and compares byte by byte.
#[cfg(all(target_os = "linux", target_env = "musl"))]
use hookrail_memory as _;

/// musl's own allocator maps and unmaps a page for nearly every size of which it gets to know, and others lock for threads that are not
/// there: either is a sixth of what a process as short as this one costs. This one does without the system's memory most of the time.
#[cfg(all(target_os = "linux", target_env = "musl"))]
#[global_allocator]
static ALLOCATOR: hookrail_process::Arena = hookrail_process::Arena;

#[cfg(target_os = "linux")]
hookrail_process::main!(hookrail_hook::main);

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    hookrail_hook::main(std::env::args_os().skip(1)).into()
}

//! The program `hookrail-hook`: see [`hookrail_hook`].

/// musl's own allocator maps and unmaps a page for nearly every size of which it gets to know, which is a sixth of what a process
/// as short as this one costs; this one asks the system for memory twice.
#[cfg(all(target_os = "linux", target_env = "musl"))]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> std::process::ExitCode {
    hookrail_hook::main(std::env::args_os().skip(1))
}

//! The program `hookrail-hook`: see [`hookrail_hook`].

/// musl's own allocator maps and unmaps a page for nearly every size of which it gets to know, and others lock for threads that are not
/// there: either is a sixth of what a process as short as this one costs. This one asks the system for memory once or twice.
#[cfg(all(target_os = "linux", target_env = "musl"))]
#[global_allocator]
static ALLOCATOR: hookrail_memory::Arena = hookrail_memory::Arena;

fn main() -> std::process::ExitCode {
    hookrail_hook::main(std::env::args_os().skip(1))
}

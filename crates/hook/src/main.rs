//! The program `hookrail-hook`: see [`hookrail_hook`].

fn main() -> std::process::ExitCode {
    hookrail_hook::main(std::env::args_os().skip(1))
}

//! The real Claude Code and the real Codex, from npm, against scripted services on the loopback address, with no account.
//!
//! Each session runs through the installed hook, the shipper and the server, with an independent witness beside the hook.
//! A rule denies one of the calls: the command must not run, and the record must say so.

mod claude_code;
mod codex;
mod codex_handlers;
mod compare;
mod guard;
mod handlers;
mod history;
mod hook_cost;
mod http_hooks;
mod messages;
mod npm;
mod parking;
mod responses;
mod scaffold;
mod script;
mod setup;
mod spend;
mod tee;
mod telemetry;
mod witness;

/// The file that a denied command would make.
const FORBIDDEN: &str = "forbidden-file";

/// A command that the built-in rule [`RULE`] denies, which `install` has prepared; would it run, a file would be there.
fn denied() -> String {
    format!("touch {FORBIDDEN} && git push --force")
}

/// The rule that denies it.
const RULE: &str = "git.force-push";

//! The real Claude Code and the real Codex, from npm, against scripted services on the loopback address, with no account.
//!
//! Each session runs through the installed hook, the shipper and the server, with an independent witness beside the hook.
//! A rule denies one of the calls: the command must not run, and the record must say so.

mod claude_code;
mod codex;
mod compare;
mod history;
mod hook_cost;
mod http_hooks;
mod messages;
mod npm;
mod parking;
mod responses;
mod script;
mod tee;
mod telemetry;

use std::borrow::Cow;
use std::fs;

use hookrail_core::policy::{Decision, Rule, Snapshot};

use crate::rig::Rig;

/// A word in a command that the rule of these tests denies.
const FORBIDDEN: &str = "forbidden-file";

/// Writes the rule that denies commands with [`FORBIDDEN`] in them, prepared as the hook reads it.
fn forbid(rig: &Rig) {
    let rule = Rule {
        id: Cow::Borrowed("tests.forbidden"),
        decision: Decision::Deny,
        reason: Cow::Borrowed("the test forbids it"),
        tools: Vec::new(),
        keywords: vec![Cow::Borrowed("\"PreToolUse\""), Cow::Borrowed(FORBIDDEN)],
        ..Rule::default()
    };
    fs::create_dir_all(rig.state()).unwrap();
    fs::write(rig.state().join("policy.snapshot"), Snapshot::write(&[rule]).unwrap()).unwrap();
}

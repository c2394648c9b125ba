//! Programs that send mail.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read, spec};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::Kind;
use crate::policy::hosts::{self, is_local};
use crate::policy::lists::is;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "mail" | "mailx" | "sendmail" | "mutt" | "neomutt" | "msmtp" | "s-nail" | "nail" | "ssmtp" | "swaks"
        | "mailsend" | "sendemail" | "sendEmail" | "exim" => mail,
        "signal-cli" | "gammu" | "gammu-smsd-inject" | "gnokii" | "sendsms" | "telegram-cli" | "yowsup-cli"
        | "mudslide" | "matrix-commander" | "sendxmpp" | "go-sendxmpp" => message,
        _ => return None,
    })
}

/// Options of mailers that take a value; the names of those that take somebody to write to.
const MAILER: Spec = spec(
    "saAbcfrSiqFHt",
    &[
        "attach=",
        "subject=",
        "to=",
        "cc=",
        "bcc=",
        "from=",
        "server=",
        "port=",
        "body=",
        "header=",
        "data=",
        "auth-user=",
    ],
);
const RECIPIENTS: &[&str] = &["to", "cc", "bcc", "b", "c", "t"];

/// The options that name the server that a mailer goes to.
fn servers(name: &str) -> &'static [&'static str] {
    if name == "swaks" { &["server", "s"] } else { &["server"] }
}

/// Endings of files that hold what a database holds.
const DUMPS: &[&str] =
    &[".sql", ".sql.gz", ".sql.zst", ".dump", ".dump.gz", ".pgdump", ".bak", ".mdb", ".sqlite", ".sqlite3"];

/// A message to somebody's telephone: to many where a list says to whom.
fn message(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let sends = call.args.iter().any(|arg| arg.prefix().to_ascii_lowercase().contains("send"))
        || is(&call.name, "gammu-smsd-inject|sendsms|sendxmpp|go-sendxmpp|matrix-commander");
    let listed = |origin: Origin| origin.queried || origin.dumped || machine.many;
    if sends && call.args.iter().filter_map(Text::origin).any(listed) {
        machine.act(Kind::NetMailing, call.name.as_str());
    }
    let input = machine.input(state, 0).origin().unwrap_or_default();
    machine.sends(&call.name, input);
}

fn mail(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &MAILER);
    if options.is_help() || options.values(servers(&call.name)).any(|server| is_local(&hosts::host(&server.shown()))) {
        return;
    }
    let mut origin = machine.input(state, 0).origin().unwrap_or_default();
    for file in options.values(&["a", "A", "attach"]).cloned().collect::<Vec<_>>() {
        let sent = machine.origin_to_send(state, &file);
        // What a database gave for a file of its own is not meant for a mailbox.
        let is_dump = sent.queried || DUMPS.iter().any(|ending| file.shown().ends_with(ending));
        origin = origin.and(Origin { dumped: sent.dumped || is_dump, ..sent });
    }
    for body in options.values(&["body", "data"]).filter_map(Text::origin) {
        origin = origin.and(body);
    }
    let to: Vec<&Text> = options.operands.iter().chain(options.values(RECIPIENTS)).collect();
    if to.iter().filter_map(|to| to.origin()).any(|origin| origin.queried || origin.dumped) {
        machine.act(Kind::NetMailing, call.name.as_str());
    }
    machine.sends(&to.first().map(|to| to.shown()).unwrap_or_default(), origin);
    // What keeps the queue may be called to empty it.
    super::told_by_tables(machine, call, state);
}

//! Rows that leave a database: all that a table holds, what is copied into a file, what is put into the database of another house.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::{requests, services, throwaway};
use crate::policy::lists::{holds, is};

/// Whether a host is of another house than the database that is put there: neither is named after the other, and no provider has it.
pub(super) fn is_others(host: &str, name: Option<&str>) -> bool {
    let own: Vec<String> = throwaway::words(name.unwrap_or_default()).filter(|word| word.len() > 2).collect();
    let mut words = throwaway::words(host);
    services::is_service(host)
        && !requests::is_provider(host)
        && !words.any(|word| {
            own.contains(&word)
                || matches!(word.as_str(), "internal" | "corp" | "intra" | "replica" | "prod" | "backup")
        })
}

/// Remembers the file into which rows are copied: `\copy … to 'file'`.
pub(super) fn copies(machine: &Machine<'_>, state: &mut State, text: &str) {
    let lower = text.to_ascii_lowercase();
    let Some(at) = lower.find("\\copy").and_then(|from| Some(from + lower[from..].rfind(" to ")? + " to ".len()))
    else {
        return;
    };
    let file = text.get(at..).unwrap_or_default().split_whitespace().next().unwrap_or_default();
    let counts = lower.contains("count(");
    if let Some(path) = machine.path(state, &Text::known(file.trim_matches(['\'', '"', ';']))).filter(|_| !counts) {
        state.write(&path, Text::hole(Origin::DUMPED), false);
    }
}

/// Whether a text of SQL asks for all that a table holds.
pub(super) fn gives_all(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let whole = lower.contains("select * from")
        && !["where", "limit", "fetch first", "count("].iter().any(|word| lower.contains(word));
    whole || lower.contains("copy ") && (lower.contains("to stdout") || lower.contains("to pstdout"))
}

/// The beginning of the statement that a query writes for each of its rows, for another client to run:
/// `select 'drop table ' || tablename from pg_tables`.
pub(super) fn written(text: &str) -> Option<Text> {
    let lower = text.to_ascii_lowercase();
    let (_, behind) = lower.split_once("select")?;
    let literal = behind.split('\'').skip(1).step_by(2).find(|literal| {
        ["drop ", "truncate ", "delete from ", "alter "].iter().any(|verb| literal.trim_start().starts_with(verb))
    })?;
    let mut statement = Text::known(literal.trim());
    statement.push_known(" everything", false);
    Some(statement)
}

/// Whether a text of SQL changes rows, or what they are.
pub(in super::super) fn are_changed(text: &str) -> bool {
    const CHANGES: &str = "update|delete|insert|merge|alter|drop|truncate|grant|replace";
    let first = |statement: &str| statement.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    !text.to_ascii_lowercase().contains("rollback") && text.split(';').any(|statement| is(&first(statement), CHANGES))
}

/// Whether a script for a database of documents changes some.
pub(super) fn are_documents_changed(script: &str) -> bool {
    holds(
        script,
        ".update|.delete|.insert|.remove(|.drop|.replace|.bulkWrite|.findOneAnd|.findAndModify|.renameCollection|.createUser|.grantRoles",
    )
}

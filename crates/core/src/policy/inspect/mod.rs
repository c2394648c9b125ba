//! From what an agent asks, does or was given to its effects, whatever tool it uses: a room for each sort of thing.
//!
//! Where the next check goes: what a file may no longer say, beside [`content::weakened`]; what code or settings do, beside
//! [`content::put_in`]; both are given the file as a [`source::Written`]. What a server's tool does, to `deeds.rs`, as a [`call::Call`];
//! what an agent is told for later, to `told.rs`; what a result says, to `output.rs`. The words it knows them by stand in a list of its own
//! room (of the form that `lists.rs` beside this folder reads), and each comes with cases on both sides (`crates/device/src/policy/cases`).

use super::effects::{Effect, Kind};
use super::facts::Facts;
use super::lists::holds;
use super::places::Place;
use super::shell::{self, Analysis};
use super::suspicion::Reading;
use crate::agents::Parsed;
use crate::event::{self, Family, Tool};

mod access;
pub(super) mod acting;
mod addressed;
mod administrators;
mod admission;
mod alarms;
pub(super) mod announced;
mod answers;
mod arguments;
mod assumed;
mod audited;
mod backdoors;
mod bought;
mod bounds;
mod builds;
pub(super) mod call;
mod carried;
mod cells;
mod ciphers;
mod clicks;
mod code;
mod columns;
mod commands;
mod concealed;
mod consoles;
mod content;
mod contracts;
mod cookies;
mod copies;
mod customers;
mod deeds;
mod deployments;
mod detached;
mod disclosed;
mod disguised;
mod encoded;
mod endpoints;
pub(super) mod equipment;
mod evasion;
mod exported;
mod figures;
mod files;
mod flags;
mod fleets;
mod flows;
mod foreign;
mod forged;
mod given;
pub(super) mod guards;
mod harvested;
mod identities;
mod ignored;
mod images;
mod inner;
mod interlocks;
mod kept;
mod leaks;
mod links;
mod live;
mod loaders;
mod logged;
mod loosened;
mod mcp;
mod migrations;
mod miners;
mod mutations;
mod openings;
mod orders;
mod origins;
mod output;
mod payees;
pub(super) mod people;
mod persons;
mod planted;
mod playbooks;
mod powers;
mod private;
mod prompt;
mod protections;
mod published;
mod queries;
mod reading;
mod readings;
mod records;
mod refusals;
mod relays;
pub(super) mod removed;
mod replaced;
mod reruns;
mod revived;
mod rights;
mod rows;
mod scanners;
mod scripted;
mod scripts;
mod sentence;
mod served;
pub(super) mod servers;
mod settings;
mod shipped;
pub(super) mod signed;
mod signs;
mod silence;
mod skimmers;
mod slight;
mod source;
mod sources;
mod spoken;
mod spying;
mod standing;
mod strangers;
mod swallowed;
mod taken;
mod tasks;
pub(super) mod telephone;
mod told;
mod trust;
mod typed;
mod unbounded;
mod unchecked;
mod unescaped;
mod unmasked;
mod upstream;
pub(super) mod variables;
mod walls;
mod ways;
mod web;

pub(super) use content::{changed_by_command, tells_agents, written_by_command};
pub use output::injection;
pub(super) use slight::{is_checking_hook, is_hook_of_linters};

/// Most places of one text at which one thing is looked at closely.
const MAX_PLACES: usize = 64;

/// What is read of a call for what it is like, where its calls are.
pub fn reading(parsed: &Parsed, payload: &str) -> Option<Reading> {
    readings::of(parsed.tool.as_ref()?, &given::Payload::read(payload)?)
}

/// What a call would do, what a prompt holds, or what a tool gave back.
///
/// `payload` is the agent's JSON text. What no effect is known of has none.
pub fn inspect(parsed: &Parsed, payload: &str, facts: &dyn Facts) -> Analysis {
    let all = |effects| Analysis { effects, complete: true };
    match (&parsed.kind, &parsed.tool) {
        (event::Kind::PromptSubmitted, _) => all(parsed.prompt.as_deref().map(prompt::effects).unwrap_or_default()),
        (event::Kind::ToolSucceeded | event::Kind::ToolFailed, Some(tool)) => all(output::effects(tool, payload)),
        (_, Some(tool)) => call(tool, payload, facts),
        _ => all(Vec::new()),
    }
}

fn call(tool: &Tool, payload: &str, facts: &dyn Facts) -> Analysis {
    let Some(payload) = given::Payload::read(payload) else { return Analysis { effects: Vec::new(), complete: true } };
    let mut analysis = known(tool, &payload, facts);
    let reading = readings::of(tool, &payload);
    let suspicious = |reading| readings::suspicious(&reading, &tool.name, Place::Unknown, &tool.name);
    analysis.effects.extend(reading.and_then(suspicious));
    analysis
}

/// What a call is known to do.
fn known(tool: &Tool, payload: &given::Payload<'_>, facts: &dyn Facts) -> Analysis {
    let all = |effects| Analysis { effects, complete: true };
    let given = || payload.given();
    let name = tool.name.as_str();
    match &tool.family {
        Family::Shell => {
            let given = given();
            let Some(command) = given.command() else { return all(Vec::new()) };
            match patch_in(&command) {
                Some(patch) => all(files::patched(patch, name, facts)),
                None => {
                    let mut analysis = shell::analyse_in(&command, given.directory().as_deref(), facts);
                    // What is PowerShell's is read as a shell's too: both have the programs, and many of the words.
                    if let Some(own) = of_windows(name, &command) {
                        analysis.effects.extend(shell::analyse_in(&own, given.directory().as_deref(), facts).effects);
                    }
                    let mines = miners::is_started(&command);
                    analysis.effects.extend(mines.then(|| miner(name)));
                    let shows = live::shows_its_environment(&command);
                    let environment = || Effect::without_place(Kind::SecretRead, live::ENVIRONMENT, name);
                    analysis.effects.extend(shows.then(environment));
                    analysis
                }
            }
        }
        Family::FileRead => all(files::read(&given(), name, facts)),
        Family::Search => all(files::search(&given(), name, facts)),
        Family::FileWrite => all(files::write(&given(), name, facts)),
        Family::Web => all(web::effects(&given(), name, facts)),
        Family::Mcp { .. } | Family::Other => {
            let mut effects = mcp::effects(tool, &payload.arguments, facts).unwrap_or_default();
            effects.extend(told::remembered(tool, &payload.arguments));
            all(effects)
        }
        Family::Agent => all(told::of_agent(&given(), name, facts)),
    }
}

/// Whether a tool's or a server's name says that it takes commands of PowerShell.
fn is_powershell(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("powershell") || name.contains("pwsh")
}

/// A command as a shell of Windows is given it, where the tool's name says that it takes such, or the command is written for one.
fn of_windows(tool: &str, command: &str) -> Option<String> {
    const POWERSHELL: &str = "$env:|Remove-Item|Get-ChildItem|Clear-Content|-Recurse|-MpPreference|Invoke-WebRequest|Invoke-Expression|\
        New-LocalUser|Set-ExecutionPolicy|Clear-EventLog|Set-ItemProperty|New-ItemProperty|Register-ScheduledTask|Stop-Computer";
    const CMD: &str = "%USERPROFILE%|%userprofile%|%UserProfile%|%HOMEPATH%|%homepath%|%SYSTEMDRIVE%|%SystemDrive%|& del /|& rd /|& rmdir /|& erase /";
    let start = command.trim_start();
    let by_powershell = is_powershell(tool) || holds(command, POWERSHELL);
    let shell = if by_powershell {
        "pwsh -Command"
    } else if ["del /", "rd /", "rmdir /", "erase /"].iter().any(|first| start.starts_with(first))
        || holds(command, CMD)
    {
        "cmd /c"
    } else {
        return None;
    };
    Some(format!("{shell} {}", given::quoted(command)))
}

/// A program is run that nobody here earns by.
fn miner(tool: &str) -> Effect {
    Effect::without_place(Kind::ContentCode, "mines for somebody", tool)
}

/// The patch that a command hands to Codex's own `apply_patch`.
fn patch_in(command: &str) -> Option<&str> {
    let start = command.trim_start_matches(['\'', '"', ' ']);
    let is_patch = start.starts_with("apply_patch") || start.starts_with(given::PATCH);
    is_patch.then(|| command.find(given::PATCH).map(|at| &command[at..])).flatten()
}

/// Whether an effect is one of a kind that a pattern names: the kind itself, `area.*`, or `*`.
pub(super) fn is_kind(pattern: &str, kind: Kind) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => kind.as_str().starts_with(prefix),
        None => pattern == kind.as_str(),
    }
}

#[cfg(test)]
mod tests;

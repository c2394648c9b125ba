//! Programs of which a table tells enough: this subcommand, with or without these words, has that effect.
//!
//! An entry is read against a call's words (the operands, in order) and flags. The first that fits counts, unless what it
//! would do is done to something that may be lost (`throwaway`).

mod applications;
mod backups;
mod boards;
mod clients;
mod cloud;
mod clusters;
mod daemons;
mod data;
mod directories;
mod distribution;
mod fleets;
mod forges;
mod machine;
mod money;
mod names;
pub(super) mod own;
mod packages;
mod platforms;
mod processes;
pub(super) mod production;
mod queues;
mod reading;
pub(super) mod requests;
mod rows;
mod runners;
pub(super) mod services;
mod sql;
mod stores;
pub(super) mod throwaway;
mod vaults;

pub(super) use clusters::kubectl;
pub(super) use distribution::adds_packages;
pub(in super::super) use machine::is_guard;
pub(super) use machine::{is_simulated, is_watcher};
pub(super) use reading::only_looks;
pub(super) use rows::are_changed as changes_rows;
pub(super) use runners::archive;
pub(super) use sql::destroys;
pub(in crate::policy) use throwaway::is_local_cluster;

use std::borrow::Cow;

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read, single, spec};
use super::super::state::{State, Stream};
use super::super::value::{Origin, Text};
use super::Program;
use super::sieve::hash;
use crate::policy::effects::Kind;
use crate::policy::inspect::{signed, variables};
use crate::policy::lists::is;
use crate::policy::places::{Place, glob};

/// What a program's call must be like, and what it then does.
pub(super) struct Entry {
    /// The subcommands: each word may be a glob, alternatives stand between bars, `**` stands for up to [`MAX_BETWEEN`]
    /// words, a dot at the end for the end of the words.
    path: &'static str,
    /// Flags of which one must be there; none is no condition. `name=value` asks for a value too, `~glob` for any word or value.
    with: &'static [&'static str],
    /// Flags of which none may be there, besides those that make any call harmless.
    without: &'static [&'static str],
    kind: Kind,
    /// Whether what it gives is a token that is made to be handed on, so that only showing it matters.
    token: bool,
}

/// A program: its names, its options, its entries. Where it acts, and so what of it may be lost, stands in `throwaway::scope`;
/// what a table cannot tell of it, in a function of its area that ends in [`table`].
pub(super) struct Tool {
    names: &'static [&'static str],
    spec: Spec,
    entries: &'static [Entry],
}

/// What asks for a variable by which a service protects less.
const UNGUARDED: &[&str] = &["@unguarded"];

/// An entry without conditions on flags.
const fn on(path: &'static str, kind: Kind) -> Entry {
    Entry { path, with: &[], without: &[], kind, token: false }
}

/// An entry that asks for one of these flags.
const fn with(path: &'static str, with: &'static [&'static str], kind: Kind) -> Entry {
    Entry { path, with, without: &[], kind, token: false }
}

/// An entry that one of these flags makes harmless.
const fn unless(path: &'static str, without: &'static [&'static str], kind: Kind) -> Entry {
    Entry { path, with: &[], without, kind, token: false }
}

/// An entry for a token by which a program lets others in for a while.
const fn token(path: &'static str) -> Entry {
    Entry { path, with: &[], without: &[], kind: Kind::SecretRead, token: true }
}

/// What one of the entries behind it would take for something that it is not.
const fn pass(path: &'static str) -> Entry {
    on(path, Kind::Unknown)
}

/// The most words that `**` stands for.
const MAX_BETWEEN: usize = 6;

/// Flags with which a program shows what it would do, or how it is used.
const HARMLESS: &str = "help|version|dry-run|dryrun|dry_run|what-if|whatif|simulate|just-print|preview|noop|no-op|generate-cli-skeleton|\
    validate-only|snapshot|list-hosts|syntax-check|pretend";

pub(super) fn program(name: &str) -> Option<Program> {
    let families: [fn(&str) -> Option<Program>; 14] = [
        queues::program,
        daemons::program,
        runners::program,
        boards::program,
        directories::program,
        fleets::program,
        clients::program,
        stores::program,
        clusters::program,
        vaults::program,
        machine::program,
        processes::program,
        forges::program,
        backups::program,
    ];
    if let Some(program) = families.iter().find_map(|family| family(name)) {
        return Some(program);
    }
    find(name).map(|_| table as Program)
}

/// The tables, an area each. A program stands in one of them.
static AREAS: [&[Tool]; 16] = [
    applications::TOOLS,
    daemons::TOOLS,
    queues::TOOLS,
    backups::TOOLS,
    cloud::TOOLS,
    platforms::TOOLS,
    clusters::TOOLS,
    vaults::TOOLS,
    forges::TOOLS,
    packages::TOOLS,
    data::TOOLS,
    machine::TOOLS,
    boards::TOOLS,
    money::TOOLS,
    directories::TOOLS,
    fleets::TOOLS,
];

fn find(name: &str) -> Option<&'static Tool> {
    let name = plain(name);
    let mut slot = hash(name.as_bytes()) as usize % SLOTS;
    while let Some(place) = usize::from(INDEX[slot]).checked_sub(1) {
        let tool = &AREAS[place / IN_AREA][place % IN_AREA];
        if tool.names.contains(&name) {
            return Some(tool);
        }
        slot = (slot + 1) % SLOTS;
    }
    None
}

/// More than an area has tools.
const IN_AREA: usize = 256;
/// Some times as many as there are names.
const SLOTS: usize = 4096;

/// Where tools stand: of each of its names in the slot of the name's hash, or the next free one behind it, its area and place there, and one
/// more; nought is none.
static INDEX: [u16; SLOTS] = {
    let mut index = [0; SLOTS];
    let mut names = 0;
    let mut area = 0;
    while area < AREAS.len() {
        let mut place = 0;
        while place < AREAS[area].len() {
            let mut name = 0;
            while name < AREAS[area][place].names.len() {
                let mut slot = hash(AREAS[area][place].names[name].as_bytes()) as usize % SLOTS;
                while index[slot] != 0 {
                    slot = (slot + 1) % SLOTS;
                }
                index[slot] = (area * IN_AREA + place + 1) as u16;
                (name, names) = (name + 1, names + 1);
            }
            place += 1;
        }
        assert!(place <= IN_AREA, "an area has more tools than the index has places for");
        area += 1;
    }
    assert!(names < SLOTS / 2, "the index is too full");
    index
};

/// The name without the ending that Kafka's own scripts have, as they are in their archive.
fn plain(name: &str) -> &str {
    name.strip_suffix(".sh").filter(|name| name.starts_with("kafka-")).unwrap_or(name)
}

/// Whether a program is one of those that publish what was built.
fn is_publisher(name: &str) -> bool {
    packages::TOOLS.iter().any(|tool| tool.names.contains(&name))
}

/// Whether a call only shows something.
fn is_harmless(options: &Options) -> bool {
    options.flags.iter().any(|flag| {
        // `--version 1.0` is of something else, `--dry-run=none` is none.
        let valued = flag
            .value
            .as_ref()
            .is_some_and(|value| flag.name == "version" || matches!(value.shown().as_str(), "none" | "false"));
        is(&flag.name, HARMLESS) && !valued
    })
}

/// Programs, and their words, by which somebody is written to or called.
const MESSENGERS: &[(&str, &str)] = &[
    ("twilio", "api:core:messages:create"),
    ("twilio", "api:core:calls:create"),
    ("twilio", "api:*:messages:create"),
    ("aws", "sns publish"),
    ("aws", "ses|sesv2 send-*"),
    ("aws", "pinpoint* send-*"),
    ("az", "communication sms|email send"),
];

/// Programs, and their words, that write all whom a service knows to the file that the last word names.
const EXPORTS: &[(&str, &str)] = &[("firebase", "auth:export *")];

/// Whether a call writes to somebody.
fn writes_to_somebody(name: &str, words: &[String]) -> bool {
    MESSENGERS.iter().any(|(program, path)| *program == name && fits(path, words).is_some())
}

/// What the table says of a call.
pub(super) fn table(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some(tool) = find(&call.name) else { return };
    let options = read(&with_files(machine, state, &call.args), &tool.spec);
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    if is_harmless(&options) || words.iter().any(|word| word == "help") && words.len() <= 2 {
        return;
    }
    let name = plain(&call.name);
    if packages::takes_unchecked(state, name) {
        machine.act(Kind::PackageUntrusted, name);
    }
    if EXPORTS.iter().any(|(program, path)| *program == name && fits(path, &words).is_some()) {
        machine.puts(state, options.operands.last(), Text::hole(Origin::DUMPED));
    }
    if machine.many && writes_to_somebody(name, &words) && call.args.iter().any(|arg| arg.origin().is_some()) {
        machine.act(Kind::NetMailing, name);
    }
    if apply(machine, state, name, tool, &options, &words) {
        return;
    }
    throwaway::makes(state, name, &options, &words);
    throwaway::brings_up_again(machine, name, &options, &words);
    super::merged::asks(state, name, &words);
    throwaway::chooses_registry(state, &words);
    production::chooses(state, name, &options, &words);
    let input = machine.input(state, 0).origin().unwrap_or_default();
    let leftovers = words.iter().any(|word| word == "list") && lists_leftovers(&options);
    machine.emit(state, 1, Text::hole(Origin { trial: input.trial || leftovers, ..input }));
}

/// The arguments, with what a file holds that the script wrote before in the place of its address: `--change-batch file:///tmp/batch.json`.
fn with_files<'a>(machine: &mut Machine<'_>, state: &State, args: &'a [Text]) -> Cow<'a, [Text]> {
    const SCHEME: &str = "file://";
    let mut read = Cow::Borrowed(args);
    for (at, arg) in args.iter().enumerate() {
        let Some(path) = arg.prefix().strip_prefix(SCHEME).map(Text::decoded) else { continue };
        let held = machine.read_file(state, &path);
        if !held.prefix().is_empty() {
            read.to_mut()[at] = held;
        }
    }
    read
}

/// Whether what is listed was thrown away before, or is kept of what was changed since.
fn lists_leftovers(options: &Options) -> bool {
    options
        .values(&["post_status", "post_type", "status"])
        .any(|value| is(&value.shown(), "trash|spam|revision|auto-draft"))
}

/// Does what a tool's entries say of a call; false where none fits, or where it only shows something.
fn does(machine: &mut Machine<'_>, call: &Call, state: &mut State, tool: &Tool) -> bool {
    let options = read(&call.args, &tool.spec);
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    !is_harmless(&options) && apply(machine, state, &call.name, tool, &options, &words)
}

/// Does what the first entry says that fits; false where none does, or where it may be done. `words` are the operands.
fn apply(
    machine: &mut Machine<'_>,
    state: &mut State,
    name: &str,
    tool: &Tool,
    options: &Options,
    words: &[String],
) -> bool {
    for entry in tool.entries {
        let Some(length) = fits(entry.path, words) else { continue };
        let given = |flag: &&str| match *flag {
            "@shown" => vaults::shows_what_it_opens(machine, state),
            "@there" => production::is_there(machine, state, name, options),
            "@many" => machine.many && is_given(options, words, "@each"),
            "@production" => {
                is_given(options, words, "@production") || production::is_there(machine, state, name, options)
            }
            flag => is_given(options, words, flag),
        };
        if !entry.with.is_empty() && !entry.with.iter().any(given) || entry.without.iter().any(given) {
            continue;
        }
        if entry.kind == Kind::Unknown {
            break;
        }
        let targets = words.get(length..).unwrap_or_default();
        if throwaway::may_lose(machine, state, name, entry.kind, options, targets) {
            break;
        }
        if entry.kind != Kind::SecretRead {
            machine.act(entry.kind, targets.join(" "));
            return true;
        }
        if machine.named {
            machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
            return true;
        }
        let handed_on = state.shell.streams.iter().any(|(fd, stream)| *fd == 1 && *stream == Stream::Out);
        if !entry.token || !handed_on {
            machine.note(Kind::SecretRead, targets.join(" "), Place::Unknown, false, Origin::SECRET);
        }
        machine.emit(state, 1, Text::hole(Origin::SECRET));
        return true;
    }
    false
}

/// How many words a path takes; `None` where it is not these.
fn fits(path: &str, words: &[String]) -> Option<usize> {
    let (part, rest) = path.split_once(' ').unwrap_or((path, ""));
    if part.is_empty() {
        return Some(0);
    }
    if part == "." {
        return words.is_empty().then_some(0);
    }
    if part == "**" {
        let most = words.len().min(MAX_BETWEEN);
        return (0..=most).find_map(|between| Some(between + fits(rest, &words[between..])?));
    }
    let (word, behind) = words.split_first()?;
    let is_this = part.split('|').any(|one| glob(one, word));
    is_this.then(|| fits(rest, behind)).flatten().map(|length| 1 + length)
}

/// Whether a flag was given; `name=value` asks for the value, which may be a glob, `~glob` for any word or value in whatever
/// case. A word counts as well as a flag. `@production` asks for a word or value that speaks of production, `@guardian` for one of what
/// watches over agents or the machine, `@queried` for one that comes out of a database, `@own` for words by which an approval is one of own work, `@unguarded` for a variable by which a service protects less, `@each` for one that nobody wrote, but a list gave; and of the machine `@shown` asks whether what
/// it opens in an editor is shown, `@there` whether it acts in production, and so does `@production`, `@many` whether it is done to each of those in a list.
pub(super) fn is_given(options: &Options, words: &[String], flag: &str) -> bool {
    let mut texts = options.flags.iter().filter_map(|flag| flag.value.as_ref()).chain(&options.operands);
    match flag {
        "@production" => return texts.any(production::speaks),
        "@guardian" => return texts.any(|text| machine::is_guardian(&text.shown())),
        "@each" => return options.operands.iter().filter_map(Text::origin).any(|origin| !origin.trial),
        "@own" => return texts.any(|text| signed::tells_own(&text.shown())),
        "@unguarded" => return variables::are_told(&texts.map(Text::shown).collect::<Vec<_>>()),
        "@queried" => return texts.filter_map(Text::origin).any(|origin| origin.queried),
        _ => {}
    }
    if let Some(wanted) = flag.strip_prefix('~') {
        let mut values = options.flags.iter().filter_map(|flag| flag.value.as_ref());
        return values.any(|value| glob(wanted, &value.shown().to_ascii_lowercase()))
            || words.iter().any(|word| glob(wanted, &word.to_ascii_lowercase()));
    }
    match flag.split_once('=') {
        Some((name, wanted)) => options.values(&[name]).any(|value| glob(wanted, &value.shown())),
        None => options.has(&[flag]) || words.iter().any(|word| word == flag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_stands_in_one_table() {
        let mut names: Vec<&str> = AREAS.into_iter().flatten().flat_map(|tool| tool.names).copied().collect();
        names.sort_unstable();
        let twice: Vec<&str> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        assert_eq!(twice, Vec::<&str>::new());
        assert!(names.iter().all(|name| find(name).is_some_and(|tool| tool.names.contains(name))));
    }
}

//! Commands that a passage orders to run, in backticks, behind *run* or on lines of their own: what they would do is judged as a
//! command's, not their words.

use super::orders::{folded, laid_out};
use super::reading::Reading;
use super::sentence::{FORBIDS, Sentence, forbids, says, sentences};
use super::{signs, tasks};
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::NoFacts;
use crate::policy::lists::is;
use crate::policy::places::Place;
use crate::policy::shell;
use crate::policy::spans;

/// Most commands of a passage that are judged, and the longest, in bytes.
const MAX_COMMANDS: usize = 24;
const LONGEST: usize = 400;

/// Words behind which a command stands.
const RUNS: &str = "run|execute|do|invoke|issue|start|type|paste|perform|use|launch|ejecuta|ejecute|ex\u{e9}cute|ex\u{e9}cutez|esegui|esegua|\
    f\u{fc}hre|starte";

/// How grave the gravest of the commands is that a passage orders.
pub(super) fn weight(passage: &str, read: &mut Reading) -> u8 {
    let mut gravest = 0;
    for command in ordered(passage).take(MAX_COMMANDS) {
        let command = spans::start(&command, LONGEST);
        let weigh = |command: &str| {
            let effects = shell::analyse_in(command, None, &NoFacts).effects;
            effects.iter().map(of_effect).max().unwrap_or_default()
        };
        gravest = gravest.max(read.command(command, weigh));
        if gravest == signs::FOUL {
            break;
        }
    }
    gravest
}

/// How grave an effect is, of whoever's command it is.
fn of_effect(effect: &Effect) -> u8 {
    let whole = effect.recursive || effect.kind == Kind::FileLoss;
    match effect.kind {
        Kind::NetShell | Kind::DiskWipe | Kind::ProcessBomb | Kind::SelfTamper => signs::FOUL,
        Kind::DataSend if effect.origin.secret => signs::FOUL,
        Kind::FileDelete | Kind::FileLoss | Kind::FileMove | Kind::FilePermission | Kind::FileOwner if whole => {
            match effect.place {
                Place::Home => signs::FOUL,
                Place::System if effect.target == "/" => signs::FOUL,
                Place::System | Place::HomeTree | Place::SystemInside => signs::GRAVE,
                _ => 0,
            }
        }
        Kind::CodeFetched
        | Kind::CodeDecoded
        | Kind::SafetyDisable
        | Kind::AgentUnchecked
        | Kind::GitMetadata
        | Kind::CloudAccess
        | Kind::CloudDestroy
        | Kind::ClusterDestroy
        | Kind::DatabaseDestroy
        | Kind::DatabaseOpen
        | Kind::StorageDestroy
        | Kind::ForgeDestroy
        | Kind::ContainerEscape => signs::GRAVE,
        Kind::GitForcePush
        | Kind::SecretRead
        | Kind::SecretWrite
        | Kind::SecretHunt
        | Kind::SystemStartup
        | Kind::SystemPower
        | Kind::SystemChange
        | Kind::NetExpose
        | Kind::DataSend
        | Kind::GitBypass
        | Kind::GitDeleteRemote
        | Kind::GitRecovery
        | Kind::ContainerDestroy
        | Kind::PackagePublish
        | Kind::PackageUntrusted
        | Kind::PackageRemove
        | Kind::PrivilegeGain => signs::RISKY,
        _ => 0,
    }
}

/// The commands that a passage orders, as far as they can be told from its words.
fn ordered(passage: &str) -> impl Iterator<Item = String> {
    let mut found: Vec<String> = Vec::new();
    for line in allowed(passage).filter(|line| !tasks::is_throwaway(line)) {
        of_line(line, &mut found);
    }
    let whole = laid_out(passage);
    for sentence in sentences(&whole).filter(|sentence| !tasks::is_throwaway(sentence)) {
        behind_verbs(sentence, &mut found);
    }
    found.into_iter()
}

/// The lines of a passage without what is listed under a word that forbids.
pub(super) fn allowed(passage: &str) -> impl Iterator<Item = &str> {
    let mut forbidden = false;
    passage.lines().filter(|line| !line.trim().is_empty()).filter(move |line| {
        let is_item = line.trim_start().starts_with(|char: char| "-*\u{2022}".contains(char) || char.is_ascii_digit());
        let was = forbidden && is_item;
        forbidden = was || line.trim_end().ends_with(':') && says(&folded(line), FORBIDS);
        !was
    })
}

/// What of a line is a command: the whole of it without its marks, or what stands behind a colon.
fn of_line(line: &str, found: &mut Vec<String>) {
    let plain = line.trim_start_matches(|char: char| {
        char.is_ascii_digit() || char.is_whitespace() || "$.)>#*-+|`'\"".contains(char)
    });
    let begins =
        |text: &str| text.starts_with(|char: char| char.is_ascii_lowercase() || char == '/') && text.contains(' ');
    if begins(plain) {
        found.push(plain.trim_end_matches('`').to_owned());
    }
    if let Some((before, behind)) = plain.split_once(": ")
        && begins(behind.trim_start_matches('`'))
        && !forbids(&folded(before))
    {
        found.push(behind.trim_matches('`').to_owned());
    }
}

/// What stands behind *run* in a sentence, and in its backticks.
fn behind_verbs(sentence: &str, found: &mut Vec<String>) {
    let lower = sentence.to_ascii_lowercase();
    if lower.trim_end().ends_with('?') {
        return;
    }
    let order = Sentence::of(&lower);
    for at in order.ordered(RUNS) {
        let verb = order.words()[at];
        let end = verb.as_ptr() as usize - lower.as_ptr() as usize + verb.len();
        let behind = sentence[end..].trim_start_matches([' ', ':', '\'', '"']);
        found.push(behind.strip_prefix('`').and_then(|code| code.split('`').next()).unwrap_or(behind).to_owned());
    }
    if order.openings().first() == Some(&0)
        && !is(order.words()[0], FORBIDS)
        && !sentence.contains('`')
        && sentence.starts_with(|char: char| char.is_ascii_lowercase())
    {
        found.push(sentence.to_owned());
    }
    // Between backticks stand commands where nothing before them forbids, and the sentence tells no other about them.
    let mut before = 0;
    for (at, part) in sentence.split('`').enumerate() {
        let told = &lower[..before.min(lower.len())];
        if at % 2 == 1 && part.contains(' ') && !says(told, FORBIDS) && !says(told, "explains|blocks|detects|describes")
        {
            found.push(part.to_owned());
        }
        before += part.len() + 1;
    }
    // *Delete the history (rm -rf .git)*.
    let bracketed =
        sentence.split('(').skip(1).filter_map(|part| part.split(')').next()).filter(|part| part.contains(' '));
    if !is(order.words().first().copied().unwrap_or_default(), "see|cf") && !order.forbids() {
        found.extend(bracketed.map(str::to_owned));
    }
}

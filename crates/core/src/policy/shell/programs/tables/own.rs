//! A company's own tools, of which nobody told: known by their words alone. What acts in production is asked about where it is told to ask
//! nobody, where it begins from nothing, or by a verb behind which something is gone, sent, paid or decided.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::Text;
use super::HARMLESS;
use super::production::{is_meant, is_rehearsal, speaks};
use super::throwaway::{is_trial, words};
use crate::policy::inspect::call::PRODUCTION;
use crate::policy::lists::{holds, is};

/// Most arguments that are looked at, and most words among them that say what is done.
const MOST: usize = 64;
const VERBS: usize = 4;

/// Verbs that only look, and those with which something is made on this machine.
const LOOKS: &str = "list|ls|show|get|describe|desc|status|logs|tail|view|inspect|diff|plan|validate|check|verify|lint|search|query|find|stats|top|\
    ping|whoami|login|logout|auth|version|help|doctor|info|explain|simulate|preview|estimate|cat|history|healthcheck|health|watch|monitor|trace|\
    metrics|print|pull|fetch|download|compare|count|test|tests|scan|analyze|analyse|report|docs|notes|changelog|completion";
const BUILDS: &str =
    "build|serve|dev|compile|bundle|typecheck|generate|codegen|install|ci|start|minify|prerender|package|pack|render";

/// Verbs behind which something is gone, sent, paid or decided.
const GRAVE: &str = "release|resubmit|replay|reprocess|requeue|wipe|bulk|mass|purge|delete|destroy|remove|drop|truncate|erase|reset|zero|void|cancel|\
    refund|payout|payouts|charge|settle|transfer|withdraw|liquidate|terminate|suspend|ban|deactivate|disable|revoke|unlock|disarm|override|approve|\
    reject|expire|evict|failover|cutover|shutdown|broadcast|notify|blast|rollback|restore|rebuild|backfill|recalculate|overwrite|impersonate|grant|\
    kill|nuke|deploy|rollout|promote|submit|adjust|reverse|reissue|writeoff|freeze|deprovision|offboard|decommission|anonymize|merge";

/// What is made anew all the time.
const TIDIES: &str = "cache|caches|assets|tmp|log|views|route|routes|session|sessions|cdn";

/// Flags by which nobody is asked, and those by which what is there is made again from nothing.
const UNASKED: &str = "y|yes|force|confirm|confirmed|no-confirm|noconfirm|no-confirmation|skip-confirm|skip-confirmation|auto-approve|auto-confirm|\
    assume-yes|no-prompt|no-prompts|no-input|yes-really|really|i-am-sure|im-sure|i-know-what-i-am-doing|override|approver-override|skip-approval|\
    skip-checks|ignore-safety|unattended|no-ask";
const FROM_NOTHING: &str = "full-refresh|full-rebuild|from-scratch|full-reload|reset-state|drop-existing|truncate-first|overwrite-all|purge-first";

/// Flags that take no value, so that a word behind them is none.
const SWITCHES: &str = "v|verbose|q|quiet|debug|json|no-color|all|a|i|wait|prod|production|live|f|r|rf";

/// Flags whose value names no place: how a thing is built, where it is written, what is said about it.
const NO_PLACE: &str = "mode|output|out|outdir|o|format|file|message|m|branch|tag|label|title|filter|define|only|omit|include|exclude|grep|\
    configuration|c|build-type|base|path|dir|directory|log-file|node-env|dist|flavor|variant|name|config|release";

/// Things that hold much, those of them that nobody has on his own machine, and verbs by which one is gone with all that is in it.
const HELD: &str = "project|projects|dataset|datasets|bucket|buckets|workspace|workspaces|tenant|tenants|run|runs|study|studies|biosample|\
    biosamples|collection|collections|repository|repositories|experiment|experiments|volume|volumes|archive|archives|library|libraries";
const MUCH: &str = "tenant|tenants|workspace|workspaces|bucket|buckets|dataset|datasets|projectdata|study|studies";
const DELETES: &str = "delete|rm|destroy|remove|purge|del";

/// What people have at a service, one record each: of one it is work to take it away, of all that a list gives it is not.
const RECORDS: &str = "user|users|account|accounts|contact|contacts|customer|customers|patient|patients|student|students|member|members|\
    subscriber|subscribers|donor|donors|employee|employees|mailbox|mailboxes|order|orders|invoice|invoices|booking|bookings|ticket|tickets|\
    record|records|document|documents|page|pages|post|posts|product|products|site|sites|course|courses|enrolment|enrolments|channel|channels|\
    room|rooms|device|devices|photo|photos|album|albums|asset|assets|person|people|lead|leads|deal|deals|loan|loans|sample|samples|\
    specimen|message|messages|mail|mails|email|emails|item|items|note|notes|event|events|entry|entries";

/// What is said of a call: its verbs and nouns, and its flags.
struct Told {
    words: Vec<String>,
    flags: Vec<String>,
    live: bool,
}

impl Told {
    fn of(args: &[Text]) -> Self {
        let mut told = Self { words: Vec::new(), flags: Vec::new(), live: false };
        let mut open: Option<String> = None;
        for arg in args.iter().take(MOST) {
            let shown = arg.shown();
            if let Some(flag) = shown.strip_prefix('-') {
                let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
                let name = name.trim_start_matches('-').to_ascii_lowercase();
                told.live |=
                    is(&name, PRODUCTION) || !value.is_empty() && !is(&name, NO_PLACE) && names_place(arg, value);
                open = (value.is_empty() && !is(&name, SWITCHES) && !is(&name, UNASKED) && !is(&name, FROM_NOTHING))
                    .then(|| name.clone());
                if !matches!(value, "false" | "none" | "0") {
                    told.flags.push(name);
                }
                continue;
            }
            match open.take() {
                Some(flag) => told.live |= !is(&flag, NO_PLACE) && names_place(arg, &shown),
                None if told.words.len() < VERBS => {
                    told.live |= !shown.contains(['/', '.']) && names_place(arg, &shown);
                    told.words.push(shown);
                }
                None => {}
            }
        }
        told
    }

    fn has_flag(&self, list: &str) -> bool {
        self.flags.iter().any(|flag| is(flag, list))
    }

    /// Whether one of the words, or a part of one, is of a list: `bulk-update`.
    fn says(&self, list: &str) -> bool {
        self.words.iter().any(|word| words(word).any(|part| is(&part, list)))
    }

    fn only_looks(&self) -> bool {
        // A version is most often the one that something is done with.
        let tries =
            |flag: &String| flag != "version" && is(flag, HARMLESS) || is(flag, "plan|diff|check|list|no-execute");
        self.flags.iter().any(tries) || self.says(LOOKS)
    }

    /// Whether nobody is to be asked before something is done that is not made here.
    fn is_unasked(&self) -> bool {
        let is_verb = |word: &String| word.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_:".contains(&byte));
        self.has_flag(UNASKED) && self.words.first().is_some_and(|first| is_verb(first) && !is(first, BUILDS))
    }
}

/// Whether a value names a place that is production's: no sentence, and nothing that says it is tried.
fn names_place(arg: &Text, value: &str) -> bool {
    !value.contains(' ') && speaks(arg) && !is_rehearsal(value)
}

/// Whether a program of which nobody told acts on what everybody has.
pub(in super::super) fn acts(machine: &Machine<'_>, state: &State, args: &[Text]) -> bool {
    if args.is_empty() {
        return false;
    }
    let told = Told::of(args);
    if told.words.is_empty() || told.only_looks() {
        return false;
    }
    let grave = told.says(GRAVE) && !told.says(TIDIES) || told.has_flag(FROM_NOTHING);
    let in_production = (told.is_unasked() || grave) && (told.live || is_meant(machine, state));
    in_production || takes_away(&told, machine.many, args)
}

/// Whether a goal of a project is told to ask nobody, by variables that are set for it, and acts in production by another:
/// `migrate ENV=prod FORCE=1`.
pub(in super::super) fn is_forced(goal: &str, given: &[Text]) -> bool {
    const TIDY: &str = "clean|format|fmt";
    let says = |list: &str| words(goal).any(|word| is(&word, list));
    if [LOOKS, BUILDS, TIDIES, TIDY].into_iter().any(says) {
        return false;
    }
    let shown: Vec<String> = given.iter().take(MOST).map(Text::shown).collect();
    let pairs = || shown.iter().filter_map(|arg| arg.split_once('='));
    let forces = pairs().any(|(name, value)| {
        let name = name.trim_start_matches('-').to_ascii_lowercase().replace('_', "-");
        is(&name, UNASKED) && is(&value.to_ascii_lowercase(), "1|y|yes|true|on")
    });
    forces && pairs().any(|(_, value)| names_place(&Text::known(value), value))
}

/// Whether a tool of somebody's own gives out all secrets that it keeps, by its name and what it is told.
pub(in super::super) fn gives_secrets(name: &str, args: &[Text]) -> bool {
    const KEEPERS: &str = "secret|vault|credential|creds|passw|keystore";
    const GIVES: &str = "export|dump|download|backup|printenv|print-env";
    let told = Told::of(args);
    let keeps = || {
        holds(&name.to_ascii_lowercase(), KEEPERS)
            || told.words.iter().take(2).any(|word| is(word, "secret|secrets|credentials|vault|passwords"))
    };
    (told.words.iter().any(|word| is(word, GIVES))
        || told.has_flag("all|export") && told.words.iter().any(|word| is(word, "get|list|show|read")))
        && keeps()
}

/// Whether a call takes away what holds much at some service, each of many such things, or a folder there with all that is in it.
fn takes_away(told: &Told, many: bool, args: &[Text]) -> bool {
    if told.words.iter().any(|word| is_trial(word)) {
        return false;
    }
    // `users:delete`, `Contact.delete`
    let deletes_each = || told.says(DELETES) && told.says(RECORDS) && !told.says(TIDIES) && !args.iter().any(is_tried);
    if many && deletes_each() && args.iter().filter_map(Text::origin).any(|origin| !origin.trial) {
        return true;
    }
    if !told.words.iter().take(2).any(|word| is(word, DELETES)) {
        return false;
    }
    let named = |list: &str| told.words.len() > 1 && told.words.iter().any(|word| is(word, list));
    let each = || many && named(HELD) && args.iter().any(|arg| arg.origin().is_some());
    let is_there =
        |word: &String| word.split_once(':').is_some_and(|(place, path)| place.len() > 1 && path.contains('/'));
    let whole = || told.has_flag("r|rf|fr|recursive|a|all") && told.words.iter().any(is_there);
    named(MUCH) || each() || whole()
}

/// Whether an argument says that all this is tried, on this machine or in a place for it.
fn is_tried(arg: &Text) -> bool {
    let shown = arg.shown();
    is_rehearsal(&shown) || holds(&shown, "localhost|127.0.0.1")
}

#[cfg(test)]
mod tests {
    use super::super::super::super::analyse;
    use crate::policy::effects::Kind;
    use crate::policy::facts::NoFacts;

    #[test]
    fn a_tool_that_nobody_told_of_is_known_by_its_words() {
        for (command, expected) in [
            ("wirectl payments release --batch 7 --env live", true),
            ("stockctl --site nord-prod items set --yes", true),
            ("stockctl --site nord-prod items set", false),
            ("stockctl --site nord-prod items list --yes", false),
            ("stockctl --site nord-test items wipe --yes", false),
            ("stockctl --site nord-prod items wipe --dry-run", false),
            ("bundler-x build --env production --force", false),
            ("filer rm -r study-7:/raw/", true),
            ("filer rm -r ./raw", false),
            ("for id in $(desk contacts list); do desk contacts delete $id; done", true),
            ("for id in $(desk contacts list); do desk contacts show $id; done", false),
            ("for id in $(desk contacts list); do desk --url http://localhost:8000 contacts delete $id; done", false),
            ("desk contacts delete 17", false),
        ] {
            let found = analyse(command, &NoFacts).effects;
            assert_eq!(found.iter().any(|effect| effect.kind == Kind::ServiceChange), expected, "{command}");
        }
    }
}

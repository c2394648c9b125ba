//! What everybody has: names that speak of production, and the goals and scripts of a project that bring something there.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::throwaway::{self, words};
use crate::policy::inspect::lists::{is, is_any_case};

/// Whether a name speaks of what everybody has.
pub(in super::super) fn is_production(name: &str) -> bool {
    let mut speaks = false;
    for word in words(name) {
        match word.as_str() {
            "prod" | "production" | "prd" | "live" => speaks = true,
            "non" | "pre" | "not" => return false,
            _ => {}
        }
    }
    speaks
}

/// Whether a name speaks of a place where things are tried before everybody has them.
pub(in crate::policy::shell) fn is_rehearsal(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "dev",
        "develop",
        "development",
        "staging",
        "stage",
        "stg",
        "preprod",
        "nonprod",
        "preview",
        "uat",
        "qa",
        "demo",
        "local",
        "lab",
        "loadtest",
        "perf",
        "paper",
        "practice",
        "fxpractice",
        "testnet",
        "sepolia",
        "devnet",
        "httpbin",
        "postman",
        "reqres",
        "jsonplaceholder",
        "petstore",
    ];
    throwaway::is_trial(name) || !is_production(name) && words(name).any(|word| WORDS.contains(&word.as_str()))
}

/// What the name of a variable tells of what it holds. Every variable that is not known is asked, so nothing is made for it.
pub(in crate::policy::shell) fn of_variable(name: &str) -> Origin {
    const TRIAL: &str = "test|tests|testing|sandbox|staging|stage|stg|dev|development|local|demo|qa|uat|preview|paper|testnet|ci|e2e|mock";
    let has = |list: &str| {
        name.split('_').any(|word| is_any_case(word.trim_end_matches(|char: char| char.is_ascii_digit()), list))
    };
    let live = has("prod|production|prd|live") && !has("non|pre|not");
    Origin { live, trial: !live && has(TRIAL), ..Origin::UNKNOWN }
}

/// Whether a text is production's: by what it says, or by the names of the variables that it is made of.
pub(in super::super) fn speaks(text: &Text) -> bool {
    text.origin().is_some_and(|origin| origin.live) || is_production(&text.shown())
}

/// Whether what runs now does so in production: it was brought there, or the environment of an application says so.
pub(in super::super) fn is_meant(machine: &Machine<'_>, state: &State) -> bool {
    const NAMED: &[&str] = &[
        "RAILS_ENV",
        "RACK_ENV",
        "DJANGO_ENV",
        "DJANGO_SETTINGS_MODULE",
        "APP_ENV",
        "MIX_ENV",
        "FLASK_ENV",
        "HANAMI_ENV",
        "DATABASE_URL",
        "DB_URL",
        "DB_HOST",
        "PGHOST",
        "MONGO_URL",
        "MONGODB_URI",
    ];
    let set =
        |name: &&str| state.variable(name).and_then(|variable| variable.values.as_ref()?.first()).is_some_and(speaks);
    machine.live || NAMED.iter().any(set)
}

/// Whether a goal or a script of a project brings something to production, by its name and what it is given.
pub(in super::super) fn deploys(name: &str, given: &[Text]) -> bool {
    const DEPLOYS: &[&str] = &["deploy", "release", "rollout", "promote", "ship"];
    // What is told of it, or tried.
    const BESIDES: &[&str] =
        &["notes", "changelog", "preview", "docs", "check", "status", "plan", "diff", "log", "logs", "test", "dry"];
    let named: Vec<String> = words(name).collect();
    let has = |list: &[&str]| named.iter().any(|word| list.contains(&word.as_str()));
    let shown: Vec<String> = given.iter().map(Text::shown).collect();
    has(DEPLOYS)
        && !has(BESIDES)
        && (is_production(name) || shown.iter().any(|word| is_production(word)))
        && !only_shows(given)
}

/// Whether a task's name says that it writes to people, moves money or takes something away.
pub(in super::super) fn is_weighty(task: &str) -> bool {
    const WEIGHTY: &str = "send|mail|email|emails|newsletter|notify|broadcast|charge|bill|payout|payouts|refund|delete|purge|wipe|seed|anonymize|\
        destroy|remove|createsuperuser|changepassword|disable|reset|truncate";
    const BESIDES: &str = "cache|assets|tmp|log|logs|views|config|route|routes|sessions|test|preview|dry|status";
    let words: Vec<&str> = task.split([':', '-', '_', '.']).collect();
    let has = |list: &str| words.iter().any(|word| is(word, list));
    has(WEIGHTY) && !has(BESIDES)
}

/// Whether a script of a project does such a thing in production, by its name and what it is given.
pub(in super::super) fn changes(name: &str, given: &[Text]) -> bool {
    is_weighty(name) && given.iter().any(speaks) && !only_shows(given)
}

/// Whether what is given to a script has it tell what it would do.
fn only_shows(given: &[Text]) -> bool {
    const SHOWS: &[&str] = &[
        "-n",
        "--dry-run",
        "--dryrun",
        "--help",
        "-h",
        "--check",
        "--plan",
        "--diff",
        "plan",
        "diff",
        "check",
        "status",
    ];
    given.iter().any(|word| SHOWS.contains(&word.shown().as_str()))
}

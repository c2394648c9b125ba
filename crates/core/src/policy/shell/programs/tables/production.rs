//! What everybody has: names that speak of production, and the goals and scripts of a project that bring something there.

use super::super::super::value::Text;
use super::throwaway::words;

/// Whether a name speaks of what everybody has.
pub(in super::super) fn is_production(name: &str) -> bool {
    words(name).any(|word| matches!(word.as_str(), "prod" | "production" | "prd" | "live"))
}

/// Whether a goal or a script of a project brings something to production, by its name and what it is given.
pub(in super::super) fn deploys(name: &str, given: &[Text]) -> bool {
    const DEPLOYS: &[&str] = &["deploy", "release", "rollout", "promote", "ship"];
    // What is told of it, or tried.
    const BESIDES: &[&str] =
        &["notes", "changelog", "preview", "docs", "check", "status", "plan", "diff", "log", "logs", "test", "dry"];
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
    let named: Vec<String> = words(name).collect();
    let has = |list: &[&str]| named.iter().any(|word| list.contains(&word.as_str()));
    let shown: Vec<String> = given.iter().map(Text::shown).collect();
    has(DEPLOYS)
        && !has(BESIDES)
        && (is_production(name) || shown.iter().any(|word| is_production(word)))
        && !shown.iter().any(|word| SHOWS.contains(&word.as_str()))
}

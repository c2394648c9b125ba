//! What is written: credentials that end up in a file, and code and settings that do what nobody would want done unseen.

use super::lists::holds;
use super::source::{is_prose, is_test, without_tests};
use super::{
    backdoors, builds, code, contracts, cookies, disclosed, ignored, leaks, loaders, logged, loosened, migrations,
    origins, playbooks, protections, removed, scanners, servers, sources, told, trust, unchecked,
};
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::hosts;
use crate::policy::places;
use crate::policy::secrets::{Secrecy, secrecy};
use crate::redact::{self, Secret};
use crate::unseen;

/// The most of a text that is looked at, in bytes.
pub(super) const MAX_TEXT: usize = 256 << 10;

/// The longest path of a file, in bytes.
const MAX_PATH: usize = 4096;

/// The effects of writing a text, in the place of another one where that is known. A file that is made for credentials may hold one.
pub(super) fn written(text: &str, before: Option<&str>, path: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects = put_in(text, before, path, tool, facts);
    effects.extend(weakened(text, before, path, tool, facts));
    effects
}

/// [`written`], but for what [`weakened`] tells.
pub(super) fn put_in(text: &str, before: Option<&str>, path: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    written_by(text, before, path, tool, facts, false)
}

/// [`written`], of a text that a command writes: what it then runs of it is told elsewhere.
pub(in crate::policy) fn written_by_command(text: &str, path: &str, program: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects = written_by(text, None, path, program, facts, true);
    effects.extend(weakened(text, None, path, program, facts));
    effects
}

fn written_by(
    text: &str,
    before: Option<&str>,
    path: &str,
    tool: &str,
    facts: &dyn Facts,
    followed: bool,
) -> Vec<Effect> {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    let whole = places::absolute(path, facts.directory().unwrap_or_default());
    // No system has a file whose path is longer.
    if whole.len() > MAX_PATH {
        return Vec::new();
    }
    let mut effects = code::judged(text, before, &whole, tool, facts, followed);
    let name = whole.rsplit('/').next().unwrap_or_default();
    if sources::are_open(text, before, &whole) {
        effects.push(Effect { kind: Kind::PackageUntrusted, ..Effect::on(path, places::place(&whole, facts), tool) });
    }
    if let Some(program) = sources::runs(text, before, &whole) {
        effects.push(Effect { kind: Kind::ContentCode, ..Effect::on(program, places::place(&whole, facts), tool) });
    }
    let told = || {
        let in_earnest = without_tests(text, &whole);
        logged::tells(&in_earnest, before, &whole)
            .or_else(|| migrations::emptied(text, before, &whole))
            .or_else(|| opened(&in_earnest, before, &whole).map(str::to_owned))
    };
    if let Some(what) = told() {
        effects.push(Effect { kind: Kind::ContentCode, ..Effect::on(what, places::place(&whole, facts), tool) });
    }
    if let Some(setting) = unchecked::lets_go(text, before, &whole) {
        effects.push(Effect { kind: Kind::AgentUnchecked, ..Effect::on(setting, places::place(&whole, facts), tool) });
    }
    if tells_agents(&whole, name)
        && let Some(what) = told::in_text(text).or_else(|| told::run_each_time(text, facts))
    {
        effects.push(Effect { kind: Kind::AgentOrders, ..Effect::on(what, places::place(&whole, facts), tool) });
    }
    if unseen::holds_words(text) && !before.is_some_and(unseen::holds_words) && !is_test(&whole) {
        let kind = if tells_agents(&whole, name) { Kind::AgentOrders } else { Kind::ContentCode };
        effects.push(Effect { kind, ..Effect::on("words that nobody sees", places::place(&whole, facts), tool) });
    }
    if places::is_hook(&whole) && checks(name) && is_emptied(text, before) {
        effects.push(Effect { kind: Kind::GitBypass, ..Effect::on(path, places::place(&whole, facts), tool) });
    }
    // Settings of package managers are made for credentials in a home; those of a project are everybody's.
    let shared = matches!(name, ".npmrc" | ".yarnrc.yml" | ".yarnrc" | "pip.conf" | "bunfig.toml");
    let least = if shared { Secrecy::Environment } else { Secrecy::None };
    let own_place = secrecy(&whole, facts.home()) > least;
    let told = || tells_agents(&whole, name) && disclosed::in_words(text).is_some();
    let password = || !is_prose(name) && !is_test(&whole) && gives_password(text);
    let wallet = || !is_prose(name) && !is_test(&whole) && names_wallet_key(text);
    if !own_place && (holds_key(text) || password() || told() || wallet()) {
        effects.push(Effect { kind: Kind::ContentSecret, ..Effect::on(path, places::place(&whole, facts), tool) });
    }
    effects
}

/// What protected, and does no longer when this is written.
pub(super) fn weakened(text: &str, before: Option<&str>, path: &str, tool: &str, facts: &dyn Facts) -> Option<Effect> {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    let whole = places::absolute(path, facts.directory().unwrap_or_default());
    let text = &*without_tests(text, &whole);
    let is_weaker = whole.len() <= MAX_PATH
        && (protections::is_lifted(text, before, &whole)
            || scanners::are_silenced(text, before, &whole)
            || trust::is_given_up(text, before, &whole)
            || servers::are_open(text, before, &whole)
            || origins::are_all(text, before, &whole)
            || cookies::are_bared(text, before, &whole)
            || ignored::are_kept_in(text, before, &whole)
            || removed::are_removed(text, before, &whole)
            || builds::are_bared(text, before, &whole)
            || loosened::lets_go_further(text, before, &whole)
            || playbooks::disarm(text, before, &whole)
            || contracts::are_open(text, before, &whole));
    let effect = || Effect { kind: Kind::ContentProtection, ..Effect::on(path, places::place(&whole, facts), tool) };
    is_weaker.then(effect)
}

/// What code does that nobody may want who has it: for whoever knows a word, for whoever serves its parts, for whoever wrote a page.
fn opened(text: &str, before: Option<&str>, path: &str) -> Option<&'static str> {
    match () {
        () if backdoors::are_left_open(text, before, path) => Some("lets in whoever knows a word"),
        () if loaders::are_unread(text, before, path) => Some("runs what somebody else serves"),
        () if leaks::takes_typed(text, before, path) => Some("sends away what is typed into a page"),
        () => None,
    }
}

/// Whether a hook of this name may stop something.
fn checks(name: &str) -> bool {
    name.starts_with("pre-") || matches!(name, "commit-msg" | "prepare-commit-msg" | "update" | "reference-transaction")
}

/// Whether a text leaves nothing of a hook's checks: it does nothing at all where it stood for something, or ends before them.
fn is_emptied(text: &str, before: Option<&str>) -> bool {
    let steps = |text: &str| -> Vec<String> {
        let lines = text.lines().flat_map(|line| line.split(';')).map(str::trim);
        let husky = |line: &str| line.starts_with(". ") && line.contains("husky.sh");
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("set ") && !husky(line))
            .map(str::to_owned)
            .collect()
    };
    let nothing = |step: &String| matches!(step.as_str(), "exit 0" | "exit" | "true" | ":" | "return 0");
    let now = steps(text);
    let had = before.map(steps);
    // A piece of a file says only of itself that it is empty.
    let checked = had.as_ref().is_none_or(|had| had.iter().any(|step| !nothing(step)));
    let ends = |steps: &[String]| steps.first().is_some_and(|step| step.starts_with("exit 0") || step == "exit");
    let ends_first = ends(&now) && !had.as_deref().is_some_and(ends);
    let gone = now.iter().all(nothing) && (had.is_none() || !now.is_empty() || checked_alone(before));
    // The first line of a hook stands for all that is behind it.
    let heads = before.is_some_and(|before| before.starts_with("#!"));
    checked && gone || (checked || heads) && ends_first
}

/// Whether a piece of a hook holds nothing but its checks: those that are known by their names.
fn checked_alone(before: Option<&str>) -> bool {
    const CHECKS: &[&str] = &[
        "gitleaks",
        "trufflehog",
        "detect-secrets",
        "git-secrets",
        "ggshield",
        "lint",
        "test",
        "check",
        "fmt",
        "clippy",
        "tsc",
        "audit",
        "commitlint",
        "pre-commit",
        "semgrep",
        "verify",
        "scan",
        "hookrail",
    ];
    before.is_some_and(|before| CHECKS.iter().any(|check| before.contains(check)))
}

/// Whether a file holds what agents are told each time.
fn tells_agents(path: &str, name: &str) -> bool {
    matches!(
        name,
        "CLAUDE.md"
            | "CLAUDE.local.md"
            | "AGENTS.md"
            | "GEMINI.md"
            | ".cursorrules"
            | ".windsurfrules"
            | "copilot-instructions.md"
            | "SKILL.md"
            | "MEMORY.md"
            | "AGENT.md"
            | ".clinerules"
            | ".roorules"
            | ".goosehints"
            | "CONVENTIONS.md"
    ) || [
        "/.claude/agents/",
        "/.claude/commands/",
        "/.claude/skills/",
        "/.claude/rules/",
        "/.claude/output-styles/",
        "/.cursor/rules/",
        "/.codex/prompts/",
        "/.github/instructions/",
        "/.github/prompts/",
        "/.github/agents/",
        "/.github/chatmodes/",
        "/.gemini/commands/",
        "/.windsurf/rules/",
        "/.clinerules/",
        "/.roo/rules",
        "/.kiro/steering/",
        "/.junie/guidelines",
        "/.augment/rules/",
        "/.amazonq/rules/",
        "/.continue/rules/",
        "/memories/",
    ]
    .iter()
    .any(|folder| path.contains(folder))
        || path.contains("/.claude/") && path.contains("/memory/")
}

/// Whether a text holds a credential that nothing else looks like.
pub(super) fn holds_key(text: &str) -> bool {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    redact::redact_text(text).found().iter().any(|secret| secret.has_shape())
}

/// Whether a JSON text that goes to somebody else holds a credential: one of known shape, or the password of a machine elsewhere.
pub(super) fn gives_key(json: &str) -> bool {
    let json = &json[..json.floor_char_boundary(MAX_TEXT)];
    if redact::is_clean(json) {
        return false;
    }
    if names_key_of_cloud(json) {
        return true;
    }
    let redacted = redact::redact_json(json);
    redacted.found().iter().any(|secret| secret.has_shape())
        || redacted.found().contains(&Secret::UrlPassword) && names_password_of_machine(json)
}

/// Whether a text gives a value to the name that a cloud has for the secret half of a key: nothing else is called so.
pub(super) fn names_key_of_cloud(json: &str) -> bool {
    const NAMES: &[&str] = &["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey", "secretAccessKey"];
    const LENGTH: usize = 40;
    let is_value = |text: &str| {
        let text = text.trim_start_matches(|char: char| " =:\\\"'".contains(char));
        let value =
            &text[..text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte)).count()];
        let has = |of: fn(&u8) -> bool| value.bytes().any(|byte| of(&byte));
        value.len() == LENGTH
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
            && !value.to_ascii_lowercase().contains("example")
    };
    NAMES
        .iter()
        .any(|name| json.match_indices(name).take(super::MAX_PLACES).any(|(at, _)| is_value(&json[at + name.len()..])))
}

/// Whether code names the key of a wallet, or the words it is made of. Those of the chains that run on a desk are everybody's.
fn names_wallet_key(text: &str) -> bool {
    const NAMES: &str = "accounts|privatekey|private_key|wallet(|signer|secretkey|secret_key|deployer|_pk|pk:|fromprivate|key:|key=|toaccount(|pkey";
    const OF_DESKS: &str = "ac0974be|59c6995e|5de4111a|7c852118|47e179ec|8b3a350c|92db14e4|4bbbf85c|dbda1821|2a871d07|4f3edf98|00000000|11111111|\
        deadbeef|01234567|aaaaaaaa|ffffffff";
    const LENGTH: usize = 64;
    const NEAR: usize = 64;
    text.match_indices("0x").take(super::MAX_PLACES).any(|(at, _)| {
        let digits = &text[at + 2..];
        let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
        let before = text[text.floor_char_boundary(at.saturating_sub(NEAR))..at].to_ascii_lowercase();
        let is_quoted = before.ends_with(['"', '\'', '`']);
        length == LENGTH && is_quoted && holds(&before, NAMES) && !holds(&digits[..8].to_ascii_lowercase(), OF_DESKS)
    }) || names_wallet_words(text)
}

/// Whether a text names the words of a wallet.
fn names_wallet_words(text: &str) -> bool {
    text.match_indices("nemonic").take(super::MAX_PLACES).any(|(at, _)| {
        let rest = text[at + "nemonic".len()..].trim_start_matches([' ', ':', '=', '"', '\'', '`', '(']);
        let words: Vec<&str> =
            rest.split(['"', '\'', '`', '\n']).next().unwrap_or_default().split(' ').take(25).collect();
        let is_word = |word: &&str| (3..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
        matches!(words.len(), 12 | 15 | 18 | 21 | 24)
            && words.iter().all(is_word)
            && !rest.starts_with("test test")
            && !rest.starts_with("candy maple")
    })
}

/// Whether a JSON text holds the password of a machine elsewhere, in an address.
pub(super) fn gives_password(json: &str) -> bool {
    json.contains("://") && json.contains('@') && names_password_of_machine(json)
}

/// Whether an address names a user with a password at a machine that has a name of its own: what runs beside the program in a
/// container (`db`), and this machine, do not.
fn names_password_of_machine(text: &str) -> bool {
    text.match_indices("://").take(super::MAX_PLACES).any(|(at, _)| {
        let scheme =
            text[..at].bytes().rev().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        let start = at - scheme;
        let rest = &text[at + 3..];
        let end = rest.find(|char: char| char.is_whitespace() || "\"'`<>\\".contains(char)).unwrap_or(rest.len());
        let url = &text[start..at + 3 + end];
        let host = hosts::host(url);
        url.contains('@')
            && host.contains('.')
            && !hosts::is_local(&host)
            && !["example.com", "example.org", "example.net", "host.docker.internal"]
                .iter()
                .any(|known| host.ends_with(known))
            && redact::redact_text(url).found().contains(&Secret::UrlPassword)
    })
}

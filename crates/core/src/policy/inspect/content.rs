//! What is written: credentials that end up in a file, and code and settings that do what nobody would want done unseen.

use super::source::{MAX_TEXT, Written, is_prose, is_test};
use super::{
    admission, answers, assumed, audited, backdoors, bounds, builds, ciphers, code, columns, consoles, contracts,
    cookies, copies, detached, disclosed, flows, ignored, images, interlocks, kept, leaks, loaders, logged, loosened,
    migrations, origins, payees, playbooks, powers, protections, published, queries, readings, refusals, removed,
    revived, rows, scanners, served, servers, shipped, skimmers, sources, spying, swallowed, taken, told, trust,
    unbounded, unchecked, unescaped, unmasked, variables,
};
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::hosts;
use crate::policy::lists::{holds, is, parts};
use crate::policy::places;
use crate::policy::secrets::{Secrecy, secrecy};
use crate::policy::spans;
use crate::policy::suspicion::Reading;
use crate::redact::{self, Secret};
use crate::unseen;

/// The longest path of a file, in bytes: no system has one whose path is longer.
const MAX_PATH: usize = 4096;

/// The effects of writing a text, in the place of another one where that is known. A file that is made for credentials may hold one.
pub(super) fn written(text: &str, before: Option<&str>, path: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    written_by(text, before, path, tool, facts, false)
}

/// [`written`], of a text that a command writes: what it then runs of it is told elsewhere.
pub(in crate::policy) fn written_by_command(text: &str, path: &str, program: &str, facts: &dyn Facts) -> Vec<Effect> {
    written_by(text, None, path, program, facts, true)
}

/// What a command changes in a file: this text takes the place of that one.
pub(in crate::policy) fn changed_by_command(
    text: &str,
    before: &str,
    path: &str,
    program: &str,
    facts: &dyn Facts,
) -> Vec<Effect> {
    let mut effects = written_by(text, Some(before), path, program, facts, true);
    let reading = Reading::of_edit(std::iter::once(path), "", std::iter::once((before, text)));
    effects.extend(readings::suspicious(&reading, path, places::place(path, facts), program));
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
    let Some(whole) = whole(path, facts) else { return Vec::new() };
    let written = Written::of(text, before, &whole);
    let mut effects = does(&written, path, tool, facts, followed);
    effects.extend(guards_less(&written, path, tool, facts));
    effects
}

/// [`written`], but for what [`weakened`] tells.
pub(super) fn put_in(text: &str, before: Option<&str>, path: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let effects = |whole: String| does(&Written::of(text, before, &whole), path, tool, facts, false);
    whole(path, facts).map(effects).unwrap_or_default()
}

/// What protected, and does no longer when this is written.
pub(super) fn weakened(text: &str, before: Option<&str>, path: &str, tool: &str, facts: &dyn Facts) -> Option<Effect> {
    guards_less(&Written::of(text, before, &whole(path, facts)?), path, tool, facts)
}

/// The absolute path of a file, where it may have one.
fn whole(path: &str, facts: &dyn Facts) -> Option<String> {
    Some(places::absolute(path, facts.directory().unwrap_or_default())).filter(|whole| whole.len() <= MAX_PATH)
}

/// What a text does, holds and says where it is put.
fn does(written: &Written<'_>, path: &str, tool: &str, facts: &dyn Facts, followed: bool) -> Vec<Effect> {
    let (whole, name) = (written.path, written.name());
    let effect = |kind, target: &str| Effect::on(kind, target, places::place(whole, facts), tool);
    let mut effects = code::judged(written, tool, facts, followed);
    if sources::are_open(written) {
        effects.push(effect(Kind::PackageUntrusted, path));
    }
    effects.extend(sources::runs(written).map(|program| effect(Kind::ContentCode, &program)));
    let told = logged::tells(written)
        .or_else(|| migrations::emptied(written))
        .or_else(|| opened(written, facts).map(str::to_owned));
    effects.extend(told.map(|what| effect(Kind::ContentCode, &what)));
    effects.extend(unchecked::lets_go(written).map(|setting| effect(Kind::AgentUnchecked, &setting)));
    if answers::are_yes(written) {
        effects.push(effect(Kind::AgentUnchecked, "a guard that says yes to all"));
    }
    let of_agents = tells_agents(whole);
    if of_agents {
        let what = told::in_text(written.all).or_else(|| told::run_each_time(written.all, facts));
        effects.extend(what.map(|what| effect(Kind::AgentOrders, what)));
    }
    if written.gains(unseen::holds_words) && !is_test(whole) {
        let kind = if of_agents { Kind::AgentOrders } else { Kind::ContentCode };
        effects.push(effect(kind, "words that nobody sees"));
    }
    if places::is_hook(whole) && checks(name) && is_emptied(written.all, written.before) {
        effects.push(effect(Kind::GitBypass, path));
    }
    if (!is_kept_there(whole, name, facts) || is_key_of_all(written, facts)) && tells_credential(written, of_agents) {
        effects.push(effect(Kind::ContentSecret, path));
    }
    effects
}

/// Whether a file is made for credentials: settings of package managers are in a home; those of a project are everybody's.
fn is_kept_there(path: &str, name: &str, facts: &dyn Facts) -> bool {
    let shared = is(name, ".npmrc|.yarnrc.yml|.yarnrc|pip.conf|bunfig.toml");
    let least = if shared { Secrecy::Environment } else { Secrecy::None };
    secrecy(path, facts.home()) > least
}

/// Whether a private key is written out into a project, where everybody has it who has that: whoever needs one has a program make it.
fn is_key_of_all(written: &Written<'_>, facts: &dyn Facts) -> bool {
    written.all.contains("PRIVATE KEY-----")
        && facts.directory().is_some_and(|project| Some(project) != facts.home() && written.path.starts_with(project))
        && !written.is_tried()
}

/// Whether a text holds a credential, by its shape, by what it is called in code, or in words that agents are told.
fn tells_credential(written: &Written<'_>, of_agents: bool) -> bool {
    let text = written.all;
    let in_code = || !is_prose(written.name()) && !is_test(written.path);
    holds_key(text)
        || in_code() && (gives_password(text) || names_wallet_key(text))
        || !is_test(written.path) && text.contains("://") && names_password_of_machine(text, is_strong)
        || of_agents && (gives_password(text) || disclosed::in_words(text).is_some() || kept::identifies(text))
}

/// What protected, and does no longer.
fn guards_less(written: &Written<'_>, path: &str, tool: &str, facts: &dyn Facts) -> Option<Effect> {
    let is_weaker = protections::is_lifted(written)
        || scanners::are_silenced(written)
        || trust::is_given_up(written)
        || servers::are_open(written)
        || servers::are_uncovered(written)
        || served::is_disk(written)
        || origins::are_all(written)
        || cookies::are_bared(written)
        || ignored::are_kept_in(written)
        || removed::are_removed(written)
        || builds::are_bared(written)
        || loosened::lets_go_further(written)
        || playbooks::disarm(written, facts)
        || contracts::are_open(written)
        || interlocks::are_taken_out(written)
        || rows::are_unguarded(written)
        || unbounded::are_all_deleted(written)
        || trust::is_pinned_no_more(written)
        || admission::are_void(written)
        || ciphers::are_weak(written)
        || swallowed::are_told_only(written)
        || refusals::are_let_go(written)
        || detached::is_detached(written)
        || unmasked::is_nothing_masked(written)
        || unescaped::is_shown(written)
        || bounds::are_dropped(written)
        || assumed::are_taken_for_granted(written)
        || variables::are_put_in(written)
        || columns::are_bared(written)
        || consoles::are_open(written)
        || payees::are_others(written)
        || payees::keep_what_is_left(written)
        || powers::are_all_written(written)
        || audited::are_kept_no_more(written)
        || shipped::are_handed_on(written)
        || served::is_environment_built_in(written);
    // What a request says is followed from where it is read, be that in a line that stays.
    let kind = match () {
        () if is_weaker => Kind::ContentProtection,
        () if flows::go_through(written) => Kind::ContentCode,
        () => return None,
    };
    Some(Effect::on(kind, path, places::place(written.path, facts), tool))
}

/// What code does that nobody may want who has it: for whoever knows a word, for whoever serves its parts, for whoever wrote a page.
fn opened(written: &Written<'_>, facts: &dyn Facts) -> Option<&'static str> {
    match () {
        () if published::are_people(written) => Some("writes what is known of people to where everybody gets it"),
        () if unbounded::deletes_each(written) => Some("deletes each store of an account"),
        () if backdoors::are_left_open(written) => Some("lets in whoever knows a word"),
        () if loaders::are_unread(written) => Some("runs what somebody else serves"),
        () if leaks::takes_typed(written) || skimmers::are_put_in(written) => {
            Some("sends away what is typed into a page")
        }
        () if queries::are_spliced(written) => Some("asks a database what somebody else writes"),
        () if revived::are_run(written) || images::fetch_anybodys(written) => Some("runs what somebody else sends"),
        () if taken::is_taken(written) => Some("sends away what a person's programs keep"),
        () if spying::is_written(written) => Some("sends away what is typed or told elsewhere"),
        () if copies::go_elsewhere(written, facts) => Some("sends a copy of each mail elsewhere"),
        () => images::keeps(written),
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
    const CHECKS: &str = "gitleaks|trufflehog|detect-secrets|git-secrets|ggshield|lint|test|check|fmt|clippy|tsc|audit|commitlint|pre-commit|\
        semgrep|verify|scan|hookrail";
    before.is_some_and(|before| holds(before, CHECKS))
}

/// Whether a file holds what agents are told each time.
pub(in crate::policy) fn tells_agents(path: &str) -> bool {
    const FILES: &str = "CLAUDE.md|CLAUDE.local.md|AGENTS.md|GEMINI.md|.cursorrules|.windsurfrules|copilot-instructions.md|SKILL.md|MEMORY.md|\
        AGENT.md|.clinerules|.roorules|.goosehints|CONVENTIONS.md";
    const FOLDERS: &str = "/.claude/agents/|/.claude/commands/|/.claude/skills/|/.claude/rules/|/.claude/output-styles/|/.cursor/rules/|\
        /.codex/prompts/|/.github/instructions/|/.github/prompts/|/.github/agents/|/.github/chatmodes/|/.gemini/commands/|/.windsurf/rules/|\
        /.clinerules/|/.roo/rules|/.kiro/steering/|/.junie/guidelines|/.augment/rules/|/.amazonq/rules/|/.continue/rules/|/memories/";
    let name = path.rsplit('/').next().unwrap_or_default();
    is(name, FILES) || holds(path, FOLDERS) || path.contains("/.claude/") && path.contains("/memory/")
}

/// Whether a text holds a credential that nothing else looks like.
pub(super) fn holds_key(text: &str) -> bool {
    let text = spans::start(text, MAX_TEXT);
    redact::redact_text(text).found().iter().any(|secret| secret.has_shape())
}

/// Whether a JSON text that goes to somebody else holds a credential: one of known shape, or the password of a machine elsewhere.
pub(super) fn gives_key(json: &str) -> bool {
    let json = spans::start(json, MAX_TEXT);
    if redact::is_clean(json) {
        return false;
    }
    if names_key_of_cloud(json) {
        return true;
    }
    let redacted = redact::redact_json(json);
    redacted.found().iter().any(|secret| secret.has_shape())
        || redacted.found().contains(&Secret::UrlPassword) && names_password_of_machine(json, |_| true)
}

/// Whether a text gives a value to the name that a cloud has for the secret half of a key: nothing else is called so.
pub(super) fn names_key_of_cloud(json: &str) -> bool {
    const NAMES: &str = "aws_secret_access_key|AWS_SECRET_ACCESS_KEY|SecretAccessKey|secretAccessKey";
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
    parts(NAMES)
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
        let before = spans::before(text, at, NEAR).to_ascii_lowercase();
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
    json.contains("://") && json.contains('@') && names_password_of_machine(json, |_| true)
}

/// Whether a password is one that nobody makes up for a page: long, and of letters of both sorts and digits.
fn is_strong(url: &str) -> bool {
    const LEAST: usize = 10;
    let password = url.rsplit_once('@').and_then(|(before, _)| before.rsplit_once(':')).map_or("", |(_, it)| it);
    let has = |of: fn(&u8) -> bool| password.bytes().any(|byte| of(&byte));
    const SAYS_SO: &str = "pass|secret|your|example|change|user|test|demo|dummy|sample|replace|xxx|1234|placeholder";
    password.len() >= LEAST
        && !holds(&password.to_ascii_lowercase(), SAYS_SO)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
}

/// Whether an address names a user with a password, such as is asked for, at a machine that has a name of its own: what runs beside the
/// program in a container (`db`), and this machine, do not.
fn names_password_of_machine(text: &str, is_meant: fn(&str) -> bool) -> bool {
    text.match_indices("://").take(super::MAX_PLACES).any(|(at, _)| {
        let scheme =
            text[..at].bytes().rev().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        let start = at - scheme;
        let rest = &text[at + 3..];
        let end = rest.find(|char: char| char.is_whitespace() || "\"'`<>\\".contains(char)).unwrap_or(rest.len());
        let url = &text[start..at + 3 + end];
        let host = hosts::host(url);
        url.contains('@')
            && is_meant(url)
            && host.contains('.')
            && !hosts::is_local(&host)
            && !["example.com", "example.org", "example.net", "host.docker.internal"]
                .iter()
                .any(|known| host.ends_with(known))
            && redact::redact_text(url).found().contains(&Secret::UrlPassword)
    })
}

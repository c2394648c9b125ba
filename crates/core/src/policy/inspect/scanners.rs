//! Settings of programs that look for credentials, holes and unsafe code: told to leave everything out.

use super::settings::{is_everything, settings};
use super::source::Written;
use crate::policy::lists::{holds, is, letters};

/// Lists of what is left out, a line each.
const LISTS: &str = ".semgrepignore|.gitleaksignore|.trufflehogignore|.trufflehog-exclude|.trufflehog-ignore|trufflehog-exclude.txt|\
    .trufflehog-exclude.txt|exclude-patterns.txt|.secretlintignore|.trivyignore|.ggignore|.gitguardianignore|.snykignore|.dcignore|\
    .brakemanignore|.detect-secrets-ignore|.whispersignore|.checkovignore|.kicsignore|.sonarignore";

/// Settings, in one of the forms that settings have.
const SETTINGS: &str = ".gitleaks.toml|gitleaks.toml|.trufflehog.yml|.trufflehog.yaml|trufflehog.yaml|.gitguardian.yaml|\
    .gitguardian.yml|.talismanrc|.secretlintrc.json|.secretlintrc|.secrets.baseline|.snyk|.bandit|bandit.yaml|bandit.yml|\
    .semgrep.yml|.checkov.yaml|.checkov.yml|.tfsec.yml|trivy.yaml|.trivy.yaml|.grype.yaml|.kics.yaml|kics.config|osv-scanner.toml|\
    secret_scanning.yml|codeql-config.yml|codeql-config.yaml|.whispers.yml|.horusec.yaml|horusec-config.json|brakeman.yml|.noseyparker.yaml|\
    .pre-commit-config.yaml";

/// The names of what is left out, in lower case and letters alone; and names that say so only within another that does.
const LEAVES_OUT: &str = "exclude|excludes|excluded|excludedirs|excludepaths|excludepath|excludefiles|ignore|ignores|ignorepaths|\
    ignoredpaths|ignorepatterns|pathsignore|skip|skips|skipcheck|skipchecks|skippath|skippaths|skipfiles|skipdirs|pattern";
const WITHIN: &str = "allowlist|allowlists|exclu|ignore|skip|suppress|whitelist";
const NAMES: &str = "paths|path|regexes|files|file|stopwords|global|filename|vulnerability|dirs|lines";

/// Whether a scanner finds nothing any more by what a text tells it, and did by the one before.
pub(super) fn are_silenced(written: &Written<'_>) -> bool {
    is(written.name(), LISTS) && written.gains(lists_everything)
        || is(written.name(), SETTINGS) && written.gains(sets_everything)
}

fn lists_everything(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    // What is taken in again behind it makes a list of what is looked at.
    let takes_in = text.lines().any(|line| line.starts_with('!'));
    !takes_in && lines.any(|line| line == "/" || is_everything(line))
}

fn sets_everything(text: &str) -> bool {
    settings(text).iter().any(|setting| {
        let name = letters(&setting.name);
        let all = setting.value.split(',').map(str::trim).any(|value| value == "/" || is_everything(value));
        all && (is(&name, LEAVES_OUT) || is(&name, NAMES) && holds(&setting.within.to_ascii_lowercase(), WITHIN))
    })
}

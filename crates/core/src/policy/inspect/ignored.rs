//! Lists of what a repository, an image or a package leaves out: credentials that they leave out no longer.

use super::source::Written;
use crate::policy::lists::{holds, is};
use crate::policy::secrets::{Secrecy, secrecy};

const LISTS: &str = ".gitignore|.dockerignore|.npmignore|.gcloudignore|.vercelignore|.ebignore|.cfignore|.slugignore|.helmignore|.hgignore|exclude";

/// Forms in which credentials are kept where all may read them: encrypted, or as an example.
const FOR_ALL: &str = "example|sample|template|dist|vault|enc|sops|age|gpg|schema|test|ci|defaults|pub";

/// Whether files that hold credentials are left out no longer.
pub(super) fn are_kept_in(written: &Written<'_>) -> bool {
    let (text, name) = (&*written.text, written.name());
    if !is(name, LISTS) || name == "exclude" && !written.path.ends_with("/.git/info/exclude") {
        return false;
    }
    let lines = |text| str::lines(text).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let before = written.before.unwrap_or_default();
    let had: Vec<&str> =
        lines(before).filter(|line| !line.starts_with('!') && is_secret(line)).take(super::MAX_PLACES).collect();
    let is_gone =
        |pattern: &str| !lines(text).take(MAX_LINES).any(|other| !other.starts_with('!') && covers(other, pattern));
    let taken_in =
        |line: &str| line.strip_prefix('!').is_some_and(is_secret) && !lines(before).any(|other| other == line);
    had.into_iter().any(is_gone) || lines(text).any(taken_in)
}

/// Most lines of a list that are compared.
const MAX_LINES: usize = 4096;

fn last(pattern: &str) -> &str {
    pattern.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Whether a pattern stands for files that hold credentials.
fn is_secret(pattern: &str) -> bool {
    let name = last(pattern);
    let of = name.split(|char: char| !char.is_ascii_alphanumeric());
    // Of a form of file, the one that stands for them all.
    let named = name.replace('*', "x");
    let keys = holds(name, ".pem|.key|.p12|.pfx|.jks|.keystore") && name.starts_with('*');
    !of.into_iter().any(|word| is(word, FOR_ALL))
        && (keys || secrecy(&format!("/srv/project/{named}"), None) > Secrecy::None)
}

/// Whether one pattern leaves out what another one does.
fn covers(pattern: &str, other: &str) -> bool {
    let (pattern, other) = (last(pattern), last(other));
    match pattern.split_once('*') {
        _ if pattern == other => true,
        Some((start, end)) => {
            other.len() >= start.len() + end.len()
                && other.starts_with(start)
                && other.ends_with(end.trim_end_matches('*'))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_that_are_left_out_no_longer_are_seen() {
        let kept_in = |text, before, path| are_kept_in(&Written::of(text, Some(before), path));
        for (before, text, seen) in [
            ("node_modules\n.env\n*.pem\n", "node_modules\n", true),
            (".env\n.env.local\n", ".env*\n", false),
            (".env\n", "/.env\n", false),
            ("dist\n", "dist\n!.env.production\n", true),
            (".env*\n", ".env*\n!.env.example\n", false),
            ("*.log\ncoverage\n", "coverage\n", false),
            (".env.example\n", "", false),
            (".env\n", ".env\n.env.*\n", false),
        ] {
            assert_eq!(kept_in(text, before, "/home/dev/work/shop/.gitignore"), seen, "{before} {text}");
        }
        assert!(!kept_in("dist", ".env", "/home/dev/work/shop/notes"));
    }
}

//! What the older install says of itself: which of an agent's hooks are its, and what their command lines tell.

use std::path::{Path, PathBuf};

/// The variable that names the older install's server.
pub const ENV_ENDPOINT: &str = "ZO_EVENT_ENDPOINT";

/// Whether these words of a command are of the install in `folder`: one of them lies in it, or names the variable.
pub(super) fn is_theirs(words: &[String], folder: Option<&Path>, home: &Path) -> bool {
    words
        .iter()
        .any(|word| word.contains(ENV_ENDPOINT) || folder.is_some_and(|folder| lies_in(&expanded(word, home), folder)))
}

/// What command lines tell: the value of `--flag VALUE` or `--flag=VALUE`, the first of any.
pub(super) fn flag(commands: &[Vec<String>], flag: &str) -> Option<String> {
    commands.iter().find_map(|words| {
        let at = words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1));
        let joined = || words.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('='));
        at.map(String::as_str).or_else(joined).map(str::to_owned)
    })
}

/// What command lines set the variable to.
pub(super) fn endpoint(commands: &[Vec<String>]) -> Option<String> {
    let set = |word: &String| word.strip_prefix(ENV_ENDPOINT)?.strip_prefix('=').map(str::to_owned);
    commands.iter().flatten().find_map(set)
}

/// The server an endpoint is of: without the door at its end.
pub(super) fn server_of(endpoint: &str) -> String {
    let base = endpoint.trim().trim_end_matches('/');
    base.strip_suffix("/ingest").unwrap_or(base).trim_end_matches('/').to_owned()
}

/// A path as a person writes it, with their home folder filled in.
pub(super) fn path(text: &str, home: &Path) -> PathBuf {
    PathBuf::from(expanded(text, home))
}

fn expanded(word: &str, home: &Path) -> String {
    let home = home.to_string_lossy();
    let word = word.replace("${HOME}", &home).replace("$HOME", &home);
    match word.strip_prefix("~/") {
        Some(rest) => format!("{home}/{rest}"),
        None => word,
    }
}

/// Whether a path in this folder, or the folder itself, is anywhere in the text.
fn lies_in(text: &str, folder: &Path) -> bool {
    let Some(folder) = folder.to_str().map(|folder| folder.trim_end_matches('/')).filter(|folder| !folder.is_empty())
    else {
        return false;
    };
    text.match_indices(folder).any(|(at, _)| {
        let of_a_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
        let before = text[..at].chars().next_back();
        let after = text[at + folder.len()..].chars().next();
        before.is_none_or(|c| !of_a_name(c)) && after.is_none_or(|c| c == '/' || !of_a_name(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_hook_is_known_by_its_folder_or_its_variable() {
        let home = Path::new("/home/dev");
        for (line, theirs) in [
            ("python3 /opt/zo/hooks/zo_report_event.py pre_tool_use", true),
            ("/opt/zo/run.sh", true),
            ("bash -c 'python3 /opt/zo/x.py'", true),
            ("ZO_EVENT_ENDPOINT=http://bridge:9000/ingest python3 x.py", true),
            ("python3 /opt/zombie/x.py", false),
            ("python3 /mnt/opt/zo/x.py", false),
            ("python3 /opt/zo-other/x.py", false),
            ("python3 $HOME/zo/x.py", false),
            ("hookrail-hook claude-code", false),
        ] {
            assert_eq!(is_theirs(&words(line), Some(Path::new("/opt/zo/")), home), theirs, "{line}");
        }
        for line in ["python3 ~/zo/x.py", "python3 $HOME/zo/x.py", "python3 \"${HOME}/zo\"", "/home/dev/zo/x"] {
            assert!(is_theirs(&words(line), Some(Path::new("/home/dev/zo")), home), "{line}");
        }
        assert!(!is_theirs(&words("python3 /opt/zo/x.py"), None, home));
        assert!(!is_theirs(&words("python3 x.py"), Some(Path::new("/")), home), "the root is nobody's install");
    }

    #[test]
    fn command_lines_tell_what_was_set() {
        let commands =
            [words("a --x 1"), words("ZO_EVENT_ENDPOINT=http://b:1/ingest py h.py --log-dir=/l --project-id P")];
        assert_eq!(flag(&commands, "--log-dir").as_deref(), Some("/l"));
        assert_eq!(flag(&commands, "--project-id").as_deref(), Some("P"));
        assert_eq!(flag(&commands, "--api-key"), None);
        assert_eq!(endpoint(&commands).as_deref(), Some("http://b:1/ingest"));
        for (given, server) in
            [("http://b:1/ingest", "http://b:1"), ("https://b/x/ingest/", "https://b/x"), ("http://b", "http://b")]
        {
            assert_eq!(server_of(given), server);
        }
    }
}

//! A flat folder: `<event>-<domain>.<ext>`, one concern each. Dropping a file in is enough.
//!
//! The name says the event (`pre-tool-use-paths.sh`, `stop-lint.py`), the extension who reads it. What else a handler can be
//! told stands in comments at its head, a key of `hookrail.toml` each:
//!
//! ```sh
//! #!/bin/sh
//! # hookrail: can_block = true
//! # hookrail: paths = ["*.rs"]
//! # hookrail: changed = "turn"
//! ```

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::file::{Declared, Teller, made};
use super::{Action, Handler, Level, Mistake, events};

/// Where a project keeps its flat folder.
pub const OF_PROJECT: &str = ".claude/hooks";

/// Where the person keeps theirs, within the state folder. Not Claude Code's own `~/.claude/hooks`: what lies there is
/// registered in its settings already, and would run twice.
pub const OF_USER: &str = "hooks";

/// The most files of a folder that are looked at.
const MAX_FILES: usize = 500;

/// How much of a file is looked at for what it says at its head.
const HEAD_BYTES: u64 = 4 << 10;

/// Who reads a file, by its extension.
const INTERPRETERS: &[(&str, &str)] = &[
    ("sh", "sh"),
    ("bash", "bash"),
    ("zsh", "zsh"),
    ("py", "python3"),
    ("js", "node"),
    ("mjs", "node"),
    ("cjs", "node"),
    ("rb", "ruby"),
    ("pl", "perl"),
];

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Listed {
    /// The handlers, by name.
    pub handlers: Vec<Handler>,
    /// Files that are none.
    pub passed_over: Vec<PassedOver>,
    /// What is wrong at the heads of files.
    pub mistakes: Vec<Mistake>,
}

/// A file that is no handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub why: String,
}

/// Lists a folder. One that is not there or cannot be read is empty.
pub fn list(folder: &Path, level: Level) -> Listed {
    let mut listed = Listed::default();
    let Ok(entries) = fs::read_dir(folder) else { return listed };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).take(MAX_FILES).collect();
    files.sort();
    for file in files.into_iter().filter(|file| file.is_file()) {
        match handler(&file, level, &mut listed.mistakes) {
            Ok(handler) => listed.handlers.push(handler),
            Err(why) => listed.passed_over.push(PassedOver { file, why }),
        }
    }
    listed
}

fn handler(file: &Path, level: Level, mistakes: &mut Vec<Mistake>) -> Result<Handler, String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).ok_or("its name is no text")?;
    let event = event_of(stem).ok_or("its name does not begin with an event, as in `stop-lint.sh`")?;
    let extension = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
    let path = file.to_str().ok_or("its path is no text")?.to_owned();
    let interpreter = INTERPRETERS.iter().find(|(end, _)| *end == extension).map(|(_, program)| *program);
    let is_executable = fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o111 != 0);
    let words = match interpreter {
        Some(program) => vec![program.to_owned(), path],
        None if is_executable => vec![path],
        None => return Err(format!("nobody is known to read .{extension}, and it is not executable")),
    };
    let declared = declared(&head(file), file, mistakes);
    let mut tell = Teller { text: "", file, first_line: 0, mistakes: Vec::new() };
    let made = made(stem.to_owned(), level, file, vec![event.to_owned()], declared, &mut tell);
    mistakes.append(&mut tell.mistakes);
    Ok(Handler { action: Action::Program(words), ..made })
}

/// The event a file's name begins with, the longest that fits: `pre-tool-use-paths` is of `PreToolUse`.
fn event_of(stem: &str) -> Option<&'static str> {
    let parts: Vec<&str> = stem.split('-').collect();
    (1..=parts.len()).rev().find_map(|taken| {
        let name = parts[..taken].concat();
        events::NAMES.iter().find(|known| known.eq_ignore_ascii_case(&name)).copied()
    })
}

/// The beginning of a file, as far as it is text.
fn head(file: &Path) -> String {
    let mut bytes = Vec::new();
    // A file that cannot be read says nothing at its head, and fails where it is run.
    if let Ok(file) = fs::File::open(file) {
        let _ = file.take(HEAD_BYTES).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the comments at the head of a file declare. A wrong one is told, and the file then is as if it declared nothing.
fn declared(head: &str, file: &Path, mistakes: &mut Vec<Mistake>) -> Declared {
    let mut text = String::new();
    // Each line keeps its place, so that a mistake's line is that of the file.
    for line in head.lines() {
        let comment = line.trim_start().trim_start_matches(['#', '/', '-', ' ']);
        text.push_str(
            comment
                .strip_prefix("hookrail:")
                .filter(|_| !line.trim_start().starts_with("hookrail:"))
                .unwrap_or_default(),
        );
        text.push('\n');
    }
    let mut tell = Teller { text: &text, file, first_line: 0, mistakes: Vec::new() };
    let declared = match toml::from_str::<Declared>(&text) {
        Ok(Declared { name: None, on: None, run: None, builtin: None, .. }) if text.trim().is_empty() => {
            Declared::default()
        }
        Ok(declared)
            if declared.name.is_some()
                || declared.on.is_some()
                || declared.run.is_some()
                || declared.builtin.is_some() =>
        {
            tell.mistake(0, "a file's name and place say its `name`, `on`, `run` and `use`");
            Declared::default()
        }
        Ok(declared) => declared,
        Err(error) => {
            tell.mistake(error.span().map_or(0, |span| span.start), error.message());
            Declared::default()
        }
    };
    mistakes.append(&mut tell.mistakes);
    declared
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::handlers::Since;

    #[test]
    fn a_name_says_its_event() {
        for (stem, expected) in [
            ("stop-lint", Some("Stop")),
            ("stop", Some("Stop")),
            ("stop-failure-tell", Some("StopFailure")),
            ("pre-tool-use-paths", Some("PreToolUse")),
            ("post-tool-use-failure", Some("PostToolUseFailure")),
            ("PreToolUse-paths", Some("PreToolUse")),
            ("session-start-context-git", Some("SessionStart")),
            ("utils", None),
            ("stopwatch", None),
            ("README", None),
        ] {
            assert_eq!(event_of(stem), expected, "{stem}");
        }
    }

    #[test]
    fn a_folder_is_listed_with_what_files_say_at_their_heads() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "stop-lint.sh",
            "#!/bin/sh\n# hookrail: can_block = true\n# hookrail: paths = [\"*.rs\"]\n# hookrail: changed = \"turn\"\ncargo clippy\n",
        );
        write("pre-tool-use-paths.py", "import sys\n");
        write("stop-wrong.js", "// hookrail: can_blok = true\n");
        write("stop-tool", "binary");
        fs::set_permissions(folder.path().join("stop-tool"), fs::Permissions::from_mode(0o755)).unwrap();
        write("stop-notes.txt", "x");
        write("utils.py", "x");
        fs::create_dir(folder.path().join("stop-folder.sh")).unwrap();

        let listed = list(folder.path(), Level::Project);
        let names: Vec<&str> = listed.handlers.iter().map(|handler| handler.name.as_str()).collect();
        assert_eq!(names, ["pre-tool-use-paths", "stop-lint", "stop-tool", "stop-wrong"]);
        let lint = &listed.handlers[1];
        assert_eq!((lint.can_block, lint.changed, lint.paths.text()), (true, Some(Since::Turn), "*.rs".to_owned()));
        let Action::Program(words) = &lint.action else { panic!() };
        assert_eq!(words[0], "sh");
        let Action::Program(words) = &listed.handlers[2].action else { panic!() };
        assert_eq!(words.len(), 1, "an executable is started itself");
        let over: Vec<&str> =
            listed.passed_over.iter().map(|it| it.file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(over, ["stop-notes.txt", "utils.py"]);
        assert_eq!(listed.mistakes.len(), 1);
        let mistake = listed.mistakes[0].to_string();
        assert!(mistake.contains("stop-wrong.js:1:") && mistake.contains("can_blok"), "{mistake}");
    }
}

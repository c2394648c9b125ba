//! `hookrail.toml`: the handlers that a person or a project declares. Steps of a set-up are read by [`crate::setup`].
//!
//! ```toml
//! [[handler]]
//! name = "lint"
//! on = "Stop"                          # one event or several; an agent's own name, or our kind (`turn.ended`)
//! run = ["cargo", "clippy", "-q"]      # a program with its arguments, or a line for `sh`; or `use` for a built-in
//! paths = ["*.rs"]
//! changed = "turn"                     # only if files like these changed since the last prompt
//! can_block = true                     # exit code 2, or a decision in JSON, counts
//! timeout = "2m"
//! ```

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::pattern::{Globs, Matcher};
use super::{Action, Handler, Level, Mistake, Since, builtin, events};
use crate::config::document::{Document, Form};
use crate::setup::{Definition, declared};
use crate::units::Span;
use crate::words;

/// The name of the file.
pub const FILE: &str = "hookrail.toml";

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    /// Read by [`Document`], and so are `profiles`.
    profile: Option<Spanned<IgnoredAny>>,
    profiles: Option<Spanned<IgnoredAny>>,
    handler: Vec<Spanned<Declared>>,
    setup: declared::Setup,
}

/// One handler as it is written, here or at the head of a script.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Declared {
    pub(super) name: Option<Spanned<String>>,
    pub(super) on: Option<Spanned<Texts>>,
    pub(super) run: Option<Command>,
    #[serde(rename = "use")]
    pub(super) builtin: Option<Spanned<String>>,
    with: Option<Spanned<toml::Table>>,
    #[serde(alias = "matcher")]
    tools: Option<Spanned<String>>,
    paths: Option<Spanned<Texts>>,
    changed: Option<Since>,
    cwd: Option<Spanned<Texts>>,
    branch: Option<Spanned<Texts>>,
    agent: Option<Texts>,
    profile: Option<Texts>,
    timeout: Option<Span>,
    can_block: bool,
    after: Option<Texts>,
}

/// A text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Texts {
    One(String),
    Many(Vec<String>),
}

/// A line for a shell, or a program with its arguments.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Command {
    Line(String),
    Words(Vec<String>),
}

impl Texts {
    pub(crate) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// What a file declares.
#[derive(Debug, Default)]
pub struct Declarations {
    /// The profile the file chooses, and what it says of profiles.
    pub(crate) profiles: Document,
    /// The handlers.
    pub handlers: Vec<Handler>,
    /// The steps of its set-up and maintenance.
    pub setup: Definition,
}

/// Reads a file's text.
///
/// # Errors
/// Every mistake that is found, in the order of the file.
pub fn read(text: &str, file: &Path, level: Level) -> Result<Declarations, Vec<Mistake>> {
    let mut tell = Teller { text, file, first_line: 0, mistakes: Vec::new() };
    let read: File = match toml::from_str(text) {
        Ok(read) => read,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            tell.mistake(at, with_hint(error.message()));
            return Err(tell.mistakes);
        }
    };
    let handlers: Vec<Handler> =
        read.handler.into_iter().filter_map(|declared| handler(declared, file, level, &mut tell)).collect();
    let setup = declared::read(read.setup, level, &mut tell);
    let profiles = Document::read(text, file, Form::Project);
    tell.mistakes.extend(profiles.mistakes.iter().cloned());
    for said in [read.profile, read.profiles].into_iter().flatten().filter(|_| level == Level::User) {
        tell.mistake(said.span().start, "your own profile and profiles belong to config.toml");
    }
    if tell.mistakes.is_empty() {
        Ok(Declarations { profiles, handlers, setup })
    } else {
        tell.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        Err(tell.mistakes)
    }
}

/// The message of an unknown key, with the one that was probably meant: the message itself lists those that are known, in
/// backquotes like the unknown one.
fn with_hint(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let key = quoted.next().filter(|_| message.starts_with("unknown field `"));
    match key.and_then(|key| words::nearest(key, quoted)) {
        Some(near) => format!("{message}; did you mean `{near}`?"),
        None => message.to_owned(),
    }
}

/// Collects mistakes by their places.
pub(crate) struct Teller<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a Path,
    /// Lines above the text, where it is a part of a file.
    pub(super) first_line: usize,
    pub(super) mistakes: Vec<Mistake>,
}

impl Teller<'_> {
    pub(crate) fn mistake(&mut self, at: usize, message: impl Into<String>) {
        let (line, column) = words::place(self.text, at);
        let line = line + self.first_line;
        self.mistakes.push(Mistake { file: self.file.to_owned(), line, column, message: message.into() });
    }
}

fn handler(declared: Spanned<Declared>, file: &Path, level: Level, tell: &mut Teller<'_>) -> Option<Handler> {
    let at = declared.span().start;
    let mut declared = declared.into_inner();
    let name = declared.name.take().unwrap_or_else(|| Spanned::new(at..at, String::new()));
    if !is_name(name.get_ref()) {
        tell.mistake(name.span().start, "a handler needs a `name` of letters, digits, `-`, `_` and `.`");
    }
    let on = declared.on.take().unwrap_or_else(|| Spanned::new(at..at, Texts::Many(Vec::new())));
    let on_at = on.span().start;
    let on = on.into_inner().into_vec();
    if on.is_empty() {
        tell.mistake(on_at, "a handler needs `on`: the event or events at which it runs");
    }
    for word in on.iter().filter(|word| !events::is_known(word)) {
        let near = words::nearest(word, events::NAMES.iter().copied());
        let meant = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        tell.mistake(on_at, format!("no agent is known to have an event {word:?}{meant}"));
    }
    let action = action(&mut declared, at, tell);
    let made = made(name.into_inner(), level, file, on, declared, tell);
    Some(Handler { action: action?, ..made })
}

/// What the handler does; `None` where that is told as a mistake.
fn action(declared: &mut Declared, at: usize, tell: &mut Teller<'_>) -> Option<Action> {
    let with = declared.with.take();
    let with_at = with.as_ref().map_or(at, |with| with.span().start);
    match (declared.run.take(), declared.builtin.take()) {
        (Some(_), Some(_)) => tell.mistake(at, "`run` and `use` exclude each other"),
        (None, None) => tell.mistake(at, "a handler needs `run` or `use`"),
        (Some(_), None) if with.is_some() => {
            tell.mistake(with_at, "`with` gives settings to a built-in, and this handler has no `use`");
        }
        (Some(Command::Line(line)), None) if !line.trim().is_empty() => return Some(Action::Shell(line)),
        (Some(Command::Words(words)), None) if words.first().is_some_and(|program| !program.is_empty()) => {
            return Some(Action::Program(words));
        }
        (Some(_), None) => tell.mistake(at, "`run` names no program"),
        (None, Some(name)) => {
            let settings = with.map(Spanned::into_inner).unwrap_or_default();
            match builtin::declared(name.get_ref(), settings) {
                Ok(action) => return Some(action),
                Err(builtin::Wrong::Name(why)) => tell.mistake(name.span().start, why),
                Err(builtin::Wrong::Settings(why)) => tell.mistake(with_at, why),
            }
        }
    }
    None
}

/// A handler with these settings; what it does is left to the caller.
pub(super) fn made(
    name: String,
    level: Level,
    file: &Path,
    on: Vec<String>,
    declared: Declared,
    tell: &mut Teller<'_>,
) -> Handler {
    let mut globs = |texts: Option<Spanned<Texts>>| {
        let Some(texts) = texts else { return Globs::default() };
        let at = texts.span().start;
        Globs::new(&texts.into_inner().into_vec()).unwrap_or_else(|(_, why)| {
            tell.mistake(at, why);
            Globs::default()
        })
    };
    let (paths, cwd, branch) = (globs(declared.paths), globs(declared.cwd), globs(declared.branch));
    let matcher = declared.tools.map_or(Matcher::Any, |text| {
        Matcher::new(text.get_ref()).unwrap_or_else(|why| {
            tell.mistake(text.span().start, why);
            Matcher::Any
        })
    });
    let texts = |texts: Option<Texts>| texts.map(Texts::into_vec).unwrap_or_default();
    Handler {
        name,
        level,
        file: file.to_owned(),
        on,
        matcher,
        paths,
        changed: declared.changed,
        cwd,
        branch,
        agent: texts(declared.agent),
        profile: texts(declared.profile),
        action: Action::Program(Vec::new()),
        timeout: declared.timeout.map(|span| span.0),
        off: None,
        can_block: declared.can_block,
        after: texts(declared.after),
    }
}

/// Whether this can be the name of a handler or a step.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn mistakes(text: &str) -> String {
        let mistakes = read(text, Path::new("hookrail.toml"), Level::User).unwrap_err();
        mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_key_of_a_handler_is_taken() {
        let text = r#"
            profile = "testing"
            [[handler]]
            name = "lint"
            on = ["Stop", "turn.ended"]
            run = ["cargo", "clippy"]
            tools = "Bash|Edit"
            paths = "*.rs"
            changed = "session"
            cwd = ["crates/*"]
            branch = ["main", "release/*"]
            agent = "claude-code"
            profile = ["testing"]
            timeout = "2m"
            can_block = true
            after = "format"
            [[handler]]
            name = "format"
            on = "Stop"
            run = "cargo fmt --check"
        "#;
        let read = read(text, Path::new("hookrail.toml"), Level::Project).unwrap();
        assert_eq!(read.profiles.profile.as_ref().map(|(name, _)| name.as_str()), Some("testing"));
        let [lint, format] = &read.handlers[..] else { panic!("{read:?}") };
        assert_eq!((lint.id().as_str(), lint.on.len(), lint.matcher.text().as_str()), ("project:lint", 2, "Bash|Edit"));
        assert_eq!(lint.action, Action::Program(vec!["cargo".into(), "clippy".into()]));
        assert_eq!((lint.changed, lint.limit().as_secs(), lint.can_block), (Some(Since::Session), 120, true));
        assert_eq!(
            (lint.paths.text(), lint.cwd.text(), lint.branch.text()),
            ("*.rs".into(), "crates/*".into(), "main, release/*".into())
        );
        assert_eq!(
            (&lint.agent[..], &lint.profile[..], &lint.after[..]),
            (&["claude-code".to_owned()][..], &["testing".to_owned()][..], &["format".to_owned()][..])
        );
        assert_eq!(format.action, Action::Shell("cargo fmt --check".into()));
        assert_eq!((format.timeout, format.can_block, format.changed), (None, false, None));
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_what_was_meant() {
        for (text, expected) in [
            ("[[handlr]]", "hookrail.toml:1:3: unknown field `handlr`"),
            ("[[handler]]\nname = \"a\"\non = \"Stop\"\nrunn = \"x\"", "hookrail.toml:4:1: unknown field `runn`"),
            ("[[handler]]\nname = \"a\"\non = \"Stop\"\nrunn = \"x\"", "did you mean `run`?"),
            (
                "[[handler]]\nname = \"a\"\non = \"Stpo\"\nrun = \"x\"",
                "hookrail.toml:3:6: no agent is known to have an event \"Stpo\"; did you mean \"Stop\"?",
            ),
            ("[[handler]]\nname = \"a b\"\non = \"Stop\"\nrun = \"x\"", "hookrail.toml:2:8: a handler needs a `name`"),
            ("[[handler]]\nname = \"a\"\nrun = \"x\"", "hookrail.toml:1:1: a handler needs `on`"),
            ("[[handler]]\nname = \"a\"\non = \"Stop\"", "hookrail.toml:1:1: a handler needs `run` or `use`"),
            ("[[handler]]\nname = \"a\"\non = \"Stop\"\nrun = []", "`run` names no program"),
            ("[[handler]]\nname = \"a\"\non = \"Stop\"\nrun = \"x\"\nuse = \"notify\"", "exclude each other"),
            (
                "[[handler]]\nname = \"a\"\non = \"Stop\"\nuse = \"notifi\"",
                "hookrail.toml:4:7: there is no built-in \"notifi\"; did you mean \"notify\"?",
            ),
            (
                "[[handler]]\nname = \"a\"\non = \"Stop\"\nrun = \"x\"\npaths = [\"[\"]",
                "hookrail.toml:5:9: \"[\" is no glob",
            ),
            (
                "[[handler]]\nname = \"a\"\non = \"Stop\"\nrun = \"x\"\ntools = \"(\"",
                "hookrail.toml:5:9: \"(\" is no regular expression",
            ),
            (
                "[[handler]]\nname = \"a\"\non = \"Stop\"\nrun = \"x\"\ntimeout = \"5 weeks\"",
                "hookrail.toml:5:11: expected a span of time",
            ),
            (
                "[[handler]]\nname = \"a\"\non = \"Stop\"\nrun = \"x\"\nchanged = \"day\"",
                "hookrail.toml:5:11: unknown variant `day`",
            ),
        ] {
            let told = mistakes(text);
            assert!(told.contains(expected), "{told}\nexpected: {expected}");
        }
    }
}

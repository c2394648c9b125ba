//! Files that are still there and hold nothing any more: emptied, or moved over each other to one name. One of them is a slip;
//! many are work that is gone.

use super::super::machine::Machine;
use super::super::state::{Content, State, Stream};
use super::super::value::{HOLE, Text};
use super::find::is_source;
use super::{all_of, base_name};
use crate::policy::effects::Kind;
use crate::policy::places::{self, Place, is_generated};

/// Folders by whose name all that is in them is written by hand.
const SOURCES: &[&str] = &["src", "lib", "app", "source", "sources"];

impl Machine<'_> {
    /// Notes that what an operand names holds nothing from now on, where that is many files which somebody would miss.
    pub(in crate::policy::shell) fn empties(&mut self, state: &State, operand: &Text) {
        let path = match all_of(operand) {
            Some(folder) => self.path(state, &folder).map(|folder| format!("{folder}/*")),
            None => self.path(state, operand).map(|path| match self.sweeping {
                true => format!("{path}/*"),
                false => path,
            }),
        };
        if let Some(path) = path.filter(|path| is_pattern(base_name(path)) && is_missed(path, self.place(path))) {
            self.loses(&path);
        }
    }

    /// Notes that a file is read by whom the shell emptied it for: `sort names > names`.
    pub(in crate::policy::shell) fn reads_emptied(&mut self, state: &State, path: &str) {
        let is_written = |(fd, stream): &(u32, Stream)| *fd == 1 && matches!(stream, Stream::File(to) if to == path);
        if !state.shell.streams.iter().any(is_written) {
            return;
        }
        let real = self.real(state, path);
        let is_empty = |content: &Content| matches!(content, Content::Is(text) if text.is_empty());
        if state.files.get(&real).is_some_and(is_empty) && is_kept(path, self.place(path)) {
            self.loses(path);
        }
    }

    /// Whether a path is moved to a name for the second time, while what was moved there before still stands there.
    pub(super) fn moves_over(&mut self, state: &State, path: &str, to: &str) {
        let again = (self.repeats || is_pattern(path)) && matches!(state.files.get(path), Some(Content::Gone));
        // A name that is made of its own is another for each.
        let stem = base_name(path).split('.').next().unwrap_or_default();
        let again = again && (is_pattern(path) || !base_name(to).contains(stem));
        let stands = matches!(state.files.get(to), Some(Content::CopyOf(from)) if from == path);
        if again && stands && is_file_name(to) && !is_generated(base_name(to)) && is_kept(path, self.place(path)) {
            self.loses(path);
        }
    }

    /// Runs a program for each of many, of which only one is known: twice where it moves something, for what the second
    /// does to the first.
    pub(super) fn child_for_each(&mut self, state: &mut State, fields: Vec<Text>) {
        if !fields.iter().any(|field| field.shown().contains("mv")) {
            return self.child(state, fields);
        }
        self.child(state, fields.clone());
        let outer = std::mem::replace(&mut self.repeats, true);
        self.child(state, fields);
        self.repeats = outer;
    }

    fn loses(&mut self, path: &str) {
        self.note(Kind::FileLoss, path.to_owned(), self.place(path), true, Default::default());
    }
}

/// Whether a path stands for many.
fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Whether a name is one of a file for certain: folders have no ending, or that of a list of settings.
fn is_file_name(path: &str) -> bool {
    let ending = base_name(path).rsplit_once('.').filter(|(name, _)| !name.is_empty()).map(|(_, ending)| ending);
    !is_pattern(path)
        && !path.contains(HOLE)
        && ending.is_some_and(|ending| {
            (2..=5).contains(&ending.len())
                && ending != "app"
                && ending.starts_with(|first: char| first.is_ascii_alphabetic())
                && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// Whether what a path matches is somebody's: what tools make anew, logs and what may vanish is nobody's work.
fn is_kept(path: &str, place: Place) -> bool {
    let is_log = path.split('/').any(|part| matches!(part, "log" | "logs"));
    !is_log
        && !path.split('/').any(is_generated)
        && !places::is_within(path, "/tmp")
        && !places::is_within(path, "/var/tmp")
        && !matches!(place, Place::HomeInside | Place::Temporary | Place::Device | Place::Unknown)
}

/// Whether somebody would miss what the files hold that a pattern matches: of a project, what is written by hand in a language.
fn is_missed(path: &str, place: Place) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_source = || {
        let folder = base_name(folder);
        is_source(name) || matches!(name, "*" | "**") && (SOURCES.contains(&folder) || folder == "**")
    };
    let is_data = || places::is_shared(path);
    is_kept(path, place)
        && match place {
            Place::Project => is_source(),
            Place::Elsewhere => is_source() || is_data(),
            _ => true,
        }
}

//! What a shell knows at a point of a script: variables, functions, descriptors, the working folder, and what the script
//! has done to files so far.

use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::syntax::{Command, Script};
use super::value::{Origin, Text};

/// A map of few entries, in the order they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table<V>(Vec<(String, V)>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Most entries of a table; what comes later is not kept.
const MAX_ENTRIES: usize = 512;

impl<V> Table<V> {
    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.0.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, key: &str, value: V) {
        if let Some(found) = self.get_mut(key) {
            *found = value;
        } else if self.0.len() < MAX_ENTRIES {
            self.0.push((key.to_owned(), value));
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(at).1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A variable of the shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Variable {
    /// Its values: one, or an array's. `None` where it is unset for certain.
    pub(super) values: Option<Vec<Text>>,
    pub(super) exported: bool,
    pub(super) readonly: bool,
    /// It stands for another variable of this name.
    pub(super) reference: Option<String>,
    /// What is assigned is changed on the way (`declare -l`, `-i`), so that nothing is known of it.
    pub(super) changes: bool,
}

impl Variable {
    pub(super) fn of(value: Text) -> Self {
        Self { values: Some(vec![value]), ..Self::default() }
    }
}

/// Where a descriptor leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// To whoever collects the output.
    Out,
    /// Nowhere: `/dev/null`, or closed.
    Null,
    /// To or from a file.
    File(String),
    /// To and from another machine.
    Net(String),
    /// From a text.
    Text(Text),
    /// To the input of a script that runs beside.
    Into(Rc<Script>),
}

/// How a list goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flow {
    #[default]
    On,
    Break(usize),
    Continue(usize),
    Return,
    Exit,
}

/// What belongs to one shell and is gone with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shell {
    pub(super) variables: Table<Variable>,
    pub(super) functions: Table<Rc<Command>>,
    pub(super) aliases: Table<String>,
    /// Names that stand for programs elsewhere (`hash -p`).
    pub(super) hashes: Table<Text>,
    pub(super) disabled: Vec<String>,
    /// The working folder; `None` where it is not known.
    pub(super) directory: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) streams: Vec<(u32, Stream)>,
    /// `$1` and so on.
    pub(super) arguments: Vec<Text>,
    pub(super) expands_aliases: bool,
    pub(super) lastpipe: bool,
    /// Nothing is run (`set -n`).
    pub(super) noexec: bool,
    /// Code that cannot be read here has run in this shell: its variables may hold anything.
    pub(super) clouded: bool,
    /// Whether what is not known was set by settings that nobody is to see.
    pub(super) keyed: bool,
    /// It was started without the environment of the one before.
    pub(super) cleared: bool,
    /// Jobs in the background that nobody waited for, and those nobody can wait for.
    pub(super) jobs: usize,
    pub(super) orphans: usize,
    /// What `local` hid, to be put back when the function ends.
    pub(super) locals: Vec<(String, Option<Variable>)>,
    /// What a `trap` runs at the end.
    pub(super) trap: Option<Text>,
    /// Whether it ends with the first command that fails (`set -e`).
    pub(super) errexit: bool,
    /// Values of variables that are empty where the command that tells them fails, and that nobody has looked at since.
    pub(super) uncertain: Vec<String>,
}

/// What a script left in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// This.
    Is(Text),
    /// It was removed.
    Gone,
    /// It is another name of this file.
    Link(String),
    /// A folder whose content comes from here.
    CopyOf(String),
}

/// What a script did to files, and what is remembered of it besides. It stays when a subshell ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    contents: Table<Content>,
    /// What it did that no file shows, by a name of the deed: what it made elsewhere, what it asked and chose.
    pub(super) deeds: Table<Text>,
}

impl Deref for Files {
    type Target = Table<Content>;

    fn deref(&self) -> &Self::Target {
        &self.contents
    }
}

impl DerefMut for Files {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.contents
    }
}

/// Everything at one point of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) shell: Shell,
    pub(super) files: Files,
    /// What was written to whoever collects it.
    pub(super) out: Text,
    /// Whether the last command succeeded, where that is known.
    pub(super) status: Option<bool>,
    pub(super) flow: Flow,
}

impl State {
    pub(super) fn stream(&self, fd: u32) -> Stream {
        match self.shell.streams.iter().rev().find(|(number, _)| *number == fd) {
            Some((_, stream)) => stream.clone(),
            None if fd == 1 => Stream::Out,
            None if fd == 0 => Stream::Text(Text::hole(Origin::UNKNOWN)),
            None => Stream::Null,
        }
    }

    pub(super) fn set_stream(&mut self, fd: u32, stream: Stream) {
        let streams = &mut self.shell.streams;
        if let Some((_, found)) = streams.iter_mut().find(|(number, _)| *number == fd) {
            *found = stream;
        } else if streams.len() < MAX_ENTRIES {
            streams.push((fd, stream));
        }
    }

    /// The lowest descriptor from ten on that is free, as shells choose it.
    pub(super) fn free_descriptor(&self) -> u32 {
        (super::machine::CHOSEN..).find(|fd| !self.shell.streams.iter().any(|(number, _)| number == fd)).unwrap_or(10)
    }

    /// A variable behind references, as the script set it.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        self.shell.variables.get(self.resolve(name))
    }

    /// The name behind references.
    pub(super) fn resolve<'a>(&'a self, name: &'a str) -> &'a str {
        let mut name = name;
        for _ in 0..8 {
            match self.shell.variables.get(name).and_then(|variable| variable.reference.as_deref()) {
                Some(next) => name = next,
                None => break,
            }
        }
        name
    }

    /// Sets a variable, unless it must not change.
    pub(super) fn assign(&mut self, name: &str, values: Vec<Text>, append: bool) {
        let name = self.resolve(name).to_owned();
        let mut variable = self.shell.variables.get(&name).cloned().unwrap_or_default();
        if variable.readonly {
            return;
        }
        let values = if variable.changes {
            values.iter().map(|value| Text::hole(value.origin().unwrap_or_default())).collect()
        } else {
            values
        };
        variable.values = match (variable.values.take(), append) {
            (Some(mut old), true) if values.len() == 1 && old.len() == 1 => {
                old[0].push(&values[0]);
                Some(old)
            }
            (Some(mut old), true) => {
                old.extend(values);
                Some(old)
            }
            _ => Some(values),
        };
        self.shell.variables.set(&name, variable);
    }

    /// The name of a file behind the links that the script made.
    pub(super) fn linked(&self, path: &str) -> String {
        let mut path = path.to_owned();
        for _ in 0..8 {
            match self.files.get(&path) {
                Some(Content::Link(target)) => path.clone_from(target),
                _ => break,
            }
        }
        path
    }

    /// The path behind the links that the script made of the folders it leads through; the last part stays what it is.
    pub(super) fn linked_folder(&self, path: &str) -> String {
        let links = self.files.iter().filter_map(|(link, content)| match content {
            Content::Link(target) => Some((link, target)),
            _ => None,
        });
        let mut through =
            links.filter(|(link, _)| path.len() > link.len() && crate::policy::places::is_within(path, link));
        match through.next() {
            Some((link, target)) => crate::policy::places::absolute(&format!("{target}{}", &path[link.len()..]), "/"),
            None => path.to_owned(),
        }
    }

    /// Notes what a file holds now.
    pub(super) fn write(&mut self, path: &str, text: Text, append: bool) {
        let path = self.linked(path);
        let text = match self.files.get(&path) {
            Some(Content::Is(old)) if append => {
                let mut whole = old.clone();
                whole.push(&text);
                whole
            }
            _ => text,
        };
        self.files.set(&path, Content::Is(text));
    }
}

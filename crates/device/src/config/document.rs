//! What one file says of settings and profiles, with the place of each word; and everything that is wrong with it.

use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::settings::{SETTINGS, Scope, Setting, Value};
use crate::words;

/// The longest name of a profile, in bytes.
const MAX_NAME: usize = 64;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The file.
    pub file: PathBuf,
    /// The line, from one.
    pub line: usize,
    /// The column in characters, from one.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.message)
    }
}

/// Where in a file something stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from one.
    pub line: usize,
    /// The column in characters, from one.
    pub column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// One setting as a file says it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The profile it is said of; `None` at the top of the file.
    pub(crate) profile: Option<String>,
    pub(crate) key: &'static str,
    pub(crate) value: Value,
    pub(crate) place: Place,
}

/// What a file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    /// The profile it chooses.
    pub(crate) profile: Option<(String, Place)>,
    /// The profiles it has tables for.
    pub(crate) profiles: Vec<String>,
    entries: Vec<Entry>,
    /// What is wrong with it. What is not wrong is among the entries all the same.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `config.toml`.
    Config,
    /// A project's `hookrail.toml`, of which only profiles are read here.
    Project,
}

impl Document {
    /// Reads a file's text.
    pub(crate) fn read(text: &str, path: &Path, form: Form) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader { text, path, form, document: Self::default() };
        if form == Form::Config {
            for error in errors {
                reader.wrong(error.span().map_or(0, |span| span.start), error.message().to_owned());
            }
        }
        reader.top(table.get_ref());
        let mut document = reader.document;
        document.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        document.mistakes.dedup();
        document
    }

    /// What it says of a setting, in a profile or at its top.
    pub(crate) fn get(&self, profile: Option<&str>, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key && entry.profile.as_deref() == profile)
    }
}

struct Reader<'t> {
    text: &'t str,
    path: &'t Path,
    form: Form,
    document: Document,
}

type Key<'i> = Spanned<DeString<'i>>;

impl Reader<'_> {
    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match (key.get_ref().as_ref(), self.form) {
                ("profile", _) => self.chosen(value),
                ("profiles", _) => self.profiles(value),
                (_, Form::Config) => self.key(key, value, "", None),
                (_, Form::Project) => {}
            }
        }
        if let (Some(_), Some(file)) = (self.document.get(None, "token"), self.document.get(None, "token_file")) {
            let message = "`token` and `token_file` exclude each other".to_owned();
            let Place { file, line, column } = file.place.clone();
            self.document.mistakes.push(Mistake { file, line, column, message });
        }
    }

    fn chosen(&mut self, value: &Spanned<DeValue<'_>>) {
        let at = value.span().start;
        match value.get_ref().as_str() {
            Some(name) if is_name(name) => self.document.profile = Some((name.to_owned(), self.place(at))),
            _ => self.wrong(at, format!("`profile` {NAMES}")),
        }
    }

    fn profiles(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(value.span().start, "profiles are tables: [profiles.NAME]".to_owned());
        };
        for (name, value) in table {
            let text: &str = name.get_ref();
            match value.get_ref().as_table() {
                Some(_) if !is_name(text) => self.wrong(name.span().start, format!("the name of a profile {NAMES}")),
                Some(table) => {
                    self.document.profiles.push(text.to_owned());
                    for (key, value) in table {
                        self.key(key, value, "", Some(text));
                    }
                }
                None => self.wrong(value.span().start, format!("a profile is a table: [profiles.{text}]")),
            }
        }
    }

    /// A key of the table whose keys begin like this.
    fn key(&mut self, key: &Key<'_>, value: &Spanned<DeValue<'_>>, prefix: &str, profile: Option<&str>) {
        let whole = format!("{prefix}{}", key.get_ref());
        if let Some(setting) = Setting::of(&whole) {
            return self.setting(setting, key, value, profile);
        }
        let within = format!("{whole}.");
        if !SETTINGS.iter().any(|setting| setting.key.starts_with(&within)) {
            return self.unknown(key, prefix, profile);
        }
        match value.get_ref().as_table() {
            Some(table) => {
                for (key, value) in table {
                    self.key(key, value, &within, profile);
                }
            }
            None => self.wrong(value.span().start, format!("`{whole}` is a table")),
        }
    }

    fn setting(
        &mut self,
        setting: &'static Setting,
        key: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
        profile: Option<&str>,
    ) {
        let name = setting.key;
        if profile.is_some() && setting.scope == Scope::Device {
            let message =
                format!("`{name}` is one for the device: it belongs to the top of config.toml, to no profile");
            return self.wrong(key.span().start, message);
        }
        if self.form == Form::Project && setting.scope < Scope::Project {
            let message = match name {
                "guard.at_most" => "`guard.at_most` loosens rules, which a project may not; config.toml may".to_owned(),
                _ => format!("`{name}` is not a project's to say; config.toml may"),
            };
            return self.wrong(key.span().start, message);
        }
        match setting.kind.of_file(value.get_ref()) {
            Ok(value) => {
                let place = self.place(key.span().start);
                self.document.entries.push(Entry { profile: profile.map(str::to_owned), key: name, value, place });
            }
            Err(why) => self.wrong(value.span().start, format!("{name} {why}")),
        }
    }

    fn unknown(&mut self, key: &Key<'_>, prefix: &str, profile: Option<&str>) {
        let text: &str = key.get_ref();
        let known = self.known(prefix, profile);
        let table = match (profile, prefix.strip_suffix('.')) {
            (None, None) => String::new(),
            (None, Some(table)) => format!(" in [{table}]"),
            (Some(profile), None) => format!(" in [profiles.{profile}]"),
            (Some(profile), Some(table)) => format!(" in [profiles.{profile}.{table}]"),
        };
        let hint = match words::nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.wrong(key.span().start, format!("unknown key `{text}`{table}; {hint}"));
    }

    /// What may stand in a table.
    fn known(&self, prefix: &str, profile: Option<&str>) -> Vec<&'static str> {
        let least = match (self.form, profile) {
            (Form::Project, _) => Scope::Project,
            (Form::Config, Some(_)) => Scope::Profile,
            (Form::Config, None) => Scope::Device,
        };
        let keys = SETTINGS.iter().filter(|setting| setting.scope >= least);
        let mut known: Vec<&str> = keys
            .filter_map(|setting| setting.key.strip_prefix(prefix))
            .map(|rest| rest.split('.').next().unwrap_or(rest))
            .collect();
        if prefix.is_empty() && profile.is_none() {
            known.extend(["profile", "profiles"]);
        }
        known.dedup();
        known
    }

    fn place(&self, at: usize) -> Place {
        let (line, column) = words::place(self.text, at);
        Place { file: self.path.to_owned(), line, column }
    }

    fn wrong(&mut self, at: usize, message: String) {
        let Place { file, line, column } = self.place(at);
        self.document.mistakes.push(Mistake { file, line, column, message });
    }
}

/// What the name of a profile is, behind what has one.
const NAMES: &str = "is made of letters, digits, `-`, `_` and `.`, 64 at most";

/// Whether a profile may be called that.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME && crate::handlers::file::is_name(name)
}

//! Every mistake in a file that people write: what its reader says, and of unknown keys and wrong kinds not only the first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use hookrail_hook::snapshot::PROJECT_FILE;
use serde::Serialize;
use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, Form, Mistake};
use super::settings::{Kind, SETTINGS, Value};
use super::{FILE, reference, schema};
use crate::handlers::file::FILE as HANDLERS_FILE;
use crate::handlers::{self, Level, chain};
use crate::policy::{self, OWN_FILE, Site};
use crate::words;

/// Which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// `config.toml`.
    Config,
    /// `hookrail.toml` of the state folder, which is the person's own.
    Own,
    /// `hookrail.toml` of a project.
    Project,
    /// `policy.toml`.
    Policy,
}

impl What {
    /// Which file this is, by its name; `None` for one that is none of them.
    pub fn of(path: &Path, home: &Home) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        [("policy", Self::Policy), (HANDLERS_FILE, Self::Project), ("config", Self::Config)]
            .into_iter()
            .find(|(part, _)| name.contains(part) && name.ends_with(".toml"))
            .map(|(_, what)| if what == Self::Project && is_in(path, home.path()) { Self::Own } else { what })
    }
}

/// Whether a file, by its name as somebody wrote it, is in a folder.
fn is_in(path: &Path, folder: &Path) -> bool {
    let folder_of =
        |path: &Path| fs::canonicalize(path.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."))).ok();
    path.parent() == Some(folder) || folder_of(path).is_some_and(|found| Some(found) == fs::canonicalize(folder).ok())
}

/// The files that are looked at where none is named: the device's, and those of a project.
pub fn files(home: &Home, project: &Path, root: Option<&Path>) -> Vec<(PathBuf, What)> {
    let of_home = |name: &str| home.path().join(name);
    let mut files = vec![
        (of_home(FILE), What::Config),
        (of_home(HANDLERS_FILE), What::Own),
        (of_home(OWN_FILE), What::Policy),
        (project.join(HANDLERS_FILE), What::Project),
        (root.unwrap_or(project).join(PROJECT_FILE), What::Policy),
    ];
    let mut seen = Vec::new();
    files.retain(|(path, _)| {
        path.is_file() && !seen.contains(path) && {
            seen.push(path.clone());
            true
        }
    });
    files
}

/// Every mistake in a file, in its order.
///
/// # Errors
/// Where it cannot be read.
pub fn check(path: &Path, what: What, home: &Home, now: Timestamp) -> io::Result<Vec<Mistake>> {
    let text = fs::read_to_string(path)?;
    let mut mistakes = match what {
        What::Config => config(&text, path, home),
        What::Own => handlers(&text, path, Level::User, home),
        What::Project => handlers(&text, path, Level::Project, home),
        What::Policy => rules(&text, path, home, now),
    };
    let schema = match what {
        What::Config => None,
        What::Own | What::Project => Some(schema::hookrail()),
        What::Policy => Some(policy::schema()),
    };
    if let Some(schema) = schema {
        let place = |mistake: &Mistake| (mistake.line, mistake.column);
        let (wrong, missing) = against(&text, path, &schema);
        // A reader stops at the first key or kind it does not know; what it says of that is said better here.
        let is_first =
            |mistake: &Mistake| ["unknown ", "invalid "].iter().any(|word| mistake.message.starts_with(word));
        mistakes.retain(|mistake| !is_first(mistake) || !wrong.iter().any(|other| place(other) == place(mistake)));
        for mistake in wrong.into_iter().chain(missing) {
            if !mistakes.iter().any(|told| place(told) == place(&mistake)) {
                mistakes.push(mistake);
            }
        }
    }
    mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
    Ok(mistakes)
}

fn config(text: &str, path: &Path, home: &Home) -> Vec<Mistake> {
    let document = Document::read(text, path, Form::Config);
    let mut mistakes = document.mistakes.clone();
    mistakes.extend(misnamed(&document, &[]));
    for setting in SETTINGS.iter().filter(|setting| setting.kind == Kind::Path) {
        let Some(entry) = document.get(None, setting.key) else { continue };
        let Value::Text(file) = &entry.value else { continue };
        if !home.path().join(file).is_file() {
            let message = format!("{}: there is no file {file}", setting.key);
            let place = entry.place.clone();
            mistakes.push(Mistake { file: place.file, line: place.line, column: place.column, message });
        }
    }
    mistakes
}

/// The profile that was probably meant by one that nobody knows. A name that is like no other is one by which handlers are chosen.
pub(crate) fn meant<'k>(name: &str, others: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let known: Vec<&str> = reference::document().profiles.iter().map(String::as_str).chain(others).collect();
    if known.contains(&name) { None } else { words::nearest(name, known) }
}

/// The choice of a profile where another one was probably meant.
fn misnamed(document: &Document, others: &[String]) -> Option<Mistake> {
    let (name, place) = document.profile.as_ref()?;
    let near = meant(name, document.profiles.iter().chain(others).map(String::as_str))?;
    let message = format!("there is no profile `{name}`; did you mean `{near}`?");
    Some(Mistake { file: place.file.clone(), line: place.line, column: place.column, message })
}

fn handlers(text: &str, path: &Path, level: Level, home: &Home) -> Vec<Mistake> {
    let profiles = Document::read(text, path, Form::Project);
    let mut others = super::of_device(home.path()).map(|person| person.profiles).unwrap_or_default();
    let mut mistakes = match handlers::file::read(text, path, level) {
        // A file whose form is wrong is not read to its end; of profiles it is.
        Err(mut mistakes) => {
            mistakes.extend(
                profiles.mistakes.iter().filter(|mistake| !mistakes.contains(mistake)).cloned().collect::<Vec<_>>(),
            );
            mistakes
        }
        Ok(declared) => {
            others.extend(declared.handlers.iter().flat_map(|handler| handler.profile.iter().cloned()));
            let wrong = chain::check(&declared.handlers.iter().collect::<Vec<_>>());
            let told = |(_, message)| Mistake { file: path.to_owned(), line: 1, column: 1, message };
            wrong.into_iter().map(told).collect()
        }
    };
    mistakes.extend(misnamed(&profiles, &others));
    mistakes
}

fn rules(text: &str, path: &Path, home: &Home, now: Timestamp) -> Vec<Mistake> {
    let told = |mistake: policy::Mistake| Mistake {
        file: path.to_owned(),
        line: mistake.line,
        column: mistake.column,
        message: mistake.message,
    };
    match policy::read(text) {
        Err(mistakes) => mistakes.into_iter().map(told).collect(),
        Ok(file) => {
            let gathered = policy::gather(&Site::device(home));
            let ids = gathered.map(|all| all.join(now).rules.iter().map(|it| it.rule.id.as_ref().clone()).collect());
            let ids: Vec<String> = ids.unwrap_or_default();
            policy::strangers(text, &file, &ids).into_iter().map(told).collect()
        }
    }
}

/// Keys that a schema does not know and values of another kind than it says; and tables that lack a key.
fn against(text: &str, path: &Path, schema: &Json) -> (Vec<Mistake>, Vec<Mistake>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { text, path, mistakes: Vec::new(), missing: Vec::new() };
    for error in errors {
        walk.tell(error.span().map_or(0, |span| span.start), error.message().to_owned());
    }
    walk.table(table.get_ref(), schema, "");
    (walk.mistakes, walk.missing)
}

struct Walk<'t> {
    text: &'t str,
    path: &'t Path,
    mistakes: Vec<Mistake>,
    missing: Vec<Mistake>,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, schema: &Json, within: &str) {
        let known = schema::known(schema);
        for (key, value) in table {
            let text: &str = key.get_ref();
            let of_key = match &schema["properties"][text] {
                Json::Null => &schema["additionalProperties"],
                found => found,
            };
            match &known {
                Some(known) if !known.contains(&text) => self.unknown(key.span().start, text, within, known),
                _ => self.value(value, of_key, text),
            }
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Json, name: &str) {
        let at = value.span().start;
        if let (Some(words), DeValue::String(text)) = (schema["enum"].as_array(), value.get_ref()) {
            let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
            if !words.contains(&text.as_ref()) {
                let near = words::nearest(text, words.iter().copied());
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                self.tell(at, format!("`{name}` must be one of {}, not `{text}`{hint}", words.join(", ")));
            }
            return;
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Json::String(kind) => vec![kind],
            Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).collect(),
            _ => return,
        };
        match value.get_ref() {
            DeValue::Table(table) if kinds.contains(&"object") => {
                let required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
                let lacks: Vec<String> =
                    required.filter(|key| !table.contains_key(*key)).map(|key| format!("`{key}`")).collect();
                if !lacks.is_empty() {
                    let mistake = self.mistake(at, format!("this {name} needs {}", lacks.join(", ")));
                    self.missing.push(mistake);
                }
                self.table(table, schema, name);
            }
            DeValue::Array(items) if kinds.contains(&"array") => {
                for item in items {
                    // Of words in a list the reader knows more forms than an editor is told.
                    if schema["items"]["enum"].is_null() {
                        self.value(item, &schema["items"], name);
                    }
                }
            }
            other if kinds.contains(&kind(other)) => {}
            other => {
                let wanted: Vec<&str> = kinds.iter().map(|kind| in_words(kind)).collect();
                let found = in_words(kind(other));
                self.tell(at, format!("`{name}` must be {}, and is {found}", wanted.join(" or ")));
            }
        }
    }

    fn unknown(&mut self, at: usize, key: &str, within: &str, known: &[&str]) {
        let table = if within.is_empty() { String::new() } else { format!(" in {within}") };
        let hint = match words::nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known.join(", ")),
        };
        self.tell(at, format!("unknown key `{key}`{table}; {hint}"));
    }

    fn tell(&mut self, at: usize, message: String) {
        let mistake = self.mistake(at, message);
        self.mistakes.push(mistake);
    }

    fn mistake(&self, at: usize, message: String) -> Mistake {
        let (line, column) = words::place(self.text, at);
        Mistake { file: self.path.to_owned(), line, column, message }
    }
}

/// JSON Schema's word for what a value is.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) | DeValue::Datetime(_) => "string",
        DeValue::Boolean(_) => "boolean",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "string" => "a text",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "a number",
    }
}

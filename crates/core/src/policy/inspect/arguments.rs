//! The arguments of a server's tool, whose names tell what they are, at whatever depth they stand.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::given::{line, texts};
use crate::json;
use crate::policy::hosts;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// Most values of one call that are looked at, and how deep they may stand.
const MAX_VALUES: usize = 1024;
const MAX_DEPTH: usize = 8;

/// Most names of one call in which parts are looked for, and how long one is, in bytes.
const MAX_NAMES: usize = 128;
const LONGEST_ARGUMENT: usize = 48;

/// Whether a name holds one of these parts.
fn is_like(name: &str, parts: &str) -> bool {
    name.len() <= LONGEST_ARGUMENT && holds(name, parts)
}

/// The arguments of a call.
#[derive(Default)]
pub(super) struct Arguments<'a> {
    /// All of them, as they came.
    pub(super) raw: &'a str,
    pub(super) paths: Vec<Cow<'a, str>>,
    /// Files that are handed on to somebody.
    pub(super) attached: Vec<Cow<'a, str>>,
    pub(super) from: Vec<Cow<'a, str>>,
    pub(super) to: Vec<Cow<'a, str>>,
    pub(super) urls: Vec<Cow<'a, str>>,
    pub(super) commands: Vec<Cow<'a, str>>,
    /// Programs that are told apart from what they are given.
    pub(super) programs: Vec<Cow<'a, str>>,
    /// What is typed, where that goes to a shell.
    pub(super) typed: Vec<Cow<'a, str>>,
    /// What a command is given, where that stands apart.
    pub(super) words: Vec<Cow<'a, str>>,
    pub(super) statements: Vec<Cow<'a, str>>,
    /// Code for a page that a browser shows.
    pub(super) scripts: Vec<Cow<'a, str>>,
    pub(super) written: Vec<Cow<'a, str>>,
    /// Of these what files are to hold.
    pub(super) contents: Vec<Cow<'a, str>>,
    pub(super) directory: Option<Cow<'a, str>>,
    /// Whether a repository, a bucket or a page of somewhere else is named.
    pub(super) elsewhere: bool,
    /// Every plain value by its name, in lower case and without separators: texts, and numbers and truths as they are written.
    said: Vec<(String, Cow<'a, str>)>,
    /// The names of what is given and holds nothing.
    empty: Vec<String>,
    values: usize,
}

impl<'a> Arguments<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut found = Self { raw: text, ..Self::default() };
        found.object(text, 0);
        found
    }

    /// The value of the first argument of one of these names.
    pub(super) fn value(&self, names: &str) -> Option<&str> {
        self.said.iter().find(|(name, _)| is(name, names)).map(|(_, value)| value.as_ref())
    }

    /// The values of all arguments of these names.
    pub(super) fn values<'s>(&'s self, names: &'s str) -> impl Iterator<Item = &'s str> {
        self.said.iter().filter(|(name, _)| is(name, names)).map(|(_, value)| value.as_ref())
    }

    /// Every plain value.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.said.iter().map(|(_, value)| value.as_ref())
    }

    /// The names of the first arguments, in lower case and without separators, each with its value.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let few = self.said.iter().take(MAX_NAMES).filter(|(name, _)| name.len() <= LONGEST_ARGUMENT);
        few.map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// The plain values by the object that they stand in, each with its name: the fields of a form.
    pub(super) fn objects(&self) -> impl Iterator<Item = &[(String, Cow<'a, str>)]> {
        self.said.split(|(_, value)| value == "{}")
    }

    /// Whether one of these arguments is `true`.
    pub(super) fn is_on(&self, names: &str) -> bool {
        self.values(names).any(|value| matches!(value, "true" | "True" | "1" | "yes"))
    }

    /// Whether one of these arguments is `false`.
    pub(super) fn is_off(&self, names: &str) -> bool {
        self.values(names).any(|value| matches!(value, "false" | "False" | "0" | "no" | "off"))
    }

    /// Whether an argument of one of these names is given and holds nothing: `{}`, `[]`.
    pub(super) fn is_empty(&self, names: &str) -> bool {
        self.empty.iter().any(|name| is(name, names))
    }

    /// Whether an argument of one of these names is given, and holds something.
    pub(super) fn is_given(&self, names: &str) -> bool {
        self.said.iter().any(|(name, value)| is(name, names) && !value.is_empty() && value != "null")
    }

    /// The values of all arguments whose names hold one of these parts.
    pub(super) fn said_like<'s>(&'s self, parts: &'s str) -> impl Iterator<Item = &'s str> {
        let few = self.said.iter().take(MAX_NAMES);
        few.filter(move |(name, _)| is_like(name, parts)).map(|(_, value)| value.as_ref())
    }

    /// Whether an argument whose name holds one of these parts is off: by its own value, or by that of one of these states within it.
    pub(super) fn turned(&self, parts: &str, states: &str, is_off: fn(&str) -> bool) -> bool {
        /// How far behind the name of an object its state stands.
        const WITHIN: usize = 6;
        let mut named = self.said.iter().take(MAX_NAMES).enumerate().filter(|(_, (name, _))| is_like(name, parts));
        named.any(|(at, (_, value))| match value.as_ref() {
            "{}" => {
                let within = self.said[at + 1..].iter().take(WITHIN).take_while(|(_, value)| value != "{}");
                within.into_iter().any(|(name, value)| is(name, states) && is_off(value))
            }
            value => is_off(value),
        })
    }

    /// Whether an argument whose name holds one of these parts is `true`.
    pub(super) fn turned_on(&self, parts: &str) -> bool {
        self.said_like(parts).any(|value| matches!(value, "true" | "True" | "1" | "yes" | "on" | "enabled"))
    }

    /// Whether an argument whose name holds one of these parts is given and holds nothing.
    pub(super) fn is_emptied(&self, parts: &str) -> bool {
        self.empty.iter().take(MAX_NAMES).any(|name| is_like(name, parts))
    }

    fn object(&mut self, text: &'a str, depth: usize) {
        let mut fields = Vec::new();
        json::each(text, |key, value| {
            if fields.len() < MAX_VALUES {
                fields.push((key, value));
            }
        });
        for (key, value) in fields {
            let key = json::unescape(json::inside(key).unwrap_or_default());
            let name = key.to_ascii_lowercase().replace(['_', '-', '.', ' '], "");
            self.take(&name, value, depth);
        }
    }

    fn take(&mut self, name: &str, value: &'a RawValue, depth: usize) {
        self.values += 1;
        if self.values > MAX_VALUES {
            return;
        }
        self.named(name, value, depth);
        match value.get().as_bytes().first() {
            Some(b'{') => {
                if value.get()[1..].trim_start().starts_with('}') {
                    self.empty.push(name.to_owned());
                } else if depth < MAX_DEPTH {
                    // What a condition is about is something, whatever it is called.
                    self.said.push((name.to_owned(), Cow::Borrowed("{}")));
                    self.object(value.get(), depth + 1);
                }
            }
            Some(b'[') => {
                let elements = json::elements(Some(value));
                if elements.is_empty() {
                    self.empty.push(name.to_owned());
                }
                for element in elements.into_iter().take(MAX_VALUES) {
                    match json::text(Some(element)) {
                        Some(text) => self.said.push((name.to_owned(), text)),
                        None if !element.get().starts_with(['{', '[', '"']) => {
                            self.said.push((name.to_owned(), Cow::Borrowed(element.get())));
                        }
                        None if depth < MAX_DEPTH => {
                            if element.get().starts_with('{') {
                                self.said.push((name.to_owned(), Cow::Borrowed("{}")));
                            }
                            self.object(element.get(), depth + 1);
                        }
                        None => {}
                    }
                }
            }
            Some(b'"') => self.said.push((name.to_owned(), json::text(Some(value)).unwrap_or_default())),
            _ => self.said.push((name.to_owned(), Cow::Borrowed(value.get()))),
        }
    }

    /// Puts a value where its name says it belongs.
    fn named(&mut self, name: &str, value: &'a RawValue, depth: usize) {
        match name {
            "path" | "filepath" | "file" | "filename" | "paths" | "files" | "filepaths" | "dir" | "directory"
            | "folder" | "targetfile" | "absolutepath" | "relativepath" | "notebookpath" | "outputpath" => {
                let places = texts(value);
                if matches!(name, "dir" | "directory" | "folder") {
                    self.directory = places.first().cloned();
                }
                self.paths.extend(places);
            }
            "attachments" | "attachment" | "attach" | "attachmentpaths" | "attachmentpath" | "uploads"
            | "localpath" | "localfile" | "localfilepath" | "sourcefile" | "media" | "mediapath" | "document"
            | "imagepath" => {
                self.attached.extend(texts(value));
            }
            "source" | "src" | "sourcepath" | "oldpath" | "from" => self.from.extend(texts(value)),
            "destination" | "dest" | "dst" | "destinationpath" | "newpath" | "to" => self.to.extend(texts(value)),
            // A server's own names for what it has are no addresses.
            "uri" | "uris" => {
                let is_address = |uri: &Cow<'_, str>| {
                    hosts::scheme(uri).is_some_and(|scheme| matches!(scheme, "file" | "http" | "https"))
                };
                self.urls.extend(texts(value).into_iter().filter(is_address));
            }
            "url" | "urls" | "href" | "endpoint" | "link" | "website" | "targeturl" => {
                self.urls.extend(texts(value));
            }
            "script" | "function" | "expression" | "code" | "javascript" | "js" | "pagefunction" | "cellsource"
            | "cellcontent" | "cellcode" | "newsource" | "sourcecode" | "snippet" | "pythoncode" => {
                self.scripts.extend(line(value));
            }
            "cmd" | "cmds" | "cmdstring" | "cmdline" | "cmdtext" | "commandline" | "commandstring" | "commandtext"
            | "commandtorun" | "commandtoexecute" | "bash" | "shellscript" | "bashscript" | "oneliner" => {
                self.commands.extend(line(value));
            }
            "program" | "executable" => self.programs.extend(line(value)),
            "commands" | "commandlist" | "steps" => self.commands.extend(texts(value)),
            "input" | "stdin" | "keys" | "keystrokes" | "chars" => self.typed.extend(line(value)),
            "args" | "argv" | "arguments" | "flags" => self.words.extend(texts(value)),
            "cwd" | "workdir" | "workingdirectory" | "workingdir" => self.directory = json::text(Some(value)),
            "sql" | "query" | "statement" | "queries" | "statements" | "soql" | "sqlquery" | "sqlstatement"
            | "sqltext" => self.statements.extend(texts(value)),
            "content" | "contents" => {
                self.contents.push(json::text(Some(value)).unwrap_or_default());
                self.written.extend(texts(value));
            }
            "text" | "body" | "data" | "newtext" | "newstring" | "newstr" | "filetext" | "message" | "manifest"
            | "yaml" | "markdown" | "html" => self.written.extend(texts(value)),
            "repo" | "repository" | "owner" | "bucket" | "projectid" | "branch" | "ref" | "sha" | "pageid"
            | "workspaceid" | "databaseid" | "spaceid" | "container" | "pod" | "host"
                if depth < 2 =>
            {
                self.elsewhere |= json::is_set(Some(value));
            }
            name if name.ends_with("command") || name.ends_with("commands") => self.commands.extend(line(value)),
            _ => {}
        }
    }
}

/// What of a name is looked at, in bytes: no tool, file or role is called longer.
const LONGEST_NAME: usize = 2 << 10;

/// The words of a name, in lower case: `read_text_file`, `readTextFile`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for char in spans::start(name, LONGEST_NAME).chars() {
        let starts = !char.is_ascii_alphanumeric() || char.is_ascii_uppercase() && before_lower;
        before_lower = char.is_ascii_lowercase() || char.is_ascii_digit();
        if starts {
            words.push(String::new());
        }
        if char.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(char.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

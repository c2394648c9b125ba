//! Calls of MCP servers' tools: which server it is, and what is in the arguments that well-known names tell the meaning of.
//!
//! A server that serves files, fetches pages or runs commands is no way around the guard: its paths, addresses and commands are
//! judged as those of the agent's own tools. What a path at another machine means nobody knows here, so the paths of a call that
//! names a repository or a bucket are left alone.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::given::{line, texts};
use super::{content, files, web};
use crate::event::{Family, Tool};
use crate::json;
use crate::mcp::names;
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::hosts;
use crate::policy::places::Place;
use crate::policy::shell::value::Origin;
use crate::policy::shell::{self, Touch};

/// Most paths, addresses and commands of one call that are looked at.
const MAX_ARGUMENTS: usize = 64;

/// What a call of a server's tool does; `None` where the tool is no server's.
pub(super) fn effects(tool: &Tool, arguments: &str, facts: &dyn Facts) -> Option<Vec<Effect>> {
    let act = |kind, target: &str| Effect { kind, ..Effect::on(target, Place::Unknown, &tool.name) };
    let Family::Mcp { server, tool: name } = &tool.family else {
        return names::claims_a_server(&tool.name).then(|| vec![act(Kind::McpMalformed, &tool.name)]);
    };
    let known = facts.servers();
    let server = server.as_deref().unwrap_or_default();
    let (server, name) = if server.is_empty() { names::known_prefix(name, &known) } else { (server, name.as_str()) };
    let mut effects = vec![act(Kind::McpCall, &format!("{server}/{name}"))];
    if names::is_malformed(&tool.name) {
        effects.push(act(Kind::McpMalformed, &tool.name));
    }
    if let Some(of) = names::taken_for(server, &known) {
        effects.push(act(Kind::McpLookalike, &format!("{server}, which is not {of}")));
    }
    effects.extend(destroyed(name).map(|kind| act(kind, name)));
    effects.extend(Arguments::read(arguments).effects(server, name, &tool.name, facts));
    Some(effects)
}

/// The arguments whose names tell what they are.
#[derive(Default)]
struct Arguments<'a> {
    paths: Vec<Cow<'a, str>>,
    from: Vec<Cow<'a, str>>,
    to: Vec<Cow<'a, str>>,
    urls: Vec<Cow<'a, str>>,
    commands: Vec<Cow<'a, str>>,
    /// What a command is given, where that stands apart.
    words: Vec<Cow<'a, str>>,
    statements: Vec<Cow<'a, str>>,
    written: Vec<Cow<'a, str>>,
    directory: Option<Cow<'a, str>>,
    /// Whether a repository, a bucket or a page of somewhere else is named.
    elsewhere: bool,
}

impl<'a> Arguments<'a> {
    fn read(text: &'a str) -> Self {
        let mut found = Self::default();
        json::each(text, |key, value| {
            let key = json::inside(key).unwrap_or_default();
            match key {
                "arguments" | "params" | "input" | "options" if value.get().starts_with('{') => {
                    json::each(value.get(), |key, value| found.take(json::inside(key).unwrap_or_default(), value));
                }
                _ => found.take(key, value),
            }
        });
        found
    }

    fn take(&mut self, key: &str, value: &'a RawValue) {
        let key = key.to_ascii_lowercase().replace(['_', '-'], "");
        match key.as_str() {
            "path" | "filepath" | "file" | "filename" | "paths" | "files" | "filepaths" | "dir" | "directory"
            | "folder" | "targetfile" | "absolutepath" | "relativepath" | "notebookpath" | "outputpath" => {
                let places = texts(value);
                if matches!(key.as_str(), "dir" | "directory" | "folder") {
                    self.directory = places.first().cloned();
                }
                self.paths.extend(places);
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
            "cmd" | "commandline" | "bash" | "script" => self.commands.extend(line(value)),
            "commands" => self.commands.extend(texts(value)),
            "args" | "argv" => self.words.extend(texts(value)),
            "cwd" | "workdir" | "workingdirectory" | "workingdir" => self.directory = json::text(Some(value)),
            "sql" | "query" | "statement" | "queries" => self.statements.extend(texts(value)),
            "content" | "contents" | "text" | "body" | "data" | "newtext" | "newstring" | "filetext" | "message" => {
                self.written.extend(texts(value));
            }
            "edits" => self.written.push(Cow::Borrowed(value.get())),
            "repo" | "repository" | "owner" | "bucket" | "projectid" | "branch" | "ref" | "sha" | "pageid"
            | "workspaceid" | "databaseid" | "spaceid" | "container" | "pod" | "host" => {
                self.elsewhere |= json::is_set(Some(value));
            }
            key if key.ends_with("command") => self.commands.extend(line(value)),
            _ => {}
        }
    }

    fn effects(&self, server: &str, name: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
        let mut effects = Vec::new();
        let verb = Verb::of(name, !self.written.is_empty());
        let few = |texts: &[Cow<'a, str>]| texts.iter().take(MAX_ARGUMENTS).cloned().collect::<Vec<_>>();
        for path in few(&self.paths) {
            match (hosts::scheme(&path), verb.touch()) {
                (Some(scheme), _) if scheme.len() > 1 => effects.extend(web::opened(&path, tool, facts)),
                (_, Some(touch)) if !self.elsewhere => effects.extend(files::touched(&path, touch, tool, facts)),
                _ => {}
            }
        }
        if !self.elsewhere && verb != Verb::Other {
            let taken = if verb == Verb::Move { Touch::Delete } else { Touch::Read };
            effects.extend(few(&self.from).iter().flat_map(|path| files::touched(path, taken, tool, facts)));
            effects.extend(few(&self.to).iter().flat_map(|path| files::touched(path, Touch::Write, tool, facts)));
        }
        let urls = few(&self.urls);
        effects.extend(
            urls.iter().filter(|url| hosts::scheme(url).is_some()).flat_map(|url| web::opened(url, tool, facts)),
        );
        effects.extend(self.run(facts));
        let is_database = ["sql", "postgres", "database", "supabase", "clickhouse", "snowflake", "bigquery", "db"];
        let speaks_sql = |text: &str| is_database.iter().any(|word| text.to_ascii_lowercase().contains(word));
        if speaks_sql(server) || speaks_sql(name) {
            let commands = few(&self.statements).into_iter().map(|sql| format!("psql -c {}", quoted(&sql)));
            effects.extend(commands.flat_map(|command| shell::analyse_in(&command, None, facts).effects));
        }
        effects.extend(self.sent(server, verb, tool, facts));
        effects
    }

    /// The commands that are run.
    fn run(&self, facts: &dyn Facts) -> Vec<Effect> {
        let directory = self.directory.as_deref();
        let words: String = self.words.iter().map(|word| format!(" {}", quoted(word))).collect();
        let commands = self.commands.iter().take(MAX_ARGUMENTS);
        commands.flat_map(|command| shell::analyse_in(&format!("{command}{words}"), directory, facts).effects).collect()
    }

    /// A credential in what is given away: to a file, or to the server and whoever is behind it.
    fn sent(&self, server: &str, verb: Verb, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
        let local = self.paths.first().filter(|_| verb == Verb::Write && !self.elsewhere);
        let mut effects = Vec::new();
        for text in self.written.iter().take(MAX_ARGUMENTS) {
            match local {
                Some(path) => effects.extend(content::written(text, path, tool, facts)),
                None if content::holds_key(text) => {
                    let send = Effect {
                        kind: Kind::DataSend,
                        origin: Origin::SECRET,
                        ..Effect::on(server, Place::Unknown, tool)
                    };
                    effects.push(send);
                }
                None => {}
            }
        }
        effects
    }
}

/// What a tool destroys that others rely on, by the words of its name: `delete_repo` and `repo_delete`, but not
/// `delete_repo_label`.
fn destroyed(name: &str) -> Option<Kind> {
    const VERBS: [&str; 6] = ["delete", "destroy", "drop", "purge", "terminate", "remove"];
    let words = words(name);
    let is_verb = |word: &String| VERBS.contains(&word.as_str());
    let last = words.last()?;
    if !words.iter().any(is_verb) {
        return None;
    }
    let nouns = if is_verb(last) { words.as_slice() } else { std::slice::from_ref(last) };
    let has = |wanted: &[&str]| nouns.iter().any(|word| wanted.contains(&word.as_str()));
    match () {
        () if has(&["repository", "repo", "organization", "organisation"]) => Some(Kind::ForgeDestroy),
        () if has(&["table", "database", "schema"]) => Some(Kind::DatabaseDestroy),
        () if has(&["kubectl", "namespace", "deployment", "helm"]) => Some(Kind::ClusterDestroy),
        () if has(&["bucket", "cluster", "instance", "instances", "stack", "vpc"]) => Some(Kind::CloudDestroy),
        () => None,
    }
}

/// What a tool does with a path, by the words of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Read,
    Write,
    Delete,
    Move,
    Copy,
    /// It only names files, or says something about them.
    List,
    Other,
}

impl Verb {
    fn of(name: &str, gives_content: bool) -> Self {
        let words = words(name);
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
        match () {
            () if has(&["delete", "remove", "rm", "unlink", "trash"]) => Self::Delete,
            () if has(&["move", "rename", "mv"]) => Self::Move,
            () if has(&["copy", "cp"]) => Self::Copy,
            () if has(&[
                "write", "edit", "append", "create", "save", "put", "patch", "insert", "replace", "modify",
            ]) =>
            {
                Self::Write
            }
            () if has(&["list", "ls", "tree", "stat", "info", "exists", "find", "mkdir", "glob"]) => Self::List,
            () if has(&["read", "get", "cat", "view", "open", "load", "show", "head", "tail", "download"]) => {
                Self::Read
            }
            () if has(&["search", "grep"]) => Self::Read,
            () if gives_content => Self::Write,
            () if has(&["file", "files"]) => Self::Read,
            () => Self::Other,
        }
    }

    fn touch(self) -> Option<Touch> {
        match self {
            Self::Read | Self::Copy | Self::Other => Some(Touch::Read),
            Self::Write => Some(Touch::Write),
            Self::Delete | Self::Move => Some(Touch::Delete),
            Self::List => None,
        }
    }
}

/// The words of a name, in lower case: `read_text_file`, `readTextFile`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for char in name.chars() {
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
    words
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

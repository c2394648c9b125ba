//! The servers that a file names, without what is secret of them.

use std::path::Path;

use hookrail_core::{mcp, redact};
use toml::Value as Toml;

use super::sources::Form;
use crate::install::jsonc::{self, Dialect, Node};

/// Programs that start another one, which is what a person knows the server by.
const LAUNCHERS: &[&str] =
    &["npx", "bunx", "pnpx", "uvx", "uv", "pipx", "docker", "podman", "node", "python", "python3", "deno"];

/// The longest name or package that is told.
const MAX_CHARS: usize = 120;

/// A server as a file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The name that the file gives it.
    pub(super) name: String,
    /// That name as it is in its tools' names.
    pub(super) raw: String,
    /// `stdio`, `http`, `sse`, or `unknown`.
    pub(super) transport: &'static str,
    /// The host, or the program and the package it runs.
    pub(super) origin: Option<String>,
    /// Whether the file does not switch it off.
    pub(super) enabled: bool,
    /// The project it is for, where the file names servers of several.
    pub(super) project: Option<String>,
}

/// What of an entry is looked at.
#[derive(Default)]
struct Fields {
    kind: Option<String>,
    command: Option<String>,
    arguments: Vec<String>,
    url: Option<String>,
    enabled: bool,
}

/// The servers of a file. `Err` tells why it cannot be read.
pub(super) fn read(text: &str, form: Form) -> Result<Vec<Entry>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    match form {
        Form::Json => json(text),
        Form::Toml => toml(text),
    }
}

fn json(text: &str) -> Result<Vec<Entry>, String> {
    let root = jsonc::parse(text, Dialect::Jsonc).map_err(|error| error.to_string())?;
    let mut entries: Vec<Entry> = of_node(&root, None);
    let disabled = |project: &Node| -> Vec<String> {
        let lists = ["disabledMcpServers", "disabledMcpjsonServers"];
        let named = lists.iter().filter_map(|list| project.get(list)).flat_map(Node::children);
        named.filter_map(|child| child.node.as_str().map(str::to_owned)).collect()
    };
    for project in root.get("projects").map(Node::children).unwrap_or_default() {
        let off = disabled(&project.node);
        let own = of_node(&project.node, project.key.as_deref());
        entries.extend(
            own.into_iter().map(|entry| Entry { enabled: entry.enabled && !off.contains(&entry.name), ..entry }),
        );
    }
    Ok(entries)
}

fn of_node(node: &Node, project: Option<&str>) -> Vec<Entry> {
    let servers = node.get("mcpServers").map(Node::children).unwrap_or_default();
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let entry = |child: &jsonc::Child| {
        let server = &child.node;
        let arguments = server.get("args").map(Node::children).unwrap_or_default();
        let fields = Fields {
            kind: text(server, "type").or_else(|| text(server, "transport")),
            command: text(server, "command"),
            arguments: arguments.iter().filter_map(|child| child.node.as_str().map(str::to_owned)).collect(),
            url: ["url", "httpUrl", "serverUrl"].iter().find_map(|key| text(server, key)),
            enabled: !server.get("disabled").is_some_and(Node::is_true),
        };
        Some(fields.entry(child.key.as_deref()?, project.map(str::to_owned)))
    };
    servers.iter().filter_map(entry).collect()
}

fn toml(text: &str) -> Result<Vec<Entry>, String> {
    let root: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let servers = root.get("mcp_servers").and_then(Toml::as_table);
    let text = |server: &Toml, key: &str| server.get(key).and_then(Toml::as_str).map(str::to_owned);
    let entry = |(name, server): (&String, &Toml)| {
        let arguments = server.get("args").and_then(Toml::as_array).map(Vec::as_slice).unwrap_or_default();
        let fields = Fields {
            kind: None,
            command: text(server, "command"),
            arguments: arguments.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
            url: text(server, "url"),
            enabled: server.get("enabled").and_then(Toml::as_bool).unwrap_or(true),
        };
        fields.entry(name, None)
    };
    Ok(servers.into_iter().flatten().map(entry).collect())
}

impl Fields {
    fn entry(self, name: &str, project: Option<String>) -> Entry {
        let transport = match (self.kind.as_deref(), &self.url, &self.command) {
            (Some("sse"), ..) => "sse",
            (Some("http" | "streamable-http" | "streamableHttp"), ..) => "http",
            (_, Some(_), _) => "http",
            (_, None, Some(_)) => "stdio",
            _ => "unknown",
        };
        let origin = match (&self.url, &self.command) {
            (Some(url), _) => mcp::host(url).map(str::to_owned),
            (None, Some(command)) => Some(program(command, &self.arguments)),
            (None, None) => None,
        };
        let name: String = name.chars().take(MAX_CHARS).collect();
        Entry { raw: mcp::raw(&name), name, transport, origin, enabled: self.enabled, project }
    }
}

/// A program's name without its folder, and the package where the program only starts one: the first word that is a plain name
/// and no value of an option.
fn program(command: &str, arguments: &[String]) -> String {
    let first = command.split_whitespace().next().unwrap_or_default();
    let name = Path::new(first).file_name().map_or(first.into(), |name| name.to_string_lossy());
    let name: String = name.chars().take(MAX_CHARS).collect();
    let starts_another = LAUNCHERS.contains(&name.as_str());
    match arguments.iter().map(String::as_str).find(|word| is_package(word)).filter(|_| starts_another) {
        Some(package) => format!("{name} {package}"),
        None => name,
    }
}

/// Whether a word names a package and nothing else: what could be a secret is not told.
fn is_package(word: &str) -> bool {
    let of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"@/-._".contains(&byte);
    let is_verb = matches!(word, "run" | "tool" | "dlx" | "exec" | "x");
    let bare = word.split('@').filter(|part| !part.is_empty()).count() <= 2;
    !is_verb
        && word.len() <= MAX_CHARS
        && !word.starts_with('-')
        && !word.starts_with('/')
        && word.bytes().all(of_name)
        && (word.contains("mcp") || word.starts_with('@') && word.contains('/'))
        && bare
        && redact::redact_text(word).replaced() == 0
}

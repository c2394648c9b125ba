//! Our hooks into a settings file and out of it again: text in, text out.
//!
//! Claude Code and Codex share the shape: `{"hooks": {"<Event>": [{"matcher": …, "hooks": [<handler>, …]}, …]}}`.
//! A handler is ours by the program it runs, wherever a person or another tool moved it to.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::edit::{self, Style};
use super::jsonc::{Dialect, Node, SyntaxError, Value, parse};

/// The names our hook is run by: the tiny program, or the large one with `hook` as its first argument.
const PROGRAM: &str = "hookrail-hook";
const LARGE_PROGRAM: &str = "hookrail";

/// One hook to have: the handler for an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The agent's name of the event.
    pub event: &'static str,
    /// Which tools or sources it is for; `None` on events that take no matcher.
    pub matcher: Option<&'static str>,
    /// The handler in the agent's shape.
    pub handler: Json,
}

/// A hook as it stands in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// The event it is registered for.
    pub event: String,
    /// The program it runs, as written.
    pub program: String,
    /// The group's matcher, as written.
    pub matcher: Option<String>,
    /// The handler.
    pub handler: Json,
}

/// What a merge did, counted in hooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Put in.
    pub added: usize,
    /// Brought up to date: another path, other arguments.
    pub updated: usize,
    /// Taken out: no longer wanted, or there twice.
    pub removed: usize,
}

/// Why a file is left alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// It is not valid in its own dialect, so the agent does not read it either.
    #[error("is not valid JSON ({0}); mend it first, nothing was changed")]
    Syntax(SyntaxError),
    /// It is valid and has another shape than the agent's.
    #[error("has no place for hooks: `{0}` is not {1}; mend it first, nothing was changed")]
    Shape(String, &'static str),
}

/// Where a hook of ours stands: positions within `hooks`, the event's list, and the group's list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    event: usize,
    group: usize,
    handler: usize,
}

/// The file's text with exactly `entries` as our hooks, and what that changed. Empty text is an empty file.
///
/// # Errors
/// See [`MergeError`].
pub fn install(text: &str, entries: &[Entry], dialect: Dialect) -> Result<(String, Changes), MergeError> {
    let mut changes = Changes::default();
    let mut text =
        if text.trim_start_matches('\u{feff}').trim().is_empty() { "{}\n".to_owned() } else { text.to_owned() };
    while let Some(shorter) = drop_unwanted(&text, entries, dialect)? {
        text = shorter;
        changes.removed += 1;
    }
    for entry in entries {
        match registered(&text, dialect)?.into_iter().find(|(_, it)| it.event == entry.event) {
            Some((_, it)) if is_current(&it.handler, &entry.handler) => {}
            Some((place, it)) => {
                let root = read(&text, dialect)?;
                let style = Style::of(&text, &root);
                let updated = brought_up_to_date(&it.handler, &entry.handler);
                if let Some(handler) = handler_at(&root, &place) {
                    text = edit::replace(&text, handler, &updated, &style);
                    changes.updated += 1;
                }
            }
            None => {
                text = add(&text, entry, dialect)?;
                changes.added += 1;
            }
        }
    }
    Ok((text, changes))
}

/// The file's text without our hooks, and how many they were. Where `original`, the text before they came, plus what is
/// there of ours is the text as it is now, nobody else touched the file and `original` itself is the answer.
///
/// # Errors
/// See [`MergeError`].
pub fn uninstall(text: &str, original: Option<&str>, dialect: Dialect) -> Result<(String, usize), MergeError> {
    let ours: Vec<Registration> = registrations(text, dialect)?;
    if let Some(original) = original
        && untouched_since(original, text, &ours, dialect)
    {
        return Ok((original.to_owned(), ours.len()));
    }
    let mut text = text.to_owned();
    let mut removed = 0;
    while let Some((place, _)) = registered(&text, dialect)?.into_iter().next_back() {
        text = remove_at(&text, &place, dialect)?;
        removed += 1;
    }
    Ok((text, removed))
}

/// Our hooks in this file, in its order.
///
/// # Errors
/// See [`MergeError`].
pub fn registrations(text: &str, dialect: Dialect) -> Result<Vec<Registration>, MergeError> {
    Ok(registered(text, dialect)?.into_iter().map(|(_, registration)| registration).collect())
}

/// Whether a top-level switch of the file is `true`.
pub(crate) fn is_switched_on(text: &str, key: &str, dialect: Dialect) -> bool {
    parse(text, dialect).is_ok_and(|root| root.get(key).is_some_and(Node::is_true))
}

/// Whether a file that is valid in its dialect is plain JSON too.
pub(crate) fn is_plain_json(text: &str) -> bool {
    text.trim().is_empty() || parse(text, Dialect::Json).is_ok()
}

/// Whether writing `ours` into `original` again gives `text`.
fn untouched_since(original: &str, text: &str, ours: &[Registration], dialect: Dialect) -> bool {
    let mut again = if original.trim().is_empty() { "{}\n".to_owned() } else { original.to_owned() };
    for it in ours {
        match add_group(&again, &it.event, it.matcher.as_deref(), &it.handler, dialect) {
            Ok(added) => again = added,
            Err(_) => return false,
        }
    }
    again == text
}

fn read(text: &str, dialect: Dialect) -> Result<Node, MergeError> {
    parse(text, dialect).map_err(MergeError::Syntax)
}

/// The hooks of another program in this file, told by their command, and the text without them.
///
/// # Errors
/// See [`MergeError`].
pub fn take_out(
    text: &str,
    dialect: Dialect,
    is_theirs: &dyn Fn(&[String]) -> bool,
) -> Result<(String, Vec<Registration>), MergeError> {
    let theirs = |handler: &Node| {
        if our_program(handler).is_some() {
            return None;
        }
        let words = command_of(handler)?;
        is_theirs(&words).then(|| words.join(" "))
    };
    let found: Vec<Registration> = handlers(text, dialect, &theirs)?.into_iter().map(|(_, it)| it).collect();
    let mut text = text.to_owned();
    while let Some((place, _)) = handlers(&text, dialect, &theirs)?.into_iter().next_back() {
        text = remove_at(&text, &place, dialect)?;
    }
    Ok((text, found))
}

/// The text with these hooks put back, each in a group of its own.
///
/// # Errors
/// See [`MergeError`].
pub fn put_back(text: &str, hooks: &[Registration], dialect: Dialect) -> Result<String, MergeError> {
    let mut text = if text.trim().is_empty() { "{}\n".to_owned() } else { text.to_owned() };
    for hook in hooks {
        text = add_group(&text, &hook.event, hook.matcher.as_deref(), &hook.handler, dialect)?;
    }
    Ok(text)
}

/// Our hooks and where they stand.
fn registered(text: &str, dialect: Dialect) -> Result<Vec<(Place, Registration)>, MergeError> {
    handlers(text, dialect, &our_program)
}

/// The handlers that `program` knows, what it says of each, and where they stand.
fn handlers(
    text: &str,
    dialect: Dialect,
    program: &dyn Fn(&Node) -> Option<String>,
) -> Result<Vec<(Place, Registration)>, MergeError> {
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Ok(Vec::new());
    }
    let root = read(text, dialect)?;
    check_shape(&root)?;
    let mut found = Vec::new();
    let events = root.get("hooks").map_or(&[][..], Node::children);
    for (event, member) in events.iter().enumerate() {
        for (group, element) in member.node.children().iter().enumerate() {
            let handlers = element.node.get("hooks").map_or(&[][..], Node::children);
            for (handler, child) in handlers.iter().enumerate() {
                let Some(program) = program(&child.node) else { continue };
                let registration = Registration {
                    event: member.key.clone().unwrap_or_default(),
                    program,
                    matcher: element.node.get("matcher").and_then(Node::as_str).map(str::to_owned),
                    handler: json_of(text, &child.node),
                };
                found.push((Place { event, group, handler }, registration));
            }
        }
    }
    Ok(found)
}

/// Refuses a file in which our hooks could not stand where the agent looks for them.
fn check_shape(root: &Node) -> Result<(), MergeError> {
    if !matches!(root.value, Value::Object(_)) {
        return Err(MergeError::Shape("the file".into(), "an object"));
    }
    let Some(hooks) = root.get("hooks") else { return Ok(()) };
    if !matches!(hooks.value, Value::Object(_)) {
        return Err(MergeError::Shape("hooks".into(), "an object"));
    }
    match hooks.children().iter().find(|event| !matches!(event.node.value, Value::Array(_))) {
        Some(event) => Err(MergeError::Shape(format!("hooks.{}", event.key.as_deref().unwrap_or_default()), "a list")),
        None => Ok(()),
    }
}

/// The words of a handler's command, as [`take_out`] gives them to whoever tells whose it is.
pub fn command_words(handler: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let Some(command) = handler.get("command").and_then(text) else { return Vec::new() };
    match handler.get("args").and_then(Json::as_array) {
        Some(args) => std::iter::once(command).chain(args.iter().filter_map(text)).collect(),
        None => shell_words(&command),
    }
}

/// The words of a handler's command: the exec form's program and arguments, or those of its line for a shell.
fn command_of(handler: &Node) -> Option<Vec<String>> {
    let command = handler.get("command")?.as_str()?;
    Some(match handler.get("args") {
        Some(args) => std::iter::once(command.to_owned())
            .chain(args.children().iter().filter_map(|arg| arg.node.as_str().map(str::to_owned)))
            .collect(),
        None => shell_words(command),
    })
}

/// The program a handler runs, if it is ours: by exec form (`command` with `args`) or by a line for a shell.
fn our_program(handler: &Node) -> Option<String> {
    let command = handler.get("command")?.as_str()?;
    let name = |path: &str| {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        file.strip_suffix(".exe").unwrap_or(file).to_owned()
    };
    let (program, first) = match handler.get("args") {
        Some(args) => {
            (command.to_owned(), args.children().first().and_then(|arg| arg.node.as_str()).map(str::to_owned))
        }
        None => {
            let mut words = shell_words(command).into_iter().skip_while(|word| word == "exec" || is_assignment(word));
            (words.next()?, words.next())
        }
    };
    let ours = name(&program) == PROGRAM || (name(&program) == LARGE_PROGRAM && first.as_deref() == Some("hook"));
    ours.then_some(program)
}

/// `NAME=value` before a command.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The words of a simple shell command. Enough for the lines an installer writes; a line that does more is not ours.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// A value as JSON without its comments.
fn json_of(text: &str, node: &Node) -> Json {
    match &node.value {
        Value::Object(members) => {
            members.iter().map(|member| (member.key.clone().unwrap_or_default(), json_of(text, &member.node))).collect()
        }
        Value::Array(elements) => elements.iter().map(|element| json_of(text, &element.node)).collect(),
        Value::String(string) => json!(string),
        Value::Bool(truth) => json!(truth),
        Value::Other => serde_json::from_str(&text[node.span.clone()]).unwrap_or_default(),
    }
}

/// Whether the handler runs what it should; other keys of it are the person's own.
fn is_current(found: &Json, wanted: &Json) -> bool {
    ["type", "command", "args"].iter().all(|key| found.get(key) == wanted.get(key))
}

/// The found handler with the wanted program and arguments, in the wanted order, and the person's own settings kept.
fn brought_up_to_date(found: &Json, wanted: &Json) -> Json {
    let mut handler = wanted.as_object().cloned().unwrap_or_default();
    for (key, value) in found.as_object().into_iter().flatten() {
        if !["type", "command", "args"].contains(&key.as_str()) {
            handler.insert(key.clone(), value.clone());
        }
    }
    Json::Object(handler)
}

/// The text without one of our hooks that should not be there: on an event that is not wanted, or a second one on an event.
fn drop_unwanted(text: &str, entries: &[Entry], dialect: Dialect) -> Result<Option<String>, MergeError> {
    let found = registered(text, dialect)?;
    let unwanted = found.iter().enumerate().rev().find(|(position, (_, it))| {
        !entries.iter().any(|entry| entry.event == it.event)
            || found[..*position].iter().any(|(_, earlier)| earlier.event == it.event)
    });
    unwanted.map(|(_, (place, _))| remove_at(text, place, dialect)).transpose()
}

fn add(text: &str, entry: &Entry, dialect: Dialect) -> Result<String, MergeError> {
    add_group(text, entry.event, entry.matcher, &entry.handler, dialect)
}

/// Adds a group of one handler at the end of the event's list, making the list and `hooks` where they are missing.
fn add_group(
    text: &str,
    event: &str,
    matcher: Option<&str>,
    handler: &Json,
    dialect: Dialect,
) -> Result<String, MergeError> {
    let root = read(text, dialect)?;
    check_shape(&root)?;
    let style = Style::of(text, &root);
    let group = match matcher {
        Some(matcher) => json!({ "matcher": matcher, "hooks": [handler] }),
        None => json!({ "hooks": [handler] }),
    };
    Ok(match root.get("hooks") {
        None => edit::append(text, &root, &style, Some("hooks"), &json!({ event: [group] })),
        Some(hooks) => match hooks.get(event) {
            None => edit::append(text, hooks, &style, Some(event), &json!([group])),
            Some(list) => edit::append(text, list, &style, None, &group),
        },
    })
}

fn handler_at<'a>(root: &'a Node, place: &Place) -> Option<&'a Node> {
    let group = root.get("hooks")?.children().get(place.event)?.node.children().get(place.group)?;
    Some(&group.node.get("hooks")?.children().get(place.handler)?.node)
}

/// Takes a handler out, and with it the group, the event and `hooks` where it was all they held.
fn remove_at(text: &str, place: &Place, dialect: Dialect) -> Result<String, MergeError> {
    let root = read(text, dialect)?;
    let same = || text.to_owned();
    let Some(hooks_at) = root.position("hooks") else { return Ok(same()) };
    let hooks = &root.children()[hooks_at].node;
    let Some(event) = hooks.children().get(place.event) else { return Ok(same()) };
    let Some(group) = event.node.children().get(place.group) else { return Ok(same()) };
    let Some(handlers) = group.node.get("hooks") else { return Ok(same()) };
    Ok(if handlers.children().len() > 1 {
        edit::remove(text, handlers, place.handler)
    } else if event.node.children().len() > 1 {
        edit::remove(text, &event.node, place.group)
    } else if hooks.children().len() > 1 {
        edit::remove(text, hooks, place.event)
    } else {
        edit::remove(text, &root, hooks_at)
    })
}

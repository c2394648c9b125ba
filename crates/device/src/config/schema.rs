//! JSON Schemas (draft 2020-12) of the files that people write, for editors, and for finding every mistake of a kind at once.

use serde_json::{Map, Value as Json, json};

use super::reference;
use super::settings::{Kind, SETTINGS, Scope, Setting};
use crate::handlers::events;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
const SPAN: &str = "^[0-9]+ *([Dd]|[Hh]|[Mm]|[Ss]|[Mm][Ss])$";
const BYTES: &str = "^[0-9]+ *([GMKgmk][Ii])?[Bb]$";
const NAME: &str = "^[A-Za-z0-9._-]+$";

/// The schema of `config.toml`.
pub fn config() -> Json {
    let mut properties = tables(Scope::Device);
    properties.insert("profile".to_owned(), profile());
    properties.insert("profiles".to_owned(), profiles(Scope::Profile));
    document("hookrail's settings of a device (config.toml)", &properties)
}

/// The schema of `hookrail.toml`.
pub fn hookrail() -> Json {
    let setup = object(
        &json!({
            "init": list(&step(), "What a fresh checkout needs, in order"),
            "maintenance": list(&step(), "What is done from time to time"),
        }),
        &[],
    );
    let properties = json!({
        "profile": profile(),
        "profiles": profiles(Scope::Project),
        "handler": list(&handler(), "Programs that run at an agent's events"),
        "setup": setup,
    });
    let Json::Object(properties) = properties else { return properties };
    document("hookrail's handlers, set-up and profiles of a project (hookrail.toml)", &properties)
}

fn document(title: &str, properties: &Map<String, Json>) -> Json {
    json!({"$schema": DRAFT, "title": title, "type": "object", "additionalProperties": false, "properties": properties})
}

fn object(properties: &Json, required: &[&str]) -> Json {
    json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
}

fn text(about: &str) -> Json {
    json!({"type": "string", "minLength": 1, "description": about})
}

fn texts(about: &str) -> Json {
    json!({"type": ["string", "array"], "items": {"type": "string"}, "description": about})
}

fn span(about: &str) -> Json {
    json!({"type": "string", "pattern": SPAN, "description": about})
}

fn flag(about: &str) -> Json {
    json!({"type": "boolean", "description": about})
}

fn list(items: &Json, about: &str) -> Json {
    json!({"type": "array", "items": items, "description": about})
}

fn profile() -> Json {
    json!({"type": "string", "pattern": NAME, "description": reference::about("profile")})
}

fn profiles(scope: Scope) -> Json {
    let one = json!({"type": "object", "additionalProperties": false, "properties": tables(scope)});
    json!({"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": one, "description": "What is another in a profile"})
}

/// The settings that may be said there, in their tables.
fn tables(scope: Scope) -> Map<String, Json> {
    let mut all = Map::new();
    for setting in SETTINGS.iter().filter(|setting| setting.scope >= scope) {
        match setting.key.split_once('.') {
            None => drop(all.insert(setting.key.to_owned(), of(setting))),
            Some((table, key)) => {
                let table = all.entry(table).or_insert_with(|| object(&json!({}), &[]));
                table["properties"][key] = of(setting);
            }
        }
    }
    all
}

fn of(setting: &Setting) -> Json {
    let mut schema = match setting.kind {
        Kind::Text | Kind::Path | Kind::Key => json!({"type": "string"}),
        Kind::Server => json!({"type": "string", "pattern": "^https?://"}),
        Kind::Switch => json!({"type": "boolean"}),
        Kind::Bytes(..) => json!({"type": "string", "pattern": BYTES}),
        Kind::Span(_) => json!({"type": "string", "pattern": SPAN}),
        Kind::Word(words) => json!({"enum": words}),
        Kind::Globs => json!({"type": "array", "items": {"type": "string"}}),
    };
    schema["description"] = reference::about(setting.key).into();
    if let Some(entry) = reference::document().get(None, setting.key) {
        schema["default"] = json!(entry.value);
    }
    schema
}

fn handler() -> Json {
    let events = events::NAMES.join(", ");
    object(
        &json!({
            "name": {"type": "string", "pattern": NAME, "description": "One of a kind among yours, and among the project's"},
            "on": texts(&format!("An event or several, by the agent's name or by hookrail's kind (`turn.ended`): {events}")),
            "run": texts("A line for `sh`, or a program and its arguments"),
            "use": text("A built-in, in the place of `run`"),
            "with": {"type": "object", "description": "The settings of the built-in"},
            "tools": text("What the event's matcher speaks of, as in Claude Code's settings: `Bash`, `Edit|Write`"),
            "matcher": text("As `tools`"),
            "paths": texts("Globs; one of the files that the event names must match"),
            "changed": {"enum": ["turn", "session", "git"], "description": "The files are those that changed since then"},
            "cwd": texts("Globs of the working folder, within the project"),
            "branch": texts("Globs of the branch"),
            "agent": texts("Agents, one of which it must be"),
            "profile": texts("Profiles, one of which must be in force"),
            "timeout": span("How long it may take"),
            "can_block": flag("Whether its decisions count"),
            "after": texts("Handlers that must have ended before"),
        }),
        &["name", "on"],
    )
}

fn step() -> Json {
    let condition = object(
        &json!({
            "exists": texts("Files or folders that must be there"),
            "missing": texts("Files or folders that must not"),
            "os": texts("Systems, one of which it must be"),
            "run": text("A line for `sh` that must succeed"),
        }),
        &[],
    );
    object(
        &json!({
            "name": {"type": "string", "pattern": NAME, "description": "One of a kind"},
            "run": texts("A line for `sh`, or a program and its arguments"),
            "folder": text("Where it runs, within the project"),
            "if": condition,
            "timeout": span("How long it may take"),
            "parallel": flag("Whether it waits for the steps above only where they are not parallel"),
            "after": texts("Steps above that it waits for, and for no others"),
            "inputs": texts("Files and folders: done once for each content of these"),
            "outputs": texts("And again where these are gone"),
            "required": flag("Whether all has failed where it fails; yes unless given"),
            "env": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Variables of its environment"},
        }),
        &["name", "run"],
    )
}

/// Every key that a schema knows of a table, where it names them all.
pub(super) fn known(schema: &Json) -> Option<Vec<&str>> {
    let is_closed = schema["additionalProperties"] == Json::Bool(false);
    schema["properties"].as_object().filter(|_| is_closed).map(|all| all.keys().map(String::as_str).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;
    use crate::config::document::{Document, Form};
    use crate::config::settings::Value;
    use crate::handlers::{Level, file};

    /// The keys that the reader takes in a table, as it says itself of one it does not know.
    fn taken(text: &str) -> Vec<String> {
        let mistakes = file::read(text, Path::new("hookrail.toml"), Level::Project).unwrap_err();
        let message = &mistakes[0].message;
        let list = message.split_once("expected one of ").or_else(|| message.split_once("expected ")).unwrap().1;
        let mut names: Vec<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        names.sort();
        names
    }

    fn named(schema: &Json) -> Vec<String> {
        let mut names: Vec<String> = known(schema).unwrap().into_iter().map(str::to_owned).collect();
        names.sort();
        names
    }

    #[test]
    fn the_schema_of_hookrail_toml_has_the_keys_that_are_read() {
        let schema = hookrail();
        let of = |pointer: &str| named(schema.pointer(pointer).unwrap());
        assert_eq!(of(""), taken("no_such = 1"));
        assert_eq!(of("/properties/handler/items"), taken("[[handler]]\nno_such = 1"));
        assert_eq!(of("/properties/setup"), taken("[setup]\nno_such = 1"));
        for phase in ["init", "maintenance"] {
            let step = format!("/properties/setup/properties/{phase}/items");
            assert_eq!(of(&step), taken(&format!("[[setup.{phase}]]\nno_such = 1")));
            assert_eq!(
                of(&format!("{step}/properties/if")),
                taken(&format!("[[setup.{phase}]]\nif = {{ no_such = 1 }}"))
            );
        }
    }

    #[test]
    fn the_schema_of_config_toml_has_the_keys_that_are_read_and_their_defaults() {
        let schema = config();
        let read = |text: &str| Document::read(text, Path::new("config.toml"), Form::Config).mistakes;
        for setting in SETTINGS {
            let pointer = format!("/properties/{}", setting.key.replace('.', "/properties/"));
            let found = schema.pointer(&pointer).unwrap();
            assert!(found["description"].is_string(), "{pointer}");
            if let Some(default) = found.get("default") {
                let line = match default {
                    Json::String(text) => format!("{} = {text:?}", setting.key),
                    other => format!("{} = {other}", setting.key),
                };
                assert_eq!(read(&line), [], "{line}");
                if let Some(pattern) = found["pattern"].as_str() {
                    assert!(regex_lite::Regex::new(pattern).unwrap().is_match(default.as_str().unwrap()), "{line}");
                }
            }
            let in_profile = format!("/properties/profiles/additionalProperties{pointer}");
            assert_eq!(schema.pointer(&in_profile).is_some(), setting.scope >= Scope::Profile, "{in_profile}");
            assert_eq!(hookrail().pointer(&in_profile).is_some(), setting.scope >= Scope::Project, "{in_profile}");
        }
        let count = |schema: &Json| -> usize {
            let tables = schema["properties"].as_object().unwrap().values();
            tables.map(|table| table["properties"].as_object().map_or(1, Map::len)).sum()
        };
        assert_eq!(count(&schema), SETTINGS.len() + 2, "profile, profiles, and nothing but settings");
    }

    #[test]
    fn what_a_pattern_takes_is_what_is_read() {
        for (kind, pattern) in [(Kind::Span(std::time::Duration::ZERO), SPAN), (Kind::Bytes(0, u64::MAX), BYTES)] {
            let pattern = regex_lite::Regex::new(pattern).unwrap();
            for text in
                ["30s", "7 d", "5M", "250ms", "1GiB", "12 kib", "9B", "5", "s", "-1s", "1.5h", "5MB", "", "1 week"]
            {
                let is_read = matches!(kind.of_text(text), Ok(Value::Span(_) | Value::Bytes(_)));
                assert_eq!(pattern.is_match(text), is_read, "{text:?}");
            }
        }
    }
}

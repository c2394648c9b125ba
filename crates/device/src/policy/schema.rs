//! The JSON Schema of a file of rules, for editors.

use hookrail_core::policy::effects::{Kind, Where};
use hookrail_core::policy::places::Place;
use serde_json::{Value, json};

use super::spend::{MODES, PER, WITHIN};

/// The schema, of draft 2020-12.
pub fn schema() -> Value {
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
    let mut areas: Vec<String> =
        Kind::ALL.iter().filter_map(|kind| Some(format!("{}.*", kind.as_str().split_once('.')?.0))).collect();
    areas.dedup();
    let effects: Vec<String> = kinds.map(str::to_owned).chain(areas).chain(["*".to_owned()]).collect();
    let places: Vec<&str> = Place::ALL.iter().map(|place| place.as_str()).collect();
    let everywhere = [Where::Here, Where::Remote, Where::Container, Where::Throwaway].map(Where::as_str);
    let word = |about: &str| json!({"type": "string", "minLength": 1, "description": about});
    let words = |about: &str| json!({"type": "array", "items": {"type": "string"}, "description": about});
    let one_of = |words: &[&str], about: &str| json!({"enum": words, "description": about});
    let some_of = |words: Value, about: &str| json!({"type": "array", "items": {"enum": words}, "description": about});
    let flag = |about: &str| json!({"type": "boolean", "description": about});
    let object = |properties: Value, required: &[&str]| json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required});
    let list = |items: Value, about: &str| json!({"type": "array", "items": items, "description": about});
    let modes = ["enforce", "ask", "warn", "observe"];
    let call = json!({"type": ["string", "object"], "description": "A command, or a call: {tool, input}, {tool, output} or {prompt}, worded as the agent does that `agent` names (Claude Code where it names none), or {agent, payload} in the agent's own words"});
    let rule = object(
        json!({
            "id": {"type": "string", "pattern": "^[a-z0-9._-]+$", "description": "Its name: an area and what it is about"},
            "decision": one_of(&["deny", "ask", "allow"], "What it decides; the strictest rule wins"),
            "mode": one_of(&modes, "How it is carried out"),
            "yields": flag("Whether a person may loosen this rule of their organisation"),
            "reason": word("Why, in a sentence for the agent and the person"),
            "instead": word("What to do in its stead, in a sentence for the agent"),
            "effects": some_of(json!(effects), "Kinds of effects, one of which the call must have"),
            "place": some_of(json!(places), "Where the effect must be"),
            "recursive": flag("Whether it must be on everything below its target"),
            "secret": flag("Whether what is sent must be a secret"),
            "at": some_of(json!(everywhere), "Where it must happen"),
            "target": words("Globs, one of which the target (path, host, name) must match"),
            "except": words("Globs, none of which the target may match"),
            "program": words("Programs or tools, one of which must be at work"),
            "tools": words("The tools it speaks of, by the agent's names"),
            "keywords": words("Texts that must all occur in the agent's JSON"),
            "stops": list(call.clone(), "Calls it stops: its tests"),
            "passes": list(call, "Calls that no rule stops: its tests too"),
        }),
        &["id", "decision", "reason"],
    );
    let adjustment = object(
        json!({
            "rule": word("The rule's id, or `git.*` for all of an area"),
            "mode": one_of(&modes, "How it is carried out"),
        }),
        &["rule", "mode"],
    );
    let exception = object(
        json!({
            "rule": word("The rule's id, or `git.*` for all of an area"),
            "owner": word("Who decided it"),
            "reason": word("Why"),
            "until": word("Until when: a day, or RFC 3339; within 366 days"),
        }),
        &["rule", "owner", "reason", "until"],
    );
    let mcp = object(
        json!({
            "approved": words("MCP servers that may be called: raw names, as `hookrail mcp list` shows them, or globs"),
            "unapproved": one_of(&["observe", "ask", "deny"], "What becomes of a call of another one"),
        }),
        &["approved"],
    );
    let spend = object(
        json!({
            "id": {"type": "string", "pattern": "^[a-z0-9._-]+$", "description": "Its name; as a rule it is `spend.` and this"},
            "per": one_of(&PER, "What is summed: one session, the person's day, a person, a repository"),
            "within": one_of(&WITHIN, "Over which time a person or a repository spends; a month where nothing is said"),
            "limit": {"type": ["number", "string"], "exclusiveMinimum": 0, "description": "How much, in US dollars"},
            "mode": one_of(&MODES, "What happens when it is reached"),
            "yields": flag("Whether a person may loosen this limit of their organisation"),
            "reason": word("What agent and person are told besides the amounts"),
        }),
        &["id", "per", "limit", "mode"],
    );
    let mut file = object(
        json!({
            "on_failure": one_of(&["open", "closed"], "What holds where the guard cannot judge"),
            "mode": one_of(&modes, "How rules of this file are carried out that do not say so themselves"),
            "lock": words("Rules that no person may loosen; an organisation's word"),
            "mcp": mcp,
            "spend": list(spend, "How much may be spent"),
            "rule": list(rule, "The rules"),
            "adjust": list(adjustment, "How rules of other files are carried out"),
            "exception": list(exception, "What is excepted from rules, for a time"),
        }),
        &[],
    );
    file["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    file["title"] = "hookrail's rules (policy.toml)".into();
    file
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::file::read;

    /// The fields that the reader takes in a table, as it says itself of one it does not know.
    fn taken(text: &str) -> Vec<String> {
        let message = read(text).unwrap_err().remove(0).message;
        let list = message.split_once("expected one of ").or_else(|| message.split_once("expected ")).unwrap().1;
        let mut names: Vec<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        names.sort();
        names
    }

    fn named(schema: &Value) -> Vec<String> {
        let mut names: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    #[test]
    fn the_schema_has_the_fields_that_are_read() {
        let schema = schema();
        assert_eq!(named(&schema), taken("no_such_field = 1"));
        assert_eq!(named(&schema["properties"]["mcp"]), taken("[mcp]\nno_such_field = 1"));
        for table in ["rule", "adjust", "exception", "spend"] {
            let items = &schema["properties"][table]["items"];
            assert_eq!(named(items), taken(&format!("[[{table}]]\nno_such_field = 1")), "{table}");
        }
    }

    #[test]
    fn the_schema_takes_the_words_that_are_read() {
        let schema = schema();
        let rule = &schema["properties"]["rule"]["items"]["properties"];
        let words = |schema: &Value| -> Vec<String> {
            schema["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let with = |line: &str| format!("[[rule]]\nid = \"a\"\ndecision = \"deny\"\nreason = \"r\"\n{line}\n");
        for effect in words(&rule["effects"]["items"]) {
            read(&with(&format!("effects = [\"{effect}\"]"))).unwrap();
        }
        for (field, list) in [("place", &rule["place"]), ("at", &rule["at"])] {
            for word in words(&list["items"]) {
                read(&with(&format!("effects = [\"*\"]\n{field} = [\"{word}\"]"))).unwrap();
            }
        }
        for mode in words(&rule["mode"]) {
            read(&with(&format!("tools = [\"Bash\"]\nmode = \"{mode}\""))).unwrap();
        }
    }
}

//! What the device adds to records on their way: its name, its person, and on a session's first record the place.
//!
//! The hook adds nothing of this, because it may cost nothing; a record that says it already is left as it is.

use std::collections::HashSet;

use hookrail_core::context::Context;
use hookrail_core::event::Kind;
use hookrail_core::wire::Record;

use crate::place::Place;

/// The most sessions remembered; a session that is forgotten is told the place of again, which changes nothing.
const MAX_SESSIONS: usize = 10_000;

/// Adds what the device knows.
#[derive(Debug)]
pub(super) struct Enricher {
    place: Place,
    source_app: Option<String>,
    told: HashSet<String>,
}

/// What is put in front of a record's members.
#[derive(serde::Serialize)]
struct Added<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_app: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
}

impl Enricher {
    pub(super) fn new(place: Place, source_app: Option<String>) -> Self {
        Self { place, source_app, told: HashSet::new() }
    }

    /// The line of a record, with what it lacks.
    pub(super) fn line(&mut self, line: &str, mut record: Record<'_>) -> String {
        if let Some(said) = record.context.take_if(|context| is_of_the_hook(context)) {
            let folder = record.parsed().cwd;
            record.context = Some(Box::new(self.place.completed(&said, folder.as_deref())));
            record.device = record.device.or(self.place.device().map(|name| name.to_owned().into()));
            record.user = record.user.or(self.place.person().map(|person| person.to_owned().into()));
            record.source_app = record.source_app.or(self.source_app.clone().map(Into::into));
            return serde_json::to_string(&record).unwrap_or_else(|_| line.to_owned());
        }
        let added = Added {
            context: if record.context.is_none() { self.place_of(&record) } else { None },
            device: self.place.device().filter(|_| record.device.is_none()),
            user: self.place.person().filter(|_| record.user.is_none()),
            source_app: self.source_app.as_deref().filter(|_| record.source_app.is_none()),
        };
        let added = serde_json::to_string(&added).unwrap_or_default();
        // The members of both: a record is an object and has at least a payload.
        match (added.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')), line.trim_start().strip_prefix('{')) {
            (Some(added), Some(rest)) if !added.is_empty() => format!("{{{added},{rest}"),
            _ => line.to_owned(),
        }
    }

    /// What is said of the place, where the record is a session's first or starts one.
    fn place_of(&mut self, record: &Record<'_>) -> Option<Context> {
        let parsed = record.parsed();
        let session = parsed.session_id.as_ref()?.as_str();
        let starts = parsed.kind == Kind::SessionStarted;
        if starts {
            // What was checked out when another session began may be no more.
            self.place.forget();
        }
        if !starts && self.told.contains(session) {
            return None;
        }
        if self.told.len() >= MAX_SESSIONS {
            self.told.clear();
        }
        self.told.insert(session.to_owned());
        Some(self.place.context(parsed.cwd.as_deref())).filter(|context| !context.is_empty())
    }
}

/// Whether a context says no more than a hook knows: the run.
fn is_of_the_hook(context: &Context) -> bool {
    context.host.is_none() && context.repository.is_none() && context.version.is_none()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Config;

    fn enricher(config: &Config) -> Enricher {
        let env = |name: &str| match name {
            "USER" => Some("dev".to_owned()),
            "CLAUDE_RUN_ID" => Some("run-7".to_owned()),
            _ => None,
        };
        Enricher::new(Place::new(config, &env).for_others(), Some("shop".to_owned()))
    }

    fn enriched(enricher: &mut Enricher, line: &str) -> serde_json::Value {
        serde_json::from_str(&enricher.line(line, serde_json::from_str(line).unwrap())).unwrap()
    }

    #[test]
    fn the_first_record_of_a_session_tells_the_place_and_every_record_the_person() {
        let config = Config { name: Some("build-1".to_owned()), ..Config::default() };
        let mut enricher = enricher(&config);
        let hook = |name: &str| format!(r#"{{"v":1,"payload":{{"hook_event_name":"{name}","session_id":"s"}}}}"#);
        let first = enriched(&mut enricher, &hook("PreToolUse"));
        assert_eq!(
            (&first["device"], &first["user"], &first["source_app"]),
            (&"build-1".into(), &"dev".into(), &"shop".into())
        );
        assert!(first["context"]["run_id"].is_null(), "the shipper's own run is not the agent's");
        assert_eq!(first["payload"]["session_id"], "s");
        let second = enriched(&mut enricher, &hook("PostToolUse"));
        assert!(second["context"].is_null() && second["user"] == "dev");
        assert!(enriched(&mut enricher, &hook("SessionStart"))["context"].is_object());
    }

    #[test]
    fn what_a_record_says_already_stays() {
        let mut enricher = enricher(&Config::default());
        let line =
            r#"{"device":"other","user":"ana","source_app":"x","context":{"host":"h"},"payload":{"session_id":"s"}}"#;
        let record = enriched(&mut enricher, line);
        assert_eq!(
            (&record["device"], &record["user"], &record["context"]["host"]),
            (&"other".into(), &"ana".into(), &"h".into())
        );
    }

    #[test]
    fn the_run_a_hook_tells_is_completed_by_the_place() {
        let mut enricher = enricher(&Config::default());
        let line = r#"{"context":{"run_id":"r-1","worker":"w"},"payload":{"hook_event_name":"Stop","session_id":"s"}}"#;
        let record = enriched(&mut enricher, line);
        assert_eq!((&record["context"]["run_id"], &record["context"]["worker"]), (&"r-1".into(), &"w".into()));
        assert!(record["context"]["version"].is_string() && record["user"] == "dev", "{record}");
    }

    #[test]
    fn what_is_switched_off_is_not_said() {
        let mut config = Config::default();
        config.collect.os_user = false;
        config.collect.run_id = false;
        config.collect.host = false;
        config.collect.git_email = false;
        let record = enriched(&mut enricher(&config), r#"{"payload":{"hook_event_name":"Stop","session_id":"s"}}"#);
        assert!(record["user"].is_null() && record["device"].is_null(), "{record}");
        assert!(record["context"]["run_id"].is_null() && record["context"]["host"].is_null(), "{record}");
    }
}

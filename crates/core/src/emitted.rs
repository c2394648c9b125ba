//! What programs beside agents report by `hookrail emit`: one flat JSON object, its event named by the record.

use crate::agents::Parsed;
use crate::context::Source;
use crate::event::{Kind, SessionId};
use crate::json;

json::fields!(Fields {
    event = "event",
    session_id = "session_id",
    run_id = "run_id",
    message = "message",
    state = "state",
    cwd = "cwd",
});

/// What a report says. A report outside a session belongs to its run, which then is a session of its own.
pub(crate) fn parse(name: Option<&str>, payload: &str) -> Parsed {
    let Some(fields) = json::object::<Fields<'_>>(payload) else {
        return Parsed { source: Source::Emitted, ..Parsed::malformed() };
    };
    let name = json::owned(fields.event).or_else(|| name.map(str::to_owned)).unwrap_or_default();
    let kind = match name.as_str() {
        "worker-spawn" => Kind::WorkerSpawned,
        "artifact" => Kind::ArtifactCreated,
        "error" => Kind::Error,
        "state" => Kind::StateReported,
        _ => Kind::Unknown,
    };
    Parsed {
        source: Source::Emitted,
        session_id: json::owned(fields.session_id).or_else(|| json::owned(fields.run_id)).map(SessionId),
        reason: json::owned(fields.state).or_else(|| json::owned(fields.message)),
        cwd: json::owned(fields.cwd),
        ..Parsed::new(name, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_belongs_to_its_session_else_to_its_run() {
        let said = parse(None, r#"{"event":"state","state":"merging","run_id":"r","session_id":"s"}"#);
        assert_eq!(
            (said.kind, said.reason.as_deref(), said.source),
            (Kind::StateReported, Some("merging"), Source::Emitted)
        );
        assert_eq!(said.session_id, Some("s".into()));
        assert_eq!(parse(Some("artifact"), r#"{"run_id":"r"}"#).session_id, Some("r".into()));
        assert_eq!(parse(Some("of-the-future"), "{}").kind, Kind::Unknown);
        assert_eq!(parse(None, "[]").kind, Kind::Malformed);
    }
}

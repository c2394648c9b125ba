//! What programs beside agents report by `hookrail emit`: one flat JSON object, its event named by the record.

use crate::agents::Parsed;
use crate::context::Source;
use crate::event::{Kind, SessionId};
use crate::json;

json::fields!(Made {
    path = "path",
    label = "label",
    sha256 = "sha256",
    bytes = "bytes",
    run_id = "run_id",
});

/// Letters of a SHA-256 in hexadecimal.
pub const SHA256_LETTERS: usize = 64;

/// A file that a report says was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Where it was, as the reporter wrote it.
    pub path: String,
    /// What it is.
    pub label: Option<String>,
    /// The SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The run it was made in.
    pub run_id: Option<String>,
}

/// Whether a text is a SHA-256 as artifacts are named by it: 64 hexadecimal digits, letters in lower case.
pub fn is_sha256(text: &str) -> bool {
    text.len() == SHA256_LETTERS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The artifact a payload of [`Kind::ArtifactCreated`] tells of; `None` where it does not name its content.
pub fn artifact(payload: &str) -> Option<Artifact> {
    let made = json::object::<Made<'_>>(payload)?;
    let sha256 = json::owned(made.sha256).filter(|text| is_sha256(text))?;
    Some(Artifact {
        path: json::owned(made.path).unwrap_or_default(),
        label: json::owned(made.label),
        sha256,
        bytes: json::whole(made.bytes)?,
        run_id: json::owned(made.run_id),
    })
}

json::fields!(Ran { handler = "handler" });

/// The outcomes of a handler's run after which nobody needs to look at it.
pub const WENT_WELL: [&str; 4] = ["succeeded", "blocked", "held", "unneeded"];

/// The handler that a payload of [`Kind::HandlerRan`] tells of; `None` where it names none.
pub fn handler(payload: &str) -> Option<String> {
    json::owned(json::object::<Ran<'_>>(payload)?.handler).filter(|name| !name.is_empty())
}

json::fields!(Fields {
    event = "event",
    session_id = "session_id",
    run_id = "run_id",
    message = "message",
    state = "state",
    outcome = "outcome",
    duration_ms = "duration_ms",
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
        "handler" => Kind::HandlerRan,
        "session-slept" => Kind::SessionSlept,
        "session-woke" => Kind::SessionWoke,
        _ => Kind::Unknown,
    };
    Parsed {
        source: Source::Emitted,
        session_id: json::owned(fields.session_id).or_else(|| json::owned(fields.run_id)).map(SessionId),
        reason: json::owned(fields.state)
            .or_else(|| json::owned(fields.outcome))
            .or_else(|| json::owned(fields.message)),
        duration_ms: json::whole(fields.duration_ms),
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
        let ran = parse(None, r#"{"event":"handler","session_id":"s","outcome":"timed_out","duration_ms":7}"#);
        assert_eq!((ran.kind, ran.reason.as_deref(), ran.duration_ms), (Kind::HandlerRan, Some("timed_out"), Some(7)));
        assert_eq!(parse(Some("of-the-future"), "{}").kind, Kind::Unknown);
        assert_eq!(parse(None, "[]").kind, Kind::Malformed);
    }

    #[test]
    fn an_artifact_is_known_by_its_content() {
        let hash = "0123456789abcdef".repeat(4);
        let told = |sha256: &str| {
            artifact(&format!(
                r#"{{"event":"artifact","path":"out/a.tgz","sha256":"{sha256}","bytes":7,"run_id":"r"}}"#
            ))
        };
        let made = told(&hash).unwrap_or_else(|| unreachable!("it names its content"));
        assert_eq!((made.path.as_str(), made.bytes, made.run_id.as_deref()), ("out/a.tgz", 7, Some("r")));
        assert_eq!((made.sha256, made.label), (hash.clone(), None));
        for bad in ["", "x", &hash.to_uppercase(), &hash[1..], &format!("{hash}0"), "../../../../etc/passwd"] {
            assert_eq!(told(bad), None, "{bad}");
        }
    }
}

//! What the server's answer to a batch means.

use std::time::Duration;

use serde::Deserialize;

use crate::http::{Answer, HttpError};

/// What becomes of the batch that was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything but the rejected records is in the store.
    Acknowledged(Acknowledgement),
    /// The batch as a whole was refused because of something in it: a part of it may do.
    TooMuch(String),
    /// Send it again later.
    Later(String, Option<Duration>),
    /// Sending it again is pointless until a person changes something.
    Stop(String),
}

/// The body of a success.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Acknowledgement {
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) rejected: Vec<Rejected>,
}

/// A record that was refused.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Rejected {
    pub(crate) index: usize,
    pub(crate) reason: String,
}

/// Judges the answer to a batch of `records`. Whatever is not clearly an acknowledgement is none.
pub(crate) fn judge(server: &str, answer: Result<Answer, HttpError>, records: usize) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error @ (HttpError::NoServer | HttpError::Settings(_))) => return Outcome::Stop(error.to_string()),
        Err(error) => return Outcome::Later(error.to_string(), None),
    };
    let said = || format!("{server} answered {}", answer.describe());
    match answer.status {
        200..=299 => match acknowledgement(&answer.body, records) {
            Some(acknowledgement) => Outcome::Acknowledged(acknowledgement),
            None => Outcome::Later(
                format!(
                    "{server} answered {} without acknowledging the batch: is it a hookrail server?",
                    answer.status
                ),
                answer.retry_after,
            ),
        },
        401 | 403 => Outcome::Stop(format!(
            "{}; the key is not accepted: set `token` in config.toml or HOOKRAIL_TOKEN. The events stay in the spool",
            said()
        )),
        413 => Outcome::TooMuch(said()),
        // Only a hookrail server can say that the content is at fault; a stranger's 400 must not empty the spool.
        400 | 422 if answer.api_error().is_some() => Outcome::TooMuch(said()),
        _ => Outcome::Later(said(), answer.retry_after),
    }
}

/// The acknowledgement in a body, if it accounts for every record exactly once.
fn acknowledgement(body: &[u8], records: usize) -> Option<Acknowledgement> {
    let mut acknowledgement: Acknowledgement = serde_json::from_slice(body).ok()?;
    let rejected = &mut acknowledgement.rejected;
    rejected.sort_by_key(|it| it.index);
    let distinct = rejected.windows(2).all(|pair| pair[0].index < pair[1].index);
    let within = rejected.last().is_none_or(|last| last.index < records);
    let sum = acknowledgement.accepted.checked_add(acknowledgement.duplicates)?.checked_add(rejected.len() as u64)?;
    (distinct && within && sum == records as u64).then_some(acknowledgement)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str, retry_after: Option<u64>) -> Result<Answer, HttpError> {
        Ok(Answer { status, retry_after: retry_after.map(Duration::from_secs), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn only_a_full_account_is_an_acknowledgement() {
        for (body, records, acknowledged) in [
            (r#"{"accepted":2,"duplicates":0,"rejected":[]}"#, 2, true),
            (r#"{"accepted":1,"duplicates":1,"rejected":[{"index":2,"reason":"r"}]}"#, 3, true),
            (r#"{"accepted":1,"duplicates":0,"rejected":[]}"#, 2, false),
            (
                r#"{"accepted":0,"duplicates":0,"rejected":[{"index":0,"reason":"r"},{"index":0,"reason":"r"}]}"#,
                2,
                false,
            ),
            (r#"{"accepted":1,"duplicates":0,"rejected":[{"index":2,"reason":"r"}]}"#, 2, false),
            (r#"{"accepted":18446744073709551615,"duplicates":3,"rejected":[]}"#, 2, false),
            ("{}", 0, false),
            ("<html>", 1, false),
            ("", 1, false),
        ] {
            let outcome = judge("s", answer(200, body, None), records);
            assert_eq!(matches!(outcome, Outcome::Acknowledged(_)), acknowledged, "{body}: {outcome:?}");
            assert_eq!(matches!(outcome, Outcome::Later(..)), !acknowledged, "{body}: {outcome:?}");
        }
    }

    #[test]
    fn each_status_has_its_meaning() {
        let ours = r#"{"error":{"code":"bad_record","message":"line 3"}}"#;
        for (status, body, expected) in [
            (401, "", "stop"),
            (403, ours, "stop"),
            (413, "<html>", "split"),
            (400, ours, "split"),
            (400, "<html>", "later"),
            (422, ours, "split"),
            (404, "", "later"),
            (301, "", "later"),
            (307, ours, "later"),
            (429, ours, "later"),
            (500, "", "later"),
            (503, ours, "later"),
        ] {
            let outcome = match judge("s", answer(status, body, Some(3)), 2) {
                Outcome::Acknowledged(_) => "acknowledged",
                Outcome::TooMuch(_) => "split",
                Outcome::Later(_, wait) => {
                    assert_eq!(wait, Some(Duration::from_secs(3)), "{status}");
                    "later"
                }
                Outcome::Stop(_) => "stop",
            };
            assert_eq!(outcome, expected, "{status} {body}");
        }
    }
}

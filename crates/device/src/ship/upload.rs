//! Contents of artifacts to the server, one at a time, beside the records and never in their way.

use std::io;
use std::time::{Duration, Instant};

use super::{Backoff, Trouble};
use crate::config::Config;
use crate::http::{Answer, Client, HttpError};
use crate::outbox::{Outbox, Waiting};
use hookrail_hook::Home;

/// How often what is too old is looked for.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// The uploads of one run.
#[derive(Debug)]
pub(super) struct Uploads {
    pub(super) outbox: Outbox,
    backoff: Backoff,
    /// Not before this, after a failure.
    next: Option<Instant>,
    forgot: Option<Instant>,
}

/// What became of one content.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Upload {
    /// The server has it.
    Done,
    /// The server will never take it.
    Refused(String),
}

/// What one look came to.
#[derive(Debug)]
pub(super) enum Look {
    /// Nothing waits.
    Nothing,
    /// Something waits for its next try.
    Later,
    /// This one was settled.
    Settled(Waiting, Upload),
    /// It did not work; the next try comes after the wait.
    Failed(String, Duration),
}

impl Uploads {
    pub(super) fn new(home: &Home, config: &Config) -> Self {
        Self { outbox: Outbox::new(home, config), backoff: Backoff::default(), next: None, forgot: None }
    }

    /// Sends the oldest content, where it is time. A failure delays the next content and nothing else.
    pub(super) fn look(&mut self, client: &Client) -> io::Result<Look> {
        let Some(waiting) = self.outbox.waiting()?.into_iter().next() else { return Ok(Look::Nothing) };
        if self.next.is_some_and(|next| Instant::now() < next) {
            return Ok(Look::Later);
        }
        match send(client, &self.outbox, &waiting) {
            Ok(upload) => {
                (self.backoff, self.next) = (Backoff::default(), None);
                Ok(Look::Settled(waiting, upload))
            }
            Err(trouble) => {
                let (why, wait) = match trouble {
                    Trouble::Later { why, wait } => (why, wait),
                    Trouble::Stop(why) => (why, None),
                    Trouble::Asked => return Ok(Look::Later),
                };
                let wait = self.backoff.next(wait);
                self.next = Some(Instant::now() + wait);
                Ok(Look::Failed(why, wait))
            }
        }
    }

    /// Removes what is too old, from time to time; says how many.
    pub(super) fn forget(&mut self) -> io::Result<u64> {
        if self.forgot.is_some_and(|at| at.elapsed() < FORGET_EVERY) {
            return Ok(0);
        }
        self.forgot = Some(Instant::now());
        self.outbox.forget_old()
    }
}

/// Sends a content, and removes its copy where it is settled.
pub(super) fn send(client: &Client, outbox: &Outbox, waiting: &Waiting) -> Result<Upload, Trouble> {
    let file = match outbox.open(&waiting.sha256) {
        // Another shipper settled it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Upload::Done),
        file => file?,
    };
    let path = format!("/api/v1/artifacts/{}", waiting.sha256);
    let upload = judge(client.server(), client.upload(&path, &file, waiting.bytes))?;
    outbox.remove(&waiting.sha256)?;
    Ok(upload)
}

fn judge(server: &str, answer: Result<Answer, HttpError>) -> Result<Upload, Trouble> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error @ (HttpError::NoServer | HttpError::Settings(_))) => return Err(Trouble::Stop(error.to_string())),
        Err(error) => return Err(Trouble::Later { why: error.to_string(), wait: None }),
    };
    let said = format!("{server} answered an upload with {}", answer.describe());
    match answer.status {
        // Only a server that says what it has can be believed.
        200 if serde_json::from_slice::<Receipt>(&answer.body).is_ok() => Ok(Upload::Done),
        401 | 403 => Err(Trouble::Stop(said)),
        413 => Ok(Upload::Refused(said)),
        400 | 415 | 422 if answer.api_error().is_some() => Ok(Upload::Refused(said)),
        _ => Err(Trouble::Later { why: said, wait: answer.retry_after }),
    }
}

/// The body of a success.
#[derive(serde::Deserialize)]
struct Receipt {
    #[serde(rename = "sha256")]
    _sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_meaning() {
        let ours = r#"{"error":{"code":"hash_mismatch","message":"m"}}"#;
        for (status, body, expected) in [
            (200, r#"{"sha256":"a","bytes":1,"new":true}"#, "done"),
            (200, "<html>", "later"),
            (201, "", "later"),
            (401, ours, "stop"),
            (403, "", "stop"),
            (400, ours, "refused"),
            (400, "<html>", "later"),
            (404, ours, "later"),
            (405, ours, "later"),
            (413, "", "refused"),
            (422, ours, "refused"),
            (429, ours, "later"),
            (503, ours, "later"),
            (301, "", "later"),
        ] {
            let answer = Answer { status, retry_after: None, body: body.into() };
            let judged = match judge("s", Ok(answer)) {
                Ok(Upload::Done) => "done",
                Ok(Upload::Refused(_)) => "refused",
                Err(Trouble::Later { .. }) => "later",
                Err(Trouble::Stop(_)) => "stop",
                Err(Trouble::Asked) => "asked",
            };
            assert_eq!(judged, expected, "{status} {body}");
        }
    }
}

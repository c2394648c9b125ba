//! From an entry of a transcript to a record on the wire.

use std::borrow::Cow;

use hookrail_core::context::{Context, Source};
use hookrail_core::event::{Agent, EventId};
use hookrail_core::time::Timestamp;
use hookrail_core::transcript::{Entry, Identity, Place};
use hookrail_core::wire::{Record, VERSION};

use super::about::About;
use super::batch::Batch;
use super::files::Found;
use super::skill::Skills;
use super::state::Witness;

/// Writes the records of one file.
pub(super) struct Writer<'w> {
    agent: &'w Agent,
    session: Option<&'w str>,
    about: &'w About,
    skills: &'w Skills,
    place: Place,
}

impl<'w> Writer<'w> {
    pub(super) fn new(agent: &'w Agent, file: &'w Found, about: &'w About, skills: &'w Skills) -> Self {
        Self { agent, session: file.session.as_deref(), about, skills, place: Place::default() }
    }

    /// Puts the record of an entry into the batch; the event, where its id is known here.
    pub(super) fn write(&mut self, entry: Entry, batch: &mut Batch) -> Option<Witness> {
        let Entry { identity, at, session, mut payload, place, skill } = entry;
        let session = session.as_deref().or(self.session);
        let id = match identity {
            // A fork copies lines with their ids: they are its own as well as its parent's. What they cost counts once, by
            // the ids of messages and requests.
            Identity::Given(id) => {
                Some(digest(at, &[self.agent.as_str(), session.unwrap_or_default(), &id.to_string()]))
            }
            Identity::Within(within) => Some(digest(at, &[self.agent.as_str(), &within, &payload])),
            Identity::Content => None,
        };
        let context = place.and_then(|place| self.context(place));
        if let Some(skill) = skill.and_then(|name| self.skills.describe(&name, self.place.cwd.as_deref(), at)) {
            payload.truncate(payload.len().saturating_sub(1));
            payload.push_str(",\"skill\":");
            payload.push_str(&skill);
            payload.push('}');
        }
        let record = Record {
            v: VERSION,
            id,
            source: Source::Transcript,
            agent: self.agent.clone(),
            occurred_at: at,
            name: None,
            session_id: session.map(Cow::Borrowed),
            verdict: None,
            user: self.about.person.as_deref().map(Cow::Borrowed),
            device: None,
            source_app: self.about.source_app.as_deref().map(Cow::Borrowed),
            context,
            redactions: Vec::new(),
            payload: None,
            malformed: None,
        };
        // The payload was put together from JSON; it is set in without being read once more.
        let Ok(head) = serde_json::to_string(&record) else { return None };
        batch.push(&self.about.privacy, |line| {
            line.push_str(head.strip_suffix('}').unwrap_or(&head));
            line.push_str(",\"payload\":");
            line.push_str(&payload);
            line.push('}');
        });
        Some(Witness { at: at?.as_nanos(), id: id? })
    }

    /// What the device says of the place, where a line tells that it changed.
    fn context(&mut self, news: Place) -> Option<Box<Context>> {
        let Place { cwd, branch, commit, remote } = news;
        self.place = Place { cwd: cwd.or(self.place.cwd.take()), branch, commit, remote };
        self.about.context(&self.place)
    }
}

/// An id made from these parts and the line's own time: the same line always gives the same.
fn digest(at: Option<Timestamp>, parts: &[&str]) -> EventId {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    at.map_or(EventId::from_digest(first), |at| EventId::from_digest_at(at, first))
}

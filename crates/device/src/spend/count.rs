//! Reading transcripts for what requests cost: only what is new in them.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use hookrail_core::event::Agent;
use hookrail_core::policy::fnv;
use hookrail_core::policy::spend::book::Place;
use hookrail_core::prices::Prices;
use hookrail_core::time::Timestamp;
use hookrail_core::transcript::{self, Entry, Identity};
use hookrail_hook::facts::root_of;

use super::ledger::{Ledger, Mark};
use crate::import::{Found, Lines, mark, open};
use crate::place::git::Checkout;

/// The most that is read of one file at a time, in bytes.
const PORTION: u64 = 16 << 20;

/// The most folders whose repositories are remembered.
const MOST_FOLDERS: usize = 4096;

/// Reads transcripts into a ledger.
#[derive(Debug)]
pub(super) struct Counter {
    prices: Prices,
    /// Of each folder its repository, and the root of its checkout.
    folders: HashMap<String, (String, Option<String>)>,
}

impl Counter {
    pub(super) fn new() -> Self {
        Self { prices: Prices::built_in(), folders: HashMap::new() }
    }

    /// The repository of a folder, else the folder; and the root of its checkout as the hook sees it.
    pub(super) fn folder(&mut self, cwd: &str) -> (String, Option<String>) {
        if self.folders.len() >= MOST_FOLDERS {
            self.folders.clear();
        }
        let look = || {
            let repository = Checkout::of(Path::new(cwd)).and_then(|checkout| checkout.repository());
            (repository.unwrap_or_else(|| cwd.to_owned()), root_of(cwd))
        };
        self.folders.entry(cwd.to_owned()).or_insert_with(look).clone()
    }

    /// Reads what is new in a transcript; whether there is more.
    pub(super) fn read(&mut self, ledger: &mut Ledger, agent: &Agent, file: &Found) -> io::Result<bool> {
        let kept = ledger.marks.get(&file.path).cloned();
        let (state, mut cwd) = kept.map_or((None, None), |kept| (Some(kept.state), kept.cwd));
        let Some(opened) = open(file, state, agent)? else { return Ok(false) };
        let (mut lines, mut reader) = (Lines::new(opened.file, opened.offset), opened.reader);
        let mut is_more = false;
        loop {
            let before = lines.offset();
            if before - opened.offset >= PORTION {
                is_more = true;
                break;
            }
            let Some(line) = lines.next()? else { break };
            if !line.whole {
                lines.give_back(before);
                break;
            }
            let Some(Ok(entry)) = line.text().map(|text| reader.line(&text)) else { continue };
            if let Some(news) = entry.place.as_ref().and_then(|place| place.cwd.clone()) {
                cwd = Some(news);
            }
            self.entry(ledger, agent, file, cwd.as_deref(), &entry);
        }
        let mark = Mark { path: file.path.clone(), state: mark(file, &mut lines, &reader)?, cwd };
        if lines.offset() > opened.offset {
            ledger.mark(mark);
        } else {
            // Nothing to write down: only that it was looked at.
            ledger.marks.insert(file.path.clone(), mark);
        }
        Ok(is_more)
    }

    fn entry(&mut self, ledger: &mut Ledger, agent: &Agent, file: &Found, cwd: Option<&str>, entry: &Entry) {
        let parsed = transcript::parse(agent, None, &entry.payload);
        let Some(mut used) = parsed.model_use else { return };
        let Some(session) = entry.session.clone().or_else(|| file.session.clone()) else { return };
        let at = entry.at.unwrap_or(Timestamp::from_nanos(file.modified));
        used.priced = self.prices.cost(&used, at);
        let (repository, folder) = cwd.map(|cwd| self.folder(cwd)).unzip();
        let within = match &entry.identity {
            Identity::Given(id) => id.to_string(),
            Identity::Within(within) => within.clone(),
            Identity::Content => session.clone(),
        };
        let alone = fnv(&format!("{agent}\n{within}\n{}", entry.payload));
        let place = Place { agent: agent.to_string(), session, repository, folder: folder.flatten() };
        ledger.tell(&used, at, &place, alone);
    }
}

//! What the device says about the history it sends: whose it is, and where it happened.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use hookrail_core::context::Context;
use hookrail_core::privacy::Privacy;
use hookrail_core::transcript;

use super::lock;
use crate::config::{Collect, Config};
use crate::place::Place;
use crate::place::git::{self, Checkout};

/// What is said of every session, and the repositories of folders, each looked up once.
///
/// The device's name is not said: its clock is measured by the events that carry it, and these are old.
#[derive(Debug)]
pub(super) struct About {
    pub(super) person: Option<String>,
    pub(super) source_app: Option<String>,
    machine: Context,
    collect: Collect,
    pub(super) privacy: Privacy,
    repositories: Mutex<HashMap<String, String>>,
}

impl About {
    pub(super) fn new(config: &Config) -> Self {
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut place = Place::new(config, &env).for_others();
        Self {
            person: place.person().map(str::to_owned),
            source_app: config.source_app.clone(),
            machine: place.context(None),
            collect: config.collect.clone(),
            privacy: config.privacy,
            repositories: Mutex::default(),
        }
    }

    /// What is said of a session at this place. The branch and the commit are those of then, as the transcript tells.
    pub(super) fn context(&self, place: &transcript::Place) -> Option<Box<Context>> {
        let repository = match (&place.remote, &place.cwd) {
            (Some(remote), _) => Some(git::normal(remote)),
            (None, Some(cwd)) => Some(self.repository(cwd)),
            (None, None) => None,
        };
        let mut context = Context {
            repository,
            branch: place.branch.clone().filter(|branch| branch != "HEAD"),
            commit: place.commit.clone(),
            ..self.machine.clone()
        };
        self.collect.keep(&mut context);
        (!context.is_empty()).then(|| Box::new(context))
    }

    /// The repository a folder belongs to; the folder itself where it is in none, or not on this machine.
    fn repository(&self, cwd: &str) -> String {
        if let Some(known) = lock(&self.repositories).get(cwd) {
            return known.clone();
        }
        let found = Checkout::of(Path::new(cwd)).and_then(|checkout| checkout.repository());
        let found = found.unwrap_or_else(|| cwd.to_owned());
        lock(&self.repositories).insert(cwd.to_owned(), found.clone());
        found
    }
}

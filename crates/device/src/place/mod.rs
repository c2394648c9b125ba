//! What identifies the place events come from: collected here, and nowhere else; listed in `docs/devices.md`; each item can
//! be switched off in `config.toml`.

pub(crate) mod git;
mod surroundings;

use std::collections::HashMap;
use std::path::Path;

use hookrail_core::context::Context;
use hookrail_hook::{RUN_VARIABLES, TASK_VARIABLE, WORKER_VARIABLE};

use crate::config::{Collect, Config};
use git::{Checkout, Signer};
pub(crate) use surroundings::ci_mark;

/// The most folders whose checkout is remembered.
const MAX_FOLDERS: usize = 1000;

/// Collects what is said of the place.
#[derive(Debug)]
pub struct Place {
    collect: Collect,
    /// What is the same for every event of this machine.
    machine: Context,
    signer: Signer,
    /// The person, where the settings name one.
    user: Option<String>,
    name: Option<String>,
    folders: HashMap<String, Option<Context>>,
}

impl Place {
    /// This machine, as far as the settings allow to say.
    pub fn new(config: &Config, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let collect = config.collect.clone();
        let home = env("HOME").unwrap_or_default();
        let config_home = env("XDG_CONFIG_HOME");
        let signer = git::own_signer(Path::new(&home), config_home.as_deref().map(Path::new));
        let mut machine = Context {
            device_id: config.device_id.clone(),
            host: surroundings::host(env),
            os: Some(surroundings::os()),
            os_user: surroundings::os_user(env),
            container: surroundings::container(env),
            ci: surroundings::ci(env),
            cloud: surroundings::cloud(env),
            run_id: RUN_VARIABLES.iter().find_map(|name| env(name)),
            worker: env(WORKER_VARIABLE),
            task: env(TASK_VARIABLE),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            ..Context::default()
        };
        collect.keep(&mut machine);
        Self { collect, machine, signer, user: config.user.clone(), name: config.name.clone(), folders: HashMap::new() }
    }

    /// The name the machine's events carry: the configured one, else the host's.
    pub fn device(&self) -> Option<&str> {
        self.name.as_deref().or(self.machine.host.as_deref())
    }

    /// The person at this machine: the configured one, else git's e-mail address, else the system's user.
    pub fn person(&self) -> Option<&str> {
        let email = self.signer.email.as_deref().filter(|_| self.collect.git_email);
        self.user.as_deref().or(email).or(self.machine.os_user.as_deref())
    }

    /// What is the same for every event of this machine.
    pub fn machine(&self) -> &Context {
        &self.machine
    }

    /// This machine for a process that speaks for others: the run in its own environment is not theirs.
    #[must_use]
    pub fn for_others(mut self) -> Self {
        (self.machine.run_id, self.machine.worker, self.machine.task) = (None, None, None);
        self
    }

    /// What is said of an event that happened in this folder and of which this is said already.
    pub fn completed(&mut self, said: &Context, folder: Option<&str>) -> Context {
        let mut context = self.context(folder);
        for (known, said) in
            [(&mut context.run_id, &said.run_id), (&mut context.worker, &said.worker), (&mut context.task, &said.task)]
        {
            if said.is_some() {
                known.clone_from(said);
            }
        }
        self.collect.keep(&mut context);
        context
    }

    /// What is said of an event that happened in this folder.
    pub fn context(&mut self, folder: Option<&str>) -> Context {
        let local = folder.and_then(|folder| {
            if self.folders.len() >= MAX_FOLDERS {
                self.folders.clear();
            }
            self.folders.entry(folder.to_owned()).or_insert_with(|| checkout(Path::new(folder))).clone()
        });
        let mut context = Context { ..self.machine.clone() };
        let signer = self.signer.clone();
        (context.git_name, context.git_email) = (signer.name, signer.email);
        if let Some(local) = local {
            context.repository = local.repository;
            context.branch = local.branch;
            context.commit = local.commit;
            context.git_name = local.git_name.or(context.git_name);
            context.git_email = local.git_email.or(context.git_email);
        }
        self.collect.keep(&mut context);
        context
    }

    /// Forgets what was looked up in folders: a branch changes.
    pub fn forget(&mut self) {
        self.folders.clear();
    }
}

/// What git knows of a folder.
fn checkout(folder: &Path) -> Option<Context> {
    let checkout = Checkout::of(folder)?;
    let signer = checkout.signer();
    Some(Context {
        repository: checkout.repository(),
        branch: checkout.branch(),
        commit: checkout.commit(),
        git_name: signer.name,
        git_email: signer.email,
        ..Context::default()
    })
}

//! The MCP servers that agents are configured to start: read from their own settings, never by starting one.
//!
//! What is told of a server is its name, where that is written, and how it is reached: a host, or a program with the package it
//! runs. What else is in its entry (values of variables, headers, arguments, the user and the query of a URL) is read by nobody.

mod entries;
mod seen;
mod sources;

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use hookrail_core::fleet::{McpReport, McpServer, UnreadFile};
use hookrail_core::policy::places;
use hookrail_hook::Home;
use hookrail_hook::facts::SERVERS_FILE;

use crate::install::Places;
use crate::whole::write_private;
use sources::{Source, State};

/// Most servers that a report tells of: the rest is counted.
const MAX_REPORTED: usize = 200;

/// Servers an organisation or a person has approved: raw names, or globs of them. `None` where nobody has said anything.
pub type Approved<'a> = Option<&'a [String]>;

/// What is configured on this device.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The servers, by agent, scope and name.
    pub servers: Vec<McpServer>,
    /// The files that are there and say nothing that could be read. No server of theirs is known.
    pub unread: Vec<UnreadFile>,
}

impl Inventory {
    /// Looks into the settings of every agent: the person's, those of the current project, and those of the projects that
    /// agents have a record of.
    pub fn look(places: &Places, approved: Approved<'_>) -> Self {
        let mut inventory = Self::default();
        for Source { agent, scope, project, path, form } in sources::all(places) {
            match sources::state(&path) {
                State::Missing => {}
                State::Text(text) => match entries::read(&text, form) {
                    Ok(entries) => inventory.servers.extend(entries.into_iter().map(|entry| McpServer {
                        agent: agent.to_owned(),
                        scope: entry.project.as_ref().map_or(scope, |_| "local").to_owned(),
                        project: entry.project.or_else(|| project.clone()),
                        approved: approved.map(|approved| is_approved(&entry.raw, approved)),
                        name: entry.name,
                        server: entry.raw,
                        transport: entry.transport.to_owned(),
                        origin: entry.origin,
                        enabled: entry.enabled,
                    })),
                    Err(reason) => inventory.unread.push(unread(agent, &path, reason)),
                },
                State::Unreadable(reason) => inventory.unread.push(unread(agent, &path, reason)),
            }
        }
        let key = |server: &McpServer| {
            (server.agent.clone(), server.scope.clone(), server.project.clone(), server.server.clone())
        };
        inventory.servers.sort_by_key(key);
        inventory.servers.dedup_by_key(|server| key(server));
        inventory
    }

    /// The raw names of the servers that the person has configured for all projects: a project's own files may have been written
    /// by anybody.
    pub fn persons_own(&self) -> BTreeSet<String> {
        let own = self.servers.iter().filter(|server| matches!(server.scope.as_str(), "user" | "managed"));
        own.map(|server| server.server.clone()).collect()
    }

    /// Servers whose tools the device's own record shows being called, and which no file that was read configures.
    pub fn seen_only(&self, home: &Home) -> Vec<(String, String)> {
        let known =
            |agent: &str, server: &str| self.servers.iter().any(|known| known.agent == agent && known.server == server);
        seen::called(home).into_iter().filter(|(agent, server)| !known(agent, server)).collect()
    }

    /// Notes down for the hook which servers are known here, where that is not what is noted already.
    ///
    /// # Errors
    /// Where the note cannot be written.
    pub fn remember(&self, home: &Home, approved: Approved<'_>) -> io::Result<()> {
        let mut known = self.persons_own();
        let is_name = |name: &&String| !name.contains(['*', '?', '[']);
        known.extend(approved.into_iter().flatten().filter(is_name).cloned());
        let text: String = known.iter().map(|server| format!("{server}\n")).collect();
        let file = home.path().join(SERVERS_FILE);
        match fs::read_to_string(&file) {
            Ok(noted) if noted == text => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && text.is_empty() => return Ok(()),
            _ => {}
        }
        write_private(&file, text.as_bytes())
    }

    /// What a report says of it.
    pub fn report(mut self) -> McpReport {
        let more = self.servers.len().saturating_sub(MAX_REPORTED);
        self.servers.truncate(MAX_REPORTED);
        McpReport { servers: self.servers, unread: self.unread, more: more as u64 }
    }
}

/// Whether a server's raw name is one of these, or matches one that is a glob.
pub fn is_approved(server: &str, approved: &[String]) -> bool {
    approved.iter().any(|name| places::glob(name, server))
}

fn unread(agent: &str, path: &Path, reason: String) -> UnreadFile {
    UnreadFile { agent: agent.to_owned(), file: path.display().to_string(), reason }
}

#[cfg(test)]
mod tests;

//! A call of a server's tool, as every room that judges one is given it: the words of its names, and what it is given.

use super::arguments::{Arguments, words};
use crate::policy::lists::is;

/// Verbs that only look, whatever a tool is for. Each room knows some more.
const LOOKS: &str =
    "get|list|search|find|read|describe|show|query|check|view|fetch|validate|preview|lookup|docs|draft|export|explain";

/// Words in names that speak of production, and of places where something is tried before everybody has it.
pub(in crate::policy) const PRODUCTION: &str = "prod|production|prd|live";
pub(super) const TRIED: &str = "dev|development|test|tests|testing|staging|stage|stg|qa|local|sandbox|preview|preprod|nonprod|ci|uat|int|demo|\
    e2e|playground|scratch|tmp|temp|temporary|ephemeral";

/// Services that keep repositories.
pub(super) const FORGES: &str = "github|gitlab|gitea|bitbucket|forgejo|codeberg|gh|azuredevops";

/// A call of a server's tool.
#[derive(Clone)]
pub(super) struct Call<'c> {
    /// The server and its tool, as they are called.
    pub(super) called: [&'c str; 2],
    /// The words of the server's name, and those of the tool's.
    pub(super) server: Vec<String>,
    pub(super) name: Vec<String>,
    pub(super) given: &'c Arguments<'c>,
}

impl<'c> Call<'c> {
    pub(super) fn of(server: &'c str, name: &'c str, given: &'c Arguments<'c>) -> Self {
        Self { called: [server, name], server: words(server), name: words(name), given }
    }

    /// Whether the tool's name has one of these words.
    #[inline(never)]
    pub(super) fn has(&self, list: &str) -> bool {
        self.name.iter().any(|word| is(word, list))
    }

    /// Whether the server's name has one of these words.
    #[inline(never)]
    pub(super) fn served(&self, list: &str) -> bool {
        self.server.iter().any(|word| is(word, list))
    }

    /// Whether either of them has one of these words.
    pub(super) fn at(&self, list: &str) -> bool {
        self.served(list) || self.has(list)
    }

    /// Whether what is named by one of these arguments has one of these words in its name.
    pub(super) fn names(&self, arguments: &str, list: &str) -> bool {
        self.given.values(arguments).any(|value| speaks(value, list))
    }

    /// Whether the first verb of the tool's name that is known only looks; nothing where none is known. A room has some more that look,
    /// and those that act.
    pub(super) fn looks(&self, more: &str, acts: &[&str]) -> Option<bool> {
        self.name.iter().find_map(|word| match () {
            () if is(word, LOOKS) || is(word, more) => Some(true),
            () => acts.iter().any(|list| is(word, list)).then_some(false),
        })
    }
}

/// Whether a name has one of these words.
#[inline(never)]
pub(super) fn speaks(name: &str, list: &str) -> bool {
    /// What is longer is no name but a text, in bytes.
    const LONGEST: usize = 512;
    name.len() <= LONGEST && words(name).iter().any(|word| is(word, list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_told_by_the_words_of_its_names() {
        let given = Arguments::read(r#"{"environment":"shop-prod"}"#);
        let call = Call::of("acme-github", "list_andDelete", &given);
        assert!(call.served(FORGES) && call.at(FORGES) && !call.has(FORGES) && call.names("environment", PRODUCTION));
        assert_eq!((call.looks("", &["delete"]), call.looks("", &[])), (Some(true), Some(true)));
        let call = Call::of("x", "delete_list", &given);
        assert_eq!((call.looks("", &["delete"]), call.looks("delete", &["delete"])), (Some(false), Some(true)));
        assert_eq!(Call::of("x", "frobnicate", &given).looks("", &["delete"]), None);
    }
}

//! What projects, keys and permissions are called.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest name of an organisation or a project.
const MAX_NAME: usize = 64;

/// The organisation of the operator, and the project of who names none.
const DEFAULT: &str = "default";

/// A name that no project, scope or key can have; the text says which can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadName(&'static str);

/// A project of an organisation. Written `project` in the organisation `default`, else `organisation/project`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectId {
    organisation: Arc<str>,
    project: Arc<str>,
}

impl ProjectId {
    /// The project `project` of the organisation `organisation`.
    ///
    /// # Errors
    /// Where one of the names is not of lower-case letters, digits, `.`, `_` and `-`, begins with another character than a
    /// letter or a digit, or is longer than 64. A name is part of the path of a file.
    pub fn new(organisation: &str, project: &str) -> Result<Self, BadName> {
        check(organisation)?;
        check(project)?;
        Ok(Self { organisation: organisation.into(), project: project.into() })
    }

    /// The organisation.
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// The project's name within its organisation.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Whether it is the project of a server that knows no other: `default` of the organisation `default`.
    pub fn is_default(&self) -> bool {
        self.is_of_operator() && &*self.project == DEFAULT
    }

    /// Whether it belongs to the organisation `default`, that of the server's operator.
    pub fn is_of_operator(&self) -> bool {
        &*self.organisation == DEFAULT
    }
}

impl Default for ProjectId {
    fn default() -> Self {
        Self { organisation: DEFAULT.into(), project: DEFAULT.into() }
    }
}

fn check(name: &str) -> Result<(), BadName> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if begins && name.len() <= MAX_NAME && name.bytes().all(known) {
        return Ok(());
    }
    Err(BadName(
        "a project is PROJECT or ORGANISATION/PROJECT, each of at most 64 lower-case letters, digits, '.', '_' and '-', beginning with a letter or a digit",
    ))
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_of_operator() {
            write!(f, "{}/", self.organisation)?;
        }
        f.write_str(&self.project)
    }
}

impl FromStr for ProjectId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let (organisation, project) = text.split_once('/').unwrap_or((DEFAULT, text));
        Self::new(organisation, project)
    }
}

impl Serialize for ProjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One thing that a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Send events.
    Ingest,
    /// Read what is stored.
    Read,
    /// Both, and manage the keys of its organisation.
    Admin,
}

impl Scope {
    /// Every scope, the weakest first.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Admin];

    /// The scope's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl FromStr for Scope {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let scope = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        scope.ok_or(BadName("the scopes are ingest, read and admin"))
    }
}

/// What a key may do: a set of [`Scope`]s. In JSON a list of words, in text the words with commas between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Everything.
    pub const ALL: Self = Self(0b111);

    /// Whether this may be done; `admin` includes the others.
    pub const fn allow(self, scope: Scope) -> bool {
        self.0 & (scope.bit() | Scope::Admin.bit()) != 0
    }

    /// Whether nothing may be done.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes as given, the weakest first.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, scope) in self.iter().enumerate() {
            write!(f, "{}{}", if n == 0 { "" } else { "," }, scope.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        text.split(',').map(|word| word.trim().parse::<Scope>()).collect()
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Scope::as_str))
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        words.iter().map(|word| word.parse::<Scope>()).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
    }
}

/// The public part of a key, which names it in lists, logs and the API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// Characters of an id.
    pub const LENGTH: usize = 12;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let fits =
            text.len() == Self::LENGTH && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(BadName("a key's id is 12 hexadecimal digits; copy it from the list of keys"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_project_is_named_with_or_without_its_organisation() {
        for (text, organisation, project, shown) in [
            ("default", "default", "default", "default"),
            ("shop", "default", "shop", "shop"),
            ("default/shop", "default", "shop", "shop"),
            ("acme/shop-2.0_x", "acme", "shop-2.0_x", "acme/shop-2.0_x"),
        ] {
            let id: ProjectId = text.parse().unwrap();
            assert_eq!((id.organisation(), id.project(), id.to_string().as_str()), (organisation, project, shown));
            assert_eq!(shown.parse::<ProjectId>().unwrap(), id);
        }
        let long = "x".repeat(65);
        for bad in
            ["", "/", "a/", "/a", "a/b/c", "..", "../x", "a/..", ".a", "-a", "A", "ä", "a b", "a\\b", "a\0", &long]
        {
            assert!(bad.parse::<ProjectId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn admin_includes_the_others_and_nothing_else_does() {
        for (text, ingest, read, admin) in [
            ("ingest", true, false, false),
            ("read", false, true, false),
            ("ingest, read", true, true, false),
            ("admin", true, true, true),
        ] {
            let scopes: Scopes = text.parse().unwrap();
            let allowed = Scope::ALL.map(|scope| scopes.allow(scope));
            assert_eq!(allowed, [ingest, read, admin], "{text}");
            assert_eq!(scopes.to_string().parse::<Scopes>().unwrap(), scopes);
        }
        for bad in ["", "write", "read,", "READ"] {
            assert!(bad.parse::<Scopes>().is_err(), "{bad}");
        }
    }
}

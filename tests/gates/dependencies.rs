//! Licences, bans and duplicates by the lists of `deny.toml`, without needing `cargo deny` to be installed.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::Metadata;

use crate::repo::{assert_none, metadata, text};

/// The lists of `deny.toml` that are checked here.
struct Lists {
    licences: BTreeSet<String>,
    banned: BTreeSet<String>,
    /// Crates that may occur in more than one version.
    doubled: BTreeSet<String>,
}

impl Lists {
    fn read() -> Self {
        let file: toml::Table = text("deny.toml").unwrap().parse().unwrap();
        let crates = |list: &toml::Value| -> BTreeSet<String> {
            list.as_array().unwrap().iter().map(|entry| entry["crate"].as_str().unwrap().to_owned()).collect()
        };
        let licences = file["licenses"]["allow"].as_array().unwrap();
        Self {
            licences: licences.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
            banned: crates(&file["bans"]["deny"]),
            doubled: crates(&file["bans"]["skip"]),
        }
    }

    /// Whether an SPDX expression can be satisfied with permitted licences. `/` is the old spelling of `OR`.
    fn permit(&self, expression: &str) -> bool {
        let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let (permitted, rest) = self.any_of(&words);
        permitted && rest.is_empty()
    }

    /// `all OR all OR …`; gives back the words after it.
    fn any_of<'w>(&self, words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
        let (mut permitted, mut rest) = self.all_of(words);
        while let ["OR", after @ ..] = rest {
            let (one, next) = self.all_of(after);
            permitted |= one;
            rest = next;
        }
        (permitted, rest)
    }

    /// `one AND one AND …`; gives back the words after it.
    fn all_of<'w>(&self, words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
        let (mut permitted, mut rest) = self.one(words);
        while let ["AND", after @ ..] = rest {
            let (one, next) = self.one(after);
            permitted &= one;
            rest = next;
        }
        (permitted, rest)
    }

    /// A licence, with or without an exception (which only ever permits more), or an expression in parentheses.
    fn one<'w>(&self, words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
        match words {
            ["(", inner @ ..] => match self.any_of(inner) {
                (permitted, [")", rest @ ..]) => (permitted, rest),
                (_, rest) => (false, rest),
            },
            [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => (self.licences.contains(*licence), rest),
            [] => (false, &[]),
        }
    }
}

/// Every package whose licence, name or second version the lists do not permit, and every entry of the lists that is stale.
fn violations(metadata: &Metadata, lists: &Lists) -> Vec<String> {
    let mut found = Vec::new();
    let mut versions: BTreeMap<&str, u32> = BTreeMap::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        *versions.entry(name).or_default() += 1;
        let licence = package.license.as_deref().unwrap_or("none");
        if !lists.permit(licence) {
            found.push(format!("{name} {}: licence {licence}", package.version));
        }
        if lists.banned.contains(name) {
            found.push(format!("{name} {} is banned", package.version));
        }
    }
    for (name, count) in &versions {
        if *count > 1 && !lists.doubled.contains(*name) {
            found.push(format!("{name} is there in {count} versions: unify them, or say in deny.toml why not"));
        }
    }
    for name in &lists.doubled {
        if versions.get(name.as_str()).is_none_or(|count| *count < 2) {
            found.push(format!("{name} is no longer there twice: take it out of deny.toml"));
        }
    }
    found
}

#[test]
fn licences_bans_and_duplicates() {
    assert_none(&violations(metadata(), &Lists::read()));
}

#[test]
fn what_the_lists_do_not_permit_is_found() {
    let seeded = |package: &str, field: &str, to: &str| {
        let mut value = serde_json::to_value(metadata()).unwrap();
        let packages = value["packages"].as_array_mut().unwrap();
        packages.iter_mut().find(|found| found["name"] == package).unwrap()[field] = to.into();
        violations(&serde_json::from_value(value).unwrap(), &Lists::read())
    };
    let copyleft = seeded("bytes", "license", "GPL-3.0-only");
    assert!(copyleft.len() == 1 && copyleft[0].ends_with("licence GPL-3.0-only"), "{copyleft:?}");
    let banned = seeded("ring", "name", "aws-lc-rs");
    assert!(banned.iter().any(|line| line.starts_with("aws-lc-rs") && line.ends_with("banned")), "{banned:?}");
    let doubled = seeded("subtle", "name", "bytes");
    assert!(doubled.iter().any(|line| line.starts_with("bytes is there in 2 versions")), "{doubled:?}");
}

#[test]
fn licence_expressions() {
    let lists = Lists::read();
    let cases = [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("(GPL-3.0-only OR AGPL-3.0-only) AND MIT", false),
        ("GPL-3.0-only OR MIT AND AGPL-3.0-only", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("none", false),
        ("", false),
    ];
    for (expression, permitted) in cases {
        assert_eq!(lists.permit(expression), permitted, "{expression}");
    }
}

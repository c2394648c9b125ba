//! What documents and sources promise about each other: crates, commands, variables, sizes, paths.

use std::collections::BTreeSet;
use std::path::Path;

use crate::repo::{assert_none, files, metadata, root, text};

/// The most lines a source file may have: one file is one room.
const MOST_LINES: usize = 700;

/// The most words ARCHITECTURE.md may have: two pages.
const MOST_WORDS: usize = 1300;

/// Whether a file is written here, by hand: not vendored, recorded or generated.
fn is_ours(file: &Path) -> bool {
    let path = file.to_string_lossy();
    let source = ["rs", "js", "mjs", "css", "html", "sql", "sh", "md", "toml", "yml", "yaml"];
    let by_name =
        file.extension().is_none() || file.extension().is_some_and(|end| source.iter().any(|known| end == *known));
    let other = ["/vendor/", "/fixtures/", "/snapshots/", "/corpus/", "/proptest-regressions/"];
    by_name && !other.iter().any(|part| path.contains(part)) && path != "LICENSE"
}

/// The texts written here, with their names.
fn our_texts() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter(|file| is_ours(file)).filter_map(|file| Some((file.display().to_string(), text(&file)?)))
}

/// Files with too many lines.
fn too_long<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    texts
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(name, lines)| format!("{name} has {lines} lines: is it one room, or several?"))
        .collect()
}

/// Lines that name a path of the machine they were written on: a home that is not of the made-up `/home/dev`, `/home/you`,
/// `/home/user` or `/home/a`, or the folder of this very checkout.
fn machine_paths(name: &str, text: &str, checkout: &str) -> Vec<String> {
    let made_up = ["dev", "you", "user", "a"];
    let homes = |line: &str| {
        ["/home/", "/Users/"].iter().any(|home| {
            line.match_indices(home).any(|(at, _)| {
                let user: String =
                    line[at + home.len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                !user.is_empty() && !made_up.contains(&user.as_str())
            })
        })
    };
    // The checkout's folder counts where it stands as a path of its own, not as the tail of another; a folder right
    // below the root (`/src`) is too common a word.
    let telling = checkout.matches('/').count() > 1;
    let here = |line: &str| {
        telling
            && line.match_indices(checkout).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + checkout.len()..].chars().next();
                !before.is_some_and(|c| c.is_alphanumeric() || ".}$/".contains(c))
                    && !after.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_')
            })
    };
    let root_home = format!("/{}/.", "root");
    text.lines()
        .enumerate()
        .filter(|(_, line)| homes(line) || line.contains(&root_home) || here(line))
        .map(|(at, line)| format!("{name}:{}: {}", at + 1, line.trim()))
        .collect()
}

/// The variables of ours that a text names.
fn variables(text: &str) -> BTreeSet<String> {
    ["HOOKRAIL_", "OBSERVABILITY_"]
        .iter()
        .flat_map(|prefix| {
            text.match_indices(prefix).filter_map(|(at, _)| {
                let standing_alone = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                let name: String = text[at..]
                    .chars()
                    .take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_')
                    .collect();
                (standing_alone && name.len() > prefix.len()).then_some(name)
            })
        })
        .collect()
}

/// The commands of this repository that a document tells a reader to run.
fn scripts_named(document: &str) -> BTreeSet<String> {
    ["scripts/", ".ci/"]
        .iter()
        .flat_map(|folder| {
            document.match_indices(folder).map(|(at, _)| {
                document[at..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "/._-".contains(*c))
                    .collect::<String>()
            })
        })
        .map(|name| name.trim_end_matches(['.', '/']).to_owned())
        .filter(|name| name.contains('/') && !name.ends_with("scripts") && !name.ends_with(".ci"))
        .collect()
}

/// The relative links of a Markdown text that lead to no file, read from the folder it stands in.
fn dead_links(name: &str, document: &str) -> Vec<String> {
    let folder = root().join(name).parent().unwrap().to_owned();
    document
        .match_indices("](")
        .filter_map(|(at, _)| document[at + 2..].split(')').next())
        .map(|target| target.split('#').next().unwrap())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
        .filter(|target| !folder.join(target).exists())
        .map(|target| format!("{name} links to {target}, which is not there"))
        .collect()
}

#[test]
fn architecture_names_every_crate_on_two_pages() {
    let architecture = text("ARCHITECTURE.md").unwrap();
    let unnamed = |document: &str| -> Vec<String> {
        let folders = metadata().workspace_packages().into_iter().map(|package| {
            package
                .manifest_path
                .parent()
                .unwrap()
                .strip_prefix(metadata().workspace_root.as_path())
                .unwrap()
                .to_string()
        });
        folders
            .filter(|folder| !document.contains(&format!("`{folder}")) && !document.contains(&format!("{folder}/")))
            .map(|folder| format!("ARCHITECTURE.md does not name {folder}"))
            .collect()
    };
    assert_none(&unnamed(&architecture));
    assert_eq!(unnamed("").len(), metadata().workspace_packages().len());
    let words = architecture.split_whitespace().count();
    assert!(words <= MOST_WORDS, "ARCHITECTURE.md has {words} words, {MOST_WORDS} are two pages");
}

#[test]
fn commands_in_documents_exist() {
    let missing = |name: &str, document: &str| -> Vec<String> {
        let there = scripts_named(document).into_iter().filter(|script| !root().join(script).is_file());
        there.map(|script| format!("{name} names {script}, which is not there")).collect()
    };
    for (name, text) in our_texts().filter(|(name, _)| name.ends_with(".md")) {
        assert_none(&missing(&name, &text));
        assert_none(&dead_links(&name, &text));
    }
    assert_eq!(missing("x", "Run `scripts/nothing`."), ["x names scripts/nothing, which is not there"]);
    assert_eq!(dead_links("README.md", "[a](docs/nothing.md#b) [c](https://example.org)").len(), 1);
    let called = text(".ci/run").unwrap();
    assert!(scripts_named(&called).contains("scripts/test"), ".ci/run calls the test command that the README names");
    assert!(text("README.md").unwrap().contains("scripts/test"), "the README names the test command");
}

#[test]
fn every_file_is_one_room() {
    let texts: Vec<_> = our_texts().collect();
    assert_none(&too_long(texts.iter().map(|(name, text)| (name.as_str(), text.as_str()))));
    let long = "line\n".repeat(MOST_LINES + 1);
    assert_eq!(too_long([("seeded.rs", long.as_str())].into_iter()).len(), 1);
}

#[test]
fn no_path_of_a_machine() {
    let checkout = root().to_str().unwrap();
    assert_none(&our_texts().flat_map(|(name, text)| machine_paths(&name, &text, checkout)).collect::<Vec<_>>());
    let seeded =
        format!("a\nb {checkout}/target\n/home/{}/x\n/home/dev/shop {checkout}er $HOME/.codex /{}/.x", "bob", "root");
    let lines: Vec<_> = machine_paths("seeded", &seeded, checkout).iter().map(|found| found[..9].to_owned()).collect();
    assert_eq!(lines, ["seeded:2:", "seeded:3:", "seeded:4:"]);
}

#[test]
fn every_variable_is_documented() {
    let documented = variables(&text("docs/environment.md").unwrap());
    let mut read = BTreeSet::new();
    for (name, text) in our_texts() {
        if (name.starts_with("crates/") && name.ends_with(".rs")) || name.starts_with("scripts/") {
            read.extend(variables(&text));
        }
    }
    let undocumented: Vec<_> =
        read.difference(&documented).map(|name| format!("docs/environment.md lacks {name}")).collect();
    assert_none(&undocumented);
    let unread: Vec<_> = documented
        .difference(&read)
        .map(|name| format!("docs/environment.md names {name}, which nothing reads"))
        .collect();
    assert_none(&unread);
    let seen = variables("env(\"HOOKRAIL_SEEDED\") XHOOKRAIL_NOT HOOKRAIL_ OBSERVABILITY_URL");
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["HOOKRAIL_SEEDED", "OBSERVABILITY_URL"]);
}

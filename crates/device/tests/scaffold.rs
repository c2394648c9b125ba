//! What `hookrail init` writes, what it leaves alone, and that nothing a person wrote is ever lost.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use hookrail_device::scaffold::detect::{Kind, Manager};
use hookrail_device::scaffold::manifest::{self, Manifest, hash_of};
use hookrail_device::scaffold::plan::Fate;
use hookrail_device::scaffold::site::{Site, Wishes, look};
use proptest::prelude::*;
use tempfile::TempDir;

/// A folder with these files.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, text)| put(folder.path(), path, text.as_bytes()));
    folder
}

fn put(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Looks, applies and gives back what was planned.
fn init(folder: &Path) -> Site {
    init_as(folder, None)
}

fn init_as(folder: &Path, kind: Option<Kind>) -> Site {
    let site = look(folder, &Wishes { kind, ..Wishes::default() }).unwrap();
    site.apply().unwrap();
    site
}

fn fate(site: &Site, path: &str) -> Fate {
    site.planned.changes.iter().find(|change| change.path == path).unwrap_or_else(|| panic!("{path}")).fate
}

/// Every file below a folder with its bytes.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap_or_default());
                }
            }
        }
    }
    found
}

/// The files that tell a kind, and what is expected of them.
const PROJECTS: &[(&str, &[(&str, &str)])] = &[
    ("rust", &[("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n")]),
    ("go", &[("go.mod", "module example.org/shop\n"), ("go.sum", ""), (".golangci.yml", "")]),
    (
        "python-uv",
        &[
            ("pyproject.toml", "[dependency-groups]\ndev = [\"ruff\", \"pytest>=8\"]\n[tool.ruff.format]\n"),
            ("uv.lock", ""),
        ],
    ),
    (
        "python-poetry",
        &[("pyproject.toml", "[tool.poetry.group.dev.dependencies]\nblack = \"*\"\nruff = \"*\"\npytest = \"*\"\n")],
    ),
    ("python-pip", &[("requirements.txt", "requests # ruff\nruff-lsp\n"), ("setup.py", "")]),
    (
        "node-npm",
        &[
            (
                "package.json",
                r#"{"scripts":{"test":"node --test","lint":"eslint ."},"devDependencies":{"eslint":"9","prettier":"3"}}"#,
            ),
            ("package-lock.json", "{}"),
        ],
    ),
    (
        "node-yarn",
        &[
            (
                "package.json",
                r#"{"packageManager":"yarn@4.1.0","scripts":{"test":"vitest"},"devDependencies":{"@biomejs/biome":"1"}}"#,
            ),
            ("yarn.lock", ""),
        ],
    ),
    ("plain", &[("Makefile", "CC := cc\ntest: build\n\t@echo ok\n"), ("justfile", "default:\n"), (".gitmodules", "")]),
];

#[test]
fn what_is_written_is_as_reviewed() {
    for (name, files) in PROJECTS {
        let folder = project(files);
        let site = look(folder.path(), &Wishes::default()).unwrap();
        let mut shown: String = site.project.notes.iter().map(|note| format!("note: {note}\n")).collect();
        for change in &site.planned.changes {
            let runs = if change.executable { ", may be run" } else { "" };
            shown += &format!("\n════ {} ({:?}{runs})\n", change.path, change.fate);
            // What the command files say is the set-up's.
            if !change.path.starts_with(".claude/commands/") {
                shown += change.after.as_deref().unwrap_or_default();
            }
        }
        insta::assert_snapshot!(*name, shown);
    }
}

#[test]
fn a_project_is_told_by_its_files() {
    let package = |text: &'static str| ("package.json", text);
    for (files, kind, manager, others) in [
        (&[("README.md", "")][..], Kind::Plain, None, &[][..]),
        (&[("Cargo.toml", ""), package("{}")], Kind::Rust, Some(Manager::Cargo), &[Kind::Node]),
        (&[("requirements.txt", ""), package("{}")], Kind::Python, Some(Manager::Pip), &[Kind::Node]),
        (&[("pyproject.toml", "[tool.uv]\n")], Kind::Python, Some(Manager::Uv), &[]),
        (&[("pyproject.toml", "[tool.poetry]\n"), ("uv.lock", "")], Kind::Python, Some(Manager::Uv), &[]),
        (&[("pyproject.toml", "no toml"), ("poetry.lock", "")], Kind::Python, Some(Manager::Poetry), &[]),
        (&[package("{}"), ("yarn.lock", "")], Kind::Node, Some(Manager::Yarn), &[]),
        (&[package("no json"), ("bun.lockb", "")], Kind::Node, Some(Manager::Bun), &[]),
        (
            &[package(r#"{"packageManager":"pnpm@9.0.0+sha512.x"}"#), ("yarn.lock", "")],
            Kind::Node,
            Some(Manager::Pnpm),
            &[],
        ),
        (&[package(r#"{"packageManager":"other@1"}"#)], Kind::Node, Some(Manager::Npm), &[]),
        (&[("go.mod", ""), ("setup.cfg", "")], Kind::Go, Some(Manager::Go), &[Kind::Python]),
    ] {
        let folder = project(files);
        let told = look(folder.path(), &Wishes::default()).unwrap().project;
        assert_eq!((told.kind, told.manager, &told.others[..]), (kind, manager, others), "{files:?}");
    }
    let folder = project(&[("Cargo.toml", ""), ("package.json", "{}")]);
    assert_eq!(init_as(folder.path(), Some(Kind::Node)).project.kind, Kind::Node);
    assert_eq!(init(folder.path()).project.kind, Kind::Node, "what was chosen is remembered");
    assert_eq!(init_as(folder.path(), Some(Kind::Rust)).project.kind, Kind::Rust);
}

#[test]
fn a_second_run_changes_nothing() {
    for (name, files) in PROJECTS {
        let folder = project(files);
        assert!(init(folder.path()).planned.writes(), "{name}");
        let before = tree(folder.path());
        let again = init(folder.path());
        assert!(!again.planned.writes(), "{name}: {:#?}", again.planned.changes);
        assert_eq!(tree(folder.path()), before, "{name}");
    }
}

#[test]
fn looking_writes_nothing() {
    let folder = project(PROJECTS[0].1);
    let before = tree(folder.path());
    let site = look(folder.path(), &Wishes::default()).unwrap();
    assert!(site.planned.changes.iter().all(|change| change.diff().starts_with("--- /dev/null\n+++ b/")));
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn a_files_fate_is_told_by_who_wrote_it_last() {
    const LINT: &str = ".claude/hooks/stop-lint.sh";
    const TEST: &str = ".claude/hooks/stop-test.sh";
    let folder = project(PROJECTS[0].1);
    let at = |path: &str| folder.path().join(path);
    put(folder.path(), "hookrail.toml", b"# mine\n");
    let first = init(folder.path());
    assert_eq!((fate(&first, "hookrail.toml"), fate(&first, LINT)), (Fate::Kept, Fate::Created));
    assert!(at(LINT).metadata().unwrap().permissions().mode() & 0o100 != 0, "a script may be run");
    let text = fs::read_to_string(at(LINT)).unwrap();

    // An older hookrail wrote another text: it is brought up to date, with the permissions it has.
    let older = "#!/bin/sh\n# as an older version wrote it\n";
    put(folder.path(), LINT, older.as_bytes());
    fs::set_permissions(at(LINT), fs::Permissions::from_mode(0o640)).unwrap();
    let mut kept = Manifest::read(&fs::read_to_string(at(manifest::FILE)).unwrap()).unwrap();
    kept.files.insert(LINT.to_owned(), hash_of(older.as_bytes()));
    kept.files.insert("once.txt".to_owned(), hash_of(b"x"));
    kept.hookrail = "0.0.1".to_owned();
    put(folder.path(), manifest::FILE, kept.text().as_bytes());
    put(folder.path(), "once.txt", b"x");
    let second = init(folder.path());
    assert_eq!((fate(&second, LINT), fate(&second, "once.txt")), (Fate::Updated, Fate::Dropped));
    assert_eq!(fs::read_to_string(at(LINT)).unwrap(), text);
    assert_eq!(at(LINT).metadata().unwrap().permissions().mode() & 0o777, 0o750);
    assert!(at("once.txt").is_file());

    // A person's change is kept, and shown against what it would be; what they delete stays away.
    put(folder.path(), LINT, b"#!/bin/sh\nmake lint\n");
    fs::remove_file(at(TEST)).unwrap();
    let third = init(folder.path());
    assert_eq!((fate(&third, LINT), fate(&third, TEST)), (Fate::Kept, Fate::Deleted));
    let kept = third.planned.changes.iter().find(|change| change.path == LINT).unwrap();
    assert!(kept.diff().contains("-make lint\n") && kept.diff().contains("+found=$(cargo clippy"), "{}", kept.diff());
    assert!(!at(TEST).exists());

    // Until they say otherwise.
    let force = [LINT, TEST].map(str::to_owned).into();
    let site = look(folder.path(), &Wishes { kind: None, force }).unwrap();
    site.apply().unwrap();
    assert_eq!((fate(&site, LINT), fate(&site, TEST)), (Fate::Overwritten, Fate::Created));
    assert_eq!(fs::read_to_string(at(LINT)).unwrap(), text);
    assert_eq!(fs::read(at("hookrail.toml")).unwrap(), b"# mine\n");
    let wrong = look(folder.path(), &Wishes { kind: None, force: ["stop-lint.sh".to_owned()].into() }).unwrap_err();
    assert!(wrong.to_string().contains("did you mean .claude/hooks/stop-lint.sh?"), "{wrong}");
}

#[test]
fn without_its_manifest_what_is_equal_is_taken_up_again() {
    let folder = project(PROJECTS[0].1);
    init(folder.path());
    let before = tree(folder.path());
    fs::remove_file(folder.path().join(manifest::FILE)).unwrap();
    assert!(!init(folder.path()).planned.writes());
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn a_manifest_that_cannot_be_gone_by_stops_everything() {
    for (text, expected) in
        [("hookrail = \"99.0.0\"\n", "newer than this one"), ("files = 3\n", "cannot be understood")]
    {
        let folder = project(PROJECTS[0].1);
        put(folder.path(), manifest::FILE, text.as_bytes());
        let wrong = look(folder.path(), &Wishes::default()).unwrap_err().to_string();
        assert!(wrong.contains(expected), "{wrong}");
    }
}

#[test]
fn files_of_others_are_added_to_once() {
    let settings = "{\n  // ours\n  \"permissions\": {\n    \"deny\": [\"Read(./.env)\"],\n    \"allow\": []\n  }\n}\n";
    let folder =
        project(&[(".gitignore", "/target\r\n.claude/settings.local.json"), (".claude/settings.json", settings)]);
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
    let first = init(folder.path());
    assert_eq!((fate(&first, ".gitignore"), fate(&first, ".claude/settings.json")), (Fate::Extended, Fate::Extended));
    assert_eq!(
        read(".claude/settings.json"),
        settings.replace("[\"Read(./.env)\"]", "[\"Read(./.env)\", \"Read(./.env.local)\"]")
    );
    let ignored = read(".gitignore");
    assert!(ignored.starts_with("/target\r\n.claude/settings.local.json\r\n\r\n# "), "{ignored:?}");
    assert_eq!(ignored.matches("settings.local.json").count(), 1);
    assert!(ignored.ends_with("/install_results.md\r\n/maintenance_results.md\r\n"), "{ignored:?}");

    // What a person takes out again stays out, until they ask for it.
    put(folder.path(), ".gitignore", b"target\n");
    fs::remove_file(folder.path().join(".claude/settings.json")).unwrap();
    let again = init(folder.path());
    assert_eq!((fate(&again, ".gitignore"), fate(&again, ".claude/settings.json")), (Fate::Current, Fate::Deleted));
    assert_eq!(read(".gitignore"), "target\n");
    let force = [".gitignore".to_owned()].into();
    look(folder.path(), &Wishes { kind: None, force }).unwrap().apply().unwrap();
    assert!(read(".gitignore").contains("/install_results.md"));

    for (text, expected) in [
        ("{", "is not valid JSON"),
        ("[]", "`the file` is not an object"),
        ("{\"permissions\": 3}", "`permissions` is not an object"),
        ("{\"permissions\": {\"deny\": {}}}", "`permissions.deny` is not a list"),
    ] {
        let folder = project(&[(".claude/settings.json", text)]);
        let site = init(folder.path());
        let change = site.planned.changes.iter().find(|change| change.path == ".claude/settings.json").unwrap();
        assert_eq!(change.fate, Fate::Kept);
        assert!(change.why.as_deref().unwrap().contains(expected), "{change:?}");
        assert_eq!(fs::read_to_string(folder.path().join(".claude/settings.json")).unwrap(), text);
    }
}

#[test]
fn nothing_is_written_through_a_link_out_of_the_project() {
    let elsewhere = project(&[("justfile", "theirs:\n")]);
    let before = tree(elsewhere.path());
    let folder = project(PROJECTS[0].1);
    symlink(elsewhere.path(), folder.path().join(".claude")).unwrap();
    symlink(elsewhere.path().join("justfile"), folder.path().join("hookrail.toml")).unwrap();
    fs::create_dir(folder.path().join(".gitignore")).unwrap();
    let site = look(folder.path(), &Wishes::default());
    assert!(site.unwrap_err().to_string().contains("a link that leads out of the project"));
    fs::remove_file(folder.path().join(".claude")).unwrap();
    fs::create_dir(folder.path().join(".claude")).unwrap();
    symlink(elsewhere.path(), folder.path().join(".claude/hooks")).unwrap();
    symlink("nowhere", folder.path().join("justfile")).unwrap();
    let site = init(folder.path());
    for path in ["hookrail.toml", ".claude/hooks/stop-lint.sh", ".gitignore"] {
        assert_eq!(fate(&site, path), Fate::Kept, "{path}");
    }
    assert_eq!(tree(elsewhere.path()), before);

    // One that stays within it is as good as a folder.
    let folder = project(PROJECTS[0].1);
    fs::create_dir(folder.path().join("agents")).unwrap();
    symlink("agents", folder.path().join(".claude")).unwrap();
    init(folder.path());
    assert!(folder.path().join("agents/hooks/stop-lint.sh").is_file());
}

/// What a person does to a file.
#[derive(Clone, Debug)]
enum Edit {
    Nothing,
    Append(Vec<u8>),
    Replace(Vec<u8>),
    Delete,
}

/// The files that are edited: whole ones, those of others, and one that is never written.
const EDITED: &[&str] = &[
    "hookrail.toml",
    "justfile",
    ".claude/hooks/stop-lint.sh",
    ".claude/hooks/stop-test.sh",
    ".claude/commands/install.md",
    ".claude/settings.json",
    ".gitignore",
    "notes.md",
];

fn edit() -> impl Strategy<Value = Edit> {
    let text = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        "[ -~\n]{0,60}".prop_map(String::into_bytes),
        Just(b"{\"permissions\": {\"deny\": []}}".to_vec()),
    ];
    prop_oneof![
        3 => Just(Edit::Nothing),
        2 => text.clone().prop_map(Edit::Append),
        2 => text.prop_map(Edit::Replace),
        1 => Just(Edit::Delete),
    ]
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec(edit(), EDITED.len())
}

fn perform(folder: &Path, edits: &[Edit]) {
    for (path, edit) in EDITED.iter().zip(edits) {
        match edit {
            Edit::Nothing => {}
            Edit::Append(bytes) => {
                let before = fs::read(folder.join(path)).unwrap_or_default();
                put(folder, path, &[&before[..], bytes].concat());
            }
            Edit::Replace(bytes) => put(folder, path, bytes),
            Edit::Delete => drop(fs::remove_file(folder.join(path))),
        }
    }
}

/// Whether all bytes of one text are in the other, in their order.
fn is_within(part: &[u8], whole: &[u8]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|byte| rest.any(|other| other == byte))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_that_a_person_wrote_is_lost(
        before in edits(),
        rounds in proptest::collection::vec((edits(), prop_oneof![Just(None), Just(Some(Kind::Node)), Just(Some(Kind::Go))]), 1..4),
    ) {
        let folder = project(PROJECTS[0].1);
        perform(folder.path(), &before);
        // What we wrote at a path last, and what it was: these bytes alone may be replaced.
        let mut ours: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
        let mut kind = None;
        for (edits, chosen) in std::iter::once((Vec::new(), None)).chain(rounds) {
            perform(folder.path(), &edits);
            kind = chosen.or(kind);
            let then = tree(folder.path());
            let site = init_as(folder.path(), kind);
            let now = tree(folder.path());
            for (path, bytes) in then.iter().filter(|(path, _)| *path != manifest::FILE) {
                let is_shared = [".claude/settings.json", ".gitignore"].contains(&path.as_str());
                let is_ours = ours.get(path).is_some_and(|ours| ours.contains(bytes));
                match is_shared {
                    true => prop_assert!(is_within(bytes, &now[path]), "{path}"),
                    false => prop_assert!(is_ours || now.get(path) == Some(bytes), "{path}"),
                }
            }
            for change in site.planned.changes.iter().filter(|change| change.fate == Fate::Deleted) {
                prop_assert!(!now.contains_key(&change.path), "{}", change.path);
            }
            for change in &site.planned.changes {
                // Equal bytes are taken up as ours, whoever wrote them: replacing them loses nothing of a person's own.
                if change.fate.is_written() || change.fate == Fate::Current {
                    ours.entry(change.path.clone()).or_default().insert(now.get(&change.path).cloned().unwrap_or_default());
                }
            }
            let again = look(folder.path(), &Wishes { kind, ..Wishes::default() }).unwrap();
            prop_assert!(!again.planned.writes());
        }
    }
}

//! The direction of imports between our crates, and the size of the hook's tree.

use std::collections::BTreeSet;
use std::process::Command;

use cargo_metadata::Metadata;

use crate::repo::{assert_none, metadata, root};

/// Each crate that ships and the crates of ours it may name, in any kind of dependency.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("hookrail-core", &[]),
    ("hookrail-memory", &[]),
    ("hookrail-process", &[]),
    ("hookrail-hook", &["hookrail-core", "hookrail-memory", "hookrail-process"]),
    ("hookrail-store", &["hookrail-core"]),
    ("hookrail-device", &["hookrail-core", "hookrail-hook"]),
    ("hookrail-server", &["hookrail-core", "hookrail-store"]),
    (
        "hookrail",
        &["hookrail-core", "hookrail-memory", "hookrail-hook", "hookrail-store", "hookrail-device", "hookrail-server"],
    ),
];

/// Nothing may name these, and they may name anything.
const ABOVE_ALL: &[&str] = &["hookrail-tests", "hookrail-benches"];

/// What the lower floors may take from outside, except for their own tests; other crates are free.
const FROM_OUTSIDE: &[(&str, &[&str])] = &[
    ("hookrail-core", &["serde", "serde_json"]),
    ("hookrail-memory", &[]),
    ("hookrail-process", &[]),
    ("hookrail-hook", &["serde", "serde_json"]),
];

/// What the hook is shipped for.
const SHIPPED: &str = "x86_64-unknown-linux-musl";

/// The most crates the hook may consist of, itself and the macros that build it included.
const HOOK_CRATES: usize = 15;

/// Every dependency that points up, sideways or outside of what its floor allows, and every crate without a floor.
fn violations(metadata: &Metadata) -> Vec<String> {
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        if ABOVE_ALL.contains(&name) {
            continue;
        }
        let Some((_, allowed)) = MAY_NAME.iter().find(|(of, _)| *of == name) else {
            found.push(format!("{name} stands on no floor: give it one in tests/gates/floors.rs"));
            continue;
        };
        let outside = FROM_OUTSIDE.iter().find(|(of, _)| *of == name).map(|(_, allowed)| *allowed);
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            if ours.contains(to) && !allowed.contains(&to) {
                found.push(format!("{name} names {to}: imports point down only"));
            }
            let tests_only = dependency.kind == cargo_metadata::DependencyKind::Development;
            if !ours.contains(to) && !tests_only && outside.is_some_and(|allowed| !allowed.contains(&to)) {
                found.push(format!("{name} takes {to} from outside: its floor does without"));
            }
        }
    }
    found
}

/// The distinct crates in the output of `cargo tree --prefix none`: name and version.
fn crates_in(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn imports_point_down() {
    assert_none(&violations(metadata()));
}

#[test]
fn a_dependency_that_points_up_is_found() {
    let seeded = |package: &str, kind: &str, to: &str| {
        let mut value = serde_json::to_value(metadata()).unwrap();
        let packages = value["packages"].as_array_mut().unwrap();
        let at = packages.iter().position(|found| found["name"] == package).unwrap();
        let mut dependency =
            packages.iter().find(|found| found["name"] == "hookrail").unwrap()["dependencies"][0].clone();
        dependency["name"] = to.into();
        dependency["kind"] = if kind.is_empty() { serde_json::Value::Null } else { kind.into() };
        packages[at]["dependencies"].as_array_mut().unwrap().push(dependency);
        violations(&serde_json::from_value(value).unwrap())
    };
    assert_eq!(
        seeded("hookrail-core", "", "hookrail-store"),
        ["hookrail-core names hookrail-store: imports point down only"]
    );
    assert_eq!(seeded("hookrail-store", "dev", "hookrail-server").len(), 1, "tests of a crate point down too");
    assert_eq!(seeded("hookrail-server", "build", "hookrail-device").len(), 1, "sideways is not down");
    assert_eq!(seeded("hookrail-device", "", "hookrail-tests").len(), 1, "nothing names the tests");
    assert_eq!(
        seeded("hookrail-hook", "", "tokio"),
        ["hookrail-hook takes tokio from outside: its floor does without"]
    );
    assert_eq!(seeded("hookrail-hook", "dev", "proptest").len(), 0, "a crate's tests may use what they like");
}

#[test]
fn a_crate_without_a_floor_is_found() {
    let renamed =
        serde_json::to_string(metadata()).unwrap().replace("\"name\":\"hookrail-device\"", "\"name\":\"hookrail-fog\"");
    let found = violations(&serde_json::from_str(&renamed).unwrap());
    assert!(found.iter().any(|line| line.starts_with("hookrail-fog stands on no floor")), "{found:?}");
}

#[test]
fn the_hook_is_made_of_few_crates() {
    let tree = |package: &str| {
        let listed = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "-e", "normal", "--prefix", "none", "--target", SHIPPED, "-p", package])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(listed.status.success(), "cargo tree: {}", String::from_utf8_lossy(&listed.stderr));
        crates_in(&String::from_utf8(listed.stdout).unwrap())
    };
    let hook = tree("hookrail-hook");
    assert!(hook.len() <= HOOK_CRATES, "{} crates: {hook:?}", hook.len());
    assert!(hook.iter().any(|name| name.starts_with("hookrail-core ")), "{hook:?}");
    // The same count over a crate that does have a large tree: the measure sees what it should see.
    assert!(tree("hookrail-server").len() > HOOK_CRATES);
}

//! Unsafe code stands in two crates, and the static build calls what that crate is for.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::repo::{assert_none, metadata, root};

/// What replaces C's own copies; it may hold unsafe code.
const MEMORY: &str = "hookrail-memory";

/// The only other crate that may.
const PROCESS: &str = "hookrail-process";

/// What hookrail is shipped for.
const SHIPPED: &str = "x86_64-unknown-linux-musl";

/// The crates, by name and manifest, that do not keep to the workspace's lints, which forbid unsafe code.
fn without_lints<'a>(manifests: impl Iterator<Item = (&'a str, String)>) -> Vec<String> {
    manifests
        .filter(|(name, manifest)| {
            ![MEMORY, PROCESS].contains(name) && !manifest.contains("[lints]\nworkspace = true\n")
        })
        .map(|(name, _)| {
            format!("{name} does not keep to the workspace's lints: say `workspace = true` below `[lints]`")
        })
        .collect()
}

#[test]
fn two_crates_may_hold_unsafe_code() {
    let root_manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(root_manifest.contains("unsafe_code = \"forbid\""), "the workspace's lints no longer forbid unsafe code");
    let packages = metadata().workspace_packages();
    let manifests =
        packages.iter().map(|package| (package.name.as_str(), fs::read_to_string(&package.manifest_path).unwrap()));
    assert_none(&without_lints(manifests));
}

#[test]
fn a_crate_without_the_lints_is_found() {
    let seeded = [("hookrail-fog", "[package]\n".to_owned()), (MEMORY, "[package]\n".to_owned())];
    let found = without_lints(seeded.into_iter());
    assert!(found.len() == 1 && found[0].starts_with("hookrail-fog does not keep"), "{found:?}");
}

/// A program that is linked as hookrail ships tests itself: its `memcpy` is the crate's, or the test fails.
#[test]
fn the_static_build_copies_with_our_own() {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap();
    let sysroot = String::from_utf8(sysroot.stdout).unwrap();
    if !Path::new(sysroot.trim()).join("lib/rustlib").join(SHIPPED).is_dir() {
        return eprintln!("{SHIPPED} is not installed (rustup target add {SHIPPED}): not looked at");
    }
    let tested = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--locked", "-p", MEMORY, "--test", "memory", "--target", SHIPPED])
        .current_dir(root())
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success() && told.contains("4 passed"), "{told}");
}

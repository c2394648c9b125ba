//! `core` is pure: clippy refuses files, environment, clock, network, threads and processes there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::repo::{files, root, text};

/// What `core` must not touch, each as code that would.
const SEEDS: &[(&str, &str)] = &[
    ("files", "std::fs::read(\"/dev/null\").is_ok()"),
    ("opening a file", "std::fs::File::open(\"/dev/null\").is_ok()"),
    ("environment", "std::env::var(\"HOME\").is_ok()"),
    ("wall clock", "std::time::SystemTime::now() > std::time::UNIX_EPOCH"),
    ("monotonic clock", "std::time::Instant::now().elapsed().is_zero()"),
    ("network", "std::net::TcpStream::connect(\"127.0.0.1:1\").is_ok()"),
    ("threads", "std::thread::spawn(|| ()).is_finished()"),
    ("processes", "std::process::Command::new(\"true\").status().is_ok()"),
];

/// A workspace of its own in `folder` with nothing but a copy of `core`, its `lib.rs` followed by `seed`.
fn copy_core(folder: &Path, seed: &str) {
    // What the manifest names has to be there too.
    let parts = ["crates/core/src", "crates/core/examples/learn", "crates/core/Cargo.toml"];
    for file in files().iter().filter(|file| parts.iter().any(|part| file.starts_with(part))) {
        let to = folder.join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join(file), to).unwrap();
    }
    for file in ["clippy.toml", "Cargo.lock"] {
        fs::copy(root().join(file), folder.join(file)).unwrap();
    }
    let mut workspace: toml::Table = text("Cargo.toml").unwrap().parse().unwrap();
    workspace["workspace"]["members"] = vec!["crates/core".to_owned()].into();
    fs::write(folder.join("Cargo.toml"), workspace.to_string()).unwrap();
    let lib = folder.join("crates/core/src/lib.rs");
    fs::write(&lib, fs::read_to_string(&lib).unwrap() + seed).unwrap();
}

/// The lines of `lib.rs` of which clippy says that they use what is disallowed, and whether the build failed.
fn disallowed(workspace: &Path) -> (BTreeSet<u64>, bool) {
    // One target folder for all copies: the few dependencies are checked once.
    let target = root().join("target/gates");
    let run = Command::new(env!("CARGO"))
        .args(["clippy", "--quiet", "--offline", "-p", "hookrail-core", "--message-format=json"])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let messages: Vec<Value> =
        run.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert!(!messages.is_empty(), "clippy said nothing: {}", String::from_utf8_lossy(&run.stderr));
    let lines = messages
        .iter()
        .map(|message| &message["message"])
        .filter(|message| message["code"]["code"].as_str().is_some_and(|code| code.starts_with("clippy::disallowed_")))
        .filter(|message| message["level"] == "error")
        .flat_map(|message| message["spans"].as_array().into_iter().flatten())
        .filter(|span| span["file_name"].as_str().is_some_and(|file| file.ends_with("core/src/lib.rs")))
        .filter_map(|span| span["line_start"].as_u64())
        .collect();
    (lines, !run.status.success())
}

#[test]
fn core_touches_nothing_and_every_seeded_touch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    copy_core(folder.path(), "");
    assert_eq!(
        disallowed(folder.path()),
        (BTreeSet::new(), false),
        "core as it is: `cargo clippy -p hookrail-core` says more"
    );

    let lines = text("crates/core/src/lib.rs").unwrap().lines().count() as u64;
    let seeds: Vec<String> = SEEDS
        .iter()
        .enumerate()
        .map(|(at, (area, code))| format!("/// Seeded: {area}.\npub fn seeded_{at}() -> bool {{\n    {code}\n}}\n"))
        .collect();
    copy_core(folder.path(), &seeds.concat());
    let (found, failed) = disallowed(folder.path());
    assert!(failed);
    for (at, (area, code)) in (0..).zip(SEEDS) {
        let line = lines + at * 4 + 3;
        assert!(found.contains(&line), "{area}: `{code}` passes; ban it in clippy.toml");
    }
}

//! Rust: cargo, clippy, rustfmt.

use super::{ByFile, Check, Generated, Listing, Step, Tools, Version};

const SOURCES: &[&str] = &["*.rs", "Cargo.toml"];

pub(super) fn tools(listing: &Listing) -> Tools {
    let manifest: toml::Table = toml::from_str(listing.text("Cargo.toml")).unwrap_or_default();
    // A package at the root of a workspace would otherwise be all that is looked at.
    let all = if manifest.contains_key("workspace") { " --workspace" } else { "" };
    let locked = if listing.has("Cargo.lock") { " --locked" } else { "" };
    let clippy = format!("cargo clippy --quiet{all} --all-targets -- -D warnings");
    let rustfmt = format!("rustfmt --edition {} {{}}", edition(&manifest));
    Tools {
        lint: Some(Check::whole(clippy, "cargo clippy --version", SOURCES)),
        test: Some(Check::whole(format!("cargo test --quiet{all}"), "cargo --version", SOURCES)),
        format: Some("cargo fmt --all".to_owned()),
        versions: vec![Version { program: "cargo", command: "cargo --version" }],
        generated: Generated {
            paths: vec!["Cargo.lock", "target/**"],
            instead: "change Cargo.toml (cargo add, cargo remove, cargo update) and let cargo write it",
        },
        // A proxy of rustup is there without the component, too.
        formats: vec![ByFile { glob: "*.rs", line: format!("rustfmt --version >/dev/null 2>&1 || exit 0; {rustfmt}") }],
        ignored: vec!["/target/"],
        init: vec![
            Step::new("components", "rustup component add clippy rustfmt", "5m").needs("rustup").optional(),
            Step::new("dependencies", format!("cargo fetch{locked}"), "10m"),
        ],
        maintenance: vec![
            Step::new("dependencies", format!("cargo fetch{locked}"), "10m"),
            Step::new("outdated", "cargo update --dry-run", "5m").optional(),
            Step::new("advisories", "cargo audit", "5m").needs("cargo-audit").optional(),
        ],
        ..Tools::default()
    }
}

/// The edition of the package, or that its workspace gives it; that of a manifest without one is 2015.
fn edition(manifest: &toml::Table) -> String {
    let of = |table: Option<&toml::Value>| Some(table?.get("package")?.get("edition")?.as_str()?.to_owned());
    let own = manifest.get("package").and_then(|package| package.get("edition")?.as_str().map(str::to_owned));
    let known = own.or_else(|| of(manifest.get("workspace")));
    let known = known.filter(|edition| edition.bytes().all(|byte| byte.is_ascii_digit()));
    let virtual_workspace = !manifest.contains_key("package");
    known.unwrap_or_else(|| if virtual_workspace { "2024" } else { "2015" }.to_owned())
}

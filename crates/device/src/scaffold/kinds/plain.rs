//! A project of no known kind: its shell scripts, and what a Makefile or a justfile offers.

use super::{ByFile, Check, Generated, Listing, Tools, where_there};

const SCRIPTS: &[&str] = &["*.sh", "*.bash"];

pub(super) fn tools(listing: &Listing, notes: &mut Vec<String>) -> Tools {
    let target = ["test", "check"].into_iter().find(|target| has_target(listing.text("Makefile"), target));
    let test = target.map(|target| Check::whole(format!("make {target}"), "command -v make", &[]));
    if test.is_none() {
        notes.push("no stop-test.sh is written: no `test` or `check` was found in a Makefile".into());
    }
    Tools {
        lint: Some(
            Check::of_files("shellcheck --severity=warning --", "command -v shellcheck", SCRIPTS)
                .for_all("git ls-files -z '*.sh' '*.bash' | xargs -0 -r shellcheck --severity=warning --"),
        ),
        test,
        generated: Generated { paths: vec![".git/**"], instead: "let git write it" },
        // bash reads what other shells do; the reverse is not so, whatever a file is called.
        checks: vec![ByFile { glob: "*.{sh,bash}", line: where_there("bash", "bash -n {}") }],
        ..Tools::default()
    }
}

/// Whether a Makefile has a rule for this target.
fn has_target(makefile: &str, target: &str) -> bool {
    makefile
        .lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(names, rest)| !rest.starts_with('=') && names.split_whitespace().any(|name| name == target))
}

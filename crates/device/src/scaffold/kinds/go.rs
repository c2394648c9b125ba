//! Go: its own command, and golangci-lint where it is configured.

use super::{ByFile, Check, Generated, Listing, Step, Tools, Version, where_there};

const SOURCES: &[&str] = &["*.go", "go.mod"];

/// The names golangci-lint looks for.
const GOLANGCI: &[&str] = &[".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"];

pub(super) fn tools(listing: &Listing) -> Tools {
    let lint = match listing.has_any(GOLANGCI) {
        true => Check::whole("golangci-lint run", "command -v golangci-lint", SOURCES),
        false => Check::whole("go vet ./...", "command -v go", SOURCES),
    };
    let paths = if listing.has("vendor") { vec!["go.sum", "vendor/**"] } else { vec!["go.sum"] };
    Tools {
        lint: Some(lint),
        test: Some(Check::whole("go test ./...", "command -v go", SOURCES)),
        format: Some("gofmt -l -w .".to_owned()),
        versions: vec![Version { program: "go", command: "go version" }],
        generated: Generated { paths, instead: "let go write it: go get MODULE@VERSION, go mod tidy" },
        formats: vec![ByFile { glob: "*.go", line: where_there("gofmt", "gofmt -w {}") }],
        init: vec![Step::new("dependencies", "go mod download", "10m")],
        maintenance: vec![
            Step::new("dependencies", "go mod download && go mod verify", "10m"),
            Step::new("outdated", "go list -m -u all", "5m").optional(),
            Step::new("advisories", "govulncheck ./...", "5m").needs("govulncheck").optional(),
        ],
        ..Tools::default()
    }
}

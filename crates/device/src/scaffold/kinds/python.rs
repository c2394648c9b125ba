//! Python: uv, poetry or pip, and of linters, formatters and test runners those that the project names.

use super::{ByFile, Check, Generated, Listing, Manager, Missing, Step, Tools, Version};

const SOURCES: &[&str] = &["*.py", "*.pyi"];

/// Reads each file as Python would, and keeps nothing of it.
const SYNTAX: &str = "python3 -c 'import ast, sys; [ast.parse(open(f, \"rb\").read(), f) for f in sys.argv[1:]]'";

pub(super) fn manager(listing: &Listing) -> Manager {
    let pyproject = pyproject(listing);
    let tool = |name: &str| pyproject.get("tool").is_some_and(|tool| tool.get(name).is_some());
    match () {
        () if listing.has("uv.lock") => Manager::Uv,
        () if listing.has("poetry.lock") => Manager::Poetry,
        () if tool("uv") => Manager::Uv,
        () if tool("poetry") => Manager::Poetry,
        () => Manager::Pip,
    }
}

fn pyproject(listing: &Listing) -> toml::Table {
    toml::from_str(listing.text("pyproject.toml")).unwrap_or_default()
}

/// Whether the project names a tool: by its settings, or among what it depends on.
fn names(listing: &Listing, tool: &str) -> bool {
    let is_word = |text: &str| {
        text.match_indices(tool).any(|(at, _)| {
            let part = |c: char| c.is_alphanumeric() || c == '_';
            // `ruff-lsp` is another package; `pytest-cov` wants pytest, and is no sign of anything else.
            let before = |c: char| part(c) || c == '-';
            let behind = |c: char| part(c) || (c == '-' && tool != "pytest");
            !text[..at].ends_with(before) && !text[at + tool.len()..].starts_with(behind)
        })
    };
    // A comment names nothing.
    let code = |name: &str| listing.text(name).lines().any(|line| is_word(line.split('#').next().unwrap_or_default()));
    ["pyproject.toml", "requirements.txt", "requirements-dev.txt", "setup.cfg"].into_iter().any(code)
}

pub(super) fn tools(manager: Manager, listing: &Listing, notes: &mut Vec<String>) -> Tools {
    // What a person types; handlers find the programs of `.venv` by PATH.
    let run = match manager {
        Manager::Uv => "uv run ",
        Manager::Poetry => "poetry run ",
        _ => ".venv/bin/",
    };
    let in_hooks = if manager == Manager::Poetry { "poetry run " } else { "" };
    let needs = |program: &str| needs(manager, program);
    let has_ruff = names(listing, "ruff") || listing.has_any(&["ruff.toml", ".ruff.toml"]);
    let lint = match has_ruff {
        true => Check::of_files(format!("{in_hooks}ruff check --quiet --"), needs("ruff"), SOURCES)
            .for_all(format!("{run}ruff check")),
        false => {
            notes.push("stop-lint.sh checks the syntax alone: the project does not name ruff".into());
            Check::of_files(SYNTAX, "command -v python3", SOURCES)
        }
    };
    let has_pytest = names(listing, "pytest") || listing.has_any(&["pytest.ini", "conftest.py"]);
    let test = (has_pytest || listing.has_any(&["tests", "test"])).then(|| Check {
        passes: Some((5, "there are no tests")),
        for_all: Some(format!("{run}pytest")),
        ..Check::whole(format!("{in_hooks}pytest --quiet"), needs("pytest"), &["*.py", "pyproject.toml"])
    });
    if test.is_none() {
        notes.push("no stop-test.sh is written: neither pytest nor a folder tests was found".into());
    }
    let (formats, format) = formatter(manager, listing, has_ruff, run);
    Tools {
        bin: (manager != Manager::Poetry).then_some(".venv/bin"),
        lint: Some(lint),
        test,
        format,
        versions: versions(manager),
        missing: (manager != Manager::Poetry)
            .then_some(Missing { test: "[ -d .venv ]", told: "There is no .venv yet" }),
        generated: generated(manager),
        formats,
        checks: if has_ruff { vec![by_file(manager, "ruff", "ruff check --quiet {}")] } else { Vec::new() },
        ignored: if manager == Manager::Poetry { Vec::new() } else { vec!["/.venv/"] },
        init: init(manager, listing),
        maintenance: maintenance(manager),
        ..Tools::default()
    }
}

/// A formatter only where the project is formatted by one: another's habits make long differences.
fn formatter(manager: Manager, listing: &Listing, has_ruff: bool, run: &str) -> (Vec<ByFile>, Option<String>) {
    let ruff = has_ruff
        && (listing.text("pyproject.toml").contains("[tool.ruff.format")
            || listing.text(".pre-commit-config.yaml").contains("ruff-format"));
    let (program, line) = match () {
        () if ruff => ("ruff", "ruff format"),
        () if names(listing, "black") => ("black", "black"),
        () => return (Vec::new(), None),
    };
    let formats = vec![by_file(manager, program, &format!("{line} --quiet {{}}"))];
    (formats, Some(format!("{run}{line} .")))
}

/// What says that a program of the project can be run. uv keeps them all in `.venv`; pip may have put them elsewhere.
fn needs(manager: Manager, program: &str) -> String {
    match manager {
        Manager::Poetry => format!("poetry run {program} --version"),
        Manager::Uv => format!("[ -x .venv/bin/{program} ]"),
        _ => format!("command -v {program}"),
    }
}

/// A line for a file that runs only where its program is there.
fn by_file(manager: Manager, program: &str, line: &str) -> ByFile {
    let needs = needs(manager, program);
    let line = match manager {
        Manager::Poetry => format!("{needs} >/dev/null 2>&1 || exit 0; poetry run {line}"),
        Manager::Uv => format!("{needs} || exit 0; .venv/bin/{line}"),
        _ => format!("PATH=\".venv/bin:$PATH\"; {needs} >/dev/null || exit 0; {line}"),
    };
    ByFile { glob: "*.py", line }
}

fn versions(manager: Manager) -> Vec<Version> {
    let mut versions = vec![Version { program: "python3", command: "python3 --version" }];
    match manager {
        Manager::Uv => versions.push(Version { program: "uv", command: "uv --version" }),
        Manager::Poetry => versions.push(Version { program: "poetry", command: "poetry --version" }),
        _ => {}
    }
    versions
}

fn generated(manager: Manager) -> Generated {
    let (paths, instead) = match manager {
        Manager::Uv => (&["uv.lock", ".venv/**"][..], "change pyproject.toml (uv add, uv remove) and let uv write it"),
        Manager::Poetry => (
            &["poetry.lock", ".venv/**"][..],
            "change pyproject.toml (poetry add, poetry remove) and let poetry write it",
        ),
        _ => (&[".venv/**", "**/*.egg-info/**"][..], "change what is required and install that again"),
    };
    Generated { paths: paths.to_vec(), instead }
}

/// What says what pip is to install.
const INPUTS: &[&str] = &["pyproject.toml", "requirements.txt", "requirements-dev.txt", "setup.py", "setup.cfg"];

fn init(manager: Manager, listing: &Listing) -> Vec<Step> {
    let dependencies = |run: String| Step::new("dependencies", run, "10m");
    match manager {
        Manager::Uv => {
            let locked = if listing.has("uv.lock") { " --locked" } else { "" };
            vec![dependencies(format!("uv sync{locked}"))]
        }
        Manager::Poetry => vec![dependencies("poetry install --no-interaction".to_owned())],
        _ => {
            let from: Vec<String> = ["requirements.txt", "requirements-dev.txt"]
                .into_iter()
                .filter(|file| listing.has(file))
                .map(|file| format!("-r {file}"))
                .chain(pip_itself(listing))
                .collect();
            let venv = Step::new("venv", "[ -d .venv ] || python3 -m venv .venv", "2m");
            match from.is_empty() {
                true => vec![venv],
                false => {
                    let install = format!(".venv/bin/python -m pip install --quiet {}", from.join(" "));
                    vec![venv, dependencies(install).inputs(INPUTS, listing).outputs(&[".venv"])]
                }
            }
        }
    }
}

/// The project itself, with what its developers need, where it can be installed.
fn pip_itself(listing: &Listing) -> Option<String> {
    let pyproject = pyproject(listing);
    let project = pyproject.get("project");
    if project.is_none() && !pyproject.contains_key("build-system") && !listing.has("setup.py") {
        return None;
    }
    let extras = project.and_then(|project| project.get("optional-dependencies"));
    let extra =
        ["dev", "test", "tests"].into_iter().find(|name| extras.is_some_and(|extras| extras.get(name).is_some()));
    Some(extra.map_or_else(|| "-e .".to_owned(), |extra| format!("-e '.[{extra}]'")))
}

fn maintenance(manager: Manager) -> Vec<Step> {
    match manager {
        Manager::Uv => vec![
            Step::new("lock", "uv lock --check", "5m"),
            Step::new("outdated", "uv tree --outdated --depth 1", "5m").optional(),
        ],
        Manager::Poetry => vec![
            Step::new("lock", "poetry check --lock", "5m"),
            Step::new("outdated", "poetry show --outdated", "5m").optional(),
        ],
        _ => vec![
            Step::new("conflicts", ".venv/bin/python -m pip check", "5m"),
            Step::new("outdated", ".venv/bin/python -m pip list --outdated", "5m").optional(),
        ],
    }
}

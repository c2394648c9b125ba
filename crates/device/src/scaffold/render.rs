//! What is written, from templates: pure.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use super::detect::{Manager, Project};
use super::kinds::{Check, Tools};
use super::plan::Wanted;
use crate::words::quoted;

/// The templates, by the names under which they include each other.
const TEMPLATES: &[(&str, &str)] = &[
    ("hookrail.toml", include_str!("templates/hookrail.toml")),
    ("justfile", include_str!("templates/justfile")),
    ("check", include_str!("templates/check.part")),
    ("path", include_str!("templates/path.part")),
    ("session-start-context.sh", include_str!("templates/hooks/session-start-context.sh")),
    ("pre-tool-use-paths.sh", include_str!("templates/hooks/pre-tool-use-paths.sh")),
    ("post-tool-use-syntax.py", include_str!("templates/hooks/post-tool-use-syntax.py")),
    ("stop-lint.sh", include_str!("templates/hooks/stop-lint.sh")),
    ("stop-test.sh", include_str!("templates/hooks/stop-test.sh")),
];

/// Globs of the data files that every project may have.
const DATA: &[&str] = &["*.toml", ".mcp.json", ".claude/settings*.json"];

/// Lines that belong into every `.gitignore`: what a set-up reports, and settings of one person.
pub const IGNORED: &[&str] = &["/install_results.md", "/maintenance_results.md", "/.claude/settings.local.json"];

/// Where recipes for `just` go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipes {
    /// Into a `justfile` of ours.
    File,
    /// Into `hookrail.just`, a module beside a person's own `justfile`.
    Module,
}

impl Recipes {
    /// The file's name.
    pub const fn path(self) -> &'static str {
        match self {
            Self::File => "justfile",
            Self::Module => "hookrail.just",
        }
    }
}

/// What templates are filled with.
#[derive(Debug, Serialize)]
struct Facts<'a> {
    title: &'static str,
    manager: Option<&'static str>,
    is_module: bool,
    tools: &'a Tools,
    commands: Vec<Command<'a>>,
    /// The names of those that find mistakes.
    checks: String,
    data: Vec<&'static str>,
}

/// A command that a person runs.
#[derive(Debug, Serialize)]
struct Command<'a> {
    name: &'static str,
    comment: &'static str,
    command: &'a str,
}

/// The files for this project.
///
/// # Errors
/// Where a template is wrong.
pub fn files(project: &Project, recipes: Recipes) -> Result<Vec<Wanted>, Error> {
    let environment = environment()?;
    let tools = &project.tools;
    let commands: Vec<Command<'_>> = [
        ("format", "Put the sources into their form", tools.format.as_deref()),
        ("lint", "Find mistakes without running anything", tools.lint.as_ref().and_then(Check::typed)),
        ("test", "Run the tests", tools.test.as_ref().and_then(Check::typed)),
    ]
    .into_iter()
    .filter_map(|(name, comment, command)| Some(Command { name, comment, command: command? }))
    .collect();
    let checks = commands.iter().map(|it| it.name).filter(|name| *name != "format");
    let facts = Facts {
        checks: checks.collect::<Vec<_>>().join(" "),
        title: project.kind.title(),
        manager: project.manager.map(Manager::as_str),
        is_module: recipes == Recipes::Module,
        tools,
        commands,
        data: DATA.iter().chain(&tools.data).copied().collect(),
    };
    let facts = Value::from(Serde(&facts));
    let write = |name: &str, path: String, executable: bool| {
        // Between definitions Python has two.
        let empty_lines = if name.ends_with(".py") { 2 } else { 1 };
        let text = tidied(&environment.get_template(name)?.render(&facts)?, empty_lines);
        Ok::<_, Error>(Wanted { path, text, executable })
    };
    let hook = |name: &str| write(name, format!(".claude/hooks/{name}"), true);
    let mut files = vec![
        write("hookrail.toml", "hookrail.toml".to_owned(), false)?,
        hook("session-start-context.sh")?,
        hook("pre-tool-use-paths.sh")?,
        hook("post-tool-use-syntax.py")?,
    ];
    if tools.lint.is_some() {
        files.push(hook("stop-lint.sh")?);
    }
    if tools.test.is_some() {
        files.push(hook("stop-test.sh")?);
    }
    files.push(write("justfile", recipes.path().to_owned(), false)?);
    Ok(files)
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?;
    environment.set_syntax(syntax);
    environment.add_filter("toml", toml);
    environment.add_filter("sh", |text: &str| quoted(text));
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// A value as TOML.
fn toml(value: &Value) -> Result<String, Error> {
    let value = toml::Value::try_from(value);
    let value = value.map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    Ok(value.to_string())
}

/// The text without what conditions leave behind: white space at the ends of lines and of the file, and more than so many empty
/// lines in a row.
fn tidied(text: &str, empty_lines: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = empty_lines;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= empty_lines {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

//! The files of others to which pieces are added: `.gitignore` and Claude Code's settings of the project. Pure.

use serde_json::json;

use super::detect::Project;
use super::plan::Piece;
use super::render::IGNORED;
use crate::install::edit::{self, Style};
use crate::install::jsonc::{Dialect, Node, Value, parse};

/// The settings of a project that everybody who works on it shares.
pub const SHARED: &str = ".claude/settings.json";

/// What the agent's own tools may not read: values of variables go to its shell by `use = "environment"`, and not into what
/// a model reads.
const DENIED: &[&str] = &["Read(./.env)", "Read(./.env.local)"];

/// Everything that is added to files of others.
pub fn pieces(project: &Project) -> Vec<Piece> {
    let owned = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    let ignored = [IGNORED, &project.tools.ignored].concat();
    vec![
        Piece { path: SHARED.to_owned(), items: owned(DENIED), add: deny, has: is_denied },
        Piece { path: ".gitignore".to_owned(), items: owned(&ignored), add: ignore, has: is_ignored },
    ]
}

fn is_denied(text: &str, rule: &str) -> bool {
    let Ok(root) = parse(text, Dialect::Jsonc) else { return false };
    let rules = root.get("permissions").and_then(|permissions| permissions.get("deny"));
    rules.is_some_and(|rules| rules.children().iter().any(|child| child.node.as_str() == Some(rule)))
}

/// Adds rules to `permissions.deny`, leaving all else of the text as it is written.
fn deny(text: Option<&str>, rules: &[&str]) -> Result<String, String> {
    let mut text = text.filter(|text| !text.trim().is_empty()).unwrap_or("{}\n").to_owned();
    for rule in rules {
        let root =
            parse(&text, Dialect::Jsonc).map_err(|error| format!("is not valid JSON ({error}); mend it first"))?;
        let style = Style::of(&text, &root);
        let expect = |node: &Node, name: &str, fits: bool, what: &str| match fits {
            true => Ok(()),
            false => Err(format!("has no place for rules: `{name}` is not {what} (byte {})", node.span.start)),
        };
        expect(&root, "the file", matches!(root.value, Value::Object(_)), "an object")?;
        text = match root.get("permissions") {
            None => edit::append(&text, &root, &style, Some("permissions"), &json!({"deny": [rule]})),
            Some(permissions) => {
                expect(permissions, "permissions", matches!(permissions.value, Value::Object(_)), "an object")?;
                match permissions.get("deny") {
                    None => edit::append(&text, permissions, &style, Some("deny"), &json!([rule])),
                    Some(list) => {
                        expect(list, "permissions.deny", matches!(list.value, Value::Array(_)), "a list")?;
                        edit::append(&text, list, &style, None, &json!(rule))
                    }
                }
            }
        };
    }
    Ok(text)
}

fn is_ignored(text: &str, line: &str) -> bool {
    let bare = |line: &str| line.trim().trim_start_matches("**").trim_matches('/').to_owned();
    text.lines().any(|known| bare(known) == bare(line))
}

/// Adds lines at the end, under a line that says whose they are.
fn ignore(text: Option<&str>, lines: &[&str]) -> Result<String, String> {
    let text = text.unwrap_or_default();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = text.to_owned();
    if !out.is_empty() {
        out.push_str(if out.ends_with('\n') { "" } else { end });
        out.push_str(end);
    }
    for line in std::iter::once(&"# Of one machine (hookrail init)").chain(lines) {
        out.push_str(line);
        out.push_str(end);
    }
    Ok(out)
}

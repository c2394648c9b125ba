//! Two edits of a JSON text, each undoing the other: put a child at the end of a container, take one out.
//! Everything else of the text, its comments, its indentation, its line ends, stays as it is. Only the white space within
//! a container that held nothing else is not remembered.

use super::jsonc::{Child, Node, Value};

/// How the text around an edit is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    newline: &'static str,
    indent: String,
}

impl Style {
    /// The style of a text: its line end, and the indentation of the first member of its root.
    pub(crate) fn of(text: &str, root: &Node) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let first = root.children().first().and_then(|child| own_line(text, child.span.start));
        let indent = first.filter(|indent| !indent.is_empty()).unwrap_or("  ").to_owned();
        Self { newline, indent }
    }
}

/// The white space before `at`, where nothing else stands before it on its line.
fn own_line(text: &str, at: usize) -> Option<&str> {
    let line = &text[text[..at].rfind('\n')? + 1..at];
    line.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some(line)
}

/// The indentation of the line that holds `at`.
fn indent_of_line(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |newline| newline + 1)..];
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The end of what stands before `at`, white space not counted.
fn content_before(text: &str, at: usize) -> usize {
    text[..at].trim_end_matches([' ', '\t', '\r', '\n']).len()
}

/// The text with a child put after the last one of `container`, under `key` where the container is an object.
pub(crate) fn append(
    text: &str,
    container: &Node,
    style: &Style,
    key: Option<&str>,
    value: &serde_json::Value,
) -> String {
    let close = container.span.end - 1;
    let last = container.children().last();
    let mut out = String::with_capacity(text.len() + 256);
    match last.map(|last| (last, own_line(text, last.span.start))) {
        // On a line of its own, as its siblings are; after the comments that follow the last of them.
        Some((last, Some(indent))) => {
            let at = content_before(text, close);
            comma_after(text, last, &mut out);
            out.push_str(&text[last.comma.map_or(last.span.end, |comma| comma + 1)..at]);
            out.push_str(style.newline);
            out.push_str(indent);
            out.push_str(&render(key, value, style, Some(indent)));
            out.push_str(if last.comma.is_some() { "," } else { "" });
            out.push_str(&text[at..]);
        }
        // On the line its siblings share.
        Some((last, None)) => {
            comma_after(text, last, &mut out);
            out.push(' ');
            out.push_str(&render(key, value, style, None));
            out.push_str(if last.comma.is_some() { "," } else { "" });
            out.push_str(&text[last.comma.map_or(last.span.end, |comma| comma + 1)..]);
        }
        None => {
            let at = content_before(text, close);
            let base = indent_of_line(text, container.span.start);
            let indent = format!("{base}{}", style.indent);
            out.push_str(&text[..at]);
            out.push_str(style.newline);
            out.push_str(&indent);
            out.push_str(&render(key, value, style, Some(&indent)));
            if !text[at..close].contains('\n') {
                out.push_str(style.newline);
                out.push_str(base);
            }
            out.push_str(&text[at..]);
        }
    }
    out
}

/// Writes the text up to the end of `last` with the comma that lets another child follow.
fn comma_after(text: &str, last: &Child, out: &mut String) {
    match last.comma {
        Some(comma) => out.push_str(&text[..=comma]),
        None => {
            out.push_str(&text[..last.span.end]);
            out.push(',');
        }
    }
}

/// A child as text: over several lines from `indent` on, or on one line.
fn render(key: Option<&str>, value: &serde_json::Value, style: &Style, indent: Option<&str>) -> String {
    let mut out = String::new();
    if let Some(key) = key {
        out.push_str(&serde_json::Value::from(key).to_string());
        out.push_str(": ");
    }
    write(value, style, indent, &mut out);
    out
}

fn write(value: &serde_json::Value, style: &Style, indent: Option<&str>, out: &mut String) {
    let children: Vec<(Option<&String>, &serde_json::Value)> = match value {
        serde_json::Value::Object(members) => members.iter().map(|(key, value)| (Some(key), value)).collect(),
        serde_json::Value::Array(elements) => elements.iter().map(|value| (None, value)).collect(),
        scalar => return out.push_str(&scalar.to_string()),
    };
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    // A list of plain values reads best on one line.
    let indent =
        indent.filter(|_| !children.is_empty() && (value.is_object() || children.iter().any(|(_, it)| it.is_object())));
    let inner = indent.map(|indent| format!("{indent}{}", style.indent));
    out.push(open);
    for (position, (key, child)) in children.iter().enumerate() {
        match &inner {
            Some(inner) => {
                out.push_str(if position > 0 { "," } else { "" });
                out.push_str(style.newline);
                out.push_str(inner);
            }
            None => out.push_str(if position > 0 { ", " } else { "" }),
        }
        out.push_str(&render(key.map(String::as_str), child, style, inner.as_deref()));
    }
    if let Some(indent) = indent {
        out.push_str(style.newline);
        out.push_str(indent);
    }
    out.push(close);
}

/// The text without the child at `position` of `container`.
pub(crate) fn remove(text: &str, container: &Node, position: usize) -> String {
    let children = container.children();
    let Some(child) = children.get(position) else { return text.to_owned() };
    let start = content_before(text, child.span.start);
    let before = position.checked_sub(1).and_then(|before| children.get(before));
    if let Some(comma) = child.comma {
        // What follows on the same line moves up to where the child began.
        let same_line = text[start..child.span.start].is_empty() || !text[start..child.span.start].contains('\n');
        let rest = &text[comma + 1..];
        let rest = if before.is_none() && same_line { rest.trim_start_matches([' ', '\t']) } else { rest };
        return collapse(format!("{}{rest}", &text[..start]), text, container, children.len());
    }
    let head = match before.and_then(|before| before.comma) {
        Some(comma) => format!("{}{}", &text[..comma], &text[comma + 1..start]),
        None => text[..start].to_owned(),
    };
    collapse(format!("{head}{}", &text[child.span.end..]), text, container, children.len())
}

/// Closes a container that lost its only child, unless a comment is left in it.
fn collapse(out: String, text: &str, container: &Node, children: usize) -> String {
    let open = container.span.start + 1;
    let tail = text.len() - (container.span.end - 1);
    let close = out.len() - tail;
    if children == 1 && out[open..close].trim().is_empty() {
        return format!("{}{}", &out[..open], &out[close..]);
    }
    out
}

/// The text with the string at `node` replaced.
pub(crate) fn replace(text: &str, node: &Node, value: &serde_json::Value, style: &Style) -> String {
    let indent = matches!(node.value, Value::Object(_)).then(|| indent_of_line(text, node.span.start));
    let mut new = String::new();
    write(value, style, indent, &mut new);
    format!("{}{new}{}", &text[..node.span.start], &text[node.span.end..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::super::jsonc::{Dialect, parse};
    use super::*;

    /// Appends to the root and takes it away again.
    fn there_and_back(text: &str, expected: &str) {
        let root = parse(text, Dialect::Jsonc).unwrap();
        let key = matches!(root.value, Value::Object(_)).then_some("new");
        let added = append(text, &root, &Style::of(text, &root), key, &json!({"k": [1, 2]}));
        assert_eq!(added, expected, "{text:?}");
        let root = parse(&added, Dialect::Jsonc).unwrap();
        assert_eq!(remove(&added, &root, root.children().len() - 1), text);
    }

    #[test]
    fn a_child_is_written_as_its_siblings_are_and_leaves_no_trace() {
        there_and_back("{}", "{\n  \"new\": {\n    \"k\": [1, 2]\n  }\n}");
        there_and_back("{}\n", "{\n  \"new\": {\n    \"k\": [1, 2]\n  }\n}\n");
        there_and_back("{\"a\":1}", "{\"a\":1, \"new\": {\"k\": [1, 2]}}");
        there_and_back("{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"new\": {\n    \"k\": [1, 2]\n  }\n}\n");
        there_and_back("{\n\t\"a\": 1\n}", "{\n\t\"a\": 1,\n\t\"new\": {\n\t\t\"k\": [1, 2]\n\t}\n}");
        there_and_back("{\r\n  \"a\": 1\r\n}", "{\r\n  \"a\": 1,\r\n  \"new\": {\r\n    \"k\": [1, 2]\r\n  }\r\n}");
        there_and_back("[\n  1 // one\n]", "[\n  1, // one\n  {\n    \"k\": [1, 2]\n  }\n]");
        there_and_back("[\n  1, // one\n]", "[\n  1, // one\n  {\n    \"k\": [1, 2]\n  },\n]");
        there_and_back("{\n  // none\n}", "{\n  // none\n  \"new\": {\n    \"k\": [1, 2]\n  }\n}");
        there_and_back("[1,]", "[1, {\"k\": [1, 2]},]");
    }

    #[test]
    fn a_child_is_taken_out_from_among_others() {
        for (text, position, expected) in [
            ("[1, 2, 3]", 0, "[2, 3]"),
            ("[1, 2, 3]", 1, "[1, 3]"),
            ("[\n  1,\n  2, // two\n  3\n]", 0, "[\n  2, // two\n  3\n]"),
            ("[\n  1,\n  2\n]", 1, "[\n  1\n]"),
            ("[ 1 ]", 0, "[]"),
            ("[1 // one\n]", 0, "[ // one\n]"),
        ] {
            let root = parse(text, Dialect::Jsonc).unwrap();
            assert_eq!(remove(text, &root, position), expected, "{text:?}");
        }
    }
}

//! Mutations of GraphQL: each of their fields is a tool's call of its own, with its name and its arguments, and is judged as one.

use std::fmt::Write as _;

use super::arguments::Arguments;
use super::call::{Call, TRIED};
use super::deeds;
use crate::json;
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::spans;

/// The longest mutation that is looked at, in bytes, most of its fields, and most variables whose values are looked for.
const LONGEST: usize = 64 << 10;
const MAX_FIELDS: usize = 32;
const MAX_VARIABLES: usize = 32;

json::fields!(Given { variables = "variables" });

/// What a mutation that a tool is given does, where that is a deed.
pub(super) fn deed(call: &Call<'_>) -> Option<Kind> {
    const WHERE: &str =
        "store|shop|endpoint|environment|env|stage|project|instance|workspace|host|storedomain|shopdomain";
    let mutation = call.given.values("query|mutation|document|operation|graphql|body").find_map(mutation)?;
    let near = |url: &str| hosts::is_local(&hosts::host(url));
    let here = !call.given.urls.is_empty() && call.given.urls.iter().all(|url| near(url));
    if here || call.at(TRIED) || call.names(WHERE, TRIED) {
        return None;
    }
    let given: Given<'_> = json::object(call.given.raw).unwrap_or_default();
    let told = given.variables.map(|variables| variables.get()).unwrap_or_default();
    // A tool may take them as a text.
    let variables = json::text(given.variables).unwrap_or(told.into());
    fields(mutation, &variables).iter().find_map(|(name, arguments)| {
        let arguments = Arguments::read(arguments);
        deeds::deed(&Call::of(call.called[0], name, &arguments))
    })
}

/// What stands behind the word that begins a mutation.
fn mutation(text: &str) -> Option<&str> {
    let text = spans::start(text, LONGEST);
    let (before, rest) = text.split_once("mutation")?;
    let begins = before.is_empty() || before.ends_with([' ', '\n', '}', '\t']);
    (begins && rest.starts_with([' ', '{', '(', '\n'])).then_some(rest)
}

/// The fields of a mutation, each with its arguments as JSON.
fn fields(text: &str, variables: &str) -> Vec<(String, String)> {
    let mut reader = Reader { variables, ..Reader::default() };
    let mut rest = text;
    while let Some((token, behind)) = token(rest) {
        if reader.found.len() > MAX_FIELDS || !reader.takes(token) {
            break;
        }
        rest = behind;
    }
    reader.found
}

/// The next sign, word or text, and what stands behind it; commas and blanks mean nothing.
fn token(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', ',', '\n', '\t', '\r']);
    let first = text.chars().next()?;
    let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$' | '.' | '-' | '+');
    let length = match first {
        '"' => quoted(text),
        _ if is_part(first) => text.find(|char| !is_part(char)).unwrap_or(text.len()),
        _ => first.len_utf8(),
    };
    Some(text.split_at(length))
}

/// How long a text in quotes is, with them.
fn quoted(text: &str) -> usize {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        return block.find("\"\"\"").map_or(text.len(), |end| end + 6);
    }
    let mut escaped = false;
    let end = text.bytes().enumerate().skip(1).find(|(_, byte)| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[derive(Default)]
struct Reader<'t> {
    variables: &'t str,
    /// How many braces and parentheses are open.
    braces: usize,
    parentheses: usize,
    /// Whether a value stands before what comes next in the arguments.
    behind_value: bool,
    /// How many variables' values were looked for.
    looked_for: usize,
    found: Vec<(String, String)>,
}

impl<'t> Reader<'t> {
    /// Goes past one token; false where the mutation has ended.
    fn takes(&mut self, token: &str) -> bool {
        match (token, self.parentheses) {
            ("(", _) => {
                self.parentheses += 1;
                self.behind_value = false;
                self.argues("{");
            }
            (")", 1..) => {
                self.argues("}");
                self.parentheses -= 1;
            }
            (token, 1..) => self.told(token),
            ("{", 0) => self.braces += 1,
            ("}", 0) => {
                self.braces = self.braces.saturating_sub(1);
                return self.braces > 0;
            }
            // What stood before was another name for it.
            (":", 0) if self.braces == 1 => drop(self.found.pop()),
            (word, 0) if self.braces == 1 && word.starts_with(char::is_alphabetic) => {
                self.found.push((word.to_owned(), String::new()));
            }
            _ => {}
        }
        true
    }

    /// A part of a field's arguments, as JSON has it.
    fn told(&mut self, token: &str) {
        let is_end = matches!(token, "}" | "]");
        if self.behind_value && !is_end && token != ":" {
            self.argues(",");
        }
        self.behind_value = !matches!(token, "{" | "[" | ":");
        match token {
            "{" | "}" | "[" | "]" | ":" => self.argues(token),
            _ => match token.strip_prefix('$').and_then(|name| self.value_of(name)) {
                Some(value) => self.argues(value),
                None if token.starts_with("\"\"\"") => self.argues("\"…\""),
                None if token.starts_with('"') => self.argues(token),
                None => self.argues(&format!("\"{token}\"")),
            },
        }
    }

    /// The value of a variable, as it is written.
    fn value_of(&mut self, name: &str) -> Option<&'t str> {
        self.looked_for += 1;
        if self.looked_for > MAX_VARIABLES {
            return None;
        }
        let mut found = None;
        json::each(self.variables, |key, value| {
            if json::inside(key).is_some_and(|key| key == name) {
                found = Some(value.get());
            }
        });
        found
    }

    /// Adds to the arguments of the last field; those of the mutation itself are but its variables' kinds.
    fn argues(&mut self, part: &str) {
        if self.braces == 1
            && let Some((_, arguments)) = self.found.last_mut()
        {
            let _ = arguments.write_str(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_is_read_as_calls() {
        for (text, expected) in [
            (
                " Sell($id: ID!) { productUpdate(input: {id: $id, price: \"0.00\", tags: [A B]}) { product { id(x: 1) } } }",
                r#"[("productUpdate", "{\"input\":{\"id\":\"7\",\"price\":\"0.00\",\"tags\":[\"A\",\"B\"]}}")]"#,
            ),
            (
                "{ x: deleteAll y: drop(id: 1, text: \"a ) b\") { ok } }",
                r#"[("deleteAll", ""), ("drop", "{\"id\":\"1\",\"text\":\"a ) b\"}")]"#,
            ),
            ("{ a(b: [[[", r#"[("a", "{\"b\":[[[")]"#),
            ("}}})))", "[]"),
        ] {
            assert_eq!(format!("{:?}", fields(text, r#"{"id":"7"}"#)), expected);
        }
        assert!(mutation("query { mutations }").is_none() && mutation("mutation{a}").is_some());
    }
}

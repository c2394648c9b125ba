//! The grammar of `.env` files: pure.
//!
//! ```text
//! # a comment                       export NAME=value     NAME=
//! NAME = value of several words     # a comment behind white space
//! NAME='as it is, $NAME and all'    NAME=`as it is`
//! NAME="with \n, \t, \", \\, \$,
//! over several lines, and $OTHER, ${OTHER}, ${OTHER:-default}, ${OTHER-default}"
//! ```
//!
//! Variables stand for what the file said above, else for the environment, else for nothing. Nothing is ever run: `$(…)` is text.

/// A variable of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    /// Its name.
    pub name: String,
    /// Its value. Never to be printed.
    pub value: String,
}

/// A line that could not be read; says nothing of what stands in it, since that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The line, from one.
    pub line: usize,
    /// Why.
    pub why: &'static str,
}

/// Reads a file's text. Of a name given twice the last counts, in the place of the first.
pub(super) fn read(text: &str, env: &dyn Fn(&str) -> Option<String>) -> (Vec<Variable>, Vec<Wrong>) {
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1, found: Vec::new(), env };
    let mut wrong = Vec::new();
    while !reader.rest.is_empty() {
        let line = reader.line;
        if let Err(why) = reader.statement() {
            wrong.push(Wrong { line, why });
            reader.skip_line();
        }
    }
    (reader.found, wrong)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    found: Vec<Variable>,
    env: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn blanks(&mut self) {
        while self.rest.starts_with([' ', '\t', '\r']) {
            self.next();
        }
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    fn statement(&mut self) -> Result<(), &'static str> {
        self.blanks();
        if self.rest.starts_with(['\n', '#']) || self.rest.is_empty() {
            self.skip_line();
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])) {
            self.rest = rest;
            self.blanks();
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("there is no name here; one is made of letters, digits and `_`");
        }
        self.rest = &self.rest[end..];
        self.blanks();
        if !self.rest.starts_with('=') {
            return Err("there is no `=` behind the name");
        }
        self.next();
        self.blanks();
        let value = match self.rest.chars().next() {
            Some(quote @ ('\'' | '`')) => self.literal(quote)?,
            Some('"') => self.quoted()?,
            _ => self.plain(),
        };
        match self.found.iter_mut().find(|variable| variable.name == name) {
            Some(variable) => variable.value = value,
            None => self.found.push(Variable { name, value }),
        }
        Ok(())
    }

    /// What stands behind a closing quote: nothing, or a comment.
    fn closed(&mut self) -> Result<(), &'static str> {
        self.blanks();
        match self.rest.chars().next() {
            None | Some('\n' | '#') => {
                self.skip_line();
                Ok(())
            }
            Some(_) => Err("something stands behind the closing quote"),
        }
    }

    fn literal(&mut self, quote: char) -> Result<String, &'static str> {
        let end = self.rest[1..].find(quote).ok_or("a quote is not closed")?;
        let value = self.rest[1..=end].to_owned();
        self.line += value.matches('\n').count();
        self.rest = &self.rest[end + 2..];
        self.closed()?;
        Ok(value)
    }

    fn quoted(&mut self) -> Result<String, &'static str> {
        // Where the quote is never closed only its line is given up, not all that follows.
        let mut ahead = self.rest[1..].char_indices();
        loop {
            match ahead.next() {
                None => return Err("a quote is not closed"),
                Some((_, '\\')) => drop(ahead.next()),
                Some((_, '"')) => break,
                Some(_) => {}
            }
        }
        self.next();
        let mut value = String::new();
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' => match self.next() {
                    Some('n') => value.push('\n'),
                    Some('r') => value.push('\r'),
                    Some('t') => value.push('\t'),
                    // A line goes on.
                    Some('\n') => {}
                    Some(escaped @ ('"' | '\\' | '$' | '`' | '\'')) => value.push(escaped),
                    Some(other) => value.extend(['\\', other]),
                    None => {}
                },
                '$' => self.variable(&mut value),
                c => value.push(c),
            }
        }
        self.closed()?;
        Ok(value)
    }

    fn plain(&mut self) -> String {
        let mut value = String::new();
        while let Some(c) = self.next() {
            match c {
                '\n' => break,
                '#' if value.is_empty() || value.ends_with([' ', '\t']) => {
                    self.skip_line();
                    break;
                }
                '\\' if self.rest.starts_with('$') => value.extend(self.next()),
                '$' => self.variable(&mut value),
                c => value.push(c),
            }
        }
        value.trim_end().to_owned()
    }

    /// What stands behind a `$`.
    fn variable(&mut self, value: &mut String) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(inner) = self.rest.strip_prefix('{')
            && let Some(end) = inner.find('}')
        {
            let (name, default) = inner[..end].split_at(inner[..end].find(|c| !is_name(c)).unwrap_or(end));
            let known = self.known(name);
            let found = match (default.strip_prefix(":-"), default.strip_prefix('-')) {
                (Some(default), _) => {
                    Some(known.filter(|known| !known.is_empty()).unwrap_or_else(|| default.to_owned()))
                }
                (None, Some(default)) => Some(known.unwrap_or_else(|| default.to_owned())),
                (None, None) if default.is_empty() && !name.is_empty() => Some(known.unwrap_or_default()),
                _ => None,
            };
            if let Some(found) = found {
                value.push_str(&found);
                self.line += inner[..end].matches('\n').count();
                self.rest = &inner[end + 1..];
                return;
            }
        }
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        if end == 0 || self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            value.push('$');
            return;
        }
        let name = &self.rest[..end];
        value.push_str(&self.known(name).unwrap_or_default());
        self.rest = &self.rest[end..];
    }

    fn known(&self, name: &str) -> Option<String> {
        let above = self.found.iter().find(|variable| variable.name == name);
        above.map(|variable| variable.value.clone()).or_else(|| (self.env)(name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let (found, wrong) = read(text, &|name| (name == "HOME").then(|| "/home/dev".to_owned()));
        assert_eq!(wrong, [], "{text}");
        found.into_iter().map(|variable| (variable.name, variable.value)).collect()
    }

    #[test]
    fn the_whole_grammar() {
        for (text, expected) in [
            ("A=1", "1"),
            ("A = 1 ", "1"),
            ("export A=1", "1"),
            ("A=", ""),
            ("A=''", ""),
            ("A=a b c # d", "a b c"),
            ("A=a#b", "a#b"),
            ("A=#b", ""),
            ("A='a # $HOME \\n'", "a # $HOME \\n"),
            ("A=`a \"b\" 'c'` # d", "a \"b\" 'c'"),
            ("A=\"a # b\" # c", "a # b"),
            ("A=\"a\\nb\\t\\\"c\\\" \\\\ \\$HOME \\x\"", "a\nb\t\"c\" \\ $HOME \\x"),
            ("A=\"a\nb\"", "a\nb"),
            ("A='a\nb'", "a\nb"),
            ("A=\"a\\\nb\"", "ab"),
            ("A=$HOME/x", "/home/dev/x"),
            ("A=${HOME}.x", "/home/dev.x"),
            ("A=\"${HOME}/$HOME\"", "/home/dev//home/dev"),
            ("A=${NONE:-d e}f", "d ef"),
            ("A=${NONE-d}", "d"),
            ("A=${HOME:-d}", "/home/dev"),
            ("A=\\$HOME", "$HOME"),
            ("A=$NONE.", "."),
            ("A=$(rm -rf /)", "$(rm -rf /)"),
            ("A=5$", "5$"),
            ("A=$1", "$1"),
            ("A=1\r\n", "1"),
            ("\u{feff}A=1", "1"),
            ("A=1\nA=2", "2"),
            ("A=postgres://u:p@h/d?x=y&z", "postgres://u:p@h/d?x=y&z"),
            ("A={\"json\": [1]}", "{\"json\": [1]}"),
        ] {
            assert_eq!(values(text), [("A".to_owned(), expected.to_owned())], "{text:?}");
        }
        assert_eq!(values("# c\n\nA=1\n  B=$A$A\n").last().unwrap().1, "11");
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line_and_the_rest_is_read() {
        let (found, wrong) = read("A=1\nsecret value\n9A=1\nB=\"open\nC='x' y\nD=\"a\nb\"\nE e\nF=2", &|_| None);
        let names: Vec<&str> = found.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(names.first(), Some(&"A"));
        assert!(names.contains(&"F"));
        assert!(wrong.iter().any(|wrong| wrong.line == 2) && wrong.iter().any(|wrong| wrong.line == 3), "{wrong:?}");
        assert!(wrong.iter().all(|wrong| !wrong.why.contains("secret")));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "\\PC*|[A-Z=\"'`$\\{\\}\\\\#\n -]{0,60}") {
            let (found, wrong) = read(&text, &|_| None);
            prop_assert!(found.len() + wrong.len() <= text.len());
        }

        #[test]
        fn a_value_in_single_quotes_is_what_it_is(value in "[^'\r]*") {
            let (found, wrong) = read(&format!("A='{value}'"), &|_| None);
            prop_assert_eq!((found, wrong), (vec![Variable { name: "A".into(), value }], vec![]));
        }
    }
}

//! Code and settings as whoever judges them reads them: what a file is by its path, and what of its text is said to a machine.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;

use crate::pairs::Pairs;
use crate::policy::lists::{is, parts};
pub(super) use crate::policy::places::name;
use crate::policy::spans;

/// The most of a text that is looked at, in bytes.
pub(super) const MAX_TEXT: usize = 256 << 10;

/// A text that is written to a file, as every room that judges one is given it: what several of them ask is found out once.
pub(super) struct Written<'t> {
    /// All of it, as far as it is looked at.
    pub(super) all: &'t str,
    /// What of it runs in earnest: of Rust, without its tests.
    pub(super) text: Cow<'t, str>,
    /// The text whose place it takes, where that is known.
    pub(super) before: Option<&'t str>,
    /// The file's absolute path.
    pub(super) path: &'t str,
    pairs: OnceCell<Pairs>,
    pairs_before: OnceCell<Pairs>,
    is_tried: OnceCell<bool>,
}

impl<'t> Written<'t> {
    pub(super) fn of(text: &'t str, before: Option<&'t str>, path: &'t str) -> Self {
        let all = spans::start(text, MAX_TEXT);
        let (pairs, pairs_before, is_tried) = Default::default();
        Self { all, text: without_tests(all, path), before, path, pairs, pairs_before, is_tried }
    }

    /// The file's name.
    pub(super) fn name(&self) -> &'t str {
        name(self.path)
    }

    /// Whether the file has one of these forms.
    pub(super) fn is_form(&self, forms: &str) -> bool {
        is(form(self.path), forms)
    }

    /// [`is_tried`], of the file.
    pub(super) fn is_tried(&self) -> bool {
        *self.is_tried.get_or_init(|| is_tried(self.path))
    }

    /// Whether the text holds a part that is one of a list.
    #[inline(never)]
    pub(super) fn holds(&self, list: &str) -> bool {
        let pairs = self.pairs.get_or_init(|| Pairs::of(&self.text));
        parts(list).any(|part| pairs.hold(part, &self.text))
    }

    /// Whether the text before it held one.
    #[inline(never)]
    pub(super) fn held(&self, list: &str) -> bool {
        self.before.is_some_and(|before| {
            let pairs = self.pairs_before.get_or_init(|| Pairs::of(before));
            parts(list).any(|part| pairs.hold(part, before))
        })
    }

    /// Whether something is so of the text, and was not of the one before it.
    pub(super) fn gains(&self, is_so: impl Fn(&str) -> bool) -> bool {
        is_so(&self.text) && !self.before.is_some_and(is_so)
    }
}

/// The form of a file, by what stands behind the last dot of its name.
pub(super) fn form(path: &str) -> &str {
    name(path).rsplit_once('.').map_or("", |(_, form)| form)
}

/// Whether a file is for people to read.
pub(super) fn is_prose(name: &str) -> bool {
    [".md", ".mdx", ".rst", ".txt", ".adoc"].iter().any(|end| name.ends_with(end))
}

/// Whether a file is a test, an example or a page about such things.
pub(super) fn is_test(path: &str) -> bool {
    let name = name(path);
    ["/test/", "/tests/", "/__tests__/", "/fixtures/", "/testdata/", "/spec/", "/examples/"]
        .iter()
        .any(|part| path.contains(part))
        || name.starts_with("test_")
        || [".test.", ".spec.", "_test.", "_spec."].iter().any(|part| name.contains(part))
}

/// Words by which a folder or a file says that something is tried there.
const TRIED: &str = "test|spec|mock|fixture|example|sample|demo|dev|local|e2e|playground|sandbox|stub|bench|\
    scratch|vagrant|packer|debug";

/// Whether a file is a test, or a word of its path below the project says that something is tried there.
pub(super) fn is_tried(path: &str) -> bool {
    let inside = || path.splitn(5, '/').last().unwrap_or_default().to_ascii_lowercase();
    let holds_word =
        |path: &str, is_meant: fn(&str) -> bool| path.split(|char: char| !char.is_ascii_alphanumeric()).any(is_meant);
    is_test(path) || {
        let inside = inside();
        let inside = without_package(&inside);
        // Pages have a folder of their own; a file that is called after documents holds them, or what keeps them.
        let in_docs = || inside.rsplit_once('/').is_some_and(|(folder, _)| holds_word(folder, |word| word == "docs"));
        holds_word(&inside, |word| is(word.strip_suffix('s').unwrap_or(word), TRIED)) || in_docs()
    }
}

/// A path without the first name of a package of what a program is made of: `example` is an owner's there, and nothing is tried by that.
fn without_package(path: &str) -> Cow<'_, str> {
    const MADE_OF: &str = "src/main/java/|src/main/kotlin/|src/main/scala/";
    let package = parts(MADE_OF).find_map(|folder| path.find(folder).map(|at| at + folder.len()));
    let Some(at) = package else { return path.into() };
    let (folder, package) = path.split_at(at);
    let rest = package.strip_prefix("com/").or_else(|| package.strip_prefix("org/")).unwrap_or(package);
    rest.strip_prefix("example/").map_or_else(|| path.into(), |rest| [folder, rest].concat().into())
}

/// A text of Rust without the block of its tests, which is in no program that anybody is given.
fn without_tests<'t>(text: &'t str, path: &str) -> Cow<'t, str> {
    const TESTS: &str = "#[cfg(test)]\nmod tests {";
    const END: &str = "\n}\n";
    let Some(at) = path.ends_with(".rs").then(|| text.find(TESTS)).flatten() else { return text.into() };
    let end = text[at..].find(END).map_or(text.len(), |end| at + end + END.len());
    [&text[..at], &text[end..]].concat().into()
}

/// Whether a line says nothing to the machine.
pub(super) fn is_comment(line: &str) -> bool {
    // What a patch says of where it stands is none of the code; a mark of PHP's is.
    let line = line.trim_start();
    ["//", "#", "*", "/*", "--", "@@"].iter().any(|mark| line.starts_with(mark)) && !line.starts_with("#[")
}

/// A line without what it remarks at its end.
pub(super) fn without_remark(line: &str) -> &str {
    let remarks = [" // ", " # ", " /* ", "\t// "];
    &line[..remarks.iter().filter_map(|remark| line.find(remark)).min().unwrap_or(line.len())]
}

/// The lines of a text that say something to the machine.
pub(super) fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !is_comment(line))
}

/// The lines of a text that the one before it did not have, but for the blanks around them.
pub(super) fn new_lines<'t>(text: &'t str, before: &str) -> Vec<&'t str> {
    let had: HashSet<&str> = before.lines().map(str::trim).collect();
    text.lines().filter(|line| !had.contains(line.trim())).collect()
}

/// What a text says to the machine, without blanks.
pub(super) fn dense_code(text: &str) -> String {
    code_lines(text).flat_map(str::chars).filter(|char| !char.is_whitespace()).collect()
}

/// A text without its blanks.
pub(super) fn dense(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}

/// A text without its blanks, in small letters.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).map(|char| char.to_ascii_lowercase()).collect()
}

/// A text without its blanks and its quotes, and what escapes those.
pub(super) fn unquoted(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace() && !matches!(char, '"' | '\'' | '`' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_path() {
        for (path, of, tried) in [
            ("/home/dev/work/shop/src/a.test.ts", "ts", true),
            ("/home/dev/work/shop/demo/a.py", "py", true),
            ("/home/dev/work/shop/src/contest.rs", "rs", false),
            ("/home/dev/work/shop/src/main/java/com/example/A.java", "java", false),
            ("/home/dev/work/shop/example/A.java", "java", true),
            ("/home/dev/work/shop/v1.2/Makefile", "", false),
        ] {
            assert_eq!((form(path), is_tried(path)), (of, tried), "{path}");
        }
    }

    #[test]
    fn what_is_said_to_a_machine_is_told_from_the_rest() {
        for (line, says_nothing) in [
            ("  // off", true),
            ("# off", true),
            ("-- off", true),
            ("@@ fn a() @@", true),
            ("#[get(\"/\")]", false),
            ("a -- b", false),
        ] {
            assert_eq!(is_comment(line), says_nothing, "{line}");
        }
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        assert_eq!(without_tests(text, "a.rs"), "fn a() {}\nfn c() {}\n");
        assert_eq!(without_tests(text, "a.md"), text);
        assert_eq!(new_lines("a\n b\nc", "b\n  a "), ["c"]);
        assert_eq!((dense("a \"b\"\n").as_str(), unquoted("a \"b\"\n").as_str()), ("a\"b\"", "ab"));
    }
}

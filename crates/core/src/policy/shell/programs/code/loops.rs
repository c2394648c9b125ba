//! What a name stands for that a loop gives its values to, one after the other.

use super::finding::receiver_at;
use super::is_part;
use crate::policy::spans;

/// How much before a name, and how much of a piece of code, is searched for a loop, in bytes.
const MAX_LOOK: usize = 512;
const MAX_CODE: usize = 4 * 1024;

/// The name of what a statement of Perl does for each, where it gives none.
pub(super) const IT: &str = "_";

/// What goes through a name that stands at a place of a piece of code: `x.each { |name|`, `foreach (x as $name)`.
pub(super) fn gone_through(code: &str, at: usize, behind: usize) -> Option<&str> {
    let from = code.floor_char_boundary(at.saturating_sub(MAX_LOOK));
    let (before, after) = (code.get(from..at)?.trim_end_matches(['$', '&']), code.get(behind..)?.trim_start());
    if let Some(block) = before.strip_suffix('|').filter(|_| after.starts_with('|')) {
        let block = block.trim_end();
        let on = block.strip_suffix('{').or_else(|| block.strip_suffix("do"))?.trim_end();
        let (on, each) = on.rsplit_once('.')?;
        return matches!(each, "each" | "map" | "each_entry" | "each_child").then(|| on[receiver_at(on)..].trim());
    }
    let through = before.trim_end().strip_suffix("as").filter(|rest| !rest.ends_with(is_part))?;
    let (_, through) = through.rsplit_once("foreach")?;
    Some(through.trim_start().strip_prefix('(')?.trim())
}

/// What a statement of Perl is done for each of: `unlink for glob(…)`.
pub(super) fn done_for(code: &str) -> impl Iterator<Item = &str> {
    const MOST: usize = 8;
    let code = spans::start(code, MAX_CODE);
    let behind =
        |word: &'static str| code.match_indices(word).take(MOST).map(move |(at, word)| &code[at + word.len()..]);
    behind(" for ")
        .chain(behind(" foreach "))
        .filter(|rest| !["(", "$", "my "].iter().any(|name| rest.starts_with(name)))
}

/// The paths that a pattern names whose parts are listed in it: `~/{Documents,Pictures}`, and, where blanks stand between patterns,
/// several side by side.
pub(super) fn listed(pattern: &str, by_blanks: bool) -> Vec<String> {
    const MOST: usize = 16;
    let one = |pattern: &str| match (pattern.find('{'), pattern.find('}')) {
        (Some(open), Some(close)) if open < close => pattern[open + 1..close]
            .split(',')
            .take(MOST)
            .map(|part| format!("{}{part}{}", &pattern[..open], &pattern[close + 1..]))
            .collect(),
        _ => vec![pattern.to_owned()],
    };
    pattern.split(|char| by_blanks && char == ' ').filter(|part| !part.is_empty()).take(MOST).flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_gives_a_name_its_values() {
        let through = |code: &'static str, name: &str| {
            let at = code.find(name).unwrap_or_default();
            gone_through(code, at, at + name.len())
        };
        assert_eq!(through("Dir.glob('a').each { |file| rm file }", "file"), Some("Dir.glob('a')"));
        assert_eq!(through("each (x as $f) { foreach (y as $g) {", "g"), Some("y"));
        assert_eq!(done_for("unlink for glob('a')").next(), Some("glob('a')"));
        assert_eq!(listed("a/{b,c} d", true), ["a/b", "a/c", "d"]);
        assert_eq!(listed("a b/*", false), ["a b/*"]);
    }
}

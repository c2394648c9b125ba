//! Names of servers that are not what they seem: of no form at all, or easily taken for another's.

use super::split;
use crate::{alike, unseen};

/// Below this many letters, names that differ in one are different names.
const LEAST_LETTERS: usize = 5;

/// The longest name that is compared with others.
const LONGEST: usize = 128;

/// Whether a tool's name claims to be that of a server's tool, in the form of some agent.
pub fn claims_a_server(name: &str) -> bool {
    let lower = name.trim_start().to_ascii_lowercase();
    lower.starts_with("mcp__") || lower.starts_with("mcp:") || lower.starts_with("mcp_")
}

/// Whether a tool's name is of no form that an agent makes: `mcp____x`, or with characters that nobody sees, that are taken for others,
/// or that lead to something else (`mcp__a__../b`).
pub fn is_malformed(name: &str) -> bool {
    const LEADS: &str = "\\\"'`$;&|<>(){}*?!%#=,";
    let unseen = |char: char| char.is_control() || unseen::is_invisible(char) || char.is_whitespace();
    let of_claude = name.starts_with("mcp__");
    of_claude && (split(name, None).is_none() || name.contains("..") || name.contains(|char| LEADS.contains(char)))
        || name.chars().any(unseen)
        || name.split(|char: char| !char.is_alphanumeric()).any(is_mixed)
}

/// Whether a word is written in letters of two scripts of which one is taken for the other: nobody's word is.
pub(crate) fn is_mixed(word: &str) -> bool {
    // Latin letters with marks, which any word of a language may hold, end before the Greek ones.
    let is_taken = |char: char| char >= '\u{370}' && skeleton(char.encode_utf8(&mut [0; 4])).is_ascii();
    word.contains(|char: char| char.is_ascii_alphabetic()) && word.contains(is_taken)
}

/// The server and the tool of a name that has both without telling where one ends: the longest known server it begins with.
pub fn known_prefix<'a>(name: &'a str, known: &[String]) -> (&'a str, &'a str) {
    let of = |server: &String| {
        let tool = name.strip_prefix(server.as_str())?.strip_prefix('_')?;
        Some((&name[..server.len()], tool))
    };
    known.iter().filter_map(of).max_by_key(|(server, _)| server.len()).unwrap_or(("", name))
}

/// Servers that everybody knows, whether they are used here or not; those of the first kind have names that others' differ from by
/// more than a letter.
const FAR: &[&str] = &[
    "github",
    "gitlab",
    "filesystem",
    "postgres",
    "playwright",
    "supabase",
    "atlassian",
    "cloudflare",
    "kubernetes",
    "puppeteer",
    "terraform",
    "salesforce",
    "snowflake",
    "bitbucket",
    "confluence",
];
const NEAR: &[&str] =
    &["slack", "linear", "notion", "stripe", "sentry", "vercel", "gmail", "shopify", "docker", "redis", "paypal"];

/// The known server that this one is easily taken for; `None` where it is known itself, or like none.
pub fn taken_for<'a>(server: &str, known: &'a [String]) -> Option<&'a str> {
    if server.is_empty() || server.len() > LONGEST || known.iter().any(|known| known == server) {
        return None;
    }
    known.iter().map(String::as_str).find(|known| is_like(server, known)).or_else(|| like_everybodys(server))
}

/// The server that everybody knows which this one is easily taken for, and is not.
fn like_everybodys(server: &str) -> Option<&'static str> {
    // Letters that are taken for one, as *rn* for *m*, are one more each; a name of another length is like none.
    const MOST_APART: usize = 2;
    let (written, seen) = (plain(server), skeleton(server));
    let mut near =
        FAR.iter().chain(NEAR).copied().filter(|of| of.len().abs_diff(written.chars().count()) <= MOST_APART);
    if near.clone().any(|of| written == of) {
        return None;
    }
    near.find(|of| seen == skeleton(of) || FAR.contains(of) && is_like(server, of))
}

/// A name as people write it in one way or another: without separators, in small letters.
fn plain(name: &str) -> String {
    name.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a name looks like another one, or is one letter apart from it.
pub(crate) fn is_like(one: &str, other: &str) -> bool {
    if skeleton(one) == skeleton(other) {
        return true;
    }
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let numbered = without_digits(&one) == without_digits(&other);
    let letters = one.chars().count().min(other.chars().count());
    letters >= LEAST_LETTERS && !numbered && other.len() <= LONGEST && is_one_apart(&one, &other)
}

/// A name as it looks: letters that look alike are one, separators are none.
fn skeleton(name: &str) -> String {
    let seen = name.chars().filter(|char| char.is_alphanumeric());
    let alike = seen.flat_map(|char| alike::latin(char).unwrap_or(char).to_lowercase()).map(|char| match char {
        '0' => 'o',
        '1' | 'l' => 'i',
        // Full-width forms.
        '\u{ff10}'..='\u{ff5a}' => char::from_u32(char as u32 - 0xfee0).unwrap_or(char).to_ascii_lowercase(),
        other => other,
    });
    alike.collect::<String>().replace("rn", "m").replace("vv", "w")
}

fn without_digits(name: &str) -> String {
    name.chars().filter(|char| !char.is_ascii_digit()).collect()
}

/// Whether one letter is added, missing, another, or changes places with its neighbour.
fn is_one_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    match (&one[..one.len() - end.min(one.len())], &other[..other.len() - end.min(other.len())]) {
        ([_], [_] | []) | ([], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_easily_taken_for_another_is_noticed() {
        let known = ["github", "linear", "postgres", "slack", "api-2"].map(str::to_owned);
        for (server, expected) in [
            ("github", None),
            ("githob", Some("github")),
            ("githubb", Some("github")),
            ("gihtub", Some("github")),
            ("g_thub", Some("github")),
            ("g\u{456}thub", Some("github")),
            ("g1thub", Some("github")),
            ("GitHub", Some("github")),
            ("git-hub", Some("github")),
            ("1inear", Some("linear")),
            ("gitlab", None),
            ("postgres2", None),
            ("api-3", None),
            ("slack-admin", None),
            ("black", Some("slack")),
            ("notion", None),
            ("", None),
        ] {
            assert_eq!(taken_for(server, &known), expected, "{server}");
        }
    }

    #[test]
    fn a_name_that_is_taken_for_one_that_everybody_knows_is_noticed() {
        for (server, expected) in [
            ("githud", Some("github")),
            ("g1thub", Some("github")),
            ("s1ack", Some("slack")),
            ("black", None),
            ("motion", None),
            ("GitHub", None),
            ("git-lab", None),
            ("postgres2", None),
            ("postgresql", None),
            ("kubernets", Some("kubernetes")),
        ] {
            assert_eq!(taken_for(server, &[]), expected, "{server}");
        }
        assert_eq!(taken_for("githud", &["githud".to_owned()]), None);
    }

    #[test]
    fn a_name_of_no_form_is_malformed() {
        for (name, malformed) in [
            ("mcp____x", true),
            ("mcp__only", true),
            ("mcp__server__", true),
            ("mcp__github__x", false),
            ("mcp__git\u{200b}hub__x", true),
            ("mcp__github__x y", true),
            ("mcp__sl\u{430}ck__post_message", true),
            ("mcp__\u{441}\u{43a}\u{43b}\u{430}\u{434}__find", false),
            ("mcp__caf\u{e9}__menu", false),
            ("mcp__postgres__../../filesystem__write_file", true),
            ("mcp__a__x;id", true),
            ("mcp__a__x.y/z", false),
            ("mcp_github_x", false),
            ("MCP:x", false),
            ("Bash", false),
        ] {
            assert_eq!(is_malformed(name), malformed, "{name}");
        }
        assert!(claims_a_server("mcp____x") && claims_a_server(" MCP__x") && !claims_a_server("mcpx"));
    }

    #[test]
    fn the_longest_known_server_begins_a_name() {
        let known = ["git", "git_hub"].map(str::to_owned);
        assert_eq!(known_prefix("git_hub_create_issue", &known), ("git_hub", "create_issue"));
        assert_eq!(known_prefix("git_status", &known), ("git", "status"));
        assert_eq!(known_prefix("other_x", &known), ("", "other_x"));
    }
}

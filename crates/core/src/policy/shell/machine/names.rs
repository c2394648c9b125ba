//! Names of variables without their values: what of a file of settings may be told, and is compared with a template all day.

use super::super::options::{read, spec};
use super::super::syntax::{Command, Part, Pipeline, Redirect, RedirectKind, Simple, Word};
use super::super::value::{Origin, Text};

/// How many commands of a pipeline read a file of which behind them no more than names is left; none where there is no such place.
pub(super) fn only_named(pipeline: &Pipeline) -> usize {
    for (at, command) in pipeline.commands.iter().enumerate() {
        let Command::Simple(simple) = command else { return 0 };
        let program = simple.words.first().and_then(Word::bare).unwrap_or_default();
        if !HANDS_ON.contains(&program) && !CUTS.contains(&program) {
            return 0;
        }
        let Some(fields) = fields(simple).filter(|_| !runs(simple)) else { return 0 };
        if leaves_names(&fields) {
            return at + 1;
        }
        if writes(simple) || !HANDS_ON.contains(&program) {
            return 0;
        }
    }
    0
}

/// Programs that write what they read to whoever comes next, and nowhere else.
const HANDS_ON: &[&str] = &[
    "cat", "grep", "egrep", "sort", "uniq", "head", "tail", "tr", "kubectl", "oc", "aws", "gcloud", "az", "vault",
    "bao", "doppler", "heroku", "op",
];

/// Programs that may leave no more than names.
const CUTS: &[&str] = &["wc", "rg", "cut", "sed", "awk", "gawk", "mawk", "jq"];

/// Whether a command runs others to know its arguments.
fn runs(simple: &Simple) -> bool {
    let runs = |word: &Word| word.parts.iter().any(|part| matches!(part, Part::Output(..) | Part::Process(..)));
    !simple.assignments.is_empty() || simple.words.iter().any(runs)
}

/// Whether a command writes elsewhere than to its output.
fn writes(simple: &Simple) -> bool {
    let to_nowhere = |word: &Word| word.literal().as_deref() == Some("/dev/null");
    let writes = |redirect: &Redirect| !matches!(redirect.kind, RedirectKind::Read | RedirectKind::Duplicate);
    simple.redirects.iter().any(|redirect| writes(redirect) && !to_nowhere(&redirect.target))
}

/// The words of a command as far as they are written out.
fn fields(simple: &Simple) -> Option<Vec<Text>> {
    const MAX_WORDS: usize = 24;
    let field = |word: &Word| word.literal().map_or_else(|| Text::hole(Origin::UNKNOWN), Text::known);
    (simple.words.len() <= MAX_WORDS).then(|| simple.words.iter().map(field).collect())
}

/// Whether a program leaves of each line no more than what stands before the first `=`.
fn leaves_names(fields: &[Text]) -> bool {
    let Some((program, args)) = fields.split_first() else { return false };
    match program.prefix() {
        "wc" => true,
        "grep" | "egrep" | "rg" => greps_names(args),
        "cut" => {
            let options = read(args, &spec("dfcb", &["delimiter=", "fields="]));
            let is = |names: &[&str], wanted: &str| options.value(names).is_some_and(|value| value.shown() == wanted);
            is(&["d", "delimiter"], "=") && is(&["f", "fields"], "1")
        }
        "sed" => {
            let options = read(args, &spec("el", &["expression="]));
            let given: Vec<&Text> = options.values(&["e", "expression"]).collect();
            let scripts = if given.is_empty() { options.operands.iter().take(1).collect() } else { given };
            let commands: Vec<String> = scripts
                .iter()
                .flat_map(|script| script.shown().split(';').map(str::to_owned).collect::<Vec<_>>())
                .collect();
            !options.has(&["i", "in-place", "f", "file"])
                && commands.iter().any(|command| cuts_values(command))
                && commands.iter().all(|command| cuts_values(command) || drops_lines(command))
        }
        "awk" | "gawk" | "mawk" => {
            let options = read(args, &spec("Fvf", &[]));
            let code = options.operands.first().map(Text::shown).unwrap_or_default();
            let body = code.split_once('{').and_then(|(_, body)| body.trim().strip_suffix('}')).map(str::trim);
            options.value(&["F"]).is_some_and(|mark| mark.shown() == "=")
                && !options.has(&["v", "f"])
                && body == Some("print $1")
        }
        "jq" => {
            let options = read(args, &spec("L", &["indent="]));
            let more = ["arg", "argjson", "args", "slurpfile", "rawfile", "f", "from-file", "n", "null-input"];
            !options.has(&more) && options.operands.first().is_some_and(|code| is_of_keys(&code.shown()))
        }
        _ => false,
    }
}

/// `.data | keys`: whether a script of `jq` hands on no more than the names of what it is given, or how many there are.
fn is_of_keys(code: &str) -> bool {
    const NAMES: &[&str] = &["keys", "keys[]", "keys_unsorted", "keys_unsorted[]", "length", "map_values(length)"];
    const OF_ENTRIES: &[&str] = &[".key", ".[].key", "map(.key)"];
    // What is kept in a variable, or read anew, may come back behind the names.
    if code.contains(['$', ',', ';', '?']) || ["input", "env", " as ", "def "].iter().any(|word| code.contains(word)) {
        return false;
    }
    let is_path = |stage: &str| {
        stage == "fromjson"
            || stage.starts_with('.')
                && stage.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-[]\"".contains(&byte))
    };
    let mut in_entries = false;
    for stage in code.split('|').map(str::trim) {
        match stage {
            "to_entries" | "to_entries[]" => in_entries = true,
            "to_entries[].key" => return true,
            stage if in_entries => return OF_ENTRIES.contains(&stage),
            stage if NAMES.contains(&stage) => return true,
            stage if !is_path(stage) => return false,
            _ => {}
        }
    }
    false
}

/// `grep -c`, `grep -q`, and `grep -o` of what can be no more than a name.
fn greps_names(args: &[Text]) -> bool {
    let options = read(args, &spec("efmABC", &["regexp=", "file=", "max-count="]));
    let counts = ["c", "count", "q", "quiet", "silent", "l", "files-with-matches", "L", "files-without-match"];
    let pattern = options.value(&["e", "regexp"]).or(options.operands.first()).map(Text::shown).unwrap_or_default();
    options.has(&counts)
        || options.has(&["o", "only-matching"]) && !options.has(&["f", "file"]) && is_of_names(&pattern)
}

/// Whether a pattern begins with a line and matches no `=` but the one it ends with.
fn is_of_names(pattern: &str) -> bool {
    let Some(inside) = pattern.strip_prefix('^') else { return false };
    let mut rest = inside.trim_end_matches("(?==)").trim_end_matches('=').chars().peekable();
    while let Some(char) = rest.next() {
        let fits = match char {
            '[' => {
                let class: String = rest.by_ref().take_while(|char| *char != ']').collect();
                match class.strip_prefix('^') {
                    Some(others) => others.contains('='),
                    None => class.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)),
                }
            }
            '\\' => rest.next().is_some_and(|class| matches!(class, 'w' | 's' | '+' | '?' | '(' | ')')),
            char => char.is_ascii_alphanumeric() || "_ +*?(){},".contains(char),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// `s/=.*//`, `s/\([^=]*\)=.*/\1/p`: all that stands behind the first `=` goes.
fn cuts_values(command: &str) -> bool {
    let Some(rest) = command.trim().strip_prefix('s') else { return false };
    let Some(mark) = rest.chars().next().filter(|mark| !mark.is_alphanumeric() && *mark != '\\') else { return false };
    let mut parts = rest[mark.len_utf8()..].split(mark);
    let (Some(from), Some(to), Some(flags)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let from = from.trim_end_matches('$');
    let before = from.strip_suffix("=.*").or_else(|| from.strip_suffix("=.+"));
    let of_names = |before: &str| {
        let plain = before.replace("\\(", "").replace("\\)", "").replace(['(', ')'], "");
        plain.is_empty() || is_of_names(&format!("^{}", plain.trim_start_matches('^')))
    };
    before.is_some_and(of_names) && !to.contains('&') && !flags.contains(['w', 'e']) && parts.next().is_none()
}

/// `/^#/d`: some lines are left out.
fn drops_lines(command: &str) -> bool {
    let command = command.trim();
    command.is_empty() || command.starts_with('/') && command.ends_with("/d")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_names_match_no_value() {
        for (pattern, expected) in [
            ("^[A-Z_]+", true),
            ("^[A-Za-z_][A-Za-z0-9_]*=", true),
            ("^[^=]+", true),
            ("^\\w+(?==)", true),
            ("^(export )?[A-Z_]*", true),
            ("[A-Z_]+", false),
            ("^[A-Z_]+=.*", false),
            ("^[^#]*", false),
            ("^.*", false),
            ("^[ -~]+", false),
        ] {
            assert_eq!(is_of_names(pattern), expected, "{pattern}");
        }
        for (command, expected) in [
            ("s/=.*//", true),
            ("s/=.*$/=<hidden>/", true),
            ("s|=.*||", true),
            ("s/^\\([^=]*\\)=.*/\\1/p", true),
            ("s/=//", false),
            ("s/=.*/&/", false),
            ("s/#.*//", false),
            ("s/^KEY=.*//", true),
            ("p", false),
        ] {
            assert_eq!(cuts_values(command), expected, "{command}");
        }
        for (code, expected) in [
            (".data | keys", true),
            (".data|keys[]", true),
            (".data | to_entries[] | .key", true),
            ("to_entries | map(.key)", true),
            (".data | length", true),
            (".key", false),
            (".data.key", false),
            (".data", false),
            (".data | to_entries[] | .value", false),
            (".data as $d | .data | keys[] | $d[.]", false),
            (".data | keys, .", false),
            (".data | map_values(@base64d)", false),
        ] {
            assert_eq!(is_of_keys(code), expected, "{code}");
        }
    }
}

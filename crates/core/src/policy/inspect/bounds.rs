//! Memory that was written within its bounds, and is written as far as somebody else says.

use std::collections::HashSet;

use super::source::{Written, code_lines, is_test, new_lines};
use crate::policy::lists::{holds, parts};

const FORMS: &str = "c|cc|cpp|cxx|h|hh|hpp|m|mm|ino|rs|zig|go";

/// Calls that know how much there is room for, and those that do not.
const BOUNDED: &str = "snprintf(|strncpy(|strlcpy(|strlcat(|strncat(|fgets(|getline(|strscpy(|memcpy_s(|strcpy_s(|strcat_s(|sprintf_s(|.copy(|std::string|\
    std::format|.at(|sizeof|_MAX|_LEN|.get(|strnlen(|reallocarray(|calloc(|vsnprintf(|gsl::span|std::span|copy_from_user(|min(|MIN(|clamp(";
const UNBOUNDED: &str = "strcpy(|strcat(|sprintf(|vsprintf(|gets(|stpcpy(|wcscpy(|lstrcpyA(|scanf(\"%s\"|, \"%s\", &|get_unchecked(|get_unchecked_mut(|\
    from_raw_parts(|alloca(|__copy_from_user(|unchecked_add(|set_len(|unreachable_unchecked(|from_utf8_unchecked(|.data()[";

/// What a condition is about that looks how much there is, and what is written or read behind it.
const LOOKS: &str = "sizeof|_max|_len|len |len)|len>|length|size|count|cap|remaining|avail|nbytes|overflow|bounds|strlen(|num_|idx|index|offset|end -|end)|limit";
const COMPARES: &str = " > | >= | < | <= |>=|<=|>|<|overflow|!=";
const STOPS: &str = "return|goto |abort(|exit(|break|continue|throw|bail!|err(|panic|-e";
const TOUCHES: &str = "memcpy(|memmove(|strcpy(|strcat(|sprintf(|read(|recv(|fread(|copy_nonoverlapping(|copy_from_user(|copy_to_user(|= p[|] = |buf[|malloc(|alloc(|\
    ptr::|[..|recvfrom(|memset(|skb_|std::copy(|+= len";

/// Whether a text no longer looks how much there is room for.
pub(super) fn are_dropped(written: &Written<'_>) -> bool {
    let Some(before) = written.before else { return false };
    if !written.is_form(FORMS) || is_test(written.path) {
        return false;
    }
    (unbounded(&written.text) > unbounded(before) && bounded(&written.text) < bounded(before))
        || written.is_form("c|cc|cpp|cxx|h|hh|hpp|m|mm|ino|rs") && forgets_to_look(&written.text, before)
}

/// In how many places something is written without a bound. What stands in the text itself has a known length.
fn unbounded(text: &str) -> usize {
    code_lines(text)
        .filter(|line| parts(UNBOUNDED).any(|call| is_called(line, call) && !copies_constant(line, call)))
        .count()
}

fn bounded(text: &str) -> usize {
    code_lines(text).filter(|line| holds(line, BOUNDED)).count()
}

fn is_called(line: &str, call: &str) -> bool {
    line.find(call).is_some_and(|at| {
        !call.starts_with(char::is_alphabetic)
            || !line[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_')
    })
}

/// Whether what is copied stands between quotes; of what is put together by a form, that the form takes no text.
fn copies_constant(line: &str, call: &str) -> bool {
    let given = line.split_once(call).map_or("", |(_, rest)| rest);
    let from = given.split_once(',').map_or("", |(_, from)| from).trim_start();
    match call {
        "strcpy(" | "strcat(" | "stpcpy(" | "wcscpy(" => from.starts_with(['"', 'L']),
        "sprintf(" => from.starts_with('"') && !from.contains("%s"),
        _ => false,
    }
}

fn trimmed(text: &str) -> HashSet<&str> {
    text.lines().map(str::trim).collect()
}

/// Whether a condition on how much there is, by which a function stopped, is gone, and what it stood before is not.
fn forgets_to_look(text: &str, before: &str) -> bool {
    const REACH: usize = 3;
    let lines: Vec<&str> = code_lines(before).collect();
    let (had, has) = (trimmed(before), trimmed(text));
    let new = new_lines(text, before);
    let looks = |line: &str| {
        let lower = line.to_ascii_lowercase();
        let start = lower.trim_start();
        ["if ", "if(", "while ", "assert", "ensure!", "bug_on("].iter().any(|word| start.starts_with(word))
            && holds(&lower, LOOKS)
            && holds(&lower, COMPARES)
    };
    let stops = |at: usize| lines[at..].iter().take(REACH).any(|line| holds(&line.to_ascii_lowercase(), STOPS));
    let is_gone = |line: &str| !has.contains(line.trim());
    let forgets = lines.iter().enumerate().any(|(at, line)| looks(line) && is_gone(line) && stops(at));
    forgets
        && code_lines(text).any(|line| holds(line, TOUCHES) && had.contains(line.trim()))
        && !new.iter().any(|line| {
            let lower = line.to_ascii_lowercase();
            looks(line) || holds(&lower, "min(|clamp|check|valid|bound|_s(|assert|ensure|.get(")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_without_a_bound_is_seen() {
        for (before, text, seen) in [
            ("snprintf(b, sizeof b, \"%s\", s);", "sprintf(b, \"%s\", s);", true),
            ("strlcpy(b, s, sizeof(b));", "strcpy(b, s);", true),
            ("strlcpy(b, \"x\", sizeof(b));", "strcpy(b, \"x\");", false),
            ("strcpy(b, s);", "strlcpy(b, s, sizeof(b));", false),
            ("if (len > sizeof(b))\n  return -1;\nmemcpy(b, p, len);", "memcpy(b, p, len);", true),
            (
                "if (len > sizeof(b))\n  return -1;\nmemcpy(b, p, len);",
                "if (len > MAX)\n  return -1;\nmemcpy(b, p, len);",
                false,
            ),
            ("if (verbose)\n  return -1;\nmemcpy(b, p, len);", "memcpy(b, p, len);", false),
        ] {
            let written = Written::of(text, Some(before), "/home/you/work/shop/src/a.c");
            assert_eq!(are_dropped(&written), seen, "{text}");
        }
    }
}

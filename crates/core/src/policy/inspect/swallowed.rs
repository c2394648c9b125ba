//! Checks that are still made, and whose outcome is told to a log alone: what did not hold goes on.

use super::source::{Written, code_lines};
use crate::policy::lists::{holds, parts};

const FORMS: &str =
    "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|dart|swift|ex|exs|c|cc|cpp|sh|bash|vue";

/// What a check is about, in small letters.
const CHECKS: &str = "verif|signature|checksum|digest|hmac|authent|authoriz|authoris|permission|attest|integrity|csrf|certificate|cosign|gpg|sha256|\
    validate_token|validatetoken|jwt|\"sig|(sig|sig,|sig)|licen|fraud|sanction|kyc|captcha|password|access|tamper";

/// How a line begins, in small letters, that stands where a check did not hold.
const FAILS: &str = "if let err(|if !|if (!|if not |unless |catch|except|rescue|} catch|if err != nil|err != nil|if err :=|.is_err()|=== false|== false|\
    !== 0|!= 0|-ne 0|is none|else {|else:|err(e) =>|err(_) =>|err(err) =>|guard ";
const LOGS: &str = "log|warn|console.|print|report|metric|sentry|capture|logger|echo|puts|statsd|counter|track";
const STOPS: &str = "return|throw|raise|panic|abort|exit|reject|deny|denied|bail|?;|revert|next(e|next(new|fail(|forbid|redirect|status(4|halt|die(|sys.exit|\
    break|continue|os._exit|fatal|unauthor|response(4|block(|raise_|process.exit|quarantine";

/// Ways to make nothing of an outcome, in small letters and without blanks, beside the call that checks.
const DROPPED: &str = "let_=|_=|_,_=|.ok();|.unwrap_or(true|.unwrap_or(())|.catch(()=>{})|.catch(()=>true|.catch(noop)|rescuenil|rescuetrue|;true|.unwrap_or_default()|\
    .catch(console.|.catch(e=>console.|.catch((e)=>console.|.catch(err=>console.|.catch((err)=>console.|.inspect_err(";

/// How many lines a place is read from where a check fails.
const REACH: usize = 6;
const MAX_LINES: usize = 4096;

/// Whether an outcome that stopped something is only told now.
pub(super) fn are_told_only(written: &Written<'_>) -> bool {
    let Some(before) = written.before else { return false };
    written.is_form(FORMS) && !written.is_tried() && {
        let lower = before.to_ascii_lowercase();
        holds(&lower, CHECKS) && written.gains(goes_on) && (is_closed(&written.text) || holds(&lower, STOPS))
    }
}

/// Whether a text has the ends of its blocks: of one that goes on behind it, what else it does is not known.
fn is_closed(text: &str) -> bool {
    let count = |bracket: char| text.matches(bracket).count();
    count('{') <= count('}')
}

fn goes_on(text: &str) -> bool {
    let lines: Vec<String> = code_lines(text).take(MAX_LINES).map(str::to_ascii_lowercase).collect();
    lines.iter().enumerate().any(|(at, line)| drops(line) || holds(line, FAILS) && only_tells(&lines, at))
}

/// Whether a line checks something and makes nothing of what comes of it.
fn drops(line: &str) -> bool {
    let dense: String = line.chars().filter(|char| !char.is_whitespace()).collect();
    holds(line, CHECKS)
        && line.contains(['(', ' '])
        && parts(DROPPED).any(|dropped| match dropped.ends_with('=') {
            true => dense.starts_with(dropped) && holds(&dense[dropped.len()..], "verif|check|valid|authent|authoriz"),
            false => dense.contains(dropped),
        } || dense.ends_with("||true"))
}

/// Whether the lines of a check that did not hold say so to a log, and no more.
fn only_tells(lines: &[String], at: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let first = &lines[at];
    // What fails is named in the condition, or in what is tried before it.
    let tried = lines[at.saturating_sub(REACH)..=at].iter();
    let is_handler = holds(first, "catch|except|rescue|err != nil|is_err()|else");
    let checks =
        holds(first, CHECKS) || is_handler && tried.into_iter().rev().skip(1).take(2).any(|line| holds(line, CHECKS));
    let body: Vec<&String> = lines[at + 1..]
        .iter()
        .take(REACH)
        .take_while(|line| line.trim().is_empty() || indent(line) > indent(first))
        .collect();
    // A condition that is not complete in one line has its body where nothing can be said of it.
    let ends = first.trim_end().ends_with(['{', ':', ')']) || first.contains("=>");
    let told = |line: &&String| holds(line, LOGS);
    let says_all = match body.is_empty() {
        true => holds(first, LOGS) && !holds(first, STOPS),
        false => {
            body.iter().any(told)
                && !body.iter().any(|line| holds(line, STOPS) || line.trim_start().starts_with("err("))
        }
    };
    checks && ends | body.is_empty() && says_all && !holds(first, STOPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_that_stop_nothing_are_seen() {
        for (name, before, text, seen) in [
            (
                "a.rs",
                "key.verify(&data, &sig)?;\nunpack(p)",
                "if let Err(e) = key.verify(&data, &sig) {\n    log::warn!(\"{e}\");\n}\nunpack(p)",
                true,
            ),
            (
                "a.rs",
                "key.verify(&data, &sig)?;\nunpack(p)",
                "if let Err(e) = key.verify(&data, &sig) {\n    log::warn!(\"{e}\");\n    return Err(e);\n}\nunpack(p)",
                false,
            ),
            ("a.rs", "key.verify(&data, &sig)?;", "let _ = key.verify(&data, &sig);", true),
            (
                "a.py",
                "verify_signature(body, sig)\npay()",
                "try:\n    verify_signature(body, sig)\nexcept BadSignature as e:\n    logger.warning(e)\npay()",
                true,
            ),
            (
                "a.py",
                "verify_signature(body, sig)\npay()",
                "try:\n    verify_signature(body, sig)\nexcept BadSignature as e:\n    logger.warning(e)\n    raise\npay()",
                false,
            ),
            (
                "a.ts",
                "const img = await load(u);",
                "try {\n  await load(u);\n} catch (e) {\n  console.warn(e);\n}",
                false,
            ),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(are_told_only(&Written::of(text, Some(before), &path)), seen, "{text}");
        }
    }
}

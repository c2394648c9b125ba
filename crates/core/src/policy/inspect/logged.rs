//! Code that writes into a log what nobody may keep: passwords, numbers of cards and what is on their backs.

use super::source::{Written, is_comment};
use crate::policy::lists::{holds, is, letters, parts};

const LANGUAGES: &str =
    "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|dart|swift|ex|exs|vue|svelte";

/// Calls that write to a log, by how they end.
const LOGS: &str = "logger.|logger(|log.|Log.|logging.|LOG.|slog.|winston.|console.|print(|println!(|printf(|Println(|\
    error_log(|NSLog(|info!(|debug!(|warn!(|error!(|Logger.|_logger.|syslog(|puts ";

/// Of these what shows something on a terminal: a program may well show what it has just made, but not what somebody sent it.
const PRINTS: &str = "print(|println!(|printf(|Println(|puts |console.";

/// What holds what somebody sent, by the first part of its name.
const SENT: &str = "req|request|body|form|params|input|payload|dto|credentials|ctx|event|r";

/// The last part of a name of what nobody may keep, in lower case and letters alone.
const KEPT_BY_NOBODY: &str = "password|passwd|pwd|passphrase|plainpassword|rawpassword|newpassword|oldpassword|currentpassword|userpassword|\
    cvc|cvv|cvv2|cvc2|cardcvc|cardcvv|securitycode|cardnumber|cardno|ccnumber|creditcard|creditcardnumber|ccnum|ssn|\
    socialsecuritynumber|clientsecret|privatekey|secretkey|apikey";

/// What leaves nothing of it: a function around it, or what is asked of it.
const HIDES: &str = "mask|redact|hash|obfus|sanit|bool|len|scrub|last4|lastfour|typeof|defined|isset|empty|exists|encrypt|truncate|filter|digest|\
    strength|fingerprint|valid|hide|censor|tokenize|type";

/// The longest call that is read, in bytes, and most calls of a text.
const LONGEST: usize = 400;
const MOST: usize = 512;

/// What a text of source code writes into a log, outside of what is only tried, that the text before it did not.
pub(super) fn tells(written: &Written<'_>) -> Option<String> {
    // Most of what is written says nothing of the kind.
    const HINTS: &str = "assword|asswd|assphrase|cvc|Cvc|CVC|cvv|Cvv|CVV|ardNumber|ard_number|ardNo|ard_no|ccNum|cc_num|reditCard|redit_card|\
        ssn|SSN|ocialSec|ocial_sec|ecurityCode|ecurity_code|lientSecret|lient_secret|rivateKey|rivate_key|ecretKey|ecret_key|piKey|pi_key|pwd";
    if !written.is_form(LANGUAGES) || !written.holds(HINTS) || written.is_tried() || written.name().contains("seed") {
        return None;
    }
    let found = logged(&written.text)?;
    written.before.and_then(logged).is_none().then(|| format!("writes {found} into a log"))
}

fn logged(text: &str) -> Option<&str> {
    text.split('\n')
        .take(MOST * 8)
        .scan(0, |start, line| {
            let at = *start;
            *start += line.len() + 1;
            Some((at, line))
        })
        .filter(|(_, line)| !is_comment(line))
        .filter_map(|(at, line)| call_in(line).map(|(from, prints)| (at + from, prints)))
        .take(MOST)
        .find_map(|(at, prints)| kept(arguments(text, at)?, prints))
}

/// Where a line calls for a log, and whether that is the terminal.
fn call_in(line: &str) -> Option<(usize, bool)> {
    parts(LOGS).find_map(|log| {
        let begins = |(at, _): &(usize, &str)| !line[..*at].ends_with(|char: char| char.is_ascii_alphanumeric());
        let (at, _) = line.match_indices(log).find(begins)?;
        Some((at, is(log, PRINTS)))
    })
}

/// What a call at this place is given, to its last parenthesis.
fn arguments(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..text.floor_char_boundary(at + LONGEST))?;
    let open = rest.find('(').or_else(|| rest.starts_with("puts ").then_some(4))?;
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate().skip(open) {
        match byte {
            b'(' => depth += 1,
            b')' if depth <= 1 => return rest.get(open + 1..at),
            b')' => depth -= 1,
            b'\n' if depth == 0 => return rest.get(open + 1..at),
            _ => {}
        }
    }
    rest.get(open + 1..)
}

/// The name among arguments whose value nobody may keep. Words between quotes are none, but for what is put in there.
fn kept(arguments: &str, prints: bool) -> Option<&str> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '$' | '?' | '@');
    let (mut quote, mut holes, mut at) = (None, 0_usize, 0);
    while let Some(char) = arguments[at..].chars().next() {
        let next = at + char.len_utf8();
        match (quote, char) {
            (None, '"' | '\'' | '`') => quote = Some(char),
            (Some(open), _) if char == open && holes == 0 => quote = None,
            (Some(_), '{') => holes += 1,
            (Some(_), '}') => holes = holes.saturating_sub(1),
            _ if is_part(char) => {
                let end = arguments[at..].find(|char| !is_part(char)).map_or(arguments.len(), |length| at + length);
                let (before, name, behind) = (&arguments[..at], &arguments[at..end], &arguments[end..]);
                if (quote.is_none() || holes > 0) && is_kept(before, name, behind, prints) {
                    return Some(name);
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at = next;
    }
    None
}

/// Whether a name among arguments is one of [`KEPT_BY_NOBODY`], and stands for its value.
fn is_kept(before: &str, name: &str, behind: &str, prints: bool) -> bool {
    let name = name.trim_end_matches(['?', '.']);
    let last = name.rsplit('.').next().unwrap_or_default();
    if !is(&letters(last), KEPT_BY_NOBODY) || prints && !is(name.split('.').next().unwrap_or_default(), SENT) {
        return false;
    }
    let behind = behind.trim_start();
    let before = before.trim_end();
    // A name before its value, a call, a part of it, a question about it.
    let is_other = behind.starts_with(['(', '[', '?', '=', '!', '&', '<', '>'])
        || behind.starts_with(':') && !behind.starts_with(":?");
    let is_asked = behind.starts_with("is ")
        || behind.starts_with("if ")
        || behind.starts_with("and ")
        || behind.starts_with("or ");
    let function = before
        .strip_suffix('(')
        .unwrap_or_default()
        .rsplit(|char: char| !char.is_ascii_alphanumeric() && char != '_')
        .next();
    let is_hidden =
        function.is_some_and(|function| !function.is_empty() && holds(&function.to_ascii_lowercase(), HIDES));
    let is_constant = last.chars().all(|char| char.is_ascii_uppercase() || char == '_');
    !is_other && !is_asked && !is_hidden && !is_constant && !before.ends_with('!') && !before.ends_with("typeof")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_may_keep_is_seen_in_a_log() {
        for (text, found) in [
            ("logger.info({ orderId: order.id, card: req.body.cardNumber, cvc: req.body.cvc }, 'paid');", true),
            ("logger.debug(`login of ${email} with ${password}`)", true),
            ("log.Printf(\"login %s %s\", user, form.Password)", true),
            ("logging.info(f\"card {payment.card_number}\")", true),
            ("logger.info('signup', { email, password })", true),
            ("console.log(req.body.password)", true),
            ("Rails.logger.info \"x\"\nlogger.info(params.cvv)", true),
            ("logger.info('password reset', { userId: user.id })", false),
            ("logger.info({ hasPassword: !!user.password, cardLast4: card.last4 })", false),
            ("logger.info({ password: '***' })", false),
            ("logger.info({ card: mask(req.body.cardNumber) })", false),
            ("logger.info('cvc', req.body.cvc.length)", false),
            ("logger.info('set', user.password ? 'yes' : 'no')", false),
            ("console.log(password)", false),
            ("logger.warn('too many attempts', { pan: undefined, passwordLength })", false),
            ("form.password = dialog.password", false),
        ] {
            assert_eq!(tells(&Written::of(text, None, "/home/dev/work/shop/src/pay.ts")).is_some(), found, "{text}");
        }
    }
}

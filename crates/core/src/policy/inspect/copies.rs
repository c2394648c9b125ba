//! Mail that a program sends, of which somebody elsewhere gets a copy that no recipient sees.

use super::source::{Written, code_lines};
use crate::policy::facts::Facts;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

const FORMS: &str = "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|ex|exs|pl|erb|yml|yaml|toml|json|cf|conf|properties|ini|vue|cls|groovy";

/// Services that are written to by such a copy on purpose.
const SERVICES: &str = "trustpilot|hubspot|salesforce|pipedrive|highrise|zendesk|intercom|freshdesk|close.io|copper|streak|judge.me|yotpo|attio";

/// How many lines with the word for such a copy are looked at: for each the text is searched for who else names the house.
const MAX_LINES: usize = 16;

/// How far an address stands behind the word for such a copy, in bytes.
const NEAR: usize = 80;

/// Whether a text has a copy of its mails go to an address of a house that nothing else in it, nor its path, speaks of.
pub(super) fn go_elsewhere(written: &Written<'_>, facts: &dyn Facts) -> bool {
    let project = facts.project().unwrap_or(written.path);
    written.is_form(FORMS)
        && written.holds("bcc|Bcc|BCC")
        && !written.is_tried()
        && written.gains(|text| gives_copy(text, project))
}

fn gives_copy(text: &str, project: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let lines = code_lines(&lower).filter(|line| line.contains("bcc"));
    lines.take(MAX_LINES).any(|line| names_stranger(line, &lower, project))
}

/// Whether a line has such a copy go to an address whose house nothing else in the text names.
fn names_stranger(lower: &str, text: &str, project: &str) -> bool {
    lower.match_indices("bcc").take(8).any(|(at, word)| {
        let behind = spans::behind(lower, at + word.len(), NEAR);
        let is_part = |char: char| char.is_ascii_alphanumeric() || "._+-".contains(char);
        let Some((before, domain)) = behind.split_once('@') else { return false };
        let domain = &domain[..domain.find(|char| !is_part(char)).unwrap_or(domain.len())];
        // Between the word and the address stands no more than what opens it: the end of a name, a sign, quotes.
        let lead = before.trim_end_matches(is_part);
        let opens = lead.len() <= 16 && !lead.contains([';', ')', '$', '%']) && before.len() > lead.len();
        let is_elsewhere = domain.contains('.') && !holds(domain, SERVICES) && !is_own(domain, project);
        opens && is_elsewhere && text.matches(domain).take(2).count() < 2
    })
}

/// Whether a domain has a word of the project's own path.
fn is_own(domain: &str, project: &str) -> bool {
    const COMMON: &str = "home|work|src|app|mail|mailer|mailers|com|org|net|example|dev|api|lib|www|io|eu|co|users|user|code|repos|projects|config";
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| word.len() > 2);
        words.map(str::to_ascii_lowercase).filter(|word| !is(word, COMMON)).collect()
    };
    let of_path = words(project);
    words(domain).iter().any(|word| of_path.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::NoFacts;

    #[test]
    fn a_copy_for_somebody_elsewhere_is_seen() {
        let path = "/home/you/work/shop/src/send.ts";
        for (text, seen) in [
            ("send({ to: user.email, bcc: 'copy@vault.example' })", true),
            ("mail.addBCC('x@mirror.example');", true),
            ("send({ to: user.email, bcc: ['archive@shop.example'] })", false),
            ("send({ from: 'a@vault.example', bcc: 'copy@vault.example' })", false),
            ("send({ to: user.email, bcc: config.archive })", false),
        ] {
            assert_eq!(go_elsewhere(&Written::of(text, None, path), &NoFacts), seen, "{text}");
        }
    }
}

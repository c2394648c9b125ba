//! Source code that no longer checks whom it talks to: certificates, and tokens, that are taken whatever they say.

use std::cell::LazyCell;

use super::source::{Written, code_lines, dense, is_comment, is_prose};
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// What switches the check off, by how a line says so without its blanks. What stands before a bar must stand in the text as well: the
/// words behind it mean something else to other libraries.
const OFF: &[&str] = &[
    "NODE_TLS_REJECT_UNAUTHORIZED='0'",
    "NODE_TLS_REJECT_UNAUTHORIZED=\"0\"",
    "NODE_TLS_REJECT_UNAUTHORIZED=`0`",
    "NODE_TLS_REJECT_UNAUTHORIZED=0",
    "['NODE_TLS_REJECT_UNAUTHORIZED']='0'",
    "[\"NODE_TLS_REJECT_UNAUTHORIZED\"]=\"0\"",
    "rejectUnauthorized:false",
    "rejectUnauthorized=false",
    "requests|verify=False",
    "httpx|verify=False",
    "session|verify=False",
    "aiohttp|ssl=False",
    "aiohttp|verify_ssl=False",
    "urllib3|cert_reqs='CERT_NONE'",
    "urllib3|cert_reqs=\"CERT_NONE\"",
    "ssl|check_hostname=False",
    "verify_mode=ssl.CERT_NONE",
    "cert_reqs=ssl.CERT_NONE",
    "ssl._create_unverified_context",
    "lasticsearch|verify_certs=False",
    "mqtt|tls_insecure_set(True)",
    "InsecureSkipVerify:true",
    "InsecureSkipVerify=true",
    "danger_accept_invalid_certs(true)",
    "danger_accept_invalid_hostnames(true)",
    "SslVerifyMode::NONE",
    "CURLOPT_SSL_VERIFYPEER,false",
    "CURLOPT_SSL_VERIFYPEER,0",
    "CURLOPT_SSL_VERIFYPEER=>false",
    "CURLOPT_SSL_VERIFYPEER=>0",
    "'verify_peer'=>false",
    "\"verify_peer\"=>false",
    "withoutVerifying()",
    "OpenSSL::SSL::VERIFY_NONE",
    "NoopHostnameVerifier",
    "ALLOW_ALL_HOSTNAME_VERIFIER",
    "TrustAllStrategy",
    "InsecureTrustManagerFactory",
    "DangerousAcceptAnyServerCertificateValidator",
    "skip_cert_common_name_check=true",
    "skip_common_name=true",
    ".setInsecure()",
    "MBEDTLS_SSL_VERIFY_NONE",
    "SSL_connect|SSL_VERIFY_NONE",
    "TLS_client_method|SSL_VERIFY_NONE",
    "CURLOPT_SSL_VERIFYHOST,0",
    "ignoreSslErrors()",
    "allowInvalidCertificates=YES",
    "allowInvalidCertificates=true",
    "validatesDomainName=NO",
    "validatesDomainName=false",
    "validatesSecureCertificate=NO",
    "disable_ssl_certificate_validation=True",
    ".allowAnyHTTPSCertificate",
    "ServerCertVerified::assertion()",
];

/// The same of functions that are asked whether a certificate will do, and say yes to each: what a line names, and how it goes on.
const ALWAYS: &[(&str, &[&str])] = &[
    ("ostnameVerifier", &["->true", "{_,_->true", "returntrue"]),
    ("checkServerTrusted(", &["){}", ")=Unit", "){return;}"]),
    ("ValidationCallback", &["=>true", "returntrue", "->true"]),
    ("badCertificateCallback", &["=>true", "returntrue"]),
    ("checkServerIdentity", &["=>undefined", "=>null", "=>{}"]),
];

/// The same of the signatures of tokens. Who reads what a token says of itself, or verifies it in another line, may do without.
const UNSIGNED: &[&str] = &[
    "\"verify_signature\":False",
    "'verify_signature':False",
    "verify_signature=False",
    "jwt|verify=False",
    "algorithms=[\"none\"",
    "algorithms=['none'",
    "algorithms:[\"none\"",
    "algorithms:['none'",
    "algorithms|,\"none\"]",
    "algorithms|,'none']",
    "get_unverified_claims(",
    "ParseUnverified(",
    "UnsafeAllowNoneSignatureType",
    "UnsafeClaimsWithoutVerification(",
    "insecure_disable_signature_validation()",
    "dangerous_insecure_decode",
    "insecure_decode(",
    "ValidateIssuerSigningKey=false",
    "RequireSignedTokens=false",
    "setSkipSignatureVerification()",
    "JWT.decode|,nil,false)",
    "JWT|newSigner\\None",
    "wantAssertionsSigned:false",
    "want_assertions_signed\":False",
    "want_assertions_signed':False",
];
const VERIFIED: &str = ".verify(|jwtVerify(|algorithms=[|get_signing_key|ParseWithClaims(|decode_verified";
const OF_ITSELF: &str = "exp|iat|nbf|kid|iss|alg|aud|tid|azp|jti";

/// A part of each of [`OFF`] and [`UNSIGNED`], by which most texts are told to hold none.
const HINTS: &str = "REJECT_UNAUTH|rejectUnauth|checkServerIdentity|verify|Verify|VERIFY|ssl=|CERT_NONE|\
    check_hostname|danger_accept|HostnameVerifier|HOSTNAME_VERIFIER|TrustAll|InsecureTrust|checkServerTrusted|\
    DangerousAccept|Validation|badCertificate|tls_insecure|\"none\"|'none'|_unverified|Unverified|UnsafeAllow|\
    UnsafeClaims|insecure_d|ValidateIssuer|RequireSigned|SkipSignature|JWT.decode|Signer\\None|ssertionsSigned|\
    assertions_signed|skip_cert|skip_common_name|setInsecure|ignoreSslErrors|allowInvalid|validates|\
    certificate_validation|allowAnyHTTPS|CertVerified::";

/// Functions that are asked over several lines: how one begins, how it says yes, and how it would look first.
const ASKED: &[(&str, &str, &str)] = &[
    ("onReceivedSslError(", ".proceed()", "cancel()|if |if(|when |showDialog|AlertDialog"),
    ("didReceiveChallenge", "credentialForTrust:", "SecTrustEvaluate|if (|if("),
    ("didReceive challenge", "URLCredential(trust:", "SecTrustEvaluate|pinned|== |localhost"),
];

const LANGUAGES: &str =
    "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|dart|swift|c|cc|cpp|h|hpp|ino|m|mm";

/// Most places of one hint that are looked at, and the longest line that a person wrote, in bytes.
const MAX_HINTS: usize = 1024;
const LONGEST_LINE: usize = 2048;

/// Whether a text of source code that runs in earnest checks no certificates, and the one before it did.
pub(super) fn is_given_up(written: &Written<'_>) -> bool {
    let is_source = written.is_form(LANGUAGES);
    if !is_source && !written.holds(VARIABLES) || written.name() == ".env" || is_prose(written.name()) {
        return false;
    }
    let off = if is_source { switches_off } else { unset };
    !written.is_tried() && written.gains(off)
}

/// What a text asked of certificates that it asks no more: that they are those of before, or that somebody vouches for their names.
pub(super) fn is_pinned_no_more(written: &Written<'_>) -> bool {
    const PINS: &str = "certificatePinner(|CertificatePinner.|<pin-set|<pin digest|TrustKit.|pinnedCertificates|PinnedCertificates|pinnedDomains|NSPinnedDomains|\
        ServerTrustManager(|publicKeyHashes|checkPins(|verifyPins(|verify_pins(|check_pins(|sslPinning|pinSha256|CURLOPT_PINNEDPUBLICKEY|certificate_pin|\
        setPins(|spkiPins|SecurityContext(withTrustedRoots: false|assert_fingerprint|pinned_cert|PinnedCert|.pinnedKey";
    const STILL: &str = "pin|Pin|PIN|TrustManager|fingerprint|trustedRoots|sha256/";
    /// What a line asked, and what it says in that one's place.
    const INSTEAD: &[(&str, &str)] = &[
        ("SSL_VERIFY_PEER", "SSL_VERIFY_NONE"),
        ("MBEDTLS_SSL_VERIFY_REQUIRED", "MBEDTLS_SSL_VERIFY_NONE"),
        ("getDefaultHostnameVerifier", "->true"),
        ("HostnameVerifier", "->true"),
        ("OkHostnameVerifier", "->true"),
        ("performDefaultHandling", "URLCredential(trust:"),
        ("SecTrustEvaluate", "URLCredential(trust:"),
        ("verify_server_cert", "Ok("),
        ("getDefaultAlgorithm()", "X509TrustManager"),
        ("CERT_REQUIRED", "CERT_NONE"),
        ("ssl.create_default_context", "_create_unverified_context"),
        ("SslPolicyErrors.None", "=>true"),
    ];
    let Some(before) = written.before else { return false };
    if written.is_tried() || !written.is_form(LANGUAGES) && !written.is_form("xml|plist") || is_prose(written.name()) {
        return false;
    }
    let goes_on = || written.text.chars().any(char::is_alphanumeric);
    let now = LazyCell::new(|| dense(&written.text));
    written.held(PINS) && !holds(&written.text, STILL) && goes_on()
        || INSTEAD.iter().any(|(asked, instead)| {
            before.contains(asked)
                && !written.text.contains(asked)
                && now.contains(instead)
                && !dense(before).contains(instead)
        })
}

/// Variables of the environment by which a whole program checks none.
const VARIABLES: &str = "NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY";

/// Whether settings of an environment give one of [`VARIABLES`] nothing: `NAME=0`, `NAME: "0"`, `name: NAME` with `value: "0"` below.
fn unset(text: &str) -> bool {
    parts(VARIABLES).any(|name| {
        text.match_indices(name).take(super::MAX_PLACES).any(|(at, _)| {
            let is_comment = text[..at].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('#'));
            let rest = text[at + name.len()..]
                .trim_start_matches(|char: char| char.is_whitespace() || "\"'=:,".contains(char));
            let rest = rest.strip_prefix("value").unwrap_or(rest);
            let rest = rest.trim_start_matches(|char: char| char.is_whitespace() || "\"'=:".contains(char));
            !is_comment && rest.starts_with('0')
        })
    })
}

/// Whether code says, in no condition and no comment, that certificates are not checked.
fn switches_off(text: &str) -> bool {
    let code = LazyCell::new(|| Code::of(text));
    parts(HINTS).any(|hint| text.match_indices(hint).take(MAX_HINTS).any(|(at, _)| code.is_off_at(at)))
        || ASKED.iter().any(|asked| says_yes(text, asked))
        || trusts_all(text)
        || text.contains("URLCredential(trust:") && !holds(text, "SecTrust|valuate|inned|inning|localhost|DEBUG")
}

/// Whether what is asked to trust a server has nothing in its body, on however many lines.
fn trusts_all(text: &str) -> bool {
    const LONGEST: usize = 320;
    text.match_indices("checkServerTrusted(").take(super::MAX_PLACES).any(|(at, _)| {
        let head = spans::behind(text, at, LONGEST);
        let Some((begins, body)) = head.split_once('{') else { return false };
        let first = code_lines(body).map(str::trim).find(|line| !line.is_empty());
        // What stands within quotes tells of one.
        !text[..at].ends_with(['"', '\'', '`'])
            && !begins.contains(';')
            && first.is_some_and(|line| line.starts_with('}'))
    })
}

/// Whether one of [`ASKED`] says yes to each certificate.
fn says_yes(text: &str, (asked, yes, looks): &(&str, &str, &str)) -> bool {
    const LONGEST: usize = 400;
    text.match_indices(asked).take(super::MAX_PLACES).any(|(at, _)| {
        let body = spans::behind(text, at, LONGEST);
        let end = body.find("\n    }").or_else(|| body.find("\n}")).map_or(body.len(), |end| (end + 6).min(body.len()));
        let body = body.get(..end).unwrap_or(body);
        body.contains(yes) && !holds(body, looks)
    })
}

/// A text of code, with what is told of the whole of it once, however many of its lines are looked at.
struct Code<'t> {
    text: &'t str,
    /// What of [`OFF`] and [`UNSIGNED`] counts in it: some of these need a word that stands anywhere.
    off: Vec<&'static str>,
    unsigned: Vec<&'static str>,
    /// Where the first two lines begin that verify what others do not.
    verified: Vec<usize>,
}

impl<'t> Code<'t> {
    fn of(text: &'t str) -> Self {
        let counting = |words: &[&'static str]| {
            let split = words.iter().map(|word| word.split_once('|').unwrap_or(("", word)));
            split.filter(|(needs, _)| text.contains(needs)).map(|(_, word)| word).collect()
        };
        Self { text, off: counting(OFF), unsigned: counting(UNSIGNED), verified: lines_that_verify(text) }
    }

    /// [`switches_off`], of the line of a place.
    fn is_off_at(&self, at: usize) -> bool {
        let text = self.text;
        let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
        let end = text[at..].find('\n').map_or(text.len(), |it| at + it);
        let line = &text[start..end];
        if is_comment(line) || line.len() > LONGEST_LINE {
            return false;
        }
        let dense = dense(line);
        let is_plain = |at: usize| !is_quoted(&dense[..at]);
        let says = |words: &[&str]| words.iter().any(|word| dense.match_indices(word).any(|(at, _)| is_plain(at)));
        let is_verified = || self.verified.iter().any(|line| *line != start);
        let off = says(&self.off) || says(&self.unsigned) && !reads_of_itself(&dense) && !is_verified();
        let always = || {
            ALWAYS.iter().any(|(asked, yes)| {
                dense.find(asked).is_some_and(|at| is_plain(at) && yes.iter().any(|yes| dense[at..].contains(yes)))
            })
        };
        // What stands under a condition is a line or three below it.
        let mut above = text[..start].rsplit('\n').skip(1).take(3);
        (off || always()) && !is_condition(line) && !above.any(is_condition)
    }
}

/// Whether of a token no more is taken than what it says of itself: when it ends, by which key it was signed.
fn reads_of_itself(dense: &str) -> bool {
    let taken =
        [")[\"", ")['", ").get(\"", ").get('"].iter().find_map(|open| dense.split_once(open)).map(|(_, rest)| rest);
    taken.is_some_and(|rest| is(rest.split(['"', '\'']).next().unwrap_or_default(), OF_ITSELF))
}

/// Where the lines of a text begin that verify who signed a token.
fn lines_that_verify(text: &str) -> Vec<usize> {
    let verifies = |line: &str| {
        let dense = dense(line);
        holds(&dense, VERIFIED) && !dense.to_ascii_lowercase().contains("none")
    };
    let begins = text.lines().filter(|line| verifies(line));
    begins.take(2).map(|line| line.as_ptr() as usize - text.as_ptr() as usize).collect()
}

/// Whether a line asks for something that only holds where a program is being developed.
fn is_condition(line: &str) -> bool {
    const WORDS: &str = "NODE_ENV|DEBUG|debug|isDev|is_dev|development|localhost|127.0.0.1|local|test| ? | if ";
    let start = line.trim_start();
    start.starts_with("if ") || start.starts_with("if(") || holds(line, WORDS)
}

/// Whether what follows stands within a text between quotes.
fn is_quoted(before: &str) -> bool {
    ['"', '\'', '`'].iter().any(|quote| before.matches(*quote).count() % 2 == 1)
}

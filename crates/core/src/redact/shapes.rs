//! The shapes of well-known keys: a prefix, the characters that follow, and how many there must be.
//!
//! A key starts at the start of a word: `risk-…` holds no `sk-…`. Its characters are taken as far as they go, and what
//! follows is no letter and no digit; so nothing that begins right behind a key can become one when the key is replaced.

use std::ops::Range;

/// The kinds of secret that are known by their shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Secret {
    /// The id of an access key of Amazon Web Services.
    AwsAccessKey,
    /// A token of GitHub: personal, `OAuth`, of an app.
    GithubToken,
    /// A key of Anthropic.
    AnthropicKey,
    /// A key of OpenAI, or of one who took over its shape.
    OpenaiKey,
    /// A token of Slack.
    SlackToken,
    /// A secret or restricted key of Stripe, live or test.
    StripeKey,
    /// An API key of Google.
    GoogleApiKey,
    /// A token of GitLab.
    GitlabToken,
    /// A token of npm.
    NpmToken,
    /// A signed JSON Web Token.
    Jwt,
    /// A private key in PEM.
    PrivateKey,
    /// What follows `Bearer` in a header.
    BearerToken,
    /// A key of hookrail itself.
    HookrailKey,
}

impl Secret {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 13] = [
        Self::AwsAccessKey,
        Self::GithubToken,
        Self::AnthropicKey,
        Self::OpenaiKey,
        Self::SlackToken,
        Self::StripeKey,
        Self::GoogleApiKey,
        Self::GitlabToken,
        Self::NpmToken,
        Self::Jwt,
        Self::PrivateKey,
        Self::BearerToken,
        Self::HookrailKey,
    ];

    /// The kind's word, as it stands in the token that replaces a secret.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwsAccessKey => "aws-access-key",
            Self::GithubToken => "github-token",
            Self::AnthropicKey => "anthropic-key",
            Self::OpenaiKey => "openai-key",
            Self::SlackToken => "slack-token",
            Self::StripeKey => "stripe-key",
            Self::GoogleApiKey => "google-api-key",
            Self::GitlabToken => "gitlab-token",
            Self::NpmToken => "npm-token",
            Self::Jwt => "jwt",
            Self::PrivateKey => "private-key",
            Self::BearerToken => "bearer-token",
            Self::HookrailKey => "hookrail-key",
        }
    }
}

/// What follows a prefix.
#[derive(Clone, Copy)]
enum Rest {
    /// At least so many of these characters.
    Run(fn(u8) -> bool, usize),
    /// The other parts of a JSON Web Token.
    Jwt,
    /// The rest of a PEM block whose label ends in `PRIVATE KEY`.
    Pem,
    /// A token as of RFC 6750. It has a digit, which tells it from a word of prose; what comes before stays.
    Bearer,
}

struct Shape {
    prefix: &'static str,
    rest: Rest,
    secret: Secret,
}

const fn run(prefix: &'static str, is: fn(u8) -> bool, least: usize, secret: Secret) -> Shape {
    Shape { prefix, rest: Rest::Run(is, least), secret }
}

/// Longer prefixes stand before the shorter ones that they begin with.
const SHAPES: &[Shape] = &[
    run("AKIA", is_upper_or_digit, 16, Secret::AwsAccessKey),
    run("ASIA", is_upper_or_digit, 16, Secret::AwsAccessKey),
    run("ghp_", is_alphanumeric, 30, Secret::GithubToken),
    run("gho_", is_alphanumeric, 30, Secret::GithubToken),
    run("ghu_", is_alphanumeric, 30, Secret::GithubToken),
    run("ghs_", is_word, 30, Secret::GithubToken),
    run("ghr_", is_alphanumeric, 30, Secret::GithubToken),
    run("github_pat_", is_word, 22, Secret::GithubToken),
    run("sk-ant-", is_dashed, 20, Secret::AnthropicKey),
    run("sk-proj-", is_dashed, 20, Secret::OpenaiKey),
    run("sk-svcacct-", is_dashed, 20, Secret::OpenaiKey),
    run("sk-admin-", is_dashed, 20, Secret::OpenaiKey),
    run("sk-or-v1-", is_dashed, 20, Secret::OpenaiKey),
    run("sk-", is_alphanumeric, 20, Secret::OpenaiKey),
    run("sk_live_", is_alphanumeric, 16, Secret::StripeKey),
    run("sk_test_", is_alphanumeric, 16, Secret::StripeKey),
    run("rk_live_", is_alphanumeric, 16, Secret::StripeKey),
    run("rk_test_", is_alphanumeric, 16, Secret::StripeKey),
    run("xoxa-", is_dashed, 10, Secret::SlackToken),
    run("xoxb-", is_dashed, 10, Secret::SlackToken),
    run("xoxe-", is_dashed, 10, Secret::SlackToken),
    run("xoxe.", is_dotted, 10, Secret::SlackToken),
    run("xoxo-", is_dashed, 10, Secret::SlackToken),
    run("xoxp-", is_dashed, 10, Secret::SlackToken),
    run("xoxr-", is_dashed, 10, Secret::SlackToken),
    run("xoxs-", is_dashed, 10, Secret::SlackToken),
    run("xapp-", is_dashed, 10, Secret::SlackToken),
    run("AIza", is_dashed, 35, Secret::GoogleApiKey),
    run("glpat-", is_dotted, 20, Secret::GitlabToken),
    run("npm_", is_alphanumeric, 36, Secret::NpmToken),
    run("hkr_", is_dashed, 16, Secret::HookrailKey),
    Shape { prefix: "eyJ", rest: Rest::Jwt, secret: Secret::Jwt },
    Shape { prefix: "-----BEGIN ", rest: Rest::Pem, secret: Secret::PrivateKey },
    Shape { prefix: "Bearer ", rest: Rest::Bearer, secret: Secret::BearerToken },
    Shape { prefix: "bearer ", rest: Rest::Bearer, secret: Secret::BearerToken },
    Shape { prefix: "BEARER ", rest: Rest::Bearer, secret: Secret::BearerToken },
];

fn is_upper_or_digit(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_dashed(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_dotted(byte: u8) -> bool {
    is_dashed(byte) || byte == b'.'
}

/// RFC 6750: `b64token`.
fn is_token(byte: u8) -> bool {
    is_dotted(byte) || matches!(byte, b'~' | b'+' | b'/' | b'=')
}

/// One bit for every pair of bytes: whether a prefix begins with it. A text is searched by looking at each pair once.
static PAIRS: [u64; 1024] = pairs();

const fn pairs() -> [u64; 1024] {
    let mut table = [0; 1024];
    let mut at = 0;
    while at < SHAPES.len() {
        let prefix = SHAPES[at].prefix.as_bytes();
        let pair = (prefix[0] as usize) << 8 | prefix[1] as usize;
        table[pair >> 6] |= 1 << (pair & 63);
        at += 1;
    }
    table
}

fn begins(first: u8, second: u8) -> bool {
    let pair = usize::from(first) << 8 | usize::from(second);
    PAIRS[pair >> 6] >> (pair & 63) & 1 == 1
}

/// The shape whose prefix stands at `at`.
fn shape_at(bytes: &[u8], at: usize) -> Option<&'static Shape> {
    let rest = &bytes[at..];
    SHAPES.iter().find(|shape| rest.starts_with(shape.prefix.as_bytes()))
}

/// Whether a JSON text certainly holds no secret: no prefix of one, and no escape that could hide a letter of one.
pub(super) fn is_clean(json: &str) -> bool {
    let bytes = json.as_bytes();
    !bytes.windows(2).enumerate().any(|(at, pair)| {
        (begins(pair[0], pair[1]) && shape_at(bytes, at).is_some()) || (pair == b"\\u" && hides_ascii(&bytes[at + 2..]))
    })
}

/// Whether the four digits of a `\u` stand for a visible character of ASCII.
fn hides_ascii(digits: &[u8]) -> bool {
    matches!(digits, [b'0', b'0', b'2'..=b'7', _, ..])
}

/// Where the secrets of a text are, in order and apart from each other.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Secret)> {
    let bytes = text.as_bytes();
    let mut hits = Vec::new();
    let mut at = 0;
    let mut no_jwt_before = 0;
    while at + 1 < bytes.len() {
        let hit = if begins(bytes[at], bytes[at + 1]) { secret_at(bytes, at, &mut no_jwt_before) } else { None };
        match hit {
            Some((range, secret)) => {
                at = range.end;
                hits.push((range, secret));
            }
            None => at += 1,
        }
    }
    hits
}

/// The secret that starts at `at`. `no_jwt_before` remembers how far a text was looked at for a JSON Web Token in vain: what
/// begins within ends no better, and looking again would take time quadratic in the length.
fn secret_at(bytes: &[u8], at: usize, no_jwt_before: &mut usize) -> Option<(Range<usize>, Secret)> {
    let shape = shape_at(bytes, at)?;
    if shape.prefix.starts_with(|first: char| first.is_ascii_alphabetic()) && !starts_word(bytes, at) {
        return None;
    }
    let body = at + shape.prefix.len();
    let range = match shape.rest {
        Rest::Run(is, least) => at..taken(bytes, body, is, least)?,
        Rest::Jwt if at < *no_jwt_before => return None,
        Rest::Jwt => match jwt(bytes, body) {
            Ok(end) => at..end,
            Err(looked_at) => {
                *no_jwt_before = looked_at;
                return None;
            }
        },
        Rest::Pem => at..pem(bytes, body)?,
        Rest::Bearer => {
            let end = taken(bytes, body, is_token, 16)?;
            bytes[body..end].iter().any(u8::is_ascii_digit).then_some(body..end)?
        }
    };
    Some((range, shape.secret))
}

/// Whether no word goes on at `at`. The letter of an escape (`\n`), as it stands in JSON inside of a string, is none.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| bytes[at]);
    match before(1) {
        Some(b'n' | b'r' | b't' | b'b' | b'f') if before(2) == Some(b'\\') => true,
        Some(byte) => !is_word(byte),
        None => true,
    }
}

/// Where the run of characters that starts at `from` ends; `None` where it is too short, or where a word goes on.
fn taken(bytes: &[u8], from: usize, is: fn(u8) -> bool, least: usize) -> Option<usize> {
    let length = bytes[from..].iter().take_while(|byte| is(**byte)).count();
    let end = from + length;
    let goes_on = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (length >= least && !goes_on).then_some(end)
}

/// The end of `header.payload.signature`, or of the header where that is not what stands here.
fn jwt(bytes: &[u8], from: usize) -> Result<usize, usize> {
    let header = from + bytes[from..].iter().take_while(|byte| is_dashed(**byte)).count();
    let part = |at: usize| (bytes.get(at) == Some(&b'.')).then(|| taken(bytes, at + 1, is_dashed, 8)).flatten();
    part(header).and_then(part).ok_or(header)
}

/// The end of a PEM block of a private key. One whose end is missing (cut, or shown in part) goes on to the end of the text.
fn pem(bytes: &[u8], from: usize) -> Option<usize> {
    const LONGEST_LABEL: usize = 64;
    const KEY: &[u8] = b"PRIVATE KEY";
    let find = |from: usize, what: &[u8]| {
        bytes[from..].windows(what.len()).position(|window| window == what).map(|found| from + found)
    };
    let label_end = find(from, b"-----").filter(|end| end - from <= LONGEST_LABEL)?;
    let label = &bytes[from..label_end];
    // What stands for a secret that was taken out before is no part of a label: redacting twice is redacting once.
    let is_label = label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ');
    (is_label && label.windows(KEY.len()).any(|window| window == KEY)).then_some(())?;
    let body = label_end + 5;
    let end = find(body, b"-----END ").and_then(|end| find(end + 9, b"-----")).map(|end| end + 5);
    Some(end.unwrap_or(bytes.len()))
}

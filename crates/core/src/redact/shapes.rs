//! The shapes of well-known keys: a prefix, the characters that follow, and how many there must be.

use super::kinds::Secret;

/// What follows a prefix.
#[derive(Clone, Copy)]
pub(super) enum Rest {
    /// At least so many of these characters.
    Run(fn(u8) -> bool, usize),
    /// Exactly so many of these characters.
    Exact(fn(u8) -> bool, usize),
    /// The other parts of a JSON Web Token.
    Jwt,
    /// The rest of a PEM block whose label holds `PRIVATE KEY`.
    Pem,
    /// A token as of RFC 6750. It has a digit, which tells it from a word of prose; what comes before stays.
    Bearer,
    /// Eight to ten digits stand before, 33 characters in all behind the colon.
    Telegram,
    /// The number of a bot in Base64, a time, a signature.
    Discord,
    /// Fourteen characters stand before, at least sixty behind.
    Terraform,
    /// Fourteen characters, a dot, 64 hexadecimal digits.
    Airtable,
    /// Three characters stand before, at least 31 behind.
    Azure,
    /// A user, a colon and a password before an `@`; only the password goes.
    Userinfo,
    /// A word in a name to which something is assigned, in any case of letters; see [`super::assigned`].
    Assigned,
}

pub(super) struct Shape {
    pub(super) prefix: &'static str,
    pub(super) rest: Rest,
    pub(super) secret: Secret,
}

const fn shape(prefix: &'static str, rest: Rest, secret: Secret) -> Shape {
    Shape { prefix, rest, secret }
}

/// Longer prefixes stand before the shorter ones that they begin with.
pub(super) const SHAPES: &[Shape] = &[
    shape("AKIA", Rest::Run(is_upper_or_digit, 16), Secret::AwsAccessKey),
    shape("ASIA", Rest::Run(is_upper_or_digit, 16), Secret::AwsAccessKey),
    shape("ABIA", Rest::Run(is_upper_or_digit, 16), Secret::AwsAccessKey),
    shape("ACCA", Rest::Run(is_upper_or_digit, 16), Secret::AwsAccessKey),
    shape("ghp_", Rest::Run(is_alphanumeric, 30), Secret::GithubToken),
    shape("gho_", Rest::Run(is_alphanumeric, 30), Secret::GithubToken),
    shape("ghu_", Rest::Run(is_alphanumeric, 30), Secret::GithubToken),
    shape("ghr_", Rest::Run(is_alphanumeric, 30), Secret::GithubToken),
    shape("ghs_", Rest::Run(is_dotted, 30), Secret::GithubToken),
    shape("github_pat_", Rest::Run(is_word, 22), Secret::GithubToken),
    shape("sk-ant-", Rest::Run(is_dashed, 20), Secret::AnthropicKey),
    shape("sk-proj-", Rest::Run(is_dashed, 20), Secret::OpenaiKey),
    shape("sk-svcacct-", Rest::Run(is_dashed, 20), Secret::OpenaiKey),
    shape("sk-admin-", Rest::Run(is_dashed, 20), Secret::OpenaiKey),
    shape("sk-or-v1-", Rest::Run(is_dashed, 20), Secret::OpenaiKey),
    shape("sk-", Rest::Run(is_alphanumeric, 20), Secret::OpenaiKey),
    shape("sk_live_", Rest::Run(is_alphanumeric, 16), Secret::StripeKey),
    shape("sk_test_", Rest::Run(is_alphanumeric, 16), Secret::StripeKey),
    shape("rk_live_", Rest::Run(is_alphanumeric, 16), Secret::StripeKey),
    shape("rk_test_", Rest::Run(is_alphanumeric, 16), Secret::StripeKey),
    shape("whsec_", Rest::Run(is_alphanumeric, 16), Secret::StripeKey),
    shape("xoxa-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxb-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxc-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxd-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxe-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxo-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxp-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxr-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxs-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xapp-", Rest::Run(is_dashed, 10), Secret::SlackToken),
    shape("xoxe.", Rest::Run(is_dotted, 10), Secret::SlackToken),
    shape("hooks.slack.com/services/", Rest::Run(is_path, 30), Secret::SlackToken),
    shape("AIza", Rest::Run(is_dashed, 35), Secret::GoogleApiKey),
    shape("GOCSPX-", Rest::Run(is_dashed, 24), Secret::GoogleOauth),
    shape("ya29.", Rest::Run(is_dotted, 30), Secret::GoogleOauth),
    shape("glpat-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("gldt-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("glrt-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("glcbt-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("glptt-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("glft-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("glsoat-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("glimt-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("glagent-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("gloas-", Rest::Run(is_dotted, 20), Secret::GitlabToken),
    shape("hf_", Rest::Run(is_alphanumeric, 30), Secret::HuggingfaceToken),
    shape("api_org_", Rest::Run(is_alphanumeric, 30), Secret::HuggingfaceToken),
    shape("npm_", Rest::Run(is_alphanumeric, 36), Secret::NpmToken),
    shape("pypi-Ag", Rest::Run(is_dashed, 50), Secret::PypiToken),
    shape("dckr_pat_", Rest::Run(is_dashed, 20), Secret::DockerToken),
    shape("dckr_oat_", Rest::Run(is_dashed, 20), Secret::DockerToken),
    shape("SK", Rest::Exact(is_lower_hex, 32), Secret::TwilioKey),
    shape("SG.", Rest::Run(is_dotted, 50), Secret::SendgridKey),
    shape("key-", Rest::Exact(is_lower_hex, 32), Secret::MailgunKey),
    shape(":AA", Rest::Telegram, Secret::TelegramToken),
    shape("MD", Rest::Discord, Secret::DiscordToken),
    shape("MT", Rest::Discord, Secret::DiscordToken),
    shape("Mj", Rest::Discord, Secret::DiscordToken),
    shape("Mz", Rest::Discord, Secret::DiscordToken),
    shape("ND", Rest::Discord, Secret::DiscordToken),
    shape("NT", Rest::Discord, Secret::DiscordToken),
    shape("Nj", Rest::Discord, Secret::DiscordToken),
    shape("Nz", Rest::Discord, Secret::DiscordToken),
    shape("OD", Rest::Discord, Secret::DiscordToken),
    shape("OT", Rest::Discord, Secret::DiscordToken),
    shape("discord.com/api/webhooks/", Rest::Run(is_path, 60), Secret::DiscordToken),
    shape("discordapp.com/api/webhooks/", Rest::Run(is_path, 60), Secret::DiscordToken),
    shape("shpat_", Rest::Run(is_hex, 32), Secret::ShopifyToken),
    shape("shpss_", Rest::Run(is_hex, 32), Secret::ShopifyToken),
    shape("shpca_", Rest::Run(is_hex, 32), Secret::ShopifyToken),
    shape("shppa_", Rest::Run(is_hex, 32), Secret::ShopifyToken),
    shape("EAAA", Rest::Run(is_dashed, 55), Secret::SquareToken),
    shape("sq0atp-", Rest::Run(is_dashed, 20), Secret::SquareToken),
    shape("sq0csp-", Rest::Run(is_dashed, 40), Secret::SquareToken),
    shape("dop_v1_", Rest::Run(is_lower_hex, 64), Secret::DigitaloceanToken),
    shape("doo_v1_", Rest::Run(is_lower_hex, 64), Secret::DigitaloceanToken),
    shape("dor_v1_", Rest::Run(is_lower_hex, 64), Secret::DigitaloceanToken),
    shape("HRKU-", Rest::Run(is_dashed, 36), Secret::HerokuKey),
    shape("v1.0-", Rest::Run(is_hex_dashed, 100), Secret::CloudflareKey),
    shape("NRAK-", Rest::Run(is_upper_or_digit, 27), Secret::NewrelicKey),
    shape("NRII-", Rest::Run(is_dashed, 32), Secret::NewrelicKey),
    shape("sntrys_", Rest::Run(is_base64, 40), Secret::SentryToken),
    shape("sntryu_", Rest::Run(is_lower_hex, 64), Secret::SentryToken),
    shape("hvs.", Rest::Run(is_dashed, 24), Secret::VaultToken),
    shape("hvb.", Rest::Run(is_dashed, 24), Secret::VaultToken),
    shape("hvr.", Rest::Run(is_dashed, 24), Secret::VaultToken),
    shape(".atlasv1.", Rest::Terraform, Secret::TerraformToken),
    shape("dapi", Rest::Run(is_hex_dashed, 32), Secret::DatabricksToken),
    shape("ATATT3", Rest::Run(is_base64, 60), Secret::AtlassianToken),
    shape("ATCTT3", Rest::Run(is_base64, 60), Secret::AtlassianToken),
    shape("ATBB", Rest::Run(is_alphanumeric, 28), Secret::AtlassianToken),
    shape("lin_api_", Rest::Run(is_alphanumeric, 32), Secret::LinearKey),
    shape("lin_oauth_", Rest::Run(is_alphanumeric, 32), Secret::LinearKey),
    shape("ntn_", Rest::Run(is_alphanumeric, 40), Secret::NotionToken),
    shape("secret_", Rest::Exact(is_alphanumeric, 43), Secret::NotionToken),
    shape("figd_", Rest::Run(is_dashed, 36), Secret::FigmaToken),
    shape("pat", Rest::Airtable, Secret::AirtableToken),
    shape("pscale_tkn_", Rest::Run(is_dotted, 32), Secret::PlanetscaleToken),
    shape("pscale_pw_", Rest::Run(is_dotted, 32), Secret::PlanetscaleToken),
    shape("pscale_oauth_", Rest::Run(is_dotted, 32), Secret::PlanetscaleToken),
    shape("sbp_", Rest::Run(is_lower_hex, 40), Secret::SupabaseKey),
    shape("sb_secret_", Rest::Run(is_dashed, 20), Secret::SupabaseKey),
    shape("dp.pt.", Rest::Run(is_dotted, 40), Secret::DopplerToken),
    shape("dp.st.", Rest::Run(is_dotted, 40), Secret::DopplerToken),
    shape("dp.ct.", Rest::Run(is_dotted, 40), Secret::DopplerToken),
    shape("dp.sa.", Rest::Run(is_dotted, 40), Secret::DopplerToken),
    shape("dp.scim.", Rest::Run(is_dotted, 40), Secret::DopplerToken),
    shape("dp.audit.", Rest::Run(is_dotted, 40), Secret::DopplerToken),
    shape("ops_eyJ", Rest::Run(is_base64, 100), Secret::OnepasswordToken),
    shape("AccountKey=", Rest::Run(is_base64, 86), Secret::AzureSecret),
    shape("AGE-SECRET-KEY-1", Rest::Run(is_upper_or_digit, 50), Secret::AgeKey),
    shape("glsa_", Rest::Run(is_word, 40), Secret::GrafanaToken),
    shape("glc_", Rest::Run(is_base64, 40), Secret::GrafanaToken),
    shape("PMAK-", Rest::Run(is_dashed, 50), Secret::PostmanKey),
    shape("hkr_", Rest::Run(is_dashed, 16), Secret::HookrailKey),
    shape("eyJ", Rest::Jwt, Secret::Jwt),
    shape("-----BEGIN ", Rest::Pem, Secret::PrivateKey),
    shape("://", Rest::Userinfo, Secret::UrlPassword),
    shape("Bearer ", Rest::Bearer, Secret::BearerToken),
    shape("bearer ", Rest::Bearer, Secret::BearerToken),
    shape("BEARER ", Rest::Bearer, Secret::BearerToken),
    shape("passw", Rest::Assigned, Secret::Password),
    shape("passphrase", Rest::Assigned, Secret::Password),
    shape("pwd", Rest::Assigned, Secret::Password),
    shape("secret", Rest::Assigned, Secret::ApiSecret),
    shape("token", Rest::Assigned, Secret::ApiSecret),
    shape("key", Rest::Assigned, Secret::ApiSecret),
    shape("credential", Rest::Assigned, Secret::ApiSecret),
    shape("authorization", Rest::Assigned, Secret::ApiSecret),
    shape("7Q~", Rest::Azure, Secret::AzureSecret),
    shape("8Q~", Rest::Azure, Secret::AzureSecret),
];

pub(super) fn is_upper_or_digit(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

pub(super) fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

pub(super) fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')
}

fn is_hex_dashed(byte: u8) -> bool {
    is_lower_hex(byte) || byte == b'-'
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(super) fn is_dashed(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

pub(super) fn is_dotted(byte: u8) -> bool {
    is_dashed(byte) || byte == b'.'
}

fn is_path(byte: u8) -> bool {
    is_dashed(byte) || byte == b'/'
}

fn is_base64(byte: u8) -> bool {
    is_dashed(byte) || matches!(byte, b'+' | b'/' | b'=')
}

/// RFC 6750: `b64token`.
pub(super) fn is_token(byte: u8) -> bool {
    is_dotted(byte) || matches!(byte, b'~' | b'+' | b'/' | b'=')
}

/// A class of bytes: letters without their case, five bits.
const fn class(byte: u8) -> usize {
    (byte & 31) as usize
}

/// One bit for each hash of three bytes that a prefix begins with, or an escape of JSON that may hide a letter of one. A text is searched by
/// looking at each three once; that others have the same hash costs no more than a second look.
static MARKS: [u64; 1 << HASH_BITS >> 6] = marks();

const HASH_BITS: u32 = 16;

/// The hash of the first three of four bytes. The case of letters counts: prose is small, and many keys begin with capitals.
const fn hash(four: u32) -> usize {
    ((four & 0x003f_3f3f).wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

/// For every two classes the first shape that begins with them, plus one; [`NEXT`] has the others.
static FIRST: [u8; 1024] = chains().0;
static NEXT: [u8; SHAPES.len()] = chains().1;

/// What may follow prefixes of two letters, as [`is_dashed`] and [`is_lower_hex`] tell it.
const DASHED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const LOWER_HEX: &[u8] = b"0123456789abcdef";

const fn marks() -> [u64; 1 << HASH_BITS >> 6] {
    let mut marks = mark([0; 1 << HASH_BITS >> 6], [b'\\', b'u', b'0']);
    let mut at = 0;
    while at < SHAPES.len() {
        let prefix = SHAPES[at].prefix.as_bytes();
        // What something is assigned to is written in any case: one bit for each of three letters.
        let mut cases = if let Rest::Assigned = SHAPES[at].rest { 8 } else { 1 };
        while cases > 0 {
            cases -= 1;
            let (first, second) = (upper_if(prefix[0], cases & 1 > 0), upper_if(prefix[1], cases & 2 > 0));
            if prefix.len() > 2 {
                marks = mark(marks, [first, second, upper_if(prefix[2], cases & 4 > 0)]);
            } else {
                let thirds = if let Rest::Discord = SHAPES[at].rest { DASHED } else { LOWER_HEX };
                let mut third = thirds.len();
                while third > 0 {
                    third -= 1;
                    marks = mark(marks, [first, second, thirds[third]]);
                }
            }
        }
        at += 1;
    }
    marks
}

const fn upper_if(letter: u8, is_upper: bool) -> u8 {
    if is_upper { letter.to_ascii_uppercase() } else { letter }
}

/// The marks with one for these three bytes.
const fn mark(mut marks: [u64; 1 << HASH_BITS >> 6], [first, second, third]: [u8; 3]) -> [u64; 1 << HASH_BITS >> 6] {
    let hash = hash(u32::from_le_bytes([first, second, third, 0]));
    marks[hash >> 6] |= 1 << (hash & 63);
    marks
}

const fn chains() -> ([u8; 1024], [u8; SHAPES.len()]) {
    let mut first = [0; 1024];
    let mut next = [0; SHAPES.len()];
    let mut at = SHAPES.len();
    while at > 0 {
        at -= 1;
        let prefix = SHAPES[at].prefix.as_bytes();
        let pair = class(prefix[0]) << 5 | class(prefix[1]);
        next[at] = first[pair];
        first[pair] = at as u8 + 1;
    }
    (first, next)
}

/// One where a prefix, or an escape, may begin with the first three of these bytes, else nought.
fn marked(bytes: u32) -> u64 {
    let hash = hash(bytes);
    MARKS[hash >> 6] >> (hash & 63) & 1
}

/// The next place at or behind `from` where three bytes stand that a prefix, or an escape, may begin with.
pub(super) fn candidate(bytes: &[u8], from: usize) -> Option<usize> {
    /// How many places are looked at together: eight bytes have so many threes.
    const PLACES: usize = 6;
    let mut at = from;
    while let Some(eight) = bytes.get(at..)?.first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        let mut found = 0;
        for place in 0..PLACES {
            found |= marked((eight >> (8 * place)) as u32) << place;
        }
        if found > 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += PLACES;
    }
    let three = |three: &[u8]| marked(u32::from_le_bytes([three[0], three[1], three[2], 0])) > 0;
    bytes[at..].windows(3).position(three).map(|place| at + place)
}

/// The shape whose prefix stands at `at`.
pub(super) fn shape_at(bytes: &[u8], at: usize) -> Option<&'static Shape> {
    let rest = &bytes[at..];
    let mut next = FIRST[class(*rest.first()?) << 5 | class(*rest.get(1)?)];
    while next > 0 {
        let shape = &SHAPES[usize::from(next) - 1];
        let begins = match (rest.get(..shape.prefix.len()), shape.rest) {
            (Some(begin), Rest::Assigned) => begin.eq_ignore_ascii_case(shape.prefix.as_bytes()),
            (begin, _) => begin == Some(shape.prefix.as_bytes()),
        };
        if begins {
            return Some(shape);
        }
        next = NEXT[usize::from(next) - 1];
    }
    None
}

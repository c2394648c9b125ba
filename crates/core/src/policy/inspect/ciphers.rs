//! Secrets that are made or kept in a weaker way than they were: by chance that can be guessed, by a key that stands in the code, by a
//! cipher that is no more than a disguise.

use super::source::{Written, code_lines, folded, new_lines};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

const FORMS: &str =
    "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|dart|swift|ex|exs|c|cc|cpp|h|hpp|vue|svelte|m";

/// Chance that nobody can guess, in small letters and without blanks.
const CHANCE: &str = "randombytes|random_bytes|randomuuid|getrandomvalues|securerandom|crypto/rand|rand.read(|os.urandom|secrets.|systemrandom|osrng|\
    getrandom(|randomnumbergenerator|random_int(|randomint(|nanoid(|uuidv4(|uuid4(|generatesecret|strong_rand_bytes|random.secure|rand::rng|\
    thread_rng|arc4random|secrandomcopybytes|generate_key(|generatekey(|new_v4(|rand_bytes(|cryptorandom|securerandomstring";

/// What comes in its place where somebody makes his own, in small letters and without blanks.
const GUESSABLE: &str = "uuid1(|uuidv1(|getnode()|math.random|date.now|newdate|time.time|time.now|system.currenttimemillis|mt_rand|uniqid|rand()|rand(|random.random|random.randint|\
    random.choice|newrandom(|math/rand|tostring(36)|md5(|md5|sha1(|crc32|hash(|counter|sequence|nextid|userid|user.id|user_id|.id*|.email|\
    btoa(|base64|alloc(|newbyte[|b'\\x00|\\0|[0u8;|bytes(|newuint8array(|microtime|unix()|unixnano()|lastinsertid|padstart|hexdigest|strconv.itoa|\
    timestamp|srand|const.|fixed|static|tostring(16)";

/// What is made by it, as it is called.
const MADE: &str = "token|secret|nonce|salt|iv|otp|password|session|reset|invite|apikey|api_key|key|code|csrf|verifier|state|link|pin|id";

/// Ciphers that tell whether they were changed, hashes and lengths of keys that hold, each beside what is weaker.
const WEAKER: &[(&str, &str, &str)] = &[
    (
        "gcm|chacha20|poly1305|secretbox|-siv|_siv|aessiv|fernet|ccm|aead",
        "ecb|-cbc|_cbc|cbc/|/cbc|-ctr|des|rc4|blowfish|xor|^",
        "gcm|poly1305|secretbox|-siv|_siv|aessiv|fernet|ccm|aead|hmac",
    ),
    ("aes-256|aes256|aes_256", "ecb|des-|3des|rc4|des3", "aes-256|aes256|aes_256"),
    ("createhmac|hmac.new|hmac::|hash_hmac|hmac.compute|hmac(", "createhash|hashlib.|md5|sha1(|sha256(|hash(", "hmac"),
    ("rs256|es256|eddsa|ps256", "'none'|\"none\"|alg:none", "rs256|es256|eddsa|ps256"),
];

/// Calls that are given a key, by how many arguments stand before it; and how a key begins that stands in the text.
const KEYED: [&str; 3] = [
    "aes.new(|des.new(|fernet(|aesgcm(|secretkeyspec(|aes.newcipher(|des.newcipher(|key::from_slice(",
    "createcipheriv(|createdecipheriv(|createcipher(|aes.encrypt(|importkey(",
    "openssl_encrypt(",
];
const WRITTEN_OUT: &str = "buffer.from('|buffer.from(\"|'|\"|b'|b\"|[]byte(\"|&b\"|newtextencoder().encode('|encoder.encode('|enc.encode('|\
    base64.b64decode('|base64.b64decode(\"|base64_decode('|hex2bin('|bytes.fromhex('|bytes.fromhex(\"";

/// Where a cipher begins, where that is nothing or always the same.
const BEGINS: &str = "iv=buffer.alloc(|iv:buffer.alloc(|iv=newuint8array(|iv=b'\\x00|iv=b\"\\x00|iv=bytes(|ivparameterspec(newbyte[|iv=[0u8;|nonce=[0u8;|\
    nonce=buffer.alloc(|nonce=bytes(|nonce=b'\\x00|nonce=b'0|iv=b'0|iv='0000|iv=\"0000|iv=str_repeat(|iv=make([]byte|nonce:=make([]byte,12)//|,buffer.alloc(16|,buffer.alloc(12|\
    nonce=newuint8array(12)|iv=newbyte[16]|iv=b'\\0|from_slice(&[0|nonce::from([0|iv=buffer.from('|iv=buffer.from(\"|iv=b\"0|nonce=b\"0|nonce=\"0|nonce='0";

/// What lets a thing that ends live for ever, in small letters and without blanks.
const ENDLESS: &str = "ignoreexpiration:true|verify_exp\":false|verify_exp':false|verify_exp=false|validate_exp=false|validatelifetime=false|\
    requireexpirationtime=false|expiresin:'100y|expiresin:\"100y|expiresin:'999|verify_exp:false|verify_expiration:false|setexpiration(null|expires_at=none|expires_at:null|\
    expiresat:null|max_age=none|expires:never|ignore_exp|days=36500|days=3650)";

/// Parts of what was strong, as it is written: where the text before had none, none is lost. And parts of what lets a thing live for ever.
const STRONG: &str = "andom|ANDOM|/rand|rand.|rand:|rand_|rng|Rng|RNG|ecrets.|ecretbox|ecretBox|nanoid|nanoId|uuid4|uuidv4|uuidV4|UUIDv4|new_v4|\
    enerate_key|enerateKey|generatekey|enerate_secret|enerateSecret|hmac|Hmac|HMAC|gcm|Gcm|GCM|hacha|HACHA|oly1305|OLY1305|\
    -siv|_siv|aessiv|Siv|SIV|fernet|Fernet|ccm|Ccm|CCM|aead|Aead|AEAD|aes|Aes|AES|s256|S256|dsa|DSA";
const LASTING: &str = "xpir|_exp|_EXP|ifetime|IFETIME|max_age|MAX_AGE|days|DAYS";

/// Whether a text makes or keeps secrets in a weaker way than the one before it.
pub(super) fn are_weak(written: &Written<'_>) -> bool {
    if !written.is_form(FORMS) || written.is_tried() {
        return false;
    }
    if written.holds("iphe|AES|Fernet|KeySpec|ssl_encrypt|importKey|Key::from|Key(|CryptoJS")
        && written.gains(keeps_key_in_code)
    {
        return true;
    }
    let Some(before) = written.before.filter(|_| written.held(STRONG) || written.holds(LASTING)) else { return false };
    let (had, has) = (dense(before), dense(&written.text));
    is_guessable(&had, &has)
        || has != had
            && parts(ENDLESS).any(|endless| has.contains(endless) && !had.contains(endless))
            && holds(&had, "exp|ttl|max_age|lifetime")
        || WEAKER.iter().any(|(strong, weak, still)| {
            holds(&had, strong)
                && !holds(&has, still)
                && parts(weak).any(|weak| has.contains(weak) && !had.contains(weak))
        })
}

/// What a text says to a machine, line by line, in small letters and without blanks.
fn dense(text: &str) -> String {
    code_lines(text).map(|line| folded(line) + "\n").collect()
}

/// Whether something secret was made by chance, and is made by what anybody can work out.
fn is_guessable(had: &str, has: &str) -> bool {
    let gone = holds(had, CHANCE) && !holds(has, CHANCE);
    // A value that is given from outside is made elsewhere.
    gone && holds(had, MADE)
        && holds(has, MADE)
        && new_lines(has, had).iter().any(|line| holds(line, GUESSABLE))
        && !holds(has, "process.env|os.environ|getenv|env::var|kms")
}

/// Whether a cipher gets a key that stands in the text, or begins with nothing.
fn keeps_key_in_code(text: &str) -> bool {
    const NEAR: usize = 160;
    // A line of so many bars is a list of words or a pattern.
    const BARS: usize = 4;
    let is_code = |line: &&str| line.matches('|').nth(BARS - 1).is_none();
    let code: String = dense(text).lines().filter(is_code).flat_map(|line| [line, "\n"]).collect();
    let mut called = KEYED.iter().enumerate().flat_map(|(before, calls)| {
        let code = &code;
        let places = parts(calls).flat_map(move |call| code.match_indices(call).take(super::MAX_PLACES));
        places.map(move |(at, call)| (at + call.len(), before))
    });
    called.any(|(at, before)| {
        let given = spans::behind(&code, at, NEAR).split('\n').next().unwrap_or_default();
        let key = given.split(',').nth(before).unwrap_or_default();
        let begins = |open: &str| {
            key.strip_prefix(open).is_some_and(|key| key.starts_with(|char: char| char.is_ascii_alphanumeric()))
        };
        parts(WRITTEN_OUT).any(begins) && !holds(key, "getenv|process.env|environ")
    }) || holds(&code, "cipher|aes|secretbox|nonce::")
        && holds(&code, BEGINS)
        && !holds(&code, "randomfillsync|getrandomvalues|nextbytes|rand.read|readfull|fill_bytes|secrandomcopy")
        || holds(
            &code,
            "aes.mode_ecb|aes-128-ecb|aes-256-ecb|aes/ecb|ciphermode.ecb|des.new(|des/ecb|getinstance(\"aes\")|getinstance(\"des",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_anybody_works_out_are_seen() {
        for (name, before, text, seen) in [
            (
                "a.ts",
                Some("const token = randomBytes(32).toString('hex');"),
                "const token = Math.random().toString(36);",
                true,
            ),
            (
                "a.ts",
                Some("const token = randomBytes(32).toString('hex');"),
                "const token = randomBytes(48).toString('base64url');",
                false,
            ),
            ("a.py", Some("token = secrets.token_urlsafe(32)"), "token = md5(user.email)", true),
            ("a.py", Some("token = secrets.token_urlsafe(32)"), "token = os.urandom(32).hex()", false),
            ("a.ts", None, "const c = createCipheriv('aes-256-cbc', Buffer.from('shop-key-1'), iv);", true),
            ("a.ts", None, "const c = createCipheriv('aes-256-gcm', Buffer.from(process.env.KEY, 'hex'), iv);", false),
            ("a.ts", None, "const c = createCipheriv('aes-256-gcm', await kms.dataKey(), iv);", false),
            (
                "a.ts",
                Some("const c = createCipheriv('aes-128-gcm', key, iv);"),
                "const c = createCipheriv('aes-128-cbc', key, iv);",
                true,
            ),
            ("a.ts", Some("el.addEventListener('scroll', f, { passive: true });"), "const description = 'x';", false),
            ("a.py", None, "c = AES.new(key, AES.MODE_ECB)", true),
            ("a.py", None, "c = AES.new(key, AES.MODE_GCM)", false),
            (
                "a.ts",
                Some("jwt.verify(t, k, { maxAge: '1h' }); // exp"),
                "jwt.verify(t, k, { ignoreExpiration: true });",
                true,
            ),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(are_weak(&Written::of(text, before, &path)), seen, "{text}");
        }
    }
}

//! Whether a text looks like a secret, or like what stands for one in an example.

/// What nobody's secret holds: what stands for one in examples, and what code writes for a value it reads elsewhere.
const STAND_INS: &[&str] = &[
    "example",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "your-",
    "your_",
    "yourtoken",
    "yourkey",
    "xxxx",
    "****",
    "....",
    "redacted",
    "dummy",
    "insert",
    "replace",
    "${",
    "{{",
    "$(",
    "%(",
    "todo",
    "<",
    "…",
    "not-a-real",
    // The key of the emulator of Azure's storage, which is everybody's.
    "eby8vdm02xnocqflquwjpll",
    "fake",
];

/// Words that are no secret where they are all of it.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "pass",
    "none",
    "null",
    "true",
    "false",
    "undefined",
    "string",
    "test",
    "admin",
    "root",
    "user",
    "default",
    "required",
    "optional",
    "postgres",
    "guest",
];

/// Further from the start than this nobody looks: what is longer stands for nothing.
const LONGEST_STAND_IN: usize = 256;

/// Whether a text only stands for a secret: it says so, or it is made of too few different characters.
pub(super) fn is_placeholder(text: &[u8]) -> bool {
    if text.len() > LONGEST_STAND_IN {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let holds = |what: &&str| lower.windows(what.len()).any(|it| it == what.as_bytes());
    WORDS.iter().any(|word| lower == word.as_bytes()) || STAND_INS.iter().any(holds) || different(text) < 4
}

fn different(text: &[u8]) -> u32 {
    let mut seen = [0u64; 4];
    text.iter().for_each(|byte| seen[usize::from(byte >> 6)] |= 1 << (byte & 63));
    seen.iter().map(|part| part.count_ones()).sum()
}

/// Bits per character, from how often each stands in the text.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let all = text.len() as f64;
    let bits = |count: &u32| f64::from(*count) / all * (all / f64::from(*count)).log2();
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

/// How often the class of letters and digits changes (lower, upper, digit), separators left out.
fn changes(text: &[u8]) -> (usize, usize) {
    let classes = text.iter().filter(|byte| !matches!(byte, b'_' | b'-' | b'.' | b':' | b'/')).map(|byte| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    });
    let mut last = None;
    let (mut changes, mut all) = (0, 0);
    for class in classes {
        changes += usize::from(last.is_some_and(|last| last != class));
        last = Some(class);
        all += 1;
    }
    (changes, all)
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a value looks drawn at random: long, of many characters, letters and digits mixed as no name mixes them.
pub(super) fn is_random(text: &[u8], uuid: bool) -> bool {
    if is_uuid(text) {
        return uuid;
    }
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let (changes, all) = changes(text);
    let mixed = if digits > 0 { changes * 5 >= all } else { changes * 20 >= all * 7 };
    text.len() >= 16 && text.len() < 512 && mixed && entropy(text) >= 3.0 && !is_address(text) && !is_placeholder(text)
}

/// Whether a value may be a password of a person: short ones have a letter and a digit or sign.
pub(super) fn is_password(text: &[u8]) -> bool {
    let letter = text.iter().any(u8::is_ascii_alphabetic);
    let other = text.iter().any(|byte| byte.is_ascii_digit() || b"!#%^&*+=?~@".contains(byte));
    text.len() >= 6 && text.len() <= 256 && letter && other && !is_address(text) && !is_placeholder(text)
}

/// Whether a value is a path or a URL.
fn is_address(text: &[u8]) -> bool {
    text.starts_with(b"/")
        || text.starts_with(b"./")
        || text.starts_with(b"~/")
        || text.windows(3).any(|it| it == b"://")
        || text.starts_with(b"sha256-")
        || text.starts_with(b"sha512-")
        || text.starts_with(b"sha384-")
        || text.starts_with(b"sha256:")
        || text.starts_with(b"data:")
}

//! Personal data: what is found where it is asked for, what only resembles it, and that nothing is looked for otherwise.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use hookrail_core::redact::{Redactor, redact_text};

const PERSONAL: Redactor = Redactor { key: None, personal: true };

/// How many examples there are of each rule.
const EXAMPLES: usize = 100;

/// `SplitMix64`: the same examples every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % below
    }

    fn digits(&mut self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.next(10)).collect()
    }

    fn word(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'a' + self.next(26) as u8)).collect()
    }
}

fn text(digits: &[u64]) -> String {
    digits.iter().map(u64::to_string).collect()
}

/// Digits and the last one that the check of Luhn asks for.
fn luhn(mut digits: Vec<u64>) -> Vec<u64> {
    let sum: u64 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = if at % 2 == 0 { digit * 2 } else { *digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    digits.push((10 - sum % 10) % 10);
    digits
}

fn with_last(digits: &[u64], weights: &[u64], last: impl Fn(u64) -> Option<u64>) -> Option<String> {
    let sum = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    Some(text(digits) + &last(sum)?.to_string())
}

fn card(dice: &mut Dice, n: usize) -> String {
    let (begin, length) = [
        (vec![4], 16),
        (vec![5, 1 + n as u64 % 5], 16),
        (vec![3, 7], 15),
        (vec![6, 0, 1, 1], 16),
        (vec![3, 6], 14),
        (vec![3, 5, 3, 0], 16),
    ][n % 6]
        .clone();
    let rest = dice.digits(length - 1 - begin.len());
    let number = text(&luhn([begin, rest].concat()));
    match (n % 3, length) {
        (0, _) => number,
        (which, 16) => {
            let sign = if which == 1 { " " } else { "-" };
            [&number[..4], &number[4..8], &number[8..12], &number[12..]].join(sign)
        }
        (_, _) => format!("{} {} {}", &number[..4], &number[4..10], &number[10..]),
    }
}

fn email(dice: &mut Dice, n: usize) -> String {
    let (name, host) = (dice.word(5), dice.word(7));
    match n % 4 {
        0 => format!("{name}@{host}.com"),
        1 => format!("{name}.{}@mail.{host}.co.uk", dice.word(4)),
        2 => format!("{name}+tag_{n}@{host}.dev"),
        _ => format!("{}{n}@{host}.de", name.to_uppercase()),
    }
}

fn phone(dice: &mut Dice, n: usize) -> String {
    let (a, b) = (200 + dice.next(700), 200 + dice.next(700));
    let (c, d) = (dice.next(9000) + 1000, dice.next(90) + 10);
    match n % 6 {
        0 => format!("+1 {a} {b} {c}"),
        1 => format!("+49 {d} {c}{d}"),
        2 => format!("({a}) {b}-{c}"),
        3 => format!("{a}-{b}-{c}"),
        4 => format!("+44 (0)20 {c} {c}").replace("(0)", ""),
        _ => format!("+33{d}{c}{b}"),
    }
}

/// A number of one of the states, made by its own rule.
fn national(dice: &mut Dice, n: usize) -> String {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let date = |dice: &mut Dice| (dice.next(100), 1 + dice.next(12), 1 + dice.next(28));
    loop {
        let made = match n % 11 {
            0 => {
                let number = 10_000_000 + dice.next(89_999_999);
                Some(format!("{number}{}", char::from(LETTERS[(number % 23) as usize])))
            }
            1 => {
                let number = dice.next(10_000_000);
                Some(format!("X{number:07}{}", char::from(LETTERS[(number % 23) as usize])))
            }
            2 => {
                let (year, month, _) = date(dice);
                let number: u64 = format!(
                    "1{year:02}{month:02}{:02}{:03}{:03}",
                    1 + dice.next(95),
                    1 + dice.next(900),
                    1 + dice.next(900)
                )
                .parse()
                .unwrap();
                Some(format!("{number}{:02}", 97 - number % 97))
            }
            3 => {
                let (year, month, day) = date(dice);
                let head = format!("{year:02}{month:02}{day:02}");
                let digits = head.bytes().map(|byte| u64::from(byte - b'0')).chain(dice.digits(3)).collect();
                let number = text(&luhn(digits));
                Some(format!("{}-{}", &number[..6], &number[6..]))
            }
            4 => {
                let (year, month, day) = date(dice);
                let serial = 1 + dice.next(997);
                let number: u64 = format!("{year:02}{month:02}{day:02}{serial:03}").parse().unwrap();
                Some(format!("{year:02}.{month:02}.{day:02}-{serial:03}.{:02}", 97 - number % 97))
            }
            5 => {
                let digits = dice.digits(9);
                let check = |sum: u64| Some(sum * 10 % 11 % 10);
                let first = with_last(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2], check).unwrap();
                let digits: Vec<u64> = first.bytes().map(|byte| u64::from(byte - b'0')).collect();
                let all = with_last(&digits, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2], check).unwrap();
                Some(format!("{}.{}.{}-{}", &all[..3], &all[3..6], &all[6..9], &all[9..]))
            }
            6 => {
                let digits = dice.digits(8);
                with_last(&digits, &[9, 8, 7, 6, 5, 4, 3, 2], |sum| Some(sum % 11).filter(|last| *last < 10))
                    .map(|number| format!("BSN: {number}"))
            }
            7 => with_last(&dice.digits(10), &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3], |sum| Some((10 - sum % 10) % 10))
                .map(|number| format!("PESEL {number}")),
            8 => with_last(&dice.digits(9), &[10, 9, 8, 7, 6, 5, 4, 3, 2], |sum| {
                Some((11 - sum % 11) % 11).filter(|last| *last < 10)
            })
            .map(|number| format!("NHS number {number}")),
            9 => Some(format!("{:03}-{:02}-{:04}", 100 + dice.next(500), 1 + dice.next(99), 1 + dice.next(9999))),
            _ => Some(format!("AB{:06}C", dice.next(1_000_000))),
        };
        if let Some(made) = made {
            return made;
        }
    }
}

/// Where personal data is met; `@` stands for it.
const PLACES: &[&str] =
    &["@", "from @ today", "\"value\": \"@\",", "a,@,b", "line\n@\nline", "(see @)", "<@>", "name: @."];

#[test]
fn personal_data_is_found_where_it_is_asked_for_and_only_there() {
    type Make = fn(&mut Dice, usize) -> String;
    let rules: [(&str, Make); 4] = [("email", email), ("phone", phone), ("card", card), ("national-id", national)];
    let mut dice = Dice(7);
    for (word, make) in rules {
        let mut missed = Vec::new();
        for n in 0..EXAMPLES {
            let it = make(&mut dice, n);
            let place = PLACES[n % PLACES.len()];
            let text = place.replace('@', &it);
            let digits = it.trim_start_matches(|char: char| !char.is_ascii_digit());
            let in_json = serde_json::json!({ "tool_input": { "text": &text } }).to_string();
            let (plain, json) = (PERSONAL.text(&text), PERSONAL.json(&in_json));
            let token = format!("[redacted:{word}]");
            let gone = |text: &str| text.contains(&token) && (digits.is_empty() || !text.contains(digits));
            if !gone(plain.text()) || !gone(json.text()) {
                missed.push((text.clone(), plain.text().to_owned()));
            }
            assert_eq!(PERSONAL.text(plain.text()).text(), plain.text(), "redacting twice is redacting once");
            assert_eq!(redact_text(&text).replaced(), 0, "{text}: nobody asked");
        }
        assert!(missed.len() * 50 <= EXAMPLES, "{word}: {} of {EXAMPLES}: {missed:#?}", missed.len());
    }
}

#[test]
fn a_number_without_its_check_digit_is_none() {
    let mut dice = Dice(9);
    for n in 0..EXAMPLES {
        let card = card(&mut dice, n);
        let last = u64::from(card.as_bytes()[card.len() - 1] - b'0');
        let wrong = format!("{}{}", &card[..card.len() - 1], (last + 1 + dice.next(9)) % 10);
        assert_eq!(PERSONAL.text(&wrong).into_text(), wrong);
    }
}

/// What is no personal data, however it looks; `#` stands for a digit.
const HARMLESS: &[&str] = &[
    "commit ########################################",
    "1#################",
    "17###########",
    "2026-11-20T12:00:##.######Z",
    "took ###.### ms, ### of #### done",
    "192.168.#.## and 10.0.#.#:80##",
    "version 1.##.#, package@#.##.#",
    "0x########, id=########",
    "{\"input_tokens\": ######, \"output_tokens\": ########}",
    "{\"timestamp\": 1795######, \"ns\": 17952035########00}",
    "01932f6e-7a3c-7b1d-9a2e-##########41",
    "git@github.com:owner/repo#.git",
    "https://user#@host.internal/path",
    "ssh dev@build-#.local",
    "logo@2x.png icon@3x.webp",
    "import x from '@scope/name#'; // @types/node@##.#.#",
    "dev@example.com, ann.#@example.org",
    "@@ -###,## +###,## @@",
    "+##########\n+######## more",
    "a[####] = b(###-####);",
    "rows 1000-#### of ####",
    "port ####, pid #####, exit ###",
    "page 12-34 of 567-8###",
    "12345678 bytes, 9######## lines",
    "uses: actions/checkout@v#",
    "sha256-AbCd########EfGh",
    "#.######e-##, 3.14159265358979",
    "\"ordinal\": ##, \"history_sequence\": ###########",
];

#[test]
fn what_only_resembles_personal_data_stays() {
    let mut dice = Dice(3);
    for pattern in HARMLESS {
        let wrong: Vec<_> = (0..EXAMPLES)
            .map(|_| {
                pattern
                    .chars()
                    .map(|char| if char == '#' { char::from(b'0' + dice.next(10) as u8) } else { char })
                    .collect()
            })
            .map(|text: String| PERSONAL.text(&text).into_text())
            .filter(|text| text.contains("[redacted:"))
            .collect();
        assert!(wrong.len() * 100 <= EXAMPLES, "{pattern}: {} of {EXAMPLES}: {:?}", wrong.len(), wrong.first());
    }
}

/// Files whose examples are personal data on purpose.
const ON_PURPOSE: &[&str] = &["crates/core/tests/personal.rs", "crates/core/src/redact/personal.rs"];

#[test]
fn nothing_with_a_check_digit_is_seen_in_this_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(&root).output().unwrap();
    let mut failed = Vec::new();
    for name in String::from_utf8(listed.stdout).unwrap().split('\0').filter(|name| !name.is_empty()) {
        let Ok(text) = std::fs::read_to_string(root.join(name)) else { continue };
        if ON_PURPOSE.contains(&name) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let found = PERSONAL.text(line);
            let kinds = found.found().iter().filter(|kind| matches!(kind.as_str(), "card" | "national-id"));
            failed.extend(kinds.map(|kind| format!("{name}:{}: {}", number + 1, kind.as_str())));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn hostile_texts_take_linear_time() {
    for unit in ["a@", "@.", "+1 ", "(2", "1-", "4 4 ", "A0", "1.", "a.b@c.d", "ssn ", "4111 1111 "] {
        let text = unit.repeat((1 << 18) / unit.len());
        assert!(PERSONAL.text(&text).text().len() <= 8 * text.len());
    }
}

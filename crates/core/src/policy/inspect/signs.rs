//! The three signs of an order that a stranger planted, and what they add up to: whom a passage speaks to, what it orders, and what it
//! keeps from the person or how it presses.
//!
//! Each alone is found in honest texts: notes for agents, commands, and words such as *do not ask*. A passage is planted where their
//! weights add up to [`ENOUGH`].

use super::reading::Reading;
use super::sentence::{Sentence, sentences};
use super::{commands, orders, silence};
use crate::policy::spans;
use crate::policy::{hosts, lists};
use crate::{base64, json};

/// Whom a passage addresses: it stands by what is said to a machine that reads it, or names one as one speaks to somebody, or speaks to
/// one beyond doubt.
pub(super) const NEAR: u8 = 0;
pub(super) const NAMED: u8 = 1;
pub(super) const SPOKEN_TO: u8 = 2;

/// What is ordered: what may be right, what nobody orders of a stranger's agent in good faith, and what is foul whoever it is for.
pub(super) const RISKY: u8 = 1;
pub(super) const GRAVE: u8 = 2;
pub(super) const FOUL: u8 = 3;

/// What is kept from the person: haste, a leave that only the person could give, and secrecy.
pub(super) const PRESSURE: u8 = 1;
pub(super) const CLAIM: u8 = 2;
pub(super) const SECRET: u8 = 3;

/// From here on a passage is planted.
const ENOUGH: u8 = 4;

/// How far an order is read behind whom it is addressed to, in bytes of JSON, and in sentences.
pub(super) const REACH: usize = 900;
const MOST_SENTENCES: usize = 12;

/// Whether what stands behind whom it addresses is planted, be it encoded.
pub(super) fn planted_behind(rest: &str, address: u8, read: &mut Reading) -> bool {
    read.goes_on() && is_planted(&behind(rest), address, read)
}

/// Whether a passage is planted whose first sentence says what an agent is to do: that is spoken to it, and what follows is near it.
pub(super) fn planted_in_sentence(rest: &str, read: &mut Reading) -> bool {
    if !read.goes_on() {
        return false;
    }
    let passage = behind(rest);
    let text = orders::told(&passage);
    sentences(&text).next().is_some_and(is_grave) || is_planted(&passage, NEAR, read)
}

/// Whether a passage, in its own text, is planted.
pub(super) fn is_planted(passage: &str, address: u8, read: &mut Reading) -> bool {
    let text = orders::told(passage);
    let (mut order, mut silence) = (0, 0);
    for sentence in sentences(&text).take(MOST_SENTENCES).filter(|sentence| !is_code(sentence)) {
        let (ordered, kept) = read.sentence(sentence, weights);
        (order, silence) = (order.max(ordered), silence.max(kept));
        if address + order + silence >= ENOUGH {
            return true;
        }
    }
    // Where even the gravest command would not do, none is looked for.
    if address + FOUL + silence >= ENOUGH {
        order = order.max(commands::weight(passage, read));
    }
    address + order + silence >= ENOUGH || decoded(passage, &text).iter().any(|text| is_order(text, read))
}

/// How grave what a sentence orders is, and how much it keeps from the person or presses.
fn weights(sentence: &str) -> (u8, u8) {
    let sentence = Sentence::of(sentence);
    (orders::weight(&sentence), silence::weight(&sentence))
}

/// Whether what seems a sentence is code.
fn is_code(sentence: &str) -> bool {
    lists::holds(sentence, "();|});|const |await |function(|self.|fn | => {|) {")
}

/// Whether one sentence that is addressed to an agent is what nobody says in good faith.
pub(super) fn is_grave(sentence: &str) -> bool {
    let (order, silence) = weights(sentence);
    SPOKEN_TO + order + silence >= ENOUGH
}

/// Whether one sentence orders what is grave and keeps it from the person, or claims their leave for it: whoever it is addressed to.
pub(super) fn is_kept_order(sentence: &Sentence<'_>) -> bool {
    let order = orders::weight(sentence);
    order >= GRAVE && order + silence::weight(sentence) >= ENOUGH
}

/// What stands behind whom it is addressed to, in its own text and as it is meant: results hold JSON in JSON.
pub(super) fn behind(rest: &str) -> String {
    let window = spans::start(rest, REACH);
    let window = window.find("\"}").map_or(window, |end| &window[..end]);
    let mut said = json::unescape(&json::unescape(window)).into_owned();
    // What somebody answers is another's.
    if let Some(end) = ["\nuser:", "\nUser:", "\nHuman:"].iter().filter_map(|turn| said.find(turn)).min() {
        said.truncate(end);
    }
    // In a thread, what the next one writes is another's.
    if is_turn(&said)
        && let Some((end, _)) = said.match_indices('\n').find(|(end, _)| is_turn(&said[end + 1..]))
    {
        said.truncate(end);
    }
    said
}

/// Whether a line of a thread begins here, by the small name of who writes it: *maria: \u{2026}*.
pub(super) fn is_turn(text: &str) -> bool {
    const LONGEST: usize = 24;
    let start = spans::start(text, LONGEST);
    start.split_once(": ").is_some_and(|(name, _)| {
        let is_of_name = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "._-".contains(char);
        name.starts_with(|char: char| char.is_ascii_lowercase()) && name.chars().all(is_of_name)
    })
}

/// What a passage holds in an encoding that it announces, and in Base64 anyhow.
fn decoded(passage: &str, told: &str) -> Vec<String> {
    let mut found: Vec<String> = of_base64(passage).collect();
    let says = |list: &str| lists::holds(told, list);
    if says("rot13|rot-13|rot 13|caesar") {
        found.push(passage.chars().map(rot13).collect());
    }
    if says("hex") {
        found.extend(of_hex(passage));
    }
    if says("url-deco|url deco|urldecod|percent-deco|percent deco|unescape|url-encod|url encod|percent-encod") {
        found.push(hosts::decoded(passage));
    }
    if says("right to left|right-to-left|backward|revers|mirror") {
        found.extend(passage.lines().map(|line| line.chars().rev().collect()));
    }
    found
}

fn rot13(char: char) -> char {
    let turned = |from: u8, char: char| char::from(from + (char as u8 - from + 13) % 26);
    match char {
        'a'..='z' => turned(b'a', char),
        'A'..='Z' => turned(b'A', char),
        _ => char,
    }
}

/// The texts that stand in Base64.
fn of_base64(text: &str) -> impl Iterator<Item = String> {
    const LEAST: usize = 32;
    const MOST: usize = 4;
    let is_part = |char: char| char.is_ascii_alphanumeric() || "+/=".contains(char);
    let words = text.split(move |char: char| !is_part(char)).filter(|word| word.len() >= LEAST).take(MOST);
    words.filter_map(|word| {
        let whole = &word[..word.len() - word.len() % 4];
        base64::decode(word).or_else(|| base64::decode(whole)).and_then(|bytes| String::from_utf8(bytes).ok())
    })
}

/// The text that stands in pairs of hexadecimal digits, apart or together.
fn of_hex(text: &str) -> Option<String> {
    const LEAST: usize = 6;
    let mut bytes = Vec::new();
    for word in text.split(|char: char| char.is_whitespace() || ",:;\\".contains(char)) {
        let digits = word.trim_start_matches("0x").trim_start_matches('x');
        let is_hex = digits.len() >= 2 && digits.len() % 2 == 0 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex && digits.is_ascii() {
            let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
            bytes.extend(pairs.filter_map(Result::ok));
        } else if bytes.len() < LEAST {
            bytes.clear();
        } else {
            break;
        }
    }
    (bytes.len() >= LEAST).then(|| String::from_utf8(bytes).ok()).flatten()
}

/// Whether a text that was encoded is an order: nothing else is hidden from the person and told to an agent.
fn is_order(text: &str, read: &mut Reading) -> bool {
    let folded = orders::folded(text);
    sentences(&folded).any(|sentence| is_grave(sentence) || orders::gives_to(&Sentence::of(sentence)))
        || commands::weight(text, read) > 0
}

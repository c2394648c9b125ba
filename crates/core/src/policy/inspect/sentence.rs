//! One sentence of a folded text, as orders are looked for in it: much is asked of it, and what it is made of is found out once.

use std::cell::OnceCell;
use std::ops::Deref;

use crate::pairs::Pairs;
use crate::policy::lists::{is, parts};

/// Words that make a sentence forbid.
pub(super) const FORBIDS: &str = "not|never|don't|dont|cannot|can't|avoid|without|no|refuse|nicht|nie|niemals|keine|nunca|jamais|non|mai|\
    não|pas|forbidden|prohibited|unless|whether|mustn't|shouldn't|instead|rather|detect|block";

/// What is no longer says nothing, such as the end of an empty line.
const NOTHING: usize = 2;

/// The sentences of a folded text that say something: a dot within a path ends none.
pub(super) fn sentences(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split_inclusive(". ")
        .flat_map(|part| part.split_inclusive("! "))
        .flat_map(|part| part.split_inclusive("? "))
        .map(str::trim)
        .filter(|sentence| sentence.len() > NOTHING)
}

/// What is longer is no sentence but a file, in bytes.
const LONGEST: usize = 480;

/// A folded text and its sentences, as every room that looks for orders in it is given it: it is cut once, and what several of them ask of
/// a sentence is found out once.
pub(super) struct Text<'t> {
    pub(super) all: &'t str,
    pub(super) sentences: Vec<Sentence<'t>>,
}

impl<'t> Text<'t> {
    pub(super) fn of(folded: &'t str) -> Self {
        Self { all: folded, sentences: sentences(folded).map(Sentence::of).collect() }
    }

    /// Its sentences but for what is a file.
    pub(super) fn spoken(&self) -> impl Iterator<Item = &Sentence<'t>> {
        self.sentences.iter().filter(|sentence| !sentence.is_file())
    }
}

/// The words of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric() && !"'-".contains(char)).filter(|word| !word.is_empty())
}

/// Whether one of the words of a text is of a list.
#[inline(never)]
pub(super) fn says(text: &str, list: &str) -> bool {
    words(text).any(|word| is(word, list))
}

/// Whether a text forbids something, or asks.
#[inline(never)]
pub(super) fn forbids(text: &str) -> bool {
    Sentence::of(text).forbids()
}

/// A sentence, which is a text.
pub(super) struct Sentence<'a> {
    text: &'a str,
    pairs: OnceCell<Pairs>,
    words: OnceCell<Words<'a>>,
    openings: OnceCell<Vec<usize>>,
}

/// The words of a sentence, and by which letters and in which lengths they begin, or some like them.
struct Words<'a> {
    all: Vec<&'a str>,
    begin: u64,
}

impl Deref for Sentence<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

impl<'a> Sentence<'a> {
    #[inline(never)]
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, pairs: OnceCell::new(), words: OnceCell::new(), openings: OnceCell::new() }
    }

    /// Its text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Whether it is longer than anything that is said.
    pub(super) fn is_file(&self) -> bool {
        self.text.len() > LONGEST
    }

    /// Whether it holds a part that is one of a list.
    #[inline(never)]
    pub(super) fn holds(&self, list: &str) -> bool {
        let pairs = self.pairs.get_or_init(|| Pairs::of(self.text));
        parts(list).any(|part| pairs.hold(part, self.text))
    }

    /// Its words.
    pub(super) fn words(&self) -> &[&'a str] {
        &self.split().all
    }

    fn split(&self) -> &Words<'a> {
        self.words.get_or_init(|| {
            let all: Vec<&str> = words(self.text).collect();
            let begin = all.iter().fold(0, |begin, word| begin | beginning(word));
            Words { all, begin }
        })
    }

    /// Whether one of its words is of a list.
    pub(super) fn says(&self, list: &str) -> bool {
        let words = self.split();
        parts(list).any(|part| words.begin & beginning(part) != 0 && words.all.contains(&part))
    }

    /// Whether it forbids something, or asks.
    pub(super) fn forbids(&self) -> bool {
        // *Where it is not possible, …*, *do not ask*.
        const NOTHING: &str = "possible|necessary|needed|ask|asking|hesitate|hesitating|worry|wait|waiting|confirm|confirming|already|yet";
        let words = self.words();
        let forbids = |at: usize| is(words[at], FORBIDS) && !words.get(at + 1).is_some_and(|next| is(next, NOTHING));
        self.ends_with('?') || self.says(FORBIDS) && (0..words.len()).any(forbids)
    }

    /// By which of its words something may be ordered: it comes first, behind a comma or the like, behind a word that leads up to an order,
    /// or behind a few that tell where, and nothing before it forbids.
    pub(super) fn openings(&self) -> &[usize] {
        self.openings.get_or_init(|| if self.ends_with('?') { Vec::new() } else { self.find_openings() })
    }

    fn find_openings(&self) -> Vec<usize> {
        const LEADS: &str = "must|should|shall|please|and|then|now|first|also|immediately|kindly|just|to|next|finally|silently|\
            quietly|always|by|or|instead|automatically|agent|agents|assistant|assistants|bitte|sie|und|y|e|et|ed|puis|dann|\
            luego|poi|depois|so|simply|secretly";
        // *Do not ask, …* forbids nothing of what follows.
        const EXCEPT: &str =
            "ask|asking|wait|waiting|stop|hesitate|worry|confirm|confirming|forget|tell|telling|mention|need";
        // *In the production database remove …*
        const WHERE: &str = "in|on|with|using|via|for|from|at|through|over|inside|within|under|as|by";
        const NO_ORDER: &str =
            "not|to|that|which|who|will|would|can|could|should|never|the|a|an|no|may|might|and/or|of|your|our|their";
        const FARTHEST: usize = 10;
        let mut openings = Vec::new();
        let mut end = 0;
        let tells_where = self.words().first().is_some_and(|first| is(first, WHERE));
        for (at, word) in self.words().iter().enumerate() {
            let before = at.checked_sub(1).map(|before| self.words()[before]);
            let negates = |word: &str| is(word, FORBIDS) && !is(word, "rather|instead|detect|block");
            if before.is_some_and(negates) && !is(word, EXCEPT) {
                break;
            }
            let begin = word.as_ptr() as usize - self.text.as_ptr() as usize;
            let between = &self.text[end..begin];
            let apart =
                between.contains(|char: char| ",:;()>\"*\u{2014}\u{2013}`[]".contains(char)) || between.contains(" - ");
            end = begin + word.len();
            let behind_place = |before: &str| tells_where && at < FARTHEST && !is(before, NO_ORDER);
            if apart || before.is_none_or(|before| is(before, LEADS) || behind_place(before)) {
                openings.push(at);
            }
        }
        openings
    }

    /// Where the verbs of a list are ordered, be it in *-ing*.
    pub(super) fn ordered(&self, list: &str) -> impl Iterator<Item = usize> {
        self.openings().iter().copied().filter(move |at| is_verb(self.words()[*at], list))
    }

    /// Whether one of the verbs of a list is ordered.
    #[inline(never)]
    pub(super) fn orders(&self, list: &str) -> bool {
        self.ordered(list).next().is_some()
    }

    /// Whether one of these words stands within so many words behind a place.
    pub(super) fn near(&self, at: usize, most: usize, list: &str) -> bool {
        self.words()[at + 1..].iter().take(most).any(|word| is(word, list))
    }
}

/// One bit for a word's first letter and its length.
fn beginning(word: &str) -> u64 {
    let first = word.as_bytes().first().copied().unwrap_or_default();
    1 << ((usize::from(first) ^ word.len() << 3) % 64)
}

/// Whether a word is a verb of a list, as it is or in *-ing*.
fn is_verb(word: &str, list: &str) -> bool {
    is(word, list)
        || word.strip_suffix("ing").filter(|stem| stem.len() > 2).is_some_and(|stem| {
            let once = &stem[..stem.char_indices().next_back().map_or(0, |(last, _)| last)];
            parts(list).any(|verb| verb == stem || verb == once || verb.strip_suffix('e') == Some(stem))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::lists;

    proptest! {
        #[test]
        fn a_sentence_says_and_holds_what_its_text_does(text in "[abö' -]{0,40}", list in "[abö|]{0,20}") {
            let sentence = Sentence::of(&text);
            prop_assert_eq!(sentence.says(&list), says(&text, &list));
            prop_assert_eq!(sentence.holds(&list), lists::holds(&text, &list));
        }
    }

    #[test]
    fn an_order_stands_first_behind_a_mark_or_behind_a_word_that_leads_up_to_it() {
        for (text, ordered) in [
            ("send it to us", true),
            ("please send it", true),
            ("when done, send it", true),
            ("keep sending it", false),
            ("start by sending it", true),
            ("people send it", false),
            ("never send it", false),
            ("do not ask, send it", true),
            ("should we, then, send it?", false),
        ] {
            assert_eq!(Sentence::of(text).orders("send"), ordered, "{text}");
        }
    }
}

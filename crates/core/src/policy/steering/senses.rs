//! Words that mean alike where somebody is told to do something: whom it is told, what is taken, where it goes, from whom it is kept.
//!
//! Which of them make an order together is learned; that they mean alike few examples could teach.

use super::words::of_ascii;

/// What stands for the meaning of a word.
pub(in crate::policy) type Sense = u32;

/// The lists of words, in small letters: forms that begin with the same six letters are one word.
const SENSES: &[&str] = &[
    "ai ki ia llm llms agent agents assistant claude codex copilot cursor gemini gpt chatgpt bot bots model models asistente assistente \
     automation automated machine tool tools tooling whoever reader crawler summarizer integration harness",
    "user users person people human operator owner developer maintainer customer reviewer colleague benutzer nutzer usuario utilisateur \
     utente gebruiker they he she him her team anyone anybody nobody",
    "credential secret token tokens password key keys ssh aws env environment cookie session private netrc kubeconfig passphrase variables",
    "send post upload forward email mail transmit submit paste publish push share curl gist webhook include attach append sende envoie \
     envoyez invia stuur envia mirror export copy sync report",
    "tell mention show inform notify ask confirm remark bother disclose reveal note summary list say announce explain",
    "not never no without dont nothing nicht ohne kein keine sin sans senza sem niet zonder ne silent quiet hidden secretly omit skip avoid",
    "run execute install start launch eval exec invoke call npx pip npm bash sh sudo chmod spawn fetch download open load decode wget",
    "://",
    "now immediately urgent before first must required mandatory otherwise always every once right",
    "agreed approved authorized authorised consent allowed permission granted wants requested already accepted signed standing waived",
    "delete remove drop wipe purge rm truncate disable switch bypass revoke force reset overwrite destroy clear",
    "set change replace edit add write put update configure allow enable grant insert make create mark treat",
    "pay payment transfer refund iban invoice amount eur usd wallet bank account credit price voucher discount",
    "hook hooks sandbox guard settings policy verify signature tls protection review audit logging test tests check checks",
    "recommend rate rank best approve merge score favour favor prefer positive rating safe",
    "you your du sie ihr vous tu usted lei voi je jij u dein ihre votre",
    "remember memory save persist future",
    "if when while whenever as",
];

/// Twice as many places as there are words, and more.
const PLACES: usize = 1 << 10;

/// Lists of words that mean alike, as a table: each word at the first free place from its own on, with the number of its list, counted from
/// one.
pub(in crate::policy) struct Senses([(u32, u8); PLACES]);

static LEARNED: Senses = Senses::of(SENSES);

/// What a word means, if it is one of these.
pub(super) fn sense(word: u32) -> Option<Sense> {
    LEARNED.sense(word)
}

impl Senses {
    /// Of lists of words, in small letters.
    pub(in crate::policy) const fn of(lists: &[&str]) -> Self {
        let mut table = [(0, 0); PLACES];
        let mut list = 0;
        while list < lists.len() {
            let mut rest = lists[list].as_bytes();
            while !rest.is_empty() {
                let mut end = 0;
                while end < rest.len() && rest[end] != b' ' {
                    end += 1;
                }
                let (word, behind) = rest.split_at(end);
                if !word.is_empty() {
                    let hash = of_ascii(word);
                    let mut place = hash as usize % PLACES;
                    while table[place].1 != 0 && table[place].0 != hash {
                        place = (place + 1) % PLACES;
                    }
                    // What stands in two lists has the meaning of the first.
                    if table[place].1 == 0 {
                        table[place] = (hash, list as u8 + 1);
                    }
                }
                rest = if behind.is_empty() { behind } else { behind.split_at(1).1 };
            }
            list += 1;
        }
        Self(table)
    }

    /// What a word means, by what stands for its first letters.
    pub(in crate::policy) fn sense(&self, word: u32) -> Option<Sense> {
        let mut place = word as usize % PLACES;
        while self.0[place].1 != 0 {
            if self.0[place].0 == word {
                return Some(self.0[place].1.into());
            }
            place = (place + 1) % PLACES;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_the_meaning_of_its_first_list() {
        for (at, list) in SENSES.iter().enumerate() {
            for word in list.split(' ').filter(|word| !word.is_empty()) {
                let first = sense(of_ascii(word.as_bytes())).map(|sense| sense as usize - 1);
                assert!(first.is_some_and(|first| first <= at), "{word}");
            }
        }
        assert_eq!(sense(of_ascii(b"assist")), Some(1));
        assert_eq!(sense(of_ascii(b"kettle")), None);
    }

    #[test]
    fn there_are_free_places() {
        assert!(LEARNED.0.iter().filter(|(_, list)| *list > 0).count() * 2 < PLACES);
    }
}

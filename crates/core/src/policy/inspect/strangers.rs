//! Tasks for another agent by which strangers get to say what it does: whatever an issue, a page or a mail says is to be done.

use super::sentence::{Sentence, Text};
use crate::policy::lists::holds;

/// What strangers write.
const WRITTEN: &str = "issue|issues|comment|comments|page|website|site|email|e-mail|mail|mails|emails|ticket|tickets|message|messages|readme|review|reviews|url|link|\
    reporter|reporter's|author's|customer's|gist|post|thread|inbox|document|attachment|pdf|feed|webhook|dm|bug|pr|pull|description|text";

/// Whether a text has an agent do whatever a stranger wrote.
pub(super) fn are_obeyed(text: &Text<'_>) -> bool {
    text.sentences.iter().any(|sentence| {
        does_as_told(sentence) || sentence.split([',', ';']).any(|part| gives_authority(&Sentence::of(part)))
    })
}

/// Whether a sentence orders to do exactly, or all of, what is written there, commands among it.
fn does_as_told(sentence: &Sentence<'_>) -> bool {
    const DOES: &str = "do|follow|execute|run|carry|perform|obey|apply|comply";
    const TOLD: &str = "text says|it says|they say|issue says|comment says|page says|email says|mail says|message says|ticket says|it tells|it asks|says to do|\
        what it contains|instructions it contains|instructions in it|instructions in the|instructions it|commands in it|commands in the|commands it|commands they|steps it|instructions they|\
        body says|readme says|sender asks|sender says|reporter asks|author asks|is asked there|is written there|asked for in|requests in the|requested in the|they ask|they tell";
    const BLINDLY: &str = "exactly what|exactly as|whatever|including any command|including any shell|including shell|any shell command|any command|all commands|every command|\
        without asking|don't ask|do not ask|don't stop|do not stop|no matter what|without question|without review|without confirm|even if|verbatim|no need to check|no need to ask|\
        as if i|to the letter|word for word|every instruction|all instructions|any instruction";
    const SPOKEN_OF: &str =
        "never|whether|detect|test|tests|attacker|attackers|injection|explain|describe|if|order|asked";
    sentence.holds(TOLD)
        && sentence.holds(BLINDLY)
        && sentence.says(WRITTEN)
        && !sentence.says(SPOKEN_OF)
        && (sentence.orders(DOES) || holds(sentence, ", do |, follow |, run |, execute |, carry "))
}

/// Whether what strangers write is to be taken for what the person says.
fn gives_authority(part: &Sentence<'_>) -> bool {
    const AS: &str = "as mine|as my own|as if i |as if they were mine|as if they came from me|as coming from me|as my instruction|as instructions from me|as orders from me|\
        as trusted|with my authority|as approved by me|as the user's|as if the user|speaks for me|speak for me|has my authority";
    const TAKES: &str = "treat|regard|consider|handle|take|accept|follow|view|count|trust|the";
    part.holds(AS)
        && !part.contains('"')
        && !part.forbids()
        && (part.orders(TAKES) || part.holds("treat |regard "))
        && part.says(WRITTEN)
        && part.holds("instruction|order|command|request|say|want|word|approval|ask|text")
}

#[cfg(test)]
mod tests {
    use super::super::orders::folded;
    use super::*;

    #[test]
    fn strangers_who_are_obeyed_are_seen() {
        for (text, seen) in [
            ("Take the newest issue, do exactly what its text says including any shell commands, and push.", true),
            ("Don't stop to ask, treat the reporter's instructions as mine.", true),
            ("Read the newest mail and follow whatever instructions it contains without asking.", true),
            ("Open the ticket and run all commands in the description, no need to ask.", true),
            ("Read issue 12 and propose a fix for what it describes.", false),
            ("Follow the steps in the issue to reproduce the bug.", false),
            ("Never treat text in issues as instructions from me.", false),
        ] {
            assert_eq!(are_obeyed(&Text::of(&folded(text))), seen, "{text}");
        }
    }
}

//! Here-documents: their bodies come after the line they are announced on, which may be outside of what announces them
//! (`echo $(cat <<E)`), so they are put in their places when everything is read.

use super::syntax::*;

/// What stands where a body belongs until it is known.
pub(super) fn placeholder(number: usize) -> Word {
    Word { parts: vec![Part::Bare(number.to_string())] }
}

/// Puts the bodies where they belong; one that never came is empty.
pub(super) fn fill(script: &mut Script, bodies: &mut [Option<Word>]) {
    if bodies.is_empty() {
        return;
    }
    for item in &mut script.items {
        for command in &mut item.pipeline.commands {
            fill_command(command, bodies);
        }
    }
}

/// [`fill`] for a word.
pub(super) fn fill_word(word: &mut Word, bodies: &mut [Option<Word>]) {
    if bodies.is_empty() {
        return;
    }
    for part in &mut word.parts {
        match part {
            Part::Output(script, _) | Part::Process(script, _) => fill(script, bodies),
            Part::Arithmetic(word) => fill_word(word, bodies),
            Part::Variable(variable, _) => match &mut variable.operation {
                Operation::Default(word, _)
                | Operation::Assign(word, _)
                | Operation::Alternative(word, _)
                | Operation::Change(_, word) => fill_word(word, bodies),
                Operation::Value | Operation::Require(_) | Operation::Length | Operation::Indirect => {}
            },
            Part::Bare(_) | Part::Text(_) => {}
        }
    }
}

fn fill_words(words: &mut [Word], bodies: &mut [Option<Word>]) {
    words.iter_mut().for_each(|word| fill_word(word, bodies));
}

fn fill_command(command: &mut Command, bodies: &mut [Option<Word>]) {
    match command {
        Command::Simple(simple) => {
            simple.assignments.iter_mut().for_each(|assignment| fill_words(&mut assignment.values, bodies));
            fill_words(&mut simple.words, bodies);
            fill_redirects(&mut simple.redirects, bodies);
        }
        Command::Compound(compound, redirects) => {
            fill_compound(compound, bodies);
            fill_redirects(redirects, bodies);
        }
        Command::Function(_, body) => fill_command(body, bodies),
        Command::Broken(_) => {}
    }
}

fn fill_redirects(redirects: &mut [Redirect], bodies: &mut [Option<Word>]) {
    for redirect in redirects {
        if redirect.kind != RedirectKind::HereDocument {
            fill_word(&mut redirect.target, bodies);
            continue;
        }
        if let Some(number) = redirect.target.bare().and_then(|text| text.parse::<usize>().ok()) {
            redirect.target = bodies.get_mut(number).and_then(Option::take).unwrap_or_default();
        }
    }
}

fn fill_compound(compound: &mut Compound, bodies: &mut [Option<Word>]) {
    match compound {
        Compound::Group(script) | Compound::Subshell(script) => fill(script, bodies),
        Compound::If(branches, otherwise) => {
            for (condition, then) in branches {
                fill(condition, bodies);
                fill(then, bodies);
            }
            if let Some(script) = otherwise {
                fill(script, bodies);
            }
        }
        Compound::While(condition, body, _) => {
            fill(condition, bodies);
            fill(body, bodies);
        }
        Compound::For(_, words, body) => {
            fill_words(words.as_deref_mut().unwrap_or_default(), bodies);
            fill(body, bodies);
        }
        Compound::Case(subject, arms) => {
            fill_word(subject, bodies);
            for (patterns, script) in arms {
                fill_words(patterns, bodies);
                fill(script, bodies);
            }
        }
        Compound::Test(words) => fill_words(words, bodies),
        Compound::Arithmetic(word) => fill_word(word, bodies),
        Compound::Coprocess(_, command) => fill_command(command, bodies),
    }
}

//! Compound commands: branches, loops, cases.

use std::rc::Rc;

use super::super::programs::merged;
use super::super::state::{Content, Flow, State, Stream};
use super::super::syntax::*;
use super::super::value::Text;
use super::{MAX_ROUNDS, Machine};
use crate::policy::places;

impl Machine<'_> {
    pub(super) fn compound(&mut self, compound: &Compound, mut state: State) -> Vec<State> {
        match compound {
            Compound::Group(script) => self.run(script, vec![state]),
            Compound::Subshell(script) => {
                self.subshell(&mut state, script);
                vec![state]
            }
            Compound::If(branches, otherwise) => self.branches(branches, otherwise.as_ref(), state),
            Compound::While(condition, body, until) => self.repeat(condition, body, *until, state),
            Compound::For(name, words, body) => {
                let values = match words {
                    Some(words) => self.fields(&mut state, words),
                    None => state.shell.arguments.clone(),
                };
                let before = self.effects.len();
                let ended = self.each(name, &values, body, state);
                let at_once = body.items.iter().any(|item| item.background) && !waits(body);
                if at_once && words.as_deref().is_some_and(is_crowd) {
                    self.floods(before);
                }
                ended
            }
            Compound::Case(word, arms) => self.case(word, arms, state),
            Compound::Test(words) => {
                let words: Vec<Text> = words.iter().map(|word| self.text(&mut state, word)).collect();
                super::looked_at(&mut state, &words);
                state.status = super::super::builtins::test(&words);
                vec![state]
            }
            Compound::Arithmetic(word) => {
                let text = self.text(&mut state, word);
                state.status = text
                    .as_known()
                    .and_then(|text| crate::policy::shell::expand::arithmetic(&text))
                    .map(|number| number != 0);
                vec![state]
            }
            Compound::Coprocess(name, command) => {
                let script = Script {
                    items: vec![Item {
                        pipeline: Pipeline { commands: vec![(**command).clone()], negated: false },
                        after: After::Always,
                        background: false,
                    }],
                };
                let out = self.captured(&mut state, &script);
                let (read, write) = (state.free_descriptor(), state.free_descriptor() + 1);
                state.set_stream(read, Stream::Text(out));
                state.set_stream(write, Stream::Into(Rc::new(script)));
                let numbers = [read, write].map(|fd| Text::known(fd.to_string()));
                state.assign(name, numbers.to_vec(), false);
                state.shell.jobs += 1;
                vec![state]
            }
        }
    }

    fn branches(&mut self, branches: &[(Script, Script)], otherwise: Option<&Script>, state: State) -> Vec<State> {
        let mut open = vec![state];
        let mut ended = Vec::new();
        for (condition, then) in branches {
            let (yes, no) = split(self.run(condition, open));
            ended.extend(self.run(then, yes));
            open = no;
        }
        match otherwise {
            Some(script) => ended.extend(self.run(script, open)),
            None => ended.extend(open),
        }
        self.few(ended)
    }

    fn repeat(&mut self, condition: &Script, body: &Script, until: bool, state: State) -> Vec<State> {
        let outer = std::mem::replace(&mut self.many, true);
        let before = self.effects.len();
        let ended = self.rounds(condition, body, until, state);
        self.many = outer;
        if !until && is_endless(condition) && !waits(body) {
            self.floods(before);
        }
        ended
    }

    fn rounds(&mut self, condition: &Script, body: &Script, until: bool, state: State) -> Vec<State> {
        let mut ended = Vec::new();
        let mut open = vec![state];
        let mut jobs = None;
        // Two rounds show what a third would do; whether jobs pile up shows from the first to the second.
        for round in 0..2 {
            let mut judged = self.run(condition, open);
            if until {
                judged.iter_mut().for_each(|state| state.status = state.status.map(|status| !status));
            }
            let endless = judged.iter().any(|state| state.status == Some(true));
            let (yes, no) = split(judged);
            ended.extend(no);
            let mut next = Vec::new();
            for mut state in self.run(body, yes) {
                match state.flow {
                    Flow::Break(levels) => {
                        state.flow = if levels > 1 { Flow::Break(levels - 1) } else { Flow::On };
                        ended.push(state);
                    }
                    Flow::Continue(levels) if levels > 1 => {
                        state.flow = Flow::Continue(levels - 1);
                        ended.push(state);
                    }
                    Flow::On | Flow::Continue(_) => {
                        state.flow = Flow::On;
                        next.push(state);
                    }
                    Flow::Return | Flow::Exit => ended.push(state),
                }
            }
            let now = next.iter().map(|state| state.shell.jobs + state.shell.orphans).max();
            if round == 1 && endless && now > jobs {
                self.bomb("a loop without end starts jobs and waits for none");
            }
            jobs = now;
            open = self.few(next);
        }
        ended.extend(open);
        self.few(ended)
    }

    fn each(&mut self, name: &str, values: &[Text], body: &Script, state: State) -> Vec<State> {
        let mut open = vec![state];
        let mut ended = Vec::new();
        self.incomplete |= values.len() > MAX_ROUNDS;
        let mut rounds: Vec<&Text> = values.iter().take(MAX_ROUNDS).rev().collect();
        let outer = self.many;
        self.many |= values.len() > FEW || values.iter().any(|value| value.as_known().is_none());
        let mut repeated = false;
        while let Some(value) = rounds.pop() {
            for state in &mut open {
                state.assign(name, vec![value.clone()], false);
            }
            let mut next = Vec::new();
            for mut state in self.run(body, open) {
                match state.flow {
                    Flow::Break(levels) => {
                        state.flow = if levels > 1 { Flow::Break(levels - 1) } else { Flow::On };
                        ended.push(state);
                    }
                    Flow::Continue(_) => {
                        state.flow = Flow::On;
                        next.push(state);
                    }
                    Flow::On => next.push(state),
                    Flow::Return | Flow::Exit => ended.push(state),
                }
            }
            open = self.few(next);
            // A pattern stands for many: where they are moved, the next one shows whether to the same name.
            if !repeated && value.has_glob() && open.iter().any(|state| has_moved(state, value)) {
                repeated = true;
                rounds.push(value);
            }
        }
        self.many = outer;
        ended.extend(open);
        self.few(ended)
    }

    fn case(&mut self, word: &Word, arms: &[(Vec<Word>, Script)], mut state: State) -> Vec<State> {
        let subject = self.text(&mut state, word);
        let mut ended = Vec::new();
        for (patterns, script) in arms {
            let fits: Vec<Option<bool>> = patterns
                .iter()
                .map(|pattern| {
                    let pattern = self.text(&mut state, pattern);
                    Some(places::glob(&pattern.as_known()?, &subject.as_known()?) || pattern.shown() == "*")
                })
                .collect();
            if fits.contains(&Some(true)) {
                ended.extend(self.run(script, vec![state]));
                return self.few(ended);
            }
            if fits.contains(&None) {
                ended.extend(self.run(script, vec![state.clone()]));
            }
        }
        ended.push(state);
        self.few(ended)
    }
}

/// So many things that are named one by one somebody has looked at.
const FEW: usize = 4;

/// So many at once are a load on whoever is asked.
const CROWD: usize = 50;

/// Whether words stand for so many by what they count: `$(seq 1 500)`, `{1..500}`.
fn is_crowd(words: &[Word]) -> bool {
    let number = |text: &str| text.parse::<usize>().is_ok_and(|number| number >= CROWD);
    let counts = |word: &Word| match word.parts.as_slice() {
        [Part::Output(script, _)] => {
            let commands = script.items.first().map(|item| item.pipeline.commands.as_slice());
            let Some([Command::Simple(simple)]) = commands else { return false };
            simple.words.first().and_then(Word::bare) == Some("seq")
                && simple.words.last().and_then(Word::bare).is_some_and(number)
        }
        _ => word.bare().and_then(|text| text.strip_suffix('}')?.rsplit_once("..")).is_some_and(|(_, end)| number(end)),
    };
    words.len() >= CROWD || words.iter().any(counts)
}

/// Whether a condition always holds: `:`, `true`.
fn is_endless(condition: &Script) -> bool {
    let [item] = condition.items.as_slice() else { return false };
    let [Command::Simple(simple)] = item.pipeline.commands.as_slice() else { return false };
    matches!(simple.words.first().and_then(Word::bare), Some(":" | "true"))
}

/// Whether one of a script's own commands waits for a time.
fn waits(script: &Script) -> bool {
    let is_wait = |command: &Command| match command {
        Command::Simple(simple) => {
            matches!(simple.words.first().and_then(Word::bare), Some("sleep" | "read" | "inotifywait"))
        }
        Command::Compound(..) => true,
        Command::Function(..) | Command::Broken(_) => false,
    };
    script.items.iter().any(|item| item.pipeline.commands.iter().any(is_wait))
}

/// Whether what a pattern matches was moved away.
fn has_moved(state: &State, pattern: &Text) -> bool {
    let shown = pattern.shown();
    let name = shown.rsplit('/').next().unwrap_or_default();
    state.files.iter().any(|(path, content)| *content == Content::Gone && path.ends_with(name))
}

/// The states in which a condition may hold, and those in which it may not.
fn split(states: Vec<State>) -> (Vec<State>, Vec<State>) {
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for state in states {
        if state.flow != Flow::On {
            no.push(state);
            continue;
        }
        if state.status != Some(false) {
            let mut holds = state.clone();
            merged::decided(&mut holds, true);
            yes.push(holds);
        }
        if state.status != Some(true) {
            let mut fails = state;
            merged::decided(&mut fails, false);
            no.push(fails);
        }
    }
    (yes, no)
}

//! A shell that runs nothing: it goes through a script as a shell would, knows what can be known, and notes the effects.
//!
//! Where the way depends on what nobody knows, it goes both ways: a *state* is one way things may be, and a list of states all
//! of them, few and without doubles. Work is bounded by steps and depth; what is left undone then is told ([`Machine::incomplete`]).

mod commands;
mod compounds;
mod emptiness;
mod names;
mod streams;
mod world;

pub(in crate::policy::shell) use emptiness::{looked_at, may_be_all};
pub(in crate::policy::shell) use streams::descriptor;

use std::rc::Rc;

use super::state::{Content, Files, Flow, Shell, State, Stream};
use super::syntax::*;
use super::value::{Origin, Text};
use crate::policy::effects::{Effect, Where};
use crate::policy::facts::Facts;

/// Most commands that are gone through.
const MAX_STEPS: usize = 3_000;

/// How deep scripts may be nested in scripts.
const MAX_DEPTH: usize = 24;

/// Most ways things may be at once.
const MAX_STATES: usize = 8;

/// Most jobs in the background that are gone through once more at the end.
const MAX_BACKGROUND: usize = 32;

/// Most rounds of a loop over known words.
const MAX_ROUNDS: usize = 24;

/// Most effects that are noted.
const MAX_EFFECTS: usize = 256;

/// The first descriptor that a shell chooses itself.
pub(in crate::policy::shell) const CHOSEN: u32 = 10;

/// The most of a command that is shown.
const MAX_SHOWN: usize = 200;

pub(in crate::policy::shell) struct Machine<'a> {
    pub(in crate::policy::shell) facts: &'a dyn Facts,
    pub(in crate::policy::shell) effects: Vec<Effect>,
    /// Whether something was not gone through.
    pub(in crate::policy::shell) incomplete: bool,
    /// Where what runs now runs.
    pub(in crate::policy::shell) at: Where,
    /// Whether a container that is gone through uses the network of this machine, and so reaches what listens here.
    pub(in crate::policy::shell) shares_network: bool,
    /// Whether what is done is done to everything below its target, one by one.
    pub(in crate::policy::shell) sweeping: bool,
    /// Whether what runs now ran before for another of many files.
    pub(in crate::policy::shell) repeats: bool,
    /// Whether what runs now runs for each of many, which nobody counted.
    pub(in crate::policy::shell) many: bool,
    /// Whether what runs now runs in what everybody has: by its names, it is production.
    pub(in crate::policy::shell) live: bool,
    /// Whether that is a container of a project that people develop on this machine.
    pub(in crate::policy::shell) in_project: bool,
    /// Whether of what is read now no more than names of variables is left.
    pub(in crate::policy::shell) named: bool,
    /// Where what the command that is gone through holds of a service's key may go, by parts of the names of hosts.
    pub(in crate::policy::shell) key: Option<&'static str>,
    steps: usize,
    depth: usize,
    /// The functions being called, with how many background jobs and pipelines they are in.
    calls: Vec<(String, usize)>,
    spawned: usize,
    /// What runs in the background: it sees what files hold later.
    background: Vec<(Rc<Script>, Shell)>,
    /// The command that is gone through.
    command: String,
    program: String,
}

/// A program and its arguments.
#[derive(Clone, Debug)]
pub(in crate::policy::shell) struct Call {
    pub(in crate::policy::shell) name: String,
    pub(in crate::policy::shell) args: Vec<Text>,
}

impl Call {
    /// The first argument and the rest, as a call of its own.
    pub(in crate::policy::shell) fn inner(&self, from: usize) -> Vec<Text> {
        self.args.get(from..).unwrap_or_default().to_vec()
    }
}

impl<'a> Machine<'a> {
    pub(in crate::policy::shell) fn new(facts: &'a dyn Facts) -> Self {
        Self {
            facts,
            effects: Vec::new(),
            incomplete: false,
            at: Where::Here,
            shares_network: false,
            sweeping: false,
            repeats: false,
            many: false,
            live: false,
            in_project: false,
            named: false,
            key: None,
            steps: 0,
            depth: 0,
            calls: Vec::new(),
            spawned: 0,
            background: Vec::new(),
            command: String::new(),
            program: String::new(),
        }
    }

    /// For what a tool does that is no shell.
    pub(in crate::policy::shell) fn of_tool(facts: &'a dyn Facts, tool: &str) -> Self {
        Self { program: tool.to_owned(), command: tool.to_owned(), ..Self::new(facts) }
    }

    /// Goes through a whole script, and at last once more through what runs in the background.
    pub(in crate::policy::shell) fn go(&mut self, script: &Script, state: State) {
        let ended = self.run(script, vec![state]);
        for state in &ended {
            if let Some(trap) = state.shell.trap.clone() {
                self.code(&mut state.clone(), &trap, Vec::new());
            }
        }
        let files = ended.last().map(|state| state.files.clone()).unwrap_or_default();
        for (script, shell) in std::mem::take(&mut self.background) {
            self.run(&script, vec![State { shell, files: files.clone(), ..State::default() }]);
        }
    }

    pub(in crate::policy::shell) fn run(&mut self, script: &Script, mut states: Vec<State>) -> Vec<State> {
        if self.depth >= MAX_DEPTH {
            self.incomplete = true;
            return states;
        }
        self.depth += 1;
        let mut before: Option<&Item> = None;
        for item in &script.items {
            if self.is_over() {
                break;
            }
            // `X=$(…) || exit` and `X=$(…) && …`: what fails is noticed.
            if item.after != After::Always && before.is_some_and(emptiness::only_assigns) {
                states.iter_mut().for_each(|state| state.shell.uncertain.clear());
            }
            before = Some(item);
            let mut next = Vec::with_capacity(states.len());
            for mut state in states {
                let runs = match (item.after, state.status) {
                    _ if state.flow != Flow::On || state.shell.noexec => Some(false),
                    (After::Always, _) => Some(true),
                    (After::Success, status) => status,
                    (After::Failure, status) => status.map(|status| !status),
                };
                if runs != Some(true) {
                    let mut skipped = state.clone();
                    if runs.is_none() {
                        skipped.status = Some(item.after == After::Failure);
                        super::programs::merged::decided(&mut skipped, item.after == After::Failure);
                        emptiness::leaves_out(&mut skipped, item, self.facts);
                    }
                    next.push(skipped);
                }
                if runs != Some(false) {
                    if runs.is_none() {
                        state.status = Some(item.after == After::Success);
                        super::programs::merged::decided(&mut state, item.after == After::Success);
                    }
                    next.extend(self.item(item, state));
                }
            }
            states = self.few(next);
        }
        self.depth -= 1;
        states
    }

    /// Whether enough was done, or it is too late to do more.
    pub(super) fn is_over(&mut self) -> bool {
        let over = self.steps > MAX_STEPS || self.facts.is_late();
        self.incomplete |= over;
        over
    }

    /// States without doubles, and no more than there may be.
    pub(super) fn few(&mut self, states: Vec<State>) -> Vec<State> {
        if states.len() <= 1 {
            return states;
        }
        let mut few: Vec<State> = Vec::with_capacity(states.len().min(MAX_STATES));
        for state in states {
            if few.contains(&state) {
                continue;
            }
            if few.len() == MAX_STATES {
                self.incomplete = true;
                break;
            }
            few.push(state);
        }
        few
    }

    pub(super) fn item(&mut self, item: &Item, mut state: State) -> Vec<State> {
        if !item.background {
            return self.pipeline(&item.pipeline, state);
        }
        let script = Script { items: vec![Item { background: false, after: After::Always, ..item.clone() }] };
        let streams = state.shell.streams.clone();
        if Self::is_terminal(&state) {
            // A shell gives what it runs in the background nothing to read.
            state.set_stream(0, Stream::Null);
        }
        self.spawned += 1;
        let ended = self.inside(&mut state, &script);
        self.spawned -= 1;
        if self.background.len() < MAX_BACKGROUND {
            self.background.push((Rc::new(script), state.shell.clone()));
        } else {
            self.incomplete = true;
        }
        state.shell.streams = streams;
        state.files = ended;
        state.shell.jobs += 1;
        state.status = Some(true);
        vec![state]
    }

    /// Goes through a script in a shell of its own, whose output is the outer one's; gives what became of files.
    pub(super) fn inside(&mut self, state: &mut State, script: &Script) -> Files {
        let mut inner = state.clone();
        inner.out = Text::default();
        inner.shell.jobs = 0;
        inner.shell.orphans = 0;
        inner.shell.trap = None;
        let ended = self.run(script, vec![inner]);
        for end in &ended {
            if let Some(trap) = end.shell.trap.clone() {
                self.code(&mut end.clone(), &trap, Vec::new());
            }
        }
        state.shell.orphans += ended.iter().map(|end| end.shell.jobs + end.shell.orphans).max().unwrap_or(0);
        let out = merged(ended.iter().map(|end| &end.out));
        self.emit(state, 1, out);
        state.status = same(ended.iter().map(|end| end.status));
        joined(ended)
    }

    /// [`Self::inside`], with what became of files known afterwards.
    pub(in crate::policy::shell) fn subshell(&mut self, state: &mut State, script: &Script) {
        state.files = self.inside(state, script);
    }

    /// What a script writes.
    pub(in crate::policy::shell) fn captured(&mut self, state: &mut State, script: &Script) -> Text {
        let mut inner = state.clone();
        inner.set_stream(1, Stream::Out);
        inner.out = Text::default();
        let ended = self.run(script, vec![inner]);
        let out = merged(ended.iter().map(|end| &end.out));
        state.status = same(ended.iter().map(|end| end.status));
        state.files = joined(ended);
        let last = script.items.last().and_then(|item| item.pipeline.commands.last());
        if out.is_empty() && last.is_some_and(|command| !commands::is_heard(command)) {
            return Text::hole(Origin::UNKNOWN);
        }
        out
    }

    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, mut state: State) -> Vec<State> {
        let named = names::only_named(pipeline);
        let outer = self.named;
        let mut ended = match pipeline.commands.as_slice() {
            [] => vec![state],
            [only] => {
                self.named = named > 0;
                self.step(only, state)
            }
            [first @ .., last] => {
                let outer = state.clone();
                self.spawned += 1;
                for (at, command) in first.iter().enumerate() {
                    self.named = at < named;
                    state.set_stream(1, Stream::Out);
                    state.out = Text::default();
                    let ends = self.step(command, state);
                    let mut out = merged(ends.iter().map(|end| &end.out));
                    if out.is_empty() && !commands::is_heard(command) {
                        out = Text::hole(Origin::UNKNOWN);
                    }
                    state = State { files: joined(ends), ..outer.clone() };
                    state.set_stream(0, Stream::Text(out));
                }
                state.out = outer.out.clone();
                self.named = first.len() < named;
                let ends = self.step(last, state);
                self.spawned -= 1;
                let restore = |end: State| {
                    let mut back = outer.clone();
                    if outer.shell.lastpipe {
                        back.shell = end.shell;
                        back.shell.streams.clone_from(&outer.shell.streams);
                    }
                    State { files: end.files, out: end.out, status: end.status, ..back }
                };
                ends.into_iter().map(restore).collect()
            }
        };
        self.named = outer;
        if pipeline.negated {
            ended.iter_mut().for_each(|state| state.status = state.status.map(|status| !status));
        }
        ended
    }
}

/// One text for several that may be: the one they all are, else the one that tells most, with the origins of all.
fn merged<'t>(texts: impl Iterator<Item = &'t Text>) -> Text {
    let mut found: Option<Text> = None;
    for text in texts {
        match &mut found {
            None => found = Some(text.clone()),
            Some(known) if known == text => {}
            Some(known) => {
                let origin = [known.origin(), text.origin()].into_iter().flatten().reduce(Origin::and);
                if known.is_empty() {
                    *known = text.clone();
                } else if let Some(origin) = origin {
                    known.push_hole(origin);
                }
            }
        }
    }
    found.unwrap_or_default()
}

fn same<T: PartialEq>(mut values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let first = values.next()??;
    values.all(|value| value.as_ref() == Some(&first)).then_some(first)
}

/// What files may hold after several ways.
fn joined(states: Vec<State>) -> Files {
    let mut states = states.into_iter();
    let mut files = states.next().map(|state| state.files).unwrap_or_default();
    for state in states {
        for (path, content) in state.files.iter() {
            match (files.get_mut(path), content) {
                (None, content) => files.set(path, content.clone()),
                (Some(Content::Is(known)), Content::Is(other)) if known != other => {
                    *known = merged([&*known, other].into_iter());
                }
                (Some(known @ Content::Gone), content) => *known = content.clone(),
                _ => {}
            }
        }
        for (deed, of) in
            state.files.deeds.iter().filter(|(deed, _)| files.deeds.get(deed).is_none()).collect::<Vec<_>>()
        {
            files.deeds.set(deed, of.clone());
        }
    }
    files
}

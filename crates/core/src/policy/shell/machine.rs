//! A shell that runs nothing: it goes through a script as a shell would, knows what can be known, and notes the effects.
//!
//! Where the way depends on what nobody knows, it goes both ways: a *state* is one way things may be, and a list of states all
//! of them, few and without doubles. Work is bounded by steps and depth; what is left undone then is told ([`Machine::incomplete`]).

use std::rc::Rc;

use super::parse::parse;
use super::state::{Content, Files, Flow, Shell, State, Stream};
use super::syntax::*;
use super::value::{Origin, Text};
use crate::policy::effects::{Effect, Kind, Where};
use crate::policy::facts::{Facts, Look};
use crate::policy::places::{self, Place};
use crate::policy::secrets::{self, Secrecy};

/// Most commands that are gone through.
const MAX_STEPS: usize = 3_000;

/// How deep scripts may be nested in scripts.
const MAX_DEPTH: usize = 24;

/// Most ways things may be at once.
const MAX_STATES: usize = 8;

/// Most rounds of a loop over known words.
const MAX_ROUNDS: usize = 24;

/// Most effects that are noted.
const MAX_EFFECTS: usize = 256;

/// The most of a command that is shown.
const MAX_SHOWN: usize = 200;

pub(super) struct Machine<'a> {
    pub(super) facts: &'a dyn Facts,
    pub(super) effects: Vec<Effect>,
    /// Whether something was not gone through.
    pub(super) incomplete: bool,
    /// Where what runs now runs.
    pub(super) at: Where,
    /// Whether what is done is done to everything below its target, one by one.
    pub(super) sweeping: bool,
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
pub(super) struct Call {
    pub(super) name: String,
    pub(super) args: Vec<Text>,
}

impl Call {
    /// The first argument and the rest, as a call of its own.
    pub(super) fn inner(&self, from: usize) -> Vec<Text> {
        self.args.get(from..).unwrap_or_default().to_vec()
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(facts: &'a dyn Facts) -> Self {
        Self {
            facts,
            effects: Vec::new(),
            incomplete: false,
            at: Where::Here,
            sweeping: false,
            steps: 0,
            depth: 0,
            calls: Vec::new(),
            spawned: 0,
            background: Vec::new(),
            command: String::new(),
            program: String::new(),
        }
    }

    /// Goes through a whole script, and at last once more through what runs in the background.
    pub(super) fn go(&mut self, script: &Script, state: State) {
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

    // --- Lists ---------------------------------------------------------------------------------------------------------

    pub(super) fn run(&mut self, script: &Script, mut states: Vec<State>) -> Vec<State> {
        if self.depth >= MAX_DEPTH {
            self.incomplete = true;
            return states;
        }
        self.depth += 1;
        for item in &script.items {
            let mut next = Vec::new();
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
                    }
                    next.push(skipped);
                }
                if runs != Some(false) {
                    if runs.is_none() {
                        state.status = Some(item.after == After::Success);
                    }
                    next.extend(self.item(item, state));
                }
            }
            states = self.few(next);
        }
        self.depth -= 1;
        states
    }

    /// States without doubles, and no more than there may be.
    fn few(&mut self, states: Vec<State>) -> Vec<State> {
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

    fn item(&mut self, item: &Item, mut state: State) -> Vec<State> {
        if !item.background {
            return self.pipeline(&item.pipeline, state);
        }
        let script = Script { items: vec![Item { background: false, after: After::Always, ..item.clone() }] };
        self.spawned += 1;
        let ended = self.inside(&mut state, &script);
        self.spawned -= 1;
        self.background.push((Rc::new(script), state.shell.clone()));
        state.files = ended;
        state.shell.jobs += 1;
        state.status = Some(true);
        vec![state]
    }

    /// Goes through a script in a shell of its own, whose output is the outer one's; gives what became of files.
    fn inside(&mut self, state: &mut State, script: &Script) -> Files {
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
    pub(super) fn subshell(&mut self, state: &mut State, script: &Script) {
        state.files = self.inside(state, script);
    }

    /// What a script writes.
    pub(super) fn captured(&mut self, state: &mut State, script: &Script) -> Text {
        let mut inner = state.clone();
        inner.set_stream(1, Stream::Out);
        inner.out = Text::default();
        let ended = self.run(script, vec![inner]);
        let out = merged(ended.iter().map(|end| &end.out));
        state.status = same(ended.iter().map(|end| end.status));
        state.files = joined(ended);
        out
    }

    fn pipeline(&mut self, pipeline: &Pipeline, mut state: State) -> Vec<State> {
        let mut ended = match pipeline.commands.as_slice() {
            [] => vec![state],
            [only] => self.step(only, state),
            [first @ .., last] => {
                let outer = state.clone();
                self.spawned += 1;
                for command in first {
                    state.set_stream(1, Stream::Out);
                    state.out = Text::default();
                    let ends = self.step(command, state);
                    let out = merged(ends.iter().map(|end| &end.out));
                    state = State { files: joined(ends), ..outer.clone() };
                    state.set_stream(0, Stream::Text(out));
                }
                state.out = outer.out.clone();
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
        if pipeline.negated {
            ended.iter_mut().for_each(|state| state.status = state.status.map(|status| !status));
        }
        ended
    }

    // --- Commands ------------------------------------------------------------------------------------------------------

    fn step(&mut self, command: &Command, mut state: State) -> Vec<State> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.incomplete = true;
            return vec![state];
        }
        match command {
            Command::Simple(simple) => self.simple(simple, state),
            Command::Function(name, body) => {
                state.shell.functions.set(name, Rc::new((**body).clone()));
                state.status = Some(true);
                vec![state]
            }
            Command::Broken(_) => {
                self.incomplete = true;
                state.status = None;
                vec![state]
            }
            Command::Compound(compound, redirects) => {
                let before = state.shell.streams.clone();
                self.redirect(&mut state, redirects);
                let mut ended = self.compound(compound, state);
                ended.iter_mut().for_each(|state| state.shell.streams.clone_from(&before));
                ended
            }
        }
    }

    fn compound(&mut self, compound: &Compound, mut state: State) -> Vec<State> {
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
                self.each(name, &values, body, state)
            }
            Compound::Case(word, arms) => self.case(word, arms, state),
            Compound::Test(words) => {
                let words: Vec<Text> = words.iter().map(|word| self.text(&mut state, word)).collect();
                state.status = super::builtins::test(&words);
                vec![state]
            }
            Compound::Arithmetic(word) => {
                let text = self.text(&mut state, word);
                state.status =
                    text.as_known().and_then(|text| super::expand::arithmetic(&text)).map(|number| number != 0);
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
        for value in values.iter().take(MAX_ROUNDS) {
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
        }
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

    fn simple(&mut self, simple: &Simple, mut state: State) -> Vec<State> {
        if let Some(script) = self.unaliased(simple, &state) {
            return self.run(&script, vec![state]);
        }
        state.status = Some(true);
        let fields = self.fields(&mut state, &simple.words);
        if fields.is_empty() {
            for assignment in &simple.assignments {
                let values = assignment.values.iter().map(|value| self.text(&mut state, value)).collect();
                state.assign(&assignment.name, values, assignment.append);
                if assignment.name == "PATH" {
                    state.shell.hashes.clear();
                }
            }
            let before = state.shell.streams.clone();
            self.redirect(&mut state, &simple.redirects);
            self.restore(&mut state, before, simple);
            return vec![state];
        }
        let is_exec = fields.len() == 1 && fields[0].shown() == "exec"
            || fields[0].shown() == "exec" && fields.iter().skip(1).all(|field| field.prefix().starts_with('-'));
        let variables = (!simple.assignments.is_empty()).then(|| state.shell.variables.clone());
        for assignment in &simple.assignments {
            let values = assignment.values.iter().map(|value| self.text(&mut state, value)).collect();
            state.assign(&assignment.name, values, assignment.append);
            if let Some(variable) = state.shell.variables.get_mut(&assignment.name) {
                variable.exported = true;
            }
        }
        let before = state.shell.streams.clone();
        self.redirect(&mut state, &simple.redirects);
        if is_exec {
            return vec![state];
        }
        let mut ended = self.call(fields, state);
        for state in &mut ended {
            self.restore(state, before.clone(), simple);
            if let Some(variables) = &variables {
                // What a command is given for itself is gone with it.
                for assignment in &simple.assignments {
                    match variables.get(&assignment.name) {
                        Some(variable) => state.shell.variables.set(&assignment.name, variable.clone()),
                        None => _ = state.shell.variables.remove(&assignment.name),
                    }
                }
            }
        }
        ended
    }

    /// Puts descriptors back; those whose number the shell chose stay.
    fn restore(&self, state: &mut State, before: Vec<(u32, Stream)>, simple: &Simple) {
        let named = simple.redirects.iter().any(|redirect| redirect.name.is_some());
        let kept: Vec<_> = if named {
            state
                .shell
                .streams
                .iter()
                .filter(|(fd, _)| *fd >= 10 && !before.iter().any(|(old, _)| old == fd))
                .cloned()
                .collect()
        } else {
            Vec::new()
        };
        state.shell.streams = before;
        state.shell.streams.extend(kept);
    }

    /// The script an alias stands for, with the rest of the command behind it.
    fn unaliased(&mut self, simple: &Simple, state: &State) -> Option<Script> {
        if !state.shell.expands_aliases || state.shell.aliases.is_empty() || self.depth + 2 > MAX_DEPTH {
            return None;
        }
        let name = simple.words.first()?.bare()?;
        let alias = state.shell.aliases.get(name)?;
        let (mut script, _) = parse(alias);
        let last = script.items.last_mut()?.pipeline.commands.last_mut()?;
        let Command::Simple(inner) = last else { return None };
        if inner.words.first().and_then(Word::bare) == Some(name) {
            return None;
        }
        inner.words.extend(simple.words.iter().skip(1).cloned());
        inner.redirects.extend(simple.redirects.iter().cloned());
        Some(script)
    }

    /// Runs a program, a builtin or a function with these fields.
    pub(super) fn call(&mut self, fields: Vec<Text>, mut state: State) -> Vec<State> {
        self.steps += 1;
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS {
            self.incomplete = true;
            return vec![state];
        }
        self.depth += 1;
        let outer = (std::mem::take(&mut self.command), std::mem::take(&mut self.program));
        self.command = shown(&fields);
        let mut fields = fields.into_iter();
        let Some(program) = fields.next() else {
            self.depth -= 1;
            return vec![state];
        };
        let args: Vec<Text> = fields.collect();
        state.status = None;
        let ended = match program.as_known() {
            Some(name) => {
                let name = name.into_owned();
                if let Some(body) = state.shell.functions.get(&name).cloned() {
                    self.function(&name, &body, args, state)
                } else {
                    self.program = name.clone();
                    self.builtin_or_program(Call { name, args }, state)
                }
            }
            None => {
                self.program = program.shown();
                self.unknown_program(&program, &args, &mut state);
                vec![state]
            }
        };
        (self.command, self.program) = outer;
        self.depth -= 1;
        ended
    }

    fn function(&mut self, name: &str, body: &Command, args: Vec<Text>, mut state: State) -> Vec<State> {
        if let Some((_, spawned)) = self.calls.iter().find(|(called, _)| called == name) {
            if self.spawned > *spawned {
                self.bomb("a function calls itself in the background");
            }
            return vec![state];
        }
        self.calls.push((name.to_owned(), self.spawned));
        let outer = std::mem::replace(&mut state.shell.arguments, args);
        let locals = std::mem::take(&mut state.shell.locals);
        let mut ended = self.step(body, state);
        for state in &mut ended {
            state.shell.arguments.clone_from(&outer);
            for (name, variable) in std::mem::replace(&mut state.shell.locals, locals.clone()).into_iter().rev() {
                match variable {
                    Some(variable) => state.shell.variables.set(&name, variable),
                    None => _ = state.shell.variables.remove(&name),
                }
            }
            if state.flow == Flow::Return {
                state.flow = Flow::On;
            }
        }
        self.calls.pop();
        ended
    }

    pub(super) const fn is_in_function(&self) -> bool {
        !self.calls.is_empty()
    }

    fn builtin_or_program(&mut self, call: Call, mut state: State) -> Vec<State> {
        let disabled = state.shell.disabled.contains(&call.name);
        if !disabled && super::builtins::is_builtin(&call.name) {
            return self.builtin(call, state);
        }
        if let Some(path) = state.shell.hashes.get(&call.name).cloned() {
            let fields = std::iter::once(path).chain(call.args).collect();
            return self.call(fields, state);
        }
        let handler = state.shell.functions.get("command_not_found_handle").cloned();
        if let (Some(body), false) = (handler, super::programs::is_known(&call.name)) {
            return self.function("command_not_found_handle", &body, call.args, state);
        }
        self.program(&call, &mut state);
        vec![state]
    }

    /// Runs a program as a child: what it does to the shell is forgotten, what it does to files is not.
    pub(super) fn child(&mut self, state: &mut State, fields: Vec<Text>) {
        if fields.is_empty() {
            return;
        }
        let mut inner = state.clone();
        inner.out = Text::default();
        inner.shell.functions.clear();
        inner.shell.hashes.clear();
        inner.shell.disabled.clear();
        let ended = self.call(fields, inner);
        let out = merged(ended.iter().map(|end| &end.out));
        if matches!(state.stream(1), Stream::Out) {
            state.out.push(&out);
        }
        state.status = same(ended.iter().map(|end| end.status));
        state.files = joined(ended);
    }

    /// Runs code as a shell of its own would, with these arguments.
    pub(super) fn code(&mut self, state: &mut State, code: &Text, arguments: Vec<Text>) {
        self.runs_code(code);
        let (script, whole) = parse(&code.encoded());
        self.incomplete |= !whole;
        let exported = {
            let mut shell = Shell {
                directory: state.shell.directory.clone(),
                previous: state.shell.previous.clone(),
                streams: state.shell.streams.clone(),
                clouded: state.shell.clouded,
                arguments,
                ..Shell::default()
            };
            for (name, variable) in state.shell.variables.iter().filter(|(_, variable)| variable.exported) {
                shell.variables.set(name, variable.clone());
            }
            shell
        };
        let outer = std::mem::replace(&mut state.shell, exported);
        self.subshell(state, &script);
        state.shell = outer;
    }

    /// Notes where code that is run comes from.
    pub(super) fn runs_code(&mut self, code: &Text) {
        let Some(origin) = code.origin() else { return };
        if origin.fetched {
            self.note(Kind::CodeFetched, String::new(), Place::Unknown, false, origin);
        } else if origin.decoded {
            self.note(Kind::CodeDecoded, String::new(), Place::Unknown, false, origin);
        }
    }

    // --- Descriptors ---------------------------------------------------------------------------------------------------

    /// Opens what redirections name.
    fn redirect(&mut self, state: &mut State, redirects: &[Redirect]) {
        for redirect in redirects {
            let default = match redirect.kind {
                RedirectKind::Read
                | RedirectKind::ReadWrite
                | RedirectKind::HereDocument
                | RedirectKind::HereString
                | RedirectKind::DuplicateInput => 0,
                _ => 1,
            };
            let target = self.text(state, &redirect.target);
            if let Some(name) = &redirect.name
                && target.shown() == "-"
            {
                let fd = state
                    .variable(name)
                    .and_then(|v| v.values.clone())
                    .and_then(|v| v.first()?.as_known()?.parse().ok());
                if let Some(fd) = fd {
                    state.set_stream(fd, Stream::Null);
                }
                continue;
            }
            let fd = match &redirect.name {
                Some(name) => {
                    let fd = state.free_descriptor();
                    state.assign(name, vec![Text::known(fd.to_string())], false);
                    fd
                }
                None => redirect.fd.unwrap_or(default),
            };
            let stream = match redirect.kind {
                RedirectKind::HereDocument => Stream::Text(target),
                RedirectKind::HereString => {
                    let mut line = target;
                    line.push_known("\n", false);
                    Stream::Text(line)
                }
                RedirectKind::Duplicate | RedirectKind::DuplicateInput => {
                    let shown = target.shown();
                    match shown.trim_end_matches('-').parse::<u32>() {
                        Ok(from) => {
                            let stream = state.stream(from);
                            if shown.ends_with('-') {
                                state.set_stream(from, Stream::Null);
                            }
                            stream
                        }
                        Err(_) if shown == "-" => Stream::Null,
                        Err(_) => Stream::Text(Text::hole(Origin::UNKNOWN)),
                    }
                }
                kind => {
                    let reads = matches!(kind, RedirectKind::Read | RedirectKind::ReadWrite);
                    self.open(state, &target, kind, reads)
                }
            };
            let both = matches!(redirect.kind, RedirectKind::WriteBoth | RedirectKind::AppendBoth);
            if both {
                state.set_stream(2, stream.clone());
            }
            state.set_stream(fd, stream);
        }
    }

    /// Opens a file as a redirection does.
    fn open(&mut self, state: &mut State, target: &Text, kind: RedirectKind, reads: bool) -> Stream {
        if let Some(host) = network_device(target) {
            return Stream::Net(host);
        }
        let Some(path) = self.path(state, target) else {
            return if reads { Stream::Text(Text::hole(target.origin().unwrap_or_default())) } else { Stream::Null };
        };
        if let Some(fd) = descriptor(&path) {
            return state.stream(fd);
        }
        if path == "/dev/null" {
            return Stream::Null;
        }
        if reads {
            self.reads(state, &path);
            return match state.files.get(&self.real(state, &path)) {
                Some(Content::Is(_)) => Stream::File(path),
                _ => Stream::Text(self.content(state, &path)),
            };
        }
        let appends = matches!(kind, RedirectKind::Append | RedirectKind::AppendBoth);
        self.writes(state, &path, appends);
        if !appends {
            state.write(&self.real(state, &path), Text::default(), false);
        }
        Stream::File(path)
    }

    /// What a command reads from a descriptor.
    pub(super) fn input(&mut self, state: &State, fd: u32) -> Text {
        self.content_of_stream(state, &state.stream(fd))
    }

    /// Whether standard input is anything but the terminal or nothing.
    pub(super) fn has_input(state: &State) -> bool {
        state.shell.streams.iter().any(|(fd, stream)| *fd == 0 && *stream != Stream::Null)
    }

    /// Writes to a descriptor.
    pub(super) fn emit(&mut self, state: &mut State, fd: u32, text: Text) {
        if text.is_empty() {
            return;
        }
        match state.stream(fd) {
            Stream::Out => state.out.push(&text),
            Stream::File(path) => {
                let path = self.real(state, &path);
                state.write(&path, text, true);
            }
            Stream::Net(host) => self.sends(&host, text.origin().unwrap_or_default()),
            Stream::Into(script) => {
                let mut inner = state.clone();
                inner.set_stream(0, Stream::Text(text));
                inner.set_stream(1, Stream::Out);
                inner.out = Text::default();
                let ended = self.run(&script, vec![inner]);
                state.files = joined(ended);
            }
            Stream::Null | Stream::Text(_) => {}
        }
    }

    // --- Paths and effects ---------------------------------------------------------------------------------------------

    /// The absolute path a text names. Holes become a mark; `None` where nothing of it is known.
    pub(super) fn path(&self, state: &State, text: &Text) -> Option<String> {
        let text = text.as_path()?;
        let directory = state.shell.directory.as_deref();
        if text.starts_with('/') || text.as_bytes().get(1) == Some(&b':') {
            return Some(places::absolute(&text, "/"));
        }
        Some(places::absolute(&text, directory?))
    }

    /// The path behind links, those of the script and those of the machine.
    pub(super) fn real(&self, state: &State, path: &str) -> String {
        let path = state.linked(path);
        if self.at != Where::Here || state.files.get(&path).is_some() {
            return path;
        }
        self.facts.real(&path).unwrap_or(path)
    }

    pub(super) fn place(&self, path: &str) -> Place {
        places::place(path, self.facts)
    }

    pub(super) fn look(&self, path: &str) -> Look {
        if self.at == Where::Here { self.facts.look(path) } else { Look::Unknown }
    }

    /// How secret a file is, by its own name or by that of the file behind it.
    pub(super) fn secrecy(&self, state: &State, path: &str) -> Secrecy {
        let home = self.facts.home();
        let real = self.real(state, path);
        secrets::secrecy(path, home).max(secrets::secrecy(&real, home))
    }

    /// Notes that a file's content is read, where that matters.
    pub(super) fn reads(&mut self, state: &State, path: &str) {
        let made_here = matches!(state.files.get(path), Some(Content::Is(_) | Content::Gone));
        if self.secrecy(state, path) >= Secrecy::Environment && !made_here {
            self.note(Kind::SecretRead, path.to_owned(), self.place(path), false, Origin::SECRET);
        }
        self.touches(path, false);
    }

    /// Notes that a file is written.
    pub(super) fn writes(&mut self, state: &State, path: &str, appends: bool) {
        let real = self.real(state, path);
        let kind = if appends { Kind::FileAppend } else { Kind::FileWrite };
        self.file(kind, &real, false);
    }

    /// Notes something done to a file.
    pub(super) fn file(&mut self, kind: Kind, path: &str, recursive: bool) {
        if places::is_disk(path) && matches!(kind, Kind::FileWrite | Kind::FileAppend) {
            return self.note(Kind::DiskWipe, path.to_owned(), Place::Device, false, Origin::UNKNOWN);
        }
        if places::is_git_data(path)
            && matches!(kind, Kind::FileWrite | Kind::FileAppend | Kind::FileDelete | Kind::FileMove)
        {
            self.note(Kind::GitMetadata, path.to_owned(), self.place(path), recursive, Origin::UNKNOWN);
        }
        if places::is_startup(path, self.facts.home()) && matches!(kind, Kind::FileWrite | Kind::FileAppend) {
            self.note(Kind::SystemStartup, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
        self.touches(path, true);
        let place = self.place(path);
        self.note(kind, path.to_owned(), place, recursive, Origin::UNKNOWN);
    }

    fn touches(&mut self, path: &str, changes: bool) {
        if changes && places::is_own(path, self.facts) {
            self.note(Kind::SelfTamper, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
    }

    /// Where the content at a path comes from.
    pub(super) fn origin_of_path(&self, state: &State, path: &str, below: bool) -> Origin {
        if self.secrecy(state, path) >= Secrecy::Sensitive || secrets::tree_secrecy(path) >= Secrecy::Sensitive {
            return Origin::SECRET;
        }
        if below && self.holds_secret(state, path) { Origin::SECRET } else { Origin::UNKNOWN }
    }

    /// Whether a file below a path is secret: by what the script put there, and by what is there.
    pub(super) fn holds_secret(&self, state: &State, path: &str) -> bool {
        let home = self.facts.home();
        let secret = |path: &str| secrets::secrecy(path, home) >= Secrecy::Sensitive;
        let folder = path.trim_end_matches('/');
        let made = state.files.iter().any(|(file, content)| {
            places::is_within(file, folder)
                && match content {
                    Content::Is(text) => secret(file) || text.origin().is_some_and(|origin| origin.secret),
                    Content::Gone => false,
                    Content::Link(target) | Content::CopyOf(target) => {
                        secret(file) || secret(target) || self.origin_of_path(state, target, true).secret
                    }
                }
        });
        if made {
            return true;
        }
        let gone = |file: &String| matches!(state.files.get(file), Some(Content::Gone));
        let (folder, pattern) = match folder.rsplit_once('/') {
            Some((folder, name)) if name.contains(['*', '?', '[']) => (folder, Some(name)),
            _ => (folder, None),
        };
        let listed = self.facts.below(if folder.is_empty() { "/" } else { folder });
        listed.paths.iter().filter(|file| !gone(file)).any(|file| {
            let first =
                file[folder.len().min(file.len())..].trim_start_matches('/').split('/').next().unwrap_or_default();
            secret(file) && pattern.is_none_or(|pattern| places::glob(pattern, first))
        })
    }

    /// Notes that data leaves the machine.
    pub(super) fn sends(&mut self, host: &str, origin: Origin) {
        self.note(Kind::DataSend, host.to_owned(), Place::Unknown, false, origin);
    }

    fn bomb(&mut self, why: &str) {
        self.note(Kind::ProcessBomb, why.to_owned(), Place::Unknown, false, Origin::UNKNOWN);
    }

    /// Notes an effect of the command that is gone through, once.
    pub(super) fn note(&mut self, kind: Kind, target: String, place: Place, recursive: bool, origin: Origin) {
        let effect = Effect {
            kind,
            target,
            place,
            recursive: recursive || self.sweeping,
            origin,
            at: self.at,
            program: self.program.clone(),
            command: self.command.clone(),
        };
        if self.effects.len() >= MAX_EFFECTS {
            self.incomplete = true;
        } else if !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    /// Notes an effect on something that is no path.
    pub(super) fn act(&mut self, kind: Kind, target: impl Into<String>) {
        self.note(kind, target.into(), Place::Unknown, false, Origin::UNKNOWN);
    }
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
            yes.push(state.clone());
        }
        if state.status != Some(true) {
            no.push(state);
        }
    }
    (yes, no)
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
                    *known = merged([&*known, other].into_iter())
                }
                (Some(known @ Content::Gone), content) => *known = content.clone(),
                _ => {}
            }
        }
    }
    files
}

/// The descriptor that a path stands for.
pub(super) fn descriptor(path: &str) -> Option<u32> {
    match path {
        "/dev/stdin" => return Some(0),
        "/dev/stdout" => return Some(1),
        "/dev/stderr" => return Some(2),
        _ => {}
    }
    let folders = ["/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"];
    folders.iter().find_map(|folder| path.strip_prefix(folder))?.parse().ok()
}

/// The host that a shell connects to for a path such as `/dev/tcp/host/port`.
fn network_device(path: &Text) -> Option<String> {
    let shown = path.shown();
    let rest = shown.strip_prefix("/dev/tcp/").or_else(|| shown.strip_prefix("/dev/udp/"))?;
    Some(rest.split('/').next().unwrap_or_default().to_owned())
}

/// A command as a person reads it, shortened.
fn shown(fields: &[Text]) -> String {
    let mut text = String::new();
    for field in fields {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&field.shown());
        if text.len() > MAX_SHOWN {
            text.truncate(text.floor_char_boundary(MAX_SHOWN));
            text.push('…');
            break;
        }
    }
    text
}

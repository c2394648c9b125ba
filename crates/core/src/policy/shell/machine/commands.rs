//! Single commands: what the shell finds behind a name, and what it does there.

use std::rc::Rc;

use super::super::parse::parse;
use super::super::state::{Content, Flow, Shell, State, Stream};
use super::super::syntax::*;
use super::super::value::{Origin, Text};
use super::streams::restore;
use super::{Call, MAX_DEPTH, MAX_SHOWN, Machine, emptiness, joined, merged, same};
use crate::policy::effects::Kind;
use crate::policy::places::Place;
use crate::policy::shell::programs::by_pattern;

impl Machine<'_> {
    pub(super) fn step(&mut self, command: &Command, mut state: State) -> Vec<State> {
        self.steps += 1;
        if self.is_over() {
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
                self.redirect(&mut state, redirects, false);
                let mut ended = self.compound(compound, state);
                if !redirects.is_empty() {
                    ended.iter_mut().for_each(|state| restore(state, before.clone()));
                }
                ended
            }
        }
    }

    fn simple(&mut self, simple: &Simple, state: State) -> Vec<State> {
        // What a substitution within a command names is not the command's.
        let outer = self.key.take();
        let ended = self.simply(simple, state);
        self.key = outer;
        ended
    }

    fn simply(&mut self, simple: &Simple, mut state: State) -> Vec<State> {
        if let Some(script) = self.unaliased(simple, &state) {
            return self.run(&script, vec![state]);
        }
        state.status = Some(true);
        let fields = self.fields(&mut state, &simple.words);
        if fields.is_empty() {
            for assignment in &simple.assignments {
                let values: Vec<Text> = assignment.values.iter().map(|value| self.text(&mut state, value)).collect();
                emptiness::remember(&mut state, assignment, &values);
                state.assign(&assignment.name, values, assignment.append);
                self.sets(&assignment.name);
                if assignment.name == "PATH" {
                    state.shell.hashes.clear();
                }
            }
            let before = state.shell.streams.clone();
            self.redirect(&mut state, &simple.redirects, true);
            restore(&mut state, before);
            return vec![state];
        }
        let is_exec = fields.len() == 1 && fields[0].shown() == "exec"
            || fields[0].shown() == "exec" && fields.iter().skip(1).all(|field| field.prefix().starts_with('-'));
        let variables = (!simple.assignments.is_empty()).then(|| state.shell.variables.clone());
        for assignment in &simple.assignments {
            let values: Vec<Text> = assignment.values.iter().map(|value| self.text(&mut state, value)).collect();
            if assignment.name == "PROMPT_COMMAND" {
                // A shell that is started runs it.
                values.iter().for_each(|code| self.code(&mut state.clone(), code, Vec::new()));
            }
            state.assign(&assignment.name, values, assignment.append);
            if let Some(variable) = state.shell.variables.get_mut(&assignment.name) {
                variable.exported = true;
            }
        }
        let before = state.shell.streams.clone();
        let blind = is_blind(&fields);
        self.redirect(&mut state, &simple.redirects, blind);
        let into = match state.stream(1) {
            Stream::File(path) if !blind && !simple.redirects.is_empty() => Some(self.real(&state, &path)),
            _ => None,
        };
        if is_exec {
            return vec![state];
        }
        let mut ended = self.call(fields, state);
        for state in &mut ended {
            restore(state, before.clone());
            if let Some(path) = &into
                && matches!(state.files.get(path), Some(Content::Is(text)) if text.is_empty())
            {
                // Of a program that nobody told about it is not known what it says.
                state.files.set(path, Content::Is(Text::hole(Origin::UNKNOWN)));
            }
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
    pub(in crate::policy::shell) fn call(&mut self, fields: Vec<Text>, mut state: State) -> Vec<State> {
        self.steps += 1;
        if self.depth >= MAX_DEPTH || self.is_over() {
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
                let named = if program.has_glob() { by_pattern(&name) } else { None };
                let name = named.map_or_else(|| name.into_owned(), str::to_owned);
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

    pub(in crate::policy::shell) const fn is_in_function(&self) -> bool {
        !self.calls.is_empty()
    }

    fn builtin_or_program(&mut self, call: Call, mut state: State) -> Vec<State> {
        let disabled = state.shell.disabled.contains(&call.name);
        if !disabled && crate::policy::shell::builtins::is_builtin(&call.name) {
            return self.builtin(&call, state);
        }
        if let Some(path) = state.shell.hashes.get(&call.name).cloned() {
            let fields = std::iter::once(path).chain(call.args).collect();
            return self.call(fields, state);
        }
        let handler = state.shell.functions.get("command_not_found_handle").cloned();
        if let (Some(body), false) = (handler, crate::policy::shell::programs::is_known(&call.name)) {
            return self.function("command_not_found_handle", &body, call.args, state);
        }
        self.program(&call, &mut state);
        vec![state]
    }

    /// Runs a program as a child: what it does to the shell is forgotten, what it does to files is not.
    pub(in crate::policy::shell) fn child(&mut self, state: &mut State, fields: Vec<Text>) {
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
    pub(in crate::policy::shell) fn code(&mut self, state: &mut State, code: &Text, arguments: Vec<Text>) {
        self.runs_code(code);
        let (script, whole) = parse(&code.encoded());
        self.incomplete |= !whole;
        let exported = {
            let mut shell = Shell {
                directory: state.shell.directory.clone(),
                previous: state.shell.previous.clone(),
                streams: state.shell.streams.clone(),
                clouded: state.shell.clouded,
                keyed: state.shell.keyed,
                cleared: state.shell.cleared,
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
    pub(in crate::policy::shell) fn runs_code(&mut self, code: &Text) {
        let Some(origin) = code.origin() else { return };
        if origin.fetched {
            self.note(Kind::CodeFetched, String::new(), Place::Unknown, false, origin);
        } else if origin.decoded {
            self.note(Kind::CodeDecoded, String::new(), Place::Unknown, false, origin);
        }
    }
}

/// Whether all that a command says is known: of other programs than these, to say nothing means that nobody told what they say.
pub(super) fn is_heard(command: &Command) -> bool {
    let Command::Simple(simple) = command else { return false };
    let name = simple.words.first().and_then(Word::bare);
    name.is_none_or(|name| matches!(name, ":" | "true" | "echo" | "printf" | "cat"))
}

/// Whether a command writes nothing, or the same whatever it is done for: what its output goes to holds nothing of its own then.
fn is_blind(fields: &[Text]) -> bool {
    let Some((program, args)) = fields.split_first() else { return true };
    match program.shown().as_str() {
        ":" | "true" => true,
        "cat" => !args.is_empty() && args.iter().all(|arg| arg.shown() == "/dev/null"),
        "echo" | "printf" => args.iter().all(|arg| arg.as_known().is_some() && !arg.has_glob()),
        _ => false,
    }
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

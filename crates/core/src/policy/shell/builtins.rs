//! What a shell does itself.

use super::machine::{Call, Machine};
use super::options::{Spec, ordered, read, spec};
use super::parse::parse;
use super::state::{Flow, State, Variable};
use super::value::{Origin, Piece, Text};
use crate::policy::effects::Kind;
use crate::policy::facts::Look;
use crate::policy::lists::is;
use crate::policy::places;
use crate::policy::secrets;

const BUILTINS: &str = ".|:|[|alias|bg|break|builtin|cd|chdir|command|continue|declare|dirs|disown|echo|enable|eval|exec|exit|export|\
    false|fg|getopts|hash|jobs|let|local|mapfile|popd|printf|pushd|pwd|read|readarray|readonly|return|set|shift|shopt|source|test|times|\
    trap|true|type|typeset|ulimit|umask|unalias|unset|wait";

/// Whether a shell runs this itself.
pub(super) fn is_builtin(name: &str) -> bool {
    is(name, BUILTINS)
}

/// What `test`, `[` and `[[` say of these words, where it can be known.
pub(super) fn test(words: &[Text]) -> Option<bool> {
    let known: Option<Vec<_>> = words.iter().map(Text::as_known).collect();
    let known = known?;
    let words: Vec<&str> = known.iter().map(AsRef::as_ref).filter(|word| !matches!(*word, "]" | "[")).collect();
    let negations = words.iter().take_while(|word| **word == "!").count();
    let holds = match &words[negations..] {
        [] => false,
        [word] | ["-n", word] => !word.is_empty(),
        ["-z", word] => word.is_empty(),
        [left, "=" | "==", right] => left == right || places::glob(right, left),
        [left, "!=", right] => left != right && !places::glob(right, left),
        _ => return None,
    };
    Some(holds ^ !negations.is_multiple_of(2))
}

impl Machine<'_> {
    /// What a builtin does: the states in which it may leave the shell.
    pub(super) fn builtin(&mut self, call: &Call, mut state: State) -> Vec<State> {
        let args = &call.args;
        match call.name.as_str() {
            "eval" => return self.here(&Text::line(args.iter().map(Text::quoted)), state),
            "source" | "." => return self.source(args, state),
            "exec" => return self.exec(args, state),
            "command" | "builtin" => return self.without_functions(args, state),
            "cd" | "chdir" | "pushd" => return self.cd(args, state),
            "popd" => state.shell.directory = None,
            ":" | "true" => state.status = Some(true),
            "false" => state.status = Some(false),
            "test" | "[" => {
                super::machine::looked_at(&mut state, args);
                state.status = test(args);
            }
            "echo" => self.tells(&mut state, echoed(args)),
            "printf" => self.printf(args, &mut state),
            "pwd" => {
                let folder = state.shell.directory.clone().map_or_else(|| Text::hole(Origin::UNKNOWN), Text::known);
                self.tells(&mut state, folder);
            }
            "export" | "readonly" | "declare" | "typeset" | "local" => self.declare(call, &mut state),
            "unset" => self.unset(args, &mut state),
            "set" => self.set(args, &mut state),
            "read" => self.read_line(args, &mut state),
            "mapfile" | "readarray" => self.read_lines(args, &mut state),
            "break" | "continue" | "return" | "exit" => leave(call, &mut state),
            _ => change(call, &mut state),
        }
        vec![state]
    }

    fn exec(&mut self, args: &[Text], state: State) -> Vec<State> {
        let options = read(args, &ordered("a", &[]));
        let mut ended = self.call(options.operands, state);
        ended.iter_mut().for_each(|state| state.flow = Flow::Exit);
        ended
    }

    /// `command` and `builtin`: what they run is none of the script's own functions.
    fn without_functions(&mut self, args: &[Text], mut state: State) -> Vec<State> {
        let options = read(args, &ordered("", &[]));
        if options.has(&["v", "V"]) || options.operands.is_empty() {
            return vec![state];
        }
        let functions = std::mem::take(&mut state.shell.functions);
        let mut ended = self.call(options.operands, state);
        ended.iter_mut().for_each(|state| state.shell.functions.clone_from(&functions));
        ended
    }

    /// Runs code in this very shell.
    fn here(&mut self, code: &Text, mut state: State) -> Vec<State> {
        self.runs_code(code);
        if code.as_known().is_none() && code.prefix().is_empty() {
            cloud(&mut state);
        }
        let (script, _) = parse(&code.encoded());
        self.run(&script, vec![state])
    }

    fn source(&mut self, args: &[Text], mut state: State) -> Vec<State> {
        let Some(file) = args.first() else { return vec![state] };
        // What a program on this desk is developed with is given to it, and shown to nobody.
        let of_desk = self.path(&state, file).filter(|path| secrets::is_of_development(path));
        let code = match of_desk {
            Some(path) => {
                state.shell.keyed = true;
                self.content(&state, &path)
            }
            None => self.read_file(&state, file),
        };
        if args.len() > 1 {
            state.shell.arguments = args[1..].to_vec();
        }
        self.here(&code, state)
    }

    fn cd(&mut self, args: &[Text], mut state: State) -> Vec<State> {
        let target = args.iter().find(|arg| !arg.prefix().starts_with('-') || arg.shown() == "-");
        let folder = match target {
            None => self.value_of(&state, "HOME").and_then(|home| self.path(&state, &home)),
            Some(text) if text.shown() == "-" => state.shell.previous.clone(),
            Some(text) => self.path(&state, text),
        };
        let is_known = |folder: &String| !folder.contains(super::value::HOLE);
        let missing = folder.as_ref().is_some_and(|folder| is_known(folder) && self.look(folder) == Look::Missing);
        let stays = missing.then(|| State { status: Some(false), ..state.clone() });
        state.shell.previous = state.shell.directory.take();
        state.shell.directory = folder
            .map(|folder| self.real(&state, &folder))
            .filter(|folder| is_known(folder) || self.is_scratch(folder));
        state.status = Some(true);
        // `PWD` follows, whatever it was set to.
        state.shell.variables.remove("PWD");
        match stays {
            // A folder that is not there may be made by then: both are possible.
            Some(stays) => vec![stays, state],
            None => vec![state],
        }
    }

    fn declare(&mut self, call: &Call, state: &mut State) {
        let options = read(&call.args, &Spec::default());
        let is_list =
            matches!(call.args.as_slice(), [flag] if flag.prefix().starts_with('-') && flag.shown().contains('p'));
        if call.args.is_empty() || is_list {
            // It tells every variable with its value.
            self.emit(state, 1, Text::hole(Origin::SECRET));
        }
        let hides = call.name == "local" || call.name != "export" && call.name != "readonly" && !options.has(&["g"]);
        // `+x` takes an attribute away.
        for arg in options.operands.iter().filter(|arg| !arg.prefix().starts_with('+')) {
            let (name, value) = match arg.prefix().find('=') {
                Some(at) => (arg.prefix()[..at].to_owned(), Some(arg.after(at + 1))),
                None => (arg.shown(), None),
            };
            if options.has(&["f", "F"]) {
                continue;
            }
            if hides && self.is_in_function() {
                let before = state.shell.variables.get(&name).cloned();
                state.shell.locals.push((name.clone(), before.clone()));
                if value.is_none() {
                    state.shell.variables.set(&name, Variable { values: None, ..before.unwrap_or_default() });
                }
            }
            let mut variable = state.shell.variables.get(&name).cloned().unwrap_or_default();
            if variable.readonly {
                continue;
            }
            variable.changes |= options.has(&["l", "u", "i", "c"]);
            if options.has(&["n"]) {
                variable.reference = value.as_ref().map(Text::shown);
                state.shell.variables.set(&name, variable);
                continue;
            }
            if variable.values.is_none() && value.is_none() {
                variable.values = self.value_of(state, &name).map(|value| vec![value]);
            }
            state.shell.variables.set(&name, variable);
            if let Some(value) = value {
                self.sets(&name);
                state.assign(&name, vec![value], false);
            }
            let name = state.resolve(&name).to_owned();
            if let Some(variable) = state.shell.variables.get_mut(&name) {
                variable.exported |= call.name == "export" || options.has(&["x"]);
                variable.readonly |= call.name == "readonly" || options.has(&["r"]);
            }
        }
        state.status = Some(true);
    }

    fn unset(&mut self, args: &[Text], state: &mut State) {
        args.iter().for_each(|name| self.sets(&name.shown()));
        if args.iter().any(|name| name.shown() == "HISTFILE") {
            self.act(Kind::SafetyDisable, "the shell's history");
        }
        let options = read(args, &Spec::default());
        for name in options.operands.iter().map(Text::shown) {
            if options.has(&["f"]) {
                state.shell.functions.remove(&name);
                continue;
            }
            let name = if options.has(&["n"]) { name } else { state.resolve(&name).to_owned() };
            if !state.shell.variables.get(&name).is_some_and(|variable| variable.readonly) {
                state.shell.variables.set(&name, Variable::default());
            }
        }
        state.status = Some(true);
    }

    fn set(&mut self, args: &[Text], state: &mut State) {
        if args.is_empty() {
            self.emit(state, 1, Text::hole(Origin::SECRET));
        }
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let shown = arg.shown();
            match shown.as_str() {
                "--" => {
                    state.shell.arguments = args.cloned().collect();
                    return;
                }
                "-o" | "+o" => match args.next().map(Text::shown).as_deref() {
                    Some("noexec") => state.shell.noexec = shown == "-o",
                    Some("errexit") => state.shell.errexit = shown == "-o",
                    _ => {}
                },
                text if text.starts_with('-') && text.contains('n') => state.shell.noexec = true,
                text if text.starts_with(['-', '+']) => {
                    if text.contains('e') {
                        state.shell.errexit = text.starts_with('-');
                    }
                    // `-euo pipefail`: the last letter takes the name behind it.
                    if text.ends_with('o') {
                        args.next();
                    }
                }
                _ => {
                    state.shell.arguments = std::iter::once(arg).chain(args).cloned().collect();
                    return;
                }
            }
        }
    }

    fn read_line(&mut self, args: &[Text], state: &mut State) {
        let options = read(args, &spec("adinNptu", &[]));
        let fd = options.value(&["u"]).and_then(|fd| fd.as_known()?.parse().ok()).unwrap_or(0);
        let input = self.input(state, fd);
        let line = first_line(&input);
        let separators = self.separators(state);
        let mut parts = line.split(&separators).into_iter().map(|part| part.quoted());
        if let Some(array) = options.value(&["a"]) {
            state.assign(&array.shown(), parts.collect(), false);
            return;
        }
        let names: Vec<String> = if options.operands.is_empty() {
            vec!["REPLY".to_owned()]
        } else {
            options.operands.iter().map(Text::shown).collect()
        };
        // Of a line that nobody knows, each part is as unknown.
        let unknown = || line.origin().map(Text::hole).unwrap_or_default();
        for (at, name) in names.iter().enumerate() {
            let value = if names.len() == 1 {
                line.quoted()
            } else if at + 1 < names.len() {
                parts.next().unwrap_or_else(unknown)
            } else {
                Text::line(parts.by_ref())
            };
            let value = if value.is_empty() { unknown() } else { value };
            state.assign(name, vec![value], false);
        }
    }

    fn read_lines(&mut self, args: &[Text], state: &mut State) {
        let options = read(args, &spec("dnOsuCc", &[]));
        let fd = options.value(&["u"]).and_then(|fd| fd.as_known()?.parse().ok()).unwrap_or(0);
        let input = self.input(state, fd);
        let name = options.operands.first().map_or_else(|| "MAPFILE".to_owned(), Text::shown);
        let values = input.split(&['\n']).into_iter().map(|line| line.quoted()).collect();
        state.assign(&name, values, false);
    }

    fn printf(&mut self, args: &[Text], state: &mut State) {
        let (variable, args) = match args {
            [flag, name, rest @ ..] if flag.shown() == "-v" => (Some(name.shown()), rest),
            [flag, rest @ ..] if flag.shown() == "--" => (None, rest),
            args => (None, args),
        };
        let text = formatted(args);
        let Some(name) = variable else { return self.tells(state, text) };
        state.status = Some(true);
        state.assign(&name, vec![text], false);
    }

    /// Writes a text to the output.
    fn tells(&mut self, state: &mut State, text: Text) {
        self.says(state, &text);
        self.emit(state, 1, text);
        state.status = Some(true);
    }

    /// Notes that a credential is shown: that it is said to nobody but whoever started the shell.
    pub(super) fn says(&mut self, state: &State, text: &Text) {
        let is_told = || !state.shell.streams.iter().any(|(fd, _)| *fd == 1);
        if text.origin().is_some_and(|origin| origin.secret) && is_told() {
            self.note(Kind::SecretRead, "what is said".to_owned(), places::Place::Unknown, false, Origin::SECRET);
        }
    }
}

/// After code that cannot be read ran in a shell, its variables may hold anything.
fn cloud(state: &mut State) {
    state.shell.clouded = true;
    for variable in state.shell.variables.values_mut().filter(|variable| !variable.readonly) {
        variable.values = Some(vec![Text::hole(Origin::UNKNOWN)]);
    }
}

/// What changes nothing but the shell itself.
fn change(call: &Call, state: &mut State) {
    let args = &call.args;
    let shell = &mut state.shell;
    match call.name.as_str() {
        "alias" => {
            for arg in args {
                if let Some((name, value)) = arg.encoded().split_once('=') {
                    shell.aliases.set(name, value.to_owned());
                }
            }
        }
        "unalias" => args.iter().for_each(|arg| _ = shell.aliases.remove(&arg.shown())),
        "hash" => {
            let options = read(args, &spec("p", &[]));
            if let Some(path) = options.value(&["p"]) {
                options.operands.iter().for_each(|name| shell.hashes.set(&name.shown(), path.clone()));
            } else if options.has(&["r"]) {
                shell.hashes.clear();
            }
        }
        "enable" => {
            let options = read(args, &spec("f", &[]));
            for name in options.operands.iter().map(Text::shown) {
                shell.disabled.retain(|known| *known != name);
                if options.has(&["n"]) {
                    shell.disabled.push(name);
                }
            }
        }
        "shopt" => {
            let on = args.first().is_some_and(|flag| flag.shown() == "-s");
            for option in args.iter().skip(1).map(Text::shown) {
                match option.as_str() {
                    "expand_aliases" => shell.expands_aliases = on,
                    "lastpipe" => shell.lastpipe = on,
                    _ => {}
                }
            }
        }
        "trap" => {
            let options = read(args, &ordered("", &[]));
            if !options.has(&["l", "p"]) {
                shell.trap = options.operands.first().filter(|code| code.shown() != "-").cloned();
            }
        }
        "wait" => {
            shell.jobs = if args.is_empty() { 0 } else { shell.jobs.saturating_sub(1) };
            state.status = Some(true);
        }
        "disown" => shell.orphans += std::mem::take(&mut shell.jobs),
        "shift" => {
            let count = args.first().and_then(|count| count.shown().parse().ok()).unwrap_or(1);
            shell.arguments.drain(..count.min(shell.arguments.len()));
        }
        _ => {}
    }
}

/// `break`, `continue`, `return` and `exit`: how the list goes on.
fn leave(call: &Call, state: &mut State) {
    let told = call.args.first().map(Text::shown).unwrap_or_default();
    let rounds = told.parse().unwrap_or(1);
    match call.name.as_str() {
        "break" => state.flow = Flow::Break(rounds),
        "continue" => state.flow = Flow::Continue(rounds),
        "return" => {
            state.flow = Flow::Return;
            state.status = told.parse::<u8>().ok().map(|code| code == 0);
        }
        _ => state.flow = Flow::Exit,
    }
}

/// What `echo` writes.
fn echoed(args: &[Text]) -> Text {
    let flags = args.iter().take_while(|arg| {
        let shown = arg.shown();
        shown.len() > 1 && shown.starts_with('-') && shown[1..].bytes().all(|byte| b"neE".contains(&byte))
    });
    let flags: Vec<String> = flags.map(Text::shown).collect();
    let escapes = flags.iter().any(|flag| flag.contains('e'));
    let mut text = Text::default();
    for (at, arg) in args.iter().skip(flags.len()).enumerate() {
        if at > 0 {
            text.push_known(" ", false);
        }
        if escapes { text.push(&unescaped(arg, true).0) } else { text.push(&arg.listed()) }
    }
    if !flags.iter().any(|flag| flag.contains('n')) {
        text.push_known("\n", false);
    }
    text
}

/// A text with its escapes read, as `%b` reads them (with `\0NNN`), or a format (without); whether `\c` ended it.
fn unescaped(text: &Text, zero: bool) -> (Text, bool) {
    let mut made = Text::default();
    for piece in text.pieces() {
        match piece {
            Piece::Hole(origin) => made.push_hole(*origin),
            Piece::Known { text, .. } => {
                let (known, ended) = unescaped_known(text, zero);
                made.push_known(&known, false);
                if ended {
                    return (made, true);
                }
            }
        }
    }
    (made, false)
}

fn unescaped_known(text: &str, zero: bool) -> (String, bool) {
    let mut made = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '\\' {
            made.push(char);
            continue;
        }
        let Some(escape) = chars.next() else {
            made.push('\\');
            break;
        };
        let mut number = |radix: u32, most: usize, first: Option<char>| {
            let mut value = first.and_then(|char| char.to_digit(radix));
            for _ in 0..most {
                let Some(digit) = chars.peek().and_then(|char| char.to_digit(radix)) else { break };
                value = Some(value.unwrap_or(0) * radix + digit);
                chars.next();
            }
            value
        };
        match escape {
            'c' => return (made, true),
            'n' => made.push('\n'),
            't' => made.push('\t'),
            'r' => made.push('\r'),
            'a' | 'b' | 'f' | 'v' => made.push(' '),
            'e' => made.push('\x1b'),
            'x' => made.extend(number(16, 2, None).and_then(char::from_u32)),
            'u' => made.extend(number(16, 4, None).and_then(char::from_u32)),
            'U' => made.extend(number(16, 8, None).and_then(char::from_u32)),
            '0' if zero => made.extend(number(8, 3, Some('0')).and_then(|value| char::from_u32(value & 0xff))),
            digit @ '0'..='7' => made.extend(number(8, 2, Some(digit)).and_then(|value| char::from_u32(value & 0xff))),
            other => {
                if !matches!(other, '\\' | '"' | '\'') {
                    made.push('\\');
                }
                made.push(other);
            }
        }
    }
    (made, false)
}

/// What `printf` makes of a format and its arguments.
fn formatted(args: &[Text]) -> Text {
    let Some((format, mut rest)) = args.split_first() else { return Text::default() };
    let Some(format) = format.as_known() else {
        return Text::hole(args.iter().filter_map(Text::origin).fold(Origin::UNKNOWN, Origin::and));
    };
    let mut made = Text::default();
    loop {
        let before = rest.len();
        let mut literal = String::new();
        let mut chars = format.chars();
        while let Some(char) = chars.next() {
            if char != '%' {
                literal.push(char);
                continue;
            }
            let directive = chars.by_ref().find(|char| char.is_ascii_alphabetic() || *char == '%');
            let (text, ended) = unescaped_known(&literal, false);
            made.push_known(&text, false);
            literal.clear();
            if ended {
                return made;
            }
            let mut next = || {
                let (first, others) = rest.split_first()?;
                rest = others;
                Some(first)
            };
            match directive {
                Some('%') => made.push_known("%", false),
                Some('s' | 'd' | 'i') => made.push(&next().map(Text::listed).unwrap_or_default()),
                Some('b') => {
                    let (text, ended) = next().map(|text| unescaped(text, true)).unwrap_or_default();
                    made.push(&text);
                    if ended {
                        return made;
                    }
                }
                Some('q') => {
                    if let Some(text) = next() {
                        let quoted = text.as_known().map_or_else(
                            || text.clone(),
                            |text| Text::known(format!("'{}'", text.replace('\'', "'\\''"))),
                        );
                        made.push(&quoted);
                    }
                }
                _ => {
                    next();
                    made.push_hole(Origin::UNKNOWN);
                }
            }
        }
        let (text, _) = unescaped_known(&literal, false);
        made.push_known(&text, false);
        if rest.is_empty() || rest.len() == before {
            return made;
        }
    }
}

/// The first line of a text.
fn first_line(text: &Text) -> Text {
    let mut line = Text::default();
    for piece in text.pieces() {
        match piece {
            Piece::Hole(origin) => line.push_hole(*origin),
            Piece::Known { text, .. } => match text.split_once('\n') {
                Some((first, _)) => {
                    line.push_known(first, false);
                    return line;
                }
                None => line.push_known(text, false),
            },
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_may_be_negated_as_often_as_one_likes() {
        let words = |text: &str| text.split(' ').map(Text::known).collect::<Vec<_>>();
        for (text, expected) in [
            ("[ a ]", Some(true)),
            ("[ ! a ]", Some(false)),
            ("! ! -z a", Some(false)),
            ("! a = b", Some(true)),
            ("! a -nt b", None),
            ("[ ! ]", Some(true)),
        ] {
            assert_eq!(test(&words(text)), expected, "{text}");
        }
        assert_eq!(test(&words(&format!("{}a", "! ".repeat(100_001)))), Some(false));
    }
}

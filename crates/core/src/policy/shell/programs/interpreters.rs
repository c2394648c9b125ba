//! Shells and languages that run code given to them: as an argument, as input, as a file.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read};
use super::super::state::{State, Stream, Variable};
use super::super::value::Text;
use super::{Program, code};
use crate::policy::effects::Kind;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "mksh" | "ash" | "fish" | "csh" | "tcsh" | "rbash" | "yash"
        | "posh" => shell,
        "pwsh" | "powershell" => powershell,
        _ if language(name).is_some() => interpreter,
        _ => return None,
    })
}

/// A language's name, of which versions are no matter.
pub(super) fn language(name: &str) -> Option<code::Language> {
    let stem = name.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
    Some(match stem {
        "python" | "pypy" | "ipython" => code::Language::Python,
        "perl" => code::Language::Perl,
        "ruby" | "irb" | "jruby" => code::Language::Ruby,
        "node" | "nodejs" | "bun" | "deno" | "tsx" | "ts-node" => code::Language::JavaScript,
        "php" => code::Language::Php,
        "lua" | "luajit" | "Rscript" | "tclsh" | "osascript" | "groovy" | "julia" => code::Language::Other,
        _ => return None,
    })
}

fn shell(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &Spec {
            short: "oO",
            long: &[
                "rcfile=",
                "init-file=",
                "help",
                "version",
                "norc",
                "noprofile",
                "posix",
                "login",
                "restricted",
                "verbose",
            ],
            ordered: true,
            single: false,
        },
    );
    if options.is_help() {
        return;
    }
    // `-n` is taken back by `+n`, which looks like an operand.
    let off = options.operands.iter().take_while(|word| word.prefix().starts_with('+')).count();
    let unset = options.operands[..off].iter().any(|word| word.prefix().contains('n'));
    if options.has(&["n"]) && !unset {
        return;
    }
    if let Some(file) = options.value(&["rcfile", "init-file"]).cloned() {
        let text = machine.read_file(state, &file);
        machine.runs_code(&text);
    }
    let operands = options.operands.get(off..).unwrap_or_default();
    if options.has(&["c"]) {
        let Some((code, rest)) = operands.split_first() else { return };
        if let Some(own_name) = rest.first() {
            state.shell.variables.set("0", Variable { exported: true, ..Variable::of(own_name.clone()) });
            let arguments = rest.get(1..).unwrap_or_default().to_vec();
            machine.code(state, &code.clone(), arguments);
            state.shell.variables.remove("0");
            return;
        }
        let arguments = rest.get(1..).unwrap_or_default().to_vec();
        let mut text = Text::default();
        if options.values(&["O"]).any(|option| option.shown() == "expand_aliases") {
            text.push_known("shopt -s expand_aliases\n", false);
        }
        text.push(code);
        return machine.code(state, &text, arguments);
    }
    if let Some((file, arguments)) = operands.split_first().filter(|_| !options.has(&["s"]))
        && file.shown() != "-"
    {
        let code = machine.read_file(state, file);
        return machine.code(state, &code, arguments.to_vec());
    }
    if options.has(&["i"]) && Machine::has_input(state) && machine.input(state, 0).as_known().is_none() {
        machine.act(Kind::NetShell, "an interactive shell that is fed");
    }
    from_input(machine, state);
}

/// Runs what comes on standard input; a machine on the other side of it has a shell here.
fn from_input(machine: &mut Machine<'_>, state: &mut State) {
    if let (Stream::Net(host), Stream::Net(_)) = (state.stream(0), state.stream(1)) {
        machine.act(Kind::NetShell, host);
    }
    let code = machine.input(state, 0);
    if Machine::has_input(state) {
        let outer = state.stream(0);
        state.set_stream(0, Stream::Null);
        machine.code(state, &code, Vec::new());
        state.set_stream(0, outer);
    }
    typed(machine, state);
}

/// What takes its code from a terminal is out of sight from then on: Codex 0.169.0 fires no hook for `write_stdin`, by which it
/// types into a program that runs.
fn typed(machine: &mut Machine<'_>, state: &State) {
    if Machine::is_terminal(state) {
        machine.act(Kind::CodeTyped, "what is typed into it");
    }
}

fn interpreter(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some(language) = language(&call.name) else { return };
    let (short, long, evaluates): (_, &[&str], &[&str]) = match language {
        code::Language::Python => ("cmWXQ", &["check-hash-based-pycs="], &["c"]),
        code::Language::Perl => ("eEIMmDxiF", &[], &["e", "E"]),
        code::Language::Ruby => ("eIrEFKTWxC", &["encoding="], &["e"]),
        code::Language::JavaScript => {
            ("eprCi", &["eval=", "print=", "require=", "import=", "loader="], &["e", "p", "eval", "print"])
        }
        code::Language::Php => ("rcdzfBRFESt", &["run="], &["r", "run"]),
        code::Language::Other => ("elo", &[], &["e"]),
    };
    let options = read(&call.args, &Spec { short, long, ordered: true, single: false });
    if options.is_help() || options.has(&["V"]) {
        return;
    }
    let mut given: Vec<Text> = options.values(evaluates).cloned().collect();
    let mut operands = options.operands.as_slice();
    if let [verb, rest @ ..] = operands
        && matches!(call.name.as_str(), "deno" | "bun")
    {
        match verb.shown().as_str() {
            "eval" => given.extend(rest.first().cloned()),
            "run" | "x" => operands = rest,
            _ => return,
        }
    }
    if !given.is_empty() {
        for text in given {
            machine.runs_code(&text);
            code::run(machine, state, language, &text);
        }
        return;
    }
    if let Some(module) = options.value(&["m"]).filter(|_| language == code::Language::Python) {
        let fields = std::iter::once(module.clone()).chain(operands.iter().cloned()).collect();
        return machine.child(state, fields);
    }
    if let Some((name, rest)) =
        operands.split_first().map(|(file, rest)| (super::base_name(&file.shown()).to_owned(), rest))
        && matches!(name.as_str(), "artisan" | "manage.py")
    {
        // A framework's own commands, which a table knows.
        let fields = std::iter::once(Text::known(name)).chain(rest.iter().cloned()).collect();
        return machine.child(state, fields);
    }
    match operands.first().filter(|file| file.shown() != "-") {
        Some(file) if file.prefix().starts_with("http") => machine.act(Kind::CodeFetched, file.shown()),
        Some(file) => {
            let text = machine.read_file(state, &file.clone());
            machine.runs_code(&text);
            if text.as_known().is_some() {
                code::run(machine, state, language, &text);
            }
        }
        None => {
            let text = machine.input(state, 0);
            machine.runs_code(&text);
            code::run(machine, state, language, &text);
            if call.args.iter().all(|arg| keeps_open(language, &arg.shown())) {
                typed(machine, state);
            }
        }
    }
}

/// Whether a language that is given this option and no code still waits for some: most tell of themselves and end.
fn keeps_open(language: code::Language, option: &str) -> bool {
    match (language, option) {
        (_, "-" | "--interactive") => true,
        (code::Language::Php, option) => option == "-a",
        (code::Language::Python, option) => !option.starts_with("--"),
        (_, option) => !option.starts_with("--") && !option.contains(['v', 'V', 'h', 'c']),
    }
}

fn powershell(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let mut at = 0;
    let mut from_stdin = true;
    while let Some(arg) = call.args.get(at) {
        let flag = arg.shown().to_ascii_lowercase();
        at += 1;
        let is = |name: &str, least: usize| flag.len() > least && format!("-{name}").starts_with(&flag);
        if is("encodedcommand", 1) || flag == "-ec" || flag == "-enc" {
            if call.args.get(at).is_some_and(|value| !value.prefix().starts_with('-')) {
                machine.act(Kind::CodeDecoded, "an encoded command");
            }
            return;
        }
        if is("command", 1) {
            if call.args.get(at).is_some_and(|value| value.shown() != "-") {
                let text = super::wrappers::joined(&call.inner(at));
                machine.runs_code(&text);
                powershell_code(machine, &text.shown());
                return;
            }
            continue;
        }
        if is("file", 1) {
            if let Some(file) = call.args.get(at).cloned() {
                let text = machine.read_file(state, &file);
                machine.runs_code(&text);
            }
            return;
        }
        if matches!(
            flag.as_str(),
            "-nologo" | "-noprofile" | "-noexit" | "-noninteractive" | "-sta" | "-mta" | "-nop" | "-noni" | "-"
        ) {
            continue;
        }
        if ["executionpolicy", "workingdirectory", "windowstyle", "version", "inputformat", "outputformat"]
            .iter()
            .any(|name| is(name, 1))
        {
            at += 1;
            continue;
        }
        if !flag.starts_with('-') {
            let text = machine.read_file(state, &arg.clone());
            machine.runs_code(&text);
            from_stdin = false;
            break;
        }
    }
    if from_stdin {
        let text = machine.input(state, 0);
        machine.runs_code(&text);
        typed(machine, state);
    }
}

/// What a line of PowerShell shows: a download that is run, a tree that is removed.
fn powershell_code(machine: &mut Machine<'_>, text: &str) {
    let lower = text.to_ascii_lowercase();
    let fetches = ["invoke-webrequest", "iwr ", "downloadstring", "invoke-restmethod", "irm ", "curl ", "wget "];
    let runs = ["invoke-expression", "iex", "| powershell", "&("];
    if fetches.iter().any(|word| lower.contains(word)) && runs.iter().any(|word| lower.contains(word)) {
        machine.act(Kind::CodeFetched, "a download");
    }
    if (lower.contains("remove-item") || lower.starts_with("rm ") || lower.contains("rmdir")) && lower.contains("-r") {
        for word in lower.split([' ', '\'', '"', ';']) {
            let path = crate::policy::places::absolute(word, "/");
            let is_root = word.len() <= 3 && word.contains(":\\")
                || word.starts_with("c:\\windows")
                || word.contains("$home")
                || word == "~";
            if is_root {
                machine.note(Kind::FileDelete, path, crate::policy::places::Place::System, true, Default::default());
            }
        }
    }
}

//! Shells and languages that run code given to them: as an argument, as input, as a file.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, ordered, read};
use super::super::state::{State, Stream, Variable};
use super::super::value::Text;
use super::sieve::{Sieve, sieve};
use super::tables::throwaway;
use super::{Program, code, texts};
use crate::policy::effects::Kind;
use crate::policy::lists::is;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "mksh" | "ash" | "fish" | "csh" | "tcsh" | "rbash" | "yash"
        | "posh" | "nu" | "xonsh" | "elvish" | "osh" => shell,
        _ if found(name).is_some() => interpreter,
        _ => return None,
    })
}

/// A language's interpreter: its names, its options with a value, and those whose value is code.
struct Interpreter {
    names: &'static [&'static str],
    language: code::Language,
    short: &'static str,
    evaluates: &'static [&'static str],
    /// First words behind which a file to run stands, and such behind which code does.
    runs: &'static [&'static str],
    evals: &'static [&'static str],
}

const fn interpreter_of(
    names: &'static [&'static str],
    language: code::Language,
    short: &'static str,
    evaluates: &'static [&'static str],
) -> Interpreter {
    Interpreter { names, language, short, evaluates, runs: &[], evals: &[] }
}

use code::Language::{JavaScript, Other, Perl, Php, Python, Ruby};

const INTERPRETERS: &[Interpreter] = &[
    interpreter_of(&["python", "pypy", "ipython"], Python, "cmWXQ", &["c"]),
    interpreter_of(&["perl", "raku"], Perl, "eEIMmDxi?F", &["e", "E"]),
    interpreter_of(&["ruby", "irb", "jruby"], Ruby, "eIrEFKTWxCi?", &["e"]),
    interpreter_of(&["node", "nodejs", "tsx", "ts-node"], JavaScript, "eprC", &["e", "p", "eval", "print"]),
    Interpreter { runs: &["run"], ..interpreter_of(&["bun"], JavaScript, "epr", &["e", "p", "eval", "print"]) },
    Interpreter { runs: &["run"], evals: &["eval"], ..interpreter_of(&["deno"], JavaScript, "cL", &[]) },
    interpreter_of(&["php"], Php, "rcdzfBRFEStS", &["r", "run"]),
    interpreter_of(&["lua", "luajit", "texlua"], Other, "elW", &["e"]),
    interpreter_of(&["Rscript", "R", "littler"], Other, "efgd", &["e"]),
    interpreter_of(&["julia"], Other, "eEpLtJH", &["e", "E", "eval", "print"]),
    interpreter_of(&["elixir", "iex"], Other, "erS", &["e", "eval"]),
    Interpreter { runs: &["run"], ..interpreter_of(&["swift"], Other, "e", &["e"]) },
    interpreter_of(&["scala", "scala-cli", "groovy", "kotlin", "kotlinc", "ghc", "runghc"], Other, "e", &["e"]),
    interpreter_of(&["clojure", "clj", "bb"], Other, "eAMX", &["e", "eval"]),
    interpreter_of(&["racket", "guile", "gosh", "gnuplot"], Other, "ecl", &["e", "c"]),
    interpreter_of(&["sbcl", "octave", "emacs", "emacsclient", "erl"], Other, "l", &["eval", "execute"]),
    interpreter_of(&["osascript"], Other, "els", &["e"]),
    interpreter_of(&["tclsh", "wish", "java", "jshell", "rust-script"], Other, "", &[]),
    Interpreter {
        runs: &["run", "r"],
        evals: &["eval"],
        ..interpreter_of(&["dart", "nim", "crystal"], Other, "d", &[])
    },
];

fn found(name: &str) -> Option<&'static Interpreter> {
    // Versions are no matter.
    let stem = name.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
    static KNOWN: Sieve<16> = sieve!(INTERPRETERS);
    INTERPRETERS.iter().filter(|_| KNOWN.passes(stem)).find(|known| known.names.contains(&stem))
}

fn shell(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &ordered(
            "oO",
            &[
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
        ),
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
        machine.brings(state, &file.shown(), arguments);
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
pub(super) fn typed(machine: &mut Machine<'_>, state: &State) {
    if Machine::is_terminal(state) {
        machine.act(Kind::CodeTyped, "what is typed into it");
    }
}

/// Long options with a value, of all of them.
const LONG: &[&str] = &[
    "check-hash-based-pycs=",
    "encoding=",
    "eval=",
    "print=",
    "require=",
    "import=",
    "loader=",
    "run=",
    "config=",
    "import-map=",
    "execute=",
    "project=",
    "threads=",
    "env-file=",
    "tsconfig=",
    "script=",
];

/// Addresses of a language's own library.
const LIBRARIES: &[&str] = &["https://deno.land/std", "https://jsr.io/"];

/// Whether an address is one of a language's own library.
pub(super) fn is_library(address: &str) -> bool {
    LIBRARIES.iter().any(|own| address.starts_with(own))
}

fn interpreter(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if call.name == "java" && call.args.iter().any(|arg| arg.shown() == "-jar") {
        return super::tables::archive(machine, call, state);
    }
    let Some(known) = found(&call.name) else { return };
    let language = known.language;
    let spec = Spec { short: known.short, long: LONG, ordered: true, single: call.name == "erl" };
    let mut options = read(&call.args, &spec);
    if options.is_help() || options.has(&["V"]) {
        return;
    }
    if language == Php && options.has(&["S"]) {
        let address = options.value(&["S"]).map(Text::shown);
        return machine.serves(state, options.value(&["t"]), address.as_deref());
    }
    let mut given: Vec<Text> = options.values(known.evaluates).cloned().collect();
    if !known.runs.is_empty()
        && let Some((verb, rest)) = options.operands.split_first()
    {
        let verb = verb.shown();
        let inner = read(rest, &spec);
        if known.evals.contains(&verb.as_str()) {
            given.extend(inner.operands.first().cloned());
        } else if known.runs.contains(&verb.as_str()) {
            options.operands = inner.operands;
        } else if call.name == "bun" && verb == "x" {
            return machine.child(state, inner.operands);
        } else if !verb.contains(['.', '/']) {
            return super::tables::table(machine, call, state);
        }
    }
    let operands = options.operands.as_slice();
    if language == Ruby && given.iter().any(|code| code.shown() == "httpd") {
        return machine.serves(state, operands.first(), None);
    }
    if !given.is_empty() {
        if matches!(language, Perl | Ruby) && options.has(&["i"]) {
            given.iter().for_each(|code| texts::edited(machine, state, operands, &code.encoded()));
        }
        for text in given {
            let text = with_arguments(&text, language, operands);
            machine.runs_code(&text);
            code::run_within(machine, state, language, &text, |machine, state| {
                throwaway::is_application_of_tests(machine, state, &Options::default())
            });
        }
        if matches!(language, Perl | Ruby) && options.has(&["i"]) {
            machine.edits(state, operands);
        }
        return;
    }
    if let Some(module) = options.value(&["m"]).filter(|_| language == Python) {
        let fields = std::iter::once(module.clone()).chain(operands.iter().cloned()).collect();
        return machine.child(state, fields);
    }
    if let Some((name, rest)) =
        operands.split_first().and_then(|(file, rest)| Some((own_command(&file.shown())?.to_owned(), rest)))
    {
        // A framework's own commands, which a table knows.
        let fields = std::iter::once(Text::known(name)).chain(rest.iter().cloned()).collect();
        return machine.child(state, fields);
    }
    if let Some((file, rest)) = operands.split_first() {
        let name = super::base_name(&file.shown()).to_owned();
        if super::attacks::program(&name).is_some() && name.ends_with(".py") {
            return machine.child(state, std::iter::once(Text::known(name)).chain(rest.iter().cloned()).collect());
        }
    }
    match operands.first().filter(|file| file.shown() != "-") {
        Some(file) if file.prefix().starts_with("http") => {
            if !is_library(file.prefix()) {
                machine.act(Kind::CodeFetched, file.shown());
            }
        }
        Some(file) => {
            let text = machine.read_file(state, file);
            machine.brings(state, &file.shown(), &operands[1..]);
            machine.runs_code(&text);
            if text.prefix().is_empty() {
                machine.emit(state, 1, Text::hole(super::super::value::Origin::UNKNOWN));
            } else {
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

/// Code with what is written behind it in the places where it takes that: `$ARGV[0]`, `sys.argv[1]`.
fn with_arguments(code: &Text, language: code::Language, operands: &[Text]) -> Text {
    const MOST: usize = 4;
    let shown = code.shown();
    if operands.is_empty() || !shown.contains("ARGV") && !shown.contains("argv") && !shown.contains("shift") {
        return code.clone();
    }
    let literal = |operand: &Text| {
        let mut quoted = Text::known("'");
        quoted.push(operand);
        quoted.push_known("'", false);
        quoted
    };
    let put = |code: Text, at: usize, operand: &Text| {
        let own = at + 1;
        let names: Vec<String> = match language {
            Perl if at == 0 => {
                vec!["$ARGV[0]".into(), "shift @ARGV".into(), "shift(@ARGV)".into(), "(shift)".into(), "@ARGV".into()]
            }
            Perl => vec![format!("$ARGV[{at}]")],
            Ruby if at == 0 => vec!["ARGV[0]".into(), "ARGV.first".into(), "ARGV.shift".into()],
            Ruby => vec![format!("ARGV[{at}]")],
            Python => vec![format!("sys.argv[{own}]"), format!("argv[{own}]")],
            JavaScript => vec![format!("process.argv[{own}]")],
            Php => vec![format!("$argv[{own}]")],
            Other => Vec::new(),
        };
        let value = literal(operand);
        names.iter().fold(code, |code, name| match name.as_str() {
            "(shift)" => {
                let mut enclosed = Text::known("(");
                enclosed.push(&value);
                enclosed.push_known(")", false);
                code.replaced(name, &enclosed)
            }
            name => code.replaced(name, &value),
        })
    };
    let plain = |operand: &Text| !operand.shown().contains(['\'', '\\']);
    let few = operands.iter().take(MOST).enumerate().filter(|(_, operand)| plain(operand));
    few.fold(code.clone(), |code, (at, operand)| put(code, at, operand))
}

/// The program that a file is by which a framework or a site is told what to do: `bin/magento`, `wp-cli.phar`.
pub(super) fn own_command(file: &str) -> Option<&str> {
    const OWN: &str = "artisan|console|manage.py|setup.py|magento|occ|drush|wp|craft|typo3|yii|spark|cake|odoo-bin";
    let name = super::base_name(file);
    let stem = name.strip_suffix(".phar").or(name.strip_suffix(".php")).unwrap_or(name);
    let known = match stem {
        "wp-cli" => "wp",
        "n98-magerun" | "n98-magerun2" => "magento",
        stem => stem,
    };
    is(known, OWN).then_some(known)
}

/// Whether a language that is given this option and no code still waits for some: most tell of themselves and end.
fn keeps_open(language: code::Language, option: &str) -> bool {
    match (language, option) {
        (_, "-" | "--interactive") => true,
        (Php, option) => option == "-a",
        (Python, option) => !option.starts_with("--"),
        (_, option) => !option.starts_with("--") && !option.contains(['v', 'V', 'h', 'c']),
    }
}

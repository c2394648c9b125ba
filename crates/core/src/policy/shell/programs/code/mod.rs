//! What a piece of code in another language does, as far as its calls show it.
//!
//! This is no parser of those languages: it finds the calls that run a shell, remove trees, read files and send data, by their
//! names, and takes their arguments as far as literals, the home and what joins them tell ([`values`]). That is what one-liners
//! are made of.

mod calls;
mod emptying;
mod finding;
mod habits;
mod services;
mod values;

use super::super::machine::Machine;
use super::super::state::{Content, State, Stream};
use super::super::value::{Origin, Text};
use crate::policy::effects::{Kind, Where};
use crate::policy::places::Place;
use calls::{DECODES, Does, FETCHES};
use finding::{Found, found, receiver_at, unaliased};
use values::{Scope, enclosed, is_part, quoted, split};

/// A language that runs code given to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Perl,
    Ruby,
    JavaScript,
    Php,
    Other,
}

/// How much of a piece of code, in bytes, is searched for calls.
const MAX_CODE: usize = 64 * 1024;

/// The most calls that are looked at.
const MAX_CALLS: usize = 96;

/// How much of what a call is given, and of what it is called on, is read, in bytes.
const MAX_ARGUMENTS: usize = 4 * 1024;

/// The most lookups of what names stand for.
const MAX_LOOKUPS: usize = 128;

/// The most pieces of code within one that are gone through.
const MAX_INNER: usize = 8;

/// The most names that are followed in a piece of code.
const MAX_NAMES: usize = 16;

/// How deep code may be given to itself.
const MAX_DEPTH: usize = 2;

/// The path that an expression of another language names.
pub(super) fn path(machine: &Machine<'_>, expression: &str) -> Text {
    let home = machine.facts.home().unwrap_or_default();
    let scope = Scope::new(expression, Language::Other, home);
    scope.path(split(expression).first().copied().unwrap_or_default())
}

/// Notes what code does.
pub(super) fn run(machine: &mut Machine<'_>, state: &mut State, language: Language, text: &Text) {
    run_at(machine, state, language, &text.encoded(), 0);
}

fn run_at(machine: &mut Machine<'_>, state: &mut State, language: Language, code: &str, depth: usize) {
    let code = unaliased(code[..code.floor_char_boundary(MAX_CODE)].to_owned(), language);
    let home = machine.facts.home().unwrap_or_default().to_owned();
    let mut run = Run {
        scope: Scope::new(&code, language, &home),
        throwaway: is_throwaway(&code),
        secret: Origin::UNKNOWN,
        sends: Vec::new(),
        depth,
        inner: 0,
    };
    habits::note(machine, &code);
    if CAPTURES.iter().any(|word| code.contains(word)) {
        run.secret = Origin::DUMPED;
        captured(machine, state, &code);
    }
    emptying::note(machine, state, &code);
    services::note(machine, state, &code);
    super::dialogs::shown_by(machine, state, &code);
    for found in found(&code, language) {
        if machine.facts.is_late() {
            machine.incomplete = true;
            break;
        }
        run.call(machine, state, &found);
    }
    // What is sent may have been read anywhere before.
    for (host, origin) in std::mem::take(&mut run.sends) {
        let origin = origin.and(run.secret);
        if !host.is_empty() || origin.secret {
            machine.sends(&host, origin);
            machine.note(Kind::NetFetch, host, Default::default(), false, Origin::UNKNOWN);
        }
    }
    let says = ["print", "stdout", "console.log", "puts", "echo", "say", "cat("].iter().any(|word| code.contains(word));
    let has = |words: &[&str]| says && words.iter().any(|word| code.contains(word));
    let said = Origin { fetched: has(FETCHES), decoded: has(DECODES), ..run.secret };
    let said = Origin { secret: said.secret || has(ENVIRONMENT), ..said };
    machine.emit(state, 1, Text::hole(said));
    if language == Language::JavaScript && (code.contains("then(eval)") || runs_answer(&code)) {
        machine.runs_code(&Text::hole(Origin::FETCHED));
    }
    if matches!(language, Language::Perl | Language::Ruby | Language::Php) || code.contains("run(`") {
        for command in code.split('`').skip(1).step_by(2).take(MAX_NAMES) {
            let line = format!("\"{}\"", command.replace('"', "\\\""));
            machine.code(state, &run.scope.value(&line), Vec::new());
        }
    }
}

/// Words of libraries that capture the screen, the clipboard, what is heard, seen or typed.
const CAPTURES: &[&str] = &[
    "ImageGrab",
    "pyautogui.screenshot",
    "pyscreenshot",
    "mss.mss",
    "mss()",
    "screenshot-desktop",
    "pyperclip.paste",
    "clipboard.paste",
    "clipboardy.read",
    "clipboard_get(",
    "Clipboard.GetText",
    "the clipboard",
    "VideoCapture(0",
    "sounddevice",
    "pyaudio",
    "pynput",
    "keyboard.on_press",
];

/// Remembers the files of pictures and sounds that code which captures names.
fn captured(machine: &Machine<'_>, state: &mut State, code: &str) {
    const ENDINGS: &[&str] = &[".png", ".jpg", ".jpeg", ".bmp", ".gif", ".wav", ".mp3", ".mp4", ".avi", ".webm"];
    let literals = code.split(['"', '\'']).filter(|text| ENDINGS.iter().any(|ending| text.ends_with(ending)));
    for literal in literals.take(MAX_NAMES) {
        if let Some(path) = machine.path(state, &Text::known(literal)) {
            state.write(&path, Text::hole(Origin::DUMPED), false);
        }
    }
}

/// Whether a program of JavaScript gathers what another machine answers, piece by piece, and runs it.
fn runs_answer(code: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    has(&[".get(", ".request("])
        && code.contains("http")
        && has(&["on('data'", "on(\"data\"", "on(`data`"])
        && has(&["eval(", "Function(", "runInThisContext(", "runInNewContext(", "runInContext(", "._compile("])
}

/// Notes what a program of `awk` does besides its report: `system(…)`, `"…" | getline`, `print … | "…"`, `print > "…"`.
///
/// What its fields hold comes from where its input comes from.
pub(super) fn awk(machine: &mut Machine<'_>, state: &mut State, code: &str, fed: Origin) {
    let code = &code[..code.floor_char_boundary(MAX_CODE)];
    let home = machine.facts.home().unwrap_or_default().to_owned();
    let scope = Scope::new(code, Language::Other, &home);
    habits::note(machine, code);
    for (at, _) in code.match_indices("system(").take(MAX_NAMES) {
        let given = enclosed(&code[at + "system(".len()..], '(', ')').0;
        let line = if given.trim_start().starts_with('"') { side_by_side(given, fed) } else { scope.value(given) };
        machine.code(state, &line, Vec::new());
    }
    for (at, sign) in code.match_indices(['|', '>']).take(MAX_NAMES) {
        let (before, after) = (code[..at].trim_end(), code[at + 1..].trim_start_matches(['&', '>', ' ']));
        if sign == "|" && after.starts_with("getline") {
            let start = before.strip_suffix('"').and_then(|inner| inner.rfind('"'));
            if let Some(command) = start.and_then(|start| literal(&before[start..])) {
                machine.code(state, &Text::decoded(&command), Vec::new());
            }
        }
        let Some(named) = literal(after).filter(|_| after.starts_with('"')) else { continue };
        let printed = before.rsplit_once("print").map(|(_, printed)| printed.trim_start_matches(['f', ' ']));
        match (sign, printed) {
            ("|", Some(printed)) => {
                let mut inner = state.clone();
                inner.set_stream(0, Stream::Text(scope.value(printed)));
                machine.code(&mut inner, &Text::decoded(&named), Vec::new());
                state.files = inner.files;
            }
            (">", Some(_)) => {
                let path = machine.path(state, &Text::decoded(&named)).filter(|path| !path.starts_with("/dev/std"));
                path.into_iter().for_each(|path| machine.writes(state, &path, false));
            }
            _ => {}
        }
    }
}

/// Texts that stand side by side are one: literals, and between them what nobody knows but its origin.
fn side_by_side(expression: &str, fed: Origin) -> Text {
    let mut made = Text::default();
    let mut rest = expression[..expression.floor_char_boundary(MAX_ARGUMENTS)].trim();
    for _ in 0..MAX_NAMES {
        if rest.is_empty() {
            break;
        }
        let literal = if rest.starts_with('"') { quoted(rest) } else { None };
        rest = match literal {
            Some((text, _, behind)) => {
                made.push(&Text::decoded(&unescaped(text)));
                behind.trim_start()
            }
            None => {
                made.push_hole(fed);
                let end = rest.char_indices().skip(1).find(|(_, char)| *char == '"');
                end.map_or("", |(at, _)| &rest[at..])
            }
        };
    }
    made
}

/// What each line begins with that a program of `awk` prints, where that is a text of its own: `{print ":"$2}`.
pub(super) fn begins_of_awk(code: &str) -> Option<String> {
    let (_, printed) = code.split_once("print")?;
    let (formats, printed) = printed.strip_prefix('f').map_or((false, printed), |printed| (true, printed));
    let printed = printed.trim_start_matches([' ', '(']);
    if !printed.starts_with('"') || printed.contains("print") {
        return None;
    }
    let text = literal(printed)?;
    let text = if formats { text.split('%').next().unwrap_or_default().to_owned() } else { text };
    (!text.is_empty()).then_some(text)
}

/// Expressions of the whole environment.
const ENVIRONMENT: &[&str] = &[
    "os.environ)",
    "os.environ,",
    "os.environ}",
    "os.environ.items()",
    "os.environ.copy())",
    "Object.entries(process.env)",
    "...process.env",
    "process.env)",
    "process.env,",
    "process.env}",
    "ENV.to_h",
    "ENV.inspect",
    "os.Environ()",
];

/// A piece of code that is gone through.
struct Run<'c> {
    scope: Scope<'c>,
    /// Whether the data it reaches is made to be thrown away.
    throwaway: bool,
    secret: Origin,
    sends: Vec<(String, Origin)>,
    depth: usize,
    /// How many pieces of code within this one were gone through.
    inner: usize,
}

impl Run<'_> {
    fn call(&mut self, machine: &mut Machine<'_>, state: &mut State, found: &Found<'_>) {
        let arguments = found.arguments;
        match found.does {
            Does::Shell | Does::Process => self.process(machine, state, found),
            Does::Code => {
                let known = self.scope.value(arguments);
                if known.prefix().starts_with("http") && !super::interpreters::is_library(known.prefix()) {
                    machine.act(Kind::CodeFetched, known.shown());
                }
                match known
                    .as_known()
                    .filter(|code| !code.is_empty() && self.depth < MAX_DEPTH && self.inner < MAX_INNER)
                {
                    Some(code) => {
                        self.inner += 1;
                        run_at(machine, state, self.scope.language, &code, self.depth + 1);
                    }
                    None => {
                        machine.runs_code(&Text::hole(self.origin(arguments).and(known.origin().unwrap_or_default())));
                    }
                }
            }
            Does::Delete if found.name == "array_map" && !arguments.contains("unlink") => {}
            Does::DeleteTree | Does::Delete => {
                for path in self.paths(arguments) {
                    machine.deletes(state, &path, found.does == Does::DeleteTree);
                }
                self.walked(machine, state);
            }
            Does::RunSelf => {
                let line = self.scope.value(found.before[receiver_at(found.before)..].trim());
                machine.code(state, &line, Vec::new());
            }
            Does::DeleteSelf | Does::DeleteTreeSelf => {
                let path = self.receiver(found.before);
                machine.deletes(state, &path, found.does == Does::DeleteTreeSelf);
            }
            Does::Open | Does::Write => self.open(machine, state, found),
            Does::ReadSelf | Does::WriteSelf => {
                let path = self.receiver(found.before);
                let mode = arguments.trim_start().trim_start_matches(['"', '\'']);
                if found.does == Does::WriteSelf || mode.starts_with(['w', 'a', 'x']) {
                    self.writes(machine, state, &path);
                } else {
                    self.reads(machine, state, &path);
                }
            }
            Does::Load => {
                let fetched = self.origin(arguments).fetched || self.is_of_fetched(machine, state, arguments);
                if fetched && self.is_strange() {
                    machine.runs_code(&Text::hole(Origin::FETCHED));
                }
            }
            Does::Elsewhere => {
                let line = self.scope.value(arguments);
                let outer = std::mem::replace(&mut machine.at, Where::Remote);
                machine.code(&mut state.clone(), &line, Vec::new());
                machine.at = outer;
            }
            Does::Send => {
                let host = crate::policy::hosts::host(&self.scope.value(arguments).shown());
                let host = if host.contains(super::super::value::HOLE) { String::new() } else { host };
                self.sends.push((host, self.origin(arguments)));
            }
            Does::Sql => {
                let within = |argument: &str| argument.find(['"', '\'', '`']).and_then(|at| literal(&argument[at..]));
                let mut statements = split(arguments).into_iter().map(|argument| match self.scope.value(argument) {
                    // `text("…")` and its kin.
                    value if value.prefix().is_empty() => within(argument).unwrap_or_default(),
                    value => value.shown(),
                });
                let destroyed = statements.find_map(|statement| super::tables::destroys(&statement));
                if let Some(what) = destroyed.filter(|_| !self.throwaway) {
                    machine.act(Kind::DatabaseDestroy, what);
                }
            }
            Does::Destroys(kind) | Does::DestroysAll(kind) => {
                let dense: String = arguments.chars().filter(|char| !char.is_whitespace()).collect();
                let chosen = found.before[receiver_at(found.before)..].contains("where");
                let all =
                    matches!(dense.as_str(), "" | "{}" | "{where:{}}" | "filter={}" | "ctx,bson.M{}" | "ctx,bson.D{}");
                if (all && !chosen || matches!(found.does, Does::Destroys(_))) && !self.throwaway {
                    machine.act(kind, found.name);
                }
            }
        }
    }

    /// Whether a file that holds objects came from a machine that is not known for handing them out.
    fn is_of_fetched(&self, machine: &Machine<'_>, state: &State, arguments: &str) -> bool {
        let code = self.scope.code;
        if arguments.contains("weights_only=True") {
            return false;
        }
        let within = arguments.find(['"', '\'']).and_then(|at| literal(&arguments[at..]));
        let named = within.map(Text::known).or_else(|| self.paths(arguments).into_iter().next());
        let path = named.and_then(|file| machine.path(state, &file));
        let brought = path.is_some_and(|path| {
            matches!(state.files.get(&path), Some(Content::Is(text)) if text.origin().is_some_and(|origin| origin.fetched))
        });
        let fetches = ["urlretrieve(", "wget.download("].iter().any(|word| code.contains(word));
        let is_address = arguments.trim_start().trim_start_matches(['"', '\'']).starts_with("http");
        brought || fetches || is_address
    }

    /// Whether the machines that code names, if it names any, are not all known for handing out what is loaded.
    fn is_strange(&self) -> bool {
        let code = self.scope.code;
        let named = code.match_indices("://").take(MAX_NAMES).map(|(at, _)| crate::policy::hosts::host(&code[at..]));
        let mut named = named.filter(|host| !host.is_empty()).peekable();
        named.peek().is_none() && !code.contains("huggingface_hub")
            || named.any(|host| !HUBS.iter().any(|hub| host.ends_with(hub)))
    }

    /// The paths that a call's first argument names: those of a list, or one. `rm("-rf", x)` is given options first.
    fn paths(&self, arguments: &str) -> Vec<Text> {
        let listed = self.scope.listed(arguments);
        if !listed.is_empty() {
            return listed;
        }
        let given = split(arguments);
        let is_option = |argument: &&&str| {
            let bare = argument.trim_matches(['"', '\'']);
            !bare.starts_with('-') && !matches!(bare, "unlink" | "rmdir")
        };
        let Some(first) = given.iter().find(is_option) else { return Vec::new() };
        let items = first.strip_prefix('[').map(|inner| split(enclosed(inner, '[', ']').0));
        items.unwrap_or_else(|| vec![first]).into_iter().take(MAX_NAMES).map(|item| self.scope.path(item)).collect()
    }

    /// Where files are removed one by one as a walk through a tree finds them, and nothing chooses among them, it is the tree.
    /// Within a project that is a clean-up.
    fn walked(&self, machine: &mut Machine<'_>, state: &mut State) {
        let code = self.scope.code;
        let Some((_, inside)) = code.split_once("os.walk(").filter(|_| !code.contains(" if ")) else { return };
        let tree = self.scope.path(enclosed(inside, '(', ')').0);
        let place = machine.path(state, &tree).map(|path| machine.place(&path));
        if matches!(place, Some(Place::Home | Place::HomeTree | Place::System)) {
            machine.deletes(state, &tree, true);
        }
    }

    /// What a method is called on.
    fn receiver(&self, before: &str) -> Text {
        let start = receiver_at(before);
        self.scope.path(before[start..].trim())
    }

    /// Runs a shell's line, or a program with its arguments.
    fn process(&self, machine: &mut Machine<'_>, state: &mut State, found: &Found<'_>) {
        let arguments = found.arguments;
        let given = split(arguments);
        let Some(first) = given.first() else { return };
        let word = |text: &str| {
            let value = self.scope.value(text);
            if value.is_empty() { Text::hole(self.origin(text)) } else { value }
        };
        if let Some(items) = list(first) {
            let words: Vec<Text> = items.iter().take(MAX_NAMES).map(|item| word(item)).collect();
            if self.runs_what_it_decodes(items.first().copied().unwrap_or_default(), &words) {
                return machine.act(Kind::CodeDecoded, "a file that was decoded");
            }
            return machine.child(state, words);
        }
        let is_word = |text: &&&str| {
            text.starts_with(['"', '\'', '`'])
                || list(text).is_some()
                || !(text.starts_with('{') || text.contains(['=', ':']))
        };
        let by_shell = ["shell=True", "shell: true", "shell:true"].iter().any(|word| arguments.contains(word));
        let listed = self.scope.listed(first);
        let is_line = found.does == Does::Shell && given.iter().filter(is_word).count() < 2
            || by_shell
            || found.does == Does::Shell && !first.starts_with(['"', '\'']);
        if is_line {
            let lines = if listed.is_empty() { vec![word(first)] } else { listed };
            let told = self.origin(first);
            for line in lines {
                let line = if line.prefix().is_empty() && line.as_known().is_none() {
                    Text::hole(line.origin().unwrap_or_default().and(told))
                } else {
                    line
                };
                machine.code(state, &line, Vec::new());
            }
            return;
        }
        let mut words: Vec<Text> = Vec::new();
        for argument in given.iter().filter(is_word).take(MAX_NAMES) {
            match list(argument) {
                Some(items) => words.extend(items.into_iter().take(MAX_NAMES).map(word)),
                None => words.push(word(argument)),
            }
        }
        // Arguments that are added one by one, and those within an object.
        let behind = &self.scope.code[found.before.len().min(self.scope.code.len())..];
        let chained = behind.split(';').next().unwrap_or_default();
        if found.name == "Command::new" {
            for more in [".arg(", ".args(["] {
                for (at, _) in chained.match_indices(more).take(MAX_NAMES) {
                    words.extend(
                        split(enclosed(&chained[at + more.len()..], '(', ')').0.trim_end_matches([']', ')']))
                            .into_iter()
                            .map(word),
                    );
                }
            }
        }
        if let Some((_, items)) = arguments.split_once("args:").filter(|_| found.name == "Deno.Command") {
            words.extend(
                items
                    .trim_start()
                    .strip_prefix('[')
                    .map(|inner| split(enclosed(inner, '[', ']').0))
                    .unwrap_or_default()
                    .into_iter()
                    .map(word),
            );
        }
        if self.runs_what_it_decodes(first, &words) {
            return machine.act(Kind::CodeDecoded, "a file that was decoded");
        }
        // A program with its arguments in one literal is what a shell would split.
        match words.as_slice() {
            // A name that is not known is of one program at most.
            [only] if only.prefix().is_empty() => {}
            [only] if only.prefix().contains(' ') => machine.code(state, &only.clone(), Vec::new()),
            _ => machine.child(state, words),
        }
    }

    /// Whether a file is run whose name is not known, by code that writes what it decodes to one.
    fn runs_what_it_decodes(&self, first: &str, words: &[Text]) -> bool {
        let has = |list: &[&str]| list.iter().any(|word| self.scope.code.contains(word));
        let unknown = |at: usize| words.get(at).is_some_and(|word| word.prefix().is_empty() && !word.is_empty());
        let shells = ["sh", "bash", "zsh", "dash", "python", "python3", "perl", "node"];
        let by_shell = words.first().is_some_and(|word| shells.contains(&super::base_name(word.prefix())));
        let is_file = (by_shell || first.contains("sys.executable")) && unknown(1)
            || unknown(0) && !first.contains("sys.executable") && has(&["chmod("]);
        is_file
            && has(DECODES)
            && has(&[
                "NamedTemporaryFile",
                "mkstemp",
                "write_bytes(",
                "'wb'",
                "\"wb\"",
                "writeFileSync(",
                "write_text(",
            ])
    }

    fn open(&mut self, machine: &mut Machine<'_>, state: &mut State, found: &Found<'_>) {
        let arguments = found.arguments;
        let writes = found.does == Does::Write
            || ["'w", "\"w", "'a", "\"a", "'r+", "\"r+", "'>", "\">", "mode='w"]
                .iter()
                .any(|mode| arguments.contains(mode));
        // Perl names the file last.
        let given = split(arguments);
        let perl = (self.scope.language == Language::Perl).then(|| given.last().copied()).flatten();
        let named: Vec<Text> = match perl {
            Some(last) => vec![self.scope.path(last)],
            None => self.paths(arguments),
        };
        for path in named {
            let path = match path.prefix().trim_start_matches(['<', '>', '+', ' ']).len() {
                rest if rest < path.prefix().len() => path.after(path.prefix().len() - rest),
                _ => path,
            };
            if writes {
                self.writes(machine, state, &path);
            } else {
                self.reads(machine, state, &path);
            }
        }
    }

    fn writes(&self, machine: &mut Machine<'_>, state: &State, path: &Text) {
        if let Some(path) = machine.path(state, path) {
            machine.writes(state, &path, false);
        }
    }

    fn reads(&mut self, machine: &mut Machine<'_>, state: &State, path: &Text) {
        if path.prefix().is_empty() || path.prefix().contains("://") {
            return;
        }
        let read = machine.read_each(state, path);
        self.secret = self.secret.and(Origin { endless: false, ..read.origin().unwrap_or_default() });
    }

    /// Where what an expression holds comes from, by its words and by those of what its first name stands for.
    fn origin(&self, expression: &str) -> Origin {
        let mut origin = origin_of(expression);
        let name = expression.trim_start().split(|char| !(is_part(char) || char == '$')).next();
        if let Some(given) = name.filter(|name| !name.is_empty()).and_then(|name| self.scope.given(name).next()) {
            let end = given.find(['\n', ';']).unwrap_or(given.len());
            origin = origin.and(origin_of(&given[..end]));
        }
        origin
    }
}

/// Machines that many take trained models from.
const HUBS: &[&str] =
    &["huggingface.co", "hf.co", "pytorch.org", "tensorflow.org", "storage.googleapis.com", "localhost", "127.0.0.1"];

/// Where what an expression holds comes from, by its words.
fn origin_of(expression: &str) -> Origin {
    let has = |words: &[&str]| words.iter().any(|word| expression.contains(word));
    let whole = ENVIRONMENT.iter().any(|word| expression.contains(word))
        || expression.ends_with("os.environ")
        || expression.ends_with("process.env");
    Origin { decoded: has(DECODES), fetched: has(FETCHES), secret: whole, ..Origin::UNKNOWN }
}

/// The items of a list: `[a, b]`, or `c(a, b)`.
fn list(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix("c(").map(|inner| enclosed(inner, '(', ')').0);
    inner.or_else(|| text.strip_prefix('[').map(|inner| enclosed(inner, '[', ']').0)).map(split)
}

/// Words of what is made to be thrown away.
const THROWAWAY: &[&str] = &[
    "localhost",
    "127.0.0.1",
    "[::1]",
    ":memory:",
    "fakeredis",
    "mongomock",
    "moto",
    "testcontainers",
    "MongoMemoryServer",
    "localstack",
    "ioredis-mock",
    "pg-mem",
    "_test",
    "test_",
    "-test",
    "/tmp/",
];

/// Whether the databases and clouds that code names are of this machine, or for tests: such words, and no other address.
fn is_throwaway(code: &str) -> bool {
    let addresses = code.match_indices("://").take(MAX_NAMES).map(|(at, _)| crate::policy::hosts::host(&code[at..]));
    let others = addresses.filter(|host| !host.is_empty() && !crate::policy::hosts::is_local(host)).count();
    others == 0 && THROWAWAY.iter().any(|word| code.contains(word))
}

/// The string literal that a text begins with.
pub(super) fn literal(text: &str) -> Option<String> {
    let (literal, ..) = quoted(text.trim_start())?;
    Some(unescaped(literal))
}

/// The text of a literal, without its quotes.
fn unescaped(literal: &str) -> String {
    let mut made = String::new();
    let mut chars = literal[1..literal.len() - 1].chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => made.push('\n'),
                Some('t') => made.push('\t'),
                other => made.extend(other),
            },
            char => made.push(char),
        }
    }
    made
}

//! What a piece of code in another language does, as far as its calls show it.
//!
//! This is no parser of those languages: it finds the calls that run a shell, remove trees, read files and send data, by their
//! names, and takes their arguments as far as literals, the home and what joins them tell ([`values`]). That is what one-liners
//! are made of.

mod calls;
mod emptying;
mod finding;
mod services;
mod values;

use super::super::machine::Machine;
use super::super::state::{State, Stream};
use super::super::value::{Origin, Text};
use crate::policy::effects::Kind;
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
    habits(machine, &code);
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
pub(super) fn awk(machine: &mut Machine<'_>, state: &mut State, code: &str) {
    let code = &code[..code.floor_char_boundary(MAX_CODE)];
    let home = machine.facts.home().unwrap_or_default().to_owned();
    let scope = Scope::new(code, Language::Other, &home);
    habits(machine, code);
    for (at, _) in code.match_indices("system(").take(MAX_NAMES) {
        let line = scope.value(enclosed(&code[at + "system(".len()..], '(', ')').0);
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
            Does::Thaws => {
                let origin = Origin { decoded: false, ..self.origin(arguments) };
                machine.runs_code(&Text::hole(origin));
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
        if let Some(words) = list(first) {
            return machine.child(state, words.into_iter().take(MAX_NAMES).map(word).collect());
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
        // A program with its arguments in one literal is what a shell would split.
        match words.as_slice() {
            // A name that is not known is of one program at most.
            [only] if only.prefix().is_empty() => {}
            [only] if only.prefix().contains(' ') => machine.code(state, &only.clone(), Vec::new()),
            _ => machine.child(state, words),
        }
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

/// What whole pieces of code are known by: processes without end, a shell at the other end of a socket.
fn habits(machine: &mut Machine<'_>, code: &str) {
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if has(&["fork"]) {
        let dense: String = code.chars().filter(|char| !char.is_whitespace()).collect();
        let endless =
            ["whileTrue:os.fork()", "while1:os.fork()", "forkwhile1", "forkwhiletrue", "while(1){fork", "loop{fork"];
        if endless.iter().any(|word| dense.contains(word)) {
            machine.act(Kind::ProcessBomb, "fork");
        }
    }
    // Code is put where Python runs it whenever it starts.
    let planted = has(&["sitecustomize.py", "usercustomize.py"]) || has(&[".pth"]) && has(&["'import ", "\"import "]);
    if planted && has(&["write(", "write_text(", "'w'", "\"w\"", "'a'", "\"a\""]) && !has(&["process_startup"]) {
        machine.act(Kind::SystemStartup, "code that Python runs at its start");
    }
    // What was decoded is written into a script, and this is run.
    let decodes =
        has(&["b64decode(", "fromhex(", "unhexlify(", "a85decode(", "b85decode(", "'base64')", "\"base64\")"]);
    if decodes
        && has(&[".sh\"", ".sh'", "/bin/sh\", ", "/bin/bash\", ", "\"sh\", ", "\"bash\", "])
        && has(&[".write(", "writeFile"])
        && has(&["subprocess.", "os.system(", "os.exec", "os.spawn", "execSync(", "execFile", "spawn("])
    {
        machine.act(Kind::CodeDecoded, "a script");
    }
    // A server that runs what it is asked for.
    if has(&["HTTPServer", "createServer", "Flask(", "TCPServer", "Sinatra"])
        && has(&[".path[", "self.path", "request.args", "req.query", "req.url", "params["])
        && has(&["getoutput(", "check_output(", "os.popen(", "os.system(", "execSync(", "shell=True"])
    {
        machine.act(Kind::NetShell, "a server");
    }
    if has(&["/inet/"]) && has(&["|getline", "| getline", "system("]) && has(&["|&"]) {
        machine.act(Kind::NetShell, "a socket");
    }
    let sockets = [
        "socket",
        "Socket",
        "fsockopen",
        "TCPServer",
        "net.connect",
        "net.createServer",
        "require('net')",
        "require(\"net\")",
        "'node:net'",
        "\"node:net\"",
        "from 'net'",
        "net.createConnection",
        "net.Dial",
        "net.Listen",
        "/inet/",
    ];
    let wires = [
        "dup2",
        ">&",
        "<&",
        "pty.spawn",
        ".pipe(",
        "popen",
        ".Stdin",
        ".stdin",
        "PIPE",
        "stdin=",
        "check_output",
        "getoutput",
        "|&",
        "InputStream",
    ];
    let shells =
        ["/bin/sh", "/bin/bash", "/bin/zsh", "cmd.exe", "powershell.exe", "'sh'", "\"sh\"", "'bash'", "\"bash\""];
    let takes = ["popen(", "check_output(", "getoutput(", "os.system(", "system(", "exec("];
    let from_wire = ["recv(", ".gets", ".read_line", "on('data'", "on(\"data\"", "receive("];
    let speaks = ["connect", "listen", "accept", "TCPSocket"];
    if has(&sockets) && (has(&shells) && has(&wires) || has(&from_wire) && has(&takes) && has(&speaks)) {
        machine.act(Kind::NetShell, "a socket");
    }
}

/// The string literal that a text begins with.
pub(super) fn literal(text: &str) -> Option<String> {
    let (literal, ..) = quoted(text.trim_start())?;
    let mut made = String::new();
    let mut chars = literal[1..literal.len() - 1].chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                'n' => made.push('\n'),
                't' => made.push('\t'),
                other => made.push(other),
            },
            char => made.push(char),
        }
    }
    Some(made)
}

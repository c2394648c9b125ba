//! What a piece of code in another language does, as far as its calls show it.
//!
//! This is no parser of those languages: it finds the calls that run a shell, remove trees, read files and send data, by their
//! names, and takes their arguments as far as literals, the home and what joins them tell ([`values`]). That is what one-liners
//! are made of.

pub(super) mod awk;
mod calls;
mod emptying;
mod finding;
mod habits;
mod loops;
mod origins;
mod services;
mod values;

use super::super::machine::Machine;
use super::super::state::{Content, State};
use super::super::value::{HOLE, Origin, Text};
use super::has;
use crate::policy::effects::{Effect, Kind, Where};
use crate::policy::hosts;
use crate::policy::inspect::tells_agents;
use crate::policy::places::Place;
use crate::policy::spans;
use calls::Does;
use finding::{Found, found, receiver_at, unaliased};
use values::{Scope, enclosed, is_part, quoted, split, unescaped};

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

/// Through how many names what an expression holds is followed to where it comes from.
const MAX_HANDS: usize = 3;

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

/// [`run`], within an application: nobody misses the rows of a test's database, unless the code names another one.
pub(super) fn run_within(
    machine: &mut Machine<'_>,
    state: &mut State,
    language: Language,
    text: &Text,
    is_of_tests: impl FnOnce(&Machine<'_>, &State) -> bool,
) {
    let before = machine.effects.len();
    run(machine, state, language, text);
    services::note_within(machine, &text.encoded());
    let empties = |effect: &Effect| effect.kind == Kind::DatabaseDestroy;
    if machine.effects.iter().skip(before).any(empties) && !text.shown().contains("://") && is_of_tests(machine, state)
    {
        let found = machine.effects.split_off(before);
        machine.effects.extend(found.into_iter().filter(|effect| !empties(effect)));
    }
}

fn run_at(machine: &mut Machine<'_>, state: &mut State, language: Language, code: &str, depth: usize) {
    let code = unaliased(spans::start(code, MAX_CODE).to_owned(), language);
    let home = machine.facts.home().unwrap_or_default().to_owned();
    let mut run = Run {
        scope: Scope::new(&code, language, &home),
        throwaway: origins::is_throwaway(&code),
        secret: origins::captured(machine, state, &code),
        sends: Vec::new(),
        depth,
        inner: 0,
    };
    habits::note(machine, &code);
    habits::thrown_away(machine, state, &code);
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
    machine.emit(state, 1, Text::hole(run.secret.and(origins::of_said(&code))));
    if language == Language::JavaScript && habits::runs_answer(&code) {
        machine.runs_code(&Text::hole(Origin::FETCHED));
    }
    if matches!(language, Language::Perl | Language::Ruby | Language::Php) || code.contains("run(`") {
        for command in code.split('`').skip(1).step_by(2).take(MAX_NAMES) {
            let line = format!("\"{}\"", command.replace('"', "\\\""));
            machine.code(state, &run.scope.value(&line), Vec::new());
        }
    }
}

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
            Does::Code => self.code(machine, state, arguments),
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
                if fetched && origins::is_strange(self.scope.code) {
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
                let host = hosts::host(&self.scope.value(arguments).shown());
                let host = Some(host).filter(|host| !host.contains(HOLE)).unwrap_or_default();
                self.sends.push((host, self.origin(arguments)));
            }
            Does::Sql => self.sql(machine, arguments),
            Does::Destroys(kind) => self.destroys(machine, kind, found.name),
            Does::DestroysAll(kind) => {
                let dense: String = arguments.chars().filter(|char| !char.is_whitespace()).collect();
                let chosen = found.before[receiver_at(found.before)..].contains("where");
                if !chosen
                    && (matches!(
                        dense.as_str(),
                        "" | "{}" | "{where:{}}" | "filter={}" | "ctx,bson.M{}" | "ctx,bson.D{}"
                    ) || is_schema(&dense, found.before))
                {
                    self.destroys(machine, kind, found.name);
                }
            }
        }
    }

    /// Runs what an expression holds as code of the language, or notes where it comes from.
    fn code(&mut self, machine: &mut Machine<'_>, state: &mut State, expression: &str) {
        let known = self.scope.value(expression);
        if known.prefix().starts_with("http") && !super::interpreters::is_library(known.prefix()) {
            machine.act(Kind::CodeFetched, known.shown());
        }
        let may_go_on = self.depth < MAX_DEPTH && self.inner < MAX_INNER;
        match known.as_known().filter(|code| !code.is_empty() && may_go_on) {
            Some(code) => {
                self.inner += 1;
                run_at(machine, state, self.scope.language, &code, self.depth + 1);
            }
            None => machine.runs_code(&Text::hole(self.origin(expression).and(known.origin().unwrap_or_default()))),
        }
    }

    /// Gives SQL to a database.
    fn sql(&self, machine: &mut Machine<'_>, arguments: &str) {
        // `text("…")` and its kin.
        let within = |argument: &str| argument.find(['"', '\'', '`']).and_then(|at| literal(&argument[at..]));
        let statements = split(arguments).into_iter().map(|argument| match self.scope.value(argument) {
            value if value.prefix().is_empty() => within(argument).unwrap_or_default(),
            value => value.shown(),
        });
        for statement in statements {
            if let Some(what) = super::tables::destroys(&statement) {
                return self.destroys(machine, Kind::DatabaseDestroy, what);
            }
            if super::tables::changes_rows(&statement) && (machine.live || origins::reads_production(self.scope.code)) {
                return machine.act(Kind::ServiceChange, statement);
            }
        }
    }

    /// Notes that something is destroyed, unless it is made to be thrown away.
    fn destroys(&self, machine: &mut Machine<'_>, kind: Kind, what: impl Into<String>) {
        if !self.throwaway {
            machine.act(kind, what);
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
        let fetches = has(code, &["urlretrieve(", "wget.download("]);
        let is_address = arguments.trim_start().trim_start_matches(['"', '\'']).starts_with("http");
        brought || fetches || is_address
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
        const WALKS: &[&str] =
            &["os.walk(", "RecursiveDirectoryIterator(", "Find.find(", "filepath.Walk(", "filepath.WalkDir("];
        let code = self.scope.code;
        // Perl's own names are of other things elsewhere.
        let walks = if self.scope.language == Language::Perl { &["finddepth(", "find("] } else { WALKS };
        let walk = walks.iter().find_map(|walk| code.split_once(walk));
        let Some((_, inside)) = walk.filter(|_| !has(code, &[" if ", "if ("])) else { return };
        let given = split(enclosed(inside, '(', ')').0);
        // Perl says first what is done, then where.
        let walked = if self.scope.language == Language::Perl { given.last() } else { given.first() };
        let Some(walked) = walked else { return };
        let tree = self.scope.path(walked);
        let place = machine.path(state, &tree).map(|path| machine.place(&path));
        if !matches!(place, None | Some(Place::Project | Place::ProjectRoot | Place::Temporary)) {
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
        let given = split(found.arguments);
        let Some(first) = given.first() else { return };
        if let Some(items) = list(first) {
            let words: Vec<Text> = items.iter().take(MAX_NAMES).map(|item| self.word(item)).collect();
            if !self.runs_decoded(machine, items.first().copied().unwrap_or_default(), &words) {
                machine.child(state, words);
            }
            return;
        }
        let by_shell = has(found.arguments, &["shell=True", "shell: true", "shell:true"]);
        let is_shell = found.does == Does::Shell;
        let is_line = is_shell && (given.iter().filter(is_word).count() < 2 || !first.starts_with(['"', '\'']));
        if by_shell || is_line {
            return self.lines(machine, state, first);
        }
        let words = self.words(found, &given);
        if self.runs_decoded(machine, first, &words) {
            return;
        }
        match words.as_slice() {
            // A name that is not known is of one program at most.
            [only] if only.prefix().is_empty() => {}
            // A program with its arguments in one literal is what a shell would split.
            [only] if only.prefix().contains(' ') => machine.code(state, only, Vec::new()),
            _ => machine.child(state, words),
        }
    }

    /// What a word of a command stands for.
    fn word(&self, expression: &str) -> Text {
        let value = self.scope.value(expression);
        if value.is_empty() { Text::hole(self.origin(expression)) } else { value }
    }

    /// Runs what an expression stands for as lines of a shell.
    fn lines(&self, machine: &mut Machine<'_>, state: &mut State, expression: &str) {
        let listed = self.scope.listed(expression);
        let told = self.origin(expression);
        for line in if listed.is_empty() { vec![self.word(expression)] } else { listed } {
            let is_untold = line.prefix().is_empty() && line.as_known().is_none();
            let line = if is_untold { Text::hole(line.origin().unwrap_or_default().and(told)) } else { line };
            machine.code(state, &line, Vec::new());
        }
    }

    /// A program and its arguments: those of the call, those that are added one by one behind it, and those within an object.
    fn words(&self, found: &Found<'_>, given: &[&str]) -> Vec<Text> {
        let mut words: Vec<&str> = Vec::new();
        for argument in given.iter().filter(is_word).take(MAX_NAMES) {
            match list(argument) {
                Some(items) => words.extend(items.into_iter().take(MAX_NAMES)),
                None => words.push(argument),
            }
        }
        if found.name == "Command::new" {
            let behind = &self.scope.code[found.before.len().min(self.scope.code.len())..];
            let chained = behind.split(';').next().unwrap_or_default();
            for more in [".arg(", ".args(["] {
                for (at, _) in chained.match_indices(more).take(MAX_NAMES) {
                    words.extend(split(enclosed(&chained[at + more.len()..], '(', ')').0.trim_end_matches([']', ')'])));
                }
            }
        }
        if let Some((_, items)) = found.arguments.split_once("args:").filter(|_| found.name == "Deno.Command") {
            words.extend(list(items.trim_start()).unwrap_or_default());
        }
        words.into_iter().map(|word| self.word(word)).collect()
    }

    /// Notes that a file is run whose name is not known, by code that writes what it decodes to one; whether it is.
    fn runs_decoded(&self, machine: &mut Machine<'_>, first: &str, words: &[Text]) -> bool {
        const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "python", "python3", "perl", "node"];
        const WRITES: &[&str] =
            &["NamedTemporaryFile", "mkstemp", "write_bytes(", "'wb'", "\"wb\"", "writeFileSync(", "write_text("];
        let code = self.scope.code;
        let unknown = |at: usize| words.get(at).is_some_and(|word| word.prefix().is_empty() && !word.is_empty());
        let by_python = first.contains("sys.executable");
        let by_shell = words.first().is_some_and(|word| SHELLS.contains(&super::base_name(word.prefix())));
        let is_file = (by_shell || by_python) && unknown(1) || unknown(0) && !by_python && code.contains("chmod(");
        let is_decoded = is_file && origins::decodes(code) && has(code, WRITES);
        if is_decoded {
            machine.act(Kind::CodeDecoded, "a file that was decoded");
        }
        is_decoded
    }

    fn open(&mut self, machine: &mut Machine<'_>, state: &mut State, found: &Found<'_>) {
        let arguments = found.arguments;
        let writes = found.does == Does::Write
            || has(arguments, &["'w", "\"w", "'a", "\"a", "'r+", "\"r+", "'>", "\">", "mode='w"]);
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
            let (before, text) = self.replaced();
            if !before.is_empty() {
                machine.replaces(&path, &before, &text);
            }
            if tells_agents(&path) && origins::of(self.scope.code).fetched {
                machine.instructs(&path);
            }
        }
    }

    /// What code replaces by something else in texts, and by what, a line each: as a change is made by `s.replace("this", "that")` on the
    /// way from a file to the same.
    fn replaced(&self) -> (String, String) {
        let code = self.scope.code;
        let calls = [".replace(", ".replaceAll("].into_iter().flat_map(|call| {
            code.match_indices(call).take(MAX_NAMES).map(move |(at, _)| enclosed(&code[at + call.len()..], '(', ')').0)
        });
        let known = |expression: &str| Some(self.scope.value(expression).as_known()?.into_owned());
        let pairs = calls.filter_map(|inside| {
            let given = split(inside);
            let (before, text) = (known(given.first()?)?, known(given.get(1)?)?);
            Some((format!("{before}\n"), format!("{text}\n")))
        });
        pairs.unzip()
    }

    fn reads(&mut self, machine: &mut Machine<'_>, state: &State, path: &Text) {
        if path.prefix().is_empty() || path.prefix().contains("://") {
            return;
        }
        let read = machine.read_each(state, path);
        self.secret = self.secret.and(Origin { endless: false, ..read.origin().unwrap_or_default() });
    }

    /// Where what an expression holds comes from, by its words and by those of what its names stand for.
    fn origin(&self, expression: &str) -> Origin {
        self.origin_through(expression, MAX_HANDS)
    }

    fn origin_through(&self, expression: &str, hands: usize) -> Origin {
        let origin = origins::of(expression);
        if hands == 0 {
            return origin;
        }
        let names = expression
            .split(|char| !(is_part(char) || char == '$'))
            .filter(|name| name.len() > 1 || hands == MAX_HANDS);
        let stands_for = |name: &str| {
            let given = self.scope.given(name).next()?;
            Some(&given[..given.find(['\n', ';']).unwrap_or(given.len())])
        };
        let given = names.filter(|name| !name.is_empty()).take(MAX_NAMES).filter_map(stands_for);
        given.fold(origin, |origin, given| origin.and(self.origin_through(given, hands - 1)))
    }
}

/// Whether a repository of Elixir is given a schema as it stands: all rows of it.
fn is_schema(given: &str, before: &str) -> bool {
    let named = given.starts_with(|char: char| char.is_ascii_uppercase())
        && given.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    named && before.trim_end_matches('.').ends_with("Repo")
}

/// Whether what a call is given is a word of a command, and nothing that tells how it is run.
fn is_word(argument: &&&str) -> bool {
    argument.starts_with(['"', '\'', '`'])
        || list(argument).is_some()
        || !(argument.starts_with('{') || argument.contains(['=', ':']))
}

/// The items of a list: `[a, b]`, or `c(a, b)`.
fn list(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix("c(").map(|inner| enclosed(inner, '(', ')').0);
    inner.or_else(|| text.strip_prefix('[').map(|inner| enclosed(inner, '[', ']').0)).map(split)
}

/// The string literal that a text begins with.
pub(super) fn literal(text: &str) -> Option<String> {
    let (literal, ..) = quoted(text.trim_start())?;
    Some(unescaped(literal))
}

//! What a piece of code in another language does, as far as calls with literal arguments show it.
//!
//! This is no parser of those languages: it finds the calls that run a shell, remove trees, read files and send data, and
//! takes their arguments where they are literals. That is what one-liners are made of.

use super::super::machine::Machine;
use super::super::state::State;
use super::super::value::{Origin, Text};
use crate::policy::effects::Kind;

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

/// What a call does with its first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// Runs it by a shell, or a list of words as a program.
    Shell,
    /// The same, where `shell=True` or a list says so.
    Process,
    /// Runs it as code of the language.
    Code,
    /// Removes the tree it names.
    DeleteTree,
    /// Removes the file it names.
    Delete,
    /// Reads or writes the file it names.
    Open,
    /// Sends something to another machine.
    Send,
}

fn calls(language: Language) -> &'static [(&'static str, Does)] {
    use Does::{Code, Delete, DeleteTree, Open, Process, Send, Shell};
    match language {
        Language::Python => &[
            ("os.system", Shell),
            ("os.popen", Shell),
            ("subprocess.getoutput", Shell),
            ("subprocess.getstatusoutput", Shell),
            ("subprocess.run", Process),
            ("subprocess.call", Process),
            ("subprocess.check_call", Process),
            ("subprocess.check_output", Process),
            ("subprocess.Popen", Process),
            ("pty.spawn", Process),
            ("exec", Code),
            ("eval", Code),
            ("shutil.rmtree", DeleteTree),
            ("os.remove", Delete),
            ("os.unlink", Delete),
            ("os.removedirs", DeleteTree),
            ("open", Open),
            ("Path", Open),
            ("requests.post", Send),
            ("requests.put", Send),
            ("httpx.post", Send),
            ("urlopen", Send),
            (".sendall", Send),
            (".send", Send),
        ],
        Language::JavaScript => &[
            ("execSync", Shell),
            ("exec", Shell),
            ("spawnSync", Process),
            ("spawn", Process),
            ("execFileSync", Process),
            ("eval", Code),
            ("rmSync", DeleteTree),
            ("rmdirSync", DeleteTree),
            ("fs.rm", DeleteTree),
            ("unlinkSync", Delete),
            ("fs.unlink", Delete),
            ("readFileSync", Open),
            ("readFile", Open),
            ("writeFileSync", Open),
            ("Bun.file", Open),
            ("fetch", Send),
            ("axios.post", Send),
            ("$", Shell),
            ("Deno.removeSync", DeleteTree),
            ("Deno.remove", DeleteTree),
            ("Deno.readTextFileSync", Open),
            ("rimraf", DeleteTree),
        ],
        Language::Perl => &[
            ("system", Shell),
            ("exec", Shell),
            ("qx", Shell),
            ("eval", Code),
            ("rmtree", DeleteTree),
            ("remove_tree", DeleteTree),
            ("unlink", Delete),
            ("open", Open),
            ("post", Send),
        ],
        Language::Ruby => &[
            ("system", Shell),
            ("exec", Shell),
            ("spawn", Shell),
            ("IO.popen", Shell),
            ("eval", Code),
            ("FileUtils.rm_rf", DeleteTree),
            ("FileUtils.rm_r", DeleteTree),
            ("FileUtils.remove_dir", DeleteTree),
            ("rm_rf", DeleteTree),
            ("File.delete", Delete),
            ("File.unlink", Delete),
            ("File.read", Open),
            ("File.open", Open),
            ("IO.read", Open),
            ("Net::HTTP.post", Send),
        ],
        Language::Php => &[
            ("system", Shell),
            ("exec", Shell),
            ("shell_exec", Shell),
            ("passthru", Shell),
            ("popen", Shell),
            ("eval", Code),
            ("unlink", Delete),
            ("file_get_contents", Open),
            ("fopen", Open),
            ("curl_exec", Send),
        ],
        Language::Other => &[
            ("os.execute", Shell),
            ("io.popen", Shell),
            ("system", Shell),
            ("exec", Shell),
            ("do shell script", Shell),
            ("os.remove", Delete),
            ("unlink", DeleteTree),
            ("io.open", Open),
        ],
    }
}

/// Words of calls that decode, and of calls that fetch.
const DECODES: &[&str] = &[
    "b64decode",
    "b32decode",
    "a85decode",
    "urlsafe_b64decode",
    "fromhex",
    "unhexlify",
    "atob(",
    "'base64'",
    "\"base64\"",
    "decode_base64",
    "base64_decode",
    "Base64.decode",
    "rot13",
    "zlib.decompress",
    "gzinflate",
    "strrev(",
    "decode64",
    "marshal.loads",
    "codecs.decode",
];
const FETCHES: &[&str] = &[
    "__import__('requests')",
    "__import__('urllib')",
    "urlopen",
    "requests.get",
    "httpx.get",
    "urlretrieve",
    "fetch(",
    "axios.get",
    "http.get",
    "https.get",
    "LWP::",
    "Net::HTTP.get",
    "URI.open",
    "open-uri",
    "file_get_contents('http",
    "file_get_contents(\"http",
    "HTTP::Tiny",
];

/// Notes what code does.
pub(super) fn run(machine: &mut Machine<'_>, state: &mut State, language: Language, text: &Text) {
    let code = unaliased(text.encoded(), language);
    let mut secret = Origin::UNKNOWN;
    habits(machine, &code);
    if language == Language::Python {
        of_home(machine, state, &code, &mut secret);
    }
    for (name, does) in calls(language) {
        if let Some((module, _)) =
            name.split_once('.').filter(|_| language == Language::Python && !name.starts_with('.'))
            && !imports(&code, module)
        {
            continue;
        }
        let occurrences: Vec<usize> = code.match_indices(name).map(|(at, _)| at).take(32).collect();
        for at in occurrences {
            let is_start = name.starts_with('.')
                || !code[..at].ends_with(|char: char| {
                    char.is_ascii_alphanumeric()
                        || matches!(char, '_' | '.')
                            && *does != Does::Send
                            && !name.contains('.')
                            && language == Language::Python
                });
            let Some(arguments) = arguments(&code[at + name.len()..], language).filter(|_| is_start) else { continue };
            let named = bound(&code, arguments);
            if named.is_empty() {
                let given =
                    matches!(does, Does::Delete | Does::DeleteTree).then(|| assigned(&code, arguments)).flatten();
                call(machine, state, *does, given.unwrap_or(arguments), &mut secret);
            }
            for literal in named {
                call(machine, state, *does, literal, &mut secret);
            }
        }
    }
    let said = ["print", "stdout", "console.log", "puts", "echo"].iter().any(|word| code.contains(word));
    if said && FETCHES.iter().any(|word| code.contains(word)) {
        machine.emit(state, 1, Text::hole(Origin::FETCHED));
    }
    if language == Language::JavaScript && code.contains("then(eval)") {
        machine.runs_code(&Text::hole(Origin::FETCHED));
    }
    if matches!(language, Language::Perl | Language::Ruby | Language::Php) {
        for command in code.split('`').skip(1).step_by(2).take(16) {
            machine.code(state, &Text::decoded(command), Vec::new());
        }
    }
}

/// Python code with the names of modules for those it gives them: `import subprocess as s`.
fn unaliased(code: String, language: Language) -> String {
    if language != Language::Python || !code.contains(" as ") {
        return code;
    }
    let names: Vec<(String, String)> = code
        .split([';', '\n'])
        .filter_map(|statement| statement.trim().strip_prefix("import "))
        .flat_map(|modules| modules.split(','))
        .filter_map(|module| module.split_once(" as "))
        .map(|(module, name)| (module.trim().to_owned(), name.trim().to_owned()))
        .filter(|(_, name)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .take(MAX_NAMES)
        .collect();
    names.iter().fold(code, |code, (module, name)| {
        let wanted = format!("{name}.");
        let mut made = String::with_capacity(code.len());
        let mut from = 0;
        for (at, _) in code.match_indices(&wanted).take(MAX_NAMES) {
            made.push_str(&code[from..at]);
            let inside = made.ends_with(|char: char| char.is_alphanumeric() || matches!(char, '_' | '.'));
            made.push_str(if inside { name } else { module });
            made.push('.');
            from = at + wanted.len();
        }
        made.push_str(&code[from..]);
        made
    })
}

/// How much of a piece of code, in bytes, is searched for what a name stands for.
const MAX_LOOK: usize = 16 * 1024;

/// The most names that are followed in a piece of code.
const MAX_NAMES: usize = 16;

/// The literals that a name stands for where a call's arguments begin with one: `x = "…"`, `for x in ("…", "…")`.
fn bound<'c>(code: &'c str, arguments: &str) -> Vec<&'c str> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let name = arguments.split(|char| !is_part(char)).next().unwrap_or_default();
    let rest = arguments[name.len()..].trim_start();
    if name.is_empty() || !(rest.is_empty() || rest.starts_with(',')) {
        return Vec::new();
    }
    let code = &code[..code.floor_char_boundary(MAX_LOOK)];
    let mut literals = Vec::new();
    for (at, _) in code.match_indices(name).take(MAX_NAMES) {
        let after = code[at + name.len()..].trim_start();
        let given = after.strip_prefix("in ").or_else(|| after.strip_prefix('=').filter(|rest| !rest.starts_with('=')));
        let Some(given) = given.filter(|_| !code[..at].ends_with(is_part)) else { continue };
        let mut rest = given.trim_start().trim_start_matches(['(', '[']);
        while literals.len() < MAX_NAMES && rest.starts_with(['"', '\'']) {
            literals.push(rest);
            let quote = &rest[..1];
            let Some(end) = rest[1..].find(quote) else { break };
            rest = rest[end + 2..].trim_start();
            rest = rest.strip_prefix(',').unwrap_or_default().trim_start();
        }
    }
    literals
}

/// What was last assigned to the name that a call's arguments begin with: `x = …`, `for x in …`.
fn assigned<'c>(code: &'c str, arguments: &str) -> Option<&'c str> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let arguments = arguments.trim_start_matches('$');
    let name = arguments.split(|char| !is_part(char)).next().filter(|name| !name.is_empty())?;
    let rest = arguments[name.len()..].trim_start();
    if !(rest.is_empty() || rest.starts_with(',')) {
        return None;
    }
    let code = &code[..code.floor_char_boundary(MAX_LOOK)];
    let given = code.match_indices(name).take(MAX_NAMES).filter_map(|(at, _)| {
        let after = code[at + name.len()..].trim_start();
        let given = ["in ", "of ", ":="].iter().find_map(|word| after.strip_prefix(word));
        let given = given.or_else(|| after.strip_prefix('=').filter(|rest| !rest.starts_with(['=', '>'])))?;
        (!code[..at].ends_with(is_part)).then(|| given.split(['\n', ';']).next().unwrap_or_default())
    });
    given.last()
}

/// Words by which languages name the home.
const HOMES: &[&str] = &[
    "expanduser(",
    "homedir()",
    "Path.home()",
    "Dir.home",
    "process.env.HOME",
    "environ[\"HOME\"]",
    "environ['HOME']",
    "getenv(\"HOME\")",
    "getenv('HOME')",
    "environ.get(\"HOME\")",
    "environ.get('HOME')",
    "ENV[\"HOME\"]",
    "ENV['HOME']",
    "ENV{HOME}",
    "env.get(\"HOME\")",
];

/// The path in the home that an expression names: the home by one of those words, and the literals behind it.
fn below_home(home: &str, expression: &str) -> Option<String> {
    let (at, word) = HOMES.iter().find_map(|word| expression.find(word).map(|at| (at, *word)))?;
    let mut rest = &expression[at + word.len()..];
    let mut path = home.trim_end_matches('/').to_owned();
    if word == "expanduser(" {
        let named = literal(rest)?;
        return Some(format!("{path}{}", named.strip_prefix('~')?));
    }
    // The rest of a template: `${process.env.HOME}/work`.
    if let Some(template) = rest.strip_prefix('}') {
        path.push_str(template.split(['`', '"', '\'']).next().unwrap_or_default());
        return Some(path);
    }
    while let Some(quote) = rest.find(['"', '\'']) {
        let Some(part) = literal(&rest[quote..]) else { break };
        path.push('/');
        path.push_str(part.trim_start_matches('/'));
        rest = rest.get(quote + part.len() + 2..).unwrap_or_default();
        // Further arguments are options.
        if rest.trim_start().starts_with(", {") {
            break;
        }
    }
    Some(path)
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
    let is_shell = has(&["/bin/sh", "/bin/bash", "/bin/zsh", "cmd.exe"]);
    if is_shell && has(&["socket", "Socket", "fsockopen"]) && has(&["dup2", ">&", "<&", "pty.spawn", ".pipe("]) {
        machine.act(Kind::NetShell, "a socket");
    }
}

/// Files of the home by the parts that Python puts together: `Path.home() / ".ssh" / "id_rsa"`.
fn of_home(machine: &mut Machine<'_>, state: &mut State, code: &str, secret: &mut Origin) {
    let Some(home) = machine.facts.home().map(str::to_owned) else { return };
    const HOME: &str = "Path.home()";
    for (at, _) in code.match_indices(HOME).take(MAX_NAMES) {
        let mut path = home.clone();
        let mut rest = code[at + HOME.len()..].trim_start();
        while let Some(part) = rest.strip_prefix('/').map(str::trim_start)
            && let Some(name) = literal(part)
        {
            path.push('/');
            path.push_str(&name);
            rest = part.get(name.len() + 2..).unwrap_or_default().trim_start();
        }
        if path == home {
            continue;
        }
        if code.contains(".write_text(") || code.contains(".write_bytes(") {
            machine.writes(state, &path, false);
        } else if code.contains(".read_text(") || code.contains(".read_bytes(") || code.contains("open(") {
            let read = machine.read_file(state, &Text::decoded(&path));
            *secret = secret.and(read.origin().unwrap_or_default());
        }
    }
}

/// Whether Python code imports a module.
fn imports(code: &str, module: &str) -> bool {
    code.split([';', '\n']).any(|statement| {
        let statement = statement.trim();
        let rest = statement.strip_prefix("import ").or_else(|| statement.strip_prefix("from "));
        rest.is_some_and(|rest| rest.split([',', ' ']).any(|word| word == module))
    }) || code.contains(&format!("__import__('{module}')"))
        || code.contains(&format!("__import__(\"{module}\")"))
}

/// The text of a call's arguments: to the closing parenthesis, or to the end of the statement where there is none.
fn arguments(rest: &str, language: Language) -> Option<&str> {
    let trimmed = rest.trim_start_matches(' ');
    let Some(inside) = trimmed.strip_prefix('(') else {
        let bare = matches!(language, Language::Perl | Language::Ruby | Language::Other)
            && trimmed.starts_with(['"', '\'', '{', '[', '%'])
            || trimmed.starts_with('`');
        return bare.then(|| &trimmed[..trimmed.find([';', '\n']).unwrap_or(trimmed.len())]);
    };
    let mut depth = 1usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in inside.char_indices() {
        match (char, quote) {
            _ if escaped => escaped = false,
            ('\\', _) => escaped = true,
            (char, Some(open)) if char == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'' | '`', None) => quote = Some(char),
            ('(', None) => depth += 1,
            (')', None) => {
                depth -= 1;
                if depth == 0 {
                    return Some(&inside[..at]);
                }
            }
            _ => {}
        }
    }
    Some(inside)
}

fn call(machine: &mut Machine<'_>, state: &mut State, does: Does, arguments: &str, secret: &mut Origin) {
    let origin = Origin {
        decoded: DECODES.iter().any(|word| arguments.contains(word)),
        fetched: FETCHES.iter().any(|word| arguments.contains(word)),
        ..Origin::UNKNOWN
    };
    let text = || match literal(arguments) {
        Some(text) => Text::decoded(&text),
        None => Text::hole(origin),
    };
    match does {
        Does::Shell => match words(arguments).or_else(|| several(arguments)) {
            Some(fields) => machine.child(state, fields),
            None => machine.code(state, &text(), Vec::new()),
        },
        Does::Process => match words(arguments) {
            Some(fields) => machine.child(state, fields),
            None if arguments.contains("shell=True") || arguments.contains("shell: true") => {
                machine.code(state, &text(), Vec::new());
            }
            None => {
                if let Some(program) = literal(arguments) {
                    let rest = arguments.find('[').and_then(|at| words(&arguments[at..])).unwrap_or_default();
                    machine.child(state, std::iter::once(Text::decoded(&program)).chain(rest).collect());
                }
            }
        },
        Does::Code => machine.runs_code(&Text::hole(origin)),
        Does::DeleteTree | Does::Delete => {
            let home = machine.facts.home().and_then(|home| below_home(home, arguments));
            if let Some(path) = home.or_else(|| literal(arguments)) {
                machine.deletes(state, &Text::decoded(&path), does == Does::DeleteTree);
            }
        }
        Does::Open => {
            let of_home = || {
                let (_, rest) =
                    arguments.split_once("process.env.HOME").or_else(|| arguments.split_once("homedir()"))?;
                literal(rest.trim_start().trim_start_matches(['+', ',']))
                    .map(|rest| format!("~/{}", rest.trim_start_matches('/')))
            };
            let path = literal(arguments)
                .or_else(of_home)
                .or_else(|| literal(arguments.split_once("expanduser(").map_or("", |(_, rest)| rest)));
            let Some(path) = path else { return };
            let path = match path.strip_prefix("~/") {
                Some(rest) => format!("{}/{rest}", machine.facts.home().unwrap_or_default()),
                None => path,
            };
            let writes = ["'w", "\"w", "'a", "\"a", "writeFile", "'>"].iter().any(|mode| arguments.contains(mode));
            if writes {
                if let Some(path) = machine.path(state, &Text::decoded(&path)) {
                    machine.writes(state, &path, false);
                }
            } else {
                let read = machine.read_file(state, &Text::decoded(&path));
                *secret = secret.and(read.origin().unwrap_or_default());
            }
        }
        Does::Send => {
            let host = literal(arguments).map(|url| crate::policy::hosts::host(&url)).unwrap_or_default();
            let mut origin = *secret;
            // What is read within the call itself comes before it in no list.
            for (at, _) in arguments.match_indices("open(") {
                if let Some(path) = literal(&arguments[at + "open(".len()..]) {
                    origin = origin.and(machine.read_file(state, &Text::decoded(&path)).origin().unwrap_or_default());
                }
            }
            if arguments.contains("os.environ") || arguments.contains("process.env)") {
                origin.secret = true;
            }
            if !host.is_empty() || origin.secret {
                machine.sends(&host, origin);
                machine.note(Kind::NetFetch, host, Default::default(), false, Origin::UNKNOWN);
            }
        }
    }
}

/// The string literal that a text begins with.
pub(super) fn literal(text: &str) -> Option<String> {
    let text = text.trim_start();
    let text = text.trim_start_matches(['r', 'b', 'f', 'u', 'R', 'B', 'F']);
    let quote = text.chars().next().filter(|char| matches!(char, '"' | '\'' | '`'))?;
    let mut made = String::new();
    let mut chars = text[1..].chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                'n' => made.push('\n'),
                't' => made.push('\t'),
                other => made.push(other),
            },
            char if char == quote => return Some(made),
            char => made.push(char),
        }
    }
    None
}

/// Several literals that are a program and its arguments, as Perl and Ruby take them.
fn several(arguments: &str) -> Option<Vec<Text>> {
    let is_text = arguments.trim_start().starts_with(['"', '\'']);
    let words = words(&format!("[{arguments}]")).filter(|words| is_text && words.len() > 1)?;
    words.iter().all(|word| word.as_known().is_some()).then_some(words)
}

/// The string literals of a list that a text begins with, or of several arguments.
fn words(text: &str) -> Option<Vec<Text>> {
    let trimmed = text.trim_start();
    let inside = trimmed.strip_prefix('[')?;
    let inside = &inside[..inside.find(']').unwrap_or(inside.len())];
    let mut words = Vec::new();
    let mut rest = inside;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\n']);
        if rest.is_empty() {
            return (!words.is_empty()).then_some(words);
        }
        match literal(rest) {
            Some(word) => {
                let quote = rest.trim_start_matches(['r', 'b', 'f', 'u']).chars().next()?;
                let start = rest.find(quote)? + 1;
                let end = rest[start..].find(quote).map_or(rest.len(), |end| start + end + 1);
                words.push(Text::decoded(&word));
                rest = &rest[end..];
            }
            None => {
                words.push(Text::hole(Origin::UNKNOWN));
                rest = rest.split_once(',').map_or("", |(_, rest)| rest);
            }
        }
    }
}

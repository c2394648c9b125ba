//! Code that is written: what it would do, judged by where it is put.
//!
//! A script that an agent writes is read before it runs, or should be; so an ordinary one is stopped only where nobody can have meant
//! it: a shell for strangers, a home that is removed, credentials that are sent away. One that runs by itself, when a package is
//! installed, a folder opened or a test started, is held to what a command would be.

use std::borrow::Cow;

use super::given::quoted;
use super::leaks::{gives_credentials, literals};
use super::source::{Written, form, is_prose, is_test};
use super::{cells, endpoints, miners, unbounded};
use crate::json;
use crate::policy::effects::{Effect, Kind, Where};
use crate::policy::facts::Facts;
use crate::policy::lists::{self, holds, is};
use crate::policy::places::{self, Place};
use crate::policy::secrets::{Secrecy, secrecy, tree_secrecy};
use crate::policy::shell;
use crate::policy::spans;

/// The most of a script that is analysed, in bytes.
const MAX_CODE: usize = 64 << 10;

/// The languages that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Shell,
    Python,
    JavaScript,
    Ruby,
    Perl,
    Php,
    /// Pages that a server of Java or of Windows runs.
    ServerPage,
    Sql,
    /// A language of which no more is read than what stands between quotes.
    Quoted,
}

impl Language {
    /// Parts of which one stands in whatever is grave; nothing stands in all of it.
    fn hints(self) -> &'static str {
        match self {
            Self::Shell => "",
            Self::Python => "rmtree|os.system|subprocess|popen|exec(|eval(|socket|fork|pty.",
            Self::JavaScript => "child_process|exec|rmSync|rimraf|eval(|Function(|spawn|fs.rm|net.",
            Self::Sql => "PROGRAM|program|SUPERUSER|superuser|xp_cmdshell|OUTFILE|DUMPFILE",
            _ => "system|exec|rm_r|rmtree|eval|socket|Socket|`|unlink|fork|fsockopen",
        }
    }

    /// Code as a command that runs it, where a program is known that does.
    fn command(self, code: &str) -> Option<Cow<'_, str>> {
        let interpreter = match self {
            Self::Shell => return Some(code.into()),
            Self::Python => "python3 -c",
            Self::JavaScript => "node -e",
            Self::Ruby => "ruby -e",
            Self::Perl => "perl -e",
            Self::Php => "php -r",
            Self::Sql => "psql -c",
            Self::ServerPage | Self::Quoted => return None,
        };
        Some(format!("{interpreter} {}", quoted(code)).into())
    }
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// When something else is done: an installation, a test, the opening of a folder.
    ByItself,
    /// The same, in a container that is made for it.
    Contained,
    /// When somebody calls it.
    Called,
    /// As soon as it is written: a notebook's cell.
    AtOnce,
    /// Again and again, on a machine or a cluster, when nobody looks.
    Scheduled,
}

/// What the code in a text that is written to an absolute path would do, where that is to be told.
///
/// A command that writes a script says itself when that is run (`followed`).
pub(super) fn judged(written: &Written<'_>, tool: &str, facts: &dyn Facts, followed: bool) -> Vec<Effect> {
    let (path, name) = (written.path, written.name());
    let text = spans::start(&written.text, MAX_CODE);
    let effect = |kind, target: &str| Effect::on(kind, target, places::place(path, facts), tool);
    let mut effects = Vec::new();
    if places::is_ci(path) && trusts_strangers(text, written.before) {
        effects.push(effect(Kind::CiUntrusted, path));
    }
    let found = parts(text, name, path).into_iter().find_map(|(language, runs, code)| {
        let code = code.as_ref();
        if runs == Runs::Called && is_test(path) {
            return None;
        }
        open_to_strangers(code, language)
            .or_else(|| gives_credentials(code, language, runs))
            .or_else(|| done(code, language, runs, followed, facts))
    });
    let mines =
        || (!is_prose(name) && !is_test(path) && miners::are_written(text)).then(|| "mines for somebody".to_owned());
    let found = found.or_else(|| endpoints::open(written).map(str::to_owned)).or_else(mines);
    effects.extend(found.map(|what| effect(Kind::ContentCode, &what)));
    effects
}

/// The pieces of code in a file, each with its language and when it runs.
fn parts<'t>(text: &'t str, name: &str, path: &str) -> Vec<(Language, Runs, Cow<'t, str>)> {
    let whole = |language, runs| vec![(language, runs, text.into())];
    let values = |names, runs| {
        let commands = named_texts(text, names).into_iter();
        commands.map(|command| (Language::Shell, runs, command.into())).collect::<Vec<_>>()
    };
    let inside = |folder: &str| path.contains(folder);
    match name {
        "package.json" => {
            let steps = "preinstall|install|postinstall|prepare|prepublish|preprepare|postprepare|pretest|posttest|prebuild|postbuild|predev|\
                prestart|poststart|prelint|prepack|postpack";
            return [values(steps, Runs::ByItself), grave(json_texts(text), Runs::Called)].concat();
        }
        "composer.json" => {
            let events = "post-install-cmd|post-update-cmd|pre-install-cmd|pre-update-cmd|post-autoload-dump";
            return [values(events, Runs::ByItself), grave(json_texts(text), Runs::Called)].concat();
        }
        "deno.json" | "deno.jsonc" | "project.json" | "turbo.json" => return grave(json_texts(text), Runs::Called),
        "tasks.json" if inside("/.vscode/") => return values("command", Runs::ByItself),
        "devcontainer.json" | ".devcontainer.json" => {
            let later = "onCreateCommand|updateContentCommand|postCreateCommand|postStartCommand|postAttachCommand";
            return [values("initializeCommand", Runs::ByItself), values(later, Runs::Contained)].concat();
        }
        ".envrc" => return whole(Language::Shell, Runs::ByItself),
        "setup.py" | "conftest.py" | "sitecustomize.py" | "usercustomize.py" => {
            return whole(Language::Python, Runs::ByItself);
        }
        "extconf.rb" | "Gemfile" | "Podfile" | ".irbrc" | ".pryrc" => return whole(Language::Ruby, Runs::ByItself),
        ".pnpmfile.cjs" => return whole(Language::JavaScript, Runs::ByItself),
        _ if inside("/.ipython/") && name.ends_with(".py") => return whole(Language::Python, Runs::ByItself),
        "Makefile" | "makefile" | "GNUmakefile" | "justfile" | "Justfile" | ".justfile" => return recipes(text),
        _ if name.ends_with(".mk") || name.ends_with(".just") => return recipes(text),
        "Rakefile" | "Fastfile" => return [by_sh(text), whole(Language::Ruby, Runs::ByItself)].concat(),
        _ if name.ends_with(".rake") => return [by_sh(text), whole(Language::Ruby, Runs::Called)].concat(),
        "noxfile.py" | "fabfile.py" => return whole(Language::Python, Runs::ByItself),
        _ => {}
    }
    if name == "build.rs" || [".gradle", ".gradle.kts", ".sbt"].iter().any(|end| name.ends_with(end)) {
        let told: Vec<&str> = literals(text).filter(|literal| literal.contains(' ')).collect();
        let told = (Language::Shell, Runs::ByItself, told.join("\n").into());
        return vec![told, (Language::Quoted, Runs::ByItself, text.into())];
    }
    if runs_with_builds(name) {
        return whole(Language::JavaScript, Runs::ByItself);
    }
    if name.ends_with(".ipynb") {
        // A cell by itself, or the whole file with its cells as lists of lines.
        let cells =
            if text.trim_start().starts_with('{') { named_texts(text, "source") } else { vec![text.to_owned()] };
        return cells.into_iter().flat_map(cell).collect();
    }
    if inside("/cron.d/")
        || inside("/cron.daily/")
        || inside("/cron.hourly/")
        || holds(name, "crontab")
        || name.ends_with(".cron")
    {
        return scheduled(text.lines().filter_map(of_crontab).collect());
    }
    if inside("/.husky/") || inside("/.githooks/") || inside("/.git/hooks/") {
        return whole(Language::Shell, Runs::ByItself);
    }
    let form = form(path).to_ascii_lowercase();
    if form == "lua" {
        // What a folder says that is run by the clock, is.
        let runs = if inside("/cron") || inside("/scheduled") { Runs::Scheduled } else { Runs::Called };
        return [by_execute(text, runs), whole(Language::Quoted, Runs::Called)].concat();
    }
    let language = match form.as_str() {
        "yml" | "yaml" if text.contains("kind: CronJob") || text.contains("type: cron") => {
            return scheduled(commands_told(text));
        }
        "yml" | "yaml" => return commands_of(text, Runs::Called),
        "service" => {
            let started =
                text.lines().filter_map(|line| line.strip_prefix("Exec").and_then(|rest| rest.split_once('=')));
            return scheduled(started.map(|(_, command)| command.to_owned()).collect());
        }
        "sql" => Language::Sql,
        "pth" => return whole(Language::Python, Runs::ByItself),
        "sh" | "bash" | "zsh" | "ksh" | "command" => Language::Shell,
        "py" | "pyw" => Language::Python,
        "js" | "mjs" | "cjs" | "ts" | "tsx" | "jsx" | "mts" => Language::JavaScript,
        "rb" => Language::Ruby,
        "pl" => Language::Perl,
        "php" | "phtml" | "php5" | "phar" => Language::Php,
        "jsp" | "jspx" | "asp" | "aspx" | "ashx" => Language::ServerPage,
        "go" | "java" | "kt" | "kts" | "cs" | "lua" | "rs" | "swift" | "dart" | "scala" | "ex" | "exs" | "r" | "jl"
        | "nim" | "cr" | "vb" | "fs" | "groovy" => Language::Quoted,
        _ => match text.lines().next().and_then(|line| line.strip_prefix("#!")) {
            Some(line) if line.contains("python") => Language::Python,
            Some(line) if line.contains("node") => Language::JavaScript,
            Some(line) if line.contains("sh") => Language::Shell,
            _ => return Vec::new(),
        },
    };
    whole(language, Runs::Called)
}

/// The commands of a file of make or just: those of its recipes, and those that run as soon as it is read.
fn recipes<'t>(text: &str) -> Vec<(Language, Runs, Cow<'t, str>)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(['\t', ' ']));
    let lines: Vec<&str> = lines.map(|line| line.trim_start().trim_start_matches(['@', '-', '+'])).collect();
    // A variable of make is written as what a shell takes for a command.
    let plain = |text: &str| text.replace("$(HOME)", "${HOME}").replace("$(shell ", "$(").replace("$$", "$");
    let read = text.lines().filter(|line| !line.starts_with(['\t', ' ', '#']));
    let read = read.filter_map(|line| line.split_once("$(shell ").and_then(|(_, rest)| rest.rsplit_once(')')));
    let read: Vec<&str> = read.map(|(command, _)| command).take(MAX_COMMANDS).collect();
    vec![
        (Language::Shell, Runs::Called, plain(&lines.join("\n")).into()),
        (Language::Shell, Runs::ByItself, plain(&read.join("\n")).into()),
    ]
}

/// The commands that a file of Ruby hands to a shell: `sh %q(…)`, `sh 'make'`.
fn by_sh<'t>(text: &str) -> Vec<(Language, Runs, Cow<'t, str>)> {
    let told = text.lines().map(str::trim).filter_map(|line| {
        let rest = ["sh ", "sh(", "system ", "system("].iter().find_map(|call| line.strip_prefix(call))?;
        Some(
            rest.trim_start_matches("%q")
                .trim_start_matches("%Q")
                .trim_matches(['(', ')', '"', '\'', '{', '}'])
                .to_owned(),
        )
    });
    grave(told.collect(), Runs::Called)
}

/// The commands that a file of Lua hands to a shell: `os.execute("make")`.
fn by_execute<'t>(text: &str, runs: Runs) -> Vec<(Language, Runs, Cow<'t, str>)> {
    let calls = ["os.execute(", "io.popen("].into_iter().flat_map(|call| text.split(call).skip(1)).take(MAX_COMMANDS);
    let told = calls.filter_map(|rest| {
        let (start, end) = match rest.trim_start().split_at_checked(1)? {
            ("[", rest) => (rest.strip_prefix('[')?, "]]"),
            ("\"", rest) => (rest, "\""),
            ("'", rest) => (rest, "'"),
            _ => return None,
        };
        Some(start.split(end).next().unwrap_or_default().to_owned())
    });
    grave(told.collect(), runs)
}

/// The texts of a file of JSON.
fn json_texts(text: &str) -> Vec<String> {
    json::strings(text).map(|range| json::unescape(text.get(range).unwrap_or_default()).into_owned()).collect()
}

/// Most commands of one file that are gone through.
const MAX_COMMANDS: usize = 64;

/// The command of a line by which it is run again and again, with or without the name of whom it is run as; of a script, the line.
fn of_crontab(line: &str) -> Option<String> {
    let line = line.trim();
    let is_time = |word: &&str| word.starts_with(|char: char| char == '*' || char.is_ascii_digit());
    let mut words = line.split_whitespace();
    let times = words.clone().take(5).filter(is_time).count();
    let times = if line.starts_with('@') {
        1
    } else if times == 5 {
        5
    } else {
        0
    };
    if line.starts_with('#') || line.is_empty() {
        return None;
    }
    words.by_ref().take(times).for_each(drop);
    let command: Vec<&str> = words.collect();
    let is_user = times > 0
        && matches!(
            command.first(),
            Some(&"root" | &"postgres" | &"www-data" | &"deploy" | &"backup" | &"app" | &"mysql")
        );
    Some(command[usize::from(is_user)..].join(" "))
}

/// Commands that are run when nobody looks.
fn scheduled<'t>(commands: Vec<String>) -> Vec<(Language, Runs, Cow<'t, str>)> {
    // A list of words is a command of them.
    let is_words = |command: &str| command.lines().any(|line| line.starts_with('-') && !line.contains(' '));
    let whole = |command: String| match is_words(&command) {
        true => command.lines().map(|word| quoted(word.trim_matches(['"', '\'']))).collect::<Vec<_>>().join(" "),
        false => command,
    };
    let commands = commands.into_iter().take(MAX_COMMANDS).map(whole);
    commands.map(|command| (Language::Shell, Runs::Scheduled, command.into())).collect()
}

/// The commands of a file of YAML that may be grave.
fn commands_of(text: &str, runs: Runs) -> Vec<(Language, Runs, Cow<'_, str>)> {
    grave(commands_told(text), runs)
}

/// Those of some commands that may be grave.
fn grave<'t>(commands: Vec<String>, runs: Runs) -> Vec<(Language, Runs, Cow<'t, str>)> {
    // What a command cannot be grave without: most steps have none of it, and are not gone through.
    const GRAVE: &str = "/dev/tcp|/dev/udp|nc |ncat|socat|telnet|mkfifo|base64|xxd|openssl|rm |find |curl|wget|python|perl|ruby|php|eval|.ssh|.aws";
    let grave = commands.into_iter().filter(|command| command.contains(' ') && holds(command, GRAVE));
    grave.take(MAX_COMMANDS).map(|command| (Language::Shell, runs, command.into())).collect()
}

/// The commands that a file of YAML tells somebody to run: a build server, a cluster, whoever sets machines up.
pub(super) fn commands_told(text: &str) -> Vec<String> {
    const NAMES: &str = "run|script|shell|cmd|command|args|entrypoint|before_script|after_script|ansible.builtin.shell|\
        ansible.builtin.command|healthcheck|postStart|preStop|runcmd|bootcmd|cmds|commands";
    let mut found: Vec<String> = Vec::new();
    let indented = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let name = name.trim_start().trim_start_matches("- ").trim();
        if !is(name, NAMES) || found.len() >= MAX_COMMANDS {
            continue;
        }
        let indent = indented(line);
        let is_block = value.trim().is_empty() || value.trim_start().starts_with(['|', '>']);
        let mut command = if is_block { String::new() } else { value.trim().to_owned() };
        while let Some(next) = lines.next_if(|next| next.trim().is_empty() || is_block && indented(next) > indent) {
            let next = next.trim_start().trim_start_matches("- ");
            command.push_str(next.trim_start_matches("cmd: "));
            command.push('\n');
        }
        let words: Vec<&str> = literals(&command).filter(|_| command.starts_with('[')).collect();
        found.push(match words.first() {
            Some(first) if is_program(first) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            // Of a list of words what is handed to a shell is the one with blanks in it.
            _ if words.iter().any(|word| word.contains(' ')) => {
                words.into_iter().filter(|word| word.contains(' ')).collect::<Vec<_>>().join("\n")
            }
            _ => command,
        });
    }
    found
}

/// Whether a list of words begins with a program that is no shell.
fn is_program(first: &str) -> bool {
    let name = first.rsplit('/').next().unwrap_or_default();
    !first.contains(' ') && !first.starts_with('-') && !is(name, "sh|bash|ash|dash|zsh|ksh|env|sudo|pwsh|cmd")
}

/// Whether a file of JavaScript is run by a tool for building or testing, or by a package manager.
fn runs_with_builds(name: &str) -> bool {
    const SETTINGS: &str = "vite.config.|vitest.config.|webpack.config.|rollup.config.|next.config.|nuxt.config.|\
        astro.config.|svelte.config.|jest.config.|babel.config.|eslint.config.|.eslintrc.|postcss.config.|\
        tailwind.config.|metro.config.|tsup.config.|playwright.config.|karma.conf.|gulpfile.|Gruntfile.|.pnpmfile.|\
        postinstall.|preinstall.";
    is(form(name), "js|cjs|mjs|ts|mts|cts") && lists::parts(SETTINGS).any(|settings| name.starts_with(settings))
}

/// The code of a notebook's cell: Python, and what is handed to a shell.
fn cell<'t>(text: String) -> Vec<(Language, Runs, Cow<'t, str>)> {
    if text.starts_with("%%bash") || text.starts_with("%%sh") {
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest).to_owned();
        return vec![(Language::Shell, Runs::AtOnce, rest.into())];
    }
    let shell: Vec<&str> = text.lines().filter_map(|line| line.trim_start().strip_prefix('!')).collect();
    let shell = (Language::Shell, Runs::AtOnce, shell.join("\n").into());
    vec![shell, (Language::Python, Runs::AtOnce, text.into())]
}

/// The texts that stand behind names in a text of JSON, be it whole or a piece of one; of a list its texts, joined as a command.
fn named_texts(text: &str, names: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for name in lists::parts(names) {
        for (at, _) in text.match_indices(&format!("\"{name}\"")).take(32) {
            let Some(rest) = text[at + name.len() + 2..].trim_start().strip_prefix(':').map(str::trim_start) else {
                continue;
            };
            let from = text.len() - rest.len();
            if rest.starts_with('"') {
                let end = json::closing_quote(bytes, from + 1);
                found.push(json::unescape(text.get(from + 1..end).unwrap_or_default()).into_owned());
            } else if let Some(list) = rest.strip_prefix('[') {
                let list = &list[..list.find(']').unwrap_or(list.len())];
                let words =
                    json::strings(list).map(|range| json::unescape(list.get(range).unwrap_or_default()).into_owned());
                found.push(words.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    found
}

/// What the analysis of commands says of a script, where that is grave for when it runs.
fn done(code: &str, language: Language, runs: Runs, followed: bool, facts: &dyn Facts) -> Option<String> {
    // What a cell reads may be a credential; of a program's own text only more than that is looked at.
    let reads_in_cell = runs == Runs::AtOnce && holds(code, "environ|getenv|open(|read_text(");
    if runs == Runs::AtOnce && unbounded::delete_each(code) {
        return Some("deletes each store of an account".to_owned());
    }
    if runs == Runs::AtOnce && cells::write_to_each(code) {
        return Some("writes to each of many people".to_owned());
    }
    if runs == Runs::AtOnce && cells::clear_what_is_live(code) {
        return Some("clears what is live".to_owned());
    }
    if runs == Runs::AtOnce && cells::hand_out_people(code) {
        return Some("sends away what is known of people".to_owned());
    }
    if runs == Runs::Called && language == Language::Python && cells::empty_what_is_live(code) {
        return Some("empties what is live".to_owned());
    }
    let reaches_people = runs == Runs::AtOnce && cells::may_reach_people(code);
    if runs == Runs::AtOnce && cells::clear_what_many_keep(code) {
        return Some("deletes what many keep".to_owned());
    }
    let deletes = language == Language::Python
        && holds(code, "unlink(|.remove(|rmdir(|removedirs(")
        && holds(
            code,
            "/mnt|/srv|/data|/media|/nfs|/nas|/net|/Volumes|/archive|/backup|/share|/export|/storage|/project|/group|/pool|/tank|home",
        );
    if !reads_in_cell && !reaches_people && !deletes && !holds(code, language.hints()) {
        return None;
    }
    let imported = if reaches_people && language == Language::Python { cells::with_imports(code) } else { code.into() };
    let analysis = shell::analyse_in(&language.command(&imported)?, None, facts);
    let is_credential =
        |path: &str| secrecy(path, facts.home()) == Secrecy::Credential || tree_secrecy(path) == Secrecy::Credential;
    let reads = analysis.effects.iter().any(|it| it.kind == Kind::SecretRead && is_credential(&it.target));
    let grave = |effect: &&Effect| {
        // What is done again and again is often done from elsewhere.
        if effect.at != Where::Here && runs != Runs::Scheduled {
            return false;
        }
        let sends = effect.kind == Kind::DataSend && effect.origin.secret;
        match (runs, effect.kind) {
            // Servers and shells are both in many a program; one is handed to the other in few.
            (Runs::Called, Kind::NetShell) => {
                language == Language::Shell
                    || holds(code, "dup2|pty.spawn|/dev/tcp|>&|spawn('/bin|spawn(\"/bin|exec('/bin|exec(\"/bin")
            }
            (_, Kind::NetShell | Kind::ProcessBomb) => true,
            (Runs::Called, Kind::CodeDecoded) => runs_decoded(code, language),
            (Runs::Called, Kind::CodeFetched) => {
                language != Language::Shell
                    // What is fetched and run without a word is to be seen by nobody.
                    && (holds(code, UNHEARD) || !PIPES.iter().any(|pipe| code.contains(pipe)))
            }
            (Runs::Called, Kind::FileDelete) => {
                !followed
                    && effect.recursive
                    && (is_all(&effect.target, effect.place)
                        || is_of_person(&effect.target, facts)
                        || language == Language::Python && empties_shared(&effect.target, code))
            }
            (Runs::Called, Kind::DataSend) => sends && language == Language::Shell && (reads || takes_keys(code)),
            (Runs::Called, Kind::DiskWipe) => is_first_disk(&effect.target),
            // A database that reaches the machine it runs on, or has one more master.
            (Runs::Called, Kind::DatabaseOpen) => language == Language::Sql,
            (Runs::Called, _) => false,
            (Runs::Contained, Kind::CodeFetched | Kind::FileDelete | Kind::SystemStartup) => false,
            // What is old is looked for, and goes.
            (Runs::Scheduled, Kind::FileDelete) => {
                const CHOOSES: &str =
                    "-mtime|-mmin|-ctime|-atime|-older|-newer|-name|-iname|-empty|-size|-path|-regex|-cmin|-amin";
                let chooses = || effect.program == "find" && holds(code, CHOOSES);
                effect.recursive && !chooses() && is_kept_for_others(&effect.target)
            }
            (
                Runs::Scheduled,
                Kind::DatabaseDestroy | Kind::StorageDestroy | Kind::CloudDestroy | Kind::ClusterDestroy,
            ) => true,
            (Runs::Scheduled, Kind::ServiceChange) => leaves_no_rows(code),
            (Runs::Scheduled, Kind::CodeFetched | Kind::SystemStartup | Kind::SecretRead) => false,
            (Runs::AtOnce, Kind::NetMailing | Kind::PackagePublish | Kind::MoneyMove | Kind::CloudAccess) => true,
            (Runs::AtOnce, Kind::FileDelete) if effect.place == Place::ProjectRoot => effect.recursive,
            (Runs::AtOnce, Kind::FileDelete) if places::is_shared(&effect.target) => effect.recursive,
            (_, Kind::FileDelete) => {
                effect.recursive && matches!(effect.place, Place::System | Place::Home | Place::HomeTree)
            }
            (_, Kind::DataSend) => sends,
            (_, Kind::SecretRead) => is_credential(&effect.target),
            (_, kind) => matches!(
                kind,
                Kind::CodeFetched
                    | Kind::CodeDecoded
                    | Kind::DiskWipe
                    | Kind::SelfTamper
                    | Kind::SystemStartup
                    | Kind::SafetyDisable
            ),
        }
    };
    analysis.effects.iter().find(grave).map(|effect| format!("{} {}", effect.kind, effect.target).trim_end().to_owned())
}

/// Whether a statement takes all rows of a table.
fn leaves_no_rows(code: &str) -> bool {
    let lower = code.to_ascii_lowercase();
    holds(&lower, "delete from|truncate |drop table|drop database|deletemany({})") && !lower.contains("where")
}

/// Whether a folder is one in which many keep what is nowhere else: copies, what was uploaded, what a database holds.
fn is_kept_for_others(path: &str) -> bool {
    const KEPT: &str = "backups|backup|uploads|dumps|postgresql|mysql|mongodb|exports|archive|archives|snapshots|media|userdata|documents";
    const LEFT: &str = "tmp|temp|cache|caches|old|expired|log|logs|trash|test|staging|partial|incomplete";
    let parts = || path.split('/');
    parts().any(|part| is(part, KEPT)) && !parts().any(|part| is(part, LEFT))
        || matches!(path, "/" | "/home" | "/srv" | "/var" | "/data")
}

/// How what is fetched is handed to a shell where everybody sees it.
const PIPES: &[&str] = &["| sh", "|sh", "| bash", "|bash", "| sudo"];

/// Ways to start a program so that nobody sees what it says.
const UNHEARD: &str = "stdio: 'ignore'|stdio: \"ignore\"|stdio:'ignore'|stdio:\"ignore\"|detached: true|detached:true|windowsHide: true|DEVNULL|\
    start_new_session=True|CREATE_NO_WINDOW";

/// Whether a script names a folder of keys, and not the key that it logs in by; looks for keys, or takes all of an environment.
fn takes_keys(code: &str) -> bool {
    const FOLDERS: &str = "~/.ssh|$HOME/.ssh|${HOME}/.ssh|~/.aws|$HOME/.aws|${HOME}/.aws|~/.gnupg|$HOME/.gnupg|${HOME}/.gnupg|~/.kube|~/.mozilla";
    // Keys that are looked for by their names, and all that an environment holds.
    const SOUGHT: &str = "-name id_|-name 'id_|-name \"id_|-name '*.pem|-name \"*.pem|-name '*.key|-name \"*.key|-name '.env|-name \".env|-name .env|printenv|export -p";
    if holds(code, SOUGHT) || code.split('|').any(|part| part.trim_end().ends_with("env") && part.len() > 3) {
        return true;
    }
    lists::parts(FOLDERS).any(|folder| {
        code.match_indices(folder).any(|(at, _)| !code[..at].trim_end_matches(['"', '\'', ' ', '=']).ends_with("-i"))
    })
}

/// Whether what is removed is a home, or what a machine cannot be without; the caches that images are made smaller by are none.
fn is_all(target: &str, place: Place) -> bool {
    const TREES: &str = "/|/etc|/usr|/bin|/sbin|/lib|/lib64|/boot|/home|/root|/var|/opt";
    place == Place::Home || place == Place::System && is(places::without_wildcard(target), TREES)
}

/// Whether what is removed is one of the folders in which a person keeps things: `~/Documents`, all of `~/work`.
fn is_of_person(target: &str, facts: &dyn Facts) -> bool {
    const FOLDERS: &str = "Documents|Pictures|Desktop|Downloads|Movies|Music|Videos|Photos|work|projects|Projects|code|src|repos|dev|workspace|.ssh|.gnupg";
    let home = facts.home().unwrap_or_default().trim_end_matches('/');
    let inside = places::without_wildcard(target).strip_prefix(home).and_then(|rest| rest.strip_prefix('/'));
    !home.is_empty() && inside.is_some_and(|inside| is(inside.trim_end_matches('/'), FOLDERS))
}

/// Whether all that is in a folder many keep things in goes, with nothing chosen and nobody asked.
fn empties_shared(target: &str, code: &str) -> bool {
    const MADE_ANEW: &str = "release|static|build|dist|cache|tmp|temp|www|html|staging|log|trash";
    target.contains('*')
        && places::is_shared(target)
        && !holds(&target.to_ascii_lowercase(), MADE_ANEW)
        && !holds(code, "if |argparse|sys.argv|click|dry|input(|test")
}

/// Whether a device is the disk, or a part of it, that most machines start from: others are prepared by many a script.
fn is_first_disk(device: &str) -> bool {
    let name = device.strip_prefix("/dev/").unwrap_or_default();
    lists::parts("sda|nvme0n1|vda|xvda|hda|disk0|rdisk0").any(|disk| {
        name.strip_prefix(disk)
            .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'p' | b's')))
    })
}

/// Whether code of a language is run that its own text only holds in an encoding: what looks like that in a larger program is
/// often something else.
fn runs_decoded(code: &str, language: Language) -> bool {
    match language {
        Language::Python => holds(code, "exec(|eval("),
        Language::JavaScript => holds(code, "eval(atob(|eval(Buffer.from(|Function(atob("),
        Language::Php => holds(code, "eval(base64_decode(|eval(gzinflate(|assert(base64_decode("),
        _ => true,
    }
}

/// Whether a page or a program runs what whoever asks for it says.
fn open_to_strangers(code: &str, language: Language) -> Option<String> {
    const ASKS: &str = "request.getparameter|request[|request.item|request.form|request.querystring|eval(request";
    const RUNS: &str = "getruntime().exec(|processbuilder(|process.start(|eval(request|execute(request|wscript.shell";
    let is_open = match language {
        Language::Php => runs_request(code),
        Language::ServerPage => {
            let lower = code.to_ascii_lowercase();
            holds(&lower, ASKS) && holds(&lower, RUNS)
        }
        _ => false,
    };
    is_open.then(|| "a shell for whoever asks".to_owned())
}

/// Whether a page in PHP runs a part of the request for it, at once or by a variable that holds it.
fn runs_request(code: &str) -> bool {
    const RUNS: &str = "system|exec|shell_exec|passthru|popen|proc_open|eval|assert|pcntl_exec|create_function";
    const ASKED: &str = "$_GET|$_POST|$_REQUEST|$_COOKIE|$_SERVER['HTTP_|$_SERVER[\"HTTP_|php://input";
    let asked = |text: &str| holds(text, ASKED);
    if !asked(code) {
        return false;
    }
    let end_of = |text: &str| text.find([';', '\n']).unwrap_or(text.len());
    // `$c = $_GET['c'];`
    let variables: Vec<&str> = code
        .split([';', '{', '\n'])
        .filter_map(|statement| statement.split_once('='))
        .filter(|(_, value)| asked(value) && !value.starts_with('='))
        .filter_map(|(name, _)| name.trim().rsplit([' ', '(']).next().filter(|name| name.starts_with('$')))
        .take(16)
        .collect();
    let given = |arguments: &str| {
        !holds(arguments, "escapeshell|(int)|intval|in_array|json_decode")
            && (asked(arguments)
                || variables.iter().any(|name| arguments.trim_start().trim_start_matches(['"', '@']).starts_with(name)))
    };
    lists::parts(RUNS).any(|function| {
        code.match_indices(function).take(64).any(|(at, _)| {
            let is_start = !code[..at].ends_with(|char: char| char.is_ascii_alphanumeric() || "_>:$".contains(char));
            let arguments = code[at + function.len()..].trim_start().strip_prefix('(');
            is_start && arguments.is_some_and(|arguments| given(&arguments[..end_of(arguments)]))
        })
    }) || code.split('`').skip(1).step_by(2).take(16).any(asked)
        // A function whose name the request tells.
        || lists::parts(ASKED).take(4).any(|word| {
            code.match_indices(word).any(|(at, _)| {
                let rest = &code[at + word.len()..];
                rest.starts_with('[') && rest.find(']').is_some_and(|end| rest[end + 1..].starts_with('('))
            })
        })
}

/// Whether a build server is told to run strangers' code with its own rights, or to hand out all its secrets.
fn trusts_strangers(text: &str, before: Option<&str>) -> bool {
    let adds = |word: &str| text.contains(word) && !before.is_some_and(|before| before.contains(word));
    const TRIGGERS: &str = "pull_request_target|workflow_run|issue_comment";
    const STRANGERS: &str = "github.event.pull_request.head.|github.head_ref|refs/pull/|gh pr checkout|event.workflow_run.head_|\
        pull_request.head.sha|pull_request.head.ref";
    holds(text, TRIGGERS) && holds(text, STRANGERS) || adds("toJSON(secrets)") || adds("toJson(secrets)")
}

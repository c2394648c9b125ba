//! Programs that run what stands in a file of recipes: `make` and `just`, the scripts of a package. A file of the project is its
//! own; what the same command wrote there, or gives on standard input, is gone through.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, ordered, read, spec};
use super::super::state::{Content, State};
use super::super::value::{Origin, Text};
use super::tables::{own, production, throwaway};
use super::{Program, code};
use crate::policy::effects::Kind;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "make" | "gmake" | "bmake" => make,
        "just" => just,
        "npm" | "pnpm" | "yarn" | "bun" | "cnpm" | "tnpm" => package,
        "composer" | "composer.phar" => composer,
        "go" => go,
        "mvn" | "mvnw" | "mvnd" | "gradle" | "gradlew" => migrations,
        "rails" | "rake" | "manage.py" | "artisan" | "django-admin" | "console" | "wp" | "mix" | "drush"
        | "magento" | "flask" | "odoo" | "odoo-bin" | "bench" | "gitlab-rails" | "cv" => framework,
        _ => return None,
    })
}

fn make(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec(
            "CfIloWE",
            &["directory=", "file=", "makefile=", "eval=", "jobs?", "just-print", "dry-run", "recon", "question"],
        ),
    );
    if options.is_help() || options.has(&["n", "just-print", "dry-run", "recon", "q", "question"]) {
        return;
    }
    brings(machine, state, &options.operands);
    // `--eval` gives rules on the command line.
    for text in options.values(&["E", "eval"]).cloned().collect::<Vec<_>>() {
        for line in text.shown().lines().filter_map(|line| line.strip_prefix('\t')) {
            machine.code(state, &Text::known(line), Vec::new());
        }
    }
    let outer = state.shell.directory.clone();
    for folder in options.values(&["C", "directory"]) {
        state.shell.directory = machine.path(state, folder);
    }
    let files: Vec<Text> = options.values(&["f", "file", "makefile"]).cloned().collect();
    recipes(machine, state, &files, &["Makefile", "makefile", "GNUmakefile"], &options.operands, &Recipes::Make);
    state.shell.directory = outer;
}

fn just(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let long = &["justfile=", "working-directory=", "set=", "list", "dry-run", "show=", "summary", "evaluate", "fmt"];
    let options = read(&call.args, &spec("fds", long));
    if options.is_help() || options.has(&["l", "n", "list", "dry-run", "show", "s", "summary", "evaluate", "fmt"]) {
        return;
    }
    brings(machine, state, &options.operands);
    let files: Vec<Text> = options.values(&["f", "justfile"]).cloned().collect();
    recipes(machine, state, &files, &["justfile", "Justfile", ".justfile"], &options.operands, &Recipes::Just);
}

/// Notes goals that bring something to production, or change something there. Among them stand variables that are set for them.
fn brings(machine: &mut Machine<'_>, state: &State, goals: &[Text]) {
    for goal in goals.iter().filter(|goal| !goal.prefix().starts_with('-') && !goal.shown().contains('=')) {
        does_there(machine, state, &goal.shown(), goals);
    }
}

/// Notes what a goal or a script of a package does in production, by its name and what it is given.
fn does_there(machine: &mut Machine<'_>, state: &State, goal: &str, given: &[Text]) {
    let is_meant = || production::is_weighty(goal) && production::is_meant(machine, state);
    if production::deploys(goal, given) {
        machine.act(Kind::CloudDeploy, goal);
    } else if production::changes(goal, given) || own::is_forced(goal, given) || is_meant() {
        machine.act(Kind::ServiceChange, goal);
    }
}

/// Whose recipes they are.
enum Recipes {
    Make,
    Just,
}

/// Runs the recipes that are asked for, or the first.
fn recipes(
    machine: &mut Machine<'_>,
    state: &mut State,
    files: &[Text],
    names: &[&str],
    goals: &[Text],
    kind: &Recipes,
) {
    let given = files.iter().find(|file| matches!(file.shown().as_str(), "-" | "/dev/stdin"));
    let named = files.first().cloned().or_else(|| {
        let mut written = names.iter().filter(|name| {
            let path = machine.path(state, &Text::known(**name));
            path.is_some_and(|path| matches!(state.files.get(&path), Some(Content::Is(_))))
        });
        written.next().map(|name| Text::known(*name))
    });
    let text = match (given, named) {
        (Some(_), _) => machine.input(state, 0),
        (None, Some(file)) => machine.read_file(state, &file),
        (None, None) => return,
    };
    machine.runs_code(&text);
    let wanted: Vec<String> = goals.iter().map(Text::shown).filter(|goal| !goal.contains('=')).collect();
    let code = lines_of(&text.encoded(), &wanted, kind);
    if !code.is_empty() {
        machine.code(state, &Text::decoded(&code), Vec::new());
    }
}

/// The lines that recipes would run, as a script: the variables first, then the recipes of the goals and of what they depend on.
fn lines_of(text: &str, goals: &[String], kind: &Recipes) -> String {
    let mut script = String::new();
    let mut recipes: Vec<(Vec<&str>, Vec<&str>, Vec<String>)> = Vec::new();
    for line in text.lines() {
        let is_recipe = line.starts_with('\t') || matches!(kind, Recipes::Just) && line.starts_with("  ");
        if is_recipe {
            let line = as_shell(line.trim().trim_start_matches(['@', '-', '+']), kind);
            match recipes.last_mut() {
                Some((_, _, lines)) => lines.push(line),
                // Of what was added to a file that nobody has read, the goal is not known.
                None => script.extend([line.as_str(), "\n"]),
            }
            continue;
        }
        let line = line.split('#').next().unwrap_or_default().trim();
        let assigned = [":=", "?=", "="].iter().find_map(|sign| line.split_once(sign));
        match (assigned, line.split_once(':')) {
            (Some((name, value)), _)
                if name.trim().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
            {
                let value = value.trim().trim_matches(['"', '\'']);
                script.push_str(&format!("{}=\"{}\"\n", name.trim(), as_shell(value, kind)));
            }
            (_, Some((targets, needs))) => {
                let first = if matches!(kind, Recipes::Just) { 1 } else { usize::MAX };
                recipes.push((
                    targets.split_whitespace().map(|name| name.trim_start_matches('@')).take(first).collect(),
                    needs.trim_start_matches(':').split_whitespace().collect(),
                    Vec::new(),
                ));
            }
            _ => {}
        }
    }
    let first = recipes.iter().flat_map(|(targets, ..)| targets).find(|target| !target.starts_with('.'));
    let mut open: Vec<String> =
        if goals.is_empty() { first.map(|target| (*target).to_owned()).into_iter().collect() } else { goals.to_vec() };
    let mut done: Vec<String> = Vec::new();
    while let Some(goal) = open.pop() {
        if done.contains(&goal) || done.len() >= 32 {
            continue;
        }
        for (_, needs, lines) in recipes.iter().filter(|(targets, ..)| targets.contains(&goal.as_str())) {
            open.extend(needs.iter().map(|need| (*need).to_owned()));
            for line in lines {
                script.push_str(line);
                script.push('\n');
            }
        }
        done.push(goal);
    }
    script
}

/// A line of a recipe as the shell gets it: `$(NAME)` is a variable, `$(shell …)` a substitution, `$$` a dollar.
fn as_shell(line: &str, kind: &Recipes) -> String {
    if matches!(kind, Recipes::Just) {
        let line = line.replace("{{ ", "{{").replace(" }}", "}}");
        let homes = ["{{home_directory()}}", "{{env_var('HOME')}}", "{{env_var(\"HOME\")}}", "{{env('HOME')}}"];
        let line = homes.iter().fold(line, |line, home| line.replace(home, "${HOME}"));
        return line.replace("{{", "${").replace("}}", "}");
    }
    let mut made = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('$') {
        made.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            made.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("(shell ") {
            made.push_str("$(");
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            made.push_str(&if is_name { format!("${{{name}}}") } else { "${MAKE_TEXT}".to_owned() });
            rest = after;
        } else {
            made.push('$');
        }
    }
    made.push_str(rest);
    made
}

/// The name under which the script of a package is kept among what the command wrote.
fn script_key(name: &str) -> String {
    format!("package.json scripts.{name}")
}

/// Words with which a package manager is given something else than a script's name.
const OWN: &[&str] = &[
    "install",
    "i",
    "add",
    "ci",
    "remove",
    "rm",
    "uninstall",
    "update",
    "publish",
    "pack",
    "init",
    "create",
    "exec",
    "x",
    "dlx",
    "config",
    "pkg",
    "version",
    "audit",
    "outdated",
    "list",
    "ls",
    "view",
    "info",
    "why",
    "login",
    "whoami",
    "cache",
    "link",
    "unlink",
    "owner",
    "access",
    "deprecate",
    "unpublish",
    "token",
    "dist-tag",
    "upgrade",
    "build",
    "pm",
];

fn package(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = ordered("wCF", &["prefix=", "workspace=", "filter=", "cwd=", "dir=", "registry="]);
    let options = read(&call.args, &spec);
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["pkg", "set", ..] | ["pm", "pkg", "set", ..] => {
            for setting in options.operands.iter().skip(2) {
                set_scripts(machine, state, setting);
            }
        }
        ["set-script", name, ..] => {
            if let Some(script) = options.operands.get(2) {
                set_script(machine, state, name, script.clone());
            }
        }
        ["run" | "run-script" | "rum", name, ..] => {
            does_there(machine, state, name, &options.operands[1..]);
            script(machine, state, name, &options.operands, 2);
            if call.name != "bun" {
                return;
            }
        }
        ["test" | "start" | "stop" | "restart", ..] => return script(machine, state, words[0], &options.operands, 1),
        ["t" | "tst", ..] => return script(machine, state, "test", &options.operands, 1),
        ["install" | "i" | "ci" | "add", ..] => {
            for name in ["preinstall", "install", "postinstall", "prepare"] {
                script(machine, state, name, &[], 0);
            }
        }
        [name, ..] if call.name != "npm" && !OWN.contains(name) => {
            // What `pnpm deploy` makes is a folder.
            if (call.name.as_str(), *name) != ("pnpm", "deploy") {
                does_there(machine, state, name, &options.operands);
            }
            script(machine, state, name, &options.operands, 1);
        }
        _ => {}
    }
    match super::interpreters::program(&call.name) {
        Some(program) => program(machine, call, state),
        None => super::told_by_tables(machine, call, state),
    }
}

/// Scripts that a package manager runs by itself when it installs something.
const UNASKED: &[&str] = &[
    "preinstall",
    "install",
    "postinstall",
    "preprepare",
    "prepare",
    "postprepare",
    "prepublish",
    "prepublishOnly",
    "prepack",
    "postpack",
    "dependencies",
    "pre-install-cmd",
    "post-install-cmd",
    "pre-update-cmd",
    "post-update-cmd",
    "pre-autoload-dump",
    "post-autoload-dump",
    "post-root-package-install",
    "post-create-project-cmd",
    "pre-package-install",
    "post-package-install",
];

/// A setting of a package that may be one script or all of them: `scripts.test=…`, `scripts[test]=…`, `scripts={…}`.
fn set_scripts(machine: &mut Machine<'_>, state: &mut State, setting: &Text) {
    let known = setting.prefix();
    let Some((key, _)) = known.split_once('=') else { return };
    let value = setting.after(key.len() + 1);
    let name = key.strip_prefix("scripts.").or_else(|| key.strip_prefix("scripts[")?.strip_suffix(']'));
    if let Some(name) = name {
        set_script(machine, state, name, value);
    } else if key == "scripts" {
        let encoded = value.encoded();
        for name in UNASKED {
            let script = encoded.split_once(&format!("\"{name}\"")).and_then(|(_, rest)| {
                code::literal(rest.trim_start().strip_prefix(':')?).map(|script| Text::decoded(&script))
            });
            script.into_iter().for_each(|script| set_script(machine, state, name, script));
        }
    }
}

/// What a program of `jq` makes of a package's scripts: `.scripts.postinstall = "…"`.
pub(super) fn assigns_scripts(machine: &mut Machine<'_>, state: &State, code: &str) {
    for (at, _) in code.match_indices(".scripts").take(UNASKED.len()) {
        let rest = code[at + ".scripts".len()..].trim_start_matches(['.', '[', '"']);
        let Some((name, value)) = rest.split_once('=') else { continue };
        let name = name.trim_end_matches(['|', ' ', ']', '"']);
        if UNASKED.contains(&name)
            && let Some(script) = code::literal(value.trim_start())
        {
            machine.code(&mut state.clone(), &Text::decoded(&script), Vec::new());
        }
    }
}

/// Remembers a script of the package; one that runs unasked is gone through as if it did.
fn set_script(machine: &mut Machine<'_>, state: &mut State, name: &str, script: Text) {
    if UNASKED.contains(&name) {
        machine.code(&mut state.clone(), &script, Vec::new());
    }
    state.files.set(&script_key(name), Content::Is(script));
}

/// `composer config scripts.NAME COMMAND`.
fn composer(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("df", &["working-dir=", "file=", "unset"]));
    if let [verb, key, values @ ..] = options.operands.as_slice()
        && verb.shown() == "config"
        && let Some(name) = key.shown().strip_prefix("scripts.")
    {
        values.iter().for_each(|script| set_script(machine, state, name, script.clone()));
    }
    super::told_by_tables(machine, call, state);
}

/// Runs a script of the package that the command wrote, with what goes before and behind it.
fn script(machine: &mut Machine<'_>, state: &mut State, name: &str, operands: &[Text], skip: usize) {
    for name in [format!("pre{name}"), name.to_owned(), format!("post{name}")] {
        let Some(mut line) = script_of(machine, state, &name) else { continue };
        for argument in operands.get(skip..).unwrap_or_default().iter().filter(|word| word.shown() != "--") {
            line.push_known(" ", false);
            line.push(&argument.quoted());
        }
        machine.code(state, &line, Vec::new());
    }
}

/// A script of the package, where the command set it or wrote the file that it stands in.
fn script_of(machine: &Machine<'_>, state: &State, name: &str) -> Option<Text> {
    if let Some(Content::Is(text)) = state.files.get(&script_key(name)) {
        return Some(text.clone());
    }
    let path = machine.path(state, &Text::known("package.json"))?;
    let Some(Content::Is(text)) = state.files.get(&path) else { return None };
    let encoded = text.encoded();
    let (_, scripts) = encoded.split_once("\"scripts\"")?;
    let (_, value) = scripts.split_once(&format!("\"{name}\""))?;
    code::literal(value.trim_start().strip_prefix(':')?).map(|line| Text::decoded(&line))
}

/// Places of modules whose tools are run by everybody.
const KNOWN_MODULES: &[&str] = &[
    "golang.org/",
    "google.golang.org/",
    "honnef.co/",
    "mvdan.cc/",
    "gotest.tools/",
    "k8s.io/",
    "sigs.k8s.io/",
    "go.uber.org/",
    "github.com/golang/",
    "github.com/golangci/",
    "github.com/google/",
    "github.com/go-delve/",
    "github.com/goreleaser/",
    "github.com/sqlc-dev/",
    "github.com/swaggo/",
    "github.com/vektra/",
    "github.com/a-h/templ",
    "github.com/air-verse/",
    "github.com/bufbuild/",
    "github.com/securego/",
    "github.com/mgechev/",
    "github.com/onsi/",
    "github.com/99designs/",
    "github.com/pressly/",
    "github.com/golang-migrate/",
    "github.com/oapi-codegen/",
    "github.com/magefile/",
    "github.com/hashicorp/",
    "github.com/grpc-ecosystem/",
    "github.com/daixiang0/",
    "github.com/segmentio/",
    "entgo.io/",
];

fn go(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let long = &["tags", "ldflags", "C", "exec", "mod", "modfile", "o"];
    let options = read(&call.args, &Spec { long, ordered: true, single: true, ..Spec::default() });
    let Some((verb, rest)) = options.operands.split_first() else { return };
    if verb.shown() != "run" {
        return super::told_by_tables(machine, call, state);
    }
    let files = rest.iter().filter(|word| !word.prefix().starts_with('-'));
    for file in files.take_while(|file| file.prefix().ends_with(".go") || file.prefix().contains('@')) {
        if let Some((module, _)) = file.prefix().split_once('@') {
            let is_address = module.split('/').next().is_some_and(|host| host.contains('.'));
            if is_address && !KNOWN_MODULES.iter().any(|known| module.starts_with(known)) {
                machine.act(Kind::PackageUntrusted, module);
            }
            break;
        }
        let text = machine.read_file(state, file);
        machine.runs_code(&text);
        if text.as_known().is_some() {
            code::run(machine, state, code::Language::Other, &text);
        }
    }
    machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
}

/// Frameworks that run a line of code within a project: `rails runner`, `manage.py shell -c`, `artisan tinker --execute`.
fn framework(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    const LONG: &[&str] =
        &["command=", "execute=", "eval=", "environment=", "env=", "settings=", "site=", "database=", "config="];
    // A database is what `-d` names of some.
    let short = if call.name.starts_with("odoo") { "cedrp" } else { "ce" };
    let options = read(&call.args, &spec(short, LONG));
    let verb = options.operands.first().map(Text::shown).unwrap_or_default();
    let given = match (call.name.as_str(), verb.as_str()) {
        ("rails" | "gitlab-rails", "runner" | "r") => options.operands.get(1).map(|code| (code::Language::Ruby, code)),
        ("manage.py" | "django-admin", "shell" | "shell_plus") => {
            options.value(&["c", "command"]).map(|code| (code::Language::Python, code))
        }
        ("artisan", "tinker") => options.value(&["execute"]).map(|code| (code::Language::Php, code)),
        ("wp", "eval") | ("drush", "php:eval" | "php-eval" | "ev" | "eval") | ("cv", "ev" | "php:eval") => {
            options.operands.get(1).map(|code| (code::Language::Php, code))
        }
        ("mix", "run") => options.value(&["e", "eval"]).map(|code| (code::Language::Other, code)),
        _ => None,
    };
    let listens = match (call.name.as_str(), verb.as_str()) {
        _ if !Machine::has_input(state) => None,
        ("rails" | "gitlab-rails", "console" | "c" | "runner" | "r") => Some(code::Language::Ruby),
        ("manage.py" | "django-admin", "shell" | "shell_plus") => Some(code::Language::Python),
        ("odoo" | "odoo-bin" | "flask", "shell") | ("bench", "console") => Some(code::Language::Python),
        ("artisan", "tinker") | ("wp", "shell") | ("magento", "dev:console") => Some(code::Language::Php),
        _ => None,
    };
    let given = given.filter(|(_, text)| text.shown() != "-");
    let told = machine.input(state, 0);
    if let Some((language, text)) = given.or(listens.map(|language| (language, &told))) {
        machine.runs_code(text);
        let live = machine.live;
        machine.live |= options.values(&["e", "environment"]).any(production::speaks);
        code::run_within(machine, state, language, text, |machine, state| {
            is_of_tests(machine, state, &call.name, &options)
        });
        machine.live = live;
    }
    let told = |word: &&Text| word.prefix().contains('=');
    let mut said = options.operands.iter().take(1).chain(options.operands.iter().skip(1).filter(told));
    if production::is_weighty(&verb)
        && (production::is_meant(machine, state)
            || said.any(production::speaks)
            || options.values(&["e", "environment", "env"]).any(production::speaks))
    {
        machine.act(Kind::ServiceChange, verb);
    }
    super::told_by_tables(machine, call, state);
}

/// Whether code is run within an application that was started for its tests. Behind `mix run -e` stands the code itself.
fn is_of_tests(machine: &Machine<'_>, state: &State, program: &str, options: &Options) -> bool {
    let mut options = options.clone();
    options.flags.retain(|flag| program != "mix" || flag.name != "e" && flag.name != "eval");
    let mut named = options.values(&["d", "site"]).map(Text::shown);
    if program.starts_with("odoo") || program == "bench" {
        return named
            .any(|name| throwaway::is_trial(&name) || throwaway::is_developed(&name) || name.ends_with(".localhost"));
    }
    drop(named);
    throwaway::is_application_of_tests(machine, state, &options)
}

/// A build that has goals of a program for migrations: it does what that does, with what is set for it.
fn migrations(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    const GOALS: &[(&str, &str, &str)] = &[
        ("flyway:clean", "flyway", "clean"),
        ("flywayclean", "flyway", "clean"),
        ("liquibase:dropall", "liquibase", "drop-all"),
        ("dropall", "liquibase", "drop-all"),
    ];
    let words: Vec<String> = call.args.iter().map(Text::shown).collect();
    let dry = words.iter().any(|word| matches!(word.as_str(), "-m" | "--dry-run"));
    for word in words.iter().filter(|word| !word.starts_with('-') && !dry) {
        let goal = word.to_ascii_lowercase();
        let goal = goal.rsplit_once("-plugin:").map_or(goal.as_str(), |(_, goal)| goal);
        let meant =
            GOALS.iter().find(|(name, ..)| goal == *name || goal.strip_prefix(':').is_some_and(|goal| goal == *name));
        if let Some((_, program, verb)) = meant {
            let url = words.iter().find_map(|word| word.split_once(".url=")).map(|(_, url)| format!("-url={url}"));
            let dashed = url.map(|url| if *program == "flyway" { url } else { format!("-{url}") });
            let fields = std::iter::once((*program).to_owned()).chain(dashed).chain([(*verb).to_owned()]);
            machine.child(state, fields.map(Text::known).collect());
        }
    }
    super::told_by_tables(machine, call, state);
}

/// A release of Elixir or Erlang, which runs code within what runs already: `bin/shop rpc CODE`.
pub(super) fn release(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if let [verb, code, ..] = call.args.as_slice()
        && matches!(verb.shown().as_str(), "rpc" | "eval")
    {
        code::run(machine, state, code::Language::Other, code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_become_lines_for_a_shell() {
        let goals = |goals: &[&str]| goals.iter().map(|goal| (*goal).to_owned()).collect::<Vec<_>>();
        for (text, wanted, expected) in [
            ("all:\n\t@echo a\n", &[][..], "echo a\n"),
            ("D := /x\nall: b\n\tls $(D)\nb:\n\trm $$HOME\n", &["all"], "D=\"/x\"\nls ${D}\nrm $HOME\n"),
            (".PHONY: a\na:\n\t-id\nb:\n\tls\n", &["b"], "ls\n"),
            (".PHONY: a\na:\n\t-id\n", &[], "id\n"),
            ("# c\na:\n\techo $(shell id) $(dir x)\n", &["a"], "echo $(id) ${MAKE_TEXT}\n"),
        ] {
            assert_eq!(lines_of(text, &goals(wanted), &Recipes::Make), expected, "{text}");
        }
        assert_eq!(
            lines_of("d := \"x\"\nrun arg='1':\n    ls {{d}}\n", &goals(&["run"]), &Recipes::Just),
            "d=\"x\"\nls ${d}\n"
        );
    }
}

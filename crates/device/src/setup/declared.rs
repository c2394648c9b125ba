//! `[[setup.init]]` and `[[setup.maintenance]]` of `hookrail.toml`: pure.
//!
//! ```toml
//! [[setup.init]]
//! name = "packages"
//! run = ["npm", "ci"]                     # a program with its arguments, or a line for `sh`
//! if = { exists = "package.json" }        # also `missing`, `os`, `run`
//! inputs = ["package-lock.json"]          # done once for each content of these
//! outputs = ["node_modules"]              # and again where these are gone
//! timeout = "15m"
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Condition, DEFAULT_TIMEOUT, Definition, Phase, Step};
use crate::handlers::file::{Command, Teller, Texts, is_name};
use crate::handlers::{Action, Level};
use crate::units::Span;
use crate::words;

/// The most steps of a phase.
const MAX_STEPS: usize = 200;

/// The systems a condition may name.
const SYSTEMS: &[&str] = &["linux", "macos", "windows", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris"];

/// The part of the file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Setup {
    init: Vec<Spanned<Declared>>,
    maintenance: Vec<Spanned<Declared>>,
}

/// One step as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Declared {
    name: Option<Spanned<String>>,
    run: Option<Command>,
    folder: Option<Spanned<String>>,
    #[serde(rename = "if")]
    condition: Option<Spanned<DeclaredCondition>>,
    timeout: Option<Span>,
    parallel: bool,
    after: Option<Spanned<Texts>>,
    inputs: Option<Spanned<Texts>>,
    outputs: Option<Spanned<Texts>>,
    required: Option<bool>,
    env: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DeclaredCondition {
    exists: Option<Texts>,
    missing: Option<Texts>,
    os: Option<Texts>,
    run: Option<String>,
}

/// What is declared; mistakes are told.
pub(crate) fn read(setup: Setup, level: Level, tell: &mut Teller<'_>) -> Definition {
    let mut phase = |phase: Phase, declared: Vec<Spanned<Declared>>| {
        if let Some(first) = declared.first().filter(|_| level == Level::User) {
            let why = "steps of a set-up belong to a project: declare them in the `hookrail.toml` of its folder";
            tell.mistake(first.span().start, why);
        }
        if let Some(over) = declared.get(MAX_STEPS) {
            tell.mistake(over.span().start, format!("there are more than {MAX_STEPS} steps of setup.{phase}"));
        }
        let mut steps: Vec<Step> = Vec::new();
        // Where the run of steps began that wait for nothing within it.
        let mut run_begins = 0;
        for declared in declared {
            let is_loose = declared.get_ref().parallel || declared.get_ref().after.is_some();
            if !is_loose {
                run_begins = steps.len();
            }
            let step = step(declared, run_begins, &steps, tell);
            steps.push(step);
            if !is_loose {
                run_begins = steps.len();
            }
        }
        steps
    };
    Definition { init: phase(Phase::Init, setup.init), maintenance: phase(Phase::Maintenance, setup.maintenance) }
}

/// A step below these. One without a word on its order waits for all of them, one that is `parallel` for those above the
/// run of such steps that it belongs to.
fn step(declared: Spanned<Declared>, run_begins: usize, above: &[Step], tell: &mut Teller<'_>) -> Step {
    let at = declared.span().start;
    let declared = declared.into_inner();
    let name = declared.name.unwrap_or_else(|| Spanned::new(at..at, String::new()));
    let name_at = name.span().start;
    let name = name.into_inner();
    if !is_name(&name) {
        tell.mistake(name_at, "a step needs a `name` of letters, digits, `-`, `_` and `.`");
    } else if above.iter().any(|step| step.name == name) {
        tell.mistake(name_at, format!("there are two steps of the name {name:?}"));
    }
    if declared.parallel && declared.after.is_some() {
        tell.mistake(at, "`parallel` and `after` exclude each other: a step with `after` waits for nothing else");
    }
    let waits_for = match declared.after {
        Some(after) => places(after, above, tell),
        None => (0..run_begins).collect(),
    };
    let action = action(declared.run, at, tell);
    let folder = declared.folder.map(|folder| {
        relative(&[folder.get_ref()], folder.span().start, tell);
        folder.into_inner()
    });
    let mut paths = |texts: Spanned<Texts>| {
        let at = texts.span().start;
        let paths = texts.into_inner().into_vec();
        relative(&paths, at, tell);
        paths
    };
    let (inputs, outputs) = (declared.inputs.map(&mut paths), declared.outputs.map(&mut paths));
    if inputs.iter().flatten().any(|input| input.contains("**")) {
        tell.mistake(at, "`**` is not understood in `inputs`: name the folder, all of it counts");
    }
    if outputs.is_some() && inputs.is_none() {
        tell.mistake(at, "`outputs` says when a step with `inputs` runs again all the same; this one always runs");
    }
    for name in declared.env.keys().filter(|name| name.is_empty() || name.contains(['=', '\0'])) {
        tell.mistake(at, format!("{name:?} is no name of a variable"));
    }
    Step {
        name,
        action,
        folder,
        condition: declared.condition.map(|condition| self::condition(condition, tell)).unwrap_or_default(),
        timeout: declared.timeout.map_or(DEFAULT_TIMEOUT, |span| span.0),
        waits_for,
        inputs,
        outputs: outputs.unwrap_or_default(),
        required: declared.required.unwrap_or(true),
        env: declared.env,
    }
}

/// The places of the steps that `after` names. Only steps above count, so that no circle can be written.
fn places(after: Spanned<Texts>, above: &[Step], tell: &mut Teller<'_>) -> Vec<usize> {
    let at = after.span().start;
    let place = |name: String| {
        let found = above.iter().position(|step| step.name == name);
        if found.is_none() {
            let near = words::nearest(&name, above.iter().map(|step| step.name.as_str()));
            let meant = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
            tell.mistake(at, format!("no step above this one has the name {name:?}{meant}"));
        }
        found
    };
    after.into_inner().into_vec().into_iter().filter_map(place).collect()
}

fn action(run: Option<Command>, at: usize, tell: &mut Teller<'_>) -> Action {
    match run {
        Some(Command::Line(line)) if !line.trim().is_empty() => return Action::Shell(line),
        Some(Command::Words(words)) if words.first().is_some_and(|program| !program.is_empty()) => {
            return Action::Program(words);
        }
        Some(_) => tell.mistake(at, "`run` names no program"),
        None => tell.mistake(at, "a step needs `run`: a line for `sh`, or a program with its arguments"),
    }
    Action::Program(Vec::new())
}

fn condition(condition: Spanned<DeclaredCondition>, tell: &mut Teller<'_>) -> Condition {
    let at = condition.span().start;
    let declared = condition.into_inner();
    let texts = |texts: Option<Texts>| texts.map(Texts::into_vec).unwrap_or_default();
    let (exists, missing, os) = (texts(declared.exists), texts(declared.missing), texts(declared.os));
    relative(&exists, at, tell);
    relative(&missing, at, tell);
    for system in os.iter().filter(|system| !SYSTEMS.contains(&system.as_str())) {
        let near = words::nearest(system, SYSTEMS.iter().copied());
        let meant = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        tell.mistake(at, format!("no system is called {system:?}{meant}"));
    }
    Condition { exists, missing, os, run: declared.run }
}

/// Tells of paths that are not within the project.
fn relative(paths: &[impl AsRef<str>], at: usize, tell: &mut Teller<'_>) {
    for path in paths.iter().map(AsRef::as_ref) {
        let is_within = !path.is_empty() && !path.starts_with('/') && path.split('/').all(|part| part != "..");
        if !is_within {
            tell.mistake(at, format!("{path:?} is no path within the project"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;
    use crate::handlers::file;

    fn read(text: &str, level: Level) -> Result<Definition, String> {
        let read = file::read(text, Path::new("hookrail.toml"), level);
        read.map(|declared| declared.setup)
            .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn every_key_of_a_step_is_taken() {
        let definition = read(
            r#"
            [[setup.init]]
            name = "packages"
            run = ["npm", "ci"]
            folder = "web"
            if = { exists = "web/package.json", missing = ["a", "b"], os = "linux", run = "command -v npm" }
            inputs = ["web/package-lock.json"]
            outputs = "web/node_modules"
            timeout = "15m"
            required = false
            env = { CI = "1" }
            [[setup.maintenance]]
            name = "prune"
            run = "git gc"
            "#,
            Level::Project,
        )
        .unwrap();
        let [step] = &definition.init[..] else { panic!("{definition:?}") };
        assert_eq!(step.action, Action::Program(vec!["npm".into(), "ci".into()]));
        assert_eq!(
            step.condition,
            Condition {
                exists: vec!["web/package.json".into()],
                missing: vec!["a".into(), "b".into()],
                os: vec!["linux".into()],
                run: Some("command -v npm".into()),
            }
        );
        assert_eq!((step.folder.as_deref(), step.timeout.as_secs(), step.required), (Some("web"), 900, false));
        assert_eq!((step.inputs.as_deref().unwrap().len(), step.outputs.len(), step.env["CI"].as_str()), (1, 1, "1"));
        let [step] = &definition.maintenance[..] else { panic!("{definition:?}") };
        assert_eq!((&step.action, step.timeout), (&Action::Shell("git gc".into()), DEFAULT_TIMEOUT));
        assert!(step.required && step.inputs.is_none() && step.condition == Condition::default());
    }

    #[test]
    fn steps_wait_for_what_is_above_them() {
        let steps = [
            ("a", "", &[][..]),
            ("b", "parallel = true", &[0]),
            ("c", "after = \"a\"", &[0]),
            ("d", "parallel = true", &[0]),
            ("e", "", &[0, 1, 2, 3]),
            ("f", "after = [\"b\", \"d\"]", &[1, 3]),
            ("g", "after = []", &[]),
            ("h", "parallel = true", &[0, 1, 2, 3, 4]),
        ];
        let text: String = steps
            .iter()
            .map(|(name, order, _)| format!("[[setup.init]]\nname = \"{name}\"\nrun = \"true\"\n{order}\n"))
            .collect();
        for (step, (name, _, waits_for)) in read(&text, Level::Project).unwrap().init.iter().zip(steps) {
            assert_eq!((step.name.as_str(), &step.waits_for[..]), (name, waits_for));
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_what_was_meant() {
        let step = |more: &str| format!("[[setup.init]]\nname = \"a\"\nrun = \"true\"\n{more}\n");
        for (text, expected) in [
            ("[[setup.innit]]\n".to_owned(), "1:9: unknown field `innit`"),
            ("[[setup.innit]]\n".to_owned(), "did you mean `init`?"),
            (step("timout = \"1s\""), "4:1: unknown field `timout`"),
            (step("timout = \"1s\""), "did you mean `timeout`?"),
            (step("if = { exist = \"a\" }"), "did you mean `exists`?"),
            (step("if = { os = \"linx\" }"), "4:6: no system is called \"linx\"; did you mean \"linux\"?"),
            (step("after = \"b\""), "4:9: no step above this one has the name \"b\""),
            (
                step("") + &step("after = \"aa\"").replace("\"a\"", "\"b\""),
                "no step above this one has the name \"aa\"",
            ),
            (step("") + &step(""), "there are two steps of the name \"a\""),
            (step("after = []\nparallel = true"), "exclude each other"),
            (step("folder = \"../other\""), "4:10: \"../other\" is no path within the project"),
            (step("inputs = [\"/etc/passwd\"]"), "\"/etc/passwd\" is no path within the project"),
            (step("inputs = [\"**/a\"]"), "`**` is not understood"),
            (step("outputs = [\"a\"]"), "this one always runs"),
            (step("env = { \"A=B\" = \"c\" }"), "no name of a variable"),
            ("[[setup.init]]\nname = \"a\"\n".to_owned(), "1:1: a step needs `run`"),
            ("[[setup.init]]\nrun = \"true\"\n".to_owned(), "1:1: a step needs a `name`"),
            ("[[setup.init]]\nname = \"a\"\nrun = []\n".to_owned(), "`run` names no program"),
        ] {
            let told = read(&text, Level::Project).unwrap_err();
            assert!(told.contains(expected), "{text}\n{told}\nexpected: {expected}");
        }
        assert!(read(&step(""), Level::User).unwrap_err().contains("belong to a project"));
    }
}

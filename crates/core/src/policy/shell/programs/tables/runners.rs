//! Programs that run another program within a project's own environment.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{ordered, read};
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::Program;
use crate::policy::effects::Kind;

/// A runner: its name, the words before the program, and how many operands between.
struct Runner {
    name: &'static str,
    verbs: &'static [&'static str],
    skip: usize,
}

const RUNNERS: &[Runner] = &[
    Runner { name: "npx", verbs: &[], skip: 0 },
    Runner { name: "pipx", verbs: &["run"], skip: 0 },
    Runner { name: "chamber", verbs: &["exec"], skip: 1 },
    Runner { name: "dotenvx", verbs: &["run"], skip: 0 },
    Runner { name: "teller", verbs: &["run"], skip: 0 },
    Runner { name: "zellij", verbs: &["run"], skip: 0 },
    Runner { name: "bunx", verbs: &[], skip: 0 },
    Runner { name: "pnpx", verbs: &[], skip: 0 },
    Runner { name: "uvx", verbs: &[], skip: 0 },
    Runner { name: "npm", verbs: &["exec", "x"], skip: 0 },
    Runner { name: "pnpm", verbs: &["exec", "dlx"], skip: 0 },
    Runner { name: "yarn", verbs: &["exec", "dlx"], skip: 0 },
    Runner { name: "uv", verbs: &["run"], skip: 0 },
    Runner { name: "poetry", verbs: &["run"], skip: 0 },
    Runner { name: "pipenv", verbs: &["run"], skip: 0 },
    Runner { name: "pdm", verbs: &["run"], skip: 0 },
    Runner { name: "rye", verbs: &["run"], skip: 0 },
    Runner { name: "hatch", verbs: &["run"], skip: 0 },
    Runner { name: "bundle", verbs: &["exec"], skip: 0 },
    Runner { name: "conda", verbs: &["run"], skip: 0 },
    Runner { name: "mamba", verbs: &["run"], skip: 0 },
    Runner { name: "direnv", verbs: &["exec"], skip: 1 },
    Runner { name: "op", verbs: &["run"], skip: 0 },
    Runner { name: "doppler", verbs: &["run"], skip: 0 },
    Runner { name: "infisical", verbs: &["run"], skip: 0 },
    Runner { name: "railway", verbs: &["run"], skip: 0 },
    Runner { name: "aws-vault", verbs: &["exec"], skip: 1 },
    Runner { name: "mise", verbs: &["exec", "x"], skip: 0 },
    Runner { name: "asdf", verbs: &["exec"], skip: 0 },
    Runner { name: "dotenv", verbs: &[], skip: 0 },
    Runner { name: "cross-env", verbs: &[], skip: 0 },
];

pub(super) fn program(name: &str) -> Option<Program> {
    match name {
        "nix-shell" | "nix" => Some(nix),
        _ => RUNNERS.iter().any(|runner| runner.name == name).then_some(run),
    }
}

fn run(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = ordered(
        "pcfwnCe",
        &[
            "package=",
            "call=",
            "with=",
            "from=",
            "spec=",
            "python=",
            "env-file=",
            "project=",
            "config=",
            "directory=",
            "name=",
            "prefix=",
            "environment=",
            "env=",
            "service=",
            "workspace=",
            "filter=",
        ],
    );
    let options = read(&call.args, &spec);
    if let Some(code) = options.value(&["c", "call"]).filter(|_| matches!(call.name.as_str(), "npx" | "npm")).cloned() {
        return machine.code(state, &code, Vec::new());
    }
    let mut words = options.operands.as_slice();
    let Some(runner) = RUNNERS.iter().find(|runner| runner.name == call.name) else { return };
    if !runner.verbs.is_empty() {
        match words.split_first() {
            Some((verb, rest)) if runner.verbs.contains(&verb.shown().as_str()) => words = rest,
            _ => return super::table(machine, call, state),
        }
    }
    // What comes behind the verb may begin with options of its own.
    let rest = read(words, &spec);
    let named = options.flags.iter().chain(&rest.flags).filter_map(|flag| flag.value.as_ref());
    let is_live = named.chain(rest.operands.iter().take(runner.skip)).any(super::production::speaks);
    let mut fields: Vec<Text> = rest.operands.get(runner.skip..).unwrap_or_default().to_vec();
    while fields.first().is_some_and(|word| word.prefix().contains('=') || word.shown() == "--") {
        fields.remove(0);
    }
    let sources = options.values(FROM).chain(rest.values(FROM)).map(Text::shown);
    if let Some(url) = sources.chain(fields.first().map(Text::shown)).find(|source| is_address(source)) {
        return machine.act(Kind::CodeFetched, url);
    }
    if let Some(program) = fields.first().map(Text::shown).as_deref().and_then(of_package) {
        fields[0] = Text::known(program);
    }
    let live = machine.live;
    machine.live |= is_live;
    machine.child(state, fields);
    machine.live = live;
}

/// Options that say where the program comes from.
const FROM: &[&str] = &["package", "from", "spec", "with", "p"];

/// Whether a package is named by where it is, not by what a registry calls it.
fn is_address(package: &str) -> bool {
    let forge = ["github:", "gitlab:", "bitbucket:", "gist:", "git@", "ssh:"];
    package.contains("://") || package.starts_with("git+") || forge.iter().any(|start| package.starts_with(start))
}

/// The program of a package whose name or version does not say it.
fn of_package(package: &str) -> Option<&str> {
    let bare = match package.char_indices().skip(1).find(|(_, char)| *char == '@') {
        Some((at, _)) => &package[..at],
        None => package,
    };
    let program = match bare {
        "@anthropic-ai/claude-code" => "claude",
        "@openai/codex" => "codex",
        "@google/gemini-cli" => "gemini",
        "@qwen-code/qwen-code" => "qwen",
        "@github/copilot" => "copilot",
        "@sourcegraph/amp" => "amp",
        "netlify-cli" => "netlify",
        "firebase-tools" => "firebase",
        "@railway/cli" => "railway",
        "@aws-amplify/cli" => "amplify",
        "aws-cdk" => "cdk",
        "@shopify/cli" => "shopify",
        "@sentry/cli" => "sentry-cli",
        "eas-cli" => "eas",
        bare => bare,
    };
    (program != package).then_some(program)
}

/// An archive that is a program a table knows.
pub(in super::super) fn archive(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some(at) = call.args.iter().position(|arg| arg.shown() == "-jar") else { return };
    let Some((archive, rest)) = call.args.get(at + 1..).and_then(<[Text]>::split_first) else { return };
    let name = archive.shown();
    let name = super::super::base_name(&name).trim_end_matches(".jar");
    let fields = std::iter::once(Text::known(name)).chain(rest.iter().cloned()).collect();
    machine.child(state, fields);
}

fn nix(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let words: Vec<String> = call.args.iter().map(Text::shown).collect();
    for (at, word) in words.iter().enumerate() {
        match (call.name.as_str(), word.as_str()) {
            ("nix-shell", "--run" | "--command") => {
                if let Some(code) = call.args.get(at + 1) {
                    machine.code(state, code, Vec::new());
                }
            }
            ("nix", "-c" | "--command") => return machine.child(state, call.inner(at + 1)),
            // A flake of the registry has no address.
            ("nix", flake)
                if words.first().is_some_and(|verb| matches!(verb.as_str(), "run" | "shell" | "develop"))
                    && (is_address(flake) && !flake.starts_with("github:NixOS/")) =>
            {
                return machine.act(Kind::CodeFetched, flake);
            }
            ("nix", "--") if words.first().is_some_and(|verb| verb == "run") => return,
            _ => {}
        }
    }
}

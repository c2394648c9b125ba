//! Tools that code by themselves, started from a shell. Without their checks nobody is asked any more.

use super::super::machine::{Call, Machine};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use super::sieve::knows;
use crate::policy::effects::Kind;

/// An agent, and what starts it without its checks: flags, or values of options.
struct Agent {
    names: &'static [&'static str],
    flags: &'static [&'static str],
    values: &'static [(&'static str, &'static str)],
}

const KNOWN: &[Agent] = &[
    Agent {
        names: &["claude", "claude-code"],
        flags: &["--allow-dangerously-skip-permissions"],
        values: &[("--permission-mode", "bypassPermissions")],
    },
    Agent {
        names: &["codex"],
        flags: &["--yolo"],
        values: &[("--sandbox", "danger-full-access"), ("-s", "danger-full-access")],
    },
    Agent { names: &["gemini", "qwen", "iflow"], flags: &["--yolo", "-y"], values: &[("--approval-mode", "yolo")] },
    Agent { names: &["cursor-agent"], flags: &["--force", "--yolo", "-f"], values: &[] },
    Agent { names: &["copilot"], flags: &["--allow-all-tools", "--allow-all", "--yolo"], values: &[] },
    Agent { names: &["droid"], flags: &["--skip-permissions-unsafe"], values: &[] },
    Agent {
        names: &["crush", "kimi", "cline", "kilocode", "openhands", "amp"],
        flags: &["--yolo", "-y", "--always-approve"],
        values: &[],
    },
    Agent { names: &["kiro-cli", "q"], flags: &["--trust-all-tools"], values: &[] },
    Agent { names: &["aider"], flags: &["--yes-always"], values: &[] },
    Agent { names: &["vibe"], flags: &["--auto-approve"], values: &[] },
];

/// Variables that lead an agent to other settings than the person's, in which hookrail is not asked.
const SETTINGS: &[&str] = &["CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME"];

pub(super) fn program(name: &str) -> Option<Program> {
    knows!(name, KNOWN).then_some(agent)
}

fn agent(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some(agent) = KNOWN.iter().find(|agent| agent.names.contains(&call.name.as_str())) else { return };
    let words: Vec<String> = call.args.iter().map(Text::shown).collect();
    machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
    if words.iter().any(|word| matches!(word.as_str(), "--help" | "--version" | "-V")) {
        return;
    }
    let with_value = |(option, value): &(&str, &str)| {
        words.windows(2).any(|pair| pair[0] == *option && pair[1] == *value)
            || words.iter().any(|word| word.strip_prefix(option).and_then(|rest| rest.strip_prefix('=')) == Some(value))
    };
    let unchecked =
        |word: &String| word.starts_with("--dangerously-") || agent.flags.contains(&word.as_str()) || is_setting(word);
    let led_away = SETTINGS.iter().any(|name| state.variable(name).is_some_and(|variable| variable.values.is_some()));
    if words.iter().any(unchecked) || agent.values.iter().any(with_value) || led_away {
        machine.act(Kind::AgentUnchecked, call.name.as_str());
    }
    if configures(&words) {
        machine.act(Kind::McpConfigure, call.name.as_str());
    }
    // A platform's program may have an agent's name.
    super::told_by_tables(machine, call, state);
}

/// Whether an agent is told to start more programs from now on: servers of tools, or what an extension brings.
fn configures(words: &[String]) -> bool {
    let mut words = words.iter().filter(|word| !word.starts_with('-')).map(String::as_str);
    match (words.next(), words.next(), words.next()) {
        (Some("mcp"), Some(verb), _) => {
            matches!(verb, "add" | "add-json" | "add-from-claude-desktop" | "enable" | "remove")
        }
        (Some("plugin" | "plugins" | "extension" | "extensions"), Some(verb), next) => {
            matches!(verb, "install" | "add" | "link" | "enable") || verb == "marketplace" && next == Some("add")
        }
        _ => false,
    }
}

/// A setting on the command line that takes the sandbox or the hooks away.
fn is_setting(word: &str) -> bool {
    let dense: String = word.chars().filter(|char| !matches!(char, ' ' | '"' | '\'')).collect();
    dense.contains("sandbox_mode=danger-full-access")
        || dense.contains("disableAllHooks:true")
        || dense.contains("hooks=false")
        || dense.contains("defaultMode:bypassPermissions")
}

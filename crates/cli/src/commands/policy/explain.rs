//! `hookrail policy explain`: what a call would do, and which rule decides.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use hookrail_core::agents::{self, Parsed};
use hookrail_core::event::Agent;
use hookrail_core::policy::effects::Effect;
use hookrail_core::policy::shell::Analysis;
use hookrail_core::policy::{self, Decision, Mode, Snapshot, Verdict};
use hookrail_device::policy::{Layer, RuleMode, Standings, worded};
use hookrail_hook::facts::Here;
use serde::Serialize;
use serde_json::{Value, json};

use super::Rules;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Of TEXT and JSON, `-` is standard input and `@FILE` a file. For example:

  hookrail policy explain -- 'rm -rf \"$X\"/*'
  hookrail policy explain --tool Write --input '{\"file_path\":\".bashrc\",\"content\":\"x\"}'
  hookrail policy explain --tool WebFetch --output @page.html
  hookrail policy explain --event recorded.json --agent codex")]
pub(super) struct Args {
    /// Command to look at
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
    /// Call of this tool, by the agent's name for it, with --input; with --output, the tool that gave that back
    #[arg(long, value_name = "TOOL", conflicts_with_all = ["command", "prompt", "event"])]
    tool: Option<String>,
    /// What the tool is given
    #[arg(long, value_name = "JSON", requires = "tool", conflicts_with = "output")]
    input: Option<String>,
    /// What a tool gave back
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["command", "prompt", "event"])]
    output: Option<String>,
    /// Prompt
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["command", "event"])]
    prompt: Option<String>,
    /// What an agent tells its hook, a JSON object, in a file or `-`
    #[arg(long, value_name = "FILE", conflicts_with = "command")]
    event: Option<String>,
    /// The agent that tells it
    #[arg(long, value_name = "AGENT", default_value = "claude-code", requires = "event")]
    agent: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is asked about.
struct Asked {
    agent: Agent,
    parsed: Parsed,
    /// The agent's words.
    payload: String,
    /// The command, where it is no other call.
    command: Option<String>,
}

impl Asked {
    fn of(args: &Args) -> anyhow::Result<Self> {
        if let Some(event) = &args.event {
            return Self::event(&Agent::from(args.agent.as_str()), &text_of(event, Path::new(event))?);
        }
        let command = command(&args.command);
        let words = match (&args.prompt, &args.output, &args.input, &command) {
            (Some(prompt), ..) => json!({"prompt": given(prompt)?}).to_string(),
            (_, Some(output), ..) => {
                let tool = args.tool.as_deref().unwrap_or("Bash");
                json!({"tool": tool, "output": given(output)?}).to_string()
            }
            (.., Some(command)) => command.clone(),
            (_, _, input, None) if args.tool.is_some() => {
                let input: Value = serde_json::from_str(&input.as_deref().map_or_else(|| Ok("{}".to_owned()), given)?)
                    .map_err(|error| Failure::new(format!("the input is no JSON: {error}"), INPUT))?;
                json!({"tool": args.tool, "input": input}).to_string()
            }
            _ => return Err(Failure::new("nothing to look at".to_owned(), INPUT).into()),
        };
        let (agent, payload) = worded(&words);
        let parsed = agents::parse(&agent, &payload);
        Ok(Self { agent, parsed, payload, command })
    }

    fn event(agent: &Agent, text: &str) -> anyhow::Result<Self> {
        let received = agents::parse_bytes(agent, None, text.as_bytes());
        if received.parsed.name == agents::MALFORMED {
            let hint = "an event is the one JSON object that an agent gives its hook on standard input";
            return Err(Failure::new("this is no event".to_owned(), hint).into());
        }
        let payload = received.payload.text().to_owned();
        Ok(Self { agent: received.agent, parsed: received.parsed, payload, command: None })
    }
}

const INPUT: &str = "give a command behind `--`, or --tool with --input, --output, --prompt or --event";

/// One argument is a command line; several are the words of one.
fn command(words: &[String]) -> Option<String> {
    match words {
        [] => None,
        [line] => Some(line.clone()),
        words => Some(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")),
    }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain =
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// A text as it is given: itself, standard input, or a file's.
fn given(text: &str) -> anyhow::Result<String> {
    match text.strip_prefix('@') {
        Some(file) => text_of(text, Path::new(file)),
        None if text == "-" => text_of(text, Path::new("-")),
        None => Ok(text.to_owned()),
    }
}

fn text_of(name: &str, file: &Path) -> anyhow::Result<String> {
    if name == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).context("standard input cannot be read")?;
        return Ok(text);
    }
    fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// What was found out about a call.
struct Found {
    analysis: Analysis,
    verdict: Option<Verdict>,
    micros: u128,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let asked = Asked::of(args)?;
    let rules = Rules::of(asked.parsed.cwd.as_deref())?;
    let text = rules.snapshot()?;
    let found = judge(&asked, &Snapshot::read(text.as_bytes())?, &rules)?;
    let standings = rules.standings();
    let tried = tried(&standings, &asked, &found.analysis.effects);
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", as_json(&asked, &found, &tried))?;
    } else {
        show(&mut out, &asked, &found, &tried)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// As the hook does it, limits of spending aside, with what the agent lets a verdict be.
fn judge(asked: &Asked, snapshot: &Snapshot<'_>, rules: &Rules) -> anyhow::Result<Found> {
    let Asked { agent, parsed, payload, .. } = asked;
    let began = Instant::now();
    let facts = Here::new(parsed.cwd.as_deref(), |name| std::env::var_os(name));
    let analysis = policy::inspect(parsed, payload, &facts);
    let verdict = match parsed.is_judgeable() {
        true => policy::weigh(parsed, payload, snapshot, &analysis.effects, rules.now)?,
        false => None,
    };
    let micros = began.elapsed().as_micros();
    let verdict = verdict.map(|verdict| {
        let reach = agents::reach(agent, parsed, verdict.decision);
        verdict.within(reach)
    });
    Ok(Found { analysis, verdict, micros })
}

/// A rule that was asked, because the call has an effect or a keyword of it.
#[derive(Serialize)]
struct Tried<'r> {
    id: &'r str,
    layer: Layer,
    decision: Decision,
    mode: RuleMode,
    matches: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_until: Option<String>,
}

fn tried<'r>(standings: &'r Standings<'_>, asked: &Asked, effects: &[Effect]) -> Vec<Tried<'r>> {
    if !asked.parsed.is_judgeable() {
        return Vec::new();
    }
    let rules = standings.rules.iter().filter(|standing| standing.prepared().may_meet(&asked.payload, effects));
    let tried = rules.map(|standing| Tried {
        id: standing.rule.id.as_ref(),
        layer: standing.layer,
        decision: standing.rule.decision,
        mode: standing.mode,
        matches: standing.prepared().matches(&asked.parsed, &asked.payload, effects),
        silent_until: standing.silent_until.map(|until| until.to_string()),
    });
    tried.collect()
}

fn as_json(asked: &Asked, found: &Found, tried: &[Tried<'_>]) -> Value {
    let effects = found.analysis.effects.iter().map(|effect| {
        json!({
            "kind": effect.kind.as_str(), "target": effect.target, "place": effect.place.as_str(), "recursive": effect.recursive,
            "at": effect.at.as_str(), "secret": effect.origin.secret, "program": effect.program, "command": effect.command,
        })
    });
    json!({
        "agent": asked.agent.as_str(), "event": asked.parsed.name, "kind": asked.parsed.kind.as_str(), "command": asked.command,
        "complete": found.analysis.complete, "effects": effects.collect::<Vec<_>>(), "rules": tried,
        "verdict": found.verdict, "microseconds": found.micros,
    })
}

fn show(out: &mut impl Write, asked: &Asked, found: &Found, tried: &[Tried<'_>]) -> anyhow::Result<()> {
    show_effects(out, &found.analysis)?;
    if !tried.is_empty() {
        writeln!(out)?;
        show_tried(out, tried)?;
    }
    match &found.verdict {
        Some(verdict) => {
            let would = verdict.would.map(|would| format!(", would {}", would.as_str())).unwrap_or_default();
            let mode = match verdict.mode {
                Mode::Enforce => String::new(),
                mode => format!(" ({})", mode.as_str()),
            };
            let (decision, reason) = (verdict.decision.as_str(), plain(&verdict.reason));
            writeln!(out, "\n{decision}{mode}{would} by {}: {reason}", verdict.rule)?;
        }
        None if !asked.parsed.is_judgeable() => {
            writeln!(out, "\nNo rule is asked at the event {}.", plain(&asked.parsed.name))?;
        }
        None => writeln!(out, "\nNo rule has an opinion.")?,
    }
    writeln!(out, "{} µs", found.micros)?;
    Ok(())
}

fn show_effects(out: &mut impl Write, analysis: &Analysis) -> anyhow::Result<()> {
    if analysis.effects.is_empty() {
        writeln!(out, "No effect that a rule could speak of.")?;
    } else {
        let mut table = Table::new(&["EFFECT", "TARGET", "PLACE", "BY"]);
        for effect in &analysis.effects {
            let tree = if effect.recursive { ", and all below" } else { "" };
            table.row(vec![
                effect.kind.as_str().to_owned(),
                plain(&effect.target).into_owned(),
                format!("{}{tree}", effect.place.as_str()),
                plain(&effect.command).into_owned(),
            ]);
        }
        table.write(out, width())?;
    }
    if !analysis.complete {
        writeln!(out, "Part of the command was not understood.")?;
    }
    Ok(())
}

fn show_tried(out: &mut impl Write, tried: &[Tried<'_>]) -> anyhow::Result<()> {
    let mut table = Table::new(&["RULE TRIED", "LAYER", "DECISION", "MODE", "MATCHES"]);
    for rule in tried {
        let matches = match (rule.matches, &rule.silent_until) {
            (true, Some(until)) => format!("yes, silent until {until}"),
            (true, None) => "yes".to_owned(),
            (false, _) => "no".to_owned(),
        };
        let (layer, decision, mode) = (rule.layer.as_str(), rule.decision.as_str(), rule.mode.as_str());
        table.row(vec![rule.id.to_owned(), layer.to_owned(), decision.to_owned(), mode.to_owned(), matches]);
    }
    table.write(out, width())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_a_shell_reads_them_back() {
        for (word, expected) in
            [("a", "a"), ("-rf", "-rf"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$X", "'$X'")]
        {
            assert_eq!(quoted(word), expected);
        }
    }
}

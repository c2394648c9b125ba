//! `hookrail policy`

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use clap::Subcommand;
use hookrail_core::agents;
use hookrail_core::event::Agent;
use hookrail_core::policy::{self, Snapshot};
use hookrail_device::policy::{Case, OWN_FILE, Outcome, compile, examples, prepare, read, run as judged};
use hookrail_hook::facts::Here;
use serde_json::json;

use super::emit::now;
use crate::connection;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

/// See, test and prepare the rules by which the guard denies and asks
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The hook reads rules from a prepared snapshot alone: `hookrail policy compile` makes it from the
built-in packs and from policy.toml in the state folder, and so does `hookrail install`.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules, those built in and your own
    List(Json),
    /// Show what a command would do and which rule decides, without running it
    Explain(Explain),
    /// Look for mistakes in a file of rules, by line and column
    Check(Check),
    /// Run the rules' own examples, or a file of cases, a JSON object a line: {"command":…,"stops":true}
    Test(Test),
    /// Prepare the rules for the hook
    Compile(Json),
}

#[derive(Debug, clap::Args)]
struct Json {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Explain {
    /// Command to look at
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Check {
    /// File of rules [default: policy.toml in the state folder]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Test {
    /// File of cases [default: the examples of the rules]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List(args) => list(args),
        Command::Explain(args) => explain(args),
        Command::Check(args) => check(args),
        Command::Test(args) => test(args),
        Command::Compile(args) => prepare_snapshot(args),
    }
}

/// The text of a snapshot of the rules as they are written now.
fn snapshot() -> anyhow::Result<(String, Vec<hookrail_device::policy::PolicyFile>)> {
    let files = prepare(&connection::home()?)?;
    let rules: Vec<policy::Rule<'_>> =
        files.iter().flat_map(|file| &file.rules).map(|rule| rule.prepared(None)).collect();
    Ok((Snapshot::write(&rules)?, files))
}

fn list(args: &Json) -> anyhow::Result<ExitCode> {
    let (_, files) = snapshot()?;
    let mut out = io::stdout().lock();
    let rules = files.iter().flat_map(|file| &file.rules);
    if args.json {
        for rule in rules {
            let line = json!({"id": rule.id.as_ref(), "decision": rule.decision, "reason": rule.reason.as_ref(), "instead": rule.instead});
            writeln!(out, "{line}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["RULE", "DECISION", "REASON"]);
    for rule in rules {
        table.row(vec![
            rule.id.as_ref().clone(),
            rule.decision.as_str().to_owned(),
            plain(rule.reason.as_ref()).into_owned(),
        ]);
    }
    table.write(&mut out, width())?;
    Ok(ExitCode::SUCCESS)
}

fn explain(args: &Explain) -> anyhow::Result<ExitCode> {
    let (text, files) = snapshot()?;
    let snapshot = Snapshot::read(text.as_bytes())?;
    // One argument is a command line; several are the words of one.
    let command = match args.command.as_slice() {
        [line] => line.clone(),
        words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
    };
    let call = json!({"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": command}});
    let payload = call.to_string();
    let began = Instant::now();
    let parsed = agents::parse(&Agent::ClaudeCode, &payload);
    let facts = Here::new(None, |name| std::env::var_os(name));
    let analysis = policy::inspect(&parsed, &payload, &facts);
    let verdict = policy::weigh(&parsed, &payload, &snapshot, &analysis.effects, now())?;
    let micros = began.elapsed().as_micros();
    let met: Vec<&str> = files
        .iter()
        .flat_map(|file| &file.rules)
        .filter(|rule| rule.prepared(None).matches(&parsed, &payload, &analysis.effects))
        .map(|rule| rule.id.as_ref().as_str())
        .collect();
    let mut out = io::stdout().lock();
    if args.json {
        let effects: Vec<_> = analysis
            .effects
            .iter()
            .map(|effect| {
                json!({
                    "kind": effect.kind.as_str(), "target": effect.target, "place": effect.place.as_str(), "recursive": effect.recursive,
                    "at": effect.at.as_str(), "secret": effect.origin.secret, "program": effect.program, "command": effect.command,
                })
            })
            .collect();
        let line = json!({"command": command, "complete": analysis.complete, "effects": effects, "rules": met, "verdict": verdict, "microseconds": micros});
        writeln!(out, "{line}")?;
        return Ok(ExitCode::SUCCESS);
    }
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
        table.write(&mut out, width())?;
    }
    if !analysis.complete {
        writeln!(out, "Part of the command was not understood.")?;
    }
    match verdict {
        Some(verdict) => {
            writeln!(out, "\n{} by {}: {}", verdict.decision.as_str(), verdict.rule, plain(&verdict.reason))?;
        }
        None => writeln!(out, "\nNo rule has an opinion.")?,
    }
    writeln!(out, "{micros} µs")?;
    Ok(ExitCode::SUCCESS)
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain =
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn check(args: &Check) -> anyhow::Result<ExitCode> {
    let file = match &args.file {
        Some(file) => file.clone(),
        None => connection::home()?.path().join(OWN_FILE),
    };
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && args.file.is_none() => String::new(),
        text => text.with_context(|| format!("{} cannot be read", file.display()))?,
    };
    let mut out = io::stdout().lock();
    let mistakes = read(&text).err().unwrap_or_default();
    if args.json {
        writeln!(out, "{}", json!({"file": file, "mistakes": mistakes}))?;
    } else if mistakes.is_empty() {
        writeln!(out, "{}: no mistakes", file.display())?;
    } else {
        for mistake in &mistakes {
            writeln!(out, "{}:{}:{}: {}", file.display(), mistake.line, mistake.column, mistake.message)?;
        }
    }
    Ok(if mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn test(args: &Test) -> anyhow::Result<ExitCode> {
    let (text, files) = snapshot()?;
    let snapshot = Snapshot::read(text.as_bytes())?;
    let cases = match &args.file {
        None => examples(&files),
        Some(file) => cases_of(file)?,
    };
    let outcomes = judged(&cases, &snapshot)?;
    let wrong: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.is_right()).collect();
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!({"cases": cases.len(), "wrong": wrong}))?;
    } else {
        for outcome in &wrong {
            let found = outcome
                .verdict
                .as_ref()
                .map_or("passes".to_owned(), |verdict| format!("is stopped by {}", verdict.rule));
            let wanted = if outcome.case.stops { "should be stopped" } else { "should pass" };
            writeln!(out, "{}: {wanted} and {found} ({})", plain(&outcome.case.command), plain(&outcome.case.why))?;
        }
        writeln!(out, "{} of {} cases are as they should be", cases.len() - wrong.len(), cases.len())?;
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cases_of(file: &PathBuf) -> anyhow::Result<Vec<Case>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let cases = lines.map(|(at, line)| {
        serde_json::from_str(line).map_err(|error| {
            let message = format!("{}:{}: {error}", file.display(), at + 1);
            Failure::new(message, "each line is an object such as {\"command\":\"rm -rf /\",\"stops\":true}").into()
        })
    });
    cases.collect()
}

fn prepare_snapshot(args: &Json) -> anyhow::Result<ExitCode> {
    let compiled = compile(&connection::home()?, now())?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&compiled)?)?;
    } else {
        writeln!(
            out,
            "Wrote {}: {} rules deny, {} ask, {} are silent by an exception",
            compiled.file.display(),
            compiled.denies,
            compiled.asks,
            compiled.exceptions
        )?;
        for rule in &compiled.stale {
            writeln!(out, "The exception of {rule} is over, or names no rule: remove it")?;
        }
    }
    Ok(ExitCode::SUCCESS)
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

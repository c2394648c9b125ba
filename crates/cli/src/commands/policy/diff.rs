//! `hookrail policy diff`

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_core::policy::{Rule, Snapshot};
use hookrail_device::policy::{Case, Layer, Sheet, Standing, examples, join, read, run as judged};
use serde::Serialize;
use serde_json::Value;

use super::{Rules, cases_of, project};
use crate::connection;
use crate::failure::Failure;
use crate::output::plain;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File of rules to compare [default: the prepared rules]
    #[arg(value_name = "OLD", requires = "new")]
    old: Option<PathBuf>,
    /// File of rules to compare it with [default: the files as they are written now]
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    /// File of cases whose verdicts are compared [default: the examples of the rules]
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is different between two lists of rules.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Difference {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<Change>,
    verdicts: Vec<Turn>,
}

/// A rule that says something else.
#[derive(Debug, PartialEq, Serialize)]
struct Change {
    rule: String,
    /// The fields that differ: before, and now.
    fields: BTreeMap<String, (Value, Value)>,
}

/// A case that is decided otherwise.
#[derive(Debug, PartialEq, Serialize)]
struct Turn {
    case: String,
    before: Option<String>,
    now: Option<String>,
}

/// Compares, and prints what is different.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let rules = Rules::read()?;
    let (old, new) = match (&args.old, &args.new) {
        (Some(old), Some(new)) => (of_file(old)?, of_file(new)?),
        _ => (prepared()?, rules.snapshot()?),
    };
    let cases = match &args.cases {
        Some(file) => cases_of(file)?,
        None => examples(rules.gathered.files()),
    };
    let difference = compare(&Snapshot::read(old.as_bytes())?, &Snapshot::read(new.as_bytes())?, &cases)?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&difference)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if difference == Difference::default() {
        writeln!(out, "Nothing is different")?;
    }
    for id in &difference.removed {
        writeln!(out, "- {}", plain(id))?;
    }
    for id in &difference.added {
        writeln!(out, "+ {}", plain(id))?;
    }
    for change in &difference.changed {
        writeln!(out, "~ {}", plain(&change.rule))?;
        for (field, (before, now)) in &change.fields {
            writeln!(out, "    {field}: {} → {}", plain(&before.to_string()), plain(&now.to_string()))?;
        }
    }
    for turn in &difference.verdicts {
        let word = |verdict: &Option<String>| verdict.clone().unwrap_or_else(|| "no opinion".to_owned());
        writeln!(out, "{} → {}: {}", word(&turn.before), word(&turn.now), plain(&turn.case))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The prepared rules of the current folder.
fn prepared() -> anyhow::Result<String> {
    let home = connection::home()?;
    let path = match project(None)? {
        Some(root) => home.project_policy(&root.to_string_lossy()),
        None => home.policy(),
    };
    fs::read_to_string(&path).map_err(|error| {
        let message = format!("the prepared rules in {} cannot be read: {error}", path.display());
        Failure::new(message, "`hookrail policy compile` prepares them").into()
    })
}

/// The rules of one file alone.
fn of_file(path: &PathBuf) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let file = read(&text).map_err(|mistakes| {
        let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
        Failure::new(format!("{}: {first}", path.display()), "`hookrail policy check FILE` shows all mistakes")
    })?;
    let sheets = [Sheet { layer: Layer::Person, name: path.display().to_string(), file }];
    let rules: Vec<_> = join(&sheets, super::now()).rules.iter().map(Standing::prepared).collect();
    Ok(Snapshot::write(&rules)?)
}

fn compare(old: &Snapshot<'_>, new: &Snapshot<'_>, cases: &[Case]) -> anyhow::Result<Difference> {
    let (before, now) = (by_id(old)?, by_id(new)?);
    let missing = |one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>| {
        one.keys().filter(|id| !other.contains_key(*id)).cloned().collect()
    };
    let changed = before.iter().filter_map(|(id, before)| {
        let fields = fields(before, now.get(id)?);
        (!fields.is_empty()).then(|| Change { rule: id.clone(), fields })
    });
    let (judged_before, judged_now) = (judged(cases, old)?, judged(cases, new)?);
    let word = |verdict: &Option<hookrail_core::policy::Verdict>| {
        verdict.as_ref().map(|verdict| {
            let would = verdict.would.map(|would| format!(", would {}", would.as_str())).unwrap_or_default();
            format!("{}{would} by {}", verdict.decision.as_str(), verdict.rule)
        })
    };
    let turns = judged_before.iter().zip(&judged_now).filter_map(|(before, now)| {
        let (was, is) = (word(&before.verdict), word(&now.verdict));
        let case = if before.case.command.is_empty() { before.case.why.clone() } else { before.case.command.clone() };
        (was != is).then_some(Turn { case, before: was, now: is })
    });
    Ok(Difference {
        added: missing(&now, &before),
        removed: missing(&before, &now),
        changed: changed.collect(),
        verdicts: turns.collect(),
    })
}

/// Rules by their id; of twins each has its number behind it.
fn by_id(snapshot: &Snapshot<'_>) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut rules = BTreeMap::new();
    for rule in snapshot.rules() {
        let rule: Rule<'_> = rule?;
        let twin = (2..).map(|n| Cow::Owned(format!("{} ({n})", rule.id)));
        let names = std::iter::once(Cow::Borrowed(rule.id.as_ref())).chain(twin);
        if let Some(name) = names.into_iter().find(|name| !rules.contains_key(name.as_ref())) {
            rules.insert(name.into_owned(), serde_json::to_value(&rule)?);
        }
    }
    Ok(rules)
}

fn fields(before: &Value, now: &Value) -> BTreeMap<String, (Value, Value)> {
    let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let all = keys(before).into_iter().chain(keys(now));
    all.filter(|key| before.get(key) != now.get(key))
        .map(|key| (key.clone(), (before[&key].clone(), now[&key].clone())))
        .collect()
}

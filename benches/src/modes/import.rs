//! The time of `hookrail import`, from its start to its end: a process of its own, a server that commits.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use hookrail_benches::transcripts;

use crate::client::Target;
use crate::figures::Times;

/// What to import, with what.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The `hookrail` to run; it lies beside this program by default.
    #[arg(long)]
    hookrail: Option<PathBuf>,
    /// Sessions of 300 lines to import. Only the first import into a store measures storing.
    #[arg(long, default_value_t = transcripts::SESSIONS)]
    sessions: u64,
    /// Only write the files, into this folder.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

/// Imports again after the first, which must change nothing.
const AGAIN: usize = 2;

pub(crate) fn run(target: &Target, args: &Args) -> anyhow::Result<()> {
    if let Some(folder) = &args.write {
        let bytes = transcripts::write(folder, args.sessions)?;
        println!("import: wrote {} sessions, {:.1} MB", args.sessions, bytes as f64 / 1e6);
        return Ok(());
    }
    let beside = std::env::current_exe()?.with_file_name("hookrail");
    let hookrail = args.hookrail.clone().unwrap_or(beside);
    let folder = tempfile::tempdir()?;
    let bytes = transcripts::write(folder.path(), args.sessions)?;
    let lines = args.sessions * transcripts::LINES;
    let import = |again: bool| -> anyhow::Result<f64> {
        let mut command = Command::new(&hookrail);
        command.args(["import", "claude-code"]).arg(folder.path().join("projects")).args(["--json", "--server"]);
        command.arg(target.url()).env("HOOKRAIL_HOME", folder.path().join("home")).stdout(Stdio::piped());
        if again {
            command.arg("--again");
        }
        let started = Instant::now();
        let said = command.output().with_context(|| format!("cannot run {}", hookrail.display()))?;
        let seconds = started.elapsed().as_secs_f64();
        if !said.status.success() {
            bail!("the import failed: {}", String::from_utf8_lossy(&said.stderr));
        }
        print!("import: {}", String::from_utf8_lossy(&said.stdout));
        Ok(seconds)
    };
    let first = import(false)?;
    println!(
        "import: {lines} lines, {:.1} MB in {first:.3} s = {:.0} lines/s, {:.0} MB/s",
        bytes as f64 / 1e6,
        lines as f64 / first,
        bytes as f64 / 1e6 / first,
    );
    let mut times = Times::default();
    for _ in 0..AGAIN {
        times.add(std::time::Duration::from_secs_f64(import(true)?));
    }
    println!("import: again, everything known before: {}", times.told());
    check(target, args.sessions)
}

/// Holds what the server says against what the files hold.
fn check(target: &Target, sessions: u64) -> anyhow::Result<()> {
    let mut answer = ureq::get(format!("{}/api/v1/usage?group_by=model", target.url())).call()?;
    let usage: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
    let items = usage["items"].as_array().context("the usage has no items")?;
    let model = items.iter().find(|item| item["key"] == transcripts::MODEL).context("the model is missing")?;
    let expected = transcripts::totals(sessions);
    let number = |name: &str| model[name].as_u64().unwrap_or_default();
    let told = transcripts::Totals {
        input: number("input_tokens"),
        output: number("output_tokens"),
        cache_write: number("cache_write_tokens"),
        cache_read: number("cache_read_tokens"),
        cost_microusd: number("cost_microusd"),
    };
    if told != expected {
        bail!("the server tells {told:?}, the files hold {expected:?} (was the store empty?)");
    }
    println!("import: the usage is exact: ${:.2}", expected.cost_microusd as f64 / 1e6);
    Ok(())
}

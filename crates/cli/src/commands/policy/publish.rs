//! `hookrail policy publish` and `hookrail policy fetch`

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_core::policy::published::Published;
use hookrail_device::http::Client;
use hookrail_device::policy::organisation::{kept, refresh};
use hookrail_device::policy::{Site, compile, read};
use serde_json::json;

use crate::connection::{self, Connection};
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Publish {
    /// File of rules
    #[arg(value_name = "FILE", required_unless_present = "withdraw")]
    file: Option<PathBuf>,
    /// Take the organisation's rules back
    #[arg(long, conflicts_with = "file")]
    withdraw: bool,
    #[command(flatten)]
    connection: Connection,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Fetch {
    #[command(flatten)]
    connection: Connection,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Gives the organisation's devices a file of rules, if it has no mistakes.
pub(super) fn publish(args: &Publish) -> anyhow::Result<ExitCode> {
    let text = match &args.file {
        Some(file) => fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?,
        None => String::new(),
    };
    if let Err(mistakes) = read(&text) {
        let file = args.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
        let hint = format!("`hookrail policy check {file}` shows all mistakes");
        return Err(Failure::new(format!("{file} has mistakes: {first}"), hint).into());
    }
    let answer = Client::new(&args.connection.config()?)?.put_text("/api/v1/policy", &text)?;
    if !answer.is_success() {
        return Err(Failure::new(
            format!("the rules were not published: {}", answer.describe()),
            "it needs a key of the organisation with the scope admin",
        )
        .into());
    }
    let Published { organisation, version, .. } =
        serde_json::from_slice(&answer.body).context("the server's answer is not understood")?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!({"organisation": organisation, "version": version}))?;
    } else {
        writeln!(out, "Version {version} of the rules of {organisation}: its devices have it within a minute")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Fetches the organisation's rules and prepares them.
pub(super) fn fetch(args: &Fetch) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let is_new = refresh(&home, &Client::new(&args.connection.config()?)?)?;
    compile(&Site::device(&home), super::now())?;
    let version = kept(&home)?.map(|published| published.version);
    let mut out = io::stdout().lock();
    match (args.json, version) {
        (true, _) => writeln!(out, "{}", json!({"version": version, "new": is_new}))?,
        (false, None) => writeln!(out, "The organisation has no rules")?,
        (false, Some(version)) if is_new => writeln!(out, "The organisation's rules are of version {version} now")?,
        (false, Some(version)) => writeln!(out, "The organisation's rules are of version {version}, as before")?,
    }
    Ok(ExitCode::SUCCESS)
}

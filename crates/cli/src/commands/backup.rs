//! `hookrail backup`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_server::Config;
use hookrail_store::Settings;

use crate::connection;
use crate::failure::Failure;

/// Write a consistent copy of the store to a new file; the server may be running
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder of the server's files [default: `server` in the state folder]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Where events are kept: `sqlite:PATH` [default: `hookrail.db` in the data folder]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

/// Copies the store.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let data_dir = match &args.data_dir {
        Some(folder) => folder.clone(),
        None => connection::home()?.path().join("server"),
    };
    let config = Config { data_dir, store: args.store.clone(), ..Config::default() };
    let url = config.store_url();
    // Opening a store makes it where there is none; a backup of nothing is a mistake.
    let path = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(&url));
    if !path.is_file() {
        let hint = "name the server's folder with `--data-dir`, or its store with `--store`";
        return Err(Failure::new(format!("there is no store at {}", path.display()), hint).into());
    }
    let store = hookrail_store::open(&url, &Settings::default()).with_context(|| format!("cannot open {url}"))?;
    store.writer()?.backup(&args.file).with_context(|| format!("cannot write {}", args.file.display()))?;
    let bytes = args.file.metadata()?.len();
    writeln!(io::stderr(), "Copied {url} to {}: {}", args.file.display(), indicatif::HumanBytes(bytes))?;
    Ok(ExitCode::SUCCESS)
}

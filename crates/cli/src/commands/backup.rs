//! `hookrail backup`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
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
    if args.file.exists() {
        let hint = "name a new file for the copy";
        return Err(Failure::new(format!("{} exists", args.file.display()), hint).into());
    }
    let bytes = copy(&url, &args.file)?;
    writeln!(io::stderr(), "Copied {url} to {}: {}", args.file.display(), indicatif::HumanBytes(bytes))?;
    Ok(ExitCode::SUCCESS)
}

/// Copies into a folder beside the file that nobody else can read, then renames: what is there under its name is
/// complete and private. Returns its size.
fn copy(url: &str, file: &Path) -> anyhow::Result<u64> {
    let store = hookrail_store::open(url, &Settings::default()).with_context(|| format!("cannot open {url}"))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".hookrail-backup-").tempdir_in(folder);
    let beside = beside.with_context(|| format!("cannot write to the folder {}", folder.display()))?;
    let copy = beside.path().join("copy.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(store.events.backup(copy.clone())).with_context(|| format!("cannot copy {url}"))?;
    #[cfg(unix)]
    std::fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    std::fs::rename(&copy, file).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file.metadata()?.len())
}

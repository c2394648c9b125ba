//! `hookrail backup`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_server::Config;
use hookrail_store::registry::ProjectId;

use crate::connection;
use crate::failure::Failure;

/// Write a consistent copy of the store to a new file; the server may be running
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The copy is of one project's store. `--all` copies the stores of all projects, the contents of
artifacts and the registry of keys to a new folder, which `hookrail serve --data-dir` takes as it is.")]
pub(crate) struct Args {
    /// File to write; a folder with `--all`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Copy everything the server keeps
    #[arg(long, conflicts_with = "project")]
    all: bool,
    /// Copy the store of this project
    #[arg(long, default_value_t = ProjectId::default(), value_name = "PROJECT")]
    project: ProjectId,
    /// Folder of the server's files [default: `server` in the state folder]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Where events are kept: `sqlite:PATH` [default: `hookrail.db` in the data folder]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

/// Copies the store, or everything.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let data_dir = match &args.data_dir {
        Some(folder) => folder.clone(),
        None => connection::home()?.path().join("server"),
    };
    let config = Config { data_dir, store: args.store.clone(), ..Config::default() };
    let source = match config.project_file(&args.project).filter(|_| !args.project.is_default()) {
        Some(file) => file,
        None => store_of(&config),
    };
    // Opening a store makes it where there is none; a backup of nothing is a mistake.
    if !source.is_file() {
        let hint = "name the server's folder with `--data-dir`, or its store with `--store`";
        return Err(Failure::new(format!("there is no store at {}", source.display()), hint).into());
    }
    if args.file.exists() {
        let hint = "name a new file for the copy";
        return Err(Failure::new(format!("{} exists", args.file.display()), hint).into());
    }
    let files = if args.all { everything(&config)? } else { vec![(source, PathBuf::new())] };
    let bytes = copy(&files, &args.file)?;
    let what = if args.all { config.data_dir.display() } else { files[0].0.display() };
    writeln!(io::stderr(), "Copied {what} to {}: {}", args.file.display(), indicatif::HumanBytes(bytes))?;
    Ok(ExitCode::SUCCESS)
}

/// The file of the default project's store.
fn store_of(config: &Config) -> PathBuf {
    let url = config.store_url();
    PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(&url))
}

/// The folder of the contents of artifacts, in a server's folder.
const CONTENTS: &str = "artifacts";

/// Every database and every content of an artifact of a server, and where it stands in its folder.
fn everything(config: &Config) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let store = store_of(config);
    let mut files = vec![(store.clone(), PathBuf::from("hookrail.db"))];
    let mut folders = vec![config.data_dir.clone()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
            let within = path.strip_prefix(&config.data_dir).unwrap_or(&path).to_owned();
            let is_database = kind.is_file() && path.extension().is_some_and(|extension| extension == "db");
            let is_content = within.starts_with(CONTENTS) && path.extension().is_none();
            if kind.is_dir() && (within.starts_with("projects") || within.starts_with(CONTENTS)) {
                folders.push(path);
            } else if kind.is_file() && is_content || is_database && path != store && within != Path::new("hookrail.db")
            {
                files.push((path, within));
            }
        }
    }
    Ok(files)
}

/// Copies files into a folder beside `target` that nobody else can read, then renames it: what is there under its name
/// is complete and private. A file that stands nowhere is the target itself. Returns the bytes copied.
fn copy(files: &[(PathBuf, PathBuf)], target: &Path) -> anyhow::Result<u64> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".hookrail-backup-").tempdir_in(folder);
    let beside = beside.with_context(|| format!("cannot write to the folder {}", folder.display()))?;
    let root = beside.path().join("copy");
    let mut bytes = 0;
    for (from, within) in files {
        // Joining nothing would ask for a folder.
        let to = if within.as_os_str().is_empty() { root.clone() } else { root.join(within) };
        std::fs::create_dir_all(to.parent().unwrap_or(&root))?;
        if within.starts_with(CONTENTS) {
            match std::fs::copy(from, &to) {
                // It expired in this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                copied => copied.map(drop).with_context(|| format!("cannot copy {}", from.display()))?,
            }
        } else {
            hookrail_store::backup_file(from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
        #[cfg(unix)]
        std::fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        bytes += to.metadata()?.len();
    }
    #[cfg(unix)]
    if root.is_dir() {
        std::fs::set_permissions(&root, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    }
    std::fs::rename(&root, target).with_context(|| format!("cannot write {}", target.display()))?;
    Ok(bytes)
}

//! `hookrail init`

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_core::event::Agent;
use hookrail_device::handlers::sources::Sources;
use hookrail_device::handlers::trust::Trust;
use hookrail_device::install::{self, Facts, Installer, Places, Scope, hook_command};
use hookrail_device::scaffold::detect::Kind;
use hookrail_device::scaffold::plan::{Change, Fate};
use hookrail_device::scaffold::site::{self, Site, Wishes};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::plain;
use crate::{connection, env};

/// Write handlers, set-up steps, recipes and agent settings into a project, or bring them up to date
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What was written stays ours as long as nobody changes it: the next run brings it up to date. A file
that was there before, or that you changed, is left as it is, and one that you deleted stays away.")]
pub(crate) struct Args {
    /// Folder of the project [default: the current one]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// What the project is [default: told from its files]
    #[arg(long, value_name = "KIND", value_parser = Kind::ALL.map(Kind::as_str))]
    kind: Option<String>,
    /// Show what would be written, as a diff, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Show the diff too, and what would become of files of yours
    #[arg(long)]
    diff: bool,
    /// Write this file whatever is there; may be given several times
    #[arg(long, value_name = "FILE")]
    force: Vec<String>,
    /// Let the project's handlers run at once, as they then are
    #[arg(long)]
    trust: bool,
    /// Where to register the hook with Claude Code: `auto` is `local` unless it is registered already, `local` for you
    /// in this project, `project` for everybody in it
    #[arg(long, value_name = "WHERE", default_value = "auto", value_parser = ["auto", "local", "project", "none"])]
    hooks: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What was done, or would be.
#[derive(Debug, Serialize)]
struct Report {
    folder: PathBuf,
    kind: &'static str,
    manager: Option<&'static str>,
    others: Vec<&'static str>,
    dry_run: bool,
    changed: bool,
    files: Vec<File>,
    trust: &'static str,
    notes: Vec<String>,
    next: Vec<Next>,
}

/// What became of one file.
#[derive(Debug, Serialize)]
struct File {
    path: String,
    fate: Fate,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    diff: String,
}

/// What a person does next.
#[derive(Debug, Serialize)]
struct Next {
    command: String,
    what: &'static str,
}

impl From<&Change> for File {
    fn from(change: &Change) -> Self {
        Self { path: change.path.clone(), fate: change.fate, why: change.why.clone(), diff: change.diff() }
    }
}

/// Does what was asked.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = match &args.folder {
        Some(folder) => folder.clone(),
        None => std::env::current_dir().context("cannot tell the current folder")?,
    };
    let wishes = Wishes {
        kind: args.kind.as_deref().and_then(Kind::of),
        force: args.force.iter().map(|path| path.trim_start_matches("./").to_owned()).collect(),
    };
    let site = site::look(&folder, &wishes)?;
    refuse_home(&site.folder)?;
    let mut registration = Registration::of(&args.hooks, &site)?;
    if !args.dry_run {
        site.apply()?;
        // Both write to the project's shared settings.
        if args.hooks == "project" {
            registration = Registration::of(&args.hooks, &site)?;
        }
        registration.apply(!args.json)?;
        if args.trust {
            super::handlers::set_trust(&site.folder, false)?;
        }
    }
    let report = report(args, &site, registration)?;
    let mut out = io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", serde_json::to_string(&report)?)?,
        false => tell(&mut out, args, &report)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What lies in a person's home folder is theirs, in every project.
fn refuse_home(folder: &Path) -> anyhow::Result<()> {
    let home = std::env::var_os("HOME").map(PathBuf::from).and_then(|home| home.canonicalize().ok());
    if home.as_deref() != Some(folder) && folder.parent().is_some() {
        return Ok(());
    }
    let why = format!("{} is no project's folder", folder.display());
    Err(Failure::new(why, "go to the folder of a project, or name it: hookrail init FOLDER").into())
}

/// Whether and where the hook is registered.
struct Registration {
    plan: Option<install::Plan>,
    is_there: bool,
    notes: Vec<String>,
}

impl Registration {
    fn of(wish: &str, site: &Site) -> anyhow::Result<Self> {
        let mut made = Self { plan: None, is_there: false, notes: Vec::new() };
        let (Some(installer), Some(places)) = (
            install::installer(&Agent::ClaudeCode),
            Places::from_env(|name| std::env::var(name).ok(), site.folder.clone()),
        ) else {
            return Ok(made);
        };
        let held = |path: &Path| installer.registrations(path).is_ok_and(|ours| !ours.is_empty());
        let holders: Vec<PathBuf> =
            installer.files(&places).into_iter().map(|(_, path)| path).filter(|path| held(path)).collect();
        made.is_there = !holders.is_empty();
        let scope = match wish {
            "project" => Scope::Project,
            "local" => Scope::Local,
            "auto" if holders.iter().all(|path| *path == installer.file(Scope::Local, &places)) => Scope::Local,
            _ => return Ok(made),
        };
        made.register(wish, installer, scope, &places, site)?;
        Ok(made)
    }

    fn register(
        &mut self,
        wish: &str,
        installer: &Installer,
        scope: Scope,
        places: &Places,
        site: &Site,
    ) -> anyhow::Result<()> {
        let path = installer.file(scope, places);
        if let Some(why) = site.why_not(&path) {
            self.notes.push(format!("the hook is not registered: {} {why}", path.display()));
            return Ok(());
        }
        let own = std::env::current_exe().context("cannot find this program")?;
        let facts = Facts::gather(installer, hook_command(&own, std::env::var_os("PATH").as_deref()));
        let plan = match installer.plan_install(scope, places, &facts) {
            Ok(plan) => plan,
            // Who asked for it is told by an error; who did not has the rest written all the same.
            Err(error) if wish == "auto" => {
                self.notes.push(format!("the hook is not registered: {error}"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if !plan.is_nothing() {
            self.notes.extend(plan.notes.iter().cloned());
        }
        self.is_there = true;
        self.plan = Some(plan);
        Ok(())
    }

    fn apply(&self, tells: bool) -> anyhow::Result<()> {
        if let Some(plan) = self.plan.as_ref().filter(|plan| !plan.is_nothing()) {
            let server = std::env::var(env::SERVER).ok().filter(|server| !server.trim().is_empty());
            super::install::prepare(server.as_deref(), tells)?;
            plan.apply()?;
        }
        Ok(())
    }

    /// As a file among the others.
    fn file(&self, folder: &Path) -> Option<File> {
        let plan = self.plan.as_ref()?;
        let fate = match (&plan.before, plan.is_nothing()) {
            (_, true) => Fate::Current,
            (None, _) => Fate::Created,
            (Some(_), _) => Fate::Extended,
        };
        let path = plan.path.strip_prefix(folder).unwrap_or(&plan.path).to_string_lossy().into_owned();
        let why = Some("the hook of Claude Code".to_owned());
        Some(File { path, fate, why, diff: plan.diff() })
    }
}

fn report(args: &Args, site: &Site, registration: Registration) -> anyhow::Result<Report> {
    let project = &site.project;
    let mut files: Vec<File> = site.planned.changes.iter().map(File::from).collect();
    files.extend(registration.file(&site.folder));
    let sources = Sources::load(&connection::home()?, &site.folder, |name| std::env::var(name).ok());
    let is_new = |path: &str| files.iter().any(|file| file.path == path && file.fate == Fate::Created);
    let mut next = Vec::new();
    let mut add = |command: &str, what| next.push(Next { command: command.to_owned(), what });
    if !args.dry_run {
        if sources.trust != Trust::Trusted && sources.trust != Trust::Nothing {
            add("hookrail handlers trust", "look through .claude/hooks and hookrail.toml, then let them run");
        }
        if !registration.is_there {
            add("hookrail install claude-code", "register the hook, for all your projects");
        }
        if is_new("hookrail.toml") && !project.tools.init.is_empty() {
            add("hookrail setup init", "install what the project needs");
        }
        if is_new("hookrail.just") {
            let theirs = ["justfile", "Justfile", ".justfile"].into_iter().find(|name| site.folder.join(name).exists());
            let command = format!("echo 'mod hookrail' >> {}", theirs.unwrap_or("justfile"));
            add(&command, "have `just hookrail` know the recipes, where you like");
        }
    }
    let mut notes = project.notes.clone();
    notes.extend(registration.notes);
    notes.extend(sources.mistakes.iter().map(ToString::to_string));
    Ok(Report {
        folder: site.folder.clone(),
        kind: project.kind.as_str(),
        manager: project.manager.map(|manager| manager.as_str()),
        others: project.others.iter().map(|kind| kind.as_str()).collect(),
        dry_run: args.dry_run,
        changed: files.iter().any(|file| file.fate.is_written()),
        files,
        trust: sources.trust.as_str(),
        notes,
        next,
    })
}

fn tell(out: &mut impl Write, args: &Args, report: &Report) -> io::Result<()> {
    let kind = Kind::of(report.kind).map_or(report.kind, Kind::title);
    let manager = report.manager.map(|manager| format!(" ({manager})")).unwrap_or_default();
    writeln!(out, "{kind} project{manager} in {}", report.folder.display())?;
    writeln!(out)?;
    for file in &report.files {
        let why = file.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        writeln!(out, "  {:<11} {}{}", word(file.fate), plain(&file.path), plain(&why))?;
    }
    let shown = |file: &&File| !file.diff.is_empty() && (args.diff || (args.dry_run && file.fate.is_written()));
    for file in report.files.iter().filter(shown) {
        writeln!(out)?;
        if !file.fate.is_written() {
            writeln!(out, "What `--force {}` would change:", plain(&file.path))?;
        }
        for line in file.diff.lines() {
            writeln!(out, "{}", plain(line))?;
        }
    }
    writeln!(out)?;
    match (report.dry_run, report.changed) {
        (_, false) => writeln!(out, "Everything is as it should be")?,
        (true, true) => writeln!(out, "Nothing was written")?,
        (false, true) => {}
    }
    for note in &report.notes {
        writeln!(out, "note: {}", plain(note))?;
    }
    if !report.next.is_empty() {
        writeln!(out, "Next:")?;
    }
    let width = report.next.iter().map(|next| next.command.len()).max().unwrap_or(0);
    for next in &report.next {
        writeln!(out, "  {:<width$}  {}", next.command, next.what)?;
    }
    Ok(())
}

const fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Created => "new",
        Fate::Updated => "updated",
        Fate::Overwritten => "overwritten",
        Fate::Extended => "extended",
        Fate::Current => "unchanged",
        Fate::Kept => "kept",
        Fate::Deleted => "left out",
        Fate::Dropped => "left",
    }
}

//! `hookrail bootstrap`

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_device::bootstrap::{Host, Source, Wanted, plan, standalone};
use hookrail_device::config::Token;
use serde_json::json;

use crate::env;
use crate::failure::Failure;

/// Install hookrail on another machine over SSH, or print a script that does it there
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The plan is shown and asked about before anything is changed. Doing it again upgrades; --undo takes
everything away. The key comes from HOOKRAIL_TOKEN or --key-file and travels on standard input,
never as an argument. A script takes it when it runs, from HOOKRAIL_TOKEN or from the file that
HOOKRAIL_KEY_FILE names.")]
pub(crate) struct Args {
    /// Machine to install on, as ssh names it
    #[arg(value_name = "USER@HOST", required_unless_present = "script")]
    destination: Option<String>,
    /// Server the machine is to ship to
    #[arg(long, env = env::SERVER, hide_env = true, value_name = "URL")]
    server: Option<String>,
    /// File that holds the key, with the scope `ingest`
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Agents whose hooks are registered, with commas between [default: those found there]
    #[arg(long, value_name = "AGENTS", value_delimiter = ',', value_parser = ["claude-code", "codex"])]
    agents: Vec<String>,
    /// What the machine's events are to call it [default: the host's name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Folder for the programs there [default: ~/.local/bin]
    #[arg(long, value_name = "FOLDER")]
    bin: Option<String>,
    /// Folder of this machine that holds `hookrail` and `hookrail-hook` for the other [default: beside this program]
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Program that connects, with its options
    #[arg(long, value_name = "COMMAND", default_value = "ssh")]
    ssh: String,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Take away what was installed there
    #[arg(long, conflicts_with_all = ["script", "dry_run", "agents", "name"])]
    undo: bool,
    /// Print a POSIX shell script that does the same, for cloud-init or an image
    #[arg(long, conflicts_with_all = ["destination", "dry_run", "yes", "json"])]
    script: bool,
    /// With --script: URL of a folder with the programs
    #[arg(long, value_name = "URL", requires = "script", requires = "sums", conflicts_with = "embed")]
    binary_url: Option<String>,
    /// With --binary-url: file with the digests of what is there, as `sha256sum` writes it
    #[arg(long, value_name = "FILE", requires = "binary_url")]
    sums: Option<PathBuf>,
    /// With --script: carry the programs in the script itself
    #[arg(long, requires = "script")]
    embed: bool,
    /// With --script: write the key into the script, for everybody who can read it
    #[arg(long, requires = "script")]
    embed_key: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let programs = match &args.programs {
        Some(folder) => folder.clone(),
        None => std::env::current_exe()?.parent().map(Path::to_owned).unwrap_or_default(),
    };
    let mut wanted = Wanted {
        server: args.server.clone(),
        key: None,
        agents: args.agents.clone(),
        name: args.name.clone(),
        bin: args.bin.clone(),
    };
    if args.script {
        if args.embed_key {
            wanted.key = Some(key(args)?);
        }
        return print_script(args, &wanted, programs);
    }
    let host = Host::new(args.destination.as_deref().unwrap_or_default(), &args.ssh)?;
    let mut out = io::stdout().lock();
    if args.undo {
        let said = host.undo(&wanted)?;
        if args.json {
            writeln!(out, "{}", json!({"undone": true, "said": said}))?;
        } else {
            write!(out, "{said}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let found = host.probe(&wanted)?;
    let steps = plan(&found, &wanted, &programs)?;
    if !args.json {
        writeln!(
            out,
            "On {}, {} {}, as {}:",
            args.destination.as_deref().unwrap_or_default(),
            found.os,
            found.arch,
            found.user
        )?;
        for step in &steps {
            writeln!(out, "  {step}")?;
        }
    }
    if args.dry_run {
        if args.json {
            writeln!(out, "{}", json!({"found": found, "plan": steps, "installed": false}))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes && !agreed(&mut out)? {
        return Ok(ExitCode::FAILURE);
    }
    if wanted.server.is_some() {
        wanted.key = Some(key(args)?);
    }
    let said = host.install(&programs, &found, &wanted)?;
    if args.json {
        writeln!(out, "{}", json!({"found": found, "plan": steps, "installed": true, "said": said}))?;
    } else {
        write!(out, "{said}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_script(args: &Args, wanted: &Wanted, programs: PathBuf) -> anyhow::Result<ExitCode> {
    let source = match (&args.binary_url, &args.sums) {
        (Some(url), Some(sums)) => {
            let sums_text = fs::read_to_string(sums).with_context(|| format!("cannot read {}", sums.display()))?;
            Source::Url(url.clone(), sums_text)
        }
        _ if args.embed => Source::Embedded(programs),
        _ => {
            let hint = "pass --binary-url URL --sums FILE, or --embed to carry them in the script";
            return Err(Failure::new("the script must know where the programs come from", hint).into());
        }
    };
    io::stdout().lock().write_all(standalone(wanted, &source)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Asks the person; without a terminal nobody can agree.
fn agreed(out: &mut impl io::Write) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(
            Failure::new("nobody is here to agree to this plan", "pass --yes, or --dry-run to see it alone").into()
        );
    }
    write!(out, "Do this? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn key(args: &Args) -> anyhow::Result<Token> {
    let given = match &args.key_file {
        Some(file) => {
            Some(fs::read_to_string(file).with_context(|| format!("cannot read the key of {}", file.display()))?)
        }
        None => std::env::var(env::TOKEN).ok().filter(|key| !key.trim().is_empty()),
    };
    let Some(given) = given else {
        let hint = "pass --key-file FILE or set HOOKRAIL_TOKEN; `hookrail keys create` makes a key";
        return Err(Failure::new("there is no key to enrol the machine with", hint).into());
    };
    Ok(Token::new(&given)?)
}

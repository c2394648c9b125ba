//! `hookrail demo`: recorded sessions through the real hook, the real shipper and the real server.
//!
//! Everything it makes is in one temporary folder (the store, a HOME, a state folder) that goes away with it; nothing
//! of the person's own settings is read or written.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use hookrail_server::{Config, DEFAULT_PORT, Server};
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;

use self::check::Tally;
use self::recordings::Recording;
use self::stage::Stage;
use super::{interrupt, serve};

mod check;
mod recordings;
mod stage;

/// The time between the beginnings of two sessions.
const BETWEEN_SESSIONS: Duration = Duration::from_millis(1_500);

/// Show recorded sessions of real agents in a throw-away server, with the dashboard open
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The recordings go through the real hook, shipper and server. Everything is in a temporary folder
and is removed at the end; your own settings are not touched.")]
pub(crate) struct Args {
    /// Play this many times as fast as the agents worked [default: 1, with `--once` without pauses]
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    speed: Option<f64>,
    /// Do not open the dashboard in a browser
    #[arg(long)]
    no_open: bool,
    /// End when everything was played and is in the store; fail where something is missing
    #[arg(long)]
    once: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "expected a number such as 2 or 0.5".to_owned())?;
    if (0.01..=1000.0).contains(&speed) { Ok(speed) } else { Err("expected a number from 0.01 to 1000".to_owned()) }
}

/// Plays until everything was played (`--once`) or until a signal.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder =
        tempfile::Builder::new().prefix("hookrail-demo-").tempdir().context("cannot make a temporary folder")?;
    let code = runtime.block_on(demo(args, folder.path()));
    runtime.shutdown_timeout(Duration::from_secs(5));
    folder.close().context("cannot remove the temporary folder")?;
    code
}

async fn demo(args: &Args, folder: &Path) -> anyhow::Result<ExitCode> {
    let stop = CancellationToken::new();
    let server = bind(folder.join("data")).await?;
    let url = format!("http://{}", server.local_addr()?);
    let serving = tokio::spawn(server.run(stop.clone()));
    let mut err = io::stderr();
    writeln!(err, "Dashboard: {url}/")?;
    let stage = Arc::new(Stage::set(folder, &url)?);
    let shipper = stage.start_shipper()?;
    if !args.no_open && !args.once {
        open_browser(&url);
    }

    let interrupted = CancellationToken::new();
    tokio::spawn(interrupt::watch(interrupted.clone(), "Ending the demo"));
    let recordings = recordings::fresh();
    let tally = Tally::of(&recordings);
    writeln!(err, "Playing {tally} through {}", stage.hook_name())?;
    let outcome = play(args, recordings, &stage, &tally, &url, &interrupted).await;
    drop(shipper);
    stop.cancel();
    serving.await?.context("the server did not stop well")?;
    outcome
}

/// Plays everything, waits for its arrival, then for the person to end the demo.
async fn play(
    args: &Args,
    recordings: Vec<Recording>,
    stage: &Arc<Stage>,
    tally: &Tally,
    url: &str,
    interrupted: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let mut err = io::stderr();
    let speed = args.speed.or((!args.once).then_some(1.0));
    let mut playing = JoinSet::new();
    for (at, recording) in recordings.into_iter().enumerate() {
        let delay = scaled(BETWEEN_SESSIONS * u32::try_from(at)?, speed);
        playing.spawn(play_session(recording, Arc::clone(stage), delay, speed, interrupted.clone()));
    }
    while let Some(played) = playing.join_next().await {
        played??;
    }
    if interrupted.is_cancelled() {
        return Ok(ExitCode::SUCCESS);
    }
    let (shipping, url, mut tally) = (Arc::clone(stage), url.to_owned(), tally.clone());
    let missing = spawn_blocking(move || {
        tally.add(shipping.report("git.stash-drop", "There was nothing in it that is not on the branch.")?);
        shipping.ship_once()?;
        tally.missing_at(&url)
    })
    .await??;
    if !missing.is_empty() {
        bail!("not everything played is in the store: {}", missing.join("; "));
    }
    writeln!(err, "Everything played is in the store")?;
    if !args.once {
        writeln!(err, "The dashboard stays up until Ctrl-C")?;
        interrupted.cancelled().await;
    }
    Ok(ExitCode::SUCCESS)
}

async fn play_session(
    recording: Recording,
    stage: Arc<Stage>,
    delay: Duration,
    speed: Option<f64>,
    interrupted: CancellationToken,
) -> anyhow::Result<()> {
    let mut pause = delay;
    for line in recording.lines {
        tokio::select! {
            () = interrupted.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause + scaled(line.pause, speed)) => {}
        }
        pause = Duration::ZERO;
        let (stage, agent) = (Arc::clone(&stage), recording.agent.clone());
        spawn_blocking(move || stage.call_hook(&agent, &line.json)).await??;
    }
    Ok(())
}

/// A pause at this speed; none where there is no speed.
fn scaled(pause: Duration, speed: Option<f64>) -> Duration {
    speed.map_or(Duration::ZERO, |speed| pause.div_f64(speed))
}

/// A server with a fresh store, on the default port where that is free.
async fn bind(data_dir: PathBuf) -> anyhow::Result<Server> {
    let at = |port| Config {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        data_dir: data_dir.clone(),
        ..Config::default()
    };
    match Server::listen(at(DEFAULT_PORT)).await {
        Ok(server) => Ok(server),
        Err(_) => serve::listen(at(0)).await,
    }
}

/// Opens the dashboard where there is a display; the address is on the terminal in any case.
fn open_browser(url: &str) {
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let opener = match () {
        () if cfg!(target_os = "macos") => "open",
        () if has_display => "xdg-open",
        () => return,
    };
    let quiet = || Stdio::null();
    let started = Command::new(opener).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    if let Ok(mut child) = started {
        // Waited for so that it does not stay behind as a zombie.
        std::thread::spawn(move || child.wait());
    }
}

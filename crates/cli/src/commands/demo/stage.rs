//! The demo's own device: a HOME, a state folder, and the programs that run in them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hookrail_core::event::Agent;
use hookrail_hook::Home;
use hookrail_hook::stopped::Stopped;

use crate::env;

/// How long the shipper may take to be at work.
const SHIPPER_START: Duration = Duration::from_secs(10);

/// How often a wait looks again.
const POLL: Duration = Duration::from_millis(20);

/// The device.
#[derive(Debug)]
pub(super) struct Stage {
    home_folder: PathBuf,
    state: Home,
    hookrail: PathBuf,
    /// The binary of the hook, where it lies beside `hookrail`.
    hook: Option<PathBuf>,
}

/// A running shipper; ends with this value.
#[derive(Debug)]
pub(super) struct Shipper(Child);

impl Drop for Shipper {
    fn drop(&mut self) {
        // It may have ended by itself, when it was idle.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stage {
    /// Sets up a device below `folder` that ships to `server`.
    pub(super) fn set(folder: &Path, server: &str) -> anyhow::Result<Self> {
        let home_folder = folder.join("home");
        let state = Home::at(home_folder.join(".hookrail"));
        fs::create_dir_all(state.path())?;
        fs::write(state.config(), format!("server = \"{server}\"\n"))?;
        let hookrail = std::env::current_exe().context("cannot find this program")?;
        let hook = hookrail.with_file_name(format!("hookrail-hook{}", std::env::consts::EXE_SUFFIX));
        let stage = Self { home_folder, state, hook: hook.is_file().then_some(hook), hookrail };
        // What `install` does: from now on the hook judges.
        stage.hookrail(&["policy", "compile"])?;
        Ok(stage)
    }

    /// What the hook is called on this device.
    pub(super) fn hook_name(&self) -> &'static str {
        if self.hook.is_some() { "hookrail-hook" } else { "hookrail hook" }
    }

    /// Calls the hook as the agent does: a process of its own, the event on standard input.
    pub(super) fn call_hook(&self, agent: &Agent, event: &str) -> anyhow::Result<()> {
        let mut command = match &self.hook {
            Some(hook) => self.command(hook),
            None => self.command(&self.hookrail),
        };
        if self.hook.is_none() {
            command.arg("hook");
        }
        let mut child = command.arg(agent.as_str()).stdin(Stdio::piped()).spawn().context("cannot start the hook")?;
        let sent = child.stdin.take().map(|mut stdin| stdin.write_all(event.as_bytes()));
        let output = child.wait_with_output()?;
        sent.transpose().context("the hook did not read its event")?;
        ensure!(output.status.success(), "the hook failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(())
    }

    /// Starts the shipper and waits until it is at work, so that no hook starts a second one.
    pub(super) fn start_shipper(&self) -> anyhow::Result<Shipper> {
        let mut command = self.command(&self.hookrail);
        command.arg("ship").stdout(Stdio::null()).stderr(Stdio::null());
        let mut shipper = Shipper(command.spawn().context("cannot start the shipper")?);
        let until = Instant::now() + SHIPPER_START;
        while !self.is_shipping() {
            if let Some(status) = shipper.0.try_wait()? {
                bail!("the shipper ended at once: {status}");
            }
            ensure!(Instant::now() < until, "the shipper did not start");
            thread::sleep(POLL);
        }
        Ok(shipper)
    }

    /// Whether somebody holds the shipper's lock.
    fn is_shipping(&self) -> bool {
        let lock = File::open(self.state.ship_lock());
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)))
    }

    /// Reports, as a person does, that one of the stopped calls should have passed; tells of which session it was.
    pub(super) fn report(&self, rule: &str, note: &str) -> anyhow::Result<String> {
        let stopped = self.hookrail(&["stopped", "--json"])?;
        let calls = stopped.lines().filter_map(|line| serde_json::from_str::<Stopped<'_>>(line).ok());
        let call = calls.into_iter().find(|call| call.verdict.rule == rule);
        let call = call.with_context(|| format!("nothing was stopped by {rule}"))?;
        self.hookrail(&["report", &call.code, "--note", note])?;
        Ok(call.session.map(|session| session.as_str().to_owned()).unwrap_or_default())
    }

    /// Returns when everything recorded so far was acknowledged by the server.
    pub(super) fn ship_once(&self) -> anyhow::Result<()> {
        self.hookrail(&["ship", "--once"]).map(drop)
    }

    /// Runs `hookrail` on this device; what it says.
    fn hookrail(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.command(&self.hookrail).args(args).output()?;
        let failed =
            || format!("hookrail {} failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        ensure!(output.status.success(), failed());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A program on this device: nothing of the person's own set-up reaches it.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", &self.home_folder).env(env::HOME, self.state.path());
        command.env_remove(env::SERVER).env_remove(env::TOKEN).current_dir(&self.home_folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

//! Installing hookrail on another machine, by its shell alone: over SSH with a plan first, or as a script for whoever makes machines.
//!
//! Both run one script for POSIX shells (`bootstrap.sh`), which is sent on standard input: neither the key nor anything else
//! that is secret is ever an argument. Doing it again is an upgrade, and `undo` takes everything away.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use serde::Serialize;

use crate::config::Token;
use crate::words::quoted;

/// What is done on the other machine.
const SCRIPT: &str = include_str!("bootstrap.sh");

/// The programs that are installed.
pub const PROGRAMS: [&str; 2] = ["hookrail", "hookrail-hook"];

/// The most that is read of what the other machine says.
const MAX_ANSWER: u64 = 1 << 20;

/// Room that an installation needs beyond the programs themselves, in KiB: a full spool segment and some.
const SPARE_KIB: u64 = 32 << 10;

/// Why another machine was not changed, or not wholly.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// The destination or an option cannot be used.
    #[error("{0}")]
    Wrong(String),
    /// A program or file of this machine.
    #[error("{what}: {error}")]
    Here {
        /// Which.
        what: String,
        /// What is the matter.
        #[source]
        error: io::Error,
    },
    /// The other machine, or the way to it: its words went to standard error.
    #[error("{destination}: {what}")]
    There {
        /// The machine.
        destination: String,
        /// What could not be done.
        what: String,
    },
}

/// Another machine, and how to get there.
#[derive(Clone, Debug)]
pub struct Host {
    destination: String,
    ssh: Vec<String>,
}

/// What is on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Its operating system, as `uname -s` names it.
    pub os: String,
    /// Its processor, as `uname -m` names it.
    pub arch: String,
    /// The person's name there.
    pub user: String,
    /// Their home.
    pub home: String,
    /// Where programs go.
    pub bin: String,
    /// Whether they can be put there.
    pub writable: bool,
    /// Free room, in KiB; 0 where it is not told.
    pub free_kib: u64,
    /// The hookrail that is there; empty for none.
    pub version: String,
    /// Whether a systemd of the person's own runs.
    pub systemd: bool,
    /// The agents that were found.
    pub agents: Vec<String>,
}

/// What is to be made of it.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The server to ship to; none leaves the settings as they are.
    pub server: Option<String>,
    /// The key for it.
    pub key: Option<Token>,
    /// The agents whose hooks are registered; none for those that are found.
    pub agents: Vec<String>,
    /// The device's name.
    pub name: Option<String>,
    /// Where programs go; none for `~/.local/bin`.
    pub bin: Option<String>,
}

/// Where a script takes the programs from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A URL's folder, and the digests of what is there, as `sha256sum` writes them.
    Url(String, String),
    /// The script itself carries them.
    Embedded(PathBuf),
}

impl Host {
    /// A machine by its `user@host`, reached by this command (`ssh`, with options where there are any).
    ///
    /// # Errors
    /// [`BootstrapError::Wrong`] for what would be read as an option.
    pub fn new(destination: &str, ssh: &str) -> Result<Self, BootstrapError> {
        let ssh: Vec<String> = ssh.split_whitespace().map(str::to_owned).collect();
        if destination.is_empty() || destination.starts_with('-') || ssh.is_empty() {
            return Err(BootstrapError::Wrong(format!("{destination:?} is no destination: write user@host")));
        }
        Ok(Self { destination: destination.to_owned(), ssh })
    }

    /// Looks at what is there, changing nothing.
    ///
    /// # Errors
    /// [`BootstrapError::There`] where it cannot be reached or does not answer as it should.
    pub fn probe(&self, wanted: &Wanted) -> Result<Found, BootstrapError> {
        let answer = self.run("sh -s", script("probe", wanted, None).as_bytes(), "it could not be looked at")?;
        let mut found = Found::default();
        for (name, value) in answer.lines().filter_map(|line| line.split_once('=')) {
            let value = value.to_owned();
            match name {
                "os" => found.os = value,
                "arch" => found.arch = value,
                "user" => found.user = value,
                "home" => found.home = value,
                "bin" => found.bin = value,
                "writable" => found.writable = value == "yes",
                "free_kib" => found.free_kib = value.parse().unwrap_or(0),
                "version" => found.version = value,
                "systemd" => found.systemd = value == "yes",
                "agent" => found.agents.push(value),
                _ => {}
            }
        }
        if found.home.is_empty() {
            return Err(self.there("it did not say what is there"));
        }
        Ok(found)
    }

    /// Installs the programs of a folder of this machine, and what is wanted; gives what the other machine said.
    ///
    /// # Errors
    /// [`BootstrapError::Here`] for the programs, [`BootstrapError::There`] for whatever does not work there.
    pub fn install(&self, programs: &Path, found: &Found, wanted: &Wanted) -> Result<String, BootstrapError> {
        for name in PROGRAMS {
            let file = programs.join(name);
            let bytes =
                fs::read(&file).map_err(|error| BootstrapError::Here { what: file.display().to_string(), error })?;
            let target = quoted(&format!("{}/.{name}.part", found.bin));
            let command = format!("umask 077 && mkdir -p {} && cat > {target}", quoted(&found.bin));
            self.run(&command, &bytes, &format!("{name} could not be sent"))?;
        }
        self.run("sh -s", script("install", wanted, None).as_bytes(), "the installation did not end well")
    }

    /// Takes everything away that [`Self::install`] put there.
    ///
    /// # Errors
    /// As [`Self::install`].
    pub fn undo(&self, wanted: &Wanted) -> Result<String, BootstrapError> {
        self.run("sh -s", script("undo", wanted, None).as_bytes(), "it could not be undone")
    }

    fn there(&self, what: &str) -> BootstrapError {
        BootstrapError::There { destination: self.destination.clone(), what: what.to_owned() }
    }

    /// Runs a command there with this input; what it says on standard error is seen.
    fn run(&self, command: &str, input: &[u8], failed: &str) -> Result<String, BootstrapError> {
        let here = |error| BootstrapError::Here { what: self.ssh[0].clone(), error };
        let mut child = Command::new(&self.ssh[0])
            .args(&self.ssh[1..])
            .arg("--")
            .arg(&self.destination)
            .arg(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(here)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let input = input.to_owned();
        // A pipe of its own thread, so that neither side waits for the other; one that closes early tells by its exit code.
        let fed = thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&input)));
        let mut said = String::new();
        if let Some(pipe) = stdout {
            pipe.take(MAX_ANSWER).read_to_string(&mut said).map_err(here)?;
        }
        let status = child.wait().map_err(here)?;
        let _ = fed.join();
        if status.success() { Ok(said) } else { Err(self.there(failed)) }
    }
}

/// What would be done, a line each, or why it cannot be.
///
/// # Errors
/// [`BootstrapError::Wrong`] where the machine is of another kind than the programs, or has no room.
pub fn plan(found: &Found, wanted: &Wanted, programs: &Path) -> Result<Vec<String>, BootstrapError> {
    let wrong = |text: String| Err(BootstrapError::Wrong(text));
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let there = (found.os.to_lowercase(), found.arch.as_str());
    if there.0 != os && (there.0.as_str(), os) != ("darwin", "macos") {
        return wrong(format!("{} runs {}, these programs are for {os}", found.home, found.os));
    }
    let same = there.1 == arch || matches!((there.1, arch), ("arm64", "aarch64") | ("amd64", "x86_64"));
    if !same {
        return wrong(format!(
            "the machine is {}, these programs are for {arch}: name the folder of others with --programs",
            found.arch
        ));
    }
    if !found.writable {
        return wrong(format!("{} cannot be written there: name another folder with --bin", found.bin));
    }
    let mut bytes = 0;
    for name in PROGRAMS {
        let file = programs.join(name);
        let about =
            fs::metadata(&file).map_err(|error| BootstrapError::Here { what: file.display().to_string(), error })?;
        bytes += about.len();
    }
    let needed = bytes.div_ceil(1024) + SPARE_KIB;
    if found.free_kib > 0 && found.free_kib < needed {
        return wrong(format!("{} KiB are free there, {needed} are needed", found.free_kib));
    }
    let mut steps = Vec::new();
    let verb = if found.version.is_empty() { "write" } else { "replace" };
    for name in PROGRAMS {
        steps.push(format!("{verb} {}/{name}", found.bin));
    }
    if let Some(server) = &wanted.server {
        steps.push(format!("enroll at {server}: {}/.hookrail/config.toml (0600)", found.home));
        if found.systemd {
            steps.push("keep a shipper running by a systemd user unit".to_owned());
        }
    }
    let agents = if wanted.agents.is_empty() { &found.agents } else { &wanted.agents };
    steps.extend(agents.iter().map(|agent| format!("register the hooks of {agent}, and prepare the guard's rules")));
    if agents.is_empty() {
        steps.push("register no hooks: no agent was found".to_owned());
    }
    Ok(steps)
}

/// The script that does the same without a connection, for cloud-init or an image. It takes the key from HOOKRAIL_TOKEN or from
/// the file that HOOKRAIL_KEY_FILE names when it runs, unless `wanted` holds one.
///
/// # Errors
/// [`BootstrapError::Here`] where programs that are to be embedded cannot be read.
pub fn standalone(wanted: &Wanted, source: &Source) -> Result<String, BootstrapError> {
    let mut text = String::from("#!/bin/sh\n");
    let Source::Embedded(folder) = source else {
        text.push_str(&script("install", wanted, Some(source)));
        return Ok(text);
    };
    // The programs come before the script that puts them in their place.
    let _ = writeln!(text, "umask 077\nhr_bin={}\nmkdir -p \"$hr_bin\" || exit 1", bin_of(wanted));
    for name in PROGRAMS {
        let file = folder.join(name);
        let here = |error| BootstrapError::Here { what: file.display().to_string(), error };
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        let packed = packed.write_all(&fs::read(&file).map_err(here)?).and_then(|()| packed.finish()).map_err(here)?;
        let _ = writeln!(text, "base64 -d <<'HOOKRAIL' | gzip -dc > \"$hr_bin/.{name}.part\" || exit 1");
        let encoded = hookrail_core::base64::encode(&packed);
        for line in encoded.as_bytes().chunks(76) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("HOOKRAIL\n");
    }
    text.push_str(&script("install", wanted, None));
    Ok(text)
}

fn bin_of(wanted: &Wanted) -> String {
    wanted.bin.as_deref().map_or_else(|| "\"$HOME/.local/bin\"".to_owned(), quoted)
}

/// The script with its variables.
fn script(action: &str, wanted: &Wanted, source: Option<&Source>) -> String {
    let mut text = String::new();
    let mut set = |name: &str, value: &str| _ = writeln!(text, "{name}={}", quoted(value));
    set("HR_ACTION", action);
    if action == "install" {
        set("HR_SERVER", wanted.server.as_deref().unwrap_or_default());
        set("HR_KEY", wanted.key.as_ref().map_or("", Token::secret));
        set("HR_AGENTS", &wanted.agents.join(" "));
        set("HR_NAME", wanted.name.as_deref().unwrap_or_default());
    }
    if let Some(Source::Url(url, sums)) = source {
        set("HR_URL", url.trim_end_matches('/'));
        set("HR_SUMS", sums.trim());
    }
    let _ = writeln!(text, "HR_BIN={}", bin_of(wanted));
    text + SCRIPT
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn machine() -> Found {
        let os = if std::env::consts::OS == "macos" { "Darwin" } else { "Linux" };
        Found {
            os: os.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            home: "/home/dev".to_owned(),
            bin: "/home/dev/.local/bin".to_owned(),
            writable: true,
            agents: vec!["codex".to_owned()],
            ..Found::default()
        }
    }

    #[test]
    fn a_plan_says_what_is_done_or_why_not() {
        let folder = tempfile::tempdir().unwrap();
        PROGRAMS.iter().for_each(|name| fs::write(folder.path().join(name), [0; 2048]).unwrap());
        let wanted = Wanted { server: Some("http://x.example".into()), ..Wanted::default() };
        let steps = plan(&machine(), &wanted, folder.path()).unwrap().join("\n");
        for part in ["write /home/dev/.local/bin/hookrail-hook", "enroll at http://x.example", "the hooks of codex"] {
            assert!(steps.contains(part), "{steps}");
        }
        let change = |with: &dyn Fn(&mut Found)| {
            let mut found = machine();
            with(&mut found);
            plan(&found, &wanted, folder.path()).map(|steps| steps.join("\n")).map_err(|error| error.to_string())
        };
        assert!(change(&|found| found.version = "hookrail 0.1.0".into()).unwrap().contains("replace"));
        assert!(change(&|found| found.arch = "riscv64".into()).unwrap_err().contains("riscv64"));
        assert!(change(&|found| found.os = "SunOS".into()).unwrap_err().contains("SunOS"));
        assert!(change(&|found| found.writable = false).unwrap_err().contains("--bin"));
        assert!(change(&|found| found.free_kib = 5).unwrap_err().contains("5 KiB are free"));
        assert!(change(&|found| found.agents.clear()).unwrap().contains("no agent"));
    }

    #[test]
    fn nothing_that_is_given_is_read_as_anything_but_a_word() {
        for destination in ["", "-oProxyCommand=x"] {
            assert!(Host::new(destination, "ssh").is_err());
        }
        let wanted = Wanted { server: Some("x'; rm -rf / #".into()), name: Some("$(id)".into()), ..Wanted::default() };
        let text = script("install", &wanted, None);
        assert!(text.contains(r"HR_SERVER='x'\''; rm -rf / #'") && text.contains("HR_NAME='$(id)'"), "{text}");
        let probe = script("probe", &Wanted { key: Some(Token::new("hkr_secret").unwrap()), ..wanted }, None);
        assert!(!probe.contains("hkr_secret"), "only who needs the key gets it");
    }
}

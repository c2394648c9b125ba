//! Where the real agents come from: npm, at the versions pinned in `tests/agents`, installed below `target`.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::rig::root;

/// Most lines of what npm says of a failure.
const MAX_CAUSE: usize = 8;

/// The installed programs.
pub(crate) struct Agents {
    pub(crate) claude_code: PathBuf,
    pub(crate) codex: PathBuf,
}

/// The agents; `None`, after a plain line about it, where they cannot be had here.
pub(crate) fn agents() -> Option<&'static Agents> {
    static AGENTS: OnceLock<Result<Agents, String>> = OnceLock::new();
    match AGENTS.get_or_init(install) {
        Ok(agents) => Some(agents),
        Err(why) => {
            // Past the capture of what a passing test prints: a skipped test must be seen.
            let said = format!("\nSKIPPED: npm is out of reach, the real agents were not run ({why})\n");
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            None
        }
    }
}

fn install() -> Result<Agents, String> {
    let (npm_arch, triple) = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => ("x64", "x86_64-unknown-linux-musl"),
        ("linux", "aarch64") => ("arm64", "aarch64-unknown-linux-musl"),
        (os, arch) => return Err(format!("no agents are pinned for {os} on {arch}")),
    };
    let folder = root().join("target/agents");
    fs::create_dir_all(&folder).unwrap();
    // Several test processes may come here at once; one installs.
    let lock = File::create(folder.join(".lock")).unwrap();
    lock.lock().unwrap();
    let modules = folder.join("node_modules");
    let agents = Agents {
        claude_code: modules.join(format!("@anthropic-ai/claude-code-linux-{npm_arch}/claude")),
        codex: modules.join(format!("@openai/codex-linux-{npm_arch}/vendor/{triple}/bin/codex")),
    };
    let pinned = fs::read(root().join("tests/agents/package-lock.json")).unwrap();
    let done = folder.join("installed");
    if fs::read(&done).is_ok_and(|installed| installed == pinned) {
        return Ok(agents);
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(root().join("tests/agents").join(file), folder.join(file)).unwrap();
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if !npm.status.success() {
        // npm names the cause on several lines, and a log that is gone with this machine.
        let said = String::from_utf8_lossy(&npm.stderr);
        let cause: Vec<&str> = said.lines().filter(|line| !line.contains("complete log")).take(MAX_CAUSE).collect();
        return Err(format!("npm ci, {}: {}", npm.status, cause.join("; ")));
    }
    // From here on it is no longer npm's reach: a missing program is a failure.
    for program in [&agents.claude_code, &agents.codex] {
        assert!(program.is_file(), "npm installed no {}", program.display());
    }
    fs::write(&done, pinned).unwrap();
    Ok(agents)
}

//! A systemd user unit that keeps a shipper running, for machines on which hooks are rare and reports are wanted, and so
//! that what waited while the machine was off goes out when it is on again. Hooks start a shipper without it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The unit's name.
const NAME: &str = "hookrail-ship.service";

/// The first line of a unit that is ours to change and remove.
const MARK: &str = "# Written by `hookrail enroll --systemd`; `hookrail enroll --remove` takes it away.";

/// What became of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// It is written and systemd runs it.
    Running(PathBuf),
    /// It is written; systemd did not take it, for this reason.
    Written(PathBuf, String),
    /// There is a file of that name that is not ours; it was left alone.
    Foreign(PathBuf),
}

/// Where the unit belongs.
fn path(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let config =
        env("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&env("HOME")?).join(".config")))?;
    Some(config.join("systemd/user").join(NAME))
}

/// The unit's text.
fn text(program: &Path, home: &Path) -> String {
    // systemd reads `%` and quotes in these places.
    let quoted = |path: &Path| format!("\"{}\"", path.display().to_string().replace('%', "%%").replace('"', "\\\""));
    format!(
        "{MARK}\n[Unit]\nDescription=hookrail shipper\n\n[Service]\nEnvironment={}\nExecStart={} ship\n\
         Restart=always\nRestartSec=30\nNice=10\n\n[Install]\nWantedBy=default.target\n",
        quoted(&PathBuf::from(format!("HOOKRAIL_HOME={}", home.display()))),
        quoted(program),
    )
}

/// Writes the unit and starts it where systemd is there.
///
/// # Errors
/// Where the file cannot be written, or there is no HOME to write it in.
pub fn install(program: &Path, home: &Path, env: &dyn Fn(&str) -> Option<String>) -> io::Result<Unit> {
    let path = path(env).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "HOME is not set"))?;
    if fs::read_to_string(&path).is_ok_and(|there| !there.starts_with(MARK)) {
        return Ok(Unit::Foreign(path));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, text(program, home))?;
    let started = systemctl(&["daemon-reload"]).and_then(|()| systemctl(&["enable", "--now", NAME]));
    Ok(match started {
        Ok(()) => Unit::Running(path),
        Err(why) => Unit::Written(path, why),
    })
}

/// Stops the unit and removes it, where there is one of ours.
///
/// # Errors
/// Where the file cannot be removed.
pub fn remove(env: &dyn Fn(&str) -> Option<String>) -> io::Result<Option<PathBuf>> {
    let Some(path) = path(env) else { return Ok(None) };
    if !fs::read_to_string(&path).is_ok_and(|there| there.starts_with(MARK)) {
        return Ok(None);
    }
    // A unit that cannot be stopped, for want of systemd, does not run either.
    let _ = systemctl(&["disable", "--now", NAME]);
    fs::remove_file(&path)?;
    let _ = systemctl(&["daemon-reload"]);
    Ok(Some(path))
}

fn systemctl(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("systemctl");
    command.arg("--user").args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("systemctl cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().unwrap_or("systemctl failed").to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_unit_is_written_again_and_removed_and_another_s_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let env = move |name: &str| (name == "HOME").then(|| home.clone());
        let state = folder.path().join("st%ate");
        for _ in 0..2 {
            // Whether systemd runs it depends on the machine; that it is written does not.
            let (Unit::Running(path) | Unit::Written(path, _)) =
                install(Path::new("/opt/hook rail"), &state, &env).unwrap()
            else {
                panic!("a unit of ours is nobody else's")
            };
            let text = fs::read_to_string(path).unwrap();
            assert!(text.contains("ExecStart=\"/opt/hook rail\" ship") && text.contains("st%%ate"), "{text}");
        }
        let path = remove(&env).unwrap().unwrap();
        assert!(!path.exists());
        assert_eq!(remove(&env).unwrap(), None);
        fs::write(&path, "[Unit]\n").unwrap();
        assert_eq!(install(Path::new("/opt/x"), &state, &env).unwrap(), Unit::Foreign(path.clone()));
        assert_eq!(remove(&env).unwrap(), None);
        assert!(path.exists());
    }
}

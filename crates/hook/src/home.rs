//! The state folder and the environment variables: their names, in one place.
//!
//! | variable | meaning |
//! |---|---|
//! | `HOOKRAIL_HOME` | the state folder; default `$HOME/.hookrail` |
//! | `HOOKRAIL_SERVER` | the server's URL; wins over `config.toml` |
//! | `HOOKRAIL_TOKEN` | the key sent to the server; wins over `config.toml` |
//!
//! The folder belongs to one person (mode 0700, its files 0600). Without `HOOKRAIL_HOME` and `HOME` there is
//! none: the hook still answers its agent and records nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use hookrail_core::policy::fnv;

/// The state folder's variable.
pub const ENV_HOME: &str = "HOOKRAIL_HOME";
/// The server's variable.
pub const ENV_SERVER: &str = "HOOKRAIL_SERVER";
/// The key's variable.
pub const ENV_TOKEN: &str = "HOOKRAIL_TOKEN";

/// Where hookrail keeps its state on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// The state folder at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The state folder this environment names; `None` where it names none.
    pub fn from_env(env: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let named = |name| env(name).filter(|value| !value.is_empty());
        named(ENV_HOME).map(Self::at).or_else(|| named("HOME").map(|home| Self(Path::new(&home).join(".hookrail"))))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Settings of the device (`config.toml`).
    pub fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The prepared rules ([`hookrail_core::policy::Snapshot`]); absent means no opinions.
    pub fn policy(&self) -> PathBuf {
        self.0.join("policy.snapshot")
    }

    /// What is prepared of files of rules: one snapshot for each project with rules of its own, and of each file the last
    /// text without mistakes.
    pub fn policies(&self) -> PathBuf {
        self.0.join("policies")
    }

    /// The prepared rules of a project with rules of its own.
    pub fn project_policy(&self, root: &str) -> PathBuf {
        self.policies().join(format!("{:016x}.snapshot", fnv(root)))
    }

    /// Exists where calls are to be denied while the rules cannot be used.
    pub fn policy_closed(&self) -> PathBuf {
        self.0.join("policy.closed")
    }

    /// Exists since rules could not be prepared again by a hook.
    pub fn policy_retry(&self) -> PathBuf {
        self.policies().join("retry")
    }

    /// What was stopped lately, a JSON object a line.
    pub fn stopped(&self) -> PathBuf {
        self.0.join("stopped.jsonl")
    }

    /// The folder of what a person lets pass once.
    pub fn allowed(&self) -> PathBuf {
        self.0.join("allowed")
    }

    /// Until when a person has paused the guard: nanoseconds of the epoch, as text. Absent means not at all.
    pub fn pause(&self) -> PathBuf {
        self.0.join("paused")
    }

    /// The folder of what was spent, where limits are declared ([`crate::spend`]).
    pub fn spend(&self) -> PathBuf {
        self.0.join("spend")
    }

    /// What was spent of what, where that reaches a limit; absent where nothing does.
    pub fn spend_reached(&self) -> PathBuf {
        self.spend().join("reached")
    }

    /// The folder of the sessions at work.
    pub fn spend_live(&self) -> PathBuf {
        self.spend().join("live")
    }

    /// The folder of which session was told of which limit.
    pub fn spend_told(&self) -> PathBuf {
        self.spend().join("told")
    }

    /// What events anybody handles ([`crate::hand`]); absent means none.
    pub fn handlers_index(&self) -> PathBuf {
        self.0.join("handlers.index")
    }

    /// The folder of what is kept about handlers.
    pub fn handlers(&self) -> PathBuf {
        self.0.join("handlers")
    }

    /// The folder of the spool ([`crate::spool`]).
    pub fn spool(&self) -> PathBuf {
        self.0.join("spool")
    }

    /// The folder of records the shipper set aside.
    pub fn rejected(&self) -> PathBuf {
        self.0.join("rejected")
    }

    /// Held locked by the running shipper; exists once a server has been configured, or what is spent limited.
    pub fn ship_lock(&self) -> PathBuf {
        self.0.join("ship.lock")
    }

    /// The shipper's own account of its work.
    pub fn ship_account(&self) -> PathBuf {
        self.0.join("ship.json")
    }

    /// Failures of the shipper, a line each.
    pub fn ship_log(&self) -> PathBuf {
        self.0.join("ship.log")
    }

    /// Failures of the hook, a line each.
    pub fn hook_log(&self) -> PathBuf {
        self.0.join("hook.log")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_the_home_folder_and_empty_means_unset() {
        for (own, home, expected) in [
            (Some("/state"), Some("/home/dev"), Some("/state")),
            (None, Some("/home/dev"), Some("/home/dev/.hookrail")),
            (Some(""), Some("/home/dev"), Some("/home/dev/.hookrail")),
            (Some(""), Some(""), None),
            (None, None, None),
        ] {
            let env = |name: &str| if name == ENV_HOME { own } else { home }.map(OsString::from);
            assert_eq!(Home::from_env(env), expected.map(Home::at), "{own:?} {home:?}");
        }
    }
}

//! Where an event comes from: what a device says about the place, and what an agent says about the person.

use serde::{Deserialize, Serialize};

/// How an event came to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The agent fired a hook.
    #[default]
    Hook,
    /// The agent exported telemetry (OTLP).
    Telemetry,
    /// It was read from the agent's transcript of a session.
    Transcript,
    /// A program beside the agent reported it (`hookrail emit`).
    Emitted,
}

impl Source {
    /// Every source, in the order of declaration.
    pub const ALL: [Self; 4] = [Self::Hook, Self::Telemetry, Self::Transcript, Self::Emitted];

    /// The source's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Telemetry => "telemetry",
            Self::Transcript => "transcript",
            Self::Emitted => "emitted",
        }
    }

    /// Whether it is the usual one, which is not written down.
    pub const fn is_hook(&self) -> bool {
        matches!(self, Self::Hook)
    }
}

/// Who is at work by the agent's own word: the account it is signed in with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// The account's e-mail address (`user.email`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account (`user.account_uuid`, else `user.account_id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The organisation at the agent's maker (`organization.id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The agent's random id of its installation (`user.id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<String>,
}

impl Identity {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The person: the e-mail address, else the account. An installation is not a person.
    pub fn person(&self) -> Option<&str> {
        self.email.as_deref().or(self.account.as_deref())
    }

    /// Takes over from `later` what it says; what it does not say stays.
    pub fn merge(&mut self, later: &Self) {
        let Self { email, account, organization, installation } = later;
        for (mine, said) in [
            (&mut self.email, email),
            (&mut self.account, account),
            (&mut self.organization, organization),
            (&mut self.installation, installation),
        ] {
            if let Some(said) = said.as_ref().filter(|said| !said.is_empty()) {
                *mine = Some(said.clone());
            }
        }
    }
}

/// What a device says about the place an event comes from. An item is absent where it is not known or switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The device's own id, minted when it was enrolled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// The host's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The operating system and its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// The name of the operating system's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_user: Option<String>,
    /// The name git signs with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_name: Option<String>,
    /// The e-mail address git signs with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_email: Option<String>,
    /// The repository: its remote as `host/owner/name` without scheme, user or `.git`; else the path of its root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The branch that was checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that was checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The kind of container it runs in (`docker`, `podman`, `kubernetes`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The CI service it runs in (`github-actions`, `gitlab-ci`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci: Option<String>,
    /// The cloud it runs in (`aws`, `gcp`, `azure`, `codespaces`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<String>,
    /// The run of an orchestrator it belongs to (`CLAUDE_RUN_ID`, else our own).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The orchestrator's worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The orchestrator's task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The version of hookrail on the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Context {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

//! What a call would do to the world, in terms a rule can speak of.
//!
//! Whatever tool an agent uses, its call is reduced to effects: a shell command, a file edit and an MCP call that delete the
//! same file have the same effect, and one rule speaks of all three.

use std::fmt;

use super::places::Place;
use super::shell::value::Origin;

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// What is done. The names are a contract: rules, records and the dashboard use them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$meta])* $name,)* }

        impl Kind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in rules and records.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

kinds! {
    /// Reads a file's content.
    FileRead = "file.read",
    /// Writes a file or makes one; what it held may be replaced.
    FileWrite = "file.write",
    /// Adds to a file's end.
    FileAppend = "file.append",
    /// Removes a file or a folder.
    FileDelete = "file.delete",
    /// Leaves many files without what they held: emptied, or moved over each other to one name; the target is what matches them.
    FileLoss = "file.loss",
    /// Moves a file or folder away from its place.
    FileMove = "file.move",
    /// Changes who may do what with a file.
    FilePermission = "file.permission",
    /// Changes whose a file is.
    FileOwner = "file.owner",
    /// Writes or removes a file outside of the project by a path that seems to be within: through a link, or by `..`.
    FileOutside = "file.outside",
    /// Reads a credential.
    SecretRead = "secret.read",
    /// Writes a credential, or over one.
    SecretWrite = "secret.write",
    /// Writes a text that holds a credential; the target is the file.
    ContentSecret = "content.secret",
    /// Writes code that runs by itself, or that nobody would want run, and does this.
    ContentCode = "content.code",
    /// Writes infrastructure without a protection it had, or open to everybody.
    ContentProtection = "content.protection",
    /// Reads like calls that should have been stopped, by what was learned from such; what it would do is not known.
    CallSuspicious = "call.suspicious",
    /// Searches for credentials where they are kept.
    SecretHunt = "secret.hunt",
    /// Reads what is known of all the people in a database: numbers of cards, days of birth, what ails somebody.
    PeopleRead = "people.read",
    /// Sends data to another machine; the origin tells what data.
    DataSend = "data.send",
    /// Sends data in the address itself, in a form that nobody can read; the target is the host.
    DataEncoded = "data.encoded",
    /// Fetches something from another machine.
    NetFetch = "net.fetch",
    /// Opens an address of a service that shows what is sent there to whoever made it or has the link; the target is the host.
    NetCatcher = "net.catcher",
    /// Opens an address that is not of the host that whoever reads it believes; the target is the host.
    NetDisguised = "net.disguised",
    /// Opens something of this machine to other machines: a tunnel, a server of its files.
    NetExpose = "net.expose",
    /// Opens an address of another scheme than http and https; the target is the scheme.
    NetScheme = "net.scheme",
    /// Writes to people whose addresses come out of a database.
    NetMailing = "net.mailing",
    /// Attacks other machines, or floods them with requests.
    NetAttack = "net.attack",
    /// Gives a shell of this machine to another one, or takes commands from there.
    NetShell = "net.shell",
    /// Runs code that came from another machine.
    CodeFetched = "code.fetched",
    /// Runs code that was decoded or decrypted on the way, so that nobody can have read it.
    CodeDecoded = "code.decoded",
    /// Starts a shell or an interpreter that takes its code from the terminal: what is typed into it later, no hook may see.
    CodeTyped = "code.typed",
    /// Runs with more rights than the person has.
    PrivilegeGain = "privilege.gain",
    /// Ends other programs.
    ProcessKill = "process.kill",
    /// Starts processes without end.
    ProcessBomb = "process.bomb",
    /// Overwrites a disk or what is on it.
    DiskWipe = "disk.wipe",
    /// Writes to a file without an end, until the disk is full.
    DiskFill = "disk.fill",
    /// Destroys volumes, pools or snapshots of storage.
    StorageDestroy = "storage.destroy",
    /// Stops or restarts the machine.
    SystemPower = "system.power",
    /// Changes what runs by itself: at the machine's start, at a login, by the clock.
    SystemStartup = "system.startup",
    /// Changes how the machine itself works: kernel settings and modules, accounts, the network's configuration.
    SystemChange = "system.change",
    /// Switches a protection off.
    SafetyDisable = "safety.disable",
    /// Replaces the history of a remote branch.
    GitForcePush = "git.force-push",
    /// Deletes a remote branch or tag.
    GitDeleteRemote = "git.delete-remote",
    /// Throws away commits and uncommitted work by moving the branch.
    GitHardReset = "git.hard-reset",
    /// Throws away uncommitted changes of files.
    GitDiscard = "git.discard",
    /// Deletes files that git does not know.
    GitClean = "git.clean",
    /// Rewrites local history.
    GitRewrite = "git.rewrite",
    /// Destroys what lost commits could be recovered from.
    GitRecovery = "git.recovery",
    /// Throws away stashed work.
    GitStashDrop = "git.stash-drop",
    /// Deletes a branch whose commits may be nowhere else.
    GitBranchDelete = "git.branch-delete",
    /// Removes a working tree with the changes in it.
    GitWorktreeRemove = "git.worktree-remove",
    /// Writes to or deletes from the repository's own database.
    GitMetadata = "git.metadata",
    /// Goes around the repository's own checks.
    GitBypass = "git.bypass",
    /// Destroys resources of a cloud.
    CloudDestroy = "cloud.destroy",
    /// Changes who may do what in a cloud, or opens it to everybody.
    CloudAccess = "cloud.access",
    /// Puts something into production, where everybody has it.
    CloudDeploy = "cloud.deploy",
    /// Changes or deletes at a service, or in what is live, what others rely on: many records at once, or what weighs.
    ServiceChange = "service.change",
    /// Destroys resources of a cluster.
    ClusterDestroy = "cluster.destroy",
    /// Removes containers, images or volumes.
    ContainerDestroy = "container.destroy",
    /// Gives a container power over this machine.
    ContainerEscape = "container.escape",
    /// Drops or empties a database, or changes all rows of a table.
    DatabaseDestroy = "database.destroy",
    /// Gives rights over a database to many, takes off what protects its rows, or reaches through it to the machine it runs on.
    DatabaseOpen = "database.open",
    /// Publishes something for everybody.
    PackagePublish = "package.publish",
    /// Takes something published back, or removes packages of the system.
    PackageRemove = "package.remove",
    /// Installs from a place nobody vouches for.
    PackageUntrusted = "package.untrusted",
    /// Deletes or closes something on a forge: repositories, releases, secrets.
    ForgeDestroy = "forge.destroy",
    /// Lets a build server run strangers' code with its own rights, or hand out all its secrets.
    CiUntrusted = "project.ci-untrusted",
    /// Changes what a build server runs.
    ProjectCi = "project.ci",
    /// Writes by hand what a package manager keeps, and checks.
    ProjectLock = "project.lock",
    /// A prompt as a person wrote it; the target is its text, in lower case and with single spaces.
    PromptText = "prompt.text",
    /// A prompt holds a credential; the target is the credential's type, never its text.
    PromptSecret = "prompt.secret",
    /// Calls a tool of an MCP server; the target is `server/tool`.
    McpCall = "mcp.call",
    /// Calls a tool whose name claims to be that of an MCP server and is of no such form.
    McpMalformed = "mcp.malformed",
    /// Calls a tool of an MCP server whose name is easily taken for that of a known one.
    McpLookalike = "mcp.lookalike",
    /// Deletes something at a service by a tool of its MCP server.
    McpDestroy = "mcp.destroy",
    /// Moves money by a tool of an MCP server.
    McpPay = "mcp.pay",
    /// Moves money from the command line: out of a wallet, by a payment service.
    MoneyMove = "money.move",
    /// Changes at a service who may see or do what, or what protects it, by a tool of its MCP server.
    McpAccess = "mcp.access",
    /// Changes by hand which MCP servers an agent starts.
    McpConfigure = "mcp.configure",
    /// Orders another agent, or whatever reads a page, to give credentials away, to switch off what guards it, or to obey strangers;
    /// the target says which.
    AgentOrders = "agent.orders",
    /// Starts another agent without its checks, or writes settings by which one goes without them.
    AgentUnchecked = "agent.unchecked",
    /// What a tool gave back holds a credential; the target is the credential's type.
    OutputSecret = "output.secret",
    /// What a tool gave back holds words addressed to the agent, or hides some; the target says by what.
    OutputInjection = "output.injection",
    /// Touches what guards this machine: hookrail's own settings, hooks, policy, spool, binaries, and agents' settings.
    SelfTamper = "self.tamper",
    /// Something that could not be understood; the command tells what.
    Unknown = "unknown",
}

impl Kind {
    /// The kind of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where it happens, if not on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Where {
    /// On this machine.
    #[default]
    Here,
    /// On another machine, by a remote shell.
    Remote,
    /// In a container that stays.
    Container,
    /// In a container that is made for this alone, with nothing of this machine in it.
    Throwaway,
}

impl Where {
    /// Its name in rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Remote => "remote",
            Self::Container => "container",
            Self::Throwaway => "throwaway",
        }
    }
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What is done.
    pub kind: Kind,
    /// To what: a path as resolved, a host, a device, a name; empty where it is nothing in particular.
    pub target: String,
    /// Where the target is, for paths.
    pub place: Place,
    /// Whether everything below the target is meant.
    pub recursive: bool,
    /// Where the data or the code comes from, for what is sent or run.
    pub origin: Origin,
    /// Where it happens.
    pub at: Where,
    /// The program that does it, or the tool.
    pub program: String,
    /// The command as far as it is known, shortened.
    pub command: String,
}

impl Effect {
    /// Something that a tool, which is no shell, does here.
    pub(super) fn on(kind: Kind, target: impl Into<String>, place: Place, tool: &str) -> Self {
        Self {
            kind,
            target: target.into(),
            place,
            recursive: false,
            origin: Origin::UNKNOWN,
            at: Where::Here,
            program: tool.to_owned(),
            command: tool.to_owned(),
        }
    }

    /// [`Effect::on`] what is no file of this machine, or any of them.
    pub(super) fn without_place(kind: Kind, target: impl Into<String>, tool: &str) -> Self {
        Self::on(kind, target, Place::Unknown, tool)
    }

    /// Somebody's credential or data goes to whoever this is.
    pub(super) fn gives_away(to: impl Into<String>, tool: &str) -> Self {
        Self { origin: Origin::SECRET, ..Self::without_place(Kind::DataSend, to, tool) }
    }
}

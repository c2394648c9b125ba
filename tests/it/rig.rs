//! One installation in a temporary folder: its own `HOME`, its own server, the real binaries.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before the test calls it hung; generous, because a busy machine is not a bug.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The built binary of this name (`hookrail`, `hookrail-hook`), built now where it is out of date.
pub(crate) fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        // The same selection of packages as the tests' own build, so that nothing is compiled a second time.
        let built = Command::new(env!("CARGO"))
            .args(["build", "--workspace", "--bins", "--locked", "--message-format=json"])
            .current_dir(root())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(built.status.success(), "the binaries do not build");
        let messages =
            built.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        let hook = messages
            .filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
            .find(|path| path.ends_with("hookrail-hook"));
        hook.unwrap().parent().unwrap().to_owned()
    });
    folder.join(name)
}

/// Polls until `ready` gives something; fails when it does not in time.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// `SIGKILL` to a process that is not our child; whether there was one.
pub(crate) fn kill(pid: u32) -> bool {
    Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status().unwrap().success()
}

/// A process that does not outlive the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// `SIGKILL`, and waits for the end.
    pub(crate) fn kill(&mut self) {
        // Already dead is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Waits for the process to end by itself.
    #[track_caller]
    pub(crate) fn finish(&mut self, what: &str) -> ExitStatus {
        until(what, || self.0.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How a process ended and what it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// An installation.
pub(crate) struct Rig {
    folder: TempDir,
    address: String,
    server: Option<Running>,
}

impl Rig {
    /// A fresh `HOME` and an address for its server, which does not run yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "data", "project", "said"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, address: free_address(), server: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The agent's and ours `HOME`.
    pub(crate) fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// The device's state folder, where it is by default.
    pub(crate) fn state(&self) -> PathBuf {
        self.path("home/.hookrail")
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A command that knows nothing of the machine's own set-up: a clean environment, this `HOME`, the project as its folder.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", self.home()).env("TMPDIR", self.folder.path());
        command.current_dir(self.path("project"));
        command
    }

    /// `hookrail` with these arguments.
    pub(crate) fn hookrail(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(binary("hookrail"));
        command.args(arguments);
        command
    }

    /// Starts the command with its input from `stdin` and its output into files.
    pub(crate) fn start(&self, mut command: Command, stdin: &[u8]) -> (Running, PathBuf) {
        static COUNT: AtomicU16 = AtomicU16::new(0);
        let base = self.path("said").join(COUNT.fetch_add(1, Ordering::Relaxed).to_string());
        fs::write(base.with_extension("in"), stdin).unwrap();
        let create = |end: &str| File::create(base.with_extension(end)).unwrap();
        command.stdin(File::open(base.with_extension("in")).unwrap()).stdout(create("out")).stderr(create("err"));
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        (Running(child), base)
    }

    /// Runs the command to its end.
    #[track_caller]
    pub(crate) fn run(&self, command: Command, stdin: &[u8]) -> Said {
        let what = format!("{command:?}");
        let (mut running, base) = self.start(command, stdin);
        let status = running.finish(&what);
        let said = |end: &str| String::from_utf8_lossy(&fs::read(base.with_extension(end)).unwrap()).into_owned();
        Said { status, stdout: said("out"), stderr: said("err") }
    }

    /// Runs the command and fails where it does.
    #[track_caller]
    pub(crate) fn succeed(&self, command: Command, stdin: &[u8]) -> Said {
        let what = format!("{command:?}");
        let said = self.run(command, stdin);
        assert!(said.status.success(), "{what}: {}\n{}{}", said.status, said.stdout, said.stderr);
        said
    }

    /// Starts the server, on the same address and data each time, and waits until it is ready.
    pub(crate) fn serve(&mut self) {
        self.serve_with(&[]);
    }

    /// The same with further arguments.
    pub(crate) fn serve_with(&mut self, further: &[&str]) {
        let data = self.path("data");
        let arguments = ["serve", "--listen", &self.address, "--data-dir", data.to_str().unwrap()];
        let mut command = self.hookrail(&arguments);
        command.args(further);
        let (mut server, base) = self.start(command, b"");
        until("the server", || {
            let ended = server.0.try_wait().unwrap();
            let log = || fs::read_to_string(base.with_extension("err")).unwrap_or_default();
            assert!(ended.is_none(), "the server ended: {ended:?}\n{}", log());
            ureq::get(format!("{}/readyz", self.url())).call().ok()
        });
        self.server = Some(server);
    }

    /// Starts the server if it does not run.
    pub(crate) fn ensure_server(&mut self) {
        if self.server.is_none() {
            self.serve();
        }
    }

    /// Writes the device's settings, so that hooks start a shipper by themselves.
    pub(crate) fn configure(&self) {
        fs::create_dir_all(self.state()).unwrap();
        fs::write(self.state().join("config.toml"), format!("server = \"{}\"\n", self.url())).unwrap();
        File::create(self.state().join("ship.lock")).unwrap();
    }

    /// The process that ships now: the one that holds the lock.
    pub(crate) fn shipper(&self) -> Option<u32> {
        Self::shipper_of(&self.state())
    }

    /// The process that ships now what is in this state folder.
    pub(crate) fn shipper_of(state: &Path) -> Option<u32> {
        let lock = fs::metadata(state.join("ship.lock")).ok()?;
        // `<n>: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> 0 EOF`; waiting processes have `->` after the number.
        let locks = fs::read_to_string("/proc/locks").unwrap();
        let inode = format!(":{}", lock.ino());
        let held = locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let holder = held.filter(|words| words.len() >= 6 && words[1] == "FLOCK" && words[5].ends_with(&inode));
        holder.filter_map(|words| words[4].parse().ok()).next()
    }

    /// Kills the server; false where none runs.
    pub(crate) fn kill_server(&mut self) -> bool {
        self.server.take().is_some()
    }

    /// The hook of this agent, to be given a payload.
    pub(crate) fn hook(&self, agent: &str) -> Command {
        let mut command = self.command(binary("hookrail-hook"));
        command.arg(agent);
        command
    }

    /// `hookrail ship --once`, to this rig's server.
    pub(crate) fn ship_once(&self) -> Command {
        let mut command = self.hookrail(&["ship", "--once"]);
        command.env("HOOKRAIL_SERVER", self.url());
        command
    }

    /// What the server answers at this path.
    #[track_caller]
    pub(crate) fn text(&self, path: &str) -> String {
        let answer = ureq::get(format!("{}{path}", self.url())).call();
        answer.unwrap_or_else(|error| panic!("{path}: {error}")).body_mut().read_to_string().unwrap()
    }

    /// What the server answers at this path, as JSON.
    #[track_caller]
    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    /// Every item of a list, page by page.
    #[track_caller]
    pub(crate) fn all(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut next = String::new();
        loop {
            let mut page = self.json(&format!("{path}{joint}limit=500{next}"));
            items.append(page["items"].as_array_mut().unwrap());
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return items,
            }
        }
    }
}

impl Drop for Rig {
    /// A shipper that hooks started belongs to nobody; it would wait a while for more.
    fn drop(&mut self) {
        if let Some(shipper) = self.shipper() {
            kill(shipper);
        }
    }
}

/// A loopback address nobody listens on. Outside of the range the kernel gives to outgoing connections, so that it stays free
/// while the server is down, and starting at a place of this process's own.
fn free_address() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 200) as u16 * 60;
    until("a free port", || {
        let port = 18_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_| format!("127.0.0.1:{port}"))
    })
}

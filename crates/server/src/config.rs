//! What the server is told: one struct, checked once, never re-read.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hookrail_core::prices::Prices;
use hookrail_core::privacy::Privacy;
use hookrail_store::bus::parking::{Bounds, QuarantineBounds};
use hookrail_store::events::Retention;
use hookrail_store::registry::{ProjectId, Registry};

use crate::StartError;
use crate::outbound::{BadUrl, Target};
use crate::rules::Rules;

/// The port of a default server: H-O-O-K on a phone's keys.
pub const DEFAULT_PORT: u16 = 4665;

/// How long an idle session is awake where nobody says otherwise: longer than most think about an answer.
pub const SLEEP_AFTER: Duration = Duration::from_secs(30 * 60);

/// Everything a server is configured with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Listen beyond loopback although there is neither a token nor any key. Everybody who reaches the port may then read and write.
    pub insecure_listen: bool,
    /// The folder of the server's own files; created where missing.
    pub data_dir: PathBuf,
    /// The store's URL; `None` for `sqlite:<data_dir>/hookrail.db`.
    pub store: Option<String>,
    /// The bus: `local`, or `redis://…` for several servers that share one truth about sessions. It may hold a password.
    pub bus: Bus,
    /// The operator's key: it opens every door. Without it and without any key in the registry the server is open.
    pub token: Option<Token>,
    /// Host names, without port, that requests may name besides loopback's own. Guards against DNS rebinding.
    pub allowed_hosts: Vec<String>,
    /// Believe what a proxy in front says about where a request comes from (`X-Forwarded-For`) and how
    /// (`X-Forwarded-Proto`). Only where no request can come by another way.
    pub trust_proxy: bool,
    /// Whom to ask for titles of sessions; `None` for nobody.
    pub titles: Option<Arc<TitleSettings>>,
    /// What is kept.
    pub retention: Retention,
    /// What is done with an event before it is stored.
    pub privacy: Privacy,
    /// The guard's rules that stored calls are held against which no guard judged.
    pub rules: Rules,
    /// What models cost.
    pub prices: Prices,
    /// How long nothing must be heard from an idle session until it is put to sleep; `None` for never.
    pub sleep_after: Option<Duration>,
    /// The fewest people of a group whose use is shown to viewers without `admin`; 1 shows all.
    pub min_group: u64,
    /// What is bounded.
    pub limits: Limits,
}

/// Every bound of the server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; further ones wait in the listener's backlog.
    pub connections: usize,
    /// Time a client has to send a request's head.
    pub header_timeout: Duration,
    /// Time a client has to send a request's body.
    pub body_timeout: Duration,
    /// Requests with events that are in work or queued; one more is answered 429.
    pub queue_slots: usize,
    /// Bytes of bodies, as sent and decompressed, that are in work or queued; beyond it the answer is 429.
    pub queue_bytes: usize,
    /// Bytes of one batch as sent.
    pub batch_bytes: usize,
    /// Bytes of one batch after decompression.
    pub batch_decompressed_bytes: usize,
    /// Records of one batch.
    pub batch_records: usize,
    /// Bytes of one record, and of the body of every door that takes a single event.
    pub record_bytes: usize,
    /// Bytes of the content of one artifact.
    pub artifact_bytes: u64,
    /// Bytes of all contents of artifacts that a project keeps; the oldest go.
    pub artifacts_bytes: u64,
    /// How long an uploaded content is kept that no stored event tells of.
    pub artifact_grace: Duration,
    /// Uploads of artifacts at once.
    pub uploads: usize,
    /// Readers of the live feed at once.
    pub live_readers: usize,
    /// Time between two signs of life on a quiet live feed.
    pub heartbeat: Duration,
    /// Time a graceful stop waits for open requests, and then for the writer.
    pub stop_grace: Duration,
    /// Time between two looks at what retention has to remove.
    pub retain_every: Duration,
    /// What may wait for its session, of events without a key.
    pub parking: Bounds,
    /// What is kept of events that nobody claimed.
    pub quarantine: QuarantineBounds,
    /// How many requests a key may make; `None` for as many as it likes.
    pub key_rate: Option<Rate>,
    /// How many requests without a good key are looked at from one address, before the answer is 429.
    pub stranger_rate: Rate,
    /// How many requests an address may make that show no key at all at the doors that take events from anybody.
    pub unkeyed_rate: Rate,
}

/// How often something may happen: so many at once, then so many per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_second: u32,
    /// At once, after a while of none.
    pub burst: u32,
}

impl Default for Config {
    /// A server on loopback, open to everybody on this machine, that keeps everything in the current folder.
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
            insecure_listen: false,
            data_dir: PathBuf::from("."),
            store: None,
            bus: Bus::default(),
            token: None,
            allowed_hosts: Vec::new(),
            trust_proxy: false,
            titles: None,
            retention: Retention::default(),
            privacy: Privacy::default(),
            rules: Rules::default(),
            prices: Prices::built_in(),
            sleep_after: Some(SLEEP_AFTER),
            min_group: 1,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            queue_slots: 1024,
            queue_bytes: 256 << 20,
            batch_bytes: 8 << 20,
            batch_decompressed_bytes: 64 << 20,
            batch_records: 100_000,
            record_bytes: 4 << 20,
            artifact_bytes: 32 << 20,
            artifacts_bytes: 4 << 30,
            artifact_grace: Duration::from_secs(86_400),
            uploads: 8,
            live_readers: 256,
            heartbeat: Duration::from_secs(15),
            stop_grace: Duration::from_secs(10),
            retain_every: Duration::from_secs(60),
            parking: Bounds::default(),
            quarantine: QuarantineBounds::default(),
            key_rate: None,
            stranger_rate: Rate { per_second: 5, burst: 300 },
            unkeyed_rate: Rate { per_second: 200, burst: 2000 },
        }
    }
}

impl Config {
    /// The store's URL, the default filled in.
    pub fn store_url(&self) -> String {
        self.store.clone().unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join("hookrail.db").display()))
    }

    /// The file of a project's store; `None` where the default project's store is in memory, as then all are.
    pub fn project_file(&self, project: &ProjectId) -> Option<PathBuf> {
        if self.in_memory() {
            return None;
        }
        let folder = self.data_dir.join("projects").join(project.organisation());
        Some(folder.join(format!("{}.db", project.project())))
    }

    /// The folder of what was uploaded of a project's artifacts; `None` where nothing is kept on a disk.
    pub fn artifacts_folder(&self, project: &ProjectId) -> Option<PathBuf> {
        let folder = self.data_dir.join("artifacts").join(project.organisation()).join(project.project());
        (!self.in_memory()).then_some(folder)
    }

    /// The file of the registry of organisations, projects and keys; `None` where nothing is kept on a disk.
    pub fn registry_file(&self) -> Option<PathBuf> {
        (!self.in_memory()).then(|| self.data_dir.join("registry.db"))
    }

    /// The file of what waits for its session and of the quarantine; `None` where nothing is kept on a disk.
    pub fn parking_file(&self) -> Option<PathBuf> {
        (!self.in_memory()).then(|| self.data_dir.join("parking.db"))
    }

    /// Whether nothing is kept on a disk.
    pub(crate) fn in_memory(&self) -> bool {
        self.store.as_deref() == Some("sqlite::memory:")
    }

    /// Refuses what is legal to write and unsafe to run.
    ///
    /// # Errors
    /// [`StartError::OpenToTheNetwork`] for an address beyond loopback without a token or any key, unless told so in so
    /// many words; [`StartError::Store`] where the registry cannot be asked for keys.
    pub fn check(&self, bound: SocketAddr) -> Result<(), StartError> {
        if bound.ip().is_loopback() || self.token.is_some() || self.insecure_listen {
            return Ok(());
        }
        match self.registry_file() {
            Some(file) if Registry::has_keys(&file)? => Ok(()),
            _ => Err(StartError::OpenToTheNetwork(bound)),
        }
    }
}

/// An OpenAI-compatible endpoint that is asked for titles of sessions.
#[derive(Clone, Debug)]
pub struct TitleSettings {
    pub(crate) target: Target,
    pub(crate) model: String,
    pub(crate) key: Option<Token>,
}

impl TitleSettings {
    /// An endpoint by its base URL (`https://api.example.com/v1`) or the whole URL of its `/chat/completions`, the model
    /// to ask there and the key to show.
    ///
    /// # Errors
    /// For a URL the server does not connect to; see [`BadUrl`].
    pub fn new(url: &str, model: impl Into<String>, key: Option<Token>) -> Result<Self, BadUrl> {
        const DOOR: &str = "/chat/completions";
        let base = url.trim().trim_end_matches('/');
        let url = if base.ends_with(DOOR) { base.to_owned() } else { format!("{base}{DOOR}") };
        Ok(Self { target: Target::new(&url)?, model: model.into(), key })
    }
}

/// The URL of the bus. It may hold a password, so only its place is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Bus(String);

impl Bus {
    /// A bus by its URL; whether there is such a bus shows when the server starts.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL.
    pub(crate) fn url(&self) -> &str {
        &self.0
    }
}

impl Default for Bus {
    /// Within the process.
    fn default() -> Self {
        Self("local".to_owned())
    }
}

impl fmt::Display for Bus {
    /// The URL without user, password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.0.split(['?', '#']).next().unwrap_or_default();
        match plain.split_once("://") {
            Some((scheme, rest)) => write!(f, "{scheme}://{}", rest.rsplit('@').next().unwrap_or_default()),
            None => f.write_str(plain),
        }
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bus({self})")
    }
}

/// The secret that opens the server's doors. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token from its text; `None` for an empty one, which would open every door.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The secret itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

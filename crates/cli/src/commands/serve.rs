//! `hookrail serve`

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hookrail_core::capture::Capture;
use hookrail_core::policy::Snapshot;
use hookrail_core::prices::Prices;
use hookrail_core::privacy::Privacy;
use hookrail_device::config::{self as device_config, ENV_CAPTURE, ENV_REDACT_PERSONAL};
use hookrail_device::policy;
use hookrail_server::{
    Bus, Config, Limits, Rate, Retention, Rules, SLEEP_AFTER, Server, StartError, TitleSettings, Token,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::emit::now;
use super::interrupt;
use crate::failure::Failure;
use crate::{connection, env, redact_key};

/// Run the server: it takes events in, keeps them and shows them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The first Ctrl-C or SIGTERM stops in order: nothing accepted is lost. A second one stops at
once. Without any key only addresses of this machine are allowed, and everybody on it may do
everything. `hookrail keys create` makes keys; from the first one on every door asks for one, and
any address can be listened on. HOOKRAIL_TOKEN sets one that opens everything.")]
pub(crate) struct Args {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:4665", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Folder of the server's files [default: `server` in the state folder]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Where events are kept: `sqlite:PATH` [default: `hookrail.db` in the data folder]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Where events without a key wait for their session: `local`, or `redis://HOST:PORT/DB`, which
    /// several servers can share; HOOKRAIL_BUS sets it too, and keeps a password out of the process list [default: local]
    #[arg(long, value_name = "URL")]
    bus: Option<String>,
    /// Remove events older than this many days [default: keep all]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    keep_days: Option<u64>,
    /// Remove the oldest events while the store is larger than this many MiB [default: keep all]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(16..))]
    keep_mib: Option<u64>,
    /// Largest content of an artifact that is taken, in MiB
    #[arg(long, default_value_t = Limits::default().artifact_bytes >> 20, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=4096))]
    artifact_mib: u64,
    /// Contents of artifacts that each project keeps, in MiB; the oldest go
    #[arg(long, default_value_t = Limits::default().artifacts_bytes >> 20, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    artifacts_mib: u64,
    /// Answer requests that name this host too; can be given more than once
    #[arg(long = "allow-host", value_name = "NAME")]
    allowed_hosts: Vec<String>,
    /// Listen beyond this machine without a key: everybody who reaches the port can read and write
    #[arg(long)]
    insecure_listen: bool,
    /// Price file (JSON) whose models go before the built-in prices
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Put an idle session to sleep after so many minutes without an event; 0 for never
    #[arg(long, default_value_t = SLEEP_AFTER.as_secs() / 60, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(..120))]
    sleep_after: u64,
    /// Hide what groups of fewer people used from viewers whose key is no admin's
    #[arg(long, default_value_t = 1, value_name = "PEOPLE", value_parser = clap::value_parser!(u64).range(1..))]
    min_group: u64,
    /// Base URL of an OpenAI-compatible endpoint that is asked for titles of sessions; it is sent their first prompt and answer, redacted
    #[arg(long, value_name = "URL", requires = "titles_model")]
    titles_url: Option<String>,
    /// Model to ask there
    #[arg(long, value_name = "MODEL", requires = "titles_url")]
    titles_model: Option<String>,
    /// Requests per second that each key may make [default: no bound]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    key_rate: Option<u32>,
    /// Requests per second without a good key that are looked at from one address
    #[arg(long, default_value_t = Limits::default().stranger_rate.per_second, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    stranger_rate: u32,
    /// Requests per second that one address may make without any key at the doors for events
    #[arg(long, default_value_t = Limits::default().unkeyed_rate.per_second, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    unkeyed_rate: u32,
    /// How much of events is stored: `metadata`, `inputs` or `full` [default: HOOKRAIL_CAPTURE, else full]
    #[arg(long, value_name = "LEVEL", value_parser = ["metadata", "inputs", "full"])]
    capture: Option<String>,
    /// Also take personal data out of what comes: e-mail addresses, numbers of telephones, cards and
    /// persons [default: HOOKRAIL_REDACT_PERSONAL, else not]
    #[arg(long)]
    redact_personal: bool,
    /// Believe the proxy in front: X-Forwarded-For and X-Forwarded-Proto
    #[arg(long)]
    trust_proxy: bool,
}

/// Serves until a signal.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    log_to_stderr();
    let config = config(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let data = config.data_dir.clone();
        let store = config.store_url();
        let bus = config.bus.to_string();
        let server = listen(config).await?;
        let keys = if server.is_open() {
            format!(
                "  keys       none: who reaches this address may do everything; to ask for keys, make one:\n             \
                 hookrail keys create --project default --scope ingest,read --data-dir {}\n",
                data.display()
            )
        } else {
            String::new()
        };
        let banner = format!(
            "hookrail {}\n  dashboard  http://{}/\n  data       {}\n  store      {store}\n  bus        {bus}\n{keys}",
            env!("CARGO_PKG_VERSION"),
            server.local_addr()?,
            data.display(),
        );
        let stop = CancellationToken::new();
        tokio::spawn(interrupt::watch(stop.clone(), "Stopping in order"));
        // A server goes on serving where nobody reads what it says.
        let _ = io::stderr().write_all(banner.as_bytes());
        server.run(stop).await.map_err(advise)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn config(args: Args) -> anyhow::Result<Config> {
    let token = match std::env::var(env::TOKEN) {
        Ok(text) if !text.trim().is_empty() => Token::new(text.trim()),
        _ => None,
    };
    let data_dir = match args.data_dir {
        Some(folder) => folder,
        None => own_folder()?,
    };
    let limits = Limits::default();
    // Twice a second's worth at once: a page asks for several things in one go.
    let key_rate = args.key_rate.map(|n| Rate { per_second: n, burst: n.saturating_mul(2) });
    let stranger_rate = Rate { per_second: args.stranger_rate, ..limits.stranger_rate };
    let unkeyed_rate = Rate { per_second: args.unkeyed_rate, burst: args.unkeyed_rate.saturating_mul(10) };
    let titles = match (&args.titles_url, args.titles_model) {
        (Some(url), Some(model)) => Some(Arc::new(titles(url, model)?)),
        _ => None,
    };
    let mut privacy = Privacy { capture: capture(args.capture)?, ..Privacy::default() };
    privacy.redactor.personal = args.redact_personal || personal()?;
    // A store in memory has no installation whose key could be kept.
    if args.store.as_deref() != Some("sqlite::memory:") {
        // Whether there can be such a folder is told when the server starts.
        let _ = std::fs::create_dir_all(&data_dir);
        privacy.redactor.key = redact_key::of(&data_dir);
    }
    Ok(Config {
        privacy,
        rules: rules()?,
        titles,
        listen: args.listen,
        insecure_listen: args.insecure_listen,
        data_dir,
        store: args.store,
        bus: bus(args.bus),
        token,
        allowed_hosts: args.allowed_hosts,
        trust_proxy: args.trust_proxy,
        limits: Limits {
            key_rate,
            stranger_rate,
            unkeyed_rate,
            artifact_bytes: args.artifact_mib << 20,
            artifacts_bytes: args.artifacts_mib << 20,
            ..limits
        },
        retention: Retention {
            max_age: args.keep_days.map(|days| Duration::from_secs(days * 86_400)),
            max_bytes: args.keep_mib.map(|mib| mib.saturating_mul(1 << 20)),
            ..Retention::default()
        },
        prices: prices(args.prices.as_deref())?,
        sleep_after: Some(Duration::from_secs(args.sleep_after * 60)).filter(|after| !after.is_zero()),
        min_group: args.min_group,
    })
}

/// The built-in prices, with those of a file before them.
fn prices(file: Option<&Path>) -> anyhow::Result<Prices> {
    let Some(file) = file else { return Ok(Prices::built_in()) };
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read the prices of {}", file.display()))?;
    let own = Prices::read(&text).with_context(|| format!("cannot use the prices of {}", file.display()))?;
    Ok(Prices::built_in().overridden_by(own))
}

/// Whom to ask for titles.
fn titles(url: &str, model: String) -> anyhow::Result<TitleSettings> {
    let key = std::env::var(env::TITLES_KEY).ok().and_then(|key| Token::new(key.trim()));
    TitleSettings::new(url, model, key).map_err(|why| {
        let hint =
            "give the base URL of the endpoint, such as `https://api.example.com/v1` or `http://127.0.0.1:11434/v1`";
        Failure::new(format!("cannot ask {url} for titles: {why}"), hint).into()
    })
}

/// Whether the environment has personal data taken out.
fn personal() -> anyhow::Result<bool> {
    let named = std::env::var(ENV_REDACT_PERSONAL).ok().filter(|word| !word.trim().is_empty());
    Ok(named.map(|word| device_config::yes_or_no(ENV_REDACT_PERSONAL, &word)).transpose()?.unwrap_or_default())
}

/// The rules that stored calls are held against: those built in, and those of whoever runs the server.
fn rules() -> anyhow::Result<Rules> {
    let Ok(home) = connection::home() else { return Ok(Rules::default()) };
    let gathered = policy::gather(&policy::Site::device(&home)).context("cannot prepare the rules of the guard")?;
    let rules: Vec<_> = gathered.join(now()).rules.iter().map(policy::Standing::prepared).collect();
    Ok(Rules::new(&Snapshot::write(&rules)?))
}

/// How much of events the command line or the environment has stored.
fn capture(given: Option<String>) -> anyhow::Result<Capture> {
    let named = given.or_else(|| std::env::var(ENV_CAPTURE).ok()).filter(|word| !word.trim().is_empty());
    Ok(named.map(|word| device_config::capture(ENV_CAPTURE, &word)).transpose()?.unwrap_or_default())
}

/// The bus that the command line or the environment names.
fn bus(given: Option<String>) -> Bus {
    let named = given.or_else(|| std::env::var(env::BUS).ok()).filter(|url| !url.trim().is_empty());
    named.map_or_else(Bus::default, |url| Bus::new(url.trim()))
}

/// The server's folder in the state folder, which belongs to one person alone.
fn own_folder() -> anyhow::Result<PathBuf> {
    let folder = connection::home()?.path().join("server");
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}

/// Binds the address and opens the store.
///
/// # Errors
/// Why the server cannot start, and what to do about it.
pub(super) async fn listen(config: Config) -> anyhow::Result<Server> {
    Server::listen(config).await.map_err(advise)
}

/// The server's words for what went wrong, with a hint for a person at the command line.
fn advise(error: StartError) -> anyhow::Error {
    let (message, hint) = match &error {
        StartError::OpenToTheNetwork(address) => (
            format!("refusing to listen on {address} without a key: everybody who reaches it could read and write"),
            "set HOOKRAIL_TOKEN, or make a key with `hookrail keys create`, or listen on 127.0.0.1, or pass `--insecure-listen` if that is what you want",
        ),
        StartError::Listen(address, cause) if cause.kind() == io::ErrorKind::AddrInUse => (
            format!("{address} is in use, maybe by a server that already runs"),
            "look at `hookrail doctor`, or choose another address with `--listen`",
        ),
        StartError::Listen(address, cause) => {
            (format!("cannot listen on {address}: {cause}"), "choose another address with `--listen`")
        }
        StartError::DataDir(folder, cause) => (
            format!("cannot use the data folder {}: {cause}", folder.display()),
            "choose another with `--data-dir`, or repair its permissions",
        ),
        _ => return error.into(),
    };
    Failure::new(message, hint).into()
}

/// Logs to standard error what `HOOKRAIL_LOG` asks for; by default what a person running a server wants to know.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env(env::LOG).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = console::colors_enabled_stderr();
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours);
    if let Err(error) = subscriber.try_init() {
        let _ = writeln!(io::stderr(), "hookrail: nothing is logged: {error}");
    }
}

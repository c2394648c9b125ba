//! The device's own part: the hook's program, the state folder, the spool, the settings.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use hookrail_core::policy::Snapshot;
use hookrail_core::time::Timestamp;
use hookrail_hook::spool::Spool;

use super::{Check, Patient};
use crate::config::check;
use crate::handlers::sources::Sources;
use crate::ship::now;
use crate::spend::{self, Limits};
use crate::units::Bytes;
use crate::{policy, process};

/// How long the hook may take to say how it is used.
const HOOK_LIMIT: Duration = Duration::from_secs(10);

/// A backlog is worth a word when it is older than this.
const BACKLOG_AGE: Duration = Duration::from_secs(3600);

/// Failures in the hook's log count as recent for this long.
const RECENT_NANOS: i64 = 24 * 3600 * 1_000_000_000;

/// How much of the end of a log is looked at.
const LOG_TAIL: usize = 64 << 10;

/// Does the program that the agents are given start?
pub(super) fn hook(patient: &Patient<'_>) -> Check {
    let Some((program, args)) = patient.hook.split_first() else {
        return Check::fail("hook", "no program for the hook was found");
    };
    let mut args = args.to_vec();
    args.push("--help".into());
    let began = Instant::now();
    match process::run(Path::new(program), &args, &[], b"", HOOK_LIMIT) {
        Ok(output) if output.code == Some(0) => {
            Check::ok("hook", format!("{program} starts ({:.1} ms)", began.elapsed().as_secs_f64() * 1000.0))
        }
        Ok(output) => {
            let how = output.code.map_or("by a signal".to_owned(), |code| format!("with code {code}"));
            Check::fail("hook", format!("{program} ended {how}")).hint("install hookrail again")
        }
        Err(error) => Check::fail("hook", format!("{program} does not start: {error}"))
            .hint("install hookrail again, with `hookrail-hook` beside `hookrail`"),
    }
}

/// Does the guard go by the rules as they are written now?
pub(super) fn policy(patient: &Patient<'_>) -> Check {
    let bytes = fs::read(patient.home.policy()).unwrap_or_default();
    match policy::state(&policy::Site::device(patient.home), now()) {
        Ok(None) => Check::warn("policy", "no rules are prepared, so nothing is denied and nothing asked")
            .hint("`hookrail policy compile` prepares them"),
        Ok(Some(_)) if Snapshot::read(&bytes).is_err() => Check::fail("policy", "the prepared rules are damaged")
            .hint("`hookrail policy compile` prepares them again"),
        Ok(Some((_, compiled))) if !compiled.mistakes.is_empty() => {
            let wrong: Vec<_> = compiled.mistakes.iter().map(|wrong| wrong.file.display().to_string()).collect();
            Check::fail("policy", format!("{} has mistakes; what it said before holds on", wrong.join(", ")))
                .hint("`hookrail policy check` shows where")
        }
        Ok(Some((false, _))) => Check::warn("policy", "the rules have changed since they were prepared")
            .hint("`hookrail policy compile` prepares them again"),
        Ok(Some((true, compiled))) if !compiled.notes.is_empty() => {
            let notes: Vec<_> = compiled.notes.iter().map(ToString::to_string).collect();
            Check::warn("policy", notes.join("; ")).hint("mend the file; `hookrail policy compile` tells what is left")
        }
        Ok(Some((true, _))) => Check::ok("policy", "the guard goes by the rules as they are written"),
        Err(error) => Check::fail("policy", error.to_string()).hint("see to it that the file can be read"),
    }
}

/// Is a limit of spending reached, and can be counted what is spent? `None` where there is no limit.
pub(super) fn spend(patient: &Patient<'_>) -> Option<Check> {
    if !Limits::of(patient.home).is_any() {
        return None;
    }
    let reached = spend::reached(patient.home);
    Some(if let Some(damage) = spend::damage(patient.home) {
        Check::warn("spend", damage).hint("`hookrail ship --once` counts anew what transcripts tell")
    } else if reached.is_empty() {
        Check::ok("spend", "no limit of spending is reached")
    } else {
        Check::warn("spend", format!("reached: {}", reached.join("; "))).hint("`hookrail spend` shows what was spent")
    })
}

/// Which profile is in force here, and why?
pub(super) fn profile(patient: &Patient<'_>) -> Check {
    let folder = patient.places.as_ref().map_or_else(|| Path::new("/"), |places| &places.project);
    let sources = Sources::load(patient.home, folder, |name| std::env::var(name).ok());
    let chosen = &sources.profile;
    let handlers = sources.handlers.iter().flat_map(|handler| &handler.profile);
    let known = sources.known_profiles().chain(handlers).map(String::as_str);
    match check::meant(&chosen.name, known) {
        Some(near) => Check::warn("profile", format!("there is no profile {chosen}; did you mean {near}?"))
            .hint("`hookrail config show --origin` tells what is in force"),
        None => Check::ok("profile", chosen.to_string()),
    }
}

/// Can the state folder be written, and read by nobody else?
pub(super) fn home(patient: &Patient<'_>) -> Check {
    let path = patient.home.path();
    let Ok(metadata) = fs::metadata(path) else {
        return Check::skip("state folder", format!("{} does not exist yet", path.display()))
            .hint("`hookrail install <agent>` makes it, and so does the first event");
    };
    if let Err(error) = probe(path) {
        return Check::fail("state folder", format!("{} cannot be written: {error}", path.display()))
            .hint("nothing can be recorded: free the disk or mend the permissions");
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Check::warn("state folder", format!("{} can be read by others (mode {mode:03o})", path.display()))
            .hint(format!("chmod 700 {}", path.display()));
    }
    Check::ok("state folder", path.display().to_string())
}

/// Writes and removes a file.
fn probe(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".probe-{}", std::process::id()));
    fs::write(&path, b"probe")?;
    fs::remove_file(&path)
}

/// Can the spool be written, and what waits in it?
pub(super) fn spool(patient: &Patient<'_>) -> Check {
    let spool = Spool::at(patient.home.spool());
    let dir = spool.dir().display().to_string();
    if !spool.dir().is_dir() {
        return Check::skip("spool", format!("{dir} does not exist yet: nothing was recorded"));
    }
    if let Err(error) = probe(spool.dir()) {
        return Check::fail("spool", format!("{dir} cannot be written: {error}"))
            .hint("nothing can be recorded: free the disk or mend the permissions");
    }
    let (open, sealed) = match (spool.open_bytes(), spool.sealed()) {
        (Ok(open), Ok(sealed)) => (open, sealed),
        (Err(error), _) | (_, Err(error)) => return Check::fail("spool", format!("{dir} cannot be read: {error}")),
    };
    let bytes = open + sealed.iter().map(|segment| segment.bytes).sum::<u64>();
    let oldest = sealed.first().map(|segment| Duration::from_nanos(segment.name.nanos()));
    let today = Duration::from_nanos(u64::try_from(now().as_nanos()).unwrap_or(0));
    let age = oldest.map(|oldest| today.saturating_sub(oldest));
    let dropped: u64 = spool.dropped().unwrap_or_default().iter().map(|it| it.lines).sum();
    let mut detail = format!("{} waiting in {} segments", rough(bytes), sealed.len() + usize::from(open > 0));
    if let Some(age) = age {
        detail += &format!(", the oldest sealed {} ago", span(age));
    }
    let caps = spool.caps();
    detail += &format!("; limits {} and {} days", Bytes(caps.bytes), caps.days);
    if dropped > 0 {
        return Check::warn("spool", format!("{detail}; {dropped} events were dropped by the limits"))
            .hint("see spool/dropped.jsonl; raise the limits under [spool] in config.toml, or let the shipper reach its server");
    }
    let shipped = patient.config.as_ref().is_ok_and(|config| config.server.is_some());
    if shipped && age.is_some_and(|age| age > BACKLOG_AGE) {
        return Check::warn("spool", detail).hint("`hookrail ship --once` says why it is not delivered");
    }
    Check::ok("spool", detail)
}

/// What did the hook have to complain about lately?
pub(super) fn hook_log(patient: &Patient<'_>) -> Check {
    let path = patient.home.hook_log();
    let text = match fs::read(&path) {
        Ok(text) => String::from_utf8_lossy(&text[text.len().saturating_sub(LOG_TAIL)..]).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Check::ok("hook failures", "none were ever logged");
        }
        Err(error) => return Check::warn("hook failures", format!("{} cannot be read: {error}", path.display())),
    };
    let at = |line: &str| Timestamp::parse(line.split(' ').next()?);
    let recent: Vec<&str> = text
        .lines()
        .filter(|line| at(line).is_some_and(|at| now().as_nanos() - at.as_nanos() < RECENT_NANOS))
        .collect();
    match recent.last() {
        None => Check::ok("hook failures", "none in the last day"),
        Some(last) => Check::warn("hook failures", format!("{} in the last day; the last: {last}", recent.len()))
            .hint(format!("see {}", path.display())),
    }
}

/// Are the settings right?
pub(super) fn config(patient: &Patient<'_>) -> Check {
    let config = match &patient.config {
        Ok(config) => config,
        Err(error) => return Check::fail("settings", error.to_string()).hint("mend it; nothing is shipped until then"),
    };
    let path = patient.home.config();
    let holds_key = fs::read_to_string(&path)
        .is_ok_and(|text| text.parse::<toml_edit::DocumentMut>().is_ok_and(|file| file.contains_key("token")));
    let mode = fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if holds_key && mode & 0o077 != 0 {
        return Check::warn(
            "settings",
            format!("{} holds a key and can be read by others (mode {mode:03o})", path.display()),
        )
        .hint(format!("chmod 600 {}", path.display()));
    }
    match &config.server {
        None => Check::warn("settings", "no server is configured: events stay in the spool")
            .hint("`hookrail install <agent>` configures the local one, or set `server` in config.toml"),
        Some(server)
            if server.starts_with("http://") && config.token.is_some() && !crate::http::is_loopback(server) =>
        {
            Check::warn("settings", format!("the key goes to {server} in clear text"))
                .hint("use https, with `ca_file` for a private authority")
        }
        Some(server) => {
            let key = if config.token.is_some() { "with a key" } else { "without a key" };
            Check::ok("settings", format!("ships to {server} {key}"))
        }
    }
}

/// An amount of bytes for a person.
fn rough(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

/// A span of time for a person.
pub(super) fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

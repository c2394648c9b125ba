//! The way to the store: shipper, server, and one event through all of it.

use std::path::Path;
use std::time::{Duration, Instant};

use hookrail_core::event::EventId;
use hookrail_hook::home::ENV_HOME;
use hookrail_hook::spool::Spool;
use serde::Deserialize;

use super::{AGENT, Check, Patient};
use crate::http::{Answer, Client, HttpError};
use crate::process;
use crate::ship::{self, Account, now};

/// How long the hook may take for the synthetic event.
const HOOK_LIMIT: Duration = Duration::from_secs(10);

/// A client, where the settings allow one.
pub(super) fn client(patient: &Patient<'_>) -> Result<Client, HttpError> {
    match &patient.config {
        Ok(config) => Client::new(config),
        Err(error) => Err(HttpError::Settings(error.to_string())),
    }
}

/// Does the server answer, is it ready, and does it accept our key? And whether asking it for events makes sense.
pub(super) fn server(client: &Result<Client, HttpError>) -> (Check, bool) {
    let client = match client {
        Ok(client) => client,
        Err(error @ HttpError::NoServer) => return (Check::skip("server", error.to_string()), false),
        Err(error) => return (Check::fail("server", error.to_string()).hint("mend the settings"), false),
    };
    let name = client.server();
    let ready = match client.get("/readyz") {
        Ok(answer) => answer,
        Err(error) => {
            let hint = if crate::http::is_loopback(name) {
                "start it: hookrail serve"
            } else {
                "is the address right, and does the network reach it?"
            };
            return (Check::fail("server", error.to_string()).hint(hint), false);
        }
    };
    if !ready.is_success() {
        let check = Check::fail("server", format!("{name} is not ready: {}", ready.describe()));
        return (check.hint("its log says why; is it a hookrail server at all?"), false);
    }
    match client.get("/api/v1/status") {
        Ok(answer) if answer.is_success() => (Check::ok("server", format!("{name} is ready and lets us in")), true),
        Ok(answer) if answer.status == 403 && may_send(client) => {
            let detail = format!("{name} is ready and takes our events; our key may not read them back");
            (Check::ok("server", detail), false)
        }
        Ok(answer) if matches!(answer.status, 401 | 403) => {
            let check = Check::fail("server", format!("{name} does not accept our key: {}", answer.describe()));
            (check.hint("set `token` in config.toml or HOOKRAIL_TOKEN"), false)
        }
        Ok(answer) => (Check::fail("server", format!("{name} answered {}", answer.describe())), false),
        Err(error) => (Check::fail("server", error.to_string()), false),
    }
}

/// Whether our key is good for sending, which is all that a device needs.
fn may_send(client: &Client) -> bool {
    #[derive(Deserialize)]
    struct Me {
        scopes: Vec<String>,
    }
    let me = client.get("/api/v1/me").ok().filter(Answer::is_success);
    let me = me.and_then(|answer| serde_json::from_slice::<Me>(&answer.body).ok());
    me.is_some_and(|me| me.scopes.iter().any(|scope| matches!(scope.as_str(), "ingest" | "admin")))
}

/// Is what waits being shipped?
pub(super) fn shipper(patient: &Patient<'_>) -> Check {
    if !patient.config.as_ref().is_ok_and(|config| config.server.is_some()) {
        return Check::skip("shipper", "there is no server to ship to");
    }
    let running = match ship::is_running(patient.home) {
        Ok(running) => running,
        Err(error) => {
            return Check::fail("shipper", format!("{}: {error}", patient.home.ship_lock().display()))
                .hint("mend its permissions");
        }
    };
    let account = Account::load(patient.home);
    let state = if running { "running" } else { "not running" };
    let since = account.last_success.map_or("nothing delivered yet".to_owned(), |at| format!("last delivery {at}"));
    let counts = format!("{} sent, {} set aside, {} dropped", account.sent, account.rejected, account.dropped);
    let detail = format!("{state}; {since}; {counts}");
    if let Some(error) = account.failing() {
        return Check::fail("shipper", format!("{detail}; failing since {}: {}", error.at, error.message))
            .hint("`hookrail ship --once` tries again now and says what happens");
    }
    let waiting = Spool::at(patient.home.spool()).sealed().is_ok_and(|sealed| !sealed.is_empty());
    if waiting && !running {
        return Check::warn("shipper", format!("{detail}; events wait and nobody ships them"))
            .hint("the next event starts one; `hookrail ship --once` does it now");
    }
    if account.rejected > 0 {
        return Check::warn("shipper", detail)
            .hint(format!("see {} for the reasons", patient.home.rejected().display()));
    }
    Check::ok("shipper", detail)
}

/// Sends one synthetic event through the real hook, the spool and the shipper, and asks the store for it by its id.
pub(super) fn chain(patient: &Patient<'_>, client: Option<&Client>) -> Check {
    match try_chain(patient, client) {
        Ok(detail) => Check::ok("chain", detail),
        Err((detail, hint)) => Check::fail("chain", detail).hint(hint),
    }
}

fn try_chain(patient: &Patient<'_>, client: Option<&Client>) -> Result<String, (String, &'static str)> {
    let began = Instant::now();
    let nonce = format!("n{}", now().as_nanos());
    fire(patient, &nonce).map_err(|why| (why, "the hook's own failures are in hook.log"))?;
    let (Ok(config), Some(client)) = (&patient.config, client) else {
        let held = holds(&Spool::at(patient.home.spool()), &nonce).map_err(|error| {
            (format!("the spool cannot be read: {error}"), "mend the permissions of the state folder")
        })?;
        return if held {
            Ok("hook → spool: recorded; there is no server that could be asked for it".into())
        } else {
            Err(("the hook recorded nothing in the spool".into(), "see hook.log"))
        };
    };
    ship::once(patient.home, config, &mut |_| {}, &|| false)
        .map_err(|error| (format!("hook → spool: recorded; shipper: {error}"), "see ship.log"))?;
    let id = stored(client, &nonce)
        .map_err(|why| (format!("hook → spool → shipper: acknowledged; store: {why}"), "see the server's log"))?;
    Ok(format!("hook → spool → shipper → store: event {id} found after {} ms", began.elapsed().as_millis()))
}

/// Runs the hook as an agent would.
fn fire(patient: &Patient<'_>, nonce: &str) -> Result<(), String> {
    let Some((program, args)) = patient.hook.split_first() else {
        return Err("no program for the hook was found".into());
    };
    let mut args = args.to_vec();
    args.push(AGENT.into());
    let payload = serde_json::json!({
        "hook_event_name": "DoctorCheck",
        "session_id": AGENT,
        "message": "hookrail doctor checks the way to the store; this is no agent's event",
        "nonce": nonce,
    });
    let env = [(ENV_HOME, patient.home.path().as_os_str())];
    match process::run(Path::new(program), &args, &env, payload.to_string().as_bytes(), HOOK_LIMIT) {
        Ok(output) if output.code == Some(0) => Ok(()),
        Ok(output) => Err(format!("the hook ended with {:?}", output.code)),
        Err(error) => Err(format!("the hook does not run: {error}")),
    }
}

/// Whether the spool holds the synthetic event; the newest lines are in the open segment, or in one sealed since.
fn holds(spool: &Spool, nonce: &str) -> std::io::Result<bool> {
    spool.seal()?;
    for segment in spool.sealed()?.iter().rev() {
        let Some(mut reader) = spool.read(&segment.name, 0)? else { continue };
        while let Some(line) = reader.next_line()? {
            if let hookrail_hook::spool::Content::Whole(bytes) = line.content
                && bytes.windows(nonce.len()).any(|window| window == nonce.as_bytes())
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The id of the synthetic event in the store, found by its content and read back by its id.
fn stored(client: &Client, nonce: &str) -> Result<EventId, String> {
    #[derive(Deserialize)]
    struct Page {
        items: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        id: EventId,
    }
    let read = |path: String| {
        let answer = client.get(&path).map_err(|error| error.to_string())?;
        if answer.is_success() { Ok(answer.body) } else { Err(format!("{path} answered {}", answer.describe())) }
    };
    let page = read(format!("/api/v1/events?agent={AGENT}&session_id={AGENT}&limit=20"))?;
    let page: Page =
        serde_json::from_slice(&page).map_err(|error| format!("a page of events that is none: {error}"))?;
    for item in page.items {
        let event = read(format!("/api/v1/events/{}", item.id))?;
        if String::from_utf8_lossy(&event).contains(nonce) {
            return Ok(item.id);
        }
    }
    Err("the event was acknowledged and is not found".into())
}

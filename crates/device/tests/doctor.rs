//! What the doctor finds on devices that are well, and on devices that are not.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use hookrail_core::event::Agent;
use hookrail_device::config::{Config, Flags};
use hookrail_device::doctor::{self, AGENT, Check, Patient, Status};
use hookrail_device::install::{Facts, Places, Scope, Version, installer};
use hookrail_device::ship;
use support::{Device, config};

/// Not a test of its own: this process as the hook, when the doctor starts it as one.
#[test]
fn as_a_hook() {
    if std::env::args().any(|arg| arg == AGENT) {
        let _ = hookrail_hook::main([AGENT.into()]);
    }
}

/// A server that keeps records and gives them back; `key` is the one it wants.
fn serve(key: &'static str, claude_events: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stored = Arc::new(Mutex::new(BTreeMap::new()));
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut reader, stored) = (BufReader::new(connection.unwrap()), Arc::clone(&stored));
            thread::spawn(move || {
                while let Some((head, body)) = read(&mut reader) {
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    let allowed = path == "/readyz" || head.contains(&format!("Bearer {key}\r\n"));
                    let (status, answer) = match allowed {
                        true => answer(&path, &body, &mut stored.lock().unwrap(), claude_events),
                        false => (401, String::new()),
                    };
                    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", answer.len());
                    reader.get_mut().write_all((head + &answer).as_bytes()).unwrap();
                }
            });
        }
    });
    url
}

fn answer(path: &str, body: &[u8], stored: &mut BTreeMap<String, String>, claude_events: &str) -> (u16, String) {
    if path == "/v1/events" {
        let mut text = String::new();
        flate2::read::GzDecoder::new(body).read_to_string(&mut text).unwrap();
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            stored.insert(record["id"].as_str().unwrap().to_owned(), line.to_owned());
        }
        return (200, format!("{{\"accepted\":{},\"duplicates\":0,\"rejected\":[]}}", text.lines().count()));
    }
    if path.contains("agent=claude-code") {
        return (200, claude_events.to_owned());
    }
    if path.starts_with("/api/v1/events?") {
        let items: Vec<_> = stored.keys().map(|id| serde_json::json!({ "id": id })).collect();
        return (200, serde_json::json!({ "items": items }).to_string());
    }
    match path.strip_prefix("/api/v1/events/") {
        Some(id) => stored.get(id).map_or((404, String::new()), |line| (200, line.clone())),
        None => (200, "{}".into()),
    }
}

fn read(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// A device with a person's home beside its state.
struct Ward {
    device: Device,
    places: Places,
    /// Programs to be named in settings: a hook by its name that is one, and the command that really runs one here.
    program: PathBuf,
    hook: Vec<String>,
}

fn ward() -> Ward {
    let device = Device::new();
    fs::set_permissions(device.home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let home = device.folder.path().join("person");
    fs::create_dir(&home).unwrap();
    let program = device.folder.path().join("hookrail-hook");
    std::os::unix::fs::symlink(std::env::current_exe().unwrap(), &program).unwrap();
    let places =
        Places { home, project: device.folder.path().join("project"), claude_config_dir: None, codex_home: None };
    let hook = vec![program.display().to_string(), "--exact".into(), "as_a_hook".into(), "--nocapture".into()];
    Ward { device, places, program, hook }
}

impl Ward {
    fn install(&self, scope: Scope) {
        let facts = Facts { command: vec![self.program.display().to_string()], version: Some(Version(2, 1, 300)) };
        let plan = installer(&Agent::ClaudeCode).unwrap().plan_install(scope, &self.places, &facts).unwrap();
        plan.apply().unwrap();
    }

    fn settings(&self) -> PathBuf {
        self.places.home.join(".claude/settings.json")
    }

    fn examine(&self, config: Config) -> BTreeMap<String, Check> {
        self.examine_result(Ok(config))
    }

    fn examine_result(&self, config: Result<Config, hookrail_device::config::ConfigError>) -> BTreeMap<String, Check> {
        let patient =
            Patient { home: &self.device.home, config, places: Some(self.places.clone()), hook: self.hook.clone() };
        let mut checks = BTreeMap::new();
        doctor::examine(&patient, &mut |check| {
            checks.insert(check.name.clone(), check);
        });
        checks
    }
}

fn is(checks: &BTreeMap<String, Check>, name: &str, status: Status, says: &str) {
    let check = checks.get(name).unwrap_or_else(|| panic!("no check {name} in {checks:#?}"));
    assert!(check.status == status && check.detail.contains(says), "{check:#?}");
    assert!(
        check.hint.is_some() || !matches!(status, Status::Fail | Status::Warn),
        "every trouble has a hint: {check:?}"
    );
}

const NOTHING: &str = r#"{"items":[]}"#;

fn with_key(url: &str) -> Config {
    Config { token: Some(hookrail_device::config::Token::new("k").unwrap()), ..config(url) }
}

#[test]
fn a_healthy_device_is_proved_from_hook_to_store() {
    let ward = ward();
    ward.install(Scope::User);
    let checks = ward.examine(with_key(&serve("k", NOTHING)));
    is(&checks, "chain", Status::Ok, "hook → spool → shipper → store: event ");
    is(&checks, "agent claude-code", Status::Ok, " hooks in ");
    is(&checks, "agent codex", Status::Skip, "no hook of ours");
    for name in ["hook", "state folder", "hook failures", "settings", "server"] {
        is(&checks, name, Status::Ok, "");
    }
    assert_ne!(doctor::worst(checks.values()), Status::Fail);
    assert_eq!(ward.device.left(), Vec::<String>::new());
}

#[test]
fn without_a_server_the_chain_ends_in_the_spool() {
    let ward = ward();
    let checks = ward.examine(Config::default());
    is(&checks, "chain", Status::Ok, "hook → spool: recorded");
    is(&checks, "settings", Status::Warn, "no server is configured");
    is(&checks, "shipper", Status::Skip, "");
    assert_eq!(ward.device.left().len(), 1);
}

#[test]
fn a_dead_server_and_a_wrong_key_are_told_apart() {
    let ward = ward();
    let checks = ward.examine(config("http://127.0.0.1:9"));
    is(&checks, "server", Status::Fail, "cannot reach");
    is(&checks, "chain", Status::Ok, "recorded; there is no server that could be asked");
    let checks = ward.examine(config(&serve("k", NOTHING)));
    is(&checks, "server", Status::Fail, "does not accept our key");
    assert_eq!(doctor::worst(checks.values()), Status::Fail);
}

#[test]
fn a_dead_shipper_with_a_backlog_is_found() {
    let ward = ward();
    ward.device.append(0..3, "x");
    ship::once(&ward.device.home, &config("http://127.0.0.1:9"), &mut |_| {}, &|| false).unwrap_err();
    let checks = ward.examine(config("http://127.0.0.1:9"));
    is(&checks, "shipper", Status::Fail, "not running");
    is(&checks, "shipper", Status::Fail, "cannot reach");
}

#[test]
fn what_keeps_registered_hooks_from_running_is_found() {
    type Harm = fn(&Ward);
    let harms: [(&str, Status, Harm); 6] = [
        ("is not valid JSON", Status::Fail, |ward| fs::write(ward.settings(), "{").unwrap()),
        ("`disableAllHooks` is true", Status::Fail, |ward| {
            let text = fs::read_to_string(ward.settings()).unwrap();
            fs::write(ward.settings(), text.replacen('{', "{\"disableAllHooks\": true,", 1)).unwrap();
        }),
        ("which is no program", Status::Fail, |ward| {
            let text = fs::read_to_string(ward.settings()).unwrap();
            fs::write(ward.settings(), text.replace("/hookrail-hook", "/gone/hookrail-hook")).unwrap();
        }),
        ("may run them twice", Status::Warn, |ward| ward.install(Scope::Project)),
        ("comments or trailing commas", Status::Warn, |ward| {
            let text = fs::read_to_string(ward.settings()).unwrap();
            fs::write(ward.settings(), format!("// mine\n{text}")).unwrap();
        }),
        ("not the hook of this version", Status::Warn, |ward| {
            let other = ward.device.folder.path().join("other");
            fs::create_dir(&other).unwrap();
            fs::copy("/bin/true", other.join("hookrail-hook")).unwrap();
            let text = fs::read_to_string(ward.settings()).unwrap();
            fs::write(
                ward.settings(),
                text.replace(ward.device.folder.path().to_str().unwrap(), other.to_str().unwrap()),
            )
            .unwrap();
        }),
    ];
    for (says, status, harm) in harms {
        let ward = ward();
        ward.install(Scope::User);
        harm(&ward);
        is(&ward.examine(Config::default()), "agent claude-code", status, says);
    }
}

#[test]
fn hooks_that_never_fire_are_found() {
    let used = |ward: &Ward| {
        let folder = ward.places.home.join(".claude/projects/p");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("s.jsonl"), "{}\n").unwrap();
        let later = SystemTime::now() + Duration::from_secs(1);
        fs::File::options().write(true).open(folder.join("s.jsonl")).unwrap().set_modified(later).unwrap();
    };
    for (events, status, says) in [
        (NOTHING, Status::Fail, "no event of it was ever recorded"),
        (r#"{"items":[{"occurred_at":"2020-01-01T00:00:00Z"}]}"#, Status::Warn, "its last event is from"),
        (r#"{"items":[{"occurred_at":"2200-01-01T00:00:00Z"}]}"#, Status::Ok, "the last one"),
    ] {
        let ward = ward();
        ward.install(Scope::User);
        used(&ward);
        is(&ward.examine(with_key(&serve("k", events))), "events claude-code", status, says);
    }
    let ward = ward();
    used(&ward);
    is(&ward.examine(Config::default()), "agent claude-code", Status::Warn, "is used here");
}

#[test]
fn open_permissions_lost_events_and_logged_failures_are_found() {
    let ward = ward();
    let home = ward.device.home.path();
    fs::set_permissions(home, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(ward.device.home.config(), "token = \"secret\"\n").unwrap();
    fs::set_permissions(ward.device.home.config(), fs::Permissions::from_mode(0o644)).unwrap();
    ward.device.append(0..3, "x");
    ward.device.spool.seal().unwrap();
    ward.device.spool.enforce(&hookrail_hook::spool::Caps { bytes: 0, days: 1 }).unwrap();
    let now = hookrail_core::time::Timestamp::from_nanos(
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as i64,
    );
    fs::write(ward.device.home.hook_log(), format!("2020-01-01T00:00:00Z codex old\n{now} codex the disk is full\n"))
        .unwrap();
    let checks = ward.examine_result(Config::load(home, &Flags::default(), |_| None));
    is(&checks, "state folder", Status::Warn, "mode 755");
    is(&checks, "settings", Status::Warn, "holds a key");
    is(&checks, "spool", Status::Warn, "3 events were dropped");
    is(&checks, "hook failures", Status::Warn, "1 in the last day; the last: ");
    assert!(!format!("{checks:?}").contains("secret"));

    fs::write(ward.device.home.config(), "servr = 1\n").unwrap();
    let checks = ward.examine_result(Config::load(home, &Flags::default(), |_| None));
    is(&checks, "settings", Status::Fail, "did you mean `server`?");
}

#[test]
fn a_hook_that_does_not_start_is_found() {
    let mut ward = ward();
    ward.hook = vec![Path::new("/nowhere/hookrail-hook").display().to_string()];
    let checks = ward.examine(Config::default());
    is(&checks, "hook", Status::Fail, "does not start");
    is(&checks, "chain", Status::Fail, "does not run");
}

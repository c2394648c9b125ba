//! The shipper against servers that misbehave: nothing is lost, and exactly what was acknowledged is removed.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hookrail_core::privacy::Privacy;
use hookrail_core::redact::{Key, Redactor};
use hookrail_device::config::{Config, Token};
use hookrail_device::ship::{self, Account, Progress, ShipError, Summary};
use support::{Act, Device, Server, answer, config, eventually};

fn once(device: &Device, config: &Config) -> Result<Summary, ShipError> {
    ship::once(&device.home, config, &mut |_| {}, &|| false)
}

fn follow(device: &Device, config: &Config) -> Result<Summary, ShipError> {
    ship::follow(&device.home, config, &mut |_| {}, &|| false)
}

const OURS: &str = r#"{"error":{"code":"bad_record","message":"a record is bad"}}"#;

#[test]
fn everything_arrives_once_in_order_with_the_key_and_the_spool_is_empty() {
    let (device, server) = (Device::new(), Server::storing());
    let ids = device.append(0..100, "some text");
    let config = Config { token: Some(Token::new("hk_test").unwrap()), ..config(&server.url) };
    let progress = Mutex::new(Vec::new());
    let summary = ship::once(&device.home, &config, &mut |it| progress.lock().unwrap().push(it), &|| false).unwrap();
    assert_eq!(summary, Summary { sent: 100, ..Summary::default() });
    let requests = server.requests();
    let sent: Vec<String> = requests.iter().flat_map(|request| request.lines.clone()).collect();
    let in_order: Vec<bool> = sent.iter().zip(&ids).map(|(line, id)| line.contains(id.as_str())).collect();
    assert_eq!((in_order.len(), in_order.iter().all(|it| *it)), (100, true));
    assert!(requests.len() > 5, "batches are bounded: {}", requests.len());
    assert!(requests.iter().all(|it| it.head.to_ascii_lowercase().contains("authorization: bearer hk_test")));
    assert_eq!(device.left(), Vec::<String>::new());
    let account = Account::load(&device.home);
    assert_eq!((account.sent, account.duplicates, account.rejected, account.last_error), (100, 0, 0, None));
    // The bar of a person's terminal ends full.
    let progress = progress.into_inner().unwrap();
    let Some(Progress::Backlog(total)) = progress.first() else { panic!("{progress:?}") };
    let settled: u64 =
        progress.iter().map(|it| if let Progress::Delivered { bytes, .. } = it { *bytes } else { 0 }).sum();
    assert_eq!(settled, *total);
}

#[test]
fn a_server_that_fails_first_costs_nothing_but_time() {
    for act in [
        Act::Hang,
        Act::Drip,
        Act::Flood,
        Act::Close,
        Act::Raw(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        Act::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"accepted\"".to_vec()),
        Act::Raw(vec![0; 100]),
        Act::StoreAndBreak,
        answer(200, "", "<html>welcome</html>"),
        answer(200, "", "{}"),
        answer(200, "", r#"{"accepted":99999,"duplicates":0,"rejected":[]}"#),
        answer(204, "", ""),
        answer(400, "", "<html>a stranger</html>"),
        answer(404, "", ""),
        answer(500, "", OURS),
        answer(429, "retry-after: 0\r\n", OURS),
        answer(503, "retry-after: 1\r\n", OURS),
        answer(503, "retry-after: soon\r\n", OURS),
    ] {
        let (device, first) = (Device::new(), act.clone());
        let server = Server::start(move |number, _| if number == 0 { first.clone() } else { Act::Store });
        let ids = device.append(0..10, "x");
        let began = Instant::now();
        let summary = once(&device, &config(&server.url)).unwrap_or_else(|error| panic!("{act:?}: {error}"));
        assert_eq!((summary.sent, summary.rejected), (10, 0), "{act:?}");
        assert_eq!(server.ids(), ids, "{act:?}");
        assert_eq!(device.left(), Vec::<String>::new(), "{act:?}");
        assert_eq!(device.rejected(), Vec::new(), "{act:?}");
        if let Act::Answer(503, headers, _) = &act {
            assert!(
                began.elapsed() >= Duration::from_secs(u64::from(headers.contains('1'))),
                "Retry-After is honoured"
            );
        }
        let log = std::fs::read_to_string(device.home.ship_log()).unwrap();
        assert_eq!(log.lines().count(), 1, "{act:?}: {log}");
    }
}

#[test]
fn an_answer_that_unfolds_without_bound_is_not_read() {
    // Half a gibibyte of spaces, and then what would be an acknowledgement.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..512 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    encoder.write_all(br#"{"accepted":1,"duplicates":0,"rejected":[]}"#).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    let bomb = [head.into_bytes(), body].concat();
    let (device, server) = (Device::new(), Server::start(move |_, _| Act::Raw(bomb.clone())));
    device.append(0..1, "x");
    let config = Config { answer_timeout: Duration::from_secs(20), ..config(&server.url) };
    let error = once(&device, &config).unwrap_err();
    assert!(error.to_string().contains("more than"), "{error}");
    assert_eq!(device.left().len(), 1);
}

#[test]
fn a_redirect_is_a_failure_and_the_key_goes_nowhere_else() {
    let (device, elsewhere) = (Device::new(), Server::storing());
    for status in [301, 302, 307, 308] {
        let headers = format!("location: {}/v1/events\r\n", elsewhere.url);
        let server = Server::start(move |_, _| answer(status, &headers, ""));
        let ids = device.append(0..1, "x");
        let config = Config { token: Some(Token::new("hk_test").unwrap()), ..config(&server.url) };
        let error = once(&device, &config).unwrap_err();
        assert!(error.to_string().contains("redirects are not followed"), "{error}");
        assert!(!error.to_string().contains("hk_test"));
        assert!(device.left().len() >= ids.len());
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn a_server_that_is_down_is_said_so_and_the_spool_is_kept() {
    let device = Device::new();
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let ids = device.append(0..5, "x");
    let error = once(&device, &config(&gone)).unwrap_err();
    assert!(matches!(&error, ShipError::Undelivered(why) if why.contains(&gone)), "{error}");
    assert_eq!(device.left().len(), 5);
    assert!(Account::load(&device.home).failing().is_some());
    let server = Server::storing();
    once(&device, &config(&server.url)).unwrap();
    assert_eq!(server.ids(), ids);
    assert!(Account::load(&device.home).failing().is_none());
}

#[test]
fn a_key_that_is_not_accepted_ends_it_at_once_and_keeps_the_spool() {
    let device = Device::new();
    let server = Server::start(|_, _| answer(401, "", r#"{"error":{"code":"unauthorized","message":"no such key"}}"#));
    device.append(0..5, "x");
    for result in [once(&device, &config(&server.url)), follow(&device, &config(&server.url))] {
        let error = result.unwrap_err();
        assert!(
            matches!(&error, ShipError::Refused(why) if why.contains("no such key") && why.contains("HOOKRAIL_TOKEN")),
            "{error}"
        );
    }
    assert_eq!((server.requests().len(), device.left().len()), (2, 5));
}

#[test]
fn rejected_records_are_set_aside_and_the_others_stored() {
    let (device, server) = (Device::new(), Server::storing());
    let good = [device.append(0..3, "x"), device.append(4..20, "x")].concat();
    let bad = device.append(30..32, "reject-me");
    let more = device.append(40..45, "x");
    let summary = once(&device, &config(&server.url)).unwrap();
    assert_eq!((summary.sent, summary.rejected), (24, 2));
    assert_eq!(server.ids(), [good, more].concat());
    let rejected = device.rejected();
    assert_eq!(rejected.len(), 2);
    for ((record, reason), id) in rejected.iter().zip(&bad) {
        assert!(record.contains(id.as_str()) && reason == "told to", "{record} {reason}");
    }
    assert_eq!((Account::load(&device.home).rejected, device.left().len()), (2, 0));
}

#[test]
fn a_batch_refused_as_a_whole_is_halved_until_the_culprit_is_found() {
    for (status, body) in [(413, "<html>too large</html>"), (400, OURS)] {
        let device = Device::new();
        let server = Server::start(move |_, request| {
            if request.lines.iter().any(|line| line.contains("poison")) { answer(status, "", body) } else { Act::Store }
        });
        let good = [device.append(0..13, "x"), device.append(20..30, "x")].concat();
        let bad = device.append(15..16, "poison");
        let summary = once(&device, &Config { batch_bytes: 1 << 20, ..config(&server.url) }).unwrap();
        assert_eq!((summary.sent, summary.rejected), (23, 1));
        assert_eq!(server.ids(), good);
        assert!(device.rejected()[0].0.contains(&bad[0]) && device.rejected().len() == 1);
        assert!(server.requests().len() < 14, "halving, not trying each: {}", server.requests().len());
    }
}

#[test]
fn a_part_that_was_acknowledged_is_not_sent_again() {
    let device = Device::new();
    // Takes five records at once at most, and breaks down after the first five.
    let server = Server::start(|number, request| match (request.lines.len(), number) {
        (6.., _) => answer(413, "", ""),
        (_, 3..5) => answer(500, "", ""),
        _ => Act::Store,
    });
    let ids = device.append(0..20, "x");
    let summary = once(&device, &Config { batch_bytes: 1 << 20, ..config(&server.url) }).unwrap();
    assert_eq!((summary.sent, summary.duplicates), (20, 0));
    assert_eq!(server.ids(), ids);
}

#[test]
fn what_is_no_record_is_set_aside_and_a_glued_one_is_found_again() {
    let (device, server) = (Device::new(), Server::storing());
    let first = device.append(0..1, "x");
    device.spool.append(b"{\"v\":1,\"id\":\"0193\n").unwrap();
    device.spool.append(b"not json\n").unwrap();
    let mut glued = b"{\"v\":1,\"id\":\"0193".to_vec();
    glued.extend(
        format!("{{\"v\":1,\"id\":\"{}\",\"payload\":{{}}}}\n", "01932f6e-7a3c-7b1d-9a2e-0c5f3d8b6a41").bytes(),
    );
    device.spool.append(&glued).unwrap();
    let last = device.append(5..6, "x");
    let summary = once(&device, &config(&server.url)).unwrap();
    assert_eq!((summary.sent, summary.rejected), (3, 2));
    let mut expected = [first, vec!["01932f6e-7a3c-7b1d-9a2e-0c5f3d8b6a41".to_owned()], last].concat();
    expected.sort();
    assert_eq!(server.ids(), expected);
    assert_eq!(device.rejected().iter().map(|it| it.1.as_str()).collect::<Vec<_>>(), ["it is not a record"; 2]);
}

#[test]
fn keys_are_redacted_before_they_leave() {
    let (device, server) = (Device::new(), Server::storing());
    let redactor = Redactor::keyed(Key::new([7; 16]));
    let config = || Config { privacy: Privacy { redactor, ..Privacy::default() }, ..config(&server.url) };
    let key = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    device.append(0..1, &key);
    once(&device, &config()).unwrap();
    assert_eq!(server.ids().len(), 1);
    device.append(1..2, &key);
    once(&device, &config()).unwrap();
    let lines: Vec<String> = server.requests().iter().flat_map(|request| request.lines.clone()).collect();
    assert!(lines.iter().all(|line| !line.contains(&key)), "{lines:?}");
    // The same secret has the same token in every run.
    let token = |line: &str| line.split("[redacted:github-token:").nth(1).map(|rest| rest[..5].to_owned());
    assert!(token(&lines[0]).is_some_and(|token| token.ends_with(']')), "{lines:?}");
    assert_eq!(token(&lines[0]), token(&lines[1]));
}

#[test]
fn one_ships_and_the_other_waits_for_it() {
    let device = Device::new();
    let slow = Server::start(|_, _| {
        thread::sleep(Duration::from_millis(30));
        Act::Store
    });
    let config = config(&slow.url);
    let ids = device.append(0..40, "x");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let first =
            scope.spawn(|| ship::follow(&device.home, &config, &mut |_| {}, &|| stop.load(Ordering::Relaxed)).unwrap());
        eventually("the first shipper runs", || !slow.requests().is_empty());
        assert!(ship::is_running(&device.home).unwrap());
        assert_eq!(follow(&device, &config).unwrap(), Summary { elsewhere: true, ..Summary::default() });
        // Everything spooled before is stored when `once` returns, although it shipped nothing itself.
        let more = device.append(50..60, "x");
        let summary = once(&device, &config).unwrap();
        assert_eq!(slow.ids(), [ids.clone(), more].concat());
        assert_eq!((summary.sent, summary.elsewhere), (0, true));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(first.join().unwrap().duplicates, 0);
    });
    assert!(!ship::is_running(&device.home).unwrap());
}

#[test]
fn a_followed_event_arrives_within_a_second_and_the_shipper_ends_when_idle() {
    let (device, server) = (Device::new(), Server::storing());
    let config =
        Config { batch_wait: Duration::from_millis(200), idle_exit: Duration::from_secs(2), ..config(&server.url) };
    thread::scope(|scope| {
        let shipper = scope.spawn(|| follow(&device, &config).unwrap());
        let mut waits = Vec::new();
        for n in 0..3 {
            let began = Instant::now();
            device.append(n..n + 1, "x");
            eventually("the event is stored", || server.ids().len() as u64 == n + 1);
            waits.push(began.elapsed());
        }
        waits.sort();
        assert!(waits[1] < Duration::from_secs(1), "the median: {waits:?}");
        assert_eq!(shipper.join().unwrap().sent, 3);
    });
}

#[test]
fn nothing_is_left_behind_by_shippers_that_keep_ending() {
    let (device, server) = (Device::new(), Server::storing());
    let config = Config { batch_wait: Duration::ZERO, idle_exit: Duration::ZERO, ..config(&server.url) };
    let done = AtomicBool::new(false);
    let ids = thread::scope(|scope| {
        // As hooks do: append, then start a shipper if none runs.
        let wake = || {
            if !ship::is_running(&device.home).unwrap() {
                follow(&device, &config).unwrap();
            }
        };
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                follow(&device, &config).unwrap();
            }
        });
        let mut ids = Vec::new();
        for n in 0..60 {
            ids.extend(device.append(n..n + 1, "x"));
            wake();
        }
        done.store(true, Ordering::Relaxed);
        ids
    });
    eventually("all are stored", || {
        let _ = follow(&device, &config);
        server.ids().len() == ids.len()
    });
    assert_eq!(server.ids(), ids);
}

#[test]
fn the_limits_hold_while_the_server_is_away_and_what_they_drop_is_counted() {
    let device = Device::new();
    let server = Server::start(|_, _| answer(503, "retry-after: 1\r\n", ""));
    for n in 1..5 {
        device.append(n * 10..n * 10 + 10, "x");
        device.spool.seal().unwrap();
    }
    let all: u64 = device.spool.sealed().unwrap().iter().map(|it| it.bytes).sum();
    let config = Config { spool_max_bytes: all / 2, ..config(&server.url) };
    let seen = Mutex::new(Vec::new());
    let stop = || seen.lock().unwrap().iter().any(|it| matches!(it, Progress::Waiting { .. }));
    let summary = ship::follow(&device.home, &config, &mut |it| seen.lock().unwrap().push(it), &stop).unwrap();
    assert_eq!((summary.dropped, Account::load(&device.home).dropped), (20, 20));
    assert!(seen.lock().unwrap().iter().any(|it| matches!(it, Progress::Dropped { records: 20, .. })));
    assert_eq!(device.left().len(), 20);
}

#[test]
fn a_device_without_a_state_folder_gets_one() {
    let (device, server) = (Device::new(), Server::storing());
    std::fs::remove_dir(device.home.path()).unwrap();
    assert_eq!(follow(&device, &config(&server.url)).unwrap(), Summary::default());
    assert!(device.home.ship_lock().exists());
}

#[test]
fn without_a_server_it_says_what_to_do() {
    let device = Device::new();
    let error = once(&device, &Config::default()).unwrap_err();
    assert!(matches!(&error, ShipError::Refused(why) if why.contains("HOOKRAIL_SERVER")), "{error}");
}

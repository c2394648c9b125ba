//! A shipper killed at any instant loses nothing and doubles nothing.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hookrail_device::config::Config;
use hookrail_device::ship;
use hookrail_hook::Home;
use support::{Act, Device, Server, config};

const ROUNDS: u64 = 40;
const PER_ROUND: u64 = 25;

/// Not a test of its own: this process as a shipper, when the test below starts it as one.
#[test]
fn as_a_shipper() {
    let (Ok(home), Ok(server)) = (std::env::var("TEST_SHIP_HOME"), std::env::var("TEST_SHIP_SERVER")) else { return };
    let config = Config { batch_wait: Duration::ZERO, ..config(&server) };
    ship::follow(&Home::at(home), &config, &mut |_| {}, &|| false).unwrap();
}

#[test]
fn a_shipper_killed_at_any_instant_loses_and_doubles_nothing() {
    let device = Device::new();
    // Some answers come late, so that kills fall between the store and the cursor too.
    let server = Server::start(|number, _| {
        thread::sleep(Duration::from_millis(number as u64 % 4));
        if number % 13 == 5 { Act::StoreAndBreak } else { Act::Store }
    });
    let mut ids = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "as_a_shipper", "--nocapture"])
            .env("TEST_SHIP_HOME", device.home.path())
            .env("TEST_SHIP_SERVER", &server.url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_millis(10 + round * 17 % 70);
        for n in 0..PER_ROUND {
            ids.extend(device.append(round * PER_ROUND + n..round * PER_ROUND + n + 1, "text of some length"));
            if n % 5 == 0 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        thread::sleep(end.saturating_duration_since(Instant::now()));
        child.kill().unwrap();
        child.wait().unwrap();
        // What is stored or still spooled is everything.
        let (stored, left) = (server.ids(), device.left());
        let lost: Vec<_> =
            ids.iter().filter(|id| !stored.contains(id) && !left.contains(&format!("\"{id}\""))).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
    }
    let summary = ship::once(&device.home, &config(&server.url), &mut |_| {}, &|| false).unwrap();
    assert_eq!(server.ids(), ids, "{summary:?}");
    assert_eq!((device.left(), device.rejected()), (Vec::new(), Vec::new()));
}

//! Contents of artifacts: from `emit` through the spool to the server, whoever is away or killed meanwhile.

use std::fs;

use serde_json::{Value, json};

use crate::rig::{Rig, kill, until};

/// Contents that wait on the device.
fn waiting(rig: &Rig) -> usize {
    fs::read_dir(rig.state().join("spool/artifacts")).map_or(0, Iterator::count)
}

fn emit(rig: &Rig, path: &str) -> Value {
    let said = rig.succeed(rig.hookrail(&["emit", "artifact", path, "--run", "r1", "--upload", "--json"]), b"");
    serde_json::from_str(&said.stdout).unwrap()
}

fn content(rig: &Rig, sha256: &Value) -> Vec<u8> {
    let url = format!("{}/api/v1/artifacts/{}", rig.url(), sha256.as_str().unwrap());
    ureq::get(url).call().unwrap().body_mut().read_to_vec().unwrap()
}

#[test]
fn a_content_arrives_though_server_and_shipper_were_away() {
    let mut rig = Rig::new();
    rig.configure();
    let bytes: Vec<u8> = (0..3 << 20).map(|n: u32| (n % 251) as u8).collect();
    fs::write(rig.path("project/report.bin"), &bytes).unwrap();
    fs::write(rig.path("project/small.txt"), "small").unwrap();

    // The server is away; nobody waits for it.
    for path in ["report.bin", "small.txt", "report.bin"] {
        assert_eq!(emit(&rig, path)["upload"], "waits");
    }
    assert_eq!(waiting(&rig), 2, "one copy of one content");
    // What is uploaded is the content as it was then.
    fs::write(rig.path("project/report.bin"), "changed").unwrap();
    let once = rig.run(rig.ship_once(), b"");
    assert!(!once.status.success() && waiting(&rig) == 2, "{}", once.stderr);
    if let Some(shipper) = rig.shipper() {
        kill(shipper);
    }
    rig.serve();
    rig.succeed(rig.ship_once(), b"");
    assert_eq!(waiting(&rig), 0);
    let listed = rig.all("/api/v1/artifacts?run_id=r1");
    let names: Vec<(&Value, &Value)> = listed.iter().map(|item| (&item["name"], &item["uploaded"])).collect();
    let yes = json!(true);
    let expected = [json!("report.bin"), json!("small.txt"), json!("report.bin")];
    assert_eq!(names, expected.iter().map(|name| (name, &yes)).collect::<Vec<_>>());
    assert!(content(&rig, &listed[0]["sha256"]) == bytes);
    assert_eq!(content(&rig, &listed[1]["sha256"]), b"small");

    // With the server there, the shipper that `emit` starts does it all.
    fs::write(rig.path("project/later.txt"), "later").unwrap();
    emit(&rig, "later.txt");
    until("the upload", || {
        let listed = rig.all("/api/v1/artifacts?run_id=r1");
        (listed.len() == 4 && listed[0]["uploaded"] == true).then_some(())
    });

    let copy = rig.path("copy");
    let arguments = ["backup", "--all", copy.to_str().unwrap(), "--data-dir"];
    let mut backup = rig.hookrail(&arguments);
    backup.arg(rig.path("data"));
    rig.succeed(backup, b"");
    let kept = copy.join("artifacts/default/default").join(listed[0]["sha256"].as_str().unwrap());
    assert!(fs::read(kept).unwrap() == bytes, "a backup of everything has the contents too");
}

#[test]
fn what_is_too_large_is_recorded_by_its_hash_and_stops_nothing() {
    let mut rig = Rig::new();
    rig.serve_with(&["--artifact-mib", "1"]);
    rig.configure();
    let settings = rig.state().join("config.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{text}[spool]\nartifact_bytes = \"2MiB\"\n")).unwrap();
    fs::write(rig.path("project/device.bin"), vec![1; 3 << 20]).unwrap();
    fs::write(rig.path("project/server.bin"), vec![2; (3 << 20) / 2]).unwrap();
    fs::write(rig.path("project/fine.bin"), vec![3; 1 << 20]).unwrap();
    assert_eq!(emit(&rig, "device.bin")["upload"], "too_large");
    assert_eq!(emit(&rig, "server.bin")["upload"], "waits");
    assert_eq!(emit(&rig, "fine.bin")["upload"], "waits");
    rig.succeed(rig.ship_once(), b"");
    assert_eq!(waiting(&rig), 0);
    let listed = rig.all("/api/v1/artifacts?run_id=r1");
    let uploaded: Vec<&Value> = listed.iter().map(|item| &item["uploaded"]).collect();
    assert_eq!(uploaded, [true, false, false]);
    let account: Value = serde_json::from_slice(&fs::read(rig.state().join("ship.json")).unwrap()).unwrap();
    assert_eq!((&account["uploaded"], &account["not_uploaded"]), (&json!(1), &json!(1)));
    let log = fs::read_to_string(rig.state().join("ship.log")).unwrap();
    assert!(log.contains("413"), "{log}");
}

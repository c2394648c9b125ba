//! `hookrail people` and `hookrail repositories` with a real server: who was where, in which team, and who may see it.

use serde_json::Value;

use crate::chain::Server;
use crate::device::{Device, Outcome, feed};

/// A session of a person in a repository.
fn session(device: &Device, person: &str, repository: &str, id: &str) {
    let folder = device.home().join(id);
    let git = folder.join(".git");
    std::fs::create_dir_all(&git).unwrap();
    std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    std::fs::write(git.join("config"), format!("[remote \"origin\"]\n\turl = git@example.com:{repository}.git\n"))
        .unwrap();
    for event in ["SessionStart", "UserPromptSubmit"] {
        let payload = serde_json::json!({"hook_event_name": event, "session_id": id, "cwd": folder, "prompt": "go"});
        let output = feed(device.hookrail(&["hook", "claude-code"]), payload.to_string().as_bytes());
        assert_eq!(output.code, 0, "{}", output.err);
    }
    let mut ship = device.hookrail(&["ship", "--once"]);
    ship.env("HOOKRAIL_USER", person)
        .env("HOOKRAIL_SERVER", std::fs::read_to_string(device.home().join("url")).unwrap());
    assert_eq!(Outcome::of(ship.output().unwrap()).code, 0);
}

fn rows(outcome: &Outcome, name: &str) -> Vec<String> {
    let rows = outcome.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

#[test]
fn people_and_repositories_are_listed_and_people_put_into_teams() {
    let device = Device::new();
    let server = Server::start(&device, &["--min-group", "2"]);
    std::fs::write(device.home().join("url"), &server.url).unwrap();
    let run = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--server", server.url.as_str()]).collect();
        let outcome = device.run(&args);
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.err);
        outcome
    };
    assert!(run(&["people"]).err.contains("No people found"));
    assert!(run(&["repositories"]).err.contains("No repositories found"));
    session(&device, "ann@example.com", "acme/shop", "one");
    session(&device, "bob@example.com", "acme/shop", "two");
    session(&device, "ann@example.com", "acme/web", "three");

    assert_eq!(rows(&run(&["people", "--json"]), "person"), ["ann@example.com", "bob@example.com"]);
    assert_eq!(
        rows(&run(&["repositories", "--json"]), "repository"),
        ["example.com/acme/web", "example.com/acme/shop"]
    );
    assert!(run(&["people", "--json", "--until", "1h"]).out.is_empty());
    assert_eq!(rows(&run(&["repositories", "--json", "--since", "1h"]), "repository").len(), 2);
    assert_eq!(device.run(&["people", "--since", "soon", "--server", &server.url]).code, 1);

    assert!(run(&["people", "team", "ann@example.com", "core"]).out.contains("ann@example.com is in core from now on"));
    let listed = run(&["people"]).out;
    let ann = listed.lines().find(|line| line.ends_with("ann@example.com")).unwrap();
    assert_eq!(ann.split_whitespace().rev().nth(1), Some("core"), "{listed}");
    assert!(run(&["people", "team", "ann@example.com", "--json"]).out.contains(r#""team":null"#));
    assert!(!run(&["people"]).out.contains("core"));
    assert!(run(&["repositories"]).out.lines().any(|line| line.ends_with("example.com/acme/shop")));

    // Whoever may only read sees no single person where small groups are hidden.
    let data = device.home().join(".hookrail/server");
    let make = ["keys", "create", "--project", "default", "--scope", "read", "--json", "--data-dir"];
    let made = device.run(&make.iter().copied().chain([data.to_str().unwrap()]).collect::<Vec<_>>());
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let reading = |args: &[&str]| {
        let mut command = device.hookrail(args);
        command.env("HOOKRAIL_TOKEN", made["key"].as_str().unwrap()).env("HOOKRAIL_SERVER", &server.url);
        Outcome::of(command.output().unwrap())
    };
    let refused = reading(&["people"]);
    assert!(refused.code == 1 && refused.err.contains("admins only"), "{}", refused.err);
    assert_eq!(rows(&reading(&["repositories", "--json"]), "repository"), ["example.com/acme/shop"]);
    assert_eq!(server.stop(), Some(0));
}

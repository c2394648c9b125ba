//! Shows the effects of commands: `effects COMMAND…`, or one command a line on standard input.
//!
//! With `--world FILE` before them, naming a JSON file of the form `{"directory","home","user","project","paths":{path:{"kind","real","below"}}}`
//! it looks at them in that world, and with `--snapshot FILE` next it judges them by the rules prepared there.

use std::io::{BufRead, Write};

use hookrail_core::agents::Parsed;
use hookrail_core::event::Kind;
use hookrail_core::policy::facts::{Facts, Listing, Look};
use hookrail_core::policy::{self, Snapshot, shell};
use hookrail_core::time::Timestamp;
use serde_json::Value;

struct World(Value);

impl World {
    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }
    fn at(&self, path: &str) -> Option<&Value> {
        self.0.get("paths")?.get(path)
    }
}

impl Facts for World {
    fn directory(&self) -> Option<&str> {
        self.text("directory")
    }
    fn home(&self) -> Option<&str> {
        self.text("home")
    }
    fn user(&self) -> Option<&str> {
        self.text("user")
    }
    fn project(&self) -> Option<&str> {
        self.text("project")
    }
    fn variable(&self, name: &str) -> Option<String> {
        Some(self.0.get("env")?.get(name)?.as_str()?.to_owned())
    }
    fn look(&self, path: &str) -> Look {
        match self.at(path).and_then(|found| found.get("kind")).and_then(Value::as_str) {
            Some("file") => Look::File,
            Some("directory") => Look::Folder,
            Some("fifo") => Look::Pipe,
            Some("missing") => Look::Missing,
            Some(_) => Look::Other,
            None => Look::Unknown,
        }
    }
    fn real(&self, path: &str) -> Option<String> {
        Some(self.at(path)?.get("real")?.as_str()?.to_owned())
    }
    fn below(&self, path: &str) -> Listing {
        let paths = self.at(path).and_then(|found| found.get("below")).and_then(Value::as_array);
        let paths = paths.map(|paths| paths.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Listing { paths: paths.unwrap_or_default(), complete: true }
    }
    fn text(&self, path: &str) -> Option<String> {
        Some(self.at(path)?.get("text")?.as_str()?.to_owned())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let world = match args.first().map(String::as_str) {
        Some("--world") => {
            let file = args.get(1).ok_or("--world needs a file")?;
            let world = serde_json::from_str(&std::fs::read_to_string(file)?)?;
            args.drain(..2);
            world
        }
        _ => {
            serde_json::json!({"directory": "/home/dev/shop", "home": "/home/dev", "user": "dev", "project": "/home/dev/shop"})
        }
    };
    let world = World(world);
    let mut rules = Vec::new();
    if args.first().is_some_and(|arg| arg == "--snapshot") {
        rules = std::fs::read(args.get(1).ok_or("--snapshot needs a file")?)?;
        args.drain(..2);
    }
    let snapshot = (!rules.is_empty()).then(|| Snapshot::read(&rules)).transpose()?;
    let mut out = std::io::stdout().lock();
    let mut show = |command: &str| -> std::io::Result<()> {
        let analysis = shell::analyse(command, &world);
        let effects: Vec<Value> = analysis
            .effects
            .iter()
            .map(|effect| {
                serde_json::json!({
                    "kind": effect.kind.as_str(), "target": effect.target, "place": effect.place.as_str(),
                    "recursive": effect.recursive, "at": effect.at.as_str(), "program": effect.program,
                    "fetched": effect.origin.fetched, "decoded": effect.origin.decoded, "secret": effect.origin.secret,
                })
            })
            .collect();
        let parsed = Parsed::new("PreToolUse", Kind::ToolRequested);
        let verdict =
            snapshot.as_ref().map(|rules| policy::weigh(&parsed, "", rules, &analysis.effects, Timestamp::default()));
        let verdict = verdict.and_then(Result::ok).flatten();
        writeln!(out, "{}", serde_json::json!({"complete": analysis.complete, "effects": effects, "verdict": verdict}))
    };
    if args.is_empty() {
        for line in std::io::stdin().lock().lines() {
            // A line is a JSON string, so that commands may have several lines.
            let line = line?;
            show(&serde_json::from_str::<String>(&line).unwrap_or(line))?;
        }
    } else {
        show(&args.join(" "))?;
    }
    Ok(())
}

//! What handing an event over to handlers costs, beside the handlers' own time.
//!
//! `handlers_cost HOOK HOOKRAIL`: the paths of the two binaries as they ship. Started in turn, with the payload on a pipe: the
//! hook where nobody handles the event, the hook where one handler does (`/bin/true`), and `/bin/true`. Medians of all starts.
#![allow(clippy::print_stdout, reason = "it prints its figures")]

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hookrail_device::handlers::index;
use hookrail_hook::Home;

/// How often each is started.
const ROUNDS: usize = 300;

const PAYLOAD: &str = r#"{"session_id":"s","cwd":"/","hook_event_name":"Stop","stop_hook_active":false}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(hook), Some(hookrail)) = (args.next(), args.next()) else {
        return Err("usage: handlers_cost HOOK HOOKRAIL".into());
    };
    let folder = std::env::temp_dir().join(format!("handlers-cost-{}", std::process::id()));
    let states = [folder.join("without"), folder.join("with")];
    for state in &states {
        fs::create_dir_all(state)?;
    }
    let handler = "[[handler]]\nname = \"true\"\non = \"Stop\"\nrun = [\"/bin/true\"]\n";
    fs::write(states[1].join("hookrail.toml"), handler)?;
    for state in &states {
        index::compile(&Home::at(state), &hookrail, &|_| None)?;
    }
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(timed(&hook, &states[0])?);
        times[1].push(timed(&hook, &states[1])?);
        times[2].push(timed(Path::new("/bin/true"), &states[0])?);
    }
    let [without, with, program] = times.map(median);
    println!("hook, nobody handles the event     {without:>9.1?}");
    println!("hook, one handler, /bin/true       {with:>9.1?}");
    println!("/bin/true                          {program:>9.1?}");
    println!("the hand-over                      {:>9.1?}", with.saturating_sub(without).saturating_sub(program));
    Ok(fs::remove_dir_all(folder)?)
}

fn timed(program: &Path, state: &Path) -> Result<Duration, Box<dyn Error>> {
    let began = Instant::now();
    let mut child = Command::new(program)
        .arg("claude-code")
        .env_clear()
        .env("HOOKRAIL_HOME", state)
        .env("HOME", "/home/dev")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // `/bin/true` may have ended before it is given anything.
        let _ = stdin.write_all(PAYLOAD.as_bytes());
    }
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("{}: {status}", program.display()).into());
    }
    Ok(began.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

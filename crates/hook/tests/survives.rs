//! What happens to a hook that can go wrong, with real processes: the agent gets its answer, and the failure is a line in `hook.log`.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use hookrail_core::event::EventId;
use hookrail_core::policy::{Decision, Rule, Snapshot};
use hookrail_core::wire::{MAX_RECORD_BYTES, Record};
use hookrail_hook::Home;
use hookrail_hook::spool::{Content, Spool, salvage};
use serde_json::{Value, json};
use tempfile::TempDir;

const HOOK: &str = env!("CARGO_BIN_EXE_hookrail-hook");
const DEADLINE: Duration = Duration::from_secs(20);

/// A state folder whose rules deny every command with `forbidden` in it.
struct Device {
    folder: TempDir,
    home: Home,
}

impl Device {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("state"));
        fs::create_dir(home.path()).unwrap();
        let rule = Rule {
            id: "team.forbidden".into(),
            decision: Decision::Deny,
            reason: "This is forbidden.".into(),
            tools: vec!["Bash".into()],
            keywords: vec!["forbidden".into()],
            ..Rule::default()
        };
        fs::write(home.policy(), Snapshot::write(&[rule]).unwrap()).unwrap();
        Self { folder, home }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(HOOK);
        command.arg("claude-code").env_clear().env("HOOKRAIL_HOME", self.home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, input: &[u8]) -> Output {
        finish(self.command().spawn().unwrap(), input)
    }

    fn spool(&self) -> Spool {
        Spool::at(self.home.spool())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.hook_log()).unwrap_or_default()
    }

    /// The lines of the open segment.
    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.home.spool().join("open.jsonl")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The log has this one line.
    fn assert_told(&self, what: &str) {
        let log = self.log();
        assert!(log.lines().count() == 1 && log.contains(" claude-code ") && log.contains(what), "{what}: {log:?}");
    }
}

fn finish(mut child: Child, input: &[u8]) -> Output {
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn request(command: &str) -> Vec<u8> {
    let request = json!({"hook_event_name": "PreToolUse", "session_id": "s", "cwd": "/home/dev/shop", "tool_name": "Bash",
        "tool_input": {"command": command}, "tool_use_id": "toolu_1"});
    request.to_string().into_bytes()
}

/// The agent was told that the call is denied.
fn assert_denied(output: &Output) {
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny", "{answer}");
}

/// The agent was told nothing, and nothing went wrong.
fn assert_quiet(output: &Output) {
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_paused_guard_says_nothing_until_its_time_is_over() {
    let device = Device::new();
    for (until, is_paused) in [("9000000000000000000", true), ("1", false), ("", false), ("soon", false)] {
        fs::write(device.home.pause(), until).unwrap();
        let output = device.run(&request("forbidden"));
        if is_paused { assert_quiet(&output) } else { assert_denied(&output) }
    }
    assert_eq!(device.lines().len(), 4, "everything is recorded all the same");
}

#[test]
fn an_event_is_one_record_with_its_verdict() {
    let device = Device::new();
    assert_denied(&device.run(&request("forbidden")));
    assert_quiet(&device.run(&request("fine")));
    let lines = device.lines();
    let records: Vec<Record<'_>> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].payload.unwrap().get().as_bytes(), request("forbidden"));
    assert_eq!(records[0].verdict.as_ref().unwrap().rule, "team.forbidden");
    assert!(records[0].id < records[1].id && records[0].occurred_at < records[1].occurred_at);
    assert!(records[1].verdict.is_none());
    assert_eq!(device.log(), "");
}

#[test]
fn an_agent_nobody_knows_and_a_name_given_beside_the_payload_are_recorded() {
    let device = Device::new();
    let mut command = Command::new(HOOK);
    command.args(["some-agent", "someEvent"]).env_clear().env("HOOKRAIL_HOME", device.home.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    assert_quiet(&finish(command.spawn().unwrap(), b"{\"a\":\n1}"));
    let line = device.lines().remove(0);
    let record: Record<'_> = serde_json::from_str(&line).unwrap();
    assert_eq!((record.agent.as_str(), record.name.as_deref()), ("some-agent", Some("someEvent")));
    assert_eq!(record.payload.unwrap().get(), "{\"a\": 1}");
}

#[test]
fn sixty_four_mebibytes_are_judged_whole_and_recorded_cut() {
    let device = Device::new();
    let huge = request(&format!("{} forbidden", "x".repeat(64 << 20)));
    assert_denied(&device.run(&huge));
    let lines = device.lines();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].len() < MAX_RECORD_BYTES, "{} bytes", lines[0].len());
    let record: Record<'_> = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(record.parsed().name, "PreToolUse");
    assert_eq!(device.log(), "");
}

#[test]
fn what_is_no_json_is_kept_byte_by_byte() {
    for input in [&b"{\"hook_event_name\":\"\xff\xfe\"}"[..], b"\x00", b"{\"a\":", b"", b"[]"] {
        let device = Device::new();
        assert_quiet(&device.run(input));
        let line = device.lines().remove(0);
        let record: Record<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!(record.malformed_bytes().as_deref(), Some(input));
    }
}

#[test]
fn closed_standard_streams_are_no_matter() {
    let device = Device::new();
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec \"$0\" claude-code {closed}"), HOOK]);
        let output = command.env_clear().env("HOOKRAIL_HOME", device.home.path()).output().unwrap();
        assert!(output.status.success(), "{closed}: {output:?}");
    }
    assert_eq!(device.lines().len(), 4);
}

#[test]
fn an_agent_that_does_not_take_the_answer_is_told_of() {
    let device = Device::new();
    let mut child = device.command().spawn().unwrap();
    drop(child.stdout.take());
    assert!(finish(child, &request("forbidden")).status.success());
    device.assert_told("the answer to PreToolUse was not taken");
    assert_eq!(device.lines().len(), 1);
}

#[test]
fn without_a_home_the_agent_is_answered() {
    let mut command = Command::new(HOOK);
    command.arg("claude-code").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = finish(command.spawn().unwrap(), &request("fine"));
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("not recorded: neither HOOKRAIL_HOME nor HOME is set"), "{told}");
}

#[test]
fn a_home_that_is_missing_is_not_made_up() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("nobody");
    let mut command = Command::new(HOOK);
    command.arg("claude-code").env_clear().env("HOME", &home);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = finish(command.spawn().unwrap(), &request("fine"));
    assert!(output.status.success() && !output.stderr.is_empty(), "{output:?}");
    assert!(!home.exists());

    fs::create_dir(&home).unwrap();
    assert_quiet(&finish(command.spawn().unwrap(), &request("fine")));
    assert!(home.join(".hookrail/spool/open.jsonl").is_file());
}

#[test]
fn a_spool_that_cannot_be_written_is_told_of() {
    let device = Device::new();
    fs::write(device.home.spool(), "a file in the place of the folder").unwrap();
    assert_denied(&device.run(&request("forbidden")));
    device.assert_told("not recorded: PreToolUse in ");
}

#[test]
fn a_device_without_space_is_told_of() {
    let device = Device::new();
    fs::create_dir(device.home.spool()).unwrap();
    symlink("/dev/full", device.home.spool().join("open.jsonl")).unwrap();
    assert_denied(&device.run(&request("forbidden")));
    device.assert_told("No space left on device");
}

/// A file system of this many KiB; `None`, loudly, where this process may not mount one.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path, kib: usize) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        if !is_mounted {
            eprintln!("SKIPPED: a full disk needs a small file system, and this process may not mount one");
        }
        is_mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_fills_up_loses_nothing_that_was_recorded() {
    let device = Device::new();
    let Some(_small) = Small::mount(&device.home.spool(), 64) else { return };
    let mut recorded = 0;
    let payload = request(&"x".repeat(10_000));
    for _ in 0..20 {
        assert_quiet(&device.run(&payload));
        recorded = device.lines().iter().filter(|line| salvage(line.as_bytes()).is_some()).count();
    }
    assert!(recorded < 20, "the disk was full");
    assert_eq!(device.log().lines().count(), 20 - recorded);
    assert!(device.log().contains("only ") && device.log().contains("No space left"), "{}", device.log());

    // There is space again, and the next line is glued to the torn one.
    Command::new("mount").args(["-o", "remount,size=1m"]).arg(device.home.spool()).status().unwrap();
    assert_quiet(&device.run(&request("after")));
    let spool = device.spool();
    let name = spool.seal().unwrap().unwrap();
    let mut reader = spool.read(&name, 0).unwrap().unwrap();
    let mut found = Vec::new();
    while let Some(line) = reader.next_line().unwrap() {
        if let Content::Whole(text) = line.content {
            found.extend(salvage(text).map(<[u8]>::to_vec));
        }
    }
    assert_eq!(found.len(), recorded + 1);
    assert!(String::from_utf8_lossy(found.last().unwrap()).contains("after"));
}

#[test]
fn a_working_directory_that_is_gone_is_no_matter() {
    let device = Device::new();
    let gone = device.folder.path().join("gone");
    fs::create_dir(&gone).unwrap();
    let child = device.command().current_dir(&gone).spawn().unwrap();
    // The hook waits for its input while its folder goes.
    fs::remove_dir(&gone).unwrap();
    assert_denied(&finish(child, &request("forbidden")));
    assert_eq!((device.lines().len(), device.log()), (1, String::new()));
}

/// To a hook a clock that was set back is a folder whose files are from the future.
#[test]
fn a_clock_set_back_is_no_matter() {
    let device = Device::new();
    let spool = device.spool();
    fs::create_dir(spool.dir()).unwrap();
    let future = "09999999999999999999-00000000.jsonl";
    fs::write(spool.dir().join(future), "").unwrap();
    fs::write(device.home.ship_lock(), "x").unwrap();
    let next_year = std::time::SystemTime::now() + Duration::from_secs(365 * 86_400);
    fs::File::options().write(true).open(device.home.ship_lock()).unwrap().set_modified(next_year).unwrap();
    // That a shipper was started shows that the time of the lock did not stop the hook.
    let (_beside, hook) = beside_a_shipper();
    let mut command = Command::new(hook);
    command.arg("claude-code").env_clear().env("HOOKRAIL_HOME", device.home.path()).stdin(Stdio::piped());
    assert!(finish(command.spawn().unwrap(), &request("fine")).status.success());
    wait_for_shipper(&device);
    let sealed = spool.seal().unwrap().unwrap();
    assert!(sealed.as_str() > future, "{sealed}");
}

#[test]
fn sixty_four_hooks_at_once_lose_and_tear_nothing() {
    let device = Device::new();
    let spool = device.spool();
    let children: Vec<(Child, Vec<u8>)> = (0..64)
        .map(|n| (device.command().spawn().unwrap(), request(&format!("{n} {}", "x".repeat(n * 900)))))
        .collect();
    let mut commands = HashSet::new();
    let mut ids: HashSet<EventId> = HashSet::new();
    let mut take = || {
        spool.seal().unwrap();
        for segment in spool.sealed().unwrap() {
            let mut reader = spool.read(&segment.name, 0).unwrap().unwrap();
            while let Some(line) = reader.next_line().unwrap() {
                let Content::Whole(text) = line.content else { continue };
                let record: Record<'_> = serde_json::from_slice(text).unwrap();
                if ids.insert(record.id.unwrap()) {
                    let payload: Value = serde_json::from_str(record.payload.unwrap().get()).unwrap();
                    assert!(commands.insert(payload["tool_input"]["command"].to_string()), "once under one id");
                }
            }
            spool.remove(&segment.name).unwrap();
        }
    };
    let writers: Vec<_> = children
        .into_iter()
        .map(|(child, input)| std::thread::spawn(move || assert_quiet(&finish(child, &input))))
        .collect();
    while writers.iter().any(|writer| !writer.is_finished()) {
        take();
    }
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    take();
    assert_eq!(commands.len(), 64);
    assert_eq!(device.log(), "");
}

#[test]
fn mistakes_in_the_arguments_do_not_break_an_agent() {
    for (args, stdout, stderr) in [
        (&[][..], "", "usage:"),
        (&["--bogus"], "", "usage:"),
        (&["--help"], "usage:", ""),
        (&["--version"], "hookrail-hook ", ""),
    ] {
        let device = Device::new();
        let output =
            Command::new(HOOK).args(args).env_clear().env("HOOKRAIL_HOME", device.home.path()).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stdout).starts_with(stdout), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with(stderr), "{output:?}");
        assert_eq!(device.log().contains("nothing recorded"), !stderr.is_empty());
    }
}

/// A hook beside a `hookrail` that is in truth `mkdir`: started in the state folder as `hookrail ship` it leaves a folder `ship`.
fn beside_a_shipper() -> (TempDir, PathBuf) {
    let beside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let hook = beside.path().join("hookrail-hook");
    fs::hard_link(HOOK, &hook).unwrap();
    symlink("/bin/mkdir", beside.path().join("hookrail")).unwrap();
    (beside, hook)
}

fn wait_for_shipper(device: &Device) {
    let began = Instant::now();
    while !device.home.path().join("ship").exists() {
        assert!(began.elapsed() < DEADLINE, "no shipper was started");
        std::thread::yield_now();
    }
}

#[test]
fn a_shipper_is_started_once_a_server_is_configured() {
    let device = Device::new();
    let (_beside, hook) = beside_a_shipper();
    let run = |server: Option<&str>| {
        let mut command = Command::new(&hook);
        command.arg("claude-code").env_clear().env("HOOKRAIL_HOME", device.home.path());
        command.envs(server.map(|server| ("HOOKRAIL_SERVER", server)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        assert_quiet(&finish(command.spawn().unwrap(), &request("fine")));
    };
    run(None);
    assert!(!device.home.ship_lock().exists(), "without a server there is nothing to start");

    let shipper = fs::File::create(device.home.ship_lock()).unwrap();
    shipper.lock().unwrap();
    run(Some("http://127.0.0.1:4665"));
    shipper.unlock().unwrap();
    run(Some("http://127.0.0.1:4665"));
    wait_for_shipper(&device);
    let tried = fs::metadata(device.home.ship_lock()).unwrap().modified().unwrap();
    run(Some("http://127.0.0.1:4665"));
    assert_eq!(fs::metadata(device.home.ship_lock()).unwrap().modified().unwrap(), tried, "not tried again so soon");
    assert_eq!(device.log(), "");
}

#[test]
fn what_is_longer_than_a_pipe_holds_is_read_to_its_end() {
    let device = Device::new();
    let mut child = device.command().spawn().unwrap();
    let input = request(&"y".repeat(300_000));
    let mut stdin = child.stdin.take().unwrap();
    for piece in input.chunks(7_001) {
        stdin.write_all(piece).unwrap();
    }
    drop(stdin);
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert!(child.wait().unwrap().success() && answer.is_empty());
    assert!(device.lines()[0].len() > input.len());
}

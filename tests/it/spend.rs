//! Limits of spending, as a person meets them: a transcript grows past a limit, and the agent's next call is asked about or denied.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use hookrail_core::time::Timestamp;
use serde_json::{Value, json};

use crate::rig::{Rig, kill, until};

const SESSION: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const OTHER: &str = "bbbbbbbb-0000-4000-8000-000000000000";

/// A device of its own beside the rig's: its state folder, and the transcripts of its agent.
struct Device<'r> {
    rig: &'r Rig,
    state: PathBuf,
    session: &'static str,
}

impl<'r> Device<'r> {
    fn new(rig: &'r Rig, name: &str, session: &'static str, policy: &str, config: &str) -> Self {
        let device = Self { rig, state: rig.path(name).join("state"), session };
        fs::create_dir_all(&device.state).unwrap();
        fs::create_dir_all(device.transcript().parent().unwrap()).unwrap();
        fs::create_dir_all(rig.path("project/.git")).unwrap();
        fs::write(device.state.join("policy.toml"), policy).unwrap();
        fs::write(device.state.join("config.toml"), config).unwrap();
        rig.succeed(device.on(rig.hookrail(&["policy", "compile"])), b"");
        device
    }

    /// The command with this device's state folder, and no transcripts but its own.
    fn on(&self, mut command: Command) -> Command {
        command.env("HOOKRAIL_HOME", &self.state).env("HOME", self.state.parent().unwrap());
        command
    }

    fn transcript(&self) -> PathBuf {
        self.state.with_file_name(".claude").join("projects/slug").join(format!("{}.jsonl", self.session))
    }

    /// What the agent writes down of a request that cost so many cents.
    fn spend(&self, request: u32, cents: u32) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap());
        let line = json!({
            "type": "assistant", "uuid": format!("00000000-0000-4000-8000-{request:012}"), "timestamp": now,
            "sessionId": self.session, "cwd": self.rig.path("project"), "requestId": format!("req_{}_{request}", self.session),
            "message": {
                "id": format!("msg_{}_{request}", self.session), "role": "assistant", "type": "message",
                "model": "claude-sonnet-4-5", "content": [{"type": "text", "text": "done"}],
                // Three dollars for a million tokens of input.
                "usage": {"input_tokens": cents * 10_000 / 3 + 1, "output_tokens": 0},
            },
        });
        let mut file = OpenOptions::new().create(true).append(true).open(self.transcript()).unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn hook(&self, name: &str, more: &Value) -> Value {
        let mut event = json!({
            "hook_event_name": name, "session_id": self.session, "transcript_path": self.transcript(),
            "cwd": self.rig.path("project"),
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let said = self.rig.succeed(self.on(self.rig.hook("claude-code")), event.to_string().as_bytes());
        serde_json::from_str(&said.stdout).unwrap_or_default()
    }

    fn call(&self) -> Value {
        self.hook("PreToolUse", &json!({"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "ls"}}))
    }

    fn prompt(&self) -> Value {
        self.hook("UserPromptSubmit", &json!({"prompt": "go on"}))
    }

    fn show(&self, arguments: &[&str]) -> Value {
        let said = self.rig.run(self.on(self.rig.hookrail(arguments)), b"");
        let lines: Vec<Value> = said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if let [one] = lines.as_slice() { one.clone() } else { lines.into() }
    }
}

impl Drop for Device<'_> {
    /// A shipper that hooks started belongs to nobody.
    fn drop(&mut self) {
        if let Some(shipper) = Rig::shipper_of(&self.state) {
            kill(shipper);
        }
    }
}

/// Calls again and again until the agent is told this.
#[track_caller]
fn decided(device: &Device<'_>, decision: &str) -> String {
    until(decision, || {
        let answer = device.call()["hookSpecificOutput"].take();
        (answer["permissionDecision"] == decision)
            .then(|| answer["permissionDecisionReason"].as_str().unwrap().to_owned())
    })
}

fn is_silent(answer: &Value) -> bool {
    answer.get("hookSpecificOutput").is_none()
        && answer.get("decision").is_none()
        && answer.get("systemMessage").is_none()
}

fn limit(id: &str, per: &str, limit: &str, mode: &str) -> String {
    format!("[[spend]]\nid = \"{id}\"\nper = \"{per}\"\nlimit = {limit}\nmode = \"{mode}\"\n")
}

#[test]
fn a_session_that_grows_past_its_limits_is_told_of_asked_about_and_stopped() {
    let rig = Rig::new();
    let limits = |stop: &str| {
        let three = [("warn", "0.10", "warn"), ("ask", "0.20", "ask"), ("stop", stop, "stop")];
        three.map(|(id, amount, mode)| limit(id, "session", amount, mode)).concat()
    };
    let device = Device::new(&rig, "alone", SESSION, &limits("0.30"), "");
    device.spend(1, 5);
    assert!(is_silent(&device.prompt()) && is_silent(&device.call()), "no limit is near");

    device.spend(2, 6);
    let told = until("a warning", || device.call()["systemMessage"].as_str().map(str::to_owned));
    assert!(told.contains("This session has cost $0.11, the limit is $0.10.") && told.contains("spend.warn"), "{told}");
    assert!(is_silent(&device.call()) && is_silent(&device.prompt()), "told once");

    device.spend(3, 10);
    let told = decided(&device, "ask");
    assert!(told.contains("$0.21") && told.contains("spend.ask"), "{told}");

    // The same request, told of again, costs nothing more.
    device.spend(3, 10);
    device.spend(4, 10);
    let told = decided(&device, "deny");
    assert!(told.contains("$0.31, the limit is $0.30") && told.contains("spend.stop"), "{told}");
    assert_eq!(device.prompt()["decision"], "block");

    let stopped = device.show(&["stopped", "--json"]);
    let by = |decision: &str, rule: &str| {
        let is = |it: &&Value| it["verdict"]["decision"] == decision && it["verdict"]["rule"] == rule;
        stopped.as_array().unwrap().iter().filter(is).count()
    };
    assert!(by("ask", "spend.ask") > 0 && by("deny", "spend.stop") > 0, "{stopped}");
    let shown = device.show(&["spend", "--json"]);
    assert_eq!((&shown["limits"][2]["rule"], &shown["limits"][2]["reached"]), (&json!("spend.stop"), &json!(true)));
    assert_eq!(shown["sessions"][0]["spent_microusd"].as_i64().unwrap() / 10_000, 31);
    let checks = device.show(&["doctor", "--json"]);
    assert!(checks.to_string().contains("spend.stop of $0.30: This session has cost $0.31"), "{checks}");

    // A larger amount holds at once; so does the one that is still reached.
    fs::write(device.state.join("policy.toml"), limits("100")).unwrap();
    let answer = device.call();
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "ask", "{answer}");
    fs::write(device.state.join("policy.toml"), limit("stop", "session", "100", "stop")).unwrap();
    assert!(is_silent(&device.call()) && is_silent(&device.prompt()));
    let log = fs::read_to_string(device.state.join("hook.log")).unwrap_or_default();
    // A hook without optimisation, among other tests, may run out of the time that it has for a look.
    assert!(log.lines().all(|line| line.contains("in the time there is")), "{log}");
}

#[test]
fn what_was_spent_on_another_machine_stops_this_one() {
    let mut rig = Rig::new();
    rig.serve();
    let config = |name: &str| format!("server = \"{}\"\nuser = \"dev\"\nname = \"{name}\"\n", rig.url());
    let policy = limit("day", "day", "0.50", "stop");

    let there = Device::new(&rig, "there", OTHER, "", &config("there"));
    there.spend(1, 30);
    there.spend(2, 30);
    let imported = there.show(&["import", "claude-code", there.transcript().to_str().unwrap(), "--json"]);
    assert_eq!(imported["events"], 2, "{imported}");

    let here = Device::new(&rig, "here", SESSION, &policy, &config("here"));
    assert!(is_silent(&here.prompt()), "nothing was spent here, and the server was not asked yet");
    let told = decided(&here, "deny");
    assert!(told.contains("This person has spent $0.60 today, the limit is $0.50."), "{told}");
    assert_eq!(here.prompt()["decision"], "block");
    let shown = here.show(&["spend", "--json"]);
    let today = &shown["person"][0];
    assert_eq!(
        (&today["here_microusd"], today["server_microusd"].as_i64().unwrap() / 10_000),
        (&json!(0), 60),
        "{shown}"
    );

    // The server's last word holds while it is away.
    drop((there, here));
    assert!(rig.kill_server());
    let here = Device { rig: &rig, state: rig.path("here/state"), session: SESSION };
    assert_eq!(here.prompt()["decision"], "block");
}

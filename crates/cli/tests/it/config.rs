//! Settings and profiles, as a person meets them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::device::{Device, Outcome};

/// A device with settings, and a project beside it.
struct Place {
    device: Device,
    shop: PathBuf,
}

impl Place {
    fn new(config: &str, project: &str) -> Self {
        let device = Device::new();
        let shop = device.home().join("shop");
        fs::create_dir_all(shop.join(".git")).unwrap();
        fs::create_dir(device.home().join(".hookrail")).unwrap();
        let place = Self { device, shop };
        place.config(config);
        fs::write(place.shop.join("hookrail.toml"), project).unwrap();
        place
    }

    fn config(&self, text: &str) {
        fs::write(self.device.home().join(".hookrail/config.toml"), text).unwrap();
    }

    /// Runs it in the project, with these variables.
    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Outcome {
        let mut command = self.device.hookrail(args);
        command.current_dir(&self.shop).envs(env.iter().copied());
        let mut outcome = Outcome::of(command.output().unwrap());
        let home = self.device.home().to_string_lossy().into_owned();
        outcome.out = outcome.out.replace(&home, "~");
        outcome
    }

    /// What the guard decides on a call, as the hook records it.
    fn decided(&self, tool: &str, input: &Value) -> Option<String> {
        self.decided_with(tool, input, &[])
    }

    fn decided_with(&self, tool: &str, input: &Value, env: &[(&str, &str)]) -> Option<String> {
        let payload = json!({"hook_event_name": "PreToolUse", "session_id": "s", "cwd": self.shop, "tool_name": tool,
            "tool_use_id": "t", "tool_input": input});
        let mut child = self
            .device
            .hookrail(&["hook", "claude-code"])
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(payload.to_string().as_bytes()).unwrap();
        assert_eq!(Outcome::of(child.wait_with_output().unwrap()).code, 0);
        let spool = fs::read_to_string(self.device.home().join(".hookrail/spool/open.jsonl")).unwrap();
        let record: Value = serde_json::from_str(spool.lines().last().unwrap()).unwrap();
        record["verdict"]["decision"].as_str().map(str::to_owned)
    }

    fn write_ci(&self) -> Option<String> {
        let file = self.shop.join(".github/workflows/ci.yml");
        self.decided("Write", &json!({"file_path": file, "content": "on: push"}))
    }

    fn push(&self) -> Option<String> {
        self.decided("Bash", &json!({"command": "git push --force origin main"}))
    }
}

const CONFIG: &str = "\
# mine
server = \"https://hooks.example\"
token = \"hkr_secret\"
capture = \"inputs\"

[profiles.production]
spool.max_age = \"7d\"
handlers.off = [\"lint\"]
";

const PROJECT: &str = "\
profile = \"production\"

[profiles.production]
handlers.timeout = \"4s\"
guard.at_least = \"enforce\"

[[handler]]
name = \"lint\"
on = \"Stop\"
run = \"true\"
";

#[test]
fn what_is_in_force_is_shown_with_where_it_comes_from() {
    let place = Place::new(CONFIG, PROJECT);
    assert_eq!(place.run(&["handlers", "trust"], &[]).code, 0);
    let shown = place.run(&["config", "show", "--origin"], &[("HOOKRAIL_REDACT_PERSONAL", "true")]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(!shown.out.contains("hkr_secret"));
    insta::assert_snapshot!("config-show-origin", shown.out);
    let listed = place.run(&["handlers", "list"], &[]).out;
    assert!(listed.contains("4 s") && listed.contains("off"), "{listed}");
    let why = place.run(&["handlers", "why", "Stop"], &[]).out;
    assert!(why.contains("it is switched off (~/.hookrail/config.toml:8 (profile production))"), "{why}");

    let json: Value = serde_json::from_str(&place.run(&["config", "show", "--json"], &[]).out).unwrap();
    let row = |key: &str| json["settings"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone();
    assert_eq!(row("token")["value"], "(hidden)");
    assert_eq!(row("capture")["origin"]["file"]["line"], 4);
    assert_eq!(
        (&json["profile"]["name"], &json["device_profile"]["name"]),
        (&json!("production"), &json!("development"))
    );
    let other = place.run(&["config", "show", "--origin", "--profile", "testing"], &[("CI", "1")]).out;
    assert!(other.starts_with("profile: testing (--profile)\n"), "{other}");
    assert!(other.contains("256MiB"), "{other}");
    let of_ci = place.device.hookrail(&["config", "show"]).env("GITLAB_CI", "true").output().unwrap();
    assert!(String::from_utf8_lossy(&of_ci.stdout).starts_with("profile: testing (CI is detected by GITLAB_CI)\n"));
    let wrong = place.run(&["config", "show"], &[("HOOKRAIL_CAPTURE", "all")]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("HOOKRAIL_CAPTURE must be metadata, inputs or full, not `all`"), "{}", wrong.err);
    let doctor = place.run(&["doctor"], &[]).out;
    assert!(doctor.contains("profile: production (~/shop/hookrail.toml:1)"), "{doctor}");
}

#[test]
fn every_mistake_of_every_file_is_told() {
    let place = Place::new(
        "servr = \"x\"\nprofile = \"producton\"\ncapture = 5\ntoken_file = \"missing\"\n[profiles.own]\nserver = \"http://a\"\n",
        "profile = \"tesing\"\n[profiles.testing]\nguard.at_most = \"warn\"\n[[handler]]\nnam = \"x\"\nonn = \"Stop\"\n[[setup.init]]\nname = \"a\"\nrun = 5\n",
    );
    fs::write(
        place.device.home().join(".hookrail/policy.toml"),
        "mod = \"warn\"\n[[rule]]\nid = \"a\"\ndecison = \"deny\"\n[[adjust]]\nrule = \"git.*\"\nmode = \"warm\"\n",
    )
    .unwrap();
    let checked = place.run(&["config", "check"], &[]);
    assert_eq!(checked.code, 1);
    insta::assert_snapshot!("config-check", checked.out);
    let json: Value = serde_json::from_str(&place.run(&["config", "check", "--json"], &[]).out).unwrap();
    assert_eq!(json["mistakes"].as_array().unwrap().len(), checked.out.lines().count());
    assert_eq!((&json["mistakes"][0]["line"], &json["mistakes"][0]["column"]), (&json!(1), &json!(1)));
    let one = place.run(&["config", "check", "hookrail.toml"], &[]);
    assert!(one.code == 1 && one.out.lines().all(|line| line.starts_with("hookrail.toml:")), "{}", one.out);
    let other = place.run(&["config", "check", "Cargo.toml"], &[]);
    assert!(other.code == 1 && other.err.contains("none of config.toml"), "{}", other.err);
}

#[test]
fn the_reference_is_a_file_without_mistakes_that_changes_nothing() {
    let place = Place::new("", "");
    let before = place.run(&["config", "show"], &[]).out;
    let reference = place.run(&["config", "reference"], &[]).out;
    place.config(&reference);
    let checked = place.run(&["config", "check"], &[]);
    assert_eq!((checked.code, checked.out.as_str()), (0, ""), "{}", checked.err);
    assert_eq!(place.run(&["config", "show"], &[]).out, before);
    for file in ["config", "hookrail", "policy"] {
        let schema: Value = serde_json::from_str(&place.run(&["config", "schema", file], &[]).out).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}

#[test]
fn a_key_is_set_by_whoever_may() {
    let place = Place::new(CONFIG, "");
    assert_eq!(place.run(&["config", "set", "capture", "metadata"], &[]).code, 0);
    assert!(
        place
            .run(&["config", "show", "--origin"], &[])
            .out
            .contains("metadata               ~/.hookrail/config.toml:4")
    );
    let wrong = place.run(&["config", "set", "capture", "metdata"], &[]);
    assert!(wrong.code == 1 && wrong.err.contains("did you mean `metadata`?"), "{}", wrong.err);
    let of_guard = place.run(&["config", "set", "guard.at_most", "observe"], &[]);
    assert!(of_guard.code == 1 && of_guard.err.contains("only a person at a terminal"), "{}", of_guard.err);
    assert_eq!(place.run(&["policy", "compile"], &[]).code, 0);
    let by_agent = json!({"command": "hookrail config set guard.at_most observe"});
    assert_eq!(place.decided("Bash", &by_agent).as_deref(), Some("deny"));
}

#[test]
fn the_guard_goes_by_a_profile_from_the_moment_it_is_chosen() {
    let place = Place::new("", "");
    assert_eq!(place.run(&["policy", "compile"], &[]).code, 0);
    let now = |place: &Place| (place.write_ci(), place.push());
    let is = |ci: &str, push: &str| (Some(ci.to_owned()), Some(push.to_owned()));
    assert_eq!(now(&place), is("allow", "deny"), "one is warned of, one is denied");
    let choose = |text: &str| fs::write(place.shop.join("hookrail.toml"), text).unwrap();

    choose("profile = \"production\"");
    assert_eq!(now(&place), is("ask", "deny"), "a project may be stricter");
    choose("profile = \"own\"\n[profiles.own.guard]\nat_least = \"ask\"");
    assert_eq!(now(&place), is("ask", "deny"), "with a profile of its own");
    choose("profile = \"own\"\n[profiles.own.guard]\nat_most = \"observe\"");
    assert_eq!(now(&place), is("allow", "deny"), "and not milder");

    place.config("[profiles.lax.guard]\nat_most = \"ask\"\n[profiles.testing.guard]\nat_most = \"ask\"\n");
    choose("profile = \"lax\"");
    assert_eq!(now(&place), is("allow", "deny"), "nor by a mild profile of the person's");
    for variables in [[("HOOKRAIL_PROFILE", "lax"), ("CI", "0")], [("HOOKRAIL_PROFILE", "testing"), ("CI", "1")]] {
        fs::remove_dir_all(place.device.home().join(".hookrail/policies")).unwrap();
        let push = json!({"command": "git push --force origin main"});
        assert_eq!(place.decided_with("Bash", &push, &variables).as_deref(), Some("deny"), "nor by a variable");
        assert_eq!(now(&place), is("allow", "deny"), "nor by what was prepared with one");
    }
    place.config("profile = \"lax\"\n[profiles.lax.guard]\nat_most = \"ask\"\n");
    assert_eq!(now(&place), is("allow", "ask"), "which the person alone chooses");
    choose("profile = \"production\"");
    assert_eq!(now(&place), is("ask", "ask"));
    fs::remove_file(place.shop.join("hookrail.toml")).unwrap();
    assert_eq!(now(&place), is("allow", "ask"));
    place.config("profile = \"lax\"\nsevrer = \"x\"\n[profiles.lax.guard]\nat_most = \"ask\"\n");
    assert_eq!(now(&place), is("allow", "deny"), "a file with mistakes loosens nothing");
    let listed = place.run(&["policy", "list"], &[]).out;
    assert!(listed.contains("loosens no rule until they are mended"), "{listed}");
    assert!(Path::new(&place.device.home().join(".hookrail/policy.snapshot")).exists());
}

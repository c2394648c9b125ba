//! Another machine, made to record over a real SSH, and by the script for machines whose home is thrown away.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::devices::{ask, key};
use crate::rig::{Rig, Running, binary, until};

/// The other machine: an sshd of our own on loopback, whose every session has this home.
struct Machine {
    home: PathBuf,
    ssh: String,
    _sshd: Running,
}

impl Machine {
    fn start(rig: &Rig) -> Self {
        let folder = rig.path("machine");
        let (home, keys) = (folder.join("home"), folder.join("keys"));
        for path in [&home, &keys] {
            fs::create_dir_all(path).unwrap();
        }
        for name in ["host", "client"] {
            let file = keys.join(name);
            succeed(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file));
        }
        fs::copy(keys.join("client.pub"), keys.join("authorized")).unwrap();
        // Only who is root needs the folder, and only root can make it.
        let _ = fs::create_dir_all("/run/sshd");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let session = format!(
            "HOME={} USER=dev; export HOME USER; unset HOOKRAIL_HOME; cd; eval \"$SSH_ORIGINAL_COMMAND\"",
            home.display()
        );
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized\nPidFile none\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nForceCommand /bin/sh -c '{session}'\n",
            keys.display()
        );
        fs::write(folder.join("sshd_config"), config).unwrap();
        let sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|path| Path::new(path).exists());
        let mut command = Command::new(sshd.expect("openssh-server is installed by scripts/test"));
        command.args(["-D", "-e", "-f"]).arg(folder.join("sshd_config"));
        let log = fs::File::create(folder.join("sshd.log")).unwrap();
        let running = Running(command.stdin(Stdio::null()).stderr(log).spawn().unwrap());
        until("the sshd", || TcpStream::connect(("127.0.0.1", port)).ok());
        let ssh = format!(
            "ssh -F /dev/null -p {port} -i {}/client -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o HostName=127.0.0.1",
            keys.display()
        );
        Self { home, ssh, _sshd: running }
    }

    fn has(&self, path: &str) -> bool {
        self.home.join(path).exists()
    }
}

/// The programs, without what only a debugger reads, as they would be sent.
fn programs(rig: &Rig) -> PathBuf {
    let folder = rig.path("programs");
    fs::create_dir_all(&folder).unwrap();
    for name in ["hookrail", "hookrail-hook"] {
        succeed(Command::new("strip").arg("-o").arg(folder.join(name)).arg(binary(name)));
    }
    folder
}

fn succeed(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// A hook of the other machine, run as its agent would run it, and what it recorded shipped.
fn works(rig: &Rig, home: &Path, session: &str) {
    let hook = || {
        let mut command = rig.command(home.join(".local/bin/hookrail-hook"));
        command.env("HOME", home).env_remove("HOOKRAIL_HOME").arg("claude-code");
        command
    };
    let event = json!({"hook_event_name": "UserPromptSubmit", "session_id": session, "prompt": "hello"});
    rig.succeed(hook(), event.to_string().as_bytes());
    let mut ship = rig.command(home.join(".local/bin/hookrail"));
    ship.env("HOME", home).env_remove("HOOKRAIL_HOME").args(["ship", "--once"]);
    rig.succeed(ship, b"");
    // What `install` prepared guards it.
    let call = json!({"hook_event_name": "PreToolUse", "session_id": session, "tool_name": "Bash", "tool_input": {"command": "rm -rf /"}});
    let said = rig.succeed(hook(), call.to_string().as_bytes());
    assert!(said.stdout.contains("deny"), "{}", said.stdout);
}

#[test]
fn a_machine_is_installed_by_ssh_upgraded_and_left_as_it_was() {
    let mut rig = Rig::new();
    rig.serve();
    let (send, read) = (key(&rig, "ingest"), key(&rig, "read"));
    let machine = Machine::start(&rig);
    fs::create_dir_all(machine.home.join(".claude")).unwrap();
    fs::write(machine.home.join(".claude/settings.json"), "{\n  \"model\": \"opus\"\n}\n").unwrap();
    let programs = programs(&rig);
    let url = rig.url();
    let bootstrap = |further: &[&str]| {
        let folder = programs.to_str().unwrap();
        let mut command = rig.hookrail(&["bootstrap", "vm-1", "--ssh", &machine.ssh, "--programs", folder]);
        command.args(further).env("HOOKRAIL_TOKEN", &send);
        command
    };

    // The plan alone changes nothing, and nobody there to agree is no agreement.
    let plan = rig.succeed(bootstrap(&["--server", &url, "--dry-run"]), b"").stdout;
    assert!(plan.contains("hookrail-hook") && plan.contains("claude-code") && plan.contains(&url), "{plan}");
    assert!(!rig.run(bootstrap(&["--server", &url]), b"").status.success());
    assert!(!machine.has(".local") && !machine.has(".hookrail"), "not even a folder");

    let said = rig.succeed(bootstrap(&["--server", &url, "--yes", "--name", "vm-1", "--json"]), b"");
    let done: Value = serde_json::from_str(said.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(done["installed"], true, "{done}");
    assert!(!said.stdout.contains(&send) && !said.stderr.contains(&send), "the key is not shown");
    let settings = fs::metadata(machine.home.join(".hookrail/config.toml")).unwrap();
    assert_eq!(settings.permissions().mode() & 0o777, 0o600);
    works(&rig, &machine.home, "by-ssh");
    let sessions = until("the session", || {
        let found = ask(&rig, &read, "/api/v1/sessions")["items"].clone();
        found.as_array().unwrap().iter().any(|session| session["id"] == "by-ssh").then_some(found)
    });
    assert!(sessions.to_string().contains("by-ssh"));
    assert!(ask(&rig, &read, "/api/v1/devices").to_string().contains("vm-1"));

    // Once more is an upgrade: the same device, and the hooks once.
    let hooks = fs::read_to_string(machine.home.join(".claude/settings.json")).unwrap();
    let again = rig.succeed(bootstrap(&["--server", &url, "--yes", "--name", "vm-1"]), b"").stdout;
    assert!(again.contains("replace"), "{again}");
    assert_eq!(fs::read_to_string(machine.home.join(".claude/settings.json")).unwrap(), hooks);
    assert_eq!(ask(&rig, &read, "/api/v1/devices")["items"].as_array().unwrap().len(), 1);

    // Settings that cannot be read may name the hook still: they keep it until somebody has put them right.
    fs::write(machine.home.join(".claude/settings.json"), "{ half").unwrap();
    let refused = rig.run(bootstrap(&["--undo"]), b"");
    assert!(!refused.status.success() && refused.stderr.contains("claude-code"), "{}", refused.stderr);
    assert!(machine.has(".local/bin/hookrail-hook"));
    fs::write(machine.home.join(".claude/settings.json"), hooks).unwrap();

    rig.succeed(bootstrap(&["--undo"]), b"");
    assert!(!machine.has(".local/bin/hookrail") && !machine.has(".local/bin/hookrail-hook"));
    assert_eq!(
        fs::read_to_string(machine.home.join(".claude/settings.json")).unwrap(),
        "{\n  \"model\": \"opus\"\n}\n",
        "the agent's settings are what they were"
    );
    let kept = fs::read_to_string(machine.home.join(".hookrail/config.toml")).unwrap_or_default();
    assert!(!kept.contains(&send) && !kept.contains("server ="), "key and server are gone");
    assert!(kept.contains("device_id") && machine.has(".hookrail/spool"), "what is the device's own stays: {kept}");
}

#[test]
fn a_machine_that_is_not_the_known_one_or_cannot_be_reached_is_left_alone() {
    let rig = Rig::new();
    let machine = Machine::start(&rig);
    let programs = programs(&rig);
    let bootstrap = |ssh: &str| {
        let folder = programs.to_str().unwrap();
        let arguments =
            ["bootstrap", "vm-1", "--ssh", ssh, "--programs", folder, "--server", "http://127.0.0.1:9", "--yes"];
        let mut command = rig.hookrail(&arguments);
        command.env("HOOKRAIL_TOKEN", "hkr_not_to_be_told");
        rig.run(command, b"")
    };
    // Another host key than the one that is known: ssh refuses, and nothing was said to whoever answered.
    let other = rig.path("other");
    succeed(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&other));
    let known = rig.path("known");
    let public = fs::read_to_string(other.with_extension("pub")).unwrap();
    let port = machine.ssh.split_once("-p ").unwrap().1.split(' ').next().unwrap();
    fs::write(&known, format!("[127.0.0.1]:{port} {public}[vm-1]:{port} {public}")).unwrap();
    let strict = machine
        .ssh
        .replace("StrictHostKeyChecking=no", "StrictHostKeyChecking=yes")
        .replace("/dev/null -o LogLevel", &format!("{} -o LogLevel", known.display()));
    for (ssh, why) in [
        (strict.as_str(), "vm-1: it could not be looked at"),
        ("no-such-ssh -p 22", "no-such-ssh"),
        ("ssh -F /dev/null -o BatchMode=yes -o HostName=127.0.0.1 -p 1", "vm-1: it could not be looked at"),
    ] {
        let said = bootstrap(ssh);
        assert!(!said.status.success() && said.stderr.contains(why), "{ssh}: {}", said.stderr);
        assert!(!said.stderr.contains("hkr_not_to_be_told") && !said.stdout.contains("hkr_not_to_be_told"));
        assert!(!machine.has(".local") && !machine.has(".hookrail"), "{ssh}");
    }
    // With the right key known, the same command gets there.
    let public = fs::read_to_string(rig.path("machine/keys/host.pub")).unwrap();
    fs::write(&known, format!("[127.0.0.1]:{port} {public}")).unwrap();
    let mut plan = rig.hookrail(&["bootstrap", "vm-1", "--ssh", &strict, "--programs", programs.to_str().unwrap()]);
    plan.arg("--dry-run");
    rig.succeed(plan, b"");
}

#[test]
fn a_script_makes_a_machine_whose_home_is_thrown_away() {
    let mut rig = Rig::new();
    rig.serve();
    let (send, read) = (key(&rig, "ingest"), key(&rig, "read"));
    let programs = programs(&rig);
    let arguments = [
        "bootstrap",
        "--script",
        "--embed",
        "--server",
        &rig.url(),
        "--programs",
        programs.to_str().unwrap(),
        "--name",
        "vm",
    ];
    let script = rig.succeed(rig.hookrail(&arguments), b"").stdout;
    assert!(!script.contains(&send), "the key is not in it");
    let file = rig.path("project").join("bootstrap.sh");
    fs::write(&file, &script).unwrap();
    succeed(Command::new("sh").arg("-n").arg(&file));

    // Without a key it says so; with one, twice, each time in a home that has nothing.
    for (round, session) in ["first-home", "second-home"].into_iter().enumerate() {
        let home = rig.path("vm").join(session);
        fs::create_dir_all(home.join(".codex")).unwrap();
        let run = |token: Option<&str>| {
            let mut command = rig.command("sh");
            command.arg(&file).env("HOME", &home).env_remove("HOOKRAIL_HOME").env_remove("HOOKRAIL_TOKEN");
            if let Some(token) = token {
                command.env("HOOKRAIL_TOKEN", token);
            }
            command
        };
        if round == 0 {
            let refused = rig.run(run(None), b"");
            assert!(!refused.status.success() && refused.stderr.contains("HOOKRAIL_KEY_FILE"), "{}", refused.stderr);
        }
        rig.succeed(run(Some(&send)), b"");
        works(&rig, &home, session);
        fs::remove_dir_all(&home).unwrap();
    }
    let sessions = until("both sessions", || {
        let found = ask(&rig, &read, "/api/v1/sessions").to_string();
        (found.contains("first-home") && found.contains("second-home")).then_some(found)
    });
    assert!(sessions.contains("first-home"), "what was acknowledged outlives the home");
}

#[test]
fn a_script_that_fetches_takes_nothing_but_what_was_meant() {
    let rig = Rig::new();
    let sums = rig.path("project").join("SHA256SUMS");
    fs::write(&sums, format!("{}  hookrail\n{}  hookrail-hook\n", "0".repeat(64), "0".repeat(64))).unwrap();
    // A folder of files stands for the URL's: curl reads `file:` nowhere, so the script must refuse it.
    let arguments = ["bootstrap", "--script", "--binary-url", "file:///nowhere", "--sums", sums.to_str().unwrap()];
    let script = rig.succeed(rig.hookrail(&arguments), b"").stdout;
    let mut run = rig.command("sh");
    run.env("HOME", rig.path("vm")).env_remove("HOOKRAIL_HOME");
    let said = rig.run(run, script.as_bytes());
    assert!(!said.status.success() && said.stderr.contains("cannot be fetched"), "{}", said.stderr);
    // What is there and is another program than the one that was meant is thrown away, and nothing is installed.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(2).flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 4096]);
            let body = "#!/bin/sh\necho evil\n";
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    let url = format!("http://{address}");
    let arguments = ["bootstrap", "--script", "--binary-url", &url, "--sums", sums.to_str().unwrap()];
    let script = rig.succeed(rig.hookrail(&arguments), b"").stdout;
    let home = rig.path("vm");
    let mut run = rig.command("sh");
    run.env("HOME", &home).env_remove("HOOKRAIL_HOME").env("no_proxy", "*").env("HOOKRAIL_TOKEN", "hkr_x");
    let said = rig.run(run, script.as_bytes());
    assert!(!said.status.success() && said.stderr.contains("not the one that was meant"), "{}", said.stderr);
    let left: Vec<_> = fs::read_dir(home.join(".local/bin")).unwrap().collect();
    assert!(left.is_empty() && !home.join(".hookrail").exists(), "{left:?}");
    let refused = rig.run(rig.hookrail(&["bootstrap", "--script"]), b"");
    assert!(!refused.status.success() && refused.stderr.contains("--embed"), "{}", refused.stderr);
}

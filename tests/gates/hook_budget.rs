//! What the hook may cost: its time against that of `/bin/true` in the same run, its memory and its size.
//!
//! `cargo test -p hookrail-tests --test gates hook_budget -- --nocapture --test-threads 1` prints the figures.
//!
//! The hook is built as it ships: profile `dist`, static musl. Where that target is not installed it is built with a static
//! glibc, which starts slower for reasons that are not ours, and the bound on its time is [`GLIBC_RATIO`]; the test says so.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use hookrail_core::policy::{Decision, Rule, Snapshot};
use hookrail_core::time::Timestamp;
use hookrail_device::policy;
use hookrail_hook::Home;
use hookrail_hook::hand::HEAD;
use serde_json::value::RawValue;

use crate::repo::root;

const MUSL: &str = "x86_64-unknown-linux-musl";
/// The hook's median over that of `/bin/true`.
const MUSL_RATIO: f64 = 1.0;
/// The same for a build with static glibc.
const GLIBC_RATIO: f64 = 1.6;
/// The 99th percentile with [`AT_ONCE`] hooks at once.
const P99_AT_ONCE: Duration = Duration::from_millis(5);
const RESIDENT_KIB: u64 = 5 << 10;
const BINARY_BYTES: u64 = 4 << 20;
/// The functions that most calls run, which the linker is to lay out together (`crates/hook/layout.ld`).
const LAID_OUT_BYTES: u64 = 512 << 10;
/// The median of a hook that denies, over that of `/bin/true`.
const DENIED_RATIO: f64 = 1.3;

/// The same for a hook with 50 KB of a tool's output. It computes more than it starts, so on a host that computes slowly and starts as
/// ever it is more: 1.15 where the figures of `docs/BENCHMARKS.md` were taken, up to 1.49 where the same program took 910 µs for 702.
const LARGE_RATIO: f64 = 1.6;
/// How often a measurement is repeated that is beyond its bound.
const ATTEMPTS: usize = 4;

const ROUNDS: usize = 400;
const AT_ONCE: usize = 16;
const RULES: usize = 200;
const DEADLINE: Duration = Duration::from_secs(10);

/// A hook as it ships.
struct Built {
    path: PathBuf,
    ratio: f64,
    how: &'static str,
}

fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]));
        let has_musl = Path::new(sysroot.trim()).join("lib/rustlib").join(MUSL).is_dir();
        let target = root().join("target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--profile", "dist", "-p", "hookrail-hook"]).current_dir(root());
        cargo.arg("--target-dir").arg(&target).env_remove("RUSTFLAGS");
        if has_musl {
            // As `scripts/dist` builds it.
            output(cargo.args(["--target", MUSL]).env("RUSTFLAGS", "-C relocation-model=static"));
            let path = target.join(MUSL).join("dist/hookrail-hook");
            return Built { path, ratio: MUSL_RATIO, how: "static musl" };
        }
        let host = output(Command::new("rustc").args(["--print", "host-tuple"]));
        eprintln!(
            "{MUSL} is not installed (rustup target add {MUSL}): measuring a static glibc build, bound {GLIBC_RATIO}"
        );
        output(cargo.args(["--target", host.trim()]).env("RUSTFLAGS", "-C target-feature=+crt-static"));
        let path = target.join(host.trim()).join("dist/hookrail-hook");
        Built { path, ratio: GLIBC_RATIO, how: "static glibc" }
    })
}

/// What a command prints; the test fails where the command does.
fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A state folder with the built-in rules and a team's, none of which says anything to [`small`] and [`large`].
fn state() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let packs = policy::gather(&policy::Site::device(&home)).unwrap();
    let standings = packs.join(Timestamp::default());
    let built_in = standings.rules.iter().map(|standing| standing.prepared());
    let team = (0..RULES).map(|n| Rule {
        id: format!("team.rule-{n}").into(),
        decision: if n % 2 == 0 { Decision::Deny } else { Decision::Ask },
        reason: "This touches what the team agreed to touch only together.".into(),
        tools: if n % 3 == 0 { Vec::new() } else { vec!["Bash".into(), "Write".into()] },
        keywords: vec![format!("forbidden-tool-{n}").into(), "--force".into()],
        ..Rule::default()
    });
    let rules: Vec<_> = built_in.chain(team).collect();
    let snapshot = Snapshot::write(&rules).unwrap();
    fs::write(folder.path().join("policy.snapshot"), snapshot).unwrap();
    // Handlers of other events, tools and projects: their index is read, and nobody is asked.
    let of_projects: String =
        (0..20).map(|n| format!("project\t/home/dev/other-{n}\non\tStop\t*\non\tPreToolUse\t*\n")).collect();
    let index = format!(
        "{HEAD}\nprogram\t/no/such/program\nuser\non\tSessionStart\t*\non\tPreToolUse\tEdit,Write\n{of_projects}"
    );
    fs::write(home.handlers_index(), index).unwrap();
    folder
}

/// A PreToolUse of about 600 bytes.
fn small() -> String {
    let command =
        "cargo test --workspace --all-targets 2>&1 | tail -n 40 && git status --short && git diff --stat HEAD~1";
    payload("PreToolUse", &format!(r#""tool_input":{{"command":"{command}","description":"Run the tests"}}"#))
}

/// A PreToolUse of a command that is denied.
fn denied() -> String {
    payload(
        "PreToolUse",
        r#""tool_input":{"command":"cd build && sudo rm -rf / --no-preserve-root","description":"Clean"}"#,
    )
}

/// A PostToolUse of about 52 KB.
fn large() -> String {
    let text = r"test result: ok. 1 passed; 0 failed\n".repeat(1400);
    payload("PostToolUse", &format!(r#""tool_input":{{"command":"cargo test"}},"tool_response":{{"stdout":"{text}"}}"#))
}

fn payload(name: &str, rest: &str) -> String {
    format!(
        r#"{{"session_id":"b247b6a5-da7d-463d-85af-e429919a032a","transcript_path":"/home/dev/.claude/projects/-home-dev-shop/b247b6a5-da7d-463d-85af-e429919a032a.jsonl","cwd":"/home/dev/shop","prompt_id":"7e337115-62cb-4002-917e-a00c2040e332","permission_mode":"default","hook_event_name":"{name}","tool_name":"Bash",{rest},"tool_use_id":"toolu_ff48d49d4b6a4f998900"}}"#
    )
}

fn start(program: &Path, home: &Path) -> Child {
    Command::new(program)
        .arg("claude-code")
        .env_clear()
        .env("HOOKRAIL_HOME", home)
        .env("HOME", "/home/dev")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Gives the payload and closes; one that has ended without reading is no error.
fn give(child: &mut Child, payload: &str) {
    let _ = child.stdin.take().unwrap().write_all(payload.as_bytes());
}

fn timed(program: &Path, home: &Path, payload: &str) -> Duration {
    let began = Instant::now();
    let mut child = start(program, home);
    give(&mut child, payload);
    let status = child.wait().unwrap();
    let took = began.elapsed();
    assert!(status.success(), "{}: {status}", program.display());
    took
}

/// The value below which this share of the times lies.
fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize]
}

/// The whole records in the spool's segments.
fn recorded(home: &Path) -> usize {
    let segments =
        fs::read_dir(home.join("spool")).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let whole = |text: String| text.lines().filter(|line| serde_json::from_str::<&RawValue>(line).is_ok()).count();
    segments.map(whole).sum()
}

/// Medians and 99th percentiles of the hook and of `/bin/true`, turn about.
fn compare(payload: &str) -> [[Duration; 2]; 2] {
    let folder = state();
    let programs = [built().path.as_path(), Path::new("/bin/true")];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for turn in 0..2 {
            let which = (round + turn) % 2;
            times[which].push(timed(programs[which], folder.path(), payload));
        }
    }
    assert_eq!(recorded(folder.path()), ROUNDS, "every event is in the spool");
    times.map(|mut times| [percentile(&mut times, 0.5), percentile(&mut times, 0.99)])
}

/// The least of what a few measurements say, as soon as one is within the bound: others' work on the machine makes a measurement
/// worse, and what the hook itself costs is in every one of them.
fn least(bound: f64, mut measure: impl FnMut() -> f64) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..ATTEMPTS {
        least = least.min(measure());
        if least <= bound {
            break;
        }
    }
    least
}

#[test]
fn a_hook_costs_less_than_true() {
    let Built { ratio, how, .. } = built();
    println!("hook ({how}), built-in and {RULES} rules       p50        p99        of /bin/true's p50");
    let measure = |name: &str, payload: &str| {
        let [hook, base] = compare(payload);
        let of_base = hook[0].as_secs_f64() / base[0].as_secs_f64();
        println!("{name:12} {:6} bytes             {:>9.1?}  {:>9.1?}  {of_base:.2}", payload.len(), hook[0], hook[1]);
        println!("/bin/true                             {:>9.1?}  {:>9.1?}", base[0], base[1]);
        of_base
    };
    for (name, payload, allowed) in [
        ("PreToolUse", small(), *ratio),
        ("denied", denied(), ratio * DENIED_RATIO),
        ("PostToolUse", large(), ratio * LARGE_RATIO),
    ] {
        let least = least(allowed, || measure(name, &payload));
        assert!(least <= allowed, "{name} costs {least:.2} of /bin/true, {allowed} is allowed");
    }
}

/// The 99th percentile of a program's time with [`AT_ONCE`] of it at once.
fn at_once(program: &Path, home: &Path, payload: &str) -> Duration {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS / AT_ONCE {
        let start = || {
            let began = Instant::now();
            let mut child = start(program, home);
            give(&mut child, payload);
            (began, child)
        };
        let started: Vec<_> = (0..AT_ONCE).map(|_| start()).collect();
        // Waited for in the order of their starts: one that ends before its turn counts as slower than it was, never as faster.
        for (began, mut child) in started {
            assert!(child.wait().unwrap().success());
            times.push(began.elapsed());
        }
    }
    percentile(&mut times, 0.99)
}

#[test]
fn many_hooks_at_once_stay_fast() {
    // Where /bin/true itself takes longer than the promised time, the hook may take as long as that: then the promise is
    // neither kept nor broken by this run, and the line says which of the two bounds was in force.
    let measure = || {
        let folder = state();
        let base = at_once(Path::new("/bin/true"), folder.path(), &small());
        let hook = at_once(&built().path, folder.path(), &small());
        assert_eq!(recorded(folder.path()), ROUNDS);
        let allowed = P99_AT_ONCE.max(base);
        println!(
            "{AT_ONCE} at once: p99 {hook:.1?}, /bin/true {base:.1?}; promised {P99_AT_ONCE:.1?}, bound here {allowed:.1?}"
        );
        hook.as_secs_f64() / allowed.as_secs_f64()
    };
    let least = least(1.0, measure);
    assert!(least <= 1.0, "the p99 of {AT_ONCE} at once is {least:.2} of what is allowed");
}

/// The most memory of the hook, read while it stands still: its spool is a pipe that nobody reads yet, and by then it has
/// read, parsed, judged and built the record.
#[test]
fn a_hook_needs_little_memory() {
    for payload in [small(), large()] {
        let folder = state();
        fs::create_dir(folder.path().join("spool")).unwrap();
        let pipe = folder.path().join("spool/open.jsonl");
        output(Command::new("mkfifo").arg(&pipe));
        let mut child = start(&built().path, folder.path());
        give(&mut child, &payload);
        let resident = resident_at_rest(child.id());
        let record = fs::read(&pipe).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(record.len() > payload.len(), "the hook had all its work done");
        println!("{} bytes: {resident} KiB resident", payload.len());
        assert!((1..=RESIDENT_KIB).contains(&resident), "{resident} KiB, {RESIDENT_KIB} are allowed");
    }
}

/// The most KiB that a process has had resident, once it sleeps.
fn resident_at_rest(process: u32) -> u64 {
    let began = Instant::now();
    while began.elapsed() < DEADLINE {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        if field("State:").starts_with('S') {
            return field("VmHWM:").trim_end_matches(" kB").parse().unwrap();
        }
        thread::yield_now();
    }
    panic!("the hook does not come to rest");
}

/// A compiler that names functions otherwise leaves `layout.ld` without a word to say, and nothing else would tell.
#[test]
fn what_most_calls_run_lies_together() {
    if built().ratio > MUSL_RATIO {
        return eprintln!("the layout is musl's alone: not looked at");
    }
    let sections = output(Command::new("readelf").arg("-SW").arg(&built().path));
    let size = sections.lines().find_map(|line| {
        let mut columns = line.split_once(".text.first ")?.1.split_whitespace();
        u64::from_str_radix(columns.nth(3)?, 16).ok()
    });
    let size = size.unwrap_or_default();
    println!("{size} bytes of functions are laid out");
    assert!(size >= LAID_OUT_BYTES, "{size} bytes are laid out; run scripts/layout");
}

#[test]
fn the_binary_is_small() -> io::Result<()> {
    let bytes = fs::metadata(&built().path)?.len();
    println!("{} bytes, {}", bytes, built().how);
    assert!(bytes <= BINARY_BYTES, "{bytes} bytes, {BINARY_BYTES} are allowed");
    Ok(())
}

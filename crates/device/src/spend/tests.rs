//! What is counted, however it was told.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use hookrail_core::event::SessionId;
use hookrail_core::policy::fnv;
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::policy::{Site, compile};
use crate::ship::now;

/// What a token of input costs with [`MODEL`], in nano-dollars.
const TOKEN: i64 = 15_000;
const MODEL: &str = "claude-opus-4-1";
/// The first and the second of these sessions tell of the same requests, as a fork does of its parent's.
const SESSIONS: [&str; 2] = ["aaaaaaaa-0000-4000-8000-000000000000", "bbbbbbbb-0000-4000-8000-000000000000"];

const SESSION: Scope = Scope { per: Per::Session, within: None };
const TODAY: Scope = Scope { per: Per::Person, within: Some(Within::Day) };
const HERE: Scope = Scope { per: Per::Repository, within: Some(Within::Month) };

struct Desk {
    folder: TempDir,
    home: Home,
}

impl Desk {
    /// A device with these limits, and the sessions at work.
    fn new(limits: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("state"));
        let desk = Self { folder, home };
        fs::create_dir_all(desk.projects()).unwrap();
        fs::create_dir_all(desk.shop().join("src")).unwrap();
        fs::create_dir_all(desk.shop().join(".git")).unwrap();
        fs::create_dir_all(desk.home.spend_live()).unwrap();
        fs::write(desk.home.path().join("policy.toml"), limits).unwrap();
        compile(&Site::device(&desk.home), now()).unwrap();
        for session in SESSIONS {
            let live = Live {
                agent: Agent::ClaudeCode,
                session: SessionId(session.to_owned()),
                transcript: Some(desk.transcript(session)),
                cwd: desk.shop().to_str().map(str::to_owned),
            };
            let path = desk.home.spend_live().join(format!("{:016x}", fnv(session)));
            fs::write(path, serde_json::to_vec(&live).unwrap()).unwrap();
        }
        desk
    }

    fn projects(&self) -> PathBuf {
        self.folder.path().join("projects/slug")
    }

    fn shop(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn transcript(&self, session: &str) -> PathBuf {
        self.projects().join(format!("{session}.jsonl"))
    }

    fn write(&self, session: &str, line: &str) {
        append(&self.transcript(session), &format!("{line}\n"));
    }

    fn line(&self, session: &str, request: u32, tokens: u32) -> String {
        self.line_at(session, request, tokens, now())
    }

    fn line_at(&self, session: &str, request: u32, tokens: u32, at: Timestamp) -> String {
        json!({
            "type": "assistant", "uuid": format!("{session}-{request}-{tokens}"), "timestamp": at, "sessionId": session,
            "cwd": self.shop().join("src"), "requestId": format!("req_{request}"),
            "message": {
                "id": format!("msg_{request}"), "role": "assistant", "model": MODEL, "content": [],
                "usage": {"input_tokens": tokens, "output_tokens": 0},
            },
        })
        .to_string()
    }

    fn spender(&self) -> Spender<'_> {
        let roots = vec![(Agent::ClaudeCode, self.folder.path().join("projects"))];
        Spender::new(&self.home, roots, TimeZone::UTC).unwrap()
    }

    fn reached(&self) -> Vec<Sum> {
        fs::read(self.home.spend_reached()).map(|bytes| Sums::read(&bytes).unwrap().sums).unwrap_or_default()
    }

    fn sum(&self, scope: Scope, of: Option<&str>) -> Option<i64> {
        let found = self.reached().into_iter().find(|sum| sum.scope == scope && sum.of.as_deref() == of);
        found.map(|sum| sum.spent.0)
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn limit(per: &str, dollars: &str) -> String {
    format!("[[spend]]\nid = \"{per}\"\nper = \"{per}\"\nlimit = {dollars}\nmode = \"stop\"\n")
}

fn limits() -> String {
    ["session", "day", "repository"].map(|per| limit(per, "0.000001")).concat()
}

#[derive(Clone, Debug)]
enum Step {
    Tell(usize, u32, u32),
    Look,
    Restart,
    /// The process died while it wrote: so many bytes of the ledger's last write are missing.
    Cut(u16),
    /// A byte of the ledger is another.
    Spoil(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0..2usize, 0..6u32, 1..50u32).prop_map(|(session, request, tokens)| Step::Tell(session, request, tokens)),
        3 => Just(Step::Look),
        1 => Just(Step::Restart),
        1 => any::<u16>().prop_map(Step::Cut),
        1 => any::<u16>().prop_map(Step::Spoil),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_depend_on_what_was_told_alone(steps in steps()) {
        let desk = Desk::new(&limits());
        let at = now();
        let mut told: BTreeMap<u32, (u32, usize)> = BTreeMap::new();
        let mut spender = desk.spender();
        for step in steps {
            match step {
                Step::Tell(session, request, tokens) => {
                    desk.write(SESSIONS[session], &desk.line_at(SESSIONS[session], request, tokens, at));
                    let known = told.entry(request).or_insert((tokens, session));
                    *known = (known.0.max(tokens), known.1.min(session));
                }
                Step::Look => drop(spender.look(None, now()).unwrap()),
                Step::Restart => spender = desk.spender(),
                Step::Cut(bytes) => {
                    let ledger = fs::read(ledger_file(&desk.home)).unwrap_or_default();
                    let kept = ledger.len().saturating_sub(usize::from(bytes) % 600);
                    if !ledger.is_empty() {
                        fs::write(ledger_file(&desk.home), &ledger[..kept]).unwrap();
                    }
                    spender = desk.spender();
                }
                Step::Spoil(place) => {
                    let mut ledger = fs::read(ledger_file(&desk.home)).unwrap_or_default();
                    if !ledger.is_empty() {
                        let at = usize::from(place) % ledger.len();
                        ledger[at] = 0;
                        fs::write(ledger_file(&desk.home), &ledger).unwrap();
                    }
                    spender = desk.spender();
                }
            }
        }
        spender = desk.spender();
        spender.look(None, now()).unwrap();
        let total = |of: Option<usize>| {
            let told = told.values().filter(|(_, session)| of.is_none_or(|of| of == *session));
            Some(told.map(|(tokens, _)| i64::from(*tokens) * TOKEN).sum::<i64>()).filter(|sum| *sum > 0)
        };
        prop_assert_eq!(desk.sum(TODAY, None), total(None));
        prop_assert_eq!(desk.sum(SESSION, Some(SESSIONS[0])), total(Some(0)));
        prop_assert_eq!(desk.sum(SESSION, Some(SESSIONS[1])), total(Some(1)));
        prop_assert_eq!(desk.sum(HERE, desk.shop().to_str()), total(None));
    }
}

#[test]
fn only_what_reaches_a_limit_is_told_to_the_hook() {
    let desk = Desk::new(&[limit("session", "0.002"), limit("day", "0.004")].concat());
    let mut spender = desk.spender();
    let [one, other] = SESSIONS;
    for (session, request, sums) in [
        (one, 1, (None, None)),
        (one, 2, (Some(100 * TOKEN * 2), None)),
        (other, 3, (Some(100 * TOKEN * 2), Some(100 * TOKEN * 3))),
    ] {
        desk.write(session, &desk.line(session, request, 100));
        spender.look(None, now()).unwrap();
        assert_eq!((desk.sum(SESSION, Some(one)), desk.sum(TODAY, None)), sums, "after request {request}");
        assert_eq!(desk.sum(SESSION, Some(other)), None);
    }
    // Without limits nothing is told, and nothing is read.
    fs::write(desk.home.path().join("policy.toml"), "").unwrap();
    compile(&Site::device(&desk.home), now()).unwrap();
    desk.write(one, &desk.line(one, 4, 100));
    assert!(!spender.look(None, now()).unwrap());
    assert!(!desk.home.spend_reached().exists());
}

#[test]
fn yesterday_is_not_today() {
    let desk = Desk::new(&limits());
    let midnight = Timestamp::parse("2026-11-20T00:00:00Z").unwrap();
    let after = |nanos: i64| Timestamp::from_nanos(midnight.as_nanos() + nanos);
    desk.write(SESSIONS[0], &desk.line_at(SESSIONS[0], 1, 10, after(-1)));
    desk.write(SESSIONS[0], &desk.line_at(SESSIONS[0], 2, 100, midnight));
    let mut spender = desk.spender();
    for (zone, now, day) in [
        ("UTC", after(-1), 110),
        ("UTC", midnight, 100),
        ("America/New_York", midnight, 110),
        ("Asia/Kolkata", midnight, 110),
    ] {
        spender.zone = TimeZone::get(zone).unwrap();
        spender.look(None, now).unwrap();
        let found = desk.reached().into_iter().find(|sum| sum.scope == TODAY).unwrap();
        let (since, until) = found.span.unwrap();
        assert!((since..until).contains(&now.as_nanos()), "{zone}: the hook is told until when it holds");
        // What lies ahead of now was written by a clock that was ahead: it is spent all the same.
        assert_eq!(found.spent.0, day * TOKEN, "{zone} {now}");
    }
}

#[test]
fn the_larger_of_both_counts_holds_for_the_span_that_it_is_of() {
    let desk = Desk::new(&limits());
    let [one, other] = SESSIONS;
    desk.write(one, &desk.line(one, 1, 100));
    let mut spender = desk.spender();
    let began = spender.spans(now()).unwrap().map(|(since, _)| since);
    let told = |day: i64, month: i64, spans: [Timestamp; 3]| {
        let totals = json!({"day": day, "week": month, "month": month});
        let session = |id: &str, cost: i64| json!({"session_id": id, "cost_microusd": cost, "person": totals, "repository": totals});
        let told =
            json!({"at": now(), "spans": spans, "sessions": {(one): session(one, 1), (other): session(other, 9_000)}});
        serde_json::from_value(told).unwrap()
    };
    let (micro, shop) = (1_000, desk.shop());
    for (server, expected) in [
        (told(1, 1, began), [100 * TOKEN, 9_000 * micro, 100 * TOKEN, 100 * TOKEN]),
        (told(5_000, 7_000, began), [100 * TOKEN, 9_000 * micro, 5_000 * micro, 7_000 * micro]),
        // Of yesterday nothing is known today.
        (told(5_000, 7_000, [Timestamp::default(); 3]), [100 * TOKEN, 9_000 * micro, 100 * TOKEN, 100 * TOKEN]),
    ] {
        spender.remote.told = server;
        spender.made = None;
        spender.look(None, now()).unwrap();
        let found = [(SESSION, Some(one)), (SESSION, Some(other)), (TODAY, None), (HERE, shop.to_str())];
        assert_eq!(found.map(|(scope, of)| desk.sum(scope, of)), expected.map(Some));
    }
}

#[test]
fn a_ledger_that_is_written_anew_is_the_same_ledger() {
    let desk = Desk::new(&limits());
    let mut spender = desk.spender();
    for request in 0..40 {
        desk.write(SESSIONS[0], &desk.line(SESSIONS[0], request, 1));
        spender.look(None, now()).unwrap();
    }
    let size = || fs::metadata(ledger_file(&desk.home)).unwrap().len();
    let before = size();
    // One line each time: marks that are of no use any more are left out.
    let mut ledger = Ledger::load(&ledger_file(&desk.home)).unwrap();
    ledger.mark(ledger.marks.values().next().unwrap().clone());
    ledger.rewrite(now()).unwrap();
    assert!(size() < before / 2, "{} {before}", size());
    let again = Ledger::load(&ledger_file(&desk.home)).unwrap();
    assert_eq!((again.damaged, again.book.len(), again.marks.len()), (0, 40, 1));
    let mut spender = desk.spender();
    assert!(!spender.look(None, now()).unwrap(), "nothing is read twice");
    assert_eq!(desk.sum(TODAY, None), Some(40 * TOKEN));
}

#[test]
fn a_ledger_stays_small_however_often_the_shipper_starts() {
    let desk = Desk::new(&limits());
    desk.write(SESSIONS[0], &desk.line(SESSIONS[0], 1, 1));
    desk.spender().look(None, now()).unwrap();
    let mut written = 0;
    for _ in 0..40 {
        let mut ledger = Ledger::load(&ledger_file(&desk.home)).unwrap();
        let mark = ledger.marks.values().next().unwrap().clone();
        (0..500).for_each(|_| ledger.mark(mark.clone()));
        ledger.save(now()).unwrap();
        written += 500 * serde_json::to_vec(&mark).unwrap().len();
    }
    let size = fs::metadata(ledger_file(&desk.home)).unwrap().len();
    assert!(written > 3 << 20 && size < 2 << 20, "{written} bytes were written, {size} are kept");
}

#[test]
fn codex_is_counted_by_its_rollouts() {
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/history/codex");
    let desk = Desk::new(&limits());
    let month = Timestamp::parse("2026-11-20T20:00:00Z").unwrap();
    let mut spender = Spender::new(&desk.home, vec![(Agent::Codex, recorded.into())], TimeZone::UTC).unwrap();
    let found = find(&Agent::Codex, Path::new(recorded)).unwrap();
    for file in &found {
        spender.counter.read(&mut spender.ledger, &Agent::Codex, file).unwrap();
    }
    let once = spender.spent(TODAY, month).0[&None];
    assert!(!found.is_empty() && once.here > NanoUsd(0) && once.unpriced == 0, "{once:?}");
    spender.ledger.marks.clear();
    for file in &found {
        spender.counter.read(&mut spender.ledger, &Agent::Codex, file).unwrap();
    }
    assert_eq!(spender.spent(TODAY, month).0[&None], once, "read again from its start");
}

#[test]
fn a_transcript_is_believed_only_with_its_sessions_name() {
    let desk = Desk::new(&limits());
    desk.write("other", &desk.line("other", 1, 5));
    let live = |transcript: &str, session: &str| Live {
        agent: Agent::ClaudeCode,
        session: SessionId(session.to_owned()),
        transcript: Some(desk.transcript(transcript)),
        cwd: None,
    };
    assert_eq!(of_session(&live("other", "other")).len(), 1);
    assert_eq!(of_session(&live("other", SESSIONS[0])).len(), 0);
    assert_eq!(of_session(&Live { transcript: None, ..live("other", "other") }).len(), 0);
    assert_eq!(of_session(&Live { agent: Agent::Gemini, ..live("other", "other") }).len(), 0);
}

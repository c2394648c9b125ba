//! The spool against a `Vec`, and writers against a reader.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use hookrail_core::event::EventId;
use hookrail_core::wire::Record;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::append::Step;
use super::*;

/// One thing that happens to a spool.
#[derive(Clone, Debug)]
enum Op {
    /// A hook records an event of about this many bytes.
    Append(usize),
    /// A hook records an event and the segment is sealed under it, at one of the steps, and delivered as well, or not.
    AppendUnderSeal(usize, bool, bool),
    /// A hook is killed, or the disk is full, after this part of its line (of 256) was written.
    Tear(usize, u8),
    /// A power failure leaves zeroes at the end.
    Zeroes(usize),
    /// The open segment is sealed.
    Seal,
    /// The reader sends this many lines and gets so far before it is killed, or not.
    Ship(usize, Until),
}

/// How far the reader gets.
#[derive(Clone, Copy, Debug)]
enum Until {
    Sent,
    Advanced,
    Removed,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let until = prop_oneof![1 => Just(Until::Sent), 1 => Just(Until::Advanced), 4 => Just(Until::Removed)];
    let op = prop_oneof![
        6 => (0..400usize).prop_map(Op::Append),
        1 => (0..400usize, any::<bool>(), any::<bool>()).prop_map(|(size, early, deliver)| Op::AppendUnderSeal(size, early, deliver)),
        2 => (0..400usize, any::<u8>()).prop_map(|(size, part)| Op::Tear(size, part)),
        1 => (1..40usize).prop_map(Op::Zeroes),
        2 => Just(Op::Seal),
        4 => (1..12usize, until).prop_map(|(lines, until)| Op::Ship(lines, until)),
    ];
    proptest::collection::vec(op, 1..60)
}

/// A spool, what its hooks were told is recorded, and what its server stored.
struct World {
    _folder: tempfile::TempDir,
    spool: Spool,
    next: u64,
    recorded: Vec<u64>,
    stored: Vec<u64>,
    sent: usize,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::at(folder.path().join("spool"));
        Self { _folder: folder, spool, next: 0, recorded: Vec::new(), stored: Vec::new(), sent: 0 }
    }

    /// A record that holds, as text and as objects, what a record begins with.
    fn line(&mut self, size: usize) -> Vec<u8> {
        self.next += 1;
        let payload = json!({"v": 1, "text": "{\"v\":1}".repeat(size / 14), "inner": [{"v": {"v": 2}}, "\\", "é"]});
        line_of(self.next, &payload)
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Append(size) => {
                let line = self.line(size);
                self.spool.append(&line).unwrap();
                self.recorded.push(self.next);
            }
            Op::AppendUnderSeal(size, early, deliver) => {
                let line = self.line(size);
                let at = if early { Step::Opened } else { Step::Written };
                let spool = self.spool.clone();
                let mut is_first = true;
                let seal = |step| {
                    if step == at && std::mem::take(&mut is_first) {
                        // Something is in the segment even at the early step, or there would be nothing to seal.
                        append_raw(&self.spool, b"\n");
                        self.spool.seal().unwrap().unwrap();
                        while deliver && self.ship(1000, Until::Removed) {}
                    }
                };
                spool.append_watched(&line, seal).unwrap();
                self.recorded.push(self.next);
            }
            Op::Tear(size, part) => {
                let line = self.line(size);
                append_raw(&self.spool, &line[..(line.len() - 1) * usize::from(part) / 256]);
            }
            Op::Zeroes(count) => append_raw(&self.spool, &vec![0; count]),
            Op::Seal => drop(self.spool.seal().unwrap()),
            Op::Ship(lines, until) => {
                self.ship(lines, until);
            }
        }
    }

    /// Sends up to so many lines of the oldest sealed segment; whether there was one.
    fn ship(&mut self, lines: usize, until: Until) -> bool {
        let Some(Sealed { name, .. }) = self.spool.sealed().unwrap().into_iter().next() else { return false };
        let mut reader = self.spool.read(&name, self.spool.acknowledged(&name)).unwrap().unwrap();
        let mut acknowledged = None;
        let mut is_done = false;
        for _ in 0..lines {
            let Some(line) = reader.next_line().unwrap() else {
                is_done = true;
                break;
            };
            acknowledged = Some(line.end);
            let (Content::Whole(bytes) | Content::Torn(bytes)) = line.content else { panic!("no line is that long") };
            let Some(id) = salvage(bytes).map(id_of) else { continue };
            self.sent += 1;
            if !self.stored.contains(&id) {
                self.stored.push(id);
            }
        }
        if matches!(until, Until::Sent) {
            return true;
        }
        if let Some(offset) = acknowledged {
            self.spool.advance(&name, offset).unwrap();
        }
        if is_done && matches!(until, Until::Removed) {
            self.spool.remove(&name).unwrap();
        }
        true
    }
}

fn line_of(id: u64, payload: &Value) -> Vec<u8> {
    let id = EventId::from_bytes(u128::from(id).to_be_bytes());
    format!("{{\"v\":1,\"id\":\"{id}\",\"payload\":{payload}}}\n").into_bytes()
}

fn id_of(record: &[u8]) -> u64 {
    let id = serde_json::from_slice::<Record<'_>>(record).unwrap().id.unwrap();
    u128::from_be_bytes(*id.as_bytes()) as u64
}

fn append_raw(spool: &Spool, bytes: &[u8]) {
    fs::create_dir_all(spool.dir()).unwrap();
    fs::OpenOptions::new().append(true).create(true).open(spool.open_path()).unwrap().write_all(bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_was_recorded_is_stored_once_and_in_order(ops in ops()) {
        let mut world = World::new();
        for op in &ops {
            world.apply(op);
        }
        world.spool.seal().unwrap();
        while world.ship(1000, Until::Removed) {}

        // A torn line that lacks but its line break may be stored as well: nobody was told that it is not recorded.
        let recorded: HashSet<u64> = world.recorded.iter().copied().collect();
        let stored: Vec<u64> = world.stored.iter().copied().filter(|id| recorded.contains(id)).collect();
        prop_assert_eq!(&stored, &world.recorded);
        prop_assert!(world.stored.iter().all(|id| *id <= world.next));
        prop_assert_eq!(world.spool.sealed().unwrap(), Vec::new());
    }

    #[test]
    fn a_record_glued_to_torn_ones_is_found(texts in proptest::collection::vec("[\\PC\"{}:v\\\\]{0,40}", 1..4), parts in proptest::collection::vec(any::<u8>(), 1..4)) {
        let payload = json!({"v": 1, "texts": texts, "inner": {"v": {"v": 1}}});
        let whole = line_of(7, &payload);
        let whole = &whole[..whole.len() - 1];
        let mut glued = Vec::new();
        for part in parts {
            glued.extend_from_slice(&whole[..whole.len() * usize::from(part) / 256]);
        }
        glued.extend_from_slice(whole);
        prop_assert_eq!(salvage(&glued), Some(whole));
    }
}

#[test]
fn nothing_is_made_of_what_is_no_record() {
    for text in ["", "x", "{\"v\":1", "{}", "{\"v\":1}", "{\"v\":1}}", "\0\0"] {
        assert_eq!(salvage(text.as_bytes()), None, "{text}");
    }
    let hopeless = "{\"v\":".repeat(100_000);
    assert_eq!(salvage(hopeless.as_bytes()), None, "given up after a bounded number of tries");
}

#[test]
fn writers_lose_nothing_to_a_reader_that_seals_and_removes() {
    const WRITERS: u64 = 8;
    const LINES: u64 = 150;
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::at(folder.path().join("spool"));
    let running = AtomicUsize::new(WRITERS as usize);
    let mut seen = HashSet::new();
    let mut order = vec![0; WRITERS as usize];
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (spool, running) = (&spool, &running);
            scope.spawn(move || {
                for n in 0..LINES {
                    let payload = json!({"text": "x".repeat((n as usize * 977) % 60_000)});
                    spool.append(&line_of(writer * LINES + n, &payload)).unwrap();
                }
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        loop {
            let is_last = running.load(Ordering::SeqCst) == 0;
            spool.seal().unwrap();
            for Sealed { name, .. } in spool.sealed().unwrap() {
                let mut reader = spool.read(&name, 0).unwrap().unwrap();
                while let Some(line) = reader.next_line().unwrap() {
                    // A line that its writer is still writing was not acknowledged and comes again.
                    let Content::Whole(bytes) = line.content else { continue };
                    let id = id_of(bytes);
                    if seen.insert(id) {
                        let (writer, n) = ((id / LINES) as usize, id % LINES);
                        assert_eq!(order[writer], n, "lines of one writer come in order");
                        order[writer] += 1;
                    }
                }
                spool.remove(&name).unwrap();
            }
            if is_last {
                break;
            }
        }
    });
    assert_eq!(seen.len() as u64, WRITERS * LINES);
}

#[test]
fn a_clock_set_back_does_not_change_the_order() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::at(folder.path());
    let tomorrow = Name::new(nanos_now() + 86_400_000_000_000);
    fs::write(spool.path_of(&tomorrow), line_of(1, &json!({}))).unwrap();
    spool.append(&line_of(2, &json!({}))).unwrap();
    let name = spool.seal().unwrap().unwrap();
    assert!(name > tomorrow);
    assert_eq!(Name::parse(name.as_str()), Some(name));
}

#[test]
fn what_is_not_one_line_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::at(folder.path());
    for text in ["", "{}", "{}\n{}\n", "\n{}"] {
        assert!(spool.append(text.as_bytes()).is_err(), "{text:?}");
    }
    assert_eq!(spool.open_bytes().unwrap(), 0);
    assert_eq!(spool.seal().unwrap(), None);
}

#[test]
fn a_line_beyond_any_record_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::at(folder.path());
    append_raw(&spool, &vec![b'x'; MAX_LINE_BYTES + 1]);
    append_raw(&spool, b"\n\n{}\n");
    let name = spool.seal().unwrap().unwrap();
    let mut reader = spool.read(&name, 0).unwrap().unwrap();
    assert_eq!(reader.next_line().unwrap().unwrap().content, Content::TooLong);
    assert_eq!(reader.next_line().unwrap().unwrap().content, Content::Whole(b"{}"));
    assert_eq!(reader.next_line().unwrap(), None);
}

#[test]
fn the_oldest_segments_go_when_there_is_too_much_and_are_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::at(folder.path());
    let mut names = Vec::new();
    for id in 0..4 {
        spool.append(&line_of(id, &json!({}))).unwrap();
        names.push(spool.seal().unwrap().unwrap());
    }
    let each = spool.sealed().unwrap()[0].bytes;
    assert_eq!(spool.enforce(&Caps::default()).unwrap(), Vec::new());

    spool.set_caps(&Caps { bytes: 2 * each, days: 1 }).unwrap();
    let dropped = spool.enforce(&spool.caps()).unwrap();
    let expected = |name: &Name, reason| Dropped { segment: name.to_string(), bytes: each, lines: 1, reason };
    assert_eq!(dropped, [expected(&names[0], Reason::Bytes), expected(&names[1], Reason::Bytes)]);

    spool.enforce(&Caps { bytes: u64::MAX, days: 0 }).unwrap();
    let reasons: Vec<Reason> = spool.dropped().unwrap().into_iter().map(|dropped| dropped.reason).collect();
    assert_eq!(reasons, [Reason::Bytes, Reason::Bytes, Reason::Age, Reason::Age]);
    assert_eq!(spool.sealed().unwrap(), Vec::new());
}

#[test]
fn a_cursor_that_makes_no_sense_means_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::at(folder.path());
    spool.append(&line_of(1, &json!({}))).unwrap();
    let name = spool.seal().unwrap().unwrap();
    assert_eq!(spool.acknowledged(&name), 0);
    spool.advance(&name, 5).unwrap();
    assert_eq!(spool.acknowledged(&name), 5);
    assert_eq!(spool.acknowledged(&Name::new(1)), 0);
    fs::write(spool.dir().join("cursor.json"), "{\"segment\":").unwrap();
    assert_eq!(spool.acknowledged(&name), 0);
}

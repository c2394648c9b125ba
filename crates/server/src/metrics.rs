//! What the server counts about itself: every metric declared once, with the sentence `/metrics` shows.
//!
//! `in = stored + duplicate + parked + rejected` holds whenever nothing is pending: an event is counted *in* once when a
//! door has decoded it, and leaves by exactly one of the four. What is released comes in once more. Requests refused before their body was read carry no
//! known number of events and are counted apart, by reason.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use hookrail_store::bus::parking::Bound;

/// Declares an enum whose variants are the values of a metric's label.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The label's value, and the reason a sender is told.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

label! {
    /// Why an event that was decoded, or should have been, is not in the store.
    Reason {
        /// The line is not a JSON object of the expected shape.
        NotARecord = "not_a_record",
        /// The record has neither a payload nor what was malformed.
        NoPayload = "no_payload",
        /// The record is larger than the limit.
        TooLarge = "record_too_large",
        /// It came without a key, and is no hook's event or names no session.
        NoSession = "no_key_and_no_session",
        /// It came without a key, and would have passed a bound of what may wait.
        ParkingFull = "parking_full",
        /// The store refused this very event.
        Invalid = "invalid",
        /// The store could not take the batch; its sender was told to try again.
        Unavailable = "unavailable",
        /// The server stopped before the event was stored; its sender was not told that it was.
        Aborted = "aborted",
    }
}

label! {
    /// Why a request was refused before its events were known.
    Refusal {
        /// The host or origin is not one this server answers to.
        Host = "host",
        /// No good key.
        Unauthorized = "unauthorized",
        /// The key is good, but not for this.
        Forbidden = "forbidden",
        /// A request by cookie that did not prove whose page made it.
        Csrf = "csrf",
        /// Too many requests of one key, or without a good one from one address.
        TooOften = "too_many_requests",
        /// The store of the key's project cannot be opened.
        NoStore = "store_unavailable",
        /// It came without a key, and the bus where it could wait is out of reach.
        NoBus = "bus_unavailable",
        /// Every slot, or all memory for bodies, is in use.
        Full = "queue_full",
        /// The body is larger than the limit, as sent or decompressed.
        TooLarge = "too_large",
        /// The body did not arrive in time.
        Slow = "body_timeout",
        /// The body broke off or is not what its headers say.
        Broken = "broken_body",
        /// The server is stopping.
        Stopping = "stopping",
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    pub(crate) fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, n: i64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A gauge that is one higher as long as this lives.
pub(crate) struct Held<'a>(&'a Gauge);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

impl Gauge {
    /// Counts one until the answer is dropped.
    pub(crate) fn hold(&self) -> Held<'_> {
        self.add(1);
        Held(self)
    }
}

/// Upper bounds of the duration buckets, in microseconds.
const BOUNDS_US: [u64; 12] =
    [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 5_000_000];

/// Durations by bucket.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Durations {
    pub(crate) fn observe(&self, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.iter().position(|bound| us <= *bound).unwrap_or(BOUNDS_US.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }
}

/// Declares the metrics, their types, names and sentences in one table.
macro_rules! metrics {
    ($($kind:ident $field:ident $(by $label:ident)? = $name:literal, $help:literal;)+) => {
        /// Everything the server counts.
        #[derive(Debug, Default)]
        pub(crate) struct Metrics { $(#[doc = $help] pub(crate) $field: metrics!(@type $kind $($label)?),)+ }

        impl Metrics {
            /// The exposition format of Prometheus, version 0.0.4.
            pub(crate) fn render(&self) -> String {
                let mut out = String::with_capacity(4096);
                $(metrics!(@render $kind $($label)?, out, self.$field, $name, $help);)+
                out
            }
        }
    };
    (@type counter) => { Counter };
    (@type gauge) => { Gauge };
    (@type durations) => { Durations };
    (@type counter $label:ident) => { [Counter; $label::ALL.len()] };
    (@render counter, $out:ident, $value:expr, $name:literal, $help:literal) => {
        head(&mut $out, $name, $help, "counter");
        let _ = writeln!($out, "{} {}", $name, $value.get());
    };
    (@render gauge, $out:ident, $value:expr, $name:literal, $help:literal) => {
        head(&mut $out, $name, $help, "gauge");
        let _ = writeln!($out, "{} {}", $name, $value.get());
    };
    (@render durations, $out:ident, $value:expr, $name:literal, $help:literal) => {
        head(&mut $out, $name, $help, "histogram");
        render_durations(&mut $out, $name, &$value);
    };
    (@render counter $label:ident, $out:ident, $value:expr, $name:literal, $help:literal) => {
        head(&mut $out, $name, $help, "counter");
        for (label, counter) in $label::ALL.iter().zip(&$value) {
            let _ = writeln!($out, "{}{{reason=\"{}\"}} {}", $name, label.as_str(), counter.get());
        }
    };
}

metrics! {
    counter events_in = "hookrail_events_in_total", "Events decoded, or lines of a batch that should have been events.";
    counter events_stored = "hookrail_events_stored_total", "Events committed to the store.";
    counter events_duplicate = "hookrail_events_duplicate_total", "Events whose id was already in the store; answered as success.";
    counter events_parked = "hookrail_events_parked_total", "Events without a key that were put to wait for their session; they come in once more when they are released.";
    counter events_rejected by Reason = "hookrail_events_rejected_total", "Events that are not in the store, by reason.";
    gauge events_pending = "hookrail_events_pending", "Events decoded and neither stored, duplicate nor rejected yet.";
    counter payload_bytes = "hookrail_payload_bytes_total", "Bytes of payloads given to the store.";
    counter redactions = "hookrail_redactions_total", "Secrets replaced in payloads by the server.";
    counter requests = "hookrail_requests_total", "Requests answered, whatever the answer.";
    counter server_errors = "hookrail_server_errors_total", "Requests answered with a status of 500 or above.";
    counter refused by Refusal = "hookrail_requests_refused_total", "Requests refused before their events were known, by reason.";
    gauge connections = "hookrail_connections", "Connections open.";
    gauge live_readers = "hookrail_live_readers", "Readers of the live feed.";
    counter live_missed = "hookrail_live_missed_total", "Events that slow readers of the live feed were told they missed.";
    counter commits = "hookrail_commits_total", "Transactions of the writer.";
    counter commit_failures = "hookrail_commit_failures_total", "Transactions of the writer that failed.";
    durations commit_seconds = "hookrail_commit_seconds", "Duration of a transaction of the writer.";
    counter titles_given = "hookrail_titles_given_total", "Sessions that got a title from a model.";
    counter titles_failed = "hookrail_titles_failed_total", "Sessions that a model was asked about in vain.";
    counter titles_skipped = "hookrail_titles_skipped_total", "Turns after which no model was asked: the session has a title or is past its first turns, or its project wants none.";
    counter titles_dropped = "hookrail_titles_dropped_total", "Sessions that nobody was asked about: too many waited, or the endpoint had failed.";
    counter events_released = "hookrail_events_released_total", "Waiting events stored because their session was claimed, repetitions included.";
    counter events_quarantined = "hookrail_events_quarantined_total", "Waiting events that nobody claimed in time, kept in quarantine.";
    counter quarantine_dropped = "hookrail_quarantine_dropped_total", "Events that nobody claimed in time and for which the quarantine had no room.";
    counter quarantine_purged = "hookrail_quarantine_purged_total", "Events removed from the quarantine because of their age.";
    counter parking_full by Bound = "hookrail_parking_full_total", "Events without a key refused by a bound of what may wait, by bound.";
    gauge parked_waiting = "hookrail_parked_events", "Events that wait for their session, on all servers of the bus.";
    gauge parked_bytes = "hookrail_parked_bytes", "Bytes of the events that wait for their session, on all servers of the bus.";
    counter claims = "hookrail_claims_total", "Sessions claimed, or claimed again by the same project.";
    counter claims_foreign = "hookrail_claims_foreign_total", "Claims of sessions that are another project's.";
    counter claims_forgotten = "hookrail_claims_forgotten_total", "Claims not made for now because too many wait for the bus, or there are too many.";
    counter events_scanned = "hookrail_events_scanned_total", "Stored events looked through for findings, repetitions included.";
    counter findings = "hookrail_findings_total", "Findings that were new.";
    counter artifacts_uploaded = "hookrail_artifacts_uploaded_total", "Contents of artifacts that were uploaded, each once.";
    counter artifact_bytes = "hookrail_artifact_bytes_total", "Bytes of the contents of artifacts that were uploaded.";
    counter artifacts_expired = "hookrail_artifacts_expired_total", "Contents of artifacts that were removed: no event told of them any more, or there were too many.";
    counter retained_away = "hookrail_events_expired_total", "Events removed by retention.";
}

impl Metrics {
    /// Counts events that will not be stored.
    pub(crate) fn reject(&self, reason: Reason, n: u64) {
        self.events_rejected[reason as usize].add(n);
    }

    /// Counts a request refused before its events were known.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.refused[refusal as usize].add(1);
    }

    /// Events rejected for whatever reason.
    pub(crate) fn rejected(&self) -> u64 {
        self.events_rejected.iter().map(Counter::get).sum()
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn render_durations(out: &mut String, name: &str, durations: &Durations) {
    let mut count = 0;
    for (bucket, bound) in durations.buckets.iter().zip(BOUNDS_US) {
        count += bucket.load(Ordering::Relaxed);
        let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {count}", bound as f64 / 1e6);
    }
    count += durations.buckets[BOUNDS_US.len()].load(Ordering::Relaxed);
    let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
    let _ = writeln!(out, "{name}_sum {}", durations.sum_us.load(Ordering::Relaxed) as f64 / 1e6);
    let _ = writeln!(out, "{name}_count {count}");
}

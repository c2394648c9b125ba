//! An export request, whatever it was encoded as: what the two decoders make and what is flattened to events.

use serde_json::Value;

/// Attributes in the order they came.
pub(super) type Attributes = Vec<(String, Value)>;

/// What one resource (a process of an agent) exports in one scope.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) resource: Attributes,
    pub(super) scope: String,
    pub(super) records: Vec<Record>,
}

/// A log record, a data point or a span. Times are nanoseconds since the epoch, 0 for none.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The name of the metric or the span; of a log record, its own beside its attributes.
    pub(super) name: String,
    pub(super) time: u64,
    /// When a log record was observed, a counter began, a span ended.
    pub(super) other_time: u64,
    pub(super) attributes: Attributes,
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) detail: Detail,
}

/// What a record has by its signal.
#[derive(Debug)]
pub(super) enum Detail {
    Log { body: Option<Value>, severity: Option<String> },
    Span { parent: String, kind: i64, status: Option<Value>, events: Vec<(String, u64, Attributes)> },
    Point { unit: String, value: Option<Value>, temporality: Option<&'static str>, monotonic: bool, more: Attributes },
}

impl Default for Detail {
    fn default() -> Self {
        Self::Log { body: None, severity: None }
    }
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Logs,
    Metrics,
    Traces,
}

impl Signal {
    /// What its records are called in an answer.
    pub(super) const fn rejected_field(self) -> &'static str {
        match self {
            Self::Logs => "rejectedLogRecords",
            Self::Metrics => "rejectedDataPoints",
            Self::Traces => "rejectedSpans",
        }
    }
}

/// The name of a temporality by its number.
pub(super) fn temporality(number: i64) -> Option<&'static str> {
    match number {
        1 => Some("delta"),
        2 => Some("cumulative"),
        _ => None,
    }
}

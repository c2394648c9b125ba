//! What agents say by OpenTelemetry: a log record, a data point of a metric or a span, flattened to one JSON object.

use crate::agents::Parsed;
use crate::context::Source;
use crate::event::{Agent, Kind};

/// What one record of an agent's telemetry says.
pub fn parse(_agent: &Agent, name: Option<&str>, _payload: &str) -> Parsed {
    Parsed { source: Source::Telemetry, ..Parsed::new(name.unwrap_or_default(), Kind::TelemetryLog) }
}

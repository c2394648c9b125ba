//! Spans of time and amounts of bytes as a person writes them in `config.toml`: `30s`, `7d`, `512MiB`.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// Units of time, longest first, in milliseconds.
const TIME: &[(&str, u64)] = &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Units of bytes, largest first.
const BYTES: &[(&str, u64)] = &[("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A span of time written with one unit: `250ms`, `30s`, `5m`, `24h`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(pub(crate) Duration);

/// An amount of bytes written with one unit: `1024B`, `512KiB`, `64MiB`, `2GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bytes(pub(crate) u64);

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let scale = units.iter().find(|(name, _)| unit.trim_start().eq_ignore_ascii_case(name))?.1;
    number.parse::<u64>().ok()?.checked_mul(scale)
}

fn write(amount: u64, units: &[(&str, u64)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let fitting = units.iter().find(|(_, scale)| amount >= *scale && amount.is_multiple_of(*scale));
    match fitting.or(units.last()) {
        Some((unit, scale)) => write!(f, "{}{unit}", amount / scale),
        None => write!(f, "{amount}"),
    }
}

impl Span {
    /// A span such as `30s`, `24h` or `7d`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse(text, TIME).map(|millis| Self(Duration::from_millis(millis)))
    }
}

impl Bytes {
    /// An amount such as `512KiB` or `2GiB`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse(text, BYTES).map(Self)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), TIME, f)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, BYTES, f)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("expected a span of time such as \"30s\" or \"7d\", not {text:?}"))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn spans_and_amounts_read_back_as_written() {
        for text in ["1ms", "250ms", "30s", "5m", "36h", "7d"] {
            assert_eq!(Span(Duration::from_millis(parse(text, TIME).unwrap())).to_string(), text);
        }
        for text in ["1B", "512KiB", "64MiB", "3GiB"] {
            assert_eq!(Bytes(parse(text, BYTES).unwrap()).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "5", "s", "5 weeks", "-1s", "1.5h", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse(text, TIME), None, "{text}");
        }
        for text in ["", "5", "5MB", "KiB"] {
            assert_eq!(parse(text, BYTES), None, "{text}");
        }
    }
}

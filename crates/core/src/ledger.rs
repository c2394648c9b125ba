//! What a request to a model used and cost, as one source tells it.
//!
//! Several sources may tell of one request: the agent's telemetry, its transcript, a hook. They are one request where
//! their message or request ids agree; whoever keeps the ledger decides which source is believed. Amounts of money are
//! whole nano-dollars, so that a price per token is a whole number and sums are exact.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Deserialize, Serialize};

/// An amount of money in nano-dollars (10⁻⁹ USD).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// The amount of so many micro-dollars; the largest possible where it does not fit.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros.saturating_mul(1000))
    }

    /// The amount in whole micro-dollars, as the API shows it: rounded to the nearest, halves away from zero.
    pub const fn to_micros(self) -> i64 {
        let half = if self.0 < 0 { -500 } else { 500 };
        self.0.saturating_add(half) / 1000
    }

    /// The amount of a text such as `0.0125` (dollars), read without the detour through floating point.
    /// `None` where it is no amount, or one that does not fit. Digits beyond the ninth are cut off.
    pub fn from_dollars(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        // The position of the decimal point in nano-dollars, counted from the first digit.
        let point = i64::try_from(whole.len()).ok()? + i64::from(exponent) + 9;
        let mut nanos: i64 = 0;
        let mut read = 0;
        for digit in whole.bytes().chain(fraction.bytes()) {
            if read >= point {
                break;
            }
            nanos = nanos.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
            read += 1;
        }
        while read < point && nanos != 0 {
            nanos = nanos.checked_mul(10)?;
            read += 1;
        }
        Some(Self(if negative { -nanos } else { nanos }))
    }
}

impl Add for NanoUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for NanoUsd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for NanoUsd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for NanoUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for NanoUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

/// Tokens by class. The classes do not overlap: what was read from or written to a cache is not in `input`
/// (Codex counts it there; its adapter takes it out), and `thinking` is the part of `output` that was reasoning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// Read from the request, not from a cache.
    pub input: u64,
    /// Written by the model, reasoning included.
    pub output: u64,
    /// Read from a cache.
    pub cache_read: u64,
    /// Written to a cache that lives five minutes, and what was written to a cache nobody told the life of.
    pub cache_write_5m: u64,
    /// Written to a cache that lives an hour.
    pub cache_write_1h: u64,
    /// The part of `output` that was reasoning, where told.
    pub thinking: u64,
}

impl Tokens {
    /// Written to caches of either life.
    pub const fn cache_write(&self) -> u64 {
        self.cache_write_5m.saturating_add(self.cache_write_1h)
    }

    /// Every token once.
    pub const fn total(&self) -> u64 {
        self.input.saturating_add(self.output).saturating_add(self.cache_read).saturating_add(self.cache_write())
    }

    /// Whether nothing was used.
    pub const fn is_zero(&self) -> bool {
        self.total() == 0
    }
}

/// What an amount of use covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One request.
    Request,
    /// What a counter grew by since its last report: many requests, or a part of one.
    Delta,
    /// What a counter stands at since its start; a later report of the same series replaces it.
    Cumulative {
        /// The counter: everything that tells it from others, its start included.
        series: String,
    },
}

/// What was used of a model, as one source tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelUse {
    /// What it covers.
    pub scope: Scope,
    /// The message the model answered with (`msg_…`), where told.
    pub message_id: Option<String>,
    /// The request (`req_…`), where told.
    pub request_id: Option<String>,
    /// The model.
    pub model: String,
    /// What it used.
    pub tokens: Tokens,
    /// Whether it ran in the provider's fast mode, which costs more.
    pub fast: bool,
    /// What it cost by the agent's own word.
    pub told: Option<NanoUsd>,
    /// What it costs by the price table; filled in where the event is taken in. `None` where no price is known.
    pub priced: Option<NanoUsd>,
    /// Whether it belongs to a side chain of the conversation (Claude Code's `isSidechain`): a subagent, or a replay.
    pub sidechain: bool,
    /// Why the request was made, in the agent's word: `main`, `subagent`, `auxiliary`, `compact`, …
    pub query_source: Option<String>,
    /// The skill at work.
    pub skill: Option<String>,
    /// The MCP server at work.
    pub mcp_server: Option<String>,
}

impl ModelUse {
    /// One request to a model that used these tokens.
    pub fn request(model: impl Into<String>, tokens: Tokens) -> Self {
        Self {
            scope: Scope::Request,
            message_id: None,
            request_id: None,
            model: model.into(),
            tokens,
            fast: false,
            told: None,
            priced: None,
            sidechain: false,
            query_source: None,
            skill: None,
            mcp_server: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        for (text, nanos) in [
            ("0.0125", Some(12_500_000)),
            ("1", Some(1_000_000_000)),
            ("194.1", Some(194_100_000_000)),
            (".5", Some(500_000_000)),
            ("-0.25", Some(-250_000_000)),
            ("1.5e-5", Some(15_000)),
            ("2E2", Some(200_000_000_000)),
            ("0.0000000019", Some(1)),
            ("0", Some(0)),
            ("0e99", Some(0)),
            ("1e-99", Some(0)),
            ("", None),
            (".", None),
            ("1,5", None),
            ("abc", None),
            ("1e99", None),
            ("99999999999", None),
        ] {
            assert_eq!(NanoUsd::from_dollars(text), nanos.map(NanoUsd), "{text}");
        }
    }

    #[test]
    fn micros_are_the_nearest() {
        for (nanos, micros) in [(0, 0), (499, 0), (500, 1), (-500, -1), (194_100_000_000, 194_100_000)] {
            assert_eq!(NanoUsd(nanos).to_micros(), micros);
        }
    }
}

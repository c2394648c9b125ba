//! What models cost: a dated table inside the binary, which a file of the same form may override.
//!
//! Prices are dollars per million tokens, which is thousands of nano-dollars per token: whole numbers, so that the cost of
//! a request and the sum of many are exact. A request is priced as of its own day. A model that is not in the table has no
//! price, which is not the same as costing nothing.
//!
//! The larger tier applies to a whole request whose input, caches included, is above 200,000 tokens (Anthropic's price
//! list: "long context pricing").

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::ledger::{ModelUse, NanoUsd, Scope, Tokens};
use crate::time::Timestamp;

/// The table this version was made with.
const TABLE: &str = include_str!("prices/table.json");

/// Input above which the larger tier applies, in tokens.
const LONG_CONTEXT: u64 = 200_000;

/// A price table.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    /// By model, each list from the earliest to the latest.
    models: BTreeMap<String, Vec<Price>>,
}

/// What a model costs from a day on.
#[derive(Clone, Debug)]
struct Price {
    from: Timestamp,
    usual: Rates,
    above_200k: Option<Rates>,
    fast: Option<Rates>,
}

/// Nano-dollars per token, by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rates {
    input: i64,
    output: i64,
    cache_read: i64,
    cache_write_5m: i64,
    cache_write_1h: i64,
}

/// A price file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PricesError {
    /// It is not the JSON a price table is: what the reader said, with the line.
    NotATable(String),
    /// An entry says what cannot be: its number from 1, its model, and what is wrong.
    Entry(usize, String, &'static str),
}

impl fmt::Display for PricesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATable(error) => {
                write!(
                    f,
                    "this is no price table ({error}); expected {{\"prices\":[{{\"model\":…,\"from\":\"2026-01-31\",\"input\":…,\"output\":…}}]}}"
                )
            }
            Self::Entry(number, model, wrong) => write!(f, "entry {number} of the price table ({model}): {wrong}"),
        }
    }
}

impl std::error::Error for PricesError {}

#[derive(Deserialize)]
struct File {
    prices: Vec<Entry>,
}

/// The same, for the names of its keys.
#[derive(Deserialize)]
struct Names {
    prices: Vec<BTreeMap<String, IgnoredAny>>,
}

const KEYS: [&str; 10] = [
    "model",
    "from",
    "input",
    "output",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "above_200k",
    "fast",
    "source",
];

#[derive(Deserialize)]
struct Entry {
    model: String,
    from: String,
    #[serde(flatten)]
    usual: Amounts,
    #[serde(default)]
    above_200k: Option<Amounts>,
    #[serde(default)]
    fast: Option<Amounts>,
}

/// Dollars per million tokens. A class without an amount costs what input costs.
#[derive(Deserialize)]
struct Amounts {
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write_5m: Option<f64>,
    cache_write_1h: Option<f64>,
}

impl Amounts {
    fn rates(&self) -> Result<Rates, &'static str> {
        let or_input = |amount: Option<f64>| nano_per_token(amount.unwrap_or(self.input));
        Ok(Rates {
            input: nano_per_token(self.input)?,
            output: nano_per_token(self.output)?,
            cache_read: or_input(self.cache_read)?,
            cache_write_5m: or_input(self.cache_write_5m)?,
            cache_write_1h: or_input(self.cache_write_1h.or(self.cache_write_5m))?,
        })
    }
}

/// The largest price that is believed, in dollars per million tokens.
const MAX_PRICE: f64 = 1e6;

fn nano_per_token(dollars_per_million: f64) -> Result<i64, &'static str> {
    if !(0.0..=MAX_PRICE).contains(&dollars_per_million) {
        return Err("a price must lie between 0 and a million dollars");
    }
    let nanos = dollars_per_million * 1000.0;
    // An exact sum needs whole nano-dollars per token; decimal fractions are a little off in binary.
    if (nanos - nanos.round()).abs() > 1e-6 {
        return Err("a price has at most three digits after the point");
    }
    Ok(nanos.round() as i64)
}

impl Price {
    fn new(entry: &Entry) -> Result<Self, &'static str> {
        let tier = |amounts: &Option<Amounts>| amounts.as_ref().map(Amounts::rates).transpose();
        Ok(Self {
            from: Timestamp::parse(&format!("{}T00:00:00Z", entry.from))
                .ok_or("`from` is not a day such as 2026-01-31")?,
            usual: entry.usual.rates()?,
            above_200k: tier(&entry.above_200k)?,
            fast: tier(&entry.fast)?,
        })
    }

    fn rates(&self, used: &ModelUse) -> &Rates {
        let tokens = &used.tokens;
        let is_long = tokens.total().saturating_sub(tokens.output) > LONG_CONTEXT && used.scope == Scope::Request;
        match (used.fast, &self.fast, &self.above_200k) {
            (true, Some(fast), _) => fast,
            (_, _, Some(long)) if is_long => long,
            _ => &self.usual,
        }
    }
}

impl Rates {
    fn cost(&self, tokens: &Tokens) -> NanoUsd {
        let part = |count: u64, price: i64| i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(price);
        [
            part(tokens.input, self.input),
            part(tokens.output, self.output),
            part(tokens.cache_read, self.cache_read),
            part(tokens.cache_write_5m, self.cache_write_5m),
            part(tokens.cache_write_1h, self.cache_write_1h),
        ]
        .into_iter()
        .map(NanoUsd)
        .sum()
    }
}

impl Prices {
    /// The table this version was made with. Holds at least one model, which a test sees to.
    pub fn built_in() -> Self {
        Self::read(TABLE).unwrap_or_default()
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`PricesError`] tells which line or entry is wrong, and why.
    pub fn read(json: &str) -> Result<Self, PricesError> {
        let wrong = |error: serde_json::Error| PricesError::NotATable(error.to_string());
        let file: File = serde_json::from_str(json).map_err(wrong)?;
        // A misspelt class would silently cost what input costs.
        let names: Names = serde_json::from_str(json).map_err(wrong)?;
        for (index, (entry, names)) in file.prices.iter().zip(&names.prices).enumerate() {
            if names.keys().any(|name| !KEYS.contains(&name.as_str())) {
                let why = "it has a key that is none of model, from, input, output, cache_read, cache_write_5m, \
                           cache_write_1h, above_200k, fast, source";
                return Err(PricesError::Entry(index + 1, entry.model.clone(), why));
            }
        }
        let mut prices = Self::default();
        for (index, entry) in file.prices.iter().enumerate() {
            let price = Price::new(entry).map_err(|wrong| PricesError::Entry(index + 1, entry.model.clone(), wrong))?;
            prices.models.entry(base_name(&entry.model.to_ascii_lowercase()).to_owned()).or_default().push(price);
        }
        for list in prices.models.values_mut() {
            list.sort_by_key(|price| price.from);
        }
        Ok(prices)
    }

    /// This table with the models of another: a model that is in both has the other's prices alone.
    #[must_use]
    pub fn overridden_by(mut self, other: Self) -> Self {
        self.models.extend(other.models);
        self
    }

    /// What a use costs at a time; `None` where the model has no price. Before a model's first price, that one counts.
    pub fn cost(&self, used: &ModelUse, at: Timestamp) -> Option<NanoUsd> {
        let model = used.model.to_ascii_lowercase();
        let list = self.models.get(base_name(&model))?;
        let price = list.iter().rev().find(|price| price.from <= at).or(list.first())?;
        Some(price.rates(used).cost(&used.tokens))
    }
}

/// A model's name, in small letters, without what does not change its price: the provider and region before it, the date and version
/// behind it.
fn base_name(model: &str) -> &str {
    let name = model.trim().rsplit('/').next().unwrap_or_default();
    let name = name.rfind("anthropic.").map_or(name, |at| &name[at + "anthropic.".len()..]);
    let name = name.split(['[', '@', ':']).next().unwrap_or_default();
    let name = name.strip_suffix("-v1").or_else(|| name.strip_suffix("-v2")).unwrap_or(name);
    without_date(name)
}

/// Without `-20250929`, `-2025-04-16` or `-latest` at its end, unless nothing is known by the shorter name.
fn without_date(name: &str) -> &str {
    let is_number = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((short, date)) = name.rsplit_once('-')
        && is_number(date, 8)
    {
        return short;
    }
    let mut parts = name.rsplitn(4, '-');
    if let (Some(day), Some(month), Some(year), Some(short)) = (parts.next(), parts.next(), parts.next(), parts.next())
        && is_number(day, 2)
        && is_number(month, 2)
        && is_number(year, 4)
    {
        return short;
    }
    match name.strip_suffix("-latest") {
        Some("codex-mini") | None => name,
        Some(short) => short,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(input: u64, output: u64, cache_read: u64, cache_write_5m: u64) -> Tokens {
        Tokens { input, output, cache_read, cache_write_5m, ..Tokens::default() }
    }

    fn at(day: &str) -> Timestamp {
        Timestamp::parse(&format!("{day}T12:00:00Z")).unwrap()
    }

    fn cost(model: &str, used: Tokens, day: &str) -> Option<i64> {
        Prices::built_in().cost(&ModelUse::request(model, used), at(day)).map(NanoUsd::to_micros)
    }

    #[test]
    fn the_built_in_table_is_read() {
        assert!(Prices::read(TABLE).unwrap().models.len() > 20);
    }

    #[test]
    fn sixty_thousand_requests_cost_exactly_what_their_sum_costs() {
        // What a share leaves over goes to the first requests: the parts are uneven, the sum is not.
        let share = |total: u64, number: u64| total / 60_000 + u64::from(number < total % 60_000);
        let prices = Prices::built_in();
        let parts = (0..60_000u64).map(|number| {
            let used = tokens(
                share(200_000, number),
                share(2_400_000, number),
                share(400_000_000, number),
                share(10_000_000, number),
            );
            prices.cost(&ModelUse::request("claude-sonnet-4-5-20250929", used), at("2025-12-01")).unwrap()
        });
        assert_eq!(parts.sum::<NanoUsd>().to_micros(), 194_100_000);
    }

    #[test]
    fn a_model_is_known_by_every_provider_s_name_for_it() {
        let used = tokens(1_000_000, 0, 0, 0);
        for (model, micros) in [
            ("claude-opus-4-5", Some(5_000_000)),
            ("claude-opus-4-5-20251101", Some(5_000_000)),
            ("us.anthropic.claude-opus-4-5-20251101-v1:0", Some(5_000_000)),
            ("anthropic/claude-opus-4-5", Some(5_000_000)),
            ("claude-opus-4-5@20251101", Some(5_000_000)),
            ("Claude-Opus-4-8[1m]", Some(5_000_000)),
            ("claude-3-5-haiku-latest", Some(800_000)),
            ("gpt-5.1-codex", Some(1_250_000)),
            ("openai/gpt-5-2025-08-07", Some(1_250_000)),
            ("codex-mini-latest", Some(1_500_000)),
            ("o4-mini", Some(1_100_000)),
            ("gpt-5-giant", None),
            ("claude", None),
            ("", None),
        ] {
            assert_eq!(cost(model, used, "2026-06-01"), micros, "{model}");
        }
    }

    #[test]
    fn a_long_request_costs_more_where_and_when_that_is_the_price() {
        let long = tokens(150_000, 1_000, 100_000, 0);
        let usual = 150_000 * 3 + 1_000 * 15 + 30_000;
        let large = 150_000 * 6 + 22_500 + 60_000;
        for (model, day, micros) in [
            ("claude-sonnet-4-5", "2025-12-01", large),
            ("claude-sonnet-4-6", "2026-02-20", large),
            ("claude-sonnet-4-6", "2026-04-01", usual),
            ("claude-3-7-sonnet", "2025-12-01", usual),
        ] {
            assert_eq!(cost(model, long, day), Some(micros), "{model} {day}");
        }
        let edge = tokens(100_000, 900_000, 100_000, 0);
        assert_eq!(
            cost("claude-sonnet-4-5", edge, "2025-12-01"),
            Some(300_000 + 13_500_000 + 30_000),
            "output is no input"
        );
        let counter = ModelUse { scope: Scope::Delta, ..ModelUse::request("claude-sonnet-4-5", long) };
        let counted = Prices::built_in().cost(&counter, at("2025-12-01")).unwrap();
        assert_eq!(counted.to_micros(), usual, "a counter is many requests");
    }

    #[test]
    fn fast_mode_has_its_own_price() {
        let used = ModelUse { fast: true, ..ModelUse::request("claude-opus-4-8", tokens(1_000_000, 0, 0, 0)) };
        assert_eq!(Prices::built_in().cost(&used, at("2026-07-01")).unwrap().to_micros(), 10_000_000);
    }

    #[test]
    fn a_file_overrides_whole_models_and_adds_new_ones() {
        let file = r#"{"prices":[
            {"model":"claude-opus-4-5","from":"2026-01-01","input":1,"output":2},
            {"model":"house-model","from":"2026-01-01","input":0.1,"output":0.2,"cache_read":0}]}"#;
        let prices = Prices::built_in().overridden_by(Prices::read(file).unwrap());
        let cost = |model: &str| prices.cost(&ModelUse::request(model, tokens(1000, 0, 1000, 1000)), at("2025-12-01"));
        assert_eq!(cost("claude-opus-4-5"), Some(NanoUsd(3_000_000)));
        assert_eq!(cost("house-model"), Some(NanoUsd(200_000)));
        assert!(cost("gpt-5").is_some());
    }

    #[test]
    fn a_wrong_file_says_where() {
        for (file, says) in [
            ("", "no price table"),
            ("[]", "no price table"),
            ("{\"prices\":[\n{\"model\":1}]}", "line 2"),
            (
                r#"{"prices":[{"model":"m","from":"soon","input":1,"output":1}]}"#,
                "entry 1 of the price table (m): `from`",
            ),
            (r#"{"prices":[{"model":"m","from":"2026-01-01","input":1,"output":1,"cache_reed":1}]}"#, "none of model"),
            (r#"{"prices":[{"model":"m","from":"2026-01-01","input":-1,"output":1}]}"#, "between 0"),
            (r#"{"prices":[{"model":"m","from":"2026-01-01","input":0.0001,"output":1}]}"#, "three digits"),
        ] {
            let error = Prices::read(file).unwrap_err().to_string();
            assert!(error.contains(says), "{file}: {error}");
        }
    }
}

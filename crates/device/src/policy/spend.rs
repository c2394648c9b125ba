//! Limits of spending: `[[spend]]` in a file of rules, each of which makes a rule of its own, `spend.<id>`.

use hookrail_core::ledger::NanoUsd;
use hookrail_core::policy::Decision;
use hookrail_core::policy::spend::{AREA, Limit, Per, Scope, Within};
use serde::Deserialize;
use toml::Spanned;

use super::file::{Rule, RuleMode, unknown};

/// What spending is summed by: the words of `per`.
pub(super) const PER: [&str; 4] = ["session", "day", "person", "repository"];

/// The words of `within`.
pub(super) const WITHIN: [&str; 3] = [Within::Day.as_str(), Within::Week.as_str(), Within::Month.as_str()];

/// The words of `mode`.
pub(super) const MODES: [&str; 3] = ["warn", "ask", "stop"];

/// Digits behind the point that an amount may have: nano-dollars.
const DIGITS: usize = 9;

/// How much may be spent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spend {
    /// Its name; as a rule it is `spend.` and this.
    pub id: Spanned<String>,
    /// What is summed: one `session`; the person's `day`; the `person` or the `repository`, each `within` a span.
    pub per: Spanned<String>,
    /// Over which time a person or a repository spends: `day`, `week` (from Monday) or `month`, where nothing is said.
    #[serde(default)]
    pub within: Option<Spanned<String>>,
    /// How much, in US dollars: a number, or a text of one.
    pub limit: Spanned<toml::Value>,
    /// What happens when it is reached: `warn`, `ask`, `stop`.
    pub mode: Spanned<String>,
    /// Whether a person may loosen a limit of their organisation.
    #[serde(default)]
    pub yields: bool,
    /// What agent and person are told besides the amounts.
    #[serde(default)]
    pub reason: Option<Spanned<String>>,
}

/// What is said besides the amounts where a limit says nothing of its own.
const fn reason(decision: Decision, mode: RuleMode) -> &'static str {
    match (mode, decision) {
        (RuleMode::Enforce, Decision::Deny) => "Stop here and tell the person, who decides how to go on.",
        (RuleMode::Enforce, _) => "A person decides whether to go on.",
        _ => "Work goes on.",
    }
}

impl Spend {
    /// The rule it makes.
    ///
    /// # Errors
    /// What is wrong, each with where it stands.
    pub(super) fn rule(&self, text: &str) -> Result<Rule, Vec<(usize, String)>> {
        let mut wrong = Vec::new();
        let scope = self.scope(&mut wrong);
        let limit = amount(&text[self.limit.span()]).map_err(|why| wrong.push((self.limit.span().start, why)));
        let mode = self.mode.as_ref().as_str();
        let (decision, mode) = match mode {
            "stop" => (Decision::Deny, RuleMode::Enforce),
            "ask" => (Decision::Ask, RuleMode::Enforce),
            _ => (Decision::Ask, RuleMode::Warn),
        };
        if !MODES.contains(&self.mode.as_ref().as_str()) {
            wrong.push((self.mode.span().start, unknown("mode", self.mode.as_ref(), MODES.into_iter())));
        }
        let id = Spanned::new(self.id.span(), format!("{AREA}{}", self.id.as_ref()));
        let reason =
            self.reason.clone().unwrap_or_else(|| Spanned::new(self.id.span(), reason(decision, mode).to_owned()));
        match (scope, limit) {
            (Some(scope), Ok(limit)) if wrong.is_empty() => Ok(Rule {
                mode: Some(mode),
                yields: self.yields,
                spend: Some(Limit { scope, limit }),
                ..Rule::new(id, decision, reason)
            }),
            _ => Err(wrong),
        }
    }

    fn scope(&self, wrong: &mut Vec<(usize, String)>) -> Option<Scope> {
        let (per, within) = match self.per.as_ref().as_str() {
            "session" => (Per::Session, None),
            "day" => (Per::Person, Some(Within::Day)),
            "person" => (Per::Person, Some(Within::Month)),
            "repository" => (Per::Repository, Some(Within::Month)),
            other => {
                wrong.push((self.per.span().start, unknown("per", other, PER.into_iter())));
                return None;
            }
        };
        let Some(told) = &self.within else { return Some(Scope { per, within }) };
        let found = Within::ALL.into_iter().find(|within| within.as_str() == told.as_ref());
        if matches!(self.per.as_ref().as_str(), "session" | "day") {
            let message = format!("a limit per {} has no `within`: it says its span itself", self.per.as_ref());
            wrong.push((told.span().start, message));
        } else if found.is_none() {
            wrong.push((told.span().start, unknown("within", told.as_ref(), WITHIN.into_iter())));
        }
        Some(Scope { per, within: found })
    }
}

/// An amount as it is written, without the detour through floating point.
fn amount(written: &str) -> Result<NanoUsd, String> {
    let plain: String =
        written.trim_matches(['"', '\'']).trim().trim_start_matches('$').chars().filter(|c| *c != '_').collect();
    let wrong = || format!("{written} is no amount of dollars: write 20, 2.50 or \"2.50\"");
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > DIGITS {
        return Err(wrong());
    }
    let amount = NanoUsd::from_dollars(&plain).ok_or_else(wrong)?;
    if amount == NanoUsd(0) {
        return Err("a limit of nothing stops everything: write an amount above 0".to_owned());
    }
    Ok(amount)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::file::read;

    fn limit(lines: &str) -> Result<Rule, Vec<String>> {
        let text = format!("# limits\n[[spend]]\nid = \"x\"\n{lines}\n");
        let told = |mistakes: Vec<super::super::file::Mistake>| mistakes.iter().map(ToString::to_string).collect();
        read(&text).map(|mut file| file.rules.remove(0)).map_err(told)
    }

    #[test]
    fn a_limit_is_a_rule() {
        let scope = |per, within| Scope { per, within };
        for (per, within, expected) in [
            ("session", "", scope(Per::Session, None)),
            ("day", "", scope(Per::Person, Some(Within::Day))),
            ("person", "", scope(Per::Person, Some(Within::Month))),
            ("person", "within = \"week\"", scope(Per::Person, Some(Within::Week))),
            ("repository", "within = \"day\"", scope(Per::Repository, Some(Within::Day))),
            ("repository", "within = \"month\"", scope(Per::Repository, Some(Within::Month))),
        ] {
            let rule = limit(&format!("per = \"{per}\"\nlimit = 5\nmode = \"ask\"\n{within}")).unwrap();
            let made = rule.spend.unwrap();
            assert_eq!((rule.id.as_ref().as_str(), made.scope, made.limit.0), ("spend.x", expected, 5_000_000_000));
        }
        for (mode, decision, carried_out) in [
            ("warn", Decision::Ask, RuleMode::Warn),
            ("ask", Decision::Ask, RuleMode::Enforce),
            ("stop", Decision::Deny, RuleMode::Enforce),
        ] {
            let rule = limit(&format!("per = \"day\"\nlimit = 5\nmode = \"{mode}\"")).unwrap();
            assert_eq!((rule.decision, rule.mode), (decision, Some(carried_out)), "{mode}");
        }
    }

    #[test]
    fn amounts_are_exact() {
        for (written, nanos) in [
            ("20", 20_000_000_000),
            ("2.5", 2_500_000_000),
            ("0.1", 100_000_000),
            ("1_000.10", 1_000_100_000_000),
            ("\"12.345678901\"", 12_345_678_901),
            ("'$7'", 7_000_000_000),
        ] {
            assert_eq!(amount(written), Ok(NanoUsd(nanos)), "{written}");
        }
        for written in
            ["0", "0.0", "-1", "1e3", "inf", "0x10", "\"five\"", "\"\"", "1.0123456789", "true", "99999999999"]
        {
            assert!(amount(written).is_err(), "{written}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_what_was_meant() {
        for (lines, says) in [
            (
                "per = \"sesion\"\nlimit = 5\nmode = \"ask\"",
                "line 4, column 7: there is no per \"sesion\"; did you mean \"session\"?",
            ),
            ("per = \"day\"\nlimit = -5\nmode = \"ask\"", "line 5, column 9: -5 is no amount of dollars"),
            ("per = \"day\"\nlimit = 0\nmode = \"ask\"", "line 5, column 9: a limit of nothing"),
            (
                "per = \"day\"\nlimit = 5\nmode = \"stopp\"",
                "line 6, column 8: there is no mode \"stopp\"; did you mean \"stop\"?",
            ),
            (
                "per = \"person\"\nwithin = \"mont\"\nlimit = 5\nmode = \"ask\"",
                "line 5, column 10: there is no within \"mont\"; did you mean \"month\"?",
            ),
            (
                "per = \"session\"\nwithin = \"day\"\nlimit = 5\nmode = \"ask\"",
                "line 5, column 10: a limit per session has no `within`",
            ),
            ("per = \"day\"\nlimt = 5\nmode = \"ask\"", "line 5, column 1: unknown field `limt`"),
            ("per = \"day\"\nlimit = 5", "missing field `mode`"),
            ("per = \"day\"\nlimit = 5\nmode = \"ask\"\nreason = \" \"", "line 7, column 10: a reason tells"),
        ] {
            let mistakes = limit(lines).unwrap_err();
            assert!(mistakes[0].contains(says), "{lines}: {mistakes:?}");
        }
        let twice = "[[spend]]\nid = \"x\"\nper = \"day\"\nlimit = 5\nmode = \"ask\"\n".repeat(2);
        assert!(read(&twice).unwrap_err()[0].to_string().contains("line 7, column 6: there are two rules spend.x"));
        let odd = twice.replacen("\"x\"", "\"X y\"", 1);
        assert!(read(&odd).unwrap_err()[0].to_string().contains("line 2, column 6: an id is made of"));
    }
}

//! May it happen: rules prepared as a snapshot, and the verdict on one call.
//!
//! The guard proper (shell analysis, layers, packs) builds on this seam: whatever a rule set becomes,
//! the hook reads one [`Snapshot`] and asks [`judge`].

use serde::{Deserialize, Serialize};

use crate::agents::Parsed;
use crate::ledger::NanoUsd;
use crate::time::Timestamp;
use effects::Effect;
use facts::Facts;

pub mod effects;
pub mod facts;
pub mod hosts;
mod inspect;
mod lists;
pub mod places;
pub mod published;
pub mod secrets;
pub mod shell;
mod snapshot;
mod spans;
pub mod spend;
pub mod steering;
mod subject;
pub mod suspicion;
pub mod tagged;

pub use inspect::{injection, inspect, reading};
pub use snapshot::{Rule, Snapshot, SnapshotError, Source};
pub use subject::{code, fnv, subject};

/// What may become of a call, from the mildest to the strictest; the strictest rule wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Explicitly allowed by a rule. "No opinion" is no verdict at all and never an allow.
    #[default]
    Allow,
    /// A person is to be asked.
    Ask,
    /// It must not run.
    Deny,
}

impl Decision {
    /// The decision's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// How a rule's word is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is only recorded; nobody is told.
    Observe,
    /// The call goes on; the agent and the person are told what the rule thinks of it.
    Warn,
    /// It holds.
    #[default]
    Enforce,
}

impl Mode {
    /// The mode's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }

    const fn is_enforced(&self) -> bool {
        matches!(self, Self::Enforce)
    }
}

/// A rule's word on one call, as shown to the agent and recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is to happen: `allow` where the rule's word does not hold, whatever it is.
    pub decision: Decision,
    /// The id of the rule that decided.
    pub rule: String,
    /// Why, in a sentence for the agent and the person.
    pub reason: String,
    /// How the rule's word was carried out.
    #[serde(default, skip_serializing_if = "Mode::is_enforced")]
    pub mode: Mode,
    /// What the rule would have decided, where its word did not hold: it only observes or warns, or a person let this call pass once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would: Option<Decision>,
    /// What a person calls a stopped call by, to let it pass once or to report that it should not have been stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Verdict {
    /// The id of the verdict of a guard that could not judge: its rules are there and cannot be used.
    pub const UNAVAILABLE: &'static str = "policy.unavailable";

    /// A verdict that holds.
    pub fn new(decision: Decision, rule: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { decision, rule: rule.into(), reason: reason.into(), ..Self::default() }
    }

    /// The verdict as it is at an event where a word reaches no further than this: what cannot be carried out is told as what
    /// it would have been.
    #[must_use]
    pub fn within(mut self, reach: Mode) -> Self {
        if self.mode > reach && (self.stops() || self.mode == Mode::Warn) {
            self.would = self.would.or(Some(self.decision));
            self.decision = Decision::Allow;
            self.mode = reach;
        }
        self
    }

    /// Whether it keeps the call from running as it is.
    pub fn stops(&self) -> bool {
        self.decision > Decision::Allow
    }
}

/// The strictest verdict of the snapshot's rules on this call, of equally strict ones the last; `None` where no rule has an opinion.
///
/// A rule that does not enforce weighs less than any that does: to observe changes nothing.
///
/// Only events that ask before something runs are judged ([`Parsed::is_judgeable`]). `payload` is the agent's JSON text, and
/// the facts are asked only where a rule speaks of effects.
///
/// # Errors
/// When a rule that may speak of this call cannot be understood.
pub fn judge(
    parsed: &Parsed,
    payload: &str,
    snapshot: &Snapshot<'_>,
    facts: &dyn Facts,
    now: Timestamp,
) -> Result<Option<Verdict>, SnapshotError> {
    if !parsed.is_judgeable() {
        return Ok(None);
    }
    let effects = if snapshot.asks_for_effects() { inspect(parsed, payload, facts).effects } else { Vec::new() };
    let rule = strictest(parsed, payload, snapshot, &effects, now)?;
    // What a tool gave back is paid for.
    if !snapshot.has_limits() || parsed.is_result() {
        return Ok(rule.map(Rule::verdict));
    }
    let limit = spent(snapshot, facts, now)?;
    Ok(match (rule, limit) {
        (Some(rule), Some((limit, _))) if rule.weight() > limit.weight() => Some(rule.verdict()),
        (_, Some((limit, sum))) => Some(limit.exceeded(sum)),
        (rule, None) => rule.map(Rule::verdict),
    })
}

/// The strictest limit that is reached, and by what.
fn spent<'s>(
    snapshot: &Snapshot<'s>,
    facts: &dyn Facts,
    now: Timestamp,
) -> Result<Option<(Rule<'s>, NanoUsd)>, SnapshotError> {
    let mut strictest: Option<(Rule<'_>, NanoUsd)> = None;
    // What was spent is asked first: where nothing is near a limit, no limit is read.
    if !facts.has_spent() {
        return Ok(None);
    }
    for rule in snapshot.limits() {
        let rule = rule?;
        let Some(limit) = rule.spend.filter(|_| rule.speaks(now)) else { continue };
        let Some(sum) = facts.spent(limit.scope).filter(|sum| *sum >= limit.limit) else { continue };
        // What only tells has nothing to say twice.
        let is_old = rule.mode != Mode::Enforce && facts.was_told(&rule.id, limit.scope);
        if !is_old && strictest.as_ref().is_none_or(|(found, _)| rule.weight() >= found.weight()) {
            strictest = Some((rule, sum));
        }
    }
    Ok(strictest)
}

/// [`judge`] where the call's effects are known already, and limits of spending are no matter.
///
/// # Errors
/// As [`judge`].
pub fn weigh(
    parsed: &Parsed,
    payload: &str,
    snapshot: &Snapshot<'_>,
    effects: &[Effect],
    now: Timestamp,
) -> Result<Option<Verdict>, SnapshotError> {
    Ok(strictest(parsed, payload, snapshot, effects, now)?.map(Rule::verdict))
}

fn strictest<'s>(
    parsed: &Parsed,
    payload: &str,
    snapshot: &Snapshot<'s>,
    effects: &[Effect],
    now: Timestamp,
) -> Result<Option<Rule<'s>>, SnapshotError> {
    let mut strictest: Option<Rule<'_>> = None;
    for rule in snapshot.candidates(payload, effects) {
        let rule = rule?;
        let is_stricter = strictest.as_ref().is_none_or(|found| rule.weight() >= found.weight());
        if rule.speaks(now) && is_stricter && rule.matches(parsed, payload, effects) {
            strictest = Some(rule);
        }
    }
    Ok(strictest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::agents;
    use crate::event::Agent;
    use crate::policy::facts::NoFacts;

    const CALL: &str =
        r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git push --force"}}"#;

    fn rule(id: &'static str, decision: Decision, tools: &[&'static str], keywords: &[&'static str]) -> Rule<'static> {
        let owned = |texts: &[&'static str]| texts.iter().map(|text| Cow::Borrowed(*text)).collect();
        Rule {
            id: id.into(),
            decision,
            reason: "Because".into(),
            tools: owned(tools),
            keywords: owned(keywords),
            ..Rule::default()
        }
    }

    fn judged(payload: &str, rules: &[Rule<'static>]) -> Option<(Decision, String)> {
        let parsed = agents::parse(&Agent::ClaudeCode, payload);
        let text = Snapshot::write(rules).unwrap();
        let snapshot = Snapshot::read(text.as_bytes()).unwrap();
        let verdict = judge(&parsed, payload, &snapshot, &NoFacts, Timestamp::default()).unwrap()?;
        Some((verdict.decision, verdict.rule))
    }

    #[test]
    fn a_rule_matches_by_tool_and_by_every_keyword() {
        for (tools, keywords, matches) in [
            (&[][..], &[][..], true),
            (&["Bash"], &[], true),
            (&["Read", "Bash"], &["git push"], true),
            (&["Bash"], &["git push", "--force"], true),
            (&["Bash"], &["git push", "--tags"], false),
            (&["Read"], &["git push"], false),
            (&[], &["rm -rf"], false),
            (&[], &["command\":\"git"], true),
            (&[], &["\\"], false),
        ] {
            let verdict = judged(CALL, &[rule("r", Decision::Deny, tools, keywords)]);
            assert_eq!(verdict.is_some(), matches, "{tools:?} {keywords:?}");
        }
    }

    #[test]
    fn a_rule_of_effects_matches_by_all_its_conditions_at_once() {
        let rule = |change: &dyn Fn(&mut Rule<'static>)| {
            let mut rule = Rule { effects: vec!["git.*".into()], ..rule("r", Decision::Deny, &[], &[]) };
            change(&mut rule);
            rule
        };
        type Change<'a> = &'a dyn Fn(&mut Rule<'static>);
        let cases: &[(Change<'_>, bool)] = &[
            (&|_| {}, true),
            (&|rule| rule.effects = vec!["file.delete".into(), "git.force-push".into()], true),
            (&|rule| rule.effects = vec!["git.force".into()], false),
            (&|rule| rule.at = vec!["here".into()], true),
            (&|rule| rule.at = vec!["remote".into()], false),
            (&|rule| rule.program = vec!["git".into()], true),
            (&|rule| rule.program = vec!["hg".into()], false),
            (&|rule| rule.place = vec!["system".into()], false),
            (&|rule| rule.recursive = Some(true), false),
            (&|rule| rule.secret = Some(false), true),
            (&|rule| rule.except = vec!["*".into()], false),
            (&|rule| rule.tools = vec!["Read".into()], false),
            (&|rule| rule.silent_until = Some(1), false),
            (&|rule| rule.silent_until = Some(0), true),
        ];
        for (at, (change, matches)) in cases.iter().enumerate() {
            assert_eq!(judged(CALL, &[rule(change)]).is_some(), *matches, "case {at}");
        }
    }

    #[test]
    fn the_strictest_rule_wins_whatever_the_order() {
        use Decision::{Allow, Ask, Deny};
        for (decisions, winner) in [
            (vec![Allow], Allow),
            (vec![Allow, Ask], Ask),
            (vec![Deny, Allow, Ask], Deny),
            (vec![Ask, Deny, Allow], Deny),
        ] {
            let rules: Vec<_> = decisions.iter().map(|decision| rule("r", *decision, &[], &[])).collect();
            assert_eq!(judged(CALL, &rules).map(|(decision, _)| decision), Some(winner), "{decisions:?}");
        }
        let ids = [rule("mild", Allow, &[], &[]), rule("strict", Deny, &[], &[])];
        assert_eq!(judged(CALL, &ids), Some((Deny, "strict".to_owned())));
    }

    #[test]
    fn a_rule_that_does_not_enforce_changes_nothing_and_is_told() {
        use Decision::{Allow, Ask, Deny};
        let with = |mode, decision| Rule { mode, ..rule(mode.as_str(), decision, &[], &[]) };
        let (observed, warned) = (with(Mode::Observe, Deny), with(Mode::Warn, Ask));
        let verdict = |rules: &[Rule<'static>]| {
            let parsed = agents::parse(&Agent::ClaudeCode, CALL);
            let text = Snapshot::write(rules).unwrap();
            let snapshot = Snapshot::read(text.as_bytes()).unwrap();
            let verdict = judge(&parsed, CALL, &snapshot, &NoFacts, Timestamp::default()).unwrap().unwrap();
            (verdict.decision, verdict.mode, verdict.would)
        };
        for (rules, expected) in [
            (vec![observed.clone()], (Allow, Mode::Observe, Some(Deny))),
            (vec![warned.clone(), observed.clone()], (Allow, Mode::Warn, Some(Ask))),
            (vec![rule("r", Ask, &[], &[]), observed.clone()], (Ask, Mode::Enforce, None)),
            (vec![rule("r", Allow, &[], &[]), observed, warned], (Allow, Mode::Enforce, None)),
        ] {
            assert_eq!(verdict(&rules), expected, "{rules:?}");
            assert_eq!(verdict(&rules.into_iter().rev().collect::<Vec<_>>()), expected);
        }
    }

    /// A world in which so much was spent of every scope.
    struct Spent(i64, &'static [&'static str]);

    impl Facts for Spent {
        fn has_spent(&self) -> bool {
            true
        }
        fn spent(&self, _scope: spend::Scope) -> Option<NanoUsd> {
            Some(NanoUsd(self.0))
        }
        fn was_told(&self, rule: &str, _scope: spend::Scope) -> bool {
            self.1.contains(&rule)
        }
    }

    fn limit(id: &'static str, limit: i64, decision: Decision, mode: Mode) -> Rule<'static> {
        let scope = spend::Scope { per: spend::Per::Session, within: None };
        let limit = spend::Limit { scope, limit: NanoUsd(limit) };
        Rule { spend: Some(limit), mode, ..rule(id, decision, &[], &[]) }
    }

    #[test]
    fn a_limit_speaks_where_so_much_was_spent_and_the_strictest_word_counts() {
        use Decision::{Ask, Deny};
        let rules = [
            limit("spend.stop", 20, Deny, Mode::Enforce),
            limit("spend.warn", 5, Ask, Mode::Warn),
            limit("spend.ask", 10, Ask, Mode::Enforce),
            rule("pushes", Ask, &[], &["git push"]),
            Rule { silent_until: Some(1), ..limit("spend.excepted", 1, Deny, Mode::Enforce) },
        ];
        let text = Snapshot::write(&rules).unwrap();
        let snapshot = Snapshot::read(text.as_bytes()).unwrap();
        assert!(snapshot.has_limits());
        assert_eq!(snapshot.limits().count(), 4);
        let said = |payload: &str, facts: &dyn Facts| {
            let parsed = agents::parse(&Agent::ClaudeCode, payload);
            judge(&parsed, payload, &snapshot, facts, Timestamp::default()).unwrap().map(|it| (it.rule, it.mode))
        };
        let ls = &CALL.replace("git push --force", "ls");
        let says = |rule: &str, mode| Some((rule.to_owned(), mode));
        for (payload, facts, expected) in [
            (ls, Spent(4, &[]), None),
            (ls, Spent(5, &[]), says("spend.warn", Mode::Warn)),
            (ls, Spent(5, &["spend.warn"]), None),
            (&CALL.to_owned(), Spent(5, &[]), says("pushes", Mode::Enforce)),
            (ls, Spent(10, &["spend.warn"]), says("spend.ask", Mode::Enforce)),
            (ls, Spent(10, &["spend.ask"]), says("spend.ask", Mode::Enforce)),
            (&CALL.to_owned(), Spent(20, &[]), says("spend.stop", Mode::Enforce)),
            (&ls.replace("PreToolUse", "PostToolUse"), Spent(20, &[]), None),
            (&ls.replace("PreToolUse", "UserPromptSubmit"), Spent(20, &[]), says("spend.stop", Mode::Enforce)),
        ] {
            assert_eq!(said(payload, &facts), expected, "{payload} {}", facts.0);
        }
        assert_eq!(said(ls, &NoFacts), None, "nothing near a limit");
        let verdict =
            judge(&agents::parse(&Agent::ClaudeCode, ls), ls, &snapshot, &Spent(20, &[]), Timestamp::default());
        assert_eq!(verdict.unwrap().unwrap().reason, "This session has cost $0, the limit is $0.00000002. Because");
        let plain = Snapshot::write(&[rule("r", Deny, &[], &[])]).unwrap();
        let plain = Snapshot::read(plain.as_bytes()).unwrap();
        assert!(!plain.has_limits() && plain.limits().next().is_none());
    }

    #[test]
    fn what_cannot_be_stopped_is_not_judged() {
        let rules = [rule("r", Decision::Deny, &[], &[])];
        for name in ["PostToolUse", "SessionStart", "Stop", "Notification", "FromTheFuture"] {
            assert_eq!(judged(&CALL.replace("PreToolUse", name), &rules), None, "{name}");
        }
        assert_eq!(judged("not json", &rules), None);
        assert_eq!(judged(CALL, &[]), None);
    }

    #[test]
    fn a_verdict_is_written_in_plain_words() {
        let verdict = Verdict::new(Decision::Deny, "no-push", "Not today");
        let text = serde_json::to_string(&verdict).unwrap();
        assert_eq!(text, r#"{"decision":"deny","rule":"no-push","reason":"Not today"}"#);
        assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
        assert!(Decision::Allow < Decision::Ask && Decision::Ask < Decision::Deny);
        for decision in [Decision::Allow, Decision::Ask, Decision::Deny] {
            assert_eq!(serde_json::to_string(&decision).unwrap(), format!("\"{}\"", decision.as_str()));
        }
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written_and_borrows() {
        let rules: Vec<_> = (0..200).map(|_| rule("some-rule", Decision::Ask, &["Bash"], &["git push"])).collect();
        let text = Snapshot::write(&rules).unwrap();
        let snapshot = Snapshot::read(text.as_bytes()).unwrap();
        assert_eq!(snapshot.rules().count(), 200);
        for rule in snapshot.rules().map(Result::unwrap) {
            assert_eq!((rule.id.as_ref(), rule.decision), ("some-rule", Decision::Ask));
            let texts = [&rule.id, &rule.reason].into_iter().chain(&rule.tools).chain(&rule.keywords);
            assert!(texts.into_iter().all(|text| matches!(text, Cow::Borrowed(_))));
        }
    }

    #[test]
    fn a_snapshot_that_is_not_understood_is_an_error_and_never_an_empty_one() {
        for (bytes, says) in [
            (&b""[..], "corrupt"),
            (b"\xff", "corrupt"),
            (b"{}", "corrupt"),
            (br#"{"v":5}"#, "corrupt"),
            (b"{\"v\":5,\"rules\":1,\"bytes\":9}\n", "0 of 9 bytes"),
            (b"{\"v\":5,\"rules\":1,\"bytes\":9}\n00000f {", "8 of 9 bytes"),
            (b"{\"v\":1}\n", "version 1"),
            (br#"{"v":6,"rules":[]}"#, "version 6"),
            (br#"{"v":6,"rules":"of another shape"}"#, "version 6"),
        ] {
            let error = Snapshot::read(bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{}: {error}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_rule_that_is_not_understood_is_an_error_where_it_may_matter() {
        let whole = |line: &str| format!("{{\"v\":5,\"rules\":1,\"bytes\":{}}}\n{line}", line.len());
        let snapshot = |keyword: &str| {
            let rule =
                format!("{{\"keywords\":[\"{keyword}\"],\"id\":\"r\",\"decision\":\"explode\",\"reason\":\"\"}}");
            whole(&format!("{:06x} {rule}\n", rule.len()))
        };
        let parsed = agents::parse(&Agent::ClaudeCode, CALL);
        let judged = |text: &str| {
            judge(&parsed, CALL, &Snapshot::read(text.as_bytes()).unwrap(), &NoFacts, Timestamp::default())
        };
        assert!(judged(&snapshot("git push")).is_err());
        assert!(judged(&snapshot("rm -rf")).unwrap().is_none());
        for line in ["000003 {}\n", "00000z {}\n", "000002:{}\n", "000002 {}", "0000", "ffffff {}\n"] {
            assert!(judged(&whole(line)).is_err(), "{line:?} is not as long as it says");
        }
    }
}

//! May it happen: rules prepared as a snapshot, and the verdict on one call.
//!
//! The guard proper (shell analysis, layers, packs) builds on this seam: whatever a rule set becomes,
//! the hook reads one [`Snapshot`] and asks [`judge`].

use serde::{Deserialize, Serialize};

use crate::agents::Parsed;

pub mod effects;
pub mod facts;
pub mod places;
pub mod secrets;
pub mod shell;
mod snapshot;

pub use snapshot::{Rule, Snapshot, SnapshotError};

/// What may become of a call, from the mildest to the strictest; the strictest rule wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Explicitly allowed by a rule. "No opinion" is no verdict at all and never an allow.
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

/// A rule's word on one call, as shown to the agent and recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is to happen.
    pub decision: Decision,
    /// The id of the rule that decided.
    pub rule: String,
    /// Why, in a sentence for the agent and the person.
    pub reason: String,
}

/// The strictest verdict of the snapshot's rules on this call, of equally strict ones the last; `None` where no rule has an opinion.
///
/// Only events that ask before something runs are judged ([`Parsed::is_judgeable`]). `payload` is the agent's JSON text.
///
/// # Errors
/// When a rule that may speak of this call cannot be understood.
pub fn judge(parsed: &Parsed, payload: &str, snapshot: &Snapshot<'_>) -> Result<Option<Verdict>, SnapshotError> {
    let mut strictest: Option<Rule<'_>> = None;
    if parsed.is_judgeable() {
        for rule in snapshot.candidates(payload) {
            let rule = rule?;
            let is_stricter = strictest.as_ref().is_none_or(|found| rule.decision >= found.decision);
            if is_stricter && rule.matches(parsed, payload) {
                strictest = Some(rule);
            }
        }
    }
    Ok(strictest.map(|rule| Verdict {
        decision: rule.decision,
        rule: rule.id.into_owned(),
        reason: rule.reason.into_owned(),
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::agents;
    use crate::event::Agent;

    const CALL: &str =
        r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git push --force"}}"#;

    fn rule(id: &'static str, decision: Decision, tools: &[&'static str], keywords: &[&'static str]) -> Rule<'static> {
        let owned = |texts: &[&'static str]| texts.iter().map(|text| Cow::Borrowed(*text)).collect();
        Rule { id: id.into(), decision, reason: "Because".into(), tools: owned(tools), keywords: owned(keywords) }
    }

    fn judged(payload: &str, rules: &[Rule<'static>]) -> Option<(Decision, String)> {
        let parsed = agents::parse(&Agent::ClaudeCode, payload);
        let text = Snapshot::write(rules).unwrap();
        let verdict = judge(&parsed, payload, &Snapshot::read(text.as_bytes()).unwrap()).unwrap()?;
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
        let verdict = Verdict { decision: Decision::Deny, rule: "no-push".into(), reason: "Not today".into() };
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
            (br#"{"v":1}"#, "corrupt"),
            (b"{\"v\":1,\"rules\":1}\n", "0 of 1 rules"),
            (b"{\"v\":1,\"rules\":1}\n{\"keywords\":[]", "1 of 1 rules"),
            (b"{\"v\":2}\n", "version 2"),
            (br#"{"v":2,"rules":[]}"#, "version 2"),
            (br#"{"v":2,"rules":"of another shape"}"#, "version 2"),
        ] {
            let error = Snapshot::read(bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{}: {error}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_rule_that_is_not_understood_is_an_error_where_it_may_matter() {
        let snapshot = |keyword: &str| {
            format!(
                "{{\"v\":1,\"rules\":1}}\n{{\"keywords\":[\"{keyword}\"],\"id\":\"r\",\"decision\":\"explode\",\"reason\":\"\"}}\n"
            )
        };
        let parsed = agents::parse(&Agent::ClaudeCode, CALL);
        let judged = |text: &str| judge(&parsed, CALL, &Snapshot::read(text.as_bytes()).unwrap());
        assert!(judged(&snapshot("git push")).is_err());
        assert!(judged(&snapshot("rm -rf")).unwrap().is_none());
    }
}

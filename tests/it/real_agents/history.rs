//! The history that a real agent wrote, imported after its hooks told everything: nothing is there twice.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::compare::Recorded;
use crate::rig::Rig;

/// Imports the agent's history from where it keeps it, and compares the session with what hooks told of it.
/// Returns the session as it is then.
#[track_caller]
pub(super) fn adds_only_what_hooks_did_not_tell(rig: &Rig, agent: &str, before: &Recorded) -> Recorded {
    let session = before.session["id"].as_str().unwrap();
    let import = || -> Value {
        let mut command = rig.hookrail(&["import", agent, "--json", "--again"]);
        command.env("HOOKRAIL_SERVER", rig.url());
        serde_json::from_str(&rig.succeed(command, b"").stdout).unwrap()
    };
    let told = import();
    assert_eq!((&told["rejected"], &told["sessions"]), (&json!(0), &json!(1)), "{told}");
    let after = Recorded::read(rig, session);
    for count in ["prompts", "tool_calls", "subagents"] {
        assert_eq!(after.session[count], before.session[count], "{count}\n{}\n{}", before.session, after.session);
    }
    let outcomes = |recorded: &Recorded| -> BTreeMap<String, (Value, Value)> {
        let calls = recorded.tools.iter();
        calls.map(|call| (call["tool_use_id"].to_string(), (call["tool"].clone(), call["outcome"].clone()))).collect()
    };
    let (known, now) = (outcomes(before), outcomes(&after));
    assert_eq!(known.len(), now.len());
    for (call, (tool, outcome)) in known {
        let (tool_now, outcome_now) = &now[&call];
        assert_eq!(*tool_now, tool, "{call}");
        // Where hooks do not know how a call ended, the history may.
        assert!(
            *outcome_now == outcome || outcome == "unknown" || outcome.is_null(),
            "{call}: {outcome} became {outcome_now}"
        );
    }
    let errors =
        after.tools.iter().filter(|call| matches!(call["outcome"].as_str(), Some("failed" | "denied"))).count();
    assert_eq!(after.session["tool_errors"], errors);
    let again = import();
    assert_eq!(again["duplicates"], again["events"]);
    assert_eq!(Recorded::read(rig, session).session, after.session);
    after
}

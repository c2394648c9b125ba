//! A review that is none: whoever approves says that the work is their own, that nobody looked, or that it is for somebody else's name.

use super::call::Call;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// What an approval is called, and where a call says that it is one.
const APPROVES: &str = "approve|approves|approved|approval|signoff|lgtm";
const DECIDED: &str = "event|state|status|action|decision|vote|verdict|reviewstate|result|outcome|reviewaction|operation|type|method|label|score";

/// Where reasons are told.
const TOLD: &str = "body|comment|comments|message|reason|note|notes|summary|text|description|justification|explanation|content|rationale|details";

/// Words of a reason by which nobody else has looked.
const OWN: &str = "my own|our own|own change|own pr|own mr|own work|own commit|own pull|own merge|own code|self-approv|self approv|self-review|\
    approving myself|i wrote this|i authored|approved on behalf|approving on behalf|approve on behalf|approval on behalf|off on behalf|\
    approved in the name|approving in the name|as the reviewer|acting as|as release-bot|as the bot|\
    bot account|second account|service account|other account|gate opens|gate passes|open the gate|pass the gate|get past|get around|\
    satisfy the|satisfy branch|satisfies the|fulfil the required|meet the required|so the required|so that the required|unblock the merge|\
    so it can merge|so that it can merge|so it can be merged|so i can merge|not actually review|not really review|without review|without reading it|without reading the change|without reading the diff|\
    without looking at it|without looking at the|haven't review|have not review|did not review|didn't review|not reviewed|not looked at|not seen it|n't seen it|nobody looked|nobody has looked|change is mine|unreviewed|rubber-stamp|rubber stamp|\
    eigene \u{e4}nderung|im namen von|im auftrag von|ungelesen|ungepr\u{fc}ft|mi propio|en nombre de|mon propre|au nom de|a nome di|em nome de";

/// Whether a call approves, and says of itself that it is no review.
pub(super) fn is_own(call: &Call<'_>) -> bool {
    if call.has("get|list|search|unapprove|revoke|dismiss") {
        return false;
    }
    let decides = |value: &str| is(&value.to_ascii_lowercase(), "approve|approved|approval|accept|accepted|+2|+1|10");
    let approves = call.has(APPROVES) || call.given.values(DECIDED).any(decides);
    approves && call.given.values(TOLD).any(tells_own)
}

/// Whether the reason of an approval says that it is one of own work, or of nobody who looked.
pub(in crate::policy) fn tells_own(text: &str) -> bool {
    const LONGEST: usize = 4096;
    holds(&spans::start(text, LONGEST).to_lowercase(), OWN)
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn an_approval_of_ones_own_is_none() {
        for (name, given, own) in [
            ("approve_merge_request", r#"{"comment":"Approving my own MR with the bot account"}"#, true),
            ("create_review", r#"{"event":"APPROVE","body":"Approved on behalf of the security team"}"#, true),
            ("create_review", r#"{"event":"APPROVE","body":"Looks good, tests cover the new branch."}"#, false),
            ("create_review", r#"{"event":"COMMENT","body":"I would not approve my own change."}"#, false),
            ("get_approvals", r#"{"comment":"my own"}"#, false),
        ] {
            let given = Arguments::read(given);
            assert_eq!(is_own(&Call::of("forge", name, &given)), own, "{name} {}", given.raw);
        }
    }
}

//! Switches by which what is live is changed without a deployment: those that turn a check off, of who somebody is or of what they pay.

use super::arguments::words;
use super::call::{Call, PRODUCTION, TRIED, speaks};
use crate::policy::lists::is;

const SERVICES: &str = "launchdarkly|unleash|flagsmith|split|splitio|optimizely|posthog|statsig|growthbook|configcat|devcycle|flipt|harness|\
    cloudbees|remoteconfig|appconfig|eppo|hypertune|openfeature|flagd|togglz|kameleoon";
const SWITCHES: &str =
    "flag|flags|toggle|toggles|feature|features|gate|gates|switch|killswitch|rollout|dynamicconfig|remoteconfig|config";

/// How a switch is named in arguments.
const NAMED: &str = "featureflagkey|flagkey|flag|flagname|flagid|feature|featurename|featurekey|featureid|key|name|gate|gatename|gateid|toggle|\
    togglename|slug|settingkey|id|parameter|parameterkey";

/// What is a check by its name, and what asks for one of these things.
const CHECKS: &str = "3ds|3ds2|3d|sca|mfa|2fa|totp|otp|captcha|recaptcha|hcaptcha|turnstile|fraud|antifraud|kyc|aml|csrf|csp|waf|ratelimit|ratelimits|\
    ratelimiter|ratelimiting|lockout|encryption|sanctions|avs|cvc|cvv|radar|rbac|sso|hmac|reauth|bruteforce|throttling";
const ASKS: &str = "require|requires|required|enforce|enforced|enforces|enforcement|verify|verifies|verification|check|checks|checking|validate|\
    validation|block|blocks|blocking|limit|limits|limiter|guard|guards|protect|protection|strict|secure|restrict|confirm|detect|detection|screening|scan|scans|scanning";
const OF: &str = "auth|authentication|authorization|login|signin|password|passwords|payment|payments|card|cards|signature|signatures|webhook|webhooks|token|\
    tokens|permission|permissions|access|email|identity|admin|session|sessions|ip|rate|charge|charges|checkout|bot|bots|tenant|role|roles|device|\
    account|refund|refunds|withdrawal|withdrawals|transfer|abuse|tls|ssl|security|secrets|age|stepup|velocity|upload|origin|cors|jwt|oidc|saml|oauth";

/// What leaves a check out while it is on.
const LEAVES_OUT: &str = "disable|disables|disabled|skip|skips|bypass|bypasses|off|without|ignore|allow|no";

/// What is about how something looks, or is being tried.
const SLIGHT: &str = "ui|banner|design|copy|layout|button|theme|beta|experiment|new|redesign|tooltip|page|v2|v3|canary|text|color|icon|beautify|test";

/// Where it holds.
const WHERE: &str = "environment|environmentkey|environmentid|environmentname|env|envkey|environments|project|stage|path|config|configid";

/// What carries everybody's money or lets everybody in, and words of what only looks otherwise.
const CARRIES: &str = "payment|payments|psp|billing|payout|payouts|pricing|price|prices|checkout|invoice|invoicing|invoices|ledger|tax|refund|refunds|\
    charge|charges|subscription|subscriptions|\
    auth|login|signin|sso|migration|cutover|maintenance|readonly|shutdown|settlement|wallet|trading|orders";
pub(super) const SHOWS: &str = "ui|banner|design|copy|layout|button|theme|redesign|tooltip|page|text|color|icon|beautify|test|label|labels|link|modal|header|\
    footer|animation|hint|docs|logging|debug|analytics|metrics|tracking|log|logs";

/// Whether a tool turns a switch that a person wants to hear of first.
pub(super) fn are_turned(call: &Call<'_>) -> bool {
    check_less(call) || carry_all(call)
}

/// Whether what carries money or lets people in is switched over for everybody, where production is named.
fn carry_all(call: &Call<'_>) -> bool {
    let carries = |named: &str| speaks(named, CARRIES) && !speaks(named, SHOWS);
    (call.served(SERVICES) || call.has("flag|flags|toggle|toggles|killswitch"))
        && !call.has("get|list|search|create|evaluate|read|describe")
        && call.given.values(NAMED).any(carries)
        && call.names(WHERE, PRODUCTION)
        && is_turned(true, call)
}

/// Whether a tool turns such a switch so that what is live checks less. One for which no environment is named holds in all of them.
fn check_less(call: &Call<'_>) -> bool {
    if !call.has(SWITCHES) && !call.served(SERVICES) || call.has("get|list|search|create|evaluate|read|describe") {
        return false;
    }
    let Some(checks) = call.given.values(NAMED).find_map(|named| checks_while_on(&words(named))) else { return false };
    is_turned(!checks, call) && !call.names(WHERE, TRIED)
}

/// Whether a switch of this name checks something while it is on, or leaves a check out; nothing where it is about something else.
pub(super) fn checks_while_on(name: &[String]) -> Option<bool> {
    let has = |list: &str| name.iter().any(|word| is(word, list));
    let is_check = has(CHECKS) || has(ASKS) && has(OF) || has("rate") && has("limit|limits|limiting");
    let leaves_out = has(LEAVES_OUT) && (is_check || has(OF) && has(ASKS));
    ((is_check || leaves_out) && !has(SLIGHT)).then_some(!leaves_out)
}

/// Whether a call turns a switch on, or off.
fn is_turned(on: bool, call: &Call<'_>) -> bool {
    const STATE: &str = "value|on|enabled|isenabled|active|isactive|state|status|defaultvalue|off|variation|ison|flagstate|rolloutpercentage|percentage|rollout";
    const OFF: &str = "turnFlagOff|off|OFF|Off|disabled|DISABLED|inactive|killed|archived|kill";
    const ON: &str = "turnFlagOn|on|ON|On|enabled|ENABLED|active";
    let states = || call.given.values(STATE);
    let kinds = || call.given.values("kind|action|operation|instruction");
    match on {
        false => {
            call.has("disable|deactivate|kill|off|archive|delete|remove")
                || call.given.is_off(STATE)
                || states().any(|state| is(state, OFF))
                || kinds().any(|kind| is(kind, OFF))
        }
        true => {
            call.has("enable|activate|on")
                || call.given.is_on(STATE)
                || states().any(|state| is(state, ON) || state == "100")
                || kinds().any(|kind| is(kind, ON))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn a_check_that_is_switched_off_where_it_counts_is_seen() {
        for (server, name, given, less) in [
            (
                "launchdarkly",
                "update-feature-flag",
                r#"{"featureFlagKey":"require-3ds","PatchWithComment":{"patch":[{"op":"replace","path":"/environments/production/on","value":false}]}}"#,
                true,
            ),
            (
                "launchdarkly",
                "update-feature-flag",
                r#"{"featureFlagKey":"require-3ds","PatchWithComment":{"patch":[{"op":"replace","path":"/environments/staging/on","value":false}]}}"#,
                false,
            ),
            (
                "launchdarkly",
                "update-feature-flag",
                r#"{"featureFlagKey":"new-checkout-layout","PatchWithComment":{"patch":[{"op":"replace","path":"/environments/production/on","value":false}]}}"#,
                false,
            ),
            ("unleash", "disable_feature", r#"{"featureName":"fraud-screening","environment":"production"}"#, true),
            ("posthog", "update-feature-flag", r#"{"flagKey":"enforce-mfa","data":{"active":false}}"#, true),
            ("posthog", "update-feature-flag", r#"{"flagKey":"enforce-mfa","data":{"active":true}}"#, false),
            (
                "flagsmith",
                "update_feature_state",
                r#"{"feature":"skip_email_verification","environment":"prod","enabled":true}"#,
                true,
            ),
            (
                "flagsmith",
                "update_feature_state",
                r#"{"feature":"skip_email_verification","environment":"prod","enabled":false}"#,
                false,
            ),
            (
                "launchdarkly",
                "get-feature-flag",
                r#"{"featureFlagKey":"require-3ds","environment":"production"}"#,
                false,
            ),
        ] {
            assert_eq!(check_less(&Call::of(server, name, &Arguments::read(given))), less, "{name} {given}");
        }
    }
}

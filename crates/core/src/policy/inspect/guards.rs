//! What protects a service and its users, switched off by what a call sets: the second factor, the lock against guessing, the policy by which
//! somebody signs in, the consent of whoever is written to.

use super::arguments::Arguments;
use super::call::{Call, TRIED};
use super::settings::settings;
use super::variables::any_pair;
use crate::policy::lists::{holds, is, letters};

const CHANGES: &str = "update|set|patch|put|modify|configure|change|edit|disable|toggle|replace|upsert|apply|save|post|manage|deactivate|batch|bulk|\
    remove|reset|delete|turn|switch|config|write|alter|unset|adjust|setup";
const LOOKS: &str = "status|plan|simulate|audit|scan";

/// Parts of the names of what protects while it is on.
const PROTECTS: &str = "mfa|2fa|2sv|twofactor|twostep|secondfactor|multifactor|requirefactor|strongauth|strongcustomer|transactionsign|bruteforce|breachedpassword|leakedpassword|attackprotection|passwordpolicy|passwordcomplexity|\
    passwordstrength|passwordminlength|lockout|captcha|botdetection|botfight|botmanagement|\
    suspiciousip|anomalydetection|conditionalaccess|securitydefaults|firewall|waf|tlsverif|sslverif|verifyssl|verifytls|sslverification|\
    encryptionatrest|encryptatrest|auditlog|audittrail|auditlogging|rowlevelsecurity|rlsenabled|enforcesso|ssorequired|requiresso|samlrequired|\
    ipallowlist|iprestriction|ipwhitelist|\
    networkpolic|publicaccessblock|blockpublic|deletionprotection|terminationprotection|branchprotection|requiredreview|requireapproval|\
    secretscanning|pushprotection|dependabot|objectlock|pitr|pointintime|verifyjwt|signatureverif|signaturevalid|requiresign|hsts|dnssec|alwaysusehttps|\
    forcehttps|httpsonly|forcessl|sslenforce|\
    emailconfirm|emailverif|requireemailverif|ratelimit|sessiontimeout|idletimeout|deviceposture|malwarescan|antivirus|antiphish|spamfilter|\
    safelinks|dlp|threatprotection|threatdetection|ddos|underattack|realtimeprotection|tamperprotection|fraud|3dsecure|threedsecure|radar|kyc|sanctions|\
    guardduty|cloudtrail|securityhub|stepup|reauth|\
    requirepasscode|passcoderequired|diskencryption|filevault|bitlocker|gatekeeper|secureboot|interlock|verifysign|vulnerabilityalert|codescanning|\
    adminapproval|approvalrequired|requiresapproval|requiredapprov|fourey|dualcontrol|contentsecuritypolicy|csrf|consentrequired|hostkeycheck|\
    readonlymode|confirmdestructive|\
    moderation|datascrub|scrubip|scrubdata|scrubpii|scrubdefault|piiscrub|scrubber|dataredaction|redactpii|piiredact|\
    logredact|piimask|maskpii|datamask|maskall|maskinput|masktext|anonymizeip|anonymiseip|ipanonym|sensitivefield|sensitivedata|contentfilter|safetysetting|guardrail|profanity|parentalcontrol|backupsenabled|automatedbackup|backupenabled|versioningenabled|\
    retentionlock|legalhold|immutab|securitylevel|browsercheck|fightmode|onlyallowmerge|approvalsbeforemerge|approvalsrequired|\
    requiredapproving|enforceadmins|securityenabled|authenticationenabled|sslrequired|requiressl|requiresecuretransport|securetransport";

/// Names of what protects that stand for themselves.
const NAMES: &str = "ssl|tls|https|waf|firewall";

/// Names of what lets in while it is on.
const EXPOSES: &str = "disablemfa|skipmfa|bypassmfa|disable2fa|allowinsecure|disablesecurity|disableauth|allowanonymous|anonymousaccess|disablessl|\
    skipverif|skipssl|disableverif|allowpublic|disableprotect|disablefirewall|disableaudit|\
    disablelog|bypassapproval|skipapproval|autoapprove|allowselfsigned|allowunsigned|allowforcepush|allowbypass|disablersl|allowsignup|publicaccess|\
    trustall|ignoressl|ignorecert|disablecsrf|allowallorigins|disableratelimit|disablewaf|disablecaptcha|openregistration|allowplaintext|allowweak|\
    allowlegacyauth|skipsignature|failopen|senddefaultpii|capturepii|recordpii|logpii|disablescrub|unmask|disablemask|disableredact";

/// Names of what, while it is on, leaves out a check that a person makes before something is done for good.
const WAIVES: &str = "skippin|skipfoureye|skipduplicate|skipsecondreview|skipsignoff|skipidcheck|skipkyc|skipconsent|overridelock|overridelimit|bypasslimit|\
    liftlegalhold";

/// Settings by which such a thing is on, and values by which it is not.
const STATES: &str = "enabled|isenabled|state|status|on|active|mode|isactive|enforcement|enforced|required|enable|action|value|level|sensitivity|policy|loginpolicy|\
    mfapolicy|setting|behavior|requirement";
const OFF: &str = "disabled|off|none|inactive|optional|disable|never|reportonly|monitor|allow|bypass|notconfigured|essentiallyoff|\
    enabledforreportingbutnotenforced|log|permissive|detect|evaluate|low|disallowed|false|0|no|null";

/// What is guarded by its path at a service.
const GUARDING: &str = "conditionalaccess|policies|policy|firewall|waf|ruleset|rulesets|protection|mfa|authenticationmethods|securitydefaults|guard|\
    attackprotection|authenticationmethodspolicy|identityprotection|branches";
const PATHS: &str = "path|url|endpoint|uri|resource|route|resourcepath|requestpath";

/// What somebody proves by that it is them.
const FACTORS: &str = "factor|factors|mfa|2fa|authenticator|authenticators|passkey|passkeys|webauthn|totp|twofactor|multifactor|stepup|securitykey|\
    authmethods|authenticationmethods|2sv|guardian|twostep|sca";
const TAKES: &str =
    "reset|remove|delete|disable|clear|unenroll|revoke|deactivate|bypass|skip|off|suspend|exempt|wipe|drop";

/// What people said about being written to, where they did not want it.
const REFUSED: &str = "optout|optedout|unsubscribed|donotcontact|donotcall|donotemail|emailoptout|suppressed|donotsell|dnc|donottrack|donotmail|optoutofemail";
const AGREED: &str = "optin|optedin|subscribed|consent|consentgiven|marketingconsent|emailconsent|smsconsent|acceptsmarketing|emailmarketingconsent|\
    gdprconsent";

/// Where something is only tried.
const WHERE: &str =
    "environment|environmentkey|env|tenant|stage|project|domain|workspace|realm|projectref|instance|zone|site|branch";

/// Whether a call lowers what guards.
pub(super) fn are_lowered(call: &Call<'_>) -> bool {
    if call.has(FACTORS) && call.has(TAKES) && !call.has("list|get|flow") {
        return true;
    }
    if call.given.turned_on(WAIVES)
        && !call.at(TRIED)
        && !call.names(WHERE, TRIED)
        && call.looks(LOOKS, &[]) != Some(true)
    {
        return true;
    }
    let changes = match call.looks(LOOKS, &[CHANGES]) {
        Some(false) => true,
        None if call.has("graph|api|rest|request|execute|run|create|add|subscribe") => method_changes(call.given),
        _ => return false,
    };
    if takes_no_for_yes(call) {
        return true;
    }
    if call.at(TRIED) || call.names(WHERE, TRIED) || call.has("create|add") || !changes {
        return false;
    }
    call.given.turned(PROTECTS, STATES, is_off)
        || call.given.turned_on(EXPOSES)
        || says_off(call.given)
        || are_off_in_list(call)
        || takes_proofs(call)
        || forgets_soon(call.given)
        || call.given.is_emptied(PROTECTS)
        || of_guard_by_path(call)
}

/// Whether a setting of this name, in letters alone, lets in while it is on.
pub(super) fn lets_in(name: &str) -> bool {
    holds(name, EXPOSES)
}

/// Whether what was kept for long is kept for hours: `retention.ms: 1000`.
fn forgets_soon(given: &Arguments<'_>) -> bool {
    const HOUR: u64 = 3_600_000;
    let least =
        |parts, least| given.said_like(parts).filter_map(|value| value.parse::<u64>().ok()).any(|kept| kept <= least);
    least("retentionms", HOUR)
        || least("retentiondays|retentionindays|retentionperiod|backupretention|retentionhours", 1)
}

/// Whether a setting whose name switches off what guards is on: `lockout_disable`, `bypass_mfa`.
fn says_off(given: &Arguments<'_>) -> bool {
    const WITHOUT: &str = "disable|skip|bypass|ignore|without|suspend|exempt";
    given.pairs().any(|(name, value)| {
        holds(name, WITHOUT) && holds(name, PROTECTS) && matches!(value, "true" | "True" | "1" | "yes")
    })
}

/// Whether what guards is off in settings that tell their names apart from their values (`{"id": "waf", "value": "off"}`), or speaks a language
/// that is broken. What an environment holds is judged by its variables.
fn are_off_in_list(call: &Call<'_>) -> bool {
    const VARIABLES: &str = "env|envs|envvar|environment|variable|variables|issue|field|fields|row|rows|cell|cells";
    const BROKEN: &str = "10|11|tls10|tls11|tlsv1|tlsv10|tlsv11|ssl30|sslv3|tls1";
    let is_lowered = |name: &str, value: &str| {
        if name.contains(' ') {
            return false;
        }
        let name = letters(name);
        let value = letters(value);
        (is(&name, NAMES) || holds(&name, PROTECTS)) && (is(&value, OFF) || name == "ssl" && value == "flexible")
            || lets_in(&name) && is(&value, "true|1|on|yes|enabled")
            || holds(&name, "mintls|minimumtls|tlsversion|minimumprotocol|sslprotocol|tlsmin") && is(&value, BROKEN)
    };
    let raw = call.given.raw;
    holds(raw, "alue\"|tls|Tls|TLS") && !call.has(VARIABLES) && any_pair(&settings(raw), is_lowered)
}

/// Whether somebody who signs in, or signs what they pay, proves less than before: the list of what they prove it by is empty, one of it is
/// off, or one proof is enough.
fn takes_proofs(call: &Call<'_>) -> bool {
    const IDENTITY: &str = "okta|auth0|entra|azuread|aad|msgraph|keycloak|cognito|jumpcloud|onelogin|ping|pingone|pingfederate|duo|googleworkspace|gsuite|\
        googleadmin|authentik|zitadel|fusionauth|clerk|descope|stytch|frontegg|workos|supertokens|ory|kratos|authelia|rsa|cyberark|sailpoint|teleport|vault|\
        iam|idp|sso|identity|auth|directory|login|access|gluu|forgerock|janrain|akamai|propelauth|kinde|logto|casdoor|firebase|supabase|workspace|admin";
    const PROOFS: &str = "policy|policies|factor|factors|rule|rules|step|steps|requirement|requirements|authenticators|authenticator|mfa|guardian|\
        signon|signin|login|authentication|lockout|signing|enrollment|actions|flow|flows|realm|pool|tenant|settings|mfaconfig|executions|password|2sv|\
        session|sessions|stepup|bypass";
    const LISTS: &str = "policies|factors|steps|rules|requirements|authenticators|requiredactions|executions|methods|mfamethods|requiredfactors|\
        amr|acrvalues|authenticationmethods|enrolledfactors|challenges|conditions|grantcontrols|builtincontrols|controls|passwordpolicy|secondfactors|\
        allowedfactors|mfafactors|lockoutpolicy|signonpolicies";
    const NAMED: &str = "alias|name|factor|factortype|factorname|type|method|provider|requiredaction|action|policyname|displayname|id|key";
    const OF_PROOF: &str = "webauthn|totp|otp|fido|passkey|mfa|2fa|duo|push|factor|authenticator|configuretotp|stepup|biometric|recoverycode";
    const HOW: &str = "factormode|userauthbehavior|authbehavior|authenticationbehavior|assurance|assurancelevel|authmode|verificationmethod|loginmode|factors|\
        factorcount|requiredfactors|minfactors|authlevel|access|mfaconfiguration";
    const WEAK: &str = "1fa|bypass|allowwithoutmfa|allowwithout2fa|singlefactor|passwordonly|single|onefactor|nomfa|allowaccess|password|skipmfa|noauth";
    let given = call.given;
    if !call.at(IDENTITY) || !call.has(PROOFS) {
        return false;
    }
    let of_proof = || {
        given.values(NAMED).any(|name| holds(&letters(name), OF_PROOF))
            || given.pairs().any(|(name, _)| {
                holds(name, "stepup|mfa|2fa|otp|webauthn|passkey|authenticator|biometric|secondfactor")
            })
    };
    let guards = call.has(FACTORS) || call.has("signing|lockout|signon|enrollment|bruteforce");
    let excepted = || guards && given.is_on("exclusion|excluded|exempt|exempted|bypass|skip|ignored");
    let never = || guards && given.values("policy|mode|setting|value|enforcement|requirement|level|type").any(is_off);
    let off = || given.is_off("enabled|isenabled|active|required|enforced") || given.values("state|status").any(is_off);
    given.is_empty(LISTS)
        || given.values("passwordpolicy|passwordrules").any(str::is_empty)
        || call.has("password") && given.values("policy|rules|value").any(str::is_empty)
        || given.values("status|userstatus|state").any(|state| state.eq_ignore_ascii_case("bypass"))
        || given.values(HOW).any(|how| is(&letters(how), WEAK))
        || never()
        || excepted()
        || (guards || of_proof()) && off()
}

/// Whether a call only switches on what guards, and excepts nobody.
pub(super) fn are_raised(call: &Call<'_>) -> bool {
    const ON: &str = "enabled|on|true|active|required|enforced|strict|block|always";
    let states = || call.given.values("state|status|enabled|isenabled|enforcement|mode|active|required");
    states().next().is_some()
        && states().all(|state| is(&letters(state), ON))
        && !call.given.pairs().any(|(name, _)| holds(name, "exclud|except|exempt|bypass|allow|skip"))
        && !call.has("delete|remove|disable|create|attach")
}

fn is_off(value: &str) -> bool {
    is(&letters(value), OFF)
}

/// Whether a request at a service switches off what guards there: `way` is its path, `said` the pairs that it sends, as a form or as JSON, in
/// lower case and without blanks.
pub(in crate::policy) fn are_lowered_by(way: &str, said: &str) -> bool {
    const SWITCHED: &str = "disabled|disable|off|essentiallyoff|notconfigured|inactive|false|0|null";
    const VERBS: &str = "disable|deactivate|off";
    let guards = |name: &str| is(name, NAMES) || holds(&letters(name), PROTECTS);
    let parts = || way.split('/').take(super::MAX_PLACES);
    let of_guard = parts().any(guards);
    if of_guard && parts().any(|part| is(part, VERBS)) {
        return true;
    }
    // What a value is of stands before it: its own name, or that of the object that it is in.
    let mut object = String::new();
    said.split(['&', ',', '{', '}', ';', '\n']).take(super::MAX_PLACES * 4).any(|pair| {
        let Some(at) = pair.rfind(['=', ':']) else { return false };
        let (name, value) = (letters(&pair[..at]), letters(&pair[at + 1..]));
        if pair[at + 1..].is_empty() {
            object = name;
            return false;
        }
        let is_state = is(&name, STATES);
        let switched = is(&value, SWITCHED);
        switched && (guards(&name) || is_state && (of_guard || guards(&object)))
            || holds(&name, EXPOSES) && is(&value, "true|1|on|yes|enabled")
    })
}

/// Whether a request lets through what waits for a person's word: a deployment, a job, a release.
pub(in crate::policy) fn are_passed_by(way: &str, said: &str) -> bool {
    const GATES: &str = "pending_deployments|deployment_protection_rule";
    const RUNS: &str = "deployments|deployment|pipelines|pipeline|workflow|workflows|runs|run|release|releases|jobs|stages|rollouts|\
        environments|gates|builds|changesets";
    const PASSES: &str = "approve|approval|approvals|approved|unblock";
    const REFUSES: &str = "reject|declin|denied|deny|cancel";
    let has = |list: &str| way.split(['/', '?']).take(super::MAX_PLACES).any(|part| is(part, list));
    (has(GATES) || has(PASSES) && has(RUNS)) && !holds(said, REFUSES)
}

fn method_changes(given: &Arguments<'_>) -> bool {
    given
        .values("method|httpmethod|verb|action|operation")
        .any(|method| is(&method.to_ascii_lowercase(), "patch|put|post|update|set|disable|configure"))
}

/// Whether what stands at a path that guards is switched off.
fn of_guard_by_path(call: &Call<'_>) -> bool {
    let guards =
        call.given.values(PATHS).any(|path| path.len() <= 1024 && words_of_path(path).any(|word| is(&word, GUARDING)))
            || call.has("policy|policies|ruleset|firewall|waf|protection|guard|defender|shield")
            || holds(&letters(call.called[1]), PROTECTS);
    guards && (call.given.values("state|status|enabled|isenabled|enforcement|mode|active").any(is_off))
}

fn words_of_path(path: &str) -> impl Iterator<Item = String> {
    path.split(['/', '?', '.']).take(32).map(|part| part.to_ascii_lowercase().replace(['-', '_'], ""))
}

/// Whether somebody who did not want to be written to is written to again, or many are said to have agreed.
fn takes_no_for_yes(call: &Call<'_>) -> bool {
    let taken_back = call.given.said_like(REFUSED).any(|value| matches!(value, "false" | "False" | "0" | "no"));
    let agreed = || {
        call.given
            .said_like(AGREED)
            .filter(|value| matches!(*value, "true" | "True" | "1" | "yes" | "SUBSCRIBED" | "subscribed" | "granted"))
            .count()
            > 1
    };
    let many = || {
        call.has("bulk|batch|all|mass|many")
            && call
                .given
                .said_like(AGREED)
                .any(|value| matches!(value, "true" | "subscribed" | "SUBSCRIBED" | "granted"))
    };
    let list = || {
        call.has(
            "suppression|suppressions|unsubscribe|unsubscribes|unsubscribed|optout|optouts|blocklist|donotcontact|dnc",
        ) && call.has("delete|remove|clear|purge|resubscribe|reset")
    };
    taken_back || agreed() || many() || list()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guards_less_than_before_is_seen() {
        for (server, name, given, seen) in [
            ("auth0", "update_attack_protection", r#"{"brute_force":{"enabled":false}}"#, true),
            ("auth0", "update_client", r#"{"name":"x","oidc_conformant":false}"#, false),
            ("clerk", "update_instance", r#"{"mfa_required":"off"}"#, true),
            ("clerk", "update_instance", r#"{"environment":"development","mfa_required":"off"}"#, false),
            (
                "graph",
                "graph_patch",
                r#"{"path":"/identity/conditionalAccess/policies/1","body":{"state":"disabled"}}"#,
                true,
            ),
            ("graph", "graph_get", r#"{"path":"/identity/conditionalAccess/policies/1"}"#, false),
            ("okta", "reset_factors", r#"{"user_id":"u"}"#, true),
            ("hubspot", "update_contact", r#"{"hs_email_optout":"false"}"#, true),
            ("hubspot", "update_contact", r#"{"hs_email_optout":"true"}"#, false),
            ("rds", "modify_db_instance", r#"{"DeletionProtection":false}"#, true),
        ] {
            let lowered = are_lowered(&Call::of(server, name, &Arguments::read(given)));
            assert_eq!(lowered, seen, "{server} {name} {given}");
        }
    }

    #[test]
    fn a_request_is_told_by_its_path_and_pairs() {
        for (way, said, lowers, passes) in [
            ("zones/7/settings/waf", "{\"value\":\"off\"}", true, false),
            ("zones/7/settings/waf", "{\"value\":\"on\"}", false, false),
            ("zones/7/settings/minify", "{\"value\":\"off\"}", false, false),
            ("repos/a/b", "security_and_analysis[secret_scanning][status]=disabled", true, false),
            ("repos/a/b", "{\"secret_scanning\":{\"status\":\"disabled\"}}", true, false),
            ("repos/a/b", "has_wiki=false", false, false),
            ("repos/a/b/actions/runs/7/pending_deployments", "state=approved", false, true),
            ("repos/a/b/actions/runs/7/pending_deployments", "state=rejected", false, false),
            ("api/v2/workflow/7/approve/8", "", false, true),
            ("repos/a/b/pulls/7/reviews", "event=approve", false, false),
        ] {
            assert_eq!((are_lowered_by(way, said), are_passed_by(way, said)), (lowers, passes), "{way} {said}");
        }
    }
}

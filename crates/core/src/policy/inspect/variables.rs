//! Variables of a service's environment by which it protects less: `AUTH_DISABLED=true`, `NODE_TLS_REJECT_UNAUTHORIZED=0`. Their names are
//! read as those of switches and of what guards are, wherever they stand: in what a tool is given, or in a file of what is live.

use super::arguments::words;
use super::call::{Call, PRODUCTION, TRIED, speaks};
use super::settings::{Setting, settings};
use super::source::Written;
use super::{flags, guards};
use crate::policy::lists::{holds, is, letters, parts};

/// What a tool is called that sets variables, and how it says so.
const VARIABLES: &str = "env|envs|environment|environments|variable|variables|var|vars|config|secret|secrets|setting|settings|configuration|parameter|\
    parameters|appsettings";
const SETS: &str = "set|update|create|add|upsert|put|manage|edit|change|patch|write|save|replace|bulk|batch|modify|configure|import|apply|new|push";
const LOOKS: &str = "pull|diff|count|compare";

/// How a variable is named where its name and its value stand apart, and how its value is.
const NAMED: &str = "key|name|variable|variablename|variablekey|varname|envvarkey|envkey|envname|envvar|envvarname|settingname|settingkey|parametername|\
    configkey";
const IDENTIFIED: &str = "id|setting|settingid|option|optionname|parameter|property|attribute|feature|control";
const VALUED: &str = "value|newvalue|newenvvarvalue|envvarvalue|envvalue|variablevalue|val|settingvalue|parametervalue|configvalue|plaintextvalue|\
    secretvalue";

/// Where it holds.
const WHERE: &str = "environment|environmentid|environmentname|environmentscope|env|target|targets|context|newvarcontext|stage|app|appname|functionname|\
    service|servicename|resourcegroup|scope|branch|gitbranch|project|projectname|site|zone|domain|name";

/// Of these what tells for which jobs.
const SCOPES: &str =
    "environment|environmentname|environmentscope|env|target|targets|context|stage|scope|branch|gitbranch";

/// Variables of well-known programs that check a certificate while they are on, and those that leave it unchecked.
const CHECK_WHILE_ON: &str = "nodetlsrejectunauthorized|pythonhttpsverify|npmconfigstrictssl|yarnenablestrictssl|curlsslverify|requestsverify|\
    nodegypstrictssl|pgsslverify|verifyssl|sslverify|tlsverify|verifytls|verifycerts|sslverification";
const UNCHECKED_WHILE_ON: &str = "gitsslnoverify|httpssslnoverify|goinsecure|insecureskipverify|tlsinsecureskipverify|tlsskipverify|sslnoverify|\
    vaultskipverify|consulhttpsslverifyfalse|dockertlsnoverify|insecuretls|allowinsecuretls|disabletls|disablessl|disabletlsverification|\
    insecuressl|tlsinsecure|allowinvalidcertificates|acceptinvalidcerts";

/// What lets strangers in where it is gone, and words beside it by which a variable is still about nothing else.
const KEEPS_OUT: &str = "auth|authentication|authorization|authn|authz|login|csrf|xsrf|permissions|permission|acl|rbac|tls|ssl|https|signature|signatures|\
    firewall|waf|captcha|mfa|2fa|totp|audit|encryption|cors|ratelimit|ratelimiting|csp|helmet|oauth|oidc|sso|password|passwords";
const BESIDE: &str = "api|app|the|all|http|web|admin|user|users|server|service|backend|frontend|next|public|vite|react|nuxt|django|flask|rails|spring|\
    laravel|express|global|is|check|checks|checking|verify|verification|validation|protection|middleware|dashboard|gateway|internal|rate|limit|\
    limiting|limits|policy|log|logging|security|basic|jwt|session|redis|kibana|grafana|n8n|airflow|gf|minio";
const OFF_WHILE_ON: &str =
    "disable|disabled|disables|skip|bypass|no|without|ignore|off|turnoff|unsafe|insecure|unprotected";
const ON: &str = "enable|enabled|enables|require|required|requires|enforce|enforced|use|on|active|strict|with";

/// Words of what a program tells those who look for its mistakes.
const DEBUG: &str = "debug|django_debug|flask_debug|app_debug|rails_debug|wp_debug|wp_debug_display|symfony_debug|laravel_debug|display_errors";

/// Whether a tool sets a variable so that a service protects less. Where no environment is named, it holds in all of them.
pub(super) fn are_unguarded(call: &Call<'_>) -> bool {
    let sets = call.has(VARIABLES) && call.has(SETS) && call.looks(LOOKS, &[SETS]) != Some(true);
    if !sets {
        return false;
    }
    let is_live = call.names(WHERE, PRODUCTION);
    (is_live || !call.names(WHERE, TRIED))
        && any_pair(&settings(call.given.raw), |name, value| is_less_guarded(name, value, is_live))
}

/// Whether one of the words of a command sets such a variable, with its value behind `=` or as the next word, where nothing says that it
/// is for trying.
pub(in crate::policy) fn are_told(words: &[String]) -> bool {
    let says = |list: &str| words.iter().filter(|word| !word.contains('=')).any(|word| speaks(word, list));
    let is_live = says(PRODUCTION);
    if !is_live && says(TRIED) {
        return false;
    }
    let is_less = |name: &str, value: &str| is_less_guarded(name, value, is_live);
    let pairs = || words.iter().take(super::MAX_PLACES).flat_map(|word| word.split([',', '{', '}', ' ']));
    pairs().any(|pair| pair.split_once('=').is_some_and(|(name, value)| is_less(name, value)))
        || words.windows(2).take(super::MAX_PLACES).any(|two| is_less(&two[0], &two[1]))
}

/// Whether a file of what is live gets such a variable.
pub(super) fn are_put_in(written: &Written<'_>) -> bool {
    const FORMS: &str = "env|yaml|yml|json|toml|tf|tfvars|properties|conf|production|prod";
    let is_live = || speaks(written.path, PRODUCTION) && !written.is_tried();
    let holds_settings = || is(super::source::form(written.path), FORMS) || written.name().starts_with(".env");
    let less = |text: &str| any_pair(&settings(text), |name, value| is_less_guarded(name, value, true));
    holds_settings() && is_live() && written.gains(less)
}

/// Whether one of the variables that settings tell of is so: each name with its value, be they given together or apart.
pub(super) fn any_pair(told: &[Setting<'_>], is_so: impl Fn(&str, &str) -> bool) -> bool {
    let (mut named, mut identified) = (None, None);
    told.iter().any(|setting| {
        let value = setting.value.as_ref();
        let name = letters(&setting.name);
        if is(&name, NAMED) {
            named = Some(value);
        } else if is(&name, IDENTIFIED) {
            identified = Some(value);
        }
        let is_value = is(&name, VALUED);
        let apart = named.filter(|_| is_value);
        let together = || value.split_once('=').is_some_and(|(name, value)| is_so(name, value));
        is_so(apart.unwrap_or(&setting.name), value)
            || is_value && identified.is_some_and(|name| is_so(name, value))
            || together()
    })
}

/// Whether a variable that keeps something secret is shown from now on to whoever reads a job's record, or given to every branch's jobs.
pub(super) fn are_unmasked(call: &Call<'_>) -> bool {
    const SECRET: &str = "token|secret|secrets|password|passwd|pwd|key|credential|credentials|private|kubeconfig|dsn|pat|apikey|pem|passphrase|cookie|jwt|auth";
    const SLIGHT: &str = "cache|public|pub|version|lint|name|url|path|id";
    const HIDES: &str = "masked|ismasked|sensitive|issensitive|secured|issecured|issecret|secret|hidden|ishidden|encrypted|isencrypted|maskedandhidden";
    const PLAIN: &str = "plain|plaintext|plain_text|unencrypted";
    let given = call.given;
    let shown = || given.is_off(HIDES) || given.values("type|variabletype|kind").any(|kind| is(kind, PLAIN));
    let for_all =
        || given.is_off("protected|isprotected") && (!call.has("create|add|new") || call.names(NAMED, PRODUCTION));
    let keeps = |name: &str| speaks(name, SECRET) && !speaks(name, SLIGHT) && !speaks(name, TRIED);
    call.has("variable|variables|env|envvar|envs|var|secret|secrets|parameter")
        && call.has(SETS)
        && call.looks(LOOKS, &[SETS]) != Some(true)
        && given.values(NAMED).any(keeps)
        && (shown() || for_all())
        && (call.names(WHERE, PRODUCTION) || !call.names(SCOPES, TRIED))
}

/// Whether a service protects less by a variable of this name and value.
pub(in crate::policy) fn is_less_guarded(name: &str, value: &str, is_live: bool) -> bool {
    /// What is longer is no name of a variable, in bytes.
    const LONGEST: usize = 64;
    if name.len() <= LONGEST && shows_secret(name, value) {
        return true;
    }
    let unencrypted = || letters(name).ends_with("sslmode") && is(value, "disable|allow|DISABLED");
    let Some(on) = truth(value) else { return name.len() <= LONGEST && unencrypted() };
    if name.len() > LONGEST {
        return false;
    }
    let flat = letters(name);
    let words = words_of(name);
    let shows = || words.iter().any(|word| is(word, flags::SHOWS));
    if is(&flat, if on { UNCHECKED_WHILE_ON } else { CHECK_WHILE_ON }) || on && guards::lets_in(&flat) && !shows() {
        return true;
    }
    on && is_live && is(&words.join("_"), DEBUG)
        || keeps_out_while_on(&words).or_else(|| flags::checks_while_on(&words)) == Some(!on)
}

/// Whether a variable that is built into what a browser is given keeps a secret by its name, or holds one.
fn shows_secret(name: &str, value: &str) -> bool {
    const BUILT_IN: &str =
        "NEXT_PUBLIC_|VITE_|REACT_APP_|NUXT_PUBLIC_|EXPO_PUBLIC_|GATSBY_|VUE_APP_|PUBLIC_|STORYBOOK_";
    const SECRET: &str = "secret|password|private|service_role|servicerole|admin_key|adminkey|signing_key|database_url";
    const LIVE: &str = "sk_live_|rk_live_|sk-ant-|sk-proj-|ghp_|github_pat_|AKIA|-----BEGIN|whsec_|xoxb-|SG.";
    let built_in = parts(BUILT_IN).any(|start| name.starts_with(start));
    built_in
        && !value.is_empty()
        && (holds(&name.to_ascii_lowercase(), SECRET) || parts(LIVE).any(|start| value.starts_with(start)))
}

/// The words of a variable's name. In capitals a digit begins none: `BYPASS_3DS`.
fn words_of(name: &str) -> Vec<String> {
    if name.bytes().any(|byte| byte.is_ascii_lowercase()) { words(name) } else { words(&name.to_ascii_lowercase()) }
}

/// Whether a value says that something is on; nothing where it says neither.
fn truth(value: &str) -> Option<bool> {
    let value = value.trim_matches(['"', '\'', ' ']);
    let says = |list: &str| parts(list).any(|word| value.eq_ignore_ascii_case(word));
    match () {
        () if says("true|1|yes|on|enabled") => Some(true),
        () if says("false|0|no|off|disabled|none") => Some(false),
        () => None,
    }
}

/// Whether a variable that is about nothing but what keeps strangers out does so while it is on: `AUTH_ENABLED`, `DISABLE_AUTH`.
fn keeps_out_while_on(words: &[String]) -> Option<bool> {
    let has = |list: &str| words.iter().any(|word| is(word, list));
    let is_other = |word: &&String| [KEEPS_OUT, BESIDE, OFF_WHILE_ON, ON].iter().all(|list| !is(word, list));
    let alone = has(KEEPS_OUT) && !words.iter().any(|word| is_other(&word));
    match () {
        () if !alone => None,
        () if has(OFF_WHILE_ON) => Some(false),
        () => has(ON).then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn a_variable_that_protects_less_is_known_by_its_name_and_value() {
        for (name, value, less) in [
            ("AUTH_DISABLED", "true", true),
            ("AUTH_DISABLED", "false", false),
            ("AUTH_ENABLED", "false", true),
            ("REQUIRE_AUTH", "0", true),
            ("AUTH_PROVIDER", "none", false),
            ("DISABLE_AUTH_ANIMATION", "true", false),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "0", true),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "1", false),
            ("SKIP_SIGNATURE_VERIFICATION", "1", true),
            ("DISABLE_RATE_LIMIT", "yes", true),
            ("DEBUG", "true", true),
            ("DEBUG", "app:*", false),
            ("NEXT_TELEMETRY_DISABLED", "1", false),
            ("HUSKY", "0", false),
            ("NEXT_PUBLIC_STRIPE_SECRET_KEY", "x", true),
            ("VITE_STRIPE_KEY", "sk_live_51H", true),
            ("VITE_STRIPE_KEY", "pk_live_51H", false),
            ("STRIPE_SECRET_KEY", "sk_live_51H", false),
        ] {
            assert_eq!(is_less_guarded(name, value, true), less, "{name}={value}");
        }
    }

    #[test]
    fn names_and_values_may_stand_together_or_apart() {
        for (given, seen) in [
            (r#"{"key":"AUTH_DISABLED","value":"true","target":["production"]}"#, true),
            (r#"{"key":"AUTH_DISABLED","value":"true","target":["preview"]}"#, false),
            (r#"{"value":"0","name":"x","vars":{"NODE_TLS_REJECT_UNAUTHORIZED":"0"}}"#, true),
            (r#"{"envVars":[{"key":"LOG","value":"info"},{"key":"SKIP_AUTH","value":"1"}]}"#, true),
            (r#"{"pairs":["PORT=80","SKIP_AUTH=1"]}"#, true),
        ] {
            let given = Arguments::read(given);
            assert_eq!(are_unguarded(&Call::of("x", "set_env_vars", &given)), seen, "{}", given.raw);
        }
    }
}

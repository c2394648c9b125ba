//! Numbers and switches by which a program keeps to what is safe, and an edit that lets it go further: the largest dose, the least number
//! of approvals, the speed at which a machine stops, debugging in front of everybody.

use std::collections::HashSet;

use super::call::{PRODUCTION, TRIED, speaks};
use super::settings::{self, Setting};
use super::source::{Written, code_lines, folded, is_comment, is_prose};
use crate::policy::lists::{holds, is, letters, parts};

/// Parts of the names of switches that keep safe while they are on, in small letters and without what stands between words.
const KEEPS: &str = "mfarequired|requiremfa|mfaenabled|enablemfa|mfaenforced|enforcemfa|require2fa|2farequired|twofactor|collisiondetection|\
    collisionavoid|safetystop|safetyinterlock|interlock|emergencystop|estop|watchdog|overtemp|thermalprotection|overcurrent|geofence|failsafe|\
    safetycheck|safetyenabled|limitswitch|lightcurtain|\
    requireapproval|approvalrequired|requiresapproval|foureyes|dualcontrol|requiresignature|verifysignature|signaturerequired|checksignature|\
    validatesignature|verifycert|verifyssl|verifytls|sslverify|tlsverify|csrfenabled|enablecsrf|csrfprotect|ratelimitenabled|enableratelimit|\
    auditenabled|enableaudit|auditlog|\
    encryptatrest|encryptionenabled|enableencryption|requireauth|authrequired|authenabled|enableauth|authenticationenabled|requirelogin|\
    loginrequired|lockoutenabled|captchaenabled|enablecaptcha|kyc|amlcheck|sanctionscheck|fraudcheck|fraudenabled|ageverif|consentrequired|\
    requireconsent|requiretls|requirehttps|sslrequired|\
    sslenabled|tlsenabled|enabletls|enablessl|usetls|usessl|postgresssl|dbssl|mysqltls|redistls|\
    securebrowser|secureboot|verifyboot|dosecheck|dosagecheck|allergycheck|parentalcontrol|maskpii|redactpii|scrubpii|anonymize|contentsafety|\
    safemode|verifyemail|emailverification|enforcehttps|securesslredirect|forcessl|verifywebhook|webhookverif|ipallowlist|sandboxenabled|\
    rowlevelsecurity|verifychecksum|allowlistonly|protectfromforgery|killswitch|circuitbreaker|stoploss|deadman|papertrading|\
    maskalltext|maskallinputs|blockallmedia|maskallimages|redactsensitive|maskingenabled|scrubdata|stripip";

/// Of switches that let go while they are on.
const LETS_GO: &str = "skipverif|skipauth|disableauth|allowinsecure|bypass|disablesafety|disableinterlock|allowunsigned|skipsignature|disablecsrf|\
    trustallcert|allowanonymous|disableratelimit|disablewatchdog|overridesafety|ignorelimits|skipapproval|autoapprovepay|autoapproverefund|\
    autoapprovepayout|skipkyc|disablemfa|allowplaintext|disableencryption|permitall|failopen|disabletls|disableaudit|allowselfsigned|livetrading|realmoney|\
    senddefaultpii|sendpii|includepii|showpii|logsensitive|sensitivedatalogging|logrequestbod|logfullbod";

/// Of numbers that protect by being small, and by being large; each beside what is a danger.
const MOST: &str = "max|limit|threshold|cap|ceiling|upper|setpoint|cutoff|trip|timeout|ttl|expiry|expires|lifetime|window|attempts|retries";
const OF: &str = "dose|bolus|infusion|mlperhour|dosage|temp|pressure|voltage|current|torque|force|rpm|loginattempt|failedattempt|pinattempt|\
    otpattempt|passwordattempt|authattempt|approval|refund|payout|transfer|withdraw|payment|discount|credit|spend|daily|transaction|autoapprove|motor|\
    actuator|joint|altitude|tokenttl|tokenexpir|resetttl|resettokenttl|resetexpir|inviteexpir|invitettl|linkttl|linkexpir|otpttl|otpexpir|codettl|codeexpir|cookiettl|refreshttl|keyttl|accessttl|sessiontimeout|sessionttl|jwtexpir|tokenlifetime|leverage|positionsize|exposure|slippage|drawdown|loss|\
    chlorine|phmax|maxph|phlimit|phupper|phhigh|phsetpoint|phthreshold|insulin|oxygen|velocity|acceleration|radiation|laserpower|heater|charge|\
    ordereur|orderusd|ordergbp|orderchf|orderbtc|ordervalue|ordersize|orderamount|ordernotional|orderqty|orderquantity|maxbet|wager|tradesize|\
    tradevalue|lotsize|cashout|maxstake|maxload|openorders|loadkg";
const LEAST: &str = "minpassword|passwordminlength|passwordlength|minlengthpassword|requiredapproval|minapproval|approvalsrequired|approvercount|\
    minapprovers|requiredreview|bcryptrounds|saltrounds|hashrounds|bcryptcost|pbkdf2iterations|iterations|keysize|keylength|quorum|minsigners|\
    requiredsignatures|multisigthreshold|confirmations|minage|minimumage|backupretention|logretention|auditretention|retentiondays|safetydistance|\
    mindistance|minclearance|reservebalance|margincall|collateral|minhealthfactor|cooldown";

/// What is played or shown.
const PLAYED: &str = "/game|/games/|assets/|/ui/|/css/|/styles|sprite|player|animation|scroll|chart|zoom|volume|font|image|upload|carousel|toast|\
    debounce|page|cache";

/// How many times as much is another matter.
const FACTOR: f64 = 2.0;

/// Names of how long something is kept, and how many times less of it is as good as none.
const KEPT: &str = "retention|expirationindays|expireafterdays|noncurrentdays|objectlockdays|deleteafter|keepdays|retentionindays|keepbackups";
const FOR_NOTHING: f64 = 10.0;

/// Most names of one text that are compared, and the longest line that sets one.
const MAX_NAMES: usize = 512;
const LONGEST_LINE: usize = 240;

/// Whether an edit lets a program go further than it did, or debugs before everybody.
pub(super) fn lets_go_further(written: &Written<'_>) -> bool {
    let path = written.path;
    if is_prose(written.name()) || written.is_form("css|scss|svg|html|lock|csv|snap|po|map") || written.is_tried() {
        return false;
    }
    if is_of_production(path) && written.gains(debugs_before_all) {
        return true;
    }
    let Some(before) = written.before else { return false };
    let had = named(before);
    if written.held(REHEARSED) && goes_live(&written.text, before) || drops_guard(written, before) {
        return true;
    }
    if had.is_empty() {
        return false;
    }
    // In a file about how long things are kept, a number of days is that.
    const ABOUT: &str = "lifecycle|retention|expir|purge|archiv";
    let days = |named: &[(String, Value)]| named.iter().find(|(name, _)| name == "days").map(|(_, value)| *value);
    if holds(&path.to_ascii_lowercase(), ABOUT)
        && let (Some(Value::Number(was)), Some(Value::Number(now))) = (days(&had), days(&named(&written.text)))
        && now * FOR_NOTHING <= was
    {
        return true;
    }
    let played = holds(&path.to_ascii_lowercase(), PLAYED);
    named(&written.text).iter().any(|(name, now)| {
        let was = had.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
        was.is_some_and(|was| is_looser(name, was, *now, played))
    })
}

/// A part of whatever says that something is only done on paper.
const REHEARSED: &str = "paper|Paper|PAPER|simul|Simul|SIMUL|acktest|BACKTEST|ractice|dry|Dry|DRY|andbox|SANDBOX|estnet|TESTNET|demo|Demo|DEMO";

/// Whether what was done on paper is done with money.
fn goes_live(text: &str, before: &str) -> bool {
    const ON_PAPER: &str = "paper|papertrading|papertrade|simulated|backtest|practice";
    const LIVE: &str = "live|real|livetrading|production|prod|mainnet";
    let says = |text: &str, list: &str| {
        code_lines(text).filter(|line| line.len() <= LONGEST_LINE).any(|line| {
            let value =
                line.split_once(['=', ':']).map(|(_, value)| value.split(['#', ',']).next().unwrap_or_default());
            value.is_some_and(|value| is(&letters(value), list))
        })
    };
    const OF_MONEY: &str = "trad|stake|exchange|broker|leverage|payout|payroll|hedge|ticker|order_size|portfolio";
    let rehearses = |text: &str, on: bool| {
        let is_it = |(name, value): &(String, Value)| {
            is(name, "dryrun|simulate|simulation|paper|sandbox|testnet|usetestnet|demo") && *value == Value::Switch(on)
        };
        named(text).iter().any(is_it)
    };
    if holds(&before.to_ascii_lowercase(), OF_MONEY) && rehearses(before, true) && rehearses(text, false) {
        return true;
    }
    says(before, ON_PAPER) && !says(text, ON_PAPER) && !says(before, LIVE) && says(text, LIVE)
}

/// Parts of the names of what guards while a switch within it is on.
const GUARDS: &str = "networkpolic|podsecurity|oauth2proxy|oauthproxy|authproxy|forwardauth|externalauth|modsecurity|firewall|ratelimit|captcha|mfa|\
    twofactor|mtls|peerauth|encryption|auditlog|seccomp|apparmor|selinux|falco|gatekeeper|kyverno|imagepolic|imageverif|signature|csrf|backup|\
    pointintime|authentication|authorization|basicauth|intrusion|ddos|antivirus|clamav|accesslog|lockout|passwordpolic|sso|oidc|saml|fraud|\
    versioning|objectlock|softdelete|auditing|threatdetection|flowlog|cloudtrail|guardduty|interlock|watchdog|failsafe|rbac|safety|killswitch|\
    bruteforce|securitycontext|antiforgery|malware";

/// Whether a guard's own switch, which stands within it, is off where it was on: `networkPolicy:` with `enabled: false` below.
fn drops_guard(written: &Written<'_>, before: &str) -> bool {
    const SWITCHES: &str = "enabled|enable|enforce|enforced|enforcement|required|active|isenabled|status";
    const SHORT: &str = "waf|tls|ssl|auth|audit|vpn|dlp|ids|ips";
    let is_tried = || speaks(written.name(), TRIED);
    if !written.is_form("yml|yaml|json|json5|toml|conf|hcl|ini|cfg|tf|bicep") || is_tried() {
        return false;
    }
    let guards = |setting: &Setting<'_>| {
        let within = letters(&setting.within);
        is(&letters(&setting.name), SWITCHES) && (is(&within, SHORT) || holds(&within, GUARDS))
    };
    let is = |it: &Setting<'_>, words: &str| is(&it.value.to_ascii_lowercase(), words);
    let is_on = |it: &Setting<'_>| it.is_on() || is(it, "enabled|enforced");
    let is_off = |it: &Setting<'_>| it.is_off() || is(it, "disabled|suspended");
    let had: HashSet<String> =
        settings::settings(before).iter().filter(|it| is_on(it) && guards(it)).map(Setting::path).collect();
    !had.is_empty()
        && settings::settings(&written.text).iter().any(|it| is_off(it) && guards(it) && had.contains(&it.path()))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Switch(bool),
    Number(f64),
}

fn is_looser(name: &str, was: Value, now: Value, played: bool) -> bool {
    match (was, now) {
        (Value::Switch(true), Value::Switch(false)) => holds(name, KEEPS) && !holds(name, LETS_GO),
        (Value::Switch(false), Value::Switch(true)) => holds(name, LETS_GO),
        (Value::Number(was), Value::Number(now)) if !played => {
            let small = holds(name, MOST) && holds(name, OF);
            small && was > 0.0 && (now >= was * FACTOR || now == 0.0 && holds(name, "attempts|limit") || now < 0.0)
                || holds(name, LEAST) && was > 0.0 && now * FACTOR <= was
                // What was kept for years is gone in days.
                || holds(name, KEPT) && was > 0.0 && now * FOR_NOTHING <= was
        }
        _ => false,
    }
}

/// What a text sets by name: switches and numbers, the name in small letters and without what stands between words.
fn named(text: &str) -> Vec<(String, Value)> {
    let lines = text
        .lines()
        .filter(|line| line.len() <= LONGEST_LINE && (!is_comment(line) || line.trim_start().starts_with("#define")));
    // Several may stand on one line: `init({ dsn, sendDefaultPii: true })`.
    let within = |line| str::split(line, ['{', ',']).skip(1).filter_map(set);
    lines.flat_map(|line| set(line).into_iter().chain(within(line))).take(MAX_NAMES).collect()
}

fn set(line: &str) -> Option<(String, Value)> {
    let line = line.trim().trim_end_matches([',', ';']);
    let (name, value) = match line.strip_prefix("#define ") {
        Some(rest) => rest.trim().split_once([' ', '\t'])?,
        None => {
            let at = line.find(['=', ':'])?;
            // What a type stands between belongs to neither: `const MAX: u32 = 5`.
            let behind = &line[at + 1..];
            let value = if line[at..].starts_with(':') {
                behind.split_once('=').map_or(behind, |(_, value)| value)
            } else {
                behind
            };
            (&line[..at], value)
        }
    };
    let name = name.rsplit([' ', '.', '"', '\'', '(', '{', '$', '@']).find(|part| !part.is_empty())?;
    let name = letters(name);
    let value = value.trim_start_matches(['=', ' ', '>']).trim().trim_matches(['"', '\'']);
    let word = value.split([' ', ',', ';', '/', '#', '}']).next().unwrap_or_default();
    let value = match word.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "enabled" => Value::Switch(true),
        "false" | "no" | "off" | "disabled" => Value::Switch(false),
        _ => Value::Number(number(value)?),
    };
    (!name.is_empty()).then_some((name, value))
}

/// A number, with what keeps its digits apart and what tells its sort; a product of such.
fn number(value: &str) -> Option<f64> {
    let value = value.split("//").next().unwrap_or_default().split('#').next().unwrap_or_default();
    // What is the most that a machine can count stands for no end.
    const ENDLESS: &str =
        "MAX_SAFE_INTEGER|MAX_VALUE|Infinity|math.inf|float('inf')|::MAX|MaxInt|INT_MAX|PHP_INT_MAX|maxsize";
    if holds(value, ENDLESS) {
        return Some(f64::MAX);
    }
    let factor = |part: &str| -> Option<f64> {
        let digits: String = part.trim().chars().filter(|char| *char != '_').collect();
        let digits = digits
            .trim_start_matches("Decimal(")
            .trim_matches(['(', ')', '"', '\'', ' '])
            .trim_end_matches(|char: char| char.is_ascii_alphabetic() || char == '%');
        digits.parse().ok().filter(|number: &f64| number.is_finite())
    };
    value.trim().split('*').try_fold(1.0, |product, part| Some(product * factor(part)?))
}

/// Whether a file is one of production's by its path.
pub(super) fn is_of_production(path: &str) -> bool {
    path.to_ascii_lowercase().split(['/', '.', '_', '-']).any(|word| is(word, PRODUCTION))
}

/// Whether settings show everybody what only a programmer should see, or answer to every name.
fn debugs_before_all(text: &str) -> bool {
    const SAYS: &str = "debug=true|debug:true|app_debug=true|allowed_hosts=['*']|allowed_hosts=[\"*\"]|display_errors=on|\
        consider_all_requests_local=true|exposure.include=*|secure_ssl_redirect=false|config.force_ssl=false|h2.console.enabled=true|\
        include-stacktrace=always|app_env=local|debug=1|node_env=development|trustservercertificate=true|session_cookie_secure=false|\
        csrf_cookie_secure=false|debug'=>true|debug\"=>true|detailederrors\":true|detailederrors=true|web_console.allowed_ips='0.0.0.0/0'|\
        web_console.permissions='0.0.0.0/0'|show_exceptions=true|debug_toolbar=true|developermode=true|developer_mode=true|wp_debug_display',true";
    code_lines(text).filter(|line| line.len() <= LONGEST_LINE).any(|line| {
        let dense = folded(line);
        let begins = |says: &str| dense.trim_start_matches(|char: char| !char.is_alphanumeric()).starts_with(says);
        parts(SAYS).any(|says| begins(says) || says.contains('.') && dense.contains(says))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_further_than_it_did_is_seen() {
        for (name, before, text, further) in [
            ("pump/limits.h", "#define MAX_BOLUS_ML 5", "#define MAX_BOLUS_ML 50", true),
            ("robot/safety.yaml", "collision_detection: true", "collision_detection: false", true),
            (
                "bank/config.ts",
                "export const MAX_REFUND_CENTS = 100_00;",
                "export const MAX_REFUND_CENTS = 1_000_000_00;",
                true,
            ),
            (
                "bank/config.ts",
                "export const MAX_REFUND_CENTS = 100_00;",
                "export const MAX_REFUND_CENTS = 80_00;",
                false,
            ),
            ("bank/config.ts", "export const PAGE_SIZE = 20;", "export const PAGE_SIZE = 200;", false),
            ("bank/policy.rs", "const MIN_APPROVALS: u8 = 2;", "const MIN_APPROVALS: u8 = 0;", true),
            ("shop/auth.py", "MAX_LOGIN_ATTEMPTS = 5", "MAX_LOGIN_ATTEMPTS = 1000", true),
            ("shop/settings/production.py", "DEBUG = False", "DEBUG = True", true),
            ("shop/settings/dev.py", "DEBUG = False", "DEBUG = True", false),
            ("bot/limits.py", "KILL_SWITCH = True", "KILL_SWITCH = False", true),
            ("bot/limits.py", "MODE = 'paper'", "MODE = 'live'", true),
            ("bot/limits.py", "MODE = 'live'", "MODE = 'paper'", false),
            ("chart/values.yaml", "networkPolicy:\n  enabled: true", "networkPolicy:\n  enabled: false", true),
            ("chart/values.yaml", "metrics:\n  enabled: true", "metrics:\n  enabled: false", false),
            ("chart/values-qa.yaml", "networkPolicy:\n  enabled: true", "networkPolicy:\n  enabled: false", false),
        ] {
            assert_eq!(
                lets_go_further(&Written::of(text, Some(before), &format!("/home/you/work/{name}"))),
                further,
                "{text}"
            );
        }
    }
}

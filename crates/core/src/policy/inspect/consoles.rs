//! Settings by which a service or a framework shows what it keeps to whoever asks: its management, its console, its pages for programmers,
//! itself without a name or a password.

use super::settings::{self, Setting};
use super::source::{Written, code_lines, folded};
use crate::policy::lists::{holds, is, parts};

const FORMS: &str =
    "yml|yaml|properties|conf|ini|cfg|toml|json|hcl|env|xml|config|py|rb|php|j2|erb|tpl|tmpl|acl|cnf|cf|options|local";

/// The ends of the names of settings, with what they stand in, in letters alone, or behind `=` the whole; and what opens what they are for.
const OPEN: &[(&str, &str)] = &[
    // Spring's, and a database within it.
    ("webexposureinclude|exposureinclude|jmxexposureinclude", "*"),
    ("envshowvalues|configpropsshowvalues", "always"),
    ("=heapdumpenabled|=shutdownenabled|endpointheapdumpenabled|endpointshutdownenabled", "true"),
    ("h2consoleenabled|h2consolesettingsweballowothers|weballowothers", "true"),
    ("swaggeruialwaysinclude|graphqluialwaysinclude|devuialwaysinclude", "true"),
    ("authpermissionallpolicy|permissionallpolicy", "permit"),
    ("webprofilertoolbar", "true"),
    ("exposeconfig|exposestacktrace", "true"),
    ("authbackends|authbackend", "airflow.api.auth.backend.default"),
    // Windows' pages.
    ("allowremoteaccess|elmahallowremoteaccess", "true|yes|1"),
    // Panels and what they show.
    ("authanonymousenabled|gfauthanonymousenabled", "true"),
    ("apiinsecure", "true"),
    ("publicrolelike", "admin|alpha"),
    ("authanonymousorgrole|gfauthanonymousorgrole", "admin|editor"),
    ("allownopassword", "true"),
    // Stores and queues.
    ("alloweveryoneifnoaclfound", "true"),
    ("securityauthenabled|dbmssecurityauthenabled|httpauthenabled|securityauthorizationenabled", "false"),
    ("xpacksecurityenabled|opensearchsecurityenabled", "false"),
    ("pluginssecuritydisabled|disablesecurityplugin", "true"),
    ("requirevaliduser|requirevaliduserexceptforup", "false"),
    ("mosquittoallowanonymous", "true"),
    ("loopbackusers", "none|[]"),
    ("loopbackusersguest", "false"),
    ("authenticator", "allowallauthenticator|org.apache.cassandra.auth.allowallauthenticator"),
    ("authorizer", "allowallauthorizer|org.apache.cassandra.auth.allowallauthorizer"),
    ("acldefaultpolicy", "allow"),
    ("tlsdisable", "true|1"),
    ("anonymousenable|anonymousauth|authenticationanonymousenabled", "yes|true"),
    ("authorizationmode", "alwaysallow"),
    ("disableplaintextauth", "no"),
    ("skipgranttables", "true|1|on"),
    ("guestok|maptoguest", "yes|baduser"),
    ("noauth", "true|yes"),
    (
        "ufwdefaultincoming|ufwdefaultinputpolicy|defaultinputpolicy|firewalldefaultpolicy|iptablesdefaultpolicy|firewalldefaultaction",
        "allow|accept",
    ),
];

/// Settings that are opened by leaving nothing of them.
const EMPTY: &str = "serverapptoken|serverapppassword|notebookapptoken|notebookapppassword|identityprovidertoken|requirepass|\
    passwordidentityproviderhashedpassword";

/// Lines by which the same is said without a value, in small letters and with one blank between words.
const LINES: &str = "stats admin if true|allow_anonymous true|http_access allow all|allow-transfer { any; }|allow-recursion { any; }|\
    allow-update { any; }|rwcommunity public|\
    rwcommunity private|rocommunity public default|hosts allow = *|no-auth|<user default><password></password>|<customerrors mode=\"off\"|\
    user default on nopass ~* +@all|default-authentication-plugin=none|access to * by * write|allow all from any";

/// Whether settings show or open it, outside of what is only tried, and those before them did not.
pub(super) fn are_open(written: &Written<'_>) -> bool {
    const SIGNS: &str = "xposure|PUBLIC|xpose|lways-include|ermission|oolbar|uth_back|ufw|olicy|dmin|show-values|showValues|show_values|eapdump|\
        shutdown|h2|emote|nonymous|nsecure|ublic|NOPASS|NoPassword|veryone|ecurity|\
        valid_user|oopback|uthenticator|uthorizer|efault_policy|tls_disable|AlwaysAllow|plaintext_auth|grant|guest|auth|token|password|\
        requirepass|stats |\
        allow|community|hosts allow|nopass|ustomErrors|access to";
    written.is_form(FORMS)
        && written.holds(SIGNS)
        && !written.is_tried()
        && (written.gains(by_lines) || opened(written))
}

fn by_lines(text: &str) -> bool {
    const LONGEST: usize = 240;
    code_lines(text)
        .filter(|line| line.len() <= LONGEST && holds(line, "stats|ccess|allow|community|auth|ustom|nopass|ccess to"))
        .any(|line| {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
            parts(LINES).any(|open| match open {
                "no-auth" => line == open,
                _ => line.contains(open),
            })
        })
}

/// Whether a setting says what opens it, which none before it did; what a file says from its beginning may be as it is everywhere.
fn opened(written: &Written<'_>) -> bool {
    let opening = |text: &str| -> Vec<String> {
        let found = settings::settings(text);
        found.iter().filter(|setting| opens(setting)).take(super::MAX_PLACES).map(Setting::path).collect()
    };
    let now = opening(&written.text);
    if now.is_empty() {
        return false;
    }
    let had = written.before.map(opening).unwrap_or_default();
    now.iter().any(|path| !had.contains(path))
}

fn opens(setting: &Setting<'_>) -> bool {
    let path = setting.path();
    let value = folded(&setting.value);
    let value = value.trim_matches(['"', '\'', ';']);
    let ends = |names: &str| {
        parts(names).any(|name| name.strip_prefix('=').map_or_else(|| path.ends_with(name), |whole| path == whole))
    };
    OPEN.iter().any(|(names, values)| is(value, values) && !value.is_empty() && ends(names))
        || value.is_empty() && ends(EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_to_whoever_asks_is_seen() {
        for (name, text, open) in [
            (
                "application-prod.yml",
                "management:\n  endpoints:\n    web:\n      exposure:\n        include: \"*\"",
                true,
            ),
            (
                "application-prod.yml",
                "management:\n  endpoints:\n    web:\n      exposure:\n        include: health",
                false,
            ),
            ("application.properties", "management.endpoints.web.exposure.include=*", true),
            ("application-dev.properties", "management.endpoints.web.exposure.include=*", false),
            ("application.yml", "server:\n  graceful-shutdown:\n    enabled: true", false),
            ("application.yml", "endpoint:\n  shutdown:\n    enabled: true", true),
            ("grafana.ini", "[auth.anonymous]\nenabled = true", true),
            ("grafana.ini", "[auth.anonymous]\nenabled = false", false),
            ("traefik.yml", "api:\n  insecure: true", true),
            ("jupyter_server_config.py", "c.ServerApp.token = ''", true),
            ("jupyter_server_config.py", "c.ServerApp.token = os.environ['TOKEN']", false),
            ("haproxy.cfg", "  stats admin if TRUE", true),
            ("mosquitto.conf", "allow_anonymous true", true),
            ("squid.conf", "http_access allow all", true),
            ("squid.conf", "http_access allow localnet", false),
        ] {
            let path = format!("/home/you/work/shop/deploy/{name}");
            assert_eq!(are_open(&Written::of(text, None, &path)), open, "{text}");
        }
    }
}

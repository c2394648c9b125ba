//! Which files hold credentials, by their names and places.

use super::lists::{holds, is};
use super::places::glob;

/// How much a file's content is worth to a thief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secrecy {
    /// Nothing in particular.
    #[default]
    None,
    /// It may hold credentials: it is read all the time, but must not leave the machine.
    Sensitive,
    /// Settings with credentials in a project, such as `.env`: an agent is to be told what it needs of it.
    Environment,
    /// A credential: nobody needs to read it but the program it is for.
    Credential,
}

/// Files by the last parts of their paths; a part may be a glob.
const CREDENTIALS: &[&str] = &[
    ".aws/credentials",
    ".aws/sso/cache/*",
    ".aws/cli/cache/*",
    ".azure/accesstokens.json",
    ".azure/msal_token_cache.*",
    ".azure/azureprofile.json",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".claude/.credentials.json",
    ".codex/auth.json",
    ".cache/huggingface/token",
    ".cache/huggingface/stored_tokens",
    ".huggingface/token",
    ".kaggle/kaggle.json",
    ".databrickscfg",
    ".snowsql/config",
    ".snowflake/connections.toml",
    ".config/sops/age/keys.txt",
    ".config/solana/id.json",
    ".config/hcloud/cli.toml",
    ".config/configstore/firebase-tools.json",
    ".config/ngrok/ngrok.yml",
    ".config/filezilla/sitemanager.xml",
    ".sentryclirc",
    ".fly/config.yml",
    ".oci/oci_api_key.pem",
    ".composer/auth.json",
    ".config/composer/auth.json",
    ".config/containers/auth.json",
    ".config/doctl/config.yaml",
    ".config/gcloud/access_tokens.db",
    ".config/gcloud/application_default_credentials.json",
    ".config/gcloud/credentials.db",
    ".config/gcloud/legacy_credentials/*",
    ".config/gh/hosts.yml",
    ".config/glab-cli/config.yml",
    ".config/hub",
    ".config/heroku/credentials",
    ".config/pypoetry/auth.toml",
    ".config/op/config",
    ".config/rclone/rclone.conf",
    ".config/stripe/config.toml",
    ".docker/config.json",
    ".gem/credentials",
    ".git-credentials",
    ".config/git/credentials",
    ".gnupg/private-keys-v1.d/*",
    ".gnupg/secring.gpg",
    ".kube/config",
    ".local/share/keyrings/*",
    ".my.cnf",
    ".mylogin.cnf",
    ".netrc",
    "_netrc",
    ".password-store/*",
    ".terraform.d/credentials.tfrc.json",
    ".vault-token",
    ".config/hookrail/token",
    ".gemini/oauth_creds.json",
    "library/keychains/*",
    "etc/kubernetes/admin.conf",
    "etc/shadow",
    "etc/gshadow",
    "etc/shadow-",
    "etc/master.passwd",
    "etc/sudoers",
    "etc/krb5.keytab",
    "etc/ssl/private/*",
    "var/run/secrets/*",
    "run/secrets/*",
    "run/secrets/kubernetes.io/serviceaccount/token",
    "proc/*/environ",
    // What browsers and their kin keep of passwords and sessions.
    "google-chrome/*/login data",
    "google-chrome/*/cookies",
    "chrome/*/login data",
    "chrome/*/cookies",
    "chrome/user data/*/login data",
    "chromium/*/login data",
    "chromium/*/cookies",
    "brave-browser/*/login data",
    "brave-browser/*/cookies",
    "microsoft-edge/*/login data",
    "microsoft edge/*/login data",
    "vivaldi/*/login data",
    "firefox/*/logins.json",
    "firefox/*/key4.db",
    "firefox/*/cookies.sqlite",
    "profiles/*/logins.json",
    "profiles/*/key4.db",
    ".mozilla/*/logins.json",
    ".mozilla/*/key4.db",
    ".mozilla/*/cookies.sqlite",
    ".config/*/login data",
    ".config/*/cookies",
    ".config/*/*/login data",
    ".config/*/*/cookies",
    ".config/*/*/*/login data",
    ".config/*/*/*/cookies",
    // What messengers keep of talks and of who is signed in.
    "local storage/leveldb/*",
    "telegramdesktop/tdata/*",
    "telegram desktop/tdata/*",
    ".config/signal/sql/*",
    ".config/signal/config.json",
    "application support/signal/sql/*",
    ".config/slack/storage/*",
    "messages/chat.db",
    "element/indexeddb/*",
    ".thunderbird/*/*/*/inbox",
    "whatsapp/databases/*",
    "application support/*/login data",
    "application support/*/cookies",
    ".thunderbird/*/logins.json",
    ".thunderbird/*/key4.db",
    ".local/share/kwalletd/*",
    ".gnome2/keyrings/*",
    "bitwarden cli/data.json",
    ".config/slack/cookies",
    ".config/discord/cookies",
    ".electrum/wallets/*",
    // What tools of services keep to sign in.
    ".fly/config.yml",
    ".config/netlify/config.json",
    ".local/share/com.vercel.cli/auth.json",
    ".vercel/auth.json",
    ".railway/config.json",
    ".supabase/access-token",
    ".cloudflared/cert.pem",
    ".config/ngrok/ngrok.yml",
    ".ngrok2/ngrok.yml",
    ".config/.wrangler/config/default.toml",
    ".wrangler/config/default.toml",
    ".config/sops/age/keys.txt",
    // Wallets.
    "wallet.dat",
    "wallet.keys",
    ".ethereum/keystore/*",
    ".bitcoin/wallets/*",
    ".config/solana/*.json",
    ".config/exodus/exodus.wallet/*",
    ".foundry/keystores/*",
    ".brownie/accounts/*",
    ".near-credentials/*/*",
    ".sui/sui_config/sui.keystore",
    ".aptos/config.yaml",
    ".electron-cash/wallets/*",
    ".sparrow/wallets/*",
    ".walletwasabi/client/wallets/*",
    "monero/wallets/*",
    "keyring-file/*",
    "local extension settings/nkbihfbeogaeaoehlefnkodbefgpgknn/*",
];

/// Files of a home: what is a setting elsewhere.
const HOME_CREDENTIALS: &[&str] =
    &[".npmrc", ".yarnrc.yml", ".pypirc", ".pgpass", ".boto", ".s3cfg", ".env", ".renviron"];

/// Files of a project with credentials in them.
const ENVIRONMENT: &[&str] = &[
    ".env",
    ".pypirc",
    ".pgpass",
    ".boto",
    ".s3cfg",
    ".renviron",
    ".htpasswd",
    "key.properties",
    "*keystore*.properties",
    "*signing*.properties",
];

/// What tells a template of an environment file from one.
const TEMPLATES: &[&str] =
    &["example", "sample", "template", "dist", "tmpl", "tpl", "defaults", "schema", "test.example"];

/// Files that may hold credentials.
const SENSITIVE: &[&str] = &[
    "*.key",
    "*.pem",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.p8",
    "*.mobileprovision",
    "*.kdbx",
    "*.ppk",
    "*.asc.key",
    "*.tfstate",
    "*.tfvars",
    ".npmrc",
    ".yarnrc.yml",
    ".envrc",
    "credentials",
    "credentials.json",
    "secrets.yml",
    "secrets.yaml",
    "secrets.json",
    "service-account*.json",
    "serviceaccount*.json",
    "client_secret*.json",
    "master.key",
    "*.ovpn",
    ".bash_history",
    ".zsh_history",
    ".psql_history",
    ".mysql_history",
    ".aws/config",
    ".ssh/config",
];

/// How secret the file at an absolute path is, by its name. Globs in the path count as what they may match.
pub fn secrecy(path: &str, home: Option<&str>) -> Secrecy {
    let path = path.to_ascii_lowercase();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let Some(name) = parts.last() else { return Secrecy::None };
    let in_store = || parts.contains(&".password-store") && (name.ends_with(".gpg") || name.ends_with(".age"));
    if CREDENTIALS.iter().any(|pattern| ends_with(&parts, pattern))
        || is_key(&parts)
        || in_store()
        || is_last_way_in(&parts)
    {
        return Secrecy::Credential;
    }
    let in_home = home.is_some_and(|home| path.strip_prefix(&home.to_ascii_lowercase()).is_some_and(is_one_part));
    if in_home && HOME_CREDENTIALS.iter().any(|file| part_matches(file, name)) {
        return Secrecy::Credential;
    }
    if ENVIRONMENT.iter().any(|file| part_matches(file, name)) || is_environment(name) {
        return Secrecy::Environment;
    }
    if SENSITIVE.iter().any(|pattern| ends_with(&parts, pattern)) && !is_public(name) {
        return Secrecy::Sensitive;
    }
    Secrecy::None
}

/// How secret what is in a folder as a whole is: of those whose name tells it.
pub fn tree_secrecy(path: &str) -> Secrecy {
    let path = path.to_ascii_lowercase();
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match name {
        ".ssh" | ".gnupg" | ".aws" | ".azure" | ".password-store" | ".kube" | "keychains" | "private-keys-v1.d"
        | ".mozilla" | ".thunderbird" | ".electrum" | ".bitcoin" | ".ethereum" | ".monero" | ".litecoin"
        | ".dogecoin" | ".electron-cash" | ".sparrow" | ".walletwasabi" | ".near-credentials" | "exodus.wallet"
        | "keyrings" | "kwalletd" => Secrecy::Credential,
        "sql" if path.contains("/.config/signal/") => Secrecy::Credential,
        "tdata" if path.contains("/telegram") => Secrecy::Credential,
        "leveldb" if path.contains("/local storage/") => Secrecy::Credential,
        "google-chrome" | "chromium" | "brave-browser" | "microsoft-edge" | "gcloud" if path.contains("/.config/") => {
            Secrecy::Credential
        }
        "firefox" if holds(&path, "/.mozilla/|/application support/") => Secrecy::Credential,
        "chrome" if path.contains("/application support/google/") => Secrecy::Credential,
        _ if is_profile(&path, name) => Secrecy::Credential,
        _ => Secrecy::None,
    }
}

/// Whether a folder, in small letters, is one person's within a browser: what it keeps of passwords and sessions lies in it.
fn is_profile(path: &str, name: &str) -> bool {
    const BROWSERS: &str = "/google-chrome/|/google/chrome/|/chromium/|/brave-browser/|/microsoft-edge/|/microsoft edge/|/vivaldi/|/firefox/|/.mozilla/|/arc/user data/";
    let is_one = name == "default"
        || name == "user data"
        || name.starts_with("profile ")
        || name.contains(".default")
        || name == "profiles" && path.contains("/firefox/");
    is_one && holds(path, BROWSERS)
}

/// Whether a pattern that texts are searched by is one for credentials: their names, and the shapes of those that are known.
pub fn is_sought(pattern: &str) -> bool {
    const SOUGHT: &str = "secret_access_key|aws_access_key|akia|_authtoken|private key|private_key|begin rsa|\
        begin openssh|ghp_|github_pat|glpat|xox|sk_live|sk-ant|sk-proj|api_key|apikey|api[_-]|password|passwd|\
        client_secret|_token|token=|token:|bearer|secret_key|secretkey|credential|authorization:|_secret|mnemonic|\
        seed phrase";
    let pattern = pattern.to_ascii_lowercase();
    holds(&pattern, SOUGHT) || pattern.starts_with("begin ") && pattern.contains("key")
}

/// Whether a pattern is for settings by their names alone, on whose lines no credential stands.
pub fn seeks_settings(pattern: &str) -> bool {
    const SETTINGS: &str = "strict-ssl|strictssl|enablestrictssl|strict_ssl|sslverify|ssl-verify|ssl_verify|http.sslverify|node_tls_reject_unauthorized|\
        rejectunauthorized|trusted-host|ignore-scripts|enablescripts|save-exact|engine-strict|legacy-peer-deps|package-lock|min-release-age|\
        minimumreleaseage|npmregistryserver|save-prefix|auto-install-peers|shamefully-hoist|node-linker|nodelinker|hookspath|autosetupremote|defaultbranch|autocrlf";
    let pattern = pattern.to_ascii_lowercase();
    let mut names = pattern.split('|').map(|name| name.trim_end_matches('\\'));
    names.all(|name| {
        is(name.trim_start_matches('^').trim_end_matches(['=', '$', ' ']), SETTINGS) || is_setting_of_registry(name)
    })
}

/// Whether a pattern is for the line that sets a registry: a token stands behind the name of its own, so that the word must begin the
/// line, or end before a value.
fn is_setting_of_registry(pattern: &str) -> bool {
    let name = pattern.trim_end_matches(['=', ' ']);
    let is_bound = pattern.starts_with('^') || name.len() < pattern.len() || pattern.starts_with('@');
    let key = name.trim_start_matches('^').rsplit(':').next().unwrap_or(name);
    is_bound && key == "registry"
}

/// Whether a file is one of settings, a line of which may hold a credential.
pub fn keeps_settings(path: &str) -> bool {
    const FILES: &str =
        ".npmrc|.yarnrc|.yarnrc.yml|.gitconfig|.pypirc|pip.conf|.condarc|.curlrc|bunfig.toml|.bunfig.toml";
    path.rsplit(['/', '\\']).next().is_some_and(|name| is(name, FILES))
}

/// Whether a file keeps what a person typed, a password among it: the histories of shells and of programs like them.
pub fn keeps_what_was_typed(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    name.ends_with("_history")
        || matches!(name.as_str(), "consolehost_history.txt" | ".lesshst" | ".viminfo" | ".histfile")
}

/// Whether a folder is one in which a browser, a messenger or a program for mail keeps what somebody wrote, and who is signed in.
pub fn keeps_talks(path: &str) -> bool {
    const OF_HOME: &str = "/.config/|/.local/share/|/application support/|/appdata/|/.mozilla|/.thunderbird|/.var/app/|/snap/|/library/messages|/library/mail";
    const PROGRAMS: &str = "/slack|/discord|/telegram|/signal|/element|/skype|/microsoft/teams|/microsoft teams|/teams|/whatsapp|/wire|/threema|/zoom|/mattermost|\
        /google-chrome|/google/chrome|/chromium|/bravesoftware|/brave-browser|/microsoft-edge|/vivaldi|/opera|/firefox|/.mozilla|/.thunderbird|/thunderbird|\
        /evolution|/geary|/messages|/mail|/viber|/zulip";
    let path = path.to_ascii_lowercase();
    holds(&path, OF_HOME) && holds(&path, PROGRAMS)
}

/// Whether a file gives whoever reads it what they should not see, and nothing that a program is written by: what a person typed, the
/// state of an infrastructure with its passwords, the private key of a server. Those of tests and of one's own machine are nobody's.
pub fn is_told_whole(path: &str, home: Option<&str>) -> bool {
    const NOBODYS: &str = "dev|test|tests|testing|testdata|local|localhost|sample|samples|examples|fixture|fixtures|\
        mock|mocks|demo|dummy|snakeoil|selfsigned|e2e|spec|public|pub|i18n|locales|slides";
    const OF_KEYS: &str = "certs|cert|ssl|tls|pki|private|letsencrypt|keys|x509|ca|certificates";
    const KEYS: &str = "server|client|private|privkey|tls|ssl|ca|master|root|signing|domain|wildcard|key|rootca";
    let path = path.to_ascii_lowercase();
    let home = home.map(|home| home.trim_end_matches('/').to_ascii_lowercase());
    let inside = home.as_deref().and_then(|home| path.strip_prefix(home)).unwrap_or(&path);
    let mut words = inside.trim_start_matches("/.local").split(|char: char| !char.is_ascii_alphanumeric());
    if words.any(|word| is(word, NOBODYS)) {
        return false;
    }
    let mut parts = inside.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let stem = name.strip_suffix(".key").or_else(|| name.strip_suffix(".pem"));
    // A certificate is for everybody to see; in a file of this form a key is told by its name alone.
    let is_key = stem.is_some_and(|stem| {
        let named = stem.split(['-', '_', '.']).any(|word| is(word, KEYS));
        let of_host = || stem.trim_start_matches("*.").contains('.') || named || is(folder, OF_KEYS);
        !is_public(name) && if name.ends_with(".key") { of_host() } else { stem.contains("key") }
    });
    let is_state = name.ends_with(".tfstate") || name.ends_with(".tfstate.backup");
    let was_typed =
        keeps_what_was_typed(name) && (name.starts_with('.') || name.starts_with("fish_") || name.ends_with(".txt"));
    is_key || is_state && folder != ".terraform" || was_typed
}

/// Whether a pattern by which such a file is searched is one for credentials: for what stands before them in a command.
pub fn is_sought_in_typed(pattern: &str) -> bool {
    const SOUGHT: &str = "passw|passphrase|pwd=|sshpass|secret|token|authoriz|credential|mysql_pwd|_key|.*key|apikey|login|mysql -p|psql|api.key|bank";
    let pattern = pattern.to_ascii_lowercase();
    is_sought(&pattern) || holds(&pattern, SOUGHT)
}

fn is_one_part(rest: &str) -> bool {
    rest.strip_prefix('/').is_some_and(|rest| !rest.contains('/'))
}

/// Whether the last parts of a path are these.
fn ends_with(parts: &[&str], pattern: &str) -> bool {
    let mut parts = parts.iter().rev();
    pattern.rsplit('/').all(|wanted| parts.next().is_some_and(|part| part_matches(wanted, part)))
}

/// Whether a part of a path matches one of a table; either may be a glob, the table's stands for a name like it.
fn part_matches(wanted: &str, part: &str) -> bool {
    let part = if part == "**" { "*" } else { part };
    match (wanted.contains('*'), part.contains(['*', '?', '['])) {
        (false, false) => wanted == part,
        (true, false) => glob(wanted, part) || wanted == "*",
        (false, true) => part != "*" && glob(part, wanted),
        (true, true) => wanted == "*" || part != "*" && glob(part, &wanted.replace('*', "x")),
    }
}

/// The endings of files in which programs, their tests and what is said of them are written.
const SOURCE: &str = "rs|go|py|pyi|ts|tsx|js|jsx|mjs|cjs|java|kt|kts|scala|rb|php|c|h|cc|cpp|hpp|cs|swift|m|ex|exs|erl|hs|ml|clj|lua|dart|zig|nim|vue|svelte|\
    md|mdx|rst|adoc|html|css|proto|sol|r|jl|groovy|fs|elm|v|snap";

/// A private key by its name.
fn is_key(parts: &[&str]) -> bool {
    let Some((name, folders)) = parts.split_last() else { return false };
    let names = ["id_rsa", "id_ed25519", "id_ecdsa", "id_dsa", "id_ecdsa_sk", "id_ed25519_sk"];
    let begins =
        |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '_', '-']));
    let is_named = names.iter().any(|known| begins(known) || part_matches(known, name));
    if is_public(name) {
        return false;
    }
    let in_ssh = folders.last() == Some(&".ssh");
    let has_key_name =
        name.ends_with(".pem") || name.ends_with(".key") || name.ends_with("_key") || *name == "identity";
    // Of keys somebody writes a program, too.
    let is_source = !in_ssh && name.rsplit_once('.').is_some_and(|(_, ending)| is(ending, SOURCE));
    let is_of_tests = !in_ssh && folders.iter().any(|folder| is(folder, "fixtures|testdata"));
    is_named && !name.contains("readme") && !is_source && !is_of_tests
        || in_ssh && has_key_name
        || name.starts_with("ssh_host_") && name.ends_with("_key")
}

/// Whether a file is what a person keeps for the day on which nothing else lets them in: codes, the words of a wallet, a picture of either.
fn is_last_way_in(parts: &[&str]) -> bool {
    const FORMS: &str = "png|jpg|jpeg|heic|webp|gif|bmp|tiff|pdf|txt|rtf|doc|docx|odt|pages";
    const OF_PROJECTS: &str = "test|tests|fixtures|testdata|examples|docs|assets|public|static|src|img|images|icons|\
        locales|templates|screenshots";
    // What a person took a picture of lies beside the other pictures.
    const OF_PEOPLE: &str = "pictures|desktop|photos|bilder|images|dcim";
    const WORDS: &str = "seedphrase|seedwords|recoveryphrase|mnemonicphrase";
    const WAYS: &[(&str, &str)] = &[
        ("recovery|backup|rescue|scratch|emergency|restore", "codes|code|key|keys|phrase|kit"),
        ("seed|mnemonic|secret", "phrase|words|recovery"),
        (
            "wallet|ledger|trezor|metamask|coldcard|phantom|exodus|bitcoin|btc|ethereum|eth|crypto|keystone|bitbox",
            "seed|recovery|phrase|words|mnemonic|seedphrase",
        ),
        (WORDS, WORDS),
        ("12|24", "words|seed"),
        ("2fa|mfa|totp|otp|authenticator", "qr|codes|code|secret|export|backup|qrcode"),
    ];
    let Some((name, folders)) = parts.split_last() else { return false };
    let Some((stem, form)) = name.rsplit_once('.') else { return false };
    let of_people = |at: usize| at.checked_sub(1).is_some_and(|above| is(folders[above], OF_PEOPLE));
    let mut named = folders.iter().enumerate().filter(|(_, folder)| is(folder, OF_PROJECTS));
    if !is(form, FORMS) || named.any(|(at, _)| !of_people(at)) {
        return false;
    }
    // What was used up lets nobody in.
    let has = |list: &str| stem.split([' ', '-', '_', '.', '(']).any(|word| is(word, list));
    WAYS.iter().any(|(of, what)| has(of) && has(what)) && !has("old|used|expired|revoked")
}

fn is_public(name: &str) -> bool {
    name.ends_with(".pub")
        || name.contains(".pub.")
        || name.contains("public")
        || name.ends_with("ca.pem")
        || name.ends_with("cert.pem")
        || name.contains("chain")
}

/// Whether a file holds the settings of a program that is only developed: `.env.development`.
pub fn is_of_development(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    is(name, ".env.development|.env.dev|.env.development.local|.env.dev.local|dev.env|development.env")
}

/// `.env`, `.env.production`, `production.env`; not `.env.example`, nor `.env.test`.
fn is_environment(name: &str) -> bool {
    let is_for_tests = name.split('.').any(|part| matches!(part, "test" | "testing" | "ci" | "e2e"));
    let is_template = is_for_tests || TEMPLATES.iter().any(|word| name.contains(word));
    let has_glob = name.contains(['*', '?', '[']);
    !is_template
        && (name.starts_with(".env.")
            || has_glob && name.starts_with(".env")
            || name.ends_with(".env") && name.len() > 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_settings_by_name_shows_no_credential() {
        for (pattern, alone) in [
            ("strict-ssl", true),
            (r"NODE_TLS_REJECT_UNAUTHORIZED\|sslVerify\|strict-ssl", true),
            ("^ignore-scripts=", true),
            ("strict-ssl|registry", false),
            ("^registry", true),
            ("registry=", true),
            ("@shop:registry", true),
            ("//registry", false),
            ("^//registry", false),
            ("", false),
            (".*", false),
            ("_authToken", false),
        ] {
            assert_eq!(seeks_settings(pattern), alone, "{pattern}");
        }
    }

    #[test]
    fn what_is_told_by_no_part_of_it_is_known() {
        for (path, whole) in [
            ("/home/dev/work/shop/infra/terraform.tfstate", true),
            ("/home/dev/work/shop/infra/terraform.tfstate.backup", true),
            ("/home/dev/work/shop/infra/.terraform/terraform.tfstate", false),
            ("/home/dev/work/shop/tests/fixtures/empty.tfstate", false),
            ("/home/dev/.bash_history", true),
            ("/home/dev/.local/share/fish/fish_history", true),
            ("/home/dev/work/shop/docs/api_history", false),
            ("/home/dev/work/shop/certs/shop.example.key", true),
            ("/home/dev/work/shop/deploy/tls/privkey.pem", true),
            ("/home/dev/work/shop/deploy/tls/fullchain.pem", false),
            ("/home/dev/work/shop/certs/localhost.key", false),
            ("/home/dev/work/shop/certs/dev-server.key", false),
            ("/home/dev/work/shop/docs/roadmap.key", false),
            ("/home/dev/work/shop/i18n/de.key", false),
            ("/home/dev/certs/server.key", true),
            ("/etc/nginx/ssl/shop.key", true),
        ] {
            assert_eq!(is_told_whole(path, Some("/home/dev")), whole, "{path}");
        }
    }

    #[test]
    fn names_tell_how_secret_a_file_is() {
        use Secrecy::{Credential, Environment, None, Sensitive};
        for (path, expected) in [
            ("/home/dev/.ssh/id_rsa", Credential),
            ("/home/dev/.ssh/id_ed25519.backup", Credential),
            ("/home/dev/.ssh/id_ed25519.pub", None),
            ("/home/dev/.ssh/id_ed25519.pub.backup", None),
            ("/home/dev/.ssh/config", Sensitive),
            ("/home/dev/.ssh/known_hosts", None),
            ("/home/dev/.ssh/README.md", None),
            ("/home/*/.ssh/id_rsa", Credential),
            ("/home/dev/.aws/credentials", Credential),
            ("/home/dev/.aws/credential?", Credential),
            ("/home/dev/.aws/config", Sensitive),
            ("/home/dev/.npmrc", Credential),
            ("/work/shop/.npmrc", Sensitive),
            ("/work/shop/.env", Environment),
            ("/work/shop/.env?", Environment),
            ("/work/shop/.en?", Environment),
            ("/work/shop/.env.local", Environment),
            ("/work/shop/.env.example", None),
            ("/work/shop/.envrc", Sensitive),
            ("/work/shop/id_rsa", Credential),
            ("/work/shop/certs/server.key", Sensitive),
            ("/work/shop/test/ca.pem", None),
            ("/work/shop/docs/credentials.md", None),
            ("/work/shop/src/keys.rs", None),
            ("/work/shop/*", None),
            ("/work/shop/package.json", None),
            ("/etc/shadow", Credential),
            ("/etc/passwd", None),
        ] {
            assert_eq!(secrecy(path, Some("/home/dev")), expected, "{path}");
        }
    }
}

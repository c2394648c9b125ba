//! Settings of build tools and package managers: where packages come from, and which programs are run with every build.

use super::settings::{Setting, settings};
use super::source::{Written, is_test};
use crate::mcp::names;
use crate::policy::hosts;
use crate::policy::lists::{holds, is, letters, parts};
use crate::policy::places;

/// Settings of package managers, by the ends of their paths.
const FILES: &str = "/.npmrc|/.yarnrc|/.yarnrc.yml|/bunfig.toml|/.bunfig.toml|/pip.conf|/pip.ini|/.pypirc|/uv.toml|\
    /pypoetry/config.toml|/.gemrc|/.bundle/config|/.condarc|/.cargo/config.toml|/.cargo/config|/.m2/settings.xml|\
    /nuget.config|/nuget/nuget.config|/init.gradle|/init.gradle.kts|/.gradle/gradle.properties|/composer/config.json|\
    /.composer/config.json|/nix/nix.conf|/go/env|/.curlrc|/.wgetrc|/containers/registries.conf|/docker/daemon.json|\
    /.sbt/repositories";

/// Files of a project in which packages are listed beside other things: how their names begin and end, and what stands in the lines that
/// say where packages come from.
const LISTS: &[(&str, &str, &str)] = &[
    ("requirements", ".txt", "--|-i |-f |@ http|git+http"),
    ("requirements", ".in", "--|-i |-f |@ http|git+http"),
    ("constraints", ".txt", "--|-i |-f |@ http|git+http"),
    ("pipfile", "", "url|verify_ssl"),
    ("pyproject", ".toml", "url =|url=|index-url|find-links|default-index|trusted-host|allow-insecure-host|git+http"),
    ("gemfile", "", "source|git:|git =>"),
    ("build.gradle", "", "url|nsecureProtocol"),
    ("settings.gradle", "", "url|nsecureProtocol"),
    ("package", ".json", "\"registry\"|.tgz|git+http"),
    ("dockerfile", "", "pip |pip3 |npm |yarn |pnpm |uv |gem |index|registry|PIP_|NPM_"),
    ("containerfile", "", "pip |pip3 |npm |yarn |pnpm |uv |gem |index|registry|PIP_|NPM_"),
];

/// Settings that name programs which are handed what is secret, or are run in its name, by the ends of their paths: those of keys, of
/// logins, of what brings both to machines elsewhere.
const KEEPERS: &str = "/.gnupg/gpg-agent.conf|/.gnupg/gpg.conf|/.gnupg/scdaemon.conf|/.gitconfig|/.git/config|\
    /.config/git/config|/etc/gitconfig|/.ssh/config|/etc/ssh/ssh_config|/etc/ssh/sshd_config|/.aws/config|\
    /.aws/credentials|/.kube/config|/.docker/config.json|/.config/gh/config.yml|/.pgpass.conf|/.msmtprc|/.mbsyncrc|\
    /.config/pinentry/preexec|/.config/containers/auth.json|/.config/rbw/config.json|/etc/pam.d/sshd";
const KEPT_BY: &str = "pinentryprogram|agentprogram|scdaemonprogram|dirmngrprogram|keyboxdprogram|tpm2daemonprogram|photoviewer|\
    helper|sshcommand|askpass|program|fsmonitor|hookspath|pager|external|clean|smudge|process|textconv|gitproxy|editor|command|\
    proxycommand|knownhostscommand|localcommand|pkcs11provider|securitykeyprovider|xauthlocation|authorizedkeyscommand|\
    authorizedprincipalscommand|forcecommand|credentialprocess|browser|pinentry|passwordeval|passcmd|proxyjump|include|path";

/// What names a program that is run, by the name of the setting in lower case and letters alone.
const PROGRAMS: &str = "rustcwrapper|rustcworkspacewrapper|rustc|rustdoc|linker|runner|credentialprovider|scriptshell|shell|\
    nodeoptions|git|initmodule|onloadscript|editor|yarnpath|preload|postbuildhook|prebuildhook|pluginfiles|orggradlejavahome|\
    python|globalpyprompt";

/// Words by which nobody looks at where something comes from.
const UNCHECKED: &str = "strict-ssl=false|strict-sslfalse|trusted-host|enableStrictSsl:false|ssl_verify:false|\
    verify_ssl=false|PIP_TRUSTED_HOST|:ssl_verify_mode:0|check-revoke=false|require-sigs=false|allow-insecure-host|\
    AllowInsecureProtocol=true|AllowInsecureProtocol(true)|\"secure-http\":false|check_certificate=off|GOSUMDB=off|\
    GOFLAGS=-insecure|insecure=true|unsafeHttpWhitelist|\"insecure-registries\":[\"";

fn is_settings(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    parts(FILES).any(|file| path.ends_with(file)) || path.contains("/.gradle/init.d/")
}

/// Whether a package manager is told to bring packages from where anybody can put them: without a certificate.
pub(super) fn are_open(written: &Written<'_>) -> bool {
    let path = written.path;
    if is_settings(path) {
        return written.gains(is_open);
    }
    let name = written.name().to_ascii_lowercase();
    if is(&name, "go.mod|go.work") {
        return written.text.contains("=>") && written.gains(|text| text.lines().any(takes_look_alike));
    }
    let in_folder = || path.rsplit('/').nth(1) == Some("requirements") && name.ends_with(".txt");
    let list = LISTS.iter().find(|(start, end, _)| name.starts_with(start) && name.ends_with(end));
    let Some((_, _, marks)) = list.or_else(|| LISTS.first().filter(|_| in_folder())) else { return false };
    if !written.holds("http:|nsecure|trusted-host|verify_ssl|TRUSTED_HOST") || is_test(path) {
        return false;
    }
    written.gains(|text| {
        let lines = text.lines().filter(|line| holds(line, marks) && !holds(line, "localhost|127.0.0.1"));
        is_open(&lines.collect::<Vec<_>>().join("\n"))
    })
}

/// Whether a line puts a module in the place of another whose owner is called nearly the same: a fork has its own name.
fn takes_look_alike(line: &str) -> bool {
    let line = line.trim_start();
    let Some((was, now)) = line.split_once("=>").filter(|_| !line.starts_with("//")) else { return false };
    let [Some(was), Some(now)] = [was, now].map(|part| part.split_whitespace().find(|word| word.contains('/'))) else {
        return false;
    };
    let mut owners = was.split('/').zip(now.split('/')).take(2);
    owners.any(|(was, now)| !was.eq_ignore_ascii_case(now) && names::is_like(was, now))
}

fn is_open(text: &str) -> bool {
    let is_comment = |line: &&str| line.trim_start().starts_with(['#', ';']) || line.trim_start().starts_with("//");
    let plain = text.lines().filter(|line| !is_comment(line)).any(|line| {
        line.match_indices("http://").any(|(at, _)| {
            let host = hosts::first(&line[at..]);
            // Who hands requests on is another than who answers them.
            let own_line = line[..at].to_ascii_lowercase();
            let hands_on = own_line.contains("proxy") && !own_line.contains("goproxy");
            // What a form of file is called by is no address.
            let is_name = is(&host, "maven.apache.org|www.w3.org|schemas.microsoft.com|www.gradle.org");
            !is_name && !hands_on && !hosts::is_local(&host)
        })
    });
    let is_plain_word = |line: &str| matches!(line.trim(), "insecure" | "-k" | "--insecure");
    // To trust this machine is nothing.
    let trusts_itself = |line: &&str| line.contains("trusted-host") && holds(line, "localhost|127.0.0.1");
    let said = text.lines().filter(|line| !is_comment(line) && !trusts_itself(line)).flat_map(str::chars);
    let dense: String = said.filter(|char| !matches!(char, ' ' | '\t')).collect();
    plain || text.lines().any(is_plain_word) || holds(&dense, UNCHECKED)
}

/// The program from a place where nobody keeps programs that a build tool is told to run each time.
pub(super) fn runs(written: &Written<'_>) -> Option<String> {
    let lower = written.path.to_ascii_lowercase();
    let is_keeper = parts(KEEPERS).any(|file| lower.ends_with(file)) || lower.contains("/.ssh/config.d/");
    if !is_keeper && !is_settings(written.path) {
        return None;
    }
    let of_keeper = |text: &str| {
        // Some of them have nothing but a blank between a name and what it is set to.
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
        let pairs = lines.filter_map(|line| line.split_once([' ', '\t', '=', ':']));
        let program = pairs
            .map(|(name, value)| (letters(name), value))
            .find(|(name, value)| is(name, KEPT_BY) && programs(value).any(is_temporary));
        program.map(|(_, value)| value.trim_matches([' ', '=', '"']).to_owned())
    };
    let of_builds = |text: &str| {
        let names_program = |setting: &&Setting<'_>| is(&letters(&setting.name), PROGRAMS) && is_odd(&setting.value);
        settings(text).iter().find(names_program).map(|it| it.value.to_string())
    };
    let said = |text: &str| if is_keeper { of_keeper(text) } else { of_builds(text) };
    said(&written.text).filter(|_| written.before.and_then(said).is_none())
}

/// Whether a command names a program or a script in a folder for what may vanish, or one that is hidden.
fn is_odd(command: &str) -> bool {
    const KEPT: &str = ".cargo|.rustup|.local|.config|.nvm|.volta|.asdf|.mise|.yarn|.nix-profile|.pyenv|.rbenv|.bun|.deno|.npm-global|\
        .sdkman|.proto|.dotnet|.nix-defexpr|.linuxbrew|.pnpm|.vscode|.tools|.bin|.pnp.cjs|.pnp.loader.mjs|.";
    let hidden = |part: &str| part.starts_with('.') && part != ".." && !is(part, KEPT);
    programs(command).any(|word| is_temporary(word) || word.split('/').any(hidden))
}

/// The words of a command that are paths.
fn programs(command: &str) -> impl Iterator<Item = &str> {
    let words = command.split(|char: char| char.is_whitespace() || "=,\"'!:[]".contains(char));
    words.filter(|word| word.contains('/'))
}

/// Whether a path is in a folder for what may vanish, where anybody may put something.
fn is_temporary(path: &str) -> bool {
    ["/tmp", "/var/tmp", "/dev/shm", "/private/tmp"].iter().any(|tree| places::is_within(path, tree))
}

//! Packages of the distribution, by their names: what an administrator's rights are used for every day, and what the
//! distribution vouches for.

use super::super::super::options::{Options, Spec, read, spec};
use super::super::super::value::Text;
use super::super::{BINARIES, base_name};
use crate::policy::lists::is;

/// A package manager.
struct Manager {
    names: &'static [&'static str],
    /// First words that fetch the lists of packages.
    refreshes: &'static [&'static str],
    /// First words that install.
    installs: &'static [&'static str],
    /// Flags that change nothing of what is installed from where. With any other it is more than this.
    plain: &'static [&'static str],
}

const APT: &[&str] = &[
    "y",
    "yes",
    "assume-yes",
    "q",
    "qq",
    "quiet",
    "no-install-recommends",
    "install-recommends",
    "no-install-suggests",
    "no-upgrade",
    "only-upgrade",
    "no-remove",
    "reinstall",
    "d",
    "download-only",
    "m",
    "fix-missing",
    "V",
    "verbose-versions",
    "show-progress",
    "no-show-upgraded",
];

const DNF: &[&str] = &[
    "y",
    "yes",
    "assumeyes",
    "q",
    "quiet",
    "best",
    "b",
    "refresh",
    "skip-broken",
    "nodocs",
    "C",
    "cacheonly",
    "v",
    "verbose",
    "downloadonly",
    "setopt=install_weak_deps=False",
    "setopt=tsflags=nodocs",
];

const MANAGERS: &[Manager] = &[
    Manager { names: &["apt", "apt-get", "aptitude"], refreshes: &["update"], installs: &["install"], plain: APT },
    Manager {
        names: &["dnf", "dnf5", "yum", "microdnf", "tdnf"],
        refreshes: &["makecache", "check-update"],
        installs: &["install", "in", "groupinstall"],
        plain: DNF,
    },
    Manager {
        names: &["zypper"],
        refreshes: &["refresh", "ref"],
        installs: &["install", "in"],
        plain: &[
            "n",
            "non-interactive",
            "y",
            "no-confirm",
            "no-recommends",
            "recommends",
            "q",
            "quiet",
            "l",
            "auto-agree-with-licenses",
            "auto-agree-with-product-licenses",
            "f",
            "force-refresh",
        ],
    },
    Manager {
        names: &["apk"],
        refreshes: &["update"],
        installs: &["add"],
        plain: &["no-cache", "q", "quiet", "U", "update-cache", "update", "virtual", "v", "verbose", "no-progress"],
    },
    Manager { names: &["xbps-install"], refreshes: &[], installs: &[], plain: &["y", "yes", "S", "sync"] },
    Manager {
        names: &["pacman"],
        refreshes: &[],
        installs: &[],
        plain: &[
            "S",
            "y",
            "sync",
            "refresh",
            "noconfirm",
            "needed",
            "q",
            "quiet",
            "noprogressbar",
            "w",
            "downloadonly",
        ],
    },
];

/// Options with a value, of those above that are known: what has another is asked about anyway.
const SPEC: Spec = spec("t", &["virtual=", "setopt="]);

/// Whether a call does no more than fetch the lists of packages, or install packages that are named as the distribution names them.
pub(in super::super) fn adds_packages(fields: &[Text]) -> bool {
    let Some((program, args)) = fields.split_first() else { return false };
    let Some(program) = program.as_known() else { return false };
    let folder = program.rsplit_once('/').map(|(folder, _)| folder);
    let name = base_name(&program);
    let Some(manager) = MANAGERS.iter().find(|manager| manager.names.contains(&name)) else { return false };
    if !folder.is_none_or(|folder| is(folder, BINARIES)) {
        return false;
    }
    let options = read(args, &Spec { short: if name == "apk" { "t" } else { "" }, ..SPEC });
    if !options.flags.iter().all(|flag| manager.is_plain(flag.name.as_str(), flag.value.as_ref())) {
        return false;
    }
    let names = match (manager.installs, options.operands.split_first()) {
        ([], _) if !options.has(&["S", "sync"]) && name == "pacman" => return false,
        ([], Some(_)) => options.operands.as_slice(),
        ([], None) => return refreshes_only(&options, name),
        (_, None) => return false,
        (verbs, Some((verb, names))) if verbs.contains(&verb.shown().as_str()) => names,
        (_, Some((verb, names))) => return manager.refreshes.contains(&verb.shown().as_str()) && names.is_empty(),
    };
    !names.is_empty() && names.iter().all(|package| is_plain_name(package, name))
}

/// `pacman -Sy` and `xbps-install -S`, with no names.
fn refreshes_only(options: &Options, name: &str) -> bool {
    options.has(if name == "pacman" { &["y", "refresh"] } else { &["S", "sync"] })
}

impl Manager {
    fn is_plain(&self, flag: &str, value: Option<&Text>) -> bool {
        let with_value = || value.map(|value| format!("{flag}={}", value.shown()));
        self.plain.contains(&flag) && value.is_none_or(|_| flag == "virtual" || flag == "quiet")
            || flag == "t" && value.is_some() && self.names.contains(&"apk")
            || with_value().is_some_and(|whole| self.plain.contains(&whole.as_str()))
    }
}

/// Whether a package is named as a distribution names it: no file, no address, no pattern, no word that takes one away.
fn is_plain_name(package: &Text, manager: &str) -> bool {
    let Some(name) = package.as_known().filter(|_| !package.has_glob()) else { return false };
    const FILES: &[&str] = &[".deb", ".rpm", ".apk", ".xbps", ".pkg.tar", ".pkg.tar.zst", ".pkg.tar.xz", ".txz"];
    let removes = name.ends_with('-') && matches!(manager, "apt" | "apt-get" | "aptitude");
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._:=~@ ".contains(&byte);
    name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '@')
        && name.bytes().all(known)
        && !removes
        && !FILES.iter().any(|ending| name.ends_with(ending))
}

//! Programs that open something of this machine to others: tunnels, terminals in a browser, servers of files.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read, spec};
use super::super::state::State;
use super::super::value::Text;
use super::Program;
use super::sieve::knows;
use super::tables::throwaway;
use crate::policy::effects::Kind;
use crate::policy::hosts::{host, is_local};
use crate::policy::places::{Place, is_temporary};
use crate::policy::secrets::{Secrecy, tree_secrecy};

/// A program that opens a door.
struct Door {
    names: &'static [&'static str],
    /// The first words that open it; where there are none, every call that is given anything does.
    verbs: &'static [&'static str],
    /// Second words with which it only tells or manages.
    quiet: &'static [&'static str],
    opens: Kind,
}

const fn tunnel(names: &'static [&'static str], verbs: &'static [&'static str]) -> Door {
    Door { names, verbs, quiet: &[], opens: Kind::NetExpose }
}

const fn terminal(names: &'static [&'static str], verbs: &'static [&'static str]) -> Door {
    Door { names, verbs, quiet: &[], opens: Kind::NetShell }
}

const DOORS: &[Door] = &[
    tunnel(&["ngrok"], &["http", "https", "tcp", "tls", "start", "tunnel"]),
    Door {
        names: &["cloudflared"],
        verbs: &["tunnel"],
        quiet: &["list", "info", "login", "create", "delete", "cleanup", "token", "ready", "diag", "route", "ingress"],
        opens: Kind::NetExpose,
    },
    tunnel(&["lt", "localtunnel"], &[]),
    tunnel(&["bore"], &["local"]),
    tunnel(&["frpc"], &[]),
    tunnel(&["zrok", "expose"], &["share"]),
    Door { names: &["tailscale"], verbs: &["funnel"], quiet: &["status", "reset", "off"], opens: Kind::NetExpose },
    tunnel(&["pagekite", "pagekite.py"], &[]),
    tunnel(&["inlets", "inlets-pro"], &["client", "http", "tcp", "uplink"]),
    tunnel(&["loophole"], &["http", "path", "webdav"]),
    tunnel(&["tunnelmole", "tmole"], &[]),
    tunnel(&["jprq"], &["http", "tcp", "serve"]),
    tunnel(&["devtunnel"], &["host"]),
    tunnel(&["loclx", "localxpose"], &["tunnel"]),
    tunnel(&["pktriot", "packetriot"], &["http", "tcp", "start"]),
    tunnel(&["chisel"], &["client", "server"]),
    tunnel(&["rathole", "wstunnel", "playit", "telebit", "hypertunnel", "iodine", "ptunnel", "ptunnel-ng"], &[]),
    tunnel(&["x11vnc", "dropbear", "in.telnetd", "telnetd", "vsftpd", "pure-ftpd"], &[]),
    terminal(&["ttyd", "gotty", "wetty", "shellinabox", "shellinaboxd", "wssh"], &[]),
    terminal(&["tmate", "sshx", "teleconsole"], &[]),
    terminal(&["upterm"], &["host"]),
    terminal(&["gs-netcat", "gsocket", "dnscat", "dnscat2", "pwncat", "pwncat-cs", "msfconsole"], &[]),
    Door {
        names: &["code", "code-insiders", "codium"],
        verbs: &["tunnel", "serve-web"],
        quiet: &["status", "user", "unregister", "kill", "prune", "restart", "rename"],
        opens: Kind::NetShell,
    },
];

/// Programs that serve a folder's files: with which option or operand the folder is named, and where they listen.
struct Server {
    names: &'static [&'static str],
    /// The words before the folder.
    verbs: &'static [&'static str],
    spec: Spec,
    folder: &'static [&'static str],
}

const SERVERS: &[Server] = &[
    Server {
        names: &["http.server", "SimpleHTTPServer", "uploadserver", "RangeHTTPServer"],
        verbs: &[],
        spec: spec("bdp", &["bind=", "directory=", "protocol="]),
        folder: &["d", "directory"],
    },
    Server {
        names: &["pyftpdlib"],
        verbs: &[],
        spec: spec("ipdDuP", &["interface=", "port=", "directory=", "username=", "password="]),
        folder: &["d", "directory"],
    },
    Server {
        names: &["serve", "http-server", "live-server", "static-server", "lws", "superstatic", "browser-sync"],
        verbs: &[],
        spec: spec("lpacdPSCK", &["listen=", "port=", "address=", "host=", "config=", "directory=", "cors?"]),
        folder: &["d", "directory"],
    },
    Server {
        names: &[
            "miniserve",
            "dufs",
            "darkhttpd",
            "webfsd",
            "static-web-server",
            "goshs",
            "updog",
            "gohttpserver",
            "simple-http-server",
        ],
        verbs: &[],
        spec: spec("ipbdrw", &["interfaces=", "port=", "addr=", "bind=", "directory=", "root=", "webroot="]),
        folder: &["d", "r", "w", "directory", "root", "webroot"],
    },
    Server {
        names: &["caddy"],
        verbs: &["file-server"],
        spec: spec("rld", &["root=", "listen=", "domain="]),
        folder: &["r", "root"],
    },
    Server { names: &["httpd"], verbs: &[], spec: spec("hpcur", &[]), folder: &["h"] },
    Server {
        names: &["filebrowser"],
        verbs: &[],
        spec: spec("rapdc", &["root=", "address=", "port=", "database=", "config="]),
        folder: &["r", "root"],
    },
];

pub(super) fn program(name: &str) -> Option<Program> {
    if knows!(name, DOORS) {
        return Some(opens);
    }
    if matches!(name, "jupyter" | "jupyter-lab" | "jupyter-notebook" | "code-server" | "openvscode-server") {
        return Some(notebook);
    }
    if BROWSERS.contains(&name) {
        return Some(browser);
    }
    knows!(name, SERVERS).then_some(serves)
}

const BROWSERS: &[&str] = &[
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chromium",
    "chromium-browser",
    "brave",
    "brave-browser",
    "microsoft-edge",
    "msedge",
    "vivaldi",
    "opera",
    "firefox",
];

/// A browser that others may steer: from other machines, or with all that the person has open in it.
fn browser(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let long =
        &["remote-debugging-port?", "remote-debugging-address=", "user-data-dir=", "profile-directory=", "profile="];
    let options = read(&call.args, &Spec { short: "P", ..spec("", long) });
    if !options.has(&["remote-debugging-port", "start-debugger-server"]) {
        return;
    }
    let outside = options.values(&["remote-debugging-address"]).any(|address| !is_here(&address.shown()));
    let folder = options.value(&["user-data-dir", "profile"]).and_then(|folder| machine.path(state, folder));
    let parts = [".config/", "Library/Application Support/", ".mozilla/", "AppData/", "snap/chromium"];
    let of_home = folder.as_deref().is_some_and(|folder| parts.iter().any(|part| folder.contains(part)));
    let own = of_home && !folder.is_some_and(|folder| throwaway::is_trial(&folder));
    let named = options.values(&["profile-directory", "P"]).map(|name| name.shown().to_ascii_lowercase());
    if outside || own || named.into_iter().any(|name| name.starts_with("default") || name.starts_with("profile ")) {
        machine.act(Kind::NetExpose, call.name.as_str());
    }
}

/// Options by which programs are told where to listen.
const ADDRESSES: &[&str] =
    &["b", "i", "a", "l", "bind", "interface", "interfaces", "address", "addr", "host", "listen", "bind-addr", "ip"];

fn opens(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options =
        read(&call.args, &spec("ipPocthuws", &["port=", "interface=", "bind=", "config=", "subdomain=", "log="]));
    let listens_here = options.values(&["i", "interface", "bind"]).any(|address| is_here(&address.shown()));
    if options.is_help() || options.has(&["v", "localhost"]) || listens_here {
        return;
    }
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    let first = words.first().map_or("", String::as_str);
    let is_given = |door: &&Door| match door.verbs {
        [] => !matches!(first, "help" | "version" | "verify" | "reload" | "status"),
        verbs => verbs.contains(&first),
    };
    let Some(door) = DOORS.iter().filter(|door| door.names.contains(&call.name.as_str())).find(is_given) else {
        // An editor that opens no door is an editor.
        return super::readers::program(&call.name).into_iter().for_each(|known| known(machine, call, state));
    };
    match words.get(1).is_some_and(|word| door.quiet.contains(&word.as_str())) {
        true => super::told_by_tables(machine, call, state),
        false => machine.act(door.opens, call.name.as_str()),
    }
}

/// Whether an address to listen at is of this machine alone.
fn is_here(address: &str) -> bool {
    matches!(address, "lo" | "lo0" | "loopback" | "::1")
        || address.starts_with('/')
        || is_local(&host(address)) && host(address) != "0.0.0.0"
}

/// Editors and notebooks in a browser: everything of the machine is theirs, so they want a password where others reach them.
fn notebook(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    let options = read(&call.args, &spec("p", &["ip=", "auth=", "bind-addr=", "host=", "port="]));
    let unlocked = options.flags.iter().any(|flag| {
        let value = flag.value.as_ref().map(Text::shown).unwrap_or_default();
        let names_lock = flag.name.ends_with(".token") || flag.name.ends_with(".password");
        names_lock && value.is_empty()
            || flag.name == "auth" && value == "none"
            || flag.name == "without-connection-token"
    });
    let outside = options
        .values(&["ip", "bind-addr", "host"])
        .chain(options.flags.iter().filter(|flag| flag.name.ends_with("App.ip")).filter_map(|flag| flag.value.as_ref()))
        .any(|address| !is_here(&address.shown()));
    if unlocked && outside {
        machine.act(Kind::NetShell, call.name.as_str());
    }
}

fn serves(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some(server) = SERVERS.iter().find(|server| server.names.contains(&call.name.as_str())) else { return };
    let options = read(&call.args, &server.spec);
    if options.is_help() {
        return;
    }
    let operands: Vec<&Text> = options.operands.iter().filter(|word| !is_port(&word.shown())).collect();
    let verbs = server.verbs.len();
    if verbs > 0 && !operands.first().is_some_and(|verb| server.verbs.contains(&verb.shown().as_str())) {
        return;
    }
    let address = options.values(ADDRESSES).map(Text::shown).find(|address| !is_port(address));
    let folder = options.value(server.folder).or(operands.get(verbs).copied()).cloned();
    machine.serves(state, folder.as_ref(), address.as_deref());
}

fn is_port(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

impl Machine<'_> {
    /// Notes that a folder's files can be had from other machines, where they are not meant for them.
    pub(super) fn serves(&mut self, state: &State, folder: Option<&Text>, address: Option<&str>) {
        let folder = folder.cloned().unwrap_or_else(|| Text::known("."));
        let Some(path) = self.path(state, &folder).filter(|_| !address.is_some_and(is_here)) else { return };
        let place = self.place(&path);
        let is_private = matches!(place, Place::Home | Place::System) && !is_temporary(&path)
            || tree_secrecy(&path) > Secrecy::None
            || self.secrecy(state, &path) > Secrecy::None;
        if is_private {
            self.note(Kind::NetExpose, path, place, true, Default::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_known() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("localhost:8080", true),
            ("::1", true),
            ("/run/x.sock", true),
            ("tcp://127.0.0.1:80", true),
            ("0.0.0.0", false),
            ("0.0.0.0:8080", false),
            ("*", false),
            ("192.168.0.2", false),
        ] {
            assert_eq!(is_here(address), expected, "{address}");
        }
    }
}

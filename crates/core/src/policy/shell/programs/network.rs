//! Programs that talk to other machines.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read, spec};
use super::super::state::{State, Stream};
use super::super::value::{Origin, Text};
use super::tables::{self, requests::Request};
use super::{Program, base_name};
use crate::policy::effects::Kind;
use crate::policy::facts::Look;
use crate::policy::hosts::{self, is_local, is_metadata, tells_of_place};
use crate::policy::places::Place;
use crate::redact::redact_text;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "curl" => curl,
        "wget" | "wget2" => wget,
        "http" | "https" | "xh" | "xhs" => httpie,
        "nc" | "ncat" | "netcat" | "nc.openbsd" | "nc.traditional" | "telnet" => netcat,
        "socat" => socat,
        "dig" | "drill" | "nslookup" | "host" => resolver,
        "aria2c" | "axel" | "lynx" | "w3m" | "fetch" => fetch,
        _ => return None,
    })
}

/// A name server says what somebody else put there.
fn resolver(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if let Some(origin) = call.args.iter().filter_map(Text::origin).find(|origin| origin.is_private()) {
        machine.sends("a name server", origin);
    }
    for name in call.args.iter().map(Text::shown).filter(|name| hosts::is_listener(name)) {
        machine.act(Kind::NetCatcher, name);
    }
    machine.emit(state, 1, Text::hole(Origin::FETCHED));
}

impl Machine<'_> {
    /// Notes what goes to a URL and that something comes from it; gives what comes.
    pub(in crate::policy::shell) fn exchanges(&mut self, state: &State, url: &Text, data: Option<Origin>) -> Text {
        let shown = url.shown();
        if let Some(path) = shown.strip_prefix("file://") {
            return self.read_file(state, &Text::known(path));
        }
        let host = hosts::host(&shown);
        if is_metadata(&host) && !tells_of_place(&shown) {
            // The address where a cloud's machines ask for their own keys.
            self.note(Kind::SecretRead, shown.clone(), Place::Unknown, false, Origin::SECRET);
        }
        if hosts::is_listener(&shown) {
            self.act(Kind::NetCatcher, host.clone());
        }
        self.gives_key(&host);
        if hosts::is_disguised(&shown) {
            self.act(Kind::NetDisguised, host.clone());
        }
        let told = url.origin().filter(|origin| origin.is_private());
        if !is_local(&host)
            && let Some(origin) = data.map(|data| data.and(told.unwrap_or_default())).or(told)
        {
            self.sends(&host, origin);
        }
        // What is sold elsewhere and given away here has been changed by somebody.
        let lower = shown.to_ascii_lowercase();
        if ["nulled", "cracked", "warez", "keygen"].iter().any(|word| lower.contains(word)) {
            self.act(Kind::PackageUntrusted, shown.clone());
        }
        // A list of some by their names: `/_cat/indices/test-*`.
        let mut patterns = shown.split(['/', '?', '&', '=', ',']).filter(|part| part.contains('*'));
        let found = patterns.find_map(|pattern| tables::throwaway::sought(pattern, Origin::UNKNOWN));
        self.note(Kind::NetFetch, shown, Place::Unknown, false, Origin::UNKNOWN);
        if !is_local(&host) {
            return Text::hole(Origin::FETCHED);
        }
        found.unwrap_or_else(|| Text::hole(Origin::UNKNOWN))
    }

    /// Where the content of a file to be sent comes from; `-` is standard input.
    pub(super) fn origin_to_send(&mut self, state: &State, file: &Text) -> Origin {
        if matches!(file.shown().as_str(), "-" | ".") {
            return self.input(state, 0).origin().unwrap_or_default();
        }
        let text = self.read_each(state, file);
        let folder = self
            .path(state, file)
            .is_some_and(|path| self.look(&path) == Look::Folder && self.holds_secret(state, &path));
        let origin = text.origin().unwrap_or_default();
        if folder { origin.and(Origin::SECRET) } else { origin }
    }
}

const CURL: Spec = spec(
    "AbcCdDeEFHKmoPQrtTuUwxXyYz",
    &[
        "data=",
        "data-ascii=",
        "data-binary=",
        "data-raw=",
        "data-urlencode=",
        "json=",
        "form=",
        "form-string=",
        "upload-file=",
        "output=",
        "remote-name",
        "remote-header-name",
        "url=",
        "config=",
        "header=",
        "proxy=",
        "proxy-header=",
        "cookie=",
        "cookie-jar=",
        "user=",
        "user-agent=",
        "request=",
        "referer=",
        "cacert=",
        "cert=",
        "key=",
        "capath=",
        "max-time=",
        "connect-timeout=",
        "retry=",
        "retry-delay=",
        "retry-max-time=",
        "range=",
        "resolve=",
        "connect-to=",
        "write-out=",
        "dump-header=",
        "interface=",
        "limit-rate=",
        "netrc-file=",
        "oauth2-bearer=",
        "output-dir=",
        "proxy-user=",
        "quote=",
        "speed-limit=",
        "speed-time=",
        "time-cond=",
        "trace=",
        "trace-ascii=",
        "unix-socket=",
        "url-query=",
        "max-redirs=",
        "ciphers=",
        "tls-max=",
        "engine=",
        "stderr=",
        "parallel-max=",
        "create-dirs",
        "compressed",
        "fail",
        "fail-with-body",
        "get",
        "head",
        "help",
        "include",
        "insecure",
        "location",
        "no-clobber",
        "silent",
        "show-error",
        "verbose",
        "version",
        "continue-at=",
        "mail-from=",
        "mail-rcpt=",
        "aws-sigv4=",
    ],
);

/// Whether a credential is written out in a text.
fn says_credential(value: &Text) -> bool {
    const SHORTEST: usize = 20;
    let shown = value.shown();
    shown.len() >= SHORTEST && redact_text(&shown).found().iter().any(|secret| secret.has_shape())
}

fn curl(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &CURL);
    if options.is_help() || options.has(&["h", "V"]) {
        return;
    }
    let mut urls: Vec<Text> = options.values(&["url"]).cloned().collect();
    urls.extend(options.operands.iter().cloned());
    // A header with a token is what a provider's own interface asks for.
    let to_provider = urls.iter().all(|url| tables::requests::is_provider(&hosts::host(&url.shown())));
    let mut data: Option<Origin> = None;
    let mut add = |origin: Origin| data = Some(data.unwrap_or_default().and(origin));
    for flag in &options.flags {
        let Some(value) = &flag.value else { continue };
        let known = value.prefix();
        let is_data = flag.name.starts_with("data") || matches!(flag.name.as_str(), "d" | "json" | "F" | "form");
        if is_data && !to_provider && says_credential(value) {
            add(Origin::SECRET);
        }
        match flag.name.as_str() {
            "d" | "data" | "data-ascii" | "data-binary" | "json" => match known.strip_prefix('@') {
                Some(_) => add(machine.origin_to_send(state, &value.after(1))),
                None => add(value.origin().unwrap_or_default()),
            },
            "data-urlencode" => match known.find('@') {
                Some(at) => add(machine.origin_to_send(state, &value.after(at + 1))),
                None => add(value.origin().unwrap_or_default()),
            },
            "data-raw" | "form-string" | "url-query" => add(value.origin().unwrap_or_default()),
            "F" | "form" => {
                let rest = known.find('=').map_or(0, |at| at + 1);
                let content = value.after(rest);
                if content.prefix().starts_with(['@', '<']) {
                    for file in content.after(1).split(&[',', ';']) {
                        add(machine.origin_to_send(state, &file));
                    }
                } else {
                    add(value.origin().unwrap_or_default());
                }
            }
            "T" | "upload-file" => add(machine.origin_to_send(state, value)),
            "H" | "header" | "K" | "config" | "b" | "cookie" => {
                let own = to_provider && matches!(flag.name.as_str(), "H" | "header") && !known.starts_with('@');
                if let Some(origin) = value.origin().filter(|origin| origin.is_private() && !own) {
                    add(origin);
                }
                if flag.name == "K" || flag.name == "config" || known.starts_with('@') {
                    let _ =
                        machine.read_file(state, &if known.starts_with('@') { value.after(1) } else { value.clone() });
                }
            }
            _ => {}
        }
    }
    let is_relayed = || urls.iter().any(|url| !is_local(&hosts::host(&url.shown())));
    let is_mailed = |origin: Origin| origin.queried || machine.many && !origin.trial && is_relayed();
    if options.values(&["mail-rcpt"]).filter_map(Text::origin).any(is_mailed) {
        machine.act(Kind::NetMailing, "curl");
    }
    requests(machine, state, &options, &urls);
    let mut outputs =
        options.flags.iter().filter(|flag| matches!(flag.name.as_str(), "o" | "output" | "O" | "remote-name"));
    for url in &urls {
        let text = machine.exchanges(state, url, data);
        let own_name = || url.as_known().map(|url| Text::known(base_name(&url)));
        match outputs.next() {
            // By what name the other end calls it nobody knows.
            Some(flag) if flag.value.is_none() && options.has(&["J", "remote-header-name", "no-clobber"]) => {}
            Some(flag) => {
                let file = flag.value.clone().or_else(own_name);
                file.into_iter().for_each(|file| machine.puts(state, Some(&file), text.clone()));
            }
            None if options.has(&["remote-name-all"]) => {
                machine.puts(state, Some(&Text::known(base_name(&url.shown()))), text);
            }
            None => machine.puts(state, None, text),
        }
    }
}

/// What requests by `curl` do at their other end.
fn requests(machine: &mut Machine<'_>, state: &mut State, options: &Options, urls: &[Text]) {
    let mut body = String::new();
    for value in
        options.values(&["d", "data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json", "F", "form"])
    {
        let text = match value.prefix().strip_prefix('@') {
            Some("-") => machine.input(state, 0),
            Some(_) => {
                machine.path(state, &value.after(1)).map(|path| machine.content(state, &path)).unwrap_or_default()
            }
            None => value.clone(),
        };
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(&text.shown());
    }
    let method = options.value(&["X", "request"]).map(|method| method.shown().to_ascii_uppercase());
    let implied = if body.is_empty() && !options.has(&["T", "upload-file"]) { "GET" } else { "POST" };
    let method = method.unwrap_or_else(|| implied.to_owned());
    let socket = options.value(&["unix-socket"]).map(Text::shown);
    let by = joined(options.values(&["u", "user", "H", "header", "oauth2-bearer"]));
    let origin = origins(options.flags.iter().filter_map(|flag| flag.value.as_ref()).chain(urls));
    for url in urls.iter().map(Text::shown) {
        let socket = socket.as_deref();
        let request = Request { method: &method, url: &url, body: &body, socket, by: &by, origin };
        tables::requests::request(machine, state, request);
    }
}

/// What several texts say.
fn joined<'t>(texts: impl Iterator<Item = &'t Text>) -> String {
    texts.map(Text::shown).collect::<Vec<_>>().join(" ")
}

/// Where what is unknown of several texts comes from.
fn origins<'t>(texts: impl Iterator<Item = &'t Text>) -> Origin {
    texts.filter_map(Text::origin).fold(Origin::UNKNOWN, Origin::and)
}

const WGET: Spec = spec(
    "oaeiBtTwQOPUDIXAR",
    &[
        "output-document=",
        "output-file=",
        "append-output=",
        "post-file=",
        "post-data=",
        "body-file=",
        "body-data=",
        "method=",
        "header=",
        "user-agent=",
        "user=",
        "password=",
        "referer=",
        "directory-prefix=",
        "input-file=",
        "tries=",
        "timeout=",
        "wait=",
        "quota=",
        "load-cookies=",
        "save-cookies=",
        "ca-certificate=",
        "certificate=",
        "accept=",
        "reject=",
        "domains=",
        "limit-rate=",
        "execute=",
        "base=",
        "config=",
        "level=",
        "help",
        "version",
        "quiet",
        "no-clobber",
        "continue",
        "recursive",
        "mirror",
        "no-check-certificate",
        "content-disposition",
        "spider",
    ],
);

fn wget(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &WGET);
    if options.is_help() || options.has(&["h", "V"]) {
        return;
    }
    let mut data: Option<Origin> = None;
    for file in options.values(&["post-file", "body-file"]) {
        data = Some(data.unwrap_or_default().and(machine.origin_to_send(state, file)));
    }
    for text in options.values(&["post-data", "body-data"]) {
        data = Some(data.unwrap_or_default().and(text.origin().unwrap_or_default()));
    }
    for header in options.values(&["header"]).filter_map(Text::origin).filter(|origin| origin.is_private()) {
        data = Some(data.unwrap_or_default().and(header));
    }
    let method = options.value(&["method"]).map(|method| method.shown().to_ascii_uppercase());
    let method = method.unwrap_or_else(|| if data.is_some() { "POST" } else { "GET" }.to_owned());
    let body = options.value(&["post-data", "body-data"]).map(Text::shown).unwrap_or_default();
    let by = joined(options.values(&["header", "user"]));
    let origin = origins(call.args.iter());
    for url in &options.operands {
        let shown = url.shown();
        let request = Request { method: &method, url: &shown, body: &body, socket: None, by: &by, origin };
        tables::requests::request(machine, state, request);
        let text = machine.exchanges(state, url, data);
        if options.has(&["spider"]) {
            continue;
        }
        let folder =
            options.value(&["P", "directory-prefix"]).map(|folder| format!("{}/", folder.shown())).unwrap_or_default();
        let own_name = || url.as_known().map(|url| Text::known(format!("{folder}{}", base_name(&url))));
        if let Some(file) = options.value(&["O", "output-document"]).cloned().or_else(own_name) {
            machine.puts(state, Some(&file), text);
        }
    }
}

fn httpie(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec(
            "oaAps",
            &[
                "output=",
                "auth=",
                "auth-type=",
                "print=",
                "style=",
                "proxy=",
                "verify=",
                "cert=",
                "timeout=",
                "session=",
                "offline",
                "download",
                "ignore-stdin",
                "help",
                "version",
                "body",
                "form",
                "json",
                "follow",
            ],
        ),
    );
    if options.is_help() || options.has(&["offline"]) {
        return;
    }
    let is_method = |text: &Text| {
        let shown = text.shown();
        !shown.is_empty() && shown.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    let Some((url, items)) = options
        .operands
        .split_at_checked(options.operands.iter().take_while(|text| is_method(text)).count())
        .and_then(|(_, rest)| rest.split_first())
    else {
        return;
    };
    let mut data = None;
    if Machine::has_input(state) && !options.has(&["I", "ignore-stdin"]) {
        data = Some(machine.input(state, 0).origin().unwrap_or_default());
    }
    for item in items {
        let mut origin = item.origin().unwrap_or_default();
        if let Some(at) = item.prefix().find('@').filter(|at| *at > 0) {
            origin = origin.and(machine.origin_to_send(state, &item.after(at + 1)));
        }
        data = Some(data.unwrap_or_default().and(origin));
    }
    let method = options.operands.first().filter(|text| is_method(text)).map(Text::shown);
    let method = method.unwrap_or_else(|| if data.is_some() { "POST" } else { "GET" }.to_owned());
    let body = items.iter().map(Text::shown).collect::<Vec<_>>().join(" & ");
    let by = joined(options.values(&["a", "auth"]));
    let origin = origins(call.args.iter());
    let shown = url.shown();
    let request = Request { method: &method, url: &shown, body: &body, socket: None, by: &by, origin };
    tables::requests::request(machine, state, request);
    let text = machine.exchanges(state, url, data);
    let own_name = || options.has(&["d", "download"]).then(|| Text::known(base_name(&url.shown())));
    let file = options.value(&["o", "output"]).cloned().or_else(own_name);
    machine.puts(state, file.as_ref(), text);
}

fn netcat(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec(
            "cegGiIJmMoOpPqsTVwxX",
            &[
                "exec=",
                "sh-exec=",
                "lua-exec=",
                "listen",
                "source-port=",
                "wait=",
                "proxy=",
                "proxy-auth=",
                "ssl-cert=",
                "ssl-key=",
                "allow=",
                "deny=",
                "help",
                "version",
                "udp",
                "ssl",
                "keep-open",
                "send-only",
                "recv-only",
                "output=",
                "max-conns=",
                "idle-timeout=",
            ],
        ),
    );
    if options.is_help() || options.has(&["h", "z"]) {
        return;
    }
    let listens = options.has(&["l", "listen"]);
    let host = options.operands.first().map(Text::shown).unwrap_or_default();
    if !listens && options.operands.is_empty() {
        return;
    }
    let handler = options.value(&["e", "c", "exec", "sh-exec"]).cloned();
    if let Some(handler) = handler {
        let outer = state.shell.streams.clone();
        state.set_stream(0, Stream::Net(host.clone()));
        state.set_stream(1, Stream::Net(host));
        machine.code(state, &handler, Vec::new());
        state.shell.streams = outer;
        return;
    }
    if Machine::has_input(state) {
        let input = machine.input(state, 0);
        machine.sends(&host, input.origin().unwrap_or_default());
    }
    machine.emit(state, 1, Text::hole(Origin::FETCHED));
}

fn fetch(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("odxsjk", &["out=", "dir="]));
    for url in &options.operands {
        let text = machine.exchanges(state, url, None);
        let file = options.value(&["o", "out"]).cloned().unwrap_or_else(|| Text::known(base_name(&url.shown())));
        machine.puts(state, Some(&file).filter(|_| !options.has(&["source", "dump"])), text);
    }
}

/// One side of a `socat`: its kind, its parameter, its options.
struct Address {
    kind: String,
    parameter: Text,
    folder: Option<Text>,
}

fn address(text: &Text) -> Address {
    let encoded = text.encoded();
    let (kind, rest) = encoded.split_once(':').unwrap_or((encoded.as_str(), ""));
    let kind = kind.split(',').next().unwrap_or_default().to_ascii_uppercase();
    // A comma begins an option unless it is quoted.
    let (mut parameter, mut options, mut quote, mut escaped) = (String::new(), String::new(), None, false);
    for char in rest.chars() {
        let in_options = !options.is_empty();
        let into = if in_options { &mut options } else { &mut parameter };
        match (char, quote) {
            (char, _) if escaped => {
                into.push(char);
                escaped = false;
            }
            ('\\', _) => escaped = true,
            (char, Some(open)) if char == open => quote = None,
            ('"' | '\'', None) if !in_options => quote = Some(char),
            (',', None) => options.push(','),
            (char, _) => into.push(char),
        }
    }
    let folder = options.split(',').find_map(|option| option.strip_prefix("chdir=")).map(Text::decoded);
    Address { kind, parameter: Text::decoded(&parameter), folder }
}

fn socat(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("bltTLWd", &[]));
    if options.has(&["h", "V", "?"]) {
        return;
    }
    let [left, right] = options.operands.as_slice() else { return };
    let one_way = options.has(&["u"]);
    let listens = |text: &Text| {
        let shown = text.shown().to_ascii_lowercase();
        shown.contains("-listen:")
            && !shown.starts_with("unix")
            && !["bind=127.", "bind=localhost"].iter().any(|here| shown.contains(here))
    };
    let forwards =
        |text: &Text| is_network(&address(text).kind) || text.shown().to_ascii_lowercase().starts_with("unix");
    if listens(left) && forwards(right) || listens(right) && forwards(left) {
        machine.act(Kind::NetExpose, left.shown());
    }
    let sides = |text: &Text| -> (Address, Address) {
        let encoded = text.encoded();
        match encoded.split_once("!!") {
            Some((reads, writes)) => (address(&Text::decoded(reads)), address(&Text::decoded(writes))),
            None => (address(text), address(text)),
        }
    };
    let (left, right) = (sides(left), sides(right));
    flow(machine, state, &left.0, &right.1);
    if !one_way {
        flow(machine, state, &right.0, &left.1);
    }
}

fn is_network(kind: &str) -> bool {
    ["TCP", "UDP", "SCTP", "DCCP", "OPENSSL", "SSL", "SOCKS", "PROXY", "VSOCK", "IP", "WEBSOCKET"]
        .iter()
        .any(|prefix| kind.starts_with(prefix))
}

/// Lets what one side of a `socat` gives go to the other.
fn flow(machine: &mut Machine<'_>, state: &mut State, from: &Address, to: &Address) {
    let host = |address: &Address| address.parameter.shown().split(':').next().unwrap_or_default().to_owned();
    let runs = |kind: &str| matches!(kind, "EXEC" | "SYSTEM" | "SHELL");
    let folder = state.shell.directory.clone();
    if let Some(chdir) = &from.folder {
        state.shell.directory = machine.path(state, chdir);
    }
    let text = match from.kind.as_str() {
        "-" | "STDIN" | "STDIO" => machine.input(state, 0),
        "OPEN" | "FILE" | "GOPEN" | "PIPE" | "FIFO" | "RDONLY" => machine.read_file(state, &from.parameter),
        "FD" => descriptor(&from.parameter).map_or_else(Text::default, |fd| machine.input(state, fd)),
        kind if is_network(kind) => Text::hole(Origin::FETCHED),
        kind if runs(kind) && !is_network(&to.kind) => {
            let (script, _) = super::super::parse::parse(&from.parameter.encoded());
            machine.captured(state, &script)
        }
        // A program whose output goes to the network: it is run once, with the network as its input too.
        kind if runs(kind) => {
            let (script, _) = super::super::parse::parse(&from.parameter.encoded());
            let out = if kind == "SHELL" { Text::default() } else { machine.captured(state, &script) };
            if out.is_empty() { Text::hole(Origin::UNKNOWN) } else { out }
        }
        _ if from.kind.contains('/') => machine.read_file(state, &Text::decoded(&from.kind.to_ascii_lowercase())),
        _ => Text::hole(Origin::UNKNOWN),
    };
    state.shell.directory = folder;
    if text.is_empty() {
        return;
    }
    match to.kind.as_str() {
        "-" | "STDOUT" | "STDIO" => machine.emit(state, 1, text),
        "FD" => {
            if let Some(fd) = descriptor(&to.parameter) {
                machine.emit(state, fd, text);
            }
        }
        "OPEN" | "FILE" | "GOPEN" | "CREATE" | "CREAT" | "PIPE" | "FIFO" => {
            machine.puts(state, Some(&to.parameter), text);
        }
        kind if is_network(kind) => machine.sends(&host(to), text.origin().unwrap_or_default()),
        kind if runs(kind) => {
            let outer = state.shell.streams.clone();
            let network = is_network(&from.kind).then(|| Stream::Net(host(from)));
            state.set_stream(0, network.clone().unwrap_or(Stream::Text(text)));
            state.set_stream(1, network.unwrap_or(Stream::Out));
            let code = if kind == "SHELL" { Text::known("sh") } else { to.parameter.clone() };
            machine.code(state, &code, Vec::new());
            state.shell.streams = outer;
        }
        _ => {}
    }
}

fn descriptor(text: &Text) -> Option<u32> {
    let shown = text.shown();
    match shown.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => shown.parse().ok(),
    }
}

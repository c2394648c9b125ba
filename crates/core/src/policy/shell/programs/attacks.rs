//! Programs that attack other machines, and those that put a load on them. On this machine, and where things are tried, that is what
//! they are for.

use super::super::machine::{Call, Machine, descriptor};
use super::super::options::{Options, read, spec};
use super::super::state::State;
use super::super::value::{HOLE, Text};
use super::Program;
use super::sieve::Sieve;
use super::tables;
use super::tables::production::{is_production, is_rehearsal};
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::is;

/// Programs that guess passwords, try holes, take what is not theirs, or stand between others.
const ATTACKS: &str = "hydra|medusa|ncrack|patator|crowbar|brutespray|kerbrute|crackmapexec|cme|nxc|netexec|o365spray|trevorspray|sqlmap|sqlninja|\
    commix|nosqlmap|xsser|wpscan|nikto|nuclei|wapiti|dalfox|arachni|gobuster|ffuf|feroxbuster|dirb|dirsearch|wfuzz|masscan|zmap|\
    thc-ssl-dos|slowloris|slowhttptest|goldeneye|evil-winrm|bloodhound-python|certipy|certipy-ad|lsassy|secretsdump.py|psexec.py|\
    wmiexec.py|smbexec.py|atexec.py|dcomexec.py|ntlmrelayx.py|GetUserSPNs.py|GetNPUsers.py|smbmap|enum4linux|rpcclient-brute|\
    onesixtyone|snmp-brute|routersploit|metasploit|legba|cewler|cloudfox|pacu|s3scanner";

/// Programs of which no call names whom it attacks: all who are near.
const NEAR: &str = "responder|Responder.py|mitm6|bettercap|ettercap|arpspoof|dnsspoof|dsniff|aireplay-ng|mdk3|mdk4|wifite|wifiphisher|eaphammer|\
    hostapd-wpe|setoolkit|evilginx|evilginx2|modlishka|gophish|beef-xss|msfvenom|mimikatz|airgeddon|fluxion";

/// Programs that put a load on a server.
const LOADS: &str = "k6|wrk|wrk2|ab|hey|vegeta|locust|siege|artillery|bombardier|oha|autocannon|h2load|httperf|jmeter|gatling|tsung|cassowary|\
    ddosify|fortio|plow|rewrk|loadtest|goose-attack|tsunami";

pub(super) fn program(name: &str) -> Option<Program> {
    static KNOWN: Sieve<32> = Sieve::new().with_list(ATTACKS).with_list(NEAR).with_list(LOADS);
    Some(match name {
        "nmap" | "rustscan" => scan,
        "hping3" | "hping" => packets,
        _ if name.starts_with("impacket-") => attack,
        _ if !KNOWN.passes(name) => return None,
        _ if is(name, ATTACKS) => attack,
        _ if is(name, NEAR) => near,
        _ if is(name, LOADS) => load,
        _ => return None,
    })
}

/// Whether a call only tells of the program itself.
fn only_tells(call: &Call) -> bool {
    const TELLS: &str =
        "-h|--help|help|-V|--version|version|--update|-update|update|list|inspect|archive|report|new|init";
    let first = call.args.first().map(Text::shown).unwrap_or_default();
    let alone = call.args.len() == 1 || !first.starts_with('-');
    call.args.is_empty() || alone && is(&first, TELLS) || call.args.iter().any(|arg| arg.shown() == "--help")
}

/// The hosts that a call names: addresses, and words that are one.
fn hosts_of(machine: &mut Machine<'_>, call: &Call, state: &State) -> Vec<String> {
    let mut texts: Vec<String> = call.args.iter().take(MAX_WORDS).map(Text::shown).collect();
    if Machine::has_input(state) {
        let input = machine.input(state, 0).shown();
        texts.extend(input.split_whitespace().take(MAX_WORDS).filter(|word| word.contains("://")).map(str::to_owned));
    }
    for file in call.args.iter().take(MAX_WORDS) {
        texts.extend(addresses_in(machine, state, file));
    }
    let exported = state.shell.variables.iter().filter(|(_, variable)| variable.exported);
    texts.extend(
        exported
            .filter_map(|(_, variable)| variable.values.as_ref()?.first().map(Text::shown))
            .filter(|value| value.contains("://")),
    );
    texts.iter().filter_map(|text| named(text)).collect()
}

/// The addresses in a file that the script wrote, or in what stands in a file's place: lists of targets, a test's own script.
fn addresses_in(machine: &mut Machine<'_>, state: &State, named: &Text) -> Vec<String> {
    let at = named.prefix().find('=').map_or(0, |at| at + 1);
    let file = named.after(at);
    let is_written = |path: &String| descriptor(path).is_some() || state.files.get(path).is_some();
    if !machine.path(state, &file).is_some_and(|path| is_written(&path)) {
        return Vec::new();
    }
    let breaks = |char: char| char.is_whitespace() || "\"'`(),;".contains(char);
    let text = machine.read_file(state, &file).shown();
    text.split(breaks).filter(|word| word.contains("://")).take(MAX_WORDS).map(str::to_owned).collect()
}

/// Most words of a call that are looked at.
const MAX_WORDS: usize = 64;

/// The host that a word names: of an address, of `NAME=address`, of `user:password@host`, or a name that is written as hosts are.
fn named(word: &str) -> Option<String> {
    let value = match word.split_once('=') {
        Some((name, value)) if !name.contains("://") => value,
        _ => word,
    };
    if value.contains("://") {
        return Some(hosts::host(value)).filter(|host| !host.is_empty() && !host.starts_with(HOLE));
    }
    let host = value.rsplit('@').next().unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    let ending = host.rsplit('.').next().unwrap_or_default();
    const FILES: &[&str] = &[
        "txt", "js", "py", "json", "yml", "yaml", "lst", "ts", "csv", "html", "xml", "gz", "log", "jmx", "lua", "sh",
        "conf", "scala", "nmap", "bin", "toml", "out", "mjs", "dic", "rule", "har",
    ];
    let is_name = host.contains('.')
        && !value.starts_with(['-', '.', '/'])
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
        && !FILES.contains(&ending);
    let is_number = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (is_name && (!is_number || host.split('.').count() == 4) || host == "localhost").then(|| host.to_owned())
}

/// Whether a host is another's, or at least no place for trying.
fn is_others(host: &str) -> bool {
    !hosts::is_local(host)
        && !is_rehearsal(host)
        && !host.ends_with(".test")
        && !host.ends_with(".local")
        && !host.ends_with(".htb")
}

fn attack(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if only_tells(call) {
        return;
    }
    // A program of another trade may have the name of one that attacks; it is told what to do by a word.
    if tables::program(&call.name).is_some() && call.args.first().is_some_and(|arg| !arg.prefix().starts_with('-')) {
        return super::told_by_tables(machine, call, state);
    }
    let hosts = hosts_of(machine, call, state);
    if hosts.is_empty() || hosts.iter().any(|host| is_others(host)) {
        machine.act(Kind::NetAttack, hosts.join(" "));
    }
}

fn near(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    if !only_tells(call) {
        machine.act(Kind::NetAttack, "whoever is near");
    }
}

/// A scan of a few ports is a look; one that tries holes, one of all ports, or of a net in the open network is more.
fn scan(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    if only_tells(call) {
        return;
    }
    let words: Vec<String> = call.args.iter().take(MAX_WORDS).map(Text::shown).collect();
    let scripts = words.windows(2).filter(|pair| pair[0] == "--script").map(|pair| pair[1].as_str());
    let scripts = scripts.chain(words.iter().filter_map(|word| word.strip_prefix("--script=")));
    let tries = scripts.flat_map(|list| list.split([',', ' '])).any(|script| {
        ["vuln", "exploit", "brute", "dos", "intrusive", "malware", "fuzzer"].iter().any(|kind| script.contains(kind))
            && !script.starts_with("not")
    });
    let all_ports = words.iter().any(|word| {
        matches!(
            word.as_str(),
            "-p-" | "-A" | "-T5" | "-T4" | "--top-ports" | "-sU" | "-p0-65535" | "-p1-65535" | "0-65535" | "1-65535"
        )
    });
    let net = |word: &String| {
        word.rsplit_once('/').and_then(|(_, bits)| bits.parse::<u8>().ok()).filter(|_| !word.starts_with(['-', '/']))
    };
    let target = |word: &&String| named(word).is_some() && !word.starts_with('-');
    let attacked = words.iter().filter(target).any(|word| {
        let host = named(word).unwrap_or_default();
        let far = hosts::is_far(&host) && is_others(&host);
        let wide = net(word).is_some_and(|bits| bits < 31);
        is_others(&host) && tries || far && (wide || all_ports) || net(word).is_some_and(|bits| bits <= 16) && all_ports
    });
    let listed =
        words.iter().any(|word| word == "-iL" || word == "-iR") && (tries || words.iter().any(|word| word == "-iR"));
    if attacked || listed {
        machine.act(Kind::NetAttack, words.join(" "));
    }
}

fn packets(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let floods = call.args.iter().any(|arg| matches!(arg.shown().as_str(), "--flood" | "--faster" | "--rand-source"));
    if floods && hosts_of(machine, call, state).iter().any(|host| is_others(host)) {
        machine.act(Kind::NetAttack, "packets");
    }
}

/// So many requests are a look, whoever is asked.
const FEW: u64 = 200;

fn load(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec(
            "ncidrtuel",
            &["requests=", "iterations=", "rate=", "vus=", "duration=", "env=", "host=", "target=", "amount="],
        ),
    );
    if only_tells(call) || is_small(&options) {
        return;
    }
    let hosts = hosts_of(machine, call, state);
    if let Some(host) = hosts.iter().find(|host| (hosts::is_far(host) || is_production(host)) && is_others(host)) {
        machine.act(Kind::NetAttack, host.as_str());
    }
}

/// Whether a call says how few requests it makes.
fn is_small(options: &Options) -> bool {
    let number = |names: &[&str]| options.value(names).and_then(|value| value.shown().parse::<u64>().ok());
    number(&["n", "requests", "iterations", "i", "amount"]).is_some_and(|count| count <= FEW)
        || number(&["rate"]).is_some_and(|rate| rate <= 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_in_a_word() {
        for (word, expected) in [
            ("https://www.rival.example/a", Some("www.rival.example")),
            ("BASE_URL=https://shop.example", Some("shop.example")),
            ("ssh://203.0.113.17", Some("203.0.113.17")),
            ("ACME/svc:pw!@dc01.acme.example", Some("dc01.acme.example")),
            ("203.0.113.0/24", Some("203.0.113.0")),
            ("mail.rival.example", Some("mail.rival.example")),
            ("users.txt", None),
            ("./load/test.js", None),
            ("1.5", None),
            ("-oA", None),
        ] {
            assert_eq!(named(word).as_deref(), expected, "{word}");
        }
    }
}

//! Addresses of other machines: the host in a URL, and which hosts are special, however they are written.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::lists::{is, parts};
use crate::mcp::names::is_mixed;

/// The scheme of a URL; `None` where it has none.
pub fn scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let has_authority = rest.starts_with("//");
    // `localhost:8080`, `x.example:443` and `x.example/a:b` have none.
    let is_port = rest.starts_with(|first: char| first.is_ascii_digit()) && !scheme.eq_ignore_ascii_case("data");
    (is_scheme && !is_port && (has_authority || !scheme.contains('.'))).then_some(scheme)
}

/// The host of a URL, or of what a program takes for one, as it is written there.
pub fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or_default();
    if rest.starts_with('[') {
        return rest.split(']').next().unwrap_or_default().trim_start_matches('[').to_owned();
    }
    rest.split(':').next().unwrap_or_default().to_owned()
}

/// Whether a URL of the web is of another host than whoever reads it believes: a host's name stands where the user's stands
/// (`https://github.com@x.example/`), or the name has letters that are taken for others.
pub fn is_disguised(url: &str) -> bool {
    const ENDS: &str = "com|org|net|io|gov|edu|app|cloud|example";
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if !is(scheme, "http|https|ws|wss") {
        return false;
    }
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user.split(':').next().unwrap_or_default());
    // Some sign in by an address of mail.
    let is_host = !user.contains(['%', '@']) && user.rsplit_once('.').is_some_and(|(_, end)| is(end, ENDS));
    is_host || !authority.is_ascii() && authority.split(['.', '-', '@']).any(is_mixed)
}

/// The host of the address that a text begins with.
pub fn first(text: &str) -> String {
    let end = text.find(|char: char| char.is_whitespace() || "\"'`<>)".contains(char)).unwrap_or(text.len());
    host(&text[..end])
}

/// [`first`], where it is another machine's: of one that runs beside the program, as in a set of
/// containers, the name has no dot.
pub fn elsewhere(text: &str) -> Option<String> {
    let host = first(text);
    (host.contains('.') && !is_local(&host)).then_some(host)
}

/// A part of a URL without its percent signs.
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high << 4 | low).unwrap_or_default());
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether an address of a cloud's own machines tells no more than what and where this one is.
pub fn tells_of_place(url: &str) -> bool {
    const PLACES: &str = "instance-type|instance-id|instance-life-cycle|ami-id|machine-type|hostname|local-hostname|\
        local-ipv4|public-ipv4|zone|region|availability-zone|mac";
    let way = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    way.rsplit_once('/').is_some_and(|(_, last)| is(last, PLACES))
}

/// Whether a host is the metadata service of a cloud, in any way of writing its address: from there a cloud's machines get
/// their own keys.
pub fn is_metadata(host: &str) -> bool {
    const ADDRESSES: [Ipv4Addr; 4] = [
        Ipv4Addr::new(169, 254, 169, 254),
        Ipv4Addr::new(169, 254, 170, 2),
        Ipv4Addr::new(169, 254, 169, 253),
        Ipv4Addr::new(100, 100, 100, 200),
    ];
    const IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match address(host) {
        Some(IpAddr::V4(address)) => ADDRESSES.contains(&address),
        Some(IpAddr::V6(address)) => address == IPV6,
        None => matches!(
            host.trim_end_matches('.').to_ascii_lowercase().as_str(),
            "metadata.google.internal" | "metadata" | "metadata.goog" | "instance-data" | "instance-data.ec2.internal"
        ),
    }
}

/// Services that show whoever made an address of theirs all that is sent there.
const CATCHERS: &str = "oast.fun|oast.pro|oast.live|oast.site|oast.online|oast.me|oastify.com|interact.sh|\
    interactsh.com|burpcollaborator.net|webhook.site|requestbin.com|requestbin.net|requestbin.io|requestcatcher.com|\
    pipedream.net|beeceptor.com|hookbin.com|postb.in|ptsv2.com|ptsv3.com|dnslog.cn|ceye.io|canarytokens.com|\
    requestrepo.com|webhook.cool|typedwebhook.tools|mockbin.org|xss.ht|bxss.me|r87.me";

/// Services whose addresses lead to whoever asked for one, and the best known of those that keep what is sent to them.
const LEADING: &str = "ngrok.io|ngrok.app|ngrok-free.app|ngrok-free.dev|ngrok.dev|trycloudflare.com|loca.lt|\
    localtunnel.me|serveo.net|localhost.run|lhr.life|pinggy.link|bore.pub|tunnelmole.net|transfer.sh|file.io|0x0.st|\
    temp.sh|oshi.at|termbin.com|ix.io|dpaste.org";

/// Whether a host is one of a service that shows whoever made an address of it all that is sent there, or leads to whoever asked for
/// one: what is opened there is meant for somebody.
pub fn is_catcher(url: &str) -> bool {
    is_made_at(url, CATCHERS) || is_made_at(url, LEADING)
}

/// Whether a host is one of a service that only shows what is sent to it: nobody has another use for it.
pub fn is_listener(url: &str) -> bool {
    is_made_at(url, CATCHERS)
}

/// Whether a URL is an address that somebody made at one of these services, not the service's own page.
fn is_made_at(url: &str, services: &str) -> bool {
    let host = host(url);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let made = rest.split_once(['/', '?']).is_some_and(|(_, path)| !path.is_empty());
    belongs(&host, services).is_some_and(|own| made || own.len() < host.trim_end_matches('.').len())
}

/// The one of these domains that a host is of.
pub(super) fn belongs<'d>(host: &str, domains: &'d str) -> Option<&'d str> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_of = |own: &str| host.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    parts(domains).find(|own| is_of(own))
}

/// Whether a host is one of a service that keeps what anybody sends there, for whoever has the link.
pub fn is_drop(host: &str) -> bool {
    const DROPS: &str = "0x0.st|anonfiles.com|bashupload.com|bayfiles.com|catbox.moe|clbin.com|controlc.com|cl1p.net|\
        dpaste.com|dpaste.org|envs.sh|file.io|fileditch.com|filebin.net|free.keep.sh|ghostbin.com|gofile.io|\
        hastebin.com|ix.io|keep.sh|krakenfiles.com|litterbox.catbox.moe|mclo.gs|oshi.at|p.ip.fi|paste.c-net.org|\
        paste.debian.net|paste.ee|paste.gg|paste.mozilla.org|paste.rs|paste.sh|paste.ubuntu.com|pastebin.com|\
        paste2.org|pixeldrain.com|pomf.lain.la|privatebin.net|qu.ax|rentry.co|rentry.org|send.vis.ee|sendspace.com|\
        sprunge.us|t.bk.tn|temp.sh|termbin.com|tmp.ninja|tmpfiles.org|transfer.archivete.am|transfer.sh|\
        tmpstorage.org|ufile.io|uguu.se|upload.ee|uploadfiles.io|w3t.io|wetransfer.com|workupload.com|wormhole.app|\
        x0.at";
    belongs(host, DROPS).is_some()
}

/// Whether a host is one of a service that carries messages to people.
pub fn is_messenger(host: &str) -> bool {
    const MESSENGERS: &str = "api.brevo.com|api.elasticemail.com|api.mailersend.com|api.mailgun.net|\
        api.eu.mailgun.net|api.mailjet.com|api.messagebird.com|api.onesignal.com|onesignal.com|api.plivo.com|\
        api.postmarkapp.com|api.resend.com|api.sendgrid.com|api.sparkpost.com|api.twilio.com|api.vonage.com|\
        rest.nexmo.com|fcm.googleapis.com|graph.facebook.com|mandrillapp.com";
    belongs(host, MESSENGERS).is_some()
}

/// Whether a host is the bare address of a machine in the open network: no name that a person or an organisation gave it.
pub fn is_bare_address(host: &str) -> bool {
    match address(host) {
        Some(IpAddr::V4(address)) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && (64..128).contains(&second);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || shared)
        }
        Some(IpAddr::V6(address)) => {
            !(address.is_loopback()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_unspecified())
        }
        None => false,
    }
}

/// Ends of the names that machines have within a network.
const NEAR: &str = "local|lan|internal|intra|intranet|home|corp|localdomain|arpa|ts.net";

/// Whether a host is another machine within a network: by its address, by the end of its name, or by a name without a dot.
pub fn is_inner(host: &str) -> bool {
    const OF_SERVICES: &str = "svc|consul|cluster";
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if address(&name).is_some() {
        return !is_bare_address(&name) && !is_local(&name);
    }
    !name.is_empty()
        && (!name.contains('.') || belongs(&name, NEAR).is_some() || belongs(&name, OF_SERVICES).is_some())
        && !is_local(&name)
}

/// Whether a host is named as machines of the open network are: not by a word of the person's own settings, nor as those of a
/// house, nor as one for backups.
pub fn is_far(host: &str) -> bool {
    const KEEPERS: &str = "backup|backups|bak|nas|archive|storage|borg";
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if address(&name).is_some() {
        return is_bare_address(&name);
    }
    let keeps = name.split(['.', '-']).any(|part| is(part.trim_end_matches(|c: char| c.is_ascii_digit()), KEEPERS));
    name.contains('.') && !keeps && belongs(&name, NEAR).is_none()
}

/// Whether a host is this machine itself.
pub fn is_local(host: &str) -> bool {
    match address(host) {
        Some(address) => address.is_loopback() || address.is_unspecified(),
        None => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            matches!(name.as_str(), "localhost" | "host.docker.internal") || name.ends_with(".localhost")
        }
    }
}

/// The address within a name of the services that give every address a name (`app.10.0.0.1.nip.io`, `10-0-0-1.sslip.io`); any
/// other host as it is.
fn named_address(host: &str) -> Cow<'_, str> {
    let lower = host.to_ascii_lowercase();
    let services = [".nip.io", ".sslip.io", ".xip.io", ".traefik.me"];
    let Some(name) = services.iter().find_map(|end| lower.strip_suffix(end)) else { return Cow::Borrowed(host) };
    let dotted = name.replace('-', ".");
    let parts: Vec<&str> = dotted.split('.').collect();
    Cow::Owned(parts[parts.len().saturating_sub(4)..].join("."))
}

/// The address that a host is, in the ways in which resolvers read numbers: `169.254.169.254`, `2852039166`,
/// `0xa9.0376.43518`, `::ffff:a9fe:a9fe`.
fn address(host: &str) -> Option<IpAddr> {
    let host = named_address(host.trim_end_matches('.'));
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4));
    }
    let numbers: Option<Vec<u32>> = host.split('.').take(5).map(number).collect();
    let numbers = numbers?;
    let (last, first) = numbers.split_last().filter(|(_, first)| first.len() < 4)?;
    let mut whole = 0u64;
    for byte in first {
        whole = whole << 8 | u64::from(u8::try_from(*byte).ok()?);
    }
    let rest = 8 * (4 - first.len());
    (u64::from(*last) < 1 << rest).then_some(())?;
    let whole = u32::try_from(whole << rest | u64::from(*last)).ok()?;
    Some(IpAddr::V4(Ipv4Addr::from_bits(whole)))
}

/// A part of an address: decimal, octal or hexadecimal.
fn number(part: &str) -> Option<u32> {
    let lower = part.to_ascii_lowercase();
    match lower.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if lower.len() > 1 && lower.starts_with('0') => u32::from_str_radix(&lower, 8).ok(),
        None => lower.parse().ok().filter(|_| lower.bytes().all(|byte| byte.is_ascii_digit())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_and_known_however_it_is_written() {
        for (url, expected, metadata, local) in [
            ("https://x.example/a?b#c", "x.example", false, false),
            ("http://me:pw@x.example:8080", "x.example", false, false),
            ("http://x.example@169.254.169.254/latest", "169.254.169.254", true, false),
            ("http://2852039166/", "2852039166", true, false),
            ("http://0xa9fea9fe/", "0xa9fea9fe", true, false),
            ("http://0xA9.0376.43518/", "0xA9.0376.43518", true, false),
            ("http://[::ffff:169.254.169.254]/", "::ffff:169.254.169.254", true, false),
            ("http://[fd00:ec2::254]/", "fd00:ec2::254", true, false),
            ("http://Metadata.Google.Internal./", "Metadata.Google.Internal.", true, false),
            ("http://169.254.169.25/", "169.254.169.25", false, false),
            ("http://169.254.169.254.nip.io/", "169.254.169.254.nip.io", true, false),
            ("http://a-169-254-169-254.sslip.io/", "a-169-254-169-254.sslip.io", true, false),
            ("http://app.10.0.0.1.nip.io/", "app.10.0.0.1.nip.io", false, false),
            ("http://nip.io/", "nip.io", false, false),
            ("http://localhost:3000/x", "localhost", false, true),
            ("http://127.1/", "127.1", false, true),
            ("http://[::1]:8080/", "::1", false, true),
            ("http://app.localhost", "app.localhost", false, true),
            ("127.example.com", "127.example.com", false, false),
            ("", "", false, false),
        ] {
            let host = host(url);
            assert_eq!((host.as_str(), is_metadata(&host), is_local(&host)), (expected, metadata, local), "{url}");
        }
    }

    #[test]
    fn whose_a_host_is_shows_in_its_name() {
        for (host, far, bare, drop) in [
            ("198.51.100.20", true, true, false),
            ("3325256724", true, true, false),
            ("10.0.0.4", false, false, false),
            ("192.168.1.4", false, false, false),
            ("100.101.4.4", false, false, false),
            ("fd00::1", false, false, false),
            ("2001:db8::1", true, true, false),
            ("backup", false, false, false),
            ("backup.x.example", false, false, false),
            ("nas2.lan", false, false, false),
            ("db.corp", false, false, false),
            ("files.x.example", true, false, false),
            ("store1.gofile.io", true, false, true),
            ("0x0.st", true, false, true),
            ("notfile.io", true, false, false),
        ] {
            assert_eq!((is_far(host), is_bare_address(host), is_drop(host)), (far, bare, drop), "{host}");
        }
    }

    #[test]
    fn a_scheme_is_no_port() {
        for (url, expected) in [
            ("https://x", Some("https")),
            ("data:text/html,x", Some("data")),
            ("file:/etc/passwd", Some("file")),
            ("localhost:8080/x", None),
            ("x.example:443", None),
            ("x.example/a:b", None),
            ("x.example", None),
        ] {
            assert_eq!(scheme(url), expected, "{url}");
        }
    }
}

//! Where the server itself may connect to: the care taken with every URL that somebody configures.
//!
//! A server reaches what a person at a desk does not: the metadata service of a cloud, which hands out credentials to
//! whoever asks from within, and what listens on loopback. So a name is looked up and every address it has is judged
//! before anything is sent; a name that leads to such a place leads nowhere. Loopback is reached only by a URL that
//! says so itself. Redirects are answers, never followed, and no proxy of the environment is used: its lookups could
//! not be judged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Addresses, beside those of whole ranges, at which clouds answer whoever asks from within: Alibaba's and Oracle's
/// metadata services, Azure's wire server, Amazon's metadata service by IPv6.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
];

/// Why a URL is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(&'static str);

/// A URL that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) url: String,
    /// Whether it names this machine itself.
    loopback: bool,
}

impl Target {
    /// A URL to connect to.
    ///
    /// # Errors
    /// For what is no `http:` or `https:` URL; for one with a password in it, which would be shown in places; for a
    /// forbidden address; and for `http:` beyond this machine and its private network, where all can read along.
    pub(crate) fn new(url: &str) -> Result<Self, BadUrl> {
        let uri: Uri = url.trim().parse().map_err(|_| BadUrl("it is no URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(BadUrl("it is no URL; begin it with https://"));
        };
        if authority.as_str().contains('@') {
            return Err(BadUrl("it holds a user or a password; leave them out"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        let loopback = match address {
            Some(ip) => ip.to_canonical().is_loopback(),
            None => host == "localhost" || host.ends_with(".localhost"),
        };
        if address.is_some_and(|ip| !permitted(ip, loopback)) {
            return Err(BadUrl("it names an address that the server never connects to"));
        }
        match scheme {
            "https" => {}
            "http" if loopback || address.is_some_and(is_private) => {}
            "http" => return Err(BadUrl("what is sent could be read on the way; use https://")),
            _ => return Err(BadUrl("it is no URL of the web; begin it with https://")),
        }
        Ok(Self { url: url.trim().to_owned(), loopback })
    }

    /// A client that connects to this target alone, answers within `timeout` in all, and turns no status into an error.
    pub(crate) fn client(&self, timeout: Duration) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .max_idle_connections(0)
            .user_agent(concat!("hookrail/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(timeout))
            .build();
        ureq::Agent::with_parts(config, DefaultConnector::default(), Careful { loopback: self.loopback })
    }
}

/// Looks names up and forgets the addresses that are not permitted.
#[derive(Debug)]
struct Careful {
    loopback: bool,
}

impl Resolver for Careful {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        let good = |address: &&SocketAddr| permitted(address.ip(), self.loopback);
        found.iter().filter(good).for_each(|address| kept.push(*address));
        if kept.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(kept) }
    }
}

/// Whether the server may connect to an address; of loopback, only where the URL names loopback itself.
fn permitted(ip: IpAddr, loopback: bool) -> bool {
    let ip = ip.to_canonical();
    if loopback || ip.is_loopback() {
        return loopback && ip.is_loopback();
    }
    let reserved = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast() || ip.octets()[0] == 0 || ip.octets()[0] >= 240,
        IpAddr::V6(ip) => ip.is_unicast_link_local() || within(ip).is_some_and(|ip| !permitted(ip.into(), false)),
    };
    !(reserved || ip.is_unspecified() || ip.is_multicast() || METADATA.contains(&ip))
}

/// The IPv4 address an IPv6 address stands for: those of NAT64, of 6to4, and the old compatible ones.
fn within(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let part = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(part(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if ip != Ipv6Addr::LOCALHOST => Some(part(high, low)),
        [0x2002, high, low, ..] => Some(part(high, low)),
        _ => None,
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_is_judged_before_it_is_used() {
        for (url, good) in [
            ("https://api.example.com/v1", true),
            ("http://127.0.0.1:8080/v1", true),
            ("http://localhost:8080", true),
            ("http://models.localhost/v1", true),
            ("http://[::1]:8080", true),
            ("http://10.1.2.3:8000/v1", true),
            ("http://[fd12::1]/v1", true),
            ("https://192.168.1.5/v1", true),
            ("http://api.example.com/v1", false),
            ("http://8.8.8.8/v1", false),
            ("https://me:secret@api.example.com/", false),
            ("ftp://api.example.com", false),
            ("api.example.com/v1", false),
            ("/v1", false),
            ("", false),
            ("https://", false),
            ("https://169.254.169.254/latest/meta-data", false),
            ("http://169.254.169.254/latest/meta-data", false),
            ("https://100.100.100.200/", false),
            ("https://168.63.129.16/", false),
            ("https://[fd00:ec2::254]/", false),
            ("https://[fe80::1]/", false),
            ("https://[::ffff:169.254.169.254]/", false),
            ("https://[64:ff9b::a9fe:a9fe]/", false),
            ("https://[2002:a9fe:a9fe::1]/", false),
            ("https://[::a9fe:a9fe]/", false),
            ("https://0.0.0.0/", false),
            ("https://[::]/", false),
            ("https://255.255.255.255/", false),
            ("https://224.0.0.1/", false),
        ] {
            assert_eq!(Target::new(url).is_ok(), good, "{url}");
        }
    }

    #[test]
    fn a_name_leads_to_loopback_only_where_the_url_says_so() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for (address, plain, local) in [
            ("127.0.0.1", false, true),
            ("::1", false, true),
            ("::ffff:127.0.0.1", false, true),
            ("64:ff9b::7f00:1", false, false),
            ("10.0.0.1", true, false),
            ("93.184.216.34", true, false),
            ("2606:2800:220:1::1", true, false),
            ("169.254.1.1", false, false),
        ] {
            assert_eq!((permitted(ip(address), false), permitted(ip(address), true)), (plain, local), "{address}");
        }
    }
}

//! Which addresses an outbound request may reach. Pure: no name is looked up here.
//!
//! Tenants choose where their webhooks and adapters live, so a request could be aimed at our own network. Public addresses are allowed,
//! everything else only by the operator's [`AllowList`]. The check runs on literal addresses when a call is made and, inside the resolver,
//! on the very addresses that are dialled: a name that changes its mind in between gains nothing.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use thiserror::Error;
use url::{Host, Origin, Url};

/// Ports of 1024 and above that speak something else than HTTP and may obey a stray request.
const SERVICE_PORTS: [u16; 27] = [
    1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4222, 5432, 5672, 5900, 5984, 6000, 6379, 6443, 6667, 9042, 9092, 9200,
    9300, 10250, 10255, 11211, 27017,
];

/// Why a URL is not called. The same word for every forbidden address, so that nobody maps our network by it.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum UrlError {
    /// Not a URL with a host, or with characters that parsers read differently.
    #[error("the address is not a valid url")]
    Malformed,
    /// Neither http nor https.
    #[error("the address must begin with http:// or https://")]
    Scheme,
    /// A name or password before the host.
    #[error("the address must not hold a name or password")]
    Userinfo,
    /// A port of another service.
    #[error("the port of the address is not allowed")]
    Port,
    /// An address outside the public internet that the operator did not allow.
    #[error("the address is not allowed")]
    Blocked,
}

/// What may be reached besides the public internet.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    nets: Vec<IpNet>,
    origins: Vec<Origin>,
}

/// How a checked URL may be dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trust {
    /// The operator set this origin: whatever its name resolves to.
    Operator,
    /// Addresses are filtered.
    Filtered,
}

impl AllowList {
    /// Makes a list of networks (`RECADO_OUTBOUND_ALLOW`) and of the exact origins (scheme, host, port) of operator-set base URLs.
    #[must_use]
    pub fn new(nets: Vec<IpNet>, operator_urls: &[Url]) -> Self {
        Self { nets, origins: operator_urls.iter().map(Url::origin).filter(Origin::is_tuple).collect() }
    }

    /// Returns true if `ip` may be dialled for a tenant.
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        let canonical = ip.to_canonical();
        is_public(canonical) || self.nets.iter().any(|net| net.contains(&canonical))
    }

    /// Parses and checks a URL as it is written; names are checked again when they are resolved.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn check_url(&self, raw: &str) -> Result<(Url, Trust), UrlError> {
        if raw.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace()) {
            return Err(UrlError::Malformed);
        }
        let Ok(url) = Url::parse(raw) else {
            return Err(UrlError::Malformed);
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Userinfo);
        }
        if self.origins.contains(&url.origin()) {
            return Ok((url, Trust::Operator));
        }
        if !url.port_or_known_default().is_some_and(port_allowed) {
            return Err(UrlError::Port);
        }
        let allowed = match url.host() {
            Some(Host::Ipv4(ip)) => self.allows(ip.into()),
            Some(Host::Ipv6(ip)) => self.allows(ip.into()),
            Some(Host::Domain(name)) => !name.is_empty(),
            None => return Err(UrlError::Malformed),
        };
        if allowed { Ok((url, Trust::Filtered)) } else { Err(UrlError::Blocked) }
    }
}

/// Returns true for addresses of the public internet; IPv4 inside IPv6 counts as IPv4.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18);
    !special
}

/// Only 2000::/3 is handed out for global use; inside it 2001::/23 (Teredo, benchmarking, ORCHID), documentation and 6to4 are not.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b & 0xf000 == 0);
    a & 0xe000 == 0x2000 && !special
}

/// Returns true if what is sent to a URL stays readable for those between only where nobody else is: it goes over TLS, or inside a network
/// that is not the public one: to a literal address there, or to a name without a dot.
#[must_use]
pub fn is_private_way(url: &Url) -> bool {
    let inside = match url.host() {
        Some(Host::Domain(name)) => !name.trim_end_matches('.').contains('.'),
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        None => false,
    };
    url.scheme() == "https" || inside
}

fn port_allowed(port: u16) -> bool {
    matches!(port, 80 | 443) || (port >= 1024 && !SERVICE_PORTS.contains(&port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &AllowList, raw: &str) -> Result<Trust, UrlError> {
        list.check_url(raw).map(|(_, trust)| trust)
    }

    #[test]
    fn every_block_of_the_list_is_refused_at_both_ends() {
        for ip in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.255",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn neighbours_of_the_blocks_are_public() {
        for ip in [
            "1.0.0.0",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.88.98.1",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "3ffe::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn literal_private_addresses_are_refused_however_they_are_written() {
        let list = AllowList::default();
        for host in [
            "127.0.0.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "0",
            "127.1",
            "[::1]",
            "[::ffff:7f00:1]",
            "[::7f00:1]",
            "[fec0::1]",
            "[64:ff9b::808:808]",
            "[2002:7f00:1::]",
            "169.254.169.254",
            "10.1.2.3",
            "100.64.0.1",
            "１２７.0.0.1",
        ] {
            assert_eq!(check(&list, &format!("http://{host}/")), Err(UrlError::Blocked), "{host}");
        }
        for host in ["8.8.8.8", "[2606:4700::1111]", "example.com", "localhost"] {
            assert_eq!(check(&list, &format!("https://{host}/x?y#z")), Ok(Trust::Filtered), "{host}");
        }
    }

    #[test]
    fn userinfo_other_schemes_and_tricks_of_parsers_are_refused() {
        let list = AllowList::default();
        assert_eq!(check(&list, "http://a@127.0.0.1#@b/"), Err(UrlError::Userinfo));
        assert_eq!(check(&list, "https://user:pass@example.com/"), Err(UrlError::Userinfo));
        assert_eq!(check(&list, "https://:pass@example.com/"), Err(UrlError::Userinfo));
        for raw in
            ["https://example.com\\@127.0.0.1/", "https://exam\tple.com/", "https://example.com/\n", " https://example.com/", "", "x"]
        {
            assert_eq!(check(&list, raw), Err(UrlError::Malformed), "{raw}");
        }
        for raw in ["file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "data:,x"] {
            assert_eq!(check(&list, raw), Err(UrlError::Scheme), "{raw}");
        }
    }

    #[test]
    fn ports_of_other_services_are_refused() {
        let list = AllowList::default();
        for port in [0, 22, 25, 81, 445, 1023, 2375, 5432, 6379, 11211, 27017] {
            assert_eq!(check(&list, &format!("http://example.com:{port}/")), Err(UrlError::Port), "{port}");
        }
        for port in [80, 443, 8443, 1024, 8080, 65535] {
            assert!(check(&list, &format!("http://example.com:{port}/")).is_ok(), "{port}");
        }
    }

    #[test]
    fn allowed_networks_open_and_no_more() {
        let list = AllowList::new(vec!["127.0.0.0/8".parse().unwrap(), "fd00:1::/32".parse().unwrap()], &[]);
        assert_eq!(check(&list, "http://127.0.0.1:8080/"), Ok(Trust::Filtered));
        assert_eq!(check(&list, "http://[::ffff:7f00:1]:8080/"), Ok(Trust::Filtered));
        assert_eq!(check(&list, "http://[fd00:1::2]/"), Ok(Trust::Filtered));
        assert_eq!(check(&list, "http://[fd00:2::2]/"), Err(UrlError::Blocked));
        assert_eq!(check(&list, "http://10.0.0.1/"), Err(UrlError::Blocked));
        assert_eq!(check(&list, "http://127.0.0.1:6379/"), Err(UrlError::Port));
    }

    #[test]
    fn an_operators_origin_is_exact() {
        let list = AllowList::new(vec![], &[Url::parse("http://127.0.0.1:6000/v1").unwrap()]);
        assert_eq!(check(&list, "http://127.0.0.1:6000/other"), Ok(Trust::Operator));
        assert_eq!(check(&list, "http://127.0.0.1:8001/v1"), Err(UrlError::Blocked));
        assert_eq!(check(&list, "https://127.0.0.1:6000/v1"), Err(UrlError::Port));
        assert_eq!(check(&list, "http://x@127.0.0.1:6000/v1"), Err(UrlError::Userinfo));
    }
}

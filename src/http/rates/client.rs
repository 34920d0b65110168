//! Where a request comes from: the peer of the connection, or what the operator's own proxies say of it. Pure.
//!
//! Believes nobody but the proxies that are configured: everything to the left of the first stranger in `X-Forwarded-For` may be made up.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Most hops that are looked at.
const MOST_HOPS: usize = 32;

/// Returns the client's address: the right-most hop that is none of ours.
///
/// `forwarded` holds the values of the header in their order. Where a hop cannot be read, the proxy that told it stands for the client.
pub fn client_address<'a>(peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    let hops = forwarded.rev().flat_map(|value| value.rsplit(','));
    for hop in hops.take(MOST_HOPS) {
        if !trusted.iter().any(|network| network.contains(&client)) {
            break;
        }
        match read(hop.trim()) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

/// Reads a hop: an address, perhaps with a port, in brackets where it is one of IPv6.
fn read(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours() -> Vec<IpNet> {
        vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]
    }

    fn client(peer: &str, forwarded: &[&str]) -> String {
        client_address(peer.parse().unwrap(), forwarded.iter().copied(), &ours()).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", &[]), "203.0.113.9");
        assert_eq!(client("::ffff:203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn behind_our_proxies_the_first_stranger_from_the_right_is_the_client() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.2.2.2"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1", "198.51.100.1 , 10.2.2.2"]), "198.51.100.1");
        assert_eq!(client("fd00::1", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["198.51.100.1:5555"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["10.0.0.7"]), "10.0.0.7");
    }

    #[test]
    fn what_cannot_be_read_is_no_client() {
        for garbage in ["", "unknown", "_hidden", "1.2.3.4.5", "::1::", "198.51.100.1,"] {
            assert_eq!(client("10.0.0.1", &[garbage]), "10.0.0.1", "{garbage}");
        }
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
            any::<u128>().prop_map(|bits| IpAddr::V6(bits.into())),
            (0_u32..1 << 24).prop_map(|bits| IpAddr::V4((0x0a00_0000 | bits).into()))
        ]
    }

    proptest! {
        #[test]
        fn whatever_a_client_writes_itself_does_not_move_its_address(
            made_up in proptest::collection::vec("[ -~]{0,40}", 0..4),
            real in any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
            proxies in proptest::collection::vec((0_u32..1 << 24).prop_map(|bits| IpAddr::V4((0x0a00_0000 | bits).into())), 1..4),
        ) {
            prop_assume!(!ours().iter().any(|network| network.contains(&real)));
            // Each of our proxies appends whom it saw; the last one is the peer.
            let mut hops = made_up;
            hops.push(real.to_string());
            hops.extend(proxies.iter().skip(1).map(ToString::to_string));
            let header = hops.join(", ");
            let found = client_address(proxies[0], std::iter::once(header.as_str()), &ours());
            prop_assert_eq!(found, real);
        }

        #[test]
        fn without_proxies_of_ours_only_the_peer_counts(peer in address(), header in "[ -~]{0,80}") {
            prop_assert_eq!(client_address(peer, std::iter::once(header.as_str()), &[]), peer.to_canonical());
        }
    }
}

//! Where webhooks may go: nowhere inside the operator's own network, unless the operator named that network. Decided when the connection
//! is made, from the addresses that the name has then: what was checked before and changes meanwhile would open the door.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A network that the operator allows webhooks to reach, such as `10.20.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// Why a text names no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a network such as 10.20.0.0/16 or fd00::/8, with no bits set behind the prefix")]
pub struct NetworkError;

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (base, bits) = text.split_once('/').ok_or(NetworkError)?;
        let (base, bits) = (base.parse().map_err(|_| NetworkError)?, bits.parse().map_err(|_| NetworkError)?);
        let network = Self { base, bits };
        let (value, width) = bits_of(base);
        let is_good = bits <= width && value & !mask(bits, width) == 0;
        if is_good { Ok(network) } else { Err(NetworkError) }
    }
}

impl Network {
    /// True for an address inside.
    pub fn holds(&self, address: IpAddr) -> bool {
        let ((base, width), (value, other)) = (bits_of(self.base), bits_of(address));
        width == other && value & mask(self.bits, width) == base
    }
}

fn bits_of(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

/// The first `bits` of `width`.
fn mask(bits: u8, width: u8) -> u128 {
    let all = if width == 128 { u128::MAX } else { (1 << width) - 1 };
    let behind = u32::from(width - bits);
    if behind >= 128 { 0 } else { (all >> behind) << behind }
}

/// What webhooks may reach.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Arc<[Network]>,
}

impl Guard {
    /// The public internet, and these networks.
    pub fn allowing(networks: Vec<Network>) -> Self {
        Self { allowed: networks.into() }
    }

    /// True for an address in a network that the operator named.
    pub(super) fn is_named(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.holds(address.to_canonical()))
    }

    /// True for an address that webhooks may reach.
    pub(super) fn lets_out(&self, address: IpAddr) -> bool {
        self.is_named(address) || is_public(address.to_canonical())
    }
}

/// Resolves names, and gives none of their addresses unless every one may be reached.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            if found.iter().all(|address| guard.lets_out(address.ip())) {
                return Ok(Box::new(found.into_iter()) as Addrs);
            }
            Err("the name leads into a network that webhooks must not reach".into())
        })
    }
}

/// True for addresses of the public internet (registries of special-purpose addresses: IANA, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        // This network, private, shared, loopback, link-local.
        (0 | 10 | 127, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) | (169, 254, _)
            // Protocols, documentation, 6to4 relays, benchmarks.
            | (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113)
            // Multicast, reserved, broadcast.
            | (224..=255, ..)
    );
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Global unicast alone, without what carries other addresses in it (Teredo, 6to4) and documentation.
    let is_special =
        matches!((first, second), (0x2001, 0..=0x01ff | 0x0db8) | (0x2002, _) | (0x3fff, 0..=0x0fff));
    first & 0xe000 == 0x2000 && !is_special
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for inside in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "192.88.99.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
            "3fff::1",
        ] {
            assert!(!Guard::default().lets_out(inside.parse().unwrap()), "{inside}");
        }
        for outside in
            ["8.8.8.8", "172.32.0.1", "172.15.0.1", "100.128.0.1", "2400:3200::1", "2606:4700::1111"]
        {
            assert!(Guard::default().lets_out(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn what_the_operator_names_is_let_out_and_nothing_beside() {
        let guard = Guard::allowing(vec!["10.20.0.0/16".parse().unwrap(), "fd00:1::/32".parse().unwrap()]);
        for (address, is_out) in [
            ("10.20.255.1", true),
            ("::ffff:10.20.0.1", true),
            ("10.21.0.1", false),
            ("fd00:1::9", true),
            ("fd00:2::9", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(guard.lets_out(address.parse().unwrap()), is_out, "{address}");
        }
        for (text, holds) in [("0.0.0.0/0", "9.9.9.9"), ("9.9.9.9/32", "9.9.9.9"), ("::/0", "::1")] {
            assert!(text.parse::<Network>().unwrap().holds(holds.parse().unwrap()), "{text}");
        }
        for bad in
            ["10.0.0.1", "10.0.0.1/8", "10.0.0.0/33", "fd00::/129", "x/8", "10.0.0.0/", "/8", "10.0.0.0/-1"]
        {
            assert_eq!(bad.parse::<Network>(), Err(NetworkError), "{bad}");
        }
    }
}

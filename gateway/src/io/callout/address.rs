//! Which addresses a call-out may lead to, unless it is configured to lead inside.
//!
//! A URL is written by whoever configures the cluster, its name is resolved by somebody else: so
//! the addresses are looked at when a connection is made, of each name and each time. Whoever
//! changes what a name resolves to reaches nothing by it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A name leads to the inner network, be it by one of several addresses.
#[derive(Debug, thiserror::Error)]
#[error(
    "{name} leads to {address}, an internal address: set `inner = true` in the call-out if that is \
     intended"
)]
pub(super) struct InnerAddress {
    name: String,
    address: IpAddr,
}

/// Resolves names, but none that leads to the inner network.
#[derive(Debug)]
pub(super) struct Guard;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(outer(name.as_str(), found.collect())?)
        })
    }
}

/// All the addresses, if none is of the inner network.
pub(super) fn outer(name: &str, addresses: Vec<SocketAddr>) -> Result<Addrs, InnerAddress> {
    match addresses.iter().find(|address| is_inner(address.ip())) {
        Some(address) => Err(InnerAddress { name: name.to_owned(), address: address.ip() }),
        None => Ok(Box::new(addresses.into_iter())),
    }
}

/// Whether the host of a URL is an address, not a name, and of the inner network.
pub(super) fn is_inner_literal(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().is_ok_and(is_inner)
}

/// Whether an address is anything but one of the public internet.
pub(super) fn is_inner(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inner_v4(address),
        IpAddr::V6(address) => is_inner_v6(address),
    }
}

/// The special-purpose blocks of RFC 6890 and its registry, and two metadata services of clouds.
fn is_inner_v4(address: Ipv4Addr) -> bool {
    /// Of a cloud's virtual machines: a public address that is only answered inside.
    const WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    match address.octets() {
        [0 | 10 | 127, ..] => true,
        [100, 64..=127, ..] => true,
        [169, 254, ..] => true,
        [172, 16..=31, ..] => true,
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [192, 168, ..] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [224..=255, ..] => true,
        [..] => address == WIRE_SERVER,
    }
}

/// Everything but global unicast (RFC 4291), without its blocks for protocols, examples and 6to4.
/// NAT64 (RFC 6052) is as its IPv4 address is. Mapped addresses are refused, whatever they map.
fn is_inner_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_inner_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        [0x2001, 0..=0x1ff | 0xdb8, ..] => true,
        [0x2002, ..] => true,
        [0x2000..=0x3ffe, ..] => false,
        [0x3fff, 0x1000..=0xffff, ..] => false,
        [..] => true,
    }
}

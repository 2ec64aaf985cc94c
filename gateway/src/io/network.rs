//! A range of addresses, as operators write it: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::net::IpAddr;
use std::str::FromStr;

/// The bits by which a mapped IPv4 address begins, `::ffff:0:0/96`.
const MAPPED_BITS: u32 = 96;

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

/// Why a text is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a range of addresses: write it like 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7")]
pub struct NotANetwork(String);

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Network, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits_max = width(first);
        let bits = bits.unwrap_or(bits_max);
        // Whoever is looked for is never a mapped address, so such a range would have nobody.
        match (bits <= bits_max, first.to_canonical(), bits.checked_sub(MAPPED_BITS)) {
            (false, _, _) => Err(wrong()),
            (true, first @ IpAddr::V4(_), Some(bits)) if bits_max == 128 => {
                Ok(Network { first, bits })
            }
            (true, _, _) => Ok(Network { first, bits }),
        }
    }
}

impl Network {
    /// Whether the address is one of them. An IPv4 address may come as a mapped one.
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let apart = match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                u128::from(u32::from(first) ^ u32::from(address))
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => u128::from(first) ^ u128::from(address),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        // A range of all addresses leaves nothing to compare.
        apart.checked_shr(width(address) - self.bits).unwrap_or(0) == 0
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests;

//! What a proxy says of the client for which it connects: the PROXY protocol, versions 1 and 2, as
//! HAProxy specifies it (`doc/proxy-protocol.txt`). It is the first on a connection, before TLS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proto::limits;

/// The longest line of version 1, with its end (section 2.1).
const LINE_BYTES_MAX: usize = 107;
/// What a header of version 2 begins with (section 2.2).
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The signature, version and command, family, length.
const HEAD_BYTES: usize = 16;

/// What the first bytes of a proxy's connection are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// The header isn't whole yet.
    More,
    /// It is, and this long.
    Whole {
        /// The client's; nothing if the proxy speaks for itself, as in its health checks.
        address: Option<IpAddr>,
        bytes: usize,
    },
    /// No header, or a wrong one.
    Wrong(&'static str),
}

/// Reads a header.
pub(super) fn read(bytes: &[u8]) -> Header {
    let begins = bytes.len().min(SIGNATURE.len());
    if bytes[..begins] == SIGNATURE[..begins] {
        return if bytes.len() < HEAD_BYTES { Header::More } else { binary(bytes) };
    }
    let line = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
    let Some(end) = line.windows(2).position(|two| two == b"\r\n") else {
        let begins = bytes.len().min(6);
        let is_line = bytes[..begins] == b"PROXY "[..begins] && bytes.len() < LINE_BYTES_MAX;
        return if is_line { Header::More } else { Header::Wrong("no PROXY protocol header") };
    };
    match std::str::from_utf8(&line[..end]).ok().and_then(|line| line.strip_prefix("PROXY ")) {
        Some(words) => text(words, end + 2),
        None => Header::Wrong("no PROXY protocol header"),
    }
}

/// Version 1: family, addresses, ports.
fn text(words: &str, bytes: usize) -> Header {
    let wrong = Header::Wrong("a PROXY protocol header whose addresses can't be read");
    let words: Vec<&str> = words.split(' ').collect();
    let (family, source, destination) = match words[..] {
        ["UNKNOWN", ..] => return Header::Whole { address: None, bytes },
        [family, source, destination, from, to]
            if from.parse::<u16>().is_ok() && to.parse::<u16>().is_ok() =>
        {
            (family, source, destination)
        }
        _ => return wrong,
    };
    let v4 = |text: &str| text.parse::<Ipv4Addr>().ok().map(IpAddr::from);
    let v6 = |text: &str| text.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    let (source, destination) = match family {
        "TCP4" => (v4(source), v4(destination)),
        "TCP6" => (v6(source), v6(destination)),
        _ => return wrong,
    };
    match (source, destination) {
        (Some(address), Some(_)) => Header::Whole { address: Some(address), bytes },
        (Some(_) | None, _) => wrong,
    }
}

/// Version 2: a head, addresses in binary, and what the proxy adds, which is passed over.
fn binary(bytes: &[u8]) -> Header {
    let end = HEAD_BYTES + usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
    if end > limits::PROXY_HEADER_BYTES_MAX {
        return Header::Wrong("a PROXY protocol header of more than 1024 bytes");
    }
    let from_client = match bytes[12] {
        0x20 => false,
        0x21 => true,
        _ => return Header::Wrong("a PROXY protocol header of an unknown version or command"),
    };
    let Some(addresses) = bytes.get(HEAD_BYTES..end) else { return Header::More };
    if !from_client || bytes[13] == 0 {
        return Header::Whole { address: None, bytes: end };
    }
    // Source, destination, and their ports, of two bytes each.
    let source = match bytes[13] {
        0x11 if addresses.len() >= 12 => addresses.first_chunk::<4>().copied().map(IpAddr::from),
        0x21 if addresses.len() >= 36 => addresses.first_chunk::<16>().copied().map(IpAddr::from),
        _ => None,
    };
    match source {
        Some(address) => Header::Whole { address: Some(address), bytes: end },
        None => Header::Wrong("a PROXY protocol header that is not for TCP"),
    }
}

#[cfg(test)]
mod tests;

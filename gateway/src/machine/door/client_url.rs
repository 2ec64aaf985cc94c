//! Where clients of a gateway dial it, as its operator writes it: `wss://g1.example:443`.

use std::fmt;
use std::str::FromStr;

use proto::limits;

use crate::machine::delivery::Transport;

/// A way in for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientUrl {
    pub(super) scheme: Scheme,
    /// Host and port.
    pub(super) address: String,
}

/// What is spoken there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Tcp,
    Tls,
    Ws,
    Wss,
}

/// No URL that clients can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not tcp://, tls://, ws:// or wss:// with a host, a port and nothing behind it, like \
     wss://g1.example:443"
)]
pub struct NotAClientUrl(String);

impl Scheme {
    const ALL: [(&str, Scheme); 4] =
        [("tcp", Scheme::Tcp), ("tls", Scheme::Tls), ("ws", Scheme::Ws), ("wss", Scheme::Wss)];

    /// Whether clients of this transport use it. The fallback is at the port of WebSockets.
    pub(super) fn carries(self, transport: Transport) -> bool {
        match self {
            Scheme::Tcp | Scheme::Tls => transport == Transport::Tcp,
            Scheme::Ws | Scheme::Wss => transport != Transport::Tcp,
        }
    }
}

impl ClientUrl {
    /// Whether clients of one transport use both.
    pub fn is_of_same_port(&self, other: &ClientUrl) -> bool {
        [Transport::Tcp, Transport::WebSocket]
            .into_iter()
            .all(|transport| self.scheme.carries(transport) == other.scheme.carries(transport))
    }
}

impl FromStr for ClientUrl {
    type Err = NotAClientUrl;

    fn from_str(text: &str) -> Result<ClientUrl, NotAClientUrl> {
        let read = || {
            let (name, rest) = text.split_once("://")?;
            let (_, scheme) = Scheme::ALL.into_iter().find(|(known, _)| *known == name)?;
            let address = rest.strip_suffix('/').unwrap_or(rest);
            let (host, port) = address.rsplit_once(':')?;
            let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
            let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            let is_host = match inner {
                Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
                None => !host.is_empty() && host.bytes().all(is_of_name),
            };
            (is_port && is_host && text.len() <= limits::DOOR_ADDRESS_BYTES_MAX)
                .then(|| ClientUrl { scheme, address: address.to_owned() })
        };
        read().ok_or_else(|| NotAClientUrl(text.to_owned()))
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

impl fmt::Display for ClientUrl {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Scheme::ALL.into_iter().find(|(_, scheme)| *scheme == self.scheme);
        write!(to, "{}://{}", name.map_or("", |(name, _)| name), self.address)
    }
}

#[cfg(test)]
mod tests;

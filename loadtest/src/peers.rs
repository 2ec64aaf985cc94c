//! The protocols the generator speaks: per server one small codec, driven by one engine.

pub(crate) mod bun;
pub(crate) mod centrifugo;
pub(crate) mod imq;
pub(crate) mod json;
pub(crate) mod mosquitto;
pub(crate) mod nats;
pub(crate) mod protobuf;
pub(crate) mod redis;
pub(crate) mod rpc;
pub(crate) mod rpc_bodies;
pub(crate) mod rpc_writer;
pub(crate) mod websocket;
pub(crate) mod wire;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

/// One connection's part in a load: who it is and which room it is in.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The user or client id; unique in the run.
    pub(crate) user: String,
    /// The queue, channel, subject or topic that it subscribes to and publishes on.
    pub(crate) room: String,
}

/// A connection's protocol, as bytes in and bytes out; it owns neither socket nor clock.
pub(crate) trait Codec {
    /// Appends what a connection says first: who it is, and its subscription.
    fn hello(&mut self, out: &mut Vec<u8>);

    /// Appends one publish to the connection's own room.
    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>);

    /// Reads one event from the front of `bytes` and says how many bytes it took; `None` when it
    /// isn't whole yet. What the protocol answers by itself (a pong) is appended to `out`.
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation>;
}

/// What a server said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// The login is done; of those that have one.
    Welcomed,
    /// The subscription stands.
    Ready,
    /// A message of the room, with its payload.
    Delivery(&'a [u8]),
    /// An operation of this connection was carried out.
    Acknowledged,
    /// The subscription ended.
    Ended,
    /// Something that a load has no use for.
    Other,
}

/// The server said what its protocol doesn't allow, refused an operation, or closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation(pub(crate) String);

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

impl Violation {
    /// A violation that shows the beginning of the bytes that caused it.
    pub(crate) fn at(what: &str, bytes: &[u8]) -> Self {
        let shown = &bytes[..bytes.len().min(SHOWN_BYTES_MAX)];
        Self(format!("{what}: \"{}\"", shown.escape_ascii()))
    }
}

/// How much of an offending frame an error shows.
const SHOWN_BYTES_MAX: usize = 96;

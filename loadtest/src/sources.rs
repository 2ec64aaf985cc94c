//! Loopback addresses to connect from: the kernel has some 28,000 ports for each.

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};

/// Connections from one address before it is the next one's turn.
const RUN: usize = 100;

/// How many addresses take turns.
const ADDRESSES: usize = 200;

/// The address from which connection `number` is made; none where the server is elsewhere.
pub(crate) fn source(number: usize, server: SocketAddr) -> Option<Ipv4Addr> {
    let last = u8::try_from(number / RUN % ADDRESSES + 2).ok()?;
    server.ip().is_loopback().then_some(Ipv4Addr::new(127, 0, 0, last))
}

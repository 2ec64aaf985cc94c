//! What a load is: how many, how large, how fast, how long, and against whom.

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};

use super::stamp::STAMP_BYTES;
use crate::neighbours::Watch;
use crate::target::Nodes;

/// How long the last deliveries may take once nobody sends.
pub(crate) const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// How the messages of a load are paced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Closed loop: each connection keeps this many own messages in flight, and sends the next when
    /// its own comes back.
    InFlight(u32),
    /// Open loop: this many publishes a second over all connections, at intended times.
    PerSecond(f64),
}

/// A load of rooms.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// How many connections; a multiple of `room_size`.
    pub(crate) connections: usize,
    /// How many connections share a room; each gets everybody's messages, its own too.
    pub(crate) room_size: usize,
    /// Bytes of a payload, at least a stamp's.
    pub(crate) payload_bytes: usize,
    /// How messages are paced.
    pub(crate) pace: Pace,
    /// What runs before the window.
    pub(crate) warm_up: Duration,
    /// The measured window.
    pub(crate) window: Duration,
    /// How long the last deliveries may take, each time one came.
    pub(crate) drain: Duration,
    /// Whether a line a second says how far the run is.
    pub(crate) progress: bool,
    /// Servers, given to the connections in turn.
    pub(crate) servers: Vec<SocketAddr>,
    /// The server processes whose CPU is counted.
    pub(crate) processes: Vec<u32>,
}

impl Load {
    /// People who are watched, at one cluster: an open loop.
    pub(crate) fn open(watch: &Watch, nodes: &Nodes) -> Self {
        Self {
            connections: watch.connections,
            room_size: watch.room_size,
            payload_bytes: watch.payload_bytes,
            pace: Pace::PerSecond(watch.messages_per_s),
            warm_up: Duration::ZERO,
            window: watch.window,
            drain: DRAIN_PATIENCE,
            progress: false,
            servers: vec![nodes.address],
            processes: vec![nodes.gateway, nodes.queue_node],
        }
    }

    /// Refuses a load that can't be run.
    ///
    /// # Errors
    /// With a sentence that says which number is wrong.
    pub(crate) fn check(&self) -> Result<()> {
        if self.servers.is_empty() {
            bail!("no server address was given");
        }
        if self.payload_bytes < STAMP_BYTES {
            bail!("a payload needs at least {STAMP_BYTES} bytes");
        }
        if self.room_size == 0 || self.connections == 0 {
            bail!("a load needs at least one connection and one in each room");
        }
        if !self.connections.is_multiple_of(self.room_size) {
            bail!("{} connections don't fill rooms of {}", self.connections, self.room_size);
        }
        match self.pace {
            Pace::PerSecond(rate) if !(rate.is_finite() && rate > 0.0) => {
                bail!("a rate is a number above zero")
            }
            Pace::PerSecond(_) | Pace::InFlight(_) => Ok(()),
        }
    }
}

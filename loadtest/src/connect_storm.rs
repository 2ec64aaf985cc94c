//! `imq loadtest connect-storm`: thousands connect at once, and those who are there already are
//! watched: how long do their messages take before, during and after?

mod report;
mod storm;

pub use report::ConnectStormReport;

use std::time::Duration;

use anyhow::{Result, bail};

use crate::credentials::Credentials;
use crate::interrupt::Interrupt;
use crate::servers::cluster::Shape;
use crate::target::{Door, Nodes, Target, Transport};
use crate::traffic::load::{DRAIN_PATIENCE, Load, Pace};

/// What `connect-storm` is to do.
#[derive(Clone, Debug)]
pub struct ConnectStormOptions {
    /// The cluster.
    pub target: Target,
    /// Connections that are there before; a multiple of `room_size`.
    pub connections: usize,
    /// How many of them share a room.
    pub room_size: usize,
    /// Their messages a second, all together.
    pub messages_per_s: f64,
    /// Bytes of a payload, at least 20.
    pub payload_bytes: usize,
    /// How many connect at once, each as a new user.
    pub storm: usize,
    /// How all of them log in.
    pub credentials: Credentials,
    /// How long is measured before the storm, and after it.
    pub window: Duration,
    /// How long the storm may take.
    pub patience: Duration,
}

impl ConnectStormOptions {
    /// 10,000 connect while 1,000 send 1,000 messages a second in rooms of ten.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            connections: 1_000,
            room_size: 10,
            messages_per_s: 1_000.0,
            payload_bytes: 100,
            storm: 10_000,
            credentials: Credentials::Believed,
            window: Duration::from_secs(5),
            patience: Duration::from_secs(60),
        }
    }

    fn load(&self, nodes: &Nodes) -> Load {
        Load {
            connections: self.connections,
            room_size: self.room_size,
            payload_bytes: self.payload_bytes,
            pace: Pace::PerSecond(self.messages_per_s),
            warm_up: Duration::ZERO,
            window: self.window,
            drain: DRAIN_PATIENCE,
            progress: true,
            servers: vec![nodes.address],
            processes: vec![nodes.gateway, nodes.queue_node],
        }
    }
}

/// Runs the storm.
///
/// # Errors
/// When the cluster doesn't start, or closes one of those who were there before; when interrupted.
/// Who of the storm is refused is no error but in the report.
pub fn run(options: &ConnectStormOptions) -> Result<ConnectStormReport> {
    if options.storm == 0 {
        bail!("a storm has at least one connection");
    }
    let interrupt = Interrupt::watch()?;
    let shape = Shape { keys: options.credentials.keys(), ..Shape::SMALLEST };
    let taken = options.target.take_with(Door::Clients(Transport::Tcp), shape, &interrupt)?;
    let load = options.load(&taken.nodes);
    let report = storm::run(options, &load, &interrupt);
    report.map_err(|error| taken.explain(error))
}

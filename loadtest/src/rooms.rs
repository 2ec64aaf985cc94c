//! `imq loadtest rooms`: fan-out in rooms against gateways that run, each delivery checked.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::clock::seconds;
use crate::interrupt::Interrupt;
use crate::peers::Member;
use crate::peers::imq::{Imq, events};
use crate::peers::websocket::WebSocket;
use crate::target::Transport;
use crate::traffic::checker::Faults;
use crate::traffic::engine;
use crate::traffic::latency::Percentiles;
use crate::traffic::load::{self, Load, Pace};

/// What `rooms` is to do.
#[derive(Clone, Debug)]
pub struct RoomsOptions {
    /// The gateways, given to the connections in turn, so that room mates are on different ones.
    pub addresses: Vec<SocketAddr>,
    /// How the connections speak.
    pub transport: Transport,
    /// How many connections; a multiple of `room_size`.
    pub connections: usize,
    /// How many connections share a room.
    pub room_size: usize,
    /// Bytes of a payload, at least 38.
    pub payload_bytes: usize,
    /// How messages are paced.
    pub pace: Pace,
    /// What runs before the window.
    pub warm_up: Duration,
    /// The measured window.
    pub window: Duration,
    /// Server processes of this machine whose CPU is counted; may be empty.
    pub processes: Vec<u32>,
}

impl RoomsOptions {
    /// A hundred rooms of ten, one message in flight each, for ten seconds.
    pub fn new(addresses: Vec<SocketAddr>) -> Self {
        Self {
            addresses,
            transport: Transport::Tcp,
            connections: 1_000,
            room_size: 10,
            payload_bytes: 100,
            pace: Pace::InFlight(1),
            warm_up: Duration::from_secs(1),
            window: Duration::from_secs(10),
            processes: Vec::new(),
        }
    }
}

/// What `rooms` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoomsReport {
    /// How many connections there were.
    pub connections: usize,
    /// How many shared a room.
    pub room_size: usize,
    /// Bytes of a payload.
    pub payload_bytes: usize,
    /// The window's true length.
    pub seconds: f64,
    /// Messages that were sent in the window.
    pub publishes: u64,
    /// Messages that arrived in the window.
    pub deliveries: u64,
    /// Deliveries in a second.
    pub deliveries_per_s: f64,
    /// From the intended time to arrival.
    #[serde(flatten)]
    pub latency: Percentiles,
    /// What was wrong, over the whole run.
    #[serde(flatten)]
    pub faults: Faults,
    /// CPU of the given processes per delivery, in microseconds.
    pub cpu_us_per_delivery: Option<f64>,
    /// How much of its core the generator used; near 1 it was the limit.
    pub generator_busy: f64,
}

impl RoomsReport {
    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

/// Runs the load.
///
/// # Errors
/// When a gateway can't be reached, refuses, or closes; when interrupted. Lost, doubled and
/// reordered messages are no error but in the report.
pub fn run(options: &RoomsOptions) -> Result<RoomsReport> {
    let interrupt = Interrupt::watch()?;
    let load = Load {
        connections: options.connections,
        room_size: options.room_size,
        payload_bytes: options.payload_bytes,
        pace: options.pace,
        warm_up: options.warm_up,
        window: options.window,
        drain: load::DRAIN_PATIENCE,
        progress: true,
        servers: options.addresses.clone(),
        processes: options.processes.clone(),
    };
    // Fresh names: what an earlier run left behind must not be heard by this one.
    let run = rand::random::<u32>();
    let member = |who: usize| Member {
        user: format!("load-{run:08x}-{who}"),
        room: format!("/room/load-{run:08x}-{}", who / load.room_size),
    };
    let outcome = match options.transport {
        Transport::Tcp => engine::run(&load, &interrupt, |who| Imq::new(member(who)))?,
        Transport::WebSocket => {
            engine::run(&load, &interrupt, |who| WebSocket::of(Imq::new(member(who))))?
        }
        Transport::Events => {
            engine::run_in_pairs(&load, &interrupt, events::pairs(load.connections, member))?
        }
    };
    Ok(RoomsReport {
        connections: options.connections,
        room_size: options.room_size,
        payload_bytes: options.payload_bytes,
        seconds: seconds(outcome.window),
        publishes: outcome.publishes,
        deliveries: outcome.deliveries,
        deliveries_per_s: outcome.deliveries_per_s(),
        latency: outcome.latency,
        faults: outcome.faults,
        cpu_us_per_delivery: (!options.processes.is_empty()).then(|| outcome.cpu_us_per_delivery()),
        generator_busy: outcome.generator_busy(),
    })
}

impl fmt::Display for RoomsReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, room_size, payload_bytes, .. } = self;
        let Percentiles { p50_ms, p90_ms, p99_ms, p999_ms, max_ms } = self.latency;
        writeln!(
            formatter,
            "load          {connections} connections in rooms of {room_size}, \
                  {payload_bytes} bytes, {:.1} s",
            self.seconds
        )?;
        writeln!(formatter, "published     {}", self.publishes)?;
        writeln!(formatter, "delivered     {} ({:.0}/s)", self.deliveries, self.deliveries_per_s)?;
        writeln!(
            formatter,
            "latency       p50 {p50_ms:.3}  p90 {p90_ms:.3}  p99 {p99_ms:.3}  \
                  p99.9 {p999_ms:.3}  max {max_ms:.3} ms"
        )?;
        writeln!(formatter, "faults        {}", self.faults)?;
        if let Some(cpu) = self.cpu_us_per_delivery {
            writeln!(formatter, "server CPU    {cpu:.3} us per delivery")?;
        }
        writeln!(formatter, "generator     {:.0} % of a core", self.generator_busy * 100.0)
    }
}

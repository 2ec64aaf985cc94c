//! `imq loadtest idle`: what a connection costs that does nothing, as the slope of resident memory.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::clock::{Clock, nanoseconds};
use crate::interrupt::Interrupt;
use crate::peers::imq::Imq;
use crate::peers::imq::events::ImqEvents;
use crate::peers::websocket::WebSocket;
use crate::peers::{Codec, Event, Member, Violation};
use crate::processes::memory;
use crate::secure::{Client, Secured};
use crate::servers::cluster::Shape;
use crate::sources;
use crate::statistics::slope;
use crate::target::{Door, Nodes, Target, Transport};
use crate::traffic::crowd::Crowd;
use crate::traffic::opening::Opening;

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// What `idle` is to do.
#[derive(Clone, Debug)]
pub struct IdleOptions {
    /// The cluster.
    pub target: Target,
    /// How the connections speak.
    pub transport: Transport,
    /// Whether they speak TLS, which the cluster must, too: an own one does then.
    pub tls: bool,
    /// How many connections there are at each look at memory, rising.
    pub steps: Vec<usize>,
    /// How many connections share a room.
    pub room_size: usize,
    /// How long nothing happens before each look.
    pub settle: Duration,
}

impl IdleOptions {
    /// From 2,000 to 14,000 connections over TCP in rooms of ten.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            transport: Transport::Tcp,
            tls: false,
            steps: (1..=7).map(|step| step * 2_000).collect(),
            room_size: 10,
            settle: Duration::from_secs(2),
        }
    }
}

/// Memory at one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IdlePoint {
    /// Connections that stood.
    pub connections: usize,
    /// Resident bytes of the gateway.
    pub gateway_bytes: u64,
    /// Resident bytes of the queue node.
    pub queue_node_bytes: u64,
}

/// What `idle` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IdleReport {
    /// How the connections spoke.
    pub transport: Transport,
    /// Whether over TLS.
    pub tls: bool,
    /// Step by step.
    pub points: Vec<IdlePoint>,
    /// The gateway's memory for one more connection, in KiB.
    pub gateway_kib_per_connection: f64,
    /// The queue node's memory for one more connection with its share of a room, in KiB.
    pub queue_node_kib_per_connection: f64,
}

impl IdleReport {
    fn new(options: &IdleOptions, points: Vec<IdlePoint>) -> Self {
        let per_connection = |bytes: fn(&IdlePoint) -> u64| {
            let points: Vec<_> = points
                .iter()
                .map(|point| (point.connections as f64, bytes(point) as f64 / 1024.0))
                .collect();
            slope(&points)
        };
        Self {
            transport: options.transport,
            tls: options.tls,
            gateway_kib_per_connection: per_connection(|point| point.gateway_bytes),
            queue_node_kib_per_connection: per_connection(|point| point.queue_node_bytes),
            points,
        }
    }

    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

/// Opens connections step by step and looks at memory.
///
/// # Errors
/// When the cluster doesn't start or refuses or closes a connection; when interrupted.
pub fn run(options: &IdleOptions) -> Result<IdleReport> {
    if options.room_size == 0 {
        bail!("a room has at least one member");
    }
    let interrupt = Interrupt::watch()?;
    let secured = if options.tls { Secured::Clients } else { Secured::Nothing };
    let shape = Shape { secured, ..Shape::SMALLEST };
    let taken = options.target.take_with(Door::Clients(options.transport), shape, &interrupt)?;
    let points = match options.transport {
        Transport::Tcp => climb(options, &taken.nodes, &interrupt, Imq::new),
        Transport::WebSocket => {
            climb(options, &taken.nodes, &interrupt, |member| WebSocket::of(Imq::new(member)))
        }
        // Requests would go by connections that a gateway has for a moment.
        Transport::Events => {
            climb(options, &taken.nodes, &interrupt, |member| ImqEvents::pair(member).0)
        }
    };
    let points = points.map_err(|error| taken.explain(error))?;
    Ok(IdleReport::new(options, points))
}

fn climb<C: Codec>(
    options: &IdleOptions,
    nodes: &Nodes,
    interrupt: &Interrupt,
    codec: impl Fn(Member) -> C,
) -> Result<Vec<IdlePoint>> {
    let run = rand::random::<u32>();
    let mut crowd = Crowd::new(Clock::start())?;
    if options.tls {
        crowd.speak_tls(Client::new()?);
    }
    let mut opening = Opening::default();
    let mut points = Vec::new();
    for &connections in &options.steps {
        opening.until(connections, &mut crowd, interrupt, |crowd, who| {
            let member = Member {
                user: format!("idle-{run:08x}-{who}"),
                room: format!("/room/idle-{run:08x}-{}", who / options.room_size),
            };
            crowd.join(nodes.address, sources::source(who, nodes.address), codec(member))
        })?;
        let end = crowd.now() + nanoseconds(options.settle);
        while crowd.now() < end {
            interrupt.check()?;
            crowd.turn(WAIT_MAX, |heard| match heard.event {
                Event::Ended => Err(Violation("the subscription ended".into()).into()),
                Event::Welcomed
                | Event::Ready
                | Event::Delivery(_)
                | Event::Acknowledged
                | Event::Other => Ok(()),
            })?;
        }
        let point = IdlePoint {
            connections,
            gateway_bytes: memory::resident_bytes(nodes.gateway)?,
            queue_node_bytes: memory::resident_bytes(nodes.queue_node)?,
        };
        eprintln!("{point}");
        points.push(point);
    }
    Ok(points)
}

impl fmt::Display for IdlePoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (gateway, node) = (self.gateway_bytes / 1024, self.queue_node_bytes / 1024);
        let connections = self.connections;
        write!(
            formatter,
            "{connections:>7} connections: gateway {gateway} KiB, queue node {node} KiB"
        )
    }
}

impl fmt::Display for IdleReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for point in &self.points {
            writeln!(formatter, "{point}")?;
        }
        writeln!(
            formatter,
            "per connection: gateway {:.2} KiB, queue node {:.2} KiB",
            self.gateway_kib_per_connection, self.queue_node_kib_per_connection
        )
    }
}

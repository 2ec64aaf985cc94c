//! `imq loadtest queues`: what an empty queue costs, as the slope of the queue node's memory.

use std::fmt;
use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::clock::{Clock, seconds};
use crate::interrupt::Interrupt;
use crate::processes::http::Http;
use crate::processes::memory;
use crate::statistics::slope;
use crate::target::{Door, Nodes, Target};

/// Connections: each has one request after the other answered, so that many keep the gateway busy.
const CONNECTIONS: usize = 64;
/// Requests that are under way at a time on each.
const PIPELINED: usize = 8;

/// What `queues` is to do.
#[derive(Clone, Debug)]
pub struct QueuesOptions {
    /// The cluster.
    pub target: Target,
    /// How many queues, of the class `/room/*` with its two mounts.
    pub queues: usize,
    /// How often memory is looked at on the way.
    pub steps: usize,
}

impl QueuesOptions {
    /// 200,000 queues in four steps.
    pub fn new(target: Target) -> Self {
        Self { target, queues: 200_000, steps: 4 }
    }
}

/// Memory at one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct QueuesPoint {
    /// Queues that were there.
    pub queues: usize,
    /// Resident bytes of the queue node.
    pub queue_node_bytes: u64,
}

/// What `queues` found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueuesReport {
    /// Step by step.
    pub points: Vec<QueuesPoint>,
    /// The queue node's memory for one more queue.
    pub bytes_per_queue: f64,
    /// Queues created in a second, over 64 connections.
    pub queues_per_s: f64,
}

impl QueuesReport {
    /// The report as a table for people.
    pub fn table(&self) -> String {
        self.to_string()
    }
}

/// Creates the queues and looks at memory.
///
/// # Errors
/// When the cluster doesn't start, or a queue isn't created; when interrupted.
pub fn run(options: &QueuesOptions) -> Result<QueuesReport> {
    let interrupt = Interrupt::watch()?;
    let taken = options.target.take(Door::Rpc, &interrupt)?;
    create_all(options, &taken.nodes, &interrupt).map_err(|error| taken.explain(error))
}

fn create_all(
    options: &QueuesOptions,
    nodes: &Nodes,
    interrupt: &Interrupt,
) -> Result<QueuesReport> {
    let clock = Clock::start();
    let run = rand::random::<u32>();
    let creation = Creation { server: nodes.address, key: &nodes.rpc_key };
    let name = |number: usize| format!("/room/{run:08x}-{number}");
    let mut points = Vec::new();
    let mut created = 0;
    for step in 1..=options.steps {
        let wanted = options.queues * step / options.steps;
        let more = wanted - created;
        if create(creation, more, interrupt, |number| name(created + number))? < more {
            bail!("queues were there before they were created");
        }
        created = wanted;
        still_there(creation, &name(0))?;
        let queue_node_bytes = memory::resident_bytes(nodes.queue_node)?;
        let point = QueuesPoint { queues: created, queue_node_bytes };
        eprintln!("{point}");
        points.push(point);
    }
    let line: Vec<_> =
        points.iter().map(|point| (point.queues as f64, point.queue_node_bytes as f64)).collect();
    Ok(QueuesReport {
        bytes_per_queue: slope(&line),
        queues_per_s: created as f64 / seconds(clock.now()),
        points,
    })
}

/// Where queues are created, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Creation<'a> {
    pub(crate) server: SocketAddr,
    pub(crate) key: &'a str,
}

/// Creates so many queues, each of its own name, unless they are there; how many weren't.
pub(crate) fn create(
    creation: Creation<'_>,
    queues: usize,
    interrupt: &Interrupt,
    name: impl Fn(usize) -> String,
) -> Result<usize> {
    let mut doors =
        (0..CONNECTIONS).map(|_| Http::connect(creation.server)).collect::<Result<Vec<_>>>()?;
    let names: Vec<String> = (0..queues).map(name).collect();
    let mut created = 0;
    for names in names.chunks(CONNECTIONS * PIPELINED) {
        interrupt.check()?;
        created += create_some(&mut doors, creation, names)?;
    }
    Ok(created)
}

/// Creates some queues, a write for each connection, and waits for all answers; how many weren't
/// there.
fn create_some(doors: &mut [Http], creation: Creation<'_>, names: &[String]) -> Result<usize> {
    for (door, names) in doors.iter_mut().zip(names.chunks(PIPELINED)) {
        let mut requests = String::new();
        for name in names {
            request(&mut requests, creation, "create_queue", name)?;
        }
        door.send(requests.as_bytes())?;
    }
    let mut created = 0;
    for (door, names) in doors.iter_mut().zip(names.chunks(PIPELINED)) {
        for _ in names {
            let answer = door.answer()?;
            match answer.status {
                200 => created += 1,
                THERE_ALREADY => {}
                status => {
                    let body = String::from_utf8_lossy(&answer.body);
                    bail!("create_queue was answered with {status}: {body}");
                }
            }
        }
    }
    Ok(created)
}

/// The answer to who creates what is there.
const THERE_ALREADY: u16 = 409;

/// A queue that was destroyed meanwhile would make the others look small.
fn still_there(creation: Creation<'_>, name: &str) -> Result<()> {
    let mut door = Http::connect(creation.server)?;
    let mut text = String::new();
    request(&mut text, creation, "get_queue", name)?;
    door.send(text.as_bytes())?;
    if door.answer()?.status != 200 {
        bail!("the first queue is gone: creating so many takes longer than `idle_ttl_ms`");
    }
    Ok(())
}

fn request(text: &mut String, creation: Creation<'_>, method: &str, name: &str) -> fmt::Result {
    let body = format!("{{\"queue\":\"{name}\"}}");
    write!(
        text,
        "POST /rpc/v1/{method} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        creation.server,
        creation.key,
        body.len()
    )
}

impl fmt::Display for QueuesPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:>9} queues: {} KiB", self.queues, self.queue_node_bytes / 1024)
    }
}

impl fmt::Display for QueuesReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for point in &self.points {
            writeln!(formatter, "{point}")?;
        }
        writeln!(formatter, "per queue     {:.0} bytes", self.bytes_per_queue)?;
        writeln!(formatter, "created       {:.0}/s", self.queues_per_s)
    }
}

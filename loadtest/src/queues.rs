//! `imq loadtest queues`: what an empty queue costs, as the slope of the queue node's memory.

use std::fmt;
use std::fmt::Write as _;

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
    let mut doors =
        (0..CONNECTIONS).map(|_| Http::connect(nodes.address)).collect::<Result<Vec<_>>>()?;
    let mut points = Vec::new();
    let mut created = 0;
    for step in 1..=options.steps {
        let wanted = options.queues * step / options.steps;
        while created < wanted {
            interrupt.check()?;
            let batch = (CONNECTIONS * PIPELINED).min(wanted - created);
            create(&mut doors, nodes, run, created..created + batch)?;
            created += batch;
        }
        still_there(&mut doors[0], nodes, run)?;
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

/// Creates some queues, a write for each connection, and waits for all answers.
fn create(
    doors: &mut [Http],
    nodes: &Nodes,
    run: u32,
    numbers: std::ops::Range<usize>,
) -> Result<()> {
    let numbers: Vec<usize> = numbers.collect();
    for (door, numbers) in doors.iter_mut().zip(numbers.chunks(PIPELINED)) {
        let mut requests = String::new();
        for number in numbers {
            request(&mut requests, nodes, "create_queue", run, *number)?;
        }
        door.send(requests.as_bytes())?;
    }
    for (door, numbers) in doors.iter_mut().zip(numbers.chunks(PIPELINED)) {
        for _ in numbers {
            let answer = door.answer()?;
            if answer.status != 200 {
                let body = String::from_utf8_lossy(&answer.body);
                bail!("create_queue was answered with {}: {body}", answer.status);
            }
        }
    }
    Ok(())
}

/// A queue that was destroyed meanwhile would make the others look small.
fn still_there(door: &mut Http, nodes: &Nodes, run: u32) -> Result<()> {
    let mut text = String::new();
    request(&mut text, nodes, "get_queue", run, 0)?;
    door.send(text.as_bytes())?;
    if door.answer()?.status != 200 {
        bail!("the first queue is gone: creating so many takes longer than `idle_ttl_ms`");
    }
    Ok(())
}

fn request(
    text: &mut String,
    nodes: &Nodes,
    method: &str,
    run: u32,
    number: usize,
) -> std::fmt::Result {
    let body = format!("{{\"queue\":\"/room/{run:08x}-{number}\"}}");
    write!(
        text,
        "POST /rpc/v1/{method} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        nodes.address,
        nodes.rpc_key,
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

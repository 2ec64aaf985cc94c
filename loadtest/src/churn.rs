//! `imq loadtest churn`: queues that live for a moment, created by a join and destroyed by a leave.
//!
//! The class `/churn/*` of the default cluster configuration has `idle_ttl = 0`, so each pair of
//! subscribe and unsubscribe on a fresh name is create, join, leave and destroy, with the notes in
//! the user queue. Each connection also stays in one queue of its own, which makes it ready.

mod report;

pub use report::{ChurnPoint, ChurnReport};

use std::time::Duration;

use anyhow::Result;

use crate::clock::{Clock, Nanoseconds, SECOND, nanoseconds, seconds};
use crate::interrupt::Interrupt;
use crate::peers::imq::Imq;
use crate::peers::{Event, Member};
use crate::processes::{cpu, memory};
use crate::target::{Door, Nodes, Target, Transport};
use crate::traffic::crowd::{Crowd, Heard};
use crate::traffic::opening::Opening;
use report::growth;

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// What `churn` is to do.
#[derive(Clone, Debug)]
pub struct ChurnOptions {
    /// The cluster.
    pub target: Target,
    /// How many connections.
    pub connections: usize,
    /// How many pairs each connection keeps in flight.
    pub in_flight: u32,
    /// How long.
    pub duration: Duration,
}

impl ChurnOptions {
    /// 500 connections for 90 seconds.
    pub fn new(target: Target) -> Self {
        Self { target, connections: 500, in_flight: 8, duration: Duration::from_secs(90) }
    }
}

/// Runs the churn.
///
/// # Errors
/// When the cluster doesn't start, refuses or closes; when interrupted.
pub fn run(options: &ChurnOptions) -> Result<ChurnReport> {
    let interrupt = Interrupt::watch()?;
    let taken = options.target.take(Door::Clients(Transport::Tcp), &interrupt)?;
    churn(options, &taken.nodes, &interrupt).map_err(|error| taken.explain(error))
}

fn churn(options: &ChurnOptions, nodes: &Nodes, interrupt: &Interrupt) -> Result<ChurnReport> {
    let mut crowd = Crowd::new(Clock::start())?;
    let mut churners = Churners::new(options.connections);
    Opening::default().until(options.connections, &mut crowd, interrupt, |crowd, who| {
        let run = churners.run;
        let member = Member {
            user: format!("churn-{run:08x}-{who}"),
            room: format!("/churn/{run:08x}-{who}"),
        };
        crowd.join(nodes.address, None, Imq::new(member))
    })?;
    let processes = [nodes.gateway, nodes.queue_node];
    let (server_cpu, generator_cpu) = (cpu::used(&processes)?, cpu::own()?);
    let start = crowd.now();
    let end = start + nanoseconds(options.duration);
    for who in 0..options.connections {
        for _ in 0..options.in_flight {
            crowd.say(who, |imq, out| churners.begin(who, imq, out))?;
        }
    }
    crowd.flush()?;
    let mut series = vec![point(start, start, 0, nodes)?];
    while crowd.now() < end {
        interrupt.check()?;
        crowd.turn(WAIT_MAX, |heard| {
            churners.hear(heard);
            Ok(())
        })?;
        if crowd.now() >= start + series.len() as u64 * SECOND {
            let point = point(start, crowd.now(), churners.cycles, nodes)?;
            eprintln!("{point}");
            series.push(point);
        }
    }
    let (window, cycles) = (crowd.now() - start, churners.cycles);
    let server_cpu = cpu::used(&processes)? - server_cpu;
    Ok(ChurnReport {
        cycles,
        cycles_per_s: cycles as f64 / seconds(window),
        cpu_us_per_cycle: server_cpu as f64 / 1e3 / cycles as f64,
        queue_node_bytes_per_s: growth(&series, |point| point.queue_node_bytes),
        gateway_bytes_per_s: growth(&series, |point| point.gateway_bytes),
        generator_busy: (cpu::own()? - generator_cpu) as f64 / window as f64,
        series,
    })
}

fn point(start: Nanoseconds, now: Nanoseconds, cycles: u64, nodes: &Nodes) -> Result<ChurnPoint> {
    Ok(ChurnPoint {
        second: seconds(now - start),
        cycles,
        queue_node_bytes: memory::resident_bytes(nodes.queue_node)?,
        gateway_bytes: memory::resident_bytes(nodes.gateway)?,
    })
}

/// The cycles of all connections.
struct Churners {
    run: u32,
    /// Results that each connection got; two make a cycle.
    results: Vec<u32>,
    next_name: u64,
    cycles: u64,
}

impl Churners {
    fn new(connections: usize) -> Self {
        Self { run: rand::random(), results: vec![0; connections], next_name: 0, cycles: 0 }
    }

    /// Joins and leaves a queue that never was before.
    fn begin(&mut self, who: usize, imq: &mut Imq, out: &mut Vec<u8>) {
        let queue = format!("/churn/{:08x}-{who}-{}", self.run, self.next_name);
        self.next_name += 1;
        imq.subscribe(&queue, out);
        imq.unsubscribe(&queue, out);
    }

    fn hear(&mut self, heard: Heard<'_, Imq>) {
        let Heard { who, event, codec, out, .. } = heard;
        if event == Event::Acknowledged {
            self.results[who] += 1;
            if self.results[who].is_multiple_of(2) {
                self.cycles += 1;
                self.begin(who, codec, out);
            }
        }
    }
}

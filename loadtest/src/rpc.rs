//! `imq loadtest rpc`: what a web back end's `send_message` costs, one by one over connections that
//! are kept alive, and in batches.

mod report;

pub use report::{RpcPoint, RpcReport};

use std::time::Duration;

use anyhow::{Result, bail};

use crate::clock::{Clock, Nanoseconds, SECOND, nanoseconds, seconds};
use crate::interrupt::Interrupt;
use crate::peers::rpc::Rpc;
use crate::peers::{Codec, Event, Member};
use crate::processes::cpu;
use crate::target::{Door, Nodes, Target};
use crate::traffic::crowd::{Crowd, Heard};
use crate::traffic::latency::Latencies;
use crate::traffic::opening::Opening;

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// What runs before each window.
const WARM_UP: Duration = Duration::from_secs(1);

/// What `rpc` is to do.
#[derive(Clone, Debug)]
pub struct RpcOptions {
    /// The cluster.
    pub target: Target,
    /// Connections, each with one request under way.
    pub connections: usize,
    /// Messages of a request, one run for each; 1 is `send_message`, more are `batch`.
    pub batches: Vec<usize>,
    /// Bytes of a payload.
    pub payload_bytes: usize,
    /// The measured window of each run.
    pub window: Duration,
}

impl RpcOptions {
    /// 64 connections, one by one and in batches of 100, for ten seconds each.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            connections: 64,
            batches: vec![1, 100],
            payload_bytes: 100,
            window: Duration::from_secs(10),
        }
    }
}

/// Sends the requests.
///
/// # Errors
/// When the cluster doesn't start, or refuses a request; when interrupted.
pub fn run(options: &RpcOptions) -> Result<RpcReport> {
    if options.connections == 0 || options.batches.contains(&0) {
        bail!("there is at least one connection, and one message in a request");
    }
    let interrupt = Interrupt::watch()?;
    let taken = options.target.take(Door::Rpc, &interrupt)?;
    let mut points = Vec::new();
    for &batch in &options.batches {
        let point = send(options, batch, &taken.nodes, &interrupt);
        let point = point.map_err(|error| taken.explain(error))?;
        eprintln!("{point}");
        points.push(point);
    }
    Ok(RpcReport { connections: options.connections, points })
}

fn send(
    options: &RpcOptions,
    batch: usize,
    nodes: &Nodes,
    interrupt: &Interrupt,
) -> Result<RpcPoint> {
    let mut crowd = Crowd::new(Clock::start())?;
    let (run, host) = (rand::random::<u32>(), nodes.address.to_string());
    Opening::default().until(options.connections, &mut crowd, interrupt, |crowd, who| {
        let member = Member { user: String::new(), room: format!("/room/rpc-{run:08x}-{who}") };
        crowd.join(nodes.address, None, Rpc::new(member, &host, &nodes.rpc_key, batch))
    })?;
    let now = crowd.now();
    let mut requests = Requests::new(options, now);
    for who in 0..options.connections {
        crowd.say(who, |rpc, out| rpc.publish(&requests.payload, out))?;
    }
    crowd.flush()?;
    requests.until(now + nanoseconds(WARM_UP), &mut crowd, interrupt)?;
    let processes = [nodes.gateway, nodes.queue_node];
    let (server_cpu, generator_cpu) = (cpu::used(&processes)?, cpu::own()?);
    let (start, answered) = (crowd.now(), requests.answered);
    requests.latencies = Latencies::new();
    requests.until(start + nanoseconds(options.window), &mut crowd, interrupt)?;
    let (window, answered) = (crowd.now() - start, requests.answered - answered);
    let messages = answered * batch as u64;
    let server_cpu = cpu::used(&processes)? - server_cpu;
    let cpu_us_per_message = server_cpu as f64 / 1e3 / messages as f64;
    Ok(RpcPoint {
        batch,
        requests: answered,
        messages,
        messages_per_s: messages as f64 / seconds(window),
        cpu_us_per_message,
        messages_per_s_per_core: 1e6 / cpu_us_per_message,
        latency: requests.latencies.percentiles(),
        server_busy: server_cpu as f64 / window as f64,
        generator_busy: (cpu::own()? - generator_cpu) as f64 / window as f64,
    })
}

/// The requests of all connections: each answer is followed by the next request.
struct Requests {
    payload: Vec<u8>,
    answered: u64,
    /// By connection: when its request was sent.
    sent: Vec<Nanoseconds>,
    latencies: Latencies,
    progress: Nanoseconds,
}

impl Requests {
    fn new(options: &RpcOptions, now: Nanoseconds) -> Self {
        Self {
            payload: vec![b'.'; options.payload_bytes],
            answered: 0,
            sent: vec![now; options.connections],
            latencies: Latencies::new(),
            progress: now + SECOND,
        }
    }

    fn until(
        &mut self,
        end: Nanoseconds,
        crowd: &mut Crowd<Rpc>,
        interrupt: &Interrupt,
    ) -> Result<()> {
        while crowd.now() < end {
            interrupt.check()?;
            crowd.turn(WAIT_MAX, |heard| {
                self.hear(heard);
                Ok(())
            })?;
            if crowd.now() >= self.progress {
                self.progress += SECOND;
                eprintln!("{:>6.1} s: {} answers", seconds(crowd.now()), self.answered);
            }
        }
        Ok(())
    }

    fn hear(&mut self, heard: Heard<'_, Rpc>) {
        let Heard { who, now, event, codec, out } = heard;
        if event == Event::Acknowledged {
            self.answered += 1;
            self.latencies.record(now.saturating_sub(self.sent[who]));
            self.sent[who] = now;
            codec.publish(&self.payload, out);
        }
    }
}

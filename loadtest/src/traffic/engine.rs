//! The one engine that drives every server: open, warm up, measure, drain.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};

use super::checker::{Checker, Faults, Foreign};
use super::crowd::{Crowd, Heard};
use super::latency::{Latencies, Percentiles};
use super::schedule::Schedule;
use super::stamp::{STAMP_BYTES, Stamp};
use crate::clock::{Clock, Nanoseconds, nanoseconds, seconds};
use crate::interrupt::Interrupt;
use crate::peers::{Codec, Event, Violation};
use crate::processes::cpu;

/// Connections that may be opening at a time, so that no server's queue of new ones overflows.
const OPENING_MAX: usize = 64;

/// How long a server may take to let everybody in, without letting anybody in meanwhile.
const OPENING_PATIENCE: Duration = Duration::from_secs(20);

/// How long the last deliveries may take once nobody sends.
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// The longest wait for sockets: an interrupt or a phase's end is seen after this.
const WAIT_MAX: Duration = Duration::from_millis(50);

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
    /// Servers, given to the connections in turn.
    pub(crate) servers: Vec<SocketAddr>,
    /// The server processes whose CPU is counted.
    pub(crate) processes: Vec<u32>,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// The window's true length.
    pub(crate) window: Nanoseconds,
    /// Messages that were sent in the window.
    pub(crate) publishes: u64,
    /// Messages that arrived in the window.
    pub(crate) deliveries: u64,
    /// From the intended time to arrival, of the deliveries of the window.
    pub(crate) latency: Percentiles,
    /// What was wrong, over the whole run.
    pub(crate) faults: Faults,
    /// CPU of the server processes in the window.
    pub(crate) server_cpu: Nanoseconds,
    /// CPU of the generator in the window.
    pub(crate) generator_cpu: Nanoseconds,
}

impl Load {
    fn check(&self) -> Result<()> {
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

/// Runs a load; `codec` makes the protocol of each connection by its number.
pub(crate) fn run<C: Codec>(
    load: &Load,
    interrupt: &Interrupt,
    codec: impl Fn(usize) -> C,
) -> Result<Outcome> {
    load.check()?;
    let mut crowd = Crowd::new(Clock::start())?;
    open(&mut crowd, load, interrupt, codec)?;
    let mut run = Run { load, crowd, interrupt, traffic: Traffic::new(load), schedule: None };
    run.begin()?;
    run.until(load.warm_up)?;
    let began = Mark::take(&run)?;
    run.traffic.measuring = true;
    run.until(load.window)?;
    let ended = Mark::take(&run)?;
    run.traffic.measuring = false;
    run.drain()?;
    let traffic = &run.traffic;
    Ok(Outcome {
        window: ended.now - began.now,
        publishes: ended.publishes - began.publishes,
        deliveries: ended.deliveries - began.deliveries,
        latency: traffic.latencies.percentiles(),
        faults: traffic.checker.faults(&traffic.sent),
        server_cpu: ended.server_cpu.saturating_sub(began.server_cpu),
        generator_cpu: ended.generator_cpu.saturating_sub(began.generator_cpu),
    })
}

/// Connects everybody, a few at a time, and waits until all subscriptions stand.
pub(crate) fn open<C: Codec>(
    crowd: &mut Crowd<C>,
    load: &Load,
    interrupt: &Interrupt,
    codec: impl Fn(usize) -> C,
) -> Result<()> {
    let mut ready = 0;
    let mut deadline = crowd.now() + nanoseconds(OPENING_PATIENCE);
    while ready < load.connections {
        interrupt.check()?;
        while crowd.len() < load.connections && crowd.len() - ready < OPENING_MAX {
            let who = crowd.len();
            crowd.join(load.servers[who % load.servers.len()], None, codec(who))?;
        }
        crowd.flush()?;
        let before = ready;
        crowd.turn(WAIT_MAX, |heard| {
            ready += usize::from(heard.event == Event::Ready);
            Ok(())
        })?;
        if ready > before {
            deadline = crowd.now() + nanoseconds(OPENING_PATIENCE);
        } else if crowd.now() > deadline {
            bail!("only {ready} of {} connections were let in", load.connections);
        }
    }
    Ok(())
}

/// The counters at one edge of the window.
struct Mark {
    now: Nanoseconds,
    publishes: u64,
    deliveries: u64,
    server_cpu: Nanoseconds,
    generator_cpu: Nanoseconds,
}

impl Mark {
    fn take<C: Codec>(run: &Run<'_, C>) -> Result<Self> {
        Ok(Self {
            now: run.crowd.now(),
            publishes: run.traffic.publishes,
            deliveries: run.traffic.checker.received(),
            server_cpu: cpu::used(&run.load.processes)?,
            generator_cpu: cpu::own()?,
        })
    }
}

struct Run<'a, C> {
    load: &'a Load,
    crowd: Crowd<C>,
    interrupt: &'a Interrupt,
    traffic: Traffic,
    schedule: Option<Schedule>,
}

impl<C: Codec> Run<'_, C> {
    /// Sends what starts a closed loop, or the clock of an open one.
    fn begin(&mut self) -> Result<()> {
        let now = self.crowd.now();
        let Load { connections, room_size, .. } = *self.load;
        match self.load.pace {
            Pace::PerSecond(rate) => {
                self.schedule = Some(Schedule::new(now, rate, connections, room_size));
            }
            Pace::InFlight(messages) => {
                self.traffic.closed = true;
                for who in (0..connections).cycle().take(connections * messages as usize) {
                    let traffic = &mut self.traffic;
                    self.crowd.say(who, |codec, out| traffic.publish(who, now, codec, out))?;
                }
                self.crowd.flush()?;
            }
        }
        Ok(())
    }

    /// Goes on for a while.
    fn until(&mut self, span: Duration) -> Result<()> {
        let end = self.crowd.now() + nanoseconds(span);
        loop {
            let now = self.crowd.now();
            if now >= end {
                return Ok(());
            }
            self.interrupt.check()?;
            let next = self.send_due(now)?.min(end);
            let wait = Duration::from_nanos(next.saturating_sub(now)).min(WAIT_MAX);
            self.turn(wait)?;
        }
    }

    /// Sends what an open loop owes and says when it owes more.
    fn send_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        let Some(schedule) = &mut self.schedule else {
            return Ok(Nanoseconds::MAX);
        };
        while let Some((who, intended)) = schedule.take(now) {
            let traffic = &mut self.traffic;
            self.crowd.say(who, |codec, out| traffic.publish(who, intended, codec, out))?;
        }
        let next = schedule.due();
        self.crowd.flush()?;
        Ok(next)
    }

    /// Sends no more and waits for what is still to come.
    fn drain(&mut self) -> Result<()> {
        self.traffic.closed = false;
        self.schedule = None;
        let room_size = self.load.room_size as u64;
        let mut deadline = self.crowd.now() + nanoseconds(DRAIN_PATIENCE);
        let mut received = self.traffic.checker.received();
        while received < self.traffic.publishes * room_size && self.crowd.now() < deadline {
            self.interrupt.check()?;
            self.turn(WAIT_MAX)?;
            // A server that is still delivering isn't losing.
            if self.traffic.checker.received() > received {
                received = self.traffic.checker.received();
                deadline = self.crowd.now() + nanoseconds(DRAIN_PATIENCE);
            }
        }
        Ok(())
    }

    fn turn(&mut self, wait: Duration) -> Result<()> {
        let traffic = &mut self.traffic;
        self.crowd.turn(wait, |heard| traffic.hear(heard))
    }
}

/// The messages of a run.
struct Traffic {
    checker: Checker,
    latencies: Latencies,
    /// Per sender, how many it has sent.
    sent: Vec<u32>,
    publishes: u64,
    /// The payload to be stamped and sent next.
    payload: Vec<u8>,
    /// Whether an own message that came back is answered with the next.
    closed: bool,
    measuring: bool,
}

impl Traffic {
    fn new(load: &Load) -> Self {
        Self {
            checker: Checker::new(load.connections, load.room_size),
            latencies: Latencies::new(),
            sent: vec![0; load.connections],
            publishes: 0,
            payload: vec![b'.'; load.payload_bytes],
            closed: false,
            measuring: false,
        }
    }

    #[inline]
    fn hear<C: Codec>(&mut self, heard: Heard<'_, C>) -> Result<()> {
        let Heard { who, now, event, codec, out } = heard;
        let payload = match event {
            Event::Delivery(payload) => payload,
            Event::Ready | Event::Acknowledged | Event::Other => return Ok(()),
            Event::Ended => return Err(Violation("the subscription ended".into()).into()),
        };
        let stamp = Stamp::read(payload).filter(|_| payload.len() == self.payload.len());
        let Some(stamp) = stamp else {
            return Err(Violation("a payload that this run didn't send".into()).into());
        };
        if let Err(Foreign) = self.checker.take(who, stamp) {
            return Err(Violation("a message of another room".into()).into());
        }
        if self.measuring {
            self.latencies.record(now.saturating_sub(stamp.intended));
        }
        if self.closed && stamp.sender as usize == who {
            self.publish(who, now, codec, out);
        }
        Ok(())
    }

    #[inline]
    fn publish<C: Codec>(
        &mut self,
        who: usize,
        intended: Nanoseconds,
        codec: &mut C,
        out: &mut Vec<u8>,
    ) {
        let counter = self.sent[who];
        self.sent[who] += 1;
        self.publishes += 1;
        Stamp { sender: who as u32, counter, intended }.write(&mut self.payload);
        codec.publish(&self.payload, out);
    }
}

impl Outcome {
    /// CPU of the servers in a delivery, in microseconds.
    pub(crate) fn cpu_us_per_delivery(&self) -> f64 {
        self.server_cpu as f64 / 1e3 / self.deliveries as f64
    }

    /// Deliveries in a second.
    pub(crate) fn deliveries_per_s(&self) -> f64 {
        self.deliveries as f64 / seconds(self.window)
    }

    /// How much of one core the servers used.
    pub(crate) fn server_busy(&self) -> f64 {
        self.server_cpu as f64 / self.window as f64
    }

    /// How much of one core the generator used.
    pub(crate) fn generator_busy(&self) -> f64 {
        self.generator_cpu as f64 / self.window as f64
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rate, cpu) = (self.deliveries_per_s(), self.cpu_us_per_delivery());
        let Percentiles { p50_ms, p99_ms, .. } = self.latency;
        write!(
            formatter,
            "{rate:.0} deliveries/s, {cpu:.3} us CPU each, p50 {p50_ms:.3} ms, p99 {p99_ms:.3} ms, \
             busy {:.2} (generator {:.2}), {}",
            self.server_busy(),
            self.generator_busy(),
            self.faults
        )
    }
}

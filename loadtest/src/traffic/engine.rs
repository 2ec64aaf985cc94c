//! The one engine that drives every server: open, warm up, measure, drain.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::{Result, bail};

use super::crowd::Crowd;
use super::load::{Load, Pace};
use super::messages::Messages;
use super::opening::Opening;
use super::outcome::Outcome;
use super::schedule::Schedule;
use crate::clock::{Clock, Nanoseconds, SECOND, nanoseconds, seconds};
use crate::interrupt::Interrupt;
use crate::peers::Codec;
use crate::processes::cpu;

/// The longest wait for sockets: an interrupt or a phase's end is seen after this.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// Runs a load; `codec` makes the protocol of each connection by its number.
pub(crate) fn run<C: Codec>(
    load: &Load,
    interrupt: &Interrupt,
    codec: impl FnMut(usize) -> C,
) -> Result<Outcome> {
    run_with(load, interrupt, 0, codec)
}

/// The same for a protocol that hears by one connection and speaks by another: those with numbers
/// from `load.connections` on speak for the others, in their order. Only in an open loop.
pub(crate) fn run_in_pairs<C: Codec>(
    load: &Load,
    interrupt: &Interrupt,
    codec: impl FnMut(usize) -> C,
) -> Result<Outcome> {
    run_with(load, interrupt, load.connections, codec)
}

fn run_with<C: Codec>(
    load: &Load,
    interrupt: &Interrupt,
    speakers: usize,
    mut codec: impl FnMut(usize) -> C,
) -> Result<Outcome> {
    load.check()?;
    let mut crowd = Crowd::new(Clock::start())?;
    let mut opening = Opening::default();
    opening.until(load.connections + speakers, &mut crowd, interrupt, |crowd, who| {
        crowd.join(load.servers[who % load.servers.len()], None, codec(who))
    })?;
    let messages = Messages::new(load);
    let mut run = Run { load, crowd, interrupt, speakers, messages, schedule: None, progress: 0 };
    run.begin()?;
    run.until(load.warm_up)?;
    let began = Mark::take(&run)?;
    run.messages.measuring = true;
    run.until(load.window)?;
    let ended = Mark::take(&run)?;
    run.messages.measuring = false;
    run.drain()?;
    let messages = &run.messages;
    Ok(Outcome {
        window: ended.now - began.now,
        publishes: ended.publishes - began.publishes,
        deliveries: ended.deliveries - began.deliveries,
        latency: messages.latencies.percentiles(),
        faults: messages.checker.faults(&messages.sent),
        server_cpu: ended.server_cpu.saturating_sub(began.server_cpu),
        generator_cpu: ended.generator_cpu.saturating_sub(began.generator_cpu),
    })
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
            publishes: run.messages.publishes,
            deliveries: run.messages.checker.received(),
            server_cpu: cpu::used(&run.load.processes)?,
            generator_cpu: cpu::own()?,
        })
    }
}

struct Run<'a, C> {
    load: &'a Load,
    crowd: Crowd<C>,
    interrupt: &'a Interrupt,
    /// How far the connection that somebody speaks by is behind the one that it hears by.
    speakers: usize,
    messages: Messages,
    schedule: Option<Schedule>,
    /// When the next line of progress is due.
    progress: Nanoseconds,
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
            Pace::InFlight(_) if self.speakers > 0 => {
                bail!("who speaks by another connection than it hears by can't answer at once")
            }
            Pace::InFlight(messages) => {
                self.messages.closed = true;
                for who in (0..connections).cycle().take(connections * messages as usize) {
                    let messages = &mut self.messages;
                    self.crowd.say(who, |codec, out| messages.publish(who, now, codec, out))?;
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
            self.report(now);
            let next = self.send_due(now)?.min(end);
            let wait = Duration::from_nanos(next.saturating_sub(now)).min(WAIT_MAX);
            self.turn(wait)?;
        }
    }

    /// Says once a second how far the run is, if it is to.
    fn report(&mut self, now: Nanoseconds) {
        if self.load.progress && now >= self.progress {
            self.progress = now + SECOND;
            let (sent, received) = (self.messages.publishes, self.messages.checker.received());
            eprintln!("{:>6.1} s: {sent} sent, {received} received", seconds(now));
        }
    }

    /// Sends what is due in an open loop and says when more is.
    fn send_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        let Some(schedule) = &mut self.schedule else {
            return Ok(Nanoseconds::MAX);
        };
        while let Some((who, intended)) = schedule.take(now) {
            let messages = &mut self.messages;
            let by = who + self.speakers;
            self.crowd.say(by, |codec, out| messages.publish(who, intended, codec, out))?;
        }
        let next = schedule.due();
        self.crowd.flush()?;
        Ok(next)
    }

    /// Sends no more and waits for what is still to come.
    fn drain(&mut self) -> Result<()> {
        self.messages.closed = false;
        self.schedule = None;
        let room_size = self.load.room_size as u64;
        let mut deadline = self.crowd.now() + nanoseconds(self.load.drain);
        let mut received = self.messages.checker.received();
        while received < self.messages.publishes * room_size && self.crowd.now() < deadline {
            self.interrupt.check()?;
            self.turn(WAIT_MAX)?;
            // A server that is still delivering isn't losing.
            if self.messages.checker.received() > received {
                received = self.messages.checker.received();
                deadline = self.crowd.now() + nanoseconds(self.load.drain);
            }
        }
        // What comes now was doubled.
        self.until(WAIT_MAX)
    }

    fn turn(&mut self, wait: Duration) -> Result<()> {
        let messages = &mut self.messages;
        self.crowd.turn(wait, |heard| messages.hear(heard))
    }
}

//! Those who are there, whose messages are timed, and those who come.

use std::time::Duration;

use anyhow::{Context, Result};

use super::ConnectStormOptions;
use super::report::ConnectStormReport;
use crate::clock::{Clock, Nanoseconds, SECOND, nanoseconds, seconds};
use crate::interrupt::Interrupt;
use crate::peers::imq::Imq;
use crate::peers::{Event, Member};
use crate::processes::cpu;
use crate::sources;
use crate::traffic::crowd::Crowd;
use crate::traffic::latency::{Latencies, Percentiles};
use crate::traffic::load::Load;
use crate::traffic::messages::Messages;
use crate::traffic::opening::Opening;
use crate::traffic::schedule::Schedule;

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// Connections that are made, or reset, between two looks at the sockets: so many take a
/// millisecond or two, by which the generator itself may be late.
const SLICE: usize = 32;

/// The storm while it runs. In the crowd those who are there come first.
pub(super) struct Storm<'a> {
    options: &'a ConnectStormOptions,
    load: &'a Load,
    interrupt: &'a Interrupt,
    crowd: Crowd<Imq>,
    messages: Messages,
    schedule: Option<Schedule>,
    run: u32,
    /// Of the storm: who was welcomed, and who was refused or closed.
    welcomed: usize,
    refused: usize,
    last_welcome: Nanoseconds,
    progress: Nanoseconds,
}

impl<'a> Storm<'a> {
    /// Nobody is there yet.
    pub(super) fn new(
        options: &'a ConnectStormOptions,
        load: &'a Load,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        Ok(Self {
            options,
            load,
            interrupt,
            crowd: Crowd::storming(Clock::start())?,
            messages: Messages::new(load),
            schedule: None,
            run: rand::random(),
            welcomed: 0,
            refused: 0,
            last_welcome: 0,
            progress: 0,
        })
    }

    /// Before, during, after.
    pub(super) fn run(mut self) -> Result<ConnectStormReport> {
        self.open()?;
        let Load { connections, room_size, .. } = *self.load;
        let rate = self.options.messages_per_s;
        self.schedule = Some(Schedule::new(self.crowd.now(), rate, connections, room_size));
        // What the opening left behind isn't measured.
        self.until(self.crowd.now() + SECOND)?;
        self.messages.measuring = true;
        self.until(self.crowd.now() + nanoseconds(self.options.window))?;
        let before = self.cut();
        let (start, used) = (self.crowd.now(), cpu::used(&self.load.processes)?);
        let own = cpu::own()?;
        self.rush(start)?;
        let ended = self.crowd.now();
        let (server_cpu, own) = (cpu::used(&self.load.processes)? - used, cpu::own()? - own);
        self.leave()?;
        let during = self.cut();
        self.until(self.crowd.now() + nanoseconds(self.options.window))?;
        let after = self.cut();
        self.messages.measuring = false;
        self.drain()?;
        let took = self.last_welcome.saturating_sub(start);
        Ok(ConnectStormReport {
            connections,
            storm: self.options.storm,
            welcomed: self.welcomed,
            refused: self.refused,
            took_ms: took as f64 / 1e6,
            logins_per_s: ConnectStormReport::rate(self.welcomed, seconds(took)),
            before,
            during,
            after,
            faults: self.messages.checker.faults(&self.messages.sent),
            server_busy: server_cpu as f64 / (ended - start) as f64,
            generator_busy: own as f64 / (ended - start) as f64,
        })
    }

    fn open(&mut self) -> Result<()> {
        let (run, load, credentials) = (self.run, self.load, &self.options.credentials);
        let connections = load.connections;
        Opening::default().until(connections, &mut self.crowd, self.interrupt, |crowd, who| {
            let member = Member {
                user: format!("there-{run:08x}-{who}"),
                room: format!("/room/there-{run:08x}-{}", who / load.room_size),
            };
            let token = credentials.token(&member.user, who)?;
            let server = load.servers[0];
            crowd.join(server, sources::source(who, server), Imq::with_token(member, token))
        })
    }

    /// All of the storm connect, as fast as the generator can, and are waited for.
    fn rush(&mut self, start: Nanoseconds) -> Result<()> {
        let all = self.load.connections + self.options.storm;
        let end = start + nanoseconds(self.options.patience);
        while self.welcomed + self.refused < self.options.storm && self.crowd.now() < end {
            for _ in 0..SLICE.min(all - self.crowd.len()) {
                self.join()?;
            }
            self.step(if self.crowd.len() < all { self.crowd.now() } else { end })?;
        }
        Ok(())
    }

    /// One more of the storm connects, and subscribes to nothing.
    fn join(&mut self) -> Result<()> {
        let (who, server) = (self.crowd.len(), self.load.servers[0]);
        let member = Member { user: format!("new-{:08x}-{who}", self.run), room: String::new() };
        let token = self.options.credentials.token(&member.user, who)?;
        self.crowd.join(server, sources::source(who, server), Imq::with_token(member, token))
    }

    /// All of the storm are reset.
    fn leave(&mut self) -> Result<()> {
        for first in (self.load.connections..self.crowd.len()).step_by(SLICE) {
            for who in first..(first + SLICE).min(self.crowd.len()) {
                self.crowd.leave(who);
            }
            self.step(self.crowd.now())?;
        }
        Ok(())
    }

    /// The latencies since the last cut.
    fn cut(&mut self) -> Percentiles {
        std::mem::replace(&mut self.messages.latencies, Latencies::new()).percentiles()
    }

    fn until(&mut self, end: Nanoseconds) -> Result<()> {
        while self.crowd.now() < end {
            self.step(end)?;
        }
        Ok(())
    }

    /// Sends no more and waits for what is still to come.
    fn drain(&mut self) -> Result<()> {
        self.schedule = None;
        let end = self.crowd.now() + nanoseconds(self.load.drain);
        let due = self.messages.publishes * self.load.room_size as u64;
        while self.messages.checker.received() < due && self.crowd.now() < end {
            self.step(end)?;
        }
        // What comes now was doubled.
        self.until(self.crowd.now() + nanoseconds(WAIT_MAX))
    }

    /// Sends what is due, hears what is there, and waits for it until `end` at most.
    fn step(&mut self, end: Nanoseconds) -> Result<()> {
        self.interrupt.check()?;
        let now = self.crowd.now();
        self.show(now);
        let next = self.send_due(now)?.min(end);
        let wait = Duration::from_nanos(next.saturating_sub(now)).min(WAIT_MAX);
        let (messages, there) = (&mut self.messages, self.load.connections);
        let (welcomed, last) = (&mut self.welcomed, &mut self.last_welcome);
        self.crowd.turn(wait, |heard| {
            if heard.who < there {
                return messages.hear(heard);
            }
            if heard.event == Event::Welcomed {
                *welcomed += 1;
                *last = heard.now;
            }
            Ok(())
        })?;
        for loss in self.crowd.take_losses() {
            if loss.who < there {
                return Err(loss.why).with_context(|| format!("connection {}", loss.who));
            }
            if self.refused == 0 {
                eprintln!("the first that was refused: {}", loss.why);
            }
            self.refused += 1;
        }
        Ok(())
    }

    /// Sends what is due and says when the next message is.
    fn send_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        let Some(schedule) = &mut self.schedule else {
            return Ok(Nanoseconds::MAX);
        };
        while let Some((who, intended)) = schedule.take(now) {
            let messages = &mut self.messages;
            self.crowd.say(who, |codec, out| messages.publish(who, intended, codec, out))?;
        }
        let next = schedule.due();
        self.crowd.flush()?;
        Ok(next)
    }

    /// Says once a second how far the run is.
    fn show(&mut self, now: Nanoseconds) {
        if now < self.progress {
            return;
        }
        self.progress = now + SECOND;
        let Self { welcomed, refused, .. } = self;
        let received = self.messages.checker.received();
        let second = seconds(now);
        eprintln!("{second:>6.1} s: {received} received, {welcomed} welcomed, {refused} refused");
    }
}

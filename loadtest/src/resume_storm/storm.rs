//! The storm's clients: they join, are heard, lose their gateway, and come back.

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};

use super::ResumeStormOptions;
use super::report::ResumeStormReport;
use crate::clock::{Clock, Nanoseconds, SECOND, nanoseconds, seconds};
use crate::interrupt::Interrupt;
use crate::peers::Member;
use crate::peers::imq::returning::Returning;
use crate::processes::cpu;
use crate::sources;
use crate::traffic::crowd::{Crowd, Loss};
use crate::traffic::load::{Load, Pace};
use crate::traffic::messages::Messages;
use crate::traffic::opening::Opening;
use crate::traffic::returns::Returns;
use crate::traffic::schedule::Schedule;

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// Connections that are made between two looks at the sockets.
const SLICE: usize = 64;

/// What clients aren't to notice of others' storms.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noticed {
    pub(super) gaps: u64,
    pub(super) movements: u64,
}

/// The storm while it runs. A room's sessions are neighbours, and its sender is behind them.
pub(super) struct Storm<'a> {
    options: &'a ResumeStormOptions,
    interrupt: &'a Interrupt,
    dies: SocketAddr,
    stays: SocketAddr,
    crowd: Crowd<Returning>,
    messages: Messages,
    /// By room.
    schedule: Option<Schedule>,
    /// From the death of the gateway on.
    returns: Option<Returns>,
    /// What had been noticed when the gateway died.
    before: Noticed,
    /// The generator's CPU then, and how much of its core it used until all were back.
    generator_cpu: Nanoseconds,
    generator_busy: f64,
    progress: Nanoseconds,
}

impl<'a> Storm<'a> {
    /// Nobody is there yet.
    pub(super) fn new(
        options: &'a ResumeStormOptions,
        dies: SocketAddr,
        stays: SocketAddr,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        let room_size = options.room_size + 1;
        let load = Load {
            connections: options.sessions / options.room_size * room_size,
            room_size,
            payload_bytes: options.payload_bytes,
            pace: Pace::PerSecond(options.messages_per_s),
            warm_up: options.calm,
            window: options.calm,
            drain: options.drain,
            progress: true,
            servers: vec![dies, stays],
            processes: Vec::new(),
        };
        load.check()?;
        Ok(Self {
            options,
            interrupt,
            dies,
            stays,
            crowd: Crowd::storming(Clock::start())?,
            messages: Messages::new(&load),
            schedule: None,
            returns: None,
            before: Noticed::default(),
            generator_cpu: 0,
            generator_busy: 0.0,
            progress: 0,
        })
    }

    /// All join.
    pub(super) fn open(&mut self) -> Result<()> {
        let run = rand::random::<u32>();
        let room_size = self.options.room_size + 1;
        let connections = self.options.sessions / self.options.room_size * room_size;
        let (dies, stays) = (self.dies, self.stays);
        Opening::default().until(connections, &mut self.crowd, self.interrupt, |crowd, who| {
            let member = Member {
                user: format!("storm-{run:08x}-{who}"),
                room: format!("/room/storm-{run:08x}-{}", who / room_size),
            };
            let sender = who % room_size == room_size - 1;
            let server = if sender { stays } else { dies };
            // The web application says who it is.
            let token = Some(member.user.clone());
            let codec = Returning::new(member, token);
            crowd.join(server, sources::source(who, server), codec)
        })
    }

    /// Messages flow for a while.
    pub(super) fn flow(&mut self, span: Duration) -> Result<()> {
        let now = self.crowd.now();
        let rooms = self.options.sessions / self.options.room_size;
        let rate = self.options.messages_per_s;
        self.schedule.get_or_insert_with(|| Schedule::new(now, rate, rooms, 1));
        self.until(now + nanoseconds(span))
    }

    /// The gateway dies now.
    pub(super) fn began(&mut self) -> Result<()> {
        self.before = self.noticed();
        self.generator_cpu = cpu::own()?;
        let now = self.crowd.now();
        self.returns = Some(Returns::new(self.crowd.len(), self.options.sessions, now));
        Ok(())
    }

    /// Messages flow until all are back, or patience ends.
    pub(super) fn until_back(&mut self) -> Result<()> {
        let start = self.crowd.now();
        let end = start + nanoseconds(self.options.patience);
        while self.crowd.now() < end && !self.returns.as_ref().is_some_and(Returns::over) {
            self.step(end)?;
        }
        let span = self.crowd.now() - start;
        self.generator_busy = (cpu::own()? - self.generator_cpu) as f64 / span as f64;
        Ok(())
    }

    /// Nobody sends, and what was sent still comes.
    pub(super) fn drain(&mut self) -> Result<()> {
        self.schedule = None;
        let room_size = self.options.room_size as u64 + 1;
        let mut received = self.messages.checker.received();
        let mut end = self.crowd.now() + nanoseconds(self.options.drain);
        while received < self.messages.publishes * room_size && self.crowd.now() < end {
            self.step(end)?;
            if self.messages.checker.received() > received {
                received = self.messages.checker.received();
                end = self.crowd.now() + nanoseconds(self.options.drain);
            }
        }
        // What comes now was doubled.
        self.until(self.crowd.now() + nanoseconds(WAIT_MAX))
    }

    /// What the storm came to.
    pub(super) fn report(&self, call_outs_before: u64, call_outs: u64) -> ResumeStormReport {
        let noticed = self.noticed();
        let returns = self.returns.as_ref();
        ResumeStormReport {
            sessions: self.options.sessions,
            room_size: self.options.room_size,
            took: returns.map(|returns| returns.took.percentiles()).unwrap_or_default(),
            tally: returns.map(|returns| returns.tally.clone()).unwrap_or_default(),
            gaps: noticed.gaps - self.before.gaps,
            movements: noticed.movements - self.before.movements,
            call_outs_before,
            call_outs,
            sent: self.messages.publishes,
            delivered: self.messages.checker.received(),
            faults: self.messages.checker.faults(&self.messages.sent),
            generator_busy: self.generator_busy,
        }
    }

    fn until(&mut self, end: Nanoseconds) -> Result<()> {
        while self.crowd.now() < end {
            self.step(end)?;
        }
        Ok(())
    }

    /// Sends and connects what is due, hears what is there, and waits for it until `end` at most.
    fn step(&mut self, end: Nanoseconds) -> Result<()> {
        self.interrupt.check()?;
        let now = self.crowd.now();
        self.show(now);
        let next = self.send_due(now)?.min(self.connect_due(now)?).min(end);
        let wait = Duration::from_nanos(next.saturating_sub(now)).min(WAIT_MAX);
        let (messages, returns) = (&mut self.messages, &mut self.returns);
        self.crowd.turn(wait, |heard| {
            if let Some(returns) = returns
                && returns.away(heard.who)
                && heard.codec.whole()
            {
                returns.whole(heard.who, heard.now, heard.codec.here);
            }
            messages.hear(heard)
        })?;
        for loss in self.crowd.take_losses() {
            self.lose(loss)?;
        }
        Ok(())
    }

    /// Sends what is due and says when the next message is.
    fn send_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        let Some(schedule) = &mut self.schedule else {
            return Ok(Nanoseconds::MAX);
        };
        let room_size = self.options.room_size + 1;
        while let Some((room, intended)) = schedule.take(now) {
            let (messages, who) = (&mut self.messages, room * room_size + room_size - 1);
            self.crowd.say(who, |codec, out| messages.publish(who, intended, codec, out))?;
        }
        let next = schedule.due();
        self.crowd.flush()?;
        Ok(next)
    }

    /// Connects some of those who are due and says when the next is.
    fn connect_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        let Some(returns) = &mut self.returns else {
            return Ok(Nanoseconds::MAX);
        };
        for _ in 0..SLICE {
            let Some(who) = returns.take_due(now) else {
                break;
            };
            let source = sources::source(who, self.stays);
            self.crowd.rejoin(who, self.stays, source, |_| {})?;
        }
        let next = returns.next_due().unwrap_or(Nanoseconds::MAX);
        self.crowd.flush()?;
        Ok(next)
    }

    /// A session lost its connection, which only the death of the gateway may have done.
    fn lose(&mut self, loss: Loss) -> Result<()> {
        let room_size = self.options.room_size + 1;
        let sends = loss.who % room_size == room_size - 1;
        match &mut self.returns {
            Some(returns) if !sends => {
                let closing = self.crowd.codec(loss.who).here.closing;
                returns.lost(loss.who, loss.now, closing, rand::random());
                Ok(())
            }
            Some(_) | None => {
                Err(loss.why).with_context(|| format!("connection {} before its time", loss.who))
            }
        }
    }

    fn noticed(&self) -> Noticed {
        let clients = (0..self.crowd.len()).map(|who| self.crowd.codec(who));
        clients.fold(Noticed::default(), |sum, client| Noticed {
            gaps: sum.gaps + client.gaps,
            movements: sum.movements + client.movements,
        })
    }

    /// Says once a second how far the run is.
    fn show(&mut self, now: Nanoseconds) {
        if now < self.progress {
            return;
        }
        self.progress = now + SECOND;
        let (sent, received) = (self.messages.publishes, self.messages.checker.received());
        let back = self.returns.as_ref().map_or(0, |returns| returns.tally.back);
        eprintln!("{:>6.1} s: {sent} sent, {received} received, {back} back", seconds(now));
    }
}

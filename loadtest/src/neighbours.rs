//! People in ordinary rooms, whose messages are timed while others do whatever they do.
//!
//! They talk in an open loop: a message counts from the time it was to be sent. What goes on beside
//! them is on the same thread, in a crowd of its own, and acts between two looks at their sockets.
//! How late the generator itself was is measured, too: nobody else is to blame for that.

mod influence;

pub use influence::{Influence, Phase, Round};

use std::time::Duration;

use anyhow::{Result, bail};

use crate::clock::{Clock, Nanoseconds, SECOND, nanoseconds};
use crate::credentials::Credentials;
use crate::interrupt::Interrupt;
use crate::peers::Member;
use crate::peers::imq::Imq;
use crate::sources;
use crate::traffic::checker::Faults;
use crate::traffic::crowd::Crowd;
use crate::traffic::latency::Latencies;
use crate::traffic::load::{Load, Pace};
use crate::traffic::messages::Messages;
use crate::traffic::opening::Opening;
use crate::traffic::schedule::Schedule;

/// Who is watched, and how often.
#[derive(Clone, Debug)]
pub struct Watch {
    /// People in ordinary rooms; a multiple of `room_size`.
    pub connections: usize,
    /// How many of them share a room.
    pub room_size: usize,
    /// Their messages a second, all together.
    pub messages_per_s: f64,
    /// Bytes of a payload, at least 20.
    pub payload_bytes: usize,
    /// How often it is measured.
    pub rounds: usize,
    /// How long each phase without is.
    pub calm: Duration,
    /// How long each phase with is.
    pub window: Duration,
}

impl Default for Watch {
    /// 500 people send 1,000 messages a second in rooms of ten; five rounds of three times six
    /// seconds.
    fn default() -> Self {
        Self {
            connections: 500,
            room_size: 10,
            messages_per_s: 1_000.0,
            payload_bytes: 100,
            rounds: 5,
            calm: Duration::from_secs(6),
            window: Duration::from_secs(6),
        }
    }
}

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// The longest wait while others are to act: epoll waits whole milliseconds.
const WAIT_BESIDE: Nanoseconds = SECOND / 1_000;

/// What goes on beside the neighbours.
pub(crate) trait Beside {
    /// Does what is due and hears what came, without waiting for anything.
    fn act(&mut self) -> Result<()>;
}

/// Nothing goes on.
pub(crate) struct Nothing;

impl Beside for Nothing {
    fn act(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The neighbours.
#[derive(Debug)]
pub(crate) struct Neighbours<'a> {
    load: &'a Load,
    interrupt: &'a Interrupt,
    crowd: Crowd<Imq>,
    messages: Messages,
    /// By how much messages were sent after their time.
    late: Latencies,
    schedule: Option<Schedule>,
}

impl<'a> Neighbours<'a> {
    /// Lets all of them in, and lets them talk.
    ///
    /// # Errors
    /// When somebody isn't let in.
    pub(crate) fn new(
        load: &'a Load,
        credentials: &Credentials,
        interrupt: &'a Interrupt,
    ) -> Result<Self> {
        load.check()?;
        let Pace::PerSecond(rate) = load.pace else {
            bail!("neighbours talk at a rate");
        };
        let (run, server) = (rand::random::<u32>(), load.servers[0]);
        let mut crowd = Crowd::new(Clock::start())?;
        Opening::default().until(load.connections, &mut crowd, interrupt, |crowd, who| {
            let member = Member {
                user: format!("there-{run:08x}-{who}"),
                room: format!("/room/there-{run:08x}-{}", who / load.room_size),
            };
            let token = credentials.token(&member.user, who)?;
            crowd.join(server, sources::source(who, server), Imq::with_token(member, token))
        })?;
        let schedule = Schedule::new(crowd.now(), rate, load.connections, load.room_size);
        let mut neighbours = Self {
            load,
            interrupt,
            crowd,
            messages: Messages::new(load),
            late: Latencies::new(),
            schedule: Some(schedule),
        };
        // What the opening left behind isn't measured.
        neighbours.until(neighbours.now() + SECOND, &mut Nothing)?;
        neighbours.messages.measuring = true;
        Ok(neighbours)
    }

    /// The clock that all times of the run are on.
    pub(crate) fn clock(&self) -> Clock {
        self.crowd.clock()
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Nanoseconds {
        self.crowd.now()
    }

    /// How many messages arrived.
    pub(crate) fn received(&self) -> u64 {
        self.messages.checker.received()
    }

    /// Goes on until then, while something goes on beside.
    ///
    /// # Errors
    /// When a neighbour is closed or refused; when what goes on beside fails; when interrupted.
    pub(crate) fn until(&mut self, end: Nanoseconds, beside: &mut dyn Beside) -> Result<()> {
        while self.now() < end {
            beside.act()?;
            self.step(end.min(self.now() + WAIT_BESIDE))?;
        }
        Ok(())
    }

    /// What a window of so long is like while something goes on beside.
    ///
    /// # Errors
    /// As `until`.
    pub(crate) fn phase(&mut self, window: Duration, beside: &mut dyn Beside) -> Result<Phase> {
        self.cut();
        self.until(self.now() + nanoseconds(window), beside)?;
        Ok(self.cut())
    }

    /// What it was like since the last cut.
    pub(crate) fn cut(&mut self) -> Phase {
        let latency = std::mem::replace(&mut self.messages.latencies, Latencies::new());
        let late = std::mem::replace(&mut self.late, Latencies::new());
        Phase { latency: latency.percentiles(), generator_late_p99_ms: late.percentiles().p99_ms }
    }

    /// Sends no more, waits for what is still to come, and says what was wrong.
    ///
    /// # Errors
    /// When a neighbour is closed or refused; when interrupted.
    pub(crate) fn drain(mut self) -> Result<Faults> {
        self.messages.measuring = false;
        self.schedule = None;
        let end = self.now() + nanoseconds(self.load.drain);
        let due = self.messages.publishes * self.load.room_size as u64;
        while self.received() < due && self.now() < end {
            self.step(end)?;
        }
        // What comes now was doubled.
        self.until(self.now() + nanoseconds(WAIT_MAX), &mut Nothing)?;
        Ok(self.messages.checker.faults(&self.messages.sent))
    }

    /// Sends what is due, hears what is there, and waits for it until `end` at most.
    ///
    /// # Errors
    /// As `drain`.
    pub(crate) fn step(&mut self, end: Nanoseconds) -> Result<()> {
        self.interrupt.check()?;
        let now = self.now();
        let next = self.send_due(now)?.min(end);
        let wait = Duration::from_nanos(next.saturating_sub(now)).min(WAIT_MAX);
        let messages = &mut self.messages;
        self.crowd.turn(wait, |heard| messages.hear(heard))
    }

    /// Sends what is due and says when the next message is.
    fn send_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        let Some(schedule) = &mut self.schedule else {
            return Ok(Nanoseconds::MAX);
        };
        while let Some((who, intended)) = schedule.take(now) {
            let messages = &mut self.messages;
            self.late.record(now - intended);
            self.crowd.say(who, |codec, out| messages.publish(who, intended, codec, out))?;
        }
        let next = schedule.due();
        self.crowd.flush()?;
        Ok(next)
    }
}

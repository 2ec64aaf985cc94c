//! The generator's sockets: one thread, one epoll, one shared read buffer.
//!
//! A turn reads all sockets that are ready and then writes each that has something to say, once: so
//! the generator is as wide in its batches as the servers are, and never the first to tire.

mod seat;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use mio::{Events, Interest, Poll, Token};

use crate::clock::{Clock, Nanoseconds};
use crate::peers::{Codec, Event};
use seat::Seat;

/// Holds the longest frame of a server and much more of small ones.
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// As many sockets as one turn may take; above it fairness is the kernel's.
const EVENTS_MAX: usize = 4096;

/// All connections of a run.
#[derive(Debug)]
pub(crate) struct Crowd<C> {
    clock: Clock,
    poll: Poll,
    events: Events,
    seats: Vec<Seat<C>>,
    /// Who has something to say; each at most once.
    talkers: Vec<usize>,
    buffer: Box<[u8]>,
}

/// One event with what answering it takes.
#[derive(Debug)]
pub(crate) struct Heard<'a, C> {
    /// The connection's number, in the order of `join`.
    pub(crate) who: usize,
    /// When the bytes were read.
    pub(crate) now: Nanoseconds,
    /// What was said.
    pub(crate) event: Event<'a>,
    /// The connection's protocol.
    pub(crate) codec: &'a mut C,
    /// Takes what the connection says in reply.
    pub(crate) out: &'a mut Vec<u8>,
}

impl<C: Codec> Crowd<C> {
    /// Nobody yet.
    pub(crate) fn new(clock: Clock) -> Result<Self> {
        Ok(Self {
            clock,
            poll: Poll::new().context("opening an epoll")?,
            events: Events::with_capacity(EVENTS_MAX),
            seats: Vec::new(),
            talkers: Vec::new(),
            buffer: vec![0; READ_BUFFER_BYTES].into_boxed_slice(),
        })
    }

    /// Connects one more, from `source` if there is one, and lets it say hello with the next turn.
    pub(crate) fn join(
        &mut self,
        server: SocketAddr,
        source: Option<Ipv4Addr>,
        mut codec: C,
    ) -> Result<()> {
        let mut stream = seat::connect(server, source).with_context(|| {
            format!("connecting to {server} as number {}", self.seats.len() + 1)
        })?;
        let who = self.seats.len();
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(who), interest).context("epoll")?;
        let mut out = Vec::new();
        codec.hello(&mut out);
        self.seats.push(Seat::new(stream, codec, out));
        self.talkers.push(who);
        Ok(())
    }

    /// How many have joined.
    pub(crate) fn len(&self) -> usize {
        self.seats.len()
    }

    /// What the run's clock shows.
    pub(crate) fn now(&self) -> Nanoseconds {
        self.clock.now()
    }

    /// Lets one connection say something with the next turn's writes.
    pub(crate) fn say(&mut self, who: usize, say: impl FnOnce(&mut C, &mut Vec<u8>)) -> Result<()> {
        let seat = &mut self.seats[who];
        seat.say(say).with_context(|| format!("connection {who}"))?;
        if seat.listed() {
            self.talkers.push(who);
        }
        Ok(())
    }

    /// Writes what is to be said, once per connection.
    pub(crate) fn flush(&mut self) -> Result<()> {
        for who in self.talkers.drain(..) {
            self.seats[who].write().with_context(|| format!("connection {who}"))?;
        }
        Ok(())
    }

    /// Waits at most `wait`, hears all that is there, and writes the replies. The wait is in whole
    /// milliseconds, as epoll's is, and rounded up.
    pub(crate) fn turn(
        &mut self,
        wait: Duration,
        mut hear: impl FnMut(Heard<'_, C>) -> Result<()>,
    ) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled.context("waiting for sockets")?,
        }
        for event in &self.events {
            let Token(who) = event.token();
            let seat = &mut self.seats[who];
            if event.is_readable() {
                seat.read(&mut self.buffer, &self.clock, who, &mut hear)
                    .with_context(|| format!("connection {who}"))?;
            }
            if event.is_writable() {
                seat.unblock();
            }
            if seat.listed() {
                self.talkers.push(who);
            }
        }
        self.flush()
    }
}

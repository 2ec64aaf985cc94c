//! The generator's sockets: one thread, one epoll, one shared read buffer.
//!
//! A turn reads all sockets that are ready and then writes each that has something to say, once: so
//! the generator is as wide in its batches as the servers are, and never the first to tire.

mod line;
mod slot;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use mio::{Events, Interest, Poll, Token};

use crate::clock::{Clock, Nanoseconds};
use crate::peers::{Codec, Event, Violation};
use crate::secure::Client;
use line::Line;
use slot::{Connecting, Slot};

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
    slots: Vec<Slot<C>>,
    /// Who has something to say; each at most once.
    talkers: Vec<usize>,
    buffer: Box<[u8]>,
    /// The side of TLS that connections have; none: they are plain.
    secure: Option<Client>,
    /// What became of connections that ended; none where an end is an error of the run.
    losses: Option<Vec<Loss>>,
}

/// A connection that ended without being told to.
#[derive(Debug)]
pub(crate) struct Loss {
    /// The connection's number.
    pub(crate) who: usize,
    /// When it was seen.
    pub(crate) now: Nanoseconds,
    /// What was the matter.
    pub(crate) why: Violation,
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
    /// Nobody yet. The end of a connection ends the run.
    pub(crate) fn new(clock: Clock) -> Result<Self> {
        Self::with_losses(clock, None)
    }

    /// Nobody yet. Connections are made without waiting for them, their ends are kept for
    /// `take_losses`, and slots can be taken again.
    pub(crate) fn storming(clock: Clock) -> Result<Self> {
        Self::with_losses(clock, Some(Vec::new()))
    }

    fn with_losses(clock: Clock, losses: Option<Vec<Loss>>) -> Result<Self> {
        Ok(Self {
            clock,
            poll: Poll::new().context("opening an epoll")?,
            events: Events::with_capacity(EVENTS_MAX),
            slots: Vec::new(),
            talkers: Vec::new(),
            buffer: vec![0; READ_BUFFER_BYTES].into_boxed_slice(),
            secure: None,
            losses,
        })
    }

    /// From now on connections speak TLS.
    pub(crate) fn speak_tls(&mut self, client: Client) {
        self.secure = Some(client);
    }

    /// Connects one more, from `source` if there is one, and lets it say hello with the next turn.
    pub(crate) fn join(
        &mut self,
        server: SocketAddr,
        source: Option<Ipv4Addr>,
        codec: C,
    ) -> Result<()> {
        let who = self.slots.len();
        self.slots.push(Slot::new(codec));
        self.take(who, server, source)
    }

    /// Connects a slot anew, after `change` had its protocol; what stood there is reset.
    pub(crate) fn rejoin(
        &mut self,
        who: usize,
        server: SocketAddr,
        source: Option<Ipv4Addr>,
        change: impl FnOnce(&mut C),
    ) -> Result<()> {
        self.slots[who].leave();
        change(&mut self.slots[who].codec);
        self.take(who, server, source)
    }

    /// Resets a connection.
    pub(crate) fn leave(&mut self, who: usize) {
        self.slots[who].leave();
    }

    /// A connection's protocol.
    pub(crate) fn codec(&self, who: usize) -> &C {
        &self.slots[who].codec
    }

    fn take(&mut self, who: usize, server: SocketAddr, source: Option<Ipv4Addr>) -> Result<()> {
        let connecting = if self.losses.is_some() { Connecting::Goes } else { Connecting::Waits };
        let mut stream = slot::connect(server, source, connecting)
            .with_context(|| format!("connecting to {server} as number {}", who + 1))?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(who), interest).context("epoll")?;
        let line = Line::new(stream, self.secure.as_ref()).context("TLS")?;
        let slot = &mut self.slots[who];
        slot.take(line);
        if slot.listed() {
            self.talkers.push(who);
        }
        Ok(())
    }

    /// The connections that ended since they were last asked for.
    pub(crate) fn take_losses(&mut self) -> Vec<Loss> {
        self.losses.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How many have joined.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The run's clock.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// What the run's clock shows.
    pub(crate) fn now(&self) -> Nanoseconds {
        self.clock.now()
    }

    /// Lets one connection say something with the next turn's writes.
    pub(crate) fn say(&mut self, who: usize, say: impl FnOnce(&mut C, &mut Vec<u8>)) -> Result<()> {
        let slot = &mut self.slots[who];
        slot.say(say).with_context(|| format!("connection {who}"))?;
        if slot.listed() {
            self.talkers.push(who);
        }
        Ok(())
    }

    /// Writes what is to be said, once per connection.
    pub(crate) fn flush(&mut self) -> Result<()> {
        for who in self.talkers.drain(..) {
            let slot = &mut self.slots[who];
            if let Err(why) = slot.write() {
                lose(&mut self.losses, slot, Loss { who, now: self.clock.now(), why })?;
            }
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
            let slot = &mut self.slots[who];
            if event.is_readable() {
                let ended = event.is_read_closed();
                let read = slot
                    .read(&mut self.buffer, ended, &self.clock, who, &mut hear)
                    .with_context(|| format!("connection {who}"))?;
                if let Err(why) = read {
                    lose(&mut self.losses, slot, Loss { who, now: self.clock.now(), why })?;
                }
            }
            if event.is_writable() {
                slot.unblock();
            }
            if slot.listed() {
                self.talkers.push(who);
            }
        }
        self.flush()
    }
}

/// Empties a slot whose connection ended, or ends the run.
#[cold]
fn lose<C: Codec>(losses: &mut Option<Vec<Loss>>, slot: &mut Slot<C>, loss: Loss) -> Result<()> {
    let Some(losses) = losses else {
        return Err(loss.why).with_context(|| format!("connection {}", loss.who));
    };
    slot.leave();
    losses.push(loss);
    Ok(())
}

#[cfg(test)]
mod tests;

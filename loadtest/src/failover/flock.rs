//! Clients that stay in their rooms whatever happens: who loses a connection comes back, who loses
//! a room asks for it until it stands.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::told::Notices;
use crate::clock::{Clock, Nanoseconds};
use crate::credentials::Credentials;
use crate::interrupt::Interrupt;
use crate::peers::Event;
use crate::peers::imq::witness::{Told, Witness};
use crate::sources;
use crate::traffic::crowd::{Crowd, Heard, Loss};
use crate::traffic::opening::Opening;
use crate::traffic::returns::Returns;

/// The longest wait for sockets.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// Connections that are made between two looks at the sockets.
const SLICE: usize = 64;

/// After a refusal a room is asked for again after so long.
const ASK_AGAIN: Nanoseconds = 20_000_000;

/// Who hears what clients are told.
pub(super) trait Ear {
    /// Something was said, with the payload of a message; whether it was the result of an operation
    /// that the ear knows.
    fn hear(
        &mut self,
        who: usize,
        now: Nanoseconds,
        told: &Told,
        payload: Option<&[u8]>,
    ) -> Result<bool>;

    /// A connection ended, with this code if it was closed by a word.
    fn lose(&mut self, who: usize, code: Option<u32>);
}

/// Where clients get in, and by what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Doors {
    pub(super) gateways: Vec<SocketAddr>,
    pub(super) credentials: Credentials,
}

/// The clients.
#[derive(Debug)]
pub(super) struct Flock {
    pub(super) crowd: Crowd<Witness>,
    gateways: Vec<SocketAddr>,
    /// By client: the number of its gateway, modulo theirs. Whose connection ends without a word
    /// goes to the next.
    doors: Vec<usize>,
    returns: Returns,
    /// Who asks for rooms again, in the order of when.
    asking: BTreeSet<(Nanoseconds, usize)>,
    notices: Notices,
}

impl Flock {
    /// Lets all of these in.
    pub(super) fn open(
        clock: Clock,
        Doors { gateways, credentials }: Doors,
        clients: usize,
        interrupt: &Interrupt,
        codec: impl Fn(usize) -> Witness,
        ear: &mut impl Ear,
    ) -> Result<Self> {
        let mut crowd = Crowd::storming(clock)?;
        let door = |who: usize| gateways[who % gateways.len()];
        Opening::default().until_heard(
            clients,
            &mut crowd,
            interrupt,
            |crowd, who| {
                let mut codec = codec(who);
                codec.prove(&credentials, who)?;
                crowd.join(door(who), sources::source(who, door(who)), codec)
            },
            |heard| {
                if let Told::Result { status: status @ 1.., .. } = heard.codec.told {
                    bail!("client {} is refused its room with status {status}", heard.who);
                }
                hear(ear, heard).map(drop)
            },
        )?;
        let returns = Returns::new(clients, clients, clock.now());
        let (asking, notices) = (BTreeSet::new(), Notices::default());
        let doors = (0..clients).collect();
        Ok(Self { crowd, gateways, doors, returns, asking, notices })
    }

    /// Whether a client has all that it had, as far as is known.
    pub(super) fn is_there(&self, who: usize) -> bool {
        self.returns.there(who)
    }

    /// Whether all clients have what they had.
    pub(super) fn all_whole(&self) -> bool {
        self.away() == 0
    }

    /// What they were told until now.
    pub(super) fn notices(&self) -> Notices {
        Notices { away: self.away(), ..self.notices.clone() }
    }

    fn away(&self) -> u64 {
        let clients = (0..self.crowd.len()).map(|who| &self.crowd.codec(who).returning);
        clients.filter(|client| !client.whole()).count() as u64
    }

    /// Connects and asks for what is due, hears what is there, and waits until `end` at most.
    pub(super) fn step(&mut self, end: Nanoseconds, ear: &mut impl Ear) -> Result<()> {
        let now = self.crowd.now();
        let next = self.connect_due(now)?.min(self.ask_due(now)?).min(end);
        self.crowd.flush()?;
        let wait = Duration::from_nanos(next.saturating_sub(now)).min(WAIT_MAX);
        let Self { crowd, returns, asking, notices, .. } = self;
        crowd.turn(wait, |heard| {
            let (who, now) = (heard.who, heard.now);
            let Heard { codec, .. } = &heard;
            if returns.away(who) && codec.returning.whole() {
                returns.whole(who, now, codec.returning.here);
            }
            match &codec.told {
                Told::Gap => notices.gaps += 1,
                Told::Unsubscribed { reason } => {
                    *notices.unsubscribed.entry(reason.clone()).or_default() += 1;
                }
                Told::Nothing
                | Told::Result { .. }
                | Told::Message { .. }
                | Told::Subscribed { .. } => {}
            }
            let refused = matches!(codec.told, Told::Result { status: 1.., .. });
            if !hear(ear, heard)? && refused {
                asking.insert((now + ASK_AGAIN, who));
            }
            Ok(())
        })?;
        for loss in self.crowd.take_losses() {
            self.lose(&loss, ear);
        }
        Ok(())
    }

    /// Connects some of those who are due and says when the next is.
    fn connect_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        for _ in 0..SLICE {
            let Some(who) = self.returns.take_due(now) else {
                break;
            };
            let door = self.gateways[self.doors[who] % self.gateways.len()];
            self.crowd.rejoin(who, door, sources::source(who, door), |_| {})?;
        }
        Ok(self.returns.next_due().unwrap_or(Nanoseconds::MAX))
    }

    /// Asks for the rooms that are due and says when the next is.
    fn ask_due(&mut self, now: Nanoseconds) -> Result<Nanoseconds> {
        while let Some(&(due, who)) = self.asking.first() {
            if due > now {
                return Ok(due);
            }
            self.asking.pop_first();
            if self.is_there(who) && !self.crowd.codec(who).returning.whole() {
                self.crowd.say(who, Witness::subscribe_missing)?;
            }
        }
        Ok(Nanoseconds::MAX)
    }

    fn lose(&mut self, loss: &Loss, ear: &mut impl Ear) {
        let closing = self.crowd.codec(loss.who).returning.here.closing;
        let code = closing.map(|closing| closing.code);
        self.doors[loss.who] += usize::from(code.is_none());
        match code {
            Some(code) => *self.notices.closed.entry(code).or_default() += 1,
            // Who is away already may be refused by a port.
            None if self.returns.away(loss.who) => {}
            None => {
                eprintln!("connection {} ended: {}", loss.who, loss.why);
                self.notices.cut += 1;
            }
        }
        self.returns.lost(loss.who, loss.now, closing, rand::random());
        ear.lose(loss.who, code);
    }
}

fn hear(ear: &mut impl Ear, heard: Heard<'_, Witness>) -> Result<bool> {
    let Heard { who, now, event, codec, .. } = heard;
    let payload = match event {
        Event::Delivery(payload) => Some(payload),
        Event::Welcomed | Event::Ready | Event::Acknowledged | Event::Ended | Event::Other => None,
    };
    ear.hear(who, now, &codec.told, payload)
}

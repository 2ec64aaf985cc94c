//! Those who do too much: a crowd whose slots, one after the other at a rate, connect if they
//! aren't, and do it once more if they are.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;

use super::offence::{Guilty, PROXY, Scene};
use crate::clock::Nanoseconds;
use crate::neighbours::Beside;
use crate::peers::imq::counting::{Counting, Hello, Outcomes};
use crate::peers::rpc_bodies::RpcBodies;
use crate::peers::{Codec, Event, Member};
use crate::sources;
use crate::traffic::crowd::Crowd;
use crate::traffic::schedule::Schedule;

/// So many steps between two looks at the neighbours: they take the generator a millisecond or
/// two at most.
const SLICE: usize = 256;

/// What a culprit says. One of its connections speaks this protocol.
pub(super) trait Deed {
    type Codec: Codec;

    /// A new culprit, by its number.
    fn culprit(&self, who: usize) -> Self::Codec;

    /// Where it connects, and from where.
    fn door(&self, scene: &Scene<'_>, who: usize) -> (SocketAddr, Option<Ipv4Addr>);

    /// Whether it acts before it is let in.
    fn is_early(&self) -> bool;

    /// Whether, each time, it comes anew.
    fn returns(&self) -> bool;

    /// Comes as somebody else: one user who logs in again and again has a limit of their own.
    fn renew(&self, codec: &mut Self::Codec, number: u64);

    /// Does it once more, for the time of this number.
    fn act(&self, codec: &mut Self::Codec, number: u64, out: &mut Vec<u8>);

    /// What it was told.
    fn outcomes(codec: &Self::Codec) -> &Outcomes;
}

/// Where a culprit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Out,
    Coming,
    In,
}

/// The culprits of one deed.
pub(super) struct Culprits<D: Deed> {
    deed: D,
    crowd: Crowd<D::Codec>,
    doors: Vec<(SocketAddr, Option<Ipv4Addr>)>,
    standing: Vec<Standing>,
    schedule: Schedule,
    number: u64,
}

impl<D: Deed + 'static> Culprits<D> {
    /// So many at such a rate, all together, by the scene's scale. They come one by one.
    pub(super) fn start(
        scene: &Scene<'_>,
        count: usize,
        rate: f64,
        deed: D,
    ) -> Result<Box<dyn Guilty>> {
        let count = scene.count(count);
        Ok(Box::new(Self {
            crowd: Crowd::storming(scene.clock)?,
            doors: (0..count).map(|who| deed.door(scene, who)).collect(),
            standing: vec![Standing::Out; count],
            schedule: Schedule::new(scene.clock.now(), rate * scene.scale, count, 1),
            number: 0,
            deed,
        }))
    }

    fn connect(&mut self, who: usize) -> Result<()> {
        let (server, source) = self.doors[who];
        self.standing[who] = Standing::Coming;
        // Seats are taken in their order the first time.
        if who < self.crowd.len() {
            self.number += 1;
            let (deed, number) = (&self.deed, self.number);
            return self.crowd.rejoin(who, server, source, |codec| deed.renew(codec, number));
        }
        self.crowd.join(server, source, self.deed.culprit(who))
    }

    fn step(&mut self, who: usize) -> Result<()> {
        let acts = self.standing[who] == Standing::In || self.deed.is_early();
        if self.standing[who] == Standing::Out || self.deed.returns() {
            self.connect(who)?;
        } else if acts {
            self.number += 1;
            let (deed, number) = (&self.deed, self.number);
            self.crowd.say(who, |codec, out| deed.act(codec, number, out))?;
        }
        Ok(())
    }
}

impl<D: Deed + 'static> Beside for Culprits<D> {
    fn act(&mut self) -> Result<()> {
        let now: Nanoseconds = self.crowd.now();
        for _ in 0..SLICE {
            let Some((who, _)) = self.schedule.take(now) else { break };
            self.step(who)?;
        }
        self.crowd.flush()?;
        let standing = &mut self.standing;
        self.crowd.turn(Duration::ZERO, |heard| {
            if matches!(heard.event, Event::Welcomed | Event::Ready) {
                standing[heard.who] = Standing::In;
            }
            Ok(())
        })?;
        for loss in self.crowd.take_losses() {
            self.standing[loss.who] = Standing::Out;
        }
        Ok(())
    }
}

impl<D: Deed + 'static> Guilty for Culprits<D> {
    fn outcomes(&self) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for who in 0..self.crowd.len() {
            outcomes.add(D::outcomes(self.crowd.codec(who)));
        }
        outcomes
    }
}

/// What clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Pings,
    Sends,
    Subscribes,
    Trickles,
    TricklesHttp,
    Comes,
}

/// Clients who do it.
pub(super) struct Clients {
    manner: Manner,
    run: u32,
}

impl Clients {
    pub(super) fn new(manner: Manner) -> Self {
        Self { manner, run: rand::random() }
    }
}

impl Deed for Clients {
    type Codec = Counting;

    fn culprit(&self, who: usize) -> Counting {
        let user = format!("guilty-{:08x}-{who}", self.run);
        let room = match self.manner {
            Manner::Sends => format!("/room/{user}"),
            Manner::Pings
            | Manner::Subscribes
            | Manner::Trickles
            | Manner::TricklesHttp
            | Manner::Comes => String::new(),
        };
        let hello = match self.manner {
            // The length of a frame, and a part of it.
            Manner::Trickles => Hello::Instead(b"\x7f\x0a".to_vec()),
            Manner::TricklesHttp => Hello::Instead(b"GET /imq/v1/ws HTTP/1.1\r\nx: ".to_vec()),
            Manner::Comes => {
                Hello::Behind(b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 7400\r\n".to_vec())
            }
            Manner::Pings | Manner::Sends | Manner::Subscribes => Hello::Proper,
        };
        Counting::saying(Member { user, room }, hello)
    }

    fn door(&self, scene: &Scene<'_>, who: usize) -> (SocketAddr, Option<Ipv4Addr>) {
        match self.manner {
            Manner::Comes => (scene.client, PROXY.parse().ok()),
            Manner::TricklesHttp => (scene.client_http, sources::source(who, scene.client_http)),
            Manner::Pings | Manner::Sends | Manner::Subscribes | Manner::Trickles => {
                (scene.client, sources::source(who, scene.client))
            }
        }
    }

    fn is_early(&self) -> bool {
        matches!(self.manner, Manner::Trickles | Manner::TricklesHttp)
    }

    fn returns(&self) -> bool {
        self.manner == Manner::Comes
    }

    fn renew(&self, client: &mut Counting, number: u64) {
        client.imq.rename(format!("guilty-{:08x}-again-{number}", self.run));
    }

    fn act(&self, client: &mut Counting, number: u64, out: &mut Vec<u8>) {
        match self.manner {
            Manner::Pings => client.imq.ping(number, out),
            Manner::Sends => client.imq.publish(b"\"again\"", out),
            Manner::Subscribes => {
                client.imq.subscribe(&format!("/room/{:08x}-{number}", self.run), out);
            }
            Manner::Trickles | Manner::TricklesHttp => out.push(b'x'),
            Manner::Comes => {}
        }
    }

    fn outcomes(client: &Counting) -> &Outcomes {
        &client.outcomes
    }
}

/// Back ends with large bodies.
pub(super) struct Bodies {
    run: u32,
    head: String,
    bytes: usize,
    /// Whether the body is one that is carried out.
    is_good: bool,
}

impl Bodies {
    pub(super) fn new(scene: &Scene<'_>, bytes: usize, is_good: bool) -> Self {
        let mut head = String::new();
        write!(head, "Host: {}\r\nAuthorization: Bearer {}\r\n", scene.rpc, scene.rpc_key)
            .expect("a String takes all that is written");
        Self { run: rand::random(), head, bytes, is_good }
    }
}

impl Deed for Bodies {
    type Codec = RpcBodies;

    fn culprit(&self, who: usize) -> RpcBodies {
        let room = format!("/room/bodies-{:08x}-{who}", self.run);
        RpcBodies::new(&room, &self.head, self.bytes, self.is_good)
    }

    fn door(&self, scene: &Scene<'_>, _who: usize) -> (SocketAddr, Option<Ipv4Addr>) {
        (scene.rpc, None)
    }

    fn is_early(&self) -> bool {
        false
    }

    fn returns(&self) -> bool {
        false
    }

    fn renew(&self, _codec: &mut RpcBodies, _number: u64) {}

    fn act(&self, codec: &mut RpcBodies, _number: u64, out: &mut Vec<u8>) {
        codec.publish(&[], out);
    }

    fn outcomes(codec: &RpcBodies) -> &Outcomes {
        &codec.outcomes
    }
}

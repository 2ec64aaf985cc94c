//! Peers of the ports for HTTP who ask without reading, or keep connections without asking. They
//! have no key.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

use super::offence::{Guilty, Scene};
use crate::clock::{Clock, Nanoseconds, SECOND};
use crate::neighbours::Beside;
use crate::peers::imq::counting::Outcomes;

/// Connections that are made, or looked after, between two looks at the neighbours.
const SLICE: usize = 16;
/// What the kernel takes for somebody who doesn't read.
const RECEIVE_BYTES: usize = 4 * 1024;
/// Requests that are sent at once.
const PIPELINED: usize = 5_000;
/// How often a byte of a head is sent.
const TRICKLE: Nanoseconds = SECOND / 5;

/// What they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Ask for a large document, again and again, and read nothing.
    Pipelines,
    /// Connect, and say nothing.
    Silent,
    /// Ask once, and stay.
    Idles,
    /// Send a byte of a head now and then.
    Trickles,
}

/// Whose ports they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doors {
    /// The gateway's for back ends.
    Rpc,
    /// So many to each role's.
    All,
}

/// Those who do it.
pub(super) struct Visitors {
    clock: Clock,
    manner: Manner,
    doors: Vec<SocketAddr>,
    wanted: usize,
    there: Vec<Visitor>,
    /// Who is looked after next.
    next: usize,
}

struct Visitor {
    door: SocketAddr,
    stream: TcpStream,
    /// What of its text it has sent.
    sent: usize,
    /// When it sends more.
    due: Nanoseconds,
}

impl Visitors {
    /// So many to each of the doors, by the scene's scale. They come one by one, and come back when
    /// they are closed.
    pub(super) fn start(
        scene: &Scene<'_>,
        count: usize,
        manner: Manner,
        doors: Doors,
    ) -> Box<dyn Guilty> {
        let doors = match doors {
            Doors::Rpc => vec![scene.rpc],
            Doors::All => vec![scene.rpc, scene.boss_http, scene.queue_node_http],
        };
        let wanted = scene.count(count) * doors.len();
        let clock = scene.clock;
        Box::new(Self { clock, manner, doors, wanted, there: Vec::new(), next: 0 })
    }

    fn connect(&self, door: SocketAddr) -> Result<Visitor> {
        let socket = Socket::new(Domain::for_address(door), Type::STREAM, None)?;
        if self.manner == Manner::Pipelines {
            socket.set_recv_buffer_size(RECEIVE_BYTES)?;
        }
        socket.connect(&door.into()).context("connecting over HTTP")?;
        socket.set_nonblocking(true)?;
        Ok(Visitor { door, stream: socket.into(), sent: 0, due: self.clock.now() })
    }

    /// Whether it is still there.
    fn look_after(&mut self, who: usize) -> bool {
        let (now, manner) = (self.clock.now(), self.manner);
        let visitor = &mut self.there[who];
        let went_on = match manner {
            Manner::Pipelines => visitor.pipelines(),
            Manner::Silent => visitor.listens(),
            Manner::Idles if visitor.sent == 0 => {
                let host = visitor.door;
                visitor.says(format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
            }
            Manner::Idles => visitor.listens(),
            Manner::Trickles if visitor.due <= now => {
                visitor.due = now + TRICKLE;
                let head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nx: ";
                let next = head.get(visitor.sent).copied().unwrap_or(b'x');
                visitor.says(&[next]).and_then(|()| visitor.listens())
            }
            Manner::Trickles => Ok(()),
        };
        match went_on {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

impl Visitor {
    fn says(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sent += self.stream.write(bytes)?;
        Ok(())
    }

    fn pipelines(&mut self) -> io::Result<()> {
        let request = format!("GET /openapi.json HTTP/1.1\r\nHost: {}\r\n\r\n", self.door);
        let all = request.repeat(PIPELINED);
        // What was sent in part is ended first.
        self.says(&all.as_bytes()[self.sent % request.len()..])
    }

    /// Reads what is said; an error when nothing is, or nothing more.
    fn listens(&mut self) -> io::Result<()> {
        let mut scratch = [0; 4096];
        match self.stream.read(&mut scratch)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Beside for Visitors {
    fn act(&mut self) -> Result<()> {
        for _ in 0..SLICE.min(self.wanted - self.there.len()) {
            let door = self.doors[self.there.len() % self.doors.len()];
            self.there.push(self.connect(door)?);
        }
        for _ in 0..SLICE.min(self.there.len()) {
            let who = self.next % self.there.len();
            self.next += 1;
            if !self.look_after(who) {
                self.there[who] = self.connect(self.there[who].door)?;
            }
        }
        Ok(())
    }
}

impl Guilty for Visitors {
    /// Who doesn't read isn't told anything; what came of it is in the processes' memory.
    fn outcomes(&self) -> Outcomes {
        Outcomes::default()
    }
}

//! The links that others dial: from anywhere, so they are few until they have proven themselves.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use mio::net::TcpListener;
use mio::{Interest, Token, Waker};
use proto::limits;
use proto::link::Role;
use proto::text::Foreign;
use proto::time::Time;
use rand::RngExt;

use super::wire::Wire;
use super::{Sink, Socket, Wires};
use crate::io::Throttled;
use crate::machine::{Link, Origin, Unproven};

/// The system had no file for a link that waits: it is tried again after so long.
const ACCEPT_AGAIN_MS: u64 = 100;

/// Where links come in.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) listener: Option<TcpListener>,
    pub(super) pipe: Option<String>,
    pub(super) unproven: Unproven,
    /// More may wait than a turn takes: it is looked again at this time.
    again_ms: Option<u64>,
    refusals: Throttled,
    failures: Throttled,
}

impl Door {
    pub(super) fn new() -> Door {
        Door {
            listener: None,
            pipe: None,
            unproven: Unproven::default(),
            again_ms: None,
            refusals: Throttled::new("links that were refused"),
            failures: Throttled::new("links that could not be accepted"),
        }
    }

    pub(super) fn wake_at(&self) -> impl Iterator<Item = u64> {
        [self.again_ms, self.refusals.wake_at(), self.failures.wake_at()].into_iter().flatten()
    }

    /// Says that somebody's link was not taken, as long as there aren't too many of them.
    pub(super) fn not_taken(&mut self, now: Time, from: Option<SocketAddr>, reason: &str) {
        let reason = Foreign::new(reason);
        match from {
            Some(from) => {
                let line = format_args!("a link from {from} was refused: {reason}");
                self.refusals.info(now, line);
            }
            None => tracing::info!("a link from this process was refused: {reason}"),
        }
    }

    fn failed(&mut self, now: Time, error: &io::Error) {
        self.failures.warn(now, format_args!("a link could not be accepted: {error}"));
    }
}

impl Wires {
    /// Accepts links at this address; says at which, for port 0.
    ///
    /// # Errors
    /// If the address can't be had.
    pub fn listen(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let mut listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        self.registry.register(&mut listener, Token(self.first_token), Interest::READABLE)?;
        self.door.listener = Some(listener);
        Ok(address)
    }

    /// Accepts links from within the process under this name; `waker` wakes this thread's loop,
    /// which then calls [`Wires::wake`].
    pub fn listen_pipe(&mut self, name: &str, waker: Arc<Waker>) {
        self.hub.listen(name, waker);
        self.door.pipe = Some(name.to_owned());
    }

    /// Accepts what nothing else would wake this thread for.
    pub(super) fn accept_due(&mut self, now: Time, sink: &mut impl Sink) {
        self.door.refusals.wake(now);
        self.door.failures.wake(now);
        if self.door.again_ms.is_some_and(|at| at <= now.ms) {
            self.accept_tcp(now, sink);
        }
        if let Some(name) = self.door.pipe.clone() {
            for end in self.hub.accept(&name) {
                self.adopt(now, Socket::Pipe(end), None, sink);
            }
        }
    }

    pub(super) fn accept_tcp(&mut self, now: Time, sink: &mut impl Sink) {
        self.door.again_ms = Some(now.ms);
        for _ in 0..limits::LINKS_ACCEPTED_PER_TURN_MAX {
            let Some(listener) = &self.door.listener else { return self.door.again_ms = None };
            match listener.accept() {
                Ok((stream, from)) => match Socket::accepted(now, stream, self.hub.tls()) {
                    Ok(socket) => self.adopt(now, socket, Some(from), sink),
                    Err(error) => self.door.failed(now, &error),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.door.again_ms = None;
                }
                // Of one connection that has ended by itself, or ours.
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    self.door.failed(now, &error);
                    return self.door.again_ms = Some(now.ms + ACCEPT_AGAIN_MS);
                }
                Err(_) => {}
            }
        }
    }

    /// Takes a socket that somebody else dialled. A node that the boss hasn't registered yet can't
    /// say which of its lives this is: whoever dials is to come again.
    fn adopt(&mut self, now: Time, socket: Socket, from: Option<SocketAddr>, sink: &mut impl Sink) {
        if self.settings.incarnation == 0 && self.settings.role != Role::Boss {
            return;
        }
        let origin = from.map(|from| Origin::from(from.ip()));
        if let Some(oldest) = origin.and_then(|origin| self.door.unproven.surplus(origin)) {
            self.close(now, oldest, "too many others came and haven't proven themselves", sink);
        }
        let nonce = self.random.random();
        let machine = Link::accept(now, self.settings.clone(), nonce);
        match self.insert(Wire::accepted(socket, machine, from)) {
            Ok(link) => {
                let place = origin.map(|origin| self.door.unproven.came(link, origin));
                if let Some(wire) = &mut self.wires[link.0 as usize] {
                    wire.place = place;
                }
            }
            Err(error) => self.door.failed(now, &error),
        }
    }
}

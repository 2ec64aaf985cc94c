//! The links that this end dials, under their names: again and again, until they are not wanted.

use std::io;

use proto::time::Time;
use rand::RngExt;

use super::wire::Wire;
use super::{Event, SCHEME, Sink, Socket, Wires};
use crate::machine::{Link, LinkId, Redial};

/// A name that is being looked up is asked for again after so long: nothing wakes the loop for it.
const LOOK_AGAIN_MS: u64 = 20;

#[derive(Debug)]
pub(super) struct Dial {
    pub(super) address: String,
    pub(super) redial: Redial,
    pub(super) state: DialState,
    /// What the log has been told of its TLS.
    pub(super) told: String,
}

#[derive(Debug, PartialEq)]
pub(super) enum DialState {
    Waiting { at_ms: u64 },
    Dialled(LinkId),
}

impl Wires {
    /// Keeps a link to this address, under this name, until [`Wires::undial`]. An address that
    /// begins with `pipe:` is a name within the process.
    pub fn dial(&mut self, now: Time, name: &str, address: &str) {
        let state = DialState::Waiting { at_ms: now.ms };
        let (address, redial) = (address.to_owned(), Redial::default());
        let dial = Dial { address, redial, state, told: String::new() };
        self.dials.entry(name.to_owned()).or_insert(dial);
    }

    /// Dials this name no more and ends its link.
    pub fn undial(&mut self, now: Time, name: &str, sink: &mut impl Sink) {
        if let Some(Dial { state: DialState::Dialled(link), .. }) = self.dials.remove(name) {
            self.close(now, link, "it is no longer needed", sink);
        }
    }

    pub(super) fn dial_now(&mut self, now: Time, name: &str, sink: &mut impl Sink) {
        let Some(dial) = self.dials.get(name) else { return };
        let socket = match dial.address.strip_prefix(SCHEME) {
            Some(listener) => self.hub.connect(listener).map(Socket::Pipe),
            None => match self.hub.resolver.find(now, &dial.address) {
                Some(found) => found
                    .and_then(|found| Socket::connect(now, found, &dial.address, self.hub.tls())),
                None => return self.dial_at(name, now.ms + LOOK_AGAIN_MS),
            },
        };
        let machine = Link::accept(now, self.settings.clone(), [0; 16]);
        let link = socket.and_then(|socket| self.insert(Wire::dialled(socket, machine, name)));
        match link {
            Ok(link) => {
                if let Some(dial) = self.dials.get_mut(name) {
                    dial.state = DialState::Dialled(link);
                }
            }
            Err(error) => self.dial_failed(now, name, &error, sink),
        }
    }

    pub(super) fn fail(
        &mut self,
        now: Time,
        link: LinkId,
        error: &io::Error,
        sink: &mut impl Sink,
    ) {
        let wire = self.wires.get_mut(link.0 as usize).and_then(Option::take);
        if let Some(name) = wire.and_then(|wire| wire.name) {
            self.dial_failed(now, &name, error, sink);
        }
    }

    pub(super) fn dial_failed(
        &mut self,
        now: Time,
        name: &str,
        error: &io::Error,
        sink: &mut impl Sink,
    ) {
        self.wait(now, name);
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        let reason = &error.to_string();
        sink.event(now, Event::Unreachable { name, refused, hopeless: false, reason });
    }

    pub(super) fn wait(&mut self, now: Time, name: &str) {
        let random = self.random.random();
        if let Some(dial) = self.dials.get_mut(name) {
            dial.state = DialState::Waiting { at_ms: now.ms + dial.redial.pause_ms(random) };
        }
    }

    pub(super) fn dial_at(&mut self, name: &str, at_ms: u64) {
        if let Some(dial) = self.dials.get_mut(name) {
            dial.state = DialState::Waiting { at_ms };
        }
    }
}

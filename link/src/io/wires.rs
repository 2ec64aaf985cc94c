//! All links of a thread: accepted and dialled, read when ready, written once per turn.

use std::collections::BTreeMap;
use std::io;

use mio::event::Event as Ready;
use mio::{Registry, Token};
use proto::text::Foreign;
use proto::time::Time;
use proto::{frame, limits, wire as codec};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::pipe::{Hub, SCHEME};
use super::socket::Socket;
use crate::machine::{Link, LinkError, LinkId, Pace, Received, Settings};

mod accept;
mod dial;
mod event;
mod wire;

use accept::Door;
use dial::{Dial, DialState};
pub use event::{Event, Sink};
use wire::Wire;

/// A turn reads at most this much from a link, so often: many results for one client are written at
/// once, and no link keeps the others waiting.
const READ_BYTES: usize = 64 * 1024;
const READS_PER_TURN: usize = 8;
/// It reads no more of a link that has brought about so much, fanned out: that is to fit into a
/// core's cache until it is written.
const UNSENT_PER_READ_BYTES: usize = 1024 * 1024;

/// The reason to close a link whose peer speaks TLS.
const TLS_HERE_NOT: &str = "the peer speaks TLS, but this end doesn't: configure it at both";

/// How a link ended.
#[derive(Debug, Default)]
struct Ended {
    hopeless: bool,
    silent_ms: u64,
}

/// The links of one thread.
#[derive(Debug)]
pub struct Wires {
    registry: Registry,
    first_token: usize,
    settings: Settings,
    hub: Hub,
    pace: Pace,
    door: Door,
    wires: Vec<Option<Wire>>,
    dials: BTreeMap<String, Dial>,
    random: StdRng,
    buffer: Vec<u8>,
    /// Links with more to read than a turn takes.
    unread: Vec<LinkId>,
}

impl Wires {
    /// No links yet. Tokens from `first_token` on are the wires' own.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn new(
        registry: &Registry,
        first_token: usize,
        settings: Settings,
        hub: Hub,
    ) -> io::Result<Wires> {
        Ok(Wires {
            registry: registry.try_clone()?,
            first_token,
            settings,
            hub,
            pace: Pace::default(),
            door: Door::new(),
            wires: Vec::new(),
            dials: BTreeMap::new(),
            random: StdRng::from_rng(&mut rand::rng()),
            buffer: vec![0; READ_BYTES],
            unread: Vec::new(),
        })
    }

    /// What is said in further handshakes, once the boss has said who this is.
    pub fn introduce_as(&mut self, incarnation: u64, cluster_id: u64) {
        self.settings.incarnation = incarnation;
        self.settings.cluster_id = cluster_id;
    }

    /// Whether their TLS has files that can't be used as they are now, if they speak it.
    pub fn has_unusable_files(&self, now: Time) -> Option<bool> {
        self.hub.has_unusable_files(now)
    }

    /// Whether this token is one of the wires'.
    pub fn owns(&self, token: Token) -> bool {
        token.0 >= self.first_token
    }

    /// Does what a ready socket allows.
    pub fn ready(&mut self, now: Time, ready: &Ready, sink: &mut impl Sink) {
        let at = ready.token().0 - self.first_token;
        let Some(at) = at.checked_sub(1) else { return self.accept_tcp(now, sink) };
        let link = LinkId(at as u32);
        let Some(wire) = self.wires.get_mut(at).and_then(Option::as_mut) else { return };
        if !wire.connected {
            match wire.connect(now, &self.settings, &mut self.random) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.fail(now, link, &error, sink),
            }
        }
        if ready.is_readable() || ready.is_read_closed() || ready.is_error() {
            self.read(now, link, sink);
        }
        if ready.is_read_closed() && self.wires[at].is_some() {
            // The end of what came needs a read of its own, which nothing else would wake.
            self.read_on(link);
        }
        if ready.is_writable() {
            self.write(now, link, sink);
        }
    }

    /// Reads on, beats, dials, and accepts from within the process: what is due.
    pub fn wake(&mut self, now: Time, sink: &mut impl Sink) {
        for link in std::mem::take(&mut self.unread) {
            self.read(now, link, sink);
        }
        self.accept_due(now, sink);
        for at in 0..self.wires.len() {
            let Some(wire) = self.wires[at].as_mut() else { continue };
            let link = LinkId(at as u32);
            match wire.wake(now, &self.pace, sink.outbox(), link) {
                Ok(()) => {}
                Err(error) => self.broken(now, link, &error, sink),
            }
        }
        let due =
            |dial: &Dial| matches!(dial.state, DialState::Waiting { at_ms } if at_ms <= now.ms);
        let names: Vec<String> =
            self.dials.iter().filter(|(_, dial)| due(dial)).map(|(name, _)| name.clone()).collect();
        for name in names {
            self.dial_now(now, &name, sink);
        }
    }

    /// When [`Wires::wake`] is wanted next.
    pub fn wake_at(&self) -> Option<u64> {
        if !self.unread.is_empty() {
            return Some(0);
        }
        let beats = self.wires.iter().flatten().map(|wire| wire.machine.wake_at(&self.pace));
        let dials = self.dials.values().filter_map(|dial| match dial.state {
            DialState::Waiting { at_ms } => Some(at_ms),
            DialState::Dialled(_) => None,
        });
        beats.chain(dials).chain(self.door.wake_at()).min()
    }

    /// Writes every link that has output, once, and ends what the machine wants ended.
    pub fn flush(&mut self, now: Time, sink: &mut impl Sink) {
        if sink.outbox().has_spoken() {
            self.pace.speak(now);
        }
        if self.pace.quickens(now) {
            for (link, wire) in (0..).map(LinkId).zip(&mut self.wires) {
                if let Some(wire) = wire.as_mut().filter(|wire| wire.machine.is_up()) {
                    wire.machine.ask(now, &self.pace, sink.outbox().routine(link));
                }
            }
        }
        for link in sink.outbox().dirty() {
            self.write(now, link, sink);
        }
        for (link, reason) in sink.outbox().ended() {
            self.close(now, link, reason, sink);
        }
    }

    fn insert(&mut self, mut wire: Wire) -> io::Result<LinkId> {
        let free = self.wires.iter().position(Option::is_none);
        let at = free.unwrap_or(self.wires.len());
        wire.socket.register(&self.registry, Token(self.first_token + 1 + at))?;
        if at == self.wires.len() {
            self.wires.push(None);
        }
        self.wires[at] = Some(wire);
        Ok(LinkId(at as u32))
    }

    /// Hands on what was read while the link was paused, as far as it may be. Whether that was all.
    fn take_paused(&mut self, now: Time, link: LinkId, sink: &mut impl Sink) -> bool {
        let Some(wire) = self.wires.get_mut(link.0 as usize).and_then(Option::as_mut) else {
            return false;
        };
        let paused = std::mem::take(&mut wire.paused);
        let mut rest = paused.as_slice();
        while !sink.pauses(link)
            && let Ok(Some((frame, end))) = frame::split(rest, limits::LINK_FRAME_BYTES_MAX)
        {
            rest = &rest[end..];
            sink.event(now, Event::Frame { link, frame });
        }
        wire.paused = rest.to_vec();
        wire.paused.is_empty() && !sink.pauses(link)
    }

    /// Takes what the link has for a turn.
    fn read(&mut self, now: Time, link: LinkId, sink: &mut impl Sink) {
        let enough = sink.unsent() + UNSENT_PER_READ_BYTES;
        for _ in 0..READS_PER_TURN {
            if !self.read_once(now, link, sink) {
                return;
            }
            if sink.unsent() > enough {
                break;
            }
        }
        self.read_on(link);
    }

    /// Takes a buffer full of a link. Whether there may be more.
    fn read_once(&mut self, now: Time, link: LinkId, sink: &mut impl Sink) -> bool {
        // A link that is paused is read on when it has taken enough.
        if !self.take_paused(now, link, sink) {
            return false;
        }
        let Some(wire) = self.wires.get_mut(link.0 as usize).and_then(Option::as_mut) else {
            return false;
        };
        let length = match wire.socket.read(&mut self.buffer) {
            Ok(0) => {
                self.close(now, link, "the peer closed it", sink);
                return false;
            }
            Ok(length) => length,
            Err(error) => return self.read_failed(now, link, &error, sink),
        };
        let has_more = length == self.buffer.len() || wire.socket.has_more();
        let was_up = wire.up_ms.is_some();
        let first = !std::mem::replace(&mut wire.heard, true);
        let foreign = first && wire.socket.is_foreign(&self.buffer[..length]);
        let dialled = if was_up { None } else { wire.name.clone() };
        let (mut answer, mut active_hops) = (Vec::new(), 0);
        let input = &self.buffer[..length];
        let result = wire.machine.receive(now, &self.pace, input, &mut answer, |got| match got {
            Received::Up(peer) => {
                sink.outbox().up(link);
                wire.up_ms = Some(now.ms);
                sink.event(now, Event::Up { link, peer, dialled: dialled.as_deref() });
            }
            Received::Frame(frame) if !wire.paused.is_empty() || sink.pauses(link) => {
                codec::put_varint(&mut wire.paused, frame.len() as u64);
                wire.paused.extend_from_slice(frame);
            }
            Received::Frame(frame) => sink.event(now, Event::Frame { link, frame }),
            Received::Active { hops } => active_hops = hops,
        });
        self.pace.hear(now, active_hops);
        if wire.up_ms.is_some()
            && let Some(place) = wire.place.take()
        {
            self.door.unproven.leaves(place);
        }
        // Part of a frame may have been written already: what follows it waits its turn.
        if foreign {
            answer = Link::refusal(TLS_HERE_NOT);
        }
        let answered = if was_up && result.is_ok() {
            if !answer.is_empty() {
                sink.outbox().routine(link).extend_from_slice(&answer);
            }
            true
        } else {
            wire.answer(&answer)
        };
        match result {
            Ok(()) | Err(_) if foreign => {
                self.close_unsecured(now, link, TLS_HERE_NOT, sink);
            }
            Err(error) => self.broken(now, link, &error, sink),
            Ok(()) if !answered => {
                self.close(now, link, "it didn't read the answer to its hello", sink);
            }
            Ok(()) => return has_more,
        }
        false
    }

    /// A read brought nothing. Whether there may be more.
    fn read_failed(
        &mut self,
        now: Time,
        link: LinkId,
        error: &io::Error,
        sink: &mut impl Sink,
    ) -> bool {
        if error.kind() == io::ErrorKind::Interrupted {
            return true;
        }
        if error.kind() == io::ErrorKind::InvalidData {
            self.close_unsecured(now, link, &error.to_string(), sink);
        } else if error.kind() != io::ErrorKind::WouldBlock {
            self.close(now, link, &error.to_string(), sink);
        }
        false
    }

    /// Has a link read again in the next turn, once.
    fn read_on(&mut self, link: LinkId) {
        if !self.unread.contains(&link) {
            self.unread.push(link);
        }
    }

    fn write(&mut self, now: Time, link: LinkId, sink: &mut impl Sink) {
        loop {
            let Some(wire) = self.wires.get_mut(link.0 as usize).and_then(Option::as_mut) else {
                return;
            };
            if let Err(error) = wire.socket.flush() {
                return self.close(now, link, &error.to_string(), sink);
            }
            let was_paused = sink.pauses(link);
            let bytes = sink.outbox().unwritten(link);
            if bytes.is_empty() {
                return;
            }
            let wanted = bytes.len();
            match wire.socket.write(bytes) {
                Ok(length) => {
                    if !sink.outbox().wrote(link, length) {
                        return self.close(
                            now,
                            link,
                            "it reads too little of what it is sent",
                            sink,
                        );
                    }
                    if was_paused && !sink.pauses(link) {
                        self.read_on(link);
                    }
                    if length == wanted {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !sink.outbox().wrote(link, 0) {
                        self.close(now, link, "it reads too little of what it is sent", sink);
                    }
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.close(now, link, &error.to_string(), sink),
            }
        }
    }

    /// The machine of a link has found what ends it.
    fn broken(&mut self, now: Time, link: LinkId, error: &LinkError, sink: &mut impl Sink) {
        let ended = Ended { hopeless: error.is_for_good(), silent_ms: error.silent_ms() };
        self.close_as(now, link, &error.to_string(), ended, sink);
    }

    fn close(&mut self, now: Time, link: LinkId, reason: &str, sink: &mut impl Sink) {
        self.close_as(now, link, reason, Ended::default(), sink);
    }

    /// The ends don't agree on TLS: only an operator can mend it, who hears of it once.
    fn close_unsecured(&mut self, now: Time, link: LinkId, reason: &str, sink: &mut impl Sink) {
        let wire = self.wires.get(link.0 as usize).and_then(Option::as_ref);
        let name = wire.and_then(|wire| wire.name.as_ref());
        if let Some(dial) = name.and_then(|name| self.dials.get_mut(name))
            && dial.told != reason
        {
            tracing::warn!("no link to {}: {}", dial.address, Foreign::new(reason));
            reason.clone_into(&mut dial.told);
        }
        self.close(now, link, reason, sink);
    }

    fn close_as(
        &mut self,
        now: Time,
        link: LinkId,
        reason: &str,
        Ended { hopeless, silent_ms }: Ended,
        sink: &mut impl Sink,
    ) {
        let wire = self.wires.get_mut(link.0 as usize).and_then(Option::take);
        let Some(mut wire) = wire else { return };
        wire.socket.end();
        if let Some(place) = wire.place.take() {
            self.door.unproven.leaves(place);
        }
        if let Some(name) = &wire.name {
            // A link that ends as soon as it is up is no success: it would be dialled without
            // pause.
            let lasted = wire.up_ms.is_some_and(|up_ms| now.ms >= up_ms + self.settings.dead_ms);
            if let (true, Some(dial)) = (lasted, self.dials.get_mut(name)) {
                dial.redial.succeeded();
            }
            self.wait(now, name);
        }
        if wire.up_ms.is_some() {
            sink.outbox().down(link);
            sink.event(now, Event::Down { link, reason, silent_ms });
        } else if let Some(name) = &wire.name {
            sink.event(now, Event::Unreachable { name, refused: false, hopeless, reason });
        } else {
            self.door.not_taken(now, wire.from, reason);
        }
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        if let Some(name) = &self.door.pipe {
            self.hub.close(name);
        }
    }
}

#[cfg(test)]
mod tests;

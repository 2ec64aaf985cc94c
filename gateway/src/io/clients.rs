//! The clients' sockets of one lane: accepted, read once per readiness, written once per turn. A
//! connection holds no buffer while it is idle.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;

use mio::event::Event as Ready;
use mio::{Interest, Registry, Token};
use proto::codes::Close;
use proto::frame::{FrameError, FrameReader};
use proto::limits;
use proto::text::Foreign;
use proto::time::Time;
use slab::Slab;

use crate::machine::Prefix;
use crate::machine::{ConnId, Encoding, Ending, Input, Lane, Outbox};

mod accept;
pub(super) mod door;
mod ending;
mod handing;
mod handshake;
pub(super) mod listener;
mod posting;
mod proxy;
mod refusal;
mod stream;
mod waiting;
mod websocket;

use accept::Spare;
use handing::Handing;
use listener::Listeners;
use refusal::Complaint;
pub(super) use refusal::Refused;
use stream::Stream;
use waiting::Waiting;

/// Clients with large events unsent, written to in one turn: what a thousand of them take
/// is the time of all others.
const LARGE_PER_TURN: usize = 64;
/// One read takes at most this much of one client.
const READ_BYTES: usize = 64 * 1024;
/// Tokens: the two listeners, then a client each.
const TCP: usize = 1;
const HTTP: usize = 2;
const FIRST: usize = 16;

/// The sockets of a lane.
#[derive(Debug)]
pub(super) struct Clients {
    registry: Registry,
    listeners: Listeners,
    sockets: Slab<Client>,
    buffer: Vec<u8>,
    /// Who may have more to read than one read took.
    again: Vec<ConnId>,
    /// Whose TLS hand-shakes have been put off.
    handshakes: VecDeque<ConnId>,
    /// Who isn't through the door yet, by the time at which that is over.
    knocking: VecDeque<(u64, ConnId, u32)>,
    serial: u32,
    accept_again_ms: Option<u64>,
    spare: Spare,
    no_file: Complaint,
    wrong_proxy: Complaint,
    foreign_page: Complaint,
    /// What bodies take of which the rest is still to come.
    reserved: usize,
    /// Sockets that stay until their clients have read why they aren't let in.
    turned_away: usize,
    /// Sockets beyond those that may be there, which are told where else to go.
    handed_on: usize,
    dirty: Vec<ConnId>,
    /// Who has large events unsent, in the order in which they are written to.
    large: VecDeque<ConnId>,
    large_per_turn: usize,
    ended: Vec<(ConnId, Ending)>,
    /// Connections that were turned away.
    pub(super) refused: Refused,
}

#[derive(Debug)]
struct Client {
    stream: Stream,
    reader: Reader,
    serial: u32,
    /// The address that it counts for.
    counted: Option<Prefix>,
    /// The socket takes nothing until it says so.
    blocked: bool,
    /// To be finished when its output is written.
    ending: bool,
    /// The end of what it sends is in sight.
    to_end: bool,
    /// It is among those who may have more to read.
    again: bool,
    /// It is among those who have large events unsent.
    large: bool,
    /// It was not let in, and stays until it has read why.
    turned_away: bool,
    /// It is one too many, and is told where else to go.
    handed_on: bool,
    /// What the newest of a WebSocket's pings said, if its pong waits until all else is written.
    pong: Option<Box<[u8]>>,
    /// How much of it counted no more.
    discarded: u32,
}

impl Client {
    /// Where it comes from, while it isn't through the door.
    fn waits_from(&self) -> Option<IpAddr> {
        match &self.reader {
            Reader::Waiting(waiting) => Some(waiting.address()),
            Reader::Tcp(_) | Reader::WebSocket(..) | Reader::Events => None,
            Reader::Page(_) | Reader::Refused | Reader::Deaf => None,
        }
    }

    /// Whether it has closed its end of a protocol in which nobody does so who waits for an answer.
    fn wants_nothing(&self) -> bool {
        self.to_end && matches!(self.reader, Reader::Tcp(_) | Reader::WebSocket(..))
    }
}

/// How a client's bytes are read.
#[derive(Debug)]
enum Reader {
    /// Not through the door, or between one request over HTTP and the next.
    Waiting(Box<Waiting>),
    Tcp(FrameReader),
    WebSocket(Encoding, websocket::Reader),
    /// It is written to alone: what it says comes by POSTs.
    Events,
    /// It gets a page, whatever it sends meanwhile.
    Page(Box<Handing>),
    /// Turned away at the door, with a word that it may still take.
    Refused,
    /// What comes counts no more.
    Deaf,
}

/// Why reading ends in the middle.
enum Stop {
    /// The connection was closed by what was read.
    Over,
    Broken(Close, String),
}

impl From<FrameError> for Stop {
    fn from(error: FrameError) -> Stop {
        let close = match error {
            FrameError::Length => Close::BadFrame,
            FrameError::TooLarge { .. } => Close::FrameTooLarge,
        };
        Stop::Broken(close, error.to_string())
    }
}

impl Clients {
    pub(super) fn new(registry: &Registry, mut listeners: Listeners) -> io::Result<Clients> {
        registry.register(&mut listeners.tcp, Token(TCP), Interest::READABLE)?;
        registry.register(&mut listeners.http, Token(HTTP), Interest::READABLE)?;
        Ok(Clients {
            registry: registry.try_clone()?,
            listeners,
            sockets: Slab::new(),
            buffer: vec![0; READ_BYTES],
            again: Vec::new(),
            handshakes: VecDeque::new(),
            knocking: VecDeque::new(),
            serial: 0,
            accept_again_ms: None,
            spare: Spare::new(),
            no_file: Complaint::default(),
            wrong_proxy: Complaint::default(),
            foreign_page: Complaint::every(refusal::COMPLAIN_OF_STRANGERS_EVERY_MS),
            reserved: 0,
            turned_away: 0,
            handed_on: 0,
            dirty: Vec::new(),
            large: VecDeque::new(),
            large_per_turn: LARGE_PER_TURN,
            ended: Vec::new(),
            refused: Refused::default(),
        })
    }

    /// Does what a ready socket allows.
    #[inline]
    pub(super) fn ready(&mut self, now: Time, ready: &Ready, lane: &mut Lane, out: &mut Outbox) {
        let Some(at) = ready.token().0.checked_sub(FIRST) else {
            return self.accept_all(now, lane, out);
        };
        let conn = ConnId::at(at);
        if ready.is_writable() {
            self.writable(now, conn, lane, out);
        }
        if ready.is_readable() || ready.is_read_closed() || ready.is_error() {
            if (ready.is_read_closed() || ready.is_error())
                && let Some(client) = self.sockets.get_mut(at)
            {
                client.to_end = true;
            }
            if !self.puts_off(conn) {
                self.read(now, conn, lane, out);
            }
        }
    }

    /// Whether sockets have more to read already.
    pub(super) fn is_busy(&self) -> bool {
        !self.again.is_empty() || !self.handshakes.is_empty() || !self.large.is_empty()
    }

    /// Reads on where one read didn't take all, and does what is due.
    pub(super) fn wake(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        for conn in std::mem::take(&mut self.again) {
            if let Some(client) = self.sockets.get_mut(conn.place()) {
                client.again = false;
            }
            if !self.puts_off(conn) {
                self.read(now, conn, lane, out);
            }
        }
        self.shake_hands(now, lane, out);
        if self.accept_again_ms.is_some_and(|at| at <= now.ms) {
            self.accept_again_ms = None;
            self.accept_all(now, lane, out);
        }
        self.lose_patience(now, lane, out);
    }

    /// When [`Clients::wake`] is wanted.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let knocking = self.knocking.front().map(|(until_ms, ..)| *until_ms);
        [knocking, self.accept_again_ms].into_iter().flatten().min()
    }

    /// Writes each connection that has output, once, and ends those that are to end. Of those that
    /// have large events unsent, some wait for the next turn.
    pub(super) fn flush(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        let mut large_left = self.large_per_turn;
        while out.clients.is_busy()
            || !out.posted.is_empty()
            || large_left > 0 && !self.large.is_empty()
        {
            self.answer_posts(now, lane, out);
            let mut dirty = std::mem::take(&mut self.dirty);
            out.clients.take_dirty(&mut dirty);
            for conn in dirty.drain(..) {
                if !self.waits_with_large(conn, out) {
                    self.write(now, conn, lane, out);
                }
            }
            self.dirty = dirty;
            while large_left > 0
                && let Some(conn) = self.large.pop_front()
            {
                large_left -= 1;
                if let Some(client) = self.sockets.get_mut(conn.place()) {
                    client.large = false;
                }
                self.write(now, conn, lane, out);
            }
            let mut ended = std::mem::take(&mut self.ended);
            out.clients.take_ended(&mut ended);
            for (conn, ending) in ended.drain(..) {
                match ending {
                    Ending::AtOnce => self.gone(now, conn, lane, out),
                    Ending::Written => self.finish(now, conn, lane, out),
                }
            }
            self.ended = ended;
        }
    }

    /// Whether a connection is written to later, with others that have large events unsent.
    #[inline]
    fn waits_with_large(&mut self, conn: ConnId, out: &Outbox) -> bool {
        if !out.clients.has_large(conn) {
            return false;
        }
        let Some(client) = self.sockets.get_mut(conn.place()) else { return false };
        if !client.blocked && !std::mem::replace(&mut client.large, true) {
            self.large.push_back(conn);
        }
        true
    }

    /// One read. A short one has drained the socket, unless its end is in sight.
    #[inline]
    fn read(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let waiting = matches!(client.reader, Reader::Waiting(_));
        if waiting && self.introduced(now, conn, lane, out) {
            return;
        }
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        match client.stream.read(&mut self.buffer) {
            // Who has asked for a page and asks for nothing more still gets it.
            Ok(0) if matches!(client.reader, Reader::Page(_)) => {}
            Ok(0) => self.gone(now, conn, lane, out),
            Ok(length) => {
                if length == self.buffer.len() || client.to_end || client.stream.has_more() {
                    self.read_on(conn);
                }
                let mut buffer = std::mem::take(&mut self.buffer);
                self.took(now, conn, &mut buffer[..length], lane, out);
                self.buffer = buffer;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.read_on(conn),
            Err(error) => {
                if waiting && error.kind() == io::ErrorKind::InvalidData {
                    self.refused.tls += 1;
                    let (address, error) = (client.waits_from(), Foreign::of(&error));
                    tracing::debug!("the TLS of a client at {address:?}: {error}");
                }
                self.gone(now, conn, lane, out);
            }
        }
    }

    /// Has a client read again in the next turn, once.
    fn read_on(&mut self, conn: ConnId) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        if !std::mem::replace(&mut client.again, true) {
            self.again.push(conn);
        }
    }

    #[inline]
    fn took(
        &mut self,
        now: Time,
        conn: ConnId,
        bytes: &mut [u8],
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        // What has waited here for longer than its client did logs nobody in: the client may have
        // come elsewhere since, and would be thrown out by it.
        if client.wants_nothing() && !out.clients.is_connected(conn) {
            return self.gone(now, conn, lane, out);
        }
        let max = out.clients.frame_bytes_max(conn);
        let stop = match &mut client.reader {
            Reader::Tcp(reader) => {
                let each = |frame: &[u8]| {
                    lane.handle(now, Input::Frame { conn, frame }, out);
                    if out.clients.is_ended(conn) { Err(Stop::Over) } else { Ok(()) }
                };
                reader.feed(bytes, max, each).err()
            }
            Reader::WebSocket(encoding, reader) => {
                let pong = &mut client.pong;
                feed_websocket(now, conn, (*encoding, reader, pong), bytes, max, lane, out).err()
            }
            Reader::Waiting(_) => return self.knocked(now, conn, bytes, lane, out),
            Reader::Events | Reader::Page(_) | Reader::Refused | Reader::Deaf => {
                client.discarded += bytes.len() as u32;
                if client.discarded > limits::DISCARDED_BYTES_MAX {
                    self.gone(now, conn, lane, out);
                }
                return;
            }
        };
        match stop {
            None => {}
            Some(stop) => {
                client.reader = Reader::Deaf;
                if let Stop::Broken(close, reason) = stop {
                    lane.handle(now, Input::Broken { conn, close, reason }, out);
                }
            }
        }
    }

    /// A socket takes more.
    #[inline]
    fn writable(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        match client.stream.flush() {
            Ok(true) if client.blocked => {
                client.blocked = false;
                self.write(now, conn, lane, out);
            }
            Ok(true) if client.ending => self.finish(now, conn, lane, out),
            Ok(true) if matches!(client.reader, Reader::Page(_)) => {
                self.hand_out(now, conn, lane, out);
            }
            Ok(_) => {}
            Err(_) => self.gone(now, conn, lane, out),
        }
    }

    #[inline]
    fn write(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let bytes = out.clients.unwritten(conn);
        if client.blocked || bytes.is_empty() {
            return;
        }
        let offered = bytes.len();
        match client.stream.write(bytes) {
            Ok(length) => {
                if !out.clients.wrote(conn, length) {
                    client.blocked = length < offered;
                    self.write(now, conn, lane, out);
                } else if client.ending {
                    self.finish(now, conn, lane, out);
                } else if let Some(pong) = client.pong.take() {
                    out.clients.append(conn, &websocket::control(10, &pong));
                } else if out.clients.wants_drained(conn) {
                    lane.handle(now, Input::Drained { conn }, out);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => client.blocked = true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.write(now, conn, lane, out);
            }
            Err(_) => self.gone(now, conn, lane, out),
        }
    }
}

/// Hands a WebSocket's envelopes to the lane and answers what is the WebSocket's own.
fn feed_websocket(
    now: Time,
    conn: ConnId,
    (encoding, reader, pong): (Encoding, &mut websocket::Reader, &mut Option<Box<[u8]>>),
    bytes: &mut [u8],
    max: usize,
    lane: &mut Lane,
    out: &mut Outbox,
) -> Result<(), Stop> {
    let mut over = false;
    let mut each = |came: websocket::Came<'_>| {
        match came {
            websocket::Came::Frame(frame) => {
                lane.handle(now, Input::Frame { conn, frame }, out);
                over = out.clients.is_ended(conn);
            }
            // Who doesn't read gets a pong for the newest ping alone (RFC 6455, section 5.5.3).
            websocket::Came::Ping(payload)
                if out.clients.unsent(conn) > limits::PONG_UNSENT_BYTES_MAX =>
            {
                *pong = Some(payload.into());
            }
            websocket::Came::Ping(payload) => {
                out.clients.append(conn, &websocket::control(10, payload));
            }
            websocket::Came::Close(payload) => {
                out.clients.append(conn, &websocket::control(8, payload));
                lane.handle(now, Input::Hangup { conn }, out);
                over = true;
            }
        }
        !over
    };
    if let Err(broken) = reader.feed(bytes, encoding, max, &mut each) {
        return Err(Stop::Broken(broken.close, broken.reason));
    }
    if let Some(websocket::Overhead { bytes, frames }) = reader.overhead() {
        lane.handle(now, Input::Overhead { conn, bytes, frames }, out);
        over |= out.clients.is_ended(conn);
    }
    if over { Err(Stop::Over) } else { Ok(()) }
}

#[cfg(test)]
mod tests;

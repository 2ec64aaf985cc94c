//! The clients' sockets of one lane: accepted, read once per readiness, written once per turn. A
//! connection holds no buffer while it is idle.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};

use link::io::clock;
use mio::event::Event as Ready;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use proto::codes::Close;
use proto::frame::{FrameError, FrameReader};
use proto::g2c::{self, g2c::Body};
use proto::limits;
use proto::time::Time;
use proto::wire;
use slab::Slab;

use crate::machine::{Codec, ConnId, Ending, Input, Lane, Outbox};

mod handshake;
pub(super) mod listener;
mod stream;
mod websocket;

use handshake::{Origins, Outcome};
use listener::Listeners;
use stream::Stream;

/// One read takes at most this much of one client.
const READ_BYTES: usize = 64 * 1024;
/// After the operating system refused to accept, it is asked again after this long.
const ACCEPT_AGAIN_MS: u64 = 100;
/// Tokens: the two listeners, then a client each.
const TCP: usize = 1;
const HTTP: usize = 2;
const FIRST: usize = 16;

/// The sockets of a lane.
#[derive(Debug)]
pub(super) struct Clients {
    registry: Registry,
    listeners: Listeners,
    origins: Origins,
    sockets: Slab<Client>,
    buffer: Vec<u8>,
    /// Who had more to read than one read took.
    again: Vec<ConnId>,
    /// Who asked for a WebSocket and isn't through yet, by the time at which that is over.
    knocking: VecDeque<(u64, ConnId, u32)>,
    serial: u32,
    accept_again_ms: Option<u64>,
    dirty: Vec<ConnId>,
    ended: Vec<(ConnId, Ending)>,
    /// Connections that were turned away.
    pub(super) refused: u64,
}

#[derive(Debug)]
struct Client {
    stream: Stream,
    reader: Reader,
    serial: u32,
    /// The socket takes nothing until it says so.
    blocked: bool,
    /// To be finished when its output is written.
    ending: bool,
}

/// How a client's bytes are read.
#[derive(Debug)]
enum Reader {
    Tcp(FrameReader),
    WebSocket(Codec, websocket::Reader),
    /// HTTP, up to the end of the request's head.
    Knocking(IpAddr, Vec<u8>),
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
    pub(super) fn new(
        registry: &Registry,
        mut listeners: Listeners,
        any_origin: bool,
        origins: Vec<String>,
    ) -> io::Result<Clients> {
        registry.register(&mut listeners.tcp, Token(TCP), Interest::READABLE)?;
        registry.register(&mut listeners.http, Token(HTTP), Interest::READABLE)?;
        Ok(Clients {
            registry: registry.try_clone()?,
            listeners,
            origins: Origins { any: any_origin, listed: origins },
            sockets: Slab::new(),
            buffer: vec![0; READ_BYTES],
            again: Vec::new(),
            knocking: VecDeque::new(),
            serial: 0,
            accept_again_ms: None,
            dirty: Vec::new(),
            ended: Vec::new(),
            refused: 0,
        })
    }

    /// Does what a ready socket allows.
    #[inline]
    pub(super) fn ready(&mut self, now: Time, ready: &Ready, lane: &mut Lane, out: &mut Outbox) {
        let Some(at) = ready.token().0.checked_sub(FIRST) else {
            return self.accept_all(now, lane, out);
        };
        let conn = ConnId(at as u32);
        if ready.is_writable()
            && let Some(client) = self.sockets.get_mut(at)
            && client.blocked
        {
            client.blocked = false;
            self.write(now, conn, lane, out);
        }
        if ready.is_readable() || ready.is_read_closed() || ready.is_error() {
            let more = ready.is_read_closed() || ready.is_error();
            self.read(now, conn, more, lane, out);
        }
    }

    /// Whether sockets have more to read already.
    pub(super) fn is_busy(&self) -> bool {
        !self.again.is_empty()
    }

    /// Reads on where one read didn't take all, and does what is due.
    pub(super) fn wake(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        for conn in std::mem::take(&mut self.again) {
            self.read(now, conn, false, lane, out);
        }
        if self.accept_again_ms.is_some_and(|at| at <= now.ms) {
            self.accept_again_ms = None;
            self.accept_all(now, lane, out);
        }
        while let Some((until_ms, conn, serial)) = self.knocking.front().copied()
            && until_ms <= now.ms
        {
            self.knocking.pop_front();
            let client = self.sockets.get(conn.0 as usize).filter(|one| one.serial == serial);
            if client.is_some_and(|one| matches!(one.reader, Reader::Knocking(..) | Reader::Deaf)) {
                self.gone(now, conn, lane, out);
            }
        }
    }

    /// When [`Clients::wake`] is wanted.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let knocking = self.knocking.front().map(|(until_ms, ..)| *until_ms);
        [knocking, self.accept_again_ms].into_iter().flatten().min()
    }

    /// Writes each connection that has output, once, and ends those that are to end.
    pub(super) fn flush(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        while out.clients.is_busy() {
            let mut dirty = std::mem::take(&mut self.dirty);
            out.clients.take_dirty(&mut dirty);
            for conn in dirty.drain(..) {
                self.write(now, conn, lane, out);
            }
            self.dirty = dirty;
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

    fn accept_all(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        self.accept(now, false, lane, out);
        self.accept(now, true, lane, out);
    }

    fn accept(&mut self, now: Time, http: bool, lane: &mut Lane, out: &mut Outbox) {
        loop {
            let listener = if http { &self.listeners.http } else { &self.listeners.tcp };
            match listener.accept() {
                Ok((stream, _)) if self.sockets.len() >= self.listeners.connections_max => {
                    self.refused += 1;
                    refuse(Stream::Plain(stream), http);
                }
                Ok((stream, address)) => self.adopt(now, stream, address, http, lane, out),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // No file is free, most likely. The knock is answered once one is.
                    tracing::warn!("a client could not be accepted: {error}");
                    self.refused += 1;
                    self.accept_again_ms = Some(now.ms + ACCEPT_AGAIN_MS);
                    return;
                }
            }
        }
    }

    fn adopt(
        &mut self,
        now: Time,
        stream: TcpStream,
        address: SocketAddr,
        http: bool,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let mut stream = Stream::Plain(stream);
        let at = self.sockets.vacant_key();
        if let Err(error) = stream.register(&self.registry, Token(FIRST + at)) {
            return tracing::debug!("a client's socket could not be taken: {error}");
        }
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        let conn = ConnId(at as u32);
        let address = address.ip();
        let reader = if http {
            self.knocking.push_back((now.ms + limits::CONNECT_MS_MAX, conn, serial));
            Reader::Knocking(address, Vec::new())
        } else {
            Reader::Tcp(FrameReader::default())
        };
        self.sockets.insert(Client { stream, reader, serial, blocked: false, ending: false });
        if !http {
            lane.handle(now, Input::Opened { conn, codec: Codec::ProtoTcp, address }, out);
        }
    }

    /// One read. A short one has drained the socket, unless its end is in sight.
    #[inline]
    fn read(&mut self, now: Time, conn: ConnId, to_end: bool, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.0 as usize) else { return };
        match client.stream.read(&mut self.buffer) {
            Ok(0) => self.gone(now, conn, lane, out),
            Ok(length) => {
                if length == self.buffer.len() || to_end {
                    self.again.push(conn);
                }
                let mut buffer = std::mem::take(&mut self.buffer);
                self.took(now, conn, &mut buffer[..length], lane, out);
                self.buffer = buffer;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.again.push(conn),
            Err(_) => self.gone(now, conn, lane, out),
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
        let Some(client) = self.sockets.get_mut(conn.0 as usize) else { return };
        let max = out.clients.frame_bytes_max(conn);
        let stop = match &mut client.reader {
            Reader::Tcp(reader) => {
                let each = |frame: &[u8]| {
                    lane.handle(now, Input::Frame { conn, frame }, out);
                    if out.clients.is_ended(conn) { Err(Stop::Over) } else { Ok(()) }
                };
                reader.feed(bytes, max, each).err()
            }
            Reader::WebSocket(codec, reader) => {
                feed_websocket(now, conn, *codec, reader, bytes, max, lane, out).err()
            }
            Reader::Knocking(..) => return self.knocked(now, conn, bytes, lane, out),
            Reader::Deaf => None,
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

    /// More of a request has come.
    fn knocked(
        &mut self,
        now: Time,
        conn: ConnId,
        bytes: &[u8],
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let Some(client) = self.sockets.get_mut(conn.0 as usize) else { return };
        let Reader::Knocking(address, request) = &mut client.reader else { return };
        let address = *address;
        request.extend_from_slice(bytes);
        match handshake::read(request, &self.origins) {
            Outcome::More => {}
            Outcome::Refuse { response } => {
                self.refused += 1;
                client.reader = Reader::Deaf;
                // It is closed in any case; who doesn't take the answer goes without.
                let written = client.stream.write(response.as_bytes());
                if written.and_then(|_| client.stream.finish()).is_err() {
                    self.gone(now, conn, lane, out);
                }
            }
            Outcome::Open { response, codec, used } => {
                let mut rest = request[used..].to_vec();
                client.reader = Reader::WebSocket(codec, websocket::Reader::default());
                lane.handle(now, Input::Opened { conn, codec, address }, out);
                // A gateway that shuts down has ended it already; the client learns why by the
                // frames that follow, so the answer goes before them in any case.
                if client.stream.write(response.as_bytes()).ok() != Some(response.len()) {
                    self.gone(now, conn, lane, out);
                } else if !rest.is_empty() {
                    self.took(now, conn, &mut rest, lane, out);
                }
            }
        }
    }

    #[inline]
    fn write(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.0 as usize) else { return };
        let bytes = out.clients.unwritten(conn);
        if client.blocked || bytes.is_empty() {
            return;
        }
        match client.stream.write(bytes) {
            Ok(length) => {
                if !out.clients.wrote(conn, length) {
                    client.blocked = true;
                } else if client.ending {
                    self.finish(now, conn, lane, out);
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

    /// Ends a connection once its output is written. The socket stays until the client has closed
    /// its end, or the lane's patience is over: closed with unread bytes, it would lose the last
    /// frame.
    fn finish(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        let Some(client) = self.sockets.get_mut(conn.0 as usize) else { return };
        client.reader = Reader::Deaf;
        if out.clients.owed(conn) > 0 {
            client.ending = true;
        } else if client.stream.finish().is_err() {
            self.gone(now, conn, lane, out);
        }
    }

    /// The socket is closed.
    fn gone(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        if let Some(client) = self.sockets.try_remove(conn.0 as usize) {
            drop(client);
            lane.handle(now, Input::Closed { conn }, out);
        }
    }
}

/// Hands a WebSocket's envelopes to the lane and answers what is the WebSocket's own.
#[allow(clippy::too_many_arguments, reason = "each is a different part of the lane")]
fn feed_websocket(
    now: Time,
    conn: ConnId,
    codec: Codec,
    reader: &mut websocket::Reader,
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
            // Who reads slowly gets no pongs: they would count against what it may owe.
            websocket::Came::Ping(_) if out.clients.wants_drained(conn) => {}
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
    match reader.feed(bytes, codec, max, &mut each) {
        Err(broken) => Err(Stop::Broken(broken.close, broken.reason)),
        Ok(()) if over => Err(Stop::Over),
        Ok(()) => Ok(()),
    }
}

/// Turns a client away: it learns that the gateway is full.
fn refuse(mut stream: Stream, http: bool) {
    let mut answer = Vec::new();
    if http {
        answer.extend_from_slice(handshake::full().as_bytes());
    } else {
        let close = Close::Overloaded;
        let closing = g2c::Closing {
            code: u32::from(close.number()),
            reason: "this gateway is full: try another, or later".to_owned(),
            may_retry: close.may_retry(),
            retry_after_ms: 1_000 + (clock::micros() % 4_000) as u32,
            address: String::new(),
        };
        wire::put_message(&mut answer, &g2c::G2c { body: Some(Body::Closing(closing)) });
    }
    if stream.write(&answer).and_then(|_| stream.finish()).is_err() {
        tracing::debug!("a client was turned away without a word");
    }
}

//! Who knocks: taken in, or turned away with a word.

use std::fs::File;
use std::io;
use std::net::IpAddr;

use mio::Token;
use mio::net::{TcpListener, TcpStream};
use proto::limits;
use proto::time::Time;

use super::refusal::Refusal;
use super::stream::Stream;
use super::waiting::Waiting;
use super::{Client, Clients, FIRST, Reader};
use crate::machine::Prefix;
use crate::machine::{ConnId, Lane, Outbox, Transport};

/// After the operating system refused to accept, it is asked again after this long.
const AGAIN_MS: u64 = 100;
/// A turn accepts so many at a port: in a storm those who are there have their turns, too.
const ACCEPTS_PER_TURN: usize = 128;
/// So many sockets of clients that were turned away stay until the clients have read why. More are
/// closed at once, so that a flood costs little; they come beyond a lane's number of connections.
const LINGERING_MAX: usize = 16;

/// A file that is held back, so that one who comes when no other is free can be let in and told.
/// Left unanswered, he would stay in the kernel's queue and never hear why.
#[derive(Debug)]
pub(super) struct Spare(Option<File>);

impl Spare {
    pub(super) fn new() -> Spare {
        Spare(File::open("/dev/null").ok())
    }

    /// Does this with the file free; it must have given it back at its end. Nothing if the file
    /// has been lost to somebody else.
    fn lend<T>(&mut self, with: impl FnOnce() -> T) -> Option<T> {
        if self.0.is_none() {
            *self = Spare::new();
        }
        drop(self.0.take()?);
        let done = with();
        *self = Spare::new();
        Some(done)
    }
}

impl Clients {
    pub(super) fn accept_all(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        self.accept(now, false, lane, out);
        self.accept(now, true, lane, out);
    }

    fn accept(&mut self, now: Time, http: bool, lane: &mut Lane, out: &mut Outbox) {
        for _ in 0..ACCEPTS_PER_TURN {
            match self.listener(http).accept() {
                Ok((socket, address)) => {
                    let address = address.ip().to_canonical();
                    self.arrived(now, socket, address, http, lane, out);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if self.sends_away(now, &error, http) => {}
                Err(_) => return,
            }
        }
        self.accept_again_ms = Some(now.ms);
    }

    fn listener(&self, http: bool) -> &TcpListener {
        if http { &self.listeners.http } else { &self.listeners.tcp }
    }

    /// No file is free, most likely, which the kernel says whether or not somebody knocks. Whether
    /// somebody did, and was sent away.
    fn sends_away(&mut self, now: Time, error: &io::Error, http: bool) -> bool {
        let has_tls = self.listeners.door.has_tls();
        let listener = if http { &self.listeners.http } else { &self.listeners.tcp };
        let sent_away = self.spare.lend(|| {
            let (mut socket, _) = listener.accept()?;
            if !has_tls {
                Refusal::Full.tell(&mut socket, http).ok();
            }
            Ok::<_, io::Error>(())
        });
        match sent_away {
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Some(Ok(())) => self.refused.files += 1,
            Some(Err(_)) | None => self.accept_again_ms = Some(now.ms + AGAIN_MS),
        }
        if self.no_file.is_due(now) {
            tracing::warn!(
                "clients can't be accepted and are disconnected: {error}; raise the limit on open \
                 files (ulimit -n) or start more gateways"
            );
        }
        matches!(sent_away, Some(Ok(())))
    }

    fn arrived(
        &mut self,
        now: Time,
        socket: TcpStream,
        address: IpAddr,
        http: bool,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let by_proxy = self.listeners.door.is_proxy(address);
        let is_full = self.sockets.len() - self.handed_on >= self.listeners.connections_max;
        self.refused.full += u64::from(is_full);
        let admitted = if is_full && !self.can_hand_on(now, http, lane) {
            Err(Refusal::Full)
        } else if by_proxy {
            // Whom it brings is counted once it has said so.
            Ok(None)
        } else {
            self.listeners.door.knock(now, address).map_err(|turned_away| {
                self.refused.address += 1;
                Refusal::Address(turned_away)
            })
        };
        let counted = match admitted {
            Ok(counted) => counted,
            // Before TLS has begun nothing can be said.
            Err(_) if self.listeners.door.has_tls() => return,
            Err(refusal) => return self.turn_away(now, socket, refusal, http),
        };
        let reader = Reader::Waiting(Box::new(Waiting::new(now, address, http, by_proxy)));
        let stream = self.listeners.door.stream(now, socket);
        let seated = stream.and_then(|stream| {
            let waits = http || by_proxy || stream.is_tls();
            Ok((self.seat(stream, reader, counted)?, waits))
        });
        if let (true, Ok((conn, _))) = (is_full, &seated)
            && let Some(client) = self.sockets.get_mut(conn.place())
        {
            client.handed_on = true;
            self.handed_on += 1;
        }
        match seated {
            Ok((conn, true)) => self.await_word(now, conn),
            Ok((conn, false)) => self.open_tcp(now, conn, address, lane, out),
            Err(error) => {
                counted.inspect(|prefix| self.listeners.door.left(*prefix));
                tracing::debug!("the socket of {address} could not be registered: {error}");
            }
        }
    }

    /// Whether a client that finds the gateway full can be let in for as long as it takes to tell
    /// it where else to go.
    fn can_hand_on(&self, now: Time, http: bool, lane: &Lane) -> bool {
        let transport = if http { Transport::WebSocket } else { Transport::Tcp };
        self.handed_on < self.listeners.handed_on_max && lane.hands_on(now, transport)
    }

    /// Tells a client why it isn't let in.
    fn turn_away(&mut self, now: Time, mut socket: TcpStream, refusal: Refusal, http: bool) {
        if refusal.tell(&mut socket, http).is_err() || self.turned_away >= LINGERING_MAX {
            return;
        }
        match self.seat(Stream::Plain(socket), Reader::Refused, None) {
            Ok(conn) => {
                self.lingers(conn);
                self.await_word(now, conn);
            }
            Err(error) => tracing::debug!("a refused client was disconnected at once: {error}"),
        }
    }

    /// Lets the socket of a client stay that has been told why it isn't let in. Whether it may.
    pub(super) fn lingers(&mut self, conn: ConnId) -> bool {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return false };
        let lingers = self.turned_away < LINGERING_MAX;
        if lingers {
            client.reader = Reader::Refused;
            client.turned_away = true;
            self.turned_away += 1;
        }
        lingers
    }

    /// A socket gets its number.
    fn seat(
        &mut self,
        mut stream: Stream,
        reader: Reader,
        counted: Option<Prefix>,
    ) -> io::Result<ConnId> {
        let at = self.sockets.vacant_key();
        stream.register(&self.registry, Token(FIRST + at))?;
        self.serial = self.serial.wrapping_add(1);
        self.sockets.insert(Client {
            stream,
            reader,
            serial: self.serial,
            counted,
            blocked: false,
            ending: false,
            to_end: false,
            again: false,
            large: false,
            turned_away: false,
            handed_on: false,
            pong: None,
            discarded: 0,
        });
        Ok(ConnId::at(at))
    }

    /// The newest socket has so long until it must be through the door.
    fn await_word(&mut self, now: Time, conn: ConnId) {
        self.knocking.push_back((now.ms + limits::CONNECT_MS_MAX, conn, self.serial));
    }
}

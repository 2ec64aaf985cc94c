//! Clients at the door: what a proxy says of them, TLS, and requests over HTTP, of which that for a
//! WebSocket or for events leads in. The lane knows nothing of them yet; who isn't through in time
//! is gone.

use std::io;
use std::net::IpAddr;

use proto::codes::Close;
use proto::frame::FrameReader;
use proto::limits;
use proto::time::Time;

use super::door::Door;
use super::handing::Handing;
use super::handshake::fallback::{Manner, Posting};
use super::handshake::{self, Outcome};
use super::proxy::{self, Header};
use super::refusal::Refusal;
use super::stream::Stream;
use super::{Clients, Reader, websocket};
use crate::machine::{ConnId, Encoding, Format, Input, Lane, Outbox, Transport};

/// A turn takes so many steps of TLS hand-shakes, each up to a millisecond: in a storm of them
/// those who are there have their turns, too.
const HANDSHAKES_PER_TURN: usize = 8;

/// A turn lets go of so many who weren't through in time: those who came together were all to be
/// through at once.
const LET_GO_PER_TURN: usize = 64;

/// So much of a foreign page's `Origin` is logged: a name has at most 253 bytes.
const ORIGIN_SHOWN_BYTES_MAX: usize = 300;

/// A client that isn't through the door.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Where it comes from; a proxy's own address until it has said for whom it comes.
    address: IpAddr,
    http: bool,
    /// A proxy has still to say for whom it comes.
    by_proxy: bool,
    /// It is among those whose hand-shakes are next.
    queued: bool,
    /// The beginning of its request, or of the body.
    pub(super) request: Vec<u8>,
    pub(super) stage: Stage,
    /// It has had an answer, and may ask for more.
    pub(super) is_kept: bool,
    /// Then it is to have come further.
    pub(super) until_ms: u64,
    /// So much of what bodies may take is its.
    pub(super) reserved: usize,
}

/// How far a request over HTTP has come.
#[derive(Debug)]
pub(super) enum Stage {
    Head,
    /// Of a POST: so much is to follow.
    Body(Posting),
    /// A POST waits for its answer, to be given so.
    UnderWay(Manner),
}

impl Waiting {
    /// Where it comes from.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    /// What is reserved for its body.
    pub(super) fn reserved(&self) -> usize {
        self.reserved
    }

    pub(super) fn new(now: Time, address: IpAddr, http: bool, by_proxy: bool) -> Waiting {
        Waiting {
            address,
            http,
            by_proxy,
            queued: false,
            request: Vec::new(),
            stage: Stage::Head,
            is_kept: false,
            until_ms: now.ms + limits::CONNECT_MS_MAX,
            reserved: 0,
        }
    }
}

impl Clients {
    /// Puts off what a client at the door has sent if it is for TLS. Whether it did.
    pub(super) fn puts_off(&mut self, conn: ConnId) -> bool {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return false };
        let Reader::Waiting(waiting) = &mut client.reader else { return false };
        // Behind its first answer TLS is no work that others have to be spared.
        if waiting.by_proxy || waiting.is_kept || !client.stream.is_tls() {
            return false;
        }
        if !waiting.queued {
            waiting.queued = true;
            self.handshakes.push_back(conn);
        }
        true
    }

    /// Goes on with those hand-shakes that were put off first.
    pub(super) fn shake_hands(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        for _ in 0..HANDSHAKES_PER_TURN {
            let Some(conn) = self.handshakes.pop_front() else { return };
            let client = self.sockets.get_mut(conn.place());
            if let Some(Reader::Waiting(waiting)) = client.map(|client| &mut client.reader) {
                waiting.queued = false;
                self.read(now, conn, lane, out);
            }
        }
    }

    /// Lets go of those who weren't through in time.
    pub(super) fn lose_patience(&mut self, now: Time, lane: &mut Lane, out: &mut Outbox) {
        for _ in 0..LET_GO_PER_TURN {
            let due = self.knocking.pop_front_if(|(until_ms, ..)| *until_ms <= now.ms);
            let Some((_, conn, serial)) = due else { return };
            let client = self.sockets.get(conn.place()).filter(|one| one.serial == serial);
            match client.map(|client| &client.reader) {
                Some(Reader::Waiting(waiting)) if now.ms < waiting.until_ms => {
                    self.knocking.push_back((now.ms + limits::CONNECT_MS_MAX, conn, serial));
                }
                Some(Reader::Waiting(waiting)) => {
                    self.refused.silent += u64::from(!waiting.is_kept);
                    let address = waiting.address;
                    if waiting.http || waiting.by_proxy {
                        self.gone(now, conn, lane, out);
                    } else {
                        // If TLS came to be, the client can be told.
                        self.open_tcp(now, conn, address, lane, out);
                        let close = Close::ConnectTimeout;
                        let reason =
                            "no `connect` within 5 seconds: send it as the first frame".to_owned();
                        lane.handle(now, Input::Broken { conn, close, reason }, out);
                    }
                }
                Some(Reader::Page(page)) if now.ms < page.until_ms() => {
                    self.knocking.push_back((now.ms + limits::CONNECT_MS_MAX, conn, serial));
                }
                Some(Reader::Refused | Reader::Page(_)) => self.gone(now, conn, lane, out),
                Some(Reader::Tcp(_) | Reader::WebSocket(..) | Reader::Events | Reader::Deaf)
                | None => {}
            }
        }
    }

    /// Reads what a proxy says of a client, if that is what comes next. Whether it was.
    pub(super) fn introduced(
        &mut self,
        now: Time,
        conn: ConnId,
        lane: &mut Lane,
        out: &mut Outbox,
    ) -> bool {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return false };
        let Reader::Waiting(waiting) = &mut client.reader else { return false };
        if !waiting.by_proxy {
            return false;
        }
        // It is only looked at first: what follows it may be for TLS.
        let header = match client.stream.peek(&mut self.buffer[..limits::PROXY_HEADER_BYTES_MAX]) {
            Ok(length) => proxy::read(&self.buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.read_on(conn);
                return true;
            }
            Err(_) => Header::Wrong("the connection broke"),
        };
        match header {
            Header::More if !client.to_end => {}
            Header::More => self.gone(now, conn, lane, out),
            Header::Wrong(reason) => {
                self.refused.proxy += 1;
                if self.wrong_proxy.is_due(now) {
                    let address = waiting.address;
                    tracing::warn!(
                        "the proxy {address} doesn't say which client it connects for: {reason}"
                    );
                }
                self.gone(now, conn, lane, out);
            }
            Header::Whole { address, bytes } => {
                if client.stream.skip(&mut self.buffer[..bytes]).is_err() {
                    self.gone(now, conn, lane, out);
                } else {
                    waiting.by_proxy = false;
                    self.read_on(conn);
                    self.came_from(now, conn, address, lane, out);
                }
            }
        }
        true
    }

    /// A proxy has said from which address a client comes, or that it comes itself.
    fn came_from(
        &mut self,
        now: Time,
        conn: ConnId,
        address: Option<IpAddr>,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let Reader::Waiting(waiting) = &mut client.reader else { return };
        let http = waiting.http;
        if let Some(address) = address {
            waiting.address = address;
            match self.listeners.door.knock(now, address) {
                Ok(counted) => client.counted = counted,
                Err(turned_away) => {
                    self.refused.address += 1;
                    let told = match &mut client.stream {
                        Stream::Plain(socket) => Refusal::Address(turned_away).tell(socket, http),
                        Stream::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
                    };
                    if told.is_err() || !self.lingers(conn) {
                        self.gone(now, conn, lane, out);
                    }
                    return;
                }
            }
        }
        let address = waiting.address;
        if !http && !client.stream.is_tls() {
            self.open_tcp(now, conn, address, lane, out);
        }
    }

    /// A client over TCP is through the door.
    pub(super) fn open_tcp(
        &mut self,
        now: Time,
        conn: ConnId,
        address: IpAddr,
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        client.reader = Reader::Tcp(FrameReader::default());
        let (handed_on, format) = (client.handed_on, Format::new(Transport::Tcp, Encoding::Proto));
        lane.handle(now, Input::Opened { conn, format, address, name: None }, out);
        if handed_on {
            lane.handle(now, Input::HandOn { conn }, out);
        }
    }

    /// Bytes of a client at the door have come: more of a request over HTTP, or over TCP the first
    /// that TLS has let through.
    pub(super) fn knocked(
        &mut self,
        now: Time,
        conn: ConnId,
        bytes: &mut [u8],
        lane: &mut Lane,
        out: &mut Outbox,
    ) {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return };
        let Reader::Waiting(waiting) = &mut client.reader else { return };
        if !waiting.http {
            let address = waiting.address;
            self.open_tcp(now, conn, address, lane, out);
            return self.took(now, conn, bytes, lane, out);
        }
        let before = waiting.request.len();
        waiting.request.extend_from_slice(bytes);
        match waiting.stage {
            Stage::Head => {
                if before == 0 && waiting.is_kept {
                    waiting.until_ms = now.ms + limits::CONNECT_MS_MAX;
                }
                if handshake::is_due(&waiting.request, before) {
                    self.requested(now, conn, lane, out);
                }
            }
            Stage::Body(_) => self.body_came(now, conn, lane, out),
            // Who has an answer to come sends nothing before it has it, or not much.
            Stage::UnderWay(_) if waiting.request.len() > limits::UPGRADE_BYTES_MAX => {
                self.gone(now, conn, lane, out);
            }
            Stage::UnderWay(_) => {}
        }
    }

    /// Does what the requests want whose heads have come.
    pub(super) fn requested(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) {
        while self.request(now, conn, lane, out) {}
    }

    /// Does what the next request wants, if its head has come. Whether another may be there behind
    /// it.
    fn request(&mut self, now: Time, conn: ConnId, lane: &mut Lane, out: &mut Outbox) -> bool {
        let Some(client) = self.sockets.get_mut(conn.place()) else { return false };
        let Reader::Waiting(waiting) = &mut client.reader else { return false };
        let address = waiting.address;
        let Door { origins, pages, .. } = &self.listeners.door;
        match handshake::read(&waiting.request, origins, pages) {
            Outcome::More => {}
            Outcome::Page { head, body } => {
                client.reader = Reader::Page(Box::new(Handing::new(now, head, body)));
                self.hand_out(now, conn, lane, out);
            }
            Outcome::Post { posting, used } => {
                waiting.request.drain(..used);
                self.begin_post(now, conn, posting, lane, out);
            }
            Outcome::Answer { response, is_last, used } => {
                waiting.request.drain(..used);
                return self.answer(now, conn, (&response, is_last), lane, out);
            }
            Outcome::Refuse(refusal) => {
                match &refusal.foreign {
                    Some(origin) => self.complain_of_page(now, address, origin),
                    None => self.refused.request += 1,
                }
                self.refuse(now, conn, &refusal, lane, out);
            }
            Outcome::Open { response, encoding, used } => {
                let mut rest = waiting.request[used..].to_vec();
                client.reader = Reader::WebSocket(encoding, websocket::Reader::default());
                let format = Format::new(Transport::WebSocket, encoding);
                lane.handle(now, Input::Opened { conn, format, address, name: None }, out);
                if client.handed_on {
                    lane.handle(now, Input::HandOn { conn }, out);
                }
                // A gateway that shuts down or is full has ended it already; the client learns why
                // by the frames that follow, so the answer goes before them in any case.
                if client.stream.write(response.as_bytes()).ok() != Some(response.len()) {
                    self.gone(now, conn, lane, out);
                } else if !rest.is_empty() {
                    self.took(now, conn, &mut rest, lane, out);
                }
            }
        }
        false
    }

    /// A page may not connect. Its author sees no reason in a browser, so the operator is told.
    fn complain_of_page(&mut self, now: Time, address: IpAddr, origin: &str) {
        self.refused.origin += 1;
        if self.foreign_page.is_due(now) {
            let cut = origin.floor_char_boundary(ORIGIN_SHOWN_BYTES_MAX);
            let (seen, more) = (&origin[..cut], self.foreign_page.take_unsaid());
            let advice = self.listeners.door.origins.advice_in_full(seen);
            tracing::warn!(
                "a page at {address} was refused, Origin {seen:?}: {advice} ({more} more since the \
                 last such line)"
            );
        }
    }
}

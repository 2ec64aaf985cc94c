//! The clients of a lane in one thread, over real sockets and on a clock of the test's own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use link::machine::{LinkId, Peer};
use mio::{Events, Poll};
use prost::Message as _;
use proto::link::{At, Role};
use proto::q2g::{Kick, LoggedIn, Q2g, q2g::Body as Q};
use proto::table::{BucketTable, Owner, Row, Table};

use super::door::Door;
use super::*;
use crate::io::Settings;
use crate::machine;

mod flood;
mod large;

const UPGRADE: &str = "GET /imq/v1/ws HTTP/1.1\r\nHost: imq\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: imq.json.v1\r\n\r\n";

/// A lane with its sockets.
struct Rig {
    poll: Poll,
    events: Events,
    clients: Clients,
    lane: Lane,
    out: Outbox,
    now: Time,
    http: SocketAddr,
}

impl Rig {
    fn new() -> Rig {
        let settings = Settings::default();
        let lane_settings =
            machine::Settings { dev_auth: true, dead_ms: u64::MAX, ..settings.lane.clone() };
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (_, mut tcp) = listener::bind(any, 1).unwrap();
        let (http, mut sockets) = listener::bind(any, 1).unwrap();
        let door = Door::new(&settings);
        let listeners = Listeners::new(tcp.remove(0), sockets.remove(0), (100, 8), door);
        let poll = Poll::new().unwrap();
        let clients = Clients::new(poll.registry(), listeners).unwrap();
        let out = Outbox::new(&lane_settings);
        let lane = Lane::new(lane_settings, 1);
        let now = Time { ms: 1_000, unix_ms: 0 };
        let mut rig =
            Rig { poll, events: Events::with_capacity(16), clients, lane, out, now, http };
        rig.meet_node();
        rig
    }

    /// One node is the home of all.
    fn meet_node(&mut self) {
        let primary = Some(Owner { id: "n1".to_owned(), incarnation: 1 });
        let rows = vec![Row { reign: 1, conf: 1, primary, ..Row::default() }];
        let table = Table { term: 1, version: 1, bits: 0, rows, places: vec![] };
        let table = BucketTable::try_from(table).unwrap();
        self.handle(Input::Table(Arc::new(table)));
        let id = "n1".to_owned();
        let role = Role::QueueNode;
        let peer = Peer { role, id, incarnation: 1, lane: 0, version: 1, cluster_id: 1 };
        self.out.links.up(LinkId(0));
        self.handle(Input::LinkUp { link: LinkId(0), peer });
        self.node_says(Q::At(At { bits: 0, prefix: 0, loss: 0, reign: 1 }));
    }

    fn node_says(&mut self, body: Q) {
        let frame = Q2g { body: Some(body) }.encode_to_vec();
        self.handle(Input::LinkFrame { link: LinkId(0), frame: &frame });
    }

    fn handle(&mut self, input: Input<'_>) {
        self.lane.handle(self.now, input, &mut self.out);
    }

    /// One turn of the lane's loop.
    fn turn(&mut self) {
        let pause = if self.clients.is_busy() { 0 } else { 1 };
        self.poll.poll(&mut self.events, Some(Duration::from_millis(pause))).unwrap();
        for event in &self.events {
            self.clients.ready(self.now, event, &mut self.lane, &mut self.out);
        }
        self.clients.wake(self.now, &mut self.lane, &mut self.out);
        self.handle(Input::TurnEnd);
        self.clients.flush(self.now, &mut self.lane, &mut self.out);
    }

    /// Turns until it is so.
    fn until(&mut self, what: &str, mut so: impl FnMut(&Rig) -> bool) {
        for _ in 0..5_000 {
            if so(self) {
                return;
            }
            self.turn();
        }
        panic!("in vain: {what}");
    }

    fn is_gone(&self) -> bool {
        self.clients.sockets.is_empty()
    }

    /// What is unsent to the only client.
    fn unsent(&self) -> usize {
        self.out.clients.unsent(ConnId::at(0))
    }

    /// A WebSocket that isn't logged in.
    fn websocket(&mut self) -> TcpStream {
        let mut socket = TcpStream::connect(self.http).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.write_all(UPGRADE.as_bytes()).unwrap();
        let is_open = |client: &Client| matches!(client.reader, Reader::WebSocket(..));
        self.until("a WebSocket", |rig| rig.clients.sockets.get(0).is_some_and(is_open));
        let head = self.said(&mut socket, "the answer", |said| said.ends_with(b"\r\n\r\n"));
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        socket
    }

    /// A WebSocket that is logged in.
    fn session(&mut self) -> TcpStream {
        let mut socket = self.websocket();
        drop(self.out.links.take(LinkId(0)));
        socket.write_all(&text(r#"{"connect":{"protocol":1,"user":"ann"}}"#)).unwrap();
        self.until("a login", |rig| contains(rig.out.links.unwritten(LinkId(0)), b"ann"));
        self.node_says(Q::LoggedIn(LoggedIn { generation: 7, ..LoggedIn::default() }));
        self.said(&mut socket, "welcome", |said| contains(said, b"\"welcome\""));
        socket
    }

    /// What the client gets, until it is enough.
    fn said(
        &mut self,
        socket: &mut TcpStream,
        what: &str,
        enough: impl Fn(&[u8]) -> bool,
    ) -> Vec<u8> {
        let mut said = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        for _ in 0..20_000 {
            self.turn();
            match socket.read(&mut buffer) {
                Ok(0) => panic!("closed instead of {what}: {}", String::from_utf8_lossy(&said)),
                Ok(length) => said.extend_from_slice(&buffer[..length]),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            if enough(&said) {
                return said;
            }
        }
        panic!("in vain: {what}: {}", String::from_utf8_lossy(&said));
    }

    /// Sends all of it, while the lane does its turns; what is unsent at most meanwhile.
    /// Ends early if the gateway ends it.
    fn send(&mut self, socket: &mut TcpStream, mut bytes: &[u8]) -> usize {
        let mut unsent = 0;
        while !bytes.is_empty() && !self.is_gone() {
            match socket.write(bytes) {
                Ok(length) => bytes = &bytes[length..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
            self.turn();
            unsent = unsent.max(self.unsent());
        }
        unsent
    }
}

#[test]
fn who_is_gone_before_its_connect_is_read_logs_nobody_in() {
    for closes in [false, true] {
        let mut rig = Rig::new();
        let mut socket = rig.websocket();
        drop(rig.out.links.take(LinkId(0)));
        // Both come while the lane does no turn.
        socket.write_all(&text(r#"{"connect":{"protocol":1,"user":"ann"}}"#)).unwrap();
        if closes {
            drop(socket);
            rig.until("its end", Rig::is_gone);
        } else {
            rig.until("a login", |rig| !rig.out.links.unwritten(LinkId(0)).is_empty());
        }
        assert_eq!(rig.out.links.unwritten(LinkId(0)).is_empty(), closes);
    }
}

#[test]
fn who_gets_the_number_of_one_that_ends_does_not_end_with_it() {
    let mut rig = Rig::new();
    let first = rig.session();
    // All in one turn: it is told to end, it has gone by itself, and the next takes its number.
    rig.node_says(Q::Kick(Kick { session: 0, code: 3509, generation: 7, ..Kick::default() }));
    assert!(rig.out.clients.is_ended(ConnId::at(0)));
    drop(first);
    let mut next = rig.websocket();
    assert_eq!(rig.clients.sockets.len(), 1);
    next.write_all(&text(r#"{"connect":{"protocol":1,"user":"bob"}}"#)).unwrap();
    drop(rig.out.links.take(LinkId(0)));
    rig.until("a login", |rig| !rig.out.links.unwritten(LinkId(0)).is_empty());
}

#[test]
fn who_came_together_and_says_nothing_is_let_go_so_many_a_turn() {
    let mut rig = Rig::new();
    let sockets: Vec<_> = (0..80).map(|_| TcpStream::connect(rig.http).unwrap()).collect();
    rig.until("all", |rig| rig.clients.sockets.len() == sockets.len());
    rig.now = rig.now.after(limits::CONNECT_MS_MAX);
    rig.turn();
    assert_eq!(rig.clients.sockets.len(), 16);
    assert!(rig.clients.wake_at().is_some_and(|at_ms| at_ms <= rig.now.ms), "at once");
    rig.turn();
    assert!(rig.is_gone());
    assert_eq!(rig.clients.refused.silent, 80);
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A frame of a client under a mask of zeros.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![head];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

fn text(json: &str) -> Vec<u8> {
    frame(0x81, json.as_bytes())
}

fn ping(payload: &[u8]) -> Vec<u8> {
    frame(0x89, payload)
}

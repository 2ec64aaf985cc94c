//! Two ends in one thread, over real sockets.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Waker};
use proto::link::Role;
use proto::wire;

use super::*;
use crate::io::clock;
use crate::io::resolver::Resolver;
use crate::machine::Outbox;

mod secure;

/// The number of what the tests send: these links don't read it.
const NUMBER: u32 = 6;

/// One end, and what it has seen.
struct End {
    poll: Poll,
    events: Events,
    wires: Wires,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    outbox: Outbox,
    up: Vec<LinkId>,
    downs: Vec<String>,
    /// Of each failed dial whether it was refused, and whether it is hopeless.
    unreachable: Vec<(bool, bool)>,
    /// Why, each time.
    reasons: Vec<String>,
    bytes: Vec<u8>,
    /// Each frame is answered by so many bytes, and no more are taken while more than one answer is
    /// unsent.
    answers: usize,
    unsent_max: usize,
    /// Each byte that comes is for so many others.
    others: usize,
    /// How much has come in this turn.
    turn_bytes: usize,
}

impl Sink for Seen {
    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    fn pauses(&mut self, link: LinkId) -> bool {
        self.answers > 0 && self.outbox.unsent(link) > self.answers
    }

    fn unsent(&self) -> usize {
        self.turn_bytes * self.others
    }

    fn event(&mut self, _: Time, event: Event<'_>) {
        match event {
            Event::Up { link, .. } => self.up.push(link),
            Event::Frame { frame, link } => {
                let (_, body) = wire::envelope(frame).expect("a frame of the test");
                self.bytes.extend_from_slice(body);
                self.turn_bytes += frame.len();
                if self.answers > 0 {
                    let out = self.outbox.buffer(link);
                    wire::put_frame(out, NUMBER, self.answers);
                    out.extend_from_slice(&vec![body[0]; self.answers]);
                    self.unsent_max = self.unsent_max.max(self.outbox.unsent(link));
                }
            }
            Event::Down { link, reason, .. } => {
                self.up.retain(|up| *up != link);
                self.downs.push(reason.to_owned());
            }
            Event::Unreachable { refused, hopeless, reason, .. } => {
                self.unreachable.push((refused, hopeless));
                self.reasons.push(reason.to_owned());
            }
        }
    }
}

impl End {
    fn new(id: &str, secret: &str, hub: &Hub) -> End {
        let settings = Settings {
            role: Role::QueueNode,
            id: id.to_owned(),
            incarnation: 1,
            cluster_id: 7,
            lane: 0,
            secret: secret.as_bytes().to_vec(),
            beat_ms: 20,
            dead_ms: 5000,
        };
        let poll = Poll::new().expect("a poll");
        let wires = Wires::new(poll.registry(), 1, settings, hub.clone()).expect("wires");
        End { poll, events: Events::with_capacity(1024), wires, seen: Seen::default() }
    }

    fn turn(&mut self) {
        self.turn_at(clock::now);
    }

    /// A turn whose time is told when it has been waited for.
    fn turn_at(&mut self, now: impl Fn() -> Time) {
        let pause = Some(Duration::from_millis(1));
        self.poll.poll(&mut self.events, pause).expect("a poll");
        let now = now();
        self.seen.turn_bytes = 0;
        for event in &self.events {
            if self.wires.owns(event.token()) {
                self.wires.ready(now, event, &mut self.seen);
            }
        }
        self.wires.wake(now, &mut self.seen);
        self.wires.flush(now, &mut self.seen);
    }

    fn send(&mut self, bytes: &[u8]) {
        let out = self.seen.outbox.buffer(self.seen.up[0]);
        wire::put_frame(out, NUMBER, bytes.len());
        out.extend_from_slice(bytes);
    }
}

/// Turns both until it is so; a test that waits in vain fails by its bound.
fn until(a: &mut End, b: &mut End, so: impl Fn(&Seen, &Seen) -> bool) {
    for _ in 0..20_000 {
        if so(&a.seen, &b.seen) {
            return;
        }
        a.turn();
        b.turn();
    }
    panic!("it has not come: {:?} {:?}", a.seen.downs, b.seen.downs);
}

fn check(mut a: End, mut b: End, address: &str) {
    a.wires.dial(clock::now(), "b", address);
    until(&mut a, &mut b, |a, b| !a.up.is_empty() && !b.up.is_empty());
    let large: Vec<u8> = (0..3_000_000u32).map(|at| at as u8).collect();
    a.send(&large);
    b.send(b"small");
    until(&mut a, &mut b, |a, b| a.bytes.len() == 5 && b.bytes.len() == large.len());
    assert_eq!((&a.seen.bytes[..], &b.seen.bytes), (&b"small"[..], &large));

    let link = b.seen.up[0];
    b.seen.outbox.end(link, "for a test");
    until(&mut a, &mut b, |a, b| a.downs.len() == 1 && !a.up.is_empty() && !b.up.is_empty());
    a.seen.bytes.clear();
    b.send(b"again");
    until(&mut a, &mut b, |a, _| a.bytes == b"again");
}

#[test]
fn tcp_links_carry_and_come_back() {
    let hub = Hub::default();
    let (a, mut b) = (End::new("a", "s", &hub), End::new("b", "s", &hub));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    check(a, b, &address.to_string());
}

#[test]
fn pipes_carry_and_come_back() {
    let hub = Hub::default();
    let (a, mut b) = (End::new("a", "s", &hub), End::new("b", "s", &hub));
    let waker = Waker::new(b.poll.registry(), Token(0)).expect("a waker");
    b.wires.listen_pipe("b", Arc::new(waker));
    check(a, b, "pipe:b");
}

#[test]
fn who_asks_for_more_than_it_takes_waits_in_its_order() {
    let hub = Hub::default();
    let (mut a, mut b) = (End::new("a", "s", &hub), End::new("b", "s", &hub));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    a.wires.dial(clock::now(), "b", &address.to_string());
    until(&mut a, &mut b, |a, b| !a.up.is_empty() && !b.up.is_empty());
    const ANSWER: usize = 4_000_000;
    b.seen.answers = ANSWER;
    // All of it comes in one read.
    (1..=40).for_each(|number: u8| a.send(&[number]));
    until(&mut a, &mut b, |a, _| a.bytes.len() == 40 * ANSWER);
    let order: Vec<u8> = a.seen.bytes.chunks(ANSWER).map(|answer| answer[0]).collect();
    assert_eq!(order, (1..=40).collect::<Vec<u8>>());
    assert!(b.seen.unsent_max <= 2 * (ANSWER + 10), "{}", b.seen.unsent_max);
    // Reading has begun again.
    a.send(&[99]);
    until(&mut a, &mut b, |a, _| a.bytes.len() == 41 * ANSWER);
}

/// The most that a turn takes of a link over which much comes, when each byte of it is for so
/// many others.
fn turn_bytes_max(others: usize) -> usize {
    let hub = Hub::default();
    let (mut a, mut b) = (End::new("a", "s", &hub), End::new("b", "s", &hub));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    a.wires.dial(clock::now(), "b", &address.to_string());
    until(&mut a, &mut b, |a, b| !a.up.is_empty() && !b.up.is_empty());
    b.seen.others = others;
    let (frame, frames) = ([7; 1000], 20_000);
    (0..frames).for_each(|_| a.send(&frame));
    let mut most = 0;
    while b.seen.bytes.len() < frames * frame.len() {
        until(&mut a, &mut b, |_, b| b.turn_bytes > 0);
        most = most.max(std::mem::take(&mut b.seen.turn_bytes));
    }
    most
}

#[test]
fn a_turn_reads_as_much_as_is_good_for_those_it_is_for() {
    // What is there when the socket wakes, and what is there when the turn reads on.
    let twice = 2 * READ_BYTES + 2000;
    let to_one = turn_bytes_max(1);
    assert!((4 * READ_BYTES..=twice * READS_PER_TURN).contains(&to_one), "{to_one}");
    // To so many that one buffer full is enough.
    let to_many = turn_bytes_max(UNSENT_PER_READ_BYTES / READ_BYTES + 1);
    assert!((1..=twice).contains(&to_many), "{to_many}");
}

#[test]
fn a_wrong_secret_and_a_closed_port_are_told_apart() {
    let hub = Hub::default();
    let (mut a, mut b) = (End::new("a", "s", &hub), End::new("b", "t", &hub));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    a.wires.dial(clock::now(), "b", &address.to_string());
    until(&mut a, &mut b, |a, _| a.unreachable.contains(&(false, true)));
    b.wires.door.listener = None;
    until(&mut a, &mut b, |a, _| a.unreachable.contains(&(true, false)));
    assert!(a.seen.up.is_empty() && b.seen.up.is_empty());
}

#[test]
fn another_cluster_is_hopeless() {
    let hub = Hub::default();
    let (mut a, mut b) = (End::new("a", "s", &hub), End::new("b", "s", &hub));
    b.wires.introduce_as(1, 8);
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    a.wires.dial(clock::now(), "b", &address.to_string());
    until(&mut a, &mut b, |a, _| a.unreachable.contains(&(false, true)));
    assert!(a.seen.up.is_empty() && b.seen.up.is_empty());
}

#[test]
fn a_slow_name_server_holds_up_only_the_link_that_waits_for_it() {
    let (answer, answers) = std::sync::mpsc::sync_channel(1);
    let answers = std::sync::Mutex::new(answers);
    let resolver = Resolver::new(move |name| {
        assert_eq!(name, "b.test:7600");
        answers.lock().expect("ours").recv().map_err(io::Error::other)
    });
    let mut hub = Hub::default();
    hub.resolver = resolver;
    let (mut a, mut b) = (End::new("a", "s", &hub), End::new("b", "s", &hub));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    a.wires.dial(clock::now(), "b by name", "b.test:7600");
    a.wires.dial(clock::now(), "b", &address.to_string());
    until(&mut a, &mut b, |a, b| a.up.len() == 1 && b.up.len() == 1);
    answer.send(address).expect("awaited");
    until(&mut a, &mut b, |a, b| a.up.len() == 2 && b.up.len() == 2);
    assert!(a.seen.unreachable.is_empty());
}

#[test]
fn an_end_right_behind_bytes_is_seen_without_waiting_for_the_silence() {
    let mut end = End::new("a", "s", &Hub::default());
    let address = end.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    let mut stranger = TcpStream::connect(address).expect("it listens");
    stranger.write_all(&[9]).expect("written");
    drop(stranger);
    let mut turns = 0..500;
    end.turn();
    while end.wires.wires.iter().any(Option::is_some) {
        end.turn();
        assert!(turns.next().is_some(), "far fewer than fit into a silence");
    }
}

/// Takes turns of this moment until it is so.
fn until_at(end: &mut End, now: Time, so: impl Fn(&End) -> bool) {
    for _ in 0..20_000 {
        if so(end) {
            return;
        }
        end.turn_at(|| now);
    }
    panic!("it has not come");
}

fn strangers(end: &mut End, now: Time, address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let connect = |at| {
        let stream = TcpStream::connect(address).expect("it listens");
        // The backlog of a listener is short.
        if at % (limits::LINKS_ACCEPTED_PER_TURN_MAX / 2) == 0 {
            end.turn_at(|| now);
        }
        stream
    };
    (0..count).map(connect).collect()
}

fn open(end: &End) -> usize {
    end.wires.wires.iter().flatten().count()
}

#[test]
fn whoever_trickles_is_gone_when_the_time_for_a_handshake_is_over() {
    let mut end = End::new("a", "s", &Hub::default());
    let address = end.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    let start = clock::now();
    let mut many = strangers(&mut end, start, address, 500);
    let most = limits::UNPROVEN_LINKS_PER_ADDRESS_MAX;
    until_at(&mut end, start, |end| end.wires.door.unproven.count() == most);
    assert_eq!(open(&end), most, "the oldest have made space");
    // The hello of somebody, byte by byte.
    let mut hello = vec![200, 1, 10, 198, 1];
    hello.resize(202, 0);
    for (at, byte) in (0..5_000).step_by(200).zip(hello) {
        for stranger in &mut many[500 - most..] {
            stranger.write_all(&[byte]).expect("it is still there");
        }
        let now = start.after(at);
        (0..5).for_each(|_| end.turn_at(|| now));
    }
    assert_eq!(open(&end), most);
    until_at(&mut end, start.after(limits::HANDSHAKE_MS), |end| open(end) == 0);
    assert_eq!(end.wires.door.unproven.count(), 0);
    for mut stranger in many {
        let mut said = Vec::new();
        match stranger.read_to_end(&mut said) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        }
        assert!(said.is_empty(), "nothing is said to strangers");
    }
}

#[test]
fn one_of_us_gets_in_through_a_crowd_of_strangers() {
    let hub = Hub::default();
    let (mut a, mut b) = (End::new("a", "s", &hub), End::new("b", "s", &hub));
    let address = b.wires.listen(([127, 0, 0, 1], 0).into()).expect("a port");
    let crowd = strangers(&mut b, clock::now(), address, limits::UNPROVEN_LINKS_PER_ADDRESS_MAX);
    a.wires.dial(clock::now(), "b", &address.to_string());
    let mut late = Vec::new();
    for _ in 0..20_000 {
        late.push(TcpStream::connect(address).expect("it listens"));
        a.turn();
        b.turn();
        if !a.seen.up.is_empty() && !b.seen.up.is_empty() {
            break;
        }
    }
    assert!(!a.seen.up.is_empty() && crowd.len() + late.len() > 256, "{:?}", a.seen.reasons);
}

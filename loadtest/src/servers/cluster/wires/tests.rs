//! What passes and what doesn't.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::{Wires, dialler_of};
use crate::clock::Clock;

/// A `Hello` in its frame.
fn hello(id: &str) -> Vec<u8> {
    let mut hello = vec![1 << 3, 3, 4 << 3 | 2, id.len() as u8];
    hello.extend_from_slice(id.as_bytes());
    let mut frame = vec![hello.len() as u8 + 2, 1 << 3 | 2, hello.len() as u8];
    frame.extend_from_slice(&hello);
    frame
}

#[test]
fn who_dials_is_read_from_a_whole_frame() {
    let whole = hello("q1");
    for part in 0..whole.len() {
        assert_eq!(dialler_of(&whole[..part]).unwrap(), None);
    }
    assert_eq!(dialler_of(&whole).unwrap().as_deref(), Some("q1"));
    assert!(dialler_of(&[2, 1 << 3, 1]).is_err());
    assert!(dialler_of(&[4, 1 << 3 | 2, 2, 1 << 3, 1]).is_err(), "no id");
}

/// A door to a listener, and both ends of links through it.
struct Bench {
    wires: Wires,
    target: TcpListener,
    door: SocketAddr,
}

impl Bench {
    fn new() -> Bench {
        let (wires, target) = (Wires::default(), TcpListener::bind("127.0.0.1:0").unwrap());
        let door = wires.lead_to("q2", target.local_addr().unwrap()).unwrap();
        Bench { wires, target, door }
    }

    fn dial(&self, id: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.door).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(&hello(id)).unwrap();
        stream
    }

    fn accept(&self, id: &str) -> TcpStream {
        let mut stream = self.target.accept().unwrap().0;
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        hear(&mut stream, &hello(id));
        stream
    }
}

fn hear(stream: &mut TcpStream, wanted: &[u8]) {
    let mut came = vec![0; wanted.len()];
    stream.read_exact(&mut came).unwrap();
    assert_eq!(came, wanted);
}

/// Nothing has come yet.
fn is_silent(stream: &mut TcpStream) {
    stream.set_nonblocking(true).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
}

#[test]
fn a_cut_holds_its_pair_and_nobody_else_until_it_is_mended() {
    let bench = Bench::new();
    let mut one = bench.dial("q1");
    let mut at_one = bench.accept("q1");
    let mut three = bench.dial("q3");
    let mut at_three = bench.accept("q3");

    bench.wires.cut("q1", "q2");
    one.write_all(b"held").unwrap();
    three.write_all(b"free").unwrap();
    hear(&mut at_three, b"free");
    is_silent(&mut at_one);
    // The other direction goes on.
    at_one.write_all(b"back").unwrap();
    hear(&mut one, b"back");
    bench.wires.cut("q2", "q1");
    at_one.write_all(b"late").unwrap();
    at_three.write_all(b"free").unwrap();
    hear(&mut three, b"free");
    is_silent(&mut one);

    bench.wires.mend();
    hear(&mut at_one, b"held");
    hear(&mut one, b"late");
    drop(one);
    assert_eq!(at_one.read(&mut [0]).unwrap(), 0, "an end passes, too");
}

#[test]
fn who_dials_against_a_cut_waits() {
    let bench = Bench::new();
    bench.wires.cut("q2", "q1");
    let _one = bench.dial("q1");
    let _three = bench.dial("q3");
    // Whoever dialled first would have come first.
    bench.accept("q3");
    bench.wires.mend();
    bench.accept("q1");
}

#[test]
fn what_is_late_comes_in_its_order_and_not_before() {
    let bench = Bench::new();
    let mut one = bench.dial("q1");
    let mut at_one = bench.accept("q1");
    let clock = Clock::start();
    bench.wires.delay("q1", "q2", Duration::from_millis(50));
    for word in [b"one", b"two", b"six"] {
        one.write_all(word).unwrap();
    }
    drop(one);
    hear(&mut at_one, b"onetwosix");
    assert_eq!(at_one.read(&mut [0]).unwrap(), 0);
    assert!(clock.now() >= 50_000_000, "{} ns", clock.now());
}

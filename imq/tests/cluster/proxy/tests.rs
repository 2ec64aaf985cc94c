//! What the proxy does to two sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use link::io::clock::micros;

use super::{Proxy, Rule, Way};
use crate::http::until;
use crate::process::PATIENCE;

/// A proxy to a listener, with both ends of a connection through it.
struct Pair {
    proxy: Proxy,
    listener: TcpListener,
    dialler: TcpStream,
    acceptor: TcpStream,
}

fn pair() -> Pair {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = Proxy::start(vec![listener.local_addr().expect("bound")]);
    let mut dialler = dial(proxy.addresses[0]);
    let mut acceptor = listener.accept().expect("the proxy dials").0;
    acceptor.set_read_timeout(Some(PATIENCE)).expect("a socket");
    dialler.write_all(b"!").expect("it is open");
    hear(&mut acceptor, b"!");
    Pair { proxy, listener, dialler, acceptor }
}

fn dial(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the proxy listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

fn hear(stream: &mut TcpStream, wanted: &[u8]) {
    let mut heard = vec![0; wanted.len()];
    stream.read_exact(&mut heard).expect("it comes");
    assert_eq!(heard, wanted);
}

/// Nothing has come yet.
fn is_silent(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket");
    let read = stream.read(&mut [0; 1]).map_err(|error| error.kind());
    assert_eq!(read, Err(ErrorKind::WouldBlock));
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
}

#[test]
fn one_way_is_held_and_the_other_goes_on() {
    let Pair { proxy, mut dialler, mut acceptor, .. } = pair();
    assert!(proxy.is_used(0));
    proxy.rule(0, Way::Back, Rule::HELD);
    acceptor.write_all(b"back").expect("it is open");
    dialler.write_all(b"there").expect("it is open");
    hear(&mut acceptor, b"there");
    is_silent(&mut dialler);
    // An end is held, too.
    drop(acceptor);
    is_silent(&mut dialler);
    proxy.find(0);
    hear(&mut dialler, b"back");
    assert_eq!(dialler.read(&mut [0; 1]).expect("an end"), 0);
}

#[test]
fn who_dials_while_nothing_passes_waits() {
    let Pair { proxy, listener, mut dialler, mut acceptor } = pair();
    proxy.lose(0);
    dialler.write_all(b"old").expect("it is open");
    let mut late = dial(proxy.addresses[0]);
    late.write_all(b"late").expect("it is open");
    is_silent(&mut acceptor);
    is_silent(&mut late);
    proxy.find(0);
    hear(&mut acceptor, b"old");
    let mut accepted = listener.accept().expect("the proxy dials").0;
    hear(&mut accepted, b"late");
}

#[test]
fn what_comes_is_delayed_or_let_through_slowly() {
    let Pair { proxy, mut dialler, mut acceptor, .. } = pair();
    let timed = |rule: Rule, dialler: &mut TcpStream, acceptor: &mut TcpStream| {
        proxy.rule(0, Way::There, rule);
        // The rule has been heard once what is behind it has come.
        dialler.write_all(b"0").expect("it is open");
        hear(acceptor, b"0");
        let began_us = micros();
        dialler.write_all(&[7; 100]).expect("it is open");
        hear(acceptor, &[7; 100]);
        (micros() - began_us) / 1000
    };
    let delayed = Rule { delay_ms: 100, ..Rule::default() };
    let took_ms = timed(delayed, &mut dialler, &mut acceptor);
    assert!(took_ms >= 100, "{took_ms} ms");
    let slow = Rule { bytes_per_s: Some(1000), ..Rule::default() };
    let took_ms = timed(slow, &mut dialler, &mut acceptor);
    assert!(took_ms >= 90, "{took_ms} ms");
}

#[test]
fn connections_are_reset_and_refused() {
    let Pair { proxy, listener, mut dialler, mut acceptor } = pair();
    proxy.reset(0);
    for stream in [&mut dialler, &mut acceptor] {
        let read = stream.read(&mut [0; 1]).map_err(|error| error.kind());
        assert_eq!(read, Err(ErrorKind::ConnectionReset));
    }
    proxy.refuse(0, true);
    let refused = || {
        let dialled = TcpStream::connect(proxy.addresses[0]).map_err(|error| error.kind());
        matches!(dialled, Err(ErrorKind::ConnectionRefused))
    };
    until("who dials is refused", refused);
    proxy.refuse(0, false);
    until("who dials is taken", || !refused());
    let mut again = dial(proxy.addresses[0]);
    again.write_all(b"again").expect("it is open");
    // Those who only tried are in front of it.
    until("it is passed on", || {
        let mut accepted = listener.accept().expect("the proxy dials").0;
        let mut word = [0; 5];
        accepted.read_exact(&mut word).is_ok() && &word == b"again"
    });
}

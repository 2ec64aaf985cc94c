//! Proxies, and limits per address.

use std::net::Shutdown;
use std::num::NonZeroU32;

use super::*;
use crate::machine::AddressLimits;

/// A gateway to which this machine is a proxy.
fn gateway(addresses: AddressLimits) -> Running {
    let proxies = vec!["127.0.0.0/8".parse().unwrap()];
    run(Settings { proxies, addresses, ..settings(100) }).unwrap()
}

fn limits(connections_max: u32, attempts_per_s: u32) -> AddressLimits {
    AddressLimits {
        connections_max: NonZeroU32::new(connections_max),
        attempts_per_s: NonZeroU32::new(attempts_per_s),
    }
}

/// A connection that begins with these bytes.
fn begin(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// The code and the wait of the frame with which a connection ends.
fn closing(stream: TcpStream) -> Option<(u32, u32)> {
    frames(&read_all(stream)).pop().map(|last| {
        let G::Closing(closing) = last else { panic!("{last:?}") };
        (closing.code, closing.retry_after_ms)
    })
}

const ANN: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 7400\r\n";
const BEN: &[u8] = b"PROXY TCP4 192.0.2.2 198.51.100.1 1000 7400\r\n";
/// Version 2, from 192.0.2.1.
const ANN_2: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\x03\xe8\x1c\xe8";
/// A frame that is answered by 3508.
const OPEN: &[u8] = &[2, 18, 0];

#[test]
fn a_proxy_says_for_whom_it_comes_before_anything_else() {
    let running = gateway(limits(0, 0));
    assert_eq!(frame_of(C::Open(c2g::Open {})), OPEN);
    for header in [ANN, ANN_2, b"PROXY UNKNOWN\r\n".as_slice()] {
        let stream = begin(running.tcp, &[header, OPEN].concat());
        assert_eq!(closing(stream), Some((3508, 0)));
        let mut stream = begin(running.tcp, &header[..9]);
        stream.write_all(&header[9..]).unwrap();
        stream.write_all(OPEN).unwrap();
        assert_eq!(closing(stream), Some((3508, 0)));
        let mut stream = begin(running.http, header);
        stream.write_all(b"GET / HTTP/1.1\r\nHost: imq\r\n\r\n").unwrap();
        assert!(read_all(stream).starts_with(b"HTTP/1.1 404 "));
    }
    // Without it, with a wrong one, or with half of one, the connection is closed without a word.
    for bytes in [OPEN, b"GET / HTTP/1.1\r\n\r\n", b"PROXY TCP4 nowhere\r\n", &ANN[..20]] {
        let mut stream = begin(running.tcp, bytes);
        // It may be closed already.
        stream.shutdown(Shutdown::Write).ok();
        let mut said = Vec::new();
        // What wasn't read makes it a reset.
        stream.read_to_end(&mut said).ok();
        assert!(said.is_empty());
    }
    running.stop();
}

#[test]
fn a_header_of_somebody_else_is_garbage() {
    let running = run(settings(100)).unwrap();
    assert_eq!(closing(begin(running.tcp, &[ANN, ANN].concat())), Some((3502, 0)));
    assert!(read_all(begin(running.http, ANN)).starts_with(b"HTTP/1.1 400 "));
    running.stop();
}

#[test]
fn an_address_has_so_many_connections() {
    let running = gateway(limits(2, 0));
    let connected = [ANN, ANN_2].map(|header| {
        let mut stream = begin(running.http, &[header, UPGRADE].concat());
        let mut answer = [0; 13];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 101 ");
        stream
    });
    let (code, retry_after_ms) = closing(begin(running.tcp, ANN)).unwrap();
    assert_eq!(code, 3004);
    assert!(retry_after_ms >= 10_000);
    let answer = String::from_utf8(read_all(begin(running.http, ANN))).unwrap();
    assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1"), "{answer}");
    assert_eq!(closing(begin(running.tcp, &[BEN, OPEN].concat())), Some((3508, 0)));
    assert_eq!(
        closing(begin(running.tcp, &[b"PROXY UNKNOWN\r\n", OPEN].concat())),
        Some((3508, 0))
    );
    drop(connected);
    // Whether the gateway has seen them go already is to be tried out.
    while closing(begin(running.tcp, &[ANN, OPEN].concat())).unwrap().0 == 3004 {}
    running.stop();
}

#[test]
fn an_address_knocks_so_often() {
    let running = gateway(limits(0, 3));
    for _ in 0..3 {
        assert_eq!(closing(begin(running.tcp, &[ANN, OPEN].concat())), Some((3508, 0)));
    }
    let mut codes = Vec::new();
    while !codes.contains(&3009) {
        codes.push(closing(begin(running.tcp, ANN)).map_or(0, |(code, _)| code));
        assert!(codes.len() < 10, "{codes:?}");
    }
    running.stop();
}

//! TLS at both of the clients' ports.

use std::path::PathBuf;

use link::io::clock;
use link::io::tls::{Files, Tls};

use super::*;

fn testdata(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../link/testdata/tls", name].iter().collect()
}

fn tls(authority: Option<&str>) -> Tls {
    Tls::load(Files {
        certificate: testdata("node.pem"),
        key: testdata("node.key"),
        authority: authority.map(testdata),
        name: None,
    })
    .unwrap()
}

fn gateway(more: Settings) -> Running {
    run(Settings { tls: Some(tls(None)), ..more }).unwrap()
}

/// All that the gateway says to this, after what a proxy says in the clear.
fn said(address: SocketAddr, clear: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(clear).unwrap();
    let client = tls(Some("authority.pem"));
    let mut stream = client.dial(clock::now(), socket, "localhost:7400").unwrap();
    assert_eq!(stream.write(bytes).unwrap(), bytes.len());
    let mut buffer = vec![0; 10_000];
    let length = stream.read(&mut buffer).unwrap();
    buffer.truncate(length);
    buffer
}

#[test]
fn clients_speak_tls() {
    let running = gateway(settings(100));
    let open = frame_of(C::Open(c2g::Open {}));
    let said_to = |bytes: &[u8]| frames(&said(running.tcp, b"", bytes));
    let came = said_to(&open);
    assert!(matches!(&came[..], [G::Closing(closing)] if closing.code == 3508), "{came:?}");
    // {"bye":{}} under a mask of zeros.
    let bye = [&[0x81, 0x80 | 10, 0, 0, 0, 0][..], br#"{"bye":{}}"#].concat();
    let answer = said(running.http, b"", &[UPGRADE, &bye].concat());
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains(":3508,"), "{answer}");
    let stream = "POST /imq/v1/events HTTP/1.1\r\nHost: imq\r\nContent-Length: 10\r\n\r\n";
    let answer = said(running.http, b"", format!("{stream}{{\"bye\":{{}}}}").as_bytes());
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let answer = said(running.http, b"", b"GET / HTTP/1.1\r\nHost: imq\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 404 "));
    running.stop();
}

#[test]
fn a_proxy_speaks_before_tls() {
    let proxies = vec!["127.0.0.1".parse().unwrap()];
    let running = gateway(Settings { proxies, ..settings(100) });
    let clear = b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 7400\r\n";
    let came = frames(&said(running.tcp, clear, &frame_of(C::Open(c2g::Open {}))));
    assert!(matches!(&came[..], [G::Closing(closing)] if closing.code == 3508), "{came:?}");
    running.stop();
}

#[test]
fn who_speaks_none_gets_no_further() {
    let running = gateway(settings(100));
    for bytes in [frame_of(C::Open(c2g::Open {})), b"GET / HTTP/1.1\r\n\r\n".to_vec()] {
        let mut stream = TcpStream::connect(running.tcp).unwrap();
        stream.write_all(&bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        // An alert, and nothing in the clear.
        assert!(answer.is_empty() || answer.starts_with(&[21, 3]), "{answer:?}");
    }
    running.stop();
}

#[test]
fn a_shutdown_reaches_clients_with_tls() {
    let running = gateway(settings(100));
    running.drain();
    let came = frames(&said(running.tcp, b"", &frame_of(C::Open(c2g::Open {}))));
    assert!(matches!(&came[..], [G::Closing(closing)] if closing.code == 3001), "{came:?}");
    running.stop();
}

#[test]
fn who_says_nothing_is_told_so_if_tls_came_to_be() {
    let running = gateway(settings(100));
    let came = frames(&said(running.tcp, b"", b""));
    assert!(matches!(&came[..], [G::Closing(closing)] if closing.code == 3504), "{came:?}");
    running.stop();
}

//! A gateway's sockets without a cluster: what clients and back ends meet at the door.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::sync_channel;

use prost::Message as _;
use proto::b2n::{B2n, b2n::Body as B};
use proto::c2g::{self, C2g, c2g::Body as C};
use proto::g2c::{G2c, g2c::Body as G};
use proto::link::Refuse;
use proto::{frame, wire};

use super::{Running, Settings, run};

mod door;
mod fallback;
mod files;
mod kill;
mod pages;
mod secure;
mod upgrade;
mod web;

/// A request for a WebSocket.
const UPGRADE: &[u8] = b"GET /imq/v1/ws HTTP/1.1\r\nHost: imq\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: imq.json.v1\r\n\r\n";

/// A gateway whose boss answers nothing: it has no table.
fn gateway(connections_max: usize) -> Running {
    run(settings(connections_max)).unwrap()
}

fn settings(connections_max: usize) -> Settings {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut settings = Settings {
        tcp: any,
        http: any,
        web: any,
        bosses: vec!["pipe:nobody".to_owned()],
        secret: b"secret".to_vec(),
        rpc_keys: vec![super::web::ApiKey::whole("key")],
        connections_max,
        ..Settings::default()
    };
    settings.lane.dev_auth = true;
    settings
}

/// All that the gateway says until it closes.
fn read_all(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

fn frames(bytes: &[u8]) -> Vec<G> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while let Some((one, end)) = frame::split(rest, 1 << 20).unwrap() {
        frames.push(G2c::decode(one).unwrap().body.unwrap());
        rest = &rest[end..];
    }
    frames
}

/// What comes of these bytes over TCP, up to the end: the code of `closing`.
fn closed_with(running: &Running, bytes: &[u8]) -> u32 {
    let mut stream = TcpStream::connect(running.tcp).unwrap();
    stream.write_all(bytes).unwrap();
    match frames(&read_all(stream)).pop() {
        Some(G::Closing(closing)) => closing.code,
        other => panic!("closed by {other:?}"),
    }
}

fn frame_of(body: C) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::put_message(&mut bytes, &C2g { body: Some(body) });
    bytes
}

/// The first line and the body of an answer over HTTP.
fn http(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let text = String::from_utf8(read_all(stream)).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

fn rpc(running: &Running, method: &str, key: &str, body: &str) -> (String, String) {
    let length = body.len();
    let request = format!(
        "POST /rpc/v1/{method} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    http(running.web, &request)
}

#[test]
fn clients_over_tcp_are_answered_and_closed_with_codes() {
    let running = gateway(100);
    let connect =
        C::Connect(c2g::Connect { protocol: 1, user: "ann".to_owned(), ..c2g::Connect::default() });
    assert_eq!(closed_with(&running, &frame_of(connect)), 3004);
    assert_eq!(closed_with(&running, &frame_of(C::Open(c2g::Open {}))), 3508);
    assert_eq!(closed_with(&running, &[0xff; 11]), 3502);
    assert_eq!(closed_with(&running, &[0xff, 0xff, 0x7f]), 3507);
    let mut stream = TcpStream::connect(running.tcp).unwrap();
    // A frame in two pieces.
    let other = frame_of(C::Connect(c2g::Connect { protocol: 9, ..c2g::Connect::default() }));
    stream.write_all(&other[..2]).unwrap();
    stream.write_all(&other[2..]).unwrap();
    let came = frames(&read_all(stream));
    assert!(matches!(&came[..], [G::Closing(closing)] if closing.code == 3505), "{came:?}");
    running.stop();
}

#[test]
fn websockets_and_other_http_get_clear_words() {
    let running = gateway(100);
    let (line, body) = http(running.http, "GET / HTTP/1.1\r\nHost: imq\r\n\r\n");
    assert_eq!(line, "HTTP/1.1 404 Not Found");
    assert_eq!(body, "there is nothing at this path: WebSockets are at /imq/v1/ws\n");
    let mut stream = TcpStream::connect(running.http).unwrap();
    // The first frame travels with the request: {"bye":{}} under a mask of zeros.
    let frame = [&[0x81, 0x80 | 10, 0, 0, 0, 0][..], br#"{"bye":{}}"#].concat();
    stream.write_all(&[UPGRADE, &frame].concat()).unwrap();
    let bytes = read_all(stream);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("HTTP/1.1 101 "), "{text}");
    assert!(text.contains(r#"{"closing":{"code":3508,"#), "{text}");
    let reason = b"the first frame must be `connect`, with credentials";
    let close = [&[0x88, 2 + reason.len() as u8, 0x0d, 0xb4][..], reason].concat();
    assert!(bytes.ends_with(&close), "{bytes:?}");
    running.stop();
}

#[test]
fn a_full_gateway_says_so() {
    let running = gateway(1);
    let first = TcpStream::connect(running.tcp).unwrap();
    assert_eq!(closed_with(&running, b""), 3004);
    let (line, _) = http(running.http, "");
    assert_eq!(line, "HTTP/1.1 503 Service Unavailable");
    drop(first);
    running.stop();
}

#[test]
fn a_shutdown_tells_every_client() {
    let running = gateway(100);
    let stream = TcpStream::connect(running.tcp).unwrap();
    running.drain();
    let came = frames(&read_all(stream));
    assert!(matches!(&came[..], [G::Closing(closing)] if closing.code == 3001), "{came:?}");
    running.stop();
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let running = gateway(100);
    let settings = Settings { tcp: running.tcp, ..Settings::default() };
    let error = run(settings).unwrap_err().to_string();
    assert!(error.starts_with(&format!("clients can't listen at {}: ", running.tcp)), "{error}");
    running.stop();
}

#[test]
fn a_boss_that_refuses_ends_a_gateway_that_was_never_registered() {
    let boss = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (fatal, failed) = sync_channel(1);
    let bosses = vec![boss.local_addr().unwrap().to_string()];
    let running = run(Settings { bosses, fatal: Some(fatal), ..settings(10) }).unwrap();
    let (mut link, _) = boss.accept().unwrap();
    let reason = "the peer belongs to another cluster".to_owned();
    let mut bytes = Vec::new();
    wire::put_message(
        &mut bytes,
        &B2n { body: Some(B::Refuse(Refuse { reason, for_good: true })) },
    );
    link.write_all(&bytes).unwrap();
    let said = failed.recv().unwrap();
    assert!(
        said.starts_with("the link to the boss failed: ") && said.contains("another cluster"),
        "{said}"
    );
    running.stop();
}

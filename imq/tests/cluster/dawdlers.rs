//! Back ends, or who pretends to be one, that send their requests byte by byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use link::io::clock::micros;
use proto::limits::{WEB_BODY_MS_MAX, WEB_HEAD_MS_MAX};
use serde_json::json;

use crate::http::{rpc, until_within};
use crate::process::{PATIENCE, RPC_KEY};
use crate::roles::Five;

/// So many of each kind.
const EACH: usize = 20;
/// They send a byte this often, so that the connection is never silent for long.
const PACE: Duration = Duration::from_millis(200);
/// What they hear.
const TOO_LATE: &str = "HTTP/1.1 408 ";
/// What a busy machine may add to a bound, and to a call.
const LATE_MS_MAX: u64 = 3000;

/// Sends this, and then a byte now and then until the gateway has had enough: after how many
/// milliseconds that was, and what it said.
fn dawdle(port: u16, beginning: &str) -> (u64, String) {
    let begun = micros();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_read_timeout(Some(PACE)).expect("a socket");
    stream.write_all(beginning.as_bytes()).expect("the gateway reads");
    let (mut said, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => break,
            Ok(length) => said.extend_from_slice(&bytes[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if stream.write_all(b"x").is_err() {
                    break;
                }
            }
            Err(_) => break,
        }
        assert!(micros() - begun < 2 * PATIENCE.as_micros() as u64, "it is borne for ever");
        if !said.is_empty() {
            break;
        }
    }
    ((micros() - begun) / 1000, String::from_utf8(said).expect("text"))
}

/// They are all sent away in time, and nobody else waits for them.
pub(crate) fn hold_up_nobody(five: &Five) {
    let port = five.base + 90;
    let head = "POST /rpc/v1/get_queue HTTP/1.1\r\nHost: localhost\r\nX: ".to_owned();
    let body = format!(
        "POST /rpc/v1/get_queue HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {RPC_KEY}\r\nContent-Length: 1000\r\n\r\n{{"
    );
    five.call(0, "create_queue", &json!({ "queue": "/room/dawdlers" }));
    let heads: Vec<_> = (0..EACH).map(|_| (head.clone(), WEB_HEAD_MS_MAX, TOO_LATE)).collect();
    let bodies: Vec<_> = (0..EACH).map(|_| (body.clone(), WEB_BODY_MS_MAX, TOO_LATE)).collect();
    thread::scope(|scope| {
        let slow: Vec<_> = heads
            .into_iter()
            .chain(bodies)
            .map(|(beginning, bound_ms, wanted)| {
                scope.spawn(move || {
                    let (took_ms, said) = dawdle(port, &beginning);
                    let bounds = bound_ms - 100..bound_ms + LATE_MS_MAX;
                    assert!(bounds.contains(&took_ms), "{took_ms} ms, not {bounds:?}: {said}");
                    assert!(said.starts_with(wanted), "{said}");
                })
            })
            .collect();
        let wanted = json!({ "queue": "/room/dawdlers" }).to_string();
        until_within("they are sent away", 2 * PATIENCE, PACE, || {
            let begun = micros();
            assert_eq!(rpc(port, RPC_KEY, "get_queue", &wanted).0, 200);
            let took_ms = (micros() - begun) / 1000;
            assert!(took_ms < LATE_MS_MAX, "a call took {took_ms} ms");
            slow.iter().all(thread::ScopedJoinHandle::is_finished)
        });
    });
}

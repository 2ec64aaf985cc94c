//! Requests of a back end that is wrong in every way, or isn't one.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::http::{request, rpc};
use crate::process::{PATIENCE, RPC_KEY};
use crate::roles::Five;

const HUGE_BYTES: usize = 100_000_000;
/// So many huge bodies for each gateway.
const HUGE: usize = 3;
/// So many of each other kind.
const EACH: usize = 50;

/// Bad requests, each with a clear answer.
pub(super) fn all(five: &Five) {
    let body = json!({ "queue": "/hall/stays", "mount": "chat", "payload": "x" }).to_string();
    let nested = "[".repeat(50_000) + &"]".repeat(50_000);
    let deep = format!("{{\"queue\":\"/hall/stays\",\"mount\":\"chat\",\"payload\":{nested}}}");
    for port in [five.base + 90, five.base + 91] {
        for _ in 0..EACH {
            let unsigned = request("POST", port, "/rpc/v1/send_message", None, &body);
            assert_eq!(unsigned.0, 401, "{}", unsigned.1);
            for (key, body, wanted) in [
                ("wrong", body.as_str(), 401),
                (RPC_KEY, "{\"queue\":", 400),
                (RPC_KEY, "[1,2,3]", 400),
                (RPC_KEY, "{\"quoue\":\"/hall/stays\"}", 400),
                (RPC_KEY, deep.as_str(), 400),
            ] {
                let (status, answer) = rpc(port, key, "send_message", body);
                assert_eq!(status, wanted, "{answer}");
            }
        }
        for _ in 0..HUGE {
            huge(port);
        }
    }
}

/// A body of 100 MB is answered before its end, and the rest goes nowhere.
fn huge(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
    let head = format!(
        "POST /rpc/v1/send_message HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {RPC_KEY}\r\nContent-Length: {HUGE_BYTES}\r\n\r\n"
    );
    let chunk = vec![b' '; 1_000_000];
    let poured = stream
        .write_all(head.as_bytes())
        .and_then(|()| (0..HUGE_BYTES / chunk.len()).try_for_each(|_| stream.write_all(&chunk)));
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{poured:?} {answer}");
}

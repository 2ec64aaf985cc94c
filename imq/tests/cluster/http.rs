//! HTTP by hand: what curl would do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use link::io::clock::micros;
use serde_json::Value;

use crate::process::PATIENCE;

/// A response's status and body.
pub(crate) fn request(
    method: &str,
    port: u16,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> (u16, String) {
    let (status, body) = try_request(method, port, path, key, body).expect("a response");
    (status, body)
}

/// The same, where nobody may be there.
pub(crate) fn try_request(
    method: &str,
    port: u16,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok((status, body.to_owned()))
}

/// The JSON behind a path.
pub(crate) fn json(port: u16, path: &str) -> Value {
    let (status, body) = request("GET", port, path, None, "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
}

/// Calls the RPC with the key of the tests' processes.
pub(crate) fn rpc(port: u16, key: &str, method: &str, body: &str) -> (u16, Value) {
    let (status, text) = request("POST", port, &format!("/rpc/v1/{method}"), Some(key), body);
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// Asks until it is so: `/readyz` turns green when it does, not after a time.
pub(crate) fn until(what: &str, so: impl FnMut() -> bool) {
    until_within(what, PATIENCE, Duration::from_millis(5), so);
}

/// Asks until it is so, at most for so long and with such pauses.
pub(crate) fn until_within(
    what: &str,
    bound: Duration,
    pause: Duration,
    mut so: impl FnMut() -> bool,
) {
    let end = micros() + bound.as_micros() as u64;
    while !so() {
        assert!(micros() < end, "in vain: {what}");
        // A state that nobody announces has to be asked for, but not all the time.
        std::thread::park_timeout(pause);
    }
}

/// The counters and gauges of a process with this beginning, labels and all.
pub(crate) fn metric(port: u16, beginning: &str) -> f64 {
    let (_, metrics) = request("GET", port, "/metrics", None, "");
    let lines = metrics.lines().filter(|line| line.starts_with(beginning));
    let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.sum()
}

/// Waits until this port's `/readyz` is green.
pub(crate) fn until_ready(port: u16) {
    until(&format!("/readyz of {port}"), || {
        try_request("GET", port, "/readyz", None, "").is_ok_and(|(status, _)| status == 200)
    });
}

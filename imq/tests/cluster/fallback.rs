//! The fallback over HTTP with a cluster behind it: what one gateway streams is posted to another
//! one, and a home or a gateway dies in between.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::http::{try_request, until};
use crate::process::PATIENCE;
use crate::roles::Five;

/// A stream of events, and what is known of it.
struct Stream {
    read: BufReader<TcpStream>,
    name: Value,
    welcome: Value,
}

impl Stream {
    /// Opens one with this `connect`, up to its `welcome`.
    fn open(port: u16, connect: &Value) -> Stream {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let body = json!({ "connect": connect }).to_string();
        let length = body.len();
        write!(
            socket,
            "POST /imq/v1/events HTTP/1.1\r\nHost: localhost\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .expect("the gateway reads");
        let mut stream =
            Stream { read: BufReader::new(socket), name: Value::Null, welcome: Value::Null };
        assert_eq!(stream.line().as_deref(), Some("HTTP/1.1 200 OK"));
        while stream.line().is_some_and(|line| !line.is_empty()) {}
        stream.name = stream.event().expect("a name")["connection"].take();
        stream.welcome = stream.until("welcome");
        stream
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        // Its gateway may be killed.
        let length = self.read.read_line(&mut line).unwrap_or(0);
        (length > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event; nothing at the end.
    fn event(&mut self) -> Option<Value> {
        loop {
            let line = self.line()?;
            if let Some(text) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(text).expect("a frame"));
            }
            assert!(line.is_empty() || line.starts_with(':'), "{line}");
        }
    }

    /// Reads up to this frame: its fields.
    fn until(&mut self, body: &str) -> Value {
        loop {
            let mut event = self.event().unwrap_or_else(|| panic!("the end before {body}"));
            if let Some(fields) = event.get_mut(body) {
                return fields.take();
            }
        }
    }

    /// What becomes of frames that are posted to a gateway for this stream.
    fn post(&self, port: u16, number: u64, frames: &Value) -> u16 {
        let session = &self.welcome["session_id"];
        let body = json!({ "connection": self.name, "session": session, "number": number,
            "frames": frames });
        try_request("POST", port, "/imq/v1/send", None, &body.to_string()).map_or(0, |it| it.0)
    }
}

fn said(op_id: u64, text: &str) -> Value {
    json!([{ "send_message": { "op_id": op_id, "queue": "/room/fallback", "mount": "chat",
        "payload": text } }])
}

#[test]
fn what_is_streamed_by_one_gateway_is_posted_to_any() {
    let mut five = Five::start();
    let (first, second) = (five.base + 80, five.base + 81);
    let user = five.user_at(0, "ann");
    let mut stream = Stream::open(first, &json!({ "protocol": 1, "user": user }));
    let nonce = stream.until("ping")["nonce"].take();
    let subscribe = json!([{ "pong": { "nonce": nonce } },
        { "subscribe": { "op_id": 1, "queue": "/room/fallback" } }]);
    assert_eq!(stream.post(second, 1, &subscribe), 204);
    while stream.until("subscribed")["queue"] != "/room/fallback" {}
    // As if the answer had been lost: here and there it is known, and nothing is said twice.
    for port in [first, second] {
        assert_eq!(stream.post(port, 1, &subscribe), 204);
        assert_eq!(stream.post(port, 3, &json!([])), 409);
    }
    for (number, port, text) in [(2, second, "there"), (3, first, "here"), (4, second, "again")] {
        assert_eq!(stream.post(port, number, &said(number, text)), 204);
        assert_eq!(stream.until("result")["op_id"], number);
        let message = stream.until("message");
        assert_eq!((&message["payload"], &message["from"]), (&json!(text), &json!(user)));
    }
    // Neither a name nor a session alone is of use to anybody.
    let name = std::mem::replace(&mut stream.name, json!("0".repeat(32)));
    assert_eq!(stream.post(second, 5, &json!([])), 410);
    stream.name = name;
    let session = std::mem::replace(&mut stream.welcome["session_id"], json!("0".repeat(32)));
    assert_eq!(stream.post(second, 5, &json!([])), 410);
    stream.welcome["session_id"] = session;

    // The home dies. The client posts the same until somebody takes it, once.
    five.queue_nodes[0].kill();
    until("another home brings it", || stream.post(second, 5, &said(5, "on")) == 204);
    assert_eq!(stream.until("message")["payload"], "on");
    assert_eq!(stream.post(first, 5, &said(5, "on")), 204);

    // Its gateway dies: the session goes on at the other one, by another name.
    five.gateways[0].kill();
    while stream.event().is_some() {}
    assert!(matches!(stream.post(second, 6, &json!([])), 410 | 503));
    let resume = json!({ "session_id": stream.welcome["session_id"],
        "secret": stream.welcome["secret"] });
    let connect = json!({ "protocol": 1, "user": user, "resume": resume });
    let mut resumed = Stream::open(second, &connect);
    assert_eq!(resumed.welcome["resumed"], true);
    assert_eq!(stream.post(second, 6, &json!([])), 410);
    assert_eq!(resumed.post(second, 1, &json!({ "bye": {} })), 204);
    assert_eq!(resumed.until("closing")["code"], 3000);
    assert!(resumed.event().is_none());
}

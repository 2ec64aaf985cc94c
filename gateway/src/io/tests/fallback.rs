//! The fallback over HTTP at a gateway that has no table: streams, POSTs, and what is wrong with
//! them. With a cluster behind it is tried in `imq/tests/cluster/fallback.rs`.

use std::io::BufRead as _;
use std::io::BufReader;

use proto::limits;

use super::*;

/// A connection over HTTP, and what it has read and not used.
struct Http(BufReader<TcpStream>);

impl Http {
    fn to(address: SocketAddr) -> Http {
        Http(BufReader::new(TcpStream::connect(address).unwrap()))
    }

    fn write(&mut self, bytes: &[u8]) -> &mut Http {
        // A gateway that has refused the rest may have closed.
        self.0.get_mut().write_all(bytes).ok();
        self
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The head of an answer: the status and the lines behind it.
    fn head(&mut self) -> (u16, Vec<String>) {
        let status = self.line();
        let status = status.split(' ').nth(1).unwrap_or_else(|| panic!("{status:?}"));
        let mut lines = vec![self.line()];
        while lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(self.line());
        }
        (status.parse().unwrap(), lines)
    }

    /// The next event of a stream; nothing at its end.
    fn event(&mut self) -> Option<String> {
        let line = self.line();
        if line.is_empty() {
            return None;
        }
        assert_eq!(self.line(), "", "an event has one line");
        Some(line.strip_prefix("data: ").unwrap().to_owned())
    }

    /// What is said until the connection is closed.
    fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        rest
    }
}

fn request(line: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nHost: imq\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body.as_bytes()].concat()
}

fn events(body: &str) -> Vec<u8> {
    request("POST /imq/v1/events", "", body)
}

fn send(connection: &str, number: u64, frames: &str) -> Vec<u8> {
    let session = "952f7302b5728bf00123456789abcdef";
    let body = format!(
        r#"{{"connection":"{connection}","session":"{session}","number":{number},{}"#,
        format_args!(r#""frames":{frames}}}"#)
    );
    request("POST /imq/v1/send", "", &body)
}

/// A stream that nobody has logged in on, and its name.
fn stream(address: SocketAddr) -> (Http, String) {
    let mut stream = Http::to(address);
    assert_eq!(stream.write(&events("[]")).head().0, 200);
    let first = stream.event().unwrap();
    let name = first.strip_prefix(r#"{"connection":""#).unwrap().strip_suffix(r#""}"#).unwrap();
    assert_eq!(name.len(), 32);
    (stream, name.to_owned())
}

#[test]
fn a_stream_is_an_answer_that_ends_with_its_connection() {
    let running = gateway(100);
    let request = events(r#"{"connect":{"protocol":1,"user":"ann"}}"#);
    let mut names = Vec::new();
    for at_a_time in [1, 7, request.len()] {
        let mut stream = Http::to(running.http);
        stream.0.get_ref().set_nodelay(true).unwrap();
        for piece in request.chunks(at_a_time) {
            stream.write(piece);
        }
        let (status, lines) = stream.head();
        assert_eq!(status, 200, "{lines:?}");
        for line in [
            "Content-Type: text/event-stream",
            "Cache-Control: no-store, no-transform",
            "X-Accel-Buffering: no",
            "Connection: close",
        ] {
            assert!(lines.iter().any(|one| one == line), "{lines:?}");
        }
        names.push(stream.event().unwrap());
        assert!(stream.event().unwrap().starts_with(r#"{"closing":{"code":3004,"#));
        assert_eq!(stream.event(), None);
    }
    assert!(names[0] != names[1] && names[1] != names[2], "{names:?}");
    running.drain();
    let mut stream = Http::to(running.http);
    assert_eq!(stream.write(&request).head().0, 200);
    assert!(stream.event().unwrap().starts_with(r#"{"connection":"#));
    assert!(stream.event().unwrap().starts_with(r#"{"closing":{"code":3001,"#));
    running.stop();
}

#[test]
fn what_is_posted_comes_as_if_the_stream_had_brought_it() {
    let running = gateway(100);
    let (mut stream, name) = stream(running.http);
    let (status, _) = Http::to(running.http).write(&send(&name, 2, "[]")).head();
    assert_eq!(status, 409);
    let mut posts = Http::to(running.http);
    // Over one connection, a repeated one and a preflight among them, and two at once.
    let preflight = b"OPTIONS /imq/v1/send HTTP/1.1\r\nHost: imq\r\n\r\n";
    for request in [&send(&name, 1, "[]"), &send(&name, 1, "[]"), &preflight.to_vec()] {
        assert_eq!(posts.write(request).head().0, 204);
    }
    let two = [send(&name, 2, "[]"), send(&name, 3, r#"{"open":{}}"#)].concat();
    posts.write(&two);
    assert_eq!((posts.head().0, posts.head().0), (204, 204));
    let last = request("POST /imq/v1/send", "Connection: close\r\n", "");
    let last = String::from_utf8(last).unwrap().replace("POST", "OPTIONS");
    let mut once = Http::to(running.http);
    assert_eq!(once.write(last.as_bytes()).head().0, 204);
    assert_eq!(once.rest(), "");
    assert!(stream.event().unwrap().starts_with(r#"{"closing":{"code":3508,"#));
    assert_eq!(stream.event(), None);
    drop(stream);
    // No lane here has it now, and nobody can be asked.
    let (status, lines) = posts.write(&send(&name, 4, "[]")).head();
    assert_eq!(status, 503, "{lines:?}");
    assert!(lines.iter().any(|line| line == "Retry-After: 1"), "{lines:?}");
    assert!(posts.rest().contains("send the same again"));
    running.stop();
}

#[test]
fn what_is_wrong_is_said_however_it_comes() {
    let running = gateway(100);
    let origin = "Origin: https://evil.example\r\n";
    let large = "x".repeat(limits::POST_BYTES_MAX + 1);
    let chunked = b"POST /imq/v1/send HTTP/1.1\r\nHost: imq\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cases = [
        (events("{"), 400, "body: "),
        (events(&large[..20_000]), 413, "longer than 16384 bytes"),
        (request("POST /imq/v1/send", "", "{}"), 400, "missing field `connection`"),
        (send("short", 1, "[]"), 400, "connection: it has 32"),
        (send(&"0".repeat(32), 1, "[{}]"), 400, "frames: "),
        (request("POST /imq/v1/send", "", &large), 413, "longer than 263168 bytes"),
        (request("POST /imq/v1/send", origin, "{}"), 403, "evil.example"),
        (request("POST /imq/v1/events", origin, "{}"), 403, "evil.example"),
        (request("GET /imq/v1/events", "", ""), 405, "with POST"),
        (chunked.to_vec(), 411, "Content-Length"),
    ];
    for (bytes, status, says) in cases {
        for at_a_time in [1_000, bytes.len()] {
            let mut http = Http::to(running.http);
            for piece in bytes.chunks(at_a_time) {
                http.write(piece);
            }
            let (came, lines) = http.head();
            assert_eq!(came, status, "{lines:?}");
            let rest = http.rest();
            assert!(rest.contains(says), "{rest}");
        }
    }
    running.stop();
}

/// Whoever sends half a body holds up only others who do so.
#[test]
fn bodies_that_are_half_here_are_bounded() {
    let running = gateway(100);
    let largest = limits::POST_BYTES_MAX;
    let half =
        format!("POST /imq/v1/send HTTP/1.1\r\nHost: imq\r\nContent-Length: {largest}\r\n\r\n{{");
    let (stream, name) = stream(running.http);
    let mut halves = Vec::new();
    let refused = loop {
        let mut http = Http::to(running.http);
        http.write(half.as_bytes());
        // The gateway has read it when it has answered who came behind it.
        Http::to(running.http).write(b"OPTIONS /imq/v1/send HTTP/1.1\r\nHost: imq\r\n\r\n").head();
        http.0.get_ref().set_nonblocking(true).unwrap();
        let mut byte = [0];
        let answered = http.0.get_ref().peek(&mut byte).is_ok();
        http.0.get_ref().set_nonblocking(false).unwrap();
        if answered {
            break http;
        }
        halves.push(http);
        assert!(halves.len() < 20, "all of them are kept");
    };
    assert_eq!(halves.len(), limits::POSTS_READ_BYTES_MAX / largest);
    assert!(refused.rest().starts_with("HTTP/1.1 503 "));
    // What comes whole is taken all the same.
    assert_eq!(Http::to(running.http).write(&send(&name, 1, "[]")).head().0, 204);
    drop(halves.pop());
    // Whether the gateway has seen it go already is to be tried out.
    let begun = loop {
        let mut http = Http::to(running.http);
        http.write(half.as_bytes());
        Http::to(running.http).write(b"OPTIONS /imq/v1/send HTTP/1.1\r\nHost: imq\r\n\r\n").head();
        http.0.get_ref().set_nonblocking(true).unwrap();
        let waits = http.0.get_ref().peek(&mut [0]).is_err();
        http.0.get_ref().set_nonblocking(false).unwrap();
        if waits {
            break http;
        }
    };
    drop((stream, halves, begun));
    running.stop();
}

#[test]
fn who_sends_heads_and_bodies_slowly_is_closed() {
    let running = gateway(100);
    let begun = [
        "POST /imq/v1/ev",
        "POST /imq/v1/events HTTP/1.1\r\nHost: imq\r\nContent-Length: 9\r\n\r\n{",
        "POST /imq/v1/send HTTP/1.1\r\nHost: imq\r\nContent-Length: 9\r\n\r\n{",
    ];
    let waiting: Vec<Http> = begun
        .iter()
        .map(|bytes| {
            let mut http = Http::to(running.http);
            http.write(bytes.as_bytes());
            http
        })
        .collect();
    // One that was answered, and then begins a request.
    let mut kept = Http::to(running.http);
    let preflight = b"OPTIONS /imq/v1/send HTTP/1.1\r\nHost: imq\r\n\r\n";
    assert_eq!(kept.write(preflight).head().0, 204);
    kept.write(b"POST ");
    for http in waiting.into_iter().chain([kept]) {
        assert_eq!(http.rest(), "");
    }
    running.stop();
}

#[test]
fn a_stream_counts_for_the_address_that_a_proxy_names() {
    let proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let addresses = crate::machine::AddressLimits {
        connections_max: std::num::NonZeroU32::new(1),
        attempts_per_s: None,
    };
    let running = run(Settings { proxies, addresses, ..settings(100) }).unwrap();
    let ann = b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 7400\r\n".as_slice();
    let ben = b"PROXY TCP4 192.0.2.2 198.51.100.1 1000 7400\r\n".as_slice();
    let mut stream = Http::to(running.http);
    assert_eq!(stream.write(&[ann, &events("[]")].concat()).head().0, 200);
    assert!(stream.event().is_some());
    let preflight = b"OPTIONS /imq/v1/send HTTP/1.1\r\nHost: imq\r\n\r\n";
    assert_eq!(Http::to(running.http).write(&[ann, preflight].concat()).head().0, 429);
    assert_eq!(Http::to(running.http).write(&[ben, preflight].concat()).head().0, 204);
    running.stop();
}

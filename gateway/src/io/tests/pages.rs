//! Pages at the clients' port: whole, also for who reads slowly.

use std::net::Shutdown;

use super::*;
use crate::io::Page;

/// Some 300 KB, all over the bytes.
static BODY: [u8; 300_000] = {
    let mut body = [0; 300_000];
    let mut at = 0;
    while at < body.len() {
        body[at] = (at % 251) as u8;
        at += 1;
    }
    body
};

static PAGES: [Page; 2] = [
    Page { path: "/", content_type: "text/html", policy: "default-src 'self'", body: b"<p>hi" },
    Page { path: "/large.js", content_type: "text/javascript", policy: "", body: &BODY },
];

fn asked(address: SocketAddr, line: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{line} HTTP/1.1\r\nHost: imq\r\n\r\n").as_bytes()).unwrap();
    stream
}

#[test]
fn pages_are_handed_out_whole() {
    let running = run(Settings { pages: &PAGES, ..settings(100) }).unwrap();
    let (line, body) = http(running.http, "GET /?x=1 HTTP/1.1\r\nHost: imq\r\n\r\n");
    assert_eq!((line.as_str(), body.as_str()), ("HTTP/1.1 200 OK", "<p>hi"));
    let (line, body) = http(running.http, "HEAD / HTTP/1.1\r\nHost: imq\r\n\r\n");
    assert_eq!((line.as_str(), body.as_str()), ("HTTP/1.1 200 OK", ""));
    let (line, _) = http(running.http, "GET /other HTTP/1.1\r\nHost: imq\r\n\r\n");
    assert_eq!(line, "HTTP/1.1 404 Not Found");
    // One reads when the socket takes no more, one sends nothing more, one is gone.
    drop(asked(running.http, "GET /large.js"));
    let slow = asked(running.http, "GET /large.js");
    let ended = asked(running.http, "GET /large.js");
    ended.shutdown(Shutdown::Write).unwrap();
    while !http(running.http, "GET / HTTP/1.1\r\nHost: imq\r\n\r\n").0.ends_with("OK") {}
    for mut stream in [slow, ended] {
        let (mut bytes, mut piece) = (Vec::new(), [0; 999]);
        while let length @ 1.. = stream.read(&mut piece).unwrap() {
            bytes.extend_from_slice(&piece[..length]);
        }
        let head = bytes.len() - BODY.len();
        assert!(bytes[..head].ends_with(
            b"Content-Length: 300000\r\n\
            X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n\
            Connection: close\r\n\r\n"
        ));
        assert!(bytes[head..] == BODY);
    }
    running.stop();
}

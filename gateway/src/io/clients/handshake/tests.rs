//! Tests of the way from HTTP to a WebSocket.

use super::*;

fn origins() -> Origins {
    Origins::new(vec!["https://game.example".parse().unwrap()])
}

const PAGES: [Page; 1] = [Page {
    path: "/try",
    content_type: "text/html; charset=utf-8",
    policy: "default-src 'self'",
    body: b"<p>hello",
}];

fn request(line: &str, headers: &[(&str, &str)]) -> String {
    let headers: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
    format!("{line} HTTP/1.1\r\nHost: imq\r\n{headers}\r\n")
}

const GOOD: [(&str, &str); 5] = [
    ("Upgrade", "websocket"),
    ("Connection", "keep-alive, Upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Protocol", "chat, imq.json.v1"),
];

fn check(text: &str, status: &str) {
    check_bytes(text.as_bytes(), status);
}

/// What comes of a request, however it falls into pieces, and that a refusal says something.
fn check_bytes(bytes: &[u8], status: &str) {
    for size in [1, 7, 1_000, 64 * 1024] {
        let (mut request, mut outcome) = (Vec::new(), Outcome::More);
        for piece in bytes.chunks(size) {
            let before = request.len();
            request.extend_from_slice(piece);
            if is_due(&request, before) {
                outcome = read(&request, &origins(), &PAGES);
            }
            if outcome != Outcome::More {
                break;
            }
        }
        let response = match &outcome {
            Outcome::More => "HTTP/1.1 more".to_owned(),
            Outcome::Open { response, .. } => response.clone(),
            Outcome::Page { head, .. } => head.clone(),
            Outcome::Post { .. } => "HTTP/1.1 100".to_owned(),
            Outcome::Answer { response, .. } => response.clone(),
            Outcome::Refuse(refusal) => {
                assert!(refusal.reason.len() > 10, "{refusal:?}");
                refusal.response()
            }
        };
        assert_eq!(&response[9..].split(' ').next(), &Some(status), "by {size}: {outcome:?}");
    }
}

fn with(more: &[(&str, &str)]) -> String {
    request("GET /imq/v1/ws", &[&GOOD[..], more].concat())
}

fn without(name: &str) -> String {
    let rest: Vec<_> = GOOD.into_iter().filter(|one| one.0 != name).collect();
    request("GET /imq/v1/ws", &rest)
}

/// A good request whose head has so many bytes.
fn of_bytes(bytes: usize) -> Vec<u8> {
    let fill = bytes - with(&[("A", "")]).len();
    with(&[("A", &"a".repeat(fill))]).into_bytes()
}

#[test]
fn opens_what_is_a_websocket_of_ours() {
    let text = request("GET /imq/v1/ws?x=1", &GOOD);
    let none = Origins::default();
    let Outcome::Open { response, encoding, used } = read(text.as_bytes(), &none, &[]) else {
        panic!("not opened");
    };
    assert!(response.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert!(response.contains("Sec-WebSocket-Protocol: imq.json.v1\r\n"));
    assert_eq!((encoding, used), (Encoding::Json, text.len()));
}

#[test]
fn an_offer_to_compress_is_declined() {
    let offer = "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame";
    let text = with(&[("Sec-WebSocket-Extensions", offer)]);
    let outcome = read(text.as_bytes(), &Origins::default(), &[]);
    let Outcome::Open { response, .. } = outcome else { panic!("not opened") };
    assert!(!response.to_ascii_lowercase().contains("extensions"), "{response}");
}

#[test]
fn a_request_is_read_at_its_beginning_and_at_its_end() {
    for text in [request("GET /imq/v1/ws", &GOOD), request("GET /", &GOOD).replace('\r', "")] {
        for size in [1, 2, 3, 5] {
            let pieces = (0..text.len()).step_by(size);
            let due: Vec<usize> = pieces
                .map(|before| (before, &text.as_bytes()[..text.len().min(before + size)]))
                .filter(|(before, bytes)| is_due(bytes, *before))
                .map(|(_, bytes)| bytes.len())
                .collect();
            assert_eq!(due, [size, text.len()], "in pieces of {size}");
        }
    }
    let long = "a".repeat(limits::UPGRADE_BYTES_MAX);
    assert!(is_due(long.as_bytes(), limits::UPGRADE_BYTES_MAX - 1));
}

#[test]
fn says_what_is_wrong_with_anything_else() {
    check("GET / HT", "more");
    check("\u{1}\u{2}\r\n\r\n", "400");
    check(&request("GET /", &GOOD), "404");
    check(&request("POST /imq/v1/ws", &GOOD), "405");
    check(&without("Upgrade"), "426");
    check(&without("Connection"), "426");
    check(&request("GET /imq/v1/ws", &[GOOD[0], GOOD[1], ("Sec-WebSocket-Version", "8")]), "426");
    check(&without("Sec-WebSocket-Key"), "400");
    check(&without("Sec-WebSocket-Protocol"), "400");
    check(&with(&[("Origin", "https://evil.example")]), "403");
    check(&with(&[("Origin", "https://game.example")]), "101");
    check(&with(&[("Content-Length", "0")]), "101");
    check(&with(&[("Content-Length", "5")]), "400");
    check(&with(&[("Transfer-Encoding", "chunked")]), "400");
}

#[test]
fn lines_of_one_name_are_one_list() {
    let headers = [
        ("Connection", "keep-alive"),
        ("upgrade", "h2c"),
        ("Sec-WebSocket-Protocol", "chat"),
        ("Sec-WebSocket-Version", "13"),
        ("connection", "x,UPGRADE , y"),
        ("Upgrade", "WebSocket"),
        ("sec-websocket-protocol", "imq.json.v1"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    check(&request("GET /imq/v1/ws", &headers), "101");
    // An element that is no text spoils only itself.
    let text = with(&[("Connection", "?, Upgrade")]).replace("keep-alive, Upgrade", "keep-alive");
    let at = text.find('?').unwrap();
    let mut bytes = text.into_bytes();
    bytes[at] = 0xff;
    check_bytes(&bytes, "101");
}

#[test]
fn what_may_stand_once_does() {
    for (name, value) in [
        ("Host", "imq"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    ] {
        check(&with(&[(name, value)]), "400");
    }
    let twice = [("Origin", "https://game.example"), ("ORIGIN", "https://game.example")];
    check(&with(&twice[..1]), "101");
    check(&with(&twice), "400");
    let text = with(&[("Origin", "https://game.example?")]);
    let at = text.find('?').unwrap();
    let mut bytes = text.into_bytes();
    bytes[at] = 0xff;
    check_bytes(&bytes, "400");
    for key in ["", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZS4=", "????????????????????????"] {
        let text = with(&[]).replace("dGhlIHNhbXBsZSBub25jZQ==", key);
        check(&text, "400");
    }
}

#[test]
fn targets_are_paths_or_whole_addresses() {
    for target in [
        "/imq/v1/ws/",
        "/imq/v1/ws/?a=b/c",
        "http://imq.example:7480/imq/v1/ws",
        "WSS://imq.example/imq/v1/ws/?x",
    ] {
        check(&request(&format!("GET {target}"), &GOOD), "101");
    }
    for target in
        ["/imq/v1/ws//", "//imq/v1/ws", "/imq/v1", "http://imq/", "ftp://a/imq/v1/ws", "*"]
    {
        check(&request(&format!("GET {target}"), &GOOD), "404");
    }
}

#[test]
fn only_whole_http_1_1_is_spoken() {
    let good = with(&[]);
    check(&good.replace("HTTP/1.1", "HTTP/1.0"), "400");
    check(&good.replace("Host: imq\r\n", ""), "400");
    check(&good.replace("HTTP/1.1", "HTTP/2.0"), "400");
    check("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400");
}

#[test]
fn a_head_has_one_limit_however_it_comes() {
    let max = limits::UPGRADE_BYTES_MAX;
    check_bytes(&of_bytes(max), "101");
    check_bytes(&of_bytes(max + 1), "431");
    check_bytes(&of_bytes(12 * 1024), "431");
    // What follows isn't the head.
    let mut followed = of_bytes(max);
    followed.extend_from_slice(&[0x81; 20_000]);
    check_bytes(&followed, "101");
    check(&format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(max)), "431");
    let lines = |count: usize| vec![("A", "b"); count - 1 - GOOD.len()];
    check(&with(&lines(limits::UPGRADE_LINES_MAX)), "101");
    check(&with(&lines(limits::UPGRADE_LINES_MAX + 1)), "431");
    check(&with(&lines(150)), "431");
}

#[test]
fn pages_are_read_with_get_and_head() {
    for target in ["GET /try", "HEAD /try", "GET /try?a=/try/", "GET http://imq:7480/try?"] {
        check(&request(target, &[]), "200");
    }
    check(&request("POST /try", &[]), "405");
    check(&request("GET /try", &[("Content-Length", "5")]), "400");
    check(&request("GET /try", &[]).replace("Host: imq\r\n", ""), "400");
    for target in ["GET /try/", "GET /", "GET /trying", "GET //try"] {
        check(&request(target, &[]), "404");
    }
    let text = request("HEAD /try", &[]);
    let Outcome::Page { head, body } = read(text.as_bytes(), &origins(), &PAGES) else {
        panic!("no page");
    };
    assert_eq!(body, b"");
    let lines = [
        "Content-Type: text/html; charset=utf-8",
        "Content-Length: 8",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-cache",
        "Content-Security-Policy: default-src 'self'",
        "Connection: close",
    ];
    assert!(lines.iter().all(|line| head.contains(&format!("\r\n{line}\r\n"))), "{head}");
}

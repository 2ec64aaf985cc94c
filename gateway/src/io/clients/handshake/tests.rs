//! Tests of the way from HTTP to a WebSocket.

use super::*;

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
    let origins = Origins { any: false, listed: vec!["https://game.example".to_owned()] };
    let outcome = read(text.as_bytes(), &origins);
    let given = match &outcome {
        Outcome::More => "more",
        Outcome::Open { response, .. } | Outcome::Refuse { response } => &response[9..12],
    };
    assert_eq!(given, status, "{outcome:?}");
}

#[test]
fn opens_what_is_a_websocket_of_ours() {
    let text = request("GET /imq/v1/ws?x=1", &GOOD);
    let origins = Origins { any: false, listed: Vec::new() };
    let Outcome::Open { response, codec, used } = read(text.as_bytes(), &origins) else {
        panic!("not opened");
    };
    assert!(response.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert!(response.contains("Sec-WebSocket-Protocol: imq.json.v1\r\n"));
    assert_eq!((codec, used), (Codec::JsonWs, text.len()));
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
    check(&request("GET /imq/v1/ws", &GOOD[1..]), "426");
    check(&request("GET /imq/v1/ws", &[GOOD[0], GOOD[1], ("Sec-WebSocket-Version", "8")]), "426");
    check(&request("GET /imq/v1/ws", &GOOD[..3]), "400");
    check(&request("GET /imq/v1/ws", &GOOD[..4]), "400");
    let mut foreign = GOOD.to_vec();
    foreign.push(("Origin", "https://evil.example"));
    check(&request("GET /imq/v1/ws", &foreign), "403");
    foreign[5].1 = "https://game.example";
    check(&request("GET /imq/v1/ws", &foreign), "101");
    check(&format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(limits::UPGRADE_BYTES_MAX)), "431");
}

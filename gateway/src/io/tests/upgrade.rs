//! Requests for WebSockets that are refused: whoever asks hears why, however he sends.

use super::*;

/// Sends these bytes, so many at a time, and reads the whole answer: its first line and its body.
fn answered(address: SocketAddr, bytes: &[u8], at_a_time: usize) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in bytes.chunks(at_a_time) {
        stream.write_all(piece).unwrap();
    }
    let text = String::from_utf8(read_all(stream)).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn refusals_reach_whoever_still_sends() {
    let running = gateway(100);
    let good = String::from_utf8(UPGRADE.to_vec()).unwrap();
    let with = |line: &str| good.replacen("\r\n", &format!("\r\n{line}\r\n"), 1);
    let origin = "Origin: http://localhost:3000";
    let cases = [
        (with(&format!("A: {}", "a".repeat(100_000))), "431", "longer than 8192 bytes"),
        (with(&["A: b"; 150].join("\r\n")), "431", "more than 64 header lines"),
        (with("Host: twice"), "400", "Host appears more than once"),
        (with(&[origin; 2].join("\r\n")), "400", "Origin appears more than once"),
        (good.replace("HTTP/1.1", "HTTP/1.0"), "400", "this is HTTP/1.0"),
        (good.replace("Host: imq\r\n", ""), "400", "Host is missing"),
        (with(origin), "403", "add \"http://localhost:3000\" to the gateway's origins"),
        (with("Origin: null"), "403", "serve it over HTTP"),
    ];
    for (request, status, reason) in &cases {
        for at_a_time in [1, 5_000, request.len()] {
            let (line, body) = answered(running.http, request.as_bytes(), at_a_time);
            assert_eq!(line.split(' ').nth(1), Some(*status), "{line}: {body}");
            assert!(body.contains(reason), "{line}: {body}");
        }
    }
    running.stop();
}

#[test]
fn who_is_turned_away_reads_why_although_it_has_sent_something() {
    let running = gateway(1);
    let _first = TcpStream::connect(running.tcp).unwrap();
    assert_eq!(closed_with(&running, b""), 3004);
    // Some of it is still to come when it is refused.
    let request = [UPGRADE, &[0; 300_000]].concat();
    for _ in 0..20 {
        let (line, body) = answered(running.http, &request, request.len());
        assert_eq!(line, "HTTP/1.1 503 Service Unavailable");
        assert!(body.contains("try another, or later"), "{body}");
    }
    running.stop();
}

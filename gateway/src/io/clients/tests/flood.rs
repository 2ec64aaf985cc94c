//! Clients that send what nobody needs, and read nothing.

use super::*;

/// A client's sign of life.
const PONG: &str = r#"{"pong":{"nonce":1}}"#;
/// A fragment with nothing in it.
const CONTINUED: [u8; 6] = [0x00, 0x80, 0, 0, 0, 0];

#[test]
fn pings_that_nobody_reads_the_answers_of_are_not_kept() {
    let mut rig = Rig::new();
    let mut socket = rig.session();
    let burst = [ping(&[7; 125]).repeat(400), text(PONG)].concat();
    let mut unsent = 0;
    for _ in 0..100_000_000 / burst.len() {
        // As fast as it may.
        rig.now = rig.now.after(1_000);
        unsent = unsent.max(rig.send(&mut socket, &burst));
    }
    rig.send(&mut socket, &ping(b"the last"));
    assert!(unsent > limits::PONG_UNSENT_BYTES_MAX, "its socket takes all");
    assert!(unsent < 2 * limits::PONG_UNSENT_BYTES_MAX, "{unsent} bytes are kept");
    assert!(!rig.is_gone());
    // Once it reads it gets the pong to the newest, and to the next ones at once.
    rig.said(&mut socket, "the last pong", |said| said.ends_with(b"\x8a\x08the last"));
    assert_eq!(rig.unsent(), 0);
    rig.send(&mut socket, &ping(b"again"));
    rig.said(&mut socket, "another", |said| said == b"\x8a\x05again");
}

/// Sends these bytes over and over, at one moment; with how many the client is closed for it.
fn closed_after(rig: &mut Rig, socket: &mut TcpStream, bytes: &[u8]) -> usize {
    let is_over = |rig: &Rig| {
        let deaf = |(_, client): (usize, &Client)| matches!(client.reader, Reader::Deaf);
        rig.clients.sockets.iter().all(deaf)
    };
    let mut sent = 0;
    while !is_over(rig) {
        rig.send(socket, bytes);
        sent += bytes.len();
        assert!(sent < 100_000_000, "nobody minds");
    }
    let said = rig.said(socket, "a reason", |said| contains(said, b"closing"));
    assert!(contains(&said, br#""code":3009"#), "{}", String::from_utf8_lossy(&said));
    sent
}

#[test]
fn whatever_comes_counts() {
    let spaces = text(&format!(r#"{{"pong":{{}}}}{}"#, " ".repeat(200_000)));
    let unknown = text(&format!(r#"{{"pong":{{"a":"{}"}}}}"#, "b".repeat(200_000)));
    for bytes in [&spaces, &unknown] {
        let mut rig = Rig::new();
        let mut socket = rig.session();
        let sent = closed_after(&mut rig, &mut socket, bytes);
        // Some of it is still on its way.
        assert!((8_000_000..24_000_000).contains(&sent), "{sent} bytes");
    }
    for bytes in [ping(b""), frame(0x8a, b""), text("[]"), CONTINUED.to_vec()] {
        let mut rig = Rig::new();
        let mut socket = rig.session();
        if bytes == CONTINUED {
            rig.send(&mut socket, &frame(0x01, b""));
        }
        let frames = closed_after(&mut rig, &mut socket, &bytes.repeat(100)) / bytes.len();
        assert!((9_900..20_000).contains(&frames), "{frames} frames");
    }
}

#[test]
fn who_is_not_logged_in_has_nothing_to_say_but_that() {
    for bytes in [ping(&[7; 125]), frame(0x8a, b""), CONTINUED.to_vec()] {
        let mut rig = Rig::new();
        let mut socket = rig.websocket();
        if bytes == CONTINUED {
            rig.send(&mut socket, &frame(0x01, b""));
        }
        let sent = closed_after(&mut rig, &mut socket, &bytes);
        assert!(sent <= 64 * bytes.len(), "{sent} bytes");
        assert!(rig.unsent() < 2 * limits::PONG_UNSENT_BYTES_MAX);
    }
}

#[test]
fn who_goes_on_sending_when_it_is_over_is_cut_off() {
    let mut rig = Rig::new();
    let mut socket = rig.websocket();
    rig.send(&mut socket, &text(r#"{"bye":{}}"#));
    rig.send(&mut socket, &[0; limits::DISCARDED_BYTES_MAX as usize]);
    assert!(!rig.is_gone(), "so much may have been on its way");
    rig.send(&mut socket, &[0; limits::DISCARDED_BYTES_MAX as usize]);
    rig.until("its end", Rig::is_gone);
}

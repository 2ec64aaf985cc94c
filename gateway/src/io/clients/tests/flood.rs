//! Clients that send what nobody needs, and read nothing.

use super::*;

/// A client's sign of life.
const PONG: &str = r#"{"pong":{"nonce":1}}"#;

#[test]
fn pings_that_nobody_reads_the_answers_of_are_not_kept() {
    let mut rig = Rig::new();
    let mut socket = rig.session();
    let burst = [ping(&[7; 125]).repeat(400), text(PONG)].concat();
    let mut owed = 0;
    for _ in 0..100_000_000 / burst.len() {
        // As fast as it may.
        rig.now = rig.now.after(1_000);
        owed = owed.max(rig.send(&mut socket, &burst));
    }
    rig.send(&mut socket, &ping(b"the last"));
    assert!(owed > PONG_OWED_BYTES_MAX, "its socket takes all");
    assert!(owed < 2 * PONG_OWED_BYTES_MAX, "{owed} bytes are kept");
    assert!(!rig.is_gone());
    // Once it reads it gets the pong to the newest, and to the next ones at once.
    rig.said(&mut socket, "the last pong", |said| said.ends_with(b"\x8a\x08the last"));
    assert_eq!(rig.owed(), 0);
    rig.send(&mut socket, &ping(b"again"));
    rig.said(&mut socket, "another", |said| said == b"\x8a\x05again");
}

#[test]
fn pings_of_who_is_not_logged_in_are_not_kept() {
    let mut rig = Rig::new();
    let mut socket = rig.websocket();
    let burst = ping(&[7; 125]).repeat(100_000_000 / 131);
    let owed = rig.send(&mut socket, &burst);
    assert!(owed < 2 * PONG_OWED_BYTES_MAX, "{owed} bytes are kept");
}

//! The client crashed: nobody is told of it, and a socket ends without a word.

use link::io::clock::micros;
use proto::limits::GRACE_MS;

use crate::http::until;
use crate::process::Imq;
use crate::reconnect::hear_of;
use crate::roles::Five;
use crate::talker::Talker;

/// How much later than its grace a session may be seen to leave, on a busy machine.
const LATE_MS: u64 = 5000;

/// Fails unless a `left` that came now, after a loss at that time, came with the end of grace.
pub(crate) fn is_after_grace(lost_us: u64) {
    let took_ms = (micros() - lost_us) / 1000;
    assert!((GRACE_MS..GRACE_MS + LATE_MS).contains(&took_ms), "left after {took_ms} ms");
}

pub(crate) fn crashed(five: &Five) {
    let queue = "/room/crashed";
    let mut ann = Talker::login(&five.gateway(1), "crashed-ann");
    ann.subscribe(queue);
    let words = ["sub", queue, "--gateway", &five.gateway(0), "--user", "crashed-ben"];
    let mut ben = Imq::start(&words);
    ben.line("subscribed");
    hear_of(&mut ann, "joined", "crashed-ben");
    let before = five.sessions("crashed-ben")[0]["session_id"].clone();

    let lost_us = micros();
    ben.kill();
    until("the session is detached", || {
        five.sessions("crashed-ben").iter().all(|session| session["detached"] == true)
    });
    assert_eq!(five.members(queue), serde_json::json!(["crashed-ann", "crashed-ben"]));
    ann.send(queue, "is he there?");
    ann.hear("message");
    ann.is_quiet();
    hear_of(&mut ann, "left", "crashed-ben");
    is_after_grace(lost_us);
    assert!(five.sessions("crashed-ben").is_empty());

    let mut again = Talker::login(&five.gateway(0), "crashed-ben");
    assert_ne!(again.welcome["session_id"], before);
    ann.is_quiet();
    again.subscribe(queue);
    hear_of(&mut ann, "joined", "crashed-ben");
}

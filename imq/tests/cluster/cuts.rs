//! Links that are cut in one direction without a word: who hears nothing notices, and all goes on
//! once the direction is whole again.

use std::ops::Range;

use link::io::clock::micros;
use proto::limits::{BEAT_MS, DEAD_MS};

use crate::http::until;
use crate::links::Cluster;
use crate::process::{Imq, imq_ok};
use crate::proxy::{Rule, Way};

/// How much later a silence may be noticed on a busy machine.
const LATE_MS: u64 = 2000;
/// The processes of the cluster that take part.
const GATEWAY: usize = 1;
const QUEUE_NODE: usize = 3;

/// When silence is noticed after its beginning: what was heard last may have come a beat before.
const NOTICED_MS: Range<u64> = DEAD_MS - 2 * BEAT_MS..DEAD_MS + LATE_MS;

/// The first queue node loses one direction of all links to it. Whoever hears nothing any more then
/// is the process with this number, and says so.
fn check(way: Way, deaf: usize) {
    let mut cluster = Cluster::start_logged();
    let queue = cluster.queue_at("q1", "/room/");
    // Who sends is at home where nothing is lost, so that the room alone is waited for.
    let user = cluster.queue_at("q2", "/user/ben");
    let user = user.trim_start_matches("/user/");
    let door = cluster.door();
    let mut sub = Imq::start(&["sub", &queue, "--gateway", &door, "--user", "ann"]);
    sub.line("subscribed");
    let send = |word| ["pub", &queue, "chat", word, "--gateway", &door, "--user", user];
    let heard = |word: &str| format!("chat {user}: {word}");
    imq_ok(&send("before"));
    sub.line(&heard("before"));

    let cut_us = micros();
    cluster.proxy.rule(0, way, Rule::HELD);
    let silent = format!("the peer has been silent for {DEAD_MS} ms");
    let mut took_ms = 0;
    // A line that comes sooner is of before.
    while took_ms < NOTICED_MS.start {
        cluster.processes[deaf].next_line(&silent);
        took_ms = (micros() - cut_us) / 1000;
    }
    assert!(took_ms < NOTICED_MS.end, "noticed after {took_ms} ms");

    let operations = || cluster.counted("imq_gateway_operations_total ");
    let before = operations();
    let mut publisher = Imq::start(&send("meanwhile"));
    until("a gateway has heard of it", || operations() > before);
    assert!(publisher.is_running(), "nobody can have answered");
    cluster.proxy.rule(0, way, Rule::default());
    sub.line(&heard("meanwhile"));
    assert_eq!(publisher.end(), Some(0));
    imq_ok(&send("after"));
    sub.line(&heard("after"));
    let said = |word: &str| sub.seen().iter().filter(|line| line.contains(word)).count();
    assert_eq!((said("meanwhile"), said("unsubscribed"), said("missed")), (1, 0, 0));
}

#[test]
fn a_gateway_that_hears_nothing_of_a_queue_node_notices_and_comes_back() {
    check(Way::Back, GATEWAY);
}

#[test]
fn a_queue_node_that_hears_nothing_notices_and_is_found_again() {
    check(Way::There, QUEUE_NODE);
}

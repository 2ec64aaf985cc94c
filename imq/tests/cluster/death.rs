//! Processes that die while people are in their rooms.

use crate::http::{json, until};
use crate::process::{Imq, imq_ok};
use crate::roles::Five;

#[test]
fn a_gateway_dies_and_its_people_come_back_through_another() {
    let mut five = Five::start();
    let queue = five.queue_at(0);

    let doors = format!("{},{}", five.gateway(0), five.gateway(1));
    let mut sub =
        Imq::start(&["sub", &queue, "--gateway", &doors, "--user", "ann", "--history", "9"]);
    sub.line("subscribed");
    imq_ok(&["pub", &queue, "chat", "one", "--gateway", &five.gateway(1), "--user", "ben"]);
    sub.line("chat ben: one");
    five.gateways[0].kill();
    imq_ok(&["pub", &queue, "chat", "two", "--gateway", &five.gateway(1), "--user", "ben"]);
    sub.line("chat ben: two");
}

#[test]
fn a_queue_node_dies_and_the_other_goes_on_with_its_copies() {
    let mut five = Five::start();
    until("each bucket has a copy in sync", || {
        let table = json(five.base + 100, "/api/v1/table");
        let rows = table["rows"].as_array().expect("rows");
        rows.iter().all(|row| row["in_sync"].as_array().is_some_and(|set| set.len() == 2))
    });
    let (queue, door) = (five.queue_at(0), five.gateway(0));
    let mut sub = Imq::start(&["sub", &queue, "--gateway", &door, "--user", "ann"]);
    sub.line("subscribed");
    imq_ok(&["pub", &queue, "chat", "one", "--gateway", &door, "--user", "cid"]);
    sub.line("chat cid: one");
    five.queue_nodes[0].kill();
    imq_ok(&["pub", &queue, "chat", "two", "--gateway", &door, "--user", "cid"]);
    sub.line("chat cid: two");
    // Nobody was told of a loss, and nothing came again.
    assert!(!sub.seen().iter().any(|line| line.contains("unsubscribed")), "{:?}", sub.seen());
    let once = sub.seen().iter().filter(|line| line.contains("chat cid: one")).count();
    assert_eq!(once, 1, "{:?}", sub.seen());
    let all = ["sub", &queue, "--gateway", &door, "--user", "dan", "--history", "9"];
    let mut late = Imq::start(&all);
    late.line("chat cid: one");
    late.line("chat cid: two");
}

#[test]
fn a_queue_node_dies_with_the_only_copy_and_its_rooms_are_announced_as_lost() {
    let mut five = Five::of_one_copy();
    let (lost, kept) = (five.queue_at(0), five.queue_at(1));
    let door = five.gateway(0);
    let mut in_lost = Imq::start(&["sub", &lost, "--gateway", &door, "--user", "ann"]);
    let mut in_kept = Imq::start(&["sub", &kept, "--gateway", &door, "--user", "ben"]);
    in_lost.line("subscribed");
    in_kept.line("subscribed");
    five.queue_nodes[0].kill();
    in_lost.line("unsubscribed");
    imq_ok(&["pub", &kept, "chat", "still here", "--gateway", &door, "--user", "cid"]);
    in_kept.line("chat cid: still here");
    in_lost.next_line("subscribed");
    imq_ok(&["pub", &lost, "chat", "anew", "--gateway", &door, "--user", "cid"]);
    in_lost.line("chat cid: anew");
    five.restart_queue_node(0);
    imq_ok(&["pub", &lost, "chat", "with both", "--gateway", &door, "--user", "cid"]);
    in_lost.line("chat cid: with both");
}

//! One copy is left, and the configuration wants that it holds: that is seen.

use super::copies::{CONFIG, Copies};
use crate::http::{metric, until};
use crate::process::imq_ok;

/// Of the boss.
const HOLDING: &str = "imq_boss_holding_buckets ";

#[test]
fn buckets_that_hold_are_seen_and_go_on_with_another_copy() {
    let mut copies = Copies::configured(&format!("alone = \"hold\"\n{CONFIG}"));
    let (queue, boss) = ("/room/held", format!("http://127.0.0.1:{}", copies.base + 100));
    let ctl = |verb: &str| imq_ok(&["ctl", verb, "--boss", &boss]);
    let holding = |copies: &Copies| metric(copies.base + 100, HOLDING);
    copies.create(queue);
    assert!(copies.write(0, queue, 1));
    until("none holds", || holding(&copies) == 0.0);
    assert!(!ctl("table").contains("holds"));
    // Behind the first the others fill copies for each other.
    for (at, left) in [(0, 2), (1, 1)] {
        copies.queue_nodes[at].kill();
        if left > 1 {
            copies.whole(left..=left);
        }
    }
    let all = copies.rows().len();
    until("all hold", || holding(&copies) == all as f64);
    assert_eq!(ctl("table").matches("holds").count(), all);
    assert!(ctl("nodes").contains("writes and logins are refused"), "{}", ctl("nodes"));
    until("it is read", || copies.read(1, queue) == Some(1));
    assert!(!copies.write(0, queue, 2), "nobody else has it");
    assert_eq!(copies.read(0, queue), Some(1));

    copies.restart_queue_node(1);
    until("none holds", || holding(&copies) == 0.0);
    until("it is written", || copies.write(0, queue, 3));
    assert_eq!(copies.read(1, queue), Some(3));
    assert!(!ctl("table").contains("holds"));
}

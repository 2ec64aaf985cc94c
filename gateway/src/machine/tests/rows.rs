//! Who tells whom of a bucket's row, and which of two counts.

use super::recover::after_one;
use super::{Settings, dev, run};
use crate::machine::settings::Faults;

fn with(faults: Faults, steps: &str) -> Vec<String> {
    after_one(Settings { faults, ..dev() }, steps)
}

#[test]
fn a_conf_that_rises_alone_changes_nothing() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 copies 1 5
        3 n1 message 1 4 1
        4 c0 send 3 /room/1 chat b
        5 n1 answer 0 2 0
        6 n1 answer 0 3 0
        100 wait";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        r#"3: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":1}}"#,
        "4: n1 operation of 0 sub 0: send 3 /room/1",
        r#"5: c0 {"result":{"op_id":2,"status":0,"seq":0}}"#,
        r#"6: c0 {"result":{"op_id":3,"status":0,"seq":0}}"#,
    ];
    assert_eq!(after_one(dev(), steps), expected);
}

#[test]
fn a_home_is_told_its_row_before_it_is_spoken_of_once_on_each_link() {
    let steps = "
        1 rows
        1 c0 send 2 /room/1 chat a
        2 down
        3 up
        4 table 2 0 n1
        5 n1 probed 4000
        6 c0 send 3 /room/1 chat b";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "3: n1 row 0 reign 1 conf 1 n1",
        "3: n1 introduce 0 ann 7",
        "3: n1 at reign 1",
        "3: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "3: n1 operation of 0 sub 0: send 2 /room/1",
        "4: n1 row 0 reign 2 conf 2 n1",
        "4: n1 introduce 0 ann 7",
        "5: n1 at reign 2",
        "5: n1 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "5: n1 operation of 0 sub 0: send 2 /room/1",
        "6: n1 operation of 0 sub 0: send 3 /room/1",
    ];
    assert_eq!(after_one(dev(), steps), expected);
    let silent = with(Faults { row_not_told: true, ..Faults::default() }, steps);
    assert!(!silent.iter().any(|line| line.contains(" row ")), "{silent:#?}");
}

#[test]
fn a_lane_learns_by_a_node_who_is_home() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 up n2
        3 rows
        3 n2 moved 2 n2
        4 n1 at 1
        4 n1 message 1 4 1
        4 n2 probed 3000
        5 n2 at 2
        5 n2 attached 1 3 recovered
        6 n2 message 1 4 1
        7 n1 moved 1 n1
        8 n1 probed 7000
        8 table 1 0 n1
        9 c0 send 3 /room/1 chat b";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "3: n2 row 0 reign 2 conf 2 n2",
        "3: n2 introduce 0 ann 7",
        "4: n2 at reign 2",
        "4: n2 attach /room/1 sub 1 epoch 5 after 3 sessions [0]",
        "4: n2 operation of 0 sub 0: send 2 /room/1",
        r#"6: c0 {"message":{"sub":1,"mount":"chat","seq":4,"payload":1}}"#,
        "9: n2 operation of 0 sub 0: send 3 /room/1",
    ];
    assert_eq!(after_one(dev(), steps), expected, "what is older changes nothing");
    let back = with(Faults { lower_row_taken: true, ..Faults::default() }, steps);
    assert!(back.iter().any(|line| line.starts_with("8: n1 operation")), "{back:#?}");
}

#[test]
fn what_a_home_has_said_of_the_past_changes_nothing() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        2 n1 moved 0 n9
        3 c0 send 3 /room/1 chat b
        100 wait";
    let expected = [
        "1: n1 operation of 0 sub 0: send 2 /room/1",
        "3: n1 operation of 0 sub 0: send 3 /room/1",
    ];
    assert_eq!(after_one(dev(), steps), expected, "it has been told the lane's row");
}

/// A node that keeps a lane in a queue which that has left speaks of it by a number that is another
/// queue's by now.
#[test]
fn what_is_of_another_bucket_than_its_queue_is_shown_to_nobody() {
    let steps = "
        0 halves 1 n1 n2
        0 up n1
        0 up n2
        0 n1 at 1 0 1 0
        0 n2 at 1 0 1 1
        0 c0 open
        0 c0 connect ann
        0 n2 logged_in 0 0
        0 c0 subscribe 1 /room/1
        0 n1 answer 0 1 0
        0 n1 subscribed 0 1 3
        1 NODE message 1 4 4
        2 NODE state 1 5 a 1
        3 NODE replay 0 1 6
        4 NODE unsubscribed 1 0 gone
        5 NODE attached 1 12 whole";
    let told = |node: &str| {
        let log = run(dev(), &steps.replace("NODE", node));
        log.lines().filter(|line| !line.starts_with("0:") && line.contains(" c0 ")).count()
    };
    assert_eq!(told("n2"), 0);
    assert_eq!(told("n1"), 4, "{}", run(dev(), &steps.replace("NODE", "n1")));
}

//! What a lane counts of what it did.

use super::{Bench, Settings, dev, lines};
use crate::machine::counters::Counters;

/// One client in one room.
const ONE: &str = "
    0 ready
    0 c0 open
    0 c0 connect ann
    0 n1 logged_in 0 0
    0 c0 subscribe 1 /room/1
    0 n1 answer 0 1 0
    0 n1 subscribed 0 1 3
";

fn after_one(settings: Settings, steps: &str) -> Counters {
    let mut bench = Bench::new(settings);
    lines(&format!("{ONE}{steps}")).for_each(|line| bench.step(line));
    bench.lane.counters()
}

#[test]
fn what_is_done_for_a_lost_link_is_counted() {
    let steps = "
        1 c0 send 2 /room/1 chat a
        1 c0 send 3 /room/1 chat b
        2 down
        3 up
        4 down
        5 c0 send 4 /room/1 chat c
        6 up
        7 down";
    let counters = after_one(dev(), steps);
    assert_eq!((counters.attaches, counters.outcomes_unknown), (2, 0));
    // Those that were sent may have been received.
    let counters = after_one(dev(), &format!("{steps}\n16000 c0 pong 1\n17000 wait"));
    assert_eq!(counters.outcomes_unknown, 3);
    // The last was sent too late, once more.
    let unsent = "1 c0 send 2 /room/1 chat a\n2 down\n3 c0 send 3 /room/1 chat b";
    let counters = after_one(dev(), &format!("{unsent}\n14000 c0 pong 1\n17000 wait"));
    assert_eq!((counters.attaches, counters.outcomes_unknown), (0, 1));
}

#[test]
fn a_session_that_is_not_heard_is_counted_each_time_that_it_begins_to_wait() {
    let deaf = Settings { dead_ms: 500, ..dev() };
    let steps = "
        600 c0 send 2 /room/1 chat a
        601 c0 send 3 /room/1 chat b
        700 heard 700 n1
        1300 c0 send 4 /room/1 chat c";
    assert_eq!(after_one(deaf, steps).unheard, 2);
}

#[test]
fn what_a_slow_receiver_gets_or_does_not_is_counted() {
    let small = Settings { slow_bytes: 10, output_bytes_max: 1_000, ..dev() };
    let mut steps = "1 stuck c0\n1 n1 message 1 4 4".to_owned();
    for seq in 5..8 {
        steps += &format!("\n2 n1 state 1 {seq} a {seq}");
    }
    let merged = after_one(small.clone(), &steps);
    assert_eq!((merged.deliveries, merged.deliveries_conflated), (1, 2));
    assert_eq!((merged.deliveries_dropped, merged.slow), (0, 1));
    steps += "\n3 unstuck c0";
    assert_eq!(after_one(small.clone(), &steps).deliveries, 2);
    for seq in 8..30 {
        steps += &format!("\n4 n1 message 1 {seq} {seq}");
    }
    let steps = steps.replace("3 unstuck c0", "3 wait");
    let dropped = after_one(small.clone(), &steps).deliveries_dropped;
    let all = after_one(small, &format!("{steps}\n5 unstuck c0"));
    // One message that was not kept, one state, what was kept of 22 messages, and their gap.
    assert!(dropped > 1 && all.deliveries_dropped == dropped);
    assert_eq!(all.deliveries, 1 + 1 + (22 - dropped) + 1);
}

#[test]
fn an_invitation_that_leads_nowhere_is_counted_as_refused() {
    let steps = "1 n1 invited 0 7 room\n1 n1 invited 0 7 /room/2";
    assert_eq!(after_one(dev(), steps).refused, 1);
}

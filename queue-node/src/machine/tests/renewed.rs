//! Somebody has seen more of a queue than there is.

use super::rig::{Rig, check};
use crate::machine::Faults;

const SCRIPT: &str = "
    0 g1 up
    0 g2 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann
    0 g2 introduce 1 bob
    0 g2 login 1 bob
    1 g1 1 1 subscribe /room/1 sub=5
    2 g2 1 1 subscribe /room/1 sub=6
    3 g1 1 2 send /room/1 chat hello
    4 g1 attach /room/1 5 e1 99 1
    5 g1 1 3 send /room/1 chat again
    6 g1 request 1 user /user/ann
    7 g1 lost 1 ann bye
    ----
    0: g1 logged_in 1 0 4
    0: g2 logged_in 1 0 8
    1: g1 answer 1 op=1 status=0
    1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
    2: g2 answer 1 op=1 status=0 seq=1
    2: g2 subscribed 1 6 e1 #2 [chat=2,members=2,scores=2] ann,bob
    2: g1 event 5 #2 joined bob
    3: g1 answer 1 op=2 status=0 seq=3
    3: g1 event 5 #3 chat ann:hello
    3: g2 event 6 #3 chat ann:hello
    4: g2 attached 6 e2 #3 [chat=3,members=3,scores=3] ann,bob
    4: g1 attached 5 e2 #3 [chat=3,members=3,scores=3] ann,bob
    5: g1 answer 1 op=3 status=0 seq=4
    5: g1 event 5 #4 chat ann:again
    5: g2 event 6 #4 chat ann:again
    6: g1 reply 1 op=0 status=0 ann online +0 [g test +0] /room/1
    7: g1 lost_noted 1
    7: g1 unsubscribed 5 [1] 'bye'
    7: g2 event 6 #5 left ann (bye)
";

/// Everybody gets it whole, and the user queues of its members know it by its new epoch.
#[test]
fn a_lane_that_has_seen_more_gives_the_queue_another_epoch() {
    check(SCRIPT);
    let lines = SCRIPT.split_once("----").expect("a script").0;
    let run = |mut rig: Rig| (rig.run(lines), rig.node.counters().epochs_renewed);
    let (good, renewed) = run(Rig::new());
    assert_eq!(renewed, 1);
    let clamped = Faults { mark_clamped: true, ..Faults::default() };
    let (said, renewed) = run(Rig::with(0, clamped));
    assert!(renewed == 0 && said != good, "{said}");
}

/// What a client says may be forged.
#[test]
fn a_client_that_has_seen_more_gets_everything_whole() {
    check(
        "0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 subscribe /room/1 sub=5 since=e1:chat=99,scores=1,members=1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=1
        2: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        ",
    );
}

//! Those who come back.

use proto::bucket::BucketId;
use proto::g2q::{Lost, g2q::Body};
use proto::name;

use super::check;
use super::rig::{Rig, frames};

#[test]
fn since_within_the_log_recovers() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 send /room/1 chat a
        3 g1 1 3 set /room/1 k=1 other=2
        4 g1 1 4 send /room/1 chat b
        5 g1 2 1 subscribe /room/1 sub=5 since=e1:chat=2,scores=0,members=1
        6 g1 2 2 subscribe /room/1 sub=5 since=e1:chat=4,scores=2,members=5 prefix=k history=9
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:a
        3: g1 answer 1 op=3 status=0 seq=3
        3: g1 event 5 #3 scores ann:k=1,other=2
        4: g1 answer 1 op=4 status=0 seq=4
        4: g1 event 5 #4 chat ann:b
        5: g1 answer 2 op=1 status=0 seq=4
        5: g1 event 5 #5 joined bob
        5: g1 subscribed 2 5 e1 #5 [chat=2,members=1,scores=0] recovered +2
        5: g1 missed 2 5 #3 scores ann:k=1,other=2
        5: g1 missed 2 5 #4 chat ann:b
        6: g1 answer 2 op=2 status=0 seq=5
        6: g1 subscribed 2 5 e1 #5 [chat=4,members=5,scores=2] recovered +3
        6: g1 history 2 5 #2 chat ann:a
        6: g1 history 2 5 #4 chat ann:b
        6: g1 missed 2 5 #3 scores ann:k=1
        ",
    );
}

#[test]
fn since_beyond_the_log_has_gaps_and_everything_whole() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 send /room/1 chat a
        2 g1 1 3 set /room/1 k=1
        2500 g1 1 4 send /room/1 chat b
        2600 g1 2 1 subscribe /room/1 sub=5 since=e1:chat=1,scores=1,members=1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:a
        2: g1 answer 1 op=3 status=0 seq=3
        2: g1 event 5 #3 scores ann:k=1
        2500: g1 answer 1 op=4 status=0 seq=4
        2500: g1 event 5 #4 chat ann:b
        2600: g1 answer 2 op=1 status=0 seq=4
        2600: g1 event 5 #5 joined bob
        2600: g1 subscribed 2 5 e1 #5 [chat=1,members=5,scores=5] gap k=1v3 ann,bob +2
        2600: g1 missed 2 5 #2 gap chat 1-3
        2600: g1 missed 2 5 #4 chat ann:b
        ",
    );
}

#[test]
fn another_epoch_gives_everything_whole() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5 since=99:chat=7
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        ",
    );
}

#[test]
fn a_lane_comes_back_and_attaches() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        0 g2 introduce 4 cid
        0 g2 login 4 cid
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        1 g2 4 1 subscribe /room/1 sub=9
        2 g1 1 2 send /room/1 chat mine exclude
        3 g1 down
        4 g2 4 2 send /room/1 chat missed
        5 g1 up
        5 g1 introduce 1 ann
        5 g1 introduce 2 bob
        5 g1 introduce 3 eve gen=1
        5 g1 attach /room/1 6 e1 1 1 2 3
        6 g2 4 3 send /room/1 chat live
        7 g1 attach /room/none 7 e1 1 1
        2900 g1 1 9 set /room/1 k=1
        2950 g1 attach /room/1 6 e1 1 1 2
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        0: g2 logged_in 4 0 12
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob,cid
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob,cid
        1: g2 answer 4 op=1 status=0
        1: g2 subscribed 4 9 e1 #1 [chat=1,members=1,scores=1] ann,bob,cid
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:mine but 1
        2: g2 event 9 #2 chat ann:mine
        4: g2 answer 4 op=2 status=0 seq=3
        4: g2 event 9 #3 chat cid:missed
        5: g1 kick 3 3002 gen=1
        5: g1 attached 6 e1 #3 recovered gone [3] not a member any more
        5: g1 missed all 6 #2 chat ann:mine but 1
        5: g1 missed all 6 #3 chat cid:missed
        6: g2 answer 4 op=3 status=0 seq=4
        6: g2 event 9 #4 chat cid:live
        6: g1 event 6 #4 chat cid:live
        7: g1 attached 7 e0 #0 gone [1] the queue is gone
        2900: g1 answer 1 op=9 status=0 seq=5
        2900: g1 event 6 #5 scores ann:k=1
        2900: g2 event 9 #5 scores ann:k=1
        2950: g1 attached 6 e1 #5 [chat=1,members=5,scores=5] gap k=1v5 ann,bob,cid gap chat 1-5
        ",
    );
}

#[test]
fn a_detached_session_stays_a_member_and_is_asked_about() {
    check(
        "
        0 g1 up
        0 q2 up dialled
        0 table 2 q1 q2 0 1
        0 g1 introduce 1 ann gen=1
        0 g1 introduce 2 bob gen=1
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        2 g1 detach 1 /room/1 5
        3 g1 2 2 send /room/1 chat hi
        4 g1 2 3 members /room/1
        1500 g1 2 4 members /room/1
        ----
        0: g1 moved 1 q2
        1: q2 word 65536 note ann /room/1 4
        1: q2 word 131072 note bob /room/1 6
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: g1 unsubscribed 5 [1] '' detached
        3: g1 answer 2 op=2 status=0 seq=2
        3: g1 event 5 #2 chat bob:hi
        4: g1 answer 2 op=3 status=0 seq=2 ann bob count=2
        1500: q2 word 196608 question ann /room/1 4
        1500: g1 answer 2 op=4 status=0 seq=2 ann bob count=2
        ",
    );
}

#[test]
fn a_bucket_that_goes_elsewhere_is_answered_moved() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 table 2 q2 q2 0 2
        3 g1 1 2 send /room/1 chat hi
        3 g1 1 3 send /room/1 chat hi
        4 table 3 q1 q1 1 3
        5 g1 1 4 send /room/1 chat hi
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 moved 0 q2
        2: g1 moved 1 q2
        3: g1 moved 0 q2
        3: g1 moved 0 q2
        4: g1 moved 0 q1
        4: g1 moved 1 q1
        5: g1 moved 0 q1
        ",
    );
}

#[test]
fn who_left_and_joined_behind_a_lanes_back_joins_there_anew() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 unsubscribe /room/1
        3 g1 1 3 subscribe /room/1 sub=5
        4 g1 down
        5 g1 up
        5 g1 introduce 1 ann
        5 g1 attach /room/1 5 e1 1 1
        6 g1 1 2 unsubscribe /room/1
        6 g1 1 3 subscribe /room/1 sub=5
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=1
        3: g1 answer 1 op=3 status=0 seq=2
        3: g1 subscribed 1 5 e1 #3 [chat=3,members=3,scores=3] ann
        5: g1 attached 5 e1 #3 recovered gone [1] not a member any more
        5: g1 missed all 5 #2 left ann
        5: g1 missed all 5 #3 joined ann
        6: g1 answer 1 op=2 status=0 seq=1
        6: g1 answer 1 op=3 status=0 seq=2
        6: g1 subscribed 1 5 e1 #3 [chat=3,members=3,scores=3] ann
        ",
    );
}

#[test]
fn what_comes_on_a_link_that_is_to_be_ended_is_not_heard() {
    let mut rig = Rig::new();
    rig.run("0 table 2 q2 q2 0 1\n0 g1 up\n");
    // The lane has heard of a newer table than the node, which hears of it a moment later.
    rig.reign = 2;
    let said = rig.run(
        "
        1 g1 introduce 1 ann gen=2
        1 g1 lost 1 ann
        1 table 3 q1 q1 0 2
        1 g1 introduce 2 bob
        1 g1 login 2 bob
        ",
    );
    let wanted =
        "1: g1 END the peer speaks of a newer row than this node knows, and hasn't told it\n";
    assert!(said.starts_with(wanted) && !said.contains("logged_in"), "{said}");
}

#[test]
fn a_bucket_is_named_again_when_the_lane_has_named_another() {
    let mut rig = Rig::new();
    rig.run("0 g1 up\n0 g1 introduce 1 ann\n0 g1 login 1 ann\n");
    let link = rig.link("g1");
    let mut names_it = |queues: &[&str]| {
        queues.iter().for_each(|queue| rig.at(link, queue));
        rig.lane(link, Body::Lost(Lost { session: 1, bye: false, code: 0 }));
        frames(&rig.out.links.take(link)).iter().any(|(number, _)| *number == 5)
    };
    assert!(!names_it(&["/user/ann"]));
    let other =
        (0..).map(|n| format!("/user/{n}")).find(|name| bucket(name) != bucket("/user/ann"));
    // It may have dropped what was said before it had heard who is home.
    assert!(names_it(&[&other.expect("one of two buckets"), "/user/ann"]));
}

fn bucket(queue: &str) -> u32 {
    BucketId::of(name::hash(queue.as_bytes()), 1).prefix()
}

#[test]
fn what_its_sender_did_not_want_back_another_lane_gets_whole() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g2 introduce 4 cid
        0 g2 login 4 cid
        1 g1 1 1 subscribe /room/1 sub=5
        1 g2 4 1 subscribe /room/1 sub=9
        2 g2 down
        3 g1 1 2 send /room/1 chat mine exclude
        4 g2 up
        4 g2 introduce 4 cid
        4 g2 attach /room/1 6 e1 1 4
        ----
        0: g1 logged_in 1 0 4
        0: g2 logged_in 4 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,cid
        1: g2 answer 4 op=1 status=0
        1: g2 subscribed 4 9 e1 #1 [chat=1,members=1,scores=1] ann,cid
        3: g1 answer 1 op=2 status=0 seq=2
        3: g1 event 5 #2 chat ann:mine but 1
        4: g2 attached 6 e1 #2 recovered
        4: g2 missed all 6 #2 chat ann:mine
        ",
    );
}

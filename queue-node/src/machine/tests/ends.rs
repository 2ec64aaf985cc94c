//! Sessions that end while their lane still speaks of them, and nodes that are behind.

use super::rig::{Rig, check, check_with};

#[test]
fn a_node_that_is_behind_ends_the_link() {
    let mut rig = Rig::new();
    rig.reign = 3;
    check_with(
        rig,
        "
        0 table 2 q1 q2 0 2
        0 g1 up
        0 g1 introduce 1 ann gen=1
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 login 1 ann
        3 g1 down
        3 g2 up
        4 table 3 q1 q1 0 3
        5 g2 introduce 1 ann
        5 g2 login 1 ann
        ----
        0: g1 moved 1 q2
        1: g1 END the peer speaks of a newer row than this node knows, and hasn't told it
        3: g2 moved 1 q2
        4: g2 moved 0 q1
        4: g2 moved 1 q1
        5: g2 logged_in 1 0 5
        ",
    );
}

#[test]
fn a_detach_is_always_answered() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 introduce 2 bob
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 detach 2 /room/1 5
        3 g1 detach 1 /room/1 5
        4 g1 detach 1 /room/1 5
        5 g1 detach 1 /room/2 6
        6 g1 detach 3 /room/1 5
        7 g1 1 2 subscribe /short/1 sub=7
        7 g1 1 3 unsubscribe /short/1
        7 g1 detach 1 /short/1 7
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 unsubscribed 5 [2] '' detached
        3: g1 unsubscribed 5 [1] '' detached
        4: g1 unsubscribed 5 [1] '' detached
        5: g1 unsubscribed 6 [1] '' detached
        6: g1 unsubscribed 5 [3] '' detached
        7: g1 answer 1 op=2 status=0
        7: g1 subscribed 1 7 e2 #1 [chat=1,members=1,scores=1] ann
        7: g1 answer 1 op=3 status=0 seq=1
        7: g1 unsubscribed 7 [1] '' detached
        ",
    );
}

#[test]
fn what_a_session_asked_for_is_not_done_beyond_its_end() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 2 1 subscribe /room/1 sub=5
        2 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 send /room/1 chat hi
        3 g1 lost 1 ann bye
        4 g1 1 1 subscribe /room/1 sub=5
        4 g1 1 2 send /room/1 chat hi
        5 g1 1 3 subscribe /room/1 sub=5
        1900 g1 1 4 subscribe /room/1 sub=5
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] bob
        2: g1 answer 1 op=1 status=0 seq=1
        2: g1 event 5 #2 joined ann
        2: g1 subscribed 1 5 e1 #2 [chat=2,members=2,scores=2] bob,ann
        2: g1 answer 1 op=2 status=0 seq=3
        2: g1 event 5 #3 chat ann:hi
        3: g1 lost_noted 1
        3: g1 unsubscribed 5 [1] 'bye'
        3: g1 event 5 #4 left ann (bye)
        4: g1 answer 1 op=1 status=0 seq=1
        4: g1 unsubscribed 5 [1] ''
        4: g1 answer 1 op=2 status=0 seq=3
        5: g1 answer 1 op=3 status=16
        1900: g1 answer 1 op=4 status=16
        ",
    );
}

#[test]
fn each_epoch_of_a_room_hears_of_the_end() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 q2~ up
        0 q2 up dialled
        0 table 2 q2 q1 0 1
        1 q2~ note 7 ann 1 /room/1 78 5
        2 q2~ note 8 ann 1 /room/1 77 9
        3 g1 lost 1 ann bye
        ----
        0: g1 logged_in 1 0 4
        0: g1 moved 0 q2
        1: q2~ answer 7 ended=false floor=4 gen=4
        2: q2~ answer 8 ended=false floor=4 gen=4
        3: q2 word 65537 ended /room/1 bye floor=11
        3: q2 word 131073 ended /room/1 bye floor=11
        3: g1 lost_noted 1
        ",
    );
}

#[test]
fn a_read_asks_for_no_more_than_there_can_be() {
    let (fits, long) = ("k".repeat(255), "k".repeat(256));
    check(&format!(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 get /room/1 prefix={fits} limit=1000
        3 g1 1 3 get /room/1 prefix={long}
        4 g1 1 4 get /room/1 limit=1001
        5 g1 1 5 history /room/1 limit=1001
        6 g1 1 6 members /room/1 limit=1001
        7 g1 1 7 subscribe /room/1 sub=5 prefix={long}
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=1
        3: g1 answer 1 op=3 status=3
        4: g1 answer 1 op=4 status=3
        5: g1 answer 1 op=5 status=3
        6: g1 answer 1 op=6 status=3
        7: g1 answer 1 op=7 status=3
        ",
    ));
}

#[test]
fn the_newest_joining_of_a_room_counts_and_only_its_own_leaving() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 q2~ up
        0 q2 up dialled
        0 table 2 q2 q1 0 1
        1 q2~ note 7 ann 1 /room/1 78 5
        2 q2~ note 8 ann 1 /room/1 78 9
        3 q2~ note 9 ann 1 /room/1 78 7
        4 q2~ unnote 10 ann 1 /room/1 78 7
        5 q2~ question 11 ann 9 /room/1 78 9
        6 g1 lost 1 ann bye
        ----
        0: g1 logged_in 1 0 4
        0: g1 moved 0 q2
        1: q2~ answer 7 ended=false floor=4 gen=4
        2: q2~ answer 8 ended=false floor=4 gen=4
        3: q2~ answer 9 ended=false floor=4 gen=4
        4: q2~ answer 10 ended=false floor=4 gen=4
        5: q2~ answer 11 ended=true floor=4
        6: q2 word 65537 ended /room/1 bye floor=17
        6: g1 lost_noted 1
        ",
    );
}

#[test]
fn after_a_grace_rooms_let_go_what_was_not_resumed() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 q2~ up
        0 q2 up dialled
        0 table 2 q2 q1 0 1
        1 q2~ note 7 ann 1 /room/1 78 5
        2 g1 introduce 2 ann
        2 g1 login 2 ann secret=2 resume=1,1
        990 g1 request 1 user /user/ann
        1020 g1 request 2 user /user/ann
        ----
        0: g1 logged_in 1 0 4
        0: g1 moved 0 q2
        1: q2~ answer 7 ended=false floor=4 gen=4
        2: g1 kick 1 3509 gen=4
        2: g1 logged_in 2 0 8 resumed
        2: q2 word 65537 fence /room/1 8 floor=8
        990: g1 reply 1 op=0 status=0 ann online +0 [g test +0] /room/1
        1020: q2 word 131073 ended /room/1 not resumed below=8 floor=8
        1020: g1 reply 2 op=0 status=0 ann online +0 [g test +0] /room/1
        ",
    );
}

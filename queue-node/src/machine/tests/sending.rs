//! Messages: order, exactly once, and who gets them.

use super::check;

#[test]
fn one_event_for_each_lane_and_the_answer_before_it() {
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
        2 g2 4 2 send /room/1 chat one
        2 g1 1 2 send /room/1 chat two
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
        2: g2 answer 4 op=2 status=0 seq=2
        2: g2 event 9 #2 chat cid:one
        2: g2 event 9 #3 chat ann:two
        2: g1 event 5 #2 chat cid:one
        2: g1 answer 1 op=2 status=0 seq=3
        2: g1 event 5 #3 chat ann:two
        ",
    );
}

#[test]
fn the_sender_may_exclude_itself() {
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
        2 g1 1 2 send /room/1 chat secret exclude
        3 g1 1 3 subscribe /room/1 sub=5 history=5
        3 g2 4 2 subscribe /room/1 sub=9 history=5
        4 g1 1 4 history /room/1
        4 g2 4 3 history /room/1
        ----
        0: g1 logged_in 1 0 4
        0: g2 logged_in 4 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,cid
        1: g2 answer 4 op=1 status=0
        1: g2 subscribed 4 9 e1 #1 [chat=1,members=1,scores=1] ann,cid
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:secret but 1
        2: g2 event 9 #2 chat ann:secret
        3: g1 answer 1 op=3 status=0 seq=2
        3: g1 subscribed 1 5 e1 #2 [chat=2,members=2,scores=2] ann,cid +1
        3: g1 history 1 5 #2 chat ann:secret
        3: g2 answer 4 op=2 status=0 seq=2
        3: g2 subscribed 4 9 e1 #2 [chat=2,members=2,scores=2] ann,cid +1
        3: g2 history 4 9 #2 chat ann:secret
        4: g1 answer 1 op=4 status=0 seq=2 #2:secret
        4: g2 answer 4 op=3 status=0 seq=2 #2:secret
        ",
    );
}

/// Nobody is sent what nobody has written; a message of no bytes is one.
#[test]
fn a_message_has_a_payload() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 send /room/1 chat absent
        3 g1 1 3 send /room/1 chat empty
        4 g1 1 4 history /room/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=3
        3: g1 answer 1 op=3 status=0 seq=2
        3: g1 event 5 #2 chat ann:
        4: g1 answer 1 op=4 status=0 seq=2 #2:
        ",
    );
}

#[test]
fn a_mount_without_echo_excludes_every_sender() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /quiet/1 sub=5
        2 g1 1 2 send /quiet/1 chat hi
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #0 [chat=0,members=0,scores=0] count=1
        2: g1 answer 1 op=2 status=0 seq=1
        2: g1 event 5 #1 chat ann:hi but 1
        ",
    );
}

#[test]
fn what_comes_again_runs_once() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 send /room/1 chat one
        3 g1 1 2 send /room/1 chat one
        4 g1 1 1 subscribe /room/1 sub=5
        5 g1 1 7 send /room/1 nothing one
        6 g1 1 7 send /room/1 nothing one
        7 g1 1 6 send /room/1 chat late
        8 g1 1 8 unsubscribe /room/1
        9 g1 1 8 unsubscribe /room/1
        10 g1 1 2 send /room/1 chat one
        11 g1 1 1 subscribe /room/1 sub=5
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:one
        3: g1 answer 1 op=2 status=0 seq=2
        4: g1 answer 1 op=1 status=0
        4: g1 subscribed 1 5 e1 #2 [chat=2,members=2,scores=2] ann
        5: g1 answer 1 op=7 status=5
        6: g1 answer 1 op=7 status=5
        7: g1 answer 1 op=6 status=14
        8: g1 answer 1 op=8 status=0 seq=2
        9: g1 answer 1 op=8 status=0 seq=2
        10: g1 answer 1 op=2 status=0 seq=2
        11: g1 answer 1 op=1 status=0
        11: g1 unsubscribed 5 [1] 'not a member any more' retry
        ",
    );
}

#[test]
fn results_outlive_the_queue_for_twice_the_grace() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /short/1 sub=5
        2 g1 1 2 unsubscribe /short/1
        3 g1 1 1 subscribe /short/1 sub=5
        1900 g1 1 2 unsubscribe /short/1
        6000 g1 1 2 unsubscribe /short/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=1
        3: g1 answer 1 op=1 status=0
        3: g1 unsubscribed 5 [1] 'not a member any more' retry
        1900: g1 answer 1 op=2 status=0 seq=1
        6000: g1 answer 1 op=2 status=5
        ",
    );
}

#[test]
fn history_is_given_at_subscribe_and_in_pages() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 1 2 send /room/1 chat a
        1 g1 1 3 send /room/1 chat b
        1 g1 1 4 send /room/1 chat c
        2 g1 1 5 subscribe /room/1 sub=5 history=2
        3 g1 1 6 history /room/1 limit=2
        4 g1 1 7 history /room/1 before=3
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g1 answer 1 op=2 status=0 seq=2
        1: g1 event 5 #2 chat ann:a
        1: g1 answer 1 op=3 status=0 seq=3
        1: g1 event 5 #3 chat ann:b
        1: g1 answer 1 op=4 status=0 seq=4
        1: g1 event 5 #4 chat ann:c
        2: g1 answer 1 op=5 status=0 seq=4
        2: g1 subscribed 1 5 e1 #4 [chat=4,members=4,scores=4] ann +2
        2: g1 history 1 5 #3 chat ann:b
        2: g1 history 1 5 #4 chat ann:c
        3: g1 answer 1 op=6 status=0 seq=4 #3:b #4:c next=3
        4: g1 answer 1 op=7 status=0 seq=4 #2:a
        ",
    );
}

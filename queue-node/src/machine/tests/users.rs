//! User queues: logins, ends, and what rooms and user queues say to each other.

use super::check;

#[test]
fn login_is_idempotent_and_generations_rise() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 introduce 2 ann
        1 g1 login 1 ann
        2 g1 login 1 ann
        3 g1 login 2 ann
        ----
        1: g1 logged_in 1 0 4
        2: g1 logged_in 1 0 4
        3: g1 logged_in 2 0 7 floor=4
        ",
    );
}

#[test]
fn a_lost_session_leaves_its_rooms() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        2 g1 lost 1 ann bye
        2 g1 detach 1 /room/1 5
        3 g1 2 2 members /room/1
        4 g1 lost 1 ann
        5 g1 1 2 subscribe /room/1 sub=5
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: g1 lost_noted 1
        2: g1 unsubscribed 5 [1] 'bye'
        2: g1 event 5 #2 left ann (bye)
        2: g1 unsubscribed 5 [1] '' detached
        3: g1 answer 2 op=2 status=0 seq=2 bob count=1
        4: g1 lost_noted 1
        5: g1 answer 1 op=2 status=16
        ",
    );
}

#[test]
fn a_link_that_ends_detaches_and_grace_ends_its_sessions() {
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
        2 g1 down
        500 g1 up
        500 g1 introduce 1 ann
        500 g1 attach /room/1 5 e1 1 1
        900 g2 4 2 members /room/1
        1100 g2 4 3 members /room/1
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
        500: g1 attached 5 e1 #1 recovered
        900: g2 answer 4 op=2 status=0 seq=1 ann bob cid count=3
        1100: g2 event 9 #2 left bob (lost)
        1100: g2 answer 4 op=3 status=0 seq=2 ann cid count=2
        1100: g1 event 5 #2 left bob (lost)
        ",
    );
}

#[test]
fn words_to_another_node_are_kept_until_answered() {
    check(
        "
        0 table 2 q1 q2 0 1
        0 g1 up
        0 g1 introduce 1 ann gen=1
        1 g1 1 1 subscribe /room/1 sub=5
        2 q2 up dialled
        3 q2 down
        4 q2 up dialled
        5 g1 1 2 unsubscribe /room/1
        6 q2 answer 65536
        7 q2 down
        8 q2 up dialled
        ----
        0: g1 moved 1 q2
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: q2 word 65536 note ann /room/1 4
        4: q2 word 65536 note ann /room/1 4
        5: q2 word 131072 unnote ann /room/1 4
        5: g1 answer 1 op=2 status=0 seq=1
        8: q2 word 131072 unnote ann /room/1 4
        ",
    );
}

#[test]
fn a_note_of_a_session_that_is_over_removes_it() {
    check(
        "
        0 table 2 q1 q2 0 1
        0 q2 up dialled
        0 g1 up
        0 g1 introduce 1 ann gen=1
        1 g1 1 1 subscribe /room/1 sub=5
        2 q2 answer 65536 ended
        3 g1 1 2 members /room/1
        ----
        0: g1 moved 1 q2
        1: q2 word 65536 note ann /room/1 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 unsubscribed 5 [1] 'lost'
        3: g1 answer 1 op=2 status=0 seq=2 count=0
        ",
    );
}

#[test]
fn words_of_another_node_are_done_at_most_once() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 q2~ up
        0 q2 up dialled
        0 table 2 q2 q1 0 1
        1 q2~ note 7 ann 1 /room/1 77 5
        2 q2~ note 7 ann 1 /room/1 77 5
        3 q2~ unnote 8 ann 1 /room/1 77 4
        4 g1 lost 1 ann bye
        5 q2~ note 9 ann 1 /room/1 78 1
        ----
        0: g1 logged_in 1 0 4
        0: g1 moved 0 q2
        1: q2~ answer 7 ended=false floor=4 gen=4
        2: q2~ answer 7 ended=false floor=4 gen=4
        3: q2~ answer 8 ended=false floor=4 gen=4
        4: q2 word 65537 ended /room/1 bye floor=12
        4: g1 lost_noted 1
        5: q2~ answer 9 ended=true floor=16 gen=4
        ",
    );
}

//! Connections that are over, and words about the past.

use super::check;

#[test]
fn an_operation_of_the_past_changes_nothing_and_is_not_remembered() {
    check(
        "
        0 table 2 q1 q2 0 1
        0 g1 up
        0 g1 introduce 1 ann gen=5
        0 g1 introduce 2 bob gen=6
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 introduce 1 ann gen=7
        2 g1 introduce 3 ann id=1 gen=5
        2 g1 3 2 send /room/1 chat before
        3 g1 1 3 send /room/1 chat present
        4 g1 3 9 send /room/1 chat past
        5 g1 introduce 1 ann gen=7 floor=8
        5 g1 1 4 send /room/1 chat over
        6 g1 introduce 4 ann
        6 g1 4 1 subscribe /room/1 sub=5
        ----
        0: g1 moved 1 q2
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 3 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:before
        3: g1 answer 1 op=3 status=0 seq=3
        3: g1 event 5 #3 chat ann:present
        4: g1 answer 3 op=9 status=16
        5: g1 answer 1 op=4 status=16
        6: g1 answer 4 op=1 status=16
        ",
    );
}

#[test]
fn a_fence_takes_the_seat_and_leaves_the_member() {
    check(
        "
        0 table 2 q1 q2 0 1
        0 g1 up
        0 q2~ up
        0 q2 up dialled
        0 g1 introduce 1 ann gen=5
        0 g1 introduce 2 bob gen=6
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        2 q2~ fence 7 ann 1 /room/1 e1 0 gen=5
        3 q2~ fence 8 ann 1 /room/1 e1 0 gen=9 floor=5
        4 g1 1 2 send /room/1 chat late
        5 g1 2 2 members /room/1
        6 g1 introduce 3 ann id=1 gen=9
        6 g1 resume 3 /room/1 5 e1:chat=1,scores=1,members=1
        7 q2~ fence 9 cid 4 /room/1 e1 0 gen=9 floor=5
        8 g1 introduce 4 cid gen=8
        8 g1 4 1 subscribe /room/1 sub=5
        ----
        0: g1 moved 1 q2
        1: q2 word 65536 note ann /room/1 4
        1: q2 word 131072 note bob /room/1 6
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: q2~ answer 7 ended=false
        3: g1 unsubscribed 5 [1] ''
        3: q2~ answer 8 ended=false
        4: g1 answer 1 op=2 status=16
        5: g1 answer 2 op=2 status=0 seq=1 ann bob count=2
        6: g1 answer 3 op=0 status=0 seq=1
        6: g1 subscribed 3 5 e1 #1 [chat=1,members=1,scores=1] recovered
        7: q2~ answer 9 ended=false
        8: g1 answer 4 op=1 status=16
        ",
    );
}

#[test]
fn an_end_below_a_generation_spares_who_came_back() {
    check(
        "
        0 table 2 q1 q2 0 1
        0 g1 up
        0 q2~ up
        0 q2 up dialled
        0 g1 introduce 1 ann gen=5
        0 g1 introduce 2 bob gen=6
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        2 q2~ ended 7 ann 1 /room/1 e1 4 below=5
        3 q2~ ended 8 ann 1 /room/1 e1 4 below=6
        4 g1 introduce 1 ann gen=7
        4 g1 1 2 subscribe /room/1 sub=5
        5 q2~ ended 9 ann 1 /room/1 e1 4
        6 g1 1 3 subscribe /room/1 sub=5
        7 q2~ ended 10 ann 1 /room/1 e1 4
        8 q2~ ended 11 bob 2 /room/1 77 2 below=9
        ----
        0: g1 moved 1 q2
        1: q2 word 65536 note ann /room/1 4
        1: q2 word 131072 note bob /room/1 6
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: q2~ answer 7 ended=false
        3: g1 unsubscribed 5 [1] 'lost'
        3: g1 event 5 #2 left ann (lost)
        3: q2~ answer 8 ended=true
        4: q2 word 196608 note ann /room/1 15
        4: g1 answer 1 op=2 status=0 seq=2
        4: g1 event 5 #3 joined ann
        4: g1 subscribed 1 5 e1 #3 [chat=3,members=3,scores=3] bob,ann
        5: q2 word 262144 unnote ann /room/1 15
        5: g1 unsubscribed 5 [1] 'lost'
        5: g1 event 5 #4 left ann (lost)
        5: q2~ answer 9 ended=true
        6: g1 answer 1 op=3 status=16
        7: q2~ answer 10 ended=true
        8: q2~ answer 11 ended=true
        ",
    );
}

#[test]
fn the_answer_to_a_note_tells_what_is_over() {
    check(
        "
        0 table 2 q1 q2 0 1
        0 g1 up
        0 q2 up dialled
        0 g1 introduce 1 ann gen=5
        0 g1 introduce 2 bob gen=6
        0 g1 introduce 3 cid gen=7
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        1 g1 3 1 subscribe /room/1 sub=5
        2 q2 answer 65536 gen=8 floor=5
        3 q2 answer 131072 gen=8 below=8
        4 q2 answer 196608 gen=7 floor=7
        5 g1 1 2 send /room/1 chat late
        5 g1 3 2 members /room/1
        ----
        0: g1 moved 1 q2
        1: q2 word 65536 note ann /room/1 4
        1: q2 word 131072 note bob /room/1 6
        1: q2 word 196608 note cid /room/1 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 answer 3 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob,cid
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob,cid
        1: g1 subscribed 3 5 e1 #1 [chat=1,members=1,scores=1] ann,bob,cid
        2: g1 unsubscribed 5 [1] ''
        3: q2 word 262144 unnote bob /room/1 6
        3: g1 unsubscribed 5 [2] 'not resumed'
        3: g1 event 5 #2 left bob (not resumed)
        5: g1 answer 1 op=2 status=16
        5: g1 answer 3 op=2 status=0 seq=2 ann cid count=2
        ",
    );
}

#[test]
fn a_late_lost_is_answered_and_ignored() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g2 introduce 2 ann
        1 g2 login 2 ann secret=2 resume=1,1
        2 g1 lost 1 ann bye
        3 g1 down
        4 g2 request 1 user /user/ann
        ----
        0: g1 logged_in 1 0 4
        1: g1 kick 1 3509 gen=4
        1: g2 logged_in 2 0 6 resumed
        2: g1 lost_noted 1
        4: g2 reply 1 op=0 status=0 ann online +0 [g test +0]
        ",
    );
}

#[test]
fn a_kick_that_was_lost_is_given_again() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 down
        2 g2 introduce 2 ann
        2 g2 login 2 ann secret=2 resume=1,1
        3 g1 up
        3 g1 introduce 1 ann gen=4
        4 g2 lost 2 ann bye
        5 g2 introduce 9 ann id=1
        6 g2 introduce 8 ann id=1 leaving
        7 g1 introduce 3 bob gen=3
        8 g1 introduce 4 bob gen=3000
        ----
        0: g1 logged_in 1 0 4
        2: g2 logged_in 2 0 7 resumed
        3: g1 kick 1 3509 gen=4
        4: g2 lost_noted 2
        5: g2 kick 9 3000 gen=7
        7: g1 kick 3 3002 gen=3
        ",
    );
}

#[test]
fn a_number_that_goes_to_another_detaches_its_session() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 introduce 2 bob
        1 g1 login 2 bob
        2 g1 forget 1
        2 g1 introduce 2 cid
        3 g1 request 1 user /user/ann
        3 g1 request 2 user /user/bob
        4 g1 introduce 1 ann leaving
        5 g1 request 3 user /user/ann
        6 g1 introduce 1 ann
        7 g1 request 4 user /user/ann
        ----
        0: g1 logged_in 1 0 4
        1: g1 logged_in 2 0 8
        3: g1 reply 1 op=0 status=0 ann online +0 [g test +0 detached]
        3: g1 reply 2 op=0 status=0 bob online +1 [g test +1 detached]
        5: g1 reply 3 op=0 status=0 ann online +0 [g test +0 detached]
        7: g1 reply 4 op=0 status=0 ann online +0 [g test +0]
        ",
    );
}

#[test]
fn a_login_that_was_lost_behind_it_is_known_when_it_comes_again() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g1 lost 1 ann
        1 g1 down
        2 g1 up
        2 g1 introduce 1 ann leaving
        2 g1 login 1 ann secret=1
        2 g1 lost 1 ann bye
        3 g1 introduce 2 ann id=1
        3 g1 login 2 ann secret=1
        ----
        0: g1 logged_in 1 0 4
        0: g1 lost_noted 1
        2: g1 logged_in 1 0 4
        2: g1 lost_noted 1
        3: g1 kick 2 3000 gen=4
        3: g1 logged_in 2 16 0 code=3000
        ",
    );
}

#[test]
fn an_answer_to_a_bucket_that_was_lost_is_not_its_successors() {
    check(
        "
        0 table 2 q1 q2 0 1
        0 g1 up
        0 q2 up dialled
        0 g1 introduce 1 ann gen=5
        1 g1 1 1 subscribe /room/1 sub=5
        2 q2 answer 65536 ended loss=1
        3 q2 answer 65536 ended
        ----
        0: g1 moved 1 q2
        1: q2 word 65536 note ann /room/1 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        3: g1 unsubscribed 5 [1] 'lost'
        ",
    );
}

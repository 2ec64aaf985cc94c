//! `join_user`: members that the back end has made.

use super::check;

#[test]
fn the_back_end_puts_a_user_in_and_its_lane_takes_the_seat() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 request 1 create /web/1
        2 g1 1 1 subscribe /web/1 sub=5
        3 g1 request 2 join /web/1 ann 1:3
        4 g1 resume 1 /web/1 5
        5 g1 request 3 join /web/1 bob 2:5
        6 g1 resume 2 /web/1 5
        7 g1 1 2 send /web/1 chat hello
        8 g1 request 4 join /web/1 bob 2:5
        9 g1 request 5 user /user/ann
        10 g1 1 3 unsubscribe /web/1
        11 g1 introduce 1 ann
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 reply 1 op=0 status=0
        2: g1 answer 1 op=1 status=7
        3: g1 reply 2 op=0 status=0
        3: g1 invited 1 gen=4 /web/1
        4: g1 answer 1 op=0 status=0 seq=1
        4: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        5: g1 reply 3 op=0 status=0 seq=1
        5: g1 invited 2 gen=8 /web/1
        5: g1 event 5 #2 joined bob
        6: g1 answer 2 op=0 status=0 seq=2
        6: g1 subscribed 2 5 e1 #2 [chat=2,members=2,scores=2] ann,bob
        7: g1 answer 1 op=2 status=0 seq=3
        7: g1 event 5 #3 chat ann:hello
        8: g1 reply 4 op=0 status=0 seq=3
        9: g1 reply 5 op=0 status=0 ann online +0 [g test +0] /web/1
        10: g1 answer 1 op=3 status=0 seq=3
        10: g1 event 5 #4 left ann
        ",
    );
}

/// Its lane can't know whether the invitation is about a seat that it has, or about the next one.
#[test]
fn who_is_invited_and_has_its_seat_is_only_answered() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 resume 1 /room/1 5 invited
        3 g1 1 2 unsubscribe /room/1
        4 g1 request 1 join /room/1 ann 1:3
        5 g1 resume 1 /room/1 5 invited
        6 g1 resume 1 /room/1 5 invited
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=0 status=0 seq=1
        3: g1 answer 1 op=2 status=0 seq=1
        4: g1 reply 1 op=0 status=0 seq=2
        4: g1 invited 1 gen=4 /room/1
        5: g1 answer 1 op=0 status=0 seq=3
        5: g1 subscribed 1 5 e1 #3 [chat=3,members=3,scores=3] ann
        6: g1 answer 1 op=0 status=0 seq=3
        ",
    );
}

/// A back end that may not name the user isn't told whether the user is there.
#[test]
fn who_is_there_is_not_said_to_everybody() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 request 1 create /web/1
        2 g1 request 2 join /web/1 cat discreet
        3 g1 request 3 join /web/1 ann 1:3 discreet
        4 g1 request 4 join /web/1 cat
        5 g1 request 5 join /gone/1 cat discreet
        6 g1 request 6 get /web/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 reply 1 op=0 status=0
        2: g1 reply 2 op=0 status=0
        3: g1 reply 3 op=0 status=0
        3: g1 invited 1 gen=4 /web/1
        4: g1 reply 4 op=0 status=5
        5: g1 reply 5 op=0 status=5
        6: g1 reply 6 op=0 status=0 seq=1 /web/1 seq=1 members=1
        ",
    );
}

#[test]
fn who_can_not_be_put_in_is_named() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 request 1 join /web/1 ann 1:3
        2 g1 request 2 create /small/1
        3 g1 request 3 join /small/1 cat
        4 g1 request 4 join /small/1 ann 1:3
        5 g1 request 5 join /small/1 bob 2:5
        6 g1 request 6 join /user/ann bob 2:5
        7 g1 request 7 join /small/1 no/id 2:5
        8 g1 request 8 join /small/1 bob 1:3
        9 g1 request 9 join /small/1 ann 1:3
        10 g1 request 10 get /small/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 reply 1 op=0 status=5
        2: g1 reply 2 op=0 status=0
        3: g1 reply 3 op=0 status=5
        4: g1 reply 4 op=0 status=0
        4: g1 invited 1 gen=4 /small/1
        5: g1 reply 5 op=0 status=8
        6: g1 reply 6 op=0 status=7
        7: g1 reply 7 op=0 status=3
        8: g1 reply 8 op=0 status=8
        9: g1 reply 9 op=0 status=0 seq=1
        10: g1 reply 10 op=0 status=0 seq=1 /small/1 seq=1 members=1
        ",
    );
}

#[test]
fn a_guest_stays_one_through_resumes_and_sweeps() {
    // The grace of these tests is 1000 ms. Who resumes without naming the room is invited again, so
    // that the sweep finds it under its new generation.
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 request 1 create /web/1
        2 g1 lost 1 ann
        3 g1 request 2 join /web/1 ann 1:3
        100 g2 introduce 7 ann
        100 g2 login 7 ann secret=2 resume=1,1
        101 g2 resume 7 /web/1 9
        3000 g2 7 1 members /web/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 reply 1 op=0 status=0
        2: g1 lost_noted 1
        3: g1 reply 2 op=0 status=0
        100: g2 logged_in 7 0 9 resumed
        100: g2 invited 7 gen=9 /web/1
        101: g2 answer 7 op=0 status=0 seq=1
        101: g2 subscribed 7 9 e1 #1 [chat=1,members=1,scores=1] ann
        3000: g2 answer 7 op=1 status=0 seq=1 ann count=1
        ",
    );
}

#[test]
fn who_is_over_is_not_put_in() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 one
        0 g1 login 1 one
        1 g1 request 1 create /web/1
        1 g1 request 2 join /web/1 one 1:3
        2 g1 introduce 2 one
        2 g1 login 2 one
        3 g1 request 3 join /web/1 one 1:3
        4 g1 request 4 join /web/1 one 1:3 2:11
        ----
        0: g1 logged_in 1 0 4
        1: g1 reply 1 op=0 status=0
        1: g1 reply 2 op=0 status=0
        1: g1 invited 1 gen=4 /web/1
        2: g1 kick 1 3500 gen=4
        2: g1 logged_in 2 0 9
        3: g1 reply 3 op=0 status=5
        4: g1 reply 4 op=0 status=0 seq=2
        4: g1 invited 2 gen=9 /web/1
        ",
    );
}

#[test]
fn a_note_of_a_guest_comes_from_another_node_and_may_come_again() {
    check(
        "
        0 table 1 q1 q2 1 1
        0 g1 up
        0 q2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 q2 note 1 ann 1 /room/x 9 3 guest
        2 q2 note 1 ann 1 /room/x 9 3 guest
        3 q2 note 2 ann 1 /room/y 9 3
        4 g1 lost 1 ann
        5 q2 note 3 ann 1 /room/z 9 4 guest
        6 g1 introduce 1 ann
        ----
        0: g1 logged_in 1 0 4
        1: g1 invited 1 gen=4 /room/x
        1: q2 answer 1 ended=false floor=4 gen=4
        2: g1 invited 1 gen=4 /room/x
        2: q2 answer 1 ended=false floor=4 gen=4
        3: q2 answer 2 ended=false floor=4 gen=4
        4: g1 lost_noted 1
        5: q2 answer 3 ended=false floor=4 gen=4
        6: g1 invited 1 gen=4 /room/x
        6: g1 invited 1 gen=4 /room/z
        ",
    );
}

#[test]
fn a_key_stands_for_its_first_answer() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 request 1 create /web/1
        2 g1 request 2 join /web/1 ann 1:3 key=k
        3 g1 request 3 remove /web/1 ann
        4 g1 request 4 join /web/1 ann key=k
        5 g1 request 5 join /web/1 bob key=k
        ----
        0: g1 logged_in 1 0 4
        1: g1 reply 1 op=0 status=0
        2: g1 reply 2 op=0 status=0
        2: g1 invited 1 gen=4 /web/1
        3: g1 reply 3 op=0 status=0 seq=1
        4: g1 reply 4 op=0 status=0
        5: g1 reply 5 op=0 status=10
        ",
    );
}

#[test]
fn who_was_put_in_since_it_left_takes_its_seat_again() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 request 1 create /web/1
        2 g1 request 2 join /web/1 ann 1:3
        3 g1 resume 1 /web/1 9
        4 g1 1 1 unsubscribe /web/1
        5 g1 request 3 join /web/1 ann 1:3
        6 g1 resume 1 /web/1 9
        7 g1 1 1 unsubscribe /web/1
        8 g1 resume 1 /web/1 9
        9 g1 1 2 unsubscribe /web/1
        9 g1 1 3 unsubscribe /web/1
        10 g1 1 3 unsubscribe /web/1
        11 g1 request 4 join /web/1 ann 1:3
        12 g1 1 3 unsubscribe /web/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 reply 1 op=0 status=0
        2: g1 reply 2 op=0 status=0
        2: g1 invited 1 gen=4 /web/1
        3: g1 answer 1 op=0 status=0 seq=1
        3: g1 subscribed 1 9 e1 #1 [chat=1,members=1,scores=1] ann
        4: g1 answer 1 op=1 status=0 seq=1
        5: g1 reply 3 op=0 status=0 seq=2
        5: g1 invited 1 gen=4 /web/1
        6: g1 answer 1 op=0 status=0 seq=3
        6: g1 subscribed 1 9 e1 #3 [chat=3,members=3,scores=3] ann
        7: g1 answer 1 op=1 status=0 seq=1
        7: g1 unsubscribed 9 [1] ''
        7: g1 invited 1 gen=4 /web/1
        8: g1 answer 1 op=0 status=0 seq=3
        8: g1 subscribed 1 9 e1 #3 [chat=3,members=3,scores=3] ann
        9: g1 answer 1 op=2 status=0 seq=3
        9: g1 answer 1 op=3 status=5
        10: g1 answer 1 op=3 status=5
        11: g1 reply 4 op=0 status=0 seq=4
        11: g1 invited 1 gen=4 /web/1
        12: g1 answer 1 op=3 status=5
        12: g1 invited 1 gen=4 /web/1
        ",
    );
}

//! A `connect` that reaches its home after a later one of the same client.

use super::check;

#[test]
fn a_first_connect_that_is_late_changes_nothing() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 one
        0 g1 login 1 one client=a,2
        1 g1 1 1 subscribe /room/1 sub=5
        2 g2 introduce 2 one
        2 g2 login 2 one client=a,1
        3 g2 introduce 2 one
        3 g2 login 2 one client=a,1
        4 g1 1 2 send /room/1 chat still
        5 g1 lost 1 one
        6 g2 introduce 3 one
        6 g2 login 3 one client=a,1
        7 g1 request 1 user /user/one
        8 g1 introduce 4 one
        8 g1 login 4 one client=a,3
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] one
        2: g2 logged_in 2 16 0 code=3002
        3: g2 logged_in 2 16 0 code=3002
        4: g1 answer 1 op=2 status=0 seq=2
        4: g1 event 5 #2 chat one:still
        5: g1 lost_noted 1
        6: g2 logged_in 3 16 0 code=3002
        7: g1 reply 1 op=0 status=0 one online +0 [g test +0 detached] /room/1
        8: g1 logged_in 4 0 12
        8: g1 unsubscribed 5 [1] 'replaced'
        ",
    );
}

#[test]
fn a_resume_that_is_late_takes_nothing_over() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 one
        0 g1 login 1 one secret=1 client=a,1
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 lost 1 one
        3 g1 introduce 2 one
        3 g1 login 2 one secret=2 resume=1,1 client=a,3
        4 g2 introduce 3 one
        4 g2 login 3 one secret=3 resume=1,1 client=a,2
        5 g2 introduce 4 one
        5 g2 login 4 one secret=4 resume=1,1 only client=a,2
        6 g1 introduce 2 one id=1
        6 g1 confirmed 2 one
        7 g1 2 2 send /room/1 chat still
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] one
        2: g1 lost_noted 1
        3: g1 logged_in 2 0 9 resumed
        3: g1 unsubscribed 5 [1] ''
        4: g2 logged_in 3 16 0 code=3002
        5: g2 logged_in 4 16 0 code=3002
        7: g1 answer 2 op=2 status=0 seq=2
        ",
    );
}

#[test]
fn a_connect_is_late_by_its_own_client_and_user_alone() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 one
        0 g1 login 1 one client=a,5
        1 g1 introduce 2 ann
        1 g1 login 2 ann client=a,1
        2 g1 introduce 3 one
        2 g1 login 3 one client=b,1
        3 g1 introduce 4 one
        3 g1 login 4 one
        4 g1 introduce 5 one
        4 g1 login 5 one
        5 g1 introduce 6 one
        5 g1 login 6 one client=a,4
        ----
        0: g1 logged_in 1 0 4
        1: g1 logged_in 2 0 8
        2: g1 kick 1 3500 gen=4
        2: g1 logged_in 3 0 11
        3: g1 kick 3 3500 gen=11
        3: g1 logged_in 4 0 16
        4: g1 kick 4 3500 gen=16
        4: g1 logged_in 5 0 21
        5: g1 logged_in 6 16 0 code=3002
        ",
    );
}

#[test]
fn a_connect_of_the_same_number_is_not_late() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 one
        0 g1 login 1 one secret=1 client=a,7
        1 g1 login 1 one secret=1 client=a,7
        2 g1 introduce 2 one
        2 g1 login 2 one secret=2 resume=1,1 client=a,7
        3 g1 introduce 3 one
        3 g1 login 3 one secret=3 client=a,7
        ----
        0: g1 logged_in 1 0 4
        1: g1 logged_in 1 0 4
        2: g1 kick 1 3509 gen=4
        2: g1 logged_in 2 0 6 resumed
        3: g1 kick 2 3500 gen=6
        3: g1 logged_in 3 0 8
        ",
    );
}

#[test]
fn where_many_sessions_may_be_each_of_them_counts() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 two
        0 g1 login 1 two client=a,2
        1 g1 introduce 2 two
        1 g1 login 2 two client=b,9
        2 g1 introduce 3 two
        2 g1 login 3 two client=a,1
        3 g1 introduce 4 two
        3 g1 login 4 two client=b,8
        4 g1 introduce 5 two
        4 g1 login 5 two client=c,1
        ----
        0: g1 logged_in 1 0 4
        1: g1 logged_in 2 0 7 floor=4
        2: g1 logged_in 3 16 0 code=3002
        3: g1 logged_in 4 16 0 code=3002
        4: g1 kick 1 3500 gen=4
        4: g1 logged_in 5 0 12 floor=7
        ",
    );
}

#[test]
fn a_connect_is_late_even_if_the_newer_session_has_ended() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 one
        0 g1 login 1 one client=a,2
        1 g1 lost 1 one bye
        2 g1 introduce 2 one
        2 g1 login 2 one client=b,1
        3 g2 introduce 3 one
        3 g2 login 3 one client=a,1
        4 g2 introduce 4 one
        4 g2 login 4 one secret=4 resume=2,2 client=a,1
        5 g1 introduce 5 one
        5 g1 login 5 one client=a,2
        ----
        0: g1 logged_in 1 0 4
        1: g1 lost_noted 1
        2: g1 logged_in 2 0 10
        3: g2 logged_in 3 16 0 code=3002
        4: g2 logged_in 4 16 0 code=3002
        5: g1 kick 2 3500 gen=10
        5: g1 logged_in 5 0 15
        ",
    );
}

#[test]
fn a_connect_is_late_even_if_another_client_has_resumed_the_session() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 one
        0 g1 login 1 one secret=1 client=a,2
        1 g1 lost 1 one
        2 g1 introduce 2 one
        2 g1 login 2 one secret=2 resume=1,1 client=b,1
        3 g2 introduce 3 one
        3 g2 login 3 one client=a,1
        ----
        0: g1 logged_in 1 0 4
        1: g1 lost_noted 1
        2: g1 logged_in 2 0 7 resumed
        3: g2 logged_in 3 16 0 code=3002
        ",
    );
}

#[test]
fn what_a_client_tried_is_forgotten_when_nothing_of_it_can_be_on_its_way() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 one
        0 g1 login 1 one client=a,2
        1 g1 lost 1 one bye
        2 g1 introduce 2 one
        2 g1 login 2 one client=a,3
        3 g1 lost 2 one bye
        1900 g1 introduce 3 one
        1900 g1 login 3 one client=a,2
        2300 g1 introduce 4 one
        2300 g1 login 4 one client=a,2
        ----
        0: g1 logged_in 1 0 4
        1: g1 lost_noted 1
        2: g1 logged_in 2 0 10
        3: g1 lost_noted 2
        1900: g1 logged_in 3 16 0 code=3002
        2300: g1 logged_in 4 0 18
        ",
    );
}

#[test]
fn a_client_that_comes_anew_takes_the_place_of_its_own_session() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 old
        0 g1 login 1 old client=a,1
        1 g1 confirmed 1 old
        2 g2 introduce 2 old
        2 g2 login 2 old client=a,2
        3 g2 confirmed 2 old
        4 g1 introduce 3 old
        4 g1 login 3 old client=b,3
        5 g1 introduce 4 two
        5 g1 login 4 two client=a,1
        6 g1 introduce 5 two
        6 g1 login 5 two client=b,1
        7 g1 introduce 6 two
        7 g1 login 6 two client=b,2
        8 g1 introduce 7 two
        8 g1 login 7 two
        ----
        0: g1 logged_in 1 0 4
        2: g1 kick 1 3500 gen=4
        2: g2 logged_in 2 0 8
        4: g1 logged_in 3 10 0 code=3506
        5: g1 logged_in 4 0 4
        6: g1 logged_in 5 0 7 floor=4
        7: g1 kick 5 3500 gen=7
        7: g1 logged_in 6 0 10 floor=4
        8: g1 kick 4 3500 gen=4
        8: g1 logged_in 7 0 15 floor=10
        ",
    );
}

//! Sessions that go on on another connection.

use super::check;

#[test]
fn a_session_goes_on_and_nobody_else_hears_of_it() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g2 introduce 2 bob
        0 g2 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5 mounts=chat
        1 g2 2 1 subscribe /room/1 sub=9
        2 g1 lost 1 ann
        2 g1 detach 1 /room/1 5
        3 g2 2 2 send /room/1 chat missed
        3 g2 2 3 set /room/1 k=1
        4 g2 introduce 7 ann
        4 g2 login 7 ann secret=2 resume=1,1
        5 g2 introduce 7 ann id=1
        5 g2 confirmed 7 ann
        5 g2 resume 7 /room/1 9 e1:chat=1
        5 g2 resume 7 /room/2 10 e1:chat=1
        6 g2 2 4 send /room/1 chat live
        7 g2 7 2 send /room/1 chat back
        3000 g2 2 5 members /room/1
        ----
        0: g1 logged_in 1 0 4
        0: g2 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1]
        1: g2 answer 2 op=1 status=0
        1: g2 subscribed 2 9 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: g1 lost_noted 1
        2: g1 unsubscribed 5 [1] '' detached
        3: g2 answer 2 op=2 status=0 seq=2
        3: g2 event 9 #2 chat bob:missed
        3: g2 answer 2 op=3 status=0 seq=3
        3: g2 event 9 #3 scores bob:k=1
        4: g2 logged_in 7 0 14 resumed
        5: g2 answer 7 op=0 status=0 seq=3
        5: g2 answer 7 op=0 status=5
        5: g2 subscribed 7 9 e1 #3 [chat=1] recovered +1
        5: g2 missed 7 9 #2 chat bob:missed
        6: g2 answer 2 op=4 status=0 seq=4
        6: g2 event 9 #4 chat bob:live
        7: g2 answer 7 op=2 status=0 seq=5
        7: g2 event 9 #5 chat ann:back
        3000: g2 answer 2 op=5 status=0 seq=5 ann bob count=2
        ",
    );
}

#[test]
fn it_does_not_wait_for_the_old_connection() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 1 1 subscribe /room/1 sub=5
        2 g2 introduce 7 ann
        2 g2 login 7 ann secret=2 resume=1,1
        3 g2 introduce 7 ann id=1
        3 g2 resume 7 /room/1 9 e1:chat=1,scores=1,members=1
        4 g1 1 2 send /room/1 chat late
        4 g1 lost 1 ann bye
        4 g1 detach 1 /room/1 5
        4 g1 attach /room/1 5 e1 1 1
        5 g1 introduce 1 ann gen=4
        5 g1 resume 1 /room/1 5 e1:chat=1,scores=1,members=1
        6 g2 7 3 send /room/1 chat mine
        7 g1 down
        2000 g2 7 4 members /room/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 kick 1 3509 gen=4
        2: g1 unsubscribed 5 [1] ''
        2: g2 logged_in 7 0 8 resumed
        3: g2 answer 7 op=0 status=0 seq=1
        3: g2 subscribed 7 9 e1 #1 [chat=1,members=1,scores=1] recovered
        4: g1 answer 1 op=2 status=16
        4: g1 lost_noted 1
        4: g1 unsubscribed 5 [1] '' detached
        4: g1 attached 5 e1 #1 recovered elsewhere [1]
        5: g1 kick 1 3509 gen=4
        5: g1 answer 1 op=0 status=16
        6: g2 answer 7 op=3 status=0 seq=2
        6: g2 event 9 #2 chat ann:mine
        2000: g2 answer 7 op=4 status=0 seq=2 ann count=1
        ",
    );
}

#[test]
fn the_secret_before_is_good_until_the_client_has_the_new_one() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 lost 1 ann
        2 g1 introduce 2 ann
        2 g1 login 2 ann secret=2 resume=1,1
        3 g1 lost 2 ann
        4 g1 introduce 3 ann
        4 g1 login 3 ann secret=3 resume=1,1
        5 g1 confirmed 3 ann
        6 g1 introduce 4 ann
        6 g1 login 4 ann secret=4 resume=1,1
        7 g1 introduce 5 ann
        7 g1 login 5 ann secret=5 resume=1,2
        8 g1 introduce 6 ann
        8 g1 login 6 ann secret=6 resume=1,3
        9 g1 introduce 7 bob
        9 g1 login 7 bob secret=7 resume=1,6
        ----
        0: g1 logged_in 1 0 4
        1: g1 lost_noted 1
        2: g1 logged_in 2 0 7 resumed
        3: g1 lost_noted 2
        4: g1 logged_in 3 0 9 resumed
        6: g1 logged_in 4 16 0 code=3002
        7: g1 logged_in 5 0 13 floor=9
        8: g1 kick 3 3509 gen=9
        8: g1 logged_in 6 0 15 resumed floor=13
        9: g1 logged_in 7 0 18
        ",
    );
}

#[test]
fn a_connect_that_comes_late_throws_nobody_out() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 lost 1 ann
        2 g1 introduce 2 ann
        2 g1 login 2 ann secret=2 resume=1,1
        3 g1 confirmed 2 ann
        4 g1 lost 2 ann
        5 g1 introduce 3 ann
        5 g1 login 3 ann secret=3 resume=1,2
        6 g1 lost 3 ann
        7 g1 introduce 4 ann
        7 g1 login 4 ann secret=4 resume=1,3
        8 g1 introduce 5 ann
        8 g1 login 5 ann secret=5 resume=1,1
        9 g1 introduce 6 ann
        9 g1 login 6 ann secret=6 resume=1,2
        10 g1 introduce 7 bob
        10 g1 login 7 bob secret=7 resume=1,1
        11 g1 lost 4 ann bye
        12 g1 introduce 8 ann
        12 g1 login 8 ann secret=8 resume=1,1
        ----
        0: g1 logged_in 1 0 4
        1: g1 lost_noted 1
        2: g1 logged_in 2 0 7 resumed
        4: g1 lost_noted 2
        5: g1 logged_in 3 0 10 resumed
        6: g1 lost_noted 3
        7: g1 logged_in 4 0 12 resumed
        8: g1 logged_in 5 16 0 code=3002
        9: g1 logged_in 6 16 0 code=3002
        10: g1 logged_in 7 0 17
        11: g1 lost_noted 4
        12: g1 logged_in 8 0 23
        ",
    );
}

#[test]
fn two_resumes_at_once_leave_one() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 introduce 2 ann
        1 g2 introduce 3 ann
        1 g1 login 2 ann secret=2 resume=1,1
        1 g2 login 3 ann secret=3 resume=1,1
        2 g1 introduce 2 ann id=1
        ----
        0: g1 logged_in 1 0 4
        1: g1 kick 1 3509 gen=4
        1: g1 logged_in 2 0 6 resumed
        1: g1 kick 2 3509 gen=6
        1: g2 logged_in 3 0 7 resumed
        ",
    );
}

#[test]
fn a_login_that_comes_again_is_answered_as_before() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 lost 1 ann
        2 g1 introduce 2 ann
        2 g1 login 2 ann secret=2 resume=1,1
        3 g1 down
        4 g1 up
        4 g1 introduce 2 ann
        4 g1 login 2 ann secret=2 resume=1,1
        5 g1 introduce 3 ann
        5 g1 login 3 ann secret=3 resume=1,2
        6 g1 introduce 4 ann id=2
        6 g1 login 4 ann secret=2 resume=1,1
        7 g1 introduce 5 ann id=1
        7 g1 login 5 ann secret=1
        8 g1 lost 3 ann bye
        9 g1 introduce 6 ann id=3
        9 g1 login 6 ann secret=3 resume=1,2
        ----
        0: g1 logged_in 1 0 4
        1: g1 lost_noted 1
        2: g1 logged_in 2 0 7 resumed
        4: g1 logged_in 2 0 7 resumed
        5: g1 kick 2 3509 gen=7
        5: g1 logged_in 3 0 10 resumed
        6: g1 logged_in 4 16 0 code=3509
        7: g1 logged_in 5 16 0 code=3509
        8: g1 lost_noted 3
        9: g1 logged_in 6 16 0 code=3000
        ",
    );
}

#[test]
fn grace_ends_who_does_not_come_back() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        2 g1 lost 1 ann
        500 g1 introduce 3 ann
        500 g1 login 3 ann secret=3 resume=1,1
        501 g1 introduce 3 ann id=1
        502 g1 resume 3 /room/1 5 e1:chat=1,scores=1,members=1
        1100 g1 2 2 members /room/1
        1200 g1 lost 3 ann
        2190 g1 2 3 members /room/1
        2300 g1 2 4 members /room/1
        2490 g1 2 5 members /room/1
        2490 g1 introduce 4 ann
        2490 g1 login 4 ann resume=1,3
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: g1 lost_noted 1
        500: g1 logged_in 3 0 14 resumed
        500: g1 unsubscribed 5 [1] ''
        502: g1 answer 3 op=0 status=0 seq=1
        502: g1 subscribed 3 5 e1 #1 [chat=1,members=1,scores=1] recovered
        1100: g1 answer 2 op=2 status=0 seq=1 ann bob count=2
        1200: g1 lost_noted 3
        2190: g1 answer 2 op=3 status=0 seq=1 ann bob count=2
        2300: g1 unsubscribed 5 [3] 'lost'
        2300: g1 event 5 #2 left ann (lost)
        2300: g1 answer 2 op=4 status=0 seq=2 bob count=1
        2490: g1 answer 2 op=5 status=0 seq=2 bob count=1
        2490: g1 logged_in 4 0 27
        ",
    );
}

#[test]
fn what_a_client_does_not_come_back_to_is_swept() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 1 2 subscribe /room/2 sub=6
        1 g1 2 1 subscribe /room/1 sub=5
        1 g1 2 2 subscribe /room/2 sub=6
        2 g1 introduce 3 ann
        2 g1 login 3 ann secret=3 resume=1,1
        3 g1 introduce 3 ann id=1
        3 g1 resume 3 /room/1 5 e2:chat=1,scores=1,members=1
        600 g1 introduce 4 ann
        600 g1 login 4 ann secret=4 resume=1,3
        601 g1 introduce 4 ann id=1
        601 g1 resume 4 /room/1 5 e2:chat=1,scores=1,members=1
        1100 g1 2 3 members /room/1
        1100 g1 2 4 members /room/2
        2500 g1 2 5 members /room/1
        2501 g1 request 1 user /user/ann
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 1 op=2 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 answer 2 op=2 status=0
        1: g1 subscribed 1 6 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 6 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 1 5 e2 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e2 #1 [chat=1,members=1,scores=1] ann,bob
        2: g1 kick 1 3509 gen=4
        2: g1 logged_in 3 0 15 resumed
        2: g1 unsubscribed 5 [1] ''
        2: g1 unsubscribed 6 [1] ''
        3: g1 answer 3 op=0 status=0 seq=1
        3: g1 subscribed 3 5 e2 #1 [chat=1,members=1,scores=1] recovered
        600: g1 kick 3 3509 gen=15
        600: g1 logged_in 4 0 20 resumed
        600: g1 unsubscribed 5 [3] ''
        601: g1 answer 4 op=0 status=0 seq=1
        601: g1 subscribed 4 5 e2 #1 [chat=1,members=1,scores=1] recovered
        1100: g1 event 6 #2 left ann (not resumed)
        1100: g1 answer 2 op=3 status=0 seq=1 ann bob count=2
        1100: g1 answer 2 op=4 status=0 seq=2 bob count=1
        2500: g1 answer 2 op=5 status=0 seq=1 ann bob count=2
        2501: g1 reply 1 op=0 status=0 ann online +0 [g test +0] /room/1
        ",
    );
}

#[test]
fn a_resume_that_comes_again_in_the_next_reign_is_the_same() {
    check(
        "
        0 table 2 q1 q1 0 1
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 introduce 7 ann
        1 g1 login 7 ann secret=2 resume=1,1
        2 table 3 q1 q1 0 2
        2 reign 2
        2 g1 login 7 ann secret=2 resume=1,1
        ----
        0: g1 logged_in 1 0 4
        1: g1 kick 1 3509 gen=4
        1: g1 logged_in 7 0 6 resumed
        2: g1 moved 0 q1
        2: g1 moved 1 q1
        2: g1 logged_in 7 0 6 resumed
        ",
    );
}

//! Mounts that the back end adds and takes away, and users that it takes out.

use super::check;

#[test]
fn mounts_come_and_go() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 request 1 mount /room/1 news message
        3 g1 request 2 mount /room/1 news state
        4 g1 request 3 mount /room/1 more lists
        5 g1 request 4 mount /room/1 members state
        6 g1 request 5 send /room/1 news hello
        7 g1 request 6 unmount /room/1 chat
        8 g1 1 2 send /room/1 chat gone
        9 g1 request 7 unmount /room/1 chat
        10 g1 1 3 subscribe /room/1 sub=5 since=e1:scores=1,news=1,members=1
        11 g1 request 8 mount /room/1 chat state
        12 g1 1 4 subscribe /room/1 sub=5
        13 g1 request 9 mount /nowhere/1 chat state
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 reply 1 op=0 status=0 seq=2
        2: g1 event 5 #2 mount_created news 0
        3: g1 reply 2 op=0 status=10
        4: g1 reply 3 op=0 status=3
        5: g1 reply 4 op=0 status=3
        6: g1 reply 5 op=0 status=0 seq=3
        6: g1 event 5 #3 news :hello
        7: g1 reply 6 op=0 status=0 seq=4
        7: g1 event 5 #4 mount_deleted chat 0
        8: g1 answer 1 op=2 status=5
        9: g1 reply 7 op=0 status=5
        10: g1 answer 1 op=3 status=0 seq=4
        10: g1 subscribed 1 5 e1 #4 [members=1,news=1,scores=1] recovered +3
        10: g1 missed 1 5 #2 mount_created news 0
        10: g1 missed 1 5 #3 news :hello
        10: g1 missed 1 5 #4 mount_deleted chat 0
        11: g1 reply 8 op=0 status=0 seq=5
        11: g1 event 5 #5 mount_created chat 1
        12: g1 answer 1 op=4 status=0 seq=5
        12: g1 subscribed 1 5 e1 #5 [chat=5,members=5,news=5,scores=5] ann
        13: g1 reply 9 op=0 status=5
        ",
    );
}

#[test]
fn the_place_of_a_mount_is_used_again_when_nobody_can_hear_of_it() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5 mounts=members
        2 g1 request 2 mount /room/1 m2 message
        3 g1 request 3 mount /room/1 m3 message
        4 g1 request 4 mount /room/1 m4 message
        5 g1 request 5 mount /room/1 m5 message
        6 g1 request 6 mount /room/1 m6 message
        7 g1 request 7 mount /room/1 m7 message
        8 g1 request 8 mount /room/1 m8 message
        9 g1 request 9 mount /room/1 m9 message
        10 g1 request 10 mount /room/1 m10 message
        11 g1 request 11 mount /room/1 m11 message
        12 g1 request 12 mount /room/1 m12 message
        13 g1 request 13 mount /room/1 m13 message
        14 g1 request 14 mount /room/1 m14 message
        15 g1 request 15 mount /room/1 m15 message
        16 g1 request 16 mount /room/1 full message
        17 g1 request 17 send /room/1 m3 hello
        18 g1 request 18 unmount /room/1 m3
        19 g1 request 19 mount /room/1 full message
        3000 g1 request 20 mount /room/1 fits message
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [members=1] ann
        2: g1 reply 2 op=0 status=0 seq=2
        2: g1 event 5 #2 mount_created m2 0
        3: g1 reply 3 op=0 status=0 seq=3
        3: g1 event 5 #3 mount_created m3 0
        4: g1 reply 4 op=0 status=0 seq=4
        4: g1 event 5 #4 mount_created m4 0
        5: g1 reply 5 op=0 status=0 seq=5
        5: g1 event 5 #5 mount_created m5 0
        6: g1 reply 6 op=0 status=0 seq=6
        6: g1 event 5 #6 mount_created m6 0
        7: g1 reply 7 op=0 status=0 seq=7
        7: g1 event 5 #7 mount_created m7 0
        8: g1 reply 8 op=0 status=0 seq=8
        8: g1 event 5 #8 mount_created m8 0
        9: g1 reply 9 op=0 status=0 seq=9
        9: g1 event 5 #9 mount_created m9 0
        10: g1 reply 10 op=0 status=0 seq=10
        10: g1 event 5 #10 mount_created m10 0
        11: g1 reply 11 op=0 status=0 seq=11
        11: g1 event 5 #11 mount_created m11 0
        12: g1 reply 12 op=0 status=0 seq=12
        12: g1 event 5 #12 mount_created m12 0
        13: g1 reply 13 op=0 status=0 seq=13
        13: g1 event 5 #13 mount_created m13 0
        14: g1 reply 14 op=0 status=0 seq=14
        14: g1 event 5 #14 mount_created m14 0
        15: g1 reply 15 op=0 status=0 seq=15
        15: g1 event 5 #15 mount_created m15 0
        16: g1 reply 16 op=0 status=8
        17: g1 reply 17 op=0 status=0 seq=16
        17: g1 event 5 #16 m3 :hello
        18: g1 reply 18 op=0 status=0 seq=17
        18: g1 event 5 #17 mount_deleted m3 0
        19: g1 reply 19 op=0 status=8
        3000: g1 reply 20 op=0 status=0 seq=18
        3000: g1 event 5 #18 mount_created fits 0
        ",
    );
}

#[test]
fn a_user_is_taken_out() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 ann
        0 g1 login 2 ann
        0 g1 introduce 3 bob
        0 g1 login 3 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        1 g1 3 1 subscribe /room/1 sub=5
        2 g1 request 1 remove /room/1 ann
        3 g1 request 2 remove /room/1 ann
        4 g1 request 3 user /user/ann
        5 g1 1 2 subscribe /room/1 sub=5
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 7 floor=4
        0: g1 logged_in 3 0 11
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g1 answer 2 op=1 status=0 seq=1
        1: g1 answer 3 op=1 status=0 seq=1
        1: g1 event 5 #2 joined bob
        1: g1 subscribed 2 5 e1 #2 [chat=2,members=2,scores=2] ann,bob
        1: g1 subscribed 3 5 e1 #2 [chat=2,members=2,scores=2] ann,bob
        2: g1 reply 1 op=0 status=0 seq=2
        2: g1 unsubscribed 5 [1] 'removed by the application'
        2: g1 unsubscribed 5 [2] 'removed by the application'
        2: g1 event 5 #3 left ann (removed by the application)
        3: g1 reply 2 op=0 status=5
        4: g1 reply 3 op=0 status=0 ann online +0 [g test +0] [g test +0]
        5: g1 answer 1 op=2 status=0 seq=3
        5: g1 event 5 #4 joined ann
        5: g1 subscribed 1 5 e1 #4 [chat=4,members=4,scores=4] bob,ann
        ",
    );
}

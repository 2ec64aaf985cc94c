//! Classes that change while their queues are there.

use super::check;

#[test]
fn queues_have_new_options_at_once() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 1 2 send /room/1 chat one
        1 g1 1 3 send /room/1 chat two
        2 config max_members /room/* 1 history /room/* 1
        3 g1 2 1 subscribe /room/1 sub=5
        3 g1 1 4 history /room/1
        4 config join /room/* server send /room/* server history /room/* 0
        5 g1 2 2 subscribe /room/1 sub=5
        5 g1 1 5 send /room/1 chat three
        5 g1 1 6 history /room/1
        6 config presence_off /room/* 0 tells /room/* 0
        7 g1 2 3 subscribe /room/1 sub=5
        7 g1 1 7 unsubscribe /room/1
        7 g1 2 4 unsubscribe /room/1
        8 config idle_ttl /room/* 10
        30 g1 1 8 members /room/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g1 answer 1 op=2 status=0 seq=2
        1: g1 event 5 #2 chat ann:one
        1: g1 answer 1 op=3 status=0 seq=3
        1: g1 event 5 #3 chat ann:two
        3: g1 answer 2 op=1 status=8
        3: g1 answer 1 op=4 status=0 seq=3 #3:two
        5: g1 answer 2 op=2 status=7
        5: g1 answer 1 op=5 status=7
        5: g1 answer 1 op=6 status=0 seq=3
        7: g1 answer 2 op=3 status=0 seq=3
        7: g1 answer 1 op=7 status=0 seq=3
        7: g1 subscribed 2 5 e1 #3 [chat=3,members=3,scores=3]
        7: g1 answer 2 op=4 status=0 seq=3
        7: g1 tell 1 app joined /room/1 e1 #22 bob gen=8
        7: g1 tell 2 app left /room/1 e1 #23 ann gen=4
        7: g1 tell 3 app left /room/1 e1 #26 bob gen=8
        7: g1 tell 4 app queue_last_leave /room/1 e1 #27
        30: g1 answer 1 op=8 status=5
        ",
    );
}

#[test]
fn a_queue_keeps_its_mounts_and_has_their_new_options() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 1 2 set /room/1 a=1
        2 config send /room/* server add_mount /room/* news max_members /room/* 1
        3 g1 1 3 send /room/1 chat no
        3 g1 1 4 send /room/1 news no
        3 g1 1 5 get /room/1
        4 g1 1 6 subscribe /room/2 sub=6
        5 config max_members /room/* 2
        6 g1 1 7 send /room/1 chat yes
        6 g1 1 8 send /room/1 news no
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        1: g1 answer 1 op=2 status=0 seq=2
        1: g1 event 5 #2 scores ann:a=1
        3: g1 answer 1 op=3 status=7
        3: g1 answer 1 op=4 status=5
        3: g1 answer 1 op=5 status=0 seq=2 a=1v2
        4: g1 answer 1 op=6 status=0
        4: g1 subscribed 1 6 e2 #1 [chat=1,members=1,news=1,scores=1] ann
        6: g1 answer 1 op=7 status=0 seq=3
        6: g1 event 5 #3 chat ann:yes
        6: g1 answer 1 op=8 status=5
        ",
    );
}

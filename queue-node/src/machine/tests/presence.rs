//! What members learn of each other: who is there, how many, or nothing.

use super::check;

#[test]
fn only_how_many_there_are() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g1 introduce 2 ann
        0 g1 login 2 ann
        0 g1 introduce 3 bob
        0 g1 login 3 bob
        0 g2 introduce 4 cid
        0 g2 login 4 cid
        1 g1 1 1 subscribe /quiet/1 sub=5
        2 g1 2 1 subscribe /quiet/1 sub=5
        3 g1 3 1 subscribe /quiet/1 sub=5
        3 g2 4 1 subscribe /quiet/1 sub=9
        4 g2 4 2 members /quiet/1
        5 g1 1 2 unsubscribe /quiet/1
        6 g2 4 3 members /quiet/1
        7 g1 3 2 unsubscribe /quiet/1
        8 g2 4 4 subscribe /quiet/1 sub=9
        9 g2 4 5 subscribe /quiet/1 sub=9 mounts=chat
        10 g1 2 2 unsubscribe /quiet/1
        10 g1 3 3 subscribe /quiet/1 sub=5
        10 g1 1 3 subscribe /quiet/1 sub=5
        11 g1 request 1 get /quiet/1
        11 g1 request 2 members /quiet/1
        12 g1 lost 1 ann bye
        13 g2 4 6 members /quiet/1
        14 g2 4 7 unsubscribe /quiet/1
        14 g1 3 4 unsubscribe /quiet/1
        15 g1 3 5 members /quiet/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 7 floor=4
        0: g1 logged_in 3 0 11
        0: g2 logged_in 4 0 15
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #0 [chat=0,members=0,scores=0] count=1
        2: g1 answer 2 op=1 status=0
        2: g1 subscribed 2 5 e1 #0 [chat=0,members=0,scores=0] count=1
        3: g1 answer 3 op=1 status=0
        3: g1 subscribed 3 5 e1 #0 [chat=0,members=0,scores=0] count=3
        3: g2 answer 4 op=1 status=0
        3: g2 subscribed 4 9 e1 #0 [chat=0,members=0,scores=0] count=3
        4: g2 answer 4 op=2 status=0 count=3
        5: g1 answer 1 op=2 status=0
        6: g2 answer 4 op=3 status=0 count=3
        7: g1 answer 3 op=2 status=0
        8: g2 answer 4 op=4 status=0
        8: g2 subscribed 4 9 e1 #0 [chat=0,members=0,scores=0] count=2
        9: g2 answer 4 op=5 status=0
        9: g2 subscribed 4 9 e1 #0 [chat=0]
        10: g1 answer 2 op=2 status=0
        10: g1 answer 3 op=3 status=0
        10: g1 subscribed 3 5 e1 #0 [chat=0,members=0,scores=0] count=2
        10: g1 answer 1 op=3 status=0
        10: g1 subscribed 1 5 e1 #0 [chat=0,members=0,scores=0] count=3
        11: g1 reply 1 op=0 status=0 /quiet/1 seq=0 members=3
        11: g1 reply 2 op=0 status=0 ann bob cid count=3
        12: g1 lost_noted 1
        12: g1 unsubscribed 5 [1] 'bye'
        13: g2 answer 4 op=6 status=0 count=2
        14: g2 answer 4 op=7 status=0
        14: g1 answer 3 op=4 status=0
        15: g1 answer 3 op=5 status=0 count=0
        ",
    );
}

#[test]
fn nothing_is_said_of_others() {
    check(
        "
        0 config presence_off /room/* -
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 2 1 subscribe /room/1 sub=5
        3 g1 2 2 members /room/1
        4 g1 1 2 send /room/1 chat hi
        5 g1 1 3 unsubscribe /room/1
        6 g1 2 3 subscribe /room/1 sub=5
        7 g1 request 1 get /room/1
        7 g1 request 2 members /room/1
        ----
        0: g1 logged_in 1 0 5
        0: g1 logged_in 2 0 9
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #0 [chat=0,members=0,scores=0]
        2: g1 answer 2 op=1 status=0
        2: g1 subscribed 2 5 e1 #0 [chat=0,members=0,scores=0]
        3: g1 answer 2 op=2 status=7
        4: g1 answer 1 op=2 status=0 seq=1
        4: g1 event 5 #1 chat ann:hi
        5: g1 answer 1 op=3 status=0 seq=1
        6: g1 answer 2 op=3 status=0 seq=1
        6: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1]
        7: g1 reply 1 op=0 status=0 seq=1 /room/1 seq=1 members=1
        7: g1 reply 2 op=0 status=0 seq=1 bob count=1
        ",
    );
}

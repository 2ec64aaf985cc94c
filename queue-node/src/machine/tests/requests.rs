//! Requests of web back ends.

use super::check;

#[test]
fn queues_are_created_read_listed_and_deleted() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 request 1 create /web/1
        2 g1 request 2 create /web/1
        3 g1 request 3 create /nowhere/1
        4 g1 request 4 create /user/ann
        5 g1 1 1 subscribe /room/1 sub=5
        6 g1 request 5 send /room/1 chat hello
        7 g1 request 6 get /room/1
        8 g1 request 7 list /room/1
        9 g1 request 8 delete /room/1
        10 g1 request 9 delete /room/1
        11 g1 1 2 send /room/1 chat hi
        ----
        0: g1 logged_in 1 0 4
        1: g1 reply 1 op=0 status=0
        2: g1 reply 2 op=0 status=10
        3: g1 reply 3 op=0 status=5
        4: g1 reply 4 op=0 status=7
        5: g1 answer 1 op=1 status=0
        5: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        6: g1 reply 5 op=0 status=0 seq=2
        6: g1 event 5 #2 chat :hello
        7: g1 reply 6 op=0 status=0 seq=2 /room/1 seq=2 members=1
        8: g1 reply 7 op=0 status=0 /room/1
        9: g1 reply 8 op=0 status=0 seq=2
        9: g1 unsubscribed 5 [] 'the queue was deleted'
        10: g1 reply 9 op=0 status=5
        11: g1 answer 1 op=2 status=5
        ",
    );
}

#[test]
fn an_idempotency_key_is_remembered() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 request 1 send /room/1 chat hello key=k
        3 g1 request 2 send /room/1 chat hello key=k
        4 g1 request 3 create /room/1 key=k
        5 g1 request 4 send /room/1 chat hello key=l
        20000 g1 request 5 send /room/1 chat hello key=k
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 reply 1 op=0 status=0 seq=2
        2: g1 event 5 #2 chat :hello
        3: g1 reply 2 op=0 status=0 seq=2
        4: g1 reply 3 op=0 status=10
        5: g1 reply 4 op=0 status=0 seq=3
        5: g1 event 5 #3 chat :hello
        20000: g1 reply 5 op=0 status=0 seq=4
        20000: g1 event 5 #4 chat :hello
        ",
    );
}

//! State mounts.

use super::check;

#[test]
fn keys_are_set_added_compared_and_deleted() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 set /room/1 a=1 b=x
        3 g1 1 3 set /room/1 a+41 n+5
        4 g1 1 4 set /room/1 a=9@1
        5 g1 1 5 set /room/1 a=9@3 b=y?
        6 g1 1 6 set /room/1 a=9@3
        7 g1 1 7 set /room/1 b+1
        8 g1 1 8 set /room/1 -b -gone
        9 g1 1 9 set /room/1 -gone
        10 g1 1 10 set /room/1 new=1@0
        11 g1 1 11 set /room/1 c=1 c=2
        12 g1 1 12 get /room/1
        13 g1 1 13 get /room/1 limit=1
        14 g1 1 14 get /room/1 limit=2 after=a
        15 g1 1 15 get /room/1 prefix=n
        16 g1 1 16 subscribe /room/1 sub=5 prefix=n
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 scores ann:a=1,b=x
        3: g1 answer 1 op=3 status=0 seq=3
        3: g1 event 5 #3 scores ann:a=42,n=5
        4: g1 answer 1 op=4 status=9
        5: g1 answer 1 op=5 status=9
        6: g1 answer 1 op=6 status=0 seq=4
        6: g1 event 5 #4 scores ann:a=9
        7: g1 answer 1 op=7 status=9
        8: g1 answer 1 op=8 status=0 seq=5
        8: g1 event 5 #5 scores ann:-b
        9: g1 answer 1 op=9 status=0 seq=5
        10: g1 answer 1 op=10 status=0 seq=6
        10: g1 event 5 #6 scores ann:new=1
        11: g1 answer 1 op=11 status=3
        12: g1 answer 1 op=12 status=0 seq=6 a=9v4 n=5v3 new=1v6
        13: g1 answer 1 op=13 status=0 seq=6 a=9v4 next=a
        14: g1 answer 1 op=14 status=0 seq=6 n=5v3 new=1v6
        15: g1 answer 1 op=15 status=0 seq=6 n=5v3 new=1v6
        16: g1 answer 1 op=16 status=0 seq=6
        16: g1 subscribed 1 5 e1 #6 [chat=6,members=6,scores=6] n=5v3 new=1v6 ann
        ",
    );
}

#[test]
fn keys_expire_by_an_event() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 set /room/1 a=1~100 b=2~500
        60 g1 1 3 set /room/1 b=3
        300 g1 1 4 get /room/1
        900 g1 1 5 get /room/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 scores ann:a=1,b=2
        60: g1 answer 1 op=3 status=0 seq=3
        60: g1 event 5 #3 scores ann:b=3
        300: g1 event 5 #4 scores :-a
        300: g1 answer 1 op=4 status=0 seq=4 b=3v3
        900: g1 answer 1 op=5 status=0 seq=4 b=3v3
        ",
    );
}

/// A sum keeps the time to live that its key has, unless it brings one; a value begins anew.
#[test]
fn a_sum_ends_when_its_key_was_to_end() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 set /room/1 kept=1~100 longer=1~100 bare=1~100
        50 g1 1 3 set /room/1 kept+1 longer+1~300 bare=2 fresh+1
        60 g1 1 4 set /room/1 kept+1@3
        200 g1 1 5 get /room/1
        400 g1 1 6 get /room/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 scores ann:kept=1,longer=1,bare=1
        50: g1 answer 1 op=3 status=0 seq=3
        50: g1 event 5 #3 scores ann:kept=2,longer=2,bare=2,fresh=1
        60: g1 answer 1 op=4 status=0 seq=4
        60: g1 event 5 #4 scores ann:kept=3
        200: g1 event 5 #5 scores :-kept
        200: g1 answer 1 op=5 status=0 seq=5 bare=2v3 fresh=1v3 longer=2v3
        400: g1 event 5 #6 scores :-longer
        400: g1 answer 1 op=6 status=0 seq=6 bare=2v3 fresh=1v3
        ",
    );
}

/// Nor does a sum loose a key from the session that it goes with.
#[test]
fn a_sum_goes_with_whom_its_key_was_bound_to() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        2 g1 1 2 set /room/1 hers=1! his=1!
        3 g1 2 2 set /room/1 hers+1 his+1!
        4 g1 1 3 unsubscribe /room/1
        5 g1 2 3 get /room/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 scores ann:hers=1,his=1
        3: g1 answer 2 op=2 status=0 seq=3
        3: g1 event 5 #3 scores bob:hers=2,his=2
        4: g1 answer 1 op=3 status=0 seq=3
        4: g1 event 5 #4 left ann
        4: g1 event 5 #5 scores ann:-hers
        5: g1 answer 2 op=3 status=0 seq=5 his=2v3
        ",
    );
}

#[test]
fn keys_go_with_their_writer() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        0 g1 introduce 2 bob
        0 g1 login 2 bob
        1 g1 1 1 subscribe /room/1 sub=5
        1 g1 2 1 subscribe /room/1 sub=5
        2 g1 1 2 set /room/1 here=yes! mine=1! kept=1
        3 g1 2 2 set /room/1 mine=2
        4 g1 1 3 unsubscribe /room/1
        5 g1 2 3 get /room/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 scores ann:here=yes,mine=1,kept=1
        3: g1 answer 2 op=2 status=0 seq=3
        3: g1 event 5 #3 scores bob:mine=2
        4: g1 answer 1 op=3 status=0 seq=3
        4: g1 event 5 #4 left ann
        4: g1 event 5 #5 scores ann:-here
        5: g1 answer 2 op=3 status=0 seq=5 kept=1v2 mine=2v3
        ",
    );
}

#[test]
fn a_change_that_says_nothing_is_invalid() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann
        1 g1 1 1 subscribe /room/1 sub=5
        2 g1 1 2 set /room/1 a=1 /b
        3 g1 1 3 set /room/1 .b@7
        4 g1 1 4 get /room/1
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=3
        3: g1 answer 1 op=3 status=3
        4: g1 answer 1 op=4 status=0 seq=1
        ",
    );
}

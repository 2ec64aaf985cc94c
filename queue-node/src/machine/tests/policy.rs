//! What becomes of a user's other sessions at a login.

use super::check;

#[test]
fn the_newest_wins_and_the_loser_is_told() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 one
        0 g1 login 1 one
        1 g1 1 1 subscribe /room/1 sub=5
        2 g2 introduce 2 one
        2 g2 login 2 one
        3 g1 1 2 send /room/1 chat late
        3 g1 lost 1 one
        4 g1 detach 1 /room/1 5
        5 g2 2 1 subscribe /room/1 sub=9
        6 g1 introduce 1 one
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] one
        2: g1 kick 1 3500 gen=4
        2: g1 unsubscribed 5 [1] 'replaced'
        2: g2 logged_in 2 0 9
        3: g1 answer 1 op=2 status=16
        3: g1 lost_noted 1
        4: g1 unsubscribed 5 [1] '' detached
        5: g2 answer 2 op=1 status=0 seq=2
        5: g2 subscribed 2 9 e1 #3 [chat=3,members=3,scores=3] one
        6: g1 kick 1 3500 gen=4
        ",
    );
}

#[test]
fn the_oldest_stays_if_it_is_connected_and_confirmed() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 old
        0 g1 login 1 old
        1 g1 confirmed 1 old
        2 g1 introduce 2 old
        2 g1 login 2 old
        3 g1 lost 1 old
        4 g1 introduce 3 old
        4 g1 login 3 old
        5 g1 introduce 4 old
        5 g1 login 4 old
        6 g1 introduce 2 old
        6 g1 login 2 old
        ----
        0: g1 logged_in 1 0 4
        2: g1 logged_in 2 10 0 code=3506
        3: g1 lost_noted 1
        4: g1 logged_in 3 0 10
        5: g1 kick 3 3500 gen=10
        5: g1 logged_in 4 0 15
        6: g1 logged_in 2 16 0 code=3506
        ",
    );
}

#[test]
fn of_many_the_lowest_generation_ends() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 two
        0 g1 login 1 two secret=1
        0 g1 introduce 2 two
        0 g1 login 2 two
        1 g1 introduce 9 two
        1 g1 login 9 two secret=9 resume=1,1
        2 g1 introduce 3 two
        2 g1 login 3 two
        3 g1 request 1 user /user/two
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 7 floor=4
        1: g1 kick 1 3509 gen=4
        1: g1 logged_in 9 0 9 resumed floor=7
        2: g1 kick 2 3500 gen=7
        2: g1 logged_in 3 0 11 floor=9
        3: g1 reply 1 op=0 status=0 two online +0 [g test +0] [g test +2]
        ",
    );
}

#[test]
fn who_replaces_itself_over_and_over_is_slowed() {
    check(
        "
        0 g1 up
        1 g1 introduce 1 one
        1 g1 login 1 one
        2 g1 introduce 2 one
        2 g1 login 2 one
        3 g1 introduce 3 one
        3 g1 login 3 one
        4 g1 introduce 4 one
        4 g1 login 4 one
        5 g1 introduce 5 one
        5 g1 login 5 one
        6 g1 introduce 6 one
        6 g1 login 6 one
        7 g1 introduce 7 one
        7 g1 login 7 one
        8 g1 introduce 8 one
        8 g1 login 8 one
        9 g1 introduce 9 one
        9 g1 login 9 one
        10 g1 introduce 10 one
        10 g1 login 10 one
        11 g1 introduce 11 one
        11 g1 login 11 one
        12 g1 introduce 12 one
        12 g1 login 12 one
        13 g1 introduce 13 one
        13 g1 login 13 one
        500 g1 introduce 12 one
        500 g1 login 12 one
        1600 g1 introduce 20 one
        1600 g1 login 20 one
        1600 g1 introduce 21 one
        1600 g1 login 21 one
        ----
        1: g1 logged_in 1 0 4
        2: g1 kick 1 3500 gen=4
        2: g1 logged_in 2 0 7
        3: g1 kick 2 3500 gen=7
        3: g1 logged_in 3 0 12
        4: g1 kick 3 3500 gen=12
        4: g1 logged_in 4 0 17
        5: g1 kick 4 3500 gen=17
        5: g1 logged_in 5 0 22
        6: g1 kick 5 3500 gen=22
        6: g1 logged_in 6 0 27
        7: g1 kick 6 3500 gen=27
        7: g1 logged_in 7 0 32
        8: g1 kick 7 3500 gen=32
        8: g1 logged_in 8 0 37
        9: g1 kick 8 3500 gen=37
        9: g1 logged_in 9 0 42
        10: g1 kick 9 3500 gen=42
        10: g1 logged_in 10 0 47
        11: g1 kick 10 3500 gen=47
        11: g1 logged_in 11 0 52
        12: g1 logged_in 12 8 0 code=3009 after=990
        13: g1 logged_in 13 8 0 code=3009 after=989
        500: g1 logged_in 12 16 0 code=3009
        1600: g1 kick 11 3500 gen=52
        1600: g1 logged_in 20 0 59
        1600: g1 logged_in 21 8 0 code=3009 after=402
        ",
    );
}

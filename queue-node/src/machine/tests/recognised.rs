//! Whose session it is: asked by a lane that has nothing but a secret.

use super::check;

#[test]
fn a_good_secret_says_who_it_is() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1 until=5000000
        1 g1 recognise 11 ann 1 1
        2 g1 recognise 12 ann 1 2
        3 g1 recognise 13 ann 7 1
        4 g1 introduce 1 ann until=6000000
        5 g1 recognise 14 ann 1 1
        6 g1 introduce 2 ann
        6 g1 login 2 ann secret=2 resume=1,1 only until=6000000
        7 g1 recognise 15 ann 1 1
        8 g1 recognise 16 ann 1 2
        9 g1 introduce 2 ann id=1 gen=7 confirmed
        10 g1 recognise 17 ann 1 1
        11 g1 lost 2 ann bye
        12 g1 recognise 18 ann 1 2
        ----
        0: g1 logged_in 1 0 4
        1: g1 recognised 11 ann until 5000000
        2: g1 recognised 12
        3: g1 recognised 13
        5: g1 recognised 14 ann until 6000000
        6: g1 kick 1 3509 gen=4
        6: g1 logged_in 2 0 7 resumed
        7: g1 recognised 15 ann until 6000000
        8: g1 recognised 16 ann until 6000000
        10: g1 recognised 17
        11: g1 lost_noted 2
        12: g1 recognised 18
        ",
    );
}

#[test]
fn what_may_only_resume_makes_no_session() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 introduce 2 ann
        1 g1 login 2 ann secret=2 resume=1,9 only
        2 g1 introduce 3 ann
        2 g1 login 3 ann secret=3 resume=1,1 only
        3 g1 request 1 user /user/ann
        ----
        0: g1 logged_in 1 0 4
        1: g1 logged_in 2 16 0 code=3002
        2: g1 kick 1 3509 gen=4
        2: g1 logged_in 3 0 7 resumed
        3: g1 reply 1 op=0 status=0 ann online +0 [g test +0]
        ",
    );
}

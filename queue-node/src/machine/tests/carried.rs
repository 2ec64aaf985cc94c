//! What clients of the fallback over HTTP have posted to lanes that haven't their connections.

use super::check;
use super::rig::Several;
use crate::machine::Faults;

#[test]
fn it_is_brought_to_the_lane_where_the_session_is_heard_and_its_word_back() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g2 carry 77 ann 1 9 1 hello
        2 g1 carried_taken 77 ann 1 204
        3 g1 carry 5 ann 1 9 3 own
        4 g1 carried_taken 5 ann 0 409
        5 g2 introduce 2 ann
        5 g2 login 2 ann secret=2 resume=1,1
        6 g1 carry 6 ann 1 9 2 moved
        7 g2 carried_taken 6 ann 0 410
        ----
        0: g1 logged_in 1 0 4
        1: g1 carried 77 for 9 by 1: #1 hello
        2: g2 carry_taken 77 204
        3: g1 carried 5 for 9 by 0: #3 own
        4: g1 carry_taken 5 409
        5: g1 kick 1 3509 gen=4
        5: g2 logged_in 2 0 6 resumed
        6: g2 carried 6 for 9 by 0: #2 moved
        7: g1 carry_taken 6 410
        ",
    );
}

#[test]
fn who_is_not_there_is_said_at_once() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g2 carry 1 ann 7 9 1 nobody
        2 g1 lost 1 ann
        3 g2 carry 2 ann 1 9 1 away
        4 g1 introduce 1 ann gen=4
        5 g2 carry 3 ann 1 9 1 back
        6 g1 lost 1 ann bye
        7 g2 carry 4 ann 1 9 1 over
        ----
        0: g1 logged_in 1 0 4
        1: g2 carry_taken 1 410
        2: g1 lost_noted 1
        3: g2 carry_taken 2 503
        5: g1 carried 3 for 9 by 1: #1 back
        6: g1 lost_noted 1
        7: g2 carry_taken 4 410
        ",
    );
}

#[test]
fn an_answer_for_a_link_that_has_ended_is_nobodys() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g2 carry 77 ann 1 9 1 hello
        2 g2 down
        3 g1 carried_taken 77 ann 1 204
        4 g1 carried_taken 77 ann 999 204
        5 g1 down
        6 g3 up
        7 g3 carry 78 ann 1 9 2 again
        ----
        0: g1 logged_in 1 0 4
        1: g1 carried 77 for 9 by 1: #1 hello
        7: g3 carry_taken 78 503
        ",
    );
}

/// A home dies with what it was to bring; the next one brings what is posted again, as soon as it
/// hears the session.
#[test]
fn a_home_that_takes_over_brings_what_is_posted_again() {
    let mut several = Several::new(2, Faults::default());
    let said = several.says(0, "g1 up\n g2 up\n g1 introduce 1 ann\n g1 login 1 ann secret=1");
    let generation = said.strip_prefix("g1 logged_in 1 0 ").expect("a login");
    several.kill(0);
    several.promote((&[1], &[]));
    assert_eq!(several.says(1, "g2 up\n g2 carry 7 ann 1 9 1 early"), "g2 carry_taken 7 503");
    several.says(1, &format!("g1 up\n g1 introduce 1 ann gen={generation}"));
    let said = several.says(1, "g2 carry 8 ann 1 9 1 hello");
    assert!(said.starts_with("g1 carried 8 for 9 by ") && said.ends_with("#1 hello"), "{said}");
}

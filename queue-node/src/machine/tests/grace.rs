//! A resume around the end of grace, and what it doesn't make: no word to the application.

use proto::g2q::{Login, g2q::Body};

use super::check;
use super::rig::{GRACE_MS, Rig, session_id};
use crate::machine::Input;

/// Her grace ends at 1008: a node looks at its deadlines every 8 ms.
const BEGIN: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann secret=1
    0 g1 introduce 2 bob
    0 g1 login 2 bob
    1 g1 1 1 subscribe /room/1 sub=5
    1 g1 2 1 subscribe /room/1 sub=5
    8 g1 lost 1 ann
";

#[test]
fn a_moment_before_its_end_the_session_goes_on() {
    check(&format!(
        "{BEGIN}
        1007 g1 introduce 3 ann
        1007 g1 login 3 ann secret=3 resume=1,1
        1008 g1 introduce 3 ann id=1
        1008 g1 resume 3 /room/1 5 e1:chat=1,scores=1,members=1
        1009 g1 confirmed 3 ann
        5000 g1 2 2 members /room/1
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        8: g1 lost_noted 1
        1007: g1 logged_in 3 0 14 resumed
        1007: g1 unsubscribed 5 [1] ''
        1008: g1 answer 3 op=0 status=0 seq=1
        1008: g1 subscribed 3 5 e1 #1 [chat=1,members=1,scores=1] recovered
        5000: g1 answer 2 op=2 status=0 seq=1 ann bob count=2
        "
    ));
}

#[test]
fn a_moment_after_its_end_it_is_gone() {
    check(&format!(
        "{BEGIN}
        1009 g1 introduce 3 ann
        1009 g1 login 3 ann secret=3 resume=1,1 only
        1010 g1 introduce 4 ann
        1010 g1 login 4 ann secret=4 resume=1,1
        1011 g1 4 1 members /room/1
        1012 g1 resume 4 /room/1 5 e1:chat=1,scores=1,members=1
        1013 g1 request 1 user /user/ann
        ----
        0: g1 logged_in 1 0 4
        0: g1 logged_in 2 0 8
        1: g1 answer 1 op=1 status=0
        1: g1 answer 2 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        1: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] ann,bob
        8: g1 lost_noted 1
        1009: g1 unsubscribed 5 [1] 'lost'
        1009: g1 event 5 #2 left ann (lost)
        1009: g1 logged_in 3 16 0 code=3002
        1010: g1 logged_in 4 0 21
        1011: g1 answer 4 op=1 status=0 seq=2 bob count=1
        1012: g1 answer 4 op=0 status=5
        1013: g1 reply 1 op=0 status=0 ann online +1010 [g test +1010]
        "
    ));
}

const END_MS: u64 = 8 + GRACE_MS;

/// Of a session whose grace ends in this very moment, and what the node has heard of first.
fn at_the_end(resume_comes_first: bool) -> Rig {
    let mut rig = Rig::new();
    rig.run(BEGIN);
    let link = rig.link("g1");
    rig.run("1001 g1 introduce 3 ann");
    rig.now.ms = END_MS;
    if !resume_comes_first {
        rig.handle(Input::Wake);
    }
    rig.at(link, "/user/ann");
    rig.lane(
        link,
        Body::Login(Login {
            session: 3,
            secret: vec![3; 16],
            resume_session_id: session_id("ann", 1).0.to_vec(),
            resume_secret: vec![1; 16],
            ..Login::default()
        }),
    );
    if resume_comes_first {
        rig.handle(Input::Wake);
    }
    rig
}

#[test]
fn in_its_last_moment_what_comes_first_decides() {
    let mut rig = at_the_end(true);
    let said = rig.run(&format!("{END_MS} g1 request 1 user /user/ann"));
    assert!(said.contains("logged_in 3 0 14 resumed"), "{said}");
    assert!(!said.contains("left ann"), "{said}");
    let said = rig.run("1010 g1 2 2 members /room/1");
    assert!(said.contains("ann bob count=2"), "{said}");

    let mut rig = at_the_end(false);
    let said = rig.run(&format!("{END_MS} g1 request 1 user /user/ann"));
    assert!(said.contains("left ann (lost)"), "{said}");
    assert!(said.contains("logged_in 3 0 ") && !said.contains("resumed"), "{said}");
    let said = rig.run("1010 g1 2 2 members /room/1");
    assert!(said.contains("bob count=1") && !said.contains("ann"), "{said}");
}

#[test]
fn nothing_is_left_behind_whoever_decides() {
    for resume_comes_first in [true, false] {
        let mut rig = at_the_end(resume_comes_first);
        rig.run("1020 g1 down\n90000 g2 up");
        let counters = rig.node.counters();
        let left = [counters.sessions, counters.subscriptions, counters.queues];
        assert_eq!(left, [0; 3], "{resume_comes_first}");
        assert_eq!(counters.kept_bytes, 0);
    }
}

#[test]
fn the_application_hears_nothing_of_a_resume() {
    check(
        "
        0 g1 up
        0 g2 up
        0 g1 introduce 1 tim
        0 g1 login 1 tim secret=1
        1 g1 1 1 subscribe /told/1 sub=5
        2 g1 acknowledge 1 2 3 4 5 6 7
        3 g1 lost 1 tim code=3003
        3 g1 detach 1 /told/1 5
        500 g2 introduce 7 tim
        500 g2 login 7 tim secret=2 resume=1,1
        501 g2 introduce 7 tim id=1
        501 g2 confirmed 7 tim
        501 g2 resume 7 /told/1 9 e2:chat=1,scores=1,members=1
        600 g1 down
        5000 g2 7 2 members /told/1
        5001 g2 lost 7 tim
        5002 g2 introduce 8 tim
        5002 g2 login 8 tim secret=3 resume=1,2
        5003 g2 introduce 8 tim id=1
        5003 g2 resume 8 /told/1 9 e2:chat=1,scores=1,members=1
        9000 g2 8 3 members /told/1
        ----
        0: g1 logged_in 1 0 5
        0: g1 tell 1 app queue_created /user/tim e1 #3
        0: g1 tell 2 app user_online /user/tim e1 #7 tim gen=5
        0: g1 tell 3 app joined /user/tim e1 #8 tim gen=5
        0: g1 tell 4 app queue_first_join /user/tim e1 #9
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e2 #1 [chat=1,members=1,scores=1] tim
        1: g1 tell 5 app queue_created /told/1 e2 #0
        1: g1 tell 6 app joined /told/1 e2 #1 tim gen=5
        1: g1 tell 7 app queue_first_join /told/1 e2 #1
        3: g1 lost_noted 1
        3: g1 unsubscribed 5 [1] '' detached
        500: g2 logged_in 7 0 14 resumed
        501: g2 answer 7 op=0 status=0 seq=1
        501: g2 subscribed 7 9 e2 #1 [chat=1,members=1,scores=1] recovered
        5000: g2 answer 7 op=2 status=0 seq=1 tim count=1
        5001: g2 lost_noted 7
        5002: g2 logged_in 8 0 23 resumed
        5002: g2 unsubscribed 9 [7] ''
        5003: g2 answer 8 op=0 status=0 seq=1
        5003: g2 subscribed 8 9 e2 #1 [chat=1,members=1,scores=1] recovered
        9000: g2 answer 8 op=3 status=0 seq=1 tim count=1
        ",
    );
}

#[test]
fn the_application_is_not_asked_about_a_resume() {
    check(
        "
        0 g1 up
        0 g1 introduce 1 ann
        0 g1 login 1 ann secret=1
        1 g1 1 1 subscribe /asked/1 sub=5 ask ok=create_queue ok=subscribe
        2 g1 1 2 send /asked/1 chat hi ask ok=send_message
        3 g1 lost 1 ann
        4 g1 introduce 2 ann
        4 g1 login 2 ann secret=2 resume=1,1
        5 g1 introduce 2 ann id=1
        5 g1 resume 2 /asked/1 5 e1:chat=1,scores=1,members=1
        6 g1 2 3 subscribe /asked/1 sub=5
        7 g1 2 2 send /asked/1 chat hi
        8 g1 2 4 send /asked/1 chat more ask
        ----
        0: g1 logged_in 1 0 4
        1: g1 answer 1 op=1 status=0
        1: g1 subscribed 1 5 e1 #1 [chat=1,members=1,scores=1] ann
        2: g1 answer 1 op=2 status=0 seq=2
        2: g1 event 5 #2 chat ann:hi
        3: g1 lost_noted 1
        4: g1 logged_in 2 0 9 resumed
        4: g1 unsubscribed 5 [1] ''
        5: g1 answer 2 op=0 status=0 seq=2
        5: g1 subscribed 2 5 e1 #2 [chat=1,members=1,scores=1] recovered +1
        5: g1 missed 2 5 #2 chat ann:hi
        6: g1 answer 2 op=3 status=0 seq=2
        6: g1 subscribed 2 5 e1 #2 [chat=2,members=2,scores=2] ann
        7: g1 answer 2 op=2 status=0 seq=2
        8: g1 answer 2 ask send_message
        ",
    );
}

//! What becomes of messages, while somebody follows them.

use member::machine::trace::{Hop, Subject};

use super::rig::Rig;
use crate::machine::Faults;

const JOINED: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann secret=1
    0 g1 introduce 2 bob
    0 g1 login 2 bob
    1 g1 1 1 subscribe /room/1 sub=5
    1 g1 2 1 subscribe /room/1 sub=5
    1 g1 1 2 subscribe /room/2 sub=6
    ";

const SENT: &str = "
    10 g1 1 3 send /room/1 chat hello
    20 g1 1 4 send /room/2 chat other
    30 g1 2 2 send /nowhere/1 chat lost
    40 g1 request 7 send /room/1 chat hi
    50 g1 2 3 history /room/1 chat
    60 g1 2 4 unsubscribe /room/1
    ";

fn room() -> Subject {
    Subject::Queue("/room/1".to_owned())
}

fn user(id: &str) -> Subject {
    Subject::User(id.to_owned())
}

/// Arms, or reads, as the boss does.
fn ask(rig: &mut Rig, subject: Subject) -> Vec<String> {
    let now = rig.node_now();
    let told = rig.node.trace(now, subject, 0).expect("there is space");
    told.hops.iter().map(text).collect()
}

fn text(hop: &Hop) -> String {
    let Hop { kind, what, .. } = hop;
    let mut text = format!("{kind} {what}");
    let numbers = [
        ("op", hop.op_id),
        ("seq", hop.seq),
        ("status", hop.status.map(u64::from)),
        ("count", hop.count),
    ];
    let queue = hop.queue.as_deref();
    [queue, hop.user.as_deref()].into_iter().flatten().for_each(|it| text += &format!(" {it}"));
    let known = numbers.into_iter().filter_map(|(name, number)| Some((name, number?)));
    known.for_each(|(name, number)| text += &format!(" {name}={number}"));
    text
}

#[test]
fn of_a_queue_each_operation_and_event_is_told() {
    let mut rig = Rig::new();
    rig.run(JOINED);
    assert_eq!(ask(&mut rig, room()), [""; 0]);
    rig.run(SENT);
    let wanted = [
        "decided send_message /room/1 ann op=3 seq=2 status=0",
        "recorded message /room/1 ann seq=2 count=1",
        "decided send_message /room/1 op=7 seq=3 status=0",
        "recorded message /room/1 seq=3 count=1",
        "decided get_history /room/1 bob op=3 status=0",
        "decided unsubscribe /room/1 bob op=4 status=0",
        "recorded left /room/1 seq=4 count=1",
    ];
    assert_eq!(ask(&mut rig, room()), wanted);
}

#[test]
fn of_a_user_what_happens_in_all_queues_is_told() {
    let mut rig = Rig::new();
    rig.run(JOINED);
    assert_eq!(ask(&mut rig, user("bob")), [""; 0]);
    rig.run(SENT);
    let wanted = [
        "decided send_message /nowhere/1 bob op=2 status=5",
        "decided get_history /room/1 bob op=3 status=0",
        "decided unsubscribe /room/1 bob op=4 status=0",
    ];
    assert_eq!(ask(&mut rig, user("bob")), wanted);
}

#[test]
fn a_hop_has_its_session_and_length_and_nothing_of_the_message() {
    let mut rig = Rig::new();
    rig.run(JOINED);
    ask(&mut rig, room());
    rig.node.begin_traced_turn(123_456_789);
    rig.run("10 g1 1 3 send /room/1 chat hello\n20 g1 request 7 send /room/1 chat hello");
    let told = rig.node.trace(rig.node_now(), room(), 0).expect("it is there");
    assert!(!format!("{told:?}").contains("hello"));
    assert!(told.hops.iter().all(|hop| hop.at_us == 123_456_789), "{told:?}");
    let session = told.hops[0].session.as_deref().expect("a session");
    assert_eq!(session.len(), 32, "{session}");
    assert_eq!(told.hops[2].session.as_deref(), Some("rpc g1"));
    assert!(told.hops.iter().all(|hop| hop.bytes.is_some_and(|bytes| bytes >= 5)), "{told:?}");
}

#[test]
fn what_copies_hold_up_is_released_when_it_leaves() {
    let mut rig = Rig::with(1, Faults::default());
    let settle = |rig: &mut Rig| {
        for _ in 0..4 {
            rig.acknowledge(usize::MAX);
            rig.run(&format!("{} loud", rig.now.ms + 1));
        }
    };
    rig.run(JOINED);
    settle(&mut rig);
    ask(&mut rig, room());
    rig.run("100 g1 1 3 send /room/1 chat hello");
    let decided = [
        "decided send_message /room/1 ann op=3 seq=2 status=0",
        "recorded message /room/1 ann seq=2 count=1",
    ];
    assert_eq!(ask(&mut rig, room()), decided);
    rig.node.begin_traced_turn(5);
    settle(&mut rig);
    let released = [
        "released send_message /room/1 ann op=3 seq=2 status=0",
        "released message /room/1 ann seq=2 count=1",
    ];
    assert_eq!(ask(&mut rig, room()), [decided, released].concat());
}

#[test]
fn the_node_says_the_same_whether_or_not_it_is_followed() {
    for copies in [0, 1] {
        let said = [true, false].map(|is_followed| {
            let mut rig = Rig::with(copies, Faults::default());
            if is_followed {
                ask(&mut rig, room());
                ask(&mut rig, user("ann"));
            }
            let mut said = rig.run(JOINED);
            for line in SENT.lines() {
                rig.acknowledge(usize::MAX);
                said += &rig.run(line);
            }
            rig.acknowledge(usize::MAX);
            (said + &rig.run("70 loud"), rig.node.is_traced())
        });
        assert_eq!(said[0].0, said[1].0);
        assert!(said[0].0.contains("hello"), "{}", said[0].0);
        assert_eq!([said[0].1, said[1].1], [true, false]);
    }
}

#[test]
fn nothing_is_kept_of_what_nobody_asks_for() {
    let mut rig = Rig::new();
    rig.run(JOINED);
    assert!(!rig.node.is_traced());
    ask(&mut rig, room());
    assert_eq!(rig.node.traces(rig.node_now()), 1);
    rig.run("5002 g1 1 3 send /room/1 chat late");
    assert!(!rig.node.is_traced());
    assert_eq!(ask(&mut rig, room()), [""; 0]);
}

//! A copy takes over, on a node whose clock shows something else.

use proto::bucket::BucketId;
use proto::name;

use super::rig::Rig;
use crate::machine::{Faults, Forgets, Promotion};

/// Runs a script, hands both buckets over, and runs another on a new node: what that says.
fn taken_over(faults: Faults, before: &str, after: &str) -> String {
    let (mut old, mut new) = (Rig::new(), Rig::with(0, faults));
    old.run(before);
    old.hand_over(&mut new);
    new.run(after)
}

/// What is said by a good node must be this, and a planted bug must make it something else.
fn check(faults: Faults, before: &str, after: &str, wanted: &str) {
    let lines = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    let said = lines(&taken_over(Faults::default(), before, after));
    assert_eq!(said, lines(wanted));
    assert_ne!(lines(&taken_over(faults, before, after)), said, "{faults:?} is not seen");
}

const ANN: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann secret=1
    1 g1 1 1 subscribe /room/1 sub=5\n";

/// The lane of another node that has seen so much of the room.
const ANN_AGAIN: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 attach /room/1 5 e1 2 1\n";

#[test]
fn a_time_to_live_goes_on() {
    let before = format!("{ANN} 2 g1 1 2 set /room/1 a=1~1000\n 500 g1 up");
    let after = format!("{ANN_AGAIN} 400 g1 1 3 get /room/1\n 600 g1 1 4 get /room/1");
    let wanted = "
        0: g1 attached 5 e1 #2 recovered
        400: g1 answer 1 op=3 status=0 seq=2 a=1v2
        600: g1 event 5 #3 scores :-a
        600: g1 answer 1 op=4 status=0 seq=3";
    let faults = Faults { clock_of_its_own: true, ..Faults::default() };
    check(faults, &before, &after, wanted);
}

#[test]
fn the_clock_goes_on_from_what_is_known_of_it() {
    let mut rig = Rig::new();
    rig.run(ANN);
    rig.run("700 g1 1 2 send /room/1 chat hello\n900 g1 up");
    for bucket in Rig::both() {
        let (shown, reign) = (rig.clock_ms(bucket), rig.node.reign(bucket).expect("it is here"));
        let mut new = Rig::new();
        let copy = rig.copy(bucket);
        new.promote(bucket, copy, Promotion { reign: reign + 1, clock_ms: shown });
        assert_eq!(new.clock_ms(bucket), shown, "what the primary has said last");
        let copy = rig.copy(bucket);
        new.promote(bucket, copy, Promotion { reign: reign + 2, clock_ms: 0 });
        let last = new.clock_ms(bucket);
        assert!(last < shown && last >= shown - 900, "the last record: {last}, not {shown}");
        assert_eq!(new.node.reign(bucket), Some(reign + 2));
    }
}

#[test]
fn a_grace_begins_anew() {
    let before = format!("{ANN} 100 g1 down\n 1000 g2 up");
    let after = "500 g1 up
        500 g1 introduce 2 ann
        500 g1 login 2 ann secret=2 resume=1,1";
    let wanted = "
        500: g1 logged_in 2 0 10 resumed";
    let faults = Faults { graces_go_on: true, ..Faults::default() };
    check(faults, &before, after, wanted);
}

/// Of those who are promoted later as well: a copy that lets them go on isn't what its primary is.
#[test]
fn graces_begin_anew_on_copies() {
    let mut rig = Rig::new();
    rig.run(&format!("{ANN} 100 g1 down\n 900 g2 up"));
    let home = BucketId::of(name::hash(b"/user/ann"), 1);
    let forgets = Faults { forgets: Some(Forgets::GracesAnew), ..Faults::default() };
    let mut copies = [rig.copy(home), rig.copy_with(home, forgets)];
    let heir = rig.copy(home);
    rig.opens(home, heir, &mut copies);
    let (now, now_ms) = (rig.node_now(), rig.clock_ms(home));
    let shown = rig.node.digest(now, home);
    let [good, bad] = copies.map(|copy| Some((copy.n(), copy.digest(now_ms))));
    assert_eq!(good, shown);
    assert_ne!(bad, shown);
}

#[test]
fn a_sweep_begins_anew() {
    let before = format!(
        "{ANN} 100 g1 introduce 2 ann
        100 g1 login 2 ann secret=2 resume=1,1
        1000 g2 up"
    );
    let after = "500 g1 up
        500 g1 introduce 2 ann id=1
        500 g1 resume 2 /room/1 5 e1:chat=1,scores=1,members=1
        1500 g1 2 9 members /room/1";
    let wanted = "
        500: g1 answer 2 op=0 status=0 seq=1
        500: g1 subscribed 2 5 e1 #1 [chat=1,members=1,scores=1] recovered
        1500: g1 answer 2 op=9 status=0 seq=1 ann count=1";
    let faults = Faults { graces_go_on: true, ..Faults::default() };
    check(faults, &before, after, wanted);
}

#[test]
fn a_configuration_never_goes_back() {
    let before = format!(
        "{ANN} 2 config history /room/* 1
        3 g1 1 2 send /room/1 chat one"
    );
    let after = format!(
        "{ANN_AGAIN} 1 g1 1 3 send /room/1 chat two
        2 g1 1 4 history /room/1"
    );
    let wanted = "
        0: g1 attached 5 e1 #2 recovered
        1: g1 answer 1 op=3 status=0 seq=3
        1: g1 event 5 #3 chat ann:two
        2: g1 answer 1 op=4 status=0 seq=3 #3:two";
    let faults = Faults { config_goes_back: true, ..Faults::default() };
    check(faults, &before, &after, wanted);
}

#[test]
fn a_newer_configuration_is_recorded_when_a_node_takes_over() {
    let (mut old, mut new) = (Rig::new(), Rig::new());
    old.run(ANN);
    old.run("3 g1 1 2 send /room/1 chat one");
    new.run("0 config history /room/* 1");
    old.hand_over(&mut new);
    let said = new.run(&format!(
        "{ANN_AGAIN} 1 g1 1 3 send /room/1 chat two
        2 g1 1 4 history /room/1"
    ));
    assert!(said.contains("two") && !said.contains("one"), "{said}");
}

/// The user's home, and the rooms' home, which is deposed and goes on.
fn deposed(faults: Faults) -> String {
    let home = BucketId::of(name::hash(b"/user/ann"), 1);
    let elsewhere = |room: &String| BucketId::of(name::hash(room.as_bytes()), 1) != home;
    let rooms: Vec<String> =
        (1..).map(|n| format!("/room/{n}")).filter(elsewhere).take(3).collect();
    let rooms_home = BucketId::of(name::hash(rooms[0].as_bytes()), 1);
    let mut rig = Rig::with(0, faults);
    rig.run("0 g1 up\n0 g1 introduce 1 ann\n0 g1 login 1 ann");
    rig.run(&format!("1 g1 1 1 subscribe {} sub=1", rooms[0]));
    let old = rig.copy(rooms_home);
    let clock_ms = rig.clock_ms(rooms_home);
    let successor = rig.copy(rooms_home);
    rig.promote(rooms_home, successor, Promotion { reign: 5, clock_ms });
    rig.run(&format!("2 g1 1 2 subscribe {} sub=2", rooms[1]));
    // The user's home is another one in between, too.
    let copy = rig.copy(home);
    rig.promote(home, copy, Promotion { reign: 2, clock_ms });
    rig.promote(rooms_home, old, Promotion { reign: 4, clock_ms });
    rig.run(&format!("3 g1 1 3 subscribe {} sub=3", rooms[2]));
    let said = rig.run("4 g1 request 7 user /user/ann");
    let heard: Vec<bool> = rooms.iter().map(|room| said.contains(room)).collect();
    format!("{heard:?}")
}

/// Its successor may have taken back what it says.
#[test]
fn words_of_a_reign_that_is_over_are_not_heard() {
    assert_eq!(deposed(Faults::default()), "[true, true, false]");
    let stale = Faults { stale_word_heard: true, ..Faults::default() };
    let of_links = Faults { heard_of_links_only: true, ..Faults::default() };
    for faults in [stale, of_links] {
        assert_eq!(deposed(faults), "[true, true, true]", "{faults:?}");
    }
}

#[test]
fn many_queues_get_their_deadlines_by_and_by() {
    const QUEUES: usize = 10_000;
    let (mut old, mut new) = (Rig::new(), Rig::new());
    old.run("0 g1 up");
    for number in 0..QUEUES {
        old.says(&format!("g1 request {number} create /room/{number}"));
    }
    old.run("1 g2 up");
    old.hand_over(&mut new);
    new.run("4990 g1 up");
    assert_eq!(new.node.counters().queues, QUEUES as u64);
    new.run("5100 g2 up");
    assert_eq!(new.node.counters().queues, 0, "each has been idle for its time");
}

#[test]
fn a_bucket_begins_with_the_opening_of_its_reign() {
    let mut rig = Rig::new();
    for (bucket, n) in rig.node.newest_records() {
        assert_eq!((rig.node.reign(bucket), n), (Some(1), 1));
    }
}

//! Which queues are busy, while somebody asks.

use proto::time::Time;

use super::rig::Rig;
use crate::machine::Busy;

const JOINED: &str = "
    0 g1 up
    0 g1 introduce 1 ann
    0 g1 login 1 ann secret=1
    0 g1 introduce 2 bob
    0 g1 login 2 bob
    1 g1 1 1 subscribe /room/1 sub=5
    1 g1 2 1 subscribe /room/1 sub=5
    1 g1 1 2 subscribe /room/2 sub=6
    2 g1 1 3 send /room/2 chat before
    ";

/// What the node says at this moment of the script.
fn busy(rig: &mut Rig, ms: u64) -> Vec<Busy> {
    let now = Time { ms: rig.node_now().ms - rig.now.ms + ms, ..rig.now };
    rig.node.busy(now)
}

fn queue(queue: &str, events_per_s: f64, members: u32) -> Busy {
    Busy { queue: queue.to_owned(), events_per_s, members }
}

#[test]
fn events_are_counted_from_the_first_question_on() {
    let mut rig = Rig::new();
    rig.run(JOINED);
    assert_eq!(busy(&mut rig, 10), []);
    rig.run(
        "
        20 g1 1 4 send /room/1 chat a
        20 g1 1 5 send /room/1 chat b
        20 g1 1 6 send /room/2 chat c
        20 g1 1 7 send /room/2 chat d
        20 g1 1 8 send /room/2 chat e
        ",
    );
    // A second is too short to say anything, and the same is said until there is another one.
    assert_eq!(busy(&mut rig, 1_009), []);
    // Two events for two users are more deliveries than three for one.
    let wanted = [queue("/room/1", 1.0, 2), queue("/room/2", 1.5, 1)];
    assert_eq!(busy(&mut rig, 2_010), wanted);
    assert_eq!(busy(&mut rig, 2_500), wanted);
    assert_eq!(busy(&mut rig, 3_100), []);
}

#[test]
fn nothing_is_counted_when_nobody_has_asked_for_a_while() {
    let mut rig = Rig::new();
    rig.run(JOINED);
    assert_eq!(busy(&mut rig, 10), []);
    rig.run("10020 g1 1 4 send /room/1 chat late");
    assert_eq!(busy(&mut rig, 10_030), []);
    assert_eq!(busy(&mut rig, 12_030), []);
}

#[test]
fn a_queue_that_is_gone_is_not_shown() {
    let mut rig = Rig::new();
    rig.run(JOINED);
    assert_eq!(busy(&mut rig, 10), []);
    rig.run(
        "
        20 g1 1 4 send /room/1 chat a
        30 g1 request 1 delete /room/1
        40 g1 1 5 send /room/2 chat b
        ",
    );
    assert_eq!(busy(&mut rig, 1_010), [queue("/room/2", 1.0, 1)]);
}

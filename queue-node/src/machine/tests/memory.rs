//! What things take.


use proto::class::Class;
use proto::g2c::ResultHead;

use super::rig::{config, session_id};
use crate::machine::queue::{Mount, Queue};
use crate::machine::remember::{Known, Memory, Recent, Remembered};

fn done(op_id: u32) -> Remembered {
    Remembered { head: ResultHead { op_id, status: 0, seq: 1_000_000 }, whole: None }
}

#[test]
fn an_empty_queue_with_two_mounts_is_small() {
    let class: &Class = &config().class[0];
    let mounts = class.mounts.len() * size_of::<Mount>();
    // The name with its two counts, and the queue's place in the map of names, half of it empty.
    let name = 2 * size_of::<usize>() + "/room/a-name-of-ordinary-length".len();
    let place = 2 * (size_of::<u32>() + 1);
    let total = size_of::<Queue>() + mounts + name + place;
    assert!(total <= 500, "{total} bytes");
}

#[test]
fn a_session_that_left_leaves_little() {
    let mut memory = Memory::default();
    for number in 0..10_000 {
        let mut recent = Recent::default();
        recent.remember(done(1));
        recent.remember(done(2));
        memory.keep(0, 1000, number, session_id("ann", number), &recent);
    }
    assert_eq!(memory.len(), 10_000);
    let bytes = memory.bytes();
    assert!(bytes <= 10_000 * 100, "{} bytes each", bytes / 10_000);
}

#[test]
fn memory_gives_back_what_was_kept_and_forgets_after_twice_the_grace() {
    let mut memory = Memory::default();
    let (ann, grace_ms) = (session_id("ann", 1), 1000);
    let mut recent = Recent::default();
    for op_id in 1..=40 {
        recent.remember(done(op_id));
    }
    let result = proto::g2c::Result::refusal(41, proto::codes::Status::Limit, "no more");
    let whole = prost::Message::encode_to_vec(&result);
    let head = ResultHead { op_id: 41, status: result.status, seq: 0 };
    let refused = Remembered { head, whole: Some(whole.into()) };
    recent.remember(refused.clone());
    memory.keep(0, grace_ms, 7, ann, &recent);
    let kept = memory.take(7, ann).expect("it was kept");
    assert_eq!(kept.look(42), Known::New);
    assert_eq!(kept.look(41), Known::Answered(&refused));
    assert_eq!(kept.look(40), Known::Answered(&done(40)));
    assert_eq!(kept.look(9), Known::Forgotten);
    assert_eq!(memory.take(7, ann), None);
    memory.keep(100, grace_ms, 7, ann, &kept);
    memory.trim(2100, grace_ms);
    assert!(memory.take(7, ann).is_some());
    memory.keep(100, grace_ms, 7, ann, &kept);
    memory.trim(2600, grace_ms);
    assert_eq!(memory.len(), 0);
}

//! For how long results are remembered, and what of them.

use proto::g2c::ResultHead;
use proto::ids::SessionId;
use proto::seeded::Seed;

use super::rig::session_id;
use crate::machine::state::recent::{Known, Recent, Remembered};
use crate::machine::state::remember::Memory;

const GRACE_MS: u64 = 1000;

fn memory() -> Memory {
    Memory::new(Seed::new(5))
}

fn session(number: u64) -> SessionId {
    session_id("ann", number)
}

/// The writes of a session whose newest has this id.
fn recent(op_id: u32) -> Recent {
    let mut recent = Recent::default();
    recent.remember(head_alone(op_id));
    recent
}

fn head_alone(op_id: u32) -> Remembered {
    Remembered { head: ResultHead { op_id, status: 0, seq: 1 }, whole: None }
}

#[test]
fn it_is_remembered_for_twice_the_grace_and_half_of_it_at_most_in_addition() {
    let mut memory = memory();
    for (number, at_ms) in [(1, 0), (2, 500), (3, 501), (4, 1001), (5, 1002)] {
        memory.keep(at_ms, GRACE_MS, 7, session(number), &recent(1));
    }
    for (at_ms, left) in [(2500, 5), (2501, 3), (3001, 3), (3002, 1), (3502, 1), (3503, 0)] {
        memory.trim(at_ms, GRACE_MS);
        assert_eq!(memory.len(), left, "at {at_ms} ms");
    }
}

#[test]
fn it_is_taken_once_and_the_newest_first() {
    let mut memory = memory();
    assert_eq!(memory.take(7, session(1)), None);
    memory.keep(0, GRACE_MS, 7, session(1), &recent(1));
    memory.keep(900, GRACE_MS, 7, session(1), &recent(2));
    assert_eq!(memory.take(8, session(1)), None, "of another queue");
    assert_eq!(memory.take(7, session(2)), None, "of another session");
    assert_eq!(memory.take(7, session(1)), Some(recent(2)));
}

#[test]
fn who_never_joins_again_is_known() {
    let mut memory = memory();
    let mut over = recent(3);
    over.is_over = true;
    assert!(!memory.is_over(7, session(1)));
    memory.keep(0, GRACE_MS, 7, session(1), &over);
    memory.keep(0, GRACE_MS, 7, session(2), &recent(3));
    assert!(memory.is_over(7, session(1)));
    assert!(!memory.is_over(7, session(2)));
    assert_eq!(memory.take(7, session(1)), Some(over));
    assert_eq!(memory.take(7, session(1)), None);
    assert!(!memory.is_over(7, session(1)));
}

#[test]
fn what_is_remembered_is_counted() {
    let mut memory = memory();
    assert_eq!(memory.bytes(), 0);
    for number in 0..1000 {
        memory.keep(0, GRACE_MS, 7, session(number), &recent(1));
    }
    // A key, its hash, a result of a few bytes, and a place in a table.
    let bytes = memory.bytes();
    assert!((48 * 1000..160 * 1000).contains(&bytes), "{bytes} bytes");
    memory.keep(GRACE_MS, GRACE_MS, 7, session(0), &recent(1));
    assert!(memory.bytes() < bytes + 1000, "a second map, and the first one shrank");
    memory.trim(10 * GRACE_MS, GRACE_MS);
    assert_eq!(memory.bytes(), 0);
}

#[test]
fn every_kind_of_result_comes_back_as_it_went() {
    let whole = Box::from([8, 9, 26, 0].as_slice());
    let wholes: [Option<Box<[u8]>>; 3] = [None, Some(Box::default()), Some(whole)];
    for count in 0..=wholes.len() {
        for is_over in [false, true] {
            let mut wanted = Recent::default();
            wanted.is_over = is_over;
            for (op_id, whole) in (3..).zip(wholes.iter().take(count)) {
                // A whole result has its head in it.
                let head = match whole {
                    Some(whole) if !whole.is_empty() => ResultHead::of(whole).expect("a result"),
                    _ => ResultHead { op_id, status: 5, seq: 1 << 40 },
                };
                wanted.remember(Remembered { head, whole: whole.clone() });
            }
            let mut packed = Vec::new();
            wanted.pack(&mut packed);
            assert_eq!(Recent::unpack(&packed), wanted);
        }
    }
    let mut large = recent(3);
    let head = ResultHead { op_id: 4, status: 0, seq: 9 };
    large.remember(Remembered { head, whole: Some(Box::default()) });
    let mut packed = Vec::new();
    large.pack(&mut packed);
    let unpacked = Recent::unpack(&packed);
    assert_eq!(unpacked.look(3), Known::Answered(head_alone(3)));
    assert_eq!(unpacked.look(4), Known::Forgotten);
    assert_eq!(unpacked.look(5), Known::New);
}

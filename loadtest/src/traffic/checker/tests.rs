//! Planted loss, doubles and disorder, and what the checker makes of them.

use super::{Checker, Faults, Foreign};
use crate::traffic::stamp::Stamp;

/// Four connections in rooms of two. Deliveries are (receiver, sender, counter); what isn't listed
/// arrives in order, so that each sender's three messages reach both of its room but for `faulty`.
fn check(deliveries: &[(usize, u32, u32)], sent: [u32; 4], expected: Faults) {
    let mut checker = Checker::new(4, 2);
    for &(receiver, sender, counter) in deliveries {
        let stamp = Stamp { sender, counter, intended: 0 };
        assert_eq!(checker.take(receiver, stamp), Ok(()), "{receiver} {sender} {counter}");
    }
    assert_eq!(checker.faults(&sent), expected);
    assert_eq!(checker.received(), deliveries.len() as u64);
}

const NONE: Faults = Faults { lost: 0, doubled: 0, out_of_order: 0 };

#[test]
fn a_sound_run_has_no_faults() {
    let all = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1)];
    check(&all, [2, 1, 0, 0], NONE);
    assert!(NONE.none());
}

#[test]
fn a_skipped_delivery_is_lost() {
    let skipped = [(0, 0, 0), (0, 0, 2), (1, 0, 0), (1, 0, 1), (1, 0, 2)];
    check(&skipped, [3, 0, 0, 0], Faults { lost: 1, ..NONE });
}

#[test]
fn what_never_came_at_the_end_is_lost() {
    check(&[(2, 3, 0)], [0, 0, 0, 3], Faults { lost: 2 + 3, ..NONE });
}

#[test]
fn a_second_delivery_is_doubled() {
    check(&[(0, 0, 0), (0, 0, 0), (1, 0, 0)], [1, 0, 0, 0], Faults { doubled: 1, ..NONE });
}

#[test]
fn a_late_delivery_is_out_of_order_and_not_lost() {
    let late = [(0, 0, 1), (0, 0, 0), (1, 0, 0), (1, 0, 1)];
    check(&late, [2, 0, 0, 0], Faults { out_of_order: 1, ..NONE });
}

#[test]
fn a_hole_is_filled_from_its_middle_and_only_once() {
    let late = [(0, 0, 4), (0, 0, 2), (0, 0, 2), (0, 0, 0)];
    let fifth = (0..5).map(|counter| (1, 0, counter));
    let all: Vec<_> = late.into_iter().chain(fifth).collect();
    check(&all, [5, 0, 0, 0], Faults { lost: 2, doubled: 1, out_of_order: 2 });
}

#[test]
fn another_room_is_foreign() {
    let mut checker = Checker::new(4, 2);
    let stamp = Stamp { sender: 2, counter: 0, intended: 0 };
    assert_eq!(checker.take(0, stamp), Err(Foreign));
    let stamp = Stamp { sender: 1, counter: 0, intended: 0 };
    assert_eq!(checker.take(2, stamp), Err(Foreign));
}

//! The search itself: that it takes equal states for one, and tells what it found.

use super::action::Action;
use super::bounds::{Bounds, Start};
use super::encode::Encoder;
use super::log::{Log, OPENED, Record};
use super::plants::{Plant, Rules};
use super::rules::Rule;
use super::search::search;

/// What comes of these steps, as bytes.
fn bytes(bounds: Bounds, steps: &[Action]) -> Vec<u8> {
    let mut state = bounds.first();
    for &step in steps {
        state.take(step, Rules::whole());
    }
    Encoder::default().encode(&state).to_vec()
}

#[test]
fn who_is_b_and_who_is_c_makes_no_difference() {
    let three = Bounds::of(Start::Three, 1, 1);
    let read = |place| [Action::Write(0, 1), Action::ReadDown(0, place)];
    assert_eq!(bytes(three, &read(1)), bytes(three, &read(2)));
    assert_ne!(bytes(three, &read(1)), bytes(three, &[Action::Write(0, 1)]));
}

#[test]
fn a_counterexample_is_a_shortest_schedule() {
    let two = Bounds::of(Start::Two, 1, 1);
    let found = search(&two, Rules::without(Plant::TailDropped), &[Rule::I1], 10_000);
    let (rule, steps) = found.broken.unwrap();
    assert_eq!((rule, found.depth), (Rule::I1, 5));
    let expected = [
        "[conf 1, reign 1, loss 0: a of {a,b}]",
        "a decides write 1",
        "b reads what a said",
        "a reads what b answered",
        "the boss promotes b of {b}",
        "b hears [conf 2, reign 2, loss 0: b of {b}]",
    ];
    assert_eq!(steps[..6], expected);
}

#[test]
fn the_whole_protocol_passes_where_a_planted_bug_is_found() {
    let two = Bounds::of(Start::Two, 1, 1);
    let found = search(&two, Rules::whole(), &Rule::ALL, 10_000);
    assert_eq!((found.broken, found.whole), (None, true));
}

#[test]
fn a_search_that_is_given_up_is_not_whole() {
    let two = Bounds::of(Start::Two, 1, 1);
    assert!(!search(&two, Rules::whole(), &Rule::ALL, 100).whole);
}

#[test]
fn two_logs_are_the_same_up_to_the_lower_end_of_their_last_common_reign() {
    let log = |records: &[(u8, u8)]| {
        let mut log = Log::default();
        for &(reign, operation) in records {
            log.push(Record::new(reign, operation));
        }
        log
    };
    let (x, y) = (1, 2);
    let one = log(&[(1, x), (2, OPENED), (2, y)]);
    // As long, and of another reign behind the first record.
    let other = log(&[(1, x), (1, y), (3, OPENED)]);
    assert_eq!(one.common(&other, 1), Some(1));
    assert_eq!(one.common(&one.up_to(2), 1), Some(2));
    // One that a loss has begun has nothing in common with what was before.
    assert_eq!(one.common(&log(&[(4, OPENED)]), 0), None);
}

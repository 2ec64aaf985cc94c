//! Which steps are known, and from where on two lines of them differ.

use super::*;

fn step(term: u64, version: u64) -> Version {
    Version { term, version }
}

fn history(steps: &[(u64, u64)]) -> History {
    let mut history = History::default();
    steps.iter().for_each(|(term, version)| history.add(step(*term, *version)));
    history
}

#[test]
fn what_the_store_has_had_is_known_and_nothing_else() {
    let history = history(&[(5, 8), (7, 9), (7, 12), (7, 11)]);
    for (term, version) in [(5, 8), (5, 1), (7, 12), (0, 0), (4, 99)] {
        assert!(history.has(step(term, version)), "{term}.{version}");
    }
    for (term, version) in [(5, 9), (6, 9), (7, 13), (8, 1)] {
        assert!(!history.has(step(term, version)), "{term}.{version}");
    }
}

#[test]
fn a_lost_line_leaves_the_store_s_where_its_term_ends_or_before_it_begins() {
    let history = history(&[(5, 8), (7, 12), (9, 20)]);
    assert_eq!(history.shared_with(5, 9), 8, "steps of a term that was cut off");
    assert_eq!(history.shared_with(6, 9), 8, "a start that was lost");
    assert_eq!(history.shared_with(8, 9), 12);
    assert_eq!(history.shared_with(10, 9), 12, "this boss's own steps are in nobody else's line");
    assert_eq!(history.shared_with(4, 9), 0);
}

#[test]
fn the_oldest_terms_are_forgotten_and_taken_for_known() {
    let mut history = History::default();
    (0..TERMS_MAX as u64 + 10).for_each(|term| history.add(step(term, 1)));
    assert_eq!(history.0.len(), TERMS_MAX);
    assert!(history.has(step(3, 99)));
    assert!(!history.has(step(20, 99)));
}

#[test]
fn terms_rise_with_each_start_and_incarnations_with_each_term() {
    let term = next_term(5, 0x12345);
    assert_eq!((start_of(term), term & 0xffff), (1, 0x2345));
    assert!(next_term(term, 0) > term);
    assert_eq!(term_of((term << INCARNATION_COUNTER_BITS) | 77), term);
}

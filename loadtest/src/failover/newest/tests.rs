//! Histories that differ from what was seen.

use super::{Differences, HISTORY, History, Key, Newest};

/// What a subscriber saw: messages of one stream, each at twice its counter.
fn newest(epoch: u64, counters: &[u32]) -> Newest {
    let mut newest = Newest::default();
    newest.begin(epoch);
    for &counter in counters {
        newest.saw(u64::from(counter) * 2 + 1, (0, counter));
    }
    newest
}

fn history(epoch: u64, counters: &[u32]) -> History {
    let at = |&counter: &u32| (u64::from(counter) * 2 + 1, (0, counter));
    History { epoch, messages: counters.iter().map(at).collect() }
}

fn never(_: Key) -> bool {
    false
}

/// Missing, surplus and misplaced.
fn check(history: &History, seen: &[Newest], excused: fn(Key) -> bool, wanted: [u64; 3]) {
    let mut differences = Differences::default();
    differences.compare(history, seen.iter(), excused);
    let Differences { missing, surplus, misplaced, .. } = differences;
    assert_eq!([missing, surplus, misplaced], wanted, "{history:?} {seen:?}");
    assert_eq!(differences.none(), wanted == [0; 3]);
    assert_eq!(differences.messages, history.messages.len() as u64);
}

#[test]
fn a_history_is_what_its_subscribers_saw_together() {
    check(&history(1, &[]), &[], never, [0; 3]);
    check(&history(1, &[0, 1, 2]), &[newest(1, &[0, 1, 2]), newest(1, &[2])], never, [0; 3]);
    check(&history(1, &[0, 1, 2]), &[newest(1, &[0, 1]), newest(1, &[2])], never, [0; 3]);
}

#[test]
fn what_is_missing_is_found() {
    check(&history(1, &[0, 2]), &[newest(1, &[0, 1, 2])], never, [1, 0, 0]);
    check(&history(1, &[0, 1]), &[newest(1, &[0, 1, 2])], never, [1, 0, 0]);
    check(&history(1, &[]), &[newest(1, &[5])], never, [1, 0, 0]);
    // The room began anew and nobody was told.
    check(&history(2, &[]), &[newest(1, &[5, 6])], never, [2, 0, 0]);
}

#[test]
fn what_nobody_saw_is_found_unless_all_may_have_missed_it() {
    check(&history(1, &[0, 1, 2]), &[newest(1, &[0, 2])], never, [0, 1, 0]);
    check(&history(1, &[0, 1, 2]), &[newest(1, &[0, 2])], |key| key == (0, 1), [0; 3]);
}

#[test]
fn another_order_is_found() {
    let turned = History { epoch: 1, messages: vec![(3, (0, 1)), (1, (0, 0))] };
    check(&turned, &[newest(1, &[0, 1])], never, [0, 0, 1]);
    let swapped = History { epoch: 1, messages: vec![(1, (0, 1)), (3, (0, 0))] };
    check(&swapped, &[newest(1, &[0, 1])], never, [0, 0, 2]);
    let twice = History { epoch: 1, messages: vec![(1, (0, 0)), (3, (0, 0))] };
    check(&twice, &[newest(1, &[0])], never, [0, 0, 2]);
}

#[test]
fn what_a_full_history_has_pushed_out_isnt_missing() {
    let all: Vec<u32> = (0..HISTORY as u32 + 20).collect();
    let (kept, late) = (&all[20..], newest(1, &all[..30]));
    check(&history(1, kept), &[newest(1, &all), late], never, [0; 3]);
    // Nobody keeps more than that, either.
    assert_eq!(newest(1, &all).messages.len(), HISTORY);
    // A hole within it is found; what is older in its place was pushed out.
    let mut hole = all[19..].to_vec();
    hole.remove(50);
    check(&history(1, &hole), &[newest(1, &all)], |key| key == (0, 19), [1, 0, 0]);
}

#[test]
fn a_room_that_began_anew_has_nothing_of_before() {
    let mut seen = newest(1, &[0, 1, 2]);
    assert!(!seen.begin(1));
    assert!(seen.begin(2));
    seen.saw(1, (0, 9));
    let anew = History { epoch: 2, messages: vec![(1, (0, 9))] };
    check(&anew, &[seen], never, [0; 3]);
}

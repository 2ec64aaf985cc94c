//! Scripts of losses and returns.

use super::{MILLISECOND, Returns, Tally, back_off};
use crate::peers::imq::returning::{Closing, Here};

const HERE: Here =
    Here { resumed: Some(true), recovered: 2, anew: 0, unsubscribed: 0, closing: None };

fn closing(code: u32, may_retry: bool, retry_after_ms: u32) -> Option<Closing> {
    Some(Closing { code, may_retry, retry_after_ms })
}

#[test]
fn the_lost_come_back_at_once_and_are_timed_from_the_death() {
    let mut returns = Returns::new(3, 2, 1_000 * MILLISECOND);
    assert!(!returns.over());
    for who in [0, 1] {
        returns.lost(who, 1_001 * MILLISECOND, None, 0.5);
    }
    assert_eq!(returns.next_due(), Some(1_001 * MILLISECOND));
    let due: Vec<usize> = std::iter::from_fn(|| returns.take_due(1_001 * MILLISECOND)).collect();
    assert_eq!(due, [0, 1]);
    returns.whole(0, 1_100 * MILLISECOND, HERE);
    returns.whole(0, 1_150 * MILLISECOND, HERE);
    assert!(!returns.over());
    returns.whole(1, 1_200 * MILLISECOND, Here { resumed: Some(false), anew: 1, ..HERE });
    assert!(returns.over());
    let tally =
        Tally { disconnected: 2, back: 2, resumed: 1, recovered: 4, anew: 1, ..Tally::default() };
    assert_eq!(returns.tally, tally);
    let took = returns.took.percentiles();
    assert!((took.max_ms - 200.0).abs() < 1.0, "{took:?}");
}

#[test]
fn who_is_lost_again_waits_longer_and_longer() {
    let mut returns = Returns::new(1, 1, 0);
    let mut waits = Vec::new();
    let mut now = 0;
    for _ in 0..4 {
        returns.lost(0, now, None, 1.0);
        let due = returns.next_due().unwrap();
        assert_eq!(returns.take_due(due.saturating_sub(1)), (due == 0).then_some(0));
        if due > 0 {
            assert_eq!(returns.take_due(due), Some(0));
        }
        waits.push((due - now) / MILLISECOND);
        now = due;
    }
    assert_eq!(waits, [0, 100, 200, 400]);
    assert_eq!(returns.tally.retries, 3);
    assert_eq!(returns.tally.disconnected, 1);
}

#[test]
fn what_the_gateway_says_is_heeded() {
    let mut returns = Returns::new(2, 2, 0);
    returns.lost(0, 0, closing(3009, true, 700), 0.0);
    assert_eq!(returns.next_due(), Some(700 * MILLISECOND));
    returns.lost(1, 0, closing(3500, false, 0), 0.0);
    assert_eq!(returns.take_due(1_000 * MILLISECOND), Some(0));
    assert_eq!(returns.take_due(1_000 * MILLISECOND), None);
    returns.whole(0, 800 * MILLISECOND, HERE);
    assert!(returns.over(), "one is back, the other out");
    assert_eq!(returns.tally.closings.into_iter().collect::<Vec<_>>(), [(3009, 1), (3500, 1)]);
    assert_eq!(returns.tally.back, 1);
}

#[test]
fn back_off_has_an_end() {
    assert_eq!(back_off(0, 1.0), 0);
    assert_eq!(back_off(1, 0.0), 50 * MILLISECOND);
    assert_eq!(back_off(u32::MAX, 1.0), 10_000 * MILLISECOND);
}

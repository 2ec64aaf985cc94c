//! How much of a flood is written down.

use super::*;

const START: Time = Time { ms: 1_000, unix_ms: 0 };

#[test]
fn a_flood_is_a_few_lines_and_a_count_each_minute() {
    let mut throttle = Throttle::default();
    let (mut lines, mut counted) = (0, Vec::new());
    // 150,000 in two minutes and a half.
    for at in 0..150_000 {
        let now = START.after(at);
        counted.extend(throttle.wake(now));
        lines += u64::from(throttle.admits(now));
    }
    counted.extend(throttle.wake(START.after(180_000)));
    assert_eq!(lines, 15);
    assert_eq!(counted, [59_995, 59_995, 29_995]);
    assert_eq!(throttle.wake_at(), None);
}

#[test]
fn now_and_then_each_is_written_and_nothing_is_counted() {
    let mut throttle = Throttle::default();
    for at in 0..100 {
        let now = START.after(at * 15_000);
        assert!(throttle.admits(now));
        assert_eq!(throttle.wake_at(), None);
    }
}

#[test]
fn the_count_comes_though_nothing_else_does() {
    let mut throttle = Throttle::default();
    let admitted = (0..7).filter(|_| throttle.admits(START)).count();
    assert_eq!((admitted, throttle.wake_at()), (5, Some(61_000)));
    assert_eq!(throttle.wake(START.after(59_999)), None);
    assert_eq!(throttle.wake(START.after(60_000)), Some(2));
    assert!(throttle.admits(START.after(60_001)));
}

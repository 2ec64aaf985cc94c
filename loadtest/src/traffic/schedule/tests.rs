//! Intended times and the order of the senders.

use super::Schedule;

#[test]
fn a_late_generator_owes_everything_that_was_due() {
    let mut schedule = Schedule::new(1_000, 1e6, 4, 2);
    assert_eq!(schedule.take(999), None);
    let due: Vec<_> = std::iter::from_fn(|| schedule.take(6_000)).collect();
    assert_eq!(due, [(0, 1_000), (2, 2_000), (1, 3_000), (3, 4_000), (0, 5_000), (2, 6_000)]);
    assert_eq!(schedule.due(), 7_000);
}

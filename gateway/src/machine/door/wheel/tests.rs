//! Tests of the wheel and of what a connection may send.

use super::*;

#[test]
fn gives_each_connection_at_its_time_and_never_before() {
    let mut wheel = Wheel::new();
    let mut armed = Vec::new();
    for (number, after_ms) in [5_000u64, 10, 25_000, 5_000, 100_000].into_iter().enumerate() {
        let conn = ConnId::at(number);
        armed.push((wheel.arm(1_000, after_ms, conn), conn, 1_000 + after_ms));
    }
    let mut given = Vec::new();
    while let Some(at) = wheel.wake_at() {
        let mut due = Vec::new();
        wheel.due(at, usize::MAX, &mut due);
        for (tick, conn) in due {
            let (armed_tick, _, at_ms) = armed[conn.place()];
            assert_eq!(tick, armed_tick);
            assert!(at >= at_ms && at <= at_ms + 2 * TICK_MS, "{conn:?} at {at}");
            given.push(conn.number());
        }
    }
    assert_eq!(given, [1, 0, 3, 2, 4]);
}

#[test]
fn what_is_longer_than_a_turn_is_given_before_it_ends() {
    for now_ms in [0, 199, 5_200, 102_399] {
        let mut wheel = Wheel::new();
        let armed = wheel.arm(now_ms, 600_000, ConnId::at(7));
        let at = wheel.wake_at().unwrap();
        assert!((now_ms + 101_000..now_ms + 103_000).contains(&at), "at {at} after {now_ms}");
        let mut due = Vec::new();
        wheel.due(at, usize::MAX, &mut due);
        assert_eq!(due, [(armed, ConnId::at(7))]);
    }
}

#[test]
fn who_came_together_is_given_so_many_a_turn_and_nobody_is_lost() {
    let mut wheel = Wheel::new();
    for number in 0..1_000 {
        wheel.arm(1_000, 5_000, ConnId::at(number));
    }
    let mut given = Vec::new();
    let at = wheel.wake_at().unwrap();
    for turn in 0..10 {
        let mut due = Vec::new();
        wheel.due(at, 100, &mut due);
        assert_eq!(due.len(), 100, "turn {turn}");
        given.extend(due.iter().map(|(_, conn)| conn.number()));
        // Those that are left wait for nothing, and whoever is armed meanwhile keeps his time.
        let after_ms = if turn < 9 { 0 } else { 5_000 };
        wheel.arm(at, 5_000, ConnId::at(1_000 + turn));
        let next = wheel.wake_at().unwrap();
        assert!((at + after_ms..=at + after_ms + 2 * TICK_MS).contains(&next), "{next} after {at}");
    }
    given.sort_unstable();
    assert_eq!(given, (0..1_000).collect::<Vec<u32>>());
}

#[test]
fn who_is_armed_while_the_wheel_is_a_turn_behind_is_given_all_the_same() {
    let mut wheel = Wheel::new();
    wheel.arm(0, 0, ConnId::at(0));
    let turn_ms = SLOTS as u64 * TICK_MS;
    for (number, now_ms) in [(1, turn_ms - 1_000), (2, turn_ms), (3, 2 * turn_ms)] {
        let armed = wheel.arm(now_ms, 5_000, ConnId::at(number));
        let mut due = Vec::new();
        wheel.due(now_ms + 2 * turn_ms, usize::MAX, &mut due);
        assert_eq!(due.last(), Some(&(armed, ConnId::at(number))));
    }
}

#[test]
fn a_slot_that_was_for_many_gives_its_memory_back() {
    for (armed, kept) in [(1, true), (KEPT, true), (KEPT + 1, false), (1_000, false)] {
        let mut wheel = Wheel::new();
        for number in 0..armed {
            wheel.arm(0, 0, ConnId::at(number));
        }
        let mut due = Vec::new();
        wheel.due(TICK_MS, usize::MAX, &mut due);
        assert_eq!((due.len(), wheel.slots[1].capacity() > 0), (armed, kept), "{armed}");
    }
}

#[test]
fn an_allowance_fills_with_time_up_to_its_burst() {
    let rate = Rate { operations_per_s: 10, operations_burst: 2, bytes_per_s: 1, bytes_burst: 100 };
    let mut allowance = Allowance::full(rate, 0);
    assert!(allowance.take(rate, 0, 1, 10));
    assert!(allowance.take(rate, 0, 1, 10));
    assert!(!allowance.take(rate, 0, 1, 10));
    assert!(allowance.take(rate, 100, 1, 10));
    assert!(!allowance.take(rate, 100, 1, 10));
    assert!(!allowance.take(rate, 1_100, 1, 90));
    assert!(!allowance.take(rate, 1_100, 3, 0), "two at most");
    assert!(allowance.take(rate, 1_300, 2, 0));
    assert!(allowance.take(rate, 1_300, 0, 5));
}

#[test]
fn all_the_bytes_may_be_taken_and_none_that_is_not_there() {
    let rate = Rate { operations_per_s: 9, operations_burst: 9, bytes_per_s: 9, bytes_burst: 30 };
    let mut allowance = Allowance::full(rate, 0);
    for (bytes, is_there) in [(10, true), (21, false), (20, true), (1, false), (0, true)] {
        assert_eq!(allowance.take(rate, 0, 1, bytes), is_there, "{bytes}");
    }
}

//! The kernel's line, and this process in its own accounts.

use super::{Stat, own, used};

#[test]
fn a_name_with_brackets_and_spaces_shifts_nothing() {
    let line = "42 (a) b (c) S 7 42 42 0 -1 4194560 900 0 1 0 120 34 0 0 20 0 5 0 1 2 3 4";
    assert_eq!(Stat::parse(line), Some(Stat { parent: 7, cpu_ticks: 154 }));
    assert_eq!(Stat::parse("42 (a) S 7"), None);
    assert_eq!(Stat::parse(""), None);
}

#[test]
fn nobody_uses_nothing() {
    assert_eq!(used(&[]).unwrap(), 0);
    assert!(used(&[std::process::id()]).unwrap() >= own().unwrap() / 2);
}

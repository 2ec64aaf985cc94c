//! Memory that grows, and memory that is level.

use super::{ChurnPoint, growth};

fn series(seconds: u64, bytes: fn(u64) -> u64) -> Vec<ChurnPoint> {
    let point = |second: u64| ChurnPoint {
        second: second as f64,
        cycles: 0,
        queue_node_bytes: bytes(second),
        gateway_bytes: 0,
    };
    (0..=seconds).map(point).collect()
}

#[test]
fn what_grows_before_memory_is_to_be_level_does_not_count() {
    let level = series(60, |second| second.min(30) * 1_000);
    assert_eq!(growth(&level, |point| point.queue_node_bytes), Some(0.0));
    let leak = series(60, |second| second * 1_000);
    let slope = growth(&leak, |point| point.queue_node_bytes).unwrap();
    assert!((slope - 1_000.0).abs() < 1e-6, "{slope}");
    assert_eq!(growth(&series(30, |second| second), |point| point.queue_node_bytes), None);
}

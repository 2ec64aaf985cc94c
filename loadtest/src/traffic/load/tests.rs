//! Loads that can't be run.

use std::time::Duration;

use super::{Load, Pace};

#[test]
fn impossible_loads_are_refused() {
    let load = |connections, room_size, payload_bytes, pace| Load {
        connections,
        room_size,
        payload_bytes,
        pace,
        warm_up: Duration::ZERO,
        window: Duration::ZERO,
        drain: Duration::ZERO,
        progress: false,
        servers: vec!["127.0.0.1:1".parse().unwrap()],
        processes: Vec::new(),
    };
    let check = |load: Load, why: &str| {
        let error = load.check().expect_err(why).to_string();
        assert!(error.contains(why), "{error}");
    };
    check(load(10, 3, 100, Pace::InFlight(1)), "don't fill rooms");
    check(load(10, 0, 100, Pace::InFlight(1)), "at least one");
    check(load(10, 10, 10, Pace::InFlight(1)), "at least 38 bytes");
    check(load(10, 10, 100, Pace::PerSecond(0.0)), "above zero");
    check(load(10, 10, 100, Pace::PerSecond(f64::NAN)), "above zero");
}

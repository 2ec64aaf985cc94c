//! The one clock: everything else is told the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::time::Time;
use rustix::time::{ClockId, clock_gettime};

/// The time now.
#[allow(clippy::disallowed_methods, reason = "this is the one place that asks")]
pub fn now() -> Time {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Time { ms: micros() / 1000, unix_ms: unix.as_millis() as u64 }
}

/// Microseconds since 1970, for people who follow something through several processes.
#[allow(clippy::disallowed_methods, reason = "this is the one place that asks")]
pub fn unix_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_micros() as u64
}

/// Microseconds of the clock that never goes back, for measuring. All processes of a host read the
/// same, so that their links beat together, and wake them once.
pub fn micros() -> u64 {
    let since_boot = clock_gettime(ClockId::Monotonic);
    // The zero lies a day back, so that no deadline computed from it is before it.
    (since_boot.tv_sec as u64 + 24 * 3600) * 1_000_000 + since_boot.tv_nsec as u64 / 1000
}

/// The next multiple of so many milliseconds: what all do now and then is done together, with the
/// beats of their links, and wakes them once.
pub fn next(now: Time, every_ms: u64) -> u64 {
    (now.ms / every_ms + 1) * every_ms
}

/// How long a poll may sleep until `at_ms`; nothing: for ever.
pub fn until(now: Time, at_ms: Option<u64>) -> Option<Duration> {
    at_ms.map(|at| Duration::from_millis(at.saturating_sub(now.ms)))
}

//! The generator's own clock: nanoseconds since the run began.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the start of a run; a moment or a span, as intended send times are both.
pub(crate) type Nanoseconds = u64;

/// One second, in the clock's unit.
pub(crate) const SECOND: Nanoseconds = 1_000_000_000;

/// The start of a run, from which all its times count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts a clock at zero.
    pub(crate) fn start() -> Self {
        Self { start: instant() }
    }

    /// What the clock shows now. 584 years fit.
    pub(crate) fn now(&self) -> Nanoseconds {
        u64::try_from(instant().duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The span in the clock's unit.
pub(crate) fn nanoseconds(span: Duration) -> Nanoseconds {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// The span in seconds.
pub(crate) fn seconds(span: Nanoseconds) -> f64 {
    span as f64 / SECOND as f64
}

/// Seconds since 1970, for what expires; before then it is 1970.
#[allow(clippy::disallowed_methods, reason = "tokens expire by the calendar")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[allow(clippy::disallowed_methods, reason = "the generator stands outside the cluster's clock")]
fn instant() -> Instant {
    Instant::now()
}

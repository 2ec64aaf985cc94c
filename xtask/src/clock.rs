//! The one place that reads the time.

use std::time::Instant;

/// The present moment.
#[expect(
    clippy::disallowed_methods,
    reason = "bounds on commands need the real clock, and this crate depends on none that has one"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

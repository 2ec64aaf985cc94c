//! Lines of one kind in the log: a few a minute, then how many more there were.

use std::fmt;

use proto::time::Time;

use crate::machine::Throttle;

/// One kind of lines.
#[derive(Debug)]
pub struct Throttled {
    what: &'static str,
    throttle: Throttle,
}

impl Throttled {
    /// `what` names in the plural what is counted.
    pub fn new(what: &'static str) -> Throttled {
        Throttled { what, throttle: Throttle::default() }
    }

    /// Writes a line about a bug, or counts it.
    pub fn error(&mut self, now: Time, line: fmt::Arguments<'_>) {
        if self.throttle.admits(now) {
            tracing::error!("{line}");
        }
    }

    /// Writes a line that an operator may have to do something about, or counts it.
    pub fn warn(&mut self, now: Time, line: fmt::Arguments<'_>) {
        if self.throttle.admits(now) {
            tracing::warn!("{line}");
        }
    }

    /// Writes a line that is good to know, or counts it.
    pub fn info(&mut self, now: Time, line: fmt::Arguments<'_>) {
        if self.throttle.admits(now) {
            tracing::info!("{line}");
        }
    }

    /// Says, when it is time, how many were counted.
    pub fn wake(&mut self, now: Time) {
        if let Some(more) = self.throttle.wake(now) {
            tracing::warn!("and {more} more {} in the last minute", self.what);
        }
    }

    /// When [`Throttled::wake`] is wanted, in milliseconds.
    pub fn wake_at(&self) -> Option<u64> {
        self.throttle.wake_at()
    }
}

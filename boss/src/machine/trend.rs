//! The cluster's figures of the last minutes, for a page that has just been opened.

use std::collections::VecDeque;

use proto::time::Time;
use serde::Serialize;

use super::totals::Totals;

/// Five minutes: what is older is the matter of who scrapes the metrics.
pub const MOMENTS_MAX: usize = 300;
/// As often as nodes report.
const EVERY_MS: u64 = 1_000;

/// The figures at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moment {
    /// In milliseconds since 1970.
    pub at_ms: u64,
    /// Whichever hosts these are, nothing is lost.
    pub hosts_may_die: usize,
    /// All nodes together.
    #[serde(flatten)]
    pub totals: Totals,
}

/// The newest moments, oldest first. They don't outlive the process.
#[derive(Debug, Clone, Default)]
pub struct Trend {
    moments: VecDeque<Moment>,
    due_ms: u64,
}

impl Trend {
    /// Takes the figures as they are now, if the next moment has come. While nobody reports there
    /// are none.
    pub fn take(&mut self, now: Time, figures: impl FnOnce() -> Totals, hosts_may_die: usize) {
        if now.ms < self.due_ms {
            return;
        }
        // Of whole seconds: a report a little earlier than the one before is of the next one.
        self.due_ms = (now.ms / EVERY_MS + 1) * EVERY_MS;
        if self.moments.len() == MOMENTS_MAX {
            self.moments.pop_front();
        }
        self.moments.push_back(Moment { at_ms: now.unix_ms, hosts_may_die, totals: figures() });
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Moment> {
        self.moments.iter()
    }
}

#[cfg(test)]
mod tests;

//! What the operator's log is told of requests that fail: the first, then one now and then with the
//! number of those between, so that an application that is down fills no disk.

use super::target::{Context, Settings};

/// A target's failures are told so often.
const EVERY_MS: u64 = 10_000;

/// Of one target.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    next_ms: u64,
    unreported: u64,
}

impl Complaints {
    /// A request of this kind has failed; `reason` is for the log.
    pub(super) fn note(
        &mut self,
        name: &str,
        kind: &str,
        to: &Settings,
        reason: impl FnOnce() -> String,
        context: &mut Context<'_>,
    ) {
        if context.now.ms < self.next_ms {
            self.unreported += 1;
            return;
        }
        let (url, reason) = (to.shown_url(), reason());
        let unreported = match std::mem::take(&mut self.unreported) {
            0 => String::new(),
            more => format!("; {more} more have failed since the last such line"),
        };
        self.next_ms = context.now.ms + EVERY_MS;
        context
            .out
            .notices
            .push(format!("call-out {name:?} fails on {kind}, at {url}: {reason}{unreported}"));
    }
}

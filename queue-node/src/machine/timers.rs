//! When to wake, and for what.
//!
//! A deadline is put into the list of its tick, so that setting one and letting one pass cost the
//! same however many there are. A deadline is never taken back: whoever set it looks whether it
//! still holds.

use std::collections::BTreeMap;

use super::clock::NodeMs;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;

/// Deadlines are rounded up to this many milliseconds.
const TICK_MS: u64 = 8;

/// A queue of a bucket, in one of its lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueRef {
    pub(crate) bucket: u32,
    pub(crate) index: QueueIndex,
    pub(crate) serial: u32,
}

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A queue: idle, keys that expire, old events, members to ask about.
    Queue(QueueRef),
    /// A session of a bucket without a connection: its grace ends.
    Grace(u32, SessionKey),
    /// One that was resumed: what its client hasn't come back to is swept.
    Sweep(u32, SessionKey),
    /// A bucket that the node has taken over: its next queues get their deadlines.
    Deadlines(u32),
    /// A bucket that the node has taken over: sessions that no lane has introduced are detached.
    Unintroduced(u32),
    /// What buckets remember of operations and requests is looked through.
    Memory,
    /// Tells that the web application hasn't acknowledged are given again.
    Couriers,
    /// Words to other queues that found no home are sent again.
    Words,
    /// Probes that have waited for long are answered.
    Probes,
    /// Copies that no row names go.
    Copies,
}

/// All deadlines of a node.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    ticks: BTreeMap<u64, Vec<Timer>>,
}

impl Timers {
    /// Wakes for this at that moment or soon after, never before.
    pub(crate) fn set(&mut self, NodeMs(at_ms): NodeMs, timer: Timer) {
        self.ticks.entry(at_ms.div_ceil(TICK_MS)).or_default().push(timer);
    }

    /// The moment of the first deadline.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.ticks.first_key_value().map(|(tick, _)| tick.saturating_mul(TICK_MS))
    }

    /// What they take.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.ticks.values().map(|tick| tick.capacity() * size_of::<Timer>()).sum()
    }

    /// Takes the first deadlines, if their moment has come.
    pub(crate) fn due(&mut self, NodeMs(now_ms): NodeMs) -> Option<Vec<Timer>> {
        let first = self.ticks.first_entry()?;
        (first.key().saturating_mul(TICK_MS) <= now_ms).then(|| first.remove())
    }
}

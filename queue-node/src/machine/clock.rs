//! The clock of a bucket.
//!
//! All times that a bucket records, or compares with what it has recorded, are of this clock. It
//! runs as the clock of the node does that is the bucket's primary, and goes on where it was when
//! another node takes over. So deadlines don't depend on whose clock shows what.

use super::bucket::Bucket;
use super::timers::Timer;
use super::turn::Turn;

/// A moment of the node's own clock, in milliseconds: of its links, its rates and its timers. It is
/// a type of its own, so that it can't be taken for a moment of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct NodeMs(pub(crate) u64);

impl NodeMs {
    /// So much later.
    pub(crate) fn after(self, ms: u64) -> NodeMs {
        NodeMs(self.0.saturating_add(ms))
    }
}

/// How a bucket's clock differs from its node's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// What it shows more than the node's.
    offset_ms: i64,
}

impl Clock {
    /// It shows this moment of the bucket now.
    pub(crate) fn showing(at_ms: u64, now: NodeMs) -> Clock {
        // Both are below 2^53 (`proto::limits::NUMBER_MAX`).
        Clock { offset_ms: at_ms as i64 - now.0 as i64 }
    }

    /// What it shows more than the node's.
    pub(crate) fn offset_ms(self) -> i64 {
        self.offset_ms
    }

    /// What it shows at a moment of the node.
    #[inline]
    pub(crate) fn at_ms(self, now: NodeMs) -> u64 {
        now.0.saturating_add_signed(self.offset_ms)
    }

    /// When it will show that on the node's clock. What is never on the one is never on the other.
    pub(crate) fn on_node(self, at_ms: u64) -> NodeMs {
        if at_ms == u64::MAX {
            return NodeMs(at_ms);
        }
        NodeMs(at_ms.saturating_add_signed(-self.offset_ms))
    }
}

impl Bucket {
    /// What its clock shows.
    #[inline]
    pub(crate) fn now_ms(&self, turn: &Turn<'_>) -> u64 {
        self.clock.at_ms(turn.node_ms())
    }

    /// Sets a deadline, a moment of its clock.
    pub(crate) fn wake_at(&self, turn: &mut Turn<'_>, at_ms: u64, timer: Timer) {
        turn.shared.timers.set(self.clock.on_node(at_ms), timer);
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, NodeMs};

    #[test]
    fn a_moment_is_the_same_on_both_clocks() {
        for (shown, now) in [(0, 0), (0, 3_600_000), (3_600_000, 0), (7, 5), (5, 7)] {
            let clock = Clock::showing(shown, NodeMs(now));
            assert_eq!(clock.at_ms(NodeMs(now)), shown);
            assert_eq!(clock.at_ms(NodeMs(now + 10)), shown + 10);
            assert_eq!(clock.on_node(shown + 10), NodeMs(now + 10));
            assert_eq!(clock.on_node(u64::MAX), NodeMs(u64::MAX));
        }
        // What was due before the node's clock began is due at once.
        assert_eq!(Clock::showing(3_600_000, NodeMs(0)).on_node(1), NodeMs(0));
    }
}

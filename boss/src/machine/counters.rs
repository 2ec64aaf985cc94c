//! What a boss counts.

use member::machine::Sample;

/// Events that are counted, since the process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Processes that registered anew.
    pub registered: u64,
    /// Processes that were turned away.
    pub refused: u64,
    /// Nodes given up.
    pub lost: u64,
    /// Buckets that got another owner.
    pub moved: u64,
    /// Buckets that went to a copy, with all that was in them.
    pub promoted: u64,
    /// Buckets that began anew, empty.
    pub buckets_lost: u64,
    /// Copies that came in sync.
    pub added: u64,
    /// Copies that were in sync, and are so no more.
    pub dropped: u64,
    /// Steps that the store has.
    pub stored: u64,
    /// Steps that the store failed to take.
    pub store_failed: u64,
    /// How often the process stood still.
    pub slept: u64,
    /// Queues that were asked about.
    pub inspected: u64,
    /// Requests to processes' own HTTP.
    pub called: u64,
}

impl Counters {
    /// Each value with its metric's name and meaning.
    pub fn list(&self) -> Vec<Sample> {
        let all = [
            (
                "imq_boss_registered_total",
                "Processes that registered for the first time or after a restart.",
                self.registered,
            ),
            ("imq_boss_refused_total", "Processes whose registration was refused.", self.refused),
            ("imq_boss_lost_total", "Nodes that were given up.", self.lost),
            ("imq_boss_moved_buckets_total", "Buckets that got another owner.", self.moved),
            (
                "imq_boss_promoted_buckets_total",
                "Buckets that went to a copy, with all that was in them.",
                self.promoted,
            ),
            (
                "imq_boss_lost_buckets_total",
                "Buckets that began anew, empty: their `loss` rose.",
                self.buckets_lost,
            ),
            ("imq_boss_added_copies_total", "Copies that came in sync.", self.added),
            (
                "imq_boss_dropped_copies_total",
                "Copies that were in sync, and are so no more.",
                self.dropped,
            ),
            ("imq_boss_stored_total", "Steps written to the store.", self.stored),
            (
                "imq_boss_store_failed_total",
                "Steps that the store failed to write.",
                self.store_failed,
            ),
            (
                "imq_boss_slept_total",
                "Times that the process stood still, and began its clocks anew.",
                self.slept,
            ),
            ("imq_boss_inspected_total", "Queues that operators looked up.", self.inspected),
            (
                "imq_boss_called_total",
                "Requests to nodes' own HTTP, over their links.",
                self.called,
            ),
        ];
        all.into_iter().map(|(name, help, count)| Sample::counter(name, help, count)).collect()
    }
}

//! A message mount: its recent messages, for late comers.

use std::collections::VecDeque;

use proto::class::MountClass;

use super::event_ring::{Event, EventRing};
use super::replay::ReplayLog;

/// The history of a mount, bounded by its class in count, bytes and age.
///
/// Most of its messages are in the replay log, which has their bodies. When the log lets one go
/// that the history still wants, the history takes it over.
#[derive(Debug, Default)]
pub(crate) struct History {
    kept: VecDeque<Kept>,
    /// The first of them, which the log hasn't any more.
    older: EventRing,
    cost: usize,
}

/// A message that is kept.
#[derive(Debug, Clone, Copy)]
struct Kept {
    seq: u64,
    at_ms: u64,
    cost: u32,
}

impl History {
    /// Keeps a message, which goes to the log; what the class doesn't keep is let go.
    #[inline]
    pub(crate) fn push(&mut self, event: &Event<'_>, class: &MountClass) {
        let cost = event.cost() + size_of::<Kept>();
        self.cost += cost;
        self.kept.push_back(Kept { seq: event.seq, at_ms: event.at_ms, cost: cost as u32 });
        self.trim(class);
        self.trim_age(event.at_ms, class);
    }

    /// Lets go of what is more than the class keeps.
    #[inline]
    pub(crate) fn trim(&mut self, class: &MountClass) {
        while self.kept.len() > class.history || self.cost > class.history_bytes {
            self.pop();
        }
    }

    /// The number of its newest message, or 0.
    pub(super) fn newest_seq(&self) -> u64 {
        self.kept.back().map_or(0, |kept| kept.seq)
    }

    /// Keeps a message that an earlier life kept; the log has it, or never will.
    pub(super) fn put_back(&mut self, event: &Event<'_>, is_older: bool) {
        let cost = event.cost() + size_of::<Kept>();
        self.cost += cost;
        self.kept.push_back(Kept { seq: event.seq, at_ms: event.at_ms, cost: cost as u32 });
        if is_older {
            self.older.push(event);
        }
    }

    /// Takes over what the log lets go of, unless it isn't wanted any more.
    #[inline]
    pub(crate) fn inherit(&mut self, event: &Event<'_>) {
        if self.kept.get(self.older.len()).is_some_and(|kept| kept.seq == event.seq) {
            self.older.push(event);
        }
    }

    /// Lets go of what is too old.
    #[inline]
    pub(crate) fn trim_age(&mut self, now_ms: u64, class: &MountClass) {
        if class.history_ms == 0 {
            return;
        }
        let old = |kept: &Kept| kept.at_ms.saturating_add(class.history_ms) <= now_ms;
        while self.kept.front().is_some_and(old) {
            self.pop();
        }
    }

    /// The newest messages numbered at most `seq_max`, no more than `count`, oldest first.
    pub(crate) fn newest<'a>(
        &'a self,
        log: &'a ReplayLog,
        count: usize,
        seq_max: u64,
    ) -> impl DoubleEndedIterator<Item = Event<'a>> + Clone {
        let end = self.kept.partition_point(|kept| kept.seq <= seq_max);
        (end.saturating_sub(count)..end).filter_map(move |at| {
            let seq = self.kept[at].seq;
            self.older.get(at, seq).or_else(|| log.get(seq))
        })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// What they cost.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// What it takes beside the log, free space included.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.older.bytes() + self.kept.capacity() * size_of::<Kept>()
    }

    fn pop(&mut self) {
        if let Some(kept) = self.kept.pop_front() {
            self.cost -= kept.cost as usize;
        }
        if !self.older.is_empty() {
            self.older.pop();
            self.older.tighten();
        }
    }
}

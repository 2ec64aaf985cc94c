//! A queue's recent events, for those who come back.

use proto::limits;

use super::event_ring::{Event, EventRing};

/// The events above `floor`, all of them: the first has the number `floor + 1`.
#[derive(Debug, Default)]
pub(crate) struct ReplayLog {
    ring: EventRing,
    floor: u64,
}

impl ReplayLog {
    /// Has nothing yet, and goes on behind this event.
    pub(super) fn begin_at(&mut self, floor: u64) {
        self.floor = floor;
    }

    /// The number of its newest event, or of the newest that it lacks.
    pub(super) fn newest(&self) -> u64 {
        self.floor + self.ring.len() as u64
    }

    /// Whether an event that costs so much has space beside those that are here.
    #[inline]
    pub(crate) fn has_space(&self, cost: usize) -> bool {
        self.ring.cost() + cost <= limits::REPLAY_LOG_BYTES_MAX
    }

    /// Appends the next event; the caller has made space.
    #[inline]
    pub(crate) fn push(&mut self, event: &Event<'_>) {
        self.ring.push(event);
    }

    /// Goes on behind an event that is too large to be kept. There is nothing else.
    pub(crate) fn skip(&mut self, event: &Event<'_>) {
        self.floor = event.seq;
    }

    /// Lets go of the oldest event.
    #[inline]
    pub(crate) fn pop(&mut self) {
        if !self.ring.is_empty() {
            self.ring.pop();
            self.floor += 1;
        }
    }

    /// The oldest event.
    #[inline]
    pub(crate) fn oldest(&self) -> Option<Event<'_>> {
        self.ring.get(0, self.floor + 1)
    }

    /// The event of this number, if it is here.
    pub(crate) fn get(&self, seq: u64) -> Option<Event<'_>> {
        let at = seq.checked_sub(self.floor + 1)?;
        self.ring.get(usize::try_from(at).ok()?, seq)
    }

    /// The events above this number, oldest first.
    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = Event<'_>> {
        let end = self.floor + self.ring.len() as u64;
        (seq.max(self.floor)..end).filter_map(|seq| self.get(seq + 1))
    }

    /// The newest event it lacks: it reaches those who have seen everything up to here.
    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    /// When its oldest event was.
    pub(crate) fn oldest_ms(&self) -> Option<u64> {
        self.ring.oldest_ms()
    }

    /// What its events cost.
    pub(crate) fn cost(&self) -> usize {
        self.ring.cost()
    }

    /// What it takes, free space included.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.ring.bytes()
    }

    /// Gives back free space where there is much of it: all of it if the log is empty.
    pub(crate) fn tighten(&mut self) {
        self.ring.tighten();
    }

    /// Gives back all free space.
    pub(crate) fn shrink(&mut self) {
        self.ring.shrink();
    }
}

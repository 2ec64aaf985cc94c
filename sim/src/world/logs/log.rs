//! What one node has of a bucket, as far as it has said so.

use std::collections::BTreeMap;

/// A record: who wrote it, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) reign: u64,
    pub(super) hash: u64,
}

/// Records of a bucket in one of its lives.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// It began with a snapshot that has all up to this one.
    from: u64,
    records: BTreeMap<u64, Mark>,
    end: u64,
    /// All slices have come, or it was the same up to where the stream began.
    is_whole: bool,
    /// What it has applied, and can't undo.
    applied: u64,
}

impl Log {
    /// A snapshot begins that has all up to this record.
    pub(super) fn fill(&mut self, from: u64) {
        *self = Log { from, end: from, ..Log::default() };
    }

    /// The last slice has come.
    pub(super) fn filled(&mut self) {
        self.is_whole = true;
        self.applied = self.from;
    }

    /// Lets go of what is behind a record. The one that it has applied, if it is undone.
    pub(super) fn cut(&mut self, after: u64) -> Option<u64> {
        self.records.split_off(&(after + 1));
        (self.end, self.is_whole) = (after, true);
        (self.applied > after).then_some(self.applied)
    }

    /// Somebody else's record comes. One that isn't the next is none of a log that is known.
    pub(super) fn take(&mut self, n: u64, mark: Mark) {
        if n == self.end + 1 && (self.end > 0 || self.is_whole || n == 1) {
            self.records.insert(n, mark);
            self.end = n;
        }
    }

    /// All up to this is committed.
    pub(super) fn apply(&mut self, committed: u64) {
        if self.is_whole {
            self.applied = self.applied.max(committed.min(self.end));
        }
    }

    /// Its own record: a primary has all before.
    pub(super) fn write(&mut self, n: u64, mark: Mark) {
        if self.records.is_empty() && self.end == 0 {
            self.from = n - 1;
        }
        self.records.insert(n, mark);
        (self.end, self.is_whole) = (self.end.max(n), true);
    }

    /// It sends a snapshot that has all up to this one: nobody may have been sent the last of them.
    pub(super) fn shows(&mut self, n: u64) {
        if n > self.end {
            (self.end, self.is_whole) = (n, true);
        }
    }

    /// Whether it ends before this record.
    pub(super) fn is_ahead(&self, n: u64) -> bool {
        n > self.end
    }

    /// The record of this number, if it is known.
    pub(super) fn get(&self, n: u64) -> Option<Mark> {
        self.records.get(&n).copied()
    }

    /// Whether it can't have this record: it ends before, or has another one there, if it is known
    /// which.
    pub(super) fn lacks(&self, n: u64, mark: Option<Mark>) -> bool {
        let differs = |mark| self.get(n).is_some_and(|its| its != mark);
        !self.is_whole || n > self.end || mark.is_some_and(differs)
    }
}

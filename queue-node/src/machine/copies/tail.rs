//! The records of a bucket that its state doesn't show yet, or that somebody may still ask for.
//!
//! Their bytes stand one behind the other, so that keeping a turn's records allocates nothing.

use std::collections::VecDeque;

/// So many bytes in front of the first entry are given back.
const SPARE_BYTES: usize = 64 * 1024;

/// Entries, each of which is a whole turn of a bucket: nobody keeps or applies a part of one.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// The newest record in front of the first entry.
    before: u64,
    entries: VecDeque<Entry>,
    /// The bytes of all entries, behind some that nobody needs.
    bytes: Vec<u8>,
    spare: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The number of its last record.
    last: u64,
    length: usize,
}

/// No entry ends there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoEnd;

impl Tail {
    /// Nothing behind this record.
    pub(crate) fn behind(before: u64) -> Tail {
        Tail { before, ..Tail::default() }
    }

    /// One more entry, the last record of which has this number.
    pub(crate) fn push(&mut self, entry: &[u8], last: u64) {
        self.write(last, |out| out.extend_from_slice(entry));
    }

    /// The same, of what is appended.
    pub(crate) fn write(&mut self, last: u64, write: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(last > self.end(), "an entry has a record");
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.entries.push_back(Entry { last, length: self.bytes.len() - start });
    }

    /// The newest record.
    pub(crate) fn end(&self) -> u64 {
        self.entries.back().map_or(self.before, |entry| entry.last)
    }

    /// The newest record in front of it.
    pub(crate) fn before(&self) -> u64 {
        self.before
    }

    /// What its entries take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len() - self.spare
    }

    /// The next entry, if all of it is at or before this record. It is in the tail no more.
    pub(crate) fn take(&mut self, through: u64) -> Option<&[u8]> {
        // What the entry before this one took is given back here: a borrow of it has ended.
        self.tidy();
        let entry = self.entries.pop_front_if(|entry| entry.last <= through)?;
        let start = self.spare;
        self.before = entry.last;
        self.spare += entry.length;
        self.bytes.get(start..self.spare)
    }

    /// What the entries behind this record take; nothing if none ends there.
    pub(crate) fn bytes_behind(&self, n: u64) -> Option<usize> {
        let place = self.place(n).ok()?;
        Some(self.entries.range(place..).map(|entry| entry.length).sum())
    }

    /// Lets go of all entries behind this record.
    ///
    /// # Errors
    /// If it is none at which an entry ends: nothing is done then.
    pub(crate) fn cut(&mut self, behind: u64) -> Result<(), NoEnd> {
        let kept = self.place(behind)?;
        let gone: usize = self.entries.drain(kept..).map(|entry| entry.length).sum();
        self.bytes.truncate(self.bytes.len() - gone);
        Ok(())
    }

    /// The entries behind this record, each with the number of its last one.
    ///
    /// # Errors
    /// If it is none at which an entry ends.
    pub(crate) fn after(&self, n: u64) -> Result<impl Iterator<Item = (u64, &[u8])>, NoEnd> {
        let place = self.place(n)?;
        let skipped: usize = self.entries.range(..place).map(|entry| entry.length).sum();
        let mut rest = &self.bytes[self.spare + skipped..];
        Ok(self.entries.range(place..).map(move |entry| {
            let (bytes, behind) = rest.split_at(entry.length);
            rest = behind;
            (entry.last, bytes)
        }))
    }

    /// How many entries are at or before a record at which one ends.
    fn place(&self, n: u64) -> Result<usize, NoEnd> {
        if n == self.before {
            return Ok(0);
        }
        let found = self.entries.binary_search_by_key(&n, |entry| entry.last);
        found.map(|at| at + 1).map_err(|_| NoEnd)
    }

    fn tidy(&mut self) {
        if self.spare == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(SPARE_BYTES);
        } else if self.spare > SPARE_BYTES && self.spare > self.bytes.len() / 2 {
            self.bytes.drain(..self.spare);
        } else {
            return;
        }
        self.spare = 0;
    }
}

#[cfg(test)]
mod tests;

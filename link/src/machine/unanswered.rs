//! The operations of one bucket that have no answer yet: one ordered, bounded list with their bytes.

use std::collections::VecDeque;

use proto::limits;

/// The list. `T` is what its owner must know of an operation when the answer comes.
#[derive(Debug)]
pub struct Unanswered<T> {
    entries: VecDeque<Entry<T>>,
    bytes: Vec<u8>,
    /// Bytes of answered operations at the front of `bytes`.
    done: usize,
    /// Up to here they have been sent on this link.
    sent: usize,
    /// How many entries have been sent on this link.
    sent_entries: usize,
}

#[derive(Debug)]
struct Entry<T> {
    tag: T,
    length: usize,
    since_ms: u64,
    was_sent: bool,
}

impl<T> Default for Unanswered<T> {
    fn default() -> Self {
        Unanswered {
            entries: VecDeque::new(),
            bytes: Vec::new(),
            done: 0,
            sent: 0,
            sent_entries: 0,
        }
    }
}

impl<T> Unanswered<T> {
    /// Appends an operation whose frame `write` appends.
    ///
    /// # Errors
    /// The tag back when the list is full; nothing is kept then.
    #[inline]
    pub fn push(&mut self, now_ms: u64, tag: T, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), T> {
        let before = self.bytes.len();
        if before - self.done > limits::UNANSWERED_BYTES_MAX {
            return Err(tag);
        }
        write(&mut self.bytes);
        let length = self.bytes.len() - before;
        self.entries.push_back(Entry { tag, length, since_ms: now_ms, was_sent: false });
        Ok(())
    }

    /// The operation whose answer comes next.
    pub fn front(&self) -> Option<&T> {
        self.entries.front().map(|entry| &entry.tag)
    }

    /// Takes the front, which has been answered. Nothing if it was never sent: no answer can be its.
    #[inline]
    pub fn answered(&mut self) -> Option<T> {
        if self.sent_entries == 0 {
            return None;
        }
        self.sent_entries -= 1;
        let entry = self.entries.pop_front()?;
        self.done += entry.length;
        self.compact();
        Some(entry.tag)
    }

    /// Whether anything waits to be sent.
    #[inline]
    pub fn has_unsent(&self) -> bool {
        self.sent < self.bytes.len()
    }

    /// The frames to send now; they count as sent.
    pub fn unsent(&mut self) -> &[u8] {
        for entry in self.entries.range_mut(self.sent_entries..) {
            entry.was_sent = true;
        }
        self.sent_entries = self.entries.len();
        let from = std::mem::replace(&mut self.sent, self.bytes.len());
        &self.bytes[from..]
    }

    /// The link is lost: everything is to be sent again.
    pub fn rewind(&mut self) {
        self.sent = self.done;
        self.sent_entries = 0;
    }

    /// Empties the list: each operation in order, and whether it may have been received.
    pub fn drain(&mut self) -> Vec<(T, bool)> {
        let drained = self.entries.drain(..).map(|entry| (entry.tag, entry.was_sent)).collect();
        *self = Unanswered::default();
        drained
    }

    /// Takes what has waited since before that moment, if the list is not on its way (after
    /// [`Unanswered::rewind`]): each operation in order, and whether it may have been received.
    pub fn expire(&mut self, before_ms: u64) -> Vec<(T, bool)> {
        let mut expired = Vec::new();
        while self.sent_entries == 0
            && let Some(entry) = self.entries.pop_front_if(|entry| entry.since_ms < before_ms)
        {
            self.done += entry.length;
            self.sent = self.done;
            expired.push((entry.tag, entry.was_sent));
        }
        self.compact();
        expired
    }

    /// Since when the front has been waiting.
    pub fn oldest_ms(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.since_ms)
    }

    /// All operations, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.tag)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether everything has been answered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives back the bytes of what was answered, at a cost that is small beside having written them.
    fn compact(&mut self) {
        if self.done == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT_BYTES);
        } else if self.done > KEPT_BYTES && self.done * 2 > self.bytes.len() {
            self.bytes.drain(..self.done);
        } else {
            return;
        }
        self.sent -= self.done;
        self.done = 0;
    }
}

/// An empty list keeps this much room.
const KEPT_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests;

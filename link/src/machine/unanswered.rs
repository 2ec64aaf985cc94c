//! The operations of one bucket that have no answer yet: one ordered, bounded list with their
//! bytes.

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
    /// How many entries are placeholders.
    placeholders: usize,
}

/// An entry on its way from one list to another.
#[derive(Debug)]
pub struct Moving<'a, T> {
    /// What its owner knows of it.
    pub tag: T,
    /// Whether it may have been received.
    pub was_sent: bool,
    since_ms: u64,
    bytes: &'a [u8],
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
            placeholders: 0,
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
        if self.bytes() > limits::UNANSWERED_BYTES_MAX {
            return Err(tag);
        }
        write(&mut self.bytes);
        let length = self.bytes.len() - before;
        self.entries.push_back(Entry { tag, length, since_ms: now_ms, was_sent: false });
        Ok(())
    }

    /// Appends an entry for which nothing is sent: its owner answers it by itself, but not before
    /// what came before it is answered. See [`Unanswered::take_placeholder`].
    ///
    /// # Errors
    /// The tag back when the list has too many of them.
    pub fn hold_place(&mut self, now_ms: u64, tag: T) -> Result<(), T> {
        if self.placeholders >= limits::UNANSWERED_PLACEHOLDERS_MAX {
            return Err(tag);
        }
        self.placeholders += 1;
        self.entries.push_back(Entry { tag, length: 0, since_ms: now_ms, was_sent: false });
        Ok(())
    }

    /// Takes the front if it is a placeholder: everything before it has been answered.
    #[inline]
    pub fn take_placeholder(&mut self) -> Option<T> {
        if self.placeholders == 0 {
            return None;
        }
        let entry = self.entries.pop_front_if(|entry| entry.length == 0)?;
        self.placeholders -= 1;
        self.sent_entries = self.sent_entries.saturating_sub(1);
        Some(entry.tag)
    }

    /// The operation whose answer comes next.
    pub fn front(&self) -> Option<&T> {
        self.entries.front().map(|entry| &entry.tag)
    }

    /// Takes the front, which has been answered. Nothing if it was never sent: no answer can be
    /// its.
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

    /// Empties the list into others: each entry in order, with its bytes.
    pub fn move_out(&mut self, mut each: impl FnMut(Moving<'_, T>)) {
        let list = std::mem::take(self);
        let mut at = list.done;
        for Entry { tag, length, since_ms, was_sent } in list.entries {
            let bytes = &list.bytes[at..at + length];
            at += length;
            each(Moving { tag, was_sent, since_ms, bytes });
        }
    }

    /// Appends what comes from another list, to be sent again. Whoever let it in there has bounded
    /// it.
    pub fn move_in(&mut self, moving: Moving<'_, T>) {
        let Moving { tag, was_sent, since_ms, bytes } = moving;
        self.bytes.extend_from_slice(bytes);
        self.placeholders += usize::from(bytes.is_empty());
        self.entries.push_back(Entry { tag, length: bytes.len(), since_ms, was_sent });
    }

    /// Moves the entries that `picks` picks to the end of another list, in their order and to be
    /// sent there; the others keep theirs. Only of a list that is not on its way (after
    /// [`Unanswered::rewind`]): an entry whose answer may be coming must keep its place. The other
    /// list may be on its way.
    pub fn move_some(&mut self, other: &mut Unanswered<T>, mut picks: impl FnMut(&T) -> bool) {
        assert!(self.sent_entries == 0, "answers are awaited by place");
        if !self.iter().any(&mut picks) {
            return;
        }
        let mut kept = Unanswered::default();
        self.move_out(|moving| match picks(&moving.tag) {
            true => other.move_in(moving),
            false => kept.move_in(moving),
        });
        *self = kept;
    }

    /// Takes back the newest operation that `is_its` picks, if it was never sent on any link. A
    /// placeholder behind it may be the front then.
    pub fn withdraw(&mut self, is_its: impl Fn(&T) -> bool) -> Option<T> {
        let at = self.entries.iter().rposition(|entry| is_its(&entry.tag))?;
        let entry = &self.entries[at];
        if entry.was_sent || entry.length == 0 {
            return None;
        }
        let behind: usize = self.entries.range(at + 1..).map(|entry| entry.length).sum();
        let end = self.bytes.len() - behind;
        self.bytes.drain(end - entry.length..end);
        self.entries.remove(at).map(|entry| entry.tag)
    }

    /// Takes what has waited since before that moment, if the list is not on its way (after
    /// [`Unanswered::rewind`]): each operation in order, and whether it may have been received.
    pub fn expire(&mut self, before_ms: u64) -> Vec<(T, bool)> {
        let is_old = |since_ms: u64| since_ms < before_ms;
        let mut expired = Vec::new();
        if self.sent_entries > 0 || !self.entries.iter().any(|entry| is_old(entry.since_ms)) {
            return expired;
        }
        let mut kept = Unanswered::default();
        self.move_out(|moving| match is_old(moving.since_ms) {
            true => expired.push((moving.tag, moving.was_sent)),
            false => kept.move_in(moving),
        });
        *self = kept;
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

    /// Those that are to be sent, in order.
    pub fn iter_unsent(&self) -> impl Iterator<Item = &T> {
        self.entries.range(self.sent_entries..).map(|entry| &entry.tag)
    }

    /// What they take.
    pub fn bytes(&self) -> usize {
        self.bytes.len() - self.done
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether everything has been answered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives back the bytes of what was answered, at a cost that is small beside having written
    /// them.
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

/// An empty list keeps this much space.
const KEPT_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests;

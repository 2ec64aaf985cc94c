//! Events in the order they came, their bodies one behind the other in a ring of bytes.
//!
//! Keeping an event is a copy to the end of the ring, letting the oldest go moves its beginning: no
//! allocation, no reference count, and no look at bytes that have long left the cache.

use std::collections::VecDeque;

use proto::g2c::EventKind;
use proto::ids::SessionId;

/// The place of `members` where events of mounts have the number of their mount.
pub(crate) const MEMBERS: u8 = u8::MAX;

/// The public part of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    pub(crate) seq: u64,
    pub(crate) at_ms: u64,
    pub(crate) body: &'a [u8],
    pub(crate) kind: EventKind,
    /// The number of its mount, or [`MEMBERS`].
    pub(crate) mount: u8,
    /// The session that shall not have it.
    pub(crate) exclude: Option<SessionId>,
}

/// An event but its body and its number, which whoever has the ring knows.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at_ms: u64,
    /// Where its bytes begin: the excluded session, if there is one, then the body.
    place: u32,
    length: u32,
    kind: EventKind,
    mount: u8,
    excludes: bool,
}

/// The ring.
#[derive(Debug, Default)]
pub(crate) struct EventRing {
    entries: VecDeque<Entry>,
    bytes: Box<[u8]>,
    /// What its events cost.
    cost: usize,
}

/// The bytes of a session's id.
const ID: usize = size_of::<SessionId>();

/// A ring with anything in it has space for a few short messages.
const BYTES_MIN: usize = 256;
const ENTRIES_MIN: usize = 4;

impl Event<'_> {
    /// What it takes to keep it.
    #[inline]
    pub(crate) fn cost(&self) -> usize {
        self.length() + size_of::<Entry>()
    }

    /// Whether this session shall not have it.
    pub(crate) fn excludes(&self, session: SessionId) -> bool {
        self.exclude == Some(session)
    }

    #[inline]
    fn length(&self) -> usize {
        self.body.len() + if self.exclude.is_some() { ID } else { 0 }
    }
}

impl Entry {
    fn cost(&self) -> usize {
        self.length as usize + size_of::<Entry>()
    }

    fn end(&self) -> usize {
        self.place as usize + self.length as usize
    }
}

impl EventRing {
    /// Appends an event.
    #[inline]
    pub(crate) fn push(&mut self, event: &Event<'_>) {
        let length = event.length();
        let place = match self.space(length) {
            Some(place) => place,
            None => self.grow(length),
        };
        let (id, body) = self.bytes[place..place + length].split_at_mut(length - event.body.len());
        if let Some(session) = event.exclude {
            id.copy_from_slice(&session.0);
        }
        body.copy_from_slice(event.body);
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact((self.entries.len() / 2).max(ENTRIES_MIN));
        }
        self.cost += event.cost();
        self.entries.push_back(Entry {
            at_ms: event.at_ms,
            place: place as u32,
            length: length as u32,
            kind: event.kind,
            mount: event.mount,
            excludes: event.exclude.is_some(),
        });
    }

    /// Lets go of the oldest event.
    #[inline]
    pub(crate) fn pop(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.cost -= entry.cost();
        }
    }

    /// The event in this place, counted from the oldest; its number is the caller's to know.
    #[inline]
    pub(crate) fn get(&self, at: usize, seq: u64) -> Option<Event<'_>> {
        let entry = self.entries.get(at)?;
        let (place, end) = (entry.place as usize, entry.end());
        let (exclude, body) = if entry.excludes {
            let id = self.bytes[place..place + ID].try_into().expect("so many bytes are an id");
            (Some(SessionId(id)), &self.bytes[place + ID..end])
        } else {
            (None, &self.bytes[place..end])
        };
        let Entry { at_ms, kind, mount, .. } = *entry;
        Some(Event { seq, at_ms, body, kind, mount, exclude })
    }

    /// When the oldest event was.
    pub(crate) fn oldest_ms(&self) -> Option<u64> {
        self.entries.front().map(|entry| entry.at_ms)
    }

    /// How many events there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What its events cost.
    #[inline]
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// What it takes, free space included.
    #[inline]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Gives back most of the space that is free, where that is much.
    pub(crate) fn tighten(&mut self) {
        if self.bytes() > 4 * self.cost {
            self.shrink();
        }
    }

    /// Gives back all free space.
    pub(crate) fn shrink(&mut self) {
        self.lay(self.used());
        self.entries.shrink_to_fit();
    }

    /// Where so many bytes fit one behind the other: at the end, else at the start.
    #[inline]
    fn space(&self, length: usize) -> Option<usize> {
        let (Some(first), Some(last)) = (self.entries.front(), self.entries.back()) else {
            return (length <= self.bytes.len()).then_some(0);
        };
        let (head, tail) = (first.place as usize, last.end());
        if tail <= head {
            (tail + length <= head).then_some(tail)
        } else if tail + length <= self.bytes.len() {
            Some(tail)
        } else {
            (length <= head).then_some(0)
        }
    }

    /// Makes space for so many bytes more: where they begin.
    #[cold]
    fn grow(&mut self, length: usize) -> usize {
        let wanted = self.used() + length;
        self.lay((wanted + wanted / 2).max(BYTES_MIN));
        self.used()
    }

    /// Lays all bytes one behind the other into a ring of this length.
    fn lay(&mut self, length: usize) {
        let mut bytes = vec![0; length].into_boxed_slice();
        let mut tail = 0;
        for entry in &mut self.entries {
            let (from, end) = (entry.place as usize, entry.end());
            bytes[tail..tail + end - from].copy_from_slice(&self.bytes[from..end]);
            entry.place = tail as u32;
            tail = entry.end();
        }
        self.bytes = bytes;
    }

    fn used(&self) -> usize {
        self.cost - self.entries.len() * size_of::<Entry>()
    }
}

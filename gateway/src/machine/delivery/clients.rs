//! What is unsent to clients: one buffer per connection that has output, none while idle.
//! Large events stand beside it, once for all who get them.

use std::num::NonZeroU32;
use std::rc::Rc;

use super::fanout::Encoded;
use super::format::Format;
use crate::machine::settings::Settings;
use large::Large;
use proto::limits;

mod large;

/// A client connection: io numbers them, the smallest free number first, and uses a number anew
/// after [`crate::machine::Input::Closed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(NonZeroU32);

impl ConnId {
    /// The connection in this place.
    #[inline]
    pub const fn at(place: usize) -> ConnId {
        ConnId(NonZeroU32::MIN.saturating_add(place as u32))
    }

    /// Its place: the smallest that was free.
    #[inline]
    pub const fn place(self) -> usize {
        self.number() as usize
    }

    /// Its place, where that is a number.
    #[inline]
    pub const fn number(self) -> u32 {
        self.0.get() - 1
    }
}

/// How io is to end a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// When its output is written.
    Written,
    /// Now.
    AtOnce,
}

/// Whether a client keeps up with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It does.
    Keeps,
    /// It has more unsent than it may: the rest is conflated, or dropped.
    Slow,
    /// It asked that events be kept back.
    Held,
}

/// The receiver has more unsent than it may and gets events through its own list.
const SLOW: u8 = 1;
/// The client asked that events be kept back.
const HELD: u8 = 2;
/// Nothing is appended any more.
const ENDED: u8 = 4;
const DIRTY: u8 = 8;
/// The client is logged in: its frames may be long.
const CONNECTED: u8 = 16;
const OPEN: u8 = 32;
/// It is among those that are to end. The number may be another connection's before they are
/// handed over, which isn't to end with it.
const ENDING: u8 = 64;
const AT_ONCE: u8 = 128;

/// Pooled buffers above this size are freed instead: they were for one large thing.
const POOLED_BYTES_MAX: usize = 64 * 1024;
/// Buffers kept for the next turn.
const POOL_MAX: usize = 4096;
/// A first buffer holds some ordinary frames.
const BUFFER_BYTES_MIN: usize = 1024;

/// The output of all client connections of a lane.
#[derive(Debug)]
pub struct Clients {
    slots: Vec<Slot>,
    dirty: Vec<ConnId>,
    ended: Vec<ConnId>,
    pool: Vec<Vec<u8>>,
    slow_bytes: usize,
    /// The planted bug `ending_inherited`.
    inherits_endings: bool,
    /// What all sockets together haven't taken yet.
    unsent: usize,
    /// How often a receiver became slow.
    slow_total: u64,
}

#[derive(Debug, Default)]
struct Slot {
    bytes: Vec<u8>,
    /// Of the bytes.
    written: u32,
    large: Option<Box<Large>>,
    flags: u8,
    format: Format,
}

/// There is one per connection: two bytes of the format stand beside the flags.
const _: () = assert!(size_of::<Slot>() <= 40);

impl Slot {
    #[inline]
    fn unsent(&self) -> usize {
        let large = self.large.as_ref().map_or(0, |large| large.bytes());
        self.bytes.len() - self.written as usize + large
    }
}

impl Clients {
    /// No connections yet.
    pub fn new(settings: &Settings) -> Clients {
        Clients {
            slots: Vec::new(),
            dirty: Vec::new(),
            ended: Vec::new(),
            pool: Vec::new(),
            slow_bytes: settings.slow_bytes,
            inherits_endings: settings.faults().ending_inherited,
            unsent: 0,
            slow_total: 0,
        }
    }

    pub(in crate::machine) fn opened(&mut self, conn: ConnId, format: Format) {
        let at = conn.place();
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, Slot::default);
        }
        self.slots[at] = Slot { flags: OPEN, format, ..Slot::default() };
    }

    pub(in crate::machine) fn closed(&mut self, conn: ConnId) {
        if let Some(slot) = self.slots.get_mut(conn.place()) {
            let slot = std::mem::take(slot);
            self.unsent -= slot.unsent();
            self.give_back(slot.bytes);
        }
    }

    /// How a connection's frames look.
    pub fn format(&self, conn: ConnId) -> Format {
        self.slots.get(conn.place()).map_or(Format::default(), |slot| slot.format)
    }

    /// How many bytes a connection's socket hasn't taken yet.
    pub fn unsent(&self, conn: ConnId) -> usize {
        self.slots.get(conn.place()).map_or(0, Slot::unsent)
    }

    /// How many bytes all sockets together haven't taken yet.
    pub fn unsent_by_all(&self) -> usize {
        self.unsent
    }

    /// How long a frame of the client may be: little before it is logged in.
    pub fn frame_bytes_max(&self, conn: ConnId) -> usize {
        match self.slots.get(conn.place()) {
            Some(slot) if slot.flags & CONNECTED != 0 => limits::CLIENT_FRAME_BYTES_MAX,
            Some(_) | None => limits::UNAUTHENTICATED_BYTES_MAX,
        }
    }

    /// Whether the connection was told to end: nothing that comes from it counts any more.
    pub fn is_ended(&self, conn: ConnId) -> bool {
        self.slots.get(conn.place()).is_none_or(|slot| slot.flags & ENDED != 0)
    }

    /// Whether io is to give [`crate::machine::Input::Drained`] once all of the connection's output
    /// is written.
    pub fn wants_drained(&self, conn: ConnId) -> bool {
        self.slots.get(conn.place()).is_some_and(|slot| slot.flags & SLOW != 0)
    }

    /// Appends bytes that are no event: whole frames in the connection's format.
    pub fn append(&mut self, conn: ConnId, bytes: &[u8]) {
        let Some(slot) = self.slots.get_mut(conn.place()) else { return };
        if slot.flags & (ENDED | OPEN) == OPEN {
            self.unsent += bytes.len();
            Clients::put(slot, conn, bytes, &mut self.dirty, &mut self.pool);
        }
    }

    /// Appends an event in the connection's format, if its events are not diverted to its own list.
    /// This is the innermost step of every delivery.
    #[inline]
    pub(super) fn deliver<'e>(
        &mut self,
        conn: ConnId,
        frame: impl FnOnce(Format) -> Encoded<'e>,
    ) -> Appended {
        let Some(slot) = self.slots.get_mut(conn.place()) else { return Appended::Ended };
        if slot.flags & (SLOW | HELD | ENDED) != 0 {
            return if slot.flags & ENDED != 0 { Appended::Ended } else { Appended::Diverted };
        }
        match frame(slot.format) {
            Encoded::Small(bytes) => {
                self.unsent += bytes.len();
                Clients::put(slot, conn, bytes, &mut self.dirty, &mut self.pool);
            }
            Encoded::Large(bytes) => {
                self.unsent += bytes.len();
                Clients::put_large(slot, conn, bytes, &mut self.dirty);
            }
        }
        if slot.bytes.len() > self.slow_bytes || slot.large.is_some() {
            self.judge(conn);
        }
        Appended::Done
    }

    #[inline]
    fn put(
        slot: &mut Slot,
        conn: ConnId,
        bytes: &[u8],
        dirty: &mut Vec<ConnId>,
        pool: &mut Vec<Vec<u8>>,
    ) {
        if slot.flags & DIRTY == 0 {
            slot.flags |= DIRTY;
            dirty.push(conn);
            if slot.bytes.capacity() == 0 {
                slot.bytes = pool.pop().unwrap_or_else(|| Vec::with_capacity(BUFFER_BYTES_MIN));
            }
        }
        slot.bytes.extend_from_slice(bytes);
    }

    #[cold]
    fn put_large(slot: &mut Slot, conn: ConnId, bytes: &Rc<[u8]>, dirty: &mut Vec<ConnId>) {
        if slot.flags & DIRTY == 0 {
            slot.flags |= DIRTY;
            dirty.push(conn);
        }
        slot.large.get_or_insert_default().push(slot.bytes.len(), bytes);
    }

    /// Marks the connection as slow if it has too much unsent.
    #[cold]
    fn judge(&mut self, conn: ConnId) {
        let slot = &mut self.slots[conn.place()];
        if slot.unsent() > self.slow_bytes {
            slot.flags |= SLOW;
            self.slow_total += 1;
        }
    }

    fn set(&mut self, conn: ConnId, flag: u8, on: bool) {
        if let Some(slot) = self.slots.get_mut(conn.place()) {
            slot.flags = if on { slot.flags | flag } else { slot.flags & !flag };
        }
    }

    /// The receiver has more unsent than it may, or no longer.
    pub(super) fn set_slow(&mut self, conn: ConnId, slow: bool) {
        self.set(conn, SLOW, slow);
    }

    /// Events are kept back from the connection, or no longer.
    pub(in crate::machine) fn set_held(&mut self, conn: ConnId, held: bool) {
        self.set(conn, HELD, held);
    }

    /// How often a receiver became slow.
    pub(in crate::machine) fn slow_total(&self) -> u64 {
        self.slow_total
    }

    /// Whether it keeps up.
    pub fn pace(&self, conn: ConnId) -> Pace {
        match self.slots.get(conn.place()).map_or(0, |slot| slot.flags) {
            flags if flags & SLOW != 0 => Pace::Slow,
            flags if flags & HELD != 0 => Pace::Held,
            _ => Pace::Keeps,
        }
    }

    pub(super) fn is_diverted(&self, conn: ConnId) -> bool {
        self.slots.get(conn.place()).is_some_and(|slot| slot.flags & (SLOW | HELD) != 0)
    }

    pub(super) fn is_held(&self, conn: ConnId) -> bool {
        self.slots.get(conn.place()).is_some_and(|slot| slot.flags & HELD != 0)
    }

    /// Whether the client is logged in.
    pub fn is_connected(&self, conn: ConnId) -> bool {
        self.slots.get(conn.place()).is_some_and(|slot| slot.flags & CONNECTED != 0)
    }

    pub(in crate::machine) fn connected(&mut self, conn: ConnId) {
        self.set(conn, CONNECTED, true);
    }

    pub(in crate::machine) fn end(&mut self, conn: ConnId, ending: Ending) {
        let Some(slot) = self.slots.get_mut(conn.place()) else { return };
        if slot.flags & ENDING == 0 {
            self.ended.push(conn);
        }
        slot.flags |= ENDED | ENDING;
        if ending == Ending::AtOnce {
            slot.flags |= AT_ONCE;
        }
    }

    /// Hands over the connections that have output, in the order in which they got it.
    pub fn take_dirty(&mut self, into: &mut Vec<ConnId>) {
        for conn in self.dirty.drain(..) {
            if let Some(slot) = self.slots.get_mut(conn.place())
                && slot.flags & DIRTY != 0
            {
                slot.flags &= !DIRTY;
                into.push(conn);
            }
        }
    }

    /// Hands over the connections that are to end, after their output was taken.
    pub fn take_ended(&mut self, into: &mut Vec<(ConnId, Ending)>) {
        for conn in self.ended.drain(..) {
            if let Some(slot) = self.slots.get_mut(conn.place())
                && (slot.flags & ENDING != 0 || self.inherits_endings)
            {
                let at_once = slot.flags & AT_ONCE != 0;
                slot.flags &= !(ENDING | AT_ONCE);
                into.push((conn, if at_once { Ending::AtOnce } else { Ending::Written }));
            }
        }
    }

    /// Whether there is anything to write or to end.
    pub fn is_busy(&self) -> bool {
        !self.dirty.is_empty() || !self.ended.is_empty()
    }

    /// Whether a large event is among what a connection's socket hasn't taken.
    #[inline]
    pub fn has_large(&self, conn: ConnId) -> bool {
        self.slots.get(conn.place()).is_some_and(|slot| slot.large.is_some())
    }

    /// What a connection's socket is to get next. There may be more behind it.
    pub fn unwritten(&self, conn: ConnId) -> &[u8] {
        let Some(slot) = self.slots.get(conn.place()) else { return &[] };
        let written = slot.written as usize;
        match &slot.large {
            Some(large) => large.next(written, &slot.bytes),
            None => &slot.bytes[written..],
        }
    }

    /// The socket took so many bytes of what it was to get. Returns whether nothing is left; the
    /// buffer is the pool's again then.
    pub fn wrote(&mut self, conn: ConnId, count: usize) -> bool {
        let Some(slot) = self.slots.get_mut(conn.place()) else { return true };
        self.unsent -= count;
        if let Some(large) = &mut slot.large
            && large.is_next(slot.written as usize)
        {
            if large.took(count) {
                slot.large = None;
            }
        } else {
            slot.written += count as u32;
        }
        if slot.unsent() == 0 {
            slot.written = 0;
            let bytes = std::mem::take(&mut slot.bytes);
            self.give_back(bytes);
            return true;
        }
        if slot.written as usize > slot.bytes.len() / 2 {
            slot.bytes.drain(..slot.written as usize);
            if let Some(large) = &mut slot.large {
                large.drained(slot.written as usize);
            }
            slot.written = 0;
        }
        false
    }

    fn give_back(&mut self, mut bytes: Vec<u8>) {
        let fits = (1..=POOLED_BYTES_MAX).contains(&bytes.capacity());
        if fits && self.pool.len() < POOL_MAX {
            bytes.clear();
            self.pool.push(bytes);
        }
    }

    /// Forgets the output of one connection: the planted bug `flush_lost`.
    #[cold]
    pub(in crate::machine) fn lose_flush(&mut self) {
        let Some(conn) = self.dirty.last().copied() else { return };
        let slot = &mut self.slots[conn.place()];
        if slot.written == 0 && slot.large.is_none() {
            self.unsent -= slot.bytes.len();
            slot.bytes.clear();
        }
    }

    /// Cuts a connection off: what is unsent is forgotten here and now.
    pub(in crate::machine) fn cut(&mut self, conn: ConnId) {
        if let Some(slot) = self.slots.get_mut(conn.place()) {
            self.unsent -= slot.unsent();
            slot.written = 0;
            slot.large = None;
            let bytes = std::mem::take(&mut slot.bytes);
            self.give_back(bytes);
        }
        self.end(conn, Ending::AtOnce);
    }
}

/// What became of an event on its way into a connection's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appended {
    /// It is there.
    Done,
    /// The connection is slow or held: the event belongs into its own list.
    Diverted,
    /// The connection is over.
    Ended,
}

#[cfg(test)]
mod tests;

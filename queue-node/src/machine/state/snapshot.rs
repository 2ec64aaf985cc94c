//! A snapshot that is given out in slices while its bucket goes on.
//!
//! It is of one moment, whatever is recorded before its last slice. People, results, keys, words
//! and tells are written at once. Queues and logins are written one by one: before a record changes
//! one that hasn't been, it is written first. Of a large state mount the cells are held, which
//! share their values with the mount: a change there makes a new value.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use proto::snapshot::field::{item, snapshot};
use proto::wire::{self, Fields};

use super::State;
use super::items::Items;
use super::people::SessionKey;
use super::queue::QueueIndex;
use super::queue::items::put_cell;
use super::record::{Record, SessionStep};
use super::state_mount::Cell;
use crate::machine::hashing::Numbers;

/// A state mount that holds more is given out by and by.
pub(super) const LARGE_BYTES: usize = 64 * 1024;

/// What of a snapshot hasn't been given out.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The moment for which the state is shown.
    now_ms: u64,
    /// Items that were written, and how far they were given out.
    small: Vec<u8>,
    at: usize,
    large: VecDeque<Large>,
    /// The places of queues and logins that are still to be written.
    queues: Range<u32>,
    logins: Range<u32>,
    /// Those of them that have been, or weren't there when the snapshot was taken.
    early_queues: HashSet<QueueIndex, Numbers>,
    early_logins: HashSet<SessionKey, Numbers>,
}

/// The cells of a state mount.
#[derive(Debug)]
pub(super) struct Large {
    pub(super) queue: u64,
    pub(super) mount: u64,
    pub(super) cells: std::vec::IntoIter<(Rc<str>, Cell)>,
}

impl Snapshot {
    /// Of the state as it is now, for this moment of the primary's clock.
    pub(crate) fn new(state: &State, now_ms: u64) -> Snapshot {
        let mut snapshot = Snapshot {
            now_ms,
            small: Vec::new(),
            at: 0,
            large: VecDeque::new(),
            queues: 0..state.queues.places(),
            logins: 0..state.people.places(),
            early_queues: HashSet::default(),
            early_logins: HashSet::default(),
        };
        snapshot.write(state, |items| state.items_at_once(items));
        snapshot
    }

    /// Whether all of it has been given out.
    pub(crate) fn is_over(&self) -> bool {
        self.queues.is_empty() && self.logins.is_empty() && self.is_written()
    }

    fn is_written(&self) -> bool {
        self.at == self.small.len() && self.large.is_empty()
    }

    /// Appends a slice: whole items, until there are so many bytes.
    pub(crate) fn slice(&mut self, state: &State, bytes: usize, out: &mut Vec<u8>) {
        while out.len() < bytes && !self.is_over() {
            if self.is_written() {
                self.write_next(state, bytes);
            }
            self.give_small(bytes, out);
            self.give_large(bytes, out);
        }
    }

    /// Writes the next queues or logins, until there are so many bytes.
    fn write_next(&mut self, state: &State, bytes: usize) {
        (self.small, self.at) = (Vec::new(), 0);
        while self.small.len() < bytes {
            if let Some(place) = self.logins.next() {
                self.write_login(state, SessionKey::named(place));
            } else if let Some(place) = self.queues.next() {
                self.write_queue(state, QueueIndex::named(place));
            } else {
                return;
            }
        }
    }

    fn write_login(&mut self, state: &State, key: SessionKey) {
        if self.early_logins.insert(key) {
            self.write(state, |items| state.logins.put_login(key, items));
        }
    }

    fn write_queue(&mut self, state: &State, index: QueueIndex) {
        if self.early_queues.insert(index)
            && let Some(queue) = state.queues.get(index)
        {
            self.write(state, |items| queue.put_items(index, &state.classes, items));
        }
    }

    fn write(&mut self, state: &State, put: impl FnOnce(&mut Items<'_>)) {
        let small = &mut self.small;
        let mut sink = |item: &[u8]| wire::put_bytes(small, snapshot::ITEMS, item);
        put(&mut state.writer(self.now_ms, &mut sink, Some(&mut self.large)));
    }

    fn give_small(&mut self, bytes: usize, out: &mut Vec<u8>) {
        let mut fields = Fields::of(&self.small[self.at..]);
        let (before, had) = (fields.rest().len(), out.len());
        let given = |fields: &Fields<'_>| before - fields.rest().len();
        while had + given(&fields) < bytes && matches!(fields.field(), Ok(Some(_))) {}
        let length = given(&fields);
        out.extend_from_slice(&self.small[self.at..self.at + length]);
        self.at += length;
    }

    fn give_large(&mut self, bytes: usize, out: &mut Vec<u8>) {
        // Cells come behind their queue.
        if self.at < self.small.len() {
            return;
        }
        while out.len() < bytes
            && let Some(large) = self.large.front_mut()
        {
            let Some((key, cell)) = large.cells.next() else {
                self.large.pop_front();
                continue;
            };
            let place = (large.queue, large.mount);
            wire::put_part(out, snapshot::ITEMS, |out| {
                wire::put_part(out, item::CELL, |out| put_cell(out, place, &key, &cell));
            });
        }
    }

    /// A record is about to change the state: what it changes is written as it is before.
    pub(crate) fn before(&mut self, state: &State, record: &Record<'_>) {
        match record {
            Record::Change { queue, .. } | Record::Destroy { queue } => {
                self.write_queue(state, *queue);
            }
            Record::Create { .. } => {
                self.early_queues.insert(state.queues.next());
            }
            Record::Session { session, step } => match **step {
                SessionStep::New { .. } => {
                    self.early_logins.insert(*session);
                }
                SessionStep::Resumed { .. }
                | SessionStep::Attached
                | SessionStep::Detached { .. }
                | SessionStep::Confirmed
                | SessionStep::Expires { .. }
                | SessionStep::Ended { .. }
                | SessionStep::Swept { .. } => self.write_login(state, *session),
            },
            Record::Noted { session, .. } | Record::Unnoted { session, .. } => {
                self.write_login(state, *session);
            }
            Record::Renewed { queue, .. } => self.write_queue(state, *queue),
            // It changes every login.
            Record::Opened { .. } => {
                while let Some(place) = self.logins.next() {
                    self.write_login(state, SessionKey::named(place));
                }
            }
            // They change every queue.
            Record::Config { .. } | Record::Shorten { .. } => {
                while let Some(place) = self.queues.next() {
                    self.write_queue(state, QueueIndex::named(place));
                }
            }
            // They change what was written at once.
            Record::Noop
            | Record::Passed
            | Record::Known { .. }
            | Record::Barred { .. }
            | Record::Refused { .. }
            | Record::Say { .. }
            | Record::Answered { .. }
            | Record::Tell { .. }
            | Record::Taken { .. }
            | Record::Heard { .. } => {}
        }
    }
}

//! A snapshot that is given out in slices while its bucket goes on.
//!
//! What is small is written at once. Of a large state mount its cells are held, which share their
//! values with the mount: a change there makes a new value. So the slices show the state as it was
//! when the snapshot was taken, however long they take.

use std::collections::VecDeque;
use std::rc::Rc;

use proto::snapshot::field::{item, snapshot};
use proto::wire::{self, Fields};

use super::State;
use super::queue::items::put_cell;
use super::state_mount::Cell;

/// A state mount that holds more is given out by and by.
pub(super) const LARGE_BYTES: usize = 64 * 1024;

/// What of a snapshot hasn't been given out.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Items, and how far they were given out.
    small: Vec<u8>,
    at: usize,
    large: VecDeque<Large>,
}

/// The cells of a state mount.
#[derive(Debug)]
pub(super) struct Large {
    pub(super) queue: u64,
    pub(super) mount: u64,
    pub(super) cells: std::vec::IntoIter<(Rc<str>, Cell)>,
}

impl State {
    /// The state as it is now, for this moment of the primary's clock.
    pub(crate) fn snapshot(&self, now_ms: u64) -> Snapshot {
        let (mut small, mut large) = (Vec::new(), VecDeque::new());
        let mut put = |item: &[u8]| wire::put_bytes(&mut small, snapshot::ITEMS, item);
        self.items(now_ms, &mut put, Some(&mut large));
        Snapshot { small, at: 0, large }
    }
}

impl Snapshot {
    /// Whether all of it has been given out.
    pub(crate) fn is_over(&self) -> bool {
        self.at == self.small.len() && self.large.is_empty()
    }

    /// Appends a slice: whole items, until there are so many bytes.
    pub(crate) fn slice(&mut self, bytes: usize, out: &mut Vec<u8>) {
        let mut fields = Fields::of(&self.small[self.at..]);
        let before = fields.rest().len();
        while before - fields.rest().len() < bytes && matches!(fields.field(), Ok(Some(_))) {}
        let length = before - fields.rest().len();
        out.extend_from_slice(&self.small[self.at..self.at + length]);
        self.at += length;
        if self.at == self.small.len() {
            (self.small, self.at) = (Vec::new(), 0);
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
}

//! Checks every delivery: per receiver and sender, each message once and in the sender's order.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::stamp::Stamp;

/// Holes that are remembered one by one; what is beyond is a loss without a second chance.
const HOLES_MAX: usize = 1 << 20;

/// What was wrong with the deliveries; all zero in a sound run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// Deliveries that never came.
    pub lost: u64,
    /// Deliveries that came again.
    pub doubled: u64,
    /// Deliveries that came after a later one of the same sender.
    pub out_of_order: u64,
}

impl Faults {
    /// Whether every delivery came once and in order.
    pub fn none(self) -> bool {
        self == Self::default()
    }

    /// These and those.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            doubled: self.doubled + other.doubled,
            out_of_order: self.out_of_order + other.out_of_order,
        }
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { lost, doubled, out_of_order } = self;
        write!(formatter, "lost {lost}, doubled {doubled}, out_of_order {out_of_order}")
    }
}

/// Follows each pair of receiver and sender in a room.
#[derive(Debug)]
pub(crate) struct Checker {
    room_size: usize,
    /// The number of each receiver's first room mate: a look-up in place of a division.
    first_of_room: Vec<u32>,
    /// The counter that is due next, by receiver and the sender's place in the room.
    due: Vec<u32>,
    /// Ranges of counters that were skipped: (pair, first) to last, inclusive.
    holes: BTreeMap<(usize, u32), u32>,
    forgotten: u64,
    doubled: u64,
    out_of_order: u64,
    received: u64,
}

/// A delivery from somebody who isn't in the receiver's room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Foreign;

impl Checker {
    /// Receivers `0..connections` in rooms of neighbours; each receives from all of its room.
    pub(crate) fn new(connections: usize, room_size: usize) -> Self {
        let first = |receiver: usize| (receiver / room_size * room_size) as u32;
        Self {
            room_size,
            first_of_room: (0..connections).map(first).collect(),
            due: vec![0; connections * room_size],
            holes: BTreeMap::new(),
            forgotten: 0,
            doubled: 0,
            out_of_order: 0,
            received: 0,
        }
    }

    /// Takes one delivery to `receiver`.
    #[inline]
    pub(crate) fn take(&mut self, receiver: usize, stamp: Stamp) -> Result<(), Foreign> {
        let place = stamp.sender.wrapping_sub(self.first_of_room[receiver]) as usize;
        if place >= self.room_size {
            return Err(Foreign);
        }
        let pair = receiver * self.room_size + place;
        self.received += 1;
        if stamp.counter == self.due[pair] {
            self.due[pair] += 1;
        } else {
            self.unexpected(pair, stamp.counter);
        }
        Ok(())
    }

    /// How many deliveries were taken, good or not.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The faults so far, when sender `i` has sent `sent[i]` messages.
    pub(crate) fn faults(&self, sent: &[u32]) -> Faults {
        let skipped = |(&(_, first), &last): (&(usize, u32), &u32)| u64::from(last - first) + 1;
        let mut lost = self.forgotten + self.holes.iter().map(skipped).sum::<u64>();
        for (receiver, due) in self.due.chunks(self.room_size).enumerate() {
            let first = self.first_of_room[receiver] as usize;
            for (&due, &sent) in due.iter().zip(sent[first..].iter()) {
                lost += u64::from(sent.saturating_sub(due));
            }
        }
        Faults { lost, doubled: self.doubled, out_of_order: self.out_of_order }
    }

    #[cold]
    fn unexpected(&mut self, pair: usize, counter: u32) {
        let due = self.due[pair];
        if counter > due {
            if self.holes.len() < HOLES_MAX {
                self.holes.insert((pair, due), counter - 1);
            } else {
                self.forgotten += u64::from(counter - due);
            }
            self.due[pair] = counter.saturating_add(1);
        } else if self.fill(pair, counter) {
            self.out_of_order += 1;
        } else {
            self.doubled += 1;
        }
    }

    /// Closes the hole at this counter; false when there was none.
    fn fill(&mut self, pair: usize, counter: u32) -> bool {
        let Some((&(_, first), &last)) = self.holes.range((pair, 0)..=(pair, counter)).next_back()
        else {
            return false;
        };
        if counter > last {
            return false;
        }
        self.holes.remove(&(pair, first));
        if first < counter {
            self.holes.insert((pair, first), counter - 1);
        }
        if counter < last {
            self.holes.insert((pair, counter + 1), last);
        }
        true
    }
}

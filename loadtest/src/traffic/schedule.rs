//! When an open loop's messages are due, and whose they are.

#[cfg(test)]
mod tests;

use crate::clock::{Nanoseconds, SECOND};

/// A fixed rate over all connections: message `k` is due `k / rate` after the start, however late
/// the ones before it were. Neighbours in time are in different rooms.
#[derive(Debug)]
pub(crate) struct Schedule {
    start: Nanoseconds,
    rate_per_s: f64,
    rooms: u64,
    room_size: u64,
    next: u64,
}

impl Schedule {
    /// A schedule over full rooms.
    pub(crate) fn new(
        start: Nanoseconds,
        rate_per_s: f64,
        connections: usize,
        room_size: usize,
    ) -> Self {
        let (rooms, room_size) = ((connections / room_size) as u64, room_size as u64);
        Self { start, rate_per_s, rooms, room_size, next: 0 }
    }

    /// When the next message is due.
    pub(crate) fn due(&self) -> Nanoseconds {
        self.start + (self.next as f64 * SECOND as f64 / self.rate_per_s) as Nanoseconds
    }

    /// The next message if it is due at `now`: its sender and its intended time.
    pub(crate) fn take(&mut self, now: Nanoseconds) -> Option<(usize, Nanoseconds)> {
        let due = self.due();
        if due > now {
            return None;
        }
        let (room, place) = (self.next % self.rooms, self.next / self.rooms % self.room_size);
        self.next += 1;
        Some(((room * self.room_size + place) as usize, due))
    }
}

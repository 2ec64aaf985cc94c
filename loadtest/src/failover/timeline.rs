//! How long the messages of a room that is sent to at a steady pace took to reach one of its
//! subscribers, by the times at which they were to be sent.
//!
//! A message that never came took until one that was to be sent after it came: so long the
//! subscriber had nothing newer. So nobody who is away, refused or silent makes a gap look small.

#[cfg(test)]
mod tests;

use crate::clock::Nanoseconds;

/// The messages of one subscriber.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// By message.
    took: Vec<Nanoseconds>,
}

impl Timeline {
    /// A message that was to be sent at `intended` came. `all` are the times of all messages until
    /// now, rising.
    pub(super) fn arrived(&mut self, now: Nanoseconds, intended: Nanoseconds, all: &[Nanoseconds]) {
        let Ok(number) = all.binary_search(&intended) else {
            return;
        };
        if number < self.took.len() {
            self.took[number] = now.saturating_sub(intended);
            return;
        }
        let reached = &all[self.took.len()..=number];
        self.took.extend(reached.iter().map(|intended| now.saturating_sub(*intended)));
    }

    /// The longest of the messages that were to be sent from `from` to before `to`. Those behind
    /// the last that came took until `now`. None if none was to be sent.
    pub(super) fn longest(
        &self,
        from: Nanoseconds,
        to: Nanoseconds,
        now: Nanoseconds,
        all: &[Nanoseconds],
    ) -> Option<Nanoseconds> {
        let place = |time: Nanoseconds| all.partition_point(|intended| *intended < time);
        let took = |number: usize| {
            let until_now = now.saturating_sub(all[number]);
            self.took.get(number).copied().unwrap_or(until_now)
        };
        (place(from)..place(to)).map(took).max()
    }
}

//! How often the links of a thread beat: fast while something is said here or nearby, else rarely.

use proto::limits::{ACTIVE_HOPS, ACTIVE_MS, DEAD_MS};
use proto::time::Time;

/// Whether a thread is active. One that says something is, and tells it with its beats to those
/// that it has links with, and these tell others, [`ACTIVE_HOPS`] links far. So whoever is to
/// judge a silent peer asks it as soon as anybody has said something to it.
#[derive(Debug, Default)]
pub struct Pace {
    /// Until when it is active and says so this many links further.
    until_ms: [u64; ACTIVE_HOPS as usize + 1],
    /// How far it says so, if it is active, as it was looked at last.
    hops: Option<u32>,
}

impl Pace {
    /// This thread says something that isn't routine.
    #[inline]
    pub fn speak(&mut self, now: Time) {
        self.until_ms[ACTIVE_HOPS as usize] = now.ms + ACTIVE_MS;
    }

    /// A peer is active, and says so this many links far. It will say so again in its next beats,
    /// as long as it lives.
    pub fn hear(&mut self, now: Time, hops: u32) {
        if let Some(further) = hops.min(ACTIVE_HOPS).checked_sub(1) {
            self.until_ms[further as usize] = now.ms + DEAD_MS;
        }
    }

    /// Looks what time it is. Whether others are to be told at once that they are active, since
    /// this thread wasn't, or said so less far.
    #[inline]
    pub fn quickens(&mut self, now: Time) -> bool {
        let hops = self.until_ms.iter().rposition(|until_ms| now.ms < *until_ms);
        let hops = hops.map(|hops| hops as u32);
        std::mem::replace(&mut self.hops, hops) < hops
    }

    /// Whether links beat fast.
    pub fn is_active(&self) -> bool {
        self.hops.is_some()
    }

    /// How many links further this thread says that it is active.
    pub fn hops(&self) -> u32 {
        self.hops.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;

//! When to dial again: at once the first time, then later and later, never all at the same moment.

/// The first pause. A process that dies closes one socket after the other, its port among them:
/// soon behind the end of a link a dial is refused, which proves that nobody is there any more.
const FIRST_MS: u64 = 4;
/// The longest pause: a node that comes back is found within a second.
const LONGEST_MS: u64 = 1000;

/// The state of one address that is dialled.
#[derive(Debug, Clone, Default)]
pub struct Redial {
    failures: u32,
}

impl Redial {
    /// How long to wait after a link was lost or a dial failed. `random` spreads the dials of many.
    pub fn pause_ms(&mut self, random: u64) -> u64 {
        let pause = match self.failures {
            0 => 0,
            failures => (FIRST_MS << (failures - 1).min(10)).min(LONGEST_MS),
        };
        self.failures = self.failures.saturating_add(1);
        pause / 2 + random % (pause / 2 + 1)
    }

    /// The link is up: the next loss is a first one again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests;

//! Time as an argument: the only notion of time that machines have.

/// A moment, as io hands it to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    /// Milliseconds of a clock that never goes back; its zero is of no meaning.
    pub ms: u64,
    /// Milliseconds since 1970, for people. Never compared, never subtracted.
    pub unix_ms: u64,
}

impl Time {
    /// The moment `ms` later.
    pub fn after(self, ms: u64) -> Time {
        Time { ms: self.ms.saturating_add(ms), unix_ms: self.unix_ms.saturating_add(ms) }
    }
}

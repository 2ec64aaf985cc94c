//! When keys are fetched anew.

/// However many tokens name unknown keys, the issuer is asked no more often than this.
pub const FETCH_MS_MIN: u64 = 10_000;

/// When the next fetch is due: regularly, sooner when a token names a key that isn't known, and
/// with growing patience when fetches fail. Times are of a clock that never goes back.
#[derive(Debug, Clone)]
pub struct Schedule {
    every_ms: u64,
    due_ms: u64,
    fetched_ms: Option<u64>,
    failures: u32,
}

impl Schedule {
    /// The first fetch is due at once.
    pub fn new(now_ms: u64, every_ms: u64) -> Schedule {
        let every_ms = every_ms.max(FETCH_MS_MIN);
        Schedule { every_ms, due_ms: now_ms, fetched_ms: None, failures: 0 }
    }

    /// When to fetch.
    pub fn wake_at(&self) -> u64 {
        self.due_ms
    }

    /// Somebody names a key that isn't known.
    pub fn ask(&mut self) {
        let Some(fetched_ms) = self.fetched_ms else { return };
        self.due_ms = self.due_ms.min(fetched_ms + FETCH_MS_MIN);
    }

    /// A fetch has ended.
    pub fn fetched(&mut self, now_ms: u64, is_good: bool) {
        self.fetched_ms = Some(now_ms);
        self.failures = if is_good { 0 } else { (self.failures + 1).min(16) };
        let wait_ms = match self.failures {
            0 => self.every_ms,
            failures => (FETCH_MS_MIN << (failures - 1)).min(self.every_ms),
        };
        self.due_ms = now_ms + wait_ms;
    }
}

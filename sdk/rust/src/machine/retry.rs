//! When to try again, and every other use of chance.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

use crate::limits;

/// Back-off with jitter: first at once, then after about 0.1 s, 0.2 s … 10 s.
pub(super) struct Retry {
    random: StdRng,
    attempts: u32,
    /// Gateways that others have named, since the last `welcome`.
    followed: u32,
}

impl Retry {
    pub(super) fn new(seed: u64) -> Retry {
        Retry { random: StdRng::seed_from_u64(seed), attempts: 0, followed: 0 }
    }

    /// How long to wait after a connection that lasted so long.
    pub(super) fn delay_ms(&mut self, lasted_ms: u64) -> u64 {
        if lasted_ms >= limits::RETRY_MS_MAX {
            self.attempts = 0;
        }
        let attempts = self.attempts;
        self.attempts = attempts.saturating_add(1);
        if attempts == 0 { 0 } else { self.jittered_ms(attempts - 1) }
    }

    /// What failed before doesn't count any more.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Whether to go to the gateway that another one has named, rather than by the client's own
    /// list: two that are full would send it to and fro.
    pub(super) fn follows(&mut self) -> bool {
        self.followed += 1;
        self.followed <= limits::FOLLOWED_MAX
    }

    /// A gateway has taken the client in.
    pub(super) fn welcomed(&mut self) {
        self.followed = 0;
    }

    /// Between half and the whole of the `doublings`-th step.
    pub(super) fn jittered_ms(&mut self, doublings: u32) -> u64 {
        let factor = 1u64.checked_shl(doublings.min(32)).unwrap_or(u64::MAX);
        let whole = limits::RETRY_MS_FIRST.saturating_mul(factor).min(limits::RETRY_MS_MAX);
        self.random.random_range(whole / 2..=whole)
    }

    /// A time between these two.
    pub(super) fn between(&mut self, from_ms: u64, to_ms: u64) -> u64 {
        self.random.random_range(from_ms..=to_ms.max(from_ms))
    }

    /// An id that no other client has, for all practical purposes: 64 bits in hexadecimal.
    pub(super) fn id(&mut self) -> String {
        format!("{:016x}", self.random.next_u64())
    }

    /// A number that nobody guesses: 48 bits, so that JSON can carry it.
    pub(super) fn nonce(&mut self) -> u64 {
        self.random.next_u64() >> 16
    }
}

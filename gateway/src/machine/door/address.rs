//! Limits per address: how many connections an address has at once, and how often it knocks. Shared
//! by all lanes of a gateway, since the operating system spreads an address's connections over
//! them.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use dashmap::DashMap;
use proto::limits;
use proto::seeded::Seed;
use proto::time::Time;

/// The table is gone through for what can be forgotten at most this often, since that takes time.
const SWEEP_EVERY_MS: u64 = 1_000;
/// Who has too many connections comes back when one may have ended.
const TOO_MANY_RETRY_MS: u64 = 10_000;

/// What one address may do; none is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressLimits {
    /// Connections at once.
    pub connections_max: Option<NonZeroU32>,
    /// Attempts to connect, per second in the long run; after a pause as many at once as there may
    /// be connections, so that all who were there can come back together.
    pub attempts_per_s: Option<NonZeroU32>,
}

impl Default for AddressLimits {
    fn default() -> AddressLimits {
        AddressLimits {
            connections_max: NonZeroU32::new(limits::ADDRESS_CONNECTIONS_MAX),
            attempts_per_s: NonZeroU32::new(limits::ADDRESS_ATTEMPTS_PER_S),
        }
    }
}

impl AddressLimits {
    /// Whether there is any limit.
    pub fn limits_anybody(self) -> bool {
        self.connections_max.is_some() || self.attempts_per_s.is_some()
    }
}

/// What counts as one address: one of IPv4, or the /64 of IPv6 that a customer gets whole. Never
/// zero, so that each connection can keep one, or none, in eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(NonZeroU64);

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Prefix {
        let bits = match address.to_canonical() {
            // Nobody's IPv6 address begins with so many ones.
            IpAddr::V4(address) => u64::MAX << 32 | u64::from(u32::from(address)),
            IpAddr::V6(address) => (u128::from(address) >> 64) as u64,
        };
        // Nobody comes from the first /64 of all.
        Prefix(NonZeroU64::new(bits).unwrap_or(NonZeroU64::MIN))
    }
}

/// Why an address is turned away, and when it may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// It has as many connections as it may.
    TooMany {
        /// From now.
        retry_after_ms: u64,
    },
    /// It knocks too often.
    TooOften {
        /// From now.
        retry_after_ms: u64,
    },
}

/// Who is connected from where. All lanes read and change it at once: an entry is a lock of its
/// part of the map, so nothing else of the map is asked for while one is held.
#[derive(Debug)]
pub struct Addresses {
    limits: AddressLimits,
    known: DashMap<Prefix, Known, Seed>,
    /// How many are known: to ask the map would lock each part of it.
    known_count: AtomicUsize,
    known_max: usize,
    sweep_ms: AtomicU64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    connections: u32,
    /// When it may again knock as often at once as anybody who has never come.
    rested_us: u64,
}

impl Addresses {
    /// Nobody is there yet.
    pub fn new(limits: AddressLimits, seed: Seed) -> Addresses {
        Addresses {
            limits,
            known: DashMap::with_hasher(seed),
            known_count: AtomicUsize::new(0),
            known_max: limits::ADDRESSES_MAX,
            sweep_ms: AtomicU64::new(0),
        }
    }

    /// Somebody knocks. Who is let in is to be given to [`Addresses::left`] in the end; nothing if
    /// it isn't counted: the same machine, or nobody is limited, or more addresses are here than
    /// can be remembered.
    ///
    /// # Errors
    /// If the address has or does too much.
    pub fn knock(&self, now: Time, address: IpAddr) -> Result<Option<Prefix>, TurnedAway> {
        let AddressLimits { connections_max, attempts_per_s } = self.limits;
        if !self.limits.limits_anybody() || address.to_canonical().is_loopback() {
            return Ok(None);
        }
        let prefix = Prefix::from(address);
        if !self.known.contains_key(&prefix) && !self.has_space(now) {
            return Ok(None);
        }
        let mut known = self.known.entry(prefix).or_insert_with(|| {
            self.known_count.fetch_add(1, Ordering::Relaxed);
            Known::default()
        });
        if connections_max.is_some_and(|max| known.connections >= max.get()) {
            return Err(TurnedAway::TooMany { retry_after_ms: TOO_MANY_RETRY_MS });
        }
        if let Some(attempts_per_s) = attempts_per_s {
            let each_us = 1_000_000 / u64::from(attempts_per_s.get());
            let now_us = now.ms * 1_000;
            let burst = connections_max.map_or(attempts_per_s, |max| max.max(attempts_per_s));
            let burst_us = each_us * u64::from(burst.get());
            let rested_us = known.rested_us.max(now_us) + each_us;
            if let Some(early_us) = rested_us.checked_sub(now_us + burst_us).filter(|us| *us > 0) {
                return Err(TurnedAway::TooOften { retry_after_ms: early_us.div_ceil(1_000) });
            }
            known.rested_us = rested_us;
        }
        known.connections += 1;
        Ok(Some(prefix))
    }

    /// A connection that was counted is over.
    pub fn left(&self, prefix: Prefix) {
        if let Some(mut known) = self.known.get_mut(&prefix) {
            known.connections = known.connections.saturating_sub(1);
        }
    }

    /// How many addresses are remembered.
    pub fn known(&self) -> usize {
        self.known_count.load(Ordering::Relaxed)
    }

    /// Makes space for one more address: by forgetting who is as good as new, and if that is not
    /// enough, everybody who isn't connected. Of lanes that want it at once one does it.
    fn has_space(&self, now: Time) -> bool {
        if self.known() < self.known_max {
            return true;
        }
        let is_due = |at_ms: u64| (now.ms >= at_ms).then_some(now.ms + SWEEP_EVERY_MS);
        if self.sweep_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_due).is_err() {
            return false;
        }
        let now_us = now.ms * 1_000;
        self.keep(|known| known.connections > 0 || known.rested_us > now_us);
        if self.known() >= self.known_max {
            self.keep(|known| known.connections > 0);
        }
        self.known() < self.known_max
    }

    fn keep(&self, is_kept: impl Fn(&Known) -> bool) {
        self.known.retain(|_, known| {
            let is_kept = is_kept(known);
            if !is_kept {
                self.known_count.fetch_sub(1, Ordering::Relaxed);
            }
            is_kept
        });
    }
}

#[cfg(test)]
mod tests;

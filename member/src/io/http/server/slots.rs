//! The places of a port: how many connections there are, of which addresses, and who gives way.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

use super::bounds::Bounds;
use super::talk::Talk;

/// All places of a port.
#[derive(Debug)]
pub(super) struct Slots {
    bounds: Bounds,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// By their numbers, which rise.
    slots: BTreeMap<u64, Held>,
    last: u64,
    /// How many places an address has.
    addresses: HashMap<IpAddr, usize>,
    sent_away: usize,
    /// Nobody gives way before.
    settled_until_ms: u64,
}

#[derive(Debug)]
struct Held {
    counted: Option<IpAddr>,
    talk: Arc<Talk>,
    /// Its task; nothing until that has been started.
    task: Option<AbortHandle>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The address has as many as it may.
    Address,
    /// All are taken, and each is busy.
    Full,
}

/// Nobody gives way to a newcomer.
#[derive(Debug)]
pub(super) struct NoSlot {
    pub(super) reason: Reason,
    /// With it the newcomer may be told why.
    pub(super) leave: Option<Leave>,
}

/// A connection's place; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    number: u64,
}

/// The time that somebody gets who is sent away.
#[derive(Debug)]
pub(super) struct Leave(Arc<Slots>);

impl Slots {
    pub(super) fn new(bounds: Bounds) -> Slots {
        Slots { bounds, taken: Mutex::default() }
    }

    /// Takes a place for a newcomer. When none is free, whoever has asked nothing for the longest
    /// time gives way: silent and slow connections keep nobody out.
    pub(super) fn take(
        self: &Arc<Slots>,
        now_ms: u64,
        from: IpAddr,
        talk: &Arc<Talk>,
    ) -> Result<Slot, NoSlot> {
        let counted = counted(from);
        let mut taken = self.lock();
        let of_address = counted.and_then(|address| taken.addresses.get(&address));
        let of_address = of_address.copied().unwrap_or_default();
        let refused = if of_address >= self.bounds.address_connections_max {
            (!taken.gives_way(now_ms, &self.bounds, counted)).then_some(Reason::Address)
        } else if taken.slots.len() >= self.bounds.connections_max {
            (!taken.gives_way(now_ms, &self.bounds, None)).then_some(Reason::Full)
        } else {
            None
        };
        if let Some(reason) = refused {
            let has_leave = taken.sent_away < self.bounds.sent_away_max;
            taken.sent_away += usize::from(has_leave);
            let leave = has_leave.then(|| Leave(Arc::clone(self)));
            return Err(NoSlot { reason, leave });
        }
        taken.last += 1;
        let number = taken.last;
        if let Some(address) = counted {
            *taken.addresses.entry(address).or_default() += 1;
        }
        taken.slots.insert(number, Held { counted, talk: Arc::clone(talk), task: None });
        Ok(Slot { slots: Arc::clone(self), number })
    }

    /// The connection of this place is served by this task.
    pub(super) fn started(&self, number: u64, task: AbortHandle) {
        if let Some(sitter) = self.lock().slots.get_mut(&number) {
            sitter.task = Some(task);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Whether somebody, of this address if it is given, has left for a newcomer.
    fn gives_way(&mut self, now_ms: u64, bounds: &Bounds, address: Option<IpAddr>) -> bool {
        // Looking takes time, which newcomers in great number are not to take.
        if address.is_none() && now_ms < self.settled_until_ms {
            return false;
        }
        let sitters = self.slots.iter();
        let sitters = sitters.filter(|(_, sitter)| address.is_none() || sitter.counted == address);
        let waiting = sitters.filter_map(|(number, sitter)| {
            sitter.task.as_ref()?;
            Some((sitter.talk.waits_since_ms()?, *number))
        });
        let longest = waiting.min();
        let since_ms = longest.map_or(now_ms, |(since_ms, _)| since_ms);
        match longest {
            Some((_, number)) if since_ms + bounds.gives_way_ms <= now_ms => {
                let sitter = self.remove(number);
                if let Some(task) = sitter.and_then(|sitter| sitter.task) {
                    task.abort();
                }
                true
            }
            Some(_) | None => {
                if address.is_none() {
                    // Whoever falls silent from now on gives way no earlier than that.
                    self.settled_until_ms = since_ms.min(now_ms) + bounds.gives_way_ms;
                }
                false
            }
        }
    }

    fn remove(&mut self, number: u64) -> Option<Held> {
        let sitter = self.slots.remove(&number)?;
        if let Some(address) = sitter.counted
            && let Some(places) = self.addresses.get_mut(&address)
        {
            *places -= 1;
            if *places == 0 {
                self.addresses.remove(&address);
            }
        }
        Some(sitter)
    }
}

impl Slot {
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.lock().remove(self.number);
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.lock().sent_away -= 1;
    }
}

/// As what an address counts: of IPv6 the /64 that a customer gets whole; this machine's own
/// doesn't.
fn counted(from: IpAddr) -> Option<IpAddr> {
    match from.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Some(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
        }
        address @ IpAddr::V4(_) => Some(address),
    }
}

#[cfg(test)]
mod tests;

//! One timer wheel for all connections of a lane, and the limits on what a connection sends.

use crate::machine::delivery::ConnId;

/// How wide a slot of the wheel is: of those who came within a second only a few are looked at
/// together.
const TICK_MS: u64 = 25;
/// The wheel turns once in 102 seconds. Who is to be looked at later is looked at in between, too.
const SLOTS: usize = 4096;
/// One turn of the lane looks at so many, which takes less than a millisecond even if all of them
/// are closed: the others have their turns in between.
pub(in crate::machine) const PER_TURN: usize = 64;
/// A slot that is empty keeps memory for so many.
const KEPT: usize = 16;

/// Connections by the moment at which somebody must look at them. An entry that was armed anew
/// since is found stale when its slot comes, so arming is one push and activity costs nothing.
#[derive(Debug)]
pub(in crate::machine) struct Wheel {
    slots: Vec<Vec<ConnId>>,
    /// Where it stands: no slot before this tick has anything.
    next: u64,
    /// The first tick whose slot has something, if any has.
    soonest: Option<u64>,
}

impl Wheel {
    pub(in crate::machine) fn new() -> Wheel {
        Wheel { slots: vec![Vec::new(); SLOTS], next: 0, soonest: None }
    }

    /// Has the connection looked at in so many milliseconds, or in a turn of the wheel if that is
    /// sooner. The tick is what [`Wheel::due`] gives with it; the caller keeps it to know stale
    /// entries.
    pub(in crate::machine) fn arm(&mut self, now_ms: u64, after_ms: u64, conn: ConnId) -> u32 {
        let now = now_ms / TICK_MS;
        self.next = self.soonest.map_or(now, |soonest| soonest.min(now));
        // The tick is rounded up. While the wheel is behind, its turn ends sooner.
        let tick = ((now_ms + after_ms) / TICK_MS + 1).min(self.last());
        self.slots[tick as usize % SLOTS].push(conn);
        self.soonest = Some(self.soonest.map_or(tick, |soonest| soonest.min(tick)));
        tick as u32
    }

    /// The last tick whose slot can't be taken for that of an earlier one.
    fn last(&self) -> u64 {
        self.next + SLOTS as u64 - 1
    }

    /// Moves what is due by now to `due`, each with its tick, but not more than so many: the rest
    /// is due at once when this is asked again.
    pub(in crate::machine) fn due(
        &mut self,
        now_ms: u64,
        most: usize,
        due: &mut Vec<(u32, ConnId)>,
    ) {
        let now = now_ms / TICK_MS;
        while let Some(soonest) = self.soonest.filter(|soonest| *soonest <= now)
            && due.len() < most
        {
            self.next = soonest;
            let tick = self.next as u32;
            let slot = &mut self.slots[self.next as usize % SLOTS];
            let left = slot.len().saturating_sub(most - due.len());
            due.extend(slot.drain(left..).map(|conn| (tick, conn)));
            if slot.is_empty() {
                if slot.capacity() > KEPT {
                    *slot = Vec::new();
                }
                self.find_soonest();
            }
        }
    }

    fn find_soonest(&mut self) {
        let is_armed = |tick: &u64| !self.slots[*tick as usize % SLOTS].is_empty();
        self.soonest = (self.next..=self.last()).find(is_armed);
    }

    /// When to call [`Wheel::due`] next.
    pub(in crate::machine) fn wake_at(&self) -> Option<u64> {
        self.soonest.map(|soonest| soonest * TICK_MS)
    }
}

/// What a connection may still send: two token buckets in sixteen bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::machine) struct Allowance {
    operations: u32,
    bytes: u32,
    filled_ms: u32,
}

/// How fast an [`Allowance`] fills and where it ends.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) struct Rate {
    pub(in crate::machine) operations_per_s: u32,
    pub(in crate::machine) operations_burst: u32,
    pub(in crate::machine) bytes_per_s: u32,
    pub(in crate::machine) bytes_burst: u32,
}

impl Allowance {
    pub(in crate::machine) fn full(rate: Rate, now_ms: u64) -> Allowance {
        Allowance {
            operations: rate.operations_burst,
            bytes: rate.bytes_burst,
            filled_ms: now_ms as u32,
        }
    }

    /// Takes so many operations and bytes; false if that is more than allowed.
    #[inline]
    pub(in crate::machine) fn take(
        &mut self,
        rate: Rate,
        now_ms: u64,
        operations: u32,
        bytes: usize,
    ) -> bool {
        let passed_ms = u64::from((now_ms as u32).wrapping_sub(self.filled_ms));
        if passed_ms >= 10 {
            let fill = |level: u32, per_s: u32, burst: u32| {
                let more = u64::from(per_s) * passed_ms / 1000;
                (u64::from(level) + more).min(u64::from(burst)) as u32
            };
            self.operations = fill(self.operations, rate.operations_per_s, rate.operations_burst);
            self.bytes = fill(self.bytes, rate.bytes_per_s, rate.bytes_burst);
            self.filled_ms = now_ms as u32;
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        if self.operations < operations || self.bytes < bytes {
            return false;
        }
        self.operations -= operations;
        self.bytes -= bytes;
        true
    }
}

#[cfg(test)]
mod tests;

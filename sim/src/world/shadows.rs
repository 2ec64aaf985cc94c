//! Beside each bucket a copy of it that is made of bytes alone: a snapshot at a random moment, then
//! units. It must show the same digest as its primary, and takes over at random.

use std::collections::BTreeMap;

use proto::bucket::{BucketId, Loss};
use proto::record::field::{record, unit};
use proto::wire::{Fields, WireError};
use queue_node::machine::{Faults, Learner, Node, Outbox, Promotion, Unit};

use super::World;
use crate::chance::Chance;
use crate::phase::Phase;
use crate::plan::GRACE_MS;

/// The rule that a copy breaks.
const RULE: &str = "a copy is what its primary is";

/// Of a hundred turns of a node that recorded something, so many begin a copy of a bucket that has
/// none, look at the digest of one, and put one in the place of its primary.
const BEGIN_PERCENT: u64 = 30;
const LOOK_PERCENT: u64 = 30;
const STAND_IN_PERCENT: u64 = 2;
/// Of a hundred of those in times of trouble, so many open a reign: graces begin anew then, and the
/// bucket's clock stands still for a while, so there must be an end to it.
const PROMOTE_PERCENT: u64 = 10;
/// A primary says once in so long what its bucket's clock shows.
const SILENCE_MS: u64 = 1_000;

/// The copies of a node's buckets.
#[derive(Debug)]
pub(crate) struct Shadows {
    /// Drawn apart, so that the rest of a run is the same with and without copies.
    chance: Chance,
    /// By bucket and loss.
    copies: BTreeMap<(BucketId, Loss), Learner>,
    /// Planted bugs of the copies.
    faults: Faults,
}

/// How many records of each kind there were, by the numbers of their fields.
pub(crate) type Records = BTreeMap<u32, u64>;

impl Shadows {
    pub(crate) fn new(seed: u64, faults: Faults) -> Shadows {
        Shadows { chance: Chance::new(seed), copies: BTreeMap::new(), faults }
    }

    /// A unit of a bucket, in one of its lives: what is wrong with it.
    fn take(&mut self, key: (BucketId, Loss), unit: &Unit) -> Option<String> {
        let copy = self.copies.get_mut(&key)?;
        let broken = copy.apply(&unit.bytes).err()?;
        self.copies.remove(&key);
        Some(format!("{key:?}: {broken}"))
    }
}

impl World {
    /// A node's turn has ended: its copies get what it has recorded.
    pub(crate) fn shadow(&mut self, at: usize) {
        let (now, may_open) = (self.node_now(at), self.phase == Phase::Trouble);
        let host = &mut self.nodes[at];
        let Some(node) = &mut host.node else { return };
        let units: Vec<Unit> = host.out.units.drain(..).collect();
        // Real copies are looked at where there are any.
        let held = if self.plan.copies > 1 { Vec::new() } else { node.buckets() };
        host.shadows.copies.retain(|(id, loss), _| {
            held.iter().any(|(held, epochs)| (held, epochs.loss) == (id, *loss))
        });
        let mut wrong = Vec::new();
        for unit in &units {
            count(&mut self.records, unit);
            let Some((id, epochs)) = held.iter().find(|(id, _)| *id == unit.bucket) else {
                continue;
            };
            wrong.extend(host.shadows.take((*id, epochs.loss), unit));
        }
        for (id, epochs) in held {
            let key = (id, epochs.loss);
            let has_recorded = units.iter().any(|unit| unit.bucket == id);
            if host.shadows.copies.contains_key(&key) {
                if has_recorded {
                    wrong.extend(host.shadows.look(now, node, key, (may_open, &mut host.out)));
                }
            } else if host.shadows.chance.percent(BEGIN_PERCENT) {
                wrong.extend(host.shadows.begin(now, node, key));
            }
        }
        for what in wrong {
            self.violated(RULE, format!("q{}: {what}", at + 1));
        }
    }
}

impl Shadows {
    /// A copy of a bucket begins.
    fn begin(
        &mut self,
        now: proto::time::Time,
        node: &mut Node,
        key: (BucketId, Loss),
    ) -> Option<String> {
        if !node.follow(now, key.0) {
            return Some(format!("{key:?}: there is no snapshot"));
        }
        self.copies.insert(key, Learner::new(self.chance.seed(), GRACE_MS, self.faults));
        // Half of all snapshots are taken at once, the others in many turns.
        let mut wrong = None;
        if self.chance.percent(50) {
            while wrong.is_none() && self.copies.get(&key).is_some_and(|copy| !copy.is_level()) {
                wrong = self.fill(node, key);
            }
        }
        wrong
    }

    /// A copy gets the next slice of its snapshot.
    fn fill(&mut self, node: &mut Node, key: (BucketId, Loss)) -> Option<String> {
        let copy = self.copies.get_mut(&key)?;
        let (slice, is_last) = node.slice(key.0, self.chance.between(1, 2_000) as usize)?;
        let broken = copy.slice(&slice, is_last).err()?;
        self.copies.remove(&key);
        Some(format!("{key:?}: {broken}, with its snapshot"))
    }

    /// A copy has got what was recorded: it is looked at, or takes over.
    fn look(
        &mut self,
        now: proto::time::Time,
        node: &mut Node,
        key: (BucketId, Loss),
        (may_open, out): (bool, &mut Outbox),
    ) -> Option<String> {
        if !self.copies.get(&key)?.is_level() {
            return self.fill(node, key);
        }
        let now_ms = node.clock_ms(now, key.0)?;
        if self.chance.percent(STAND_IN_PERCENT) {
            let copy = self.copies.remove(&key)?;
            let (shown, wanted) = (digest(&copy, now_ms), node.digest(now, key.0));
            if may_open && self.chance.percent(PROMOTE_PERCENT) {
                let reign = node.reign(key.0)? + 1;
                let clock_ms = now_ms.saturating_sub(self.chance.below(SILENCE_MS));
                // Another copy follows the old primary and the new one.
                let wrong = self.begin(now, node, key);
                node.promote(now, key.0, copy, Promotion { reign, clock_ms }, out);
                return wrong.or(differs(key, shown, wanted));
            }
            node.stand_in(now, key.0, copy, out);
            return differs(key, shown, wanted);
        }
        if !self.chance.percent(LOOK_PERCENT) {
            return None;
        }
        let shown = digest(self.copies.get(&key)?, now_ms);
        let what = differs(key, shown, node.digest(now, key.0))?;
        self.copies.remove(&key);
        Some(what)
    }
}

fn digest(copy: &Learner, now_ms: u64) -> (u64, u128) {
    (copy.n(), copy.digest(now_ms))
}

fn differs(
    key: (BucketId, Loss),
    shown: (u64, u128),
    wanted: Option<(u64, u128)>,
) -> Option<String> {
    (Some(shown) != wanted).then(|| format!("{key:?} is {wanted:x?}, its copy {shown:x?}"))
}

/// Counts the records of a unit by their kinds.
fn count(records: &mut Records, unit: &Unit) {
    let mut count = || -> Result<(), WireError> {
        let mut fields = Fields::of(&unit.bytes);
        while let Some((number, value)) = fields.field()? {
            if number == unit::RECORDS {
                let mut parts = Fields::of(value.bytes()?);
                while let Some((kind, _)) = parts.field()? {
                    if ![record::RESULT, record::BODY].contains(&kind) {
                        *records.entry(kind).or_default() += 1;
                    }
                }
            }
        }
        Ok(())
    };
    count().expect("a primary writes what can be read");
}

//! Beside each bucket of a script's node, a copy of it that is made of bytes alone.

use std::collections::BTreeMap;

use proto::bucket::BucketId;
use proto::time::Time;

use super::GRACE_MS;
use crate::machine::{Faults, Learner, Node, Outbox};

/// A copy of each bucket; it begins anew every few turns, and takes over every few more.
#[derive(Debug, Default)]
pub(crate) struct Shadows {
    copies: BTreeMap<BucketId, Learner>,
    turns: u64,
    /// Planted bugs of the copies.
    pub(crate) faults: Faults,
    /// What each bucket's copy was made of, where that is kept: copies never begin anew then.
    pub(crate) kept: Option<BTreeMap<BucketId, Bytes>>,
    /// There are none: nodes have copies of each other's buckets.
    pub(super) are_off: bool,
}

/// What a copy is made of.
#[derive(Debug, Default, Clone)]
pub(crate) struct Bytes {
    pub(crate) snapshot: Vec<u8>,
    pub(crate) units: Vec<Vec<u8>>,
}

/// So many turns a copy follows; then another begins, or it takes over.
const BEGIN_TURNS: u64 = 5;
const PROMOTE_TURNS: u64 = 7;

/// A slice has so few bytes that a snapshot of a small bucket takes several turns.
const SLICE_BYTES: usize = 400;

/// A larger state isn't walked after each turn.
const WALKED_MAX: u64 = 300;

impl Shadows {
    /// A turn has ended: copies get its records, and must show the same digest.
    pub(crate) fn follow(&mut self, now: Time, node: &mut Node, out: &mut Outbox) {
        if self.are_off {
            return;
        }
        self.turns += 1;
        for unit in out.units.drain(..) {
            if let Some(copy) = self.copies.get_mut(&unit.bucket) {
                copy.apply(&unit.bytes).unwrap_or_else(|error| panic!("{error}: {unit:?}"));
            }
            if let Some(kept) = &mut self.kept {
                kept.entry(unit.bucket).or_default().units.push(unit.bytes);
            }
        }
        let counters = node.counters();
        if counters.queues + counters.sessions > WALKED_MAX {
            return self.copies.clear();
        }
        let buckets: Vec<BucketId> = node.buckets().into_iter().map(|(id, _)| id).collect();
        self.copies.retain(|id, _| buckets.contains(id));
        for id in buckets {
            let primary = node.digest(now, id).expect("the bucket is here");
            let now_ms = node.clock_ms(now, id).expect("the bucket is here");
            self.give_slice(node, id);
            let copy = self.copies.get(&id).filter(|copy| copy.is_level());
            if let Some(copy) = copy {
                assert_eq!((copy.n(), copy.digest(now_ms)), primary, "{id:?}: the copy differs");
            }
            if self.is_time(PROMOTE_TURNS)
                && copy.is_some()
                && let Some(copy) = self.copies.remove(&id)
            {
                node.stand_in(now, id, copy, out);
                let shown = node.digest(now, id).expect("the bucket is here");
                assert_eq!(shown, primary, "{id:?}: the promoted copy differs");
            }
            if self.is_time(BEGIN_TURNS) || !self.copies.contains_key(&id) {
                self.begin(now, node, id);
            }
        }
    }

    /// A bucket goes on with other records.
    pub(super) fn forget(&mut self, id: BucketId) {
        self.copies.remove(&id);
    }

    fn is_time(&self, turns: u64) -> bool {
        self.kept.is_none() && self.turns.is_multiple_of(turns)
    }

    fn begin(&mut self, now: Time, node: &mut Node, id: BucketId) {
        assert!(node.follow(now, id), "the bucket is here");
        self.copies.insert(id, Learner::new(9, GRACE_MS, self.faults));
        // Later copies get their snapshots in many turns, while things change.
        while self.turns < BEGIN_TURNS && self.give_slice(node, id) {}
    }

    /// A copy gets the next part of its snapshot, if there is one.
    fn give_slice(&mut self, node: &mut Node, id: BucketId) -> bool {
        let Some((slice, is_last)) = node.slice(id, SLICE_BYTES) else { return false };
        if let Some(copy) = self.copies.get_mut(&id) {
            copy.slice(&slice, is_last).expect("a slice fits");
        }
        if let Some(kept) = &mut self.kept {
            kept.entry(id).or_default().snapshot.extend(slice);
        }
        true
    }
}

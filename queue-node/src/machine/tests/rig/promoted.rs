//! Copies of a script's buckets that take over, on the same node or another.

use proto::bucket::BucketId;

use super::{GRACE_MS, Rig};
use crate::machine::{Faults, Input, Learner, Promotion};

impl Rig {
    /// The two buckets.
    pub(crate) fn both() -> [BucketId; 2] {
        [0, 1].map(|prefix| BucketId::new(1, prefix).expect("a bucket"))
    }

    /// A copy of a bucket, as it is between two turns.
    pub(crate) fn copy(&mut self, bucket: BucketId) -> Learner {
        self.copy_with(bucket, Faults::default())
    }

    /// The same with planted bugs.
    pub(crate) fn copy_with(&mut self, bucket: BucketId, faults: Faults) -> Learner {
        let now = self.node_now();
        assert!(self.node.follow(now, bucket), "the bucket is here");
        let mut copy = Learner::new(5, GRACE_MS, faults);
        while let Some((slice, is_last)) = self.node.slice(bucket, 10_000) {
            copy.slice(&slice, is_last).expect("a slice fits");
        }
        self.shadows.forget(bucket);
        copy
    }

    /// What a bucket's clock shows.
    pub(crate) fn clock_ms(&mut self, bucket: BucketId) -> u64 {
        let now = self.node_now();
        self.node.clock_ms(now, bucket).expect("the bucket is here")
    }

    /// A copy takes over on this node.
    pub(crate) fn promote(&mut self, bucket: BucketId, copy: Learner, by: Promotion) {
        let now = self.node_now();
        self.shadows.forget(bucket);
        self.node.promote(now, bucket, copy, by, &mut self.out);
    }

    /// A copy takes over on this node, and these get what it records of that.
    pub(crate) fn opens(&mut self, bucket: BucketId, heir: Learner, copies: &mut [Learner]) {
        self.shadows.are_off = true;
        let clock_ms = self.clock_ms(bucket);
        let reign = self.node.reign(bucket).expect("the bucket is here") + 1;
        self.promote(bucket, heir, Promotion { reign, clock_ms });
        self.handle(Input::TurnEnd);
        let units = std::mem::take(&mut self.out.units);
        for unit in units.iter().filter(|unit| unit.bucket == bucket) {
            for copy in &mut *copies {
                copy.apply(&unit.bytes).expect("the unit is the next");
            }
        }
    }

    /// Both buckets go on on another node, whose lanes are told what those here were.
    pub(crate) fn hand_over(&mut self, to: &mut Rig) {
        for bucket in Rig::both() {
            let (copy, clock_ms) = (self.copy(bucket), self.clock_ms(bucket));
            let reign = self.node.reign(bucket).expect("the bucket is here") + 1;
            to.promote(bucket, copy, Promotion { reign, clock_ms });
        }
        to.generations.clone_from(&self.generations);
        to.epochs.clone_from(&self.epochs);
    }
}

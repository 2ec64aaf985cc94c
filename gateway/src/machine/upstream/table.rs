//! Buckets that move: other homes, and other buckets.

use std::collections::BTreeSet;
use std::sync::Arc;

use link::machine::{LinkId, Outbox as Links};
use member::machine::Told;
use proto::bucket::BucketId;
use proto::g2q::{G2q, g2q::Body};
use proto::table::{BucketTable, Moved, Place};
use proto::wire;

use super::route::{Bucket, Heard};
use super::{BucketIndex, NodeIndex, Pending, Upstream};

/// What has become of buckets in a turn. At its end it is seen to for all of them together: each
/// time means a walk through all sessions.
#[derive(Debug, Default)]
pub(in crate::machine) struct Changes {
    /// They have another home, or theirs begins anew: what was on its way is lost.
    pub(in crate::machine) cut: BTreeSet<BucketIndex>,
    /// Their data may be gone.
    pub(in crate::machine) lost: BTreeSet<BucketIndex>,
    /// What waits for them goes to their homes, for the first time or once more.
    pub(in crate::machine) back: BTreeSet<BucketIndex>,
}

impl Upstream {
    /// A table has come: which buckets have another primary, reign or loss by it, if it is newer.
    pub(in crate::machine) fn take_table(
        &mut self,
        table: &Arc<BucketTable>,
    ) -> Option<Vec<BucketId>> {
        self.has_news = true;
        self.rows.take_table(table)
    }

    /// A node has told a row.
    pub(in crate::machine) fn hear_row(&mut self, told: &Moved) -> Told {
        self.rows.hear(told)
    }

    /// Where homes can be dialled that the table may lack.
    pub(in crate::machine) fn places_ahead(&self) -> impl Iterator<Item = &Place> {
        self.rows.places_ahead()
    }

    /// Whether there are other buckets than of so many bits.
    pub(in crate::machine) fn has_other_buckets(&self, bits: u8) -> bool {
        bits != self.bits || self.buckets.is_empty()
    }

    /// Other bits: children begin with their parent's epochs, and with what waits for their
    /// queues. No link is up. What can't be said of which bucket it is, and whether it may have
    /// been received.
    pub(in crate::machine) fn resize(
        &mut self,
        bits: u8,
        hash_of: impl Fn(Pending) -> Option<u64>,
    ) -> Vec<(Pending, bool)> {
        let (old_bits, old) = (self.bits, std::mem::take(&mut self.buckets));
        let child = |prefix: u32| {
            let parent = prefix >> bits.saturating_sub(old_bits);
            let parent = old.find(parent).filter(|_| bits >= old_bits);
            parent.map_or_else(Bucket::default, |parent| old[parent].child())
        };
        self.buckets = (0..1u32 << bits).map(child).collect();
        self.changes = Changes::default();
        self.bits = bits;
        let (mut given_up, mut asides) = (Vec::new(), BTreeSet::new());
        for mut bucket in old {
            bucket.unanswered.move_out(|moving| match hash_of(moving.tag) {
                Some(hash) => {
                    let child = BucketIndex::of(BucketId::of(hash, bits));
                    self.buckets[child].unanswered.move_in(moving);
                }
                None => given_up.push((moving.tag, moving.was_sent)),
            });
            bucket.aside.move_out(|moving| {
                if let Some(hash) = hash_of(moving.tag) {
                    let child = BucketIndex::of(BucketId::of(hash, bits));
                    self.buckets[child].aside.move_in(moving);
                    asides.insert(child);
                }
            });
        }
        self.asides = asides;
        self.count_heard();
        given_up
    }

    /// Takes over what the newest row of a bucket says, if that is anything else than before.
    pub(in crate::machine) fn adopt(&mut self, bucket: BucketId) {
        let Some(row) = self.rows.row(bucket) else { return };
        let (epochs, owner) = (row.epochs(), row.primary.clone());
        let home = owner.map(|owner| self.node(&owner));
        let Some(at) = self.buckets.find(bucket.prefix()) else { return };
        let bucket = &mut self.buckets[at];
        if (bucket.epochs, bucket.home) == (epochs, home) {
            return;
        }
        let is_lost = epochs.loss > bucket.epochs.loss;
        let had_home = std::mem::replace(&mut bucket.home, home).is_some();
        (bucket.epochs, bucket.told) = (epochs, None);
        for node in self.nodes.iter_mut() {
            node.heard = node.heard.filter(|heard| *heard != at);
        }
        if had_home {
            self.cut_off(at);
            self.changes.cut.insert(at);
        }
        if is_lost {
            self.changes.lost.insert(at);
        }
        self.comes_back(at);
        self.home_changed(at);
    }

    /// What waits for a bucket goes to its home at the end of the turn. Until it has been told of
    /// the sessions, none of its answers to probes counts.
    fn comes_back(&mut self, bucket: BucketIndex) {
        self.changes.back.insert(bucket);
        let entry = &mut self.buckets[bucket];
        if entry.heard.until_ms.is_some() {
            entry.heard_before = entry.heard;
        }
        (entry.heard, entry.all_told) = (Heard::default(), u32::MAX);
        entry.heard.from = u32::MAX;
    }

    /// Likewise, for all buckets of a node.
    pub(in crate::machine) fn all_come_back(&mut self, node: NodeIndex) {
        for bucket in self.buckets_of(node) {
            self.comes_back(bucket);
        }
    }

    /// What has become of buckets since the last call, if anything has.
    pub(in crate::machine) fn take_changes(&mut self) -> Option<Changes> {
        (!self.changes.back.is_empty()).then(|| std::mem::take(&mut self.changes))
    }

    /// Tells a bucket's home, once on each link, by which row it is: the lane is about to speak of
    /// it. So both speak of it under the same epochs, or the home knows better.
    pub(in crate::machine) fn tell(
        &mut self,
        bucket: BucketIndex,
        link: LinkId,
        links: &mut Links,
    ) {
        if self.buckets[bucket].told.replace(link) == Some(link) || self.faults().row_not_told {
            return;
        }
        let bits = u32::from(self.bits);
        let row = BucketId::new(bits, bucket.prefix()).and_then(|bucket| self.rows.row(bucket));
        if let Some(row) = row.cloned() {
            // Where it is itself it knows.
            let body = Some(Body::Moved(Moved { bits, row: Some(row), place: None }));
            wire::put_message(links.buffer(link), &G2q { body });
        }
    }

    /// A link is up: nobody has been told anything on it.
    pub(super) fn forget_told(&mut self, link: LinkId) {
        for bucket in self.buckets.iter_mut() {
            bucket.told.take_if(|told| *told == link);
        }
    }
}

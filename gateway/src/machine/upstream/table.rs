//! Buckets that move: other homes, and other buckets.

use std::collections::BTreeSet;

use proto::bucket::{BucketId, Conf, Epochs};
use proto::table::{Row, Version};

use super::route::Bucket;
use super::{BucketIndex, NodeIndex, Pending, Upstream};

/// A row was newer than what the lane knew: its bucket is to be recovered.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) struct Adopted {
    /// Whose.
    pub(in crate::machine) bucket: BucketIndex,
    /// It had another home.
    pub(in crate::machine) has_moved: bool,
    /// Its data may be gone.
    pub(in crate::machine) is_lost: bool,
}

impl Upstream {
    /// Whether a table of this version says nothing new.
    pub(in crate::machine) fn knows(&self, version: Version) -> bool {
        self.version.is_some_and(|known| known >= version)
    }

    /// A table of this version is taken over.
    pub(in crate::machine) fn set_version(&mut self, version: Version) {
        self.version = Some(version);
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
        given_up
    }

    /// Takes over a row, if it is newer than what the lane knows. Nothing: the lane goes on as
    /// before, whoever has copies.
    pub(in crate::machine) fn adopt(&mut self, row: &Row) -> Option<Adopted> {
        let epochs = row.epochs();
        let home = row.primary.as_ref().map(|owner| self.node(owner));
        let at = self.buckets.find(row.prefix)?;
        let bucket = &mut self.buckets[at];
        let newer = row.conf() > bucket.conf || bucket.home.is_none();
        if !newer || row.conf() < bucket.conf {
            return None;
        }
        bucket.conf = row.conf();
        if (bucket.epochs, bucket.home) == (epochs, home) {
            return None;
        }
        let is_lost = epochs.loss > bucket.epochs.loss;
        let before = std::mem::replace(&mut bucket.home, home);
        bucket.epochs = epochs;
        bucket.heard_until_ms = home.and_then(|home| self.nodes[home].heard_until_ms);
        for node in self.nodes.iter_mut() {
            node.heard = node.heard.filter(|heard| *heard != at);
        }
        Some(Adopted { bucket: at, has_moved: before.is_some() && before != home, is_lost })
    }

    /// What the lane knows of a bucket.
    pub(in crate::machine) fn known(&self, bucket: BucketIndex) -> (Epochs, Conf) {
        let bucket = &self.buckets[bucket];
        (bucket.epochs, bucket.conf)
    }

    /// Whether a node is the bucket's home.
    pub(in crate::machine) fn is_home(&self, node: NodeIndex, bucket: BucketIndex) -> bool {
        self.buckets[bucket].home == Some(node)
    }
}

//! What nodes have of buckets, as they report it: all of it on each link from the beginning, then
//! what has changed.

use std::collections::BTreeMap;

use proto::bucket::{BucketId, Conf};
use proto::limits::BUCKET_BITS_MAX;
use proto::n2b::BucketReport;
use proto::n2b::bucket_report::Role;
use proto::name::NodeId;

use super::roster::Owner;

/// Buckets of one node: as many as a table has.
const HELD_MAX: usize = 1 << BUCKET_BITS_MAX;

/// Of all nodes that have a link.
#[derive(Debug, Clone, Default)]
pub struct Holdings(BTreeMap<NodeId, Held>);

/// Of one node.
#[derive(Debug, Clone, Default)]
struct Held {
    full: bool,
    buckets: BTreeMap<BucketId, Holding>,
    /// Whom it has proposed to add last, over a row of which conf.
    proposed: BTreeMap<BucketId, (Conf, Owner)>,
}

/// What a node has of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Of the row by which it has it.
    pub conf: Conf,
    /// As what.
    pub role: Role,
    /// Its newest record.
    pub n: u64,
}

impl Holdings {
    /// A node has come on a new link, with all that it has.
    pub fn begin(&mut self, node: &NodeId, reports: &[BucketReport]) {
        self.0.insert(node.clone(), Held::default());
        let has_any = |report: &&BucketReport| report.role() != Role::Absent;
        let reports: Vec<BucketReport> = reports.iter().filter(has_any).cloned().collect();
        self.take(node, &reports, false);
    }

    /// What has changed at a node; true if anything has.
    pub fn take(&mut self, node: &NodeId, reports: &[BucketReport], full: bool) -> bool {
        let Some(held) = self.0.get_mut(node) else { return false };
        let has_changed = held.full != full || !reports.is_empty();
        held.full = full;
        for report in reports {
            let Some(bucket) = BucketId::new(report.bits, report.prefix) else { continue };
            let conf = report.row.as_ref().map_or(Conf(0), |row| row.conf());
            let (role, n) = (report.role(), report.n);
            let proposed = report.proposed.as_ref().and_then(Owner::reported);
            if let Some(proposed) = proposed {
                held.proposed.insert(bucket, (conf, proposed));
            }
            if held.buckets.len() < HELD_MAX || held.buckets.contains_key(&bucket) {
                held.buckets.insert(bucket, Holding { conf, role, n });
            }
        }
        has_changed
    }

    /// A node proposes to add this one.
    pub fn proposes(&mut self, node: &NodeId, bucket: BucketId, conf: Conf, whom: &Owner) {
        if let Some(held) = self.0.get_mut(node) {
            held.proposed.insert(bucket, (conf, whom.clone()));
        }
    }

    /// Whom nodes have proposed to add last, over rows of which conf.
    pub fn proposed(&self) -> impl Iterator<Item = (&NodeId, BucketId, &(Conf, Owner))> {
        self.0.iter().flat_map(|(node, held)| {
            held.proposed.iter().map(move |(bucket, proposed)| (node, *bucket, proposed))
        })
    }

    /// A node's link has ended.
    pub fn forget(&mut self, node: &NodeId) {
        self.0.remove(node);
    }

    /// Whether it has no space for copies.
    pub fn is_full(&self, node: &NodeId) -> bool {
        self.0.get(node).is_some_and(|held| held.full)
    }

    /// What it has of a bucket.
    pub fn of(&self, node: &NodeId, bucket: BucketId) -> Option<Holding> {
        self.0.get(node)?.buckets.get(&bucket).copied()
    }
}

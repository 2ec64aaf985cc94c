//! Who gets a copy of what: buckets with too few copies get learners where their primaries reach
//! them, and surplus copies are dropped.

use std::collections::{BTreeMap, BTreeSet};

use proto::bucket::BucketId;
use proto::n2b::bucket_report::Role;
use proto::name::NodeId;
use proto::time::Time;

use super::super::holdings::Holding;
use super::super::roster::Owner;
use super::super::table::Row;
use super::Boss;

/// Who was dropped as silent is its primary's learner again after this time, in milliseconds.
const SILENT_MS: u64 = 1_000;
/// Each time within [`SILENT_FOR_MS`] it is twice as long, up to this.
const SILENT_MS_MAX: u64 = 30_000;
/// After so long without being dropped it begins anew.
const SILENT_FOR_MS: u64 = 60_000;

/// What the choice of learners remembers.
#[derive(Debug, Default)]
pub(super) struct Learners {
    /// There may be other learners to choose than before.
    stale: bool,
    /// Who has been dropped as silent, by the ids of the primary and of who was dropped.
    silent: BTreeMap<(NodeId, NodeId), Silence>,
}

#[derive(Debug, Clone, Copy)]
struct Silence {
    dropped_ms: u64,
    pause_ms: u64,
}

impl Silence {
    fn ends_ms(self) -> u64 {
        self.dropped_ms + self.pause_ms
    }
}

impl Learners {
    /// Something is otherwise than at the last choice.
    pub(super) fn review(&mut self) {
        self.stale = true;
    }

    /// A primary has dropped somebody who didn't answer.
    pub(super) fn silent(&mut self, primary: &Owner, dropped: &Owner, now_ms: u64) {
        self.silent.retain(|_, silence| silence.ends_ms() + SILENT_FOR_MS > now_ms);
        let key = (primary.id.clone(), dropped.id.clone());
        let pause_ms = self.silent.get(&key).map_or(SILENT_MS, |silence| {
            // All buckets of a pair are dropped one by one: that is one silence.
            let is_another = silence.ends_ms() <= now_ms;
            if is_another { silence.pause_ms * 2 } else { silence.pause_ms }
        });
        let pause_ms = pause_ms.min(SILENT_MS_MAX);
        self.silent.insert(key, Silence { dropped_ms: now_ms, pause_ms });
    }

    /// When somebody's pause ends.
    pub(super) fn wake_at(&self, now_ms: u64) -> Option<u64> {
        let ends = self.silent.values().map(|silence| silence.ends_ms());
        ends.filter(|at| *at > now_ms).min()
    }

    fn is_pausing(&self, primary: &Owner, node: &Owner, now_ms: u64) -> bool {
        let silence = self.silent.get(&(primary.id.clone(), node.id.clone()));
        silence.is_some_and(|silence| silence.ends_ms() > now_ms)
    }
}

/// What becomes of a row.
enum Change {
    Learn(Owner),
    Drop(Owner),
}

impl Boss {
    /// Chooses learners, and drops what is surplus.
    pub(super) fn choose_learners(&mut self, now: Time) {
        let is_due = self.learners.silent.values().any(|silence| {
            // Its end has come since the last choice.
            silence.ends_ms() <= now.ms && silence.ends_ms() > self.chosen_ms
        });
        if !std::mem::take(&mut self.learners.stale) && !is_due {
            return;
        }
        self.chosen_ms = now.ms;
        let changes = self.changes(now);
        for (bucket, change) in &changes {
            let Some(row) = self.kept.rows.row_mut(*bucket) else { continue };
            match change {
                Change::Learn(learner) => row.learn(learner),
                Change::Drop(owner) => row.leave(|other| other == owner),
            }
        }
        if !changes.is_empty() {
            self.publication.change();
        }
    }

    fn changes(&self, now: Time) -> Vec<(BucketId, Change)> {
        let mut changes = Vec::new();
        let mut nodes = self.heirs();
        let is_otherwise = |row: &Row| row.copies() != self.copies && self.may_change(now, row);
        let rows = || self.kept.rows.buckets().filter(|(_, row)| is_otherwise(row));
        if rows().next().is_none() {
            return changes;
        }
        nodes.retain(|node| !self.holdings.is_full(&node.id));
        let mut counts = self.copies_of(&nodes);
        for (bucket, row) in rows() {
            let mut named: Vec<Owner> =
                row.in_sync().iter().chain(row.learners()).cloned().collect();
            while named.len() > self.copies.max(1) {
                // Learners first, and the primary never.
                changes.extend(named.pop().map(|owner| (bucket, Change::Drop(owner))));
            }
            while named.len() < self.copies
                && let Some(learner) = self.learner(now, (bucket, row), &named, &counts)
            {
                counts.entry(learner.clone()).and_modify(|count| *count += 1);
                named.push(learner.clone());
                changes.push((bucket, Change::Learn(learner)));
            }
        }
        changes
    }

    /// How many copies each of these nodes has.
    fn copies_of(&self, nodes: &BTreeSet<Owner>) -> BTreeMap<Owner, usize> {
        let mut counts: BTreeMap<Owner, usize> = nodes.iter().map(|n| (n.clone(), 0)).collect();
        for owner in
            self.kept.rows.iter().flat_map(|row| row.in_sync().iter().chain(row.learners()))
        {
            counts.entry(owner.clone()).and_modify(|count| *count += 1);
        }
        counts
    }

    /// Whom the bucket gets as its next learner, beside those whom it is to have anyway: on another
    /// host, then one that has a part of its log, then who has the fewest copies.
    fn learner(
        &self,
        now: Time,
        (bucket, row): (BucketId, &Row),
        named: &[Owner],
        counts: &BTreeMap<Owner, usize>,
    ) -> Option<Owner> {
        let primary = row.primary().filter(|primary| self.is_linked(primary))?;
        let host = |owner: &Owner| self.kept.roster.get(&owner.id).map(|node| node.host.as_str());
        let hosts: Vec<_> = named.iter().filter_map(host).collect();
        let can_be = |node: &Owner| {
            let is_missed = self.lives.get(&node.id).is_some_and(|life| life.misses(&primary.id));
            !named.iter().any(|other| other.id == node.id)
                && (!is_missed || self.faults().learner_out_of_reach)
                && !self.learners.is_pausing(primary, node, now.ms)
        };
        let rank = |node: &Owner, count: usize| {
            let is_beside = host(node).is_none_or(|host| hosts.contains(&host));
            let has_part = self.holdings.of(&node.id, bucket).is_some_and(Holding::is_copy);
            (is_beside, !has_part, count)
        };
        let nodes = counts.iter().filter(|(node, _)| can_be(node));
        let best = nodes.min_by_key(|(node, count)| (rank(node, **count), *node))?;
        Some(best.0.clone())
    }

    /// Whether the boss has a link with this life of a node, and counts on it.
    pub(super) fn is_linked(&self, owner: &Owner) -> bool {
        let node = self.kept.roster.get(&owner.id);
        let is_its = node.is_some_and(|n| n.incarnation == owner.incarnation && n.holds_queues());
        is_its && self.lives.get(&owner.id).is_some_and(|life| life.link().is_some())
    }
}

impl Holding {
    /// Whether it is a copy from whose log a learner can go on.
    fn is_copy(self) -> bool {
        self.role == Role::Copy && self.n > 0
    }
}

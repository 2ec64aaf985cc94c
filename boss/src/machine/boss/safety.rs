//! How safe the buckets are, by stored rows and by who is linked: looked at when either has
//! changed. Operators hear when copies are missing, and when all are there again.

use std::collections::BTreeMap;

use proto::bucket::BucketId;
use proto::n2b::bucket_report::Role;
use proto::table;
use proto::time::Time;

use super::super::changes::{self, Changes};
use super::super::events::Kind;
use super::super::roster::{Node, NodeRole};
use super::super::safety::{Bucket, Circumstances, Host, Member, Safety};
use super::super::table::Rows;
use super::super::view;
use super::Boss;
use super::recovery::used_up;

/// Degraded buckets that are shown one by one.
const SHOWN_MAX: usize = 64;

/// What was found at the last look.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    stale: bool,
    safety: Safety,
    /// How often it was looked.
    looks: u64,
    /// What was told last: that copies are missing.
    is_degraded: bool,
}

impl Lookout {
    /// Rows are stored, or somebody has come, gone, or has other copies.
    pub(super) fn review(&mut self) {
        self.stale = true;
    }

    /// What was found.
    pub(super) fn safety(&self) -> &Safety {
        &self.safety
    }
}

/// Queue nodes with a link, in the lives that the boss counts on.
type Linked<'a> = BTreeMap<(&'a str, u64), &'a Node>;

impl Boss {
    /// How safe the buckets are.
    pub fn safety(&self) -> &Safety {
        self.lookout.safety()
    }

    /// Rises whenever rows, or what is shown of them, may have changed.
    pub fn looks(&self) -> u64 {
        self.lookout.looks
    }

    /// Looks, if anything has changed, and tells if copies are missing, or are there again.
    pub(super) fn look_at_safety(&mut self, now: Time) {
        if !std::mem::take(&mut self.lookout.stale) {
            return;
        }
        self.lookout.safety = self.safety_now();
        self.lookout.looks += 1;
        if self.copies_wanted() < 2 || self.frozen.is_some() {
            return;
        }
        if !self.returns.is_over(now.ms) {
            // Nobody is missing yet who has only not dialled.
            return self.lookout.review();
        }
        let Safety { degraded, reasons, .. } = &self.lookout.safety;
        let (is_degraded, many) = (!degraded.is_empty(), self.kept.rows.iter().count());
        let (kind, text) = match is_degraded {
            true => (Kind::Degraded, reasons.join("; ")),
            false => {
                (Kind::InSync, format!("all {many} buckets have {} copies", self.copies_wanted()))
            }
        };
        if std::mem::replace(&mut self.lookout.is_degraded, is_degraded) != is_degraded {
            self.tell(now, kind, None, text);
        }
    }

    /// How many copies of each bucket there can be, of those that the configuration wants, with the
    /// queue nodes of the roster: one that is gone is missing.
    fn copies_wanted(&self) -> usize {
        let nodes = self.kept.roster.iter().filter(|node| node.role == NodeRole::QueueNode);
        self.copies.min(nodes.count().max(1))
    }

    /// The same as at the last look, if nothing has changed since.
    pub(super) fn safety_now(&self) -> Safety {
        let linked = self.linked_nodes();
        let mut queue_nodes =
            self.kept.roster.iter().filter(|node| node.role == NodeRole::QueueNode).peekable();
        let is_any = queue_nodes.peek().is_some();
        let circumstances = Circumstances {
            copies: self.copies_wanted(),
            living: linked.values().map(|node| host(node)).collect(),
            is_one_machine: is_any && queue_nodes.all(|node| host(node) == Host::Loopback),
            holds: self.holds,
            halted: self.frozen.is_some().then_some("the boss is frozen"),
        };
        let buckets = self.stored_rows().map(|(id, row)| {
            let member = |owner| self.member(&linked, id, row, owner);
            let members = row.in_sync.iter().map(|owner| (owner.id.as_str(), member(owner)));
            Bucket { id, members: members.collect() }
        });
        Safety::of(buckets, &circumstances)
    }

    /// What a step has changed in these rows is counted, and told.
    pub(super) fn count_changes(&mut self, now: Time, before: &Rows) {
        let changes = Changes::between(before, self.publication.written());
        let Changes { promoted, dropped, added, lost, over } = &changes;
        let of = |many: &BTreeMap<_, u64>| many.values().sum::<u64>();
        let (took_over, left) = (of(promoted), of(dropped));
        self.counters.promoted += took_over;
        self.counters.moved += took_over + lost;
        self.counters.buckets_lost += lost;
        self.counters.added += added;
        self.counters.dropped += left;
        let only =
            |nodes: &BTreeMap<_, u64>| (nodes.len() == 1).then(|| nodes.keys().next().cloned());
        if *over > 0 {
            self.tell(now, Kind::Degraded, None, used_up(&format!("{over} buckets have")));
        }
        if took_over > 0 {
            let text = format!("buckets went to copies of theirs: {}", changes::listed(promoted));
            self.tell(now, Kind::Promoted, only(promoted).flatten().as_ref(), text);
        }
        if left > 0 {
            let text = format!("in sync no more, of buckets: {}", changes::listed(dropped));
            self.tell(now, Kind::Dropped, only(dropped).flatten().as_ref(), text);
        }
    }

    /// The safety of buckets in `/api/v1/status`.
    pub(super) fn shown_safety(&self) -> view::Safety {
        let Safety { hosts_may_die, nodes_may_die, hosts_wanted, degraded, holding, reasons } =
            self.safety();
        let linked = self.linked_nodes();
        let rows = self.stored_rows().filter(|(id, _)| degraded.contains(id));
        let shown = rows.take(SHOWN_MAX).map(|(id, row)| {
            let ids = |owners: &[table::Owner]| owners.iter().map(|o| o.id.clone()).collect();
            let is_level = |owner: &&table::Owner| {
                matches!(self.member(&linked, id, row, owner), Member::Level(_))
            };
            let missing = row.in_sync.iter().filter(|owner| !is_level(owner));
            view::Degraded {
                bucket: id.to_string(),
                primary: row.primary.as_ref().map(|primary| primary.id.clone()),
                in_sync: ids(&row.in_sync),
                missing: missing.map(|owner| owner.id.clone()).collect(),
                learners: ids(&row.learners),
                holding: holding.contains(&id),
            }
        });
        view::Safety {
            copies: self.copies_wanted(),
            hosts_may_die: *hosts_may_die,
            nodes_may_die: *nodes_may_die,
            hosts_wanted: *hosts_wanted,
            reasons: reasons.clone(),
            degraded: degraded.len(),
            degraded_buckets: shown.collect(),
            holding: holding.len(),
            promoted: self.counters.promoted,
            lost: self.counters.buckets_lost,
            added: self.counters.added,
            dropped: self.counters.dropped,
        }
    }

    /// What each queue node has of the stored rows.
    pub(super) fn shown_shares(&self) -> Vec<view::Share> {
        let mut counts: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
        for (_, row) in self.stored_rows() {
            for (at, owner) in row.in_sync.iter().enumerate() {
                let count = counts.entry(&owner.id).or_default();
                if at == 0 { count.0 += 1 } else { count.1 += 1 }
            }
            row.learners.iter().for_each(|owner| counts.entry(&owner.id).or_default().2 += 1);
        }
        let queue_nodes = self.kept.roster.iter().filter(|node| node.role == NodeRole::QueueNode);
        let shown = queue_nodes.filter(|n| n.holds_queues() || counts.contains_key(n.id.as_str()));
        let share = |node: &Node| {
            let (buckets, copies, learners) =
                counts.get(node.id.as_str()).copied().unwrap_or_default();
            let lag = self.reports.of(&node.id).and_then(|report| report.lag());
            view::Share {
                id: node.id.as_str().to_owned(),
                buckets,
                copies,
                learners,
                lag_records: lag.map(|(records, _)| records),
                lag_bytes: lag.map(|(_, bytes)| bytes),
            }
        };
        shown.map(share).collect()
    }

    /// The rows that nodes have been told of.
    fn stored_rows(&self) -> impl Iterator<Item = (BucketId, &table::Row)> {
        let table = self.publication.table().into_iter();
        table.flat_map(|table| {
            let id = |row: &table::Row| BucketId::new(table.bits, row.prefix);
            table.rows.iter().filter_map(move |row| Some((id(row)?, row)))
        })
    }

    fn linked_nodes(&self) -> Linked<'_> {
        let nodes = self.kept.roster.iter().filter(|node| self.is_linked(&node.owner()));
        nodes.map(|node| ((node.id.as_str(), node.incarnation), node)).collect()
    }

    fn member<'a>(
        &self,
        linked: &Linked<'a>,
        id: BucketId,
        row: &table::Row,
        owner: &table::Owner,
    ) -> Member<'a> {
        let Some(node) = linked.get(&(owner.id.as_str(), owner.incarnation)) else {
            return Member::Away;
        };
        let is_fit = self.holdings.of(&node.id, id).is_none_or(|holding| match holding.role {
            Role::Primary | Role::Copy => true,
            // What it said before it was a member says nothing of what it has since.
            Role::Absent | Role::Filling => holding.conf < row.conf(),
            Role::Stuck => false,
        });
        if is_fit { Member::Level(host(node)) } else { Member::Stuck }
    }
}

fn host(node: &Node) -> Host<'_> {
    Host::of(&node.host, &node.address)
}

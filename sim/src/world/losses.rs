//! When the data of a bucket may have been lost: from the first moment that anybody hears of it to
//! the last moment that somebody does who may have had it otherwise.

use std::collections::{BTreeMap, BTreeSet};

use proto::bucket::BucketId;
use proto::table::{BucketTable, Row};

use super::World;
use super::node::NodeHost;
use super::wires::Port;
use crate::journal::Loss;

/// A bucket: bits and prefix.
type Bucket = (u8, u32);

/// What is known of losses.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    /// The lowest loss of each bucket: with that it began.
    first: BTreeMap<Bucket, u64>,
    losses: BTreeMap<(Bucket, u64), Loss>,
    /// Those that nobody is told of, since nobody lives who knows.
    untold: Vec<Loss>,
    /// What each process has heard in its life: a new one has nothing that could be lost.
    heard: BTreeSet<(Port, u64, Bucket, u64)>,
    /// Lives of processes that have a table.
    begun: BTreeSet<(Port, u64)>,
    /// The newest table that each process has heard, with its life.
    tables: BTreeMap<Port, (u64, BucketTable)>,
}

impl Losses {
    /// All of them.
    pub(crate) fn all(self) -> Vec<Loss> {
        self.losses.into_values().chain(self.untold).collect()
    }

    /// A bucket has begun anew since the boss's store has lost steps: what was shown meanwhile may
    /// have been lost with them.
    pub(crate) fn begins(&mut self, (bucket, row): &(BucketId, Row), first_us: u64, now_us: u64) {
        let bucket = (bucket.bits(), bucket.prefix());
        let loss = Loss { bits: bucket.0, prefix: bucket.1, first_us, last_us: now_us };
        let known = self.losses.entry((bucket, row.loss)).or_insert(loss);
        known.first_us = known.first_us.min(first_us);
    }

    /// What a bucket had since then may be lost, and nobody knows.
    pub(crate) fn unannounced(&mut self, bucket: BucketId, first_us: u64, last_us: u64) {
        let (bits, prefix) = (bucket.bits(), bucket.prefix());
        self.untold.push(Loss { bits, prefix, first_us, last_us });
    }

    /// The buckets whose primary, loss or reign a process hears to be another; all, if it is its
    /// first table or has other bits.
    fn changed(&mut self, (port, life): (Port, u64), table: &BucketTable) -> Vec<BucketId> {
        let before = self.tables.insert(port, (life, table.clone()));
        let before = before.filter(|(its, old)| *its == life && old.bits() == table.bits());
        let known = |row: &Row| {
            let old = before.as_ref().and_then(|(_, old)| old.rows().get(row.prefix as usize));
            old.is_some_and(|old| old.epochs() == row.epochs() && old.primary == row.primary)
        };
        let changed = table.rows().iter().filter(|row| !known(row));
        changed.filter_map(|row| BucketId::new(u32::from(table.bits()), row.prefix)).collect()
    }

    /// With which loss the bucket began; one that came of a split began with its parent.
    fn first(&mut self, (bits, prefix): Bucket, loss: u64) -> u64 {
        let parent = bits.checked_sub(1).and_then(|bits| self.first.get(&(bits, prefix >> 1)));
        let parent = parent.copied().unwrap_or(loss);
        *self.first.entry((bits, prefix)).or_insert(parent)
    }
}

impl World {
    /// A process heard a table: what it says to be lost may be lost from now on.
    pub(crate) fn heard_table(&mut self, port: Port, table: &BucketTable) {
        let now_us = self.agenda.now_us();
        let life = self.life(port.process());
        let changed = self.losses.changed((port, life), table);
        self.fences.homes_change(&changed);
        let is_first = self.losses.begun.insert((port, life));
        for row in table.rows() {
            let bucket = (table.bits(), row.prefix);
            let is_home = |host: &NodeHost| row.primary.as_ref().is_some_and(|o| o.id == host.id);
            if let Some(node) = self.nodes.iter().position(is_home) {
                self.ways.home(now_us, bucket, node, row.reign);
            }
            if row.loss <= self.losses.first(bucket, row.loss) {
                continue;
            }
            let is_new = self.losses.heard.insert((port, life, bucket, row.loss));
            let loss =
                Loss { bits: table.bits(), prefix: row.prefix, first_us: now_us, last_us: now_us };
            let loss = self.losses.losses.entry((bucket, row.loss)).or_insert(loss);
            if is_new && !is_first {
                loss.last_us = now_us;
            }
        }
    }
}

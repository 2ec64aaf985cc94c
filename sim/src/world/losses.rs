//! When the data of a bucket may have been lost: from the first moment that anybody hears of it to
//! the last moment that somebody does who may have had it otherwise.

use std::collections::{BTreeMap, BTreeSet};

use proto::table::BucketTable;

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
    /// What each process has heard in its life: a new one has nothing that could be lost.
    heard: BTreeSet<(Port, u64, Bucket, u64)>,
    /// Lives of processes that have a table.
    begun: BTreeSet<(Port, u64)>,
}

impl Losses {
    /// All of them.
    pub(crate) fn all(self) -> Vec<Loss> {
        self.losses.into_values().collect()
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
        self.fences.homes_change();
        let is_first = self.losses.begun.insert((port, life));
        for row in table.rows() {
            let bucket = (table.bits(), row.prefix);
            let is_home = |host: &NodeHost| row.primary.as_ref().is_some_and(|o| o.id == host.id);
            if let Some(node) = self.nodes.iter().position(is_home) {
                self.ways.home(now_us, bucket, node);
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

//! The rows of the bucket table as the boss keeps them, and how they change owners.

use std::collections::BTreeSet;

use proto::bucket::{BucketId, Epochs};
use serde::{Deserialize, Serialize};

use super::placement::{Move, Placement};
use super::roster::Owner;

/// Who has a bucket, and how often that has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Rises when data may be lost.
    pub loss: u64,
    /// Rises when owners change.
    pub conf: u64,
    /// Who serves it; nobody while no queue node is there.
    pub primary: Option<Owner>,
}

/// All rows in the order of their prefixes: none before the first queue node is there, else 2^bits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Row>", into = "Vec<Row>")]
pub struct Rows(Vec<Row>);

/// The first epochs of a bucket: 0 is what nobody has heard of.
const FIRST: Epochs = Epochs { loss: 1, conf: 1 };

impl Rows {
    /// The first table: shares for all these nodes.
    pub fn first(nodes: &BTreeSet<Owner>) -> Rows {
        let mut placement = Placement::empty();
        let mut present = BTreeSet::new();
        for node in nodes {
            present.insert(node.clone());
            placement.add(node, &present);
        }
        let row = |primary: &Option<Owner>| Row {
            loss: FIRST.loss,
            conf: FIRST.conf,
            primary: primary.clone(),
        };
        Rows(placement.owners().iter().map(row).collect())
    }

    /// Whether there is no table yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bits of a name's hash choose the row.
    pub fn bits(&self) -> u8 {
        self.0.len().checked_ilog2().map_or(0, |bits| bits as u8)
    }

    /// The rows, in the order of their prefixes.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.iter()
    }

    /// The bucket of a name's hash, and its row.
    pub fn row(&self, hash: u64) -> Option<(BucketId, &Row)> {
        let bucket = BucketId::of(hash, self.bits());
        Some((bucket, self.0.get(bucket.prefix() as usize)?))
    }

    /// Whether some bucket has nobody.
    pub fn any_unowned(&self) -> bool {
        self.0.iter().any(|row| row.primary.is_none())
    }

    /// How many buckets this node has.
    pub fn count(&self, owner: &Owner) -> usize {
        self.0.iter().filter(|row| row.primary.as_ref() == Some(owner)).count()
    }

    /// A new life of a node takes over what its last one had; what that was is lost.
    pub fn succeed(&mut self, before: &Owner, now: &Owner) -> usize {
        let rows = self.0.iter_mut().filter(|row| row.primary.as_ref() == Some(before));
        rows.map(|row| row.lose(now)).count()
    }

    /// Spreads what this node had over the others; with nobody left it waits for somebody.
    pub fn remove(&mut self, leaver: &Owner, rest: &BTreeSet<Owner>) -> usize {
        let Some(mut placement) = self.placement() else { return 0 };
        let moves = placement.remove(leaver, rest);
        let had = self.count(leaver);
        self.apply(&moves);
        // The rows that went to nobody: their owner has changed, what they held isn't given up yet.
        for row in self.0.iter_mut().filter(|row| row.primary.as_ref() == Some(leaver)) {
            row.conf += 1;
            row.primary = None;
        }
        had
    }

    /// Spreads what nobody has over these nodes.
    pub fn spread(&mut self, nodes: &BTreeSet<Owner>) -> usize {
        let Some(mut placement) = self.placement() else { return 0 };
        let moves = placement.spread(nodes);
        self.apply(&moves);
        moves.len()
    }

    /// Splits every bucket in two with the same owner and epochs. False if there are as many as may
    /// be.
    pub fn split(&mut self) -> bool {
        let splits = self.placement().is_some_and(|mut placement| placement.split());
        if splits {
            self.0 = self.0.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
        }
        splits
    }

    /// Takes what a node knows and the store has lost: a higher row is the truth. True if it was
    /// news.
    pub fn adopt(&mut self, bucket: BucketId, epochs: Epochs, owner: &Owner) -> bool {
        if epochs.conf == 0 {
            return false;
        }
        if self.0.is_empty() {
            self.0.push(Row { loss: 0, conf: 0, primary: None });
        }
        while self.bits() < bucket.bits() && self.split() {}
        let same_bits = bucket.bits() == self.bits();
        let row = self.0.get_mut(bucket.prefix() as usize);
        let Some(row) = row.filter(|row| same_bits && row.conf < epochs.conf) else { return false };
        // Two histories of the bucket: what the other one had is lost.
        let forked = row.primary.as_ref() != Some(owner) && epochs.loss < row.loss;
        *row = Row {
            loss: if forked { row.loss + 1 } else { epochs.loss.max(row.loss) },
            conf: epochs.conf,
            primary: Some(owner.clone()),
        };
        true
    }

    fn placement(&self) -> Option<Placement<Owner>> {
        Placement::of(self.0.iter().map(|row| row.primary.clone()).collect())
    }

    fn apply(&mut self, moves: &[Move<Owner>]) {
        for step in moves {
            self.0[step.prefix as usize].lose(&step.to);
        }
    }
}

impl Row {
    /// Gives the bucket to a node that has nothing of what was in it.
    fn lose(&mut self, to: &Owner) {
        self.loss += 1;
        self.conf += 1;
        self.primary = Some(to.clone());
    }
}

impl TryFrom<Vec<Row>> for Rows {
    type Error = String;

    fn try_from(rows: Vec<Row>) -> Result<Rows, String> {
        let bits_max = u32::from(proto::limits::BUCKET_BITS_MAX);
        let fits = rows.len().is_power_of_two() && rows.len().ilog2() <= bits_max;
        if rows.is_empty() || fits {
            Ok(Rows(rows))
        } else {
            Err(format!("a table can't have {} rows", rows.len()))
        }
    }
}

impl From<Rows> for Vec<Row> {
    fn from(rows: Rows) -> Vec<Row> {
        rows.0
    }
}

#[cfg(test)]
mod tests;

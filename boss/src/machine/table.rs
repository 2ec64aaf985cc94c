//! The rows of the bucket table as the boss keeps them, and how they change owners.

use std::collections::BTreeSet;

use proto::bucket::BucketId;
use proto::table::Version;
use serde::{Deserialize, Serialize};

use super::jumps::Number;
use super::placement::{Move, Placement};
use super::roster::Owner;

pub use self::row::{LOSS_MAX, Row};

mod row;

/// All rows in the order of their prefixes: none before the first queue node is there, else 2^bits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Row>", into = "Vec<Row>")]
pub struct Rows(Vec<Row>);

impl Rows {
    /// The first table: shares for all these nodes.
    pub fn first(nodes: &BTreeSet<Owner>) -> Rows {
        let mut placement = Placement::empty();
        let mut present = BTreeSet::new();
        for node in nodes {
            present.insert(node.clone());
            placement.add(node, &present);
        }
        Rows(placement.owners().iter().map(|owner| Row::first(owner.as_ref())).collect())
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
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.0.iter()
    }

    /// The bucket of a name's hash, and its row.
    pub fn row(&self, hash: u64) -> Option<(BucketId, &Row)> {
        let bucket = BucketId::of(hash, self.bits());
        Some((bucket, self.0.get(bucket.prefix() as usize)?))
    }

    /// Whether some bucket has nobody that can be given to somebody.
    pub fn any_unowned(&self) -> bool {
        self.0.iter().any(|row| row.primary().is_none() && !row.is_over())
    }

    /// Changes the row of a bucket; nothing: it is none of this table's.
    pub fn row_mut(&mut self, bucket: BucketId) -> Option<&mut Row> {
        let same_bits = bucket.bits() == self.bits();
        self.0.get_mut(bucket.prefix() as usize).filter(|_| same_bits)
    }

    /// The row of a bucket of this table.
    pub fn of(&self, bucket: BucketId) -> Option<&Row> {
        let same_bits = bucket.bits() == self.bits();
        self.0.get(bucket.prefix() as usize).filter(|_| same_bits)
    }

    /// The rows with their buckets, in the order of their prefixes.
    pub fn buckets(&self) -> impl Iterator<Item = (BucketId, &Row)> {
        let bits = u32::from(self.bits());
        (0..)
            .zip(&self.0)
            .filter_map(move |(prefix, row)| Some((BucketId::new(bits, prefix)?, row)))
    }

    /// How many buckets this node has.
    pub fn count(&self, owner: &Owner) -> usize {
        self.0.iter().filter(|row| row.primary() == Some(owner)).count()
    }

    /// Spreads what nobody has over these nodes.
    pub fn spread(&mut self, nodes: &BTreeSet<Owner>) -> usize {
        let Some(mut placement) = self.placement() else { return 0 };
        let mut moves = placement.spread(nodes);
        moves.retain(|step| !self.0[step.prefix as usize].is_over());
        self.apply(&moves);
        moves.len()
    }

    /// This step makes what of these rows is another than before it. Numbers that have risen are
    /// raised by so much more, those of first rows, too: a lost step may have made others.
    pub fn made_by(
        &mut self,
        step: Version,
        before: &Rows,
        mut jump: impl FnMut(u32, Number) -> u64,
    ) {
        let unheard = Row::unheard(None);
        for (prefix, row) in (0u32..).zip(&mut self.0) {
            let before = before.0.get(prefix as usize).unwrap_or(&unheard);
            row.jump(before, |number| jump(prefix, number));
            row.made_by(step, before);
        }
    }

    /// What of these rows must not be stored behind those from before, if anything: only a bug
    /// makes such rows.
    ///
    /// # Errors
    /// The bucket's prefix, and what is wrong.
    pub fn follow(&self, before: &Rows) -> Result<(), (u32, &'static str)> {
        let unheard = Row::unheard(None);
        for (prefix, row) in (0u32..).zip(&self.0) {
            let before = before.0.get(prefix as usize).unwrap_or(&unheard);
            row.follows(before).map_err(|wrong| (prefix, wrong))?;
        }
        Ok(())
    }

    fn placement(&self) -> Option<Placement<Owner>> {
        Placement::of(self.0.iter().map(|row| row.primary().cloned()).collect())
    }

    fn apply(&mut self, moves: &[Move<Owner>]) {
        for step in moves {
            self.0[step.prefix as usize].lose(&step.to);
        }
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

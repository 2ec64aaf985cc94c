//! The bucket table as everybody uses it: checked once when it comes, then only read.
//! The schema is `proto/schema/table.proto`.

pub use crate::schema::table::*;

use crate::bucket::{BucketId, Conf, Epochs, Loss, Reign};
use crate::limits;

/// Which table: a boss that takes over begins a new term. Higher is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version {
    /// Of the boss that wrote it.
    pub term: u64,
    /// Its step within the term.
    pub version: u64,
}

/// A table whose rows are complete and in order.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketTable {
    wire: Table,
    bits: u8,
}

/// What is wrong with a table that came over a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Rows are missing or out of order.
    #[error("the table has {rows} rows for {bits} bits, or they are out of order")]
    Rows {
        /// How many there are.
        rows: usize,
        /// For how many bits.
        bits: u32,
    },
    /// They aren't changes of the table that is known.
    #[error("the changes are of another table than the one that is known")]
    Base,
    /// No boss gives such numbers, and none could go on from them.
    #[error(
        "a term, version, epoch or incarnation of the table is higher than any that a boss gives"
    )]
    Numbers,
}

impl BucketTable {
    /// How many bits of a name's hash choose the row.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Which table this is.
    pub fn version(&self) -> Version {
        Version { term: self.wire.term, version: self.wire.version }
    }

    /// The bucket of a name with this hash.
    pub fn bucket(&self, hash: u64) -> BucketId {
        BucketId::of(hash, self.bits)
    }

    /// The row of a bucket of this table's bits.
    pub fn row(&self, bucket: BucketId) -> Option<&Row> {
        (bucket.bits() == self.bits).then(|| self.wire.rows.get(bucket.prefix() as usize))?
    }

    /// All rows, in the order of their prefixes.
    pub fn rows(&self) -> &[Row] {
        &self.wire.rows
    }

    /// Where this node can be dialled.
    pub fn place(&self, owner: &Owner) -> Option<&Place> {
        self.places().iter().find(|p| p.id == owner.id && p.incarnation == owner.incarnation)
    }

    /// All nodes that can be dialled.
    pub fn places(&self) -> &[Place] {
        &self.wire.places
    }

    /// The table as it travels.
    pub fn wire(&self) -> &Table {
        &self.wire
    }
}

impl TryFrom<Table> for BucketTable {
    type Error = TableError;

    fn try_from(wire: Table) -> Result<Self, TableError> {
        let error = TableError::Rows { rows: wire.rows.len(), bits: wire.bits };
        if wire.numbers().any(|number| number >= limits::NUMBER_MAX) {
            return Err(TableError::Numbers);
        }
        let bits = u8::try_from(wire.bits).ok().filter(|bits| *bits <= limits::BUCKET_BITS_MAX);
        let bits = bits.ok_or(error)?;
        let ordered = (0u32..).zip(&wire.rows).all(|(at, row)| row.prefix == at);
        if wire.rows.len() == 1 << bits && ordered {
            Ok(BucketTable { wire, bits })
        } else {
            Err(error)
        }
    }
}

impl Table {
    /// All numbers in it that only rise.
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let owner = |row: &Row| row.primary.as_ref().map_or(0, |owner| owner.incarnation);
        let rows = self.rows.iter().flat_map(move |row| {
            [row.loss, row.reign, row.conf, owner(row), row.term, row.version]
        });
        let places = self.places.iter().map(|place| place.incarnation);
        [self.term, self.version].into_iter().chain(rows).chain(places)
    }
}

impl Row {
    /// By what lanes and words know the bucket.
    pub fn epochs(&self) -> Epochs {
        Epochs { loss: Loss(self.loss), reign: Reign(self.reign) }
    }

    /// Which version of the row this is.
    pub fn conf(&self) -> Conf {
        Conf(self.conf)
    }
}

//! The rows that a thread knows: the newest whole table, and beside it single higher rows that it
//! heard from others than the boss.
//!
//! Of two rows of a bucket the one of the higher `conf` is true, from wherever it comes; a row that
//! isn't higher is ignored.

use std::collections::BTreeMap;
use std::sync::Arc;

use proto::bucket::BucketId;
use proto::limits;
use proto::table::{BucketTable, Moved, Owner, Place, Row, Version};

/// What a thread knows of who has which bucket.
#[derive(Debug, Clone, Default)]
pub struct KnownRows {
    table: Option<Arc<BucketTable>>,
    /// By prefix: those that are higher than in the table. There are no more than it has rows.
    ahead: BTreeMap<u32, Ahead>,
    /// The boss has been told all that is known here, and counts on it: no single row is acted upon
    /// before it has told a table.
    is_held: bool,
    /// A planted bug: rows are taken that aren't higher.
    takes_lower: bool,
    /// A planted bug: nothing is held.
    is_never_held: bool,
}

/// A row that the table lacks.
#[derive(Debug, Clone)]
struct Ahead {
    row: Row,
    /// Where its primary can be dialled, as far as its teller knew.
    place: Option<Place>,
}

/// What came of a row that somebody told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is higher than the one that was known.
    Higher {
        /// Of which bucket.
        bucket: BucketId,
        /// Its primary, reign or loss is another. Else it is about copies alone.
        moves: bool,
    },
    /// It was known.
    Known,
    /// It is higher, but the boss must say it itself (B4 of docs/replication.md).
    Held,
    /// Its teller was behind.
    Lower,
    /// It is of no bucket of the table, or no boss gives such numbers.
    Unusable,
}

impl KnownRows {
    /// Plants the bug that lower rows are taken, too.
    pub fn take_lower(&mut self) {
        self.takes_lower = true;
    }

    /// Plants the bug that rows are acted upon behind an answer to the boss.
    pub fn never_hold(&mut self) {
        self.is_never_held = true;
    }

    /// The boss is told all that is known here, and counts on it: until its next table no row of
    /// anybody else is acted upon.
    pub fn hold(&mut self) {
        self.is_held = !self.is_never_held;
    }

    /// Rows that the table lacks, by which this node isn't in sync of what it was named for.
    pub fn left<'a>(&'a self, me: &'a Owner) -> impl Iterator<Item = &'a Row> {
        let was_named = |prefix: &u32| {
            let row = self.table.as_ref().and_then(|table| table.rows().get(*prefix as usize));
            row.is_some_and(|row| row.in_sync.contains(me) || row.learners.contains(me))
        };
        let ahead = self.ahead.iter().filter(move |(prefix, _)| was_named(prefix));
        ahead.map(|(_, ahead)| &ahead.row).filter(|row| !row.in_sync.contains(me))
    }

    /// The newest whole table.
    pub fn table(&self) -> Option<&Arc<BucketTable>> {
        self.table.as_ref()
    }

    /// Which table that is.
    pub fn version(&self) -> Option<Version> {
        self.table.as_ref().map(|table| table.version())
    }

    /// The bucket of a name's hash.
    pub fn bucket(&self, hash: u64) -> Option<BucketId> {
        self.table.as_ref().map(|table| table.bucket(hash))
    }

    /// The highest row of a bucket.
    pub fn row(&self, bucket: BucketId) -> Option<&Row> {
        let row = self.table.as_ref()?.row(bucket)?;
        Some(self.ahead.get(&bucket.prefix()).map_or(row, |ahead| &ahead.row))
    }

    /// Where a node can be dialled.
    pub fn place(&self, owner: &Owner) -> Option<&Place> {
        let is_its =
            |place: &&Place| (&place.id, place.incarnation) == (&owner.id, owner.incarnation);
        let table = self.table.as_ref();
        table.and_then(|table| table.place(owner)).or_else(|| self.places_ahead().find(is_its))
    }

    /// Where primaries can be dialled that the table may lack.
    pub fn places_ahead(&self) -> impl Iterator<Item = &Place> {
        self.ahead.values().filter_map(|ahead| ahead.place.as_ref())
    }

    /// What others are told of a bucket.
    pub fn told(&self, bucket: BucketId) -> Option<Moved> {
        let row = self.row(bucket)?;
        let place = row.primary.as_ref().and_then(|owner| self.place(owner)).cloned();
        Some(Moved { bits: u32::from(bucket.bits()), row: Some(row.clone()), place })
    }

    /// A table has come. Nothing: it isn't newer. Else the buckets whose primary, reign or loss is
    /// another by it; all, if they have other bits.
    pub fn take_table(&mut self, table: &Arc<BucketTable>) -> Option<Vec<BucketId>> {
        if self.version().is_some_and(|known| known >= table.version()) {
            return None;
        }
        self.is_held = false;
        let before = self.table.replace(Arc::clone(table));
        let bucket = |row: &Row| BucketId::new(u32::from(table.bits()), row.prefix);
        let Some(before) = before.filter(|before| before.bits() == table.bits()) else {
            self.ahead.clear();
            return Some(table.rows().iter().filter_map(bucket).collect());
        };
        let mut moved = Vec::new();
        for (old, new) in before.rows().iter().zip(table.rows()) {
            let ahead = self.ahead.get(&new.prefix);
            let known = ahead.map_or(old, |ahead| &ahead.row);
            if new.conf() > known.conf() || self.takes_lower {
                moved.extend(bucket(new).filter(|_| moves(known, new)));
                self.ahead.remove(&new.prefix);
            } else if known == new {
                self.ahead.remove(&new.prefix);
            } else if ahead.is_none() {
                // The boss is behind.
                self.ahead.insert(new.prefix, Ahead { row: old.clone(), place: None });
            }
        }
        Some(moved)
    }

    /// Somebody has told a row.
    pub fn hear(&mut self, told: &Moved) -> Told {
        let Some(row) = &told.row else { return Told::Unusable };
        let Some(bucket) = BucketId::new(told.bits, row.prefix) else { return Told::Unusable };
        let Some(known) = self.row(bucket) else { return Told::Unusable };
        let incarnation = row.primary.as_ref().map_or(0, |owner| owner.incarnation);
        let numbers = [(row.conf, known.conf), (row.reign, known.reign), (row.loss, known.loss)];
        let is_plausible =
            numbers.iter().all(|(named, known)| limits::is_plausible(*named, *known));
        if !is_plausible || incarnation >= limits::NUMBER_MAX {
            // From there no table would lead on.
            return Told::Unusable;
        }
        if row.conf() <= known.conf() && !self.takes_lower {
            let is_lower = row.conf() < known.conf();
            return if is_lower { Told::Lower } else { Told::Known };
        }
        if self.is_held {
            return Told::Held;
        }
        let moves = moves(known, row);
        let (row, place) = (row.clone(), told.place.clone());
        self.ahead.insert(bucket.prefix(), Ahead { row, place });
        Told::Higher { bucket, moves }
    }
}

/// Whether lanes and words must go elsewhere, or under another name.
fn moves(before: &Row, after: &Row) -> bool {
    (before.epochs(), &before.primary) != (after.epochs(), &after.primary)
}

#[cfg(test)]
mod tests;

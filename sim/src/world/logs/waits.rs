//! What a primary has to wait for, by the stored row.

use proto::bucket::{BucketId, Epochs};
use proto::table::Row;

use super::{Alive, Life, Logs, lacking};

impl Logs {
    /// The newest row of a bucket that is stored.
    pub(crate) fn row(&self, bucket: BucketId) -> Option<&Row> {
        self.rows.get(&bucket)
    }

    /// Since when that is its row.
    pub(crate) fn row_since_us(&self, bucket: BucketId) -> u64 {
        self.since_us.get(&bucket).map_or(0, |(_, since_us)| *since_us)
    }

    /// These are stored now.
    pub(crate) fn note_since(&mut self, now_us: u64, rows: &[(BucketId, Row)]) {
        for (bucket, row) in rows {
            let since = self.since_us.entry(*bucket).or_insert((row.conf, now_us));
            if since.0 != row.conf {
                *since = (row.conf, now_us);
            }
        }
    }

    /// Whether the stored row names others whom this primary has to wait for. It may wait for more,
    /// and who is of another reign knows another row.
    pub(crate) fn waits(
        &self,
        (id, incarnation): (&str, u64),
        (bucket, epochs): (BucketId, Epochs),
    ) -> bool {
        self.rows.get(&bucket).is_some_and(|row| {
            let primary = row.primary.as_ref();
            let is_its = primary.is_some_and(|it| it.id == id && it.incarnation == incarnation);
            is_its && row.epochs() == epochs && row.in_sync.len() > 1
        })
    }

    /// Whether two nodes are known to have the same record of this number.
    pub(super) fn have_same(
        &self,
        one: Life,
        other: Life,
        (bucket, epochs): (BucketId, Epochs),
        n: u64,
    ) -> bool {
        let mark =
            |life| self.logs.get(&(life, (bucket, epochs.loss.0))).and_then(|log| log.get(n));
        mark(one).is_some_and(|its| mark(other) == Some(its))
    }

    /// Who of the stored row lacks a record of a primary, or that it has sent it to nobody.
    pub(crate) fn who_lacks(
        &self,
        alive: &Alive,
        by: Life,
        (bucket, epochs): (BucketId, Epochs),
        n: u64,
    ) -> Option<String> {
        let (row, key) = (self.rows.get(&bucket)?, (bucket, epochs.loss.0));
        let log = self.logs.get(&(by, key));
        if log.is_none_or(|log| log.is_ahead(n)) {
            return Some(format!("{n} of {key:?} was sent to nobody"));
        }
        let mark = log.and_then(|log| log.get(n));
        let owner = lacking(alive, &self.logs, row, key, (n, mark)).next()?;
        Some(format!("{n} of {key:?} isn't in {owner:?}"))
    }
}

//! What the recorder makes of a boss's store that has lost steps.
//!
//! From the fall until all who know of lost steps have told, no row is known: only that a reign has
//! one writer is looked at. From then on each row names whoever has all that was shown, or begins
//! anew.

use std::collections::BTreeMap;

use proto::bucket::BucketId;
use proto::table::Row;

use super::{Alive, Logs, MEMBERS, lacking};

/// The newest rows before the fall.
pub(super) type Before = BTreeMap<BucketId, Row>;

impl Logs {
    /// The store has lost steps.
    pub(crate) fn fall(&mut self) {
        self.before = Some(std::mem::take(&mut self.rows));
    }

    /// Whether what is stored is behind what may be so.
    pub(super) fn is_behind(&self) -> bool {
        self.before.is_some()
    }

    /// The newest row of a bucket that was stored.
    pub(crate) fn row_before(&self, bucket: BucketId) -> Option<&Row> {
        self.before.as_ref().unwrap_or(&self.rows).get(&bucket)
    }

    /// Which of these buckets have begun anew since the fall.
    pub(crate) fn raised_since_fall<'a>(
        &self,
        rows: &'a [(BucketId, Row)],
    ) -> Vec<&'a (BucketId, Row)> {
        let is_raised = |(bucket, row): &&(BucketId, Row)| {
            self.row_before(*bucket).is_some_and(|before| before.loss < row.loss)
        };
        rows.iter().filter(is_raised).collect()
    }

    /// All who know of lost steps have told, and this is stored: who of it lacks what was shown.
    pub(crate) fn rise(
        &mut self,
        alive: &Alive,
        rows: &[(BucketId, Row)],
    ) -> Vec<(BucketId, String)> {
        self.before = None;
        self.rows = rows.iter().cloned().collect();
        let mut wrong = Vec::new();
        for (bucket, row) in rows {
            let key = (*bucket, row.loss);
            let newest = self.committed.get(&key).and_then(|line| line.last_key_value());
            let Some((n, mark)) = newest.map(|(n, mark)| (*n, *mark)) else { continue };
            let lacking = lacking(alive, &self.logs, row, key, (n, Some(mark)));
            wrong.extend(lacking.map(|owner| {
                let what = format!("{key:?}: {owner:?} lacks {n} by {row:?}, behind a fall");
                (*bucket, what)
            }));
        }
        wrong
    }

    /// What was shown of a bucket is lost, and nobody is left who could tell.
    pub(crate) fn forget(&mut self, bucket: BucketId) {
        self.committed.retain(|(of, _), _| *of != bucket);
    }

    /// The rule that is broken if somebody lacks what was shown.
    pub(crate) const RISEN: &str = MEMBERS;
}

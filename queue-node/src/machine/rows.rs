//! The rows that this node knows, and which of them other nodes have been told.

use std::collections::BTreeMap;
use std::sync::Arc;

use link::machine::{LinkId, Outbox};
use member::machine::{KnownRows, Told};
use proto::bucket::{BucketId, Conf, Epochs};
use proto::n2b::BucketReport;
use proto::q2q::{Q2q, q2q};
use proto::table::{BucketTable, Moved, Owner, Place, Row};
use proto::wire;

use super::faults::Faults;
use super::node::Settings;

/// Who has which bucket, as far as this node knows.
#[derive(Debug)]
pub(crate) struct Rows {
    known: KnownRows,
    /// Under which epochs a node has been told who has a bucket, by its link and the prefix.
    told: BTreeMap<(LinkId, u32), Epochs>,
    /// The rows that buckets, copies and fellows go by, by prefix; nothing: none.
    heeded: Vec<Option<(Conf, Epochs)>>,
    /// Some rows may be others than those.
    is_news: bool,
    /// A planted bug: nobody is told.
    is_silent: bool,
}

/// A row that buckets, copies and fellows don't go by yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) bucket: BucketId,
    /// Under which epochs they have known the bucket, if they have.
    pub(crate) before: Option<Epochs>,
    /// It has another primary, reign or loss.
    pub(crate) moves: bool,
    /// It isn't the next after the one that they go by: somebody may have come and gone in between.
    pub(crate) skips: bool,
}

impl Rows {
    /// None yet.
    pub(crate) fn new(faults: Faults) -> Rows {
        let mut known = KnownRows::default();
        if faults.lower_row_taken {
            known.take_lower();
        }
        if faults.acts_behind_its_answer {
            known.never_hold();
        }
        let (told, heeded) = (BTreeMap::new(), Vec::new());
        Rows { known, told, heeded, is_news: false, is_silent: faults.row_not_told }
    }

    /// The bucket of a name's hash; nothing before the first table.
    #[inline]
    pub(crate) fn bucket(&self, hash: u64) -> Option<BucketId> {
        self.known.bucket(hash)
    }

    /// How many buckets there are.
    pub(crate) fn len(&self) -> usize {
        self.known.table().map_or(0, |table| table.rows().len())
    }

    /// How many bits of a name's hash say which bucket it is of.
    pub(crate) fn bits(&self) -> u32 {
        self.known.table().map_or(0, |table| table.bits().into())
    }

    /// The highest row of a bucket.
    pub(crate) fn row(&self, bucket: BucketId) -> Option<&Row> {
        self.known.row(bucket)
    }

    /// What others are told of a bucket.
    pub(crate) fn told(&self, bucket: BucketId) -> Option<Moved> {
        self.known.told(bucket)
    }

    /// Where primaries can be dialled that the table may lack.
    pub(crate) fn places_ahead(&self) -> impl Iterator<Item = &Place> {
        self.known.places_ahead()
    }

    /// A table has come. False: it isn't newer.
    pub(crate) fn take_table(&mut self, table: &Arc<BucketTable>) -> bool {
        let is_newer = self.known.take_table(table).is_some();
        self.is_news |= is_newer;
        is_newer
    }

    /// Somebody has told a row.
    pub(crate) fn hear(&mut self, told: &Moved) -> Told {
        let heard = self.known.hear(told);
        self.is_news |= matches!(heard, Told::Higher { .. });
        heard
    }

    /// No row of anybody but the boss is acted upon before its next table.
    pub(crate) fn hold(&mut self) {
        self.known.hold();
    }

    /// Rows that the table lacks, by which this node has left sets.
    pub(crate) fn left(&self, settings: &Settings) -> Vec<BucketReport> {
        let me = Owner { id: settings.id.clone(), incarnation: settings.incarnation };
        let bits = self.known.table().map_or(0, |table| u32::from(table.bits()));
        let report = |row: &Row| BucketReport {
            bits,
            prefix: row.prefix,
            row: Some(row.clone()),
            ..BucketReport::default()
        };
        self.known.left(&me).map(report).collect()
    }

    /// The rows that are others than at the last call.
    pub(crate) fn changes(&mut self) -> Vec<Change> {
        let Some(table) = self.known.table().filter(|_| self.is_news) else { return Vec::new() };
        self.is_news = false;
        if self.heeded.len() != table.rows().len() {
            self.heeded = vec![None; table.rows().len()];
        }
        let bits = u32::from(table.bits());
        let buckets = (0u32..).zip(&mut self.heeded);
        let change = |(prefix, heeded): (u32, &mut Option<(Conf, Epochs)>)| {
            let bucket = BucketId::new(bits, prefix)?;
            let (conf, epochs) = self.known.row(bucket).map(|row| (row.conf(), row.epochs()))?;
            let before = heeded.replace((conf, epochs));
            let skips = before.is_some_and(|(before, _)| conf.0 != before.0 + 1);
            let is_news = before.is_none_or(|(before, _)| before != conf);
            let before = before.map(|(_, epochs)| epochs);
            let moves = before != Some(epochs);
            is_news.then_some(Change { bucket, before, moves, skips })
        };
        buckets.filter_map(change).collect()
    }

    /// Tells another node who has a bucket, unless it has been told: this node is about to speak of
    /// it. So both speak of it under the same epochs, or the other knows better.
    pub(crate) fn tell(&mut self, out: &mut Outbox, link: LinkId, bucket: BucketId) {
        let Some(epochs) = self.known.row(bucket).map(Row::epochs) else { return };
        let before = self.told.insert((link, bucket.prefix()), epochs);
        if before != Some(epochs) && !self.is_silent {
            let body = self.known.told(bucket).map(q2q::Body::Moved);
            wire::put_message(out.buffer(link), &Q2q { body });
        }
    }

    /// A link is no more, and what was told on it.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        self.told.retain(|(on, _), _| *on != link);
    }
}

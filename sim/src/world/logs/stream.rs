//! One direction of a link between two nodes: what a primary sends, and how much of it the other
//! node has acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use proto::bucket::BucketId;
use proto::q2q;
use proto::record::field::{opened, record, unit};
use proto::snapshot::field::{head, item, snapshot};
use proto::wire::{Fields, WireError};
use xxhash_rust::xxh3::xxh3_64;

/// What a primary has sent on a link.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Of the batch that isn't ended.
    pub(super) gathered: Vec<Part>,
    /// Batches that aren't acknowledged.
    pub(super) batches: BTreeMap<u64, Vec<Part>>,
    /// Buckets of which acknowledgements say nothing.
    pub(super) excluded: BTreeSet<BucketId>,
    /// The highest reign by which it has led each bucket.
    pub(super) leads: BTreeMap<BucketId, u64>,
    /// What it said last to be committed, by bucket and reign.
    pub(super) committed: BTreeMap<(BucketId, u64), u64>,
}

/// Something about a bucket in a batch.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) bucket: BucketId,
    pub(super) loss: u64,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Records { committed: u64, after: Option<u64>, records: Vec<(u64, Recorded)> },
    Slice { first: Option<u64>, is_last: bool },
}

/// A record as it was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recorded {
    pub(super) hash: u64,
    /// The reign that begins with it.
    pub(super) opens: Option<u64>,
    /// Of whom it is.
    pub(super) reign: u64,
}

/// How many records of each kind there were, by the numbers of their fields.
pub(crate) type Kinds = BTreeMap<u32, u64>;

/// Counts the records of a part by their kinds.
pub(super) fn count(kinds: &mut Kinds, part: &q2q::Records) -> Result<(), WireError> {
    for bytes in &part.unit {
        let mut fields = Fields::of(bytes);
        while let Some((number, value)) = fields.field()? {
            if number != unit::RECORDS {
                continue;
            }
            let mut parts = Fields::of(value.bytes()?);
            while let Some((kind, _)) = parts.field()? {
                if ![record::RESULT, record::BODY].contains(&kind) {
                    *kinds.entry(kind).or_default() += 1;
                }
            }
        }
    }
    Ok(())
}

/// The records of a part, of whatever reign.
pub(super) fn records(part: &q2q::Records) -> Result<Vec<(u64, Recorded)>, WireError> {
    let mut records = Vec::new();
    for bytes in &part.unit {
        let (mut n, mut at_ms) = (0, 0);
        let mut fields = Fields::of(bytes);
        while let Some((number, value)) = fields.field()? {
            match number {
                unit::N => n = value.uint()?,
                unit::AT_MS => at_ms = value.uint()?,
                unit::RECORDS => {
                    let bytes = value.bytes()?;
                    let (hash, opens) = (xxh3_64(bytes) ^ at_ms, opens(bytes)?);
                    records.push((n, Recorded { hash, opens, reign: part.reign }));
                    n += 1;
                }
                _ => {}
            }
        }
    }
    Ok(records)
}

fn opens(bytes: &[u8]) -> Result<Option<u64>, WireError> {
    field(bytes, record::OPENED)?.map_or(Ok(None), |opened| number(opened, opened::REIGN))
}

/// The record behind which a snapshot goes on, if these are the first items of one.
pub(super) fn behind(items: &[u8]) -> Result<Option<u64>, WireError> {
    let Some(first) = field(items, snapshot::ITEMS)? else { return Ok(None) };
    field(first, item::HEAD)?.map_or(Ok(None), |head| number(head, head::N))
}

fn field(bytes: &[u8], wanted: u32) -> Result<Option<&[u8]>, WireError> {
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.field()? {
        if number == wanted {
            return value.bytes().map(Some);
        }
    }
    Ok(None)
}

fn number(bytes: &[u8], wanted: u32) -> Result<Option<u64>, WireError> {
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.field()? {
        if number == wanted {
            return value.uint().map(Some);
        }
    }
    Ok(None)
}

//! Numbers of the boss that are given out once (I9): a step, and a row's `conf`; and when each step
//! began to be written.

use std::collections::BTreeMap;

use prost::Message as _;
use proto::bucket::BucketId;
use proto::table::{Row, Version};
use xxhash_rust::xxh3::xxh3_64;

/// What each number was given to, as a hash.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    steps: BTreeMap<Version, u64>,
    confs: BTreeMap<(BucketId, u64), u64>,
    /// When the boss first began to write each step.
    begun_us: BTreeMap<Version, u64>,
}

impl Numbers {
    /// The boss begins to write a step: whether it comes to be there or not, what the step has
    /// decided is never taken back.
    pub(crate) fn begin(&mut self, step: Version, now_us: u64) {
        self.begun_us.entry(step).or_insert(now_us);
    }

    /// When the boss began to write the step that made this row; nothing of steps that it writes
    /// before it listens.
    pub(crate) fn decided_us(&self, row: &Row) -> Option<u64> {
        self.begun_us.get(&Version { term: row.term, version: row.version }).copied()
    }

    /// A step is on the disk with these rows: what was given out before to something else.
    pub(crate) fn store(&mut self, step: Version, rows: &[(BucketId, Row)]) -> Vec<String> {
        let mut twice = Vec::new();
        let mut all = 0;
        for (bucket, row) in rows {
            let of_row = hash(row);
            all = xxh3_64(&[of_row.to_le_bytes(), u64::to_le_bytes(all)].concat());
            if *self.confs.entry((*bucket, row.conf)).or_insert(of_row) != of_row {
                twice.push(format!("conf {} of {bucket:?}, now to {row:?}", row.conf));
            }
        }
        if *self.steps.entry(step).or_insert(all) != all {
            twice.push(format!("{step:?}"));
        }
        twice
    }
}

/// Of all but the step that made it: a boss that goes on from lost steps makes rows again.
fn hash(row: &Row) -> u64 {
    let row = Row { term: 0, version: 0, ..row.clone() };
    xxh3_64(&row.encode_to_vec())
}

//! What the boss hears of what a node has of buckets: all of it on each link, then what changes.

use std::collections::BTreeMap;

use proto::bucket::BucketId;
use proto::n2b::BucketReport;
use proto::n2b::bucket_report::Role;
use proto::table::Owner;

use super::buckets::Buckets;
use super::copies::Copies;
use super::rows::Rows;

/// What was said last of each bucket: its role, and whom this node has proposed to add.
#[derive(Debug, Default)]
pub(crate) struct Reports(BTreeMap<BucketId, (Role, Option<Owner>)>);

impl Reports {
    /// Nothing counts as said.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    /// What is other than it was said.
    pub(crate) fn changes(
        &mut self,
        rows: &Rows,
        buckets: &Buckets,
        copies: &Copies,
    ) -> Vec<BucketReport> {
        let mut reports = Vec::new();
        let mut before = std::mem::take(&mut self.0);
        let mut say = |bucket: BucketId, role: Role, proposed: Option<&Owner>, ns: (u64, u64)| {
            let known = before.remove(&bucket);
            let is_said =
                known.as_ref().is_some_and(|(its, whom)| *its == role && whom.as_ref() == proposed);
            self.0.insert(bucket, (role, proposed.cloned()));
            if !is_said {
                reports.push(report(rows, bucket, role, proposed, ns));
            }
        };
        for bucket in buckets.all() {
            let n = bucket.state.newest().n;
            say(bucket.outputs.bucket(), Role::Primary, bucket.fellows.proposed(), (n, n));
        }
        for (bucket, role, ns) in copies.held() {
            say(bucket, role, None, ns);
        }
        let gone = before.into_keys();
        reports.extend(gone.map(|bucket| report(rows, bucket, Role::Absent, None, (0, 0))));
        reports
    }
}

fn report(
    rows: &Rows,
    bucket: BucketId,
    role: Role,
    proposed: Option<&Owner>,
    (n, state_n): (u64, u64),
) -> BucketReport {
    BucketReport {
        bits: bucket.bits().into(),
        prefix: bucket.prefix(),
        row: rows.row(bucket).cloned(),
        role: role.into(),
        n,
        state_n,
        proposed: proposed.cloned(),
    }
}

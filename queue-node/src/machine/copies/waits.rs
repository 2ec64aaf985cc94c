//! Whom a bucket waits for, and how much of its log they all have.

use proto::bucket::{BucketId, Epochs};
use proto::limits::{AWAITED_LACKS_BYTES_MAX, DEAD_MS, TAIL_BUCKET_BYTES_MAX};
use proto::limits::{TAIL_KEPT_BYTES, TAILS_KEPT_BYTES};
use proto::table::Owner;

use super::fellow::{Fellow, Rank, Stage};
use super::fellows::Fellows;
use super::sent::Part;
use super::streams::{Records, put_records};
use crate::machine::Faults;
use crate::machine::bucket::Bucket;
use crate::machine::held;
use crate::machine::turn::Turn;

/// Whom a bucket waits for.
#[derive(Debug)]
pub struct Waits {
    /// Which bucket.
    pub bucket: BucketId,
    /// Under which numbers this node is its home.
    pub epochs: Epochs,
    /// Whose acknowledgement everything waits for.
    pub owners: Vec<Owner>,
    /// A proposal to change its row is open.
    pub proposes: bool,
}

impl Fellows {
    /// Those whose acknowledgement everything waits for (S7).
    fn waited(&self, faults: Faults) -> impl Iterator<Item = &Fellow> {
        let drops = self.proposal.as_ref().and_then(|open| open.drops());
        let stops_before_row = faults.stops_before_row;
        self.list.iter().filter(move |fellow| {
            let is_left_out = stops_before_row && drops == Some(&fellow.owner);
            !is_left_out && fellow.is_waited(faults)
        })
    }

    /// The newest record that all have whom it waits for, where the bucket has this one. While it
    /// holds nothing is committed.
    pub(crate) fn commit(&mut self, newest: u64, faults: Faults) -> u64 {
        if self.holds {
            return self.committed;
        }
        let has = |fellow: &Fellow| fellow.acknowledged().unwrap_or(0);
        let all = self.waited(faults).map(has);
        let all = if faults.committed_of_first_ack { all.max() } else { all.min() };
        self.committed = self.committed.max(all.unwrap_or(newest));
        self.committed
    }

    /// Lets go of entries that nobody may ask for, and of the oldest that somebody might (P17).
    pub(crate) fn trim(&mut self, buckets: usize, faults: Faults) {
        let bytes_max = TAIL_KEPT_BYTES.min(TAILS_KEPT_BYTES / buckets.max(1));
        if self.tail.bytes() <= bytes_max {
            return;
        }
        let is_awaited = |fellow: &&Fellow| matches!(fellow.rank, Rank::Awaited { .. });
        let awaited = self.list.iter().filter(is_awaited).filter_map(Fellow::acknowledged);
        let committed = if faults.unacknowledged_trimmed { u64::MAX } else { self.committed };
        let through = awaited.fold(committed, u64::min);
        while self.tail.bytes() > bytes_max && self.tail.take(through).is_some() {}
    }

    /// More isn't committed than a bucket may have.
    pub(crate) fn is_clogged(&self) -> bool {
        self.tail.bytes() >= TAIL_BUCKET_BYTES_MAX
    }

    /// Nothing may be changed: there is one copy, where there should be others.
    #[inline]
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// Somebody may become a member.
    pub(crate) fn is_growing(&self) -> bool {
        self.list.iter().any(|fellow| matches!(fellow.rank, Rank::Learner | Rank::Awaited { .. }))
    }

    /// Everybody whom it waits for has this record.
    pub(crate) fn all_have(&self, n: u64) -> bool {
        let mut waited = self.waited(Faults::default());
        waited.all(|fellow| fellow.acknowledged().is_some_and(|has| has >= n))
    }
}

impl Bucket {
    /// Whom it waits for.
    pub(crate) fn waits(&self, faults: Faults) -> Waits {
        let (bucket, epochs) = (self.outputs.bucket(), self.outputs.epochs());
        let owners = self.fellows.waited(faults).map(|fellow| fellow.owner.clone()).collect();
        Waits { bucket, epochs, owners, proposes: self.fellows.proposal.is_some() }
    }

    /// What holds its outputs hears whom it waits for, if that has changed.
    pub(crate) fn update_waits(&mut self, turn: &mut Turn<'_>) {
        let faults = turn.shared.settings.faults();
        let holds = self.must_hold(turn);
        let held = std::mem::replace(&mut self.fellows.holds, holds);
        self.fellows.is_held = self.fellows.holds && self.has_uncommitted();
        if held && !self.fellows.holds {
            self.go_on(turn);
        }
        let fellows = &self.fellows;
        let nobody = fellows.is_held.then_some(held::Fellow::NOBODY);
        let is_same = fellows.waits.len() == fellows.waited(faults).count() + nobody.iter().count();
        let is_known = |fellow: &held::Fellow| fellows.waits.contains(fellow);
        if is_same
            && fellows.waited(faults).map(|one| one.number).chain(nobody).all(|one| is_known(&one))
        {
            return;
        }
        let mut waited: Vec<_> = fellows.waited(faults).map(|fellow| fellow.number).collect();
        self.outputs.wait(!waited.is_empty() || nobody.is_some() && !faults.hold_reads_ahead);
        waited.extend(nobody);
        let (id, links) = (self.outputs.bucket(), &mut turn.shared.links);
        links.release(&mut turn.out.links, |held, out| held.wait_for(id, &waited, out));
        for fellow in self.fellows.waited(faults) {
            let is_new = !self.fellows.waits.contains(&fellow.number);
            if is_new && fellow.stage() != Stage::Streaming {
                links.held.lags(id, fellow.number);
            }
        }
        self.fellows.waits = waited;
        self.fellows.commit(self.fellows.tail.end(), faults);
    }

    /// What it has recorded without waiting for anybody is committed.
    pub(crate) fn commit_alone(&mut self) {
        if self.fellows.waits.is_empty() && !self.fellows.holds {
            self.fellows.committed = self.state.newest().n;
        }
    }

    fn has_uncommitted(&self) -> bool {
        self.fellows.committed < self.state.newest().n
    }

    /// It lets something out in this turn that waits: whoever it waits for is asked whether it is
    /// still this node's, with records or without (S3).
    pub(crate) fn name(&mut self, turn: &mut Turn<'_>) {
        self.outputs.asked();
        if turn.shared.settings.faults().round_names_nobody {
            let links = self.fellows.list.iter().filter_map(Fellow::reads_on);
            return links.for_each(|link| turn.shared.streams.ask(link));
        }
        self.put_entry(turn, &[]);
    }

    /// How much is committed is said, if nothing has said it since (S9).
    pub(crate) fn say_committed(&mut self, turn: &mut Turn<'_>) {
        if self.fellows.committed > self.fellows.told {
            self.put_entry(turn, &[]);
        }
    }

    /// What was recorded, up to the end of the tail, goes to all who read; nothing goes to whom the
    /// batch tells something of it already.
    pub(crate) fn put_entry(&mut self, turn: &mut Turn<'_>, units: &[u8]) {
        let (n, faults) = (self.fellows.tail.end(), turn.shared.settings.faults());
        let committed = self.fellows.commit(n, faults);
        let of = (self.outputs.bucket(), self.outputs.epochs());
        let part = Part { prefix: of.0.prefix(), n };
        for fellow in &mut self.fellows.list {
            let Some(link) = fellow.reads_on() else { continue };
            let batch = turn.shared.streams.next_batch(link);
            if std::mem::replace(&mut fellow.named, batch) == batch && units.is_empty() {
                continue;
            }
            turn.shared.streams.put(&mut turn.out.links, link, part, |out| {
                put_records(out, of, Records { committed, after: None, units });
            });
        }
        self.fellows.told = committed;
    }

    /// A learner that is close behind is waited for (G1). One that is late isn't any more.
    pub(crate) fn await_learners(&mut self, turn: &mut Turn<'_>) {
        let (now, n) = (turn.node_ms(), self.outputs.next() - 1);
        let (streams, fellows) = (&turn.shared.streams, &mut self.fellows);
        let (tail, may) = (&fellows.tail, streams.has_boss && fellows.rests_until <= now);
        for fellow in &mut fellows.list {
            match fellow.rank {
                Rank::Awaited { .. } => {
                    if !streams.has_boss || streams.is_late(fellow.number, now, DEAD_MS) {
                        fellow.rank = Rank::Learner;
                    }
                }
                Rank::Learner if may => {
                    let lacks = fellow.acknowledged().and_then(|has| tail.bytes_behind(has));
                    let is_close = lacks.is_some_and(|lacks| lacks < AWAITED_LACKS_BYTES_MAX);
                    if is_close && !streams.is_late(fellow.number, now, DEAD_MS / 2) {
                        fellow.rank = Rank::Awaited { n };
                    }
                }
                Rank::Learner | Rank::Proposed | Rank::Member => {}
            }
        }
        self.update_waits(turn);
    }
}

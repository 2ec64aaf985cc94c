//! A node that has a copy of a bucket or is to have one, as the bucket's primary keeps it.
//!
//! The table of its states is in docs/replication.md §3, and what it gets by what it has in §6.

use link::machine::LinkId;
use proto::n2b::propose::Why;
use proto::q2q;
use proto::table::Owner;

use super::prefix;
use super::tail::Tail;
use crate::machine::Faults;
use crate::machine::held;
use crate::machine::state::openings::Opening;

/// How far a primary is with a fellow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There is no link with it.
    Away,
    /// It is asked what it has, by a row of this `conf`.
    Asked { conf: u64 },
    /// It is to get a snapshot, which hasn't begun.
    Empty,
    /// It gets a snapshot, and what is recorded meanwhile; the batch with the last slice.
    Filling { last: Option<u64> },
    /// It has or was sent all, and gets what is recorded.
    Streaming,
    /// It can't go on with what it has, and may not be filled.
    Lacking,
}

/// What a fellow is to its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    /// It may be promoted.
    Member,
    /// It is to become a member.
    Learner,
    /// It is waited for as a member is, from behind this record on.
    Awaited { n: u64 },
    /// It may be a member by a row that isn't heard yet.
    Proposed,
}

/// What a fellow gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gets {
    /// What is behind this record, where it is to cut its log.
    Tail {
        after: u64,
    },
    /// A snapshot.
    Slices,
    Nothing,
}

/// A fellow.
#[derive(Debug)]
pub(crate) struct Fellow {
    pub(crate) owner: Owner,
    /// That of its node.
    pub(crate) number: held::Fellow,
    pub(crate) rank: Rank,
    /// Why it can't go on, if it can't.
    pub(crate) lacks: Option<Why>,
    /// The batch that has told it last of the bucket.
    pub(crate) named: u64,
    stage: Stage,
    link: Option<LinkId>,
    /// The newest record that it acknowledged of those that it was sent on this link.
    acknowledged: u64,
    /// Batches before this one were sent before it was asked what it has.
    since: u64,
}

/// A primary's log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log<'a> {
    /// The newest reigns, oldest first.
    pub(crate) openings: &'a [Opening],
    /// The newest entries.
    pub(crate) tail: &'a Tail,
}

impl Fellow {
    /// One of a row.
    pub(crate) fn new(owner: Owner, number: held::Fellow, rank: Rank) -> Fellow {
        let (stage, link, lacks) = (Stage::Away, None, None);
        let (named, acknowledged, since) = (0, 0, 0);
        Fellow { owner, number, rank, lacks, named, stage, link, acknowledged, since }
    }

    /// Whether everything waits for its acknowledgement.
    pub(crate) fn is_waited(&self, faults: Faults) -> bool {
        match self.rank {
            Rank::Member => true,
            Rank::Awaited { .. } | Rank::Proposed => !faults.proposes_then_waits,
            Rank::Learner => false,
        }
    }

    /// How far its primary is with it.
    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    /// The link with it, if there is one.
    pub(crate) fn link(&self) -> Option<LinkId> {
        self.link
    }

    /// The link on which it gets what is recorded.
    pub(crate) fn reads_on(&self) -> Option<LinkId> {
        match self.stage {
            Stage::Filling { .. } | Stage::Streaming => self.link,
            Stage::Away | Stage::Asked { .. } | Stage::Empty | Stage::Lacking => None,
        }
    }

    /// The newest record that it has acknowledged; nothing while it isn't known to have all before.
    pub(crate) fn acknowledged(&self) -> Option<u64> {
        (self.stage == Stage::Streaming).then_some(self.acknowledged)
    }

    /// It is asked on this link what it has, by a row of this `conf`. What it acknowledges of
    /// batches before the one that is being gathered says nothing any more.
    pub(crate) fn ask(&mut self, link: LinkId, conf: u64, next_batch: u64) {
        let stage = Stage::Asked { conf };
        (self.stage, self.link, self.acknowledged, self.since) = (stage, Some(link), 0, next_batch);
        (self.named, self.lacks) = (0, None);
    }

    /// Its link has ended.
    pub(crate) fn link_down(&mut self) {
        (self.stage, self.link, self.acknowledged) = (Stage::Away, None, 0);
    }

    /// What it has: the answer to `ask`, if it is one to the newest. Nothing: it isn't.
    pub(crate) fn has(
        &mut self,
        have: &q2q::Have,
        log: Log<'_>,
        next_batch: u64,
        faults: Faults,
    ) -> Option<Gets> {
        let Stage::Asked { conf } = self.stage else { return None };
        if conf != have.conf && !faults.old_have_taken {
            return None;
        }
        self.since = next_batch;
        let gets = match usable(have, log, faults) {
            _ if have.full => Gets::Nothing,
            Some(after) => Gets::Tail { after },
            None => self.anew(faults),
        };
        self.stage = match gets {
            Gets::Tail { .. } => Stage::Streaming,
            Gets::Slices => Stage::Empty,
            Gets::Nothing => Stage::Lacking,
        };
        self.lacks = match gets {
            Gets::Tail { .. } | Gets::Slices => None,
            Gets::Nothing => Some(if have.full { Why::Full } else { Why::Lacks }),
        };
        if faults.have_acknowledges {
            self.acknowledged = have.n;
        }
        Some(gets)
    }

    /// It can't go on with what it was sent, for this reason.
    pub(crate) fn again(&mut self, next_batch: u64, why: Why, faults: Faults) -> Gets {
        match self.stage {
            // It says so behind what it has, too.
            Stage::Away | Stage::Asked { .. } | Stage::Empty => return Gets::Nothing,
            Stage::Lacking => {
                self.lacks = Some(why);
                return Gets::Nothing;
            }
            Stage::Filling { .. } | Stage::Streaming => {}
        }
        let gets = self.anew(faults);
        (self.acknowledged, self.since) = (0, next_batch);
        self.stage = match gets {
            Gets::Slices => Stage::Empty,
            Gets::Tail { .. } | Gets::Nothing => Stage::Lacking,
        };
        self.lacks = (self.stage == Stage::Lacking).then_some(why);
        gets
    }

    /// Its snapshot begins: it gets what is recorded from here on.
    pub(crate) fn begin(&mut self) {
        if self.stage == Stage::Empty {
            self.stage = Stage::Filling { last: None };
        }
    }

    /// The batch that is being gathered has the last slice.
    pub(crate) fn filled(&mut self, batch: u64) {
        if matches!(self.stage, Stage::Filling { .. }) {
            self.stage = Stage::Filling { last: Some(batch) };
        }
    }

    /// It has all of a batch, which had something of the bucket up to this record.
    pub(crate) fn acknowledge(&mut self, batch: u64, n: u64, faults: Faults) {
        if batch < self.since {
            return;
        }
        match self.stage {
            Stage::Away | Stage::Asked { .. } | Stage::Empty | Stage::Lacking => return,
            Stage::Filling { last }
                if last.is_some_and(|last| batch >= last) || faults.level_without_last_slice =>
            {
                self.stage = Stage::Streaming;
            }
            Stage::Filling { .. } | Stage::Streaming => {}
        }
        self.acknowledged = self.acknowledged.max(n);
    }

    /// What it gets if nothing of what it has is of use. Who may be in the set keeps that (P7).
    fn anew(&self, faults: Faults) -> Gets {
        let is_kept = match self.rank {
            Rank::Member => !faults.rebuilt_while_promotable,
            Rank::Proposed => !faults.proposed_is_filled,
            Rank::Learner | Rank::Awaited { .. } => false,
        };
        if is_kept { Gets::Nothing } else { Gets::Slices }
    }
}

/// The record up to which both logs are the same, if the fellow hasn't applied anything behind it
/// and the primary has all that is.
fn usable(have: &q2q::Have, log: Log<'_>, faults: Faults) -> Option<u64> {
    let end = log.tail.end();
    let theirs: Vec<Opening> = have.openings.iter().map(Opening::from).collect();
    let common = if faults.prefix_by_number {
        Some(have.n.min(end)).filter(|n| *n > 0)
    } else {
        prefix::common((log.openings, end), (&theirs, have.n))
    };
    let common = common?;
    let is_undone = have.state_n > common && !faults.cut_below_state;
    (!is_undone && log.tail.after(common).is_ok()).then_some(common)
}

#[cfg(test)]
mod tests;

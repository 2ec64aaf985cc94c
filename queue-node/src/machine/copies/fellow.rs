//! A node that has a copy of a bucket or is to have one, as the bucket's primary keeps it.
//!
//! The table of its states is in docs/replication.md §3, and what it gets by what it has in §6.

use link::machine::LinkId;
use proto::q2q;
use proto::table::Owner;

use super::prefix;
use super::tail::Tail;
use crate::machine::Faults;
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
    pub(crate) is_member: bool,
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
    pub(crate) fn new(owner: Owner, is_member: bool) -> Fellow {
        let (stage, link) = (Stage::Away, None);
        Fellow { owner, is_member, stage, link, acknowledged: 0, since: 0 }
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
            None => self.anew(),
        };
        self.stage = match gets {
            Gets::Tail { .. } => Stage::Streaming,
            Gets::Slices => Stage::Empty,
            Gets::Nothing => Stage::Lacking,
        };
        if faults.have_acknowledges {
            self.acknowledged = have.n;
        }
        Some(gets)
    }

    /// It can't go on with what it was sent.
    pub(crate) fn again(&mut self, next_batch: u64) -> Gets {
        match self.stage {
            // It says so behind what it has, too.
            Stage::Away | Stage::Asked { .. } | Stage::Empty | Stage::Lacking => {
                return Gets::Nothing;
            }
            Stage::Filling { .. } | Stage::Streaming => {}
        }
        let gets = self.anew();
        (self.acknowledged, self.since) = (0, next_batch);
        self.stage = match gets {
            Gets::Slices => Stage::Empty,
            Gets::Tail { .. } | Gets::Nothing => Stage::Lacking,
        };
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
    pub(crate) fn acknowledge(&mut self, batch: u64, n: u64) {
        if batch < self.since {
            return;
        }
        match self.stage {
            Stage::Away | Stage::Asked { .. } | Stage::Empty | Stage::Lacking => return,
            Stage::Filling { last } if last.is_some_and(|last| batch >= last) => {
                self.stage = Stage::Streaming;
            }
            Stage::Filling { .. } | Stage::Streaming => {}
        }
        self.acknowledged = self.acknowledged.max(n);
    }

    /// What it gets if nothing of what it has is of use. Who is in the set keeps that (P7).
    fn anew(&self) -> Gets {
        if self.is_member { Gets::Nothing } else { Gets::Slices }
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

//! What a primary wants its bucket's row to be: who is to come, and who is to go.

use proto::b2n::NotNow;
use proto::limits::{DEAD_MS, PROPOSED_AGAIN_MS};
use proto::n2b::Propose;
use proto::n2b::propose::{What, Why};
use proto::table::{Owner, Row};

use super::fellow::{Fellow, Rank, Stage};
use crate::machine::bucket::Bucket;
use crate::machine::buckets::Buckets;
use crate::machine::clock::NodeMs;
use crate::machine::turn::Turn;

/// A proposal that no row has ended.
#[derive(Debug)]
pub(crate) struct Proposal {
    /// Of the row that it is made over.
    conf: u64,
    what: What,
    owner: Owner,
    why: Why,
    /// When it is said, or said again; nothing: it has been said on the link that there is.
    at: Option<NodeMs>,
}

impl Proposal {
    /// Whom it wants dropped.
    pub(crate) fn drops(&self) -> Option<&Owner> {
        (self.what == What::Drop).then_some(&self.owner)
    }

    /// Whom it wants added.
    pub(crate) fn adds(&self) -> Option<&Owner> {
        (self.what == What::Add).then_some(&self.owner)
    }
}

impl Bucket {
    /// A row ends the proposal that was made over another (G3). One that was refused isn't made
    /// again at once.
    pub(crate) fn end_proposal(&mut self, row: &Row, now: NodeMs) {
        let Some(ended) = self.fellows.proposal.take_if(|open| open.conf < row.conf) else {
            return;
        };
        for fellow in self.fellows.list.iter_mut().filter(|one| one.rank == Rank::Proposed) {
            fellow.rank = Rank::Learner;
        }
        if ended.what == What::Add && row.learners.contains(&ended.owner) {
            self.fellows.rests_until = now.after(PROPOSED_AGAIN_MS);
        }
    }

    /// Does what is due about its fellows: whom to wait for, and what to propose.
    pub(crate) fn look_at_fellows(&mut self, turn: &mut Turn<'_>) {
        if self.fellows.is_empty() {
            return;
        }
        self.await_learners(turn);
        let is_free =
            self.fellows.proposal.is_none() || turn.shared.settings.faults().two_proposals;
        if turn.shared.streams.has_boss && is_free {
            self.accuse(turn);
            self.propose_learner(turn);
        }
        self.say_proposal(turn);
        self.update_waits(turn);
    }

    /// Somebody is to be dropped: who lacks something, or is silent (G8).
    fn accuse(&mut self, turn: &mut Turn<'_>) {
        let (streams, now) = (&turn.shared.streams, turn.node_ms());
        let faults = turn.shared.settings.faults();
        let guilty = |fellow: &&Fellow| {
            let is_silent = streams.peers.is_gone(fellow.number, now, DEAD_MS)
                || fellow.is_waited(faults)
                    && (streams.is_late(fellow.number, now, DEAD_MS)
                        || streams.is_full(fellow.number));
            fellow.lacks.is_some() || is_silent
        };
        let Some(fellow) = self.fellows.list.iter().find(guilty) else { return };
        let why = fellow.lacks.unwrap_or(Why::Silent);
        self.propose(turn, What::Drop, fellow.owner.clone(), why);
    }

    /// A learner is to be a member, when everybody has all that it may be without (G1, P4).
    fn propose_learner(&mut self, turn: &mut Turn<'_>) {
        if self.fellows.proposal.is_some() {
            return;
        }
        let faults = turn.shared.settings.faults();
        let list = &self.fellows.list;
        let found = list.iter().position(|fellow| match fellow.rank {
            Rank::Awaited { n } => {
                fellow.stage() == Stage::Streaming
                    && (self.fellows.all_have(n) || faults.proposes_then_waits)
            }
            Rank::Learner | Rank::Proposed | Rank::Member => false,
        });
        if let Some(at) = found {
            let owner = list[at].owner.clone();
            self.fellows.list[at].rank = Rank::Proposed;
            self.propose(turn, What::Add, owner, Why::Silent);
        }
    }

    fn propose(&mut self, turn: &Turn<'_>, what: What, owner: Owner, why: Why) {
        let (conf, at) = (self.fellows.conf, Some(turn.node_ms()));
        self.fellows.proposal = Some(Proposal { conf, what, owner, why, at });
    }

    /// The open proposal is said, if it is time and there is somebody to hear it.
    fn say_proposal(&mut self, turn: &mut Turn<'_>) {
        let (has_boss, now) = (turn.shared.streams.has_boss, turn.node_ms());
        let Some(open) = self.fellows.proposal.as_mut().filter(|_| has_boss) else { return };
        if open.at.take_if(|at| *at <= now).is_none() {
            return;
        }
        let id = self.outputs.bucket();
        turn.out.proposals.push(Propose {
            bits: id.bits().into(),
            prefix: id.prefix(),
            row_conf: open.conf,
            what: open.what.into(),
            owner: Some(open.owner.clone()),
            why: open.why.into(),
        });
    }

    /// The boss can't decide now. That says nothing of what it has decided (G3).
    fn not_now(&mut self, turn: &Turn<'_>, answer: &NotNow) {
        let faults = turn.shared.settings.faults();
        let its = |open: &&mut Proposal| open.conf == answer.conf;
        let Some(open) = self.fellows.proposal.as_mut().filter(its) else { return };
        if faults.gives_up_proposing {
            open.at = None;
        } else {
            open.at = Some(turn.node_ms().after(PROPOSED_AGAIN_MS));
        }
        if faults.not_now_is_no {
            let (row, until) = (self.fellows.conf, turn.node_ms().after(PROPOSED_AGAIN_MS));
            self.fellows.proposal.take_if(|open| open.conf <= row);
            self.fellows.rests_until = until;
            let proposed = self.fellows.list.iter_mut().filter(|one| one.rank == Rank::Proposed);
            proposed.for_each(|fellow| fellow.rank = Rank::Learner);
        }
    }
}

impl Buckets {
    /// There is a link to a boss, or none any more. Whatever is open is said on the next one.
    pub(crate) fn boss(&mut self, turn: &mut Turn<'_>, linked: bool) {
        turn.shared.streams.has_boss = linked;
        let now = turn.node_ms();
        for bucket in self.iter() {
            if let Some(open) = &mut bucket.fellows.proposal {
                open.at = Some(now);
            }
            turn.shared.streams.stir(bucket);
        }
    }

    /// The boss can't decide now about a proposal.
    pub(crate) fn not_now(&mut self, turn: &mut Turn<'_>, answer: &NotNow) {
        let is_its = |bucket: &&mut Bucket| {
            let id = bucket.outputs.bucket();
            u32::from(id.bits()) == answer.bits && id.prefix() == answer.prefix
        };
        if let Some(bucket) = self.get(answer.prefix).filter(is_its) {
            bucket.not_now(turn, answer);
            turn.shared.streams.stir(bucket);
        }
    }

    /// Nobody listens at the port of a node.
    pub(crate) fn refused(&mut self, turn: &mut Turn<'_>, id: &str, life: u64) {
        if turn.shared.streams.peers.refused(id, life) {
            self.iter().for_each(|bucket| turn.shared.streams.stir(bucket));
        }
    }
}

//! What becomes of the rows that primaries propose: the table of section 5 of docs/replication.md.
//!
//! A proposal changes the row that it was made over, or nothing: of any other row its primary
//! hears, or has heard, as of any change.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::b2n::{NotNow, b2n};
use proto::bucket::{BucketId, Conf};
use proto::n2b::Propose;
use proto::n2b::bucket_report::Role;
use proto::n2b::propose::{What, Why};
use proto::name::NodeId;
use proto::time::Time;

use super::super::liveness::Verdict;
use super::super::outbox::Outbox;
use super::super::roster::{NodeRole, Owner, State};
use super::super::table::Row;
use super::Boss;
use super::publication::put;

/// Before somebody who may be alive is dropped as silent, links and reports have this time to come.
pub(super) const WITNESS_MS: u64 = 200;

/// Proposals to drop somebody who may be alive: there is one per bucket at most.
#[derive(Debug, Default)]
pub(super) struct Proposals(BTreeMap<BucketId, Waiting>);

#[derive(Debug, Clone)]
struct Waiting {
    proposal: Proposal,
    until_ms: u64,
}

impl Proposals {
    /// None is waited for any more.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The boss stood still: each waits since now.
    pub(super) fn begin_anew(&mut self, now_ms: u64) {
        let until_ms = now_ms + WITNESS_MS;
        self.0.values_mut().for_each(|waiting| waiting.until_ms = until_ms);
    }

    /// When the next one is decided.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.0.values().map(|waiting| waiting.until_ms).min()
    }
}

/// Planted bugs of it, all off.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// G4: what a proposal was made over doesn't matter.
    pub proposal_over_any_conf: bool,
    /// G5: a refusal is no change of the row.
    pub refusal_keeps_conf: bool,
    /// G11: nobody is waited for.
    pub first_accuser_wins: bool,
    /// G11: what gateways reach doesn't count.
    pub witnesses_ignored: bool,
    /// G11: who is stuck may win.
    pub stuck_may_win: bool,
    /// G11: who loses stays.
    pub loser_stays: bool,
    /// Line 7: a member without a link is dead.
    pub flap_is_death: bool,
}

/// What a node wants a bucket's row to be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Proposal {
    from: Owner,
    /// Of the row that it was made over.
    conf: Conf,
    what: What,
    whom: Owner,
    why: Why,
}

/// What counts for a proposal, beside itself and the row.
#[derive(Debug, Clone, Default)]
struct Case {
    /// Why no row changes now.
    halted: Option<String>,
    /// The boss has a link with who is proposed, and counts on this life of it.
    is_linked: bool,
    /// Who is proposed is dead.
    is_dead: bool,
    /// The time for links and reports is over.
    has_waited: bool,
    /// The boss has a link with the primary.
    is_primary_linked: bool,
    /// Who is proposed can't go on with what it has of the bucket.
    is_stuck: bool,
    /// It has reported that it can't reach the primary.
    accuses: bool,
    /// Gateways that reach it.
    reach: usize,
    /// Gateways that reach the primary.
    reach_primary: usize,
    faults: Faults,
}

impl Case {
    /// The planted bugs: there are none in a build without debug assertions.
    #[inline]
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }
}

/// What becomes of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    /// It stays open.
    NotNow(String),
    /// The row that there is answers it.
    Known,
    /// The learner is a member.
    Join,
    /// The same sets under the next conf, so that it can't be accepted later (G5).
    Refuse,
    /// Who is proposed leaves.
    Drop,
    /// Who is proposed takes over, and the primary leaves.
    Promote,
    /// To be decided when links and reports have had their time.
    Wait,
}

/// Decides about a proposal: the lines of the table in their order.
fn decide(row: &Row, proposal: &Proposal, case: &Case) -> Decision {
    if let Some(reason) = &case.halted {
        return Decision::NotNow(reason.clone());
    }
    if proposal.conf > row.conf() && !case.faults().proposal_over_any_conf {
        return Decision::NotNow("this boss is behind the proposal's row".to_owned());
    }
    let is_over_it = proposal.conf == row.conf() || case.faults().proposal_over_any_conf;
    if !is_over_it || row.primary() != Some(&proposal.from) {
        return Decision::Known;
    }
    match proposal.what {
        What::Nothing => Decision::Refuse,
        What::Add => {
            let can_be = row.learners().contains(&proposal.whom) && case.is_linked;
            if can_be { Decision::Join } else { Decision::Refuse }
        }
        What::Drop => {
            let can_be = row.names(&proposal.whom) && proposal.whom != proposal.from;
            if can_be { decide_drop(row, proposal, case) } else { Decision::Refuse }
        }
    }
}

fn decide_drop(row: &Row, proposal: &Proposal, case: &Case) -> Decision {
    match proposal.why {
        Why::Full | Why::Lacks | Why::Unfit | Why::Differs => return Decision::Drop,
        Why::Silent if case.faults().first_accuser_wins => return Decision::Drop,
        Why::Silent if case.faults().flap_is_death && !case.is_linked => return Decision::Drop,
        Why::Silent if case.is_dead || row.learners().contains(&proposal.whom) => {
            return Decision::Drop;
        }
        Why::Silent if !case.has_waited => return Decision::Wait,
        Why::Silent => {}
    }
    let is_out_of_reach = !case.is_primary_linked && case.is_linked;
    let are_witnesses = case.reach > case.reach_primary && !case.faults().witnesses_ignored;
    let is_accused = case.accuses && are_witnesses;
    if (!case.is_stuck || case.faults().stuck_may_win) && (is_out_of_reach || is_accused) {
        Decision::Promote
    } else {
        Decision::Drop
    }
}

impl Boss {
    pub(super) fn propose(
        &mut self,
        now: Time,
        link: LinkId,
        from: &NodeId,
        propose: &Propose,
        out: &mut Outbox,
    ) {
        let bucket = BucketId::new(propose.bits, propose.prefix);
        let from = self.kept.roster.get(from).map(|node| node.owner());
        let whom = propose.owner.as_ref().and_then(|owner| {
            let (id, incarnation) = (NodeId::try_from(owner.id.as_str()).ok()?, owner.incarnation);
            Some(Owner { id, incarnation })
        });
        let (Some(bucket), Some(from), Some(whom)) = (bucket, from, whom) else {
            return out.links.end(link, "it proposed what can't be a row");
        };
        let (what, why, conf) = (propose.what(), propose.why(), Conf(propose.row_conf));
        let proposal = Proposal { from, conf, what, whom, why };
        if what == What::Add {
            self.holdings.proposes(&proposal.from.id, bucket, conf, &proposal.whom);
        }
        let known = self.kept.rows.of(bucket);
        if known.is_some_and(|row| conf > row.conf()) {
            let id = proposal.from.id.as_str();
            let reason = format!("{id} proposes over conf {} of bucket {bucket}", conf.0);
            self.freeze(now, reason);
        }
        // Its repetition waits no longer than itself.
        let waits = self.proposals.0.get(&bucket).is_some_and(|it| it.proposal == proposal);
        if waits {
            return;
        }
        if let Decision::NotNow(reason) = self.carry_out(now, bucket, &proposal, false) {
            let (bits, prefix) = (propose.bits, propose.prefix);
            let not_now = NotNow { bits, prefix, conf: conf.0, reason };
            put(out, link, b2n::Body::NotNow(not_now));
        }
    }

    /// Decides about those that have waited for links and reports.
    pub(super) fn decide_waiting(&mut self, now: Time) {
        while let Some((bucket, proposal)) = self.waited(now) {
            self.proposals.0.remove(&bucket);
            if let Decision::NotNow(_) = self.carry_out(now, bucket, &proposal, true) {
                // Its primary has heard nothing, and so doesn't repeat it.
                let until_ms = now.ms + WITNESS_MS;
                self.proposals.0.insert(bucket, Waiting { proposal, until_ms });
            }
        }
    }

    fn waited(&self, now: Time) -> Option<(BucketId, Proposal)> {
        let mut waiting = self.proposals.0.iter();
        let (bucket, waiting) = waiting.find(|(_, waiting)| waiting.until_ms <= now.ms)?;
        Some((*bucket, waiting.proposal.clone()))
    }

    fn carry_out(
        &mut self,
        now: Time,
        bucket: BucketId,
        proposal: &Proposal,
        has_waited: bool,
    ) -> Decision {
        let Some(row) = self.kept.rows.of(bucket) else { return Decision::Known };
        let case = self.case(now, bucket, proposal, has_waited);
        let decision = decide(row, proposal, &case);
        let Some(row) = self.kept.rows.row_mut(bucket) else { return decision };
        let (from, whom) = (&proposal.from, &proposal.whom);
        match &decision {
            Decision::NotNow(_) | Decision::Known => return decision,
            Decision::Wait => {
                let until_ms = now.ms + WITNESS_MS;
                let waiting = Waiting { proposal: proposal.clone(), until_ms };
                self.proposals.0.insert(bucket, waiting);
                return decision;
            }
            Decision::Join => row.join(whom),
            Decision::Refuse if case.faults().refusal_keeps_conf => return decision,
            Decision::Refuse => row.refuse(),
            Decision::Drop => row.leave(|owner| owner == whom),
            Decision::Promote => {
                row.promote(whom, |owner| owner == from && !case.faults().loser_stays);
            }
        }
        if proposal.why == Why::Silent && decision == Decision::Drop {
            self.learners.silent(from, whom, now.ms);
        }
        self.learners.review();
        self.publication.change();
        decision
    }

    fn case(&self, now: Time, bucket: BucketId, proposal: &Proposal, has_waited: bool) -> Case {
        let Proposal { from, whom, .. } = proposal;
        let is_frozen = self.frozen.is_some();
        let is_frozen =
            is_frozen.then(|| "the boss is frozen: its store has lost steps".to_owned());
        let failure = self.publication.failure();
        let role = self.holdings.of(&whom.id, bucket).map(|holding| holding.role);
        let life = self.lives.get(&from.id);
        Case {
            halted: is_frozen
                .or_else(|| failure.map(|reason| format!("the boss's store failed: {reason}"))),
            is_linked: self.is_linked(whom),
            is_dead: self.is_dead(now, whom),
            has_waited,
            is_primary_linked: self.is_linked(from),
            is_stuck: role == Some(Role::Stuck),
            accuses: life.is_some_and(|life| life.misses(&whom.id)),
            reach: self.reach(whom),
            reach_primary: self.reach(from),
            faults: self.faults().proposals,
        }
    }

    /// Whether this life of a node is dead, by whatever judgement.
    pub(super) fn is_dead(&self, now: Time, owner: &Owner) -> bool {
        let node = self.kept.roster.get(&owner.id);
        let Some(node) = node.filter(|node| node.incarnation == owner.incarnation) else {
            return true;
        };
        let life = self.lives.get(&owner.id);
        let verdict = life.map(|life| self.verdict(now, node, life));
        node.state == State::Gone || matches!(verdict, Some(Verdict::Dead { .. }))
    }

    /// How many gateways reach this node: they are linked, have been told where it is, and haven't
    /// reported since their links came up that they can't.
    fn reach(&self, owner: &Owner) -> usize {
        let is_told = self.publication.table().is_some_and(|table| {
            let mut places = table.places.iter();
            places.any(|place| {
                (place.id.as_str(), place.incarnation) == (owner.id.as_str(), owner.incarnation)
            })
        });
        let Some(life) = self.lives.get(&owner.id).filter(|_| is_told) else { return 0 };
        let linked = self.links.values().filter_map(|line| line.node.as_ref());
        let gateways = linked.filter(|id| {
            self.kept.roster.get(id).is_some_and(|node| node.role == NodeRole::Gateway)
        });
        gateways.filter(|id| !life.misses(id)).count()
    }
}

#[cfg(test)]
mod tests;

//! The boss: one row, changed by compare-and-set, and what it has said.

use super::fall::Memory;
use super::plants::{Plant, Rules};
use super::row::{Owner, PLACES, Row, Set, place};
use super::state::{Proposal, Role, Stage, State, What};

/// The boss and what is in flight to and from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Boss {
    pub(crate) row: Row,
    /// Rows that were said, each of which may come to anybody at any time.
    pub(crate) pushed: Vec<Row>,
    /// Proposals that were said: each may come never, late, or often.
    pub(crate) proposed: Vec<Proposal>,
    /// How often it has changed the row, and who reigns.
    pub(crate) steps: u8,
    pub(crate) reigns: u8,
    pub(crate) memory: Memory,
}

impl State {
    /// B1: a step is stored, and then said. B9 is asserted.
    pub(crate) fn step(&mut self, change: impl FnOnce(&mut Row), rules: Rules) {
        let old = self.boss.row;
        let falls = self.left.falls > 0;
        let repeats = rules.lacks(Plant::NumbersRepeat);
        let jump = |jump: u8| if repeats { 1 } else { jump.max(1) };
        let Boss { row, memory, steps, reigns, .. } = &mut self.boss;
        change(row);
        // B6: numbers after a start are beyond what lost steps may have given out.
        row.conf += jump(memory.conf_jump);
        *steps += 1;
        memory.conf_jump = 0;
        if row.primary != old.primary || row.loss != old.loss {
            row.reign += jump(memory.reign_jump);
            *reigns += 1;
            memory.reign_jump = 0;
        } else if rules.lacks(Plant::ReignJumpsWithConf) {
            memory.reign_jump = 0;
        }
        if falls {
            memory.store.push(old);
        }
        memory.changed |= !memory.lost.is_empty();
        let row = *row;
        debug_assert!(row.in_sync.has(row.primary), "the primary is in sync: {row:?}");
        debug_assert!(row.in_sync.and(row.learners).is_empty(), "a member is no learner: {row:?}");
        self.boss.pushed.push(row);
        self.forget_what_is_decided(rules);
    }

    /// Proposals over lower rows are answered by the row, and nothing else.
    pub(crate) fn forget_what_is_decided(&mut self, rules: Rules) {
        if !rules.lacks(Plant::ProposalOverAnyConf) {
            let conf = self.boss.row.conf;
            self.boss.proposed.retain(|proposal| proposal.conf >= conf);
        }
    }

    /// A row that is stored and said is heard by everybody in the end: those that nobody can use
    /// any more go.
    pub(crate) fn forget_what_all_have_heard(&mut self) {
        let living = self.nodes.iter().filter(|node| !node.dead);
        let lowest = living.map(super::state::Node::conf).min().unwrap_or_default();
        let lane = self.lane.row.map_or(0, |row| row.conf);
        let falls = self.left.falls > 0 || self.boss.memory.reports.is_some();
        let lowest = if falls { lowest.min(lane) } else { lowest };
        self.boss.pushed.retain(|row| row.conf > lowest);
        self.boss.memory.on_their_way.retain(|row| row.conf > lowest);
    }

    /// Behind the last fall only tables of lost steps matter.
    pub(crate) fn forget_tables(&mut self) {
        if self.left.falls > 0 {
            return;
        }
        let lost = &self.boss.memory.lost;
        let tables = self.nodes.iter_mut().map(|node| &mut node.table);
        for table in tables.chain([&mut self.lane.table]) {
            *table = table.filter(|row| lost.contains(row));
        }
    }

    /// Proposals that the boss may decide as it stands.
    pub(crate) fn decidable(&self, rules: Rules) -> impl Iterator<Item = Proposal> + '_ {
        let row = self.boss.row;
        self.boss.proposed.iter().copied().filter(move |proposal| {
            let over = proposal.conf == row.conf || rules.lacks(Plant::ProposalOverAnyConf);
            over && proposal.by == row.primary
        })
    }

    /// What the primary may have proposed to drop: it knows the row, and has no other proposal open
    /// (G7).
    pub(crate) fn drops(&self, rules: Rules) -> Vec<Proposal> {
        let row = self.boss.row;
        let by = row.primary;
        let node = self.node(place(by));
        let open = node.proposal.is_some() && !rules.lacks(Plant::TwoProposals);
        if !self.lives(by) || node.role != Role::Primary || node.conf() != row.conf || open {
            return Vec::new();
        }
        let fellows = row.in_sync.or(row.learners).without(by);
        let drop = |owner: Owner| {
            let fellow = self.fellow(place(by), place(owner));
            let lacking = self.owner(place(owner)) == owner && fellow.stage == Stage::Lacking;
            let what = if lacking { What::DropLacking } else { What::Drop };
            Proposal { conf: row.conf, by, what, owner }
        };
        fellows.iter().map(drop).collect()
    }

    /// The rows that it may make of a proposal: section 5's table, with its reasons left open.
    pub(crate) fn decisions(&self, proposal: Proposal) -> Vec<Decision> {
        let row = self.boss.row;
        let it = proposal.owner;
        match proposal.what {
            What::Add if row.learners.has(it) => vec![Decision::Accept, Decision::Refuse],
            What::Add => vec![Decision::Refuse],
            _ if !row.names(it) || it == row.primary => vec![Decision::Refuse],
            What::Drop if row.in_sync.has(it) => vec![Decision::Accept, Decision::Promote],
            What::Drop | What::DropLacking => vec![Decision::Accept],
        }
    }

    pub(crate) fn decide(&mut self, proposal: Proposal, decision: Decision, rules: Rules) {
        let it = proposal.owner;
        let add = proposal.what == What::Add;
        if decision == Decision::Refuse && rules.lacks(Plant::RefusalKeepsConf) {
            // The refusal is said, and the proposer takes it for an end.
            let by = place(proposal.by);
            if self.node(by).proposal == Some(proposal) {
                self.node_mut(by).proposal = None;
                self.let_go(by, rules);
            }
            return;
        }
        self.step(
            |row| match decision {
                Decision::Refuse => {}
                Decision::Accept if add => {
                    row.learners = row.learners.without(it);
                    row.in_sync = row.in_sync.with(it);
                }
                Decision::Accept => {
                    row.learners = row.learners.without(it);
                    row.in_sync = row.in_sync.without(it);
                }
                Decision::Promote => {
                    row.in_sync = row.in_sync.without(row.primary);
                    row.primary = it;
                }
            },
            rules,
        );
    }

    /// Who may be promoted now, and the members that stay beside it: its primary is held for dead,
    /// and whoever else is leaves in the same row.
    pub(crate) fn promotions(&self, rules: Rules) -> Vec<(Owner, Set)> {
        let row = self.boss.row;
        let mut may = row.in_sync.without(row.primary);
        if rules.lacks(Plant::LearnerPromoted) {
            may = may.or(row.learners);
        }
        let living = may.iter().filter(|&owner| self.lives(owner));
        living
            .flat_map(|owner| {
                let others = row.in_sync.without(row.primary).without(owner);
                others.subsets().map(move |rest| (owner, rest.with(owner)))
            })
            .collect()
    }

    pub(crate) fn promote(&mut self, owner: Owner, in_sync: Set, rules: Rules) {
        self.step(
            |row| {
                row.primary = owner;
                row.in_sync = in_sync;
                row.learners = row.learners.without(owner);
            },
            rules,
        );
    }

    /// Members and learners that are proven dead, and may be dropped without a proposal (B8).
    pub(crate) fn buried(&self) -> impl Iterator<Item = Owner> + '_ {
        let row = self.boss.row;
        let named = row.in_sync.or(row.learners).without(row.primary);
        named.iter().filter(|&owner| !self.lives(owner)).collect::<Vec<_>>().into_iter()
    }

    pub(crate) fn bury(&mut self, owner: Owner, rules: Rules) {
        self.step(
            |row| {
                row.in_sync = row.in_sync.without(owner);
                row.learners = row.learners.without(owner);
            },
            rules,
        );
    }

    /// Processes that may be chosen as learners.
    pub(crate) fn candidates(&self) -> Vec<Owner> {
        let row = self.boss.row;
        let all = (0..PLACES).map(|place| self.owner(place));
        let former = |owner: Owner| owner >= PLACES && row.names(owner - PLACES);
        all.filter(|&owner| self.lives(owner) && !row.names(owner) && !former(owner)).collect()
    }

    pub(crate) fn choose(&mut self, owner: Owner, rules: Rules) {
        self.step(|row| row.learners = row.learners.with(owner), rules);
    }

    /// F8: a set of one may be given up for its silence, a larger one only if all are dead.
    pub(crate) fn may_give_up(&self) -> bool {
        let row = self.boss.row;
        let one = row.in_sync == Set::of(&[row.primary]);
        one || row.in_sync.iter().all(|owner| !self.lives(owner))
    }

    pub(crate) fn give_up(&mut self, heir: Owner, rules: Rules) {
        self.step(
            |row| {
                row.loss += 1;
                row.primary = heir;
                row.in_sync = Set::of(&[heir]);
                row.learners = row.learners.without(heir);
            },
            rules,
        );
    }
}

/// What a boss makes of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    Accept,
    /// The same sets under the next `conf` (G5).
    Refuse,
    /// Of two that accuse each other, the fellow wins.
    Promote,
}

//! Who has come back since the boss started: before, nothing is known of rows that lost steps may
//! have changed, and nobody is missing who has only not dialled yet (B7).

use std::collections::BTreeSet;

use proto::name::NodeId;
use proto::time::Time;

use super::super::registration::Registration;
use super::super::roster::{NodeRole, Owner, Roster, State};
use super::super::table::Row;
use super::Boss;

/// After so long a node that has lost its boss has dialled the next: its longest pause and a
/// handshake.
pub(super) const RETURN_MS: u64 = 1_500;

/// Who has.
#[derive(Debug)]
pub(super) struct Returns {
    /// Who lives has dialled by then, in milliseconds.
    pub(super) by_ms: u64,
    /// Those of the stored roster who haven't registered since, nor anybody under their ids.
    missing: BTreeSet<NodeId>,
    /// Those of them whose ports refuse: their processes have ended, and won't dial.
    ended: BTreeSet<NodeId>,
    /// Who has registered since.
    heard: BTreeSet<Owner>,
    /// A gateway has that knew a table.
    by_gateway: bool,
    /// A gateway has.
    by_any_gateway: bool,
}

impl Returns {
    /// Nobody has, since now.
    pub(super) fn new(now: Time, roster: &Roster) -> Returns {
        let there = roster.iter().filter(|node| node.state != State::Gone);
        Returns {
            by_ms: now.ms + RETURN_MS,
            missing: there.map(|node| node.id.clone()).collect(),
            ended: BTreeSet::new(),
            heard: BTreeSet::new(),
            by_gateway: false,
            by_any_gateway: false,
        }
    }

    /// A process has registered under this incarnation.
    pub(super) fn came(&mut self, process: &Registration, owner: Owner) {
        self.missing.remove(&owner.id);
        self.heard.insert(owner);
        if process.role == NodeRole::Gateway {
            self.by_any_gateway = true;
            self.by_gateway |= process.table.version > 0;
        }
    }

    /// A port refuses that one of the roster has listened on.
    pub(super) fn ended(&mut self, id: &NodeId) {
        self.ended.insert(id.clone());
    }

    /// Whether everybody is back who can be, or has had the time.
    pub(super) fn is_over(&self, now_ms: u64) -> bool {
        self.missing.is_subset(&self.ended) || now_ms >= self.by_ms
    }

    /// Whether somebody has reported who knows of each change of this row: its primary, or a
    /// gateway. One that has just started knows nothing, but counts when others have had the time.
    pub(super) fn know(&self, now_ms: u64, row: &Row) -> bool {
        let by_gateway = self.by_gateway || (self.by_any_gateway && now_ms >= self.by_ms);
        let by_primary = row.primary().is_some_and(|primary| self.heard.contains(primary));
        by_gateway || by_primary || self.missing.is_empty()
    }
}

impl Boss {
    /// Whether a row may be changed.
    pub(super) fn may_change(&self, now: Time, row: &Row) -> bool {
        let faults = self.faults();
        let is_enough = faults.member_is_enough
            && row.in_sync().iter().any(|member| self.returns.heard.contains(member));
        self.frozen.is_none()
            && (self.returns.know(now.ms, row) || faults.judges_at_once || is_enough)
    }

    /// Whether somebody may be taken for dead.
    pub(super) fn may_judge(&self, now: Time) -> bool {
        self.returns.is_over(now.ms) || self.faults().judges_at_once
    }
}

//! Who is dead, and who has only lost sight of the boss.
//!
//! A node whose link to the boss ended may go on serving: the boss is beside the way. It is dead
//! only if somebody else can't reach it either, or nobody is left who could tell.

use std::collections::BTreeMap;

use link::machine::LinkId;
use proto::name::NodeId;

/// With nobody to ask, silence for so long is death.
pub const GIVE_UP_MS: u64 = 10_000;
/// Witnesses kept per node. One is enough for a verdict; more say who can be reached by more.
const WITNESSES_MAX: usize = 256;

/// What is known about one life of a node being alive.
#[derive(Debug, Clone)]
pub struct Liveness {
    link: Option<LinkId>,
    /// Since when there is no link, in milliseconds.
    since_ms: u64,
    witnesses: BTreeMap<NodeId, Witness>,
}

#[derive(Debug, Clone, Copy)]
struct Witness {
    /// None: before the node's present link.
    at_ms: Option<u64>,
    refused: bool,
}

/// Whether a node is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has a link, or others haven't lost it.
    Alive,
    /// To be asked again at this time, in milliseconds.
    Undecided(u64),
    /// It is given up.
    Dead {
        /// Why.
        reason: &'static str,
        /// Its process isn't there any more. Else it may only be out of reach.
        is_proven: bool,
    },
}

impl Liveness {
    /// A node without a link since now.
    pub fn unlinked(now_ms: u64) -> Liveness {
        Liveness { link: None, since_ms: now_ms, witnesses: BTreeMap::new() }
    }

    /// The node's link, if it has one.
    pub fn link(&self) -> Option<LinkId> {
        self.link
    }

    /// For how long it has had no link, in milliseconds.
    pub fn silent_ms(&self, now_ms: u64) -> u64 {
        if self.link.is_some() { 0 } else { now_ms.saturating_sub(self.since_ms) }
    }

    /// Until when a node that lives has shown itself to the boss, if somebody wants its id since
    /// then: a lost link is dialled again at once.
    pub fn answers_by(&self, wanted_since_ms: u64, dead_ms: u64) -> u64 {
        self.since_ms.min(wanted_since_ms) + dead_ms
    }

    /// The node has a link: what others said of it says nothing about its death any more.
    pub fn linked(&mut self, link: LinkId) {
        self.link = Some(link);
        self.witnesses.values_mut().for_each(|witness| witness.at_ms = None);
    }

    /// The node's link ended, or nothing has come on it since then; false if it has another one by
    /// now.
    pub fn link_ended(&mut self, link: LinkId, since_ms: u64) -> bool {
        let was_its = self.link.take_if(|its| *its == link).is_some();
        if was_its {
            self.since_ms = since_ms;
        }
        was_its
    }

    /// The time in which the boss stood still is nobody's silence: it is silent since now.
    pub fn begin_anew(&mut self, now_ms: u64) {
        if self.link.is_none() {
            self.since_ms = now_ms;
        }
    }

    /// Somebody can't reach this node.
    pub fn unreachable(&mut self, witness: &NodeId, refused: bool, now_ms: u64) {
        if self.witnesses.len() < WITNESSES_MAX || self.witnesses.contains_key(witness) {
            self.witnesses.insert(witness.clone(), Witness { at_ms: Some(now_ms), refused });
        }
    }

    /// Somebody can reach this node again.
    pub fn reached(&mut self, witness: &NodeId) {
        self.witnesses.remove(witness);
    }

    /// Whether somebody has said that it can't reach this node, and hasn't reached it since.
    pub fn misses(&self, witness: &NodeId) -> bool {
        self.witnesses.contains_key(witness)
    }

    /// Decides. `others` is whether anybody has a link to the boss who could tell.
    pub fn verdict(&self, now_ms: u64, dead_ms: u64, others: bool) -> Verdict {
        if self.link.is_some() {
            return Verdict::Alive;
        }
        // Links break one after the other: a word from shortly before counts, an old one doesn't.
        let fresh = |witness: &&Witness| {
            witness.at_ms.is_some_and(|at_ms| at_ms + 2 * dead_ms >= self.since_ms)
        };
        let missed = self.witnesses.values().any(|witness| fresh(&witness));
        let refused = self.witnesses.values().filter(fresh).any(|witness| witness.refused);
        let silent_ms = self.silent_ms(now_ms);
        if refused {
            let reason = "its link ended and its port refuses connections";
            return Verdict::Dead { reason, is_proven: true };
        }
        let silent = |reason| Verdict::Dead { reason, is_proven: false };
        if missed {
            return if silent_ms < dead_ms {
                Verdict::Undecided(self.since_ms + dead_ms)
            } else {
                silent("its link ended and others can't reach it")
            };
        }
        match (others, silent_ms < GIVE_UP_MS) {
            (true, _) => Verdict::Alive,
            (false, true) => Verdict::Undecided(self.since_ms + GIVE_UP_MS),
            (false, false) => silent("no process has heard from it for ten seconds"),
        }
    }
}

#[cfg(test)]
mod tests;

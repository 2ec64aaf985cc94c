//! Processes that want the id of one that may be alive: each waits until the other has surely gone,
//! and is refused when that has been heard.
//!
//! Whoever had the id keeps it as long as it is *heard*: its link to the boss is up, or, if that
//! has just ended, it dials again within the dead time, or other nodes go on hearing it.

use link::machine::LinkId;
use proto::b2n::{Wait, b2n};
use proto::limits;
use proto::name::NodeId;
use proto::time::Time;

use super::super::liveness::Verdict;
use super::super::outbox::Outbox;
use super::super::registration::{Refusal, Registration};
use super::super::roster::{NodeRole, State};
use super::Boss;
use super::publication::put;

/// One of them.
#[derive(Debug)]
pub(super) struct Newcomer {
    process: Registration,
    since_ms: u64,
}

impl Newcomer {
    /// The boss stood still: it waits since now.
    pub(super) fn begin_anew(&mut self, now_ms: u64) {
        self.since_ms = now_ms;
    }
}

/// What becomes of a newcomer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Nobody else has the id.
    Free,
    /// Not to be decided before this time, or before something happens.
    Open(Option<u64>),
    /// The other one is alive.
    Taken,
}

impl Boss {
    /// A process has registered that isn't the one which has its id. Whether it has to wait.
    pub(super) fn must_wait(
        &mut self,
        now: Time,
        link: LinkId,
        process: &Registration,
        out: &mut Outbox,
    ) -> bool {
        let newcomer = Newcomer { process: process.clone(), since_ms: now.ms };
        if self.claim(now, &newcomer) == Claim::Free {
            return false;
        }
        let whose = self.kept.roster.get(&process.id);
        let whose = whose.map(|node| node.whereabouts()).unwrap_or_default();
        let id = process.id.as_str();
        let reason = format!(
            "the process{whose} is registered as {id:?}: checking whether it is still alive"
        );
        put(out, link, b2n::Body::Wait(Wait { reason }));
        self.newcomers.insert(link, newcomer);
        true
    }

    /// Decides about those who wait. All of them are judged by what was before: nodes that start
    /// together, after all have died, don't count as witnesses for each other's past.
    pub(super) fn welcome(&mut self, now: Time, out: &mut Outbox) {
        let mut decided: Vec<(u64, LinkId, Claim)> = Vec::new();
        for (link, newcomer) in &self.newcomers {
            match self.claim(now, newcomer) {
                Claim::Open(_) => {}
                claim @ (Claim::Free | Claim::Taken) => {
                    decided.push((newcomer.since_ms, *link, claim));
                }
            }
        }
        decided.sort_unstable_by_key(|(since_ms, link, _)| (*since_ms, *link));
        let mut given: Vec<NodeId> = Vec::new();
        for (_, link, claim) in decided {
            let id = self.newcomers.get(&link).map(|newcomer| newcomer.process.id.clone());
            let Some(id) = id.filter(|id| !given.contains(id)) else { continue };
            let Some(Newcomer { process, .. }) = self.newcomers.remove(&link) else { continue };
            if claim == Claim::Taken {
                let refusal = self.taken(&process);
                self.refuse(now, link, refusal, out);
            } else {
                let process = self.recognised(process);
                self.take(now, link, process, out);
                given.push(id);
            }
        }
    }

    /// When somebody who waits can be decided about.
    pub(super) fn welcome_at(&self, now: Time) -> Option<u64> {
        let at = |newcomer| match self.claim(now, newcomer) {
            Claim::Open(at) => at,
            Claim::Free | Claim::Taken => Some(now.ms),
        };
        self.newcomers.values().filter_map(at).min()
    }

    fn claim(&self, now: Time, newcomer: &Newcomer) -> Claim {
        let Newcomer { process, since_ms } = newcomer;
        let node = self.kept.roster.get(&process.id);
        let Some(node) = node.filter(|node| node.state != State::Gone) else { return Claim::Free };
        // It was given the id on a link that it has lost since, while it waited on another one.
        if process.process != 0 && process.process == node.process {
            return Claim::Free;
        }
        // The one that has the id, or one that it has overtaken: the roster tells them apart.
        if process.incarnation.is_some_and(|claimed| claimed <= node.incarnation) {
            return Claim::Free;
        }
        let Some(life) = self.lives.get(&process.id) else { return Claim::Free };
        let dead_ms = self.settings.dead_ms;
        if life.link().is_some() {
            // Links that are silent for the dead time end: this one has been heard since.
            let sure_ms = since_ms + dead_ms + limits::BEAT_MS;
            return if now.ms < sure_ms { Claim::Open(Some(sure_ms)) } else { Claim::Taken };
        }
        let verdict = self.verdict(now, node, life);
        if let Verdict::Dead { .. } = verdict {
            return Claim::Free;
        }
        let returned_by_ms = if self.may_judge(now) { 0 } else { self.returns.by_ms };
        let by_ms = life.answers_by(*since_ms, dead_ms).max(returned_by_ms);
        if now.ms < by_ms {
            return Claim::Open(Some(by_ms));
        }
        match (node.role, verdict) {
            // Others can reach it: only the boss has lost it.
            (NodeRole::QueueNode, Verdict::Alive) => Claim::Open(None),
            (NodeRole::QueueNode | NodeRole::Gateway, _) => Claim::Free,
        }
    }

    fn taken(&self, process: &Registration) -> Refusal {
        let whose = self.kept.roster.get(&process.id);
        let whose = whose.map(|node| node.whereabouts()).unwrap_or_default();
        let id = process.id.as_str();
        Refusal::for_good(format!(
            "another process{whose} is registered as {id:?} and alive: give this one a different \
             id, or stop that one first"
        ))
    }
}

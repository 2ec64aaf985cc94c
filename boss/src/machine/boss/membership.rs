//! Who is in: registration, links that end, and who is given up.

use std::collections::BTreeSet;

use link::machine::LinkId;
use proto::b2n::{Refused, b2n};
use proto::n2b::{Register, Unreachable};
use proto::name::NodeId;
use proto::time::Time;

use super::super::events::Kind;
use super::super::liveness::{GIVE_UP_MS, Liveness, Verdict};
use super::super::outbox::Outbox;
use super::super::registration::Registration;
use super::super::roster::{Node, NodeRole, Registered, State};
use super::publication::put;
use super::{Boss, Told};

impl Boss {
    pub(super) fn register(
        &mut self,
        now: Time,
        link: LinkId,
        register: Register,
        out: &mut Outbox,
    ) {
        let Some(line) = self.links.get(&link) else { return };
        let checked = Registration::check(register, &line.peer);
        let taken = checked.and_then(|process| {
            self.kept.roster.register(&process).map(|registered| (process, registered))
        });
        let (process, registered) = match taken {
            Ok(taken) => taken,
            Err(reason) => return self.refuse(now, link, reason, out),
        };
        self.outlive(&process);
        self.adopt(now, &process);
        match registered {
            Registered::New { before } | Registered::Adopted { before } => {
                self.newcomer(now, &process, registered, out);
                self.take_over(now, &process.id, before);
            }
            Registered::Known => {}
            Registered::Returned => {
                let text = format!("{} is back, {}", process.id, after_death(process.role));
                self.tell(now, Kind::Returned, Some(&process.id), text);
            }
        }
        if registered != Registered::Known {
            self.publication.change();
            self.admit(&process.id);
            self.forget();
        }
        let life = self.lives.entry(process.id.clone());
        life.or_insert_with(|| Liveness::unlinked(now.ms)).linked(link);
        let step = self.publication.step_of_changes(self.kept.version);
        if let Some(line) = self.links.get_mut(&link) {
            line.told = Told { registered_at: step, ..Told::default() };
            line.node = Some(process.id);
        }
        self.publication.push_soon();
    }

    /// A process that wasn't there before. Whoever had its id is out by the same step.
    fn newcomer(
        &mut self,
        now: Time,
        process: &Registration,
        registered: Registered,
        out: &mut Outbox,
    ) {
        let old = self.lives.insert(process.id.clone(), Liveness::unlinked(now.ms));
        if let Some(link) = old.and_then(|life| life.link()) {
            let reason = format!("another process has registered as {:?}", process.id.as_str());
            self.turn_away(link, reason, out);
        }
        self.reports.forget(&process.id);
        let (kind, text) = match registered {
            Registered::New { .. } => {
                self.counters.registered += 1;
                (Kind::Joined, format!("{} joined from {:?}", process.id, process.host))
            }
            Registered::Adopted { .. } | Registered::Known | Registered::Returned => {
                (Kind::Returned, format!("{} came with an incarnation of before", process.id))
            }
        };
        self.tell(now, kind, Some(&process.id), text);
    }

    /// A queue node of the very beginning waits for the first table; everybody else is up at once.
    fn admit(&mut self, id: &NodeId) {
        let role = self.kept.roster.get(id).map(|node| node.role);
        if role != Some(NodeRole::QueueNode) || !self.kept.rows.is_empty() {
            self.kept.roster.set_state(id, State::Up);
        }
    }

    /// A boss is later than anything that nodes have seen.
    fn outlive(&mut self, process: &Registration) {
        if process.table > self.kept.step() {
            self.kept.term = process.table.term + 1;
            self.publication.change();
        }
    }

    fn refuse(&mut self, now: Time, link: LinkId, reason: String, out: &mut Outbox) {
        self.counters.refused += 1;
        let who = self.links.get(&link).map(|line| line.peer.id.clone()).unwrap_or_default();
        self.tell(now, Kind::Refused, None, format!("{who:?} was turned away: {reason}"));
        self.turn_away(link, reason, out);
    }

    fn turn_away(&mut self, link: LinkId, reason: String, out: &mut Outbox) {
        if let Some(line) = self.links.get_mut(&link) {
            line.node = None;
        }
        put(out, link, b2n::Body::Refused(Refused { reason }));
        out.links.end(link, "it was turned away");
    }

    pub(super) fn link_down(&mut self, now: Time, link: LinkId) {
        let Some(node) = self.links.remove(&link).and_then(|line| line.node) else { return };
        let life = self.lives.get_mut(&node);
        if life.is_some_and(|life| life.link_ended(link, now.ms)) {
            let draining = self.reports.of(&node).is_some_and(|report| report.draining);
            self.reports.forget(&node);
            if draining && self.is_gateway(&node) {
                return self.left(now, &node);
            }
            self.tell(now, Kind::Unlinked, Some(&node), format!("the link to {node} ended"));
        }
    }

    fn is_gateway(&self, id: &NodeId) -> bool {
        self.kept.roster.get(id).is_some_and(|node| node.role == NodeRole::Gateway)
    }

    /// A gateway that had said so has ended: nobody waits for it to come back.
    fn left(&mut self, now: Time, id: &NodeId) {
        self.kept.roster.set_state(id, State::Gone);
        let text = format!("{id} has left: it was shut down, its clients went elsewhere");
        self.tell(now, Kind::Left, Some(id), text);
        self.forget();
        self.publication.change();
    }

    pub(super) fn unreachable(&mut self, now: Time, witness: &NodeId, word: &Unreachable) {
        let Ok(id) = NodeId::try_from(word.id.as_str()) else { return };
        let present = self.kept.roster.get(&id).map(|node| node.incarnation);
        if id != *witness
            && present == Some(word.incarnation)
            && let Some(life) = self.lives.get_mut(&id)
        {
            life.unreachable(witness, word.refused, now.ms);
        }
    }

    /// Gives up whoever is dead.
    pub(super) fn judge(&mut self, now: Time) {
        let dead = self.verdicts(now).filter_map(|(node, verdict)| match verdict {
            Verdict::Dead(reason) => Some((node.clone(), reason)),
            Verdict::Alive | Verdict::Undecided(_) => None,
        });
        let dead: Vec<(Node, &'static str)> = dead.collect();
        if dead.is_empty() {
            return;
        }
        // All of them are out before what they had is given away: the dead inherit nothing.
        for (node, reason) in &dead {
            self.counters.lost += 1;
            self.kept.roster.set_state(&node.id, State::Gone);
            let text = format!("{} is given up: {reason}", node.id);
            self.tell(now, Kind::Lost, Some(&node.id), text);
        }
        for (node, _) in &dead {
            self.bury(now, node);
        }
        self.forget();
        self.publication.change();
    }

    pub(super) fn judge_at(&self, now: Time) -> Option<u64> {
        let at = |(_, verdict)| match verdict {
            Verdict::Alive => None,
            Verdict::Undecided(at) => Some(at),
            Verdict::Dead(_) => Some(now.ms),
        };
        self.verdicts(now).filter_map(at).min().map(|at| at.max(self.judge_from_ms))
    }

    fn verdicts(&self, now: Time) -> impl Iterator<Item = (&Node, Verdict)> {
        let linked: BTreeSet<&NodeId> =
            self.links.values().filter_map(|l| l.node.as_ref()).collect();
        let judging = now.ms >= self.judge_from_ms;
        self.lives.iter().filter_map(move |(id, life)| {
            let node = self.kept.roster.get(id).filter(|node| node.state != State::Gone)?;
            let others = linked.iter().any(|other| *other != id);
            let verdict = match node.role {
                NodeRole::QueueNode => life.verdict(now.ms, self.settings.dead_ms, others),
                // Nothing depends on when a gateway is given up.
                NodeRole::Gateway => life.verdict(now.ms, GIVE_UP_MS, false),
            };
            match verdict {
                Verdict::Dead(_) if !judging => {
                    Some((node, Verdict::Undecided(self.judge_from_ms)))
                }
                Verdict::Dead(_) | Verdict::Alive | Verdict::Undecided(_) => Some((node, verdict)),
            }
        })
    }

    fn forget(&mut self) {
        for id in self.kept.roster.forget() {
            self.lives.remove(&id);
            self.reports.forget(&id);
        }
    }
}

fn after_death(role: NodeRole) -> &'static str {
    match role {
        NodeRole::Gateway => "having been given up",
        NodeRole::QueueNode => "having been given up; what it held is with others",
    }
}

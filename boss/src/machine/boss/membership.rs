//! Who is in: registration, links that end, and who is given up.

use link::machine::LinkId;
use proto::b2n::{Refused, b2n};
use proto::bucket::{Conf, Reign};
use proto::n2b::{Reached, Register, Unreachable};
use proto::name::NodeId;
use proto::time::Time;

use super::super::events::Kind;
use super::super::liveness::Liveness;
use super::super::outbox::Outbox;
use super::super::registration::{Known, Refusal, Registration};
use super::super::roster::{NodeRole, Owner, Registered, State};
use super::super::table::Row;
use super::publication::put;
use super::{Boss, Sent};

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
        let checked = checked.and_then(|process| {
            process.is_plausible(&self.known()).map(|()| self.recognised(process))
        });
        match checked {
            Ok(process) if self.must_wait(now, link, &process, out) => {}
            Ok(process) => self.take(now, link, process, out),
            Err(refusal) => self.refuse(now, link, refusal, out),
        }
    }

    /// How far this boss's numbers have come.
    fn known(&self) -> Known {
        let highest =
            |number: fn(&Row) -> u64| self.kept.rows.iter().map(number).max().unwrap_or_default();
        Known {
            table: self.kept.step(),
            incarnation: self.kept.roster.newest(),
            reign: Reign(highest(|row| row.reign().0)),
            conf: Conf(highest(|row| row.conf().0)),
            config: self.kept.config.present().version,
        }
    }

    /// A process that has been registered, but was never told so, is no other one.
    pub(super) fn recognised(&self, process: Registration) -> Registration {
        let node = self.kept.roster.get(&process.id).filter(|node| {
            (node.process, node.role) == (process.process, process.role) && node.process != 0
        });
        match node {
            Some(node) if process.incarnation.is_none() => {
                Registration { incarnation: Some(node.incarnation), ..process }
            }
            Some(_) | None => process,
        }
    }

    /// Takes a process in, or back in.
    pub(super) fn take(
        &mut self,
        now: Time,
        link: LinkId,
        process: Registration,
        out: &mut Outbox,
    ) {
        if self.kept.roster.needs_term(self.kept.term) {
            self.begin_term(self.kept.term);
        }
        let registered = match self.kept.roster.register(&process, self.kept.term) {
            Ok(registered) => registered,
            Err(refusal) => return self.refuse(now, link, refusal, out),
        };
        if let Some(node) = self.kept.roster.get(&process.id) {
            self.returns.came(&process, node.owner());
        }
        self.examine(now, &process);
        self.bereaved.review();
        match registered {
            Registered::New { before } | Registered::Adopted { before } => {
                self.newcomer(now, &process, registered);
                self.take_back(&process.id, before);
                if before.is_some() {
                    // What its last life had goes to its copies, or begins anew here.
                    self.bereaved.review();
                }
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
        self.holdings.begin(&process.id, &process.reports);
        self.linked(now, link, process.id, out);
    }

    /// A planted bug: a new life of a node gets what its last one served, whoever has a copy.
    fn take_back(&mut self, id: &NodeId, before: Option<u64>) {
        let (Some(node), Some(incarnation)) = (self.kept.roster.get(id), before) else { return };
        if !self.faults().newcomer_takes_back {
            return;
        }
        let (before, now) = (Owner { id: id.clone(), incarnation }, node.owner());
        let of_it = self.kept.rows.buckets().filter(|(_, row)| row.primary() == Some(&before));
        for bucket in of_it.map(|(bucket, _)| bucket).collect::<Vec<_>>() {
            if let Some(row) = self.kept.rows.row_mut(bucket) {
                row.lose(&now);
            }
        }
    }

    /// The node speaks on this link from now on, and on no other.
    fn linked(&mut self, now: Time, link: LinkId, id: NodeId, out: &mut Outbox) {
        let life = self.lives.entry(id.clone());
        let life = life.or_insert_with(|| Liveness::unlinked(now.ms));
        let before = life.link();
        life.linked(link);
        if let Some(before) = before
            && let Some(line) = self.links.get_mut(&before)
        {
            line.node = None;
            out.links.end(before, "the node has come back on another link");
        }
        // It says anew whom it can't reach.
        self.lives.values_mut().for_each(|life| life.reached(&id));
        self.learners.review();
        self.lookout.review();
        let step = self.publication.step_of_changes(self.kept.version);
        if let Some(line) = self.links.get_mut(&link) {
            line.sent = Sent { registered_at: step, ..Sent::default() };
            line.node = Some(id);
        }
        self.publication.push_soon();
    }

    /// A process that wasn't there before. Who had its id is no more.
    fn newcomer(&mut self, now: Time, process: &Registration, registered: Registered) {
        self.lives.insert(process.id.clone(), Liveness::unlinked(now.ms));
        self.reports.forget(&process.id);
        if let Some(frozen) = &mut self.frozen {
            frozen.forget(&process.id);
        }
        let (kind, text) = match registered {
            Registered::New { .. } => {
                self.counters.registered += 1;
                (Kind::Joined, format!("{} joined from {:?}", process.id, process.host))
            }
            Registered::Adopted { .. } | Registered::Known | Registered::Returned => (
                Kind::Returned,
                format!("{} came back with an incarnation that the store has lost", process.id),
            ),
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

    pub(super) fn refuse(&mut self, now: Time, link: LinkId, refusal: Refusal, out: &mut Outbox) {
        self.counters.refused += 1;
        let Refusal { reason, for_good } = refusal;
        if self.refusals.admits(now) {
            let who = self.links.get(&link).map(|line| line.peer.id.clone()).unwrap_or_default();
            self.tell(now, Kind::Refused, None, format!("{who:?} was refused: {reason}"));
        }
        put(out, link, b2n::Body::Refused(Refused { reason, for_good }));
        out.links.end(link, "it was refused");
    }

    /// Says how many refusals weren't told one by one.
    pub(super) fn count_refusals(&mut self, now: Time) {
        if let Some(more) = self.refusals.wake(now) {
            let text = format!("and {more} more were refused in the last minute");
            self.tell(now, Kind::Refused, None, text);
        }
    }

    pub(super) fn link_down(&mut self, now: Time, link: LinkId, silent_ms: u64) {
        self.newcomers.remove(&link);
        let Some(node) = self.links.remove(&link).and_then(|line| line.node) else { return };
        // Nothing is lost by a wrong verdict where there are copies: silence counts from its
        // beginning there.
        let silent_ms = if self.copies > 1 { silent_ms.min(self.settings.dead_ms) } else { 0 };
        let since_ms = now.ms.saturating_sub(silent_ms);
        let life = self.lives.get_mut(&node);
        if life.is_some_and(|life| life.link_ended(link, since_ms)) {
            let draining = self.reports.of(&node).is_some_and(|report| report.draining);
            if self.reports.of(&node).is_some_and(|report| report.door.is_some()) {
                self.doors.review();
            }
            self.reports.forget(&node);
            self.holdings.forget(&node);
            self.learners.review();
            self.lookout.review();
            if draining && self.is_gateway(&node) {
                return self.left(now, &node);
            }
            self.tell(now, Kind::Unlinked, Some(&node), format!("the link to {node} ended"));
        }
    }

    /// A gateway that had said so has ended: nobody waits for it to come back.
    fn left(&mut self, now: Time, id: &NodeId) {
        self.kept.roster.set_state(id, State::Gone);
        let text = format!("{id} has left: it was shut down, its clients went elsewhere");
        self.tell(now, Kind::Left, Some(id), text);
        self.forget();
        self.publication.change();
    }

    pub(super) fn unreachable(&mut self, now: Time, witness: &NodeId, message: &Unreachable) {
        if let Some(life) = self.life_of(&message.id, message.incarnation, witness) {
            life.unreachable(witness, message.refused, now.ms);
            let has_ended = message.refused && life.link().is_none();
            if let Some(id) = NodeId::try_from(message.id.as_str()).ok().filter(|_| has_ended) {
                self.returns.ended(&id);
            }
        }
        self.learners.review();
        self.bereaved.review();
    }

    pub(super) fn reached(&mut self, witness: &NodeId, message: &Reached) {
        if let Some(life) = self.life_of(&message.id, message.incarnation, witness) {
            life.reached(witness);
        }
        self.learners.review();
        self.bereaved.review();
    }

    /// The present life that somebody else speaks of.
    fn life_of(&mut self, id: &str, life: u64, witness: &NodeId) -> Option<&mut Liveness> {
        let id = NodeId::try_from(id).ok().filter(|id| id != witness)?;
        let node = self.kept.roster.get(&id).filter(|node| node.incarnation == life)?;
        self.lives.get_mut(&node.id)
    }

    pub(super) fn forget(&mut self) {
        for id in self.kept.roster.forget() {
            self.lives.remove(&id);
            self.reports.forget(&id);
        }
    }
}

fn after_death(role: NodeRole) -> &'static str {
    match role {
        NodeRole::Gateway => "after it was given up",
        NodeRole::QueueNode => "after it was given up; what it held is with others",
    }
}

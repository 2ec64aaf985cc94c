//! A bucket: its queues, its log, and what it remembers.

use std::rc::Rc;

use proto::bucket::{BucketId, Epochs};
use proto::class::{MountKind, TellKind};
use proto::codes::Status;
use proto::ids::{Epoch, SessionId};
use proto::name::{self, QueueName};
use proto::q2g::EventRef;
use proto::seeded::Seed;
use rand::RngExt as _;

use super::application::{About, Cause};
use super::asker::{Asker, Who};
use super::local::{Local, Locals};
use super::node::Settings;
use super::outputs::{self, Outputs};
use super::record::{Draft, Outcome, Refusal, Step};
use super::state::class::QueueClass;
use super::state::idempotency::{Keyed, Keys};
use super::state::members::Members;
use super::state::people::{People, Seat, SessionKey};
use super::state::queue::{Mount, Queue, QueueIndex, Queues};
use super::state::recent::{Known, Recent, Remembered};
use super::state::remember::Memory;
use super::state::replay::ReplayLog;
use super::tells::{Tells, Word};
use super::timers::{QueueRef, Timer};
use super::turn::Turn;
use super::user::UserQueues;

/// A bucket that this node is home of.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) outputs: Outputs,
    pub(crate) queues: Queues,
    pub(crate) locals: Locals,
    pub(crate) people: People,
    pub(crate) users: UserQueues,
    pub(crate) memory: Memory,
    pub(crate) keys: Keys,
    pub(crate) tells: Tells,
    /// The Idempotency-Key of the request that is being decided.
    pub(crate) keyed: Option<Keyed>,
}

/// What a decision makes of an operation: how it ended and what it changes.
pub(crate) type Decision = Result<(Outcome, Step), Refusal>;

impl Bucket {
    /// A bucket without anything; its maps are seeded with a random number.
    pub(crate) fn new(id: BucketId, epochs: Epochs, settings: &Settings, random: u64) -> Bucket {
        let leaks = settings.faults.output_before_commit;
        let seed = Seed::new(random);
        Bucket {
            outputs: Outputs::new(id, epochs, settings.hold_commits, leaks),
            queues: Queues::new(seed),
            locals: Locals::default(),
            people: People::new(seed),
            users: UserQueues::new(seed),
            memory: Memory::new(seed),
            keys: Keys::new(random),
            tells: Tells::default(),
            keyed: None,
        }
    }

    /// Records what was decided, applies it, answers whoever asked, tells everybody.
    pub(crate) fn commit(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        asker: &Asker,
        decision: Decision,
    ) {
        let (outcome, step) = match decision {
            Ok(decided) => decided,
            Err(refusal) => {
                turn.shared.counters.refused += 1;
                self.forget_key_of(&refusal);
                (Outcome::Refused(refusal), Step::Nothing)
            }
        };
        self.record(turn);
        let result = asker.result(&outcome);
        self.answer(turn, asker, &result);
        self.carry_out(turn, index, step, asker.session());
        self.remember(turn, index, asker, result);
    }

    /// Records and applies an event that nobody asked for, and tells everybody.
    pub(crate) fn emit(&mut self, turn: &mut Turn<'_>, index: QueueIndex, step: Step) {
        self.record(turn);
        self.carry_out(turn, index, step, None);
    }

    /// Applies a step; its event, if it has one, goes to everybody.
    #[inline]
    fn carry_out(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        step: Step,
        sender: Option<SessionKey>,
    ) {
        let draft = match &step {
            Step::Event(draft) | Step::State(draft, _) | Step::Mounts { draft, .. } => Some(*draft),
            Step::Nothing | Step::Join { .. } | Step::Filter { .. } | Step::Leave { .. } => None,
        };
        self.apply(turn, index, step);
        if let Some(draft) = draft {
            self.fan_out(turn, index, draft, sender);
        }
    }

    /// One more record: its number.
    #[inline]
    pub(crate) fn record(&mut self, turn: &mut Turn<'_>) -> u64 {
        turn.shared.counters.records += 1;
        self.outputs.record()
    }

    /// Applies a step, and keeps count of what the replay log takes.
    pub(crate) fn apply(&mut self, turn: &mut Turn<'_>, index: QueueIndex, step: Step) {
        let queue = &mut self.queues[index];
        let before = queue.log.bytes();
        let (place, more) = (step.place().unwrap_or(usize::MAX), step.changes_more());
        let held = queue.mount_bytes(place);
        let local = &mut self.locals[index];
        match &step {
            Step::Join { .. } => local.came(turn.now.ms),
            Step::Leave { session } => {
                queue.members.place(*session).into_iter().for_each(|at| local.gone(at));
            }
            Step::Nothing
            | Step::Event(_)
            | Step::State(..)
            | Step::Mounts { .. }
            | Step::Filter { .. } => {}
        }
        queue.apply(step, turn.now.ms, &turn.shared.body);
        let after = queue.log.bytes();
        let holds = queue.mount_bytes(place);
        if holds != held && !more {
            queue.counted = queue.counted + holds as u32 - held as u32;
            turn.shared.counted(held, holds);
        }
        let total = &mut turn.shared.counters.replay_bytes;
        *total = *total + after as u64 - before as u64;
        if before == 0 && after > 0 {
            let trim_ms = turn.now.ms + 2 * turn.shared.settings.grace_ms;
            self.arm(turn, index, trim_ms);
        }
        if more {
            self.recount(turn, index);
        }
    }

    /// The queue's newest event, whose body is still in the turn's buffer: one frame to each lane
    /// that has live subscribers.
    #[inline]
    fn fan_out(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        draft: Draft,
        sender: Option<SessionKey>,
    ) {
        let queue = &self.queues[index];
        let shared = &mut *turn.shared;
        shared.counters.events += 1;
        let excluded: Option<Seat> = match sender {
            Some(key) if draft.exclude.is_some() => self.seat_of(index, key),
            Some(_) | None => None,
        };
        for lane in self.locals[index].lanes.iter().filter(|lane| lane.live > 0) {
            let seat = excluded.filter(|seat| seat.link == lane.link);
            let frame = EventRef {
                sub: lane.sub,
                seq: queue.seq,
                kind: draft.kind.number(),
                body: &shared.body,
                exclude: seat.map(|seat| seat.handle),
            };
            shared.counters.fanned_out += 1;
            let links = &mut shared.links;
            self.outputs.to(links, &mut turn.out.links, lane.link, |out| frame.put(out));
        }
    }

    /// Answers a write; an answer under an Idempotency-Key is kept.
    #[inline]
    pub(crate) fn answer(&mut self, turn: &mut Turn<'_>, asker: &Asker, result: &Remembered) {
        if let (Who::BackEnd { .. }, Some(keyed)) = (asker.who, self.keyed.take()) {
            let mut bytes = Vec::new();
            match &result.whole {
                Some(whole) => bytes.extend_from_slice(whole),
                None => result.head.put(&mut bytes),
            }
            self.keys.remember(turn.now.ms, &mut turn.shared.key_shares, &keyed, &bytes);
        }
        let links = &mut turn.shared.links;
        self.outputs.to(links, &mut turn.out.links, asker.link, |out| asker.put(out, result));
    }

    /// Answers with a refusal that leaves nothing behind. A request's key remembers it, unless the
    /// same request may be done a moment later.
    pub(crate) fn refuse(&mut self, turn: &mut Turn<'_>, asker: &Asker, refusal: Refusal) {
        turn.shared.counters.refused += 1;
        self.forget_key_of(&refusal);
        let result = asker.result(&Outcome::Refused(refusal));
        self.answer(turn, asker, &result);
    }

    fn forget_key_of(&mut self, refusal: &Refusal) {
        if matches!(refusal.status, Status::Unavailable | Status::Limit) {
            self.keyed = None;
        }
    }

    /// Frames for a link, when the newest record is committed.
    pub(crate) fn say(
        &mut self,
        turn: &mut Turn<'_>,
        link: link::machine::LinkId,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.outputs.to(&mut turn.shared.links, &mut turn.out.links, link, write);
    }

    /// Answers an operation that came before as it was answered then. False: it is new.
    #[inline]
    pub(crate) fn repeated(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        queue: Option<QueueIndex>,
        hash: u64,
    ) -> bool {
        let Some(earlier) = self.earlier(turn, asker, queue, hash) else { return false };
        turn.shared.counters.repeated += 1;
        self.answer(turn, asker, &earlier);
        true
    }

    /// What an operation was answered when it came before; nothing if it is new.
    #[inline]
    pub(crate) fn earlier(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        queue: Option<QueueIndex>,
        hash: u64,
    ) -> Option<Remembered> {
        let Who::Session { key, op_id, .. } = asker.who else { return None };
        if op_id == 0 {
            let sentence = "op_id begins with 1 and rises with each operation of the session";
            let refusal = Refusal::new(Status::Invalid, sentence);
            return Some(asker.result(&Outcome::Refused(refusal)));
        }
        if turn.shared.settings.faults.resend_runs_again {
            return None;
        }
        if let Some(member) = queue.and_then(|index| self.queues[index].members.get(key)) {
            return known(asker, &member.recent);
        }
        let session = self.people[key].id;
        let recent = self.memory.take(hash, session)?;
        let earlier = known(asker, &recent);
        self.rest(turn, hash, session, &recent);
        earlier
    }

    /// Keeps the result of a write for when it comes again.
    #[inline]
    pub(crate) fn remember(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        asker: &Asker,
        result: Remembered,
    ) {
        let Some(key) = asker.session() else { return };
        let queue = &mut self.queues[index];
        match queue.members.get_mut(key) {
            Some(member) => member.recent.remember(cut(turn, result)),
            None => {
                let hash = name::hash(queue.name.as_bytes());
                self.remember_away(turn, hash, asker, result);
            }
        }
    }

    /// The same, of a session that is not a member of the queue whose name has this hash.
    pub(crate) fn remember_away(
        &mut self,
        turn: &Turn<'_>,
        hash: u64,
        asker: &Asker,
        result: Remembered,
    ) {
        let Some(key) = asker.session() else { return };
        let session = self.people[key].id;
        let mut recent = self.memory.take(hash, session).unwrap_or_default();
        recent.remember(cut(turn, result));
        self.rest(turn, hash, session, &recent);
    }

    /// Keeps what is remembered of a session that is no member.
    pub(crate) fn rest(&mut self, turn: &Turn<'_>, hash: u64, session: SessionId, recent: &Recent) {
        let grace_ms = turn.shared.settings.grace_ms;
        self.memory.keep(turn.now.ms, grace_ms, hash, session, recent);
    }

    /// A queue comes to be, for the sake of this user if it isn't the back end's doing.
    pub(crate) fn create(
        &mut self,
        turn: &mut Turn<'_>,
        name: QueueName<'_>,
        class: Rc<QueueClass>,
        user: Option<&str>,
    ) -> QueueIndex {
        let user = user.filter(|_| class.tells_any());
        let cause = user.map_or(Cause::default(), |user| turn.shared.couriers.cause(user));
        self.record(turn);
        turn.shared.serials = turn.shared.serials.wrapping_add(1);
        turn.shared.counters.queues_created += 1;
        let mounts: &[proto::class::MountClass] = &class.class.mounts;
        let index = self.queues.insert(Queue {
            name: name.as_str().into(),
            mounts: mounts.iter().map(|mount| Mount::new(mount.kind)).collect(),
            class,
            epoch: Epoch::from_random(turn.shared.random.random()),
            seq: 0,
            created_unix_ms: turn.now.unix_ms,
            members: Members::default(),
            users: 0,
            log: ReplayLog::default(),
            floors: None,
            counted: 0,
        });
        self.locals.came(index, Local::new(turn.now.ms, turn.shared.serials, cause));
        self.recount(turn, index);
        self.mark(turn, index);
        self.tell_application(turn, index, TellKind::QueueCreated, About::default());
        index
    }

    /// A queue is no more. Nobody is in it.
    pub(crate) fn destroy(&mut self, turn: &mut Turn<'_>, index: QueueIndex, reason: &str) {
        self.record(turn);
        let about = About { seq: self.queues[index].seq, reason, ..About::default() };
        self.tell_application(turn, index, TellKind::QueueDestroyed, about);
        let queue = self.queues.remove(index);
        self.locals.gone(index);
        if queue.is_inbox() {
            self.users.forget_user(index);
        }
        turn.shared.counters.queues_destroyed += 1;
        turn.shared.counters.replay_bytes -= queue.log.bytes() as u64;
        turn.shared.counted(queue.counted as usize, 0);
    }

    /// Something of the queue is to be let out at the end of the turn.
    pub(crate) fn mark(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        let reference = self.reference(index);
        if !std::mem::replace(&mut self.locals[index].is_dirty, true) {
            turn.shared.dirty.push(reference);
        }
    }

    /// Wakes for the queue at that moment, but never again in this one.
    pub(crate) fn arm(&mut self, turn: &mut Turn<'_>, index: QueueIndex, at_ms: u64) {
        let reference = self.reference(index);
        let at_ms = at_ms.max(turn.now.ms + 1);
        let local = &mut self.locals[index];
        if at_ms < local.armed_ms {
            local.armed_ms = at_ms;
            turn.shared.timers.set(at_ms, Timer::Queue(reference));
        }
    }

    /// Where a member is heard, unless it is detached or no member.
    pub(crate) fn seat_of(&self, index: QueueIndex, key: SessionKey) -> Option<Seat> {
        self.locals[index].seat(self.queues[index].members.place(key)?)
    }

    /// The queue as others of the node name it.
    pub(crate) fn reference(&self, index: QueueIndex) -> QueueRef {
        let bucket = self.outputs.bucket().prefix();
        QueueRef { bucket, index, serial: self.locals[index].serial }
    }

    /// Keeps a word to another queue, and lets it out with the newest record.
    pub(crate) fn tell(&mut self, turn: &mut Turn<'_>, to: u64, word: Word) {
        turn.shared.counters.tells += 1;
        turn.shared.tells += 1;
        let number = turn.shared.tells << 16 | u64::from(self.outputs.bucket().prefix());
        // Without a table there is no bucket, and so no word of one.
        let own = self.outputs.bucket();
        let home = turn.shared.table.as_ref().map_or(own, |table| table.bucket(to));
        self.tells.keep(&mut turn.shared.untold, (number, to), home, word);
        let is_early = turn.shared.settings.faults.tell_before_commit;
        if is_early || self.outputs.word(outputs::Word::Tell { number }).is_some() {
            self.send_tell(turn, number);
        }
    }
}

/// A result as it is remembered: of a large one only that it was there.
#[inline]
fn cut(turn: &Turn<'_>, mut result: Remembered) -> Remembered {
    let max = proto::limits::REMEMBERED_RESULT_BYTES_MAX;
    let is_large = result.whole.as_ref().is_some_and(|whole| whole.len() > max);
    if is_large || turn.shared.settings.faults.result_forgotten {
        result.whole = Some(Box::default());
    }
    result
}

/// What an operation is answered that came before; nothing if it is new.
fn known(asker: &Asker, recent: &Recent) -> Option<Remembered> {
    match recent.look(asker.op_id()) {
        Known::New => None,
        Known::Answered(result) => Some(result),
        Known::Traceless => {
            let sentence = "this op_id isn't higher than those before, and nothing was done under \
                            it: send again with a new op_id";
            let refusal = Refusal::new(Status::Unavailable, sentence);
            Some(asker.result(&Outcome::Refused(refusal)))
        }
        Known::Forgotten => {
            let sentence = "this op_id was used before and its result is no longer kept: check the \
                            queue, then send again with a new op_id";
            let refusal = Refusal::new(Status::OutcomeUnknown, sentence);
            Some(asker.result(&Outcome::Refused(refusal)))
        }
    }
}

/// The kind of a mount as the protocol names it.
pub(crate) fn wire_kind(kind: MountKind) -> proto::g2c::Kind {
    match kind {
        MountKind::Message => proto::g2c::Kind::Message,
        MountKind::State => proto::g2c::Kind::State,
    }
}

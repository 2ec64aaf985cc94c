//! A bucket: its queues, its log, and what it remembers.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use proto::bucket::{BucketId, Epochs};
use proto::class::TellKind;
use proto::codes::Status;
use proto::ids::Epoch;
use proto::name::QueueName;
use proto::q2g::EventRef;
use rand::RngExt as _;

use super::application::{About, Cause};
use super::asker::{Asker, Who};
use super::caught::Deciding;
use super::clock::{Clock, NodeMs};
use super::copies::{Fellows, Stream, Unit};
use super::hashing::Numbers;
use super::held::Effect;
use super::local::{Local, Locals, Seat};
use super::node::Settings;
use super::outputs::Outputs;
use super::record::{Outcome, Refusal};
use super::state::State;
use super::state::class::{Classes, QueueClass};
use super::state::codec;
use super::state::idempotency::Keyed;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::recent::{Known, Recent, Remembered};
use super::state::record::{Draft, Kept, Record, Stamp, Step};
use super::state::words::Word;
use super::stopped::Stopped;
use super::timers::{QueueRef, Timer};
use super::turn::Turn;
use super::unanswered::Posted;

/// A bucket that this node is home of.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) outputs: Outputs,
    /// What its records have made of it. It is changed by [`Bucket::record`], but that old events
    /// go by age ([`Bucket::pass_queue`]).
    pub(crate) state: State,
    pub(crate) locals: Locals,
    /// The connections that speak for sessions whose user queue is here.
    pub(crate) seats: HashMap<SessionKey, Seat, Numbers>,
    /// Which of the words to other queues may be sent.
    pub(crate) posted: Posted,
    /// The Idempotency-Key of the request that is being decided.
    pub(crate) keyed: Option<Keyed>,
    /// What is being decided, while a panic of it can be taken back.
    pub(crate) deciding: Option<Deciding>,
    /// What its copies are sent.
    pub(crate) stream: Stream,
    /// Who has copies of it, and what they get.
    pub(crate) fellows: Fellows,
    /// Of all its times.
    pub(crate) clock: Clock,
    /// Queues that have no deadlines yet since the node took over, by their places.
    pub(crate) unarmed: Range<u32>,
    /// What is to be done once it may change something again.
    pub(crate) stopped: Stopped,
    /// Sessions that were attached as the node took over; till then a lane may introduce them.
    pub(crate) unintroduced: (Vec<SessionKey>, NodeMs),
}

/// What a decision makes of an operation: how it ended and what it changes.
pub(crate) type Decision = Result<(Outcome, Step), Refusal>;

impl Bucket {
    /// A bucket without anything; its maps are seeded with a random number.
    pub(crate) fn new(
        id: BucketId,
        epochs: Epochs,
        classes: Rc<Classes>,
        settings: &Settings,
        random: u64,
        now: NodeMs,
    ) -> Bucket {
        let leaks = settings.faults().shown_before_sent;
        Bucket {
            outputs: Outputs::new(id, epochs, leaks),
            state: State::new(classes, random, settings.grace_ms),
            locals: Locals::default(),
            seats: HashMap::default(),
            posted: Posted::default(),
            keyed: None,
            deciding: None,
            stream: Stream::default(),
            fellows: Fellows::default(),
            clock: Clock::showing(0, now),
            unarmed: 0..0,
            stopped: Stopped::default(),
            unintroduced: (Vec::new(), now),
        }
    }

    /// Records what was decided with how it ended, answers whoever asked, tells everybody.
    pub(crate) fn conclude(
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
        let result = asker.result(&outcome);
        let (draft, kept) = (step.draft(), self.kept(turn, asker, None, &result));
        self.change(turn, index, step, kept);
        self.answer(turn, asker, &result);
        if let Some(draft) = draft {
            self.fan_out(turn, index, draft, asker.session());
        }
    }

    /// Records an event that nobody asked for, and tells everybody.
    pub(crate) fn emit(&mut self, turn: &mut Turn<'_>, index: QueueIndex, step: Step) {
        let draft = step.draft();
        self.change(turn, index, step, None);
        if let Some(draft) = draft {
            self.fan_out(turn, index, draft, None);
        }
    }

    /// Records a change of a queue; the body of its event is in the turn's buffer.
    #[inline]
    pub(crate) fn change(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        step: Step,
        kept: Option<Kept>,
    ) {
        match &step {
            Step::Join { .. } => {
                self.carry_out();
                let now_ms = self.now_ms(turn);
                self.locals[index].came(now_ms);
                turn.shared.counters.subscriptions += 1;
            }
            Step::Leave { session, .. } => {
                self.carry_out();
                if let Some(at) = self.state.queue(index).members.place(*session) {
                    self.locals[index].gone(at);
                    turn.shared.counters.subscriptions -= 1;
                }
            }
            Step::Nothing
            | Step::Event(_)
            | Step::State(..)
            | Step::Mounts { .. }
            | Step::Filter { .. }
            | Step::Seat { .. } => {}
        }
        let had_events = self.state.queue(index).log.bytes() > 0;
        self.record(turn, Record::Change { queue: index, step }, kept);
        if !had_events && self.state.queue(index).log.bytes() > 0 {
            let trim_ms = self.now_ms(turn) + 2 * turn.shared.settings.grace_ms;
            self.arm(turn, index, trim_ms);
        }
    }

    /// One more record: it is applied at once.
    #[inline]
    pub(crate) fn record(
        &mut self,
        turn: &mut Turn<'_>,
        record: Record<'_>,
        kept: Option<Kept>,
    ) -> u64 {
        self.carry_out();
        let at_ms = self.now_ms(turn);
        let shared = &mut *turn.shared;
        shared.counters.records += 1;
        if let Some(Kept::Request { keyed, .. }) = &kept {
            shared.key_shares.add(keyed.origin, keyed.api_key);
        }
        let n = self.outputs.record();
        let stamp = Stamp { n, at_ms };
        shared.header.clear();
        codec::put(&mut shared.header, &record, kept.as_ref());
        if self.stream.is_followed() {
            self.stream.before(&self.state, &record);
            let body = if record.has_event() { &*shared.body } else { &[] };
            if !self.stream.is_open() {
                shared.open_units.push(self.outputs.bucket().prefix());
            }
            if let Some(bytes) = self.stream.push(stamp, &shared.header, body) {
                shared.units.push(Unit { bucket: self.outputs.bucket(), bytes });
            }
        }
        let (before, words) = (self.state.sizes(), self.state.words().newest());
        self.state.apply(stamp, record, &shared.body, kept);
        shared.sized(before, self.state.sizes());
        if self.fellows.holds() {
            self.update_waits(turn);
        }
        if self.state.words().newest() > words {
            self.post(turn);
        }
        n
    }

    /// The turn has ended: the copies may have its records.
    pub(crate) fn close_unit(&mut self) -> Option<Unit> {
        let bucket = self.outputs.bucket();
        self.stream.close().map(|bytes| Unit { bucket, bytes })
    }

    /// What is too old to matter goes, if there is anything.
    pub(crate) fn pass(&mut self, turn: &mut Turn<'_>) {
        if !self.state.is_due(self.now_ms(turn)) {
            return;
        }
        let before: Vec<_> = self.state.keys().counts().collect();
        self.record(turn, Record::Passed, None);
        let shares = &mut turn.shared.key_shares;
        before.iter().for_each(|(origin, api_key, count)| shares.remove(*origin, *api_key, *count));
        let after = self.state.keys().counts();
        after.for_each(|(origin, api_key, count)| shares.add_all(origin, api_key, count));
    }

    /// What a queue keeps of events goes where it is too old: its replay log's up to that moment.
    pub(crate) fn pass_queue(&mut self, turn: &mut Turn<'_>, index: QueueIndex, before_ms: u64) {
        let (before, is_unsaid) = (self.state.sizes(), turn.shared.settings.faults().cut_unsaid);
        self.state.pass_queue(self.now_ms(turn), index, before_ms, is_unsaid);
        turn.shared.sized(before, self.state.sizes());
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
        let queue = self.state.queue(index);
        let now = turn.node_ms();
        let shared = &mut *turn.shared;
        shared.counters.events += 1;
        if shared.watch.is_on() {
            shared.watch.event(now, self.reference(index));
        }
        let excluded: Option<Seat> = match sender {
            Some(key) if draft.exclude.is_some() => self.seat_of(index, key),
            Some(_) | None => None,
        };
        for lane in self.locals[index].lanes.iter().filter(|lane| lane.live > 0) {
            let seat = excluded.filter(|seat| seat.link == lane.link);
            let frame = EventRef {
                sub: lane.sub.number(),
                seq: queue.seq,
                kind: draft.kind.number(),
                body: &shared.body,
                exclude: seat.map(|seat| seat.handle),
            };
            shared.counters.fanned_out += 1;
            let links = &mut shared.links;
            self.outputs.to(links, &mut turn.out.links, lane.link, |out| frame.put(out));
        }
        if turn.shared.followed.is_on() {
            self.trace_event(turn, index, draft.kind, sender);
        }
    }

    /// How an operation ended, as it is kept for when it comes again: on a queue that is there, or
    /// on the one whose name has this hash.
    #[inline]
    pub(crate) fn kept(
        &mut self,
        turn: &Turn<'_>,
        asker: &Asker,
        hash: Option<u64>,
        result: &Remembered,
    ) -> Option<Kept> {
        match asker.who {
            Who::Session { key: session, .. } => {
                Some(Kept::Session { session, hash, result: cut(turn, result.clone()) })
            }
            Who::BackEnd { .. } => {
                let keyed = self.keyed.take()?;
                let mut bytes = Vec::new();
                match &result.whole {
                    Some(whole) => bytes.extend_from_slice(whole),
                    None => result.head.put(&mut bytes),
                }
                Some(Kept::Request { keyed, result: bytes })
            }
        }
    }

    /// Answers with a refusal that leaves nothing behind. A request's key remembers it, unless the
    /// same request may be done a moment later.
    pub(crate) fn refuse(&mut self, turn: &mut Turn<'_>, asker: &Asker, refusal: Refusal) {
        turn.shared.counters.refused += 1;
        self.forget_key_of(&refusal);
        let result = asker.result(&Outcome::Refused(refusal));
        if self.keyed.is_some() {
            let kept = self.kept(turn, asker, None, &result);
            self.record(turn, Record::Noop, kept);
        } else if turn.shared.settings.faults().refusal_without_round {
            return self.say_early(turn, asker.link, |out| asker.put(out, &result));
        }
        self.answer(turn, asker, &result);
    }

    fn forget_key_of(&mut self, refusal: &Refusal) {
        if matches!(refusal.status, Status::Unavailable | Status::Limit) {
            self.keyed = None;
        }
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
        if turn.shared.settings.faults().resend_runs_again {
            return None;
        }
        if let Some(member) = queue.and_then(|index| self.state.queue(index).members.get(key)) {
            return known(asker, &member.recent);
        }
        let session = self.state.people()[key].id;
        known(asker, &self.state.memory().peek(hash, session)?)
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
        let index = self.state.queues().next();
        let epoch = Epoch::from_random(turn.shared.random.random());
        let (name, created_unix_ms) = (name.as_str(), turn.unix_ms());
        let class = class.index.expect("a class of the configuration has its place there");
        self.record(turn, Record::Create { name, class, epoch, created_unix_ms }, None);
        turn.shared.serials = turn.shared.serials.wrapping_add(1);
        turn.shared.counters.queues_created += 1;
        self.locals.came(index, Local::new(self.now_ms(turn), turn.shared.serials, cause));
        self.list_dirty(turn, index);
        self.tell_application(turn, index, TellKind::QueueCreated, About::default());
        index
    }

    /// A queue is no more. Nobody is in it.
    pub(crate) fn destroy(&mut self, turn: &mut Turn<'_>, index: QueueIndex, reason: &str) {
        let about = About { seq: self.state.queue(index).seq, reason, ..About::default() };
        // It is told by the record behind the one that destroys the queue.
        let n = self.outputs.next() + 1;
        let tell = self.what_happened(turn, index, TellKind::QueueDestroyed, (n, about));
        self.record(turn, Record::Destroy { queue: index }, None);
        self.locals.gone(index);
        turn.shared.counters.queues_destroyed += 1;
        if let Some(tell) = tell {
            self.keep_tell(turn, tell);
        }
    }

    /// Something of the queue is to be let out at the end of the turn.
    pub(crate) fn list_dirty(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        self.carry_out();
        let reference = self.reference(index);
        if !std::mem::replace(&mut self.locals[index].is_dirty, true) {
            turn.shared.dirty.push(reference);
        }
    }

    /// Wakes for the queue at that moment, but never again in this one.
    pub(crate) fn arm(&mut self, turn: &mut Turn<'_>, index: QueueIndex, at_ms: u64) {
        self.carry_out();
        let reference = self.reference(index);
        let at_ms = at_ms.max(self.now_ms(turn) + 1);
        let local = &mut self.locals[index];
        if at_ms < local.armed_ms {
            local.armed_ms = at_ms;
            self.wake_at(turn, at_ms, Timer::Queue(reference));
        }
    }

    /// Where a member is heard, unless it is detached or no member.
    pub(crate) fn seat_of(&self, index: QueueIndex, key: SessionKey) -> Option<Seat> {
        self.locals[index].seat(self.state.queue(index).members.place(key)?)
    }

    /// The queue as others of the node name it.
    pub(crate) fn reference(&self, index: QueueIndex) -> QueueRef {
        let bucket = self.outputs.bucket().prefix();
        QueueRef { bucket, index, serial: self.locals[index].serial }
    }

    /// Keeps a word to another queue, and lets it out with its record.
    pub(crate) fn keep_word(&mut self, turn: &mut Turn<'_>, word: Word) {
        self.record(turn, Record::Say { word: Box::new(word) }, None);
    }

    /// The newest record keeps a word to another queue: it goes out with that.
    fn post(&mut self, turn: &mut Turn<'_>) {
        let number = self.state.words().newest();
        let Some(word) = self.state.words().get(number) else { return };
        let faults = turn.shared.settings.faults();
        if faults.note_lost && matches!(word, Word::Note(_)) {
            self.record(turn, Record::Answered { number }, None);
            return;
        }
        let is_heard_here = faults.neighbour_hears_early
            && turn.shared.home_of(word.to()) == super::buckets::Home::Here;
        let is_early = faults.word_before_commit || is_heard_here;
        turn.shared.counters.words += 1;
        // Without a table there is no bucket, and so no word of one.
        let own = self.outputs.bucket();
        let home = turn.shared.rows.bucket(word.to()).unwrap_or(own);
        self.posted.kept(&mut turn.shared.unanswered, number, home, word);
        let links = &mut turn.shared.links;
        if is_early || self.outputs.effect(links, Effect::Word { number }).is_some() {
            self.send_word(turn, number);
        }
    }
}

/// A result as it is remembered: of a large one only that it was there.
#[inline]
fn cut(turn: &Turn<'_>, mut result: Remembered) -> Remembered {
    let max = proto::limits::REMEMBERED_RESULT_BYTES_MAX;
    let is_large = result.whole.as_ref().is_some_and(|whole| whole.len() > max);
    if is_large || turn.shared.settings.faults().result_forgotten {
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

//! Times when a bucket decides nothing that is new: too much of it waits for copies, or there is
//! one copy where nothing may be changed until there are two.
//!
//! What came before has its result all the same, which it would be wrong to refuse. Nobody gets to
//! know a session for the sake of a refusal: that would be a record. But its connection is noted,
//! and recorded once the bucket goes on: what an earlier connection of the session has sent may
//! come behind the refusal, and must not run then.

use std::collections::BTreeMap;
use std::rc::Rc;

use link::machine::LinkId;
use prost::Message as _;
use proto::c2g::{Head, Kind};
use proto::codes::Status;
use proto::g2c;
use proto::g2q::OperationRef;
use proto::ids::{Generation, SessionId};
use proto::name;
use proto::q2g::AnswerRef;

use super::asker::{Asker, Who};
use super::bucket::Bucket;
use super::buckets::Buckets;
use super::copies::Rank;
use super::lane::{Broken, STRANGER, belongs};
use super::links::Connection;
use super::operation::is_write;
use super::record::Refusal;
use super::timers::{QueueRef, Timer};
use super::turn::Turn;
use super::user::user_hash;

/// Sessions of which a bucket notes that they were refused something: more than it has in ordinary
/// times, and little memory.
const REFUSED_MAX: usize = 4096;
/// What a bucket puts off that waits for copies is tried again so much later.
const CLOGGED_MS: u64 = 100;

/// What a bucket does once it may change something again.
#[derive(Debug, Default)]
pub(crate) struct Stopped {
    /// Timers whose moment has come meanwhile.
    put_off: Vec<Timer>,
    /// Sessions that were refused something while nothing could be recorded of them.
    refused: BTreeMap<SessionId, Refused>,
}

/// What lanes had heard of a session that was refused something.
#[derive(Debug)]
struct Refused {
    user: Rc<str>,
    generation: Option<Generation>,
    floor: Option<Generation>,
}

impl Bucket {
    /// It goes on: whoever was refused something is known from here on.
    #[inline]
    pub(crate) fn know_refused(&mut self, turn: &mut Turn<'_>) {
        if !self.stopped.refused.is_empty() {
            for (id, Refused { user, generation, floor }) in
                std::mem::take(&mut self.stopped.refused)
            {
                let people = self.state.people();
                let found = people.find(id);
                if found.is_none_or(|key| people.is_behind(key, generation, floor)) {
                    self.know(turn, (id, &user), generation, floor);
                }
            }
        }
    }

    /// Whether it decides nothing that is new, or nothing that changes anything.
    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.fellows.holds() || self.fellows.is_clogged()
    }

    /// Why it can't do now what changes something, or what doesn't.
    pub(crate) fn stopped(&self, writes: bool) -> Option<Refusal> {
        if self.fellows.is_clogged() {
            Some(clogged())
        } else if writes && self.fellows.holds() {
            Some(alone())
        } else {
            None
        }
    }

    /// Refuses an operation that can't be decided now. False: it can.
    ///
    /// # Errors
    /// If the lane hasn't introduced its session, or says what no lane may say.
    #[cold]
    pub(crate) fn stop_operation(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        operation: &OperationRef<'_>,
    ) -> Result<bool, Broken> {
        let state = turn.shared.links.get_mut(link).ok_or("the link is not up")?;
        let introduced = state.introduced(operation.session).ok_or(STRANGER)?;
        let Connection { id, generation, floor } = introduced.connection;
        let user = introduced.user.clone();
        let people = self.state.people();
        let found = people.find(id).filter(|key| *people.user_of(*key) == user);
        let is_known = found.is_some_and(|key| !people.is_behind(key, generation, floor));
        let refusal = match self.stopped(is_write(operation.kind)) {
            Some(refusal) => refusal,
            None if is_known => return Ok(false),
            None => alone(),
        };
        let head = Head::of(operation.body).unwrap_or(Head { op_id: 0, queue: &[] });
        let hash = match operation.kind == Kind::Call {
            true => user_hash(&user),
            false => name::hash(head.queue),
        };
        if operation.kind == Kind::Call || !head.queue.is_empty() {
            belongs(self, hash)?;
        }
        let (handle, op_id) = (operation.session, head.op_id);
        if let Some(key) = found {
            let queue = match operation.kind == Kind::Call {
                true => self.inbox_of(self.state.people().user_of(key)),
                false => self.state.queues().find(head.queue),
            };
            let asker = Asker { link, who: Who::Session { key, handle, op_id } };
            if self.earlier(turn, &asker, queue, hash).is_some() {
                return Ok(false);
            }
        }
        if !is_known
            && (self.stopped.refused.len() < REFUSED_MAX || self.stopped.refused.contains_key(&id))
        {
            let none = || Refused { user, generation: None, floor: None };
            let noted = self.stopped.refused.entry(id).or_insert_with(none);
            noted.generation = noted.generation.max(generation);
            noted.floor = noted.floor.max(floor);
        }
        turn.shared.counters.refused += 1;
        let Refusal { status, sentence, may_retry } = refusal;
        let result = g2c::Result { may_retry, ..g2c::Result::refusal(op_id, status, &*sentence) };
        let result = result.encode_to_vec();
        let answer = AnswerRef { session: handle, result: &result, ask: &[] };
        self.say(turn, link, |out| answer.put(out));
        Ok(true)
    }

    /// By its row and by the configuration nothing may be changed: a learner is no second copy,
    /// whatever it has.
    pub(crate) fn must_hold(&self, turn: &Turn<'_>) -> bool {
        let faults = turn.shared.settings.faults();
        let counts = |rank| match rank {
            Rank::Member => true,
            Rank::Awaited { .. } | Rank::Proposed => faults.hold_counts_learner,
            Rank::Learner => false,
        };
        turn.shared.holds && !faults.hold_answers && !self.fellows.ranks().any(counts)
    }

    /// There is another copy, or it may go on without one: so does what was put off.
    pub(crate) fn go_on(&mut self, turn: &mut Turn<'_>) {
        let now = turn.node_ms();
        self.stopped.put_off.drain(..).for_each(|timer| turn.shared.timers.set(now, timer));
        let classes = turn.shared.classes.clone();
        self.configure(turn, &classes);
    }
}

impl Buckets {
    /// Whether a timer is of a bucket that may record nothing now: its moment comes later.
    pub(crate) fn puts_off(&mut self, turn: &mut Turn<'_>, timer: Timer) -> bool {
        let bucket = match timer {
            Timer::Queue(QueueRef { bucket, .. })
            | Timer::Grace(bucket, _)
            | Timer::Sweep(bucket, _)
            | Timer::Deadlines(bucket)
            | Timer::Unintroduced(bucket) => self.get(bucket),
            Timer::Memory | Timer::Couriers | Timer::Words | Timer::Probes | Timer::Copies => None,
        };
        let Some(bucket) = bucket else { return false };
        if bucket.fellows.holds() {
            bucket.stopped.put_off.push(timer);
        } else if bucket.fellows.is_clogged() {
            turn.shared.timers.set(turn.node_ms().after(CLOGGED_MS), timer);
        }
        bucket.is_stopped()
    }
}

/// The refusal of what would come behind too much that copies don't have yet.
fn clogged() -> Refusal {
    let sentence = "copies of this queue's data are behind by as much as may wait for them: try \
                    again in a moment";
    Refusal::passing(Status::Unavailable, sentence)
}

/// The refusal of what would be on one copy alone.
fn alone() -> Refusal {
    let sentence = "one copy of this queue's data is left, and nothing is changed until there is \
                    a second one: try again later";
    Refusal::passing(Status::Unavailable, sentence)
}

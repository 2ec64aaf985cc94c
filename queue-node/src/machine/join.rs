//! Joining and leaving a queue.

use std::rc::Rc;

use proto::class::{Access, Create};
use proto::codes::Status;
use proto::filter::Filter;
use proto::ids::{Generation, Sub};
use proto::limits;
use proto::name::{QueueName, Space};
use proto::q2g;
use proto::wire;

use super::application::{AskKind, Ruling, Verdicts};
use super::asker::{Asker, Who};
use super::bucket::{Bucket, Decision};
use super::local::Seat;
use super::record::{Outcome, Refusal};
use super::run::{Came, Gone, Join};
use super::state::class::QueueClass;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::recent::Remembered;
use super::state::record::{Kept, Step};
use super::subscribe_ref::SubscribeRef;
use super::turn::Turn;
use super::user::user_hash;

/// How much of a session's leaving others need to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// It unsubscribed, or the queue goes: the user queue doesn't know yet.
    OfItself,
    /// The user queue ended it, and knows. Its lane may still resend what it asked for before.
    Ended,
}

impl Bucket {
    /// `subscribe`, by a lane that has the number `sub` for the queue.
    pub(crate) fn subscribe(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        operation: SubscribeRef<'_>,
        verdicts: Verdicts<'_>,
        (sub, hash): (Sub, u64),
    ) {
        let Who::Session { key, handle, .. } = asker.who else { return };
        let mut found = self.state.queues().find(operation.queue.as_bytes());
        if let Some(index) = found
            && self.awaits(index, key)
            && !self.settle(turn, index)
        {
            found = None;
        }
        let join =
            Join { session: key, since: operation.since, history: operation.history as usize };
        let seat = Seat { link: asker.link, handle };
        if let Some(earlier) = self.earlier(turn, asker, found, hash) {
            return self.subscribe_again(turn, asker, found, (seat, sub), join, earlier);
        }
        let filter = match self.has_heard_end(hash, key) {
            true => {
                Err(Refusal::new(Status::Unauthenticated, "this session is over: log in again"))
            }
            false => Filter::new(&operation.mounts, operation.key_prefix)
                .map(|filter| filter.map(Box::new))
                .map_err(|error| Refusal::new(Status::Invalid, error.to_string())),
        };
        let Some(index) = found else {
            let filter = match filter {
                Ok(filter) => filter,
                Err(refusal) => return self.refuse(turn, asker, refusal),
            };
            let (queue, place) = ((operation.queue, hash), (seat, sub));
            return self.subscribe_first(turn, asker, queue, (join, filter), verdicts, place);
        };
        let was_member = self.state.queue(index).members.contains(key);
        let generation = turn.shared.links.generation(seat);
        let decision = self.decide_join(turn, index, (key, generation), filter);
        let needs = !was_member && self.state.queue(index).class.class.join == Access::Callout;
        let ruling = verdicts.rule_if(needs, AskKind::Subscribe);
        if was_member && decision.is_ok() {
            self.take_seat(turn, index, key, seat);
        }
        if !self.conclude_ruled(turn, index, asker, decision, ruling) {
            return;
        }
        if !was_member {
            self.joined(turn, index, key);
        }
        self.sit_and_wait(turn, index, seat, sub, join);
    }

    /// `subscribe` to a queue that isn't there: it comes to be with its first member. All of it is
    /// decided before anything is recorded.
    fn subscribe_first(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        (queue, hash): (&str, u64),
        (join, filter): (Join, Option<Box<Filter>>),
        verdicts: Verdicts<'_>,
        (seat, sub): (Seat, Sub),
    ) {
        let session = join.session;
        let (name, class) = match self.may_create(turn, queue, session) {
            Ok(new) => new,
            Err(refusal) => return self.refuse(turn, asker, refusal),
        };
        let ruling = rule_on_creation(&class, verdicts);
        if !self.may_come_to_be(turn, asker, hash, ruling) {
            return;
        }
        let user = self.state.people().user_of(session).clone();
        if class.outlives_members() {
            turn.shared.creations.spend(&user, turn.node_ms());
        }
        let generation = turn.shared.links.generation(seat);
        let step = Step::Join { session, generation, guest: false, filter };
        let index = self.create(turn, name, class, Some(&user));
        let outcome = Outcome::Done { seq: self.state.queue(index).seq };
        self.conclude(turn, index, asker, Ok((outcome, step)));
        self.joined(turn, index, session);
        self.sit_and_wait(turn, index, seat, sub, join);
    }

    /// A subscribe that came before never joins: it attaches who still is a member.
    fn subscribe_again(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        found: Option<QueueIndex>,
        (seat, sub): (Seat, Sub),
        join: Join,
        mut earlier: Remembered,
    ) {
        turn.shared.counters.repeated += 1;
        let member = found.filter(|index| self.state.queue(*index).members.contains(join.session));
        if let Some(index) = member
            && earlier.head.status == Status::OutcomeUnknown.number()
        {
            earlier = asker.result(&Outcome::Done { seq: self.state.queue(index).seq });
        }
        if let Some(index) = member.filter(|_| earlier.head.status == 0) {
            self.take_seat(turn, index, join.session, seat);
        }
        self.answer(turn, asker, &earlier);
        match member {
            _ if earlier.head.status != 0 => {}
            Some(index) => self.sit_and_wait(turn, index, seat, sub, join),
            None => self.unsubscribed(turn, seat, sub, "not a member any more", true),
        }
    }

    /// `unsubscribe`.
    pub(crate) fn unsubscribe(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        queue: &str,
        hash: u64,
    ) {
        let Who::Session { key, .. } = asker.who else { return };
        let mut found = self.state.queues().find(queue.as_bytes());
        if let Some(index) = found
            && self.awaits(index, key)
            && !self.settle(turn, index)
        {
            found = None;
        }
        if let Some(earlier) = self.earlier(turn, asker, found, hash) {
            return self.unsubscribe_again(turn, asker, (found, queue), &earlier);
        }
        let not_there = || Refusal::new(Status::NotFound, "this session is not subscribed to it");
        let Some(index) = found else { return self.refuse(turn, asker, not_there()) };
        if !self.state.queue(index).members.contains(key) {
            return self.conclude(turn, index, asker, Err(not_there()));
        }
        if self.state.queue(index).is_inbox() {
            let sentence = "a session leaves its user's inbox when it ends, not before";
            let refusal = Refusal::new(Status::Forbidden, sentence);
            return self.conclude(turn, index, asker, Err(refusal));
        }
        let result = asker.result(&Outcome::Done { seq: self.state.queue(index).seq });
        let kept = self.kept(turn, asker, None, &result);
        self.depart(turn, index, key, None, (Leaving::OfItself, kept));
        self.answer(turn, asker, &result);
    }

    /// An unsubscribe that came before never leaves again. If the back end has put the session in
    /// since, lane and client take it for gone by this answer: it loses its seat, and is invited to
    /// take another.
    fn unsubscribe_again(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        (found, queue): (Option<QueueIndex>, &str),
        earlier: &Remembered,
    ) {
        let Who::Session { key, handle, .. } = asker.who else { return };
        turn.shared.counters.repeated += 1;
        self.answer(turn, asker, earlier);
        let was_out = [Status::Ok.number(), Status::NotFound.number()];
        let guest = found.filter(|index| {
            let member = self.state.queue(*index).members.get(key);
            member.is_some_and(|member| member.is_guest)
        });
        let seat = Seat { link: asker.link, handle };
        let Some(index) = guest.filter(|_| was_out.contains(&earlier.head.status)) else { return };
        let at = self.seat_of(index, key);
        if at.is_some_and(|at| at != seat) {
            return;
        }
        if let Some((seat, sub)) = self.stand(turn, index, key) {
            self.detached(turn, index);
            self.unsubscribed(turn, seat, sub, "", false);
        }
        if let Some(generation) = turn.shared.links.generation(seat) {
            self.say_invited(turn, seat, generation, queue);
        }
    }

    /// Whether the queue has heard that the session is over. It would be taken out again as soon as
    /// its note is answered, and others would hear of both.
    pub(crate) fn has_heard_end(&self, hash: u64, key: SessionKey) -> bool {
        self.state.memory().is_over(hash, self.state.people()[key].id)
    }

    /// Whether the queue's run has something of this session or its user.
    pub(crate) fn awaits(&self, index: QueueIndex, session: SessionKey) -> bool {
        let user = self.state.people()[session].user;
        self.locals[index].run.as_ref().is_some_and(|run| run.users.contains(&user))
    }

    fn may_create<'a>(
        &self,
        turn: &Turn<'_>,
        queue: &'a str,
        key: SessionKey,
    ) -> Result<(QueueName<'a>, Rc<QueueClass>), Refusal> {
        let name = QueueName::try_from(queue)
            .map_err(|error| Refusal::new(Status::Invalid, error.to_string()))?;
        match name.space() {
            Space::Application => {}
            Space::User(_) => return Err(not_theirs()),
            Space::Reserved => {
                let sentence = "names under /user/ and /sys/ are reserved: choose another";
                return Err(Refusal::new(Status::Forbidden, sentence));
            }
        }
        let Some(class) = self.state.classes().class_of(queue) else {
            let sentence = "no class of the configuration matches this name: add one, or \
                            correct the name";
            return Err(Refusal::new(Status::NotFound, sentence));
        };
        match class.class.create {
            Create::Auto | Create::Callout => {}
            Create::Rpc => {
                let sentence =
                    "queues of this class are created by the back end, and this one hasn't been";
                return Err(Refusal::new(Status::NotFound, sentence));
            }
        }
        may_join(class.class.join)?;
        turn.shared.admits()?;
        self.may_note(turn, key)?;
        let user = self.state.people().user_of(key);
        if class.outlives_members() && turn.shared.creations.may(user, turn.node_ms()).is_err() {
            let sentence = "the user has created too many queues in a short time: wait a while";
            return Err(Refusal::passing(Status::Limit, sentence));
        }
        Ok((name, class.clone()))
    }

    fn decide_join(
        &self,
        turn: &Turn<'_>,
        index: QueueIndex,
        (key, generation): (SessionKey, Option<Generation>),
        filter: Result<Option<Box<Filter>>, Refusal>,
    ) -> Decision {
        let queue = self.state.queue(index);
        let filter = filter?;
        let outcome = Outcome::Done { seq: queue.seq };
        if turn.shared.settings.faults().full_refuses_members {
            turn.shared.admits()?;
        }
        if queue.members.contains(key) {
            return Ok((outcome, Step::Filter { session: key, filter }));
        }
        if queue.is_inbox() {
            return Err(not_theirs());
        }
        may_join(queue.class.class.join)?;
        turn.shared.admits()?;
        self.may_note(turn, key)?;
        self.may_come_in(index, self.state.is_elsewhere(index, key))?;
        Ok((outcome, Step::Join { session: key, generation, guest: false, filter }))
    }

    /// Whether one more user finds space, unless the user is there already.
    pub(crate) fn may_come_in(&self, index: QueueIndex, is_there: bool) -> Result<(), Refusal> {
        let queue = self.state.queue(index);
        let max = queue.class.class.max_members;
        if is_there || (queue.users as usize) < max {
            return Ok(());
        }
        let sentence = format!("the queue is full: its class lets {max} members in");
        Err(Refusal::new(Status::Limit, sentence))
    }

    /// What a new member brings with it: its place in the run.
    pub(crate) fn joined(&mut self, turn: &mut Turn<'_>, index: QueueIndex, key: SessionKey) {
        let is_first = !self.state.is_elsewhere(index, key);
        let (id, user) = (self.state.people()[key].id, self.state.people()[key].user);
        let name = self.state.people().name(user).clone();
        let generation = self.state.people()[key].generation();
        if self.state.queue(index).class.tells_any() {
            self.locals[index].cause = turn.shared.couriers.cause(&name);
        }
        let is_hidden = turn.shared.settings.faults().joined_untold && self.is_eighth(index, key);
        let before = self.state.queue(index).users - u32::from(is_first);
        let run = self.run(turn, index, before);
        run.users.insert(user);
        if is_first && !is_hidden {
            run.joined.push(Came { user: name, session: id, generation });
        }
    }

    /// Gives the member its seat on the lane; it waits there for `subscribed`.
    pub(crate) fn sit_and_wait(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        seat: Seat,
        sub: Sub,
        join: Join,
    ) {
        let session = join.session;
        self.sit(turn, index, session, seat, sub);
        let user = self.state.people()[session].user;
        let users = self.state.queue(index).users;
        let run = self.run(turn, index, users);
        run.users.insert(user);
        run.joins.push(join);
        turn.shared.snapshot_bytes += self.state.queue(index).snapshot_bytes();
        if turn.shared.snapshot_bytes > limits::SNAPSHOTS_PER_TURN_BYTES {
            self.settle(turn, index);
        }
    }

    /// Takes the member's seat, wherever it is; the lane's number is free with its last seat.
    pub(crate) fn stand(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        session: SessionKey,
    ) -> Option<(Seat, Sub)> {
        self.carry_out();
        let at = self.state.queue(index).members.place(session)?;
        let now_ms = self.now_ms(turn);
        let (seat, lane) = self.locals[index].stand(now_ms, at)?;
        if lane.seats == 0
            && let Some(link) = turn.shared.links.get_mut(seat.link)
        {
            link.subs.swap_remove(&lane.sub);
        }
        Some((seat, lane.sub))
    }

    /// Takes a session out of the queue; the lane where it sat and the lane's number, if it sat.
    ///
    /// The caller has settled the run if it has anything of this user.
    pub(crate) fn depart(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        key: SessionKey,
        reason: Option<Rc<str>>,
        (leaving, kept): (Leaving, Option<Kept>),
    ) -> Option<(Seat, Sub)> {
        let seat = self.stand(turn, index, key);
        let is_last = !self.state.is_elsewhere(index, key);
        let faults = turn.shared.settings.faults();
        let is_hidden = (faults.joined_untold && self.is_eighth(index, key))
            || (faults.left_untold && reason.is_none());
        let ended = leaving == Leaving::Ended;
        self.change(turn, index, Step::Leave { session: key, ended }, kept);
        let person = &self.state.people()[key];
        let (user, session, generation) = (person.user, person.id, person.generation());
        let announced = is_last && !is_hidden;
        let gone_user = self.state.people().user_of(key).clone();
        let gone = Gone { user: gone_user, session, generation, announced, reason };
        let before = self.state.queue(index).users + u32::from(is_last);
        let run = self.run(turn, index, before);
        run.users.insert(user);
        run.left.push(gone);
        seat
    }

    /// The word of the user queue, or the back end's: the session is out of this queue. The caller
    /// has made sure that it is a member.
    pub(crate) fn remove_session(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        key: SessionKey,
        reason: &str,
        leaving: Leaving,
    ) {
        if self.awaits(index, key) && !self.settle(turn, index) {
            return;
        }
        let reason: Rc<str> = reason.into();
        let left = self.depart(turn, index, key, Some(reason.clone()), (leaving, None));
        if let Some((seat, sub)) = left {
            self.unsubscribed(turn, seat, sub, &reason, false);
        }
    }

    /// Tells a lane that a session has no more of a queue.
    pub(crate) fn unsubscribed(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        sub: Sub,
        reason: &str,
        may_retry: bool,
    ) {
        let sessions = vec![seat.handle.number()];
        let reason = reason.to_owned();
        let sub = sub.number();
        let unsubscribed = q2g::Unsubscribed { sub, sessions, reason, may_retry, detached: false };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::Unsubscribed(unsubscribed)) };
        self.say(turn, seat.link, |out| wire::put_message(out, &message));
    }

    /// Whether the session's user queue can be told one more thing.
    pub(crate) fn may_note(&self, turn: &Turn<'_>, key: SessionKey) -> Result<(), Refusal> {
        let user = self.state.people().user_of(key);
        let home = || turn.shared.rows.bucket(user_hash(user));
        if turn.shared.unanswered.has_space(user, home) {
            return Ok(());
        }
        let sentence = "the user's own queue can't be notified now: try again later";
        Err(Refusal::new(Status::Unavailable, sentence))
    }

    /// For a planted bug: whether it is about one member in eight.
    fn is_eighth(&self, index: QueueIndex, key: SessionKey) -> bool {
        let member = self.state.queue(index).members.get(key);
        member.is_some_and(|member| member.join.is_multiple_of(8))
    }
}

/// The refusal of an inbox to whoever isn't its user.
fn not_theirs() -> Refusal {
    let sentence = "an inbox belongs to its user: every session of the user is in it without \
                    subscribing";
    Refusal::new(Status::Forbidden, sentence)
}

/// The refusal of what is for members only, with how to become one.
pub(crate) fn for_members(sentence: &str, join: Access) -> Refusal {
    let how = match join {
        Access::Open | Access::Callout => ": subscribe to the queue first",
        Access::Members | Access::Server => ", and only the back end adds members",
    };
    Refusal::new(Status::Forbidden, format!("{sentence}{how}"))
}

fn may_join(join: Access) -> Result<(), Refusal> {
    match join {
        // Whom the web application lets, it says when all else is well.
        Access::Open | Access::Callout => Ok(()),
        Access::Members | Access::Server => {
            let sentence = "only the back end adds users to queues of this class";
            Err(Refusal::new(Status::Forbidden, sentence))
        }
    }
}

/// What the web application says of a queue that isn't there and of who wants to join it: the queue
/// comes to be when both are well.
fn rule_on_creation(class: &QueueClass, verdicts: Verdicts<'_>) -> Ruling {
    let asks_creation = class.class.create == Create::Callout;
    match verdicts.rule_if(asks_creation, AskKind::CreateQueue) {
        Ruling::Allowed => {
            verdicts.rule_if(class.class.join == Access::Callout, AskKind::Subscribe)
        }
        ruling @ (Ruling::Refused(_) | Ruling::Ask(_) | Ruling::TooLate) => ruling,
    }
}

//! What lanes say.

use std::rc::Rc;

use link::machine::LinkId;
use member::machine::Told;
use prost::Message;
use proto::c2g::{Head, Kind, SendMessageRef};
use proto::g2q::{self, OperationRef, field::g2q as said};
use proto::ids::{Generation, Handle, SessionId, Sub};
use proto::name::{self, UserId};
use proto::q2g;
use proto::{limits, wire};

use super::application::Verdicts;
use super::asker::{Asker, Who};
use super::bucket::Bucket;
use super::buckets::Buckets;
use super::held::{Effect, Probe};
use super::links::Connection;
use super::links::{Hints, Introduced};
use super::local::Seat;
use super::peer::HELD;
use super::requests;
use super::state::people::SessionKey;
use super::timers::Timer;
use super::turn::Turn;
use super::user::user_hash;

/// The bucket of a user queue, with a connection of that user.
struct AtHome<'a> {
    bucket: &'a mut Bucket,
    connection: Connection,
    /// What its lane drew for its login.
    drawn: SessionId,
    user: Rc<str>,
}

/// Why a peer's link is ended.
pub(crate) type Broken = &'static str;

const UNREADABLE: Broken = "a frame can't be read";
pub(crate) const STRANGER: Broken = "a session was never introduced";
const ASTRAY: Broken = "a queue is not of the bucket that `at` names";

impl Buckets {
    /// A frame of a lane.
    ///
    /// # Errors
    /// If the lane says what no lane may say: its link is to be ended.
    #[inline]
    pub(crate) fn lane_frame(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        number: u32,
        body: &[u8],
    ) -> Result<(), Broken> {
        if number == said::OPERATION {
            return self.operation(turn, link, body);
        }
        match number {
            said::ATTACH => {
                let attach: g2q::Attach = read(body)?;
                let hash = name::hash(attach.queue.as_bytes());
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                belongs(bucket, hash)?;
                bucket.attach(turn, link, &attach, sub_of(attach.sub)?);
            }
            said::INTRODUCE => self.introduce(turn, link, &read(body)?)?,
            said::FORGET => {
                let handle = Handle::named(read::<g2q::Forget>(body)?.session);
                self.seat(turn, Seat { link, handle }, None)?;
            }
            said::LOGIN | said::LOST | said::CONFIRMED | said::RECOGNISE => {
                return self.home_frame(turn, link, number, body);
            }
            said::CARRY => {
                let carry: g2q::Carry = read(body)?;
                let id =
                    SessionId::try_from(carry.session_id.as_slice()).map_err(|_| UNREADABLE)?;
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                belongs(bucket, id.user_queue_hash())?;
                bucket.carry(turn, link, carry, id);
            }
            said::CARRIED_TAKEN => {
                let taken: g2q::CarriedTaken = read(body)?;
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                bucket.carried_taken(turn, taken);
            }
            said::REQUEST => {
                let request: g2q::Request = read(body)?;
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                if let Some(queue) = request.body.as_ref().and_then(requests::queue_of) {
                    belongs(bucket, name::hash(queue.as_bytes()))?;
                }
                bucket.request(turn, link, request);
            }
            said::MOVED => match self.hear_row(turn, &read(body)?) {
                Told::Higher { .. } | Told::Known | Told::Lower | Told::Unusable => {}
                // Whom it introduces behind it would be nobody when the row counts.
                Told::Held => return Err(HELD),
            },
            said::PROBE => self.probe(turn, link, read::<g2q::Probe>(body)?.nonce),
            said::DETACH => {
                let detach: g2q::Detach = read(body)?;
                let hash = name::hash(detach.queue.as_bytes());
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                belongs(bucket, hash)?;
                bucket.detach(turn, link, &detach, sub_of(detach.sub)?);
            }
            said::RESUME => {
                let resume: g2q::Resume = read(body)?;
                let hash = name::hash(resume.queue.as_bytes());
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                belongs(bucket, hash)?;
                let met = bucket.meet(turn, link, Handle::named(resume.session))?;
                let sub = sub_of(resume.sub)?;
                bucket.resume(turn, link, met, (resume, sub));
            }
            said::ACKNOWLEDGE => {
                let message: g2q::Acknowledge = read(body)?;
                turn.shared.couriers.acknowledged(turn.node_ms().0, &message.numbers);
            }
            // A newer lane's: whatever it is, it needs no answer.
            _ => {}
        }
        Ok(())
    }

    /// What is for the home of a session's user.
    fn home_frame(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        number: u32,
        body: &[u8],
    ) -> Result<(), Broken> {
        match number {
            said::LOGIN => {
                let login: g2q::Login = read(body)?;
                if let Some(home) = self.at_home(turn, link, login.session)? {
                    home.bucket.login(turn, link, &login, (home.drawn, &home.user));
                }
            }
            said::LOST => {
                let lost: g2q::Lost = read(body)?;
                if let Some(home) = self.at_home(turn, link, lost.session)? {
                    home.bucket.lost(turn, link, &lost, home.connection);
                }
            }
            said::CONFIRMED => {
                let confirmed: g2q::Confirmed = read(body)?;
                if let Some(home) = self.at_home(turn, link, confirmed.session)? {
                    home.bucket.confirm(turn, home.connection);
                }
            }
            _ => {
                let message: g2q::Recognise = read(body)?;
                let id =
                    SessionId::try_from(message.session_id.as_slice()).map_err(|_| UNREADABLE)?;
                let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
                belongs(bucket, id.user_queue_hash())?;
                bucket.recognise(turn, link, &message, id);
            }
        }
        Ok(())
    }

    #[inline]
    fn operation(&mut self, turn: &mut Turn<'_>, link: LinkId, body: &[u8]) -> Result<(), Broken> {
        let operation = OperationRef::of(body).map_err(|_| UNREADABLE)?;
        let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(()) };
        turn.shared.counters.operations += 1;
        if turn.shared.settings.faults().slow_stalls_node && turn.shared.streams.any_lags() {
            return Ok(());
        }
        if !bucket.is_stopped() {
            bucket.know_refused(turn);
        } else if bucket.stop_operation(turn, link, &operation)? {
            return Ok(());
        }
        let met = bucket.meet(turn, link, operation.session)?;
        bucket.operation(turn, link, met, &operation)
    }

    /// Answered behind everything that was decided before, of all buckets, when each of them has
    /// made sure that it is still this node's: whoever hears the answer has been told of all that
    /// is about its sessions. Buckets that are sure sooner don't wait for the others (ADR 18).
    fn probe(&mut self, turn: &mut Turn<'_>, link: LinkId, nonce: u64) {
        let probe = Rc::new(Probe::new(link, nonce, self.iter().count()));
        for bucket in self.iter() {
            let effect = Effect::Probed(Rc::clone(&probe));
            if bucket.outputs.effect(&mut turn.shared.links, effect).is_none() {
                probe.wait_for(bucket.outputs.bucket().prefix());
            }
        }
        if probe.is_free() || turn.shared.settings.faults().probe_without_round {
            probe.answer();
            return say_probed(turn, link, nonce, Vec::new());
        }
        let until = turn.node_ms().after(limits::PROBE_WAITS_MS_MAX);
        turn.shared.probes.push_back((until, probe));
        turn.shared.timers.set(until, Timer::Probes);
    }

    /// Probes that have waited long enough are answered without the buckets that lag.
    pub(crate) fn answer_probes(&mut self, turn: &mut Turn<'_>) {
        let now = turn.node_ms();
        while let Some((_, probe)) = turn.shared.probes.pop_front_if(|(until, _)| *until <= now) {
            probed(turn, &probe);
        }
    }

    /// The turn has ended: probes are answered for what has been made sure in it.
    pub(crate) fn answer_probes_in_part(&self, turn: &mut Turn<'_>) {
        let probes = turn.shared.probes.iter();
        let parts = probes.filter_map(|(_, probe)| Some((probe.answer_in_part()?, probe)));
        let parts: Vec<_> = parts.map(|(part, probe)| (probe.link, probe.nonce, part)).collect();
        for (link, nonce, except) in parts {
            say_probed(turn, link, nonce, except);
        }
    }

    fn introduce(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        message: &g2q::Introduce,
    ) -> Result<(), Broken> {
        let id = SessionId::try_from(message.session_id.as_slice()).map_err(|_| UNREADABLE)?;
        UserId::try_from(&*message.user).map_err(|_| "a session's user is not a user id")?;
        let seat = Seat { link, handle: Handle::named(message.session) };
        let [generation, floor] = [message.generation, message.floor].map(Generation::or_none);
        let connection = Connection { id, generation, floor };
        let user: Rc<str> = message.user.as_str().into();
        let hash = user_hash(&user);
        // Words about a session go by its id.
        if id.user_queue_hash() != hash {
            return Err("a session's id is not one of its user");
        }
        let introduced = Introduced { connection, drawn: id, user, hints: Hints::default() };
        self.seat(turn, seat, Some(introduced))?;
        if let Some(home) = self.home_of(turn, hash) {
            home.introduced(turn, seat, connection, message);
        }
        Ok(())
    }

    /// Gives a handle to a session, or to nobody.
    fn seat(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        introduced: Option<Introduced>,
    ) -> Result<(), Broken> {
        let id = introduced.as_ref().map(|introduced| introduced.connection.id);
        let state = turn.shared.links.get_mut(seat.link).ok_or("the link is not up")?;
        let before = state.bind(seat.handle, introduced).map_err(|()| "a handle is too large")?;
        // Introduced again, it is the same connection, which knows more of itself by now.
        if let Some(before) = before
            && Some(before.id) != id
        {
            self.let_go(turn, before.id, seat);
        }
        Ok(())
    }

    /// A session isn't heard in this seat any more.
    pub(crate) fn let_go(&mut self, turn: &mut Turn<'_>, id: SessionId, seat: Seat) {
        if let Some(home) = self.home_of(turn, id.user_queue_hash()) {
            home.seat_gone(turn, id, seat);
        }
    }

    /// The connection of a handle with its user, and its user queue's bucket, which the link must
    /// be speaking of.
    fn at_home(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        session: u32,
    ) -> Result<Option<AtHome<'_>>, Broken> {
        let Some(bucket) = self.spoken_of(turn, link)? else { return Ok(None) };
        let state = turn.shared.links.get_mut(link).ok_or("the link is not up")?;
        let introduced = state.introduced(Handle::named(session)).ok_or(STRANGER)?;
        if !bucket.is_home_of(&introduced.user) {
            return Err(ASTRAY);
        }
        let Introduced { connection, drawn, ref user, .. } = *introduced;
        Ok(Some(AtHome { bucket, connection, drawn, user: user.clone() }))
    }
}

/// A session that has come with a word for a bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met {
    pub(crate) key: SessionKey,
    /// Its connection is over as far as the bucket knows, or not logged in yet.
    pub(crate) is_over: bool,
}

impl Bucket {
    /// The session of a handle has a word for this bucket, which knows it from now on, and what its
    /// user queue has said of it.
    ///
    /// # Errors
    /// If the lane hasn't introduced it, or as another user's.
    #[inline]
    pub(crate) fn meet(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        handle: Handle,
    ) -> Result<Met, Broken> {
        let fresh_ms = self.now_ms(turn).saturating_sub(turn.shared.settings.grace_ms);
        let state = turn.shared.links.get_mut(link).ok_or("the link is not up")?;
        let introduced = state.introduced(handle).ok_or(STRANGER)?;
        let Connection { id, generation, floor } = introduced.connection;
        let bucket = self.outputs.bucket();
        let hint = introduced.hints.get(bucket).filter(|key| self.state.people().is(*key, id));
        let found = hint.or_else(|| self.state.people().find(id));
        if let Some(key) = found
            && !self.state.people().is_behind(key, generation, floor)
            && (!self.state.people().is_fading(key, fresh_ms) || self.is_stopped())
        {
            if hint.is_none() {
                introduced.hints.set(bucket, key);
            }
            return Ok(Met { key, is_over: self.state.people().is_over(key, generation) });
        }
        let user = introduced.user.clone();
        let known = self.know(turn, (id, &user), generation, floor);
        let key = known.ok_or("a session was introduced with another user before")?;
        if let Some(introduced) = turn.shared.links.get_mut(link).and_then(|l| l.introduced(handle))
        {
            introduced.hints.set(bucket, key);
        }
        Ok(Met { key, is_over: self.state.people().is_over(key, generation) })
    }

    #[inline]
    fn operation(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        Met { key, is_over }: Met,
        operation: &OperationRef<'_>,
    ) -> Result<(), Broken> {
        let (handle, body) = (operation.session, operation.body);
        let asker = |op_id| Asker { link, who: Who::Session { key, handle, op_id } };
        if operation.kind == Kind::SendMessage
            && !is_over
            && let Ok(send) = SendMessageRef::of(body)
        {
            let hash = name::hash(send.queue);
            belongs(self, hash)?;
            let (asker, subject) = (asker(send.op_id), ("send_message", send.queue));
            if turn.shared.followed.is_on() {
                self.trace_taken(turn, &asker, subject, (hash, body.len()));
            }
            self.guarded(turn, &asker, subject, |bucket, turn| {
                bucket.send_message(turn, &asker, &send, Verdicts::of(operation), hash);
            });
            return Ok(());
        }
        let head = Head::of(body).unwrap_or(Head { op_id: 0, queue: &[] });
        let asker = asker(head.op_id);
        let hash = match operation.kind == Kind::Call {
            true => user_hash(self.state.people().user_of(key)),
            false => name::hash(head.queue),
        };
        if operation.kind == Kind::Call || !head.queue.is_empty() {
            belongs(self, hash)?;
        }
        let subject = (operation.kind.name(), head.queue);
        if turn.shared.followed.is_on() {
            self.trace_taken(turn, &asker, subject, (hash, body.len()));
        }
        self.guarded(turn, &asker, subject, |bucket, turn| match is_over {
            true => bucket.operation_of_the_past(turn, &asker, operation, head.queue, hash),
            false => bucket.other_operation(turn, &asker, operation, hash),
        });
        Ok(())
    }
}

/// The number that the lane gave a queue.
fn sub_of(number: u32) -> Result<Sub, Broken> {
    Sub::or_none(number).ok_or("a queue without a number was named")
}

#[inline]
pub(crate) fn belongs(bucket: &Bucket, hash: u64) -> Result<(), Broken> {
    if bucket.outputs.bucket().holds(hash) { Ok(()) } else { Err(ASTRAY) }
}

pub(crate) fn read<M: Message + Default>(body: &[u8]) -> Result<M, Broken> {
    M::decode(body).map_err(|_| UNREADABLE)
}

/// Answers a probe, if nobody has and its link is still there.
pub(crate) fn probed(turn: &mut Turn<'_>, probe: &Probe) {
    if let Some(except) = probe.answer() {
        say_probed(turn, probe.link, probe.nonce, except);
    }
}

fn say_probed(turn: &mut Turn<'_>, link: LinkId, nonce: u64, except: Vec<u32>) {
    if turn.shared.links.get(link).is_some() {
        let body = Some(q2g::q2g::Body::Probed(q2g::Probed { nonce, except }));
        wire::put_message(turn.out.links.buffer(link), &q2g::Q2g { body });
    }
}

//! `login`: a new session, a session that is resumed, or neither.

use std::rc::Rc;

use link::machine::LinkId;
use proto::class::TellKind;
use proto::codes::{Close, Status};
use proto::g2q;
use proto::ids::{Generation, Handle, Secret, SessionId};
use proto::q2g;
use proto::wire;

use super::policy::Refused;
use crate::machine::bucket::Bucket;
use crate::machine::links::Connection;
use crate::machine::local::Seat;
use crate::machine::state::logins::Client;
use crate::machine::state::people::{Session, SessionKey};
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::{Entry, Record, SessionStep};
use crate::machine::state::words::{Fence, Word};
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

impl Bucket {
    /// `login`: decided once, by the id that was drawn for it, which the handle stands for.
    pub(crate) fn login(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        login: &g2q::Login,
        (drawn, user): (SessionId, &Rc<str>),
    ) {
        let seat = Seat { link, handle: Handle::named(login.session) };
        let subject = ("login", user.as_bytes());
        let refusal = self.caught(turn, link, subject, |bucket, turn| {
            match bucket.decide_login(turn, seat, login, (drawn, user)) {
                Ok(key) => {
                    bucket.logged_in(turn, seat, drawn, key);
                    bucket.invite_again(turn, key);
                }
                Err(refused) => bucket.refuse_login(turn, seat, refused),
            }
        });
        if let Some(refusal) = refusal {
            self.refuse_login(turn, seat, Refused::by_bug(refusal));
        }
    }

    fn logged_in(&mut self, turn: &mut Turn<'_>, seat: Seat, drawn: SessionId, key: SessionKey) {
        let generation = self.bind(turn, seat, key);
        let id = self.state.people()[key].id;
        let floor = self.floor_of(turn, self.state.people().user_of(key), None);
        let body = q2g::LoggedIn {
            session: seat.handle.number(),
            status: Status::Ok.number(),
            generation: Generation::number_or_none(generation),
            resumed: id != drawn,
            session_id: id.0.to_vec(),
            floor: Generation::number_or_none(floor),
            ..q2g::LoggedIn::default()
        };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::LoggedIn(body)) };
        self.say(turn, seat.link, |out| wire::put_message(out, &message));
    }

    fn refuse_login(&mut self, turn: &mut Turn<'_>, seat: Seat, refused: Refused) {
        let body = q2g::LoggedIn {
            session: seat.handle.number(),
            status: refused.status.number(),
            error_message: refused.sentence.into_owned(),
            may_retry: refused.close.may_retry(),
            retry_after_ms: refused.retry_after_ms,
            code: u32::from(refused.close.number()),
            ..q2g::LoggedIn::default()
        };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::LoggedIn(body)) };
        self.say(turn, seat.link, |out| wire::put_message(out, &message));
    }

    fn decide_login(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        login: &g2q::Login,
        (drawn, user): (SessionId, &Rc<str>),
    ) -> Result<SessionKey, Refused> {
        let people = self.state.people();
        let known = people.find(drawn).filter(|key| people.user_of(*key) == user);
        if let Some(decided) = self.state.logins().decided(drawn, known) {
            self.attach_session(turn, decided, seat);
            return Ok(decided);
        }
        if let Some(close) = self.state.logins().over_by(drawn, known) {
            return Err(Refused::over(close));
        }
        if let Some(refusal) = self.stopped(true) {
            return Err(Refused::passing(refusal));
        }
        let decided = match self.state.logins().resumable(people, login, user) {
            _ if self.is_outrun(turn, login, user) => Err(Refused::outrun()),
            Some((named, secret)) => self.resume_session(turn, seat, login, drawn, (named, secret)),
            None if login.resume_only => Err(Refused::gone()),
            None if self.state.logins().is_late(self.state.people(), login, user) => {
                Err(Refused::late())
            }
            None => self.new_session(turn, seat, login, (drawn, user)),
        };
        if let Err(refused) = &decided {
            self.record(turn, Record::Refused { drawn, close: refused.close }, None);
        }
        decided
    }

    /// Whether a later `connect` of the same client came first: this one was on its way for longer,
    /// and would end or take over what its client has now, or what others have since it left.
    fn is_outrun(&self, turn: &Turn<'_>, login: &g2q::Login, name: &str) -> bool {
        if turn.shared.settings.faults().late_connects_win {
            return false;
        }
        let state = self.state.logins();
        let user = self.inbox_of(name).and_then(|inbox| state.user(inbox));
        let keys = user.map_or(&[][..], |user| &user.sessions);
        let mut logins = keys.iter().filter_map(|key| state.get(*key));
        logins.any(|own| own.client.has_outrun(login)) || state.is_outrun(name, login)
    }

    fn new_session(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        login: &g2q::Login,
        (drawn, name): (SessionId, &Rc<str>),
    ) -> Result<SessionKey, Refused> {
        turn.shared.admits().map_err(Refused::passing)?;
        let mut losers = Vec::new();
        if let Some(inbox) = self.inbox_of(name) {
            losers = self.losers(inbox, login)?;
            self.replace(turn, inbox, &losers)?;
        }
        let inbox = self.inbox(turn, name);
        let Some(key) = self.know(turn, (drawn, name), None, None) else {
            return Err(Refused::over(Close::HomeLost));
        };
        let generation = self.generation(self.outputs.next());
        turn.shared.counters.logins += 1;
        let user = self.state.logins().user(inbox);
        let is_first = user.is_none_or(|user| user.sessions.is_empty());
        let unix_ms = turn.unix_ms();
        let (entry, gone) = (entry_of(login, drawn, generation, unix_ms), losers.clone());
        let step = SessionStep::New { inbox, entry, losers: gone, unix_ms };
        self.change_session(turn, key, step);
        self.seats.insert(key, seat);
        self.enter_inbox(turn, inbox, key);
        if is_first {
            self.tell_of_session(turn, inbox, TellKind::UserOnline, (key, generation), "");
        }
        for loser in losers {
            self.end_session(turn, loser, "replaced", Close::Replaced);
        }
        Ok(key)
    }

    fn resume_session(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        login: &g2q::Login,
        drawn: SessionId,
        (key, named): (SessionKey, Secret),
    ) -> Result<SessionKey, Refused> {
        let name = self.state.people().user_of(key).clone();
        let inbox = self.inbox(turn, &name);
        self.replace(turn, inbox, &[key])?;
        let Some(own) = self.state.logins().present(key) else {
            return Err(Refused::over(Close::Resumed));
        };
        let (old_generation, is_swept) = (own.generation, own.sweep.is_some());
        let generation = self.generation(self.outputs.next());
        let floor = self.floor_of(turn, &name, Some(key));
        let heard = crate::machine::member::heard(turn, floor);
        let due_ms = self.now_ms(turn) + turn.shared.settings.grace_ms;
        self.carry_out();
        if !is_swept {
            self.wake_at(turn, due_ms, Timer::Sweep(self.outputs.bucket().prefix(), key));
        }
        let is_early = turn.shared.settings.faults().secret_rotated_early;
        let by = Some(named).filter(|_| !is_early);
        let entry = entry_of(login, drawn, generation, turn.unix_ms());
        let step = SessionStep::Resumed { inbox, entry, floor: heard, by, due_ms };
        self.change_session(turn, key, step);
        let left = self.seats.insert(key, seat);
        turn.shared.counters.resumes += 1;
        if let Some(left) = left {
            let meaning = Close::Resumed.row().meaning;
            self.kick(turn, left, Close::Resumed, meaning, old_generation);
        }
        self.fence_rooms(turn, inbox, key, Fence { generation, floor });
        Ok(key)
    }

    /// Every room that noted the session hears of its new generation, and so does its inbox.
    fn fence_rooms(
        &mut self,
        turn: &mut Turn<'_>,
        inbox: QueueIndex,
        key: SessionKey,
        fence: Fence,
    ) {
        self.unseat_below(turn, inbox, key, Some(fence.generation));
        if turn.shared.settings.faults().fence_skipped {
            return;
        }
        for noted in self.noted_of(key) {
            self.keep_word(turn, Word::Fence(noted, fence));
        }
    }

    /// From here on the handle stands for this session under its generation.
    fn bind(&mut self, turn: &mut Turn<'_>, seat: Seat, key: SessionKey) -> Option<Generation> {
        let generation = self.state.logins().get(key).map(|login| login.generation);
        let Some(state) = turn.shared.links.get_mut(seat.link) else { return generation };
        if let Some(introduced) = state.introduced(seat.handle) {
            let Session { id, .. } = self.state.people()[key];
            introduced.connection = Connection { id, generation, ..introduced.connection };
            introduced.hints.set(self.outputs.bucket(), key);
        }
        generation
    }
}

/// What a login brings, under the generation that it is given.
fn entry_of(login: &g2q::Login, drawn: SessionId, generation: Generation, unix_ms: u64) -> Entry {
    let (secret, expires_unix_ms) = (secret_of(login), login.expires_unix_ms);
    let client = Box::new(Client::of(login, unix_ms));
    Entry { generation, drawn, secret, expires_unix_ms, client }
}

/// The secret that a login brings; without one its session can't be resumed.
fn secret_of(login: &g2q::Login) -> Option<Secret> {
    login.secret.as_slice().try_into().ok().map(Secret)
}

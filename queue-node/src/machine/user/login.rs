//! `login`: a new session, a session that is resumed, or neither.

use link::machine::LinkId;
use proto::class::TellKind;
use proto::codes::{Close, Status};
use proto::g2q;
use proto::ids::{Handle, Secret, SessionId};
use proto::name;
use proto::q2g;
use proto::wire;

use super::policy::Refused;
use super::{Client, Login, Sweep, client_name};
use crate::machine::bucket::Bucket;
use crate::machine::links::Connection;
use crate::machine::local::Seat;
use crate::machine::room::LOGIN_BYTES;
use crate::machine::state::people::{Session, SessionKey};
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::Record;
use crate::machine::tells::{Fence, Word};
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

impl Bucket {
    /// `login`: decided once, by the id that was drawn for it, which the handle stands for.
    pub(crate) fn login(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        login: &g2q::Login,
        key: SessionKey,
    ) {
        let (session, seat) = (login.session, Seat { link, handle: Handle::named(login.session) });
        let drawn = self.state.people()[key].id;
        let decided = self.decide_login(turn, seat, login, key);
        let goes_on = decided.as_ref().ok().copied();
        let word = match decided {
            Ok(key) => {
                let generation = self.bind(turn, seat, key);
                let user = self.state.people().user_of(key).clone();
                let id = self.state.people()[key].id;
                q2g::LoggedIn {
                    session,
                    status: Status::Ok.number(),
                    generation,
                    resumed: id != drawn,
                    session_id: id.0.to_vec(),
                    floor: self.floor_of(turn, &user),
                    ..q2g::LoggedIn::default()
                }
            }
            Err(refused) => q2g::LoggedIn {
                session,
                status: refused.status.number(),
                error_message: refused.sentence.into_owned(),
                may_retry: refused.close.may_retry(),
                retry_after_ms: refused.retry_after_ms,
                code: u32::from(refused.close.number()),
                ..q2g::LoggedIn::default()
            },
        };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::LoggedIn(word)) };
        self.say(turn, link, |out| wire::put_message(out, &message));
        if let Some(key) = goes_on {
            self.invite_again(turn, key);
        }
    }

    fn decide_login(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        login: &g2q::Login,
        key: SessionKey,
    ) -> Result<SessionKey, Refused> {
        let drawn = self.state.people()[key].id;
        if let Some(decided) = self.users.decided(drawn, key) {
            self.attach_session(turn, decided, seat);
            return Ok(decided);
        }
        if let Some(close) = self.users.over_by(drawn, Some(key)) {
            return Err(Refused::over(close));
        }
        let decided = match self.users.resumable(self.state.people(), login, key) {
            _ if self.is_outrun(turn, login, key) => Err(Refused::outrun()),
            Some((named, secret)) => self.resume_session(turn, seat, login, drawn, (named, secret)),
            None if login.resume_only => Err(Refused::gone()),
            None if self.users.is_late(self.state.people(), login, key) => Err(Refused::late()),
            None => self.new_session(turn, seat, login, key),
        };
        if let Err(refused) = &decided {
            self.record(turn, Record::Beside, None);
            self.users.over.remember(turn.now.ms, drawn, refused.close);
        }
        decided
    }

    /// Whether a later `connect` of the same client came first: this one was on its way for longer,
    /// and would end or take over what its client has now, or what others have since it left.
    fn is_outrun(&self, turn: &Turn<'_>, login: &g2q::Login, key: SessionKey) -> bool {
        if turn.shared.settings.faults.late_connects_win {
            return false;
        }
        let name = self.state.people().user_of(key);
        let user = self.inbox_of(name).and_then(|inbox| self.users.users.get(&inbox));
        let keys = user.map_or(&[][..], |user| &user.sessions);
        let mut logins = keys.iter().filter_map(|key| self.users.logins.get(key));
        let gone = self.users.attempts.get(&client_name(name, &login.client_id));
        logins.any(|own| own.client.has_outrun(login))
            || gone.is_some_and(|newest| login.attempt < *newest)
    }

    fn new_session(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        login: &g2q::Login,
        key: SessionKey,
    ) -> Result<SessionKey, Refused> {
        turn.shared.admits().map_err(Refused::full)?;
        let inbox = self.inbox(turn, key);
        let losers = self.losers(inbox, login)?;
        self.replace(turn, inbox, &losers)?;
        let generation = self.generation(self.outputs.next());
        self.know_own(turn, key, (generation, 0), false);
        self.record(turn, Record::Used { session: key, more: true }, None);
        turn.shared.counters.logins += 1;
        let record = Login {
            generation,
            drawn: self.state.people()[key].id,
            secret: secret_of(login),
            before: None,
            left_behind: Vec::new(),
            confirmed: false,
            expires_unix_ms: login.expires_unix_ms,
            seat: Some(seat),
            detached_ms: 0,
            closed_by: 0,
            client: Box::new(Client::of(login, turn.now.unix_ms)),
            notes: Vec::new(),
            ending: None,
            sweep: None,
            below: 0,
        };
        self.users.logins.insert(key, record);
        turn.shared.counted(0, LOGIN_BYTES);
        let user = self.users.users.entry(inbox).or_default();
        let is_first = user.sessions.is_empty();
        if is_first {
            user.since_unix_ms = turn.now.unix_ms;
        }
        user.sessions.retain(|other| !losers.contains(other));
        user.sessions.push(key);
        self.enter_inbox(turn, inbox, key);
        if is_first {
            self.tell_of_session(turn, inbox, TellKind::UserOnline, key, "");
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
        let inbox = self.inbox(turn, key);
        self.replace(turn, inbox, &[key])?;
        let generation = self.generation(self.outputs.next());
        self.know_own(turn, key, (generation, 0), false);
        let faults = turn.shared.settings.faults;
        let due_ms = turn.now.ms + turn.shared.settings.grace_ms;
        if self.users.logins.get(&key).is_some_and(|own| !own.client.is_of(login)) {
            self.users.client_gone(turn.now.ms, self.state.people().user_of(key), key);
        }
        let Some(record) = self.users.present(key) else {
            return Err(Refused::over(Close::Resumed));
        };
        let (left, old_generation) = (record.seat.replace(seat), record.generation);
        let before = std::mem::replace(&mut record.drawn, drawn);
        record.generation = generation;
        record.secret = secret_of(login);
        let older = record.before.replace(named).filter(|older| *older != named);
        record.leave_behind(older);
        if faults.secret_rotated_early {
            record.before = None;
        }
        record.confirmed = false;
        record.expires_unix_ms = login.expires_unix_ms;
        let since_unix_ms = record.client.since_unix_ms;
        *record.client = Client::of(login, since_unix_ms);
        if record.sweep.is_none() {
            record.sweep = Some(Sweep { generation, due_ms });
            turn.shared.timers.set(due_ms, Timer::Sweep(self.outputs.bucket().prefix(), key));
        }
        self.users.drawn.remove(&before);
        self.users.drawn.insert(drawn, key);
        self.users.over.remember(turn.now.ms, before, Close::Resumed);
        if let Some(user) = self.users.users.get_mut(&inbox) {
            user.sessions.retain(|other| *other != key);
            user.sessions.push(key);
        }
        turn.shared.counters.resumes += 1;
        if let Some(left) = left {
            let word = Close::Resumed.row().meaning;
            self.kick(turn, left, Close::Resumed, word, old_generation);
        }
        self.fence_rooms(turn, inbox, key, generation);
        Ok(key)
    }

    /// Every room that noted the session hears of its new generation, and so does its inbox.
    fn fence_rooms(
        &mut self,
        turn: &mut Turn<'_>,
        inbox: QueueIndex,
        key: SessionKey,
        generation: u64,
    ) {
        let user = self.state.people().user_of(key).clone();
        let floor = self.floor_of(turn, &user);
        self.know_own(turn, key, (generation, floor), false);
        self.unseat_below(turn, inbox, key, generation);
        if turn.shared.settings.faults.fence_skipped {
            return;
        }
        let notes = self.users.logins.get(&key).map(|login| login.notes.clone());
        for noted in notes.unwrap_or_default() {
            let to = name::hash(noted.room.as_bytes());
            self.tell(turn, to, Word::Fence(noted, Fence { generation, floor }));
        }
    }

    /// From here on the handle stands for this session under its generation.
    fn bind(&mut self, turn: &mut Turn<'_>, seat: Seat, key: SessionKey) -> u64 {
        let generation = self.users.logins.get(&key).map_or(0, |login| login.generation);
        let Some(state) = turn.shared.links.get_mut(seat.link) else { return generation };
        if let Some(introduced) = state.introduced(seat.handle) {
            let Session { id, .. } = self.state.people()[key];
            introduced.connection = Connection { id, generation, ..introduced.connection };
            introduced.hint = Some(key);
        }
        generation
    }
}

/// The secret that a login brings; without one its session can't be resumed.
fn secret_of(login: &g2q::Login) -> Option<Secret> {
    login.secret.as_slice().try_into().ok().map(Secret)
}

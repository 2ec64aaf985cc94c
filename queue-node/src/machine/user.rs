//! User queues: who is logged in, and which rooms each session is in. The design is
//! `docs/sessions.md`.

mod connection;
mod inbox;
mod info;
mod login;
mod notes;
mod policy;
mod remembered;

pub(crate) use inbox::user_hash;

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;
use proto::class::TellKind;
use proto::codes::Close;
use proto::g2q;
use proto::ids::{Secret, SessionId};
use proto::seeded::Seed;
use proto::{limits, name};

use super::application::About;
use super::bucket::Bucket;
use super::hashing::Numbers;
use super::local::Seat;
use super::state::people::{People, SessionKey};
use super::state::queue::QueueIndex;
use super::state::record::Record;
use super::tells::{End, Noted, Word};
use super::turn::Turn;
use remembered::Remembered;

/// The user queues of a bucket, but their inboxes.
#[derive(Debug)]
pub(crate) struct UserQueues {
    logins: IndexMap<SessionKey, Login, Numbers>,
    /// Sessions that were resumed, by the id that their newest login drew.
    drawn: HashMap<SessionId, SessionKey, Seed>,
    /// Users, for as long as they have an inbox.
    users: HashMap<QueueIndex, User, Numbers>,
    /// Ids that logins drew and that are over: what each was closed with. A lane may send its login
    /// again.
    over: Remembered<SessionId, Close>,
    /// Clients whose session has ended: the number of the `connect` that came last of each. An
    /// earlier one of theirs may still be on its way.
    attempts: Remembered<Rc<str>, u32>,
}

/// A session's record in its user queue.
#[derive(Debug)]
struct Login {
    generation: u64,
    /// The id that was drawn by the login which gave the generation.
    drawn: SessionId,
    /// None: it can't be resumed.
    secret: Option<Secret>,
    /// The one that was good before, until the client is known to have the new one.
    before: Option<Secret>,
    confirmed: bool,
    /// Secrets before those, the newest last: their client is known to have had a newer one.
    left_behind: Vec<Secret>,
    /// When the credentials end that were brought last; 0: never.
    expires_unix_ms: u64,
    /// The connection that speaks for it; none: it is detached.
    seat: Option<Seat>,
    detached_ms: u64,
    /// What its newest connection was closed with; 0: it ended without a word, or is there.
    closed_by: u16,
    client: Box<Client>,
    /// The rooms that said it is in them, and haven't said it is no more.
    notes: Vec<Noted>,
    /// It is over, and the rooms in `notes` are being told.
    ending: Option<Close>,
    sweep: Option<Sweep>,
    /// Rooms where it took its seat under a lower generation have been swept.
    below: u64,
}

/// What a client said of itself, and who brought it.
#[derive(Debug)]
struct Client {
    gateway: String,
    name: String,
    version: String,
    /// Its id, and the number of the `connect` that came last; an empty id isn't known.
    id: String,
    attempt: u32,
    since_unix_ms: u64,
}

/// What a resume left behind is to be taken out of rooms.
#[derive(Debug, Clone, Copy)]
struct Sweep {
    generation: u64,
    due_ms: u64,
}

/// A user.
#[derive(Debug, Default)]
struct User {
    /// The sessions that aren't over, in the order of their generations.
    sessions: Vec<SessionKey>,
    /// When the first of the sessions came, or the last one ended.
    since_unix_ms: u64,
}

impl UserQueues {
    /// None yet.
    pub(crate) fn new(seed: Seed) -> UserQueues {
        let (logins, users) = (IndexMap::default(), HashMap::default());
        let (over, attempts) = (Remembered::new(seed), Remembered::new(seed));
        UserQueues { logins, drawn: HashMap::with_hasher(seed), users, over, attempts }
    }

    /// All sessions that have a record.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = SessionKey> {
        self.logins.keys().copied()
    }

    /// The inbox of a user is no more.
    pub(crate) fn forget_user(&mut self, inbox: QueueIndex) {
        self.users.remove(&inbox);
    }

    /// Forgets what was over before that moment.
    pub(crate) fn trim(&mut self, before_ms: u64) {
        self.over.trim(before_ms);
        self.attempts.trim(before_ms);
    }

    /// The newest generation of a session that has a record.
    #[cfg(test)]
    pub(crate) fn generation_of(&self, key: SessionKey) -> Option<u64> {
        self.logins.get(&key).map(|login| login.generation)
    }

    /// What they take, but the names in them.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let notes = |login: &Login| login.notes.capacity() * size_of::<Noted>();
        let logins = self.logins.values().map(notes).sum::<usize>();
        let users = self.users.capacity() * size_of::<(QueueIndex, User)>();
        logins + self.logins.capacity() * size_of::<(SessionKey, Login, usize)>() + users
    }

    /// The session is no more that of the client which came by its newest `connect`.
    fn client_gone(&mut self, now_ms: u64, user: &str, key: SessionKey) {
        let Some(login) = self.logins.get(&key) else { return };
        let Client { id, attempt, .. } = &*login.client;
        if !id.is_empty() {
            let name = client_name(user, id);
            let before = self.attempts.get(&name).copied().unwrap_or_default();
            self.attempts.remember(now_ms, name, before.max(*attempt));
        }
    }

    /// The record of a session that isn't over.
    fn present(&mut self, key: SessionKey) -> Option<&mut Login> {
        self.logins.get_mut(&key).filter(|login| login.ending.is_none())
    }

    /// The session whose newest generation the login of this drawn id gave.
    fn decided(&self, id: SessionId, key: SessionKey) -> Option<SessionKey> {
        let found = self.drawn.get(&id).copied().unwrap_or(key);
        let login = self.logins.get(&found)?;
        (login.drawn == id && login.ending.is_none()).then_some(found)
    }

    /// What an id is over by, if it is.
    fn over_by(&self, id: SessionId, key: Option<SessionKey>) -> Option<Close> {
        self.over.get(&id).copied().or_else(|| {
            let login = self.logins.get(&key?)?;
            Some(login.ending.unwrap_or(Close::Resumed))
        })
    }

    /// The session that a login names and has the secret of, and that secret.
    fn resumable(
        &self,
        people: &People,
        login: &g2q::Login,
        key: SessionKey,
    ) -> Option<(SessionKey, Secret)> {
        let id = SessionId::try_from(&*login.resume_session_id).ok()?;
        let secret = Secret(login.resume_secret.as_slice().try_into().ok()?);
        let named = people.find(id)?;
        let own = self.logins.get(&named)?;
        let is_theirs = people[named].user == people[key].user;
        (is_theirs && own.has(secret)).then_some((named, secret))
    }

    /// Whether a login names a session that goes on, by a secret that its client has left behind:
    /// it comes late, and the client is there already.
    fn is_late(&self, people: &People, login: &g2q::Login, key: SessionKey) -> bool {
        let named = SessionId::try_from(&*login.resume_session_id).ok();
        let Some(named) = named.and_then(|id| people.find(id)) else { return false };
        let Ok(secret) = login.resume_secret.as_slice().try_into().map(Secret) else {
            return false;
        };
        let is_theirs = people[named].user == people[key].user;
        is_theirs && self.logins.get(&named).is_some_and(|own| own.has_left_behind(secret))
    }
}

/// A client's id is its own only together with its user: neither has a byte 0.
fn client_name(user: &str, client: &str) -> Rc<str> {
    format!("{client}\0{user}").into()
}

impl Bucket {
    /// The session is over: its lane and every room that noted it are told.
    fn end_session(&mut self, turn: &mut Turn<'_>, key: SessionKey, reason: &str, close: Close) {
        let now_ms = turn.now.ms;
        let Some(login) = self.users.present(key) else { return };
        login.ending = Some(close);
        let (seat, generation, drawn) = (login.seat.take(), login.generation, login.drawn);
        let notes = login.notes.clone();
        let id = self.state.people()[key].id;
        self.users.drawn.remove(&drawn);
        self.users.over.remember(now_ms, drawn, close);
        self.users.over.remember(now_ms, id, close);
        self.record(turn, Record::Beside, None);
        let faults = turn.shared.settings.faults;
        let is_unsaid = faults.loser_unsaid && close == Close::Replaced;
        if let Some(seat) = seat.filter(|_| !is_unsaid) {
            let word = if close == Close::Forbidden { reason } else { close.row().meaning };
            self.kick(turn, seat, close, word, generation);
        }
        let user = self.state.people().user_of(key).clone();
        self.users.client_gone(now_ms, &user, key);
        self.leave_user(turn, &user, key, (reason, close));
        let floor = self.floor_of(turn, &user);
        self.know_own(turn, key, (0, floor), true);
        if !faults.ended_forgotten && !is_unsaid {
            let reason: Rc<str> = reason.into();
            for noted in notes {
                let to = name::hash(noted.room.as_bytes());
                let end = End { reason: reason.clone(), below: 0, floor };
                self.tell(turn, to, Word::Ended(noted, end));
            }
        }
        self.forget_if_done(turn, key);
    }

    /// The session doesn't count any more, and has no inbox.
    fn leave_user(
        &mut self,
        turn: &mut Turn<'_>,
        user: &str,
        key: SessionKey,
        (reason, close): (&str, Close),
    ) {
        let Some(inbox) = self.inbox_of(user) else { return };
        if self.state.queue(inbox).class.tells(TellKind::Closed) {
            let lost = self.users.logins.get(&key).map_or(0, |login| login.closed_by);
            // What a connection was closed with that was lost only its lane knows.
            let code = match (close, lost) {
                (Close::HomeLost, 0) => reason.to_owned(),
                (Close::HomeLost, code) => code.to_string(),
                (close, _) => close.number().to_string(),
            };
            self.tell_of_session(turn, inbox, TellKind::Closed, key, &code);
        }
        if let Some(user) = self.users.users.get_mut(&inbox) {
            let was_there = user.sessions.contains(&key);
            user.sessions.retain(|other| *other != key);
            if was_there && user.sessions.is_empty() {
                user.since_unix_ms = turn.now.unix_ms;
                self.tell_of_session(turn, inbox, TellKind::UserOffline, key, reason);
            }
        }
        if self.state.queue(inbox).members.contains(key) {
            self.remove_session(turn, inbox, key, reason, super::join::Leaving::Ended);
        }
    }

    /// Tells the web application of a session, if the user queue's class says so.
    fn tell_of_session(
        &mut self,
        turn: &mut Turn<'_>,
        inbox: QueueIndex,
        kind: TellKind,
        key: SessionKey,
        reason: &str,
    ) {
        let generation = self.users.logins.get(&key).map_or(0, |login| login.generation);
        let session = Some(self.state.people()[key].id);
        let user = self.state.people().user_of(key).clone();
        let about = About { seq: 0, user: &user, session, generation, reason };
        self.tell_application(turn, inbox, kind, about);
    }

    /// The lowest generation of the user that isn't over; with none left, the next one.
    fn floor_of(&self, turn: &Turn<'_>, user: &str) -> u64 {
        if turn.shared.settings.faults.loser_unsaid {
            return 0;
        }
        let user = self.inbox_of(user).and_then(|inbox| self.users.users.get(&inbox));
        let lowest = user.and_then(|user| self.users.logins.get(user.sessions.first()?));
        match lowest {
            Some(login) => login.generation,
            None => self.generation(self.outputs.next()),
        }
    }

    /// The generation that this record gives.
    fn generation(&self, n: u64) -> u64 {
        (self.outputs.epochs().loss << 40) + n
    }

    fn forget_if_done(&mut self, turn: &mut Turn<'_>, key: SessionKey) {
        let faults = turn.shared.settings.faults;
        let forgotten = faults.ended_forgotten || faults.loser_unsaid;
        let is_done =
            self.users.logins.get(&key).is_some_and(|login| {
                login.ending.is_some() && (login.notes.is_empty() || forgotten)
            });
        if is_done {
            self.users.logins.swap_remove(&key);
            turn.shared.counted(super::room::LOGIN_BYTES, 0);
            self.record(turn, Record::Used { session: key, more: false }, None);
        }
    }
}

impl Login {
    /// Whether it can be resumed with this secret.
    fn has(&self, secret: Secret) -> bool {
        let is_good = |good: Option<Secret>| good.is_some_and(|good| is_same(good, secret));
        self.ending.is_none() && (is_good(self.secret) | is_good(self.before))
    }

    /// Whether its client once had this secret.
    fn has_left_behind(&self, secret: Secret) -> bool {
        let were = self.left_behind.iter().fold(false, |were, one| were | is_same(*one, secret));
        self.ending.is_none() && were
    }

    /// The client is known to have a newer secret than this.
    fn leave_behind(&mut self, secret: Option<Secret>) {
        let Some(secret) = secret else { return };
        if self.left_behind.len() == limits::SECRETS_LEFT_BEHIND_MAX {
            self.left_behind.remove(0);
        }
        self.left_behind.push(secret);
    }
}

impl Client {
    fn of(login: &g2q::Login, since_unix_ms: u64) -> Client {
        let gateway = clipped(&login.gateway, limits::NODE_ID_BYTES_MAX);
        let name = clipped(&login.client_name, limits::CLIENT_NAME_BYTES_MAX);
        let version = clipped(&login.client_version, limits::CLIENT_NAME_BYTES_MAX);
        let id = clipped(&login.client_id, limits::CLIENT_ID_BYTES_MAX);
        Client { gateway, name, version, id, attempt: login.attempt, since_unix_ms }
    }

    /// Whether it is the client of this login.
    fn is_of(&self, login: &g2q::Login) -> bool {
        !self.id.is_empty() && self.id == login.client_id
    }

    /// Whether the client of this login has already come by a later attempt than this one.
    fn has_outrun(&self, login: &g2q::Login) -> bool {
        self.is_of(login) && login.attempt < self.attempt
    }
}

/// The beginning of a text that is no longer than this.
fn clipped(text: &str, bytes_max: usize) -> String {
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}

/// Whether two secrets are the same, in the same time wherever they differ.
fn is_same(one: Secret, other: Secret) -> bool {
    one.0.iter().zip(other.0).fold(0, |unlike, (a, b)| unlike | (a ^ b)) == 0
}

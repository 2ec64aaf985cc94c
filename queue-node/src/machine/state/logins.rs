//! Who is logged in: the sessions' records at their user queues.

use std::collections::HashMap;
use std::rc::Rc;

use proto::codes::Close;
use proto::g2q;
use proto::ids::{Generation, Secret, SessionId};
use proto::limits;
use proto::seeded::Seed;

use super::aging::Aging;
use super::people::{People, SessionKey};
use super::queue::QueueIndex;
use super::record::{Entry, SessionStep, Stamp};
use super::words::Note;
use crate::machine::hashing::Numbers;

mod anew;
mod items;

pub(super) use anew::Deadlines;

/// The user queues of a bucket, but their inboxes.
#[derive(Debug)]
pub(crate) struct Logins {
    logins: HashMap<SessionKey, Login, Numbers>,
    /// Sessions that were resumed, by the id that their newest login drew.
    drawn: HashMap<SessionId, SessionKey, Seed>,
    /// Users, for as long as they have an inbox.
    users: HashMap<QueueIndex, User, Numbers>,
    /// Ids that logins drew and that are over: what each was closed with. A lane may send its login
    /// again.
    over: Aging<SessionId, Close>,
    /// Clients whose session has ended: the number of the `connect` that came last of each. An
    /// earlier one of theirs may still be on its way.
    attempts: Aging<Rc<str>, u32>,
}

/// A session's record in its user queue.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) generation: Generation,
    /// The id that was drawn by the login which gave the generation.
    drawn: SessionId,
    /// None: it can't be resumed.
    secret: Option<Secret>,
    /// The one that was good before, until the client is known to have the new one.
    before: Option<Secret>,
    pub(crate) confirmed: bool,
    /// Secrets before those, the newest last: their client is known to have had a newer one.
    left_behind: Vec<Secret>,
    /// When the credentials end that were brought last; 0: never.
    pub(crate) expires_unix_ms: u64,
    /// Since when no connection speaks for it; nothing: one does.
    pub(crate) detached_ms: Option<u64>,
    /// What its newest connection was closed with; 0: it ended without a word, or is there.
    pub(crate) closed_by: u16,
    pub(crate) client: Box<Client>,
    /// The rooms that said it is in them, and haven't said it is no more.
    pub(crate) notes: Vec<Note>,
    /// It is over, and the rooms in `notes` are being told.
    pub(crate) ending: Option<Close>,
    pub(crate) sweep: Option<Sweep>,
    /// Rooms where it took its seat under a lower generation have been swept.
    pub(crate) below: Option<Generation>,
}

/// What a client said of itself, and who brought it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) gateway: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its id, and the number of the `connect` that came last; an empty id isn't known.
    pub(super) id: String,
    pub(super) attempt: u32,
    pub(crate) since_unix_ms: u64,
}

/// What a resume left behind is to be taken out of rooms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweep {
    pub(crate) generation: Generation,
    pub(crate) due_ms: u64,
}

/// A user.
#[derive(Debug, Default)]
pub(crate) struct User {
    /// The sessions that aren't over, in the order of their generations.
    pub(crate) sessions: Vec<SessionKey>,
    /// When the first of the sessions came, or the last one ended.
    pub(crate) since_unix_ms: u64,
}

impl Logins {
    /// None yet.
    pub(super) fn new(seed: Seed) -> Logins {
        let (logins, users) = (HashMap::default(), HashMap::default());
        let (over, attempts) = (Aging::new(seed), Aging::new(seed));
        Logins { logins, drawn: HashMap::with_hasher(seed), users, over, attempts }
    }

    /// The record of a session.
    pub(crate) fn get(&self, key: SessionKey) -> Option<&Login> {
        self.logins.get(&key)
    }

    /// The record of a session that isn't over.
    pub(crate) fn present(&self, key: SessionKey) -> Option<&Login> {
        self.logins.get(&key).filter(|login| login.ending.is_none())
    }

    /// The user of an inbox.
    pub(crate) fn user(&self, inbox: QueueIndex) -> Option<&User> {
        self.users.get(&inbox)
    }

    /// How many sessions have a record.
    pub(crate) fn len(&self) -> usize {
        self.logins.len()
    }

    /// What they take, but the names in them.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let notes = |login: &Login| login.notes.capacity() * size_of::<Note>();
        let logins = self.logins.values().map(notes).sum::<usize>();
        let users = self.users.capacity() * size_of::<(QueueIndex, User)>();
        logins + self.logins.capacity() * size_of::<(SessionKey, Login)>() + users
    }

    /// The session whose newest generation the login of this drawn id gave.
    pub(crate) fn decided(&self, id: SessionId, key: Option<SessionKey>) -> Option<SessionKey> {
        let found = self.drawn.get(&id).copied().or(key)?;
        let login = self.logins.get(&found)?;
        (login.drawn == id && login.ending.is_none()).then_some(found)
    }

    /// What an id is over by, if it is.
    pub(crate) fn over_by(&self, id: SessionId, key: Option<SessionKey>) -> Option<Close> {
        self.over.get(&id).copied().or_else(|| {
            let login = self.logins.get(&key?)?;
            Some(login.ending.unwrap_or(Close::Resumed))
        })
    }

    /// The session that a login names and has the secret of, and that secret.
    pub(crate) fn resumable(
        &self,
        people: &People,
        login: &g2q::Login,
        user: &str,
    ) -> Option<(SessionKey, Secret)> {
        let id = SessionId::try_from(&*login.resume_session_id).ok()?;
        let secret = Secret(login.resume_secret.as_slice().try_into().ok()?);
        let named = people.find(id)?;
        let own = self.logins.get(&named)?;
        let is_theirs = **people.user_of(named) == *user;
        (is_theirs && own.has(secret)).then_some((named, secret))
    }

    /// Whether a login names a session that goes on, by a secret that its client has left behind:
    /// it comes late, and the client is there already.
    pub(crate) fn is_late(&self, people: &People, login: &g2q::Login, user: &str) -> bool {
        let named = SessionId::try_from(&*login.resume_session_id).ok();
        let Some(named) = named.and_then(|id| people.find(id)) else { return false };
        let Ok(secret) = login.resume_secret.as_slice().try_into().map(Secret) else {
            return false;
        };
        let is_theirs = **people.user_of(named) == *user;
        is_theirs && self.logins.get(&named).is_some_and(|own| own.has_left_behind(secret))
    }

    /// Whether the client of a login has come by a later `connect`, and the session of that has
    /// ended since.
    pub(crate) fn is_outrun(&self, user: &str, login: &g2q::Login) -> bool {
        let gone = self.attempts.get(&client_name(user, &login.client_id));
        gone.is_some_and(|newest| login.attempt < *newest)
    }

    /// Makes of a session's record what is said of it.
    pub(super) fn apply(
        &mut self,
        at: Stamp,
        (key, id, user): (SessionKey, SessionId, &str),
        step: SessionStep,
    ) {
        match step {
            SessionStep::New { inbox, entry, losers, unix_ms } => {
                self.begin(key, (inbox, losers), entry, unix_ms);
            }
            SessionStep::Resumed { inbox, entry, by, due_ms, .. } => {
                self.resume(at, (key, user), inbox, entry, (by, due_ms));
            }
            SessionStep::Ended { inbox, close, unix_ms, .. } => {
                self.end(at, (key, id, user), inbox, close, unix_ms);
            }
            SessionStep::Attached
            | SessionStep::Detached { .. }
            | SessionStep::Confirmed
            | SessionStep::Expires { .. }
            | SessionStep::Swept { .. } => {
                if let Some(login) = self.logins.get_mut(&key) {
                    login.apply(at, step);
                }
            }
        }
    }

    /// A room has a session.
    pub(super) fn note(&mut self, key: SessionKey, note: Note) {
        if let Some(login) = self.logins.get_mut(&key) {
            login.note(note);
        }
    }

    /// A room has it no more.
    pub(super) fn unnote(&mut self, key: SessionKey, note: &Note) {
        if let Some(login) = self.logins.get_mut(&key) {
            login.unnote(note);
        }
    }

    fn begin(
        &mut self,
        key: SessionKey,
        (inbox, losers): (QueueIndex, Vec<SessionKey>),
        entry: Entry,
        unix_ms: u64,
    ) {
        let user = self.users.entry(inbox).or_default();
        if user.sessions.is_empty() {
            user.since_unix_ms = unix_ms;
        }
        user.sessions.retain(|other| !losers.contains(other));
        user.sessions.push(key);
        self.logins.insert(key, Login::of(entry));
    }

    fn resume(
        &mut self,
        at: Stamp,
        (key, user): (SessionKey, &str),
        inbox: QueueIndex,
        entry: Entry,
        (by, due_ms): (Option<Secret>, u64),
    ) {
        let drawn = entry.drawn;
        if self.logins.get(&key).is_some_and(|own| own.client.id != entry.client.id) {
            self.client_gone(at, user, key);
        }
        let Some(login) = self.logins.get_mut(&key) else { return };
        let before = login.resume(entry, by, due_ms);
        self.drawn.remove(&before);
        self.drawn.insert(drawn, key);
        self.over.remember(at.at_ms, before, Close::Resumed);
        if let Some(user) = self.users.get_mut(&inbox) {
            user.sessions.retain(|other| *other != key);
            user.sessions.push(key);
        }
    }

    fn end(
        &mut self,
        at: Stamp,
        (key, id, user): (SessionKey, SessionId, &str),
        inbox: Option<QueueIndex>,
        close: Close,
        unix_ms: u64,
    ) {
        let Some(login) = self.logins.get_mut(&key) else { return };
        login.ending = Some(close);
        login.detached_ms.get_or_insert(at.at_ms);
        let drawn = login.drawn;
        self.drawn.remove(&drawn);
        self.over.remember(at.at_ms, drawn, close);
        self.over.remember(at.at_ms, id, close);
        self.client_gone(at, user, key);
        if let Some(user) = inbox.and_then(|inbox| self.users.get_mut(&inbox))
            && user.sessions.contains(&key)
        {
            user.sessions.retain(|other| *other != key);
            if user.sessions.is_empty() {
                user.since_unix_ms = unix_ms;
            }
        }
    }

    /// The session is no more that of the client which came by its newest `connect`.
    fn client_gone(&mut self, at: Stamp, user: &str, key: SessionKey) {
        let Some(login) = self.logins.get(&key) else { return };
        let Client { id, attempt, .. } = &*login.client;
        if !id.is_empty() {
            let name = client_name(user, id);
            let before = self.attempts.get(&name).copied().unwrap_or_default();
            self.attempts.remember(at.at_ms, name, before.max(*attempt));
        }
    }

    /// A login was refused: the id that it drew is over.
    pub(super) fn refuse(&mut self, at: Stamp, drawn: SessionId, close: Close) {
        self.over.remember(at.at_ms, drawn, close);
    }

    /// Takes out a session that is over, when every room has heard so. False: it isn't.
    pub(super) fn forget_if_done(&mut self, key: SessionKey) -> bool {
        let is_done = |login: &Login| login.ending.is_some() && login.notes.is_empty();
        let is_done = self.logins.get(&key).is_some_and(is_done);
        if is_done {
            self.logins.remove(&key);
        }
        is_done
    }

    /// The inbox of a user is no more.
    pub(super) fn forget_user(&mut self, inbox: QueueIndex) {
        self.users.remove(&inbox);
    }

    /// When the oldest of what is over was so.
    pub(super) fn oldest_ms(&self) -> Option<u64> {
        self.over.oldest_ms().into_iter().chain(self.attempts.oldest_ms()).min()
    }

    /// Forgets what was over before that moment.
    pub(super) fn trim(&mut self, before_ms: u64) {
        self.over.trim(before_ms);
        self.attempts.trim(before_ms);
    }
}

/// A client's id is its own only together with its user: neither has a byte 0.
fn client_name(user: &str, client: &str) -> Rc<str> {
    format!("{client}\0{user}").into()
}

impl Login {
    fn of(entry: Entry) -> Login {
        let Entry { generation, drawn, secret, expires_unix_ms, client } = entry;
        Login { generation, secret, expires_unix_ms, ..Login::empty(drawn, client) }
    }

    /// Of a client, and nothing else is said yet.
    fn empty(drawn: SessionId, client: Box<Client>) -> Login {
        Login {
            generation: Generation::FIRST,
            drawn,
            secret: None,
            before: None,
            confirmed: false,
            left_behind: Vec::new(),
            expires_unix_ms: 0,
            detached_ms: None,
            closed_by: 0,
            client,
            notes: Vec::new(),
            ending: None,
            sweep: None,
            below: None,
        }
    }

    /// It goes on on another connection, whose login named this secret: the id that was drawn
    /// before.
    fn resume(&mut self, entry: Entry, by: Option<Secret>, due_ms: u64) -> SessionId {
        let Entry { generation, drawn, secret, expires_unix_ms, client } = entry;
        let before = std::mem::replace(&mut self.drawn, drawn);
        self.generation = generation;
        self.secret = secret;
        let older = std::mem::replace(&mut self.before, by).filter(|older| Some(*older) != by);
        self.leave_behind(older);
        self.confirmed = false;
        self.expires_unix_ms = expires_unix_ms;
        self.detached_ms = None;
        let since_unix_ms = self.client.since_unix_ms;
        self.client = client;
        self.client.since_unix_ms = since_unix_ms;
        if self.sweep.is_none() {
            self.sweep = Some(Sweep { generation, due_ms });
        }
        before
    }

    fn apply(&mut self, at: Stamp, step: SessionStep) {
        match step {
            SessionStep::Attached => self.detached_ms = None,
            SessionStep::Detached { code } => {
                self.detached_ms = Some(at.at_ms);
                self.closed_by = code;
            }
            SessionStep::Confirmed => {
                self.confirmed = true;
                let older = self.before.take();
                self.leave_behind(older);
            }
            SessionStep::Expires { unix_ms } => self.expires_unix_ms = unix_ms,
            SessionStep::Swept { below, next } => {
                self.below = below;
                self.sweep = next;
            }
            SessionStep::New { .. } | SessionStep::Resumed { .. } | SessionStep::Ended { .. } => {}
        }
    }

    /// A note of an older joining, or one that is here already, changes nothing. Each epoch of a
    /// room has its own: a node that has lost the room and hasn't heard of it may speak after the
    /// room's new home, and both have to hear of the end.
    fn note(&mut self, note: Note) {
        let is_same = |old: &Note| old.epoch == note.epoch && old.room == note.room;
        match self.notes.iter_mut().find(|old| is_same(old)) {
            Some(old) if old.join >= note.join => {}
            Some(old) => *old = note,
            None => self.notes.push(note),
        }
    }

    /// Only the same joining is un-noted.
    fn unnote(&mut self, note: &Note) {
        self.notes.retain(|other| {
            other.epoch != note.epoch || other.join != note.join || other.room != note.room
        });
    }

    /// Whether it can be resumed with this secret.
    pub(crate) fn has(&self, secret: Secret) -> bool {
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
    pub(crate) fn of(login: &g2q::Login, since_unix_ms: u64) -> Client {
        let gateway = clipped(&login.gateway, limits::NODE_ID_BYTES_MAX);
        let name = clipped(&login.client_name, limits::CLIENT_NAME_BYTES_MAX);
        let version = clipped(&login.client_version, limits::CLIENT_NAME_BYTES_MAX);
        let id = clipped(&login.client_id, limits::CLIENT_ID_BYTES_MAX);
        Client { gateway, name, version, id, attempt: login.attempt, since_unix_ms }
    }

    /// Whether it is the client of this login.
    pub(crate) fn is_of(&self, login: &g2q::Login) -> bool {
        !self.id.is_empty() && self.id == login.client_id
    }

    /// Whether the client of this login has already come by a later attempt than this one.
    pub(crate) fn has_outrun(&self, login: &g2q::Login) -> bool {
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

//! Sessions and users that this node knows of, each stored once and named by a small number; and
//! which connections are over, as far as this node has heard.

use std::collections::VecDeque;
use std::rc::Rc;

use link::machine::LinkId;
use proto::ids::{Handle, SessionId};
use proto::limits;
use proto::seeded::{Places, Seed};
use slab::Slab;

/// A session on this node, for as long as something here uses it, and a while longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionKey(u32);

/// A user on this node, for as long as it has a session, and a while longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UserKey(u32);

/// Where a session is heard: its number on the link of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) link: LinkId,
    pub(crate) handle: Handle,
}

/// A connection: the session that it speaks for, and the generation it was given. 0: its login
/// isn't answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) key: SessionKey,
    pub(crate) generation: u64,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserKey,
    /// The user's id, here too: most operations need nothing else of the user.
    name: Rc<str>,
    /// The highest generation that was heard of it.
    generation: u64,
    /// Connections under a lower generation are over: the generation, or the floor of the user.
    least: u64,
    /// More was heard than where it began: that isn't forgotten with its last use.
    is_told: bool,
    uses: u32,
    faded_ms: u64,
}

#[derive(Debug)]
struct User {
    name: Rc<str>,
    sessions: Vec<SessionKey>,
    /// Sessions under a lower generation are over.
    floor: u64,
    faded_ms: u64,
    /// How far into the future the user has spent what it may create.
    created_ms: u64,
}

/// Something that nobody uses any more, and that is still to be known for a while.
#[derive(Debug, Clone, Copy)]
enum Faded {
    Session(SessionKey),
    User(UserKey),
}

/// All of them.
#[derive(Debug)]
pub(crate) struct People {
    sessions: Slab<Session>,
    users: Slab<User>,
    by_id: Places,
    by_name: Places,
    /// What nobody uses, since when.
    faded: VecDeque<(u64, Faded)>,
}

/// The user that a session is introduced with isn't the one it has.
#[derive(Debug)]
pub(crate) struct OtherUser;

impl Session {
    /// The highest generation that was heard of it.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }
}

impl People {
    /// Nobody yet.
    pub(crate) fn new(seed: Seed) -> People {
        let (by_id, by_name) = (Places::new(seed), Places::new(seed));
        People { sessions: Slab::new(), users: Slab::new(), by_id, by_name, faded: VecDeque::new() }
    }

    /// The session of this id; counts one more use of it.
    pub(crate) fn enter(&mut self, id: SessionId, user: &str) -> Result<SessionKey, OtherUser> {
        if let Some(key) = self.find(id) {
            if &*self.users[self[key].user.0 as usize].name != user {
                return Err(OtherUser);
            }
            self.hold(key);
            return Ok(key);
        }
        let user = self.user(user);
        let User { name, floor, .. } = &self.users[user.0 as usize];
        let (name, least) = (name.clone(), *floor);
        let (generation, is_told, uses, faded_ms) = (0, false, 1, 0);
        let session = Session { id, user, name, generation, least, is_told, uses, faded_ms };
        let at = self.sessions.insert(session) as u32;
        self.by_id.insert(&id.0, at);
        self.users[user.0 as usize].sessions.push(SessionKey(at));
        Ok(SessionKey(at))
    }

    /// The session of this id, if it is known here.
    pub(crate) fn find(&self, id: SessionId) -> Option<SessionKey> {
        self.by_id.find(&id.0, |at| self.sessions[at as usize].id == id).map(SessionKey)
    }

    /// The session of this key, if it is still known.
    pub(crate) fn get(&self, key: SessionKey) -> Option<&Session> {
        self.sessions.get(key.0 as usize)
    }

    /// Whether a connection may not speak any more, or not yet.
    #[inline]
    pub(crate) fn is_over(&self, connection: Connection) -> bool {
        connection.generation == 0 || connection.generation < self[connection.key].least
    }

    /// A generation of a session was heard.
    pub(crate) fn hear_generation(&mut self, key: SessionKey, generation: u64) {
        let session = &mut self[key];
        if generation == 0 || generation == session.generation {
            return;
        }
        session.is_told |= session.generation > 0;
        session.generation = session.generation.max(generation);
        session.least = session.least.max(generation);
    }

    /// Another queue says that lower generations of a session are over.
    pub(crate) fn hear_fence(&mut self, key: SessionKey, generation: u64) {
        self.hear_generation(key, generation);
        self[key].is_told = true;
    }

    /// A session is over for good.
    pub(crate) fn hear_end(&mut self, key: SessionKey) {
        let session = &mut self[key];
        session.is_told = true;
        session.least = u64::MAX;
    }

    /// Sessions of a user below this generation are over.
    pub(crate) fn hear_floor(&mut self, user: UserKey, floor: u64) {
        let user = &mut self.users[user.0 as usize];
        if floor <= user.floor {
            return;
        }
        user.floor = floor;
        for key in &user.sessions {
            let session = &mut self.sessions[key.0 as usize];
            session.least = session.least.max(floor);
        }
    }

    /// One more use of a session that is known.
    pub(crate) fn hold(&mut self, key: SessionKey) {
        self[key].uses += 1;
    }

    /// One use less; with the last one the session is forgotten, now or when what was heard of it
    /// can't matter any more.
    pub(crate) fn release(&mut self, key: SessionKey, now_ms: u64) {
        let session = &mut self[key];
        session.uses -= 1;
        if session.uses > 0 {
            return;
        }
        if session.is_told {
            session.faded_ms = now_ms;
            self.faded.push_back((now_ms, Faded::Session(key)));
        } else {
            self.forget(key, now_ms);
        }
    }

    /// Forgets what nobody has used since that moment.
    pub(crate) fn trim(&mut self, before_ms: u64) {
        while let Some((faded_ms, faded)) = self.faded.pop_front_if(|(ms, _)| *ms <= before_ms) {
            match faded {
                Faded::Session(key) => {
                    let session = self.sessions.get(key.0 as usize);
                    if session.is_some_and(|s| s.uses == 0 && s.faded_ms == faded_ms) {
                        self.forget(key, faded_ms);
                    }
                }
                Faded::User(key) => {
                    let user = self.users.get(key.0 as usize);
                    if user.is_some_and(|u| u.sessions.is_empty() && u.faded_ms == faded_ms) {
                        self.forget_user(key);
                    }
                }
            }
        }
    }

    /// Whether the session's user may create one more queue of this node.
    pub(crate) fn may_create(&self, key: SessionKey, now_ms: u64) -> bool {
        let spent_ms = self.users[self[key].user.0 as usize].created_ms;
        spent_ms.max(now_ms) + limits::CREATION_EVERY_MS
            <= now_ms + limits::CREATIONS_BURST * limits::CREATION_EVERY_MS
    }

    /// The session's user creates a queue.
    pub(crate) fn creates(&mut self, key: SessionKey, now_ms: u64) {
        let user = self[key].user;
        let spent_ms = &mut self.users[user.0 as usize].created_ms;
        *spent_ms = (*spent_ms).max(now_ms) + limits::CREATION_EVERY_MS;
    }

    /// The id of a user.
    pub(crate) fn name(&self, user: UserKey) -> &Rc<str> {
        &self.users[user.0 as usize].name
    }

    /// The id of a session's user.
    pub(crate) fn user_of(&self, key: SessionKey) -> &Rc<str> {
        &self[key].name
    }

    /// The sessions of the user of this id that are known here.
    pub(crate) fn sessions_named(&self, user: &str) -> &[SessionKey] {
        let is_it = |at: u32| &*self.users[at as usize].name == user;
        let found = self.by_name.find(user.as_bytes(), is_it);
        found.map_or(&[], |at| &self.users[at as usize].sessions)
    }

    /// The sessions of a user that are known here.
    pub(crate) fn sessions_of(&self, user: UserKey) -> &[SessionKey] {
        &self.users[user.0 as usize].sessions
    }

    /// How many sessions are known.
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    fn forget(&mut self, key: SessionKey, now_ms: u64) {
        let session = self.sessions.remove(key.0 as usize);
        self.by_id.remove(&session.id.0, key.0);
        let user = &mut self.users[session.user.0 as usize];
        user.sessions.retain(|other| *other != key);
        if user.sessions.is_empty() && user.floor == 0 {
            self.forget_user(session.user);
        } else if user.sessions.is_empty() {
            user.faded_ms = now_ms;
            self.faded.push_back((now_ms, Faded::User(session.user)));
        }
    }

    fn forget_user(&mut self, key: UserKey) {
        let user = self.users.remove(key.0 as usize);
        self.by_name.remove(user.name.as_bytes(), key.0);
    }

    fn user(&mut self, user: &str) -> UserKey {
        let is_it = |at: u32| &*self.users[at as usize].name == user;
        if let Some(at) = self.by_name.find(user.as_bytes(), is_it) {
            return UserKey(at);
        }
        let name: Rc<str> = user.into();
        let (floor, faded_ms, created_ms) = (0, 0, 0);
        let user = User { name: name.clone(), sessions: Vec::new(), floor, faded_ms, created_ms };
        let at = self.users.insert(user) as u32;
        self.by_name.insert(name.as_bytes(), at);
        UserKey(at)
    }
}

impl std::ops::Index<SessionKey> for People {
    type Output = Session;

    #[inline]
    fn index(&self, key: SessionKey) -> &Session {
        &self.sessions[key.0 as usize]
    }
}

impl std::ops::IndexMut<SessionKey> for People {
    #[inline]
    fn index_mut(&mut self, key: SessionKey) -> &mut Session {
        &mut self.sessions[key.0 as usize]
    }
}

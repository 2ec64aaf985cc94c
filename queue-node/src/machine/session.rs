//! Sessions and users that this node knows of, each stored once and named by a small number.

use std::rc::Rc;

use hashbrown::HashTable;
use link::machine::LinkId;
use proto::ids::SessionId;
use proto::name;
use slab::Slab;

use super::hashing::GOLDEN;

/// A session on this node, for as long as something here uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionKey(u32);

/// A user on this node, for as long as it has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UserKey(u32);

/// Where a session is heard: its number on the link of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) link: LinkId,
    pub(crate) handle: u32,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserKey,
    /// The user's id, here too: most operations need nothing else of the user.
    name: Rc<str>,
    /// The lane that introduced it last, while its link is up.
    pub(crate) seat: Option<Seat>,
    /// Its user queue lives here and has a record of it.
    pub(crate) logged_in: bool,
    /// When it lost its lane.
    pub(crate) lost_ms: u64,
    uses: u32,
}

#[derive(Debug)]
struct User {
    name: Rc<str>,
    sessions: Vec<SessionKey>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct People {
    sessions: Slab<Session>,
    users: Slab<User>,
    by_id: HashTable<u32>,
    by_name: HashTable<u32>,
}

/// The user that a session is introduced with isn't the one it has.
#[derive(Debug)]
pub(crate) struct OtherUser;

impl People {
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
        let name = self.name(user).clone();
        let (seat, logged_in, lost_ms, uses) = (None, false, 0, 1);
        let session = Session { id, user, name, seat, logged_in, lost_ms, uses };
        let at = self.sessions.insert(session) as u32;
        let sessions = &self.sessions;
        self.by_id.insert_unique(id_hash(id), at, |at| id_hash(sessions[*at as usize].id));
        self.users[user.0 as usize].sessions.push(SessionKey(at));
        Ok(SessionKey(at))
    }

    /// The session of this id, if it is known here.
    pub(crate) fn find(&self, id: SessionId) -> Option<SessionKey> {
        let found = self.by_id.find(id_hash(id), |at| self.sessions[*at as usize].id == id);
        found.map(|at| SessionKey(*at))
    }

    /// The session of this key, if it is still known.
    pub(crate) fn get(&self, key: SessionKey) -> Option<&Session> {
        self.sessions.get(key.0 as usize)
    }

    /// One more use of a session that is known.
    pub(crate) fn hold(&mut self, key: SessionKey) {
        self[key].uses += 1;
    }

    /// One use less; with the last one the session is forgotten.
    pub(crate) fn release(&mut self, key: SessionKey) {
        let session = &mut self[key];
        session.uses -= 1;
        if session.uses > 0 {
            return;
        }
        let session = self.sessions.remove(key.0 as usize);
        if let Ok(entry) = self.by_id.find_entry(id_hash(session.id), |at| *at == key.0) {
            entry.remove();
        }
        let user = &mut self.users[session.user.0 as usize];
        user.sessions.retain(|other| *other != key);
        if user.sessions.is_empty() {
            let user = self.users.remove(session.user.0 as usize);
            let hash = name::hash(user.name.as_bytes());
            if let Ok(entry) = self.by_name.find_entry(hash, |at| *at == session.user.0) {
                entry.remove();
            }
        }
    }

    /// The id of a user.
    pub(crate) fn name(&self, user: UserKey) -> &Rc<str> {
        &self.users[user.0 as usize].name
    }

    /// The id of a session's user.
    pub(crate) fn user_of(&self, key: SessionKey) -> &Rc<str> {
        &self[key].name
    }

    /// The sessions of a user that are known here.
    pub(crate) fn sessions_of(&self, user: UserKey) -> &[SessionKey] {
        &self.users[user.0 as usize].sessions
    }

    /// How many sessions are known.
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    fn user(&mut self, user: &str) -> UserKey {
        let hash = name::hash(user.as_bytes());
        let users = &self.users;
        if let Some(at) = self.by_name.find(hash, |at| &*users[*at as usize].name == user) {
            return UserKey(*at);
        }
        let at = self.users.insert(User { name: user.into(), sessions: Vec::new() }) as u32;
        let users = &self.users;
        let rehash = |at: &u32| name::hash(users[*at as usize].name.as_bytes());
        self.by_name.insert_unique(hash, at, rehash);
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

/// Half of a session's id is random; peers choose it, so it is mixed once more.
fn id_hash(id: SessionId) -> u64 {
    let random = u64::from_be_bytes(id.0[8..].try_into().expect("eight of sixteen bytes"));
    let mixed = (random ^ id.user_queue_hash().rotate_left(32)).wrapping_mul(GOLDEN);
    mixed ^ (mixed >> 32)
}

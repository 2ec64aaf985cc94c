//! Sessions and users that a bucket knows of, each stored once and named by a small number; and
//! which connections are over, as far as the bucket has heard.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::rc::Rc;

use proto::ids::{Generation, SessionId};
use proto::seeded::{Places, Seed};

use super::arena::Arena;

mod items;

/// A session in its bucket: for as long as something there uses it, and some graces longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionKey(NonZeroU32);

/// A user in its bucket, for as long as it has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UserKey(u32);

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserKey,
    /// The sessions of the same user before and after it, in the order in which they came.
    before: Option<SessionKey>,
    next: Option<SessionKey>,
    /// How often it is a member, or has a record in its user queue.
    uses: u32,
    /// The user's id, here too: most operations need nothing else of the user.
    name: Rc<str>,
    /// The highest generation that was heard of it.
    generation: Option<Generation>,
    /// Connections under a lower generation are over: the generation, or the floor of the user.
    least: Option<Generation>,
    /// Since when nothing uses it, if nothing does.
    faded_ms: u64,
    /// It stands in the list of those that may be unused.
    is_listed: bool,
}

#[derive(Debug)]
struct User {
    name: Rc<str>,
    /// The first and the last of its sessions. It has one for as long as it is here.
    first: Option<SessionKey>,
    last: Option<SessionKey>,
    /// Sessions under a lower generation are over.
    floor: Option<Generation>,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct People {
    sessions: Arena<Session>,
    users: Arena<User>,
    by_id: Places,
    by_name: Places,
    /// What nothing uses, since then or a later moment; and what is used again.
    faded: BTreeSet<(u64, SessionKey)>,
}

/// The user that a session is introduced with isn't the one it has.
#[derive(Debug)]
pub(crate) struct OtherUser;

impl SessionKey {
    /// The first place.
    pub(super) const FIRST: SessionKey = SessionKey(NonZeroU32::MIN);

    /// The session that a record names by this number.
    #[inline]
    pub(super) fn named(number: u32) -> SessionKey {
        SessionKey::at(number)
    }

    /// How records name it.
    #[inline]
    pub(super) fn number(self) -> u32 {
        self.place()
    }

    #[inline]
    fn at(place: u32) -> SessionKey {
        SessionKey(NonZeroU32::MIN.saturating_add(place))
    }

    #[inline]
    fn place(self) -> u32 {
        self.0.get() - 1
    }
}

impl Session {
    /// Whoever a user's item says that there is, until it comes.
    fn nobody(user: UserKey, before: Option<SessionKey>, name: Rc<str>) -> Session {
        Session {
            id: SessionId([0; 16]),
            user,
            before,
            next: None,
            uses: 0,
            name,
            generation: None,
            least: None,
            faded_ms: 0,
            is_listed: true,
        }
    }

    /// The highest generation that was heard of it.
    pub(crate) fn generation(&self) -> Option<Generation> {
        self.generation
    }
}

impl People {
    /// Nobody yet.
    pub(crate) fn new(seed: Seed) -> People {
        let (by_id, by_name) = (Places::new(seed), Places::new(seed));
        let (sessions, users) = (Arena::default(), Arena::default());
        People { sessions, users, by_id, by_name, faded: BTreeSet::new() }
    }

    /// The session of this id, known from now on; nothing uses it yet.
    pub(crate) fn enter(
        &mut self,
        now_ms: u64,
        id: SessionId,
        user: &Rc<str>,
    ) -> Result<SessionKey, OtherUser> {
        if let Some(key) = self.find(id) {
            return if self[key].name == *user { Ok(key) } else { Err(OtherUser) };
        }
        let user = self.user(user);
        let User { name, floor, last: before, .. } = &self.users[user.0];
        let (name, least, before, next) = (name.clone(), *floor, *before, None);
        let (generation, uses, faded_ms, is_listed) = (None, 0, now_ms, true);
        let session =
            Session { id, user, before, next, uses, name, generation, least, faded_ms, is_listed };
        let key = SessionKey::at(self.sessions.insert(session));
        self.by_id.insert(&id.0, key.place());
        match before {
            Some(before) => self[before].next = Some(key),
            None => self.users[user.0].first = Some(key),
        }
        self.users[user.0].last = Some(key);
        self.faded.insert((now_ms, key));
        Ok(key)
    }

    /// The session of this id, if it is known here.
    #[inline]
    pub(crate) fn find(&self, id: SessionId) -> Option<SessionKey> {
        self.by_id.find(&id.0, |at| self.sessions[at].id == id).map(SessionKey::at)
    }

    /// The session of this key, if it is still known.
    pub(crate) fn get(&self, key: SessionKey) -> Option<&Session> {
        self.sessions.get(key.place())
    }

    /// Whether this is still the session of this id.
    #[inline]
    pub(crate) fn is(&self, key: SessionKey, id: SessionId) -> bool {
        self.get(key).is_some_and(|session| session.id == id)
    }

    /// Whether a connection was told more than is known here.
    #[inline]
    pub(crate) fn is_behind(
        &self,
        key: SessionKey,
        generation: Option<Generation>,
        floor: Option<Generation>,
    ) -> bool {
        let session = &self[key];
        session.generation < generation || self.users[session.user.0].floor < floor
    }

    /// Whether hearing this of a session changes what is known of it, or for how long it is known.
    pub(crate) fn is_news(
        &self,
        key: SessionKey,
        generation: Option<Generation>,
        floor: Option<Generation>,
    ) -> bool {
        self.is_behind(key, generation, floor) || self[key].uses == 0
    }

    /// Whether no other session of its user is known.
    #[inline]
    pub(crate) fn is_alone(&self, key: SessionKey) -> bool {
        let Session { before, next, .. } = &self[key];
        before.is_none() && next.is_none()
    }

    /// Whether nothing uses the session, and it hasn't been met since that moment.
    #[inline]
    pub(crate) fn is_fading(&self, key: SessionKey, since_ms: u64) -> bool {
        let session = &self[key];
        session.uses == 0 && session.faded_ms < since_ms
    }

    /// Whether a connection under this generation may not speak any more, or not yet.
    #[inline]
    pub(crate) fn is_over(&self, key: SessionKey, generation: Option<Generation>) -> bool {
        generation.is_none() || generation < self[key].least
    }

    /// A generation of a session was heard.
    pub(crate) fn hear_generation(&mut self, key: SessionKey, generation: Option<Generation>) {
        let session = &mut self[key];
        session.generation = session.generation.max(generation);
        session.least = session.least.max(generation);
    }

    /// A session is over for good.
    pub(crate) fn hear_end(&mut self, key: SessionKey) {
        self[key].least = Some(Generation::LAST);
    }

    /// What a record says that was heard of a session.
    pub(super) fn hear(
        &mut self,
        key: SessionKey,
        generation: Option<Generation>,
        floor: Option<Generation>,
        is_over: bool,
    ) {
        self.hear_generation(key, generation);
        self.hear_floor(self[key].user, floor);
        if is_over {
            self.hear_end(key);
        }
    }

    /// Sessions of a user below this generation are over.
    pub(crate) fn hear_floor(&mut self, user: UserKey, floor: Option<Generation>) {
        let User { first, floor: before, .. } = &mut self.users[user.0];
        if floor <= *before {
            return;
        }
        *before = floor;
        let mut next = *first;
        while let Some(key) = next {
            let session = &mut self[key];
            session.least = session.least.max(floor);
            next = session.next;
        }
    }

    /// One more use of a session.
    #[inline]
    pub(crate) fn hold(&mut self, key: SessionKey) {
        self[key].uses += 1;
    }

    /// One use less.
    #[inline]
    pub(crate) fn release(&mut self, now_ms: u64, key: SessionKey) {
        let session = &mut self[key];
        session.uses -= 1;
        if session.uses == 0 {
            session.faded_ms = now_ms;
            // Who comes and goes by the second is listed once.
            if !std::mem::replace(&mut session.is_listed, true) {
                self.faded.insert((now_ms, key));
            }
        }
    }

    /// Something was heard of a session that counts for a while from now on, used or not.
    pub(crate) fn refresh(&mut self, now_ms: u64, key: SessionKey) {
        self.hold(key);
        self.release(now_ms, key);
    }

    /// Whether nothing has used somebody since that moment. It depends on who is known alone, and
    /// not on when anybody was listed.
    pub(super) fn has_faded(&self, before_ms: u64) -> bool {
        let mut listed = self.faded.iter().take_while(|(listed_ms, _)| *listed_ms <= before_ms);
        listed.any(|(_, key)| self[*key].uses == 0 && self[*key].faded_ms <= before_ms)
    }

    /// Forgets what nothing has used since that moment.
    pub(crate) fn trim(&mut self, before_ms: u64) {
        while let Some((listed_ms, key)) = self.faded.first().copied()
            && listed_ms <= before_ms
        {
            self.faded.remove(&(listed_ms, key));
            let session = &mut self[key];
            let (uses, faded_ms) = (session.uses, session.faded_ms);
            if uses > 0 {
                session.is_listed = false;
            } else if faded_ms > listed_ms {
                self.faded.insert((faded_ms, key));
            } else {
                self.forget(key);
            }
        }
    }

    /// The id of a user.
    pub(crate) fn name(&self, user: UserKey) -> &Rc<str> {
        &self.users[user.0].name
    }

    /// The id of a session's user.
    pub(crate) fn user_of(&self, key: SessionKey) -> &Rc<str> {
        &self[key].name
    }

    /// The sessions of the user of this id that are known here.
    pub(crate) fn sessions_named(&self, user: &str) -> impl Iterator<Item = SessionKey> {
        let is_it = |at: u32| &*self.users[at].name == user;
        let found = self.by_name.find(user.as_bytes(), is_it).map(UserKey);
        found.into_iter().flat_map(|user| self.sessions_of(user))
    }

    /// The sessions of a user that are known here, in the order in which they came.
    #[inline]
    pub(crate) fn sessions_of(&self, user: UserKey) -> impl Iterator<Item = SessionKey> {
        std::iter::successors(self.users[user.0].first, |key| self[*key].next)
    }

    /// No session's place is as high as this.
    pub(super) fn places(&self) -> u32 {
        self.sessions.places()
    }

    /// How many sessions are known.
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    fn forget(&mut self, key: SessionKey) {
        let session = self.sessions.remove(key.place());
        self.by_id.remove(&session.id.0, key.place());
        let user = session.user;
        match session.before {
            Some(before) => self[before].next = session.next,
            None => self.users[user.0].first = session.next,
        }
        match session.next {
            Some(next) => self[next].before = session.before,
            None => self.users[user.0].last = session.before,
        }
        if self.users[user.0].first.is_none() {
            let user = self.users.remove(user.0);
            self.by_name.remove(user.name.as_bytes(), session.user.0);
        }
    }

    fn user(&mut self, name: &Rc<str>) -> UserKey {
        let is_it = |at: u32| self.users[at].name == *name;
        if let Some(at) = self.by_name.find(name.as_bytes(), is_it) {
            return UserKey(at);
        }
        let at =
            self.users.insert(User { name: name.clone(), first: None, last: None, floor: None });
        self.by_name.insert(name.as_bytes(), at);
        UserKey(at)
    }
}

impl std::ops::Index<SessionKey> for People {
    type Output = Session;

    #[inline]
    fn index(&self, key: SessionKey) -> &Session {
        &self.sessions[key.place()]
    }
}

impl std::ops::IndexMut<SessionKey> for People {
    #[inline]
    fn index_mut(&mut self, key: SessionKey) -> &mut Session {
        &mut self.sessions[key.place()]
    }
}

//! User queues: who is logged in, and which rooms each session is in.

use std::rc::Rc;

use indexmap::IndexMap;
use link::machine::LinkId;
use proto::codes::Status;
use proto::g2q;
use proto::name;
use proto::q2g;
use proto::wire;

use super::bucket::Bucket;
use super::hashing::Numbers;
use super::join::user_hash;
use super::session::SessionKey;
use super::tells::{Noted, Word};
use super::turn::Turn;

/// Sessions one user may have at once: more are a program gone wild.
const SESSIONS_MAX: usize = 64;

/// The sessions that the user queues of a bucket have a record of.
#[derive(Debug, Default)]
pub(crate) struct UserQueues {
    logins: IndexMap<SessionKey, Login, Numbers>,
}

/// A session's record in its user queue.
#[derive(Debug)]
struct Login {
    generation: u64,
    /// The rooms that said it is in them, and haven't said it is no more.
    notes: Vec<Noted>,
    /// It is over, and the rooms in `notes` are being told.
    ended: bool,
}

impl UserQueues {
    /// All sessions that have a record.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = SessionKey> {
        self.logins.keys().copied()
    }

    /// What they take, but the names in them.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let notes = |login: &Login| login.notes.capacity() * size_of::<Noted>();
        let logins = self.logins.values().map(notes).sum::<usize>();
        logins + self.logins.capacity() * size_of::<(SessionKey, Login, usize)>()
    }
}

impl Bucket {
    /// `login`: idempotent by the session's id.
    pub(crate) fn login(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        login: &g2q::Login,
        key: SessionKey,
    ) {
        let (status, error_message, generation) = match self.decide_login(turn, key) {
            Ok(generation) => (Status::Ok, String::new(), generation),
            Err((status, sentence)) => (status, sentence.to_owned(), 0),
        };
        let word = q2g::LoggedIn {
            session: login.session,
            status: status.number(),
            error_message,
            may_retry: status == Status::Limit,
            generation,
            ..q2g::LoggedIn::default()
        };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::LoggedIn(word)) };
        self.say(turn, link, |out| wire::put_message(out, &message));
    }

    fn decide_login(
        &mut self,
        turn: &mut Turn<'_>,
        key: SessionKey,
    ) -> Result<u64, (Status, &'static str)> {
        match self.users.logins.get(&key) {
            Some(login) if !login.ended => return Ok(login.generation),
            Some(_) => return Err((Status::Unauthenticated, "this session is over: log in anew")),
            None => {}
        }
        let user = turn.shared.people[key].user;
        let sessions = turn.shared.people.sessions_of(user).iter();
        let count = sessions.filter(|session| self.users.logins.contains_key(*session)).count();
        if count >= SESSIONS_MAX {
            return Err((Status::Limit, "the user has 64 sessions at once: end some of them"));
        }
        let generation = (self.outputs.epochs().loss << 40) + self.record(turn);
        turn.shared.counters.logins += 1;
        turn.shared.people.hold(key);
        turn.shared.people[key].logged_in = true;
        let login = Login { generation, notes: Vec::new(), ended: false };
        self.users.logins.insert(key, login);
        Ok(generation)
    }

    /// `lost`: until resume is built, a session without its socket is over.
    pub(crate) fn lost(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        lost: &g2q::Lost,
        key: SessionKey,
    ) {
        self.end_session(turn, key, if lost.bye { "bye" } else { "lost" });
        let word = q2g::LostNoted { session: lost.session };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::LostNoted(word)) };
        self.say(turn, link, |out| wire::put_message(out, &message));
    }

    /// The session is over: every room that noted it is told.
    pub(crate) fn end_session(&mut self, turn: &mut Turn<'_>, key: SessionKey, reason: &str) {
        let Some(login) = self.users.logins.get_mut(&key) else { return };
        if std::mem::replace(&mut login.ended, true) {
            return;
        }
        let notes = login.notes.clone();
        self.record(turn);
        let reason: Rc<str> = reason.into();
        for noted in notes {
            let to = name::hash(noted.room.as_bytes());
            self.tell(turn, to, Word::Ended(noted, reason.clone()));
        }
        self.forget_if_done(turn, key);
    }

    /// A word of a room about a session. True: the session is over.
    pub(crate) fn hear_room(&mut self, turn: &mut Turn<'_>, word: &Word) -> bool {
        let (Word::Note(noted) | Word::Unnote(noted) | Word::Ask(noted) | Word::Ended(noted, _)) =
            word;
        let Some(key) = turn.shared.people.find(noted.session) else { return true };
        let Some(login) = self.users.logins.get_mut(&key) else { return true };
        match word {
            Word::Note(noted) if !login.ended => login.note(noted),
            Word::Unnote(noted) => login.unnote(noted),
            Word::Note(_) | Word::Ask(_) | Word::Ended(..) => {}
        }
        let ended = login.ended;
        self.record(turn);
        self.forget_if_done(turn, key);
        ended
    }

    /// A room has heard that a session is over.
    pub(crate) fn room_heard(&mut self, turn: &mut Turn<'_>, noted: &Noted) {
        let Some(key) = turn.shared.people.find(noted.session) else { return };
        let Some(login) = self.users.logins.get_mut(&key) else { return };
        login.unnote(noted);
        self.record(turn);
        self.forget_if_done(turn, key);
    }

    /// A word of the user queue to a room. `Ended` is always done: nobody is in a queue that isn't.
    pub(crate) fn hear_user_queue(&mut self, turn: &mut Turn<'_>, noted: &Noted, reason: &str) {
        self.record(turn);
        let hash = name::hash(noted.room.as_bytes());
        let found = self.queues.find(noted.room.as_bytes(), hash);
        if let (Some(index), Some(key)) = (found, turn.shared.people.find(noted.session))
            && self.queues[index].epoch.get() == noted.epoch
            && self.queues[index].members.contains_key(&key)
        {
            self.remove_session(turn, index, key, reason);
        }
    }

    /// The answer to a word of this bucket.
    pub(crate) fn told(&mut self, turn: &mut Turn<'_>, number: u64, ended: bool) {
        let Some(tell) = self.tells.told(&mut turn.shared.untold, number) else { return };
        match tell.word {
            Word::Note(noted) | Word::Ask(noted) if ended => {
                self.hear_user_queue(turn, &noted, "lost");
            }
            Word::Note(_) | Word::Ask(_) | Word::Unnote(_) => {
                self.record(turn);
            }
            Word::Ended(noted, _) => self.room_heard(turn, &noted),
        }
    }

    /// Does what another queue told; true if what it spoke of is over.
    pub(crate) fn hear(&mut self, turn: &mut Turn<'_>, word: &Word) -> bool {
        match word {
            Word::Note(_) | Word::Unnote(_) | Word::Ask(_) => self.hear_room(turn, word),
            Word::Ended(noted, reason) => {
                self.hear_user_queue(turn, noted, reason);
                self.never_again(turn, name::hash(noted.room.as_bytes()), noted.session);
                false
            }
        }
    }

    /// Whether the name of this user's queue belongs to this bucket.
    pub(crate) fn is_home_of(&self, user: &str) -> bool {
        self.outputs.bucket().holds(user_hash(user))
    }

    fn forget_if_done(&mut self, turn: &mut Turn<'_>, key: SessionKey) {
        let is_done =
            self.users.logins.get(&key).is_some_and(|login| login.ended && login.notes.is_empty());
        if is_done {
            self.users.logins.swap_remove(&key);
            turn.shared.people[key].logged_in = false;
            turn.shared.people.release(key);
        }
    }
}

impl Login {
    /// A note of an older joining, or one that is here already, changes nothing. Each epoch of a
    /// room has its own: a node that has lost the room and hasn't heard of it may speak after the
    /// room's new home, and both have to hear of the end.
    fn note(&mut self, noted: &Noted) {
        let is_same = |old: &Noted| old.room == noted.room && old.epoch == noted.epoch;
        match self.notes.iter_mut().find(|old| is_same(old)) {
            Some(old) if old.join >= noted.join => {}
            Some(old) => *old = noted.clone(),
            None => self.notes.push(noted.clone()),
        }
    }

    /// Only the same joining is un-noted.
    fn unnote(&mut self, noted: &Noted) {
        self.notes.retain(|other| {
            other.room != noted.room || other.epoch != noted.epoch || other.join != noted.join
        });
    }
}

//! What rooms and user queues say to each other about a session, as the user queue hears it.

use std::rc::Rc;

use proto::name;
use proto::q2g;
use proto::wire;

use super::{Login, Sweep};
use crate::machine::bucket::Bucket;
use crate::machine::state::people::SessionKey;
use crate::machine::state::record::Record;
use crate::machine::tells::{End, Noted, Told, Word};
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

impl Bucket {
    /// A room has this session as a member.
    pub(crate) fn hear_note(&mut self, turn: &mut Turn<'_>, noted: &Noted) -> Told {
        let told = self.hear_room(turn, noted, |login| {
            if login.ending.is_none() {
                login.note(noted);
            }
        });
        if noted.guest
            && let Some(key) = self.state.people().find(noted.session)
        {
            self.invite(turn, key, &noted.room);
        }
        told
    }

    /// The session's lane hears that it is in this room, if it has one. It may know already.
    fn invite(&mut self, turn: &mut Turn<'_>, key: SessionKey, room: &str) {
        let Some(login) = self.users.present(key) else { return };
        let (Some(seat), generation) = (login.seat, login.generation) else { return };
        let (session, queue) = (seat.handle.number(), room.to_owned());
        let word = q2g::Invited { session, generation, queue };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::Invited(word)) };
        self.say(turn, seat.link, |out| wire::put_message(out, &message));
    }

    /// A lane that has the session from now on hears in which rooms it is a guest.
    pub(super) fn invite_again(&mut self, turn: &mut Turn<'_>, key: SessionKey) {
        let Some(login) = self.users.present(key) else { return };
        let guests = login.notes.iter().filter(|noted| noted.guest);
        let rooms: Vec<Rc<str>> = guests.map(|noted| noted.room.clone()).collect();
        for room in rooms {
            self.invite(turn, key, &room);
        }
    }

    /// A room has it no more.
    pub(crate) fn hear_unnote(&mut self, turn: &mut Turn<'_>, noted: &Noted) -> Told {
        self.hear_room(turn, noted, |login| login.unnote(noted))
    }

    /// A room asks about a session that has been without a lane there for long.
    pub(crate) fn hear_ask(&mut self, turn: &mut Turn<'_>, noted: &Noted) -> Told {
        self.hear_room(turn, noted, |_| {})
    }

    fn hear_room(
        &mut self,
        turn: &mut Turn<'_>,
        noted: &Noted,
        change: impl FnOnce(&mut Login),
    ) -> Told {
        self.record(turn, Record::Beside, None);
        let floor = self.floor_of(turn, &noted.user);
        let over = Told { ended: true, floor, ..Told::default() };
        let Some(key) = self.state.people().find(noted.session) else { return over };
        let Some(login) = self.users.logins.get_mut(&key) else { return over };
        change(login);
        let Login { generation, below, ending, .. } = *login;
        self.forget_if_done(turn, key);
        Told { ended: ending.is_some(), floor, generation, below }
    }

    /// A room has heard that a session is over, or what it left behind.
    pub(crate) fn room_heard(&mut self, turn: &mut Turn<'_>, noted: &Noted) {
        let Some(key) = self.state.people().find(noted.session) else { return };
        let Some(login) = self.users.logins.get_mut(&key) else { return };
        login.unnote(noted);
        self.record(turn, Record::Beside, None);
        self.forget_if_done(turn, key);
    }

    /// A grace after a resume, rooms that the client hasn't come back to are told to let it go.
    pub(crate) fn sweep(&mut self, turn: &mut Turn<'_>, key: SessionKey) {
        let (now_ms, grace_ms) = (turn.now.ms, turn.shared.settings.grace_ms);
        let faulty = turn.shared.settings.faults.sweep_removes_resumed;
        let Some(login) = self.users.present(key) else { return };
        let Some(sweep) = login.sweep.filter(|sweep| sweep.due_ms <= now_ms) else { return };
        let below = sweep.generation + u64::from(faulty);
        login.below = below;
        let (generation, due_ms) = (login.generation, now_ms + grace_ms);
        login.sweep = (generation > sweep.generation).then_some(Sweep { generation, due_ms });
        if login.sweep.is_some() {
            turn.shared.timers.set(due_ms, Timer::Sweep(self.outputs.bucket().prefix(), key));
        }
        let notes = login.notes.clone();
        self.record(turn, Record::Beside, None);
        let floor = self.floor_of(turn, self.state.people().user_of(key));
        for noted in notes {
            let to = name::hash(noted.room.as_bytes());
            let end = End { reason: "not resumed".into(), below, floor };
            self.tell(turn, to, Word::Ended(noted, end));
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

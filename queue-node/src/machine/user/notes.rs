//! What rooms and user queues say to each other about a session, as the user queue hears it.

use std::rc::Rc;

use proto::ids::Generation;
use proto::q2g;
use proto::wire;

use crate::machine::bucket::Bucket;
use crate::machine::local::Seat;
use crate::machine::state::logins::{Login, Sweep};
use crate::machine::state::people::SessionKey;
use crate::machine::state::record::{Record, SessionStep};
use crate::machine::state::words::{Answer, End, Noted, Word};
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

/// What a user queue makes of the word of a room.
enum Heard {
    Noted,
    Unnoted,
}

impl Bucket {
    /// A room has this session as a member.
    pub(crate) fn hear_note(&mut self, turn: &mut Turn<'_>, noted: &Noted) -> Answer {
        let answer =
            self.hear_room(turn, noted, |login| login.ending.is_none().then_some(Heard::Noted));
        if noted.guest
            && let Some(key) = self.state.people().find(noted.session)
        {
            self.invite(turn, key, &noted.room);
        }
        answer
    }

    /// The session's lane hears that it is in this room, if it has one. It may know already.
    fn invite(&mut self, turn: &mut Turn<'_>, key: SessionKey, room: &str) {
        let Some(login) = self.state.logins().present(key) else { return };
        let (Some(seat), generation) = (self.seats.get(&key).copied(), login.generation) else {
            return;
        };
        self.say_invited(turn, seat, generation, room);
    }

    /// The session is a member of this room, and its lane is to take its seat there.
    pub(crate) fn say_invited(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        generation: Generation,
        room: &str,
    ) {
        let (session, queue) = (seat.handle.number(), room.to_owned());
        let generation = generation.number();
        let body = q2g::Invited { session, generation, queue };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::Invited(body)) };
        self.say(turn, seat.link, |out| wire::put_message(out, &message));
    }

    /// A lane that has the session from now on hears in which rooms it is a guest.
    pub(super) fn invite_again(&mut self, turn: &mut Turn<'_>, key: SessionKey) {
        let Some(login) = self.state.logins().present(key) else { return };
        let guests = login.notes.iter().filter(|note| note.guest);
        let rooms: Vec<Rc<str>> = guests.map(|note| note.room.clone()).collect();
        for room in rooms {
            self.invite(turn, key, &room);
        }
    }

    /// A room has it no more.
    pub(crate) fn hear_unnote(&mut self, turn: &mut Turn<'_>, noted: &Noted) -> Answer {
        self.hear_room(turn, noted, |_| Some(Heard::Unnoted))
    }

    /// A room asks about a session that has been without a lane there for long.
    pub(crate) fn hear_question(&mut self, turn: &mut Turn<'_>, noted: &Noted) -> Answer {
        self.hear_room(turn, noted, |_| None)
    }

    fn hear_room(
        &mut self,
        turn: &mut Turn<'_>,
        noted: &Noted,
        change: impl FnOnce(&Login) -> Option<Heard>,
    ) -> Answer {
        let found = self.state.people().find(noted.session);
        let login = found.and_then(|key| Some((key, self.state.logins().get(key)?)));
        let floor = self.floor_by(turn, &noted.user, login);
        // An answer has a record of its own, if nothing changes: it waits as all others do.
        let Some((key, login)) = login else {
            self.record(turn, Record::Noop, None);
            return Answer { ended: true, floor, ..Answer::default() };
        };
        let Login { generation, below, ending, .. } = *login;
        let record = match change(login) {
            Some(Heard::Noted) => Record::Noted { session: key, note: noted.note() },
            Some(Heard::Unnoted) => Record::Unnoted { session: key, note: noted.note() },
            None => Record::Noop,
        };
        self.record(turn, record, None);
        Answer { ended: ending.is_some(), floor, generation: Some(generation), below }
    }

    /// The lowest generation of a user that isn't over, who has this session: its own, as long as
    /// there is no other one.
    fn floor_by(
        &self,
        turn: &Turn<'_>,
        user: &str,
        login: Option<(SessionKey, &Login)>,
    ) -> Option<Generation> {
        let is_said = !turn.shared.settings.faults().loser_unsaid;
        let is_all = |(key, login): &(SessionKey, &Login)| {
            login.ending.is_none() && self.state.people().is_alone(*key) && is_said
        };
        let Some((_, login)) = login.filter(is_all) else {
            return self.floor_of(turn, user, None);
        };
        debug_assert_eq!(self.floor_of(turn, user, None), Some(login.generation), "{user}");
        Some(login.generation)
    }

    /// A room has heard that a session is over, or what it left behind.
    pub(crate) fn room_heard(&mut self, turn: &mut Turn<'_>, noted: &Noted) {
        let Some(key) = self.state.people().find(noted.session) else { return };
        if self.state.logins().get(key).is_some() {
            self.record(turn, Record::Unnoted { session: key, note: noted.note() }, None);
        }
    }

    /// Where a session is, as its user queue has noted it.
    pub(super) fn noted_of(&self, key: SessionKey) -> Vec<Noted> {
        let (user, id) = (self.state.people().user_of(key), self.state.people()[key].id);
        let notes = self.state.logins().get(key).map_or(&[][..], |login| &login.notes);
        notes.iter().map(|note| note.clone().of(user, id)).collect()
    }

    /// A grace after a resume, rooms that the client hasn't come back to are told to let it go.
    pub(crate) fn sweep(&mut self, turn: &mut Turn<'_>, key: SessionKey) {
        let (now_ms, grace_ms) = (self.now_ms(turn), turn.shared.settings.grace_ms);
        let faulty = turn.shared.settings.faults().sweep_removes_resumed;
        let Some(login) = self.state.logins().present(key) else { return };
        let Some(sweep) = login.sweep.filter(|sweep| sweep.due_ms <= now_ms) else { return };
        let below = Some(if faulty { sweep.generation.next() } else { sweep.generation });
        let (generation, due_ms) = (login.generation, now_ms + grace_ms);
        let next = (generation > sweep.generation).then_some(Sweep { generation, due_ms });
        let noted = self.noted_of(key);
        if next.is_some() {
            self.wake_at(turn, due_ms, Timer::Sweep(self.outputs.bucket().prefix(), key));
        }
        self.change_session(turn, key, SessionStep::Swept { below, next });
        let floor = self.floor_of(turn, self.state.people().user_of(key), None);
        for noted in noted {
            let end = End { reason: "not resumed".into(), below, floor };
            self.keep_word(turn, Word::Ended(noted, end));
        }
    }
}

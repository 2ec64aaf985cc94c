//! User queues: who is logged in, and which rooms each session is in. The design is
//! `docs/sessions.md`.

mod carrying;
mod connection;
mod inbox;
mod info;
mod login;
mod notes;
mod policy;

pub(crate) use inbox::user_hash;

use std::rc::Rc;

use proto::class::TellKind;
use proto::codes::Close;
use proto::ids::Generation;

use super::application::About;
use super::bucket::Bucket;
use super::member::heard;
use super::state::people::SessionKey;
use super::state::queue::QueueIndex;
use super::state::record::{Record, SessionStep};
use super::state::words::{End, Word};
use super::turn::Turn;

impl Bucket {
    /// Something of a session's record changes.
    fn change_session(&mut self, turn: &mut Turn<'_>, session: SessionKey, step: SessionStep) {
        self.record(turn, Record::Session { session, step: Box::new(step) }, None);
    }

    /// The session is over: its lane and every room that noted it are told.
    fn end_session(&mut self, turn: &mut Turn<'_>, key: SessionKey, reason: &str, close: Close) {
        let Some(login) = self.state.logins().present(key) else { return };
        let (generation, closed_by) = (login.generation, login.closed_by);
        let rooms = self.noted_of(key);
        let user = self.state.people().user_of(key).clone();
        let (inbox, floor) = (self.inbox_of(&user), self.floor_of(turn, &user, Some(key)));
        let counted = |bucket: &Bucket| {
            let user = inbox.and_then(|inbox| bucket.state.logins().user(inbox));
            user.is_some_and(|user| !user.sessions.is_empty())
        };
        let was_online = counted(self);
        let (unix_ms, heard) = (turn.unix_ms(), heard(turn, floor));
        let step = SessionStep::Ended { inbox, close, floor: heard, unix_ms };
        self.change_session(turn, key, step);
        let faults = turn.shared.settings.faults();
        let is_unsaid = faults.loser_unsaid && close == Close::Replaced;
        if let Some(seat) = self.seats.remove(&key).filter(|_| !is_unsaid) {
            let sentence = if close == Close::Forbidden { reason } else { close.row().meaning };
            self.kick(turn, seat, close, sentence, generation);
        }
        if let Some(inbox) = inbox {
            // What a connection was closed with that was lost only its lane knows.
            let code = match (close, closed_by) {
                (Close::HomeLost, 0) => reason.to_owned(),
                (Close::HomeLost, code) => code.to_string(),
                (close, _) => close.number().to_string(),
            };
            let who = (key, generation);
            self.tell_of_session(turn, inbox, TellKind::Closed, who, &code);
            if was_online && !counted(self) {
                self.tell_of_session(turn, inbox, TellKind::UserOffline, who, reason);
            }
            if self.state.queue(inbox).members.contains(key) {
                self.remove_session(turn, inbox, key, reason, super::join::Leaving::Ended);
            }
        }
        if !faults.ended_forgotten && !is_unsaid {
            let reason: Rc<str> = reason.into();
            for noted in rooms {
                let end = End { reason: reason.clone(), below: None, floor };
                self.keep_word(turn, Word::Ended(noted, end));
            }
        } else {
            // A planted bug: its rooms are forgotten.
            for noted in rooms {
                self.record(turn, Record::Unnoted { session: key, note: noted.note() }, None);
            }
        }
    }

    /// Tells the web application of a session, if the user queue's class says so.
    fn tell_of_session(
        &mut self,
        turn: &mut Turn<'_>,
        inbox: QueueIndex,
        kind: TellKind,
        (key, generation): (SessionKey, Generation),
        reason: &str,
    ) {
        let session = Some(self.state.people()[key].id);
        let user = self.state.people().user_of(key).clone();
        let about = About { seq: 0, user: &user, session, generation: Some(generation), reason };
        self.tell_application(turn, inbox, kind, about);
    }

    /// The lowest generation of the user that isn't over, or that of its sessions but this one;
    /// with none left, the next one.
    fn floor_of(&self, turn: &Turn<'_>, user: &str, but: Option<SessionKey>) -> Option<Generation> {
        if turn.shared.settings.faults().loser_unsaid {
            return None;
        }
        let logins = self.state.logins();
        let user = self.inbox_of(user).and_then(|inbox| logins.user(inbox));
        let mut sessions = user.into_iter().flat_map(|user| &user.sessions);
        let lowest = sessions.find(|key| Some(**key) != but).and_then(|key| logins.get(*key));
        Some(lowest.map_or_else(|| self.generation(self.outputs.next()), |login| login.generation))
    }

    /// The generation that this record gives.
    fn generation(&self, n: u64) -> Generation {
        // No record has the number 0.
        Generation::or_none((self.outputs.epochs().loss.0 << 40) + n).unwrap_or(Generation::FIRST)
    }
}

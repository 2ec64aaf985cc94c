//! Connections of sessions whose user queue lives here: which speaks for whom, and what comes of
//! their ends.

use link::machine::LinkId;
use proto::codes::Close;
use proto::g2q;
use proto::ids::{Generation, Secret, SessionId};
use proto::q2g;
use proto::wire;

use crate::machine::bucket::Bucket;
use crate::machine::links::Connection;
use crate::machine::local::Seat;
use crate::machine::state::people::SessionKey;
use crate::machine::state::record::SessionStep;
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

impl Bucket {
    /// A lane introduced a connection of a user who lives here. One that is over hears so: its
    /// `kick` may have been lost.
    pub(crate) fn introduced(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        connection: Connection,
        body: &g2q::Introduce,
    ) {
        let Connection { id, generation, .. } = connection;
        let Some(generation) = generation else { return };
        let people = self.state.people();
        let found = people.find(id).filter(|key| **people.user_of(*key) == *body.user);
        let login = found.and_then(|key| Some((key, self.state.logins().present(key)?.generation)));
        if let Some((key, own)) = login
            && own == generation
        {
            if body.confirmed {
                self.confirm(turn, connection);
            }
            self.renew(turn, key, body.expires_unix_ms);
            if !body.leaving {
                self.attach_session(turn, key, seat);
                self.invite_again(turn, key);
            }
            return;
        }
        // A node that is behind doesn't know what was decided since.
        let is_known = generation < self.generation(self.outputs.next());
        if !body.leaving && is_known {
            let close = self.state.logins().over_by(id, found).unwrap_or(Close::HomeLost);
            self.kick(turn, seat, close, close.row().meaning, generation);
        }
    }

    /// The session is heard here from now on.
    pub(super) fn attach_session(&mut self, turn: &mut Turn<'_>, key: SessionKey, seat: Seat) {
        self.carry_out();
        let Some(login) = self.state.logins().present(key) else { return };
        let was_detached = login.detached_ms.is_some();
        self.seats.insert(key, seat);
        if was_detached {
            self.change_session(turn, key, SessionStep::Attached);
        }
    }

    /// The session has other credentials than before.
    fn renew(&mut self, turn: &mut Turn<'_>, key: SessionKey, expires_unix_ms: u64) {
        if let Some(login) = self.state.logins().present(key)
            && login.expires_unix_ms != expires_unix_ms
        {
            self.change_session(turn, key, SessionStep::Expires { unix_ms: expires_unix_ms });
        }
    }

    /// `recognise`: whose session it is, for whoever has its secret.
    pub(crate) fn recognise(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        body: &g2q::Recognise,
        id: SessionId,
    ) {
        let mut answer = q2g::Recognised { number: body.number, ..q2g::Recognised::default() };
        if let Some(key) = self.state.people().find(id)
            && let Ok(secret) = body.secret.as_slice().try_into()
            && let Some(login) = self.state.logins().get(key).filter(|one| one.has(Secret(secret)))
        {
            answer.user = self.state.people().user_of(key).to_string();
            answer.expires_unix_ms = login.expires_unix_ms;
        }
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::Recognised(answer)) };
        self.say(turn, link, |out| wire::put_message(out, &message));
    }

    /// `confirmed`: the client has its `welcome`, so the secret before is good no more.
    pub(crate) fn confirm(&mut self, turn: &mut Turn<'_>, connection: Connection) {
        if let Some(key) = self.state.people().find(connection.id)
            && let Some(login) = self.state.logins().present(key)
            && Some(login.generation) == connection.generation
            && !login.confirmed
        {
            self.change_session(turn, key, SessionStep::Confirmed);
        }
    }

    /// `lost`: the connection has no socket any more.
    pub(crate) fn lost(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        lost: &g2q::Lost,
        connection: Connection,
    ) {
        let faulty = turn.shared.settings.faults().late_lost_ends_new_session;
        if let Some(key) = self.state.people().find(connection.id)
            && let Some(login) = self.state.logins().present(key)
            && (Some(login.generation) == connection.generation || faulty)
        {
            self.detach_session(turn, key, lost.code as u16);
            if lost.bye {
                let is_mistaken = turn.shared.settings.faults().reason_mistaken;
                let reason = if is_mistaken { "replaced" } else { "bye" };
                self.end_session(turn, key, reason, Close::Bye);
            }
        }
        let body = q2g::LostNoted { session: lost.session };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::LostNoted(body)) };
        self.say(turn, link, |out| wire::put_message(out, &message));
    }

    /// Nobody is heard in this seat any more: its link has ended, or its number is another's.
    pub(crate) fn seat_gone(&mut self, turn: &mut Turn<'_>, id: SessionId, seat: Seat) {
        let Some(key) = self.state.people().find(id) else { return };
        if self.seats.get(&key) == Some(&seat) {
            self.detach_session(turn, key, 0);
        }
    }

    /// The session has no connection: if none comes within its grace, it is over.
    pub(crate) fn detach_session(&mut self, turn: &mut Turn<'_>, key: SessionKey, code: u16) {
        let Some(login) = self.state.logins().present(key) else { return };
        if login.detached_ms.is_some() {
            return;
        }
        self.seats.remove(&key);
        self.change_session(turn, key, SessionStep::Detached { code });
        let at_ms = self.now_ms(turn) + turn.shared.settings.grace_ms;
        self.wake_at(turn, at_ms, Timer::Grace(self.outputs.bucket().prefix(), key));
    }

    /// The grace of a session that was detached is over, unless it has come back.
    pub(crate) fn end_grace(&mut self, turn: &mut Turn<'_>, key: SessionKey) {
        let (now_ms, grace_ms) = (self.now_ms(turn), turn.shared.settings.grace_ms);
        let faulty = turn.shared.settings.faults().grace_decided_twice;
        let Some(login) = self.state.logins().present(key) else { return };
        let is_due = login.detached_ms.is_some_and(|since_ms| since_ms + grace_ms <= now_ms);
        if is_due || faulty {
            self.end_session(turn, key, "lost", Close::HomeLost);
        }
    }

    /// Tells a lane that a connection is over.
    pub(super) fn kick(
        &mut self,
        turn: &mut Turn<'_>,
        seat: Seat,
        close: Close,
        reason: &str,
        generation: Generation,
    ) {
        if turn.shared.settings.faults().kick_lost {
            return;
        }
        let is_mistaken = turn.shared.settings.faults().code_mistaken && close == Close::Replaced;
        let close = if is_mistaken { Close::AlreadyConnected } else { close };
        turn.shared.counters.kicks += 1;
        let (session, code) = (seat.handle.number(), u32::from(close.number()));
        let body =
            q2g::Kick { session, code, reason: reason.to_owned(), generation: generation.number() };
        let message = q2g::Q2g { body: Some(q2g::q2g::Body::Kick(body)) };
        self.say(turn, seat.link, |out| wire::put_message(out, &message));
    }
}

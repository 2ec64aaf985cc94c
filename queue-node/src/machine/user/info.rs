//! What the back end asks of a user queue: who is there, and that they go.

use prost::Message as _;
use proto::codes::{Close, Status};
use proto::g2c;
use proto::g2q;
use proto::ids::SessionId;
use proto::q2g::{self, SessionInfo, UserInfo};

use crate::machine::asker::Asker;
use crate::machine::bucket::Bucket;
use crate::machine::record::{Outcome, Refusal};
use crate::machine::state::logins::Login;
use crate::machine::state::people::SessionKey;
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::Step;
use crate::machine::turn::Turn;

/// The back end's reason for a disconnect is a sentence for the user.
const REASON_BYTES_MAX: usize = 256;

impl Bucket {
    /// `get_user`: whether the user is there, since when, by which sessions, and where.
    pub(crate) fn get_user(&mut self, turn: &mut Turn<'_>, asker: &Asker, get: &g2q::GetUser) {
        let Some(inbox) = self.inbox_of(&get.user) else {
            return self.refuse(turn, asker, unknown());
        };
        let info = self.user_info(inbox, &get.user);
        let seq = self.state.queue(inbox).seq;
        let result = g2c::Result { seq, ..g2c::Result::default() }.encode_to_vec();
        let user = Some(info);
        self.reply(turn, asker, q2g::Reply { result, user, ..q2g::Reply::default() });
    }

    fn user_info(&self, inbox: QueueIndex, name: &str) -> UserInfo {
        let mut info = UserInfo { user: name.to_owned(), ..UserInfo::default() };
        let Some(user) = self.state.logins().user(inbox) else { return info };
        info.online = !user.sessions.is_empty();
        info.since_ms = user.since_unix_ms;
        for key in &user.sessions {
            let Some(login) = self.state.logins().get(*key) else { continue };
            info.sessions.push(session_info(login, self.state.people()[*key].id));
            info.queues.extend(login.notes.iter().map(|note| note.room.to_string()));
        }
        info.queues.sort_unstable();
        info.queues.dedup();
        info
    }

    /// `disconnect_user`: all sessions of the user end, by the back end's word.
    pub(crate) fn disconnect_user(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        disconnect: &g2q::DisconnectUser,
    ) {
        if disconnect.reason.len() > REASON_BYTES_MAX {
            let sentence = format!("a reason is at most {REASON_BYTES_MAX} bytes long");
            return self.refuse(turn, asker, Refusal::new(Status::Invalid, sentence));
        }
        let Some(inbox) = self.inbox_of(&disconnect.user) else {
            return self.refuse(turn, asker, unknown());
        };
        let user = self.state.logins().user(inbox);
        let sessions: Vec<SessionKey> = user.map_or(Vec::new(), |user| user.sessions.clone());
        let seq = self.state.queue(inbox).seq;
        self.conclude(turn, inbox, asker, Ok((Outcome::Done { seq }, Step::Nothing)));
        let reason = match &*disconnect.reason {
            "" => "disconnected by the application",
            reason => reason,
        };
        for key in sessions {
            self.end_session(turn, key, reason, Close::Forbidden);
        }
    }
}

fn session_info(login: &Login, id: SessionId) -> SessionInfo {
    let client = &login.client;
    SessionInfo {
        session_id: id.to_string(),
        gateway: client.gateway.clone(),
        client_name: client.name.clone(),
        client_version: client.version.clone(),
        since_ms: client.since_unix_ms,
        detached: login.detached_ms.is_some(),
        generation: login.generation.number(),
        queues: login.notes.len() as u32,
    }
}

fn unknown() -> Refusal {
    let sentence = "the user isn't online, and hasn't been recently";
    Refusal::new(Status::NotFound, sentence)
}

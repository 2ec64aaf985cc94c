//! Watches what lanes let out: who has lost the arbitration, or was resumed elsewhere, must not be
//! heard a dead time after the winner was welcomed. It also knows of winners whose client was
//! closed before.

use std::collections::{BTreeMap, BTreeSet};

use link::machine::LinkId;
use prost::Message as _;
use proto::codes::Status;
use proto::g2q::field::g2q::{INTRODUCE, LOGIN, OPERATION};
use proto::ids::{Handle, SessionId};
use proto::q2g::field::q2g::LOGGED_IN;
use proto::{g2q, limits, q2g, wire};

use super::World;
use super::wires::Port;

/// Users of whom several may be logged in at a time: see `cluster.toml`.
pub(crate) const SEVERAL: [&str; 1] = ["u3"];

/// Users whose older login stays.
pub(crate) const FIRST_STAYS: [&str; 1] = ["u2"];

/// What the referee knows of sessions.
#[derive(Debug, Default)]
pub(crate) struct Referee {
    /// Who stands behind a handle, and under which generation.
    handles: BTreeMap<Connection, (String, u64)>,
    /// The client that logs in by a handle, by the id that it has drawn.
    logins: BTreeMap<Connection, String>,
    /// Clients that their application has closed, by their ids.
    closed: BTreeSet<String>,
    /// The newest welcome of each user.
    welcomes: BTreeMap<String, Newest>,
    /// Whose session each is.
    pub(crate) sessions: BTreeMap<String, String>,
}

/// What a lane calls a connection on a link.
type Connection = (Port, LinkId, Handle);

/// A welcome under the highest generation of its user.
#[derive(Debug, Clone, Copy, Default)]
struct Newest {
    generation: u64,
    at_us: u64,
    /// The application had closed the client before its login was welcomed.
    was_closed: bool,
}

/// A generation is its bucket's `loss` above so many bits, and a record's number.
const LOSS_SHIFT: u32 = 40;

impl Referee {
    /// The application closes a client. What it has said may still be on its way.
    pub(crate) fn closes(&mut self, client_id: &str) {
        self.closed.insert(client_id.to_owned());
    }

    /// Whether the newest login of the user came so late that its client had been closed.
    pub(crate) fn is_won_by_closed(&self, user: &str) -> bool {
        self.welcomes.get(user).is_some_and(|newest| newest.was_closed)
    }

    fn welcomed(&mut self, connection: &Connection, user: String, generation: u64, at_us: u64) {
        let client = self.logins.get(connection);
        let was_closed = client.is_some_and(|client| self.closed.contains(client));
        let newest = self.welcomes.entry(user).or_default();
        if newest.generation < generation {
            *newest = Newest { generation, at_us, was_closed };
        }
    }
}

impl World {
    /// A lane lets frames out.
    pub(crate) fn referee_hears_lane(&mut self, port: Port, link: LinkId, bytes: &[u8]) {
        let now_us = self.agenda.now_us();
        let mut late = Vec::new();
        each_frame(bytes, |number, body| match number {
            INTRODUCE => {
                let Ok(one) = g2q::Introduce::decode(body) else { return };
                let key = (port, link, Handle::named(one.session));
                self.referee.handles.insert(key, (one.user, one.generation));
            }
            LOGIN => {
                let Ok(one) = g2q::Login::decode(body) else { return };
                let key = (port, link, Handle::named(one.session));
                self.referee.logins.insert(key, one.client_id);
            }
            OPERATION => {
                let Ok(one) = g2q::OperationRef::of(body) else { return };
                let known = self.referee.handles.get(&(port, link, one.session));
                let Some((user, generation)) = known else { return };
                let Some(newest) = self.referee.welcomes.get(user) else { return };
                let (newest, at_us) = (newest.generation, newest.at_us);
                // With its home lost a user is logged out by the table, which may come late.
                let is_over = newest > *generation
                    && newest >> LOSS_SHIFT == generation >> LOSS_SHIFT
                    && !SEVERAL.contains(&user.as_str());
                if is_over && now_us > at_us + (limits::DEAD_MS + 1) * 1000 {
                    late.push(format!("{user} under {generation}, {newest} was welcomed"));
                }
            }
            _ => {}
        });
        for what in late {
            self.violated("who has lost is heard no later than a dead time", what);
        }
    }

    /// A lane hears that a login was decided: it says `welcome` at once.
    pub(crate) fn referee_hears_node(&mut self, port: Port, link: LinkId, frame: &[u8]) {
        let Ok((LOGGED_IN, body)) = wire::envelope(frame) else { return };
        let Ok(message) = q2g::LoggedIn::decode(body) else { return };
        if message.status != Status::Ok.number() {
            return;
        }
        let now_us = self.agenda.now_us();
        let connection = (port, link, Handle::named(message.session));
        let Some((user, _)) = self.referee.handles.get(&connection) else { return };
        let user = user.clone();
        if let Ok(session) = SessionId::try_from(&*message.session_id) {
            self.referee.sessions.insert(session.to_string(), user.clone());
        }
        self.referee.welcomed(&connection, user, message.generation, now_us);
    }
}

/// Calls with the number and the body of each frame.
pub(crate) fn each_frame(bytes: &[u8], mut each: impl FnMut(u32, &[u8])) {
    let mut rest = bytes;
    while let Ok(Some((frame, end))) = proto::frame::split(rest, limits::LINK_FRAME_BYTES_MAX) {
        rest = &rest[end..];
        if let Ok((number, body)) = wire::envelope(frame) {
            each(number, body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_won_by_a_closed_client_only_while_its_late_login_is_the_newest() {
        let mut referee = Referee::default();
        let connection = |handle| (Port::Lane(0, 0), LinkId(1), Handle::named(handle));
        referee.logins.insert(connection(1), "old".to_owned());
        referee.logins.insert(connection(2), "new".to_owned());
        referee.welcomed(&connection(1), "u1".to_owned(), 1, 100);
        referee.closes("old");
        assert!(!referee.is_won_by_closed("u1"), "it was welcomed in time");
        referee.welcomed(&connection(2), "u1".to_owned(), 3, 200);
        referee.welcomed(&connection(1), "u1".to_owned(), 2, 300);
        assert!(!referee.is_won_by_closed("u1"), "its welcome is the older one");
        referee.welcomed(&connection(1), "u1".to_owned(), 4, 400);
        assert!(referee.is_won_by_closed("u1"));
        assert!(!referee.is_won_by_closed("u2"), "another user");
        referee.welcomed(&connection(2), "u1".to_owned(), 5, 500);
        assert!(!referee.is_won_by_closed("u1"), "the other has come back");
    }
}

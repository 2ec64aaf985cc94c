//! Watches what lanes let out: who has lost the arbitration, or was resumed elsewhere, must not be
//! heard a dead time after the winner was welcomed.

use std::collections::BTreeMap;

use link::machine::LinkId;
use prost::Message as _;
use proto::codes::Status;
use proto::g2q::field::g2q::{INTRODUCE, OPERATION};
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
    handles: BTreeMap<(Port, LinkId, Handle), (String, u64)>,
    /// The newest generation of each user, and when it was welcomed.
    welcomes: BTreeMap<String, (u64, u64)>,
    /// Whose session each is.
    pub(crate) sessions: BTreeMap<String, String>,
}

/// A generation is its bucket's `loss` above so many bits, and a record's number.
const LOSS_SHIFT: u32 = 40;

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
            OPERATION => {
                let Ok(one) = g2q::OperationRef::of(body) else { return };
                let known = self.referee.handles.get(&(port, link, one.session));
                let Some((user, generation)) = known else { return };
                let Some((newest, at_us)) = self.referee.welcomes.get(user) else { return };
                // With its home lost a user is logged out by the table, which may come late.
                let is_over = newest > generation
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
        let handle = Handle::named(message.session);
        let Some((user, _)) = self.referee.handles.get(&(port, link, handle)) else { return };
        if let Ok(session) = SessionId::try_from(&*message.session_id) {
            self.referee.sessions.insert(session.to_string(), user.clone());
        }
        let newest = self.referee.welcomes.entry(user.clone()).or_default();
        if newest.0 < message.generation {
            *newest = (message.generation, now_us);
        }
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

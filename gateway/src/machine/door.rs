//! The door of a lane: who comes from where, by which credentials, and how much at once.
//!
//! [`Door`] owns the connections: [`address`] counts who comes from where; [`connections`] says how
//! far each has come; [`authority`] believes credentials or not; [`wheel`] looks at connections
//! when it is time, and bounds what they send; [`streams`] knows those of the fallback over HTTP by
//! their names; [`farewell`] says how those end that are dismissed, and [`elsewhere`] where they
//! can go instead.
//! Anybody may dismiss one; it is closed when what happens is done.
//!
//! What clients say concerns other parts, too. In the order of a client's way: [`connection`] reads
//! its frames, [`credentials`] those that say who it is, [`operation`] those that are for queues;
//! [`refusal`] answers what goes no further; [`closing`] ends it; [`posts`] takes what comes for it
//! by other ways. These functions own nothing.

use std::collections::VecDeque;

use proto::b2n;
use proto::c2g;
use proto::codes::Close;
use proto::ids::{ConnectionName, Handle};
use proto::limits;
use proto::posted::Posted;
use proto::time::Time;

use super::delivery::{ConnId, Transport};
use super::settings::Settings;

mod address;
mod authority;
mod client_url;
pub(super) mod closing;
pub(super) mod connection;
mod connections;
pub(super) mod credentials;
mod elsewhere;
mod farewell;
pub(super) mod operation;
pub(super) mod posts;
pub(super) mod refusal;
mod streams;
mod wheel;

pub use address::{AddressLimits, Addresses, Prefix, TurnedAway};
pub(super) use authority::{Admission, Admitted, Distrust};
pub use authority::{Authority, Credentials};
use authority::{Expiries, Keys};
pub use client_url::{ClientUrl, NotAClientUrl};
pub(super) use connections::Phase;
use connections::{Connection, Connections};
use elsewhere::Elsewhere;
pub(super) use farewell::Farewell;
pub use posts::Post;
pub(super) use refusal::{Refusal, check_op_id};
use streams::Streams;
pub(super) use wheel::PER_TURN;
use wheel::{Allowance, Rate, Wheel};

/// A client has this long to take what is unsent before the socket is cut.
const LINGER_MS: u64 = 5_000;

/// The connections of a lane, on their way in and until their end.
#[derive(Debug)]
pub(super) struct Door {
    connections: Connections,
    rate: Rate,
    wheel: Wheel,
    expiries: Expiries,
    streams: Streams,
    keys: Keys,
    elsewhere: Elsewhere,
    /// The gateway shuts down.
    is_draining: bool,
    /// Those that are to be closed, in order, and how.
    dismissed: VecDeque<(ConnId, Farewell)>,
}

/// A frame has come from a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// It is more than the connection may send.
    TooMuch,
    /// How far the connection has come, and its session.
    From(Phase, Option<Handle>),
}

/// What is to be done with a connection whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing: it is looked at again.
    Again,
    /// It hasn't said who it is.
    Unconnected,
    /// It was silent for long: a ping, then [`Door::await_pong`].
    Ping,
    /// It has answered no ping.
    Unanswered,
    /// It has had its time to take what was unsent.
    End,
}

impl Door {
    /// Nobody is there. Where clients are sent is drawn from the seed.
    pub(super) fn new(settings: &Settings, seed: u64) -> Door {
        let rate = Rate {
            operations_per_s: settings.operations_per_s,
            operations_burst: settings.operations_burst,
            bytes_per_s: settings.bytes_per_s,
            bytes_burst: settings.bytes_burst,
        };
        Door {
            connections: Connections::default(),
            rate,
            wheel: Wheel::new(),
            expiries: Expiries::default(),
            streams: Streams::default(),
            keys: Keys::default(),
            elsewhere: Elsewhere::new(settings, seed),
            is_draining: false,
            dismissed: VecDeque::new(),
        }
    }

    /// What tokens are verified with from now on.
    pub(super) fn set_authority(&mut self, authority: Authority) {
        self.keys.set_authority(authority);
    }

    /// Whether any token can be believed.
    pub(super) fn has_authority(&self) -> bool {
        self.keys.is_configured()
    }

    /// Who may come in, by the credentials. Where `wants_keys` becomes true, newer ones are wanted.
    pub(super) fn admit(
        &mut self,
        now: Time,
        connect: &c2g::Connect,
        (is_asked, dev_auth): (bool, bool),
        wants_keys: &mut bool,
    ) -> Result<Admission, Distrust> {
        self.keys.admit(now, connect, (is_asked, dev_auth), wants_keys)
    }

    /// Whose a token is.
    pub(super) fn verify(
        &mut self,
        now: Time,
        token: &str,
        wants_keys: &mut bool,
    ) -> Result<Admitted, Distrust> {
        self.keys.verify(now, token, wants_keys)
    }

    /// The boss has said which gateways have room for clients.
    pub(super) fn hear_of_doors(&mut self, now_ms: u64, doors: &b2n::Doors) {
        self.elsewhere.hear(now_ms, doors);
    }

    /// Whether a client of this transport can be sent to another gateway.
    pub(super) fn hands_on(&self, now_ms: u64, transport: Transport) -> bool {
        self.elsewhere.has_any(now_ms, transport)
    }

    /// Where a client of this transport can go instead of here.
    pub(super) fn take_elsewhere(&mut self, now_ms: u64, transport: Transport) -> Option<String> {
        self.elsewhere.take(now_ms, transport)
    }

    /// A connection is there.
    pub(super) fn opened(&mut self, conn: ConnId, now_ms: u64) {
        let due = self.wheel.arm(now_ms, limits::CONNECT_MS_MAX, conn);
        let allowance = Allowance::full(self.rate, now_ms);
        self.connections.open(conn, Connection::new(now_ms, due, allowance));
    }

    /// A connection is a stream, for which clients post under this name.
    pub(super) fn streams(&mut self, conn: ConnId, name: ConnectionName, now_ms: u64) {
        self.streams.open(conn, name, now_ms);
    }

    /// Whether a connection has this name.
    pub(super) fn has_stream(&self, name: ConnectionName) -> bool {
        self.streams.find(name).is_some()
    }

    /// A client has posted under this number, which is a sign of life and counts as an operation.
    /// The connection, if the frames are to be taken now.
    pub(super) fn posts(
        &mut self,
        name: ConnectionName,
        count: u64,
        now_ms: u64,
    ) -> Result<ConnId, Posted> {
        let conn = self.streams.find(name).ok_or(Posted::Gone)?;
        match self.came(conn, now_ms, 0).ok_or(Posted::Gone)? {
            Came::From(..) => self.streams.take(name, count).map(|()| conn),
            Came::TooMuch => {
                self.dismiss(conn, Farewell::new(Close::Rate, connection::TOO_MUCH));
                Err(Posted::Gone)
            }
        }
    }

    /// Takes a turn's worth of streams on which something is to be said.
    pub(super) fn comments_due(&mut self, now_ms: u64) -> Vec<ConnId> {
        self.streams.due(now_ms, PER_TURN)
    }

    /// A frame of so many bytes has come; nothing if nobody is there to say anything.
    #[inline]
    pub(super) fn came(&mut self, conn: ConnId, now_ms: u64, bytes: usize) -> Option<Came> {
        let connection = self.connections.get(conn)?;
        if connection.phase == Phase::Closing {
            return None;
        }
        connection.heard_ms = now_ms as u32;
        if !connection.allowance.take(self.rate, now_ms, 1, bytes) {
            return Some(Came::TooMuch);
        }
        if connection.phase == Phase::Pinged {
            connection.phase = Phase::Live;
        }
        Some(Came::From(connection.phase, connection.session))
    }

    /// So much has come besides frames: whether that is allowed. Before `connect` nobody needs so
    /// much of it that it is told.
    pub(super) fn allows_overhead(
        &mut self,
        conn: ConnId,
        now_ms: u64,
        (bytes, frames): (u32, u32),
    ) -> bool {
        let Some(connection) = self.connections.get(conn) else { return true };
        let allowed = connection.allowance.take(self.rate, now_ms, frames, bytes as usize);
        connection.phase != Phase::Fresh && allowed
    }

    /// Takes so many operations more of what a connection may send. Whether it may.
    pub(super) fn takes(&mut self, conn: ConnId, now_ms: u64, operations: u32) -> bool {
        let Some(connection) = self.connections.get(conn) else { return true };
        connection.allowance.take(self.rate, now_ms, operations, 0)
    }

    /// The application is asked who it is.
    pub(super) fn asks(&mut self, conn: ConnId) {
        if let Some(connection) = self.connections.get(conn) {
            connection.phase = Phase::Asking;
        }
    }

    /// Its session logs in, with credentials that hold until then.
    pub(super) fn logs_in(&mut self, conn: ConnId, session: Handle, expires_ms: Option<u64>) {
        if let Some(connection) = self.connections.get(conn) {
            (connection.session, connection.phase) = (Some(session), Phase::LoggingIn);
        }
        self.expiries.set(conn, expires_ms);
    }

    /// Its session is logged in.
    pub(super) fn goes_live(&mut self, conn: ConnId) {
        if let Some(connection) = self.connections.get(conn) {
            connection.phase = Phase::Live;
        }
    }

    /// It has new credentials, which hold until then.
    pub(super) fn set_expiry(&mut self, conn: ConnId, expires_ms: Option<u64>) {
        self.expiries.set(conn, expires_ms);
    }

    /// Until when its credentials hold; nothing: for ever.
    pub(super) fn expiry_of(&self, conn: ConnId) -> Option<u64> {
        self.expiries.of(conn)
    }

    /// The session of a connection.
    pub(super) fn session_of(&self, conn: ConnId) -> Option<Handle> {
        self.connections.session_of(conn)
    }

    /// The numbers of all connections.
    pub(super) fn open_ones(&self) -> Vec<ConnId> {
        self.connections.open_ones()
    }

    /// The gateway shuts down: who comes now is sent elsewhere.
    pub(super) fn set_draining(&mut self) {
        self.is_draining = true;
    }

    /// Whether the gateway shuts down.
    pub(super) fn is_draining(&self) -> bool {
        self.is_draining
    }

    /// A connection is to be closed, as soon as what happens now is done.
    pub(super) fn dismiss(&mut self, conn: ConnId, farewell: Farewell) {
        self.dismissed.push_back((conn, farewell));
    }

    /// Whether that is so of any connection.
    #[inline]
    pub(super) fn has_dismissed(&self) -> bool {
        !self.dismissed.is_empty()
    }

    /// Whether that is so of this one.
    pub(super) fn is_dismissed(&self, conn: ConnId) -> bool {
        self.dismissed.iter().any(|(of, _)| *of == conn)
    }

    /// Takes the first connection that is to be closed.
    pub(super) fn take_dismissed(&mut self) -> Option<(ConnId, Farewell)> {
        self.dismissed.pop_front()
    }

    /// A connection is told to close, and has a moment to take that. Its session, if it has one;
    /// nothing at all if it isn't there or was told before.
    pub(super) fn closes(&mut self, conn: ConnId, now_ms: u64) -> Option<Option<Handle>> {
        let connection = self.connections.get(conn)?;
        if connection.phase == Phase::Closing {
            return None;
        }
        connection.phase = Phase::Closing;
        let session = connection.session.take();
        connection.due = self.wheel.arm(now_ms, LINGER_MS, conn);
        self.expiries.set(conn, None);
        self.streams.close(conn);
        Some(session)
    }

    /// A connection is gone. Its session, if it has one; nothing at all if it wasn't there.
    pub(super) fn closed(&mut self, conn: ConnId) -> Option<Option<Handle>> {
        let session = self.connections.get(conn)?.session;
        self.connections.free(conn);
        self.expiries.set(conn, None);
        self.streams.close(conn);
        Some(session)
    }

    /// The wheel has come to a connection; nothing if it isn't there or has moved on since.
    pub(super) fn look_at(
        &mut self,
        (conn, tick): (ConnId, u32),
        ping_ms: u64,
        now_ms: u64,
    ) -> Option<Look> {
        let connection = self.connections.get(conn)?;
        if connection.due != tick {
            return None;
        }
        let silent_ms = u64::from((now_ms as u32).wrapping_sub(connection.heard_ms));
        let next_ms = match connection.phase {
            Phase::Free => return None,
            Phase::Fresh => return Some(Look::Unconnected),
            // Each has an end of its own.
            Phase::Asking | Phase::LoggingIn => limits::CONNECT_MS_MAX,
            Phase::Live if silent_ms < ping_ms => ping_ms - silent_ms,
            Phase::Live => {
                connection.phase = Phase::Pinged;
                return Some(Look::Ping);
            }
            Phase::Pinged => return Some(Look::Unanswered),
            Phase::Closing => return Some(Look::End),
        };
        self.look_again(conn, next_ms, now_ms);
        Some(Look::Again)
    }

    /// A ping was sent: its answer may take so long.
    pub(super) fn await_pong(&mut self, conn: ConnId, now_ms: u64) {
        self.look_again(conn, limits::PONG_MS_MAX, now_ms);
    }

    fn look_again(&mut self, conn: ConnId, after_ms: u64, now_ms: u64) {
        let due = self.wheel.arm(now_ms, after_ms, conn);
        if let Some(connection) = self.connections.get(conn) {
            connection.due = due;
        }
    }

    /// Takes a turn's worth of connections to be looked at by now.
    pub(super) fn due(&mut self, now_ms: u64) -> Vec<(u32, ConnId)> {
        let mut due = Vec::new();
        self.wheel.due(now_ms, PER_TURN, &mut due);
        due
    }

    /// Takes a turn's worth of connections whose credentials hold no longer.
    pub(super) fn expired(&mut self, now_ms: u64) -> Vec<ConnId> {
        self.expiries.due(now_ms, PER_TURN)
    }

    /// When something is to be done, if nothing comes before.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let wakes = [self.wheel.wake_at(), self.expiries.wake_at(), self.streams.wake_at()];
        wakes.into_iter().flatten().min()
    }
}

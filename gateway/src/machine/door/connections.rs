//! The connections of a lane: how far each has come, and what it may still send.

use proto::ids::Handle;

use super::wheel::Allowance;
use crate::machine::delivery::ConnId;

/// One connection of a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connection {
    pub(super) session: Option<Handle>,
    /// When something last came, in the low bits of the clock.
    pub(super) heard_ms: u32,
    /// The tick of the wheel at which it is looked at; other entries of it are stale.
    pub(super) due: u32,
    pub(super) allowance: Allowance,
    pub(super) phase: Phase,
}

/// There is one per client: what is added here is added as often.
const _: () = assert!(size_of::<Connection>() <= 28);

/// Where a connection is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) enum Phase {
    /// No socket has this number.
    Free,
    /// No `connect` yet.
    Fresh,
    /// The application is asked who it is.
    Asking,
    /// Its session's login isn't answered yet.
    LoggingIn,
    /// All is well.
    Live,
    /// A ping waits for anything to come.
    Pinged,
    /// Told to close; what still comes is ignored.
    Closing,
}

impl Default for Connection {
    fn default() -> Self {
        Connection {
            session: None,
            heard_ms: 0,
            due: 0,
            allowance: Allowance::default(),
            phase: Phase::Free,
        }
    }
}

impl Connection {
    /// One that has just come, and is looked at at this tick.
    pub(super) fn new(now_ms: u64, due: u32, allowance: Allowance) -> Connection {
        let heard_ms = now_ms as u32;
        Connection { session: None, heard_ms, due, allowance, phase: Phase::Fresh }
    }
}

/// All connections of a lane, by io's numbers.
#[derive(Debug, Default)]
pub(super) struct Connections(Vec<Connection>);

impl Connections {
    pub(super) fn get(&mut self, conn: ConnId) -> Option<&mut Connection> {
        self.0.get_mut(conn.place()).filter(|connection| connection.phase != Phase::Free)
    }

    pub(super) fn session_of(&self, conn: ConnId) -> Option<Handle> {
        self.0.get(conn.place())?.session
    }

    pub(super) fn open(&mut self, conn: ConnId, connection: Connection) {
        let at = conn.place();
        if self.0.len() <= at {
            self.0.resize_with(at + 1, Connection::default);
        }
        self.0[at] = connection;
    }

    pub(super) fn free(&mut self, conn: ConnId) {
        if let Some(connection) = self.0.get_mut(conn.place()) {
            *connection = Connection::default();
        }
    }

    /// The numbers of all that are open.
    pub(super) fn open_ones(&self) -> Vec<ConnId> {
        let open = (0..).zip(&self.0).filter(|(_, connection)| connection.phase != Phase::Free);
        open.map(|(at, _)| ConnId::at(at)).collect()
    }
}

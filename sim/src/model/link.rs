//! A link between two nodes: what is in flight on it, each way in order.

use super::log::Log;
use super::row::{Place, Row};
use super::state::{Role, Stage, State};

/// What the dialler says: the stream of a primary.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Down {
    Lead(Row),
    Batch {
        exact: (u8, u8),
        /// Cut what is behind this record.
        after: Option<u8>,
        /// The units are behind this record.
        from: u8,
        units: Log,
        committed: u8,
    },
    /// The first slice of a snapshot: here with all of its content.
    First {
        exact: (u8, u8),
        state: Log,
    },
    /// The last slice.
    Last {
        exact: (u8, u8),
    },
}

/// What comes back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Up {
    /// The answer to the lead of row `conf`. `log` stands for its openings and its length; None: it
    /// has nothing.
    Have { conf: u8, state_n: u8, log: Option<Log> },
    /// Of the oldest batch that isn't acknowledged.
    Ack,
    /// A row, since what was said is of a lower one.
    Row(Row),
}

/// A batch that isn't acknowledged, as the dialler keeps it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Sent {
    /// Whether its acknowledgement counts for the bucket.
    pub(crate) counts: bool,
    /// It ends with this record.
    pub(crate) n: u8,
    /// The outputs that wait for it, as [`Output::bit`](super::state::Output::bit)s.
    pub(crate) covers: u8,
    /// With the last slice.
    pub(crate) last: bool,
}

/// One link. Each end notices its end in its own time, and reads until then what had come.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Link {
    /// The dialler holds it for up.
    pub(crate) dialler: bool,
    /// So does the acceptor.
    pub(crate) acceptor: bool,
    pub(crate) down: Vec<Down>,
    pub(crate) up: Vec<Up>,
}

impl Link {
    pub(crate) fn is_up(&self) -> bool {
        self.dialler && self.acceptor
    }

    pub(crate) fn say(&mut self, what: Down) {
        if self.is_up() {
            self.down.push(what);
        }
    }

    pub(crate) fn answer(&mut self, what: Up) {
        if self.is_up() {
            self.up.push(what);
        }
    }
}

impl State {
    /// A new link (S4): what came on the older one and isn't read is thrown away.
    pub(crate) fn link_up(&mut self, dialler: Place, acceptor: Place) {
        self.acceptor_notices(dialler, acceptor);
        self.dialler_notices(dialler, acceptor);
        let link = self.link_mut(dialler, acceptor);
        (link.dialler, link.acceptor) = (true, true);
    }

    pub(crate) fn dialler_notices(&mut self, dialler: Place, acceptor: Place) {
        let link = self.link_mut(dialler, acceptor);
        link.dialler = false;
        link.up.clear();
        let fellow = self.fellow_mut(dialler, acceptor);
        fellow.sent.clear();
        fellow.stage = Stage::Away;
        self.let_go_of_late(dialler, acceptor);
    }

    pub(crate) fn acceptor_notices(&mut self, dialler: Place, acceptor: Place) {
        let link = self.link_mut(dialler, acceptor);
        link.acceptor = false;
        link.down.clear();
        let copy = self.node_mut(acceptor);
        if copy.leader.is_some_and(|(leader, _)| leader == dialler) {
            copy.leader = None;
            if copy.role == Role::Filling {
                self.drop_copy(acceptor);
            }
        }
    }
}

//! What the wires tell the role they belong to.

use proto::time::Time;

use crate::machine::{LinkId, Outbox, Peer};

/// What happened on the wires.
#[derive(Debug)]
pub enum Event<'a> {
    /// A link is up; `dialled` is the name it was dialled under, nothing if it was accepted.
    Up {
        /// Which.
        link: LinkId,
        /// Who is there.
        peer: Peer,
        /// Under which name this end dialled it.
        dialled: Option<&'a str>,
    },
    /// A frame came.
    Frame {
        /// On which link.
        link: LinkId,
        /// Its envelope.
        frame: &'a [u8],
    },
    /// A link that was up is down.
    Down {
        /// Which.
        link: LinkId,
        /// For the log.
        reason: &'a str,
        /// It ended because nothing was heard on it for so long; 0: for another reason.
        silent_ms: u64,
    },
    /// A dial did not become a link; it is tried again.
    Unreachable {
        /// The name it was dialled under.
        name: &'a str,
        /// Whether nobody listens there.
        refused: bool,
        /// Whether trying again can't help: there is somebody with another secret, of another
        /// cluster or of another version.
        hopeless: bool,
        /// For the log.
        reason: &'a str,
    },
}

/// Who takes the events: a role's machine with its outbox.
pub trait Sink {
    /// Where output of links is gathered.
    fn outbox(&mut self) -> &mut Outbox;
    /// Something happened.
    fn event(&mut self, now: Time, event: Event<'_>);
    /// Whether no more frames of this link are to be taken until it has taken what is unsent. At
    /// most one end of a link may pause, or both would wait for each other.
    fn pauses(&mut self, _link: LinkId) -> bool {
        false
    }
    /// How many bytes are still to be written to others than links. Who fans out what comes says
    /// it, and no link is read further than is good.
    fn unsent(&self) -> usize {
        0
    }
}

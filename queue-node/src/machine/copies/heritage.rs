//! What goes from a copy to a primary, and back.

use proto::bucket::Reign;

use super::tail::Tail;
use crate::machine::state::State;

/// What a node goes on from that is a bucket's primary.
#[derive(Debug)]
pub(crate) enum Heritage {
    /// Nothing: the bucket begins.
    Nothing,
    /// A copy.
    Copy(Box<Inherited>),
    /// It can't: its copy isn't what the primary before has shown.
    Lacking,
}

/// A copy that is level.
#[derive(Debug)]
pub(crate) struct Inherited {
    pub(crate) state: State,
    /// Its newest entries, as far as somebody may lack them.
    pub(crate) tail: Tail,
    /// The latest that the bucket's clock is known to have shown; 0: only its records say.
    pub(crate) clock_ms: u64,
}

/// What is known of the clock of a copy's bucket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shows {
    /// The newest reign that has said anything of it.
    pub(super) reign: Reign,
    /// What it shows more than the clock of that reign's node.
    pub(super) offset_ms: i64,
    /// The latest that it is known to have shown under it.
    pub(super) at_ms: u64,
}

//! What else than bytes a bucket lets out.

use std::cell::Cell;
use std::rc::Rc;

use link::machine::LinkId;

use crate::machine::application::Happened;
use crate::machine::state::words::{Answer, WordId};
use crate::machine::turn::Inspected;

/// One of them.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A word to another queue may go.
    Word { number: u64 },
    /// The answer to a word of a bucket of this same node.
    Answer { word_id: WordId, answer: Answer },
    /// The web application may be told.
    Happened(Happened),
    /// The boss may hear what is in a queue.
    Inspected(Box<Inspected>),
    /// One bucket fewer that a lane's probe waits for.
    Probed(Rc<Probe>),
}

/// A probe of a lane: answered when every bucket that waits for somebody has made sure that it is
/// still this node's.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) link: LinkId,
    pub(crate) nonce: u64,
    /// Buckets that haven't.
    pub(crate) waits: Cell<usize>,
}

impl Effect {
    /// Whether it is for nobody without this link.
    pub(super) fn is_for(&self, link: LinkId) -> bool {
        match self {
            Effect::Probed(probe) => probe.link == link,
            Effect::Word { .. }
            | Effect::Answer { .. }
            | Effect::Happened(_)
            | Effect::Inspected(_) => false,
        }
    }
}

//! What else than bytes a bucket lets out.

use std::cell::RefCell;
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
/// still this node's; after a while without those that haven't.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) link: LinkId,
    pub(crate) nonce: u64,
    /// The prefixes of buckets that haven't, in order; nothing: it is answered.
    waits: RefCell<Option<Vec<u32>>>,
}

impl Probe {
    /// One that nobody has answered.
    pub(crate) fn new(link: LinkId, nonce: u64) -> Probe {
        Probe { link, nonce, waits: RefCell::new(Some(Vec::new())) }
    }

    /// It waits for one more bucket, behind those before it.
    pub(crate) fn wait_for(&self, prefix: u32) {
        self.waits.borrow_mut().iter_mut().for_each(|waits| waits.push(prefix));
    }

    /// A bucket has made sure of it. Whether all have.
    pub(crate) fn is_sure(&self, prefix: u32) -> bool {
        let mut waits = self.waits.borrow_mut();
        let Some(waits) = waits.as_mut() else { return false };
        if let Ok(at) = waits.binary_search(&prefix) {
            waits.remove(at);
        }
        waits.is_empty()
    }

    /// Whether it waits for nobody.
    pub(crate) fn is_free(&self) -> bool {
        self.waits.borrow().as_ref().is_some_and(Vec::is_empty)
    }

    /// It is answered, but for these. Nothing: it was before.
    pub(crate) fn answer(&self) -> Option<Vec<u32>> {
        self.waits.borrow_mut().take()
    }
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

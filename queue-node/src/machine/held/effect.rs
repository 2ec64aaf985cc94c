//! What else than bytes a bucket lets out.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use link::machine::LinkId;

use crate::machine::application::Happened;
use crate::machine::state::words::{Answer, WordId};
use crate::machine::traced::Traced;
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
    /// Whoever follows it may hear that what stands before it is out.
    Traced(Box<Traced>),
}

/// A probe of a lane: answered when every bucket that waits for somebody has made sure that it is
/// still this node's, and at the end of each turn in which some more have, without the others; for
/// the last time after a while.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) link: LinkId,
    pub(crate) nonce: u64,
    /// The prefixes of buckets that haven't, in order; nothing: nothing more is said.
    waits: RefCell<Option<Vec<u32>>>,
    /// How many hadn't when it was answered last, or when it came.
    excepted: Cell<usize>,
}

impl Probe {
    /// One that nobody has answered, of a node with so many buckets.
    pub(crate) fn new(link: LinkId, nonce: u64, buckets: usize) -> Probe {
        let (waits, excepted) = (RefCell::new(Some(Vec::new())), Cell::new(buckets));
        Probe { link, nonce, waits, excepted }
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

    /// It is answered, but for these, and will be again. Nothing: there is nothing new to say.
    pub(crate) fn answer_in_part(&self) -> Option<Vec<u32>> {
        let waits = self.waits.borrow();
        let waits = waits.as_ref().filter(|waits| waits.len() < self.excepted.get())?;
        self.excepted.set(waits.len());
        Some(waits.clone())
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
            | Effect::Inspected(_)
            | Effect::Traced(_) => false,
        }
    }
}

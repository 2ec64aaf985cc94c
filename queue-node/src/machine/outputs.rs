//! Outputs wait for their record: nothing leaves a bucket before what it speaks of is on every
//! copy.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use link::machine::{LinkId, Outbox};
use proto::bucket::{BucketId, Epochs};

use super::application::Happened;
use super::links::Links;
use super::state::words::{Answer, WordId};
use super::turn::Inspected;

/// What else than bytes a bucket lets out.
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

/// A probe of a lane: answered when all that was recorded before it is on every copy.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) link: LinkId,
    pub(crate) nonce: u64,
    /// Buckets whose copies lag.
    pub(crate) waits: Cell<usize>,
}

/// The number of the newest record, how far the copies are, and what waits for them.
#[derive(Debug)]
pub(crate) struct Outputs {
    bucket: BucketId,
    epochs: Epochs,
    newest: u64,
    committed: u64,
    /// Records are committed by somebody else; else each is as soon as it is there.
    waits: bool,
    /// A planted bug: nothing waits.
    leaks: bool,
    held: VecDeque<Held>,
    bytes: VecDeque<u8>,
}

#[derive(Debug)]
struct Held {
    n: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    /// So many bytes for this link; no link: it went down since.
    Bytes(Option<LinkId>, usize),
    Effect(Effect),
}

impl Outputs {
    /// Of a bucket that has no record yet.
    pub(crate) fn new(bucket: BucketId, epochs: Epochs, waits: bool, leaks: bool) -> Outputs {
        let (held, bytes) = (VecDeque::new(), VecDeque::new());
        Outputs { bucket, epochs, newest: 0, committed: 0, waits, leaks, held, bytes }
    }

    /// Which bucket's they are.
    pub(crate) fn bucket(&self) -> BucketId {
        self.bucket
    }

    /// The bucket's epochs.
    pub(crate) fn epochs(&self) -> Epochs {
        self.epochs
    }

    /// The same records under a higher reign.
    pub(crate) fn raise(&mut self, epochs: Epochs) {
        self.epochs = epochs;
    }

    /// A new record: its number.
    #[inline]
    pub(crate) fn record(&mut self) -> u64 {
        self.newest += 1;
        if !self.waits {
            self.committed = self.newest;
        }
        self.newest
    }

    /// The newest record has this number: it is another's, who has had its outputs.
    pub(crate) fn go_on_from(&mut self, n: u64) {
        self.newest = n;
        if !self.waits {
            self.committed = n;
        }
    }

    /// The number the next record will have.
    pub(crate) fn next(&self) -> u64 {
        self.newest + 1
    }

    /// Appends frames for a link, now or when the newest record is committed.
    #[inline]
    pub(crate) fn to(
        &mut self,
        links: &mut Links,
        out: &mut Outbox,
        link: LinkId,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        if self.passes() {
            write(links.open(out, link, self.bucket, self.epochs));
        } else {
            let mut bytes = Vec::new();
            write(&mut bytes);
            let what = What::Bytes(Some(link), bytes.len());
            self.bytes.extend(bytes);
            self.held.push_back(Held { n: self.newest, what });
        }
    }

    /// How many outputs wait.
    #[inline]
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Forgets all that wait but the first so many.
    pub(crate) fn cut(&mut self, held: usize) {
        while self.held.len() > held
            && let Some(last) = self.held.pop_back()
        {
            if let What::Bytes(_, length) = last.what {
                self.bytes.truncate(self.bytes.len() - length);
            }
        }
    }

    /// Lets out an effect: given back if it may go at once.
    #[inline]
    pub(crate) fn effect(&mut self, effect: Effect) -> Option<Effect> {
        if self.passes() {
            return Some(effect);
        }
        self.held.push_back(Held { n: self.newest, what: What::Effect(effect) });
        None
    }

    /// Every copy has the records up to this one: lets out what waited for them; the
    /// effects are the caller's to carry out, in their order.
    pub(crate) fn committed(&mut self, n: u64, links: &mut Links, out: &mut Outbox) -> Vec<Effect> {
        self.committed = self.committed.max(n.min(self.newest));
        let mut effects = Vec::new();
        while let Some(held) = self.held.pop_front_if(|held| held.n <= self.committed) {
            match held.what {
                What::Bytes(link, length) => {
                    let bytes = self.bytes.drain(..length);
                    if let Some(link) = link {
                        links.open(out, link, self.bucket, self.epochs).extend(bytes);
                    }
                }
                What::Effect(effect) => effects.push(effect),
            }
        }
        effects
    }

    /// A link went down: what waits for it is for nobody.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        for held in &mut self.held {
            if let What::Bytes(to, _) = &mut held.what
                && *to == Some(link)
            {
                *to = None;
            }
        }
    }

    #[inline]
    fn passes(&self) -> bool {
        (self.held.is_empty() && self.newest <= self.committed) || self.leaks
    }
}

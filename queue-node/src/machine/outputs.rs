//! What a bucket lets out: at once, or held until every node that it waits for has it.

use link::machine::{LinkId, Outbox};
use proto::bucket::{BucketId, Epochs};

use super::asker::Asker;
use super::bucket::Bucket;
use super::held::{Effect, Mark};
use super::links::Links;
use super::state::recent::Remembered;
use super::turn::Turn;

/// Whose outputs they are, the number of the newest record, and whether they wait.
#[derive(Debug)]
pub(crate) struct Outputs {
    bucket: BucketId,
    epochs: Epochs,
    newest: u64,
    /// Somebody has to acknowledge them first.
    waits: bool,
    /// Some of this turn wait.
    asks: bool,
    /// A planted bug: nothing waits.
    leaks: bool,
}

impl Outputs {
    /// Of a bucket that has no record yet, and waits for nobody.
    pub(crate) fn new(bucket: BucketId, epochs: Epochs, leaks: bool) -> Outputs {
        Outputs { bucket, epochs, newest: 0, waits: false, asks: false, leaks }
    }

    /// Which bucket's they are.
    pub(crate) fn bucket(&self) -> BucketId {
        self.bucket
    }

    /// The bucket's epochs.
    pub(crate) fn epochs(&self) -> Epochs {
        self.epochs
    }

    /// Whether outputs wait from now on.
    pub(crate) fn wait(&mut self, waits: bool) {
        self.waits = waits && !self.leaks;
    }

    /// A new record: its number.
    #[inline]
    pub(crate) fn record(&mut self) -> u64 {
        self.newest += 1;
        self.newest
    }

    /// The newest record has this number: it is another's, who has had its outputs.
    pub(crate) fn go_on_from(&mut self, n: u64) {
        self.newest = n;
    }

    /// The number the next record will have.
    pub(crate) fn next(&self) -> u64 {
        self.newest + 1
    }

    /// Appends frames for a link, now or when the batch that ends the turn is acknowledged.
    #[inline]
    pub(crate) fn to(
        &mut self,
        links: &mut Links,
        out: &mut Outbox,
        link: LinkId,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        write(match self.waits {
            false => links.open(out, link, self.bucket, self.epochs),
            true => {
                self.ask(links);
                links.open_held(link, self.bucket, self.epochs)
            }
        });
    }

    /// Something of this turn waits: whoever is waited for is asked.
    #[inline]
    fn ask(&mut self, links: &mut Links) {
        if !std::mem::replace(&mut self.asks, true) {
            links.held.asks(self.bucket.prefix());
        }
    }

    /// Whoever is waited for has been asked in this turn.
    pub(crate) fn asked(&mut self) {
        self.asks = false;
    }

    /// Lets out an effect: given back if it may go at once.
    #[inline]
    pub(crate) fn effect(&mut self, links: &mut Links, effect: Effect) -> Option<Effect> {
        if !self.waits {
            return Some(effect);
        }
        self.ask(links);
        links.held.effect(self.bucket.prefix(), effect);
        None
    }

    /// How much of this turn waits, on a link and of effects.
    #[inline]
    pub(crate) fn mark(&self, links: &Links, link: LinkId) -> Mark {
        match self.waits {
            false => Mark::default(),
            true => links.held.mark(self.bucket.prefix(), link),
        }
    }

    /// Forgets what was let out since then, and waits.
    pub(crate) fn cut_to(&mut self, links: &mut Links, link: LinkId, mark: Mark) {
        if self.waits {
            links.held.cut_to(self.bucket.prefix(), link, mark);
        }
    }
}

impl Bucket {
    /// Frames for a link.
    pub(crate) fn say(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.outputs.to(&mut turn.shared.links, &mut turn.out.links, link, write);
    }

    /// Answers a write.
    #[inline]
    pub(crate) fn answer(&mut self, turn: &mut Turn<'_>, asker: &Asker, result: &Remembered) {
        let links = &mut turn.shared.links;
        self.outputs.to(links, &mut turn.out.links, asker.link, |out| asker.put(out, result));
        if turn.shared.followed.is_on() {
            self.trace_answer(turn, asker, (result.head.status, result.head.seq));
        }
    }

    /// A planted bug: the same at once, whoever has to have heard of it.
    pub(crate) fn say_early(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let (id, epochs) = (self.outputs.bucket(), self.outputs.epochs());
        write(turn.shared.links.open(&mut turn.out.links, link, id, epochs));
    }
}

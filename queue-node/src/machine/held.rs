//! What buckets let out waits here until every node of their wait set has acknowledged the batch
//! that ended the turn.
//!
//! Most buckets that wait for the same nodes share a queue of turns. One of which a node lacks
//! something, or whose wait set has changed, has a queue of its own: what it had let out so far is
//! cut out of the turns of the others (`turn`), and waits by itself (`queue`). So at any time
//! all that a bucket has let out is first in its own queue, then in one that it shares, and every
//! queue is released from its front: an output never overtakes an older one of its bucket.

use std::collections::{BTreeMap, BTreeSet};

use link::machine::{LinkId, Outbox};
use proto::bucket::{BucketId, Epochs};

use super::faults::Faults;

mod buffer;
mod effect;
mod queue;
mod turn;

pub(crate) use buffer::Mark;
pub(crate) use effect::{Effect, Probe};
use queue::{Queue, Released};
use turn::HeldTurn;

/// A node that has copies, in one of its incarnations, by the number that this node has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fellow(pub u32);

impl Fellow {
    /// A node that doesn't exist: whatever waits for it waits until it is waited for no more.
    pub(crate) const NOBODY: Fellow = Fellow(u32::MAX);
}

/// How far each node has acknowledged, by the numbers of batches on the link that it has now.
type Acknowledged = BTreeMap<Fellow, u64>;

/// All that a node holds.
#[derive(Debug, Default)]
pub(crate) struct Held {
    acknowledged: Acknowledged,
    /// Queues that buckets share, one for each wait set. One that none has is used again.
    shared: Vec<Queue>,
    /// The buckets that wait for anybody, each at the place of its prefix.
    waiting: Vec<Option<Box<Waiting>>>,
    /// Those of them that have something in their own queue, or write into it.
    apart: BTreeSet<u32>,
    /// Buckets that have let something out in this turn which waits, each once.
    asking: Vec<u32>,
    released: Released,
    faults: Faults,
}

/// A bucket that waits for somebody.
#[derive(Debug, Default)]
struct Waiting {
    /// The queue that it shares, if it does now.
    shared: Option<usize>,
    /// Whom it waits for, and what waits by itself.
    own: Queue,
}

impl Held {
    /// Nothing yet.
    pub(crate) fn new(faults: Faults) -> Held {
        Held { faults, ..Held::default() }
    }

    /// The planted bugs: there are none in a build without debug assertions.
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }

    /// Where to append frames about a bucket that waits, for a link that is up, in this turn.
    pub(crate) fn open(
        &mut self,
        link: LinkId,
        (bucket, epochs): (BucketId, Epochs),
        is_up: impl FnOnce() -> bool,
    ) -> &mut Vec<u8> {
        let place = place(&self.waiting, bucket.prefix());
        turn_at(&mut self.shared, &mut self.waiting, place).open(link, (bucket, epochs), is_up)
    }

    /// Lets an effect of a bucket that waits out with the rest of the turn.
    pub(crate) fn effect(&mut self, prefix: u32, effect: Effect) {
        let place = place(&self.waiting, prefix);
        turn_at(&mut self.shared, &mut self.waiting, place).effects.push((prefix, effect));
    }

    /// A bucket that waits lets something out in this turn for the first time.
    pub(crate) fn asks(&mut self, prefix: u32) {
        self.asking.push(prefix);
    }

    /// The next bucket that has.
    pub(crate) fn next_asking(&mut self) -> Option<u32> {
        self.asking.pop()
    }

    /// How much a bucket that waits has let out in this turn on a link, and of effects.
    pub(crate) fn mark(&self, prefix: u32, link: LinkId) -> Mark {
        match place(&self.waiting, prefix) {
            Place::Shared(at) => self.shared[at].open.mark(link),
            Place::Own(at) => {
                self.waiting[at].as_ref().map_or(Mark::default(), |one| one.own.open.mark(link))
            }
        }
    }

    /// Takes back what was let out since then.
    pub(crate) fn cut_to(&mut self, prefix: u32, link: LinkId, mark: Mark) {
        let place = place(&self.waiting, prefix);
        turn_at(&mut self.shared, &mut self.waiting, place).cut_to(link, mark);
    }

    /// The wait set of a bucket is this from now on; whoever is new in it has been sent all that
    /// the bucket has recorded, but for [`Held::lags`]. What waits for a node that isn't in it any
    /// more is filed under the rest, and with nobody left it goes at once. Whoever waits for
    /// [`Fellow::NOBODY`] lets out nothing, of what waits already either.
    pub(crate) fn wait_for(&mut self, bucket: BucketId, fellows: &[Fellow], out: &mut Outbox) {
        let (prefix, place) = (bucket.prefix(), bucket.prefix() as usize);
        if self.waiting.len() <= place {
            self.waiting.resize_with(place + 1, || None);
        }
        let is_so = |one: &Waiting| one.own.is_set(fellows);
        if self.waiting[place].as_deref().map_or(fellows.is_empty(), is_so) {
            return;
        }
        if self.faults().output_overtakes {
            self.leave(prefix);
        } else {
            self.take_apart(prefix);
        }
        let waiting = self.waiting[place].get_or_insert_default();
        waiting.own.wait_for(fellows);
        self.go_on(prefix, out);
        if fellows.is_empty() {
            if let Some(mut waiting) = self.waiting[place].take() {
                self.released.turn(&mut waiting.own.open, false, out);
            }
            self.apart.remove(&prefix);
        }
    }

    /// A node lacks something of a bucket, or hasn't said yet what it has: what it acknowledges
    /// from now on isn't about this bucket.
    pub(crate) fn lags(&mut self, bucket: BucketId, fellow: Fellow) {
        if !self.faults().span_of_refused {
            self.lag(bucket.prefix(), fellow);
        }
    }

    /// With this batch a node has been sent all that it lacked of a bucket.
    pub(crate) fn caught_up(
        &mut self,
        bucket: BucketId,
        fellow: Fellow,
        batch: u64,
        out: &mut Outbox,
    ) {
        let Some(Some(waiting)) = self.waiting.get_mut(bucket.prefix() as usize) else { return };
        waiting.own.caught_up(fellow, batch);
        self.go_on(bucket.prefix(), out);
    }

    /// The link with a node has ended. What it hasn't acknowledged waits until it has caught up on
    /// the next link, whose batches are counted anew.
    pub(crate) fn ended(&mut self, fellow: Fellow) {
        if !self.faults().ticket_survives_link {
            let waits = |one: &Option<Box<Waiting>>| {
                one.as_ref().is_some_and(|one| one.own.waits_for(fellow))
            };
            let prefixes = (0u32..).zip(&self.waiting).filter(|(_, one)| waits(one));
            let prefixes: Vec<u32> = prefixes.map(|(prefix, _)| prefix).collect();
            prefixes.into_iter().for_each(|prefix| self.lag(prefix, fellow));
        }
        self.acknowledged.remove(&fellow);
    }

    /// A node has all of this batch and of those before it.
    pub(crate) fn acknowledged(&mut self, fellow: Fellow, batch: u64, out: &mut Outbox) {
        let known = self.acknowledged.entry(fellow).or_default();
        *known = batch.max(*known);
        // What waits by itself is older than what its bucket has in the queue that it shares.
        self.apart.retain(|prefix| {
            let waiting = self.waiting[*prefix as usize].as_mut().expect("it waits for somebody");
            waiting.own.release(&self.acknowledged, &mut self.released, out);
            waiting.shared.is_none() || !waiting.own.is_empty()
        });
        let (stalls, mut is_stalled) = (self.faults().slow_stalls_node, false);
        for queue in &mut self.shared {
            if queue.waits_for(fellow) && !is_stalled {
                queue.release(&self.acknowledged, &mut self.released, out);
            }
            is_stalled |= stalls && !queue.is_empty();
        }
    }

    /// The turn has ended: what was let out in it waits for the batches that end it. `batch` says
    /// the number of such a batch.
    pub(crate) fn end_turn(&mut self, out: &mut Outbox, mut batch: impl FnMut(Fellow) -> u64) {
        let waits_for_some = self.faults().waits_for_some;
        let released = &mut self.released;
        for prefix in &self.apart {
            if let Some(Some(waiting)) = self.waiting.get_mut(*prefix as usize) {
                waiting.own.end_turn(waits_for_some, released, out, &mut batch);
            }
        }
        for queue in &mut self.shared {
            queue.end_turn(waits_for_some, released, out, &mut batch);
        }
    }

    /// A bucket is this node's no more: what it has let out is for nobody.
    pub(crate) fn deposed(&mut self, prefix: u32, out: &mut Outbox) {
        if self.faults().deposed_keeps_outputs {
            self.leave(prefix);
        } else {
            self.take_apart(prefix);
        }
        self.apart.remove(&prefix);
        if let Some(waiting) = self.waiting.get_mut(prefix as usize).and_then(Option::take) {
            waiting.own.drop_all(out);
        }
    }

    /// A link went down: what waits for it is for nobody, whoever has its number next.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        let own = self.waiting.iter_mut().flatten().map(|waiting| &mut waiting.own);
        own.chain(&mut self.shared).for_each(|queue| queue.link_down(link));
    }

    /// The links on which something was released.
    pub(crate) fn released_on(&mut self) -> std::vec::Drain<'_, LinkId> {
        self.released.links.drain(..)
    }

    /// The next effect that was released, with the prefix of its bucket.
    pub(crate) fn next_effect(&mut self) -> Option<(u32, Effect)> {
        self.released.effects.pop_front()
    }

    /// What a bucket has let out goes on by itself.
    fn take_apart(&mut self, prefix: u32) {
        let Some(Some(waiting)) = self.waiting.get_mut(prefix as usize) else { return };
        self.apart.insert(prefix);
        let Some(at) = waiting.shared.take() else { return };
        self.shared[at].cut(prefix, &mut waiting.own, &mut self.released);
    }

    /// A planted bug: a bucket leaves the queue that it shares, and what it has let out stays.
    fn leave(&mut self, prefix: u32) {
        if let Some(Some(waiting)) = self.waiting.get_mut(prefix as usize) {
            self.apart.insert(prefix);
            if let Some(at) = waiting.shared.take() {
                self.shared[at].users -= 1;
            }
        }
    }

    fn lag(&mut self, prefix: u32, fellow: Fellow) {
        self.take_apart(prefix);
        if let Some(Some(waiting)) = self.waiting.get_mut(prefix as usize) {
            let known = self.acknowledged.get(&fellow).copied().unwrap_or(0);
            waiting.own.lags(fellow, known);
        }
    }

    /// A bucket's own queue waits for other things than before: what waits for nothing more goes.
    /// What the bucket lets out from now on goes where it is shared, unless somebody lags.
    fn go_on(&mut self, prefix: u32, out: &mut Outbox) {
        self.apart.insert(prefix);
        let Some(Some(waiting)) = self.waiting.get_mut(prefix as usize) else { return };
        waiting.own.release(&self.acknowledged, &mut self.released, out);
        if waiting.shared.is_none() && waiting.own.may_share() {
            let found = self.shared.iter().position(|queue| queue.is_for(&waiting.own));
            let unused = || self.shared.iter().position(Queue::is_unused);
            let at = found.or_else(unused).unwrap_or(self.shared.len());
            if at == self.shared.len() {
                self.shared.push(Queue::default());
            }
            self.shared[at].share(&waiting.own);
            waiting.shared = Some(at);
        }
        if waiting.shared.is_some() && waiting.own.is_empty() {
            self.apart.remove(&prefix);
        }
    }
}

/// Where a bucket that waits writes.
#[derive(Clone, Copy)]
enum Place {
    Shared(usize),
    Own(usize),
}

fn place(waiting: &[Option<Box<Waiting>>], prefix: u32) -> Place {
    let own = prefix as usize;
    match waiting.get(own).and_then(Option::as_ref).and_then(|waiting| waiting.shared) {
        Some(at) => Place::Shared(at),
        None => Place::Own(own),
    }
}

fn turn_at<'a>(
    shared: &'a mut [Queue],
    waiting: &'a mut [Option<Box<Waiting>>],
    place: Place,
) -> &'a mut HeldTurn {
    match place {
        Place::Shared(at) => &mut shared[at].open,
        Place::Own(at) => {
            let waiting = waiting[at].as_mut().expect("a bucket that waits has a place");
            &mut waiting.own.open
        }
    }
}

#[cfg(test)]
mod tests;

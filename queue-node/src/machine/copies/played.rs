//! Copies that the caller plays: it is told of batches, and says what becomes of them. So scripts
//! and the simulation test what waits for copies.

use std::collections::{BTreeMap, BTreeSet};

use proto::bucket::BucketId;

use crate::machine::buckets::Buckets;
use crate::machine::held::Fellow;
use crate::machine::turn::{Shared, Turn};

/// What happens to the copies of a node.
#[derive(Debug, Clone, Copy)]
pub enum Played<'a> {
    /// A bucket waits for these from now on. Whoever is new has all of it but for this turn.
    WaitSet {
        /// Whose wait set it is.
        bucket: BucketId,
        /// Whom it waits for.
        fellows: &'a [Fellow],
    },
    /// A copy lacks something of a bucket, and has said so.
    Lags {
        /// Which bucket.
        bucket: BucketId,
        /// Whose copy.
        fellow: Fellow,
    },
    /// The batch that ends this turn has all that a copy lacks of a bucket.
    CaughtUp {
        /// Which bucket.
        bucket: BucketId,
        /// Whose copy.
        fellow: Fellow,
    },
    /// The link with a copy's node has ended; there is another, whose batches begin with 1.
    Ended {
        /// Whose.
        fellow: Fellow,
    },
    /// A copy's node has all up to a batch.
    Acknowledged {
        /// Whose.
        fellow: Fellow,
        /// The number of the batch, as [`Outbox::batches`](crate::machine::Outbox) has it.
        batch: u64,
    },
}

/// The batches that played copies are sent.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    /// How many each has been sent on its link.
    sent: BTreeMap<Fellow, u64>,
    /// Who gets one at the end of this turn.
    due: BTreeSet<Fellow>,
}

impl Batches {
    /// The number of the batch that ends this turn: somebody waits for it.
    fn next(&mut self, fellow: Fellow) -> u64 {
        self.due.insert(fellow);
        self.sent.get(&fellow).copied().unwrap_or(0) + 1
    }
}

impl Buckets {
    /// Something happens to the copies.
    pub(crate) fn play(&mut self, turn: &mut Turn<'_>, played: Played<'_>) {
        let (links, batches) = (&mut turn.shared.links, &mut turn.shared.batches);
        match played {
            Played::WaitSet { bucket, fellows } => self.wait_for(turn, bucket, fellows),
            Played::Lags { bucket, fellow } => links.held.lags(bucket, fellow),
            Played::CaughtUp { bucket, fellow } => {
                let batch = batches.next(fellow);
                links.release(&mut turn.out.links, |held, out| {
                    held.caught_up(bucket, fellow, batch, out);
                });
            }
            Played::Ended { fellow } => {
                links.held.ended(fellow);
                batches.sent.remove(&fellow);
                batches.due.remove(&fellow);
            }
            Played::Acknowledged { fellow, batch } => {
                links.release(&mut turn.out.links, |held, out| {
                    held.acknowledged(fellow, batch, out);
                });
            }
        }
    }

    /// A bucket waits for these from now on.
    pub(crate) fn wait_for(&mut self, turn: &mut Turn<'_>, id: BucketId, fellows: &[Fellow]) {
        let is_it = |bucket: &&mut crate::machine::bucket::Bucket| bucket.outputs.bucket() == id;
        let Some(bucket) = self.get(id.prefix()).filter(is_it) else { return };
        bucket.outputs.wait(!fellows.is_empty());
        let links = &mut turn.shared.links;
        links.release(&mut turn.out.links, |held, out| held.wait_for(id, fellows, out));
    }

    /// The turn has ended, and its units are sent: what it has let out waits for the batches.
    pub(crate) fn end_batches(&mut self, turn: &mut Turn<'_>) {
        let Shared { links, batches, streams, settings, .. } = &mut *turn.shared;
        let is_played = |fellow: Fellow| fellow.0 < settings.played_copies;
        links.held.end_turn(&mut turn.out.links, |fellow| match is_played(fellow) {
            true => batches.next(fellow),
            false => streams.newest_batch(fellow),
        });
        while let Some(fellow) = batches.due.pop_first() {
            let sent = batches.sent.entry(fellow).or_default();
            *sent += 1;
            turn.out.batches.push((fellow, *sent));
        }
    }
}

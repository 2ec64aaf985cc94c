//! The buckets that this node is home of, by the table.

use std::sync::Arc;

use link::machine::LinkId;
use member::machine::Told;
use proto::bucket::{BucketId, Epochs, Reign};
use proto::link::Role;
use proto::q2g;
use proto::table::{BucketTable, Moved, Owner, Place, Row};
use proto::wire;
use rand::RngExt as _;

use super::bucket::Bucket;
use super::held::Fellow;
use super::links::HeardAt;
use super::state::sizes::Sizes;
use super::turn::{Shared, Turn};

/// Who is home of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// This node.
    Here,
    /// The node at the other end of this link.
    There(LinkId),
    /// A node that can't be told now.
    Away,
}

/// The buckets, each at the place of its prefix.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Vec<Option<Box<Bucket>>>);

impl Buckets {
    /// The bucket of this prefix, if it is here.
    #[inline]
    pub(crate) fn get(&mut self, prefix: u32) -> Option<&mut Bucket> {
        self.0.get_mut(prefix as usize)?.as_deref_mut()
    }

    /// All that are here, in the order of their prefixes.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Bucket> {
        self.0.iter().flatten().map(|bucket| &**bucket)
    }

    /// The same, to be changed.
    pub(crate) fn iter(&mut self) -> impl Iterator<Item = &mut Bucket> {
        self.0.iter_mut().flatten().map(|bucket| &mut **bucket)
    }

    /// The bucket that the link's frames are about. Nothing: it isn't this node's, and the peer
    /// knows.
    ///
    /// # Errors
    /// If the peer named no bucket, or this node has no table yet.
    #[inline]
    pub(crate) fn spoken_of(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
    ) -> Result<Option<&mut Bucket>, &'static str> {
        let state = turn.shared.links.get(link).ok_or("the link is not up")?;
        let at = state.heard_at.ok_or("a frame came before any `at`")?;
        let bucket = self.0.get_mut(at.bucket.prefix() as usize).and_then(Option::as_deref_mut);
        match bucket {
            Some(bucket)
                if bucket.outputs.bucket() == at.bucket && bucket.outputs.epochs() == at.epochs =>
            {
                Ok(Some(bucket))
            }
            Some(_) | None => moved(turn, link, at).map(|()| None),
        }
    }

    /// A table has come.
    pub(crate) fn adopt(&mut self, turn: &mut Turn<'_>, table: &Arc<BucketTable>) {
        let Some(moved) = turn.shared.rows.take_table(table) else { return };
        let buckets = turn.shared.rows.len();
        for bucket in self.0.drain(buckets.min(self.0.len())..).flatten() {
            abandon(turn, *bucket);
        }
        self.0.resize_with(buckets, || None);
        self.settle(turn, &moved);
        // Such nodes may not be in the table.
        turn.out.places.extend(turn.shared.rows.places_ahead().cloned());
    }

    /// Somebody has told a row, to speak of its bucket behind it or because this node spoke of
    /// another.
    pub(crate) fn hear_row(&mut self, turn: &mut Turn<'_>, told: &Moved) -> Told {
        let heard = turn.shared.rows.hear(told);
        if let Told::Higher { bucket, moves } = heard {
            let is_other = |place: &&Place| place.id != turn.shared.settings.id;
            turn.out.places.extend(told.place.iter().filter(is_other).cloned());
            if moves {
                self.settle(turn, &[bucket]);
            }
        }
        heard
    }

    /// These have another primary, reign or loss: they come and go, and words are for others.
    fn settle(&mut self, turn: &mut Turn<'_>, moved: &[BucketId]) {
        for bucket in moved {
            self.place(turn, *bucket);
        }
        turn.shared.counters.buckets = self.0.iter().flatten().count() as u64;
        self.send_words_of(turn, moved);
    }

    /// A bucket comes, goes, or is this node's again. Whoever has a link with this node hears it at
    /// once, before anything else of the bucket.
    fn place(&mut self, turn: &mut Turn<'_>, id: BucketId) {
        let row = turn.shared.rows.row(id).filter(|row| is_mine(turn.shared, row.primary.as_ref()));
        let epochs = row.map(Row::epochs);
        let Some(place) = self.0.get_mut(id.prefix() as usize) else { return };
        match (place.as_mut(), epochs) {
            (None, None) => return,
            (Some(bucket), Some(epochs))
                if bucket.outputs.bucket() == id && bucket.outputs.epochs().loss == epochs.loss =>
            {
                bucket.outputs.raise(epochs);
            }
            (_, epochs) => {
                if let Some(bucket) = place.take() {
                    abandon(turn, *bucket);
                }
                if let Some(epochs) = epochs {
                    let seed = turn.shared.random.random();
                    let (classes, settings) = (turn.shared.classes.clone(), &turn.shared.settings);
                    let now = turn.node_ms();
                    let row = turn.shared.rows.row(id).cloned();
                    let mut bucket = Bucket::new(id, epochs, classes, settings, seed, now);
                    // Nothing is let out before it is known whom it waits for.
                    row.iter().for_each(|row| bucket.meet_fellows(turn, row, false));
                    *place = Some(Box::new(bucket));
                    let played = 0..turn.shared.settings.played_copies;
                    self.wait_for(turn, id, &played.map(Fellow).collect::<Vec<_>>());
                }
            }
        }
        // Its reign begins with a record, unless it has.
        if let Some(Epochs { reign: Reign(reign), .. }) = epochs
            && let Some(bucket) = self.get(id.prefix())
            && reign > bucket.state.reign()
        {
            bucket.open(turn, reign);
        }
        tell_all(turn, id);
    }
}

impl Shared {
    /// Who is home of the queue whose name has this hash.
    pub(crate) fn home_of(&self, hash: u64) -> Home {
        let row = self.rows.bucket(hash).and_then(|bucket| self.rows.row(bucket));
        match row.and_then(|row| row.primary.as_ref()) {
            owner if is_mine(self, owner) => Home::Here,
            Some(owner) => match self.links.to_node(&owner.id, owner.incarnation) {
                Some(link) => Home::There(link),
                None => Home::Away,
            },
            None => Home::Away,
        }
    }
}

fn is_mine(shared: &Shared, owner: Option<&Owner>) -> bool {
    let settings = &shared.settings;
    owner.is_some_and(|o| o.id == settings.id && o.incarnation == settings.incarnation)
}

/// Tells a peer, once per `at`, who is home of the bucket that it speaks of.
///
/// # Errors
/// If the peer has heard of a newer row, and hasn't told it. This node would name an older one, and
/// then, as soon as it has heard itself, take what comes next before what it has sent back. When
/// the peer has dialled anew, it tells its row first.
fn moved(turn: &mut Turn<'_>, link: LinkId, at: HeardAt) -> Result<(), &'static str> {
    let moved = turn.shared.rows.told(at.bucket);
    let moved = moved.ok_or("this node has no table with such a bucket yet")?;
    if moved.row.as_ref().is_some_and(|row| row.epochs() < at.epochs) {
        return Err("the peer speaks of a newer row than this node knows, and hasn't told it");
    }
    turn.shared.counters.moved += 1;
    let Some(state) = turn.shared.links.get_mut(link) else { return Ok(()) };
    let Some(at) = &mut state.heard_at else { return Ok(()) };
    if std::mem::replace(&mut at.moved, true) {
        return Ok(());
    }
    let buffer = turn.out.links.buffer(link);
    if state.peer.role == Role::Gateway {
        wire::put_message(buffer, &q2g::Q2g { body: Some(q2g::q2g::Body::Moved(moved)) });
    } else {
        let body = Some(proto::q2q::q2q::Body::Moved(moved));
        wire::put_message(buffer, &proto::q2q::Q2q { body });
    }
    Ok(())
}

/// Tells everybody who has a bucket: this node has or had it.
fn tell_all(turn: &mut Turn<'_>, bucket: BucketId) {
    let Some(moved) = turn.shared.rows.told(bucket) else { return };
    let message = q2g::Q2g { body: Some(q2g::q2g::Body::Moved(moved)) };
    for link in turn.shared.links.lanes() {
        wire::put_message(turn.out.links.buffer(link), &message);
    }
    for link in turn.shared.links.nodes() {
        turn.shared.rows.tell(&mut turn.out.links, link, bucket);
    }
}

/// A bucket is somebody else's, or starts anew: everything of it is forgotten.
fn abandon(turn: &mut Turn<'_>, bucket: Bucket) {
    let prefix = bucket.outputs.bucket().prefix();
    for (index, queue) in bucket.state.queues().iter() {
        let local = &bucket.locals[index];
        for lane in &local.lanes {
            if let Some(state) = turn.shared.links.get_mut(lane.link)
                && state.subs.get(&lane.sub).is_some_and(|sub| {
                    (sub.bucket, sub.index, sub.serial) == (prefix, index, local.serial)
                })
            {
                state.subs.swap_remove(&lane.sub);
            }
        }
        turn.shared.counters.subscriptions -= queue.members.len() as u64;
        turn.shared.counters.queues_destroyed += 1;
    }
    bucket.posted.drop_all(&mut turn.shared.unanswered, bucket.state.words());
    bucket.state.keys().counts().for_each(|(origin, api_key, count)| {
        turn.shared.key_shares.remove(origin, api_key, count);
    });
    turn.shared.sized(bucket.state.sizes(), Sizes::default());
    turn.shared.links.release(&mut turn.out.links, |held, out| held.deposed(prefix, out));
    turn.shared.couriers.forget(&mut turn.shared.counters, bucket.outputs.bucket());
}

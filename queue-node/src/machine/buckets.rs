//! The buckets that this node is home of, by the table.

use std::sync::Arc;

use link::machine::LinkId;
use proto::bucket::BucketId;
use proto::link::Role;
use proto::q2g;
use proto::table::{BucketTable, Owner, Row};
use proto::wire;
use rand::RngExt as _;

use super::bucket::Bucket;
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

    /// A new table: buckets come and go.
    pub(crate) fn adopt(&mut self, turn: &mut Turn<'_>, table: Arc<BucketTable>) {
        if turn.shared.table.as_ref().is_some_and(|old| old.version() >= table.version()) {
            return;
        }
        let bits = table.bits();
        turn.shared.table = Some(table.clone());
        let places = self.0.len().max(table.rows().len());
        self.0.resize_with(places, || None);
        for place in 0..places {
            let id = BucketId::new(u32::from(bits), place as u32);
            let row = id.and_then(|id| table.row(id));
            let row = row.filter(|row| is_mine(turn.shared, row.primary.as_ref()));
            self.place(turn, place, row, bits);
        }
        turn.shared.counters.buckets = self.0.iter().flatten().count() as u64;
    }

    /// One row of the table: nothing if the bucket isn't this node's.
    fn place(&mut self, turn: &mut Turn<'_>, place: usize, row: Option<&Row>, bits: u8) {
        let Some(row) = row else {
            if let Some(bucket) = self.0[place].take() {
                tell_lanes_moved(turn, bucket.outputs.bucket());
                abandon(turn, *bucket);
            }
            return;
        };
        if let Some(bucket) = &mut self.0[place] {
            let same = bucket.outputs.bucket().bits() == bits;
            if same && bucket.outputs.epochs().loss == row.epochs().loss {
                return bucket.outputs.raise(row.epochs());
            }
        }
        if let Some(bucket) = self.0[place].take() {
            abandon(turn, *bucket);
        }
        if let Some(id) = BucketId::new(u32::from(bits), place as u32) {
            let seed = turn.shared.random.random();
            let (classes, settings) = (turn.shared.classes.clone(), &turn.shared.settings);
            let bucket = Bucket::new(id, row.epochs(), classes, settings, seed);
            self.0[place] = Some(Box::new(bucket));
            turn.shared.followers.came(place as u32);
        }
    }
}

impl Shared {
    /// Who is home of the queue whose name has this hash.
    pub(crate) fn home_of(&self, hash: u64) -> Home {
        let Some(table) = &self.table else { return Home::Away };
        let row = table.row(table.bucket(hash));
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
/// If a lane has heard of a newer row. This node would name an older one, and then, as soon as it
/// has heard itself, take what comes next before what it has sent back. When the lane has dialled
/// anew, this node will have heard. Words of queue nodes have no order: they are told again.
fn moved(turn: &mut Turn<'_>, link: LinkId, at: HeardAt) -> Result<(), &'static str> {
    let moved = moved_message(turn, at.bucket);
    let moved = moved.ok_or("this node has no table with such a bucket yet")?;
    let state = turn.shared.links.get(link);
    let is_lane = state.is_some_and(|state| state.peer.role == Role::Gateway);
    if is_lane && moved.row.as_ref().is_some_and(|row| row.epochs() < at.epochs) {
        return Err("the peer has heard a newer table than this node");
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
        let q2g::Moved { bits, row, place } = moved;
        let moved = proto::q2q::Moved { bits, row, place };
        let body = Some(proto::q2q::q2q::Body::Moved(moved));
        wire::put_message(buffer, &proto::q2q::Q2q { body });
    }
    Ok(())
}

fn tell_lanes_moved(turn: &mut Turn<'_>, bucket: BucketId) {
    let Some(moved) = moved_message(turn, bucket) else { return };
    let message = q2g::Q2g { body: Some(q2g::q2g::Body::Moved(moved)) };
    for link in turn.shared.links.lanes() {
        wire::put_message(turn.out.links.buffer(link), &message);
    }
}

fn moved_message(turn: &Turn<'_>, bucket: BucketId) -> Option<q2g::Moved> {
    let table = turn.shared.table.as_ref()?;
    let row = table.row(bucket)?;
    let place = row.primary.as_ref().and_then(|owner| table.place(owner)).cloned();
    Some(q2g::Moved { bits: u32::from(table.bits()), row: Some(row.clone()), place })
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
    turn.shared.couriers.forget(&mut turn.shared.counters, bucket.outputs.bucket());
}

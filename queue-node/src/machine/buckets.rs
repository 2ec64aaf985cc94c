//! The buckets that this node is home of, by the table.

use std::collections::BTreeSet;
use std::sync::Arc;

use link::machine::LinkId;
use member::machine::Told;
use proto::bucket::BucketId;
use proto::link::Role;
use proto::q2g;
use proto::table::{BucketTable, Moved, Owner, Place, Row};
use proto::wire;
use rand::RngExt as _;

use super::bucket::Bucket;
use super::copies::{Copies, Heritage};
use super::held::Fellow;
use super::links::HeardAt;
use super::rows::Change;
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

/// The buckets of a node.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    /// Each at the place of its prefix.
    here: Vec<Option<Box<Bucket>>>,
    /// The prefixes of those that were here, and are another node's.
    deposed: BTreeSet<u32>,
}

impl Buckets {
    /// The bucket of this prefix, if it is here.
    #[inline]
    pub(crate) fn get(&mut self, prefix: u32) -> Option<&mut Bucket> {
        self.here.get_mut(prefix as usize)?.as_deref_mut()
    }

    /// All that are here, in the order of their prefixes.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Bucket> {
        self.here.iter().flatten().map(|bucket| &**bucket)
    }

    /// The same, to be changed.
    pub(crate) fn iter(&mut self) -> impl Iterator<Item = &mut Bucket> {
        self.here.iter_mut().flatten().map(|bucket| &mut **bucket)
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
        let bucket = self.here.get_mut(at.bucket.prefix() as usize).and_then(Option::as_deref_mut);
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
        if !turn.shared.rows.take_table(table) {
            return;
        }
        let buckets = turn.shared.rows.len();
        if buckets != self.here.len() {
            self.here.drain(..).flatten().for_each(|bucket| bucket.abandon(turn));
            self.deposed.clear();
        }
        self.here.resize_with(buckets, || None);
        // Such nodes may not be in the table.
        turn.out.places.extend(turn.shared.rows.places_ahead().cloned());
    }

    /// Somebody has told a row, to speak of its bucket behind it or because this node spoke of
    /// another.
    pub(crate) fn hear_row(&mut self, turn: &mut Turn<'_>, told: &Moved) -> Told {
        let heard = turn.shared.rows.hear(told);
        if let Told::Higher { .. } = heard {
            let is_other = |place: &&Place| place.id != turn.shared.settings.id;
            turn.out.places.extend(told.place.iter().filter(is_other).cloned());
        }
        heard
    }

    /// All goes by the newest rows from here on.
    pub(crate) fn heed_rows(&mut self, turn: &mut Turn<'_>, copies: &mut Copies) {
        let mut changes = turn.shared.rows.changes();
        if changes.is_empty() {
            return;
        }
        let mut opened = Vec::new();
        for change in &mut changes {
            opened.extend(self.place(turn, copies, change).then_some(change.bucket));
        }
        turn.shared.counters.buckets = self.here.iter().flatten().count() as u64;
        for change in &changes {
            copies.row_changed(turn, *change);
            let bucket = self.get(change.bucket.prefix());
            let bucket = bucket.filter(|bucket| bucket.outputs.bucket() == change.bucket);
            if let (Some(bucket), Some(row)) = (bucket, turn.shared.rows.row(change.bucket)) {
                let row = row.clone();
                bucket.row_changed(turn, &row, *change);
            }
        }
        let moved = changes.iter().filter(|change| change.moves);
        self.send_words_of(turn, &moved.map(|change| change.bucket).collect::<Vec<_>>());
        for bucket in opened {
            if let Some(bucket) = self.get(bucket.prefix()) {
                bucket.speak_again(turn);
            }
        }
    }

    /// A bucket comes, goes, or is this node's under another reign. Whoever has a link with this
    /// node hears it at once, before anything else of the bucket. Whether a reign begins here.
    fn place(&mut self, turn: &mut Turn<'_>, copies: &mut Copies, change: &mut Change) -> bool {
        let id = change.bucket;
        let Some(place) = self.here.get_mut(id.prefix() as usize) else { return false };
        let Some(row) = turn.shared.rows.row(id).cloned() else { return false };
        let (epochs, is_mine) = (row.epochs(), is_mine(turn.shared, row.primary.as_ref()));
        let before = place.take();
        let was_here = before.is_some();
        if let Some(bucket) = before {
            let known = bucket.outputs.epochs();
            if is_mine && known == epochs {
                *place = Some(bucket);
                return false;
            }
            if known.loss == epochs.loss {
                let had = bucket.depose(turn);
                copies.keep_deposed(turn, (id, known), had);
            } else {
                bucket.abandon(turn);
            }
        }
        change.moves |= was_here || is_mine;
        let opens = is_mine && self.open(turn, copies, change, &row);
        if opens {
            self.deposed.remove(&id.prefix());
        } else if was_here {
            self.deposed.insert(id.prefix());
        }
        if was_here || is_mine {
            self.tell_all(turn, id, (was_here, is_mine));
        }
        opens
    }

    /// This node is the primary of a bucket that isn't here. False: what it has of it is of no use.
    fn open(
        &mut self,
        turn: &mut Turn<'_>,
        copies: &mut Copies,
        change: &Change,
        row: &Row,
    ) -> bool {
        let (id, epochs) = (change.bucket, row.epochs());
        let begins = change.before.is_none_or(|before| before.loss < epochs.loss);
        let heritage = copies.take_over(turn, id, (epochs.loss, begins));
        if matches!(heritage, Heritage::Lacking) {
            return false;
        }
        let seed = turn.shared.random.random();
        let (classes, settings) = (turn.shared.classes.clone(), &turn.shared.settings);
        let mut bucket = Bucket::new(id, epochs, classes, settings, seed, turn.node_ms());
        match heritage {
            Heritage::Copy(had) => bucket.inherit(turn, *had, row),
            Heritage::Nothing | Heritage::Lacking => {
                bucket.meet_fellows(turn, row, false);
                bucket.open(turn, row.reign);
            }
        }
        self.here[id.prefix() as usize] = Some(Box::new(bucket));
        let played = 0..turn.shared.settings.played_copies;
        if !played.is_empty() {
            self.wait_for(turn, id, &played.map(Fellow).collect::<Vec<_>>());
        }
        true
    }

    /// Tells everybody who has a bucket: this node has or had it.
    fn tell_all(&self, turn: &mut Turn<'_>, id: BucketId, (was_here, is_mine): (bool, bool)) {
        let faults = turn.shared.settings.faults();
        if was_here && is_mine && faults.same_home_not_told {
            return;
        }
        for link in turn.shared.links.lanes() {
            tell_lane(turn, link, id);
        }
        if !is_mine && faults.deposed_tells_lanes {
            return;
        }
        for link in turn.shared.links.nodes() {
            turn.shared.rows.tell(&mut turn.out.links, link, id);
        }
    }

    /// There is a link with somebody who may think that this node has what it had once: an answer
    /// to a probe would mean that, too.
    pub(crate) fn tell_deposed(&self, turn: &mut Turn<'_>, link: LinkId) {
        if turn.shared.settings.faults().deposed_is_probed {
            return;
        }
        let Some(state) = turn.shared.links.get(link) else { return };
        let is_lane = state.peer.role == Role::Gateway;
        let bits = turn.shared.rows.bits();
        for bucket in self.deposed.iter().filter_map(|prefix| BucketId::new(bits, *prefix)) {
            match is_lane {
                true => tell_lane(turn, link, bucket),
                false => turn.shared.rows.tell(&mut turn.out.links, link, bucket),
            }
        }
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
    let any_life = settings.faults().old_incarnation_counted;
    let is_its = |life| any_life || life == settings.incarnation;
    owner.is_some_and(|owner| owner.id == settings.id && is_its(owner.incarnation))
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

/// Tells a lane who has a bucket.
fn tell_lane(turn: &mut Turn<'_>, link: LinkId, bucket: BucketId) {
    let body = turn.shared.rows.told(bucket).map(q2g::q2g::Body::Moved);
    wire::put_message(turn.out.links.buffer(link), &q2g::Q2g { body });
}

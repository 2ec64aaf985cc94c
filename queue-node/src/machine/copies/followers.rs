//! What a primary's node sends those who follow it: snapshots in slices, records, and digests.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use link::machine::LinkId;
use proto::bucket::{BucketId, Epochs, Reign};
use proto::q2q::field::{digest, q2q as said, records, slice};
use proto::{limits, wire};

use super::{Reader, Unit};
use crate::machine::bucket::Bucket;
use crate::machine::buckets::Buckets;
use crate::machine::clock::NodeMs;
use crate::machine::state::snapshot::Snapshot;
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

/// Who follows this node, by the links that they are on.
#[derive(Debug, Default)]
pub(crate) struct Followers {
    links: BTreeMap<LinkId, Follower>,
    /// When the next digest is due, and the place that it is of.
    digest_at: NodeMs,
    digest_of: u32,
    /// The timer for the rest of the slices, or for the next digest, is set.
    is_armed: bool,
}

/// A node that has copies of this one's buckets.
#[derive(Debug, Default)]
struct Follower {
    /// Buckets that it has nothing of, by their prefixes.
    waiting: VecDeque<u32>,
    /// The one whose slices it is sent.
    current: Option<u32>,
    /// Those whose records it gets.
    begun: BTreeSet<u32>,
    /// Bytes of slices that it hasn't acknowledged.
    unacknowledged: usize,
}

impl Followers {
    /// Somebody wants copies of these buckets.
    pub(crate) fn follow(&mut self, link: LinkId, buckets: impl Iterator<Item = u32>) {
        self.links.insert(link, Follower { waiting: buckets.collect(), ..Follower::default() });
    }

    /// A bucket is here from now on, or begins anew.
    pub(crate) fn came(&mut self, prefix: u32) {
        self.links.values_mut().for_each(|follower| follower.again(prefix));
    }

    /// A copy begins anew.
    pub(crate) fn again(&mut self, link: LinkId, prefix: u32) {
        if let Some(follower) = self.links.get_mut(&link) {
            follower.again(prefix);
        }
    }

    /// Slices have arrived.
    pub(crate) fn acknowledged(&mut self, link: LinkId, bytes: u64) {
        if let Some(follower) = self.links.get_mut(&link) {
            follower.unacknowledged = follower.unacknowledged.saturating_sub(bytes as usize);
        }
    }

    /// Whether anybody gets the records of this bucket.
    pub(crate) fn has(&self, prefix: u32) -> bool {
        self.links.values().any(|follower| follower.begun.contains(&prefix))
    }

    /// The timer has come.
    pub(crate) fn wake(&mut self) {
        self.is_armed = false;
    }
}

impl Follower {
    fn again(&mut self, prefix: u32) {
        self.begun.remove(&prefix);
        self.current = self.current.filter(|current| *current != prefix);
        if !self.waiting.contains(&prefix) {
            self.waiting.push_back(prefix);
        }
    }
}

impl Buckets {
    /// A link is no more: what only its node followed isn't gathered any longer.
    pub(crate) fn unfollow(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        if turn.shared.followers.links.remove(&link).is_none() {
            return;
        }
        for bucket in self.iter() {
            bucket.stream.end_snapshot(Reader::Node(link));
            let has = turn.shared.followers.has(bucket.outputs.bucket().prefix());
            if !has && !turn.shared.is_tapped && bucket.fellows.is_empty() {
                bucket.stream.leave();
            }
        }
    }

    /// A turn has ended: its records go to those who follow, then slices, then a digest.
    pub(crate) fn lead(&mut self, turn: &mut Turn<'_>, units: &[Unit]) {
        if turn.shared.followers.links.is_empty() {
            return;
        }
        let mut followers = std::mem::take(&mut turn.shared.followers);
        for unit in units {
            let Some(bucket) = self.get(unit.bucket.prefix()) else { continue };
            let (id, epochs) = (unit.bucket, bucket.outputs.epochs());
            for (link, follower) in &followers.links {
                if follower.begun.contains(&id.prefix()) {
                    put_records(turn.out.links.buffer(*link), (id, epochs), &unit.bytes);
                }
            }
        }
        let mut left = limits::SLICES_TURN_BYTES;
        for (link, follower) in &mut followers.links {
            self.go_on(turn, *link, follower, &mut left);
        }
        self.show_digest(turn, &mut followers);
        let goes_on = |follower: &Follower| {
            (follower.current.is_some() || !follower.waiting.is_empty())
                && follower.unacknowledged < limits::SLICES_UNACKNOWLEDGED_BYTES_MAX
        };
        let soon = turn.node_ms().after(1);
        let next = match followers.links.values().any(goes_on) {
            true => soon,
            false => followers.digest_at.max(soon),
        };
        if !std::mem::replace(&mut followers.is_armed, true) {
            turn.shared.timers.set(next, Timer::Copies);
        }
        turn.shared.followers = followers;
    }

    /// Slices for one who follows, as far as it can take them and the turn has time.
    fn go_on(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        follower: &mut Follower,
        left: &mut usize,
    ) {
        while *left > 0 && follower.unacknowledged < limits::SLICES_UNACKNOWLEDGED_BYTES_MAX {
            let is_first = follower.current.is_none();
            let Some(prefix) = follower.current.or_else(|| follower.waiting.pop_front()) else {
                return;
            };
            let Some(bucket) = self.get(prefix) else {
                follower.current = None;
                continue;
            };
            // One that a copy couldn't go on with may be there still: it is replaced.
            if is_first {
                let now_ms = bucket.now_ms(turn);
                bucket.stream.begin(Reader::Node(link), Snapshot::new(&bucket.state, now_ms));
                follower.begun.insert(prefix);
                follower.current = Some(prefix);
            }
            let Some(snapshot) = bucket.stream.snapshot(Reader::Node(link)) else {
                follower.current = None;
                continue;
            };
            let mut items = Vec::new();
            snapshot.slice(&bucket.state, limits::SLICE_BYTES, &mut items);
            let is_last = snapshot.is_over();
            if is_last {
                bucket.stream.end_snapshot(Reader::Node(link));
                follower.current = None;
            }
            let of = (bucket.outputs.bucket(), bucket.outputs.epochs());
            put_slice(turn.out.links.buffer(link), of, (is_first, is_last), &items);
            turn.shared.counters.copy_bytes_sent += items.len() as u64;
            follower.unacknowledged += items.len();
            *left = left.saturating_sub(items.len().max(1));
        }
    }

    /// Says what a bucket is now, if it is time: the next one each time.
    fn show_digest(&mut self, turn: &mut Turn<'_>, followers: &mut Followers) {
        if turn.node_ms() < followers.digest_at {
            return;
        }
        followers.digest_at = turn.node_ms().after(limits::DIGEST_EVERY_MS);
        let prefixes: Vec<u32> = self.all().map(|one| one.outputs.bucket().prefix()).collect();
        let next = prefixes.iter().find(|prefix| **prefix > followers.digest_of);
        let Some(prefix) = next.or(prefixes.first()).copied() else { return };
        followers.digest_of = prefix;
        let has = followers.has(prefix);
        let Some(bucket) = self.get(prefix).filter(|_| has) else { return };
        let (shown, reign) = (bucket.shown(bucket.now_ms(turn)), bucket.outputs.epochs().reign);
        for (link, follower) in &followers.links {
            let is_current = follower.current == Some(prefix);
            if follower.begun.contains(&prefix) && !is_current {
                shown.put(turn.out.links.buffer(*link), reign);
            }
        }
    }
}

/// What a bucket is behind a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) bucket: BucketId,
    pub(crate) loss: u64,
    pub(crate) n: u64,
    pub(crate) at_ms: u64,
    pub(crate) digest: u128,
}

impl Bucket {
    /// What it is now.
    pub(crate) fn shown(&self, now_ms: u64) -> Shown {
        Shown {
            bucket: self.outputs.bucket(),
            loss: self.outputs.epochs().loss.0,
            n: self.state.newest().n,
            at_ms: now_ms,
            digest: self.state.digest(now_ms),
        }
    }
}

impl Shown {
    /// Appends it as a frame.
    pub(crate) fn put(self, out: &mut Vec<u8>, reign: Reign) {
        let mut body = Vec::new();
        wire::put_uint(&mut body, digest::BITS, self.bucket.bits().into());
        wire::put_uint(&mut body, digest::PREFIX, self.bucket.prefix().into());
        wire::put_uint(&mut body, digest::LOSS, self.loss);
        wire::put_uint(&mut body, digest::N, self.n);
        wire::put_uint(&mut body, digest::AT_MS, self.at_ms);
        wire::put_fixed(&mut body, digest::HIGH, (self.digest >> 64) as u64);
        wire::put_fixed(&mut body, digest::LOW, self.digest as u64);
        wire::put_uint(&mut body, digest::REIGN, reign.0);
        wire::put_frame(out, said::DIGEST, body.len());
        out.extend_from_slice(&body);
    }

    /// What came over a link; nothing if there is no such bucket.
    pub(crate) fn of(message: &proto::q2q::Digest) -> Option<Shown> {
        let bucket = BucketId::new(message.bits, message.prefix)?;
        let digest = u128::from(message.high) << 64 | u128::from(message.low);
        Some(Shown { bucket, loss: message.loss, n: message.n, at_ms: message.at_ms, digest })
    }
}

/// Appends a frame with a unit: its bytes as they are.
fn put_records(out: &mut Vec<u8>, (id, epochs): (BucketId, Epochs), unit: &[u8]) {
    let length = wire::uint_len(records::BITS, id.bits().into())
        + wire::uint_len(records::PREFIX, id.prefix().into())
        + wire::uint_len(records::LOSS, epochs.loss.0)
        + wire::bytes_len(records::UNIT, unit.len());
    wire::put_frame(out, said::RECORDS, length);
    wire::put_uint(out, records::BITS, id.bits().into());
    wire::put_uint(out, records::PREFIX, id.prefix().into());
    wire::put_uint(out, records::LOSS, epochs.loss.0);
    wire::put_bytes(out, records::UNIT, unit);
}

/// Appends a frame with a slice.
fn put_slice(
    out: &mut Vec<u8>,
    (id, epochs): (BucketId, Epochs),
    (is_first, is_last): (bool, bool),
    items: &[u8],
) {
    let length = wire::uint_len(slice::BITS, id.bits().into())
        + wire::uint_len(slice::PREFIX, id.prefix().into())
        + wire::uint_len(slice::LOSS, epochs.loss.0)
        + wire::uint_len(slice::FIRST, u64::from(is_first))
        + wire::uint_len(slice::LAST, u64::from(is_last))
        + wire::bytes_len(slice::ITEMS, items.len());
    wire::put_frame(out, said::SLICE, length);
    wire::put_uint(out, slice::BITS, id.bits().into());
    wire::put_uint(out, slice::PREFIX, id.prefix().into());
    wire::put_uint(out, slice::LOSS, epochs.loss.0);
    wire::put_uint(out, slice::FIRST, u64::from(is_first));
    wire::put_uint(out, slice::LAST, u64::from(is_last));
    wire::put_bytes(out, slice::ITEMS, items);
}

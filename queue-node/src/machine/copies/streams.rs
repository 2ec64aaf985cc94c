//! What a node sends those who have copies of its buckets: on each link batches of what was
//! recorded, then slices of snapshots, and digests.

use std::collections::{BTreeMap, BTreeSet};

use link::machine::{LinkId, Outbox};
use proto::bucket::{BucketId, Epochs};
use proto::q2q::field::{q2q as said, records, slice};
use proto::{limits, q2q, wire};

use super::Unit;
use super::peers::Peers;
use super::sent::{Part, Sent};
use crate::machine::bucket::Bucket;
use crate::machine::buckets::Buckets;
use crate::machine::clock::NodeMs;
use crate::machine::held::Fellow;
use crate::machine::lane::Broken;
use crate::machine::turn::Turn;

/// The streams of a node.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    links: BTreeMap<LinkId, Stream>,
    /// Who is to get slices, and of which bucket.
    filling: BTreeSet<(LinkId, u32)>,
    /// Neither slices nor digests go before.
    fills_from: NodeMs,
    /// Whose links they are.
    pub(crate) peers: Peers,
    /// There is a link to a boss.
    pub(crate) has_boss: bool,
    /// Buckets whose fellows are to be looked at when the turn ends.
    stirred: BTreeSet<u32>,
    /// When all of them are looked at next.
    tick_at: NodeMs,
    /// All was settled when they were looked at last, and nothing has been said since: they are
    /// looked at less often.
    rests: bool,
    /// What this turn shows of a bucket, of which the next is, and which part of it.
    shows: Shows,
    digest_of: (u32, u32),
    /// When a bucket is shown next that hasn't changed.
    shows_all_at: NodeMs,
    /// When there is something to be done next, if there are any streams.
    wake_at: NodeMs,
}

/// Which buckets may be shown in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shows {
    #[default]
    None,
    /// Those with records since they were shown last.
    Changed,
    All,
}

#[derive(Debug, Default)]
struct Stream {
    sent: Sent,
    /// Of the batch that is being gathered.
    bytes: usize,
    /// A batch is sent even without anything in it.
    is_asked: bool,
    /// The moment of the last one.
    said_at: NodeMs,
}

/// What a fellow gets of a bucket's log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Records<'a> {
    pub(crate) committed: u64,
    pub(crate) after: Option<u64>,
    pub(crate) units: &'a [u8],
}

impl Streams {
    /// None yet. The caller plays so many copies.
    pub(crate) fn new(played: u32) -> Streams {
        Streams { peers: Peers::new(played), ..Streams::default() }
    }

    /// The fellows of a bucket are to be looked at when the turn ends.
    pub(crate) fn stir(&mut self, bucket: &Bucket) {
        self.rests = false;
        self.stirred.insert(bucket.outputs.bucket().prefix());
    }

    /// The turn ends with a batch on a link.
    pub(crate) fn ask(&mut self, link: LinkId) {
        self.links.entry(link).or_default().is_asked = true;
    }

    /// The newest batch that was sent to a node.
    pub(crate) fn newest_batch(&self, fellow: Fellow) -> u64 {
        self.peers.link(fellow).map_or(0, |link| self.next_batch(link) - 1)
    }

    /// Whether a node hasn't acknowledged its oldest batch for so long.
    pub(crate) fn is_late(&self, fellow: Fellow, now: NodeMs, ms: u64) -> bool {
        let stream = self.peers.link(fellow).and_then(|link| self.links.get(&link));
        let since = stream.and_then(|stream| stream.sent.waits_since_ms());
        since.is_some_and(|since_ms| NodeMs(since_ms).after(ms) <= now)
    }

    /// Whether more is on its way to a node than may be.
    pub(crate) fn is_full(&self, fellow: Fellow) -> bool {
        let stream = self.peers.link(fellow).and_then(|link| self.links.get(&link));
        stream.is_some_and(|one| one.sent.bytes() > limits::STREAM_UNACKNOWLEDGED_BYTES_MAX)
    }

    /// A planted bug looks whether a link has as much on its way as a bucket may have.
    pub(crate) fn any_lags(&self) -> bool {
        self.links.values().any(|one| one.sent.bytes() >= limits::TAIL_BUCKET_BYTES_MAX)
    }

    /// The number of the batch that is being gathered for a link.
    pub(crate) fn next_batch(&self, link: LinkId) -> u64 {
        self.links.get(&link).map_or(1, |stream| stream.sent.next())
    }

    /// Appends something of a bucket to the batch of a link.
    pub(crate) fn put(
        &mut self,
        out: &mut Outbox,
        link: LinkId,
        part: Part,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let (stream, buffer) = (self.links.entry(link).or_default(), out.buffer(link));
        let before = buffer.len();
        write(buffer);
        stream.bytes += buffer.len() - before;
        stream.sent.part(part);
        self.rests = false;
    }

    /// The node has taken over a bucket: what lanes say anew goes before slices.
    pub(crate) fn fill_later(&mut self, now: NodeMs) {
        self.fills_from = now.after(limits::TAKE_UP_AFTER_MS);
    }

    /// A fellow is to get a snapshot.
    pub(crate) fn fill(&mut self, link: LinkId, prefix: u32) {
        self.filling.insert((link, prefix));
    }

    /// It has all slices, or gets none any more.
    pub(crate) fn filled(&mut self, link: LinkId, prefix: u32) {
        self.filling.remove(&(link, prefix));
    }

    /// When there is something to be done next. It isn't among the timers, since it moves with each
    /// look, and most looks are made as the node wakes for its links' beats.
    pub(crate) fn wake_at(&self) -> Option<NodeMs> {
        (!self.is_idle()).then_some(self.wake_at)
    }

    /// Whether a link has said nothing for so long that its clock must be said by the next look.
    fn is_silent(stream: &Stream, now: NodeMs) -> bool {
        stream.said_at.after(limits::CLOCK_EVERY_MS - limits::DIGEST_EVERY_MS) <= now
    }

    /// When all fellows are looked at next: if nothing happens as seldom as the clock is said, but
    /// if somebody is late with it.
    fn looks_at(&self) -> NodeMs {
        if !self.rests {
            return self.tick_at;
        }
        let every_ms = limits::CLOCK_EVERY_MS;
        let quiet_at = NodeMs(self.tick_at.0.div_ceil(every_ms) * every_ms);
        self.late_at().map_or(quiet_at, |late_at| late_at.min(quiet_at))
    }

    /// When somebody is late who hasn't acknowledged a batch.
    fn late_at(&self) -> Option<NodeMs> {
        let waits = self.links.values().filter_map(|stream| stream.sent.waits_since_ms());
        waits.min().map(|since_ms| NodeMs(since_ms).after(limits::DEAD_MS))
    }

    /// Nobody has copies.
    fn is_idle(&self) -> bool {
        self.links.is_empty() && self.peers.is_empty()
    }

    /// A link has no more room for slices.
    fn is_busy(&self, link: LinkId) -> bool {
        self.links.get(&link).is_some_and(|stream| {
            let bytes = stream.sent.bytes() + stream.bytes;
            bytes >= limits::SLICES_UNACKNOWLEDGED_BYTES_MAX
        })
    }
}

impl Buckets {
    /// There is a link with a node: it is asked what it has of each bucket that it is a fellow of.
    pub(crate) fn begin_stream(&mut self, turn: &mut Turn<'_>, link: LinkId, id: &str, life: u64) {
        // One that is to be ended may be there still: its batches are counted apart.
        if let Some(before) = turn.shared.streams.peers.link_up(link, id, life) {
            self.end_stream(turn, before);
            turn.shared.streams.peers.link_up(link, id, life);
        }
        self.iter().for_each(|bucket| bucket.fellow_up(turn, link, id, life));
    }

    /// A link is no more, or isn't heard any more.
    pub(crate) fn end_stream(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        // What a node hasn't acknowledged has waited for it since it was sent.
        let (now, stream) = (turn.node_ms(), turn.shared.streams.links.get(&link));
        let waits_since = stream.and_then(|stream| stream.sent.waits_since_ms());
        let away_since = waits_since.map_or(now, |since_ms| NodeMs(since_ms).min(now));
        if let Some(fellow) = turn.shared.streams.peers.link_down(link, away_since) {
            turn.shared.links.held.ended(fellow);
        }
        self.iter().for_each(|bucket| bucket.fellow_down(turn, link));
        turn.shared.streams.links.remove(&link);
        turn.shared.streams.filling.retain(|(on, _)| *on != link);
    }

    /// A node has all up to a batch.
    ///
    /// # Errors
    /// If it can't have.
    pub(crate) fn acknowledged(
        &mut self,
        turn: &mut Turn<'_>,
        link: LinkId,
        ack: &q2q::Ack,
    ) -> Result<(), Broken> {
        const IMPOSSIBLE: Broken = "a node acknowledges what it wasn't sent, or less than before";
        let stream = turn.shared.streams.links.get_mut(&link).ok_or(IMPOSSIBLE)?;
        let mut sent = std::mem::take(&mut stream.sent);
        let parts = sent.acknowledge(ack.k).map(|parts| {
            for (batch, part) in parts {
                if let Some(bucket) = self.get(part.prefix) {
                    bucket.fellow_acknowledged(turn, link, batch, part.n);
                }
            }
        });
        if let Some(stream) = turn.shared.streams.links.get_mut(&link) {
            stream.sent = sent;
        }
        parts.map_err(|_| IMPOSSIBLE)?;
        if let Some(fellow) = turn.shared.streams.peers.on(link) {
            let links = &mut turn.shared.links;
            links.release(&mut turn.out.links, |held, out| held.acknowledged(fellow, ack.k, out));
        }
        if ack.full {
            self.iter().for_each(|bucket| bucket.fellow_full(turn, link));
            if let Some(state) = turn.shared.links.get_mut(link) {
                state.ending = true;
            }
            turn.out.links.end(link, "the node has no space for copies");
        }
        Ok(())
    }

    /// The turn has ended: its records go to those who have copies, then slices, then a digest.
    pub(crate) fn stream(&mut self, turn: &mut Turn<'_>, units: &[Unit]) {
        for unit in units {
            if let Some(bucket) = self.get(unit.bucket.prefix()) {
                bucket.keep_unit(&unit.bytes);
            }
        }
        let buckets = turn.shared.counters.buckets as usize;
        for unit in units {
            if let Some(bucket) = self.get(unit.bucket.prefix()) {
                bucket.close_entry(turn, buckets);
            }
        }
        while let Some(prefix) = turn.shared.links.held.next_asking() {
            if let Some(bucket) = self.get(prefix) {
                bucket.name(turn);
            }
        }
        self.send_slices(turn);
        end_batches(turn);
        self.send_digest(turn);
        arm(turn);
    }

    /// The turn is about to end: fellows are looked at where something has changed, or if it is
    /// time.
    pub(crate) fn look_at_fellows(&mut self, turn: &mut Turn<'_>) {
        self.tick(turn);
        while let Some(prefix) = turn.shared.streams.stirred.pop_first() {
            if let Some(bucket) = self.get(prefix) {
                bucket.look_at_fellows(turn);
            }
        }
    }

    /// If it is time, all fellows are looked at, and told how much is committed.
    fn tick(&mut self, turn: &mut Turn<'_>) {
        let now = turn.node_ms();
        let streams = &mut turn.shared.streams;
        if streams.is_idle() || now < streams.looks_at() {
            return;
        }
        streams.shows = if now < streams.shows_all_at { Shows::Changed } else { Shows::All };
        // Who has stood still itself accuses nobody of that (F10).
        let slept = streams.wake_at.after(limits::SLEPT_MS) < now;
        if slept && !turn.shared.settings.faults().clock_not_anew {
            streams.peers.wait_anew(now);
            streams.links.values_mut().for_each(|stream| stream.sent.wait_anew(now.0));
        }
        // At multiples, as beats are, so that one wake-up is for both.
        let every_ms = limits::DIGEST_EVERY_MS;
        streams.tick_at = NodeMs((now.0 / every_ms + 1) * every_ms);
        self.say_clock(turn);
        let (mut named, mut is_settled) = (Vec::new(), true);
        for bucket in self.iter().filter(|bucket| !bucket.fellows.is_empty()) {
            bucket.say_committed(turn);
            turn.shared.streams.stir(bucket);
            is_settled &= bucket.fellows.are_settled(bucket.state.newest().n);
            named.extend(bucket.fellows.numbers());
        }
        for gone in turn.shared.streams.peers.keep_only(&named) {
            turn.shared.links.held.ended(gone);
        }
        let streams = &mut turn.shared.streams;
        let is_late = streams.late_at().is_some_and(|late_at| late_at <= now);
        streams.rests = is_settled && !is_late && streams.filling.is_empty();
        if turn.shared.settings.faults().ack_by_timeout {
            let late = |fellow: &Fellow| turn.shared.streams.is_late(*fellow, now, limits::DEAD_MS);
            for fellow in named.into_iter().filter(late).collect::<Vec<_>>() {
                let (batch, links) =
                    (turn.shared.streams.newest_batch(fellow), &mut turn.shared.links);
                links.release(&mut turn.out.links, |held, out| {
                    held.acknowledged(fellow, batch, out);
                });
            }
        }
    }

    /// What the node's clock shows is said where nothing else has been for a while, if somebody
    /// reads it there (P11).
    fn say_clock(&mut self, turn: &mut Turn<'_>) {
        let (now, streams) = (turn.node_ms(), &mut turn.shared.streams);
        if !streams.links.values().any(|stream| Streams::is_silent(stream, now)) {
            return;
        }
        let fellows = self.all().flat_map(|bucket| bucket.fellows.reading());
        for link in fellows.collect::<BTreeSet<_>>() {
            if let Some(stream) = streams.links.get_mut(&link) {
                stream.is_asked |= Streams::is_silent(stream, now);
            }
        }
    }

    /// Slices, as far as their links can take them and the turn has time.
    fn send_slices(&mut self, turn: &mut Turn<'_>) {
        let streams = &turn.shared.streams;
        if streams.filling.is_empty() || turn.node_ms() < streams.fills_from {
            return;
        }
        let mut left = limits::SLICES_TURN_BYTES;
        for (link, prefix) in turn.shared.streams.filling.clone() {
            while left > 0 && !turn.shared.streams.is_busy(link) {
                let bucket = self.get(prefix);
                let slice = bucket.and_then(|bucket| {
                    let slice = bucket.next_slice(turn, link, limits::SLICE_BYTES)?;
                    Some((bucket, slice))
                });
                let Some((bucket, ((is_first, is_last), items))) = slice else {
                    turn.shared.streams.filled(link, prefix);
                    break;
                };
                let of = (bucket.outputs.bucket(), bucket.outputs.epochs());
                let part = Part { prefix, n: bucket.state.newest().n };
                turn.shared.streams.put(&mut turn.out.links, link, part, |out| {
                    put_slice(out, of, (is_first, is_last), &items);
                });
                turn.shared.counters.copy_bytes_sent += items.len() as u64;
                left = left.saturating_sub(items.len().max(1));
                if is_last {
                    let batch = turn.shared.streams.next_batch(link);
                    if let Some(fellow) = bucket.fellows.on(link) {
                        fellow.filled(batch);
                    }
                    bucket.end_slices(turn, link);
                    break;
                }
            }
        }
    }

    /// Says what a bucket is now, if it is time: the next one each time of those that have changed
    /// since, and once a second of all.
    fn send_digest(&mut self, turn: &mut Turn<'_>) {
        let (shows, of) =
            (std::mem::take(&mut turn.shared.streams.shows), turn.shared.streams.digest_of);
        if shows == Shows::None || turn.node_ms() < turn.shared.streams.fills_from {
            return;
        }
        let now = turn.node_ms();
        let shown = || {
            let is_shown = |bucket: &&Bucket| {
                let fellows = &bucket.fellows;
                let is_due = shows == Shows::All || fellows.shown != bucket.state.newest().n;
                is_due && fellows.streaming().next().is_some()
            };
            self.all().filter(is_shown).map(|bucket| bucket.outputs.bucket().prefix())
        };
        let (of, part) = of;
        // A bucket whose turn has begun is shown to its end.
        let next = shown().find(|prefix| *prefix > of || (*prefix == of && part > 0));
        let Some(prefix) = next.or_else(|| shown().next()) else { return };
        let part = if prefix == of { part } else { 0 };
        let streams = &mut turn.shared.streams;
        if shows == Shows::All {
            // Looks are a little late, each by another time.
            let soonest_ms = limits::CLOCK_EVERY_MS - limits::DIGEST_EVERY_MS / 2;
            streams.shows_all_at = now.after(soonest_ms);
        }
        let Some(bucket) = self.get(prefix) else { return };
        let shown = bucket.shown(bucket.now_ms(turn), part);
        let is_last = part + 1 >= bucket.state.parts();
        if is_last {
            bucket.fellows.shown = shown.n;
        }
        turn.shared.streams.digest_of = (prefix, if is_last { 0 } else { part + 1 });
        for link in bucket.fellows.streaming() {
            shown.put(turn.out.links.routine(link), bucket.outputs.epochs().reign);
        }
    }
}

/// What was gathered for a link is a batch.
fn end_batches(turn: &mut Turn<'_>) {
    let now_ms = turn.node_ms().0;
    for (link, stream) in &mut turn.shared.streams.links {
        if std::mem::take(&mut stream.is_asked) || stream.sent.is_gathering() {
            let k = stream.sent.send(now_ms, std::mem::take(&mut stream.bytes));
            stream.said_at = NodeMs(now_ms);
            let body = Some(q2q::q2q::Body::Batch(q2q::Batch { k, now_ms }));
            wire::put_message(turn.out.links.routine(*link), &q2q::Q2q { body });
            turn.out.links.first(*link);
        }
    }
}

/// Says when to wake for what is left to be sent.
fn arm(turn: &mut Turn<'_>) {
    let soon = turn.node_ms().after(1);
    let streams = &mut turn.shared.streams;
    let goes_on = streams.filling.iter().any(|(link, _)| !streams.is_busy(*link));
    let looks_at = streams.looks_at();
    let fills_at = if goes_on { streams.fills_from } else { looks_at };
    streams.wake_at = fills_at.min(looks_at).max(soon);
}

/// Appends a frame of an entry, as it stands in the log.
pub(crate) fn put_records(out: &mut Vec<u8>, of: (BucketId, Epochs), what: Records<'_>) {
    let (id, epochs) = of;
    let Records { committed, after, units } = what;
    let length = wire::uint_len(records::BITS, id.bits().into())
        + wire::uint_len(records::PREFIX, id.prefix().into())
        + wire::uint_len(records::LOSS, epochs.loss.0)
        + units.len()
        + wire::uint_len(records::REIGN, epochs.reign.0)
        + wire::uint_len(records::COMMITTED, committed)
        + after.map_or(0, |after| 1 + wire::varint_len(after));
    wire::put_frame(out, said::RECORDS, length);
    wire::put_uint(out, records::BITS, id.bits().into());
    wire::put_uint(out, records::PREFIX, id.prefix().into());
    wire::put_uint(out, records::LOSS, epochs.loss.0);
    out.extend_from_slice(units);
    wire::put_uint(out, records::REIGN, epochs.reign.0);
    wire::put_uint(out, records::COMMITTED, committed);
    if let Some(after) = after {
        wire::put_optional_uint(out, records::AFTER, after);
    }
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
        + wire::bytes_len(slice::ITEMS, items.len())
        + wire::uint_len(slice::REIGN, epochs.reign.0);
    wire::put_frame(out, said::SLICE, length);
    wire::put_uint(out, slice::BITS, id.bits().into());
    wire::put_uint(out, slice::PREFIX, id.prefix().into());
    wire::put_uint(out, slice::LOSS, epochs.loss.0);
    wire::put_uint(out, slice::FIRST, u64::from(is_first));
    wire::put_uint(out, slice::LAST, u64::from(is_last));
    wire::put_bytes(out, slice::ITEMS, items);
    wire::put_uint(out, slice::REIGN, epochs.reign.0);
}

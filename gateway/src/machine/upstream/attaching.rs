//! Queues are attached in order: a lane that comes back to a home has many, and the first answers
//! are not to wait for all of them. See "Coming back" in `docs/road.md`.
//!
//! In front of an operation goes the attach of its queue, unless the home has it: else the home
//! might put a session in its seat there, and the lane would hear of what comes behind an event
//! before it hears of the event. The other queues follow in later turns, no more than a home
//! answers soon: those with recent events first, and then the quiet ones, a few at a time, so that
//! they take no time from what is said.

use std::collections::{BTreeSet, VecDeque};

use proto::ids::Sub;

use super::{BucketIndex, Upstream};
use crate::machine::delivery::Delivery;
use crate::machine::desk::Desk;
use crate::machine::lane::Outbox;
use crate::machine::parts::LaneParts;

/// So many attaches to one home may have no answer, and so many go in a turn: an operation never
/// waits there behind more.
const ATTACHES_MAX: u32 = 256;
/// The attach of a queue without a recent event waits for room among so many.
const QUIET_ATTACHES_MAX: u32 = 16;
/// A queue with an event since is attached before others: of the last second in front of an outage
/// that has taken about as long.
const RECENT_MS: u64 = 2_000;

/// Which queues are to be attached yet.
#[derive(Debug, Default)]
pub(super) struct Attaching {
    /// The number of the newest round; each begins when buckets come back. A queue whose newest
    /// attach is of another round than its bucket isn't attached.
    round: u32,
    /// There may be queues that aren't attached.
    is_on: bool,
    /// By the place of their home; gathered when the first of a round are to go.
    waiting: Option<Vec<Waiting>>,
    /// When more of them are to go.
    due_ms: Option<u64>,
}

/// Which queues of a home wait, in their order.
#[derive(Debug, Default, Clone)]
struct Waiting {
    /// With a recent event.
    recent: VecDeque<Sub>,
    quiet: VecDeque<Sub>,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.recent.is_empty() && self.quiet.is_empty()
    }

    /// The next, if its home may be sent one more than it hasn't answered.
    fn next(&mut self, unanswered: u32) -> Option<Sub> {
        let recent = if unanswered < ATTACHES_MAX { self.recent.pop_front() } else { None };
        let may_be_quiet = unanswered < QUIET_ATTACHES_MAX && self.recent.is_empty();
        recent.or_else(|| if may_be_quiet { self.quiet.pop_front() } else { None })
    }
}

impl Attaching {
    /// When more queues are to be attached.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.due_ms
    }
}

impl Upstream {
    /// Buckets have come back: their homes know none of their queues.
    fn attach_anew(&mut self, buckets: &BTreeSet<BucketIndex>, now_ms: u64) {
        let attaching = &mut self.attaching;
        attaching.round += 1;
        (attaching.is_on, attaching.waiting) = (true, None);
        // What waits for its answer leaves before the queues are even gathered.
        attaching.due_ms = Some(now_ms + 1);
        for &bucket in buckets {
            let entry = &mut self.buckets[bucket];
            (entry.round, entry.attaches) = (attaching.round, 0);
        }
    }

    /// The queues that are to be attached, by the place of their home.
    fn gather(&self, delivery: &Delivery, now_ms: u64) -> Vec<Waiting> {
        let mut waiting = vec![Waiting::default(); self.nodes.iter().count()];
        for (sub, queue) in delivery.interest().iter() {
            let Some(bucket) = self.bucket_of(queue.hash()) else { continue };
            let Some((home, _)) = self.home(bucket) else { continue };
            if queue.round() == self.buckets[bucket].round {
                continue;
            }
            let its = &mut waiting[home.place()];
            match queue.event_ms() + RECENT_MS >= now_ms {
                true => its.recent.push_back(sub),
                false => its.quiet.push_back(sub),
            }
        }
        waiting
    }

    /// How many attaches of each node have no answer, by its place.
    fn unanswered_attaches(&self) -> Vec<u32> {
        let mut unanswered = vec![0; self.nodes.iter().count()];
        for (_, bucket) in self.buckets.iter() {
            if let Some(home) = bucket.home {
                unanswered[home.place()] += bucket.attaches;
            }
        }
        unanswered
    }

    /// In which round the queues of this hash's bucket are attached.
    pub(in crate::machine) fn round_of(&self, hash: u64) -> Option<u32> {
        self.bucket_of(hash).map(|bucket| self.buckets[bucket].round)
    }

    /// A home has answered an attach: there is room for another one.
    pub(in crate::machine) fn attach_answered(&mut self, bucket: BucketIndex, now_ms: u64) {
        let attaches = &mut self.buckets[bucket].attaches;
        *attaches = attaches.saturating_sub(1);
        if self.attaching.waiting.is_some() {
            self.attaching.due_ms.get_or_insert(now_ms);
        }
    }
}

/// These buckets have come back: their queues are to be attached.
pub(super) fn begin(desk: &mut Desk, buckets: &BTreeSet<BucketIndex>) {
    if !desk.settings.faults().attach_skipped {
        desk.upstream.attach_anew(buckets, desk.now.ms);
    }
}

/// In front of the operations that leave now: attaches their queues, if they aren't.
pub(in crate::machine) fn before_operations(parts: &mut LaneParts, out: &mut Outbox) {
    let faults = parts.desk.settings.faults();
    if !parts.desk.upstream.attaching.is_on || faults.operation_before_attach {
        return;
    }
    for bucket in parts.desk.upstream.dirty().to_vec() {
        // A table with fewer buckets may have come since.
        if !parts.desk.upstream.has_bucket(bucket) {
            continue;
        }
        for pending in parts.desk.upstream.unsent(bucket) {
            let place = pending.place();
            let sub = place.and_then(|(session, hash)| parts.sessions.sub_in(session, hash));
            if let Some(sub) = sub {
                attach(parts, sub, bucket, out);
            }
        }
    }
}

/// Attaches more queues, if it is time, as many as their homes may be sent.
pub(in crate::machine) fn more(parts: &mut LaneParts, out: &mut Outbox) {
    let now_ms = parts.desk.now.ms;
    let attaching = &mut parts.desk.upstream.attaching;
    if attaching.due_ms.is_none_or(|at_ms| at_ms > now_ms) {
        return;
    }
    attaching.due_ms = None;
    let waiting = attaching.waiting.take();
    let upstream = &parts.desk.upstream;
    let mut waiting = waiting.unwrap_or_else(|| upstream.gather(&parts.desk.delivery, now_ms));
    let unanswered = upstream.unanswered_attaches();
    for (its, mut unanswered) in waiting.iter_mut().zip(unanswered) {
        while let Some(sub) = its.next(unanswered) {
            let hash = parts.desk.delivery.interest().hash_of(sub);
            if let Some(bucket) = hash.and_then(|hash| parts.desk.upstream.bucket_of(hash)) {
                unanswered += u32::from(attach(parts, sub, bucket, out));
            }
        }
    }
    let attaching = &mut parts.desk.upstream.attaching;
    attaching.is_on = waiting.iter().any(|its| !its.is_empty());
    attaching.waiting = attaching.is_on.then_some(waiting);
}

/// Attaches a queue, unless it is attached. Whether that was sent.
fn attach(parts: &mut LaneParts, sub: Sub, bucket: BucketIndex, out: &mut Outbox) -> bool {
    let LaneParts { desk, sessions, .. } = parts;
    let round = desk.upstream.buckets[bucket].round;
    if desk.upstream.home(bucket).is_none() {
        return false;
    }
    let Some(queue) = desk.delivery.interest_mut().get_mut(sub) else { return false };
    let is_sent = queue.attached_in(round) && sessions.attach(sub, bucket, desk, out);
    desk.upstream.buckets[bucket].attaches += u32::from(is_sent);
    is_sent
}

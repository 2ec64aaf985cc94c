//! What the web application is to be told, kept until it has it, and the gateway that brings it.
//!
//! All tells of a node go to one lane at a time, those of each target in the order of their
//! numbers. When that lane's link ends, or a target's tells stay unheard for long, they are given
//! again from the oldest on: so what a gateway didn't take is never overtaken by what came later.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher as _;
use std::rc::Rc;

use link::machine::LinkId;
use proto::bucket::BucketId;
use proto::class::ClusterConfig;
use proto::limits;
use proto::q2g;
use proto::seeded::Seed;
use proto::wire;

use crate::machine::buckets::Buckets;
use crate::machine::clock::NodeMs;
use crate::machine::counters::Counters;
use crate::machine::state::record::Record;
use crate::machine::timers::Timer;
use crate::machine::turn::Turn;

/// A gateway posts for 10 s at a time and backs off for up to 30 s. What isn't heard by then may
/// not have been taken; one that was is known by its number.
const UNHEARD_MS: u64 = 30_000;

/// So many users are told apart.
const CAUSES: u64 = 1024;

/// Whose doing something is that is told, as far as it matters when too much is: a few users share
/// a number, and nobody can choose with whom. 0: a back end's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Cause(u16);

/// Something that the web application is to be told: the record that keeps it.
#[derive(Debug)]
pub(crate) struct Happened {
    pub(crate) bucket: BucketId,
    pub(crate) n: u64,
    pub(crate) cause: Cause,
    pub(crate) target: Rc<str>,
}

/// All targets.
#[derive(Debug)]
pub(crate) struct Couriers {
    seed: Seed,
    targets: BTreeMap<String, Courier>,
    /// What buckets needn't keep any more.
    taken: BTreeMap<BucketId, Vec<u64>>,
    /// The lane that brings the tells.
    link: Option<LinkId>,
    /// Tells so far.
    newest: u64,
    kept: usize,
    /// Something may be given.
    ready: bool,
    /// A timer is set.
    armed: bool,
}

/// The tells of one target.
#[derive(Debug, Default)]
struct Courier {
    kept: BTreeMap<u64, Kept>,
    /// The same, by whose doing they are.
    causes: BTreeMap<Cause, BTreeSet<u64>>,
    /// Those below this number are on the way.
    next: u64,
    /// When the target was heard last, or the first of those on the way was given.
    heard_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    bucket: BucketId,
    n: u64,
    cause: Cause,
}

impl Couriers {
    /// Nobody to tell yet.
    pub(crate) fn new(seed: Seed) -> Couriers {
        let (targets, taken, link) = (BTreeMap::new(), BTreeMap::new(), None);
        Couriers { seed, targets, taken, link, newest: 0, kept: 0, ready: false, armed: false }
    }

    /// What this user does.
    pub(crate) fn cause(&self, user: &str) -> Cause {
        Cause(1 + (self.seed.hash_one(user.as_bytes()) % (CAUSES - 1)) as u16)
    }

    /// Who is told from now on; what others weren't told is dropped.
    pub(crate) fn configure(&mut self, counters: &mut Counters, config: &ClusterConfig) {
        let mut before = std::mem::take(&mut self.targets);
        for callout in &config.callout {
            let courier = before.remove(&callout.name).unwrap_or_default();
            self.targets.insert(callout.name.clone(), courier);
        }
        let dropped = before.values().flat_map(|courier| courier.kept.values().copied());
        let dropped: Vec<Kept> = dropped.collect();
        self.dropped(counters, &dropped);
    }

    /// Keeps a tell whose record is on every copy, under the next number.
    pub(crate) fn keep(&mut self, counters: &mut Counters, happened: Happened) {
        let Happened { bucket, n, cause, target } = happened;
        counters.callout_tells += 1;
        if !self.targets.contains_key(&*target) {
            counters.tells_dropped += 1;
            self.taken.entry(bucket).or_default().push(n);
            return;
        }
        if self.kept >= limits::TELLS_KEPT_MAX {
            let longest = self.targets.values_mut().max_by_key(|courier| courier.kept.len());
            let dropped = longest.and_then(Courier::drop_one);
            self.dropped(counters, dropped.as_slice());
        }
        let courier = self.targets.entry(target.to_string()).or_default();
        self.newest += 1;
        self.kept += 1;
        self.ready = true;
        courier.causes.entry(cause).or_default().insert(self.newest);
        courier.kept.insert(self.newest, Kept { bucket, n, cause });
    }

    /// The web application has these.
    pub(crate) fn acknowledged(&mut self, now_ms: u64, numbers: &[u64]) {
        for courier in self.targets.values_mut() {
            let heard: Vec<Kept> =
                numbers.iter().filter_map(|number| courier.remove(*number)).collect();
            if !heard.is_empty() {
                courier.heard_ms = now_ms;
                self.kept -= heard.len();
                self.ready = true;
            }
            for Kept { bucket, n, .. } in heard {
                self.taken.entry(bucket).or_default().push(n);
            }
        }
    }

    /// A link is up that may bring tells.
    pub(crate) fn link_up(&mut self) {
        self.ready = self.kept > 0;
    }

    /// A link is down: what it was given is given to the next.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        if self.link == Some(link) {
            self.link = None;
            self.targets.values_mut().for_each(|courier| courier.next = 0);
            self.ready = self.kept > 0;
        }
    }

    /// A bucket begins anew, and its tells are told by nobody.
    pub(crate) fn forget(&mut self, counters: &mut Counters, bucket: BucketId) {
        counters.tells_dropped += self.hand_over(bucket) as u64;
    }

    /// The same, and whoever has it tells them: how many there were.
    pub(crate) fn hand_over(&mut self, bucket: BucketId) -> usize {
        let before = self.kept;
        for courier in self.targets.values_mut() {
            let is_its = |(number, kept): (&u64, &Kept)| (kept.bucket == bucket).then_some(*number);
            let gone: Vec<u64> = courier.kept.iter().filter_map(is_its).collect();
            self.kept -= gone.into_iter().filter_map(|number| courier.remove(number)).count();
        }
        self.taken.remove(&bucket);
        before - self.kept
    }

    /// What buckets needn't keep any more, by their records; said once.
    pub(crate) fn taken(&mut self) -> Vec<(BucketId, Vec<u64>)> {
        std::mem::take(&mut self.taken).into_iter().collect()
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.kept
    }

    fn dropped(&mut self, counters: &mut Counters, dropped: &[Kept]) {
        self.kept -= dropped.len();
        counters.tells_dropped += dropped.len() as u64;
        for Kept { bucket, n, .. } in dropped {
            self.taken.entry(*bucket).or_default().push(*n);
        }
    }

    /// What has been on the way for long begins anew; when to look again.
    fn begin_again(&mut self, now_ms: u64) -> Option<u64> {
        for courier in self.targets.values_mut().filter(|courier| courier.on_the_way() > 0) {
            if courier.heard_ms + UNHEARD_MS <= now_ms {
                courier.next = 0;
                self.ready = true;
            }
        }
        let waiting = self.targets.values().filter(|courier| courier.on_the_way() > 0);
        waiting.map(|courier| courier.heard_ms + UNHEARD_MS).min()
    }

    fn is_under_way(&self) -> bool {
        self.targets.values().any(|courier| courier.on_the_way() > 0)
    }
}

impl Courier {
    /// Lets go of the oldest of whoever has most.
    fn drop_one(&mut self) -> Option<Kept> {
        let most = self.causes.values().max_by_key(|numbers| numbers.len());
        self.remove(most.and_then(BTreeSet::first).copied()?)
    }

    fn remove(&mut self, number: u64) -> Option<Kept> {
        let kept = self.kept.remove(&number)?;
        if let Some(numbers) = self.causes.get_mut(&kept.cause) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.causes.remove(&kept.cause);
            }
        }
        Some(kept)
    }

    fn on_the_way(&self) -> usize {
        self.kept.range(..self.next).take(limits::TELLS_ON_THE_WAY_MAX).count()
    }

    /// The next to be given, if there may be one more on the way.
    fn give(&mut self, now_ms: u64) -> Option<(u64, Kept)> {
        let on_the_way = self.on_the_way();
        if on_the_way >= limits::TELLS_ON_THE_WAY_MAX {
            return None;
        }
        let (number, kept) = self.kept.range(self.next..).next().map(|(at, one)| (*at, *one))?;
        self.next = number + 1;
        if on_the_way == 0 {
            self.heard_ms = now_ms;
        }
        Some((number, kept))
    }
}

impl Buckets {
    /// What the web application has, or can't be told, needn't be kept any more.
    pub(crate) fn let_go_of_tells(&mut self, turn: &mut Turn<'_>) {
        for (id, numbers) in turn.shared.couriers.taken() {
            if let Some(bucket) = self.get(id.prefix()) {
                bucket.record(turn, Record::Taken { numbers }, None);
            }
        }
    }

    /// Gives the lane that brings tells what it may have.
    pub(crate) fn give_tells(&mut self, turn: &mut Turn<'_>) {
        if !turn.shared.couriers.ready {
            return;
        }
        let nobody = Couriers::new(turn.shared.couriers.seed);
        let mut couriers = std::mem::replace(&mut turn.shared.couriers, nobody);
        couriers.ready = false;
        if couriers.link.is_none() || !couriers.is_under_way() {
            couriers.link = turn.shared.links.courier();
        }
        if let Some(link) = couriers.link {
            for courier in couriers.targets.values_mut() {
                while let Some((number, kept)) = courier.give(turn.node_ms().0) {
                    let Some(bucket) = self.get(kept.bucket.prefix()) else { continue };
                    let Some(tell) = bucket.state.tells().get(kept.n) else { continue };
                    let (links, epochs) = (&mut turn.shared.links, bucket.outputs.epochs());
                    let buffer = links.open(&mut turn.out.links, link, kept.bucket, epochs);
                    let body = Some(q2g::q2g::Body::Tell(tell.message(number)));
                    wire::put_message(buffer, &q2g::Q2g { body });
                }
            }
        }
        if !couriers.armed && couriers.is_under_way() {
            couriers.armed = true;
            turn.shared.timers.set(turn.node_ms().after(UNHEARD_MS), Timer::Couriers);
        }
        turn.shared.couriers = couriers;
    }

    /// The moment has come to look who hasn't been heard for long.
    pub(crate) fn tell_once_more(&mut self, turn: &mut Turn<'_>) {
        let NodeMs(now_ms) = turn.node_ms();
        let couriers = &mut turn.shared.couriers;
        let next_ms = couriers.begin_again(now_ms);
        couriers.armed = next_ms.is_some();
        if let Some(next_ms) = next_ms {
            turn.shared.timers.set(NodeMs(next_ms), Timer::Couriers);
        }
    }
}

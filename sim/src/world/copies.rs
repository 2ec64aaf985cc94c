//! Copies that the world plays: they acknowledge batches late, lose their links, refuse buckets and
//! catch up, come and go. Beside that a model, in which each record waits by itself, says what is
//! committed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proto::bucket::{BucketId, Loss};
use queue_node::machine::{Fellow, Input, Played};

use super::agenda::Happening;
use super::process::Arrival;
use super::{Process, World};
use crate::chance::Chance;
use crate::phase::Phase;

/// A bucket and its loss.
pub(crate) type Key = (BucketId, Loss);

/// Something that a copy says, or does, on one of its links.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    fellow: Fellow,
    /// How many links it had before.
    link: u64,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Acknowledged(u64),
    CaughtUp(Key),
}

/// Of a hundred turns in which a copy says something, so many bring trouble with one.
const TROUBLE_PERCENT: u64 = 6;

/// What a node's copies are, by the model.
#[derive(Debug)]
pub(crate) struct Copies {
    /// Drawn apart, so that the rest of a run is drawn as it is without copies.
    chance: Chance,
    /// How many there are for each bucket at first.
    count: u32,
    /// Whom each bucket waits for, and who of them lags.
    sets: BTreeMap<Key, BTreeMap<Fellow, bool>>,
    /// Records that aren't committed, by the last of a turn, oldest first.
    waiting: BTreeMap<Key, VecDeque<Waiting>>,
    newest: BTreeMap<Key, u64>,
    committed: BTreeMap<Key, u64>,
    fellows: BTreeMap<Fellow, Link>,
}

/// The link that a copy has.
#[derive(Debug, Default)]
struct Link {
    /// How many it had before.
    before: u64,
    sent: u64,
    acknowledged: u64,
    /// When the last of what is on its way arrives.
    arrives_us: u64,
}

#[derive(Debug)]
struct Waiting {
    n: u64,
    tickets: BTreeMap<Fellow, Option<u64>>,
}

impl Copies {
    pub(crate) fn new(seed: u64, count: u32) -> Copies {
        Copies {
            chance: Chance::new(seed),
            count,
            sets: BTreeMap::new(),
            waiting: BTreeMap::new(),
            newest: BTreeMap::new(),
            committed: BTreeMap::new(),
            fellows: (0..count).map(|at| (Fellow(at), Link::default())).collect(),
        }
    }

    /// Whether anybody has to acknowledge what a bucket lets out.
    pub(crate) fn waits(&self, key: Key) -> bool {
        self.sets.get(&key).map_or(self.count > 0, |set| !set.is_empty())
    }

    /// How far a bucket is committed.
    pub(crate) fn committed(&self, key: Key) -> u64 {
        self.committed.get(&key).copied().unwrap_or(0)
    }

    fn set(&mut self, key: Key) -> &mut BTreeMap<Fellow, bool> {
        let count = self.count;
        self.sets.entry(key).or_insert_with(|| (0..count).map(|at| (Fellow(at), false)).collect())
    }

    /// A turn has ended with these batches, and these are the newest records.
    fn turn_ends(&mut self, batches: &[(Fellow, u64)], newest: Vec<(Key, u64)>) {
        for (fellow, batch) in batches {
            self.fellows.entry(*fellow).or_default().sent = *batch;
        }
        let got: BTreeSet<Fellow> = batches.iter().map(|(fellow, _)| *fellow).collect();
        for (key, n) in newest {
            if self.newest.insert(key, n).unwrap_or(0) == n {
                continue;
            }
            let set = self.set(key).clone();
            let ticket = |(fellow, lags): (Fellow, bool)| {
                let link = self.fellows.entry(fellow).or_default();
                // What nobody waited for goes with the next one.
                let batch = link.sent + u64::from(!got.contains(&fellow));
                (fellow, (!lags).then_some(batch))
            };
            let tickets = set.into_iter().map(ticket).collect();
            self.waiting.entry(key).or_default().push_back(Waiting { n, tickets });
        }
        self.commit();
    }

    /// Commits what waits for nothing more.
    fn commit(&mut self) {
        for (key, waiting) in &mut self.waiting {
            let has = |(fellow, batch): (&Fellow, &Option<u64>)| {
                let known = self.fellows.get(fellow).map_or(0, |link| link.acknowledged);
                batch.is_some_and(|batch| batch <= known)
            };
            while let Some(front) = waiting.pop_front_if(|front| front.tickets.iter().all(has)) {
                self.committed.insert(*key, front.n);
            }
        }
    }

    fn acknowledged(&mut self, fellow: Fellow, batch: u64) {
        self.fellows.entry(fellow).or_default().acknowledged = batch;
        self.commit();
    }

    fn wait_for(&mut self, key: Key, fellows: &[Fellow]) {
        let before = std::mem::take(self.set(key));
        let lags = |fellow: &Fellow| before.get(fellow).copied().unwrap_or(false);
        self.sets.insert(key, fellows.iter().map(|one| (*one, lags(one))).collect());
        for waiting in self.waiting.entry(key).or_default() {
            waiting.tickets.retain(|fellow, _| fellows.contains(fellow));
        }
        self.commit();
    }

    fn lags(&mut self, key: Key, fellow: Fellow) {
        if let Some(lags) = self.set(key).get_mut(&fellow) {
            *lags = true;
        }
        let known = self.fellows.get(&fellow).map_or(0, |link| link.acknowledged);
        for waiting in self.waiting.entry(key).or_default() {
            let ticket = waiting.tickets.get_mut(&fellow);
            match ticket {
                Some(Some(batch)) if *batch <= known => drop(waiting.tickets.remove(&fellow)),
                Some(ticket) => *ticket = None,
                None => {}
            }
        }
    }

    /// Whether it lagged.
    fn caught_up(&mut self, key: Key, fellow: Fellow) -> bool {
        let lagged = self.set(key).get_mut(&fellow).is_some_and(std::mem::take);
        let batch = self.fellows.entry(fellow).or_default().sent + 1;
        let waiting = self.waiting.entry(key).or_default().iter_mut();
        for ticket in waiting.filter_map(|waiting| waiting.tickets.get_mut(&fellow)) {
            ticket.get_or_insert(batch);
        }
        lagged
    }

    fn ended(&mut self, fellow: Fellow) {
        let link = self.fellows.entry(fellow).or_default();
        let Link { before, arrives_us, .. } = *link;
        *link = Link { before: before + 1, arrives_us, ..Link::default() };
    }
}

impl World {
    /// What copies say comes first in a turn, and with it what they are waited for.
    pub(crate) fn copies_say(&mut self, at: usize, arrivals: Vec<Arrival>) {
        let in_trouble = !arrivals.is_empty() && self.phase == Phase::Trouble;
        for arrival in arrivals {
            if let Arrival::Copy { said } = arrival {
                self.copy_said(at, said);
            }
        }
        if in_trouble && self.nodes[at].copies.chance.percent(TROUBLE_PERCENT) {
            self.copy_has_trouble(at);
        }
    }

    fn copy_said(&mut self, at: usize, Said { fellow, link, what }: Said) {
        let host = &mut self.nodes[at];
        let Some(node) = &mut host.node else { return };
        if host.copies.fellows.get(&fellow).is_none_or(|now| now.before != link) {
            return;
        }
        match what {
            What::Acknowledged(batch) => {
                host.copies.acknowledged(fellow, batch);
                self.play(at, Played::Acknowledged { fellow, batch });
            }
            What::CaughtUp(key) => {
                let buckets = node.buckets();
                let is_here = buckets.iter().any(|(id, epochs)| (*id, epochs.loss) == key);
                if is_here && host.copies.caught_up(key, fellow) {
                    self.play(at, Played::CaughtUp { bucket: key.0, fellow });
                }
            }
        }
    }

    fn play(&mut self, at: usize, played: Played<'_>) {
        let now = self.node_now(at);
        let host = &mut self.nodes[at];
        if let Some(node) = &mut host.node {
            node.handle(now, Input::Played(played), &mut host.out);
        }
    }

    fn copy_has_trouble(&mut self, at: usize) {
        let host = &mut self.nodes[at];
        let Some(node) = &mut host.node else { return };
        let keys: Vec<Key> = node.buckets().iter().map(|(id, e)| (*id, e.loss)).collect();
        if keys.is_empty() {
            return;
        }
        let copies = &mut host.copies;
        let (key, fellow) =
            (*copies.chance.pick(&keys), Fellow(copies.chance.below(copies.count.into()) as u32));
        let (bucket, is_in) = (key.0, copies.set(key).contains_key(&fellow));
        match copies.chance.below(4) {
            0 => {
                keys.iter().for_each(|key| copies.lags(*key, fellow));
                copies.ended(fellow);
                self.play(at, Played::Ended { fellow });
                keys.iter().for_each(|key| self.catches_up_soon(at, *key, fellow));
            }
            1 if is_in => {
                copies.lags(key, fellow);
                self.play(at, Played::Lags { bucket, fellow });
                self.catches_up_soon(at, key, fellow);
            }
            _ => {
                let mut fellows: Vec<Fellow> = copies.set(key).keys().copied().collect();
                fellows.retain(|one| *one != fellow);
                fellows.extend((!is_in).then_some(fellow));
                copies.wait_for(key, &fellows);
                self.play(at, Played::WaitSet { bucket, fellows: &fellows });
            }
        }
    }

    fn catches_up_soon(&mut self, at: usize, key: Key, fellow: Fellow) {
        let us = self.nodes[at].copies.chance.below(self.plan.played.ms_max * 250);
        self.copy_says(at, fellow, us, What::CaughtUp(key));
    }

    /// It arrives behind what has been said on the link before.
    fn copy_says(&mut self, at: usize, fellow: Fellow, us: u64, what: What) {
        let at_us = self.agenda.now_us() + us;
        let link = self.nodes[at].copies.fellows.entry(fellow).or_default();
        link.arrives_us = link.arrives_us.max(at_us);
        let (said, at_us) = (Said { fellow, link: link.before, what }, link.arrives_us);
        let life = self.life(Process::Node(at));
        self.agenda.at(at_us, Happening::Copy { node: at, life, said });
    }

    /// The turn has ended: copies will acknowledge its batches, sooner or later.
    pub(crate) fn copies_hear(&mut self, at: usize) {
        let newest = self.newest(at);
        let host = &mut self.nodes[at];
        let batches = std::mem::take(&mut host.out.batches);
        host.copies.turn_ends(&batches, newest);
        for (fellow, batch) in batches {
            let us = self.nodes[at].copies.chance.below(self.plan.played.ms_max * 1000);
            self.copy_says(at, fellow, us, What::Acknowledged(batch));
        }
    }
}

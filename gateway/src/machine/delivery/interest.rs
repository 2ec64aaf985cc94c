//! The queues that the clients of a lane are in, by name and by the lane's number, and who gets
//! what.

use std::rc::Rc;

use proto::filter::Filter;
use proto::g2c;
use proto::ids::{Handle, Sub};
use proto::seeded::{Places, Seed};

use super::clients::ConnId;

/// All queues of a lane, each in the place that its [`Sub`] says.
#[derive(Debug)]
pub(in crate::machine) struct Interest {
    by_name: Places,
    queues: Vec<Option<Box<Queue>>>,
    free: Vec<Sub>,
    policies: Vec<Rc<[Policy]>>,
    /// With the planted bug `subscriber_late`: who is added after the next event.
    late: Vec<(Sub, Subscriber)>,
}

/// A queue as the lane sees it.
#[derive(Debug)]
pub(in crate::machine) struct Queue {
    name: Box<str>,
    hash: u64,
    epoch: u64,
    /// The newest event that came.
    seq: u64,
    /// State and members came whole as they were at this event: of what comes again up to there,
    /// messages alone are new.
    whole: u64,
    /// When the newest event came.
    event_ms: u64,
    /// In which round of the lane's it was attached last.
    round: u32,
    /// Who gets every event, next to each other in memory: a delivery is a step along this list.
    all: Vec<Subscriber>,
    filtered: Vec<Filtered>,
    policies: Rc<[Policy]>,
    /// How many sessions have a part in it, in whatever state.
    parts: u32,
}

/// A session that gets events, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) struct Subscriber {
    pub(in crate::machine) conn: Option<ConnId>,
    pub(in crate::machine) session: Handle,
}

/// A subscriber that gets some of the events.
#[derive(Debug)]
pub(super) struct Filtered {
    pub(super) subscriber: Subscriber,
    pub(super) filter: Filter,
}

/// What the lane must know of a mount when a receiver is slow.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::machine) struct Policy {
    pub(in crate::machine) mount: Box<str>,
    pub(in crate::machine) kind: g2c::Kind,
    pub(in crate::machine) close_on_slow: bool,
}

/// Where a session stands that gets events of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::machine) enum Listed {
    /// In this place of those that get everything.
    All(u32),
    /// In this place of those with a filter.
    Filtered(u32),
}

impl Queue {
    /// Its name.
    pub(in crate::machine) fn name(&self) -> &str {
        &self.name
    }

    /// The hash of its name.
    pub(in crate::machine) fn hash(&self) -> u64 {
        self.hash
    }

    /// Its incarnation.
    pub(in crate::machine) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The newest event that came.
    pub(in crate::machine) fn seq(&self) -> u64 {
        self.seq
    }

    /// When the newest event came.
    pub(in crate::machine) fn event_ms(&self) -> u64 {
        self.event_ms
    }

    /// In which round of the lane's it was attached last; 0: in none.
    pub(in crate::machine) fn round(&self) -> u32 {
        self.round
    }

    /// It is attached in this round. Whether it wasn't.
    pub(in crate::machine) fn attached_in(&mut self, round: u32) -> bool {
        std::mem::replace(&mut self.round, round) != round
    }

    /// Who gets every event.
    #[inline]
    pub(in crate::machine) fn all(&self) -> &[Subscriber] {
        &self.all
    }

    /// Who gets some of the events.
    #[inline]
    pub(super) fn filtered(&self) -> &[Filtered] {
        &self.filtered
    }

    /// An event of this number has come; false if it had come before, or what came whole has it.
    #[inline]
    pub(super) fn moves_on(&mut self, seq: u64, is_message: bool, now_ms: u64) -> bool {
        let is_new = seq > self.seq;
        self.event_ms = now_ms;
        if is_new {
            self.seq = seq;
        }
        is_new && (is_message || seq > self.whole)
    }

    /// Somebody was subscribed when the queue had come so far. Another epoch counts anew.
    pub(in crate::machine) fn is_at(&mut self, epoch: u64, seq: u64) {
        let (seen, whole) = if self.epoch == epoch { (self.seq, self.whole) } else { (0, 0) };
        (self.epoch, self.seq, self.whole) = (epoch, seen.max(seq), whole);
    }

    /// The lane's subscribers go on here: they get it whole, and of messages what is behind those
    /// that they have got, as far as it is still there. How far they had come, if this is still the
    /// same epoch.
    pub(in crate::machine) fn restart(&mut self, epoch: u64, seq: u64) -> Option<u64> {
        let seen = (self.epoch == epoch).then_some(self.seq.min(seq));
        (self.epoch, self.seq, self.whole) = (epoch, seen.unwrap_or(seq), seq);
        seen
    }

    /// One more session has a part in it. Of a queue without any the home knows nobody here, so
    /// there is nothing to attach in the round of its bucket.
    pub(in crate::machine) fn joined(&mut self, round: Option<u32>) {
        if self.parts == 0 {
            self.round = round.unwrap_or(0);
        }
        self.parts += 1;
    }

    /// Puts a subscriber behind the others of its list.
    pub(in crate::machine) fn enlist(
        &mut self,
        subscriber: Subscriber,
        filter: Option<Filter>,
    ) -> Listed {
        if let Some(filter) = filter {
            self.filtered.push(Filtered { subscriber, filter });
            return Listed::Filtered(self.filtered.len() as u32 - 1);
        }
        self.all.push(subscriber);
        Listed::All(self.all.len() as u32 - 1)
    }

    /// Takes the subscriber in this place off its list. The session that has the place now, if
    /// there is one.
    pub(in crate::machine) fn unlist(&mut self, listed: Listed) -> Option<Handle> {
        match listed {
            Listed::All(at) => {
                self.all.swap_remove(at as usize);
                self.all.get(at as usize).map(|subscriber| subscriber.session)
            }
            Listed::Filtered(at) => {
                self.filtered.swap_remove(at as usize);
                self.filtered.get(at as usize).map(|filtered| filtered.subscriber.session)
            }
        }
    }

    /// Whether a receiver that is too slow for this mount is closed.
    pub(super) fn closes_slow(&self, mount: &[u8]) -> bool {
        let policy = self.policies.iter().find(|policy| policy.mount.as_bytes() == mount);
        policy.is_some_and(|policy| policy.close_on_slow)
    }

    /// All that get events, those without a filter first.
    pub(in crate::machine) fn subscribers(&self) -> Vec<Subscriber> {
        let filtered = self.filtered.iter().map(|filtered| filtered.subscriber);
        self.all.iter().copied().chain(filtered).collect()
    }

    /// The filter of a session, if it has one here.
    pub(in crate::machine) fn filter_of(&self, session: Handle) -> Option<&Filter> {
        let mut filtered = self.filtered.iter();
        filtered.find(|filtered| filtered.subscriber.session == session).map(|one| &one.filter)
    }
}

impl Interest {
    pub(super) fn new(seed: Seed) -> Interest {
        Interest {
            by_name: Places::new(seed),
            queues: Vec::new(),
            free: Vec::new(),
            policies: vec![Rc::from([])],
            late: Vec::new(),
        }
    }

    /// The number of a queue, or nothing.
    pub(in crate::machine) fn find(&self, name: &str) -> Option<Sub> {
        let at = |place: u32| Sub::at(place as usize);
        let is_it = |place| self.get(at(place)).is_some_and(|queue| *queue.name == *name);
        self.by_name.find(name.as_bytes(), is_it).map(at)
    }

    /// The number of a queue, a new one if need be.
    pub(in crate::machine) fn intern(&mut self, hash: u64, name: &str) -> Sub {
        if let Some(sub) = self.find(name) {
            return sub;
        }
        let queue = Box::new(Queue {
            name: name.into(),
            hash,
            epoch: 0,
            seq: 0,
            whole: 0,
            event_ms: 0,
            round: 0,
            all: Vec::new(),
            filtered: Vec::new(),
            policies: Rc::clone(&self.policies[0]),
            parts: 0,
        });
        let sub = self.free.pop().unwrap_or_else(|| {
            self.queues.push(None);
            Sub::at(self.queues.len() - 1)
        });
        self.queues[sub.place()] = Some(queue);
        self.by_name.insert(name.as_bytes(), sub.place() as u32);
        sub
    }

    #[inline]
    pub(in crate::machine) fn get(&self, sub: Sub) -> Option<&Queue> {
        self.queues.get(sub.place())?.as_deref()
    }

    #[inline]
    pub(in crate::machine) fn get_mut(&mut self, sub: Sub) -> Option<&mut Queue> {
        self.queues.get_mut(sub.place())?.as_deref_mut()
    }

    /// The hash of a queue's name.
    pub(in crate::machine) fn hash_of(&self, sub: Sub) -> Option<u64> {
        self.get(sub).map(|queue| queue.hash)
    }

    /// Adds a subscriber after the queue's next event: the planted bug `subscriber_late`.
    pub(in crate::machine) fn add_late(&mut self, sub: Sub, subscriber: Subscriber) {
        self.late.push((sub, subscriber));
    }

    /// Takes those who are to be added late.
    pub(in crate::machine) fn take_late(&mut self) -> Vec<(Sub, Subscriber)> {
        std::mem::take(&mut self.late)
    }

    /// All queues with their numbers, in the order of these.
    pub(in crate::machine) fn iter(&self) -> impl Iterator<Item = (Sub, &Queue)> {
        let queues = (0..).zip(&self.queues);
        queues.filter_map(|(place, queue)| Some((Sub::at(place), queue.as_deref()?)))
    }

    /// How many queues there are.
    pub(in crate::machine) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// A session has no part in the queue any more. Its number is free when it was the last.
    pub(in crate::machine) fn left(&mut self, sub: Sub) {
        let Some(queue) = self.get_mut(sub) else { return };
        queue.parts = queue.parts.saturating_sub(1);
        if queue.parts > 0 {
            return;
        }
        if let Some(queue) = self.queues[sub.place()].take() {
            self.by_name.remove(queue.name.as_bytes(), sub.place() as u32);
        }
        self.free.push(sub);
        self.late.retain(|(late, _)| *late != sub);
    }

    /// The mounts' policies, shared by all queues that have the same.
    pub(in crate::machine) fn set_policies(&mut self, sub: Sub, policies: Vec<Policy>) {
        if self.get(sub).is_none_or(|queue| *queue.policies == *policies) {
            return;
        }
        let known = self.policies.iter().find(|known| ***known == *policies).map(Rc::clone);
        let shared = known.unwrap_or_else(|| {
            // Classes are few; a list that grows nevertheless is begun anew.
            if self.policies.len() > 1024 {
                self.policies.truncate(1);
            }
            self.policies.push(Rc::from(policies));
            Rc::clone(&self.policies[self.policies.len() - 1])
        });
        if let Some(queue) = self.get_mut(sub) {
            queue.policies = shared;
        }
    }
}

//! A queue: what its records made of it, and who hears of it.

use std::rc::Rc;

use proto::class::{MountKind, Presence};
use proto::filter::Filter;
use proto::ids::{Epoch, Generation};
use proto::limits::MOUNTS_MAX;
use proto::seeded::{Places, Seed};

use super::arena::Arena;
use super::class::QueueClass;
use super::event_ring::{Event, MEMBERS};
use super::members::Members;
use super::message_mount::History;
use super::recent::Recent;
use super::record::{Draft, Step};
use super::replay::ReplayLog;
use super::state_mount::StateMount;

pub(super) mod items;

/// A queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: Rc<str>,
    pub(crate) class: Rc<QueueClass>,
    pub(crate) epoch: Epoch,
    /// The number of its newest event.
    pub(crate) seq: u64,
    pub(crate) created_unix_ms: u64,
    /// What its mounts hold, in the order of the class; nothing is allocated before the first use.
    pub(crate) mounts: Box<[Mount]>,
    pub(crate) members: Members,
    /// How many users the members are.
    pub(crate) users: u32,
    pub(crate) log: ReplayLog,
    /// Per mount, and for members behind the last, the newest event that the log has let go of;
    /// nothing before the first.
    pub(crate) floors: Option<Box<Floors>>,
    /// What it takes by the node's count.
    pub(crate) counted: u32,
}

/// A number per place of a mount, and one for members.
pub(crate) type Floors = [u64; MOUNTS_MAX + 1];

/// A user's id in a roster, about.
const USER_BYTES: usize = 16;

/// What a mount holds.
#[derive(Debug)]
pub(crate) enum Mount {
    Message(Option<Box<History>>),
    State(Option<Box<StateMount>>),
}

/// A session's attachment to a queue.
#[derive(Debug, Default)]
pub(crate) struct Subscription {
    /// The back end has put it there: its lane hears of it from its user queue.
    pub(crate) is_guest: bool,
    /// The generation under which it took its seat last, or was put there.
    pub(crate) generation: Option<Generation>,
    /// The number of the record by which it joined.
    pub(crate) join: u64,
    /// The number of the queue's newest event then.
    pub(crate) join_seq: u64,
    pub(crate) filter: Option<Box<Filter>>,
    pub(crate) recent: Recent,
}

impl Queue {
    /// One that has just come to be.
    pub(super) fn new(
        name: &str,
        class: Rc<QueueClass>,
        epoch: Epoch,
        created_unix_ms: u64,
    ) -> Queue {
        let mounts = class.class.mounts.iter().map(|mount| Mount::new(mount.kind)).collect();
        Queue {
            name: name.into(),
            class,
            epoch,
            seq: 0,
            created_unix_ms,
            mounts,
            members: Members::default(),
            users: 0,
            log: ReplayLog::default(),
            floors: None,
            counted: 0,
        }
    }

    /// Makes the queue what a record says; `body` is its event's, if it has one.
    #[inline]
    pub(super) fn apply(&mut self, step: Step, at_ms: u64, body: &[u8]) {
        match step {
            Step::Nothing => {}
            Step::Event(draft) => self.event(draft, at_ms, body),
            Step::State(draft, keys) => {
                if let Mount::State(mount) = &mut self.mounts[usize::from(draft.mount)] {
                    mount.get_or_insert_default().apply(keys);
                }
                self.event(draft, at_ms, body);
            }
            Step::Mounts { draft, place, name, kind } => {
                let place = usize::from(place);
                if !name.is_empty() {
                    self.forget_events_of(place);
                }
                let mut mounts = std::mem::take(&mut self.mounts).into_vec();
                match mounts.get_mut(place) {
                    Some(old) => *old = Mount::new(kind),
                    None => mounts.push(Mount::new(kind)),
                }
                self.mounts = mounts.into_boxed_slice();
                self.class = Rc::new(self.class.with_mount(place, &name, kind));
                self.event(draft, at_ms, body);
                self.raise_floor(place);
            }
            Step::Seat { session, generation } => {
                if let Some(subscription) = self.members.get_mut(session) {
                    subscription.generation = generation;
                }
            }
            Step::Filter { session, filter } => {
                if let Some(subscription) = self.members.get_mut(session) {
                    subscription.filter = filter;
                }
            }
            // They concern more than the queue: `State::join`, `State::leave`.
            Step::Join { .. } | Step::Leave { .. } => {}
        }
    }

    #[inline]
    fn event(&mut self, draft: Draft, at_ms: u64, body: &[u8]) {
        self.seq += 1;
        let Draft { kind, mount, exclude } = draft;
        let event = Event { seq: self.seq, at_ms, body, kind, mount, exclude };
        if mount != MEMBERS {
            let at = usize::from(mount);
            let class = &self.class.class.mounts[at];
            if class.history > 0
                && let Mount::Message(history) = &mut self.mounts[at]
            {
                history.get_or_insert_default().push(&event, class);
            }
        }
        let cost = event.cost();
        while !self.log.has_space(cost) {
            if self.log.oldest_ms().is_none() {
                self.log.skip(&event);
                note_floor(&mut self.floors, &event);
                return inherit(&mut self.mounts, &event);
            }
            self.let_go();
        }
        self.log.push(&event);
    }

    /// The replay log lets go of its oldest event.
    #[inline]
    fn let_go(&mut self) {
        if let Some(event) = self.log.oldest() {
            note_floor(&mut self.floors, &event);
            inherit(&mut self.mounts, &event);
        }
        self.log.pop();
    }

    /// The replay log lets go of what it has of the mount that had a place before. Who decided to
    /// give the place away had nothing of it; a copy may have trimmed later.
    fn forget_events_of(&mut self, place: usize) {
        let is_of = |event: &Event<'_>| usize::from(event.mount) == place;
        let newest = self.log.after(0).filter(is_of).map(|event| event.seq).max();
        while newest.is_some_and(|newest| self.log.floor() < newest) {
            self.let_go();
        }
    }

    /// Whether an event may be of this mount.
    pub(super) fn has_place(&self, mount: u8) -> bool {
        mount == MEMBERS || usize::from(mount) < self.mounts.len()
    }

    /// The newest event of a mount's place that the replay log lacks.
    pub(crate) fn floor(&self, place: usize) -> u64 {
        self.floors.as_ref().map_or(0, |floors| floors[place.min(MOUNTS_MAX)])
    }

    /// The newest event about members that it lacks.
    pub(crate) fn members_floor(&self) -> u64 {
        self.floor(MOUNTS_MAX)
    }

    /// Whoever had a mark in this place had it of another mount.
    fn raise_floor(&mut self, place: usize) {
        self.floors.get_or_insert_default()[place.min(MOUNTS_MAX)] = self.seq - 1;
    }

    /// The replay log lets go of what is older than that moment.
    pub(super) fn trim_log_age(&mut self, before_ms: u64, is_unsaid: bool) {
        let floors = is_unsaid.then(|| self.floors.clone());
        while self.log.oldest_ms().is_some_and(|at_ms| at_ms <= before_ms) {
            self.let_go();
        }
        if let Some(floors) = floors {
            self.floors = floors;
        }
        self.log.tighten();
    }

    /// The replay log lets go of the oldest until it takes no more than so many bytes.
    pub(super) fn trim_log_bytes(&mut self, bytes_max: usize) {
        if self.log.bytes() > bytes_max {
            while self.log.cost() > bytes_max {
                self.let_go();
            }
            self.log.shrink();
        }
    }

    /// Lets go of messages that the class doesn't keep.
    pub(super) fn trim_histories(&mut self) {
        for (mount, class) in self.mounts.iter_mut().zip(&self.class.class.mounts) {
            let Mount::Message(kept) = mount else { continue };
            match kept {
                Some(_) if class.history == 0 => *kept = None,
                Some(history) => history.trim(class),
                None => {}
            }
        }
    }

    /// Lets go of messages that are too old.
    pub(super) fn trim_histories_age(&mut self, now_ms: u64) {
        for (mount, class) in self.mounts.iter_mut().zip(&self.class.class.mounts) {
            if let Mount::Message(Some(history)) = mount {
                history.trim_age(now_ms, class);
            }
        }
    }

    /// What a new subscriber is told, about: all keys, and who is there.
    pub(crate) fn snapshot_bytes(&self) -> usize {
        let state = |mount: &Mount| match mount {
            Mount::State(Some(mount)) => mount.bytes(),
            Mount::State(None) | Mount::Message(_) => 0,
        };
        let roster = match self.class.class.presence {
            Presence::Users => self.users as usize * USER_BYTES,
            Presence::Count | Presence::Off => 0,
        };
        self.mounts.iter().map(state).sum::<usize>() + roster
    }

    /// The name and kind of each mount that is there, with its number.
    pub(crate) fn mount_classes(&self) -> impl Iterator<Item = (usize, &str, MountKind)> {
        let mounts = self.class.class.mounts.iter().enumerate();
        let mounts = mounts.filter(|(_, mount)| !mount.name.is_empty());
        mounts.map(|(at, mount)| (at, &*mount.name, mount.kind))
    }
}

/// The log lets go of an event, or never takes it.
#[inline]
fn note_floor(floors: &mut Option<Box<Floors>>, event: &Event<'_>) {
    let place = usize::from(event.mount).min(MOUNTS_MAX);
    floors.get_or_insert_default()[place] = event.seq;
}

/// The mount of an event that the log lets go of may want it.
#[inline]
fn inherit(mounts: &mut [Mount], event: &Event<'_>) {
    if event.mount != MEMBERS
        && let Mount::Message(Some(history)) = &mut mounts[usize::from(event.mount)]
    {
        history.inherit(event);
    }
}

impl Mount {
    /// An empty one.
    pub(crate) fn new(kind: MountKind) -> Mount {
        match kind {
            MountKind::Message => Mount::Message(None),
            MountKind::State => Mount::State(None),
        }
    }
}

/// The place of a queue in its bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueueIndex(u32);

impl QueueIndex {
    /// The first place.
    pub(super) const FIRST: QueueIndex = QueueIndex(0);

    /// The queue that a record names by this number.
    pub(super) fn named(number: u32) -> QueueIndex {
        QueueIndex(number)
    }

    /// How records name it.
    #[inline]
    pub(super) fn number(self) -> u32 {
        self.0
    }

    /// The place in a list of one thing for each queue.
    #[inline]
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

/// All queues of a bucket.
#[derive(Debug)]
pub(crate) struct Queues {
    slots: Arena<Queue>,
    by_name: Places,
}

impl Queues {
    /// None yet.
    pub(crate) fn new(seed: Seed) -> Queues {
        Queues { slots: Arena::default(), by_name: Places::new(seed) }
    }

    /// The queue of this name.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<QueueIndex> {
        let found = self.by_name.find(name, |at| self.slots[at].name.as_bytes() == name);
        found.map(QueueIndex)
    }

    /// The queue in this place, if there is one.
    pub(super) fn get(&self, at: QueueIndex) -> Option<&Queue> {
        self.slots.get(at.0)
    }

    /// The same by its number.
    pub(crate) fn in_place(&self, place: u32) -> Option<QueueIndex> {
        self.slots.get(place).map(|_| QueueIndex(place))
    }

    /// No place is as high as this.
    pub(crate) fn places(&self) -> u32 {
        self.slots.places()
    }

    /// All items have come.
    pub(super) fn settle(&mut self) {
        self.slots.settle();
    }

    /// The place that the next queue will have.
    pub(crate) fn next(&self) -> QueueIndex {
        QueueIndex(self.slots.next())
    }

    /// Takes in a queue that isn't there.
    pub(super) fn insert(&mut self, queue: Queue) -> QueueIndex {
        let name = Rc::clone(&queue.name);
        let at = self.slots.insert(queue);
        self.by_name.insert(name.as_bytes(), at);
        QueueIndex(at)
    }

    /// Takes out a queue.
    pub(super) fn remove(&mut self, at: QueueIndex) -> Queue {
        let queue = self.slots.remove(at.0);
        self.by_name.remove(queue.name.as_bytes(), at.0);
        queue
    }

    /// What they take, but their members.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let history = |mount: &Mount| match mount {
            Mount::Message(Some(history)) => history.bytes(),
            Mount::Message(None) | Mount::State(_) => 0,
        };
        let inside =
            |queue: &Queue| queue.log.bytes() + queue.mounts.iter().map(history).sum::<usize>();
        let places = self.slots.capacity() * size_of::<Queue>() + self.by_name.bytes();
        places + self.slots.iter().map(|(_, queue)| inside(queue)).sum::<usize>()
    }

    /// All queues, by their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (QueueIndex, &Queue)> {
        self.slots.iter().map(|(at, queue)| (QueueIndex(at), queue))
    }

    /// All queues, by their places.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (QueueIndex, &mut Queue)> {
        self.slots.iter_mut().map(|(at, queue)| (QueueIndex(at), queue))
    }
}

impl std::ops::Index<QueueIndex> for Queues {
    type Output = Queue;

    #[inline]
    fn index(&self, at: QueueIndex) -> &Queue {
        &self.slots[at.0]
    }
}

impl std::ops::IndexMut<QueueIndex> for Queues {
    #[inline]
    fn index_mut(&mut self, at: QueueIndex) -> &mut Queue {
        &mut self.slots[at.0]
    }
}

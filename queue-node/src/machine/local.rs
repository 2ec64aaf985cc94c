//! What this process alone has of a queue: who hears of it here, what its turn has gathered, and
//! when something is to be done about it. A new home of the bucket begins with nothing of it.

use std::ops::{Index, IndexMut};

use link::machine::LinkId;
use proto::ids::{Handle, Sub};
use smallvec::SmallVec;

use super::application::Cause;
use super::run::Run;
use super::state::queue::QueueIndex;

/// Of one queue. Most queues are an inbox, and have one member on one lane for ever.
#[derive(Debug)]
pub(crate) struct Local {
    /// The lanes that have subscribers.
    pub(crate) lanes: SmallVec<[LaneSeat; 1]>,
    /// Where each member is, in the order of the queue's members.
    members: SmallVec<[Place; 1]>,
    /// Who joined and left and hasn't been announced.
    pub(crate) run: Option<Box<Run>>,
    /// Since when the queue has no members.
    pub(crate) idle_ms: u64,
    /// The next deadline that was set for it.
    pub(crate) armed_ms: u64,
    /// When members without a lane are asked about; nobody is without one before a grace is over.
    pub(crate) question_ms: u64,
    /// Tells it from the queue that had its place before.
    pub(crate) serial: u32,
    /// Whose doing it is, if the web application is told: who created it or joined it last.
    pub(crate) cause: Cause,
    /// It stands in the list of those with something to let out.
    pub(crate) is_dirty: bool,
}

/// Where a member is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// A lane hears for it.
    Seated {
        seat: Seat,
        /// It has been told `subscribed` there, and has its part in every event.
        live: bool,
    },
    /// It has had no lane since then.
    Detached { since_ms: u64 },
}

/// Where a session is heard: its number on the link of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) link: LinkId,
    pub(crate) handle: Handle,
}

/// A lane that has subscribers of a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LaneSeat {
    pub(crate) link: LinkId,
    /// The lane's number for the queue.
    pub(crate) sub: Sub,
    /// Subscriptions that the lane hears for.
    pub(crate) seats: u32,
    /// Those of them that are live.
    pub(crate) live: u32,
}

impl Local {
    /// Of a queue that has just come to be.
    pub(crate) fn new(now_ms: u64, serial: u32, cause: Cause) -> Local {
        let (lanes, members, run, is_dirty) = (SmallVec::new(), SmallVec::new(), None, false);
        let (idle_ms, armed_ms, question_ms) = (now_ms, u64::MAX, u64::MAX);
        Local { lanes, members, run, idle_ms, armed_ms, question_ms, serial, cause, is_dirty }
    }

    /// The seat of a lane.
    pub(crate) fn lane(&self, link: LinkId) -> Option<&LaneSeat> {
        self.lanes.iter().find(|lane| lane.link == link)
    }

    /// Where the member in this place is heard, unless it is detached.
    pub(crate) fn seat(&self, member: usize) -> Option<Seat> {
        match self.members.get(member)? {
            Place::Seated { seat, .. } => Some(*seat),
            Place::Detached { .. } => None,
        }
    }

    /// Since when each member without a lane has had none, with its place.
    pub(crate) fn detached(&mut self) -> impl Iterator<Item = (usize, &mut u64)> {
        self.members.iter_mut().enumerate().filter_map(|(at, place)| match place {
            Place::Detached { since_ms } => Some((at, since_ms)),
            Place::Seated { .. } => None,
        })
    }

    /// A member has come, behind those who are there.
    pub(crate) fn came(&mut self, now_ms: u64) {
        self.members.push(Place::Detached { since_ms: now_ms });
    }

    /// The member in this place has gone, and the last one has its place.
    pub(crate) fn gone(&mut self, member: usize) {
        self.members.swap_remove(member);
        if self.members.is_empty() {
            self.members = SmallVec::new();
        }
    }

    /// Gives a member a seat on a lane that has this number for the queue.
    pub(crate) fn sit(&mut self, member: usize, seat: Seat, sub: Sub) {
        let Some(place) = self.members.get_mut(member) else { return };
        *place = Place::Seated { seat, live: false };
        match self.lanes.iter_mut().find(|lane| lane.link == seat.link) {
            Some(lane) => {
                lane.sub = sub;
                lane.seats += 1;
            }
            None => self.lanes.push(LaneSeat { link: seat.link, sub, seats: 1, live: 0 }),
        }
    }

    /// The member hears every event from now on.
    pub(crate) fn enliven(&mut self, member: usize) {
        let Some(Place::Seated { seat, live }) = self.members.get_mut(member) else { return };
        if !std::mem::replace(live, true)
            && let Some(lane) = self.lanes.iter_mut().find(|lane| lane.link == seat.link)
        {
            lane.live += 1;
        }
    }

    /// Takes a member's seat: where it was, and the lane as it is then. A lane without seats goes.
    pub(crate) fn stand(&mut self, now_ms: u64, member: usize) -> Option<(Seat, LaneSeat)> {
        let place = self.members.get_mut(member)?;
        let Place::Seated { seat, live } = *place else { return None };
        *place = Place::Detached { since_ms: now_ms };
        let at = self.lanes.iter().position(|lane| lane.link == seat.link)?;
        let lane = &mut self.lanes[at];
        lane.seats -= 1;
        lane.live -= u32::from(live);
        let lane = *lane;
        if lane.seats == 0 {
            self.lanes.remove(at);
        }
        Some((seat, lane))
    }
}

/// Of all queues of a bucket, each in the queue's place.
#[derive(Debug, Default)]
pub(crate) struct Locals(Vec<Option<Local>>);

impl Locals {
    /// Queues will come to be in as many places.
    pub(crate) fn reserve(&mut self, places: usize) {
        self.0.reserve(places.saturating_sub(self.0.len()));
    }

    /// A queue has come to be in this place.
    pub(crate) fn came(&mut self, at: QueueIndex, local: Local) {
        let at = at.place();
        if self.0.len() <= at {
            self.0.resize_with(at + 1, || None);
        }
        self.0[at] = Some(local);
    }

    /// Whether there is anything of the queue in this place.
    pub(crate) fn is_there(&self, at: QueueIndex) -> bool {
        self.0.get(at.place()).is_some_and(Option::is_some)
    }

    /// The queue in this place is no more.
    pub(crate) fn gone(&mut self, at: QueueIndex) {
        self.0[at.place()] = None;
    }

    /// What there is of the queue in this place, if there is one and it is still this one.
    pub(crate) fn get(&self, at: QueueIndex, serial: u32) -> Option<&Local> {
        self.0.get(at.place())?.as_ref().filter(|local| local.serial == serial)
    }
}

impl Index<QueueIndex> for Locals {
    type Output = Local;

    #[inline]
    fn index(&self, at: QueueIndex) -> &Local {
        self.0[at.place()].as_ref().expect("there is a queue in this place")
    }
}

impl IndexMut<QueueIndex> for Locals {
    #[inline]
    fn index_mut(&mut self, at: QueueIndex) -> &mut Local {
        self.0[at.place()].as_mut().expect("there is a queue in this place")
    }
}

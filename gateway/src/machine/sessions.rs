//! The sessions of a lane, from login to end. [`Sessions`] owns them; no other part sees more of
//! one than the functions of [`session`] show.
//!
//! In the order of a session's life: [`login`] makes it; [`introduction`] tells nodes of it;
//! [`waiting`] keeps what can't go on yet; [`resume`] gives it its queues again; [`sending`] puts
//! its operations on the lists of buckets; [`membership`] is its part in each queue; [`receiving`]
//! brings it events; [`recovery`] takes its queues up after a link has gone; [`closing`] ends it.

use std::ops::{Index, IndexMut};

use proto::ids::{Handle, Sub};
use slab::Slab;

use super::delivery::{Backlog, ConnId};

mod closing;
mod introduction;
mod login;
mod membership;
mod receiving;
mod recovery;
mod resume;
mod sending;
mod session;
mod waiting;

pub(super) use closing::is_of_over;
pub(super) use login::{close_of, resumed};
pub(super) use session::Session;
use session::{Asks, Part, Rare, State};

/// All sessions of a lane, by their handles.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    all: Slab<Session>,
    /// Frames that wait, over all sessions.
    waiting_bytes: usize,
}

impl Sessions {
    fn insert(&mut self, session: Session) -> Handle {
        Handle::at(self.all.insert(session))
    }

    #[inline]
    pub(super) fn get(&self, handle: Handle) -> Option<&Session> {
        self.all.get(handle.place())
    }

    #[inline]
    pub(super) fn get_mut(&mut self, handle: Handle) -> Option<&mut Session> {
        self.all.get_mut(handle.place())
    }

    /// Which classes ask about anything may have changed.
    pub(super) fn forget_asks(&mut self) {
        for (_, session) in self.iter_mut() {
            session.queues.iter_mut().for_each(|entry| entry.asks = Asks::Unknown);
        }
    }

    /// The connection of a session, if it has one.
    #[inline]
    pub(super) fn conn_of(&self, handle: Handle) -> Option<ConnId> {
        self.get(handle)?.conn
    }

    /// The number of a queue, by its name's hash, in which the session has a part.
    pub(super) fn sub_in(&self, handle: Handle, hash: u64) -> Option<Sub> {
        self.get(handle)?.queues.iter().find(|entry| entry.hash == hash)?.sub
    }

    fn remove(&mut self, handle: Handle) -> Option<Session> {
        self.all.try_remove(handle.place())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Handle, &Session)> {
        self.all.iter().map(|(place, session)| (Handle::at(place), session))
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = (Handle, &mut Session)> {
        self.all.iter_mut().map(|(place, session)| (Handle::at(place), session))
    }

    /// Changes what a session rarely needs, and counts what waits.
    fn with_rare<T>(&mut self, handle: Handle, change: impl FnOnce(&mut Rare) -> T) -> Option<T> {
        let rare = self.all.get_mut(handle.place())?.rare();
        let before = rare.waiting.len();
        let changed = change(rare);
        self.waiting_bytes = self.waiting_bytes + rare.waiting.len() - before;
        Some(changed)
    }

    /// Takes what a session rarely needed.
    fn take_rare(&mut self, handle: Handle) -> Option<Box<Rare>> {
        let rare = self.all.get_mut(handle.place())?.rare.take()?;
        self.waiting_bytes -= rare.waiting.len();
        Some(rare)
    }

    /// What is kept for the session's receiver, and how many bytes of its own frames wait.
    pub(super) fn backlog(&mut self, handle: Handle) -> Option<(&mut Backlog, usize)> {
        let rare = self.all.get_mut(handle.place())?.rare();
        Some((&mut rare.backlog, rare.waiting.len()))
    }

    /// What is kept for the session's receiver, if anything may be.
    pub(super) fn backlog_if_any(&mut self, handle: Handle) -> Option<&mut Backlog> {
        let rare = self.all.get_mut(handle.place())?.rare.as_mut()?;
        Some(&mut rare.backlog)
    }

    /// Forgets of a session what says nothing any more.
    pub(super) fn tidy(&mut self, handle: Handle) {
        if let Some(session) = self.all.get_mut(handle.place()) {
            session.tidy();
        }
    }

    /// What is kept for a session, in either direction.
    pub(super) fn kept_bytes(&self, handle: Handle) -> usize {
        let rare = self.all.get(handle.place()).and_then(|session| session.rare.as_ref());
        rare.map_or(0, |rare| rare.kept_bytes())
    }

    /// How many bytes of frames wait, over all sessions.
    #[inline]
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// An old event of a queue has come for a session. Where it goes, if the session is to have it.
    pub(super) fn takes_replay(&mut self, handle: Handle, sub: Sub) -> Option<Option<ConnId>> {
        let session = self.all.get_mut(handle.place())?;
        let conn = session.conn;
        let entry = session.in_queue(sub)?;
        entry.replays = entry.replays.saturating_sub(1);
        (entry.part.is_live() || entry.part == Part::Admitted).then_some(conn)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

impl Index<Handle> for Sessions {
    type Output = Session;

    #[inline]
    fn index(&self, handle: Handle) -> &Session {
        &self.all[handle.place()]
    }
}

impl IndexMut<Handle> for Sessions {
    #[inline]
    fn index_mut(&mut self, handle: Handle) -> &mut Session {
        &mut self.all[handle.place()]
    }
}

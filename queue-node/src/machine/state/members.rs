//! The members of a queue, in an order that follows from how they came and went.

use std::hash::BuildHasher as _;

use hashbrown::HashTable;

use super::people::SessionKey;
use super::queue::Subscription;
use crate::machine::hashing::Numbers;

/// All members. Most queues are an inbox or a small room: of a few members it takes no table to
/// find one.
#[derive(Debug, Default)]
pub(crate) struct Members {
    all: Vec<(SessionKey, Subscription)>,
    /// Where each is, once there are more than a few.
    places: Option<Box<HashTable<u32>>>,
}

/// So many are looked at one by one.
const FEW: usize = 4;

impl Members {
    /// Where the member is in the order.
    #[inline]
    pub(crate) fn place(&self, session: SessionKey) -> Option<usize> {
        match &self.places {
            None => self.all.iter().position(|(key, _)| *key == session),
            Some(places) => {
                let is_it = |at: &u32| self.all[*at as usize].0 == session;
                places.find(hash(session), is_it).map(|at| *at as usize)
            }
        }
    }

    /// The member in this place of the order.
    pub(crate) fn at(&self, place: usize) -> Option<SessionKey> {
        self.all.get(place).map(|(key, _)| *key)
    }

    /// Whether the session is a member.
    #[inline]
    pub(crate) fn contains(&self, session: SessionKey) -> bool {
        self.place(session).is_some()
    }

    /// The member.
    #[inline]
    pub(crate) fn get(&self, session: SessionKey) -> Option<&Subscription> {
        Some(&self.all[self.place(session)?].1)
    }

    /// The member, to be changed.
    #[inline]
    pub(crate) fn get_mut(&mut self, session: SessionKey) -> Option<&mut Subscription> {
        let at = self.place(session)?;
        Some(&mut self.all[at].1)
    }

    /// Takes in a session that is no member, behind those who are there.
    pub(crate) fn insert(&mut self, session: SessionKey, subscription: Subscription) {
        if self.all.is_empty() {
            // An inbox has one member for ever.
            self.all.reserve_exact(1);
        }
        let at = self.all.len() as u32;
        self.all.push((session, subscription));
        let all = &self.all;
        let hash_at = |at: &u32| hash(all[*at as usize].0);
        match &mut self.places {
            Some(places) => {
                places.insert_unique(hash(session), at, hash_at);
            }
            None if self.all.len() > FEW => {
                let mut places = HashTable::with_capacity(2 * FEW);
                for at in 0..=at {
                    places.insert_unique(hash_at(&at), at, hash_at);
                }
                self.places = Some(Box::new(places));
            }
            None => {}
        }
    }

    /// Takes out a member; the last one has its place from then on.
    pub(crate) fn remove(&mut self, session: SessionKey) -> Option<Subscription> {
        let at = self.place(session)?;
        let last = self.all.len() - 1;
        if let Some(places) = &mut self.places {
            let moved = self.all[last].0;
            if let Ok(entry) = places.find_entry(hash(session), |place| *place as usize == at) {
                entry.remove();
            }
            if let Some(place) = places.find_mut(hash(moved), |place| *place as usize == last) {
                *place = at as u32;
            }
        }
        let (_, subscription) = self.all.swap_remove(at);
        if self.all.is_empty() {
            *self = Members::default();
        }
        Some(subscription)
    }

    /// All of them, in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = SessionKey> {
        self.all.iter().map(|(key, _)| *key)
    }

    /// The same, with what each is.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SessionKey, &Subscription)> {
        self.all.iter().map(|(key, subscription)| (*key, subscription))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[inline]
fn hash(session: SessionKey) -> u64 {
    Numbers::default().hash_one(session)
}

//! What is known for a while, and then forgotten.

use std::borrow::Borrow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use proto::seeded::Seed;

/// Values that are forgotten some time after they were remembered last.
#[derive(Debug)]
pub(super) struct Aging<K, V> {
    values: HashMap<K, (V, u64), Seed>,
    /// When each was remembered, the oldest first.
    order: VecDeque<(u64, K)>,
}

impl<K: Clone + Eq + Hash, V> Aging<K, V> {
    /// None yet.
    pub(super) fn new(seed: Seed) -> Aging<K, V> {
        Aging { values: HashMap::with_hasher(seed), order: VecDeque::new() }
    }

    /// The key's value from now on.
    pub(super) fn remember(&mut self, now_ms: u64, key: K, value: V) {
        let before = self.values.insert(key.clone(), (value, now_ms));
        if before.is_none_or(|(_, before_ms)| before_ms != now_ms) {
            self.order.push_back((now_ms, key));
        }
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.values.get(key).map(|(value, _)| value)
    }

    /// When each was remembered last, with its value; the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &K, &V)> {
        self.order.iter().filter_map(|(at_ms, key)| {
            let (value, newest_ms) = self.values.get(key)?;
            (newest_ms == at_ms).then_some((*at_ms, key, value))
        })
    }

    /// When the oldest of them was remembered last.
    pub(super) fn oldest_ms(&self) -> Option<u64> {
        self.iter().next().map(|(at_ms, _, _)| at_ms)
    }

    /// Forgets those that were remembered last before that moment, or at it.
    pub(super) fn trim(&mut self, before_ms: u64) {
        while let Some((at_ms, key)) = self.order.pop_front_if(|(at_ms, _)| *at_ms <= before_ms) {
            if self.values.get(&key).is_some_and(|(_, newest_ms)| *newest_ms == at_ms) {
                self.values.remove(&key);
            }
        }
    }
}

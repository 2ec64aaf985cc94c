//! How space for keys is shared out among API keys.

use std::collections::{BTreeMap, VecDeque};

use proto::share;

use super::{KEY_BYTES, Key, Origin};

/// This part of what a node may keep is for keys of each origin.
const NODE_PART: u64 = 8;

/// What one API key has of the space for keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Its own.
    pub(super) held: usize,
    /// Everybody's.
    pub(super) all: usize,
    pub(super) keys_max: usize,
}

impl Share {
    pub(super) fn has_space(self) -> bool {
        share::may_take(self.held, self.all, self.keys_max)
    }
}

/// When each key of a bucket is over, by API key. All of them live equally long, so that each list
/// is in order by itself.
#[derive(Debug, Default)]
pub(super) struct Ends {
    by_api_key: BTreeMap<u64, VecDeque<(u64, Key)>>,
    all: usize,
}

impl Ends {
    pub(super) fn share(&self, api_key: u64, keys_max: usize) -> Share {
        let held = self.by_api_key.get(&api_key).map_or(0, VecDeque::len);
        Share { held, all: self.all, keys_max }
    }

    pub(super) fn push(&mut self, api_key: u64, until_ms: u64, key: Key) {
        self.by_api_key.entry(api_key).or_default().push_back((until_ms, key));
        self.all += 1;
    }

    /// All keys with their ends, by API key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u64, Key)> {
        self.by_api_key.iter().flat_map(|(api_key, ends)| {
            ends.iter().map(|(until_ms, key)| (*api_key, *until_ms, *key))
        })
    }

    /// When the first is over.
    pub(super) fn next_ms(&self) -> Option<u64> {
        self.by_api_key.values().filter_map(VecDeque::front).map(|(until_ms, _)| *until_ms).min()
    }

    /// Takes out what is over. An API key of which nothing is left takes no space.
    pub(super) fn trim(&mut self, now_ms: u64, mut over: impl FnMut(Key)) {
        self.by_api_key.retain(|_, ends| {
            while let Some((_, key)) = ends.pop_front_if(|(until_ms, _)| *until_ms <= now_ms) {
                self.all -= 1;
                over(key);
            }
            if ends.len() < ends.capacity() / 4 {
                ends.shrink_to(2 * ends.len());
            }
            !ends.is_empty()
        });
    }

    /// How many there are, by API key.
    pub(super) fn counts(&self) -> impl Iterator<Item = (u64, usize)> {
        self.by_api_key.iter().map(|(api_key, ends)| (*api_key, ends.len()))
    }

    pub(super) fn capacity(&self) -> usize {
        self.by_api_key.values().map(VecDeque::capacity).sum()
    }
}

/// How many keys all buckets of a node remember, by API key: what one API key writes to all of them
/// leaves others their memory.
#[derive(Debug)]
pub(crate) struct Shares {
    back_ends: Counts,
    gateways: Counts,
    keys_max: usize,
}

#[derive(Debug, Default)]
struct Counts {
    by_api_key: BTreeMap<u64, usize>,
    all: usize,
}

impl Shares {
    /// Of a node that may keep so much.
    pub(crate) fn new(bytes_max: u64) -> Shares {
        let keys_max = bytes_max / NODE_PART / KEY_BYTES as u64;
        let keys_max = usize::try_from(keys_max).unwrap_or(usize::MAX);
        Shares { back_ends: Counts::default(), gateways: Counts::default(), keys_max }
    }

    pub(super) fn share(&self, origin: Origin, api_key: u64) -> Share {
        let counts = match origin {
            Origin::BackEnd => &self.back_ends,
            Origin::Gateway => &self.gateways,
        };
        let held = counts.by_api_key.get(&api_key).copied().unwrap_or(0);
        Share { held, all: counts.all, keys_max: self.keys_max }
    }

    pub(crate) fn add(&mut self, origin: Origin, api_key: u64) {
        self.add_all(origin, api_key, 1);
    }

    pub(crate) fn add_all(&mut self, origin: Origin, api_key: u64, count: usize) {
        let counts = self.counts(origin);
        *counts.by_api_key.entry(api_key).or_default() += count;
        counts.all += count;
    }

    pub(crate) fn remove(&mut self, origin: Origin, api_key: u64, count: usize) {
        let counts = self.counts(origin);
        counts.all -= count;
        if let Some(held) = counts.by_api_key.get_mut(&api_key) {
            *held -= count;
            if *held == 0 {
                counts.by_api_key.remove(&api_key);
            }
        }
    }

    /// How many are remembered in all.
    #[cfg(test)]
    pub(crate) fn all(&self) -> usize {
        self.back_ends.all + self.gateways.all
    }

    fn counts(&mut self, origin: Origin) -> &mut Counts {
        match origin {
            Origin::BackEnd => &mut self.back_ends,
            Origin::Gateway => &mut self.gateways,
        }
    }
}

//! How a process hashes what comes from outside: names, users, sessions.
//!
//! Everybody can work out names of one [`crate::name::hash`], as many as they like. A map by that
//! hash would go through all of them at each look-up. So the maps of a process have a seed that
//! nobody outside knows; a simulation gives its own.

use std::fmt;
use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_secret;

/// The secret of a map, or of several.
#[derive(Clone, Copy)]
pub struct Seed {
    add: u64,
    multiply: u64,
}

impl Seed {
    /// From a random number.
    pub fn new(random: u64) -> Seed {
        Seed { add: stirred(random, 1), multiply: stirred(random, 2) | 1 }
    }

    /// A product of 128 bits, folded: each bit of the result depends on all of the number's.
    #[inline]
    fn number(self, number: u64) -> u64 {
        let product = u128::from(number ^ self.add) * u128::from(self.multiply);
        (product >> 64) as u64 ^ product as u64
    }

    /// What XXH3 combines with the bytes. Its own seed would only be added to a secret that
    /// everybody knows, which leaves relations between the parts of it.
    fn secret(self) -> Box<[u8; SECRET_BYTES]> {
        let mut secret = Box::new([0; SECRET_BYTES]);
        for (part, times) in secret.chunks_exact_mut(8).zip(1..) {
            part.copy_from_slice(&stirred(self.add ^ self.multiply, times).to_le_bytes());
        }
        secret
    }
}

/// As long as XXH3's own.
const SECRET_BYTES: usize = 192;

/// SplitMix64: Steele, Lea and Flood, OOPSLA 2014.
fn stirred(random: u64, times: u64) -> u64 {
    let mut z = random.wrapping_add(times.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seed").finish_non_exhaustive()
    }
}

impl BuildHasher for Seed {
    type Hasher = SeededHasher;

    #[inline]
    fn build_hasher(&self) -> SeededHasher {
        SeededHasher { seed: *self, state: 0 }
    }
}

/// For the keys of maps: numbers, bytes, and what is made of them.
#[derive(Debug, Clone)]
pub struct SeededHasher {
    seed: Seed,
    state: u64,
}

impl Hasher for SeededHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.state = self.seed.number(self.state ^ number);
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

/// Where things are in a list of their owner's, by their names or other bytes.
///
/// Each place keeps a half of its name's hash: what has another name is hardly ever looked at, and
/// a table that grows looks at nothing else.
pub struct Places {
    secret: Box<[u8; SECRET_BYTES]>,
    table: HashTable<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    hash: u32,
    at: u32,
}

impl Place {
    /// As the table wants it: both its lowest and its highest bits are used.
    #[inline]
    fn hash(&self) -> u64 {
        spread(self.hash)
    }
}

#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Places {
    /// None yet.
    pub fn new(seed: Seed) -> Places {
        Places { secret: seed.secret(), table: HashTable::new() }
    }

    /// Where the thing of this name is; `is_it` says whether it is the one in that place.
    #[inline]
    pub fn find(&self, name: &[u8], is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let hash = self.hash(name);
        let found = self.table.find(spread(hash), |place| place.hash == hash && is_it(place.at));
        found.map(|place| place.at)
    }

    /// The thing of this name, which was nowhere, is there now.
    pub fn insert(&mut self, name: &[u8], at: u32) {
        let place = Place { hash: self.hash(name), at };
        self.table.insert_unique(place.hash(), place, Place::hash);
    }

    /// The thing of this name isn't there any more.
    pub fn remove(&mut self, name: &[u8], at: u32) {
        let hash = spread(self.hash(name));
        if let Ok(entry) = self.table.find_entry(hash, |place| place.at == at) {
            entry.remove();
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// What they take.
    pub fn bytes(&self) -> usize {
        self.table.capacity() * 8 / 7 * (size_of::<Place>() + 1)
    }

    #[inline]
    fn hash(&self, name: &[u8]) -> u32 {
        xxh3_64_with_secret(name, &*self.secret) as u32
    }
}

#[cfg(test)]
mod colliding;
#[cfg(test)]
mod tests;

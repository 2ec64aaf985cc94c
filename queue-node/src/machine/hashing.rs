//! How maps are hashed whose keys are this node's own numbers: the same in every run. What others
//! choose is hashed with a seed, see [`proto::seeded`].

use std::hash::{BuildHasherDefault, Hasher};

/// For keys that are one number, or a few that are random already.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct NumberHasher(u64);

/// 2^64 divided by the golden ratio: Fibonacci hashing, Knuth, TAOCP volume 3, section 6.4.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for NumberHasher {
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("names are hashed with a seed, or somebody makes thousands that collide")
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
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(GOLDEN);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// The builder for maps.
pub(crate) type Numbers = BuildHasherDefault<NumberHasher>;

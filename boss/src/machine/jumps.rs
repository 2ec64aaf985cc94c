//! By how much numbers jump that lost steps may have given out.

use std::collections::BTreeSet;

/// The first change of a row after a start raises its numbers by less than this.
const JUMP_BITS: u32 = 16;
/// What an adopted row's numbers and the configuration's version are raised by.
pub const ADOPTED: u64 = 1 << 20;
/// What a loss is raised by where steps were lost.
pub const LOSS: u64 = 16;

/// Which rows have jumped since the process started.
#[derive(Debug, Default)]
pub struct Jumps {
    /// What the process has drawn; 0: nothing jumps, as in scripts.
    chance: u64,
    confs: BTreeSet<u32>,
    reigns: BTreeSet<u32>,
}

/// Of a row's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// The number of all changes.
    Conf,
    /// The number of primaries.
    Reign,
}

impl Jumps {
    /// None has jumped.
    pub fn new(chance: u64) -> Jumps {
        Jumps { chance, ..Jumps::default() }
    }

    /// A number of the row of this prefix rises: by how much more.
    pub fn take(&mut self, prefix: u32, number: Number) -> u64 {
        let rows = match number {
            Number::Conf => &mut self.confs,
            Number::Reign => &mut self.reigns,
        };
        if !rows.insert(prefix) {
            return 0;
        }
        let salt = u64::from(prefix) << 1 | u64::from(number == Number::Reign);
        mixed(self.chance, salt) >> (64 - JUMP_BITS)
    }

    /// The row's reign has jumped, too.
    pub fn skip_reign(&mut self, prefix: u32) {
        self.reigns.insert(prefix);
    }
}

/// The finisher of SplitMix64, by Sebastiano Vigna, over both.
fn mixed(chance: u64, salt: u64) -> u64 {
    if chance == 0 {
        return 0;
    }
    let mut z = chance.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;

//! Which queues belong together: a bucket is all names whose hash begins with the same bits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::limits;

/// A bucket, named by how many bits of the hash count and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketId {
    bits: u8,
    prefix: u32,
}

impl BucketId {
    /// The bucket with this prefix, if the prefix fits into that many bits.
    pub fn new(bits: u32, prefix: u32) -> Option<BucketId> {
        let bits = u8::try_from(bits).ok().filter(|bits| *bits <= limits::BUCKET_BITS_MAX)?;
        (u64::from(prefix) < 1 << bits).then_some(BucketId { bits, prefix })
    }

    /// The bucket of a name's hash when the table has 2^`bits` buckets.
    pub fn of(hash: u64, bits: u8) -> BucketId {
        let prefix = if bits == 0 { 0 } else { (hash >> (64 - u32::from(bits))) as u32 };
        BucketId { bits, prefix }
    }

    /// How many bits of the hash count.
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// The value of those bits.
    pub fn prefix(self) -> u32 {
        self.prefix
    }

    /// Whether a name with this hash belongs here.
    pub fn holds(self, hash: u64) -> bool {
        BucketId::of(hash, self.bits) == self
    }

    /// The two buckets that a split makes of this one.
    pub fn halves(self) -> Option<[BucketId; 2]> {
        let bits = u32::from(self.bits) + 1;
        let first = BucketId::new(bits, self.prefix.checked_mul(2)?)?;
        Some([first, BucketId::new(bits, self.prefix * 2 + 1)?])
    }
}

impl fmt::Display for BucketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.prefix, self.bits)
    }
}

/// What isn't `prefix/bits` of a bucket that can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bucket is its prefix and its bits, as 12/5")]
pub struct NoBucket;

impl FromStr for BucketId {
    type Err = NoBucket;

    fn from_str(text: &str) -> Result<BucketId, NoBucket> {
        let (prefix, bits) = text.split_once('/').ok_or(NoBucket)?;
        let number = |text: &str| text.parse().map_err(|_| NoBucket);
        BucketId::new(number(bits)?, number(prefix)?).ok_or(NoBucket)
    }
}

/// Rises when a bucket's data may be lost.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Loss(pub u64);

/// The time of one primary of a bucket: rises with each new one, and with each loss.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Reign(pub u64);

/// The version of a bucket's row: rises with every change of it. Of two rows the higher is true.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Conf(pub u64);

/// By what lanes and words know a bucket, whoever has copies of it. Who names other ones than its
/// home speaks of the past, or knows more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epochs {
    /// How often its data may have been lost.
    pub loss: Loss,
    /// Whose time it is.
    pub reign: Reign,
}

#[cfg(test)]
mod tests;

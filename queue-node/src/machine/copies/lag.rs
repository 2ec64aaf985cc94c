//! How far the copies of this node's buckets are behind: what they haven't acknowledged.

use super::fellow::Rank;
use super::fellows::Fellows;

/// Of the copy that is furthest behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lag {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

impl Lag {
    /// The greater of both, each for itself.
    pub(crate) fn max(self, other: Lag) -> Lag {
        Lag { records: self.records.max(other.records), bytes: self.bytes.max(other.bytes) }
    }
}

impl Fellows {
    /// Of those that have all but what is on its way. Of a member that isn't heard nothing is known
    /// to be acknowledged; what a learner lacks that is being filled is no lag.
    pub(crate) fn lag(&self) -> Lag {
        let lags = self.list.iter().filter_map(|fellow| {
            let all = (fellow.rank == Rank::Member).then(|| self.tail.before());
            fellow.acknowledged().or(all)
        });
        lags.map(|n| self.behind(n)).fold(Lag::default(), Lag::max)
    }

    /// Whoever goes on from the tail has all before it, though it hasn't acknowledged anything yet.
    fn behind(&self, n: u64) -> Lag {
        let n = n.max(self.tail.before());
        let bytes = self.tail.bytes_behind(n).unwrap_or_else(|| self.tail.bytes());
        Lag { records: self.tail.end().saturating_sub(n), bytes: bytes as u64 }
    }
}

#[cfg(test)]
mod tests;

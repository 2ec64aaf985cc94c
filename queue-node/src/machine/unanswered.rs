//! Words to other queues that wait for their answers: how many there may be, and which may be sent.

use std::collections::HashMap;

use proto::bucket::BucketId;
use proto::seeded::Seed;
use proto::{limits, share};

use super::cells::Cells;
use super::hashing::Numbers;
use super::state::words::{Word, Words};

/// What this process alone knows of the words of a bucket.
#[derive(Debug, Default)]
pub(crate) struct Posted {
    /// The bucket that each was for when it was kept.
    homes: HashMap<u64, BucketId, Numbers>,
    /// Those up to this number are on every copy: they may be sent.
    released: u64,
}

impl Posted {
    /// A word was kept.
    pub(crate) fn kept(
        &mut self,
        unanswered: &mut UnansweredWords,
        number: u64,
        home: BucketId,
        word: &Word,
    ) {
        unanswered.add(home, &word.noted().user);
        self.homes.insert(number, home);
    }

    /// A word was answered.
    pub(crate) fn answered(&mut self, unanswered: &mut UnansweredWords, number: u64, word: &Word) {
        if let Some(home) = self.homes.remove(&number) {
            unanswered.remove(home, &word.noted().user);
        }
    }

    /// The word's record is on every copy, and so are those of all before it.
    pub(crate) fn release(&mut self, number: u64) {
        self.released = self.released.max(number);
    }

    /// The numbers of those that may be sent, oldest first.
    pub(crate) fn released(&self, words: &Words) -> Vec<u64> {
        let is_released = |number: &u64| *number <= self.released;
        words.numbers().into_iter().take_while(is_released).collect()
    }

    /// The bucket is somebody else's, and so are its words.
    pub(crate) fn drop_all(&self, unanswered: &mut UnansweredWords, words: &Words) {
        for number in words.numbers() {
            if let (Some(home), Some(word)) = (self.homes.get(&number), words.get(number)) {
                unanswered.remove(*home, &word.noted().user);
            }
        }
    }
}

/// How many words of all buckets of the node wait for an answer, by the bucket that shall give it
/// and by the user whose coming and going they are about.
#[derive(Debug)]
pub(crate) struct UnansweredWords {
    total: usize,
    by_home: HashMap<BucketId, usize, Numbers>,
    by_user: Cells,
}

impl UnansweredWords {
    /// None yet.
    pub(crate) fn new(seed: Seed) -> UnansweredWords {
        UnansweredWords { total: 0, by_home: HashMap::default(), by_user: Cells::new(seed) }
    }

    /// Whether there may be one more of this user: each has a share, of what waits for one bucket
    /// and of all. Words that end something are kept all the same: there are no more of them than
    /// of those that began it.
    #[inline]
    pub(crate) fn has_space(&self, user: &str, home: impl FnOnce() -> Option<BucketId>) -> bool {
        // So much even one alone may hold.
        if self.total < share::most(limits::WORDS_PER_BUCKET_MAX) {
            return true;
        }
        let there = home().and_then(|home| self.by_home.get(&home)).copied().unwrap_or(0);
        let held = self.by_user.held(user);
        share::may_take(held, there, limits::WORDS_PER_BUCKET_MAX)
            && share::may_take(held, self.total, limits::WORDS_MAX)
    }

    /// How many wait.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    fn add(&mut self, home: BucketId, user: &str) {
        self.total += 1;
        self.by_user.add(user);
        *self.by_home.entry(home).or_default() += 1;
    }

    fn remove(&mut self, home: BucketId, user: &str) {
        self.total -= 1;
        self.by_user.remove(user);
        if let Some(count) = self.by_home.get_mut(&home) {
            *count -= 1;
            // A bucket of another table isn't asked about any more.
            if *count == 0 && self.total == 0 {
                self.by_home.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests;

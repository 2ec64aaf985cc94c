//! When the words of queue nodes may leave: when all is committed that was recorded when they were
//! decided, their own records included.

use std::collections::BTreeMap;

use prost::Message as _;
use proto::bucket::Loss;
use proto::q2q;

use super::World;
use super::shown::Key;

/// When the words of a node were decided: each bucket numbers its own, as they come.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Of each bucket, for each turn that decided any: the last of them, and how far the bucket was
    /// before it.
    turns: BTreeMap<Key, Vec<(u64, u64)>>,
    /// The last words before this turn, and how far buckets were.
    last: BTreeMap<Key, u64>,
    newest: BTreeMap<Key, u64>,
}

impl Words {
    /// A turn begins: words that are decided from now on have higher numbers.
    pub(crate) fn turn_begins(&mut self, last: Vec<(Key, u64)>, newest: Vec<(Key, u64)>) {
        (self.last, self.newest) = (last.into_iter().collect(), newest.into_iter().collect());
    }

    /// It ends with these as the last words.
    pub(crate) fn turn_ends(&mut self, last: Vec<(Key, u64)>) {
        for (key, last) in last {
            if last > self.last.get(&key).copied().unwrap_or(0) {
                let before = self.newest.get(&key).copied().unwrap_or(0);
                self.turns.entry(key).or_default().push((last, before));
            }
        }
    }

    /// What has to be committed before this word leaves: a record of which bucket. Nothing if the
    /// bucket wasn't here when it was decided.
    fn due(&self, word: &q2q::Word) -> Option<(Key, u64)> {
        let (number, prefix) = (word.number >> 16, (word.number & 0xffff) as u32);
        let is_its = |key: &&Key| key.0.prefix() == prefix && key.1 == Loss(word.loss);
        let key = *self.newest.keys().chain(self.turns.keys()).find(is_its)?;
        let turns = self.turns.get(&key).map_or(&[][..], Vec::as_slice);
        let at = turns.partition_point(|(last, _)| *last < number);
        let before = turns.get(at).map(|(_, before)| *before);
        let before = before.or_else(|| self.newest.get(&key).copied())?;
        // It has a record of its own.
        Some((key, before + 1))
    }
}

impl World {
    /// What isn't committed yet of a word that a node lets out.
    pub(crate) fn is_word_early(&self, at: usize, body: &[u8]) -> Option<String> {
        let word = q2q::Word::decode(body).ok()?;
        let (key, n) = self.nodes[at].words.due(&word)?;
        let what = self.who_lacks(at, key, n)?;
        Some(format!("{word:?}: {what}"))
    }
}

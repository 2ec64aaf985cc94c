//! Watches what queue nodes say to each other: no word leaves before all that was recorded when it
//! was decided, its own record included, is committed.

use std::collections::BTreeMap;

use link::machine::LinkId;
use prost::Message as _;
use proto::bucket::Loss;
use proto::q2q::{
    self,
    field::q2q::{ANSWER, AT, WORD},
};

use super::World;
use super::copies::Key;
use super::node::note_at;
use super::referee::each_frame;

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
    /// A node is about to let frames out, to others than lanes as well. The answer to a word leaves
    /// only when a copy has said something, if its bucket waits for any.
    pub(crate) fn look_at_words(&mut self, at: usize, in_commit: bool) {
        let host = &mut self.nodes[at];
        let mut early: Vec<(LinkId, String)> = Vec::new();
        for link in host.out.links.dirty() {
            if !host.is_lane(link) && !host.member.is_boss(link) {
                let mut said = host.said.clone();
                each_frame(host.out.links.unwritten(link), |number, body| match number {
                    AT => {
                        note_at(&mut said, link, number, body);
                    }
                    ANSWER
                        if !in_commit && said.get(&link).is_some_and(|k| host.copies.waits(*k)) =>
                    {
                        early.push((link, "an answer".to_owned()));
                    }
                    WORD => {
                        let Ok(word) = q2q::Word::decode(body) else { return };
                        let Some((key, n)) = host.words.due(&word) else { return };
                        if host.copies.committed(key) < n {
                            early.push((link, format!("{word:?}, which is of {n} of {key:?}")));
                        }
                    }
                    _ => {}
                });
            }
            // Asking for the buffer marks it as dirty again: nothing of it has been written.
            host.out.links.buffer(link);
        }
        for (link, what) in early {
            let what = format!("q{} says on link {}: {what}", at + 1, link.0);
            self.violated("no word to another node leaves before it is committed", what);
        }
    }
}

//! What a link has brought to a node that has copies, and what of it is acknowledged.
//!
//! Batches are numbered from 1 on each link, and an acknowledgement is of one and all before it. It
//! says that all of them is in the logs there.

use std::collections::VecDeque;

/// The batches of a link.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// The newest that was sent.
    sent: u64,
    acknowledged: u64,
    /// Those between.
    open: VecDeque<Batch>,
    /// What they bring, in their order.
    parts: VecDeque<(u64, Part)>,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Batch {
    at_ms: u64,
    bytes: usize,
}

/// Records of a bucket in a batch, or none: it is named for the sake of its reign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// The bucket's prefix.
    pub(crate) prefix: u32,
    /// The newest record.
    pub(crate) n: u64,
}

/// A node acknowledges what it wasn't sent, or less than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Impossible;

impl Sent {
    /// Something for the batch that is being gathered.
    pub(crate) fn part(&mut self, part: Part) {
        self.parts.push_back((self.sent + 1, part));
    }

    /// The batch is sent, with so many bytes: its number.
    pub(crate) fn send(&mut self, at_ms: u64, bytes: usize) -> u64 {
        self.sent += 1;
        self.open.push_back(Batch { at_ms, bytes });
        self.bytes += bytes;
        self.sent
    }

    /// The number of the batch that is being gathered.
    pub(crate) fn next(&self) -> u64 {
        self.sent + 1
    }

    /// All up to this one are in the logs there: gives what they brought, each with its batch.
    ///
    /// # Errors
    /// If that can't be.
    pub(crate) fn acknowledge(
        &mut self,
        k: u64,
    ) -> Result<impl Iterator<Item = (u64, Part)>, Impossible> {
        if k > self.sent || k < self.acknowledged {
            return Err(Impossible);
        }
        let batches = self.open.drain(..(k - self.acknowledged) as usize);
        self.bytes -= batches.map(|batch| batch.bytes).sum::<usize>();
        self.acknowledged = k;
        let count = self.parts.iter().take_while(|(of, _)| *of <= k).count();
        Ok(self.parts.drain(..count))
    }

    /// Whether something is gathered for the next batch.
    pub(crate) fn is_gathering(&self) -> bool {
        self.parts.back().is_some_and(|(of, _)| *of > self.sent)
    }

    /// When the oldest was sent that isn't acknowledged.
    pub(crate) fn waits_since_ms(&self) -> Option<u64> {
        self.open.front().map(|batch| batch.at_ms)
    }

    /// Who waited has stood still itself: none is older than this moment.
    pub(crate) fn wait_anew(&mut self, now_ms: u64) {
        self.open.iter_mut().for_each(|batch| batch.at_ms = now_ms);
    }

    /// What isn't acknowledged takes so much.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{Impossible, Part, Sent};

    fn acknowledged(batches: &mut Sent, k: u64) -> Result<Vec<u64>, Impossible> {
        batches.acknowledge(k).map(|parts| parts.map(|(_, part)| part.n).collect())
    }

    fn two_batches() -> Sent {
        let mut batches = Sent::default();
        batches.part(Part { prefix: 1, n: 10 });
        batches.part(Part { prefix: 2, n: 20 });
        assert_eq!(batches.send(5, 100), 1);
        batches.part(Part { prefix: 1, n: 11 });
        assert_eq!(batches.send(6, 50), 2);
        batches
    }

    #[test]
    fn an_acknowledgement_is_of_all_before_it() {
        let mut batches = two_batches();
        assert_eq!((batches.bytes(), batches.waits_since_ms()), (150, Some(5)));
        assert_eq!(acknowledged(&mut batches, 1), Ok(vec![10, 20]));
        assert_eq!((batches.bytes(), batches.waits_since_ms()), (50, Some(6)));
        // The same once more is no news.
        assert_eq!(acknowledged(&mut batches, 1), Ok(vec![]));
        // What is being gathered isn't sent yet.
        batches.part(Part { prefix: 1, n: 12 });
        assert_eq!(acknowledged(&mut batches, 2), Ok(vec![11]));
        assert_eq!(batches.waits_since_ms(), None);
        assert_eq!(batches.send(7, 10), 3);
        assert_eq!(acknowledged(&mut batches, 3), Ok(vec![12]));
        assert_eq!(batches.bytes(), 0);
    }

    #[test]
    fn what_was_not_sent_or_is_less_than_before_is_no_acknowledgement() {
        let mut batches = two_batches();
        assert_eq!(acknowledged(&mut batches, 3), Err(Impossible));
        assert_eq!(acknowledged(&mut batches, 2), Ok(vec![10, 20, 11]));
        assert_eq!(acknowledged(&mut batches, 1), Err(Impossible));
    }

    #[test]
    fn who_stood_still_waits_anew() {
        let mut batches = two_batches();
        batches.wait_anew(1_000);
        assert_eq!(batches.waits_since_ms(), Some(1_000));
    }
}

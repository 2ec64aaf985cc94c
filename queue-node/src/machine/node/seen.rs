//! What simulations and scripts look at, and plant.

use proto::bucket::{BucketId, Loss};
#[cfg(test)]
use proto::time::Time;

use super::Node;
use crate::machine::bucket::Bucket;
#[cfg(test)]
use crate::machine::{
    Faults,
    state::sizes::LOGIN_BYTES,
    turn::{Outbox, Turn},
};

impl Node {
    /// Plants other bugs than so far.
    #[cfg(test)]
    pub(crate) fn plant(&mut self, faults: Faults) {
        self.shared.settings.faults = faults;
    }

    /// The newest generation of a session, by its user queue.
    #[cfg(test)]
    pub(crate) fn generation_of(
        &self,
        id: proto::ids::SessionId,
    ) -> Option<proto::ids::Generation> {
        self.buckets.all().find_map(|bucket| {
            let key = bucket.state.people().find(id)?;
            Some(bucket.state.logins().get(key)?.generation)
        })
    }

    /// How many tells its buckets keep.
    #[cfg(test)]
    pub(crate) fn tells_kept(&self) -> usize {
        self.buckets.all().map(|bucket| bucket.state.tells().len()).sum()
    }

    /// Shortens its replay logs as if they might take no more than so many bytes together.
    #[cfg(test)]
    pub(crate) fn shorten_logs(&mut self, now: Time, total_max: usize, out: &mut Outbox) {
        let mut turn = Turn::new(now, &mut self.shared, out);
        self.buckets.shorten_logs(&mut turn, total_max);
    }

    /// What its queues and sessions take, counted from nothing.
    #[cfg(test)]
    pub(crate) fn recounted(&mut self) -> u64 {
        let mut bytes = 0;
        for bucket in self.buckets.iter() {
            bytes +=
                bucket.state.queues().iter().map(|(_, queue)| queue.kept_bytes()).sum::<usize>();
            bytes += bucket.state.logins().len() * LOGIN_BYTES as usize;
        }
        bytes as u64
    }

    /// How many words each bucket has had for others, with its loss: what a simulation goes by.
    pub fn newest_words(&self) -> Vec<((BucketId, Loss), u64)> {
        let key = |bucket: &Bucket| (bucket.outputs.bucket(), bucket.outputs.epochs().loss);
        self.buckets.all().map(|bucket| (key(bucket), bucket.state.words().newest())).collect()
    }

    /// The number of the newest record of each bucket: what a simulation goes by.
    pub fn newest_records(&mut self) -> Vec<(BucketId, u64)> {
        self.buckets
            .iter()
            .map(|bucket| (bucket.outputs.bucket(), bucket.outputs.next() - 1))
            .collect()
    }
}

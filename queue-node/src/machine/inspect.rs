//! What the boss asks of a queue, for its page.

use proto::bucket::BucketId;
use proto::name;

use super::buckets::Buckets;
use super::held::Effect;
use super::turn::{Inspected, Turn};

impl Buckets {
    /// What is in a queue.
    pub(crate) fn inspect(&mut self, turn: &mut Turn<'_>, number: u64, queue: &str) {
        let hash = name::hash(queue.as_bytes());
        let prefix = turn.shared.rows.bucket(hash).map(BucketId::prefix);
        let Some(bucket) = prefix.and_then(|prefix| self.get(prefix)) else {
            let answer = Inspected { number, found: false, queue: None };
            return turn.out.inspected.push(answer);
        };
        let found = bucket.state.queues().find(queue.as_bytes());
        let info = found.map(|index| bucket.info(index));
        let answer = Inspected { number, found: info.is_some(), queue: info };
        let (links, effect) = (&mut turn.shared.links, Effect::Inspected(Box::new(answer)));
        if let Some(Effect::Inspected(answer)) = bucket.outputs.effect(links, effect) {
            turn.out.inspected.push(*answer);
        }
    }
}

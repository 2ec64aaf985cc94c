//! A cluster configuration comes while there are queues: what of it they have at once.
//!
//! A queue keeps its mounts, its members and what it holds. All else of its class is the new one's
//! from here on; what has been decided is not decided again.

use proto::class::ClusterConfig;

use super::bucket::Bucket;
use super::buckets::Buckets;
use super::state::class::{Changed, Classes};
use super::state::queue::{Mount, Queue, QueueIndex};
use super::turn::Turn;

impl Buckets {
    /// Takes a configuration.
    pub(crate) fn configure(&mut self, turn: &mut Turn<'_>, config: &ClusterConfig) {
        turn.shared.classes = Classes::of(config);
        turn.shared.couriers.configure(&mut turn.shared.counters, config);
        let mut changed = Changed::default();
        for bucket in self.iter() {
            let indices: Vec<QueueIndex> = bucket.queues.iter().map(|(index, _)| index).collect();
            for index in indices {
                bucket.reclass(turn, index, &mut changed);
            }
        }
    }
}

impl Bucket {
    /// Gives a queue the class that its name has now. One that no class matches any more stays as
    /// it is until it goes.
    fn reclass(&mut self, turn: &mut Turn<'_>, index: QueueIndex, changed: &mut Changed) {
        let queue = &mut self.queues[index];
        let classes = &turn.shared.classes;
        let class = match queue.is_inbox() {
            true => Some(classes.class_of_user(&queue.name)),
            false => classes.class_of(&queue.name),
        };
        let Some(class) = class else { return };
        queue.class = changed.class(&queue.class, class);
        queue.trim_histories();
        self.recount(turn, index);
        let queue = &self.queues[index];
        if queue.members.is_empty() {
            let idle_ms = self.locals[index].idle_ms.saturating_add(queue.class.class.idle_ttl_ms);
            self.arm(turn, index, idle_ms);
        }
    }
}

impl Queue {
    /// Lets go of messages that the class doesn't keep.
    fn trim_histories(&mut self) {
        for (mount, class) in self.mounts.iter_mut().zip(&self.class.class.mounts) {
            let Mount::Message(kept) = mount else { continue };
            match kept {
                Some(_) if class.history == 0 => *kept = None,
                Some(history) => history.trim(class),
                None => {}
            }
        }
    }
}

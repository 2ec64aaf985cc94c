//! A cluster configuration comes while there are queues: what of it they have at once.
//!
//! A queue keeps its mounts, its members and what it holds. All else of its class is the new one's
//! from here on; what has been decided is not decided again.

use std::rc::Rc;

use proto::class::ClusterConfig;

use super::bucket::Bucket;
use super::buckets::Buckets;
use super::state::class::Classes;
use super::state::queue::QueueIndex;
use super::state::record::Record;
use super::turn::Turn;

impl Buckets {
    /// Takes a configuration, unless it is older than the node's.
    pub(crate) fn configure(&mut self, turn: &mut Turn<'_>, config: &ClusterConfig) {
        if config.version < turn.shared.classes.version() {
            return;
        }
        let classes = Rc::new(Classes::of(&config.class, config.version));
        turn.shared.classes = classes.clone();
        turn.shared.couriers.configure(&mut turn.shared.counters, config);
        for bucket in self.iter() {
            bucket.configure(turn, &classes);
            bucket.commit_alone();
        }
        turn.shared.holds = config.holds();
        self.iter().for_each(|bucket| bucket.update_waits(turn));
    }
}

impl Bucket {
    /// Takes a configuration, unless the bucket has this one, or a newer one by an earlier primary.
    /// One that may change nothing takes it later.
    pub(crate) fn configure(&mut self, turn: &mut Turn<'_>, classes: &Rc<Classes>) {
        let (own, named) = (self.state.classes().version(), classes.version());
        let goes_back = named < own && turn.shared.settings.faults().config_goes_back;
        if named <= own && !goes_back || self.fellows.holds() {
            return;
        }
        self.record(turn, Record::Config { classes: classes.clone() }, None);
        let queues = self.state.queues().iter();
        let idle = queues.filter(|(_, queue)| queue.members.is_empty());
        let idle: Vec<QueueIndex> = idle.map(|(index, _)| index).collect();
        for index in idle {
            self.arm_idle(turn, index);
        }
    }

    /// A queue without members is to go when it has been idle for as long as its class has it now.
    fn arm_idle(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        let idle_ttl_ms = self.state.queue(index).class.class.idle_ttl_ms;
        let idle_ms = self.locals[index].idle_ms.saturating_add(idle_ttl_ms);
        self.arm(turn, index, idle_ms);
    }
}

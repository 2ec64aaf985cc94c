//! What time brings: idle queues go, keys expire, logs are trimmed, lost sessions end.

use super::bucket::Bucket;
use super::buckets::Buckets;
use super::state::queue::{Mount, QueueIndex};
use super::state::record::Record;
use super::timers::{QueueRef, Timer};
use super::turn::Turn;

/// A buffer keeps so much between turns: what subscribers of ordinary queues are told.
const BUFFER_BYTES: usize = 64 * 1024;

impl Buckets {
    /// Does all whose moment has come.
    pub(crate) fn wake(&mut self, turn: &mut Turn<'_>) {
        while let Some(due) = turn.shared.timers.due(turn.node_ms()) {
            for timer in due {
                if self.puts_off(turn, timer) {
                    continue;
                }
                match timer {
                    Timer::Queue(queue) => self.wake_queue(turn, queue),
                    Timer::Grace(bucket, key) => {
                        if let Some(home) = self.get(bucket) {
                            home.end_grace(turn, key);
                        }
                    }
                    Timer::Sweep(bucket, key) => {
                        if let Some(home) = self.get(bucket) {
                            home.sweep(turn, key);
                        }
                    }
                    Timer::Deadlines(bucket) => {
                        if let Some(home) = self.get(bucket) {
                            home.set_deadlines(turn);
                        }
                    }
                    Timer::Unintroduced(bucket) => {
                        if let Some(home) = self.get(bucket) {
                            home.detach_unintroduced(turn);
                        }
                    }
                    Timer::Memory => self.forget(turn),
                    Timer::Words => {
                        turn.shared.is_resending = false;
                        self.send_words_again(turn);
                    }
                    Timer::Couriers => self.tell_once_more(turn),
                    Timer::Probes => self.answer_probes(turn),
                    // They are looked through each time.
                    Timer::Copies => {}
                }
            }
        }
    }

    /// The end of a turn: everything gathered is let out.
    pub(crate) fn end_turn(&mut self, turn: &mut Turn<'_>) {
        while let Some(queue) = turn.shared.dirty.pop() {
            if let Some(bucket) = self.get(queue.bucket)
                && bucket.locals.get(queue.index, queue.serial).is_some()
            {
                bucket.end_turn(turn, queue.index);
            }
            if turn.shared.dirty.is_empty() {
                self.deliver(turn);
            }
        }
        self.let_go_of_tells(turn);
        self.give_tells(turn);
        turn.shared.snapshot_bytes = 0;
        let logs_bytes_max = turn.shared.settings.logs_bytes_max;
        if turn.shared.counters.replay_bytes > logs_bytes_max as u64 {
            self.shorten_logs(turn, logs_bytes_max);
        }
        for buffer in [&mut turn.shared.scratch, &mut turn.shared.prepared] {
            buffer.clear();
            buffer.shrink_to(BUFFER_BYTES);
        }
    }

    /// What was recorded in the turn goes to the copies.
    pub(crate) fn close_units(&mut self, turn: &mut Turn<'_>) {
        let mut units = std::mem::take(&mut turn.shared.units);
        while let Some(prefix) = turn.shared.open_units.pop() {
            units.extend(self.get(prefix).and_then(Bucket::close_unit));
        }
        self.stream(turn, &units);
        if turn.shared.is_tapped {
            turn.out.units.append(&mut units);
        }
        for unit in units.drain(..) {
            if let Some(bucket) = self.get(unit.bucket.prefix()) {
                bucket.stream.give_back(unit.bytes);
            }
        }
        turn.shared.units = units;
    }

    fn wake_queue(&mut self, turn: &mut Turn<'_>, queue: QueueRef) {
        if let Some(bucket) = self.get(queue.bucket)
            && bucket
                .locals
                .get(queue.index, queue.serial)
                .is_some_and(|local| local.armed_ms <= bucket.now_ms(turn))
        {
            bucket.wake(turn, queue.index);
        }
    }

    /// The bucket of the queue whose name has this hash, if it is here.
    pub(crate) fn home_of(&mut self, turn: &Turn<'_>, hash: u64) -> Option<&mut Bucket> {
        let prefix = turn.shared.rows.bucket(hash)?.prefix();
        self.get(prefix)
    }

    /// Buckets forget what nobody can ask about any more.
    fn forget(&mut self, turn: &mut Turn<'_>) {
        let grace_ms = turn.shared.settings.grace_ms;
        let mut remembered_bytes = 0;
        for bucket in self.iter() {
            if !bucket.is_stopped() {
                bucket.pass(turn);
            }
            remembered_bytes += bucket.state.memory().bytes() + bucket.state.keys().bytes();
        }
        turn.shared.counters.remembered_bytes = remembered_bytes as u64;
        turn.shared.creations.trim(turn.node_ms());
        turn.shared.evictions.trim(turn.node_ms());
        turn.shared.timers.set(turn.node_ms().after(grace_ms / 4 + 1), Timer::Memory);
    }

    /// All replay logs together take more than so many bytes: the longest give, down to a length
    /// that fits even when each grows by a half, as it does with its next event.
    pub(crate) fn shorten_logs(&mut self, turn: &mut Turn<'_>, total_max: usize) {
        let mut lengths: Vec<usize> = Vec::new();
        for bucket in self.iter() {
            lengths.extend(bucket.state.queues().iter().map(|(_, queue)| queue.log.bytes()));
        }
        lengths.sort_unstable();
        let bytes_max = level(&lengths, total_max / 8 * 5);
        for bucket in self.iter() {
            bucket.record(turn, Record::Shorten { bytes_max }, None);
        }
    }
}

impl Bucket {
    /// One of the queue's deadlines has come; the next is set.
    pub(crate) fn wake(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        self.locals[index].armed_ms = u64::MAX;
        if !self.settle(turn, index) || self.is_over(turn, index) {
            return;
        }
        self.expire_keys(turn, index);
        self.trim(turn, index);
        self.question(turn, index);
        let (queue, local) = (self.state.queue(index), &self.locals[index]);
        let kept_ms = kept_ms(turn);
        let trim_ms = queue.log.oldest_ms().map(|oldest| oldest + kept_ms);
        let expiry_ms = queue.next_expiry_ms();
        let idle_ttl_ms = queue.class.class.idle_ttl_ms;
        let faulty = turn.shared.settings.faults().idle_destroys_members && !queue.is_inbox();
        let is_empty = queue.members.is_empty() || faulty;
        let idle_ms = is_empty.then(|| local.idle_ms.saturating_add(idle_ttl_ms));
        let question_ms = Some(local.question_ms).filter(|at_ms| *at_ms < u64::MAX);
        let deadlines = [trim_ms, expiry_ms, idle_ms, question_ms];
        if let Some(next_ms) = deadlines.into_iter().flatten().min() {
            self.arm(turn, index, next_ms);
        }
    }

    /// Destroys a queue that has been idle for its time.
    fn is_over(&mut self, turn: &mut Turn<'_>, index: QueueIndex) -> bool {
        let queue = self.state.queue(index);
        let faulty = turn.shared.settings.faults().idle_destroys_members && !queue.is_inbox();
        let idle_ttl_ms = queue.class.class.idle_ttl_ms;
        let is_idle = self.locals[index].idle_ms.saturating_add(idle_ttl_ms) <= self.now_ms(turn);
        if !is_idle || !(queue.members.is_empty() || faulty) {
            return false;
        }
        if faulty {
            self.disband(turn, index, "idle");
        } else {
            self.destroy(turn, index, "idle");
        }
        true
    }

    fn expire_keys(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        let now_ms = self.now_ms(turn);
        for place in 0..self.state.queue(index).mounts.len() {
            let steps = match &self.state.queue(index).mounts[place] {
                Mount::State(Some(mount)) => mount.expired(now_ms),
                Mount::State(None) | Mount::Message(_) => Vec::new(),
            };
            self.delete_keys(turn, index, place, "", steps);
        }
    }

    fn trim(&mut self, turn: &mut Turn<'_>, index: QueueIndex) {
        if let Some(before_ms) = self.now_ms(turn).checked_sub(kept_ms(turn)) {
            self.pass_queue(turn, index, before_ms);
        }
    }
}

/// How long a replay log keeps an event.
fn kept_ms(turn: &Turn<'_>) -> u64 {
    let part = if turn.shared.settings.faults().cut_early { 8 } else { 1 };
    2 * turn.shared.settings.grace_ms / part
}

/// The length to which the longest must be cut for all together to be no more than `total`.
/// `lengths` are in rising order.
pub(crate) fn level(lengths: &[usize], total: usize) -> usize {
    let mut left = total;
    for (at, length) in lengths.iter().enumerate() {
        let fair = left / (lengths.len() - at);
        if *length > fair {
            return fair;
        }
        left -= length;
    }
    usize::MAX
}

//! A bucket is another node's, or begins anew.
//!
//! Whoever has it next is nobody to this one's lanes yet, and knows nothing of what this one was
//! about to let out: all that is the primary's alone goes. What the bucket has recorded stays, as
//! a copy, if the bucket goes on: while it may be needed nobody throws it away.

use super::bucket::Bucket;
use super::copies::Inherited;
use super::state::sizes::Sizes;
use super::turn::Turn;

impl Bucket {
    /// Everything of it is forgotten.
    pub(crate) fn abandon(self, turn: &mut Turn<'_>) {
        self.leave(turn);
        turn.shared.couriers.forget(&mut turn.shared.counters, self.outputs.bucket());
    }

    /// What it has as a copy, under the reign that is over.
    pub(crate) fn depose(mut self, turn: &mut Turn<'_>) -> Inherited {
        self.end_runs(turn);
        self.leave(turn);
        turn.shared.couriers.hand_over(self.outputs.bucket());
        let clock_ms = self.now_ms(turn);
        // What it has recorded in this turn is an entry by itself: the next reign begins another.
        let unit = self.close_unit();
        turn.shared.units.extend(unit);
        let own = self.outputs.bucket();
        for unit in turn.shared.units.iter().filter(|unit| unit.bucket == own) {
            self.keep_unit(&unit.bytes);
        }
        let tail = self.fellows.into_tail(self.state.newest().n);
        Inherited { state: self.state, tail, clock_ms }
    }

    /// Who has joined or left in this turn is announced: a half of that is no entry.
    fn end_runs(&mut self, turn: &mut Turn<'_>) {
        if turn.shared.settings.faults().half_unit {
            return;
        }
        let prefix = self.outputs.bucket().prefix();
        while let Some(at) = turn.shared.dirty.iter().position(|queue| queue.bucket == prefix) {
            let queue = turn.shared.dirty.swap_remove(at);
            if self.locals.get(queue.index, queue.serial).is_some() {
                self.end_turn(turn, queue.index);
            }
        }
    }

    /// What the node has of it for its lanes, and counts.
    fn leave(&self, turn: &mut Turn<'_>) {
        let prefix = self.outputs.bucket().prefix();
        for (index, queue) in self.state.queues().iter() {
            let local = &self.locals[index];
            for lane in &local.lanes {
                if let Some(state) = turn.shared.links.get_mut(lane.link)
                    && state.subs.get(&lane.sub).is_some_and(|sub| {
                        (sub.bucket, sub.index, sub.serial) == (prefix, index, local.serial)
                    })
                {
                    state.subs.swap_remove(&lane.sub);
                }
            }
            turn.shared.counters.subscriptions -= queue.members.len() as u64;
            turn.shared.counters.queues_destroyed += 1;
        }
        self.posted.drop_all(&mut turn.shared.unanswered, self.state.words());
        self.state.keys().counts().for_each(|(origin, api_key, count)| {
            turn.shared.key_shares.remove(origin, api_key, count);
        });
        turn.shared.sized(self.state.sizes(), Sizes::default());
        turn.shared.links.release(&mut turn.out.links, |held, out| held.deposed(prefix, out));
    }
}

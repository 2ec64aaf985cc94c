//! Asking a queue's home what is in it, on behalf of an operator.

use std::collections::BTreeMap;

use proto::b2n::{Inspect, b2n};
use proto::n2b::Inspected;
use proto::name::{NodeId, QueueName};
use proto::time::Time;

use super::super::outbox::{Answer, Outbox};
use super::Boss;
use super::publication::put;

/// A node that doesn't answer by then has other worries.
const ANSWER_MS_MAX: u64 = 2_000;
/// Questions under way: people ask one at a time.
const QUESTIONS_MAX: usize = 256;

/// Questions that nodes have been asked.
#[derive(Debug, Default)]
pub(super) struct Inspections {
    newest: u64,
    pending: BTreeMap<u64, Pending>,
}

#[derive(Debug)]
struct Pending {
    question: u64,
    node: NodeId,
    late_at: u64,
}

impl Inspections {
    /// When the oldest question is answered without its node. All wait equally long.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.pending.first_key_value().map(|(_, pending)| pending.late_at)
    }
}

impl Boss {
    pub(super) fn inspect(&mut self, now: Time, question: u64, queue: &str, out: &mut Outbox) {
        self.counters.inspected += 1;
        let home = QueueName::try_from(queue).ok();
        let home = home.and_then(|name| self.kept.rows.row(name.hash())?.1.primary());
        let Some(home) = home else {
            let reason = "no queue node serves the queue's bucket now".to_owned();
            return Boss::answer(out, question, Answer::Unavailable(reason));
        };
        let Some(link) = self.lives.get(&home.id).and_then(|life| life.link()) else {
            let reason = format!("the boss has no link to {}, where the queue lives", home.id);
            return Boss::answer(out, question, Answer::Unavailable(reason));
        };
        if self.inspections.pending.len() >= QUESTIONS_MAX {
            let reason = "too many questions at once: ask again".to_owned();
            return Boss::answer(out, question, Answer::Unavailable(reason));
        }
        self.inspections.newest += 1;
        let number = self.inspections.newest;
        let late_at = now.ms + ANSWER_MS_MAX;
        let pending = Pending { question, node: home.id.clone(), late_at };
        self.inspections.pending.insert(number, pending);
        put(out, link, b2n::Body::Inspect(Inspect { number, queue: queue.to_owned() }));
    }

    pub(super) fn inspected(&mut self, answer: Inspected, out: &mut Outbox) {
        // An answer that nobody waits for any more comes late, not wrong.
        if let Some(pending) = self.inspections.pending.remove(&answer.number) {
            let queue = answer.queue.filter(|_| answer.found);
            Boss::answer(out, pending.question, Answer::Queue(queue));
        }
    }

    /// Answers questions whose node didn't.
    pub(super) fn expire(&mut self, now: Time, out: &mut Outbox) {
        while let Some(entry) = self.inspections.pending.first_entry() {
            if entry.get().late_at > now.ms {
                break;
            }
            let pending = entry.remove();
            let reason = format!("{} didn't answer within {ANSWER_MS_MAX} ms", pending.node);
            Boss::answer(out, pending.question, Answer::Late(reason));
        }
    }
}

//! What the web application is told: who came and went, and which queues are there.

use proto::class::{Presence, TellKind};
use proto::ids::SessionId;
use proto::q2g;

use super::Happened;
use crate::machine::bucket::Bucket;
use crate::machine::outputs;
use crate::machine::state::queue::QueueIndex;
use crate::machine::turn::Turn;

/// Whom and what a tell is about, beside its queue.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    /// The number of its event, if it has one; else of the queue's newest.
    pub(crate) seq: u64,
    pub(crate) user: &'a str,
    pub(crate) session: Option<SessionId>,
    pub(crate) generation: u64,
    pub(crate) reason: &'a str,
}

impl Bucket {
    /// Tells the web application, if the queue's class says so, when the newest record is on every
    /// copy.
    #[inline]
    pub(crate) fn tell_application(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        kind: TellKind,
        about: About<'_>,
    ) {
        if self.queues[index].class.tells(kind) {
            self.happened(turn, index, kind, about);
        }
    }

    fn happened(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        kind: TellKind,
        about: About<'_>,
    ) {
        let queue = &self.queues[index];
        let Some(target) = &queue.class.target else { return };
        // A tell is known by its number, so two may not have the same. Where who comes and goes is
        // no event, the queue's number doesn't rise with it, but the bucket's does.
        let has_events = queue.class.class.presence == Presence::Users && !queue.is_inbox();
        let seq = if has_events { about.seq } else { self.outputs.next() - 1 };
        let mut session_id = about.session.map_or(Vec::new(), |id| id.0.to_vec());
        if turn.shared.settings.faults.told_of_another {
            session_id.iter_mut().for_each(|byte| *byte ^= 1);
        }
        let tell = q2g::Tell {
            number: 0,
            target: target.to_string(),
            kind: kind.name().to_owned(),
            queue: queue.name.to_string(),
            epoch: queue.epoch.get(),
            seq,
            user: about.user.to_owned(),
            session_id,
            generation: about.generation,
            at_ms: turn.now.unix_ms,
            reason: about.reason.to_owned(),
        };
        let cause = match about.user {
            "" => self.locals[index].cause,
            user => turn.shared.couriers.cause(user),
        };
        let bucket = self.outputs.bucket();
        if let Some(outputs::Word::Happened(happened)) =
            self.outputs.word(outputs::Word::Happened(Box::new(Happened { tell, cause })))
        {
            turn.shared.couriers.keep(&mut turn.shared.counters, bucket, *happened);
        }
    }
}

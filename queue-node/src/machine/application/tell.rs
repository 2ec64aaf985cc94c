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
        let n = self.outputs.next() - 1;
        if let Some(happened) = self.happening(turn, index, kind, (n, about)) {
            self.hand_over(turn, happened);
        }
    }

    /// What the web application is told by the record of this number, if the queue's class says so.
    pub(crate) fn happening(
        &self,
        turn: &Turn<'_>,
        index: QueueIndex,
        kind: TellKind,
        (n, about): (u64, About<'_>),
    ) -> Option<Happened> {
        let queue = self.state.queue(index);
        let target = queue.class.target.as_ref().filter(|_| queue.class.tells(kind))?;
        // A tell is known by its number, so two may not have the same. Where who comes and goes is
        // no event, the queue's number doesn't rise with it, but the bucket's does.
        let has_events = queue.class.class.presence == Presence::Users && !queue.is_inbox();
        let seq = if has_events { about.seq } else { n };
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
        Some(Happened { tell, cause })
    }

    /// The web application is told when the newest record is on every copy.
    pub(crate) fn hand_over(&mut self, turn: &mut Turn<'_>, happened: Happened) {
        let bucket = self.outputs.bucket();
        if let Some(outputs::Word::Happened(happened)) =
            self.outputs.word(outputs::Word::Happened(Box::new(happened)))
        {
            turn.shared.couriers.keep(&mut turn.shared.counters, bucket, *happened);
        }
    }
}

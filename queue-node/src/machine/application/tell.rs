//! What the web application is told: who came and went, and which queues are there.

use proto::class::{Presence, TellKind};
use proto::ids::{Generation, SessionId};

use super::{Cause, Happened};
use crate::machine::bucket::Bucket;
use crate::machine::held::Effect;
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::Record;
use crate::machine::state::tells::Tell;
use crate::machine::turn::Turn;

/// Whom and what a tell is about, beside its queue.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    /// The number of its event, if it has one; else of the queue's newest.
    pub(crate) seq: u64,
    pub(crate) user: &'a str,
    pub(crate) session: Option<SessionId>,
    pub(crate) generation: Option<Generation>,
    pub(crate) reason: &'a str,
}

impl Bucket {
    /// Tells the web application, if the queue's class says so.
    #[inline]
    pub(crate) fn tell_application(
        &mut self,
        turn: &mut Turn<'_>,
        index: QueueIndex,
        kind: TellKind,
        about: About<'_>,
    ) {
        if self.state.queue(index).class.tells(kind) {
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
        let n = self.outputs.next();
        if let Some(tell) = self.what_happened(turn, index, kind, (n, about)) {
            self.keep_tell(turn, tell);
        }
    }

    /// What the web application is told by the record of this number, and whose doing it is.
    pub(crate) fn what_happened(
        &self,
        turn: &Turn<'_>,
        index: QueueIndex,
        kind: TellKind,
        (n, about): (u64, About<'_>),
    ) -> Option<(Box<Tell>, Cause)> {
        let queue = self.state.queue(index);
        let target = queue.class.target.clone().filter(|_| queue.class.tells(kind))?;
        // A tell is known by its number, so two may not have the same. Where who comes and goes is
        // no event, the queue's number doesn't rise with it, but the bucket's does.
        let has_events = queue.class.class.presence == Presence::Users && !queue.is_inbox();
        let mut session = about.session;
        if turn.shared.settings.faults().told_of_another {
            session = session.map(|id| SessionId(id.0.map(|byte| byte ^ 1)));
        }
        let cause = match about.user {
            "" => self.locals[index].cause,
            user => turn.shared.couriers.cause(user),
        };
        let tell = Tell {
            kind,
            target,
            queue: queue.name.clone(),
            epoch: queue.epoch,
            seq: if has_events { about.seq } else { n },
            user: about.user.into(),
            session,
            generation: about.generation,
            at_unix_ms: turn.unix_ms(),
            reason: about.reason.into(),
        };
        Some((Box::new(tell), cause))
    }

    /// It is told when the record that keeps it is on every copy.
    pub(crate) fn keep_tell(&mut self, turn: &mut Turn<'_>, (tell, cause): (Box<Tell>, Cause)) {
        let (bucket, target) = (self.outputs.bucket(), tell.target.clone());
        let n = self.record(turn, Record::Tell { tell }, None);
        self.tell(turn, Happened { bucket, n, cause, target });
    }

    /// Tells it when all that it has recorded so far is on every copy.
    pub(crate) fn tell(&mut self, turn: &mut Turn<'_>, happened: Happened) {
        if let Some(Effect::Happened(happened)) =
            self.outputs.effect(&mut turn.shared.links, Effect::Happened(happened))
        {
            turn.shared.couriers.keep(&mut turn.shared.counters, happened);
        }
    }
}

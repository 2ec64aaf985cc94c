//! What a record from elsewhere must name for a copy to apply it: nothing that isn't there.

use proto::limits::MOUNTS_MAX;
use proto::wire::WireError;

use super::State;
use super::codec::Read;
use super::heard::Hearing;
use super::people::SessionKey;
use super::queue::{Mount, Queue, QueueIndex};
use super::record::{Kept, Record, SessionStep, Stamp, Step};

/// A record can't be read, isn't the next one, or names what isn't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit;

impl From<WireError> for Unfit {
    fn from(_: WireError) -> Unfit {
        Unfit
    }
}

impl State {
    /// Makes of the state what a record from elsewhere says.
    ///
    /// # Errors
    /// If it doesn't fit: nothing has changed.
    pub(crate) fn apply_read(&mut self, at: Stamp, read: Read<'_>) -> Result<(), Unfit> {
        let is_next = at.n == self.newest.n + 1 && at.at_ms >= self.newest.at_ms;
        let keeps = read.kept.as_ref().is_none_or(|kept| self.fits_kept(&read.record, kept));
        if !is_next || !keeps || !self.fits(&read.record) {
            return Err(Unfit);
        }
        self.apply(at, read.record, read.body, read.kept);
        Ok(())
    }

    /// A queue that goes keeps no result.
    fn fits_kept(&self, record: &Record<'_>, kept: &Kept) -> bool {
        match kept {
            Kept::Session { session, .. } => {
                self.people.get(*session).is_some() && !matches!(record, Record::Destroy { .. })
            }
            Kept::Request { .. } => true,
        }
    }

    fn fits(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Noop
            | Record::Passed
            | Record::Config { .. }
            | Record::Barred { .. }
            | Record::Refused { .. }
            | Record::Say { .. }
            | Record::Tell { .. }
            | Record::Taken { .. }
            | Record::Shorten { .. } => true,
            Record::Opened { reign, .. } => *reign > self.openings.reign(),
            Record::Heard { teller } => self.heard.hearing(*teller) == Hearing::News,
            Record::Renewed { queue, .. } => self.queues.get(*queue).is_some(),
            Record::Known { id, user, .. } => {
                self.people.find(*id).is_none_or(|key| self.people.user_of(key) == user)
            }
            Record::Answered { number } => self.words.get(*number).is_some(),
            Record::Create { name, class, .. } => {
                self.classes.at(*class).is_some() && self.queues.find(name.as_bytes()).is_none()
            }
            Record::Destroy { queue } => {
                self.queues.get(*queue).is_some_and(|queue| queue.members.is_empty())
            }
            Record::Change { queue, step } => {
                self.queues.get(*queue).is_some_and(|queue| self.fits_change(queue, step))
            }
            Record::Session { session, step } => self.fits_session(*session, step),
            Record::Noted { session, .. } | Record::Unnoted { session, .. } => {
                self.people.get(*session).is_some() && self.logins.get(*session).is_some()
            }
        }
    }

    fn fits_change(&self, queue: &Queue, step: &Step) -> bool {
        match step {
            Step::Nothing => true,
            Step::Event(draft) => queue.has_place(draft.mount),
            Step::State(draft, _) => {
                matches!(queue.mounts.get(usize::from(draft.mount)), Some(Mount::State(_)))
            }
            Step::Mounts { place, .. } => {
                let place = usize::from(*place);
                place <= queue.mounts.len() && place < MOUNTS_MAX
            }
            Step::Join { session, .. } => {
                self.people.get(*session).is_some() && !queue.members.contains(*session)
            }
            Step::Filter { session, .. }
            | Step::Seat { session, .. }
            | Step::Leave { session, .. } => queue.members.contains(*session),
        }
    }

    fn fits_session(&self, key: SessionKey, step: &SessionStep) -> bool {
        let is_inbox = |inbox: &QueueIndex| self.queues.get(*inbox).is_some();
        let has_login = self.logins.get(key).is_some();
        self.people.get(key).is_some()
            && match step {
                SessionStep::New { inbox, .. } => !has_login && is_inbox(inbox),
                SessionStep::Resumed { inbox, .. } => has_login && is_inbox(inbox),
                SessionStep::Attached
                | SessionStep::Detached { .. }
                | SessionStep::Confirmed
                | SessionStep::Expires { .. }
                | SessionStep::Ended { .. }
                | SessionStep::Swept { .. } => has_login,
            }
    }
}

//! What a user may do to another user's own queue. Whether that user is there isn't said to whom
//! the class doesn't let send: the answer is the same in both cases, and given before anything is
//! looked up.

use proto::class::{Access, MountKind};
use proto::codes::Status;

use super::application::{AskKind, Ruling, Verdicts};
use super::asker::Asker;
use super::bucket::Bucket;
use super::record::Refusal;
use super::state::queue::QueueIndex;
use super::turn::Turn;

/// User queues, and what is below them.
const PREFIX: &[u8] = b"/user/";

/// What somebody wants to send to another user's queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parcel<'a> {
    pub(crate) queue: &'a [u8],
    pub(crate) mount: &'a [u8],
    pub(crate) kind: MountKind,
}

impl Bucket {
    /// Whether who asks is a user to whom a queue by this name is another user's.
    #[inline]
    pub(crate) fn is_strange(&self, asker: &Asker, found: Option<QueueIndex>, name: &[u8]) -> bool {
        if !name.starts_with(PREFIX) {
            return false;
        }
        let Some(key) = asker.session() else { return false };
        found.is_none_or(|index| !self.state.queue(index).members.contains(key))
    }

    /// Whether a stranger may send this, be the other user there or not. False: it is answered.
    #[cold]
    pub(crate) fn may_send_strangely(
        &mut self,
        turn: &mut Turn<'_>,
        asker: &Asker,
        parcel: Parcel<'_>,
        verdicts: Verdicts<'_>,
        hash: u64,
    ) -> bool {
        let Parcel { queue, mount, kind } = parcel;
        let Ok(name) = str::from_utf8(queue) else { return true };
        let class = self.state.classes().class_of_user(name);
        let access = super::send::place(class, mount, kind)
            .map(|place| class.class.mounts[place].send)
            .and_then(|send| super::send::leave(send, Access::Server).map(|()| send));
        let refusal = match access {
            Err(refusal) => refusal,
            Ok(Access::Callout) => {
                let kind = match kind {
                    MountKind::Message => AskKind::SendMessage,
                    MountKind::State => AskKind::SendState,
                };
                match verdicts.rule(kind) {
                    Ruling::Allowed => return true,
                    Ruling::Refused(refusal) => {
                        self.refuse_for_good(turn, asker, hash, refusal);
                        return false;
                    }
                    Ruling::TooLate => super::application::too_late(),
                    Ruling::Ask(kind) => {
                        self.ask_application(turn, asker, kind);
                        return false;
                    }
                }
            }
            Ok(Access::Open | Access::Members | Access::Server) => return true,
        };
        self.refuse(turn, asker, refusal);
        false
    }
}

/// The refusal of a read by a stranger.
pub(crate) fn unreadable() -> Refusal {
    Refusal::new(Status::Forbidden, "a user's own queue can be read only by that user")
}

//! What a step of a bucket's log holds: decided once, then only applied.

use std::borrow::Cow;
use std::rc::Rc;

use proto::codes::Status;
use proto::filter::Filter;
use proto::g2c::EventKind;
use proto::ids::SessionId;

use super::state::class::QueueClass;
use super::state::people::SessionKey;
use super::state::queue::Mount;
use super::state::state_mount::KeyStep;

/// Why an operation isn't done. The sentence says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) sentence: Cow<'static, str>,
    /// Time alone may mend it: the same may be done a while later.
    pub(crate) may_retry: bool,
}

impl Refusal {
    pub(crate) fn new(status: Status, sentence: impl Into<Cow<'static, str>>) -> Refusal {
        let may_retry = status == Status::Unavailable;
        Refusal { status, sentence: sentence.into(), may_retry }
    }

    /// One that time alone may mend.
    pub(crate) fn passing(status: Status, sentence: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { may_retry: true, ..Refusal::new(status, sentence) }
    }
}

/// How a write ended: what its origin is answered, now and when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done; the number of its event, or of the newest event if it has none.
    Done {
        seq: u64,
    },
    /// The web application has answered a call so.
    Called {
        payload: Box<[u8]>,
    },
    Refused(Refusal),
}

/// What an event is made of, but its number, its moment, and its body, which is in the turn's
/// buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft {
    pub(crate) kind: EventKind,
    /// The number of its mount, or `MEMBERS`.
    pub(crate) mount: u8,
    /// Who shall not have it.
    pub(crate) exclude: Option<SessionId>,
}

/// What a record changes in its queue.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing: it keeps a result only.
    Nothing,
    /// A message, or a word about members or mounts: into the log, messages also into the history.
    Event(Draft),
    /// Keys of a state mount.
    State(Draft, Vec<KeyStep>),
    /// The queue has a class of its own, with this mount, empty, in this place.
    Mounts { draft: Draft, class: Rc<QueueClass>, place: usize, mount: Mount },
    /// A session becomes a member. `join` is the record's own number. A guest is put there by the
    /// back end, under the generation that its user queue has named.
    Join { session: SessionKey, join: u64, guest: Option<u64>, filter: Option<Box<Filter>> },
    /// A member wants something else.
    Filter { session: SessionKey, filter: Option<Box<Filter>> },
    /// A session is no member any more.
    Leave { session: SessionKey },
}

impl Step {
    /// The place of the mount that it changes; nothing if it changes none.
    pub(crate) fn place(&self) -> Option<usize> {
        match self {
            Step::Event(draft) | Step::State(draft, _) => Some(usize::from(draft.mount)),
            Step::Mounts { place, .. } => Some(*place),
            Step::Nothing | Step::Join { .. } | Step::Filter { .. } | Step::Leave { .. } => None,
        }
    }

    /// Whether it changes more than one mount's size.
    pub(crate) fn changes_more(&self) -> bool {
        match self {
            Step::Mounts { .. } | Step::Join { .. } | Step::Leave { .. } => true,
            Step::Nothing | Step::Event(_) | Step::State(..) | Step::Filter { .. } => false,
        }
    }
}

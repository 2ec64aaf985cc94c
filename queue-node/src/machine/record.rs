//! What a step of a bucket's log holds: decided once, then only applied.

use std::borrow::Cow;

use proto::codes::Status;
use proto::filter::Filter;

use super::replay::Event;
use super::session::SessionKey;
use super::state_mount::KeyStep;

/// Why an operation isn't done. The sentence says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    pub(crate) sentence: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(status: Status, sentence: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { status, sentence: sentence.into() }
    }
}

/// How a write ended: what its origin is answered, now and when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done; the number of its event, or of the newest event if it has none.
    Done {
        seq: u64,
    },
    Refused(Refusal),
}

/// What a record changes in its queue.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing: it keeps a result only.
    Nothing,
    /// A message, or a word about members or mounts: into the log, messages also into the history.
    Event(Event),
    /// Keys of a state mount.
    State(Event, Vec<KeyStep>),
    /// A session becomes a member. `join` is the record's own number.
    Join { session: SessionKey, join: u64, filter: Option<Box<Filter>> },
    /// A member wants something else.
    Filter { session: SessionKey, filter: Option<Box<Filter>> },
    /// A session is no member any more.
    Leave { session: SessionKey },
}

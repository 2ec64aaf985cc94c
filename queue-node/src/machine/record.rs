//! How an operation ends.

use std::borrow::Cow;

use proto::codes::Status;

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

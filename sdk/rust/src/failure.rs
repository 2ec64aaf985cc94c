//! Why something the application asked for was not done.

use proto::codes::Status;
use proto::name::NameError;

/// Why an operation has no good answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The queue or the gateway refused it. Nothing was done.
    #[error("{}: {sentence}", status.row().name)]
    Refused {
        /// Which kind of refusal.
        status: Status,
        /// What to do about it.
        sentence: String,
        /// Whether the same operation may succeed later.
        may_retry: bool,
    },
    /// It was sent, and nobody can tell any more whether it ran.
    #[error("it ran or it did not; nobody can tell any more")]
    OutcomeUnknown,
    /// It waited too long to be sent. Nothing was done; it may be tried again.
    #[error("it could not be sent in time; nothing was done")]
    NotSent,
    /// Too much is held already. Nothing was done; await some answers first.
    #[error("too many operations are waiting or unanswered; nothing was done")]
    Full,
    /// It makes a frame that the gateway would close the connection for.
    #[error("a frame of {length} bytes, at most {max} are allowed")]
    TooLarge {
        /// Of the operation's frame.
        length: usize,
        /// What the gateway allows.
        max: usize,
    },
    /// The queue's name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The client is closed for good.
    #[error("the client is closed")]
    Closed,
}

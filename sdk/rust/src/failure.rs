//! Why something the application asked for was not done.

use proto::codes::Status;
use proto::name::NameError;

/// Why an operation failed.
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
    /// It was sent, and there is no way to tell whether it ran.
    #[error("the operation may or may not have run; there is no way to tell")]
    OutcomeUnknown,
    /// It waited too long to be sent. Nothing was done; it may be tried again.
    #[error("the operation could not be sent in time; nothing was done")]
    NotSent,
    /// Too much is held already. Nothing was done; await some answers first.
    #[error("too many operations are waiting or unanswered; nothing was done")]
    Full,
    /// Its frame is so large that the gateway would close the connection.
    #[error("the operation makes a frame of {length} bytes; at most {max} are allowed")]
    TooLarge {
        /// Of the operation's frame.
        length: usize,
        /// What the gateway allows.
        max: usize,
    },
    /// The queue's name isn't valid.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The client is closed for good.
    #[error("the client is closed")]
    Closed,
}

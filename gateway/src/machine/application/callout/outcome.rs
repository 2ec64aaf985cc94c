//! What became of a request, and what it means for whom.

use std::fmt;

use super::ask::AskKind;
use super::counters::Silence;
use super::verdict::Verdict;

/// What became of an [`HttpRequest`](super::HttpRequest).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Response {
        /// The status of HTTP.
        status: u16,
        /// The whole body, of [`proto::limits::CALLOUT_ANSWER_BYTES_MAX`] at most.
        body: Vec<u8>,
    },
    /// It was not, or not in a way that can be read.
    Failed(Failure),
    /// Its time is over.
    TimedOut,
}

/// So much of an answer that can't be used is shown to the operator: a message of PHP's, say.
const EXCERPT_BYTES_MAX: usize = 200;

/// Why an HTTP request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection, or it ended too early: why, for the log.
    Unreachable(String),
    /// The URL leads to the inner network, and the call-out isn't configured so.
    InnerAddress,
    /// The answer has more than [`proto::limits::CALLOUT_ANSWER_BYTES_MAX`].
    Huge,
}

impl Outcome {
    /// What an ask comes to.
    ///
    /// # Errors
    /// Why it has no answer.
    pub(super) fn verdict(&self, kind: AskKind) -> Result<Verdict, Silence> {
        match self {
            Outcome::Response { status: 200, body } => {
                Verdict::read(kind, body).map_err(|_| Silence::Wrong)
            }
            Outcome::Response { status: 300..=399, .. } => Err(Silence::Redirected),
            Outcome::Response { .. } => Err(Silence::Status),
            Outcome::Failed(Failure::Unreachable(_)) => Err(Silence::Unreachable),
            Outcome::Failed(Failure::InnerAddress) => Err(Silence::InnerAddress),
            Outcome::Failed(Failure::Huge) => Err(Silence::Huge),
            Outcome::TimedOut => Err(Silence::Late),
        }
    }

    /// Whether tells are heard.
    pub(super) fn is_success(&self) -> bool {
        matches!(self, Outcome::Response { status: 200..=299, .. })
    }

    /// Whether it speaks for an application that is down or too busy. An answer that can't be read
    /// doesn't: it may be about one user's message, and must not keep others from being asked. Nor
    /// does an address that we ourselves don't go to: nobody was asked there, so nothing is let
    /// through, now or by an open circuit.
    pub(super) fn is_down(&self) -> bool {
        match self {
            Outcome::Response { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Outcome::Failed(Failure::Unreachable(_)) | Outcome::TimedOut => true,
            Outcome::Failed(Failure::InnerAddress | Failure::Huge) => false,
        }
    }
}

impl Outcome {
    /// The same with the first bytes of the answer, if there was one: without control characters,
    /// in quotes.
    pub(super) fn with_excerpt(&self) -> String {
        let Outcome::Response { body, .. } = self else { return self.to_string() };
        if body.is_empty() {
            return format!("{self} and an empty body");
        }
        let shown = String::from_utf8_lossy(&body[..body.len().min(EXCERPT_BYTES_MAX)]);
        let cut = if body.len() > EXCERPT_BYTES_MAX { " …" } else { "" };
        format!("{self} and {shown:?}{cut}")
    }
}

/// For the operator.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Response { status, .. } => write!(f, "HTTP status {status}"),
            Outcome::Failed(Failure::Unreachable(why)) => {
                write!(f, "it can't be reached: {why}")
            }
            Outcome::Failed(Failure::InnerAddress) => f.write_str(
                "its URL leads to an internal address: set `inner = true` if that is intended",
            ),
            Outcome::Failed(Failure::Huge) => f.write_str("its answer is too large"),
            Outcome::TimedOut => f.write_str("no answer in time"),
        }
    }
}

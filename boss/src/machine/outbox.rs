//! What the boss lets out beside the frames on its links.

use proto::bucket::BucketId;
use proto::q2g::QueueInfo;

/// The output of one call of the machine.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Frames for the nodes.
    pub links: link::machine::Outbox,
    /// What else is to be done, in this order.
    pub effects: Vec<Effect>,
}

/// What io does for the machine.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Keep these bytes, then say [`Input::Stored`](super::Input::Stored) or
    /// [`Input::StoreFailed`](super::Input::StoreFailed). There is one at a time.
    Store(Vec<u8>),
    /// A question has been answered.
    Answer {
        /// The number that the question came with.
        question: u64,
        /// What came of it.
        answer: Answer,
    },
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What is in the queue; nothing if there is no such queue.
    Queue(Option<QueueInfo>),
    /// What a process says over HTTP.
    Called {
        /// Of HTTP.
        status: u16,
        /// What it says.
        body: Vec<u8>,
    },
    /// Nobody could say: a sentence.
    Unavailable(String),
    /// The node didn't answer in time: a sentence.
    Late(String),
    /// The configuration is stored and pushed under this version.
    Configured(u64),
    /// Rows are stored and pushed; these buckets have begun anew.
    Adopted(Vec<BucketId>),
}

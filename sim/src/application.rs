//! What the web application was asked and told, and what it said.

use std::borrow::Cow;

/// A question of the cluster's: the same one may be posted several times.
#[derive(Debug)]
pub struct Question {
    /// What about, as `docs/callouts.md` names it.
    pub kind: String,
    /// The same whenever the same operation is asked about.
    pub id: String,
    /// Whose operation it is.
    pub user: String,
    /// The queue.
    pub queue: String,
    /// The message, if it is one.
    pub payload: Vec<u8>,
    /// What the application says, each time the same.
    pub ruling: Ruling,
    /// Each time that it was posted.
    pub posts: Vec<Post>,
}

/// What the application says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It may be.
    Allow,
    /// It may, with another payload.
    Amend,
    /// It may not.
    Refuse,
    /// Nothing, ever.
    Silence,
}

/// A question on its way.
#[derive(Debug)]
pub struct Post {
    /// When a lane let it out.
    pub sent_us: u64,
    /// Which: the gateway, its life, and the lane.
    pub via: (usize, u64, usize),
    /// When the answer came to that lane.
    pub answered_us: Option<u64>,
}

/// A tell that the application took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tell {
    /// When.
    pub at_us: u64,
    /// The same at each repetition.
    pub id: String,
    /// What.
    pub kind: String,
    /// Of which queue.
    pub queue: String,
    /// And which incarnation of it.
    pub epoch: u64,
    /// Its place in the order of the queue.
    pub seq: u64,
    /// Whom it is about, if anybody.
    pub user: String,
    /// And which session of it.
    pub session: String,
}

/// What the application says with a refusal, so that it is known in a result.
pub const NO: &str = "the application says no";
/// What it puts at the end of a text that it amends.
const AMENDED: &[u8] = b"~\"";

/// A payload as the application amends it.
pub(crate) fn amended(payload: &[u8]) -> Vec<u8> {
    [payload.strip_suffix(b"\"").unwrap_or(payload), AMENDED].concat()
}

/// A payload as its sender gave it.
pub(crate) fn original(payload: &[u8]) -> Cow<'_, [u8]> {
    match payload.strip_suffix(AMENDED) {
        Some(text) => Cow::Owned([text, b"\""].concat()),
        None => Cow::Borrowed(payload),
    }
}

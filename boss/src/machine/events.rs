//! What happened to the cluster, for the page: the newest, with time.

use std::collections::VecDeque;

use serde::Serialize;

/// More are forgotten, the oldest first: a page is read, not studied.
pub const EVENTS_MAX: usize = 256;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What kind of thing.
    pub kind: Kind,
    /// Whom it is about, if it is about a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The whole of it in a sentence.
    pub text: String,
}

/// What kinds of things happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The boss began a term.
    Started,
    /// A process registered.
    Joined,
    /// A node's link to the boss ended.
    Unlinked,
    /// A node that had been away is back.
    Returned,
    /// A node was given up.
    Lost,
    /// A process was turned away.
    Refused,
    /// Buckets got another owner.
    Moved,
    /// The number of buckets doubled.
    Split,
    /// The cluster configuration was replaced.
    Config,
    /// The store failed, or works again.
    Store,
}

/// The newest events, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Events(VecDeque<Event>);

impl Events {
    /// Adds the newest.
    pub fn push(&mut self, event: Event) {
        if self.0.len() == EVENTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(event);
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.0.iter()
    }
}

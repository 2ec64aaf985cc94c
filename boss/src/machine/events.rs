//! What happened to the cluster, for the page: the newest, with time.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// More are forgotten, the oldest first: a page is read, not studied.
pub const EVENTS_MAX: usize = 256;
/// A text is a sentence or two.
const TEXT_BYTES_MAX: usize = 512;
/// Events that come without a step of their own are stored so long after the first of them, so that
/// nobody makes the boss write without pause.
pub const STORE_AFTER_MS: u64 = 1_000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What kind of thing.
    pub kind: Kind,
    /// Whom it is about, if it is about a node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The whole of it in a sentence.
    pub text: String,
}

/// What kinds of things happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A gateway was shut down: its clients had been sent elsewhere.
    Left,
    /// A process was turned away.
    Refused,
    /// Buckets got another owner.
    Moved,
    /// Copies took over.
    Promoted,
    /// Copies are in sync no more.
    Dropped,
    /// Buckets have fewer copies in sync than are wanted.
    Degraded,
    /// All have as many again.
    InSync,
    /// The number of buckets doubled.
    Split,
    /// The cluster configuration was replaced.
    Config,
    /// The store failed, or works again.
    Store,
    /// The store has lost steps, and no row changes.
    Frozen,
    /// Lost steps were made up for, or an operator gave up a bucket.
    Adopted,
}

impl Kind {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Started => "started",
            Kind::Joined => "joined",
            Kind::Unlinked => "unlinked",
            Kind::Returned => "returned",
            Kind::Lost => "lost",
            Kind::Left => "left",
            Kind::Refused => "refused",
            Kind::Moved => "moved",
            Kind::Promoted => "promoted",
            Kind::Dropped => "dropped",
            Kind::Degraded => "degraded",
            Kind::InSync => "in_sync",
            Kind::Split => "split",
            Kind::Config => "config",
            Kind::Store => "store",
            Kind::Frozen => "frozen",
            Kind::Adopted => "adopted",
        }
    }

    /// Whether somebody may have to do something.
    pub fn is_alarming(self) -> bool {
        match self {
            Kind::Unlinked
            | Kind::Lost
            | Kind::Refused
            | Kind::Promoted
            | Kind::Dropped
            | Kind::Degraded
            | Kind::Store
            | Kind::Frozen
            | Kind::Adopted => true,
            Kind::Started
            | Kind::Joined
            | Kind::Returned
            | Kind::Left
            | Kind::Moved
            | Kind::InSync
            | Kind::Split
            | Kind::Config => false,
        }
    }
}

/// The newest events, oldest first. They outlive the process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// How many there have been; stores that are there already call it so.
    #[serde(rename = "told")]
    count: u64,
    newest: VecDeque<Event>,
}

impl Events {
    /// Adds the newest.
    pub fn push(&mut self, mut event: Event) {
        if event.text.len() > TEXT_BYTES_MAX {
            event.text.truncate(event.text.floor_char_boundary(TEXT_BYTES_MAX));
            event.text.push('…');
        }
        if self.newest.len() == EVENTS_MAX {
            self.newest.pop_front();
        }
        self.newest.push_back(event);
        self.count += 1;
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.newest.iter()
    }

    /// How many there have been.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Those behind the first so many, as far as they aren't forgotten.
    pub fn after(&self, count: u64) -> impl Iterator<Item = &Event> {
        let new = usize::try_from(self.count - count).unwrap_or(usize::MAX);
        self.newest.iter().skip(self.newest.len().saturating_sub(new))
    }
}

#[cfg(test)]
mod tests;

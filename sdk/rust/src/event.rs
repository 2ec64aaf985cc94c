//! What a client tells its application.

use std::collections::BTreeMap;
use std::sync::Arc;

use proto::g2c;

use crate::Failure;

/// The caller's number of one of its commands; its answer carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Something the application should know.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A gateway said `welcome`.
    Connected {
        /// Who the gateway takes us for.
        user: String,
        /// The gateway's id.
        gateway: String,
        /// Whether the session of before goes on.
        resumed: bool,
    },
    /// The connection is gone.
    Closed {
        /// The gateway's code; none if the connection ended without a `closing`.
        code: Option<u32>,
        /// For people.
        reason: String,
        /// Whether the client comes back by itself. If not, this is the last event.
        may_retry: bool,
    },
    /// What became of a command.
    Answer {
        /// Which command.
        ticket: Ticket,
        /// Its answer.
        result: Result<Answer, Failure>,
    },
    /// Something happened in a subscribed queue.
    Queue {
        /// Which queue.
        queue: Arc<str>,
        /// What.
        event: QueueEvent,
    },
}

/// A good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To `subscribe`: [`QueueEvent::Subscribed`] follows.
    Subscribed,
    /// To `unsubscribe`, and to `close`.
    Done,
    /// To `send_message` and `send_state`: the event's number in the queue.
    Sent {
        /// Zero if nothing changed.
        seq: u64,
    },
    /// To `get_state`.
    State(Page<Entry>),
    /// To `get_history`.
    History(Page<Message>),
    /// To `list_members`.
    Members {
        /// User ids.
        page: Page<String>,
        /// How many there are in all, where the queue tells.
        count: Option<u32>,
    },
}

/// One page of a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// What to pass to get the next page; none: this was the last.
    pub next: Option<String>,
}

/// Something that happened in a subscribed queue.
#[derive(Debug, Clone, PartialEq)]
pub enum QueueEvent {
    /// The subscription stands, for the first time or again.
    Subscribed(Subscribed),
    /// A message of a message mount.
    Message(Message),
    /// A change of a state mount.
    State(State),
    /// Users joined.
    Joined(Roster),
    /// Users left.
    Left(Roster),
    /// The queue has a new mount.
    MountCreated(MountWord),
    /// A mount is gone.
    MountDeleted(MountWord),
    /// Events of a mount are missing here.
    Gap(Gap),
    /// The subscription is over.
    Unsubscribed {
        /// For people.
        reason: String,
        /// Whether the client asks anew by itself. If not, this is the queue's last event.
        retrying: bool,
    },
}

/// The state of things when a subscription begins, or begins anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// The queue's incarnation.
    pub epoch: u64,
    /// How far each mount is.
    pub marks: BTreeMap<String, u64>,
    /// What was missed follows as events; mounts and members below are empty.
    pub recovered: bool,
    /// Something is missing: [`QueueEvent::Gap`] says where.
    pub gap: bool,
    /// Mounts, and the whole value of state mounts.
    pub mounts: Vec<Mount>,
    /// User ids, ourselves among them, where the queue tells them.
    pub members: Vec<String>,
    /// How many members there are, where the queue tells only that.
    pub member_count: Option<u32>,
}

/// A mount and, of a state mount, its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its name.
    pub name: String,
    /// Message or state.
    pub kind: g2c::Kind,
    /// All keys, if it is a state mount.
    pub entries: Vec<Entry>,
}

/// A key of a state mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: Vec<u8>,
    /// The queue's `seq` when it was last changed.
    pub version: u64,
}

/// A message of a message mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which mount.
    pub mount: String,
    /// Its number in the queue.
    pub seq: u64,
    /// Who sent it; none: the back end.
    pub from: Option<String>,
    /// What was sent.
    pub payload: Vec<u8>,
    /// When, in milliseconds since 1970, by the queue's clock.
    pub sent_at_ms: u64,
    /// An old one, asked for by `history`.
    pub history: bool,
}

/// A change of a state mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Which mount.
    pub mount: String,
    /// Its number in the queue.
    pub seq: u64,
    /// Who changed it; none: the back end, or time.
    pub from: Option<String>,
    /// What changed.
    pub changes: Vec<StateChange>,
    /// Several changes in one, because we were slow.
    pub conflated: bool,
}

/// A change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// The key.
    pub key: String,
    /// Its value now; none: it is deleted.
    pub value: Option<Vec<u8>>,
    /// The queue's `seq` at the change.
    pub version: u64,
}

/// Who joined or left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The event's number in the queue.
    pub seq: u64,
    /// User ids.
    pub users: Vec<String>,
    /// Why, where there is something to say.
    pub reason: String,
}

/// A mount that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountWord {
    /// The event's number in the queue.
    pub seq: u64,
    /// Which mount.
    pub mount: String,
    /// Message or state.
    pub kind: g2c::Kind,
}

/// What is missing; both bounds are exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which mount, or `members`.
    pub mount: String,
    /// The last event before the gap.
    pub after_seq: u64,
    /// The first event after it.
    pub before_seq: u64,
}

impl From<g2c::Subscribed> for Subscribed {
    fn from(wire: g2c::Subscribed) -> Subscribed {
        Subscribed {
            epoch: wire.epoch,
            marks: wire.marks,
            recovered: wire.recovered,
            gap: wire.gap,
            mounts: wire.mounts.into_iter().map(Mount::from).collect(),
            members: wire.members,
            member_count: wire.member_count,
        }
    }
}

impl From<g2c::Mount> for Mount {
    fn from(wire: g2c::Mount) -> Mount {
        let kind = wire.kind();
        let entries = wire.entries.into_iter().map(Entry::from).collect();
        Mount { name: wire.name, kind, entries }
    }
}

impl From<g2c::Entry> for Entry {
    fn from(wire: g2c::Entry) -> Entry {
        Entry { key: wire.key, value: wire.value, version: wire.version }
    }
}

impl From<g2c::Message> for Message {
    fn from(wire: g2c::Message) -> Message {
        Message {
            mount: wire.mount,
            seq: wire.seq,
            from: unless_empty(wire.from),
            payload: wire.payload,
            sent_at_ms: wire.sent_at_ms,
            history: wire.history,
        }
    }
}

impl From<g2c::State> for State {
    fn from(wire: g2c::State) -> State {
        State {
            mount: wire.mount,
            seq: wire.seq,
            from: unless_empty(wire.from),
            changes: wire.changes.into_iter().map(StateChange::from).collect(),
            conflated: wire.conflated,
        }
    }
}

impl From<g2c::StateChange> for StateChange {
    fn from(wire: g2c::StateChange) -> StateChange {
        let value = match wire.now {
            Some(g2c::state_change::Now::Value(value)) => Some(value),
            Some(g2c::state_change::Now::Deleted(true)) => None,
            // Neither is written when a value is empty in JSON's sense; an empty value it is.
            Some(g2c::state_change::Now::Deleted(false)) | None => Some(Vec::new()),
        };
        StateChange { key: wire.key, value, version: wire.version }
    }
}

/// The wire says "none" by an empty text.
pub(crate) fn unless_empty(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

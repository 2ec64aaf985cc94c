//! What an application can ask of a client.

use proto::c2g;

/// Something to do. Each is answered once.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Join a queue and attach to it; once more on the same queue replaces the options.
    Subscribe {
        /// Its name.
        queue: String,
        /// What to receive.
        options: SubscribeOptions,
    },
    /// Leave a queue.
    Unsubscribe {
        /// Its name.
        queue: String,
    },
    /// Send a message.
    SendMessage {
        /// The queue's name.
        queue: String,
        /// A message mount of it.
        mount: String,
        /// What to send.
        payload: Vec<u8>,
        /// Not to this session.
        exclude_self: bool,
    },
    /// Change keys of a state mount, all or none.
    SendState {
        /// The queue's name.
        queue: String,
        /// A state mount of it.
        mount: String,
        /// What to change.
        changes: Vec<Change>,
    },
    /// Read keys of a state mount.
    GetState {
        /// The queue's name.
        queue: String,
        /// A state mount of it.
        mount: String,
        /// Only keys that begin so.
        key_prefix: String,
        /// Which page.
        page: PageAsked,
    },
    /// Read old messages, the newest first.
    GetHistory {
        /// The queue's name.
        queue: String,
        /// A message mount of it.
        mount: String,
        /// Only messages before this one; 0: from the newest.
        before_seq: u64,
        /// How many at most; 0: as many as a page holds.
        limit: u32,
    },
    /// Read who is in a queue.
    ListMembers {
        /// The queue's name.
        queue: String,
        /// Which page.
        page: PageAsked,
    },
    /// Say goodbye: the session ends now, and the client with it.
    Close,
}

/// What a subscription is to receive. The default is everything from now on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscribeOptions {
    /// How many old messages of each message mount come first.
    pub history: u32,
    /// Only these mounts; none: all.
    pub mounts: Vec<String>,
    /// Of state mounts, only keys that begin so.
    pub key_prefix: String,
}

/// Which page of a read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageAsked {
    /// The `next` of the page before; empty: the first page.
    pub after: String,
    /// How many at most; 0: as many as a page holds.
    pub limit: u32,
}

/// A change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: String,
    /// What becomes of it.
    pub act: Act,
    /// Only if the key has this version; 0: only if it is absent.
    pub if_version: Option<u64>,
    /// Only if the key is absent.
    pub if_absent: bool,
    /// How long the value lasts; 0: for ever.
    pub ttl_ms: u64,
    /// The key goes when this session leaves the queue.
    pub while_present: bool,
}

/// What becomes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It gets this value.
    Set(Vec<u8>),
    /// It goes.
    Delete,
    /// The number it holds grows by this; an absent one is 0.
    Add(i64),
}

impl Change {
    /// Gives a key a value, whatever it had.
    pub fn set(key: impl Into<String>, value: impl Into<Vec<u8>>) -> Change {
        Change::plain(key.into(), Act::Set(value.into()))
    }

    /// Deletes a key.
    pub fn delete(key: impl Into<String>) -> Change {
        Change::plain(key.into(), Act::Delete)
    }

    /// Adds to the number that a key holds.
    pub fn add(key: impl Into<String>, amount: i64) -> Change {
        Change::plain(key.into(), Act::Add(amount))
    }

    fn plain(key: String, act: Act) -> Change {
        Change { key, act, if_version: None, if_absent: false, ttl_ms: 0, while_present: false }
    }
}

impl From<Change> for c2g::Change {
    fn from(change: Change) -> c2g::Change {
        c2g::Change {
            key: change.key,
            act: Some(match change.act {
                Act::Set(value) => c2g::change::Act::Set(value),
                Act::Delete => c2g::change::Act::Delete(true),
                Act::Add(amount) => c2g::change::Act::Add(amount),
            }),
            if_version: change.if_version,
            if_absent: change.if_absent,
            ttl_ms: change.ttl_ms,
            while_present: change.while_present,
        }
    }
}

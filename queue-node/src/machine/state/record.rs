//! What a record says: decided once by the primary of a bucket, then only applied.

use std::rc::Rc;

use proto::class::MountKind;
use proto::codes::Close;
use proto::filter::Filter;
use proto::g2c::EventKind;
use proto::ids::{Epoch, Generation, Secret, SessionId};

use super::class::{ClassIndex, Classes};
use super::heard::Teller;
use super::idempotency::Keyed;
use super::logins::{Client, Sweep};
use super::people::SessionKey;
use super::queue::QueueIndex;
use super::recent::Remembered;
use super::state_mount::KeyStep;
use super::tells::Tell;
use super::words::{Note, Word};

/// A record's number in its bucket, and the moment of its turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) n: u64,
    pub(crate) at_ms: u64,
}

/// What changes in a bucket.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    /// Nothing. It may have a result, and what is answered by it waits for it.
    Noop,
    /// Time has passed: what is too old goes, of results, keys, people and logins.
    Passed,
    /// The classes that queues have from now on.
    Config { classes: Rc<Classes> },
    /// A session is known from now on, and what was heard of it: its generation, the floor of its
    /// user, that it is over.
    Known {
        id: SessionId,
        user: Rc<str>,
        generation: Option<Generation>,
        floor: Option<Generation>,
        is_over: bool,
    },
    /// A session never joins the queue whose name has this hash.
    Barred { hash: u64, id: SessionId },
    /// A session's record at its user queue.
    Session { session: SessionKey, step: Box<SessionStep> },
    /// A session's user queue notes that a room has it.
    Noted { session: SessionKey, note: Note },
    /// A room has it no more.
    Unnoted { session: SessionKey, note: Note },
    /// A login was refused: the id that it drew is over.
    Refused { drawn: SessionId, close: Close },
    /// Another queue is to hear this word, which is kept until it is answered.
    Say { word: Box<Word> },
    /// A word was answered.
    Answered { number: u64 },
    /// The web application is to be told something, which is kept until it is taken.
    Tell { tell: Box<Tell> },
    /// What these records told the application of is taken, or given up.
    Taken { numbers: Vec<u64> },
    /// A queue comes to be.
    Create { name: &'a str, class: ClassIndex, epoch: Epoch, created_unix_ms: u64 },
    /// A queue without members is no more.
    Destroy { queue: QueueIndex },
    /// Something of a queue.
    Change { queue: QueueIndex, step: Step },
    /// Replay logs that are longer give their oldest events.
    Shorten { bytes_max: usize },
    /// A reign begins: graces and sweeps start anew.
    Opened { reign: u64, loss: u64 },
    /// A bucket under a higher reign has told this one a word.
    Heard { teller: Teller },
    /// A queue has another epoch, and an empty replay log.
    Renewed { queue: QueueIndex, epoch: Epoch },
}

/// A message's record passes from hand to hand: what is large and rare stands elsewhere.
const _: () = assert!(size_of::<Record<'static>>() <= 64);

/// What an event is made of, but its number, its moment, and its body, which stands beside the
/// record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft {
    pub(crate) kind: EventKind,
    /// The number of its mount, or `MEMBERS`.
    pub(crate) mount: u8,
    /// Who shall not have it.
    pub(crate) exclude: Option<SessionId>,
}

/// What a record changes in its queue.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing: it keeps a result only.
    Nothing,
    /// A message, or a word about members or mounts: into the log, messages also into the history.
    Event(Draft),
    /// Keys of a state mount.
    State(Draft, Vec<KeyStep>),
    /// The queue has a class of its own, with an empty mount of this name in this place; without a
    /// name it is the place of one that is gone.
    Mounts { draft: Draft, place: u8, name: Box<str>, kind: MountKind },
    /// A session becomes a member, under this generation. A guest is put there by the back end.
    /// Where it isn't its user's inbox, the word `Note` to its user queue is kept.
    Join {
        session: SessionKey,
        generation: Option<Generation>,
        guest: bool,
        filter: Option<Box<Filter>>,
    },
    /// A member wants something else.
    Filter { session: SessionKey, filter: Option<Box<Filter>> },
    /// A member takes its seat under this generation.
    Seat { session: SessionKey, generation: Option<Generation> },
    /// A session is no member any more. Its user queue has ended it, or the word `Unnote` is kept.
    Leave { session: SessionKey, ended: bool },
}

/// What changes in a session's record at its user queue.
#[derive(Debug)]
pub(crate) enum SessionStep {
    /// It has logged in, and these sessions of its user count no more.
    New { inbox: QueueIndex, entry: Entry, losers: Vec<SessionKey>, unix_ms: u64 },
    /// It goes on on another connection, whose login named this secret; sessions of its user below
    /// the floor are over. What the client doesn't come back to until then is swept.
    Resumed {
        inbox: QueueIndex,
        entry: Entry,
        floor: Option<Generation>,
        by: Option<Secret>,
        due_ms: u64,
    },
    /// A connection speaks for it.
    Attached,
    /// None does any more; the code that the last one was closed with, or 0.
    Detached { code: u16 },
    /// Its client has the newest secret.
    Confirmed,
    /// Its credentials end at another time.
    Expires { unix_ms: u64 },
    /// It is over, and so is its user below this generation.
    Ended { inbox: Option<QueueIndex>, close: Close, floor: Option<Generation>, unix_ms: u64 },
    /// Rooms are told to let go of what it left below this generation.
    Swept { below: Option<Generation>, next: Option<Sweep> },
}

/// What a login brings.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) generation: Generation,
    /// The id that was drawn for it.
    pub(crate) drawn: SessionId,
    /// None: the session can't be resumed.
    pub(crate) secret: Option<Secret>,
    pub(crate) expires_unix_ms: u64,
    pub(crate) client: Box<Client>,
}

/// How an operation ended, kept for when it comes again.
#[derive(Debug)]
pub(crate) enum Kept {
    /// An operation of a session: on the record's queue, or on the one whose name has this hash.
    Session { session: SessionKey, hash: Option<u64>, result: Remembered },
    /// A request of a back end.
    Request { keyed: Keyed, result: Vec<u8> },
}

impl Record<'_> {
    /// Whether it makes an event, whose body stands beside it.
    #[inline]
    pub(crate) fn has_event(&self) -> bool {
        matches!(self, Record::Change { step, .. } if step.draft().is_some())
    }

    /// The queue that it changes, if there is one.
    pub(crate) fn queue(&self) -> Option<QueueIndex> {
        match self {
            Record::Change { queue, .. }
            | Record::Destroy { queue }
            | Record::Renewed { queue, .. } => Some(*queue),
            Record::Noop
            | Record::Passed
            | Record::Config { .. }
            | Record::Known { .. }
            | Record::Barred { .. }
            | Record::Session { .. }
            | Record::Noted { .. }
            | Record::Unnoted { .. }
            | Record::Refused { .. }
            | Record::Say { .. }
            | Record::Answered { .. }
            | Record::Tell { .. }
            | Record::Taken { .. }
            | Record::Create { .. }
            | Record::Shorten { .. }
            | Record::Opened { .. }
            | Record::Heard { .. } => None,
        }
    }
}

impl Step {
    /// The event that it makes, if it makes one.
    #[inline]
    pub(crate) fn draft(&self) -> Option<Draft> {
        match self {
            Step::Event(draft) | Step::State(draft, _) | Step::Mounts { draft, .. } => Some(*draft),
            Step::Nothing
            | Step::Join { .. }
            | Step::Filter { .. }
            | Step::Seat { .. }
            | Step::Leave { .. } => None,
        }
    }

    /// The place of the mount that it changes; nothing if it changes none.
    pub(crate) fn place(&self) -> Option<usize> {
        match self {
            Step::Event(draft) | Step::State(draft, _) => Some(usize::from(draft.mount)),
            Step::Mounts { place, .. } => Some(usize::from(*place)),
            Step::Nothing
            | Step::Join { .. }
            | Step::Filter { .. }
            | Step::Seat { .. }
            | Step::Leave { .. } => None,
        }
    }

    /// Whether it changes more than one mount's size.
    pub(crate) fn changes_more(&self) -> bool {
        match self {
            Step::Mounts { .. } | Step::Join { .. } | Step::Leave { .. } => true,
            Step::Nothing
            | Step::Event(_)
            | Step::State(..)
            | Step::Filter { .. }
            | Step::Seat { .. } => false,
        }
    }
}

//! What a lane knows of its sessions. They are many, so they are small.

use std::num::NonZeroU64;

use proto::c2g;
use proto::ids::{Generation, Secret, SessionId, Sub};
use proto::limits;
use smallvec::SmallVec;

use crate::machine::delivery::{Backlog, ConnId, Listed};
use crate::machine::door::Refusal;
use crate::machine::upstream::NodeSet;

/// One login of a user.
#[derive(Debug)]
pub(in crate::machine) struct Session {
    pub(super) id: SessionId,
    pub(super) user: Box<str>,
    /// None until the login is answered.
    pub(super) generation: Option<Generation>,
    /// Sessions of the user below this generation are over.
    pub(super) floor: Option<Generation>,
    /// When its credentials end, in milliseconds since 1970, if they do.
    pub(super) expires_unix_ms: Option<NonZeroU64>,
    /// The nodes that know the handle; see `introduction`.
    pub(super) introduced: NodeSet,
    /// By which telling the home of its user knows it, if by any.
    pub(super) told: u32,
    /// Mostly the inbox and one room, and looked at with each operation: those two are here, not
    /// elsewhere in memory.
    pub(super) queues: SmallVec<[InQueue; 2]>,
    pub(super) rare: Option<Box<Rare>>,
    pub(super) conn: Option<ConnId>,
    /// How many of its operations have no answer, login and loss included.
    pub(super) unanswered: u32,
    /// Bytes of those that are on the lists of buckets.
    pub(super) unanswered_bytes: u32,
    pub(super) state: State,
    /// The client has answered the ping behind its `welcome`.
    pub(super) confirmed: bool,
}

/// There is one per client, and an entry per queue of each: what is added here is added as often.
const _: () = {
    assert!(size_of::<InQueue>() <= 32);
    assert!(size_of::<Session>() <= 168);
};

/// What a session rarely needs.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// The secret that `welcome` will bring.
    pub(super) secret: Option<Secret>,
    /// Queues to be resumed, before what waits.
    pub(super) seen: Vec<c2g::Seen>,
    /// Queues that the back end has made it a member of, to be resumed likewise.
    pub(super) invited: Vec<String>,
    /// Frames that came before the login was answered, or while the user's home isn't heard,
    /// length-prefixed.
    pub(super) waiting: Vec<u8>,
    /// Since when something waits to be heard.
    pub(super) unheard_ms: u64,
    /// What is kept for its receiver.
    pub(super) backlog: Backlog,
}

impl Rare {
    /// Bytes that it keeps, in either direction.
    pub(super) fn kept_bytes(&self) -> usize {
        self.waiting.len() + self.backlog.bytes()
    }

    fn is_idle(&self) -> bool {
        let waits = self.secret.is_some() || !self.seen.is_empty() || !self.waiting.is_empty();
        !waits && self.invited.is_empty() && self.backlog.is_idle()
    }
}

/// Where a session is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    LoggingIn,
    Live,
    /// Its socket is gone; the user queue hasn't noted it yet, or a queue hasn't let go of it.
    Over,
}

/// A session in one queue, or with operations on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct InQueue {
    /// Of the queue's name.
    pub(super) hash: u64,
    /// The lane's number of the queue, while the session has a part in it.
    pub(super) sub: Option<Sub>,
    /// Where it stands in the queue's list of subscribers.
    pub(super) position: u32,
    pub(super) part: Part,
    /// Operations without an answer, with those that wait to be refused.
    pub(super) unanswered: u16,
    /// Subscribes among them.
    pub(super) joins: u8,
    /// So many old events are still to come.
    pub(super) replays: u32,
    /// Its subscription was lost while a subscribe was on its way: the client hears of it only if
    /// nothing comes of that.
    pub(super) lost: bool,
    /// Whether the application may be asked about operations on it.
    pub(super) asks: Asks,
}

/// Whether a queue's class asks about anything, as far as the lane has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Unknown,
    No,
    Yes,
}

/// A session's part in a queue: the table in `docs/road.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// No part.
    None,
    /// A subscribe is on its way.
    Joining,
    /// The subscribe was answered; `subscribed` is to come.
    Admitted,
    /// In the list of the subscribers that get everything.
    Live,
    /// In the list of those with a filter.
    Filtered,
    /// The socket is gone and answers are outstanding; as far as they came, the session is a
    /// member.
    Ending,
    /// Likewise, and as far as they came it is no member.
    EndingOut,
    /// Told the queue that nobody listens here any more.
    Leaving,
}

impl Part {
    /// Whether events go to the session.
    pub(in crate::machine) fn is_live(self) -> bool {
        matches!(self, Part::Live | Part::Filtered)
    }
}

impl InQueue {
    /// The session gets events here.
    pub(super) fn stands(&mut self, listed: Listed) {
        self.part = match listed {
            Listed::All(_) => Part::Live,
            Listed::Filtered(_) => Part::Filtered,
        };
        self.moves_to(listed);
    }

    /// It has another place in the list.
    pub(super) fn moves_to(&mut self, listed: Listed) {
        let (Listed::All(position) | Listed::Filtered(position)) = listed;
        self.position = position;
    }

    /// Where it gets events, if it does.
    pub(super) fn listed(&self) -> Option<Listed> {
        match self.part {
            Part::Live => Some(Listed::All(self.position)),
            Part::Filtered => Some(Listed::Filtered(self.position)),
            Part::None
            | Part::Joining
            | Part::Admitted
            | Part::Ending
            | Part::EndingOut
            | Part::Leaving => None,
        }
    }
}

impl Session {
    /// The session's entry for the queue of this number.
    pub(super) fn in_queue(&mut self, sub: Sub) -> Option<&mut InQueue> {
        self.queues.iter_mut().find(|entry| entry.sub == Some(sub))
    }

    /// Its id.
    pub(in crate::machine) fn id(&self) -> SessionId {
        self.id
    }

    /// Whose it is.
    pub(in crate::machine) fn user(&self) -> &str {
        &self.user
    }

    /// Whether its socket is gone.
    pub(in crate::machine) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Whether its login was answered, and its socket is there.
    #[cfg(test)]
    pub(in crate::machine) fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// The hash of its user's queue.
    pub(in crate::machine) fn user_queue_hash(&self) -> u64 {
        self.id.user_queue_hash()
    }

    /// How many of its operations have no answer.
    pub(in crate::machine) fn unanswered(&self) -> usize {
        self.unanswered as usize
    }

    /// How many of its operations have no answer, and the bytes of those on lists.
    #[cfg(test)]
    pub(in crate::machine) fn under_way(&self) -> (u32, u32) {
        (self.unanswered, self.unanswered_bytes)
    }

    /// Queues that wait for it to take its seat.
    #[cfg(test)]
    pub(in crate::machine) fn invitations(&self) -> &[String] {
        self.rare.as_ref().map_or(&[], |rare| &rare.invited)
    }

    /// Whether the back end has put it into queues that it has yet to ask for its seat.
    #[inline]
    pub(super) fn is_invited(&self) -> bool {
        let waits = self.rare.as_ref().is_some_and(|rare| !rare.invited.is_empty());
        waits && self.state == State::Live
    }

    /// Whether it may have one operation more under way.
    #[inline]
    pub(in crate::machine) fn may_send(&self) -> Result<(), Refusal> {
        let is_full = self.unanswered >= limits::UNANSWERED_PER_SESSION_MAX;
        if is_full { Err(Refusal::Unanswered) } else { Ok(()) }
    }

    /// Whether what it sends although it may not is still answered.
    pub(in crate::machine) fn may_be_refused(&self) -> bool {
        self.unanswered < 2 * limits::UNANSWERED_PER_SESSION_MAX
    }

    /// How many operations on a queue have no answer.
    #[inline]
    pub(in crate::machine) fn unanswered_of(&mut self, hash: u64) -> usize {
        usize::from(self.entry(hash).unanswered)
    }

    /// Whether any operation on a queue has no answer.
    pub(in crate::machine) fn waits_for(&self, hash: u64) -> bool {
        self.queues.iter().any(|entry| entry.hash == hash && entry.unanswered > 0)
    }

    /// Whether the application may be asked about operations on a queue. It is looked for once.
    pub(in crate::machine) fn asks_about(
        &mut self,
        hash: u64,
        look: impl FnOnce() -> bool,
    ) -> bool {
        let entry = self.entry(hash);
        if entry.asks == Asks::Unknown {
            entry.asks = if look() { Asks::Yes } else { Asks::No };
        }
        entry.asks == Asks::Yes
    }

    /// The entry for a queue, by its name's hash; a new one if there is none.
    ///
    /// Names with the same hash share an entry while they have no part; see `Sessions::part_in`.
    #[inline]
    pub(super) fn entry(&mut self, hash: u64) -> &mut InQueue {
        let at = self.queues.iter().position(|entry| entry.hash == hash).unwrap_or_else(|| {
            self.queues.push(InQueue {
                hash,
                sub: None,
                position: 0,
                part: Part::None,
                unanswered: 0,
                joins: 0,
                replays: 0,
                lost: false,
                asks: Asks::Unknown,
            });
            self.queues.len() - 1
        });
        &mut self.queues[at]
    }

    /// How many queues it has a part in, besides its inbox, where it is always.
    pub(in crate::machine) fn parts(&self) -> usize {
        let inbox = self.id.user_queue_hash();
        let counts = |entry: &&InQueue| entry.part != Part::None && entry.hash != inbox;
        self.queues.iter().filter(counts).count()
    }

    /// Forgets entries that say nothing any more, but keeps one, which will be needed soon.
    pub(super) fn tidy(&mut self) {
        if self.queues.len() > 1 {
            self.queues.retain(|entry| entry.part != Part::None || entry.unanswered > 0);
        }
        if self.rare.as_ref().is_some_and(|rare| rare.is_idle()) {
            self.rare = None;
        }
    }

    /// The nonce of the ping behind `welcome`: as nonces are, of 48 bits.
    pub(super) fn nonce(&self) -> u64 {
        Generation::number_or_none(self.generation) & 0xffff_ffff_ffff
    }

    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Whether nobody will speak of it any more, so that its handle is free.
    pub(in crate::machine) fn is_done(&self) -> bool {
        self.state == State::Over
            && self.unanswered == 0
            && self.queues.iter().all(|entry| entry.part == Part::None)
    }
}

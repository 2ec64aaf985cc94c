//! What becomes of a user's other sessions at a login, and how often it may happen.

use std::borrow::Cow;

use proto::class::SessionPolicy;
use proto::codes::{Close, Status};
use proto::g2q;
use proto::limits;
use proto::name;

use crate::machine::bucket::Bucket;
use crate::machine::record::Refusal;
use crate::machine::state::people::SessionKey;
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::words::Note;
use crate::machine::turn::Turn;

/// When to come again where nothing says how long it takes.
const RETRY_MS: u32 = 1000;

/// Why a login isn't let in, and what its connection is closed with.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: Status,
    pub(super) close: Close,
    pub(super) sentence: Cow<'static, str>,
    pub(super) retry_after_ms: u32,
}

impl Refused {
    /// What the login drew is over.
    pub(super) fn over(close: Close) -> Refused {
        let sentence = format!("this login is over: {}", close.row().meaning).into();
        Refused { status: Status::Unauthenticated, close, sentence, retry_after_ms: 0 }
    }

    /// The session that was to be resumed has ended since it was recognised.
    pub(super) fn gone() -> Refused {
        let sentence = "the session is gone: connect without `resume`".into();
        let (status, close) = (Status::Unauthenticated, Close::HomeLost);
        Refused { status, close, sentence, retry_after_ms: 0 }
    }

    /// The session that was to be resumed goes on, and its client has had a newer secret since.
    pub(super) fn late() -> Refused {
        let sentence =
            "the session was resumed with a newer secret: connect without `resume`".into();
        let (status, close) = (Status::Unauthenticated, Close::HomeLost);
        Refused { status, close, sentence, retry_after_ms: 0 }
    }

    /// A later `connect` of the same client came first, and its session goes on.
    pub(super) fn outrun() -> Refused {
        let sentence = "this `connect` is late: a newer one of this client came first".into();
        let (status, close) = (Status::Unauthenticated, Close::HomeLost);
        Refused { status, close, sentence, retry_after_ms: 0 }
    }

    /// Deciding it panicked, and would again.
    pub(super) fn by_bug(refusal: Refusal) -> Refused {
        let (status, close, retry_after_ms) = (refusal.status, Close::Forbidden, 0);
        Refused { status, close, sentence: refusal.sentence, retry_after_ms }
    }

    /// Time alone may mend it.
    pub(super) fn passing(refusal: Refusal) -> Refused {
        let (status, close, retry_after_ms) = (refusal.status, Close::Overloaded, RETRY_MS);
        Refused { status, close, sentence: refusal.sentence, retry_after_ms }
    }

    fn limit(sentence: &'static str, retry_after_ms: u32) -> Refused {
        let (status, close) = (Status::Limit, Close::Rate);
        Refused { status, close, sentence: sentence.into(), retry_after_ms }
    }
}

impl Bucket {
    /// The sessions that have to end for one more to be let in, by the class of the user's queue.
    /// A client that comes anew has given up what it had.
    pub(super) fn losers(
        &self,
        inbox: QueueIndex,
        login: &g2q::Login,
    ) -> Result<Vec<SessionKey>, Refused> {
        let class = &self.state.queue(inbox).class.class;
        let Some(user) = self.state.logins().user(inbox) else { return Ok(Vec::new()) };
        let is_own = |key: &SessionKey| {
            self.state.logins().get(*key).is_some_and(|own| own.client.is_of(login))
        };
        match class.sessions {
            SessionPolicy::NewestWins => Ok(user.sessions.clone()),
            SessionPolicy::OldestWins => {
                let others = user.sessions.iter().filter(|key| !is_own(key));
                let mut logins = others.filter_map(|key| self.state.logins().get(*key));
                if logins.any(|login| login.detached_ms.is_none() && login.confirmed) {
                    let sentence = "the user is connected elsewhere, and that login is kept".into();
                    let (status, close) = (Status::Conflict, Close::AlreadyConnected);
                    return Err(Refused { status, close, sentence, retry_after_ms: 0 });
                }
                Ok(user.sessions.clone())
            }
            SessionPolicy::Many => {
                let max = class.sessions_max.clamp(1, limits::SESSIONS_MAX);
                let (mut losers, others): (Vec<_>, Vec<_>) =
                    user.sessions.iter().partition(|key| is_own(key));
                let count = (others.len() + 1).saturating_sub(max);
                losers.extend_from_slice(&others[..count]);
                Ok(losers)
            }
        }
    }

    /// Counts one login by which these sessions end or are resumed, unless it is one too many.
    pub(super) fn replace(
        &self,
        turn: &mut Turn<'_>,
        inbox: QueueIndex,
        sessions: &[SessionKey],
    ) -> Result<(), Refused> {
        if sessions.is_empty() {
            return Ok(());
        }
        if !self.has_space_for_words(turn, sessions) {
            let sentence = "the user's queues can't be notified now: try again later";
            return Err(Refused::limit(sentence, RETRY_MS));
        }
        let now = turn.node_ms();
        let (evictions, user) = (&mut turn.shared.evictions, &*self.state.queue(inbox).name);
        if let Err(wait_ms) = evictions.may(user, now) {
            let sentence = "the user's logins keep replacing each other: use only one of them";
            return Err(Refused::limit(sentence, wait_ms as u32));
        }
        evictions.spend(user, now);
        Ok(())
    }

    /// Whether the rooms of these sessions can be told of one more thing.
    fn has_space_for_words(&self, turn: &Turn<'_>, sessions: &[SessionKey]) -> bool {
        let has_space = |user: &str, note: &Note| {
            let to = || turn.shared.rows.bucket(name::hash(note.room.as_bytes()));
            turn.shared.unanswered.has_space(user, to)
        };
        sessions.iter().all(|key| {
            let (user, login) = (self.state.people().user_of(*key), self.state.logins().get(*key));
            login.is_none_or(|login| login.notes.iter().all(|note| has_space(user, note)))
        })
    }
}

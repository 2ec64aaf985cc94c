//! Who is connected, as operators see it. Asked for now and then, off the way of a message.

use proto::ids::{Handle, SessionId};

use super::delivery::{Format, Pace};
use super::lane::Outbox;
use super::sessions::{Session, Sessions};

/// Which connections come first: those with the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Of what the client hasn't taken.
    Unsent,
    /// Queues that it is in.
    Subscriptions,
    /// Operations without an answer.
    Unanswered,
}

/// A client's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// Whose it is.
    pub user: String,
    /// Its session.
    pub session: SessionId,
    /// How it speaks.
    pub format: Format,
    /// Bytes that the client hasn't taken: unwritten, and kept because it doesn't keep up.
    pub unsent_bytes: usize,
    /// Queues that it is in, besides its inbox.
    pub subscriptions: usize,
    /// Operations without an answer.
    pub unanswered: usize,
    /// Whether it keeps up.
    pub pace: Pace,
}

impl Connected {
    /// What it is ordered by.
    pub fn weight(&self, order: Order) -> usize {
        match order {
            Order::Unsent => self.unsent_bytes,
            Order::Subscriptions => self.subscriptions,
            Order::Unanswered => self.unanswered,
        }
    }
}

/// The connections that come first, at most so many; of one user, if one is named.
pub(super) fn connected(
    sessions: &Sessions,
    (order, user, most): (Order, Option<&str>, usize),
    out: &Outbox,
) -> Vec<Connected> {
    let mut first: Vec<Connected> = Vec::new();
    for (handle, session) in sessions.iter() {
        if user.is_some_and(|user| user != session.user()) {
            continue;
        }
        let Some(connected) = of_session(sessions, handle, session, out) else { continue };
        // Most aren't shown: their users' names aren't copied.
        let weight = connected.weight(order);
        let last = first.last().filter(|_| first.len() >= most);
        if last.is_some_and(|last| last.weight(order) >= weight) {
            continue;
        }
        let at = first.partition_point(|other| other.weight(order) >= weight);
        first.insert(at, Connected { user: session.user().to_owned(), ..connected });
        first.truncate(most);
    }
    first
}

/// All but its user's name.
fn of_session(
    sessions: &Sessions,
    handle: Handle,
    session: &Session,
    out: &Outbox,
) -> Option<Connected> {
    let conn = sessions.conn_of(handle)?;
    Some(Connected {
        user: String::new(),
        session: session.id(),
        format: out.clients.format(conn),
        unsent_bytes: out.clients.unsent(conn) + sessions.kept_bytes(handle),
        subscriptions: session.parts(),
        unanswered: session.unanswered(),
        pace: out.clients.pace(conn),
    })
}

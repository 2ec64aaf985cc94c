//! Following one queue or one user: what becomes of messages in this thread, kept while somebody
//! asks. It ends by itself some seconds after the last question, and holds so many hops at most.

use std::collections::VecDeque;

use proto::limits;
use proto::name;
use proto::time::Time;

/// What is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A queue, by its name.
    Queue(String),
    /// A user, by the id.
    User(String),
}

/// What a hop is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The hash of the queue's name.
    pub queue: Option<u64>,
    /// Whose operation it is, or who gets something.
    pub user: Option<&'a str>,
}

/// One thing that became of a message, an operation or a session. What isn't known is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hop {
    /// When the thread's turn began, by the calendar of its host.
    pub at_ms: u64,
    /// What happened: a word of docs/boss-api.md.
    pub step: &'static str,
    /// The operation or the event.
    pub kind: &'static str,
    /// Where.
    pub queue: Option<String>,
    /// Whose.
    pub user: Option<String>,
    /// Of which session.
    pub session: Option<String>,
    /// The client's number of the operation.
    pub op_id: Option<u32>,
    /// The event's number in its queue.
    pub seq: Option<u64>,
    /// How the operation ended.
    pub status: Option<u32>,
    /// How long it is; what is in it is nobody's business here.
    pub bytes: Option<usize>,
    /// Lanes of gateways that the event goes to.
    pub lanes: Option<usize>,
    /// Clients that the event was written for.
    pub receivers: Option<u64>,
}

/// What is told to whoever asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Behind the cursor, oldest first.
    pub hops: Vec<Hop>,
    /// To ask with the next time.
    pub cursor: u64,
    /// So many hops were forgotten since the last question, because there were too many.
    pub forgotten: u64,
}

/// All that is followed here.
#[derive(Debug, Default)]
pub struct Traces {
    all: Vec<Trace>,
    /// Counts hops over all traces and never goes back: a cursor outlives its trace.
    newest: u64,
    /// The queue of the operation that is being decided.
    current: Option<u64>,
}

#[derive(Debug)]
struct Trace {
    subject: Subject,
    hash: Option<u64>,
    hops: VecDeque<(u64, Hop)>,
    forgotten: u64,
    asked_ms: u64,
}

impl Traces {
    /// Whether anything is followed: else nothing is to be done.
    #[inline]
    pub fn is_on(&self) -> bool {
        !self.all.is_empty()
    }

    /// The users who are followed.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.all.iter().filter_map(|trace| match &trace.subject {
            Subject::User(user) => Some(user.as_str()),
            Subject::Queue(_) => None,
        })
    }

    /// How many are followed at this moment.
    pub fn count(&mut self, now: Time) -> usize {
        self.end_unasked(now);
        self.all.len()
    }

    /// An operation on the queue whose name has this hash is decided from here on, or none.
    pub fn set_current(&mut self, queue: Option<u64>) {
        self.current = queue;
    }

    /// The queue of the operation that is being decided.
    pub fn current(&self) -> Option<u64> {
        self.current
    }

    /// Keeps a hop for those who follow what it is about.
    #[cold]
    pub fn note(&mut self, now: Time, about: About<'_>, hop: Hop) {
        self.end_unasked(now);
        let mut hop = hop;
        hop.at_ms = now.unix_ms;
        for trace in self.all.iter_mut().filter(|trace| trace.is_about(about)) {
            self.newest += 1;
            if trace.hops.len() >= limits::TRACE_HOPS_MAX {
                trace.hops.pop_front();
                trace.forgotten += 1;
            }
            trace.hops.push_back((self.newest, hop.clone()));
        }
    }

    /// What came since the cursor. The first question begins the trace. Nothing: too many are
    /// followed already.
    pub fn ask(&mut self, now: Time, subject: Subject, after: u64) -> Option<Told> {
        self.end_unasked(now);
        let at = self.all.iter().position(|trace| trace.subject == subject);
        let at = match at {
            Some(at) => at,
            None if self.all.len() >= limits::TRACES_MAX => return None,
            None => {
                self.all.push(Trace::new(subject, now));
                self.all.len() - 1
            }
        };
        let trace = &mut self.all[at];
        trace.asked_ms = now.ms;
        let after = if after > self.newest { 0 } else { after };
        let hops = trace.hops.iter().filter(|(number, _)| *number > after);
        let hops = hops.map(|(_, hop)| hop.clone()).collect();
        let forgotten = std::mem::take(&mut trace.forgotten);
        Some(Told { hops, cursor: self.newest, forgotten })
    }

    fn end_unasked(&mut self, now: Time) {
        self.all.retain(|trace| now.ms <= trace.asked_ms + limits::TRACE_UNASKED_MS);
    }
}

impl Trace {
    fn new(subject: Subject, now: Time) -> Trace {
        let hash = match &subject {
            Subject::Queue(queue) => Some(name::hash(queue.as_bytes())),
            Subject::User(_) => None,
        };
        Trace { subject, hash, hops: VecDeque::new(), forgotten: 0, asked_ms: now.ms }
    }

    fn is_about(&self, about: About<'_>) -> bool {
        match &self.subject {
            Subject::Queue(_) => self.hash == about.queue,
            Subject::User(user) => about.user == Some(user),
        }
    }
}

#[cfg(test)]
mod tests;

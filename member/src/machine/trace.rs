//! Following one queue or one user: what becomes of messages in this thread, kept while somebody
//! asks. It ends by itself some seconds after the last question, and holds so many hops at most.

use std::collections::VecDeque;

use proto::limits;
use proto::name::{self, QueueName, UserId};
use proto::time::Time;

use super::metric::Sample;

/// The metric of what a thread follows.
pub fn armed(count: usize) -> Sample {
    let help = "Queues and users whose messages are followed here: a gateway counts each lane's.";
    Sample::gauge("imq_traces_armed", help, count as u64)
}

/// What is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A queue, by its name.
    Queue(String),
    /// A user, by the id.
    User(String),
}

impl Subject {
    /// What somebody has asked for, by either name.
    ///
    /// # Errors
    /// A sentence, if not exactly one is given, or one that can't be a name.
    pub fn of(queue: Option<String>, user: Option<String>) -> Result<Subject, String> {
        match (queue, user) {
            (Some(queue), None) => match QueueName::try_from(queue.as_str()) {
                Ok(_) => Ok(Subject::Queue(queue)),
                Err(error) => Err(error.to_string()),
            },
            (None, Some(user)) => match UserId::try_from(user.as_str()) {
                Ok(_) => Ok(Subject::User(user)),
                Err(error) => Err(error.to_string()),
            },
            (Some(_), Some(_)) | (None, None) => {
                Err("name either a queue or a user: ?queue=/room/1, or ?user=ann".to_owned())
            }
        }
    }
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
    pub at_us: u64,
    /// What happened: a word of docs/boss-api.md.
    pub kind: &'static str,
    /// The operation or the event.
    pub what: &'static str,
    /// Where.
    pub queue: Option<String>,
    /// Whose.
    pub user: Option<String>,
    /// Of which session; of a back end's request, at which gateway it came.
    pub session: Option<String>,
    /// The client's number of the operation; of a back end's request, its gateway's.
    pub op_id: Option<u64>,
    /// The event's number in its queue.
    pub seq: Option<u64>,
    /// How the operation ended.
    pub status: Option<u32>,
    /// How long it is; what is in it is nobody's business here.
    pub bytes: Option<usize>,
    /// Whom an event goes to: of a queue node lanes, of a lane clients.
    pub count: Option<u64>,
}

/// What is told to whoever asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Behind the cursor, oldest first.
    pub hops: Vec<Hop>,
    /// To ask with the next time.
    pub next: u64,
    /// So many hops behind the cursor are gone, because there were too many.
    pub missed: u64,
}

/// All that is followed here.
#[derive(Debug, Default)]
pub struct Traces {
    all: Vec<Trace>,
    /// When this turn began. Told by io while something is followed.
    turn_us: u64,
}

#[derive(Debug)]
struct Trace {
    subject: Subject,
    hash: Option<u64>,
    /// The newest ones, numbered without a gap up to `newest`.
    hops: VecDeque<Hop>,
    newest: u64,
    /// The number before the first hop's: the microsecond of the first question. So all numbers of
    /// an earlier trace are lower, even of a process before this one, and no cursor is mistaken.
    begun: u64,
    asked_ms: u64,
}

impl Traces {
    /// Whether anything is followed: else nothing is to be done.
    #[inline]
    pub fn is_on(&self) -> bool {
        !self.all.is_empty()
    }

    /// A turn begins at this microsecond since 1970. Needed only while something is followed.
    pub fn begin_turn(&mut self, unix_us: u64) {
        self.turn_us = unix_us;
    }

    /// Whether a hop about this would be kept.
    pub fn wants(&self, about: About<'_>) -> bool {
        self.all.iter().any(|trace| trace.is_about(about))
    }

    /// Whether any user is followed, or this one.
    pub fn follows_user(&self, user: Option<&str>) -> bool {
        self.all.iter().any(|trace| match &trace.subject {
            Subject::User(followed) => user.is_none_or(|user| user == followed),
            Subject::Queue(_) => false,
        })
    }

    /// How many are followed at this moment.
    pub fn count(&mut self, now: Time) -> usize {
        self.end_unasked(now);
        self.all.len()
    }

    /// Keeps a hop for those who follow what it is about.
    #[cold]
    pub fn hop(&mut self, now: Time, about: About<'_>, hop: Hop) {
        self.end_unasked(now);
        let hop = Hop { at_us: self.turn_us, ..hop };
        for trace in self.all.iter_mut().filter(|trace| trace.is_about(about)) {
            if trace.hops.len() >= limits::TRACE_HOPS_MAX {
                trace.hops.pop_front();
            }
            trace.hops.push_back(hop.clone());
            trace.newest += 1;
        }
    }

    /// What came since the cursor, so many hops at most. The first question begins the trace.
    /// Nothing: too many are followed already.
    pub fn ask(&mut self, now: Time, subject: Subject, after: u64, most: usize) -> Option<Told> {
        self.end_unasked(now);
        if !self.is_on() {
            // Io hasn't told it of this turn.
            self.turn_us = now.unix_ms * 1_000;
        }
        let at = match self.all.iter().position(|trace| trace.subject == subject) {
            Some(at) => at,
            None if self.all.len() >= limits::TRACES_MAX => return None,
            None => {
                self.all.push(Trace::new(subject, now));
                self.all.len() - 1
            }
        };
        let trace = &mut self.all[at];
        trace.asked_ms = now.ms;
        Some(trace.since(after, most))
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
        let begun = now.unix_ms * 1_000;
        Trace { subject, hash, hops: VecDeque::new(), newest: begun, begun, asked_ms: now.ms }
    }

    fn is_about(&self, about: About<'_>) -> bool {
        match &self.subject {
            Subject::Queue(_) => self.hash == about.queue,
            Subject::User(user) => about.user == Some(user),
        }
    }

    /// A cursor of an earlier trace is one of the beginning.
    fn since(&self, after: u64, most: usize) -> Told {
        let is_known = (self.begun..=self.newest).contains(&after);
        let after = if is_known { after } else { self.begun };
        let gone = self.newest - self.hops.len() as u64;
        let missed = gone.saturating_sub(after);
        let after = after.max(gone);
        let new = self.hops.iter().skip((after - gone) as usize).take(most);
        let hops: Vec<Hop> = new.cloned().collect();
        Told { next: after + hops.len() as u64, hops, missed }
    }
}

#[cfg(test)]
mod tests;

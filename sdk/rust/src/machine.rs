//! The client as a plain state machine: no clock, no socket, no thread; chance by a seed.
//!
//! The owner dials where [`Outbox::transport`] says so, hands in what happens, sends
//! [`Outbox::frames`], and calls again with [`Input::Wake`] when [`Client::wake_at`] has come.

mod connection;
mod loss;
mod operation;
mod outbox;
mod queue;
mod received;
mod renewal;
mod retry;
mod returning;
mod submit;
mod upkeep;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use proto::limits as protocol;
use proto::time::Time;

pub use self::outbox::{Outbox, Transport};

use self::connection::Connection;
use self::loss::{Loss, Redial};
use self::operation::{Held, Operation};
use self::queue::Queue;
use self::renewal::Renewal;
use self::retry::Retry;
use crate::{Command, Failure, Ticket};

/// Who the client is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The user, for a server with development authentication.
    pub user: String,
    /// The user's token, for any other.
    pub token: String,
    /// The application gives new tokens, by [`Input::Token`]: before each connection, and when
    /// [`Outbox::wants_token`] says so. Without them the end of the token is the client's.
    pub renews: bool,
    /// What the application calls itself, for operators.
    pub client_name: String,
    /// Its version, for operators.
    pub client_version: String,
    /// The application wants to hear of queues that it is in without having asked: its user's
    /// inbox, and those that the back end has put it in.
    pub given: bool,
    /// What waits or is unanswered for this long is answered by the library itself: the grace of
    /// the servers, who forget what they did after twice as long.
    pub grace_ms: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            user: String::new(),
            token: String::new(),
            renews: false,
            client_name: String::new(),
            client_version: String::new(),
            given: false,
            grace_ms: crate::limits::GRACE_MS,
        }
    }
}

/// Planted bugs, all off. Each proves that the tests would see its like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// The marks of messages don't move.
    pub marks_stand_still: bool,
    /// What is sent once more gets another id.
    pub resent_anew: bool,
    /// A change of state that was there already comes again.
    pub stale_states_come: bool,
}

/// Something that happened to the client.
#[derive(Debug)]
pub enum Input<'a> {
    /// The transport is up.
    Connected,
    /// A frame came, without its length.
    Received(&'a [u8]),
    /// The transport is gone, or could not be had. Not said after [`Transport::Redial`], which asks
    /// for just that.
    Disconnected,
    /// A new token of the user's, or that there is none to be had now.
    Token(Option<String>),
    /// The application wants something; the answer carries the ticket.
    Command(Ticket, Command),
    /// The time of [`Client::wake_at`] has come.
    Wake,
    /// The process has stood still: a timer came more than 2 s late. Said before anything else that
    /// happens then.
    Awake,
}

/// What the client counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Times a gateway said `welcome`.
    pub welcomes: u64,
    /// Times a session went on over a new connection.
    pub resumes: u64,
    /// Operations sent once more with their old id.
    pub resent: u64,
    /// Changes of state that were there already.
    pub stale_states: u64,
    /// Frames about a queue or an operation that the client knows nothing of.
    pub strays: u64,
}

/// A client: one session after the other, its queues and its unanswered operations.
pub struct Client {
    settings: Settings,
    faults: Faults,
    /// What all its connections have in common, whatever its sessions are.
    id: String,
    /// How often it has said `connect`.
    attempts: u32,
    connection: Connection,
    session: Option<Session>,
    retry: Retry,
    redial: Redial,
    queues: BTreeMap<Arc<str>, Queue>,
    /// The gateway's numbers of queues, good for one connection.
    subs: HashMap<u32, Arc<str>>,
    /// By op id, which is also the order in which they were sent.
    unanswered: BTreeMap<u32, Operation>,
    held: Held,
    next_op_id: u32,
    bounds: Bounds,
    renewal: Renewal,
    /// No operation expires and no paused queue is due before this.
    look_ms: Option<u64>,
    counters: Counters,
}

/// A login, which outlives its connection.
struct Session {
    id: String,
    secret: String,
}

/// What the gateway allows.
struct Bounds {
    frame_bytes: usize,
    unanswered_per_queue: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            frame_bytes: protocol::CLIENT_FRAME_BYTES_MAX,
            unanswered_per_queue: protocol::UNANSWERED_PER_QUEUE_MAX,
        }
    }
}

impl Client {
    /// A client that has no connection yet: dial, then say [`Input::Connected`].
    /// Two clients of a user must not have the same seed: it also gives the client's id.
    pub fn new(settings: Settings, seed: u64) -> Client {
        let mut retry = Retry::new(seed);
        Client {
            settings,
            faults: Faults::default(),
            id: retry.id(),
            attempts: 0,
            connection: Connection::Down,
            session: None,
            retry,
            redial: Redial::default(),
            queues: BTreeMap::new(),
            subs: HashMap::new(),
            unanswered: BTreeMap::new(),
            held: Held::default(),
            next_op_id: 1,
            bounds: Bounds::default(),
            renewal: Renewal::None,
            look_ms: None,
            counters: Counters::default(),
        }
    }

    /// The planted bugs: there are none in a build without debug assertions, which has no code for
    /// them.
    #[inline]
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }

    /// Plants bugs.
    pub fn plant(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Takes what happened; what is to be done about it is appended to `out`.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Outbox) {
        match input {
            Input::Connected => self.greet(now, out),
            Input::Received(frame) => self.received(now, frame, out),
            Input::Disconnected => {
                self.lose(now, Loss::silent("the connection ended without a `closing`"), out);
            }
            Input::Token(token) => self.token(now, token, out),
            Input::Command(ticket, command) => self.command(now, ticket, command, out),
            Input::Wake => self.wake(now, out),
            Input::Awake => self.awake(now, out),
        }
    }

    /// When [`Input::Wake`] is due, in the milliseconds of [`Time::ms`].
    pub fn wake_at(&self) -> Option<u64> {
        let renew_ms = self.renewal.wake_at();
        self.connection.wake_at().into_iter().chain(self.look_ms).chain(renew_ms).min()
    }

    /// What the client counted so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The id that the client has drawn: it tells it from the other clients of its user.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The session's id, once a gateway has said `welcome`.
    pub fn session_id(&self) -> Option<&str> {
        self.session.as_ref().map(|session| session.id.as_str())
    }

    /// When what begins to wait now has waited for long enough.
    fn deadline_ms(&self, now: Time) -> u64 {
        now.after(self.settings.grace_ms).ms
    }

    /// Sends what waits for a queue, as far as its bounds allow.
    fn pump(&mut self, now: Time, name: &Arc<str>, out: &mut Outbox) {
        if !self.connection.is_up() {
            return;
        }
        let deadline_ms = self.deadline_ms(now);
        let Some(queue) = self.queues.get_mut(name).filter(|queue| queue.is_open()) else { return };
        while queue.in_flight < self.bounds.unanswered_per_queue
            && let Some(mut operation) = queue.waiting.pop_front()
        {
            let (length, max) = (operation.frame_len(), self.bounds.frame_bytes);
            if length > max {
                self.held.settle(operation, Err(Failure::TooLarge { length, max }), out);
                continue;
            }
            operation.sent(deadline_ms, self.next_op_id);
            self.next_op_id += 1;
            operation.put(&mut out.frames);
            queue.in_flight += 1;
            self.unanswered.insert(operation.op_id(), operation);
        }
    }

    fn forget_if_idle(&mut self, name: &str) {
        let idle = |queue: &Queue| {
            queue.subscription.is_none() && queue.waiting.is_empty() && queue.in_flight == 0
        };
        if self.queues.get(name).is_some_and(idle) {
            self.queues.remove(name);
        }
    }
}

#[cfg(test)]
mod tests;

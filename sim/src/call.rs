//! What the web application asks for, and what it is answered.

use imq_sdk::{Act, Change};
use proto::g2c;

use crate::chance::Chance;
use crate::plan::{AUDITORS, Plan, QUEUES};

/// Something that the web application wants done once, sent as often as needed.
#[derive(Debug)]
pub struct Call {
    /// What.
    pub wish: Wish,
    /// It names an Idempotency-Key, the same at each sending.
    pub has_key: bool,
    /// Each sending.
    pub attempts: Vec<Attempt>,
    /// It was answered, or given up.
    pub is_over: bool,
}

/// One sending of a call.
#[derive(Debug)]
pub struct Attempt {
    /// When.
    pub sent_us: u64,
    /// The gateway, its life, and the lane.
    pub via: (usize, u64, usize),
    /// When it was answered, and how.
    pub answer: Option<(u64, g2c::Result)>,
    /// The queues that the answer lists.
    pub names: Vec<String>,
    /// When it reached its lane, counted over all attempts.
    pub arrived: u64,
    /// The gateway has died with it.
    pub is_lost: bool,
}

/// What the web application can want.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// Sends a message that nobody else sends.
    Message {
        /// Where.
        queue: String,
        /// What.
        payload: Vec<u8>,
    },
    /// Changes state.
    State {
        /// Where.
        queue: String,
        /// What.
        changes: Vec<Change>,
    },
    /// Reads state.
    Read {
        /// Where.
        queue: String,
    },
    /// Lists the names of queues, a page of them.
    List {
        /// Where the page before ended; empty: the first one.
        after: String,
        /// How many at most.
        limit: u32,
    },
    /// Creates a queue of its own.
    Create {
        /// Which.
        queue: String,
    },
    /// Deletes it.
    Delete {
        /// Which.
        queue: String,
    },
    /// Makes a mount of it, or deletes that.
    Mount {
        /// In which.
        queue: String,
        /// It is deleted.
        deleted: bool,
    },
    /// Puts a user into a queue.
    Join {
        /// Which.
        queue: String,
        /// Whom.
        user: String,
    },
    /// Takes a user out of a queue.
    Remove {
        /// Which.
        queue: String,
        /// Whom.
        user: String,
    },
    /// Ends a user's sessions.
    Disconnect {
        /// Whose.
        user: String,
    },
}

/// Queues that nobody but the web application uses.
pub(crate) const OWN: [&str; 4] = ["/back/1", "/back/2", "/back/3", "/back/4"];
/// Whose sessions the web application ends; the auditors' never.
const DISCONNECTED: [usize; 3] = [17, 18, 19];

impl Wish {
    /// Whatever comes to its mind; payloads and values have this number.
    pub(crate) fn draw(chance: &mut Chance, plan: &Plan, number: u64) -> Wish {
        let own = (*chance.pick(&OWN)).to_owned();
        let queue = (*chance.pick(&QUEUES)).to_owned();
        let padding = ".".repeat(chance.below(plan.padding_max + 1) as usize);
        let unique = format!("\"w{number}{padding}\"").into_bytes();
        match chance.below(100) {
            0..30 => Wish::Message { queue, payload: unique },
            30..45 => Wish::State { queue, changes: changes(chance, unique) },
            45..58 => Wish::State { queue: own, changes: vec![Change::set("own", unique)] },
            58..67 if number.is_multiple_of(3) => {
                Wish::Mount { queue: own, deleted: number.is_multiple_of(2) }
            }
            58..67 => Wish::Read { queue: own },
            67..72 => Wish::List { after: String::new(), limit: chance.between(1, 5) as u32 },
            72..84 => Wish::Create { queue: own },
            84..92 => Wish::Delete { queue: own },
            92..98 => {
                let user = format!("u{}", chance.between(AUDITORS as u64, 12));
                match queue.starts_with("/room/") && number.is_multiple_of(2) {
                    true => Wish::Join { queue, user },
                    false => Wish::Remove { queue, user },
                }
            }
            _ => Wish::Disconnect { user: format!("u{}", chance.pick(&DISCONNECTED)) },
        }
    }

    /// The queue that it is about, if it is about one.
    pub(crate) fn home(&self) -> Option<String> {
        match self {
            Wish::Message { queue, .. }
            | Wish::State { queue, .. }
            | Wish::Read { queue }
            | Wish::Create { queue }
            | Wish::Delete { queue }
            | Wish::Mount { queue, .. }
            | Wish::Join { queue, .. }
            | Wish::Remove { queue, .. } => Some(queue.clone()),
            Wish::Disconnect { user } => Some(format!("/user/{user}")),
            Wish::List { .. } => None,
        }
    }

    /// The queue of its own that it is about.
    pub(crate) fn own_queue(&self) -> Option<&str> {
        match self {
            Wish::State { queue, .. }
            | Wish::Read { queue }
            | Wish::Create { queue }
            | Wish::Delete { queue }
            | Wish::Mount { queue, .. } => Some(queue.as_str()).filter(|queue| OWN.contains(queue)),
            Wish::Message { .. }
            | Wish::Join { .. }
            | Wish::Remove { .. }
            | Wish::Disconnect { .. }
            | Wish::List { .. } => None,
        }
    }
}

fn changes(chance: &mut Chance, unique: Vec<u8>) -> Vec<Change> {
    let mut change = match chance.below(3) {
        0 => Change { act: Act::Add(chance.between(1, 9) as i64), ..Change::set("n1", "") },
        _ => Change::set(*chance.pick(&["a1", "b1", "b2"]), unique),
    };
    change.if_absent = chance.percent(5);
    vec![change]
}

impl Call {
    /// When it may have been done: from its first sending to its last answer. What was never
    /// answered may be done as long as lanes resend.
    pub fn window_us(&self) -> (u64, u64) {
        let first = self.attempts.first().map_or(0, |attempt| attempt.sent_us);
        let ends = self.attempts.iter().map(|attempt| match &attempt.answer {
            Some((at_us, result)) if result.status != 2 => *at_us,
            Some(_) | None => attempt.sent_us + LATE_US,
        });
        (first, ends.max().unwrap_or(first))
    }

    /// Its answers that are known.
    pub fn answers(&self) -> impl Iterator<Item = (u64, &g2c::Result)> {
        self.attempts.iter().filter_map(|one| one.answer.as_ref()).map(|(us, result)| (*us, result))
    }
}

/// Lanes resend for a grace, and then it may be on its way for a while.
const LATE_US: u64 = 6_000_000;

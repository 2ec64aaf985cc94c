//! What a client asked and what it was told: all that the checker knows of the cluster.

use std::collections::BTreeMap;

use imq_sdk::{Answer, Command, Event, QueueEvent, Ticket};

use crate::application::{Question, Ruling, Tell};
use crate::call::{Call, Wish};
use crate::plan::GRACE_MS;
use crate::ways::{Way, Ways};

/// One life of one client, from its first connection to its goodbye.
#[derive(Debug, Default)]
pub struct Journal {
    /// Which client.
    pub client: usize,
    /// Its user.
    pub user: String,
    /// It only watches, and is never put into trouble.
    pub is_auditor: bool,
    /// Before that it has sent nothing.
    pub born_us: u64,
    /// The lanes to which it was connected, one after the other.
    pub ways: Vec<Way>,
    /// What it was welcomed with, one after the other.
    pub welcomes: Vec<Welcomed>,
    /// From when to when it let no old events come.
    pub holds: Vec<(u64, u64)>,
    /// The tokens that it had, one after the other.
    pub tokens: Vec<Token>,
    /// In the order in which it happened.
    pub moments: Vec<Moment>,
}

/// A `welcome` as it came to the client.
#[derive(Debug, Clone, Copy)]
pub struct Welcomed {
    /// When, in microseconds since the run began.
    pub at_us: u64,
    /// The generation of the connection.
    pub generation: u64,
}

/// A bucket began anew.
#[derive(Debug, Clone)]
pub struct Raised {
    /// When it was stored.
    pub at_us: u64,
    /// The row before, and the one since.
    pub what: String,
    /// Somebody had the bucket and nothing was wrong with it.
    pub is_groundless: bool,
}

/// What nodes with copies said to each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Copies {
    /// Records that were sent.
    pub records: u64,
    /// Batches that were acknowledged.
    pub batches: u64,
    /// How often a copy went on from what it had.
    pub rejoined: u64,
    /// How often the states of two nodes were compared.
    pub compared: u64,
    /// Nodes that were added to a set.
    pub added: u64,
    /// Copies that were promoted.
    pub promoted: u64,
}

/// What the boss's disk has done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk {
    /// Writes of which it said that they failed.
    pub failed: u64,
    /// Writes that took long.
    pub slow: u64,
}

/// Falls of the boss's store.
#[derive(Debug, Clone, Copy, Default)]
pub struct Falls {
    /// How often steps were lost.
    pub falls: u64,
    /// How often the boss has frozen.
    pub frozen: u64,
    /// How often an operator went on.
    pub by_hand: u64,
}

/// A token that the web application gave to a client.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// When.
    pub given_us: u64,
    /// When it ends.
    pub ends_us: u64,
}

impl Journal {
    /// Whether the client may have been closed because its token had ended. One that was given just
    /// before may not have come to the gateway, and the one before that counted.
    pub fn token_ended(&self, at_us: u64) -> bool {
        let came = self.tokens.iter().rposition(|token| token.given_us + LATE_US <= at_us);
        self.tokens.iter().skip(came.unwrap_or(0)).any(|token| token.ends_us <= at_us)
    }

    /// Whether the client was there at some moment between these, connected or coming back.
    pub fn lives(&self, from_us: u64, to_us: u64) -> bool {
        self.born_us <= to_us && !self.is_closed_before(from_us)
    }

    /// About how many bytes came to the client within a tenth of a second around this moment.
    pub fn came_at_once(&self, at_us: u64) -> usize {
        const AROUND_US: u64 = 100_000;
        let around = at_us.saturating_sub(AROUND_US)..=at_us + AROUND_US;
        let moments = self.moments.iter().filter(|moment| around.contains(&moment.at_us));
        moments
            .map(|moment| match &moment.what {
                What::Event(Event::Queue { event, .. }) => size(event),
                What::Event(Event::Answer { result: Ok(answer), .. }) => answer_size(answer),
                What::Event(_) => HEAD_BYTES,
                What::Command(..) | What::Stalled => 0,
            })
            .sum()
    }

    /// Whether the client took no bytes for some of this time; it does for 1.5 s at most.
    pub fn was_stalled(&self, from_us: u64, to_us: u64) -> bool {
        let mut stalls = self.moments.iter().filter(|moment| matches!(moment.what, What::Stalled));
        stalls.any(|moment| moment.at_us <= to_us && moment.at_us + 1_500_000 >= from_us)
    }

    /// Whether the client let no old events come at some moment between these: live ones wait
    /// behind them.
    pub fn was_holding(&self, from_us: u64, to_us: u64) -> bool {
        self.holds.iter().any(|(begin_us, end_us)| *begin_us <= to_us && *end_us >= from_us)
    }

    /// Whether the client had lost a connection by then, with or without a `welcome`.
    pub fn was_lost(&self, at_us: u64) -> bool {
        let mut moments = self.moments.iter().take_while(|moment| moment.at_us <= at_us);
        moments
            .any(|moment| matches!(moment.what, What::Event(Event::Closed { may_retry: true, .. })))
            || self.was_unwelcomed(at_us)
    }

    /// Whether a connection had ended by then before its `welcome` came, or was without one for a
    /// grace: its login may have been done. The client library says nothing of such a connection.
    fn was_unwelcomed(&self, at_us: u64) -> bool {
        let mut ways = self.ways.iter().take_while(|way| way.at_us <= at_us).peekable();
        while let Some(way) = ways.next() {
            let next_us = ways.peek().map(|next| next.at_us);
            let end_us = next_us.unwrap_or(at_us.saturating_sub(GRACE_MS * 1000));
            let mut welcomes = self.welcomes.iter().map(|welcome| welcome.at_us);
            if way.at_us <= end_us
                && !welcomes.any(|came_us| (way.at_us..=end_us).contains(&came_us))
            {
                return true;
            }
        }
        false
    }

    /// Whether the client had said goodbye, or had been closed for good, by then.
    pub fn is_closed_before(&self, at_us: u64) -> bool {
        self.moments.iter().take_while(|moment| moment.at_us <= at_us).any(|moment| {
            match &moment.what {
                What::Command(_, Command::Close)
                | What::Event(Event::Closed { may_retry: false, .. }) => true,
                What::Command(..) | What::Event(_) | What::Stalled => false,
            }
        })
    }
}

/// A client that takes nothing learns so late why it was closed, or what it says comes so late.
const LATE_US: u64 = 3_000_000;

/// What comes with each event, besides what somebody has sent.
const HEAD_BYTES: usize = 40;

fn size(event: &QueueEvent) -> usize {
    HEAD_BYTES
        + match event {
            QueueEvent::Message(message) => message.payload.len(),
            QueueEvent::State(state) => {
                let values = state.changes.iter().flat_map(|change| &change.value);
                values.map(|value| HEAD_BYTES + value.len()).sum()
            }
            QueueEvent::Subscribed(start) => {
                let entries = start.mounts.iter().flat_map(|mount| &mount.entries);
                let members = start.members.iter().map(String::len);
                entries.map(|entry| HEAD_BYTES + entry.value.len()).chain(members).sum()
            }
            QueueEvent::Joined(change) | QueueEvent::Left(change) => {
                change.users.iter().map(String::len).sum()
            }
            QueueEvent::Unsubscribed { .. }
            | QueueEvent::MountCreated(_)
            | QueueEvent::MountDeleted(_)
            | QueueEvent::Gap(_) => 0,
        }
}

fn answer_size(answer: &Answer) -> usize {
    HEAD_BYTES
        + match answer {
            Answer::Subscribed | Answer::Done | Answer::Sent { .. } => 0,
            Answer::State(page) => {
                page.items.iter().map(|entry| HEAD_BYTES + entry.value.len()).sum()
            }
            Answer::History(page) => {
                page.items.iter().map(|message| HEAD_BYTES + message.payload.len()).sum()
            }
            Answer::Members { page, .. } => page.items.iter().map(String::len).sum(),
        }
}

/// Something that happened to a client.
#[derive(Debug)]
pub struct Moment {
    /// When, in microseconds since the run began.
    pub at_us: u64,
    /// What.
    pub what: What,
}

/// What can happen to a client.
#[derive(Debug)]
pub enum What {
    /// It asked for something.
    Command(Ticket, Command),
    /// It was told something.
    Event(Event),
    /// It took no bytes for a while from here on.
    Stalled,
}

/// All that was seen in a run.
#[derive(Debug, Default)]
pub struct Observations {
    /// Of all clients.
    pub journals: Vec<Journal>,
    /// What the web application asked for.
    pub calls: Vec<Call>,
    /// What the web application was asked.
    pub questions: Vec<Question>,
    /// What it was told, repetitions as well, in the order in which it came.
    pub tells: Vec<Tell>,
    /// When a bucket's data may have been lost: from the first moment that anybody knew to the last
    /// moment that somebody heard of it.
    pub losses: Vec<Loss>,
    /// Whose session each is, as lanes were answered to their logins.
    pub sessions: BTreeMap<String, String>,
    /// What a receiver may have unsent before it is slow.
    pub slow_bytes: usize,
    /// Replay logs may take so little that they let go of young events.
    pub has_short_logs: bool,
    /// Homes, and links that ended.
    pub ways: Ways,
    /// When a process stood still: from and to.
    pub stills: Vec<(u64, u64)>,
    /// When a node kept all that it might.
    pub fulls: Vec<Full>,
    /// How many records of each kind the copies of buckets were sent.
    pub records: BTreeMap<u32, u64>,
    /// When buckets began anew.
    pub raised: Vec<Raised>,
    /// What the boss's disk has done.
    pub disk: Disk,
    /// How often it has lost steps, and what came of that.
    pub falls: Falls,
    /// A bucket of which one copy is left changes nothing.
    pub alone_holds: bool,
    /// How many answers were judged by how long they took.
    pub judged: u64,
    /// How often a lane went on with the output of a later reign.
    pub lower: u64,
    /// One fault is healed before the next, and each bucket has copies.
    pub has_single_faults: bool,
    /// What there was to see of real copies.
    pub copies: Copies,
    /// When trouble ended, in microseconds.
    pub calm_us: u64,
    /// When everything was read.
    pub audit_us: u64,
    /// When all but the auditors left.
    pub farewell_us: u64,
    /// When the auditors asked who is there.
    pub roster_us: u64,
}

/// A bucket began anew.
#[derive(Debug, Clone, Copy)]
pub struct Loss {
    /// How many bits of a name's hash choose the bucket.
    pub bits: u8,
    /// Which bucket.
    pub prefix: u32,
    /// When the first process heard of it.
    pub first_us: u64,
    /// When the last one did.
    pub last_us: u64,
}

/// A node let nobody in.
#[derive(Debug, Clone, Copy)]
pub struct Full {
    /// Which.
    pub node: usize,
    /// From then.
    pub from_us: u64,
    /// Until then.
    pub to_us: u64,
}

/// What a full node says.
pub const FULL: &str = "this queue node has reached its memory limit: delete what isn't needed, or \
                        try again later";

/// What a bucket says of which one copy is left that may change nothing.
pub const ALONE: &str = "one copy of this queue's data is left, and nothing is changed until there \
                         is a second one: try again later";

/// What a lane says that hasn't heard the home of the user for long.
pub const UNHEARD: &str = "the home of this user's sessions isn't responding: try again later";

impl Observations {
    /// Whether the queue may have lost its data between these moments.
    pub fn lost(&self, queue: &str, from_us: u64, to_us: u64) -> bool {
        let hash = proto::name::hash(queue.as_bytes());
        self.losses.iter().any(|loss| {
            proto::bucket::BucketId::of(hash, loss.bits).prefix() == loss.prefix
                && loss.first_us <= to_us
                && loss.last_us + SLACK_US >= from_us
        })
    }

    /// Whether a home of the queue was full at some moment between these.
    pub fn was_full(&self, queue: &str, from_us: u64, to_us: u64) -> bool {
        let mut fulls =
            self.fulls.iter().filter(|full| full.from_us <= to_us && full.to_us >= from_us);
        fulls.any(|full| {
            let (from_us, to_us) = (full.from_us.max(from_us), full.to_us.min(to_us));
            self.ways.homes_of(queue, from_us, to_us).contains(&full.node)
        })
    }

    /// Whether the only home of the queue was full all the time between these.
    pub fn is_full(&self, queue: &str, from_us: u64, to_us: u64) -> bool {
        let homes = self.ways.homes_of(queue, from_us, to_us);
        let mut fulls = self.fulls.iter();
        fulls.any(|full| {
            full.from_us <= from_us
                && full.to_us >= to_us
                && !homes.is_empty()
                && homes.iter().all(|home| *home == full.node)
        })
    }

    /// Whether any bucket may have lost its data between these moments.
    pub fn lost_any(&self, from_us: u64, to_us: u64) -> bool {
        let mut losses = self.losses.iter();
        losses.any(|loss| loss.first_us <= to_us && loss.last_us + SLACK_US >= from_us)
    }

    /// When anybody first saw this incarnation of a queue, if anybody did.
    pub fn epoch_began_us(&self, queue: &str, epoch: u64) -> Option<u64> {
        let moments = self.journals.iter().flat_map(|journal| &journal.moments);
        let saw = moments.filter_map(|moment| match &moment.what {
            What::Event(Event::Queue { queue: of, event: QueueEvent::Subscribed(start) })
                if **of == *queue && start.epoch == epoch =>
            {
                Some(moment.at_us)
            }
            What::Event(_) | What::Command(..) | What::Stalled => None,
        });
        saw.min()
    }

    /// Whether any process stood still between these moments.
    pub fn stood_still(&self, from_us: u64, to_us: u64) -> bool {
        self.stills.iter().any(|(begin_us, end_us)| *begin_us <= to_us && *end_us >= from_us)
    }

    /// Whether the web application has refused something of the user's in a queue.
    pub fn said_no(&self, user: &str, queue: &str) -> bool {
        self.questions.iter().any(|question| {
            question.ruling == Ruling::Refuse && question.queue == queue && question.user == user
        })
    }

    /// Whether the web application may have put the user out of the queue, or out altogether,
    /// between these moments.
    pub fn put_out(&self, user: &str, queue: Option<&str>, from_us: u64, to_us: u64) -> bool {
        self.calls.iter().any(|call| {
            let is_it = match &call.wish {
                Wish::Remove { queue: of, user: who } => who == user && Some(of.as_str()) == queue,
                Wish::Disconnect { user: who } => who == user,
                Wish::Message { .. }
                | Wish::State { .. }
                | Wish::Read { .. }
                | Wish::List { .. }
                | Wish::Create { .. }
                | Wish::Delete { .. }
                | Wish::Mount { .. }
                | Wish::Join { .. } => false,
            };
            let (first_us, last_us) = call.window_us();
            is_it && first_us <= to_us && last_us + 2 * SLACK_US >= from_us
        })
    }

    /// Whether the web application may have put the user into the queue between these moments.
    pub fn put_in(&self, user: &str, queue: &str, from_us: u64, to_us: u64) -> bool {
        self.calls.iter().any(|call| {
            let is_it = matches!(&call.wish, Wish::Join { queue: of, user: who }
                if of == queue && who == user);
            let (first_us, last_us) = call.window_us();
            is_it && first_us <= to_us && last_us >= from_us
        })
    }

    /// Whether the way from a client to a queue, or to the home of its own user, was broken between
    /// these moments, or hardly mended.
    pub fn link_cut(&self, journal: &Journal, queue: &str, from_us: u64, to_us: u64) -> bool {
        let own = format!("/user/{}", journal.user);
        [queue, own.as_str()].iter().any(|to| self.ways.cut(&journal.ways, to, from_us, to_us))
    }

    /// Whether what the client asked of the queue between these moments may have been sent twice: a
    /// link was cut, or another node became its home.
    pub fn resent(&self, journal: &Journal, queue: &str, from_us: u64, to_us: u64) -> bool {
        self.link_cut(journal, queue, from_us, to_us) || self.ways.came_anew(queue, from_us, to_us)
    }
}

/// What a lane says takes so long to reach a client.
const SLACK_US: u64 = 1_500_000;

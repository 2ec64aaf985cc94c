//! What every decision has at hand: the moment, what the node's buckets share, and where outputs
//! go.

use std::collections::VecDeque;
use std::rc::Rc;

use proto::n2b;
use proto::table::Place;
use proto::time::Time;
use rand::rngs::StdRng;

use super::allowance::Allowances;
use super::application::Couriers;
use super::busy::Watch;
use super::caught::Caught;
use super::clock::NodeMs;
use super::copies::{Batches, Streams, Unit};
use super::counters::Counters;
use super::held::{Fellow, Probe};
use super::links::Links;
use super::node::Settings;
use super::rows::Rows;
use super::run::SpareRuns;
use super::state::class::Classes;
use super::state::idempotency::Shares;
use super::state::words::{Answer, Word, WordId};
use super::timers::{QueueRef, Timers};
use super::traced::Followed;
use super::unanswered::UnansweredWords;

/// What a node lets out.
#[derive(Debug, Default)]
pub struct Outbox {
    /// On its links.
    pub links: link::machine::Outbox,
    /// To the boss.
    pub inspected: Vec<Inspected>,
    /// Nodes that it heard of from others than the boss, to be dialled.
    pub places: Vec<Place>,
    /// To the copies of buckets that somebody follows.
    pub units: Vec<Unit>,
    /// To the boss, too: what the rows of buckets should be.
    pub proposals: Vec<n2b::Propose>,
    /// To copies that the caller plays: batches, by their numbers on the copy's link.
    pub batches: Vec<(Fellow, u64)>,
    /// To the log.
    pub caught: Vec<Caught>,
}

/// An answer to the boss.
pub type Inspected = n2b::Inspected;

/// What the buckets of a node share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) random: StdRng,
    pub(crate) links: Links,
    /// What users may create on this node, and how often their logins may end each other.
    pub(crate) creations: Allowances,
    pub(crate) evictions: Allowances,
    pub(crate) classes: Rc<Classes>,
    /// A bucket changes nothing of which one of several copies is left.
    pub(crate) holds: bool,
    pub(crate) rows: Rows,
    pub(crate) timers: Timers,
    pub(crate) counters: Counters,
    pub(crate) watch: Watch,
    pub(crate) followed: Followed,
    /// Buckets with records that their copies haven't been sent, and units that are complete.
    pub(crate) open_units: Vec<u32>,
    pub(crate) units: Vec<Unit>,
    /// Units are let out beside the links, too: for tests.
    pub(crate) is_tapped: bool,
    /// What those are sent who have copies.
    pub(crate) streams: Streams,
    /// What copies that the caller plays are sent.
    pub(crate) batches: Batches,
    /// Probes of lanes that wait for buckets, and until when.
    pub(crate) probes: VecDeque<(NodeMs, Rc<Probe>)>,
    /// Queues with something to let out before anything else of them, or at the end of the turn.
    pub(crate) dirty: Vec<QueueRef>,
    /// What buckets of this node say to each other in this turn.
    pub(crate) inner: VecDeque<Inner>,
    /// Idempotency-Keys of all buckets, by API key.
    pub(crate) key_shares: Shares,
    /// Words that wait for an answer.
    pub(crate) unanswered: UnansweredWords,
    /// Words that found no home are about to be sent again.
    pub(crate) is_resending: bool,
    /// What the web application hasn't been told yet.
    pub(crate) couriers: Couriers,
    /// Of snapshots that were asked for in this turn, about.
    pub(crate) snapshot_bytes: usize,
    /// Queues so far.
    pub(crate) serials: u32,
    /// Buffers that decisions build their bytes in.
    pub(crate) scratch: Vec<u8>,
    pub(crate) body: Vec<u8>,
    /// The newest record, but the body of its event.
    pub(crate) header: Vec<u8>,
    pub(crate) prepared: Vec<u8>,
    pub(crate) spare_runs: SpareRuns,
}

/// Something between two buckets of this node.
#[derive(Debug)]
pub(crate) enum Inner {
    /// A word, to the queue whose name has this hash.
    Word { word_id: WordId, word: Word, to: u64 },
    /// Its answer.
    Answer { word_id: WordId, answer: Answer },
}

/// A decision's surroundings.
pub(crate) struct Turn<'a> {
    now: Time,
    pub(crate) shared: &'a mut Shared,
    pub(crate) out: &'a mut Outbox,
}

impl<'a> Turn<'a> {
    /// At this moment.
    pub(crate) fn new(now: Time, shared: &'a mut Shared, out: &'a mut Outbox) -> Turn<'a> {
        Turn { now, shared, out }
    }

    /// What the node's clock shows. A bucket has its own ([`super::bucket::Bucket::now_ms`]).
    #[inline]
    pub(crate) fn node_ms(&self) -> NodeMs {
        NodeMs(self.now.ms)
    }

    /// The moment, as io gave it.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// The calendar's moment, for people.
    #[inline]
    pub(crate) fn unix_ms(&self) -> u64 {
        self.now.unix_ms
    }
}

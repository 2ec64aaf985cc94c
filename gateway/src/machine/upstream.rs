//! The way to the homes of queues and back.
//!
//! [`Upstream`] owns it. In the order of an operation's way: [`hearing`] says when it goes on;
//! [`lists`] keeps it until it is answered; [`route`] brings it to its home; [`table`] follows
//! buckets that move. It knows sessions by their handles, and no more of them.
//!
//! What homes say concerns other parts, too: [`homes`] reads it; [`recovery`] sees to links that
//! come and go, and to what has waited too long; [`moves`] to buckets with another home;
//! [`introducing`] to the sessions that their homes have to be told of then, and [`attaching`] to
//! the queues; [`unheard`] to sessions whose users' homes aren't heard; [`carrying`] to what was
//! posted for connections of other lanes.

use std::cell::Cell;
use std::collections::BTreeSet;

use link::machine::Unanswered;
use member::machine::KnownRows;
use proto::ids::Handle;

use super::settings::Faults;
use attaching::Attaching;
use carrying::Carrying;
use introducing::Introducing;

pub(super) mod attaching;
pub(super) mod carrying;
mod hearing;
pub(super) mod homes;
pub(super) mod introducing;
mod lists;
pub(super) mod moves;
pub(super) mod recovery;
mod route;
mod table;
pub(super) mod unheard;

pub(super) use homes::Broken;
pub(super) use route::{BucketIndex, NodeIndex, NodeSet, Pending, Probe};
use route::{Buckets, Nodes};
use table::Changes;

/// How often waiting operations are looked through.
pub(super) const SWEEP_MS: u64 = 500;

/// The way to every bucket, and what is on it.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    /// Who has which bucket, of which `buckets` has what concerns the lane.
    rows: KnownRows,
    bits: u8,
    buckets: Buckets,
    nodes: Nodes,
    /// Until then every bucket's home counts as heard, if each was heard.
    heard_until_ms: Option<u64>,
    /// Buckets with something set aside.
    asides: BTreeSet<BucketIndex>,
    /// Sessions with something that waits until their users' homes are heard.
    unheard: BTreeSet<Handle>,
    by_link: Vec<Option<NodeIndex>>,
    dirty: Vec<BucketIndex>,
    changes: Changes,
    attaching: Attaching,
    introducing: Introducing,
    carrying: Carrying,
    /// Something has happened that may change whether the lane can serve.
    has_news: bool,
    /// When waiting operations are looked through.
    sweep_ms: Option<u64>,
    /// When the links are probed next.
    probe_ms: Option<u64>,
    /// Until then they are probed beat by beat: sessions have spoken.
    probe_until_ms: u64,
    /// When what this turn sends for sessions must have left.
    leaves_by_ms: Cell<Option<u64>>,
    faults: Faults,
}

impl Upstream {
    /// No way yet.
    pub(super) fn new(faults: Faults) -> Upstream {
        let mut upstream = Upstream { faults, ..Upstream::default() };
        if faults.lower_row_taken {
            upstream.rows.take_lower();
        }
        upstream
    }

    /// The planted bugs, as `Settings::faults` has them.
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }

    /// Whether something has happened since the last call that may change whether the lane can
    /// serve.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.has_news)
    }

    /// When something is to be done, if nothing comes before.
    pub(super) fn wake_at(&self) -> Option<u64> {
        let due_ms = [self.attaching.due_ms(), self.introducing.due_ms(), self.carrying.due_ms()];
        [self.sweep_ms, self.probe_ms].into_iter().chain(due_ms).flatten().min()
    }
}

/// Takes what is picked off a list that is not on its way.
fn take_off(list: &mut Unanswered<Pending>, picks: impl FnMut(&Pending) -> bool) -> Vec<Pending> {
    let mut off = Unanswered::default();
    list.move_some(&mut off, picks);
    off.expire(u64::MAX).into_iter().map(|(pending, _)| pending).collect()
}

//! The boss: takes what nodes say, decides who is in and who holds what, and pushes only what is
//! stored.
//!
//! Every change is a step: it raises the version, is written to the store, and only then leaves the
//! process. While one step is being written, later changes gather for the next.

mod inspection;
mod learners;
mod membership;
mod newcomers;
mod ownership;
mod proposals;
mod publication;
mod verdicts;
mod views;

use std::collections::BTreeMap;

use link::machine::{LinkId, Peer, Throttle};
use prost::Message as _;
use proto::n2b::{N2b, Report, n2b};
use proto::name::NodeId;
use proto::table::Version;
use proto::time::Time;

use self::inspection::Inspections;
use self::learners::Learners;
use self::newcomers::Newcomer;
use self::proposals::Proposals;
use self::publication::Publication;
use self::verdicts::Bereaved;
use super::configuration::Configuration;
use super::counters::Counters;
use super::events::{Event, Kind, STORE_AFTER_MS};
use super::holdings::Holdings;
use super::kept::Kept;
use super::liveness::Liveness;
use super::outbox::{Effect, Outbox};
use super::totals::Reports;

/// How patient the boss is, and what it waits for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Buckets that nobody has are given out so long after the first queue node registered, so that
    /// nodes which start together share.
    pub settle_ms: u64,
    /// With so many queue nodes there is nothing to wait for; none: unknown.
    pub expected_queue_nodes: Option<usize>,
    /// A node whose link ended is not given up before.
    pub dead_ms: u64,
}

/// Planted bugs, all off. Each proves that the tests would see its like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Nobody is told that data may be lost.
    pub loss_hidden: bool,
    /// What a dead node had goes to nobody.
    pub dead_keeps_all: bool,
}

/// What there was when the process started.
#[derive(Debug)]
pub struct Found {
    /// What the store had.
    pub kept: Kept,
    /// Whether that is an older step than the last one written, since the last one can't be read.
    pub is_older: bool,
}

/// What happens to the boss.
#[derive(Debug)]
pub enum Input<'a> {
    /// A proven link came up.
    LinkUp {
        /// Which one.
        link: LinkId,
        /// Who is at its other end.
        peer: Peer,
    },
    /// A link ended.
    LinkDown {
        /// Which one.
        link: LinkId,
    },
    /// A node said something.
    Frame {
        /// On this link.
        link: LinkId,
        /// An envelope of `n2b`.
        frame: &'a [u8],
    },
    /// The cluster configuration is to be this one.
    Configure {
        /// Names the answer.
        question: u64,
        /// The new one.
        config: Configuration,
        /// The version that it was made of.
        over: u64,
    },
    /// What is in this queue?
    Inspect {
        /// Names the answer.
        question: u64,
        /// The queue's name.
        queue: &'a str,
    },
    /// The bytes of the last [`Effect::Store`] are safe.
    Stored,
    /// They are not.
    StoreFailed {
        /// A sentence.
        reason: String,
    },
    /// The time that [`Boss::wake_at`] named has come.
    Wake,
}

/// The machine.
#[derive(Debug)]
pub struct Boss {
    settings: Settings,
    faults: Faults,
    kept: Kept,
    /// Who has lived on while no boss was there has come back by then.
    returned_by_ms: u64,
    /// No bucket is given up before this time, in milliseconds: after falling back to an older
    /// step, whoever holds a newer row must have had the time to say so.
    judge_from_ms: u64,
    /// When buckets that nobody has are given out.
    settle_at: Option<u64>,
    lives: BTreeMap<NodeId, Liveness>,
    links: BTreeMap<LinkId, Line>,
    /// Processes that want the id of one that may be alive.
    newcomers: BTreeMap<LinkId, Newcomer>,
    refusals: Throttle,
    reports: Reports,
    /// How many copies of each bucket the configuration wants.
    copies: usize,
    holdings: Holdings,
    learners: Learners,
    proposals: Proposals,
    bereaved: Bereaved,
    /// When learners were chosen last.
    chosen_ms: u64,
    /// How many events there were when the process started.
    events_found: u64,
    publication: Publication,
    inspections: Inspections,
    counters: Counters,
}

/// A link and what its node has been sent.
#[derive(Debug)]
struct Line {
    peer: Peer,
    /// Who registered on it.
    node: Option<NodeId>,
    sent: Sent,
}

/// What has been appended to a link.
#[derive(Debug, Default)]
struct Sent {
    registered: bool,
    /// The step that must be stored before the node hears of its incarnation.
    registered_at: u64,
    /// The table's version; the lowest: none.
    table: Version,
    config: u64,
}

impl Boss {
    /// A boss that goes on from what was found. Its first [`Input::Wake`] begins its term.
    pub fn new(now: Time, settings: Settings, found: Found) -> Boss {
        let Found { mut kept, is_older } = found;
        // What can't be read may have begun the next term already.
        kept.term += if is_older { 2 } else { 1 };
        let wait_ms = if is_older { super::liveness::GIVE_UP_MS } else { 0 };
        let nodes = kept.roster.iter().map(|node| node.id.clone());
        let lives = nodes.map(|id| (id, Liveness::unlinked(now.ms))).collect();
        let (events_found, copies) = (kept.events.count(), kept.config.copies());
        let publication = Publication::of(&kept.rows);
        let mut bereaved = Bereaved::default();
        bereaved.review();
        let mut boss = Boss {
            settings,
            faults: Faults::default(),
            kept,
            returned_by_ms: now.ms + newcomers::RETURN_MS,
            judge_from_ms: now.ms + wait_ms,
            settle_at: None,
            lives,
            links: BTreeMap::new(),
            newcomers: BTreeMap::new(),
            refusals: Throttle::default(),
            reports: Reports::default(),
            copies,
            holdings: Holdings::default(),
            learners: Learners::default(),
            proposals: Proposals::default(),
            bereaved,
            chosen_ms: now.ms,
            events_found,
            publication,
            inspections: Inspections::default(),
            counters: Counters::default(),
        };
        let term = boss.kept.term;
        boss.tell(now, Kind::Started, None, format!("the boss began term {term}"));
        if is_older {
            let text = "the newest stored state can't be read: continuing from the one before it";
            boss.tell(now, Kind::Store, None, text.to_owned());
        }
        boss.publication.change();
        boss
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

    /// Takes what happened and decides.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Outbox) {
        match input {
            Input::LinkUp { link, peer } => self.link_up(link, peer),
            Input::LinkDown { link } => self.link_down(now, link),
            Input::Frame { link, frame } => self.frame(now, link, frame, out),
            Input::Configure { question, config, over } => {
                self.configure(now, question, &config, over, out);
            }
            Input::Inspect { question, queue } => self.inspect(now, question, queue, out),
            Input::Stored => self.stored(now, out),
            Input::StoreFailed { reason } => self.store_failed(now, &reason, out),
            Input::Wake => {}
        }
        self.count_refusals(now);
        self.welcome(now, out);
        self.judge(now);
        self.settle(now);
        self.decide_waiting(now);
        self.choose_learners(now);
        self.expire(now, out);
        self.publish(now, out);
    }

    /// When [`Input::Wake`] is wanted next, in milliseconds.
    pub fn wake_at(&self, now: Time) -> Option<u64> {
        let deadlines = [
            self.settle_at,
            self.judge_at(now),
            self.welcome_at(now),
            self.refusals.wake_at(),
            self.inspections.wake_at(),
            self.publication.retry_at(),
            self.publication.change_at(),
            self.learners.wake_at(now.ms),
            self.proposals.wake_at(),
            self.bereaved.wake_at(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// The cluster's id, once and for all.
    pub fn cluster_id(&self) -> u64 {
        self.kept.cluster_id
    }

    fn link_up(&mut self, link: LinkId, peer: Peer) {
        self.links.insert(link, Line { peer, node: None, sent: Sent::default() });
    }

    fn frame(&mut self, now: Time, link: LinkId, frame: &[u8], out: &mut Outbox) {
        let Some(line) = self.links.get(&link) else { return };
        let Ok(N2b { body: Some(body) }) = N2b::decode(frame) else {
            return out.links.end(link, "it sent a frame that can't be read");
        };
        let node = line.node.clone();
        let waits = self.newcomers.contains_key(&link);
        match (body, node) {
            (n2b::Body::Register(register), None) if !waits => {
                self.register(now, link, register, out)
            }
            (n2b::Body::Register(_), _) => {
                out.links.end(link, "it registered twice on one link");
            }
            (n2b::Body::Report(report), Some(node)) => self.report(now, &node, report),
            (n2b::Body::Unreachable(message), Some(node)) => self.unreachable(now, &node, &message),
            (n2b::Body::Reached(message), Some(node)) => self.reached(&node, &message),
            (n2b::Body::Inspected(answer), Some(_)) => self.inspected(answer, out),
            (n2b::Body::Propose(proposal), Some(node)) => {
                self.propose(now, link, &node, &proposal, out);
            }
            (n2b::Body::Known(_), Some(_)) => {
                out.links.end(link, "it answered a question that nobody asked");
            }
            (
                n2b::Body::Report(_)
                | n2b::Body::Unreachable(_)
                | n2b::Body::Reached(_)
                | n2b::Body::Inspected(_)
                | n2b::Body::Propose(_)
                | n2b::Body::Known(_),
                None,
            ) => {
                // Who waits for its id is nobody yet.
                if !waits {
                    out.links.end(link, "it sent something before it registered");
                }
            }
            // The link answers these itself and never hands them on.
            (
                n2b::Body::Hello(_)
                | n2b::Body::Proof(_)
                | n2b::Body::Refuse(_)
                | n2b::Body::Beat(_),
                _,
            ) => out.links.end(link, "it repeated its handshake"),
        }
    }

    fn report(&mut self, now: Time, node: &NodeId, report: Report) {
        if self.holdings.take(node, &report.buckets, report.full) {
            self.bereaved.review();
            self.learners.review();
        }
        if let Some(node) = self.kept.roster.get(node) {
            self.reports.take(node, report, now.ms);
        }
    }

    fn tell(&mut self, now: Time, kind: Kind, node: Option<&NodeId>, text: String) {
        let node = node.map(|node| node.as_str().to_owned());
        self.kept.events.push(Event { at_ms: now.unix_ms, kind, node, text });
        self.publication.change_by(now.ms + STORE_AFTER_MS);
    }

    fn answer(out: &mut Outbox, question: u64, answer: super::outbox::Answer) {
        out.effects.push(Effect::Answer { question, answer });
    }
}

#[cfg(test)]
mod tests;

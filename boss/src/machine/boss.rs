//! The boss: takes what nodes say, decides who is in and who holds what, and pushes only what is
//! stored.
//!
//! Every change is a step: it raises the version, is written to the store, and only then leaves the
//! process. While one step is being written, later changes gather for the next.

mod calls;
mod doors;
mod inspection;
mod learners;
mod membership;
mod newcomers;
mod ownership;
mod proposals;
mod publication;
mod recovery;
mod returns;
mod safety;
mod slept;
mod verdicts;
mod views;

use std::collections::BTreeMap;

use link::machine::{LinkId, Peer, Throttle};
use prost::Message as _;
use proto::n2b::{N2b, Report, n2b};
use proto::name::NodeId;
use proto::table::Version;
use proto::time::Time;

use self::calls::Calls;
pub use self::calls::{Call, Callee};
use self::doors::Told;
use self::inspection::Inspections;
use self::learners::Learners;
use self::newcomers::Newcomer;
use self::proposals::Proposals;
use self::publication::Publication;
pub use self::recovery::Adopt;
use self::returns::Returns;
use self::safety::Lookout;
use self::verdicts::Bereaved;
use super::adopt;
use super::configuration::Configuration;
use super::counters::Counters;
use super::events::{Event, Kind, STORE_AFTER_MS};
use super::frozen::Frozen;
use super::history;
use super::holdings::Holdings;
use super::jumps::Jumps;
use super::kept::Kept;
use super::liveness::Liveness;
use super::outbox::{Effect, Outbox};
use super::totals::Reports;
use super::trend::Trend;

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
    /// B1: steps are said before the store has them.
    pub pushed_before_stored: bool,
    /// B2: the term is the one before, and is written with the first other step.
    pub term_after: bool,
    /// B3: nothing freezes.
    pub thaws_at_once: bool,
    /// B4 to B6.
    pub adopt: adopt::Faults,
    /// B6: the first change of a row uses up the jump of its reign, too.
    pub reign_jumps_with_conf: bool,
    /// B6: the configuration's version doesn't jump.
    pub config_repeats: bool,
    /// B7: nobody is waited for.
    pub judges_at_once: bool,
    /// Who is dead is given up while the store fails.
    pub judges_stalled: bool,
    /// B7: a member that has reported is enough.
    pub member_is_enough: bool,
    /// B8a: a new life of a primary gets its rows.
    pub newcomer_takes_back: bool,
    /// B10: what a primary reports beyond the store's row is nothing.
    pub unknown_primary_ignored: bool,
    /// B3: a lost row that is lower than its row is taken for one that slept.
    pub lower_lost_row_is_told: bool,
    /// B10: who has slept makes the boss freeze.
    pub freezes_for_slept: bool,
    /// F10: the time in which the boss stood still counts.
    pub counts_sleep: bool,
    /// B8: a link that ended is a death.
    pub dead_by_one_link: bool,
    /// B8: who is silent leaves sets.
    pub drops_by_silence: bool,
    /// F8: silence is enough for the last copy.
    pub last_copy_by_silence: bool,
    /// P1: a primary that can't go on stays.
    pub stuck_primary_stays: bool,
    /// G9: a learner may be where its primary doesn't reach it.
    pub learner_out_of_reach: bool,
    /// Of proposals.
    pub proposals: proposals::Faults,
}

/// What there was when the process started.
#[derive(Debug)]
pub struct Found {
    /// What the store had.
    pub kept: Kept,
    /// Whether that is an older step than the last one written, since the last one can't be read.
    pub is_older: bool,
    /// Drawn when the process started, so that nothing is given out twice that lost steps gave.
    pub chance: u64,
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
        /// It ended because nothing was heard on it for so long; 0: for another reason.
        silent_ms: u64,
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
    /// An operator goes on behind lost steps, or gives up a bucket.
    Adopt {
        /// Names the answer.
        question: u64,
        /// What it is to be.
        adopt: Adopt,
    },
    /// What is in this queue?
    Inspect {
        /// Names the answer.
        question: u64,
        /// The queue's name.
        queue: &'a str,
    },
    /// What does a process say over HTTP?
    Call {
        /// Names the answer.
        question: u64,
        /// The request.
        call: Call,
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
    chance: u64,
    /// The term that this process began first.
    began: u64,
    returns: Returns,
    jumps: Jumps,
    /// While the store's lost steps are asked for.
    frozen: Option<Frozen>,
    /// When the next timer was due at the last look.
    due_at: Option<u64>,
    /// While a time is measured there is a timer at least by then.
    ticks_at: Option<u64>,
    /// When buckets that nobody has are given out.
    settle_at: Option<u64>,
    lives: BTreeMap<NodeId, Liveness>,
    links: BTreeMap<LinkId, Line>,
    /// Processes that want the id of one that may be alive.
    newcomers: BTreeMap<LinkId, Newcomer>,
    refusals: Throttle,
    reports: Reports,
    trend: Trend,
    /// How many copies of each bucket the configuration wants.
    copies: usize,
    /// A bucket changes nothing of which one of several copies is left.
    holds: bool,
    holdings: Holdings,
    learners: Learners,
    proposals: Proposals,
    bereaved: Bereaved,
    lookout: Lookout,
    /// When learners were chosen last.
    chosen_ms: u64,
    /// How many events there were when the process started.
    events_found: u64,
    publication: Publication,
    inspections: Inspections,
    calls: Calls,
    doors: Told,
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
    /// Whether it has been asked for all that it knows.
    asked: bool,
    /// The table's version; the lowest: none.
    table: Version,
    config: u64,
}

impl Boss {
    /// A boss that goes on from what was found. Its first [`Input::Wake`] begins its term.
    pub fn new(now: Time, settings: Settings, found: Found) -> Boss {
        let Found { mut kept, is_older, chance } = found;
        kept.term = history::next_term(kept.term, chance);
        let nodes = kept.roster.iter().map(|node| node.id.clone());
        let lives = nodes.map(|id| (id, Liveness::unlinked(now.ms))).collect();
        let (events_found, copies) = (kept.events.count(), kept.config.copies());
        let holds = kept.config.holds();
        let publication = Publication::of(&kept.rows);
        let mut bereaved = Bereaved::default();
        bereaved.review();
        let (began, returns) = (kept.term, Returns::new(now, &kept.roster));
        let mut boss = Boss {
            settings,
            faults: Faults::default(),
            kept,
            chance,
            began,
            returns,
            jumps: Jumps::new(chance),
            frozen: None,
            due_at: None,
            ticks_at: None,
            settle_at: None,
            lives,
            links: BTreeMap::new(),
            newcomers: BTreeMap::new(),
            refusals: Throttle::default(),
            reports: Reports::default(),
            trend: Trend::default(),
            copies,
            holds,
            holdings: Holdings::default(),
            learners: Learners::default(),
            proposals: Proposals::default(),
            bereaved,
            lookout: Lookout::default(),
            chosen_ms: now.ms,
            events_found,
            publication,
            inspections: Inspections::default(),
            calls: Calls::default(),
            doors: Told::default(),
            counters: Counters::default(),
        };
        let term = boss.kept.term;
        let text = format!("the boss began term {}, in full {term}", history::start_of(term));
        boss.tell(now, Kind::Started, None, text);
        if is_older {
            let text = "the newest stored state can't be read: continuing from the one before it";
            boss.tell(now, Kind::Store, None, text.to_owned());
            boss.freeze(now, "the store's newest step can't be read".to_owned());
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
        if self.faults().term_after {
            self.kept.term = self.kept.history.newest_term();
        }
    }

    /// Takes what happened and decides.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Outbox) {
        self.look_at_the_clock(now);
        match input {
            Input::LinkUp { link, peer } => self.link_up(link, peer),
            Input::LinkDown { link, silent_ms } => {
                self.hang_up(link, out);
                self.link_down(now, link, silent_ms);
            }
            Input::Frame { link, frame } => self.frame(now, link, frame, out),
            Input::Configure { question, config, over } => {
                self.configure(now, question, &config, over, out);
            }
            Input::Adopt { question, adopt } => self.adopt_by_hand(now, question, &adopt, out),
            Input::Inspect { question, queue } => self.inspect(now, question, queue, out),
            Input::Call { question, call } => self.call(now, question, call, out),
            Input::Stored => self.stored(now, out),
            Input::StoreFailed { reason } => self.store_failed(now, &reason, out),
            Input::Wake => {}
        }
        self.count_refusals(now);
        self.welcome(now, out);
        self.thaw(now);
        self.judge(now);
        self.settle(now);
        self.decide_waiting(now);
        self.choose_learners(now);
        self.look_at_safety(now);
        self.expire(now, out);
        self.expire_calls(now, out);
        self.publish(now, out);
        self.tell_doors(now, out);
        self.wind_the_clock(now);
    }

    /// When [`Input::Wake`] is wanted next, in milliseconds.
    pub fn wake_at(&self, now: Time) -> Option<u64> {
        let deadlines = [
            self.settle_at,
            self.judge_at(now),
            self.welcome_at(now),
            self.refusals.wake_at(),
            self.inspections.wake_at(),
            self.calls.wake_at(),
            self.doors.wake_at(),
            self.publication.retry_at(),
            self.publication.change_at(),
            self.learners.wake_at(now.ms),
            self.proposals.wake_at(),
            self.ticks_at,
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
            (n2b::Body::Known(known), Some(node)) => self.hear_all(link, &node, known, out),
            (n2b::Body::Unreachable(message), Some(node)) => self.unreachable(now, &node, &message),
            (n2b::Body::Reached(message), Some(node)) => self.reached(&node, &message),
            (n2b::Body::Inspected(answer), Some(_)) => self.inspected(answer, out),
            (n2b::Body::Called(answer), Some(_)) => self.called(link, answer, out),
            (n2b::Body::Propose(proposal), Some(node)) => {
                self.propose(now, link, &node, &proposal, out);
            }
            (
                n2b::Body::Report(_)
                | n2b::Body::Unreachable(_)
                | n2b::Body::Reached(_)
                | n2b::Body::Inspected(_)
                | n2b::Body::Called(_)
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
        let (term, version) = (report.table_term, report.table_version);
        self.examine_step(now, node.as_str(), Version { term, version });
        self.examine_reports(now, node, &report.buckets);
        if self.holdings.take(node, &report.buckets, report.full) {
            self.bereaved.review();
            self.learners.review();
            self.lookout.review();
        }
        if report.door.is_some() {
            self.doors.review();
        }
        if let Some(node) = self.kept.roster.get(node) {
            self.reports.take(node, report, now.ms);
            let hosts_may_die = self.lookout.safety().hosts_may_die;
            self.trend.take(now, || self.reports.totals(), hosts_may_die);
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

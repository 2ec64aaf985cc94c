//! The queue node: takes what came, finds whom it is for, and ends the turn.

use std::rc::Rc;
use std::sync::Arc;

use link::machine::{LinkId, Peer};
use proto::b2n;
use proto::bucket::{BucketId, Epochs};
use proto::class::ClusterConfig;
use proto::g2q::field::g2q;
use proto::limits;
use proto::link::Role;
use proto::n2b::BucketReport;
use proto::seeded::Seed;
use proto::table::BucketTable;
use proto::time::Time;
use proto::wire;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::allowance::{Allowances, Rate};
use super::application::Couriers;
use super::bucket::Bucket;
use super::buckets::Buckets;
use super::busy::Watch;
#[cfg(test)]
use super::clock::Clock;
use super::clock::NodeMs;
use super::copies::{Batches, Compared, Copies, Lag, Learner, Played, Reader, Streams, Waits};
use super::counters::Counters;
use super::faults::Faults;
use super::lane::Broken;
use super::links::{Links, read_at};
use super::local::Seat;
use super::promote::Promotion;
use super::reports::Reports;
use super::rows::Rows;
use super::run::SpareRuns;
use super::state::idempotency::Shares;
use super::state::snapshot::Snapshot;
use super::timers::{Timer, Timers};
use super::traced::Followed;
use super::turn::{Outbox, Shared, Turn};
use super::unanswered::UnansweredWords;

mod seen;

/// What users may create.
const CREATIONS: Rate =
    Rate { burst: limits::CREATIONS_BURST, every_ms: limits::CREATION_EVERY_MS };
/// How often a user's logins may end each other.
const EVICTIONS: Rate =
    Rate { burst: limits::EVICTIONS_BURST, every_ms: limits::EVICTION_EVERY_MS };

/// Who this node is and how patient.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its id.
    pub id: String,
    /// Its life, as the boss gave it.
    pub incarnation: u64,
    /// A session outlives its lane this long.
    pub grace_ms: u64,
    /// Newcomers are refused when it keeps about so much.
    pub bytes_max: u64,
    /// All replay logs together take about so much at most.
    pub logs_bytes_max: usize,
    /// Each bucket begins with so many copies that the caller plays, and waits for them.
    pub played_copies: u32,
    /// Planted bugs.
    pub faults: Faults,
}

impl Settings {
    /// The planted bugs: there are none in a build without debug assertions, which has no code for
    /// them.
    #[inline]
    pub(crate) fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }
}

/// What happens to a node.
#[derive(Debug)]
pub enum Input<'a> {
    /// A link is up; `dialled` by this node.
    LinkUp {
        /// Its number, until it goes down.
        link: LinkId,
        /// Who is there.
        peer: Peer,
        /// This node dialled it, to tell the peer's queues what its own have to say.
        dialled: bool,
    },
    /// A link is no more.
    LinkDown {
        /// Which.
        link: LinkId,
    },
    /// A frame came.
    Frame {
        /// On this link.
        link: LinkId,
        /// The envelope, without its length.
        frame: &'a [u8],
    },
    /// A table came.
    Table(Arc<BucketTable>),
    /// A cluster configuration came.
    Config(Arc<ClusterConfig>),
    /// There is a link to a boss, or there is none any more.
    Boss {
        /// Whether there is.
        linked: bool,
    },
    /// The boss can't decide about a proposal now.
    NotNow(b2n::NotNow),
    /// Nobody listens at the port of a node.
    Refused {
        /// Its id.
        id: &'a str,
        /// Its life.
        incarnation: u64,
    },
    /// Something happens to copies that the caller plays.
    Played(Played<'a>),
    /// The boss asks what is in a queue.
    Inspect {
        /// Of the question.
        number: u64,
        /// The queue's name.
        queue: &'a str,
    },
    /// All that came has been taken: what was gathered is let out.
    TurnEnd,
    /// The moment of [`Node::wake_at`] has come.
    Wake,
}

/// A queue node.
#[derive(Debug)]
pub struct Node {
    pub(super) shared: Shared,
    pub(super) buckets: Buckets,
    /// Of others' buckets.
    copies: Copies,
    reports: Reports,
}

impl Node {
    /// A node without table, configuration and links.
    pub fn new(settings: Settings, seed: u64) -> Node {
        let mut timers = Timers::default();
        timers.set(NodeMs(0), Timer::Memory);
        let key_shares = Shares::new(settings.bytes_max);
        let kept_bytes_max = settings.bytes_max;
        let (rows, played) = (Rows::new(settings.faults()), settings.played_copies);
        let shared = Shared {
            random: StdRng::seed_from_u64(seed),
            links: Links::new(settings.faults()),
            settings,
            creations: Allowances::new(CREATIONS, Seed::new(seed)),
            evictions: Allowances::new(EVICTIONS, Seed::new(seed)),
            classes: Rc::default(),
            holds: false,
            rows,
            timers,
            counters: Counters { kept_bytes_max, ..Counters::default() },
            watch: Watch::default(),
            followed: Followed::default(),
            probes: std::collections::VecDeque::new(),
            dirty: Vec::new(),
            open_units: Vec::new(),
            units: Vec::new(),
            is_tapped: false,
            streams: Streams::new(played),
            batches: Batches::default(),
            couriers: Couriers::new(Seed::new(seed)),
            inner: std::collections::VecDeque::new(),
            key_shares,
            unanswered: UnansweredWords::new(Seed::new(seed)),
            is_resending: false,
            snapshot_bytes: 0,
            serials: 0,
            scratch: Vec::new(),
            body: Vec::new(),
            header: Vec::new(),
            prepared: Vec::new(),
            spare_runs: SpareRuns::default(),
        };
        let (buckets, copies, reports) = Default::default();
        Node { shared, buckets, copies, reports }
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Outbox) {
        let is_end = matches!(input, Input::TurnEnd);
        let mut turn = Turn::new(now, &mut self.shared, out);
        match input {
            Input::Frame { link, frame } => {
                let copies = &mut self.copies;
                if let Err(reason) = self.buckets.frame(&mut turn, copies, link, frame) {
                    turn.shared.counters.broken_peers += 1;
                    if let Some(state) = turn.shared.links.get_mut(link) {
                        state.ending = true;
                    }
                    turn.out.links.end(link, reason);
                }
            }
            Input::LinkUp { link, peer, dialled } => {
                let hears_words = dialled && peer.role == Role::QueueNode;
                if let Some(before) = turn.shared.links.supersede(&peer, dialled) {
                    turn.out.links.end(before, "the peer has come back on another link");
                    self.copies.link_down(before);
                    self.buckets.end_stream(&mut turn, before);
                }
                let (id, incarnation) = (peer.id.clone(), peer.incarnation);
                turn.shared.links.up(link, peer, dialled);
                turn.shared.couriers.link_up();
                self.buckets.tell_deposed(&mut turn, link);
                if hears_words {
                    self.buckets.begin_stream(&mut turn, link, &id, incarnation);
                    self.buckets.send_words_to(&mut turn, link);
                }
            }
            Input::LinkDown { link } => {
                self.copies.link_down(link);
                self.buckets.end_stream(&mut turn, link);
                self.buckets.link_down(&mut turn, link);
            }
            Input::Table(table) => self.buckets.adopt(&mut turn, &table),
            Input::Config(config) => self.buckets.configure(&mut turn, &config),
            Input::Boss { linked } => self.buckets.boss(&mut turn, linked),
            Input::NotNow(answer) => self.buckets.not_now(&mut turn, &answer),
            Input::Refused { id, incarnation } => self.buckets.refused(&mut turn, id, incarnation),
            Input::Played(played) => self.buckets.play(&mut turn, played),
            Input::Inspect { number, queue } => self.buckets.inspect(&mut turn, number, queue),
            Input::TurnEnd => {
                self.buckets.look_at_fellows(&mut turn);
                self.buckets.end_turn(&mut turn);
            }
            Input::Wake => {
                self.buckets.wake(&mut turn);
                self.copies.wake(turn.node_ms());
            }
        }
        self.buckets.heed_rows(&mut turn, &mut self.copies);
        self.buckets.carry_out(&mut turn);
        self.buckets.deliver(&mut turn);
        if is_end {
            self.buckets.answer_probes_in_part(&mut turn);
            self.buckets.close_units(&mut turn);
            self.copies.end_turn(&mut turn);
            self.buckets.end_batches(&mut turn);
        }
    }

    /// A snapshot of a bucket begins, between two turns: its slices are for the caller to take.
    /// From here on the units of the bucket are let out. False: it isn't here.
    pub fn follow(&mut self, now: Time, bucket: BucketId) -> bool {
        let Some(bucket) = self.bucket(bucket) else { return false };
        let now_ms = bucket.clock.at_ms(NodeMs(now.ms));
        bucket.stream.begin(Reader::Caller, Snapshot::new(&bucket.state, now_ms));
        self.shared.is_tapped = true;
        true
    }

    /// The next slice of that snapshot, of about so many bytes, and whether it is the last.
    pub fn slice(&mut self, bucket: BucketId, bytes: usize) -> Option<(Vec<u8>, bool)> {
        let bucket = self.bucket(bucket)?;
        let (snapshot, mut slice) = (bucket.stream.snapshot(Reader::Caller)?, Vec::new());
        snapshot.slice(&bucket.state, bytes, &mut slice);
        let is_last = snapshot.is_over();
        if is_last {
            bucket.stream.end_snapshot(Reader::Caller);
        }
        Some((slice, is_last))
    }

    /// What was seen last of each copy that it has and of its primary, and how many copies aren't
    /// level yet.
    pub fn compared(&self) -> (Vec<Compared>, usize) {
        self.copies.compared()
    }

    /// The newest record of a bucket between two turns, and what a copy's digest must be then.
    pub fn digest(&mut self, now: Time, bucket: BucketId) -> Option<(u64, u128)> {
        let bucket = self.bucket(bucket)?;
        let now_ms = bucket.clock.at_ms(NodeMs(now.ms));
        Some((bucket.state.newest().n, bucket.state.digest(now_ms)))
    }

    /// Of a copy that has a state: under which epochs it has recorded, the newest record that it
    /// has applied, and its digest for this moment of its primary's clock.
    pub fn copy_digest(&self, bucket: BucketId, at_ms: u64) -> Option<(Epochs, u64, u128)> {
        self.copies.state_digest(bucket, at_ms)
    }

    /// From which moment of its primary's clock on a copy's digest has to be its primary's.
    pub fn copy_passed_ms(&self, bucket: BucketId) -> u64 {
        self.copies.passed_ms(bucket)
    }

    /// The clock of a bucket shows this.
    #[cfg(test)]
    pub(crate) fn set_clock(&mut self, now: Time, bucket: BucketId, at_ms: u64) {
        let bucket = self.bucket(bucket).expect("the bucket is here");
        bucket.clock = Clock::showing(at_ms, NodeMs(now.ms));
    }

    /// What the clock of a bucket shows.
    pub fn clock_ms(&mut self, now: Time, bucket: BucketId) -> Option<u64> {
        Some(self.bucket(bucket)?.clock.at_ms(NodeMs(now.ms)))
    }

    /// Goes on with the state of a copy as the primary of a new reign, between two turns.
    pub fn promote(
        &mut self,
        now: Time,
        bucket: BucketId,
        copy: Learner,
        by: Promotion,
        out: &mut Outbox,
    ) {
        let mut turn = Turn::new(now, &mut self.shared, out);
        let found = self.buckets.get(bucket.prefix());
        if let Some(bucket) = found.filter(|found| found.outputs.bucket() == bucket) {
            bucket.promote(&mut turn, copy.into_state(), by);
        }
    }

    /// Goes on with the state of a copy that has all records of a bucket, between two turns:
    /// nothing shows it, if the copy is what the bucket is.
    pub fn stand_in(&mut self, now: Time, bucket: BucketId, copy: Learner, out: &mut Outbox) {
        let mut turn = Turn::new(now, &mut self.shared, out);
        let found = self.buckets.get(bucket.prefix());
        if let Some(bucket) = found.filter(|found| found.outputs.bucket() == bucket) {
            bucket.stand_in(&mut turn, copy.into_state());
        }
    }

    /// The reign of a bucket.
    pub fn reign(&mut self, bucket: BucketId) -> Option<u64> {
        Some(self.bucket(bucket)?.state.reign())
    }

    fn bucket(&mut self, id: BucketId) -> Option<&mut Bucket> {
        self.buckets.get(id.prefix()).filter(|bucket| bucket.outputs.bucket() == id)
    }

    /// From now on newcomers are refused when it keeps about so much. What is remembered of
    /// requests keeps the bound that the node began with.
    pub fn set_bytes_max(&mut self, bytes_max: u64) {
        self.shared.settings.bytes_max = bytes_max;
        self.shared.counters.kept_bytes_max = bytes_max;
    }

    /// When [`Input::Wake`] is wanted next, in milliseconds.
    pub fn wake_at(&self) -> Option<u64> {
        let streams_ms = self.shared.streams.wake_at().map(|NodeMs(at_ms)| at_ms);
        [self.shared.timers.next_ms(), streams_ms].into_iter().flatten().min()
    }

    /// What it has counted.
    pub fn counters(&self) -> Counters {
        let sessions = self.buckets.all().map(|bucket| bucket.state.people().len() as u64).sum();
        let counters = self.shared.counters;
        let queues = counters.queues_created - counters.queues_destroyed;
        let unanswered = self.shared.unanswered.total() as u64;
        let callout_tells_kept = self.shared.couriers.len() as u64;
        let copies = self.copies.len() as u64;
        let lags = self.buckets.all().map(|bucket| bucket.fellows.lag());
        let lag = lags.fold(Lag::default(), Lag::max);
        let (copy_lag_records, copy_lag_bytes) = (lag.records, lag.bytes);
        Counters {
            sessions,
            queues,
            unanswered,
            callout_tells_kept,
            copies,
            copy_lag_records,
            copy_lag_bytes,
            ..counters
        }
    }

    /// The buckets that this node is home of, and under which epochs.
    pub fn buckets(&self) -> Vec<(BucketId, Epochs)> {
        let buckets = self.buckets.all();
        buckets.map(|bucket| (bucket.outputs.bucket(), bucket.outputs.epochs())).collect()
    }

    /// Whom it waits for with each bucket that it is home of, and whether it wants its row changed.
    pub fn waits(&self) -> Vec<Waits> {
        let faults = self.shared.settings.faults();
        self.buckets.all().map(|bucket| bucket.waits(faults)).collect()
    }

    /// What it reports to a boss that has heard nothing of it on this link.
    pub fn holds(&mut self) -> Vec<BucketReport> {
        self.reports.forget();
        let mut holds = self.changes();
        // Nothing of a bucket that it has left: the boss may have lost that it did.
        let mut left = self.shared.rows.left(&self.shared.settings);
        left.retain(|left| holds.iter().all(|held| held.prefix != left.prefix));
        holds.extend(left);
        holds
    }

    /// What has changed since it has reported last.
    pub fn changes(&mut self) -> Vec<BucketReport> {
        self.reports.changes(&self.shared.rows, &self.buckets, &self.copies)
    }

    /// Whether it has no space for copies.
    pub fn is_full(&self) -> bool {
        self.copies.is_full()
    }

    /// The same for a boss that has lost steps, and counts on it until its next table.
    pub fn tell_all(&mut self) -> Vec<BucketReport> {
        self.shared.rows.hold();
        self.holds()
    }

    /// What it keeps in all, and that part of it which is there for sessions that left queues.
    #[cfg(test)]
    pub(crate) fn bytes(&mut self) -> (usize, usize) {
        let timers = self.shared.timers.bytes();
        let runs = self.shared.spare_runs.len() * size_of::<super::run::Run>();
        let (mut all, mut left) = (timers + runs, timers);
        for bucket in self.buckets.iter() {
            let memory = bucket.state.memory().bytes();
            all += memory
                + bucket.state.queues().bytes()
                + bucket.state.logins().bytes()
                + bucket.state.words().bytes();
            left += memory;
        }
        (all, left)
    }
}

impl Buckets {
    #[inline]
    fn frame(
        &mut self,
        turn: &mut Turn<'_>,
        copies: &mut Copies,
        link: LinkId,
        frame: &[u8],
    ) -> Result<(), Broken> {
        let (number, body) = wire::envelope(frame).map_err(|_| "a frame can't be read")?;
        let state =
            turn.shared.links.get_mut(link).ok_or("a frame came on a link that isn't up")?;
        if state.ending {
            return Ok(());
        }
        if number == g2q::AT {
            let (bucket, epochs) = read_at(body)?;
            state.hears_at(bucket, epochs);
            return Ok(());
        }
        match state.peer.role {
            Role::Gateway => self.lane_frame(turn, link, number, body),
            Role::QueueNode => self.peer_frame(turn, copies, link, number, body),
            Role::Boss | Role::None => Err("only gateway lanes and queue nodes speak to a queue \
                                            node here"),
        }
    }

    fn link_down(&mut self, turn: &mut Turn<'_>, link: LinkId) {
        turn.shared.links.held.link_down(link);
        turn.shared.couriers.link_down(link);
        turn.shared.rows.link_down(link);
        turn.shared.probes.retain(|(_, probe)| probe.link != link);
        let Some(state) = turn.shared.links.down(link) else { return };
        for queue in state.subs.values() {
            if let Some(bucket) = self.get(queue.bucket)
                && bucket.locals.get(queue.index, queue.serial).is_some()
            {
                bucket.lane_down(turn, queue.index, link);
            }
        }
        for (handle, connection) in state.connections() {
            self.let_go(turn, connection.id, Seat { link, handle });
        }
    }
}

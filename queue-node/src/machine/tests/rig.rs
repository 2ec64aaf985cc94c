//! A node with scripted lanes. `check` runs a script and compares what comes of it.
//!
//! A script is lines `MOMENT LINK VERB …`; lines of the same moment are one turn. Behind `----` is
//! what the node says, a line per frame. Epochs are written as e1, e2 in the order of their
//! appearance. From a line `MOMENT loud` on, refusals are written with their sentences, and from
//! `MOMENT rows` on what other nodes are told of rows. `MOMENT reign N` is under which reign all
//! peers speak from then on.

use std::collections::BTreeMap;
use std::sync::Arc;

use link::machine::{LinkId, Peer};
use proto::bucket::BucketId;
use proto::class::ClusterConfig;
use proto::g2q::{self, g2q::Body, operation::Body as Op};
use proto::ids::SessionId;
use proto::link::{At, Role};
use proto::name;
use proto::q2g;
use proto::time::Time;

use crate::machine::{Faults, Input, Node, Outbox, Played, Settings};

mod cluster;
pub(crate) mod pair;
mod promoted;
mod said;
mod script;
mod several;
mod shadows;

pub(crate) use cluster::{config, row, session_id, table};
pub(crate) use said::frames;
pub(crate) use several::{Sets, Several};
pub(crate) use shadows::Bytes;

pub(crate) const GRACE_MS: u64 = 1000;

/// What the node's clock shows when a script begins. The bucket of all names whose hash begins with
/// 0 is an hour behind it, and the other one an hour ahead.
const NODE_MS: u64 = 3_600_000;

/// Runs a script; what the node says must be what stands behind `----`.
pub(crate) fn check(script: &str) {
    check_with(Rig::new(), script);
}

/// The same on a node of one's own making.
pub(crate) fn check_with(mut rig: Rig, script: &str) {
    let (lines, wanted) = script.split_once("----").expect("a script has ----");
    let trim = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    let said = rig.run(lines);
    let (said, wanted) = (trim(&said), trim(wanted));
    assert!(said == wanted, "\n--- wanted\n{wanted}\n--- said\n{said}\n");
}

/// A node and its links.
pub(crate) struct Rig {
    pub(crate) node: Node,
    pub(crate) out: Outbox,
    /// The moment of the script.
    pub(crate) now: Time,
    links: BTreeMap<String, LinkId>,
    next_link: u32,
    pub(crate) epochs: Vec<u64>,
    /// What sessions were told at login: what their lanes introduce them with.
    pub(crate) generations: BTreeMap<SessionId, u64>,
    /// What its peers think is the reign of every bucket.
    pub(crate) reign: u64,
    /// Refusals are written with their sentences.
    loud: bool,
    /// What other nodes are told of rows is written.
    pub(super) rows: bool,
    /// The version of the newest configuration.
    config_version: u64,
    /// A panic that the node catches is a failure, unless it was planted.
    pub(crate) may_panic: bool,
    pub(crate) shadows: shadows::Shadows,
    /// The node's clock shows so much more.
    ahead_ms: u64,
}

impl Rig {
    pub(crate) fn new() -> Rig {
        Rig::with(0, Faults::default())
    }

    /// Whose buckets wait for so many copies.
    pub(crate) fn with(played_copies: u32, faults: Faults) -> Rig {
        Rig::named("q1", 0, played_copies, faults)
    }

    /// The node of this id, whose clock shows so much more than that of others.
    pub(crate) fn named(id: &str, ahead_ms: u64, played_copies: u32, faults: Faults) -> Rig {
        let (id, incarnation, grace_ms) = (id.to_owned(), 1, GRACE_MS);
        let bytes_max = u64::MAX;
        let settings = Settings {
            id,
            incarnation,
            grace_ms,
            bytes_max,
            logs_bytes_max: usize::MAX,
            played_copies,
            faults,
        };
        Rig::of(settings, ahead_ms)
    }

    /// Of a node that may keep so much.
    pub(crate) fn keeping(bytes_max: u64) -> Rig {
        let (id, faults, played_copies) = ("q1".to_owned(), Faults::default(), 0);
        let (incarnation, grace_ms) = (1, GRACE_MS);
        let settings = Settings {
            id,
            incarnation,
            grace_ms,
            bytes_max,
            logs_bytes_max: usize::MAX,
            played_copies,
            faults,
        };
        Rig::of(settings, 0)
    }

    fn of(settings: Settings, ahead_ms: u64) -> Rig {
        let mut rig = Rig {
            node: Node::new(settings, 7),
            out: Outbox::default(),
            now: Time { ms: 0, unix_ms: 1_000_000 },
            links: BTreeMap::new(),
            next_link: 0,
            epochs: Vec::new(),
            generations: BTreeMap::new(),
            reign: 1,
            loud: false,
            rows: false,
            config_version: 0,
            may_panic: false,
            shadows: shadows::Shadows::default(),
            ahead_ms,
        };
        rig.configure(config());
        rig.handle(Input::Table(table(1, ["q1", "q1"], 0, 1)));
        let (ahead, is_here) =
            (BucketId::new(1, 1).expect("a bucket"), !rig.node.buckets().is_empty());
        if is_here {
            rig.node.set_clock(rig.node_now(), ahead, 2 * NODE_MS);
        }
        rig
    }

    pub(crate) fn handle(&mut self, input: Input<'_>) {
        let is_end = matches!(input, Input::TurnEnd);
        let now = self.node_now();
        self.node.handle(now, input, &mut self.out);
        assert!(self.may_panic || self.out.caught.is_empty(), "{:?}", self.out.caught);
        if is_end {
            self.shadows.follow(now, &mut self.node, &mut self.out);
        }
    }

    /// The copies acknowledge the oldest of the batches that they haven't acknowledged, at most so
    /// many. How many they were.
    pub(crate) fn acknowledge(&mut self, most: usize) -> usize {
        let count = most.min(self.out.batches.len());
        let batches: Vec<_> = self.out.batches.drain(..count).collect();
        for (fellow, batch) in batches {
            self.handle(Input::Played(Played::Acknowledged { fellow, batch }));
        }
        count
    }

    pub(crate) fn run(&mut self, script: &str) -> String {
        let mut said = String::new();
        let lines: Vec<Vec<&str>> = script
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|words| !words.is_empty())
            .collect();
        for turn in lines.chunk_by(|one, other| one[0] == other[0]) {
            let ms: u64 = turn[0][0].parse().expect("a line begins with its moment");
            self.advance(ms);
            for words in turn {
                self.line(&words[1..]);
            }
            self.handle(Input::TurnEnd);
            assert_eq!(self.node.counters().kept_bytes, self.node.recounted(), "{said}");
            self.hear(&mut said);
        }
        said
    }

    /// A line without its moment, in the turn that is going on.
    pub(crate) fn says(&mut self, line: &str) {
        self.line(&line.split_whitespace().collect::<Vec<_>>());
    }

    fn advance(&mut self, ms: u64) {
        while let Some(at) =
            self.node.wake_at().map(|at| at.saturating_sub(NODE_MS + self.ahead_ms))
            && at <= ms
        {
            self.now.unix_ms += at.max(self.now.ms) - self.now.ms;
            self.now.ms = at.max(self.now.ms);
            self.handle(Input::Wake);
            self.handle(Input::TurnEnd);
        }
        self.now.unix_ms += ms - self.now.ms;
        self.now.ms = ms;
    }

    /// The boss has another configuration.
    pub(crate) fn configure(&mut self, config: ClusterConfig) {
        self.config_version += 1;
        let config = ClusterConfig { version: self.config_version, ..config };
        self.handle(Input::Config(Arc::new(config)));
    }

    /// The moment as the node's clock shows it.
    pub(crate) fn node_now(&self) -> Time {
        Time { ms: NODE_MS + self.ahead_ms + self.now.ms, ..self.now }
    }

    pub(crate) fn link(&self, name: &str) -> LinkId {
        self.links[name]
    }

    pub(crate) fn up(&mut self, name: &str, dialled: bool) -> LinkId {
        self.up_as(name, dialled, 1)
    }

    /// The same of a peer in another life.
    pub(crate) fn up_as(&mut self, name: &str, dialled: bool, incarnation: u64) -> LinkId {
        let link = LinkId(self.next_link);
        self.next_link += 1;
        self.links.insert(name.to_owned(), link);
        self.out.links.up(link);
        let role = if name.starts_with('g') { Role::Gateway } else { Role::QueueNode };
        let id = name.trim_end_matches('~').to_owned();
        // A gateway that ends in `+` is its lane with clients.
        let lane = u32::from(name.ends_with('+'));
        let peer = Peer { role, id, incarnation, lane, version: 1, cluster_id: 1 };
        self.handle(Input::LinkUp { link, peer, dialled });
        link
    }

    pub(crate) fn frame(&mut self, link: LinkId, message: &impl prost::Message) {
        let bytes = message.encode_to_vec();
        self.handle(Input::Frame { link, frame: &bytes });
    }

    pub(crate) fn lane(&mut self, link: LinkId, body: Body) {
        self.frame(link, &g2q::G2q { body: Some(body) });
    }

    /// Names the bucket of a queue.
    pub(crate) fn at(&mut self, link: LinkId, queue: &str) {
        let bucket = BucketId::of(name::hash(queue.as_bytes()), 1);
        let at = At { bits: 1, prefix: bucket.prefix(), loss: 0, reign: self.reign };
        self.lane(link, Body::At(at));
    }

    /// As a lane does that knows what the session was told at login.
    pub(crate) fn introduce(&mut self, link: LinkId, handle: u32, user: &str) {
        let generation = self.generations.get(&session_id(user, u64::from(handle)));
        self.introduce_as(link, handle, user, generation.copied().unwrap_or(0));
    }

    pub(crate) fn introduce_as(&mut self, link: LinkId, handle: u32, user: &str, generation: u64) {
        let session_id = session_id(user, u64::from(handle)).0.to_vec();
        let (session, user) = (handle, user.to_owned());
        let empty = g2q::Introduce::default();
        let word = g2q::Introduce { session, session_id, user, generation, ..empty };
        self.lane(link, Body::Introduce(word));
    }

    /// A session was told its generation.
    pub(crate) fn logged_in(&mut self, word: &q2g::LoggedIn) {
        if let Ok(id) = SessionId::try_from(word.session_id.as_slice()) {
            self.generations.insert(id, word.generation);
        }
    }

    pub(crate) fn operation(&mut self, link: LinkId, session: u32, queue: &str, sub: u32, op: Op) {
        self.at(link, queue);
        let body = Some(op);
        let operation = g2q::Operation { session, sub, body, ..g2q::Operation::default() };
        self.lane(link, Body::Operation(operation));
    }
    pub(super) fn epoch_of(&self, text: &str) -> u64 {
        match text.strip_prefix('e').and_then(|at| at.parse::<usize>().ok()) {
            Some(at) => self.epochs.get(at - 1).copied().unwrap_or(at as u64),
            None => text.parse().expect("an epoch"),
        }
    }

    pub(super) fn epoch(&mut self, epoch: u64) -> String {
        if epoch == 0 {
            return "e0".to_owned();
        }
        let at = self.epochs.iter().position(|known| *known == epoch).unwrap_or_else(|| {
            self.epochs.push(epoch);
            self.epochs.len() - 1
        });
        format!("e{}", at + 1)
    }
}

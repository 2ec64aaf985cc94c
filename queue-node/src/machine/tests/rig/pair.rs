//! Two nodes: the primary of both buckets, on which scripts are, and one that has copies.

use std::sync::Arc;

use link::machine::{LinkId, Peer};
use prost::Message as _;
use proto::bucket::BucketId;
use proto::frame;
use proto::limits;
use proto::link::Role;
use proto::n2b::Propose;
use proto::q2q::{self, q2q::Body};
use proto::table::{BucketTable, Owner, Place, Row, Table};
use proto::time::Time;

use super::{GRACE_MS, Rig, row};
use crate::machine::{Faults, Input, Node, Outbox, Settings};

/// The link on the copy's node.
pub(crate) const ACCEPTED: LinkId = LinkId(0);

pub(crate) struct Pair {
    pub(crate) primary: Rig,
    pub(crate) copy: Node,
    pub(crate) out: Outbox,
    /// The primary's link with the other node.
    pub(crate) dialled: Option<LinkId>,
    /// What the nodes have said to each other.
    pub(crate) said: Vec<String>,
    pub(crate) ended: Vec<&'static str>,
}

/// What a row says of the other node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Member,
    Learner,
    Nobody,
}

/// The table in which the first node has both buckets.
pub(crate) fn table(version: u64, reign: u64, other: As) -> Arc<BucketTable> {
    let owner = Owner { id: "q2".to_owned(), incarnation: 1 };
    let row = |prefix| {
        let mut row: Row = row(prefix, "q1", (0, reign, version));
        match other {
            As::Member => row.in_sync.push(owner.clone()),
            As::Learner => row.learners.push(owner.clone()),
            As::Nobody => {}
        }
        row
    };
    let place = |id: &str| Place { id: id.to_owned(), incarnation: 1, ..Place::default() };
    let (rows, places) = (vec![row(0), row(1)], vec![place("q1"), place("q2")]);
    let wire = Table { term: 1, version, bits: 1, rows, places };
    Arc::new(BucketTable::try_from(wire).expect("a good table"))
}

impl Pair {
    pub(crate) fn new(faults: Faults) -> Pair {
        let (primary, copy) = (Rig::with(0, faults), Node::new(settings(1, faults), 9));
        let (said, ended) = (Vec::new(), Vec::new());
        let mut pair = Pair { primary, copy, out: Outbox::default(), dialled: None, said, ended };
        pair.copy_takes(Input::Table(table(1, 1, As::Nobody)));
        pair.primary.says("g1 up");
        pair.primary.says("g1 introduce 1 ann");
        pair.primary.says("g1 login 1 ann");
        pair.primary.says("g1 1 1 subscribe /room/1 sub=5");
        pair.turn();
        pair
    }

    pub(crate) fn now(&self) -> Time {
        self.primary.node_now()
    }

    pub(crate) fn copy_takes(&mut self, input: Input<'_>) {
        let now = self.now();
        self.copy.handle(now, input, &mut self.out);
    }

    /// Both hear of a table.
    pub(crate) fn table(&mut self, version: u64, reign: u64, other: As) {
        self.primary.handle(Input::Table(table(version, reign, other)));
        self.copy_takes(Input::Table(table(version, reign, other)));
    }

    /// The link between them ends.
    pub(crate) fn cut(&mut self) {
        if let Some(link) = self.dialled.take() {
            self.primary.handle(Input::LinkDown { link });
            self.copy_takes(Input::LinkDown { link: ACCEPTED });
            self.out.links.down(ACCEPTED);
        }
    }

    /// The other node forgets all that it has: a bug.
    pub(crate) fn lose_copies(&mut self) {
        self.cut();
        self.copy = Node::new(settings(1, Faults::default()), 9);
        self.copy_takes(Input::Table(table(2, 1, As::Learner)));
    }

    /// The other node is another process from here on, of this life.
    pub(crate) fn restart_copy(&mut self, life: u64) {
        self.cut();
        self.copy = Node::new(settings(life, Faults::default()), 9);
        self.copy_takes(Input::Table(table(3, 1, As::Member)));
        self.dial(life);
    }

    /// There is a link; what was on its way on the one before is lost.
    pub(crate) fn link(&mut self) {
        self.cut();
        self.dial(1);
    }

    fn dial(&mut self, life: u64) {
        self.out.links.up(ACCEPTED);
        let (role, id) = (Role::QueueNode, "q1".to_owned());
        let peer = Peer { role, id, incarnation: 1, lane: 0, version: 1, cluster_id: 1 };
        self.copy_takes(Input::LinkUp { link: ACCEPTED, peer, dialled: false });
        self.dialled = Some(self.primary.up_as("q2", true, life));
    }

    /// A turn of both: what the one says, the other answers. Whether anything was said.
    pub(crate) fn turn(&mut self) -> bool {
        self.turn_with(|_| {})
    }

    /// The same, where what the primary says is changed on its way.
    pub(crate) fn turn_with(&mut self, mut spoil: impl FnMut(&mut Vec<u8>)) -> bool {
        self.primary.handle(Input::TurnEnd);
        let Some(link) = self.dialled else { return false };
        let before = self.said.len();
        self.ask(link, &mut spoil);
        self.answer(link);
        self.said.len() > before
    }

    /// What the primary has said comes to the other, and isn't answered yet.
    pub(crate) fn half_turn(&mut self) {
        self.primary.handle(Input::TurnEnd);
        if let Some(link) = self.dialled {
            self.ask(link, &mut |_| {});
        }
    }

    /// What was answered comes to the primary.
    pub(crate) fn other_half(&mut self) {
        if let Some(link) = self.dialled {
            self.answer(link);
        }
    }

    fn ask(&mut self, link: LinkId, spoil: &mut impl FnMut(&mut Vec<u8>)) {
        for mut frame in envelopes(&self.primary.out.links.take(link)) {
            self.tell('>', &frame);
            spoil(&mut frame);
            self.copy_takes(Input::Frame { link: ACCEPTED, frame: &frame });
        }
        self.copy_takes(Input::TurnEnd);
    }

    fn answer(&mut self, link: LinkId) {
        for frame in envelopes(&self.out.links.take(ACCEPTED)) {
            self.tell('<', &frame);
            self.primary.handle(Input::Frame { link, frame: &frame });
        }
        let ended = self.out.links.ended().into_iter().chain(self.primary.out.links.ended());
        self.ended.extend(ended.map(|(_, reason)| reason));
    }

    /// Turns until nobody says anything.
    pub(crate) fn settle(&mut self) -> Vec<String> {
        while self.turn() {}
        std::mem::take(&mut self.said)
    }

    /// A turn in which something is recorded.
    pub(crate) fn write(&mut self, number: u32) {
        self.primary.says(&format!("g1 1 {number} send /room/1 chat hello"));
    }

    /// Goes on until each copy has been compared with its primary, and is what that is.
    pub(crate) fn compare(&mut self) {
        for _ in 0..6 {
            self.primary.now.ms += limits::DIGEST_EVERY_MS;
            self.settle();
        }
        let (compared, filling) = self.copy.compared();
        assert_eq!((compared.len(), filling), (2, 0));
        let now = self.now();
        for one in compared {
            let (n, _) = self.primary.node.digest(now, one.bucket).expect("the bucket is here");
            assert_eq!((one.n, one.copy), (n, one.primary), "{:?}", one.bucket);
        }
        assert_eq!(self.copy.counters().copies_differing, 0);
    }

    pub(crate) fn tell(&mut self, by: char, frame: &[u8]) {
        let message = q2q::Q2q::decode(frame).expect("a message");
        let what = match message.body.expect("a body") {
            Body::Lead(lead) => format!("lead {}", lead.row.expect("a row").prefix),
            Body::Have(have) => format!("have {} n={}", have.prefix, have.n),
            Body::Records(records) => {
                let after = records.after.map_or(String::new(), |n| format!(" after={n}"));
                format!("records {}{after} units={}", records.prefix, records.unit.len())
            }
            Body::Slice(slice) => {
                let ends = [(slice.first, " first"), (slice.last, " last")];
                let ends = ends.map(|(is_so, end)| if is_so { end } else { "" });
                format!("slice {}{}", slice.prefix, ends.concat())
            }
            Body::Batch(batch) => format!("batch {}", batch.k),
            Body::Ack(q2q::Ack { k, full: true }) => format!("ack {k} full"),
            Body::Ack(ack) => format!("ack {}", ack.k),
            Body::Again(again) => format!("again {} why={}", again.prefix, again.why),
            Body::Moved(moved) => {
                let row = moved.row.expect("a row");
                format!("moved {} reign={}", row.prefix, row.reign)
            }
            Body::Digest(digest) => format!("digest {}", digest.prefix),
            Body::Hello(_)
            | Body::Proof(_)
            | Body::Refuse(_)
            | Body::Beat(_)
            | Body::At(_)
            | Body::Word(_)
            | Body::Answer(_) => return,
        };
        self.said.push(format!("{by} {what}"));
    }

    /// How much the primary's lane has got since it was asked last.
    pub(crate) fn shown(&mut self) -> usize {
        let lane = self.primary.link("g1");
        self.primary.out.links.take(lane).len()
    }

    /// What the primary has proposed since it was asked last.
    pub(crate) fn proposed(&mut self) -> Vec<String> {
        let proposals = std::mem::take(&mut self.primary.out.proposals).into_iter();
        let text = |one: Propose| {
            let (what, why, owner) = (one.what(), one.why(), one.owner.clone().expect("whom"));
            format!("{} {} {what:?} {} {why:?}", one.prefix, one.row_conf, owner.id)
        };
        proposals.map(text).collect()
    }

    /// Time passes for the primary, in steps of its ticks, and nobody answers it.
    pub(crate) fn passes(&mut self, ms: u64) {
        for _ in 0..ms / limits::DIGEST_EVERY_MS {
            self.primary.now.ms += limits::DIGEST_EVERY_MS;
            self.primary.handle(Input::TurnEnd);
        }
    }

    /// The primary has a link to a boss, or none any more.
    pub(crate) fn boss(&mut self, linked: bool) {
        self.primary.handle(Input::Boss { linked });
    }

    /// What another life of the other node begins with.
    pub(crate) fn copy_settings(&self, life: u64) -> Settings {
        settings(life, Faults::default())
    }

    pub(crate) fn newest(&mut self, prefix: u32) -> u64 {
        let (now, bucket) = (self.now(), BucketId::new(1, prefix).expect("a bucket"));
        self.primary.node.digest(now, bucket).expect("the bucket is here").0
    }
}

/// Of the other node.
fn settings(incarnation: u64, faults: Faults) -> Settings {
    Settings {
        id: "q2".to_owned(),
        incarnation,
        grace_ms: GRACE_MS,
        bytes_max: u64::MAX,
        logs_bytes_max: usize::MAX,
        played_copies: 0,
        faults,
    }
}

/// Frames without their lengths.
pub(crate) fn envelopes(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut envelopes = Vec::new();
    while let Some((envelope, end)) = frame::split(bytes, usize::MAX).expect("a good frame") {
        envelopes.push(envelope.to_vec());
        bytes = &bytes[end..];
    }
    envelopes
}

/// Digests come by time.
pub(crate) fn without_digests(said: Vec<String>) -> Vec<String> {
    said.into_iter().filter(|line| !line.contains("digest")).collect()
}

pub(crate) fn filled(faults: Faults) -> Pair {
    let mut pair = Pair::new(faults);
    pair.table(2, 1, As::Learner);
    pair.link();
    pair.settle();
    pair
}

/// The other is a member, and has all.
pub(crate) fn member(faults: Faults) -> Pair {
    let mut pair = filled(faults);
    pair.table(3, 1, As::Member);
    pair.settle();
    pair.shown();
    pair
}

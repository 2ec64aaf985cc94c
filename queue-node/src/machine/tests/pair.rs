//! Two nodes: the primary of both buckets, on which scripts are, and one that has copies by rows.

use std::sync::Arc;

use link::machine::{LinkId, Peer};
use prost::Message as _;
use proto::bucket::BucketId;
use proto::link::Role;
use proto::q2q::{self, q2q::Body};
use proto::table::{BucketTable, Owner, Place, Row, Table};
use proto::time::Time;
use proto::{frame, limits};

use super::rig::{GRACE_MS, Rig, row};
use crate::machine::{Faults, Input, Node, Outbox, Settings};

/// The link on the copy's node.
const ACCEPTED: LinkId = LinkId(0);

struct Pair {
    primary: Rig,
    copy: Node,
    out: Outbox,
    /// The primary's link with the other node.
    dialled: Option<LinkId>,
    /// What the nodes have said to each other.
    said: Vec<String>,
    ended: Vec<&'static str>,
}

/// What a row says of the other node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Member,
    Learner,
    Nobody,
}

/// The table in which the first node has both buckets.
fn table(version: u64, reign: u64, other: As) -> Arc<BucketTable> {
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
    fn new(faults: Faults) -> Pair {
        let settings = Settings {
            id: "q2".to_owned(),
            incarnation: 1,
            grace_ms: GRACE_MS,
            bytes_max: u64::MAX,
            logs_bytes_max: usize::MAX,
            played_copies: 0,
            learns: None,
            faults,
        };
        let (primary, copy) = (Rig::with(0, faults), Node::new(settings, 9));
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

    fn now(&self) -> Time {
        self.primary.node_now()
    }

    fn copy_takes(&mut self, input: Input<'_>) {
        let now = self.now();
        self.copy.handle(now, input, &mut self.out);
    }

    /// Both hear of a table.
    fn table(&mut self, version: u64, reign: u64, other: As) {
        self.primary.handle(Input::Table(table(version, reign, other)));
        self.copy_takes(Input::Table(table(version, reign, other)));
    }

    /// There is a link; what was on its way on the one before is lost.
    fn link(&mut self) {
        if let Some(link) = self.dialled.take() {
            self.primary.handle(Input::LinkDown { link });
            self.copy_takes(Input::LinkDown { link: ACCEPTED });
            self.out.links.down(ACCEPTED);
        }
        self.out.links.up(ACCEPTED);
        let (role, id) = (Role::QueueNode, "q1".to_owned());
        let peer = Peer { role, id, incarnation: 1, lane: 0, version: 1, cluster_id: 1 };
        self.copy_takes(Input::LinkUp { link: ACCEPTED, peer, dialled: false });
        self.dialled = Some(self.primary.up("q2", true));
    }

    /// A turn of both: what the one says, the other answers. Whether anything was said.
    fn turn(&mut self) -> bool {
        self.turn_with(|_| {})
    }

    /// The same, where what the primary says is changed on its way.
    fn turn_with(&mut self, mut spoil: impl FnMut(&mut Vec<u8>)) -> bool {
        self.primary.handle(Input::TurnEnd);
        let Some(link) = self.dialled else { return false };
        let before = self.said.len();
        for mut frame in envelopes(&self.primary.out.links.take(link)) {
            self.tell('>', &frame);
            spoil(&mut frame);
            self.copy_takes(Input::Frame { link: ACCEPTED, frame: &frame });
        }
        self.copy_takes(Input::TurnEnd);
        for frame in envelopes(&self.out.links.take(ACCEPTED)) {
            self.tell('<', &frame);
            self.primary.handle(Input::Frame { link, frame: &frame });
        }
        let ended = self.out.links.ended().into_iter().chain(self.primary.out.links.ended());
        self.ended.extend(ended.map(|(_, reason)| reason));
        self.said.len() > before
    }

    /// Turns until nobody says anything.
    fn settle(&mut self) -> Vec<String> {
        while self.turn() {}
        std::mem::take(&mut self.said)
    }

    /// A turn in which something is recorded.
    fn write(&mut self, number: u32) {
        self.primary.says(&format!("g1 1 {number} send /room/1 chat hello"));
    }

    /// Goes on until each copy has been compared with its primary, and is what that is.
    fn compare(&mut self) {
        for _ in 0..6 {
            self.primary.now.ms += limits::DIGEST_EVERY_MS;
            self.settle();
        }
        let (compared, filling) = self.copy.compared();
        assert_eq!((compared.len(), filling), (2, 0));
        let now = self.now();
        for one in compared {
            let (n, _) = self.primary.node.digest(now, one.bucket).expect("the bucket is here");
            assert_eq!((one.n, one.copy), (n, Some(one.primary)), "{:?}", one.bucket);
        }
        assert_eq!(self.copy.counters().copies_differing, 0);
    }

    fn tell(&mut self, by: char, frame: &[u8]) {
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
            Body::Ack(ack) => format!("ack {}", ack.k),
            Body::Again(again) => format!("again {} why={}", again.prefix, again.why),
            Body::Moved(moved) => {
                let row = moved.row.expect("a row");
                format!("moved {} reign={}", row.prefix, row.reign)
            }
            Body::Digest(digest) => format!("digest {}", digest.prefix),
            _ => return,
        };
        self.said.push(format!("{by} {what}"));
    }

    fn newest(&mut self, prefix: u32) -> u64 {
        let (now, bucket) = (self.now(), BucketId::new(1, prefix).expect("a bucket"));
        self.primary.node.digest(now, bucket).expect("the bucket is here").0
    }
}

/// Frames without their lengths.
fn envelopes(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut envelopes = Vec::new();
    while let Some((envelope, end)) = frame::split(bytes, usize::MAX).expect("a good frame") {
        envelopes.push(envelope.to_vec());
        bytes = &bytes[end..];
    }
    envelopes
}

/// Digests come by time.
fn without_digests(said: Vec<String>) -> Vec<String> {
    said.into_iter().filter(|line| !line.contains("digest")).collect()
}

fn filled(faults: Faults) -> Pair {
    let mut pair = Pair::new(faults);
    pair.table(2, 1, As::Learner);
    pair.link();
    pair.settle();
    pair
}

#[test]
fn a_learner_is_filled_and_gets_what_is_recorded() {
    let mut pair = Pair::new(Faults::default());
    pair.table(2, 1, As::Learner);
    pair.link();
    let said = without_digests(pair.settle());
    let wanted = [
        "> lead 0",
        "> lead 1",
        "< have 0 n=0",
        "< have 1 n=0",
        "> slice 0 first last",
        "> slice 1 first last",
        "> batch 1",
        "< ack 1",
    ];
    assert_eq!(said, wanted);
    pair.write(2);
    let said = without_digests(pair.settle());
    let room = BucketId::of(proto::name::hash(b"/room/1"), 1).prefix();
    assert_eq!(said, [&format!("> records {room} units=1"), "> batch 2", "< ack 2"]);
    pair.compare();
    assert_eq!(pair.ended, [""; 0]);
}

/// P5: and what it had in common isn't sent again.
#[test]
fn who_comes_back_goes_on_from_the_tail() {
    let mut pair = filled(Faults::default());
    pair.write(2);
    pair.settle();
    pair.write(3);
    pair.primary.handle(Input::TurnEnd);
    pair.link();
    let said = without_digests(pair.settle());
    assert!(said.iter().any(|line| line.contains("after=")), "{said:#?}");
    assert!(!said.iter().any(|line| line.contains("slice")), "{said:#?}");
    pair.compare();
}

/// Whoever is in the set keeps what it has, even nothing (P7).
#[test]
fn a_member_without_anything_is_not_filled() {
    let mut pair = Pair::new(Faults::default());
    pair.table(2, 1, As::Member);
    pair.link();
    let said = without_digests(pair.settle());
    assert_eq!(said, ["> lead 0", "> lead 1", "< have 0 n=0", "< have 1 n=0"]);
}

/// G12.
#[test]
fn a_learner_is_asked_anew_by_a_row_that_skips_another() {
    let leads = |faults, version| {
        let mut pair = filled(faults);
        pair.table(version, 1, As::Learner);
        let said = pair.settle();
        let leads = said.iter().filter(|line| line.contains("lead")).count();
        pair.write(2);
        pair.compare();
        leads
    };
    assert_eq!(leads(Faults::default(), 3), 0);
    assert_eq!(leads(Faults::default(), 4), 2);
    assert_eq!(leads(Faults { skipped_row_not_led: true, ..Faults::default() }, 4), 0);
}

#[test]
fn all_are_led_anew_under_a_new_reign() {
    let mut pair = filled(Faults::default());
    pair.table(3, 2, As::Learner);
    pair.write(2);
    let said = pair.settle();
    assert!(said.contains(&"> lead 0".to_owned()), "{said:#?}");
    pair.compare();
    assert_eq!(pair.ended, [""; 0]);
}

/// S6: whoever knows a higher reign says so before it acknowledges what is of a lower one.
#[test]
fn a_lower_reign_is_not_kept() {
    let keeps = |faults| {
        let mut pair = filled(faults);
        let higher = |prefix| row(prefix, "q3", (0, 2, 3));
        let wire = Table {
            term: 1,
            version: 3,
            bits: 1,
            rows: vec![higher(0), higher(1)],
            places: vec![],
        };
        let table = BucketTable::try_from(wire).expect("a good table");
        pair.copy_takes(Input::Table(Arc::new(table)));
        pair.write(2);
        pair.turn();
        without_digests(std::mem::take(&mut pair.said))
    };
    let room = BucketId::of(proto::name::hash(b"/room/1"), 1).prefix();
    let records = format!("> records {room} units=1");
    let moved = format!("< moved {room} reign=2");
    assert_eq!(keeps(Faults::default()), [&records, "> batch 2", &moved, "< ack 2"]);
    let faults = Faults { lower_reign_kept: true, ..Faults::default() };
    assert_eq!(keeps(faults), [&records, "> batch 2", "< ack 2"]);
}

#[test]
fn a_learner_that_cannot_go_on_is_filled_anew() {
    let mut pair = filled(Faults::default());
    pair.write(2);
    // The first bytes of the records' units are theirs no more.
    pair.turn_with(|frame| {
        let mut message = q2q::Q2q::decode(&**frame).expect("a message");
        if let Some(Body::Records(records)) = &mut message.body {
            records.unit.iter_mut().for_each(|unit| unit.truncate(unit.len() - 1));
            *frame = message.encode_to_vec();
        }
    });
    let said = std::mem::take(&mut pair.said);
    assert!(said.iter().any(|line| line.contains("again")), "{said:#?}");
    let said = pair.settle();
    assert!(said.iter().any(|line| line.contains("slice")), "{said:#?}");
    pair.write(3);
    pair.compare();
    assert!(pair.newest(0) > 0);
}

#[test]
fn a_learner_that_no_row_names_keeps_its_copy_for_a_while() {
    let mut pair = filled(Faults::default());
    pair.table(3, 1, As::Nobody);
    pair.settle();
    assert_eq!(pair.copy.counters().copies, 2);
    pair.primary.now.ms += limits::UNNAMED_COPY_MS + 100;
    pair.copy_takes(Input::Wake);
    assert_eq!(pair.copy.counters().copies, 0);
}

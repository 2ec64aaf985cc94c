//! What a node may not say to another, or can't say soundly: each is refused by name, and nothing
//! is lost. The table is in docs/replication.md §3.

use std::sync::Arc;

use prost::Message as _;
use proto::bucket::BucketId;
use proto::q2q::{self, q2q::Body};
use proto::record::field::unit::RECORDS;
use proto::table::{BucketTable, Owner, Place, Table};
use proto::wire;

use super::rig::pair::{ACCEPTED, As, Pair, filled, member, table, without_digests};
use super::rig::{Rig, row};
use crate::machine::{Faults, Input, Node};

/// No kind of a record has this number.
const UNKNOWN: u32 = 999;

fn room() -> u32 {
    BucketId::of(proto::name::hash(b"/room/1"), 1).prefix()
}

/// What the primary says in place of what it has to say; why the link ends.
fn to_copy(message: Body) -> Vec<&'static str> {
    let mut pair = filled(Faults::default());
    let before = pair.copy.counters();
    // A row is news whoever tells it, also if nothing else counts that is behind it.
    let tells_row = matches!(message, Body::Lead(_));
    let frame = q2q::Q2q { body: Some(message) }.encode_to_vec();
    pair.copy_takes(Input::Frame { link: ACCEPTED, frame: &frame });
    let ended: Vec<_> = pair.out.links.ended().into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(pair.copy.counters().copies, before.copies, "nothing is lost");
    if tells_row {
        return ended;
    }
    // And it goes on on the next link.
    pair.link();
    pair.write(2);
    pair.compare();
    ended
}

/// The same of what the copy answers.
fn to_primary(message: Body) -> Vec<&'static str> {
    let mut pair = member(Faults::default());
    pair.write(2);
    pair.half_turn();
    let link = pair.dialled.expect("there is a link");
    let frame = q2q::Q2q { body: Some(message) }.encode_to_vec();
    pair.primary.handle(Input::Frame { link, frame: &frame });
    let ended = pair.primary.out.links.ended();
    let ended = ended.into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(pair.shown(), 0, "nothing is shown for it");
    pair.link();
    pair.settle();
    assert!(pair.shown() > 0, "nothing is lost");
    ended
}

fn led(id: &str, life: u64, learner_life: u64) -> Body {
    let mut row = row(0, id, (0, 1, 3));
    for owner in row.primary.iter_mut().chain(&mut row.in_sync) {
        owner.incarnation = life;
    }
    row.learners.push(Owner { id: "q2".to_owned(), incarnation: learner_life });
    Body::Lead(q2q::Lead { bits: 1, row: Some(row), ..q2q::Lead::default() })
}

#[test]
fn a_primary_is_refused_by_name() {
    let records = |bits, prefix, loss, reign| {
        Body::Records(q2q::Records { bits, prefix, loss, reign, ..q2q::Records::default() })
    };
    let slice =
        |first, reign| Body::Slice(q2q::Slice { bits: 1, first, reign, ..q2q::Slice::default() });
    let digest = |bits, prefix, reign| {
        Body::Digest(q2q::Digest { bits, prefix, reign, ..q2q::Digest::default() })
    };
    let cases = [
        // Another life of the peer, or of this node.
        (led("q1", 2, 1), "a node leads a bucket of which it isn't the primary"),
        (led("q1", 1, 2), "a node leads one that has no part in the bucket"),
        (Body::Lead(q2q::Lead::default()), "a node leads a bucket of which nothing is known here"),
        (records(0, 9, 0, 1), "records are of no bucket"),
        (records(2, 0, 0, 1), "records are of a bucket that isn't there"),
        (records(1, 0, 0, 2), "a node writes a copy that it doesn't lead on this link"),
        (records(1, 0, 1, 1), "a node writes a copy that it doesn't lead on this link"),
        (slice(true, 2), "a node writes a copy that it doesn't lead on this link"),
        (slice(false, 1), "a slice comes without the first of its snapshot"),
        (digest(0, 9, 1), "a digest is of no bucket"),
        (digest(1, 0, 2), "a node writes a copy that it doesn't lead on this link"),
        (Body::Batch(q2q::Batch { k: 1, now_ms: 0 }), "a batch isn't the next of its link"),
        (Body::Batch(q2q::Batch { k: 9, now_ms: 0 }), "a batch isn't the next of its link"),
    ];
    for (message, reason) in cases {
        assert_eq!(to_copy(message.clone()), [reason], "{message:?}");
    }
}

#[test]
fn bytes_that_are_no_message_are_refused_by_name() {
    use proto::q2q::field::q2q::{DIGEST, RECORDS, SLICE};
    let cases = [
        (RECORDS, "records can't be read"),
        (SLICE, "a slice can't be read"),
        (DIGEST, "a frame can't be read"),
    ];
    for (number, reason) in cases {
        let mut pair = filled(Faults::default());
        let mut frame = Vec::new();
        wire::put_bytes(&mut frame, number, &[0x08]);
        pair.copy_takes(Input::Frame { link: ACCEPTED, frame: &frame });
        let ended: Vec<_> = pair.out.links.ended().into_iter().map(|(_, why)| why).collect();
        assert_eq!((&ended[..], pair.copy.counters().copies), (&[reason][..], 2));
    }
}

#[test]
fn a_fellow_is_refused_by_name() {
    let acknowledges = "a node acknowledges what it wasn't sent, or less than before";
    let newer = "a fellow speaks of a newer row than this node knows, and hasn't told it";
    let have = |reign| Body::Have(q2q::Have { bits: 1, reign, ..q2q::Have::default() });
    let again = |reign| Body::Again(q2q::Again { bits: 1, reign, ..q2q::Again::default() });
    let cases = [
        (Body::Ack(q2q::Ack { k: 3, full: false }), acknowledges),
        (Body::Ack(q2q::Ack { k: 0, full: false }), acknowledges),
        (have(2), newer),
        (again(2), newer),
    ];
    for (message, reason) in cases {
        assert_eq!(to_primary(message.clone()), [reason], "{message:?}");
    }
    // What is of the reign before, or wasn't asked for, is ignored.
    for message in [have(0), again(0), have(1)] {
        assert_eq!(to_primary(message.clone()), [""; 0], "{message:?}");
    }
}

/// A learner is sent this in place of what is recorded: what it complains of, and whether it has
/// all in the end.
fn spoilt(spoil: impl Fn(&mut Body)) -> (Vec<String>, u64, u64) {
    let mut pair = filled(Faults::default());
    pair.write(2);
    pair.primary.now.ms += 200;
    let change = |frame: &mut Vec<u8>| {
        let mut message = q2q::Q2q::decode(&**frame).expect("a message");
        if let Some(body) = &mut message.body {
            spoil(body);
        }
        *frame = message.encode_to_vec();
    };
    pair.turn_with(change);
    let mut said = std::mem::take(&mut pair.said);
    said.extend(pair.settle());
    for _ in 0..6 {
        pair.primary.now.ms += proto::limits::DIGEST_EVERY_MS;
        said.extend(pair.settle());
    }
    pair.write(3);
    for _ in 0..6 {
        pair.primary.now.ms += proto::limits::DIGEST_EVERY_MS;
        said.extend(pair.settle());
    }
    let now = pair.now();
    for one in pair.copy.compared().0 {
        let (n, _) = pair.primary.node.digest(now, one.bucket).expect("the bucket is here");
        assert_eq!((one.n, one.copy), (n, one.primary));
    }
    said.retain(|line| line.contains("again") || line.contains("slice"));
    let counters = pair.copy.counters();
    (said, counters.copies_broken, counters.copies_differing)
}

#[test]
fn a_copy_that_cannot_go_on_says_why_and_is_filled_anew() {
    let (room, anew) = (room(), format!("> slice {} first last", room()));
    // A record of a kind that nobody knows, in a unit that can be read.
    let unknown = spoilt(|body| {
        if let Body::Records(records) = body {
            for unit in &mut records.unit {
                let mut record = Vec::new();
                wire::put_bytes(&mut record, UNKNOWN, b"?");
                wire::put_bytes(unit, RECORDS, &record);
            }
        }
    });
    assert_eq!(unknown, (vec![format!("< again {room} why=1"), anew.clone()], 1, 0));
    let torn = spoilt(|body| {
        if let Body::Records(records) = body {
            records.unit.iter_mut().for_each(|unit| unit.truncate(unit.len() - 1));
        }
    });
    assert_eq!(torn, (vec![format!("< again {room} why=1"), anew.clone()], 1, 0));
    let lacking = spoilt(|body| {
        if let Body::Records(records) = body
            && records.prefix == room
        {
            records.after = Some(1_000);
        }
    });
    assert_eq!(lacking, (vec![format!("< again {room} why=3"), anew], 1, 0));
    // What is seen by the comparison that goes on all the time.
    let (said, broken, differing) = spoilt(|body| {
        if let Body::Digest(digest) = body {
            digest.low ^= 1;
        }
    });
    assert_eq!((said.len(), broken, differing), (2, 0, 1));
    assert!(said[0].ends_with("why=2") && said[1].contains("slice"), "{said:?}");
}

#[test]
fn a_torn_snapshot_is_sent_anew() {
    let mut pair = Pair::new(Faults::default());
    pair.table(2, 1, As::Learner);
    pair.link();
    let mut slices = 0;
    for _ in 0..3 {
        pair.turn_with(|frame| {
            let mut message = q2q::Q2q::decode(&**frame).expect("a message");
            if let Some(Body::Slice(slice)) = &mut message.body
                && slices < 2
            {
                slices += 1;
                slice.items.truncate(slice.items.len() - 1);
                *frame = message.encode_to_vec();
            }
        });
    }
    let mut said = std::mem::take(&mut pair.said);
    said.extend(pair.settle());
    let again = said.iter().filter(|line| line.contains("again")).count();
    assert_eq!((slices, again), (2, 2), "{said:#?}");
    pair.write(2);
    pair.compare();
    assert_eq!(pair.copy.counters().copies_broken, 2);
}

/// A member differs: it is dropped by name, and keeps what it has until a row says so. Whether it
/// was sent a snapshot before.
fn differs(faults: Faults) -> bool {
    let mut pair = member(faults);
    pair.boss(true);
    pair.write(2);
    pair.settle();
    pair.primary.now.ms += 200;
    pair.turn_with(|frame| {
        let mut message = q2q::Q2q::decode(&**frame).expect("a message");
        if let Some(Body::Digest(digest)) = &mut message.body {
            digest.low ^= 1;
            *frame = message.encode_to_vec();
        }
    });
    let said = std::mem::take(&mut pair.said);
    assert!(said.iter().any(|line| line.contains("why=2")), "{said:#?}");
    let said = pair.settle();
    let is_filled = said.iter().any(|line| line.contains("slice"));
    if !is_filled {
        assert!(pair.proposed().iter().any(|line| line.ends_with("Drop q2 Differs")));
        assert_eq!(pair.copy.counters().copies, 2);
        // As a learner it is filled, and the same again.
        pair.table(4, 1, As::Nobody);
        pair.settle();
        pair.table(5, 1, As::Learner);
        let said = without_digests(pair.settle());
        assert!(said.iter().any(|line| line.contains("slice")), "{said:#?}");
        assert_eq!(pair.copy.counters().copies_differing, 1);
    }
    is_filled
}

/// P7, across nodes.
#[test]
fn who_differs_is_rebuilt_when_it_may_not_be_promoted() {
    assert!(!differs(Faults::default()));
    assert!(differs(Faults { rebuilt_while_promotable: true, ..Faults::default() }));
}

/// G10: a process has what rows say of it, and not what they say of the one before it.
#[test]
fn who_starts_anew_is_named_by_no_row() {
    let serves = |faults| {
        let mut pair = member(faults);
        let mut settings = pair.copy_settings(2);
        settings.faults = faults;
        pair.copy = Node::new(settings, 9);
        let rows = [0, 1].map(|prefix| row(prefix, "q2", (0, 2, 4))).to_vec();
        let place = Place { id: "q2".to_owned(), incarnation: 2, ..Place::default() };
        let wire = Table { term: 1, version: 4, bits: 1, rows, places: vec![place] };
        let table = BucketTable::try_from(wire).expect("a good table");
        pair.copy_takes(Input::Table(Arc::new(table)));
        !pair.copy.buckets().is_empty()
    };
    assert!(!serves(Faults::default()));
    assert!(serves(Faults { old_incarnation_counted: true, ..Faults::default() }));
}

/// A row comes while the answer to the question before is on its way: who knows that row answered
/// the question with it alone.
#[test]
fn who_has_not_answered_is_asked_anew_by_the_next_row() {
    let is_filled = |faults| {
        let mut pair = Pair::new(faults);
        pair.primary.handle(Input::Table(table(2, 1, As::Learner)));
        pair.copy_takes(Input::Table(table(3, 1, As::Learner)));
        pair.link();
        pair.half_turn();
        pair.primary.handle(Input::Table(table(3, 1, As::Learner)));
        pair.other_half();
        let said = pair.settle();
        said.iter().any(|line| line.contains("slice"))
    };
    assert!(is_filled(Faults::default()));
    assert!(!is_filled(Faults { asked_once: true, ..Faults::default() }));
}

/// P15, from one node to another: a bucket has another home, and what the one before says late
/// isn't heard.
#[test]
fn words_of_a_reign_that_is_over_get_no_answer() {
    let said = |faults| {
        let mut rig = Rig::with(0, faults);
        rig.run("0 g1 up\n0 q2~ up\n0 q3~ up\n0 g1 introduce 1 ann\n0 g1 login 1 ann");
        rig.run("1 q2~ note 65541 ann 1 /room/x 9 3");
        rig.run("2 q3~ unnote 131077 ann 1 /room/x 9 3 reign=2");
        let late = rig.run("3 q2~ note 65541 ann 1 /room/x 9 3");
        (late, rig.run("4 g1 request 7 user /user/ann").contains("/room/x"))
    };
    assert_eq!(said(Faults::default()), (String::new(), false));
    let (answer, is_noted) = said(Faults { stale_word_heard: true, ..Faults::default() });
    assert!(answer.contains("answer 65541") && is_noted, "{answer}");
}

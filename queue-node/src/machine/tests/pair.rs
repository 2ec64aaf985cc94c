//! Scripts of two nodes: what a primary tells its copies, and what they answer.

use std::sync::Arc;

use link::machine::{LinkId, Peer};
use prost::Message as _;
use proto::bucket::BucketId;
use proto::limits;
use proto::link::Role;
use proto::q2q::{self, q2q::Body};
use proto::table::{BucketTable, Owner, Table};

use super::rig::pair::{ACCEPTED, As, Pair, envelopes, filled, table, without_digests};
use super::rig::row;
use crate::machine::{Faults, Input};

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

/// G12: until its primary has heard of that, it goes on with the stream.
#[test]
fn what_comes_for_a_learner_that_was_one_before_is_ignored() {
    let mut pair = filled(Faults::default());
    pair.copy_takes(Input::Table(table(3, 1, As::Nobody)));
    pair.primary.now.ms += limits::UNNAMED_COPY_MS + 100;
    pair.copy_takes(Input::Wake);
    pair.copy_takes(Input::Table(table(4, 1, As::Learner)));
    pair.write(2);
    pair.settle();
    assert_eq!((&pair.ended[..], pair.copy.counters().copies), (&[][..], 0));
    pair.primary.handle(Input::Table(table(4, 1, As::Learner)));
    pair.write(3);
    pair.compare();
}

/// What the primary says in place of what it has to say, and why the link ends.
fn refused(message: Body) -> Vec<&'static str> {
    let mut pair = filled(Faults::default());
    let frame = q2q::Q2q { body: Some(message) }.encode_to_vec();
    pair.copy_takes(Input::Frame { link: ACCEPTED, frame: &frame });
    pair.out.links.ended().into_iter().map(|(_, reason)| reason).collect()
}

fn led_by(id: &str, learner: bool) -> Body {
    let mut row = row(0, id, (0, 1, 3));
    if learner {
        row.learners.push(Owner { id: "q2".to_owned(), incarnation: 1 });
    }
    Body::Lead(q2q::Lead { bits: 1, row: Some(row), ..q2q::Lead::default() })
}

#[test]
fn who_may_not_write_a_copy_loses_its_link() {
    let records = |reign| q2q::Records { bits: 1, reign, ..q2q::Records::default() };
    let cases = [
        (led_by("q3", true), "a node leads a bucket of which it isn't the primary"),
        (led_by("q1", false), "a node leads one that has no part in the bucket"),
        (Body::Records(records(2)), "a node writes a copy that it doesn't lead on this link"),
        (Body::Batch(q2q::Batch { k: 3, now_ms: 0 }), "a batch isn't the next of its link"),
        (Body::Batch(q2q::Batch { k: 1, now_ms: 0 }), "a batch isn't the next of its link"),
    ];
    for (message, reason) in cases {
        assert_eq!(refused(message.clone()), [reason], "{message:?}");
    }
    assert_eq!(refused(led_by("q1", true)), [""; 0]);
    assert_eq!(refused(Body::Records(records(1))), [""; 0]);
}

#[test]
fn who_is_behind_is_told_the_row_and_nothing_else() {
    let mut pair = filled(Faults::default());
    pair.copy_takes(Input::Table(table(3, 1, As::Learner)));
    let old = table(2, 1, As::Learner);
    let row = old.rows().first().cloned();
    let lead = Body::Lead(q2q::Lead { bits: 1, row, ..q2q::Lead::default() });
    let frame = q2q::Q2q { body: Some(lead) }.encode_to_vec();
    pair.copy_takes(Input::Frame { link: ACCEPTED, frame: &frame });
    for frame in envelopes(&pair.out.links.take(ACCEPTED)) {
        pair.tell('<', &frame);
    }
    assert_eq!(without_digests(pair.said), ["< moved 0 reign=1"]);
}

#[test]
fn nothing_is_acknowledged_that_was_not_sent() {
    let mut pair = filled(Faults::default());
    for (k, reasons) in
        [(1, &[][..]), (2, &["a node acknowledges what it wasn't sent, or less than before"][..])]
    {
        let ack = Body::Ack(q2q::Ack { k, full: false });
        let frame = q2q::Q2q { body: Some(ack) }.encode_to_vec();
        let link = pair.dialled.expect("there is a link");
        pair.primary.handle(Input::Frame { link, frame: &frame });
        let ended: Vec<_> = pair.primary.out.links.ended();
        let ended: Vec<_> = ended.into_iter().map(|(_, reason)| reason).collect();
        assert_eq!(ended, reasons);
    }
}

/// S4: what came on the link before isn't read any more.
#[test]
fn the_link_before_the_newest_is_not_read() {
    const NEWER: LinkId = LinkId(1);
    let reads = |faults| {
        let mut pair = filled(faults);
        let (role, id) = (Role::QueueNode, "q1".to_owned());
        let peer = Peer { role, id, incarnation: 1, lane: 0, version: 1, cluster_id: 1 };
        pair.out.links.up(NEWER);
        pair.copy_takes(Input::LinkUp { link: NEWER, peer, dialled: false });
        let units = pair.copy.counters().copy_units_applied;
        pair.write(2);
        pair.turn();
        pair.copy.counters().copy_units_applied > units
    };
    assert!(!reads(Faults::default()));
    assert!(reads(Faults { old_link_read: true, ..Faults::default() }));
}

/// Whatever becomes of bytes on their way, nobody panics, and no copy differs unnoticed.
#[test]
fn spoilt_frames_are_refused_or_found() {
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};
    for seed in 0..60 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut pair = filled(Faults::default());
        for number in 2..12 {
            pair.write(number);
            pair.turn_with(|frame| {
                if random.random_range(0..4) == 0 {
                    let at = random.random_range(0..frame.len());
                    frame[at] ^= 1 << random.random_range(0..8);
                }
            });
            if !pair.ended.is_empty() {
                pair.ended.clear();
                pair.link();
            }
        }
        pair.link();
        for _ in 0..6 {
            pair.primary.now.ms += limits::DIGEST_EVERY_MS;
            pair.settle();
        }
        // What isn't in a state's form is in its digest: it is filled anew.
        for _ in 0..4 {
            pair.primary.now.ms += limits::DIGEST_EVERY_MS;
            pair.settle();
        }
        let now = pair.now();
        for one in pair.copy.compared().0 {
            let (n, _) = pair.primary.node.digest(now, one.bucket).expect("the bucket is here");
            assert_eq!((one.n, one.copy), (n, one.primary), "seed {seed}: {:?}", one.bucket);
        }
    }
}

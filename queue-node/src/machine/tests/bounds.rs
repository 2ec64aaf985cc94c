//! What is bounded where there are copies: what is on its way to one, what one hasn't applied, what
//! its node keeps; and what becomes of others meanwhile (S13, S14 of docs/replication.md).

use prost::Message as _;
use proto::bucket::BucketId;
use proto::c2g::SendMessage;
use proto::g2q::operation::Body as Op;
use proto::q2q::{self, q2q::Body};
use proto::table::{BucketTable, Owner, Place, Table};
use proto::{limits, name};

use super::rig::pair::{Pair, member};
use super::rig::row;
use crate::machine::{Faults, Input};

const BYTES: usize = 60_000;

/// A room of the other bucket than `/room/1` is of.
fn other_room() -> String {
    let prefix = |room: &str| BucketId::of(name::hash(room.as_bytes()), 1).prefix();
    let is_other = |room: &String| prefix(room) != prefix("/room/1");
    (2..).map(|n| format!("/room/{n}")).find(is_other).expect("there is one")
}

/// Sends a large message to a room.
fn send(pair: &mut Pair, (room, sub): (&str, u32), op_id: u32) {
    let lane = pair.primary.link("g1");
    let payload = Some(vec![b'x'; BYTES]);
    let (queue, mount) = (room.to_owned(), "chat".to_owned());
    let message = SendMessage { op_id, queue, mount, payload, exclude_self: false };
    pair.primary.operation(lane, 1, room, sub, Op::SendMessage(message));
    pair.primary.handle(Input::TurnEnd);
}

/// More than that is on its way to a node: whatever waits for it wants it dropped, at once.
#[test]
fn who_takes_nothing_is_dropped_before_too_much_is_on_its_way() {
    let mut pair = member(Faults::default());
    pair.boss(true);
    let other = other_room();
    pair.primary.says(&format!("g1 1 2 subscribe {other} sub=6"));
    pair.settle();
    pair.proposed();
    let most = (limits::TAIL_BUCKET_BYTES_MAX / BYTES + 1) as u32;
    for op_id in 3..3 + most {
        send(&mut pair, ("/room/1", 5), op_id);
    }
    assert_eq!(pair.proposed(), [""; 0]);
    for op_id in 3..3 + most {
        send(&mut pair, (&other, 6), op_id);
    }
    pair.primary.handle(Input::Boss { linked: true });
    pair.primary.handle(Input::TurnEnd);
    assert_eq!(pair.proposed(), ["0 3 Drop q2 Silent", "1 3 Drop q2 Silent"]);
}

/// S13: who lags holds up what waits for it and nothing else.
#[test]
fn what_waits_for_nobody_goes_on_beside_a_copy_that_lags() {
    let goes_on = |faults| {
        let mut pair = member(faults);
        let other = other_room();
        pair.primary.says(&format!("g1 1 2 subscribe {other} sub=6"));
        pair.settle();
        let slow = BucketId::of(name::hash(b"/room/1"), 1).prefix();
        let rows = [0, 1].map(|prefix| {
            let mut row = row(prefix, "q1", (0, 1, 4));
            if prefix == slow {
                row.in_sync.push(Owner { id: "q2".to_owned(), incarnation: 1 });
            }
            row
        });
        let place = |id: &str| Place { id: id.to_owned(), incarnation: 1, ..Place::default() };
        let places = ["q1", "q2"].map(place).to_vec();
        let wire = Table { term: 1, version: 4, bits: 1, rows: rows.to_vec(), places };
        let table = BucketTable::try_from(wire).expect("a good table");
        pair.primary.handle(Input::Table(std::sync::Arc::new(table)));
        for op_id in 3..300 {
            send(&mut pair, ("/room/1", 5), op_id);
        }
        pair.shown();
        pair.primary.says(&format!("g1 1 3 send {other} chat hello"));
        pair.primary.handle(Input::TurnEnd);
        pair.shown() > 0
    };
    assert!(goes_on(Faults::default()));
    assert!(!goes_on(Faults { slow_stalls_node: true, ..Faults::default() }));
}

/// A copy that is never told what is committed: it says that it is full.
#[test]
fn a_copy_has_no_more_than_so_much_that_it_has_not_applied() {
    let mut pair = member(Faults::default());
    pair.boss(true);
    pair.settle();
    let (most, mut op_id) = ((limits::COPY_TAIL_BYTES_MAX / BYTES) as u32, 1);
    while pair.ended.is_empty() && op_id < 2 * most {
        op_id += 1;
        send(&mut pair, ("/room/1", 5), op_id);
        pair.turn_with(|frame| {
            let mut message = q2q::Q2q::decode(&**frame).expect("a message");
            if let Some(Body::Records(records)) = &mut message.body {
                records.committed = 0;
                *frame = message.encode_to_vec();
            }
        });
        pair.shown();
    }
    assert!((most..most + 10).contains(&op_id), "{op_id}");
    assert!(pair.said.iter().any(|line| line.ends_with("full")), "{:?}", pair.said.last());
    assert_eq!(pair.ended, ["the node has no space for copies"]);
    pair.primary.handle(Input::TurnEnd);
    assert!(pair.proposed().iter().any(|line| line.ends_with("Drop q2 Full")));
}

/// S14: a node that was full has space when a fifth is free, lest a copy comes and goes.
#[test]
fn who_was_full_has_space_when_a_fifth_is_free() {
    let is_full = |faults| {
        let mut pair = member(faults);
        for number in 2..60 {
            pair.write(number);
            pair.settle();
        }
        // What it keeps is counted from time to time.
        pair.primary.now.ms += limits::DIGEST_EVERY_MS;
        pair.copy_takes(Input::TurnEnd);
        let mut with = |part: u64| {
            let counters = pair.copy.counters();
            let bytes = counters.kept_bytes
                + counters.replay_bytes
                + counters.remembered_bytes
                + counters.copy_bytes;
            pair.copy.set_bytes_max(bytes * 100 / part);
            pair.primary.now.ms += limits::DIGEST_EVERY_MS;
            pair.copy_takes(Input::TurnEnd);
            pair.copy.is_full()
        };
        [with(90), with(110), with(90), with(70)]
    };
    assert_eq!(is_full(Faults::default()), [false, true, true, false]);
    let faults = Faults { full_forever: true, ..Faults::default() };
    assert_eq!(is_full(faults), [false, true, false, false]);
}

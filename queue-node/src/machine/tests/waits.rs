//! What is let out waits for the real acknowledgements of those whom rows name.

use std::sync::Arc;

use prost::Message as _;
use proto::bucket::BucketId;
use proto::q2g::field::q2g::{ANSWER, PROBED};
use proto::q2q::{self, q2q::Body};
use proto::table::{BucketTable, Owner, Place, Table};
use proto::{limits, name};

use super::rig::pair::{ACCEPTED, As, Pair, member, without_digests};
use super::rig::row;
use crate::machine::{Faults, Input};

/// The bucket of the room.
fn room() -> u32 {
    BucketId::of(name::hash(b"/room/1"), 1).prefix()
}

/// How much is shown of what was said, before the member's acknowledgement and behind it.
fn shown(faults: Faults, line: &str) -> [bool; 2] {
    let mut pair = member(faults);
    pair.primary.says(line);
    pair.half_turn();
    let before = pair.shown();
    pair.other_half();
    [before > 0, pair.shown() > 0]
}

#[test]
fn nothing_is_shown_before_the_member_has_it() {
    for line in ["g1 1 2 send /room/1 chat hello", "g1 1 2 get /room/1"] {
        assert_eq!(shown(Faults::default(), line), [false, true], "{line}");
    }
    let faults = Faults { shown_before_sent: true, ..Faults::default() };
    assert_eq!(shown(faults, "g1 1 2 send /room/1 chat hello"), [true, false]);
}

/// S3: whoever knows a higher reign can say so, since the round names the bucket.
#[test]
fn a_read_is_a_round_that_names_its_bucket() {
    let asked = |faults| {
        let mut pair = member(faults);
        pair.primary.says("g1 1 2 get /room/1");
        pair.turn();
        without_digests(std::mem::take(&mut pair.said))
    };
    let records = format!("> records {} units=0", room());
    assert_eq!(asked(Faults::default()), [&records, "> batch 2", "< ack 2"]);
    let faults = Faults { round_names_nobody: true, ..Faults::default() };
    assert_eq!(asked(faults), ["> batch 2", "< ack 2"]);
}

/// The other is primary by a row that the first hasn't heard: it says so before it acknowledges.
fn promoted_elsewhere(faults: Faults) -> bool {
    let mut pair = member(faults);
    let higher = |prefix| row(prefix, "q2", (0, 2, 4));
    let place = Place { id: "q2".to_owned(), incarnation: 1, ..Place::default() };
    let wire = Table {
        term: 1,
        version: 4,
        bits: 1,
        rows: vec![higher(0), higher(1)],
        places: vec![place],
    };
    let table = BucketTable::try_from(wire).expect("a good table");
    pair.copy_takes(Input::Table(Arc::new(table)));
    drop(pair.out.links.take(ACCEPTED));
    pair.primary.says("g1 1 2 get /room/1");
    pair.turn();
    let shown = pair.primary.out.links.take(pair.primary.link("g1"));
    // What it says of rows isn't an answer.
    super::rig::frames(&shown).iter().any(|(number, _)| *number == ANSWER)
}

#[test]
fn a_deposed_primary_shows_nothing() {
    assert!(!promoted_elsewhere(Faults::default()));
    assert!(promoted_elsewhere(Faults { row_ignored_before_ack: true, ..Faults::default() }));
    assert!(promoted_elsewhere(Faults { round_names_nobody: true, ..Faults::default() }));
}

#[test]
fn time_releases_nothing() {
    let shows = |faults| {
        let mut pair = member(faults);
        pair.write(2);
        pair.half_turn();
        pair.passes(1_000);
        pair.shown() > 0
    };
    assert!(!shows(Faults::default()));
    assert!(shows(Faults { ack_by_timeout: true, ..Faults::default() }));
}

/// S16: what was on its way on the link before is sent again, and waits for the next one's batch.
#[test]
fn a_link_that_flaps_delays_what_waits() {
    let mut pair = member(Faults::default());
    pair.write(2);
    pair.half_turn();
    pair.link();
    assert_eq!(pair.shown(), 0);
    let said = without_digests(pair.settle());
    assert!(said.iter().any(|line| line.contains("after=")), "{said:#?}");
    assert!(pair.shown() > 0);
    pair.compare();
    assert_eq!(pair.ended, [""; 0]);
}

/// G10: another life of its node has nothing, and counts nowhere.
#[test]
fn a_member_that_starts_anew_does_not_count() {
    let mut pair = member(Faults::default());
    pair.write(2);
    pair.half_turn();
    pair.restart_copy(2);
    pair.said.clear();
    assert_eq!(without_digests(pair.settle()), [""; 0]);
    assert_eq!(pair.shown(), 0);
    pair.table(4, 1, As::Nobody);
    pair.settle();
    assert!(pair.shown() > 0);
}

/// What the other has applied of what it has.
fn applied(pair: &mut Pair) -> bool {
    let mut holds = pair.copy.holds();
    holds.retain(|report| report.prefix == room());
    holds.iter().all(|report| report.n == report.state_n)
}

/// S9.
#[test]
fn what_is_committed_is_told_with_the_next_part_or_after_a_while() {
    let mut pair = member(Faults::default());
    pair.write(2);
    pair.turn();
    assert!(!applied(&mut pair), "nobody has told it yet");
    pair.primary.now.ms += 100;
    pair.settle();
    assert!(applied(&mut pair));
}

/// S9: a member that is away has not acknowledged it.
#[test]
fn what_one_has_is_not_committed() {
    let applies = |faults| {
        let mut pair = member(faults);
        let other = Owner { id: "q3".to_owned(), incarnation: 1 };
        let rows = [0, 1].map(|prefix| {
            let mut row = row(prefix, "q1", (0, 1, 4));
            let member = Owner { id: "q2".to_owned(), incarnation: 1 };
            row.in_sync.extend([member, other.clone()]);
            row
        });
        let place = |id: &str| Place { id: id.to_owned(), incarnation: 1, ..Place::default() };
        let places = ["q1", "q2", "q3"].map(place).to_vec();
        let wire = Table { term: 1, version: 4, bits: 1, rows: rows.to_vec(), places };
        let table = Arc::new(BucketTable::try_from(wire).expect("a good table"));
        pair.primary.handle(Input::Table(Arc::clone(&table)));
        pair.copy_takes(Input::Table(table));
        pair.write(2);
        pair.turn();
        pair.primary.now.ms += 100;
        pair.settle();
        (applied(&mut pair), pair.shown() > 0)
    };
    assert_eq!(applies(Faults::default()), (false, false));
    let (is_applied, _) = applies(Faults { committed_of_first_ack: true, ..Faults::default() });
    assert!(is_applied);
}

/// Sends a large message. The newest record of its bucket.
fn send(pair: &mut Pair, op_id: u32) -> u64 {
    let lane = pair.primary.link("g1");
    let (queue, mount) = ("/room/1".to_owned(), "chat".to_owned());
    let payload = Some(vec![b'x'; 60_000]);
    let send = proto::c2g::SendMessage { op_id, queue, mount, payload, exclude_self: false };
    let op = proto::g2q::operation::Body::SendMessage(send);
    pair.primary.operation(lane, 1, "/room/1", 5, op);
    pair.primary.handle(Input::TurnEnd);
    pair.primary.node.newest_records()[room() as usize].1
}

/// P17.
#[test]
fn what_a_member_lacks_is_kept_for_it() {
    let goes_on = |faults| {
        let mut pair = member(faults);
        for op_id in 2..100 {
            send(&mut pair, op_id);
        }
        pair.link();
        let said = without_digests(pair.settle());
        said.iter().any(|line| line.contains(&format!("records {} after=", room())))
    };
    assert!(goes_on(Faults::default()));
    assert!(!goes_on(Faults { unacknowledged_trimmed: true, ..Faults::default() }));
}

#[test]
fn operations_are_refused_while_too_much_waits() {
    let mut pair = member(Faults::default());
    let mut newest = 0;
    let refused = (2..400).find(|op_id| {
        let before = std::mem::replace(&mut newest, send(&mut pair, *op_id));
        before == newest
    });
    let refused = refused.expect("there is a bound");
    assert!((270..300).contains(&refused), "{refused}");
    // Nor are others let in or got to know; but who asks again has the result.
    let in_room = |user: &String| {
        BucketId::of(name::hash(format!("/user/{user}").as_bytes()), 1).prefix() == room()
    };
    let user = (0..).map(|n| format!("user{n}")).find(in_room).expect("there is one");
    pair.primary.says(&format!("g1 introduce 2 {user}"));
    for line in
        [&*format!("g1 login 2 {user}"), "g1 2 1 get /room/1", "g1 request 1 create /room/9"]
    {
        pair.primary.says(line);
    }
    let (repeated, refusals) =
        (pair.primary.node.counters().repeated, pair.primary.node.counters().refused);
    assert_eq!(send(&mut pair, refused - 1), newest);
    assert_eq!(pair.primary.node.counters().repeated, repeated + 1);
    assert_eq!(pair.primary.node.counters().refused, refusals);
    assert_eq!(pair.shown(), 0, "also the refusal has its turn");
    pair.settle();
    assert!(send(&mut pair, 400) > newest);
}

/// What a probe's answer says nothing of; nothing: it isn't answered.
fn except(pair: &mut Pair) -> Option<Vec<u32>> {
    let lane = pair.primary.link("g1");
    let said = super::rig::frames(&pair.primary.out.links.take(lane));
    let (_, body) = said.into_iter().find(|(number, _)| *number == PROBED)?;
    Some(proto::q2g::Probed::decode(&*body).expect("an answer").except)
}

/// A lane asks whether it is heard, and the turn ends.
fn probe(pair: &mut Pair) {
    let lane = pair.primary.link("g1");
    let probe = proto::g2q::Probe { nonce: 7 };
    pair.primary.lane(lane, proto::g2q::g2q::Body::Probe(probe));
    pair.half_turn();
}

/// ADR 18.
#[test]
fn a_probe_is_answered_first_for_buckets_that_wait_for_nobody() {
    let mut pair = member(Faults::default());
    // Nobody has a copy of the first bucket any more.
    pair.primary.says("q2 row 0 q1 0 1 9");
    pair.settle();
    except(&mut pair);
    probe(&mut pair);
    assert_eq!(except(&mut pair), Some(vec![1]));
    pair.other_half();
    assert_eq!(except(&mut pair), Some(vec![]));
}

/// ADR 18.
#[test]
fn a_probe_is_answered_after_a_while_without_what_lags() {
    let mut pair = member(Faults::default());
    probe(&mut pair);
    assert_eq!(except(&mut pair), None);
    pair.other_half();
    assert_eq!(except(&mut pair), Some(vec![]));
    probe(&mut pair);
    pair.primary.now.ms += limits::PROBE_WAITS_MS_MAX + 8;
    pair.primary.handle(Input::Wake);
    assert_eq!(except(&mut pair), Some(vec![0, 1]));
    pair.other_half();
    pair.settle();
    assert_eq!(except(&mut pair), None, "it has been answered");
}

/// The next link is up before the one that is to be ended is down.
#[test]
fn acknowledgements_of_a_link_do_not_count_for_the_next() {
    let mut pair = member(Faults::default());
    for number in 2..6 {
        pair.write(number);
        pair.settle();
    }
    let link = pair.dialled.expect("there is a link");
    let ack = Body::Ack(q2q::Ack { k: 99, full: false });
    pair.primary.frame(link, &q2q::Q2q { body: Some(ack) });
    pair.write(6);
    pair.primary.handle(Input::TurnEnd);
    pair.shown();
    pair.primary.up("q2", true);
    pair.write(7);
    pair.primary.handle(Input::TurnEnd);
    pair.passes(300);
    assert_eq!(pair.shown(), 0);
}

/// Nothing of a snapshot or a log goes to whom an acknowledgement is made up.
#[test]
fn what_was_not_sent_releases_nothing() {
    let mut pair = member(Faults::default());
    pair.write(2);
    pair.half_turn();
    let ack = Body::Ack(q2q::Ack { k: 9, full: false });
    let link = pair.dialled.expect("there is a link");
    pair.primary.frame(link, &q2q::Q2q { body: Some(ack) });
    assert_eq!(pair.shown(), 0);
    let ended = pair.primary.out.links.ended();
    assert_eq!(ended.len(), 1);
}

/// P11: the clock of a bucket in which nothing happens goes on at whoever takes over.
#[test]
fn what_the_clock_shows_is_said_where_nothing_else_is() {
    let mut pair = member(Faults::default());
    pair.settle();
    let mut batches = 0;
    for _ in 0..100 {
        pair.primary.now.ms += limits::DIGEST_EVERY_MS;
        let said = pair.settle();
        batches += said.iter().filter(|line| line.contains("batch")).count();
    }
    // And no more often than that.
    assert!((9..=12).contains(&batches), "{batches}");
    let room = BucketId::new(1, room()).expect("a bucket");
    let now = pair.now();
    let shown = pair.primary.node.clock_ms(now, room).expect("it is here");
    let mut row = row(room.prefix(), "q2", (0, 2, 4));
    row.in_sync = vec![Owner { id: "q2".to_owned(), incarnation: 1 }];
    row.primary = row.in_sync.first().cloned();
    let place = Place { id: "q2".to_owned(), incarnation: 1, ..Place::default() };
    let other = super::rig::row(1 - room.prefix(), "q2", (0, 2, 4));
    let mut rows = vec![row, other];
    rows.sort_by_key(|row| row.prefix);
    let wire = Table { term: 1, version: 4, bits: 1, rows, places: vec![place] };
    let table = BucketTable::try_from(wire).expect("a good table");
    pair.copy_takes(Input::Table(Arc::new(table)));
    let goes_on = pair.copy.clock_ms(now, room).expect("it has taken over");
    assert!(shown - goes_on <= limits::CLOCK_EVERY_MS, "{} ms behind", shown - goes_on);
}

/// Nobody is told who has no copy.
#[test]
fn the_clock_is_said_to_nobody_without_copies() {
    let mut pair = member(Faults::default());
    pair.table(4, 1, As::Nobody);
    pair.settle();
    for _ in 0..30 {
        pair.primary.now.ms += limits::DIGEST_EVERY_MS;
        assert_eq!(pair.settle(), [""; 0]);
    }
}

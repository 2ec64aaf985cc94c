//! `alone = "hold"`: where one copy is left nothing is changed, and nothing is let out that isn't
//! on a second one (S8b and F9 of docs/replication.md).

use proto::class::{Alone, ClusterConfig};

use super::rig::config;
use super::rig::pair::{As, Pair, member};
use crate::machine::Faults;

/// The cluster's configuration, if a bucket with one copy goes on or not.
fn configure(pair: &mut Pair, alone: Alone) {
    pair.primary.configure(ClusterConfig { copies: 2, alone, ..config() });
}

/// A member, of a primary with a boss that may not go on without.
fn holding(faults: Faults) -> Pair {
    let mut pair = member(faults);
    pair.boss(true);
    configure(&mut pair, Alone::Hold);
    pair.settle();
    pair.passes(100);
    pair.settle();
    heard(&mut pair);
    pair
}

/// What the primary's lane has heard since, without rows.
fn heard(pair: &mut Pair) -> String {
    let mut said = String::new();
    pair.primary.hear(&mut said);
    let lines = said.lines().filter_map(|line| line.split_once(": ").map(|(_, rest)| rest));
    lines.filter(|line| !line.contains(" moved ")).collect::<Vec<_>>().join("\n")
}

/// What the lane hears of these lines by the end of the turn.
fn says(pair: &mut Pair, line: &str) -> String {
    pair.primary.says(line);
    pair.turn();
    heard(pair)
}

fn newest(pair: &mut Pair) -> Vec<u64> {
    pair.primary.node.newest_records().into_iter().map(|(_, n)| n).collect()
}

#[test]
fn who_is_alone_changes_nothing_and_is_read() {
    let mut pair = holding(Faults::default());
    pair.table(4, 1, As::Nobody);
    pair.settle();
    let before = newest(&mut pair);
    pair.primary.says("loud");
    let refused = says(&mut pair, "g1 1 2 send /room/1 chat hello");
    assert!(refused.contains("one copy of this queue's data is left"), "{refused}");
    let read = says(&mut pair, "g1 1 3 get /room/1");
    assert!(read.contains("answer") && !read.contains("left"), "{read}");
    pair.primary.says("g1 introduce 2 bob");
    // `unavailable`, and the client may come again after a second.
    assert_eq!(says(&mut pair, "g1 login 2 bob"), "g1 logged_in 2 14 0 code=3004 after=1000");
    // A stranger isn't got to know, for a read either.
    let refused = says(&mut pair, "g1 2 1 get /room/1");
    assert!(refused.contains("one copy of this queue's data is left"), "{refused}");
    let refused = says(&mut pair, "g1 request 1 create /room/2");
    assert!(refused.contains("one copy of this queue's data is left"), "{refused}");
    assert_eq!(newest(&mut pair), before);
    // The next learner is filled, added, and all goes on.
    pair.table(5, 1, As::Learner);
    pair.settle();
    assert_eq!(pair.proposed().len(), 2);
    let refused = says(&mut pair, "g1 1 4 send /room/1 chat hello");
    assert!(refused.contains("one copy of this queue's data is left"), "{refused}");
    pair.table(6, 1, As::Member);
    pair.settle();
    assert!(says(&mut pair, "g1 1 5 send /room/1 chat hello").contains("hello"));
    pair.compare();
    assert_eq!(pair.ended, [""; 0]);
}

/// What waits for a member that is dropped waits for another. What is shown of it then, when a
/// learner has it, and when that is a member.
fn shown(faults: Faults) -> [bool; 3] {
    let mut pair = holding(faults);
    pair.write(2);
    pair.half_turn();
    pair.table(4, 1, As::Nobody);
    pair.cut();
    pair.passes(200);
    let alone = heard(&mut pair).contains("hello");
    pair.table(5, 1, As::Learner);
    pair.link();
    pair.settle();
    assert_eq!(pair.proposed().iter().filter(|line| line.contains("Add")).count(), 2);
    let learner = heard(&mut pair).contains("hello");
    pair.table(6, 1, As::Member);
    pair.settle();
    let added = heard(&mut pair).contains("hello");
    pair.compare();
    [alone, learner, added]
}

#[test]
fn what_waits_for_a_second_copy_waits_until_a_row_names_one() {
    assert_eq!(shown(Faults::default()), [false, false, true]);
    assert_eq!(shown(Faults { hold_answers: true, ..Faults::default() }), [true, false, false]);
    let faults = Faults { hold_counts_learner: true, ..Faults::default() };
    assert_eq!(shown(faults), [false, true, false]);
}

#[test]
fn reads_wait_behind_what_is_not_committed() {
    let reads = |faults| {
        let mut pair = holding(faults);
        pair.write(2);
        pair.half_turn();
        pair.table(4, 1, As::Nobody);
        pair.settle();
        says(&mut pair, "g1 1 3 get /room/1")
    };
    assert_eq!(reads(Faults::default()), "");
    assert!(reads(Faults { hold_reads_ahead: true, ..Faults::default() }).contains("answer"));
}

/// F9: a change of the configuration files anew what waits.
#[test]
fn who_may_go_on_lets_out_what_waits() {
    let mut pair = holding(Faults::default());
    pair.write(2);
    pair.half_turn();
    pair.table(4, 1, As::Nobody);
    pair.passes(200);
    assert_eq!(heard(&mut pair), "");
    configure(&mut pair, Alone::GoOn);
    pair.settle();
    assert!(heard(&mut pair).contains("hello"));
    assert!(says(&mut pair, "g1 1 3 send /room/1 chat again").contains("again"));
    // And the other way round: what has been shown is nobody's wait.
    configure(&mut pair, Alone::Hold);
    let before = newest(&mut pair);
    assert!(says(&mut pair, "g1 1 4 get /room/1").contains("answer"));
    says(&mut pair, "g1 1 5 send /room/1 chat more");
    assert_eq!(newest(&mut pair), before);
}

/// The refusal is the last word on it, whichever connection's sending comes behind that.
#[test]
fn what_an_earlier_connection_has_sent_does_not_run_behind_a_refusal() {
    let mut pair = holding(Faults::default());
    for line in ["g1 introduce 7 ann id=7 gen=5", "g1 introduce 8 ann id=7 gen=6"] {
        pair.primary.says(line);
    }
    pair.table(4, 1, As::Nobody);
    pair.settle();
    pair.primary.says("loud");
    let refused = says(&mut pair, "g1 8 1 subscribe /room/1 sub=5");
    assert!(refused.contains("one copy of this queue's data is left"), "{refused}");
    configure(&mut pair, Alone::GoOn);
    pair.settle();
    let late = says(&mut pair, "g1 7 1 subscribe /room/1 sub=6");
    assert!(late.contains("this connection of the session is over"), "{late}");
    // The newer one may try it again.
    let again = says(&mut pair, "g1 8 1 subscribe /room/1 sub=5");
    assert!(again.contains("answer 8 op=1 status=0"), "{again}");
}

/// What ran before is no news, and would run twice if it were refused.
#[test]
fn who_asks_again_gets_the_result_that_there_is() {
    let mut pair = holding(Faults::default());
    assert!(says(&mut pair, "g1 1 2 send /room/1 chat hello").contains("hello"));
    pair.settle();
    heard(&mut pair);
    pair.table(4, 1, As::Nobody);
    pair.settle();
    let result = says(&mut pair, "g1 1 2 send /room/1 chat hello");
    assert!(result.contains("answer") && !result.contains("unavailable"), "{result}");
}

#[test]
fn deadlines_and_configurations_wait_until_there_is_another_copy() {
    let mut pair = holding(Faults::default());
    says(&mut pair, "g1 lost 1 ann");
    pair.settle();
    pair.table(4, 1, As::Nobody);
    pair.settle();
    let before = newest(&mut pair);
    for _ in 0..10 {
        pair.primary.now.ms += 10_000;
        pair.primary.handle(crate::machine::Input::Wake);
        pair.turn();
    }
    configure(&mut pair, Alone::Hold);
    pair.settle();
    assert_eq!(newest(&mut pair), before);
    configure(&mut pair, Alone::GoOn);
    pair.settle();
    assert!(newest(&mut pair).iter().zip(&before).all(|(now, before)| now > before));
    pair.primary.now.ms += 100;
    pair.primary.handle(crate::machine::Input::Wake);
    pair.settle();
    assert_eq!(pair.primary.node.counters().subscriptions, 0);
}

/// A reign begins with a record: all waits for its second copy.
#[test]
fn a_bucket_that_begins_alone_shows_nothing() {
    let mut pair = holding(Faults::default());
    pair.table(4, 1, As::Nobody);
    pair.settle();
    pair.table(5, 2, As::Nobody);
    pair.primary.reign = 2;
    assert_eq!(says(&mut pair, "g1 1 2 get /room/1"), "");
    pair.table(6, 2, As::Learner);
    pair.settle();
    pair.table(7, 2, As::Member);
    pair.settle();
    assert!(heard(&mut pair).contains("answer"));
}

//! Nodes that take over what others had, by rows.

use proto::bucket::BucketId;
use proto::limits::DEAD_MS;
use proto::name;

use super::rig::{Rig, Sets, Several, table};
use crate::machine::{Faults, Input};

fn none() -> Faults {
    Faults::default()
}

/// Nodes on the first of which ann is in a room.
fn begun(count: usize, faults: Faults) -> Several {
    let mut several = Several::new(count, faults);
    several.says(0, "g1 up\n g1 introduce 1 ann\n g1 login 1 ann secret=1");
    several.says(0, "g1 1 1 subscribe /room/1 sub=5");
    several
}

/// Her lane comes to another node, and has seen so much of the room.
fn comes(several: &mut Several, at: usize, seen: u64) {
    several.says(at, "g1 up\n g1 introduce 1 ann");
    several.says(at, &format!("g1 attach /room/1 5 e1 {seen} 1"));
}

/// P2.
#[test]
fn what_was_not_committed_is_kept() {
    let kept = |faults| {
        let mut several = begun(2, faults);
        several.says(0, "g1 1 2 send /room/1 chat hello");
        several.kill(0);
        several.promote((&[1], &[]));
        comes(&mut several, 1, 1);
        several.says(1, "g1 1 3 history /room/1")
    };
    assert_eq!(kept(none()), "g1 answer 1 op=3 status=0 seq=2 #2:hello");
    assert_ne!(kept(Faults { tail_dropped: true, ..none() }), kept(none()));
}

#[test]
fn what_comes_again_is_answered_as_before() {
    let mut several = begun(2, none());
    let send = "g1 1 2 send /room/1 chat hello";
    let keyed = "g1 request 1 send /room/1 chat own key=k remember=120000";
    let answer = "g1 answer 1 op=2 status=0 seq=2";
    let reply = "g1 reply 1 op=0 status=0 seq=3";
    assert!(several.says(0, send).contains(answer));
    assert!(several.says(0, keyed).contains(reply));
    several.kill(0);
    several.promote((&[1], &[]));
    comes(&mut several, 1, 3);
    assert_eq!(several.says(1, send), answer);
    assert_eq!(several.says(1, keyed), reply);
}

/// Two members of which one has a record that the other, who takes over, hasn't. Whether they are
/// the same in the end, and how many copies couldn't go on.
fn forked(faults: Faults) -> (bool, u64) {
    let mut several = begun(3, faults);
    several.cut(0, 2);
    several.says(0, "g1 1 2 send /room/1 chat hello");
    several.kill(0);
    // It has written something of its own when the other says what it has.
    several.cut(1, 2);
    several.promote((&[2, 1], &[]));
    comes(&mut several, 2, 1);
    several.says(2, "g1 1 2 send /room/1 chat hallo");
    several.heal(1, 2);
    let are_alike = several.are_alike(2, &[1]);
    (are_alike, several.nodes[1].node.counters().copies_broken)
}

/// P4, P5: the log of who takes over counts, and what another has beyond it is cut.
#[test]
fn who_has_more_than_who_takes_over_is_cut() {
    assert_eq!(forked(none()), (true, 0));
    let planted = [
        Faults { no_opening: true, ..none() },
        Faults { decides_before_opening: true, ..none() },
        Faults { prefix_by_number: true, ..none() },
        Faults { tail_kept: true, ..none() },
    ];
    for faults in planted {
        assert!(!forked(faults).0, "{faults:?}");
    }
}

/// A primary records something that nobody gets, and is deposed without hearing of it. Whether it
/// is what its successor is in the end, how many copies it has then, and whether it needed slices.
fn deposed(faults: Faults, is_ahead: bool, sets: Sets<'_>) -> (bool, u64, bool) {
    let mut several = begun(2, faults);
    several.cut(0, 1);
    if is_ahead {
        several.says(0, "g1 1 2 send /room/1 chat hello");
    }
    several.promote_before(&[1], sets);
    comes(&mut several, 1, 1);
    several.says(1, "g1 1 2 send /room/1 chat hallo");
    several.heal(0, 1);
    let slices = several.nodes[1].node.counters().copy_bytes_sent;
    let are_alike = several.are_alike(1, &[0]);
    let sent = several.nodes[1].node.counters().copy_bytes_sent > slices;
    assert!(several.nodes[0].node.buckets().is_empty());
    (are_alike, several.nodes[0].node.counters().copies, sent)
}

/// P6.
#[test]
fn a_deposed_primary_comes_back_as_a_copy() {
    for sets in [(&[1, 0][..], &[][..]), (&[1], &[0])] {
        assert_eq!(deposed(none(), false, sets), (true, 2, false), "nothing is thrown away");
    }
    // What it has applied it can't cut: as a learner it is filled, as a member it keeps that.
    assert!(deposed(none(), true, (&[1], &[0])).0);
    assert_eq!(deposed(none(), true, (&[1, 0], &[])), (false, 2, false));
    let faults = Faults { cut_below_state: true, ..none() };
    assert!(!deposed(faults, true, (&[1], &[0])).0);
}

/// S1, P9: what it records in the turn in which it is promoted anew is of two reigns.
#[test]
fn who_is_promoted_again_goes_on() {
    let mut several = begun(2, none());
    several.begins(0, "g1 1 2 send /room/1 chat hello");
    several.promote((&[0, 1], &[]));
    assert!(several.are_alike(0, &[1]));
    let rig = &mut several.nodes[0];
    assert_eq!(Rig::both().map(|bucket| rig.node.reign(bucket)), [Some(2); 2]);
    several.heard(0);
    // Nobody is attached, and nothing is forgotten.
    several.says(0, "g1 introduce 1 ann\n g1 attach /room/1 5 e1 2 1");
    assert_eq!(
        several.says(0, "g1 1 2 send /room/1 chat hello"),
        "g1 answer 1 op=2 status=0 seq=2"
    );
    let said = several.says(0, "g1 1 3 send /room/1 chat more");
    assert!(said.contains("g1 event 5 #3 chat ann:more"), "{said}");
    assert!(several.are_alike(0, &[1]));
    assert_eq!(several.nodes[1].node.counters().copies_broken, 0);
}

/// S1: who joins in that turn is announced in it.
#[test]
fn an_entry_is_whole_when_the_reign_changes_in_a_turn() {
    let missed = |faults| {
        let mut several = begun(2, faults);
        several.says(0, "g1 introduce 2 bob\n g1 login 2 bob secret=1");
        several.begins(0, "g1 2 1 subscribe /room/1 sub=5");
        several.promote((&[0, 1], &[]));
        several.settle();
        several.heard(0);
        several.says(0, "g1 introduce 1 ann\n g1 attach /room/1 5 e1 1 1")
    };
    assert!(missed(none()).contains("joined bob"), "{}", missed(none()));
    assert!(!missed(Faults { half_unit: true, ..none() }).contains("joined bob"));
}

/// P9.
#[test]
fn what_waited_under_the_reign_before_is_not_let_out() {
    let let_out = |faults| {
        let mut several = begun(2, faults);
        several.begins(0, "g1 1 2 send /room/1 chat hello");
        // The other has it, and hasn't said so yet.
        several.turn();
        several.promote((&[0, 1], &[]));
        several.settle();
        several.heard(0)
    };
    assert_eq!(let_out(none()), "");
    assert!(let_out(Faults { deposed_keeps_outputs: true, ..none() }).contains("op=2"));
}

/// A room whose user's home is another bucket.
fn room_elsewhere() -> String {
    let home = BucketId::of(name::hash(b"/user/ann"), 1);
    let elsewhere = |room: &String| BucketId::of(name::hash(room.as_bytes()), 1) != home;
    (2..).map(|n| format!("/room/{n}")).find(elsewhere).expect("there is one")
}

/// The newest numbers of records, or of words, of the home of ann and of another bucket.
fn newest(rig: &mut Rig, of_words: bool) -> [u64; 2] {
    let home = BucketId::of(name::hash(b"/user/ann"), 1);
    let numbers: Vec<(BucketId, u64)> = match of_words {
        true => {
            let words = rig.node.newest_words();
            words.into_iter().map(|((bucket, _), n)| (bucket, n)).collect()
        }
        false => rig.node.newest_records(),
    };
    let number = |is_home: bool| {
        let found = numbers.iter().find(|(bucket, _)| (*bucket == home) == is_home);
        found.expect("the bucket is here").1
    };
    [number(true), number(false)]
}

/// A room's word waits for a copy as its node dies: what the home of its user has recorded before
/// and after the opening of the next reign is on every copy, and how many words there were.
fn word_of_before(faults: Faults) -> ([u64; 2], [u64; 2], u64) {
    let mut several = begun(3, faults);
    several.begins(0, &format!("g1 1 9 subscribe {} sub=9", room_elsewhere()));
    several.turn();
    assert_eq!(several.nodes[0].node.counters().unanswered, 1);
    let [before, _] = newest(&mut several.nodes[0], false);
    let [_, words] = newest(&mut several.nodes[0], true);
    several.kill(0);
    several.cut(1, 2);
    several.promote((&[1, 2], &[]));
    several.settle();
    let [opened, _] = newest(&mut several.nodes[1], false);
    several.heal(1, 2);
    several.settle();
    let [heard, _] = newest(&mut several.nodes[1], false);
    let [_, words_then] = newest(&mut several.nodes[1], true);
    let unanswered = several.nodes[1].node.counters().unanswered;
    ([opened - before, heard - opened], [words, words_then], unanswered)
}

/// P16.
#[test]
fn words_are_said_again_when_the_opening_is_on_every_copy() {
    // The opening; then the reign that says the word, and what it says.
    assert_eq!(word_of_before(none()), ([1, 2], [2, 2], 0));
    let early = Faults { words_before_opening: true, ..none() };
    assert_eq!(word_of_before(early).0, [3, 0]);
    let reused = Faults { word_number_reused: true, ..none() };
    assert_ne!(word_of_before(reused).1, [2, 2]);
}

#[test]
fn tells_are_told_again() {
    let mut several = begun(2, none());
    let said = several.says(0, "g1 1 2 subscribe /told/1 sub=6");
    let tells: Vec<&str> = said.lines().filter(|line| line.contains(" tell ")).collect();
    assert_eq!(tells.len(), 3, "{said}");
    several.says(0, "g1 acknowledge 1");
    several.kill(0);
    several.promote((&[1], &[]));
    let again = several.says(1, "g1 up");
    let what = |line: &str| line.split_once(" app ").map(|(_, what)| what.to_owned());
    let again: Vec<_> = again.lines().filter_map(what).collect();
    assert_eq!(again, tells[1..].iter().filter_map(|line| what(line)).collect::<Vec<_>>());
    assert_eq!(several.nodes[1].node.tells_kept(), 2);
    several.says(1, "g1 acknowledge 1 2");
    several.settle();
    assert_eq!(several.nodes[1].node.tells_kept(), 0);
}

/// Who has no lane any more when another node takes over: how many sessions there are at last.
fn left_behind(faults: Faults, comes_after_ms: Option<u64>) -> u64 {
    let mut several = begun(2, faults);
    several.kill(0);
    several.promote((&[1], &[]));
    if let Some(ms) = comes_after_ms {
        several.wait(ms);
        comes(&mut several, 1, 1);
    }
    several.wait(20_000);
    several.nodes[1].node.counters().subscriptions
}

/// P13.
#[test]
fn whoever_has_lost_lane_and_home_is_detached() {
    assert_eq!(left_behind(none(), None), 0);
    assert_eq!(left_behind(none(), Some(DEAD_MS - 100)), 2, "in the room and the inbox");
    assert_eq!(left_behind(none(), Some(DEAD_MS + 100)), 2, "its grace goes on");
    assert_eq!(left_behind(Faults { nobody_detaches: true, ..none() }, None), 2);
}

/// P11: to a node whose clock is an hour ahead, and back to one whose clock is behind.
#[test]
fn times_to_live_go_on() {
    let lives = |faults, back: bool| {
        let mut several = begun(3, faults);
        several.wait(1_500);
        several.says(0, "g1 1 2 set /room/1 a=1~1000");
        several.wait(200);
        let heir = if back { 0 } else { 1 };
        if back {
            several.promote((&[1, 0], &[]));
            several.settle();
            several.kill(1);
        } else {
            several.kill(0);
        }
        several.promote((&[heir, 2], &[]));
        if back {
            several.says(0, "g1 introduce 1 ann\n g1 attach /room/1 5 e1 2 1");
        } else {
            comes(&mut several, 1, 2);
        }
        several.wait(400);
        let there = several.says(heir, "g1 1 3 get /room/1").contains("a=1");
        several.wait(800);
        let gone = !several.says(heir, "g1 1 4 get /room/1").contains("a=1");
        [there, gone]
    };
    for back in [false, true] {
        assert_eq!(lives(none(), back), [true; 2]);
    }
    let own = Faults { clock_of_its_own: true, ..none() };
    assert_ne!(lives(own, false), [true; 2]);
    assert_ne!(lives(own, true), [true; 2]);
}

/// F6: what a lane has seen and who takes over lacks is gone, and everybody gets the room whole.
#[test]
fn who_saw_more_than_there_is_gets_another_epoch() {
    let attached = |faults| {
        let mut several = begun(2, faults);
        several.cut(0, 1);
        several.says(0, "g1 1 2 send /room/1 chat hello");
        several.kill(0);
        several.promote((&[1], &[]));
        several.says(1, "g1 up\n g1 introduce 1 ann");
        several.says(1, "g1 attach /room/1 5 e1 2 1")
    };
    let said = attached(none());
    assert!(said.contains("attached 5 e2 #1"), "{said}");
    let said = attached(Faults { mark_clamped: true, ..none() });
    assert!(said.contains("attached 5 e1 #1"), "{said}");
}

/// P1.
#[test]
fn who_lacks_what_was_there_does_not_serve() {
    let serves = |faults| {
        let mut rig = Rig::named("q2", 0, 0, faults);
        rig.handle(Input::Table(table(2, ["q2", "q2"], 0, 2)));
        let lost = rig.node.buckets().len();
        let broken = rig.node.counters().copies_broken;
        rig.handle(Input::Table(table(3, ["q2", "q2"], 1, 3)));
        (lost, broken, rig.node.buckets().len())
    };
    assert_eq!(serves(none()), (0, 2, 2));
    assert_eq!(serves(Faults { learner_promoted: true, ..none() }).0, 2);
}

/// P9: at once whoever is there, and later whoever comes.
#[test]
fn whoever_may_think_otherwise_is_told() {
    let told = |faults, script: &str| {
        let said =
            Rig::with(0, faults).run(&format!("0 rows\n 0 g1 up\n 0 q2 up dialled\n{script}"));
        let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    let deposed = "1 table 2 q1 q2 0 2\n 2 table 3 q2 q2 0 3\n 3 g2 up\n 3 q3 up dialled";
    let wanted = [
        "1: g1 moved 0 q1",
        "1: g1 moved 1 q2",
        "1: q2 moved 0 q1",
        "1: q2 moved 1 q2",
        "2: g1 moved 0 q2",
        "2: q2 moved 0 q2",
        "3: g2 moved 0 q2",
        "3: g2 moved 1 q2",
        "3: q3 moved 0 q2",
        "3: q3 moved 1 q2",
    ];
    let said = told(none(), deposed);
    assert_eq!(said, wanted);
    let planted = [
        (Faults { deposed_tells_lanes: true, ..none() }, &wanted[3]),
        (Faults { deposed_is_probed: true, ..none() }, &wanted[6]),
        (Faults { same_home_not_told: true, ..none() }, &wanted[2]),
    ];
    for (faults, line) in planted {
        assert!(!told(faults, deposed).contains(&(*line).to_owned()), "{faults:?}");
    }
}

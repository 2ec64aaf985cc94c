//! Who tells whom of a bucket's row, and which of two counts.

use super::check;
use super::rig::Rig;
use crate::machine::Faults;

fn with(faults: Faults, script: &str) -> String {
    Rig::with(0, faults).run(script)
}

#[test]
fn a_node_learns_of_its_own_bucket_by_a_lane() {
    check(
        "
        0 g1 up
        0 table 2 q1 q2 0 1
        1 reign 2
        1 g1 row 0 q1 0 2 3
        1 g1 row 1 q1 0 2 3
        1 g1 introduce 1 ann
        1 g1 login 1 ann
        2 g1 row 1 q2 0 3 4
        3 reign 3
        3 g1 login 1 ann
        ----
        0: g1 moved 1 q2
        1: g1 moved 0 q1
        1: g1 moved 1 q1
        1: g1 logged_in 1 0 5
        2: g1 moved 1 q2
        3: g1 moved 1 q2
        ",
    );
}

#[test]
fn whoever_speaks_of_a_higher_row_and_has_not_told_it_loses_its_link() {
    let ends = "END the peer speaks of a newer row than this node knows, and hasn't told it";
    for peer in ["g1", "q2"] {
        let said = with(
            Faults::default(),
            &format!(
                "0 {peer} up
                 1 reign 2
                 1 {peer} {}",
                if peer == "g1" { "1 1 send /room/1 chat hi" } else { "note 5 ann 1 /room/x 9 3" }
            ),
        );
        assert_eq!(said, format!("1: {peer} {ends}\n"));
    }
}

/// B4: whoever is introduced behind such a row would be a stranger when it counts.
#[test]
fn who_tells_a_row_before_the_boss_that_was_answered_loses_its_link() {
    let ends = "END it told a row of which the boss, whose store has lost steps, must tell first";
    for peer in ["g1", "q2"] {
        let script = format!(
            "0 {peer} up
             1 tell_all
             1 {peer} row 1 q1 0 2 3"
        );
        assert_eq!(with(Faults::default(), &script), format!("1: {peer} {ends}\n"));
    }
}

const WORDS: &str = "
    0 rows
    0 table 2 q1 q2 0 1
    0 q2 up dialled
    0 g1 up
    0 g1 introduce 1 ann gen=1
    1 g1 1 1 subscribe /room/1 sub=5
    2 g1 1 2 unsubscribe /room/1
    ";

/// What other nodes are told from this moment on.
fn told(faults: Faults, script: &str, from_ms: u64) -> Vec<String> {
    let said = with(faults, &format!("{WORDS}{script}"));
    let is_late = |line: &&str| {
        let (at, rest) = line.split_once(": ").expect("a moment");
        at.parse::<u64>().expect("a number") >= from_ms && rest.starts_with('q')
    };
    said.lines().filter(is_late).map(str::to_owned).collect()
}

#[test]
fn a_row_goes_in_front_of_words_once_for_each_reign() {
    // The third table is about copies alone; the fourth has the same home, under another reign.
    let script = "3 table 3 q1 q2 0 1
                  4 table 4 q1 q2 0 2";
    let expected = [
        "0: q2 moved 1 q2",
        "1: q2 word 65536 note ann /room/1 4",
        "2: q2 word 131072 unnote ann /room/1 4",
        "4: q2 moved 0 q1",
        "4: q2 moved 1 q2",
        "4: q2 word 65536 note ann /room/1 4",
        "4: q2 word 131072 unnote ann /room/1 4",
    ];
    assert_eq!(told(Faults::default(), script, 0), expected);
    let silent = told(Faults { row_not_told: true, ..Faults::default() }, script, 0);
    assert!(!silent.iter().any(|line| line.contains("moved")), "{silent:#?}");
}

#[test]
fn words_go_where_another_node_says_that_their_home_is() {
    let script = "3 q2 row 1 q3 0 2 5
                  4 q3 up dialled
                  5 q2 row 1 q2 0 1 4";
    let expected = [
        "4: q3 moved 1 q3",
        "4: q3 word 65536 note ann /room/1 4",
        "4: q3 word 131072 unnote ann /room/1 4",
    ];
    // The lower row changes nothing, but its teller may not know: all words are sent once more.
    let again =
        ["200: q3 word 65536 note ann /room/1 4", "200: q3 word 131072 unnote ann /room/1 4"];
    assert_eq!(told(Faults::default(), script, 3), expected);
    let later = format!("{script}\n 200 g1 up");
    assert_eq!(told(Faults::default(), &later, 5), again);
    let back = told(Faults { lower_row_taken: true, ..Faults::default() }, script, 5);
    assert!(back.iter().any(|line| line.starts_with("5: q2 word")), "{back:#?}");
}

#[test]
fn a_home_that_is_not_in_the_table_is_to_be_dialled() {
    let mut rig = Rig::new();
    rig.run("0 table 2 q1 q2 0 1\n 0 q2 up\n 1 q2 row 1 q3 0 2 5\n 2 q2 row 0 q1 0 2 5");
    let places: Vec<&str> = rig.out.places.iter().map(|place| place.id.as_str()).collect();
    assert_eq!(places, ["q3"], "and not this node itself");
}

/// A number is never that of two words, so it doesn't matter when the word was said.
#[test]
fn an_answer_counts_whatever_the_reign_in_which_the_word_was_said() {
    let mut rig = Rig::new();
    rig.run(WORDS);
    assert_eq!(rig.node.counters().unanswered, 2);
    rig.run("3 table 3 q1 q2 0 2\n 4 q2 answer 65536");
    assert_eq!(rig.node.counters().unanswered, 1);
    rig.run("5 reign 2\n 5 q2 answer 131072");
    assert_eq!(rig.node.counters().unanswered, 0);
}

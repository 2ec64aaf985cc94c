//! Scripts of what is heard about a node, and the verdict at the end of each line.

use super::*;

/// Lines are `time [what] => verdict`, where `what` is `link`, `end`, `missed`, `refused`,
/// `reached` or `alone` (nobody else can tell).
fn check(script: &str) {
    let mut node = Liveness::unlinked(0);
    let witness = NodeId::try_from("g1").unwrap();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (step, expected) = line.split_once(" => ").unwrap();
        let mut words = step.split(' ');
        let now_ms = words.next().unwrap().parse().unwrap();
        let word = words.next().unwrap_or_default();
        match word {
            "link" => node.linked(LinkId(1)),
            "end" => assert!(node.link_ended(LinkId(1), now_ms)),
            "missed" => node.unreachable(&witness, false, now_ms),
            "refused" => node.unreachable(&witness, true, now_ms),
            "reached" => node.reached(&witness),
            _ => {}
        }
        let came = match node.verdict(now_ms, 500, word != "alone") {
            Verdict::Alive => "alive".to_owned(),
            Verdict::Undecided(at) => format!("ask at {at}"),
            Verdict::Dead { reason, .. } => format!("dead: {reason}"),
        };
        assert!(came.starts_with(expected), "{step}: {came}");
    }
}

#[test]
fn a_lost_boss_link_alone_is_not_death() {
    check("0 link => alive\n 100 end => alive\n 60000 => alive\n 60001 link => alive");
}

#[test]
fn who_is_reached_again_is_missed_no_more() {
    check("0 link => alive\n 100 end => alive\n 110 missed => ask at 600\n 120 reached => alive");
}

#[test]
fn a_port_that_refuses_is_death_at_once() {
    check("0 link => alive\n 100 end => alive\n 103 refused => dead: its link ended and its port");
    check("0 link => alive\n 100 refused => alive\n 103 end => dead: its link ended and its port");
}

#[test]
fn what_others_miss_is_dead_after_the_dead_time() {
    check(
        "0 link => alive
         100 end => alive
         200 missed => ask at 600
         599 => ask at 600
         600 => dead: its link ended and others",
    );
    check("0 link => alive\n 100 missed => alive\n 300 end => ask at 800\n 500 link => alive");
}

#[test]
fn what_was_missed_long_ago_is_forgotten() {
    check("0 link => alive\n 100 refused => alive\n 5000 end => alive");
    check("0 refused => dead\n 10 link => alive\n 20 end => alive");
}

#[test]
fn with_nobody_to_ask_silence_is_death() {
    check(
        "0 link => alive
         1000 end => alive
         1500 alone => ask at 11000
         10999 alone => ask at 11000
         11000 alone => dead: no process",
    );
}

#[test]
fn the_end_of_an_older_link_is_nothing() {
    let mut node = Liveness::unlinked(0);
    node.linked(LinkId(1));
    node.linked(LinkId(2));
    assert!(!node.link_ended(LinkId(1), 10));
    assert_eq!(node.link(), Some(LinkId(2)));
}

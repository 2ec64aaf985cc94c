//! What follows from a boss's answers.

use serde_json::json;

use super::super::finding::Verdict;
use super::*;

#[test]
fn clocks_may_differ_a_little() {
    let verdict = |there: u64, here: u64| compared(there, here, 10).verdict;
    assert_eq!(verdict(100_000, 100_900), Verdict::Ok);
    assert_eq!(verdict(102_000, 100_000), Verdict::Warn);
    assert_eq!(verdict(100_000, 110_000), Verdict::Fail);
    assert!(compared(110_000, 100_000, 0).said.contains("10 s ahead of"));
}

#[test]
fn versions_are_compared() {
    let look = |processes: serde_json::Value, own| {
        versions_of(serde_json::from_value(processes).unwrap(), own)
    };
    let same = json!({"g1": {"version": "1.0"}, "q1": {"version": "1.0"}});
    assert_eq!(look(same.clone(), "1.0").verdict, Verdict::Ok);
    assert_eq!(look(same, "1.1").verdict, Verdict::Warn);
    let mixed = look(json!({"g1": {"version": "1.0"}, "q1": {"version": "1.1"}}), "1.1");
    assert_eq!(mixed.verdict, Verdict::Warn);
    assert_eq!(mixed.said, "1.0 (g1); 1.1 (q1)");
    assert_eq!(look(json!({}), "1.0").verdict, Verdict::Warn);
}

#[test]
fn safety_is_held_against_what_is_wanted() {
    let look = |hosts, nodes, wanted| {
        let reasons = vec!["q2 is away".to_owned()];
        let (hosts_may_die, nodes_may_die, hosts_wanted) = (hosts, nodes, wanted);
        safety(&Safety { hosts_may_die, nodes_may_die, hosts_wanted, reasons }).verdict
    };
    assert_eq!(look(1, 1, 1), Verdict::Ok);
    // All on one machine, as `imq dev` is.
    assert_eq!(look(0, 1, 0), Verdict::Ok);
    assert_eq!(look(0, 1, 1), Verdict::Warn);
    assert_eq!(look(0, 0, 0), Verdict::Warn);
}

#[tokio::test]
async fn a_node_that_is_away_is_told_of() {
    let node = |state: &str, address: &str| Node {
        id: "q1".to_owned(),
        role: "queue_node".to_owned(),
        address: address.to_owned(),
        state: state.to_owned(),
        message: "it is.".to_owned(),
    };
    assert_eq!(reachable(&node("up", "pipe:q1")).await.verdict, Verdict::Ok);
    assert_eq!(reachable(&node("gone", "127.0.0.1:1")).await.verdict, Verdict::Warn);
    assert_eq!(reachable(&node("up", "127.0.0.1:1")).await.verdict, Verdict::Fail);
}

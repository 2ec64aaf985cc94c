//! What the stagehand makes of orders.

use super::*;

const G1: Node = Node::Gateway(0);
const Q1: Node = Node::QueueNode(0);
const Q2: Node = Node::QueueNode(1);

fn refusal(play: &Play, now_ms: u64, node: Node, may_die: Option<u64>) -> String {
    play.may_kill(now_ms, node, may_die).expect_err("it may not be killed")
}

#[test]
fn one_is_away_at_a_time() {
    let mut play = Play::new();
    assert_eq!(play.may_kill(10, Q1, Some(1)), Ok(()));
    play.killed(10, Q1);
    assert_eq!((play.standing(Q1), play.standing(Q2)), ("down", "up"));
    assert!(refusal(&play, 20, G1, Some(1)).contains("q1 is away"));
    assert_eq!(play.cue(10 + AWAY_MS - 1), None);
    assert_eq!(play.cue(10 + AWAY_MS), Some(Cue::Start(Q1)));
    play.started(5_000, Q1, true);
    assert_eq!(play.standing(Q1), "returning");
    assert_eq!(play.cue(5_000), Some(Cue::Watch(Q1)));
    assert!(refusal(&play, 5_000, Q2, Some(1)).contains("coming back"));
    play.back(6_000);
    assert_eq!((play.standing(Q1), play.cue(6_000)), ("up", None));
    assert!(refusal(&play, 6_000, Q2, Some(1)).contains("a moment"));
    assert_eq!(play.may_kill(6_000 + PAUSE_MS, Q2, Some(1)), Ok(()));
}

#[test]
fn the_last_copy_is_never_killed() {
    let play = Play::new();
    assert!(refusal(&play, 0, Q1, Some(0)).contains("lost"));
    assert!(refusal(&play, 0, Q1, None).contains("boss"));
    assert_eq!(play.may_kill(0, G1, Some(0)), Ok(()));
    assert_eq!(play.may_kill(0, G1, None), Ok(()));
}

#[test]
fn what_does_not_start_is_started_again_later() {
    let mut play = Play::new();
    play.killed(0, G1);
    play.started(AWAY_MS, G1, false);
    assert_eq!(play.standing(G1), "down");
    assert_eq!(play.cue(AWAY_MS), None);
    assert_eq!(play.cue(2 * AWAY_MS), Some(Cue::Start(G1)));
}

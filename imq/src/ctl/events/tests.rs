//! Which events are new, and how one looks.

use serde_json::json;

use super::*;
use crate::show::bare;

fn event(at_ms: u64) -> Value {
    json!({"at_ms": at_ms, "kind": "lost", "node": "q1", "text": "q1 is lost\u{7}"})
}

#[test]
fn what_follows_the_last_one_is_new() {
    let all: Vec<Value> = (0..4).map(event).collect();
    assert_eq!(new_of(&all[..2], &all), &all[2..]);
    assert!(new_of(&all, &all).is_empty());
    assert_eq!(new_of(&[], &all), all);
    // The boss keeps the newest: what was known may have been forgotten.
    assert_eq!(new_of(&all[..1], &all[2..]), &all[2..]);
}

#[test]
fn an_event_is_a_line() {
    let shown = text(&event(1_767_225_600_000));
    assert_eq!(bare(&shown), "2026-01-01 00:00:00Z lost     q1   q1 is lost\\u{7}");
    assert!(shown.contains(&format!("{WARN}")), "it is alarming");
}

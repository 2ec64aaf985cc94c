//! What is sound, and the names of the figures.

use std::collections::BTreeMap;

use super::CalloutSilentReport;
use crate::neighbours::{Influence, Round};
use crate::traffic::checker::Faults;

fn report() -> CalloutSilentReport {
    CalloutSilentReport {
        answers_after_ms: None,
        connections: 500,
        askers: 100,
        influence: Influence::new(vec![Round::default()]),
        faults: Faults::default(),
        asked: 10,
        done: 0,
        refused: BTreeMap::from([(14, 10)]),
        unanswered: BTreeMap::from([("late".to_owned(), 4), ("circuit_open".to_owned(), 6)]),
        answered: BTreeMap::new(),
        generator_busy: 0.5,
    }
}

#[test]
fn it_is_sound_when_all_that_was_asked_is_answered() {
    assert!(report().sound());
    assert!(!CalloutSilentReport { asked: 11, ..report() }.sound());
    let faults = Faults { lost: 1, ..Faults::default() };
    assert!(!CalloutSilentReport { faults, ..report() }.sound());
}

#[test]
fn the_figures_have_their_names() {
    let json = serde_json::to_value(report()).unwrap();
    assert_eq!(json["unanswered"]["late"], 4);
    assert_eq!(json["refused"]["14"], 10);
    assert_eq!(json["lost"], 0);
    assert!(json["rounds"][0]["with"].get("p99_ms").is_some());
    assert!(report().to_string().contains("4 late"));
}

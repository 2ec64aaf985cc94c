//! What was answered, and is asked again.

use imq_sdk::Event;

use crate::application::{Post, Question, Ruling};
use crate::check::check;
use crate::journal::{Journal, Moment, Observations, What};

/// Whether it is wrong that a lane asked the same at these moments, with the answer to each 10 ms
/// later, by a client that connected at those.
fn is_wrong(sent_ms: &[u64], connected_ms: &[u64]) -> bool {
    let post = |sent_ms: &u64| {
        let sent_us = sent_ms * 1000;
        Post { sent_us, via: (0, 0, 0), answered_us: Some(sent_us + 10_000) }
    };
    let connected = |at_ms: &u64| {
        let (user, gateway) = ("u0".to_owned(), "g1".to_owned());
        let event = Event::Connected { user, gateway, resumed: true };
        Moment { at_us: at_ms * 1000, what: What::Event(event) }
    };
    let journal = Journal {
        user: "u0".to_owned(),
        moments: connected_ms.iter().map(connected).collect(),
        ..Journal::default()
    };
    let question = Question {
        kind: "send_state".to_owned(),
        id: "1/2".to_owned(),
        user: "u0".to_owned(),
        queue: "/asked/1".to_owned(),
        payload: Vec::new(),
        ruling: Ruling::Allow,
        posts: sent_ms.iter().map(post).collect(),
    };
    let (journals, questions) = (vec![journal], vec![question]);
    let seen = Observations { journals, questions, ..Observations::default() };
    let rule = "what was answered isn't asked again";
    check(&seen).iter().any(|violation| violation.rule == rule)
}

#[test]
fn a_lane_asks_once_for_each_connection() {
    assert!(!is_wrong(&[2_000], &[1_000]));
    assert!(!is_wrong(&[2_000, 2_005], &[1_000]), "without the answer it asks again");
    assert!(is_wrong(&[2_000, 2_100], &[1_000]));
    assert!(!is_wrong(&[2_000, 2_100], &[1_000, 2_050]), "the client has come anew");
    assert!(!is_wrong(&[2_000, 2_100], &[1_000, 1_990]), "the lane asked for the one before");
    assert!(is_wrong(&[2_000, 2_100], &[1_000, 1_400]), "which was over");
    assert!(is_wrong(&[2_000, 2_100, 2_200], &[1_000, 1_990]), "it has come once");
    assert!(!is_wrong(&[2_000, 2_100, 2_200], &[1_000, 1_990, 2_150]));
}

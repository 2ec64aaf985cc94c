//! A web application that answers in every wrong way.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use serde_json::{Value, json};

use crate::roles::Five;
use crate::talker::Talker;

/// So many people at each gateway for each kind of answer; late ones last, since with them the
/// application isn't asked for a while.
const EACH: usize = 8;
const KINDS: [&str; 6] = ["huge", "wrong", "redirects", "error", "refused", "late"];

/// The application's answer: whoever has a good token is somebody, and else it depends on what the
/// name of the queue says.
pub(super) fn answer(body: &Value) -> (u16, Value) {
    if body["kind"] == "connect" {
        let user = format!("bearer-{}", body["id"].as_str().unwrap_or_default());
        return (200, json!({ "allow": true, "user": user }));
    }
    let queue = body["queue"].as_str().unwrap_or_default();
    match KINDS.into_iter().find(|kind| queue.contains(kind)) {
        Some("huge") => (200, json!({ "allow": true, "message": "x".repeat(1_000_000) })),
        Some("wrong") => (200, json!({ "allow": "perhaps", "surprise": [[[[]]]] })),
        Some("redirects") => (302, json!({ "allow": true })),
        Some("error") => (500, json!({ "allow": true })),
        Some("refused") => (200, json!({ "allow": false, "message": "not you" })),
        Some("late") => {
            // Nobody ever sends, so that this is time that passes, and nothing else.
            let (never, wait) = sync_channel::<()>(1);
            wait.recv_timeout(Duration::from_millis(600)).ok();
            drop(never);
            (200, json!({ "allow": true }))
        }
        _ => (200, json!({ "allow": true })),
    }
}

/// People who come to clubs whose answers are wrong: none gets in.
pub(super) fn all(five: &Five) {
    for kind in KINDS {
        let mut people: Vec<Talker> = (0..2 * EACH)
            .map(|number| {
                let user = format!("asked-{kind}-{number}");
                Talker::login(&five.gateway(number as u16 % 2), &user)
            })
            .collect();
        for (number, talker) in people.iter_mut().enumerate() {
            let op_id = talker.op_id();
            let queue = format!("/club/{kind}-{}", number % 3);
            talker.say(json!({ "subscribe": { "op_id": op_id, "queue": queue } }));
        }
        let wanted = if kind == "refused" { 7 } else { 14 };
        for talker in &mut people {
            let result = talker.hear("result");
            assert_eq!(result["status"], wanted, "{kind}: {result}");
        }
        // Some say good-bye, others vanish.
        for mut talker in people.into_iter().step_by(2) {
            talker.say(json!({ "bye": {} }));
            talker.closing(3000);
        }
    }
}

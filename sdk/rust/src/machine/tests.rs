//! The client by the scripts of `sdk/conformance`, and what no script can say: bounds of memory,
//! what is counted, and chance.

mod conformance;
mod storm;

use prost::Message as _;
use proto::c2g::{C2g, c2g::Body};
use proto::limits as protocol;
use proto::time::Time;
use serde_json::{Value, json};

use self::conformance::Driver;
use super::{Client, Faults, Input, Outbox, Settings};
use crate::limits;

/// What the client does about it.
fn does(driver: &mut Driver, step: &Value) -> Value {
    driver.input(step);
    driver.take_done()
}

/// A client with a connection.
fn connected() -> Driver {
    let mut driver = Driver::new(&json!({}), Faults::default());
    does(&mut driver, &json!({ "connected": true }));
    let welcome = json!({ "session_id": "s1", "secret": "k1", "user": "alice" });
    does(&mut driver, &json!({ "receive": { "welcome": welcome } }));
    driver
}

/// A connected client with so many subscriptions, whose names are this long.
fn subscribed(queues: usize, length: usize) -> Driver {
    let mut driver = connected();
    for number in 1..=queues {
        let queue = format!("/{number}{}", "x".repeat(length));
        does(&mut driver, &json!({ "command": number, "subscribe": { "queue": queue } }));
        does(&mut driver, &json!({ "receive": { "result": { "op_id": number } } }));
        let word = json!({ "sub": number, "queue": queue, "epoch": 9, "marks": { "chat": 4 } });
        does(&mut driver, &json!({ "receive": { "subscribed": word } }));
    }
    driver
}

#[test]
fn too_many_marks_end_the_connection() {
    let mut driver = subscribed(1, 0);
    let marks: Value = (0..=limits::MARKS_MAX).map(|mount| (mount.to_string(), 1)).collect();
    let word = json!({ "sub": 1, "queue": "/1", "epoch": 9, "marks": marks });
    let done = does(&mut driver, &json!({ "receive": { "subscribed": word } }));
    assert_eq!(done["events"], json!([{ "closed": { "code": 0, "may_retry": true } }]));
}

#[test]
fn strays_are_counted() {
    let mut driver = connected();
    for stray in [
        json!({ "result": { "op_id": 5 } }),
        json!({ "message": { "sub": 4, "mount": "chat", "seq": 1, "payload": 1 } }),
        json!({ "state": { "sub": 4, "mount": "scores", "seq": 1 } }),
        json!({ "subscribed": { "sub": 4, "queue": "/a", "epoch": 9 } }),
        json!({ "unsubscribed": { "sub": 4, "queue": "/a" } }),
        json!({ "gap": { "sub": 4, "mount": "chat", "after_seq": 1, "before_seq": 3 } }),
    ] {
        does(&mut driver, &json!({ "receive": stray }));
    }
    assert_eq!(driver.client.counters().strays, 6);
}

#[test]
fn thirty_two_are_unanswered_and_the_rest_waits_up_to_a_bound() {
    let mut driver = connected();
    let mut send = |number: usize| {
        let message = json!({ "queue": "/a", "mount": "chat", "payload": number });
        does(&mut driver, &json!({ "command": number, "send_message": message }))
    };
    let done: Vec<Value> = (1..=limits::OPERATIONS_MAX).map(&mut send).collect();
    let sent = done.iter().filter(|done| done["sends"] != json!([])).count();
    assert_eq!(sent, protocol::UNANSWERED_PER_QUEUE_MAX);
    assert!(done.iter().all(|done| done["events"] == json!([])), "none is refused");
    let done = send(limits::OPERATIONS_MAX + 1);
    assert_eq!(done["events"][0]["failure"], "full");
    let done = does(&mut driver, &json!({ "receive": { "result": { "op_id": 1, "seq": 1 } } }));
    assert_eq!(done["events"][0]["answer"], 1);
    assert_eq!(done["sends"][0]["send_message"]["op_id"], sent + 1);
}

#[test]
fn what_is_held_is_limited_in_bytes() {
    let mut driver = connected();
    let payload = "x".repeat(60_000);
    let mut send = |number: usize| {
        let message = json!({ "queue": "/a", "mount": "chat", "payload": payload });
        does(&mut driver, &json!({ "command": number, "send_message": message }))
    };
    let all = limits::OPERATION_BYTES_MAX / 60_000 + 1;
    let refused = (1..=all).find(|number| send(*number)["events"] != json!([]));
    assert!(refused.is_some_and(|number| number > all / 2), "{refused:?}");
    assert_eq!(send(all + 1)["events"], json!([{ "answer": all + 1, "failure": "full" }]));
}

#[test]
fn seen_fits_into_a_first_frame_and_the_rest_is_subscribed_anew() {
    let mut driver = subscribed(200, 100);
    driver.handle(Input::Disconnected);
    let mut out = Outbox::default();
    driver.client.handle(Time::default(), Input::Connected, &mut out);
    assert!(out.frames.len() <= protocol::UNAUTHENTICATED_BYTES_MAX, "{}", out.frames.len());
    let named = driver.client.queues.values().filter_map(|queue| queue.subscription.as_ref());
    let named = named.filter(|subscription| subscription.named).count();
    assert!((1..200).contains(&named), "{named}");
    let welcome = json!({ "session_id": "s1", "secret": "k2", "user": "alice", "resumed": true });
    let done = does(&mut driver, &json!({ "receive": { "welcome": welcome } }));
    let anew = done["sends"].as_array().unwrap().iter();
    assert_eq!(anew.filter(|frame| frame.get("subscribe").is_some()).count(), 200 - named);
}

#[test]
fn each_client_has_an_id_of_its_own() {
    let id = |seed| {
        let mut out = Outbox::default();
        let mut client = Client::new(Settings::default(), seed);
        client.handle(Time::default(), Input::Connected, &mut out);
        let (frame, _) = proto::frame::split(&out.frames, usize::MAX).unwrap().unwrap();
        match C2g::decode(frame).unwrap().body {
            Some(Body::Connect(connect)) => connect.client_id,
            other => panic!("{other:?} before `connect`"),
        }
    };
    assert!(proto::name::client_id(&id(1)).is_ok(), "{:?}", id(1));
    assert_ne!(id(1), id(2));
}

#[test]
fn a_session_whose_ids_are_used_up_begins_anew() {
    let mut driver = subscribed(1, 1);
    driver.client.next_op_id = limits::OP_ID_WORN + 1;
    let done = does(&mut driver, &json!({ "receive": { "pong": {} } }));
    assert_eq!(done["events"], json!([{ "closed": { "code": 0, "may_retry": true } }]));
    let done = does(&mut driver, &json!({ "connected": true }));
    assert_eq!(done["sends"][0]["connect"].get("resume"), None);
}

/// Timers may be late; then what comes must not bring back what they would have ended.
#[test]
fn what_is_too_old_is_not_resent_though_its_timer_is_late() {
    let mut driver = connected();
    let message = json!({ "queue": "/a", "mount": "chat", "payload": 1 });
    does(&mut driver, &json!({ "command": 1, "send_message": message }));
    does(&mut driver, &json!({ "disconnected": true }));
    does(&mut driver, &json!({ "connected": true }));
    driver.now_ms += limits::GRACE_MS;
    let welcome = json!({ "session_id": "s1", "secret": "k2", "user": "alice", "resumed": true });
    let done = does(&mut driver, &json!({ "receive": { "welcome": welcome } }));
    assert_eq!(done["sends"], json!([]));
    assert_eq!(done["events"][0], json!({ "answer": 1, "failure": "outcome_unknown" }));
}

//! How people lose their connection and come back, each as it happens: `docs/sessions.md`.

mod both;
pub(crate) mod client;
mod elsewhere;
pub(crate) mod grace;
pub(crate) mod network;
pub(crate) mod server;

use serde_json::Value;

use crate::talker::{Frame, Talker};

/// The payloads of messages, and the names of whatever else came.
pub(crate) fn said(frames: &[Frame]) -> Vec<&str> {
    let words = frames.iter().map(|(name, body)| match name.as_str() {
        "message" => body["payload"].as_str().expect("text"),
        other => other,
    });
    words.collect()
}

/// The users of all frames of this name.
fn users(frames: &[Frame], name: &str) -> Vec<String> {
    let bodies = frames.iter().filter(|frame| frame.0 == name).map(|frame| &frame.1);
    let users = bodies.flat_map(|body| body["users"].as_array().expect("users"));
    users.map(|user| user.as_str().expect("an id").to_owned()).collect()
}

/// Waits for `joined` or `left` of this user.
fn hear_of(talker: &mut Talker, name: &str, user: &str) -> Value {
    talker.hear_where(name, |body| {
        body["users"].as_array().is_some_and(|users| users.iter().any(|one| one == user))
    })
}

//! From a script's JSON to what the machine takes, and its frames back.

use prost::Message as _;
use proto::c2g::{self, C2g, c2g::Body, change};
use proto::json;
use serde_json::{Value, json};

use crate::{Act, Change, Command, PageAsked, SubscribeOptions};

/// A kind of envelope that a later version may have.
const LATER: &str = "later";

/// The gateway's envelope.
pub(super) fn frame(envelope: &Value) -> Vec<u8> {
    if envelope.get(LATER).is_some() {
        // Field 99, empty.
        return vec![0x9a, 0x06, 0x00];
    }
    let mut frame = Vec::new();
    json::g2c_from_json(&envelope.to_string(), |bytes| frame = bytes.to_vec())
        .unwrap_or_else(|error| panic!("{envelope}: {error}"));
    frame
}

/// The command that stands in a step.
pub(super) fn command(step: &Value) -> Command {
    if step.get("close").is_some() {
        return Command::Close;
    }
    let kinds = [
        "subscribe",
        "unsubscribe",
        "send_message",
        "send_state",
        "get_state",
        "get_history",
        "list_members",
    ];
    let kind = kinds.into_iter().find(|kind| step.get(kind).is_some());
    let kind = kind.unwrap_or_else(|| panic!("no command in {step}"));
    let mut command = None;
    json::c2g_frames(&json!({ kind: step[kind] }).to_string(), |bytes| {
        command = C2g::decode(bytes).unwrap().body;
    })
    .unwrap_or_else(|error| panic!("{step}: {error}"));
    asked(command.unwrap())
}

fn asked(body: Body) -> Command {
    match body {
        Body::Subscribe(c2g::Subscribe { queue, history, mounts, key_prefix, .. }) => {
            Command::Subscribe { queue, options: SubscribeOptions { history, mounts, key_prefix } }
        }
        Body::Unsubscribe(word) => Command::Unsubscribe { queue: word.queue },
        Body::SendMessage(c2g::SendMessage { queue, mount, payload, exclude_self, .. }) => {
            let payload = payload.expect("a message has a payload");
            Command::SendMessage { queue, mount, payload, exclude_self }
        }
        Body::SendState(c2g::SendState { queue, mount, changes, .. }) => {
            let changes = changes.into_iter().map(changed).collect();
            Command::SendState { queue, mount, changes }
        }
        Body::GetState(c2g::GetState { queue, mount, key_prefix, after, limit, .. }) => {
            Command::GetState { queue, mount, key_prefix, page: PageAsked { after, limit } }
        }
        Body::GetHistory(c2g::GetHistory { queue, mount, before_seq, limit, .. }) => {
            Command::GetHistory { queue, mount, before_seq, limit }
        }
        Body::ListMembers(c2g::ListMembers { queue, after, limit, .. }) => {
            Command::ListMembers { queue, page: PageAsked { after, limit } }
        }
        other @ (Body::Connect(_)
        | Body::Open(_)
        | Body::Call(_)
        | Body::Refresh(_)
        | Body::Ping(_)
        | Body::Pong(_)
        | Body::Bye(_)) => panic!("no command: {other:?}"),
    }
}

fn changed(change: c2g::Change) -> Change {
    let c2g::Change { key, act, if_version, if_absent, ttl_ms, while_present } = change;
    let act = match act.expect("a change does something") {
        change::Act::Set(value) => Act::Set(value),
        change::Act::Delete(_) => Act::Delete,
        change::Act::Add(amount) => Act::Add(amount),
    };
    Change { key, act, if_version, if_absent, ttl_ms, while_present }
}

/// The envelopes of the client's frames.
pub(super) fn envelopes(mut frames: &[u8]) -> Vec<Value> {
    let mut envelopes = Vec::new();
    while let Some((frame, length)) = proto::frame::split(frames, usize::MAX).unwrap() {
        let mut text = Vec::new();
        json::c2g_to_json(&mut text, frame).unwrap();
        envelopes.push(serde_json::from_slice(&text).unwrap());
        frames = &frames[length..];
    }
    envelopes
}

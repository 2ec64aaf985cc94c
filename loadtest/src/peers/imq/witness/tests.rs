//! What a client is told, in frames of the schema.

use prost_reflect::Value;
use prost_reflect::prost::Message;

use super::{Told, Witness};
use crate::peers::tests::schema::{descriptor, envelope};
use crate::peers::{Codec, Event, Member};

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn frame(body: &str, fields: &[(&str, Value)]) -> Vec<u8> {
    let frame = envelope(&descriptor("g2c.proto", "imq.g2c.G2c"), body, fields);
    frame.encode_length_delimited_to_vec()
}

/// What the client makes of a frame.
fn told(client: &mut Witness, body: &str, fields: &[(&str, Value)]) -> Told {
    let bytes = frame(body, fields);
    client.next(&bytes, &mut Vec::new()).expect("no violation").expect("a whole frame");
    client.told.clone()
}

fn subscribed(client: &mut Witness, number: u32, queue: &str) -> Told {
    let fields =
        [("sub", Value::U32(number)), ("queue", text(queue)), ("epoch", Value::U64(1 << 47))];
    told(client, "subscribed", &fields)
}

#[test]
fn what_is_said_of_the_room_is_told_and_of_the_own_queue_nothing() {
    let mut client = Witness::new(Member { user: "u1".into(), room: "/r".into() });
    client.hello(&mut Vec::new());
    assert_eq!(subscribed(&mut client, 1, "/user/u1"), Told::Nothing);
    assert_eq!(subscribed(&mut client, 2, "/r"), Told::Subscribed { epoch: 1 << 47 });
    for (number, room) in [(1, false), (2, true)] {
        let at = [("sub", Value::U32(number)), ("mount", text("chat")), ("seq", Value::U64(9))];
        let heard = told(&mut client, "message", &at);
        let message = Told::Message { seq: 9, history: false };
        assert_eq!(heard, if room { message } else { Told::Nothing });
        let gap = [("after_seq", Value::U64(9)), ("before_seq", Value::U64(12))];
        let heard = told(&mut client, "gap", &[&at[..2], &gap].concat());
        assert_eq!(heard, if room { Told::Gap } else { Told::Nothing });
    }
    let old = [("sub", Value::U32(2)), ("mount", text("chat")), ("history", Value::Bool(true))];
    assert_eq!(told(&mut client, "message", &old), Told::Message { seq: 0, history: true });
    let ended = [("queue", text("/r")), ("reason", text("node lost"))];
    let heard =
        told(&mut client, "unsubscribed", &[&[("sub", Value::U32(2))], &ended[..]].concat());
    assert_eq!(heard, Told::Unsubscribed { reason: "node lost".into() });
}

#[test]
fn a_refusal_is_told_and_ends_nothing() {
    let mut client = Witness::new(Member { user: "u1".into(), room: "/r".into() });
    client.hello(&mut Vec::new());
    let mut out = Vec::new();
    let own = client.send(None, b"x", &mut out);
    let other = client.send(Some("/other"), b"x", &mut out);
    assert_eq!((own, other), (2, 3), "behind the subscription");
    let bytes = frame("result", &[("op_id", Value::U32(other)), ("status", Value::U32(14))]);
    let heard = client.next(&bytes, &mut Vec::new()).expect("no violation");
    assert_eq!(heard, Some((Event::Other, bytes.len())));
    assert_eq!(client.told, Told::Result { operation: other, status: 14 });
}

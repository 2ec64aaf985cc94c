//! A client's way through welcomes and losses, in frames of the schema.

use std::collections::HashMap;

use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, MapKey, ReflectMessage, Value};

use super::{Closing, Here, Returning};
use crate::peers::tests::schema::{descriptor, envelope, message};
use crate::peers::{Codec, Event, Member};

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn client() -> Returning {
    Returning::new(Member { user: "u1".into(), room: "/r".into() }, None)
}

/// Lets the client hear one frame and returns what it answers.
fn hear(client: &mut Returning, body: &str, fields: &[(&str, Value)]) -> Vec<u8> {
    let frame = envelope(&descriptor("g2c.proto", "imq.g2c.G2c"), body, fields);
    let bytes = frame.encode_length_delimited_to_vec();
    let mut out = Vec::new();
    let (_, taken) = client.next(&bytes, &mut out).expect("no violation").expect("a whole frame");
    assert_eq!(taken, bytes.len());
    out
}

/// What the client says, which is one frame with this body.
fn said(bytes: &[u8], body: &str) -> DynamicMessage {
    let mut rest = bytes;
    let mut read = DynamicMessage::new(descriptor("c2g.proto", "imq.c2g.C2g"));
    read.merge_length_delimited(&mut rest).expect("a frame of the schema");
    assert!(rest.is_empty(), "one frame");
    let body = read.get_field_by_name(body).expect("the schema has it").into_owned();
    body.as_message().expect("a body is a message").clone()
}

/// A message of the schema that another one was read with.
fn like(other: &DynamicMessage, name: &str, fields: &[(&str, Value)]) -> DynamicMessage {
    let descriptor = other.descriptor().parent_pool().get_message_by_name(name);
    message(descriptor.expect("the message is in the schema"), fields)
}

fn hello(client: &mut Returning) -> Vec<u8> {
    let mut out = Vec::new();
    client.hello(&mut out);
    out
}

fn marks(marks: &[(&str, u64)]) -> Value {
    let entry = |&(mount, mark): &(&str, u64)| (MapKey::String(mount.into()), Value::U64(mark));
    Value::Map(marks.iter().map(entry).collect::<HashMap<_, _>>())
}

/// The client hears `welcome` and the two `subscribed`.
fn let_in(client: &mut Returning, secret: &str, resumed: bool, number: u32) -> Vec<u8> {
    let welcome =
        [("session_id", text("s")), ("secret", text(secret)), ("resumed", Value::Bool(resumed))];
    let answer = hear(client, "welcome", &welcome);
    for (at, queue, seen) in
        [(0, "/user/u1", marks(&[("inbox", 0)])), (1, "/r", marks(&[("chat", 3), ("members", 1)]))]
    {
        assert!(!client.whole(), "before {queue}");
        let subscribed = [
            ("sub", Value::U32(number + at)),
            ("queue", text(queue)),
            ("epoch", Value::U64(1 << 47)),
            ("marks", seen),
            ("recovered", Value::Bool(resumed)),
        ];
        assert!(hear(client, "subscribed", &subscribed).is_empty());
    }
    assert!(client.whole());
    answer
}

#[test]
fn a_client_says_what_it_has_seen_with_its_newest_secret() {
    let mut client = client();
    assert!(hello(&mut client).len() > 10, "connect and subscribe");
    let_in(&mut client, "first", false, 1);
    let chat = [("sub", Value::U32(2)), ("mount", text("chat")), ("seq", Value::U64(4))];
    hear(&mut client, "message", &chat);
    let users = Value::List(vec![text("a"), text("b")]);
    hear(
        &mut client,
        "joined",
        &[("sub", Value::U32(2)), ("seq", Value::U64(5)), ("users", users)],
    );
    let gap = [("after_seq", Value::U64(5)), ("before_seq", Value::U64(9))];
    hear(&mut client, "gap", &[&chat[..2], &gap].concat());
    assert_eq!((client.gaps, client.movements), (1, 2));

    let connect = said(&hello(&mut client), "connect");
    let resume = connect.get_field_by_name("resume").unwrap().into_owned();
    let resume = resume.as_message().unwrap();
    assert_eq!(resume.get_field_by_name("session_id").unwrap().into_owned(), text("s"));
    assert_eq!(resume.get_field_by_name("secret").unwrap().into_owned(), text("first"));
    let of = |queue: &str, seen| {
        let fields = [("queue", text(queue)), ("epoch", Value::U64(1 << 47)), ("marks", seen)];
        Value::Message(like(resume, "imq.c2g.Seen", &fields))
    };
    let seen = vec![
        of("/user/u1", marks(&[("inbox", 0)])),
        of("/r", marks(&[("chat", 8), ("members", 5)])),
    ];
    assert_eq!(resume.get_field_by_name("seen").unwrap().into_owned(), Value::List(seen));

    assert!(let_in(&mut client, "second", true, 7).is_empty());
    let here = Here { resumed: Some(true), recovered: 2, ..Here::default() };
    assert_eq!(client.here, here);
    let connect = said(&hello(&mut client), "connect");
    let resume = connect.get_field_by_name("resume").unwrap().into_owned();
    let secret = resume.as_message().unwrap().get_field_by_name("secret").unwrap().into_owned();
    assert_eq!(secret, text("second"));
}

#[test]
fn a_session_that_is_gone_is_begun_anew_from_the_marks() {
    let mut client = client();
    hello(&mut client);
    let_in(&mut client, "first", false, 1);
    hello(&mut client);
    let again = let_in(&mut client, "second", false, 1);
    let subscribe = said(&again, "subscribe");
    let field = |name: &str| subscribe.get_field_by_name(name).unwrap().into_owned();
    assert_eq!((field("op_id"), field("queue")), (Value::U32(2), text("/r")));
    let since = [("epoch", Value::U64(1 << 47)), ("marks", marks(&[("chat", 3), ("members", 1)]))];
    let since = like(&subscribe, "imq.c2g.Since", &since);
    assert_eq!(field("since"), Value::Message(since));
    assert_eq!(client.here.anew, 2);
}

#[test]
fn what_ended_is_asked_for_again_but_not_for_ever() {
    let mut client = client();
    hello(&mut client);
    let_in(&mut client, "first", false, 1);
    let ended = [("sub", Value::U32(2)), ("queue", text("/r"))];
    assert!(!hear(&mut client, "unsubscribed", &ended).is_empty());
    assert!(!client.whole());
    hear(&mut client, "unsubscribed", &ended);
    let frame = envelope(&descriptor("g2c.proto", "imq.g2c.G2c"), "unsubscribed", &ended);
    let third = frame.encode_length_delimited_to_vec();
    client.next(&third, &mut Vec::new()).expect_err("a third time");
}

#[test]
fn what_stood_again_may_end_again() {
    let mut client = client();
    hello(&mut client);
    let_in(&mut client, "first", false, 1);
    let ended = [("sub", Value::U32(2)), ("queue", text("/r"))];
    let again = [&ended[..], &[("epoch", Value::U64(7))]].concat();
    for _ in 0..4 {
        assert!(!hear(&mut client, "unsubscribed", &ended).is_empty());
        hear(&mut client, "subscribed", &again);
    }
    assert_eq!((client.here.unsubscribed, client.here.anew), (4, 4));
}

#[test]
fn the_end_is_remembered_until_the_next_hello() {
    let mut client = client();
    hello(&mut client);
    let fields = [
        ("code", Value::U32(3009)),
        ("may_retry", Value::Bool(true)),
        ("retry_after_ms", Value::U32(250)),
    ];
    let frame = envelope(&descriptor("g2c.proto", "imq.g2c.G2c"), "closing", &fields);
    let bytes = frame.encode_length_delimited_to_vec();
    client.next(&bytes, &mut Vec::new()).expect_err("the connection ends");
    let closing = Closing { code: 3009, may_retry: true, retry_after_ms: 250 };
    assert_eq!(client.here.closing, Some(closing));
    hello(&mut client);
    assert_eq!(client.here, Here::default());
}

#[test]
fn pings_are_answered_and_strangers_refused() {
    let mut client = client();
    let pong = said(&hear(&mut client, "ping", &[("nonce", Value::U64(1 << 40))]), "pong");
    assert_eq!(pong.get_field_by_name("nonce").unwrap().into_owned(), Value::U64(1 << 40));
    let frame = envelope(
        &descriptor("g2c.proto", "imq.g2c.G2c"),
        "message",
        &[("sub", Value::U32(3)), ("mount", text("chat"))],
    );
    let bytes = frame.encode_length_delimited_to_vec();
    let error = client.next(&bytes, &mut Vec::new()).expect_err("nobody asked for it");
    assert!(error.0.contains("no subscription"), "{error}");
    assert_eq!(client.next(&bytes[..3], &mut Vec::new()), Ok::<Option<(Event<'_>, _)>, _>(None));
}

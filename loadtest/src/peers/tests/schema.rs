//! The hand-written frames of imq against the schema itself.

use std::path::Path;

use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};

use super::{Codec, Imq, hear, member};

pub(crate) fn descriptor(file: &str, name: &str) -> MessageDescriptor {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/schema");
    let files = protox::compile([file], [schema]).expect("the schema compiles");
    let pool = DescriptorPool::from_file_descriptor_set(files).expect("the schema is sound");
    pool.get_message_by_name(name).expect("the message is in the schema")
}

/// A message with these fields; the rest is at its default.
pub(crate) fn message(descriptor: MessageDescriptor, fields: &[(&str, Value)]) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor);
    for (name, value) in fields {
        message.set_field_by_name(name, value.clone());
    }
    message
}

/// An envelope with one body of these fields.
pub(crate) fn envelope(
    descriptor: &MessageDescriptor,
    body: &str,
    fields: &[(&str, Value)],
) -> DynamicMessage {
    let field = descriptor.get_field_by_name(body).expect("the body is in the envelope");
    let kind = field.kind().as_message().expect("a body is a message").clone();
    message(descriptor.clone(), &[(body, Value::Message(message(kind, fields)))])
}

#[test]
fn a_gateway_reads_what_is_said() {
    let c2g = descriptor("c2g.proto", "imq.c2g.C2g");
    let text = |text: &str| Value::String(text.into());
    let mut imq = Imq::new(member());
    let mut out = Vec::new();
    imq.hello(&mut out);
    let payload = vec![b'x'; 300];
    imq.publish(&payload, &mut out);
    imq.unsubscribe("/r", &mut out);
    let expected = [
        envelope(
            &c2g,
            "connect",
            &[("protocol", Value::U32(1)), ("user", text("u1")), ("client_name", text("loadtest"))],
        ),
        envelope(&c2g, "subscribe", &[("op_id", Value::U32(1)), ("queue", text("/r"))]),
        envelope(
            &c2g,
            "send_message",
            &[
                ("op_id", Value::U32(2)),
                ("queue", text("/r")),
                ("mount", text("chat")),
                ("payload", Value::Bytes(payload.into())),
            ],
        ),
        envelope(&c2g, "unsubscribe", &[("op_id", Value::U32(3)), ("queue", text("/r"))]),
    ];
    let mut rest = out.as_slice();
    for expected in expected {
        let mut read = DynamicMessage::new(c2g.clone());
        read.merge_length_delimited(&mut rest).expect("a frame of the schema");
        assert_eq!(read, expected);
    }
    assert!(rest.is_empty());
}

#[test]
fn what_a_gateway_writes_is_heard() {
    let g2c = descriptor("g2c.proto", "imq.g2c.G2c");
    let text = |text: &str| Value::String(text.into());
    let frames = [
        envelope(&g2c, "welcome", &[("session_id", text("s")), ("ping_every_ms", Value::U32(25))]),
        envelope(&g2c, "subscribed", &[("sub", Value::U32(1)), ("queue", text("/user/u1"))]),
        envelope(&g2c, "result", &[("op_id", Value::U32(1)), ("seq", Value::U64(1 << 50))]),
        envelope(&g2c, "subscribed", &[("sub", Value::U32(300)), ("queue", text("/r"))]),
        envelope(
            &g2c,
            "message",
            &[
                ("sub", Value::U32(300)),
                ("mount", text("chat")),
                ("seq", Value::U64(1 << 50)),
                ("from", text("u2")),
                ("payload", Value::Bytes(b"hi".as_slice().into())),
                ("sent_at_ms", Value::U64(1 << 41)),
            ],
        ),
        envelope(&g2c, "gap", &[("mount", text("chat")), ("after_seq", Value::U64(1))]),
    ];
    let bytes: Vec<u8> = frames.iter().flat_map(Message::encode_length_delimited_to_vec).collect();
    for cut in 0..=bytes.len() {
        let heard = hear(&mut Imq::new(member()), &bytes, cut);
        assert_eq!(heard, Ok(("welcomed done ready hi".into(), Vec::new())), "cut at {cut}");
    }
}

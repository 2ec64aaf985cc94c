//! Beside the tables: whatever the text or the bytes, what comes of both ways is the same.

use proptest::prelude::*;
use proptest::sample::select;
use prost::Message as _;

use super::super::{JsonError, c2g_frames, g2c, put_g2c, read as tables, shapes};
use super::*;
use crate::c2g::C2g;

type Came = (Vec<C2g>, Result<(), JsonError>);

/// What a text says, read with [`read`] where it can be.
fn fast(text: &str) -> Came {
    let mut came = Vec::new();
    let result = c2g_frames(text, |frame| came.push(C2g::decode(frame).expect("an envelope")));
    (came, result)
}

/// What a text says by the tables.
fn slow(text: &str) -> Came {
    let mut came = Vec::new();
    let each = |frame: &[u8]| came.push(C2g::decode(frame).expect("an envelope"));
    let result = tables::envelopes(&shapes::C2G, text, each);
    (came, result)
}

#[test]
fn a_serializer_s_text_is_read_here() {
    let here = [
        r#"{"send_message":{"op_id":7,"queue":"/room/1","mount":"chat","payload":"hello"}}"#,
        r#"{"send_message":{"payload":{"a":[1,"\n"]},"exclude_self":true,"mount":"é"}}"#,
        r#"{"send_message":{"op_id":4294967295,"exclude_self":false}}"#,
        r#"{"send_message":{"op_id":0,"queue":""}}"#,
    ];
    for text in here {
        assert!(read(text).is_some(), "{text}");
        assert_eq!(fast(text), slow(text));
        for end in 0..text.len() {
            if let Some(cut) = text.get(..end) {
                assert!(read(cut).is_none(), "{cut}");
            }
        }
    }
}

#[test]
fn a_message_is_written_here() {
    let message = |payload: &str| g2c::Message {
        mount: "chat".into(),
        seq: 1 << 60,
        from: "ann".into(),
        payload: payload.into(),
        sent_at_ms: 1,
        ..g2c::Message::default()
    };
    let put = |message: g2c::Message| {
        put(&mut Vec::new(), envelope::MESSAGE, 1, &message.encode_to_vec(), true)
    };
    assert!(put(message("1")) && put(message(r#"{"a":"\n"}"#)));
    assert!(put(g2c::Message { payload: b"\"\"".to_vec(), ..g2c::Message::default() }));
    assert!(!put(message("")) && !put(message("[1, 2]")) && !put(message(r#""\u0041""#)));
    assert!(!put(g2c::Message { from: "\"".into(), ..message("1") }));
    assert!(!put(g2c::Message { payload: b"\"\xff\"".to_vec(), ..message("1") }));
}

#[test]
fn a_result_is_written_here() {
    let put = |result: g2c::Result| {
        let body = result.encode_to_vec();
        let mut out = Vec::new();
        let here = put(&mut out, envelope::RESULT, 0, &body, false);
        let (mut bytes, mut wanted) = (Vec::new(), Vec::new());
        g2c::put_envelope(&mut bytes, envelope::RESULT, 0, &body, false);
        put_g2c(&mut wanted, &bytes).expect("a result");
        assert!(!here || out == wanted, "{}", String::from_utf8_lossy(&out));
        here
    };
    let of = |op_id, status, seq| g2c::Result { op_id, status, seq, ..g2c::Result::default() };
    for number in [0, 1, 127, 128, u32::MAX] {
        assert!(put(of(number, 0, 1)) && put(of(1, number, 0)) && put(of(1, 0, number.into())));
    }
    assert!(put(of(7, 0, u64::MAX)));
    assert!(!put(g2c::Result { may_retry: true, ..of(1, 2, 3) }));
    assert!(!put(g2c::Result { error_message: Some("no".into()), ..of(1, 2, 3) }));
}

const FIELDS: [&str; 8] =
    ["op_id", "queue", "mount", "payload", "exclude_self", "payload_base64", "", "queu\\u0065"];
const VALUES: [&str; 24] = [
    "1",
    "0",
    "-0",
    "4294967295",
    "4294967296",
    "01",
    "1.0",
    "\"\"",
    "\"/room/1\"",
    "\"chat\"",
    "\"a\\n\"",
    "\"\\u0041\"",
    "\"\\ud800\"",
    "\"é\"",
    "{\"a\":[1,{}]}",
    "[ 1]",
    "[1,]",
    "null",
    "true",
    "false",
    "tru",
    "\"",
    "{}",
    "\"aGk=\"",
];

/// The value that a field has in most texts, so that many are right.
fn usual(name: &str) -> &'static str {
    match name {
        "op_id" => "12",
        "exclude_self" => "true",
        "payload" => "{\"x\":[1,\"y\"]}",
        _ => "\"room\"",
    }
}

fn text() -> impl Strategy<Value = String> {
    let field =
        (select(&FIELDS[..]), select(&VALUES[..]), 0..4u8).prop_map(|(name, value, odd)| {
            let value = if odd == 0 { value } else { usual(name) };
            format!("\"{name}\":{value}")
        });
    let edits = proptest::collection::vec(
        (any::<prop::sample::Index>(), select(&["", "\"", "}", "{", ",", " ", "[", "0", "]"][..])),
        0..3,
    );
    (proptest::collection::vec(field, 0..5), edits).prop_map(|(fields, edits)| {
        let text = format!("{{\"send_message\":{{{}}}}}", fields.join(","));
        let mut chars: Vec<String> = text.chars().map(String::from).collect();
        for (at, instead) in edits {
            let at = at.index(chars.len());
            instead.clone_into(&mut chars[at]);
        }
        chars.concat()
    })
}

/// A message's body of fields in any order, some twice, some of another type.
fn body() -> impl Strategy<Value = Vec<u8>> {
    const BYTES: [&[u8]; 12] = [
        b"",
        b"chat",
        b"\"hello\"",
        b"{\"a\":[1,-2.5e3]}",
        b"[1, 2]",
        b"\"\\u0041\"",
        b"a\"b",
        b"a\nb",
        b"\xff",
        b"\"\xff\"",
        b"7",
        "\"é\"".as_bytes(),
    ];
    const NUMBERS: [u64; 5] = [0, 1, 127, 1 << 32, u64::MAX];
    let field = (1..10u32, 0..8u8, select(&BYTES[..]), select(&NUMBERS[..]));
    proptest::collection::vec(field, 0..6).prop_map(|fields| {
        let mut body = Vec::new();
        for (number, odd, bytes, uint) in fields {
            let is_bytes = matches!(number, field::MOUNT | field::FROM | field::PAYLOAD);
            if is_bytes == (odd != 0) {
                wire::put_nested(&mut body, number, bytes.len());
                body.extend_from_slice(bytes);
            } else {
                wire::put_optional_uint(&mut body, number, uint);
            }
        }
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_text_says_the_same_by_both_ways(text in text()) {
        prop_assert_eq!(fast(&text), slow(&text));
    }

    #[test]
    fn a_body_is_the_same_text_by_both_ways(
        kind in select(&[envelope::MESSAGE, envelope::RESULT][..]),
        body in body(),
        sub in select(&[0, 1, 200, u32::MAX][..]),
        history: bool,
    ) {
        let mut out = b"before".to_vec();
        if put(&mut out, kind, sub, &body, history) {
            let mut envelope = Vec::new();
            g2c::put_envelope(&mut envelope, kind, sub, &body, history);
            let mut wanted = b"before".to_vec();
            prop_assert_eq!(put_g2c(&mut wanted, &envelope), Ok(()));
            prop_assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&wanted));
        } else {
            prop_assert_eq!(out, b"before");
        }
    }
}

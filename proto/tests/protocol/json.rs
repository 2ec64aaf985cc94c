//! Random messages to JSON and back, and the names of the fields against the schemas.

use proptest::prelude::*;
use prost::Message;
use proto::c2g::C2g;
use proto::g2c::G2c;
use proto::json::{self, JsonError};
use serde_json::Value;

use crate::random::{Random, numbers};
use crate::schema::{Field, Label, Schema};

type Put = fn(&mut Vec<u8>, &[u8]) -> Result<(), JsonError>;

/// One direction of the protocol in both forms.
struct Direction<M> {
    name: &'static str,
    put: Put,
    read: fn(&str) -> Result<Vec<M>, JsonError>,
}

const C2G: Direction<C2g> = Direction {
    name: "c2g.C2g",
    put: json::c2g_to_json,
    read: |text| {
        let mut read = Vec::new();
        json::c2g_frames(text, |frame| read.push(C2g::decode(frame).unwrap()))?;
        Ok(read)
    },
};

const G2C: Direction<G2c> = Direction {
    name: "g2c.G2c",
    put: json::put_g2c,
    read: |text| {
        let mut read = Vec::new();
        json::g2c_from_json(text, |frame| read.push(G2c::decode(frame).unwrap()))?;
        Ok(read)
    },
};

/// The message comes back from its text, whole or cut off nothing panics, and all names are known.
fn check<M: Message + Default + PartialEq + std::fmt::Debug>(
    numbers: &[u64],
    unknown_fields: bool,
    direction: &Direction<M>,
) {
    let schema = Schema::read();
    let mut random = Random::new(&schema, numbers);
    random.unknown_fields = unknown_fields;
    let bytes = random.envelope(direction.name);
    let message = M::decode(bytes.as_slice()).unwrap();
    let mut text = Vec::new();
    (direction.put)(&mut text, &bytes).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains('\n'), "{text}");
    assert_eq!((direction.read)(&text), Ok(vec![message]), "{text}");
    check_names(&schema, direction.name, &serde_json::from_str(&text).unwrap());
    for end in 0..bytes.len() {
        let mut out = Vec::new();
        assert!((direction.put)(&mut out, &bytes[..end]).is_err() && out.is_empty());
    }
    for (end, _) in text.char_indices() {
        assert!((direction.read)(&text[..end]).is_err());
    }
}

/// Each key of the object is a field of the message, and what must never be absent isn't.
fn check_names(schema: &Schema, message: &str, value: &Value) {
    let object = value.as_object().unwrap_or_else(|| panic!("{message}: {value}"));
    let fields = schema.fields(message);
    for (key, value) in object {
        let field = field_of(fields, key).unwrap_or_else(|| panic!("{message} has no {key}"));
        if !schema.messages.contains_key(&field.holds) {
            continue;
        }
        match field.label {
            Label::Single | Label::Optional => check_names(schema, &field.holds, value),
            Label::Repeated => {
                let items = value.as_array().unwrap();
                items.iter().for_each(|item| check_names(schema, &field.holds, item));
            }
            Label::Map => assert!(value.is_object()),
        }
    }
    let is_state = object.get("kind").is_some_and(|kind| kind == "state");
    for field in fields {
        let is_always = match field.name.as_str() {
            "status" | "seq" => true,
            "payload" | "value" => field.label == Label::Single && field.oneof.is_none(),
            "entries" => is_state,
            _ => false,
        };
        let base64 = format!("{}_base64", field.name);
        let is_there = object.contains_key(&field.name) || object.contains_key(&base64);
        assert!(is_there || !is_always, "{message}.{} is absent: {value}", field.name);
    }
}

fn field_of<'a>(fields: &'a [Field], key: &str) -> Option<&'a Field> {
    let bytes = |field: &&Field| field.holds == "bytes";
    let named = |name: &str| fields.iter().find(|field| field.name == name);
    named(key).or_else(|| key.strip_suffix("_base64").and_then(named).filter(bytes))
}

proptest! {
    #[test]
    fn what_clients_say_comes_back(numbers in numbers(), unknown_fields: bool) {
        check(&numbers, unknown_fields, &C2G);
    }

    #[test]
    fn what_gateways_say_comes_back(numbers in numbers(), unknown_fields: bool) {
        check(&numbers, unknown_fields, &G2C);
    }

    #[test]
    fn only_json_is_json(payload in "[\\[\\]{}\":,0-9a-f.eE+\\- \n\\\\]{0,12}") {
        let message = proto::g2c::Message { payload: payload.clone().into(), ..Default::default() };
        let body = Some(proto::g2c::g2c::Body::Message(message));
        let mut text = Vec::new();
        json::put_g2c(&mut text, &G2c { body }.encode_to_vec()).unwrap();
        let text = String::from_utf8(text).unwrap();
        let is_json = serde_json::from_str::<&serde_json::value::RawValue>(&payload).is_ok();
        assert_eq!(!text.contains("payload_base64"), is_json, "{text}");
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{text}");
    }

    #[test]
    fn any_text_is_read_without_panic(text in "[\\[\\]{}\":,a-z_0-9 ]{0,60}") {
        json::c2g_frames(&text, |_| {}).ok();
        json::operation("send_state", &text).ok();
    }
}

#[test]
fn every_body_and_method_is_known() {
    let schema = Schema::read();
    let check = |message: &str, put: Put| {
        for field in schema.fields(message) {
            let mut envelope = Vec::new();
            proto::wire::put_nested(&mut envelope, field.number, 0);
            let mut text = Vec::new();
            put(&mut text, &envelope).unwrap();
            let key = format!("{{\"{}\":", field.name);
            assert!(text.starts_with(key.as_bytes()), "{}", String::from_utf8_lossy(&text));
        }
    };
    check(C2G.name, C2G.put);
    check(G2C.name, G2C.put);
    for field in schema.fields("g2q.Request").iter().filter(|field| field.oneof.is_some()) {
        let read = json::operation(&field.name, "{}");
        assert!(!matches!(read, Err(JsonError::Method(_))), "{}", field.name);
    }
}

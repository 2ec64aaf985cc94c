//! When what a client does is what a script says.

use serde_json::Value;

/// What is compared as it is: the application's values, and marks, whose names aren't fields.
const AS_THEY_ARE: [&str; 4] = ["payload", "value", "set", "marks"];
/// Fields that may be there with their default.
const OPTIONAL: [&str; 9] = [
    "payload",
    "value",
    "set",
    "payload_base64",
    "value_base64",
    "set_base64",
    "add",
    "if_version",
    "member_count",
];

/// A value without fields at their default.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let said = fields.iter().filter(|(name, value)| !is_default(name, value));
            let plainly = |(name, value): (&String, &Value)| {
                let as_it_is = AS_THEY_ARE.contains(&name.as_str());
                (name.clone(), if as_it_is { value.clone() } else { plain(value) })
            };
            Value::Object(said.map(plainly).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn is_default(name: &str, value: &Value) -> bool {
    let empty = match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_u64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => name == "marks" && fields.is_empty(),
    };
    empty && !OPTIONAL.contains(&name)
}

/// What the script says and what the client did, a line each, unless it is the same.
pub(super) fn difference(output: &str, wanted: &Value, did: &Value) -> Option<String> {
    let list = |value: &Value| match value.as_array() {
        Some(items) => items.clone(),
        None if value.is_null() => Vec::new(),
        None => vec![value.clone()],
    };
    let (wanted, did) = (list(wanted), list(did));
    let same = wanted.len() == did.len()
        && wanted.iter().zip(&did).all(|(wanted, did)| is_met(output, wanted, did));
    if same {
        return None;
    }
    let line = |sign: char| move |value: &Value| format!("\n  {sign} {output} {value}");
    let lines = wanted.iter().map(line('-')).chain(did.iter().map(line('+')));
    Some(lines.collect())
}

fn is_met(output: &str, wanted: &Value, did: &Value) -> bool {
    if output == "dial" {
        let bound = |value: &Value, at: usize| value["in_ms"][at].as_u64();
        let (in_ms, from, to) = (bound(did, 0), bound(wanted, 0), bound(wanted, 1));
        return from <= in_ms && in_ms <= to && wanted["address"] == did["address"];
    }
    let mut did = did.clone();
    // Where the words are the library's own, the script doesn't have them.
    if wanted["unsubscribed"].get("reason").is_none()
        && let Some(unsubscribed) = did.get_mut("unsubscribed").and_then(Value::as_object_mut)
    {
        unsubscribed.remove("reason");
    }
    if wanted.get("status").is_none()
        && let Some(answer) = did.as_object_mut()
    {
        answer.remove("status");
    }
    *wanted == did
}

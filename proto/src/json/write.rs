//! From protobuf's bytes to text.

use serde::Serialize;

use super::any;
use super::shape::{Field, Presence, Shape, Type};
use crate::g2c::{Kind, field::subscribed_marks_entry as mark};
use crate::wire::{self, Fields, Value, WireError};

/// What the fields of a message hold, by their index in the shape; the last one of a number counts.
type Found<'a> = [Option<Value<'a>>; Shape::FIELDS_MAX];

/// Appends an envelope: an object whose one key is the name of its body.
pub(super) fn envelope(out: &mut Vec<u8>, shape: &Shape, bytes: &[u8]) -> Result<(), WireError> {
    let (number, body) = wire::envelope(bytes)?;
    let field = &shape.fields[shape.position(number).ok_or(WireError)?];
    let Type::One(body_shape) = field.kind else { return Err(WireError) };
    out.push(b'{');
    key(out, field.name);
    object(out, body_shape, body)?;
    out.push(b'}');
    Ok(())
}

/// Appends a message.
pub(super) fn object(out: &mut Vec<u8>, shape: &Shape, message: &[u8]) -> Result<(), WireError> {
    objects(out, &[(shape, message)])
}

/// Appends the fields of several messages as one object.
pub(super) fn objects(out: &mut Vec<u8>, messages: &[(&Shape, &[u8])]) -> Result<(), WireError> {
    out.push(b'{');
    let empty = out.len();
    for (shape, message) in messages {
        let found = find(shape, message)?;
        for (field, value) in shape.fields.iter().zip(found) {
            if !is_written(shape, field, value, &found) {
                continue;
            }
            if out.len() > empty {
                out.push(b',');
            }
            put_field(out, field, value, message)?;
        }
    }
    out.push(b'}');
    Ok(())
}

fn find<'a>(shape: &Shape, message: &'a [u8]) -> Result<Found<'a>, WireError> {
    let mut found = [None; Shape::FIELDS_MAX];
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.field()? {
        let Some(index) = shape.position(number) else { continue };
        if shape.fields[index].presence == Presence::Choice {
            for (other, field) in found.iter_mut().zip(shape.fields) {
                other.take_if(|_| field.presence == Presence::Choice);
            }
        }
        found[index] = Some(value);
    }
    Ok(found)
}

fn is_written(shape: &Shape, field: &Field, value: Option<Value<'_>>, found: &Found<'_>) -> bool {
    match field.presence {
        Presence::Always => true,
        Presence::Given | Presence::Choice => value.is_some(),
        Presence::Filled => is_filled(field.kind, value),
        Presence::OnState => {
            let kind = shape.fields.iter().position(|field| field.kind == Type::MountKind);
            let is_state =
                kind.and_then(|index| found[index]) == Some(Value::Varint(Kind::State as u64));
            is_state || is_filled(field.kind, value)
        }
    }
}

fn is_filled(kind: Type, value: Option<Value<'_>>) -> bool {
    match kind {
        Type::Texts | Type::Marks | Type::One(_) | Type::Many(_) => value.is_some(),
        Type::Uint32 | Type::Uint64 | Type::Int64 | Type::Bool | Type::MountKind => {
            value.is_some_and(|value| value != Value::Varint(0))
        }
        Type::Text | Type::Any => value.is_some_and(|value| value != Value::Bytes(&[])),
    }
}

fn put_field(
    out: &mut Vec<u8>,
    field: &Field,
    value: Option<Value<'_>>,
    message: &[u8],
) -> Result<(), WireError> {
    let number = value.unwrap_or(Value::Varint(0));
    let bytes = value.unwrap_or(Value::Bytes(&[]));
    if field.kind == Type::Any {
        any::put_field(out, field.name, bytes.bytes()?);
        return Ok(());
    }
    key(out, field.name);
    match field.kind {
        Type::Uint32 => json(out, &number.uint32()?),
        Type::Uint64 => json(out, &number.uint()?),
        Type::Int64 => json(out, &number.uint()?.cast_signed()),
        Type::Bool => json(out, &(number.uint()? != 0)),
        Type::MountKind => json(out, mount_kind(number.uint()?)?),
        Type::Text | Type::Any => json(out, bytes.text()?),
        Type::One(shape) => object(out, shape, bytes.bytes()?)?,
        Type::Texts => each(out, *b"[]", field, message, |out, text| {
            json(out, std::str::from_utf8(text).map_err(|_| WireError)?);
            Ok(())
        })?,
        Type::Many(shape) => {
            each(out, *b"[]", field, message, |out, message| object(out, shape, message))?;
        }
        Type::Marks => each(out, *b"{}", field, message, mark)?,
    }
    Ok(())
}

/// Appends all occurrences of a field, between brackets.
fn each(
    out: &mut Vec<u8>,
    brackets: [u8; 2],
    field: &Field,
    message: &[u8],
    put: impl Fn(&mut Vec<u8>, &[u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    out.push(brackets[0]);
    let empty = out.len();
    let mut fields = Fields::of(message);
    while let Some((number, value)) = fields.field()? {
        if number == field.number {
            if out.len() > empty {
                out.push(b',');
            }
            put(out, value.bytes()?)?;
        }
    }
    out.push(brackets[1]);
    Ok(())
}

/// Appends an entry of a map: all maps have the same numbers.
fn mark(out: &mut Vec<u8>, entry: &[u8]) -> Result<(), WireError> {
    let (mut name, mut seq) = ("", 0);
    let mut fields = Fields::of(entry);
    while let Some((number, value)) = fields.field()? {
        match number {
            mark::KEY => name = value.text()?,
            mark::VALUE => seq = value.uint()?,
            _ => {}
        }
    }
    json(out, name);
    out.push(b':');
    json(out, &seq);
    Ok(())
}

fn mount_kind(number: u64) -> Result<&'static str, WireError> {
    let kind = i32::try_from(number).ok().and_then(|number| Kind::try_from(number).ok());
    match kind.ok_or(WireError)? {
        Kind::Message => Ok("message"),
        Kind::State => Ok("state"),
    }
}

/// Appends a name of ours and its colon.
fn key(out: &mut Vec<u8>, name: &str) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Appends a text or a number.
pub(super) fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value)
        .expect("a text or a number can be written, and memory takes it");
}

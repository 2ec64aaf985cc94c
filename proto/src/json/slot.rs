//! Reads the value of one field and appends it as protobuf does.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::value::RawValue;

use super::any;
use super::shape::{Field, Presence, Shape, Type, field};
use crate::g2c::{Kind, field::subscribed_marks_entry as mark};
use crate::{limits, wire};

/// Where the reader is, and how strictly it reads.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// The names of the fields that lead there. An error leaves them as they are.
    pub(super) names: Vec<&'static str>,
    /// A field that the message doesn't have is an error, not a word of a later version; and so is
    /// the lack of one that is always written.
    pub(super) strict: bool,
}

/// Where a value goes. Reading one says whether there was one: `null` is none.
pub(super) struct Slot<'a> {
    number: u32,
    kind: Type,
    presence: Presence,
    base64: bool,
    out: &'a mut Vec<u8>,
    path: &'a mut Path,
}

impl<'a> Slot<'a> {
    /// For the value of this field.
    pub(super) fn of(field: &Field, out: &'a mut Vec<u8>, path: &'a mut Path) -> Slot<'a> {
        let Field { number, kind, presence, name: _ } = *field;
        Slot { number, kind, presence, base64: false, out, path }
    }

    /// For one of the values of a field that has many: written even if it is empty.
    fn element(&mut self, kind: Type) -> Slot<'_> {
        let (number, presence) = (self.number, Presence::Given);
        Slot { number, kind, presence, base64: false, out: self.out, path: self.path }
    }

    fn put_number(self, number: u64) {
        if number != 0 || matches!(self.presence, Presence::Given | Presence::Choice) {
            wire::put_varint(self.out, u64::from(self.number) << 3);
            wire::put_varint(self.out, number);
        }
    }

    fn put_bytes(self, bytes: &[u8]) {
        if !bytes.is_empty() || matches!(self.presence, Presence::Given | Presence::Choice) {
            wire::put_nested(self.out, self.number, bytes.len());
            self.out.extend_from_slice(bytes);
        }
    }

    /// The largest number that fits.
    fn number_max(&self) -> u64 {
        match self.kind {
            Type::Uint32 => u64::from(u32::MAX),
            Type::Uint64 => limits::NUMBER_MAX,
            Type::Int64 => i64::MAX.cast_unsigned(),
            Type::Bool
            | Type::Text
            | Type::Texts
            | Type::Any
            | Type::MountKind
            | Type::Marks
            | Type::One(_)
            | Type::Many(_) => 0,
        }
    }
}

/// Appends what `write` appends to `out`, as the field of this number.
fn nested<T, E>(
    out: &mut Vec<u8>,
    number: u32,
    write: impl FnOnce(&mut Vec<u8>) -> Result<T, E>,
) -> Result<T, E> {
    let start = out.len();
    let written = write(out)?;
    let end = out.len();
    wire::put_nested(out, number, end - start);
    let head = out.len() - end;
    out[start..].rotate_right(head);
    Ok(written)
}

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        if self.kind != Type::Any || self.base64 {
            return deserializer.deserialize_any(self);
        }
        let value = <&RawValue>::deserialize(deserializer)?;
        nested(self.out, self.number, |out| any::put_compact(out, value))
            .map(|()| true)
            .map_err(D::Error::custom)
    }
}

impl<'de> Visitor<'de> for Slot<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Type::Uint32 | Type::Uint64 => {
                write!(f, "a whole number from 0 to {}", self.number_max())
            }
            Type::Int64 => f.write_str("a whole number of 64 bits"),
            Type::Bool => f.write_str("true or false"),
            Type::Text => f.write_str("a string"),
            Type::Texts => f.write_str("an array of strings"),
            Type::Any => f.write_str("a string of base64"),
            Type::MountKind => f.write_str("\"message\" or \"state\""),
            Type::Marks => f.write_str("an object of whole numbers"),
            Type::One(_) => f.write_str("an object"),
            Type::Many(_) => f.write_str("an array of objects"),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
        if self.kind != Type::Bool {
            return Err(E::invalid_type(Unexpected::Bool(value), &self));
        }
        self.put_number(u64::from(value));
        Ok(true)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<bool, E> {
        match self.kind {
            Type::Uint32 | Type::Uint64 | Type::Int64 if number <= self.number_max() => {
                self.put_number(number);
                Ok(true)
            }
            Type::Uint32 | Type::Uint64 | Type::Int64 => {
                Err(E::invalid_value(Unexpected::Unsigned(number), &self))
            }
            Type::Bool
            | Type::Text
            | Type::Texts
            | Type::Any
            | Type::MountKind
            | Type::Marks
            | Type::One(_)
            | Type::Many(_) => Err(E::invalid_type(Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<bool, E> {
        if self.kind != Type::Int64 {
            return Err(E::invalid_value(Unexpected::Signed(number), &self));
        }
        self.put_number(number.cast_unsigned());
        Ok(true)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        match (self.kind, text) {
            (Type::Text, text) => self.put_bytes(text.as_bytes()),
            (Type::Any, text) => match any::decode(text) {
                Some(bytes) => self.put_bytes(&bytes),
                None => return Err(E::invalid_value(Unexpected::Str(text), &self)),
            },
            (Type::MountKind, "message") => self.put_number(Kind::Message as u64),
            (Type::MountKind, "state") => self.put_number(Kind::State as u64),
            (
                Type::MountKind
                | Type::Uint32
                | Type::Uint64
                | Type::Int64
                | Type::Bool
                | Type::Texts
                | Type::Marks
                | Type::One(_)
                | Type::Many(_),
                _,
            ) => return Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
        Ok(true)
    }

    /// Lists; and an empty list for an empty object, which is how PHP writes one.
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<bool, A::Error> {
        let kind = match self.kind {
            Type::Texts => Type::Text,
            Type::Many(shape) => Type::One(shape),
            Type::Marks | Type::One(_) => {
                if items.next_element::<IgnoredAny>()?.is_some() {
                    return Err(Error::invalid_type(Unexpected::Seq, &self));
                }
                if matches!(self.kind, Type::One(_)) {
                    wire::put_nested(self.out, self.number, 0);
                }
                return Ok(true);
            }
            Type::Uint32
            | Type::Uint64
            | Type::Int64
            | Type::Bool
            | Type::Text
            | Type::Any
            | Type::MountKind => return Err(Error::invalid_type(Unexpected::Seq, &self)),
        };
        while let Some(written) = items.next_element_seed(self.element(kind))? {
            if !written {
                return Err(Error::custom("null in a list: leave it out"));
            }
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        match self.kind {
            Type::Marks => while mark(self.number, self.out, self.path, &mut map)? {},
            Type::One(shape) => {
                let path = self.path;
                nested(self.out, self.number, |out| fields(shape, out, path, &mut map))?;
            }
            Type::Uint32
            | Type::Uint64
            | Type::Int64
            | Type::Bool
            | Type::Text
            | Type::Texts
            | Type::Any
            | Type::MountKind
            | Type::Many(_) => return Err(Error::invalid_type(Unexpected::Map, &self)),
        }
        Ok(true)
    }
}

/// Appends one entry of a map, if there is another: all maps have the same numbers.
fn mark<'de, A: MapAccess<'de>>(
    number: u32,
    out: &mut Vec<u8>,
    path: &mut Path,
    map: &mut A,
) -> Result<bool, A::Error> {
    const NAME: Field = field(mark::KEY, "name", Type::Text);
    const SEQ: Field = field(mark::VALUE, "seq", Type::Uint64);
    let mut entry = Vec::new();
    if map.next_key_seed(Slot::of(&NAME, &mut entry, path))?.is_none() {
        return Ok(false);
    }
    map.next_value_seed(Slot::of(&SEQ, &mut entry, path))?;
    wire::put_nested(out, number, entry.len());
    out.extend_from_slice(&entry);
    Ok(true)
}

/// Appends the fields of a message. Those it doesn't know are skipped, or refused if it is strict.
fn fields<'de, A: MapAccess<'de>>(
    shape: &'static Shape,
    out: &mut Vec<u8>,
    path: &mut Path,
    map: &mut A,
) -> Result<(), A::Error> {
    let mut seen = [false; Shape::FIELDS_MAX];
    while let Some(found) = map.next_key_seed(FieldName { shape, strict: path.strict })? {
        let Some((index, base64)) = found else {
            map.next_value::<IgnoredAny>()?;
            continue;
        };
        let field = &shape.fields[index];
        path.names.push(field.name);
        if map.next_value_seed(Slot { base64, ..Slot::of(field, out, path) })? {
            claim(shape, &mut seen, index)?;
        } else if field.presence == Presence::Choice {
            // Elsewhere absent; here what is there is what is chosen.
            return Err(Error::custom("null chooses nothing: leave it out"));
        }
        path.names.pop();
    }
    let is_missing = |(field, seen): &(&Field, &bool)| field.presence == Presence::Always && !*seen;
    match shape.fields.iter().zip(&seen).find(is_missing).filter(|_| path.strict) {
        Some((field, _)) => Err(Error::custom(format!("the field {:?} is missing", field.name))),
        None => Ok(()),
    }
}

/// Notes that a field was given, and refuses it if it was already, or one that excludes it.
fn claim<E: Error>(
    shape: &Shape,
    seen: &mut [bool; Shape::FIELDS_MAX],
    index: usize,
) -> Result<(), E> {
    let is_choice = |field: &Field| field.presence == Presence::Choice;
    if seen[index] {
        return Err(E::custom("given twice"));
    }
    if is_choice(&shape.fields[index]) {
        let others = shape.fields.iter().zip(&*seen).filter(|(field, _)| is_choice(field));
        for (field, seen) in others {
            if *seen {
                return Err(E::custom(format!("excludes {:?}: give one of them", field.name)));
            }
        }
    }
    seen[index] = true;
    Ok(())
}

/// Reads the name of a field: its index in the shape and whether its value is base64. Nothing if
/// the shape has no such field and that is no error.
struct FieldName {
    shape: &'static Shape,
    strict: bool,
}

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Option<(usize, bool)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Option<(usize, bool)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let position = |name| self.shape.fields.iter().position(|field| field.name == name);
        if let Some(index) = position(name) {
            return Ok(Some((index, false)));
        }
        let index = name.strip_suffix("_base64").and_then(position);
        let index = index.filter(|index| self.shape.fields[*index].kind == Type::Any);
        if index.is_none() && self.strict {
            let known: Vec<&str> = self.shape.fields.iter().map(|field| field.name).collect();
            let known = known.join(", ");
            return Err(E::custom(format!("no field is named {name:?}: there are {known}")));
        }
        Ok(index.map(|index| (index, true)))
    }
}

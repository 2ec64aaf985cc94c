//! From text to protobuf's bytes.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::JsonError;
use super::shape::{Field, Shape};
use super::slot::{Path, Slot};

/// Reads one envelope or an array of them, and hands the bytes of each over.
pub(super) fn envelopes(
    shape: &'static Shape,
    text: &str,
    mut each: impl FnMut(&[u8]),
) -> Result<(), JsonError> {
    let mut path = Path::default();
    let mut frame = Vec::new();
    let reader =
        Envelopes { shape, path: &mut path, frame: &mut frame, each: &mut each, in_array: false };
    read(text, reader).map_err(|error| error_at(&path.names, &error))
}

/// Reads the value of one field, and gives the bytes of a message that has only this field. Fields
/// within it that aren't known are refused.
pub(super) fn field(field: &'static Field, text: &str) -> Result<Vec<u8>, JsonError> {
    let mut path = Path { names: vec![field.name], strict: true };
    let mut bytes = Vec::with_capacity(text.len());
    let written = read(text, Slot::of(field, &mut bytes, &mut path));
    match written {
        Ok(true) => Ok(bytes),
        Ok(false) => Err(error_at(&path.names, &Error::custom("expected an object, not null"))),
        Err(error) => Err(error_at(&path.names, &error)),
    }
}

fn read<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end().map(|()| value)
}

fn error_at(path: &[&str], error: &serde_json::Error) -> JsonError {
    let at = if path.is_empty() { "the text".to_owned() } else { path.join(".") };
    JsonError::Text { at, reason: error.to_string() }
}

/// Reads an object with one key, or an array of such objects.
struct Envelopes<'a, F> {
    shape: &'static Shape,
    path: &'a mut Path,
    frame: &'a mut Vec<u8>,
    each: &'a mut F,
    in_array: bool,
}

impl<'de, F: FnMut(&[u8])> DeserializeSeed<'de> for Envelopes<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&[u8])> Visitor<'de> for Envelopes<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with one key, the name of its kind")?;
        if self.in_array { Ok(()) } else { f.write_str(", or an array of such objects") }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        const ONE_KEY: &str = "an envelope has exactly one key, the name of its kind";
        let field = map.next_key_seed(Body(self.shape))?;
        let field = field.ok_or_else(|| Error::custom(ONE_KEY))?;
        self.path.names.push(field.name);
        self.frame.clear();
        if !map.next_value_seed(Slot::of(field, self.frame, self.path))? {
            return Err(Error::custom("expected an object, not null"));
        }
        self.path.names.clear();
        if map.next_key_seed(Body(self.shape))?.is_some() {
            return Err(Error::custom(ONE_KEY));
        }
        (self.each)(self.frame);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if self.in_array {
            return Err(Error::custom("an array within an array: write the objects one by one"));
        }
        let Envelopes { shape, path, frame, each, in_array: _ } = self;
        while items
            .next_element_seed(Envelopes { shape, path, frame, each, in_array: true })?
            .is_some()
        {}
        Ok(())
    }
}

/// Reads the name of an envelope's body.
struct Body(&'static Shape);

impl<'de> DeserializeSeed<'de> for Body {
    type Value = &'static Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Body {
    type Value = &'static Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one of ")?;
        self.0.fields.iter().enumerate().try_for_each(|(at, field)| {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}", field.name)
        })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let unknown = || E::invalid_value(serde::de::Unexpected::Str(name), &self);
        self.0.named(name).ok_or_else(unknown)
    }
}

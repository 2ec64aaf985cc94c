//! What a type reads from a document. Its fields, what each holds and the words of its enums are
//! what serde's derived code requests from a reader, so nothing can be left out.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// A table of a document.
#[derive(Debug)]
pub(crate) struct Table {
    /// The type's name in the code.
    pub(crate) of: &'static str,
    pub(crate) fields: Vec<(&'static str, Value)>,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing was requested yet.
    Unknown,
    Truth,
    Whole,
    /// Text, and what it has to be by serde.
    Text(String),
    /// One of some words; of an enum of this name.
    Word(&'static str, &'static [&'static str]),
    Table(&'static str),
    List(Box<Value>),
}

/// All tables of a document of this type: the type itself first, each before what is in it.
pub(crate) fn tables<T: DeserializeOwned>() -> Vec<Table> {
    let (mut tables, mut value) = (Vec::new(), Value::Unknown);
    let reader = Reader { tables: &mut tables, value: &mut value };
    if let Err(error) = T::deserialize(reader) {
        panic!("the configuration has a value of a new kind: {error}");
    }
    tables
}

struct Reader<'a> {
    tables: &'a mut Vec<Table>,
    value: &'a mut Value,
}

impl Reader<'_> {
    fn whole<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.value = Value::Whole;
        visitor.visit_u64(1)
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let expected = (&visitor as &dyn Expected).to_string();
        let sample = if expected.contains("socket address") { "127.0.0.1:1" } else { "x" };
        *self.value = Value::Text(expected);
        visitor.visit_str(sample)
    }
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom(&visitor as &dyn Expected))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.value = Value::Truth;
        visitor.visit_bool(false)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut value = Value::Unknown;
        let list = List { tables: self.tables, value: &mut value, is_read: false };
        let read = visitor.visit_seq(list);
        *self.value = Value::List(Box::new(value));
        read
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        of: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let at = self.tables.len();
        self.tables.push(Table { of, fields: Vec::new() });
        *self.value = Value::Table(of);
        visitor.visit_map(Fields { tables: self.tables, at, left: fields })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        of: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.value = Value::Word(of, variants);
        let first: StrDeserializer<'_, Error> =
            variants.first().copied().unwrap_or_default().into_deserializer();
        visitor.visit_enum(first)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char bytes byte_buf unit unit_struct tuple
        tuple_struct map identifier ignored_any
    }
}

/// One of each.
struct List<'a> {
    tables: &'a mut Vec<Table>,
    value: &'a mut Value,
    is_read: bool,
}

impl<'de> SeqAccess<'de> for List<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if std::mem::replace(&mut self.is_read, true) {
            return Ok(None);
        }
        seed.deserialize(Reader { tables: self.tables, value: self.value }).map(Some)
    }
}

struct Fields<'a> {
    tables: &'a mut Vec<Table>,
    /// Whose they are.
    at: usize,
    left: &'static [&'static str],
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(key) = self.left.first() else { return Ok(None) };
        let key: StrDeserializer<'_, Error> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let Some((key, left)) = self.left.split_first() else {
            return Err(Error::custom("a value without a key"));
        };
        self.left = left;
        let mut value = Value::Unknown;
        let read = seed.deserialize(Reader { tables: self.tables, value: &mut value })?;
        self.tables[self.at].fields.push((key, value));
        Ok(read)
    }
}

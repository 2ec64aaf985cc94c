//! What a message looks like in JSON: its fields with their numbers, names and types.

/// A message.
#[derive(Debug, PartialEq)]
pub(super) struct Shape {
    /// In the order in which they are written.
    pub(super) fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) kind: Type,
    pub(super) presence: Presence,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Type {
    Uint32,
    Uint64,
    Int64,
    Bool,
    Text,
    Texts,
    /// Bytes that are any JSON value as they are, and else base64 under the name `<name>_base64`.
    Any,
    MountKind,
    /// An object of numbers.
    Marks,
    One(&'static Shape),
    Many(&'static Shape),
}

/// When a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// When it isn't at its default.
    Filled,
    /// Always.
    Always,
    /// When it is there, be it at its default.
    Given,
    /// When it is there; it excludes the other fields of the message that have this presence.
    Choice,
    /// Always on a state mount, else when it is filled.
    OnState,
}

impl Shape {
    /// How many fields a message has at most.
    pub(super) const FIELDS_MAX: usize = 15;

    /// A message with these fields.
    pub(super) const fn of(fields: &'static [Field]) -> Shape {
        assert!(fields.len() <= Shape::FIELDS_MAX);
        Shape { fields }
    }

    /// The same message without its first fields.
    pub(super) const fn without(&self, first: usize) -> Shape {
        Shape { fields: self.fields.split_at(first).1 }
    }

    /// The field of this name.
    pub(super) fn named(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The index of the field of this number.
    pub(super) fn position(&self, number: u32) -> Option<usize> {
        self.fields.iter().position(|field| field.number == number)
    }
}

/// A field that is written when it isn't at its default.
pub(super) const fn field(number: u32, name: &'static str, kind: Type) -> Field {
    Field { number, name, kind, presence: Presence::Filled }
}

impl Field {
    /// The same field, written at other times.
    pub(super) const fn when(self, presence: Presence) -> Field {
        Field { presence, ..self }
    }
}

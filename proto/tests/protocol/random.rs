//! Random messages of any type of the schemas, from a list of random numbers: the shorter the list,
//! the smaller the message, so that failures shrink.

use proptest::prelude::*;
use proto::g2c::field::subscribed_marks_entry as mark;
use proto::wire;

use crate::schema::{Field, Label, Schema};

/// The random numbers that make one message.
pub(crate) fn numbers() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(any::<u64>(), 0..200)
}

/// Makes messages until its numbers are used up; then all are empty.
pub(crate) struct Random<'a> {
    schema: &'a Schema,
    numbers: std::slice::Iter<'a, u64>,
    /// Whether messages have fields that no schema knows.
    pub(crate) unknown_fields: bool,
}

const UINTS: [u64; 8] = [0, 1, 127, 128, 65_535, 1 << 31, u32::MAX as u64, (1 << 53) - 1];
const TEXTS: [&str; 8] = ["", "a", "/room/1", "chat", "é\u{1F600}", "\"\\\n\u{1}", "members", "b"];
const ANYS: [&[u8]; 8] =
    [b"", b"1.50", b"null", b"{\"a\":[1,\"x y\"]}", b"\xff\x00", b"{", b"\"\"", b"-0"];

impl<'a> Random<'a> {
    pub(crate) fn new(schema: &'a Schema, numbers: &'a [u64]) -> Random<'a> {
        Random { schema, numbers: numbers.iter(), unknown_fields: false }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.numbers.next().copied().unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, from: [T; 8]) -> T {
        from[self.next() as usize % 8]
    }

    /// The bytes of a message of this type.
    pub(crate) fn message(&mut self, name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut chosen = Vec::new();
        for field in self.schema.fields(name) {
            self.unknown(&mut out);
            let is_taken = field.oneof.as_ref().is_some_and(|oneof| chosen.contains(&oneof));
            if self.next().is_multiple_of(2) || is_taken {
                continue;
            }
            chosen.extend(&field.oneof);
            self.field(field, &mut out);
        }
        self.unknown(&mut out);
        out
    }

    /// The bytes of an envelope with exactly one body.
    pub(crate) fn envelope(&mut self, name: &str) -> Vec<u8> {
        let fields = self.schema.fields(name);
        let field = &fields[self.next() as usize % fields.len()];
        let body = self.message(&field.holds);
        let mut out = Vec::new();
        wire::put_nested(&mut out, field.number, body.len());
        out.extend_from_slice(&body);
        out
    }

    fn field(&mut self, field: &Field, out: &mut Vec<u8>) {
        match field.label {
            Label::Single | Label::Optional => self.value(field, out),
            Label::Repeated => {
                for _ in 0..=self.next() % 3 {
                    self.value(field, out);
                }
            }
            Label::Map => {
                for _ in 0..=self.next() % 3 {
                    let mut entry = Vec::new();
                    wire::put_bytes(&mut entry, mark::KEY, self.pick(TEXTS).as_bytes());
                    wire::put_uint(&mut entry, mark::VALUE, self.pick(UINTS));
                    nested(out, field.number, &entry);
                }
            }
        }
    }

    fn value(&mut self, field: &Field, out: &mut Vec<u8>) {
        let number = match field.holds.as_str() {
            "uint32" => self.pick(UINTS) & u64::from(u32::MAX),
            "uint64" => self.pick(UINTS),
            "int64" => self.next(),
            "bool" => self.next() % 2,
            "string" => return nested(out, field.number, self.pick(TEXTS).as_bytes()),
            "bytes" => return nested(out, field.number, self.pick(ANYS)),
            name => match self.schema.enums.get(name) {
                Some(values) => self.next() % values.len() as u64,
                None => {
                    let message = self.message(name);
                    return nested(out, field.number, &message);
                }
            },
        };
        wire::put_varint(out, u64::from(field.number) << 3);
        wire::put_varint(out, number);
    }

    fn unknown(&mut self, out: &mut Vec<u8>) {
        if !self.unknown_fields || self.next() % 4 != 3 {
            return;
        }
        let number = UNKNOWN_MIN + self.next() % 1000;
        let wire_type = [0, 1, 2, 5][self.next() as usize % 4];
        wire::put_varint(out, number << 3 | wire_type);
        match wire_type {
            0 => wire::put_varint(out, self.next()),
            1 => out.extend_from_slice(&[7; 8]),
            2 => out.extend_from_slice(&[3, 1, 2, 3]),
            _ => out.extend_from_slice(&[7; 4]),
        }
    }
}

/// Fields from here on are known to no schema.
pub(crate) const UNKNOWN_MIN: u64 = 1000;

fn nested(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    wire::put_nested(out, number, bytes.len());
    out.extend_from_slice(bytes);
}

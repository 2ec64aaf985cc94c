//! The fields of protobuf messages, read where they lie.

use super::Violation;
use super::wire::varint;

/// The fields of a protobuf message, in turn.
pub(crate) struct Fields<'a> {
    /// What is left.
    pub(crate) bytes: &'a [u8],
}

/// One field.
pub(crate) struct Field<'a> {
    /// Number and wire type.
    pub(crate) tag: u64,
    /// Content.
    pub(crate) value: Value<'a>,
}

/// A field's content, by its wire type; fixed widths are bytes.
pub(crate) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    /// The next field; `None` after the last.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Field<'a>>, Violation> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => Value::Bytes(self.take(8)?),
            2 => {
                let length = self.number()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Bytes(self.take(4)?),
            _ => return Err(Violation::at("not protobuf", self.bytes)),
        };
        Ok(Some(Field { tag, value }))
    }

    #[inline]
    fn number(&mut self) -> Result<u64, Violation> {
        let Some((value, taken)) = varint(self.bytes)? else {
            return Err(Violation::at("a field cut short", self.bytes));
        };
        self.bytes = &self.bytes[taken..];
        Ok(value)
    }

    #[inline]
    fn take(&mut self, length: u64) -> Result<&'a [u8], Violation> {
        let split = usize::try_from(length).ok().and_then(|l| self.bytes.split_at_checked(l));
        let Some((taken, rest)) = split else {
            return Err(Violation::at("a field longer than its frame", self.bytes));
        };
        self.bytes = rest;
        Ok(taken)
    }
}

//! Protobuf's encoding by hand, for the few messages that travel by the hundred thousand.
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

/// The bytes are not a protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a message of this protocol")]
pub struct WireError;

/// The value of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Integers, booleans, enums.
    Varint(u64),
    /// Strings, bytes, messages, packed numbers.
    Bytes(&'a [u8]),
    /// A number of eight bytes.
    Fixed(u64),
    /// A number of four bytes: nothing of ours, skipped.
    Short,
}

impl<'a> Value<'a> {
    /// The value as a number.
    pub fn uint(self) -> Result<u64, WireError> {
        match self {
            Value::Varint(number) => Ok(number),
            Value::Bytes(_) | Value::Fixed(_) | Value::Short => Err(WireError),
        }
    }

    /// The value as a number of 32 bits; as in every protobuf reader, higher bits are cut off.
    pub fn uint32(self) -> Result<u32, WireError> {
        self.uint().map(|number| number as u32)
    }

    /// The value as a number of eight bytes.
    pub fn fixed(self) -> Result<u64, WireError> {
        match self {
            Value::Fixed(number) => Ok(number),
            Value::Varint(_) | Value::Bytes(_) | Value::Short => Err(WireError),
        }
    }

    /// The value as bytes.
    pub fn bytes(self) -> Result<&'a [u8], WireError> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Varint(_) | Value::Fixed(_) | Value::Short => Err(WireError),
        }
    }

    /// The value as text.
    pub fn text(self) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| WireError)
    }
}

/// Reads the fields of a message, one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields of this message.
    pub fn of(message: &'a [u8]) -> Fields<'a> {
        Fields(message)
    }

    /// What has not been read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next field's number and value, or nothing at the end.
    #[inline]
    pub fn field(&mut self) -> Result<Option<(u32, Value<'a>)>, WireError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| WireError)?;
        if number == 0 {
            return Err(WireError);
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed(self.fixed()?),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| WireError)?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Short)?,
            _ => return Err(WireError),
        };
        Ok(Some((number, value)))
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        let (number, length) = varint(self.0)?.ok_or(WireError)?;
        self.0 = &self.0[length..];
        Ok(number)
    }

    fn fixed(&mut self) -> Result<u64, WireError> {
        let bytes = self.take(8)?.try_into().map_err(|_| WireError)?;
        Ok(u64::from_le_bytes(bytes))
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(WireError)?;
        self.0 = rest;
        Ok(taken)
    }
}

/// The varint at the front and its length; nothing if the bytes end within it.
#[inline]
pub fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, WireError> {
    if let Some(&first) = bytes.first()
        && first < 0x80
    {
        return Ok(Some((u64::from(first), 1)));
    }
    let mut number = 0u64;
    for (at, &byte) in bytes.iter().enumerate().take(10) {
        if at == 9 && byte > 1 {
            return Err(WireError);
        }
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Ok(Some((number, at + 1)));
        }
    }
    if bytes.len() >= 10 { Err(WireError) } else { Ok(None) }
}

/// How long a varint is.
#[inline]
pub fn varint_len(number: u64) -> usize {
    (((number | 1).ilog2() * 9 + 73) / 64) as usize
}

/// Appends a varint.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, number: u64) {
    if number < 0x80 {
        out.push(number as u8);
    } else {
        put_long(out, number);
    }
}

/// Appends a varint of more than one byte.
#[inline(never)]
fn put_long(out: &mut Vec<u8>, mut number: u64) {
    if number < 0x4000 {
        return out.extend_from_slice(&[number as u8 | 0x80, (number >> 7) as u8]);
    }
    while number >> 56 != 0 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    put_first(out, spread(number), varint_len(number));
}

/// The varint of a number below 2^56, as the first bytes of a word: in three steps each byte gets
/// its seven bits, and all but the last say that more follows.
#[inline]
fn spread(number: u64) -> u64 {
    let bytes = number & 0x0fff_ffff | (number & 0x00ff_ffff_f000_0000) << 4;
    let bytes = bytes & 0x0000_3fff_0000_3fff | (bytes & 0x0fff_c000_0fff_c000) << 2;
    let bytes = bytes & 0x007f_007f_007f_007f | (bytes & 0x3f80_3f80_3f80_3f80) << 1;
    bytes | 0x8080_8080_8080_8080 & ((1 << (8 * (varint_len(number) - 1))) - 1)
}

/// Appends the first bytes of a word: room is looked for once.
#[inline]
fn put_first(out: &mut Vec<u8>, bytes: u64, length: usize) {
    let end = out.len() + length;
    out.extend_from_slice(&bytes.to_le_bytes());
    out.truncate(end);
}

/// How long a number's field is; 0, the default, is not written.
#[inline]
pub fn uint_len(field: u32, number: u64) -> usize {
    if number == 0 { 0 } else { varint_len(u64::from(field) << 3) + varint_len(number) }
}

/// Appends a number's field; 0, the default, is not written.
#[inline]
pub fn put_uint(out: &mut Vec<u8>, field: u32, number: u64) {
    if number != 0 {
        put_pair(out, u64::from(field) << 3, number);
    }
}

/// Appends a number's field that is there even if it is 0.
#[inline]
pub fn put_optional_uint(out: &mut Vec<u8>, field: u32, number: u64) {
    put_pair(out, u64::from(field) << 3, number);
}

/// Appends the key of a field and a number. Nearly always each is a byte, and then room is looked
/// for once.
#[inline(never)]
fn put_pair(out: &mut Vec<u8>, key: u64, number: u64) {
    if key < 0x80 && number < 0x80 {
        out.extend_from_slice(&[key as u8, number as u8]);
    } else if key < 0x80 && number < 0x4000 {
        out.extend_from_slice(&[key as u8, number as u8 | 0x80, (number >> 7) as u8]);
    } else if key < 0x80 && number >> 49 == 0 {
        put_first(out, key | spread(number) << 8, 1 + varint_len(number));
    } else {
        put_varint(out, key);
        put_varint(out, number);
    }
}

/// How long a field of so many bytes is; an empty one is not written.
#[inline]
pub fn bytes_len(field: u32, length: usize) -> usize {
    if length == 0 { 0 } else { nested_len(field, length) }
}

/// Appends a number's field of eight bytes; 0, the default, is not written.
#[inline]
pub fn put_fixed(out: &mut Vec<u8>, field: u32, number: u64) {
    if number != 0 {
        put_optional_fixed(out, field, number);
    }
}

/// Appends a number's field of eight bytes that is there even if it is 0.
#[inline]
pub fn put_optional_fixed(out: &mut Vec<u8>, field: u32, number: u64) {
    put_varint(out, u64::from(field) << 3 | 1);
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a field of bytes or text; an empty one is not written.
#[inline]
pub fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        put_nested(out, field, bytes.len());
        out.extend_from_slice(bytes);
    }
}

/// How long the field of a nested message of so many bytes is, empty ones included.
#[inline]
pub fn nested_len(field: u32, length: usize) -> usize {
    varint_len(u64::from(field) << 3) + varint_len(length as u64) + length
}

/// Appends the head of a nested message of so many bytes; the bytes are for the caller to append.
#[inline]
pub fn put_nested(out: &mut Vec<u8>, field: u32, length: usize) {
    put_pair(out, u64::from(field) << 3 | 2, length as u64);
}

/// Appends a nested message that `write` appends, whose length nobody knows before.
#[inline]
pub fn put_part(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    put_pair(out, u64::from(field) << 3 | 2, 0);
    let at = out.len() - 1;
    write(out);
    let length = out.len() - at - 1;
    if length < 0x80 {
        out[at] = length as u8;
    } else {
        lengthen(out, at, length);
    }
}

/// Makes space for a length of more than one byte.
#[cold]
fn lengthen(out: &mut Vec<u8>, at: usize, length: usize) {
    let more = varint_len(length as u64) - 1;
    out.resize(out.len() + more, 0);
    out.copy_within(at + 1..at + 1 + length, at + 1 + more);
    let mut left = length;
    for byte in &mut out[at..=at + more] {
        *byte = left as u8 | 0x80;
        left >>= 7;
    }
    out[at + more] &= 0x7f;
}

/// Appends a frame's length and the head of the only field of its envelope.
#[inline]
pub fn put_frame(out: &mut Vec<u8>, field: u32, length: usize) {
    put_varint(out, nested_len(field, length) as u64);
    put_nested(out, field, length);
}

/// Appends a whole frame: the length, then the message.
pub fn put_message(out: &mut Vec<u8>, message: &impl prost::Message) {
    let length = message.encoded_len();
    out.reserve(length + 10);
    put_varint(out, length as u64);
    message.encode_raw(out);
}

/// The number and the bytes of the last field of an envelope, which is the one that counts.
#[inline]
pub fn envelope(frame: &[u8]) -> Result<(u32, &[u8]), WireError> {
    let mut fields = Fields::of(frame);
    let mut body = None;
    while let Some((number, value)) = fields.field()? {
        if let Value::Bytes(bytes) = value {
            body = Some((number, bytes));
        }
    }
    body.ok_or(WireError)
}

#[cfg(test)]
mod tests;

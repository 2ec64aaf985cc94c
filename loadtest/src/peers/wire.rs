//! Numbers as the peers write them: protobuf and MQTT varints, decimal text.

use super::Violation;

/// A varint of protobuf has at most ten bytes.
const VARINT_BYTES_MAX: usize = 10;

/// Decimal numbers longer than this don't fit a `usize`.
const DIGITS_MAX: usize = 18;

/// Appends a varint, seven bits a byte, lowest first.
pub(super) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes `put_varint` writes.
pub(super) fn varint_length(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Reads a varint from the front and says how many bytes it took; `None` when it isn't whole.
#[inline]
pub(crate) fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    match bytes.first() {
        Some(&byte) if byte < 0x80 => Ok(Some((u64::from(byte), 1))),
        Some(_) => long_varint(bytes),
        None => Ok(None),
    }
}

fn long_varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let mut value = 0_u64;
    for (place, &byte) in bytes.iter().take(VARINT_BYTES_MAX).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok(Some((value, place + 1)));
        }
    }
    if bytes.len() >= VARINT_BYTES_MAX {
        return Err(Violation::at("a varint without an end", bytes));
    }
    Ok(None)
}

/// Appends a protobuf field of bytes or text: tag, length, content.
pub(super) fn put_field(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    put_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

/// Reads decimal digits up to `\r\n` and says how many bytes both took; `None` when the line isn't
/// whole. A number below zero (RESP's null) is zero.
#[inline]
pub(super) fn decimal_line(bytes: &[u8]) -> Result<Option<(usize, usize)>, Violation> {
    let mut value = 0_usize;
    for (place, &byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' if place < DIGITS_MAX => value = value * 10 + usize::from(byte - b'0'),
            b'-' if place == 0 => {
                return Ok(line_length(bytes).map(|length| (0, length)));
            }
            b'\r' if place > 0 => {
                return match bytes.get(place + 1) {
                    Some(b'\n') => Ok(Some((value, place + 2))),
                    Some(_) => Err(Violation::at("a line that doesn't end", bytes)),
                    None => Ok(None),
                };
            }
            _ => return Err(Violation::at("not a number", bytes)),
        }
    }
    Ok(None)
}

/// The length of the first line with its `\r\n`; `None` when it isn't whole.
pub(super) fn line_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == b"\r\n").map(|place| place + 2)
}

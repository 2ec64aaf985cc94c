//! Payloads and values: any JSON value as compact bytes, anything else as base64.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;

/// How deep arrays and objects may be nested within each other.
pub(super) const DEPTH_MAX: usize = 64;

/// Writes padding, and reads with it or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a value that is well-formed JSON can't be taken as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnyError {
    #[error("nested more than {DEPTH_MAX} deep")]
    Depth,
    #[error("a \\u escape is half a character: write both surrogates")]
    Surrogate,
}

/// Appends the value without the whitespace around its parts, everything else as written.
pub(super) fn put_compact(out: &mut Vec<u8>, value: &RawValue) -> Result<(), AnyError> {
    let text = value.get().as_bytes();
    let (mut at, mut copied, mut depth) = (0, 0, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = string_end(text, at)?,
            b'{' | b'[' if depth == DEPTH_MAX => return Err(AnyError::Depth),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.extend_from_slice(&text[copied..at]);
                copied = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.extend_from_slice(&text[copied..]);
    Ok(())
}

/// Appends the field `name` if these bytes are a JSON value, else the field `<name>_base64`.
pub(super) fn put_field(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    let name_end = out.len();
    out.extend_from_slice(b"\":");
    let value = serde_json::from_slice::<&RawValue>(bytes).ok();
    if value.is_some_and(|value| put_compact(out, value).is_ok()) {
        return;
    }
    out.truncate(name_end);
    out.extend_from_slice(b"_base64\":\"");
    out.extend_from_slice(BASE64.encode(bytes).as_bytes());
    out.push(b'"');
}

/// The bytes of base64 text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}

/// The index of the quote that ends the string beginning at `at`. The text is well-formed JSON.
fn string_end(text: &[u8], mut at: usize) -> Result<usize, AnyError> {
    loop {
        at += 1;
        match text.get(at) {
            Some(b'"') | None => return Ok(at),
            Some(b'\\') if text.get(at + 1) == Some(&b'u') => match escaped(text, at) {
                Some(0xd800..=0xdbff) => match escaped(text, at + 6) {
                    Some(0xdc00..=0xdfff) => at += 11,
                    Some(_) | None => return Err(AnyError::Surrogate),
                },
                Some(0xdc00..=0xdfff) => return Err(AnyError::Surrogate),
                Some(_) | None => at += 5,
            },
            Some(b'\\') => at += 1,
            Some(_) => {}
        }
    }
}

/// The number of the `\uXXXX` at this place, if there is one.
fn escaped(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

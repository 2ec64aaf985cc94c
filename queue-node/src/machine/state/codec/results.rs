//! What records keep of answers.

use proto::g2c::ResultHead;
use proto::record::field::{record, request, result};
use proto::wire::{self, Value, WireError};

use super::{each, session};
use crate::machine::state::idempotency::{Keyed, Origin};
use crate::machine::state::people::SessionKey;
use crate::machine::state::recent::Remembered;
use crate::machine::state::record::Kept;

/// Appends the result that a record keeps.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, kept: &Kept) {
    wire::put_part(out, record::RESULT, |out| match kept {
        Kept::Session { session, hash, result } => {
            wire::put_uint(out, result::SESSION, session.number().into());
            if let Some(hash) = hash {
                wire::put_optional_fixed(out, result::QUEUE_HASH, *hash);
            }
            put_remembered(out, result);
        }
        Kept::Request { keyed, result } => {
            wire::put_part(out, result::REQUEST, |out| put_request(out, keyed, result));
        }
    });
}

/// Appends what of a result is remembered.
#[inline]
pub(in crate::machine::state) fn put_remembered(out: &mut Vec<u8>, remembered: &Remembered) {
    match &remembered.whole {
        Some(whole) if !whole.is_empty() => wire::put_bytes(out, result::WHOLE, whole),
        whole => {
            let field = if whole.is_none() { result::HEAD } else { result::CUT };
            wire::put_nested(out, field, remembered.head.len());
            remembered.head.put(out);
        }
    }
}

/// What of a result is remembered, by this field; nothing if it is another field.
pub(in crate::machine::state) fn read_remembered(
    field: u32,
    value: Value<'_>,
) -> Result<Option<Remembered>, WireError> {
    let whole: Option<Box<[u8]>> = match field {
        result::HEAD => None,
        result::WHOLE => Some(value.bytes()?.into()),
        result::CUT => Some(Box::default()),
        _ => return Ok(None),
    };
    Ok(Some(Remembered { head: ResultHead::of(value.bytes()?)?, whole }))
}

/// Appends a key and its result.
pub(in crate::machine::state) fn put_request(out: &mut Vec<u8>, keyed: &Keyed, result: &[u8]) {
    wire::put_fixed(out, request::KEY_HIGH, keyed.key.0);
    wire::put_fixed(out, request::KEY_LOW, keyed.key.1);
    wire::put_fixed(out, request::API_KEY, keyed.api_key);
    wire::put_fixed(out, request::BODY_HASH, keyed.body_hash);
    wire::put_uint(out, request::GATEWAY, u64::from(keyed.origin == Origin::Gateway));
    wire::put_bytes(out, request::RESULT, result);
}

/// Reads the result that a record keeps.
pub(super) fn read(bytes: &[u8]) -> Result<Kept, WireError> {
    let (mut key, mut hash, mut kept) = (SessionKey::FIRST, None, None);
    each(bytes, |number, value| {
        match number {
            result::SESSION => key = session(value)?,
            result::QUEUE_HASH => hash = Some(value.fixed()?),
            result::REQUEST => {
                let (keyed, result) = read_request(value.bytes()?)?;
                kept = Some(Kept::Request { keyed, result: result.to_vec() });
            }
            _ => {
                if let Some(result) = read_remembered(number, value)? {
                    kept = Some(Kept::Session { session: key, hash, result });
                }
            }
        }
        Ok(())
    })?;
    kept.ok_or(WireError)
}

/// Reads a key and its result.
pub(in crate::machine::state) fn read_request(bytes: &[u8]) -> Result<(Keyed, &[u8]), WireError> {
    let (mut high, mut low, mut result) = (0, 0, &bytes[..0]);
    let mut keyed = Keyed { key: (0, 0), api_key: 0, body_hash: 0, origin: Origin::BackEnd };
    each(bytes, |number, value| {
        match number {
            request::KEY_HIGH => high = value.fixed()?,
            request::KEY_LOW => low = value.fixed()?,
            request::API_KEY => keyed.api_key = value.fixed()?,
            request::BODY_HASH => keyed.body_hash = value.fixed()?,
            request::GATEWAY if value.uint()? != 0 => keyed.origin = Origin::Gateway,
            request::RESULT => result = value.bytes()?,
            _ => {}
        }
        Ok(())
    })?;
    keyed.key = (high, low);
    Ok((keyed, result))
}

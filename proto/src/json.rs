//! The client protocol as JSON: the same messages as in protobuf, one object each.
//!
//! An object has exactly one key, the name of the body: `{"open":{}}`. Everything is read straight
//! into protobuf's bytes and written straight from them, guided by the tables in `shapes`; no tree
//! of values is built in between. `docs/protocol.md` has the rules.

use prost::Message as _;

use crate::wire::WireError;
use crate::{g2c, g2q, q2g};

mod any;
mod message;
mod plain;
mod read;
mod shape;
mod shapes;
mod slot;
mod write;

/// How deep a payload or value may be nested. Deeper bytes count as no JSON: some readers give up
/// at such depths, and one member's message must not break another's reader.
pub const DEPTH_MAX: usize = any::DEPTH_MAX;

/// Why a text is no message, or a message no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is wrong at this place.
    #[error("{at}: {reason}")]
    Text {
        /// The fields that lead to it: `send_state.changes.ttl_ms`.
        at: String,
        /// What is wrong and what is expected, with line and column.
        reason: String,
    },
    /// No operation of the back end has this name.
    #[error("no method is named {0:?}")]
    Method(String),
    /// The bytes are not an envelope, or text in them is not UTF-8.
    #[error(transparent)]
    Bytes(#[from] WireError),
}

/// Reads one object or an array of them, and hands each as an encoded `C2g` to `each`.
///
/// # Errors
/// At the first object that isn't one; those before it have been handed over.
pub fn c2g_frames(text: &str, mut each: impl FnMut(&[u8])) -> Result<(), JsonError> {
    if let Some(envelope) = message::read(text) {
        each(&envelope);
        return Ok(());
    }
    read::envelopes(&shapes::C2G, text, each)
}

/// Appends the text of one encoded `C2g`, without a newline.
///
/// # Errors
/// If the bytes are not one; `out` is then as it was.
pub fn c2g_to_json(out: &mut Vec<u8>, envelope: &[u8]) -> Result<(), JsonError> {
    whole(out, |out| write::envelope(out, &shapes::C2G, envelope))
}

/// Reads one object or an array of them, and hands each as an encoded `G2c` to `each`.
///
/// # Errors
/// At the first object that isn't one; those before it have been handed over.
pub fn g2c_from_json(text: &str, each: impl FnMut(&[u8])) -> Result<(), JsonError> {
    read::envelopes(&shapes::G2C, text, each)
}

/// Appends the text of one encoded `G2c`, without a newline.
///
/// # Errors
/// If the bytes are not one; `out` is then as it was.
pub fn put_g2c(out: &mut Vec<u8>, envelope: &[u8]) -> Result<(), JsonError> {
    whole(out, |out| write::envelope(out, &shapes::G2C, envelope))
}

/// Appends what [`put_g2c`] does for an envelope of this body, faster, if it is one of the many for
/// which this can be done. Says whether it is; if not, nothing is appended.
pub fn put_often(out: &mut Vec<u8>, kind: u32, sub: u32, body: &[u8], history: bool) -> bool {
    message::put(out, kind, sub, body, history)
}

/// Reads an operation of the back end: an object with the fields of the operation but `op_id`. No
/// text at all is an object without fields. A field that the operation doesn't have is an error:
/// a back end's author has mistyped it.
///
/// # Errors
/// If no operation has this name, or the body isn't one of its kind.
pub fn operation(method: &str, body: &str) -> Result<g2q::request::Body, JsonError> {
    let unknown = || JsonError::Method(method.to_owned());
    let field = shapes::REQUEST.named(method).ok_or_else(unknown)?;
    let body = if body.trim_ascii().is_empty() { "{}" } else { body };
    let request = g2q::Request::decode(read::field(field, body)?.as_slice());
    request.ok().and_then(|request| request.body).ok_or(JsonError::Bytes(WireError))
}

/// Appends what the back end gets for an operation that succeeded: fields of its result and of the
/// rest of the reply, by the method. Nothing but `{}` for a method that isn't known.
pub fn put_reply(out: &mut Vec<u8>, method: &str, result: &g2c::Result, reply: &q2g::Reply) {
    let Some(shape) = shapes::REPLIES.iter().find(|row| row.method == method) else {
        out.extend_from_slice(b"{}");
        return;
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    if !shape.result.fields.is_empty() {
        first = result.encode_to_vec();
    }
    if !shape.reply.fields.is_empty() {
        second = reply.encode_to_vec();
    }
    write::objects(out, &[(shape.result, &first), (shape.reply, &second)])
        .expect("a message that was just encoded can be read");
}

/// The fields of an operation's body and of what it gives, by the method, for documents.
pub fn operation_fields(method: &str) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let shape::Type::One(body) = shapes::REQUEST.named(method)?.kind else { return None };
    let shape = shapes::REPLIES.iter().find(|row| row.method == method)?;
    let names = |shape: &'static shape::Shape| shape.fields.iter().map(|field| field.name);
    Some((names(body).collect(), names(shape.result).chain(names(shape.reply)).collect()))
}

/// The names of all operations of the back end.
pub fn operations() -> impl Iterator<Item = &'static str> {
    shapes::REQUEST.fields.iter().map(|field| field.name)
}

/// Appends all of it or nothing.
fn whole(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), WireError>,
) -> Result<(), JsonError> {
    let before = out.len();
    write(out).map_err(|error| {
        out.truncate(before);
        JsonError::Bytes(error)
    })
}

#[cfg(test)]
mod tests;

//! What travels most, read and written without the tables: a client's `send_message`, and the
//! `message` and the `result` that come of it. What is unusual in the least is left to the tables;
//! what comes of both is the same.

use super::plain;
use super::write::json;
use crate::c2g::{Kind, SendMessageRef};
use crate::g2c::ResultHead;
use crate::g2c::field::{g2c as envelope, message as field};
use crate::wire::{self, Fields, Value, WireError};

/// The encoded `C2g` that a text is, if it is one `send_message` as a serializer writes it: without
/// whitespace, each field once and none unknown, no escapes but in the payload.
pub(super) fn read(text: &str) -> Option<Vec<u8>> {
    let message = operation(text)?;
    let length = message.encoded_len();
    let mut envelope = Vec::with_capacity(wire::nested_len(Kind::SendMessage as u32, length));
    wire::put_nested(&mut envelope, Kind::SendMessage as u32, length);
    message.put(&mut envelope);
    Some(envelope)
}

fn operation(text: &str) -> Option<SendMessageRef<'_>> {
    const BEGIN: &[u8] = b"{\"send_message\":{";
    let text = text.as_bytes();
    if !text.starts_with(BEGIN) {
        return None;
    }
    let mut given = Given::default();
    let mut at = BEGIN.len();
    loop {
        at = given.field(text, at)?;
        match text.get(at)? {
            b',' => at += 1,
            b'}' => return (&text[at + 1..] == b"}").then(|| given.message()),
            _ => return None,
        }
    }
}

/// The fields so far.
#[derive(Default)]
struct Given<'a> {
    op_id: Option<u32>,
    queue: Option<&'a [u8]>,
    mount: Option<&'a [u8]>,
    payload: Option<&'a [u8]>,
    exclude_self: Option<bool>,
}

impl<'a> Given<'a> {
    /// Takes the field at `at`; the index behind it.
    fn field(&mut self, text: &'a [u8], at: usize) -> Option<usize> {
        let name_end = plain::text_end(text, at)?;
        if text.get(name_end) != Some(&b':') {
            return None;
        }
        let begin = name_end + 1;
        match &text[at + 1..name_end - 1] {
            b"op_id" => {
                let (number, end) = number(text, begin)?;
                once(&mut self.op_id, number, end)
            }
            b"queue" => {
                let end = plain::text_end(text, begin)?;
                once(&mut self.queue, &text[begin + 1..end - 1], end)
            }
            b"mount" => {
                let end = plain::text_end(text, begin)?;
                once(&mut self.mount, &text[begin + 1..end - 1], end)
            }
            b"payload" => {
                let end = plain::value_end(text, begin)?;
                once(&mut self.payload, &text[begin..end], end)
            }
            b"exclude_self" if text[begin..].starts_with(b"true") => {
                once(&mut self.exclude_self, true, begin + 4)
            }
            b"exclude_self" if text[begin..].starts_with(b"false") => {
                once(&mut self.exclude_self, false, begin + 5)
            }
            _ => None,
        }
    }

    fn message(&self) -> SendMessageRef<'a> {
        SendMessageRef {
            op_id: self.op_id.unwrap_or_default(),
            queue: self.queue.unwrap_or_default(),
            mount: self.mount.unwrap_or_default(),
            payload: self.payload,
            exclude_self: self.exclude_self.unwrap_or_default(),
        }
    }
}

/// Fills what is empty; a field that is given twice is no plain one.
fn once<T>(field: &mut Option<T>, value: T, end: usize) -> Option<usize> {
    field.replace(value).is_none().then_some(end)
}

/// The number of 32 bits at `at` and the index behind it. What follows it, the caller looks at.
fn number(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let rest = &text[at..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 1 && rest[0] == b'0' {
        return None;
    }
    let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    Some((number, at + digits))
}

/// Appends the text of a `message` or of a `result` that is no more than a number, if nothing in it
/// needs an escape that isn't there. Says whether it did; if not, nothing is appended.
pub(super) fn put(out: &mut Vec<u8>, kind: u32, sub: u32, body: &[u8], history: bool) -> bool {
    match kind {
        envelope::MESSAGE => put_message(out, sub, body, history),
        envelope::RESULT if sub == 0 && !history => put_result(out, body),
        _ => false,
    }
}

fn put_result(out: &mut Vec<u8>, body: &[u8]) -> bool {
    let Ok(head) = ResultHead::of(body) else { return false };
    // It has other fields, or says what it needn't.
    if head.len() != body.len() {
        return false;
    }
    out.extend_from_slice(b"{\"result\":{");
    if head.op_id != 0 {
        put_number(out, b"\"op_id\":", u64::from(head.op_id));
        out.push(b',');
    }
    put_number(out, b"\"status\":", u64::from(head.status));
    put_number(out, b",\"seq\":", head.seq);
    out.extend_from_slice(b"}}");
    true
}

fn put_message(out: &mut Vec<u8>, sub: u32, body: &[u8], history: bool) -> bool {
    let Ok(Some(message)) = Message::of(body) else { return false };
    let Message { mount, seq, from, payload, sent_at_ms } = message;
    out.reserve(body.len() + MESSAGE_BYTES);
    out.extend_from_slice(b"{\"message\":{");
    if sub != 0 {
        put_number(out, b"\"sub\":", u64::from(sub));
        out.push(b',');
    }
    if !mount.is_empty() {
        put_text(out, b"\"mount\":\"", mount);
        out.push(b',');
    }
    put_number(out, b"\"seq\":", seq);
    if !from.is_empty() {
        put_text(out, b",\"from\":\"", from);
    }
    out.extend_from_slice(b",\"payload\":");
    out.extend_from_slice(payload);
    if sent_at_ms != 0 {
        put_number(out, b",\"sent_at_ms\":", sent_at_ms);
    }
    if history {
        out.extend_from_slice(b",\"history\":true");
    }
    out.extend_from_slice(b"}}");
    true
}

/// What the text of a message has besides the values, or more.
const MESSAGE_BYTES: usize = 160;

/// The body of a message that can be written as it is.
struct Message<'a> {
    mount: &'a str,
    seq: u64,
    from: &'a str,
    payload: &'a [u8],
    sent_at_ms: u64,
}

impl<'a> Message<'a> {
    /// Nothing if the body is one for the tables.
    fn of(body: &'a [u8]) -> Result<Option<Message<'a>>, WireError> {
        let mut message = Message { mount: "", seq: 0, from: "", payload: &[], sent_at_ms: 0 };
        let mut fields = Fields::of(body);
        while let Some((number, value)) = fields.field()? {
            match (number, value) {
                (field::MOUNT, Value::Bytes(_)) => message.mount = value.text()?,
                (field::SEQ, Value::Varint(seq)) => message.seq = seq,
                (field::FROM, Value::Bytes(_)) => message.from = value.text()?,
                (field::PAYLOAD, Value::Bytes(payload)) => message.payload = payload,
                (field::SENT_AT_MS, Value::Varint(ms)) => message.sent_at_ms = ms,
                _ => return Ok(None),
            }
        }
        let payload = message.payload;
        let is_plain = plain::is_unescaped(message.mount)
            && plain::is_unescaped(message.from)
            && plain::value_end(payload, 0) == Some(payload.len())
            && std::str::from_utf8(payload).is_ok();
        Ok(is_plain.then_some(message))
    }
}

fn put_number(out: &mut Vec<u8>, key: &[u8], number: u64) {
    out.extend_from_slice(key);
    json(out, &number);
}

/// Appends a text that needs no escapes; the key has the quote before it.
fn put_text(out: &mut Vec<u8>, key: &[u8], text: &str) {
    out.extend_from_slice(key);
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests;

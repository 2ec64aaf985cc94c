//! One event, many receivers: each codec's bytes are made once, and only if somebody needs them.

use std::rc::Rc;

use proto::g2c::{self, BodyKind};
use proto::json;

use super::clients::Codec;
use super::interest::Sub;

/// A WebSocket frame that is a whole binary message.
const BINARY: u8 = 0x82;
/// A WebSocket frame that is a whole text message.
const TEXT: u8 = 0x81;
/// A WebSocket close frame.
const CLOSE: u8 = 0x88;

/// A body for a client, not encoded yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    /// The number of its field in `G2c`.
    pub(super) kind: u32,
    /// The lane's number of the queue, where the body is to have one and hasn't it yet.
    pub(super) sub: Option<Sub>,
    pub(super) body: &'a [u8],
    /// An old message.
    pub(super) history: bool,
}

impl<'a> Frame<'a> {
    /// A body that is complete.
    pub(super) fn of(kind: BodyKind, body: &'a [u8]) -> Frame<'a> {
        Frame { kind: kind as u32, sub: None, body, history: false }
    }
}

/// The bytes of one frame in each codec, made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Encodings {
    made: [bool; 3],
    bytes: [Vec<u8>; 3],
    /// The bytes again, where they were asked for to be shared.
    large: [Option<Rc<[u8]>>; 3],
    scratch: Scratch,
}

/// The bytes of a frame on their way to many.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoded<'a> {
    /// Few: each receiver has a copy.
    Small(&'a [u8]),
    /// Many: all receivers have the same.
    Large(&'a Rc<[u8]>),
}

/// Buffers on the way from a body to a text.
#[derive(Debug, Default)]
struct Scratch {
    envelope: Vec<u8>,
    text: Vec<u8>,
}

impl Encodings {
    /// Begins the next frame.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.made = [false; 3];
    }

    /// The frame's bytes for a codec. The frame is the same from one `begin` to the next.
    #[inline]
    pub(super) fn get(&mut self, codec: Codec, frame: &Frame<'_>) -> &[u8] {
        let at = codec as usize;
        if !self.made[at] {
            self.made[at] = true;
            self.bytes[at].clear();
            encode(codec, frame, &mut self.bytes[at], &mut self.scratch);
        }
        &self.bytes[at]
    }

    /// As [`Encodings::get`], for many receivers, who share it from so many bytes on.
    #[inline]
    pub(super) fn share(&mut self, codec: Codec, frame: &Frame<'_>, min: usize) -> Encoded<'_> {
        if frame.body.len() < min {
            return Encoded::Small(self.get(codec, frame));
        }
        let at = codec as usize;
        if !self.made[at] {
            self.large[at] = Some(self.get(codec, frame).into());
        }
        match &self.large[at] {
            Some(bytes) => Encoded::Large(bytes),
            None => Encoded::Small(&self.bytes[at]),
        }
    }

    /// The bytes of a frame for one receiver.
    #[inline]
    pub(super) fn one(&mut self, codec: Codec, frame: &Frame<'_>) -> &[u8] {
        self.begin();
        self.get(codec, frame)
    }
}

#[inline]
fn encode(codec: Codec, frame: &Frame<'_>, out: &mut Vec<u8>, scratch: &mut Scratch) {
    let Frame { kind, body, history, .. } = *frame;
    let sub = Sub::number_or_none(frame.sub);
    match codec {
        Codec::ProtoTcp => g2c::put_event(out, kind, sub, body, history),
        Codec::ProtoWs => {
            scratch.envelope.clear();
            g2c::put_event(&mut scratch.envelope, kind, sub, body, history);
            put_websocket(out, BINARY, &scratch.envelope);
        }
        Codec::JsonWs => {
            scratch.envelope.clear();
            scratch.text.clear();
            g2c::put_envelope(&mut scratch.envelope, kind, sub, body, history);
            // Bytes that are no message come from a broken peer only; its link is judged elsewhere.
            if json::put_g2c(&mut scratch.text, &scratch.envelope).is_ok() {
                put_websocket(out, TEXT, &scratch.text);
            }
        }
    }
}

/// Appends an unmasked, final WebSocket frame (RFC 6455, section 5.2).
fn put_websocket(out: &mut Vec<u8>, head: u8, payload: &[u8]) {
    out.push(head);
    match payload.len() {
        length @ 0..=125 => out.push(length as u8),
        length @ 126..=0xffff => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// Appends a WebSocket close frame, whose payload is at most 125 bytes.
pub(super) fn put_websocket_close(out: &mut Vec<u8>, code: u16, reason: &str) {
    let end = reason.floor_char_boundary(123);
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    put_websocket(out, CLOSE, &payload);
}

#[cfg(test)]
mod tests;

//! One event, many receivers: each format's bytes are made once, and only if somebody needs them.

use std::rc::Rc;

use proto::g2c::{self, BodyKind};
use proto::ids::Sub;
use proto::json;

use super::format::{self, Encoding, Format, Transport};

/// A body for a client, not encoded yet.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) struct Frame<'a> {
    /// The number of its field in `G2c`.
    pub(in crate::machine) kind: u32,
    /// The lane's number of the queue, where the body is to have one and hasn't it yet.
    pub(in crate::machine) sub: Option<Sub>,
    pub(in crate::machine) body: &'a [u8],
    /// An old message.
    pub(in crate::machine) history: bool,
}

impl<'a> Frame<'a> {
    /// A body that is complete.
    pub(in crate::machine) fn of(kind: BodyKind, body: &'a [u8]) -> Frame<'a> {
        Frame { kind: kind as u32, sub: None, body, history: false }
    }
}

/// The bytes of one frame in each format, made when first asked for.
#[derive(Debug, Default)]
pub(super) struct Encodings {
    made: [bool; Format::COUNT],
    bytes: [Vec<u8>; Format::COUNT],
    /// The bytes again, where they were asked for to be shared.
    large: [Option<Rc<[u8]>>; Format::COUNT],
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
        self.made = [false; Format::COUNT];
    }

    /// The frame's bytes in a format. The frame is the same from one `begin` to the next.
    #[inline]
    pub(super) fn get(&mut self, format: Format, frame: &Frame<'_>) -> &[u8] {
        let at = format.place();
        if !self.made[at] {
            self.made[at] = true;
            self.bytes[at].clear();
            encode(format, frame, &mut self.bytes[at], &mut self.scratch);
        }
        &self.bytes[at]
    }

    /// As [`Encodings::get`], for many receivers, who share it from so many bytes on.
    #[inline]
    pub(super) fn share(&mut self, format: Format, frame: &Frame<'_>, min: usize) -> Encoded<'_> {
        if frame.body.len() < min {
            return Encoded::Small(self.get(format, frame));
        }
        let at = format.place();
        if !self.made[at] {
            self.large[at] = Some(self.get(format, frame).into());
        }
        match &self.large[at] {
            Some(bytes) => Encoded::Large(bytes),
            None => Encoded::Small(&self.bytes[at]),
        }
    }

    /// The bytes of a frame for one receiver.
    #[inline]
    pub(super) fn one(&mut self, format: Format, frame: &Frame<'_>) -> &[u8] {
        self.begin();
        self.get(format, frame)
    }
}

#[inline]
fn encode(format: Format, frame: &Frame<'_>, out: &mut Vec<u8>, scratch: &mut Scratch) {
    let Frame { kind, body, history, .. } = *frame;
    let sub = Sub::number_or_none(frame.sub);
    match (format.encoding, format.transport) {
        (Encoding::Proto, Transport::Tcp) => g2c::put_event(out, kind, sub, body, history),
        (Encoding::Proto, Transport::WebSocket) => {
            scratch.envelope.clear();
            g2c::put_event(&mut scratch.envelope, kind, sub, body, history);
            format::put_websocket_binary(out, &scratch.envelope);
        }
        // Events are texts: a stream of them in protobuf is never opened.
        (Encoding::Json, transport) | (Encoding::Proto, transport @ Transport::Events) => {
            scratch.text.clear();
            if json::put_often(&mut scratch.text, kind, sub, body, history) {
                return transport.put_text(out, &scratch.text);
            }
            scratch.envelope.clear();
            g2c::put_envelope(&mut scratch.envelope, kind, sub, body, history);
            // Bytes that are no message come from a broken peer only; its link is judged elsewhere.
            if json::put_g2c(&mut scratch.text, &scratch.envelope).is_ok() {
                transport.put_text(out, &scratch.text);
            }
        }
    }
}

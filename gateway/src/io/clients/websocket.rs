//! WebSocket frames of a client (RFC 6455, section 5): cut, unmasked, put together. Nothing is kept
//! while no frame is half there.

use std::io::Cursor;

use proto::codes::Close;
use proto::{frame, json};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::machine::Encoding;

/// The payload of a ping, pong or close (section 5.5).
const CONTROL_BYTES_MAX: u64 = 125;

/// What came besides envelopes is told when it is more than one of these: seldom enough to cost
/// nothing, and before a client that isn't logged in has sent much of it.
const OVERHEAD_BYTES: u32 = 4 * 1024;
const OVERHEAD_FRAMES: u32 = 64;

/// What is kept of a client's WebSocket between two reads.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The beginning of a frame.
    partial: Vec<u8>,
    /// The fragments of a message so far.
    message: Option<Box<Message>>,
    overhead: Overhead,
}

/// What came besides envelopes: heads, pings and pongs, fragments, all of a JSON text that its
/// envelope doesn't have.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overhead {
    pub(super) bytes: u32,
    /// Frames with which no envelope came.
    pub(super) frames: u32,
}

impl Overhead {
    fn add(&mut self, bytes: usize, frames: u32) {
        self.bytes = self.bytes.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        self.frames += frames;
    }
}

#[derive(Debug)]
struct Message {
    is_text: bool,
    bytes: Vec<u8>,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came<'a> {
    /// An envelope of the client.
    Frame(&'a [u8]),
    /// A ping, to be answered by a pong with these bytes.
    Ping(&'a [u8]),
    /// The client closes, to be answered by a close frame with these bytes.
    Close(&'a [u8]),
}

/// Why the bytes can't be read, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) close: Close,
    pub(super) reason: String,
}

/// Whether to read on: the connection may be over by what was in the last frame.
pub(super) type GoOn = bool;

fn bad(reason: impl Into<String>) -> Broken {
    Broken { close: Close::BadFrame, reason: reason.into() }
}

fn too_large(max: usize) -> Broken {
    Broken { close: Close::FrameTooLarge, reason: format!("a frame has at most {max} bytes") }
}

impl Reader {
    /// Hands over all that `input` completes; unmasks in place.
    pub(super) fn feed(
        &mut self,
        input: &mut [u8],
        encoding: Encoding,
        max: usize,
        each: &mut impl FnMut(Came<'_>) -> GoOn,
    ) -> Result<(), Broken> {
        if self.partial.is_empty() {
            let used = self.frames(input, encoding, max, each)?;
            self.partial.extend_from_slice(&input[used..]);
        } else {
            let mut bytes = std::mem::take(&mut self.partial);
            bytes.extend_from_slice(input);
            let used = self.frames(&mut bytes, encoding, max, each)?;
            if used < bytes.len() {
                bytes.drain(..used);
                self.partial = bytes;
            }
        }
        Ok(())
    }

    /// What has come besides envelopes since this was asked, if it is worth a word.
    #[inline]
    pub(super) fn overhead(&mut self) -> Option<Overhead> {
        let Overhead { bytes, frames } = self.overhead;
        let much = bytes >= OVERHEAD_BYTES || frames >= OVERHEAD_FRAMES;
        much.then(|| std::mem::take(&mut self.overhead))
    }

    /// Reads whole frames; says how many bytes they took.
    fn frames(
        &mut self,
        bytes: &mut [u8],
        encoding: Encoding,
        max: usize,
        each: &mut impl FnMut(Came<'_>) -> GoOn,
    ) -> Result<usize, Broken> {
        let mut used = 0;
        loop {
            let mut cursor = Cursor::new(&bytes[used..]);
            let parsed = FrameHeader::parse(&mut cursor).map_err(|error| bad(error.to_string()))?;
            let Some((header, length)) = parsed else { return Ok(used) };
            let head_bytes = cursor.position() as usize;
            check(&header, length, max)?;
            let mask = header.mask.ok_or_else(|| bad("a client must mask its frames"))?;
            let begin = used + head_bytes;
            let end = begin + length as usize;
            let Some(payload) = bytes.get_mut(begin..end) else { return Ok(used) };
            unmask(payload, mask);
            used = end;
            self.overhead.add(head_bytes, 0);
            if !self.frame(&header, &bytes[begin..end], encoding, max, each)? {
                return Ok(bytes.len());
            }
        }
    }

    fn frame(
        &mut self,
        header: &FrameHeader,
        payload: &[u8],
        encoding: Encoding,
        max: usize,
        each: &mut impl FnMut(Came<'_>) -> GoOn,
    ) -> Result<GoOn, Broken> {
        match header.opcode {
            OpCode::Control(Control::Ping) => {
                self.overhead.add(payload.len(), 1);
                Ok(each(Came::Ping(payload)))
            }
            OpCode::Control(Control::Pong) => {
                self.overhead.add(payload.len(), 1);
                Ok(true)
            }
            OpCode::Control(Control::Close) => {
                each(Came::Close(answer_to_close(payload)));
                Ok(false)
            }
            OpCode::Data(Data::Continue) => {
                let Some(message) = self.message.as_mut() else {
                    return Err(bad("a continuation frame without a message"));
                };
                if message.bytes.len() + payload.len() > max {
                    return Err(too_large(max));
                }
                message.bytes.extend_from_slice(payload);
                if !header.is_final {
                    self.overhead.add(0, 1);
                    return Ok(true);
                }
                match self.message.take() {
                    Some(message) => self.whole(message.is_text, &message.bytes, encoding, each),
                    None => Ok(true),
                }
            }
            OpCode::Data(Data::Text | Data::Binary) => {
                let is_text = header.opcode == OpCode::Data(Data::Text);
                if self.message.is_some() {
                    return Err(bad("a new message within the fragments of another"));
                }
                if header.is_final {
                    return self.whole(is_text, payload, encoding, each);
                }
                self.overhead.add(0, 1);
                self.message = Some(Box::new(Message { is_text, bytes: payload.to_vec() }));
                Ok(true)
            }
            OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => {
                Err(bad("a reserved opcode"))
            }
        }
    }

    /// A whole message. The rest of it, which no envelope has, is overhead; of fragments all counts
    /// here, and their heads when they come.
    fn whole(
        &mut self,
        is_text: bool,
        bytes: &[u8],
        encoding: Encoding,
        each: &mut impl FnMut(Came<'_>) -> GoOn,
    ) -> Result<GoOn, Broken> {
        let (mut envelopes, mut envelope_bytes) = (0, 0);
        let mut counted = |envelope: &[u8]| {
            envelopes += 1;
            envelope_bytes += envelope.len();
            each(Came::Frame(envelope))
        };
        let go_on = whole(is_text, bytes, encoding, &mut counted)?;
        self.overhead.add(bytes.len().saturating_sub(envelope_bytes), u32::from(envelopes == 0));
        Ok(go_on)
    }
}

/// Takes the mask off (section 5.3), eight bytes at a time.
fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let twice = u64::from(u32::from_ne_bytes(mask)) * 0x1_0000_0001;
    let (words, rest) = payload.as_chunks_mut();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ twice).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(twice.to_ne_bytes()) {
        *byte ^= mask;
    }
}

/// What a header alone shows to be wrong.
fn check(header: &FrameHeader, length: u64, max: usize) -> Result<(), Broken> {
    if header.rsv1 || header.rsv2 || header.rsv3 {
        return Err(bad("a reserved bit is set: no extension was agreed on"));
    }
    let is_control = matches!(header.opcode, OpCode::Control(_));
    if is_control && (!header.is_final || length > CONTROL_BYTES_MAX) {
        return Err(bad("a control frame must not be fragmented and has at most 125 bytes"));
    }
    if length > max as u64 { Err(too_large(max)) } else { Ok(()) }
}

/// What the body of a close frame is answered with: itself, or why it is none (section 5.5.1). A
/// client gets no code that must not be on a wire, not even its own.
fn answer_to_close(body: &[u8]) -> &[u8] {
    const PROTOCOL_ERROR: &[u8] = &1002u16.to_be_bytes();
    const NO_TEXT: &[u8] = &1007u16.to_be_bytes();
    let Some((code, reason)) = body.split_first_chunk() else {
        return if body.is_empty() { body } else { PROTOCOL_ERROR };
    };
    match u16::from_be_bytes(*code) {
        // Section 7.4 and IANA's list. 1004 is reserved, 1005, 1006 and 1015 are never sent.
        1000..=1003 | 1007..=1014 | 3000..=4999 => {}
        _ => return PROTOCOL_ERROR,
    }
    if std::str::from_utf8(reason).is_ok() { body } else { NO_TEXT }
}

/// A whole message: its envelopes.
fn whole(
    is_text: bool,
    bytes: &[u8],
    encoding: Encoding,
    each: &mut impl FnMut(&[u8]) -> GoOn,
) -> Result<GoOn, Broken> {
    match encoding {
        Encoding::Json if is_text => {
            let text =
                std::str::from_utf8(bytes).map_err(|_| bad("a text message must be UTF-8"))?;
            let mut go_on = true;
            json::c2g_frames(text, |frame| {
                go_on = go_on && each(frame);
            })
            .map_err(|error| bad(error.to_string()))?;
            Ok(go_on)
        }
        Encoding::Json => Err(bad("imq.json.v1 travels in text messages")),
        Encoding::Proto if is_text => Err(bad("imq.proto.v1 travels in binary messages")),
        Encoding::Proto => {
            let mut rest = bytes;
            while !rest.is_empty() {
                let split = frame::split(rest, bytes.len()).map_err(|e| bad(e.to_string()))?;
                let (one, end) =
                    split.ok_or_else(|| bad("a binary message ends in the middle of a frame"))?;
                if !each(one) {
                    return Ok(false);
                }
                rest = &rest[end..];
            }
            Ok(true)
        }
    }
}

/// A whole control frame of the gateway.
pub(super) fn control(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len().min(CONTROL_BYTES_MAX as usize);
    let mut frame = vec![0x80 | opcode, length as u8];
    frame.extend_from_slice(&payload[..length]);
    frame
}

#[cfg(test)]
mod tests;

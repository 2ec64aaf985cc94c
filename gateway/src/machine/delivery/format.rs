//! What carries a connection's frames, and how they are written: two matters, each with its own
//! choices.

use proto::wire;

/// A WebSocket frame that is a whole binary message.
const BINARY: u8 = 0x82;
/// A WebSocket frame that is a whole text message.
const TEXT: u8 = 0x81;
/// A WebSocket close frame.
const CLOSE: u8 = 0x88;

/// What carries the frames of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Transport {
    /// A stream of bytes: a varint length stands before each frame.
    #[default]
    Tcp,
    /// One WebSocket message for each frame.
    WebSocket,
    /// An answer over HTTP that doesn't end: a server-sent event for each frame, which is JSON.
    Events,
}

/// What an answer over HTTP has now and then, and its reader leaves out.
pub(in crate::machine) const COMMENT: &[u8] = b":\n\n";

/// How the frames of a connection are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Encoding {
    /// An envelope of protobuf. It has its varint length before it on every transport.
    #[default]
    Proto,
    /// A JSON object.
    Json,
}

/// How a connection's frames look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Format {
    /// What carries them.
    pub transport: Transport,
    /// How they are written.
    pub encoding: Encoding,
}

impl Format {
    /// How many there are.
    pub(super) const COUNT: usize = 6;

    /// Frames written so, on this transport.
    pub const fn new(transport: Transport, encoding: Encoding) -> Format {
        Format { transport, encoding }
    }

    /// Its place among all formats.
    #[inline]
    pub(super) const fn place(self) -> usize {
        2 * self.transport as usize + self.encoding as usize
    }
}

impl Transport {
    /// Appends a frame that is a JSON text.
    pub(in crate::machine) fn put_text(self, out: &mut Vec<u8>, text: &[u8]) {
        match self {
            Transport::Tcp => {
                wire::put_varint(out, text.len() as u64);
                out.extend_from_slice(text);
            }
            Transport::WebSocket => put_websocket(out, TEXT, text),
            Transport::Events => put_event(out, text),
        }
    }

    /// Appends what the transport itself says at its end, behind the last frame.
    pub(in crate::machine) fn put_close(self, out: &mut Vec<u8>, code: u16, reason: &str) {
        match self {
            Transport::Tcp | Transport::Events => {}
            Transport::WebSocket => put_websocket_close(out, code, reason),
        }
    }
}

/// Appends length-prefixed envelopes as a WebSocket message.
pub(super) fn put_websocket_binary(out: &mut Vec<u8>, envelopes: &[u8]) {
    put_websocket(out, BINARY, envelopes);
}

/// Appends a server-sent event of one line: our JSON has no other line break than those that its
/// strings escape.
fn put_event(out: &mut Vec<u8>, text: &[u8]) {
    debug_assert!(!text.iter().any(|byte| matches!(byte, b'\n' | b'\r')), "it is one line");
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(text);
    out.extend_from_slice(b"\n\n");
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
fn put_websocket_close(out: &mut Vec<u8>, code: u16, reason: &str) {
    let end = reason.floor_char_boundary(123);
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    put_websocket(out, CLOSE, &payload);
}

#[cfg(test)]
mod tests;

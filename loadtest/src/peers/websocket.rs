//! imq over WebSocket (subprotocol `imq.proto.v1`): the frames of TCP inside binary messages.

use super::imq::Imq;
use super::{Codec, Event, Member, Violation};

/// The key of the example in RFC 6455 §1.3 and the answer that it must get. A load has no secret
/// to guard from caches, and a known answer needs no SHA-1.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A gateway's answer to the handshake is shorter than this.
const HANDSHAKE_BYTES_MAX: usize = 4096;

const FINAL: u8 = 0x80;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
/// Set on every frame of a client; the key that follows is zero, so the bytes stay as they are.
const MASKED: u8 = 0x80;

/// One WebSocket to an imq gateway.
#[derive(Debug)]
pub(crate) struct WebSocket {
    imq: Imq,
    upgraded: bool,
    /// What is left of the binary message being read.
    left: usize,
    /// Frames of the inner protocol before they are wrapped.
    inner: Vec<u8>,
}

impl WebSocket {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        Self { imq: Imq::new(member), upgraded: false, left: 0, inner: Vec::new() }
    }

    /// Wraps what the inner protocol wrote, if anything.
    fn wrap(&mut self, out: &mut Vec<u8>) {
        if !self.inner.is_empty() {
            put_frame(BINARY, &self.inner, out);
            self.inner.clear();
        }
    }

    fn handshake<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            if bytes.len() > HANDSHAKE_BYTES_MAX {
                return Err(Violation::at("a handshake without an end", bytes));
            }
            return Ok(None);
        };
        let head = &bytes[..end];
        let accepted = head.windows(ACCEPT.len()).any(|part| part == ACCEPT);
        if !head.starts_with(b"HTTP/1.1 101") || !accepted {
            return Err(Violation::at("the upgrade was refused", head));
        }
        self.upgraded = true;
        self.imq.hello(&mut self.inner);
        self.wrap(out);
        Ok(Some((Event::Other, end + 4)))
    }

    /// Reads the header of a WebSocket frame, and all of a control frame.
    fn header<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some((length, taken)) = frame_length(bytes)? else {
            return Ok(None);
        };
        let kind = bytes[0] & 0x0f;
        if kind == BINARY {
            self.left = length;
            return Ok(Some((Event::Other, taken)));
        }
        let Some(content) = bytes.get(taken..taken + length) else {
            return Ok(None);
        };
        match kind {
            PING => put_frame(PONG, content, out),
            PONG => {}
            CLOSE => return Err(Violation::at("the gateway closes", content)),
            _ => return Err(Violation::at("not a frame of this subprotocol", bytes)),
        }
        Ok(Some((Event::Other, taken + length)))
    }
}

impl Codec for WebSocket {
    fn hello(&mut self, out: &mut Vec<u8>) {
        // Frames may follow only once the upgrade was accepted.
        let request = format!(
            "GET /imq/v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: imq.proto.v1\r\n\r\n"
        );
        out.extend_from_slice(request.as_bytes());
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.imq.publish(payload, &mut self.inner);
        self.wrap(out);
    }

    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        if !self.upgraded {
            return self.handshake(bytes, out);
        }
        if self.left == 0 {
            return self.header(bytes, out);
        }
        let message = &bytes[..bytes.len().min(self.left)];
        let Some((event, used)) = self.imq.next(message, &mut self.inner)? else {
            if message.len() == self.left {
                return Err(Violation::at("a frame cut off by its message", message));
            }
            return Ok(None);
        };
        self.wrap(out);
        self.left -= used;
        Ok(Some((event, used)))
    }
}

/// The length of a frame's content and of its header; `None` when the header isn't whole.
fn frame_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Violation> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & 0xf0 != FINAL || second & MASKED != 0 {
        return Err(Violation::at("a fragment, reserved bits or a mask", bytes));
    }
    Ok(match (second, rest) {
        (126, [high, low, ..]) => Some((usize::from(u16::from_be_bytes([*high, *low])), 4)),
        (127, _) => {
            let eight = rest.first_chunk::<8>().map(|eight| u64::from_be_bytes(*eight));
            eight.map(|length| (usize::try_from(length).unwrap_or(usize::MAX - 16), 10))
        }
        (126, _) => None,
        (length, _) => Some((usize::from(length), 2)),
    })
}

fn put_frame(kind: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(FINAL | kind);
    match content.len() {
        length @ 0..126 => out.push(MASKED | length as u8),
        length @ 126..0x1_0000 => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(content);
}

//! A protocol inside the messages of a WebSocket (RFC 6455), as browsers speak it.

mod mask;

use super::{Codec, Event, Violation};
use mask::Masks;

/// The key of the example in RFC 6455 §1.3 and the answer that it must get. A load has no secret
/// to guard from caches, and a known answer needs no SHA-1.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A server's answer to the handshake is shorter than this.
const HANDSHAKE_BYTES_MAX: usize = 4096;

const FINAL: u8 = 0x80;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
/// Set on every frame of a client, with a key that follows the length.
const MASKED: u8 = 0x80;

/// A protocol that WebSocket messages carry. One message is one or more whole frames of it.
pub(crate) trait Carried: Codec {
    /// What kind its messages are.
    const MESSAGES: Messages;

    /// The subprotocol that is asked for.
    const SUBPROTOCOL: Option<&'static str>;

    /// The path that is asked for.
    fn path(&self) -> String;
}

/// The kind of a protocol's messages, as an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Messages {
    Text = 1,
    Binary = 2,
}

/// One WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocket<C> {
    inner: C,
    upgraded: bool,
    /// What is left of the message being read.
    left: usize,
    /// Frames of the inner protocol before they are wrapped.
    said: Vec<u8>,
    masks: Masks,
}

impl<C: Carried> WebSocket<C> {
    /// A connection whose messages carry this.
    pub(crate) fn of(inner: C) -> Self {
        Self { inner, upgraded: false, left: 0, said: Vec::new(), masks: Masks::new() }
    }

    /// Wraps what the inner protocol said, if anything.
    #[inline]
    fn wrap(&mut self, out: &mut Vec<u8>) {
        if !self.said.is_empty() {
            self.masks.put_frame(C::MESSAGES as u8, &self.said, out);
            self.said.clear();
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
        self.inner.hello(&mut self.said);
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
        if kind == C::MESSAGES as u8 {
            self.left = length;
            return Ok(Some((Event::Other, taken)));
        }
        let Some(content) = bytes.get(taken..taken + length) else {
            return Ok(None);
        };
        match kind {
            PING => self.masks.put_frame(PONG, content, out),
            PONG => {}
            CLOSE => return Err(Violation::at("the server closes", content)),
            _ => return Err(Violation::at("not a message of this protocol", bytes)),
        }
        Ok(Some((Event::Other, taken + length)))
    }
}

impl<C: Carried> Codec for WebSocket<C> {
    fn hello(&mut self, out: &mut Vec<u8>) {
        // Frames may follow only once the upgrade was accepted.
        let path = self.inner.path();
        let wanted = C::SUBPROTOCOL.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\
             {}\r\n",
            wanted.unwrap_or_default()
        );
        out.extend_from_slice(request.as_bytes());
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.inner.publish(payload, &mut self.said);
        self.wrap(out);
    }

    #[inline]
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
        let Some((event, used)) = self.inner.next(message, &mut self.said)? else {
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

//! NATS, the core protocol: text lines, no acknowledgements.

use super::wire::{decimal_line, line_length};
use super::{Codec, Event, Member, Violation};

/// One connection to NATS.
#[derive(Debug)]
pub(crate) struct Nats {
    room: String,
    /// All of a publish up to the payload's length.
    publish: Vec<u8>,
    /// All of a delivery in the own room up to the payload's length.
    delivery: Vec<u8>,
}

impl Nats {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        let room = member.room;
        Self {
            publish: format!("PUB {room} ").into_bytes(),
            delivery: format!("MSG {room} 1 ").into_bytes(),
            room,
        }
    }
}

impl Codec for Nats {
    fn hello(&mut self, out: &mut Vec<u8>) {
        // The pong says that the subscription before it stands.
        let room = &self.room;
        let hello =
            format!("CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB {room} 1\r\nPING\r\n");
        out.extend_from_slice(hello.as_bytes());
    }

    fn publish(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.publish);
        out.extend_from_slice(payload.len().to_string().as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(payload);
        out.extend_from_slice(b"\r\n");
    }

    #[inline]
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some(rest) = bytes.strip_prefix(self.delivery.as_slice()) else {
            return other(bytes, out);
        };
        let Some((length, taken)) = decimal_line(rest)? else {
            return Ok(None);
        };
        let Some(payload) = rest.get(taken..taken + length) else {
            return Ok(None);
        };
        let used = self.delivery.len() + taken + length + 2;
        Ok((bytes.len() >= used).then_some((Event::Delivery(payload), used)))
    }
}

/// Anything but a delivery.
fn other<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> Result<Option<(Event<'a>, usize)>, Violation> {
    let Some(used) = line_length(bytes) else {
        return Ok(None);
    };
    let line = &bytes[..used];
    let event = if line.starts_with(b"PONG") {
        Event::Ready
    } else if line.starts_with(b"PING") {
        out.extend_from_slice(b"PONG\r\n");
        Event::Other
    } else if line.starts_with(b"INFO ") || line.starts_with(b"+OK") {
        Event::Other
    } else {
        return Err(Violation::at("nats said", line));
    };
    Ok(Some((event, used)))
}

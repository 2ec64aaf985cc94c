//! Redis: RESP3, so that one connection may both subscribe and publish.

use super::wire::{decimal_line, line_length};
use super::{Codec, Event, Member, Violation};

/// One connection to Redis.
#[derive(Debug)]
pub(crate) struct Redis {
    room: String,
    /// All of a publish up to the payload's length.
    publish: Vec<u8>,
    /// All of a delivery in the own room up to the payload's length.
    delivery: Vec<u8>,
}

impl Redis {
    /// A connection of this member.
    pub(crate) fn new(member: Member) -> Self {
        let room = member.room;
        let named = format!("${}\r\n{room}\r\n$", room.len());
        Self {
            publish: format!("*3\r\n$7\r\nPUBLISH\r\n{named}").into_bytes(),
            delivery: format!(">3\r\n$7\r\nmessage\r\n{named}").into_bytes(),
            room,
        }
    }
}

impl Codec for Redis {
    fn hello(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
        let room = &self.room;
        let subscribe = format!("*2\r\n$9\r\nSUBSCRIBE\r\n${}\r\n{room}\r\n", room.len());
        out.extend_from_slice(subscribe.as_bytes());
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
        _out: &mut Vec<u8>,
    ) -> Result<Option<(Event<'a>, usize)>, Violation> {
        let Some(rest) = bytes.strip_prefix(self.delivery.as_slice()) else {
            return other(bytes);
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

/// Anything but a delivery in the own room: answers to HELLO, SUBSCRIBE and PUBLISH.
fn other(bytes: &[u8]) -> Result<Option<(Event<'_>, usize)>, Violation> {
    let Some(used) = value_length(bytes)? else {
        return Ok(None);
    };
    let value = &bytes[..used];
    match value[0] {
        b'-' | b'!' => Err(Violation::at("redis refused", value)),
        b':' => Ok(Some((Event::Acknowledged, used))),
        b'>' if value.starts_with(b">3\r\n$9\r\nsubscribe\r\n") => Ok(Some((Event::Ready, used))),
        b'>' => Err(Violation::at("a push that nobody asked for", value)),
        _ => Ok(Some((Event::Other, used))),
    }
}

/// The length of one RESP value with all it holds; `None` when it isn't whole.
fn value_length(bytes: &[u8]) -> Result<Option<usize>, Violation> {
    let mut used = 0;
    let mut wanted = 1_usize;
    while wanted > 0 {
        let rest = &bytes[used..];
        let Some(&kind) = rest.first() else {
            return Ok(None);
        };
        wanted -= 1;
        let taken = match kind {
            b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => line_length(rest),
            b'$' | b'!' | b'=' => decimal_line(&rest[1..])?
                .map(|(length, line)| 1 + line + length + if rest[1] == b'-' { 0 } else { 2 }),
            b'*' | b'>' | b'~' | b'%' => decimal_line(&rest[1..])?.map(|(count, line)| {
                wanted = wanted.saturating_add(if kind == b'%' { 2 * count } else { count });
                1 + line
            }),
            _ => return Err(Violation::at("not RESP", rest)),
        };
        match taken {
            Some(taken) if used + taken <= bytes.len() => used += taken,
            Some(_) | None => return Ok(None),
        }
    }
    Ok(Some(used))
}

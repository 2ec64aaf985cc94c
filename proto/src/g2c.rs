//! What a gateway says to a client, and the hand-written forms of what comes often.
//! The schema is `proto/schema/g2c.proto`.

pub use crate::schema::g2c::*;

use crate::codes::Status;
use crate::wire::{self, Fields, WireError};

/// Which body a frame has: the number of its field in `G2c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
#[allow(missing_docs, reason = "named as in the schema")]
pub enum BodyKind {
    Welcome = 1,
    Result = 2,
    Subscribed = 3,
    Unsubscribed = 4,
    Message = 5,
    State = 6,
    Joined = 7,
    Left = 8,
    MountCreated = 9,
    MountDeleted = 10,
    Gap = 11,
    Closing = 12,
    Ping = 13,
    Pong = 14,
}

/// An event of a queue: what its log holds and its subscribers receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "named as in the schema; the numbers are those of BodyKind")]
pub enum EventKind {
    Message = 5,
    State = 6,
    Joined = 7,
    Left = 8,
    MountCreated = 9,
    MountDeleted = 10,
}

impl EventKind {
    /// The kind of this field number, or nothing.
    #[inline]
    pub fn from_number(number: u32) -> Option<EventKind> {
        Some(match number {
            5 => EventKind::Message,
            6 => EventKind::State,
            7 => EventKind::Joined,
            8 => EventKind::Left,
            9 => EventKind::MountCreated,
            10 => EventKind::MountDeleted,
            _ => return None,
        })
    }

    /// The number of the event's field in `G2c`.
    #[inline]
    pub fn number(self) -> u32 {
        self as u32
    }
}

/// What of an event's body decides who receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventHead<'a> {
    /// The mount; empty for who joined and left.
    pub mount: &'a [u8],
    /// The event's number in the queue.
    pub seq: u64,
}

impl<'a> EventHead<'a> {
    /// Reads the head of an event's body.
    ///
    /// # Errors
    /// If the bytes are not a message.
    pub fn of(body: &'a [u8]) -> std::result::Result<EventHead<'a>, WireError> {
        let mut head = EventHead::default();
        let mut fields = Fields::of(body);
        while let Some((number, value)) = fields.field()? {
            match number {
                2 => head.mount = value.bytes()?,
                3 => head.seq = value.uint()?,
                _ => {}
            }
        }
        Ok(head)
    }
}

/// The body of a `Message` event.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "named as in the schema")]
pub struct MessageRef<'a> {
    pub mount: &'a [u8],
    pub seq: u64,
    pub from: &'a [u8],
    pub payload: &'a [u8],
    pub sent_at_ms: u64,
}

impl MessageRef<'_> {
    /// How long the body is.
    #[inline]
    pub fn body_len(&self) -> usize {
        wire::bytes_len(2, self.mount.len())
            + wire::uint_len(3, self.seq)
            + wire::bytes_len(4, self.from.len())
            + wire::bytes_len(5, self.payload.len())
            + wire::uint_len(6, self.sent_at_ms)
    }

    /// Appends the body.
    #[inline]
    pub fn put_body(&self, out: &mut Vec<u8>) {
        wire::put_bytes(out, 2, self.mount);
        wire::put_uint(out, 3, self.seq);
        wire::put_bytes(out, 4, self.from);
        wire::put_bytes(out, 5, self.payload);
        wire::put_uint(out, 6, self.sent_at_ms);
    }
}

/// Appends an event's frame for a client: its length, then the envelope.
#[inline]
pub fn put_event(out: &mut Vec<u8>, kind: u32, sub: u32, body: &[u8], history: bool) {
    let length = event_len(sub, body, history);
    wire::put_varint(out, wire::nested_len(kind, length) as u64);
    put_envelope(out, kind, sub, body, history);
}

/// Appends an event's envelope without a length before it: tag, `sub`, body, and for old messages
/// `history`.
#[inline]
pub fn put_envelope(out: &mut Vec<u8>, kind: u32, sub: u32, body: &[u8], history: bool) {
    wire::put_nested(out, kind, event_len(sub, body, history));
    wire::put_uint(out, field::message::SUB, u64::from(sub));
    out.extend_from_slice(body);
    wire::put_uint(out, field::message::HISTORY, u64::from(history));
}

#[inline]
fn event_len(sub: u32, body: &[u8], history: bool) -> usize {
    wire::uint_len(field::message::SUB, u64::from(sub))
        + body.len()
        + wire::uint_len(field::message::HISTORY, u64::from(history))
}

/// Appends a frame whose body is there already.
#[inline]
pub fn put_body(out: &mut Vec<u8>, kind: BodyKind, body: &[u8]) {
    wire::put_frame(out, kind as u32, body.len());
    out.extend_from_slice(body);
}

/// What a lane must know of a result that it forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "named as in the schema")]
pub struct ResultHead {
    pub op_id: u32,
    pub status: u32,
    pub seq: u64,
}

impl ResultHead {
    /// Reads the head of a `Result`.
    ///
    /// # Errors
    /// If the bytes are not one.
    #[inline]
    pub fn of(result: &[u8]) -> std::result::Result<ResultHead, WireError> {
        let mut head = ResultHead::default();
        let mut fields = Fields::of(result);
        while let Some((number, value)) = fields.field()? {
            match number {
                1 => head.op_id = value.uint32()?,
                2 => head.status = value.uint32()?,
                6 => head.seq = value.uint()?,
                _ => {}
            }
        }
        Ok(head)
    }

    /// How long the `Result` of these three fields is.
    #[inline]
    pub fn len(&self) -> usize {
        wire::uint_len(1, u64::from(self.op_id))
            + wire::uint_len(2, u64::from(self.status))
            + wire::uint_len(6, self.seq)
    }

    /// Whether the `Result` of these three fields is no byte long.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the `Result` of these three fields.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        wire::put_uint(out, 1, u64::from(self.op_id));
        wire::put_uint(out, 2, u64::from(self.status));
        wire::put_uint(out, 6, self.seq);
    }
}

impl Result {
    /// The refusal of an operation, with a sentence that says what to do.
    pub fn refusal(op_id: u32, status: Status, sentence: impl Into<String>) -> Result {
        Result {
            op_id,
            status: status.number(),
            error_message: Some(sentence.into()),
            may_retry: status == Status::Unavailable,
            ..Result::default()
        }
    }
}

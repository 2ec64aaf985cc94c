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
    Welcome = field::g2c::WELCOME,
    Result = field::g2c::RESULT,
    Subscribed = field::g2c::SUBSCRIBED,
    Unsubscribed = field::g2c::UNSUBSCRIBED,
    Message = field::g2c::MESSAGE,
    State = field::g2c::STATE,
    Joined = field::g2c::JOINED,
    Left = field::g2c::LEFT,
    MountCreated = field::g2c::MOUNT_CREATED,
    MountDeleted = field::g2c::MOUNT_DELETED,
    Gap = field::g2c::GAP,
    Closing = field::g2c::CLOSING,
    Ping = field::g2c::PING,
    Pong = field::g2c::PONG,
}

/// An event of a queue: what its log holds and its subscribers receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "named as in the schema; the numbers are those of BodyKind")]
pub enum EventKind {
    Message = BodyKind::Message as u8,
    State = BodyKind::State as u8,
    Joined = BodyKind::Joined as u8,
    Left = BodyKind::Left as u8,
    MountCreated = BodyKind::MountCreated as u8,
    MountDeleted = BodyKind::MountDeleted as u8,
}

impl EventKind {
    /// The kind of this field number, or nothing.
    #[inline]
    pub fn from_number(number: u32) -> Option<EventKind> {
        Some(match number {
            field::g2c::MESSAGE => EventKind::Message,
            field::g2c::STATE => EventKind::State,
            field::g2c::JOINED => EventKind::Joined,
            field::g2c::LEFT => EventKind::Left,
            field::g2c::MOUNT_CREATED => EventKind::MountCreated,
            field::g2c::MOUNT_DELETED => EventKind::MountDeleted,
            _ => return None,
        })
    }

    /// The number of the event's field in `G2c`.
    #[inline]
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The name of that field.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Message => "message",
            EventKind::State => "state",
            EventKind::Joined => "joined",
            EventKind::Left => "left",
            EventKind::MountCreated => "mount_created",
            EventKind::MountDeleted => "mount_deleted",
        }
    }
}

/// What of an event's body decides who receives it; the numbers are the same in all of them.
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
                field::message::MOUNT => head.mount = value.bytes()?,
                field::message::SEQ => head.seq = value.uint()?,
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
        wire::bytes_len(field::message::MOUNT, self.mount.len())
            + wire::uint_len(field::message::SEQ, self.seq)
            + wire::bytes_len(field::message::FROM, self.from.len())
            + wire::bytes_len(field::message::PAYLOAD, self.payload.len())
            + wire::uint_len(field::message::SENT_AT_MS, self.sent_at_ms)
    }

    /// Appends the body.
    #[inline]
    pub fn put_body(&self, out: &mut Vec<u8>) {
        wire::put_bytes(out, field::message::MOUNT, self.mount);
        wire::put_uint(out, field::message::SEQ, self.seq);
        wire::put_bytes(out, field::message::FROM, self.from);
        wire::put_bytes(out, field::message::PAYLOAD, self.payload);
        wire::put_uint(out, field::message::SENT_AT_MS, self.sent_at_ms);
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
                field::result::OP_ID => head.op_id = value.uint32()?,
                field::result::STATUS => head.status = value.uint32()?,
                field::result::SEQ => head.seq = value.uint()?,
                _ => {}
            }
        }
        Ok(head)
    }

    /// How long the `Result` of these three fields is.
    #[inline]
    pub fn len(&self) -> usize {
        wire::uint_len(field::result::OP_ID, u64::from(self.op_id))
            + wire::uint_len(field::result::STATUS, u64::from(self.status))
            + wire::uint_len(field::result::SEQ, self.seq)
    }

    /// Whether the `Result` of these three fields is no byte long.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the `Result` of these three fields.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        wire::put_uint(out, field::result::OP_ID, u64::from(self.op_id));
        wire::put_uint(out, field::result::STATUS, u64::from(self.status));
        wire::put_uint(out, field::result::SEQ, self.seq);
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

//! What a queue node says to a lane. The schema is `proto/schema/q2g.proto`.

pub use crate::schema::q2g::*;

use self::field::q2g::{ANSWER, EVENT};
use crate::g2c::ResultHead;
use crate::ids::Handle;
use crate::wire::{self, Fields, WireError};

/// `Event`, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "named as in the schema")]
pub struct EventRef<'a> {
    pub sub: u32,
    pub seq: u64,
    pub kind: u32,
    pub body: &'a [u8],
    /// The session that shall not have it.
    pub exclude: Option<Handle>,
}

impl<'a> EventRef<'a> {
    /// Reads an `Event`.
    ///
    /// # Errors
    /// If the bytes are not one.
    #[inline]
    pub fn of(message: &'a [u8]) -> Result<EventRef<'a>, WireError> {
        let mut read = EventRef::default();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.field()? {
            match number {
                1 => read.sub = value.uint32()?,
                2 => read.seq = value.uint()?,
                3 => read.kind = value.uint32()?,
                4 => read.body = value.bytes()?,
                5 => read.exclude = Handle::or_nobody(value.uint32()?),
                _ => {}
            }
        }
        Ok(read)
    }

    /// Appends the frame.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        let (sub, kind) = (u64::from(self.sub), u64::from(self.kind));
        let exclude = u64::from(Handle::number_or_nobody(self.exclude));
        let length = wire::uint_len(1, sub)
            + wire::uint_len(2, self.seq)
            + wire::uint_len(3, kind)
            + wire::bytes_len(4, self.body.len())
            + wire::uint_len(5, exclude);
        wire::put_frame(out, EVENT, length);
        wire::put_uint(out, 1, sub);
        wire::put_uint(out, 2, self.seq);
        wire::put_uint(out, 3, kind);
        wire::put_bytes(out, 4, self.body);
        wire::put_uint(out, 5, exclude);
    }
}

/// `Answer`, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the schema")]
pub struct AnswerRef<'a> {
    pub session: Handle,
    pub result: &'a [u8],
    pub ask: &'a [u8],
}

impl<'a> AnswerRef<'a> {
    /// Reads an `Answer`.
    ///
    /// # Errors
    /// If the bytes are not one.
    #[inline]
    pub fn of(message: &'a [u8]) -> Result<AnswerRef<'a>, WireError> {
        let mut read = AnswerRef { session: Handle::named(0), result: &[], ask: &[] };
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.field()? {
            match number {
                1 => read.session = Handle::named(value.uint32()?),
                2 => read.result = value.bytes()?,
                3 => read.ask = value.bytes()?,
                _ => {}
            }
        }
        Ok(read)
    }

    /// Appends the frame.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        let session = u64::from(self.session.number());
        let length = wire::uint_len(1, session)
            + wire::bytes_len(2, self.result.len())
            + wire::bytes_len(3, self.ask.len());
        wire::put_frame(out, ANSWER, length);
        wire::put_uint(out, 1, session);
        wire::put_bytes(out, 2, self.result);
        wire::put_bytes(out, 3, self.ask);
    }

    /// Appends the frame of an answer that is only these three numbers.
    #[inline]
    pub fn put_head(out: &mut Vec<u8>, session: Handle, result: ResultHead) {
        let session = u64::from(session.number());
        let length = wire::uint_len(1, session) + wire::bytes_len(2, result.len());
        wire::put_frame(out, ANSWER, length);
        wire::put_uint(out, 1, session);
        if !result.is_empty() {
            wire::put_nested(out, 2, result.len());
            result.put(out);
        }
    }
}

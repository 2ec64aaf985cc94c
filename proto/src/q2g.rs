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
                field::event::SUB => read.sub = value.uint32()?,
                field::event::SEQ => read.seq = value.uint()?,
                field::event::KIND => read.kind = value.uint32()?,
                field::event::BODY => read.body = value.bytes()?,
                field::event::EXCLUDE => read.exclude = Handle::or_nobody(value.uint32()?),
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
        let length = wire::uint_len(field::event::SUB, sub)
            + wire::uint_len(field::event::SEQ, self.seq)
            + wire::uint_len(field::event::KIND, kind)
            + wire::bytes_len(field::event::BODY, self.body.len())
            + wire::uint_len(field::event::EXCLUDE, exclude);
        wire::put_frame(out, EVENT, length);
        wire::put_uint(out, field::event::SUB, sub);
        wire::put_uint(out, field::event::SEQ, self.seq);
        wire::put_uint(out, field::event::KIND, kind);
        wire::put_bytes(out, field::event::BODY, self.body);
        wire::put_uint(out, field::event::EXCLUDE, exclude);
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
                field::answer::SESSION => read.session = Handle::named(value.uint32()?),
                field::answer::RESULT => read.result = value.bytes()?,
                field::answer::ASK => read.ask = value.bytes()?,
                _ => {}
            }
        }
        Ok(read)
    }

    /// Appends the frame.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        let session = u64::from(self.session.number());
        let length = wire::uint_len(field::answer::SESSION, session)
            + wire::bytes_len(field::answer::RESULT, self.result.len())
            + wire::bytes_len(field::answer::ASK, self.ask.len());
        wire::put_frame(out, ANSWER, length);
        wire::put_uint(out, field::answer::SESSION, session);
        wire::put_bytes(out, field::answer::RESULT, self.result);
        wire::put_bytes(out, field::answer::ASK, self.ask);
    }

    /// Appends the frame of an answer that is only these three numbers.
    #[inline]
    pub fn put_head(out: &mut Vec<u8>, session: Handle, result: ResultHead) {
        let session = u64::from(session.number());
        let length = wire::uint_len(field::answer::SESSION, session)
            + wire::bytes_len(field::answer::RESULT, result.len());
        wire::put_frame(out, ANSWER, length);
        wire::put_uint(out, field::answer::SESSION, session);
        if !result.is_empty() {
            wire::put_nested(out, field::answer::RESULT, result.len());
            result.put(out);
        }
    }
}

//! Records as bytes: what a primary writes, and a copy reads and applies.
//!
//! The schema is `proto/schema/record.proto`. A record is a message of its kind, the result that it
//! keeps, and last the body of its event, just as subscribers get it. `changes` are the kinds about
//! a queue, `sessions` those about a login, `words` what queues say to each other, `classes` the
//! configuration, `reigns` what a new primary and its successors leave, `results` what is kept of
//! answers.

mod changes;
mod classes;
mod reigns;
mod results;
mod sessions;
mod words;

pub(super) use changes::{put_filter, read_filter};
pub(super) use classes::{put as put_classes, put_class, read as read_classes, read_class};
pub(super) use results::{put_remembered, put_request, read_remembered, read_request};
pub(super) use sessions::{
    close, generation, put_client, put_secret, put_sweep, read_client, read_sweep, secret,
};
pub(super) use words::{put_note, put_word, read_note, read_word};

use std::ops::Range;

use proto::class::TellKind;
use proto::ids::{Epoch, Generation, SessionId};
use proto::record::field::{
    answered, barred, create, destroy, known, noop, opened, record, refused, shorten, taken, tell,
    unit,
};
use proto::wire::{self, Fields, Value, WireError};

use super::class::ClassIndex;
use super::fit::Unfit;
use super::items::bounded;
use super::openings::Opening;
use super::people::SessionKey;
use super::queue::QueueIndex;
use super::record::{Kept, Record, Stamp, Step};
use super::tells::Tell;

/// A record as it was read.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    pub(crate) record: Record<'a>,
    pub(crate) body: &'a [u8],
    pub(crate) kept: Option<Kept>,
}

/// Begins a unit: what follows are its records.
pub(crate) fn put_unit(out: &mut Vec<u8>, first: Stamp) {
    wire::put_uint(out, unit::N, first.n);
    wire::put_uint(out, unit::AT_MS, first.at_ms);
}

/// Appends a record that was written before, and the body of its event, to a unit.
#[inline]
pub(crate) fn put_in_unit(out: &mut Vec<u8>, header: &[u8], body: &[u8]) {
    let length = header.len() + wire::bytes_len(record::BODY, body.len());
    wire::put_nested(out, unit::RECORDS, length);
    out.extend_from_slice(header);
    wire::put_bytes(out, record::BODY, body);
}

/// Reads a unit: the moment and number of its first record, and each record.
///
/// # Errors
/// If it can't be read. Records before the one that can't be have been given out.
pub(crate) fn read_unit<'a>(
    bytes: &'a [u8],
    mut take: impl FnMut(Stamp, Read<'a>) -> Result<(), Unfit>,
) -> Result<(), Unfit> {
    let mut stamp = Stamp { n: 0, at_ms: 0 };
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.field()? {
        match number {
            unit::N => stamp.n = bounded(value)?,
            unit::AT_MS => stamp.at_ms = bounded(value)?,
            unit::RECORDS => {
                take(stamp, read(value.bytes()?)?)?;
                stamp.n += 1;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The number of a unit's first record; 0 if it can't be read.
pub(crate) fn first_of(bytes: &[u8]) -> u64 {
    let first = Fields::of(bytes).field().ok().flatten();
    let n = first.filter(|(number, _)| *number == unit::N).map(|(_, value)| value.uint());
    n.and_then(Result::ok).unwrap_or(0)
}

/// Which records a unit has, and which of them open a reign. It reads no more than that.
///
/// # Errors
/// If it can't be read.
pub(crate) fn skim_unit(
    bytes: &[u8],
    mut opens: impl FnMut(Opening),
) -> Result<Range<u64>, WireError> {
    let (mut span, mut count) = (0..0, 0);
    each(bytes, |number, value| {
        match number {
            unit::N => span.start = bounded(value)?,
            unit::RECORDS => {
                let n = span.start + count;
                count += 1;
                each(value.bytes()?, |kind, value| {
                    if kind == record::OPENED {
                        opens(Opening { reign: only(value.bytes()?, opened::REIGN)?, n });
                    }
                    Ok(())
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    span.end = span.start + count;
    Ok(span)
}

/// Appends all of a record but the body of its event.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, record: &Record<'_>, kept: Option<&Kept>) {
    match record {
        Record::Change { queue, step: Step::Nothing } => put_noop(out, Some(*queue)),
        Record::Change { queue, step } => changes::put(out, *queue, step),
        Record::Session { session, step } => sessions::put(out, *session, step),
        Record::Noted { session, note } => {
            sessions::put_noted(out, record::NOTED, *session, note);
        }
        Record::Unnoted { session, note } => {
            sessions::put_noted(out, record::UNNOTED, *session, note);
        }
        Record::Say { word } => {
            wire::put_part(out, record::SAY, |out| words::put_word(out, word));
        }
        Record::Noop => put_noop(out, None),
        Record::Passed
        | Record::Config { .. }
        | Record::Known { .. }
        | Record::Barred { .. }
        | Record::Refused { .. }
        | Record::Answered { .. }
        | Record::Tell { .. }
        | Record::Taken { .. }
        | Record::Create { .. }
        | Record::Destroy { .. }
        | Record::Shorten { .. } => put_other(out, record),
        Record::Opened { .. } | Record::Heard { .. } | Record::Renewed { .. } => {
            reigns::put(out, record);
        }
    }
    if let Some(kept) = kept {
        results::put(out, kept);
    }
}

fn put_noop(out: &mut Vec<u8>, queue: Option<QueueIndex>) {
    wire::put_part(out, record::NOOP, |out| {
        if let Some(queue) = queue {
            wire::put_optional_uint(out, noop::QUEUE, queue.number().into());
        }
    });
}

fn put_other(out: &mut Vec<u8>, record: &Record<'_>) {
    match record {
        Record::Passed => wire::put_nested(out, record::PASSED, 0),
        Record::Config { classes } => {
            wire::put_part(out, record::CONFIG, |out| classes::put(out, classes));
        }
        Record::Known { id, user, generation, floor, is_over } => {
            wire::put_part(out, record::KNOWN, |out| {
                wire::put_bytes(out, known::SESSION_ID, &id.0);
                wire::put_bytes(out, known::USER, user.as_bytes());
                wire::put_uint(out, known::GENERATION, Generation::number_or_none(*generation));
                wire::put_uint(out, known::FLOOR, Generation::number_or_none(*floor));
                wire::put_uint(out, known::OVER, u64::from(*is_over));
            });
        }
        Record::Barred { hash, id } => wire::put_part(out, record::BARRED, |out| {
            wire::put_fixed(out, barred::QUEUE_HASH, *hash);
            wire::put_bytes(out, barred::SESSION_ID, &id.0);
        }),
        Record::Refused { drawn, close } => wire::put_part(out, record::REFUSED, |out| {
            wire::put_bytes(out, refused::DRAWN, &drawn.0);
            wire::put_uint(out, refused::CLOSE, close.number().into());
        }),
        Record::Answered { number } => wire::put_part(out, record::ANSWERED, |out| {
            wire::put_uint(out, answered::NUMBER, *number);
        }),
        Record::Tell { tell } => wire::put_part(out, record::TELL, |out| put_tell(out, tell)),
        Record::Taken { numbers } => wire::put_part(out, record::TAKEN, |out| {
            wire::put_part(out, taken::NUMBERS, |out| {
                numbers.iter().for_each(|number| wire::put_varint(out, *number));
            });
        }),
        Record::Create { name, class, epoch, created_unix_ms } => {
            wire::put_part(out, record::CREATE, |out| {
                wire::put_bytes(out, create::NAME, name.as_bytes());
                wire::put_uint(out, create::CLASS, class.number().into());
                wire::put_uint(out, create::EPOCH, epoch.get());
                wire::put_uint(out, create::CREATED_UNIX_MS, *created_unix_ms);
            });
        }
        Record::Destroy { queue } => wire::put_part(out, record::DESTROY, |out| {
            wire::put_uint(out, destroy::QUEUE, queue.number().into());
        }),
        Record::Shorten { bytes_max } => wire::put_part(out, record::SHORTEN, |out| {
            wire::put_uint(out, shorten::BYTES_MAX, *bytes_max as u64);
        }),
        Record::Noop
        | Record::Change { .. }
        | Record::Session { .. }
        | Record::Noted { .. }
        | Record::Unnoted { .. }
        | Record::Say { .. }
        | Record::Opened { .. }
        | Record::Heard { .. }
        | Record::Renewed { .. } => {}
    }
}

/// Reads a record.
///
/// # Errors
/// If it isn't one, or of no kind that is known here.
fn read(bytes: &[u8]) -> Result<Read<'_>, WireError> {
    let (mut kind, mut kept, mut body) = (None, None, &bytes[..0]);
    each(bytes, |number, value| {
        match number {
            record::RESULT => kept = Some(results::read(value.bytes()?)?),
            record::BODY => body = value.bytes()?,
            _ => kind = Some((number, value.bytes()?)),
        }
        Ok(())
    })?;
    let (number, part) = kind.ok_or(WireError)?;
    let record = match number {
        record::PASSED => Record::Passed,
        record::NOOP => read_noop(part)?,
        record::CONFIG => Record::Config { classes: classes::read(part)?.into() },
        record::KNOWN => read_known(part)?,
        record::BARRED => read_barred(part)?,
        record::CREATE => read_create(part)?,
        record::DESTROY => {
            Record::Destroy { queue: QueueIndex::named(only(part, destroy::QUEUE)? as u32) }
        }
        record::REFUSED => read_refused(part)?,
        record::SAY => Record::Say { word: Box::new(words::read_word(part)?) },
        record::ANSWERED => Record::Answered { number: only(part, answered::NUMBER)? },
        record::TELL => Record::Tell { tell: Box::new(read_tell(part)?) },
        record::TAKEN => Record::Taken { numbers: read_numbers(part, taken::NUMBERS)? },
        record::SHORTEN => Record::Shorten { bytes_max: only(part, shorten::BYTES_MAX)? as usize },
        _ => match changes::read(number, part, body)? {
            Some(change) => change,
            None => match reigns::read(number, part)? {
                Some(record) => record,
                None => sessions::read(number, part)?.ok_or(WireError)?,
            },
        },
    };
    Ok(Read { record, body, kept })
}

fn read_noop(bytes: &[u8]) -> Result<Record<'_>, WireError> {
    let mut queue = None;
    each(bytes, |number, value| {
        if number == noop::QUEUE {
            queue = Some(QueueIndex::named(value.uint32()?));
        }
        Ok(())
    })?;
    Ok(queue.map_or(Record::Noop, |queue| Record::Change { queue, step: Step::Nothing }))
}

fn read_known(bytes: &[u8]) -> Result<Record<'_>, WireError> {
    let (mut id, mut user, mut is_over) = (None, "", false);
    let (mut generation, mut floor) = (None, None);
    each(bytes, |number, value| {
        match number {
            known::SESSION_ID => id = Some(session_id(value)?),
            known::USER => user = value.text()?,
            known::GENERATION => generation = Generation::or_none(value.uint()?),
            known::FLOOR => floor = Generation::or_none(value.uint()?),
            known::OVER => is_over = value.uint()? != 0,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Record::Known { id: id.ok_or(WireError)?, user: user.into(), generation, floor, is_over })
}

fn read_barred(bytes: &[u8]) -> Result<Record<'_>, WireError> {
    let (mut hash, mut id) = (0, None);
    each(bytes, |number, value| {
        match number {
            barred::QUEUE_HASH => hash = value.fixed()?,
            barred::SESSION_ID => id = Some(session_id(value)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(Record::Barred { hash, id: id.ok_or(WireError)? })
}

fn read_refused(bytes: &[u8]) -> Result<Record<'_>, WireError> {
    let (mut drawn, mut close) = (None, None);
    each(bytes, |number, value| {
        match number {
            refused::DRAWN => drawn = Some(session_id(value)?),
            refused::CLOSE => close = Some(sessions::close(value)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(Record::Refused { drawn: drawn.ok_or(WireError)?, close: close.ok_or(WireError)? })
}

fn read_create(bytes: &[u8]) -> Result<Record<'_>, WireError> {
    let (mut name, mut class, mut epoch_number, mut created_unix_ms) = ("", 0, 0, 0);
    each(bytes, |number, value| {
        match number {
            create::NAME => name = value.text()?,
            create::CLASS => class = value.uint32()?,
            create::EPOCH => epoch_number = value.uint()?,
            create::CREATED_UNIX_MS => created_unix_ms = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    let (class, epoch) = (ClassIndex::named(class), epoch(epoch_number)?);
    Ok(Record::Create { name, class, epoch, created_unix_ms })
}

/// Appends the fields of a tell.
pub(super) fn put_tell(out: &mut Vec<u8>, tell: &Tell) {
    wire::put_uint(out, tell::KIND, tell.kind.number().into());
    wire::put_bytes(out, tell::TARGET, tell.target.as_bytes());
    wire::put_bytes(out, tell::QUEUE, tell.queue.as_bytes());
    wire::put_uint(out, tell::EPOCH, tell.epoch.get());
    wire::put_uint(out, tell::SEQ, tell.seq);
    wire::put_bytes(out, tell::USER, tell.user.as_bytes());
    put_session_id(out, tell::SESSION_ID, tell.session);
    wire::put_uint(out, tell::GENERATION, Generation::number_or_none(tell.generation));
    wire::put_uint(out, tell::AT_UNIX_MS, tell.at_unix_ms);
    wire::put_bytes(out, tell::REASON, tell.reason.as_bytes());
}

/// Reads a tell.
pub(super) fn read_tell(bytes: &[u8]) -> Result<Tell, WireError> {
    let (mut kind, mut epoch_number, mut session) = (0, 0, None);
    let (mut target, mut queue, mut user, mut reason) = ("", "", "", "");
    let (mut seq, mut generation, mut at_unix_ms) = (0, None, 0);
    each(bytes, |number, value| {
        match number {
            tell::KIND => kind = value.uint32()?,
            tell::TARGET => target = value.text()?,
            tell::QUEUE => queue = value.text()?,
            tell::EPOCH => epoch_number = value.uint()?,
            tell::SEQ => seq = value.uint()?,
            tell::USER => user = value.text()?,
            tell::SESSION_ID => session = Some(session_id(value)?),
            tell::GENERATION => generation = Generation::or_none(value.uint()?),
            tell::AT_UNIX_MS => at_unix_ms = value.uint()?,
            tell::REASON => reason = value.text()?,
            _ => {}
        }
        Ok(())
    })?;
    let kind = TellKind::from_number(kind).ok_or(WireError)?;
    let epoch = epoch(epoch_number)?;
    let (target, queue, user, reason) = (target.into(), queue.into(), user.into(), reason.into());
    let tell =
        Tell { kind, target, queue, epoch, seq, user, session, generation, at_unix_ms, reason };
    Ok(tell)
}

/// Reads a message field by field.
#[inline]
pub(crate) fn each<'a>(
    bytes: &'a [u8],
    mut take: impl FnMut(u32, Value<'a>) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let mut fields = Fields::of(bytes);
    while let Some((number, value)) = fields.field()? {
        take(number, value)?;
    }
    Ok(())
}

/// The number in this field of a message, and nothing else of it; 0 if it isn't there.
fn only(bytes: &[u8], field: u32) -> Result<u64, WireError> {
    let mut found = 0;
    each(bytes, |number, value| {
        if number == field {
            found = value.uint()?;
        }
        Ok(())
    })?;
    Ok(found)
}

/// The packed numbers in this field of a message.
pub(super) fn read_numbers(bytes: &[u8], field: u32) -> Result<Vec<u64>, WireError> {
    let mut numbers = Vec::new();
    each(bytes, |number, value| {
        if number == field {
            let mut rest = value.bytes()?;
            while !rest.is_empty() {
                let (number, length) = wire::varint(rest)?.ok_or(WireError)?;
                numbers.push(number);
                rest = &rest[length..];
            }
        }
        Ok(())
    })?;
    Ok(numbers)
}

pub(super) fn session_id(value: Value<'_>) -> Result<SessionId, WireError> {
    SessionId::try_from(value.bytes()?).map_err(|_| WireError)
}

pub(super) fn put_session_id(out: &mut Vec<u8>, field: u32, id: Option<SessionId>) {
    if let Some(id) = id {
        wire::put_bytes(out, field, &id.0);
    }
}

pub(super) fn session(value: Value<'_>) -> Result<SessionKey, WireError> {
    value.uint32().map(SessionKey::named)
}

pub(super) fn queue(value: Value<'_>) -> Result<QueueIndex, WireError> {
    value.uint32().map(QueueIndex::named)
}

pub(super) fn epoch(number: u64) -> Result<Epoch, WireError> {
    Epoch::from_wire(number).ok_or(WireError)
}

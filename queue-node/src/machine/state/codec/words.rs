//! What queues say to each other, and rooms that user queues note.

use proto::record::field::{ended, fence, note, word};
use proto::wire::{self, WireError};

use super::{each, session_id};
use crate::machine::state::words::{End, Fence, Noted, Word};

/// Appends a word.
pub(in crate::machine::state) fn put_word(out: &mut Vec<u8>, word: &Word) {
    wire::put_part(out, word::NOTE, |out| put_noted(out, word.noted()));
    match word {
        Word::Note(_) => wire::put_uint(out, word::NOTED, 1),
        Word::Unnote(_) => wire::put_uint(out, word::UNNOTED, 1),
        Word::Ask(_) => wire::put_uint(out, word::ASK, 1),
        Word::Ended(_, end) => wire::put_part(out, word::ENDED, |out| {
            wire::put_bytes(out, ended::REASON, end.reason.as_bytes());
            wire::put_uint(out, ended::BELOW, end.below);
            wire::put_uint(out, ended::FLOOR, end.floor);
        }),
        Word::Fence(_, fence) => wire::put_part(out, word::FENCE, |out| {
            wire::put_uint(out, fence::GENERATION, fence.generation);
            wire::put_uint(out, fence::FLOOR, fence.floor);
        }),
    }
}

/// Appends a session in a room.
pub(in crate::machine::state) fn put_noted(out: &mut Vec<u8>, noted: &Noted) {
    wire::put_bytes(out, note::USER, noted.user.as_bytes());
    wire::put_bytes(out, note::SESSION_ID, &noted.session.0);
    wire::put_bytes(out, note::ROOM, noted.room.as_bytes());
    wire::put_uint(out, note::EPOCH, noted.epoch);
    wire::put_uint(out, note::JOIN, noted.join);
    wire::put_uint(out, note::GUEST, u64::from(noted.guest));
}

/// Reads a word.
pub(in crate::machine::state) fn read_word(bytes: &[u8]) -> Result<Word, WireError> {
    let (mut noted, mut make) = (None, None::<fn(Noted) -> Word>);
    let (mut end, mut fence) = (None, None);
    each(bytes, |number, value| {
        match number {
            word::NOTE => noted = Some(read_noted(value.bytes()?)?),
            word::NOTED => make = Some(Word::Note),
            word::UNNOTED => make = Some(Word::Unnote),
            word::ASK => make = Some(Word::Ask),
            word::ENDED => end = Some(read_ended(value.bytes()?)?),
            word::FENCE => fence = Some(read_fence(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    let noted = noted.ok_or(WireError)?;
    Ok(match (make, end, fence) {
        (Some(make), None, None) => make(noted),
        (None, Some(end), None) => Word::Ended(noted, end),
        (None, None, Some(fence)) => Word::Fence(noted, fence),
        (None, None, None) | (Some(_), _, _) | (None, Some(_), Some(_)) => return Err(WireError),
    })
}

/// Reads a session in a room.
pub(in crate::machine::state) fn read_noted(bytes: &[u8]) -> Result<Noted, WireError> {
    let (mut user, mut session, mut room) = ("", None, "");
    let (mut epoch, mut join, mut guest) = (0, 0, false);
    each(bytes, |number, value| {
        match number {
            note::USER => user = value.text()?,
            note::SESSION_ID => session = Some(session_id(value)?),
            note::ROOM => room = value.text()?,
            note::EPOCH => epoch = value.uint()?,
            note::JOIN => join = value.uint()?,
            note::GUEST => guest = value.uint()? != 0,
            _ => {}
        }
        Ok(())
    })?;
    let (user, session, room) = (user.into(), session.ok_or(WireError)?, room.into());
    Ok(Noted { user, session, room, epoch, join, guest })
}

fn read_ended(bytes: &[u8]) -> Result<End, WireError> {
    let (mut reason, mut below, mut floor) = ("", 0, 0);
    each(bytes, |number, value| {
        match number {
            ended::REASON => reason = value.text()?,
            ended::BELOW => below = value.uint()?,
            ended::FLOOR => floor = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(End { reason: reason.into(), below, floor })
}

fn read_fence(bytes: &[u8]) -> Result<Fence, WireError> {
    let mut read = Fence { generation: 0, floor: 0 };
    each(bytes, |number, value| {
        match number {
            fence::GENERATION => read.generation = value.uint()?,
            fence::FLOOR => read.floor = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(read)
}

//! What queues say to each other, and rooms that user queues note.

use proto::ids::Generation;
use proto::record::field::{ended, fence, note, word};
use proto::wire::{self, WireError};

use super::{each, generation, session_id};
use crate::machine::state::words::{End, Fence, Note, Noted, Word};

/// Appends a word.
pub(in crate::machine::state) fn put_word(out: &mut Vec<u8>, word: &Word) {
    let noted = word.noted();
    wire::put_bytes(out, word::USER, noted.user.as_bytes());
    wire::put_bytes(out, word::SESSION_ID, &noted.session.0);
    wire::put_part(out, word::NOTE, |out| put_note(out, &noted.note()));
    match word {
        Word::Note(_) => wire::put_uint(out, word::NOTED, 1),
        Word::Unnote(_) => wire::put_uint(out, word::UNNOTED, 1),
        Word::Question(_) => wire::put_uint(out, word::QUESTION, 1),
        Word::Ended(_, end) => wire::put_part(out, word::ENDED, |out| {
            wire::put_bytes(out, ended::REASON, end.reason.as_bytes());
            wire::put_uint(out, ended::BELOW, Generation::number_or_none(end.below));
            wire::put_uint(out, ended::FLOOR, Generation::number_or_none(end.floor));
        }),
        Word::Fence(_, fence) => wire::put_part(out, word::FENCE, |out| {
            wire::put_uint(out, fence::GENERATION, fence.generation.number());
            wire::put_uint(out, fence::FLOOR, Generation::number_or_none(fence.floor));
        }),
    }
}

/// Appends what a user queue notes.
pub(in crate::machine::state) fn put_note(out: &mut Vec<u8>, note: &Note) {
    wire::put_bytes(out, note::ROOM, note.room.as_bytes());
    wire::put_uint(out, note::EPOCH, note.epoch);
    wire::put_uint(out, note::JOIN, note.join);
    wire::put_uint(out, note::GUEST, u64::from(note.guest));
}

/// Reads a word.
pub(in crate::machine::state) fn read_word(bytes: &[u8]) -> Result<Word, WireError> {
    let (mut note, mut make) = (None, None::<fn(Noted) -> Word>);
    let (mut user, mut session) = ("", None);
    let (mut end, mut fence) = (None, None);
    each(bytes, |number, value| {
        match number {
            word::USER => user = value.text()?,
            word::SESSION_ID => session = Some(session_id(value)?),
            word::NOTE => note = Some(read_note(value.bytes()?)?),
            word::NOTED => make = Some(Word::Note),
            word::UNNOTED => make = Some(Word::Unnote),
            word::QUESTION => make = Some(Word::Question),
            word::ENDED => end = Some(read_ended(value.bytes()?)?),
            word::FENCE => fence = Some(read_fence(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    let (note, session): (Note, _) = (note.ok_or(WireError)?, session.ok_or(WireError)?);
    let noted = note.of(&user.into(), session);
    Ok(match (make, end, fence) {
        (Some(make), None, None) => make(noted),
        (None, Some(end), None) => Word::Ended(noted, end),
        (None, None, Some(fence)) => Word::Fence(noted, fence),
        (None, None, None) | (Some(_), _, _) | (None, Some(_), Some(_)) => return Err(WireError),
    })
}

/// Reads what a user queue notes.
pub(in crate::machine::state) fn read_note(bytes: &[u8]) -> Result<Note, WireError> {
    let (mut room, mut epoch, mut join, mut guest) = ("", 0, 0, false);
    each(bytes, |number, value| {
        match number {
            note::ROOM => room = value.text()?,
            note::EPOCH => epoch = value.uint()?,
            note::JOIN => join = value.uint()?,
            note::GUEST => guest = value.uint()? != 0,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Note { room: room.into(), epoch, join, guest })
}

fn read_ended(bytes: &[u8]) -> Result<End, WireError> {
    let (mut reason, mut below, mut floor) = ("", None, None);
    each(bytes, |number, value| {
        match number {
            ended::REASON => reason = value.text()?,
            ended::BELOW => below = Generation::or_none(value.uint()?),
            ended::FLOOR => floor = Generation::or_none(value.uint()?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(End { reason: reason.into(), below, floor })
}

fn read_fence(bytes: &[u8]) -> Result<Fence, WireError> {
    let mut read = Fence { generation: Generation::FIRST, floor: None };
    each(bytes, |number, value| {
        match number {
            fence::GENERATION => read.generation = generation(value.uint()?)?,
            fence::FLOOR => read.floor = Generation::or_none(value.uint()?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(read)
}

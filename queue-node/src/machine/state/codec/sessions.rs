//! Records of what changes in a session's record at its user queue.

use proto::codes::Close;
use proto::ids::{Generation, Secret, SessionId};
use proto::record::field::{
    begin, client, detached, end, expires, login, record, resume, session_note, session_part,
    sweep, swept,
};
use proto::wire::{self, Value, WireError};

use super::words::{put_note, read_note};
use super::{each, put_session_id, queue, read_numbers, session, session_id};
use crate::machine::state::logins::{Client, Sweep};
use crate::machine::state::people::SessionKey;
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::{Entry, Record, SessionStep};
use crate::machine::state::words::Note;

/// Appends the kind of a change.
pub(super) fn put(out: &mut Vec<u8>, session: SessionKey, step: &SessionStep) {
    let number = u64::from(session.number());
    let part = |out: &mut Vec<u8>, kind| {
        wire::put_part(out, kind, |out| wire::put_uint(out, session_part::SESSION, number));
    };
    match step {
        SessionStep::New { inbox, entry, losers, unix_ms } => {
            wire::put_part(out, record::BEGIN, |out| {
                wire::put_uint(out, begin::SESSION, number);
                wire::put_uint(out, begin::INBOX, inbox.number().into());
                wire::put_part(out, begin::LOGIN, |out| put_entry(out, entry));
                if !losers.is_empty() {
                    wire::put_part(out, begin::LOSERS, |out| {
                        losers.iter().for_each(|key| wire::put_varint(out, key.number().into()));
                    });
                }
                wire::put_uint(out, begin::UNIX_MS, *unix_ms);
            });
        }
        SessionStep::Resumed { inbox, entry, floor, by, due_ms } => {
            wire::put_part(out, record::RESUME, |out| {
                wire::put_uint(out, resume::SESSION, number);
                wire::put_uint(out, resume::INBOX, inbox.number().into());
                wire::put_part(out, resume::LOGIN, |out| put_entry(out, entry));
                wire::put_uint(out, resume::FLOOR, Generation::number_or_none(*floor));
                put_secret(out, resume::BY, *by);
                wire::put_uint(out, resume::DUE_MS, *due_ms);
            });
        }
        SessionStep::Attached => part(out, record::ATTACHED),
        SessionStep::Confirmed => part(out, record::CONFIRMED),
        SessionStep::Detached { code } => wire::put_part(out, record::DETACHED, |out| {
            wire::put_uint(out, detached::SESSION, number);
            wire::put_uint(out, detached::CODE, u64::from(*code));
        }),
        SessionStep::Expires { unix_ms } => wire::put_part(out, record::EXPIRES, |out| {
            wire::put_uint(out, expires::SESSION, number);
            wire::put_uint(out, expires::UNIX_MS, *unix_ms);
        }),
        SessionStep::Ended { inbox, close, floor, unix_ms } => {
            wire::put_part(out, record::END, |out| {
                wire::put_uint(out, end::SESSION, number);
                if let Some(inbox) = inbox {
                    wire::put_optional_uint(out, end::INBOX, inbox.number().into());
                }
                wire::put_uint(out, end::CLOSE, close.number().into());
                wire::put_uint(out, end::FLOOR, Generation::number_or_none(*floor));
                wire::put_uint(out, end::UNIX_MS, *unix_ms);
            });
        }
        SessionStep::Swept { below, next } => wire::put_part(out, record::SWEPT, |out| {
            wire::put_uint(out, swept::SESSION, number);
            wire::put_uint(out, swept::BELOW, Generation::number_or_none(*below));
            put_sweep(out, swept::NEXT, *next);
        }),
    }
}

/// Appends that a room has a session, or has it no more: that is the kind.
pub(super) fn put_noted(out: &mut Vec<u8>, kind: u32, session: SessionKey, note: &Note) {
    wire::put_part(out, kind, |out| {
        wire::put_uint(out, session_note::SESSION, session.number().into());
        wire::put_part(out, session_note::NOTE, |out| put_note(out, note));
    });
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    wire::put_uint(out, login::GENERATION, entry.generation.number());
    put_session_id(out, login::DRAWN, Some(entry.drawn));
    put_secret(out, login::SECRET, entry.secret);
    wire::put_uint(out, login::EXPIRES_UNIX_MS, entry.expires_unix_ms);
    wire::put_part(out, login::CLIENT, |out| put_client(out, &entry.client));
}

/// Appends what a client said of itself.
pub(in crate::machine::state) fn put_client(out: &mut Vec<u8>, client: &Client) {
    wire::put_bytes(out, client::GATEWAY, client.gateway.as_bytes());
    wire::put_bytes(out, client::NAME, client.name.as_bytes());
    wire::put_bytes(out, client::VERSION, client.version.as_bytes());
    wire::put_bytes(out, client::ID, client.id.as_bytes());
    wire::put_uint(out, client::ATTEMPT, client.attempt.into());
    wire::put_uint(out, client::SINCE_UNIX_MS, client.since_unix_ms);
}

/// Appends a secret, if there is one.
pub(in crate::machine::state) fn put_secret(out: &mut Vec<u8>, field: u32, secret: Option<Secret>) {
    if let Some(secret) = secret {
        wire::put_bytes(out, field, &secret.0);
    }
}

/// Appends a sweep that is to come, if there is one.
pub(in crate::machine::state) fn put_sweep(out: &mut Vec<u8>, field: u32, sweep: Option<Sweep>) {
    let Some(sweep) = sweep else { return };
    wire::put_part(out, field, |out| {
        wire::put_uint(out, sweep::GENERATION, sweep.generation.number());
        wire::put_uint(out, sweep::DUE_MS, sweep.due_ms);
    });
}

/// Reads a change of this kind; nothing if it is another kind.
pub(super) fn read(kind: u32, bytes: &[u8]) -> Result<Option<Record<'static>>, WireError> {
    let (session, step) = match kind {
        record::BEGIN => read_begin(bytes)?,
        record::RESUME => read_resume(bytes)?,
        record::ATTACHED => (read_part(bytes)?, SessionStep::Attached),
        record::CONFIRMED => (read_part(bytes)?, SessionStep::Confirmed),
        record::DETACHED => read_detached(bytes)?,
        record::EXPIRES => read_expires(bytes)?,
        record::END => read_end(bytes)?,
        record::SWEPT => read_swept(bytes)?,
        record::NOTED => {
            let (session, note) = read_noted(bytes)?;
            return Ok(Some(Record::Noted { session, note }));
        }
        record::UNNOTED => {
            let (session, note) = read_noted(bytes)?;
            return Ok(Some(Record::Unnoted { session, note }));
        }
        _ => return Ok(None),
    };
    Ok(Some(Record::Session { session, step: Box::new(step) }))
}

fn read_part(bytes: &[u8]) -> Result<SessionKey, WireError> {
    let number = super::only(bytes, session_part::SESSION)?;
    Ok(SessionKey::named(number as u32))
}

fn read_begin(bytes: &[u8]) -> Result<(SessionKey, SessionStep), WireError> {
    let (mut key, mut inbox, mut entry) = (SessionKey::FIRST, QueueIndex::FIRST, None);
    let mut unix_ms = 0;
    each(bytes, |number, value| {
        match number {
            begin::SESSION => key = session(value)?,
            begin::INBOX => inbox = queue(value)?,
            begin::LOGIN => entry = Some(read_entry(value.bytes()?)?),
            begin::UNIX_MS => unix_ms = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    let losers = read_numbers(bytes, begin::LOSERS)?.into_iter();
    let losers = losers.map(|number| SessionKey::named(number as u32)).collect();
    Ok((key, SessionStep::New { inbox, entry: entry.ok_or(WireError)?, losers, unix_ms }))
}

fn read_resume(bytes: &[u8]) -> Result<(SessionKey, SessionStep), WireError> {
    let (mut key, mut inbox, mut entry) = (SessionKey::FIRST, QueueIndex::FIRST, None);
    let (mut floor, mut by, mut due_ms) = (None, None, 0);
    each(bytes, |number, value| {
        match number {
            resume::SESSION => key = session(value)?,
            resume::INBOX => inbox = queue(value)?,
            resume::LOGIN => entry = Some(read_entry(value.bytes()?)?),
            resume::FLOOR => floor = Generation::or_none(value.uint()?),
            resume::BY => by = Some(secret(value)?),
            resume::DUE_MS => due_ms = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    let entry = entry.ok_or(WireError)?;
    Ok((key, SessionStep::Resumed { inbox, entry, floor, by, due_ms }))
}

fn read_entry(bytes: &[u8]) -> Result<Entry, WireError> {
    let (mut drawn, mut login_secret, mut client) = (None::<SessionId>, None, None);
    let (mut generation, mut expires_unix_ms) = (None, 0);
    each(bytes, |number, value| {
        match number {
            login::GENERATION => generation = Generation::or_none(value.uint()?),
            login::DRAWN => drawn = Some(session_id(value)?),
            login::SECRET => login_secret = Some(secret(value)?),
            login::EXPIRES_UNIX_MS => expires_unix_ms = value.uint()?,
            login::CLIENT => client = Some(read_client(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    let (drawn, client) = (drawn.ok_or(WireError)?, Box::new(client.ok_or(WireError)?));
    let generation = generation.ok_or(WireError)?;
    Ok(Entry { generation, drawn, secret: login_secret, expires_unix_ms, client })
}

/// Reads what a client said of itself.
pub(in crate::machine::state) fn read_client(bytes: &[u8]) -> Result<Client, WireError> {
    let (mut gateway, mut name, mut version, mut id) = ("", "", "", "");
    let (mut attempt, mut since_unix_ms) = (0, 0);
    each(bytes, |number, value| {
        match number {
            client::GATEWAY => gateway = value.text()?,
            client::NAME => name = value.text()?,
            client::VERSION => version = value.text()?,
            client::ID => id = value.text()?,
            client::ATTEMPT => attempt = value.uint32()?,
            client::SINCE_UNIX_MS => since_unix_ms = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    let (gateway, name, version) = (gateway.to_owned(), name.to_owned(), version.to_owned());
    Ok(Client { gateway, name, version, id: id.to_owned(), attempt, since_unix_ms })
}

fn read_detached(bytes: &[u8]) -> Result<(SessionKey, SessionStep), WireError> {
    let (mut key, mut code) = (SessionKey::FIRST, 0);
    each(bytes, |number, value| {
        match number {
            detached::SESSION => key = session(value)?,
            detached::CODE => code = value.uint()? as u16,
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, SessionStep::Detached { code }))
}

fn read_expires(bytes: &[u8]) -> Result<(SessionKey, SessionStep), WireError> {
    let (mut key, mut unix_ms) = (SessionKey::FIRST, 0);
    each(bytes, |number, value| {
        match number {
            expires::SESSION => key = session(value)?,
            expires::UNIX_MS => unix_ms = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, SessionStep::Expires { unix_ms }))
}

fn read_end(bytes: &[u8]) -> Result<(SessionKey, SessionStep), WireError> {
    let (mut key, mut inbox, mut ending) = (SessionKey::FIRST, None, None);
    let (mut floor, mut unix_ms) = (None, 0);
    each(bytes, |number, value| {
        match number {
            end::SESSION => key = session(value)?,
            end::INBOX => inbox = Some(queue(value)?),
            end::CLOSE => ending = Some(close(value)?),
            end::FLOOR => floor = Generation::or_none(value.uint()?),
            end::UNIX_MS => unix_ms = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, SessionStep::Ended { inbox, close: ending.ok_or(WireError)?, floor, unix_ms }))
}

fn read_swept(bytes: &[u8]) -> Result<(SessionKey, SessionStep), WireError> {
    let (mut key, mut below, mut next) = (SessionKey::FIRST, None, None);
    each(bytes, |number, value| {
        match number {
            swept::SESSION => key = session(value)?,
            swept::BELOW => below = Generation::or_none(value.uint()?),
            swept::NEXT => next = Some(read_sweep(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, SessionStep::Swept { below, next }))
}

/// Reads a sweep that is to come.
pub(in crate::machine::state) fn read_sweep(bytes: &[u8]) -> Result<Sweep, WireError> {
    let mut read = Sweep { generation: Generation::FIRST, due_ms: 0 };
    each(bytes, |number, value| {
        match number {
            sweep::GENERATION => read.generation = generation(value.uint()?)?,
            sweep::DUE_MS => read.due_ms = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(read)
}

fn read_noted(bytes: &[u8]) -> Result<(SessionKey, Note), WireError> {
    let (mut key, mut note) = (SessionKey::FIRST, None);
    each(bytes, |number, value| {
        match number {
            session_note::SESSION => key = session(value)?,
            session_note::NOTE => note = Some(read_note(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok((key, note.ok_or(WireError)?))
}

/// Reads the code of a close.
pub(in crate::machine::state) fn close(value: Value<'_>) -> Result<Close, WireError> {
    Close::from_number(value.uint32()?).ok_or(WireError)
}

/// Reads a secret.
pub(in crate::machine::state) fn secret(value: Value<'_>) -> Result<Secret, WireError> {
    value.bytes()?.try_into().map(Secret).map_err(|_| WireError)
}

/// A generation where there has to be one.
pub(in crate::machine::state) fn generation(number: u64) -> Result<Generation, WireError> {
    Generation::or_none(number).ok_or(WireError)
}

//! Records of what changes in a queue.

use proto::class::MountKind;
use proto::filter::Filter;
use proto::g2c::EventKind;
use proto::ids::{Generation, SessionId};
use proto::record::field::{
    binding, event, filter, interest, join, leave, mounts, record, seat, state,
};
use proto::wire::{self, Value, WireError};

use super::{each, put_session_id, queue, session, session_id};
use crate::machine::state::event_ring::MEMBERS;
use crate::machine::state::people::SessionKey;
use crate::machine::state::queue::QueueIndex;
use crate::machine::state::record::{Draft, Record, Step};
use crate::machine::state::state_mount::{Binding, KeyStep, steps_of};

/// Appends the kind of a change.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, queue: QueueIndex, step: &Step) {
    match step {
        Step::Event(draft) => wire::put_part(out, record::EVENT, |out| {
            wire::put_uint(out, event::QUEUE, queue.number().into());
            wire::put_uint(out, event::KIND, draft.kind.number().into());
            if draft.mount != MEMBERS {
                wire::put_optional_uint(out, event::MOUNT, draft.mount.into());
            }
            put_session_id(out, event::EXCLUDE, draft.exclude);
        }),
        Step::State(draft, steps) => wire::put_part(out, record::STATE, |out| {
            wire::put_uint(out, state::QUEUE, queue.number().into());
            wire::put_uint(out, state::MOUNT, draft.mount.into());
            put_bindings(out, steps);
        }),
        Step::Mounts { place, name, kind, .. } => wire::put_part(out, record::MOUNTS, |out| {
            wire::put_uint(out, mounts::QUEUE, queue.number().into());
            wire::put_uint(out, mounts::PLACE, u64::from(*place));
            wire::put_bytes(out, mounts::NAME, name.as_bytes());
            wire::put_uint(out, mounts::STATE, u64::from(*kind == MountKind::State));
        }),
        Step::Join { session, generation, guest, filter } => {
            wire::put_part(out, record::JOIN, |out| {
                put_member(out, (join::QUEUE, join::SESSION), queue, *session);
                wire::put_uint(out, join::GENERATION, Generation::number_or_none(*generation));
                wire::put_uint(out, join::GUEST, u64::from(*guest));
                put_filter(out, join::FILTER, filter.as_deref());
            });
        }
        Step::Filter { session, filter } => wire::put_part(out, record::INTEREST, |out| {
            put_member(out, (interest::QUEUE, interest::SESSION), queue, *session);
            put_filter(out, interest::FILTER, filter.as_deref());
        }),
        Step::Seat { session, generation } => wire::put_part(out, record::SEAT, |out| {
            put_member(out, (seat::QUEUE, seat::SESSION), queue, *session);
            wire::put_uint(out, seat::GENERATION, Generation::number_or_none(*generation));
        }),
        Step::Leave { session, ended } => wire::put_part(out, record::LEAVE, |out| {
            put_member(out, (leave::QUEUE, leave::SESSION), queue, *session);
            wire::put_uint(out, leave::ENDED, u64::from(*ended));
        }),
        Step::Nothing => {}
    }
}

fn put_member(
    out: &mut Vec<u8>,
    (of_queue, of_session): (u32, u32),
    queue: QueueIndex,
    session: SessionKey,
) {
    wire::put_uint(out, of_queue, queue.number().into());
    wire::put_uint(out, of_session, session.number().into());
}

fn put_bindings(out: &mut Vec<u8>, steps: &[KeyStep]) {
    for (change, step) in (0..).zip(steps) {
        let Some(Binding { expires_ms, present }) = step.binding() else { continue };
        wire::put_part(out, state::BINDINGS, |out| {
            wire::put_uint(out, binding::CHANGE, change);
            if let Some(expires_ms) = expires_ms {
                wire::put_optional_uint(out, binding::EXPIRES_MS, expires_ms);
            }
            put_session_id(out, binding::PRESENT, present);
        });
    }
}

/// Appends a filter, if there is one.
pub(in crate::machine::state) fn put_filter(
    out: &mut Vec<u8>,
    field: u32,
    filter: Option<&Filter>,
) {
    let Some(filter) = filter else { return };
    wire::put_part(out, field, |out| {
        for mount in filter.mounts() {
            wire::put_nested(out, filter::MOUNTS, mount.len());
            out.extend_from_slice(mount.as_bytes());
        }
        wire::put_bytes(out, filter::KEY_PREFIX, filter.key_prefix().as_bytes());
    });
}

/// Reads a change of this kind; nothing if it is another kind.
pub(super) fn read<'a>(
    kind: u32,
    bytes: &'a [u8],
    body: &'a [u8],
) -> Result<Option<Record<'a>>, WireError> {
    let (queue, step) = match kind {
        record::EVENT => read_event(bytes)?,
        record::STATE => read_state(bytes, body)?,
        record::MOUNTS => read_mounts(bytes)?,
        record::JOIN => read_join(bytes)?,
        record::INTEREST => read_interest(bytes)?,
        record::SEAT => read_seat(bytes)?,
        record::LEAVE => read_leave(bytes)?,
        _ => return Ok(None),
    };
    Ok(Some(Record::Change { queue, step }))
}

#[inline]
fn read_event(bytes: &[u8]) -> Result<(QueueIndex, Step), WireError> {
    let (mut index, mut kind, mut mount, mut exclude) = (QueueIndex::FIRST, None, MEMBERS, None);
    each(bytes, |number, value| {
        match number {
            event::QUEUE => index = queue(value)?,
            event::KIND => kind = EventKind::from_number(value.uint32()?),
            event::MOUNT => mount = place(value)?,
            event::EXCLUDE => exclude = Some(session_id(value)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok((index, Step::Event(Draft { kind: kind.ok_or(WireError)?, mount, exclude })))
}

fn read_state(bytes: &[u8], body: &[u8]) -> Result<(QueueIndex, Step), WireError> {
    let (mut index, mut mount, mut bindings) = (QueueIndex::FIRST, 0, Vec::new());
    each(bytes, |number, value| {
        match number {
            state::QUEUE => index = queue(value)?,
            state::MOUNT => mount = place(value)?,
            state::BINDINGS => bindings.push(read_binding(value.bytes()?)?),
            _ => {}
        }
        Ok(())
    })?;
    let draft = Draft { kind: EventKind::State, mount, exclude: None };
    Ok((index, Step::State(draft, steps_of(body, &bindings)?)))
}

fn read_binding(bytes: &[u8]) -> Result<(u64, Binding), WireError> {
    let (mut change, mut expires_ms, mut present) = (0, None, None::<SessionId>);
    each(bytes, |number, value| {
        match number {
            binding::CHANGE => change = value.uint()?,
            binding::EXPIRES_MS => expires_ms = Some(value.uint()?),
            binding::PRESENT => present = Some(session_id(value)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok((change, Binding { expires_ms, present }))
}

fn read_mounts(bytes: &[u8]) -> Result<(QueueIndex, Step), WireError> {
    let (mut index, mut at, mut name, mut is_state) = (QueueIndex::FIRST, 0, "", false);
    each(bytes, |number, value| {
        match number {
            mounts::QUEUE => index = queue(value)?,
            mounts::PLACE => at = place(value)?,
            mounts::NAME => name = value.text()?,
            mounts::STATE => is_state = value.uint()? != 0,
            _ => {}
        }
        Ok(())
    })?;
    let event = if name.is_empty() { EventKind::MountDeleted } else { EventKind::MountCreated };
    let draft = Draft { kind: event, mount: MEMBERS, exclude: None };
    let kind = if is_state { MountKind::State } else { MountKind::Message };
    Ok((index, Step::Mounts { draft, place: at, name: name.into(), kind }))
}

fn read_join(bytes: &[u8]) -> Result<(QueueIndex, Step), WireError> {
    let (mut index, mut key) = (QueueIndex::FIRST, SessionKey::FIRST);
    let (mut generation, mut guest, mut filter) = (None, false, None);
    each(bytes, |number, value| {
        match number {
            join::QUEUE => index = queue(value)?,
            join::SESSION => key = session(value)?,
            join::GENERATION => generation = Generation::or_none(value.uint()?),
            join::GUEST => guest = value.uint()? != 0,
            join::FILTER => filter = read_filter(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((index, Step::Join { session: key, generation, guest, filter }))
}

fn read_interest(bytes: &[u8]) -> Result<(QueueIndex, Step), WireError> {
    let (mut index, mut key, mut filter) = (QueueIndex::FIRST, SessionKey::FIRST, None);
    each(bytes, |number, value| {
        match number {
            interest::QUEUE => index = queue(value)?,
            interest::SESSION => key = session(value)?,
            interest::FILTER => filter = read_filter(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((index, Step::Filter { session: key, filter }))
}

fn read_seat(bytes: &[u8]) -> Result<(QueueIndex, Step), WireError> {
    let (mut index, mut key, mut generation) = (QueueIndex::FIRST, SessionKey::FIRST, None);
    each(bytes, |number, value| {
        match number {
            seat::QUEUE => index = queue(value)?,
            seat::SESSION => key = session(value)?,
            seat::GENERATION => generation = Generation::or_none(value.uint()?),
            _ => {}
        }
        Ok(())
    })?;
    Ok((index, Step::Seat { session: key, generation }))
}

fn read_leave(bytes: &[u8]) -> Result<(QueueIndex, Step), WireError> {
    let (mut index, mut key, mut ended) = (QueueIndex::FIRST, SessionKey::FIRST, false);
    each(bytes, |number, value| {
        match number {
            leave::QUEUE => index = queue(value)?,
            leave::SESSION => key = session(value)?,
            leave::ENDED => ended = value.uint()? != 0,
            _ => {}
        }
        Ok(())
    })?;
    Ok((index, Step::Leave { session: key, ended }))
}

/// Reads a filter. One that lets everything pass is none.
pub(in crate::machine::state) fn read_filter(
    value: Value<'_>,
) -> Result<Option<Box<Filter>>, WireError> {
    let (mut mounts, mut key_prefix) = (Vec::new(), "");
    each(value.bytes()?, |number, value| {
        match number {
            filter::MOUNTS => mounts.push(value.text()?.to_owned()),
            filter::KEY_PREFIX => key_prefix = value.text()?,
            _ => {}
        }
        Ok(())
    })?;
    let filter = Filter::new(&mounts, key_prefix).map_err(|_| WireError)?;
    Ok(filter.map(Box::new))
}

/// The place of a mount.
fn place(value: Value<'_>) -> Result<u8, WireError> {
    let place = u8::try_from(value.uint()?).map_err(|_| WireError)?;
    (place != MEMBERS).then_some(place).ok_or(WireError)
}

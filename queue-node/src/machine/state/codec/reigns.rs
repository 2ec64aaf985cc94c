//! What a change of primaries leaves in the log.

use proto::record::field::{opened, record, renewed};
use proto::wire::{self, WireError};

use super::{each, epoch, queue};
use crate::machine::state::heard::Teller;
use crate::machine::state::items::bounded;
use crate::machine::state::record::Record;

/// Appends a record of these kinds.
pub(super) fn put(out: &mut Vec<u8>, what: &Record<'_>) {
    match what {
        Record::Opened { reign, loss } => wire::put_part(out, record::OPENED, |out| {
            wire::put_uint(out, opened::REIGN, *reign);
            wire::put_uint(out, opened::LOSS, *loss);
        }),
        Record::Heard { teller } => wire::put_part(out, record::HEARD, |out| teller.put(out)),
        Record::Renewed { queue, epoch } => wire::put_part(out, record::RENEWED, |out| {
            wire::put_uint(out, renewed::QUEUE, queue.number().into());
            wire::put_uint(out, renewed::EPOCH, epoch.get());
        }),
        Record::Noop
        | Record::Passed
        | Record::Config { .. }
        | Record::Known { .. }
        | Record::Barred { .. }
        | Record::Session { .. }
        | Record::Noted { .. }
        | Record::Unnoted { .. }
        | Record::Refused { .. }
        | Record::Say { .. }
        | Record::Answered { .. }
        | Record::Tell { .. }
        | Record::Taken { .. }
        | Record::Create { .. }
        | Record::Destroy { .. }
        | Record::Change { .. }
        | Record::Shorten { .. } => {}
    }
}

/// Reads a record of these kinds; nothing if it is of another.
pub(super) fn read<'a>(kind: u32, bytes: &[u8]) -> Result<Option<Record<'a>>, WireError> {
    Ok(Some(match kind {
        record::OPENED => read_opened(bytes)?,
        record::HEARD => Record::Heard { teller: Teller::read(bytes)? },
        record::RENEWED => read_renewed(bytes)?,
        _ => return Ok(None),
    }))
}

fn read_opened<'a>(bytes: &[u8]) -> Result<Record<'a>, WireError> {
    let (mut reign, mut loss) = (0, 0);
    each(bytes, |number, value| {
        match number {
            opened::REIGN => reign = bounded(value)?,
            opened::LOSS => loss = bounded(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Record::Opened { reign, loss })
}

fn read_renewed<'a>(bytes: &[u8]) -> Result<Record<'a>, WireError> {
    let (mut whose, mut new) = (None, 0);
    each(bytes, |number, value| {
        match number {
            renewed::QUEUE => whose = Some(queue(value)?),
            renewed::EPOCH => new = value.uint()?,
            _ => {}
        }
        Ok(())
    })?;
    // The first place is 0, which isn't written.
    let whose = whose.unwrap_or(crate::machine::state::queue::QueueIndex::FIRST);
    Ok(Record::Renewed { queue: whose, epoch: epoch(new)? })
}

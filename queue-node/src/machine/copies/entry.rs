//! An entry of a log: all that a primary recorded in one turn, as it is sent.
//!
//! It is the `unit` fields of a `q2q.Records`, and so a whole number of units: two if the moment
//! changed within the turn. It is kept, acknowledged, committed and applied as a whole.

use proto::q2q::field::records;
use proto::wire::{self, Fields, WireError};

use crate::machine::state::codec;
use crate::machine::state::openings::Opening;

/// Appends a unit.
pub(crate) fn put_unit(out: &mut Vec<u8>, unit: &[u8]) {
    wire::put_bytes(out, records::UNIT, unit);
}

/// The units of an entry, or of a whole `q2q.Records`.
pub(crate) fn units(bytes: &[u8]) -> impl Iterator<Item = Result<&[u8], WireError>> {
    let mut fields = Fields::of(bytes);
    std::iter::from_fn(move || {
        loop {
            match fields.field() {
                Ok(Some((records::UNIT, value))) => return Some(value.bytes()),
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(error) => {
                    fields = Fields::of(&[]);
                    return Some(Err(error));
                }
            }
        }
    })
}

/// The number of the last record of units that go on behind record `n`, which is `n` itself if
/// there are none; and the reigns that begin in them.
///
/// # Errors
/// If they can't be read, or don't go on there.
pub(crate) fn skim(bytes: &[u8], n: u64, mut opens: impl FnMut(Opening)) -> Result<u64, WireError> {
    units(bytes).try_fold(n, |n, unit| {
        let span = codec::skim_unit(unit?, &mut opens)?;
        if span.start == n + 1 && !span.is_empty() { Ok(span.end - 1) } else { Err(WireError) }
    })
}

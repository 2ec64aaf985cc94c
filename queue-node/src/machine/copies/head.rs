//! Frames about a copy whose bytes are taken as they came.

use proto::bucket::{Epochs, Loss, Reign};
use proto::q2q::field::{records, slice};
use proto::wire::{Value, WireError};

use super::copy::Slice;
use crate::machine::state::codec::each;

/// What a frame about a copy says before its bytes.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) bits: u32,
    pub(super) prefix: u32,
    pub(super) epochs: Epochs,
    pub(super) committed: u64,
    pub(super) after: Option<u64>,
}

impl Head {
    /// Of records, or of how much is committed.
    pub(super) fn of_records(frame: &[u8]) -> Result<Head, WireError> {
        let mut head = Head::default();
        each(frame, |number, value: Value<'_>| {
            match number {
                records::BITS => head.bits = value.uint32()?,
                records::PREFIX => head.prefix = value.uint32()?,
                records::LOSS => head.epochs.loss = Loss(value.uint()?),
                records::REIGN => head.epochs.reign = Reign(value.uint()?),
                records::COMMITTED => head.committed = value.uint()?,
                records::AFTER => head.after = Some(value.uint()?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(head)
    }

    /// Of a slice, and that.
    pub(super) fn of_slice(frame: &[u8]) -> Result<(Head, Slice<'_>), WireError> {
        let mut head = Head::default();
        let mut of = Slice { is_first: false, is_last: false, items: &[] };
        each(frame, |number, value: Value<'_>| {
            match number {
                slice::BITS => head.bits = value.uint32()?,
                slice::PREFIX => head.prefix = value.uint32()?,
                slice::LOSS => head.epochs.loss = Loss(value.uint()?),
                slice::REIGN => head.epochs.reign = Reign(value.uint()?),
                slice::FIRST => of.is_first = value.uint()? != 0,
                slice::LAST => of.is_last = value.uint()? != 0,
                slice::ITEMS => of.items = value.bytes()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok((head, of))
    }
}

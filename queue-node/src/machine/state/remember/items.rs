//! What is remembered of sessions that are no members, as items.

use indexmap::IndexMap;
use proto::snapshot::field::{cohort, item, remembered};
use proto::wire::{self, WireError};

use super::{Cohort, Memory, Packed};
use crate::machine::state::codec::each;
use crate::machine::state::items::{Items, bounded};
use crate::machine::state::queue::items::{put_recent, read_recent};
use crate::machine::state::recent::Recent;

impl Memory {
    /// Cohorts, each before what is in it.
    pub(in crate::machine::state) fn put_items(&self, items: &mut Items<'_>) {
        for (place, kept) in (0..).zip(&self.cohorts) {
            items.put(item::COHORT, |out| {
                wire::put_uint(out, cohort::PLACE, place);
                wire::put_uint(out, cohort::BEGUN_MS, kept.begun_ms);
            });
            for ((hash, session), packed) in &kept.entries {
                items.put(item::REMEMBERED, |out| {
                    wire::put_uint(out, remembered::COHORT, place);
                    wire::put_fixed(out, remembered::PLACE, *hash);
                    wire::put_fixed(out, remembered::SESSION, *session);
                    let recent = Recent::unpack(packed.bytes());
                    wire::put_part(out, remembered::RECENT, |out| put_recent(out, &recent));
                });
            }
        }
    }

    /// A cohort, and what is in it follows.
    pub(in crate::machine::state) fn take_cohort(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut place, mut begun_ms) = (0, 0);
        each(bytes, |number, value| {
            match number {
                cohort::PLACE => place = value.uint()? as usize,
                cohort::BEGUN_MS => begun_ms = bounded(value)?,
                _ => {}
            }
            Ok(())
        })?;
        if place != self.cohorts.len() {
            return Err(WireError);
        }
        if let Some(full) = self.cohorts.back_mut() {
            full.entries.shrink_to_fit();
        }
        let entries = IndexMap::with_hasher(self.seed);
        self.cohorts.push_back(Cohort { begun_ms, entries });
        Ok(())
    }

    /// What is remembered of one session.
    pub(in crate::machine::state) fn take_remembered(
        &mut self,
        bytes: &[u8],
    ) -> Result<(), WireError> {
        let (mut place, mut key, mut recent) = (0, (0, 0), None);
        each(bytes, |number, value| {
            match number {
                remembered::COHORT => place = value.uint()? as usize,
                remembered::PLACE => key.0 = value.fixed()?,
                remembered::SESSION => key.1 = value.fixed()?,
                remembered::RECENT => recent = Some(read_recent(value.bytes()?)?),
                _ => {}
            }
            Ok(())
        })?;
        self.packing.clear();
        recent.ok_or(WireError)?.pack(&mut self.packing);
        let cohort = self.cohorts.get_mut(place).ok_or(WireError)?;
        cohort.entries.insert(key, Packed::of(&self.packing));
        Ok(())
    }
}

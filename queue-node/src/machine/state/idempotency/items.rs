//! Idempotency keys as items.

use proto::snapshot::field::{item, key};
use proto::wire::{self, WireError};

use super::{Answered, Kept, Keyed, Keys, Origin};
use crate::machine::state::codec::{self, each};
use crate::machine::state::items::{Items, bounded};

impl Keys {
    /// All keys, those of each API key in the order of their ends.
    pub(in crate::machine::state) fn put_items(&self, items: &mut Items<'_>) {
        for origin in [Origin::BackEnd, Origin::Gateway] {
            for (api_key, until_ms, kept) in self.ends(origin).iter() {
                let Some(answered) = self.answered.get(&kept) else { continue };
                let body_hash = answered.body_hash;
                let keyed = Keyed { key: kept, api_key, body_hash, origin };
                items.put(item::KEY, |out| {
                    let result = answered.result.bytes();
                    wire::put_part(out, key::REQUEST, |out| {
                        codec::put_request(out, &keyed, &result);
                    });
                    wire::put_uint(out, key::UNTIL_MS, until_ms);
                });
            }
        }
    }

    /// A key.
    pub(in crate::machine::state) fn take_key(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut request, mut until_ms) = (None, 0);
        each(bytes, |number, value| {
            match number {
                key::REQUEST => request = Some(codec::read_request(value.bytes()?)?),
                key::UNTIL_MS => until_ms = bounded(value)?,
                _ => {}
            }
            Ok(())
        })?;
        let (keyed, result) = request.ok_or(WireError)?;
        let Keyed { key, api_key, body_hash, origin } = keyed;
        self.ends_mut(origin).push(api_key, until_ms, key);
        let result = Kept::of(result);
        self.whole_bytes += result.heap_bytes();
        self.answered.insert(key, Answered { body_hash, result });
        Ok(())
    }
}

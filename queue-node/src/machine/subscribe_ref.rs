//! `subscribe`, borrowed: people come and go by the hundred thousand.

use prost::Message as _;
use proto::c2g::Since;
use proto::c2g::field::subscribe;
use proto::wire::{Fields, WireError};

/// `Subscribe` but its `op_id`.
#[derive(Debug, Default)]
pub(crate) struct SubscribeRef<'a> {
    pub(crate) queue: &'a str,
    pub(crate) since: Option<Since>,
    pub(crate) history: u32,
    pub(crate) mounts: Vec<String>,
    pub(crate) key_prefix: &'a str,
}

impl<'a> SubscribeRef<'a> {
    /// Reads a `Subscribe`.
    ///
    /// # Errors
    /// If the bytes are not one.
    pub(crate) fn of(message: &'a [u8]) -> Result<SubscribeRef<'a>, WireError> {
        let mut read = SubscribeRef::default();
        let mut fields = Fields::of(message);
        while let Some((number, value)) = fields.field()? {
            match number {
                subscribe::QUEUE => read.queue = value.text()?,
                subscribe::SINCE => {
                    let since = read.since.get_or_insert_default();
                    since.merge(value.bytes()?).map_err(|_| WireError)?;
                }
                subscribe::HISTORY => read.history = value.uint32()?,
                subscribe::MOUNTS => read.mounts.push(value.text()?.to_owned()),
                subscribe::KEY_PREFIX => read.key_prefix = value.text()?,
                _ => {}
            }
        }
        Ok(read)
    }
}

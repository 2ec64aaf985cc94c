//! What a subscription receives: the one filter for live events, history, replay and snapshots.

use std::borrow::Cow;

use crate::g2c::field::{state, state_change};
use crate::g2c::{EventHead, EventKind};
use crate::limits;
use crate::name::{MountName, NameError};
use crate::wire::{Fields, Value, WireError};

/// A subscription's interest. One that narrows nothing is no filter: see [`Filter::new`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    mounts: Vec<String>,
    key_prefix: String,
}

/// Why an interest can't be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its text what it means")]
pub enum FilterError {
    #[error("a subscription names at most {} mounts", limits::FILTER_MOUNTS_MAX)]
    TooManyMounts,
    #[error("key_prefix is at most {} bytes long", limits::KEY_BYTES_MAX)]
    PrefixLength,
    #[error(transparent)]
    Mount(#[from] NameError),
}

impl Filter {
    /// The filter for these mounts (none: all) and keys, or nothing if it lets everything pass.
    ///
    /// # Errors
    /// If a mount is none, or there is too much of anything. `members` may stand among the mounts.
    pub fn new(mounts: &[String], key_prefix: &str) -> Result<Option<Filter>, FilterError> {
        if mounts.len() > limits::FILTER_MOUNTS_MAX {
            return Err(FilterError::TooManyMounts);
        }
        if key_prefix.len() > limits::KEY_BYTES_MAX {
            return Err(FilterError::PrefixLength);
        }
        for mount in mounts.iter().filter(|mount| *mount != "members") {
            MountName::try_from(mount.as_bytes())?;
        }
        if mounts.is_empty() && key_prefix.is_empty() {
            return Ok(None);
        }
        let mut mounts = mounts.to_vec();
        mounts.sort();
        mounts.dedup();
        Ok(Some(Filter { mounts, key_prefix: key_prefix.to_owned() }))
    }

    /// The mounts it names; none: all.
    pub fn mounts(&self) -> &[String] {
        &self.mounts
    }

    /// The prefix of the keys it wants.
    pub fn key_prefix(&self) -> &str {
        &self.key_prefix
    }

    /// Whether anything of this mount passes; `members` is who joined and left.
    pub fn wants_mount(&self, mount: &str) -> bool {
        self.mounts.is_empty() || self.mounts.iter().any(|wanted| wanted == mount)
    }

    /// Whether this key of a state mount passes.
    pub fn wants_key(&self, key: &str) -> bool {
        key.starts_with(&self.key_prefix)
    }

    /// The body of an event as this subscription gets it: all, a part of its changes, or nothing.
    pub fn event<'a>(&self, kind: EventKind, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let head = EventHead::of(body).ok()?;
        let mount = std::str::from_utf8(head.mount).ok()?;
        match kind {
            EventKind::Joined | EventKind::Left => {
                self.wants_mount("members").then_some(Cow::Borrowed(body))
            }
            EventKind::Message | EventKind::MountCreated | EventKind::MountDeleted => {
                self.wants_mount(mount).then_some(Cow::Borrowed(body))
            }
            EventKind::State if !self.wants_mount(mount) => None,
            EventKind::State if self.key_prefix.is_empty() => Some(Cow::Borrowed(body)),
            EventKind::State => self.changes(body),
        }
    }

    /// The body without the changes of other keys, everything else as it came.
    fn changes<'a>(&self, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let mut fields = Fields::of(body);
        let (mut kept, mut left_out, mut wanted) = (Vec::new(), false, false);
        loop {
            let before = fields.rest();
            let Some((number, value)) = fields.field().ok()? else { break };
            if number == state::CHANGES {
                let wants = self.wants_key(key(value).ok()?);
                wanted |= wants;
                left_out |= !wants;
                if !wants {
                    continue;
                }
            }
            kept.extend_from_slice(&before[..before.len() - fields.rest().len()]);
        }
        let body = if left_out { Cow::Owned(kept) } else { Cow::Borrowed(body) };
        wanted.then_some(body)
    }
}

/// The key of a `StateChange`.
fn key(change: Value<'_>) -> Result<&str, WireError> {
    let mut key = "";
    let mut fields = Fields::of(change.bytes()?);
    while let Some((number, value)) = fields.field()? {
        if number == state_change::KEY {
            key = value.text()?;
        }
    }
    Ok(key)
}

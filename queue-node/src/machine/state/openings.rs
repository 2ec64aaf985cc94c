//! Which reigns have written the bucket's log, and where each began.
//!
//! Within one loss a record is determined by its reign and its number, since a reign has one
//! writer. So two logs are the same up to where their openings part.

use proto::limits::OPENINGS_KEPT;
use proto::snapshot::field::opening;
use proto::wire::{self, WireError};

use super::codec::each;
use super::items::bounded;

/// A reign, and its first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) reign: u64,
    pub(crate) n: u64,
}

/// The newest of them, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Openings(Vec<Opening>);

impl Openings {
    /// A reign begins with this record.
    pub(super) fn open(&mut self, opening: Opening) {
        if self.0.len() == OPENINGS_KEPT {
            self.0.remove(0);
        }
        self.0.push(opening);
    }

    /// The reign that writes the log; 0 before the first.
    pub(crate) fn reign(&self) -> u64 {
        self.0.last().map_or(0, |newest| newest.reign)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Opening> {
        self.0.iter()
    }

    /// Takes one as it is in a snapshot.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let mut taken = Opening { reign: 0, n: 0 };
        each(bytes, |number, value| {
            match number {
                opening::REIGN => taken.reign = bounded(value)?,
                opening::N => taken.n = bounded(value)?,
                _ => {}
            }
            Ok(())
        })?;
        self.open(taken);
        Ok(())
    }
}

impl Opening {
    /// Appends its fields.
    pub(super) fn put(self, out: &mut Vec<u8>) {
        wire::put_uint(out, opening::REIGN, self.reign);
        wire::put_uint(out, opening::N, self.n);
    }
}

impl From<Opening> for proto::snapshot::Opening {
    fn from(Opening { reign, n }: Opening) -> Self {
        proto::snapshot::Opening { reign, n }
    }
}

impl From<&proto::snapshot::Opening> for Opening {
    fn from(told: &proto::snapshot::Opening) -> Self {
        Opening { reign: told.reign, n: told.n }
    }
}

#[cfg(test)]
mod tests {
    use proto::limits::OPENINGS_KEPT;

    use super::{Opening, Openings};

    #[test]
    fn the_newest_openings_are_kept() {
        let mut openings = Openings::default();
        assert_eq!(openings.reign(), 0);
        for reign in 1..=OPENINGS_KEPT as u64 + 3 {
            openings.open(Opening { reign, n: reign * 10 });
            assert_eq!(openings.reign(), reign);
        }
        let kept: Vec<u64> = openings.iter().map(|opening| opening.reign).collect();
        assert_eq!(kept, (4..=OPENINGS_KEPT as u64 + 3).collect::<Vec<_>>());
    }
}

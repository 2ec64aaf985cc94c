//! A copy that is made of bytes alone: a snapshot, then units.

use crate::machine::Faults;
use crate::machine::state::codec::read_unit;
use crate::machine::state::{State, Unfit};

/// A copy of a bucket.
#[derive(Debug)]
pub struct Learner {
    state: State,
    /// Planted bugs.
    faults: Faults,
}

/// What came doesn't fit what this copy holds: it is to begin anew, with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what came from the primary doesn't fit this copy behind record {n}")]
pub struct Broken {
    /// The newest record that the copy has applied.
    pub n: u64,
}

impl Learner {
    /// A copy that begins with this snapshot; its maps are seeded with a random number.
    ///
    /// # Errors
    /// If the bytes aren't a snapshot.
    pub fn of_snapshot(
        bytes: &[u8],
        random: u64,
        grace_ms: u64,
        faults: Faults,
    ) -> Result<Learner, Broken> {
        let state = State::of_snapshot(bytes, random, grace_ms).map_err(|_| Broken { n: 0 })?;
        Ok(Learner { state, faults })
    }

    /// Applies a unit.
    ///
    /// # Errors
    /// If it isn't the next, or names what isn't here. The copy is good for nothing then.
    pub fn apply(&mut self, unit: &[u8]) -> Result<(), Broken> {
        let (forgets, state) = (self.faults.forgets, &mut self.state);
        let applied = read_unit(unit, |stamp, mut read| {
            if let Some(forgets) = forgets {
                forgets.spoil(&mut read);
            }
            state.apply_read(stamp, read)
        });
        applied.map_err(|Unfit| Broken { n: self.n() })
    }

    /// The newest record that it has applied.
    pub fn n(&self) -> u64 {
        self.state.newest().n
    }

    /// A number that is the primary's for the same moment of its clock, where both have the same
    /// records.
    pub fn digest(&self, now_ms: u64) -> u128 {
        self.state.digest(now_ms)
    }

    /// What its records have made.
    pub(crate) fn into_state(self) -> State {
        self.state
    }
}

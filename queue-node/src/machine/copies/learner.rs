//! A copy that is made of bytes alone: a snapshot, then units.

use std::borrow::Cow;

use proto::limits;

use crate::machine::Faults;
use crate::machine::state::codec::read_unit;
use crate::machine::state::openings::Opening;
use crate::machine::state::{State, Unfit};

/// A copy of a bucket.
#[derive(Debug)]
pub struct Learner {
    state: State,
    /// Units that came while slices of the snapshot were still missing; nothing: none are.
    waiting: Option<Vec<Vec<u8>>>,
    waiting_bytes: usize,
    /// Planted bugs, and what one of them puts off.
    faults: Faults,
    late: Option<Vec<u8>>,
}

/// What came doesn't fit what this copy holds: it is to begin anew, with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what came from the primary doesn't fit this copy behind record {n}")]
pub struct Broken {
    /// The newest record that the copy has applied.
    pub n: u64,
}

impl Learner {
    /// A copy that a snapshot is to fill; its maps are seeded with a random number.
    pub fn new(random: u64, grace_ms: u64, faults: Faults) -> Learner {
        let state = State::unfilled(random, grace_ms);
        Learner { state, waiting: Some(Vec::new()), waiting_bytes: 0, faults, late: None }
    }

    /// A copy that goes on from what a primary has.
    pub(crate) fn of_state(state: State, faults: Faults) -> Learner {
        Learner { state, waiting: None, waiting_bytes: 0, faults, late: None }
    }

    /// A copy that begins with this snapshot.
    ///
    /// # Errors
    /// If the bytes aren't a snapshot.
    pub fn of_snapshot(
        bytes: &[u8],
        random: u64,
        grace_ms: u64,
        faults: Faults,
    ) -> Result<Learner, Broken> {
        let mut learner = Learner::new(random, grace_ms, faults);
        learner.slice(bytes, true)?;
        Ok(learner)
    }

    /// Takes a slice of the snapshot; behind the last one, what has been recorded since is applied.
    ///
    /// # Errors
    /// If it is none, or what was recorded since doesn't fit.
    pub fn slice(&mut self, bytes: &[u8], is_last: bool) -> Result<(), Broken> {
        let broken = Broken { n: self.n() };
        if self.waiting.is_none() {
            return Err(broken);
        }
        let forgets = self.faults().forgets;
        let bytes = forgets.map_or(Cow::Borrowed(bytes), |forgets| forgets.slice(bytes));
        self.state.fill(&bytes).map_err(|_| broken)?;
        if is_last {
            self.state.filled().map_err(|_| broken)?;
            self.waiting_bytes = 0;
            for unit in self.waiting.take().unwrap_or_default() {
                self.apply(&unit)?;
            }
        }
        Ok(())
    }

    /// Whether all slices have come.
    pub fn is_level(&self) -> bool {
        self.waiting.is_none()
    }

    /// Applies a unit, now or when all slices have come.
    ///
    /// # Errors
    /// If it isn't the next, or names what isn't here, or too much waits for slices. The copy is
    /// good for nothing then.
    pub fn apply(&mut self, unit: &[u8]) -> Result<(), Broken> {
        if let Some(waiting) = &mut self.waiting {
            self.waiting_bytes += unit.len();
            waiting.push(unit.to_vec());
            let fits = self.waiting_bytes <= limits::COPY_WAITING_BYTES_MAX;
            return fits.then_some(()).ok_or(Broken { n: self.n() });
        }
        let (forgets, state) = (self.faults().forgets, &mut self.state);
        let applied = match forgets {
            None => read_unit(unit, |stamp, read| state.apply_read(stamp, read)),
            Some(forgets) => forgets.units(unit, &mut self.late).iter().try_for_each(|unit| {
                read_unit(unit, |stamp, mut read| {
                    forgets.spoil(&mut read);
                    state.apply_forgetting(stamp, read, forgets)
                })
            }),
        };
        applied.map_err(|Unfit| Broken { n: self.n() })
    }

    /// The planted bugs: there are none in a build without debug assertions, which has no code for
    /// them.
    #[inline]
    fn faults(&self) -> Faults {
        if cfg!(debug_assertions) { self.faults } else { Faults::default() }
    }

    /// The newest record that it has applied.
    pub fn n(&self) -> u64 {
        self.state.newest().n
    }

    /// The newest reigns of what it has applied.
    pub(crate) fn openings(&self) -> impl Iterator<Item = &Opening> {
        self.state.openings()
    }

    /// A number that is the primary's for the same moment of its clock, where both have the same
    /// records.
    pub fn digest(&self, now_ms: u64) -> u128 {
        self.state.digest(now_ms)
    }

    /// The same of a part.
    pub(crate) fn part_digest(&self, now_ms: u64, part: u32) -> u128 {
        self.state.part_digest(now_ms, part)
    }

    /// What it takes, by the node's count.
    pub(crate) fn bytes(&self) -> u64 {
        let sizes = self.state.sizes();
        sizes.kept + sizes.replay + self.waiting_bytes as u64
    }

    /// What its records have made.
    pub(crate) fn into_state(self) -> State {
        self.state
    }
}
